/* SPDX-License-Identifier: MIT */
/* Working on the pieces of a bulk registration. */
#include "bulk.h"

#include <errno.h>

#define INFO_MIN 80 /* sizeof in 0.1.0 */

enum { GOES_ON, CANCELLED, FAILED };

int iommufd__bulk_failed(const struct iommufd_bulk *bulk,
			 const struct iommufd__bulk_piece *piece,
			 uint32_t cause, int err)
{
	const struct iommufd_bulk_region *r = &piece->region->r;
	struct iommufd_failure failure = {
		.size = sizeof(failure),
		.op = IOMMUFD_OP_BULK,
		.ret = iommufd_make_error(cause, err),
		.fd = -1,
		.object_id = iommufd_ioas_id(bulk->ioas),
		.flags = r->flags | IOMMUFD_MAP_FIXED_IOVA,
		.memory_fd = -1,
		.memory = (uintptr_t)r->memory + piece->start,
		.length = piece->length,
		.iova = r->iova + piece->start,
	};

	return iommufd_failure_set(&failure);
}

/*
 * Whether a piece has been left out, or will be: who takes one after cancelling
 * does not map it. What has been said of it once remains true.
 */
static int is_cancelled(struct iommufd_bulk *bulk)
{
	if (atomic_load(&bulk->stop) == CANCELLED &&
	    atomic_load(&bulk->next) < bulk->pieces)
		atomic_store(&bulk->left_out, 1);
	return atomic_load(&bulk->stop) == CANCELLED &&
	       atomic_load(&bulk->left_out);
}

/*
 * The first failure, from whichever thread, or what else has stopped us: one of
 * them, and the same for all that ask later.
 */
int iommufd__bulk_outcome(struct iommufd_bulk *bulk)
{
	int ret = 0;

	if (atomic_load(&bulk->stop) == GOES_ON)
		return 0;
	pthread_mutex_lock(&bulk->lock);
	if (is_cancelled(bulk))
		ret = iommufd__util_failed(IOMMUFD_OP_BULK,
					   IOMMUFD_CAUSE_CANCELLED, ECANCELED);
	else if (atomic_load(&bulk->stop) == FAILED)
		ret = iommufd_failure_set(&bulk->failure);
	pthread_mutex_unlock(&bulk->lock);
	return ret;
}

/* This thread's last failure is that of the piece. */
static void fail(struct iommufd_bulk *bulk,
		 const struct iommufd__bulk_piece *piece)
{
	pthread_mutex_lock(&bulk->lock);
	if (!bulk->failure.ret) {
		bulk->failure.size = sizeof(bulk->failure);
		iommufd_failure_keep(&bulk->failure);
		bulk->failed = *piece;
		if (!is_cancelled(bulk))
			atomic_store(&bulk->stop, FAILED);
	}
	pthread_mutex_unlock(&bulk->lock);
}

UTIL_API void iommufd_bulk_cancel(struct iommufd_bulk *bulk)
{
	int expected = GOES_ON;

	/* A failure is not to be overwritten. */
	if (bulk)
		atomic_compare_exchange_strong(&bulk->stop, &expected,
					       CANCELLED);
}

/* By the file where that is to be had: then @tried is set. */
static int map_file(struct iommufd_bulk *bulk,
		    const struct iommufd__bulk_piece *piece, int *tried)
{
	const struct iommufd_bulk_region *r = &piece->region->r;
	const struct iommufd_extent part = { r->offset + piece->start,
					     piece->length };
	struct iommufd_failure failure = { .size = sizeof(failure) };
	uint64_t iova = r->iova + piece->start;
	int ret;

	*tried = piece->region->by_file &&
		 !(r->memory && atomic_load(&bulk->no_files));
	if (!*tried)
		return 0;
	iommufd_failure_keep(&failure);
	ret = iommufd_ioas_map_file(bulk->ioas, r->fd, &part,
				    r->flags | IOMMUFD_MAP_FIXED_IOVA, &iova);
	if (r->memory && iommufd_is(ret, IOMMUFD_CAUSE_COMMAND)) {
		iommufd_failure_set(&failure);
		atomic_store(&bulk->no_files, 1);
		*tried = 0;
		ret = 0;
	}
	return ret;
}

