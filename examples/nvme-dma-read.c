/* SPDX-License-Identifier: MIT */
/* Reading the disk with several commands in flight, and checking the bytes. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nvme-dma.h"

/* One read: which part of the disk a slot is busy with. */
struct part {
	uint64_t start;
	uint32_t length;
};

static int load_image(struct setup *setup, const char *image)
{
	int fd = open(image, O_RDONLY | O_CLOEXEC);
	uint64_t done = 0;
	ssize_t n = 1;

	if (fd < 0) {
		fprintf(stderr, "nvme-dma: %s: %s\n", image, strerror(errno));
		return -1;
	}
	while (done < setup->span && n > 0) {
		n = read(fd, setup->expected + done, setup->span - done);
		if (n > 0)
			done += (uint64_t)n;
	}
	close(fd);
	if (done < setup->span) {
		fprintf(stderr, "nvme-dma: %s is not all of the disk\n", image);
		return -1;
	}
	setup->known = 1;
	return 0;
}

int read_prepare(struct setup *setup, const char *image, uint64_t bytes)
{
	uint64_t disk = setup->nvme.blocks * setup->nvme.block_size;

	setup->span = bytes < disk ? bytes : disk;
	setup->span -= setup->span % setup->nvme.block_size;
	setup->expected = malloc(setup->span);
	if (!setup->expected) {
		fprintf(stderr, "nvme-dma: no memory to compare with\n");
		return -1;
	}
	return image ? load_image(setup, image) : 0;
}

/* Without an image, what came first is compared with what comes later. */
static void check(struct setup *setup, const uint8_t *buffer,
		  const struct part *part)
{
	uint8_t *expected = setup->expected + part->start;

	setup->bytes += part->length;
	if (!setup->known) {
		memcpy(expected, buffer, part->length);
		return;
	}
	if (!memcmp(buffer, expected, part->length))
		return;
	for (uint32_t i = 0; i < part->length; i++)
		setup->wrong += buffer[i] != expected[i];
}

static void start(struct setup *setup, uint16_t slot, const struct part *part)
{
	struct nvme *nvme = &setup->nvme;

	/*
	 * What the buffer held before must not pass for what was read. The
	 * value changes, so that a page which no DMA reaches cannot look the
	 * same twice.
	 */
	memset(nvme_buffer(nvme, slot), setup->poison++, part->length);
	nvme_read(nvme, slot, part->start / nvme->block_size,
		  part->length / nvme->block_size);
}

int read_range(struct setup *setup, uint64_t first, uint64_t length)
{
	struct nvme *nvme = &setup->nvme;
	struct part parts[NVME_DEPTH];
	uint64_t next = first, left = length, done = 0;
	uint16_t started = 0;
	uint16_t slot = 0;

	/* Each slot starts once; after that, whenever its read is complete. */
	while (done < length) {
		if (started < NVME_DEPTH && left) {
			slot = started++;
		} else if (!nvme_wait(nvme, &slot)) {
			check(setup, nvme_buffer(nvme, slot), &parts[slot]);
			done += parts[slot].length;
		} else {
			fprintf(stderr, "nvme-dma: %s\n", nvme->trouble);
			setup->lost += length - done;
			return -1;
		}
		if (left) {
			uint32_t n = left < nvme->transfer ? (uint32_t)left
							   : nvme->transfer;

			parts[slot] = (struct part){ next, n };
			start(setup, slot, &parts[slot]);
			next += n;
			left -= n;
		}
	}
	return 0;
}
