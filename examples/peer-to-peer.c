/* SPDX-License-Identifier: MIT */
/*
 * peer-to-peer: an NVMe controller reads its disk straight into the memory of
 * another device. Nothing of it passes through main memory, and the processor
 * only looks at what has come.
 *
 * The BAR has to be plain memory, of 1 MiB or more: it is overwritten.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <iommufd/util/util.h>

#include "nvme-dma-driver.h"

#define CONFIG_COMMAND 4 /* in the config space of a PCI device */
#define COMMAND_MEMORY (1 << 1)

static const uint32_t access_both =
	IOMMUFD_MAP_READABLE | IOMMUFD_MAP_WRITEABLE;

static struct iommufd_ctx *ctx;
static struct iommufd_ioas *ioas; /* what the controller sees */
static struct iommufd_device *disk, *other;
static struct iommufd_device_memory *memory; /* of the other device */
static struct nvme nvme;
static struct dma_memory queues, ordinary, bar_memory;
static unsigned int wrong;

static void check(const char *what, int ret)
{
	char why[512];

	if (!ret)
		return;
	iommufd_explain(ret, ctx, why, sizeof(why));
	fprintf(stderr, "peer-to-peer: %s: %s\n", what, why);
	exit(1);
}

static void check_that(const char *what, int holds)
{
	if (holds)
		return;
	fprintf(stderr, "peer-to-peer: %s\n", what);
	exit(1);
}

/* ---- the controller ------------------------------------------------------ */

static struct dma_memory new_memory(uint64_t length)
{
	struct dma_memory new = { .length = length };

