/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <iommufd/util/util.h>

#include "devices.h"
#include "harness.h"

static struct iommufd_node_info info;

static void use_machine(void)
{
	memset(&info, 0, sizeof(info));
	info.size = sizeof(info);
}

/* @name is that of a variable with a PCI address. */
static void check_real(const char *name)
{
	struct iommufd_node_info again = { .size = sizeof(again) };
	struct iommufd_vfio *file = NULL;
	struct stat st;

	OK(iommufd_find_pci(harness_env(name), NULL, &info));
	ck_assert_str_eq(info.driver, "vfio-pci");
	ck_assert_str_eq(strrchr(info.sysfs, '/') + 1, harness_env(name));
	ck_assert_int_eq(stat(info.node, &st), 0);
	ck_assert(st.st_rdev == makedev(info.major, info.minor));
	OK(iommufd_find_open(&info, &file));
	OK(iommufd_find_fd(iommufd_vfio_fd(file), NULL, &again));
	ck_assert_mem_eq(&info, &again, sizeof(info));
	iommufd_vfio_close(file);
}

START_TEST(real_pci)
{
	uint32_t group;

	check_real("IOMMUFD_VM_NVME");
	ck_assert_uint_eq(info.valid,
			  IOMMUFD_NODE_VALID_GROUP | IOMMUFD_NODE_VALID_DRIVER);
	check_real("IOMMUFD_VM_EDU_A");
	group = info.group;
	check_real("IOMMUFD_VM_EDU_B");
	ck_assert_uint_eq(info.group, group);
	check_real("IOMMUFD_VM_EDU");
	ck_assert_uint_ne(info.group, group);
}
END_TEST

/* The windows before the attach are the holes in the IOVAs after it. */
START_TEST(real_windows)
{
	const struct iommufd_iova_range window = device_msi_window();
	struct iommufd_reserved_info windows[8];
	struct iommufd_iova_range ranges[16] = { 0 };
	struct iommufd_device *device = NULL;
	struct iommufd_ctx *ctx = harness_ctx();
	struct iommufd_ioas *ioas = NULL;
	struct iommufd_vfio *file = NULL;
	uint32_t count = 8, holes = 16;
	int hidden = 0;

	OK(iommufd_find_pci(harness_env("IOMMUFD_VM_EDU"), NULL, &info));
	OK(iommufd_find_reserved(&info, windows, &count));
	ck_assert_uint_ge(count, 1);
	OK(iommufd_find_open(&info, &file));
	OK(iommufd_vfio_bind(file, ctx, NULL));
	OK(iommufd_device_from_vfio(file, &device));
	OK(iommufd_ioas_alloc(ctx, 0, &ioas));
	OK(iommufd_device_attach(device, iommufd_ioas_id(ioas), NULL));
	OK(iommufd_ioas_iova_ranges(ioas, ranges, &holes, NULL));
	for (uint32_t w = 0; w < count; w++) {
		if (windows[w].type == IOMMUFD_RESERVED_MSI) {
			ck_assert_uint_eq(windows[w].start, window.start);
			ck_assert_uint_eq(windows[w].last, window.last);
			hidden = 1;
		}
		for (uint32_t i = 0; i < holes; i++)
			ck_assert(windows[w].type ==
					  IOMMUFD_RESERVED_DIRECT_RELAXABLE ||
				  windows[w].last < ranges[i].start ||
				  windows[w].start > ranges[i].last);
	}
	ck_assert(hidden);
	iommufd_device_close(device);
	iommufd_vfio_close(file);
	OK(iommufd_ioas_destroy(ioas));
	iommufd_ctx_close(ctx);
}
END_TEST

START_TEST(real_pci_without_vfio)
{
	FAILS(iommufd_find_pci("0000:00:00.0", NULL, &info), NO_VFIO_DRIVER,
	      ENOENT);
	FAILS(iommufd_find_pci("0000:77:00.0", NULL, &info), NO_SUCH_DEVICE,
	      ENOENT);
}
END_TEST

START_TEST(real_pci_in_one_step)
{
	struct iommufd_ctx *ctx = harness_ctx();
	struct iommufd_device *device = NULL, *second = NULL;

	OK(iommufd_open_pci(ctx, harness_env("IOMMUFD_VM_EDU"), NULL, &device));
	ck_assert_uint_ne(iommufd_device_id(device), 0);
	FAILS(iommufd_open_pci(ctx, harness_env("IOMMUFD_VM_EDU"), NULL,
			       &second),
	      BIND_REFUSED, EINVAL);
	FAILS(iommufd_open_pci(ctx, "00:00.0", NULL, &second), NO_VFIO_DRIVER,
	      ENOENT);
	FAILS(iommufd_open_pci(NULL, "00:00.0", NULL, &second), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_open_pci(ctx, "00:00.0", NULL, NULL), NULL_POINTER,
	      EINVAL);
	ck_assert_ptr_null(second);
	/* Its file ends with it, so it can be bound again. */
	iommufd_device_close(device);
	OK(iommufd_open_pci(ctx, harness_env("IOMMUFD_VM_EDU"), NULL, &device));
	iommufd_device_close(device);
	iommufd_ctx_close(ctx);
}
END_TEST

START_TEST(real_mdev)
{
	struct iommufd_node_info again = { .size = sizeof(again) };
	struct iommufd_vfio *file = NULL;
	uint32_t count = 0;

	OK(iommufd_find_mdev(harness_env("IOMMUFD_VM_MDEV"), NULL, &info));
	ck_assert_str_eq(strrchr(info.sysfs, '/') + 1,
			 harness_env("IOMMUFD_VM_MDEV"));
	OK(iommufd_find_open(&info, &file));
	OK(iommufd_find_fd(iommufd_vfio_fd(file), NULL, &again));
	ck_assert_mem_eq(&info, &again, sizeof(info));
	OK(iommufd_find_reserved(&info, NULL, &count));
	ck_assert_uint_eq(count, 0);
	iommufd_vfio_close(file);
}
END_TEST

START_TEST(real_noiommu)
{
	uint32_t count = 0;

	check_real("IOMMUFD_VM_EDU");
	ck_assert_uint_eq(info.flags, IOMMUFD_NODE_NOIOMMU);
	OK(iommufd_find_reserved(&info, NULL, &count));
	ck_assert_uint_eq(count, 0);
}
END_TEST

/* Before 7.3 such devices have groups only. */
START_TEST(real_noiommu_without_files)
{
	int ret = iommufd_find_pci(harness_env("IOMMUFD_VM_EDU"), NULL, &info);

	FAILS(ret, NO_DEVICE_NODES, ENOENT);
}
END_TEST

static const TTest **const pci_tests[] = { &real_pci, &real_windows,
					   &real_pci_without_vfio,
					   &real_pci_in_one_step, NULL };
static const TTest **const mdev_tests[] = { &real_mdev, NULL };
static const TTest **const noiommu_tests[] = { &real_noiommu, NULL };
static const TTest **const old_noiommu_tests[] = { &real_noiommu_without_files,
						   NULL };

int main(void)
{
	const char *scenario = getenv("IOMMUFD_VM_SCENARIO");
	struct harness_case cases[] = {
		{ .name = "real", .setup = use_machine, .tests = pci_tests },
	};

	if (scenario && !strcmp(scenario, "mdev"))
		cases[0].tests = mdev_tests;
	else if (scenario && !strcmp(scenario, "noiommu"))
		cases[0].tests =
			device_old_kernel() ? old_noiommu_tests : noiommu_tests;
	return harness_run("discovery_devices", cases, 1);
}
