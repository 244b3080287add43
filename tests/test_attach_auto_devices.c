/* SPDX-License-Identifier: MIT */
/* Automatic page tables of real devices, which do DMA through them. */
#include <stdlib.h>
#include <string.h>

#include <iommufd/util/util.h>

#include "devices.h"
#include "edu.h"
#include "fixture.h"
#include "harness.h"

#define IOVA UINT64_C(0x100000)

static struct fixture f;
static struct edu alone, group[2];
static void *memory;
static struct iommufd_hwpt *made[3];
static struct iommufd_attach_auto_info info = { .size = sizeof(info) };

static void setup(void)
{
	fixture_ioas(&f);
	edu_open(&alone, harness_env("IOMMUFD_VM_EDU"), f.ctx);
	edu_open(&group[0], harness_env("IOMMUFD_VM_EDU_A"), f.ctx);
	edu_open(&group[1], harness_env("IOMMUFD_VM_EDU_B"), f.ctx);
	memory = harness_memory(2 * PAGE);
}

/* On the old kernel a page table of virtio-iommu can map nothing. */
static int maps_nothing(void)
{
	return device_old_kernel() && device_iommu("virtio");
}

static void map_memory(void)
{
	uint64_t iova = IOVA;

	if (maps_nothing())
		FAILS(iommufd_ioas_map(f.ioas, memory, 2 * PAGE, FIXED, &iova),
		      IOVA_UNUSABLE, EINVAL);
	else
		map_at(f.ioas, memory, 2 * PAGE, IOVA);
}

static void check_works(struct edu *edu)
{
	if (!maps_nothing())
		ck_assert(edu_works(edu, IOVA, memory));
}

static void end(void)
{
	edu_close(&alone);
	edu_close(&group[0]);
	edu_close(&group[1]);
	for (int i = 0; i < 3; i++)
		OK(iommufd_hwpt_destroy(made[i]));
	fixture_end(&f);
}

static int attach(struct edu *edu, const struct iommufd_attach_auto_opts *opts,
		  struct iommufd_hwpt **hwpt)
{
	return iommufd_attach_auto(edu->device, f.ioas, opts, hwpt, &info);
}

/* The second device shares the first one's, and the group as well. */
START_TEST(devices_share)
{
	struct iommufd_hwpt *more = NULL;
	uint32_t table;
	const struct iommufd_attach_auto_opts opts = { .size = sizeof(opts),
						       .num_tables = 1,
						       .tables = &table };

	OK(attach(&alone, NULL, &made[0]));
	table = info.page_table;
	ck_assert_uint_eq(table, iommufd_hwpt_id(made[0]));
	map_memory();
	for (int i = 0; i < 2; i++) {
		OK(attach(&group[i], &opts, &more));
		ck_assert_ptr_null(more);
		ck_assert_uint_eq(info.page_table, table);
		check_works(&group[i]);
	}
	check_works(&alone);
	end();
}
END_TEST

/* In a group the second one can only have what the first one has. */
START_TEST(a_group_has_one_page_table)
{
	struct iommufd_hwpt *more = NULL;
	uint32_t tables[2];
	const struct iommufd_attach_auto_opts opts = { .size = sizeof(opts),
						       .num_tables = 2,
						       .tables = tables };

	OK(attach(&alone, NULL, &made[0]));
	OK(attach(&group[0], NULL, &made[1]));
	map_memory();
	tables[0] = iommufd_hwpt_id(made[0]);
	tables[1] = iommufd_hwpt_id(made[1]);
	OK(attach(&group[1], &opts, &more));
	ck_assert_uint_eq(info.page_table, tables[1]);
	check_works(&group[1]);
	/* Without it there is none, and what was made for it is gone. */
	OK(iommufd_device_detach(group[1].device));
	tables[1] = tables[0];
	FAILS(attach(&group[1], &opts, &more), ATTACH_REFUSED, EINVAL);
	ck_assert_ptr_null(more);
	check_works(&group[0]);
	end();
}
END_TEST

