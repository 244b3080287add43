/* SPDX-License-Identifier: MIT */
/**
 * @file hw_queue.h
 * @brief Hardware queues: a guest's queue that the IOMMU reads itself.
 */
#ifndef LIBIOMMUFD_HW_QUEUE_H
#define LIBIOMMUFD_HW_QUEUE_H

#include <stdint.h>

#include <iommufd/ctx.h>

#ifdef __cplusplus
extern "C" {
#endif

struct iommufd_viommu;

/**
 * @defgroup hw_queue Hardware queue
 * @brief A queue in the guest's memory that the IOMMU reads without a trap.
 *
 * Its pages are pinned, and the whole mapping they lie in cannot be unmapped
 * until the queue is destroyed.
 * @{
 */

/**
 * @struct iommufd_hw_queue
 * @brief A guest's queue that the IOMMU reads itself.
 * @since 0.1.0
 */
struct iommufd_hw_queue;

/**
 * @name Types of hardware queues
 * @{
 */
enum {
	/** None; no kernel makes one. @since 0.1.0 */
	IOMMUFD_HW_QUEUE_DEFAULT = 0,
	/** A command queue of NVIDIA Tegra241. Indexes ascend from 0; the
	 *  length is a power of two, the memory aligned to it. Linux 6.17.
	 *  @since 0.1.0 */
	IOMMUFD_HW_QUEUE_TEGRA241_CMDQV = 1
};
/** @} */

/**
 * @brief Ask whether a vIOMMU has hardware queues of a type.
 *
 * Tried with an address that cannot be mapped, so nothing is made. While it is
 * tried the address space needs whole pages: a mapping of less that another
 * thread makes just then may be refused.
 *
 * A 0 supposes that @p viommu is alive: the kernel has one answer for what it
 * takes and for an id that is gone.
 *
 * @param viommu the guest's IOMMU
 * @param type an `IOMMUFD_HW_QUEUE_` value, or a newer one
 * @return 0 when it has, else a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - ::IOMMUFD_CAUSE_FEATURE when it has not
 * - ::IOMMUFD_CAUSE_NO_MEMORY
 * - ::IOMMUFD_CAUSE_COMMAND before 6.17
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.17}
 * @since 0.1.0
 */
int iommufd_hw_queue_probe(struct iommufd_viommu *viommu, uint32_t type);

/**
 * @brief What the queue is and where it lies.
 *
 * All of it is needed; the members have names so that they cannot change
 * places.
 * @since 0.1.0
 */
struct iommufd_hw_queue_alloc_opts {
	/** sizeof(struct iommufd_hw_queue_alloc_opts). */
	uint32_t size;
	/** An `IOMMUFD_HW_QUEUE_` value, or a newer one. */
	uint32_t type;
	/** Which of the vIOMMU's queues it is. */
	uint32_t index;
	/** 0; no kernel has flags yet. */
	uint32_t flags;
	/** Bytes. */
	uint64_t length;
	/** Where it begins, in the address space of the nest parent. */
	uint64_t iova;
};

/**
 * @brief Give a guest's queue to the IOMMU: IOMMU_HW_QUEUE_ALLOC.
 *
 * @param viommu the guest's IOMMU
 * @param opts the queue
 * @param[out] queue the new queue, which iommufd_hw_queue_destroy() ends;
 *             untouched on failure
 * @return 0 or a typed error; a failure changes nothing
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_OPTS_SIZE,
 *   ::IOMMUFD_CAUSE_OPTS_TAIL
 * - ::IOMMUFD_CAUSE_ZERO_LENGTH, ::IOMMUFD_CAUSE_OVERFLOW
 * - ::IOMMUFD_CAUSE_FEATURE when the vIOMMU has no such queues, or for an
 *   unknown flag
 * - ::IOMMUFD_CAUSE_QUEUE_EXISTS when the index is taken
 * - ::IOMMUFD_CAUSE_QUEUE_ORDER when a lower index is still free (EIO)
 * - ::IOMMUFD_CAUSE_QUEUE_REFUSED for EINVAL: index, length or address are not
 *   what the hardware takes, or the memory is a device's
 * - ::IOMMUFD_CAUSE_QUEUE_MEMORY when the vIOMMU is gone, or the range is not
 *   mapped as a whole
 * - ::IOMMUFD_CAUSE_QUEUE_NOT_READABLE when it is mapped for writing only
 * - ::IOMMUFD_CAUSE_QUEUE_NOT_CONTIGUOUS when the pages do not lie in one piece
 *   of physical memory
 * - ::IOMMUFD_CAUSE_MAPPING_MISALIGNED when a mapping of the address space is
 *   not page aligned
 * - ::IOMMUFD_CAUSE_MEMORY_OR_LIMIT
 * - ::IOMMUFD_CAUSE_COMMAND before 6.17
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.17}
 * @since 0.1.0
 */
int iommufd_hw_queue_alloc(struct iommufd_viommu *viommu,
			   const struct iommufd_hw_queue_alloc_opts *opts,
			   struct iommufd_hw_queue **queue);

/**
 * @brief Make a handle of a hardware queue that exists already.
 *
 * @param ctx the context in which @p id is valid
 * @param id the queue
 * @param flags 0 or ::IOMMUFD_ADOPT_OWNED. No harmless command tells whether it
 *              is one.
 * @param[out] queue the new handle; untouched on failure
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_BAD_FLAGS,
 *   ::IOMMUFD_CAUSE_BAD_ID, ::IOMMUFD_CAUSE_NO_MEMORY
 * @threads{any}
 * @syscalls{none}
 * @kernel{6.17}
 * @since 0.1.0
 */
int iommufd_hw_queue_adopt(struct iommufd_ctx *ctx, uint32_t id, uint32_t flags,
			   struct iommufd_hw_queue **queue);

/**
 * @brief The id of a hardware queue.
 *
 * @param queue the queue, or NULL
 * @return its id; 0 for NULL
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
uint32_t iommufd_hw_queue_id(const struct iommufd_hw_queue *queue);

/**
 * @brief The context that a hardware queue is in.
 *
 * @param queue the queue, or NULL
 * @return the context, valid as long as the queue is, without a reference of
 *         its own: not to be closed; NULL for NULL
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
struct iommufd_ctx *iommufd_hw_queue_ctx(const struct iommufd_hw_queue *queue);

/**
 * @brief Destroy a hardware queue: IOMMU_DESTROY.
 *
 * @param queue the queue, or NULL. Gone after success; valid and unchanged
 *              after a failure.
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_IN_USE while a queue of a higher index stands on it
 * - ::IOMMUFD_CAUSE_BORROWED when the handle was adopted without
 *   ::IOMMUFD_ADOPT_OWNED
 * - ::IOMMUFD_CAUSE_OBJECT when somebody else has destroyed it: release the
 *   handle then
 * @threads{any, as the last use of the handle}
 * @syscalls{1 ioctl, and 1 close when it was the last handle of the context}
 * @kernel{6.17}
 * @since 0.1.0
 */
int iommufd_hw_queue_destroy(struct iommufd_hw_queue *queue);

/**
 * @brief Forget the handle; the queue lives on.
 *
 * @param queue the queue, or NULL
 * @failures none
 * @threads{any, as the last use of the handle}
 * @syscalls{1 close when it was the last handle of the context, else none}
 * @since 0.1.0
 */
void iommufd_hw_queue_release(struct iommufd_hw_queue *queue);

/** @} */

#ifdef __cplusplus
}
#endif

#endif /* LIBIOMMUFD_HW_QUEUE_H */
