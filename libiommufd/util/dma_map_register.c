/* SPDX-License-Identifier: MIT */
/*
 * Registering and unregistering. A region that the kernel is just asked about is
 * in the tree of addresses, so that nobody else begins with the same memory, and
 * its record is not alive, so that nobody translates it. It is in the tree of
 * IOVAs only while it is alive: the kernel may give its IOVA to somebody else
 * the moment it is unmapped.
 */
#include "dma_map.h"

#include <errno.h>
#include <string.h>

/* sizeof(struct iommufd_dma_register_opts) in 0.1.0. */
#define OPTS_MIN 24

_Static_assert(sizeof(struct iommufd_dma_register_opts) >= OPTS_MIN, "grown");

typedef struct iommufd__dma_record record_t;

#define ACCESS (IOMMUFD_MAP_READABLE | IOMMUFD_MAP_WRITEABLE)

static int log_of(uint64_t length)
{
	return 63 - __builtin_clzll(length);
}

static uint64_t length_of(const record_t *r)
{
	uint64_t length = iommufd__dma_get(&r->length);

	return length ? length : iommufd__dma_get(&r->start[DMA_IOVA]);
}

/* ---- what is there ------------------------------------------------------- */

/* What a range is to the regions that there are. */
enum { RANGE_FREE, RANGE_INSIDE, RANGE_CUTS, RANGE_BUSY };

static int in_transit(const record_t *r)
{
	return r->state != DMA_LIVE;
}

/* @region is one that the range touches. */
static int place_of(const struct iommufd_dma_map *map, unsigned int which,
		    uint64_t start, uint64_t length, record_t **region)
{
	const struct iommufd__dma_side *side = &map->side[which];
	record_t *r = iommufd__dma_tree_floor(side, start);
	uint64_t offset;

	*region = r;
	if (r) {
		offset = start - iommufd__dma_get(&r->start[which]);
		if (offset < length_of(r)) {
			if (in_transit(r))
				return RANGE_BUSY;
			return length <= length_of(r) - offset ? RANGE_INSIDE
							       : RANGE_CUTS;
		}
	}
	*region = r = iommufd__dma_tree_ceiling(side, start);
	if (!r || iommufd__dma_get(&r->start[which]) - start >= length)
		return RANGE_FREE;
	return in_transit(r) ? RANGE_BUSY : RANGE_CUTS;
}

/*
 * The same, but waiting until it is not busy if that is wanted. A thread that is
 * cancelled there would keep the mutex.
 */
static int settled_place_of(struct iommufd_dma_map *map,
			    const struct iommufd__dma_call *call,
			    record_t **region)
{
	int place, cancel;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	while ((place = place_of(map, DMA_ADDRESS, call->memory, call->length,
				 region)) == RANGE_BUSY &&
	       call->wait)
		pthread_cond_wait(&map->settled, &map->mutex);
	pthread_setcancelstate(cancel, NULL);
	return place;
}

static void depart(struct iommufd_dma_map *map)
{
	map->transit++;
	pthread_mutex_unlock(&map->mutex);
}

static void arrive(struct iommufd_dma_map *map)
{
	pthread_mutex_lock(&map->mutex);
	map->transit--;
	pthread_cond_broadcast(&map->settled);
}

/* ---- bookkeeping --------------------------------------------------------- */

static void count(struct iommufd_dma_map *map, const record_t *r, int64_t by)
{
	struct iommufd_dma_map_info *info = &map->info;
	const uint64_t start = iommufd__dma_get(&r->start[DMA_ADDRESS]),
		       length = length_of(r);

	if (start % (UINT64_C(1) << log_of(length)) == 0)
		map->aligned += (uint64_t)by;
	info->regions += (uint64_t)by;
	info->bytes += (uint64_t)by * length;
	map->log_sum += (uint64_t)(by * log_of(length));
	map->log_squares += (uint64_t)(by * log_of(length) * log_of(length));
	if (info->regions > info->most_regions)
		info->most_regions = info->regions;
	iommufd__dma_hints_fit(map);
}

