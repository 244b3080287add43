/* SPDX-License-Identifier: MIT */
/**
 * @file ctx.h
 * @brief The context: one open of /dev/iommu.
 */
#ifndef LIBIOMMUFD_CTX_H
#define LIBIOMMUFD_CTX_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct iommufd_ioas;

/**
 * @defgroup ctx Context
 * @brief One open of /dev/iommu; all objects live in one.
 *
 * A virtual machine or a driver process wants one context, not one per device:
 * devices of one IOMMU group can be bound to one context only, and objects of
 * different contexts do not mix.
 * @{
 */

/**
 * @struct iommufd_ctx
 * @brief One open of /dev/iommu.
 * @since 0.1.0
 */
struct iommufd_ctx;

/**
 * @name Flags of the adopt calls
 * @{
 */
enum {
	/** A descriptor is taken over, not duplicated: after success it is the
	 *  library's to close. @since 0.1.0 */
	IOMMUFD_ADOPT_TAKE_FD = 1 << 0,
	/** The new handle owns the object: its `_destroy` call may be used. Ids
	 *  are reused at once by the kernel, so an owned handle of a stale id
	 *  destroys a stranger. @since 0.1.0 */
	IOMMUFD_ADOPT_OWNED = 1 << 1,
	/** Ask the kernel, with one harmless command, whether the descriptor or
	 *  id is what it is said to be. @since 0.1.0 */
	IOMMUFD_ADOPT_VERIFY = 1 << 2
};
/** @} */

/**
 * @name Command numbers
 * For iommufd_ctx_probe(), iommufd_ctx_ioctl() and lists of allowed system
 * calls. The request code of ioctl(2) is `_IO(';', number)`.
 * @{
 */
enum {
	IOMMUFD_NR_DESTROY = 0x80,		   /**< 6.2 @since 0.1.0 */
	IOMMUFD_NR_IOAS_ALLOC = 0x81,		   /**< 6.2 @since 0.1.0 */
	IOMMUFD_NR_IOAS_ALLOW_IOVAS = 0x82,	   /**< 6.2 @since 0.1.0 */
	IOMMUFD_NR_IOAS_COPY = 0x83,		   /**< 6.2 @since 0.1.0 */
	IOMMUFD_NR_IOAS_IOVA_RANGES = 0x84,	   /**< 6.2 @since 0.1.0 */
	IOMMUFD_NR_IOAS_MAP = 0x85,		   /**< 6.2 @since 0.1.0 */
	IOMMUFD_NR_IOAS_UNMAP = 0x86,		   /**< 6.2 @since 0.1.0 */
	IOMMUFD_NR_OPTION = 0x87,		   /**< 6.2 @since 0.1.0 */
	IOMMUFD_NR_VFIO_IOAS = 0x88,		   /**< 6.2 @since 0.1.0 */
	IOMMUFD_NR_HWPT_ALLOC = 0x89,		   /**< 6.6 @since 0.1.0 */
	IOMMUFD_NR_GET_HW_INFO = 0x8a,		   /**< 6.6 @since 0.1.0 */
	IOMMUFD_NR_HWPT_SET_DIRTY_TRACKING = 0x8b, /**< 6.7 @since 0.1.0 */
	IOMMUFD_NR_HWPT_GET_DIRTY_BITMAP = 0x8c,   /**< 6.7 @since 0.1.0 */
	IOMMUFD_NR_HWPT_INVALIDATE = 0x8d,	   /**< 6.8 @since 0.1.0 */
	IOMMUFD_NR_FAULT_QUEUE_ALLOC = 0x8e,	   /**< 6.11 @since 0.1.0 */
	IOMMUFD_NR_IOAS_MAP_FILE = 0x8f,	   /**< 6.13 @since 0.1.0 */
	IOMMUFD_NR_VIOMMU_ALLOC = 0x90,		   /**< 6.13 @since 0.1.0 */
	IOMMUFD_NR_VDEVICE_ALLOC = 0x91,	   /**< 6.13 @since 0.1.0 */
	IOMMUFD_NR_IOAS_CHANGE_PROCESS = 0x92,	   /**< 6.13 @since 0.1.0 */
	IOMMUFD_NR_VEVENTQ_ALLOC = 0x93,	   /**< 6.15 @since 0.1.0 */
	IOMMUFD_NR_HW_QUEUE_ALLOC = 0x94,	   /**< 6.17 @since 0.1.0 */
	IOMMUFD_NR_IOAS_NOIOMMU_GET_PA = 0x95	   /**< 7.3 @since 0.1.0 */
};
/** @} */

/**
 * @name Accounting modes
 * Whose limit of locked memory (RLIMIT_MEMLOCK) pinned memory counts against.
 * @{
 */
enum {
	/** All pinned pages of the user together, over all processes and all
	 *  users of pinning: the kernel's default. @since 0.1.0 */
	IOMMUFD_RLIMIT_MODE_USER = 0,
	/** Those of the mapping process alone. @since 0.1.0 */
	IOMMUFD_RLIMIT_MODE_PROCESS = 1
};
/** @} */

