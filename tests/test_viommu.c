/* SPDX-License-Identifier: MIT */
/* vIOMMUs: making, ending, and nested page tables on them. */
#include "harness.h"
#include "nesting.h"

START_TEST(made_and_ended)
{
	struct iommufd_viommu *second = NULL;
	uint32_t id;

	if (!nesting_viommu())
		return;
	id = iommufd_viommu_id(nest.viommu);
	ck_assert_uint_ne(id, 0);
	OK(iommufd_viommu_alloc(nest.f.device, nest.parent, IOMMUFD_MOCK_VIOMMU,
				NULL, &second));
	ck_assert_uint_ne(iommufd_viommu_id(second), id);
	ck_assert_ptr_eq(iommufd_viommu_ctx(second), nest.f.ctx);
	FAILS(iommufd_hwpt_destroy(nest.parent), IN_USE, EBUSY);
	OK(iommufd_viommu_destroy(nest.viommu));
	FAILS(iommufd_hwpt_destroy(nest.parent), IN_USE, EBUSY);
	ck_assert_uint_eq(next_id(nest.f.ctx), id);
	nest.viommu = second;
	OK(iommufd_viommu_destroy(NULL));
	iommufd_viommu_release(NULL);
	ck_assert_uint_eq(iommufd_viommu_id(NULL), 0);
	ck_assert_ptr_null(iommufd_viommu_ctx(NULL));
	nesting_end();
}
END_TEST

/* Everything goes with the context, in the order that the kernel knows. */
START_TEST(ended_with_the_context)
{
	struct iommufd_vdevice *vdevice;
	struct iommufd_hwpt *hwpt;
	uint64_t before = pinned();

	if (!nesting_viommu())
		return;
	map_at(nest.f.ioas, harness_memory(PAGE), PAGE, MOCK_FIRST);
	ck_assert_uint_eq(pinned(), before + PAGE);
	vdevice = vdevice_new(nest.f.device, 1);
	hwpt = nested_new(iommufd_viommu_id(nest.viommu));
	OK(iommufd_device_attach(nest.f.device, iommufd_hwpt_id(hwpt), NULL));
	iommufd_vdevice_release(vdevice);
	iommufd_hwpt_release(hwpt);
	iommufd_viommu_release(nest.viommu);
	iommufd_hwpt_release(nest.parent);
	iommufd_ioas_release(nest.f.ioas);
	iommufd_device_close(nest.f.device);
	ck_assert_uint_eq(pinned(), before + PAGE);
	iommufd_ctx_close(nest.f.ctx);
	ck_assert_uint_eq(pinned(), before);
}
END_TEST

START_TEST(adopted)
{
	struct iommufd_viommu *viommu = NULL;
	uint32_t id;

	if (!nesting_viommu())
		return;
	id = iommufd_viommu_id(nest.viommu);
	OK(iommufd_viommu_adopt(nest.f.ctx, id, 0, &viommu));
	ck_assert_uint_eq(iommufd_viommu_id(viommu), id);
	FAILS(iommufd_viommu_destroy(viommu), BORROWED, EPERM);
	iommufd_viommu_release(viommu);
	iommufd_viommu_release(nest.viommu);
	OK(iommufd_viommu_adopt(nest.f.ctx, id, IOMMUFD_ADOPT_OWNED,
				&nest.viommu));
	OK(iommufd_viommu_adopt(nest.f.ctx, id, IOMMUFD_ADOPT_OWNED, &viommu));
	OK(iommufd_viommu_destroy(nest.viommu));
	nest.viommu = NULL;
	FAILS(iommufd_viommu_destroy(viommu), OBJECT, ENOENT);
	iommufd_viommu_release(viommu);
	nesting_end();
}
END_TEST

