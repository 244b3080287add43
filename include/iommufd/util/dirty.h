/* SPDX-License-Identifier: MIT */
/**
 * @file dirty.h
 * @brief Which memory devices have written: for live migration.
 */
#ifndef LIBIOMMUFD_UTIL_DIRTY_H
#define LIBIOMMUFD_UTIL_DIRTY_H

#include <stdint.h>

#include <iommufd/iommufd.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @defgroup dirty Dirty tracking
 * @brief What devices have written, of all page tables of an address space.
 *
 * The kernel tracks each page table by itself, and answers for one range at a
 * time into a bitmap of the caller's. Here several page tables are one: started
 * and stopped together, their answers added up, an address space of any size
 * harvested in pieces of bounded memory, the result as a bitmap or as ranges.
 *
 * A page counts as written as a whole, and so does everything that the IOMMU maps
 * with one entry. For bits of single pages switch the huge-pages option of the
 * address space off before anything is mapped (iommufd_ioas_huge_pages_set()).
 * Part of libiommufd-util.
 * @{
 */

/**
 * @name Operations of dirty tracking
 * @{
 */
enum {
	/** Any call of this group, when it is the helper that refuses.
	 *  @since 0.1.0 */
	IOMMUFD_OP_DIRTY = IOMMUFD_OP_HELPER + 9
};
/** @} */

/**
 * @struct iommufd_dirty
 * @brief Page tables that are tracked together.
 * @since 0.1.0
 */
struct iommufd_dirty;

/**
 * @brief How to track.
 * @since 0.1.0
 */
struct iommufd_dirty_opts {
	/** sizeof(struct iommufd_dirty_opts). */
	uint32_t size;
	/** 0. */
	uint32_t flags;
	/** Bytes per bit, a power of two; 0 for 4096, or what the address space
	 *  is aligned to if that is more. */
	uint64_t page_size;
	/** Bytes of the bitmap that a walk works with, a multiple of 8; 0 for
	 *  2 MiB, which is enough for 64 GiB in pages of 4 KiB. */
	uint64_t memory;
};

/**
 * @brief Make page tables ones that are tracked together.
 *
 * @param ioas the address space of all of them
 * @param hwpts the page tables, made with ::IOMMUFD_HWPT_DIRTY_TRACKING, to stay
 *              for as long as the new handle; the array is needed only in the
 *              call
 * @param count number of page tables, 1 or more
 * @param opts NULL for the defaults
 * @param[out] dirty the new handle, which iommufd_dirty_release() ends; untouched on
 *             failure. Nothing is tracked yet.
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_OTHER_CONTEXT for a page table of another one than @p ioas
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_OPTS_SIZE,
 *   ::IOMMUFD_CAUSE_OPTS_TAIL, ::IOMMUFD_CAUSE_BAD_FLAGS,
 *   ::IOMMUFD_CAUSE_NO_MEMORY
 * - ::IOMMUFD_CAUSE_BAD_VALUE without page tables, for a page size that is no
 *   power of two, and for memory that is no multiple of 8
 * - as iommufd_ioas_iova_ranges()
 * @threads{any}
 * @syscalls{1 ioctl, none with a page size}
 * @kernel{6.7}
 * @since 0.1.0
 */
int iommufd_dirty_new(struct iommufd_ioas *ioas,
		      struct iommufd_hwpt *const *hwpts, uint32_t count,
		      const struct iommufd_dirty_opts *opts,
		      struct iommufd_dirty **dirty);

/**
 * @brief End the handle. Stop tracking first: this does not.
 *
 * @param dirty the handle, or NULL
 * @failures none
 * @threads{any, as the last use of the handle}
 * @syscalls{none}
 * @since 0.1.0
 */
void iommufd_dirty_release(struct iommufd_dirty *dirty);

/**
 * @brief Bytes that a bit stands for.
 *
 * @param dirty the handle, or NULL
 * @return the page size; 0 for NULL
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
uint64_t iommufd_dirty_page_size(const struct iommufd_dirty *dirty);

/**
 * @brief Start tracking on all page tables.
 *
 * What was written before is forgotten. When one page table refuses, those that
 * were started are stopped again.
 *
 * @param dirty the handle
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - as iommufd_hwpt_set_dirty_tracking()
 * @threads{any, one call at a time for a handle}
 * @syscalls{1 ioctl for each page table}
 * @kernel{6.7}
 * @since 0.1.0
 */
int iommufd_dirty_start(struct iommufd_dirty *dirty);

/**
 * @brief Stop tracking on all page tables.
 *
 * All are tried, also after a failure; then the call can be made again. What has
 * not been read is lost.
 *
 * @param dirty the handle
 * @return 0, or the typed error of the first page table that refused
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - as iommufd_hwpt_set_dirty_tracking()
 * @threads{any, one call at a time for a handle}
 * @syscalls{1 ioctl for each page table}
 * @kernel{6.7}
 * @since 0.1.0
 */
int iommufd_dirty_stop(struct iommufd_dirty *dirty);

/**
 * @brief Add what was written in a range to a bitmap.
 *
 * Bit i stands for the page at `range->start + i * page_size`. Bits are set and
 * none is cleared: the bitmap may hold what came before, or from elsewhere.
 *
 * @param dirty the handle
 * @param range all of it mapped, whole pages; the kernel stops at the first hole
 *              and does not say so
 * @param flags ::IOMMUFD_DIRTY_NO_CLEAR or 0: what was reported counts as not
 *              written from then on
 * @param[in,out] bitmap one bit per page, rounded up to whole words, writable
 * @param words number of 64-bit words at @p bitmap; where there are too few the
 *              failure's record says how many bytes it takes
 * @return 0 or a typed error, after which what the page tables before the one
 *         that refused have reported is in the bitmap
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - as iommufd_hwpt_get_dirty_bitmap()
 * @threads{any}
 * @syscalls{1 ioctl for each page table}
 * @kernel{6.7}
 * @since 0.1.0
 */
int iommufd_dirty_read(struct iommufd_dirty *dirty,
		       const struct iommufd_extent *range, uint32_t flags,
		       uint64_t *bitmap, uint64_t words);

/**
 * @brief Read what was written in mappings, and unmap them.
 *
 * For mappings that go while tracking is on: what was written in them would go
 * with them. Nothing is cleared before the unmap, so that after a failure nothing
 * is lost. The device must not write there any more.
 *
 * Nothing behind a hole can be read, and the kernel tells of one only when all is
 * unmapped. Then each bit of the range is set, and also when the unmap fails:
 * what is copied without need does no harm.
 *
 * @param dirty the handle
 * @param range one whole mapping, or several, without a hole between them
 * @param[in,out] bitmap as in iommufd_dirty_read()
 * @param words number of 64-bit words at @p bitmap
 * @return 0 or a typed error. When iommufd_ioas_unmap() fails on one of several
 *         mappings, those before it are gone, and each bit of the range is set.
 *         Go on with one mapping at a time.
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - as iommufd_dirty_read(), iommufd_ioas_unmap()
 * @threads{any}
 * @syscalls{1 ioctl for each page table, and 1 to unmap}
 * @kernel{6.7}
 * @since 0.1.0
 */
int iommufd_dirty_unmap(struct iommufd_dirty *dirty,
			const struct iommufd_extent *range, uint64_t *bitmap,
			uint64_t words);

/**
 * @brief Begin a walk over what was written.
 *
 * A walk that was going on is given up; what it has read of the kernel and not
 * told is lost, unless it was one with ::IOMMUFD_DIRTY_NO_CLEAR.
 *
 * @param dirty the handle
 * @param mapped ranges that are mapped, whole pages; one of length 0 is passed
 *               over. They are to stay until the walk ends; the array is
 *               copied.
 * @param count number of ranges
 * @param flags ::IOMMUFD_DIRTY_NO_CLEAR or 0
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - ::IOMMUFD_CAUSE_NO_MEMORY, after which the walk before goes on
 * @threads{any, one walk at a time for a handle}
 * @syscalls{none}
 * @kernel{6.7}
 * @since 0.1.0
 */
int iommufd_dirty_walk(struct iommufd_dirty *dirty,
		       const struct iommufd_extent *mapped, uint32_t count,
		       uint32_t flags);

/**
 * @brief The next range of a walk.
 *
 * Ranges come in the order of @p mapped, in pieces as large as the memory of the
 * handle allows: one that goes on where the one before it ended is possible.
 *
 * @param dirty the handle, with a walk
 * @param[out] range addresses that were written; length 0 at the end. Untouched
 *             on failure.
 * @return 0 or a typed error, after which the call goes on with the same piece
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - as iommufd_dirty_read()
 * @threads{any, one walk at a time for a handle}
 * @syscalls{1 ioctl for each page table and piece, else none}
 * @kernel{6.7}
 * @since 0.1.0
 */
int iommufd_dirty_next(struct iommufd_dirty *dirty,
		       struct iommufd_extent *range);

/**
 * @brief The next runs of bits that are set in a bitmap.
 *
 * For bitmaps of the caller's: of iommufd_dirty_read(), or of the processors'
 * writes. Words without a bit are passed over at the speed of memory, and where
 * few bits are set and come in runs, so are the others; with room for some hundred
 * runs or more, as a call has a cost of its own. To see all of a bitmap, begin
 * at 0, and call until nothing is told.
 *
 * @param bitmap the bitmap, the lowest bit of the first word first, which nobody
 *               changes meanwhile; NULL if it has no bits
 * @param bits number of its bits; others in the last word do not count
 * @param[in,out] position the bit to look from, also in the middle of a run, of
 *                which the rest is told; receives the bit behind the last run
 *                that was told, or @p bits when there is no more
 * @param[out] runs receives the first bit and the number of bits of each run, in
 *             their order; a run is always told whole
 * @param room number of elements of @p runs
 * @return number of runs: less than @p room only when there is no more. 0, with
 *         nothing touched, for a NULL pointer and without room.
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
uint32_t iommufd_dirty_runs(const uint64_t *bitmap, uint64_t bits,
			    uint64_t *position, struct iommufd_extent *runs,
			    uint32_t room);

/** @} */

#ifdef __cplusplus
}
#endif

#endif /* LIBIOMMUFD_UTIL_DIRTY_H */