static int map(struct iommufd_bulk *bulk,
	       const struct iommufd__bulk_piece *piece, int *by_file)
{
	const struct iommufd_bulk_region *r = &piece->region->r;
	uint64_t iova = r->iova + piece->start;
	int ret = map_file(bulk, piece, by_file);

	if (*by_file)
		return ret;
	return iommufd_ioas_map(bulk->ioas, (char *)r->memory + piece->start,
				piece->length,
				r->flags | IOMMUFD_MAP_FIXED_IOVA, &iova);
}

static int work(struct iommufd_bulk *bulk, uint64_t n)
{
	const struct iommufd__bulk_piece piece = iommufd__bulk_piece(bulk, n);
	int by_file, ret = 0;

	if (bulk->flags & IOMMUFD_BULK_POPULATE)
		ret = iommufd__bulk_populate(bulk, &piece);
	if (!ret && atomic_load(&bulk->stop)) {
		atomic_store(&bulk->left_out, 1);
		return 0;
	}
	if (!ret) {
		bulk->states[n] = IOMMUFD__PIECE_MAPPING;
		ret = map(bulk, &piece, &by_file);
		if (ret)
			bulk->states[n] = IOMMUFD__PIECE_UNMAPPED;
	}
	if (ret) {
		fail(bulk, &piece);
		return ret;
	}
	bulk->states[n] = by_file ? IOMMUFD__PIECE_FILE : IOMMUFD__PIECE_MAPPED;
	atomic_fetch_add(&bulk->mapped, piece.length);
	if (by_file)
		atomic_fetch_add(&bulk->mapped_files, piece.length);
	return 0;
}

UTIL_API int iommufd_bulk_run(struct iommufd_bulk *bulk, uint64_t pieces)
{
	uint64_t done = 0, n;
	int ret;

	if (!bulk)
		return iommufd__util_refused(IOMMUFD_OP_BULK,
					     IOMMUFD_CAUSE_NULL_POINTER);
	atomic_fetch_add(&bulk->running, 1);
	while (!atomic_load(&bulk->stop) && (!pieces || done++ < pieces)) {
		n = atomic_fetch_add(&bulk->next, 1);
		if (n >= bulk->pieces || work(bulk, n))
			break;
	}
	ret = iommufd__bulk_outcome(bulk);
	/* From here on somebody else may end it. */
	atomic_fetch_sub(&bulk->running, 1);
	return ret;
}

/* With the lock. */
static uint32_t state_of(struct iommufd_bulk *bulk)
{
	if (atomic_load(&bulk->mapped) == bulk->bytes)
		return IOMMUFD_BULK_MAPPED;
	if (is_cancelled(bulk))
		return IOMMUFD_BULK_CANCELLED;
	return atomic_load(&bulk->stop) == FAILED ? IOMMUFD_BULK_FAILED
						  : IOMMUFD_BULK_GOES_ON;
}

UTIL_API int iommufd_bulk_get_info(struct iommufd_bulk *bulk,
				   struct iommufd_bulk_info *info)
{
	struct iommufd_bulk_info known = { .size = sizeof(known) };
	uint32_t cause = IOMMUFD_CAUSE_NULL_POINTER;

	if (bulk)
		cause = iommufd__util_in_check(info, INFO_MIN);
	if (cause)
		return iommufd__util_refused(IOMMUFD_OP_BULK, cause);
	known.bytes = bulk->bytes;
	known.mapped_files = atomic_load(&bulk->mapped_files);
	known.mapped = atomic_load(&bulk->mapped);
	known.populated = atomic_load(&bulk->populated);
	known.pieces = bulk->pieces;
	known.running = atomic_load(&bulk->running);
	pthread_mutex_lock(&bulk->lock);
	known.state = state_of(bulk);
	known.ret = bulk->failure.ret;
	known.region = bulk->failed.number;
	known.start = bulk->failed.start;
	known.length = bulk->failed.length;
	pthread_mutex_unlock(&bulk->lock);
	iommufd__util_out_store(info, &known, sizeof(known));
	return 0;
}
