/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <iommufd/iommufd.h>

#include "nvme-dma-queues.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "NVMe is little-endian, and this small driver does not swap bytes."
#endif

/* Where things are in the config space of a PCI device. */
#define CONFIG_COMMAND	   4
#define CONFIG_CLASS	   8 /* with the revision in the lowest byte */
#define NVME_CLASS	   0x010802
#define COMMAND_MEMORY	   (1 << 1)
#define COMMAND_BUS_MASTER (1 << 2)
#define COMMAND_NO_INTX	   (1 << 10)

#define CC_ENABLE   (1u << 0)
#define CC_SHUTDOWN (1u << 14)
#define CC_ENTRIES  (4u << 20 | 6u << 16) /* 16 and 64 bytes, as log2 */

#define CSTS_READY	   (1u << 0)
#define CSTS_SHUTDOWN	   (3u << 2)
#define CSTS_SHUTDOWN_DONE (2u << 2)

enum {
	ADMIN_CREATE_COMMANDS = 0x01,
	ADMIN_CREATE_COMPLETIONS = 0x05,
	ADMIN_IDENTIFY = 0x06,
	ADMIN_SET_FEATURES = 0x09,
	FEATURE_QUEUES = 0x07,
	IDENTIFY_NAMESPACE = 0,
	IDENTIFY_CONTROLLER = 1,
	IDENTIFY_NAMESPACES = 2
};

/* Waits until the bits of the status register under a mask have a value. */
static int wait_status(struct nvme *nvme, uint32_t mask, uint32_t value)
{
	uint64_t end = nvme_now() + nvme->time_limit;
	uint32_t status;

	uint64_t now;

	/* The clock first: between the two it may be stopped for a while. */
	do {
		now = nvme_now();
		status = nvme->registers->status;
		if (status == UINT32_MAX)
			return nvme_fail(nvme, "the device does not answer");
		if ((status & mask) == value)
			return 0;
	} while (now < end);
	return nvme_fail(nvme, "no answer in time, status 0x%" PRIx32, status);
}

/* Makes an admin command and waits for it. */
static int admin(struct nvme *nvme, const struct nvme_command *command)
{
	struct nvme_completion completion = { 0 };

	nvme_submit(&nvme->admin, command);
	if (nvme_complete(nvme, &nvme->admin, &completion))
		return -1;
	if (completion.status >> 1)
		return nvme_fail(
			nvme, "admin command 0x%02x failed, status 0x%x",
			command->opcode, completion.status >> 1 & 0x7ffu);
	return 0;
}

