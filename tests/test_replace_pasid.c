/* SPDX-License-Identifier: MIT */
/* Replacing the page tables of PASIDs, with and without devices among them. */
#include <string.h>

#include "failnth.h"
#include "harness.h"
#include "replacing.h"

#define FAILING IOMMUFD_MOCK_PASID_FAILING

/*
 * Three page tables for PASIDs and a plain one. The device, which has PASIDs,
 * and two of these PASIDs are on the old one.
 */
static struct iommufd_device *device;
static uint32_t third, plain;
static const uint32_t pasids[] = { 9, 10 };

static void use_pasids(void)
{
	uint32_t ioas;

	fixture_device(&f);
	ioas = iommufd_ioas_id(f.ioas);
	old = new_table(f.device, ioas, IOMMUFD_HWPT_PASID);
	new = new_table(f.device, ioas, IOMMUFD_HWPT_PASID);
	third = new_table(f.device, ioas, IOMMUFD_HWPT_PASID);
	plain = new_table(f.device, ioas, 0);
	OK(iommufd_mock_device_new(f.ctx, old, IOMMUFD_MOCK_DEVICE_PASID, NULL,
				   &device));
	for (int i = 0; i < 2; i++)
		OK(iommufd_mock_device_pasid_attach(device, pasids[i], old));
}

/* All in one: nothing but the tables is left, and nobody uses one. */
static void end(void)
{
	const uint32_t tables[] = { old, new, third, plain };

	for (int i = 0; i < 2; i++)
		OK(iommufd_device_detach_pasid(device, pasids[i]));
	OK(iommufd_device_detach_pasid(device, FAILING));
	iommufd_device_close(device);
	for (int i = 0; i < 4; i++)
		OK(iommufd_ctx_destroy_id(f.ctx, tables[i]));
	fixture_end(&f);
}

static struct iommufd_replacement of_pasid(uint32_t pasid, uint32_t from,
					   uint32_t to)
{
	struct iommufd_replacement r = replacement(device, from, to);

	r.pasid = pasid;
	return r;
}

static void check_pasid(uint32_t pasid, uint32_t table)
{
	OK(iommufd_mock_device_pasid_check(device, pasid, table));
}

START_TEST(replaced)
{
	struct iommufd_replacement r = of_pasid(9, old, new);

	OK(iommufd_replace(&r));
	check_result(&r, 0, IOMMUFD_REPLACE_DONE, new);
	ck_assert_int_eq(r.restore_ret, 0);
	check_pasid(9, new);
	check_pasid(10, old);
	/* One that had none gets one. */
	r = of_pasid(FAILING, old, new);
	OK(iommufd_replace(&r));
	check_result(&r, 0, IOMMUFD_REPLACE_DONE, new);
	check_pasid(FAILING, new);
	end();
}
END_TEST

/* Nothing is made for the way back, as there is none to go. */
static void check_refused(struct iommufd_replacement *r, uint32_t cause,
			  int err)
{
	uint32_t next = next_id(f.ctx);
	int ret = iommufd_replace(r);

	harness_fails(ret, cause, err, "replace", __FILE__, __LINE__);
	ck_assert_uint_eq(harness_failure(ret).op,
			  IOMMUFD_OP_DEVICE_ATTACH_PASID);
	ck_assert_uint_eq(harness_failure(ret).arg, r->pasid);
	check_result(r, ret, IOMMUFD_REPLACE_RESTORED, r->old_page_table);
	ck_assert_int_eq(r->restore_ret, 0);
	ck_assert_uint_eq(next_id(f.ctx), next);
	check_pasid(r->pasid, r->old_page_table);
}

START_TEST(refused_by_the_driver)
{
	struct iommufd_replacement r = of_pasid(FAILING, old, new);

	OK(iommufd_mock_device_pasid_attach(device, FAILING, old));
	check_refused(&r, IOMMUFD_CAUSE_NO_MEMORY, ENOMEM);
	OK(iommufd_replace(&r));
	check_result(&r, 0, IOMMUFD_REPLACE_DONE, new);
	check_pasid(FAILING, new);
	end();
}
END_TEST

START_TEST(refused_by_the_kernel)
{
	struct iommufd_replacement r = of_pasid(9, old, plain);

	check_refused(&r, IOMMUFD_CAUSE_PASID_REFUSED, EINVAL);
	r.page_table = iommufd_ioas_id(f.ioas);
	check_refused(&r, IOMMUFD_CAUSE_PASID_REFUSED, EINVAL);
	r.page_table = UNUSED_ID;
	check_refused(&r, IOMMUFD_CAUSE_PAGE_TABLE, ENOENT);
	end();
}
END_TEST

