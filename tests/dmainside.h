/* SPDX-License-Identifier: MIT */
/*
 * The inside of a DMA map, and regions in it that come and go, for tests that look
 * at its nodes and hints. Included by one file of a program, which may say before
 * what happens between two accesses of a reader.
 */
#ifndef TESTS_DMAINSIDE_H
#define TESTS_DMAINSIDE_H

#include <iommufd/util/util.h>

#include "fakeioas.h"

#include "util/dma_map.c"
#include "util/dma_map_find.c"
#include "util/dma_map_hints.c"
#include "util/dma_map_list.c"
#include "util/dma_map_memory.c"
#include "util/dma_map_register.c"
#include "util/dma_map_tree.c"
#include "util/structs.c"

#define PAGE  UINT64_C(4096)
#define RW    (IOMMUFD_MAP_READABLE | IOMMUFD_MAP_WRITEABLE)
#define BASE  UINT64_C(0x7f0000000000)
#define SLOTS 512 /* of memory, each with one page, or some with many */
#define LARGE (512 * PAGE)

static struct fake_space space;
static struct iommufd_dma_map *dma;
static struct iommufd_dma_cursor cursor;

/* What is registered now, and how often that changed. */
static struct {
	uint64_t iova; /* 0 for nothing */
	uint64_t before;
	unsigned int changes;
} slots[SLOTS];

/* Whether lengths differ, so that hints are leaves. */
static int mixed;

static int is_large(unsigned int slot)
{
	return mixed && slot % 16 == 5;
}

static uint64_t bytes_of(unsigned int slot)
{
	return is_large(slot) ? LARGE : PAGE;
}

/* Small ones have gaps, and are close enough for some to share a page of hints. */
static void *address_of(unsigned int slot)
{
	uint64_t large = mixed ? (slot + 10) / 16 * LARGE : 0;

	return (void *)(uintptr_t)(BASE + large + slot * 2 * PAGE);
}

static uint32_t state = 1;

__attribute__((unused)) static uint32_t any(uint32_t limit)
{
	state = state * 1664525 + 1013904223;
	return (state >> 8) % limit;
}

static void toggle(unsigned int slot)
{
	slots[slot].changes++;
	if (slots[slot].iova) {
		OK(iommufd_dma_map_unregister(dma, address_of(slot),
					      bytes_of(slot), 0, NULL));
		slots[slot].before = slots[slot].iova;
		slots[slot].iova = 0;
	} else {
		OK(iommufd_dma_map_register(dma, address_of(slot),
					    bytes_of(slot), RW, NULL,
					    &slots[slot].iova));
	}
}

__attribute__((unused)) static void fill(unsigned int registered)
{
	space = fake_space();
	OK(iommufd_dma_map_new(space.ioas, 0, &dma));
	iommufd_dma_cursor_init(&cursor, dma);
	for (unsigned int i = 0; i < registered; i++)
		toggle((i * 37 + 1) % SLOTS);
}

static void empty(void)
{
	OK(iommufd_dma_map_clear(dma));
	OK(iommufd_dma_map_destroy(dma));
	fake_space_end(&space);
	memset(slots, 0, sizeof(slots));
}

/* A cursor that was made while writers worked must not be believed too long. */
__attribute__((unused)) static void check_cursor(unsigned int slot)
{
	struct iommufd_extent there;
	int ret = iommufd_dma_translate(&cursor, address_of(slot), &there);

	ck_assert_int_eq(!ret, slots[slot].iova != 0);
	if (!ret)
		ck_assert_uint_eq(there.start, slots[slot].iova);
}

__attribute__((unused)) static int hints_are_leaves(void)
{
	return iommufd__dma_shift(&dma->side[DMA_ADDRESS]) >= DMA_LEAVES;
}

#endif /* TESTS_DMAINSIDE_H */
