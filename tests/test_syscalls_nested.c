/* SPDX-License-Identifier: MIT */
/* What the calls cost that a guest's IOMMU is made of. */
#include "counter_alloc.h"
#include "harness.h"
#include "nesting.h"

#define TABLE "syscalls_nested.tsv"

static const struct iommufd_hwpt_alloc_vtd_s1_opts vtd = { .size = sizeof(
								   vtd) };
static const struct iommufd_hwpt_alloc_arm_smmuv3_opts smmu = { .size = sizeof(
									smmu) };
static const struct iommufd_hwpt_alloc_amd_guest_opts amd = { .size = sizeof(
								      amd) };
static const struct iommufd_hw_queue_alloc_opts queue_opts = {
	.size = sizeof(queue_opts),
	.type = IOMMUFD_MOCK_HW_QUEUE,
	.length = PAGE,
	.iova = MOCK_FIRST
};
static const struct iommufd_mock_hwpt_invalidate entry;
static const struct iommufd_vtd_s1_invalidation vtd_entry;
static const struct iommufd_mock_viommu_invalidate cached = { .vdev_id = 9 };
static const struct iommufd_arm_smmuv3_command arm_command;
static struct iommufd_viommu_tegra241_cmdqv_info cmdqv = { .size = sizeof(
								   cmdqv) };
static struct iommufd_mock_viommu_data data;
static const struct iommufd_viommu_alloc_opts data_opts = {
	.size = sizeof(data_opts), .data_len = sizeof(data), .data = &data
};
static struct iommufd_hwpt *nested, *hwpt;
static struct iommufd_viommu *viommu;
static struct iommufd_vdevice *known, *vdevice;
static struct iommufd_hw_queue *queue;
static struct iommufd_extent region;
static void *registers;
static uint32_t count;

/* What every kernel has, or refuses at the same cost. */
static void setup_tables(void)
{
	nesting_setup();
	nested = nested_new(iommufd_hwpt_id(nest.parent));
	OK(iommufd_viommu_adopt(nest.f.ctx, UNUSED_ID, 0, &viommu));
	/* Under a sanitizer a thread's first failure makes its record. */
	FAILS(iommufd_ctx_destroy_id(nest.f.ctx, UNUSED_ID), OBJECT, ENOENT);
}

static void setup_guests(void)
{
	nesting_setup();
	map_at(nest.f.ioas, harness_memory(PAGE), PAGE, MOCK_FIRST);
	OK(iommufd_viommu_alloc(nest.f.device, nest.parent, IOMMUFD_MOCK_VIOMMU,
				&data_opts, &nest.viommu));
	region = extent(data.out_mmap_offset, data.out_mmap_length);
	known = vdevice_new(nest.f.device, 9);
}

/* What calls need before them, and what is to be put back afterwards. */
static void hwpt_end(void)
{
	OK(iommufd_hwpt_destroy(hwpt));
}

static void viommu_begin(void)
{
	OK(iommufd_viommu_alloc(nest.f.device, nest.parent, IOMMUFD_MOCK_VIOMMU,
				NULL, &viommu));
}

static void viommu_end(void)
{
	OK(iommufd_viommu_destroy(viommu));
}

static void viommu_let_go(void)
{
	iommufd_viommu_release(viommu);
}

static void known_end(void)
{
	OK(iommufd_vdevice_destroy(known));
	known = NULL;
}

static void vdevice_begin(void)
{
	vdevice = vdevice_new(nest.f.device, 10);
}

static void vdevice_end(void)
{
	OK(iommufd_vdevice_destroy(vdevice));
}

static void vdevice_let_go(void)
{
	iommufd_vdevice_release(vdevice);
}

static void queue_begin(void)
{
	OK(iommufd_hw_queue_alloc(nest.viommu, &queue_opts, &queue));
}

static void queue_end(void)
{
	OK(iommufd_hw_queue_destroy(queue));
}

static void queue_let_go(void)
{
	iommufd_hw_queue_release(queue);
}

static void registers_begin(void)
{
	OK(iommufd_viommu_mmap(nest.viommu, &region, &registers));
}

static void registers_end(void)
{
	OK(iommufd_viommu_munmap(registers, &region));
}

#define CALL(name, expression)                                                 \
	static int name(void)                                                  \
	{                                                                      \
		return (expression);                                           \
	}

