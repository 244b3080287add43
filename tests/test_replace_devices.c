/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "devices.h"
#include "edu.h"
#include "failnth.h"
#include "harness.h"
#include "replacing.h"

#define IOVA	  UINT64_C(0x100000)
#define MSI_FIRST UINT64_C(0xfee00000)

/* One device alone, and two functions of one slot in one group. */
static struct edu alone, group[2];
static void *memory;

static void use_devices(void)
{
	fixture_ioas(&f);
	edu_open(&alone, harness_env("IOMMUFD_VM_EDU"), f.ctx);
	edu_open(&group[0], harness_env("IOMMUFD_VM_EDU_A"), f.ctx);
	edu_open(&group[1], harness_env("IOMMUFD_VM_EDU_B"), f.ctx);
	memory = harness_memory(2 * PAGE);
	map_at(f.ioas, memory, 2 * PAGE, IOVA);
	old = new_table(alone.device, iommufd_ioas_id(f.ioas), 0);
	OK(iommufd_device_attach(alone.device, old, NULL));
	OK(iommufd_device_attach(group[0].device, old, NULL));
	OK(iommufd_device_attach(group[1].device, old, NULL));
}

static void check_all_work(void)
{
	ck_assert(edu_works(&alone, IOVA, memory));
	ck_assert(edu_works(&group[0], IOVA, memory));
	ck_assert(edu_works(&group[1], IOVA, memory));
}

/* IOMMU_FAULT_QUEUE_ALLOC */
struct fault_queue_alloc {
	uint32_t size, flags, id;
	int32_t fd;
};

/*
 * A page table that can be made but not attached: its faults go to a queue, and
 * these devices cannot make page requests. Linux 6.12 does not even make it.
 */
static uint32_t unattachable(struct iommufd_ioas *ioas)
{
	struct fault_queue_alloc queue = { .size = sizeof(queue) };
	struct iommufd_hwpt_alloc_opts opts = {
		.size = sizeof(opts), .flags = IOMMUFD_HWPT_FAULT_ID_VALID
	};
	struct iommufd_hwpt *hwpt = NULL;
	uint32_t id;

	OK(iommufd_ctx_ioctl(f.ctx, IOMMUFD_NR_FAULT_QUEUE_ALLOC, &queue,
			     NULL));
	opts.fault_id = queue.id;
	OK(iommufd_hwpt_alloc(alone.device, iommufd_ioas_id(ioas), &opts,
			      &hwpt));
	id = iommufd_hwpt_id(hwpt);
	iommufd_hwpt_release(hwpt);
	return id;
}

static void check_blocked(struct edu *edu)
{
	harness_expect_dma_fault(1);
	ck_assert(!edu_works(edu, IOVA, memory));
	harness_expect_dma_fault(0);
}

/* What the kernel does, and why there is a helper at all. */
START_TEST(kernel_blocks_after_a_refusal)
{
	uint32_t bad = unattachable(f.ioas), in_force = 0;

	check_all_work();
	FAILS(iommufd_device_attach(alone.device, bad, NULL),
	      ATTACH_UNSUPPORTED, ENODEV);
	check_blocked(&alone);
	OK(iommufd_device_attach(alone.device, old, &in_force));
	ck_assert_uint_eq(in_force, old);
	check_blocked(&alone);
	FAILS(iommufd_device_attach(group[1].device, bad, NULL),
	      ATTACH_UNSUPPORTED, ENODEV);
	check_blocked(&group[0]);
}
END_TEST

/* The device's own window is not to be mapped. */
static int msi_window_is_reserved(void)
{
	struct iommufd_iova_range ranges[16] = { 0 };
	uint32_t count = 16;

	OK(iommufd_ioas_iova_ranges(f.ioas, ranges, &count, NULL));
	for (uint32_t i = 0; i < count; i++)
		if (ranges[i].start <= MSI_FIRST && ranges[i].last >= MSI_FIRST)
			return 0;
	return 1;
}

/* Only one device is left, so that no other one holds the window, too. */
START_TEST(kernel_forgets_reserved_windows)
{
	uint32_t bad = unattachable(f.ioas);

	OK(iommufd_device_detach(group[0].device));
	OK(iommufd_device_detach(group[1].device));
	ck_assert(msi_window_is_reserved());
	FAILS(iommufd_device_attach(alone.device, bad, NULL),
	      ATTACH_UNSUPPORTED, ENODEV);
	ck_assert(!msi_window_is_reserved());
}
END_TEST

