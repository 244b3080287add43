/* SPDX-License-Identifier: MIT */
/**
 * @file iommufd-mock.h
 * @brief Devices and accesses of the kernel's mock driver, for tests.
 *
 * Not a part of libiommufd: the mock driver's command is no kernel ABI, and this
 * archive may change with every release. It needs a kernel with
 * CONFIG_IOMMUFD_TEST, which is no kernel for anything but tests.
 */
#ifndef LIBIOMMUFD_MOCK_H
#define LIBIOMMUFD_MOCK_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct iommufd_access;
struct iommufd_ctx;
struct iommufd_device;

/**
 * @defgroup mock Mock driver
 * @brief Devices without hardware.
 *
 * A mock device is an iommufd_device like any other, but it is born attached,
 * and it can be moved to another page table but not detached:
 * iommufd_device_detach() fails with ::IOMMUFD_CAUSE_FEATURE. The same goes for
 * a mock access.
 *
 * The calls here fail with the general cause of the kernel's errno, so mostly
 * with ::IOMMUFD_CAUSE_UNSPECIFIC and EINVAL where a check finds a difference;
 * an operation that the kernel's mock driver does not have yet gives
 * ::IOMMUFD_CAUSE_FEATURE. The record of the failure carries
 * ::IOMMUFD_MOCK_OP plus the number of the mock driver's operation.
 * @{
 */

/**
 * @name Numbers
 * @{
 */
enum {
	/** The command of the mock driver: iommufd_ctx_probe() tells whether
	 *  there is one. @since 0.1.0 */
	IOMMUFD_MOCK_NR = 0xa0,
	/** Operation 0 of the mock driver in records of failures.
	 *  @since 0.1.0 */
	IOMMUFD_MOCK_OP = 1024 + 0x8000
};
/** @} */

/**
 * @name Flags of mock devices
 * @{
 */
enum {
	/** Cannot do dirty tracking. @since 0.1.0 */
	IOMMUFD_MOCK_DEVICE_NO_DIRTY = 1 << 0,
	/** Has PASIDs of 20 bits. Linux 6.15. @since 0.1.0 */
	IOMMUFD_MOCK_DEVICE_PASID = 1 << 2
};
/** @} */

/**
 * @name Flags of mock accesses
 * @{
 */
enum {
	/** Of a new access: it will pin, so mappings must be page aligned.
	 *  @since 0.1.0 */
	IOMMUFD_MOCK_ACCESS_NEEDS_PIN = 1 << 0,
	/** Of pinning, reading and writing: the access writes. @since 0.1.0 */
	IOMMUFD_MOCK_ACCESS_WRITE = 1 << 0,
	/** Of reading and writing: byte by byte. @since 0.1.0 */
	IOMMUFD_MOCK_ACCESS_SLOW = 1 << 2
};
/** @} */

/**
 * @name Typed data
 * What the mock driver takes for the typed data of ordinary commands.
 * @{
 */
enum {
	/** Type of struct iommufd_mock_hwpt_data. @since 0.1.0 */
	IOMMUFD_MOCK_HWPT_DATA = 0xdead,
	/** Default page table: 0x1000000 to 0x7fffffff, pages of 2048.
	 *  @since 0.1.0 */
	IOMMUFD_MOCK_PAGETABLE_DEFAULT = 0,
	/** Page table with pages of 4096 and 1 MiB, 0 to 2^38-1. Linux 6.19.
	 *  @since 0.1.0 */
	IOMMUFD_MOCK_PAGETABLE_HUGE = 1,
	/** Entries of the IOTLB of a nested page table. @since 0.1.0 */
	IOMMUFD_MOCK_IOTLB_ENTRIES = 4,
	/** Entries of a device's cache. @since 0.1.0 */
	IOMMUFD_MOCK_CACHE_ENTRIES = 4,
	/** Initial value of a device's cache. @since 0.1.0 */
	IOMMUFD_MOCK_CACHE_DEFAULT = 0xbaddad,
	/** In the flags of an invalidation: everything. @since 0.1.0 */
	IOMMUFD_MOCK_INVALIDATE_ALL = 1 << 0,
	/** Type that no invalidation has. @since 0.1.0 */
	IOMMUFD_MOCK_INVALIDATE_INVALID = 0xdadbeef,
	/** Hardware queues of a vIOMMU. @since 0.1.0 */
	IOMMUFD_MOCK_HW_QUEUES = 2,
	/** Bits of a PASID. @since 0.1.0 */
	IOMMUFD_MOCK_PASID_BITS = 20,
	/** The PASID whose first replacement fails with ENOMEM. @since 0.1.0 */
	IOMMUFD_MOCK_PASID_FAILING = 1024
};
/** Type of struct iommufd_mock_hw_info. @since 0.1.0 */
#define IOMMUFD_MOCK_HW_INFO UINT32_C(0xfeedbeef)
/** Value of its register. @since 0.1.0 */
#define IOMMUFD_MOCK_HW_INFO_REG UINT32_C(0xdeadbeef)
/** Type of the mock's invalidations, of page tables and of vIOMMUs.
 *  @since 0.1.0 */
