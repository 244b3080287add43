/* SPDX-License-Identifier: MIT */
/*
 * The kernel's interface in our own declarations, so that the library needs no
 * kernel headers. tests/uapi_table.h names the kernel's counterpart of each and
 * a test compares every number, size and offset with the real headers.
 */
#ifndef LIBIOMMUFD_UAPI_H
#define LIBIOMMUFD_UAPI_H

#include <stdint.h>

/* /dev/iommu: every struct begins with its size. Outputs are marked. */

struct uapi_destroy {
	uint32_t size;
	uint32_t id;
};

struct uapi_ioas_alloc {
	uint32_t size;
	uint32_t flags;
	uint32_t out_ioas_id;
};

struct uapi_iova_range {
	uint64_t start;
	uint64_t last;
};

struct uapi_ioas_iova_ranges {
	uint32_t size;
	uint32_t ioas_id;
	uint32_t num_iovas; /* in, out */
	uint32_t reserved;
	uint64_t allowed_iovas; /* struct uapi_iova_range [] */
	uint64_t out_iova_alignment;
};

struct uapi_ioas_allow_iovas {
	uint32_t size;
	uint32_t ioas_id;
	uint32_t num_iovas;
	uint32_t reserved;
	uint64_t allowed_iovas;
};

struct uapi_ioas_map {
	uint32_t size;
	uint32_t flags;
	uint32_t ioas_id;
	uint32_t reserved;
	uint64_t user_va;
	uint64_t length;
	uint64_t iova; /* in, out */
};

struct uapi_ioas_map_file {
	uint32_t size;
	uint32_t flags;
	uint32_t ioas_id;
	int32_t fd;
	uint64_t start;
	uint64_t length;
	uint64_t iova; /* in, out */
};

struct uapi_ioas_copy {
	uint32_t size;
	uint32_t flags;
	uint32_t dst_ioas_id;
	uint32_t src_ioas_id;
	uint64_t length;
	uint64_t dst_iova; /* in, out */
	uint64_t src_iova;
};

struct uapi_ioas_unmap {
	uint32_t size;
	uint32_t ioas_id;
	uint64_t iova;
	uint64_t length; /* in, out */
};

struct uapi_option {
	uint32_t size;
	uint32_t option_id;
	uint16_t op;
	uint16_t reserved;
	uint32_t object_id;
	uint64_t val64; /* in, out */
};

enum {
	UAPI_OPTION_RLIMIT_MODE = 0,
	UAPI_OPTION_HUGE_PAGES = 1,
	UAPI_OPTION_OP_SET = 0,
	UAPI_OPTION_OP_GET = 1,
};

struct uapi_vfio_ioas {
	uint32_t size;
	uint32_t ioas_id; /* in, out */
	uint16_t op;
	uint16_t reserved;
};

enum {
	UAPI_VFIO_IOAS_GET = 0,
	UAPI_VFIO_IOAS_SET = 1,
	UAPI_VFIO_IOAS_CLEAR = 2,
};

struct uapi_hwpt_alloc {
	uint32_t size;
	uint32_t flags;
	uint32_t dev_id;
	uint32_t pt_id;
	uint32_t out_hwpt_id;
	uint32_t reserved;
	uint32_t data_type; /* 6.7 from here on */
	uint32_t data_len;
	uint64_t data_uptr;
	uint32_t fault_id; /* 6.11 from here on */
	uint32_t reserved2;
};

/* Sizes that this struct had in released kernels. */
enum {
	UAPI_HWPT_ALLOC_6_6 = 24,
	UAPI_HWPT_ALLOC_6_7 = 40,
	UAPI_HWPT_ALLOC_6_11 = 48,
};

/* Each of these has had one size so far, which is the one to send. */
struct uapi_hwpt_vtd_s1 {
	uint64_t flags;
	uint64_t pgtbl_addr;
	uint32_t addr_width;
	uint32_t reserved;
};

struct uapi_hwpt_arm_smmuv3 {
	uint64_t ste[2];
};

struct uapi_hwpt_amd_guest {
	uint64_t dte[4];
};

