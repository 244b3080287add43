/* SPDX-License-Identifier: MIT */
#include "nvme-dma-driver.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <iommufd/iommufd.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "NVMe is little-endian, and this small driver does not swap bytes."
#endif

#define PAGE	     4096	   /* the controller's, not the machine's */
#define QUEUE_LENGTH 16		   /* entries; one always stays empty */
#define TIME_LIMIT   5000000000ull /* nanoseconds for a command */

/* Where things are in the config space of a PCI device. */
#define CONFIG_COMMAND	   4
#define CONFIG_CLASS	   8 /* with the revision in the lowest byte */
#define NVME_CLASS	   0x010802
#define COMMAND_MEMORY	   (1 << 1)
#define COMMAND_BUS_MASTER (1 << 2)

/* The registers at the start of BAR 0. */
struct nvme_registers {
	uint64_t capabilities; /* CAP */
	uint32_t version;
	uint32_t interrupt_mask[2];
	uint32_t configuration; /* CC */
	uint32_t reserved;
	uint32_t status; /* CSTS */
	uint32_t subsystem_reset;
	uint32_t admin_lengths;	    /* AQA */
	uint64_t admin_commands;    /* ASQ */
	uint64_t admin_completions; /* ACQ */
};

#define DOORBELLS 0x1000 /* their offset in BAR 0 */

#define CC_ENABLE   (1u << 0)
#define CC_SHUTDOWN (1u << 14)
#define CC_ENTRIES  (4u << 20 | 6u << 16) /* 16 and 64 bytes, as log2 */

#define CSTS_READY	   (1u << 0)
#define CSTS_FATAL	   (1u << 1)
#define CSTS_SHUTDOWN	   (3u << 2)
#define CSTS_SHUTDOWN_DONE (2u << 2)

struct nvme_command {
	uint8_t opcode;
	uint8_t flags;
	uint16_t id;
	uint32_t namespace_id;
	uint64_t reserved;
	uint64_t metadata;
	uint64_t prp[2]; /* where the data goes: pages, or a list of them */
	uint32_t arg[6]; /* command dwords 10 to 15 */
};

struct nvme_completion {
	uint32_t result;
	uint32_t reserved;
	uint16_t command_head;
	uint16_t command_queue;
	uint16_t id;
	uint16_t status; /* bit 0 is the phase */
};

_Static_assert(sizeof(struct nvme_command) == 64, "size of a command");
_Static_assert(sizeof(struct nvme_completion) == 16, "size of a completion");

enum {
	ADMIN_CREATE_COMMANDS = 0x01,
	ADMIN_CREATE_COMPLETIONS = 0x05,
	ADMIN_IDENTIFY = 0x06,
	ADMIN_SET_FEATURES = 0x09,
	FEATURE_QUEUES = 0x07,
	IDENTIFY_NAMESPACE = 0,
	IDENTIFY_CONTROLLER = 1,
	IDENTIFY_NAMESPACES = 2,
	IO_READ = 0x02
};

/* How the pages of the queue memory are used. */
enum {
	PAGE_ADMIN_COMMANDS,
	PAGE_ADMIN_COMPLETIONS,
	PAGE_IO_COMMANDS,
	PAGE_IO_COMPLETIONS,
	PAGE_IDENTIFY,
	PAGE_LISTS /* one for each slot */
};

_Static_assert((PAGE_LISTS + NVME_DEPTH) * PAGE <= NVME_QUEUE_MEMORY, "room");
_Static_assert(NVME_DEPTH < QUEUE_LENGTH, "queue length");