	new.memory = mmap(NULL, length, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check_that("no memory", new.memory != MAP_FAILED);
	check("map", iommufd_ioas_map(ioas, new.memory, length, access_both,
				      &new.iova));
	return new;
}

static void start_disk(const char *address)
{
	check("address space", iommufd_ioas_alloc(ctx, 0, &ioas));
	check(address, iommufd_open_pci(ctx, address, NULL, &disk));
	check("attach",
	      iommufd_device_attach(disk, iommufd_ioas_id(ioas), NULL));
	queues = new_memory(NVME_QUEUE_MEMORY);
	ordinary = new_memory(NVME_BUFFER_MEMORY);
	if (nvme_start(&nvme, iommufd_device_vfio(disk), &queues, &ordinary))
		check_that(nvme.trouble, 0);
	printf("disk      %s, %s, %" PRIu64 " MiB\n", address, nvme.model,
	       nvme.blocks * nvme.block_size >> 20);
}

/* Fills all buffers that the controller uses, with the beginning of the disk. */
static void read_disk(void)
{
	const uint32_t blocks = nvme.transfer / nvme.block_size;
	uint16_t slot;

	for (slot = 0; slot < NVME_DEPTH; slot++)
		nvme_read(&nvme, slot, (uint64_t)slot * blocks, blocks);
	for (int i = 0; i < NVME_DEPTH; i++)
		check_that(nvme.trouble, !nvme_wait(&nvme, &slot));
}

static void read_into_device(void)
{
	uint32_t same = 0;

	memset(bar_memory.memory, 0xee, bar_memory.length);
	read_disk();
	for (uint16_t slot = 0; slot < NVME_DEPTH; slot++) {
		const uint64_t at = (uint64_t)slot * NVME_TRANSFER;

		same += !memcmp((char *)bar_memory.memory + at,
				(char *)ordinary.memory + at, nvme.transfer);
	}
	wrong += NVME_DEPTH - same;
	printf("  processor finds %" PRIu32 " of %d reads in the BAR\n", same,
	       NVME_DEPTH);
}

/* ---- the other device ---------------------------------------------------- */

/* While it is off nobody reaches the memory of the device. */
static void memory_decoding(int on)
{
	struct iommufd_vfio *file = iommufd_device_vfio(other);
	struct iommufd_region_info config = { .size = sizeof(config) };
	const int fd = iommufd_vfio_fd(file);
	uint16_t command;
	off_t at;

	check("config space",
	      iommufd_vfio_get_region_info(file, IOMMUFD_REGION_PCI_CONFIG,
					   &config, NULL, NULL));
	at = (off_t)config.offset + CONFIG_COMMAND;
	check_that("cannot read the config space",
		   pread(fd, &command, 2, at) == 2);
	command = (uint16_t)(on ? command | COMMAND_MEMORY
				: command & ~COMMAND_MEMORY);
	check_that("cannot write the config space",
		   pwrite(fd, &command, 2, at) == 2);
}

static void say_state(const struct iommufd_device_memory_info *info)
{
	printf("  helper    %" PRIu32 " of %" PRIu32 " parts mapped",
	       info->mapped, info->areas);
	if (info->waiting)
		printf(", %" PRIu32 " waiting: not now", info->waiting);
	printf("\n");
}

static void refresh(void)
{
	struct iommufd_device_memory_info info = { .size = sizeof(info) };

	check("refresh", iommufd_device_memory_refresh(memory, 0, &info));
	say_state(&info);
}

/* Where the processor has the part of the BAR that the controller gets. */
static void map_for_processor(uint32_t bar)
{
	struct iommufd_device_memory_area area = { .size = sizeof(area) };
	struct iommufd_vfio *file = iommufd_device_vfio(other);
	struct iommufd_region_info info = { .size = sizeof(info) };

	check("area", iommufd_device_memory_get_area(memory, 0, &area));
	check_that("the BAR is too small", area.length >= NVME_BUFFER_MEMORY);
	check("BAR",
	      iommufd_vfio_get_region_info(file, bar, &info, NULL, NULL));
	bar_memory.iova = area.iova;
	bar_memory.length = NVME_BUFFER_MEMORY;
	bar_memory.memory = mmap(
		NULL, bar_memory.length, PROT_READ | PROT_WRITE, MAP_SHARED,
		iommufd_vfio_fd(file), (off_t)(info.offset + area.offset));
	check_that("mapping the BAR failed", bar_memory.memory != MAP_FAILED);
}

static void add_memory(const char *address, uint32_t bar)
{
	struct iommufd_device_memory_info info = { .size = sizeof(info) };
	uint64_t iova = 0;
	uint32_t areas;

	check(address, iommufd_open_pci(ctx, address, NULL, &other));
	/* Before anything is mapped: what is off cannot be. */
	memory_decoding(1);
	check("device memory", iommufd_device_memory_new(ioas, 0, &memory));
	check("BAR",
	      iommufd_device_memory_add_bar(memory, iommufd_device_vfio(other),
					    bar, NULL, &areas));
	check_that("nothing of this BAR can be mapped", areas > 0);
	check("map",
	      iommufd_device_memory_map(memory, bar, access_both, &iova));
	printf("memory    %s, BAR %" PRIu32 ", at IOVA 0x%" PRIx64 "\n",
	       address, bar, iova);
	check("state", iommufd_device_memory_get_info(memory, &info));
	say_state(&info);
	map_for_processor(bar);
	nvme_use_buffers(&nvme, &bar_memory);
}

/* ---- the story ----------------------------------------------------------- */

static void story(const char *address)
{
	printf("\nThe controller reads its disk, straight into that memory.\n");
	read_into_device();

	/* No DMA may be under way now: it would be refused. */
	printf("\n%s is reset. The mapping is lost, and the kernel tells "
	       "nobody:\nwe know of the reset, and have it mapped again.\n",
	       address);
	check("reset", iommufd_vfio_reset(iommufd_device_vfio(other)));
	refresh();
	read_into_device();

	printf("\nIts memory decoding is switched off, as a guest may do.\n");
	memory_decoding(0);
	refresh();
	printf("\nIt is switched on again.\n");
	memory_decoding(1);
	refresh();
	read_into_device();
}

static void end(void)
{
	nvme_stop(&nvme);
	munmap(bar_memory.memory, bar_memory.length);
	check("end", iommufd_device_memory_destroy(memory));
	iommufd_device_close(disk);
	iommufd_device_close(other);
	check("destroy", iommufd_ioas_destroy(ioas));
	iommufd_ctx_close(ctx);
	munmap(queues.memory, queues.length);
	munmap(ordinary.memory, ordinary.length);
}

int main(int argc, char **argv)
{
	char *rest = "";
	unsigned long bar = 0;

	if (argc == 4)
		bar = strtoul(argv[3], &rest, 10);
	if (argc != 4 || *rest || rest == argv[3] || bar > 5) {
		fprintf(stderr, "usage: peer-to-peer PCI-ADDRESS-OF-NVME "
				"PCI-ADDRESS BAR\n"
				"The BAR is plain memory, and overwritten.\n");
		return 2;
	}
	check("open", iommufd_ctx_open(NULL, &ctx));
	start_disk(argv[1]);
	/* What the disk has, by way of main memory: to compare with. */
	read_disk();
	add_memory(argv[2], (uint32_t)bar);
	story(argv[2]);
	end();
	printf("\n%u wrong\n", wrong);
	return wrong != 0;
}
