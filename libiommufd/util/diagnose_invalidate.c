/* SPDX-License-Identifier: MIT */
/* What is wrong with an invalidation, or with a query of dirty pages. */
#include "diagnose.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#define MOST	(1 << 19) /* at a time */
#define LONGEST 64

/* Another length that the driver takes for the type; 0 for none. */
static uint32_t other_length(const struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;

	for (uint32_t length = 4; length <= LONGEST; length += 4)
		if (iommufd__ask_invalidation(d, f->object_id, f->other_id,
					      length, 1) == EFAULT)
			return length;
	return 0;
}

static void bad_length(struct iommufd__diag *d, uint32_t length)
{
	iommufd__diag_found(d, IOMMUFD_CAUSE_INVALIDATION_LENGTH);
	iommufd__text_add(&d->text, "an entry cannot have %" PRIu64 " bytes",
			  d->failure.length);
	if (length)
		iommufd__text_add(&d->text,
				  ": of type 0x%" PRIx32
				  " the driver takes %" PRIu32,
				  d->failure.other_id, length);
}

static void bad_value(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;

	iommufd__diag_found(d, IOMMUFD_CAUSE_INVALIDATION_VALUE);
	if (f->arg)
		iommufd__text_add(&d->text,
				  "the first %" PRIu64
				  " were accepted, and the "
				  "next one has a value that the driver does "
				  "not take",
				  f->arg);
	else
		iommufd__text_add(
			&d->text,
			"type 0x%" PRIx32 " and length are right, so the first "
			"one has a value that the driver does not take; or "
			"there are none, or more than %d",
			f->other_id, MOST);
}

/* The driver compares types before it reads an entry, which it cannot. */
static void ask_driver(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;
	uint32_t length;

	switch (iommufd__ask_invalidation(d, f->object_id, f->other_id,
					  (uint32_t)f->length, 1)) {
	case EFAULT:
		bad_value(d);
		return;
	case EINVAL:
		break;
	default:
		return;
	}
	length = other_length(d);
	if (length) {
		bad_length(d, length);
		return;
	}
	iommufd__diag_found(d, IOMMUFD_CAUSE_INVALIDATION_TYPE);
	iommufd__text_add(&d->text,
			  "object %" PRIu32 " takes no invalidations of type "
			  "0x%" PRIx32,
			  f->object_id, f->other_id);
}

static void refused(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	int kind;

	if (f->arg) {
		bad_value(d);
		return;
	}
	kind = iommufd__object_kind(d, f->object_id);
	switch (kind) {
	case IOMMUFD__OBJECT_IOAS:
	case IOMMUFD__OBJECT_PAGING:
	case IOMMUFD__OBJECT_DEVICE:
		iommufd__diag_found(d, IOMMUFD_CAUSE_NOT_NESTED);
		iommufd__object_add(d, f->object_id, kind);
		iommufd__text_add(&d->text,
				  ", of which the kernel itself invalidates "
				  "what is cached; it takes a nested page "
				  "table or a vIOMMU");
		return;
	case IOMMUFD__OBJECT_NESTED:
	case IOMMUFD__OBJECT_VIOMMU:
	case IOMMUFD__OBJECT_OTHER:
		break;
	default:
		return;
	}
	if (!f->length || f->length > page)
		bad_length(d, other_length(d));
	else
		ask_driver(d);
}

/* What our own helper does not take of a guest's invalidation queue. */
static void descriptor_refused(struct iommufd__diag *d)
{
	iommufd__text_add(&d->text,
			  "all before it are done, and of its type 0x%" PRIx32
			  " there is no granularity %" PRIu32,
			  d->failure.other_id, d->failure.flags);
}

static void entry_refused(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;

	iommufd__diag_found(d, d->cause);
	if (f->op == IOMMUFD_OP_NESTING) {
		descriptor_refused(d);
		return;
	}
	if (f->arg)
		iommufd__text_add(&d->text,
				  "after the first %" PRIu64
				  " that are certainly done ",
				  f->arg);
	else
		iommufd__text_add(&d->text,
				  "none of them is certainly done, and ");
	if (f->op == IOMMUFD_OP_VIOMMU_INVALIDATE &&
	    f->other_id == IOMMUFD_INVALIDATE_ARM_SMMUV3)
		iommufd__text_add(
			&d->text,
			"there is a command that a guest may not give, as "
			"other than the TLBI_N ones, ATC_INV, CFGI_CD and "
			"CFGI_CD_ALL; or one of its fields is not 0 where it "
			"must be; or its stream id is that of no vDevice");
	else
		iommufd__text_add(&d->text,
				  "there is an entry that the driver does not "
				  "take of a guest");
}

void iommufd__diag_invalidation(struct iommufd__diag *d)
{
	if (d->cause == IOMMUFD_CAUSE_INVALIDATION_REFUSED)
		refused(d);
	else
		entry_refused(d);
}

static void unaligned(struct iommufd__diag *d, const char *what, uint64_t value,
		      uint64_t alignment, const char *whose)
{
	d->out.valid |= IOMMUFD_DIAGNOSIS_ALIGNMENT;
	d->out.alignment = alignment;
	iommufd__text_add(&d->text,
			  "%s 0x%" PRIx64 " is not a multiple of 0x%" PRIx64
			  ", %s",
			  what, value, alignment, whose);
}

/* 1 when first address or length is not what @alignment wants. */
static int check(struct iommufd__diag *d, uint64_t alignment, const char *whose)
{
	const struct iommufd_failure *f = &d->failure;

	if (!alignment ||
	    (f->iova % alignment == 0 && f->length % alignment == 0))
		return 0;
	if (f->iova % alignment)
		unaligned(d, "the first address", f->iova, alignment, whose);
	else
		unaligned(d, "the length", f->length, alignment, whose);
	return 1;
}

/* The only address space of the context is that of the page table. */
static int check_space(struct iommufd__diag *d)
{
	struct iommufd__ranges ranges;
	struct iommufd__census census;
	int found;

	if (iommufd__census(d, IOMMUFD__KIND(IOAS), 0, &census) ||
	    census.count[IOMMUFD__OBJECT_IOAS] != 1 ||
	    !iommufd__census_complete(&census) ||
	    iommufd__ranges_get(d, census.ids[IOMMUFD__OBJECT_IOAS][0],
				&ranges))
		return 0;
	found = check(d, ranges.alignment,
		      "the alignment of the address space");
	iommufd__ranges_put(&ranges);
	return found;
}

void iommufd__diag_dirty_range(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;

	iommufd__diag_found(d, d->cause);
	if (!f->length)
		iommufd__text_add(&d->text, "the range is empty");
	else if (!check(d, f->arg, "the bytes of a bit") && !check_space(d))
		iommufd__text_add(
			&d->text,
			"first address or length is less aligned than the "
			"address space, as iommufd_ioas_iova_ranges() tells");
}
