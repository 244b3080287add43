/* SPDX-License-Identifier: MIT */
/*
 * A reader that is stopped: between any two of its accesses to the memory of a
 * DMA map, writers do as much as they like, so that nodes and records are used
 * anew under its hands. It must find what was there all the time, must not find
 * what never was, and its cursor must know better afterwards. One thread, so
 * that every stop is tried; other threads and their memory are the business of
 * test_dma_map_threads.
 */
static void pause_reader(void);
#define IOMMUFD__DMA_PAUSE() pause_reader()
static unsigned int hinted, paged;
#define DMA_HINTED hinted
#define DMA_PAGED  paged
#define SLAB_NODES 1 /* so that there are never more than needed */

#include "dmainside.h"

#define STOPPED 4 /* slots that writers leave alone, at some distance */

/* ---- stops --------------------------------------------------------------- */

static struct {
	unsigned int at;      /* the stop at which it happens; 0 for none */
	unsigned int changes; /* that are made then */
	unsigned int wanted;  /* the slot that the reader looks for */
	unsigned int how;
	unsigned int passed;
} stop;

/*
 * What writers do: with all slots, with the slot itself, with its neighbours, and
 * with one of those before all others, so that its node is used anew elsewhere.
 */
enum { OTHERS, ITSELF, NEIGHBOURS, THEN_AWAY, WRITERS };

static unsigned int victim(unsigned int n)
{
	unsigned int slot;

	if (stop.how == ITSELF && n < 3)
		return stop.wanted;
	if (stop.how == NEIGHBOURS || (stop.how == THEN_AWAY && !n))
		slot = (stop.wanted + 1 + any(20)) % SLOTS;
	else
		slot = any(SLOTS);
	/* Never the slot itself, nor those that stay. */
	return slot == stop.wanted || slot % (SLOTS / STOPPED) == 1 ? 0 : slot;
}

static void pause_reader(void)
{
	if (++stop.passed != stop.at)
		return;
	for (unsigned int n = 0; n < stop.changes; n++)
		toggle(victim(n));
}

/* ---- readers -------------------------------------------------------------- */

static void check_found(unsigned int slot, uint64_t iova, uint64_t length)
{
	ck_assert_uint_eq(length, bytes_of(slot));
	ck_assert_msg(iova == slots[slot].iova || (iova == slots[slot].before &&
						   stop.how == ITSELF),
		      "slot %u: 0x%lx", slot, (unsigned long)iova);
}

/* 1 when all stops have been tried. */
static int read_once(unsigned int slot, int back)
{
	const unsigned int changes = slots[slot].changes;
	const uint64_t iova = slots[slot].iova;
	struct iommufd_dma_memory memory = { 0 };
	struct iommufd_extent there = { 0 };
	int ret;

	stop.wanted = slot;
	stop.passed = 0;
	iommufd_dma_cursor_init(&cursor, dma);
	if (back)
		ret = iommufd_dma_translate_back(
			&cursor, iova ? iova : slots[slot].before, &memory);
	else
		ret = iommufd_dma_translate(&cursor, address_of(slot), &there);
	if (slots[slot].changes == changes)
		ck_assert_int_eq(!ret, iova != 0);
	if (!ret && back)
		ck_assert_ptr_eq(memory.start, address_of(slot));
	if (!ret && !back)
		check_found(slot, there.start, there.length);
	ret = stop.passed < stop.at;
	stop.at = 0;
	return ret;
}

static void read_at_every_stop(unsigned int slot, int back)
{
	for (unsigned int at = 1;; at++) {
		int done;

		stop.at = at;
		/* The slot is there, or has been. */
		if (!slots[slot].before && !slots[slot].iova)
			toggle(slot);
		done = read_once(slot, back);
		check_cursor(slot);
		if (done)
			break;
	}
}

/* What readers find first. */
enum { TREE, RECORDS, PAGES };

static void run(unsigned int registered, unsigned int changes,
		unsigned int hints)
{
	hinted = hints >= RECORDS;
	paged = hints == PAGES;
	fill(registered);
	ck_assert_int_eq(hints_are_leaves(), mixed);
	for (stop.how = OTHERS; stop.how < WRITERS; stop.how++)
		for (unsigned int round = 0; round < harness_times(60);
		     round++) {
			unsigned int slot = 1 + any(SLOTS - 1);

			stop.changes = changes;
			read_at_every_stop(slot, round & 1);
		}
	empty();
}

START_TEST(few_changes)
{
	for (unsigned int changes = 1; changes <= DMA_GRACE + 2; changes++) {
		run(20, changes, RECORDS);
		for (unsigned int hints = TREE; hints <= PAGES; hints++)
			run(400, changes, hints);
	}
}
END_TEST

