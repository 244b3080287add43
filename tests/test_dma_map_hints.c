/* SPDX-License-Identifier: MIT */
/*
 * Hints of a DMA map that are leaves of its trees, and out of date in each way that
 * there is: what is registered is found all the same, and nothing else.
 */
#include "dmainside.h"

/* Whatever the hints are: what is registered is found, and nothing else. */
static void check_all(void)
{
	struct iommufd_dma_memory memory;
	struct iommufd_extent there;

	for (unsigned int slot = 0; slot < SLOTS; slot++) {
		iommufd_dma_cursor_init(&cursor, dma);
		check_cursor(slot);
		iommufd_dma_cursor_init(&cursor, dma);
		if (!slots[slot].iova) {
			FAILS(iommufd_dma_translate_back(
				      &cursor, slots[slot].before, &memory),
			      NOT_REGISTERED, ENOENT);
			continue;
		}
		OK(iommufd_dma_translate_back(&cursor, slots[slot].iova,
					      &memory));
		ck_assert_ptr_eq(memory.start, address_of(slot));
		OK(iommufd_dma_translate(&cursor, address_of(slot), &there));
		ck_assert_uint_eq(there.length, bytes_of(slot));
	}
}

static void hint_all(const struct iommufd__dma_node *leaf)
{
	for (unsigned int i = 0; i < DMA_SIDES; i++) {
		struct iommufd__dma_hints *hints =
			iommufd__dma_hints(&dma->side[i]);

		for (uint64_t place = 0; place <= hints->mask; place++)
			iommufd__dma_hint_set(iommufd__dma_slot(hints, place),
					      (uintptr_t)leaf | DMA_IS_LEAF);
	}
}

static uint32_t checked;

static void check_with(const struct iommufd__dma_node *leaf)
{
	hint_all(leaf);
	check_all();
	checked++;
}

/* Those in their place. */
static void check_with_each_below(const struct iommufd__dma_node *node,
				  unsigned int height)
{
	if (height == 1) {
		check_with(node);
		return;
	}
	for (unsigned int i = 0; i < count_of(node); i++)
		check_with_each_below(entry_of(node, i), height - 1);
}

/* Those that wait to be used anew, and those that can be. */
static void check_with_each_old(const struct iommufd__dma_side *side)
{
	const struct iommufd__dma_node *leaf = side->pool[DMA_LEAF].usable;

	for (uint32_t i = side->limbo_first; i != side->limbo_end; i++)
		if (side->limbo[i % DMA_LIMBO].kind == DMA_LEAF)
			check_with(side->limbo[i % DMA_LIMBO].node);
	for (; leaf; leaf = (const void *)(uintptr_t)key_of(leaf, 0))
		check_with(leaf);
}

/*
 * Every slot has the same leaf, each that there is in its turn: in its place, of
 * elsewhere, of the other tree, out of its place, a link of unused ones.
 */
START_TEST(any_leaf_will_do)
{
	mixed = 1;
	fill(400);
	for (unsigned int n = 0; n < 2000; n++)
		toggle(any(SLOTS));
	/* So that each IOVA that was is one that is not any more. */
	for (unsigned int slot = 0; slot < SLOTS; slot++)
		if (!slots[slot].before && !slots[slot].iova)
			toggle(slot);
	ck_assert(hints_are_leaves());
	for (unsigned int i = 0; i < DMA_SIDES; i++) {
		const struct iommufd__dma_side *side = &dma->side[i];
		uintptr_t root = atomic_load(&side->root);

		checked = 0;
		check_with_each_below(iommufd__dma_root(root),
				      iommufd__dma_height(root));
		ck_assert_uint_gt(checked, 20);
		checked = 0;
		check_with_each_old(side);
		ck_assert_uint_eq(checked,
				  side->pool[DMA_LEAF].usable_count +
					  side->pool[DMA_LEAF].waiting_count);
		ck_assert_uint_gt(checked, DMA_GRACE);
	}
	empty();
	mixed = 0;
}
END_TEST

static const struct iommufd__dma_node *leaf_with(unsigned int slot)
{
	return way_to(&dma->side[DMA_ADDRESS], (uintptr_t)address_of(slot))
		.node[0];
}

/* The leaf still has a record that is another region's by now. */
START_TEST(a_record_of_an_old_leaf_is_used_anew)
{
	const unsigned int gone = 100, come = 300;
	const struct iommufd__dma_node *leaf;
	const struct iommufd__dma_record *record;

	mixed = 1;
	fill(SLOTS);
	toggle(come);
	leaf = leaf_with(gone);
	record = iommufd__dma_tree_floor(&dma->side[DMA_ADDRESS],
					 (uintptr_t)address_of(gone));
	toggle(gone);
	hint_all(leaf);
	check_cursor(gone);
	toggle(come);
	hint_all(leaf);
	ck_assert_ptr_eq(
		entry_of(leaf,
			 iommufd__dma_rank(leaf, (uintptr_t)address_of(gone)) -
				 1),
		record);
	ck_assert_ptr_eq(iommufd__dma_tree_floor(&dma->side[DMA_ADDRESS],
						 (uintptr_t)address_of(come)),
			 record);
	check_cursor(gone);
	check_cursor(come);
	check_all();
	empty();
	mixed = 0;
}
END_TEST

/* Whether a new reader needs no tree. */
static int is_hinted(unsigned int slot)
{
	struct iommufd__dma_region region;

	return find_by_hint(dma, DMA_ADDRESS, (uintptr_t)address_of(slot),
			    removals_of(dma), &region);
}

static unsigned int count_hinted(void)
{
	unsigned int count = 0;

	check_all();
	for (unsigned int slot = 0; slot < SLOTS; slot++)
		count += slots[slot].iova && is_hinted(slot);
	return count;
}

/*
 * Readers replace what became useless, and do not take each other's away. Some
 * have none, where more than one leaf begins in a page.
 */
START_TEST(hints_come_back)
{
	unsigned int first;

	mixed = 1;
	fill(SLOTS);
	first = count_hinted();
	ck_assert_uint_ge(first, SLOTS * 2 / 3);
	ck_assert_uint_ge(count_hinted(), first);
	for (unsigned int n = 0; n < 2000; n++)
		toggle(n / 2 * 7 % SLOTS);
	ck_assert_uint_ge(count_hinted(), first - SLOTS / 20);
	hint_all(leaf_with(0));
	count_hinted();
	ck_assert_uint_ge(count_hinted(), first - SLOTS / 20);
	empty();
	mixed = 0;
}
END_TEST

static const TTest **const tests[] = { &any_leaf_will_do,
				       &a_record_of_an_old_leaf_is_used_anew,
				       &hints_come_back, NULL };

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "hints", .tests = tests },
	};

	return harness_run("dma_map_hints", cases, 1);
}
