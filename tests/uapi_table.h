/* SPDX-License-Identifier: MIT */
/*
 * Our declarations of the kernel's interface beside the kernel's own: the one
 * table of their names. Who includes it has defined
 *
 *	CONST(since, ours, theirs)		equal numbers
 *	STRUCT(since, ours, theirs)		structs of equal size
 *	FIELD(ours, field, theirs, field)	equal offset and size
 *	SINCE(since, field row)			a field younger than its struct
 *
 * where since is the first kernel with it, as in 6_2, and a FIELD row belongs to
 * the STRUCT row above it. FLEX is FIELD for an array at a struct's end. What a
 * kernel before that has no name for is left out for it.
 */

/* Commands. */
CONST(6_2, IOMMUFD_NR_DESTROY, _IOC_NR(IOMMU_DESTROY))
CONST(6_2, IOMMUFD_NR_IOAS_ALLOC, _IOC_NR(IOMMU_IOAS_ALLOC))
CONST(6_2, IOMMUFD_NR_IOAS_ALLOW_IOVAS, _IOC_NR(IOMMU_IOAS_ALLOW_IOVAS))
CONST(6_2, IOMMUFD_NR_IOAS_COPY, _IOC_NR(IOMMU_IOAS_COPY))
CONST(6_2, IOMMUFD_NR_IOAS_IOVA_RANGES, _IOC_NR(IOMMU_IOAS_IOVA_RANGES))
CONST(6_2, IOMMUFD_NR_IOAS_MAP, _IOC_NR(IOMMU_IOAS_MAP))
CONST(6_2, IOMMUFD_NR_IOAS_UNMAP, _IOC_NR(IOMMU_IOAS_UNMAP))
CONST(6_2, IOMMUFD_NR_OPTION, _IOC_NR(IOMMU_OPTION))
CONST(6_2, IOMMUFD_NR_VFIO_IOAS, _IOC_NR(IOMMU_VFIO_IOAS))
CONST(6_6, IOMMUFD_NR_HWPT_ALLOC, _IOC_NR(IOMMU_HWPT_ALLOC))
CONST(6_6, IOMMUFD_NR_GET_HW_INFO, _IOC_NR(IOMMU_GET_HW_INFO))
CONST(6_7, IOMMUFD_NR_HWPT_SET_DIRTY_TRACKING,
      _IOC_NR(IOMMU_HWPT_SET_DIRTY_TRACKING))
CONST(6_7, IOMMUFD_NR_HWPT_GET_DIRTY_BITMAP,
      _IOC_NR(IOMMU_HWPT_GET_DIRTY_BITMAP))
CONST(6_8, IOMMUFD_NR_HWPT_INVALIDATE, _IOC_NR(IOMMU_HWPT_INVALIDATE))
CONST(6_11, IOMMUFD_NR_FAULT_QUEUE_ALLOC, _IOC_NR(IOMMU_FAULT_QUEUE_ALLOC))
CONST(6_13, IOMMUFD_NR_IOAS_MAP_FILE, _IOC_NR(IOMMU_IOAS_MAP_FILE))
CONST(6_13, IOMMUFD_NR_VIOMMU_ALLOC, _IOC_NR(IOMMU_VIOMMU_ALLOC))
CONST(6_13, IOMMUFD_NR_VDEVICE_ALLOC, _IOC_NR(IOMMU_VDEVICE_ALLOC))
CONST(6_13, IOMMUFD_NR_IOAS_CHANGE_PROCESS, _IOC_NR(IOMMU_IOAS_CHANGE_PROCESS))
CONST(6_15, IOMMUFD_NR_VEVENTQ_ALLOC, _IOC_NR(IOMMU_VEVENTQ_ALLOC))
CONST(6_17, IOMMUFD_NR_HW_QUEUE_ALLOC, _IOC_NR(IOMMU_HW_QUEUE_ALLOC))
CONST(7_3, IOMMUFD_NR_IOAS_NOIOMMU_GET_PA, _IOC_NR(IOMMU_IOAS_NOIOMMU_GET_PA))

/* The library makes every request code of _IO(';', number). */
CONST(6_2, ';', IOMMUFD_TYPE)
CONST(6_2, ';', VFIO_TYPE)
CONST(6_2, IOMMUFD_NR_DESTROY, IOMMUFD_CMD_BASE)
CONST(6_2, 100, VFIO_BASE)
CONST(6_2, _IO(';', IOMMUFD_NR_DESTROY), IOMMU_DESTROY)
CONST(6_6, _IO(';', UAPI_VFIO_BIND), VFIO_DEVICE_BIND_IOMMUFD)

CONST(6_2, UAPI_VFIO_GET_INFO, _IOC_NR(VFIO_DEVICE_GET_INFO))
CONST(6_2, UAPI_VFIO_GET_REGION_INFO, _IOC_NR(VFIO_DEVICE_GET_REGION_INFO))
CONST(6_2, UAPI_VFIO_RESET, _IOC_NR(VFIO_DEVICE_RESET))
CONST(6_2, UAPI_VFIO_GET_PCI_HOT_RESET_INFO,
      _IOC_NR(VFIO_DEVICE_GET_PCI_HOT_RESET_INFO))
CONST(6_2, UAPI_VFIO_PCI_HOT_RESET, _IOC_NR(VFIO_DEVICE_PCI_HOT_RESET))
CONST(6_2, UAPI_VFIO_FEATURE, _IOC_NR(VFIO_DEVICE_FEATURE))
CONST(6_6, UAPI_VFIO_BIND, _IOC_NR(VFIO_DEVICE_BIND_IOMMUFD))
CONST(6_6, UAPI_VFIO_ATTACH, _IOC_NR(VFIO_DEVICE_ATTACH_IOMMUFD_PT))
CONST(6_6, UAPI_VFIO_DETACH, _IOC_NR(VFIO_DEVICE_DETACH_IOMMUFD_PT))

/* Objects and address spaces. */
STRUCT(6_2, struct uapi_destroy, struct iommu_destroy)
FIELD(uapi_destroy, size, iommu_destroy, size)
FIELD(uapi_destroy, id, iommu_destroy, id)

STRUCT(6_2, struct uapi_ioas_alloc, struct iommu_ioas_alloc)
FIELD(uapi_ioas_alloc, size, iommu_ioas_alloc, size)
FIELD(uapi_ioas_alloc, flags, iommu_ioas_alloc, flags)
FIELD(uapi_ioas_alloc, out_ioas_id, iommu_ioas_alloc, out_ioas_id)

STRUCT(6_2, struct uapi_iova_range, struct iommu_iova_range)
FIELD(uapi_iova_range, start, iommu_iova_range, start)
FIELD(uapi_iova_range, last, iommu_iova_range, last)
STRUCT(6_2, struct iommufd_iova_range, struct iommu_iova_range)
FIELD(iommufd_iova_range, start, iommu_iova_range, start)
FIELD(iommufd_iova_range, last, iommu_iova_range, last)

STRUCT(6_2, struct uapi_ioas_iova_ranges, struct iommu_ioas_iova_ranges)
FIELD(uapi_ioas_iova_ranges, size, iommu_ioas_iova_ranges, size)
FIELD(uapi_ioas_iova_ranges, ioas_id, iommu_ioas_iova_ranges, ioas_id)
FIELD(uapi_ioas_iova_ranges, num_iovas, iommu_ioas_iova_ranges, num_iovas)
FIELD(uapi_ioas_iova_ranges, reserved, iommu_ioas_iova_ranges, __reserved)
FIELD(uapi_ioas_iova_ranges, allowed_iovas, iommu_ioas_iova_ranges,
      allowed_iovas)
