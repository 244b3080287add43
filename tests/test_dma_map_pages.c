/* SPDX-License-Identifier: MIT */
/*
 * Regions that are one page of a DMA map's hints, and so are in the table
 * themselves: that they are, that no other region ever is, and that a reader who is
 * stopped while pages get another size, or the table is made anew, is not misled.
 */
static void pause_reader(void);
#define IOMMUFD__DMA_PAUSE() pause_reader()

#include "dmainside.h"

static struct {
	unsigned int at, passed;
	void (*happens)(void);
} stop;

static void pause_reader(void)
{
	if (++stop.passed == stop.at)
		stop.happens();
}

/* The region that is registered there, whichever way it is found. */
static void check_at(uint64_t address, uint64_t iova, uint64_t length)
{
	struct iommufd_dma_memory memory;
	struct iommufd_extent there;

	iommufd_dma_cursor_init(&cursor, dma);
	OK(iommufd_dma_translate(&cursor, (void *)(uintptr_t)(address + 5),
				 &there));
	ck_assert_uint_eq(there.start, iova + 5);
	ck_assert_uint_eq(there.length, length - 5);
	iommufd_dma_cursor_init(&cursor, dma);
	OK(iommufd_dma_translate_back(&cursor, iova + length - 1, &memory));
	ck_assert_uint_eq((uintptr_t)memory.start, address + length - 1);
	ck_assert_uint_eq(memory.length, 1);
}

static void add_at(uint64_t address, uint64_t iova, uint64_t length)
{
	OK(iommufd_dma_map_register(dma, (void *)(uintptr_t)address, length,
				    RW | IOMMUFD_MAP_FIXED_IOVA, NULL, &iova));
}

/* ---- what is in the table --------------------------------------------------- */

static uint64_t hint_of(unsigned int which, uint64_t key)
{
	return spot_of(&dma->side[which], key).hint;
}

static uint64_t count_pages(unsigned int which)
{
	struct iommufd__dma_hints *hints =
		iommufd__dma_hints(&dma->side[which]);
	uint64_t count = 0;

	for (uint64_t i = 0; i <= hints->mask; i++)
		count += !!(hints->slot[i] & DMA_IS_PAGE);
	return count;
}

static void check_size(uint32_t shift)
{
	const uint64_t size = UINT64_C(1) << shift, iova = 7 * size, n = 3000;

	space = fake_space();
	OK(iommufd_dma_map_new(space.ioas, 0, &dma));
	for (uint64_t i = 0; i < n; i++)
		add_at((n - i) * size, iova + i * size, size);
	for (uint64_t i = 0; i < n; i++)
		check_at((n - i) * size, iova + i * size, size);
	ck_assert(!hints_are_leaves());
	for (unsigned int i = 0; i < DMA_SIDES; i++)
		ck_assert_uint_eq(count_pages(i), n);
	empty();
}

/* In a row, and more than the first table has slots. */
START_TEST(regions_of_one_size)
{
	for (uint32_t shift = 12; shift < 40; shift += 3)
		check_size(shift);
}
END_TEST

/* Some that are not aligned, on one side or both, or are not one page. */
START_TEST(regions_that_are_no_page)
{
	const uint64_t size = 16 * PAGE, address = UINT64_C(1) << 40;
	uint64_t pages = 0;

	space = fake_space();
	OK(iommufd_dma_map_new(space.ioas, 0, &dma));
	for (uint64_t i = 0; i < 1000; i++) {
		uint64_t a = address + 2 * i * size + (i % 8 ? 0 : PAGE);
		uint64_t b = 2 * i * size + (i & 2 ? PAGE : 0);

		add_at(a, b, i & 4 ? size - PAGE : size);
		pages += i % 8 && !(i & 6);
	}
	for (unsigned int i = 0; i < DMA_SIDES; i++)
		ck_assert_uint_eq(count_pages(i), pages);
	for (uint64_t i = 0; i < 1000; i++)
		check_at(address + 2 * i * size + (i % 8 ? 0 : PAGE),
			 2 * i * size + (i & 2 ? PAGE : 0),
			 i & 4 ? size - PAGE : size);
	empty();
}
END_TEST

/* Numbers that a hint has no room for. */
START_TEST(regions_far_away)
{
	const uint64_t far = UINT64_C(1) << (12 + 37), near = UINT64_C(1) << 12;
	const uint64_t other = UINT64_C(1) << (12 + 35);

	space = fake_space();
	OK(iommufd_dma_map_new(space.ioas, 0, &dma));
	add_at(near, far, PAGE);
	ck_assert_uint_eq(count_pages(DMA_ADDRESS), 0);
	ck_assert_uint_eq(count_pages(DMA_IOVA), 0);
	add_at(far - PAGE, near, PAGE);
	ck_assert_uint_eq(count_pages(DMA_ADDRESS), 1);
	ck_assert_uint_eq(count_pages(DMA_IOVA), 0);
	add_at(3 * PAGE, other, PAGE);
	ck_assert_uint_eq(count_pages(DMA_ADDRESS), 1);
	ck_assert_uint_eq(count_pages(DMA_IOVA), 1);
	add_at(4 * PAGE, other - PAGE, PAGE);
	ck_assert_uint_eq(count_pages(DMA_ADDRESS), 2);
	check_at(near, far, PAGE);
	check_at(far - PAGE, near, PAGE);
	check_at(3 * PAGE, other, PAGE);
	check_at(4 * PAGE, other - PAGE, PAGE);
	empty();
}
END_TEST

