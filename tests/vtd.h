/* SPDX-License-Identifier: MIT */
/*
 * What the guest of an Intel VT-d writes, bit by bit as the specification of
 * VT-d has it: entries of a scalable-mode PASID table (9.6) and descriptors of
 * the invalidation queue (6.5.2). And the VT-d itself, on a fake kernel.
 */
#ifndef TESTS_VTD_H
#define TESTS_VTD_H

#include <iommufd/util/util.h>

#include "fakeiommufd.h"

/* A field is its word of 64 bits, its first bit there, its number of bits. Of a
 * PASID-table entry: */
#define PASID_P	      0, 0, 1
#define PASID_PGTT    0, 6, 3
#define PASID_DID     1, 0, 16
#define PASID_SRE     2, 0, 1
#define PASID_FSPM    2, 2, 2
#define PASID_WPE     2, 4, 1
#define PASID_EAFE    2, 7, 1
#define PASID_FSPTPTR 2, 12, 52

/* Of PASID_PGTT. */
enum { FIRST_STAGE = 1, SECOND_STAGE = 2, NESTED = 3, PASS_THROUGH = 4 };

/* Of descriptors: */
#define INV_TYPE_LOW  0, 0, 4
#define INV_TYPE_HIGH 0, 9, 3
#define INV_G	      0, 4, 2
#define INV_DID	      0, 16, 16
#define INV_PASID     0, 32, 20
#define INV_AM	      1, 0, 6
#define INV_IH	      1, 6, 1
#define INV_ADDR      1, 12, 52

/* Of INV_TYPE_LOW. */
enum {
	INV_CONTEXT_CACHE = 0x1,
	INV_IOTLB = 0x2,
	INV_DEVICE_TLB = 0x3,
	INV_WAIT = 0x5,
	INV_PASID_IOTLB = 0x6,
	INV_PASID_CACHE = 0x7,
	INV_PASID_DEVICE_TLB = 0x8,
};

/* Of INV_G. */
enum { G_GLOBAL = 1, G_DOMAIN = 2, G_PAGES = 3 };
enum { G_PASID = 2, G_PASID_PAGES = 3 };

/* Set a field of little-endian words. */
void vtd_put(uint64_t *words, unsigned int word, unsigned int first,
	     unsigned int bits, uint64_t value);

/* A first-stage entry with four levels and nothing else. */
struct vtd_entry {
	uint64_t words[8];
};
struct vtd_entry vtd_entry(uint32_t did, uint64_t table);

/* A descriptor for this type, and the fields that most of them have. */
struct iommufd_vtd_descriptor vtd_descriptor(unsigned int type, unsigned int g,
					     uint32_t did, uint32_t pasid);

/* A guest's VT-d with PASIDs of eight bits, and a device behind it. */
struct vtd {
	struct iommufd_ctx *ctx;
	struct iommufd_ioas *ioas;
	struct iommufd_device *device;
	struct iommufd_nesting *nesting;
	struct iommufd_nested_device *nested;
};

void vtd_prepare(struct vtd *v);
void vtd_begin(struct vtd *v, uint32_t flags);
void vtd_end(struct vtd *v);

/* Set the entry of a PASID, which must work. */
void vtd_set(struct vtd *v, uint32_t pasid, uint32_t did, uint64_t table);

#endif /* TESTS_VTD_H */