CALL(hwpt_alloc, iommufd_hwpt_alloc(nest.f.device, iommufd_hwpt_id(nest.parent),
				    &nested_opts, &hwpt))
CALL(hwpt_vtd,
     iommufd_hwpt_alloc_vtd_s1(nest.f.device, nest.parent, &vtd, &hwpt))
CALL(hwpt_arm,
     iommufd_hwpt_alloc_arm_smmuv3(nest.f.device, viommu, &smmu, &hwpt))
CALL(hwpt_amd, iommufd_hwpt_alloc_amd_guest(nest.f.device, viommu, &amd, &hwpt))
CALL(hwpt_invalidate,
     (count = 1, iommufd_hwpt_invalidate(nested, IOMMUFD_MOCK_INVALIDATE,
					 &entry, sizeof(entry), &count)))
CALL(hwpt_invalidate_vtd,
     (count = 1, iommufd_hwpt_invalidate_vtd_s1(nested, &vtd_entry, &count)))
CALL(viommu_cmdqv,
     iommufd_viommu_alloc_tegra241_cmdqv(nest.f.device, nest.parent, &cmdqv,
					 &viommu))
CALL(viommu_adopt, iommufd_viommu_adopt(nest.f.ctx, 5, 0, &viommu))
CALL(viommu_id, !iommufd_viommu_id(viommu))
CALL(viommu_ctx, !iommufd_viommu_ctx(viommu))
CALL(viommu_invalidate_arm,
     (count = 1,
      iommufd_viommu_invalidate_arm_smmuv3(viommu, &arm_command, &count)))
CALL(vdevice_adopt, iommufd_vdevice_adopt(nest.f.ctx, 5, 0, &vdevice))
CALL(vdevice_id, iommufd_vdevice_id(NULL) != 0)
CALL(vdevice_ctx, iommufd_vdevice_ctx(NULL) != NULL)
CALL(queue_adopt, iommufd_hw_queue_adopt(nest.f.ctx, 5, 0, &queue))
CALL(queue_id, iommufd_hw_queue_id(NULL) != 0)
CALL(queue_ctx, iommufd_hw_queue_ctx(NULL) != NULL)

CALL(viommu_alloc, iommufd_viommu_alloc(nest.f.device, nest.parent,
					IOMMUFD_MOCK_VIOMMU, NULL, &viommu))
CALL(viommu_alloc_data,
     iommufd_viommu_alloc(nest.f.device, nest.parent, IOMMUFD_MOCK_VIOMMU,
			  &data_opts, &viommu))
CALL(viommu_destroy, iommufd_viommu_destroy(viommu))
CALL(viommu_release, (iommufd_viommu_release(viommu), 0))
CALL(viommu_invalidate,
     (count = 1, iommufd_viommu_invalidate(nest.viommu, IOMMUFD_MOCK_INVALIDATE,
					   &cached, sizeof(cached), &count)))
CALL(viommu_mmap, iommufd_viommu_mmap(nest.viommu, &region, &registers))
CALL(viommu_munmap, iommufd_viommu_munmap(registers, &region))
CALL(hwpt_alloc_viommu,
     iommufd_hwpt_alloc(nest.f.device, iommufd_viommu_id(nest.viommu),
			&nested_opts, &hwpt))
CALL(vdevice_alloc,
     iommufd_vdevice_alloc(nest.viommu, nest.f.device, 10, &vdevice))
CALL(vdevice_destroy, iommufd_vdevice_destroy(vdevice))
CALL(vdevice_release, (iommufd_vdevice_release(vdevice), 0))
CALL(queue_alloc, iommufd_hw_queue_alloc(nest.viommu, &queue_opts, &queue))
CALL(queue_destroy, iommufd_hw_queue_destroy(queue))
CALL(queue_release, (iommufd_hw_queue_release(queue), 0))

#define ONE  "1 ioctl"
#define NONE "none"

