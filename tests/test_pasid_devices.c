/* SPDX-License-Identifier: MIT */
/*
 * PASIDs of VFIO devices that have none, as those of the test bed: what the
 * kernel accepts nevertheless, and how the library can know better. Page tables
 * for PASIDs are a matter of the IOMMU: VT-d and the SMMUv3 have them, others here
 * do not.
 */
#include <stdlib.h>
#include <string.h>

#include "devices.h"
#include "edu.h"
#include "fixture.h"
#include "harness.h"
#include "replacing.h"

#define IOVA  UINT64_C(0x100000)
#define PASID 9

static struct edu edu;
static const struct iommufd_device_pasid_opts pasid = { .size = sizeof(pasid),
							.pasid = PASID };

static void setup(void)
{
	fixture_ioas(&f);
	edu_open(&edu, harness_env("IOMMUFD_VM_EDU"), f.ctx);
}

/* `old` is the device's page table, `new` is for the PASID. */
static void setup_tables(void)
{
	setup();
	old = new_table(edu.device, iommufd_ioas_id(f.ioas),
			IOMMUFD_HWPT_PASID);
	new = new_table(edu.device, iommufd_ioas_id(f.ioas),
			IOMMUFD_HWPT_PASID);
}

static void end(void)
{
	edu_close(&edu);
	fixture_end(&f);
}

static int attach_to(uint32_t id)
{
	return iommufd_device_attach_pasid(edu.device, &pasid, id, NULL);
}

static struct iommufd_device_pasid_opts told(void)
{
	struct iommufd_hw_info info = { .size = sizeof(info) };
	struct iommufd_device_pasid_opts opts = pasid;

	OK(iommufd_device_get_hw_info(edu.device, IOMMUFD_HW_INFO_DEFAULT, NULL,
				      0, &info));
	opts.flags = IOMMUFD_PASID_WIDTH_VALID;
	opts.max_pasid_log2 = info.max_pasid_log2;
	return opts;
}

/* Not only for tests, and so it asserts nothing. */
static int tables_for_pasids(void)
{
	const char *scenario = getenv("IOMMUFD_VM_SCENARIO");

	return !device_old_kernel() && scenario &&
	       (!strncmp(scenario, "vtd", 3) ||
		!strncmp(scenario, "smmuv3", 6));
}

/* ---- every IOMMU and kernel ---------------------------------------------- */

START_TEST(without_a_page_table_for_pasids)
{
	const struct iommufd_device_pasid_opts opts = told();
	const uint32_t ioas = iommufd_ioas_id(f.ioas);
	uint32_t plain = new_table(edu.device, ioas, 0), in_force = 7;

	ck_assert_uint_eq(opts.max_pasid_log2, 0);
	FAILS(iommufd_device_attach_pasid(edu.device, &opts, plain, &in_force),
	      NO_PASID, EINVAL);
	/* Before 6.15 that is the flag of the request, later the page table. */
	FAILS(iommufd_device_attach_pasid(edu.device, &pasid, plain, &in_force),
	      PASID_REFUSED, EINVAL);
	FAILS(attach_to(ioas), PASID_REFUSED, EINVAL);
	ck_assert_uint_eq(in_force, 7);
	if (device_old_kernel()) {
		FAILS(iommufd_device_detach_pasid(edu.device, PASID), FEATURE,
		      EINVAL);
	} else {
		FAILS(attach_to(UNUSED_ID), PAGE_TABLE, ENOENT);
		OK(iommufd_device_detach_pasid(edu.device, PASID));
	}
	OK(iommufd_ctx_destroy_id(f.ctx, plain));
	end();
}
END_TEST

/* That VFIO's driver has PASIDs says nothing of device and IOMMU. */
START_TEST(page_tables_for_pasids)
{
	struct iommufd_hwpt *hwpt = NULL;
	int ret = iommufd_hwpt_alloc(edu.device, iommufd_ioas_id(f.ioas),
				     HWPT_FLAGS(IOMMUFD_HWPT_PASID), &hwpt);

	if (tables_for_pasids()) {
		OK(ret);
		OK(iommufd_hwpt_destroy(hwpt));
	} else {
		FAILS(ret, FEATURE, EOPNOTSUPP);
	}
	if (!device_old_kernel())
		OK(iommufd_vfio_probe_pasid(edu.file));
	end();
}
END_TEST