struct uapi_hwpt_invalidate {
	uint32_t size;
	uint32_t hwpt_id;
	uint64_t data_uptr;
	uint32_t data_type;
	uint32_t entry_len;
	uint32_t entry_num; /* in, out on every outcome */
	uint32_t reserved;
};

struct uapi_hwpt_set_dirty_tracking {
	uint32_t size;
	uint32_t flags;
	uint32_t hwpt_id;
	uint32_t reserved;
};

struct uapi_fault_queue_alloc {
	uint32_t size;
	uint32_t flags;
	uint32_t out_fault_id;
	uint32_t out_fault_fd;
};

struct uapi_viommu_alloc {
	uint32_t size;
	uint32_t flags;
	uint32_t type;
	uint32_t dev_id;
	uint32_t hwpt_id;
	uint32_t out_viommu_id;
	uint32_t data_len; /* 6.17 from here on */
	uint32_t reserved;
	uint64_t data_uptr;
};

enum {
	UAPI_VIOMMU_ALLOC_6_13 = 24,
	UAPI_VIOMMU_ALLOC_6_17 = 40,
};

struct uapi_viommu_tegra241_cmdqv {
	uint64_t out_vintf_mmap_offset;
	uint64_t out_vintf_mmap_length;
};

struct uapi_vdevice_alloc {
	uint32_t size;
	uint32_t viommu_id;
	uint32_t dev_id;
	uint32_t out_vdevice_id;
	uint64_t virt_id;
};

struct uapi_veventq_alloc {
	uint32_t size;
	uint32_t flags;
	uint32_t viommu_id;
	uint32_t type;
	uint32_t veventq_depth;
	uint32_t out_veventq_id;
	uint32_t out_veventq_fd;
	uint32_t reserved;
};

struct uapi_hw_queue_alloc {
	uint32_t size;
	uint32_t flags;
	uint32_t viommu_id;
	uint32_t type;
	uint32_t index;
	uint32_t out_hw_queue_id;
	uint64_t nesting_parent_iova;
	uint64_t length;
};

struct uapi_get_hw_info {
	uint32_t size;
	uint32_t flags;
	uint32_t dev_id;
	uint32_t data_len; /* in, out */
	uint64_t data_uptr;
	uint32_t data_type; /* in with INPUT_TYPE, out */
	uint8_t out_max_pasid_log2;
	uint8_t reserved[3];
	uint64_t out_capabilities; /* 6.7 */
};

enum { UAPI_HW_INFO_FLAG_INPUT_TYPE = 1 };

struct uapi_hw_info_vtd {
	uint32_t flags;
	uint32_t reserved;
	uint64_t cap_reg;
	uint64_t ecap_reg;
};

struct uapi_hw_info_arm_smmuv3 {
	uint32_t flags;
	uint32_t reserved;
	uint32_t idr[6];
	uint32_t iidr;
	uint32_t aidr;
};

struct uapi_hw_info_tegra241_cmdqv {
	uint32_t flags;
	uint8_t version;
	uint8_t log2vcmdqs;
	uint8_t log2vsids;
	uint8_t reserved;
};

struct uapi_hw_info_amd {
	uint64_t efr;
	uint64_t efr2;
};

struct uapi_hwpt_get_dirty_bitmap {
	uint32_t size;
	uint32_t hwpt_id;
	uint32_t flags;
	uint32_t reserved;
	uint64_t iova;
	uint64_t length;
	uint64_t page_size;
	uint64_t data;
};

struct uapi_ioas_change_process {
	uint32_t size;
	uint32_t reserved;
};

struct uapi_ioas_noiommu_get_pa {
	uint32_t size;
	uint32_t flags;
	uint32_t ioas_id;
	uint32_t reserved;
	uint64_t iova;
	uint64_t length; /* in, out */
	uint64_t out_phys;
};

/* VFIO device files: the same ioctl type, numbers from 100 on. */

