/* SPDX-License-Identifier: MIT */
/**
 * @file vfio.h
 * @brief VFIO device files.
 */
#ifndef LIBIOMMUFD_VFIO_H
#define LIBIOMMUFD_VFIO_H

#include <stdint.h>

#include <iommufd/ctx.h>
#include <iommufd/ioas.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @defgroup vfio VFIO device file
 * @brief A device's own file, /dev/vfio/devices/vfioN.
 *
 * A file is opened or adopted, handed to KVM if there is a virtual machine (its
 * descriptor must get there **before** it is bound), and then bound to a
 * context. Bound, it becomes the base of an iommufd_device (a physical device,
 * iommufd_device_from_vfio()) or an iommufd_access (an emulated one,
 * iommufd_access_from_vfio()).
 *
 * The calls here are those of the device itself. Interrupts, migration, and
 * reading, writing and mapping of regions are done with the descriptor,
 * iommufd_vfio_fd(), as ever.
 *
 * There is no unbind: the descriptor is closed when the file's handle and the
 * device or access made of it have ended, in any order.
 * @{
 */

/**
 * @struct iommufd_vfio
 * @brief An open VFIO device file.
 * @since 0.1.0
 */
struct iommufd_vfio;

/**
 * @name Kinds of bound devices
 * @{
 */
enum {
	/** Not bound yet. @since 0.1.0 */
	IOMMUFD_VFIO_UNBOUND = 0,
	/** A device with DMA of its own, behind an IOMMU or none: becomes an
	 *  iommufd_device. @since 0.1.0 */
	IOMMUFD_VFIO_PHYSICAL = 1,
	/** A device that a kernel driver emulates (mdev): becomes an
	 *  iommufd_access. @since 0.1.0 */
	IOMMUFD_VFIO_EMULATED = 2,
	/** Bound, but the kernel did not answer the question which kind it is:
	 *  taken for either. @since 0.1.0 */
	IOMMUFD_VFIO_UNKNOWN = 3
};
/** @} */

/**
 * @name Flags of iommufd_vfio_info
 * @{
 */
enum {
	IOMMUFD_VFIO_INFO_RESET = 1 << 0,    /**< Can reset. @since 0.1.0 */
	IOMMUFD_VFIO_INFO_PCI = 1 << 1,	     /**< PCI. @since 0.1.0 */
	IOMMUFD_VFIO_INFO_PLATFORM = 1 << 2, /**< Platform. @since 0.1.0 */
	IOMMUFD_VFIO_INFO_AMBA = 1 << 3,     /**< AMBA. @since 0.1.0 */
	IOMMUFD_VFIO_INFO_CCW = 1 << 4,	     /**< s390 CCW. @since 0.1.0 */
	IOMMUFD_VFIO_INFO_AP = 1 << 5,	     /**< s390 AP. @since 0.1.0 */
	IOMMUFD_VFIO_INFO_FSL_MC = 1 << 6,   /**< Freescale MC. @since 0.1.0 */
	IOMMUFD_VFIO_INFO_CAPS = 1 << 7, /**< Has capabilities. @since 0.1.0 */
	IOMMUFD_VFIO_INFO_CDX = 1 << 8	 /**< AMD CDX. @since 0.1.0 */
};
/** @} */

/**
 * @name Valid members of iommufd_vfio_info
 * @{
 */
enum {
	/** `atomic_completer` is from the kernel. @since 0.1.0 */
	IOMMUFD_VFIO_VALID_ATOMIC_COMPLETER = 1 << 0
};
/** @} */

/**
 * @name PCI atomic operations
 * @{
 */
enum {
	IOMMUFD_ATOMIC_COMPLETER_32 = 1 << 0, /**< 32-bit. @since 0.1.0 */
	IOMMUFD_ATOMIC_COMPLETER_64 = 1 << 1, /**< 64-bit. @since 0.1.0 */
	IOMMUFD_ATOMIC_COMPLETER_128 = 1 << 2 /**< 128-bit. @since 0.1.0 */
};
/** @} */

/**
 * @brief What a device is.
 * @since 0.1.0
 */
struct iommufd_vfio_info {
	/** Set by the caller: sizeof(struct iommufd_vfio_info). */
	uint32_t size;
	/** `IOMMUFD_VFIO_VALID_` bits: what the kernel did say. */
	uint32_t valid;
	/** `IOMMUFD_VFIO_INFO_` flags, and newer ones. */
	uint32_t flags;
	/** Number of regions. */
	uint32_t num_regions;
	/** Number of interrupt indexes. */
	uint32_t num_irqs;
	/** `IOMMUFD_ATOMIC_COMPLETER_` bits: PCI atomic operations that the
	 *  root port completes. */
	uint32_t atomic_completer;
};

/**
 * @name Regions by index
 * Of PCI devices, and of the CCW devices of s390.
 * @{
 */
enum {
	IOMMUFD_REGION_PCI_BAR0 = 0, /**< BAR 0. @since 0.1.0 */
	IOMMUFD_REGION_PCI_BAR1 = 1, /**< BAR 1. @since 0.1.0 */
	IOMMUFD_REGION_PCI_BAR2 = 2, /**< BAR 2. @since 0.1.0 */
	IOMMUFD_REGION_PCI_BAR3 = 3, /**< BAR 3. @since 0.1.0 */
	IOMMUFD_REGION_PCI_BAR4 = 4, /**< BAR 4. @since 0.1.0 */
	IOMMUFD_REGION_PCI_BAR5 = 5, /**< BAR 5. @since 0.1.0 */
	IOMMUFD_REGION_PCI_ROM = 6,  /**< Expansion ROM. @since 0.1.0 */
	/** Configuration space. @since 0.1.0 */
	IOMMUFD_REGION_PCI_CONFIG = 7,
	/** The ports and memory of VGA; device-specific regions follow.
	 *  @since 0.1.0 */
	IOMMUFD_REGION_PCI_VGA = 8,
	IOMMUFD_REGION_CCW_CONFIG = 0 /**< Of CCW. @since 0.1.0 */
};
/** @} */

/**
 * @name Flags of iommufd_region_info
 * @{
 */
enum {
	IOMMUFD_REGION_READ = 1 << 0,  /**< Can be read. @since 0.1.0 */
	IOMMUFD_REGION_WRITE = 1 << 1, /**< Can be written. @since 0.1.0 */
	IOMMUFD_REGION_MMAP = 1 << 2,  /**< Can be mapped. @since 0.1.0 */
	IOMMUFD_REGION_CAPS = 1 << 3   /**< Has capabilities. @since 0.1.0 */
};
/** @} */

/**
 * @name Valid members of iommufd_region_info
 * @{
 */
enum {
	/** `num_areas` is from the kernel: only these parts can be mapped.
	 *  @since 0.1.0 */
	IOMMUFD_REGION_VALID_AREAS = 1 << 0,
	/** `type` and `subtype` are from the kernel. @since 0.1.0 */
	IOMMUFD_REGION_VALID_TYPE = 1 << 1,
	/** The part with the MSI-X table can be mapped too. @since 0.1.0 */
	IOMMUFD_REGION_VALID_MSIX_MAPPABLE = 1 << 2
};
/** @} */

/**
 * @name Types of device-specific regions
 * Each type has subtypes of its own. Their values are all that the library
 * knows of these regions; the kernel's headers say what is in them.
 * @{
 */
/** In a type: defined by the vendor of a PCI device, whose id is in
 *  ::IOMMUFD_REGION_TYPE_PCI_VENDOR_MASK. @since 0.1.0 */
#define IOMMUFD_REGION_TYPE_PCI_VENDOR (UINT32_C(1) << 31)
enum {
	/** The part of a vendor's type that is the id. @since 0.1.0 */
	IOMMUFD_REGION_TYPE_PCI_VENDOR_MASK = 0xffff,
	IOMMUFD_REGION_TYPE_GFX = 1, /**< Emulated display. @since 0.1.0 */
	IOMMUFD_REGION_TYPE_CCW = 2, /**< s390 CCW. @since 0.1.0 */
	/** Of vendor 0x8086: OpRegion of the graphics. @since 0.1.0 */
	IOMMUFD_REGION_SUBTYPE_INTEL_IGD_OPREGION = 1,
	/** Of vendor 0x8086: configuration space of the host bridge.
	 *  @since 0.1.0 */
	IOMMUFD_REGION_SUBTYPE_INTEL_IGD_HOST_CFG = 2,
	/** Of vendor 0x8086: configuration space of the LPC bridge.
	 *  @since 0.1.0 */
	IOMMUFD_REGION_SUBTYPE_INTEL_IGD_LPC_CFG = 3,
	/** Of a display: its EDID. @since 0.1.0 */
	IOMMUFD_REGION_SUBTYPE_GFX_EDID = 1,
	/** Of CCW: asynchronous commands. @since 0.1.0 */
	IOMMUFD_REGION_SUBTYPE_CCW_ASYNC_CMD = 1,
	/** Of CCW: subchannel information. @since 0.1.0 */
	IOMMUFD_REGION_SUBTYPE_CCW_SCHIB = 2,
	/** Of CCW: channel reports. @since 0.1.0 */
	IOMMUFD_REGION_SUBTYPE_CCW_CRW = 3
};
/** @} */

/**
 * @brief What a region of a device is.
 * @since 0.1.0
 */
struct iommufd_region_info {
	/** Set by the caller: sizeof(struct iommufd_region_info). */
	uint32_t size;
	/** `IOMMUFD_REGION_VALID_` bits: what the kernel did say. */
	uint32_t valid;
	/** `IOMMUFD_REGION_` flags, and newer ones. */
	uint32_t flags;
	/** Number of parts that can be mapped, when valid. */
	uint32_t num_areas;
	/** Bytes; 0 for a region that the device does not have. */
	uint64_t length;
	/** Where the region begins in the device file, for pread(2) and
	 *  mmap(2). */
	uint64_t offset;
	/** Type of a device-specific region, when valid: an
	 *  `IOMMUFD_REGION_TYPE_`, or a newer one. */
	uint32_t type;
	/** Its subtype, when valid: an `IOMMUFD_REGION_SUBTYPE_` of that type,
	 *  or a newer one. */
	uint32_t subtype;
	/** Room in bytes that is enough for the kernel's own answer with all its
	 *  capabilities, for iommufd_vfio_get_region_info_raw(). Mostly it is
	 *  what the library had for it and more than is needed: the kernel tells
	 *  how much it needs only where there was too little. */
	uint32_t raw_length;
	/** 0. */
	uint32_t reserved;
};

/**
 * @name Flags of hot resets
 * @{
 */
enum {
	/** The entries carry ids of devices. @since 0.1.0 */
	IOMMUFD_HOT_RESET_DEV_ID = 1 << 0,
	/** Every device in reach is the context's: the reset is permitted.
	 *  @since 0.1.0 */
	IOMMUFD_HOT_RESET_DEV_ID_OWNED = 1 << 1
};
/** @} */

/**
 * @name Special ids of iommufd_hot_reset_info
 * @{
 */
enum {
	/** Not bound, but another device of its group is, to this context.
	 *  @since 0.1.0 */
	IOMMUFD_HOT_RESET_OWNED = 0,
	/** In other hands: stands in the way of the reset. @since 0.1.0 */
	IOMMUFD_HOT_RESET_NOT_OWNED = -1
};
/** @} */

/**
 * @brief One PCI device that a hot reset would reach.
 * @since 0.1.0
 */
struct iommufd_hot_reset_info {
	/** Id of the device in the context, or a special id. */
	int32_t id;
	/** PCI segment (domain). */
	uint16_t segment;
	/** PCI bus. */
	uint8_t bus;
	/** PCI device and function: bits 3-7 and 0-2. */
	uint8_t devfn;
};

/**
 * @name Device features
 * For iommufd_vfio_feature(): an index and one or more operations.
 * @{
 */
enum {
	/** The part of the flags that is the index. @since 0.1.0 */
	IOMMUFD_FEATURE_INDEX_MASK = 0xffff,
	/** Read. @since 0.1.0 */
	IOMMUFD_FEATURE_GET = 1 << 16,
	/** Write or do. @since 0.1.0 */
	IOMMUFD_FEATURE_SET = 1 << 17,
	/** Only ask whether index and operation are supported. @since 0.1.0 */
	IOMMUFD_FEATURE_PROBE = 1 << 18,
	IOMMUFD_FEATURE_PCI_VF_TOKEN = 0,     /**< 5.7 @since 0.1.0 */
	IOMMUFD_FEATURE_MIGRATION = 1,	      /**< 5.18 @since 0.1.0 */
	IOMMUFD_FEATURE_MIG_DEVICE_STATE = 2, /**< 5.18 @since 0.1.0 */
	IOMMUFD_FEATURE_LOW_POWER_ENTRY = 3,  /**< 6.1 @since 0.1.0 */
	IOMMUFD_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP = 4, /**< 6.1 @since 0.1.0
							  */
	IOMMUFD_FEATURE_LOW_POWER_EXIT = 5,	 /**< 6.1 @since 0.1.0 */
	IOMMUFD_FEATURE_DMA_LOGGING_START = 6,	 /**< 6.1 @since 0.1.0 */
	IOMMUFD_FEATURE_DMA_LOGGING_STOP = 7,	 /**< 6.1 @since 0.1.0 */
	IOMMUFD_FEATURE_DMA_LOGGING_REPORT = 8,	 /**< 6.1 @since 0.1.0 */
	IOMMUFD_FEATURE_MIG_DATA_SIZE = 9,	 /**< 6.2 @since 0.1.0 */
	IOMMUFD_FEATURE_BUS_MASTER = 10,	 /**< 6.7 @since 0.1.0 */
	IOMMUFD_FEATURE_DMA_BUF = 11,		 /**< 6.19 @since 0.1.0 */
	IOMMUFD_FEATURE_MIG_PRECOPY_INFOV2 = 12, /**< 7.1 @since 0.1.0 */
	IOMMUFD_FEATURE_ZPCI_ERROR = 13		 /**< 7.3 @since 0.1.0 */
};
/** @} */

/**
 * @brief Open a VFIO device file.
 *
 * @param path the node, as found by iommufd_find_pci() of libiommufd-util
 * @param[out] file the new handle, to be closed with iommufd_vfio_close();
 *             untouched on failure
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - ::IOMMUFD_CAUSE_NO_DEVICE_FILE when there is no such node or no driver
 *   behind it
 * - ::IOMMUFD_CAUSE_OPEN_DENIED when the process may not open it; a device
 *   without an IOMMU needs CAP_SYS_RAWIO
 * - ::IOMMUFD_CAUSE_DEVICE_GONE when the device is being removed
 * - ::IOMMUFD_CAUSE_DESCRIPTORS, ::IOMMUFD_CAUSE_NO_MEMORY,
 *   ::IOMMUFD_CAUSE_INTERRUPTED
 *
 * The kernel lets several processes open the file; only one can bind it.
 * @threads{any}
 * @syscalls{1 openat}
 * @kernel{6.6; no-IOMMU 7.3}
 * @since 0.1.0
 */
int iommufd_vfio_open(const char *path, struct iommufd_vfio **file);

/**
 * @brief Make a handle of a passed device file that nobody has bound yet.
 *
 * @param fd the open file. By default it is duplicated and stays the caller's.
 *           A bind through one duplicate is a bind of all of them, and only
 *           closing the last of them ends it: with the caller's own still open
 *           the device stays bound and attached when the handle has ended.
 * @param flags 0 or ::IOMMUFD_ADOPT_TAKE_FD
 * @param[out] file the new handle; untouched on failure
 * @return 0 or a typed error; after a failure @p fd is the caller's in any case
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_BAD_FLAGS
 * - ::IOMMUFD_CAUSE_BAD_FD when @p fd is not open (found out when it is
 *   duplicated)
 * - ::IOMMUFD_CAUSE_DESCRIPTORS, ::IOMMUFD_CAUSE_NO_MEMORY
 * @threads{any}
 * @syscalls{1 fcntl to duplicate, else none}
 * @kernel{6.6}
 * @since 0.1.0
 */
int iommufd_vfio_adopt(int fd, uint32_t flags, struct iommufd_vfio **file);

/**
 * @brief Make a handle of a passed device file that is bound already.
 *
 * The kernel is asked which kind of device @p id is.
 *
 * @param ctx the context that it is bound to
 * @param id the id that the bind gave. It is believed: the kernel cannot tell
 *           an emulated device's id from one that does not exist.
 * @param fd the bound file; see iommufd_vfio_adopt()
 * @param flags 0 or ::IOMMUFD_ADOPT_TAKE_FD
 * @param[out] file the new handle; untouched on failure
 * @return 0 or a typed error; after a failure @p fd is the caller's in any case
 * @failures
 * - as iommufd_vfio_adopt(), and
 * - ::IOMMUFD_CAUSE_BAD_ID when @p id cannot be an id at all
 * @threads{any}
 * @syscalls{1 ioctl, and 1 fcntl to duplicate}
 * @kernel{6.6}
 * @since 0.1.0
 */
int iommufd_vfio_adopt_bound(struct iommufd_ctx *ctx, uint32_t id, int fd,
			     uint32_t flags, struct iommufd_vfio **file);

/**
 * @brief Let go of a device file.
 *
 * The descriptor is closed when the device or access made of the file has ended
 * too. The kernel unbinds the device and blocks its DMA with the last duplicate:
 * **while another one is open, DMA goes on**. Others are the caller's own
 * after an adoption without ::IOMMUFD_ADOPT_TAKE_FD, one that was passed to
 * another process, and that of a child after fork(2).
 *
 * @param file the file, or NULL
 * @failures none
 * @threads{any, as the last use of the handle}
 * @syscalls{1 close when nothing else holds the descriptor; 1 more when it was
 *           the last handle of the context}
 * @since 0.1.0
 */
void iommufd_vfio_close(struct iommufd_vfio *file);

/**
 * @brief The descriptor of a device file.
 *
 * It stays the handle's: for KVM before the bind, for interrupts, and for
 * reading, writing and mapping of regions.
 *
 * @param file the file, or NULL
 * @return the descriptor; -1 for NULL
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
int iommufd_vfio_fd(const struct iommufd_vfio *file);

/**
 * @brief The id that the bind gave.
 *
 * @param file the file, or NULL
 * @return the id of the device or access in its context; 0 before the bind and
 *         for NULL
 * @failures none
 * @threads{any, but not while the file is being bound}
 * @syscalls{none}
 * @since 0.1.0
 */
uint32_t iommufd_vfio_id(const struct iommufd_vfio *file);

/**
 * @brief The kind of device that was bound.
 *
 * @param file the file, or NULL
 * @return ::IOMMUFD_VFIO_PHYSICAL, ::IOMMUFD_VFIO_EMULATED,
 *         ::IOMMUFD_VFIO_UNKNOWN, or ::IOMMUFD_VFIO_UNBOUND before the bind and
 *         for NULL
 * @failures none
 * @threads{any, but not while the file is being bound}
 * @syscalls{none}
 * @since 0.1.0
 */
uint32_t iommufd_vfio_kind(const struct iommufd_vfio *file);

/**
 * @brief The context that a device file is bound to.
 *
 * @param file the file, or NULL
 * @return the context, valid as long as the file is, without a reference of
 *         its own: not to be closed; NULL for NULL and before the
 *         bind
 * @failures none
 * @threads{any, but not while the file is being bound}
 * @syscalls{none}
 * @since 0.1.0
 */
struct iommufd_ctx *iommufd_vfio_ctx(const struct iommufd_vfio *file);

/**
 * @brief What iommufd_vfio_bind() takes beyond the ordinary.
 * @since 0.1.0
 */
struct iommufd_vfio_bind_opts {
	/** sizeof(struct iommufd_vfio_bind_opts). */
	uint32_t size;
	/** 0. */
	uint32_t reserved;
	/** The VF token as 16 bytes, or NULL for none. For a physical function
	 *  that nobody's virtual functions hold it sets the token, for virtual
	 *  functions it must be that one. Linux 6.17. */
	const uint8_t *token;
};

/**
 * @brief Bind a device to a context: VFIO_DEVICE_BIND_IOMMUFD.
 *
 * From then on the device is the program's. The kernel resets it where its
 * driver does so. Which kind of device it is, iommufd_vfio_kind() tells.
 *
 * @param file a file that is not bound
 * @param ctx the context; all devices of an IOMMU group must go to the same one
 * @param opts NULL for the defaults
 * @return 0 or a typed error, after which the file is not bound and can be tried
 *         again
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_OPTS_SIZE,
 *   ::IOMMUFD_CAUSE_OPTS_TAIL, ::IOMMUFD_CAUSE_OPTS_RESERVED
 * - ::IOMMUFD_CAUSE_ALREADY_BOUND when this handle is bound
 * - ::IOMMUFD_CAUSE_BIND_REFUSED for EINVAL: bound through another open,
 *   opened by its group, or not able to do cache-coherent DMA; with a token also
 *   a driver or kernel without tokens
 * - ::IOMMUFD_CAUSE_GROUP_NOT_VIABLE for EPERM: interrupts are not isolated, or
 *   the group is in other hands
 * - ::IOMMUFD_CAUSE_GROUP_BUSY for EBUSY: the group is open the old way
 * - ::IOMMUFD_CAUSE_VF_TOKEN when the token is missing or wrong
 * - ::IOMMUFD_CAUSE_NO_IOMMU for ENODEV: the device is behind no IOMMU, or it is
 *   going away, or its driver cannot start it
 * - ::IOMMUFD_CAUSE_NO_MEMORY
 * - ::IOMMUFD_CAUSE_NOT_IOMMUFD, ::IOMMUFD_CAUSE_NOT_VFIO_DEVICE
 * - ::IOMMUFD_CAUSE_BAD_BUFFER when the token cannot be read
 * - what the device's driver answers when it opens the device
 * @threads{one at a time for a file, and no other call on it meanwhile}
 * @syscalls{2 ioctl: the bind, and a question which kind of device it is}
 * @kernel{6.6; token 6.17}
 * @since 0.1.0
 */
int iommufd_vfio_bind(struct iommufd_vfio *file, struct iommufd_ctx *ctx,
		      const struct iommufd_vfio_bind_opts *opts);

/**
 * @brief Tell what the device is: VFIO_DEVICE_GET_INFO.
 *
 * @param file a bound file
 * @param[in,out] info `size` must be set; untouched on failure
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_OPTS_SIZE
 * - ::IOMMUFD_CAUSE_NOT_BOUND
 * - ::IOMMUFD_CAUSE_DEVICE_GONE, ::IOMMUFD_CAUSE_NO_MEMORY
 * @threads{any}
 * @syscalls{1 ioctl; a second one and an allocation when the kernel's
 *           capabilities take more than 1 KiB}
 * @kernel{6.6}
 * @since 0.1.0
 */
int iommufd_vfio_get_info(struct iommufd_vfio *file,
			  struct iommufd_vfio_info *info);

/**
 * @brief Tell what the device is, in the kernel's own form:
 *        VFIO_DEVICE_GET_INFO.
 *
 * For capabilities that iommufd_vfio_info has no members for.
 *
 * @param file a bound file
 * @param[out] answer receives the kernel's struct and the chain of its
 *             capabilities, 8-byte aligned; untouched on failure, but for the
 *             struct when there is room for that alone
 * @param[in,out] length room in bytes, 16 or more; receives the room that is
 *                needed when it is too small, else stays
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_NOT_BOUND
 * - ::IOMMUFD_CAUSE_ARRAY_SHORT when the room is too small: the capabilities are
 *   missing then, the rest is there if there is room for the struct
 * - ::IOMMUFD_CAUSE_NO_MEMORY
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.6}
 * @since 0.1.0
 */
int iommufd_vfio_get_info_raw(struct iommufd_vfio *file, void *answer,
			      uint32_t *length);

/**
 * @brief Tell what a region is: VFIO_DEVICE_GET_REGION_INFO.
 *
 * @param file a bound file
 * @param index the region, such as ::IOMMUFD_REGION_PCI_BAR0 or
 *              ::IOMMUFD_REGION_PCI_CONFIG
 * @param[in,out] info `size` must be set; untouched on failure
 * @param[out] areas receives the parts that can be mapped, as offset in the
 *             region and length, if the kernel names any
 *             (::IOMMUFD_REGION_VALID_AREAS); may be NULL when @p *count is 0
 * @param[in,out] count room in @p areas; receives the number that there are,
 *                also when the room is too small. NULL together with @p areas
 *                when they are not wanted.
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_OPTS_SIZE
 * - ::IOMMUFD_CAUSE_NOT_BOUND
 * - ::IOMMUFD_CAUSE_BAD_INDEX when the device has no such region
 * - ::IOMMUFD_CAUSE_ARRAY_SHORT when there are more areas than room: @p info
 *   and as many areas as fit are filled in
 * - ::IOMMUFD_CAUSE_DEVICE_GONE, ::IOMMUFD_CAUSE_NO_MEMORY
 * @threads{any}
 * @syscalls{1 ioctl; a second one and an allocation when the kernel's
 *           capabilities take more than 1 KiB}
 * @kernel{6.6}
 * @since 0.1.0
 */
int iommufd_vfio_get_region_info(struct iommufd_vfio *file, uint32_t index,
				 struct iommufd_region_info *info,
				 struct iommufd_extent *areas, uint32_t *count);

/**
 * @brief Tell what a region is, in the kernel's own form:
 *        VFIO_DEVICE_GET_REGION_INFO.
 *
 * @param file a bound file
 * @param index the region
 * @param[out] answer receives the kernel's struct and the chain of its
 *             capabilities, 8-byte aligned; untouched on failure, but for the
 *             struct when there is room for that alone
 * @param[in,out] length room in bytes, 32 or more; receives the room that is
 *                needed when it is too small, else stays
 * @return 0 or a typed error
 * @failures as iommufd_vfio_get_info_raw(), and
 * - ::IOMMUFD_CAUSE_BAD_INDEX when the device has no such region
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.6}
 * @since 0.1.0
 */
int iommufd_vfio_get_region_info_raw(struct iommufd_vfio *file, uint32_t index,
				     void *answer, uint32_t *length);

/**
 * @brief Reset the device: VFIO_DEVICE_RESET.
 *
 * Maps of its regions fault in again when touched; dma-bufs of its memory are
 * revoked and their mappings in address spaces lost. Attachments stay.
 *
 * @param file a bound file
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_NOT_BOUND
 * - ::IOMMUFD_CAUSE_NO_RESET when the device cannot (::IOMMUFD_VFIO_INFO_RESET)
 * - ::IOMMUFD_CAUSE_DEVICE_BUSY, ::IOMMUFD_CAUSE_CONTENDED
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.6}
 * @since 0.1.0
 */
int iommufd_vfio_reset(struct iommufd_vfio *file);

/**
 * @brief Tell what a hot reset would reach:
 *        VFIO_DEVICE_GET_PCI_HOT_RESET_INFO.
 *
 * @param file a bound file of a PCI device
 * @param[out] devices receives the devices in reach; may be NULL when @p *count
 *             is 0. Untouched on failure.
 * @param[in,out] count room in @p devices; receives the number of devices, also
 *                when the room is too small
 * @param[out] flags receives `IOMMUFD_HOT_RESET_` flags; may be NULL. Untouched
 *             on failure.
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_NOT_BOUND
 * - ::IOMMUFD_CAUSE_ARRAY_SHORT when there is less room than devices
 * - ::IOMMUFD_CAUSE_NO_RESET when neither slot nor bus can be reset
 * - ::IOMMUFD_CAUSE_CHANGED when devices came or went meanwhile: call again
 * - ::IOMMUFD_CAUSE_NO_MEMORY
 * @threads{any}
 * @syscalls{1 ioctl; an allocation when there is room for more than 64 devices}
 * @kernel{6.6}
 * @since 0.1.0
 */
int iommufd_vfio_get_hot_reset_info(struct iommufd_vfio *file,
				    struct iommufd_hot_reset_info *devices,
				    uint32_t *count, uint32_t *flags);

/**
 * @brief Reset the slot or bus of the device: VFIO_DEVICE_PCI_HOT_RESET.
 *
 * Reaches every device that iommufd_vfio_get_hot_reset_info() lists; all of them
 * must be the context's. Effects as of iommufd_vfio_reset(), for all of them.
 *
 * @param file a bound file of a PCI device
 * @return 0 or a typed error; some devices may have lost their region maps and
 *         dma-bufs after a failure
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_NOT_BOUND
 * - ::IOMMUFD_CAUSE_HOT_RESET_NOT_OWNED when a device in reach is in other hands
 * - ::IOMMUFD_CAUSE_NO_RESET when neither slot nor bus can be reset
 * - ::IOMMUFD_CAUSE_DEVICE_BUSY, ::IOMMUFD_CAUSE_CONTENDED
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.6}
 * @since 0.1.0
 */
int iommufd_vfio_hot_reset(struct iommufd_vfio *file);

/**
 * @brief Read, set or probe a feature of the device: VFIO_DEVICE_FEATURE.
 *
 * @param file a bound file
 * @param flags an `IOMMUFD_FEATURE_` index and operations
 * @param[in,out] buffer the kernel's struct: 8 bytes that the library fills,
 *                then the data of the feature. 8-byte aligned. NULL for a probe.
 * @param length bytes of the buffer, 8 or more; 0 for NULL
 * @param[out] result receives what the kernel returned, for features that return
 *             more than 0, such as a descriptor; may be NULL. Untouched on
 *             failure.
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_NOT_BOUND
 * - ::IOMMUFD_CAUSE_DEVICE_FEATURE when kernel or driver do not have it
 * - ::IOMMUFD_CAUSE_FEATURE_REQUEST when it does not have the operation, two
 *   operations were asked for at once, or the data is too short or wrong
 * - whatever the feature answers
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.6; features as noted there}
 * @since 0.1.0
 */
int iommufd_vfio_feature(struct iommufd_vfio *file, uint32_t flags,
			 void *buffer, uint32_t length, int32_t *result);

/**
 * @brief Make a dma-buf of a part of the device's memory: VFIO_DEVICE_FEATURE
 *        with VFIO_DEVICE_FEATURE_DMA_BUF.
 *
 * For iommufd_ioas_map_file(): the way to let one device reach the memory of
 * another.
 *
 * @param file a bound file of a PCI device
 * @param index a region with ::IOMMUFD_REGION_MMAP
 * @param part offset in the region and length in bytes, page aligned
 * @param flags of open(2): O_CLOEXEC and an access mode
 * @param[out] fd receives the descriptor, the caller's to close; untouched on
 *             failure
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_NOT_BOUND
 * - ::IOMMUFD_CAUSE_DEVICE_FEATURE when kernel or driver do not have it
 * - ::IOMMUFD_CAUSE_FEATURE_REQUEST when the part is misaligned, outside the
 *   region, or cannot be reached by other devices
 * - ::IOMMUFD_CAUSE_BAD_INDEX for ENODEV: the region is no memory that can be
 *   mapped, or the device is going away
 * - ::IOMMUFD_CAUSE_OVERFLOW, ::IOMMUFD_CAUSE_DESCRIPTORS,
 *   ::IOMMUFD_CAUSE_NO_MEMORY
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.19}
 * @since 0.1.0
 */
int iommufd_vfio_export_dma_buf(struct iommufd_vfio *file, uint32_t index,
				const struct iommufd_extent *part,
				uint32_t flags, int *fd);

/**
 * @brief Ask whether the device's driver can attach PASIDs.
 *
 * Tried with a detach of a PASID that cannot be attached, which changes nothing.
 *
 * @param file a bound file
 * @return 0 when it can, else a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_NOT_BOUND
 * - ::IOMMUFD_CAUSE_FEATURE when the driver or the kernel cannot
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.15 for a yes}
 * @since 0.1.0
 */
int iommufd_vfio_probe_pasid(struct iommufd_vfio *file);

/** @} */

#ifdef __cplusplus
}
#endif

#endif /* LIBIOMMUFD_VFIO_H */