/* ---- page tables for PASIDs, devices without ----------------------------- */

/* Accepted, and kept in the books; the DMA of the device is that of before. */
START_TEST(accepted_to_no_effect)
{
	const struct iommufd_device_pasid_opts opts = told();
	struct iommufd_ioas *other = new_ioas(f.ctx);
	uint32_t its = new_table(edu.device, iommufd_ioas_id(other),
				 IOMMUFD_HWPT_PASID);
	void *memory = harness_memory(2 * PAGE);
	uint32_t in_force = 0;

	map_at(f.ioas, memory, 2 * PAGE, IOVA);
	FAILS(iommufd_device_attach_pasid(edu.device, &opts, its, NULL),
	      NO_PASID, EINVAL);
	OK(iommufd_ctx_destroy_id(f.ctx, its));
	its = new_table(edu.device, iommufd_ioas_id(other), IOMMUFD_HWPT_PASID);
	OK(iommufd_device_attach(edu.device, old, NULL));
	OK(iommufd_device_attach_pasid(edu.device, &pasid, its, &in_force));
	ck_assert_uint_eq(in_force, its);
	ck_assert(edu_works(&edu, IOVA, memory));
	FAILS(iommufd_ctx_destroy_id(f.ctx, its), IN_USE, EBUSY);
	OK(iommufd_device_detach_pasid(edu.device, PASID));
	OK(iommufd_ctx_destroy_id(f.ctx, its));
	ck_assert(edu_works(&edu, IOVA, memory));
	OK(iommufd_ioas_destroy(other));
	OK(iommufd_device_detach(edu.device));
	OK(iommufd_ctx_destroy_id(f.ctx, old));
	OK(iommufd_ctx_destroy_id(f.ctx, new));
	unmap_at(f.ioas, 2 * PAGE, IOVA);
	end();
}
END_TEST

START_TEST(replaced_and_detached)
{
	uint32_t id = 0;

	OK(attach_to(new));
	/* A second time is a replacement, here by the same. */
	OK(iommufd_device_attach_pasid(edu.device, &pasid, new, &id));
	ck_assert_uint_eq(id, new);
	OK(iommufd_device_attach_pasid(edu.device, &pasid, old, &id));
	ck_assert_uint_eq(id, old);
	check_attached(old, new);
	FAILS(attach_to(new), PAGE_TABLE, ENOENT);
	OK(iommufd_device_detach_pasid(edu.device, PASID));
	OK(iommufd_device_detach_pasid(edu.device, PASID));
	OK(iommufd_device_detach_pasid(edu.device, PASID + 1));
	OK(iommufd_ctx_destroy_id(f.ctx, old));
	end();
}
END_TEST

/* The device's page table must go with its PASIDs, whoever is first. */
START_TEST(beside_the_device)
{
	uint32_t ioas = iommufd_ioas_id(f.ioas);
	uint32_t plain = new_table(edu.device, ioas, 0);

	OK(iommufd_device_attach(edu.device, ioas, NULL));
	FAILS(attach_to(new), PASID_REFUSED, EINVAL);
	OK(iommufd_device_detach(edu.device));
	OK(attach_to(new));
	FAILS(iommufd_device_attach(edu.device, ioas, NULL), ATTACH_REFUSED,
	      EINVAL);
	FAILS(iommufd_device_attach(edu.device, plain, NULL), ATTACH_REFUSED,
	      EINVAL);
	OK(iommufd_device_attach(edu.device, old, NULL));
	/* Detaching the device leaves its PASIDs. */
	OK(iommufd_device_detach(edu.device));
	check_attached(new, old);
	OK(iommufd_device_detach_pasid(edu.device, PASID));
	OK(iommufd_device_attach(edu.device, plain, NULL));
	OK(iommufd_device_detach(edu.device));
	OK(iommufd_ctx_destroy_id(f.ctx, new));
	OK(iommufd_ctx_destroy_id(f.ctx, plain));
	end();
}
END_TEST

