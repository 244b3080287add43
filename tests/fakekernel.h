/* SPDX-License-Identifier: MIT */
/*
 * A kernel that notes what it is asked to the byte, typed data included, and
 * answers as it is told. Included by one file of a program, because it defines
 * ioctl().
 */
#ifndef TESTS_FAKEKERNEL_H
#define TESTS_FAKEKERNEL_H

#include <stdarg.h>
#include <string.h>

#include "harness.h"

#define FAKE_DEVICE 7u
#define FAKE_ID	    0x1234u /* of each new object */

static struct {
	/* What it answers: an errno, or 0 for success. */
	int err;
	uint32_t handled;     /* of invalidations, on success and failure ... */
	int silent;	      /* ... unless the command is not reached */
	uint64_t data_out[2]; /* goes into the data of a vIOMMU */
	/* What it was asked last, and how often. */
	unsigned int count;
	int fd;
	uint32_t nr;
	unsigned char cmd[64];
	uint32_t data_length;
	unsigned char data[256];
} fake;

static uint32_t fake_u32(const unsigned char *bytes, size_t offset)
{
	uint32_t value;

	memcpy(&value, bytes + offset, sizeof(value));
	return value;
}

static void *fake_pointer(const unsigned char *bytes, size_t offset)
{
	uint64_t value;

	memcpy(&value, bytes + offset, sizeof(value));
	return (void *)(uintptr_t)value;
}

static void fake_note_data(void *data, uint32_t length)
{
	fake.data_length = length;
	if (data && length && length <= sizeof(fake.data))
		memcpy(fake.data, data, length);
}

static void fake_hwpt_alloc(unsigned char *cmd)
{
	const uint32_t id = FAKE_ID;

	if (fake_u32(cmd, 0) >= 40)
		fake_note_data(fake_pointer(cmd, 32), fake_u32(cmd, 28));
	if (!fake.err)
		memcpy(cmd + 16, &id, sizeof(id));
}

static void fake_viommu_alloc(unsigned char *cmd)
{
	const uint32_t id = FAKE_ID;

	if (fake_u32(cmd, 0) >= 40)
		fake_note_data(fake_pointer(cmd, 32), fake_u32(cmd, 24));
	if (fake.err)
		return;
	memcpy(cmd + 20, &id, sizeof(id));
	if (fake.data_length >= sizeof(fake.data_out))
		memcpy(fake_pointer(cmd, 32), fake.data_out,
		       sizeof(fake.data_out));
}

static void fake_invalidate(unsigned char *cmd)
{
	fake_note_data(fake_pointer(cmd, 8),
		       fake_u32(cmd, 20) * fake_u32(cmd, 24));
	if (!fake.silent)
		memcpy(cmd + 24, &fake.handled, sizeof(fake.handled));
}

/* Where a new object's id goes. */
static void fake_answer(uint32_t nr, unsigned char *cmd)
{
	const uint32_t id = FAKE_ID;

	if (nr == IOMMUFD_NR_HWPT_ALLOC)
		fake_hwpt_alloc(cmd);
	else if (nr == IOMMUFD_NR_VIOMMU_ALLOC)
		fake_viommu_alloc(cmd);
	else if (nr == IOMMUFD_NR_HWPT_INVALIDATE)
		fake_invalidate(cmd);
	else if (nr == IOMMUFD_NR_VDEVICE_ALLOC && !fake.err)
		memcpy(cmd + 12, &id, sizeof(id));
	else if (nr == IOMMUFD_NR_HW_QUEUE_ALLOC && !fake.err)
		memcpy(cmd + 20, &id, sizeof(id));
}

int ioctl(int fd, unsigned long request, ...)
{
	unsigned char *cmd;
	va_list args;
	uint32_t size;

	va_start(args, request);
	cmd = va_arg(args, unsigned char *);
	va_end(args);
	size = fake_u32(cmd, 0);
	fake.fd = fd;
	fake.nr = request & 0xff;
	fake.count++;
	fake.data_length = 0;
	memset(fake.data, 0, sizeof(fake.data));
	memset(fake.cmd, 0, sizeof(fake.cmd));
	memcpy(fake.cmd, cmd,
	       size < sizeof(fake.cmd) ? size : sizeof(fake.cmd));
	if (request >> 8 != ';')
		fake.nr = UINT32_MAX;
	else
		fake_answer(fake.nr, cmd);
	errno = fake.err;
	return fake.err ? -1 : 0;
}

/* Objects that the fake kernel knows, by their ids. */
struct fake_objects {
	struct iommufd_ctx *ctx;
	struct iommufd_device *device; /* FAKE_DEVICE */
	struct iommufd_hwpt *hwpt;     /* 11 */
	struct iommufd_viommu *viommu; /* 12 */
};

static struct fake_objects objects;

static void fake_setup(void)
{
	struct iommufd_vfio *file = NULL;

	OK(iommufd_ctx_open("/dev/null", &objects.ctx));
	OK(iommufd_vfio_adopt_bound(objects.ctx, FAKE_DEVICE, 0, 0, &file));
	OK(iommufd_device_from_vfio(file, &objects.device));
	iommufd_vfio_close(file);
	OK(iommufd_hwpt_adopt(objects.ctx, 11, 0, &objects.hwpt));
	OK(iommufd_viommu_adopt(objects.ctx, 12, 0, &objects.viommu));
	fake.count = 0;
}

static void fake_end(void)
{
	iommufd_viommu_release(objects.viommu);
	iommufd_hwpt_release(objects.hwpt);
	iommufd_device_close(objects.device);
	iommufd_ctx_close(objects.ctx);
}

#endif /* TESTS_FAKEKERNEL_H */
