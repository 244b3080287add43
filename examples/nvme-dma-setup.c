/* SPDX-License-Identifier: MIT */
/*
 * The part of nvme-dma that a program with any other device needs just so:
 * find, open and bind the device, make address spaces and page tables, map
 * memory, attach.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "nvme-dma.h"

#define MAX_RANGES 16

static const char *iommu_name(uint32_t type)
{
	switch (type) {
	case IOMMUFD_HW_INFO_INTEL_VTD:
		return "Intel VT-d";
	case IOMMUFD_HW_INFO_ARM_SMMUV3:
		return "Arm SMMUv3";
	case IOMMUFD_HW_INFO_TEGRA241_CMDQV:
		return "NVIDIA Tegra241 CMDQV";
	case IOMMUFD_HW_INFO_AMD:
		return "AMD";
	default:
		return "of a kind that the kernel does not describe";
	}
}

/* What there is between the device and memory. */
static int describe_iommu(struct setup *setup)
{
	struct iommufd_hw_info info = { .size = sizeof(info) };
	int ret;

	ret = iommufd_device_get_hw_info(setup->device, IOMMUFD_HW_INFO_DEFAULT,
					 NULL, 0, &info);
	if (ret)
		return complain(setup, "ask about the IOMMU", ret);
	printf("IOMMU     %s, dirty tracking: %s, PASID bits: %" PRIu32 "\n",
	       iommu_name(info.type),
	       info.capabilities & IOMMUFD_HW_CAP_DIRTY_TRACKING ? "yes" : "no",
	       info.max_pasid_log2);
	return 0;
}

/* As many as fit were filled in, and all were counted. */
static void say_more(const char *what, uint32_t count)
{
	if (count > MAX_RANGES)
		printf("%-9s %" PRIu32 " more\n", what, count - MAX_RANGES);
}

/* The windows that no mapping may touch are known before anything is mapped. */
static int describe_windows(struct setup *setup)
{
	struct iommufd_reserved_info windows[MAX_RANGES];
	uint32_t count = MAX_RANGES;
	int ret;

	ret = iommufd_find_reserved(&setup->node, windows, &count);
	if (ret && !iommufd_is(ret, IOMMUFD_CAUSE_ARRAY_SHORT))
		return complain(setup, "find the reserved windows", ret);
	for (uint32_t i = 0; i < count && i < MAX_RANGES; i++)
		printf("reserved  0x%012" PRIx64 " to 0x%012" PRIx64 ": %s\n",
		       windows[i].start, windows[i].last,
		       iommufd_reserved_name(windows[i].type));
	say_more("reserved", count);
	return 0;
}

/* What is left for mappings, now that there are a page table and a device. */
static int describe_ranges(struct setup *setup)
{
	struct iommufd_iova_range ranges[MAX_RANGES] = { 0 };
	uint32_t count = MAX_RANGES;
	uint64_t alignment;
	int ret;

	ret = iommufd_ioas_iova_ranges(setup->space[0].ioas, ranges, &count,
				       &alignment);
	if (ret && !iommufd_is(ret, IOMMUFD_CAUSE_ARRAY_SHORT))
		return complain(setup, "ask for the usable IOVAs", ret);
	for (uint32_t i = 0; i < count && i < MAX_RANGES; i++)
		printf("usable    0x%012" PRIx64 " to 0x%012" PRIx64
		       ", in units of %" PRIu64 " bytes\n",
		       ranges[i].start, ranges[i].last, alignment);
	say_more("usable", count);
	return 0;
}

int setup_device(struct setup *setup, const char *address)
{
	struct iommufd_vfio *file = NULL;
	int ret;

	setup->node.size = sizeof(setup->node);
	ret = iommufd_find_pci(address, NULL, &setup->node);
	if (ret)
		return complain(setup, address, ret);
	ret = iommufd_ctx_open(NULL, &setup->ctx);
	if (ret)
		return complain(setup, "/dev/iommu", ret);
	ret = iommufd_find_open(&setup->node, &file);
	if (ret)
		return complain(setup, setup->node.node, ret);

	/* A virtual machine gives the file to KVM here, before the bind. */
	ret = iommufd_vfio_bind(file, setup->ctx, NULL);
	if (!ret)
		ret = iommufd_device_from_vfio(file, &setup->device);
	if (ret)
		complain(setup, "bind the device", ret);
	/* From now on the device holds the file, or nobody does. */
	iommufd_vfio_close(file);
	if (ret)
		return -1;

	printf("device    %s, %s, group %" PRIu32 ", driver %s\n", address,
	       setup->node.node, setup->node.group, setup->node.driver);
	if (describe_iommu(setup))
		return -1;
	return describe_windows(setup);
}

/*
 * A page table of our own making, for both address spaces: it is there before
 * the device is attached, and it can be gone back to.
 */
