/* SPDX-License-Identifier: MIT */
/* Giving IOVAs out and taking them back. */
#include "iova.h"

#include <errno.h>

/* Sizes of the structs in 0.1.0; they never change. */
#define OPTS_MIN 32
#define INFO_MIN 48

static int refused(uint32_t cause)
{
	return iommufd__util_refused(IOMMUFD_OP_IOVA, cause);
}

/* With what was asked for, in the caller's own numbers. */
static int failed(uint32_t cause, int err, const struct iommufd_extent *range,
		  uint64_t arg)
{
	struct iommufd_failure failure = {
		.size = sizeof(failure),
		.op = IOMMUFD_OP_IOVA,
		.ret = iommufd_make_error(cause, err),
		.fd = -1,
		.memory_fd = -1,
		.length = range->length,
		.iova = range->start,
		.arg = arg,
	};

	return iommufd_failure_set(&failure);
}

/* The error number is that of the cause. */
static int refused_range(uint32_t cause, uint64_t start, uint64_t length)
{
	const struct iommufd_extent range = { start, length };

	return failed(cause, iommufd_errno(refused(cause)), &range, 0);
}

static int no_room(const struct iommufd_iova_alloc_opts *o, uint64_t length,
		   uint64_t largest)
{
	struct iommufd_failure failure = {
		.size = sizeof(failure),
		.op = IOMMUFD_OP_IOVA,
		.ret = iommufd_make_error(IOMMUFD_CAUSE_NO_IOVA_SPACE, ENOSPC),
		.fd = -1,
		.memory_fd = -1,
		.memory = o->last,
		.length = length,
		.iova = o->first,
		.arg = largest,
	};

	return iommufd_failure_set(&failure);
}

/* Widened to whole granules: 0 or a cause. */
static uint32_t widen(const struct iommufd_iova_space *s,
		      const struct iommufd_extent *range,
		      struct iommufd_extent *whole)
{
	uint64_t last = range->start + (range->length - 1);
	uint64_t mask = s->granule - 1;

	if (!range->length)
		return IOMMUFD_CAUSE_ZERO_LENGTH;
	if (last < range->start || last > UINT64_MAX - s->granule)
		return IOMMUFD_CAUSE_OVERFLOW;
	whole->start = range->start & ~mask;
	whole->length = ((last + 1 + mask) & ~mask) - whole->start;
	return 0;
}

/* ---- anywhere ------------------------------------------------------------ */

/* What the options ask for, in whole granules: 0 or a cause. */
static uint32_t need_of(const struct iommufd_iova_space *s, uint64_t length,
			struct iommufd_iova_alloc_opts *o,
			struct iommufd__iova_need *need)
{
	uint64_t mask = s->granule - 1;
	uint64_t first = o->first ? o->first : 1;

	if (o->flags & ~(uint32_t)IOMMUFD_IOVA_TOP_DOWN)
		return IOMMUFD_CAUSE_BAD_FLAGS;
	if (!o->last)
		o->last = UINT64_MAX;
	if (o->alignment & (o->alignment - 1) || o->last < o->first)
		return IOMMUFD_CAUSE_BAD_VALUE;
	if (!length)
		return IOMMUFD_CAUSE_ZERO_LENGTH;
	if (length > UINT64_MAX - mask)
		return IOMMUFD_CAUSE_OVERFLOW;
	if (o->alignment < s->granule)
		o->alignment = s->granule;
	need->length = (length + mask) & ~mask;
	need->shift = (unsigned int)__builtin_ctzll(o->alignment);
	need->top_down = (o->flags & IOMMUFD_IOVA_TOP_DOWN) != 0;
	/* A window without a whole granule ends before it starts. */
	need->first =
		first > UINT64_MAX - mask ? UINT64_MAX : (first + mask) & ~mask;
	need->last = o->last;
	if (o->last < mask)
		need->last = 0;
	else if (o->last != UINT64_MAX)
		need->last = ((o->last + 1) & ~mask) - 1;
	return 0;
}

static int alloc(struct iommufd_iova_space *s,
		 const struct iommufd_iova_alloc_opts *o, uint64_t length,
		 const struct iommufd__iova_need *need, uint64_t *iova)
{
	uint64_t place;
	uint32_t piece;

	if (iommufd__iova_room(s, 1))
		return refused_range(IOMMUFD_CAUSE_NO_MEMORY, 0, length);
	piece = iommufd__pieces_search(&s->pieces, need, &place);
	if (!piece)
		return no_room(o, length,
			       iommufd__pieces_largest(&s->pieces, need));
	iommufd__iova_carve(s, piece, place, need->length);
	*iova = place;
	return 0;
}

UTIL_API int iommufd_iova_alloc(struct iommufd_iova_space *space,
				uint64_t length,
				const struct iommufd_iova_alloc_opts *opts,
				uint64_t *iova)
{
	struct iommufd_iova_alloc_opts o;
	struct iommufd__iova_need need;
	uint32_t cause = IOMMUFD_CAUSE_NULL_POINTER;
	int ret;

	if (space && iova)
		cause = iommufd__util_opts_load(&o, sizeof(o), opts, OPTS_MIN);
	if (!cause)
		cause = need_of(space, length, &o, &need);
	if (cause)
		return refused_range(cause, 0, length);
	pthread_mutex_lock(&space->lock);
	ret = alloc(space, &o, length, &need, iova);
	pthread_mutex_unlock(&space->lock);
	return ret;
}

