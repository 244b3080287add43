/* SPDX-License-Identifier: MIT */
/* Unmapping: whole mappings, ranges, everything. */
#include "fixture.h"
#include "harness.h"

static struct fixture f;

static void setup_ioas(void)
{
	fixture_ioas(&f);
}

static void setup_device(void)
{
	fixture_device(&f);
}

START_TEST(unmap_exactly_what_was_mapped)
{
	char *memory = harness_memory(PAGE);

	for (uint64_t i = 0; i < 10; i++)
		map_at(f.ioas, memory, PAGE, i * 2 * PAGE);
	for (uint64_t i = 0; i < 10; i++)
		unmap_at(f.ioas, PAGE, ((i * 7) % 10) * 2 * PAGE);
	fixture_end(&f);
}
END_TEST

START_TEST(unmap_more_than_was_mapped)
{
	char *memory = harness_memory(PAGE);
	uint64_t length = 20 * PAGE;

	for (uint64_t i = 0; i < 5; i++)
		map_at(f.ioas, memory, PAGE, (3 * i + 2) * PAGE);
	/* Two whole ones, with holes before, between and after. */
	length = 7 * PAGE;
	OK(iommufd_ioas_unmap(f.ioas, &length, 0));
	ck_assert_uint_eq(length, 2 * PAGE);
	OK(iommufd_ioas_unmap_all(f.ioas, &length));
	ck_assert_uint_eq(length, 3 * PAGE);
	OK(iommufd_ioas_unmap_all(f.ioas, &length));
	ck_assert_uint_eq(length, 0);
	OK(iommufd_ioas_unmap_all(f.ioas, NULL));
	fixture_end(&f);
}
END_TEST

/* Whatever this range does to the mapping of two pages at PAGE, it fails. */
static void refuse_unmap(uint64_t length, uint64_t iova)
{
	uint64_t done = length;
	struct iommufd_failure failure;
	int ret = iommufd_ioas_unmap(f.ioas, &done, iova);

	FAILS(ret, NOT_WHOLE_MAPPINGS, ENOENT);
	ck_assert_uint_eq(done, length);
	failure = harness_failure(ret);
	ck_assert_uint_eq(failure.op, IOMMUFD_OP_IOAS_UNMAP);
	ck_assert_uint_eq(failure.iova, iova);
	ck_assert_uint_eq(failure.length, length);
}

START_TEST(unmap_fails)
{
	uint64_t length = PAGE;

	map_at(f.ioas, harness_memory(2 * PAGE), 2 * PAGE, PAGE);
	refuse_unmap(PAGE, PAGE);
	refuse_unmap(PAGE, 2 * PAGE);
	refuse_unmap(2 * PAGE, 0);
	refuse_unmap(1, PAGE + 1);
	refuse_unmap(PAGE, 0);
	refuse_unmap(PAGE, 3 * PAGE);
	FAILS(iommufd_ioas_unmap(NULL, &length, 0), NULL_POINTER, EINVAL);
	FAILS(iommufd_ioas_unmap(f.ioas, NULL, 0), NULL_POINTER, EINVAL);
	FAILS(iommufd_ioas_unmap_all(NULL, &length), NULL_POINTER, EINVAL);
	FAILS(iommufd_ioas_unmap(f.ioas, &length, UINT64_MAX), OVERFLOW,
	      EOVERFLOW);
	length = UINT64_MAX - 1;
	FAILS(iommufd_ioas_unmap(f.ioas, &length, PAGE), OVERFLOW, EOVERFLOW);
	length = 0;
	FAILS(iommufd_ioas_unmap(f.ioas, &length, PAGE), ZERO_LENGTH, EINVAL);
	unmap_at(f.ioas, 2 * PAGE, PAGE);
	fixture_end(&f);
}
END_TEST

/* The kernel's exception to "a failure changes nothing". */
START_TEST(a_failed_unmap_may_have_unmapped)
{
	char *memory = harness_memory(2 * PAGE);
	uint64_t length = 3 * PAGE, rest = 0;

	map_at(f.ioas, memory, PAGE, MOCK_FIRST);
	map_at(f.ioas, memory, 2 * PAGE, MOCK_FIRST + 2 * PAGE);
	FAILS(iommufd_ioas_unmap(f.ioas, &length, MOCK_FIRST),
	      NOT_WHOLE_MAPPINGS, ENOENT);
	ck_assert_uint_eq(length, 3 * PAGE);
	FAILS(iommufd_mock_check_map(f.ctx, f.hwpt_id, memory, PAGE,
				     MOCK_FIRST),
	      UNSPECIFIC, EINVAL);
	OK(iommufd_mock_check_map(f.ctx, f.hwpt_id, memory, 2 * PAGE,
				  MOCK_FIRST + 2 * PAGE));
	OK(iommufd_ioas_unmap_all(f.ioas, &rest));
	ck_assert_uint_eq(rest, 2 * PAGE);
	fixture_end(&f);
}
END_TEST

static const TTest **const plain[] = {
	&unmap_exactly_what_was_mapped,
	&unmap_more_than_was_mapped,
	&unmap_fails,
	NULL,
};

static const TTest **const with_device[] = {
	&a_failed_unmap_may_have_unmapped,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "plain", .setup = setup_ioas, .tests = plain },
		{ .name = "device",
		  .setup = setup_device,
		  .tests = with_device },
	};

	return harness_run("unmap", cases, 2);
}