enum {
	UAPI_VFIO_GET_INFO = 107,
	UAPI_VFIO_GET_REGION_INFO = 108,
	UAPI_VFIO_RESET = 111,
	UAPI_VFIO_GET_PCI_HOT_RESET_INFO = 112,
	UAPI_VFIO_PCI_HOT_RESET = 113,
	UAPI_VFIO_FEATURE = 117,
	UAPI_VFIO_BIND = 118,
	UAPI_VFIO_ATTACH = 119,
	UAPI_VFIO_DETACH = 120,
};

struct uapi_vfio_bind {
	uint32_t argsz;
	uint32_t flags;
	int32_t iommufd;
	uint32_t out_devid;
	uint64_t token_uuid_ptr; /* 6.17 */
};

enum {
	UAPI_VFIO_BIND_6_6 = 16,
	UAPI_VFIO_BIND_6_17 = 24,
	UAPI_VFIO_BIND_FLAG_TOKEN = 1,
};

struct uapi_vfio_attach {
	uint32_t argsz;
	uint32_t flags;
	uint32_t pt_id; /* in, out */
	uint32_t pasid; /* 6.15 */
};

struct uapi_vfio_detach {
	uint32_t argsz;
	uint32_t flags;
	uint32_t pasid; /* 6.15 */
};

enum {
	UAPI_VFIO_ATTACH_6_6 = 12,
	UAPI_VFIO_ATTACH_6_15 = 16,
	UAPI_VFIO_DETACH_6_6 = 8,
	UAPI_VFIO_DETACH_6_15 = 12,
	UAPI_VFIO_ATTACH_PASID = 1,
	UAPI_VFIO_DETACH_PASID = 1,
};

struct uapi_vfio_info {
	uint32_t argsz;
	uint32_t flags;
	uint32_t num_regions;
	uint32_t num_irqs;
	uint32_t cap_offset;
	uint32_t pad;
};

struct uapi_vfio_region_info {
	uint32_t argsz;
	uint32_t flags;
	uint32_t index;
	uint32_t cap_offset;
	uint64_t size;
	uint64_t offset;
};

/* Capabilities form a chain of offsets from the start of the answer. */
struct uapi_vfio_cap {
	uint16_t id;
	uint16_t version;
	uint32_t next;
};

enum {
	UAPI_VFIO_INFO_CAP_PCI_ATOMIC_COMP = 5,
	UAPI_VFIO_REGION_CAP_SPARSE_MMAP = 1,
	UAPI_VFIO_REGION_CAP_TYPE = 2,
	UAPI_VFIO_REGION_CAP_MSIX_MAPPABLE = 3,
};

struct uapi_vfio_cap_atomic_comp {
	struct uapi_vfio_cap header;
	uint32_t flags;
	uint32_t reserved;
};

struct uapi_vfio_cap_type {
	struct uapi_vfio_cap header;
	uint32_t type;
	uint32_t subtype;
};

struct uapi_vfio_area {
	uint64_t offset;
	uint64_t size;
};

struct uapi_vfio_cap_sparse_mmap {
	struct uapi_vfio_cap header;
	uint32_t nr_areas;
	uint32_t reserved;
	struct uapi_vfio_area areas[];
};

struct uapi_vfio_hot_reset_entry {
	uint32_t devid;
	uint16_t segment;
	uint8_t bus;
	uint8_t devfn;
};

struct uapi_vfio_hot_reset_info {
	uint32_t argsz;
	uint32_t flags;
	uint32_t count; /* out */
	struct uapi_vfio_hot_reset_entry devices[];
};

struct uapi_vfio_hot_reset {
	uint32_t argsz;
	uint32_t flags;
	uint32_t count;
};

struct uapi_vfio_feature {
	uint32_t argsz;
	uint32_t flags;
};

/* The data of VFIO_DEVICE_FEATURE_DMA_BUF, with the one range iommufd takes. */
struct uapi_vfio_feature_dma_buf {
	uint32_t region_index;
	uint32_t open_flags;
	uint32_t flags;
	uint32_t nr_ranges;
	struct uapi_vfio_area range;
};

#endif /* LIBIOMMUFD_UAPI_H */
