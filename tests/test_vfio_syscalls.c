/* SPDX-License-Identifier: MIT */
/* What the calls of VFIO device files cost, on a device that is there. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "counter_alloc.h"
#include "devices.h"
#include "fixture.h"
#include "harness.h"

static struct iommufd_ctx *ctx;
static struct iommufd_vfio *file, *other;
static struct iommufd_device *device, *second;
static struct iommufd_ioas *ioas;
static struct iommufd_hwpt *table;
static const struct iommufd_device_pasid_opts pasid = { .size = sizeof(pasid),
							.pasid = 9 };
static struct iommufd_node_info node = { .size = sizeof(node) };
static struct iommufd_vfio_info info = { .size = sizeof(info) };
static struct iommufd_region_info region = { .size = sizeof(region) };
static struct iommufd_hw_info hw = { .size = sizeof(hw) };
static struct iommufd_hw_vtd_info vtd = { .size = sizeof(vtd) };
static struct iommufd_hot_reset_info devices[100];
static const struct iommufd_extent part = { .length = 4096 };
static uint64_t raw[128];
static uint32_t count;
static int fd = -1;

static void setup(void)
{
	ctx = harness_ctx();
	node = device_node("IOMMUFD_VM_EDU");
	file = device_bind("IOMMUFD_VM_NVME", ctx);
	OK(iommufd_device_from_vfio(file, &device));
	ioas = new_ioas(ctx);
	device_enable(file);
	/* Under a sanitizer a thread's first failure makes its record. */
	FAILS(iommufd_ctx_destroy_id(ctx, UNUSED_ID), OBJECT, ENOENT);
	/* Before 6.15 there are none for PASIDs. */
	OK(iommufd_hwpt_alloc(
		device, iommufd_ioas_id(ioas),
		device_old_kernel() ? NULL : HWPT_FLAGS(IOMMUFD_HWPT_PASID),
		&table));
}

static void file_begin(void)
{
	OK(iommufd_vfio_open(node.node, &other));
}

static void bound_begin(void)
{
	file_begin();
	OK(iommufd_vfio_bind(other, ctx, NULL));
}

static void file_end(void)
{
	iommufd_vfio_close(other);
	other = NULL;
}

static void fd_begin(void)
{
	fd = dup(iommufd_vfio_fd(file));
}

static void fd_end(void)
{
	close(fd);
	fd = -1;
}

static void adopted_end(void)
{
	file_end();
	fd_end();
}

static void device_begin(void)
{
	bound_begin();
	OK(iommufd_device_from_vfio(other, &second));
	file_end();
}

static void second_end(void)
{
	iommufd_device_close(second);
}

static void raw_room(void)
{
	count = sizeof(raw);
}

static void no_room(void)
{
	count = 0;
}

static void much_room(void)
{
	count = 100;
}

#define CALL(name, expression)                                                 \
	static int name(void)                                                  \
	{                                                                      \
		return (expression);                                           \
	}

#define VOID_CALL(name, expression)                                            \
	static int name(void)                                                  \
	{                                                                      \
		expression;                                                    \
		return 0;                                                      \
	}

CALL(vfio_open, iommufd_vfio_open(node.node, &other))
CALL(adopt, iommufd_vfio_adopt(fd, 0, &other))
CALL(adopt_take, iommufd_vfio_adopt(fd, IOMMUFD_ADOPT_TAKE_FD, &other))
CALL(adopt_bound,
     iommufd_vfio_adopt_bound(ctx, iommufd_vfio_id(file), fd, 0, &other))
VOID_CALL(close_file, iommufd_vfio_close(other))
CALL(bind_file, iommufd_vfio_bind(other, ctx, NULL))
CALL(vfio_fd, iommufd_vfio_fd(file) < 0)
CALL(vfio_id, !iommufd_vfio_id(file))
CALL(vfio_kind, !iommufd_vfio_kind(file))
CALL(vfio_ctx, iommufd_vfio_ctx(file) != ctx)
CALL(get_info, iommufd_vfio_get_info(file, &info))
CALL(get_info_raw, iommufd_vfio_get_info_raw(file, raw, &count))
CALL(get_region, iommufd_vfio_get_region_info(file, 0, &region, NULL, NULL))
CALL(get_region_raw, iommufd_vfio_get_region_info_raw(file, 0, raw, &count))
CALL(reset, iommufd_vfio_reset(file))
CALL(hot_info, iommufd_vfio_get_hot_reset_info(file, devices, &count, NULL))
CALL(hot_reset, iommufd_vfio_hot_reset(file))
CALL(feature,
     iommufd_vfio_feature(file,
			  IOMMUFD_FEATURE_DMA_BUF | IOMMUFD_FEATURE_GET |
				  IOMMUFD_FEATURE_PROBE,
			  NULL, 0, NULL))
CALL(export_dma_buf,
     iommufd_vfio_export_dma_buf(file, 0, &part, O_RDWR | O_CLOEXEC, &fd))
