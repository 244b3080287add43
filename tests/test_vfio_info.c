/* SPDX-License-Identifier: MIT */
/* What VFIO devices and their regions are; resets and features. */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "devices.h"
#include "fixture.h"
#include "harness.h"

#define PCI_BARS   6
#define PCI_ROM	   6
#define PCI_CONFIG 7
#define REGIONS	   9
#define CAP_MSIX   0x11

static struct iommufd_ctx *ctx;

static void setup(void)
{
	ctx = harness_ctx();
}

START_TEST(device_info)
{
	struct iommufd_vfio *file = device_bind("IOMMUFD_VM_NVME", ctx);
	struct iommufd_vfio_info info = { .size = sizeof(info) };
	struct iommufd_vfio_info small = { .size = 20 };

	OK(iommufd_vfio_get_info(file, &info));
	ck_assert_uint_eq(info.size, sizeof(info));
	ck_assert(info.flags & IOMMUFD_VFIO_INFO_PCI);
	ck_assert(info.flags & IOMMUFD_VFIO_INFO_RESET);
	ck_assert_uint_ge(info.num_regions, REGIONS);
	ck_assert_uint_ge(info.num_irqs, 5);
	if (!(info.valid & IOMMUFD_VFIO_VALID_ATOMIC_COMPLETER))
		ck_assert_uint_eq(info.atomic_completer, 0);
	FAILS(iommufd_vfio_get_info(file, &small), OPTS_SIZE, EINVAL);
	ck_assert_uint_eq(small.flags, 0);
	iommufd_vfio_close(file);
}
END_TEST

/* A program of a later release has a longer struct: its tail is zeroed. */
START_TEST(longer_struct)
{
	struct iommufd_vfio *file = device_bind("IOMMUFD_VM_EDU", ctx);
	struct {
		struct iommufd_vfio_info known;
		uint64_t more;
	} info = { .known.size = sizeof(info), .more = 5 };

	OK(iommufd_vfio_get_info(file, &info.known));
	ck_assert_uint_eq(info.more, 0);
	ck_assert_uint_eq(info.known.size, sizeof(info));
	ck_assert(info.known.flags & IOMMUFD_VFIO_INFO_PCI);
	iommufd_vfio_close(file);
}
END_TEST

START_TEST(raw_device_info)
{
	struct iommufd_vfio *file = device_bind("IOMMUFD_VM_NVME", ctx);
	struct iommufd_vfio_info info = { .size = sizeof(info) };
	uint32_t raw[64], length;

	OK(iommufd_vfio_get_info(file, &info));
	memset(raw, 0xa5, sizeof(raw));
	length = 15;
	FAILS(iommufd_vfio_get_info_raw(file, raw, &length), ARRAY_SHORT,
	      ENOSPC);
	ck_assert_uint_eq(length, 16);
	ck_assert_uint_eq(raw[0], 0xa5a5a5a5);
	length = sizeof(raw);
	OK(iommufd_vfio_get_info_raw(file, raw, &length));
	ck_assert_uint_eq(length, sizeof(raw));
	ck_assert_uint_eq(raw[1], info.flags);
	ck_assert_uint_eq(raw[2], info.num_regions);
	/* Room for the struct alone: it is there all the same. */
	length = 16;
	memset(raw, 0, sizeof(raw));
	if (info.flags & IOMMUFD_VFIO_INFO_CAPS) {
		FAILS(iommufd_vfio_get_info_raw(file, raw, &length),
		      ARRAY_SHORT, ENOSPC);
		ck_assert_uint_gt(length, 16);
		OK(iommufd_vfio_get_info_raw(file, raw, &length));
	} else {
		OK(iommufd_vfio_get_info_raw(file, raw, &length));
	}
	ck_assert_uint_eq(raw[2], info.num_regions);
	FAILS(iommufd_vfio_get_info_raw(file, raw, NULL), NULL_POINTER, EINVAL);
	iommufd_vfio_close(file);
}
END_TEST

static struct iommufd_region_info region_of(struct iommufd_vfio *file,
					    uint32_t index)
{
	struct iommufd_region_info region = { .size = sizeof(region) };

	OK(iommufd_vfio_get_region_info(file, index, &region, NULL, NULL));
	return region;
}

