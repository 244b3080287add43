/* SPDX-License-Identifier: MIT */
/* The NVMe driver's queues, and the reads that go through them. */
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include <iommufd/ioas.h>

#include "nvme-dma-queues.h"

#define TIME_LIMIT 5000000000ull /* nanoseconds for a command */

enum { IO_READ = 0x02 };

int nvme_fail(struct nvme *nvme, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(nvme->trouble, sizeof(nvme->trouble), format, args);
	va_end(args);
	return -1;
}

uint64_t nvme_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

void *nvme_page(const struct nvme *nvme, unsigned int page)
{
	return (char *)nvme->queues.memory + page * PAGE;
}

uint64_t nvme_page_iova(const struct nvme *nvme, unsigned int page)
{
	return nvme->queues.iova + page * PAGE;
}

void *nvme_buffer(const struct nvme *nvme, uint16_t slot)
{
	return (char *)nvme->buffers.memory + (size_t)slot * NVME_TRANSFER;
}

void nvme_queue_place(struct nvme *nvme, struct nvme_queue *queue,
		      unsigned int id, unsigned int first_page)
{
	size_t stride = 4u << (nvme->registers->capabilities >> 32 & 0xf);
	char *doorbells = (char *)nvme->bar + DOORBELLS;

	queue->commands = nvme_page(nvme, first_page);
	queue->completions = nvme_page(nvme, first_page + 1);
	queue->command_doorbell = (void *)(doorbells + 2 * id * stride);
	queue->completion_doorbell = queue->command_doorbell + stride / 4;
}

void nvme_queue_init(struct nvme *nvme, struct nvme_queue *queue,
		     unsigned int id, unsigned int first_page)
{
	nvme_queue_place(nvme, queue, id, first_page);
	queue->tail = 0;
	queue->head = 0;
	queue->phase = 1;
}

static uint16_t next(uint16_t entry)
{
	return (uint16_t)((entry + 1) % QUEUE_LENGTH);
}

/*
 * Orders what was read and written before against what comes after, for the
 * device too. The language orders memory between processors alone, which is
 * enough on x86; on arm64 the device stands outside of what that reaches.
 */
static void device_fence(void)
{
#if defined(__aarch64__)
	__asm__ volatile("dmb osh" ::: "memory");
#else
	atomic_thread_fence(memory_order_seq_cst);
#endif
}

void nvme_submit(struct nvme_queue *queue, const struct nvme_command *command)
{
	queue->commands[queue->tail] = *command;
	queue->tail = next(queue->tail);
	/* The command must be in memory before the controller hears of it. */
	device_fence();
	*queue->command_doorbell = queue->tail;
}

int nvme_complete(struct nvme *nvme, struct nvme_queue *queue,
		  struct nvme_completion *completion)
{
	const struct nvme_completion *entry = &queue->completions[queue->head];
	const volatile uint16_t *status = &entry->status;
	uint64_t now = nvme_now(), end = now + TIME_LIMIT;
	uint32_t state;

	/* The clock first: between the two it may be stopped for a while. */
	while ((*status & 1) != queue->phase) {
		if (now < end) {
			now = nvme_now();
			continue;
		}
		state = nvme->registers->status;
		if (state == UINT32_MAX)
			return nvme_fail(nvme, "the device does not answer");
		if (state & CSTS_FATAL)
			return nvme_fail(nvme,
					 "the controller met a fatal error");
		return nvme_fail(nvme, "a command was not completed in time");
	}
	/* The rest of the entry is to be read after its phase. */
	device_fence();
	*completion = *entry;
	queue->head = next(queue->head);
	if (queue->head == 0)
		queue->phase ^= 1;
	*queue->completion_doorbell = queue->head;
	return 0;
}

/*
 * Each slot has its buffer, so the list of the buffer's pages never changes.
 * The first page is in the command itself.
 */
void nvme_use_buffers(struct nvme *nvme, const struct dma_memory *buffers)
{
	nvme->buffers = *buffers;
	for (uint16_t slot = 0; slot < NVME_DEPTH; slot++) {
		uint64_t *list = nvme_page(nvme, PAGE_LISTS + slot);
		uint64_t iova = buffers->iova + slot * NVME_TRANSFER;

		for (unsigned int i = 1; i < NVME_TRANSFER / PAGE; i++)
			list[i - 1] = iova + i * PAGE;
	}
}

/* Two pages fit into the command; of more the second entry names a list. */
static void submit_read(struct nvme *nvme, uint16_t slot, uint64_t first_block,
			uint32_t blocks, uint64_t first, uint64_t second)
{
	const struct nvme_command command = {
		.opcode = IO_READ,
		.id = slot,
		.namespace_id = nvme->namespace_id,
		.prp = { first, second },
		.arg = { (uint32_t)first_block, (uint32_t)(first_block >> 32),
			 blocks - 1 },
	};

	nvme_submit(&nvme->io, &command);
}

void nvme_read(struct nvme *nvme, uint16_t slot, uint64_t first_block,
	       uint32_t blocks)
{
	uint64_t iova = nvme->buffers.iova + (uint64_t)slot * NVME_TRANSFER;
	uint32_t length = blocks * nvme->block_size;
	uint64_t second = 0;

	if (length > 2 * PAGE)
		second = nvme_page_iova(nvme, PAGE_LISTS + slot);
	else if (length > PAGE)
		second = iova + PAGE;
	submit_read(nvme, slot, first_block, blocks, iova, second);
}

void nvme_read_pieces(struct nvme *nvme, uint16_t slot, uint64_t first_block,
		      uint32_t blocks, const struct iommufd_extent *pieces,
		      uint32_t count)
{
	uint64_t *list = nvme_page(nvme, PAGE_LISTS + slot);
	uint64_t second = 0;

	for (uint32_t i = 1; i < count; i++)
		list[i - 1] = pieces[i].start;
	if (count > 2)
		second = nvme_page_iova(nvme, PAGE_LISTS + slot);
	else if (count == 2)
		second = pieces[1].start;
	submit_read(nvme, slot, first_block, blocks, pieces[0].start, second);
}

int nvme_is_ready(const struct nvme *nvme)
{
	const struct nvme_queue *queue = &nvme->io;
	const volatile uint16_t *status =
		&queue->completions[queue->head].status;

	return (*status & 1) == queue->phase;
}

int nvme_wait(struct nvme *nvme, uint16_t *slot)
{
	struct nvme_completion completion = { 0 };

	if (nvme_complete(nvme, &nvme->io, &completion))
		return -1;
	if (completion.status >> 1)
		return nvme_fail(nvme, "a read failed, status 0x%x",
				 completion.status >> 1 & 0x7ffu);
	if (completion.id >= NVME_DEPTH)
		return nvme_fail(nvme, "the completion of no command of ours");
	*slot = completion.id;
	return 0;
}
