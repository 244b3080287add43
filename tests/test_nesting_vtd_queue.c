/* SPDX-License-Identifier: MIT */
/*
 * The invalidation queue of a guest's VT-d, with the kernel replaced: which page
 * tables are told what.
 */
#include <stdio.h>
#include <string.h>

#include "diagnosis.h"
#include "fixture.h"
#include "fakeiommufd_ioctl.h"
#include "harness.h"
#include "vtd.h"

static struct vtd v;

/* What the kernel is told of one page table. */
struct told {
	uint32_t page_table;
	struct iommufd_vtd_s1_invalidation what;
};

static struct told told(uint32_t n)
{
	const struct uapi_hwpt_invalidate cmd =
		FAKE_ARG(uapi_hwpt_invalidate, IOMMUFD_NR_HWPT_INVALIDATE, n);
	struct told t = { .page_table = cmd.hwpt_id };

	ck_assert_uint_eq(cmd.data_type, 0);
	ck_assert_uint_eq(cmd.entry_len, 24);
	ck_assert_uint_eq(cmd.entry_num, 1);
	memcpy(&t.what, fake.entries + (size_t)(n - 1) * 24, 24);
	return t;
}

static void check_told(uint32_t n, uint32_t page_table, uint64_t addr,
		       uint64_t npages, uint32_t flags)
{
	const struct told t = told(n);

	ck_assert_uint_eq(t.page_table, page_table);
	ck_assert_uint_eq(t.what.addr, addr);
	ck_assert_uint_eq(t.what.npages, npages);
	ck_assert_uint_eq(t.what.flags, flags);
	ck_assert_uint_eq(t.what.reserved, 0);
}

/* Everything that is cached of it. */
static void check_all(uint32_t n, uint32_t page_table)
{
	check_told(n, page_table, 0, UINT64_MAX, 0);
}

static uint32_t asked(void)
{
	return fake_asked(IOMMUFD_NR_HWPT_INVALIDATE);
}

static void give(struct iommufd_vtd_descriptor entry, uint32_t expected)
{
	uint32_t count = 1;

	fake_forget();
	OK(iommufd_nesting_commands_vtd(v.nesting, &entry, &count));
	ck_assert_uint_eq(count, expected);
}

/* The device in domain 3, its PASIDs 1 and 2 in 3 and 4; 5 bypasses. */
static void begin(void)
{
	struct vtd_entry bypass = vtd_entry(3, 0);

	vtd_begin(&v, 0);
	vtd_set(&v, 0, 3, 0x1000);
	vtd_set(&v, 1, 3, 0x2000);
	vtd_set(&v, 2, 4, 0x3000);
	vtd_put(bypass.words, PASID_PGTT, PASS_THROUGH);
	OK(iommufd_nested_device_set_pasid_entry(v.nested, 5, bypass.words));
}

static uint32_t table_of(uint32_t pasid)
{
	return fake_attached(v.device, pasid);
}

START_TEST(all_of_a_pasid)
{
	begin();
	give(vtd_descriptor(INV_PASID_IOTLB, G_PASID, 3, 0), 1);
	ck_assert_uint_eq(asked(), 1);
	check_all(1, table_of(0));
	give(vtd_descriptor(INV_PASID_IOTLB, G_PASID, 3, 1), 1);
	ck_assert_uint_eq(asked(), 1);
	check_all(1, table_of(1));
	give(vtd_descriptor(INV_PASID_IOTLB, G_PASID, 4, 2), 1);
	check_all(1, table_of(2));
	/* Another domain, another PASID, or one without a table. */
	give(vtd_descriptor(INV_PASID_IOTLB, G_PASID, 4, 1), 1);
	ck_assert_uint_eq(asked(), 0);
	give(vtd_descriptor(INV_PASID_IOTLB, G_PASID, 3, 7), 1);
	ck_assert_uint_eq(asked(), 0);
	give(vtd_descriptor(INV_PASID_IOTLB, G_PASID, 3, 5), 1);
	ck_assert_uint_eq(asked(), 0);
	vtd_end(&v);
}
END_TEST