#define IOMMUFD_MOCK_INVALIDATE UINT32_C(0xdeadbeef)
/** Type of mock vIOMMUs. @since 0.1.0 */
#define IOMMUFD_MOCK_VIOMMU UINT32_C(0xdeadbeef)
/** Type of mock event queues. @since 0.1.0 */
#define IOMMUFD_MOCK_VEVENTQ UINT32_C(0xbeefbeef)
/** Type of mock hardware queues. @since 0.1.0 */
#define IOMMUFD_MOCK_HW_QUEUE UINT32_C(0xdeadbeef)
/** @} */

/** @brief Hardware information of a mock device. @since 0.1.0 */
struct iommufd_mock_hw_info {
	/** 0. */
	uint32_t flags;
	/** ::IOMMUFD_MOCK_HW_INFO_REG. */
	uint32_t test_reg;
};

/** @brief Data of a mock page table. @since 0.1.0 */
struct iommufd_mock_hwpt_data {
	/** Of a nested one: first value of its IOTLB's entries. */
	uint32_t iotlb;
	/** Of a paging one: an `IOMMUFD_MOCK_PAGETABLE_` value. */
	uint32_t pagetable_type;
};

/** @brief One invalidation in a nested mock page table. @since 0.1.0 */
struct iommufd_mock_hwpt_invalidate {
	/** 0 or ::IOMMUFD_MOCK_INVALIDATE_ALL. */
	uint32_t flags;
	/** The entry. */
	uint32_t iotlb_id;
};

/** @brief Data of a mock vIOMMU. @since 0.1.0 */
struct iommufd_mock_viommu_data {
	/** Any number. */
	uint32_t in_data;
	/** Receives the same number. */
	uint32_t out_data;
	/** Receives the offset for mmap(2). */
	uint64_t out_mmap_offset;
	/** Receives the length for mmap(2). */
	uint64_t out_mmap_length;
};

/** @brief One invalidation in a mock vIOMMU. @since 0.1.0 */
struct iommufd_mock_viommu_invalidate {
	/** 0 or ::IOMMUFD_MOCK_INVALIDATE_ALL. */
	uint32_t flags;
	/** The virtual device. */
	uint32_t vdev_id;
	/** The entry. */
	uint32_t cache_id;
};

/** @brief A virtual event of a mock vIOMMU. @since 0.1.0 */
struct iommufd_mock_vevent {
	/** The virtual device. */
	uint32_t virt_id;
};

/** @brief A page fault to be made. @since 0.1.0 */
struct iommufd_mock_fault {
	/** PASID; 0 for none. */
	uint32_t pasid;
	/** Group of requests. */
	uint32_t group;
	/** What was tried: bits read, write, execute, privileged. */
	uint32_t permission;
	/** 0. */
	uint32_t reserved;
	/** Where. */
	uint64_t address;
};

/**
 * @brief Make a mock device, bound and attached.
 *
 * iommufd_device_attach() moves it, iommufd_device_close() destroys it.
 *
 * @param ctx the context
 * @param page_table id of an address space or page table to be attached to
 * @param flags `IOMMUFD_MOCK_DEVICE_` flags
 * @param[out] in_force receives the id of the page table; may be NULL
 * @param[out] device the new device; untouched on failure
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_NO_MEMORY
 * - ::IOMMUFD_CAUSE_OBJECT when there is no such page table
 * - what attaching it gives
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.6}
 * @since 0.1.0
 */