/* From now on readers find it. */
static void come_alive(struct iommufd_dma_map *map, record_t *r, uint64_t iova)
{
	uint64_t length = length_of(r);

	iommufd__dma_set(&r->start[DMA_IOVA], iova);
	iommufd__dma_tree_insert(&map->side[DMA_IOVA], iova, r);
	atomic_store_explicit(&r->length, length, memory_order_release);
	iommufd__dma_hints_add(map, r);
	r->state = DMA_LIVE;
	count(map, r, 1);
}

/* From now on they do not, and no cursor is good any more. */
static void die(struct iommufd_dma_map *map, record_t *r)
{
	uint64_t length = length_of(r),
		 iova = iommufd__dma_get(&r->start[DMA_IOVA]);

	iommufd__dma_hints_drop(map, r);
	iommufd__dma_removal_begin(map);
	iommufd__dma_set(&r->length, 0);
	iommufd__dma_removal_end(map);
	/*
	 * Not before: who began in the middle and has the old length would take it
	 * for the IOVA. So who sees this has to see the new count.
	 */
	iommufd__dma_fence(memory_order_release);
	iommufd__dma_set(&r->start[DMA_IOVA], length);
	r->state = DMA_UNMAPPING;
	iommufd__dma_tree_remove(&map->side[DMA_IOVA], iova);
	count(map, r, -1);
}

static void forget(struct iommufd_dma_map *map, record_t *r)
{
	iommufd__dma_tree_remove(&map->side[DMA_ADDRESS],
				 iommufd__dma_get(&r->start[DMA_ADDRESS]));
	iommufd__dma_record_free(map, r);
}

/* Both trees will change, once there and perhaps once back. */
#define CHANGES 2

/* When one is added, with one change more, and a level: see begin(). */
static int promise(struct iommufd_dma_map *map, uint32_t added)
{
	if (!iommufd__dma_reserve(map, CHANGES + added, added))
		return 0;
	map->promised += CHANGES;
	return 1;
}

/* ---- registering --------------------------------------------------------- */

static uint32_t load_opts(struct iommufd_dma_register_opts *known,
			  const struct iommufd_dma_register_opts *opts)
{
	uint32_t cause =
		iommufd__util_opts_load(known, sizeof(*known), opts, OPTS_MIN);

	if (cause)
		return cause;
	if (known->flags & ~(uint32_t)(IOMMUFD_DMA_WAIT | IOMMUFD_DMA_FILE))
		return IOMMUFD_CAUSE_BAD_FLAGS;
	return known->reserved ? IOMMUFD_CAUSE_OPTS_RESERVED : 0;
}

static int share(struct iommufd_dma_map *map, record_t *r,
		 const struct iommufd__dma_call *call, uint64_t *iova)
{
	uint64_t at = iommufd__dma_get(&r->start[DMA_IOVA]) +
		      (call->memory - iommufd__dma_get(&r->start[DMA_ADDRESS]));

	if (call->flags & IOMMUFD_MAP_FIXED_IOVA && call->iova != at)
		return iommufd__dma_refused(IOMMUFD_CAUSE_REGISTERED_ELSEWHERE,
					    EEXIST, call);
	if (call->flags & ACCESS & ~(uint32_t)r->access)
		return iommufd__dma_refused(IOMMUFD_CAUSE_REGISTERED_ACCESS,
					    EPERM, call);
	r->shares++;
	map->info.registrations++;
	*iova = at;
	return 0;
}

static int ask_map(struct iommufd_dma_map *map,
		   const struct iommufd__dma_call *call,
		   const struct iommufd_dma_register_opts *opts, uint64_t *iova)
{
	const struct iommufd_extent part = { .start = opts->offset,
					     .length = call->length };

	*iova = call->iova;
	if (opts->flags & IOMMUFD_DMA_FILE)
		return iommufd_ioas_map_file(map->ioas, opts->fd, &part,
					     call->flags, iova);
	return iommufd_ioas_map(map->ioas, (void *)(uintptr_t)call->memory,
				call->length, call->flags, iova);
}

/*
 * The kernel has mapped it. Where the map still has a region at these IOVAs,
 * somebody has unmapped that behind its back.
 */
static int settle(struct iommufd_dma_map *map, record_t *r,
		  const struct iommufd__dma_call *call, uint64_t iova)
{
	uint64_t length = call->length;
	record_t *other;

	if (place_of(map, DMA_IOVA, iova, call->length, &other) != RANGE_FREE) {
		iommufd_ioas_unmap(map->ioas, &length, iova);
		return iommufd__dma_refused(IOMMUFD_CAUSE_ALREADY_MAPPED,
					    EEXIST, call);
	}
	come_alive(map, r, iova);
	map->info.registrations++;
	return 0;
}