START_TEST(pages_of_a_pasid)
{
	struct iommufd_vtd_descriptor entry =
		vtd_descriptor(INV_PASID_IOTLB, G_PASID_PAGES, 3, 1);

	begin();
	vtd_put(entry.qw, INV_ADDR, 0x12345);
	give(entry, 1);
	ck_assert_uint_eq(asked(), 1);
	check_told(1, table_of(1), 0x12345000, 1, 0);
	vtd_put(entry.qw, INV_IH, 1);
	give(entry, 1);
	check_told(1, table_of(1), 0x12345000, 1, IOMMUFD_VTD_INVALIDATE_LEAF);
	/* 2^AM pages around the address, whose low bits say nothing then. */
	vtd_put(entry.qw, INV_AM, 9);
	give(entry, 1);
	check_told(1, table_of(1), 0x12200000, 512,
		   IOMMUFD_VTD_INVALIDATE_LEAF);
	vtd_put(entry.qw, INV_ADDR, UINT64_C(0xfffffffffffff));
	vtd_put(entry.qw, INV_AM, 0);
	vtd_put(entry.qw, INV_IH, 0);
	give(entry, 1);
	check_told(1, table_of(1), UINT64_C(0xfffffffffffff000), 1, 0);
	for (unsigned int am = 1; am < 52; am++) {
		vtd_put(entry.qw, INV_AM, am);
		give(entry, 1);
		check_told(1, table_of(1), UINT64_MAX << (12 + am),
			   UINT64_C(1) << am, 0);
		if (am == 51)
			ck_assert_uint_eq(told(1).what.addr, UINT64_C(1) << 63);
	}
	/* All that there is. */
	for (unsigned int am = 52; am < 64; am++) {
		vtd_put(entry.qw, INV_AM, am);
		give(entry, 1);
		check_all(1, table_of(1));
	}
	vtd_end(&v);
}
END_TEST

/* The larger orders: every table of the domain, or every one. */
START_TEST(whole_domains)
{
	begin();
	give(vtd_descriptor(INV_IOTLB, G_DOMAIN, 3, 0), 1);
	ck_assert_uint_eq(asked(), 2);
	check_all(1, table_of(0));
	check_all(2, table_of(1));
	give(vtd_descriptor(INV_IOTLB, G_PAGES, 4, 0), 1);
	ck_assert_uint_eq(asked(), 1);
	check_all(1, table_of(2));
	give(vtd_descriptor(INV_IOTLB, G_DOMAIN, 9, 0), 1);
	ck_assert_uint_eq(asked(), 0);
	give(vtd_descriptor(INV_IOTLB, G_GLOBAL, 9, 0), 1);
	ck_assert_uint_eq(asked(), 3);
	vtd_end(&v);
}
END_TEST

START_TEST(several_devices)
{
	struct iommufd_nested_device *other = NULL;
	const struct vtd_entry e = vtd_entry(3, 0x4000);
	struct iommufd_device *device;

	begin();
	device = fake_device(v.ctx, FAKE_DEVICE + 20);
	OK(iommufd_nested_device_new(v.nesting, device, NULL, &other));
	OK(iommufd_nested_device_set_pasid_entry(other, 0, e.words));
	give(vtd_descriptor(INV_PASID_IOTLB, G_PASID, 3, 0), 1);
	ck_assert_uint_eq(asked(), 2);
	check_all(1, fake_attached(device, 0));
	check_all(2, table_of(0));
	OK(iommufd_nested_device_destroy(v.nested));
	v.nested = other;
	give(vtd_descriptor(INV_IOTLB, G_GLOBAL, 0, 0), 1);
	ck_assert_uint_eq(asked(), 1);
	check_all(1, fake_attached(device, 0));
	OK(iommufd_nested_device_destroy(other));
	iommufd_device_close(device);
	v.nested = NULL;
	vtd_end(&v);
}
END_TEST

/* A table whose domain nobody has told could be of any. */
START_TEST(unknown_domain)
{
	const uint64_t data[3] = { 0, 0x5000, 48 };
	const struct iommufd_nested_table table = { 1, 24, data };

	vtd_begin(&v, 0);
	vtd_set(&v, 0, 3, 0x1000);
	OK(iommufd_nested_device_translate(v.nested, &table));
	give(vtd_descriptor(INV_IOTLB, G_DOMAIN, 9, 0), 1);
	ck_assert_uint_eq(asked(), 1);
	check_all(1, table_of(0));
	give(vtd_descriptor(INV_PASID_IOTLB, G_PASID, 8, 0), 1);
	ck_assert_uint_eq(asked(), 1);
	vtd_end(&v);
}
END_TEST

START_TEST(every_type)
{
	begin();
	for (unsigned int type = 0; type < 16; type++) {
		for (unsigned int high = 0; high < 8; high++) {
			struct iommufd_vtd_descriptor entry =
				vtd_descriptor(type, G_PASID, 3, 0);
			const int known = !high && (type == INV_IOTLB ||
						    type == INV_PASID_IOTLB);
			const int passed_over =
				!high && (type == INV_DEVICE_TLB ||
					  type == INV_PASID_DEVICE_TLB);

			vtd_put(entry.qw, INV_TYPE_HIGH, high);
			give(entry, known || passed_over);
			ck_assert_int_eq(asked() != 0, known);
		}
	}
	vtd_end(&v);
}
END_TEST

