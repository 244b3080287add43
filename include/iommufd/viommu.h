/* SPDX-License-Identifier: MIT */
/**
 * @file viommu.h
 * @brief Virtual IOMMUs.
 */
#ifndef LIBIOMMUFD_VIOMMU_H
#define LIBIOMMUFD_VIOMMU_H

#include <stdint.h>

#include <iommufd/ctx.h>
#include <iommufd/hwpt.h>
#include <iommufd/ioas.h>

#ifdef __cplusplus
extern "C" {
#endif

struct iommufd_device;

/**
 * @defgroup viommu Virtual IOMMU
 * @brief A slice of a physical IOMMU that a guest's IOMMU is made of.
 *
 * It stands on a nest parent, which maps what the guest takes for its memory.
 * Nested page tables, vDevices, event queues and hardware queues are made of
 * it. Arm SMMUv3 needs one for all nesting; Intel VT-d has none.
 *
 * The order of ending: detach or replace, nested page tables, hardware queues
 * from the last to the first, event queues, vDevices, memory maps, vIOMMU,
 * nest parent.
 * @{
 */

/**
 * @struct iommufd_viommu
 * @brief A virtual IOMMU.
 * @since 0.1.0
 */
struct iommufd_viommu;

/**
 * @name Types of virtual IOMMUs
 * @{
 */
enum {
	/** None; no kernel makes one. @since 0.1.0 */
	IOMMUFD_VIOMMU_DEFAULT = 0,
	/** Arm SMMUv3, with the features that nesting needs. Linux 6.13.
	 *  @since 0.1.0 */
	IOMMUFD_VIOMMU_ARM_SMMUV3 = 1,
	/** SMMUv3 with the command queues of NVIDIA Tegra241. Linux 6.17.
	 *  @since 0.1.0 */
	IOMMUFD_VIOMMU_TEGRA241_CMDQV = 2
};
/** @} */

/**
 * @brief Ask whether a device's IOMMU can be made into a virtual one.
 *
 * Tried without a nest parent, so nothing is made. A 0 supposes that @p device
 * is alive: the kernel has one answer for what it takes and for an id that is
 * gone. The AMD driver of Linux 7.3
 * says yes to every type that is not 0: look at iommufd_device_get_hw_info()
 * first.
 *
 * @param device the device
 * @param type an `IOMMUFD_VIOMMU_` value, or a newer one
 * @return 0 when it can, else a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - ::IOMMUFD_CAUSE_FEATURE when driver or hardware do not have this type
 * - ::IOMMUFD_CAUSE_COMMAND before 6.13
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.13; before 6.17 an answer for the device, not for the type}
 * @since 0.1.0
 */
int iommufd_viommu_probe(struct iommufd_device *device, uint32_t type);

/**
 * @brief What iommufd_viommu_alloc() takes beyond the ordinary.
 * @since 0.1.0
 */
struct iommufd_viommu_alloc_opts {
	/** sizeof(struct iommufd_viommu_alloc_opts). */
	uint32_t size;
	/** 0; no kernel has flags yet. */
	uint32_t flags;
	/** Bytes of data; 0 for types without. */
	uint32_t data_len;
	/** 0. */
	uint32_t reserved;
	/** The data: the kernel's struct of that type, which the driver reads
	 *  and writes. */
	void *data;
};

/**
 * @brief Make a virtual IOMMU: IOMMU_VIOMMU_ALLOC.
 *
 * Success is no proof that the type is implemented: the AMD driver of Linux 7.3
 * takes every type that is not 0. Look at iommufd_device_get_hw_info() first.
 *
 * @param device a bound device behind the physical IOMMU
 * @param parent a page table made with ::IOMMUFD_HWPT_NEST_PARENT
 * @param type an `IOMMUFD_VIOMMU_` value, or a newer one
 * @param opts data of the driver; NULL for none
 * @param[out] viommu the new vIOMMU, which iommufd_viommu_destroy() ends;
 *             untouched on failure
 * @return 0 or a typed error; a failure changes nothing
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_OPTS_SIZE,
 *   ::IOMMUFD_CAUSE_OPTS_TAIL, ::IOMMUFD_CAUSE_OPTS_RESERVED,
 *   ::IOMMUFD_CAUSE_OTHER_CONTEXT
 * - ::IOMMUFD_CAUSE_FEATURE when driver or hardware do not have this type, or
 *   for an unknown flag
 * - ::IOMMUFD_CAUSE_VIOMMU_REFUSED for EINVAL: the parent is no nest parent or
 *   belongs to another IOMMU, or the data is missing or wrong
 * - ::IOMMUFD_CAUSE_DEVICE_OR_PARENT when one of the two is gone
 * - ::IOMMUFD_CAUSE_NEWER_STRUCT with data, before 6.17
 * - ::IOMMUFD_CAUSE_BAD_BUFFER, ::IOMMUFD_CAUSE_NO_MEMORY
 * - ::IOMMUFD_CAUSE_COMMAND before 6.13
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.13; data 6.17}
 * @since 0.1.0
 */
int iommufd_viommu_alloc(struct iommufd_device *device,
			 const struct iommufd_hwpt *parent, uint32_t type,
			 const struct iommufd_viommu_alloc_opts *opts,
			 struct iommufd_viommu **viommu);

/**
 * @brief What the driver says of a vIOMMU with Tegra241 command queues.
 * @since 0.1.0
 */
struct iommufd_viommu_tegra241_cmdqv_info {
	/** Set by the caller: sizeof(struct
	 *  iommufd_viommu_tegra241_cmdqv_info). */
	uint32_t size;
	/** 0. */
	uint32_t reserved;
	/** Where the registers for the guest begin, for
	 *  iommufd_viommu_mmap(). */
	uint64_t mmap_offset;
	/** Bytes of these registers. */
	uint64_t mmap_length;
};

/**
 * @brief Make a virtual IOMMU with Tegra241 command queues:
 *        IOMMU_VIOMMU_ALLOC.
 *
 * Proven by its layout alone: no test machine has this hardware.
 *
 * @param device a bound device behind the physical IOMMU
 * @param parent a page table made with ::IOMMUFD_HWPT_NEST_PARENT
 * @param[in,out] cmdqv `size` must be set; untouched on failure
 * @param[out] viommu the new vIOMMU, which iommufd_viommu_destroy() ends;
 *             untouched on failure
 * @return 0 or a typed error; a failure changes nothing
 * @failures as iommufd_viommu_alloc()
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.17}
 * @since 0.1.0
 */
int iommufd_viommu_alloc_tegra241_cmdqv(
	struct iommufd_device *device, const struct iommufd_hwpt *parent,
	struct iommufd_viommu_tegra241_cmdqv_info *cmdqv,
	struct iommufd_viommu **viommu);

/**
 * @brief Make a handle of a vIOMMU that exists already.
 *
 * @param ctx the context in which @p id is valid
 * @param id the vIOMMU
 * @param flags 0 or ::IOMMUFD_ADOPT_OWNED. Before 6.17 no harmless command tells
 *              whether it is one; none is used.
 * @param[out] viommu the new handle; untouched on failure
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_BAD_FLAGS,
 *   ::IOMMUFD_CAUSE_BAD_ID, ::IOMMUFD_CAUSE_NO_MEMORY
 * @threads{any}
 * @syscalls{none}
 * @kernel{6.13}
 * @since 0.1.0
 */
int iommufd_viommu_adopt(struct iommufd_ctx *ctx, uint32_t id, uint32_t flags,
			 struct iommufd_viommu **viommu);

/**
 * @brief The id of a vIOMMU.
 *
 * @param viommu the vIOMMU, or NULL
 * @return its id; 0 for NULL
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
uint32_t iommufd_viommu_id(const struct iommufd_viommu *viommu);

/**
 * @brief The context that a vIOMMU is in.
 *
 * @param viommu the vIOMMU, or NULL
 * @return the context, valid as long as the vIOMMU is, without a reference of
 *         its own: not to be closed; NULL for NULL
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
struct iommufd_ctx *iommufd_viommu_ctx(const struct iommufd_viommu *viommu);

/**
 * @brief A command of a guest's SMMUv3 command queue.
 *
 * The kernel's own layout, so that an array goes to it as it is.
 * @since 0.1.0
 */
struct iommufd_arm_smmuv3_command {
	/** The command as it is in the guest's memory: little-endian. */
	uint64_t cmd[2];
};

/**
 * @brief Invalidate what is cached for a vIOMMU: IOMMU_HWPT_INVALIDATE.
 *
 * Entries are looked at in order up to the first that is refused.
 *
 * @param viommu the vIOMMU
 * @param type an `IOMMUFD_INVALIDATE_` value, or a newer one
 * @param entries array of the kernel's struct of that type
 * @param entry_length size of one entry in bytes
 * @param[in,out] count number of entries, 1 or more; receives how many the
 *                driver has counted, after failures too: the entry that was
 *                refused, or one before it. A driver that collects entries may
 *                not have handled all that it counts. See the typed form.
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - ::IOMMUFD_CAUSE_INVALIDATION_REFUSED for EINVAL: there are no entries or
 *   more than 2^19, the driver does not know the type or length, or the entry
 *   is wrong
 * - ::IOMMUFD_CAUSE_INVALIDATION_ENTRY for EIO: a command or field that a guest
 *   may not use, or an unknown device
 * - ::IOMMUFD_CAUSE_FEATURE when the driver has no invalidation, or for a flag
 * - ::IOMMUFD_CAUSE_NEWER_STRUCT when an entry is longer than the kernel's and
 *   not zero there
 * - ::IOMMUFD_CAUSE_OBJECT when the vIOMMU is gone
 * - ::IOMMUFD_CAUSE_BAD_BUFFER, ::IOMMUFD_CAUSE_NO_MEMORY
 * - ::IOMMUFD_CAUSE_COMMAND before 6.8
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.13}
 * @since 0.1.0
 */
int iommufd_viommu_invalidate(struct iommufd_viommu *viommu, uint32_t type,
			      const void *entries, uint32_t entry_length,
			      uint32_t *count);

/**
 * @brief Give a guest's invalidation commands to an SMMUv3:
 *        IOMMU_HWPT_INVALIDATE.
 *
 * TLBI_NSNH_ALL, TLBI_NH_VA, TLBI_NH_VAA, TLBI_NH_ALL, TLBI_NH_ASID, ATC_INV,
 * CFGI_CD and CFGI_CD_ALL. The kernel puts in the VMID, and the physical stream
 * id in place of that of a vDevice. It adds the synchronisation: CMD_SYNC is
 * not to be given.
 *
 * @param viommu a vIOMMU of type ::IOMMUFD_VIOMMU_ARM_SMMUV3 or
 *               ::IOMMUFD_VIOMMU_TEGRA241_CMDQV
 * @param commands the commands
 * @param[in,out] count number of commands, 1 or more; receives the kernel's
 *                count. After a failure not one of them is certain to have
 *                reached the hardware: the kernel issues commands in batches, and
 *                counts those that it has accepted. To go on, give all from the
 *                first one on again, one by one, as
 *                iommufd_nesting_commands_arm_smmuv3() does: to invalidate
 *                twice does no harm.
 * @return 0 or a typed error
 * @failures as iommufd_viommu_invalidate()
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.13}
 * @since 0.1.0
 */
int iommufd_viommu_invalidate_arm_smmuv3(
	struct iommufd_viommu *viommu,
	const struct iommufd_arm_smmuv3_command *commands, uint32_t *count);

/**
 * @brief Map a vIOMMU's registers for a guest: mmap(2) of the context.
 *
 * The map keeps vIOMMU and context alive and the vIOMMU busy. A child of
 * fork(2) does not get it.
 *
 * @param viommu the vIOMMU
 * @param region offset and length as the driver gave them, exactly
 * @param[out] address where the registers are; untouched on failure. To be
 *             given to iommufd_viommu_munmap().
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - ::IOMMUFD_CAUSE_NOT_MAPPABLE when the driver gave no such offset and length
 * - ::IOMMUFD_CAUSE_FEATURE when the kernel maps nothing of an iommufd
 * - ::IOMMUFD_CAUSE_MEMORY_OR_LIMIT when the process locks all that it maps
 *   (mlockall(2)) and its limit of locked memory is reached (EAGAIN)
 * - ::IOMMUFD_CAUSE_NO_MEMORY, ::IOMMUFD_CAUSE_NOT_PERMITTED
 * @threads{any}
 * @syscalls{1 mmap, 1 madvise; 1 munmap more when madvise fails}
 * @kernel{6.17}
 * @since 0.1.0
 */
int iommufd_viommu_mmap(struct iommufd_viommu *viommu,
			const struct iommufd_extent *region, void **address);

/**
 * @brief Unmap what iommufd_viommu_mmap() mapped.
 *
 * Always the whole of it: a part that stays keeps the vIOMMU busy.
 *
 * @param address what iommufd_viommu_mmap() gave
 * @param region the same as there; only its length counts
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - ::IOMMUFD_CAUSE_BAD_VALUE when the address is not that of a page or the
 *   length is 0
 * - ::IOMMUFD_CAUSE_NO_MEMORY
 * @threads{any, as the last use of the registers}
 * @syscalls{1 munmap}
 * @kernel{6.17}
 * @since 0.1.0
 */
int iommufd_viommu_munmap(void *address, const struct iommufd_extent *region);

/**
 * @brief Destroy a vIOMMU: IOMMU_DESTROY.
 *
 * @param viommu the vIOMMU, or NULL. Gone after success; valid and unchanged
 *               after a failure.
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_IN_USE while anything made of it exists, or a memory map
 * - ::IOMMUFD_CAUSE_BORROWED when the handle was adopted without
 *   ::IOMMUFD_ADOPT_OWNED
 * - ::IOMMUFD_CAUSE_OBJECT when somebody else has destroyed it: release the
 *   handle then
 * @threads{any, as the last use of the handle}
 * @syscalls{1 ioctl, and 1 close when it was the last handle of the context}
 * @kernel{6.13}
 * @since 0.1.0
 */
int iommufd_viommu_destroy(struct iommufd_viommu *viommu);

/**
 * @brief Forget the handle; the vIOMMU lives on.
 *
 * @param viommu the vIOMMU, or NULL
 * @failures none
 * @threads{any, as the last use of the handle}
 * @syscalls{1 close when it was the last handle of the context, else none}
 * @since 0.1.0
 */
void iommufd_viommu_release(struct iommufd_viommu *viommu);

/** @} */

#ifdef __cplusplus
}
#endif

#endif /* LIBIOMMUFD_VIOMMU_H */
