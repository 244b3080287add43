/* SPDX-License-Identifier: MIT */
/* PASIDs of mock devices: what goes together, and what the library refuses. */
#include <string.h>

#include "fixture.h"
#include "harness.h"

#define ABOVE_WIDTH (UINT32_C(1) << IOMMUFD_MOCK_PASID_BITS)

/*
 * The fixture's device has no PASIDs; the other one has, and is attached to
 * `own` like it should be: a page table for PASIDs, as `table` is.
 */
static struct fixture f;
static struct iommufd_device *device;
static struct iommufd_hwpt *own, *table, *plain;

static struct iommufd_hwpt *paging(struct iommufd_ioas *ioas, uint32_t flags)
{
	struct iommufd_hwpt *hwpt = NULL;

	OK(iommufd_hwpt_alloc(f.device, iommufd_ioas_id(ioas),
			      HWPT_FLAGS(flags), &hwpt));
	return hwpt;
}

static void setup(void)
{
	fixture_device(&f);
}

static void setup_pasids(void)
{
	fixture_device(&f);
	own = paging(f.ioas, IOMMUFD_HWPT_PASID);
	table = paging(f.ioas, IOMMUFD_HWPT_PASID);
	plain = paging(f.ioas, 0);
	OK(iommufd_mock_device_new(f.ctx, iommufd_hwpt_id(own),
				   IOMMUFD_MOCK_DEVICE_PASID, NULL, &device));
}

/* All PASIDs are detached by now: the kernel would warn of others. */
static void end(void)
{
	iommufd_device_close(device);
	OK(iommufd_hwpt_destroy(own));
	OK(iommufd_hwpt_destroy(table));
	OK(iommufd_hwpt_destroy(plain));
	fixture_end(&f);
}

#define PASID(number)                                                          \
	(&(const struct iommufd_device_pasid_opts){                            \
		.size = sizeof(struct iommufd_device_pasid_opts),              \
		.pasid = (number) })

#define PASID_OF_WIDTH(number, bits)                                           \
	(&(const struct iommufd_device_pasid_opts){                            \
		.size = sizeof(struct iommufd_device_pasid_opts),              \
		.flags = IOMMUFD_PASID_WIDTH_VALID,                            \
		.pasid = (number),                                             \
		.max_pasid_log2 = (bits) })

/* Attached, and told so. */
static void attach(uint32_t pasid, const struct iommufd_hwpt *hwpt)
{
	uint32_t id = 0;

	OK(iommufd_device_attach_pasid(device, PASID(pasid),
				       iommufd_hwpt_id(hwpt), &id));
	ck_assert_uint_eq(id, iommufd_hwpt_id(hwpt));
	OK(iommufd_mock_device_pasid_check(device, pasid, id));
}

static void detach(uint32_t pasid)
{
	OK(iommufd_device_detach_pasid(device, pasid));
	OK(iommufd_mock_device_pasid_check(device, pasid, 0));
}

static int attach_to(uint32_t pasid, uint32_t id)
{
	return iommufd_device_attach_pasid(device, PASID(pasid), id, NULL);
}

/* ---- every kernel -------------------------------------------------------- */

/* Without a word to the kernel, so the device need not have PASIDs. */
static void check_refused(const struct iommufd_device_pasid_opts *opts,
			  uint32_t cause, int err)
{
	uint32_t in_force = 7;
	struct iommufd_failure failure;
	int ret = iommufd_device_attach_pasid(f.device, opts, f.hwpt_id,
					      &in_force);

	harness_fails(ret, cause, err, "attach", __FILE__, __LINE__);
	ck_assert_uint_eq(in_force, 7);
	failure = harness_failure(ret);
	ck_assert_uint_eq(failure.op, IOMMUFD_OP_DEVICE_ATTACH_PASID);
	ck_assert_uint_eq(failure.object_id, iommufd_device_id(f.device));
	ck_assert_uint_eq(failure.arg, opts->pasid);
}

