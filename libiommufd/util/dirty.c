/* SPDX-License-Identifier: MIT */
/* Dirty tracking of several page tables at once. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

/* sizeof(struct iommufd_dirty_opts) in 0.1.0. */
#define OPTS_MIN 24

#define PAGE_SIZE_DEFAULT 4096
#define MEMORY_DEFAULT	  (2 << 20)
#define WORD_BITS	  64
#define BATCH		  256

struct iommufd_dirty {
	struct iommufd_ioas *ioas;
	struct iommufd_hwpt **hwpts;
	uint32_t count;
	uint64_t page_size;
	/* Of a walk: a piece's bits, all clear where no piece is. */
	uint64_t *bitmap;
	size_t words;
	int in_use;
	/* What is walked over, and how far the pieces have come. */
	struct iommufd_extent *list;
	const struct iommufd_extent *mapped;
	uint32_t ranges;
	uint32_t flags;
	uint64_t done; /* bytes of the first range */
	/* The piece: its first address, its bits, and where the walk is. */
	uint64_t start;
	uint64_t bits;
	uint64_t position;
	/* The runs of it that come next, and how many have been told. */
	struct iommufd_extent runs[BATCH];
	uint32_t found;
	uint32_t told;
};

static int refused(uint32_t cause)
{
	return iommufd__util_refused(IOMMUFD_OP_DIRTY, cause);
}

/* ---- making ------------------------------------------------------------------ */

static int is_power_of_two(uint64_t n)
{
	return n && !(n & (n - 1));
}

static uint32_t check(const struct iommufd_dirty_opts *o, uint32_t count)
{
	if (o->flags)
		return IOMMUFD_CAUSE_BAD_FLAGS;
	if (!count || (o->page_size && !is_power_of_two(o->page_size)) ||
	    o->memory % sizeof(uint64_t))
		return IOMMUFD_CAUSE_BAD_VALUE;
	return o->memory > SIZE_MAX / 2 ? IOMMUFD_CAUSE_NO_MEMORY : 0;
}

/* The kernel wants ranges that are aligned to page size and address space. */
static int choose_page_size(struct iommufd_ioas *ioas, uint64_t *page_size)
{
	struct iommufd_failure failure = { .size = sizeof(failure) };
	uint64_t alignment = 0;
	uint32_t none = 0;
	int ret;

	if (*page_size)
		return 0;
	iommufd_failure_keep(&failure);
	ret = iommufd_ioas_iova_ranges(ioas, NULL, &none, &alignment);
	if (ret && !iommufd_is(ret, IOMMUFD_CAUSE_ARRAY_SHORT))
		return ret;
	/* That there are ranges is no failure. */
	iommufd_failure_set(&failure);
	*page_size =
		alignment > PAGE_SIZE_DEFAULT ? alignment : PAGE_SIZE_DEFAULT;
	return 0;
}

static int allocate(struct iommufd_dirty *dirty,
		    struct iommufd_hwpt *const *hwpts)
{
	dirty->hwpts = calloc(dirty->count, sizeof(struct iommufd_hwpt *));
	dirty->bitmap = calloc(dirty->words, sizeof(uint64_t));
	if (!dirty->hwpts || !dirty->bitmap)
		return refused(IOMMUFD_CAUSE_NO_MEMORY);
	for (uint32_t i = 0; i < dirty->count; i++) {
		if (!hwpts[i])
			return refused(IOMMUFD_CAUSE_NULL_POINTER);
		if (iommufd_hwpt_ctx(hwpts[i]) != iommufd_ioas_ctx(dirty->ioas))
			return refused(IOMMUFD_CAUSE_OTHER_CONTEXT);
		dirty->hwpts[i] = hwpts[i];
	}
	return 0;
}

UTIL_API int iommufd_dirty_new(struct iommufd_ioas *ioas,
			       struct iommufd_hwpt *const *hwpts,
			       uint32_t count,
			       const struct iommufd_dirty_opts *opts,
			       struct iommufd_dirty **dirty)
{
	struct iommufd_dirty_opts o;
	struct iommufd_dirty *new;
	uint32_t cause;
	int ret;

