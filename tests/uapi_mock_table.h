/* SPDX-License-Identifier: MIT */
/* As uapi_table.h, for the private command of the kernel's mock driver. */

/* Operations. */
CONST(6_2, MOCK_UAPI_ADD_RESERVED, IOMMU_TEST_OP_ADD_RESERVED)
CONST(6_2, MOCK_UAPI_MOCK_DOMAIN, IOMMU_TEST_OP_MOCK_DOMAIN)
CONST(6_2, MOCK_UAPI_MD_CHECK_MAP, IOMMU_TEST_OP_MD_CHECK_MAP)
CONST(6_2, MOCK_UAPI_MD_CHECK_REFS, IOMMU_TEST_OP_MD_CHECK_REFS)
CONST(6_2, MOCK_UAPI_CREATE_ACCESS, IOMMU_TEST_OP_CREATE_ACCESS)
CONST(6_2, MOCK_UAPI_DESTROY_ACCESS_PAGES, IOMMU_TEST_OP_DESTROY_ACCESS_PAGES)
CONST(6_2, MOCK_UAPI_ACCESS_PAGES, IOMMU_TEST_OP_ACCESS_PAGES)
CONST(6_2, MOCK_UAPI_ACCESS_RW, IOMMU_TEST_OP_ACCESS_RW)
CONST(6_2, MOCK_UAPI_SET_TEMP_MEMORY_LIMIT, IOMMU_TEST_OP_SET_TEMP_MEMORY_LIMIT)
CONST(6_6, MOCK_UAPI_MOCK_DOMAIN_REPLACE, IOMMU_TEST_OP_MOCK_DOMAIN_REPLACE)
CONST(6_6, MOCK_UAPI_ACCESS_REPLACE_IOAS, IOMMU_TEST_OP_ACCESS_REPLACE_IOAS)
CONST(6_7, MOCK_UAPI_MOCK_DOMAIN_FLAGS, IOMMU_TEST_OP_MOCK_DOMAIN_FLAGS)
CONST(6_7, MOCK_UAPI_DIRTY, IOMMU_TEST_OP_DIRTY)
CONST(6_8, MOCK_UAPI_MD_CHECK_IOTLB, IOMMU_TEST_OP_MD_CHECK_IOTLB)
CONST(6_11, MOCK_UAPI_TRIGGER_IOPF, IOMMU_TEST_OP_TRIGGER_IOPF)
CONST(6_13, MOCK_UAPI_DEV_CHECK_CACHE, IOMMU_TEST_OP_DEV_CHECK_CACHE)
CONST(6_15, MOCK_UAPI_TRIGGER_VEVENT, IOMMU_TEST_OP_TRIGGER_VEVENT)
CONST(6_15, MOCK_UAPI_PASID_ATTACH, IOMMU_TEST_OP_PASID_ATTACH)
CONST(6_15, MOCK_UAPI_PASID_REPLACE, IOMMU_TEST_OP_PASID_REPLACE)
CONST(6_15, MOCK_UAPI_PASID_DETACH, IOMMU_TEST_OP_PASID_DETACH)
CONST(6_15, MOCK_UAPI_PASID_CHECK_HWPT, IOMMU_TEST_OP_PASID_CHECK_HWPT)
CONST(6_19, MOCK_UAPI_DMABUF_GET, IOMMU_TEST_OP_DMABUF_GET)
CONST(6_19, MOCK_UAPI_DMABUF_REVOKE, IOMMU_TEST_OP_DMABUF_REVOKE)

/* The command. */
STRUCT(6_2, struct mock_uapi_test_cmd, struct iommu_test_cmd)
FIELD(mock_uapi_test_cmd, size, iommu_test_cmd, size)
FIELD(mock_uapi_test_cmd, op, iommu_test_cmd, op)
FIELD(mock_uapi_test_cmd, id, iommu_test_cmd, id)
FIELD(mock_uapi_test_cmd, reserved, iommu_test_cmd, __reserved)
FIELD(mock_uapi_test_cmd, last, iommu_test_cmd, last)
FIELD(mock_uapi_test_cmd, add_reserved.start, iommu_test_cmd,
      add_reserved.start)
FIELD(mock_uapi_test_cmd, add_reserved.length, iommu_test_cmd,
      add_reserved.length)
