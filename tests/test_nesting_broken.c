/* SPDX-License-Identifier: MIT */
/*
 * Nested translation where a refusal blocks the device, with the kernel
 * replaced: the way back, and what happens when there is none.
 */
#include "fakeiommufd_ioctl.h"
#include "fixture.h"
#include "harness.h"
#include "vtd.h"

static struct vtd v;
static struct vtd_entry entry;
static uint32_t alive, state, table;

static int translate(void)
{
	return iommufd_nested_device_set_pasid_entry(v.nested, 0, entry.words);
}

static void remember(void)
{
	alive = fake_alive();
	state = iommufd_nested_device_state(v.nested);
	table = iommufd_nested_device_page_table(v.nested);
}

static void check_books(void)
{
	ck_assert_uint_eq(fake_attached(v.device, 0),
			  iommufd_nested_device_page_table(v.nested));
}

static void check_as_before(void)
{
	ck_assert_uint_eq(fake_alive(), alive);
	ck_assert_uint_eq(iommufd_nested_device_state(v.nested), state);
	ck_assert_uint_eq(iommufd_nested_device_page_table(v.nested), table);
	check_books();
}

static void begin_broken(void)
{
	vtd_begin(&v, 0);
	entry = vtd_entry(3, 0x1000);
	OK(translate());
	remember();
	fake_fail(UAPI_VFIO_ATTACH, 1, EINVAL);
}

/*
 * The way back cannot even begin: the books show the old table, and DMA may be
 * blocked. Attaching the same one would do nothing, so it is detached first.
 */
START_TEST(way_back_cannot_begin)
{
	begin_broken();
	fake_fail(IOMMUFD_NR_IOAS_ALLOC, 1, ENOMEM);
	FAILS(translate(), ATTACH_REFUSED, EINVAL);
	ck_assert_uint_eq(iommufd_nested_device_state(v.nested),
			  IOMMUFD_NESTED_UNSET);
	ck_assert_uint_eq(iommufd_nested_device_page_table(v.nested), table);
	ck_assert_uint_eq(fake_alive(), alive);
	fake_forget();
	OK(translate());
	ck_assert_uint_eq(fake.calls[1].nr, UAPI_VFIO_DETACH);
	ck_assert_uint_eq(fake.calls[2].nr, UAPI_VFIO_ATTACH);
	check_books();
	ck_assert_uint_eq(fake_alive(), alive);
	/* Now all is well: no more than it takes. */
	fake_forget();
	OK(iommufd_nested_device_bypass(v.nested));
	ck_assert_uint_eq(fake_asked(UAPI_VFIO_DETACH), 0);
	vtd_end(&v);
}
END_TEST

/* Halfway it is on an empty table, which lives on and is known. */
START_TEST(way_back_cannot_end)
{
	uint32_t scratch;

	begin_broken();
	fake_fail(UAPI_VFIO_ATTACH, 3, EBUSY);
	FAILS(translate(), ATTACH_REFUSED, EINVAL);
	scratch = iommufd_nested_device_page_table(v.nested);
	ck_assert_uint_ne(scratch, table);
	check_books();
	ck_assert_uint_eq(fake_alive(), alive + 2);
	/* It cannot be detached either: then it is replaced. */
	fake_fail(UAPI_VFIO_DETACH, 1, EBUSY);
	OK(iommufd_nested_device_bypass(v.nested));
	check_books();
	/* The guest's table has gone, and the scratch objects with it. */
	ck_assert_uint_eq(fake_alive(), alive - 1);
	vtd_end(&v);
}
END_TEST

/* What of them cannot be destroyed is tried again, at the end too. */
START_TEST(scratch_objects_are_not_lost)
{
	begin_broken();
	fake_fail(UAPI_VFIO_ATTACH, 3, EBUSY);
	FAILS(translate(), ATTACH_REFUSED, EINVAL);
	fake_fail(IOMMUFD_NR_DESTROY, 2, EBUSY);
	fake_fail(IOMMUFD_NR_DESTROY, 3, EBUSY);
	OK(iommufd_nested_device_bypass(v.nested));
	ck_assert_uint_eq(fake_alive(), alive + 1);
	/* A second time, before the first are gone. */
	OK(translate());
	fake_fail(UAPI_VFIO_ATTACH, 1, EINVAL);
	fake_fail(UAPI_VFIO_ATTACH, 3, EBUSY);
	FAILS(translate(), ATTACH_REFUSED, EINVAL);
	/* The second attempt of the end is the one that counts. */
	fake_fail(IOMMUFD_NR_DESTROY, 2, EBUSY);
	fake_fail(IOMMUFD_NR_DESTROY, 4, EBUSY);
	FAILS(iommufd_nested_device_destroy(v.nested), IN_USE, EBUSY);
	vtd_end(&v);
}
END_TEST

/* Not broken, and yet one lives on: it goes with the next switch. */
START_TEST(scratch_object_after_the_way_back)
{
	begin_broken();
	fake_fail(IOMMUFD_NR_DESTROY, 1, EBUSY);
	FAILS(translate(), ATTACH_REFUSED, EINVAL);
	ck_assert_uint_eq(iommufd_nested_device_state(v.nested),
			  IOMMUFD_NESTED_TRANSLATE);
	OK(iommufd_nested_device_bypass(v.nested));
	ck_assert_uint_eq(fake_alive(), alive - 1);
	vtd_end(&v);
}
END_TEST

/* The scratch table has the flags of what was in force, and no others. */
static void check_way_back(uint32_t flags)
{
	fake_forget();
	fake_fail(UAPI_VFIO_ATTACH, 1, EINVAL);
	FAILS(translate(), ATTACH_REFUSED, EINVAL);
	ck_assert_uint_eq(
		FAKE_ARG(uapi_hwpt_alloc, IOMMUFD_NR_HWPT_ALLOC, 2).flags,
		flags);
	check_as_before();
}

START_TEST(flags_of_the_way_back)
{
	vtd_begin(&v, 0);
	entry = vtd_entry(3, 0x1000);
	OK(iommufd_nested_device_unset(
		v.nested, iommufd_hwpt_id(iommufd_nesting_parent(v.nesting)),
		IOMMUFD_HWPT_DIRTY_TRACKING));
	remember();
	check_way_back(IOMMUFD_HWPT_DIRTY_TRACKING);
	OK(translate());
	remember();
	check_way_back(IOMMUFD_HWPT_PASID);
	vtd_end(&v);
}
END_TEST

/* The end detaches what was left in that state. */
START_TEST(end_without_way_back)
{
	begin_broken();
	fake_fail(IOMMUFD_NR_IOAS_ALLOC, 1, ENOMEM);
	FAILS(translate(), ATTACH_REFUSED, EINVAL);
	vtd_end(&v);
}
END_TEST

static const TTest **const broken_tests[] = {
	&way_back_cannot_begin,
	&way_back_cannot_end,
	&scratch_objects_are_not_lost,
	&scratch_object_after_the_way_back,
	&flags_of_the_way_back,
	&end_without_way_back,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "broken", .tests = broken_tests },
	};

	return harness_run("nesting_broken", cases, 1);
}
