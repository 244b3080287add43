/* SPDX-License-Identifier: MIT */
/* Lists of buffers, translated in one call. */
#include <iommufd/util/util.h>

#include "fakeioas.h"
#include "fixture.h"

#define BASE	UINT64_C(0x7f0000000000)
#define IOVA	UINT64_C(0x10000000)
#define AT(n)	((void *)(uintptr_t)(BASE + (n)))
#define BUFFERS 4
#define PIECES	8

static struct fake_space space;
static struct iommufd_dma_map *map;
static struct iommufd_dma_cursor cursor;

static void add(uint64_t offset, uint64_t length, uint64_t iova)
{
	OK(iommufd_dma_map_register(map, AT(offset), length, FIXED, NULL,
				    &iova));
}

/* Two regions that are neighbours also as a device sees them, and one that is
 * only for the process. */
static void setup(void)
{
	space = fake_space();
	OK(iommufd_dma_map_new(space.ioas, 0, &map));
	iommufd_dma_cursor_init(&cursor, map);
	add(0, 4 * PAGE, IOVA);
	add(4 * PAGE, 4 * PAGE, IOVA + 4 * PAGE);
	add(8 * PAGE, 4 * PAGE, IOVA + 64 * PAGE);
}

static void teardown(void)
{
	OK(iommufd_dma_map_clear(map));
	OK(iommufd_dma_map_destroy(map));
	fake_space_end(&space);
}

struct list {
	struct {
		uint64_t offset, length;
	} buffers[BUFFERS];
	uint64_t boundary;
	uint32_t count;
	/* Relative to IOVA. */
	struct iommufd_extent pieces[PIECES];
};

static uint32_t buffers_of(const struct list *list,
			   struct iommufd_dma_memory *memory)
{
	uint32_t count = 0;

	for (; count < BUFFERS &&
	       (list->buffers[count].offset || list->buffers[count].length);
	     count++) {
		memory[count].start = AT(list->buffers[count].offset);
		memory[count].length = list->buffers[count].length;
	}
	return count;
}

static void check_pieces(const struct list *list,
			 const struct iommufd_extent *found, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		ck_assert_uint_eq(found[i].start, list->pieces[i].start + IOVA);
		ck_assert_uint_eq(found[i].length, list->pieces[i].length);
	}
}

/* With enough room, and with every room that is too small. */
static void check(const struct list *list)
{
	struct iommufd_dma_memory memory[BUFFERS];
	uint32_t count = buffers_of(list, memory);
	struct iommufd_extent found[PIECES + 1];
	uint32_t room = PIECES + 1;

	OK(iommufd_dma_map_translate_list(&cursor, memory, count,
					  list->boundary, found, &room));
	ck_assert_uint_eq(room, list->count);
	check_pieces(list, found, room);
	for (uint32_t few = 0; few < list->count; few++) {
		room = few;
		found[few] = extent(1, 2);
		FAILS(iommufd_dma_map_translate_list(&cursor, memory, count,
						     list->boundary,
						     few ? found : NULL, &room),
		      ARRAY_SHORT, EMSGSIZE);
		ck_assert_uint_eq(room, list->count);
		check_pieces(list, found, few);
		ck_assert_uint_eq(found[few].start, 1);
		ck_assert_uint_eq(found[few].length, 2);
	}
}