__attribute__((format(printf, 2, 3))) static int fail(struct nvme *nvme,
						      const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(nvme->trouble, sizeof(nvme->trouble), format, args);
	va_end(args);
	return -1;
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void *queue_page(const struct nvme *nvme, unsigned int page)
{
	return (char *)nvme->queues.memory + page * PAGE;
}

static uint64_t queue_page_iova(const struct nvme *nvme, unsigned int page)
{
	return nvme->queues.iova + page * PAGE;
}

void *nvme_buffer(const struct nvme *nvme, uint16_t slot)
{
	return (char *)nvme->buffers.memory + (size_t)slot * NVME_TRANSFER;
}

/* Waits until the bits of the status register under a mask have a value. */
static int wait_status(struct nvme *nvme, uint32_t mask, uint32_t value)
{
	uint64_t end = now() + nvme->time_limit;
	uint32_t status;

	do {
		status = nvme->registers->status;
		if ((status & mask) == value)
			return 0;
		if (status == UINT32_MAX)
			return fail(nvme, "the device does not answer");
	} while (now() < end);
	return fail(nvme, "no answer in time, status 0x%" PRIx32, status);
}

static void queue_init(struct nvme *nvme, struct nvme_queue *queue,
		       unsigned int id, unsigned int first_page)
{
	size_t stride = 4u << (nvme->registers->capabilities >> 32 & 0xf);
	char *doorbells = (char *)nvme->bar + DOORBELLS;

	queue->commands = queue_page(nvme, first_page);
	queue->completions = queue_page(nvme, first_page + 1);
	queue->command_doorbell = (void *)(doorbells + 2 * id * stride);
	queue->completion_doorbell = queue->command_doorbell + stride / 4;
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

static void submit(struct nvme_queue *queue, const struct nvme_command *command)
{
	queue->commands[queue->tail] = *command;
	queue->tail = next(queue->tail);
	/* The command must be in memory before the controller hears of it. */
	device_fence();
	*queue->command_doorbell = queue->tail;
}

/* Waits for the next completion and copies it. */
static int wait_completion(struct nvme *nvme, struct nvme_queue *queue,
			   struct nvme_completion *completion)
{
	const struct nvme_completion *entry = &queue->completions[queue->head];
	const volatile uint16_t *status = &entry->status;
	uint64_t end = now() + TIME_LIMIT;

	while ((*status & 1) != queue->phase) {
		if (now() < end)
			continue;
		if (nvme->registers->status & CSTS_FATAL)
			return fail(nvme, "the controller met a fatal error");
		return fail(nvme, "a command was not completed in time");
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

/* Makes an admin command and waits for it. */
static int admin(struct nvme *nvme, const struct nvme_command *command)
{
	struct nvme_completion completion = { 0 };

	submit(&nvme->admin, command);
	if (wait_completion(nvme, &nvme->admin, &completion))
		return -1;
	if (completion.status >> 1)
		return fail(nvme, "admin command 0x%02x failed, status 0x%x",
			    command->opcode, completion.status >> 1 & 0x7ffu);
	return 0;
}

/* Has the identify page filled. */
static int identify(struct nvme *nvme, uint32_t what, uint32_t namespace_id)
{
	struct nvme_command command = {
		.opcode = ADMIN_IDENTIFY,
		.namespace_id = namespace_id,
		.prp = { queue_page_iova(nvme, PAGE_IDENTIFY) },
		.arg = { what },
	};

	return admin(nvme, &command);
}

/* Copies a text that is padded with blanks. */
static void copy_text(char *to, const void *from, size_t length)
{
	memcpy(to, from, length);
	while (length && to[length - 1] == ' ')
		length--;
	to[length] = '\0';
}

static int identify_controller(struct nvme *nvme)
{
	const uint8_t *page = queue_page(nvme, PAGE_IDENTIFY);

	if (identify(nvme, IDENTIFY_CONTROLLER, 0))
		return -1;
	copy_text(nvme->serial, page + 4, 20);
	copy_text(nvme->model, page + 24, 40);
	/* MDTS: the most pages of one transfer, as log2; 0 is no limit. */
	nvme->transfer = NVME_TRANSFER;
	if (page[77] && page[77] < 5)
		nvme->transfer = (uint32_t)PAGE << page[77];
	return 0;
}

static int identify_namespace(struct nvme *nvme)
{
	const uint8_t *page = queue_page(nvme, PAGE_IDENTIFY);
	uint32_t format, shift;

	if (identify(nvme, IDENTIFY_NAMESPACES, 0))
		return -1;
	memcpy(&nvme->namespace_id, page, sizeof(nvme->namespace_id));
	if (!nvme->namespace_id)
		return fail(nvme, "the controller has no namespace");
	if (identify(nvme, IDENTIFY_NAMESPACE, nvme->namespace_id))
		return -1;
	memcpy(&nvme->blocks, page, sizeof(nvme->blocks));
	/* FLBAS chooses one of the LBA formats, which start at byte 128. */
	memcpy(&format, page + 128 + 4 * (page[26] & 0xf), sizeof(format));
	if (format & 0xffff)
		return fail(nvme, "blocks with metadata are too much for us");
	shift = format >> 16 & 0xff;
	if (shift < 9 || shift > 31 || 1u << shift > nvme->transfer)
		return fail(nvme, "strange block size");
	nvme->block_size = 1u << shift;
	return 0;
}

static int create_io_queues(struct nvme *nvme)
{
	const uint32_t id_and_length = (QUEUE_LENGTH - 1) << 16 | 1;
	struct nvme_command one_pair = {
		.opcode = ADMIN_SET_FEATURES,
		.arg = { FEATURE_QUEUES, 0 },
	};
	struct nvme_command completions = {
		.opcode = ADMIN_CREATE_COMPLETIONS,
		.prp = { queue_page_iova(nvme, PAGE_IO_COMPLETIONS) },
		.arg = { id_and_length, 1 }, /* contiguous, no interrupt */
	};
	struct nvme_command commands = {
		.opcode = ADMIN_CREATE_COMMANDS,
		.prp = { queue_page_iova(nvme, PAGE_IO_COMMANDS) },
		.arg = { id_and_length, 1 << 16 | 1 }, /* completes to 1 */
	};

	queue_init(nvme, &nvme->io, 1, PAGE_IO_COMMANDS);
	if (admin(nvme, &one_pair) || admin(nvme, &completions))
		return -1;
	return admin(nvme, &commands);
}

/*
 * Each slot has its buffer, so the list of the buffer's pages never changes.
 * The first page is in the command itself.
 */
void nvme_use_buffers(struct nvme *nvme, const struct dma_memory *buffers)
{
	nvme->buffers = *buffers;
	for (uint16_t slot = 0; slot < NVME_DEPTH; slot++) {
		uint64_t *list = queue_page(nvme, PAGE_LISTS + slot);
		uint64_t iova = buffers->iova + slot * NVME_TRANSFER;

		for (unsigned int i = 1; i < NVME_TRANSFER / PAGE; i++)
			list[i - 1] = iova + i * PAGE;
	}
}

/* Looks at the class of the device, and lets it do DMA. */
static int use_config_space(struct nvme *nvme, struct iommufd_vfio *file)
{
	struct iommufd_region_info config = { .size = sizeof(config) };
	int fd = iommufd_vfio_fd(file);
	uint32_t class_code;
	uint16_t command;
	off_t at;
	int ret;

	ret = iommufd_vfio_get_region_info(file, IOMMUFD_REGION_PCI_CONFIG,
					   &config, NULL, NULL);
	if (ret)
		return fail(nvme, "config space: %s", iommufd_strerror(ret));
	at = (off_t)config.offset;
	if (pread(fd, &class_code, 4, at + CONFIG_CLASS) != 4 ||
	    pread(fd, &command, 2, at + CONFIG_COMMAND) != 2)
		return fail(nvme, "cannot read the config space");
	if (class_code >> 8 != NVME_CLASS)
		return fail(nvme, "the device is not an NVMe controller");
	command |= COMMAND_MEMORY | COMMAND_BUS_MASTER;
	if (pwrite(fd, &command, 2, at + CONFIG_COMMAND) != 2)
		return fail(nvme, "cannot write the config space");
	return 0;
}

static int map_registers(struct nvme *nvme, struct iommufd_vfio *file)
{
	struct iommufd_region_info bar = { .size = sizeof(bar) };
	void *memory;
	int ret;

	ret = iommufd_vfio_get_region_info(file, 0, &bar, NULL, NULL);
	if (ret)
		return fail(nvme, "BAR 0: %s", iommufd_strerror(ret));
	if (!(bar.flags & IOMMUFD_REGION_MMAP) || bar.length < 2 * DOORBELLS)
		return fail(nvme, "BAR 0 cannot be mapped");
	memory = mmap(NULL, bar.length, PROT_READ | PROT_WRITE, MAP_SHARED,
		      iommufd_vfio_fd(file), (off_t)bar.offset);
	if (memory == MAP_FAILED)
		return fail(nvme, "mapping BAR 0 failed");
	nvme->bar = memory;
	nvme->bar_length = bar.length;
	nvme->registers = memory;
	return 0;
}

/* Looks at what the controller can do, as far as we depend on it. */
static int check_capabilities(struct nvme *nvme)
{
	uint64_t capabilities = nvme->registers->capabilities;
	uint64_t stride = 4u << (capabilities >> 32 & 0xf);

	if (capabilities == UINT64_MAX)
		return fail(nvme, "the device does not answer");
	nvme->time_limit = ((capabilities >> 24 & 0xff) + 1) * 500000000;
	if ((capabilities & 0xffff) < QUEUE_LENGTH - 1)
		return fail(nvme, "the controller's queues are too short");
	if (capabilities >> 48 & 0xf)
		return fail(nvme, "the controller wants larger pages");
	if (nvme->bar_length < DOORBELLS + 4 * stride)
		return fail(nvme, "BAR 0 has too few doorbells");
	return 0;
}

static int enable(struct nvme *nvme)
{
	volatile struct nvme_registers *registers = nvme->registers;

	registers->configuration = 0;
	if (wait_status(nvme, CSTS_READY, 0))
		return -1;
	registers->admin_lengths =
		(QUEUE_LENGTH - 1) << 16 | (QUEUE_LENGTH - 1);
	registers->admin_commands = queue_page_iova(nvme, PAGE_ADMIN_COMMANDS);
	registers->admin_completions =
		queue_page_iova(nvme, PAGE_ADMIN_COMPLETIONS);
	registers->configuration = CC_ENTRIES | CC_ENABLE;
	return wait_status(nvme, CSTS_READY | CSTS_FATAL, CSTS_READY);
}

int nvme_start(struct nvme *nvme, struct iommufd_vfio *file,
	       const struct dma_memory *queues,
	       const struct dma_memory *buffers)
{
	nvme->queues = *queues;
	memset(queues->memory, 0, NVME_QUEUE_MEMORY);
	if (use_config_space(nvme, file) || map_registers(nvme, file) ||
	    check_capabilities(nvme))
		return -1;
	queue_init(nvme, &nvme->admin, 0, PAGE_ADMIN_COMMANDS);
	nvme_use_buffers(nvme, buffers);
	if (enable(nvme) || identify_controller(nvme) ||
	    identify_namespace(nvme))
		return -1;
	return create_io_queues(nvme);
}

void nvme_stop(struct nvme *nvme)
{
	if (!nvme->bar)
		return;
	if (nvme->registers->status & CSTS_READY) {
		nvme->registers->configuration |= CC_SHUTDOWN;
		wait_status(nvme, CSTS_SHUTDOWN, CSTS_SHUTDOWN_DONE);
	}
	nvme->registers->configuration = 0;
	wait_status(nvme, CSTS_READY, 0);
	munmap(nvme->bar, nvme->bar_length);
	nvme->bar = NULL;
}

void nvme_read(struct nvme *nvme, uint16_t slot, uint64_t first_block,
	       uint32_t blocks)
{
	uint64_t iova = nvme->buffers.iova + (uint64_t)slot * NVME_TRANSFER;
	uint32_t length = blocks * nvme->block_size;
	struct nvme_command command = {
		.opcode = IO_READ,
		.id = slot,
		.namespace_id = nvme->namespace_id,
		.prp = { iova },
		.arg = { (uint32_t)first_block, (uint32_t)(first_block >> 32),
			 blocks - 1 },
	};

	/* Two pages fit into the command, more of them need the list. */
	if (length > 2 * PAGE)
		command.prp[1] = queue_page_iova(nvme, PAGE_LISTS + slot);
	else if (length > PAGE)
		command.prp[1] = iova + PAGE;
	submit(&nvme->io, &command);
}

int nvme_wait(struct nvme *nvme, uint16_t *slot)
{
	struct nvme_completion completion = { 0 };

	if (wait_completion(nvme, &nvme->io, &completion))
		return -1;
	if (completion.status >> 1)
		return fail(nvme, "a read failed, status 0x%x",
			    completion.status >> 1 & 0x7ffu);
	if (completion.id >= NVME_DEPTH)
		return fail(nvme, "the completion of no command of ours");
	*slot = completion.id;
	return 0;
}