FIELD(uapi_ioas_iova_ranges, out_iova_alignment, iommu_ioas_iova_ranges,
      out_iova_alignment)

STRUCT(6_2, struct uapi_ioas_allow_iovas, struct iommu_ioas_allow_iovas)
FIELD(uapi_ioas_allow_iovas, size, iommu_ioas_allow_iovas, size)
FIELD(uapi_ioas_allow_iovas, ioas_id, iommu_ioas_allow_iovas, ioas_id)
FIELD(uapi_ioas_allow_iovas, num_iovas, iommu_ioas_allow_iovas, num_iovas)
FIELD(uapi_ioas_allow_iovas, reserved, iommu_ioas_allow_iovas, __reserved)
FIELD(uapi_ioas_allow_iovas, allowed_iovas, iommu_ioas_allow_iovas,
      allowed_iovas)

CONST(6_2, IOMMUFD_MAP_FIXED_IOVA, IOMMU_IOAS_MAP_FIXED_IOVA)
CONST(6_2, IOMMUFD_MAP_WRITEABLE, IOMMU_IOAS_MAP_WRITEABLE)
CONST(6_2, IOMMUFD_MAP_READABLE, IOMMU_IOAS_MAP_READABLE)

STRUCT(6_2, struct uapi_ioas_map, struct iommu_ioas_map)
FIELD(uapi_ioas_map, size, iommu_ioas_map, size)
FIELD(uapi_ioas_map, flags, iommu_ioas_map, flags)
FIELD(uapi_ioas_map, ioas_id, iommu_ioas_map, ioas_id)
FIELD(uapi_ioas_map, reserved, iommu_ioas_map, __reserved)
FIELD(uapi_ioas_map, user_va, iommu_ioas_map, user_va)
FIELD(uapi_ioas_map, length, iommu_ioas_map, length)
FIELD(uapi_ioas_map, iova, iommu_ioas_map, iova)

STRUCT(6_13, struct uapi_ioas_map_file, struct iommu_ioas_map_file)
SINCE(6_13, FIELD(uapi_ioas_map_file, size, iommu_ioas_map_file, size))
SINCE(6_13, FIELD(uapi_ioas_map_file, flags, iommu_ioas_map_file, flags))
SINCE(6_13, FIELD(uapi_ioas_map_file, ioas_id, iommu_ioas_map_file, ioas_id))
SINCE(6_13, FIELD(uapi_ioas_map_file, fd, iommu_ioas_map_file, fd))
SINCE(6_13, FIELD(uapi_ioas_map_file, start, iommu_ioas_map_file, start))
SINCE(6_13, FIELD(uapi_ioas_map_file, length, iommu_ioas_map_file, length))
SINCE(6_13, FIELD(uapi_ioas_map_file, iova, iommu_ioas_map_file, iova))

STRUCT(6_2, struct uapi_ioas_copy, struct iommu_ioas_copy)
FIELD(uapi_ioas_copy, size, iommu_ioas_copy, size)
FIELD(uapi_ioas_copy, flags, iommu_ioas_copy, flags)
FIELD(uapi_ioas_copy, dst_ioas_id, iommu_ioas_copy, dst_ioas_id)
FIELD(uapi_ioas_copy, src_ioas_id, iommu_ioas_copy, src_ioas_id)
FIELD(uapi_ioas_copy, length, iommu_ioas_copy, length)
FIELD(uapi_ioas_copy, dst_iova, iommu_ioas_copy, dst_iova)
FIELD(uapi_ioas_copy, src_iova, iommu_ioas_copy, src_iova)

STRUCT(6_2, struct uapi_ioas_unmap, struct iommu_ioas_unmap)
FIELD(uapi_ioas_unmap, size, iommu_ioas_unmap, size)
FIELD(uapi_ioas_unmap, ioas_id, iommu_ioas_unmap, ioas_id)
FIELD(uapi_ioas_unmap, iova, iommu_ioas_unmap, iova)
FIELD(uapi_ioas_unmap, length, iommu_ioas_unmap, length)

CONST(6_2, UAPI_OPTION_RLIMIT_MODE, IOMMU_OPTION_RLIMIT_MODE)
CONST(6_2, UAPI_OPTION_HUGE_PAGES, IOMMU_OPTION_HUGE_PAGES)
CONST(6_2, UAPI_OPTION_OP_SET, IOMMU_OPTION_OP_SET)
CONST(6_2, UAPI_OPTION_OP_GET, IOMMU_OPTION_OP_GET)
STRUCT(6_2, struct uapi_option, struct iommu_option)
FIELD(uapi_option, size, iommu_option, size)
FIELD(uapi_option, option_id, iommu_option, option_id)
FIELD(uapi_option, op, iommu_option, op)
FIELD(uapi_option, reserved, iommu_option, __reserved)
FIELD(uapi_option, object_id, iommu_option, object_id)
FIELD(uapi_option, val64, iommu_option, val64)

CONST(6_2, UAPI_VFIO_IOAS_GET, IOMMU_VFIO_IOAS_GET)
CONST(6_2, UAPI_VFIO_IOAS_SET, IOMMU_VFIO_IOAS_SET)
CONST(6_2, UAPI_VFIO_IOAS_CLEAR, IOMMU_VFIO_IOAS_CLEAR)
STRUCT(6_2, struct uapi_vfio_ioas, struct iommu_vfio_ioas)
FIELD(uapi_vfio_ioas, size, iommu_vfio_ioas, size)
FIELD(uapi_vfio_ioas, ioas_id, iommu_vfio_ioas, ioas_id)
FIELD(uapi_vfio_ioas, op, iommu_vfio_ioas, op)
FIELD(uapi_vfio_ioas, reserved, iommu_vfio_ioas, __reserved)

STRUCT(6_13, struct uapi_ioas_change_process, struct iommu_ioas_change_process)
SINCE(6_13,
      FIELD(uapi_ioas_change_process, size, iommu_ioas_change_process, size))
SINCE(6_13, FIELD(uapi_ioas_change_process, reserved, iommu_ioas_change_process,
		  __reserved))

STRUCT(7_3, struct uapi_ioas_noiommu_get_pa, struct iommu_ioas_noiommu_get_pa)
SINCE(7_3,
      FIELD(uapi_ioas_noiommu_get_pa, size, iommu_ioas_noiommu_get_pa, size))
SINCE(7_3,
      FIELD(uapi_ioas_noiommu_get_pa, flags, iommu_ioas_noiommu_get_pa, flags))
SINCE(7_3, FIELD(uapi_ioas_noiommu_get_pa, ioas_id, iommu_ioas_noiommu_get_pa,
		 ioas_id))
SINCE(7_3, FIELD(uapi_ioas_noiommu_get_pa, reserved, iommu_ioas_noiommu_get_pa,
		 __reserved))
SINCE(7_3,
      FIELD(uapi_ioas_noiommu_get_pa, iova, iommu_ioas_noiommu_get_pa, iova))
SINCE(7_3, FIELD(uapi_ioas_noiommu_get_pa, length, iommu_ioas_noiommu_get_pa,
		 length))