/* No kernel is asked, so all of them say the same. */
START_TEST(adopt_fails)
{
	struct iommufd_viommu *viommu = (void *)1;

	FAILS(iommufd_viommu_adopt(NULL, 1, 0, &viommu), NULL_POINTER, EINVAL);
	FAILS(iommufd_viommu_adopt(nest.f.ctx, 1, 0, NULL), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_viommu_adopt(nest.f.ctx, 1, IOMMUFD_ADOPT_VERIFY,
				   &viommu),
	      BAD_FLAGS, EINVAL);
	FAILS(iommufd_viommu_adopt(nest.f.ctx, 0, 0, &viommu), BAD_ID, EINVAL);
	FAILS(iommufd_viommu_adopt(nest.f.ctx, UINT32_MAX, 0, &viommu), BAD_ID,
	      EINVAL);
	ck_assert_ptr_eq(viommu, (void *)1);
	nesting_end();
}
END_TEST

static int alloc_type(uint32_t type)
{
	struct iommufd_viommu *viommu = (void *)1;
	int ret = iommufd_viommu_alloc(nest.f.device, nest.parent, type, NULL,
				       &viommu);

	ck_assert_ptr_eq(viommu, (void *)1);
	return ret;
}

START_TEST(other_types)
{
	const uint32_t types[] = { IOMMUFD_VIOMMU_DEFAULT,
				   IOMMUFD_VIOMMU_ARM_SMMUV3,
				   IOMMUFD_VIOMMU_TEGRA241_CMDQV, UINT32_MAX };
	struct iommufd_viommu_tegra241_cmdqv_info info = { .size = sizeof(info),
							   .mmap_offset = 5,
							   .mmap_length = 6 };
	struct iommufd_viommu *viommu = (void *)1;
	struct iommufd_failure failure;
	int ret;

	if (!nesting_viommu())
		return;
	for (int i = 0; i < 4; i++)
		FAILS(alloc_type(types[i]), FEATURE, EOPNOTSUPP);
	ret = alloc_type(IOMMUFD_VIOMMU_ARM_SMMUV3);
	FAILS(ret, FEATURE, EOPNOTSUPP);
	failure = harness_failure(ret);
	ck_assert_uint_eq(failure.op, IOMMUFD_OP_VIOMMU_ALLOC);
	ck_assert_uint_eq(failure.object_id, iommufd_device_id(nest.f.device));
	ck_assert_uint_eq(failure.other_id, iommufd_hwpt_id(nest.parent));
	ck_assert_uint_eq(failure.arg, IOMMUFD_VIOMMU_ARM_SMMUV3);
	FAILS(iommufd_viommu_alloc_tegra241_cmdqv(nest.f.device, nest.parent,
						  &info, &viommu),
	      FEATURE, EOPNOTSUPP);
	ck_assert_uint_eq(info.mmap_offset, 5);
	ck_assert_uint_eq(info.mmap_length, 6);
	ck_assert_ptr_eq(viommu, (void *)1);
	nesting_end();
}
END_TEST

/* @parent stands for an object of another kind. */
static int alloc_on(struct iommufd_device *device, uint32_t parent)
{
	struct iommufd_viommu *viommu = (void *)1;
	struct iommufd_hwpt *hwpt = NULL;
	int ret;

	OK(iommufd_hwpt_adopt(nest.f.ctx, parent, 0, &hwpt));
	ret = iommufd_viommu_alloc(device, hwpt, IOMMUFD_MOCK_VIOMMU, NULL,
				   &viommu);
	iommufd_hwpt_release(hwpt);
	ck_assert_ptr_eq(viommu, (void *)1);
	return ret;
}

START_TEST(bad_parents)
{
	struct iommufd_hwpt *plain = NULL, *nested;
	struct iommufd_device *device = nest.f.device;

	if (!nesting_viommu())
		return;
	OK(iommufd_hwpt_alloc(device, iommufd_ioas_id(nest.f.ioas), NULL,
			      &plain));
	nested = nested_new(iommufd_hwpt_id(nest.parent));
	FAILS(alloc_on(device, iommufd_hwpt_id(plain)), VIOMMU_REFUSED, EINVAL);
	FAILS(alloc_on(device, nest.f.hwpt_id), VIOMMU_REFUSED, EINVAL);
	FAILS(alloc_on(device, iommufd_hwpt_id(nested)), DEVICE_OR_PARENT,
	      ENOENT);
	FAILS(alloc_on(device, iommufd_ioas_id(nest.f.ioas)), DEVICE_OR_PARENT,
	      ENOENT);
	FAILS(alloc_on(device, iommufd_viommu_id(nest.viommu)),
	      DEVICE_OR_PARENT, ENOENT);
	FAILS(alloc_on(device, UNUSED_ID), DEVICE_OR_PARENT, ENOENT);
	OK(iommufd_hwpt_destroy(nested));
	OK(iommufd_hwpt_destroy(plain));
	nesting_end();
}
END_TEST