/* ---- this very range ----------------------------------------------------- */

static uint64_t end_of(const struct iommufd_extent *range)
{
	return range->start + range->length;
}

/* No free piece has all of it: the first address that is to blame. */
static int why_not(const struct iommufd_iova_space *s,
		   const struct iommufd_extent *range,
		   const struct iommufd_extent *whole)
{
	const struct iommufd__pieces *p = &s->pieces;
	uint64_t address;
	uint32_t t;

	if (iommufd__iova_hole(s, whole, &address))
		return failed(IOMMUFD_CAUSE_IOVA_OUTSIDE, EINVAL, range,
			      address);
	t = iommufd__pieces_at(p, whole->start);
	address = whole->start;
	if (p->at[t].is_free)
		address = p->at[t].start + p->at[t].length;
	return failed(IOMMUFD_CAUSE_IOVA_TAKEN, EEXIST, range, address);
}

static int reserve(struct iommufd_iova_space *s,
		   const struct iommufd_extent *range,
		   const struct iommufd_extent *whole)
{
	const struct iommufd__piece *n;
	uint32_t t;

	if (iommufd__iova_room(s, 1))
		return failed(IOMMUFD_CAUSE_NO_MEMORY, ENOMEM, range, 0);
	t = iommufd__pieces_at(&s->pieces, whole->start);
	n = &s->pieces.at[t];
	if (!t || !n->is_free || n->start + n->length < end_of(whole))
		return why_not(s, range, whole);
	iommufd__iova_carve(s, t, whole->start, whole->length);
	return 0;
}

static int give_back(struct iommufd_iova_space *s,
		     const struct iommufd_extent *range,
		     const struct iommufd_extent *whole)
{
	struct iommufd__pieces *p = &s->pieces;
	uint32_t t = iommufd__pieces_at(p, whole->start);
	const struct iommufd__piece *n = &p->at[t];

	if (t && !n->is_free && n->start == whole->start &&
	    n->length == whole->length) {
		iommufd__iova_give_back(s, t);
		return 0;
	}
	/* Is any of it given out? */
	if (!t || n->is_free || n->start + n->length <= whole->start)
		t = iommufd__pieces_from(p, whole->start);
	while (t && p->at[t].is_free)
		t = iommufd__pieces_from(p, p->at[t].start + p->at[t].length);
	if (t && p->at[t].start < end_of(whole))
		return failed(IOMMUFD_CAUSE_IOVA_NOT_WHOLE, ENOENT, range,
			      p->at[t].start);
	return failed(IOMMUFD_CAUSE_IOVA_NOT_ALLOCATED, ENOENT, range,
		      range->start);
}

typedef int step(struct iommufd_iova_space *s,
		 const struct iommufd_extent *range,
		 const struct iommufd_extent *whole);

static int with_range(struct iommufd_iova_space *s,
		      const struct iommufd_extent *range, step *what)
{
	struct iommufd_extent whole;
	uint32_t cause;
	int ret;

	if (!s || !range)
		return refused(IOMMUFD_CAUSE_NULL_POINTER);
	cause = widen(s, range, &whole);
	if (cause)
		return refused_range(cause, range->start, range->length);
	pthread_mutex_lock(&s->lock);
	ret = what(s, range, &whole);
	pthread_mutex_unlock(&s->lock);
	return ret;
}

UTIL_API int iommufd_iova_reserve(struct iommufd_iova_space *space,
				  const struct iommufd_extent *range)
{
	return with_range(space, range, reserve);
}

UTIL_API int iommufd_iova_free(struct iommufd_iova_space *space,
			       const struct iommufd_extent *range)
{
	return with_range(space, range, give_back);
}

/* ---- questions ----------------------------------------------------------- */

UTIL_API int iommufd_iova_stranded(struct iommufd_iova_space *space,
				   struct iommufd_extent *extents,
				   uint32_t *count)
{
	uint32_t room;

	if (!space || !count || (*count && !extents))
		return refused(IOMMUFD_CAUSE_NULL_POINTER);
	room = *count;
	pthread_mutex_lock(&space->lock);
	*count = iommufd__iova_stranded(space, extents, room);
	pthread_mutex_unlock(&space->lock);
	return *count > room ? refused(IOMMUFD_CAUSE_ARRAY_SHORT) : 0;
}

UTIL_API int iommufd_iova_get_info(struct iommufd_iova_space *space,
				   struct iommufd_iova_info *info)
{
	struct iommufd_iova_info known = { .size = sizeof(known) };
	uint32_t cause = IOMMUFD_CAUSE_NULL_POINTER;

	if (space)
		cause = iommufd__util_in_check(info, INFO_MIN);
	if (cause)
		return refused(cause);
	pthread_mutex_lock(&space->lock);
	known.ranges = space->usable.count;
	known.allocations = space->allocations;
	known.free_pieces = space->free_pieces;
	known.granule = space->granule;
	known.free = space->free;
	known.largest = space->pieces.at[space->pieces.root].largest;
	for (uint32_t i = 0; i < space->usable.count; i++)
		known.usable += space->usable.at[i].last -
				space->usable.at[i].start + 1;
	pthread_mutex_unlock(&space->lock);
	iommufd__util_out_store(info, &known, sizeof(known));
	return 0;
}
