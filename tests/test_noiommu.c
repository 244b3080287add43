/* SPDX-License-Identifier: MIT */
/*
 * Devices without an IOMMU, in the kernel's unsafe mode. They have device files
 * since Linux 7.3; on the old kernel the tests say what it lacks.
 */
#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>
#include <unistd.h>

#include "devices.h"
#include "fixture.h"
#include "harness.h"

static struct iommufd_ctx *ctx;

static void setup(void)
{
	ctx = harness_ctx();
}

/* The physical address of a page, as the process's own page map has it. */
static uint64_t physical_of(const void *memory)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry = 0;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pread(fd, &entry, sizeof(entry),
			       (off_t)((uintptr_t)memory / PAGE * 8)),
			 sizeof(entry));
	close(fd);
	ck_assert(entry >> 63);
	return (entry & ((UINT64_C(1) << 55) - 1)) * PAGE +
	       (uintptr_t)memory % PAGE;
}

START_TEST(the_node)
{
	const struct iommufd_node_info info = device_node("IOMMUFD_VM_EDU");

	ck_assert(info.flags & IOMMUFD_NODE_NOIOMMU);
	ck_assert_ptr_nonnull(strstr(info.node, "/noiommu-vfio"));
}
END_TEST

static void open_without_rawio(void *arg)
{
	const struct iommufd_node_info *info = arg;
	struct iommufd_vfio *file = NULL;

	drop_capability(CAP_SYS_RAWIO);
	FAILS(iommufd_vfio_open(info->node, &file), OPEN_DENIED, EPERM);
}

START_TEST(needs_a_capability)
{
	struct iommufd_node_info info = device_node("IOMMUFD_VM_EDU");

	in_child(open_without_rawio, &info);
}
END_TEST

static void get_pa_without_rawio(void *arg)
{
	struct iommufd_ioas *ioas = arg;
	uint64_t length = PAGE, physical = 0;

	drop_capability(CAP_SYS_RAWIO);
	FAILS(iommufd_ioas_noiommu_get_pa(ioas, &length, MIB, &physical),
	      NEEDS_SYS_RAWIO, EPERM);
}

START_TEST(physical_addresses)
{
	struct iommufd_device *device = device_new("IOMMUFD_VM_EDU", ctx);
	struct iommufd_ioas *ioas = new_ioas(ctx);
	uint8_t *memory = harness_memory(8 * PAGE);
	uint64_t length, physical = 77;
	uint32_t in_force = 0;

	map_at(ioas, memory, 8 * PAGE, MIB);
	length = PAGE;
	FAILS(iommufd_ioas_noiommu_get_pa(ioas, &length, MIB, &physical),
	      FEATURE, EOPNOTSUPP);
	OK(iommufd_device_attach(device, iommufd_ioas_id(ioas), &in_force));
	ck_assert_uint_ne(in_force, 0);
	for (uint64_t page = 0; page < 8; page++) {
		length = 8 * PAGE;
		OK(iommufd_ioas_noiommu_get_pa(
			ioas, &length, MIB + page * PAGE + 5, &physical));
		ck_assert_uint_eq(physical,
				  physical_of(memory + page * PAGE + 5));
		ck_assert_uint_ge(length, PAGE - 5);
		ck_assert_uint_le(length, (8 - page) * PAGE - 5);
		/* The run that it tells is one. */
		for (uint64_t at = PAGE; at < length; at += PAGE)
			ck_assert_uint_eq(
				physical + at,
				physical_of(memory + page * PAGE + 5 + at));
	}
	length = 10;
	OK(iommufd_ioas_noiommu_get_pa(ioas, &length, MIB, &physical));
	ck_assert_uint_eq(length, 10);
	physical = 77;
	length = PAGE;
	FAILS(iommufd_ioas_noiommu_get_pa(ioas, &length, 4 * MIB, &physical),
	      NOTHING_MAPPED, ENOENT);
	length = 0;
	FAILS(iommufd_ioas_noiommu_get_pa(ioas, &length, MIB, &physical),
	      ZERO_LENGTH, EINVAL);
	length = PAGE;
	FAILS(iommufd_ioas_noiommu_get_pa(ioas, &length, UINT64_MAX, &physical),
	      OVERFLOW, EOVERFLOW);
	FAILS(iommufd_ioas_noiommu_get_pa(ioas, NULL, MIB, &physical),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_ioas_noiommu_get_pa(ioas, &length, MIB, NULL),
	      NULL_POINTER, EINVAL);
	ck_assert_uint_eq(physical, 77);
	in_child(get_pa_without_rawio, ioas);
	iommufd_device_close(device);
	OK(iommufd_ioas_destroy(ioas));
}
END_TEST

