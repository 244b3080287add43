/* SPDX-License-Identifier: MIT */
/* Cutting memory into pieces. */
#include "bulk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Sizes of the structs in 0.1.0; they never change. */
#define REGION_MIN (40 + sizeof(void *))
#define OPTS_MIN   24

#define DEFAULT_PIECE	  (UINT64_C(64) << 20)
#define DEFAULT_ALIGNMENT (UINT64_C(2) << 20)
#define MAX_PIECES	  (UINT64_C(1) << 30)

#define MAGIC_HUGETLB 0x958458f6 /* of statfs(2) */

static int refused(uint32_t cause)
{
	return iommufd__util_refused(IOMMUFD_OP_BULK, cause);
}

struct iommufd__bulk_piece iommufd__bulk_piece(const struct iommufd_bulk *bulk,
					       uint64_t n)
{
	uint32_t low = 0, high = bulk->num_regions - 1;
	const struct iommufd__bulk_region *region;
	uint64_t start, end;

	while (low < high) {
		uint32_t middle = low + (high - low + 1) / 2;

		if (bulk->regions[middle].first <= n)
			low = middle;
		else
			high = middle - 1;
	}
	region = &bulk->regions[low];
	n -= region->first;
	start = n ? region->head + n * region->piece : 0;
	end = region->head + (n + 1) * region->piece;
	if (end > region->r.length)
		end = region->r.length;
	return (struct iommufd__bulk_piece){
		.region = region,
		.number = low,
		.start = start,
		.length = end - start,
	};
}

/* With room for the end of a piece above. */
static int ends_beyond(uint64_t start, uint64_t length)
{
	return start > INT64_MAX || length > INT64_MAX - start;
}

static uint32_t check_region(const struct iommufd_bulk_region *r)
{
	if (r->options & ~(uint32_t)IOMMUFD_BULK_FILE)
		return IOMMUFD_CAUSE_BAD_FLAGS;
	if (!r->memory && !(r->options & IOMMUFD_BULK_FILE))
		return IOMMUFD_CAUSE_NULL_POINTER;
	if (!r->length)
		return IOMMUFD_CAUSE_ZERO_LENGTH;
	if (!(r->flags & (IOMMUFD_MAP_READABLE | IOMMUFD_MAP_WRITEABLE)))
		return IOMMUFD_CAUSE_NO_ACCESS;
	if (ends_beyond((uintptr_t)r->memory, r->length) ||
	    r->length > UINT64_MAX - r->iova ||
	    (r->options & IOMMUFD_BULK_FILE &&
	     ends_beyond(r->offset, r->length)))
		return IOMMUFD_CAUSE_OVERFLOW;
	return 0;
}

/*
 * Files of memory are those that can be sealed. Any file is accepted by an
 * address space without a page table, and a mistake found out too late.
 */
static uint32_t check_file(struct iommufd__bulk_region *region,
			   uint64_t *alignment)
{
	const struct iommufd_bulk_region *r = &region->r;
	struct statfs fs;

	if (!(r->options & IOMMUFD_BULK_FILE))
		return 0;
	region->by_file = fcntl(r->fd, F_GET_SEALS) >= 0;
	if (!region->by_file && errno == EBADF)
		return IOMMUFD_CAUSE_BAD_FD;
	if (!r->memory)
		region->by_file = 1;
	if (!fstatfs(r->fd, &fs) &&
	    ((unsigned long)fs.f_type & 0xffffffff) == MAGIC_HUGETLB &&
	    (uint64_t)fs.f_bsize > *alignment)
		*alignment = (uint64_t)fs.f_bsize;
	return 0;
}

static uint32_t load_region(struct iommufd_bulk *bulk, uint32_t i,
			    const struct iommufd_bulk_region *from,
			    const struct iommufd_bulk_opts *o)
{
	struct iommufd__bulk_region *region = &bulk->regions[i];
	struct iommufd_bulk_region *r = &region->r;
	uint64_t alignment = o->alignment, begin;
	uint32_t cause =
		iommufd__util_opts_load(r, sizeof(*r), from, REGION_MIN);

	if (!cause)
		cause = check_region(r);
	if (!cause)
		cause = check_file(region, &alignment);
	if (cause)
		return cause;
	begin = region->by_file ? r->offset : (uintptr_t)r->memory;
	region->head = -begin & (alignment - 1);
	region->piece = (o->piece + alignment - 1) & ~(alignment - 1);
	region->first = bulk->pieces++;
	if (r->length > region->head + region->piece)
		bulk->pieces += (r->length - region->head - 1) / region->piece;
	if (ends_beyond(bulk->bytes, r->length))
		return IOMMUFD_CAUSE_OVERFLOW;
	bulk->bytes += r->length;
	return bulk->pieces > MAX_PIECES ? IOMMUFD_CAUSE_BAD_VALUE : 0;
}

static uint32_t load_opts(struct iommufd_bulk_opts *o,
			  const struct iommufd_bulk_opts *opts)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint32_t cause = iommufd__util_opts_load(o, sizeof(*o), opts, OPTS_MIN);

	if (cause)
		return cause;
	if (!o->piece)
		o->piece = DEFAULT_PIECE;
	if (!o->alignment)
		o->alignment =
			DEFAULT_ALIGNMENT > page ? DEFAULT_ALIGNMENT : page;
	if (o->flags & ~(uint32_t)IOMMUFD_BULK_POPULATE)
		return IOMMUFD_CAUSE_BAD_FLAGS;
	if (o->alignment & (o->alignment - 1) || o->alignment < page ||
	    o->piece > UINT64_MAX / 4 || o->alignment > UINT64_MAX / 4)
		return IOMMUFD_CAUSE_BAD_VALUE;
	return 0;
}

