/* SPDX-License-Identifier: MIT */
/* Nested translation on Intel VT-d: PASID-table entries and invalidations. */
#include "nesting.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>

static uint64_t field(uint64_t word, unsigned int first, unsigned int bits)
{
	return le64toh(word) >> first & ((UINT64_C(1) << bits) - 1);
}

/* ---- entries of a PASID table -------------------------------------------- */

/* Fields: word, first bit, bits. */
#define PRESENT(e) field((e)[0], 0, 1)
#define PGTT(e)	   field((e)[0], 6, 3)
#define DID(e)	   field((e)[1], 0, 16)
#define SRE(e)	   field((e)[2], 0, 1)
#define FSPM(e)	   field((e)[2], 2, 2)
#define WPE(e)	   field((e)[2], 4, 1)
#define EAFE(e)	   field((e)[2], 7, 1)
#define FSPTPTR(e) (field((e)[2], 12, 52) << 12)

enum { FSPM_4_LEVELS = 0, FSPM_5_LEVELS = 1 };

/* What is refused here: the record has it for diagnosis. */
static int bad(uint32_t cause, const struct iommufd_nested_device *nested,
	       uint64_t which, uint64_t type, uint64_t detail)
{
	struct iommufd_failure failure = {
		.size = sizeof(failure),
		.op = IOMMUFD_OP_NESTING,
		.ret = iommufd_make_error(cause, EIO),
		.fd = -1,
		.object_id = nested ? iommufd_device_id(nested->device) : 0,
		.other_id = (uint32_t)type,
		.flags = (uint32_t)detail,
		.memory_fd = -1,
		.arg = which,
	};

	return iommufd_failure_set(&failure);
}

static int translate(struct iommufd_nested_device *nested, uint32_t pasid,
		     const uint64_t entry[8])
{
	const uint32_t domain = (uint32_t)DID(entry);
	const uint64_t flags = (SRE(entry) ? IOMMUFD_VTD_S1_SRE : 0) |
			       (EAFE(entry) ? IOMMUFD_VTD_S1_EAFE : 0) |
			       (WPE(entry) ? IOMMUFD_VTD_S1_WPE : 0);
	const struct iommufd_hwpt_alloc_vtd_s1_opts opts = {
		.size = sizeof(opts),
		.flags = nested->table_flags,
		.fault_id = iommufd__nested_fault_id(nested),
		.addr_width = FSPM(entry) == FSPM_5_LEVELS ? 57 : 48,
		.vtd_flags = flags,
		.pgtbl_addr = FSPTPTR(entry),
	};
	struct guest_table *table = calloc(1, sizeof(*table));
	int ret;

	if (!table)
		return iommufd__nesting_refused(IOMMUFD_CAUSE_NO_MEMORY);
	ret = iommufd_hwpt_alloc_vtd_s1(nested->device, nested->nesting->parent,
					&opts, &table->hwpt);
	if (ret) {
		free(table);
		return ret;
	}
	return iommufd__nested_take(nested, pasid, table, &domain);
}

static int is_known(const uint64_t entry[8])
{
	if (!PRESENT(entry) || PGTT(entry) == VTD_PGTT_PASS_THROUGH)
		return 1;
	return PGTT(entry) == VTD_PGTT_FIRST_STAGE &&
	       FSPM(entry) <= FSPM_5_LEVELS;
}

UTIL_API int iommufd_nested_device_set_pasid_entry(
	struct iommufd_nested_device *nested, uint32_t pasid,
	const uint64_t entry[8])
{
	uint64_t own[8];

	if (!nested || !entry)
		return iommufd__nesting_refused(IOMMUFD_CAUSE_NULL_POINTER);
	if (nested->nesting->kind != NESTING_VTD)
		return iommufd__nesting_unsuited();
	/* The guest may write again while we look. */
	iommufd__nesting_fetch(own, entry, 8);
	if (!is_known(own))
		return bad(IOMMUFD_CAUSE_PAGE_TABLE_DATA, nested, pasid,
			   PGTT(own), FSPM(own));
	if (!PRESENT(own))
		return iommufd_nested_device_abort_pasid(nested, pasid);
	if (PGTT(own) == VTD_PGTT_PASS_THROUGH)
		return iommufd_nested_device_bypass_pasid(nested, pasid);
	return translate(nested, pasid, own);
}

/* ---- the invalidation queue ---------------------------------------------- */

/* Bits 9 to 11 of the first word are the upper ones of the type. */
#define TYPE(d) (field((d)->qw[0], 0, 4) | field((d)->qw[0], 9, 3) << 4)

