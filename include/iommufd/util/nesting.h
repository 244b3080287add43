/* SPDX-License-Identifier: MIT */
/**
 * @file nesting.h
 * @brief Nested translation: a guest's IOMMU on a physical one.
 */
#ifndef LIBIOMMUFD_UTIL_NESTING_H
#define LIBIOMMUFD_UTIL_NESTING_H

#include <stdint.h>

#include <iommufd/iommufd.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @defgroup nesting Nested translation
 * @brief A guest's IOMMU, made of what the hardware offers for it.
 *
 * A virtual machine has one struct iommufd_nesting for each physical IOMMU that
 * its devices are behind: the nest parent over the guest's memory, the vIOMMU
 * where the hardware has one, and the queues of events and faults. In it, each
 * device is a struct iommufd_nested_device, in one of three states like the
 * guest has them: abort, bypass, translate. When the guest writes a stream
 * table or PASID-table entry, one call makes it so: the new page table is made,
 * replaces the old one, and the old one is freed. When any step is refused, what
 * was in force stays or is restored by iommufd_replace(). An IOMMU that cannot use
 * an entry lets nothing through: a VMM that is faithful then calls
 * iommufd_nested_device_abort() itself, and reports it to the guest (C_BAD_STE).
 *
 * Each device must be alone in its group, bridges aside: the devices of a group
 * have one page table in common, and a guest that gives them different ones cannot
 * be obeyed.
 *
 * | hardware | made of | proven by |
 * |----------|---------|-----------|
 * | Arm SMMUv3 | vIOMMU, vDevice, nested tables for all three states | real DMA, behind the one that QEMU emulates |
 * | Intel VT-d | nest parent, nested tables to translate; bypass is the nest parent, abort is being detached | layout, and a fake kernel |
 * | others | what the caller names: type of vIOMMU, data of the tables | the kernel's mock driver |
 *
 * For AMD there are the thin calls alone: no kernel up to 7.3 takes its tables.
 * The guide @ref nestingguide has the whole picture. Part of libiommufd-util.
 *
 * Calls on different devices may run at the same time. No two calls on one
 * device may, and nothing else while a device is put in or taken out, gets
 * another id, the whole is ended, or commands of a VT-d are given.
 * @{
 */

/**
 * @struct iommufd_nesting
 * @brief A guest's IOMMU.
 * @since 0.1.0
 */
struct iommufd_nesting;

/**
 * @struct iommufd_nested_device
 * @brief A device behind a guest's IOMMU.
 * @since 0.1.0
 */
struct iommufd_nested_device;

/**
 * @name Operations of nesting
 * In the thread's record of its last failure, when it is the helper that
 * refuses.
 * @{
 */
enum {
	/** Any call of this group. Of a VT-d entry that is refused `object_id`
	 *  holds the device, `arg` the PASID, `other_id` the type of
	 *  translation (PGTT), `flags` the paging mode (FSPM); of a descriptor
	 *  `arg` holds its index, `other_id` its type, `flags` its
	 *  granularity. @since 0.1.0 */
	IOMMUFD_OP_NESTING = IOMMUFD_OP_HELPER + 4
};
/** @} */

/**
 * @name Flags of nesting
 * @{
 */
enum {
	/** Make an event queue; only with a vIOMMU. @since 0.1.0 */
	IOMMUFD_NESTING_EVENTS = 1 << 0,
	/** Make a fault queue, to which all nested page tables send their
	 *  page faults. @since 0.1.0 */
	IOMMUFD_NESTING_FAULTS = 1 << 1,
	/** `viommu_type` is valid, and `event_type` with it; by default the
	 *  hardware decides. @since 0.1.0 */
	IOMMUFD_NESTING_TYPE_VALID = 1 << 2
};
/** @} */

/**
 * @name Flags of nested devices
 * @{
 */
enum {
	/** The device cannot report page faults: its tables have no fault
	 *  queue. With one it could not be attached to them. @since 0.1.0 */
	IOMMUFD_NESTED_NO_FAULTS = 1 << 0,
	/** The guest has no id for the device yet: `virt_id` is not looked at,
	 *  and iommufd_nested_device_set_virt_id() gives it one. Until then an
	 *  SMMUv3 has the states abort and bypass for it. @since 0.1.0 */
	IOMMUFD_NESTED_NO_VIRT_ID = 1 << 1
};
/** @} */

/**
 * @name States of a nested device
 * @{
 */
enum {
	/** Nothing has been set: as the caller left it. Also after a refusal
	 *  from which there was no way back: DMA may be blocked then, the next
	 *  state that is set takes the device out of that, and the end detaches
	 *  it. @since 0.1.0 */
	IOMMUFD_NESTED_UNSET = 0,
	/** DMA is refused. @since 0.1.0 */
	IOMMUFD_NESTED_ABORT = 1,
	/** DMA goes to guest physical addresses. @since 0.1.0 */
	IOMMUFD_NESTED_BYPASS = 2,
	/** DMA goes through the guest's page table. @since 0.1.0 */
	IOMMUFD_NESTED_TRANSLATE = 3
};
/** @} */

/**
 * @brief What a guest's IOMMU shall be.
 * @since 0.1.0
 */
struct iommufd_nesting_opts {
	/** sizeof(struct iommufd_nesting_opts). */
	uint32_t size;
	/** `IOMMUFD_NESTING_` flags. */
	uint32_t flags;
	/** Flags of the nest parent beside ::IOMMUFD_HWPT_NEST_PARENT. */
	uint32_t parent_flags;
	/** With ::IOMMUFD_NESTING_TYPE_VALID: type of the vIOMMU, or
	 *  ::IOMMUFD_VIOMMU_DEFAULT for nesting without one. */
	uint32_t viommu_type;
	/** With ::IOMMUFD_NESTING_TYPE_VALID: type of the event queue. */
	uint32_t event_type;
	/** Events that can wait in the queue; 0 for 256. */
	uint32_t event_depth;
	/** Data of the vIOMMU's driver, or NULL. */
	const struct iommufd_viommu_alloc_opts *viommu_data;
};

/**
 * @brief A guest's page table: the data that iommufd_hwpt_alloc() takes.
 *
 * Its layout never changes.
 * @since 0.1.0
 */
struct iommufd_nested_table {
	/** An `IOMMUFD_HWPT_DATA_` value, or another one. */
	uint32_t type;
	/** Bytes of data. */
	uint32_t length;
	/** The data: the kernel's struct of that type. */
	const void *data;
};

/**
 * @brief What a device is to the guest.
 * @since 0.1.0
 */
struct iommufd_nested_device_opts {
	/** sizeof(struct iommufd_nested_device_opts). */
	uint32_t size;
	/** `IOMMUFD_NESTED_NO_` flags. */
	uint32_t flags;
	/** Id of the page table that is in force, when the device is attached,
	 *  for the way back when the first switch is refused; 0 when it is
	 *  not attached, or when there is no need to get back. */
	uint32_t old_page_table;
	/** Flags that the old one was made with. */
	uint32_t old_flags;
	/** The id that the guest's IOMMU knows the device by; for the
	 *  vDevice, which only a vIOMMU has. Of an SMMUv3 the stream id. */
	uint64_t virt_id;
	/** The table that refuses all DMA; NULL for that of the hardware, and
	 *  where that has none, for being detached. Needed only in the call. */
	const struct iommufd_nested_table *abort;
	/** The table that translates nothing; NULL for that of the hardware,
	 *  and where that has none, for the nest parent. Likewise. */
	const struct iommufd_nested_table *bypass;
};

/**
 * @brief Make a guest's IOMMU.
 *
 * The nest parent takes over the mappings of the address space at once, and
 * follows them. On Intel hardware it holds no read-only mapping.
 *
 * @param device any of the devices behind the physical IOMMU
 * @param ioas the guest's memory, mapped at guest physical addresses
 * @param opts NULL for the defaults
 * @param[out] nesting the new handle, which iommufd_nesting_destroy() ends;
 *             untouched on failure
 * @return 0 or a typed error, which leaves nothing behind; only an object that
 *         cannot be destroyed again lives on, until the context ends
 * @failures
 * - ::IOMMUFD_CAUSE_OTHER_CONTEXT, ::IOMMUFD_CAUSE_NULL_POINTER,
 *   ::IOMMUFD_CAUSE_OPTS_SIZE,
 *   ::IOMMUFD_CAUSE_OPTS_TAIL, ::IOMMUFD_CAUSE_BAD_FLAGS,
 *   ::IOMMUFD_CAUSE_NO_MEMORY
 * - ::IOMMUFD_CAUSE_FEATURE when the hardware is none of the table above and no
 *   type was given, or events are asked for without a vIOMMU
 * - as iommufd_device_get_hw_info(), iommufd_hwpt_alloc(),
 *   iommufd_viommu_alloc(), iommufd_veventq_alloc(),
 *   iommufd_fault_queue_alloc()
 * @threads{any}
 * @syscalls{2 to 5 ioctls}
 * @kernel{6.7; with a vIOMMU 6.13; events 6.15}
 * @since 0.1.0
 */
int iommufd_nesting_new(struct iommufd_device *device,
			struct iommufd_ioas *ioas,
			const struct iommufd_nesting_opts *opts,
			struct iommufd_nesting **nesting);

/**
 * @brief End a guest's IOMMU, and all that iommufd_nesting_new() made.
 *
 * In the order event queue, vIOMMU, nest parent, fault queue, up to the first that
 * is refused. The event queue must go before the kernel says whether anything
 * else stands on the vIOMMU (hardware queues, memory maps, nested page tables and
 * vDevices of the caller's): when that is refused, the event queue has been closed
 * and destroyed, and the rest is as it was. When the nest parent is refused, the
 * vIOMMU has gone too. The fault queue is closed when all others have gone; it
 * is refused when a page table of the caller's uses it, and is closed then.
 *
 * @param nesting the guest's IOMMU, or NULL. Gone after success; after a
 *                failure what could not be destroyed is still there, and the
 *                call can be made again.
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_IN_USE while a device is in it, in which case nothing was
 *   done; or when something else stands on one of its objects, or uses it at
 *   this moment
 *
 * An object that somebody else has destroyed counts as ended.
 * @threads{any, as the last use of the handle}
 * @syscalls{1 ioctl for each object, 1 close for each queue}
 * @kernel{6.7}
 * @since 0.1.0
 */
int iommufd_nesting_destroy(struct iommufd_nesting *nesting);

/**
 * @brief Forget a guest's IOMMU and the devices behind it.
 *
 * All of their handles end, those that iommufd_nested_device_new() made too. The
 * kernel's objects live on until the context ends, and the devices stay on
 * what they are on; only the descriptors of the queues are closed. For the child
 * of a fork, which shares all of that with its parent and must not end it.
 *
 * @param nesting the guest's IOMMU, or NULL
 * @failures none
 * @threads{any, as the last use of the handle, and of those of its devices}
 * @syscalls{1 close for each queue}
 * @kernel{6.7}
 * @since 0.1.0
 */
void iommufd_nesting_release(struct iommufd_nesting *nesting);

/**
 * @brief The nest parent.
 *
 * @param nesting the guest's IOMMU, or NULL
 * @return the page table, the handle's own; NULL for NULL
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
struct iommufd_hwpt *iommufd_nesting_parent(
	const struct iommufd_nesting *nesting);

/**
 * @brief The vIOMMU.
 *
 * @param nesting the guest's IOMMU, or NULL
 * @return the vIOMMU, the handle's own; NULL where there is none
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
struct iommufd_viommu *iommufd_nesting_viommu(
	const struct iommufd_nesting *nesting);

/**
 * @brief The queue of events.
 *
 * @param nesting the guest's IOMMU, or NULL
 * @return the queue, the handle's own; NULL where there is none
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
struct iommufd_veventq *iommufd_nesting_veventq(
	const struct iommufd_nesting *nesting);

/**
 * @brief The queue of page faults.
 *
 * @param nesting the guest's IOMMU, or NULL
 * @return the queue, the handle's own; NULL where there is none
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
struct iommufd_fault_queue *iommufd_nesting_fault_queue(
	const struct iommufd_nesting *nesting);

/**
 * @brief Put a device behind a guest's IOMMU.
 *
 * Makes the vDevice and the tables for abort and bypass, so that these two
 * states can always be reached. Attaches nothing yet.
 *
 * @param nesting the guest's IOMMU
 * @param device the device, behind the same physical IOMMU; to stay open for
 *               as long as the new handle
 * @param opts NULL for the defaults
 * @param[out] nested the new handle, which iommufd_nested_device_destroy() ends;
 *             untouched on failure
 * @return 0 or a typed error, which leaves nothing behind; only an object that
 *         cannot be destroyed again lives on, until the context ends
 * @failures
 * - ::IOMMUFD_CAUSE_OTHER_CONTEXT, ::IOMMUFD_CAUSE_NULL_POINTER,
 *   ::IOMMUFD_CAUSE_OPTS_SIZE,
 *   ::IOMMUFD_CAUSE_OPTS_TAIL, ::IOMMUFD_CAUSE_BAD_FLAGS,
 *   ::IOMMUFD_CAUSE_NO_MEMORY
 * - ::IOMMUFD_CAUSE_GROUP_SHARED when sysfs shows that another device is in the
 *   group
 * - as iommufd_vdevice_alloc(), iommufd_hwpt_alloc(); with ::IOMMUFD_HWPT_PASID in
 *   `parent_flags` as iommufd_device_get_hw_info(), for the width of PASIDs
 * @threads{any; no other call of this guest's IOMMU meanwhile}
 * @syscalls{0 to 4 ioctls, and files are read to tell the group}
 * @kernel{6.7; with a vIOMMU 6.13}
 * @since 0.1.0
 */
int iommufd_nested_device_new(struct iommufd_nesting *nesting,
			      struct iommufd_device *device,
			      const struct iommufd_nested_device_opts *opts,
			      struct iommufd_nested_device **nested);

/**
 * @brief Take a device from behind a guest's IOMMU.
 *
 * The PASIDs that these calls attached are detached, and so is the device
 * unless its state is ::IOMMUFD_NESTED_UNSET: DMA is blocked. To let the device
 * go on, iommufd_nested_device_unset() first. A device that a refusal without a way
 * back has left in ::IOMMUFD_NESTED_UNSET is detached all the same.
 *
 * @param nested the device, or NULL. Gone after success; after a failure what
 *               could not be destroyed is still there, and the call can be made
 *               again.
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_IN_USE when a device is attached to one of its tables by
 *   somebody else
 * - as iommufd_device_detach(), iommufd_device_detach_pasid()
 *
 * An object that is gone counts as ended: a vDevice goes with its device.
 * @threads{any, as the last use of the handle; no other call of this guest's
 *          IOMMU meanwhile}
 * @syscalls{1 ioctl for each attachment and each object}
 * @kernel{6.7}
 * @since 0.1.0
 */
int iommufd_nested_device_destroy(struct iommufd_nested_device *nested);

/**
 * @brief Find a device by its id in iommufd, which page faults carry.
 *
 * @param nesting the guest's IOMMU, or NULL
 * @param device_id what iommufd_device_id() tells, `dev_id` of a page fault
 * @return the device, or NULL when it is not in this one
 * @failures none
 * @threads{any, but not while a device is put in or taken out, or gets another
 *          id}
 * @syscalls{none}
 * @since 0.1.0
 */
struct iommufd_nested_device *iommufd_nesting_find_device(
	const struct iommufd_nesting *nesting, uint32_t device_id);

/**
 * @brief Find a device by the id that the guest knows it by.
 *
 * @param nesting the guest's IOMMU, or NULL
 * @param virt_id the id: of an SMMUv3 the stream id that its commands carry
 * @return the device, or NULL when none has this id in this one; always NULL
 *         where there is no vIOMMU
 * @failures none
 * @threads{any, but not while a device is put in or taken out, or gets another
 *          id}
 * @syscalls{none}
 * @since 0.1.0
 */
struct iommufd_nested_device *iommufd_nesting_find_virt_id(
	const struct iommufd_nesting *nesting, uint64_t virt_id);

/**
 * @brief The device itself, as iommufd_nested_device_new() was given it.
 *
 * @param nested the device, or NULL
 * @return the caller's handle; NULL for NULL
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
struct iommufd_device *iommufd_nested_device_device(
	const struct iommufd_nested_device *nested);

/**
 * @brief The vDevice of a device, as for a hand-over.
 *
 * @param nested the device, or NULL
 * @return the vDevice, without a reference: not to be ended. Another one after
 *         iommufd_nested_device_set_virt_id(). NULL for NULL, and while the device
 *         has no id for the guest.
 * @failures none
 * @threads{any, but not while the id is changed}
 * @syscalls{none}
 * @since 0.1.0
 */
struct iommufd_vdevice *iommufd_nested_device_vdevice(
	const struct iommufd_nested_device *nested);

/**
 * @brief The id that the guest knows a device by.
 *
 * @param nested the device, or NULL
 * @return the id, or 0 where iommufd_nested_device_vdevice() is NULL
 * @failures none
 * @threads{any, but not while the id is changed}
 * @syscalls{none}
 * @since 0.1.0
 */
uint64_t iommufd_nested_device_virt_id(
	const struct iommufd_nested_device *nested);

/**
 * @brief Change the id that the guest knows a device by.
 *
 * A guest numbers its buses when it boots, and stream ids follow from that. The
 * device must be in the state ::IOMMUFD_NESTED_UNSET or ::IOMMUFD_NESTED_ABORT:
 * the kernel would take the new id at any time, but events of a device that
 * translates go on under the old one until it is attached again.
 *
 * The old vDevice goes before the new one comes: the kernel has one for each
 * device. When the new one is refused the old one is made again.
 *
 * @param nested the device
 * @param virt_id the new id. To exchange those of two devices, give one of them
 *                a third one first.
 * @return 0, also when it is its id already; or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - ::IOMMUFD_CAUSE_FEATURE where there is no vIOMMU
 * - ::IOMMUFD_CAUSE_NESTED_STATE in another state
 * - ::IOMMUFD_CAUSE_VDEVICE_EXISTS when another device has this id
 * - as iommufd_vdevice_alloc(). Should the old one not come again either, the
 *   device has no id, as with ::IOMMUFD_NESTED_NO_VIRT_ID: then
 *   iommufd_nesting_find_virt_id() does not find it by the old one.
 * @threads{any; no other call of this guest's IOMMU meanwhile}
 * @syscalls{2 ioctls; after a refusal 1 more}
 * @kernel{6.13}
 * @since 0.1.0
 */
int iommufd_nested_device_set_virt_id(struct iommufd_nested_device *nested,
				      uint64_t virt_id);

/**
 * @brief The state of a device.
 *
 * @param nested the device, or NULL
 * @return an `IOMMUFD_NESTED_` state; ::IOMMUFD_NESTED_UNSET for NULL
 * @failures none
 * @threads{any, but not while the device is switched}
 * @syscalls{none}
 * @since 0.1.0
 */
uint32_t iommufd_nested_device_state(
	const struct iommufd_nested_device *nested);

/**
 * @brief The page table of a device.
 *
 * @param nested the device, or NULL
 * @return id of the page table in force as far as these calls know; 0 when it
 *         is detached, and for NULL
 * @failures none
 * @threads{any, but not while the device is switched}
 * @syscalls{none}
 * @since 0.1.0
 */
uint32_t iommufd_nested_device_page_table(
	const struct iommufd_nested_device *nested);

/**
 * @brief Refuse all DMA of a device.
 *
 * Where abort is being detached the kernel is told so each time: others may have
 * attached the device. After a failure what was in force is in force, with the
 * exceptions of iommufd_nested_device_translate().
 *
 * @param nested the device
 * @return 0, also when it is so already; or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - as iommufd_replace(), iommufd_device_attach(), iommufd_device_detach()
 * @threads{any, one call at a time for a device}
 * @syscalls{1 ioctl to switch, 1 to free the old table}
 * @kernel{6.7}
 * @since 0.1.0
 */
int iommufd_nested_device_abort(struct iommufd_nested_device *nested);

/**
 * @brief Let DMA of a device go to guest physical addresses.
 *
 * After a failure what was in force is in force, with the exceptions of
 * iommufd_nested_device_translate().
 *
 * @param nested the device
 * @return 0, also when it is so already; or a typed error
 * @failures as iommufd_nested_device_abort()
 * @threads{any, one call at a time for a device}
 * @syscalls{1 ioctl to switch, 1 to free the old table}
 * @kernel{6.7}
 * @since 0.1.0
 */
int iommufd_nested_device_bypass(struct iommufd_nested_device *nested);

/**
 * @brief Let DMA of a device go through a guest's page table.
 *
 * Always a new page table, also when the data is the same. What a VT-d has cached of
 * the old one goes with it. On an SMMUv3 that is so of the entry alone: translations
 * belong to the guest's ASID and context descriptors to the stream, and stay until
 * the guest has them dropped.
 *
 * After a failure what was in force is in force, with these exceptions:
 * - When the switch was refused and there was no way back from that, the state is
 *   ::IOMMUFD_NESTED_UNSET, and DMA may be blocked.
 * - A device that others have attached while it was detached by these calls may be
 *   blocked: they know no way back.
 * - When the switch was refused the guest's address space may have forgotten the
 *   device's reserved windows, as `windows_lost` of iommufd_replace() tells it.
 *
 * @param nested the device
 * @param table the guest's page table as the kernel takes it
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - as iommufd_hwpt_alloc(), iommufd_replace(), iommufd_device_attach()
 * @threads{any, one call at a time for a device}
 * @syscalls{1 ioctl for the new table, 1 to switch, 1 to free the old one}
 * @kernel{6.7}
 * @since 0.1.0
 */
int iommufd_nested_device_translate(struct iommufd_nested_device *nested,
				    const struct iommufd_nested_table *table);

/**
 * @name PASIDs
 * Where the host attaches a guest's PASIDs: on a VT-d, and on hardware that the
 * library does not know. Each has a state of its own. PASID 0 is the device
 * itself, for which these calls are those above. While a PASID is attached the
 * page table of the device must be one with ::IOMMUFD_HWPT_PASID, and so must that
 * of each PASID; all tables made here are such when the nest parent is: give the
 * flag in `parent_flags`.
 *
 * Abort of a PASID is being detached. PASIDs that others have attached are not
 * known here, and not touched.
 * @{
 */

/**
 * @brief Refuse all DMA of a PASID.
 *
 * @param nested the device
 * @param pasid the PASID, or 0 for the device itself
 * @return 0, also when these calls have not attached it; or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - ::IOMMUFD_CAUSE_FEATURE for a PASID on an SMMUv3, which finds them in the
 *   guest's tables
 * - as iommufd_device_detach_pasid(); for the device itself as
 *   iommufd_nested_device_abort()
 * @threads{any, one call at a time for a device}
 * @syscalls{1 ioctl to switch, 1 to free the old table}
 * @kernel{6.15}
 * @since 0.1.0
 */
int iommufd_nested_device_abort_pasid(struct iommufd_nested_device *nested,
				      uint32_t pasid);

/**
 * @brief Let DMA of a PASID go to guest physical addresses.
 *
 * @param nested the device
 * @param pasid the PASID, or 0 for the device itself
 * @return 0, also when it is so already; or a typed error, after which what was
 *         in force is in force
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_NO_MEMORY
 * - ::IOMMUFD_CAUSE_FEATURE for a PASID on an SMMUv3
 * - as iommufd_device_attach_pasid(); for the device itself as
 *   iommufd_nested_device_bypass()
 * @threads{any, one call at a time for a device}
 * @syscalls{1 ioctl to switch, 1 to free the old table}
 * @kernel{6.15}
 * @since 0.1.0
 */
int iommufd_nested_device_bypass_pasid(struct iommufd_nested_device *nested,
				       uint32_t pasid);

/**
 * @brief Let DMA of a PASID go through a guest's page table.
 *
 * @param nested the device
 * @param pasid the PASID, or 0 for the device itself
 * @param table the guest's page table as the kernel takes it
 * @return 0 or a typed error, after which what was in force is in force
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_NO_MEMORY
 * - ::IOMMUFD_CAUSE_FEATURE for a PASID on an SMMUv3
 * - ::IOMMUFD_CAUSE_NO_PASID, ::IOMMUFD_CAUSE_BAD_PASID by the width that the
 *   hardware tells
 * - as iommufd_hwpt_alloc(), iommufd_device_attach_pasid(); for the device itself
 *   as iommufd_nested_device_translate()
 * @threads{any, one call at a time for a device}
 * @syscalls{1 ioctl for the new table, 1 to switch, 1 to free the old one}
 * @kernel{6.15}
 * @since 0.1.0
 */
int iommufd_nested_device_translate_pasid(
	struct iommufd_nested_device *nested, uint32_t pasid,
	const struct iommufd_nested_table *table);

/**
 * @brief The state of a PASID.
 *
 * @param nested the device, or NULL
 * @param pasid the PASID, or 0 for the device itself
 * @return an `IOMMUFD_NESTED_` state; ::IOMMUFD_NESTED_ABORT for a PASID that
 *         these calls have not attached, ::IOMMUFD_NESTED_UNSET for NULL
 * @failures none
 * @threads{any, but not while the device is switched}
 * @syscalls{none}
 * @since 0.1.0
 */
uint32_t iommufd_nested_device_pasid_state(
	const struct iommufd_nested_device *nested, uint32_t pasid);

/**
 * @brief The page table of a PASID.
 *
 * @param nested the device, or NULL
 * @param pasid the PASID, or 0 for the device itself
 * @return id of the page table in force as far as these calls know; 0 when they
 *         have not attached it, and for NULL
 * @failures none
 * @threads{any, but not while the device is switched}
 * @syscalls{none}
 * @since 0.1.0
 */
uint32_t iommufd_nested_device_pasid_page_table(
	const struct iommufd_nested_device *nested, uint32_t pasid);

/** @} */

/**
 * @brief Put a device on a page table of the caller's.
 *
 * For a guest that is reset, or has no IOMMU driver yet. The state is
 * ::IOMMUFD_NESTED_UNSET then, and iommufd_nested_device_destroy() leaves the device
 * where it is. PASIDs that these calls attached are detached first: with them the
 * kernel refuses a page table that is not made for PASIDs.
 *
 * @param nested the device
 * @param page_table id of the page table, made by iommufd_hwpt_alloc()
 * @param old_flags flags that it was made with, for the way back to it
 * @return 0 or a typed error, after which what was in force is in force for the
 *         device itself, with the exceptions of iommufd_nested_device_translate();
 *         PASIDs that were detached before the failure stay so
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - ::IOMMUFD_CAUSE_BAD_ID for an id that cannot be any
 * - as iommufd_device_detach_pasid(), iommufd_replace(), iommufd_device_attach()
 * @threads{any, one call at a time for a device}
 * @syscalls{1 ioctl to switch, 1 to free the old table, and the same for each
 *           PASID}
 * @kernel{6.7}
 * @since 0.1.0
 */
int iommufd_nested_device_unset(struct iommufd_nested_device *nested,
				uint32_t page_table, uint32_t old_flags);

/**
 * @brief The guest of an SMMUv3 wrote a stream table entry.
 *
 * V and Cfg tell the state: abort (V or the highest bit of Cfg is 0), bypass
 * (Cfg is 4), or else translate. Of an entry that translates the kernel is given
 * what it takes from a guest: V, Cfg, S1Fmt, S1ContextPtr, S1CDMax; S1DSS, S1CIR,
 * S1COR, S1CSH, S1STALLD, EATS. The rest is software's or says what the host
 * decides, and is passed over. Stage 2 in Cfg is the kernel's to refuse.
 *
 * @param nested the device
 * @param ste the entry's first two words as they are in the guest's memory:
 *            little-endian. Read once: they may be the guest's memory itself.
 * @return 0 or a typed error, after which what was in force is in force, with the
 *         exceptions of iommufd_nested_device_translate(). An SMMU would let
 *         nothing through then: see @ref nesting.
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - ::IOMMUFD_CAUSE_FEATURE when the hardware is no SMMUv3
 * - ::IOMMUFD_CAUSE_PAGE_TABLE_DATA for an entry that a guest may not have
 * - as iommufd_nested_device_translate()
 * @threads{any, one call at a time for a device}
 * @syscalls{those of the state}
 * @kernel{6.13}
 * @since 0.1.0
 */
int iommufd_nested_device_set_ste(struct iommufd_nested_device *nested,
				  const uint64_t ste[2]);

/**
 * @brief The guest of a VT-d wrote an entry of a device's PASID table.
 *
 * Of a scalable-mode entry P and PGTT tell the state: abort (not present),
 * bypass (pass-through), or translate (first stage). The entry for requests
 * without a PASID moves the device, others its PASIDs, as the calls for PASIDs
 * do: ::IOMMUFD_HWPT_PASID is to be in `parent_flags`.
 *
 * The guest's IOMMU must not offer another PASID than 0 for requests without
 * one (ECAP.RPS is 0).
 *
 * @param nested the device
 * @param pasid 0 for requests without a PASID, or the PASID
 * @param entry the entry as it is in the guest's memory: little-endian. Read
 *              once: it may be the guest's memory itself.
 * @return 0 or a typed error, after which what was in force is in force, with the
 *         exceptions of iommufd_nested_device_translate()
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_NO_MEMORY
 * - ::IOMMUFD_CAUSE_FEATURE when the hardware is no VT-d
 * - ::IOMMUFD_CAUSE_PAGE_TABLE_DATA for an entry that is none of these, or has
 *   neither four nor five levels
 * - as iommufd_nested_device_translate_pasid(),
 *   iommufd_nested_device_abort_pasid()
 * @threads{any, one call at a time for a device}
 * @syscalls{those of the state}
 * @kernel{6.7; PASIDs 6.15}
 * @since 0.1.0
 */
int iommufd_nested_device_set_pasid_entry(struct iommufd_nested_device *nested,
					  uint32_t pasid,
					  const uint64_t entry[8]);

/**
 * @brief The guest of an SMMUv3 gave commands.
 *
 * Invalidations go to the kernel in batches; prefetches are passed over, and so
 * are CFGI_CD, CFGI_CD_ALL and ATC_INV for a stream id that no device here has: a
 * guest gives them for bridges and for what has been unplugged, too. The call ends before the first command that is the caller's own: CMD_SYNC,
 * CFGI_STE and its kin, after which the caller reads the entry and calls
 * iommufd_nested_device_set_ste(), and answers to faults. The invalidations
 * before it are complete then. Any other command is the kernel's to refuse.
 * Hardware that must be told twice is told twice.
 *
 * @param nesting the guest's IOMMU
 * @param commands the commands, in the guest's order. Each is read once: they
 *                 may be the guest's memory itself.
 * @param[in,out] count number of commands; receives how many are done, exactly,
 *                after failures too: the next one is the caller's own, or the
 *                one that was refused
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - ::IOMMUFD_CAUSE_FEATURE when the hardware is no SMMUv3
 * - as iommufd_viommu_invalidate_arm_smmuv3()
 * @threads{any, but in the guest's order, and not while a device is put in or
 *          taken out, or gets another id}
 * @syscalls{1 ioctl for each row of commands for the kernel, of up to 256; after
 *           a refusal 1 for each command of the row up to the one to blame; twice
 *           that where the hardware must be told twice}
 * @kernel{6.13}
 * @since 0.1.0
 */
int iommufd_nesting_commands_arm_smmuv3(
	struct iommufd_nesting *nesting,
	const struct iommufd_arm_smmuv3_command *commands, uint32_t *count);

/**
 * @brief A descriptor of a guest's VT-d invalidation queue, 256 bits.
 *
 * Of a queue with 128-bit descriptors the last two words are 0.
 * @since 0.1.0
 */
struct iommufd_vtd_descriptor {
	/** As it is in the guest's memory: little-endian. */
	uint64_t qw[4];
};

/**
 * @brief The guest of a VT-d gave invalidation descriptors.
 *
 * Those of the PASID-based IOTLB go to the kernel for each page table of that
 * domain and PASID; those of the IOTLB drop everything that is cached of the
 * domain's page tables, or of all. The kernel flushes the devices' own caches
 * with them, so that their descriptors are passed over. The call ends before the
 * first one that is the caller's own: waits, interrupt entries, page responses,
 * and those of the context and PASID caches, after which the caller reads the
 * entry and calls iommufd_nested_device_set_pasid_entry().
 *
 * @param nesting the guest's IOMMU
 * @param descriptors the descriptors, in the guest's order. Each is read once:
 *                    they may be the guest's memory itself.
 * @param[in,out] count number of descriptors; receives how many are done,
 *                exactly, after failures too
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - ::IOMMUFD_CAUSE_FEATURE when the hardware is no VT-d
 * - ::IOMMUFD_CAUSE_INVALIDATION_ENTRY for a granularity that there is not
 * - as iommufd_hwpt_invalidate_vtd_s1()
 * @threads{any, but in the guest's order, and not while a device is switched}
 * @syscalls{1 ioctl for each descriptor and page table that it is for}
 * @kernel{6.8}
 * @since 0.1.0
 */
int iommufd_nesting_commands_vtd(
	struct iommufd_nesting *nesting,
	const struct iommufd_vtd_descriptor *descriptors, uint32_t *count);

/** @} */

#ifdef __cplusplus
}
#endif

#endif /* LIBIOMMUFD_UTIL_NESTING_H */