int iommufd_mock_device_new(struct iommufd_ctx *ctx, uint32_t page_table,
			    uint32_t flags, uint32_t *in_force,
			    struct iommufd_device **device);

/**
 * @brief The id of the object behind a mock device.
 *
 * Destroying it is how the mock driver unplugs a device.
 *
 * @param device a mock device, or NULL
 * @return the id; 0 for NULL and for a device that is none of the mock's
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
uint32_t iommufd_mock_device_object_id(const struct iommufd_device *device);

/**
 * @brief Attach a PASID of a mock device that has no page table yet.
 *
 * Every PASID must be detached before the device is closed: the kernel warns and
 * leaks otherwise.
 *
 * @param device a mock device
 * @param pasid the PASID
 * @param page_table id of a page table with ::IOMMUFD_HWPT_PASID
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, also for a device that is none of the mock's
 * - ::IOMMUFD_CAUSE_OBJECT, ::IOMMUFD_CAUSE_FEATURE before 6.15
 * - ::IOMMUFD_CAUSE_DEVICE_BUSY when it is attached already
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.15}
 * @since 0.1.0
 */
int iommufd_mock_device_pasid_attach(struct iommufd_device *device,
				     uint32_t pasid, uint32_t page_table);

/**
 * @brief Move a PASID of a mock device to another page table.
 *
 * @param device a mock device
 * @param pasid the PASID
 * @param page_table id of a page table with ::IOMMUFD_HWPT_PASID
 * @return 0 or a typed error
 * @failures as iommufd_mock_device_pasid_attach(); EINVAL when it is not
 * attached
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.15}
 * @since 0.1.0
 */
int iommufd_mock_device_pasid_replace(struct iommufd_device *device,
				      uint32_t pasid, uint32_t page_table);

/**
 * @brief Detach a PASID of a mock device.
 *
 * @param device a mock device
 * @param pasid the PASID
 * @return 0, also when it was not attached; or a typed error
 * @failures as iommufd_mock_device_pasid_attach()
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.15}
 * @since 0.1.0
 */
int iommufd_mock_device_pasid_detach(struct iommufd_device *device,
				     uint32_t pasid);

/**
 * @brief Check what a PASID of a mock device is attached to.
 *
 * @param device a mock device
 * @param pasid the PASID
 * @param page_table the id expected; 0 for none
 * @return 0 when it is so, else a typed error
 * @failures as iommufd_mock_device_pasid_attach(); EINVAL when it differs
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.15}
 * @since 0.1.0
 */
int iommufd_mock_device_pasid_check(struct iommufd_device *device,
				    uint32_t pasid, uint32_t page_table);

/**
 * @brief Check an entry of a mock device's cache.
 *
 * @param device a mock device
 * @param index the entry
 * @param value the value expected
 * @return 0 when it is so, else a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_FEATURE before 6.13
 * - ::IOMMUFD_CAUSE_UNSPECIFIC, EINVAL, when it differs
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.13}
 * @since 0.1.0
 */
int iommufd_mock_device_check_cache(struct iommufd_device *device,
				    uint32_t index, uint32_t value);

/**
 * @brief Make a page fault of a mock device.
 *
 * @param device a mock device
 * @param fault which one; sent as the only and last one of its group
 * @return 0, also when nobody gets it; or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_FEATURE before 6.11
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.11; PASID 6.15}
 * @since 0.1.0
 */
int iommufd_mock_device_trigger_fault(struct iommufd_device *device,
				      const struct iommufd_mock_fault *fault);

/**
 * @brief Make a virtual event of a mock device.
 *
 * @param device a mock device that is attached to a nested page table of a
 *               vIOMMU in which it is a virtual device, with an id other than 0
 * @return 0, also when the queue is full; or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - ::IOMMUFD_CAUSE_OBJECT when the device has no virtual device
 * - ::IOMMUFD_CAUSE_FEATURE when the vIOMMU has no event queue, and before 6.15
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.15}
 * @since 0.1.0
 */
int iommufd_mock_device_trigger_vevent(struct iommufd_device *device);