	if (!ioas || !hwpts || !dirty)
		return refused(IOMMUFD_CAUSE_NULL_POINTER);
	cause = iommufd__util_opts_load(&o, sizeof(o), opts, OPTS_MIN);
	if (!cause)
		cause = check(&o, count);
	if (cause)
		return refused(cause);
	ret = choose_page_size(ioas, &o.page_size);
	if (ret)
		return ret;
	new = calloc(1, sizeof(*new));
	if (!new)
		return refused(IOMMUFD_CAUSE_NO_MEMORY);
	new->ioas = ioas;
	new->count = count;
	new->page_size = o.page_size;
	new->words = (size_t)(o.memory ? o.memory : MEMORY_DEFAULT) /
		     sizeof(uint64_t);
	ret = allocate(new, hwpts);
	if (ret)
		iommufd_dirty_release(new);
	else
		*dirty = new;
	return ret;
}

UTIL_API void iommufd_dirty_release(struct iommufd_dirty *dirty)
{
	if (!dirty)
		return;
	free(dirty->hwpts);
	free(dirty->bitmap);
	free(dirty->list);
	free(dirty);
}

UTIL_API uint64_t iommufd_dirty_page_size(const struct iommufd_dirty *dirty)
{
	return dirty ? dirty->page_size : 0;
}

/* ---- on and off ----------------------------------------------------------------- */

UTIL_API int iommufd_dirty_start(struct iommufd_dirty *dirty)
{
	struct iommufd_failure failure = { .size = sizeof(failure) };
	uint32_t started = 0;
	int ret = 0;

	if (!dirty)
		return refused(IOMMUFD_CAUSE_NULL_POINTER);
	while (!ret && started < dirty->count) {
		ret = iommufd_hwpt_set_dirty_tracking(
			dirty->hwpts[started], IOMMUFD_DIRTY_TRACKING_ENABLE);
		if (!ret)
			started++;
	}
	if (!ret)
		return 0;
	iommufd_failure_keep(&failure);
	while (started)
		iommufd_hwpt_set_dirty_tracking(dirty->hwpts[--started], 0);
	iommufd_failure_set(&failure);
	return ret;
}

UTIL_API int iommufd_dirty_stop(struct iommufd_dirty *dirty)
{
	struct iommufd_failure failure = { .size = sizeof(failure) };
	int first = 0;

	if (!dirty)
		return refused(IOMMUFD_CAUSE_NULL_POINTER);
	for (uint32_t i = 0; i < dirty->count; i++) {
		int ret = iommufd_hwpt_set_dirty_tracking(dirty->hwpts[i], 0);

		if (ret && !first) {
			first = ret;
			iommufd_failure_keep(&failure);
		}
	}
	if (first)
		iommufd_failure_set(&failure);
	return first;
}

/* ---- reading ----------------------------------------------------------------------- */

UTIL_API int iommufd_dirty_read(struct iommufd_dirty *dirty,
				const struct iommufd_extent *range,
				uint32_t flags, uint64_t *bitmap,
				uint64_t words)
{
	struct iommufd_hwpt_get_dirty_bitmap_opts opts = { .size = sizeof(opts),
							   .flags = flags };
	int ret = 0;

	if (!dirty || !range || !bitmap)
		return refused(IOMMUFD_CAUSE_NULL_POINTER);
	opts.iova = range->start;
	opts.length = range->length;
	opts.page_size = dirty->page_size;
	opts.bitmap_length = words > UINT64_MAX / sizeof(*bitmap)
				     ? UINT64_MAX
				     : words * sizeof(*bitmap);
	for (uint32_t i = 0; !ret && i < dirty->count; i++)
		ret = iommufd_hwpt_get_dirty_bitmap(dirty->hwpts[i], &opts,
						    bitmap);
	return ret;
}

/* As if all of it had been written to. */
static void set_all(uint64_t *bitmap, uint64_t bits)
{
	memset(bitmap, 0xff, (size_t)(bits / WORD_BITS) * sizeof(*bitmap));
	if (bits % WORD_BITS)
		bitmap[bits / WORD_BITS] |=
			(UINT64_C(1) << bits % WORD_BITS) - 1;
}

