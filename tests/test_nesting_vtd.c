/* SPDX-License-Identifier: MIT */
/*
 * Nested translation on Intel VT-d, with the kernel replaced: what is asked of
 * it for each entry of a PASID table. Needs no device.
 */
#include <endian.h>
#include <stdio.h>
#include <string.h>

#include "diagnosis.h"
#include "fixture.h"
#include "fakeiommufd_ioctl.h"
#include "harness.h"
#include "vtd.h"

#define TABLE UINT64_C(0x123456789000)

static struct vtd v;

/* What the kernel takes for a first-stage table. */
struct sent {
	uint64_t flags;
	uint64_t pgtbl_addr;
	uint32_t addr_width;
	uint32_t reserved;
};

static int set(uint32_t pasid, const struct vtd_entry *e)
{
	return iommufd_nested_device_set_pasid_entry(v.nested, pasid, e->words);
}

static uint32_t parent_id(void)
{
	return iommufd_hwpt_id(iommufd_nesting_parent(v.nesting));
}

START_TEST(what_it_is_made_of)
{
	struct uapi_hwpt_alloc parent;

	vtd_begin(&v, IOMMUFD_NESTING_FAULTS);
	ck_assert_uint_eq(fake_asked(IOMMUFD_NR_HWPT_ALLOC), 1);
	parent = FAKE_ARG(uapi_hwpt_alloc, IOMMUFD_NR_HWPT_ALLOC, 1);
	ck_assert_uint_eq(parent.flags,
			  IOMMUFD_HWPT_NEST_PARENT | IOMMUFD_HWPT_PASID);
	ck_assert_uint_eq(parent.pt_id, iommufd_ioas_id(v.ioas));
	ck_assert_ptr_null(iommufd_nesting_viommu(v.nesting));
	ck_assert_uint_eq(fake_asked(IOMMUFD_NR_VIOMMU_ALLOC), 0);
	ck_assert_uint_eq(fake_asked(IOMMUFD_NR_VDEVICE_ALLOC), 0);
	vtd_end(&v);
}
END_TEST

/* Events are those of a vIOMMU, which a VT-d has not. */
START_TEST(no_events)
{
	const struct iommufd_nesting_opts opts = {
		.size = sizeof(opts), .flags = IOMMUFD_NESTING_EVENTS
	};

	vtd_prepare(&v);
	FAILS(iommufd_nesting_new(v.device, v.ioas, &opts, &v.nesting), FEATURE,
	      EOPNOTSUPP);
	ck_assert_uint_eq(fake_asked(IOMMUFD_NR_HWPT_ALLOC), 0);
	fake_end(v.ctx, v.ioas, v.device);
}
END_TEST

static void check_sent(uint32_t n, const struct sent *sent, uint32_t flags)
{
	const struct fake_call *call = fake_call(IOMMUFD_NR_HWPT_ALLOC, n);
	const struct uapi_hwpt_alloc cmd =
		FAKE_ARG(uapi_hwpt_alloc, IOMMUFD_NR_HWPT_ALLOC, n);

	ck_assert_uint_eq(cmd.dev_id, FAKE_DEVICE);
	ck_assert_uint_eq(cmd.pt_id, parent_id());
	ck_assert_uint_eq(cmd.flags, flags);
	ck_assert_uint_eq(cmd.data_type, 1);
	ck_assert_uint_eq(cmd.data_len, 24);
	ck_assert_mem_eq(call->data, sent, 24);
}