SINCE(7_3, FIELD(uapi_ioas_noiommu_get_pa, out_phys, iommu_ioas_noiommu_get_pa,
		 out_phys))

/* Page tables. */
CONST(6_7, IOMMUFD_HWPT_NEST_PARENT, IOMMU_HWPT_ALLOC_NEST_PARENT)
CONST(6_7, IOMMUFD_HWPT_DIRTY_TRACKING, IOMMU_HWPT_ALLOC_DIRTY_TRACKING)
CONST(6_11, IOMMUFD_HWPT_FAULT_ID_VALID, IOMMU_HWPT_FAULT_ID_VALID)
CONST(6_15, IOMMUFD_HWPT_PASID, IOMMU_HWPT_ALLOC_PASID)
CONST(6_7, IOMMUFD_HWPT_DATA_NONE, IOMMU_HWPT_DATA_NONE)
CONST(6_7, IOMMUFD_HWPT_DATA_VTD_S1, IOMMU_HWPT_DATA_VTD_S1)
CONST(6_13, IOMMUFD_HWPT_DATA_ARM_SMMUV3, IOMMU_HWPT_DATA_ARM_SMMUV3)
CONST(7_0, IOMMUFD_HWPT_DATA_AMD_GUEST, IOMMU_HWPT_DATA_AMD_GUEST)

STRUCT(6_11, struct uapi_hwpt_alloc, struct iommu_hwpt_alloc)
FIELD(uapi_hwpt_alloc, size, iommu_hwpt_alloc, size)
FIELD(uapi_hwpt_alloc, flags, iommu_hwpt_alloc, flags)
FIELD(uapi_hwpt_alloc, dev_id, iommu_hwpt_alloc, dev_id)
FIELD(uapi_hwpt_alloc, pt_id, iommu_hwpt_alloc, pt_id)
FIELD(uapi_hwpt_alloc, out_hwpt_id, iommu_hwpt_alloc, out_hwpt_id)
FIELD(uapi_hwpt_alloc, reserved, iommu_hwpt_alloc, __reserved)
SINCE(6_7, FIELD(uapi_hwpt_alloc, data_type, iommu_hwpt_alloc, data_type))
SINCE(6_7, FIELD(uapi_hwpt_alloc, data_len, iommu_hwpt_alloc, data_len))
SINCE(6_7, FIELD(uapi_hwpt_alloc, data_uptr, iommu_hwpt_alloc, data_uptr))
SINCE(6_11, FIELD(uapi_hwpt_alloc, fault_id, iommu_hwpt_alloc, fault_id))
SINCE(6_11, FIELD(uapi_hwpt_alloc, reserved2, iommu_hwpt_alloc, __reserved2))
CONST(6_7, UAPI_HWPT_ALLOC_6_6, offsetof(struct iommu_hwpt_alloc, data_type))
CONST(6_11, UAPI_HWPT_ALLOC_6_7, offsetof(struct iommu_hwpt_alloc, fault_id))
CONST(6_11, UAPI_HWPT_ALLOC_6_11, sizeof(struct iommu_hwpt_alloc))

STRUCT(6_7, struct uapi_hwpt_get_dirty_bitmap,
       struct iommu_hwpt_get_dirty_bitmap)
FIELD(uapi_hwpt_get_dirty_bitmap, size, iommu_hwpt_get_dirty_bitmap, size)
FIELD(uapi_hwpt_get_dirty_bitmap, hwpt_id, iommu_hwpt_get_dirty_bitmap, hwpt_id)
FIELD(uapi_hwpt_get_dirty_bitmap, flags, iommu_hwpt_get_dirty_bitmap, flags)
FIELD(uapi_hwpt_get_dirty_bitmap, reserved, iommu_hwpt_get_dirty_bitmap,
      __reserved)
FIELD(uapi_hwpt_get_dirty_bitmap, iova, iommu_hwpt_get_dirty_bitmap, iova)
FIELD(uapi_hwpt_get_dirty_bitmap, length, iommu_hwpt_get_dirty_bitmap, length)
FIELD(uapi_hwpt_get_dirty_bitmap, page_size, iommu_hwpt_get_dirty_bitmap,
      page_size)
FIELD(uapi_hwpt_get_dirty_bitmap, data, iommu_hwpt_get_dirty_bitmap, data)

/* Hardware information. */
CONST(6_6, IOMMUFD_HW_INFO_DEFAULT, IOMMU_HW_INFO_TYPE_NONE)
CONST(6_17, IOMMUFD_HW_INFO_DEFAULT, IOMMU_HW_INFO_TYPE_DEFAULT)
CONST(6_6, IOMMUFD_HW_INFO_INTEL_VTD, IOMMU_HW_INFO_TYPE_INTEL_VTD)
CONST(6_13, IOMMUFD_HW_INFO_ARM_SMMUV3, IOMMU_HW_INFO_TYPE_ARM_SMMUV3)
CONST(6_17, IOMMUFD_HW_INFO_TEGRA241_CMDQV, IOMMU_HW_INFO_TYPE_TEGRA241_CMDQV)
CONST(7_0, IOMMUFD_HW_INFO_AMD, IOMMU_HW_INFO_TYPE_AMD)
CONST(6_17, UAPI_HW_INFO_FLAG_INPUT_TYPE, IOMMU_HW_INFO_FLAG_INPUT_TYPE)
CONST(6_7, IOMMUFD_HW_CAP_DIRTY_TRACKING, IOMMU_HW_CAP_DIRTY_TRACKING)
CONST(6_15, IOMMUFD_HW_CAP_PCI_PASID_EXEC, IOMMU_HW_CAP_PCI_PASID_EXEC)
CONST(6_15, IOMMUFD_HW_CAP_PCI_PASID_PRIV, IOMMU_HW_CAP_PCI_PASID_PRIV)
CONST(7_1, IOMMUFD_HW_CAP_PCI_ATS_NOT_SUPPORTED,
      IOMMU_HW_CAP_PCI_ATS_NOT_SUPPORTED)

STRUCT(6_7, struct uapi_get_hw_info, struct iommu_hw_info)
FIELD(uapi_get_hw_info, size, iommu_hw_info, size)
FIELD(uapi_get_hw_info, flags, iommu_hw_info, flags)
FIELD(uapi_get_hw_info, dev_id, iommu_hw_info, dev_id)
FIELD(uapi_get_hw_info, data_len, iommu_hw_info, data_len)
FIELD(uapi_get_hw_info, data_uptr, iommu_hw_info, data_uptr)
FIELD(uapi_get_hw_info, data_type, iommu_hw_info, out_data_type)
SINCE(6_17, FIELD(uapi_get_hw_info, data_type, iommu_hw_info, in_data_type))
SINCE(6_15, FIELD(uapi_get_hw_info, out_max_pasid_log2, iommu_hw_info,
		  out_max_pasid_log2))
SINCE(6_15, FIELD(uapi_get_hw_info, reserved, iommu_hw_info, __reserved))
SINCE(6_7, FIELD(uapi_get_hw_info, out_capabilities, iommu_hw_info,
		 out_capabilities))

