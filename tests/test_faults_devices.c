/* SPDX-License-Identifier: MIT */
/*
 * Commands on page tables, devices and accesses with every failure that the
 * kernel can have inside them.
 */
#include "harness.h"
#include "sweep.h"

static struct iommufd_hwpt *hwpt, *parent;
static struct iommufd_access *access_;
static uint64_t data;
static uint32_t value;

static void after_same(int ret)
{
	(void)ret;
	sweep_check_same();
}

CALL(hwpt_alloc, iommufd_hwpt_alloc(base.f.device, iommufd_ioas_id(base.other),
				    NULL, &hwpt))
CALL(hwpt_destroy, iommufd_hwpt_destroy(hwpt))
CALL(hwpt_adopt, iommufd_hwpt_adopt(base.f.ctx, base.f.hwpt_id,
				    IOMMUFD_ADOPT_VERIFY, &hwpt))

static void hwpt_begin(void)
{
	OK(hwpt_alloc());
}

static void after_hwpt_alloc(int ret)
{
	if (!ret) {
		OK(iommufd_mock_check_map(base.f.ctx, iommufd_hwpt_id(hwpt),
					  base.memory, PAGE, MOCK_FIRST));
		OK(iommufd_hwpt_destroy(hwpt));
	}
	sweep_check_same();
	check_range(base.other, 0, UINT64_MAX, 1);
}

static void after_hwpt_destroy(int ret)
{
	if (ret)
		OK(iommufd_hwpt_destroy(hwpt));
	sweep_check_same();
}

static void after_hwpt_adopt(int ret)
{
	if (!ret)
		iommufd_hwpt_release(hwpt);
	sweep_check_same();
}

static int nested_alloc(void)
{
	static const struct iommufd_mock_hwpt_data nested = { .iotlb = 1 };
	static const struct iommufd_hwpt_alloc_opts opts = {
		.size = sizeof(opts),
		.data_type = IOMMUFD_MOCK_HWPT_DATA,
		.data_len = sizeof(nested.iotlb),
		.data = &nested,
	};

	return iommufd_hwpt_alloc(base.f.device, iommufd_hwpt_id(parent), &opts,
				  &hwpt);
}

static void after_nested_alloc(int ret)
{
	if (!ret)
		OK(iommufd_hwpt_destroy(hwpt));
	sweep_check_same();
}

START_TEST(page_tables)
{
	ck_assert_uint_gt(
		SWEEP("hwpt_alloc", NULL, hwpt_alloc, after_hwpt_alloc), 5);
	SWEEP("hwpt_destroy", hwpt_begin, hwpt_destroy, after_hwpt_destroy);
	SWEEP("hwpt_adopt", NULL, hwpt_adopt, after_hwpt_adopt);
	OK(iommufd_hwpt_alloc(base.f.device, iommufd_ioas_id(base.f.ioas),
			      HWPT_FLAGS(IOMMUFD_HWPT_NEST_PARENT), &parent));
	SWEEP("hwpt_alloc, nested", NULL, nested_alloc, after_nested_alloc);
	OK(iommufd_hwpt_destroy(parent));
	sweep_end();
}
END_TEST

/* The device goes to `base.other`, which gets a new page table of the kernel's. */
CALL(attach,
     iommufd_device_attach(base.f.device, iommufd_ioas_id(base.other), &value))

static void after_attach(int ret)
{
	if (!ret) {
		OK(iommufd_mock_check_map(base.f.ctx, value, base.memory, PAGE,
					  MOCK_FIRST));
		OK(iommufd_device_attach(base.f.device,
					 iommufd_ioas_id(base.f.ioas),
					 &base.f.hwpt_id));
	}
	sweep_check_same();
	map_at(base.f.ioas, base.memory, PAGE, MOCK_FIRST);
	OK(iommufd_mock_check_map(base.f.ctx, base.f.hwpt_id, base.memory, PAGE,
				  MOCK_FIRST));
	unmap_at(base.f.ioas, PAGE, MOCK_FIRST);
}

CALL(hw_info,
     iommufd_device_get_hw_info(
	     base.f.device, IOMMUFD_HW_INFO_DEFAULT, &data, sizeof(data),
	     &(struct iommufd_hw_info){
		     .size = sizeof(struct iommufd_hw_info) }))

/*
 * Making a mock device is left out: the mock driver itself leaks when something
 * fails inside it.
 */
START_TEST(devices)
{
	SWEEP("device_attach", NULL, attach, after_attach);
	SWEEP("device_get_hw_info", NULL, hw_info, after_same);
	sweep_end();
}
END_TEST

CALL(access_new,
     iommufd_mock_access_new(base.f.ctx, iommufd_ioas_id(base.other),
			     IOMMUFD_MOCK_ACCESS_NEEDS_PIN, &access_))
CALL(access_attach, iommufd_access_attach(access_, base.other))
CALL(access_pin,
     iommufd_mock_access_pin(access_, base.memory, PAGE, 0, MOCK_FIRST, &value))

static void after_access_new(int ret)
{
	if (!ret)
		iommufd_access_close(access_);
	sweep_check_same();
}

static void access_begin(void)
{
	OK(iommufd_mock_access_new(base.f.ctx, iommufd_ioas_id(base.f.ioas),
				   IOMMUFD_MOCK_ACCESS_NEEDS_PIN, &access_));
}

static void after_access_attach(int ret)
{
	if (ret)
		OK(iommufd_access_attach(access_, base.other));
	OK(access_pin());
	iommufd_access_close(access_);
	sweep_check_same();
}

static void access_begin_other(void)
{
	OK(access_new());
}

static void after_access_pin(int ret)
{
	if (!ret)
		OK(iommufd_mock_access_unpin(access_, value));
	iommufd_access_close(access_);
	sweep_check_same();
}

START_TEST(accesses)
{
	SWEEP("mock_access_new", NULL, access_new, after_access_new);
	SWEEP("access_attach", access_begin, access_attach,
	      after_access_attach);
	SWEEP("mock_access_pin", access_begin_other, access_pin,
	      after_access_pin);
	sweep_end();
}
END_TEST

static const TTest **const faults[] = { &page_tables, &devices, &accesses,
					NULL };

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "devices",
		  .setup = sweep_setup,
		  .tests = faults,
		  .timeout = 300 },
	};

	return harness_run("faults_devices", cases, 1);
}