START_TEST(states)
{
	struct vtd_entry e = vtd_entry(3, TABLE);
	const struct sent sent = { 0, TABLE, 48, 0 };
	const uint32_t flags = IOMMUFD_HWPT_PASID | IOMMUFD_HWPT_FAULT_ID_VALID;

	vtd_begin(&v, IOMMUFD_NESTING_FAULTS);
	ck_assert_uint_eq(fake_attached(v.device, 0), 0);
	OK(set(0, &e));
	ck_assert_uint_eq(iommufd_nested_device_state(v.nested),
			  IOMMUFD_NESTED_TRANSLATE);
	check_sent(2, &sent, flags);
	ck_assert_uint_eq(
		FAKE_ARG(uapi_hwpt_alloc, IOMMUFD_NR_HWPT_ALLOC, 2).fault_id,
		iommufd_fault_queue_id(iommufd_nesting_fault_queue(v.nesting)));
	ck_assert_uint_eq(fake_attached(v.device, 0),
			  iommufd_nested_device_page_table(v.nested));
	vtd_put(e.words, PASID_PGTT, PASS_THROUGH);
	OK(set(0, &e));
	ck_assert_uint_eq(iommufd_nested_device_state(v.nested),
			  IOMMUFD_NESTED_BYPASS);
	ck_assert_uint_eq(fake_attached(v.device, 0), parent_id());
	ck_assert_uint_eq(fake_alive(), 3);
	vtd_put(e.words, PASID_P, 0);
	OK(set(0, &e));
	ck_assert_uint_eq(iommufd_nested_device_state(v.nested),
			  IOMMUFD_NESTED_ABORT);
	ck_assert_uint_eq(fake_attached(v.device, 0), 0);
	ck_assert_uint_eq(iommufd_nested_device_page_table(v.nested), 0);
	/* From being detached it is an attach. */
	OK(iommufd_nested_device_bypass(v.nested));
	ck_assert_uint_eq(fake_attached(v.device, 0), parent_id());
	vtd_end(&v);
}
END_TEST

/*
 * A device that nobody here has attached may be attached all the same, by who
 * had it before or has it too: abort means that it is not.
 */
START_TEST(abort_of_a_device_attached_by_others)
{
	const struct vtd_entry e = { { 0 } };

	vtd_begin(&v, 0);
	for (int i = 0; i < 2; i++) {
		OK(iommufd_device_attach(v.device, iommufd_ioas_id(v.ioas),
					 NULL));
		OK(set(0, &e));
		ck_assert_uint_eq(iommufd_nested_device_state(v.nested),
				  IOMMUFD_NESTED_ABORT);
		ck_assert_uint_eq(fake_attached(v.device, 0), 0);
	}
	/* So does the end. */
	OK(iommufd_device_attach(v.device, iommufd_ioas_id(v.ioas), NULL));
	OK(iommufd_nested_device_destroy(v.nested));
	ck_assert_uint_eq(fake_attached(v.device, 0), 0);
	v.nested = NULL;
	vtd_end(&v);
}
END_TEST

/* Nor is it enough that it is detached by our books: the kernel is asked. */
START_TEST(abort_is_refused)
{
	vtd_begin(&v, 0);
	fake_fail(UAPI_VFIO_DETACH, 1, EINVAL);
	ck_assert_int_lt(iommufd_nested_device_abort(v.nested), 0);
	ck_assert_uint_eq(iommufd_nested_device_state(v.nested),
			  IOMMUFD_NESTED_UNSET);
	OK(iommufd_nested_device_abort(v.nested));
	vtd_end(&v);
}
END_TEST

/* Bits that the kernel is not told of, all set: nothing depends on them. */
static struct vtd_entry noisy(void)
{
	struct vtd_entry e;

	memset(&e, 0xff, sizeof(e));
	vtd_put(e.words, PASID_P, 1);
	vtd_put(e.words, PASID_PGTT, FIRST_STAGE);
	vtd_put(e.words, PASID_SRE, 0);
	vtd_put(e.words, PASID_FSPM, 0);
	vtd_put(e.words, PASID_WPE, 0);
	vtd_put(e.words, PASID_EAFE, 0);
	vtd_put(e.words, PASID_FSPTPTR, TABLE / PAGE);
	return e;
}

