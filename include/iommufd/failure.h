/* SPDX-License-Identifier: MIT */
/**
 * @file failure.h
 * @brief The thread's record of its last failure.
 */
#ifndef LIBIOMMUFD_FAILURE_H
#define LIBIOMMUFD_FAILURE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @defgroup failure Last failure
 * @brief What a failed call was asked to do, in numbers.
 *
 * A failing call writes a record of its operation, ids and ranges for its
 * thread; a successful one leaves the record alone. It is the input of
 * iommufd_diagnose(), and good for a log line of one's own. This record is the
 * only state that the library keeps outside of handles.
 * @{
 */

/**
 * @name Operations
 * What was tried: one for each call that asks the kernel.
 * @{
 */
enum {
	/** No operation. @since 0.1.0 */
	IOMMUFD_OP_NONE = 0,
	/** iommufd_ctx_open(); `arg` is 1 when it was given a path.
	 *  @since 0.1.0 */
	IOMMUFD_OP_CTX_OPEN = 1,
	/** iommufd_ctx_adopt(). @since 0.1.0 */
	IOMMUFD_OP_CTX_ADOPT = 2,
	/** iommufd_ctx_probe(). @since 0.1.0 */
	IOMMUFD_OP_CTX_PROBE = 3,
	/** iommufd_ctx_ioctl(); `arg` holds the number. @since 0.1.0 */
	IOMMUFD_OP_CTX_IOCTL = 4,
	/** Any `_destroy` call: IOMMU_DESTROY. @since 0.1.0 */
	IOMMUFD_OP_DESTROY = 5,
	/** Reading or setting the accounting mode: IOMMU_OPTION.
	 *  @since 0.1.0 */
	IOMMUFD_OP_RLIMIT_MODE = 6,
	/** Reading or setting the huge-pages option: IOMMU_OPTION.
	 *  @since 0.1.0 */
	IOMMUFD_OP_HUGE_PAGES = 7,
	/** The VFIO compatibility address space: IOMMU_VFIO_IOAS.
	 *  @since 0.1.0 */
	IOMMUFD_OP_VFIO_IOAS = 8,
	/** iommufd_ctx_change_process(). @since 0.1.0 */
	IOMMUFD_OP_CHANGE_PROCESS = 9,
	/** iommufd_ioas_alloc(). @since 0.1.0 */
	IOMMUFD_OP_IOAS_ALLOC = 16,
	/** iommufd_ioas_adopt(). @since 0.1.0 */
	IOMMUFD_OP_IOAS_ADOPT = 17,
	/** iommufd_ioas_map(). @since 0.1.0 */
	IOMMUFD_OP_IOAS_MAP = 18,
	/** iommufd_ioas_map_file(). @since 0.1.0 */
	IOMMUFD_OP_IOAS_MAP_FILE = 19,
	/** iommufd_ioas_copy(). @since 0.1.0 */
	IOMMUFD_OP_IOAS_COPY = 20,
	/** iommufd_ioas_unmap() and iommufd_ioas_unmap_all(). @since 0.1.0 */
	IOMMUFD_OP_IOAS_UNMAP = 21,
	/** iommufd_ioas_iova_ranges(). @since 0.1.0 */
	IOMMUFD_OP_IOAS_IOVA_RANGES = 22,
	/** iommufd_ioas_allow_iovas(). @since 0.1.0 */
	IOMMUFD_OP_IOAS_ALLOW_IOVAS = 23,
	/** iommufd_ioas_noiommu_get_pa(). @since 0.1.0 */
	IOMMUFD_OP_IOAS_NOIOMMU_GET_PA = 24,
	/** iommufd_hwpt_alloc(). @since 0.1.0 */
	IOMMUFD_OP_HWPT_ALLOC = 32,
	/** iommufd_hwpt_adopt(). @since 0.1.0 */
	IOMMUFD_OP_HWPT_ADOPT = 33,
	/** iommufd_hwpt_invalidate() and its typed form. @since 0.1.0 */
	IOMMUFD_OP_HWPT_INVALIDATE = 34,
	/** iommufd_hwpt_set_dirty_tracking(). @since 0.1.0 */
	IOMMUFD_OP_HWPT_SET_DIRTY_TRACKING = 35,
	/** iommufd_hwpt_get_dirty_bitmap(). @since 0.1.0 */
	IOMMUFD_OP_HWPT_GET_DIRTY_BITMAP = 36,
	/** iommufd_vfio_open(). @since 0.1.0 */
	IOMMUFD_OP_VFIO_OPEN = 48,
	/** iommufd_vfio_adopt() and iommufd_vfio_adopt_bound(). @since 0.1.0 */
	IOMMUFD_OP_VFIO_ADOPT = 49,
	/** iommufd_vfio_bind(). @since 0.1.0 */
	IOMMUFD_OP_VFIO_BIND = 50,
	/** iommufd_vfio_get_info(). @since 0.1.0 */
	IOMMUFD_OP_VFIO_GET_INFO = 51,
	/** iommufd_vfio_get_region_info(). @since 0.1.0 */
	IOMMUFD_OP_VFIO_GET_REGION_INFO = 52,
	/** iommufd_vfio_reset(). @since 0.1.0 */
	IOMMUFD_OP_VFIO_RESET = 53,
	/** iommufd_vfio_get_hot_reset_info(). @since 0.1.0 */
	IOMMUFD_OP_VFIO_GET_HOT_RESET_INFO = 54,
	/** iommufd_vfio_hot_reset(). @since 0.1.0 */
	IOMMUFD_OP_VFIO_HOT_RESET = 55,
	/** iommufd_vfio_feature(). @since 0.1.0 */
	IOMMUFD_OP_VFIO_FEATURE = 56,
	/** iommufd_vfio_export_dma_buf(). @since 0.1.0 */
	IOMMUFD_OP_VFIO_EXPORT_DMA_BUF = 57,
	/** iommufd_vfio_probe_pasid(). @since 0.1.0 */
	IOMMUFD_OP_VFIO_PROBE_PASID = 58,
	/** iommufd_device_from_vfio(). @since 0.1.0 */
	IOMMUFD_OP_DEVICE_FROM_VFIO = 64,
	/** iommufd_device_attach(). @since 0.1.0 */
	IOMMUFD_OP_DEVICE_ATTACH = 65,
	/** iommufd_device_detach(). @since 0.1.0 */
	IOMMUFD_OP_DEVICE_DETACH = 66,
	/** iommufd_device_get_hw_info() and its typed forms. @since 0.1.0 */
	IOMMUFD_OP_DEVICE_GET_HW_INFO = 67,
	/** iommufd_device_attach_pasid(); `arg` holds the PASID.
	 *  @since 0.1.0 */
	IOMMUFD_OP_DEVICE_ATTACH_PASID = 68,
	/** iommufd_device_detach_pasid(); `arg` holds the PASID.
	 *  @since 0.1.0 */
	IOMMUFD_OP_DEVICE_DETACH_PASID = 69,
	/** iommufd_access_from_vfio(). @since 0.1.0 */
	IOMMUFD_OP_ACCESS_FROM_VFIO = 80,
	/** iommufd_access_attach(). @since 0.1.0 */
	IOMMUFD_OP_ACCESS_ATTACH = 81,
	/** iommufd_access_detach(). @since 0.1.0 */
	IOMMUFD_OP_ACCESS_DETACH = 82,
	/** iommufd_viommu_alloc() and its typed form. @since 0.1.0 */
	IOMMUFD_OP_VIOMMU_ALLOC = 96,
	/** iommufd_viommu_adopt(). @since 0.1.0 */
	IOMMUFD_OP_VIOMMU_ADOPT = 97,
	/** iommufd_viommu_invalidate() and its typed form. @since 0.1.0 */
	IOMMUFD_OP_VIOMMU_INVALIDATE = 98,
	/** iommufd_viommu_mmap(). @since 0.1.0 */
	IOMMUFD_OP_VIOMMU_MMAP = 99,
	/** iommufd_viommu_munmap(). @since 0.1.0 */
	IOMMUFD_OP_VIOMMU_MUNMAP = 100,
	/** iommufd_viommu_probe(); `arg` holds the type. @since 0.1.0 */
	IOMMUFD_OP_VIOMMU_PROBE = 101,
	/** iommufd_vdevice_alloc(). @since 0.1.0 */
	IOMMUFD_OP_VDEVICE_ALLOC = 112,
	/** iommufd_vdevice_adopt(). @since 0.1.0 */
	IOMMUFD_OP_VDEVICE_ADOPT = 113,
	/** iommufd_hw_queue_alloc(). @since 0.1.0 */
	IOMMUFD_OP_HW_QUEUE_ALLOC = 128,
	/** iommufd_hw_queue_adopt(). @since 0.1.0 */
	IOMMUFD_OP_HW_QUEUE_ADOPT = 129,
	/** iommufd_hw_queue_probe(); `arg` holds the type. @since 0.1.0 */
	IOMMUFD_OP_HW_QUEUE_PROBE = 130,
	/** iommufd_fault_queue_alloc(). @since 0.1.0 */
	IOMMUFD_OP_FAULT_QUEUE_ALLOC = 144,
	/** iommufd_fault_queue_adopt(). @since 0.1.0 */
	IOMMUFD_OP_FAULT_QUEUE_ADOPT = 145,
	/** iommufd_fault_queue_read(). @since 0.1.0 */
	IOMMUFD_OP_FAULT_QUEUE_READ = 146,
	/** iommufd_fault_queue_respond(). @since 0.1.0 */
	IOMMUFD_OP_FAULT_QUEUE_RESPOND = 147,
	/** iommufd_veventq_alloc(). @since 0.1.0 */
	IOMMUFD_OP_VEVENTQ_ALLOC = 160,
	/** iommufd_veventq_adopt(). @since 0.1.0 */
	IOMMUFD_OP_VEVENTQ_ADOPT = 161,
	/** iommufd_veventq_read(). @since 0.1.0 */
	IOMMUFD_OP_VEVENTQ_READ = 162,
	/** First number for helpers: those of libiommufd-util, and of others.
	 *  @since 0.1.0 */
	IOMMUFD_OP_HELPER = 1024
};
/** @} */

/**
 * @brief One failure: what was tried and what came of it.
 *
 * Numbers only, nothing to free. A member that does not apply is 0, `fd` and
 * `memory_fd` are -1.
 * @since 0.1.0
 */
struct iommufd_failure {
	/** Set by the caller: sizeof(struct iommufd_failure). */
	uint32_t size;
	/** An `IOMMUFD_OP_` value. */
	uint32_t op;
	/** What the call returned. */
	int32_t ret;
	/** The descriptor the request was made on; diagnosis needs it still
	 *  open. */
	int32_t fd;
	/** Id of the object that was called, as of an IOAS or a device. */
	uint32_t object_id;
	/** Id of a second object: the page table that was to be attached, the
	 *  parent of a new page table, the source of a copy. The context's
	 *  descriptor of a bind; the region of a request that found too little
	 *  room. */
	uint32_t other_id;
	/** The flags of the call. */
	uint32_t flags;
	/** For a mapped file its descriptor. */
	int32_t memory_fd;
	/** Address of the memory, or the offset in the file, or the first
	 *  source IOVA of a copy. */
	uint64_t memory;
	/** Length in bytes. */
	uint64_t length;
	/** First IOVA. */
	uint64_t iova;
	/** What else there is: a command or region number, an option's value, a
	 *  needed count. */
	uint64_t arg;
};

/**
 * @brief Copy the thread's record of the failure that returned @p ret.
 *
 * @param ret what the failed call returned
 * @param[in,out] failure `size` must be set; the rest is filled as far as the
 *                caller's struct goes. Untouched on failure.
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_OPTS_SIZE
 * - ::IOMMUFD_CAUSE_NOT_LAST_FAILURE when this thread's last failure returned
 *   another value, or there was none
 *
 * None of them overwrites the record.
 * @threads{any; each thread has a record of its own}
 * @syscalls{none}
 * @since 0.1.0
 */
int iommufd_failure_get(int ret, struct iommufd_failure *failure);

/**
 * @brief Copy the thread's record whatever it is of, to put it back later.
 *
 * For helpers that go on after a failure of their own making: what they try and
 * give up, or clean up in vain, is not to be seen as the last failure. They keep
 * the record before, and put it back with iommufd_failure_set().
 *
 * @param[in,out] failure `size` must be set; the rest is filled as far as the
 *                caller's struct goes. Where nothing has failed yet, `ret` is 0
 *                and `op` ::IOMMUFD_OP_NONE. Untouched on failure.
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_OPTS_SIZE
 *
 * None of them overwrites the record.
 * @threads{any; each thread has a record of its own}
 * @syscalls{none}
 * @since 0.1.0
 */
int iommufd_failure_keep(struct iommufd_failure *failure);

/**
 * @brief Make this the thread's record of its last failure.
 *
 * For helpers of several calls, whose first failure is the one to report when
 * undoing what was done has failed too; and for helpers with failures of their
 * own.
 *
 * @param failure `size` and a negative `ret` must be set; or it is what
 *                iommufd_failure_keep() found where nothing had failed, and
 *                clears the record. Copied.
 * @return `failure->ret`, so that a helper can end with it; or a typed error
 *         of this call
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_OPTS_SIZE,
 *   ::IOMMUFD_CAUSE_OPTS_TAIL
 * - ::IOMMUFD_CAUSE_BAD_VALUE when `ret` is not negative, unless it is 0 and
 *   `op` is ::IOMMUFD_OP_NONE
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
int iommufd_failure_set(const struct iommufd_failure *failure);

/**
 * @brief The name of an operation, for logs.
 *
 * @param op an `IOMMUFD_OP_` value, also of libiommufd-util
 * @return the constant's name without `IOMMUFD_OP_`, or "UNKNOWN"; never NULL
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
const char *iommufd_op_name(uint32_t op);

/** @} */

#ifdef __cplusplus
}
#endif

#endif /* LIBIOMMUFD_FAILURE_H */
