/* SPDX-License-Identifier: MIT */
/**
 * @file device_memory.h
 * @brief Memory of a device in an address space, for other devices' DMA.
 */
#ifndef LIBIOMMUFD_UTIL_DEVICE_MEMORY_H
#define LIBIOMMUFD_UTIL_DEVICE_MEMORY_H

#include <stdint.h>

#include <iommufd/failure.h>
#include <iommufd/ioas.h>
#include <iommufd/vfio.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @defgroup device_memory Device memory
 * @brief The BARs of one device where the DMA of others finds them.
 *
 * The kernel maps a device's memory by a dma-buf, one for each part of a BAR
 * that can be mapped, and takes the mapping away for good when the device is
 * reset or its memory is switched off. It tells nobody. Here the parts of the
 * BARs are exported once, mapped and moved together, and mapped again when the
 * caller, who knows of the reset, says so.
 *
 * One handle is for one device in one address space. iommufd_device_memory_new()
 * makes it, iommufd_device_memory_add_bar() adds a BAR,
 * iommufd_device_memory_map() maps or moves one,
 * **iommufd_device_memory_refresh() is to be called after whatever takes
 * mappings away**, iommufd_device_memory_destroy() unmaps all. The guide is
 * @ref devicememoryguide. Part of libiommufd-util.
 * @{
 */

/**
 * @struct iommufd_device_memory
 * @brief The memory of a device in an address space.
 * @since 0.1.0
 */
struct iommufd_device_memory;

/**
 * @name Operations of device memory
 * In the thread's record of its last failure, when it is the helper that
 * refuses: then with the id of the address space and the number of the BAR as
 * `arg`. Other failures are those of iommufd_vfio_get_region_info(),
 * iommufd_vfio_export_dma_buf(), iommufd_ioas_map_file() and
 * iommufd_ioas_unmap() for an area.
 * @{
 */
enum {
	/** Any call of this group. @since 0.1.0 */
	IOMMUFD_OP_DEVICE_MEMORY = IOMMUFD_OP_HELPER + 10
};
/** @} */

/**
 * @name Flags of device memory
 * @{
 */
enum {
	/** Of iommufd_device_memory_refresh(): nothing was taken away since the
	 *  last time; only what still waits is to be mapped.
	 *  @since 0.1.0 */
	IOMMUFD_DEVICE_MEMORY_WAITING_ONLY = 1 << 0
};
/** In place of the number of a BAR: all of them. @since 0.1.0 */
#define IOMMUFD_DEVICE_MEMORY_ALL UINT32_MAX
/** @} */

/**
 * @name States of an area
 * As of the last call that had to do with it: the kernel does not tell that a
 * mapping has been taken away.
 * @{
 */
enum {
	/** It is not to be mapped. @since 0.1.0 */
	IOMMUFD_DEVICE_MEMORY_UNMAPPED = 0,
	/** It is mapped. @since 0.1.0 */
	IOMMUFD_DEVICE_MEMORY_MAPPED = 1,
	/** It is to be mapped and is not: not now, because the memory is
	 *  revoked (then `ret` is ::IOMMUFD_CAUSE_REVOKED), or because of a
	 *  failure. The next refresh tries again. @since 0.1.0 */
	IOMMUFD_DEVICE_MEMORY_WAITING = 2,
	/** A mapping of it could not be unmapped: an old one, through which
	 *  DMA may be refused by now. The next refresh tries again.
	 *  @since 0.1.0 */
	IOMMUFD_DEVICE_MEMORY_STALE = 3
};
/** @} */

/**
 * @brief How many areas there are, and in which state.
 * @since 0.1.0
 */
struct iommufd_device_memory_info {
	/** Set by the caller: sizeof(struct iommufd_device_memory_info). */
	uint32_t size;
	/** Number of areas. */
	uint32_t areas;
	/** Of these ::IOMMUFD_DEVICE_MEMORY_MAPPED. */
	uint32_t mapped;
	/** Of these ::IOMMUFD_DEVICE_MEMORY_WAITING. */
	uint32_t waiting;
	/** Of these ::IOMMUFD_DEVICE_MEMORY_STALE. */
	uint32_t stale;
	/** 0. */
	uint32_t reserved;
	/** Bytes in mapped areas. */
	uint64_t mapped_bytes;
};

/**
 * @brief A part of a BAR, which is mapped as a whole.
 * @since 0.1.0
 */
struct iommufd_device_memory_area {
	/** Set by the caller: sizeof(struct iommufd_device_memory_area). */
	uint32_t size;
	/** The BAR. */
	uint32_t bar;
	/** An `IOMMUFD_DEVICE_MEMORY_` state. */
	uint32_t state;
	/** 0, or the typed error of the last attempt to map or unmap it. */
	int32_t ret;
	/** `IOMMUFD_MAP_` flags of the mapping that it has or is to have. */
	uint32_t flags;
	/** Its dma-buf, which stays the handle's: for other users of dma-bufs,
	 *  such as RDMA. */
	int32_t fd;
	/** Where in the BAR it begins. */
	uint64_t offset;
	/** Bytes. */
	uint64_t length;
	/** First IOVA where it is or is to be mapped, with
	 *  ::IOMMUFD_MAP_FIXED_IOVA in `flags`; without, the kernel has not
	 *  chosen one yet, and it is 0. */
	uint64_t iova;
};

/**
 * @brief What iommufd_device_memory_add_buffer() adds.
 * @since 0.1.0
 */
struct iommufd_device_memory_buffer {
	/** sizeof(struct iommufd_device_memory_buffer). */
	uint32_t size;
	/** The BAR that the memory counts as a part of. */
	uint32_t bar;
	/** The dma-buf. Duplicated: the caller's own may be closed. */
	int32_t fd;
	/** 0. */
	uint32_t reserved;
	/** Where in the BAR the area begins. */
	uint64_t offset;
	/** Where in the dma-buf the area begins. */
	uint64_t start;
	/** Bytes, not 0. */
	uint64_t length;
};

/**
 * @brief Begin with the memory of a device in an address space.
 *
 * @param ioas the address space of the devices that are to reach the memory,
 *             which must live until the end
 * @param flags 0
 * @param[out] memory the new handle, which iommufd_device_memory_destroy() or
 *             iommufd_device_memory_release() ends; untouched on failure
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_BAD_FLAGS,
 *   ::IOMMUFD_CAUSE_NO_MEMORY
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
int iommufd_device_memory_new(struct iommufd_ioas *ioas, uint32_t flags,
			      struct iommufd_device_memory **memory);

/**
 * @brief Export those parts of a BAR that can be mapped.
 *
 * Each becomes an area, in whole pages. Nothing is mapped yet. A BAR with
 * nothing to map is no failure: one that is missing, has I/O ports, or is
 * smaller than a page.
 *
 * @param memory the handle
 * @param file the bound file of the device, of any context. When it is closed
 *             for good the memory is gone from all address spaces.
 * @param bar the BAR: ::IOMMUFD_REGION_PCI_BAR0 and so on
 * @param part offset in the BAR and length of the part that is wanted, for
 *             example without the page of the MSI-X table; NULL for all
 * @param[out] areas receives the number of areas that were added, which may be
 *             0; may be NULL. Untouched on failure.
 * @return 0 or a typed error, after which nothing was added
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_OVERFLOW
 * - ::IOMMUFD_CAUSE_BAD_VALUE when the BAR, or this part of it, has been added
 * - **::IOMMUFD_CAUSE_DEVICE_FEATURE when the kernel or the device's driver
 *   cannot export memory**: before 6.19, or without CONFIG_PCI_P2PDMA
 * - ::IOMMUFD_CAUSE_FEATURE_REQUEST when other devices cannot reach this BAR
 * - ::IOMMUFD_CAUSE_BAD_INDEX when the device has no such region, or is going
 *   away
 * - ::IOMMUFD_CAUSE_NOT_BOUND, ::IOMMUFD_CAUSE_DEVICE_GONE,
 *   ::IOMMUFD_CAUSE_DESCRIPTORS, ::IOMMUFD_CAUSE_NO_MEMORY
 * @threads{any, one call at a time for a handle}
 * @syscalls{1 ioctl to ask for the parts, 2 when the kernel names some; 1 ioctl
 *           for each area; after a failure 1 close for each of them}
 * @kernel{6.19}
 * @since 0.1.0
 */
int iommufd_device_memory_add_bar(struct iommufd_device_memory *memory,
				  struct iommufd_vfio *file, uint32_t bar,
				  const struct iommufd_extent *part,
				  uint32_t *areas);

/**
 * @brief Add memory that was exported already, as one area.
 *
 * For a dma-buf that another process has exported, or that is needed for
 * something else besides. It must have one physical range, as those of
 * iommufd_vfio_export_dma_buf() have. Nothing is mapped yet, and nothing asked:
 * what the kernel cannot map shows in iommufd_device_memory_map().
 *
 * @param memory the handle
 * @param buffer the memory. Copied.
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_OPTS_SIZE,
 *   ::IOMMUFD_CAUSE_OPTS_TAIL, ::IOMMUFD_CAUSE_OPTS_RESERVED
 * - ::IOMMUFD_CAUSE_ZERO_LENGTH, ::IOMMUFD_CAUSE_OVERFLOW
 * - ::IOMMUFD_CAUSE_BAD_VALUE when a part of it has been added already, and for
 *   ::IOMMUFD_DEVICE_MEMORY_ALL as BAR
 * - ::IOMMUFD_CAUSE_BAD_FD, ::IOMMUFD_CAUSE_DESCRIPTORS,
 *   ::IOMMUFD_CAUSE_NO_MEMORY
 * @threads{any, one call at a time for a handle}
 * @syscalls{1 fcntl}
 * @kernel{6.19}
 * @since 0.1.0
 */
int iommufd_device_memory_add_buffer(
	struct iommufd_device_memory *memory,
	const struct iommufd_device_memory_buffer *buffer);

/**
 * @brief Map a BAR, or move it to another IOVA or to other access flags.
 *
 * What can be mapped at the moment is mapped, all of it or nothing. What is
 * revoked is no failure: it waits, and iommufd_device_memory_refresh() maps it
 * later.
 *
 * A BAR that moves is unmapped at the old place before it is mapped at the new
 * one. If that fails it is mapped at the old place again.
 *
 * @param memory the handle
 * @param bar the BAR
 * @param flags `IOMMUFD_MAP_` flags
 * @param[in,out] iova with ::IOMMUFD_MAP_FIXED_IOVA where the BAR begins: each
 *                area is mapped at this plus its offset. Without, each area gets
 *                an IOVA of the kernel's choice, and this receives that of the
 *                first one; 0 if that waits. Chosen once, it stays for every
 *                refresh. Untouched on failure.
 * @return 0 or a typed error, after which the BAR is where it was. What could not
 *         be put back there waits, and what could not be taken away is stale:
 *         iommufd_device_memory_get_info() tells.
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_NO_ACCESS,
 *   ::IOMMUFD_CAUSE_OVERFLOW
 * - ::IOMMUFD_CAUSE_BAD_INDEX when nothing of this BAR has been added
 * - as iommufd_ioas_map_file(), but for ::IOMMUFD_CAUSE_REVOKED:
 *   ::IOMMUFD_CAUSE_FILE_UNUSABLE for an IOVA that is misaligned or cannot be
 *   mapped, ::IOMMUFD_CAUSE_ALREADY_MAPPED, ::IOMMUFD_CAUSE_COMMAND and others.
 *   The record has the area's range, and iommufd_diagnose() explains it.
 * - ::IOMMUFD_CAUSE_MAPPING_IN_TRANSIT when the BAR cannot be unmapped
 * @threads{any, one call at a time for a handle}
 * @syscalls{1 ioctl for each area, 2 when it moves; after a failure up to 2 more}
 * @kernel{6.19}
 * @since 0.1.0
 */
int iommufd_device_memory_map(struct iommufd_device_memory *memory,
			      uint32_t bar, uint32_t flags, uint64_t *iova);

/**
 * @brief Unmap a BAR, or all of them. They can be mapped again.
 *
 * All areas are tried, also after a failure. One that is not mapped, or that
 * somebody else has unmapped, is no failure; **if somebody has unmapped it and
 * mapped something else there, that is unmapped**: the kernel does not tell the
 * two apart.
 *
 * @param memory the handle
 * @param bar the BAR, or ::IOMMUFD_DEVICE_MEMORY_ALL
 * @return 0, or the typed error of the first area that could not be unmapped: it
 *         is ::IOMMUFD_DEVICE_MEMORY_STALE, and the call can be made again
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - ::IOMMUFD_CAUSE_BAD_INDEX when nothing of this BAR has been added
 * - ::IOMMUFD_CAUSE_MAPPING_IN_TRANSIT
 * @threads{any, one call at a time for a handle}
 * @syscalls{1 ioctl for each mapped area}
 * @kernel{6.19}
 * @since 0.1.0
 */
int iommufd_device_memory_unmap(struct iommufd_device_memory *memory,
				uint32_t bar);

/**
 * @brief Map again what was taken away.
 *
 * To be called after a reset of the device, a hot reset that reached it, after
 * its memory decoding was switched on (the write to the command register first,
 * then this call), and after it has left a low-power state. Every area that is to
 * be mapped is unmapped and mapped at the same IOVA; **one that nothing had
 * taken away has no mapping for that moment**, and DMA to it is refused. What
 * is still revoked waits.
 *
 * All areas are tried, also after a failure.
 *
 * @param memory the handle
 * @param flags ::IOMMUFD_DEVICE_MEMORY_WAITING_ONLY or 0
 * @param[in,out] info as iommufd_device_memory_get_info(), filled also when an
 *                area has failed; may be NULL
 * @return 0, also when areas wait because they are revoked; or the typed error of
 *         the first area that failed for another reason. It waits or is stale,
 *         and the call can be made again.
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_BAD_FLAGS,
 *   ::IOMMUFD_CAUSE_OPTS_SIZE; nothing was tried then
 * - as iommufd_ioas_map_file(), but for ::IOMMUFD_CAUSE_REVOKED:
 *   ::IOMMUFD_CAUSE_ALREADY_MAPPED when somebody else has mapped there while
 *   the area waited
 * - ::IOMMUFD_CAUSE_MAPPING_IN_TRANSIT
 * @threads{any, one call at a time for a handle}
 * @syscalls{2 ioctl for each area, 1 for one that waits}
 * @kernel{6.19}
 * @since 0.1.0
 */
int iommufd_device_memory_refresh(struct iommufd_device_memory *memory,
				  uint32_t flags,
				  struct iommufd_device_memory_info *info);

/**
 * @brief Tell how many areas are mapped, and how many wait.
 *
 * @param memory the handle
 * @param[in,out] info `size` must be set; untouched on failure
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_OPTS_SIZE
 * @threads{any, one call at a time for a handle}
 * @syscalls{none}
 * @since 0.1.0
 */
int iommufd_device_memory_get_info(struct iommufd_device_memory *memory,
				   struct iommufd_device_memory_info *info);

/**
 * @brief Tell of one area.
 *
 * @param memory the handle
 * @param number 0 and up, below `areas` of iommufd_device_memory_get_info(), in
 *               the order in which they were added
 * @param[in,out] area `size` must be set; untouched on failure
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_OPTS_SIZE
 * - ::IOMMUFD_CAUSE_BAD_INDEX when there is no area of this number
 * @threads{any, one call at a time for a handle}
 * @syscalls{none}
 * @since 0.1.0
 */
int iommufd_device_memory_get_area(struct iommufd_device_memory *memory,
				   uint32_t number,
				   struct iommufd_device_memory_area *area);

/**
 * @brief Unmap everything, and end the handle.
 *
 * @param memory the handle, or NULL. Gone after success; valid after a failure,
 *               to be ended again.
 * @return 0, or the typed error of the first area that could not be unmapped;
 *         the others are
 * @failures
 * - as iommufd_device_memory_unmap()
 * @threads{any, as the last use of the handle}
 * @syscalls{1 ioctl for each mapped area; 1 close for each area}
 * @kernel{6.19}
 * @since 0.1.0
 */
int iommufd_device_memory_destroy(struct iommufd_device_memory *memory);

/**
 * @brief Forget the handle; its mappings live on in the address space.
 *
 * For a process that destroys the address space anyway, and for the child of a
 * fork, which shares the mappings with its parent and must not end them.
 *
 * @param memory the handle, or NULL
 * @failures none
 * @threads{any, as the last use of the handle}
 * @syscalls{1 close for each area}
 * @since 0.1.0
 */
void iommufd_device_memory_release(struct iommufd_device_memory *memory);

/** @} */

#ifdef __cplusplus
}
#endif

#endif /* LIBIOMMUFD_UTIL_DEVICE_MEMORY_H */