FIELD(mock_uapi_test_cmd, mock_domain.out_stdev_id, iommu_test_cmd,
      mock_domain.out_stdev_id)
FIELD(mock_uapi_test_cmd, mock_domain.out_hwpt_id, iommu_test_cmd,
      mock_domain.out_hwpt_id)
FIELD(mock_uapi_test_cmd, mock_domain.out_idev_id, iommu_test_cmd,
      mock_domain.out_idev_id)
SINCE(6_7, FIELD(mock_uapi_test_cmd, mock_domain.dev_flags, iommu_test_cmd,
		 mock_domain_flags.dev_flags))
FIELD(mock_uapi_test_cmd, mock_domain_replace.pt_id, iommu_test_cmd,
      mock_domain_replace.pt_id)
FIELD(mock_uapi_test_cmd, check_map.iova, iommu_test_cmd, check_map.iova)
FIELD(mock_uapi_test_cmd, check_map.length, iommu_test_cmd, check_map.length)
FIELD(mock_uapi_test_cmd, check_map.uptr, iommu_test_cmd, check_map.uptr)
FIELD(mock_uapi_test_cmd, check_refs.length, iommu_test_cmd, check_refs.length)
FIELD(mock_uapi_test_cmd, check_refs.uptr, iommu_test_cmd, check_refs.uptr)
FIELD(mock_uapi_test_cmd, check_refs.refs, iommu_test_cmd, check_refs.refs)
FIELD(mock_uapi_test_cmd, create_access.out_access_fd, iommu_test_cmd,
      create_access.out_access_fd)
FIELD(mock_uapi_test_cmd, create_access.flags, iommu_test_cmd,
      create_access.flags)
FIELD(mock_uapi_test_cmd, destroy_access_pages.access_pages_id, iommu_test_cmd,
      destroy_access_pages.access_pages_id)
FIELD(mock_uapi_test_cmd, access_pages.flags, iommu_test_cmd,
      access_pages.flags)
FIELD(mock_uapi_test_cmd, access_pages.out_access_pages_id, iommu_test_cmd,
      access_pages.out_access_pages_id)
FIELD(mock_uapi_test_cmd, access_pages.iova, iommu_test_cmd, access_pages.iova)
FIELD(mock_uapi_test_cmd, access_pages.length, iommu_test_cmd,
      access_pages.length)
FIELD(mock_uapi_test_cmd, access_pages.uptr, iommu_test_cmd, access_pages.uptr)
FIELD(mock_uapi_test_cmd, access_rw.iova, iommu_test_cmd, access_rw.iova)
FIELD(mock_uapi_test_cmd, access_rw.length, iommu_test_cmd, access_rw.length)
FIELD(mock_uapi_test_cmd, access_rw.uptr, iommu_test_cmd, access_rw.uptr)
FIELD(mock_uapi_test_cmd, access_rw.flags, iommu_test_cmd, access_rw.flags)
FIELD(mock_uapi_test_cmd, memory_limit.limit, iommu_test_cmd,
      memory_limit.limit)
FIELD(mock_uapi_test_cmd, access_replace_ioas.ioas_id, iommu_test_cmd,
      access_replace_ioas.ioas_id)
FIELD(mock_uapi_test_cmd, dirty.flags, iommu_test_cmd, dirty.flags)
FIELD(mock_uapi_test_cmd, dirty.iova, iommu_test_cmd, dirty.iova)
FIELD(mock_uapi_test_cmd, dirty.length, iommu_test_cmd, dirty.length)
FIELD(mock_uapi_test_cmd, dirty.page_size, iommu_test_cmd, dirty.page_size)
FIELD(mock_uapi_test_cmd, dirty.uptr, iommu_test_cmd, dirty.uptr)
FIELD(mock_uapi_test_cmd, dirty.out_nr_dirty, iommu_test_cmd,
      dirty.out_nr_dirty)
FIELD(mock_uapi_test_cmd, check_iotlb.id, iommu_test_cmd, check_iotlb.id)
FIELD(mock_uapi_test_cmd, check_iotlb.iotlb, iommu_test_cmd, check_iotlb.iotlb)
FIELD(mock_uapi_test_cmd, trigger_iopf.dev_id, iommu_test_cmd,
      trigger_iopf.dev_id)
SINCE(6_15, FIELD(mock_uapi_test_cmd, trigger_iopf.pasid, iommu_test_cmd,
		  trigger_iopf.pasid))
