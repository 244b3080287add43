/* SPDX-License-Identifier: MIT */
/**
 * @file events.h
 * @brief Reading virtual events and page faults.
 */
#ifndef LIBIOMMUFD_UTIL_EVENTS_H
#define LIBIOMMUFD_UTIL_EVENTS_H

#include <stdint.h>

#include <iommufd/failure.h>
#include <iommufd/fault_queue.h>
#include <iommufd/veventq.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @defgroup events Events and faults
 * @brief What comes out of event queues and fault queues, taken apart.
 *
 * Everything works on memory of the caller, allocates nothing and never waits:
 * the caller has poll(2) and its own loop. Part of libiommufd-util.
 *
 * Virtual events: a struct iommufd_event_reader, which begins as zeroes and
 * what the caller sets. When poll(2) reports input,
 *
 *     ret = iommufd_event_fill(&reader, queue);
 *     while (!ret && !(ret = iommufd_event_next(&reader, &event)) &&
 *            event.kind != IOMMUFD_EVENT_NONE)
 *             use(&event);
 *
 * Every event that the device had is counted: as delivered, or as lost. The
 * count is exact as soon as the queue has been read to its end.
 *
 * Page faults: iommufd_fault_queue_read() into an array,
 * iommufd_fault_group_next() over it, and one answer for each group.
 * @{
 */

/**
 * @name Operations on events and faults
 * In the thread's record of its last failure, when it is the helper that
 * refuses; the kernel's refusals are those of iommufd_veventq_read() and
 * iommufd_fault_queue_respond().
 * @{
 */
enum {
	/** Any call of this group. @since 0.1.0 */
	IOMMUFD_OP_EVENTS = IOMMUFD_OP_HELPER + 5
};
/** @} */

/**
 * @name Kinds of records
 * @{
 */
enum {
	/** None: the reader's buffer has been read to its end.
	 *  @since 0.1.0 */
	IOMMUFD_EVENT_NONE = 0,
	/** An event. @since 0.1.0 */
	IOMMUFD_EVENT_RECORD = 1,
	/** No event, but word that some were lost. @since 0.1.0 */
	IOMMUFD_EVENT_LOST = 2
};
/** @} */

/**
 * @brief Where a reader of virtual events stands.
 *
 * The caller's; one for each queue, used by one thread at a time. Nothing in it
 * needs to be freed.
 * @since 0.1.0
 */
struct iommufd_event_reader {
	/** Set by the caller: sizeof(struct iommufd_event_reader). */
	uint32_t size;
	/** Set by the caller: type of the queue, an `IOMMUFD_VEVENTQ_`
	 *  value. */
	uint32_t type;
	/** Set by the caller: bytes of an event without its header. 0 for a
	 *  type that this library knows. */
	uint32_t event_length;
	/** Set by the caller: bytes at `buffer`. Room for one event is enough,
	 *  more saves system calls. */
	uint32_t buffer_size;
	/** Events that iommufd_event_next() has given. */
	uint64_t delivered;
	/** Events that the queue had no room for, or that were in a buffer that
	 *  had to be dropped. */
	uint64_t lost;
	/** Bytes of records in the buffer. iommufd_event_fill() sets it; who
	 *  reads the queue by other means does. 0 when all have been taken:
	 *  then another buffer may be set. */
	uint32_t length;
	/** Where in the buffer the next record begins. */
	uint32_t position;
	/** Sequence number of the last record, when `started`. */
	uint32_t sequence;
	/** 1 when there has been a record. Who takes a queue over in the middle
	 *  sets it, and `sequence`. */
	uint32_t started;
	/** Set by the caller: where records are read to. */
	void *buffer;
};

/**
 * @brief One record of an event queue.
 * @since 0.1.0
 */
struct iommufd_event_info {
	/** Set by the caller: sizeof(struct iommufd_event_info). */
	uint32_t size;
	/** An `IOMMUFD_EVENT_` kind. */
	uint32_t kind;
	/** Type of the queue: what `data` holds. */
	uint32_t type;
	/** `IOMMUFD_VEVENT_` flags, and newer ones. */
	uint32_t flags;
	/** Sequence number. */
	uint32_t sequence;
	/** Bytes at `data`. */
	uint32_t length;
	/** Events that were lost since the record before, or since the
	 *  beginning. */
	uint64_t lost;
	/** The event as the kernel gave it, in the reader's buffer until the
	 *  next iommufd_event_fill(), perhaps not aligned; NULL when there is
	 *  none. */
	const void *data;
};

/**
 * @brief Read records into a reader's buffer: read(2), once.
 *
 * Does nothing while there is still a whole record in the buffer. Nothing to
 * read is no failure.
 *
 * @param[in,out] reader the reader
 * @param queue the queue
 * @return 0 or a typed error, after which no record is gone
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, also for a buffer that is NULL;
 *   ::IOMMUFD_CAUSE_OPTS_SIZE, ::IOMMUFD_CAUSE_OPTS_TAIL
 * - ::IOMMUFD_CAUSE_BAD_VALUE when neither `event_length` nor the type tells
 *   how long events are, or `length` and `position` are outside of the buffer
 * - as iommufd_veventq_read(); ::IOMMUFD_CAUSE_RECORD_SHORT when the buffer is
 *   smaller than the next record
 * @threads{any, one at a time for a reader}
 * @syscalls{1 read, or none}
 * @kernel{6.15}
 * @since 0.1.0
 */
int iommufd_event_fill(struct iommufd_event_reader *reader,
		       struct iommufd_veventq *queue);

/**
 * @brief Take the next record out of a reader's buffer.
 *
 * @param[in,out] reader the reader
 * @param[in,out] event `size` must be set; receives the record, or
 *                ::IOMMUFD_EVENT_NONE. Untouched on failure.
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_OPTS_SIZE,
 *   ::IOMMUFD_CAUSE_OPTS_TAIL
 * - ::IOMMUFD_CAUSE_BAD_VALUE as for iommufd_event_fill()
 * - ::IOMMUFD_CAUSE_RECORD_SHORT when the buffer ends within a record; what is
 *   there stays, for iommufd_event_fill() to read on behind it
 * - ::IOMMUFD_CAUSE_RECORD_MALFORMED when it is no record that a kernel gives
 *   next: the number is too large, or the last one again. The rest of the buffer
 *   is dropped; the next record's number tells how many events were in it.
 * @threads{any, one at a time for a reader}
 * @syscalls{none}
 * @since 0.1.0
 */
int iommufd_event_next(struct iommufd_event_reader *reader,
		       struct iommufd_event_info *event);

/**
 * @name Valid members of iommufd_event_arm_smmuv3_info
 * @{
 */
enum {
	/** `substream_id`. @since 0.1.0 */
	IOMMUFD_EVENT_ARM_SMMUV3_SUBSTREAM = 1 << 0,
	/** `address`, `access`, `class_`, `stag`, and the flags: of the events
	 *  F_TRANSLATION, F_ADDR_SIZE, F_ACCESS and F_PERMISSION.
	 *  @since 0.1.0 */
	IOMMUFD_EVENT_ARM_SMMUV3_ACCESS = 1 << 1,
	/** `ipa`: of these events when it was stage 2. @since 0.1.0 */
	IOMMUFD_EVENT_ARM_SMMUV3_IPA = 1 << 2,
	/** `reason`: of events that no guest gets today: fetches that were
	 *  aborted, and conflicts. @since 0.1.0 */
	IOMMUFD_EVENT_ARM_SMMUV3_REASON = 1 << 3
};
/** @} */

/**
 * @name Flags of an SMMUv3 event
 * @{
 */
enum {
	/** The access waits: it goes on or ends by CMD_RESUME with `stag`.
	 *  @since 0.1.0 */
	IOMMUFD_EVENT_ARM_SMMUV3_STALL = 1 << 0,
	/** Stage 2 refused; stage 1 otherwise. @since 0.1.0 */
	IOMMUFD_EVENT_ARM_SMMUV3_STAGE2 = 1 << 1
};
/** @} */

/**
 * @name What an SMMUv3 was accessing
 * @{
 */
enum {
	/** A context descriptor. @since 0.1.0 */
	IOMMUFD_EVENT_ARM_SMMUV3_CLASS_CD = 0,
	/** A translation table. @since 0.1.0 */
	IOMMUFD_EVENT_ARM_SMMUV3_CLASS_TABLE = 1,
	/** What the device wanted. @since 0.1.0 */
	IOMMUFD_EVENT_ARM_SMMUV3_CLASS_INPUT = 2
};
/** @} */

/**
 * @brief An SMMUv3 event in parts.
 *
 * The fields of the event record in the Arm SMMUv3 architecture specification.
 * @since 0.1.0
 */
struct iommufd_event_arm_smmuv3_info {
	/** Set by the caller: sizeof(struct iommufd_event_arm_smmuv3_info). */
	uint32_t size;
	/** Bits for the members that this event has; the others are 0. */
	uint32_t valid;
	/** Number of the event. Linux 7.3 gives guests 0x04, 0x06, 0x08, 0x0a
	 *  and 0x10 to 0x13. */
	uint32_t id;
	/** The stream: the guest's number of the device. */
	uint32_t stream_id;
	/** The substream: the PASID. */
	uint32_t substream_id;
	/** Flags. */
	uint32_t flags;
	/** What the device wanted: `IOMMUFD_PGFAULT_PERM_` bits. */
	uint32_t access;
	/** What was accessed for it: one of the classes above. */
	uint32_t class_;
	/** Names an access that waits. */
	uint32_t stag;
	/** A number of the implementation's. */
	uint32_t reason;
	/** The address that the device wanted. */
	uint64_t address;
	/** The intermediate physical address, without its lowest 12 bits. */
	uint64_t ipa;
	/** The whole record, in this machine's byte order. */
	uint64_t record[4];
};

/**
 * @brief Take an SMMUv3 event apart.
 *
 * @param event a record of a queue of type ::IOMMUFD_VEVENTQ_ARM_SMMUV3
 * @param[in,out] info `size` must be set; untouched on failure
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_OPTS_SIZE,
 *   ::IOMMUFD_CAUSE_OPTS_TAIL
 * - ::IOMMUFD_CAUSE_BAD_VALUE when it is no event, or one of another type
 * - ::IOMMUFD_CAUSE_RECORD_SHORT when it is shorter than such an event
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
int iommufd_event_arm_smmuv3(const struct iommufd_event_info *event,
			     struct iommufd_event_arm_smmuv3_info *info);

/**
 * @brief The architecture's name of an SMMUv3 event, for logs.
 *
 * @param id number of the event
 * @return the name, as "F_TRANSLATION", or "UNKNOWN"; never NULL
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
const char *iommufd_event_arm_smmuv3_name(uint32_t id);

/**
 * @brief Errors of Tegra241 command queues.
 * @since 0.1.0
 */
struct iommufd_event_tegra241_cmdqv_info {
	/** Set by the caller: sizeof(struct
	 *  iommufd_event_tegra241_cmdqv_info). */
	uint32_t size;
	/** Number of queues that have an error. */
	uint32_t count;
	/** One bit for each: queue 0 to 63, and 64 to 127. */
	uint64_t queues[2];
};

/**
 * @brief Take an event of Tegra241 command queues apart.
 *
 * @param event a record of a queue of type ::IOMMUFD_VEVENTQ_TEGRA241_CMDQV
 * @param[in,out] info `size` must be set; untouched on failure
 * @return 0 or a typed error
 * @failures as iommufd_event_arm_smmuv3()
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
int iommufd_event_tegra241_cmdqv(
	const struct iommufd_event_info *event,
	struct iommufd_event_tegra241_cmdqv_info *info);

/**
 * @brief A group of page faults, which takes one answer.
 * @since 0.1.0
 */
struct iommufd_fault_group_info {
	/** Set by the caller: sizeof(struct iommufd_fault_group_info). */
	uint32_t size;
	/** Number of faults; 0 when there is no further group. */
	uint32_t count;
	/** What the answer names. */
	uint32_t cookie;
	/** Id of the device. */
	uint32_t dev_id;
	/** `IOMMUFD_PGFAULT_` flags of any of its faults. */
	uint32_t flags;
	/** The PASID, with ::IOMMUFD_PGFAULT_PASID_VALID. */
	uint32_t pasid;
	/** The hardware's number of the group. */
	uint32_t grpid;
	/** `IOMMUFD_PGFAULT_PERM_` bits of all its faults. */
	uint32_t perm;
	/** The lowest address. */
	uint64_t start;
	/** The last byte: of the fault that reaches furthest, of which only the
	 *  first byte counts when it does not say its length. */
	uint64_t last;
	/** The first fault; the others follow it in the array. */
	const struct iommufd_hwpt_pgfault *faults;
};

/**
 * @brief Find the next group in an array of page faults.
 *
 * @param faults as read by iommufd_fault_queue_read()
 * @param count number of faults in the array
 * @param[in,out] position 0 at the beginning; receives where the next group
 *                begins. Untouched on failure.
 * @param[in,out] group `size` must be set; receives the group, with a `count`
 *                of 0 at the end of the array. Untouched on failure.
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_OPTS_SIZE
 * - ::IOMMUFD_CAUSE_BAD_VALUE when @p *position is beyond @p count
 * - ::IOMMUFD_CAUSE_RECORD_SHORT when the array ends before the group does: move
 *   what begins at @p *position to the front, and read on behind it. Kernels
 *   before 7.2 can give a group in parts.
 * - ::IOMMUFD_CAUSE_RECORD_MALFORMED when another group begins before the last
 *   fault of this one
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
int iommufd_fault_group_next(const struct iommufd_hwpt_pgfault *faults,
			     uint32_t count, uint32_t *position,
			     struct iommufd_fault_group_info *group);

/**
 * @brief Answer groups of page faults, some of which may be gone.
 *
 * The kernel answers the faults of a device that moves to another page table
 * itself; an answer that comes after that is none that fails.
 *
 * @param queue the queue
 * @param responses one answer for each group
 * @param[in,out] count number of answers; receives how many were dealt with:
 *                taken by the kernel, or gone. All after success; after a
 *                failure the next one is the one that was refused.
 * @param[out] gone receives how many of these were gone; may be NULL
 * @return 0 or a typed error
 * @failures
 * - as iommufd_fault_queue_respond(), but ::IOMMUFD_CAUSE_FAULT_GONE
 * @threads{any}
 * @syscalls{1 write, up to 2 more for each answer that is gone, and 1 more for
 *           each 2^20 answers; none without an answer}
 * @kernel{6.11}
 * @since 0.1.0
 */
int iommufd_fault_answer(struct iommufd_fault_queue *queue,
			 const struct iommufd_hwpt_page_response *responses,
			 uint32_t *count, uint32_t *gone);

/**
 * @brief Answer one group of page faults, which may be gone.
 *
 * @param queue the queue
 * @param group the group
 * @param code an `IOMMUFD_PAGE_RESPONSE_` value
 * @param[out] gone receives 1 when nobody waited for the answer any more, else
 *             0; may be NULL. 0 after a failure.
 * @return 0 or a typed error
 * @failures
 * - as iommufd_fault_answer(), and ::IOMMUFD_CAUSE_OPTS_SIZE,
 *   ::IOMMUFD_CAUSE_OPTS_TAIL
 * - ::IOMMUFD_CAUSE_BAD_VALUE when there is no fault in the group
 * @threads{any}
 * @syscalls{1 write}
 * @kernel{6.11}
 * @since 0.1.0
 */
int iommufd_fault_answer_group(struct iommufd_fault_queue *queue,
			       const struct iommufd_fault_group_info *group,
			       uint32_t code, uint32_t *gone);

/** @} */

#ifdef __cplusplus
}
#endif

#endif /* LIBIOMMUFD_UTIL_EVENTS_H */