START_TEST(closing_detaches)
{
	OK(iommufd_device_attach(edu.device, old, NULL));
	OK(attach_to(new));
	FAILS(iommufd_ctx_destroy_id(f.ctx, new), IN_USE, EBUSY);
	edu_close(&edu);
	OK(iommufd_ctx_destroy_id(f.ctx, new));
	OK(iommufd_ctx_destroy_id(f.ctx, old));
	fixture_end(&f);
}
END_TEST

/* Windows of the device are a matter of its own attachment alone. */
START_TEST(reserved_windows_are_not_looked_at)
{
	const uint64_t msi = device_msi_window().start;

	map_at(f.ioas, harness_memory(PAGE), PAGE, msi);
	FAILS(iommufd_device_attach(edu.device, old, NULL), ATTACH_CONFLICT,
	      EADDRINUSE);
	OK(attach_to(new));
	unmap_at(f.ioas, PAGE, msi);
	OK(iommufd_device_attach(edu.device, old, NULL));
	OK(iommufd_device_detach_pasid(edu.device, PASID));
	OK(iommufd_device_detach(edu.device));
	OK(iommufd_ctx_destroy_id(f.ctx, old));
	OK(iommufd_ctx_destroy_id(f.ctx, new));
	end();
}
END_TEST

/* ---- groups -------------------------------------------------------------- */

static struct iommufd_replacement of_pasid(struct iommufd_device *device,
					   uint32_t number, uint32_t to)
{
	struct iommufd_replacement r = replacement(device, old, to);

	r.pasid = number;
	return r;
}

/* A group moves as one for each PASID alone: that of other numbers stays. */
START_TEST(groups_replace_by_pasid)
{
	struct iommufd_device *a = device_new("IOMMUFD_VM_EDU_A", f.ctx);
	struct iommufd_device *b = device_new("IOMMUFD_VM_EDU_B", f.ctx);
	struct iommufd_replacement r[] = {
		replacement(a, old, old),
		of_pasid(a, PASID, new),
		of_pasid(b, PASID, old),
		of_pasid(b, PASID + 1, old),
	};

	OK(iommufd_device_attach(a, old, NULL));
	OK(iommufd_device_attach(b, old, NULL));
	OK(iommufd_device_attach_pasid(a, &pasid, old, NULL));
	FAILS(iommufd_device_attach_pasid(b, &pasid, new, NULL), PASID_REFUSED,
	      EINVAL);
	OK(iommufd_device_attach_pasid(b, &pasid, old, NULL));
	FAILS(iommufd_replace_many(r, 4), GROUP_ATTACHED_ELSEWHERE, EINVAL);
	r[2].page_table = new;
	OK(iommufd_replace_many(r, 4));
	check_result(&r[1], 0, IOMMUFD_REPLACE_DONE, new);
	check_result(&r[2], 0, IOMMUFD_REPLACE_DONE, new);
	check_result(&r[3], 0, IOMMUFD_REPLACE_DONE, old);
	iommufd_device_close(b);
	FAILS(iommufd_ctx_destroy_id(f.ctx, new), IN_USE, EBUSY);
	iommufd_device_close(a);
	OK(iommufd_ctx_destroy_id(f.ctx, new));
	OK(iommufd_ctx_destroy_id(f.ctx, old));
	end();
}
END_TEST

static const TTest **const everywhere[] = {
	&without_a_page_table_for_pasids,
	&page_tables_for_pasids,
	NULL,
};

static const TTest **const with_tables[] = {
	&accepted_to_no_effect,
	&replaced_and_detached,
	&beside_the_device,
	&closing_detaches,
	&reserved_windows_are_not_looked_at,
	&groups_replace_by_pasid,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "everywhere", .setup = setup, .tests = everywhere },
		{ .name = "tables",
		  .setup = setup_tables,
		  .tests = with_tables },
	};

	return harness_run("pasid_devices", cases, tables_for_pasids() ? 2 : 1);
}
