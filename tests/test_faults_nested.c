/* SPDX-License-Identifier: MIT */
/*
 * Commands on what a guest's IOMMU is made of, with every failure that the
 * kernel can have inside them.
 */
#include "harness.h"
#include "sweep.h"

static struct iommufd_hwpt *parent, *hwpt;
static struct iommufd_viommu *viommu, *made;
static struct iommufd_vdevice *vdevice;
static struct iommufd_hw_queue *queue;
static struct iommufd_mock_viommu_data data;
static uint32_t count;

/* The sweep's device, and a nest parent on its address space. */
static void setup(void)
{
	sweep_setup();
	OK(iommufd_hwpt_alloc(base.f.device, iommufd_ioas_id(base.f.ioas),
			      HWPT_FLAGS(IOMMUFD_HWPT_NEST_PARENT), &parent));
}

static void end(void)
{
	OK(iommufd_viommu_destroy(viommu));
	OK(iommufd_hwpt_destroy(parent));
	sweep_end();
}

CALL(viommu_alloc, iommufd_viommu_alloc(base.f.device, parent,
					IOMMUFD_MOCK_VIOMMU, NULL, &made))

/* Kernels without vIOMMUs say so, whatever else may fail. */
static int has_viommus(void)
{
	if (harness_has(base.f.ctx, IOMMUFD_NR_HW_QUEUE_ALLOC)) {
		OK(viommu_alloc());
		viommu = made;
		return 1;
	}
	FAILS(viommu_alloc(), COMMAND, ENOTTY);
	end();
	return 0;
}

static int viommu_alloc_data(void)
{
	const struct iommufd_viommu_alloc_opts opts = {
		.size = sizeof(opts), .data_len = sizeof(data), .data = &data
	};

	return iommufd_viommu_alloc(base.f.device, parent, IOMMUFD_MOCK_VIOMMU,
				    &opts, &made);
}

static void after_viommu(int ret)
{
	if (!ret)
		OK(iommufd_viommu_destroy(made));
	sweep_check_same();
}

static void viommu_begin(void)
{
	OK(viommu_alloc_data());
}

CALL(viommu_destroy, iommufd_viommu_destroy(made))

static void after_viommu_destroy(int ret)
{
	if (ret)
		OK(iommufd_viommu_destroy(made));
	sweep_check_same();
}

static void *address;

CALL(viommu_mmap,
     iommufd_viommu_mmap(made,
			 &(const struct iommufd_extent){ data.out_mmap_offset,
							 data.out_mmap_length },
			 &address))

static void after_mmap(int ret)
{
	const struct iommufd_extent region =
		extent(data.out_mmap_offset, data.out_mmap_length);

	if (!ret)
		OK(iommufd_viommu_munmap(address, &region));
	after_viommu(0);
}

START_TEST(viommus)
{
	if (!has_viommus())
		return;
	ck_assert_uint_gt(
		SWEEP("viommu_alloc", NULL, viommu_alloc, after_viommu), 2);
	ck_assert_uint_gt(SWEEP("viommu_alloc, data", NULL, viommu_alloc_data,
				after_viommu),
			  3);
	SWEEP("viommu_destroy", viommu_begin, viommu_destroy,
	      after_viommu_destroy);
	SWEEP("viommu_mmap", viommu_begin, viommu_mmap, after_mmap);
	end();
}
END_TEST

CALL(vdevice_alloc, iommufd_vdevice_alloc(viommu, base.f.device, 9, &vdevice))
CALL(vdevice_destroy, iommufd_vdevice_destroy(vdevice))

static void after_vdevice(int ret)
{
	if (!ret)
		OK(iommufd_vdevice_destroy(vdevice));
	sweep_check_same();
	/* The device can still have one. */
	OK(vdevice_alloc());
	OK(iommufd_vdevice_destroy(vdevice));
}

static void vdevice_begin(void)
{
	OK(vdevice_alloc());
}

static void after_vdevice_destroy(int ret)
{
	if (ret)
		OK(iommufd_vdevice_destroy(vdevice));
	sweep_check_same();
}

START_TEST(vdevices)
{
	if (!has_viommus())
		return;
	ck_assert_uint_gt(
		SWEEP("vdevice_alloc", NULL, vdevice_alloc, after_vdevice), 2);
	SWEEP("vdevice_destroy", vdevice_begin, vdevice_destroy,
	      after_vdevice_destroy);
	end();
}
END_TEST

static int queue_alloc(void)
{
	const struct iommufd_hw_queue_alloc_opts opts = {
		.size = sizeof(opts),
		.type = IOMMUFD_MOCK_HW_QUEUE,
		.length = PAGE,
		.iova = MOCK_FIRST
	};

	return iommufd_hw_queue_alloc(viommu, &opts, &queue);
}