/* Has the identify page filled. */
static int identify(struct nvme *nvme, uint32_t what, uint32_t namespace_id)
{
	struct nvme_command command = {
		.opcode = ADMIN_IDENTIFY,
		.namespace_id = namespace_id,
		.prp = { nvme_page_iova(nvme, PAGE_IDENTIFY) },
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
	const uint8_t *page = nvme_page(nvme, PAGE_IDENTIFY);

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
	const uint8_t *page = nvme_page(nvme, PAGE_IDENTIFY);
	uint32_t format, shift;

	if (identify(nvme, IDENTIFY_NAMESPACES, 0))
		return -1;
	memcpy(&nvme->namespace_id, page, sizeof(nvme->namespace_id));
	if (!nvme->namespace_id)
		return nvme_fail(nvme, "the controller has no namespace");
	if (identify(nvme, IDENTIFY_NAMESPACE, nvme->namespace_id))
		return -1;
	memcpy(&nvme->blocks, page, sizeof(nvme->blocks));
	/*
	 * FLBAS chooses one of the LBA formats, which start at byte 128: by two
	 * more bits where there are more than 16.
	 */
	memcpy(&format,
	       page + 128 +
		       4 * ((page[26] & 0xf) |
			    (page[25] > 15 ? page[26] >> 1 & 0x30 : 0)),
	       sizeof(format));
	if (format & 0xffff)
		return nvme_fail(nvme,
				 "blocks with metadata are too much for us");
	shift = format >> 16 & 0xff;
	if (shift < 9 || shift > 31 || 1u << shift > nvme->transfer)
		return nvme_fail(nvme, "strange block size");
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
		.prp = { nvme_page_iova(nvme, PAGE_IO_COMPLETIONS) },
		.arg = { id_and_length, 1 }, /* contiguous, no interrupt */
	};
	struct nvme_command commands = {
		.opcode = ADMIN_CREATE_COMMANDS,
		.prp = { nvme_page_iova(nvme, PAGE_IO_COMMANDS) },
		.arg = { id_and_length, 1 << 16 | 1 }, /* completes to 1 */
	};

	nvme_queue_init(nvme, &nvme->io, 1, PAGE_IO_COMMANDS);
	if (admin(nvme, &one_pair) || admin(nvme, &completions))
		return -1;
	return admin(nvme, &commands);
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
		return nvme_fail(nvme, "config space: %s",
				 iommufd_strerror(ret));
	at = (off_t)config.offset;
	if (pread(fd, &class_code, 4, at + CONFIG_CLASS) != 4 ||
	    pread(fd, &command, 2, at + CONFIG_COMMAND) != 2)
		return nvme_fail(nvme, "cannot read the config space");
	if (class_code >> 8 != NVME_CLASS)
		return nvme_fail(nvme, "the device is not an NVMe controller");
	/* Completions are polled for. */
	command |= COMMAND_MEMORY | COMMAND_BUS_MASTER | COMMAND_NO_INTX;
	if (pwrite(fd, &command, 2, at + CONFIG_COMMAND) != 2)
		return nvme_fail(nvme, "cannot write the config space");
	return 0;
}

static int map_registers(struct nvme *nvme, struct iommufd_vfio *file)
{
	struct iommufd_region_info bar = { .size = sizeof(bar) };
	void *memory;
	int ret;

	ret = iommufd_vfio_get_region_info(file, 0, &bar, NULL, NULL);
	if (ret)
		return nvme_fail(nvme, "BAR 0: %s", iommufd_strerror(ret));
	if (!(bar.flags & IOMMUFD_REGION_MMAP) || bar.length < 2 * DOORBELLS)
		return nvme_fail(nvme, "BAR 0 cannot be mapped");
	memory = mmap(NULL, bar.length, PROT_READ | PROT_WRITE, MAP_SHARED,
		      iommufd_vfio_fd(file), (off_t)bar.offset);
	if (memory == MAP_FAILED)
		return nvme_fail(nvme, "mapping BAR 0 failed");
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
		return nvme_fail(nvme, "the device does not answer");
	nvme->time_limit = ((capabilities >> 24 & 0xff) + 1) * 500000000;
	if ((capabilities & 0xffff) < QUEUE_LENGTH - 1)
		return nvme_fail(nvme, "the controller's queues are too short");
	if (capabilities >> 48 & 0xf)
		return nvme_fail(nvme, "the controller wants larger pages");
	if (nvme->bar_length < DOORBELLS + 4 * stride)
		return nvme_fail(nvme, "BAR 0 has too few doorbells");
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
	registers->admin_commands = nvme_page_iova(nvme, PAGE_ADMIN_COMMANDS);
	registers->admin_completions =
		nvme_page_iova(nvme, PAGE_ADMIN_COMPLETIONS);
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
	nvme_queue_init(nvme, &nvme->admin, 0, PAGE_ADMIN_COMMANDS);
	if (buffers->memory)
		nvme_use_buffers(nvme, buffers);
	if (enable(nvme) || identify_controller(nvme) ||
	    identify_namespace(nvme))
		return -1;
	return create_io_queues(nvme);
}

int nvme_resume(struct nvme *nvme, struct iommufd_vfio *file, void *queues,
		void *buffers)
{
	nvme->queues.memory = queues;
	nvme->buffers.memory = buffers;
	nvme->bar = NULL;
	if (map_registers(nvme, file))
		return -1;
	nvme_queue_place(nvme, &nvme->admin, 0, PAGE_ADMIN_COMMANDS);
	nvme_queue_place(nvme, &nvme->io, 1, PAGE_IO_COMMANDS);
	return 0;
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