STRUCT(6_6, struct uapi_hw_info_vtd, struct iommu_hw_info_vtd)
FIELD(uapi_hw_info_vtd, flags, iommu_hw_info_vtd, flags)
FIELD(uapi_hw_info_vtd, reserved, iommu_hw_info_vtd, __reserved)
FIELD(uapi_hw_info_vtd, cap_reg, iommu_hw_info_vtd, cap_reg)
FIELD(uapi_hw_info_vtd, ecap_reg, iommu_hw_info_vtd, ecap_reg)
CONST(6_7, IOMMUFD_HW_VTD_ERRATUM_772415, IOMMU_HW_INFO_VTD_ERRATA_772415_SPR17)

STRUCT(6_13, struct uapi_hw_info_arm_smmuv3, struct iommu_hw_info_arm_smmuv3)
SINCE(6_13,
      FIELD(uapi_hw_info_arm_smmuv3, flags, iommu_hw_info_arm_smmuv3, flags))
SINCE(6_13, FIELD(uapi_hw_info_arm_smmuv3, reserved, iommu_hw_info_arm_smmuv3,
		  __reserved))
SINCE(6_13, FIELD(uapi_hw_info_arm_smmuv3, idr, iommu_hw_info_arm_smmuv3, idr))
SINCE(6_13,
      FIELD(uapi_hw_info_arm_smmuv3, iidr, iommu_hw_info_arm_smmuv3, iidr))
SINCE(6_13,
      FIELD(uapi_hw_info_arm_smmuv3, aidr, iommu_hw_info_arm_smmuv3, aidr))
CONST(7_3, IOMMUFD_HW_ARM_SMMUV3_REPEAT_INVALIDATION,
      IOMMU_HW_INFO_ARM_SMMUV3_ERRATA_REPEAT_TLBI_CFGI)

STRUCT(6_17, struct uapi_hw_info_tegra241_cmdqv,
       struct iommu_hw_info_tegra241_cmdqv)
SINCE(6_17, FIELD(uapi_hw_info_tegra241_cmdqv, flags,
		  iommu_hw_info_tegra241_cmdqv, flags))
SINCE(6_17, FIELD(uapi_hw_info_tegra241_cmdqv, version,
		  iommu_hw_info_tegra241_cmdqv, version))
SINCE(6_17, FIELD(uapi_hw_info_tegra241_cmdqv, log2vcmdqs,
		  iommu_hw_info_tegra241_cmdqv, log2vcmdqs))
SINCE(6_17, FIELD(uapi_hw_info_tegra241_cmdqv, log2vsids,
		  iommu_hw_info_tegra241_cmdqv, log2vsids))
SINCE(6_17, FIELD(uapi_hw_info_tegra241_cmdqv, reserved,
		  iommu_hw_info_tegra241_cmdqv, __reserved))

STRUCT(7_0, struct uapi_hw_info_amd, struct iommu_hw_info_amd)
SINCE(7_0, FIELD(uapi_hw_info_amd, efr, iommu_hw_info_amd, efr))
SINCE(7_0, FIELD(uapi_hw_info_amd, efr2, iommu_hw_info_amd, efr2))

/* VFIO device files. */
STRUCT(6_17, struct uapi_vfio_bind, struct vfio_device_bind_iommufd)
FIELD(uapi_vfio_bind, argsz, vfio_device_bind_iommufd, argsz)
FIELD(uapi_vfio_bind, flags, vfio_device_bind_iommufd, flags)
FIELD(uapi_vfio_bind, iommufd, vfio_device_bind_iommufd, iommufd)
FIELD(uapi_vfio_bind, out_devid, vfio_device_bind_iommufd, out_devid)
SINCE(6_17, FIELD(uapi_vfio_bind, token_uuid_ptr, vfio_device_bind_iommufd,
		  token_uuid_ptr))
CONST(6_17, UAPI_VFIO_BIND_6_6,
      offsetof(struct vfio_device_bind_iommufd, token_uuid_ptr))
CONST(6_17, UAPI_VFIO_BIND_6_17, sizeof(struct vfio_device_bind_iommufd))
CONST(6_17, UAPI_VFIO_BIND_FLAG_TOKEN, VFIO_DEVICE_BIND_FLAG_TOKEN)

STRUCT(6_15, struct uapi_vfio_attach, struct vfio_device_attach_iommufd_pt)
FIELD(uapi_vfio_attach, argsz, vfio_device_attach_iommufd_pt, argsz)
FIELD(uapi_vfio_attach, flags, vfio_device_attach_iommufd_pt, flags)
FIELD(uapi_vfio_attach, pt_id, vfio_device_attach_iommufd_pt, pt_id)
SINCE(6_15,
      FIELD(uapi_vfio_attach, pasid, vfio_device_attach_iommufd_pt, pasid))
CONST(6_15, UAPI_VFIO_ATTACH_6_6,
      offsetof(struct vfio_device_attach_iommufd_pt, pasid))
CONST(6_15, UAPI_VFIO_ATTACH_6_15, sizeof(struct vfio_device_attach_iommufd_pt))
CONST(6_15, UAPI_VFIO_ATTACH_PASID, VFIO_DEVICE_ATTACH_PASID)

STRUCT(6_15, struct uapi_vfio_detach, struct vfio_device_detach_iommufd_pt)
FIELD(uapi_vfio_detach, argsz, vfio_device_detach_iommufd_pt, argsz)
FIELD(uapi_vfio_detach, flags, vfio_device_detach_iommufd_pt, flags)
SINCE(6_15,
      FIELD(uapi_vfio_detach, pasid, vfio_device_detach_iommufd_pt, pasid))
CONST(6_15, UAPI_VFIO_DETACH_6_6,
      offsetof(struct vfio_device_detach_iommufd_pt, pasid))
CONST(6_15, UAPI_VFIO_DETACH_6_15, sizeof(struct vfio_device_detach_iommufd_pt))
CONST(6_15, UAPI_VFIO_DETACH_PASID, VFIO_DEVICE_DETACH_PASID)

CONST(6_2, IOMMUFD_VFIO_INFO_RESET, VFIO_DEVICE_FLAGS_RESET)
CONST(6_2, IOMMUFD_VFIO_INFO_PCI, VFIO_DEVICE_FLAGS_PCI)
CONST(6_2, IOMMUFD_VFIO_INFO_PLATFORM, VFIO_DEVICE_FLAGS_PLATFORM)
CONST(6_2, IOMMUFD_VFIO_INFO_AMBA, VFIO_DEVICE_FLAGS_AMBA)
CONST(6_2, IOMMUFD_VFIO_INFO_CCW, VFIO_DEVICE_FLAGS_CCW)
CONST(6_2, IOMMUFD_VFIO_INFO_AP, VFIO_DEVICE_FLAGS_AP)
CONST(6_2, IOMMUFD_VFIO_INFO_FSL_MC, VFIO_DEVICE_FLAGS_FSL_MC)
CONST(6_2, IOMMUFD_VFIO_INFO_CAPS, VFIO_DEVICE_FLAGS_CAPS)
CONST(6_6, IOMMUFD_VFIO_INFO_CDX, VFIO_DEVICE_FLAGS_CDX)

STRUCT(6_6, struct uapi_vfio_info, struct vfio_device_info)
FIELD(uapi_vfio_info, argsz, vfio_device_info, argsz)
FIELD(uapi_vfio_info, flags, vfio_device_info, flags)
FIELD(uapi_vfio_info, num_regions, vfio_device_info, num_regions)
FIELD(uapi_vfio_info, num_irqs, vfio_device_info, num_irqs)
FIELD(uapi_vfio_info, cap_offset, vfio_device_info, cap_offset)
FIELD(uapi_vfio_info, pad, vfio_device_info, pad)

