/* SPDX-License-Identifier: MIT */
/**
 * @file replace.h
 * @brief Replacing page tables so that a refusal does no harm.
 */
#ifndef LIBIOMMUFD_UTIL_REPLACE_H
#define LIBIOMMUFD_UTIL_REPLACE_H

#include <stdint.h>

#include <iommufd/failure.h>
#include <iommufd/device.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @defgroup replace Restoring replace
 * @brief Replacing page tables so that a refusal does no harm.
 *
 * When an Intel VT-d refuses a new page table, the kernel's books still show
 * the old one but the device's DMA is blocked, and attaching the old one again
 * does nothing. On every IOMMU a refusal for a page table of the same address
 * space makes that forget the device's reserved windows, so that one can map
 * into them. The way back from both leads over a page table of another address
 * space: iommufd_replace() goes it when DMA may be blocked.
 *
 * Where the driver gets everything ready before it touches the device (Arm
 * SMMUv3), a refusal is iommufd_device_attach() and no more: DMA goes on, and the
 * windows are lost, of which `windows_lost` tells. To have them again the device
 * must be on another page table for a moment: with ::IOMMUFD_REPLACE_WINDOWS, that
 * is done.
 *
 * No way back is gone where the errno says that the kernel refused before it
 * asked the driver. EINVAL does not say it: for an object that is no page table,
 * and for a page table without the flag that the device's PASIDs need, the way
 * back is gone although nothing has happened to the device's DMA.
 *
 * A PASID is replaced by the same calls. There the kernel demands of every
 * driver that a refusal leaves the PASID as it was, and reserved windows play no
 * part: no way back is needed, and none is gone. Part of libiommufd-util.
 * @{
 */

/**
 * @name Operations of replacement
 * In the thread's record of its last failure, when it is the helper that
 * refuses; other refusals are those of iommufd_device_attach() and
 * iommufd_device_attach_pasid().
 * @{
 */
enum {
	/** iommufd_replace() and iommufd_replace_many(). @since 0.1.0 */
	IOMMUFD_OP_REPLACE = IOMMUFD_OP_HELPER + 2
};
/** @} */

/**
 * @name Flags of a replacement
 * @{
 */
enum {
	/** `max_pasid_log2` is set. The same as ::IOMMUFD_PASID_WIDTH_VALID,
	 *  for languages in which enumerations do not mix. @since 0.1.0 */
	IOMMUFD_REPLACE_PASID_WIDTH_VALID = IOMMUFD_PASID_WIDTH_VALID,
	/** When the device's DMA goes on after a refusal and its reserved
	 *  windows may be lost, restore them at the price of an interruption.
	 *  Should that fail halfway, the state is ::IOMMUFD_REPLACE_BROKEN.
	 *  @since 0.1.0 */
	IOMMUFD_REPLACE_WINDOWS = 1 << 16
};
/** @} */

/**
 * @name States after a replacement
 * @{
 */
enum {
	/** Not tried. @since 0.1.0 */
	IOMMUFD_REPLACE_UNTRIED = 0,
	/** The new page table is in force. @since 0.1.0 */
	IOMMUFD_REPLACE_DONE = 1,
	/** Refused, or taken back; the old page table is in force, in hardware
	 *  too. Of the reserved windows `windows_lost` tells. @since 0.1.0 */
	IOMMUFD_REPLACE_RESTORED = 2,
	/** Refused or to be taken back, and the way back failed: the kernel's
	 *  books show `in_force`, and DMA may be blocked, though never that of
	 *  a PASID. @since 0.1.0 */
	IOMMUFD_REPLACE_BROKEN = 3
};
/** @} */

/**
 * @brief One replacement: what is wanted, and what came of it.
 * @since 0.1.0
 */
struct iommufd_replacement {
	/** Set by the caller: sizeof(struct iommufd_replacement). */
	uint32_t size;
	/** ::IOMMUFD_REPLACE_PASID_WIDTH_VALID, ::IOMMUFD_REPLACE_WINDOWS. */
	uint32_t flags;
	/** The device. */
	struct iommufd_device *device;
	/** The PASID whose page table is replaced; 0 for the device itself. */
	uint32_t pasid;
	/** With ::IOMMUFD_REPLACE_PASID_WIDTH_VALID, bits of a PASID that the
	 *  device and its IOMMU can do, as in struct iommufd_device_pasid_opts. Of no
	 *  meaning for the device itself. */
	uint32_t max_pasid_log2;
	/** Id of the new page table, made by iommufd_hwpt_alloc(). */
	uint32_t page_table;
	/** Id of the page table that is in force, made by
	 *  iommufd_hwpt_alloc(), to go back to. */
	uint32_t old_page_table;
	/** Flags that the old one was made with: a scratch page table that is
	 *  made for the way back gets them, less the fault queue. Of no meaning
	 *  for a PASID. */
	uint32_t old_flags;
	/** 0. */
	uint32_t reserved;
	/** Out: 0 or the typed error of this replacement. */
	int32_t ret;
	/** Out: an `IOMMUFD_REPLACE_` state. */
	uint32_t state;
	/** Out: id of the page table in force by the kernel's books: the new
	 *  one, the old one, or, when the way back of a device ended halfway,
	 *  an empty scratch one, which then lives on. */
	uint32_t in_force;
	/** Out: 0, or the typed error of the way back; in the state
	 *  ::IOMMUFD_REPLACE_RESTORED, of the end of a scratch object, which
	 *  then lives on, or of the restoring of windows. */
	int32_t restore_ret;
	/** Out: 1 when the address space of the old page table may have
	 *  forgotten the reserved windows of the devices in the group: it has
	 *  when the new page table is of the same address space. It then
	 *  accepts mappings there, which get in the way of interrupts and of
	 *  later attachments. Attaching a page table of another address space,
	 *  and the old one again, brings them back. Else 0. */
	uint32_t windows_lost;
	/** Out: id of the scratch page table of a way back, when it lives on;
	 *  else 0. To be destroyed with iommufd_ctx_destroy_id() when the device
	 *  is on another one. */
	uint32_t scratch_page_table;
	/** Out: id of its address space, when that lives on; else 0. To be
	 *  destroyed after it. */
	uint32_t scratch_ioas;
	/** 0. */
	uint32_t reserved2;
};

/**
 * @brief Replace the page table of a device or of one of its PASIDs, and of all
 *        attached devices of its group; go back if that is refused.
 *
 * The way back of a device makes two scratch objects in the device's context for a
 * moment. On it the device is on an empty page table, and its reserved windows are
 * outside of the address space: DMA in flight may fault, and nobody may map into
 * the windows meanwhile. The caller's word is taken for what is in force before: a
 * PASID that has no page table yet is attached.
 *
 * @param[in,out] replacement its inputs must be set; its outputs are set when
 *                the inputs are usable
 * @return 0, or the typed error of the refusal (not that of the way back)
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_OPTS_SIZE,
 *   ::IOMMUFD_CAUSE_OPTS_TAIL, ::IOMMUFD_CAUSE_OPTS_RESERVED,
 *   ::IOMMUFD_CAUSE_BAD_FLAGS
 * - ::IOMMUFD_CAUSE_BAD_ID when `old_page_table` is 0: there would be nothing to
 *   go back to; and for other ids that cannot be any
 * - as iommufd_device_attach(), for a PASID as iommufd_device_attach_pasid()
 * @threads{any, but one replacement at a time in a group}
 * @syscalls{1 ioctl; for a device, after a refusal that can do harm up to 8
 *           more}
 * @kernel{6.6; PASID 6.15}
 * @since 0.1.0
 */
int iommufd_replace(struct iommufd_replacement *replacement);

/**
 * @brief Replace the page tables of many devices and PASIDs, or of none.
 *
 * One step for each group, and for each PASID of it, in the order of the array.
 * When one is refused, those done before are taken back in reverse order. It is
 * not one step for the DMA of different groups. The kernel looks at each step
 * alone: while any PASID of a device is attached, the device itself can only
 * have page tables with ::IOMMUFD_HWPT_PASID.
 *
 * @param[in,out] replacements their inputs must be set, all with the same
 *                `size`. Devices of one group must have the same page tables,
 *                and so must the same PASID of devices of one group.
 * @param count number of replacements
 * @return 0, or the typed error of the first refusal
 * @failures
 * - as iommufd_replace(); of the inputs before anything is done
 * - ::IOMMUFD_CAUSE_GROUP_ATTACHED_ELSEWHERE when two devices of a group, or
 *   their same PASID, are to have different page tables
 * - as iommufd_find_fd(), when it cannot be told which group a device is in
 * - ::IOMMUFD_CAUSE_NO_MEMORY
 * @threads{any, but one replacement at a time in a group}
 * @syscalls{of iommufd_replace() for each group, and files are read to tell the
 *           groups}
 * @kernel{6.6; PASID 6.15}
 * @since 0.1.0
 */
int iommufd_replace_many(struct iommufd_replacement *replacements,
			 uint32_t count);

/** @} */

#ifdef __cplusplus
}
#endif

#endif /* LIBIOMMUFD_UTIL_REPLACE_H */