FIELD(mock_uapi_test_cmd, trigger_iopf.grpid, iommu_test_cmd,
      trigger_iopf.grpid)
FIELD(mock_uapi_test_cmd, trigger_iopf.perm, iommu_test_cmd, trigger_iopf.perm)
FIELD(mock_uapi_test_cmd, trigger_iopf.addr, iommu_test_cmd, trigger_iopf.addr)
SINCE(6_13, FIELD(mock_uapi_test_cmd, check_dev_cache.id, iommu_test_cmd,
		  check_dev_cache.id))
SINCE(6_13, FIELD(mock_uapi_test_cmd, check_dev_cache.cache, iommu_test_cmd,
		  check_dev_cache.cache))
SINCE(6_15, FIELD(mock_uapi_test_cmd, trigger_vevent.dev_id, iommu_test_cmd,
		  trigger_vevent.dev_id))
SINCE(6_15, FIELD(mock_uapi_test_cmd, pasid_attach.pasid, iommu_test_cmd,
		  pasid_attach.pasid))
SINCE(6_15, FIELD(mock_uapi_test_cmd, pasid_attach.pt_id, iommu_test_cmd,
		  pasid_attach.pt_id))
SINCE(6_15, FIELD(mock_uapi_test_cmd, pasid_attach.pasid, iommu_test_cmd,
		  pasid_replace.pasid))
SINCE(6_15, FIELD(mock_uapi_test_cmd, pasid_attach.pt_id, iommu_test_cmd,
		  pasid_replace.pt_id))
SINCE(6_15, FIELD(mock_uapi_test_cmd, pasid_detach.pasid, iommu_test_cmd,
		  pasid_detach.pasid))
SINCE(6_15, FIELD(mock_uapi_test_cmd, pasid_check.pasid, iommu_test_cmd,
		  pasid_check.pasid))
SINCE(6_15, FIELD(mock_uapi_test_cmd, pasid_check.hwpt_id, iommu_test_cmd,
		  pasid_check.hwpt_id))
SINCE(6_19, FIELD(mock_uapi_test_cmd, dmabuf_get.length, iommu_test_cmd,
		  dmabuf_get.length))
SINCE(6_19, FIELD(mock_uapi_test_cmd, dmabuf_get.open_flags, iommu_test_cmd,
		  dmabuf_get.open_flags))
SINCE(6_19, FIELD(mock_uapi_test_cmd, dmabuf_revoke.dmabuf_fd, iommu_test_cmd,
		  dmabuf_revoke.dmabuf_fd))
SINCE(6_19, FIELD(mock_uapi_test_cmd, dmabuf_revoke.revoked, iommu_test_cmd,
		  dmabuf_revoke.revoked))

/* The typed data of ordinary commands, and its numbers: iommufd-mock.h. */
STRUCT(6_6, struct iommufd_mock_hw_info, struct iommu_test_hw_info)
FIELD(iommufd_mock_hw_info, flags, iommu_test_hw_info, flags)
FIELD(iommufd_mock_hw_info, test_reg, iommu_test_hw_info, test_reg)
STRUCT(6_19, struct iommufd_mock_hwpt_data, struct iommu_hwpt_selftest)
FIELD(iommufd_mock_hwpt_data, iotlb, iommu_hwpt_selftest, iotlb)
SINCE(6_19, FIELD(iommufd_mock_hwpt_data, pagetable_type, iommu_hwpt_selftest,
		  pagetable_type))
STRUCT(6_8, struct iommufd_mock_hwpt_invalidate,
       struct iommu_hwpt_invalidate_selftest)
FIELD(iommufd_mock_hwpt_invalidate, flags, iommu_hwpt_invalidate_selftest,
      flags)
FIELD(iommufd_mock_hwpt_invalidate, iotlb_id, iommu_hwpt_invalidate_selftest,
      iotlb_id)
STRUCT(6_17, struct iommufd_mock_viommu_data, struct iommu_viommu_selftest)
SINCE(6_17,
      FIELD(iommufd_mock_viommu_data, in_data, iommu_viommu_selftest, in_data))
SINCE(6_17, FIELD(iommufd_mock_viommu_data, out_data, iommu_viommu_selftest,
		  out_data))
SINCE(6_17, FIELD(iommufd_mock_viommu_data, out_mmap_offset,
		  iommu_viommu_selftest, out_mmap_offset))
