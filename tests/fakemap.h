/* SPDX-License-Identifier: MIT */
/*
 * A DMA map over a kernel that is replaced, and the calls with the usual
 * arguments. Included by one file of a program, as fakeioas.h is.
 */
#ifndef TESTS_FAKEMAP_H
#define TESTS_FAKEMAP_H

#include <iommufd/util/util.h>

#include "fakeioas.h"
#include "fixture.h"

#define MEMORY(n) ((void *)(uintptr_t)(UINT64_C(0x7f0000000000) + (n)*PAGE))

static struct fake_space space;
static struct iommufd_dma_map *map;
static struct iommufd_dma_cursor cursor;

static void setup(void)
{
	space = fake_space();
	OK(iommufd_dma_map_new(space.ioas, 0, &map));
	iommufd_dma_cursor_init(&cursor, map);
}

static void end(void)
{
	OK(iommufd_dma_map_destroy(map));
	fake_space_end(&space);
}

static struct iommufd_dma_map_info info(void)
{
	struct iommufd_dma_map_info i = { .size = sizeof(i) };

	OK(iommufd_dma_map_get_info(map, &i));
	return i;
}

static int add(void *memory, uint64_t length, uint32_t flags)
{
	const struct iommufd_dma_register_opts opts = { .size = sizeof(opts),
							.flags = flags };
	uint64_t iova;

	return iommufd_dma_map_register(map, memory, length, RW, &opts, &iova);
}

static int take(const void *memory, uint64_t length)
{
	return iommufd_dma_map_unregister(map, memory, length, 0, NULL);
}

#endif /* TESTS_FAKEMAP_H */
