/* SPDX-License-Identifier: MIT */
/* A driver for QEMU's edu device, a small DMA engine with a buffer of its own. */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "smmu-guest.h"

enum {
	EDU_SOURCE = 0x80,
	EDU_TARGET = 0x88,
	EDU_COUNT = 0x90,
	EDU_COMMAND = 0x98,

	EDU_RUN = 1 << 0,
	EDU_TO_MEMORY = 1 << 1,

	EDU_BUFFER = 0x40000,

	PCI_COMMAND = 4,
	PCI_MEMORY_AND_MASTER = 6,
};

static int system_failed(void)
{
	return iommufd_make_error(IOMMUFD_CAUSE_UNSPECIFIC, errno);
}

int engine_begin(struct engine *engine, struct iommufd_vfio *file)
{
	const uint16_t enable = PCI_MEMORY_AND_MASTER;
	struct iommufd_region_info config = { .size = sizeof(config) };
	struct iommufd_region_info bar = { .size = sizeof(bar) };
	const int fd = iommufd_vfio_fd(file);
	void *registers;
	int ret = iommufd_vfio_get_region_info(file, IOMMUFD_REGION_PCI_CONFIG,
					       &config, NULL, NULL);

	if (!ret)
		ret = iommufd_vfio_get_region_info(
			file, IOMMUFD_REGION_PCI_BAR0, &bar, NULL, NULL);
	if (ret)
		return ret;
	if (pwrite(fd, &enable, sizeof(enable),
		   (off_t)config.offset + PCI_COMMAND) != sizeof(enable))
		return system_failed();
	registers = mmap(NULL, bar.length, PROT_READ | PROT_WRITE, MAP_SHARED,
			 fd, (off_t)bar.offset);
	if (registers == MAP_FAILED)
		return system_failed();
	*engine =
		(struct engine){ .registers = registers, .length = bar.length };
	return 0;
}

void engine_end(struct engine *engine)
{
	munmap((void *)(uintptr_t)engine->registers, engine->length);
}

static volatile uint64_t *engine_register(struct engine *engine,
					  unsigned int offset)
{
	return (volatile uint64_t *)(engine->registers + offset);
}

static void transfer(struct engine *engine, uint64_t from, uint64_t to,
		     uint32_t length, uint64_t command)
{
	*engine_register(engine, EDU_SOURCE) = from;
	*engine_register(engine, EDU_TARGET) = to;
	*engine_register(engine, EDU_COUNT) = length;
	*engine_register(engine, EDU_COMMAND) = command | EDU_RUN;
	/* The memory of a refused transfer is not touched, but it ends too. */
	while (*engine_register(engine, EDU_COMMAND) & EDU_RUN)
		usleep(1000);
}

void engine_read(struct engine *engine, uint64_t address, uint32_t length)
{
	transfer(engine, address, EDU_BUFFER, length, 0);
}

void engine_write(struct engine *engine, uint64_t address, uint32_t length)
{
	transfer(engine, EDU_BUFFER, address, length, EDU_TO_MEMORY);
}
