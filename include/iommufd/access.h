/* SPDX-License-Identifier: MIT */
/**
 * @file access.h
 * @brief Accesses: emulated devices that work on an address space.
 */
#ifndef LIBIOMMUFD_ACCESS_H
#define LIBIOMMUFD_ACCESS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct iommufd_ctx;
struct iommufd_ioas;
struct iommufd_vfio;

/**
 * @defgroup access Access
 * @brief A kernel driver that works on an address space: a bound mdev.
 *
 * It has no page table; the driver pins memory of the address space when it
 * needs it. Unmapping memory makes the driver give up its pins first.
 * @{
 */

/**
 * @struct iommufd_access
 * @brief An emulated device's access to an address space.
 * @since 0.1.0
 */
struct iommufd_access;

/**
 * @brief Make an access of a bound file.
 *
 * The access holds the file's descriptor; the file's handle stays valid and may
 * be closed before or after.
 *
 * @param file a bound file
 * @param[out] access the new handle, to be closed with iommufd_access_close();
 *             untouched on failure
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_NO_MEMORY
 * - ::IOMMUFD_CAUSE_NOT_BOUND
 * - ::IOMMUFD_CAUSE_WRONG_KIND when the device is a physical one
 * @threads{any, but not while the file is being bound}
 * @syscalls{none}
 * @kernel{6.6}
 * @since 0.1.0
 */
int iommufd_access_from_vfio(struct iommufd_vfio *file,
			     struct iommufd_access **access);

/**
 * @brief Let go of an access.
 *
 * When the file it was made of has ended too, the descriptor is closed. With the
 * last duplicate of it, wherever that is, the access leaves its address space
 * and the driver gives up its pins; see iommufd_vfio_close(). Until then it goes
 * on working there.
 *
 * @param access the access, or NULL
 * @failures none
 * @threads{any, as the last use of the handle}
 * @syscalls{as iommufd_vfio_close()}
 * @since 0.1.0
 */
void iommufd_access_close(struct iommufd_access *access);

/**
 * @brief The id of an access.
 *
 * @param access the access, or NULL
 * @return its id; 0 for NULL
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
uint32_t iommufd_access_id(const struct iommufd_access *access);

/**
 * @brief The context that an access is bound to.
 *
 * @param access the access, or NULL
 * @return the context, valid as long as the access is, without a reference of
 *         its own: not to be closed; NULL for NULL
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
struct iommufd_ctx *iommufd_access_ctx(const struct iommufd_access *access);

/**
 * @brief The file that an access was made of.
 *
 * @param access the access, or NULL
 * @return the file, the access's own and valid as long as the access is; NULL
 *         for NULL and for an access of the kernel's mock driver
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
struct iommufd_vfio *iommufd_access_vfio(const struct iommufd_access *access);

/**
 * @brief Attach an access to an address space, or replace the one it has:
 *        VFIO_DEVICE_ATTACH_IOMMUFD_PT.
 *
 * In a replacement the driver first gives up all its pins in the old address
 * space. The alignment of the new one grows to the page size.
 *
 * @param access the access
 * @param ioas the address space
 * @return 0, also when it is the one that is in force already; or a typed
 *         error, which leaves the old one in force with its pins
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_OTHER_CONTEXT
 * - ::IOMMUFD_CAUSE_PAGE_TABLE when the address space is gone
 * - ::IOMMUFD_CAUSE_MAPPING_MISALIGNED when a mapping there is not page aligned
 * - ::IOMMUFD_CAUSE_DEVICE_BUSY when another replacement is going on
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.6}
 * @since 0.1.0
 */
int iommufd_access_attach(struct iommufd_access *access,
			  const struct iommufd_ioas *ioas);

/**
 * @brief End the attachment: VFIO_DEVICE_DETACH_IOMMUFD_PT.
 *
 * @param access the access
 * @return 0, also when it was not attached; or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.6}
 * @since 0.1.0
 */
int iommufd_access_detach(struct iommufd_access *access);

/** @} */

#ifdef __cplusplus
}
#endif

#endif /* LIBIOMMUFD_ACCESS_H */
