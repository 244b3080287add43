/* SPDX-License-Identifier: MIT */
/* Lists of ranges: which IOVAs an allocator can use. */
#include "iova.h"

#include <stdlib.h>
#include <string.h>

void iommufd__iova_list_end(struct iommufd__iova_list *list)
{
	free(list->at);
	memset(list, 0, sizeof(*list));
}

static uint32_t list_new(struct iommufd__iova_list *list, uint64_t room)
{
	memset(list, 0, sizeof(*list));
	if (!room)
		return 0;
	if (room <= UINT32_MAX)
		list->at = calloc((size_t)room, sizeof(*list->at));
	return list->at ? 0 : IOMMUFD_CAUSE_NO_MEMORY;
}

static int by_start(const void *left, const void *right)
{
	const struct iommufd_iova_range *a = left, *b = right;

	return (a->start > b->start) - (a->start < b->start);
}

/* Ascending ranges: what overlaps or touches becomes one. */
static void merge(struct iommufd__iova_list *list)
{
	struct iommufd_iova_range *to = list->at;

	for (uint32_t i = 1; i < list->count; i++) {
		const struct iommufd_iova_range *from = &list->at[i];

		if (to->last == UINT64_MAX || from->start <= to->last + 1) {
			if (from->last > to->last)
				to->last = from->last;
		} else {
			*++to = *from;
		}
	}
	if (list->count)
		list->count = (uint32_t)(to - list->at) + 1;
}

uint32_t iommufd__iova_list_copy(struct iommufd__iova_list *list,
				 const struct iommufd_iova_range *ranges,
				 uint32_t count)
{
	uint32_t cause = list_new(list, count);

	if (cause)
		return cause;
	for (uint32_t i = 0; i < count; i++) {
		if (ranges[i].last < ranges[i].start) {
			iommufd__iova_list_end(list);
			return IOMMUFD_CAUSE_BAD_RANGES;
		}
		list->at[list->count++] = ranges[i];
	}
	if (count)
		qsort(list->at, count, sizeof(*list->at), by_start);
	merge(list);
	return 0;
}

/* What is in no range of @from. */
static uint32_t list_others(struct iommufd__iova_list *list,
			    const struct iommufd__iova_list *from)
{
	uint32_t cause = list_new(list, (uint64_t)from->count + 1);
	uint64_t start = 0;

	if (cause)
		return cause;
	for (uint32_t i = 0; i < from->count; i++) {
		if (from->at[i].start > start)
			list->at[list->count++] = (struct iommufd_iova_range){
				start, from->at[i].start - 1
			};
		if (from->at[i].last == UINT64_MAX)
			return 0;
		start = from->at[i].last + 1;
	}
	list->at[list->count++] =
		(struct iommufd_iova_range){ start, UINT64_MAX };
	return 0;
}

/* Take out of @list what is not in @other too. */
static uint32_t list_cut(struct iommufd__iova_list *list,
			 const struct iommufd__iova_list *other)
{
	const struct iommufd_iova_range *a = list->at, *b = other->at;
	struct iommufd__iova_list both;
	uint32_t cause, i = 0, k = 0;

	cause = list_new(&both, (uint64_t)list->count + other->count);
	if (cause)
		return cause;
	while (i < list->count && k < other->count) {
		uint64_t start =
			a[i].start > b[k].start ? a[i].start : b[k].start;
		uint64_t last = a[i].last < b[k].last ? a[i].last : b[k].last;

		if (start <= last)
			both.at[both.count++] =
				(struct iommufd_iova_range){ start, last };
		if (a[i].last == last)
			i++;
		else
			k++;
	}
	free(list->at);
	*list = both;
	return 0;
}

/* Whole granules only, and not the last one that there is. */
static void list_round(struct iommufd__iova_list *list, uint64_t granule)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < list->count; i++) {
		uint64_t start = list->at[i].start, last = list->at[i].last;
		uint64_t end;

		if (last > UINT64_MAX - granule)
			last = UINT64_MAX - granule;
		end = (last + 1) & ~(granule - 1);
		if (start >= end)
			continue;
		start = (start + granule - 1) & ~(granule - 1);
		if (start < end)
			list->at[count++] =
				(struct iommufd_iova_range){ start, end - 1 };
	}
	list->count = count;
}

/* Cut by a list of the caller's, or by all that is not in it. */
static uint32_t cut_by(struct iommufd__iova_list *list,
		       const struct iommufd_iova_range *ranges, uint32_t count,
		       int others)
{
	struct iommufd__iova_list by, not_by = { NULL, 0 };
	uint32_t cause = iommufd__iova_list_copy(&by, ranges, count);

	if (!cause && others)
		cause = list_others(&not_by, &by);
	if (!cause)
		cause = list_cut(list, others ? &not_by : &by);
	iommufd__iova_list_end(&not_by);
	iommufd__iova_list_end(&by);
	return cause;
}

uint32_t iommufd__iova_list_usable(struct iommufd__iova_list *list,
				   const struct iommufd__iova_list *from,
				   const struct iommufd_iova_limits *limits,
				   uint64_t granule)
{
	uint32_t cause = iommufd__iova_list_copy(list, from->at, from->count);

	if (!cause && limits->num_windows)
		cause = cut_by(list, limits->windows, limits->num_windows, 0);
	if (!cause && limits->num_excluded)
		cause = cut_by(list, limits->excluded, limits->num_excluded, 1);
	if (cause)
		iommufd__iova_list_end(list);
	else
		list_round(list, granule);
	return cause;
}

uint32_t iommufd__iova_list_find(const struct iommufd__iova_list *list,
				 uint64_t address)
{
	uint32_t low = 0, high = list->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (list->at[middle].last < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
