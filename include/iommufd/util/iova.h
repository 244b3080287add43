/* SPDX-License-Identifier: MIT */
/**
 * @file iova.h
 * @brief Giving out IOVAs.
 */
#ifndef LIBIOMMUFD_UTIL_IOVA_H
#define LIBIOMMUFD_UTIL_IOVA_H

#include <stdint.h>

#include <iommufd/failure.h>
#include <iommufd/ioas.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @defgroup iova IOVA allocator
 * @brief Which IOVA the next buffer gets, where the kernel's own choice will
 *        not do.
 *
 * The kernel chooses an IOVA without being told an alignment, a window or a
 * direction, and only at the moment of mapping. Who needs addresses below 4 GiB,
 * huge-page alignment, or addresses before there is memory for them takes them
 * from here and maps with ::IOMMUFD_MAP_FIXED_IOVA.
 *
 * An allocator knows ranges that can be used: those of an address space, or any
 * that the caller gives. It keeps books and maps nothing. Lengths and ranges are
 * widened to whole granules (struct iommufd_iova_limits), in all calls alike.
 * The last granule of the 64-bit space is never used, as the kernel cannot map
 * it. The guide is @ref iovaguide. Part of libiommufd-util.
 * @{
 */

/**
 * @struct iommufd_iova_space
 * @brief An allocator: ranges that can be used, and what is given out of them.
 * @since 0.1.0
 */
struct iommufd_iova_space;

/**
 * @name Operations on IOVAs
 * In the thread's record of its last failure, when it is the helper that
 * refuses; the kernel's refusals are those of iommufd_ioas_iova_ranges() and
 * iommufd_ioas_allow_iovas().
 * @{
 */
enum {
	/** Any call of this group. The record has the range that was asked for
	 *  in `iova` and `length`. When there is no room, `iova` and `memory`
	 *  are the first and last address of the window, and `arg` is the
	 *  length of the largest free piece in it. When a range cannot be had,
	 *  `arg` is the first address that is to blame. @since 0.1.0 */
	IOMMUFD_OP_IOVA = IOMMUFD_OP_HELPER + 6
};
/** @} */

/**
 * @name Flags of the limits
 * @{
 */
enum {
	/** The usable ranges are what the address space allows:
	 *  iommufd_ioas_allow_iovas(), at the start and at each refresh. A
	 *  device that would reserve inside of them is then refused when it is
	 *  attached. @since 0.1.0 */
	IOMMUFD_IOVA_PUBLISH = 1 << 0
};
/** @} */

/**
 * @name Flags of an allocation
 * @{
 */
enum {
	/** The highest place that fits; without, the lowest. @since 0.1.0 */
	IOMMUFD_IOVA_TOP_DOWN = 1 << 0
};
/** @} */

/** The last address that has @p bits bits, for a window. @since 0.1.0 */
#define IOMMUFD_IOVA_LAST(bits)                                                \
	((bits) < 64 ? (UINT64_C(1) << (bits)) - 1 : UINT64_MAX)

/**
 * @brief What can be used: at the start, and anew at each refresh.
 *
 * Usable is what is in the ranges and in the windows, and is not excluded. The
 * lists may be in any order and overlap.
 * @since 0.1.0
 */
struct iommufd_iova_limits {
	/** sizeof(struct iommufd_iova_limits). */
	uint32_t size;
	/** 0 or ::IOMMUFD_IOVA_PUBLISH. */
	uint32_t flags;
	/** The granule in bytes, a power of two: starts and lengths of all that
	 *  is given out are multiples of it. 0 for the page size, which is the
	 *  least there can be with an address space. It never changes: 0 or the
	 *  same at a refresh. */
	uint64_t granule;
	/** Without an address space: the ranges there are. With one they are
	 *  the kernel's, and this is NULL. */
	const struct iommufd_iova_range *ranges;
	/** The parts of them that the caller wants to use; NULL for all. */
	const struct iommufd_iova_range *windows;
	/** What is not to be used, as the reserved windows of devices that are
	 *  to come (iommufd_find_reserved()). */
	const struct iommufd_iova_range *excluded;
	/** Number of `ranges`. */
	uint32_t num_ranges;
	/** Number of `windows`; 0 for no such limit. */
	uint32_t num_windows;
	/** Number of `excluded`. */
	uint32_t num_excluded;
	/** 0. */
	uint32_t reserved;
};

/**
 * @brief What an allocation must be like.
 * @since 0.1.0
 */
struct iommufd_iova_alloc_opts {
	/** sizeof(struct iommufd_iova_alloc_opts). */
	uint32_t size;
	/** 0 or ::IOMMUFD_IOVA_TOP_DOWN. */
	uint32_t flags;
	/** The alignment in bytes, a power of two; 0 for the granule. */
	uint64_t alignment;
	/** First address of the window. The address 0 is never given out. */
	uint64_t first;
	/** Last address of the window, inclusive; 0 for no limit. */
	uint64_t last;
};

/**
 * @brief How full an allocator is.
 * @since 0.1.0
 */
struct iommufd_iova_info {
	/** Set by the caller: sizeof(struct iommufd_iova_info). */
	uint32_t size;
	/** Number of usable ranges. */
	uint32_t ranges;
	/** Number of allocations and reservations. */
	uint32_t allocations;
	/** Number of free pieces: never more than `allocations` and `ranges`
	 *  together. */
	uint32_t free_pieces;
	/** The granule in bytes. */
	uint64_t granule;
	/** Bytes in usable ranges. */
	uint64_t usable;
	/** Bytes that are free. */
	uint64_t free;
	/** Bytes of the largest free piece. */
	uint64_t largest;
};

/**
 * @brief Make an allocator.
 *
 * @param ioas the address space whose ranges are to be used, which must live as
 *             long as the allocator; NULL for those in @p limits
 * @param limits what can be used. NULL for all that the address space has,
 *               without publishing it.
 * @param[out] space the new handle, which iommufd_iova_release() ends; untouched on
 *             failure
 * @return 0 or a typed error, which leaves the address space as it was
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER when @p space is NULL, or both others are, or
 *   a list that has a number
 * - ::IOMMUFD_CAUSE_OPTS_SIZE, ::IOMMUFD_CAUSE_OPTS_TAIL,
 *   ::IOMMUFD_CAUSE_OPTS_RESERVED, ::IOMMUFD_CAUSE_BAD_FLAGS
 * - ::IOMMUFD_CAUSE_BAD_VALUE when the granule is no power of two, or below the
 *   page size with an address space; for `ranges` with an address space; and
 *   for ::IOMMUFD_IOVA_PUBLISH without
 * - ::IOMMUFD_CAUSE_BAD_RANGES when a range ends before it starts
 * - as iommufd_ioas_iova_ranges() and iommufd_ioas_allow_iovas():
 *   ::IOMMUFD_CAUSE_RESERVED_IN_USE when a device has been attached meanwhile
 * - ::IOMMUFD_CAUSE_NO_IOVA_SPACE when nothing that is usable is left to be
 *   published, as an empty list would allow everything
 * - ::IOMMUFD_CAUSE_NO_MEMORY
 * @threads{any}
 * @syscalls{2 ioctl with an address space, 3 with more than 16 ranges, less 1
 *           when nothing is published; else none}
 * @kernel{6.2}
 * @since 0.1.0
 */
int iommufd_iova_new(struct iommufd_ioas *ioas,
		     const struct iommufd_iova_limits *limits,
		     struct iommufd_iova_space **space);

/**
 * @brief End an allocator.
 *
 * What is mapped stays mapped, and what is published stays published.
 *
 * @param space the allocator, or NULL
 * @failures none
 * @threads{any, as the last use of the handle}
 * @syscalls{none}
 * @since 0.1.0
 */
void iommufd_iova_release(struct iommufd_iova_space *space);

/**
 * @brief Read the ranges again: after a device or page table came or went.
 *
 * Nothing that is given out is lost: what lies outside of the new ranges stays
 * in the books until it is freed, iommufd_iova_stranded() names it, and it does
 * not come back to be given out again before it lies in usable ranges.
 *
 * @param space the allocator
 * @param limits what can be used now, in place of all that was said before. NULL
 *               with an address space: all that it has, without publishing it;
 *               what was published stays so.
 * @param[out] stranded receives the number of allocations that are not
 *             completely in usable ranges now; may be NULL. Untouched on
 *             failure.
 * @return 0 or a typed error, after which the old ranges are in force
 * @failures
 * - as iommufd_iova_new()
 * - ::IOMMUFD_CAUSE_BAD_VALUE for another granule
 * @threads{any; others wait meanwhile}
 * @syscalls{as iommufd_iova_new(); futex(2) when threads meet}
 * @kernel{6.2}
 * @since 0.1.0
 */
int iommufd_iova_refresh(struct iommufd_iova_space *space,
			 const struct iommufd_iova_limits *limits,
			 uint32_t *stranded);

/**
 * @brief Allocate IOVAs.
 *
 * The lowest place that fits, or the highest: always the same one for the same
 * history. It takes a time that grows with the logarithm of the number of
 * pieces when the length is a multiple of the alignment, as it is without one;
 * else pieces that are only just too short may be looked at in vain.
 *
 * @param space the allocator
 * @param length in bytes, not 0
 * @param opts NULL for the defaults
 * @param[out] iova the first address; untouched on failure
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_OPTS_SIZE,
 *   ::IOMMUFD_CAUSE_OPTS_TAIL, ::IOMMUFD_CAUSE_BAD_FLAGS
 * - ::IOMMUFD_CAUSE_BAD_VALUE when the alignment is no power of two, or the
 *   window ends before it starts
 * - ::IOMMUFD_CAUSE_ZERO_LENGTH, ::IOMMUFD_CAUSE_OVERFLOW
 * - ::IOMMUFD_CAUSE_NO_IOVA_SPACE when there is no room in the window; the
 *   record has the largest free piece
 * - ::IOMMUFD_CAUSE_NO_MEMORY
 * @threads{any; a lock is held meanwhile}
 * @syscalls{none; futex(2) when threads meet}
 * @since 0.1.0
 */
int iommufd_iova_alloc(struct iommufd_iova_space *space, uint64_t length,
		       const struct iommufd_iova_alloc_opts *opts,
		       uint64_t *iova);

/**
 * @brief Take this very range.
 *
 * For what has its place: a guest's memory, what another library has mapped.
 *
 * @param space the allocator
 * @param range the range, to be freed like an allocation
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_ZERO_LENGTH,
 *   ::IOMMUFD_CAUSE_OVERFLOW
 * - ::IOMMUFD_CAUSE_IOVA_OUTSIDE when a part of it is not usable
 * - ::IOMMUFD_CAUSE_IOVA_TAKEN when a part of it is given out
 * - ::IOMMUFD_CAUSE_NO_MEMORY
 * @threads{any; a lock is held meanwhile}
 * @syscalls{none; futex(2) when threads meet}
 * @since 0.1.0
 */
int iommufd_iova_reserve(struct iommufd_iova_space *space,
			 const struct iommufd_extent *range);

/**
 * @brief Give an allocation or a reservation back.
 *
 * Unmap it first. Needs no memory.
 *
 * @param space the allocator
 * @param range its first address and its length, as it was taken
 * @return 0 or a typed error, which leaves everything as it was
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_ZERO_LENGTH,
 *   ::IOMMUFD_CAUSE_OVERFLOW
 * - ::IOMMUFD_CAUSE_IOVA_NOT_ALLOCATED when nothing of the range is given out:
 *   freed twice, or never taken
 * - ::IOMMUFD_CAUSE_IOVA_NOT_WHOLE when it is not exactly one allocation
 * @threads{any; a lock is held meanwhile}
 * @syscalls{none; futex(2) when threads meet}
 * @since 0.1.0
 */
int iommufd_iova_free(struct iommufd_iova_space *space,
		      const struct iommufd_extent *range);

/**
 * @brief Name the allocations that are not completely in usable ranges.
 *
 * @param space the allocator
 * @param[out] extents receives them in ascending order; may be NULL when
 *             @p *count is 0
 * @param[in,out] count room in @p extents; receives the number there are, also
 *                when the room is too small
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - ::IOMMUFD_CAUSE_ARRAY_SHORT: as many as fit are filled in
 * @threads{any; a lock is held meanwhile, for a look at every allocation}
 * @syscalls{none; futex(2) when threads meet}
 * @since 0.1.0
 */
int iommufd_iova_stranded(struct iommufd_iova_space *space,
			  struct iommufd_extent *extents, uint32_t *count);

/**
 * @brief Tell how full an allocator is.
 *
 * @param space the allocator
 * @param[in,out] info `size` must be set; untouched on failure
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_OPTS_SIZE
 * @threads{any; a lock is held meanwhile}
 * @syscalls{none; futex(2) when threads meet}
 * @since 0.1.0
 */
int iommufd_iova_get_info(struct iommufd_iova_space *space,
			  struct iommufd_iova_info *info);

/** @} */

#ifdef __cplusplus
}
#endif

#endif /* LIBIOMMUFD_UTIL_IOVA_H */
