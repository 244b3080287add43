/* SPDX-License-Identifier: MIT */
/* Why an object cannot be destroyed: what may hold it. */
#include "diagnose.h"

#include <inttypes.h>

#define NAMED 3 /* of a kind, by their ids */

static const char *const busy[IOMMUFD__OBJECT_KINDS] = {
	[IOMMUFD__OBJECT_IOAS] =
		"an address space, and is kept by the page tables made of it "
		"and the emulated devices attached to it",
	[IOMMUFD__OBJECT_PAGING] =
		"a page table, and is kept by the devices and PASIDs attached "
		"to it, the nested page tables and the vIOMMUs made on it",
	[IOMMUFD__OBJECT_NESTED] =
		"a nested page table, and is kept by the devices and PASIDs "
		"attached to it",
	[IOMMUFD__OBJECT_VIOMMU] =
		"a vIOMMU, and is kept by the nested page tables, vDevices and "
		"queues made of it and by maps of its registers",
	[IOMMUFD__OBJECT_DEVICE] =
		"a bound device, which is never destroyed: close its file",
	[IOMMUFD__OBJECT_OTHER] =
		"a nested page table, a queue or the like, kept by its own "
		"descriptor if it has one, by the devices or page tables that "
		"use it, or by a later hardware queue; an emulated device is "
		"never destroyed: close its file",
};

#define BIT(kind) IOMMUFD__KIND(kind)

/* Objects of which kinds may hold one of this kind. */
static const unsigned int holders[IOMMUFD__OBJECT_KINDS] = {
	[IOMMUFD__OBJECT_IOAS] = BIT(PAGING) | BIT(OTHER),
	[IOMMUFD__OBJECT_PAGING] =
		BIT(DEVICE) | BIT(NESTED) | BIT(VIOMMU) | BIT(OTHER),
	[IOMMUFD__OBJECT_NESTED] = BIT(DEVICE),
	[IOMMUFD__OBJECT_VIOMMU] = BIT(NESTED) | BIT(OTHER),
	[IOMMUFD__OBJECT_OTHER] =
		BIT(DEVICE) | BIT(PAGING) | BIT(NESTED) | BIT(OTHER),
};

static const char *const names[IOMMUFD__OBJECT_KINDS] = {
	[IOMMUFD__OBJECT_PAGING] = "page table",
	[IOMMUFD__OBJECT_NESTED] = "nested page table",
	[IOMMUFD__OBJECT_VIOMMU] = "vIOMMU",
	[IOMMUFD__OBJECT_DEVICE] = "device",
	[IOMMUFD__OBJECT_OTHER] = "other object",
};

/* "page tables 3, 5" */
static void add_kind(struct iommufd__diag *d,
		     const struct iommufd__census *census, int kind)
{
	uint32_t count = census->count[kind];

	iommufd__text_add(&d->text, "%s%s", names[kind], count > 1 ? "s" : "");
	for (uint32_t i = 0; i < count && i < NAMED; i++)
		iommufd__text_add(&d->text, "%s %" PRIu32, i ? "," : "",
				  census->ids[kind][i]);
	if (count > NAMED)
		iommufd__text_add(&d->text, " and more");
}

static void add_holders(struct iommufd__diag *d, int own, uint32_t id)
{
	struct iommufd__census census;
	const char *before = " ";

	if (iommufd__census(d, holders[own], id, &census))
		return;
	iommufd__text_add(&d->text,
			  ". Of the objects 1 to %d of the context these can "
			  "hold it:",
			  IOMMUFD__CENSUS_IDS);
	for (int kind = 0; kind < IOMMUFD__OBJECT_KINDS; kind++) {
		if (!(holders[own] & 1u << kind) || !census.count[kind])
			continue;
		iommufd__text_add(&d->text, "%s", before);
		add_kind(d, &census, kind);
		before = "; ";
	}
	if (before[0] == ' ')
		iommufd__text_add(&d->text, " none");
}

void iommufd__diag_destroy(struct iommufd__diag *d)
{
	uint32_t id = d->failure.object_id;
	int kind;

	if (d->failure.op != IOMMUFD_OP_DESTROY)
		return;
	kind = iommufd__object_kind(d, id);
	/* It was busy, so it was there. */
	if (kind == IOMMUFD__OBJECT_NOT_SEEN)
		kind = IOMMUFD__OBJECT_OTHER;
	if (!busy[kind])
		return;
	iommufd__diag_found(d, d->cause);
	iommufd__text_add(&d->text, "it is %s", busy[kind]);
	if (kind == IOMMUFD__OBJECT_DEVICE)
		return;
	add_holders(d, kind, id);
	iommufd__text_add(&d->text, ". It is busy also while another thread "
				    "just works with it");
}