/**
 * @brief Open an iommufd.
 *
 * @param path the device file; NULL means "/dev/iommu"
 * @param[out] ctx the new context, to be closed with iommufd_ctx_close();
 *             untouched on failure
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER when @p ctx is NULL
 * - ::IOMMUFD_CAUSE_NO_IOMMUFD when there is no such file or no driver behind
 *   it
 * - ::IOMMUFD_CAUSE_OPEN_DENIED when the process may not open it for reading
 *   and writing; that is no sign that iommufd is absent
 * - ::IOMMUFD_CAUSE_DESCRIPTORS, ::IOMMUFD_CAUSE_NO_MEMORY,
 *   ::IOMMUFD_CAUSE_INTERRUPTED
 *
 * A file of another kind opens too; every command on it fails, mostly with
 * ::IOMMUFD_CAUSE_NOT_IOMMUFD.
 * @threads{any}
 * @syscalls{1 openat}
 * @kernel{6.2}
 * @since 0.1.0
 */
int iommufd_ctx_open(const char *path, struct iommufd_ctx **ctx);

/**
 * @brief Make a context of a descriptor that was passed in.
 *
 * A privileged process can open /dev/iommu, set the accounting mode and pass
 * the descriptor to the process that works with it.
 *
 * @param fd an open /dev/iommu. By default it is duplicated and stays the
 *           caller's; never used without being owned.
 * @param flags 0, or ::IOMMUFD_ADOPT_TAKE_FD, ::IOMMUFD_ADOPT_VERIFY
 * @param[out] ctx the new context, to be closed with iommufd_ctx_close();
 *             untouched on failure
 * @return 0 or a typed error; after a failure @p fd is the caller's in any case
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_BAD_FLAGS
 * - ::IOMMUFD_CAUSE_BAD_FD when @p fd is not open (found out when it is
 *   duplicated or verified)
 * - ::IOMMUFD_CAUSE_NOT_IOMMUFD with VERIFY, when the file is of another kind
 * - ::IOMMUFD_CAUSE_PROCESS_32BIT with VERIFY, in a 32-bit process
 * - ::IOMMUFD_CAUSE_DESCRIPTORS, ::IOMMUFD_CAUSE_NO_MEMORY
 * @threads{any}
 * @syscalls{1 fcntl to duplicate, 1 ioctl to verify, else none}
 * @kernel{6.2}
 * @since 0.1.0
 */
int iommufd_ctx_adopt(int fd, uint32_t flags, struct iommufd_ctx **ctx);

/**
 * @brief Hold a context that somebody else has opened.
 *
 * For a part of a program that is given an object, and goes on with its
 * context: that of iommufd_ioas_ctx() and its kin is only good as long as its
 * owner has it. A handle of the same context made by iommufd_ctx_adopt() would
 * be another context to this library (::IOMMUFD_CAUSE_OTHER_CONTEXT).
 *
 * @param ctx the context, or NULL
 * @return @p ctx, to be given to iommufd_ctx_close() once more
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
struct iommufd_ctx *iommufd_ctx_ref(struct iommufd_ctx *ctx);

/**
 * @brief Let go of a context.
 *
 * The descriptor is closed when the last handle that was made from the context
 * has ended too, so handles can be ended in any order. The kernel keeps the
 * context and everything in it for as long as a bound device file, an event
 * descriptor or a memory map of it is open anywhere.
 *
 * @param ctx the context, or NULL
 * @failures none
 * @threads{any, as the last use of the handle}
 * @syscalls{1 close, when it was the last handle}
 * @since 0.1.0
 */
void iommufd_ctx_close(struct iommufd_ctx *ctx);

/**
 * @brief The descriptor of a context.
 *
 * It stays the context's: for SCM_RIGHTS, KVM, or commands of one's own.
 *
 * @param ctx the context, or NULL
 * @return the descriptor; -1 for NULL
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
int iommufd_ctx_fd(const struct iommufd_ctx *ctx);

/**
 * @brief Ask whether this kernel has a command.
 *
 * Tried with an argument that no command accepts, so nothing is changed and no
 * privilege is needed. It says nothing of flags and types, which only the
 * attempt shows.
 *
 * @param ctx the context
 * @param nr an `IOMMUFD_NR_` value, or the number of a newer command
 * @return 0 when the kernel has it, else a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - ::IOMMUFD_CAUSE_COMMAND when the kernel does not have it
 * - ::IOMMUFD_CAUSE_NOT_IOMMUFD, or in a 32-bit process
 *   ::IOMMUFD_CAUSE_PROCESS_32BIT, when it is one that every kernel has
 *   (::IOMMUFD_NR_DESTROY to ::IOMMUFD_NR_VFIO_IOAS)
 * - ::IOMMUFD_CAUSE_BAD_VALUE when @p nr is above 255
 * - ::IOMMUFD_CAUSE_BAD_FD
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.2}
 * @since 0.1.0
 */
int iommufd_ctx_probe(struct iommufd_ctx *ctx, uint32_t nr);

