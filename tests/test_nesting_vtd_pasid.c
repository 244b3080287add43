/* SPDX-License-Identifier: MIT */
/* PASIDs of nested translation on Intel VT-d, with the kernel replaced. */
#include "fakeiommufd_ioctl.h"
#include "fixture.h"
#include "harness.h"
#include "vtd.h"

#define TABLE UINT64_C(0x123456789000)

static struct vtd v;

static int set(uint32_t pasid, const struct vtd_entry *e)
{
	return iommufd_nested_device_set_pasid_entry(v.nested, pasid, e->words);
}

static uint32_t parent_id(void)
{
	return iommufd_hwpt_id(iommufd_nesting_parent(v.nesting));
}

START_TEST(pasids)
{
	struct vtd_entry e = vtd_entry(3, TABLE);
	struct uapi_vfio_attach attach;
	uint32_t first;

	vtd_begin(&v, 0);
	OK(set(0, &e));
	fake_forget();
	OK(set(9, &e));
	attach = FAKE_ARG(uapi_vfio_attach, UAPI_VFIO_ATTACH, 1);
	ck_assert_uint_eq(attach.argsz, 16);
	ck_assert_uint_eq(attach.flags, UAPI_VFIO_ATTACH_PASID);
	ck_assert_uint_eq(attach.pasid, 9);
	ck_assert_uint_eq(
		FAKE_ARG(uapi_hwpt_alloc, IOMMUFD_NR_HWPT_ALLOC, 1).flags,
		IOMMUFD_HWPT_PASID);
	first = fake_attached(v.device, 9);
	ck_assert_uint_ne(first, fake_attached(v.device, 0));
	ck_assert_uint_eq(fake_alive(), 4);
	/* A new table for it, and the old one is freed. */
	OK(set(9, &e));
	ck_assert_uint_ne(fake_attached(v.device, 9), first);
	ck_assert_uint_eq(fake_alive(), 4);
	OK(set(200, &e));
	ck_assert_uint_eq(fake_alive(), 5);
	vtd_put(e.words, PASID_PGTT, PASS_THROUGH);
	OK(set(9, &e));
	ck_assert_uint_eq(fake_attached(v.device, 9), parent_id());
	/* Neither of them moves the device, whose state it is not. */
	ck_assert_uint_eq(iommufd_nested_device_state(v.nested),
			  IOMMUFD_NESTED_TRANSLATE);
	vtd_put(e.words, PASID_P, 0);
	fake_forget();
	OK(set(9, &e));
	ck_assert_uint_eq(FAKE_ARG(uapi_vfio_detach, UAPI_VFIO_DETACH, 1).pasid,
			  9);
	ck_assert_uint_eq(fake_attached(v.device, 9), 0);
	/* What is not there is not taken away. */
	fake_forget();
	OK(set(9, &e));
	OK(set(77, &e));
	ck_assert_uint_eq(fake.count, 0);
	ck_assert_uint_ne(fake_attached(v.device, 200), 0);
	vtd_end(&v);
}
END_TEST

START_TEST(pasid_is_refused)
{
	const struct vtd_entry e = vtd_entry(3, TABLE);
	uint32_t table, alive;

	vtd_begin(&v, 0);
	alive = fake_alive();
	fake_fail(UAPI_VFIO_ATTACH, 1, EINVAL);
	FAILS(set(9, &e), PASID_REFUSED, EINVAL);
	ck_assert_uint_eq(fake_alive(), alive);
	OK(set(9, &e));
	table = fake_attached(v.device, 9);
	fake_fail(UAPI_VFIO_ATTACH, 1, EINVAL);
	FAILS(set(9, &e), PASID_REFUSED, EINVAL);
	ck_assert_uint_eq(fake_attached(v.device, 9), table);
	ck_assert_uint_eq(fake_alive(), alive + 1);
	fake_fail(IOMMUFD_NR_HWPT_ALLOC, 1, EINVAL);
	FAILS(set(9, &e), PAGE_TABLE_REFUSED, EINVAL);
	ck_assert_uint_eq(fake_attached(v.device, 9), table);
	vtd_end(&v);
}
END_TEST

/* The device has eight bits of them. */
START_TEST(width_of_pasids)
{
	const struct vtd_entry e = vtd_entry(3, TABLE);

	vtd_begin(&v, 0);
	FAILS(set(256, &e), BAD_PASID, EINVAL);
	OK(set(255, &e));
	vtd_end(&v);

	/* A device that has none: the kernel would take them, for nothing. */
	vtd_prepare(&v);
	fake.pasid_bits = 0;
	OK(iommufd_nesting_new(
		v.device, v.ioas,
		&(const struct iommufd_nesting_opts){
			.size = sizeof(struct iommufd_nesting_opts),
			.parent_flags = IOMMUFD_HWPT_PASID },
		&v.nesting));
	for (int i = 0; i < 2; i++) {
		fake.capabilities = i ? IOMMUFD_HW_CAP_PCI_PASID_EXEC : 0;
		OK(iommufd_nested_device_new(v.nesting, v.device, NULL,
					     &v.nested));
		FAILS(set(1, &e), NO_PASID, EINVAL);
		FAILS(set(1u << 19, &e), NO_PASID, EINVAL);
		OK(set(0, &e));
		OK(iommufd_nested_device_destroy(v.nested));
	}
	v.nested = NULL;
	vtd_end(&v);
}
END_TEST

/*
 * A guest that is reset: its PASIDs go first, because with them the kernel would
 * refuse a page table that is not made for them.
 */
