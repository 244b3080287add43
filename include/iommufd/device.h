/* SPDX-License-Identifier: MIT */
/**
 * @file device.h
 * @brief Bound physical devices.
 */
#ifndef LIBIOMMUFD_DEVICE_H
#define LIBIOMMUFD_DEVICE_H

#include <stdint.h>

#include <iommufd/hwpt.h>

#ifdef __cplusplus
extern "C" {
#endif

struct iommufd_vfio;

/**
 * @defgroup device Device
 * @brief A physical device that is bound to a context.
 *
 * A bound device's DMA is blocked until it is attached to a page table. There
 * is no record of attachments here: devices of one group move together, and
 * other processes act too. What is in force comes back from each attach.
 * @{
 */

/**
 * @struct iommufd_device
 * @brief A bound physical device.
 * @since 0.1.0
 */
struct iommufd_device;

/**
 * @name Types of hardware information
 * @{
 */
enum {
	/** None; asked for, it means whatever the hardware has. @since 0.1.0 */
	IOMMUFD_HW_INFO_DEFAULT = 0,
	IOMMUFD_HW_INFO_INTEL_VTD = 1,	    /**< Intel VT-d. @since 0.1.0 */
	IOMMUFD_HW_INFO_ARM_SMMUV3 = 2,	    /**< Arm SMMUv3. @since 0.1.0 */
	IOMMUFD_HW_INFO_TEGRA241_CMDQV = 3, /**< NVIDIA Tegra241 command queues.
					       @since 0.1.0 */
	IOMMUFD_HW_INFO_AMD = 4		    /**< AMD IOMMU. @since 0.1.0 */
};
/** @} */

/**
 * @name Hardware capabilities
 * @{
 */
enum {
	/** Dirty tracking. Linux 6.7. @since 0.1.0 */
	IOMMUFD_HW_CAP_DIRTY_TRACKING = 1 << 0,
	/** PASIDs may ask for execution. Linux 6.15. @since 0.1.0 */
	IOMMUFD_HW_CAP_PCI_PASID_EXEC = 1 << 1,
	/** PASIDs may ask for privilege. Linux 6.15. @since 0.1.0 */
	IOMMUFD_HW_CAP_PCI_PASID_PRIV = 1 << 2,
	/** Address translation services are not supported. A clear bit says so
	 *  only on Linux 7.1 and later. @since 0.1.0 */
	IOMMUFD_HW_CAP_PCI_ATS_NOT_SUPPORTED = 1 << 3
};
/** @} */

/**
 * @name Flags of an Intel VT-d
 * @{
 */
enum {
	/** Nest parents take no read-only mapping (erratum 772415). Linux 6.7.
	 *  @since 0.1.0 */
	IOMMUFD_HW_VTD_ERRATUM_772415 = 1 << 0
};
/** @} */

/**
 * @name Flags of an Arm SMMUv3
 * @{
 */
enum {
	/** Each invalidation of translations or configuration must be issued
	 *  twice, each time with a sync (erratum T264-SMMU-3). Linux 7.3.
	 *  @since 0.1.0 */
	IOMMUFD_HW_ARM_SMMUV3_REPEAT_INVALIDATION = 1 << 0
};
/** @} */

/**
 * @name Valid members of the hardware information
 * An old kernel and a new one that says 0 look alike: a bit is set only where
 * the kernel certainly spoke.
 * @{
 */
enum {
	/** `type` and `data_length`. @since 0.1.0 */
	IOMMUFD_HW_VALID_TYPE = 1 << 0,
	/** `capabilities`: at least one is set. @since 0.1.0 */
	IOMMUFD_HW_VALID_CAPABILITIES = 1 << 1,
	/** `max_pasid_log2`: it is not 0, or another member shows that the
	 *  kernel knows PASIDs. @since 0.1.0 */
	IOMMUFD_HW_VALID_MAX_PASID = 1 << 2,
	/** Of the typed structs: all members are from the kernel. Without it
	 *  the kernel's answer was shorter, and the last members are 0.
	 *  @since 0.1.0 */
	IOMMUFD_HW_VALID_ALL = 1 << 3
};
/** @} */

/**
 * @brief What the IOMMU in front of a device is.
 * @since 0.1.0
 */
struct iommufd_hw_info {
	/** Set by the caller: sizeof(struct iommufd_hw_info). */
	uint32_t size;
	/** `IOMMUFD_HW_VALID_` bits: what the kernel did say. */
	uint32_t valid;
	/** An `IOMMUFD_HW_INFO_` type, or a newer one. */
	uint32_t type;
	/** Bytes of data that the kernel has, which may be more than asked
	 *  for. */
	uint32_t data_length;
	/** `IOMMUFD_HW_CAP_` bits, and newer ones. */
	uint64_t capabilities;
	/** Bits of a PASID that the device and its IOMMU can do; 0 for none. */
	uint32_t max_pasid_log2;
	/** 0. */
	uint32_t reserved;
};

/**
 * @brief What an Intel VT-d is.
 * @since 0.1.0
 */
struct iommufd_hw_vtd_info {
	/** Set by the caller: sizeof(struct iommufd_hw_vtd_info). */
	uint32_t size;
	/** ::IOMMUFD_HW_VALID_ALL or 0. */
	uint32_t valid;
	/** `IOMMUFD_HW_VTD_` flags, and newer ones. */
	uint32_t flags;
	/** 0. */
	uint32_t reserved;
	/** Capability register. */
	uint64_t cap_reg;
	/** Extended capability register. */
	uint64_t ecap_reg;
};

/**
 * @brief What an Arm SMMUv3 is: its identification registers.
 *
 * Not every bit there is one that a guest may rely on; see the kernel's
 * description of `struct iommu_hw_info_arm_smmuv3`.
 * @since 0.1.0
 */
struct iommufd_hw_arm_smmuv3_info {
	/** Set by the caller: sizeof(struct iommufd_hw_arm_smmuv3_info). */
	uint32_t size;
	/** ::IOMMUFD_HW_VALID_ALL or 0. */
	uint32_t valid;
	/** `IOMMUFD_HW_ARM_SMMUV3_` flags, and newer ones. */
	uint32_t flags;
	/** IDR0 to IDR5. */
	uint32_t idr[6];
	/** Implementer register. */
	uint32_t iidr;
	/** Architecture register. */
	uint32_t aidr;
};

/**
 * @brief What an AMD IOMMU is.
 * @since 0.1.0
 */
struct iommufd_hw_amd_info {
	/** Set by the caller: sizeof(struct iommufd_hw_amd_info). */
	uint32_t size;
	/** ::IOMMUFD_HW_VALID_ALL or 0. */
	uint32_t valid;
	/** Extended feature register. */
	uint64_t efr;
	/** Extended feature register 2. */
	uint64_t efr2;
};

/**
 * @brief What the command queue hardware of a Tegra241 is.
 * @since 0.1.0
 */
struct iommufd_hw_tegra241_cmdqv_info {
	/** Set by the caller: sizeof(struct iommufd_hw_tegra241_cmdqv_info). */
	uint32_t size;
	/** ::IOMMUFD_HW_VALID_ALL or 0. */
	uint32_t valid;
	/** Flags; none are defined. */
	uint32_t flags;
	/** Version of the hardware. */
	uint32_t version;
	/** Log2 of the number of queues of a virtual interface. */
	uint32_t log2vcmdqs;
	/** Log2 of the number of stream ids of a virtual interface. */
	uint32_t log2vsids;
};

/**
 * @brief Make a device of a bound file.
 *
 * The device holds the file's descriptor; the file's handle stays valid and may
 * be closed before or after.
 *
 * @param file a bound file
 * @param[out] device the new handle, to be closed with iommufd_device_close();
 *             untouched on failure
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_NO_MEMORY
 * - ::IOMMUFD_CAUSE_NOT_BOUND
 * - ::IOMMUFD_CAUSE_WRONG_KIND when the device is emulated: it becomes an
 *   access
 * @threads{any, but not while the file is being bound}
 * @syscalls{none}
 * @kernel{6.6}
 * @since 0.1.0
 */
int iommufd_device_from_vfio(struct iommufd_vfio *file,
			     struct iommufd_device **device);

/**
 * @brief Let go of a device.
 *
 * When the file it was made of has ended too, the descriptor is closed. With the
 * last duplicate of it, wherever that is, the device is detached and unbound and
 * its DMA blocked; see iommufd_vfio_close(). Until then DMA goes on:
 * iommufd_device_detach() ends it for certain.
 *
 * @param device the device, or NULL
 * @failures none
 * @threads{any, as the last use of the handle}
 * @syscalls{as iommufd_vfio_close()}
 * @since 0.1.0
 */
void iommufd_device_close(struct iommufd_device *device);

/**
 * @brief The id of a device.
 *
 * @param device the device, or NULL
 * @return its id; 0 for NULL
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
uint32_t iommufd_device_id(const struct iommufd_device *device);

/**
 * @brief The context that a device is bound to.
 *
 * @param device the device, or NULL
 * @return the context, valid as long as the device is, without a reference of
 *         its own: not to be closed; NULL for NULL
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
struct iommufd_ctx *iommufd_device_ctx(const struct iommufd_device *device);

/**
 * @brief The file that a device was made of.
 *
 * @param device the device, or NULL
 * @return the file, the device's own and valid as long as the device is; NULL
 *         for NULL and for a device of the kernel's mock driver
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
struct iommufd_vfio *iommufd_device_vfio(const struct iommufd_device *device);

/**
 * @brief Attach a device to a page table, or replace the one it has:
 *        VFIO_DEVICE_ATTACH_IOMMUFD_PT.
 *
 * The kernel has one command for both. Whether DMA sees the change as one step
 * depends on the IOMMU; the guide on kernel support has a table.
 *
 * All devices of a group use one page table: a replacement moves those that are
 * attached all together, and another device of the group can be attached only
 * to the very same one.
 *
 * @param device the device
 * @param page_table id of a page table, paging or nested, or of an address
 *                   space. For an address space the kernel finds or makes a
 *                   page table; a device that had none sees it empty for a
 *                   moment, then filled.
 * @param[out] in_force receives the id of the page table that is in force now;
 *             may be NULL. Untouched on failure.
 * @return 0, also when it is the one that is in force already; or a typed
 *         error. After a refused replacement the old page table is in force in
 *         the kernel's books. **On Intel VT-d its DMA may be blocked
 *         nevertheless**; the restoring replace of libiommufd-util mends that.
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - ::IOMMUFD_CAUSE_ATTACH_REFUSED for EINVAL: the page table does not fit the
 *   device, another device of the group is attached elsewhere, a PASID is
 *   attached that this page table does not go with, the id is neither page
 *   table nor address space, a file mapped into the address space is too short
 *   or no memory file, or a virtual function with page requests is to have a
 *   page table with a fault queue
 * - ::IOMMUFD_CAUSE_PAGE_TABLE when there is no such id
 * - ::IOMMUFD_CAUSE_ATTACH_CONFLICT when a reserved window of the device covers
 *   IOVAs that are mapped or allowed, or, for an address space, a mapping does
 *   not fit the page table that would be made
 * - ::IOMMUFD_CAUSE_EARLIER_MAPPING, ::IOMMUFD_CAUSE_MEMORY_OR_LIMIT when the
 *   address space's mappings cannot be pinned
 * - ::IOMMUFD_CAUSE_ATTACH_UNSUPPORTED for ENODEV: a page table with a fault
 *   queue, or on Intel VT-d a guest's with a nest parent that is too wide
 * - ::IOMMUFD_CAUSE_DEVICE_BUSY when the device is being reset; on Arm SMMUv3
 *   also when PASIDs are attached and the page table is a nested one
 * - ::IOMMUFD_CAUSE_FEATURE
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.6}
 * @since 0.1.0
 */
int iommufd_device_attach(struct iommufd_device *device, uint32_t page_table,
			  uint32_t *in_force);

/**
 * @brief End the attachment: VFIO_DEVICE_DETACH_IOMMUFD_PT.
 *
 * The device's DMA is blocked and its reserved windows leave the address space.
 * In a group of several, hardware follows when the last one detaches.
 *
 * @param device the device
 * @return 0, also when it was not attached; or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.6}
 * @since 0.1.0
 */
int iommufd_device_detach(struct iommufd_device *device);

/**
 * @name Flags of a PASID
 * @{
 */
enum {
	/** `max_pasid_log2` is valid: what iommufd_device_get_hw_info() said of
	 *  this device. @since 0.1.0 */
	IOMMUFD_PASID_WIDTH_VALID = 1 << 0
};
/** @} */

/**
 * @brief A PASID of a device.
 * @since 0.1.0
 */
struct iommufd_device_pasid_opts {
	/** sizeof(struct iommufd_device_pasid_opts). */
	uint32_t size;
	/** ::IOMMUFD_PASID_WIDTH_VALID or 0. */
	uint32_t flags;
	/** The PASID, 1 or more. */
	uint32_t pasid;
	/** Bits of a PASID that the device and its IOMMU can do, with
	 *  ::IOMMUFD_PASID_WIDTH_VALID. **The kernel accepts a PASID of a
	 *  device that has none, and nothing comes of it**: given the width,
	 *  the library refuses that. */
	uint32_t max_pasid_log2;
};

/**
 * @brief Attach a PASID of a device to a page table, or replace the one it has:
 *        VFIO_DEVICE_ATTACH_IOMMUFD_PT.
 *
 * Independent of the device's own attachment and of other PASIDs. The page
 * table must have been made with ::IOMMUFD_HWPT_PASID, and so must the one that
 * the device itself is attached to, if it is. The reserved windows of the
 * device are not looked at.
 *
 * @param device the device
 * @param pasid the PASID, and the width when it is known
 * @param page_table id of a page table, paging or nested; not of an address
 *                   space
 * @param[out] in_force receives the id of the page table that is in force now;
 *             may be NULL. Untouched on failure.
 * @return 0, also when it is the one that is in force already; or a typed
 *         error, after which the old one is in force
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_OPTS_SIZE,
 *   ::IOMMUFD_CAUSE_OPTS_TAIL, ::IOMMUFD_CAUSE_BAD_FLAGS
 * - ::IOMMUFD_CAUSE_BAD_PASID for PASID 0, which the kernel would take for the
 *   device itself, and for one beyond the width that was given
 * - ::IOMMUFD_CAUSE_NO_PASID when the width that was given is 0
 * - ::IOMMUFD_CAUSE_PASID_REFUSED for EINVAL: one of the page tables is not
 *   made for PASIDs or does not fit (as for iommufd_device_attach()), the id is
 *   that of an address space, the PASID is beyond what the device can do, or the
 *   kernel is before 6.15
 * - ::IOMMUFD_CAUSE_FEATURE when the VFIO driver has no PASIDs
 * - ::IOMMUFD_CAUSE_PAGE_TABLE, ::IOMMUFD_CAUSE_DEVICE_BUSY,
 *   ::IOMMUFD_CAUSE_ATTACH_UNSUPPORTED, ::IOMMUFD_CAUSE_NO_MEMORY
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.15}
 * @since 0.1.0
 */
int iommufd_device_attach_pasid(struct iommufd_device *device,
				const struct iommufd_device_pasid_opts *pasid,
				uint32_t page_table, uint32_t *in_force);

/**
 * @brief End the attachment of a PASID: VFIO_DEVICE_DETACH_IOMMUFD_PT.
 *
 * @param device the device
 * @param pasid the PASID, 1 or more
 * @return 0, also when it was not attached; or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - ::IOMMUFD_CAUSE_BAD_PASID for PASID 0
 * - ::IOMMUFD_CAUSE_FEATURE when the VFIO driver has no PASIDs, or the kernel
 *   is before 6.15
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.15}
 * @since 0.1.0
 */
int iommufd_device_detach_pasid(struct iommufd_device *device, uint32_t pasid);

/**
 * @brief Tell what the IOMMU in front of the device is: IOMMU_GET_HW_INFO.
 *
 * @param device the device
 * @param type the type of information wanted; ::IOMMUFD_HW_INFO_DEFAULT for
 *             what the hardware has. Others need Linux 6.17. An IOMMU whose
 *             driver has no information (virtio-iommu) answers with type 0 and
 *             no data whatever was asked for.
 * @param[out] data receives the information as the kernel has it; may be NULL
 *             when @p data_length is 0. Room beyond what the kernel has is
 *             zeroed. Undefined after ::IOMMUFD_CAUSE_BAD_BUFFER, else untouched
 *             on failure.
 * @param data_length room in bytes. When the kernel has more, the rest is cut
 *                    off and `info->data_length` tells.
 * @param[in,out] info `size` must be set; untouched on failure
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_OPTS_SIZE
 * - ::IOMMUFD_CAUSE_NOT_PHYSICAL when the device is gone
 * - ::IOMMUFD_CAUSE_FEATURE when this type is not there, the kernel cannot be
 *   asked for types, or the device is behind no IOMMU
 * - ::IOMMUFD_CAUSE_BAD_BUFFER, ::IOMMUFD_CAUSE_NO_MEMORY
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.6; capabilities 6.7, PASID width 6.15, choice of type 6.17}
 * @since 0.1.0
 */
int iommufd_device_get_hw_info(struct iommufd_device *device, uint32_t type,
			       void *data, uint32_t data_length,
			       struct iommufd_hw_info *info);

/**
 * @brief Tell what the Intel VT-d in front of the device is: IOMMU_GET_HW_INFO.
 *
 * @param device the device
 * @param[in,out] vtd `size` must be set; untouched on failure
 * @return 0 or a typed error
 * @failures as iommufd_device_get_hw_info(), and
 * - ::IOMMUFD_CAUSE_FEATURE when the IOMMU is another one
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.6}
 * @since 0.1.0
 */
int iommufd_device_get_hw_info_vtd(struct iommufd_device *device,
				   struct iommufd_hw_vtd_info *vtd);

/**
 * @brief Tell what the Arm SMMUv3 in front of the device is: IOMMU_GET_HW_INFO.
 *
 * @param device the device
 * @param[in,out] smmu `size` must be set; untouched on failure
 * @return 0 or a typed error
 * @failures as iommufd_device_get_hw_info_vtd()
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.13}
 * @since 0.1.0
 */
int iommufd_device_get_hw_info_arm_smmuv3(
	struct iommufd_device *device, struct iommufd_hw_arm_smmuv3_info *smmu);

/**
 * @brief Tell what the AMD IOMMU in front of the device is: IOMMU_GET_HW_INFO.
 *
 * @param device the device
 * @param[in,out] amd `size` must be set; untouched on failure
 * @return 0 or a typed error
 * @failures as iommufd_device_get_hw_info_vtd()
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{7.0}
 * @since 0.1.0
 */
int iommufd_device_get_hw_info_amd(struct iommufd_device *device,
				   struct iommufd_hw_amd_info *amd);

/**
 * @brief Tell what the command queue hardware of a Tegra241 is:
 *        IOMMU_GET_HW_INFO.
 *
 * @param device the device
 * @param[in,out] cmdqv `size` must be set; untouched on failure
 * @return 0 or a typed error
 * @failures as iommufd_device_get_hw_info_vtd()
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.17}
 * @since 0.1.0
 */
int iommufd_device_get_hw_info_tegra241_cmdqv(
	struct iommufd_device *device,
	struct iommufd_hw_tegra241_cmdqv_info *cmdqv);

/** @} */

#ifdef __cplusplus
}
#endif

#endif /* LIBIOMMUFD_DEVICE_H */
