/* SPDX-License-Identifier: MIT */
/**
 * @file dma_map.h
 * @brief The DMA map: memory that is mapped into an address space, and where.
 */
#ifndef LIBIOMMUFD_UTIL_DMA_MAP_H
#define LIBIOMMUFD_UTIL_DMA_MAP_H

#include <stdint.h>

#include <iommufd/failure.h>
#include <iommufd/ioas.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @defgroup dma_map DMA map
 * @brief Memory that is mapped into an address space, and where.
 *
 * A driver in user space registers its buffers once and then, for each request,
 * asks for the IOVA of an address. The map makes the mappings by
 * iommufd_ioas_map(), remembers them, and answers such questions in a few
 * nanoseconds: without a lock, a system call or an allocation, from any number
 * of threads, while others register and unregister.
 *
 *     struct iommufd_dma_map *map;
 *     struct iommufd_dma_cursor cursor;          // one for each queue
 *     struct iommufd_extent where;
 *
 *     iommufd_dma_map_new(ioas, 0, &map);
 *     iommufd_dma_map_register(map, pool, size, access, NULL, &iova);
 *     iommufd_dma_cursor_init(&cursor, map);
 *     iommufd_dma_translate(&cursor, buffer, &where);
 *
 * **Regions.** What is registered is a region, with one mapping in the kernel. A
 * range that lies wholly inside a region shares it, and is counted; the mapping
 * goes when the last of them is unregistered. A range that overlaps a region in
 * part is refused, because the kernel can neither split nor grow a mapping.
 *
 * **The caller's part.** An IOVA is good as long as the region is registered. To
 * unregister memory that a device, or another thread's translation, still works
 * with is the caller's error; the map itself stays intact. Mappings of the map
 * must not be unmapped by other means.
 *
 * The guide @ref dmamapguide says when it pays and what it costs. Part of
 * libiommufd-util.
 * @{
 */

/**
 * @name Operations on a DMA map
 * In the thread's record of its last failure, when it is the map that refuses;
 * the kernel's refusals are those of iommufd_ioas_map(),
 * iommufd_ioas_map_file() and iommufd_ioas_unmap().
 * @{
 */
enum {
	/** Any call of this group. @since 0.1.0 */
	IOMMUFD_OP_DMA_MAP = IOMMUFD_OP_HELPER + 8
};
/** @} */

/**
 * @name Flags of registering and unregistering
 * @{
 */
enum {
	/** Wait while another thread registers or unregisters in the range,
	 *  instead of failing. @since 0.1.0 */
	IOMMUFD_DMA_WAIT = 1 << 0,
	/** The memory is a part of a memory file, which is what gets mapped:
	 *  `fd` and `offset` are valid. @since 0.1.0 */
	IOMMUFD_DMA_FILE = 1 << 1
};
/** @} */

/**
 * @struct iommufd_dma_map
 * @brief A registry of memory in an address space.
 * @since 0.1.0
 */
struct iommufd_dma_map;

/**
 * @brief A stretch of the process's memory.
 * @since 0.1.0
 */
struct iommufd_dma_memory {
	/** First byte. */
	void *start;
	/** Number of bytes. */
	uint64_t length;
};

/**
 * @brief What more there is to say of a registration.
 * @since 0.1.0
 */
struct iommufd_dma_register_opts {
	/** Set by the caller: sizeof(struct iommufd_dma_register_opts). */
	uint32_t size;
	/** ::IOMMUFD_DMA_WAIT, ::IOMMUFD_DMA_FILE, or 0. */
	uint32_t flags;
	/** With ::IOMMUFD_DMA_FILE the file; stays the caller's and may be
	 *  closed. */
	int32_t fd;
	/** 0. */
	uint32_t reserved;
	/** With ::IOMMUFD_DMA_FILE the offset in the file of the memory's first
	 *  byte. That the memory is a mapping of this part of the file is the
	 *  caller's word. */
	uint64_t offset;
};

/**
 * @brief Where a thread or a queue found its last address.
 *
 * It makes the next translation in the same region nearly free. Belongs to one
 * thread at a time; any number of them may look at one map. It needs no end, but
 * must not be used after that of the map. A cursor of zeroes with `map` set is
 * what iommufd_dma_cursor_init() makes. One cursor serves both directions.
 *
 * Layout and use are part of programs, by the two inline functions, and never
 * change.
 * @since 0.1.0
 */
struct iommufd_dma_cursor {
	/** The map. */
	const struct iommufd_dma_map *map;
	/** How many regions had been removed from the map: what follows is
	 *  valid as long as no more have been. */
	uint64_t removals;
	/** Address of the region. */
	uint64_t address;
	/** IOVA of the region. */
	uint64_t iova;
	/** Bytes of the region; 0 for none. */
	uint64_t length;
};

/**
 * @brief What there is in a map, and what it takes.
 * @since 0.1.0
 */
struct iommufd_dma_map_info {
	/** Set by the caller: sizeof(struct iommufd_dma_map_info). */
	uint32_t size;
	/** 0. */
	uint32_t reserved;
	/** Regions. */
	uint64_t regions;
	/** Bytes in them. */
	uint64_t bytes;
	/** Registrations, those that share a region included. */
	uint64_t registrations;
	/** The most regions that there ever were. */
	uint64_t most_regions;
	/** Bytes of memory that the map itself has. It keeps them for new
	 *  regions until it ends. */
	uint64_t memory;
};

/**
 * @brief Make a DMA map of an address space.
 *
 * @param ioas the address space; must live as long as the map
 * @param flags 0
 * @param[out] map the new map, which iommufd_dma_map_destroy() ends; untouched on
 *             failure
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_BAD_FLAGS
 * - ::IOMMUFD_CAUSE_NO_MEMORY
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
int iommufd_dma_map_new(struct iommufd_ioas *ioas, uint32_t flags,
			struct iommufd_dma_map **map);

/**
 * @brief End a map that has no region.
 *
 * @param map the map, or NULL. Gone after success, unchanged after a failure.
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_IN_USE when a region is left: see iommufd_dma_map_clear()
 * @threads{any, as the last use of the map and of its cursors}
 * @syscalls{none}
 * @since 0.1.0
 */
int iommufd_dma_map_destroy(struct iommufd_dma_map *map);

/**
 * @brief Forget a map; its mappings live on in the address space.
 *
 * For a process that destroys the address space anyway, and for the child of a
 * fork, which shares the mappings with its parent and must not end them.
 *
 * @param map the map, or NULL
 * @failures none
 * @threads{any, as the last use of the map and of its cursors}
 * @syscalls{none}
 * @since 0.1.0
 */
void iommufd_dma_map_release(struct iommufd_dma_map *map);

/**
 * @brief Unregister everything, however often it is registered.
 *
 * @param map the map
 * @return 0, or the typed error of the first region that stays; all others are
 *         gone
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - ::IOMMUFD_CAUSE_ANOTHER_THREAD for a region that another thread just
 *   registers or unregisters
 * - as iommufd_dma_map_unregister()
 * @threads{any}
 * @syscalls{1 ioctl for each region; futex(2) when threads meet}
 * @kernel{6.2}
 * @since 0.1.0
 */
int iommufd_dma_map_clear(struct iommufd_dma_map *map);

/**
 * @brief Map memory into the address space and remember it, or share a region.
 *
 * Only a range that is in no region is mapped: as by iommufd_ioas_map(), or
 * iommufd_ioas_map_file(). No lock is held meanwhile; another call for the same
 * range is refused or waits, all others go on. The region can be translated as
 * soon as the call returns.
 *
 * @param map the map
 * @param memory the first byte
 * @param length in bytes, not 0; alignment is the address space's business
 * @param access `IOMMUFD_MAP_` flags. A region with more access than is asked
 *               for is shared.
 * @param opts or NULL for none
 * @param[in,out] iova with ::IOMMUFD_MAP_FIXED_IOVA the IOVA to use, as one of
 *                an allocator of the caller's; receives the IOVA of @p memory.
 *                Untouched on failure.
 * @return 0 or a typed error; a failed call leaves nothing mapped and nothing
 *         registered
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_OPTS_SIZE,
 *   ::IOMMUFD_CAUSE_OPTS_TAIL, ::IOMMUFD_CAUSE_OPTS_RESERVED,
 *   ::IOMMUFD_CAUSE_BAD_FLAGS, ::IOMMUFD_CAUSE_ZERO_LENGTH,
 *   ::IOMMUFD_CAUSE_NO_ACCESS
 * - ::IOMMUFD_CAUSE_OVERFLOW when memory or IOVA reach the end of the 64-bit
 *   space
 * - ::IOMMUFD_CAUSE_REGISTERED_IN_PART when a part of the range is registered
 * - ::IOMMUFD_CAUSE_REGISTERED_ELSEWHERE when it is registered at another IOVA
 *   than the one to use
 * - ::IOMMUFD_CAUSE_REGISTERED_ACCESS when it is registered with less access
 * - ::IOMMUFD_CAUSE_ANOTHER_THREAD when another thread just registers or
 *   unregisters in the range, without ::IOMMUFD_DMA_WAIT
 * - ::IOMMUFD_CAUSE_ALREADY_MAPPED also when a region of the map has this IOVA,
 *   but its mapping has been taken away by other means
 * - ::IOMMUFD_CAUSE_NO_MEMORY
 * - as iommufd_ioas_map(), iommufd_ioas_map_file()
 * @threads{any}
 * @syscalls{1 ioctl for a new region, none to share one; futex(2) when threads
 *           meet}
 * @kernel{6.2; ::IOMMUFD_DMA_FILE 6.13}
 * @since 0.1.0
 */
int iommufd_dma_map_register(struct iommufd_dma_map *map, void *memory,
			     uint64_t length, uint32_t access,
			     const struct iommufd_dma_register_opts *opts,
			     uint64_t *iova);

/**
 * @brief Take one registration back; the last one of a region unmaps it.
 *
 * A region is mapped and unmapped as a whole: when a part of it was registered
 * as well, it stays until that is taken back, whatever the order. The map counts
 * registrations but does not remember each, so that one that never was is only
 * noticed when it lies in no region.
 *
 * From the beginning of the call the last registration cannot be translated any
 * more; if the kernel refuses to unmap it, it can be again.
 *
 * @param map the map
 * @param memory the first byte, as it was registered
 * @param length in bytes, as it was registered
 * @param flags ::IOMMUFD_DMA_WAIT or 0
 * @param[out] unmapped receives IOVA and length of the region if it was
 *             unmapped, else zeroes; may be NULL. Untouched on failure.
 * @return 0 or a typed error, after which the registration is still there, unless
 *         its mapping had been taken away by other means and another region has
 *         come to its IOVA meanwhile
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_BAD_FLAGS,
 *   ::IOMMUFD_CAUSE_ZERO_LENGTH, ::IOMMUFD_CAUSE_OVERFLOW
 * - ::IOMMUFD_CAUSE_NOT_REGISTERED when the range does not lie in a region
 * - ::IOMMUFD_CAUSE_ANOTHER_THREAD when another thread just registers or
 *   unregisters it, without ::IOMMUFD_DMA_WAIT
 * - ::IOMMUFD_CAUSE_NO_MEMORY, only when many threads unregister at the same
 *   time
 * - as iommufd_ioas_unmap(): ::IOMMUFD_CAUSE_PINS_HELD when an emulated device
 *   keeps its pins; ::IOMMUFD_CAUSE_NOT_WHOLE_MAPPINGS when the mapping has been
 *   taken away by other means
 * @threads{any}
 * @syscalls{1 ioctl for the last registration of a region, else none; futex(2)
 *           when threads meet}
 * @kernel{6.2}
 * @since 0.1.0
 */
int iommufd_dma_map_unregister(struct iommufd_dma_map *map, const void *memory,
			       uint64_t length, uint32_t flags,
			       struct iommufd_extent *unmapped);

/**
 * @brief Tell what there is in a map, and what it takes.
 *
 * @param map the map
 * @param[in,out] info `size` must be set; the rest is filled as far as the
 *                caller's struct goes. Untouched on failure.
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_OPTS_SIZE
 * @threads{any}
 * @syscalls{none; futex(2) when threads meet}
 * @since 0.1.0
 */
int iommufd_dma_map_get_info(struct iommufd_dma_map *map,
			     struct iommufd_dma_map_info *info);

/**
 * @brief Translate an address to an IOVA.
 *
 * What iommufd_dma_translate() does inline when the address is in the region of
 * the last one; for languages without inline functions of C.
 *
 * @param[in,out] cursor moves to the region of the address; untouched on failure
 * @param address any byte of registered memory
 * @param[out] iova receives the IOVA of @p address, and the number of bytes from
 *             there to the end of the region. Untouched on failure.
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER for a cursor without map, too
 * - ::IOMMUFD_CAUSE_NOT_REGISTERED
 * @threads{any, each with its own cursor}
 * @syscalls{none}
 * @since 0.1.0
 */
int iommufd_dma_map_translate(struct iommufd_dma_cursor *cursor,
			      const void *address, struct iommufd_extent *iova);

/**
 * @brief Translate an IOVA back to an address.
 *
 * @param[in,out] cursor moves to the region of the IOVA; untouched on failure
 * @param iova any byte of registered memory as a device sees it
 * @param[out] memory receives the address, and the number of bytes from there to
 *             the end of the region. Untouched on failure.
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER for a cursor without map, too
 * - ::IOMMUFD_CAUSE_NOT_REGISTERED
 * @threads{any, each with its own cursor}
 * @syscalls{none}
 * @since 0.1.0
 */
int iommufd_dma_map_translate_back(struct iommufd_dma_cursor *cursor,
				   uint64_t iova,
				   struct iommufd_dma_memory *memory);

/**
 * @brief Translate a list of buffers into what a device takes: scatter lists,
 *        lists of pages.
 *
 * Pieces follow the order of the buffers. Buffers, and regions, that turn out to
 * be neighbours as the device sees them make one piece. With a @p boundary a
 * piece ends at each of its multiples: with the device's page size every piece
 * but the first begins at a page and is in one page, as in PRP lists.
 *
 * @param[in,out] cursor moves to the region of the last address
 * @param memory the buffers; empty ones are passed over
 * @param count number of buffers
 * @param boundary a power of two, or 0 for none: IOVAs that no piece reaches
 *                 across
 * @param[out] pieces receives IOVAs and lengths; may be NULL when @p *room is 0.
 *             Unspecified on failure, but for ::IOMMUFD_CAUSE_ARRAY_SHORT.
 * @param[in,out] room number of pieces that fit; receives the number of pieces
 *                that there are. Untouched on failure, but for
 *                ::IOMMUFD_CAUSE_ARRAY_SHORT.
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - ::IOMMUFD_CAUSE_BAD_VALUE for a @p boundary that is no power of two
 * - ::IOMMUFD_CAUSE_NOT_REGISTERED when a byte is in no region; the thread's
 *   record has its address
 * - ::IOMMUFD_CAUSE_ARRAY_SHORT when there are more pieces than room: as many as
 *   fit are filled in, @p *room tells how many there are
 * - ::IOMMUFD_CAUSE_OVERFLOW when there are 2^32 or more
 * @threads{any, each with its own cursor}
 * @syscalls{none}
 * @since 0.1.0
 */
int iommufd_dma_map_translate_list(struct iommufd_dma_cursor *cursor,
				   const struct iommufd_dma_memory *memory,
				   uint32_t count, uint64_t boundary,
				   struct iommufd_extent *pieces,
				   uint32_t *room);

/**
 * @brief Let a cursor begin.
 *
 * @param[out] cursor the cursor
 * @param map the map that it is for
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
static inline void iommufd_dma_cursor_init(struct iommufd_dma_cursor *cursor,
					   const struct iommufd_dma_map *map)
{
	cursor->map = map;
	cursor->removals = 0;
	cursor->address = 0;
	cursor->iova = 0;
	cursor->length = 0;
}

/* Whether a cursor's region is still there: a map begins with this count. */
static inline int iommufd__dma_cursor_valid(const struct iommufd_dma_cursor *c)
{
	return __atomic_load_n((const uint64_t *)(const void *)c->map,
			       __ATOMIC_ACQUIRE) == c->removals;
}

/**
 * @brief Translate an address to an IOVA; in a few instructions when it is in
 *        the region of the last one.
 *
 * @param[in,out] cursor moves to the region of the address; untouched on failure
 * @param address any byte of registered memory
 * @param[out] iova receives the IOVA of @p address, and the number of bytes from
 *             there to the end of the region. Untouched on failure.
 * @return 0 or a typed error
 * @failures as iommufd_dma_map_translate(); a NULL pointer is not looked for
 * @threads{any, each with its own cursor}
 * @syscalls{none}
 * @since 0.1.0
 */
static inline int iommufd_dma_translate(struct iommufd_dma_cursor *cursor,
					const void *address,
					struct iommufd_extent *iova)
{
	const uint64_t offset = (uintptr_t)address - cursor->address;

	if (offset >= cursor->length || !iommufd__dma_cursor_valid(cursor))
		return iommufd_dma_map_translate(cursor, address, iova);
	iova->start = cursor->iova + offset;
	iova->length = cursor->length - offset;
	return 0;
}

/**
 * @brief Translate an IOVA back to an address; in a few instructions when it is
 *        in the region of the last one.
 *
 * @param[in,out] cursor moves to the region of the IOVA; untouched on failure
 * @param iova any byte of registered memory as a device sees it
 * @param[out] memory receives the address, and the number of bytes from there to
 *             the end of the region. Untouched on failure.
 * @return 0 or a typed error
 * @failures as iommufd_dma_map_translate_back(); a NULL pointer is not looked
 *           for
 * @threads{any, each with its own cursor}
 * @syscalls{none}
 * @since 0.1.0
 */
static inline int iommufd_dma_translate_back(struct iommufd_dma_cursor *cursor,
					     uint64_t iova,
					     struct iommufd_dma_memory *memory)
{
	const uint64_t offset = iova - cursor->iova;

	if (offset >= cursor->length || !iommufd__dma_cursor_valid(cursor))
		return iommufd_dma_map_translate_back(cursor, iova, memory);
	memory->start = (void *)(uintptr_t)(cursor->address + offset);
	memory->length = cursor->length - offset;
	return 0;
}

/** @} */

#ifdef __cplusplus
}
#endif

#endif /* LIBIOMMUFD_UTIL_DMA_MAP_H */