/* What the hardware can do of what is wanted, and no more. */
START_TEST(wanted_flags)
{
	const uint32_t all = IOMMUFD_HWPT_NEST_PARENT |
			     IOMMUFD_HWPT_DIRTY_TRACKING | IOMMUFD_HWPT_PASID;
	struct iommufd_attach_auto_opts opts = { .size = sizeof(opts),
						 .wanted_flags = all };
	struct iommufd_hw_info hw = { .size = sizeof(hw) };
	struct iommufd_hwpt *more = NULL;

	OK(iommufd_device_get_hw_info(alone.device, 0, NULL, 0, &hw));
	OK(attach(&alone, &opts, &made[0]));
	map_memory();
	check_works(&alone);
	ck_assert_uint_eq(info.flags & ~all, 0);
	if (hw.capabilities & IOMMUFD_HW_CAP_DIRTY_TRACKING) {
		ck_assert(info.flags & IOMMUFD_HWPT_DIRTY_TRACKING);
	} else {
		ck_assert(!(info.flags & IOMMUFD_HWPT_DIRTY_TRACKING));
		opts.required_flags = IOMMUFD_HWPT_DIRTY_TRACKING;
		opts.old_page_table = info.page_table;
		FAILS(attach(&alone, &opts, &more), FEATURE, EOPNOTSUPP);
		check_works(&alone);
	}
	end();
}
END_TEST

/* An attached device moves, and its DMA with it. */
START_TEST(moves)
{
	struct iommufd_attach_auto_opts opts = { .size = sizeof(opts) };
	struct iommufd_ioas *other = new_ioas(f.ctx);
	void *elsewhere = harness_memory(2 * PAGE);

	OK(attach(&alone, NULL, &made[0]));
	map_memory();
	if (!maps_nothing())
		map_at(other, elsewhere, 2 * PAGE, IOVA);
	opts.old_page_table = info.page_table;
	OK(iommufd_attach_auto(alone.device, other, &opts, &made[1], &info));
	if (!maps_nothing())
		ck_assert(edu_works(&alone, IOVA, elsewhere));
	OK(iommufd_hwpt_destroy(made[0]));
	made[0] = NULL;
	OK(iommufd_device_detach(alone.device));
	OK(iommufd_hwpt_destroy(made[1]));
	made[1] = NULL;
	OK(iommufd_ioas_destroy(other));
	end();
}
END_TEST

/*
 * A page table whose faults go to a queue is not for a device without page
 * requests. Each refusal blocks the DMA of a VT-d, and is mended.
 */
START_TEST(no_page_requests)
{
	struct iommufd_fault_queue *queue = NULL;
	struct iommufd_hwpt_alloc_opts faulting = {
		.size = sizeof(faulting), .flags = IOMMUFD_HWPT_FAULT_ID_VALID
	};
	struct iommufd_hwpt *more = NULL;
	uint32_t tables[2];
	struct iommufd_attach_auto_opts opts = { .size = sizeof(opts),
						 .num_tables = 2,
						 .tables = tables };

	OK(attach(&alone, NULL, &made[0]));
	map_memory();
	opts.old_page_table = info.page_table;
	OK(iommufd_fault_queue_alloc(f.ctx, 0, &queue));
	faulting.fault_id = iommufd_fault_queue_id(queue);
	OK(iommufd_hwpt_alloc(alone.device, iommufd_ioas_id(f.ioas), &faulting,
			      &made[1]));
	made[2] = new_hwpt(alone.device, f.ioas);
	tables[0] = iommufd_hwpt_id(made[1]);
	tables[1] = iommufd_hwpt_id(made[2]);
	OK(attach(&alone, &opts, &more));
	ck_assert_uint_eq(info.page_table, tables[1]);
	check_works(&alone);
	/* What is wrong with the second one ends the attempt. */
	opts.old_page_table = tables[1];
	tables[1] = UNUSED_ID;
	FAILS(attach(&alone, &opts, &more), PAGE_TABLE, ENOENT);
	check_works(&alone);
	OK(iommufd_hwpt_destroy(made[1]));
	made[1] = NULL;
	iommufd_fault_queue_close_fd(queue);
	OK(iommufd_fault_queue_destroy(queue));
	end();
}
END_TEST

static const TTest **const tests[] = {
	&devices_share, &a_group_has_one_page_table, &wanted_flags, &moves,
	NULL,
};

/* Only a VT-d refuses it so late, and not on the old kernel. */
static const TTest **const vtd_tests[] = {
	&no_page_requests,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "devices", .setup = setup, .tests = tests },
		{ .name = "vtd", .setup = setup, .tests = vtd_tests },
	};

	const char *scenario = getenv("IOMMUFD_VM_SCENARIO");

	if (device_old_kernel() || !scenario || strncmp(scenario, "vtd", 3))
		return harness_run("attach_auto_devices", cases, 1);
	return harness_run("attach_auto_devices", cases, 2);
}