START_TEST(reserved_windows_are_restored)
{
	struct iommufd_replacement r;

	r = replacement(alone.device, old, unattachable(f.ioas));
	OK(iommufd_device_detach(group[0].device));
	OK(iommufd_device_detach(group[1].device));
	FAILS(iommufd_replace(&r), ATTACH_UNSUPPORTED, ENODEV);
	check_result(&r, r.ret, IOMMUFD_REPLACE_RESTORED, old);
	ck_assert_uint_eq(r.windows_lost, 0);
	ck_assert(msi_window_is_reserved());
	ck_assert(edu_works(&alone, IOVA, memory));
}
END_TEST

/* Somebody has mapped into the window: DMA cannot be restored. */
START_TEST(mapping_in_a_window_is_in_the_way)
{
	uint32_t bad = unattachable(f.ioas);
	struct iommufd_replacement r = replacement(alone.device, old, bad);

	OK(iommufd_device_detach(group[0].device));
	OK(iommufd_device_detach(group[1].device));
	FAILS(iommufd_device_attach(alone.device, bad, NULL),
	      ATTACH_UNSUPPORTED, ENODEV);
	map_at(f.ioas, memory, PAGE, MSI_FIRST);
	FAILS(iommufd_replace(&r), ATTACH_UNSUPPORTED, ENODEV);
	ck_assert_uint_eq(r.state, IOMMUFD_REPLACE_BROKEN);
	ck_assert_int_eq(
		iommufd_is(r.restore_ret, IOMMUFD_CAUSE_ATTACH_CONFLICT), 1);
	ck_assert_uint_eq(r.windows_lost, 1);
	ck_assert_uint_eq(r.scratch_page_table, r.in_force);
	check_attached(r.in_force, old);
}
END_TEST

static void check_restored(struct edu *edu, uint32_t bad)
{
	struct iommufd_replacement r = replacement(edu->device, old, bad);
	uint32_t next = next_id(f.ctx);

	FAILS(iommufd_replace(&r), ATTACH_UNSUPPORTED, ENODEV);
	check_result(&r, r.ret, IOMMUFD_REPLACE_RESTORED, old);
	ck_assert_int_eq(r.restore_ret, 0);
	ck_assert_uint_eq(next_id(f.ctx), next);
	check_all_work();
	FAILS(iommufd_ctx_destroy_id(f.ctx, old), IN_USE, EBUSY);
}

START_TEST(one_device_is_restored)
{
	check_all_work();
	check_restored(&alone, unattachable(f.ioas));
}
END_TEST

START_TEST(a_group_is_restored)
{
	uint32_t bad = unattachable(f.ioas);

	check_all_work();
	check_restored(&group[0], bad);
	check_restored(&group[1], bad);
}
END_TEST

START_TEST(refusal_for_another_address_space)
{
	struct iommufd_ioas *other = NULL;

	OK(iommufd_ioas_alloc(f.ctx, 0, &other));
	check_restored(&alone, unattachable(other));
	check_restored(&group[0], unattachable(other));
	iommufd_ioas_release(other);
}
END_TEST

START_TEST(dma_follows_the_replacement)
{
	void *other_memory = harness_memory(2 * PAGE);
	struct iommufd_ioas *other = NULL;
	struct iommufd_replacement r;

	OK(iommufd_ioas_alloc(f.ctx, 0, &other));
	map_at(other, other_memory, 2 * PAGE, IOVA);
	new = new_table(alone.device, iommufd_ioas_id(other), 0);
	check_all_work();
	r = replacement(alone.device, old, new);
	OK(iommufd_replace(&r));
	check_result(&r, 0, IOMMUFD_REPLACE_DONE, new);
	ck_assert(edu_works(&alone, IOVA, other_memory));
	ck_assert(!edu_works(&alone, IOVA, memory));
	ck_assert(edu_works(&group[0], IOVA, memory));
	r = replacement(group[1].device, old, new);
	OK(iommufd_replace(&r));
	ck_assert(edu_works(&group[0], IOVA, other_memory));
	ck_assert(edu_works(&group[1], IOVA, other_memory));
	iommufd_ioas_release(other);
}
END_TEST