START_TEST(the_device_is_gone)
{
	if (!nesting_viommu())
		return;
	OK(iommufd_ctx_destroy_id(
		nest.f.ctx, iommufd_mock_device_object_id(nest.f.device)));
	FAILS(alloc_on(nest.f.device, iommufd_hwpt_id(nest.parent)),
	      DEVICE_OR_PARENT, ENOENT);
	nesting_end();
}
END_TEST

START_TEST(refused_by_the_library)
{
	struct iommufd_viommu_tegra241_cmdqv_info info = { sizeof(info), 0, 5,
							   6 };
	struct iommufd_device *device = nest.f.device;
	struct iommufd_viommu *viommu = (void *)1;
	const struct iommufd_viommu_alloc_opts reserved = {
		.size = sizeof(reserved), .reserved = 1
	};
	const uint32_t type = IOMMUFD_MOCK_VIOMMU;
	struct fixture other;

	FAILS(iommufd_viommu_alloc(NULL, nest.parent, type, NULL, &viommu),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_viommu_alloc(device, nest.parent, type, &reserved,
				   &viommu),
	      OPTS_RESERVED, EINVAL);
	FAILS(iommufd_viommu_alloc(device, NULL, type, NULL, &viommu),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_viommu_alloc(device, nest.parent, type, NULL, NULL),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_viommu_alloc_tegra241_cmdqv(NULL, nest.parent, &info,
						  &viommu),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_viommu_alloc_tegra241_cmdqv(device, NULL, &info, &viommu),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_viommu_alloc_tegra241_cmdqv(device, nest.parent, NULL,
						  &viommu),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_viommu_alloc_tegra241_cmdqv(device, nest.parent, &info,
						  NULL),
	      NULL_POINTER, EINVAL);
	fixture_device(&other);
	FAILS(iommufd_viommu_alloc(other.device, nest.parent, type, NULL,
				   &viommu),
	      OTHER_CONTEXT, EXDEV);
	FAILS(iommufd_viommu_alloc_tegra241_cmdqv(other.device, nest.parent,
						  &info, &viommu),
	      OTHER_CONTEXT, EXDEV);
	fixture_end(&other);
	ck_assert_uint_eq(info.mmap_offset, 5);
	ck_assert_ptr_eq(viommu, (void *)1);
	nesting_end();
}
END_TEST

START_TEST(page_tables_on_it)
{
	struct iommufd_hwpt *first, *second, *hwpt = NULL;
	uint32_t id;

	if (!nesting_viommu())
		return;
	id = iommufd_viommu_id(nest.viommu);
	first = nested_new(id);
	second = nested_new(id);
	check_iotlb(first, (uint32_t[]){ NEST_IOTLB, NEST_IOTLB, NEST_IOTLB,
					 NEST_IOTLB });
	check_range(nest.f.ioas, MOCK_FIRST, MOCK_LAST, MOCK_PAGE);
	check_nested_flags(id);
	/* The kernel needs to know the device in the guest. */
	FAILS(iommufd_device_attach(nest.f.device, iommufd_hwpt_id(first),
				    NULL),
	      PAGE_TABLE, ENOENT);
	FAILS(iommufd_hwpt_alloc(nest.f.device, id, NULL, &hwpt), FEATURE,
	      EOPNOTSUPP);
	ck_assert_ptr_null(hwpt);
	FAILS(iommufd_viommu_destroy(nest.viommu), IN_USE, EBUSY);
	OK(iommufd_hwpt_destroy(first));
	FAILS(iommufd_viommu_destroy(nest.viommu), IN_USE, EBUSY);
	ck_assert_uint_eq(iommufd_viommu_id(nest.viommu), id);
	FAILS(iommufd_hwpt_destroy(nest.parent), IN_USE, EBUSY);
	OK(iommufd_hwpt_destroy(second));
	nesting_end();
}
END_TEST