static const struct list lists[] = {
	/* Nothing at all, and nothing in it. */
	{ .count = 0 },
	{ .buffers = { { PAGE, 0 } }, .count = 0 },
	/* One region; two that follow each other; three of which two do. */
	{ .buffers = { { 10, 100 } }, .count = 1, .pieces = { { 10, 100 } } },
	{ .buffers = { { 10, 8 * PAGE - 10 } },
	  .count = 1,
	  .pieces = { { 10, 8 * PAGE - 10 } } },
	{ .buffers = { { 0, 12 * PAGE } },
	  .count = 2,
	  .pieces = { { 0, 8 * PAGE }, { 64 * PAGE, 4 * PAGE } } },
	/* Buffers that follow each other, and those that do not. */
	{ .buffers = { { PAGE, 10 },
		       { PAGE + 10, 20 },
		       { PAGE + 30, 0 },
		       { PAGE + 30, 1 } },
	  .count = 1,
	  .pieces = { { PAGE, 31 } } },
	{ .buffers = { { PAGE, 10 }, { PAGE + 11, 20 }, { PAGE, 10 } },
	  .count = 3,
	  .pieces = { { PAGE, 10 }, { PAGE + 11, 20 }, { PAGE, 10 } } },
	/* Pages, as a PRP list has them. */
	{ .buffers = { { 100, 2 * PAGE } },
	  .boundary = PAGE,
	  .count = 3,
	  .pieces = { { 100, PAGE - 100 },
		      { PAGE, PAGE },
		      { 2 * PAGE, 100 } } },
	{ .buffers = { { 7 * PAGE, 2 * PAGE } },
	  .boundary = PAGE,
	  .count = 2,
	  .pieces = { { 7 * PAGE, PAGE }, { 64 * PAGE, PAGE } } },
	{ .buffers = { { 0, PAGE / 2 }, { PAGE / 2, PAGE / 2 }, { PAGE, 1 } },
	  .boundary = PAGE,
	  .count = 2,
	  .pieces = { { 0, PAGE }, { PAGE, 1 } } },
	/* Larger ones, and the largest. */
	{ .buffers = { { PAGE, 6 * PAGE } },
	  .boundary = 4 * PAGE,
	  .count = 2,
	  .pieces = { { PAGE, 3 * PAGE }, { 4 * PAGE, 3 * PAGE } } },
	{ .buffers = { { PAGE, 6 * PAGE } },
	  .boundary = UINT64_C(1) << 63,
	  .count = 1,
	  .pieces = { { PAGE, 6 * PAGE } } },
	{ .buffers = { { PAGE, 4 } },
	  .boundary = 1,
	  .count = 4,
	  .pieces = { { PAGE, 1 },
		      { PAGE + 1, 1 },
		      { PAGE + 2, 1 },
		      { PAGE + 3, 1 } } },
};

START_TEST(pieces)
{
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		check(&lists[i]);
}
END_TEST

/* An IOVA of 0 is at a multiple of any boundary, and that of none, too. */
START_TEST(from_iova_0)
{
	const uint64_t boundaries[] = { 0, 4 * PAGE };
	const struct iommufd_dma_memory memory[] = {
		{ AT(17 * PAGE), PAGE },
		{ AT(16 * PAGE), PAGE },
		{ AT(17 * PAGE), PAGE },
	};

	add(16 * PAGE, PAGE, 0);
	add(17 * PAGE, PAGE, PAGE);
	for (int i = 0; i < 2; i++) {
		struct iommufd_extent found[4];
		uint32_t room = 4;

		OK(iommufd_dma_map_translate_list(&cursor, memory, 3,
						  boundaries[i], found, &room));
		ck_assert_uint_eq(room, 2);
		ck_assert_uint_eq(found[0].start, PAGE);
		ck_assert_uint_eq(found[0].length, PAGE);
		ck_assert_uint_eq(found[1].start, 0);
		ck_assert_uint_eq(found[1].length, 2 * PAGE);
	}
}
END_TEST

START_TEST(not_registered)
{
	const struct iommufd_dma_memory memory[] = {
		{ AT(0), PAGE }, { AT(11 * PAGE), PAGE + 1 }
	};
	struct iommufd_extent found[4];
	uint32_t room = 4;
	int ret;

	ret = iommufd_dma_map_translate_list(&cursor, memory, 2, 0, found,
					     &room);
	FAILS(ret, NOT_REGISTERED, ENOENT);
	ck_assert_uint_eq(harness_failure(ret).memory, BASE + 12 * PAGE);
	ck_assert_uint_eq(room, 4);
}
END_TEST

START_TEST(wrong_arguments)
{
	const struct iommufd_dma_memory memory = { AT(0), PAGE };
	struct iommufd_dma_cursor none = { .map = NULL };
	struct iommufd_extent found;
	uint32_t room = 1;

	FAILS(iommufd_dma_map_translate_list(NULL, &memory, 1, 0, &found,
					     &room),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_dma_map_translate_list(&none, &memory, 1, 0, &found,
					     &room),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_dma_map_translate_list(&cursor, NULL, 1, 0, &found,
					     &room),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_dma_map_translate_list(&cursor, &memory, 1, 0, NULL,
					     &room),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_dma_map_translate_list(&cursor, &memory, 1, 0, &found,
					     NULL),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_dma_map_translate_list(&cursor, &memory, 1, 3 * PAGE,
					     &found, &room),
	      BAD_VALUE, EINVAL);
	ck_assert_uint_eq(room, 1);
}
END_TEST

static const TTest **const tests[] = { &pieces, &from_iova_0, &not_registered,
				       &wrong_arguments, NULL };

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "list",
		  .setup = setup,
		  .teardown = teardown,
		  .tests = tests },
	};

	return harness_run("dma_map_list", cases, 1);
}