/* The single device moves, the group refuses: both are back. */
START_TEST(many_are_restored)
{
	uint32_t bad = unattachable(f.ioas);
	struct iommufd_replacement r[3];

	new = new_table(alone.device, iommufd_ioas_id(f.ioas), 0);
	r[0] = replacement(alone.device, old, new);
	r[1] = replacement(group[1].device, old, bad);
	r[2] = replacement(group[0].device, old, bad);
	FAILS(iommufd_replace_many(r, 3), ATTACH_UNSUPPORTED, ENODEV);
	check_result(&r[0], 0, IOMMUFD_REPLACE_RESTORED, old);
	check_result(&r[1], r[1].ret, IOMMUFD_REPLACE_RESTORED, old);
	check_result(&r[2], r[1].ret, IOMMUFD_REPLACE_RESTORED, old);
	check_all_work();
	check_attached(old, new);
}
END_TEST

START_TEST(one_step_for_a_group)
{
	struct iommufd_replacement r[3];

	new = new_table(alone.device, iommufd_ioas_id(f.ioas), 0);
	r[0] = replacement(group[0].device, old, new);
	r[1] = replacement(alone.device, old, new);
	r[2] = replacement(group[1].device, old, new);
	OK(iommufd_replace_many(r, 3));
	for (size_t i = 0; i < 3; i++)
		check_result(&r[i], 0, IOMMUFD_REPLACE_DONE, new);
	check_all_work();
	OK(iommufd_ctx_destroy_id(f.ctx, old));
}
END_TEST

START_TEST(a_group_has_one_page_table)
{
	struct iommufd_replacement r[2];

	new = new_table(alone.device, iommufd_ioas_id(f.ioas), 0);
	r[0] = replacement(group[0].device, old, new);
	r[1] = replacement(group[1].device, old, old);
	FAILS(iommufd_replace_many(r, 2), GROUP_ATTACHED_ELSEWHERE, EINVAL);
	ck_assert_uint_eq(r[0].state, 77);
	check_attached(old, new);
	check_all_work();
}
END_TEST

/* The same for a driver that fails at any point, on every kernel. */
static void sweep(struct edu *edu)
{
	unsigned int failures = 0, n;
	struct iommufd_replacement r;
	uint32_t next = next_id(f.ctx);
	int fired = 1;

	fail_nth_prepare();
	for (n = 1; fired; n++) {
		ck_assert_uint_lt(n, 200);
		r = replacement(edu->device, old, new);
		fail_nth(n);
		(void)iommufd_replace(&r);
		fired = fail_nth_end();
		if (r.ret) {
			failures++;
			check_result(&r, r.ret, IOMMUFD_REPLACE_RESTORED, old);
			ck_assert_int_eq(r.restore_ret, 0);
		} else {
			check_result(&r, 0, IOMMUFD_REPLACE_DONE, new);
		}
		ck_assert_msg(edu_works(edu, IOVA, memory),
			      "no DMA after failure %u", n);
		OK(iommufd_device_attach(edu->device, old, NULL));
		ck_assert_uint_eq(next_id(f.ctx), next);
	}
	ck_assert_uint_gt(failures, 0);
}

START_TEST(any_single_failure_of_a_driver_is_mended)
{
	new = new_table(alone.device, iommufd_ioas_id(f.ioas), 0);
	sweep(&alone);
	sweep(&group[1]);
	check_all_work();
}
END_TEST

static const TTest **const real_tests[] = {
	&dma_follows_the_replacement,
	&one_step_for_a_group,
	&a_group_has_one_page_table,
	&any_single_failure_of_a_driver_is_mended,
	NULL,
};

/* These need a page table that can be made and not be attached: VT-d has it. */
static const TTest **const refusal_tests[] = {
	&kernel_blocks_after_a_refusal,
	&kernel_forgets_reserved_windows,
	&reserved_windows_are_restored,
	&mapping_in_a_window_is_in_the_way,
	&one_device_is_restored,
	&a_group_is_restored,
	&refusal_for_another_address_space,
	&many_are_restored,
	NULL,
};

int main(void)
{
	const char *scenario = getenv("IOMMUFD_VM_SCENARIO");
	const struct harness_case cases[] = {
		{ .name = "real", .setup = use_devices, .tests = real_tests },
		{ .name = "refusal",
		  .setup = use_devices,
		  .tests = refusal_tests },
	};

	if ((scenario && !strcmp(scenario, "amd")) || device_old_kernel())
		return harness_run("replace_devices", cases, 1);
	return harness_run("replace_devices", cases, 2);
}
