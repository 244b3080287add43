/* SPDX-License-Identifier: MIT */
/* Dirty tracking: who has it, starting and stopping, what is refused. */
#include "dirty.h"
#include "harness.h"

/* ---- devices and page tables --------------------------------------------- */

static uint64_t capabilities(struct iommufd_device *device)
{
	struct iommufd_hw_info info = { .size = sizeof(info) };

	OK(iommufd_device_get_hw_info(device, IOMMUFD_HW_INFO_DEFAULT, NULL, 0,
				      &info));
	return info.capabilities;
}

START_TEST(devices_with_and_without)
{
	struct iommufd_device *device = NULL;
	uint32_t id = iommufd_hwpt_id(tracked.hwpt);

	OK(iommufd_mock_device_new(
		tracked.f.ctx, iommufd_ioas_id(tracked.f.ioas),
		IOMMUFD_MOCK_DEVICE_NO_DIRTY, NULL, &device));
	ck_assert(capabilities(tracked.f.device) &
		  IOMMUFD_HW_CAP_DIRTY_TRACKING);
	ck_assert(!(capabilities(device) & IOMMUFD_HW_CAP_DIRTY_TRACKING));
	OK(iommufd_device_attach(tracked.f.device, id, NULL));
	FAILS(iommufd_device_attach(device, id, NULL), ATTACH_REFUSED, EINVAL);
	iommufd_device_close(device);
	OK(iommufd_device_attach(tracked.f.device,
				 iommufd_ioas_id(tracked.f.ioas), NULL));
	dirty_end();
}
END_TEST

START_TEST(on_and_off)
{
	const struct iommufd_mock_dirty pages = { MOCK_FIRST, DIRTY_LENGTH,
						  MOCK_PAGE, tracked.bits };

	dirty_mark(tracked.hwpt, MOCK_FIRST, PAGE);
	/* On again is on anew; off as often as one likes. */
	dirty_track(tracked.hwpt);
	ck_assert_uint_eq(dirty_get(tracked.hwpt, MOCK_FIRST, DIRTY_LENGTH, 0),
			  0);
	dirty_mark(tracked.hwpt, MOCK_FIRST, PAGE);
	OK(iommufd_hwpt_set_dirty_tracking(tracked.hwpt, 0));
	OK(iommufd_hwpt_set_dirty_tracking(tracked.hwpt, 0));
	FAILS(iommufd_mock_set_dirty(tracked.f.ctx,
				     iommufd_hwpt_id(tracked.hwpt), &pages,
				     NULL),
	      UNSPECIFIC, EINVAL);
	dirty_track(tracked.hwpt);
	ck_assert_uint_eq(dirty_get(tracked.hwpt, MOCK_FIRST, DIRTY_LENGTH, 0),
			  0);
	dirty_end();
}
END_TEST

static void refuse(struct iommufd_hwpt *table, uint32_t cause, int err)
{
	const struct iommufd_hwpt_get_dirty_bitmap_opts opts =
		dirty_opts(MOCK_FIRST, DIRTY_LENGTH);
	int ret = iommufd_hwpt_set_dirty_tracking(
		table, IOMMUFD_DIRTY_TRACKING_ENABLE);
	struct iommufd_failure failure;

	harness_fails(ret, cause, err, "set", __FILE__, __LINE__);
	failure = harness_failure(ret);
	ck_assert_uint_eq(failure.op, IOMMUFD_OP_HWPT_SET_DIRTY_TRACKING);
	ck_assert_uint_eq(failure.object_id, iommufd_hwpt_id(table));
	ck_assert_uint_eq(failure.flags, IOMMUFD_DIRTY_TRACKING_ENABLE);
	ret = iommufd_hwpt_get_dirty_bitmap(table, &opts, tracked.bits);
	harness_fails(ret, cause, err, "get", __FILE__, __LINE__);
	failure = harness_failure(ret);
	ck_assert_uint_eq(failure.op, IOMMUFD_OP_HWPT_GET_DIRTY_BITMAP);
	ck_assert_uint_eq(failure.object_id, iommufd_hwpt_id(table));
	ck_assert_uint_eq(failure.iova, MOCK_FIRST);
	ck_assert_uint_eq(failure.length, DIRTY_LENGTH);
	ck_assert_uint_eq(failure.arg, PAGE);
}

