/* SPDX-License-Identifier: MIT */
/*
 * A million operations on a DMA map, compared with a model that is too simple to
 * be wrong: an array that says of each page which region it is in.
 */
#include <stdlib.h>
#include <string.h>

#include <iommufd/util/util.h>

#include "fakeioas.h"
#include "fixture.h"

#define BASE	   UINT64_C(0x7f0000000000)
#define PAGES	   65536
#define OPERATIONS 1000000

/* A region, by its first page. */
struct region {
	uint32_t pages; /* 0 for none */
	uint32_t shares;
	uint64_t iova;
};

static struct model {
	uint32_t first[PAGES]; /* 1 more than the first page of the region */
	struct region region[PAGES];
	uint64_t regions;
} * model;

static struct fake_space space;
static struct iommufd_dma_map *map;
static struct iommufd_dma_cursor cursor;
static uint64_t state = UINT64_C(88172645463325252);

static uint32_t any(uint32_t limit)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)((state >> 32) % limit);
}

static void *address_of(uint32_t page, uint32_t offset)
{
	return (void *)(uintptr_t)(BASE + page * PAGE + offset);
}

/* The region that a range lies in, or NULL; or whether it touches one. */
static struct region *around(uint32_t page, uint32_t pages)
{
	uint32_t first = model->first[page];

	if (!first || page + pages > first - 1 + model->region[first - 1].pages)
		return NULL;
	return &model->region[first - 1];
}

static int touches(uint32_t page, uint32_t pages)
{
	for (uint32_t i = 0; i < pages; i++)
		if (model->first[page + i])
			return 1;
	return 0;
}

static uint32_t first_of(const struct region *r)
{
	return (uint32_t)(r - model->region);
}

static uint64_t iova_of(const struct region *r, uint32_t page)
{
	return r->iova + (page - first_of(r)) * PAGE;
}

static void do_register(uint32_t page, uint32_t pages)
{
	struct region *r = around(page, pages);
	uint64_t iova = 7;
	int ret = iommufd_dma_map_register(map, address_of(page, 0),
					   pages * PAGE, RW, NULL, &iova);

	if (r) {
		OK(ret);
		ck_assert_uint_eq(iova, iova_of(r, page));
		r->shares++;
	} else if (touches(page, pages)) {
		FAILS(ret, REGISTERED_IN_PART, EEXIST);
	} else {
		OK(ret);
		for (uint32_t i = 0; i < pages; i++)
			model->first[page + i] = page + 1;
		model->region[page] = (struct region){ .pages = pages,
						       .shares = 1,
						       .iova = iova };
		model->regions++;
	}
}

static void do_unregister(uint32_t page, uint32_t pages)
{
	struct region *r = around(page, pages);
	struct iommufd_extent gone = { 0 };
	int ret = iommufd_dma_map_unregister(map, address_of(page, 0),
					     pages * PAGE, 0, &gone);

	if (!r) {
		FAILS(ret, NOT_REGISTERED, ENOENT);
		return;
	}
	OK(ret);
	if (--r->shares) {
		ck_assert_uint_eq(gone.length, 0);
		return;
	}
	ck_assert_uint_eq(gone.start, r->iova);
	ck_assert_uint_eq(gone.length, r->pages * PAGE);
	memset(&model->first[first_of(r)], 0,
	       r->pages * sizeof(model->first[0]));
	r->pages = 0;
	model->regions--;
}

/* With a cursor that has been somewhere, or one that has not. */
static void do_translate(uint32_t page, int fresh)
{
	const struct region *r = around(page, 1);
	uint32_t offset = any(PAGE);
	struct iommufd_extent there;
	struct iommufd_dma_memory back;
	uint64_t left;
	int ret;

	if (fresh)
		iommufd_dma_cursor_init(&cursor, map);
	ret = iommufd_dma_translate(&cursor, address_of(page, offset), &there);
	if (!r) {
		FAILS(ret, NOT_REGISTERED, ENOENT);
		return;
	}
	left = (first_of(r) + r->pages - page) * PAGE - offset;
	if (ret || there.start != iova_of(r, page) + offset ||
	    there.length != left)
		ck_abort_msg("page %u: %d, 0x%lx, %lu", page, ret,
			     (unsigned long)there.start,
			     (unsigned long)there.length);
	if (fresh)
		iommufd_dma_cursor_init(&cursor, map);
	ret = iommufd_dma_translate_back(&cursor, there.start, &back);
	if (ret || back.start != address_of(page, offset) ||
	    back.length != left)
		ck_abort_msg("page %u: back %d, %p, %lu", page, ret, back.start,
			     (unsigned long)back.length);
}

static void compare_all(void)
{
	struct iommufd_dma_map_info info = { .size = sizeof(info) };

	for (uint32_t page = 0; page < PAGES; page++)
		do_translate(page, 1);
	OK(iommufd_dma_map_get_info(map, &info));
	ck_assert_uint_eq(info.regions, model->regions);
	ck_assert_uint_eq(fake_ioas.maps - fake_ioas.unmaps, model->regions);
}

/* Whether a length is a power of two, up to that of a limit. */
static int powers;

/* Waves: mostly more, then mostly fewer, then nothing. */
static void operate(uint32_t n, uint32_t length)
{
	uint32_t pages = powers ? 1u << any(length) : 1 + any(length);
	uint32_t page = any(PAGES - pages);
	uint32_t more = n / 100000 % 2 ? 2 : 7;

	if (any(3)) {
		do_translate(page, any(2) == 0);
	} else if (any(10) < more) {
		do_register(page, pages);
	} else if (model->first[page] && any(8)) {
		const uint32_t first = model->first[page] - 1;

		do_unregister(first, model->region[first].pages);
	} else {
		do_unregister(page, pages);
	}
	if (n % 100000 == 99999)
		compare_all();
	if (n % 200000 == 199999) {
		OK(iommufd_dma_map_clear(map));
		memset(model, 0, sizeof(*model));
		compare_all();
	}
}

static void run(uint32_t length, uint64_t gap)
{
	model = calloc(1, sizeof(*model));
	fake_ioas.gap = gap;
	space = fake_space();
	OK(iommufd_dma_map_new(space.ioas, 0, &map));
	iommufd_dma_cursor_init(&cursor, map);
	for (uint32_t n = 0; n < OPERATIONS / 4; n++)
		operate(n, length);
	OK(iommufd_dma_map_clear(map));
	OK(iommufd_dma_map_destroy(map));
	fake_space_end(&space);
	free(model);
}

/* Lengths alike or not, and IOVAs that ascend and descend. */
START_TEST(single_pages)
{
	run(1, 0);
}
END_TEST

START_TEST(alike_downwards)
{
	run(4, -UINT64_C(4) * PAGE * 2);
}
END_TEST

START_TEST(mixed)
{
	run(64, PAGE);
}
END_TEST

/* As many of each power of two: of these more small ones find a place. */
START_TEST(all_sizes)
{
	powers = 1;
	run(11, 0);
	powers = 0;
}
END_TEST

START_TEST(large)
{
	run(8192, 0);
}
END_TEST

static const TTest **const tests[] = { &single_pages, &alike_downwards, &mixed,
				       &all_sizes,    &large,		NULL };

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "random", .tests = tests },
	};

	return harness_run("dma_map_random", cases, 1);
}
