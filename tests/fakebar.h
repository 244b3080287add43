/* SPDX-License-Identifier: MIT */
/*
 * A kernel with one device, whose BAR is as the test wants it, and an address
 * space, where maps and unmaps fail when the test says so. Included by one file of
 * a program, because it defines ioctl().
 */
#ifndef TESTS_FAKEBAR_H
#define TESTS_FAKEBAR_H

#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <iommufd/util/util.h>

#include "fixture.h"
#include "harness.h"
#include "uapi.h"

#define BAR	   2
#define BAR_LENGTH UINT64_C(0x100000)
#define STEPS	   16
#define MAPPINGS   8

static struct {
	/* The BAR, and its parts that can be mapped, if it names any. */
	uint32_t flags;
	uint64_t length;
	uint32_t named, num_parts;
	struct uapi_vfio_area parts[4];
	/* What was exported. */
	struct uapi_vfio_feature_dma_buf exported[4];
	uint32_t num_exported;
	int export_err;
	uint32_t export_fails; /* number of the export that does, from 1 */
	/* Maps and unmaps, in order: the errno of each, 0 for success. */
	int step[STEPS];
	uint32_t steps;
	/* What is mapped. */
	struct iommufd_extent mapped[MAPPINGS];
} fake;

static int answer(int err)
{
	errno = err;
	return err ? -1 : 0;
}

static int region_info(struct uapi_vfio_region_info *cmd)
{
	struct {
		struct uapi_vfio_region_info info;
		struct uapi_vfio_cap header;
		uint32_t nr_areas, reserved;
		struct uapi_vfio_area parts[4];
	} full = { .info = { .argsz = cmd->argsz,
			     .flags = fake.flags,
			     .index = cmd->index,
			     .size = fake.length },
		   .header = { .id = UAPI_VFIO_REGION_CAP_SPARSE_MMAP,
			       .version = 1 },
		   .nr_areas = fake.num_parts };

	if (cmd->index > 8)
		return answer(EINVAL);
	if (cmd->index != BAR)
		full.info.flags = 0;
	memcpy(full.parts, fake.parts, sizeof(fake.parts));
	if (fake.named && cmd->argsz >= sizeof(full)) {
		full.info.flags |= IOMMUFD_REGION_CAPS;
		full.info.cap_offset = sizeof(full.info);
		memcpy(cmd, &full, sizeof(full));
	} else {
		memcpy(cmd, &full.info, sizeof(full.info));
	}
	return 0;
}

static int export_buffer(const unsigned char *cmd)
{
	struct uapi_vfio_feature_dma_buf data;

	memcpy(&data, cmd + sizeof(struct uapi_vfio_feature), sizeof(data));
	if (fake.num_exported + 1 == fake.export_fails)
		return answer(fake.export_err);
	fake.exported[fake.num_exported++] = data;
	return open("/dev/null", O_RDWR | O_CLOEXEC);
}

/* Only what is there can be unmapped, and nothing twice in one place. */
static int map_file(struct uapi_ioas_map_file *cmd)
{
	struct iommufd_extent *free = NULL;
	int err = fake.step[fake.steps++];

	for (int i = 0; i < MAPPINGS; i++) {
		struct iommufd_extent *m = &fake.mapped[i];

		if (!m->length)
			free = m;
		else if (m->start == cmd->iova && !err)
			err = EEXIST;
	}
	if (!err)
		*free = (struct iommufd_extent){ cmd->iova, cmd->length };
	return answer(err);
}

static int unmap(struct uapi_ioas_unmap *cmd)
{
	int err = fake.step[fake.steps++];

	for (int i = 0; i < MAPPINGS && !err; i++) {
		struct iommufd_extent *m = &fake.mapped[i];

		if (m->length != cmd->length || m->start != cmd->iova)
			continue;
		m->length = 0;
		return 0;
	}
	return answer(err ? err : ENOENT);
}

int ioctl(int fd, unsigned long request, ...)
{
	const uint32_t nr = request & 0xff;
	va_list args;
	void *arg;

	(void)fd;
	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	ck_assert_uint_lt(fake.steps, STEPS);
	switch (nr) {
	case UAPI_VFIO_GET_REGION_INFO:
		return region_info(arg);
	case UAPI_VFIO_FEATURE:
		return export_buffer(arg);
	case IOMMUFD_NR_IOAS_MAP_FILE:
		return map_file(arg);
	case IOMMUFD_NR_IOAS_UNMAP:
		return unmap(arg);
	default:
		return 0;
	}
}

static struct iommufd_ctx *ctx;
static struct iommufd_ioas *ioas;
static struct iommufd_vfio *file;
static struct iommufd_device_memory *memory;
static unsigned int descriptors;

static void setup(void)
{
	OK(iommufd_ctx_open("/dev/null", &ctx));
	OK(iommufd_ioas_adopt(ctx, 5, 0, &ioas));
	OK(iommufd_vfio_open("/dev/null", &file));
	OK(iommufd_vfio_bind(file, ctx, NULL));
	OK(iommufd_device_memory_new(ioas, 0, &memory));
	fake.flags = IOMMUFD_REGION_READ | IOMMUFD_REGION_WRITE |
		     IOMMUFD_REGION_MMAP;
	fake.length = BAR_LENGTH;
	descriptors = open_descriptors();
}

static void end(void)
{
	OK(iommufd_device_memory_destroy(memory));
	ck_assert_uint_eq(open_descriptors(), descriptors);
	for (int i = 0; i < MAPPINGS; i++)
		ck_assert_uint_eq(fake.mapped[i].length, 0);
	iommufd_vfio_close(file);
	iommufd_ioas_release(ioas);
	iommufd_ctx_close(ctx);
}

static uint32_t add(const struct iommufd_extent *part)
{
	uint32_t areas = 77;

	OK(iommufd_device_memory_add_bar(memory, file, BAR, part, &areas));
	return areas;
}

#endif /* TESTS_FAKEBAR_H */
