/* SPDX-License-Identifier: MIT */
/* Address spaces: making, adopting, ending; ranges and options. */
#include "fixture.h"
#include "harness.h"

static struct fixture f;

static void setup(void)
{
	fixture_ioas(&f);
}

/* A device on the fixture's address space. */
static void plug(void)
{
	OK(iommufd_mock_device_new(f.ctx, iommufd_ioas_id(f.ioas), 0,
				   &f.hwpt_id, &f.device));
}

START_TEST(alloc_and_destroy)
{
	struct iommufd_ioas *other = NULL;

	ck_assert_uint_eq(iommufd_ioas_id(f.ioas), 1);
	ck_assert_uint_eq(iommufd_ioas_id(NULL), 0);
	ck_assert_ptr_eq(iommufd_ioas_ctx(f.ioas), f.ctx);
	ck_assert_ptr_null(iommufd_ioas_ctx(NULL));
	check_range(f.ioas, 0, UINT64_MAX, 1);
	OK(iommufd_ioas_alloc(f.ctx, 0, &other));
	ck_assert_uint_eq(iommufd_ioas_id(other), 2);
	OK(iommufd_ioas_destroy(f.ioas));
	/* The kernel gives the lowest free number out again. */
	OK(iommufd_ioas_alloc(f.ctx, 0, &f.ioas));
	ck_assert_uint_eq(iommufd_ioas_id(f.ioas), 1);
	OK(iommufd_ioas_destroy(other));
	OK(iommufd_ioas_destroy(NULL));
	iommufd_ioas_release(NULL);
	fixture_end(&f);
}
END_TEST

START_TEST(alloc_fails)
{
	struct iommufd_ioas *ioas = (void *)1;
	struct iommufd_failure failure;
	int ret;

	FAILS(iommufd_ioas_alloc(NULL, 0, &ioas), NULL_POINTER, EINVAL);
	FAILS(iommufd_ioas_alloc(f.ctx, 0, NULL), NULL_POINTER, EINVAL);
	ret = iommufd_ioas_alloc(f.ctx, 1, &ioas);
	FAILS(ret, FEATURE, EOPNOTSUPP);
	failure = harness_failure(ret);
	ck_assert_uint_eq(failure.op, IOMMUFD_OP_IOAS_ALLOC);
	ck_assert_uint_eq(failure.flags, 1);
	ck_assert_int_eq(failure.fd, iommufd_ctx_fd(f.ctx));
	ck_assert_ptr_eq(ioas, (void *)1);
	fixture_end(&f);
}
END_TEST

START_TEST(a_refused_destroy_changes_nothing)
{
	char *memory = harness_memory(PAGE);

	plug();
	map_at(f.ioas, memory, PAGE, MOCK_FIRST);
	for (int i = 0; i < 3; i++)
		FAILS(iommufd_ioas_destroy(f.ioas), IN_USE, EBUSY);
	OK(iommufd_mock_check_map(f.ctx, f.hwpt_id, memory, PAGE, MOCK_FIRST));
	unmap_at(f.ioas, PAGE, MOCK_FIRST);
	fixture_end(&f);
}
END_TEST

START_TEST(destroying_unmaps)
{
	char *memory = harness_memory(4 * PAGE);
	uint64_t before = pinned();

	plug();
	for (uint64_t i = 0; i < 4; i++)
		map_at(f.ioas, memory + i * PAGE, PAGE,
		       MOCK_FIRST + 2 * i * PAGE);
	ck_assert_uint_eq(pinned(), before + 4 * PAGE);
	fixture_end(&f);
	ck_assert_uint_eq(pinned(), before);
	OK(iommufd_ctx_open(NULL, &f.ctx));
	OK(iommufd_mock_check_refs(f.ctx, memory, 4 * PAGE, 0));
	iommufd_ctx_close(f.ctx);
}
END_TEST

START_TEST(closing_the_context_unmaps)
{
	char *memory = harness_memory(PAGE);
	uint64_t before = pinned();

	plug();
	map_at(f.ioas, memory, PAGE, MOCK_FIRST);
	iommufd_ioas_release(f.ioas);
	ck_assert_uint_eq(pinned(), before + PAGE);
	iommufd_device_close(f.device);
	iommufd_ctx_close(f.ctx);
	ck_assert_uint_eq(pinned(), before);
}
END_TEST

START_TEST(adopt_owned)
{
	struct iommufd_ioas *adopted = NULL;
	uint32_t id = iommufd_ioas_id(f.ioas);

	iommufd_ioas_release(f.ioas);
	OK(iommufd_ioas_adopt(f.ctx, id,
			      IOMMUFD_ADOPT_OWNED | IOMMUFD_ADOPT_VERIFY,
			      &adopted));
	ck_assert_uint_eq(iommufd_ioas_id(adopted), id);
	f.ioas = adopted;
	map_at(f.ioas, harness_memory(PAGE), PAGE, 0);
	fixture_end(&f);
}
END_TEST

START_TEST(adopt_borrowed)
{
	struct iommufd_ioas *adopted = NULL;
	int ret;

	OK(iommufd_ioas_adopt(f.ctx, iommufd_ioas_id(f.ioas), 0, &adopted));
	ret = iommufd_ioas_destroy(adopted);
	FAILS(ret, BORROWED, EPERM);
	ck_assert_uint_eq(harness_failure(ret).op, IOMMUFD_OP_DESTROY);
	/* It works as any other all the same. */
	map_at(adopted, harness_memory(PAGE), PAGE, PAGE);
	unmap_at(f.ioas, PAGE, PAGE);
	iommufd_ioas_release(adopted);
	fixture_end(&f);
}
END_TEST

