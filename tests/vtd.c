/* SPDX-License-Identifier: MIT */
#include <endian.h>

#include "fixture.h"
#include "harness.h"
#include "vtd.h"

#define PASID_BITS 8

void vtd_put(uint64_t *words, unsigned int word, unsigned int first,
	     unsigned int bits, uint64_t value)
{
	const uint64_t mask = ((UINT64_C(1) << bits) - 1) << first;
	uint64_t now = le64toh(words[word]);

	ck_assert_uint_eq(value << first & ~mask, 0);
	words[word] = htole64((now & ~mask) | value << first);
}

struct vtd_entry vtd_entry(uint32_t did, uint64_t table)
{
	struct vtd_entry e = { { 0 } };

	vtd_put(e.words, PASID_P, 1);
	vtd_put(e.words, PASID_PGTT, FIRST_STAGE);
	vtd_put(e.words, PASID_DID, did);
	vtd_put(e.words, PASID_FSPTPTR, table / PAGE);
	return e;
}

struct iommufd_vtd_descriptor vtd_descriptor(unsigned int type, unsigned int g,
					     uint32_t did, uint32_t pasid)
{
	struct iommufd_vtd_descriptor d = { { 0 } };

	vtd_put(d.qw, INV_TYPE_LOW, type);
	vtd_put(d.qw, INV_G, g);
	vtd_put(d.qw, INV_DID, did);
	vtd_put(d.qw, INV_PASID, pasid);
	return d;
}

void vtd_prepare(struct vtd *v)
{
	*v = (struct vtd){ 0 };
	fake_begin(&v->ctx, &v->ioas, &v->device);
	fake.hw_type = IOMMUFD_HW_INFO_INTEL_VTD;
	fake.hw_length = 24;
	/* No order to tell anything twice: that is an SMMUv3's. */
	fake.hw_data[0] = 1;
	fake.pasid_bits = PASID_BITS;
}

void vtd_begin(struct vtd *v, uint32_t flags)
{
	const struct iommufd_nesting_opts opts = {
		.size = sizeof(opts),
		.flags = flags,
		.parent_flags = IOMMUFD_HWPT_PASID,
	};

	vtd_prepare(v);
	OK(iommufd_nesting_new(v->device, v->ioas, &opts, &v->nesting));
	OK(iommufd_nested_device_new(v->nesting, v->device, NULL, &v->nested));
}

void vtd_end(struct vtd *v)
{
	OK(iommufd_nested_device_destroy(v->nested));
	OK(iommufd_nesting_destroy(v->nesting));
	fake_end(v->ctx, v->ioas, v->device);
}

void vtd_set(struct vtd *v, uint32_t pasid, uint32_t did, uint64_t table)
{
	const struct vtd_entry e = vtd_entry(did, table);

	OK(iommufd_nested_device_set_pasid_entry(v->nested, pasid, e.words));
}