START_TEST(refused_by_the_width)
{
	struct iommufd_replacement r = of_pasid(9, old, new);

	r.flags = IOMMUFD_PASID_WIDTH_VALID;
	check_refused(&r, IOMMUFD_CAUSE_NO_PASID, EINVAL);
	r.max_pasid_log2 = 3;
	check_refused(&r, IOMMUFD_CAUSE_BAD_PASID, EINVAL);
	r.max_pasid_log2 = 4;
	OK(iommufd_replace(&r));
	check_pasid(9, new);
	/* It says nothing about the device itself. */
	r = replacement(device, old, new);
	r.flags = IOMMUFD_PASID_WIDTH_VALID;
	OK(iommufd_replace(&r));
	check_result(&r, 0, IOMMUFD_REPLACE_DONE, new);
	end();
}
END_TEST

/* The scratch page table must be one for PASIDs, or it cannot be attached. */
START_TEST(a_device_with_pasids_is_restored)
{
	struct iommufd_replacement r = replacement(device, old, plain);
	uint32_t next = next_id(f.ctx);

	r.old_flags = IOMMUFD_HWPT_PASID;
	FAILS(iommufd_replace(&r), ATTACH_REFUSED, EINVAL);
	check_result(&r, r.ret, IOMMUFD_REPLACE_RESTORED, old);
	ck_assert_int_eq(r.restore_ret, 0);
	r.old_flags = 0;
	FAILS(iommufd_replace(&r), ATTACH_REFUSED, EINVAL);
	check_result(&r, r.ret, IOMMUFD_REPLACE_BROKEN, old);
	ck_assert_int_eq(
		iommufd_is(r.restore_ret, IOMMUFD_CAUSE_ATTACH_REFUSED), 1);
	check_pasid(9, old);
	ck_assert_uint_eq(next_id(f.ctx), next);
	end();
}
END_TEST

/* After a failure of one step at most the other steps work. */
START_TEST(any_single_failure_is_mended)
{
	unsigned int failures = 0, n;
	struct iommufd_replacement r;
	uint32_t next = next_id(f.ctx);
	int fired = 1;

	fail_nth_prepare();
	for (n = 1; fired; n++) {
		ck_assert_uint_lt(n, 200);
		r = of_pasid(9, old, new);
		fail_nth(n);
		(void)iommufd_replace(&r);
		fired = fail_nth_end();
		if (r.ret) {
			failures++;
			check_result(&r, r.ret, IOMMUFD_REPLACE_RESTORED, old);
			check_pasid(9, old);
		} else {
			check_result(&r, 0, IOMMUFD_REPLACE_DONE, new);
			check_pasid(9, new);
			r = of_pasid(9, new, old);
			OK(iommufd_replace(&r));
		}
		ck_assert_uint_eq(next_id(f.ctx), next);
	}
	ck_assert_uint_gt(failures, 0);
	end();
}
END_TEST

/* ---- many ---------------------------------------------------------------- */

START_TEST(many_replaced)
{
	struct iommufd_replacement r[] = {
		of_pasid(9, old, new),
		replacement(device, old, new),
		of_pasid(10, old, third),
		replacement(f.device, f.hwpt_id, plain),
	};

	OK(iommufd_replace_many(r, 4));
	check_result(&r[0], 0, IOMMUFD_REPLACE_DONE, new);
	check_result(&r[1], 0, IOMMUFD_REPLACE_DONE, new);
	check_result(&r[2], 0, IOMMUFD_REPLACE_DONE, third);
	check_result(&r[3], 0, IOMMUFD_REPLACE_DONE, plain);
	check_pasid(9, new);
	check_pasid(10, third);
	OK(iommufd_ctx_destroy_id(f.ctx, old));
	old = new_table(f.device, iommufd_ioas_id(f.ioas), 0);
	OK(iommufd_device_attach(f.device, iommufd_ioas_id(f.ioas), NULL));
	end();
}
END_TEST