START_TEST(unset_with_pasids)
{
	const struct vtd_entry e = vtd_entry(3, TABLE);
	struct iommufd_hwpt *plain = NULL;
	uint32_t id, alive;

	vtd_begin(&v, 0);
	OK(iommufd_hwpt_alloc(v.device, iommufd_ioas_id(v.ioas), NULL, &plain));
	id = iommufd_hwpt_id(plain);
	alive = fake_alive();
	for (int i = 0; i < 2; i++) {
		OK(set(0, &e));
		OK(set(1, &e));
		OK(set(9, &e));
		FAILS(iommufd_device_attach(v.device, id, NULL), ATTACH_REFUSED,
		      EINVAL);
		OK(iommufd_nested_device_unset(v.nested, id, 0));
		ck_assert_uint_eq(fake_attached(v.device, 0), id);
		ck_assert_uint_eq(fake_attached(v.device, 1), 0);
		ck_assert_uint_eq(fake_attached(v.device, 9), 0);
		ck_assert_uint_eq(fake_alive(), alive);
	}
	/* What cannot be detached stops it; what went before has gone. */
	OK(set(0, &e));
	OK(set(1, &e));
	OK(set(9, &e));
	fake_fail(UAPI_VFIO_DETACH, 2, EBUSY);
	FAILS(iommufd_nested_device_unset(v.nested, id, 0), DEVICE_BUSY, EBUSY);
	ck_assert_uint_ne(fake_attached(v.device, 0), id);
	ck_assert_uint_ne(fake_attached(v.device, 1), 0);
	ck_assert_uint_eq(fake_attached(v.device, 9), 0);
	/* They stay detached when the page table is refused. */
	FAILS(iommufd_nested_device_unset(v.nested, 55, 0), PAGE_TABLE, ENOENT);
	ck_assert_uint_eq(fake_attached(v.device, 1), 0);
	ck_assert_uint_eq(iommufd_nested_device_state(v.nested),
			  IOMMUFD_NESTED_TRANSLATE);
	ck_assert_uint_eq(fake_attached(v.device, 0),
			  iommufd_nested_device_page_table(v.nested));
	OK(iommufd_nested_device_unset(v.nested, id, 0));
	OK(iommufd_device_detach(v.device));
	OK(iommufd_hwpt_destroy(plain));
	vtd_end(&v);
}
END_TEST

static void check_pasid(uint32_t pasid, uint32_t state)
{
	ck_assert_uint_eq(iommufd_nested_device_pasid_state(v.nested, pasid),
			  state);
	ck_assert_uint_eq(
		iommufd_nested_device_pasid_page_table(v.nested, pasid),
		fake_attached(v.device, pasid));
}

START_TEST(states_of_pasids)
{
	const struct vtd_entry e = vtd_entry(3, TABLE);

	vtd_begin(&v, 0);
	check_pasid(0, IOMMUFD_NESTED_UNSET);
	check_pasid(9, IOMMUFD_NESTED_ABORT);
	OK(set(9, &e));
	check_pasid(9, IOMMUFD_NESTED_TRANSLATE);
	check_pasid(0, IOMMUFD_NESTED_UNSET);
	check_pasid(10, IOMMUFD_NESTED_ABORT);
	OK(iommufd_nested_device_bypass_pasid(v.nested, 9));
	check_pasid(9, IOMMUFD_NESTED_BYPASS);
	OK(iommufd_nested_device_bypass_pasid(v.nested, 0));
	check_pasid(0, IOMMUFD_NESTED_BYPASS);
	OK(iommufd_nested_device_abort_pasid(v.nested, 9));
	check_pasid(9, IOMMUFD_NESTED_ABORT);
	OK(iommufd_nested_device_abort_pasid(v.nested, 0));
	check_pasid(0, IOMMUFD_NESTED_ABORT);
	ck_assert_uint_eq(iommufd_nested_device_pasid_state(NULL, 9),
			  IOMMUFD_NESTED_UNSET);
	ck_assert_uint_eq(iommufd_nested_device_pasid_page_table(NULL, 9), 0);
	vtd_end(&v);
}
END_TEST

/* At the end the PASIDs go, whatever becomes of the device. */
START_TEST(end_with_pasids)
{
	const struct vtd_entry e = vtd_entry(3, TABLE);

	vtd_begin(&v, 0);
	OK(set(1, &e));
	OK(set(2, &e));
	OK(set(0, &e));
	fake_fail(UAPI_VFIO_DETACH, 2, EBUSY);
	FAILS(iommufd_nested_device_destroy(v.nested), DEVICE_BUSY, EBUSY);
	fake_forget();
	OK(iommufd_nested_device_destroy(v.nested));
	/* Only the PASID that was left, and the device. */
	ck_assert_uint_eq(fake_asked(UAPI_VFIO_DETACH), 2);
	ck_assert_uint_eq(fake_attached(v.device, 0), 0);
	OK(iommufd_nested_device_new(v.nesting, v.device, NULL, &v.nested));
	OK(set(0, &e));
	OK(set(1, &e));
	OK(iommufd_nested_device_unset(v.nested, parent_id(), 0));
	fake_forget();
	OK(iommufd_nested_device_destroy(v.nested));
	/* The device stays where it is. */
	ck_assert_uint_eq(fake_asked(UAPI_VFIO_DETACH), 0);
	ck_assert_uint_eq(fake_attached(v.device, 0), parent_id());
	OK(iommufd_device_detach(v.device));
	v.nested = NULL;
	vtd_end(&v);
}
END_TEST

static const TTest **const pasid_tests[] = {
	&pasids,
	&pasid_is_refused,
	&width_of_pasids,
	&end_with_pasids,
	&unset_with_pasids,
	&states_of_pasids,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "pasids", .tests = pasid_tests },
	};

	return harness_run("nesting_vtd_pasid", cases, 1);
}
