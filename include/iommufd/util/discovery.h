/* SPDX-License-Identifier: MIT */
/**
 * @file discovery.h
 * @brief From a device's address to its VFIO device file.
 */
#ifndef LIBIOMMUFD_UTIL_DISCOVERY_H
#define LIBIOMMUFD_UTIL_DISCOVERY_H

#include <stdint.h>

#include <iommufd/failure.h>

#ifdef __cplusplus
extern "C" {
#endif

struct iommufd_ctx;
struct iommufd_device;
struct iommufd_vfio;

/**
 * @defgroup discovery Discovery
 * @brief From a PCI address or an mdev's UUID to the device file; and the
 *        IOVAs that a device keeps for itself.
 *
 * Reads sysfs and changes nothing. Part of libiommufd-util.
 * @{
 */

/**
 * @name Operations of discovery
 * In the thread's record of its last failure.
 * @{
 */
enum {
	/** Any call of discovery. For a search by PCI address `arg` has bit 63
	 *  set, the segment in bits 16 to 47, the bus in 8 to 15, device and
	 *  function in 0 to 7. @since 0.1.0 */
	IOMMUFD_OP_FIND = IOMMUFD_OP_HELPER
};
/** @} */

/**
 * @name Valid members and flags of iommufd_node_info
 * @{
 */
enum {
	/** `group` is known: the device is in an IOMMU group. @since 0.1.0 */
	IOMMUFD_NODE_VALID_GROUP = 1 << 0,
	/** `driver` is known. @since 0.1.0 */
	IOMMUFD_NODE_VALID_DRIVER = 1 << 1,
	/** Flag: the device is behind no IOMMU. @since 0.1.0 */
	IOMMUFD_NODE_NOIOMMU = 1 << 0
};
/** @} */

/**
 * @brief Where a device's file is.
 * @since 0.1.0
 */
struct iommufd_node_info {
	/** Set by the caller: sizeof(struct iommufd_node_info). */
	uint32_t size;
	/** `IOMMUFD_NODE_VALID_` bits. */
	uint32_t valid;
	/** `IOMMUFD_NODE_` flags. */
	uint32_t flags;
	/** Number of the IOMMU group, when valid. */
	uint32_t group;
	/** Major number of the device file. */
	uint32_t major;
	/** Minor number of the device file. */
	uint32_t minor;
	/** Path of the device file. */
	char node[128];
	/** Name of the driver that the device is bound to, when valid. */
	char driver[64];
	/** Directory of the device in sysfs, without symbolic links. */
	char sysfs[256];
};

/**
 * @brief What the calls here take beyond the ordinary.
 * @since 0.1.0
 */
struct iommufd_find_opts {
	/** sizeof(struct iommufd_find_opts). */
	uint32_t size;
	/** 0. */
	uint32_t reserved;
	/** Where sysfs is; NULL means "/sys". */
	const char *sysfs;
	/** Where device files are; NULL means "/dev". */
	const char *dev;
};

/**
 * @brief Find the device file of a PCI device.
 *
 * The node is checked: it must be there, be a character device, and have the
 * number that the kernel says.
 *
 * @param address as "0000:00:02.0", or without the segment
 * @param opts NULL for the defaults
 * @param[in,out] info `size` must be set. Untouched on failure, except that with
 *                ::IOMMUFD_CAUSE_NO_VFIO_DRIVER,
 *                ::IOMMUFD_CAUSE_NO_DEVICE_NODES, ::IOMMUFD_CAUSE_NODE_MISSING
 *                and ::IOMMUFD_CAUSE_NODE_IS_ANOTHER it is filled as far as it
 *                is known, so that a program can name the driver in the way or
 *                read the reserved windows of a device that is not handed over
 *                yet.
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_OPTS_SIZE,
 *   ::IOMMUFD_CAUSE_OPTS_TAIL, ::IOMMUFD_CAUSE_OPTS_RESERVED
 * - ::IOMMUFD_CAUSE_BAD_NAME
 * - ::IOMMUFD_CAUSE_NO_SYSFS
 * - ::IOMMUFD_CAUSE_NO_SUCH_DEVICE when the machine has no such device
 * - ::IOMMUFD_CAUSE_NO_VFIO_DRIVER when it has another driver or none
 * - ::IOMMUFD_CAUSE_NO_DEVICE_NODES when the kernel offers groups only
 * - ::IOMMUFD_CAUSE_NODE_MISSING, ::IOMMUFD_CAUSE_NODE_IS_ANOTHER
 * - ::IOMMUFD_CAUSE_NOT_PERMITTED when a directory may not be read,
 *   ::IOMMUFD_CAUSE_DESCRIPTORS, ::IOMMUFD_CAUSE_NO_MEMORY
 * @threads{any}
 * @syscalls{of files: sysfs is read}
 * @kernel{6.6}
 * @since 0.1.0
 */
int iommufd_find_pci(const char *address, const struct iommufd_find_opts *opts,
		     struct iommufd_node_info *info);

/**
 * @brief Find the device file of an mdev.
 *
 * @param uuid as "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
 * @param opts NULL for the defaults
 * @param[in,out] info as for iommufd_find_pci()
 * @return 0 or a typed error
 * @failures as iommufd_find_pci()
 * @threads{any}
 * @syscalls{of files: sysfs is read}
 * @kernel{6.6}
 * @since 0.1.0
 */
int iommufd_find_mdev(const char *uuid, const struct iommufd_find_opts *opts,
		      struct iommufd_node_info *info);

/**
 * @brief Find what an open device file belongs to.
 *
 * For a descriptor that was passed in. Works before and after the bind.
 *
 * @param fd an open VFIO device file
 * @param opts NULL for the defaults
 * @param[in,out] info `size` must be set; untouched on failure. `node` is what
 *                the device's file is called in `opts->dev`, whether it is there
 *                or not.
 * @return 0 or a typed error
 * @failures
 * - as iommufd_find_pci(), and
 * - ::IOMMUFD_CAUSE_BAD_FD
 * - ::IOMMUFD_CAUSE_NOT_VFIO_DEVICE when it is a file of another kind
 * @threads{any}
 * @syscalls{of files: fstat, and sysfs is read}
 * @kernel{6.6}
 * @since 0.1.0
 */
int iommufd_find_fd(int fd, const struct iommufd_find_opts *opts,
		    struct iommufd_node_info *info);

/**
 * @brief Open the device file that was found.
 *
 * Checks after the opening that it is still the same device, by the number that
 * the device's directory has in sysfs: hot plug may have given name and number to
 * another device meanwhile. The open file keeps them from then on.
 *
 * @param info as filled by iommufd_find_pci() or iommufd_find_mdev()
 * @param[out] file the new handle, to be closed with iommufd_vfio_close();
 *             untouched on failure
 * @return 0 or a typed error
 * @failures
 * - as iommufd_vfio_open(), and
 * - ::IOMMUFD_CAUSE_OPTS_SIZE
 * - ::IOMMUFD_CAUSE_BAD_NAME when the texts in @p info have no end
 * - ::IOMMUFD_CAUSE_NODE_IS_ANOTHER when the directory of the device does not
 *   have the number of the open file, or is gone
 * - ::IOMMUFD_CAUSE_NOT_PERMITTED, ::IOMMUFD_CAUSE_DESCRIPTORS when it cannot
 *   be read
 * @threads{any}
 * @syscalls{1 openat and 1 fstat; of files: sysfs is read}
 * @kernel{6.6}
 * @since 0.1.0
 */
int iommufd_find_open(const struct iommufd_node_info *info,
		      struct iommufd_vfio **file);

/**
 * @brief Find a PCI device, open its file, bind it, and make a device of it.
 *
 * For programs that need nothing in between: no KVM, no VF token. The file is
 * iommufd_device_vfio() of the device.
 *
 * @param ctx the context to bind it to
 * @param address as for iommufd_find_pci()
 * @param opts NULL for the defaults
 * @param[out] device the new handle, to be closed with iommufd_device_close();
 *             untouched on failure
 * @return 0 or a typed error, after which the device is not bound. When it is
 *         the bind that failed the record has no `fd`, and in `arg` the address
 *         for iommufd_diagnose().
 * @failures as iommufd_find_pci(), iommufd_find_open(), iommufd_vfio_bind() and
 *           iommufd_device_from_vfio()
 * @threads{any}
 * @syscalls{of files: sysfs is read; then openat, fstat, and 2 ioctl}
 * @kernel{6.6}
 * @since 0.1.0
 */
int iommufd_open_pci(struct iommufd_ctx *ctx, const char *address,
		     const struct iommufd_find_opts *opts,
		     struct iommufd_device **device);

/**
 * @name Types of reserved windows
 * @{
 */
enum {
	/** A type that this library does not know. @since 0.1.0 */
	IOMMUFD_RESERVED_UNKNOWN = 0,
	/** Firmware maps it one to one; the device needs it. @since 0.1.0 */
	IOMMUFD_RESERVED_DIRECT = 1,
	/** The same, but not needed under a VFIO driver: iommufd ignores it.
	 *  @since 0.1.0 */
	IOMMUFD_RESERVED_DIRECT_RELAXABLE = 2,
	/** Not usable. @since 0.1.0 */
	IOMMUFD_RESERVED_RESERVED = 3,
	/** Message-signalled interrupts, decoded by hardware. @since 0.1.0 */
	IOMMUFD_RESERVED_MSI = 4
};
/** @} */

/**
 * @brief A window of IOVAs that a device keeps for itself.
 *
 * Its layout never changes, as there are many of them in an array.
 * @since 0.1.0
 */
struct iommufd_reserved_info {
	/** First address. */
	uint64_t start;
	/** Last address, inclusive. */
	uint64_t last;
	/** An `IOMMUFD_RESERVED_` type. */
	uint32_t type;
	/** 0. */
	uint32_t reserved;
};

/**
 * @brief Tell a device's reserved windows, before it is attached.
 *
 * An address space in which one of them is mapped refuses the device
 * (::IOMMUFD_CAUSE_ATTACH_CONFLICT); windows of the type
 * ::IOMMUFD_RESERVED_DIRECT_RELAXABLE do not count.
 *
 * @param info as filled by one of the calls above
 * @param[out] windows receives the windows of the device's group in ascending
 *             order; may be NULL when @p *count is 0
 * @param[in,out] count room in @p windows; receives the number there are, also
 *                when the room is too small. 0 for a device without an IOMMU.
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_OPTS_SIZE
 * - ::IOMMUFD_CAUSE_BAD_NAME for an @p info that nobody filled
 * - ::IOMMUFD_CAUSE_ARRAY_SHORT: as many as fit are filled in
 * - ::IOMMUFD_CAUSE_NO_SUCH_DEVICE when the device is gone
 * - ::IOMMUFD_CAUSE_NOT_PERMITTED, ::IOMMUFD_CAUSE_DESCRIPTORS,
 *   ::IOMMUFD_CAUSE_NO_MEMORY of reading sysfs
 * @threads{any}
 * @syscalls{of files: sysfs is read}
 * @kernel{6.2}
 * @since 0.1.0
 */
int iommufd_find_reserved(const struct iommufd_node_info *info,
			  struct iommufd_reserved_info *windows,
			  uint32_t *count);

/**
 * @brief The kernel's word for a type of reserved window.
 *
 * @param type an `IOMMUFD_RESERVED_` type
 * @return the word as sysfs has it, or "unknown"; never NULL
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
const char *iommufd_reserved_name(uint32_t type);

/** @} */

#ifdef __cplusplus
}
#endif

#endif /* LIBIOMMUFD_UTIL_DISCOVERY_H */
