/* SPDX-License-Identifier: MIT */
/* The ranges of an IOVA allocator: from the caller or the kernel, and to the kernel. */
#include "iova.h"

#include <stdlib.h>
#include <unistd.h>

/* Size of the struct in 0.1.0; it never changes. */
#define LIMITS_MIN (32 + 3 * sizeof(void *))

static int refused(uint32_t cause)
{
	return iommufd__util_refused(IOMMUFD_OP_IOVA, cause);
}

#define KERNEL_RANGES 16

/* The kernel's own ranges. */
static int read_kernel(struct iommufd_ioas *ioas,
		       struct iommufd__iova_list *list)
{
	struct iommufd_failure failure = { .size = sizeof(failure) };
	uint32_t room = KERNEL_RANGES;
	int ret;

	iommufd_failure_keep(&failure);
	do {
		free(list->at);
		list->at = calloc(room, sizeof(*list->at));
		if (!list->at)
			return refused(IOMMUFD_CAUSE_NO_MEMORY);
		list->count = room;
		ret = iommufd_ioas_iova_ranges(ioas, list->at, &list->count,
					       NULL);
		room = list->count;
	} while (iommufd_is(ret, IOMMUFD_CAUSE_ARRAY_SHORT));
	if (!ret)
		iommufd_failure_set(&failure);
	return ret;
}

static int publish(const struct iommufd_iova_space *s)
{
	if (!s->usable.count)
		return refused(IOMMUFD_CAUSE_NO_IOVA_SPACE);
	return iommufd_ioas_allow_iovas(s->ioas, s->usable.at, s->usable.count);
}

/* What @s, whose lists are empty, can use by now, with the books of @old. */
static int fill(struct iommufd_iova_space *s,
		const struct iommufd_iova_limits *limits,
		const struct iommufd_iova_space *old)
{
	struct iommufd__iova_list all = { NULL, 0 };
	uint32_t cause = 0;
	int ret = 0;

	if (s->ioas)
		ret = read_kernel(s->ioas, &all);
	else
		cause = iommufd__iova_list_copy(&all, limits->ranges,
						limits->num_ranges);
	if (!ret && !cause)
		cause = iommufd__iova_list_usable(&s->usable, &all, limits,
						  s->granule);
	if (!ret && !cause)
		cause = iommufd__iova_rebuild(s, old);
	iommufd__iova_list_end(&all);
	if (cause)
		ret = refused(cause);
	if (!ret && limits->flags & IOMMUFD_IOVA_PUBLISH)
		ret = publish(s);
	return ret;
}

static uint32_t check(const struct iommufd_iova_limits *limits,
		      const struct iommufd_ioas *ioas)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	if ((limits->num_ranges && !limits->ranges) ||
	    (limits->num_windows && !limits->windows) ||
	    (limits->num_excluded && !limits->excluded))
		return IOMMUFD_CAUSE_NULL_POINTER;
	if (limits->reserved)
		return IOMMUFD_CAUSE_OPTS_RESERVED;
	if (limits->flags & ~(uint32_t)IOMMUFD_IOVA_PUBLISH)
		return IOMMUFD_CAUSE_BAD_FLAGS;
	if (limits->granule & (limits->granule - 1))
		return IOMMUFD_CAUSE_BAD_VALUE;
	if (ioas)
		return limits->num_ranges || (limits->granule &&
					      limits->granule < page)
			       ? IOMMUFD_CAUSE_BAD_VALUE
			       : 0;
	return limits->flags ? IOMMUFD_CAUSE_BAD_VALUE : 0;
}

static uint32_t load(struct iommufd_iova_limits *known,
		     const struct iommufd_iova_limits *limits,
		     const struct iommufd_ioas *ioas)
{
	uint32_t cause = limits || ioas ? 0 : IOMMUFD_CAUSE_NULL_POINTER;

	if (!cause)
		cause = iommufd__util_opts_load(known, sizeof(*known), limits,
						LIMITS_MIN);
	return cause ? cause : check(known, ioas);
}

UTIL_API int iommufd_iova_new(struct iommufd_ioas *ioas,
			      const struct iommufd_iova_limits *limits,
			      struct iommufd_iova_space **space)
{
	const struct iommufd_iova_space nothing = { .granule = 0 };
	struct iommufd_iova_limits known;
	struct iommufd_iova_space *s;
	uint32_t cause = space ? 0 : IOMMUFD_CAUSE_NULL_POINTER;
	int ret;

	if (!cause)
		cause = load(&known, limits, ioas);
	if (cause)
		return refused(cause);
	s = calloc(1, sizeof(*s));
	if (!s)
		return refused(IOMMUFD_CAUSE_NO_MEMORY);
	pthread_mutex_init(&s->lock, NULL);
	s->ioas = ioas;
	s->granule =
		known.granule ? known.granule : (uint64_t)sysconf(_SC_PAGESIZE);
	ret = fill(s, &known, &nothing);
	if (ret)
		iommufd_iova_release(s);
	else
		*space = s;
	return ret;
}

UTIL_API void iommufd_iova_release(struct iommufd_iova_space *space)
{
	if (!space)
		return;
	iommufd__pieces_end(&space->pieces);
	iommufd__iova_list_end(&space->usable);
	free(space);
}

/* All of it under the lock: what is published is what is given out. */
UTIL_API int iommufd_iova_refresh(struct iommufd_iova_space *space,
				  const struct iommufd_iova_limits *limits,
				  uint32_t *stranded)
{
	struct iommufd_iova_space new = { .granule = 0 };
	struct iommufd_iova_limits known;
	uint32_t cause = IOMMUFD_CAUSE_NULL_POINTER;
	int ret;

	if (space)
		cause = load(&known, limits, space->ioas);
	if (!cause && known.granule && known.granule != space->granule)
		cause = IOMMUFD_CAUSE_BAD_VALUE;
	if (cause)
		return refused(cause);
	new.ioas = space->ioas;
	new.granule = space->granule;
	pthread_mutex_lock(&space->lock);
	ret = fill(&new, &known, space);
	if (!ret) {
		iommufd__pieces_end(&space->pieces);
		iommufd__iova_list_end(&space->usable);
		space->pieces = new.pieces;
		space->usable = new.usable;
		space->free_pieces = new.free_pieces;
		space->free = new.free;
		if (stranded)
			*stranded = iommufd__iova_stranded(space, NULL, 0);
	} else {
		iommufd__pieces_end(&new.pieces);
		iommufd__iova_list_end(&new.usable);
	}
	pthread_mutex_unlock(&space->lock);
	return ret;
}