START_TEST(regions)
{
	struct iommufd_vfio *file = device_bind("IOMMUFD_VM_EDU", ctx);
	struct iommufd_vfio_info info = { .size = sizeof(info) };
	struct iommufd_region_info region = region_of(file, 0);
	uint16_t ids[2];

	ck_assert_uint_eq(region.length, MIB);
	ck_assert_uint_eq(region.flags & 7, IOMMUFD_REGION_READ |
						    IOMMUFD_REGION_WRITE |
						    IOMMUFD_REGION_MMAP);
	ck_assert_uint_ge(region.raw_length, 32);
	region = region_of(file, 1);
	ck_assert_uint_eq(region.length, 0);
	region = region_of(file, PCI_CONFIG);
	ck_assert_uint_ge(region.length, 256);
	ck_assert_uint_eq(region.flags & IOMMUFD_REGION_MMAP, 0);
	device_config_read(file, 0, ids, sizeof(ids));
	ck_assert_uint_eq(ids[0], 0x1234);
	ck_assert_uint_eq(ids[1], 0x11e8);
	OK(iommufd_vfio_get_info(file, &info));
	region.flags = 77;
	FAILS(iommufd_vfio_get_region_info(file, info.num_regions, &region,
					   NULL, NULL),
	      BAD_INDEX, EINVAL);
	FAILS(iommufd_vfio_get_region_info(file, UINT32_MAX, &region, NULL,
					   NULL),
	      BAD_INDEX, EINVAL);
	ck_assert_uint_eq(region.flags, 77);
	region.size = 8;
	FAILS(iommufd_vfio_get_region_info(file, 0, &region, NULL, NULL),
	      OPTS_SIZE, EINVAL);
	iommufd_vfio_close(file);
}
END_TEST

/* The BAR and offset of the MSI-X table, from the device's capabilities. */
static uint32_t msix_bar(struct iommufd_vfio *file)
{
	uint8_t where = 0, cap[2];
	uint32_t table;

	device_config_read(file, 0x34, &where, 1);
	while (where) {
		device_config_read(file, where, cap, 2);
		if (cap[0] == CAP_MSIX) {
			device_config_read(file, where + 4u, &table, 4);
			return table & 7;
		}
		where = cap[1];
	}
	ck_abort_msg("the device has no MSI-X");
	return 0;
}

/* Today's kernels let the MSI-X table be mapped and say so. */
START_TEST(region_with_msix_table)
{
	struct iommufd_vfio *file = device_bind("IOMMUFD_VM_NVME", ctx);
	struct iommufd_region_info region = { .size = sizeof(region) };
	struct iommufd_extent areas[8];
	uint32_t count = 8, bar = msix_bar(file);
	uint64_t end = 0;

	memset(areas, 0xff, sizeof(areas));
	OK(iommufd_vfio_get_region_info(file, bar, &region, areas, &count));
	ck_assert(region.flags & IOMMUFD_REGION_MMAP);
	ck_assert(region.flags & IOMMUFD_REGION_CAPS);
	ck_assert_uint_gt(region.raw_length, 32);
	ck_assert(region.valid & (IOMMUFD_REGION_VALID_MSIX_MAPPABLE |
				  IOMMUFD_REGION_VALID_AREAS));
	if (!(region.valid & IOMMUFD_REGION_VALID_AREAS)) {
		ck_assert_uint_eq(count, 0);
		ck_assert_uint_eq(region.num_areas, 0);
	}
	for (uint32_t i = 0; i < count; i++) {
		ck_assert_uint_ge(areas[i].start, end);
		end = areas[i].start + areas[i].length;
		ck_assert_uint_le(end, region.length);
	}
	iommufd_vfio_close(file);
}
END_TEST

START_TEST(raw_region_info)
{
	struct iommufd_vfio *file = device_bind("IOMMUFD_VM_NVME", ctx);
	uint32_t bar = msix_bar(file), length, raw[256] = { 0 };
	struct iommufd_region_info region = region_of(file, bar);
	int ret;

	ck_assert_uint_le(region.raw_length, sizeof(raw));
	length = region.raw_length;
	OK(iommufd_vfio_get_region_info_raw(file, bar, raw, &length));
	ck_assert_uint_eq(length, region.raw_length);
	ck_assert_uint_eq(raw[1], region.flags);
	ck_assert_uint_eq(raw[2], bar);
	ck_assert_uint_eq(raw[3], 32);
	length = 32;
	memset(raw, 0, sizeof(raw));
	ret = iommufd_vfio_get_region_info_raw(file, bar, raw, &length);
	FAILS(ret, ARRAY_SHORT, ENOSPC);
	ck_assert_uint_gt(length, 32);
	ck_assert_uint_eq(harness_failure(ret).arg, length);
	ck_assert_uint_eq(harness_failure(ret).other_id, bar);
	ck_assert_uint_eq(raw[1], region.flags);
	ck_assert_uint_eq(raw[3], 0);
	/* That room is enough. */
	OK(iommufd_vfio_get_region_info_raw(file, bar, raw, &length));
	ck_assert_uint_eq(raw[3], 32);
	length = 31;
	raw[0] = 5;
	FAILS(iommufd_vfio_get_region_info_raw(file, bar, raw, &length),
	      ARRAY_SHORT, ENOSPC);
	ck_assert_uint_eq(length, 32);
	ck_assert_uint_eq(raw[0], 5);
	/* A failure puts back what was there. */
	memset(raw, 0x5a, sizeof(raw));
	length = 64;
	FAILS(iommufd_vfio_get_region_info_raw(file, 4711, raw, &length),
	      BAD_INDEX, EINVAL);
	for (int i = 0; i < 16; i++)
		ck_assert_uint_eq(raw[i], 0x5a5a5a5a);
	ck_assert_uint_eq(length, 64);
	iommufd_vfio_close(file);
}
END_TEST

