/* SPDX-License-Identifier: MIT */
/* What is wrong with a hardware queue, what one holds, and answers to faults. */
#include "diagnose.h"

#include <errno.h>
#include <inttypes.h>

/* What is missing, where it can be only one address space. */
static int find_hole(struct iommufd__diag *d, struct iommufd_iova_range *hole)
{
	const struct iommufd_failure *f = &d->failure;
	struct iommufd__census census;
	struct iommufd__probe probe;
	int found;

	if (iommufd__census(d, IOMMUFD__KIND(IOAS), 0, &census) ||
	    census.count[IOMMUFD__OBJECT_IOAS] != 1 ||
	    !iommufd__census_complete(&census) ||
	    iommufd__probe_init(&probe, d, census.ids[IOMMUFD__OBJECT_IOAS][0]))
		return 0;
	found = iommufd__probe_first_hole(
		&probe, f->iova, iommufd__diag_last(f->iova, f->length), hole);
	iommufd__probe_end(&probe);
	return found > 0;
}

static void queue_memory(struct iommufd__diag *d)
{
	uint32_t id = d->failure.object_id;
	int kind = iommufd__object_kind(d, id);
	struct iommufd_iova_range hole;

	if (kind == IOMMUFD__OBJECT_UNKNOWN)
		return;
	if (kind != IOMMUFD__OBJECT_VIOMMU) {
		iommufd__diag_found(d, IOMMUFD_CAUSE_OBJECT);
		iommufd__object_add(d, id, kind);
		if (kind != IOMMUFD__OBJECT_NONE)
			iommufd__text_add(&d->text, ", not a vIOMMU");
		return;
	}
	iommufd__diag_found(d, IOMMUFD_CAUSE_QUEUE_HOLE);
	iommufd__text_add(&d->text,
			  "the vIOMMU is there, but in the address space of "
			  "its nest parent ");
	if (find_hole(d, &hole)) {
		iommufd__diag_range(d, hole.start, hole.last);
		iommufd__text_range(&d->text, hole.start, hole.last);
		iommufd__text_add(&d->text, " is not, or not all, mapped");
	} else {
		iommufd__text_add(&d->text,
				  "some part of that range is not mapped");
	}
}

/* Of Tegra241: a power of two from 32 bytes, aligned to itself. */
static int is_bad_length(const struct iommufd_failure *f)
{
	return f->other_id == IOMMUFD_HW_QUEUE_TEGRA241_CMDQV &&
	       (f->length < 32 || (f->length & (f->length - 1)));
}

/*
 * The lowest index is in every range: would that be taken? Where it is in use
 * already, as mostly with a higher one, that says nothing.
 */
static int is_index_refused(const struct iommufd__diag *d)
{
	int err;

	if (!d->failure.arg)
		return 0;
	if (!(d->flags & IOMMUFD_DIAGNOSE_SCRATCH))
		return -1;
	err = iommufd__try_hw_queue(d, 0);
	if (!err)
		return 1;
	return err == EINVAL ? 0 : -1;
}

static void add_layout(struct iommufd__diag *d)
{
	iommufd__diag_candidate(d, IOMMUFD_CAUSE_QUEUE_LAYOUT);
	iommufd__diag_candidate(d, IOMMUFD_CAUSE_QUEUE_DEVICE_MEMORY);
	iommufd__text_add(&d->text, "the hardware does not take this length "
				    "or this place, or the memory is that of a "
				    "device (a dma-buf)");
}

static void queue_refused(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;
	int index;

	if (is_bad_length(f)) {
		iommufd__diag_found(d, IOMMUFD_CAUSE_QUEUE_LAYOUT);
		iommufd__text_add(&d->text,
				  "the length 0x%" PRIx64 " is not a power of "
				  "two from 32 on",
				  f->length);
		return;
	}
	index = is_index_refused(d);
	if (index > 0) {
		iommufd__diag_found(d, IOMMUFD_CAUSE_QUEUE_INDEX);
		iommufd__text_add(&d->text,
				  "the same queue would do with index 0, so "
				  "the hardware has no index %" PRIu64,
				  f->arg);
		return;
	}
	iommufd__text_add(&d->text, "either ");
	if (index < 0) {
		iommufd__diag_candidate(d, IOMMUFD_CAUSE_QUEUE_INDEX);
		iommufd__text_add(&d->text,
				  "the hardware has no queue %" PRIu64 ", or ",
				  f->arg);
	}
	add_layout(d);
}

void iommufd__diag_hw_queue(struct iommufd__diag *d)
{
	if (d->cause == IOMMUFD_CAUSE_QUEUE_MEMORY)
		queue_memory(d);
	else
		queue_refused(d);
}

/* Whether there may be a hardware queue: not without a vIOMMU. */
static int may_have_queue(const struct iommufd__diag *d,
			  struct iommufd__census *census)
{
	int known = iommufd__has_command(d, IOMMUFD_NR_HW_QUEUE_ALLOC);

	if (!known)
		return 0;
	if (known < 0 || iommufd__census(d, IOMMUFD__KIND(VIOMMU), 0, census) ||
	    !iommufd__census_complete(census))
		return -1;
	return census->count[IOMMUFD__OBJECT_VIOMMU] != 0;
}

void iommufd__diag_in_transit(struct iommufd__diag *d)
{
	struct iommufd__census census = { .highest = 0 };
	int unmap = d->failure.op == IOMMUFD_OP_IOAS_UNMAP;
	int queue = unmap ? may_have_queue(d, &census) : 0;

	if (!queue) {
		iommufd__diag_say(d, IOMMUFD_CAUSE_ANOTHER_THREAD,
				  "another thread was just mapping or "
				  "unmapping: try again");
		if (unmap)
			iommufd__text_add(&d->text,
					  "; without a vIOMMU no hardware "
					  "queue holds a mapping");
		return;
	}
	iommufd__diag_members(d, 0);
	iommufd__text_add(&d->text,
			  "either another thread was just mapping or unmapping "
			  "there, or a hardware queue ");
	if (queue > 0)
		iommufd__text_add(&d->text, "of vIOMMU %" PRIu32 " ",
				  census.ids[IOMMUFD__OBJECT_VIOMMU][0]);
	iommufd__text_add(&d->text, "lies in a mapping of the range and holds "
				    "all of it: if trying again does not help, "
				    "destroy the queue first");
}

void iommufd__diag_fault(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;

	iommufd__diag_found(d, d->cause);
	if (!f->other_id)
		iommufd__text_add(&d->text,
				  "no fault has the cookie 0: it is that of "
				  "the faults as they were read");
	else
		iommufd__text_add(
			&d->text,
			"no fault waits with the cookie %" PRIu32
			": it has been answered already, or the kernel has "
			"answered it when the device moved to another page "
			"table or was closed, or it is of another queue",
			f->other_id);
}