enum {
	INV_IOTLB = 0x2,
	INV_DEVICE_TLB = 0x3,
	INV_PASID_IOTLB = 0x6,
	INV_PASID_DEVICE_TLB = 0x8,
};

/* The same places in both descriptors of IOTLBs, as far as they have them. */
#define GRANULARITY(d) field((d)->qw[0], 4, 2)
#define DOMAIN(d)      ((uint32_t)field((d)->qw[0], 16, 16))
#define INV_PASID(d)   ((uint32_t)field((d)->qw[0], 32, 20))
#define AM(d)	       ((unsigned int)field((d)->qw[1], 0, 6))
#define IH(d)	       field((d)->qw[1], 6, 1)
#define ADDR(d)	       (field((d)->qw[1], 12, 52) << 12)

enum { IOTLB_NONE, IOTLB_GLOBAL }; /* others are for a domain */
enum { PASID_IOTLB_ALL = 2, PASID_IOTLB_PAGES = 3 };

/* Which page tables, and what of them. */
struct scope {
	int any_domain, any_pasid;
	uint32_t domain, pasid;
	struct iommufd_vtd_s1_invalidation what;
};

/* What a PASID's table has cached: all of it, or 2^AM pages around an address. */
static struct iommufd_vtd_s1_invalidation pages_of(
	const struct iommufd_vtd_descriptor *d)
{
	struct iommufd_vtd_s1_invalidation what = { .npages = UINT64_MAX };

	if (GRANULARITY(d) == PASID_IOTLB_ALL || AM(d) >= 52)
		return what;
	what.npages = UINT64_C(1) << AM(d);
	what.addr = ADDR(d) & ~((what.npages << 12) - 1);
	what.flags = IH(d) ? IOMMUFD_VTD_INVALIDATE_LEAF : 0;
	return what;
}

/* 0 for a granularity that there is not. */
static int scope_of(struct scope *s, const struct iommufd_vtd_descriptor *d)
{
	s->domain = DOMAIN(d);
	if (TYPE(d) == INV_PASID_IOTLB) {
		s->pasid = INV_PASID(d);
		s->what = pages_of(d);
		return GRANULARITY(d) >= PASID_IOTLB_ALL;
	}
	s->any_pasid = 1;
	s->any_domain = GRANULARITY(d) == IOTLB_GLOBAL;
	s->what.npages = UINT64_MAX;
	return GRANULARITY(d) != IOTLB_NONE;
}

static int drop(const struct attachment *a, const struct scope *s)
{
	uint32_t one = 1;

	if (!a->table || (!s->any_pasid && a->pasid != s->pasid) ||
	    (!s->any_domain && a->has_domain && a->domain != s->domain))
		return 0;
	return iommufd_hwpt_invalidate_vtd_s1(a->table->hwpt, &s->what, &one);
}

static int drop_all(const struct iommufd_nesting *nesting,
		    const struct iommufd_vtd_descriptor *descriptor,
		    uint32_t at)
{
	struct scope s = { 0 };
	int ret = 0;

	if (!scope_of(&s, descriptor))
		return bad(IOMMUFD_CAUSE_INVALIDATION_ENTRY, NULL, at,
			   TYPE(descriptor), GRANULARITY(descriptor));
	for (const struct iommufd_nested_device *n = nesting->devices;
	     n && !ret; n = n->next)
		for (const struct attachment *a = &n->self; a && !ret;
		     a = a->next)
			ret = drop(a, &s);
	return ret;
}

UTIL_API int iommufd_nesting_commands_vtd(
	struct iommufd_nesting *nesting,
	const struct iommufd_vtd_descriptor *descriptors, uint32_t *count)
{
	struct iommufd_vtd_descriptor own;
	uint32_t given, at = 0;
	int ret = 0;

	if (!count)
		return iommufd__nesting_refused(IOMMUFD_CAUSE_NULL_POINTER);
	given = *count;
	*count = 0;
	if (!nesting || (given && !descriptors))
		return iommufd__nesting_refused(IOMMUFD_CAUSE_NULL_POINTER);
	if (nesting->kind != NESTING_VTD)
		return iommufd__nesting_unsuited();
	for (; at < given; at++) {
		uint64_t type;

		iommufd__nesting_fetch(own.qw, descriptors[at].qw, 4);
		type = TYPE(&own);
		if (type == INV_IOTLB || type == INV_PASID_IOTLB)
			ret = drop_all(nesting, &own, at);
		else if (type != INV_DEVICE_TLB && type != INV_PASID_DEVICE_TLB)
			break;
		if (ret)
			break;
	}
	*count = at;
	return ret;
}