static void free_bulk(struct iommufd_bulk *bulk)
{
	free(bulk->regions);
	free((void *)bulk->states);
	free(bulk);
}

static int fill(struct iommufd_bulk *bulk, const char *regions, uint32_t count,
		const struct iommufd_bulk_opts *o)
{
	uint32_t stride, cause = 0;

	memcpy(&stride, regions, sizeof(stride));
	bulk->flags = o->flags;
	bulk->num_regions = count;
	bulk->regions = calloc(count, sizeof(*bulk->regions));
	if (!bulk->regions)
		cause = IOMMUFD_CAUSE_NO_MEMORY;
	for (uint32_t i = 0; !cause && i < count; i++) {
		const void *from = regions + (size_t)i * stride;

		if (memcmp(from, &stride, sizeof(stride)) != 0)
			cause = IOMMUFD_CAUSE_OPTS_SIZE;
		else
			cause = load_region(bulk, i, from, o);
	}
	if (!cause) {
		bulk->states = calloc((size_t)bulk->pieces, 1);
		cause = bulk->states ? 0 : IOMMUFD_CAUSE_NO_MEMORY;
	}
	if (cause)
		return refused(cause);
	if (!(bulk->flags & IOMMUFD_BULK_POPULATE))
		return 0;
	bulk->can_populate = iommufd__bulk_can_populate();
	return bulk->can_populate ? 0 : iommufd__bulk_check_access(bulk);
}

UTIL_API int iommufd_bulk_prepare(struct iommufd_ioas *ioas,
				  const struct iommufd_bulk_region *regions,
				  uint32_t count,
				  const struct iommufd_bulk_opts *opts,
				  struct iommufd_bulk **bulk)
{
	struct iommufd_bulk_opts o;
	struct iommufd_bulk *new;
	uint32_t cause;
	int ret;

	if (!ioas || !regions || !bulk)
		return refused(IOMMUFD_CAUSE_NULL_POINTER);
	cause = load_opts(&o, opts);
	if (!cause && !count)
		cause = IOMMUFD_CAUSE_BAD_VALUE;
	if (!cause)
		cause = iommufd__util_in_check(regions, REGION_MIN);
	if (cause)
		return refused(cause);
	new = calloc(1, sizeof(*new));
	if (!new)
		return refused(IOMMUFD_CAUSE_NO_MEMORY);
	pthread_mutex_init(&new->lock, NULL);
	new->ioas = ioas;
	ret = fill(new, (const char *)regions, count, &o);
	if (ret)
		free_bulk(new);
	else
		*bulk = new;
	return ret;
}

/* ---- the ends ------------------------------------------------------------ */

UTIL_API int iommufd_bulk_finish(struct iommufd_bulk *bulk)
{
	uint32_t running;
	int ret;

	if (!bulk)
		return refused(IOMMUFD_CAUSE_NULL_POINTER);
	/* Asked first: what was said before nobody was at work may be past. */
	running = atomic_load(&bulk->running);
	ret = iommufd__bulk_outcome(bulk);
	if (ret)
		return ret;
	if (running)
		return iommufd__util_failed(IOMMUFD_OP_BULK,
					    IOMMUFD_CAUSE_IN_USE, EBUSY);
	if (atomic_load(&bulk->mapped) != bulk->bytes)
		return refused(IOMMUFD_CAUSE_PIECES_LEFT);
	free_bulk(bulk);
	return 0;
}

/* Where the kernel finds nothing of ours any more there is nothing to do. */
static int unmap(struct iommufd_bulk *bulk, uint64_t n)
{
	const struct iommufd__bulk_piece piece = iommufd__bulk_piece(bulk, n);
	struct iommufd_failure failure = { .size = sizeof(failure) };
	uint64_t length = piece.length;
	int ret, state = bulk->states[n];

	if (state == IOMMUFD__PIECE_UNMAPPED)
		return 0;
	iommufd_failure_keep(&failure);
	ret = iommufd_ioas_unmap(bulk->ioas, &length,
				 piece.region->r.iova + piece.start);
	if (iommufd_is(ret, IOMMUFD_CAUSE_NOT_WHOLE_MAPPINGS)) {
		iommufd_failure_set(&failure);
		ret = 0;
	}
	if (ret)
		return ret;
	if (state != IOMMUFD__PIECE_MAPPING)
		atomic_fetch_sub(&bulk->mapped, piece.length);
	if (state == IOMMUFD__PIECE_FILE)
		atomic_fetch_sub(&bulk->mapped_files, piece.length);
	bulk->states[n] = IOMMUFD__PIECE_UNMAPPED;
	return 0;
}

UTIL_API void iommufd_bulk_release(struct iommufd_bulk *bulk)
{
	if (bulk)
		free_bulk(bulk);
}

UTIL_API int iommufd_bulk_undo(struct iommufd_bulk *bulk, uint32_t flags)
{
	struct iommufd_failure first = { .size = sizeof(first) };
	int ret = 0, failed;

	if (!bulk)
		return 0;
	if (flags & ~(uint32_t)IOMMUFD_BULK_ALONE)
		return refused(IOMMUFD_CAUSE_BAD_FLAGS);
	if (atomic_load(&bulk->running) && !(flags & IOMMUFD_BULK_ALONE))
		return iommufd__util_failed(IOMMUFD_OP_BULK,
					    IOMMUFD_CAUSE_IN_USE, EBUSY);
	iommufd_bulk_cancel(bulk);
	for (uint64_t n = bulk->pieces; n-- > 0;) {
		failed = unmap(bulk, n);
		if (failed && !ret) {
			ret = failed;
			iommufd_failure_keep(&first);
		}
	}
	if (ret)
		return iommufd_failure_set(&first);
	free_bulk(bulk);
	return 0;
}