START_TEST(adopt_fails)
{
	const uint32_t verify = IOMMUFD_ADOPT_VERIFY;
	struct iommufd_ioas *ioas = (void *)1;
	struct iommufd_failure failure;
	int ret;

	plug();
	FAILS(iommufd_ioas_adopt(NULL, 1, 0, &ioas), NULL_POINTER, EINVAL);
	FAILS(iommufd_ioas_adopt(f.ctx, 1, 0, NULL), NULL_POINTER, EINVAL);
	FAILS(iommufd_ioas_adopt(f.ctx, 1, IOMMUFD_ADOPT_TAKE_FD, &ioas),
	      BAD_FLAGS, EINVAL);
	FAILS(iommufd_ioas_adopt(f.ctx, 1, 8, &ioas), BAD_FLAGS, EINVAL);
	FAILS(iommufd_ioas_adopt(f.ctx, 0, 0, &ioas), BAD_ID, EINVAL);
	FAILS(iommufd_ioas_adopt(f.ctx, 0x80000000, 0, &ioas), BAD_ID, EINVAL);
	ret = iommufd_ioas_adopt(f.ctx, UNUSED_ID, verify, &ioas);
	FAILS(ret, OBJECT, ENOENT);
	failure = harness_failure(ret);
	ck_assert_uint_eq(failure.op, IOMMUFD_OP_IOAS_ADOPT);
	ck_assert_uint_eq(failure.object_id, UNUSED_ID);
	/* An object of another kind is none. */
	FAILS(iommufd_ioas_adopt(f.ctx, f.hwpt_id, verify, &ioas), OBJECT,
	      ENOENT);
	ck_assert_ptr_eq(ioas, (void *)1);
	fixture_end(&f);
}
END_TEST

/* Without a question a stale id is believed; then every call finds out. */
START_TEST(calls_on_a_stale_id)
{
	const struct iommufd_iova_range range = { PAGE, 2 * PAGE };
	const struct iommufd_extent part = extent(PAGE, PAGE);
	uint64_t iova = PAGE, length = PAGE;
	struct iommufd_ioas *ioas = NULL;
	uint32_t value = 7;

	OK(iommufd_ioas_adopt(f.ctx, UNUSED_ID, IOMMUFD_ADOPT_OWNED, &ioas));
	FAILS(iommufd_ioas_map(ioas, &f, PAGE, FIXED, &iova), OBJECT, ENOENT);
	FAILS(iommufd_ioas_copy(ioas, f.ioas, &part, FIXED, &iova), COPY_SOURCE,
	      ENOENT);
	FAILS(iommufd_ioas_copy(f.ioas, ioas, &part, FIXED, &iova), COPY_SOURCE,
	      ENOENT);
	FAILS(iommufd_ioas_unmap(ioas, &length, iova), NOT_WHOLE_MAPPINGS,
	      ENOENT);
	FAILS(iommufd_ioas_unmap_all(ioas, &length), OBJECT, ENOENT);
	value = 0;
	FAILS(iommufd_ioas_iova_ranges(ioas, NULL, &value, &length), OBJECT,
	      ENOENT);
	FAILS(iommufd_ioas_allow_iovas(ioas, &range, 1), OBJECT, ENOENT);
	FAILS(iommufd_ioas_huge_pages_get(ioas, &value), OBJECT, ENOENT);
	FAILS(iommufd_ioas_huge_pages_set(ioas, 0), OBJECT, ENOENT);
	FAILS(iommufd_ioas_destroy(ioas), OBJECT, ENOENT);
	ck_assert_uint_eq(length, PAGE);
	ck_assert_uint_eq(iova, PAGE);
	ck_assert_uint_eq(value, 0);
	iommufd_ioas_release(ioas);
	fixture_end(&f);
}
END_TEST

/* An owned handle of a stale id destroys a stranger: why VERIFY exists. */
START_TEST(ids_are_reused)
{
	struct iommufd_ioas *owner = NULL, *stranger = NULL;
	uint32_t id = iommufd_ioas_id(f.ioas);

	OK(iommufd_ioas_adopt(f.ctx, id, IOMMUFD_ADOPT_OWNED, &owner));
	OK(iommufd_ioas_destroy(f.ioas));
	OK(iommufd_ioas_alloc(f.ctx, 0, &stranger));
	ck_assert_uint_eq(iommufd_ioas_id(stranger), id);
	OK(iommufd_ioas_destroy(owner));
	FAILS(iommufd_ioas_destroy(stranger), OBJECT, ENOENT);
	iommufd_ioas_release(stranger);
	f.ioas = NULL;
	fixture_end(&f);
}
END_TEST

static const TTest **const life[] = {
	&alloc_and_destroy,
	&alloc_fails,
	&a_refused_destroy_changes_nothing,
	&destroying_unmaps,
	&closing_the_context_unmaps,
	&adopt_owned,
	&adopt_borrowed,
	&adopt_fails,
	&calls_on_a_stale_id,
	&ids_are_reused,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "life", .setup = setup, .tests = life },
	};

	return harness_run("ioas", cases, 1);
}
