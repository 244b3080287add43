/* SPDX-License-Identifier: MIT */
/**
 * @file ioas.h
 * @brief I/O address spaces: what a device sees as memory.
 */
#ifndef LIBIOMMUFD_IOAS_H
#define LIBIOMMUFD_IOAS_H

#include <stdint.h>

#include <iommufd/ctx.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @defgroup ioas I/O address space
 * @brief An IOAS: a set of mappings that any number of page tables take over.
 *
 * A new IOAS spans the whole range of addresses. Each page table made of it
 * narrows it to what its hardware can map, each attached device takes its
 * reserved windows out of it; iommufd_ioas_iova_ranges() tells what is left.
 *
 * An IOAS without a page table pins nothing and takes every memory address:
 * errors of the memory then come up later, when the first page table is made
 * of it or the first device is attached. Who wants them at once makes the page
 * table first (iommufd_hwpt_alloc()).
 * @{
 */

/**
 * @struct iommufd_ioas
 * @brief An I/O address space.
 * @since 0.1.0
 */
struct iommufd_ioas;

/**
 * @brief A range of I/O virtual addresses.
 * @since 0.1.0
 */
struct iommufd_iova_range {
	/** First address. */
	uint64_t start;
	/** Last address, inclusive. */
	uint64_t last;
};

/**
 * @brief A stretch of a file or of an address space.
 *
 * Its two numbers have names so that they cannot change places.
 * @since 0.1.0
 */
struct iommufd_extent {
	/** First byte: an offset in a file, or an IOVA. */
	uint64_t start;
	/** Number of bytes. */
	uint64_t length;
};

/**
 * @name Flags of mappings
 * At least one of READABLE and WRITEABLE is needed.
 * @{
 */
enum {
	/** The IOVA is the caller's choice. Without it the kernel chooses, and
	 *  the value passed in does not matter. @since 0.1.0 */
	IOMMUFD_MAP_FIXED_IOVA = 1 << 0,
	/** The device may write. @since 0.1.0 */
	IOMMUFD_MAP_WRITEABLE = 1 << 1,
	/** The device may read. @since 0.1.0 */
	IOMMUFD_MAP_READABLE = 1 << 2
};
/** @} */

/**
 * @brief Make an address space: IOMMU_IOAS_ALLOC.
 *
 * @param ctx the context
 * @param flags 0; no kernel has any yet
 * @param[out] ioas the new address space, which iommufd_ioas_destroy() ends;
 *             untouched on failure
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - ::IOMMUFD_CAUSE_FEATURE for a flag that the kernel does not have
 * - ::IOMMUFD_CAUSE_NO_MEMORY
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.2}
 * @since 0.1.0
 */
int iommufd_ioas_alloc(struct iommufd_ctx *ctx, uint32_t flags,
		       struct iommufd_ioas **ioas);

/**
 * @brief Make a handle of an address space that exists already.
 *
 * @param ctx the context in which @p id is valid
 * @param id the address space, made by another process or library
 * @param flags 0, or ::IOMMUFD_ADOPT_OWNED, ::IOMMUFD_ADOPT_VERIFY
 * @param[out] ioas the new handle; untouched on failure
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_BAD_FLAGS
 * - ::IOMMUFD_CAUSE_BAD_ID when @p id cannot be an id at all
 * - ::IOMMUFD_CAUSE_OBJECT with VERIFY, when it is not an address space
 * - ::IOMMUFD_CAUSE_NO_MEMORY
 * @threads{any}
 * @syscalls{1 ioctl to verify, else none}
 * @kernel{6.2}
 * @since 0.1.0
 */
int iommufd_ioas_adopt(struct iommufd_ctx *ctx, uint32_t id, uint32_t flags,
		       struct iommufd_ioas **ioas);

/**
 * @brief The id of an address space.
 *
 * @param ioas the address space, or NULL
 * @return its id; 0 for NULL
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
uint32_t iommufd_ioas_id(const struct iommufd_ioas *ioas);

/**
 * @brief The context that an address space is in.
 *
 * @param ioas the address space, or NULL
 * @return the context, valid as long as the address space is, without a reference of
 *         its own: not to be closed; NULL for NULL
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
struct iommufd_ctx *iommufd_ioas_ctx(const struct iommufd_ioas *ioas);

/**
 * @brief Destroy an address space with all its mappings: IOMMU_DESTROY.
 *
 * @param ioas the address space, or NULL. Gone after success; valid and
 *             unchanged after a failure.
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_IN_USE when page tables or emulated devices use it; under
 *   concurrency also when another thread just works with it
 * - ::IOMMUFD_CAUSE_BORROWED when the handle was adopted without
 *   ::IOMMUFD_ADOPT_OWNED
 * - ::IOMMUFD_CAUSE_OBJECT when somebody else has destroyed it: release the
 *   handle then
 * @threads{any, as the last use of the handle}
 * @syscalls{1 ioctl, and 1 close when it was the last handle of the context}
 * @kernel{6.2}
 * @since 0.1.0
 */
int iommufd_ioas_destroy(struct iommufd_ioas *ioas);

/**
 * @brief Forget the handle; the address space lives on.
 *
 * @param ioas the address space, or NULL
 * @failures none
 * @threads{any, as the last use of the handle}
 * @syscalls{1 close when it was the last handle of the context, else none}
 * @since 0.1.0
 */
void iommufd_ioas_release(struct iommufd_ioas *ioas);

/**
 * @brief Map memory of the calling process: IOMMU_IOAS_MAP.
 *
 * All or nothing: a failed call leaves nothing mapped and nothing pinned. The
 * memory stays pinned while a page table of the address space holds it, and
 * later changes of the process's own mappings (munmap and the like) do not
 * reach the device.
 *
 * @param ioas the address space
 * @param memory the first byte. It and @p length must be as aligned as
 *               iommufd_ioas_iova_ranges() tells; page alignment always is.
 *               Memory that may only be read can be mapped for reading.
 * @param length in bytes, not 0
 * @param flags `IOMMUFD_MAP_` flags
 * @param[in,out] iova with ::IOMMUFD_MAP_FIXED_IOVA the IOVA to use; else
 *                receives the kernel's choice, which is never 0. Untouched on
 *                failure.
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER when @p ioas or @p iova is NULL
 * - ::IOMMUFD_CAUSE_NO_ACCESS, ::IOMMUFD_CAUSE_ZERO_LENGTH,
 *   ::IOMMUFD_CAUSE_OVERFLOW
 * - ::IOMMUFD_CAUSE_IOVA_UNUSABLE at a fixed IOVA: misaligned, reserved, or
 *   outside of what the page tables can map
 * - ::IOMMUFD_CAUSE_MISALIGNED without: length or memory is not aligned enough
 * - either of these two also when a nest parent of VT-d takes no mapping without
 *   ::IOMMUFD_MAP_WRITEABLE
 * - ::IOMMUFD_CAUSE_ALREADY_MAPPED at a fixed IOVA
 * - ::IOMMUFD_CAUSE_NO_IOVA_SPACE without
 * - ::IOMMUFD_CAUSE_UNPINNABLE when there is a page table and some page cannot
 *   be pinned
 * - ::IOMMUFD_CAUSE_MEMORY_OR_LIMIT
 * - ::IOMMUFD_CAUSE_FEATURE for an unknown flag
 * - ::IOMMUFD_CAUSE_OBJECT when the address space is gone
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.2}
 * @since 0.1.0
 */
int iommufd_ioas_map(struct iommufd_ioas *ioas, void *memory, uint64_t length,
		     uint32_t flags, uint64_t *iova);

/**
 * @brief Map a part of a memory file or of a dma-buf: IOMMU_IOAS_MAP_FILE.
 *
 * A memory file (memfd, hugetlbfs or tmpfs file) keeps its mapping when the
 * process ends, and can change hands with iommufd_ctx_change_process(). A
 * dma-buf of a VFIO device (iommufd_vfio_export_dma_buf()) makes the device's
 * memory reachable for others; a reset of that device takes such a mapping away
 * for good.
 *
 * While the address space has no page table the file is not looked at: one that
 * is too short or no memory file shows only later, as EINVAL of
 * iommufd_hwpt_alloc(), iommufd_device_attach() or iommufd_ioas_copy().
 *
 * @param ioas the address space
 * @param fd the file or dma-buf; stays the caller's and may be closed
 * @param part offset and length in bytes, the length not 0; both as aligned as
 *             iommufd_ioas_iova_ranges() tells
 * @param flags `IOMMUFD_MAP_` flags
 * @param[in,out] iova as for iommufd_ioas_map()
 * @return 0 or a typed error; a failed call leaves nothing mapped
 * @failures as iommufd_ioas_map(), and
 * - ::IOMMUFD_CAUSE_FILE_UNUSABLE for its EINVAL: the part ends beyond the
 *   file, the file is no memory file, or a dma-buf that this kernel cannot map,
 *   the range does not fit, or a nest parent of VT-d takes no mapping without
 *   ::IOMMUFD_MAP_WRITEABLE
 * - ::IOMMUFD_CAUSE_BAD_FD when @p fd is not open
 * - ::IOMMUFD_CAUSE_REVOKED when the dma-buf is revoked at the moment
 * - ::IOMMUFD_CAUSE_COMMAND before 6.13
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.13; dma-buf 6.19}
 * @since 0.1.0
 */
int iommufd_ioas_map_file(struct iommufd_ioas *ioas, int fd,
			  const struct iommufd_extent *part, uint32_t flags,
			  uint64_t *iova);

/**
 * @brief Map in one address space what is mapped in another: IOMMU_IOAS_COPY.
 *
 * The memory is pinned and accounted once, however many copies there are. The
 * two may be the same address space.
 *
 * @param ioas the destination
 * @param source the address space to copy from
 * @param part IOVA and length in bytes in the source: completely mapped, by
 *             one mapping or several adjacent ones, or a part of one
 * @param flags `IOMMUFD_MAP_` flags of the destination
 * @param[in,out] iova in the destination, as for iommufd_ioas_map()
 * @return 0 or a typed error; a failed call leaves nothing mapped
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_OTHER_CONTEXT
 * - ::IOMMUFD_CAUSE_NO_ACCESS, ::IOMMUFD_CAUSE_ZERO_LENGTH,
 *   ::IOMMUFD_CAUSE_OVERFLOW
 * - ::IOMMUFD_CAUSE_COPY_SOURCE when the source is not completely mapped, or
 *   one of the two is gone
 * - ::IOMMUFD_CAUSE_READ_ONLY_SOURCE for ::IOMMUFD_MAP_WRITEABLE of memory that
 *   was mapped without
 * - ::IOMMUFD_CAUSE_IOVA_UNUSABLE, ::IOMMUFD_CAUSE_MISALIGNED as of
 *   iommufd_ioas_map(); also when a file that nothing has pinned yet is too
 *   short or no memory file
 * - ::IOMMUFD_CAUSE_ALREADY_MAPPED, ::IOMMUFD_CAUSE_NO_IOVA_SPACE
 * - ::IOMMUFD_CAUSE_EARLIER_MAPPING when there is a page table and a page of
 *   what was mapped cannot be pinned
 * - ::IOMMUFD_CAUSE_MEMORY_OR_LIMIT
 * - ::IOMMUFD_CAUSE_FEATURE for an unknown flag
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.2}
 * @since 0.1.0
 */
int iommufd_ioas_copy(struct iommufd_ioas *ioas,
		      const struct iommufd_ioas *source,
		      const struct iommufd_extent *part, uint32_t flags,
		      uint64_t *iova);

/**
 * @brief Unmap all mappings that lie in a range: IOMMU_IOAS_UNMAP.
 *
 * Mappings go as a whole; the range may be larger than they are and have holes.
 * Emulated devices give up their pins before the call returns.
 *
 * From 0 on UINT64_MAX bytes mean everything, as in iommufd_ioas_unmap_all():
 * of an empty address space that is no failure.
 *
 * @param ioas the address space
 * @param[in,out] length of the range in bytes; receives the number of bytes
 *                that were unmapped. Untouched on failure.
 * @param iova the first address
 * @return 0 or a typed error. **After a failure mappings in the range may be
 *         gone**: the kernel removes them in ascending order up to the one that
 *         fails, and does not say how many.
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_ZERO_LENGTH,
 *   ::IOMMUFD_CAUSE_OVERFLOW
 * - ::IOMMUFD_CAUSE_NOT_WHOLE_MAPPINGS when nothing is mapped in the range or
 *   an end of it cuts a mapping, or the address space is gone
 * - ::IOMMUFD_CAUSE_MAPPING_IN_TRANSIT
 * - ::IOMMUFD_CAUSE_PINS_HELD when an emulated device keeps its pins
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.2}
 * @since 0.1.0
 */
int iommufd_ioas_unmap(struct iommufd_ioas *ioas, uint64_t *length,
		       uint64_t iova);

/**
 * @brief Unmap everything: IOMMU_IOAS_UNMAP of the whole space.
 *
 * @param ioas the address space
 * @param[out] unmapped receives the number of bytes that were unmapped, which
 *             may be 0; may be NULL. Untouched on failure.
 * @return 0 or a typed error, after which some mappings may be gone
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - ::IOMMUFD_CAUSE_MAPPING_IN_TRANSIT, ::IOMMUFD_CAUSE_PINS_HELD
 * - ::IOMMUFD_CAUSE_OBJECT when the address space is gone
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.2}
 * @since 0.1.0
 */
int iommufd_ioas_unmap_all(struct iommufd_ioas *ioas, uint64_t *unmapped);

/**
 * @brief Tell which IOVAs can be mapped at all: IOMMU_IOAS_IOVA_RANGES.
 *
 * What the page tables can map, less the reserved windows of the attached
 * devices. Existing mappings and the allow list play no part. The answer
 * changes whenever a page table is made or ended and a device is attached or
 * detached.
 *
 * @param ioas the address space
 * @param[out] ranges receives the ranges in ascending order; may be NULL when
 *             @p *count is 0
 * @param[in,out] count room in @p ranges; receives the number of ranges that
 *                there are, also when the room is too small
 * @param[out] alignment receives the alignment in bytes, 1 to the page size,
 *             that IOVAs, lengths and memory need; may be NULL. Also set when
 *             the room is too small.
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER when @p ioas or @p count is NULL, or @p ranges
 *   while @p *count is not 0
 * - ::IOMMUFD_CAUSE_ARRAY_SHORT when there are more ranges than room: as many
 *   as fit are filled in, @p *count tells how many there are. Call again with
 *   more room, more than once if need be.
 * - ::IOMMUFD_CAUSE_OBJECT when the address space is gone
 * - ::IOMMUFD_CAUSE_BAD_BUFFER
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.2}
 * @since 0.1.0
 */
int iommufd_ioas_iova_ranges(struct iommufd_ioas *ioas,
			     struct iommufd_iova_range *ranges, uint32_t *count,
			     uint64_t *alignment);

/**
 * @brief Say which IOVAs the kernel may choose: IOMMU_IOAS_ALLOW_IOVAS.
 *
 * Replaces the whole list. A device or page table that would reserve inside an
 * allowed range cannot be attached or made from then on. Fixed mappings are
 * **not** limited by the list, and existing mappings are not looked at.
 *
 * @param ioas the address space
 * @param ranges in any order, each of two bytes or more, none overlapping
 *               another; may be NULL when @p count is 0
 * @param count number of ranges; 0 allows everything again
 * @return 0 or a typed error, which leaves the old list in force
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_NO_MEMORY
 * - ::IOMMUFD_CAUSE_BAD_RANGES when the last byte of a range is not above its
 *   first, or ranges overlap
 * - ::IOMMUFD_CAUSE_RESERVED_IN_USE when a range touches what is reserved now
 * - ::IOMMUFD_CAUSE_OBJECT when the address space is gone
 * - ::IOMMUFD_CAUSE_BAD_BUFFER
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.2}
 * @since 0.1.0
 */
int iommufd_ioas_allow_iovas(struct iommufd_ioas *ioas,
			     const struct iommufd_iova_range *ranges,
			     uint32_t count);

/**
 * @brief Switch huge pages in page tables on or off: IOMMU_OPTION.
 *
 * Off, everything is mapped in pages of the smallest size, as an exact record
 * of dirty pages needs, and mappings must be page aligned. Set it right after
 * iommufd_ioas_alloc().
 *
 * @param ioas the address space
 * @param on 1, the default, or 0
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - ::IOMMUFD_CAUSE_IOAS_MAPPED for 0, when there are a page table and a mapping
 * - ::IOMMUFD_CAUSE_MAPPING_MISALIGNED for 0, when a mapping is not page aligned
 * - ::IOMMUFD_CAUSE_BAD_VALUE for a value that the kernel does not know
 * - ::IOMMUFD_CAUSE_OBJECT when the address space is gone
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.2}
 * @since 0.1.0
 */
int iommufd_ioas_huge_pages_set(struct iommufd_ioas *ioas, uint32_t on);

/**
 * @brief Read whether page tables may use huge pages: IOMMU_OPTION.
 *
 * @param ioas the address space
 * @param[out] on 1 or 0; untouched on failure
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - ::IOMMUFD_CAUSE_OBJECT when the address space is gone
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.2}
 * @since 0.1.0
 */
int iommufd_ioas_huge_pages_get(struct iommufd_ioas *ioas, uint32_t *on);

/**
 * @brief Tell the physical address behind an IOVA: IOMMU_IOAS_NOIOMMU_GET_PA.
 *
 * For devices without an IOMMU, which must be given physical addresses.
 *
 * @param ioas an address space with a no-IOMMU device attached
 * @param[in,out] length in bytes: how far to look, not 0; receives the number
 *                of contiguous bytes from @p *physical on. Untouched on failure.
 * @param iova an address that is mapped
 * @param[out] physical receives the physical address; untouched on failure
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_ZERO_LENGTH,
 *   ::IOMMUFD_CAUSE_OVERFLOW
 * - ::IOMMUFD_CAUSE_NEEDS_SYS_RAWIO without CAP_SYS_RAWIO
 * - ::IOMMUFD_CAUSE_NOTHING_MAPPED
 * - ::IOMMUFD_CAUSE_REVOKED for a revoked dma-buf
 * - ::IOMMUFD_CAUSE_FEATURE when no no-IOMMU device holds the mapping, or the
 *   kernel was built without
 * - ::IOMMUFD_CAUSE_COMMAND before 7.3
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{7.3}
 * @since 0.1.0
 */
int iommufd_ioas_noiommu_get_pa(struct iommufd_ioas *ioas, uint64_t *length,
				uint64_t iova, uint64_t *physical);

/** @} */

#ifdef __cplusplus
}
#endif

#endif /* LIBIOMMUFD_IOAS_H */