SINCE(6_17, FIELD(iommufd_mock_viommu_data, out_mmap_length,
		  iommu_viommu_selftest, out_mmap_length))
STRUCT(6_13, struct iommufd_mock_viommu_invalidate,
       struct iommu_viommu_invalidate_selftest)
SINCE(6_13, FIELD(iommufd_mock_viommu_invalidate, flags,
		  iommu_viommu_invalidate_selftest, flags))
SINCE(6_13, FIELD(iommufd_mock_viommu_invalidate, vdev_id,
		  iommu_viommu_invalidate_selftest, vdev_id))
SINCE(6_13, FIELD(iommufd_mock_viommu_invalidate, cache_id,
		  iommu_viommu_invalidate_selftest, cache_id))
STRUCT(6_15, struct iommufd_mock_vevent, struct iommu_viommu_event_selftest)
SINCE(6_15,
      FIELD(iommufd_mock_vevent, virt_id, iommu_viommu_event_selftest, virt_id))
CONST(6_2, IOMMUFD_MOCK_NR, _IOC_NR(IOMMU_TEST_CMD))
CONST(6_7, IOMMUFD_MOCK_DEVICE_NO_DIRTY, MOCK_FLAGS_DEVICE_NO_DIRTY)
CONST(6_15, IOMMUFD_MOCK_DEVICE_PASID, MOCK_FLAGS_DEVICE_PASID)
CONST(6_2, IOMMUFD_MOCK_ACCESS_NEEDS_PIN,
      MOCK_FLAGS_ACCESS_CREATE_NEEDS_PIN_PAGES)
CONST(6_2, IOMMUFD_MOCK_ACCESS_WRITE, MOCK_FLAGS_ACCESS_WRITE)
CONST(6_2, IOMMUFD_MOCK_ACCESS_WRITE, MOCK_ACCESS_RW_WRITE)
CONST(6_2, IOMMUFD_MOCK_ACCESS_SLOW, MOCK_ACCESS_RW_SLOW_PATH)
CONST(6_7, IOMMUFD_MOCK_HWPT_DATA, IOMMU_HWPT_DATA_SELFTEST)
CONST(6_19, IOMMUFD_MOCK_PAGETABLE_DEFAULT, MOCK_IOMMUPT_DEFAULT)
CONST(6_19, IOMMUFD_MOCK_PAGETABLE_HUGE, MOCK_IOMMUPT_HUGE)
CONST(6_8, IOMMUFD_MOCK_IOTLB_ENTRIES, MOCK_NESTED_DOMAIN_IOTLB_NUM)
CONST(6_13, IOMMUFD_MOCK_CACHE_ENTRIES, MOCK_DEV_CACHE_NUM)
CONST(6_13, IOMMUFD_MOCK_CACHE_DEFAULT, IOMMU_TEST_DEV_CACHE_DEFAULT)
CONST(6_8, IOMMUFD_MOCK_INVALIDATE_ALL, IOMMU_TEST_INVALIDATE_FLAG_ALL)
CONST(6_8, IOMMUFD_MOCK_INVALIDATE_INVALID,
      IOMMU_HWPT_INVALIDATE_DATA_SELFTEST_INVALID)
CONST(6_17, IOMMUFD_MOCK_HW_QUEUES, IOMMU_TEST_HW_QUEUE_MAX)
CONST(6_6, IOMMUFD_MOCK_HW_INFO, IOMMU_HW_INFO_TYPE_SELFTEST)
CONST(6_6, IOMMUFD_MOCK_HW_INFO_REG, IOMMU_HW_INFO_SELFTEST_REGVAL)
CONST(6_8, IOMMUFD_MOCK_INVALIDATE, IOMMU_HWPT_INVALIDATE_DATA_SELFTEST)
CONST(6_13, IOMMUFD_MOCK_INVALIDATE, IOMMU_VIOMMU_INVALIDATE_DATA_SELFTEST)
CONST(6_13, IOMMUFD_MOCK_VIOMMU, IOMMU_VIOMMU_TYPE_SELFTEST)
CONST(6_15, IOMMUFD_MOCK_VEVENTQ, IOMMU_VEVENTQ_TYPE_SELFTEST)
CONST(6_17, IOMMUFD_MOCK_HW_QUEUE, IOMMU_HW_QUEUE_TYPE_SELFTEST)
