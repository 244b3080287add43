/* SPDX-License-Identifier: MIT */
/* Copying mappings from one address space to another. */
#include "fixture.h"
#include "harness.h"

/* The source, with a device on it, has four pages in two mappings. */
static struct fixture f;
static struct iommufd_ioas *target;
static char *memory;

#define SOURCE MOCK_FIRST

static void setup(void)
{
	fixture_device(&f);
	OK(iommufd_ioas_alloc(f.ctx, 0, &target));
	memory = harness_memory(4 * PAGE);
	map_at(f.ioas, memory, 2 * PAGE, SOURCE);
	map_at(f.ioas, memory + 2 * PAGE, 2 * PAGE, SOURCE + 2 * PAGE);
}

static void end(void)
{
	OK(iommufd_ioas_destroy(target));
	fixture_end(&f);
}

/* Mappings are seen through a second device on the target. */
static void check_target(uint64_t length, void *start, uint64_t iova)
{
	struct iommufd_device *device = NULL;
	uint32_t id = 0;

	OK(iommufd_mock_device_new(f.ctx, iommufd_ioas_id(target), 0, &id,
				   &device));
	OK(iommufd_mock_check_map(f.ctx, id, start, length, iova));
	/* One pin serves both. */
	OK(iommufd_mock_check_refs(f.ctx, start, length, 1));
	iommufd_device_close(device);
}

START_TEST(whole_and_part)
{
	const struct iommufd_extent first = extent(SOURCE, 2 * PAGE);
	const struct iommufd_extent part = extent(SOURCE + PAGE, PAGE);
	uint64_t iova = MOCK_FIRST + MIB, chosen = UINT64_MAX;

	OK(iommufd_ioas_copy(target, f.ioas, &first, FIXED, &iova));
	ck_assert_uint_eq(iova, MOCK_FIRST + MIB);
	check_target(2 * PAGE, memory, iova);
	iova = MOCK_FIRST;
	OK(iommufd_ioas_copy(target, f.ioas, &part, FIXED, &iova));
	check_target(PAGE, memory + PAGE, iova);
	OK(iommufd_ioas_copy(target, f.ioas, &part, RW, &chosen));
	ck_assert_uint_ne(chosen, UINT64_MAX);
	end();
}
END_TEST

/* Two adjacent mappings become two again. */
START_TEST(several_mappings_at_once)
{
	const struct iommufd_extent both = extent(SOURCE + PAGE, 2 * PAGE);
	uint64_t iova = MOCK_FIRST, length = 2 * PAGE;

	OK(iommufd_ioas_copy(target, f.ioas, &both, FIXED, &iova));
	check_target(2 * PAGE, memory + PAGE, iova);
	OK(iommufd_ioas_unmap(target, &length, MOCK_FIRST));
	ck_assert_uint_eq(length, 2 * PAGE);
	OK(iommufd_ioas_copy(target, f.ioas, &both, FIXED, &iova));
	unmap_at(target, PAGE, MOCK_FIRST);
	unmap_at(target, PAGE, MOCK_FIRST + PAGE);
	end();
}
END_TEST

START_TEST(within_one_address_space)
{
	const struct iommufd_extent first = extent(SOURCE, 2 * PAGE);
	uint64_t iova = MOCK_FIRST + MIB, before = pinned();

	OK(iommufd_ioas_copy(f.ioas, f.ioas, &first, FIXED, &iova));
	OK(iommufd_mock_check_map(f.ctx, f.hwpt_id, memory, 2 * PAGE, iova));
	OK(iommufd_mock_check_refs(f.ctx, memory, 2 * PAGE, 1));
	ck_assert_uint_eq(pinned(), before);
	FAILS(iommufd_ioas_copy(f.ioas, f.ioas, &first, FIXED, &iova),
	      ALREADY_MAPPED, EEXIST);
	unmap_at(f.ioas, 2 * PAGE, SOURCE);
	/* The copy lives on without its source. */
	OK(iommufd_mock_check_map(f.ctx, f.hwpt_id, memory, 2 * PAGE, iova));
	end();
}
END_TEST