CALL(probe_pasid, iommufd_vfio_probe_pasid(file))
CALL(from_vfio, iommufd_device_from_vfio(other, &second))
VOID_CALL(device_end, iommufd_device_close(second))
CALL(attach, iommufd_device_attach(device, iommufd_ioas_id(ioas), NULL))
CALL(detach, iommufd_device_detach(device))
CALL(attach_pasid,
     iommufd_device_attach_pasid(device, &pasid, iommufd_hwpt_id(table), NULL))
CALL(detach_pasid, iommufd_device_detach_pasid(device, pasid.pasid))
CALL(hw_info, iommufd_device_get_hw_info(device, 0, raw, sizeof(raw), &hw))
CALL(hw_info_vtd, iommufd_device_get_hw_info_vtd(device, &vtd))

static void device_and_file_end(void)
{
	second_end();
	file_end();
}

static const struct counter_call calls[] = {
	{ "iommufd_vfio_open", "1 openat", 1, vfio_open, 0, NULL, file_end },
	{ "iommufd_vfio_adopt", "1 fcntl", 1, adopt, 0, fd_begin, adopted_end },
	{ "iommufd_vfio_adopt (taken)", "none", 1, adopt_take, 0, fd_begin,
	  file_end },
	{ "iommufd_vfio_adopt_bound", "1 ioctl, 1 fcntl", 1, adopt_bound, 0,
	  fd_begin, adopted_end },
	{ "iommufd_vfio_close", "1 close", 0, close_file, 0, file_begin, NULL },
	{ "iommufd_vfio_bind", "2 ioctl", 0, bind_file, 0, file_begin,
	  file_end },
	{ "iommufd_vfio_fd", "none", 0, vfio_fd, 0, NULL, NULL },
	{ "iommufd_vfio_id", "none", 0, vfio_id, 0, NULL, NULL },
	{ "iommufd_vfio_kind", "none", 0, vfio_kind, 0, NULL, NULL },
	{ "iommufd_vfio_ctx", "none", 0, vfio_ctx, 0, NULL, NULL },
	{ "iommufd_vfio_get_info", "1 ioctl", 0, get_info, 0, NULL, NULL },
	{ "iommufd_vfio_get_info_raw", "1 ioctl", 0, get_info_raw, 0, raw_room,
	  NULL },
	{ "iommufd_vfio_get_region_info", "1 ioctl", 0, get_region, 0, NULL,
	  NULL },
	{ "iommufd_vfio_get_region_info_raw", "1 ioctl", 0, get_region_raw, 0,
	  raw_room, NULL },
	{ "iommufd_vfio_reset", "1 ioctl", 0, reset, 0, NULL, NULL },
	{ "iommufd_vfio_get_hot_reset_info", "1 ioctl", 0, hot_info, 1, no_room,
	  NULL },
	{ "iommufd_vfio_get_hot_reset_info (room for 100)", "1 ioctl", 1,
	  hot_info, 1, much_room, NULL },
	{ "iommufd_vfio_hot_reset", "1 ioctl", 0, hot_reset, 1, NULL, NULL },
	{ "iommufd_vfio_feature", "1 ioctl", 0, feature, 1, NULL, NULL },
	{ "iommufd_vfio_export_dma_buf", "1 ioctl", 0, export_dma_buf, 1, NULL,
	  fd_end },
	{ "iommufd_vfio_probe_pasid", "1 ioctl", 0, probe_pasid, 1, NULL,
	  NULL },
	{ "iommufd_device_from_vfio", "none", 1, from_vfio, 0, bound_begin,
	  device_and_file_end },
	{ "iommufd_device_close (the file's last)", "1 close", 0, device_end, 0,
	  device_begin, NULL },
	{ "iommufd_device_attach", "1 ioctl", 0, attach, 0, NULL, NULL },
	{ "iommufd_device_attach (replacing)", "1 ioctl", 0, attach, 0, NULL,
	  NULL },
	{ "iommufd_device_detach", "1 ioctl", 0, detach, 0, NULL, NULL },
	{ "iommufd_device_attach_pasid", "1 ioctl", 0, attach_pasid, 1, NULL,
	  NULL },
	{ "iommufd_device_attach_pasid (replacing)", "1 ioctl", 0, attach_pasid,
	  1, NULL, NULL },
	{ "iommufd_device_detach_pasid", "1 ioctl", 0, detach_pasid, 1, NULL,
	  NULL },
	{ "iommufd_device_get_hw_info", "1 ioctl", 0, hw_info, 0, NULL, NULL },
	{ "iommufd_device_get_hw_info_vtd", "1 ioctl", 0, hw_info_vtd, 0, NULL,
	  NULL },
};

START_TEST(costs)
{
	counter_begin("syscalls_vfio.tsv");
	counter_run("syscalls_vfio.tsv", setup, calls,
		    sizeof(calls) / sizeof(calls[0]));
}
END_TEST

static const TTest **const tests[] = { &costs, NULL };

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "vfio_syscalls", .tests = tests },
	};

	return harness_run("vfio_syscalls", cases, 1);
}
