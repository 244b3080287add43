/* SPDX-License-Identifier: MIT */
/*
 * What the emulated IOMMUs say of nesting. None of them has it, and each has
 * its own way of saying so.
 */
#include "devices.h"
#include "harness.h"

static struct iommufd_ctx *ctx;
static struct iommufd_device *device;
static struct iommufd_ioas *ioas;
static struct iommufd_hwpt *plain;

static void setup(void)
{
	ctx = harness_ctx();
	device = device_new("IOMMUFD_VM_EDU", ctx);
	ioas = new_ioas(ctx);
	plain = new_hwpt(device, ioas);
}

static void end(void)
{
	OK(iommufd_hwpt_destroy(plain));
	OK(iommufd_ioas_destroy(ioas));
	iommufd_device_close(device);
	iommufd_ctx_close(ctx);
}

START_TEST(no_nest_parents)
{
	const struct iommufd_hwpt_alloc_opts opts = {
		.size = sizeof(opts), .flags = IOMMUFD_HWPT_NEST_PARENT
	};
	struct iommufd_hwpt *parent = NULL;

	FAILS(iommufd_hwpt_alloc(device, iommufd_ioas_id(ioas), &opts, &parent),
	      FEATURE, EOPNOTSUPP);
	ck_assert_ptr_null(parent);
	end();
}
END_TEST

/* A driver that could nest. Linux 6.12 thinks so of AMD's, too. */
static int looks_at_the_parent(void)
{
	return device_iommu("vtd") ||
	       (device_iommu("amd") && device_old_kernel());
}

START_TEST(no_guest_tables)
{
	const struct iommufd_hwpt_alloc_vtd_s1_opts vtd = { .size = sizeof(vtd),
							    .addr_width = 48 };
	const struct iommufd_vtd_s1_invalidation all = { .npages = UINT64_MAX };
	const int viommus = harness_has(ctx, IOMMUFD_NR_VIOMMU_ALLOC);
	struct iommufd_hwpt *hwpt = NULL;
	uint32_t count = 1;
	int ret;

	ret = iommufd_hwpt_alloc_vtd_s1(device, plain, &vtd, &hwpt);
	if (looks_at_the_parent())
		FAILS(ret, PAGE_TABLE_REFUSED, EINVAL);
	else
		FAILS(ret, FEATURE, EOPNOTSUPP);
	ck_assert_ptr_null(hwpt);
	ret = iommufd_hwpt_invalidate_vtd_s1(plain, &all, &count);
	if (viommus)
		FAILS(ret, INVALIDATION_REFUSED, EINVAL);
	else
		FAILS(ret, OBJECT, ENOENT);
	ck_assert_uint_eq(count, 0);
	end();
}
END_TEST

/* One driver takes every type and looks no further than the parent. */
START_TEST(no_viommus)
{
	const uint32_t types[] = { IOMMUFD_VIOMMU_ARM_SMMUV3,
				   IOMMUFD_VIOMMU_TEGRA241_CMDQV, UINT32_MAX };
	const int known = harness_has(ctx, IOMMUFD_NR_VIOMMU_ALLOC);
	struct iommufd_viommu *viommu = NULL;
	int ret;

	for (int i = 0; i < 3; i++) {
		ret = iommufd_viommu_alloc(device, plain, types[i], NULL,
					   &viommu);
		if (!known)
			FAILS(ret, COMMAND, ENOTTY);
		else if (device_iommu("amd"))
			FAILS(ret, VIOMMU_REFUSED, EINVAL);
		else
			FAILS(ret, FEATURE, EOPNOTSUPP);
		ck_assert_ptr_null(viommu);
	}
	end();
}
END_TEST

static const TTest **const tests[] = { &no_nest_parents, &no_guest_tables,
				       &no_viommus, NULL };

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "nesting", .setup = setup, .tests = tests },
	};

	return harness_run("nested_devices", cases, 1);
}