static int make_space(struct setup *setup, struct space *space)
{
	int ret;

	ret = iommufd_ioas_alloc(setup->ctx, 0, &space->ioas);
	if (ret)
		return complain(setup, "make an address space", ret);
	ret = iommufd_hwpt_alloc(setup->device, iommufd_ioas_id(space->ioas),
				 NULL, &space->hwpt);
	if (ret)
		return complain(setup, "make a page table", ret);
	return 0;
}

/* Takes memory and maps it into the first address space. */
static int map_memory(struct setup *setup, struct dma_memory *part,
		      const char *name, uint64_t length, uint32_t access)
{
	int ret;

	part->memory = mmap(NULL, length, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (part->memory == MAP_FAILED) {
		part->memory = NULL;
		fprintf(stderr, "nvme-dma: no memory\n");
		return -1;
	}
	part->length = length;
	/* No fixed IOVA: the kernel chooses one that is free and usable. */
	ret = iommufd_ioas_map(setup->space[0].ioas, part->memory, length,
			       access, &part->iova);
	if (ret)
		return complain(setup, "map memory", ret);
	printf("mapped    %s, %" PRIu64 " KiB at IOVA 0x%" PRIx64 "\n", name,
	       length >> 10, part->iova);
	return 0;
}

/* The same memory at the same IOVA in the second address space. */
static int copy_mapping(struct setup *setup, const struct dma_memory *part,
			uint32_t access)
{
	struct iommufd_extent extent = { part->iova, part->length };
	uint64_t iova = part->iova;
	int ret;

	ret = iommufd_ioas_copy(setup->space[1].ioas, setup->space[0].ioas,
				&extent, IOMMUFD_MAP_FIXED_IOVA | access,
				&iova);
	if (ret)
		return complain(setup, "copy a mapping", ret);
	return 0;
}

int setup_spaces(struct setup *setup)
{
	/* The controller reads and writes its queues, but only fills buffers. */
	const uint32_t both = IOMMUFD_MAP_READABLE | IOMMUFD_MAP_WRITEABLE;
	const uint32_t fill = IOMMUFD_MAP_WRITEABLE;
	int ret;

	if (make_space(setup, &setup->space[0]) ||
	    make_space(setup, &setup->space[1]))
		return -1;
	/*
	 * The device's reserved windows enter an address space when the device
	 * is attached. Whoever maps after that cannot collide with them.
	 */
	ret = iommufd_device_attach(
		setup->device, iommufd_hwpt_id(setup->space[0].hwpt), NULL);
	if (ret)
		return complain(setup, "attach the device", ret);
	if (describe_ranges(setup) ||
	    map_memory(setup, &setup->queues, "queues", NVME_QUEUE_MEMORY,
		       both) ||
	    map_memory(setup, &setup->buffers, "buffers", NVME_BUFFER_MEMORY,
		       fill))
		return -1;
	if (copy_mapping(setup, &setup->queues, both))
		return -1;
	return copy_mapping(setup, &setup->buffers, fill);
}

int setup_controller(struct setup *setup)
{
	struct nvme *nvme = &setup->nvme;

	if (nvme_start(nvme, iommufd_device_vfio(setup->device), &setup->queues,
		       &setup->buffers)) {
		fprintf(stderr, "nvme-dma: %s\n", nvme->trouble);
		return -1;
	}
	printf("disk      %s, serial %s, %" PRIu64
	       " MiB; %d reads of %u KiB in flight\n",
	       nvme->model, nvme->serial, nvme->blocks * nvme->block_size >> 20,
	       NVME_DEPTH, nvme->transfer >> 10);
	return 0;
}

int setup_switch(struct setup *setup)
{
	const struct space *from = &setup->space[setup->active];
	const struct space *to = &setup->space[!setup->active];
	/* Should it be refused, this is enough to go back to where we were. */
	struct iommufd_replacement replacement = {
		.size = sizeof(replacement),
		.device = setup->device,
		.page_table = iommufd_hwpt_id(to->hwpt),
		.old_page_table = iommufd_hwpt_id(from->hwpt),
	};
	int ret = iommufd_replace(&replacement);

	if (ret)
		return complain(setup, "replace the page table", ret);
	if (replacement.in_force != iommufd_hwpt_id(to->hwpt)) {
		fprintf(stderr, "nvme-dma: another page table is in force\n");
		return -1;
	}
	setup->active = !setup->active;
	return 0;
}

static void unmap_memory(struct dma_memory *part)
{
	if (part->memory)
		munmap(part->memory, part->length);
}

void setup_end(struct setup *setup)
{
	nvme_stop(&setup->nvme);
	/* Closing the device detaches it: only then page tables can go. */
	iommufd_device_close(setup->device);
	for (int i = 0; i < 2; i++) {
		struct space *space = &setup->space[i];

		if (iommufd_hwpt_destroy(space->hwpt))
			iommufd_hwpt_release(space->hwpt);
		if (iommufd_ioas_destroy(space->ioas))
			iommufd_ioas_release(space->ioas);
	}
	iommufd_ctx_close(setup->ctx);
	unmap_memory(&setup->queues);
	unmap_memory(&setup->buffers);
	free(setup->expected);
}
