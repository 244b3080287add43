/* SPDX-License-Identifier: MIT */
/* Dirty tracking: what the bitmap says. */
#include <string.h>
#include <sys/mman.h>

#include "dirty.h"
#include "harness.h"

#define KIB UINT64_C(0x400)

START_TEST(relative_to_the_first_address)
{
	dirty_mark(tracked.hwpt, MOCK_FIRST + 3 * PAGE, 2 * PAGE);
	ck_assert_uint_eq(dirty_get(tracked.hwpt, MOCK_FIRST, DIRTY_LENGTH,
				    IOMMUFD_DIRTY_NO_CLEAR),
			  0x18);
	ck_assert_uint_eq(dirty_get(tracked.hwpt, MOCK_FIRST + 3 * PAGE,
				    4 * PAGE, IOMMUFD_DIRTY_NO_CLEAR),
			  3);
	ck_assert_uint_eq(
		dirty_get(tracked.hwpt, MOCK_FIRST + 4 * PAGE, 4 * PAGE, 0), 1);
	/* Cleared is what was reported, and nothing else. */
	ck_assert_uint_eq(dirty_get(tracked.hwpt, MOCK_FIRST, DIRTY_LENGTH, 0),
			  8);
	ck_assert_uint_eq(dirty_get(tracked.hwpt, MOCK_FIRST, DIRTY_LENGTH, 0),
			  0);
	dirty_end();
}
END_TEST

START_TEST(bits_add_up)
{
	struct iommufd_hwpt_get_dirty_bitmap_opts opts =
		dirty_opts(MOCK_FIRST, DIRTY_LENGTH);

	tracked.bits[0] = 0x8000;
	dirty_mark(tracked.hwpt, MOCK_FIRST, PAGE);
	OK(dirty_query(&opts));
	dirty_mark(tracked.hwpt, MOCK_FIRST + 2 * PAGE, PAGE);
	OK(dirty_query(&opts));
	ck_assert_uint_eq(tracked.bits[0], 0x8005);
	OK(dirty_query(&opts));
	ck_assert_uint_eq(tracked.bits[0], 0x8005);
	ck_assert_uint_eq(tracked.bits[1], 0);
	dirty_end();
}
END_TEST

/* A bit of a larger unit is set if any page of it is dirty. */
START_TEST(coarse_bits)
{
	struct iommufd_hwpt_get_dirty_bitmap_opts opts =
		dirty_opts(MOCK_FIRST, DIRTY_LENGTH);

	dirty_mark(tracked.hwpt, MOCK_FIRST + 7 * PAGE, 2 * PAGE);
	opts.page_size = 4 * PAGE;
	opts.flags = IOMMUFD_DIRTY_NO_CLEAR;
	OK(dirty_query(&opts));
	ck_assert_uint_eq(tracked.bits[0], 6);
	ck_assert_uint_eq(dirty_get(tracked.hwpt, MOCK_FIRST, DIRTY_LENGTH, 0),
			  0x180);
	dirty_end();
}
END_TEST

/* Success, although what comes after the hole is neither told nor cleared. */
START_TEST(a_hole_ends_the_walk)
{
	unmap_at(tracked.ioas, DIRTY_LENGTH, MOCK_FIRST);
	map_at(tracked.ioas, tracked.memory, 4 * PAGE, MOCK_FIRST);
	map_at(tracked.ioas, tracked.memory, 4 * PAGE, MOCK_FIRST + 8 * PAGE);
	dirty_mark(tracked.hwpt, MOCK_FIRST, 4 * PAGE);
	dirty_mark(tracked.hwpt, MOCK_FIRST + 8 * PAGE, 4 * PAGE);
	ck_assert_uint_eq(dirty_get(tracked.hwpt, MOCK_FIRST, DIRTY_LENGTH, 0),
			  0xf);
	ck_assert_uint_eq(dirty_get(tracked.hwpt, MOCK_FIRST, DIRTY_LENGTH, 0),
			  0);
	ck_assert_uint_eq(
		dirty_get(tracked.hwpt, MOCK_FIRST + 8 * PAGE, 4 * PAGE, 0),
		0xf);
	/* A range that begins with a hole has nothing at all. */
	dirty_mark(tracked.hwpt, MOCK_FIRST + 8 * PAGE, 4 * PAGE);
	ck_assert_uint_eq(
		dirty_get(tracked.hwpt, MOCK_FIRST + 4 * PAGE, 8 * PAGE, 0), 0);
	dirty_end();
}
END_TEST