/* Whatever has failed, the memory is not held. */
static void after_queue(int ret)
{
	if (!ret)
		OK(iommufd_hw_queue_destroy(queue));
	unmap_at(base.f.ioas, PAGE, MOCK_FIRST);
	check_range(base.f.ioas, MOCK_FIRST, MOCK_LAST, MOCK_PAGE);
	sweep_check_same();
}

static void memory_begin(void)
{
	map_at(base.f.ioas, base.memory, PAGE, MOCK_FIRST);
}

START_TEST(queues)
{
	if (!has_viommus())
		return;
	ck_assert_uint_gt(
		SWEEP("hw_queue_alloc", memory_begin, queue_alloc, after_queue),
		4);
	end();
}
END_TEST

static const struct iommufd_mock_hwpt_data nested = { .iotlb = 5 };

static int nested_alloc_on(uint32_t id)
{
	const struct iommufd_hwpt_alloc_opts opts = {
		.size = sizeof(opts),
		.data_type = IOMMUFD_MOCK_HWPT_DATA,
		.data_len = sizeof(nested.iotlb),
		.data = &nested,
	};

	return iommufd_hwpt_alloc(base.f.device, id, &opts, &hwpt);
}

CALL(nested_alloc, nested_alloc_on(iommufd_viommu_id(viommu)))

static void after_nested(int ret)
{
	if (!ret)
		OK(iommufd_hwpt_destroy(hwpt));
	sweep_check_same();
}

START_TEST(page_tables)
{
	if (!has_viommus())
		return;
	ck_assert_uint_gt(SWEEP("hwpt_alloc, on a vIOMMU", NULL, nested_alloc,
				after_nested),
			  2);
	end();
}
END_TEST

static int invalidate_hwpt(void)
{
	static const struct iommufd_mock_hwpt_invalidate entries[2] = {
		{ 0, 3 }, { 0, 1 }
	};

	count = 2;
	return iommufd_hwpt_invalidate(hwpt, IOMMUFD_MOCK_INVALIDATE, entries,
				       sizeof(entries[0]), &count);
}

/* The count is what has been done, also when it fails half way. */
static void after_invalidate_hwpt(int ret)
{
	const uint32_t id = iommufd_hwpt_id(hwpt);

	ck_assert_int_eq(ret == 0, count == 2);
	OK(iommufd_mock_check_iotlb(base.f.ctx, id, 3, count > 0 ? 0 : 5));
	OK(iommufd_mock_check_iotlb(base.f.ctx, id, 1, count > 1 ? 0 : 5));
	OK(iommufd_mock_check_iotlb(base.f.ctx, id, 0, 5));
	after_nested(0);
}

static void hwpt_begin(void)
{
	OK(nested_alloc_on(iommufd_hwpt_id(parent)));
}

static int invalidate_viommu(void)
{
	static const struct iommufd_mock_viommu_invalidate entries[2] = {
		{ 0, 9, 3 }, { 0, 9, 1 }
	};

	count = 2;
	return iommufd_viommu_invalidate(viommu, IOMMUFD_MOCK_INVALIDATE,
					 entries, sizeof(entries[0]), &count);
}

/* A device of its own, as nothing can be put back into its cache. */
static struct iommufd_device *device;

static void device_begin(void)
{
	OK(iommufd_mock_device_new(base.f.ctx, iommufd_ioas_id(base.f.ioas), 0,
				   NULL, &device));
	OK(iommufd_vdevice_alloc(viommu, device, 9, &vdevice));
}

static void after_invalidate_viommu(int ret)
{
	const uint32_t kept = IOMMUFD_MOCK_CACHE_DEFAULT;

	ck_assert_int_eq(ret == 0, count == 2);
	OK(iommufd_mock_device_check_cache(device, 3, count > 0 ? 0 : kept));
	OK(iommufd_mock_device_check_cache(device, 1, count > 1 ? 0 : kept));
	OK(iommufd_mock_device_check_cache(device, 0, kept));
	OK(iommufd_vdevice_destroy(vdevice));
	iommufd_device_close(device);
	sweep_check_same();
}

START_TEST(invalidations)
{
	SWEEP("hwpt_invalidate", hwpt_begin, invalidate_hwpt,
	      after_invalidate_hwpt);
	if (!has_viommus())
		return;
	SWEEP("viommu_invalidate", device_begin, invalidate_viommu,
	      after_invalidate_viommu);
	end();
}
END_TEST

static const TTest **const faults[] = { &viommus,     &vdevices,      &queues,
					&page_tables, &invalidations, NULL };

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "nested",
		  .setup = setup,
		  .tests = faults,
		  .timeout = 300 },
	};

	return harness_run("faults_nested", cases, 1);
}