/**
 * @brief Make any command: the way to what the library does not know yet.
 *
 * @param ctx the context
 * @param nr the number of the command
 * @param[in,out] arg its struct, which begins with its size; the kernel decides
 *                what is written back
 * @param[out] result receives what the kernel returned, for commands that return
 *             more than 0, such as a descriptor; may be NULL. Untouched on
 *             failure.
 * @return 0 or a typed error whose class follows from the errno alone
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - ::IOMMUFD_CAUSE_BAD_VALUE when @p nr is above 255
 * - whatever the kernel answers, with the general cause of its errno;
 *   ::IOMMUFD_CAUSE_UNSPECIFIC for EINVAL
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.2}
 * @since 0.1.0
 */
int iommufd_ctx_ioctl(struct iommufd_ctx *ctx, uint32_t nr, void *arg,
		      int32_t *result);

/**
 * @brief Destroy an object of which only the id is known: IOMMU_DESTROY.
 *
 * @param ctx the context
 * @param id the object; the kernel reuses ids at once, so make sure that it is
 *           still the one meant
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - ::IOMMUFD_CAUSE_OBJECT when there is no such object
 * - ::IOMMUFD_CAUSE_IN_USE when something refers to it, always for bound
 *   devices; under concurrency also when another thread just uses the id
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.2}
 * @since 0.1.0
 */
int iommufd_ctx_destroy_id(struct iommufd_ctx *ctx, uint32_t id);

/**
 * @brief Set whose limit of locked memory counts: IOMMU_OPTION.
 *
 * Only right after the context was opened: it must not have a single object.
 *
 * @param ctx the context
 * @param mode an `IOMMUFD_RLIMIT_MODE_` value
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - ::IOMMUFD_CAUSE_NEEDS_SYS_RESOURCE without CAP_SYS_RESOURCE
 * - ::IOMMUFD_CAUSE_CONTEXT_NOT_EMPTY when an object exists
 * - ::IOMMUFD_CAUSE_BAD_VALUE for a mode that the kernel does not have
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.2}
 * @since 0.1.0
 */
int iommufd_ctx_rlimit_mode_set(struct iommufd_ctx *ctx, uint32_t mode);

/**
 * @brief Read whose limit of locked memory counts: IOMMU_OPTION.
 *
 * @param ctx the context
 * @param[out] mode an `IOMMUFD_RLIMIT_MODE_` value; untouched on failure
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.2}
 * @since 0.1.0
 */
int iommufd_ctx_rlimit_mode_get(struct iommufd_ctx *ctx, uint32_t *mode);

/**
 * @brief Make the calling process the one whose memory is mapped:
 *        IOMMU_IOAS_CHANGE_PROCESS.
 *
 * Moves the accounting of every mapping of every address space of the context
 * to the caller, after the descriptor was handed to a new process. The caller is
 * charged before the other process is relieved: accounted by user, the default,
 * all of it counts twice for the instant if both are of one user. Accounted by
 * process, that of the mappings **must not have ended**, nor have run another
 * program: the kernel warns of that in its log, does half of it, and says EINVAL.
 *
 * @param ctx the context
 * @return 0 or a typed error; a failure changes nothing, but for the one above
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - ::IOMMUFD_CAUSE_NOT_FILE_BACKED when any mapping was made by
 *   iommufd_ioas_map() or of a dma-buf
 * - ::IOMMUFD_CAUSE_MAPPING_IN_TRANSIT when another thread maps or unmaps
 * - ::IOMMUFD_CAUSE_MEMORY_OR_LIMIT when the caller's limit of locked memory
 *   is too low
 * - ::IOMMUFD_CAUSE_COMMAND before 6.13
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.13}
 * @since 0.1.0
 */
int iommufd_ctx_change_process(struct iommufd_ctx *ctx);

/**
 * @brief Choose the address space of the VFIO type 1 commands: IOMMU_VFIO_IOAS.
 *
 * For programs that still make type 1 commands on the same descriptor. The
 * choice ends when the address space is destroyed.
 *
 * @param ctx the context
 * @param ioas the address space
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - ::IOMMUFD_CAUSE_OTHER_CONTEXT
 * - ::IOMMUFD_CAUSE_OBJECT when the address space is gone
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.2}
 * @since 0.1.0
 */
int iommufd_ctx_vfio_ioas_set(struct iommufd_ctx *ctx,
			      const struct iommufd_ioas *ioas);

/**
 * @brief Read the address space of the VFIO type 1 commands: IOMMU_VFIO_IOAS.
 *
 * @param ctx the context
 * @param[out] id its id; untouched on failure
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - ::IOMMUFD_CAUSE_COMPAT_IOAS when none is chosen
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.2}
 * @since 0.1.0
 */
int iommufd_ctx_vfio_ioas_get(struct iommufd_ctx *ctx, uint32_t *id);

/**
 * @brief End the choice made by iommufd_ctx_vfio_ioas_set(): IOMMU_VFIO_IOAS.
 *
 * @param ctx the context
 * @return 0, also when none was chosen; or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.2}
 * @since 0.1.0
 */
int iommufd_ctx_vfio_ioas_clear(struct iommufd_ctx *ctx);

/** @} */

#ifdef __cplusplus
}
#endif

#endif /* LIBIOMMUFD_CTX_H */