static void check_entry(const struct vtd_entry *e, const struct sent *sent)
{
	fake_forget();
	OK(set(0, e));
	check_sent(1, sent, IOMMUFD_HWPT_PASID);
}

START_TEST(every_field_of_a_first_stage)
{
	struct vtd_entry e;

	vtd_begin(&v, 0);
	for (unsigned int bits = 0; bits < 8; bits++) {
		struct sent sent = { bits, TABLE, 48, 0 };

		e = noisy();
		vtd_put(e.words, PASID_SRE, bits & 1);
		vtd_put(e.words, PASID_EAFE, bits >> 1 & 1);
		vtd_put(e.words, PASID_WPE, bits >> 2);
		check_entry(&e, &sent);
		vtd_put(e.words, PASID_FSPM, 1);
		sent.addr_width = 57;
		check_entry(&e, &sent);
	}
	for (unsigned int bit = 12; bit < 64; bit++) {
		const uint64_t table = UINT64_C(1) << bit;
		const struct sent sent = { 0, table, 48, 0 };

		e = noisy();
		vtd_put(e.words, PASID_FSPTPTR, table / PAGE);
		check_entry(&e, &sent);
	}
	vtd_end(&v);
}
END_TEST

/* Diagnosis speaks of a VT-d, its device and this PASID. */
static void check_words(int ret, unsigned int pasid, const char *format,
			unsigned int value)
{
	char words[64];

	diagnose_in(NULL, ret, 0);
	check_cause(IOMMUFD_CAUSE_PAGE_TABLE_DATA);
	snprintf(words, sizeof(words),
		 "entry of PASID %u for device %d: ", pasid, FAKE_DEVICE);
	check_says(words);
	snprintf(words, sizeof(words), format, value);
	check_says(words);
}

START_TEST(entries_that_a_guest_may_not_have)
{
	struct vtd_entry e = noisy();
	uint32_t table;
	int ret;

	vtd_begin(&v, 0);
	OK(set(0, &e));
	table = fake_attached(v.device, 0);
	fake_forget();
	for (unsigned int pgtt = 0; pgtt < 8; pgtt++) {
		if (pgtt == FIRST_STAGE || pgtt == PASS_THROUGH)
			continue;
		vtd_put(e.words, PASID_PGTT, pgtt);
		ret = set(0, &e);
		FAILS(ret, PAGE_TABLE_DATA, EIO);
		ck_assert_uint_eq(harness_failure(ret).op, IOMMUFD_OP_NESTING);
		check_words(ret, 0, "(PGTT) is %u, and a guest can have", pgtt);
		ret = set(5, &e);
		FAILS(ret, PAGE_TABLE_DATA, EIO);
		check_words(ret, 5, "(PGTT) is %u, and a guest can have", pgtt);
	}
	vtd_put(e.words, PASID_PGTT, FIRST_STAGE);
	for (unsigned int mode = 2; mode < 4; mode++) {
		vtd_put(e.words, PASID_FSPM, mode);
		ret = set(0, &e);
		FAILS(ret, PAGE_TABLE_DATA, EIO);
		check_words(ret, 0, "paging mode (FSPM) %u is none", mode);
	}
	ck_assert_uint_eq(fake.count, 0);
	ck_assert_uint_eq(iommufd_nested_device_page_table(v.nested), table);
	/* Of an entry that is not present nothing else counts. */
	vtd_put(e.words, PASID_PGTT, NESTED);
	vtd_put(e.words, PASID_P, 0);
	OK(set(0, &e));
	ck_assert_uint_eq(fake_attached(v.device, 0), 0);
	vtd_end(&v);
}
END_TEST

static const TTest **const entry_tests[] = {
	&what_it_is_made_of,
	&no_events,
	&states,
	&abort_of_a_device_attached_by_others,
	&abort_is_refused,
	&every_field_of_a_first_stage,
	&entries_that_a_guest_may_not_have,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "entries", .tests = entry_tests },
	};

	return harness_run("nesting_vtd", cases, 1);
}
