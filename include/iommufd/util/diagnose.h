/* SPDX-License-Identifier: MIT */
/**
 * @file diagnose.h
 * @brief Why a call failed, with the numbers.
 */
#ifndef LIBIOMMUFD_UTIL_DIAGNOSE_H
#define LIBIOMMUFD_UTIL_DIAGNOSE_H

#include <stdint.h>

#include <iommufd/failure.h>

#ifdef __cplusplus
extern "C" {
#endif

struct iommufd_ctx;

/**
 * @defgroup diagnose Diagnosis
 * @brief Why a call failed: the one reason out of a set, and a sentence.
 *
 * The kernel has one errno for many reasons. Diagnosis asks it, sysfs and the
 * process's own limits more questions, and finds the reserved window, the limit
 * or the missing part that is to blame. It makes no change to what the program
 * works with, and tells what holds at the time of the question: with other
 * threads at work that may be another state than at the failure. Part of
 * libiommufd-util.
 *
 * Each question holds the object that it is about for an instant. Another thread
 * that destroys it just then is refused (::IOMMUFD_CAUSE_IN_USE) and has to try
 * again; and a page table that the kernel itself has made for an address space
 * stays when its last device leaves just then, until a device that is attached
 * to the address space takes it and leaves again. Of an address space, page
 * table or the like that is in use all objects of the context are asked. A
 * program whose other threads cannot do with that gives no context.
 * @{
 */

/**
 * @name Operations of diagnosis
 * In the thread's record of its last failure.
 * @{
 */
enum {
	/** iommufd_diagnose(), iommufd_explain() and the calls that explain
	 *  tables. @since 0.1.0 */
	IOMMUFD_OP_DIAGNOSE = IOMMUFD_OP_HELPER + 1
};
/** @} */

/**
 * @name Flags of diagnosis
 * @{
 */
enum {
	/** Scratch objects may be made in the context, and are gone at the end:
	 *  they find which part of a range is mapped or missing, in at most
	 *  some hundred steps; what a page table of the device could map, and
	 *  whether an empty address space takes one; and of a vDevice or
	 *  hardware queue that was refused, whether it would do with another
	 *  id or index. The next free ids are used and freed. @since 0.1.0 */
	IOMMUFD_DIAGNOSE_SCRATCH = 1 << 0
};
/** @} */

/**
 * @name Valid members of iommufd_diagnosis
 * @{
 */
enum {
	/** `start` and `last`: the range to blame. @since 0.1.0 */
	IOMMUFD_DIAGNOSIS_RANGE = 1 << 0,
	/** `alignment`: what is needed. @since 0.1.0 */
	IOMMUFD_DIAGNOSIS_ALIGNMENT = 1 << 1,
	/** `limit`, `used` and `needed`: locked memory. @since 0.1.0 */
	IOMMUFD_DIAGNOSIS_LIMIT = 1 << 2,
	/** `used` is a lower bound: other processes of the user count too and
	 *  cannot be seen. @since 0.1.0 */
	IOMMUFD_DIAGNOSIS_USED_AT_LEAST = 1 << 3,
	/** `group` is known. @since 0.1.0 */
	IOMMUFD_DIAGNOSIS_GROUP = 1 << 4
};
/** @} */

/** Most candidates that a diagnosis names. @since 0.1.0 */
#define IOMMUFD_DIAGNOSIS_CANDIDATES 8

/**
 * @brief What iommufd_diagnose() takes beyond the ordinary.
 * @since 0.1.0
 */
struct iommufd_diagnose_opts {
	/** sizeof(struct iommufd_diagnose_opts). */
	uint32_t size;
	/** 0. */
	uint32_t reserved;
	/** What was to be opened or found, for the words of a failed open or
	 *  search: a path, a PCI address or a UUID. NULL when not known. */
	const char *name;
	/** Where sysfs is; NULL means "/sys". */
	const char *sysfs;
	/** Where device files are; NULL means "/dev". */
	const char *dev;
};

/**
 * @brief Why a call failed.
 * @since 0.1.0
 */
struct iommufd_diagnosis {
	/** Set by the caller: sizeof(struct iommufd_diagnosis). */
	uint32_t size;
	/** `IOMMUFD_DIAGNOSIS_` bits. */
	uint32_t valid;
	/** The cause: a finer one of the same class, or the failure's own when
	 *  more than one candidate remains. */
	uint32_t cause;
	/** Number of causes that remain possible: 1 when the cause is found. */
	uint32_t num_candidates;
	/** Those causes. */
	uint32_t candidates[IOMMUFD_DIAGNOSIS_CANDIDATES];
	/** First address of the range to blame, when valid: of the reserved
	 *  window, of the part that is mapped already, of the part that is
	 *  missing. */
	uint64_t start;
	/** Its last address, inclusive. */
	uint64_t last;
	/** Needed alignment in bytes, when valid. */
	uint64_t alignment;
	/** Limit of locked memory in bytes, when valid. */
	uint64_t limit;
	/** Bytes of it that are in use, when valid. */
	uint64_t used;
	/** Bytes that the failed call needed, when valid. */
	uint64_t needed;
	/** Whose use counts, with the limit: an `IOMMUFD_RLIMIT_MODE_`. */
	uint32_t limit_mode;
	/** Number of the IOMMU group to blame, when valid. */
	uint32_t group;
	/** One sentence with the numbers, in English. */
	char text[512];
};

/**
 * @brief Find out why a call failed.
 *
 * Every failure gets an answer; where nothing more can be found out the answer
 * is the failure's own cause in a sentence with its numbers.
 *
 * @param failure from iommufd_failure_get()
 * @param ctx the context of the failed call, for questions to the kernel; NULL
 *            to ask none. Neither is another one asked, where the descriptor in
 *            the record tells that it is another.
 * @param flags 0 or ::IOMMUFD_DIAGNOSE_SCRATCH
 * @param opts NULL for the defaults
 * @param[in,out] diagnosis `size` must be set; untouched on failure
 * @return 0 or a typed error. The thread's record of its last failure stays as
 *         it was, unless this call fails.
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_OPTS_SIZE,
 *   ::IOMMUFD_CAUSE_OPTS_TAIL, ::IOMMUFD_CAUSE_OPTS_RESERVED,
 *   ::IOMMUFD_CAUSE_BAD_FLAGS
 * - ::IOMMUFD_CAUSE_BAD_VALUE when the record has no negative `ret`
 * @threads{any}
 * @syscalls{harmless commands, up to some thousand; and files are read, for a
 *           refused bind also which device files other processes have open}
 * @kernel{6.2}
 * @since 0.1.0
 */
int iommufd_diagnose(const struct iommufd_failure *failure,
		     struct iommufd_ctx *ctx, uint32_t flags,
		     const struct iommufd_diagnose_opts *opts,
		     struct iommufd_diagnosis *diagnosis);

/**
 * @brief Say in a sentence why the last call failed.
 *
 * The short form of iommufd_failure_get() and iommufd_diagnose(), for programs
 * that print or log the sentence and need no numbers. No scratch objects are
 * made.
 *
 * @param ret what the thread's last failed call returned
 * @param ctx as for iommufd_diagnose()
 * @param[out] text receives the sentence, cut off at @p length bytes with the
 *             terminating NUL. iommufd_strerror() of @p ret when it is not the
 *             thread's last failure.
 * @param length room in bytes, not 0; the longest sentence has 512
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - ::IOMMUFD_CAUSE_ZERO_LENGTH
 * @threads{any}
 * @syscalls{as iommufd_diagnose()}
 * @kernel{6.2}
 * @since 0.1.0
 */
int iommufd_explain(int ret, struct iommufd_ctx *ctx, char *text,
		    uint32_t length);

/** @} */

#ifdef __cplusplus
}
#endif

#endif /* LIBIOMMUFD_UTIL_DIAGNOSE_H */