static const struct counter_call tables[] = {
	{ "iommufd_hwpt_alloc nested", ONE, 1, hwpt_alloc, 0, NULL, hwpt_end },
	{ "iommufd_hwpt_alloc_vtd_s1", ONE, 1, hwpt_vtd, 1, NULL, NULL },
	{ "iommufd_hwpt_alloc_arm_smmuv3", ONE, 1, hwpt_arm, 1, NULL, NULL },
	{ "iommufd_hwpt_alloc_amd_guest", ONE, 1, hwpt_amd, 1, NULL, NULL },
	{ "iommufd_hwpt_invalidate", ONE, 0, hwpt_invalidate, 0, NULL, NULL },
	{ "iommufd_hwpt_invalidate_vtd_s1", ONE, 0, hwpt_invalidate_vtd, 1,
	  NULL, NULL },
	{ "iommufd_viommu_invalidate_arm_smmuv3", ONE, 0, viommu_invalidate_arm,
	  1, NULL, NULL },
	{ "iommufd_viommu_alloc_tegra241_cmdqv", ONE, 1, viommu_cmdqv, 1, NULL,
	  NULL },
	{ "iommufd_viommu_id", NONE, 0, viommu_id, 0, NULL, NULL },
	{ "iommufd_viommu_ctx", NONE, 0, viommu_ctx, 0, NULL, viommu_let_go },
	{ "iommufd_viommu_adopt", NONE, 1, viommu_adopt, 0, NULL,
	  viommu_let_go },
	{ "iommufd_vdevice_adopt", NONE, 1, vdevice_adopt, 0, NULL,
	  vdevice_let_go },
	{ "iommufd_vdevice_id", NONE, 0, vdevice_id, 0, NULL, NULL },
	{ "iommufd_vdevice_ctx", NONE, 0, vdevice_ctx, 0, NULL, NULL },
	{ "iommufd_hw_queue_adopt", NONE, 1, queue_adopt, 0, NULL,
	  queue_let_go },
	{ "iommufd_hw_queue_id", NONE, 0, queue_id, 0, NULL, NULL },
	{ "iommufd_hw_queue_ctx", NONE, 0, queue_ctx, 0, NULL, NULL },
};

static const struct counter_call guests[] = {
	{ "iommufd_viommu_alloc", ONE, 1, viommu_alloc, 0, NULL, viommu_end },
	{ "iommufd_viommu_alloc data", ONE, 1, viommu_alloc_data, 0, NULL,
	  viommu_end },
	{ "iommufd_viommu_destroy", ONE, 0, viommu_destroy, 0, viommu_begin,
	  NULL },
	{ "iommufd_viommu_release", NONE, 0, viommu_release, 0, viommu_begin,
	  NULL },
	{ "iommufd_viommu_invalidate", ONE, 0, viommu_invalidate, 0, NULL,
	  NULL },
	{ "iommufd_viommu_mmap", "1 mmap, 1 madvise", 0, viommu_mmap, 0, NULL,
	  registers_end },
	{ "iommufd_viommu_munmap", "1 munmap", 0, viommu_munmap, 0,
	  registers_begin, NULL },
	{ "iommufd_hwpt_alloc on a vIOMMU", ONE, 1, hwpt_alloc_viommu, 0, NULL,
	  hwpt_end },
	{ "iommufd_hw_queue_alloc", ONE, 1, queue_alloc, 0, NULL, queue_end },
	{ "iommufd_hw_queue_destroy", ONE, 0, queue_destroy, 0, queue_begin,
	  NULL },
	{ "iommufd_vdevice_alloc", ONE, 1, vdevice_alloc, 0, known_end,
	  vdevice_end },
	{ "iommufd_vdevice_destroy", ONE, 0, vdevice_destroy, 0, vdevice_begin,
	  NULL },
	/* What these leave goes with the context. */
	{ "iommufd_hw_queue_release", NONE, 0, queue_release, 0, queue_begin,
	  NULL },
	{ "iommufd_vdevice_release", NONE, 0, vdevice_release, 0, vdevice_begin,
	  NULL },
};

START_TEST(of_page_tables)
{
	counter_run(TABLE, setup_tables, tables,
		    sizeof(tables) / sizeof(tables[0]));
}
END_TEST

START_TEST(of_guests)
{
	struct iommufd_ctx *ctx = harness_ctx();
	const int known_all = harness_has(ctx, IOMMUFD_NR_HW_QUEUE_ALLOC);

	iommufd_ctx_close(ctx);
	if (known_all) {
		counter_run(TABLE, setup_guests, guests,
			    sizeof(guests) / sizeof(guests[0]));
		return;
	}
	nesting_setup();
	ck_assert_int_eq(nesting_viommu(), 0);
}
END_TEST

static const TTest **const costs[] = { &of_page_tables, &of_guests, NULL };

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "costs", .tests = costs },
	};

	counter_begin(TABLE);
	return harness_run("syscalls_nested", cases, 1);
}
