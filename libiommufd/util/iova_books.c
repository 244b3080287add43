/* SPDX-License-Identifier: MIT */
/* What is free and what is given out: the rules over the tree of pieces. */
#include "iova.h"

static void add(struct iommufd_iova_space *s, uint64_t start, uint64_t length,
		int is_free)
{
	iommufd__pieces_insert(&s->pieces, start, length, is_free);
	if (is_free) {
		s->free_pieces++;
		s->free += length;
	} else {
		s->allocations++;
	}
}

static uint64_t end_of(const struct iommufd__piece *n)
{
	return n->start + n->length;
}

/* Together with the free pieces on both sides. */
static void add_free(struct iommufd_iova_space *s, uint64_t start,
		     uint64_t length)
{
	struct iommufd__pieces *p = &s->pieces;
	uint32_t below = iommufd__pieces_at(p, start);
	uint32_t above = iommufd__pieces_from(p, start + length);
	uint64_t more = 0;

	if (above && p->at[above].is_free &&
	    p->at[above].start == start + length) {
		more = p->at[above].length;
		iommufd__pieces_remove(p, p->at[above].start);
		s->free_pieces--;
	}
	if (below && p->at[below].is_free && end_of(&p->at[below]) == start) {
		iommufd__pieces_change(p, below,
				       p->at[below].length + length + more, 1);
		s->free += length;
	} else {
		add(s, start, length + more, 1);
		s->free -= more;
	}
}

/* Take @length bytes from @start out of the free piece that they lie in. */
void iommufd__iova_carve(struct iommufd_iova_space *s, uint32_t piece,
			 uint64_t start, uint64_t length)
{
	struct iommufd__pieces *p = &s->pieces;
	uint64_t before = start - p->at[piece].start;
	uint64_t after = end_of(&p->at[piece]) - (start + length);

	s->free -= before + length + after;
	s->free_pieces--;
	if (before) {
		iommufd__pieces_change(p, piece, before, 1);
		s->free_pieces++;
		s->free += before;
		add(s, start, length, 0);
	} else {
		iommufd__pieces_change(p, piece, length, 0);
		s->allocations++;
	}
	if (after)
		add(s, start + length, after, 1);
}

/*
 * There are never more free pieces than allocations and ranges together. With
 * room for as many nothing that is given back ever needs memory.
 */
static int make_room(struct iommufd_iova_space *s, uint64_t allocations)
{
	return iommufd__pieces_room(&s->pieces,
				    2 * allocations + s->usable.count);
}

int iommufd__iova_room(struct iommufd_iova_space *s, uint32_t more)
{
	return make_room(s, (uint64_t)s->allocations + more);
}

int iommufd__iova_hole(const struct iommufd_iova_space *s,
		       const struct iommufd_extent *range, uint64_t *address)
{
	uint32_t i = iommufd__iova_list_find(&s->usable, range->start);
	const struct iommufd_iova_range *usable;

	*address = range->start;
	if (i == s->usable.count)
		return 1;
	usable = &s->usable.at[i];
	if (usable->start > range->start)
		return 1;
	if (usable->last - range->start >= range->length - 1)
		return 0;
	*address = usable->last + 1;
	return 1;
}

void iommufd__iova_give_back(struct iommufd_iova_space *s, uint32_t piece)
{
	uint64_t start = s->pieces.at[piece].start;
	uint64_t last = end_of(&s->pieces.at[piece]) - 1;
	uint32_t i = iommufd__iova_list_find(&s->usable, start);

	iommufd__pieces_remove(&s->pieces, start);
	s->allocations--;
	for (; i < s->usable.count && s->usable.at[i].start <= last; i++) {
		struct iommufd_iova_range part = s->usable.at[i];

		if (part.start < start)
			part.start = start;
		if (part.last > last)
			part.last = last;
		add_free(s, part.start, part.last - part.start + 1);
	}
}

/* ---- new ranges ---------------------------------------------------------- */

static uint32_t next(const struct iommufd__pieces *p, uint32_t piece)
{
	return iommufd__pieces_from(p, end_of(&p->at[piece]));
}

/* What the allocations of @old leave of a usable range. */
static void add_gaps(struct iommufd_iova_space *s,
		     const struct iommufd__pieces *old,
		     const struct iommufd_iova_range *range)
{
	uint64_t start = range->start;
	uint32_t t = iommufd__pieces_at(old, start);

	if (!t)
		t = iommufd__pieces_from(old, start);
	for (; t && old->at[t].start <= range->last; t = next(old, t)) {
		const struct iommufd__piece *n = &old->at[t];

		if (n->is_free || end_of(n) <= start)
			continue;
		if (n->start > start)
			add(s, start, n->start - start, 1);
		start = end_of(n);
	}
	if (start <= range->last)
		add(s, start, range->last - start + 1, 1);
}

/* The books of @s for its usable ranges, with what @old has given out. */
uint32_t iommufd__iova_rebuild(struct iommufd_iova_space *s,
			       const struct iommufd_iova_space *old)
{
	const struct iommufd__pieces *p = &old->pieces;

	if (make_room(s, old->allocations))
		return IOMMUFD_CAUSE_NO_MEMORY;
	for (uint32_t t = iommufd__pieces_from(p, 0); t; t = next(p, t))
		if (!p->at[t].is_free)
			add(s, p->at[t].start, p->at[t].length, 0);
	for (uint32_t i = 0; i < s->usable.count; i++)
		add_gaps(s, p, &s->usable.at[i]);
	return 0;
}

uint32_t iommufd__iova_stranded(const struct iommufd_iova_space *s,
				struct iommufd_extent *extents, uint32_t room)
{
	const struct iommufd__pieces *p = &s->pieces;
	uint32_t count = 0;

	for (uint32_t t = iommufd__pieces_from(p, 0); t; t = next(p, t)) {
		const struct iommufd__piece *n = &p->at[t];

		const struct iommufd_extent range = { n->start, n->length };
		uint64_t address;

		if (n->is_free || !iommufd__iova_hole(s, &range, &address))
			continue;
		if (count < room)
			extents[count] = range;
		count++;
	}
	return count;
}