UTIL_API int iommufd_dirty_unmap(struct iommufd_dirty *dirty,
				 const struct iommufd_extent *range,
				 uint64_t *bitmap, uint64_t words)
{
	uint64_t length;
	int ret = iommufd_dirty_read(dirty, range, IOMMUFD_DIRTY_NO_CLEAR,
				     bitmap, words);

	if (ret)
		return ret;
	length = range->length;
	ret = iommufd_ioas_unmap(dirty->ioas, &length, range->start);
	/*
	 * If there was a hole nothing behind it has been read; after a failure
	 * nobody says whether there was.
	 */
	if (ret || length != range->length)
		set_all(bitmap, range->length / dirty->page_size);
	return ret;
}

/* ---- walking ----------------------------------------------------------------------- */

static void forget_piece(struct iommufd_dirty *dirty)
{
	if (dirty->in_use)
		memset(dirty->bitmap, 0, dirty->words * sizeof(uint64_t));
	dirty->in_use = 0;
	dirty->bits = 0;
	dirty->position = 0;
	dirty->found = 0;
	dirty->told = 0;
}

/* Whether the piece has a run that has not been told. */
static int find_runs(struct iommufd_dirty *dirty)
{
	if (dirty->told < dirty->found)
		return 1;
	dirty->told = 0;
	dirty->found = iommufd_dirty_runs(dirty->bitmap, dirty->bits,
					  &dirty->position, dirty->runs, BATCH);
	return dirty->found != 0;
}

UTIL_API int iommufd_dirty_walk(struct iommufd_dirty *dirty,
				const struct iommufd_extent *mapped,
				uint32_t count, uint32_t flags)
{
	struct iommufd_extent *list;

	if (!dirty || (count && !mapped))
		return refused(IOMMUFD_CAUSE_NULL_POINTER);
	list = calloc(count + (size_t)!count, sizeof(*list));
	if (!list)
		return refused(IOMMUFD_CAUSE_NO_MEMORY);
	if (count)
		memcpy(list, mapped, count * sizeof(*list));
	forget_piece(dirty);
	free(dirty->list);
	dirty->list = list;
	dirty->mapped = list;
	dirty->ranges = count;
	dirty->flags = flags;
	dirty->done = 0;
	return 0;
}

static void next_range(struct iommufd_dirty *dirty)
{
	dirty->mapped++;
	dirty->ranges--;
	dirty->done = 0;
}

/* The next piece of what is mapped; there is one. */
static int read_piece(struct iommufd_dirty *dirty)
{
	const uint64_t pages = (uint64_t)dirty->words * WORD_BITS;
	struct iommufd_extent piece = {
		.start = dirty->mapped->start + dirty->done,
		.length = dirty->mapped->length - dirty->done,
	};
	int ret;

	if (piece.length / dirty->page_size > pages)
		piece.length = pages * dirty->page_size;
	/* Also of a failure there may be bits, which a second try adds to. */
	dirty->in_use = 1;
	ret = iommufd_dirty_read(dirty, &piece, dirty->flags, dirty->bitmap,
				 dirty->words);
	if (ret)
		return ret;
	dirty->start = piece.start;
	dirty->bits = piece.length / dirty->page_size;
	dirty->position = 0;
	dirty->done += piece.length;
	if (dirty->done == dirty->mapped->length)
		next_range(dirty);
	return 0;
}

UTIL_API int iommufd_dirty_next(struct iommufd_dirty *dirty,
				struct iommufd_extent *range)
{
	const struct iommufd_extent *run;

	if (!dirty || !range)
		return refused(IOMMUFD_CAUSE_NULL_POINTER);
	while (!find_runs(dirty)) {
		int ret;

		if (dirty->bits)
			forget_piece(dirty);
		while (dirty->ranges && !dirty->mapped->length)
			next_range(dirty);
		if (!dirty->ranges) {
			*range = (struct iommufd_extent){ 0 };
			return 0;
		}
		ret = read_piece(dirty);
		if (ret)
			return ret;
	}
	run = &dirty->runs[dirty->told++];
	range->start = dirty->start + run->start * dirty->page_size;
	range->length = run->length * dirty->page_size;
	return 0;
}
