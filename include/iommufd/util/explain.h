/* SPDX-License-Identifier: MIT */
/**
 * @file explain.h
 * @brief Which field of a guest's page table data a kernel does not take.
 *
 * iommufd_explain() is in diagnose.h.
 */
#ifndef LIBIOMMUFD_UTIL_EXPLAIN_H
#define LIBIOMMUFD_UTIL_EXPLAIN_H

#include <stdint.h>

#include <iommufd/iommufd.h>
#include <iommufd/util/diagnose.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @defgroup explain Refused fields
 * @brief Which field of a guest's page table data a kernel does not take.
 *
 * The kernel says of a guest's stream table entry or first-stage table that it
 * is refused, but not why, and the record of a failure has no copy of it. These
 * calls compare the data with the rules of Linux 7.3 and name the first field
 * that is against them. They are for afterwards: nothing is refused by them,
 * and a newer kernel may allow more. Part of libiommufd-util.
 * @{
 */

/**
 * @brief A field that is not allowed.
 * @since 0.1.0
 */
struct iommufd_field_info {
	/** Set by the caller: sizeof(struct iommufd_field_info). */
	uint32_t size;
	/** 1 when a field is not allowed; 0 when all are, and then `text`
	 *  alone is filled. */
	uint32_t found;
	/** Which 64-bit word of the data has it, from 0. */
	uint32_t word;
	/** Its lowest bit in that word. */
	uint32_t first_bit;
	/** Its highest bit in that word. */
	uint32_t last_bit;
	/** 0. */
	uint32_t reserved;
	/** Its value, shifted down to bit 0. */
	uint64_t value;
	/** Its name in the specification of the hardware. */
	char name[24];
	/** One sentence with all of that and what would be allowed, in
	 *  English. */
	char text[256];
};

/**
 * @brief Find the field of a stream table entry of SMMUv3 that a guest may not
 *        set so.
 *
 * After ::IOMMUFD_CAUSE_PAGE_TABLE_DATA of iommufd_hwpt_alloc_arm_smmuv3().
 *
 * @param ste the entry's first two words as they were given to the kernel:
 *            little-endian
 * @param[in,out] field `size` must be set; untouched on failure
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_OPTS_SIZE
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
int iommufd_explain_ste(const uint64_t ste[2],
			struct iommufd_field_info *field);

/**
 * @brief Find the field of a stage 1 page table of VT-d that the hardware
 *        cannot do.
 *
 * After ::IOMMUFD_CAUSE_ATTACH_REFUSED, or ::IOMMUFD_CAUSE_PASID_REFUSED, of a
 * page table from iommufd_hwpt_alloc_vtd_s1(): the kernel compares it with the
 * hardware when it is attached. An unknown flag is named too, although the
 * kernel does not look for those.
 *
 * @param vtd what the page table was made of. `vtd_flags` is word 0, `pgtbl_addr`
 *            word 1, `addr_width` word 2.
 * @param hardware from iommufd_device_get_hw_info_vtd(); NULL when it is not
 *                 known, then only what no hardware can do is found
 * @param[in,out] field `size` must be set; untouched on failure
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - ::IOMMUFD_CAUSE_OPTS_SIZE of any of the three, ::IOMMUFD_CAUSE_OPTS_TAIL of
 *   the first two
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
int iommufd_explain_vtd_s1(const struct iommufd_hwpt_alloc_vtd_s1_opts *vtd,
			   const struct iommufd_hw_vtd_info *hardware,
			   struct iommufd_field_info *field);

/** @} */

#ifdef __cplusplus
}
#endif

#endif /* LIBIOMMUFD_UTIL_EXPLAIN_H */