/**
 * @brief Make a mock access to an address space.
 *
 * iommufd_access_attach() moves it, iommufd_access_close() ends it. The mock
 * driver does not tell its id: iommufd_access_id() gives 0.
 *
 * @param ctx the context
 * @param ioas_id id of the address space
 * @param flags 0 or ::IOMMUFD_MOCK_ACCESS_NEEDS_PIN
 * @param[out] access the new access; untouched on failure
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_NO_MEMORY,
 *   ::IOMMUFD_CAUSE_OBJECT, ::IOMMUFD_CAUSE_DESCRIPTORS
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.2}
 * @since 0.1.0
 */
int iommufd_mock_access_new(struct iommufd_ctx *ctx, uint32_t ioas_id,
			    uint32_t flags, struct iommufd_access **access);

/**
 * @brief Make a mock access pin memory.
 *
 * The mock driver gives its pins up by itself when the memory is unmapped or the
 * access moved.
 *
 * @param access a mock access made with ::IOMMUFD_MOCK_ACCESS_NEEDS_PIN
 * @param memory what the IOVA is expected to be mapped to; NULL not to compare
 * @param length in bytes, up to 16 MiB
 * @param flags 0 or ::IOMMUFD_MOCK_ACCESS_WRITE
 * @param iova the first address
 * @param[out] pages_id receives the id for iommufd_mock_access_unpin()
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_OBJECT when it is not mapped,
 *   ::IOMMUFD_CAUSE_NOT_PERMITTED when it is not writeable,
 *   ::IOMMUFD_CAUSE_FEATURE for an access made without NEEDS_PIN
 * - ::IOMMUFD_CAUSE_UNSPECIFIC, EBADE, when it is mapped to something else
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.2}
 * @since 0.1.0
 */
int iommufd_mock_access_pin(struct iommufd_access *access, const void *memory,
			    uint64_t length, uint32_t flags, uint64_t iova,
			    uint32_t *pages_id);

/**
 * @brief Give up what iommufd_mock_access_pin() pinned.
 *
 * @param access a mock access
 * @param pages_id from iommufd_mock_access_pin()
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - ::IOMMUFD_CAUSE_OBJECT when it was given up already
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.2}
 * @since 0.1.0
 */
int iommufd_mock_access_unpin(struct iommufd_access *access, uint32_t pages_id);

/**
 * @brief Make a mock access read or write.
 *
 * @param access a mock access
 * @param memory receives what was read, or has what is to be written
 * @param length in bytes
 * @param flags ::IOMMUFD_MOCK_ACCESS_WRITE, ::IOMMUFD_MOCK_ACCESS_SLOW
 * @param iova the first address
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_OBJECT when it is not mapped,
 *   ::IOMMUFD_CAUSE_NOT_PERMITTED, ::IOMMUFD_CAUSE_BAD_BUFFER
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.2}
 * @since 0.1.0
 */
int iommufd_mock_access_rw(struct iommufd_access *access, void *memory,
			   uint64_t length, uint32_t flags, uint64_t iova);

/**
 * @brief Reserve a range of an address space until it is destroyed.
 *
 * Stands in for a reserved window, which mock devices do not have.
 *
 * @param ctx the context
 * @param ioas_id id of the address space
 * @param length in bytes
 * @param start the first address
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_OBJECT,
 *   ::IOMMUFD_CAUSE_OVERFLOW
 * - ::IOMMUFD_CAUSE_UNSPECIFIC: EINVAL for length 0, EADDRINUSE where something
 *   is mapped or allowed
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.2}
 * @since 0.1.0
 */
int iommufd_mock_add_reserved(struct iommufd_ctx *ctx, uint32_t ioas_id,
			      uint64_t length, uint64_t start);

/**
 * @brief Check that a page table maps a range to some memory.
 *
 * @param ctx the context
 * @param hwpt_id id of a paging page table
 * @param memory what it is expected to be mapped to
 * @param length in bytes
 * @param iova the first address
 * @return 0 when it is so, else a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_OBJECT
 * - ::IOMMUFD_CAUSE_UNSPECIFIC, EINVAL, when it differs or is misaligned
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.2}
 * @since 0.1.0
 */
