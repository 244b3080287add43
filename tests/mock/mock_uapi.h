/* SPDX-License-Identifier: MIT */
/*
 * The private command of the kernel's mock driver, in our own declarations. A
 * test compares every number, size and offset with the kernel's header. The
 * typed data that tests pass through ordinary commands is in iommufd-mock.h.
 */
#ifndef LIBIOMMUFD_MOCK_UAPI_H
#define LIBIOMMUFD_MOCK_UAPI_H

#include <stdint.h>

enum {
	MOCK_UAPI_ADD_RESERVED = 1,
	MOCK_UAPI_MOCK_DOMAIN = 2,
	MOCK_UAPI_MD_CHECK_MAP = 3,
	MOCK_UAPI_MD_CHECK_REFS = 4,
	MOCK_UAPI_CREATE_ACCESS = 5,
	MOCK_UAPI_DESTROY_ACCESS_PAGES = 6,
	MOCK_UAPI_ACCESS_PAGES = 7,
	MOCK_UAPI_ACCESS_RW = 8,
	MOCK_UAPI_SET_TEMP_MEMORY_LIMIT = 9,
	MOCK_UAPI_MOCK_DOMAIN_REPLACE = 10,
	MOCK_UAPI_ACCESS_REPLACE_IOAS = 11,
	MOCK_UAPI_MOCK_DOMAIN_FLAGS = 12,
	MOCK_UAPI_DIRTY = 13,
	MOCK_UAPI_MD_CHECK_IOTLB = 14,
	MOCK_UAPI_TRIGGER_IOPF = 15,
	MOCK_UAPI_DEV_CHECK_CACHE = 16,
	MOCK_UAPI_TRIGGER_VEVENT = 17,
	MOCK_UAPI_PASID_ATTACH = 18,
	MOCK_UAPI_PASID_REPLACE = 19,
	MOCK_UAPI_PASID_DETACH = 20,
	MOCK_UAPI_PASID_CHECK_HWPT = 21,
	MOCK_UAPI_DMABUF_GET = 22,
	MOCK_UAPI_DMABUF_REVOKE = 23,
};

struct mock_uapi_test_cmd {
	uint32_t size;
	uint32_t op;
	uint32_t id;
	uint32_t reserved;
	union {
		struct {
			uint64_t start;
			uint64_t length;
		} add_reserved;
		struct {
			uint32_t out_stdev_id;
			uint32_t out_hwpt_id;
			uint32_t out_idev_id;
			uint32_t dev_flags; /* with MOCK_DOMAIN_FLAGS */
		} mock_domain;
		struct {
			uint32_t pt_id; /* in, out */
		} mock_domain_replace;
		struct {
			uint64_t iova;
			uint64_t length;
			uint64_t uptr;
		} check_map;
		struct {
			uint64_t length;
			uint64_t uptr;
			uint32_t refs;
		} check_refs;
		struct {
			uint32_t out_access_fd;
			uint32_t flags;
		} create_access;
		struct {
			uint32_t access_pages_id;
		} destroy_access_pages;
		struct {
			uint32_t flags;
			uint32_t out_access_pages_id;
			uint64_t iova;
			uint64_t length;
			uint64_t uptr;
		} access_pages;
		struct {
			uint64_t iova;
			uint64_t length;
			uint64_t uptr;
			uint32_t flags;
		} access_rw;
		struct {
			uint32_t limit;
		} memory_limit;
		struct {
			uint32_t ioas_id;
		} access_replace_ioas;
		struct {
			uint32_t flags;
			uint64_t iova;
			uint64_t length;
			uint64_t page_size;
			uint64_t uptr;
			uint64_t out_nr_dirty;
		} dirty;
		struct {
			uint32_t id;
			uint32_t iotlb;
		} check_iotlb;
		struct {
			uint32_t dev_id;
			uint32_t pasid;
			uint32_t grpid;
			uint32_t perm;
			uint64_t addr;
		} trigger_iopf;
		struct {
			uint32_t id;
			uint32_t cache;
		} check_dev_cache;
		struct {
			uint32_t dev_id;
		} trigger_vevent;
		struct {
			uint32_t pasid;
			uint32_t pt_id; /* in, out */
		} pasid_attach;		/* and PASID_REPLACE */
		struct {
			uint32_t pasid;
		} pasid_detach;
		struct {
			uint32_t pasid;
			uint32_t hwpt_id;
		} pasid_check;
		struct {
			uint32_t length;
			uint32_t open_flags;
		} dmabuf_get;
		struct {
			int32_t dmabuf_fd;
			uint32_t revoked;
		} dmabuf_revoke;
	};
	uint32_t last;
};

#endif /* LIBIOMMUFD_MOCK_UAPI_H */
