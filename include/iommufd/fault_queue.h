/* SPDX-License-Identifier: MIT */
/**
 * @file fault_queue.h
 * @brief Fault queues: page faults that the caller answers.
 */
#ifndef LIBIOMMUFD_FAULT_QUEUE_H
#define LIBIOMMUFD_FAULT_QUEUE_H

#include <stdint.h>

#include <iommufd/ctx.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @defgroup fault_queue Fault queue
 * @brief Page faults of devices, to be answered by the caller.
 *
 * A page table made with the queue's id sends the page requests of its devices
 * here. poll(2) on the descriptor tells when there are any. Faults come in
 * groups; all of a group carry one cookie and take one answer.
 *
 * When a device moves to another page table, the kernel answers what is still
 * open for it.
 * @{
 */

/**
 * @struct iommufd_fault_queue
 * @brief Page faults of devices, to be answered by the caller.
 * @since 0.1.0
 */
struct iommufd_fault_queue;

/**
 * @name Flags of a page fault
 * @{
 */
enum {
	/** The access was made with a PASID. @since 0.1.0 */
	IOMMUFD_PGFAULT_PASID_VALID = 1 << 0,
	/** The last one of its group. @since 0.1.0 */
	IOMMUFD_PGFAULT_LAST_PAGE = 1 << 1
};
/** @} */

/**
 * @name What a page fault wanted
 * @{
 */
enum {
	IOMMUFD_PGFAULT_PERM_READ = 1 << 0,  /**< Reading. @since 0.1.0 */
	IOMMUFD_PGFAULT_PERM_WRITE = 1 << 1, /**< Writing. @since 0.1.0 */
	IOMMUFD_PGFAULT_PERM_EXEC = 1 << 2,  /**< Executing. @since 0.1.0 */
	IOMMUFD_PGFAULT_PERM_PRIV = 1 << 3   /**< Privilege. @since 0.1.0 */
};
/** @} */

/**
 * @name Answers to page faults
 * @{
 */
enum {
	/** The page is there now: try again. @since 0.1.0 */
	IOMMUFD_PAGE_RESPONSE_SUCCESS = 0,
	/** The access fails. @since 0.1.0 */
	IOMMUFD_PAGE_RESPONSE_INVALID = 1
};
/** @} */

/**
 * @brief One page fault.
 *
 * The kernel's own layout, so that it reads into an array of the caller.
 * @since 0.1.0
 */
struct iommufd_hwpt_pgfault {
	/** `IOMMUFD_PGFAULT_` flags. */
	uint32_t flags;
	/** Id of the device. */
	uint32_t dev_id;
	/** The PASID, with ::IOMMUFD_PGFAULT_PASID_VALID. */
	uint32_t pasid;
	/** The hardware's number of the group. */
	uint32_t grpid;
	/** `IOMMUFD_PGFAULT_PERM_` bits. */
	uint32_t perm;
	/** 0. */
	uint32_t reserved;
	/** The address. */
	uint64_t addr;
	/** Bytes that it is worth to make present; 0 when unknown. */
	uint32_t length;
	/** What the answer names; one for all faults of a group. */
	uint32_t cookie;
};

/**
 * @brief The answer to a group of page faults.
 *
 * The kernel's own layout.
 * @since 0.1.0
 */
struct iommufd_hwpt_page_response {
	/** The cookie of the group. */
	uint32_t cookie;
	/** An `IOMMUFD_PAGE_RESPONSE_` value. */
	uint32_t code;
};

/**
 * @brief Make a fault queue: IOMMU_FAULT_QUEUE_ALLOC.
 *
 * @param ctx the context
 * @param flags 0; no kernel has any yet
 * @param[out] queue the new queue, which iommufd_fault_queue_destroy() ends;
 *             untouched on failure
 * @return 0 or a typed error; a failure changes nothing
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_NO_MEMORY
 * - ::IOMMUFD_CAUSE_DESCRIPTORS
 * - ::IOMMUFD_CAUSE_FEATURE for a flag that the kernel does not know
 * - ::IOMMUFD_CAUSE_COMMAND before 6.11
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.11}
 * @since 0.1.0
 */
int iommufd_fault_queue_alloc(struct iommufd_ctx *ctx, uint32_t flags,
			      struct iommufd_fault_queue **queue);

/**
 * @brief Make a handle of a fault queue that exists already.
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
 * @kernel{6.11}
 * @since 0.1.0
 */
int iommufd_fault_queue_adopt(struct iommufd_ctx *ctx, uint32_t id, int fd,
			      uint32_t flags,
			      struct iommufd_fault_queue **queue);

/**
 * @brief The id of a fault queue.
 *
 * @param queue the queue, or NULL
 * @return its id; 0 for NULL
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
uint32_t iommufd_fault_queue_id(const struct iommufd_fault_queue *queue);

/**
 * @brief The context that a fault queue is in.
 *
 * @param queue the queue, or NULL
 * @return the context, valid as long as the queue is, without a reference of
 *         its own: not to be closed; NULL for NULL
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
struct iommufd_ctx *iommufd_fault_queue_ctx(
	const struct iommufd_fault_queue *queue);

/**
 * @brief The descriptor of a fault queue.
 *
 * It stays the queue's: for poll(2), which reports input when faults wait.
 *
 * @param queue the queue, or NULL
 * @return the descriptor; -1 for NULL and after iommufd_fault_queue_close_fd()
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
int iommufd_fault_queue_fd(const struct iommufd_fault_queue *queue);

/**
 * @brief Read page faults, whole groups of them: read(2).
 *
 * Never waits. Nothing to read is no end: more may come.
 *
 * @param queue the queue
 * @param[out] faults receives the faults
 * @param[in,out] count room in faults, of which at most 2^20 count; receives
 *                how many were read, 0 when none waits. Untouched on failure.
 * @return 0 or a typed error, after which nothing has left the queue
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - ::IOMMUFD_CAUSE_RECORD_SHORT when the first group that waits does not fit
 * - ::IOMMUFD_CAUSE_BAD_FD after iommufd_fault_queue_close_fd()
 * - ::IOMMUFD_CAUSE_BAD_BUFFER, ::IOMMUFD_CAUSE_NO_MEMORY
 * @threads{any}
 * @syscalls{1 read}
 * @kernel{6.11}
 * @since 0.1.0
 */
int iommufd_fault_queue_read(struct iommufd_fault_queue *queue,
			     struct iommufd_hwpt_pgfault *faults,
			     uint32_t *count);

/**
 * @brief Answer groups of page faults: write(2).
 *
 * @param queue the queue
 * @param responses one answer for each group
 * @param[in,out] count number of answers, of which at most 2^20 count; receives
 *                how many the kernel took. When it is fewer and the call
 *                succeeded, the next answer was refused: give it as the first
 *                one to learn why. 0 after a failure.
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - ::IOMMUFD_CAUSE_FAULT_GONE when the first answer's cookie is none that
 *   waits: it has been answered, by the kernel when the device moved
 * - ::IOMMUFD_CAUSE_BAD_VALUE when the first answer's code is unknown
 * - ::IOMMUFD_CAUSE_BAD_FD after iommufd_fault_queue_close_fd()
 * - ::IOMMUFD_CAUSE_BAD_BUFFER; some kernels take answers that cannot be read for
 *   dealt with, and the faults wait on
 * @threads{any}
 * @syscalls{1 write}
 * @kernel{6.11}
 * @since 0.1.0
 */
int iommufd_fault_queue_respond(
	struct iommufd_fault_queue *queue,
	const struct iommufd_hwpt_page_response *responses, uint32_t *count);

/**
 * @brief Close the descriptor: to be done before the queue is destroyed.
 *
 * @param queue the queue, or NULL
 * @failures none
 * @threads{any, as the last use of the descriptor}
 * @syscalls{1 close; none when it is closed}
 * @kernel{6.11}
 * @since 0.1.0
 */
void iommufd_fault_queue_close_fd(struct iommufd_fault_queue *queue);

/**
 * @brief Destroy a fault queue: IOMMU_DESTROY.
 *
 * The kernel answers what is still open with ::IOMMUFD_PAGE_RESPONSE_INVALID.
 *
 * @param queue the queue, or NULL. Gone after success; valid and unchanged
 *              after a failure.
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_IN_USE while its descriptor is open anywhere, or a page
 *   table sends faults to it
 * - ::IOMMUFD_CAUSE_BORROWED when the handle was adopted without
 *   ::IOMMUFD_ADOPT_OWNED
 * - ::IOMMUFD_CAUSE_OBJECT when somebody else has destroyed it: release the
 *   handle then
 * @threads{any, as the last use of the handle}
 * @syscalls{1 ioctl, and 1 close when it was the last handle of the context}
 * @kernel{6.11}
 * @since 0.1.0
 */
int iommufd_fault_queue_destroy(struct iommufd_fault_queue *queue);

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
void iommufd_fault_queue_release(struct iommufd_fault_queue *queue);

/** @} */

#ifdef __cplusplus
}
#endif

#endif /* LIBIOMMUFD_FAULT_QUEUE_H */
