/* SPDX-License-Identifier: MIT */
/* Reading the disk with several reads on their way, and checking the bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hand-over.h"

/* What a buffer holds before its read must not pass for what was read. */
static void start(struct memory *memory, uint16_t slot)
{
	struct nvme *nvme = &memory->nvme;
	const uint64_t left = memory->span - memory->next;
	struct part *part = &memory->parts[slot];

	part->start = memory->next;
	part->length = left < nvme->transfer ? (uint32_t)left : nvme->transfer;
	memory->next += part->length;
	memset(nvme_buffer(nvme, slot), (int)(part->start >> 17 ^ 0x55),
	       part->length);
	nvme_read(nvme, slot, part->start / nvme->block_size,
		  part->length / nvme->block_size);
}

unsigned int read_start(struct program *program)
{
	struct memory *memory = program->memory;
	unsigned int started = 0;

	for (uint16_t slot = 0; slot < NVME_DEPTH; slot++) {
		if (memory->parts[slot].length || memory->next == memory->span)
			continue;
		start(memory, slot);
		started++;
	}
	return started;
}

static void compare(struct program *program, const uint8_t *buffer,
		    const struct part *part)
{
	static uint8_t expected[NVME_TRANSFER];

	if (program->image < 0)
		return;
	if (pread(program->image, expected, part->length, (off_t)part->start) !=
	    (ssize_t)part->length)
		die("the image is not all of the disk");
	if (!memcmp(buffer, expected, part->length))
		return;
	for (uint32_t i = 0; i < part->length; i++)
		program->memory->wrong += buffer[i] != expected[i];
}

void read_take(struct program *program)
{
	struct memory *memory = program->memory;
	struct part *part;
	uint16_t slot;

	if (nvme_wait(&memory->nvme, &slot))
		die(memory->nvme.trouble);
	part = &memory->parts[slot];
	compare(program, nvme_buffer(&memory->nvme, slot), part);
	memory->read += part->length;
	part->length = 0;
}

void read_until(struct program *program, uint64_t bytes)
{
	struct memory *memory = program->memory;
	const uint64_t span = memory->span;

	memory->span = bytes;
	while (memory->read < bytes) {
		read_start(program);
		read_take(program);
	}
	memory->span = span;
}
