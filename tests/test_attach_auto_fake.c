/* SPDX-License-Identifier: MIT */
/*
 * Automatic page tables on hardware that no test machine has: which flags are
 * tried, and what becomes of a step that fails. Needs no kernel.
 */
#include <iommufd/util/util.h>

#include "fakeiommufd_ioctl.h"
#include "fixture.h"
#include "harness.h"

#define NEST  IOMMUFD_HWPT_NEST_PARENT
#define DIRTY IOMMUFD_HWPT_DIRTY_TRACKING
#define PASID IOMMUFD_HWPT_PASID

static struct iommufd_ctx *ctx;
static struct iommufd_ioas *ioas;
static struct iommufd_device *device;
static struct iommufd_hwpt *hwpt;
static struct iommufd_attach_auto_info info;

static void setup(void)
{
	fake_begin(&ctx, &ioas, &device);
	fake.hw_type = IOMMUFD_HW_INFO_INTEL_VTD;
	fake.hw_length = 24;
	fake.capabilities = IOMMUFD_HW_CAP_DIRTY_TRACKING;
	fake.pasid_bits = 20;
	info.size = sizeof(info);
}

static int attach(uint32_t required, uint32_t wanted)
{
	const struct iommufd_attach_auto_opts opts = {
		.size = sizeof(opts),
		.required_flags = required,
		.wanted_flags = wanted,
	};

	return iommufd_attach_auto(device, ioas, &opts, &hwpt, &info);
}

/* The page tables that were tried had these flags, in this order. */
static void check_tried(const uint32_t *flags, uint32_t count)
{
	ck_assert_uint_eq(fake_asked(IOMMUFD_NR_HWPT_ALLOC), count);
	for (uint32_t i = 0; i < count; i++) {
		const struct uapi_hwpt_alloc cmd =
			FAKE_ARG(uapi_hwpt_alloc, IOMMUFD_NR_HWPT_ALLOC, i + 1);

		ck_assert_uint_eq(cmd.flags, flags[i]);
		ck_assert_uint_eq(cmd.pt_id, iommufd_ioas_id(ioas));
		ck_assert_uint_eq(cmd.dev_id, FAKE_DEVICE);
	}
}

#define TRIED(...)                                                             \
	check_tried((const uint32_t[]){ __VA_ARGS__ },                         \
		    sizeof((const uint32_t[]){ __VA_ARGS__ }) / 4)

static void end(void)
{
	if (hwpt) {
		ck_assert_uint_eq(info.page_table, iommufd_hwpt_id(hwpt));
		ck_assert_uint_eq(fake_attached(device, 0), info.page_table);
		OK(iommufd_device_detach(device));
		OK(iommufd_hwpt_destroy(hwpt));
	}
	fake_end(ctx, ioas, device);
}

START_TEST(all_that_is_wanted)
{
	OK(attach(0, NEST | DIRTY | PASID));
	TRIED(NEST | DIRTY | PASID);
	ck_assert_uint_eq(info.flags, NEST | DIRTY | PASID);
	end();
}
END_TEST

static int none(uint32_t flags)
{
	return !flags;
}

START_TEST(order_of_importance)
{
	fake.flags_ok = none;
	OK(attach(0, NEST | DIRTY | PASID));
	TRIED(NEST | DIRTY | PASID, NEST | DIRTY, NEST | PASID, NEST,
	      DIRTY | PASID, DIRTY, PASID, 0);
	ck_assert_uint_eq(info.flags, 0);
	end();
}
END_TEST

static int one_at_most(uint32_t flags)
{
	return !(flags & (flags - 1));
}

START_TEST(the_first_is_kept)
{
	fake.flags_ok = one_at_most;
	OK(attach(0, DIRTY | PASID));
	TRIED(DIRTY | PASID, DIRTY);
	ck_assert_uint_eq(info.flags, DIRTY);
	end();
}
END_TEST

/* The hardware says what it has not; of an old kernel nothing is known. */
START_TEST(hardware_is_asked)
{
	fake.capabilities = IOMMUFD_HW_CAP_PCI_ATS_NOT_SUPPORTED;
	fake.pasid_bits = 0;
	OK(attach(0, NEST | DIRTY | PASID));
	TRIED(NEST);
	OK(iommufd_device_detach(device));
	OK(iommufd_hwpt_destroy(hwpt));
	hwpt = NULL;

	fake_forget();
	fake.capabilities = 0;
	fake.flags_ok = one_at_most;
	OK(attach(0, DIRTY | PASID));
	TRIED(DIRTY | PASID, DIRTY);
	end();
}
END_TEST