START_TEST(up_to_the_callers_own)
{
	const struct iommufd_vtd_descriptor list[] = {
		vtd_descriptor(INV_PASID_IOTLB, G_PASID, 3, 1),
		vtd_descriptor(INV_PASID_DEVICE_TLB, 0, 3, 1),
		vtd_descriptor(INV_DEVICE_TLB, 0, 0, 0),
		vtd_descriptor(INV_PASID_IOTLB, G_PASID, 4, 2),
		vtd_descriptor(INV_WAIT, 0, 0, 0),
		vtd_descriptor(INV_IOTLB, G_GLOBAL, 0, 0),
	};
	uint32_t count = 6;

	begin();
	fake_forget();
	OK(iommufd_nesting_commands_vtd(v.nesting, list, &count));
	ck_assert_uint_eq(count, 4);
	ck_assert_uint_eq(asked(), 2);
	check_all(1, table_of(1));
	check_all(2, table_of(2));
	count = 0;
	OK(iommufd_nesting_commands_vtd(v.nesting, NULL, &count));
	ck_assert_uint_eq(count, 0);
	vtd_end(&v);
}
END_TEST

/* What is done are those before the one of which any part was refused. */
START_TEST(exact_count)
{
	const struct iommufd_vtd_descriptor list[] = {
		vtd_descriptor(INV_PASID_IOTLB, G_PASID, 3, 1),
		vtd_descriptor(INV_DEVICE_TLB, 0, 0, 0),
		vtd_descriptor(INV_IOTLB, G_DOMAIN, 3, 0),
		vtd_descriptor(INV_PASID_IOTLB, G_PASID, 4, 2),
	};

	begin();
	for (uint32_t n = 1; n <= 4; n++) {
		uint32_t count = 4;

		fake_forget();
		fake_fail(IOMMUFD_NR_HWPT_INVALIDATE, n, EINVAL);
		FAILS(iommufd_nesting_commands_vtd(v.nesting, list, &count),
		      INVALIDATION_REFUSED, EINVAL);
		ck_assert_uint_eq(count, n == 1 ? 0 : n == 4 ? 3 : 2);
		ck_assert_uint_eq(asked(), n);
	}
	vtd_end(&v);
}
END_TEST

START_TEST(granularities_that_there_are_not)
{
	const unsigned int types[] = { INV_IOTLB, INV_PASID_IOTLB,
				       INV_PASID_IOTLB };
	struct iommufd_vtd_descriptor list[2];
	char words[128];
	int ret;

	begin();
	fake_forget();
	for (unsigned int i = 0; i < 3; i++) {
		uint32_t count = 2;

		list[0] = vtd_descriptor(INV_DEVICE_TLB, 0, 0, 0);
		list[1] = vtd_descriptor(types[i], i / 2, 3, 0);
		ret = iommufd_nesting_commands_vtd(v.nesting, list, &count);
		FAILS(ret, INVALIDATION_ENTRY, EIO);
		ck_assert_uint_eq(harness_failure(ret).op, IOMMUFD_OP_NESTING);
		ck_assert_uint_eq(count, 1);
		diagnose_in(NULL, ret, 0);
		check_cause(IOMMUFD_CAUSE_INVALIDATION_ENTRY);
		snprintf(words, sizeof(words),
			 "descriptor of index 1: all before it are done, and "
			 "of its type 0x%x there is no granularity %u.",
			 types[i], i / 2);
		check_says(words);
	}
	ck_assert_uint_eq(asked(), 0);
	vtd_end(&v);
}
END_TEST

START_TEST(calls_for_other_hardware)
{
	const struct iommufd_arm_smmuv3_command command = { { 0x12 } };
	const uint64_t ste[2] = { 1, 0 };
	uint32_t count = 1;

	begin();
	FAILS(iommufd_nested_device_set_ste(v.nested, ste), FEATURE,
	      EOPNOTSUPP);
	FAILS(iommufd_nesting_commands_arm_smmuv3(v.nesting, &command, &count),
	      FEATURE, EOPNOTSUPP);
	ck_assert_uint_eq(count, 0);
	vtd_end(&v);
}
END_TEST

static const TTest **const tests[] = {
	&all_of_a_pasid,
	&pages_of_a_pasid,
	&whole_domains,
	&several_devices,
	&unknown_domain,
	&every_type,
	&up_to_the_callers_own,
	&exact_count,
	&granularities_that_there_are_not,
	&calls_for_other_hardware,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "queue", .tests = tests },
	};

	return harness_run("nesting_vtd_queue", cases, 1);
}
