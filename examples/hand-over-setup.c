/* SPDX-License-Identifier: MIT */
/* The old program's beginning and the new one's end: nothing special in it. */
#include <stddef.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hand-over.h"

/*
 * Only mappings of files can go to another process: of the memory of this one
 * nothing is left when it runs another program.
 */
static void map_memory(struct program *program)
{
	const uint32_t access = IOMMUFD_MAP_READABLE | IOMMUFD_MAP_WRITEABLE;
	const struct iommufd_extent all = { 0, sizeof(struct memory) };

	program->memory_fd = memfd_create("memory", MFD_CLOEXEC);
	if (program->memory_fd < 0 ||
	    ftruncate(program->memory_fd, sizeof(struct memory)))
		die("no memory file");
	setup_memory(program);
	check("map", iommufd_ioas_map_file(program->ioas, program->memory_fd,
					   &all, access, &program->iova));
}

void setup_memory(struct program *program)
{
	void *memory = mmap(NULL, sizeof(struct memory), PROT_READ | PROT_WRITE,
			    MAP_SHARED, program->memory_fd, 0);

	if (memory == MAP_FAILED)
		die("the memory file cannot be mapped");
	program->memory = memory;
}

static void start_disk(struct program *program)
{
	struct memory *memory = program->memory;
	const struct dma_memory queues = { memory->queues, NVME_QUEUE_MEMORY,
					   program->iova };
	const struct dma_memory buffers = {
		memory->buffers, NVME_BUFFER_MEMORY,
		program->iova + offsetof(struct memory, buffers)
	};

	if (nvme_start(&memory->nvme, iommufd_device_vfio(program->device),
		       &queues, &buffers))
		die(memory->nvme.trouble);
}

void setup_begin(struct program *program, const char *address)
{
	check("open", iommufd_ctx_open(NULL, &program->ctx));
	check(address,
	      iommufd_open_pci(program->ctx, address, NULL, &program->device));
	check("address space",
	      iommufd_ioas_alloc(program->ctx, 0, &program->ioas));
	check("page table", iommufd_hwpt_alloc(program->device,
					       iommufd_ioas_id(program->ioas),
					       NULL, &program->hwpt));
	check("attach",
	      iommufd_device_attach(program->device,
				    iommufd_hwpt_id(program->hwpt), NULL));
	map_memory(program);
	start_disk(program);
}

void setup_end(struct program *program)
{
	nvme_stop(&program->memory->nvme);
	iommufd_device_close(program->device);
	check("end the page table", iommufd_hwpt_destroy(program->hwpt));
	check("end the address space", iommufd_ioas_destroy(program->ioas));
	iommufd_ctx_close(program->ctx);
	munmap(program->memory, sizeof(struct memory));
	close(program->memory_fd);
}