START_TEST(the_library_refuses)
{
	struct iommufd_device_pasid_opts opts = *PASID(1);
	int ret;

	FAILS(iommufd_device_attach_pasid(NULL, &opts, 1, NULL), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_device_attach_pasid(f.device, NULL, 1, NULL),
	      NULL_POINTER, EINVAL);
	opts.flags = 2;
	check_refused(&opts, IOMMUFD_CAUSE_BAD_FLAGS, EINVAL);
	/* The kernel would attach the device itself. */
	check_refused(PASID(0), IOMMUFD_CAUSE_BAD_PASID, EINVAL);
	check_refused(PASID_OF_WIDTH(0, 20), IOMMUFD_CAUSE_BAD_PASID, EINVAL);
	check_refused(PASID_OF_WIDTH(1, 0), IOMMUFD_CAUSE_NO_PASID, EINVAL);
	check_refused(PASID_OF_WIDTH(2, 1), IOMMUFD_CAUSE_BAD_PASID, EINVAL);
	check_refused(PASID_OF_WIDTH(ABOVE_WIDTH, 20), IOMMUFD_CAUSE_BAD_PASID,
		      EINVAL);
	FAILS(iommufd_device_detach_pasid(NULL, 1), NULL_POINTER, EINVAL);
	ret = iommufd_device_detach_pasid(f.device, 0);
	FAILS(ret, BAD_PASID, EINVAL);
	ck_assert_uint_eq(harness_failure(ret).op,
			  IOMMUFD_OP_DEVICE_DETACH_PASID);
	ck_assert_uint_eq(harness_failure(ret).object_id,
			  iommufd_device_id(f.device));
	fixture_end(&f);
}
END_TEST

/* Before 6.15 neither the page table nor the mock driver knows PASIDs. */
START_TEST(kernels_without)
{
	struct iommufd_hwpt *hwpt = NULL;

	if (harness_has(f.ctx, IOMMUFD_NR_VEVENTQ_ALLOC)) {
		hwpt = paging(f.ioas, IOMMUFD_HWPT_PASID);
		OK(iommufd_hwpt_destroy(hwpt));
	} else {
		FAILS(iommufd_hwpt_alloc(f.device, iommufd_ioas_id(f.ioas),
					 HWPT_FLAGS(IOMMUFD_HWPT_PASID), &hwpt),
		      FEATURE, EOPNOTSUPP);
		FAILS(iommufd_device_attach_pasid(f.device, PASID(9), f.hwpt_id,
						  NULL),
		      FEATURE, EOPNOTSUPP);
		FAILS(iommufd_device_detach_pasid(f.device, 9), FEATURE,
		      EOPNOTSUPP);
	}
	fixture_end(&f);
}
END_TEST

/* ---- with PASIDs --------------------------------------------------------- */

START_TEST(attached_replaced_detached)
{
	attach(100, own);
	/* The same again, as the kernel of VFIO devices has it. */
	attach(100, own);
	FAILS(iommufd_mock_device_pasid_attach(device, 100,
					       iommufd_hwpt_id(own)),
	      DEVICE_BUSY, EBUSY);
	attach(100, table);
	attach(100, own);
	detach(100);
	/* Twice is no failure, nor is what never was. */
	detach(100);
	detach(101);
	FAILS(iommufd_mock_device_pasid_replace(device, 100,
						iommufd_hwpt_id(own)),
	      UNSPECIFIC, EINVAL);
	attach(100, table);
	detach(100);
	end();
}
END_TEST

START_TEST(page_tables_that_a_pasid_cannot_have)
{
	uint32_t id = iommufd_hwpt_id(plain), in_force = 7;
	struct iommufd_failure failure;
	int ret = iommufd_device_attach_pasid(device, PASID(9), id, &in_force);

	FAILS(ret, PASID_REFUSED, EINVAL);
	failure = harness_failure(ret);
	ck_assert_uint_eq(failure.op, IOMMUFD_OP_DEVICE_ATTACH_PASID);
	ck_assert_uint_eq(failure.object_id, iommufd_device_id(device));
	ck_assert_uint_eq(failure.other_id, id);
	ck_assert_uint_eq(failure.arg, 9);
	ck_assert_uint_eq(in_force, 7);
	/* An address space, the kernel's own page table, no page table. */
	FAILS(attach_to(9, iommufd_ioas_id(f.ioas)), PASID_REFUSED, EINVAL);
	FAILS(attach_to(9, f.hwpt_id), PASID_REFUSED, EINVAL);
	FAILS(attach_to(9, iommufd_device_id(f.device)), PASID_REFUSED, EINVAL);
	FAILS(attach_to(9, UNUSED_ID), PAGE_TABLE, ENOENT);
	FAILS(attach_to(9, 0), PAGE_TABLE, ENOENT);
	OK(iommufd_mock_device_pasid_check(device, 9, 0));
	/* As replacements they leave the old one in force. */
	attach(9, table);
	FAILS(attach_to(9, id), PASID_REFUSED, EINVAL);
	FAILS(attach_to(9, iommufd_ioas_id(f.ioas)), PASID_REFUSED, EINVAL);
	FAILS(attach_to(9, UNUSED_ID), PAGE_TABLE, ENOENT);
	OK(iommufd_mock_device_pasid_check(device, 9, iommufd_hwpt_id(table)));
	detach(9);
	end();
}
END_TEST

