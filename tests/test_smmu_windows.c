/* SPDX-License-Identifier: MIT */
/*
 * The window of interrupts that a device behind an SMMUv3 keeps in its address
 * space: after a refused replacement the kernel has forgotten it, while DMA goes
 * on.
 */
#include <endian.h>

#include "devices.h"
#include "edu.h"
#include "fixture.h"
#include "harness.h"
#include "replacing.h"

#define IOVA	   UINT64_C(0x100000)
#define MSI_WINDOW UINT64_C(0x8000000)

static struct edu edu;
static struct iommufd_hwpt *table, *bad;
static struct iommufd_hwpt *parent;
static struct iommufd_viommu *viommu;
static void *memory;

/*
 * A page table that the device cannot have, made on the same address space: a
 * guest's that translates, for which the device has no vDevice.
 */
static struct iommufd_hwpt *unattachable(void)
{
	struct iommufd_hwpt_alloc_arm_smmuv3_opts opts = { .size = sizeof(
								   opts) };
	struct iommufd_hwpt *hwpt = NULL;

	OK(iommufd_hwpt_alloc(edu.device, iommufd_ioas_id(f.ioas),
			      HWPT_FLAGS(IOMMUFD_HWPT_NEST_PARENT), &parent));
	OK(iommufd_viommu_alloc(edu.device, parent, IOMMUFD_VIOMMU_ARM_SMMUV3,
				NULL, &viommu));
	opts.ste[0] = htole64(0x1 | 5 << 1); /* V, Cfg */
	OK(iommufd_hwpt_alloc_arm_smmuv3(edu.device, viommu, &opts, &hwpt));
	return hwpt;
}

static void setup(void)
{
	fixture_ioas(&f);
	edu_open(&edu, harness_env("IOMMUFD_VM_EDU"), f.ctx);
	memory = harness_memory(2 * PAGE);
	map_at(f.ioas, memory, 2 * PAGE, IOVA);
	table = new_hwpt(edu.device, f.ioas);
	bad = unattachable();
	old = iommufd_hwpt_id(table);
	new = iommufd_hwpt_id(bad);
	OK(iommufd_device_attach(edu.device, old, NULL));
}

static void end(void)
{
	edu_close(&edu);
	OK(iommufd_hwpt_destroy(bad));
	OK(iommufd_viommu_destroy(viommu));
	OK(iommufd_hwpt_destroy(parent));
	OK(iommufd_hwpt_destroy(table));
	fixture_end(&f);
}

static int is_reserved(void)
{
	struct iommufd_iova_range ranges[16] = { 0 };
	uint32_t count = 16;

	OK(iommufd_ioas_iova_ranges(f.ioas, ranges, &count, NULL));
	for (uint32_t i = 0; i < count; i++)
		if (ranges[i].start <= MSI_WINDOW &&
		    ranges[i].last >= MSI_WINDOW)
			return 0;
	return 1;
}

static int works(void)
{
	return edu_works(&edu, IOVA, memory);
}

START_TEST(kernel_forgets)
{
	ck_assert(is_reserved());
	ck_assert(works());
	FAILS(iommufd_device_attach(edu.device, new, NULL), PAGE_TABLE, ENOENT);
	ck_assert(!is_reserved());
	ck_assert(works());
	/* The same one again does nothing. */
	OK(iommufd_device_attach(edu.device, old, NULL));
	ck_assert(!is_reserved());
	OK(iommufd_device_detach(edu.device));
	OK(iommufd_device_attach(edu.device, old, NULL));
	ck_assert(is_reserved());
	end();
}
END_TEST

START_TEST(replace_says_so)
{
	struct iommufd_replacement r = replacement(edu.device, old, new);

	FAILS(iommufd_replace(&r), PAGE_TABLE, ENOENT);
	check_result(&r, r.ret, IOMMUFD_REPLACE_RESTORED, old);
	ck_assert_uint_eq(r.windows_lost, 1);
	ck_assert(!is_reserved());
	ck_assert(works());
	end();
}
END_TEST

START_TEST(replace_restores_them)
{
	struct iommufd_replacement r;
	uint32_t next = next_id(f.ctx);

	for (int i = 0; i < 3; i++) {
		r = replacement(edu.device, old, new);
		r.flags = IOMMUFD_REPLACE_WINDOWS;
		FAILS(iommufd_replace(&r), PAGE_TABLE, ENOENT);
		check_result(&r, r.ret, IOMMUFD_REPLACE_RESTORED, old);
		ck_assert_uint_eq(r.windows_lost, 0);
		ck_assert_int_eq(r.restore_ret, 0);
		ck_assert(is_reserved());
		ck_assert(works());
		ck_assert_uint_eq(next_id(f.ctx), next);
	}
	end();
}
END_TEST

/* What is lost can be mapped, and then the window does not come back. */
START_TEST(mapped_meanwhile)
{
	struct iommufd_replacement r = replacement(edu.device, old, new);

	FAILS(iommufd_replace(&r), PAGE_TABLE, ENOENT);
	map_at(f.ioas, memory, PAGE, MSI_WINDOW + MIB - PAGE);
	ck_assert(works());
	r = replacement(edu.device, old, new);
	r.flags = IOMMUFD_REPLACE_WINDOWS;
	FAILS(iommufd_replace(&r), PAGE_TABLE, ENOENT);
	ck_assert_uint_eq(r.state, IOMMUFD_REPLACE_BROKEN);
	ck_assert_uint_eq(r.windows_lost, 1);
	ck_assert_int_eq(
		iommufd_is(r.restore_ret, IOMMUFD_CAUSE_ATTACH_CONFLICT), 1);
	unmap_at(f.ioas, PAGE, MSI_WINDOW + MIB - PAGE);
	OK(iommufd_device_attach(edu.device, old, NULL));
	OK(iommufd_ctx_destroy_id(f.ctx, r.scratch_page_table));
	OK(iommufd_ctx_destroy_id(f.ctx, r.scratch_ioas));
	ck_assert(is_reserved());
	ck_assert(works());
	end();
}
END_TEST

static const TTest **const tests[] = {
	&kernel_forgets,
	&replace_says_so,
	&replace_restores_them,
	&mapped_meanwhile,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "windows", .setup = setup, .tests = tests },
	};

	return harness_run("smmu_windows", cases, 1);
}
