/* SPDX-License-Identifier: MIT */
/**
 * @file vdevice.h
 * @brief Virtual devices: a device as a guest's IOMMU knows it.
 */
#ifndef LIBIOMMUFD_VDEVICE_H
#define LIBIOMMUFD_VDEVICE_H

#include <stdint.h>

#include <iommufd/ctx.h>

#ifdef __cplusplus
extern "C" {
#endif

struct iommufd_device;
struct iommufd_viommu;

/**
 * @defgroup vdevice Virtual device
 * @brief The id that a guest's IOMMU has for a device.
 *
 * The kernel needs it to translate the guest's commands and its own events: an
 * SMMUv3 stream id, an AMD device id. A device has at most one.
 *
 * **End it before the device.** When the device is closed first, the kernel
 * destroys the vDevice and never gives out its id again in this context.
 * @{
 */

/**
 * @struct iommufd_vdevice
 * @brief A device as a guest's IOMMU knows it.
 * @since 0.1.0
 */
struct iommufd_vdevice;

/**
 * @brief Tell the kernel a device's id in a guest: IOMMU_VDEVICE_ALLOC.
 *
 * @param viommu the guest's IOMMU
 * @param device the device, behind the same physical IOMMU
 * @param virt_id the id that the guest's IOMMU knows the device by
 * @param[out] vdevice the new vDevice, which iommufd_vdevice_destroy() ends;
 *             untouched on failure
 * @return 0 or a typed error; a failure changes nothing
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_OTHER_CONTEXT
 * - ::IOMMUFD_CAUSE_VDEVICE_EXISTS when the device has one, or the vIOMMU has
 *   another of this id
 * - ::IOMMUFD_CAUSE_VDEVICE_REFUSED for EINVAL: the device is behind another
 *   physical IOMMU, or the driver cannot take this id
 * - ::IOMMUFD_CAUSE_VIOMMU_OR_DEVICE when one of the two is gone
 * - ::IOMMUFD_CAUSE_FEATURE, on SMMUv3 for a device with several stream ids
 * - ::IOMMUFD_CAUSE_NO_SLOT on Tegra241 when all stream ids are taken
 * - ::IOMMUFD_CAUSE_NO_MEMORY
 * - ::IOMMUFD_CAUSE_COMMAND before 6.13
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.13}
 * @since 0.1.0
 */
int iommufd_vdevice_alloc(struct iommufd_viommu *viommu,
			  struct iommufd_device *device, uint64_t virt_id,
			  struct iommufd_vdevice **vdevice);

/**
 * @brief Make a handle of a vDevice that exists already.
 *
 * @param ctx the context in which @p id is valid
 * @param id the vDevice
 * @param flags 0 or ::IOMMUFD_ADOPT_OWNED. No harmless command tells whether it
 *              is one.
 * @param[out] vdevice the new handle; untouched on failure
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_BAD_FLAGS,
 *   ::IOMMUFD_CAUSE_BAD_ID, ::IOMMUFD_CAUSE_NO_MEMORY
 * @threads{any}
 * @syscalls{none}
 * @kernel{6.13}
 * @since 0.1.0
 */
int iommufd_vdevice_adopt(struct iommufd_ctx *ctx, uint32_t id, uint32_t flags,
			  struct iommufd_vdevice **vdevice);

/**
 * @brief The id of a vDevice.
 *
 * @param vdevice the vDevice, or NULL
 * @return its id in the context, not in the guest; 0 for NULL
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
uint32_t iommufd_vdevice_id(const struct iommufd_vdevice *vdevice);

/**
 * @brief The context that a vDevice is in.
 *
 * @param vdevice the vDevice, or NULL
 * @return the context, valid as long as the vDevice is, without a reference of
 *         its own: not to be closed; NULL for NULL
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
struct iommufd_ctx *iommufd_vdevice_ctx(const struct iommufd_vdevice *vdevice);

/**
 * @brief Destroy a vDevice: IOMMU_DESTROY.
 *
 * @param vdevice the vDevice, or NULL. Gone after success; valid and unchanged
 *                after a failure.
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_OBJECT when it went with its device: release the handle
 *   then
 * - ::IOMMUFD_CAUSE_IN_USE when another thread just works with it
 * - ::IOMMUFD_CAUSE_BORROWED when the handle was adopted without
 *   ::IOMMUFD_ADOPT_OWNED
 * @threads{any, as the last use of the handle}
 * @syscalls{1 ioctl, and 1 close when it was the last handle of the context}
 * @kernel{6.13}
 * @since 0.1.0
 */
int iommufd_vdevice_destroy(struct iommufd_vdevice *vdevice);

/**
 * @brief Forget the handle; the vDevice lives on.
 *
 * @param vdevice the vDevice, or NULL
 * @failures none
 * @threads{any, as the last use of the handle}
 * @syscalls{1 close when it was the last handle of the context, else none}
 * @since 0.1.0
 */
void iommufd_vdevice_release(struct iommufd_vdevice *vdevice);

/** @} */

#ifdef __cplusplus
}
#endif

#endif /* LIBIOMMUFD_VDEVICE_H */
