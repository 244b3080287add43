/* SPDX-License-Identifier: MIT */
/**
 * @file bulk.h
 * @brief Mapping a guest's memory in pieces, by threads of the caller.
 */
#ifndef LIBIOMMUFD_UTIL_BULK_H
#define LIBIOMMUFD_UTIL_BULK_H

#include <stdint.h>

#include <iommufd/failure.h>
#include <iommufd/ioas.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @defgroup bulk Bulk registration
 * @brief Much memory, all of it or none, by as many threads as the caller likes.
 *
 * To map a guest's memory means to have every page of it there and pinned, which
 * takes a second for some gigabytes. Cut into pieces it can be done by several
 * threads, looked at meanwhile, and given up.
 *
 * iommufd_bulk_prepare() cuts, iommufd_bulk_run() works until nothing is left,
 * in every thread that calls it, and when these have returned
 * iommufd_bulk_finish() says that all is mapped, or why not. Then, or when it is
 * to be given up, iommufd_bulk_undo() unmaps what was mapped. No thread is
 * started here. The guide is @ref bulkguide. Part of libiommufd-util.
 * @{
 */

/**
 * @struct iommufd_bulk
 * @brief A bulk registration that is going on.
 * @since 0.1.0
 */
struct iommufd_bulk;

/**
 * @name Operations of bulk registration
 * In the thread's record of its last failure, when it is the helper that
 * refuses, or memory that cannot be populated: then with `memory`, `length`,
 * `iova` and `flags` of the piece, as those of a map have. Other failures are
 * those of iommufd_ioas_map(), iommufd_ioas_map_file() and iommufd_ioas_unmap()
 * for a piece.
 * @{
 */
enum {
	/** Any call of this group. @since 0.1.0 */
	IOMMUFD_OP_BULK = IOMMUFD_OP_HELPER + 7
};
/** @} */

/**
 * @name Flags of bulk registration
 * @{
 */
enum {
	/** Option: have all pages of a piece there before it is mapped:
	 *  madvise(2), or an access to each page where that is not to be had.
	 *  Pages that the device may write are made the process's own and
	 *  writable. Of a region without `memory` nothing is populated.
	 *  @since 0.1.0 */
	IOMMUFD_BULK_POPULATE = 1 << 0,
	/** Of a region: `fd` and `offset` are the file behind the memory. It is
	 *  mapped by iommufd_ioas_map_file() where kernel and file allow that,
	 *  else by its memory. @since 0.1.0 */
	IOMMUFD_BULK_FILE = 1 << 1,
	/** Of iommufd_bulk_undo(): no thread is in iommufd_bulk_run() any more,
	 *  though one has not returned from it. @since 0.1.0 */
	IOMMUFD_BULK_ALONE = 1 << 2
};
/** @} */

/**
 * @name States of a bulk registration
 * @{
 */
enum {
	/** Pieces are left, or threads are at work. @since 0.1.0 */
	IOMMUFD_BULK_GOES_ON = 0,
	/** All is mapped. @since 0.1.0 */
	IOMMUFD_BULK_MAPPED = 1,
	/** A piece has failed. @since 0.1.0 */
	IOMMUFD_BULK_FAILED = 2,
	/** iommufd_bulk_cancel() has been called, and pieces are left out.
	 *  @since 0.1.0 */
	IOMMUFD_BULK_CANCELLED = 3
};
/** @} */

/**
 * @brief A stretch of memory, and where it is to be mapped.
 * @since 0.1.0
 */
struct iommufd_bulk_region {
	/** sizeof(struct iommufd_bulk_region). */
	uint32_t size;
	/** `IOMMUFD_MAP_` flags; ::IOMMUFD_MAP_FIXED_IOVA goes without
	 *  saying. */
	uint32_t flags;
	/** 0 or ::IOMMUFD_BULK_FILE. */
	uint32_t options;
	/** The file, with ::IOMMUFD_BULK_FILE. To stay open until the last
	 *  thread has returned. */
	int32_t fd;
	/** Where the process has the memory; NULL when it has only the file. */
	void *memory;
	/** In bytes, not 0. */
	uint64_t length;
	/** The first IOVA. */
	uint64_t iova;
	/** Where in the file the region begins. */
	uint64_t offset;
};

/**
 * @brief What iommufd_bulk_prepare() takes beyond the ordinary.
 * @since 0.1.0
 */
struct iommufd_bulk_opts {
	/** sizeof(struct iommufd_bulk_opts). */
	uint32_t size;
	/** 0 or ::IOMMUFD_BULK_POPULATE. */
	uint32_t flags;
	/** Bytes of a piece, rounded up to the alignment; 0 for 64 MiB. */
	uint64_t piece;
	/** A power of two, the page size at least: all pieces but the first of
	 *  a region begin at multiples of it in memory, or in the file where
	 *  that is what is mapped, so that no huge page is cut. 0 for 2 MiB; for
	 *  a file of hugetlbfs with larger pages at least these. */
	uint64_t alignment;
};

/**
 * @brief How far a bulk registration is.
 * @since 0.1.0
 */
struct iommufd_bulk_info {
	/** Set by the caller: sizeof(struct iommufd_bulk_info). */
	uint32_t size;
	/** An `IOMMUFD_BULK_` state. */
	uint32_t state;
	/** Bytes in all. */
	uint64_t bytes;
	/** Bytes that are mapped. */
	uint64_t mapped;
	/** Bytes of these that are mapped by their file. */
	uint64_t mapped_files;
	/** Bytes that have been populated. */
	uint64_t populated;
	/** Number of pieces. */
	uint64_t pieces;
	/** Threads in iommufd_bulk_run(). */
	uint32_t running;
	/** 0, or the typed error of the first piece that has failed. */
	int32_t ret;
	/** Number of the region that this piece is of. */
	uint32_t region;
	/** 0. */
	uint32_t reserved;
	/** Where in the region it begins. */
	uint64_t start;
	/** Its length. */
	uint64_t length;
};

/**
 * @brief Cut memory into pieces to be mapped.
 *
 * Nothing is mapped yet.
 *
 * @param ioas the address space, which must live until the end
 * @param regions what is to be mapped, all with the same `size`. Copied.
 * @param count number of regions, not 0
 * @param opts NULL for the defaults
 * @param[out] bulk the new handle, which iommufd_bulk_finish() or
 *             iommufd_bulk_undo() ends; untouched on failure
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, also for a region that has neither memory nor
 *   a file; ::IOMMUFD_CAUSE_OPTS_SIZE, ::IOMMUFD_CAUSE_OPTS_TAIL,
 *   ::IOMMUFD_CAUSE_BAD_FLAGS
 * - ::IOMMUFD_CAUSE_BAD_VALUE when @p count is 0, for an alignment that is no
 *   power of two or below the page size, for a piece or alignment of 2^62 or
 *   more, and for more than 2^30 pieces
 * - ::IOMMUFD_CAUSE_ZERO_LENGTH, ::IOMMUFD_CAUSE_OVERFLOW,
 *   ::IOMMUFD_CAUSE_NO_ACCESS
 * - ::IOMMUFD_CAUSE_BAD_FD
 * - ::IOMMUFD_CAUSE_UNPINNABLE for ::IOMMUFD_BULK_POPULATE, where madvise(2)
 *   cannot populate and the process may not access all of the memory
 * - ::IOMMUFD_CAUSE_NO_MEMORY
 * @threads{any}
 * @syscalls{1 fcntl and 1 fstatfs for each file; 2 madvise to populate, and
 *           where that is not to be had files are read}
 * @kernel{6.2}
 * @since 0.1.0
 */
int iommufd_bulk_prepare(struct iommufd_ioas *ioas,
			 const struct iommufd_bulk_region *regions,
			 uint32_t count, const struct iommufd_bulk_opts *opts,
			 struct iommufd_bulk **bulk);

/**
 * @brief Map pieces until none is left, or one has failed in any thread.
 *
 * To be called by as many threads as one likes, also by one that comes later or
 * comes again. The thread that returns first may do so while others are still at
 * work.
 *
 * @param bulk the registration
 * @param pieces the number after which to return nevertheless; 0 for no such
 *               limit
 * @return 0 when there is nothing to take any more, or after that number; or a
 *         typed error, the same and with the same record in every thread that
 *         returns after it. A thread that has returned 0 learns of it by
 *         iommufd_bulk_finish().
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - as iommufd_ioas_map() or iommufd_ioas_map_file(), of the first piece that
 *   has failed. The record has its range, and iommufd_diagnose() explains it.
 * - ::IOMMUFD_CAUSE_UNPINNABLE, ::IOMMUFD_CAUSE_NO_MEMORY when it could not be
 *   populated: part of it is not there, or is read-only while the device may
 *   write
 * - ::IOMMUFD_CAUSE_CANCELLED
 * @threads{any}
 * @syscalls{1 ioctl for each piece, on a kernel without files 1 more in each
 *           thread; 1 madvise for each piece to populate; futex(2) when threads
 *           meet}
 * @kernel{6.2; mapping files 6.13}
 * @since 0.1.0
 */
int iommufd_bulk_run(struct iommufd_bulk *bulk, uint64_t pieces);

/**
 * @brief Stop: no further piece is begun.
 *
 * When all have been begun it comes too late: they are mapped, or one fails.
 *
 * @param bulk the registration, or NULL
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
void iommufd_bulk_cancel(struct iommufd_bulk *bulk);

/**
 * @brief Tell how far it is.
 *
 * @param bulk the registration
 * @param[in,out] info `size` must be set; untouched on failure
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_OPTS_SIZE
 * @threads{any}
 * @syscalls{none; futex(2) when threads meet}
 * @since 0.1.0
 */
int iommufd_bulk_get_info(struct iommufd_bulk *bulk,
			  struct iommufd_bulk_info *info);

/**
 * @brief End a registration of which all is mapped.
 *
 * @param bulk the registration. Gone after success; valid and unchanged after a
 *             failure, to be undone.
 * @return 0, or why not all is mapped
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - as iommufd_bulk_run()
 * - ::IOMMUFD_CAUSE_IN_USE when a thread is in iommufd_bulk_run()
 * - ::IOMMUFD_CAUSE_PIECES_LEFT when nobody has taken all pieces
 * @threads{any, as the last use of the handle}
 * @syscalls{none; futex(2) when threads meet}
 * @since 0.1.0
 */
int iommufd_bulk_finish(struct iommufd_bulk *bulk);

/**
 * @brief Unmap all that was mapped, and end the registration.
 *
 * Only whole pieces that this registration has mapped, in the reverse order: what
 * others have mapped, also in the way of a piece, is not touched. The record of
 * the failure that is the reason stays the thread's last one.
 *
 * @param bulk the registration, or NULL. Gone after success; valid after a
 *             failure, to be undone again.
 * @param flags 0 or ::IOMMUFD_BULK_ALONE
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_BAD_FLAGS
 * - ::IOMMUFD_CAUSE_IN_USE when a thread is in iommufd_bulk_run(). Where one died
 *   in there, ::IOMMUFD_BULK_ALONE says that it does not count.
 * - ::IOMMUFD_CAUSE_MAPPING_IN_TRANSIT, ::IOMMUFD_CAUSE_PINS_HELD of the first
 *   piece that could not be unmapped; the others are
 * @threads{any, as the last use of the handle}
 * @syscalls{1 ioctl for each piece that is mapped}
 * @kernel{6.2}
 * @since 0.1.0
 */
int iommufd_bulk_undo(struct iommufd_bulk *bulk, uint32_t flags);

/**
 * @brief Forget a registration; what it has mapped stays in the address space.
 *
 * For a process that destroys the address space anyway, and for the child of a
 * fork, which shares the mappings with its parent and must not end them.
 *
 * @param bulk the registration, or NULL
 * @failures none
 * @threads{any, as the last use of the handle: no thread may be in
 *          iommufd_bulk_run()}
 * @syscalls{none}
 * @since 0.1.0
 */
void iommufd_bulk_release(struct iommufd_bulk *bulk);

/** @} */

#ifdef __cplusplus
}
#endif

#endif /* LIBIOMMUFD_UTIL_BULK_H */