START_TEST(page_tables_without)
{
	static const struct iommufd_mock_hwpt_data data = { .iotlb = 1 };
	const struct iommufd_hwpt_alloc_opts nested_opts = {
		.size = sizeof(nested_opts),
		.data_type = IOMMUFD_MOCK_HWPT_DATA,
		.data_len = sizeof(data.iotlb),
		.data = &data,
	};
	struct iommufd_hwpt *parent = dirty_paging(IOMMUFD_HWPT_NEST_PARENT);
	struct iommufd_hwpt *nested = NULL, *gone = NULL;

	OK(iommufd_hwpt_alloc(tracked.f.device, iommufd_hwpt_id(parent),
			      &nested_opts, &nested));
	OK(iommufd_hwpt_adopt(tracked.f.ctx, UNUSED_ID, 0, &gone));
	refuse(parent, IOMMUFD_CAUSE_FEATURE, EOPNOTSUPP);
	refuse(nested, IOMMUFD_CAUSE_OBJECT, ENOENT);
	refuse(gone, IOMMUFD_CAUSE_OBJECT, ENOENT);
	iommufd_hwpt_release(gone);
	OK(iommufd_hwpt_destroy(nested));
	OK(iommufd_hwpt_destroy(parent));
	dirty_end();
}
END_TEST

/* A PASID's page table is one like any other. */
START_TEST(page_tables_of_pasids)
{
	const uint32_t flags = IOMMUFD_HWPT_PASID | IOMMUFD_HWPT_DIRTY_TRACKING;
	struct iommufd_device_pasid_opts pasid = { .size = sizeof(pasid),
						   .pasid = 100 };
	struct iommufd_device *device = NULL;
	struct iommufd_hwpt *table = NULL;

	if (!harness_has(tracked.f.ctx, IOMMUFD_NR_VEVENTQ_ALLOC)) {
		FAILS(iommufd_hwpt_alloc(tracked.f.device,
					 iommufd_ioas_id(tracked.ioas),
					 HWPT_FLAGS(flags), &table),
		      FEATURE, EOPNOTSUPP);
		dirty_end();
		return;
	}
	table = dirty_paging(flags);
	OK(iommufd_mock_device_new(tracked.f.ctx, iommufd_hwpt_id(table),
				   IOMMUFD_MOCK_DEVICE_PASID, NULL, &device));
	OK(iommufd_device_attach_pasid(device, &pasid, iommufd_hwpt_id(table),
				       NULL));
	dirty_track(table);
	dirty_mark(table, MOCK_FIRST + PAGE, PAGE);
	ck_assert_uint_eq(dirty_get(table, MOCK_FIRST, DIRTY_LENGTH, 0), 2);
	/* Each page table has a record of its own. */
	ck_assert_uint_eq(dirty_get(tracked.hwpt, MOCK_FIRST, DIRTY_LENGTH, 0),
			  0);
	OK(iommufd_device_detach_pasid(device, pasid.pasid));
	iommufd_device_close(device);
	OK(iommufd_hwpt_destroy(table));
	dirty_end();
}
END_TEST

/* ---- arguments ----------------------------------------------------------- */

