/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "harness.h"
#include "nesting.h"

struct nesting nest;

static const struct iommufd_mock_hwpt_data nested_data = { .iotlb =
								   NEST_IOTLB };
const struct iommufd_hwpt_alloc_opts nested_opts = {
	.size = sizeof(nested_opts),
	.data_type = IOMMUFD_MOCK_HWPT_DATA,
	.data_len = sizeof(nested_data.iotlb), /* all that 6.12 has */
	.data = &nested_data,
};

void nesting_setup(void)
{
	memset(&nest, 0, sizeof(nest));
	fixture_device(&nest.f);
	OK(iommufd_hwpt_alloc(nest.f.device, iommufd_ioas_id(nest.f.ioas),
			      HWPT_FLAGS(IOMMUFD_HWPT_NEST_PARENT),
			      &nest.parent));
}

void nesting_end(void)
{
	OK(iommufd_viommu_destroy(nest.viommu));
	OK(iommufd_hwpt_destroy(nest.parent));
	fixture_end(&nest.f);
	memset(&nest, 0, sizeof(nest));
}

static int viommu_alloc(void)
{
	return iommufd_viommu_alloc(nest.f.device, nest.parent,
				    IOMMUFD_MOCK_VIOMMU, NULL, &nest.viommu);
}

int nesting_viommu(void)
{
	if (harness_has(nest.f.ctx, IOMMUFD_NR_VIOMMU_ALLOC)) {
		OK(viommu_alloc());
		return 1;
	}
	FAILS(viommu_alloc(), COMMAND, ENOTTY);
	ck_assert_ptr_null(nest.viommu);
	nesting_end();
	return 0;
}

struct iommufd_hwpt *nested_new(uint32_t on)
{
	struct iommufd_hwpt *hwpt = NULL;

	OK(iommufd_hwpt_alloc(nest.f.device, on, &nested_opts, &hwpt));
	return hwpt;
}

struct iommufd_vdevice *vdevice_new(struct iommufd_device *device,
				    uint64_t virt_id)
{
	struct iommufd_vdevice *vdevice = NULL;

	OK(iommufd_vdevice_alloc(nest.viommu, device, virt_id, &vdevice));
	return vdevice;
}

void check_nested_flags(uint32_t on)
{
	const int pasids = harness_has(nest.f.ctx, IOMMUFD_NR_VEVENTQ_ALLOC);
	struct iommufd_hwpt_alloc_opts opts = nested_opts;
	struct iommufd_hwpt *hwpt = NULL;
	int ret;

	for (uint32_t bit = 0; bit < 32; bit++) {
		opts.flags = UINT32_C(1) << bit;
		if (opts.flags == IOMMUFD_HWPT_FAULT_ID_VALID)
			continue;
		ret = iommufd_hwpt_alloc(nest.f.device, on, &opts, &hwpt);
		if (opts.flags == IOMMUFD_HWPT_PASID && pasids) {
			OK(ret);
			OK(iommufd_hwpt_destroy(hwpt));
			hwpt = NULL;
		} else {
			FAILS(ret, FEATURE, EOPNOTSUPP);
			ck_assert_ptr_null(hwpt);
		}
	}
}

void check_iotlb(const struct iommufd_hwpt *hwpt, const uint32_t *values)
{
	for (uint32_t i = 0; i < IOMMUFD_MOCK_IOTLB_ENTRIES; i++)
		OK(iommufd_mock_check_iotlb(nest.f.ctx, iommufd_hwpt_id(hwpt),
					    i, values[i]));
}

void check_cache(struct iommufd_device *device, const uint32_t *values)
{
	for (uint32_t i = 0; i < IOMMUFD_MOCK_CACHE_ENTRIES; i++)
		OK(iommufd_mock_device_check_cache(device, i, values[i]));
}

void device_home(void)
{
	OK(iommufd_device_attach(nest.f.device, iommufd_ioas_id(nest.f.ioas),
				 &nest.f.hwpt_id));
}

static void answer_one(struct iommufd_fault_queue *queue)
{
	const struct iommufd_mock_fault fault = { .group = 7, .address = PAGE };
	struct iommufd_hwpt_page_response response = { 0 };
	struct iommufd_hwpt_pgfault seen = { 0 };
	uint32_t count = 1;

	OK(iommufd_mock_device_trigger_fault(nest.f.device, &fault));
	OK(iommufd_fault_queue_read(queue, &seen, &count));
	ck_assert_uint_eq(count, 1);
	ck_assert_uint_eq(seen.dev_id, iommufd_device_id(nest.f.device));
	ck_assert_uint_eq(seen.grpid, 7);
	ck_assert_uint_eq(seen.addr, PAGE);
	response.cookie = seen.cookie;
	OK(iommufd_fault_queue_respond(queue, &response, &count));
	ck_assert_uint_eq(count, 1);
}

void check_fault_through(uint32_t on)
{
	struct iommufd_hwpt_alloc_opts opts = nested_opts;
	struct iommufd_fault_queue *queue = NULL;
	struct iommufd_hwpt *hwpt = NULL;

	OK(iommufd_fault_queue_alloc(nest.f.ctx, 0, &queue));
	opts.flags = IOMMUFD_HWPT_FAULT_ID_VALID;
	opts.fault_id = UNUSED_ID;
	FAILS(iommufd_hwpt_alloc(nest.f.device, on, &opts, &hwpt),
	      DEVICE_OR_QUEUE, ENOENT);
	ck_assert_ptr_null(hwpt);
	opts.fault_id = iommufd_fault_queue_id(queue);
	OK(iommufd_hwpt_alloc(nest.f.device, on, &opts, &hwpt));
	OK(iommufd_device_attach(nest.f.device, iommufd_hwpt_id(hwpt), NULL));
	answer_one(queue);
	device_home();
	/* The page table keeps its queue, even one that nobody reads. */
	iommufd_fault_queue_close_fd(queue);
	FAILS(iommufd_fault_queue_destroy(queue), IN_USE, EBUSY);
	OK(iommufd_hwpt_destroy(hwpt));
	OK(iommufd_fault_queue_destroy(queue));
}