CONST(6_2, IOMMUFD_REGION_READ, VFIO_REGION_INFO_FLAG_READ)
CONST(6_2, IOMMUFD_REGION_WRITE, VFIO_REGION_INFO_FLAG_WRITE)
CONST(6_2, IOMMUFD_REGION_MMAP, VFIO_REGION_INFO_FLAG_MMAP)
CONST(6_2, IOMMUFD_REGION_CAPS, VFIO_REGION_INFO_FLAG_CAPS)

STRUCT(6_2, struct uapi_vfio_region_info, struct vfio_region_info)
FIELD(uapi_vfio_region_info, argsz, vfio_region_info, argsz)
FIELD(uapi_vfio_region_info, flags, vfio_region_info, flags)
FIELD(uapi_vfio_region_info, index, vfio_region_info, index)
FIELD(uapi_vfio_region_info, cap_offset, vfio_region_info, cap_offset)
FIELD(uapi_vfio_region_info, size, vfio_region_info, size)
FIELD(uapi_vfio_region_info, offset, vfio_region_info, offset)

CONST(6_2, IOMMUFD_REGION_PCI_BAR0, VFIO_PCI_BAR0_REGION_INDEX)
CONST(6_2, IOMMUFD_REGION_PCI_BAR1, VFIO_PCI_BAR1_REGION_INDEX)
CONST(6_2, IOMMUFD_REGION_PCI_BAR2, VFIO_PCI_BAR2_REGION_INDEX)
CONST(6_2, IOMMUFD_REGION_PCI_BAR3, VFIO_PCI_BAR3_REGION_INDEX)
CONST(6_2, IOMMUFD_REGION_PCI_BAR4, VFIO_PCI_BAR4_REGION_INDEX)
CONST(6_2, IOMMUFD_REGION_PCI_BAR5, VFIO_PCI_BAR5_REGION_INDEX)
CONST(6_2, IOMMUFD_REGION_PCI_ROM, VFIO_PCI_ROM_REGION_INDEX)
CONST(6_2, IOMMUFD_REGION_PCI_CONFIG, VFIO_PCI_CONFIG_REGION_INDEX)
CONST(6_2, IOMMUFD_REGION_PCI_VGA, VFIO_PCI_VGA_REGION_INDEX)
CONST(6_2, IOMMUFD_REGION_CCW_CONFIG, VFIO_CCW_CONFIG_REGION_INDEX)

STRUCT(6_2, struct uapi_vfio_cap, struct vfio_info_cap_header)
FIELD(uapi_vfio_cap, id, vfio_info_cap_header, id)
FIELD(uapi_vfio_cap, version, vfio_info_cap_header, version)
FIELD(uapi_vfio_cap, next, vfio_info_cap_header, next)

CONST(6_6, UAPI_VFIO_INFO_CAP_PCI_ATOMIC_COMP,
      VFIO_DEVICE_INFO_CAP_PCI_ATOMIC_COMP)
STRUCT(6_6, struct uapi_vfio_cap_atomic_comp,
       struct vfio_device_info_cap_pci_atomic_comp)
FIELD(uapi_vfio_cap_atomic_comp, header, vfio_device_info_cap_pci_atomic_comp,
      header)
FIELD(uapi_vfio_cap_atomic_comp, flags, vfio_device_info_cap_pci_atomic_comp,
      flags)
FIELD(uapi_vfio_cap_atomic_comp, reserved, vfio_device_info_cap_pci_atomic_comp,
      reserved)
CONST(6_6, IOMMUFD_ATOMIC_COMPLETER_32, VFIO_PCI_ATOMIC_COMP32)
CONST(6_6, IOMMUFD_ATOMIC_COMPLETER_64, VFIO_PCI_ATOMIC_COMP64)
CONST(6_6, IOMMUFD_ATOMIC_COMPLETER_128, VFIO_PCI_ATOMIC_COMP128)

CONST(6_2, UAPI_VFIO_REGION_CAP_SPARSE_MMAP, VFIO_REGION_INFO_CAP_SPARSE_MMAP)
STRUCT(6_2, struct uapi_vfio_area, struct vfio_region_sparse_mmap_area)
FIELD(uapi_vfio_area, offset, vfio_region_sparse_mmap_area, offset)
FIELD(uapi_vfio_area, size, vfio_region_sparse_mmap_area, size)
STRUCT(6_2, struct uapi_vfio_cap_sparse_mmap,
       struct vfio_region_info_cap_sparse_mmap)
FIELD(uapi_vfio_cap_sparse_mmap, header, vfio_region_info_cap_sparse_mmap,
      header)
FIELD(uapi_vfio_cap_sparse_mmap, nr_areas, vfio_region_info_cap_sparse_mmap,
      nr_areas)
FIELD(uapi_vfio_cap_sparse_mmap, reserved, vfio_region_info_cap_sparse_mmap,
      reserved)
FLEX(uapi_vfio_cap_sparse_mmap, areas, vfio_region_info_cap_sparse_mmap, areas)

CONST(6_2, UAPI_VFIO_REGION_CAP_TYPE, VFIO_REGION_INFO_CAP_TYPE)
STRUCT(6_2, struct uapi_vfio_cap_type, struct vfio_region_info_cap_type)
FIELD(uapi_vfio_cap_type, header, vfio_region_info_cap_type, header)
FIELD(uapi_vfio_cap_type, type, vfio_region_info_cap_type, type)
FIELD(uapi_vfio_cap_type, subtype, vfio_region_info_cap_type, subtype)
CONST(6_2, IOMMUFD_REGION_TYPE_PCI_VENDOR,
      (uint32_t)VFIO_REGION_TYPE_PCI_VENDOR_TYPE)
CONST(6_2, IOMMUFD_REGION_TYPE_PCI_VENDOR_MASK,
      VFIO_REGION_TYPE_PCI_VENDOR_MASK)
CONST(6_2, IOMMUFD_REGION_TYPE_GFX, VFIO_REGION_TYPE_GFX)
CONST(6_2, IOMMUFD_REGION_TYPE_CCW, VFIO_REGION_TYPE_CCW)
CONST(6_2, IOMMUFD_REGION_SUBTYPE_INTEL_IGD_OPREGION,
      VFIO_REGION_SUBTYPE_INTEL_IGD_OPREGION)
CONST(6_2, IOMMUFD_REGION_SUBTYPE_INTEL_IGD_HOST_CFG,
      VFIO_REGION_SUBTYPE_INTEL_IGD_HOST_CFG)
CONST(6_2, IOMMUFD_REGION_SUBTYPE_INTEL_IGD_LPC_CFG,
      VFIO_REGION_SUBTYPE_INTEL_IGD_LPC_CFG)
CONST(6_2, IOMMUFD_REGION_SUBTYPE_GFX_EDID, VFIO_REGION_SUBTYPE_GFX_EDID)
CONST(6_2, IOMMUFD_REGION_SUBTYPE_CCW_ASYNC_CMD,
      VFIO_REGION_SUBTYPE_CCW_ASYNC_CMD)