static void check_slots(uint64_t above)
{
	struct iommufd__dma_hints *hints = iommufd__dma_hints(dma->side);
	static unsigned char seen[2 << DMA_BITS];

	memset(seen, 0, sizeof(seen));
	for (uint64_t low = 0; low <= hints->mask; low++)
		seen[iommufd__dma_slot(hints, above * (hints->mask + 1) + low) -
		     hints->slot] = 1;
	for (uint64_t i = 0; i <= hints->mask; i++)
		ck_assert_uint_eq(seen[i], 1);
}

/* Pages with one slot differ above the mask, whatever the table's size. */
START_TEST(a_slot_and_the_bits_above_are_a_page)
{
	fill(0);
	for (unsigned int tables = 0; tables < 2; tables++) {
		for (uint64_t above = 0; above < 100; above++)
			check_slots(above * 123457);
		iommufd__dma_hints_new(dma);
	}
	empty();
}
END_TEST

/* Every page in the table is a region that is alive. */
START_TEST(nothing_is_left)
{
	fill(300);
	for (unsigned int n = 0; n < 3000; n++) {
		uint64_t pages = 0;

		toggle(any(SLOTS));
		if (n % 100 == 50)
			set_shift(dma, n % 200 == 50 ? 14 : 12);
		if (n % 100 == 50)
			add_all(dma);
		for (unsigned int slot = 0; slot < SLOTS; slot++)
			pages += slots[slot].iova &&
				 hint_of(DMA_ADDRESS,
					 (uintptr_t)address_of(slot)) &
					 DMA_IS_PAGE;
		ck_assert_uint_eq(count_pages(DMA_ADDRESS), pages);
		check_cursor(any(SLOTS));
	}
	empty();
}
END_TEST

/* As long as there is memory for them, each page has a slot, on both sides. */
START_TEST(a_slot_for_each)
{
	const uint64_t highest = UINT64_C(1) << 40;

	space = fake_space();
	OK(iommufd_dma_map_new(space.ioas, 0, &dma));
	for (uint64_t i = 1; i <= 4000; i++) {
		add_at(i * PAGE, i * PAGE, PAGE);
		if (i > 1000 && i % 100 == 0)
			for (unsigned int side = 0; side < DMA_SIDES; side++)
				ck_assert_uint_eq(count_pages(side), i);
	}
	OK(iommufd_dma_map_clear(dma));
	OK(iommufd_dma_map_destroy(dma));
	/* Nodes that are half full, so that tables have to wait. */
	OK(iommufd_dma_map_new(space.ioas, 0, &dma));
	add_at(highest, highest, PAGE);
	for (uint64_t i = 1; i <= 70000; i++) {
		add_at(i * PAGE, i * PAGE, PAGE);
		ck_assert_uint_eq(
			iommufd__dma_hints(&dma->side[DMA_ADDRESS])->mask,
			iommufd__dma_hints(&dma->side[DMA_IOVA])->mask);
	}
	empty();
}
END_TEST

/* What comes and goes in its place does not make a region slower for good. */
START_TEST(a_page_keeps_its_slot)
{
	const uint64_t stays = 5 * PAGE, comes = (1024 | 4) * PAGE;

	space = fake_space();
	OK(iommufd_dma_map_new(space.ioas, 0, &dma));
	set_shift(dma, 12);
	add_at(stays, stays, PAGE);
	ck_assert_ptr_eq(slot_of(dma->side, stays), slot_of(dma->side, comes));
	add_at(comes, comes, PAGE);
	check_at(comes, comes, PAGE);
	check_at(stays, stays, PAGE);
	ck_assert_uint_eq(count_pages(DMA_ADDRESS), 1);
	OK(iommufd_dma_map_unregister(dma, (void *)(uintptr_t)comes, PAGE, 0,
				      NULL));
	ck_assert_uint_eq(count_pages(DMA_ADDRESS), 1);
	ck_assert_uint_eq(count_pages(DMA_IOVA), 1);
	add_at(comes, comes, PAGE);
	OK(iommufd_dma_map_unregister(dma, (void *)(uintptr_t)stays, PAGE, 0,
				      NULL));
	ck_assert_uint_eq(count_pages(DMA_ADDRESS), 0);
	check_at(comes, comes, PAGE);
	ck_assert_uint_ne(hint_of(DMA_ADDRESS, comes), 0);
	empty();
}
END_TEST

