/* SPDX-License-Identifier: MIT */
/* Replacing the page tables of many devices and PASIDs, or of none. */
#include "replace.h"

#include <stdlib.h>

/*
 * Members of one group have the same leader: the first of them. The group moves
 * as one for each PASID, and for the devices themselves.
 */
struct many {
	unsigned char *base;
	uint32_t stride, count;
	struct place {
		uint32_t leader;
		uint32_t group;
		uint32_t pasid;
		int in_group;
	} * places;
};

/* The caller's struct may be longer or shorter than ours. */
static struct iommufd_replacement *at(const struct many *many, uint32_t i)
{
	void *r = many->base + (size_t)i * many->stride;

	return r;
}

static int refused(uint32_t cause)
{
	return iommufd__util_refused(IOMMUFD_OP_REPLACE, cause);
}

static int check_all(const struct many *many)
{
	uint32_t cause;

	for (uint32_t i = 0; i < many->count; i++) {
		cause = iommufd__replace_check(at(many, i));
		if (!cause && at(many, i)->size != many->stride)
			cause = IOMMUFD_CAUSE_OPTS_SIZE;
		if (cause)
			return refused(cause);
	}
	return 0;
}

/* A device without a file, or without an IOMMU, is a group of its own. */
static int find_group(struct place *place, struct iommufd_device *device)
{
	struct iommufd_node_info info = { .size = sizeof(info) };
	struct iommufd_vfio *file = iommufd_device_vfio(device);
	int ret;

	if (!file)
		return 0;
	ret = iommufd_find_fd(iommufd_vfio_fd(file), NULL, &info);
	if (ret)
		return ret;
	place->in_group = (info.valid & IOMMUFD_NODE_VALID_GROUP) != 0;
	place->group = info.group;
	return 0;
}

static int same_tables(const struct iommufd_replacement *a,
		       const struct iommufd_replacement *b)
{
	return a->page_table == b->page_table &&
	       a->old_page_table == b->old_page_table;
}

static int move_together(const struct place *a, const struct place *b)
{
	return a->in_group && b->in_group && a->group == b->group &&
	       a->pasid == b->pasid;
}

static int find_leaders(const struct many *many)
{
	struct place *places = many->places;
	int ret;

	for (uint32_t i = 0; i < many->count; i++) {
		ret = find_group(&places[i], at(many, i)->device);
		if (ret)
			return ret;
		places[i].pasid = at(many, i)->pasid;
		places[i].leader = i;
		for (uint32_t j = 0; j < i; j++) {
			if (!move_together(&places[i], &places[j]))
				continue;
			if (!same_tables(at(many, i), at(many, j)))
				return refused(
					IOMMUFD_CAUSE_GROUP_ATTACHED_ELSEWHERE);
			places[i].leader = j;
			break;
		}
	}
	return 0;
}

/* The record of the failure stays the last one. */
static void undo(const struct many *many, uint32_t from)
{
	struct iommufd_failure failure = { .size = sizeof(failure) };

	iommufd_failure_keep(&failure);
	for (uint32_t i = from; i-- > 0;)
		if (many->places[i].leader == i)
			iommufd__replace_undo(at(many, i));
	iommufd_failure_set(&failure);
}

static void share_results(const struct many *many)
{
	for (uint32_t i = 0; i < many->count; i++) {
		struct iommufd_replacement *r = at(many, i);
		const struct iommufd_replacement *leader =
			at(many, many->places[i].leader);

		r->ret = leader->ret;
		r->state = leader->state;
		r->in_force = leader->in_force;
		r->restore_ret = leader->restore_ret;
		r->windows_lost = leader->windows_lost;
		r->scratch_page_table = leader->scratch_page_table;
		r->scratch_ioas = leader->scratch_ioas;
	}
}

static int replace_all(const struct many *many)
{
	int ret = 0;

	for (uint32_t i = 0; i < many->count; i++)
		iommufd__replace_begin(at(many, i));
	for (uint32_t i = 0; i < many->count && !ret; i++) {
		if (many->places[i].leader != i)
			continue;
		ret = iommufd__replace_one(at(many, i));
		if (ret)
			undo(many, i);
	}
	share_results(many);
	return ret;
}

UTIL_API int iommufd_replace_many(struct iommufd_replacement *replacements,
				  uint32_t count)
{
	struct many many = { .base = (unsigned char *)replacements,
			     .count = count };
	int ret;

	if (!replacements && count)
		return refused(IOMMUFD_CAUSE_NULL_POINTER);
	if (!count)
		return 0;
	many.stride = replacements->size;
	if (many.stride % _Alignof(struct iommufd_replacement))
		return refused(IOMMUFD_CAUSE_OPTS_SIZE);
	ret = check_all(&many);
	if (ret)
		return ret;
	many.places = calloc(count, sizeof(*many.places));
	if (!many.places)
		return refused(IOMMUFD_CAUSE_NO_MEMORY);
	ret = find_leaders(&many);
	if (!ret)
		ret = replace_all(&many);
	free(many.places);
	return ret;
}