static record_t *begin(struct iommufd_dma_map *map,
		       const struct iommufd__dma_call *call)
{
	record_t *r;

	/* So that unregistering finds as much, though a tree may have grown. */
	if (!promise(map, 1))
		return NULL;
	r = iommufd__dma_record_new(map);
	if (!r) {
		map->promised -= CHANGES;
		return NULL;
	}
	/* Not a word of it before the count of its last region's removal. */
	iommufd__dma_fence(memory_order_release);
	iommufd__dma_set(&r->start[DMA_ADDRESS], call->memory);
	iommufd__dma_set(&r->start[DMA_IOVA], call->length);
	r->shares = 1;
	r->access = call->flags & ACCESS;
	r->state = DMA_MAPPING;
	iommufd__dma_tree_insert(&map->side[DMA_ADDRESS], call->memory, r);
	return r;
}

/* With the mutex, which is let go while the kernel works. */
static int add(struct iommufd_dma_map *map,
	       const struct iommufd__dma_call *call,
	       const struct iommufd_dma_register_opts *opts, uint64_t *iova)
{
	record_t *r = begin(map, call);
	uint64_t at = 0;
	int ret;

	if (!r)
		return iommufd__dma_refused(IOMMUFD_CAUSE_NO_MEMORY, ENOMEM,
					    call);
	depart(map);
	ret = ask_map(map, call, opts, &at);
	arrive(map);
	if (!ret)
		ret = settle(map, r, call, at);
	if (ret)
		forget(map, r);
	else
		*iova = at;
	map->promised -= CHANGES;
	return ret;
}

static int register_call(struct iommufd_dma_map *map,
			 const struct iommufd__dma_call *call,
			 const struct iommufd_dma_register_opts *opts,
			 uint64_t *iova)
{
	record_t *region;

	switch (settled_place_of(map, call, &region)) {
	case RANGE_BUSY:
		return iommufd__dma_refused(IOMMUFD_CAUSE_ANOTHER_THREAD, EBUSY,
					    call);
	case RANGE_CUTS:
		return iommufd__dma_refused(IOMMUFD_CAUSE_REGISTERED_IN_PART,
					    EEXIST, call);
	case RANGE_INSIDE:
		return share(map, region, call, iova);
	default:
		return add(map, call, opts, iova);
	}
}

UTIL_API int iommufd_dma_map_register(
	struct iommufd_dma_map *map, void *memory, uint64_t length,
	uint32_t access, const struct iommufd_dma_register_opts *opts,
	uint64_t *iova)
{
	struct iommufd__dma_call call = {
		.flags = access,
		.memory = (uint64_t)(uintptr_t)memory,
		.length = length,
	};
	struct iommufd_dma_register_opts known;
	uint32_t cause = map && iova ? load_opts(&known, opts)
				     : IOMMUFD_CAUSE_NULL_POINTER;
	int ret;

	if (!cause && access & ~(uint32_t)(ACCESS | IOMMUFD_MAP_FIXED_IOVA))
		cause = IOMMUFD_CAUSE_BAD_FLAGS;
	if (!cause && !(access & ACCESS))
		cause = IOMMUFD_CAUSE_NO_ACCESS;
	if (cause)
		return iommufd__dma_refused(
			cause,
			cause == IOMMUFD_CAUSE_OPTS_TAIL ? E2BIG : EINVAL,
			&call);
	call.ioas_id = iommufd_ioas_id(map->ioas);
	call.wait = known.flags & IOMMUFD_DMA_WAIT;
	if (access & IOMMUFD_MAP_FIXED_IOVA)
		call.iova = *iova;
	ret = iommufd__dma_check_range(&call);
	if (ret)
		return ret;
	pthread_mutex_lock(&map->mutex);
	ret = register_call(map, &call, &known, iova);
	pthread_mutex_unlock(&map->mutex);
	return ret;
}

/* ---- unregistering ------------------------------------------------------- */

/*
 * Meanwhile another region may have come to these IOVAs, of which somebody has
 * unmapped this one behind the map's back. Then it is gone, whatever the kernel
 * says of the other one.
 */