/* In reverse: only so does the PASID that moved twice end where it began. */
START_TEST(many_taken_back)
{
	struct iommufd_replacement r[] = {
		of_pasid(9, old, new),	 replacement(device, old, third),
		of_pasid(9, new, third), of_pasid(FAILING, old, new),
		of_pasid(10, old, new),
	};
	uint32_t next = next_id(f.ctx);
	int ret;

	OK(iommufd_mock_device_pasid_attach(device, FAILING, old));
	ret = iommufd_replace_many(r, 5);
	FAILS(ret, NO_MEMORY, ENOMEM);
	ck_assert_uint_eq(harness_failure(ret).arg, FAILING);
	check_result(&r[0], 0, IOMMUFD_REPLACE_RESTORED, old);
	check_result(&r[1], 0, IOMMUFD_REPLACE_RESTORED, old);
	check_result(&r[2], 0, IOMMUFD_REPLACE_RESTORED, new);
	check_result(&r[3], ret, IOMMUFD_REPLACE_RESTORED, old);
	check_result(&r[4], 0, IOMMUFD_REPLACE_UNTRIED, old);
	check_pasid(9, old);
	check_pasid(10, old);
	check_pasid(FAILING, old);
	ck_assert_uint_eq(next_id(f.ctx), next);
	OK(iommufd_ctx_destroy_id(f.ctx, new));
	OK(iommufd_ctx_destroy_id(f.ctx, third));
	new = new_table(f.device, iommufd_ioas_id(f.ioas), 0);
	third = new_table(f.device, iommufd_ioas_id(f.ioas), 0);
	end();
}
END_TEST

/* Devices are put back over a scratch page table, PASIDs as they are. */
START_TEST(many_refused_at_a_device)
{
	struct iommufd_replacement r[] = {
		of_pasid(9, old, new),
		of_pasid(10, old, third),
		replacement(device, old, plain),
	};

	r[2].old_flags = IOMMUFD_HWPT_PASID;
	FAILS(iommufd_replace_many(r, 3), ATTACH_REFUSED, EINVAL);
	check_result(&r[0], 0, IOMMUFD_REPLACE_RESTORED, old);
	check_result(&r[1], 0, IOMMUFD_REPLACE_RESTORED, old);
	check_result(&r[2], r[2].ret, IOMMUFD_REPLACE_RESTORED, old);
	check_pasid(9, old);
	check_pasid(10, old);
	end();
}
END_TEST

/* The driver refuses the old page table: the new one stays in force. */
START_TEST(many_cannot_be_taken_back)
{
	struct iommufd_replacement r[] = {
		of_pasid(10, old, new),
		of_pasid(FAILING, old, new),
		of_pasid(9, old, plain),
	};
	int ret;

	OK(iommufd_mock_device_pasid_attach(device, FAILING, old));
	FAILS(iommufd_mock_device_pasid_replace(device, FAILING, new),
	      NO_MEMORY, ENOMEM);
	ret = iommufd_replace_many(r, 3);
	FAILS(ret, PASID_REFUSED, EINVAL);
	ck_assert_uint_eq(harness_failure(ret).arg, 9);
	check_result(&r[0], 0, IOMMUFD_REPLACE_RESTORED, old);
	check_result(&r[1], 0, IOMMUFD_REPLACE_BROKEN, new);
	ck_assert_int_eq(iommufd_is(r[1].restore_ret, IOMMUFD_CAUSE_NO_MEMORY),
			 1);
	check_result(&r[2], ret, IOMMUFD_REPLACE_RESTORED, old);
	check_pasid(10, old);
	check_pasid(FAILING, new);
	check_pasid(9, old);
	end();
}
END_TEST

/* ---- kernels without PASIDs ---------------------------------------------- */

START_TEST(no_pasids)
{
	struct iommufd_replacement r;
	int ret;

	fixture_device(&f);
	old = new_table(f.device, iommufd_ioas_id(f.ioas), 0);
	r = replacement(f.device, old, old);
	r.pasid = 9;
	ret = iommufd_replace(&r);
	FAILS(ret, FEATURE, EOPNOTSUPP);
	check_result(&r, ret, IOMMUFD_REPLACE_RESTORED, old);
	OK(iommufd_ctx_destroy_id(f.ctx, old));
	fixture_end(&f);
}
END_TEST

static const TTest **const one_tests[] = {
	&replaced,
	&refused_by_the_driver,
	&refused_by_the_kernel,
	&refused_by_the_width,
	&a_device_with_pasids_is_restored,
	NULL,
};

/* The kernel's failures would come upon valgrind, too. */
static const TTest **const any_tests[] = { &any_single_failure_is_mended,
					   NULL };

static const TTest **const many_tests[] = {
	&many_replaced,
	&many_taken_back,
	&many_refused_at_a_device,
	&many_cannot_be_taken_back,
	NULL,
};

static const TTest **const none_tests[] = { &no_pasids, NULL };

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "one", .setup = use_pasids, .tests = one_tests },
		{ .name = "any",
		  .setup = use_pasids,
		  .tests = any_tests,
		  .tags = LIMITS },
		{ .name = "many", .setup = use_pasids, .tests = many_tests },
	};
	const struct harness_case none = { .name = "none",
					   .tests = none_tests };

	if (!strcmp(harness_kernel(), "lts"))
		return harness_run("replace_pasid", &none, 1);
	return harness_run("replace_pasid", cases, 3);
}
