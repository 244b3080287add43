/* SPDX-License-Identifier: MIT */
/* What is mapped where a page table or a device cannot have it. */
#include "diagnose.h"

#include <inttypes.h>

#define WINDOWS 32

/* A mapping in one of the gaps between what the page table can map. */
static int find_outside(struct iommufd__probe *probe,
			const struct iommufd__ranges *aperture,
			struct iommufd_iova_range *mapped)
{
	struct iommufd_iova_range hole;
	uint64_t start = 0;
	int found = 0;

	while (!found &&
	       iommufd__ranges_hole(aperture, start, UINT64_MAX - 1, &hole)) {
		if (hole.last == UINT64_MAX)
			hole.last--;
		found = iommufd__probe_some(probe, hole.start, hole.last,
					    mapped);
		if (hole.last >= UINT64_MAX - 1)
			break;
		start = hole.last + 1;
	}
	return found;
}

static void add_aperture(struct iommufd__diag *d,
			 const struct iommufd__ranges *aperture)
{
	d->out.valid |= IOMMUFD_DIAGNOSIS_ALIGNMENT;
	d->out.alignment = aperture->alignment;
	iommufd__text_add(&d->text, "such a page table maps ");
	for (uint32_t i = 0; i < aperture->count && i < 3; i++) {
		if (i)
			iommufd__text_add(&d->text, ", ");
		iommufd__text_range(&d->text, aperture->ranges[i].start,
				    aperture->ranges[i].last);
	}
	iommufd__text_add(&d->text, " in steps of 0x%" PRIx64,
			  aperture->alignment);
}

static void add_outside(struct iommufd__diag *d,
			const struct iommufd_iova_range *mapped)
{
	iommufd__diag_range(d, mapped->start, mapped->last);
	iommufd__text_add(&d->text, ", but there is a mapping at ");
	iommufd__text_range(&d->text, mapped->start, mapped->last);
}

void iommufd__diag_outside(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;
	struct iommufd_iova_range mapped;
	struct iommufd__ranges aperture;
	struct iommufd__probe probe;
	int found = 0;

	if (iommufd__aperture_get(d, f->object_id, f->flags, &aperture))
		return;
	if (!iommufd__probe_init(&probe, d, f->other_id)) {
		found = find_outside(&probe, &aperture, &mapped);
		iommufd__probe_end(&probe);
	}
	iommufd__diag_found(d, d->cause);
	add_aperture(d, &aperture);
	iommufd__ranges_put(&aperture);
	if (found > 0)
		add_outside(d, &mapped);
	else
		iommufd__text_add(&d->text, ", and some mapping or allowed "
					    "range does not fit that");
}

/* What an attach meets: windows of the device, or the end of a page table. */
struct conflict {
	struct iommufd__diag *d;
	struct iommufd_node_info info;
	struct iommufd_reserved_info windows[WINDOWS];
	uint32_t count;
	struct iommufd_iova_range mapped;
};

static void read_windows(struct conflict *c)
{
	c->count = WINDOWS;
	if (iommufd__diag_device(c->d, &c->info) ||
	    iommufd_find_reserved(&c->info, c->windows, &c->count))
		c->count = 0;
}

static int find_in_window(struct conflict *c, struct iommufd__probe *probe)
{
	int found = 0;

	for (uint32_t i = 0; i < c->count && found <= 0; i++)
		if (c->windows[i].type != IOMMUFD_RESERVED_DIRECT_RELAXABLE)
			found = iommufd__probe_some(probe, c->windows[i].start,
						    c->windows[i].last,
						    &c->mapped);
	return found > 0;
}

/* Those of the device's windows that touch the range, as far as known. */
static void add_windows(struct conflict *c, uint64_t start, uint64_t last)
{
	if (c->count)
		iommufd__diag_windows(c->d, &c->info, start, last);
}

#define ADVICE                                                                 \
	"; keep out of them, as iommufd_find_reserved() tells before the "     \
	"device is attached"

static void blame_window(struct conflict *c)
{
	struct iommufd__diag *d = c->d;

	iommufd__diag_found(d, IOMMUFD_CAUSE_RESERVED_IN_USE);
	iommufd__diag_range(d, c->mapped.start, c->mapped.last);
	iommufd__text_range(&d->text, c->mapped.start, c->mapped.last);
	iommufd__text_add(&d->text, " is mapped in one of the reserved windows "
				    "that the device brings" ADVICE);
	add_windows(c, c->mapped.start, c->mapped.last);
}

/* A page table that is there fits what is mapped: only windows are left. */
static void blame_any_window(struct conflict *c, const char *table)
{
	iommufd__diag_found(c->d, IOMMUFD_CAUSE_RESERVED_IN_USE);
	iommufd__text_add(&c->d->text,
			  "in the address space of %s something is mapped or "
			  "allowed in one of the reserved windows that the "
			  "device brings" ADVICE,
			  table);
	add_windows(c, 0, UINT64_MAX);
}

/* 1 when what is mapped outside of the page table to be made is found. */
static int find_beyond_table(struct conflict *c, struct iommufd__probe *probe)
{
	struct iommufd__diag *d = c->d;
	struct iommufd__ranges aperture;
	int found;

	if (iommufd__aperture_get(d, d->failure.object_id, 0, &aperture))
		return 0;
	found = find_outside(probe, &aperture, &c->mapped) > 0;
	if (found) {
		iommufd__diag_found(d, IOMMUFD_CAUSE_OUTSIDE_PAGE_TABLE);
		add_aperture(d, &aperture);
		add_outside(d, &c->mapped);
	}
	iommufd__ranges_put(&aperture);
	return found;
}

static int find_conflict(struct conflict *c)
{
	struct iommufd__probe probe;
	int found;

	if (iommufd__probe_init(&probe, c->d, c->d->failure.other_id))
		return 0;
	found = find_in_window(c, &probe);
	if (found)
		blame_window(c);
	else
		found = find_beyond_table(c, &probe);
	iommufd__probe_end(&probe);
	return found;
}

/* Only an address space is searched, and it may be one if nobody was asked. */
static int can_be_found(const struct iommufd__diag *d, int kind)
{
	if (kind == IOMMUFD__OBJECT_IOAS)
		return !(d->flags & IOMMUFD_DIAGNOSE_SCRATCH);
	return kind == IOMMUFD__OBJECT_UNKNOWN && !d->ctx;
}

void iommufd__diag_conflict(struct iommufd__diag *d)
{
	struct conflict c = { .d = d };
	int kind = iommufd__object_kind(d, d->failure.other_id);

	read_windows(&c);
	if (kind == IOMMUFD__OBJECT_PAGING) {
		blame_any_window(&c, "this page table");
		return;
	}
	if (kind == IOMMUFD__OBJECT_NESTED) {
		blame_any_window(&c, "its nest parent");
		return;
	}
	if (kind == IOMMUFD__OBJECT_IOAS && find_conflict(&c))
		return;
	iommufd__diag_members(d, 0);
	iommufd__text_add(&d->text,
			  "either something is mapped or allowed in one of the "
			  "reserved windows that the device brings, or outside "
			  "of what its page table can map");
	if (can_be_found(d, kind))
		iommufd__text_add(&d->text,
				  "; with IOMMUFD_DIAGNOSE_SCRATCH and the "
				  "context it can be found which");
	add_windows(&c, 0, UINT64_MAX);
}