/* Flags cannot be added later, so the device's page table needs it as well. */
START_TEST(the_devices_own_page_table_comes_first)
{
	OK(iommufd_device_attach(device, iommufd_ioas_id(f.ioas), NULL));
	FAILS(attach_to(9, iommufd_hwpt_id(table)), PASID_REFUSED, EINVAL);
	OK(iommufd_device_attach(device, iommufd_hwpt_id(plain), NULL));
	FAILS(attach_to(9, iommufd_hwpt_id(table)), PASID_REFUSED, EINVAL);
	OK(iommufd_device_attach(device, iommufd_hwpt_id(own), NULL));
	attach(9, table);
	/* And it stays so as long as a PASID is attached. */
	FAILS(iommufd_device_attach(device, iommufd_hwpt_id(plain), NULL),
	      ATTACH_REFUSED, EINVAL);
	FAILS(iommufd_device_attach(device, iommufd_ioas_id(f.ioas), NULL),
	      ATTACH_REFUSED, EINVAL);
	OK(iommufd_device_attach(device, iommufd_hwpt_id(table), NULL));
	detach(9);
	OK(iommufd_device_attach(device, iommufd_hwpt_id(plain), NULL));
	end();
}
END_TEST

START_TEST(independent_of_each_other)
{
	struct iommufd_ioas *space = NULL;
	struct iommufd_hwpt *other;
	char *memory = harness_memory(3 * PAGE);

	OK(iommufd_ioas_alloc(f.ctx, 0, &space));
	other = paging(space, IOMMUFD_HWPT_PASID);
	map_at(f.ioas, memory, PAGE, MOCK_FIRST);
	map_at(space, memory + PAGE, PAGE, MOCK_FIRST);
	attach(1, table);
	attach(2, other);
	OK(iommufd_mock_check_map(f.ctx, iommufd_hwpt_id(table), memory, PAGE,
				  MOCK_FIRST));
	OK(iommufd_mock_check_map(f.ctx, iommufd_hwpt_id(other), memory + PAGE,
				  PAGE, MOCK_FIRST));
	attach(1, other);
	OK(iommufd_mock_device_pasid_check(device, 2, iommufd_hwpt_id(other)));
	detach(2);
	OK(iommufd_mock_device_pasid_check(device, 1, iommufd_hwpt_id(other)));
	/* Moving the device moves none of them. */
	OK(iommufd_device_attach(device, iommufd_hwpt_id(table), NULL));
	OK(iommufd_mock_device_pasid_check(device, 1, iommufd_hwpt_id(other)));
	FAILS(iommufd_hwpt_destroy(other), IN_USE, EBUSY);
	detach(1);
	OK(iommufd_hwpt_destroy(other));
	OK(iommufd_ioas_destroy(space));
	end();
}
END_TEST

/* The flag is needed on the nested one; the parent need not have it. */
START_TEST(nested_ones)
{
	static const struct iommufd_mock_hwpt_data data = { .iotlb = 1 };
	struct iommufd_hwpt_alloc_opts opts = {
		.size = sizeof(opts),
		.flags = IOMMUFD_HWPT_PASID,
		.data_type = IOMMUFD_MOCK_HWPT_DATA,
		.data_len = sizeof(data),
		.data = &data,
	};
	struct iommufd_hwpt *parent = paging(f.ioas, IOMMUFD_HWPT_NEST_PARENT);
	struct iommufd_hwpt *with = NULL, *without = NULL;

	OK(iommufd_hwpt_alloc(device, iommufd_hwpt_id(parent), &opts, &with));
	opts.flags = 0;
	OK(iommufd_hwpt_alloc(device, iommufd_hwpt_id(parent), &opts,
			      &without));
	attach(9, with);
	FAILS(iommufd_hwpt_destroy(with), IN_USE, EBUSY);
	FAILS(attach_to(9, iommufd_hwpt_id(without)), PASID_REFUSED, EINVAL);
	/* The device's own may be nested, too. */
	FAILS(iommufd_device_attach(device, iommufd_hwpt_id(without), NULL),
	      ATTACH_REFUSED, EINVAL);
	OK(iommufd_device_attach(device, iommufd_hwpt_id(with), NULL));
	attach(9, table);
	OK(iommufd_device_attach(device, iommufd_hwpt_id(own), NULL));
	detach(9);
	OK(iommufd_hwpt_destroy(with));
	OK(iommufd_hwpt_destroy(without));
	OK(iommufd_hwpt_destroy(parent));
	end();
}
END_TEST

