/* SPDX-License-Identifier: MIT */
/**
 * @file veventq.h
 * @brief Event queues of virtual IOMMUs.
 */
#ifndef LIBIOMMUFD_VEVENTQ_H
#define LIBIOMMUFD_VEVENTQ_H

#include <stdint.h>

#include <iommufd/ctx.h>

#ifdef __cplusplus
extern "C" {
#endif

struct iommufd_viommu;

/**
 * @defgroup veventq Virtual event queue
 * @brief What the hardware has to tell a guest's IOMMU.
 *
 * poll(2) on the descriptor tells when there is something. The records have
 * different lengths; libiommufd-util takes them apart and counts what was lost.
 * @{
 */

/**
 * @struct iommufd_veventq
 * @brief What the hardware has to tell a guest's IOMMU.
 * @since 0.1.0
 */
struct iommufd_veventq;

/**
 * @name Types of event queues
 * @{
 */
enum {
	/** None; no kernel makes one. @since 0.1.0 */
	IOMMUFD_VEVENTQ_DEFAULT = 0,
	/** Event records of Arm SMMUv3. Linux 6.15. @since 0.1.0 */
	IOMMUFD_VEVENTQ_ARM_SMMUV3 = 1,
	/** Errors of the command queues of NVIDIA Tegra241. Linux 6.17.
	 *  @since 0.1.0 */
	IOMMUFD_VEVENTQ_TEGRA241_CMDQV = 2
};
/** @} */

/**
 * @name Flags of an event
 * @{
 */
enum {
	/** Events were lost; no event follows this header. @since 0.1.0 */
	IOMMUFD_VEVENT_LOST_EVENTS = 1 << 0
};
/** @} */

/**
 * @brief What stands before each event; the kernel's own layout.
 * @since 0.1.0
 */
struct iommufd_veventq_header {
	/** `IOMMUFD_VEVENT_` flags. */
	uint32_t flags;
	/** Counts all events, lost ones too: 0 to 2^31-1, then 0 again. */
	uint32_t sequence;
};

/**
 * @brief An event of Arm SMMUv3; the kernel's own layout.
 * @since 0.1.0
 */
struct iommufd_vevent_arm_smmuv3 {
	/** The event record, little-endian, with the guest's stream id. */
	uint64_t evt[4];
};

/**
 * @brief An error of Tegra241 command queues; the kernel's own layout.
 * @since 0.1.0
 */
struct iommufd_vevent_tegra241_cmdqv {
	/** One bit per queue, little-endian. */
	uint64_t lvcmdq_err_map[2];
};

/**
 * @brief What kind of queue, and how long.
 *
 * All of it is needed; the members have names so that they cannot change
 * places.
 * @since 0.1.0
 */
struct iommufd_veventq_alloc_opts {
	/** sizeof(struct iommufd_veventq_alloc_opts). */
	uint32_t size;
	/** An `IOMMUFD_VEVENTQ_` value, or a newer one. **The kernel takes any
	 *  type but 0**; one that does not belong to the vIOMMU's type never
	 *  has an event. */
	uint32_t type;
	/** Events that can wait, 1 to 2^19; what comes then is lost. */
	uint32_t depth;
	/** 0; no kernel has flags yet. */
	uint32_t flags;
};

/**
 * @brief Make an event queue: IOMMU_VEVENTQ_ALLOC.
 *
 * @param viommu the guest's IOMMU, which has at most one queue of a type
 * @param opts the queue
 * @param[out] queue the new queue, which iommufd_veventq_destroy() ends;
 *             untouched on failure
 * @return 0 or a typed error; a failure changes nothing
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_OPTS_SIZE,
 *   ::IOMMUFD_CAUSE_OPTS_TAIL
 * - ::IOMMUFD_CAUSE_BAD_VALUE for a depth of 0 or above 2^19
 * - ::IOMMUFD_CAUSE_FEATURE for type 0 or an unknown flag
 * - ::IOMMUFD_CAUSE_QUEUE_EXISTS
 * - ::IOMMUFD_CAUSE_OBJECT when the vIOMMU is gone
 * - ::IOMMUFD_CAUSE_DESCRIPTORS, ::IOMMUFD_CAUSE_NO_MEMORY
 * - ::IOMMUFD_CAUSE_COMMAND before 6.15
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.15}
 * @since 0.1.0
 */
int iommufd_veventq_alloc(struct iommufd_viommu *viommu,
			  const struct iommufd_veventq_alloc_opts *opts,
			  struct iommufd_veventq **queue);

/**
 * @brief Make a handle of an event queue that exists already.
 *
 * @param ctx the context in which @p id is valid
 * @param id the queue
 * @param fd its descriptor, duplicated by default
 * @param flags 0, or ::IOMMUFD_ADOPT_TAKE_FD, ::IOMMUFD_ADOPT_OWNED. No
 *              harmless command tells whether it is one.
 * @param[out] queue the new handle; untouched on failure
 * @return 0 or a typed error; after a failure @p fd is the caller's in any case
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_BAD_FLAGS,
 *   ::IOMMUFD_CAUSE_BAD_ID, ::IOMMUFD_CAUSE_NO_MEMORY
 * - ::IOMMUFD_CAUSE_BAD_FD when @p fd is not open (found out when it is
 *   duplicated), ::IOMMUFD_CAUSE_DESCRIPTORS
 * @threads{any}
 * @syscalls{1 fcntl to duplicate, else none}
 * @kernel{6.15}
 * @since 0.1.0
 */
int iommufd_veventq_adopt(struct iommufd_ctx *ctx, uint32_t id, int fd,
			  uint32_t flags, struct iommufd_veventq **queue);

/**
 * @brief The id of an event queue.
 *
 * @param queue the queue, or NULL
 * @return its id; 0 for NULL
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
uint32_t iommufd_veventq_id(const struct iommufd_veventq *queue);

/**
 * @brief The context that an event queue is in.
 *
 * @param queue the queue, or NULL
 * @return the context, valid as long as the queue is, without a reference of
 *         its own: not to be closed; NULL for NULL
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
struct iommufd_ctx *iommufd_veventq_ctx(const struct iommufd_veventq *queue);

/**
 * @brief The descriptor of an event queue.
 *
 * It stays the queue's: for poll(2), which reports input when events wait.
 *
 * @param queue the queue, or NULL
 * @return the descriptor; -1 for NULL and after iommufd_veventq_close_fd()
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
int iommufd_veventq_fd(const struct iommufd_veventq *queue);

/**
 * @brief Read events, whole records of them: read(2).
 *
 * A record is a struct iommufd_veventq_header and, unless it says that events
 * were lost, the event. Never waits. Nothing to read is no end: more may come.
 *
 * @param queue the queue
 * @param[out] records receives the records, one after the other
 * @param[in,out] length room in bytes; receives how many were read, 0 when no
 *                event waits. Untouched on failure.
 * @return 0 or a typed error, after which nothing has left the queue
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - ::IOMMUFD_CAUSE_RECORD_SHORT when the first record that waits does not fit,
 *   or there is no room for a header
 * - ::IOMMUFD_CAUSE_BAD_FD after iommufd_veventq_close_fd()
 * - ::IOMMUFD_CAUSE_BAD_BUFFER, ::IOMMUFD_CAUSE_NO_MEMORY
 * @threads{any}
 * @syscalls{1 read}
 * @kernel{6.15}
 * @since 0.1.0
 */
int iommufd_veventq_read(struct iommufd_veventq *queue, void *records,
			 uint32_t *length);

/**
 * @brief Close the descriptor: to be done before the queue is destroyed.
 *
 * @param queue the queue, or NULL
 * @failures none
 * @threads{any, as the last use of the descriptor}
 * @syscalls{1 close; none when it is closed}
 * @kernel{6.15}
 * @since 0.1.0
 */
void iommufd_veventq_close_fd(struct iommufd_veventq *queue);

/**
 * @brief Destroy an event queue: IOMMU_DESTROY.
 *
 * @param queue the queue, or NULL. Gone after success; valid and unchanged
 *              after a failure.
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_IN_USE while its descriptor is open anywhere
 * - ::IOMMUFD_CAUSE_BORROWED when the handle was adopted without
 *   ::IOMMUFD_ADOPT_OWNED
 * - ::IOMMUFD_CAUSE_OBJECT when somebody else has destroyed it: release the
 *   handle then
 * @threads{any, as the last use of the handle}
 * @syscalls{1 ioctl, and 1 close when it was the last handle of the context}
 * @kernel{6.15}
 * @since 0.1.0
 */
int iommufd_veventq_destroy(struct iommufd_veventq *queue);

/**
 * @brief Close the descriptor and forget the handle; the queue lives on.
 *
 * @param queue the queue, or NULL
 * @failures none
 * @threads{any, as the last use of the handle}
 * @syscalls{1 close when the descriptor is open, 1 more when it was the last
 *           handle of the context}
 * @since 0.1.0
 */
void iommufd_veventq_release(struct iommufd_veventq *queue);

/** @} */

#ifdef __cplusplus
}
#endif

#endif /* LIBIOMMUFD_VEVENTQ_H */