/* A few regions of all sizes in a table that once had many. */
START_TEST(much_room_for_leaves)
{
	uint64_t removals;

	space = fake_space();
	OK(iommufd_dma_map_new(space.ioas, 0, &dma));
	for (unsigned int tables = 0; tables < 8; tables++) {
		iommufd__dma_hints_new(dma);
		for (uint64_t i = 0; i < 8; i++) {
			add_at(PAGE << 10, PAGE, PAGE);
			add_at(PAGE << 12, PAGE << 12, PAGE << (2 * i));
			OK(iommufd_dma_map_clear(dma));
		}
		add_at(PAGE << 10, PAGE, PAGE);
		add_at(PAGE << 12, PAGE << 12, 32 * PAGE);
		for (uint64_t i = 0; i < 16; i++) {
			add_at((i + 8) * PAGE, (i + 8) * PAGE, PAGE);
			OK(iommufd_dma_map_unregister(
				dma, (void *)(uintptr_t)((i + 8) * PAGE), PAGE,
				0, NULL));
		}
		/* Each is one removal; pages change their size once at most. */
		removals = iommufd__dma_get(&dma->removals);
		for (uint64_t i = 0; i < 16; i++) {
			add_at((i + 8) * PAGE, (i + 8) * PAGE, PAGE);
			OK(iommufd_dma_map_unregister(
				dma, (void *)(uintptr_t)((i + 8) * PAGE), PAGE,
				0, NULL));
		}
		ck_assert_uint_le(iommufd__dma_get(&dma->removals),
				  removals + 34);
		OK(iommufd_dma_map_clear(dma));
	}
	empty();
}
END_TEST

/* ---- a reader that is stopped ---------------------------------------------- */

/* At every stop of each way to find it, once. */
static void read_at_every_stop(uint64_t address, uint64_t iova, uint64_t length,
			       void (*happens)(void))
{
	stop.happens = happens;
	for (stop.at = 1;; stop.at++) {
		stop.passed = 0;
		check_at(address, iova, length);
		if (stop.passed < stop.at)
			break;
	}
	ck_assert_uint_gt(stop.at, 6);
	stop.at = 0;
}

/*
 * A page of 4 KiB and one of 8 KiB with the same number, each of which is in the
 * table only while pages have its size.
 */
#define NUMBER UINT64_C(0x50000)

static void change_size(void)
{
	uint32_t now = iommufd__dma_shift(dma->side);

	set_shift(dma, now == 12 ? 13 : 12);
	add_all(dma);
}

static void change_size_and_back(void)
{
	change_size();
	change_size();
}

START_TEST(pages_change_their_size)
{
	space = fake_space();
	OK(iommufd_dma_map_new(space.ioas, 0, &dma));
	add_at(NUMBER << 12, UINT64_C(12) << 12, PAGE);
	add_at(NUMBER << 13, UINT64_C(13) << 13, 2 * PAGE);
	for (uint32_t shift = 12; shift < 14; shift++) {
		const uint64_t size = UINT64_C(1) << shift;

		set_shift(dma, shift);
		add_all(dma);
		ck_assert_uint_eq(count_pages(DMA_ADDRESS), 1);
		read_at_every_stop(NUMBER * size, shift * size, size,
				   change_size);
		set_shift(dma, shift);
		add_all(dma);
		read_at_every_stop(NUMBER * size, shift * size, size,
				   change_size_and_back);
	}
	empty();
}
END_TEST

/* The table that the reader is in keeps what it had, also what then goes. */
static uint64_t moved_to;

static void grow_and_move(void)
{
	uint64_t address = NUMBER << 12, iova;

	iommufd__dma_hints_new(dma);
	add_all(dma);
	OK(iommufd_dma_map_unregister(dma, (void *)(uintptr_t)address, PAGE, 0,
				      NULL));
	iova = moved_to += PAGE;
	add_at(address, iova, PAGE);
}

START_TEST(the_table_grows)
{
	struct iommufd_extent there;
	uint64_t was;

	space = fake_space();
	OK(iommufd_dma_map_new(space.ioas, 0, &dma));
	moved_to = PAGE;
	add_at(NUMBER << 12, moved_to, PAGE);
	stop.happens = grow_and_move;
	for (stop.at = 1;; stop.at++) {
		stop.passed = 0;
		was = moved_to;
		iommufd_dma_cursor_init(&cursor, dma);
		OK(iommufd_dma_translate(
			&cursor, (void *)(uintptr_t)(NUMBER << 12), &there));
		ck_assert_uint_eq(there.start, moved_to);
		ck_assert_uint_eq(there.length, PAGE);
		if (moved_to == was)
			break;
	}
	ck_assert_uint_gt(stop.at, 3);
	stop.at = 0;
	empty();
}
END_TEST

static const TTest **const tests[] = { &regions_of_one_size,
				       &regions_that_are_no_page,
				       &regions_far_away,
				       &a_slot_and_the_bits_above_are_a_page,
				       &nothing_is_left,
				       &a_slot_for_each,
				       &a_page_keeps_its_slot,
				       &much_room_for_leaves,
				       &pages_change_their_size,
				       &the_table_grows,
				       NULL };

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "pages", .tests = tests },
	};

	return harness_run("dma_map_pages", cases, 1);
}
