/* SPDX-License-Identifier: MIT */
/**
 * @file error.h
 * @brief Typed errors: what a call returns when it fails.
 */
#ifndef LIBIOMMUFD_ERROR_H
#define LIBIOMMUFD_ERROR_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @defgroup error Typed errors
 * @brief What a call returns when it fails.
 *
 * Every call that can fail returns an `int`: 0, or a negative *typed error*.
 * The negated value has three parts, and this layout never changes:
 *
 * | bits  | part   | meaning                                              |
 * |-------|--------|------------------------------------------------------|
 * | 0-11  | errno  | what the kernel said, or what it would have said      |
 * | 12-22 | detail | which reason, or which set of reasons, in the class   |
 * | 23-30 | class  | what went wrong in terms of what a caller can do      |
 *
 * Class and detail together are the *cause*. **Branch on the class, log the
 * cause.** The meaning of a class never changes; a later release may give a
 * finer cause inside the same class. Where one errno of the kernel covers
 * several reasons that cannot be told apart without asking more questions, the
 * cause names the set, and iommufd_diagnose() of libiommufd-util narrows it.
 * `doc/errors.md` lists all of them.
 *
 * Nearly every call makes the kernel allocate something for a while: where a
 * list of failures does not name ::IOMMUFD_CAUSE_NO_MEMORY it can come
 * nevertheless.
 *
 * Nothing is printed, and `errno` is unspecified after a call.
 * @{
 */

/**
 * @name Classes
 * What a caller branches on.
 * @{
 */
enum {
	/** No failure: the class of 0 and of positive values. @since 0.1.0 */
	IOMMUFD_CLASS_NONE = 0,
	/** An errno that is not expected of this call, or a plain negative
	 *  errno that did not come from this library. @since 0.1.0 */
	IOMMUFD_CLASS_UNSPECIFIC = 1,
	/** The call itself is wrong: the program has to be mended.
	 *  @since 0.1.0 */
	IOMMUFD_CLASS_ARGUMENT = 2,
	/** The object is in a state that does not allow the call: mostly calls
	 *  came in the wrong order. @since 0.1.0 */
	IOMMUFD_CLASS_STATE = 3,
	/** What the call names does not exist: an object, a mapping, a device
	 *  file. @since 0.1.0 */
	IOMMUFD_CLASS_NOT_FOUND = 4,
	/** The kernel does not permit it to this process, or not with this
	 *  device on this machine. @since 0.1.0 */
	IOMMUFD_CLASS_PERMISSION = 5,
	/** This kernel, this driver or this hardware cannot do it.
	 *  @since 0.1.0 */
	IOMMUFD_CLASS_UNSUPPORTED = 6,
	/** Somebody uses it; the same call may succeed later. @since 0.1.0 */
	IOMMUFD_CLASS_BUSY = 7,
	/** It collides with something that exists: a mapping, a reserved
	 *  window. @since 0.1.0 */
	IOMMUFD_CLASS_CONFLICT = 8,
	/** The mapping does not fit: its IOVA, its alignment, or its memory is
	 *  not what this address space takes. @since 0.1.0 */
	IOMMUFD_CLASS_MAPPING = 9,
	/** Page table, device and address space do not go together: try another
	 *  page table. @since 0.1.0 */
	IOMMUFD_CLASS_INCOMPATIBLE = 10,
	/** Memory of the process cannot be accessed or pinned. @since 0.1.0 */
	IOMMUFD_CLASS_MEMORY = 11,
	/** A limit is reached: memory, locked memory, descriptors, IOVA space.
	 *  @since 0.1.0 */
	IOMMUFD_CLASS_RESOURCE = 12,
	/** The caller's array or buffer is too small; the cause says whether
	 *  the needed size has been stored. @since 0.1.0 */
	IOMMUFD_CLASS_SHORT = 13,
	/** The device, its memory or its fault is gone. @since 0.1.0 */
	IOMMUFD_CLASS_GONE = 14,
	/** Interrupted or overtaken by a change: call again. @since 0.1.0 */
	IOMMUFD_CLASS_AGAIN = 15
};
/** @} */

/**
 * @brief Make a cause of a class and a detail.
 *
 * @param class_ one of the classes
 * @param detail 0 to 2047
 * @since 0.1.0
 */
#define IOMMUFD_CAUSE(class_, detail) ((class_) << 11 | (detail))

#include <iommufd/causes.h>

/**
 * @brief The errno inside a typed error.
 *
 * @param ret what a call returned; a plain negative errno is taken too
 * @return the errno, 1 to 4095; 0 if @p ret is not negative
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
int iommufd_errno(int ret);

/**
 * @brief The negative errno inside a typed error.
 *
 * For code that passes `-errno` on.
 *
 * @param ret what a call returned; a plain negative errno is taken too
 * @return the negative errno; 0 if @p ret is not negative
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
int iommufd_neg_errno(int ret);

/**
 * @brief The class of a typed error.
 *
 * @param ret what a call returned; a plain negative errno is taken too
 * @return an `IOMMUFD_CLASS_` value; ::IOMMUFD_CLASS_UNSPECIFIC for a plain
 *         negative errno, ::IOMMUFD_CLASS_NONE if @p ret is not negative
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
uint32_t iommufd_class(int ret);

/**
 * @brief The cause of a typed error: class and detail.
 *
 * @param ret what a call returned; a plain negative errno is taken too
 * @return an `IOMMUFD_CAUSE_` value; ::IOMMUFD_CAUSE_UNSPECIFIC for a plain
 *         negative errno, 0 if @p ret is not negative
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
uint32_t iommufd_cause(int ret);

/**
 * @brief Whether a typed error has this very cause.
 *
 * @param ret what a call returned
 * @param cause an `IOMMUFD_CAUSE_` value
 * @return 1 or 0
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
int iommufd_is(int ret, uint32_t cause);

/**
 * @brief Put a typed error together.
 *
 * For helpers outside the library that report their own failures in the same
 * way, and for tests.
 *
 * @param cause an `IOMMUFD_CAUSE_` value, known to the library or not
 * @param err the errno, 1 to 4095
 * @return the typed error, always negative; a value of either argument that is
 *         out of range gives ::IOMMUFD_CAUSE_UNSPECIFIC with EINVAL
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
int iommufd_make_error(uint32_t cause, int err);

/**
 * @brief One sentence that says what a typed error means.
 *
 * It speaks of the cause only; strerror(3) has the words for the errno, and
 * iommufd_diagnose() of libiommufd-util makes a sentence with the numbers.
 *
 * @param ret what a call returned; any value is taken
 * @return a constant string, never NULL
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
const char *iommufd_strerror(int ret);

/**
 * @brief The name of a cause, for logs.
 *
 * @param cause an `IOMMUFD_CAUSE_` value
 * @return the constant's name without `IOMMUFD_CAUSE_`, or "UNKNOWN"; never
 *         NULL
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
const char *iommufd_cause_name(uint32_t cause);

/**
 * @brief The name of a class, for logs.
 *
 * @param class_ an `IOMMUFD_CLASS_` value
 * @return the constant's name without `IOMMUFD_CLASS_`, or "UNKNOWN"; never
 *         NULL
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
const char *iommufd_class_name(uint32_t class_);

/** @} */

#ifdef __cplusplus
}
#endif

#endif /* LIBIOMMUFD_ERROR_H */
