/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "devices.h"
#include "edu.h"
#include "harness.h"

enum {
	EDU_ID = 0x00,
	EDU_SOURCE = 0x80,
	EDU_TARGET = 0x88,
	EDU_COUNT = 0x90,
	EDU_COMMAND = 0x98,

	EDU_RUN = 1 << 0,
	EDU_TO_MEMORY = 1 << 1,

	EDU_OWN_BUFFER = 0x40000,
	PAGE = 4096,
	TRANSFER = 256,
	LIMIT_SECONDS = 20,
};

static uint32_t edu_get(const struct edu *edu, unsigned int offset)
{
	return *(volatile uint32_t *)(edu->bar + offset);
}

static void edu_set(const struct edu *edu, unsigned int offset, uint64_t value)
{
	*(volatile uint64_t *)(edu->bar + offset) = value;
}

static void map_bar(struct edu *edu)
{
	struct iommufd_region_info region = { .size = sizeof(region) };
	void *bar;

	OK(iommufd_vfio_get_region_info(edu->file, 0, &region, NULL, NULL));
	bar = mmap(NULL, region.length, PROT_READ | PROT_WRITE, MAP_SHARED,
		   iommufd_vfio_fd(edu->file), (off_t)region.offset);
	ck_assert_ptr_ne(bar, MAP_FAILED);
	edu->bar = bar;
	edu->bar_length = region.length;
	ck_assert_uint_eq(edu_get(edu, EDU_ID) & 0xff, 0xed);
}

void edu_open(struct edu *edu, const char *address, struct iommufd_ctx *ctx)
{
	struct iommufd_node_info info = { .size = sizeof(info) };

	OK(iommufd_find_pci(address, NULL, &info));
	OK(iommufd_find_open(&info, &edu->file));
	OK(iommufd_vfio_bind(edu->file, ctx, NULL));
	OK(iommufd_device_from_vfio(edu->file, &edu->device));
	device_enable(edu->file);
	map_bar(edu);
}

void edu_resume(struct edu *edu, struct iommufd_vfio *file)
{
	edu->file = file;
	OK(iommufd_device_from_vfio(file, &edu->device));
	map_bar(edu);
}

void edu_close(struct edu *edu)
{
	munmap((void *)(uintptr_t)edu->bar, edu->bar_length);
	iommufd_device_close(edu->device);
	iommufd_vfio_close(edu->file);
}

static void begin(struct edu *edu, uint64_t from, uint64_t to, size_t length,
		  uint64_t command)
{
	ck_assert_uint_lt(length, EDU_BUFFER);
	edu_set(edu, EDU_SOURCE, from);
	edu_set(edu, EDU_TARGET, to);
	edu_set(edu, EDU_COUNT, length);
	edu_set(edu, EDU_COMMAND, command | EDU_RUN);
}

void edu_wait(struct edu *edu)
{
	struct timespec now, start;

	clock_gettime(CLOCK_MONOTONIC, &start);
	while (edu_get(edu, EDU_COMMAND) & EDU_RUN) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		ck_assert_msg(now.tv_sec - start.tv_sec < LIMIT_SECONDS,
			      "the edu device does not end its transfer");
		usleep(1000);
	}
}

void edu_read_begin(struct edu *edu, uint64_t iova, size_t length)
{
	begin(edu, iova, EDU_OWN_BUFFER, length, 0);
}

void edu_write_begin(struct edu *edu, uint64_t iova, size_t length)
{
	begin(edu, EDU_OWN_BUFFER, iova, length, EDU_TO_MEMORY);
}

void edu_read(struct edu *edu, uint64_t iova, size_t length)
{
	edu_read_begin(edu, iova, length);
	edu_wait(edu);
}

void edu_write(struct edu *edu, uint64_t iova, size_t length)
{
	edu_write_begin(edu, iova, length);
	edu_wait(edu);
}

/* Each time with other bytes, which the buffer cannot have from before. */
static void fill(uint8_t *memory, size_t length)
{
	static uint32_t seed = 1;

	for (size_t i = 0; i < length; i++) {
		seed = seed * 1664525 + 1013904223;
		memory[i] = (uint8_t)(seed >> 24);
	}
}

int edu_works(struct edu *edu, uint64_t iova, void *memory)
{
	uint8_t *source = memory, *target = source + PAGE;

	fill(source, TRANSFER);
	memset(target, 0, TRANSFER);
	edu_read(edu, iova, TRANSFER);
	edu_write(edu, iova + PAGE, TRANSFER);
	return !memcmp(source, target, TRANSFER);
}