/* Behind no IOMMU there is nothing to ask. */
START_TEST(hardware_without_information)
{
	fake.flags_ok = none;
	fake_fail(IOMMUFD_NR_GET_HW_INFO, 1, EOPNOTSUPP);
	OK(attach(0, NEST));
	TRIED(NEST, 0);
	end();
}
END_TEST

START_TEST(hardware_fails)
{
	fake_fail(IOMMUFD_NR_GET_HW_INFO, 1, ENOENT);
	FAILS(attach(0, NEST), NOT_PHYSICAL, ENOENT);
	ck_assert_uint_eq(fake_asked(IOMMUFD_NR_HWPT_ALLOC), 0);
	end();
}
END_TEST

static int nest_and_more(uint32_t flags)
{
	return flags == (NEST | PASID);
}

START_TEST(required_stays)
{
	fake.flags_ok = nest_and_more;
	OK(attach(NEST, DIRTY | PASID));
	TRIED(NEST | DIRTY | PASID, NEST | DIRTY, NEST | PASID);
	ck_assert_uint_eq(info.flags, NEST | PASID);
	end();
}
END_TEST

START_TEST(required_cannot_be_had)
{
	fake.flags_ok = none;
	FAILS(attach(DIRTY, PASID), FEATURE, EOPNOTSUPP);
	TRIED(DIRTY | PASID, DIRTY);
	ck_assert_ptr_null(hwpt);
	ck_assert_uint_eq(info.page_table, 0);
	ck_assert_uint_eq(fake_asked(UAPI_VFIO_ATTACH), 0);
	end();
}
END_TEST

/* A nest parent of VT-d takes no read-only mapping, an ordinary table does. */
START_TEST(mappings_in_the_way)
{
	fake_fail(IOMMUFD_NR_HWPT_ALLOC, 1, EINVAL);
	OK(attach(0, NEST));
	TRIED(NEST, 0);
	end();
}
END_TEST

/* Other failures are no reason to try on. */
START_TEST(failure_of_another_kind)
{
	fake_fail(IOMMUFD_NR_HWPT_ALLOC, 1, ENOMEM);
	FAILS(attach(0, NEST | DIRTY), MEMORY_OR_LIMIT, ENOMEM);
	TRIED(NEST | DIRTY);
	ck_assert_ptr_null(hwpt);
	end();
}
END_TEST

START_TEST(last_step_is_undone)
{
	int ret;

	fake_fail(UAPI_VFIO_ATTACH, 1, EBUSY);
	ret = attach(0, 0);
	FAILS(ret, DEVICE_BUSY, EBUSY);
	ck_assert_uint_eq(harness_failure(ret).op, IOMMUFD_OP_DEVICE_ATTACH);
	ck_assert_uint_eq(fake_asked(IOMMUFD_NR_DESTROY), 1);
	ck_assert_uint_eq(fake_asked(IOMMUFD_NR_GET_HW_INFO), 0);
	ck_assert_ptr_null(hwpt);
	end();
}
END_TEST

/* Undoing fails too: what is reported is the first failure. */
START_TEST(undoing_fails)
{
	int ret;

	fake_fail(UAPI_VFIO_ATTACH, 1, EBUSY);
	fake_fail(IOMMUFD_NR_DESTROY, 1, ENOMEM);
	ret = attach(0, 0);
	FAILS(ret, DEVICE_BUSY, EBUSY);
	ck_assert_uint_eq(harness_failure(ret).op, IOMMUFD_OP_DEVICE_ATTACH);
	ck_assert_ptr_null(hwpt);
	/* The new page table lives on. */
	ck_assert_uint_eq(info.page_table, 0);
	ck_assert_uint_eq(info.left_page_table, 2);
	ck_assert_uint_eq(info.left_ioas, 0);
	ck_assert_uint_eq(fake_alive(), 2);
	OK(iommufd_ctx_destroy_id(ctx, info.left_page_table));
	end();
}
END_TEST

