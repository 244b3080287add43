/* SPDX-License-Identifier: MIT */
/*
 * Commands on PASIDs and on the record of dirty pages with every failure that
 * the kernel can have inside them.
 */
#include <string.h>

#include "harness.h"
#include "sweep.h"

#define PASID 9

static struct iommufd_device *device;
static struct iommufd_hwpt *old, *new;
static uint64_t bits;
static uint32_t value;

static struct iommufd_hwpt *paging(uint32_t flags)
{
	struct iommufd_hwpt *hwpt = NULL;

	OK(iommufd_hwpt_alloc(base.f.device, iommufd_ioas_id(base.f.ioas),
			      HWPT_FLAGS(flags), &hwpt));
	return hwpt;
}

/* ---- PASIDs -------------------------------------------------------------- */

static int attach_to(const struct iommufd_hwpt *hwpt)
{
	static const struct iommufd_device_pasid_opts pasid = {
		.size = sizeof(pasid), .pasid = PASID
	};

	return iommufd_device_attach_pasid(device, &pasid,
					   iommufd_hwpt_id(hwpt), &value);
}

CALL(attach, attach_to(old))
CALL(replace, attach_to(new))
CALL(detach, iommufd_device_detach_pasid(device, PASID))
CALL(move_device, iommufd_device_attach(device, iommufd_hwpt_id(new), NULL))

static void attach_begin(void)
{
	value = 0;
}

static void begin_attached(void)
{
	OK(attach());
	value = 0;
}

static void check_attached(const struct iommufd_hwpt *hwpt)
{
	OK(iommufd_mock_device_pasid_check(device, PASID,
					   hwpt ? iommufd_hwpt_id(hwpt) : 0));
}

/* The id is told exactly if it is in force. */
static void after_attach(int ret)
{
	ck_assert_uint_eq(value, ret ? 0 : iommufd_hwpt_id(old));
	check_attached(ret ? NULL : old);
	OK(attach());
	OK(detach());
	sweep_check_same();
}

static void after_replace(int ret)
{
	ck_assert_uint_eq(value, ret ? 0 : iommufd_hwpt_id(new));
	check_attached(ret ? old : new);
	OK(replace());
	check_attached(new);
	OK(detach());
	sweep_check_same();
}

static void after_detach(int ret)
{
	if (ret) {
		check_attached(old);
		OK(detach());
	}
	check_attached(NULL);
	sweep_check_same();
}

/* The device's own attachment beside an attached PASID. */
static void after_move_device(int ret)
{
	if (ret)
		OK(move_device());
	OK(iommufd_device_attach(device, iommufd_hwpt_id(old), NULL));
	check_attached(old);
	OK(detach());
	sweep_check_same();
}

START_TEST(pasids)
{
	old = paging(IOMMUFD_HWPT_PASID);
	new = paging(IOMMUFD_HWPT_PASID);
	OK(iommufd_mock_device_new(base.f.ctx, iommufd_hwpt_id(old),
				   IOMMUFD_MOCK_DEVICE_PASID, NULL, &device));
	ck_assert_uint_gt(SWEEP("device_attach_pasid", attach_begin, attach,
				after_attach),
			  3);
	ck_assert_uint_gt(SWEEP("device_attach_pasid, replacing",
				begin_attached, replace, after_replace),
			  1);
	SWEEP("device_detach_pasid", begin_attached, detach, after_detach);
	SWEEP("device_attach, with a PASID", begin_attached, move_device,
	      after_move_device);
	iommufd_device_close(device);
	OK(iommufd_hwpt_destroy(old));
	OK(iommufd_hwpt_destroy(new));
	sweep_end();
}
END_TEST

/* ---- dirty pages --------------------------------------------------------- */

static const struct iommufd_hwpt_get_dirty_bitmap_opts opts = {
	.size = sizeof(opts),
	.iova = MOCK_FIRST,
	.length = SWEEP_LENGTH,
	.page_size = PAGE,
	.bitmap_length = sizeof(bits)
};

CALL(track, iommufd_hwpt_set_dirty_tracking(old, IOMMUFD_DIRTY_TRACKING_ENABLE))
CALL(untrack, iommufd_hwpt_set_dirty_tracking(old, 0))
CALL(get_bitmap, iommufd_hwpt_get_dirty_bitmap(old, &opts, &bits))

static void mark(void)
{
	const uint64_t marks = 3;
	const struct iommufd_mock_dirty pages = { .iova = MOCK_FIRST,
						  .length = SWEEP_LENGTH,
						  .page_size = MOCK_PAGE,
						  .bitmap = &marks };

	OK(iommufd_mock_set_dirty(base.f.ctx, iommufd_hwpt_id(old), &pages,
				  NULL));
}

static void begin_mapped(void)
{
	map_at(base.f.ioas, base.memory, SWEEP_LENGTH, MOCK_FIRST);
	OK(track());
	mark();
	bits = 0;
}

static void end_mapped(void)
{
	OK(untrack());
	unmap_at(base.f.ioas, SWEEP_LENGTH, MOCK_FIRST);
	sweep_check_same();
}

/* On, and with an empty record; or as before, and it works the next time. */
static void after_track(int ret)
{
	if (ret)
		OK(track());
	OK(get_bitmap());
	ck_assert_uint_eq(bits, 0);
	mark();
	OK(get_bitmap());
	ck_assert_uint_eq(bits, 1);
	end_mapped();
}

static void after_untrack(int ret)
{
	if (ret)
		OK(untrack());
	end_mapped();
}

/* A failure takes nothing from the record. */
static void after_get_bitmap(int ret)
{
	if (ret) {
		ck_assert_uint_eq(bits, 0);
		OK(get_bitmap());
	}
	ck_assert_uint_eq(bits, 1);
	end_mapped();
}

START_TEST(dirty_pages)
{
	OK(iommufd_ioas_huge_pages_set(base.f.ioas, 0));
	old = paging(IOMMUFD_HWPT_DIRTY_TRACKING);
	SWEEP("hwpt_set_dirty_tracking", begin_mapped, track, after_track);
	SWEEP("hwpt_set_dirty_tracking, off", begin_mapped, untrack,
	      after_untrack);
	SWEEP("hwpt_get_dirty_bitmap", begin_mapped, get_bitmap,
	      after_get_bitmap);
	OK(iommufd_hwpt_destroy(old));
	sweep_end();
}
END_TEST

static const TTest **const dirty_tests[] = { &dirty_pages, NULL };
static const TTest **const pasid_tests[] = { &pasids, NULL };

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "dirty",
		  .setup = sweep_setup,
		  .tests = dirty_tests,
		  .timeout = 300 },
		{ .name = "pasids",
		  .setup = sweep_setup,
		  .tests = pasid_tests,
		  .timeout = 300 },
	};

	/* The mock driver has PASIDs since 6.15. */
	return harness_run("faults_pasid", cases,
			   strcmp(harness_kernel(), "lts") ? 2 : 1);
}