START_TEST(the_source_may_go)
{
	const struct iommufd_extent first = extent(SOURCE, 2 * PAGE);
	uint64_t iova = MOCK_FIRST;

	OK(iommufd_ioas_copy(target, f.ioas, &first, FIXED, &iova));
	OK(iommufd_device_attach(f.device, iommufd_ioas_id(target),
				 &f.hwpt_id));
	OK(iommufd_ioas_destroy(f.ioas));
	OK(iommufd_mock_check_map(f.ctx, f.hwpt_id, memory, 2 * PAGE, iova));
	f.ioas = target;
	fixture_end(&f);
}
END_TEST

/* Every start and length in the source; odd ones need a target that takes
 * them. */
START_TEST(sweep)
{
	const uint64_t step = 1021;

	for (uint64_t start = 0; start < 4 * PAGE; start += step) {
		for (uint64_t length = 1; start + length <= 4 * PAGE;
		     length += step) {
			const struct iommufd_extent part =
				extent(SOURCE + start, length);
			uint64_t iova = 0, done = length;

			OK(iommufd_ioas_copy(target, f.ioas, &part, FIXED,
					     &iova));
			OK(iommufd_ioas_unmap(target, &done, 0));
			ck_assert_uint_eq(done, length);
		}
	}
	end();
}
END_TEST

START_TEST(wrong_arguments)
{
	struct iommufd_extent part = extent(SOURCE, PAGE);
	struct iommufd_ctx *other = harness_ctx();
	struct iommufd_ioas *stranger = NULL;
	uint64_t iova = MOCK_FIRST;

	OK(iommufd_ioas_alloc(other, 0, &stranger));
	FAILS(iommufd_ioas_copy(NULL, f.ioas, &part, FIXED, &iova),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_ioas_copy(target, NULL, &part, FIXED, &iova),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_ioas_copy(target, f.ioas, NULL, FIXED, &iova),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_ioas_copy(target, f.ioas, &part, FIXED, NULL),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_ioas_copy(stranger, f.ioas, &part, FIXED, &iova),
	      OTHER_CONTEXT, EXDEV);
	FAILS(iommufd_ioas_copy(target, f.ioas, &part, 0, &iova), NO_ACCESS,
	      EINVAL);
	FAILS(iommufd_ioas_copy(target, f.ioas, &part, FIXED | 8, &iova),
	      FEATURE, EOPNOTSUPP);
	part.length = 0;
	FAILS(iommufd_ioas_copy(target, f.ioas, &part, FIXED, &iova),
	      ZERO_LENGTH, EINVAL);
	part = extent(UINT64_MAX, PAGE);
	FAILS(iommufd_ioas_copy(target, f.ioas, &part, FIXED, &iova), OVERFLOW,
	      EOVERFLOW);
	part = extent(UINT64_MAX - 1, PAGE);
	FAILS(iommufd_ioas_copy(target, f.ioas, &part, FIXED, &iova), OVERFLOW,
	      EOVERFLOW);
	ck_assert_uint_eq(iova, MOCK_FIRST);
	OK(iommufd_ioas_destroy(stranger));
	iommufd_ctx_close(other);
	end();
}
END_TEST

START_TEST(sources_that_are_not_mapped)
{
	const struct iommufd_extent parts[] = {
		extent(SOURCE + 3 * PAGE, 2 * PAGE),
		extent(SOURCE - 1, 2),
		extent(0, PAGE),
		extent(SOURCE, 5 * PAGE),
	};
	struct iommufd_failure failure;
	uint64_t iova = MOCK_FIRST;

	for (int i = 0; i < 4; i++) {
		int ret = iommufd_ioas_copy(target, f.ioas, &parts[i], FIXED,
					    &iova);

		FAILS(ret, COPY_SOURCE, ENOENT);
		failure = harness_failure(ret);
		ck_assert_uint_eq(failure.op, IOMMUFD_OP_IOAS_COPY);
		ck_assert_uint_eq(failure.object_id, iommufd_ioas_id(target));
		ck_assert_uint_eq(failure.other_id, iommufd_ioas_id(f.ioas));
		ck_assert_uint_eq(failure.memory, parts[i].start);
		ck_assert_uint_eq(failure.length, parts[i].length);
		ck_assert_uint_eq(failure.iova, iova);
	}
	OK(iommufd_mock_check_map(f.ctx, f.hwpt_id, memory, 4 * PAGE, SOURCE));
	end();
}
END_TEST

