/* SPDX-License-Identifier: MIT */
/* How a diagnosis begins where a call of libiommufd-util refused by itself. */
#include "diagnose.h"

#include <inttypes.h>

#define HELPER(op) [IOMMUFD_OP_##op - IOMMUFD_OP_HELPER]

static const char *const helpers[] = {
	HELPER(FIND) = "discovery",
	HELPER(DIAGNOSE) = "diagnosis",
	HELPER(REPLACE) = "replacements",
	HELPER(ATTACH_AUTO) = "automatic page tables",
	HELPER(NESTING) = "nesting",
	HELPER(EVENTS) = "events",
	HELPER(IOVA) = "IOVAs",
	HELPER(BULK) = "bulk registration",
	HELPER(DMA_MAP) = "the DMA map",
	HELPER(DIRTY) = "dirty tracking",
	HELPER(DEVICE_MEMORY) = "device memory",
	HELPER(HAND_OVER) = "hand-over",
};

static void begin_helper(struct iommufd__diag *d)
{
	uint32_t n = d->failure.op - IOMMUFD_OP_HELPER;

	iommufd__text_add(&d->text, "The helper ");
	if (n < sizeof(helpers) / sizeof(helpers[0]))
		iommufd__text_add(&d->text, "of %s ", helpers[n]);
	iommufd__text_add(&d->text, "cannot do this");
}

/* What our helper refuses itself of what a guest has written. */
static void begin_nesting(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;

	if (d->cause == IOMMUFD_CAUSE_PAGE_TABLE_DATA)
		iommufd__text_add(&d->text,
				  "Cannot take the guest's entry of PASID "
				  "%" PRIu64 " for device %" PRIu32,
				  f->arg, f->object_id);
	else if (d->cause == IOMMUFD_CAUSE_INVALIDATION_ENTRY)
		iommufd__text_add(&d->text,
				  "Cannot take the guest's invalidation "
				  "descriptor of index %" PRIu64,
				  f->arg);
	else
		begin_helper(d);
}

/* Where there was no room the record has the window. */
static void begin_iova(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;

	if (d->cause == IOMMUFD_CAUSE_NO_IOVA_SPACE && f->length) {
		iommufd__text_add(&d->text, "Cannot allocate ");
		iommufd__text_bytes(&d->text, f->length);
		iommufd__text_add(&d->text, " of IOVAs in the window ");
		iommufd__text_range(&d->text, f->iova, f->memory);
	} else {
		iommufd__text_add(&d->text, "The IOVA allocator refuses");
		if (f->length) {
			iommufd__text_add(&d->text, " ");
			iommufd__text_range(
				&d->text, f->iova,
				iommufd__diag_last(f->iova, f->length));
		}
	}
}

/* What our helper refuses itself is about a BAR, or all of them. */
static void begin_device_memory(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;

	begin_helper(d);
	if (f->object_id && f->arg != IOMMUFD_DEVICE_MEMORY_ALL)
		iommufd__text_add(&d->text,
				  " with BAR %" PRIu64
				  " in address space %" PRIu32,
				  f->arg, f->object_id);
}

/* An address says more than an IOVA that may not even have been given. */
static void begin_dma_map(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;

	begin_helper(d);
	if (!f->memory && !f->iova)
		return;
	iommufd__text_add(&d->text, " for %s ", f->memory ? "memory" : "IOVA");
	if (f->length)
		iommufd__text_range(&d->text, f->memory,
				    iommufd__diag_last(f->memory, f->length));
	else
		iommufd__text_add(&d->text, "0x%" PRIx64,
				  f->memory ? f->memory : f->iova);
	if (f->flags & IOMMUFD_MAP_FIXED_IOVA)
		iommufd__text_add(&d->text, " at IOVA 0x%" PRIx64, f->iova);
}

void iommufd__diag_begin_helper(struct iommufd__diag *d)
{
	switch (d->failure.op) {
	case IOMMUFD_OP_NESTING:
		begin_nesting(d);
		break;
	case IOMMUFD_OP_IOVA:
		begin_iova(d);
		break;
	case IOMMUFD_OP_DMA_MAP:
		begin_dma_map(d);
		break;
	case IOMMUFD_OP_DEVICE_MEMORY:
		begin_device_memory(d);
		break;
	default:
		begin_helper(d);
		if (d->failure.object_id)
			iommufd__text_add(&d->text, " on object %" PRIu32,
					  d->failure.object_id);
	}
}
