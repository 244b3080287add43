/* SPDX-License-Identifier: MIT */
/* The books of the IOVA allocator: a balanced tree of pieces (AVL). */
#include "iova.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 64

/* ---- what a subtree has room for ----------------------------------------- */

struct best {
	uint64_t largest, fits;
};

/*
 * A piece of @length bytes from @start has `length >> k` aligned blocks unless
 * what is lost before the first one, `-start % 2^k`, is more than what is over,
 * `length % 2^k`. That is when subtracting the one from the other borrows from
 * bit k; the difference is where the piece ends.
 */
static struct best best_of_piece(const struct iommufd__piece *n)
{
	struct best best = { 0, 0 };

	if (n->is_free) {
		best.largest = n->length;
		best.fits = ~((n->start + n->length) ^ n->length ^ -n->start);
	}
	return best;
}

/* Of the shorter one only those blocks count of which both have as many. */
static void join(struct best *best, const struct iommufd__piece *child)
{
	uint64_t differ = best->largest ^ child->largest;
	uint64_t same =
		differ ? ~(UINT64_MAX >> __builtin_clzll(differ)) : UINT64_MAX;

	if (child->largest > best->largest) {
		best->largest = child->largest;
		best->fits = child->fits | (best->fits & same);
	} else {
		best->fits |= child->fits & same;
	}
}

/* Exact when the length is a multiple of the alignment. */
static int may_have(const struct iommufd__piece *n,
		    const struct iommufd__iova_need *need)
{
	uint64_t fits = n->fits >> need->shift & 1;

	return n->largest >= need->length &&
	       (n->largest >> need->shift) + fits > need->length >> need->shift;
}

/* ---- the tree ------------------------------------------------------------ */

static void update(struct iommufd__pieces *p, uint32_t t)
{
	struct iommufd__piece *n = &p->at[t];
	const struct iommufd__piece *below = &p->at[n->child[0]];
	const struct iommufd__piece *above = &p->at[n->child[1]];
	struct best best = best_of_piece(n);

	join(&best, below);
	join(&best, above);
	n->largest = best.largest;
	n->fits = best.fits;
	n->height =
		(uint8_t)(1 + (below->height > above->height ? below->height
							     : above->height));
}

/* The child on @side becomes the root. */
static uint32_t rotate(struct iommufd__pieces *p, uint32_t t, int side)
{
	uint32_t child = p->at[t].child[side];

	p->at[t].child[side] = p->at[child].child[!side];
	p->at[child].child[!side] = t;
	update(p, t);
	update(p, child);
	return child;
}

/* How much higher a tree is on @side than on the other. */
static int leans(const struct iommufd__pieces *p, uint32_t t, int side)
{
	const uint32_t *child = p->at[t].child;

	return p->at[child[side]].height - p->at[child[!side]].height;
}

static uint32_t balance(struct iommufd__pieces *p, uint32_t t)
{
	uint32_t *child = p->at[t].child;

	for (int side = 0; side < 2; side++) {
		if (leans(p, t, side) < 2)
			continue;
		if (leans(p, child[side], !side) > 0)
			child[side] = rotate(p, child[side], !side);
		return rotate(p, t, side);
	}
	update(p, t);
	return t;
}

static uint32_t insert(struct iommufd__pieces *p, uint32_t t, uint32_t piece)
{
	int side = p->at[piece].start > p->at[t].start;

	if (!t)
		return piece;
	p->at[t].child[side] = insert(p, p->at[t].child[side], piece);
	return balance(p, t);
}

/* The lowest piece comes off. */
static uint32_t take_lowest(struct iommufd__pieces *p, uint32_t t,
			    uint32_t *piece)
{
	if (!p->at[t].child[0]) {
		*piece = t;
		return p->at[t].child[1];
	}
	p->at[t].child[0] = take_lowest(p, p->at[t].child[0], piece);
	return balance(p, t);
}

static uint32_t take_root(struct iommufd__pieces *p, uint32_t t)
{
	const uint32_t *child = p->at[t].child;
	uint32_t next, rest;

	if (!child[0] || !child[1])
		return child[0] ? child[0] : child[1];
	rest = take_lowest(p, child[1], &next);
	p->at[next].child[0] = child[0];
	p->at[next].child[1] = rest;
	return balance(p, next);
}

static uint32_t take(struct iommufd__pieces *p, uint32_t t, uint64_t start,
		     uint32_t *piece)
{
	int side = start > p->at[t].start;

	if (start == p->at[t].start) {
		*piece = t;
		return take_root(p, t);
	}
	p->at[t].child[side] = take(p, p->at[t].child[side], start, piece);
	return balance(p, t);
}

/* From the piece that begins at @start up to the root. */
static void update_path(struct iommufd__pieces *p, uint32_t t, uint64_t start)
{
	if (start != p->at[t].start)
		update_path(p, p->at[t].child[start > p->at[t].start], start);
	update(p, t);
}

/* ---- what the books do with it ------------------------------------------- */

static void put_unused(struct iommufd__pieces *p, uint32_t piece)
{
	p->at[piece].child[0] = p->unused;
	p->unused = piece;
}