START_TEST(reset)
{
	struct iommufd_vfio *file = device_bind("IOMMUFD_VM_NVME", ctx);
	struct iommufd_vfio *edu = device_bind("IOMMUFD_VM_EDU", ctx);
	struct iommufd_vfio_info info = { .size = sizeof(info) };

	OK(iommufd_vfio_reset(file));
	OK(iommufd_vfio_get_info(edu, &info));
	if (info.flags & IOMMUFD_VFIO_INFO_RESET)
		OK(iommufd_vfio_reset(edu));
	else
		FAILS(iommufd_vfio_reset(edu), NO_RESET, EINVAL);
	iommufd_vfio_close(edu);
	iommufd_vfio_close(file);
}
END_TEST

/* Behind the root complex itself there is neither slot nor bus to reset. */
START_TEST(hot_reset_of_a_root_device)
{
	struct iommufd_vfio *file = device_bind("IOMMUFD_VM_EDU", ctx);
	struct iommufd_hot_reset_info devices[16];
	uint32_t count = 16, flags = 77;

	FAILS(iommufd_vfio_get_hot_reset_info(file, devices, &count, &flags),
	      NO_RESET, ENODEV);
	FAILS(iommufd_vfio_hot_reset(file), NO_RESET, ENODEV);
	ck_assert_uint_eq(flags, 77);
	ck_assert_uint_eq(count, 16);
	iommufd_vfio_close(file);
}
END_TEST

START_TEST(feature_probes)
{
	struct iommufd_vfio *file = device_bind("IOMMUFD_VM_NVME", ctx);
	uint64_t buffer[8] = { 0 };
	int32_t result = -7;
	int ret;

	/* Low power: every vfio-pci device has it. */
	ret = iommufd_vfio_feature(file,
				   IOMMUFD_FEATURE_LOW_POWER_ENTRY |
					   IOMMUFD_FEATURE_SET |
					   IOMMUFD_FEATURE_PROBE,
				   NULL, 0, &result);
	if (ret)
		FAILS(ret, DEVICE_FEATURE, ENOTTY);
	else
		ck_assert_int_eq(result, 0);
	result = -7;
	FAILS(iommufd_vfio_feature(
		      file, IOMMUFD_FEATURE_MIGRATION | IOMMUFD_FEATURE_GET,
		      buffer, sizeof(buffer), &result),
	      DEVICE_FEATURE, ENOTTY);
	FAILS(iommufd_vfio_feature(file,
				   0xfff0 | IOMMUFD_FEATURE_GET |
					   IOMMUFD_FEATURE_PROBE,
				   NULL, 0, &result),
	      DEVICE_FEATURE, ENOTTY);
	/* Both operations at once; flags that are none; too short. */
	FAILS(iommufd_vfio_feature(file,
				   IOMMUFD_FEATURE_PCI_VF_TOKEN |
					   IOMMUFD_FEATURE_GET |
					   IOMMUFD_FEATURE_SET,
				   buffer, sizeof(buffer), &result),
	      FEATURE_REQUEST, EINVAL);
	FAILS(iommufd_vfio_feature(file, UINT32_C(1) << 30, buffer,
				   sizeof(buffer), &result),
	      FEATURE_REQUEST, EINVAL);
	FAILS(iommufd_vfio_feature(file, IOMMUFD_FEATURE_GET, buffer, 7,
				   &result),
	      FEATURE_REQUEST, EINVAL);
	FAILS(iommufd_vfio_feature(file, IOMMUFD_FEATURE_GET, NULL, 8, &result),
	      NULL_POINTER, EINVAL);
	ck_assert_int_eq(result, -7);
	iommufd_vfio_close(file);
}
END_TEST

static const TTest **const info_tests[] = {
	&device_info, &longer_struct,	       &raw_device_info,
	&regions,     &region_with_msix_table, &raw_region_info,
	NULL,
};

static const TTest **const reset_tests[] = {
	&reset,
	&hot_reset_of_a_root_device,
	&feature_probes,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "info", .setup = setup, .tests = info_tests },
		{ .name = "reset", .setup = setup, .tests = reset_tests },
	};

	return harness_run("vfio_info", cases, 2);
}