static int is_there(const struct iommufd_dma_map *map, uint64_t iova,
		    uint64_t length)
{
	record_t *other;

	return place_of(map, DMA_IOVA, iova, length, &other) == RANGE_FREE;
}

/* With the mutex, which is let go while the kernel works. */
static int take_out(struct iommufd_dma_map *map, record_t *r,
		    struct iommufd_extent *unmapped)
{
	uint64_t iova = iommufd__dma_get(&r->start[DMA_IOVA]),
		 length = iommufd__dma_get(&r->length);
	uint64_t done = length;
	int ret;

	if (!promise(map, 0))
		return iommufd__dma_refused(IOMMUFD_CAUSE_NO_MEMORY, ENOMEM,
					    NULL);
	die(map, r);
	depart(map);
	ret = iommufd_ioas_unmap(map->ioas, &done, iova);
	arrive(map);
	if (ret && is_there(map, iova, length)) {
		come_alive(map, r, iova);
	} else {
		map->info.registrations -= r->shares;
		forget(map, r);
		unmapped->start = iova;
		unmapped->length = length;
	}
	map->promised -= CHANGES;
	return ret;
}

static int unregister_call(struct iommufd_dma_map *map,
			   const struct iommufd__dma_call *call,
			   struct iommufd_extent *unmapped)
{
	record_t *r;

	switch (settled_place_of(map, call, &r)) {
	case RANGE_BUSY:
		return iommufd__dma_refused(IOMMUFD_CAUSE_ANOTHER_THREAD, EBUSY,
					    call);
	case RANGE_INSIDE:
		break;
	default:
		return iommufd__dma_refused(IOMMUFD_CAUSE_NOT_REGISTERED,
					    ENOENT, call);
	}
	if (r->shares == 1)
		return take_out(map, r, unmapped);
	r->shares--;
	map->info.registrations--;
	return 0;
}

UTIL_API int iommufd_dma_map_unregister(struct iommufd_dma_map *map,
					const void *memory, uint64_t length,
					uint32_t flags,
					struct iommufd_extent *unmapped)
{
	struct iommufd__dma_call call = {
		.memory = (uint64_t)(uintptr_t)memory,
		.length = length,
		.wait = flags & IOMMUFD_DMA_WAIT,
	};
	struct iommufd_extent gone = { .start = 0 };
	int ret;

	if (!map)
		return iommufd__dma_refused(IOMMUFD_CAUSE_NULL_POINTER, EINVAL,
					    &call);
	if (flags & ~(uint32_t)IOMMUFD_DMA_WAIT)
		return iommufd__dma_refused(IOMMUFD_CAUSE_BAD_FLAGS, EINVAL,
					    &call);
	ret = iommufd__dma_check_range(&call);
	if (ret)
		return ret;
	call.ioas_id = iommufd_ioas_id(map->ioas);
	pthread_mutex_lock(&map->mutex);
	ret = unregister_call(map, &call, &gone);
	pthread_mutex_unlock(&map->mutex);
	if (!ret && unmapped)
		*unmapped = gone;
	return ret;
}

/* Each once, in ascending order, whatever happens to it. */
UTIL_API int iommufd_dma_map_clear(struct iommufd_dma_map *map)
{
	struct iommufd_failure first = { .size = sizeof(first) };
	struct iommufd_extent gone;
	uint64_t from = 0;
	record_t *r;
	int ret;

	if (!map)
		return iommufd__dma_refused(IOMMUFD_CAUSE_NULL_POINTER, EINVAL,
					    NULL);
	pthread_mutex_lock(&map->mutex);
	while ((r = iommufd__dma_tree_ceiling(&map->side[DMA_ADDRESS], from))) {
		from = iommufd__dma_get(&r->start[DMA_ADDRESS]) + 1;
		ret = in_transit(r) ? iommufd__dma_refused(
					      IOMMUFD_CAUSE_ANOTHER_THREAD,
					      EBUSY, NULL)
				    : take_out(map, r, &gone);
		if (ret && !first.ret)
			iommufd_failure_get(ret, &first);
	}
	pthread_mutex_unlock(&map->mutex);
	return first.ret ? iommufd_failure_set(&first) : 0;
}