START_TEST(wrong_arguments)
{
	struct iommufd_hwpt_get_dirty_bitmap_opts opts =
		dirty_opts(MOCK_FIRST, DIRTY_LENGTH);
	const uint64_t bad_sizes[] = { 0, 3, 2049, 3 * PAGE, UINT64_MAX };

	FAILS(iommufd_hwpt_set_dirty_tracking(NULL, 0), NULL_POINTER, EINVAL);
	FAILS(iommufd_hwpt_set_dirty_tracking(tracked.hwpt, 2), FEATURE,
	      EOPNOTSUPP);
	FAILS(iommufd_hwpt_get_dirty_bitmap(NULL, &opts, tracked.bits),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_hwpt_get_dirty_bitmap(tracked.hwpt, &opts, NULL),
	      NULL_POINTER, EINVAL);
	FAILS(dirty_query(NULL), NULL_POINTER, EINVAL);
	opts.flags = 2;
	FAILS(dirty_query(&opts), FEATURE, EOPNOTSUPP);
	opts.flags = 0;
	for (int i = 0; i < 5; i++) {
		int ret;

		opts.page_size = bad_sizes[i];
		ret = dirty_query(&opts);
		FAILS(ret, BAD_VALUE, EINVAL);
		ck_assert_uint_eq(harness_failure(ret).arg, bad_sizes[i]);
		ck_assert_uint_eq(harness_failure(ret).iova, MOCK_FIRST);
	}
	dirty_end();
}
END_TEST

START_TEST(ranges)
{
	const struct {
		uint64_t iova, length, page_size;
	} bad[] = {
		{ MOCK_FIRST, 0, PAGE },
		{ MOCK_FIRST + MOCK_PAGE, PAGE, PAGE },
		{ MOCK_FIRST, PAGE + MOCK_PAGE, PAGE },
		{ MOCK_FIRST, PAGE, 2 * PAGE },
		/* Not aligned as the address space is. */
		{ MOCK_FIRST + 512, PAGE, 512 },
		{ MOCK_FIRST, PAGE - 512, 512 },
	};
	struct iommufd_hwpt_get_dirty_bitmap_opts opts =
		dirty_opts(MOCK_FIRST, DIRTY_LENGTH);

	dirty_mark(tracked.hwpt, MOCK_FIRST, DIRTY_LENGTH);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		opts.iova = bad[i].iova;
		opts.length = bad[i].length;
		opts.page_size = bad[i].page_size;
		FAILS(dirty_query(&opts), DIRTY_RANGE, EINVAL);
	}
	opts = dirty_opts(UINT64_MAX - PAGE + 1, 2 * PAGE);
	FAILS(dirty_query(&opts), OVERFLOW, EOVERFLOW);
	/* Nothing of that has cleared anything. */
	ck_assert_uint_eq(tracked.bits[0], 0);
	ck_assert_uint_eq(dirty_get(tracked.hwpt, MOCK_FIRST, DIRTY_LENGTH, 0),
			  0xffff);
	dirty_end();
}
END_TEST

static void check_room(uint64_t pages, uint64_t needed)
{
	struct iommufd_hwpt_get_dirty_bitmap_opts opts =
		dirty_opts(MOCK_FIRST, pages * PAGE);
	int ret;

	opts.bitmap_length = needed - 1;
	ret = dirty_query(&opts);
	FAILS(ret, ARRAY_SHORT, ENOSPC);
	ck_assert_uint_eq(harness_failure(ret).arg, needed);
	ck_assert_uint_eq(harness_failure(ret).length, pages * PAGE);
	opts.bitmap_length = needed;
	ret = dirty_query(&opts);
	ck_assert(!ret || iommufd_is(ret, IOMMUFD_CAUSE_OVERFLOW));
}

/* Whole words, whatever the length. */
START_TEST(room_of_the_bitmap)
{
	check_room(1, 8);
	check_room(16, 8);
	check_room(64, 8);
	check_room(65, 16);
	check_room(128, 16);
	check_room(UINT64_MAX / PAGE, UINT64_C(1) << 49);
	dirty_end();
}
END_TEST

static const TTest **const rules[] = {
	&devices_with_and_without, &on_and_off,
	&page_tables_without,	   &page_tables_of_pasids,
	&wrong_arguments,	   &ranges,
	&room_of_the_bitmap,	   NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "rules", .setup = dirty_setup, .tests = rules },
	};

	return harness_run("dirty", cases, 1);
}