int iommufd__pieces_room(struct iommufd__pieces *p, uint64_t count)
{
	uint64_t room = p->room ? p->room : FIRST_ROOM;
	struct iommufd__piece *at;

	while (room < count + 1)
		room *= 2;
	if (room == p->room)
		return 0;
	if (room > UINT32_MAX || room > SIZE_MAX / sizeof(*at))
		return -1;
	at = realloc(p->at, (size_t)room * sizeof(*at));
	if (!at)
		return -1;
	p->at = at;
	if (!p->room)
		memset(&at[0], 0, sizeof(at[0]));
	for (uint64_t i = room - 1; i >= (p->room ? p->room : 1); i--)
		put_unused(p, (uint32_t)i);
	p->room = (uint32_t)room;
	return 0;
}

void iommufd__pieces_end(struct iommufd__pieces *p)
{
	free(p->at);
	memset(p, 0, sizeof(*p));
}

void iommufd__pieces_insert(struct iommufd__pieces *p, uint64_t start,
			    uint64_t length, int is_free)
{
	uint32_t piece = p->unused;

	p->unused = p->at[piece].child[0];
	p->at[piece] = (struct iommufd__piece){
		.start = start,
		.length = length,
		.is_free = is_free != 0,
	};
	update(p, piece);
	p->root = insert(p, p->root, piece);
}

void iommufd__pieces_remove(struct iommufd__pieces *p, uint64_t start)
{
	uint32_t piece = 0;

	p->root = take(p, p->root, start, &piece);
	put_unused(p, piece);
}

void iommufd__pieces_change(struct iommufd__pieces *p, uint32_t piece,
			    uint64_t length, int is_free)
{
	p->at[piece].length = length;
	p->at[piece].is_free = is_free != 0;
	update_path(p, p->root, p->at[piece].start);
}

uint32_t iommufd__pieces_at(const struct iommufd__pieces *p, uint64_t address)
{
	uint32_t t = p->root, found = 0;

	while (t) {
		int above = p->at[t].start <= address;

		if (above)
			found = t;
		t = p->at[t].child[above];
	}
	return found;
}

uint32_t iommufd__pieces_from(const struct iommufd__pieces *p, uint64_t address)
{
	uint32_t t = p->root, found = 0;

	while (t) {
		int above = p->at[t].start < address;

		if (!above)
			found = t;
		t = p->at[t].child[above];
	}
	return found;
}

/* ---- looking for a place ------------------------------------------------- */

/* The part of a piece that is in the window: 1 when there is one. */
static int clip(const struct iommufd__piece *n,
		const struct iommufd__iova_need *need, uint64_t *first,
		uint64_t *last)
{
	*first = n->start > need->first ? n->start : need->first;
	*last = n->start + n->length - 1;
	if (*last > need->last)
		*last = need->last;
	return n->is_free && *first <= *last;
}

static int place(const struct iommufd__piece *n,
		 const struct iommufd__iova_need *need, uint64_t *iova)
{
	uint64_t mask = (UINT64_C(1) << need->shift) - 1;
	uint64_t first, last;

	if (!clip(n, need, &first, &last) || last - first < need->length - 1)
		return 0;
	if (need->top_down) {
		*iova = (last - (need->length - 1)) & ~mask;
		return *iova >= first;
	}
	*iova = (first + mask) & ~mask;
	return *iova >= first && *iova <= last &&
	       last - *iova >= need->length - 1;
}

/* Whether there is some of the window on that side of a piece. */
static int reaches(const struct iommufd__piece *n,
		   const struct iommufd__iova_need *need, int above)
{
	return above ? n->start + n->length - 1 < need->last
		     : n->start > need->first;
}

static uint32_t search(const struct iommufd__pieces *p, uint32_t t,
		       const struct iommufd__iova_need *need, uint64_t *iova)
{
	const struct iommufd__piece *n = &p->at[t];
	int near = need->top_down;
	uint32_t found = 0;

	if (!t || !may_have(n, need))
		return 0;
	if (reaches(n, need, near))
		found = search(p, n->child[near], need, iova);
	if (!found && place(n, need, iova))
		found = t;
	if (!found && reaches(n, need, !near))
		found = search(p, n->child[!near], need, iova);
	return found;
}

uint32_t iommufd__pieces_search(const struct iommufd__pieces *p,
				const struct iommufd__iova_need *need,
				uint64_t *iova)
{
	return search(p, p->root, need, iova);
}

/* @inside: one bit for each end of the window that the subtree is within. */
static uint64_t largest(const struct iommufd__pieces *p, uint32_t t,
			const struct iommufd__iova_need *need,
			unsigned int inside)
{
	const struct iommufd__piece *n = &p->at[t];
	uint64_t first, last, found = 0, other;

	if (!t || inside == 3)
		return n->largest;
	if (clip(n, need, &first, &last))
		found = last - first + 1;
	for (int above = 0; above < 2; above++) {
		/* It may end beyond the window only where this one does. */
		unsigned int bounded = above ? n->start >= need->first
					     : n->start <= need->last;

		if (!reaches(n, need, above))
			continue;
		other = largest(p, n->child[above], need,
				inside | bounded << !above);
		if (other > found)
			found = other;
	}
	return found;
}

uint64_t iommufd__pieces_largest(const struct iommufd__pieces *p,
				 const struct iommufd__iova_need *need)
{
	return p->root ? largest(p, p->root, need, 0) : 0;
}