/* There is no IOMMU to ask or to program. */
START_TEST(no_iommu)
{
	struct iommufd_device *device = device_new("IOMMUFD_VM_EDU", ctx);
	struct iommufd_hw_info info = { .size = sizeof(info) };
	struct iommufd_hw_vtd_info vtd = { .size = sizeof(vtd) };
	struct iommufd_ioas *ioas = new_ioas(ctx);
	struct iommufd_hwpt *hwpt = NULL;

	FAILS(iommufd_device_get_hw_info(device, 0, NULL, 0, &info), FEATURE,
	      EOPNOTSUPP);
	FAILS(iommufd_device_get_hw_info_vtd(device, &vtd), FEATURE,
	      EOPNOTSUPP);
	FAILS(iommufd_hwpt_alloc(device, iommufd_ioas_id(ioas),
				 HWPT_FLAGS(IOMMUFD_HWPT_NEST_PARENT), &hwpt),
	      FEATURE, EOPNOTSUPP);
	OK(iommufd_hwpt_alloc(device, iommufd_ioas_id(ioas), NULL, &hwpt));
	OK(iommufd_device_attach(device, iommufd_hwpt_id(hwpt), NULL));
	OK(iommufd_device_attach(device, iommufd_ioas_id(ioas), NULL));
	OK(iommufd_device_detach(device));
	OK(iommufd_hwpt_destroy(hwpt));
	iommufd_device_close(device);
	OK(iommufd_ioas_destroy(ioas));
}
END_TEST

START_TEST(it_is_a_physical_one)
{
	struct iommufd_vfio *file = device_bind("IOMMUFD_VM_EDU", ctx);
	struct iommufd_node_info info = device_node("IOMMUFD_VM_EDU");
	uint32_t count = 0;

	ck_assert_uint_eq(iommufd_vfio_kind(file), IOMMUFD_VFIO_PHYSICAL);
	OK(iommufd_find_reserved(&info, NULL, &count));
	ck_assert_uint_eq(count, 0);
	iommufd_vfio_close(file);
}
END_TEST

START_TEST(old_kernel)
{
	struct iommufd_node_info info = { .size = sizeof(info) };
	struct iommufd_ioas *ioas = new_ioas(ctx);
	uint64_t length = PAGE, physical = 0;

	FAILS(iommufd_find_pci(harness_env("IOMMUFD_VM_EDU"), NULL, &info),
	      NO_DEVICE_NODES, ENOENT);
	FAILS(iommufd_ioas_noiommu_get_pa(ioas, &length, MIB, &physical),
	      COMMAND, ENOTTY);
	OK(iommufd_ioas_destroy(ioas));
}
END_TEST

static const TTest **const tests[] = {
	&the_node, &needs_a_capability,	  &physical_addresses,
	&no_iommu, &it_is_a_physical_one, NULL,
};

static const TTest **const old_tests[] = { &old_kernel, NULL };

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "noiommu",
		  .setup = setup,
		  .tests = device_old_kernel() ? old_tests : tests },
	};

	return harness_run("noiommu", cases, 1);
}