/* Success again, and the record is cleared all the same. */
START_TEST(a_bitmap_that_cannot_be_written)
{
	const struct iommufd_hwpt_get_dirty_bitmap_opts opts =
		dirty_opts(MOCK_FIRST, DIRTY_LENGTH);
	void *page = harness_memory(PAGE);

	ck_assert_int_eq(mprotect(page, PAGE, PROT_READ), 0);
	dirty_mark(tracked.hwpt, MOCK_FIRST, DIRTY_LENGTH);
	OK(iommufd_hwpt_get_dirty_bitmap(tracked.hwpt, &opts, page));
	ck_assert_uint_eq(*(const uint64_t *)page, 0);
	ck_assert_uint_eq(dirty_get(tracked.hwpt, MOCK_FIRST, DIRTY_LENGTH, 0),
			  0);
	dirty_end();
}
END_TEST

/* ---- sizes --------------------------------------------------------------- */

/* Bytes that the mock's page table maps in one piece, and so are one bit. */
static uint64_t granule(int huge)
{
	if (!strcmp(harness_kernel(), "lts"))
		return MOCK_PAGE;
	return huge ? 2 * MIB : PAGE;
}

/* Every second granule is dirty, and nothing else. */
static int expected(uint64_t page, uint64_t page_size, uint64_t unit)
{
	if (page_size > unit)
		return 1;
	return page * page_size / unit % 2 == 0;
}

/* In a bitmap that begins somewhere, and may cross pages of memory. */
static void check_bits(uint64_t length, uint64_t unit, uint64_t page_size,
		       uint32_t flags)
{
	static _Alignas(4096) uint64_t room[2 * DIRTY_WORDS];
	uint64_t *bitmap = room + 4096 / 8 - 1, pages = length / page_size;
	struct iommufd_hwpt_get_dirty_bitmap_opts opts =
		dirty_opts(MOCK_FIRST, length);

	memset(room, 0, sizeof(room));
	opts.page_size = page_size;
	opts.bitmap_length = (pages + 63) / 64 * 8;
	opts.flags = flags;
	OK(iommufd_hwpt_get_dirty_bitmap(tracked.hwpt, &opts, bitmap));
	for (uint64_t i = 0; i < pages; i++)
		if ((int)(bitmap[i / 64] >> i % 64 & 1) !=
		    expected(i, page_size, unit))
			ck_abort_msg("bit %ju of %ju, pages of %ju", i, pages,
				     page_size);
	ck_assert_uint_eq(bitmap[-1], 0);
	ck_assert_uint_eq(bitmap[(pages + 63) / 64], 0);
}

/* Piece by piece: pages that are neighbours in memory may become one bit. */
static void map_pages(unsigned char *memory, uint64_t length, uint64_t piece)
{
	for (uint64_t at = 0; at < length; at += piece)
		map_at(tracked.ioas, memory + at, piece, MOCK_FIRST + at);
}

static void check_size(uint64_t length, int huge)
{
	const uint64_t unit = granule(huge);
	void *big = huge ? harness_huge_memory(length) : harness_memory(length);

	unmap_at(tracked.ioas, DIRTY_LENGTH, MOCK_FIRST);
	OK(iommufd_ioas_huge_pages_set(tracked.ioas, (uint32_t)huge));
	map_pages(big, length, huge ? 2 * MIB : length);
	dirty_mark_every(2 * unit, length);
	check_bits(length, unit, MOCK_PAGE, IOMMUFD_DIRTY_NO_CLEAR);
	check_bits(length, unit, PAGE, IOMMUFD_DIRTY_NO_CLEAR);
	check_bits(length, unit, 2 * unit, 0);
	ck_assert_uint_eq(dirty_get(tracked.hwpt, MOCK_FIRST, length, 0), 0);
	for (uint64_t i = 0; i < length / PAGE / 64; i++)
		ck_assert_uint_eq(tracked.bits[i], 0);
	unmap_at(tracked.ioas, length, MOCK_FIRST);
	munmap(big, length);
	dirty_end();
}

static const uint64_t small[] = { 8 * KIB,   16 * KIB, 64 * KIB, 128 * KIB,
				  256 * KIB, MIB,      64 * MIB, 128 * MIB };
static const uint64_t large[] = { 4 * MIB, 64 * MIB, 128 * MIB };

/* Once more from the start for each size: HUGE_PAGES is set while empty. */
START_TEST(pages_of_one_size)
{
	for (size_t i = 0; i < sizeof(small) / sizeof(small[0]); i++) {
		if (i)
			dirty_setup();
		check_size(small[i], 0);
	}
}
END_TEST

START_TEST(huge_pages)
{
	for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++) {
		if (i)
			dirty_setup();
		check_size(large[i], 1);
	}
}
END_TEST

static const TTest **const contents[] = {
	&relative_to_the_first_address,
	&bits_add_up,
	&coarse_bits,
	&a_hole_ends_the_walk,
	&a_bitmap_that_cannot_be_written,
	&pages_of_one_size,
	&huge_pages,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "contents",
		  .setup = dirty_setup,
		  .tests = contents,
		  .timeout = 120 },
	};

	return harness_run("dirty_bitmap", cases, 1);
}