CONST(6_2, IOMMUFD_REGION_SUBTYPE_CCW_SCHIB, VFIO_REGION_SUBTYPE_CCW_SCHIB)
CONST(6_2, IOMMUFD_REGION_SUBTYPE_CCW_CRW, VFIO_REGION_SUBTYPE_CCW_CRW)
CONST(6_2, UAPI_VFIO_REGION_CAP_MSIX_MAPPABLE,
      VFIO_REGION_INFO_CAP_MSIX_MAPPABLE)

CONST(6_6, IOMMUFD_HOT_RESET_DEV_ID, VFIO_PCI_HOT_RESET_FLAG_DEV_ID)
CONST(6_6, IOMMUFD_HOT_RESET_DEV_ID_OWNED, VFIO_PCI_HOT_RESET_FLAG_DEV_ID_OWNED)
CONST(6_6, IOMMUFD_HOT_RESET_OWNED, VFIO_PCI_DEVID_OWNED)
CONST(6_6, IOMMUFD_HOT_RESET_NOT_OWNED, VFIO_PCI_DEVID_NOT_OWNED)

STRUCT(6_6, struct uapi_vfio_hot_reset_entry, struct vfio_pci_dependent_device)
FIELD(uapi_vfio_hot_reset_entry, devid, vfio_pci_dependent_device, devid)
FIELD(uapi_vfio_hot_reset_entry, segment, vfio_pci_dependent_device, segment)
FIELD(uapi_vfio_hot_reset_entry, bus, vfio_pci_dependent_device, bus)
FIELD(uapi_vfio_hot_reset_entry, devfn, vfio_pci_dependent_device, devfn)
STRUCT(6_6, struct iommufd_hot_reset_info, struct vfio_pci_dependent_device)
FIELD(iommufd_hot_reset_info, id, vfio_pci_dependent_device, devid)
FIELD(iommufd_hot_reset_info, segment, vfio_pci_dependent_device, segment)
FIELD(iommufd_hot_reset_info, bus, vfio_pci_dependent_device, bus)
FIELD(iommufd_hot_reset_info, devfn, vfio_pci_dependent_device, devfn)

STRUCT(6_2, struct uapi_vfio_hot_reset_info, struct vfio_pci_hot_reset_info)
FIELD(uapi_vfio_hot_reset_info, argsz, vfio_pci_hot_reset_info, argsz)
FIELD(uapi_vfio_hot_reset_info, flags, vfio_pci_hot_reset_info, flags)
FIELD(uapi_vfio_hot_reset_info, count, vfio_pci_hot_reset_info, count)
FLEX(uapi_vfio_hot_reset_info, devices, vfio_pci_hot_reset_info, devices)

STRUCT(6_2, struct uapi_vfio_hot_reset, struct vfio_pci_hot_reset)
FIELD(uapi_vfio_hot_reset, argsz, vfio_pci_hot_reset, argsz)
FIELD(uapi_vfio_hot_reset, flags, vfio_pci_hot_reset, flags)
FIELD(uapi_vfio_hot_reset, count, vfio_pci_hot_reset, count)

/* Device features. */
STRUCT(6_2, struct uapi_vfio_feature, struct vfio_device_feature)
FIELD(uapi_vfio_feature, argsz, vfio_device_feature, argsz)
FIELD(uapi_vfio_feature, flags, vfio_device_feature, flags)
CONST(6_2, sizeof(struct uapi_vfio_feature),
      offsetof(struct vfio_device_feature, data))
CONST(6_2, IOMMUFD_FEATURE_INDEX_MASK, VFIO_DEVICE_FEATURE_MASK)
CONST(6_2, IOMMUFD_FEATURE_GET, VFIO_DEVICE_FEATURE_GET)
CONST(6_2, IOMMUFD_FEATURE_SET, VFIO_DEVICE_FEATURE_SET)
CONST(6_2, IOMMUFD_FEATURE_PROBE, VFIO_DEVICE_FEATURE_PROBE)
CONST(6_2, IOMMUFD_FEATURE_PCI_VF_TOKEN, VFIO_DEVICE_FEATURE_PCI_VF_TOKEN)
CONST(6_2, IOMMUFD_FEATURE_MIGRATION, VFIO_DEVICE_FEATURE_MIGRATION)
CONST(6_2, IOMMUFD_FEATURE_MIG_DEVICE_STATE,
      VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE)
CONST(6_2, IOMMUFD_FEATURE_LOW_POWER_ENTRY, VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY)
CONST(6_2, IOMMUFD_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP,
      VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP)
CONST(6_2, IOMMUFD_FEATURE_LOW_POWER_EXIT, VFIO_DEVICE_FEATURE_LOW_POWER_EXIT)
CONST(6_2, IOMMUFD_FEATURE_DMA_LOGGING_START,
      VFIO_DEVICE_FEATURE_DMA_LOGGING_START)
CONST(6_2, IOMMUFD_FEATURE_DMA_LOGGING_STOP,
      VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP)
CONST(6_2, IOMMUFD_FEATURE_DMA_LOGGING_REPORT,
      VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT)
CONST(6_2, IOMMUFD_FEATURE_MIG_DATA_SIZE, VFIO_DEVICE_FEATURE_MIG_DATA_SIZE)
CONST(6_7, IOMMUFD_FEATURE_BUS_MASTER, VFIO_DEVICE_FEATURE_BUS_MASTER)
CONST(6_19, IOMMUFD_FEATURE_DMA_BUF, VFIO_DEVICE_FEATURE_DMA_BUF)
CONST(7_1, IOMMUFD_FEATURE_MIG_PRECOPY_INFOV2,
      VFIO_DEVICE_FEATURE_MIG_PRECOPY_INFOv2)
CONST(7_3, IOMMUFD_FEATURE_ZPCI_ERROR, VFIO_DEVICE_FEATURE_ZPCI_ERROR)

/* The data of a feature: the kernel's ends with an array, ours has one. */
SINCE(6_19, FIELD(uapi_vfio_feature_dma_buf, region_index,
		  vfio_device_feature_dma_buf, region_index))
SINCE(6_19, FIELD(uapi_vfio_feature_dma_buf, open_flags,
		  vfio_device_feature_dma_buf, open_flags))
SINCE(6_19, FIELD(uapi_vfio_feature_dma_buf, flags, vfio_device_feature_dma_buf,
		  flags))
SINCE(6_19, FIELD(uapi_vfio_feature_dma_buf, nr_ranges,
		  vfio_device_feature_dma_buf, nr_ranges))
CONST(6_19, offsetof(struct uapi_vfio_feature_dma_buf, range),
      offsetof(struct vfio_device_feature_dma_buf, dma_ranges))
STRUCT(6_19, struct uapi_vfio_area, struct vfio_region_dma_range)
SINCE(6_19, FIELD(uapi_vfio_area, offset, vfio_region_dma_range, offset))
SINCE(6_19, FIELD(uapi_vfio_area, size, vfio_region_dma_range, length))
CONST(6_19, sizeof(struct uapi_vfio_feature_dma_buf),
      sizeof(struct vfio_device_feature_dma_buf) +
	      sizeof(struct vfio_region_dma_range))