int iommufd_mock_check_map(struct iommufd_ctx *ctx, uint32_t hwpt_id,
			   const void *memory, uint64_t length, uint64_t iova);

/**
 * @brief Check how often every page of some memory is pinned.
 *
 * @param ctx the context
 * @param memory page aligned; huge pages are not looked at
 * @param length in bytes
 * @param refs the number expected
 * @return 0 when it is so, else a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - ::IOMMUFD_CAUSE_UNSPECIFIC: EIO when it differs, EINVAL when misaligned
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.2}
 * @since 0.1.0
 */
int iommufd_mock_check_refs(struct iommufd_ctx *ctx, const void *memory,
			    uint64_t length, uint32_t refs);

/**
 * @brief Check an entry of a nested page table's IOTLB.
 *
 * @param ctx the context
 * @param hwpt_id id of a nested page table
 * @param index the entry
 * @param value the value expected
 * @return 0 when it is so, else a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_OBJECT
 * - ::IOMMUFD_CAUSE_UNSPECIFIC, EINVAL, when it differs
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.8}
 * @since 0.1.0
 */
int iommufd_mock_check_iotlb(struct iommufd_ctx *ctx, uint32_t hwpt_id,
			     uint32_t index, uint32_t value);

/**
 * @brief Pages that iommufd_mock_set_dirty() shall mark.
 * @since 0.1.0
 */
struct iommufd_mock_dirty {
	/** First address. */
	uint64_t iova;
	/** Length in bytes. */
	uint64_t length;
	/** Bytes per bit. */
	uint64_t page_size;
	/** One bit for each page, the first in bit 0. */
	const void *bitmap;
};

/**
 * @brief Mark pages dirty, as if the device had written.
 *
 * @param ctx the context
 * @param hwpt_id id of a page table whose tracking is on
 * @param pages which ones
 * @param[out] marked receives the number of pages marked; may be NULL
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_OBJECT,
 *   ::IOMMUFD_CAUSE_OVERFLOW
 * - ::IOMMUFD_CAUSE_UNSPECIFIC, EINVAL, when tracking is off or it is misaligned
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.7}
 * @since 0.1.0
 */
int iommufd_mock_set_dirty(struct iommufd_ctx *ctx, uint32_t hwpt_id,
			   const struct iommufd_mock_dirty *pages,
			   uint64_t *marked);

/**
 * @brief Limit the memory that iommufd works with while it maps.
 *
 * Small batches reach more of the kernel's code. For the whole kernel, until it
 * is set again.
 *
 * @param ctx the context
 * @param bytes 12 or more; the kernel's own value is 65536
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - ::IOMMUFD_CAUSE_UNSPECIFIC, EINVAL, for less than 12
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.2}
 * @since 0.1.0
 */
int iommufd_mock_set_temp_memory_limit(struct iommufd_ctx *ctx, uint32_t bytes);

/**
 * @brief Make a dma-buf that can be mapped.
 *
 * Some kernels install the descriptor but do not tell it; it is then the lowest
 * that was free before, so no other thread may open or close anything meanwhile.
 *
 * @param ctx the context
 * @param length in bytes, up to 512 pages
 * @param open_flags O_CLOEXEC or 0
 * @param[out] fd receives the descriptor, the caller's to close
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_FEATURE before 6.19,
 *   ::IOMMUFD_CAUSE_DESCRIPTORS
 * @threads{no other thread may open or close descriptors}
 * @syscalls{1 ioctl, 2 fcntl, 1 close}
 * @kernel{6.19}
 * @since 0.1.0
 */
int iommufd_mock_dma_buf_get(struct iommufd_ctx *ctx, uint32_t length,
			     uint32_t open_flags, int *fd);

/**
 * @brief Revoke a dma-buf of the mock driver, or end that.
 *
 * @param ctx the context
 * @param fd the dma-buf
 * @param revoked 1 or 0
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_BAD_FD,
 *   ::IOMMUFD_CAUSE_FEATURE before 6.19
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.19}
 * @since 0.1.0
 */
int iommufd_mock_dma_buf_revoke(struct iommufd_ctx *ctx, int fd,
				uint32_t revoked);

/** @} */

#ifdef __cplusplus
}
#endif

#endif /* LIBIOMMUFD_MOCK_H */
