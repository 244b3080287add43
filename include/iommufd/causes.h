/* SPDX-License-Identifier: MIT */
/**
 * @file causes.h
 * @brief The causes of failure: the one list of them.
 *
 * The first sentence of each comment is what iommufd_strerror() says; the
 * tables of names and sentences in the library and the table in
 * `doc/errors.md` are generated from this file.
 */
#ifndef LIBIOMMUFD_CAUSES_H
#define LIBIOMMUFD_CAUSES_H

#include <iommufd/error.h>

/**
 * @addtogroup error
 * @{
 */

/**
 * @name Causes
 * Class and detail. *Direct* ones are returned by calls, *sets* too, and
 * *diagnosed* ones only by iommufd_diagnose() of libiommufd-util, which finds the
 * one reason out of a set.
 * @{
 */
enum {
	/** The system refused with an errno that is not expected of this
	 *  call. @how{direct} Also what a plain negative errno decodes to.
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_UNSPECIFIC = IOMMUFD_CAUSE(IOMMUFD_CLASS_UNSPECIFIC, 0),

	/** A required pointer or handle is NULL. @how{direct} @since 0.1.0 */
	IOMMUFD_CAUSE_NULL_POINTER = IOMMUFD_CAUSE(IOMMUFD_CLASS_ARGUMENT, 1),
	/** A flag that this call does not know is set. @how{direct} Only
	 *  flags of the library itself; flags of the kernel go to the kernel.
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_BAD_FLAGS = IOMMUFD_CAUSE(IOMMUFD_CLASS_ARGUMENT, 2),
	/** The size member of an options or output struct is out of range.
	 *  @how{direct} It is smaller than the struct of the first release,
	 *  or larger than 4096. @since 0.1.0 */
	IOMMUFD_CAUSE_OPTS_SIZE = IOMMUFD_CAUSE(IOMMUFD_CLASS_ARGUMENT, 3),
	/** An options struct of a newer release carries a value this library
	 *  does not know. @how{direct} Bytes beyond the struct that this
	 *  library knows must be zero. errno is E2BIG. @since 0.1.0 */
	IOMMUFD_CAUSE_OPTS_TAIL = IOMMUFD_CAUSE(IOMMUFD_CLASS_ARGUMENT, 4),
	/** A reserved member of an options struct is not zero. @how{direct}
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_OPTS_RESERVED = IOMMUFD_CAUSE(IOMMUFD_CLASS_ARGUMENT, 5),
	/** The objects belong to different contexts. @how{direct} It is the
	 *  handles of contexts that count: one that was adopted is another
	 *  one. errno is EXDEV. @since 0.1.0 */
	IOMMUFD_CAUSE_OTHER_CONTEXT = IOMMUFD_CAUSE(IOMMUFD_CLASS_ARGUMENT, 6),
	/** The length is zero. @how{direct} @since 0.1.0 */
	IOMMUFD_CAUSE_ZERO_LENGTH = IOMMUFD_CAUSE(IOMMUFD_CLASS_ARGUMENT, 7),
	/** A mapping must allow reading, writing, or both. @how{direct}
	 *  Neither ::IOMMUFD_MAP_READABLE nor ::IOMMUFD_MAP_WRITEABLE is set.
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_NO_ACCESS = IOMMUFD_CAUSE(IOMMUFD_CLASS_ARGUMENT, 8),
	/** Address and length together leave the range of the address type.
	 *  @how{direct} The kernel also refuses UINT64_MAX as an address or a
	 *  length. errno is EOVERFLOW, or EINVAL where a mapping has something
	 *  else that the kernel finds first, or ERANGE of a hardware queue.
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_OVERFLOW = IOMMUFD_CAUSE(IOMMUFD_CLASS_ARGUMENT, 9),
	/** The file descriptor is not open. @how{direct} For a call with
	 *  several descriptors: one of them. @since 0.1.0 */
	IOMMUFD_CAUSE_BAD_FD = IOMMUFD_CAUSE(IOMMUFD_CLASS_ARGUMENT, 10),
	/** The file descriptor is not a /dev/iommu. @how{direct} @since 0.1.0 */
	IOMMUFD_CAUSE_NOT_IOMMUFD = IOMMUFD_CAUSE(IOMMUFD_CLASS_ARGUMENT, 11),
	/** The file descriptor is not a VFIO device file. @how{direct} @since
	 *  0.1.0 */
	IOMMUFD_CAUSE_NOT_VFIO_DEVICE =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_ARGUMENT, 12),
	/** The value is not one that this option takes. @how{direct} @since
	 *  0.1.0 */
	IOMMUFD_CAUSE_BAD_VALUE = IOMMUFD_CAUSE(IOMMUFD_CLASS_ARGUMENT, 13),
	/** A range has its last byte not above its first, or two ranges
	 *  overlap. @how{direct} The kernel refuses ranges of a single byte.
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_BAD_RANGES = IOMMUFD_CAUSE(IOMMUFD_CLASS_ARGUMENT, 14),
	/** The device has no region of this index that can do this, or is going
	 *  away, or the request is malformed. @how{direct} Going away only of
	 *  the export of a dma-buf. @since 0.1.0 */
	IOMMUFD_CAUSE_BAD_INDEX = IOMMUFD_CAUSE(IOMMUFD_CLASS_ARGUMENT, 15),
	/** The text is not a PCI address, a device UUID or a path of usable
	 *  length. @how{direct} @since 0.1.0 */
	IOMMUFD_CAUSE_BAD_NAME = IOMMUFD_CAUSE(IOMMUFD_CLASS_ARGUMENT, 16),
	/** The id is not one the kernel gives out. @how{direct} Ids are 1 to
	 *  2^31-1. @since 0.1.0 */
	IOMMUFD_CAUSE_BAD_ID = IOMMUFD_CAUSE(IOMMUFD_CLASS_ARGUMENT, 17),
	/** The device feature does not take this operation or this data.
	 *  @how{direct} GET and SET together, an operation that the feature
	 *  does not have, or data too short. @since 0.1.0 */
	IOMMUFD_CAUSE_FEATURE_REQUEST =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_ARGUMENT, 18),
	/** The thread's last failure is not the one of this return value.
	 *  @how{direct} Only of iommufd_failure_get(). @since 0.1.0 */
	IOMMUFD_CAUSE_NOT_LAST_FAILURE =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_ARGUMENT, 19),
	/** The PASID is 0, or beyond what the device can do. @how{direct} The
	 *  kernel would take PASID 0 for the device itself. @since 0.1.0 */
	IOMMUFD_CAUSE_BAD_PASID = IOMMUFD_CAUSE(IOMMUFD_CLASS_ARGUMENT, 20),
	/** The range is empty, or not aligned to its page size or the address
	 *  space. @how{direct} EINVAL of a query of dirty pages.
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_DIRTY_RANGE = IOMMUFD_CAUSE(IOMMUFD_CLASS_ARGUMENT, 21),
	/** The target takes no such invalidations, or one of them is wrong.
	 *  @how{set} EINVAL of an invalidation: the page table is not a nested
	 *  one, the type or length is unknown, there are none or too many, or
	 *  the entry is wrong. @since 0.1.0 */
	IOMMUFD_CAUSE_INVALIDATION_REFUSED =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_ARGUMENT, 22),
	/** The guest may not use this command or field, or the command names
	 *  an unknown device. @how{direct} EIO of an invalidation.
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_INVALIDATION_ENTRY =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_ARGUMENT, 23),
	/** The driver gave no such offset and length to map. @how{direct}
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_NOT_MAPPABLE = IOMMUFD_CAUSE(IOMMUFD_CLASS_ARGUMENT, 24),
	/** Only nested page tables and vIOMMUs take invalidations.
	 *  @how{diagnosed} One of ::IOMMUFD_CAUSE_INVALIDATION_REFUSED.
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_NOT_NESTED = IOMMUFD_CAUSE(IOMMUFD_CLASS_ARGUMENT, 25),
	/** The driver takes no invalidations of this type.
	 *  @how{diagnosed} One of ::IOMMUFD_CAUSE_INVALIDATION_REFUSED.
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_INVALIDATION_TYPE =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_ARGUMENT, 26),
	/** Invalidations of this type have another length.
	 *  @how{diagnosed} One of ::IOMMUFD_CAUSE_INVALIDATION_REFUSED.
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_INVALIDATION_LENGTH =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_ARGUMENT, 27),
	/** An invalidation has a value that the driver does not take, or there
	 *  are none or too many of them. @how{diagnosed} One of
	 *  ::IOMMUFD_CAUSE_INVALIDATION_REFUSED. @since 0.1.0 */
	IOMMUFD_CAUSE_INVALIDATION_VALUE =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_ARGUMENT, 28),
	/** The record is none that the kernel gives at this place.
	 *  @how{direct} libiommufd-util: a sequence number that is too large
	 *  or comes twice, or a group of faults within another.
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_RECORD_MALFORMED =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_ARGUMENT, 29),
	/** The record of a hand-over is cut off, damaged, or none at all.
	 *  @how{direct} libiommufd-util. @since 0.1.0 */
	IOMMUFD_CAUSE_HAND_OVER_MALFORMED =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_ARGUMENT, 30),
	/** The descriptors are not those that the record of the hand-over is
	 *  about. @how{direct} libiommufd-util: their number or order is
	 *  another one, or one is another file. @since 0.1.0 */
	IOMMUFD_CAUSE_HAND_OVER_DESCRIPTORS =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_ARGUMENT, 31),

	/** The VFIO device file is not bound to an iommufd. @how{direct}
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_NOT_BOUND = IOMMUFD_CAUSE(IOMMUFD_CLASS_STATE, 1),
	/** The VFIO device file is bound already. @how{direct} By this
	 *  handle, which the library knows; or by another open of the device,
	 *  which only diagnosis tells. @since 0.1.0 */
	IOMMUFD_CAUSE_ALREADY_BOUND = IOMMUFD_CAUSE(IOMMUFD_CLASS_STATE, 2),
	/** The bound device is emulated where a physical one is needed, or
	 *  the other way round. @how{direct} The bound file is left as it
	 *  was. @since 0.1.0 */
	IOMMUFD_CAUSE_WRONG_KIND = IOMMUFD_CAUSE(IOMMUFD_CLASS_STATE, 3),
	/** The handle does not own its object and must be released, not
	 *  destroyed. @how{direct} @since 0.1.0 */
	IOMMUFD_CAUSE_BORROWED = IOMMUFD_CAUSE(IOMMUFD_CLASS_STATE, 4),
	/** The device is bound already, was opened the old way, cannot do
	 *  cache-coherent DMA, or takes no VF token. @how{set} EINVAL of bind.
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_BIND_REFUSED = IOMMUFD_CAUSE(IOMMUFD_CLASS_STATE, 5),
	/** The IOMMU cannot make this device's DMA cache coherent.
	 *  @how{diagnosed} One of ::IOMMUFD_CAUSE_BIND_REFUSED. @since 0.1.0 */
	IOMMUFD_CAUSE_NOT_COHERENT = IOMMUFD_CAUSE(IOMMUFD_CLASS_STATE, 6),
	/** The descriptor came from a VFIO group and cannot be bound.
	 *  @how{diagnosed} One of ::IOMMUFD_CAUSE_BIND_REFUSED. @since 0.1.0 */
	IOMMUFD_CAUSE_GROUP_FILE = IOMMUFD_CAUSE(IOMMUFD_CLASS_STATE, 7),
	/** The accounting mode can be set only while the context has no
	 *  object. @how{direct} @since 0.1.0 */
	IOMMUFD_CAUSE_CONTEXT_NOT_EMPTY = IOMMUFD_CAUSE(IOMMUFD_CLASS_STATE, 8),
	/** Huge pages can be switched off only before memory is mapped into a
	 *  page table. @how{direct} @since 0.1.0 */
	IOMMUFD_CAUSE_IOAS_MAPPED = IOMMUFD_CAUSE(IOMMUFD_CLASS_STATE, 9),
	/** Only mappings of memory files can move to another process.
	 *  @how{direct} @since 0.1.0 */
	IOMMUFD_CAUSE_NOT_FILE_BACKED = IOMMUFD_CAUSE(IOMMUFD_CLASS_STATE, 10),
	/** The reset would reach a device that this context does not own.
	 *  @how{direct} @since 0.1.0 */
	IOMMUFD_CAUSE_HOT_RESET_NOT_OWNED =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_STATE, 11),
	/** A queue of a lower index has to be made first. @how{direct}
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_QUEUE_ORDER = IOMMUFD_CAUSE(IOMMUFD_CLASS_STATE, 12),
	/** Pieces are left that no thread has taken. @how{direct}
	 *  libiommufd-util: the end of a bulk registration before its work is
	 *  done. @since 0.1.0 */
	IOMMUFD_CAUSE_PIECES_LEFT = IOMMUFD_CAUSE(IOMMUFD_CLASS_STATE, 13),
	/** This device, its driver or this kernel takes no VF token.
	 *  @how{diagnosed} One of ::IOMMUFD_CAUSE_BIND_REFUSED, when one was
	 *  given; of a token that is missing or wrong it is
	 *  ::IOMMUFD_CAUSE_VF_TOKEN. @since 0.1.0 */
	IOMMUFD_CAUSE_VF_TOKEN_NOT_TAKEN =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_STATE, 14),
	/** Something of the hand-over has not been taken. @how{direct}
	 *  libiommufd-util: it would be lost with the end of the hand-over.
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_HAND_OVER_LEFT = IOMMUFD_CAUSE(IOMMUFD_CLASS_STATE, 15),
	/** The hand-over has been received: there is nothing to add to it.
	 *  @how{direct} libiommufd-util. @since 0.1.0 */
	IOMMUFD_CAUSE_HAND_OVER_RECEIVED =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_STATE, 16),
	/** It was cancelled. @how{direct} libiommufd-util: a bulk registration,
	 *  of which a part may be done. errno is ECANCELED. @since 0.1.0 */
	IOMMUFD_CAUSE_CANCELLED = IOMMUFD_CAUSE(IOMMUFD_CLASS_STATE, 17),
	/** The nested device is in a state in which this cannot be done.
	 *  @how{direct} libiommufd-util: the guest has to stop its DMA first.
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_NESTED_STATE = IOMMUFD_CAUSE(IOMMUFD_CLASS_STATE, 18),

	/** There is no iommufd device file. @how{direct} ENOENT, ENOTDIR,
	 *  ENODEV or ENXIO when it is opened: the module is not loaded, the kernel
	 *  lacks it, or the node is missing. @since 0.1.0 */
	IOMMUFD_CAUSE_NO_IOMMUFD = IOMMUFD_CAUSE(IOMMUFD_CLASS_NOT_FOUND, 1),
	/** There is no such VFIO device file. @how{direct} @since 0.1.0 */
	IOMMUFD_CAUSE_NO_DEVICE_FILE =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_NOT_FOUND, 2),
	/** The context has no object of this kind with this id. @how{direct}
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_OBJECT = IOMMUFD_CAUSE(IOMMUFD_CLASS_NOT_FOUND, 3),
	/** Nothing is mapped there. @how{direct} Direct for the physical
	 *  address of a no-IOMMU mapping; for unmap it takes diagnosis.
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_NOTHING_MAPPED =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_NOT_FOUND, 4),
	/** The range holds no mapping, or cuts one; mappings cannot be split.
	 *  @how{set} ENOENT of unmap. Mappings below the first one that is
	 *  cut have been removed already. @since 0.1.0 */
	IOMMUFD_CAUSE_NOT_WHOLE_MAPPINGS =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_NOT_FOUND, 5),
	/** The range cuts a mapping in two. @how{diagnosed} One of
	 *  ::IOMMUFD_CAUSE_NOT_WHOLE_MAPPINGS. @since 0.1.0 */
	IOMMUFD_CAUSE_PARTIAL_MAPPING =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_NOT_FOUND, 6),
	/** The source range is not completely mapped, or an address space is
	 *  gone. @how{set} ENOENT of copy. @since 0.1.0 */
	IOMMUFD_CAUSE_COPY_SOURCE = IOMMUFD_CAUSE(IOMMUFD_CLASS_NOT_FOUND, 7),
	/** A part of the source range is not mapped. @how{diagnosed} One of
	 *  ::IOMMUFD_CAUSE_COPY_SOURCE. @since 0.1.0 */
	IOMMUFD_CAUSE_SOURCE_HOLE = IOMMUFD_CAUSE(IOMMUFD_CLASS_NOT_FOUND, 8),
	/** The device is not a bound physical device, or there is no such
	 *  fault queue. @how{set} ENOENT of page table allocation with a
	 *  fault queue. @since 0.1.0 */
	IOMMUFD_CAUSE_DEVICE_OR_QUEUE =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_NOT_FOUND, 9),
	/** There is no bound physical device with this id. @how{direct} The
	 *  id of an emulated device gives this too. @since 0.1.0 */
	IOMMUFD_CAUSE_NOT_PHYSICAL = IOMMUFD_CAUSE(IOMMUFD_CLASS_NOT_FOUND, 10),
	/** There is no page table or address space with this id, or a nested one
	 *  needs a vDevice that the device does not have. @how{set} ENOENT of
	 *  attach. @since 0.1.0 */
	IOMMUFD_CAUSE_PAGE_TABLE = IOMMUFD_CAUSE(IOMMUFD_CLASS_NOT_FOUND, 11),
	/** The context has no VFIO compatibility address space. @how{direct}
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_COMPAT_IOAS = IOMMUFD_CAUSE(IOMMUFD_CLASS_NOT_FOUND, 12),
	/** The system information of the kernel (sysfs) is not mounted where
	 *  it is expected. @how{direct} libiommufd-util. @since 0.1.0 */
	IOMMUFD_CAUSE_NO_SYSFS = IOMMUFD_CAUSE(IOMMUFD_CLASS_NOT_FOUND, 13),
	/** The machine has no device with this address. @how{direct}
	 *  libiommufd-util. @since 0.1.0 */
	IOMMUFD_CAUSE_NO_SUCH_DEVICE =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_NOT_FOUND, 14),
	/** The device is not bound to a VFIO driver. @how{direct}
	 *  libiommufd-util. @since 0.1.0 */
	IOMMUFD_CAUSE_NO_VFIO_DRIVER =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_NOT_FOUND, 15),
	/** The VFIO driver offers no device file: the kernel lacks
	 *  VFIO_DEVICE_CDEV. @how{direct} libiommufd-util. The directory
	 *  vfio-dev is there, but its dev attribute is not. @since 0.1.0 */
	IOMMUFD_CAUSE_NO_DEVICE_NODES =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_NOT_FOUND, 16),
	/** The kernel has a device file, but the node is missing from /dev.
	 *  @how{direct} libiommufd-util. Usual in containers. @since 0.1.0 */
	IOMMUFD_CAUSE_NODE_MISSING = IOMMUFD_CAUSE(IOMMUFD_CLASS_NOT_FOUND, 17),
	/** The node in /dev belongs to another device. @how{direct}
	 *  libiommufd-util. Its number differs from the dev attribute, or the
	 *  open file is that of another device: hot plug has reused name and
	 *  number. @since 0.1.0 */
	IOMMUFD_CAUSE_NODE_IS_ANOTHER =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_NOT_FOUND, 18),
	/** The device is not a bound physical device, or there is no such page
	 *  table. @how{set} ENOENT of vIOMMU allocation. @since 0.1.0 */
	IOMMUFD_CAUSE_DEVICE_OR_PARENT =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_NOT_FOUND, 19),
	/** There is no such vIOMMU, or the device is not a bound physical
	 *  device. @how{set} ENOENT of vDevice allocation. @since 0.1.0 */
	IOMMUFD_CAUSE_VIOMMU_OR_DEVICE =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_NOT_FOUND, 20),
	/** There is no such vIOMMU, or the queue's memory is not mapped as a
	 *  whole. @how{set} ENOENT of hardware queue allocation.
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_QUEUE_MEMORY = IOMMUFD_CAUSE(IOMMUFD_CLASS_NOT_FOUND, 21),
	/** The device has no vDevice in the vIOMMU of this page table.
	 *  @how{diagnosed} One of ::IOMMUFD_CAUSE_PAGE_TABLE. @since 0.1.0 */
	IOMMUFD_CAUSE_NO_VDEVICE = IOMMUFD_CAUSE(IOMMUFD_CLASS_NOT_FOUND, 22),
	/** A part of the queue's memory is not mapped. @how{diagnosed} One of
	 *  ::IOMMUFD_CAUSE_QUEUE_MEMORY. @since 0.1.0 */
	IOMMUFD_CAUSE_QUEUE_HOLE = IOMMUFD_CAUSE(IOMMUFD_CLASS_NOT_FOUND, 23),
	/** Nothing of the IOVA range is given out. @how{direct}
	 *  libiommufd-util: it has been freed already, or was never taken.
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_IOVA_NOT_ALLOCATED =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_NOT_FOUND, 24),
	/** The IOVA range is not exactly one allocation. @how{direct}
	 *  libiommufd-util: it cuts one, or has several. @since 0.1.0 */
	IOMMUFD_CAUSE_IOVA_NOT_WHOLE =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_NOT_FOUND, 25),
	/** The memory or IOVA is not registered in the DMA map. @how{direct}
	 *  libiommufd-util. To unregister: the range does not lie in a region.
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_NOT_REGISTERED =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_NOT_FOUND, 26),
	/** The hand-over has nothing of this kind and name that has not been
	 *  taken. @how{direct} libiommufd-util. @since 0.1.0 */
	IOMMUFD_CAUSE_HAND_OVER_NAME =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_NOT_FOUND, 27),

	/** The process has no right to open the device file. @how{set} Of the
	 *  node, of a device cgroup, or, for a device without an IOMMU, as
	 *  CAP_SYS_RAWIO. @since 0.1.0 */
	IOMMUFD_CAUSE_OPEN_DENIED = IOMMUFD_CAUSE(IOMMUFD_CLASS_PERMISSION, 1),
	/** Setting the accounting mode needs CAP_SYS_RESOURCE. @how{direct}
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_NEEDS_SYS_RESOURCE =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_PERMISSION, 2),
	/** No-IOMMU devices need CAP_SYS_RAWIO. @how{direct} @since 0.1.0 */
	IOMMUFD_CAUSE_NEEDS_SYS_RAWIO =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_PERMISSION, 3),
	/** The source was mapped without write access. @how{direct} @since
	 *  0.1.0 */
	IOMMUFD_CAUSE_READ_ONLY_SOURCE =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_PERMISSION, 4),
	/** The group's interrupts are not isolated, or the group is in other
	 *  hands. @how{set} EPERM of bind. @since 0.1.0 */
	IOMMUFD_CAUSE_GROUP_NOT_VIABLE =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_PERMISSION, 5),
	/** The machine does not isolate the device's interrupts (no interrupt
	 *  remapping). @how{diagnosed} One of
	 *  ::IOMMUFD_CAUSE_GROUP_NOT_VIABLE. @since 0.1.0 */
	IOMMUFD_CAUSE_INTERRUPTS_NOT_ISOLATED =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_PERMISSION, 6),
	/** A device of the group is bound to another context. @how{diagnosed}
	 *  One of ::IOMMUFD_CAUSE_GROUP_NOT_VIABLE. @since 0.1.0 */
	IOMMUFD_CAUSE_GROUP_OWNED_ELSEWHERE =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_PERMISSION, 7),
	/** A device of the same group is used by a driver of the host.
	 *  @how{diagnosed} One of ::IOMMUFD_CAUSE_GROUP_NOT_VIABLE. @since
	 *  0.1.0 */
	IOMMUFD_CAUSE_SIBLING_HAS_DRIVER =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_PERMISSION, 8),
	/** The device needs a VF token, and none or a wrong one was given.
	 *  @how{direct} @since 0.1.0 */
	IOMMUFD_CAUSE_VF_TOKEN = IOMMUFD_CAUSE(IOMMUFD_CLASS_PERMISSION, 9),
	/** The kernel does not permit it to this process. @how{direct} EPERM
	 *  or EACCES of any other call. @since 0.1.0 */
	IOMMUFD_CAUSE_NOT_PERMITTED =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_PERMISSION, 10),
	/** The queue's memory is not mapped for reading. @how{direct}
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_QUEUE_NOT_READABLE =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_PERMISSION, 11),
	/** The memory is registered in the DMA map with less access.
	 *  @how{direct} libiommufd-util. @since 0.1.0 */
	IOMMUFD_CAUSE_REGISTERED_ACCESS =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_PERMISSION, 12),

	/** This kernel does not have the command. @how{direct} ENOTTY. See
	 *  also ::IOMMUFD_CAUSE_PROCESS_32BIT. @since 0.1.0 */
	IOMMUFD_CAUSE_COMMAND = IOMMUFD_CAUSE(IOMMUFD_CLASS_UNSUPPORTED, 1),
	/** A 32-bit process cannot use iommufd on a 64-bit kernel.
	 *  @how{direct} ENOTTY of a command that every kernel has. @since
	 *  0.1.0 */
	IOMMUFD_CAUSE_PROCESS_32BIT =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_UNSUPPORTED, 2),
	/** The request carries a value this kernel does not know.
	 *  @how{direct} E2BIG. @since 0.1.0 */
	IOMMUFD_CAUSE_NEWER_STRUCT =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_UNSUPPORTED, 3),
	/** The kernel, the driver or the hardware does not support this flag,
	 *  type or operation. @how{direct} EOPNOTSUPP. @since 0.1.0 */
	IOMMUFD_CAUSE_FEATURE = IOMMUFD_CAUSE(IOMMUFD_CLASS_UNSUPPORTED, 4),
	/** The device is behind no IOMMU, or it is going away. @how{set} ENODEV
	 *  of bind; also when the device's driver cannot start it.
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_NO_IOMMU = IOMMUFD_CAUSE(IOMMUFD_CLASS_UNSUPPORTED, 5),
	/** The device cannot report page faults, which this page table needs.
	 *  @how{diagnosed} One of ::IOMMUFD_CAUSE_ATTACH_UNSUPPORTED. For want
	 *  of page requests of the device, its IOMMU or the kernel.
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_NO_PAGE_REQUESTS =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_UNSUPPORTED, 6),
	/** The device cannot be reset this way. @how{direct} @since 0.1.0 */
	IOMMUFD_CAUSE_NO_RESET = IOMMUFD_CAUSE(IOMMUFD_CLASS_UNSUPPORTED, 7),
	/** The device driver does not have this feature. @how{direct} @since
	 *  0.1.0 */
	IOMMUFD_CAUSE_DEVICE_FEATURE =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_UNSUPPORTED, 8),
	/** The device has no PASIDs. @how{direct} By the width that the caller
	 *  gave; the kernel would accept it, and nothing would come of it.
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_NO_PASID = IOMMUFD_CAUSE(IOMMUFD_CLASS_UNSUPPORTED, 9),
	/** The device cannot report page faults, or its IOMMU has not the width
	 *  of the nest parent, as this page table needs. @how{set} ENODEV of
	 *  attach. @since 0.1.0 */
	IOMMUFD_CAUSE_ATTACH_UNSUPPORTED =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_UNSUPPORTED, 10),
	/** The nest parent has wider addresses than this device's IOMMU.
	 *  @how{diagnosed} One of ::IOMMUFD_CAUSE_ATTACH_UNSUPPORTED. Of guests
	 *  on Intel VT-d. @since 0.1.0 */
	IOMMUFD_CAUSE_NEST_PARENT_WIDTH =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_UNSUPPORTED, 11),
	/** The record of the hand-over was made by a newer release, in a way
	 *  that this one does not know. @how{direct} libiommufd-util.
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_HAND_OVER_NEWER =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_UNSUPPORTED, 12),

	/** Another object, a device or another thread uses the object.
	 *  @how{direct} @since 0.1.0 */
	IOMMUFD_CAUSE_IN_USE = IOMMUFD_CAUSE(IOMMUFD_CLASS_BUSY, 1),
	/** A mapping of the range is just being made or removed, or a hardware
	 *  queue holds it. @how{set} EBUSY of unmap, and of a change of
	 *  process. @since 0.1.0 */
	IOMMUFD_CAUSE_MAPPING_IN_TRANSIT = IOMMUFD_CAUSE(IOMMUFD_CLASS_BUSY, 2),
	/** An emulated device did not release its pins. @how{direct} @since
	 *  0.1.0 */
	IOMMUFD_CAUSE_PINS_HELD = IOMMUFD_CAUSE(IOMMUFD_CLASS_BUSY, 3),
	/** The device was opened through its VFIO group, or its group is in
	 *  use. @how{set} EBUSY of bind. @since 0.1.0 */
	IOMMUFD_CAUSE_GROUP_BUSY = IOMMUFD_CAUSE(IOMMUFD_CLASS_BUSY, 4),
	/** The device's VFIO group is open. @how{diagnosed} One of
	 *  ::IOMMUFD_CAUSE_GROUP_BUSY. @since 0.1.0 */
	IOMMUFD_CAUSE_OPENED_AS_GROUP = IOMMUFD_CAUSE(IOMMUFD_CLASS_BUSY, 5),
	/** The device is being reset, another call holds it, or attached PASIDs
	 *  do not go with the page table. @how{direct} PASIDs only on Arm
	 *  SMMUv3, of attaching the device to a nested page table.
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_DEVICE_BUSY = IOMMUFD_CAUSE(IOMMUFD_CLASS_BUSY, 6),
	/** Another thread is just mapping or unmapping in the range.
	 *  @how{direct} Direct of the DMA map of libiommufd-util; of unmap it
	 *  is one of ::IOMMUFD_CAUSE_MAPPING_IN_TRANSIT. @since 0.1.0 */
	IOMMUFD_CAUSE_ANOTHER_THREAD = IOMMUFD_CAUSE(IOMMUFD_CLASS_BUSY, 7),
	/** A hardware queue holds a mapping of the range. @how{diagnosed} One
	 *  of ::IOMMUFD_CAUSE_MAPPING_IN_TRANSIT. @since 0.1.0 */
	IOMMUFD_CAUSE_QUEUE_HOLDS_MAPPING =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_BUSY, 8),

	/** A part of the IOVA range is mapped already. @how{direct} @since
	 *  0.1.0 */
	IOMMUFD_CAUSE_ALREADY_MAPPED = IOMMUFD_CAUSE(IOMMUFD_CLASS_CONFLICT, 1),
	/** A reserved window covers IOVAs that are mapped or allowed.
	 *  @how{direct} EADDRINUSE of allow; of attach it is one of
	 *  ::IOMMUFD_CAUSE_ATTACH_CONFLICT. @since 0.1.0 */
	IOMMUFD_CAUSE_RESERVED_IN_USE =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_CONFLICT, 2),
	/** Existing mappings lie outside this page table's range, or are not
	 *  aligned to its pages. @how{direct} EADDRINUSE of page table
	 *  allocation; of attach it is one of ::IOMMUFD_CAUSE_ATTACH_CONFLICT.
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_OUTSIDE_PAGE_TABLE =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_CONFLICT, 3),
	/** An existing mapping is not aligned to the new alignment.
	 *  @how{direct} @since 0.1.0 */
	IOMMUFD_CAUSE_MAPPING_MISALIGNED =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_CONFLICT, 4),
	/** A reserved window of the device, or the range of the page table that
	 *  would be made for it, collides with what is mapped or allowed.
	 *  @how{set} EADDRINUSE of attach. @since 0.1.0 */
	IOMMUFD_CAUSE_ATTACH_CONFLICT =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_CONFLICT, 5),
	/** The device has a vDevice already, or the vIOMMU another one of this
	 *  id. @how{set} EEXIST of vDevice allocation. @since 0.1.0 */
	IOMMUFD_CAUSE_VDEVICE_EXISTS = IOMMUFD_CAUSE(IOMMUFD_CLASS_CONFLICT, 6),
	/** The vIOMMU has such a queue already. @how{direct} @since 0.1.0 */
	IOMMUFD_CAUSE_QUEUE_EXISTS = IOMMUFD_CAUSE(IOMMUFD_CLASS_CONFLICT, 7),
	/** The device has a vDevice already, in this vIOMMU or another one.
	 *  @how{diagnosed} One of ::IOMMUFD_CAUSE_VDEVICE_EXISTS.
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_DEVICE_HAS_VDEVICE =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_CONFLICT, 8),
	/** Another device has this id in the vIOMMU. @how{diagnosed} One of
	 *  ::IOMMUFD_CAUSE_VDEVICE_EXISTS. @since 0.1.0 */
	IOMMUFD_CAUSE_VIRT_ID_TAKEN = IOMMUFD_CAUSE(IOMMUFD_CLASS_CONFLICT, 9),
	/** A part of the IOVA range is given out already. @how{direct}
	 *  libiommufd-util. @since 0.1.0 */
	IOMMUFD_CAUSE_IOVA_TAKEN = IOMMUFD_CAUSE(IOMMUFD_CLASS_CONFLICT, 10),
	/** A part of the memory is registered in the DMA map; a mapping can
	 *  neither be split nor grow. @how{direct} libiommufd-util.
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_REGISTERED_IN_PART =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_CONFLICT, 11),
	/** The memory is registered in the DMA map at another IOVA.
	 *  @how{direct} libiommufd-util. @since 0.1.0 */
	IOMMUFD_CAUSE_REGISTERED_ELSEWHERE =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_CONFLICT, 12),
	/** The hand-over has something of this kind and name already.
	 *  @how{direct} libiommufd-util. @since 0.1.0 */
	IOMMUFD_CAUSE_HAND_OVER_NAME_TAKEN =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_CONFLICT, 13),

	/** The range is misaligned, reserved, or outside what the page tables
	 *  can map, the memory is misaligned, or a nest parent takes no
	 *  read-only mapping. @how{set} EINVAL of a map at a fixed IOVA; of a
	 *  copy also when what was mapped is a file that cannot be pinned.
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_IOVA_UNUSABLE = IOMMUFD_CAUSE(IOMMUFD_CLASS_MAPPING, 1),
	/** Length or memory is less aligned than the address space needs, or
	 *  read-only in a nest parent. @how{set} EINVAL of a map at an IOVA
	 *  of the kernel's choice; of a copy also when what was mapped is a
	 *  file that cannot be pinned. @since 0.1.0 */
	IOMMUFD_CAUSE_MISALIGNED = IOMMUFD_CAUSE(IOMMUFD_CLASS_MAPPING, 2),
	/** The IOVA is less aligned than the address space needs.
	 *  @how{diagnosed} @since 0.1.0 */
	IOMMUFD_CAUSE_IOVA_MISALIGNED = IOMMUFD_CAUSE(IOMMUFD_CLASS_MAPPING, 3),
	/** The length is not a multiple of the address space's alignment.
	 *  @how{diagnosed} @since 0.1.0 */
	IOMMUFD_CAUSE_LENGTH_MISALIGNED =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_MAPPING, 4),
	/** The memory or the file offset is less aligned than the address
	 *  space needs. @how{diagnosed} @since 0.1.0 */
	IOMMUFD_CAUSE_MEMORY_MISALIGNED =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_MAPPING, 5),
	/** The range touches a reserved window. @how{diagnosed} For example
	 *  the window of message-signalled interrupts. @since 0.1.0 */
	IOMMUFD_CAUSE_RESERVED = IOMMUFD_CAUSE(IOMMUFD_CLASS_MAPPING, 6),
	/** The range lies outside what the page tables of this address space
	 *  can map. @how{diagnosed} @since 0.1.0 */
	IOMMUFD_CAUSE_OUTSIDE_APERTURE =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_MAPPING, 7),
	/** A nest parent on this hardware takes no read-only mapping.
	 *  @how{diagnosed} @since 0.1.0 */
	IOMMUFD_CAUSE_NEST_PARENT_READ_ONLY =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_MAPPING, 8),
	/** The file range ends beyond the file, the file is no memory file,
	 *  the range does not fit, or a nest parent takes no read-only mapping.
	 *  @how{set} EINVAL of map file. @since 0.1.0 */
	IOMMUFD_CAUSE_FILE_UNUSABLE = IOMMUFD_CAUSE(IOMMUFD_CLASS_MAPPING, 9),
	/** The range ends beyond the end of the file. @how{diagnosed} @since
	 *  0.1.0 */
	IOMMUFD_CAUSE_BEYOND_FILE = IOMMUFD_CAUSE(IOMMUFD_CLASS_MAPPING, 10),
	/** The file is neither a memory file nor a buffer that can be mapped.
	 *  @how{diagnosed} @since 0.1.0 */
	IOMMUFD_CAUSE_NOT_MEMORY_FILE =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_MAPPING, 11),
	/** A part of the IOVA range is not in the usable ranges. @how{direct}
	 *  libiommufd-util: those of an allocator, at its last refresh.
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_IOVA_OUTSIDE = IOMMUFD_CAUSE(IOMMUFD_CLASS_MAPPING, 12),

	/** The page table cannot be made for this device and this parent.
	 *  @how{set} EINVAL of page table allocation: the id is no address
	 *  space, nest parent or vIOMMU; the typed data is wrong; the pages
	 *  are too large; the nest parent would hold read-only mappings; or a
	 *  file mapped earlier cannot be pinned. @since 0.1.0 */
	IOMMUFD_CAUSE_PAGE_TABLE_REFUSED =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_INCOMPATIBLE, 1),
	/** The page table does not fit the device, its group is attached to
	 *  another one, or the address space holds a file that cannot be
	 *  pinned. @how{set} EINVAL of attach. A virtual function with page
	 *  requests fits no page table with a fault queue. @since 0.1.0 */
	IOMMUFD_CAUSE_ATTACH_REFUSED =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_INCOMPATIBLE, 2),
	/** The id names an object that is neither page table nor address
	 *  space. @how{diagnosed} @since 0.1.0 */
	IOMMUFD_CAUSE_NOT_A_PAGE_TABLE =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_INCOMPATIBLE, 3),
	/** Another device of the group is attached to another page table.
	 *  @how{diagnosed} @since 0.1.0 */
	IOMMUFD_CAUSE_GROUP_ATTACHED_ELSEWHERE =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_INCOMPATIBLE, 4),
	/** The page table's typed data is wrong, or there is none where it is
	 *  needed. @how{direct} EIO of Arm SMMUv3; of EINVAL it is one of
	 *  ::IOMMUFD_CAUSE_PAGE_TABLE_REFUSED. @since 0.1.0 */
	IOMMUFD_CAUSE_PAGE_TABLE_DATA =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_INCOMPATIBLE, 5),
	/** The page table was not made as a nest parent for this kind of IOMMU.
	 *  @how{diagnosed} One of ::IOMMUFD_CAUSE_PAGE_TABLE_REFUSED and
	 *  ::IOMMUFD_CAUSE_VIOMMU_REFUSED. @since 0.1.0 */
	IOMMUFD_CAUSE_NO_NEST_PARENT =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_INCOMPATIBLE, 6),
	/** The page table was made for another kind of IOMMU or device, or has
	 *  not the flags that the device's PASIDs or other devices need.
	 *  @how{diagnosed} One of ::IOMMUFD_CAUSE_ATTACH_REFUSED. @since
	 *  0.1.0 */
	IOMMUFD_CAUSE_PAGE_TABLE_MISMATCH =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_INCOMPATIBLE, 7),
	/** The vIOMMU cannot be made on this page table. @how{set} EINVAL of
	 *  vIOMMU allocation: it is no nest parent or belongs to another IOMMU,
	 *  or the data is missing or wrong. @since 0.1.0 */
	IOMMUFD_CAUSE_VIOMMU_REFUSED =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_INCOMPATIBLE, 8),
	/** The device is behind another IOMMU than the vIOMMU, or the driver
	 *  cannot take this id. @how{set} EINVAL of vDevice allocation.
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_VDEVICE_REFUSED =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_INCOMPATIBLE, 9),
	/** Index, length or address of the queue are not what the hardware
	 *  takes, or its memory is a device's. @how{set} EINVAL of hardware
	 *  queue allocation. @since 0.1.0 */
	IOMMUFD_CAUSE_QUEUE_REFUSED =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_INCOMPATIBLE, 10),
	/** The page table cannot be attached to this PASID. @how{set} EINVAL
	 *  of attaching a PASID: a page table is not made for PASIDs or does
	 *  not fit, the id is an address space's, the PASID is too large, or
	 *  the kernel is older than 6.15. @since 0.1.0 */
	IOMMUFD_CAUSE_PASID_REFUSED =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_INCOMPATIBLE, 11),
	/** The page table was not made with the flag for PASIDs.
	 *  @how{diagnosed} One of ::IOMMUFD_CAUSE_PASID_REFUSED, and of
	 *  ::IOMMUFD_CAUSE_ATTACH_REFUSED for an address space.
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_PASID_FLAG_MISSING =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_INCOMPATIBLE, 12),
	/** The device is behind another physical IOMMU. @how{diagnosed} One of
	 *  ::IOMMUFD_CAUSE_PAGE_TABLE_REFUSED, ::IOMMUFD_CAUSE_VIOMMU_REFUSED
	 *  and ::IOMMUFD_CAUSE_VDEVICE_REFUSED. @since 0.1.0 */
	IOMMUFD_CAUSE_OTHER_IOMMU =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_INCOMPATIBLE, 13),
	/** The vIOMMU's data is missing or wrong. @how{diagnosed} One of
	 *  ::IOMMUFD_CAUSE_VIOMMU_REFUSED. @since 0.1.0 */
	IOMMUFD_CAUSE_VIOMMU_DATA =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_INCOMPATIBLE, 14),
	/** The driver cannot take this id of a guest. @how{diagnosed} One of
	 *  ::IOMMUFD_CAUSE_VDEVICE_REFUSED. @since 0.1.0 */
	IOMMUFD_CAUSE_VIRT_ID_REFUSED =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_INCOMPATIBLE, 15),
	/** The hardware has no queue of this index. @how{diagnosed} One of
	 *  ::IOMMUFD_CAUSE_QUEUE_REFUSED. @since 0.1.0 */
	IOMMUFD_CAUSE_QUEUE_INDEX =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_INCOMPATIBLE, 16),
	/** Length or address of the queue are not what the hardware takes.
	 *  @how{diagnosed} One of ::IOMMUFD_CAUSE_QUEUE_REFUSED.
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_QUEUE_LAYOUT =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_INCOMPATIBLE, 17),
	/** The queue lies in memory of a device. @how{diagnosed} One of
	 *  ::IOMMUFD_CAUSE_QUEUE_REFUSED. @since 0.1.0 */
	IOMMUFD_CAUSE_QUEUE_DEVICE_MEMORY =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_INCOMPATIBLE, 18),
	/** A PASID is attached to a page table, not to an address space.
	 *  @how{diagnosed} One of ::IOMMUFD_CAUSE_PASID_REFUSED.
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_PASID_ON_IOAS =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_INCOMPATIBLE, 19),
	/** The PASID has more bits than the device can do. @how{diagnosed} One
	 *  of ::IOMMUFD_CAUSE_PASID_REFUSED. @since 0.1.0 */
	IOMMUFD_CAUSE_PASID_TOO_LARGE =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_INCOMPATIBLE, 20),
	/** This kernel cannot attach PASIDs. @how{diagnosed} Before Linux 6.15.
	 *  One of ::IOMMUFD_CAUSE_PASID_REFUSED. @since 0.1.0 */
	IOMMUFD_CAUSE_PASID_KERNEL =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_INCOMPATIBLE, 21),
	/** The device is not alone in its IOMMU group. @how{direct} Of a
	 *  device that is put behind a guest's IOMMU: all devices of the group
	 *  have one page table. @since 0.1.0 */
	IOMMUFD_CAUSE_GROUP_SHARED =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_INCOMPATIBLE, 22),
	/** A file that was mapped earlier into the address space cannot be
	 *  pinned: it is too short, or no memory file. @how{diagnosed} One of
	 *  ::IOMMUFD_CAUSE_PAGE_TABLE_REFUSED, and of
	 *  ::IOMMUFD_CAUSE_ATTACH_REFUSED for an address space.
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_EARLIER_FILE =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_INCOMPATIBLE, 23),

	/** A buffer of the caller cannot be read or written. @how{direct}
	 *  EFAULT of a call that pins nothing. @since 0.1.0 */
	IOMMUFD_CAUSE_BAD_BUFFER = IOMMUFD_CAUSE(IOMMUFD_CLASS_MEMORY, 1),
	/** Memory of the range is not mapped, not writable, or belongs to a
	 *  device. @how{set} EFAULT of map. @since 0.1.0 */
	IOMMUFD_CAUSE_UNPINNABLE = IOMMUFD_CAUSE(IOMMUFD_CLASS_MEMORY, 2),
	/** Memory mapped earlier into the address space cannot be pinned.
	 *  @how{direct} EFAULT of page table allocation, attach and copy: an
	 *  address space without page tables takes every address and finds
	 *  out there. Of files see ::IOMMUFD_CAUSE_EARLIER_FILE.
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_EARLIER_MAPPING = IOMMUFD_CAUSE(IOMMUFD_CLASS_MEMORY, 3),
	/** A part of the memory is not mapped into the process.
	 *  @how{diagnosed} @since 0.1.0 */
	IOMMUFD_CAUSE_NOT_PRESENT = IOMMUFD_CAUSE(IOMMUFD_CLASS_MEMORY, 4),
	/** A part of the memory is read-only for the process. @how{diagnosed}
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_NOT_WRITABLE = IOMMUFD_CAUSE(IOMMUFD_CLASS_MEMORY, 5),
	/** A part of the memory belongs to a device; it needs a dma-buf.
	 *  @how{diagnosed} @since 0.1.0 */
	IOMMUFD_CAUSE_DEVICE_MEMORY = IOMMUFD_CAUSE(IOMMUFD_CLASS_MEMORY, 6),
	/** The process that made a mapping has ended. @how{direct} Direct of
	 *  the end of a hand-over; of ::IOMMUFD_CAUSE_EARLIER_MAPPING it is one
	 *  of the candidates. @since 0.1.0 */
	IOMMUFD_CAUSE_MAPPER_GONE = IOMMUFD_CAUSE(IOMMUFD_CLASS_MEMORY, 7),
	/** The queue's pages do not lie in one piece of physical memory.
	 *  @how{direct} @since 0.1.0 */
	IOMMUFD_CAUSE_QUEUE_NOT_CONTIGUOUS =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_MEMORY, 8),

	/** Out of memory. @how{direct} @since 0.1.0 */
	IOMMUFD_CAUSE_NO_MEMORY = IOMMUFD_CAUSE(IOMMUFD_CLASS_RESOURCE, 1),
	/** The locked-memory limit is reached, or memory ran out. @how{set}
	 *  ENOMEM of a call that pins memory; EAGAIN of mmap(2).
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_MEMORY_OR_LIMIT =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_RESOURCE, 2),
	/** The locked-memory limit is reached. @how{diagnosed} One of
	 *  ::IOMMUFD_CAUSE_MEMORY_OR_LIMIT. @since 0.1.0 */
	IOMMUFD_CAUSE_LOCKED_MEMORY_LIMIT =
		IOMMUFD_CAUSE(IOMMUFD_CLASS_RESOURCE, 3),
	/** The limit of open files is reached. @how{direct} @since 0.1.0 */
	IOMMUFD_CAUSE_DESCRIPTORS = IOMMUFD_CAUSE(IOMMUFD_CLASS_RESOURCE, 4),
	/** No hole of this size is left in the usable and allowed IOVA space.
	 *  @how{direct} @since 0.1.0 */
	IOMMUFD_CAUSE_NO_IOVA_SPACE = IOMMUFD_CAUSE(IOMMUFD_CLASS_RESOURCE, 5),
	/** The hardware has no slot left for another device. @how{direct}
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_NO_SLOT = IOMMUFD_CAUSE(IOMMUFD_CLASS_RESOURCE, 6),
	/** The hand-over has as many things as it can have. @how{direct}
	 *  libiommufd-util: ::IOMMUFD_HAND_OVER_OBJECTS_MAX. @since 0.1.0 */
	IOMMUFD_CAUSE_HAND_OVER_FULL = IOMMUFD_CAUSE(IOMMUFD_CLASS_RESOURCE, 7),

	/** The array or buffer is too small. @how{direct} The needed count has
	 *  been stored, or, of a bitmap, follows from the arguments.
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_ARRAY_SHORT = IOMMUFD_CAUSE(IOMMUFD_CLASS_SHORT, 1),
	/** The buffer does not take the next record, or group of records.
	 *  @how{direct} The kernel does not say how much is needed.
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_RECORD_SHORT = IOMMUFD_CAUSE(IOMMUFD_CLASS_SHORT, 2),

	/** The device is going away. @how{direct} @since 0.1.0 */
	IOMMUFD_CAUSE_DEVICE_GONE = IOMMUFD_CAUSE(IOMMUFD_CLASS_GONE, 1),
	/** The device memory behind the buffer is revoked at the moment.
	 *  @how{direct} @since 0.1.0 */
	IOMMUFD_CAUSE_REVOKED = IOMMUFD_CAUSE(IOMMUFD_CLASS_GONE, 2),
	/** The fault does not wait for this answer: it has been answered, by
	 *  the kernel when the device moved. @how{direct} @since 0.1.0 */
	IOMMUFD_CAUSE_FAULT_GONE = IOMMUFD_CAUSE(IOMMUFD_CLASS_GONE, 3),
	/** The other process of the hand-over is gone, or does not answer in
	 *  time. @how{direct} libiommufd-util: the other end of the socket.
	 *  @since 0.1.0 */
	IOMMUFD_CAUSE_HAND_OVER_PEER = IOMMUFD_CAUSE(IOMMUFD_CLASS_GONE, 4),

	/** A signal came before anything was done. @how{direct} @since 0.1.0 */
	IOMMUFD_CAUSE_INTERRUPTED = IOMMUFD_CAUSE(IOMMUFD_CLASS_AGAIN, 1),
	/** The set of affected devices changed meanwhile. @how{direct} @since
	 *  0.1.0 */
	IOMMUFD_CAUSE_CHANGED = IOMMUFD_CAUSE(IOMMUFD_CLASS_AGAIN, 2),
	/** Another call held the device just now. @how{direct} EAGAIN of any
	 *  other call, as of a reset. @since 0.1.0 */
	IOMMUFD_CAUSE_CONTENDED = IOMMUFD_CAUSE(IOMMUFD_CLASS_AGAIN, 3)
};
/** @} */

/** @} */

#endif /* LIBIOMMUFD_CAUSES_H */