/* Nested page tables. */
STRUCT(6_7, struct uapi_hwpt_vtd_s1, struct iommu_hwpt_vtd_s1)
FIELD(uapi_hwpt_vtd_s1, flags, iommu_hwpt_vtd_s1, flags)
FIELD(uapi_hwpt_vtd_s1, pgtbl_addr, iommu_hwpt_vtd_s1, pgtbl_addr)
FIELD(uapi_hwpt_vtd_s1, addr_width, iommu_hwpt_vtd_s1, addr_width)
FIELD(uapi_hwpt_vtd_s1, reserved, iommu_hwpt_vtd_s1, __reserved)
STRUCT(6_13, struct uapi_hwpt_arm_smmuv3, struct iommu_hwpt_arm_smmuv3)
SINCE(6_13, FIELD(uapi_hwpt_arm_smmuv3, ste, iommu_hwpt_arm_smmuv3, ste))
STRUCT(7_0, struct uapi_hwpt_amd_guest, struct iommu_hwpt_amd_guest)
SINCE(7_0, FIELD(uapi_hwpt_amd_guest, dte, iommu_hwpt_amd_guest, dte))
CONST(6_7, IOMMUFD_VTD_S1_SRE, IOMMU_VTD_S1_SRE)
CONST(6_7, IOMMUFD_VTD_S1_EAFE, IOMMU_VTD_S1_EAFE)
CONST(6_7, IOMMUFD_VTD_S1_WPE, IOMMU_VTD_S1_WPE)

/* Invalidation. */
STRUCT(6_8, struct uapi_hwpt_invalidate, struct iommu_hwpt_invalidate)
FIELD(uapi_hwpt_invalidate, size, iommu_hwpt_invalidate, size)
FIELD(uapi_hwpt_invalidate, hwpt_id, iommu_hwpt_invalidate, hwpt_id)
FIELD(uapi_hwpt_invalidate, data_uptr, iommu_hwpt_invalidate, data_uptr)
FIELD(uapi_hwpt_invalidate, data_type, iommu_hwpt_invalidate, data_type)
FIELD(uapi_hwpt_invalidate, entry_len, iommu_hwpt_invalidate, entry_len)
FIELD(uapi_hwpt_invalidate, entry_num, iommu_hwpt_invalidate, entry_num)
FIELD(uapi_hwpt_invalidate, reserved, iommu_hwpt_invalidate, __reserved)
CONST(6_8, IOMMUFD_INVALIDATE_VTD_S1, IOMMU_HWPT_INVALIDATE_DATA_VTD_S1)
CONST(6_13, IOMMUFD_INVALIDATE_ARM_SMMUV3,
      IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3)
CONST(6_8, IOMMUFD_VTD_INVALIDATE_LEAF, IOMMU_VTD_INV_FLAGS_LEAF)
STRUCT(6_8, struct iommufd_vtd_s1_invalidation,
       struct iommu_hwpt_vtd_s1_invalidate)
FIELD(iommufd_vtd_s1_invalidation, addr, iommu_hwpt_vtd_s1_invalidate, addr)
FIELD(iommufd_vtd_s1_invalidation, npages, iommu_hwpt_vtd_s1_invalidate, npages)
FIELD(iommufd_vtd_s1_invalidation, flags, iommu_hwpt_vtd_s1_invalidate, flags)
FIELD(iommufd_vtd_s1_invalidation, reserved, iommu_hwpt_vtd_s1_invalidate,
      __reserved)
STRUCT(6_13, struct iommufd_arm_smmuv3_command,
       struct iommu_viommu_arm_smmuv3_invalidate)
SINCE(6_13, FIELD(iommufd_arm_smmuv3_command, cmd,
		  iommu_viommu_arm_smmuv3_invalidate, cmd))

/* Dirty tracking. */
STRUCT(6_7, struct uapi_hwpt_set_dirty_tracking,
       struct iommu_hwpt_set_dirty_tracking)
FIELD(uapi_hwpt_set_dirty_tracking, size, iommu_hwpt_set_dirty_tracking, size)
FIELD(uapi_hwpt_set_dirty_tracking, flags, iommu_hwpt_set_dirty_tracking, flags)
FIELD(uapi_hwpt_set_dirty_tracking, hwpt_id, iommu_hwpt_set_dirty_tracking,
      hwpt_id)
FIELD(uapi_hwpt_set_dirty_tracking, reserved, iommu_hwpt_set_dirty_tracking,
      __reserved)
CONST(6_7, IOMMUFD_DIRTY_TRACKING_ENABLE, IOMMU_HWPT_DIRTY_TRACKING_ENABLE)
CONST(6_7, IOMMUFD_DIRTY_NO_CLEAR, IOMMU_HWPT_GET_DIRTY_BITMAP_NO_CLEAR)

/* Fault queues. */
STRUCT(6_11, struct uapi_fault_queue_alloc, struct iommu_fault_alloc)
FIELD(uapi_fault_queue_alloc, size, iommu_fault_alloc, size)
FIELD(uapi_fault_queue_alloc, flags, iommu_fault_alloc, flags)
FIELD(uapi_fault_queue_alloc, out_fault_id, iommu_fault_alloc, out_fault_id)
FIELD(uapi_fault_queue_alloc, out_fault_fd, iommu_fault_alloc, out_fault_fd)
STRUCT(6_11, struct iommufd_hwpt_pgfault, struct iommu_hwpt_pgfault)
FIELD(iommufd_hwpt_pgfault, flags, iommu_hwpt_pgfault, flags)
FIELD(iommufd_hwpt_pgfault, dev_id, iommu_hwpt_pgfault, dev_id)
FIELD(iommufd_hwpt_pgfault, pasid, iommu_hwpt_pgfault, pasid)
FIELD(iommufd_hwpt_pgfault, grpid, iommu_hwpt_pgfault, grpid)
FIELD(iommufd_hwpt_pgfault, perm, iommu_hwpt_pgfault, perm)
FIELD(iommufd_hwpt_pgfault, reserved, iommu_hwpt_pgfault, __reserved)
FIELD(iommufd_hwpt_pgfault, addr, iommu_hwpt_pgfault, addr)
FIELD(iommufd_hwpt_pgfault, length, iommu_hwpt_pgfault, length)
FIELD(iommufd_hwpt_pgfault, cookie, iommu_hwpt_pgfault, cookie)
STRUCT(6_11, struct iommufd_hwpt_page_response, struct iommu_hwpt_page_response)
FIELD(iommufd_hwpt_page_response, cookie, iommu_hwpt_page_response, cookie)
FIELD(iommufd_hwpt_page_response, code, iommu_hwpt_page_response, code)
CONST(6_11, IOMMUFD_PGFAULT_PASID_VALID, IOMMU_PGFAULT_FLAGS_PASID_VALID)
CONST(6_11, IOMMUFD_PGFAULT_LAST_PAGE, IOMMU_PGFAULT_FLAGS_LAST_PAGE)
CONST(6_11, IOMMUFD_PGFAULT_PERM_READ, IOMMU_PGFAULT_PERM_READ)
CONST(6_11, IOMMUFD_PGFAULT_PERM_WRITE, IOMMU_PGFAULT_PERM_WRITE)
CONST(6_11, IOMMUFD_PGFAULT_PERM_EXEC, IOMMU_PGFAULT_PERM_EXEC)
CONST(6_11, IOMMUFD_PGFAULT_PERM_PRIV, IOMMU_PGFAULT_PERM_PRIV)
CONST(6_11, IOMMUFD_PAGE_RESPONSE_SUCCESS, IOMMUFD_PAGE_RESP_SUCCESS)
CONST(6_11, IOMMUFD_PAGE_RESPONSE_INVALID, IOMMUFD_PAGE_RESP_INVALID)

