/* SPDX-License-Identifier: MIT */
/*
 * Ends in every order on a real SMMUv3: what is refused, what goes with what,
 * resets, and a process that dies in the middle. The kernel log tells whether the
 * driver was happy.
 */
#include <sys/wait.h>
#include <unistd.h>

#include "devices.h"
#include "fixture.h"
#include "smmu.h"

#define FROM SMMU_IOVA
#define TO   (SMMU_IOVA + GUEST_PAGE)

static uint64_t source, target;
static struct guest_space space;

static void translate_two_pages(uint32_t devices)
{
	source = smmu_memory(GUEST_PAGE);
	target = smmu_memory(GUEST_PAGE);
	space = smmu_space(3, 1);
	smmu_map(&space, FROM, source, GUEST_PAGE, 0);
	smmu_map(&space, TO, target, GUEST_PAGE, 0);
	for (uint32_t i = 0; i < devices; i++) {
		smmu_translate(i, &space);
		ck_assert(smmu_finds(i, FROM, TO, source, target));
	}
}

/* Each object is held by what stands on it. */
START_TEST(order)
{
	struct iommufd_nested_device *nested;
	struct iommufd_hwpt *parent;
	struct iommufd_viommu *viommu;

	smmu_begin(1);
	translate_two_pages(1);
	nested = smmu.device[0].nested;
	parent = iommufd_nesting_parent(smmu.nesting);
	viommu = iommufd_nesting_viommu(smmu.nesting);
	FAILS(iommufd_ctx_destroy_id(smmu.ctx,
				     iommufd_nested_device_page_table(nested)),
	      IN_USE, EBUSY);
	FAILS(iommufd_ctx_destroy_id(smmu.ctx, iommufd_viommu_id(viommu)),
	      IN_USE, EBUSY);
	FAILS(iommufd_ctx_destroy_id(smmu.ctx, iommufd_hwpt_id(parent)), IN_USE,
	      EBUSY);
	FAILS(iommufd_ctx_destroy_id(smmu.ctx, iommufd_ioas_id(smmu.ioas)),
	      IN_USE, EBUSY);
	FAILS(iommufd_nesting_destroy(smmu.nesting), IN_USE, EBUSY);
	ck_assert(smmu_finds(0, FROM, TO, source, target));
	smmu_end();
}
END_TEST

/* Ended while it translates: DMA is blocked, and nothing is left. */
START_TEST(end_without_unset)
{
	smmu_begin(1);
	translate_two_pages(1);
	OK(iommufd_nested_device_destroy(smmu.device[0].nested));
	smmu.device[0].nested = NULL;
	ck_assert(smmu_refused(0, FROM, TO, source, target));
	smmu_end();
}
END_TEST

/* A vDevice goes with its device; its stream id is free then. */
START_TEST(device_first)
{
	struct iommufd_vdevice *vdevice = NULL;
	struct edu other;

	smmu_begin(1);
	translate_two_pages(1);
	for (int i = 0; i < 2; i++) {
		edu_open(&other, harness_env("IOMMUFD_VM_EDU_OTHER"), smmu.ctx);
		OK(iommufd_vdevice_alloc(iommufd_nesting_viommu(smmu.nesting),
					 other.device, SMMU_STREAM(1),
					 &vdevice));
		edu_close(&other);
		FAILS(iommufd_vdevice_destroy(vdevice), OBJECT, ENOENT);
		iommufd_vdevice_release(vdevice);
	}
	ck_assert(smmu_finds(0, FROM, TO, source, target));
	smmu_end();
}
END_TEST

/* On and off again, as a guest that boots many times. */
START_TEST(many_boots)
{
	smmu_prepare();
	smmu_add_edu();
	for (int i = 0; i < 20; i++) {
		smmu_start();
		OK(smmu_set(0, guest_ste_bypass()));
		OK(smmu_set(0, guest_ste_abort()));
		OK(iommufd_nested_device_unset(smmu.device[0].nested,
					       iommufd_hwpt_id(smmu.plain), 0));
		OK(iommufd_nested_device_destroy(smmu.device[0].nested));
		OK(iommufd_nesting_destroy(smmu.nesting));
	}
	smmu.device[0].nested = NULL;
	smmu.nesting = NULL;
	source = smmu_memory(GUEST_PAGE);
	target = smmu_memory(GUEST_PAGE);
	ck_assert(smmu_finds(0, source, target, source, target));
	smmu_end();
}
END_TEST

/* Ten times a process dies, wherever it is; the next one finds all in order. */
START_TEST(process_dies)
{
	for (int i = 0; i < 10; i++) {
		pid_t pid = fork();
		int status;

		ck_assert_int_ge(pid, 0);
		if (!pid) {
			smmu_begin(2);
			if (i > 2)
				translate_two_pages(2);
			if (i > 5)
				OK(smmu_set(1, guest_ste_bypass()));
			_exit(0);
		}
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_int_eq(status, 0);
	}
	smmu_begin(2);
	translate_two_pages(2);
	smmu_end();
}
END_TEST

static const TTest **const tests[] = {
	&order,	     &end_without_unset, &device_first,
	&many_boots, &process_dies,	 NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "ends", .tests = tests, .timeout = 120 },
	};

	return harness_run("smmu_ends", cases, 1);
}