START_TEST(read_only_sources)
{
	const uint32_t readable = IOMMUFD_MAP_READABLE | IOMMUFD_MAP_FIXED_IOVA;
	const struct iommufd_extent part = extent(MOCK_FIRST + MIB, PAGE);
	uint64_t at = MOCK_FIRST + MIB, iova = MOCK_FIRST;

	OK(iommufd_ioas_map(f.ioas, memory, PAGE, readable, &at));
	FAILS(iommufd_ioas_copy(target, f.ioas, &part, FIXED, &iova),
	      READ_ONLY_SOURCE, EPERM);
	OK(iommufd_ioas_copy(target, f.ioas, &part, readable, &iova));
	end();
}
END_TEST

/* The target's page table cannot take it: the source is not touched. */
START_TEST(targets_that_refuse)
{
	const struct iommufd_extent page = extent(SOURCE, PAGE);
	const struct iommufd_extent odd = extent(SOURCE + 512, 1024);
	struct iommufd_device *device = NULL;
	uint64_t iova = 0;

	OK(iommufd_mock_device_new(f.ctx, iommufd_ioas_id(target), 0, NULL,
				   &device));
	FAILS(iommufd_ioas_copy(target, f.ioas, &page, FIXED, &iova),
	      IOVA_UNUSABLE, EINVAL);
	FAILS(iommufd_ioas_copy(target, f.ioas, &odd, RW, &iova), MISALIGNED,
	      EINVAL);
	OK(iommufd_mock_check_map(f.ctx, f.hwpt_id, memory, 4 * PAGE, SOURCE));
	OK(iommufd_mock_check_refs(f.ctx, memory, 4 * PAGE, 1));
	iommufd_device_close(device);
	end();
}
END_TEST

/* Memory that was never pinned is looked at when a copy needs it. */
START_TEST(a_source_that_was_never_pinned)
{
	const struct iommufd_extent part = extent(PAGE, PAGE);
	uint64_t iova = MOCK_FIRST + MIB;

	map_at(target, NULL, PAGE, PAGE);
	FAILS(iommufd_ioas_copy(f.ioas, target, &part, FIXED, &iova),
	      EARLIER_MAPPING, EFAULT);
	OK(iommufd_ioas_unmap_all(target, NULL));
	end();
}
END_TEST

/* A copy does not disturb an access that has pinned the source. */
START_TEST(while_pinned)
{
	const struct iommufd_extent part = extent(SOURCE, PAGE);
	struct iommufd_access *access = NULL;
	uint64_t iova = MOCK_FIRST;
	uint32_t pages = 0;

	OK(iommufd_mock_access_new(f.ctx, iommufd_ioas_id(f.ioas),
				   IOMMUFD_MOCK_ACCESS_NEEDS_PIN, &access));
	OK(iommufd_mock_access_pin(access, memory, PAGE, 0, SOURCE, &pages));
	OK(iommufd_ioas_copy(target, f.ioas, &part, FIXED, &iova));
	check_target(PAGE, memory, iova);
	unmap_at(target, PAGE, iova);
	OK(iommufd_mock_access_unpin(access, pages));
	iommufd_access_close(access);
	end();
}
END_TEST

static const TTest **const good[] = {
	&whole_and_part,
	&several_mappings_at_once,
	&within_one_address_space,
	&the_source_may_go,
	&sweep,
	&while_pinned,
	NULL,
};

static const TTest **const bad[] = {
	&wrong_arguments,
	&sources_that_are_not_mapped,
	&read_only_sources,
	&targets_that_refuse,
	&a_source_that_was_never_pinned,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "good", .setup = setup, .tests = good },
		{ .name = "bad", .setup = setup, .tests = bad },
	};

	return harness_run("copy", cases, 2);
}