/* vIOMMUs, vDevices, event and hardware queues. */
STRUCT(6_13, struct uapi_viommu_alloc, struct iommu_viommu_alloc)
SINCE(6_13, FIELD(uapi_viommu_alloc, size, iommu_viommu_alloc, size))
SINCE(6_13, FIELD(uapi_viommu_alloc, flags, iommu_viommu_alloc, flags))
SINCE(6_13, FIELD(uapi_viommu_alloc, type, iommu_viommu_alloc, type))
SINCE(6_13, FIELD(uapi_viommu_alloc, dev_id, iommu_viommu_alloc, dev_id))
SINCE(6_13, FIELD(uapi_viommu_alloc, hwpt_id, iommu_viommu_alloc, hwpt_id))
SINCE(6_13, FIELD(uapi_viommu_alloc, out_viommu_id, iommu_viommu_alloc,
		  out_viommu_id))
SINCE(6_17, FIELD(uapi_viommu_alloc, data_len, iommu_viommu_alloc, data_len))
SINCE(6_17, FIELD(uapi_viommu_alloc, reserved, iommu_viommu_alloc, __reserved))
SINCE(6_17, FIELD(uapi_viommu_alloc, data_uptr, iommu_viommu_alloc, data_uptr))
CONST(6_17, UAPI_VIOMMU_ALLOC_6_13,
      offsetof(struct iommu_viommu_alloc, data_len))
CONST(6_17, UAPI_VIOMMU_ALLOC_6_17, sizeof(struct iommu_viommu_alloc))
CONST(6_13, IOMMUFD_VIOMMU_DEFAULT, IOMMU_VIOMMU_TYPE_DEFAULT)
CONST(6_13, IOMMUFD_VIOMMU_ARM_SMMUV3, IOMMU_VIOMMU_TYPE_ARM_SMMUV3)
CONST(6_17, IOMMUFD_VIOMMU_TEGRA241_CMDQV, IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV)
STRUCT(6_17, struct uapi_viommu_tegra241_cmdqv,
       struct iommu_viommu_tegra241_cmdqv)
SINCE(6_17, FIELD(uapi_viommu_tegra241_cmdqv, out_vintf_mmap_offset,
		  iommu_viommu_tegra241_cmdqv, out_vintf_mmap_offset))
SINCE(6_17, FIELD(uapi_viommu_tegra241_cmdqv, out_vintf_mmap_length,
		  iommu_viommu_tegra241_cmdqv, out_vintf_mmap_length))
STRUCT(6_13, struct uapi_vdevice_alloc, struct iommu_vdevice_alloc)
SINCE(6_13, FIELD(uapi_vdevice_alloc, size, iommu_vdevice_alloc, size))
SINCE(6_13,
      FIELD(uapi_vdevice_alloc, viommu_id, iommu_vdevice_alloc, viommu_id))
SINCE(6_13, FIELD(uapi_vdevice_alloc, dev_id, iommu_vdevice_alloc, dev_id))
SINCE(6_13, FIELD(uapi_vdevice_alloc, out_vdevice_id, iommu_vdevice_alloc,
		  out_vdevice_id))
SINCE(6_13, FIELD(uapi_vdevice_alloc, virt_id, iommu_vdevice_alloc, virt_id))
STRUCT(6_15, struct uapi_veventq_alloc, struct iommu_veventq_alloc)
SINCE(6_15, FIELD(uapi_veventq_alloc, size, iommu_veventq_alloc, size))
SINCE(6_15, FIELD(uapi_veventq_alloc, flags, iommu_veventq_alloc, flags))
SINCE(6_15,
      FIELD(uapi_veventq_alloc, viommu_id, iommu_veventq_alloc, viommu_id))
SINCE(6_15, FIELD(uapi_veventq_alloc, type, iommu_veventq_alloc, type))
SINCE(6_15, FIELD(uapi_veventq_alloc, veventq_depth, iommu_veventq_alloc,
		  veventq_depth))
SINCE(6_15, FIELD(uapi_veventq_alloc, out_veventq_id, iommu_veventq_alloc,
		  out_veventq_id))
SINCE(6_15, FIELD(uapi_veventq_alloc, out_veventq_fd, iommu_veventq_alloc,
		  out_veventq_fd))
SINCE(6_15,
      FIELD(uapi_veventq_alloc, reserved, iommu_veventq_alloc, __reserved))
CONST(6_15, IOMMUFD_VEVENTQ_DEFAULT, IOMMU_VEVENTQ_TYPE_DEFAULT)
CONST(6_15, IOMMUFD_VEVENTQ_ARM_SMMUV3, IOMMU_VEVENTQ_TYPE_ARM_SMMUV3)
CONST(6_17, IOMMUFD_VEVENTQ_TEGRA241_CMDQV, IOMMU_VEVENTQ_TYPE_TEGRA241_CMDQV)
CONST(6_15, IOMMUFD_VEVENT_LOST_EVENTS, IOMMU_VEVENTQ_FLAG_LOST_EVENTS)
STRUCT(6_15, struct iommufd_veventq_header, struct iommufd_vevent_header)
SINCE(6_15, FIELD(iommufd_veventq_header, flags, iommufd_vevent_header, flags))
SINCE(6_15,
      FIELD(iommufd_veventq_header, sequence, iommufd_vevent_header, sequence))
STRUCT(6_15, struct iommufd_vevent_arm_smmuv3, struct iommu_vevent_arm_smmuv3)
SINCE(6_15, FIELD(iommufd_vevent_arm_smmuv3, evt, iommu_vevent_arm_smmuv3, evt))
STRUCT(6_17, struct iommufd_vevent_tegra241_cmdqv,
       struct iommu_vevent_tegra241_cmdqv)
SINCE(6_17, FIELD(iommufd_vevent_tegra241_cmdqv, lvcmdq_err_map,
		  iommu_vevent_tegra241_cmdqv, lvcmdq_err_map))
STRUCT(6_17, struct uapi_hw_queue_alloc, struct iommu_hw_queue_alloc)
SINCE(6_17, FIELD(uapi_hw_queue_alloc, size, iommu_hw_queue_alloc, size))
SINCE(6_17, FIELD(uapi_hw_queue_alloc, flags, iommu_hw_queue_alloc, flags))
SINCE(6_17,
      FIELD(uapi_hw_queue_alloc, viommu_id, iommu_hw_queue_alloc, viommu_id))
SINCE(6_17, FIELD(uapi_hw_queue_alloc, type, iommu_hw_queue_alloc, type))
SINCE(6_17, FIELD(uapi_hw_queue_alloc, index, iommu_hw_queue_alloc, index))
SINCE(6_17, FIELD(uapi_hw_queue_alloc, out_hw_queue_id, iommu_hw_queue_alloc,
		  out_hw_queue_id))
SINCE(6_17, FIELD(uapi_hw_queue_alloc, nesting_parent_iova,
		  iommu_hw_queue_alloc, nesting_parent_iova))
SINCE(6_17, FIELD(uapi_hw_queue_alloc, length, iommu_hw_queue_alloc, length))
CONST(6_17, IOMMUFD_HW_QUEUE_DEFAULT, IOMMU_HW_QUEUE_TYPE_DEFAULT)
CONST(6_17, IOMMUFD_HW_QUEUE_TEGRA241_CMDQV, IOMMU_HW_QUEUE_TYPE_TEGRA241_CMDQV)