START_TEST(the_width)
{
	struct iommufd_hw_info info = { .size = sizeof(info) };
	uint32_t id = iommufd_hwpt_id(table);

	OK(iommufd_device_get_hw_info(device, IOMMUFD_HW_INFO_DEFAULT, NULL, 0,
				      &info));
	ck_assert(info.valid & IOMMUFD_HW_VALID_MAX_PASID);
	ck_assert_uint_eq(info.max_pasid_log2, IOMMUFD_MOCK_PASID_BITS);
	attach(ABOVE_WIDTH - 1, table);
	detach(ABOVE_WIDTH - 1);
	OK(iommufd_device_attach_pasid(
		device, PASID_OF_WIDTH(ABOVE_WIDTH - 1, info.max_pasid_log2),
		id, NULL));
	detach(ABOVE_WIDTH - 1);
	/* The kernel looks at it, the library only when it has been told. */
	FAILS(attach_to(ABOVE_WIDTH, id), PASID_REFUSED, EINVAL);
	FAILS(attach_to(UINT32_MAX, id), PASID_REFUSED, EINVAL);
	FAILS(iommufd_device_attach_pasid(
		      device, PASID_OF_WIDTH(UINT32_MAX, 32), id, NULL),
	      PASID_REFUSED, EINVAL);
	FAILS(iommufd_device_attach_pasid(
		      device, PASID_OF_WIDTH(ABOVE_WIDTH, info.max_pasid_log2),
		      id, NULL),
	      BAD_PASID, EINVAL);
	detach(UINT32_MAX);
	end();
}
END_TEST

/* The mock's driver refuses every second call for this one. */
START_TEST(a_driver_that_refuses)
{
	const uint32_t pasid = IOMMUFD_MOCK_PASID_FAILING;
	uint32_t old = iommufd_hwpt_id(own);

	attach(pasid, own);
	FAILS(attach_to(pasid, iommufd_hwpt_id(table)), NO_MEMORY, ENOMEM);
	OK(iommufd_mock_device_pasid_check(device, pasid, old));
	attach(pasid, table);
	detach(pasid);
	end();
}
END_TEST

/*
 * The kernel refuses a PASID of a mock device that has none; of other devices it
 * accepts it, and nothing comes of that. The library knows by the width.
 */
START_TEST(a_device_without)
{
	struct iommufd_device *with = device;
	struct iommufd_hw_info info = { .size = sizeof(info) };
	uint32_t id = iommufd_hwpt_id(table);

	device = f.device;
	FAILS(attach_to(9, id), PASID_REFUSED, EINVAL);
	OK(iommufd_device_attach(device, iommufd_hwpt_id(own), NULL));
	FAILS(attach_to(9, id), PASID_REFUSED, EINVAL);
	OK(iommufd_device_get_hw_info(device, IOMMUFD_HW_INFO_DEFAULT, NULL, 0,
				      &info));
	ck_assert_uint_eq(info.max_pasid_log2, 0);
	/* A newer capability shows that the kernel knows PASIDs. */
	ck_assert(info.valid & IOMMUFD_HW_VALID_MAX_PASID);
	FAILS(iommufd_device_attach_pasid(
		      device, PASID_OF_WIDTH(9, info.max_pasid_log2), id, NULL),
	      NO_PASID, EINVAL);
	detach(9);
	OK(iommufd_device_attach(device, iommufd_ioas_id(f.ioas), NULL));
	device = with;
	end();
}
END_TEST

/* What a PASID uses is in use, and only as long as that. */
START_TEST(in_use)
{
	attach(9, table);
	FAILS(iommufd_hwpt_destroy(table), IN_USE, EBUSY);
	attach(9, own);
	OK(iommufd_hwpt_destroy(table));
	detach(9);
	table = NULL;
	end();
}
END_TEST

static const TTest **const everywhere[] = {
	&the_library_refuses,
	&kernels_without,
	NULL,
};

static const TTest **const with_pasids[] = {
	&attached_replaced_detached,
	&page_tables_that_a_pasid_cannot_have,
	&the_devices_own_page_table_comes_first,
	&independent_of_each_other,
	&nested_ones,
	&the_width,
	&a_driver_that_refuses,
	&a_device_without,
	&in_use,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "everywhere", .setup = setup, .tests = everywhere },
		{ .name = "pasids",
		  .setup = setup_pasids,
		  .tests = with_pasids },
	};
	const int old_kernel = !strcmp(harness_kernel(), "lts");

	return harness_run("pasid", cases, old_kernel ? 1 : 2);
}