START_TEST(many_changes)
{
	run(3, 200, TREE);
	run(60, 200, RECORDS);
	for (unsigned int hints = TREE; hints <= PAGES; hints++)
		run(400, 200, hints);
}
END_TEST

/* The same where lengths differ. */
static void run_mixed(unsigned int registered, unsigned int changes)
{
	mixed = 1;
	run(registered, changes, RECORDS);
	mixed = 0;
}

START_TEST(few_changes_of_leaves)
{
	for (unsigned int changes = 1; changes <= DMA_GRACE + 2; changes++)
		run_mixed(400, changes);
}
END_TEST

START_TEST(many_changes_of_leaves)
{
	run_mixed(60, 200);
	run_mixed(400, 200);
}
END_TEST

/* ---- the tree by itself ---------------------------------------------------- */

static unsigned int leaves;

/* Keys ascend, and are those of the subtrees. */
static uint32_t check_node(const struct iommufd__dma_node *node,
			   unsigned int height, uint64_t first)
{
	unsigned int count = count_of(node), records = 0;

	ck_assert_uint_gt(count, 0);
	ck_assert_uint_eq(key_of(node, 0), first);
	for (unsigned int i = 1; i < count; i++)
		ck_assert_uint_lt(key_of(node, i - 1), key_of(node, i));
	leaves += height == 1;
	if (height == 1)
		return count;
	for (unsigned int i = 0; i < count; i++)
		records += check_node(entry_of(node, i), height - 1,
				      key_of(node, i));
	return records;
}

/* And leaves are not too thin. */
static void check_tree(unsigned int which, uint64_t first, uint32_t records)
{
	uintptr_t root = atomic_load(&dma->side[which].root);

	leaves = 0;
	if (!records)
		ck_assert_uint_eq(root, 0);
	else
		ck_assert_uint_eq(check_node(iommufd__dma_root(root),
					     iommufd__dma_height(root), first),
				  records);
	ck_assert_uint_le(leaves, 1 + records / 5);
}

START_TEST(trees_keep_their_shape)
{
	uint32_t records;
	unsigned int first;

	fill(0);
	for (unsigned int n = 0; n < harness_times(20000); n++) {
		toggle((n / 1000 & 1   ? SLOTS - 1 - n % SLOTS
			: n / 2000 & 1 ? n % SLOTS
				       : any(SLOTS)));
		records = 0;
		first = SLOTS;
		for (unsigned int i = SLOTS; i-- > 0;)
			if (slots[i].iova) {
				records++;
				first = i;
			}
		check_tree(DMA_ADDRESS,
			   (uintptr_t)address_of(first < SLOTS ? first : 0),
			   records);
	}
	empty();
}
END_TEST

/*
 * Whoever has registered finds as many nodes as unregistering takes, also when the
 * tree has grown by that.
 */
START_TEST(nodes_for_unregistering)
{
	fill(0);
	for (uint64_t n = 0; n < harness_times(30000); n++) {
		uint64_t at = BASE + (n * 2654435761 & 0xffffff) * PAGE, iova;

		if (iommufd_dma_map_register(dma, (void *)(uintptr_t)at, PAGE,
					     RW, NULL, &iova))
			continue;
		for (unsigned int i = 0; i < DMA_SIDES * DMA_KINDS; i++) {
			const struct iommufd__dma_side *side =
				&dma->side[i / DMA_KINDS];
			const struct iommufd__dma_pool *pool =
				&side->pool[i % DMA_KINDS];

			ck_assert_uint_ge(pool->usable_count +
						  pool->waiting_count,
					  (DMA_GRACE + CHANGES) *
						  change_takes(height_of(side),
							       i % DMA_KINDS));
		}
	}
	empty();
}
END_TEST

/* More pieces than 32 bits count are none at all. */
START_TEST(pieces_are_counted)
{
	struct iommufd_extent piece = { .start = 1 };
	struct pieces p = {
		.list = &piece, .room = 1, .count = UINT32_MAX, .mask = PAGE - 1
	};
	uint32_t room = 1;

	FAILS(tell(&p, &room), ARRAY_SHORT, EMSGSIZE);
	ck_assert_uint_eq(room, UINT32_MAX);
	add_range(&p, 0, PAGE);
	FAILS(tell(&p, &room), OVERFLOW, EOVERFLOW);
	ck_assert_uint_eq(room, UINT32_MAX);
	ck_assert_uint_eq(piece.start, 1);
}
END_TEST

static const TTest **const tests[] = { &few_changes,
				       &many_changes,
				       &few_changes_of_leaves,
				       &many_changes_of_leaves,
				       &trees_keep_their_shape,
				       &nodes_for_unregistering,
				       &pieces_are_counted,
				       NULL };

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "readers", .tests = tests },
	};

	return harness_run("dma_map_readers", cases, 1);
}