static const struct iommufd_hwpt_alloc_arm_smmuv3_opts smmu = {
	.size = sizeof(smmu), .ste = { 1, 2 }
};
static const struct iommufd_hwpt_alloc_amd_guest_opts amd = {
	.size = sizeof(amd), .dte = { 1, 2, 3, 4 }
};

/* Both, which must say the same. */
static void vendors(struct iommufd_device *device,
		    struct iommufd_viommu *viommu, uint32_t cause, int err)
{
	struct iommufd_hwpt *hwpt = (void *)1;

	harness_fails(
		iommufd_hwpt_alloc_arm_smmuv3(device, viommu, &smmu, &hwpt),
		cause, err, "SMMUv3", __FILE__, __LINE__);
	harness_fails(iommufd_hwpt_alloc_amd_guest(device, viommu, &amd, &hwpt),
		      cause, err, "AMD", __FILE__, __LINE__);
	ck_assert_ptr_eq(hwpt, (void *)1);
}

START_TEST(page_tables_of_other_vendors)
{
	struct iommufd_viommu *gone = NULL;
	struct fixture other;

	OK(iommufd_viommu_adopt(nest.f.ctx, UNUSED_ID, 0, &gone));
	vendors(nest.f.device, gone, IOMMUFD_CAUSE_PAGE_TABLE_REFUSED, EINVAL);
	vendors(NULL, gone, IOMMUFD_CAUSE_NULL_POINTER, EINVAL);
	vendors(nest.f.device, NULL, IOMMUFD_CAUSE_NULL_POINTER, EINVAL);
	FAILS(iommufd_hwpt_alloc_arm_smmuv3(nest.f.device, gone, &smmu, NULL),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_hwpt_alloc_amd_guest(nest.f.device, gone, &amd, NULL),
	      NULL_POINTER, EINVAL);
	fixture_device(&other);
	vendors(other.device, gone, IOMMUFD_CAUSE_OTHER_CONTEXT, EXDEV);
	fixture_end(&other);
	iommufd_viommu_release(gone);
	if (!nesting_viommu())
		return;
	vendors(nest.f.device, nest.viommu, IOMMUFD_CAUSE_FEATURE, EOPNOTSUPP);
	nesting_end();
}
END_TEST

/* Asked without making anything. */
START_TEST(probed)
{
	uint32_t next = next_id(nest.f.ctx);

	FAILS(iommufd_viommu_probe(NULL, IOMMUFD_MOCK_VIOMMU), NULL_POINTER,
	      EINVAL);
	if (!harness_has(nest.f.ctx, IOMMUFD_NR_VIOMMU_ALLOC)) {
		FAILS(iommufd_viommu_probe(nest.f.device, IOMMUFD_MOCK_VIOMMU),
		      COMMAND, ENOTTY);
	} else {
		OK(iommufd_viommu_probe(nest.f.device, IOMMUFD_MOCK_VIOMMU));
		FAILS(iommufd_viommu_probe(nest.f.device,
					   IOMMUFD_VIOMMU_ARM_SMMUV3),
		      FEATURE, EOPNOTSUPP);
		FAILS(iommufd_viommu_probe(nest.f.device,
					   IOMMUFD_VIOMMU_DEFAULT),
		      FEATURE, EOPNOTSUPP);
	}
	ck_assert_uint_eq(next_id(nest.f.ctx), next);
	nesting_end();
}
END_TEST

static const TTest **const objects[] = {
	&probed,      &made_and_ended,	   &ended_with_the_context,
	&adopted,     &adopt_fails,	   &other_types,
	&bad_parents, &the_device_is_gone, &refused_by_the_library,
	NULL,
};

static const TTest **const tables[] = {
	&page_tables_on_it,
	&page_tables_of_other_vendors,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "objects", .setup = nesting_setup, .tests = objects },
		{ .name = "tables", .setup = nesting_setup, .tests = tables },
	};

	return harness_run("viommu", cases, 2);
}