/* Two page tables are offered, and the device is on a third one. */
static const uint32_t offered[] = { 2, 3, 4 };

static int attach_offered(uint32_t old)
{
	const struct iommufd_attach_auto_opts opts = {
		.size = sizeof(opts),
		.num_tables = 2,
		.tables = offered,
		.old_page_table = old,
	};
	struct iommufd_hwpt *made = NULL;

	for (int i = 0; i < 3; i++) {
		OK(iommufd_hwpt_alloc(device, iommufd_ioas_id(ioas), NULL,
				      &made));
		ck_assert_uint_eq(iommufd_hwpt_id(made), offered[i]);
		iommufd_hwpt_release(made);
	}
	OK(iommufd_device_attach(device, offered[2], NULL));
	fake_forget();
	fake_fail(UAPI_VFIO_ATTACH, 1, EINVAL);
	return iommufd_attach_auto(device, ioas, &opts, &hwpt, &info);
}

static void end_offered(void)
{
	OK(iommufd_device_detach(device));
	for (int i = 0; i < 3; i++)
		OK(iommufd_ctx_destroy_id(ctx, offered[i]));
	end();
}

/* What was in force cannot be gone back to: then nothing more is tried. */
START_TEST(no_way_back)
{
	int ret = attach_offered(UNUSED_ID);

	FAILS(ret, ATTACH_REFUSED, EINVAL);
	ck_assert_uint_eq(harness_failure(ret).other_id, offered[0]);
	ck_assert_ptr_null(hwpt);
	/* Halfway back it is on an empty page table, which lives on. */
	ck_assert_uint_gt(fake_attached(device, 0), offered[2]);
	ck_assert_uint_eq(info.page_table, fake_attached(device, 0));
	ck_assert_uint_eq(info.left_page_table, info.page_table);
	ck_assert_uint_eq(fake_alive(), 6);
	OK(iommufd_device_detach(device));
	OK(iommufd_ctx_destroy_id(ctx, info.left_page_table));
	OK(iommufd_ctx_destroy_id(ctx, info.left_ioas));
	end_offered();
}
END_TEST

/* What a way back has left is destroyed when that goes again. */
START_TEST(scratch_busy_once)
{
	fake_fail(IOMMUFD_NR_DESTROY, 1, EBUSY);
	OK(attach_offered(offered[2]));
	ck_assert_uint_eq(info.page_table, offered[1]);
	ck_assert_uint_eq(info.left_page_table, 0);
	ck_assert_uint_eq(info.left_ioas, 0);
	ck_assert_uint_eq(fake_alive(), 4);
	end_offered();
}
END_TEST

/* Where it does not, nothing more is tried, and nobody is left in the dark. */
START_TEST(scratch_stays_busy)
{
	fake_fail(IOMMUFD_NR_DESTROY, 1, EBUSY);
	fake_fail(IOMMUFD_NR_DESTROY, 2, EBUSY);
	FAILS(attach_offered(offered[2]), ATTACH_REFUSED, EINVAL);
	ck_assert_uint_eq(fake_attached(device, 0), offered[2]);
	ck_assert_uint_eq(info.page_table, offered[2]);
	ck_assert_uint_eq(info.flags, 0);
	ck_assert_uint_eq(fake_alive(), 6);
	OK(iommufd_ctx_destroy_id(ctx, info.left_page_table));
	OK(iommufd_ctx_destroy_id(ctx, info.left_ioas));
	end_offered();
}
END_TEST

static const TTest **const flags_tests[] = {
	&all_that_is_wanted,
	&order_of_importance,
	&the_first_is_kept,
	&hardware_is_asked,
	&hardware_without_information,
	&hardware_fails,
	&required_stays,
	&required_cannot_be_had,
	&mappings_in_the_way,
	&failure_of_another_kind,
	NULL,
};

static const TTest **const undo_tests[] = {
	&last_step_is_undone, &undoing_fails,	   &no_way_back,
	&scratch_busy_once,   &scratch_stays_busy, NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "flags", .setup = setup, .tests = flags_tests },
		{ .name = "undo", .setup = setup, .tests = undo_tests },
	};

	return harness_run("attach_auto_fake", cases, 2);
}
