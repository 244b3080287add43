/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "failnth.h"
#include "harness.h"
#include "replacing.h"

/* The device of the fixture, which cannot track dirty pages, on @old. */
static uint32_t dirty;

static void use_mock(void)
{
	fixture_device(&f);
	iommufd_device_close(f.device);
	OK(iommufd_mock_device_new(f.ctx, iommufd_ioas_id(f.ioas),
				   IOMMUFD_MOCK_DEVICE_NO_DIRTY, NULL,
				   &f.device));
	old = new_table(f.device, iommufd_ioas_id(f.ioas), 0);
	new = new_table(f.device, iommufd_ioas_id(f.ioas), 0);
	OK(iommufd_device_attach(f.device, old, NULL));
}

/* A page table that the device of the fixture refuses. */
static void make_dirty(void)
{
	struct iommufd_device *able = NULL;

	OK(iommufd_mock_device_new(f.ctx, iommufd_ioas_id(f.ioas), 0, NULL,
				   &able));
	dirty = new_table(able, iommufd_ioas_id(f.ioas),
			  IOMMUFD_HWPT_DIRTY_TRACKING);
	iommufd_device_close(able);
}

START_TEST(replaced)
{
	struct iommufd_replacement r = replacement(f.device, old, new);

	OK(iommufd_replace(&r));
	check_result(&r, 0, IOMMUFD_REPLACE_DONE, new);
	ck_assert_int_eq(r.restore_ret, 0);
	check_attached(new, old);
}
END_TEST

START_TEST(refused_and_restored)
{
	struct iommufd_replacement r;
	uint32_t next;
	int ret;

	make_dirty();
	next = next_id(f.ctx);
	r = replacement(f.device, old, dirty);
	ret = iommufd_replace(&r);
	FAILS(ret, ATTACH_REFUSED, EINVAL);
	ck_assert_uint_eq(harness_failure(ret).op, IOMMUFD_OP_DEVICE_ATTACH);
	ck_assert_uint_eq(harness_failure(ret).other_id, dirty);
	check_result(&r, ret, IOMMUFD_REPLACE_RESTORED, old);
	ck_assert_int_eq(r.restore_ret, 0);
	ck_assert_uint_eq(r.windows_lost, 0);
	ck_assert_uint_eq(next_id(f.ctx), next);
	check_attached(old, dirty);
}
END_TEST

/* The scratch page table cannot be made: with these flags not for this device.
 */
START_TEST(way_back_cannot_begin)
{
	struct iommufd_replacement r;
	uint32_t next;
	int ret;

	make_dirty();
	next = next_id(f.ctx);
	r = replacement(f.device, old, dirty);
	r.old_flags = IOMMUFD_HWPT_DIRTY_TRACKING;
	ret = iommufd_replace(&r);
	FAILS(ret, ATTACH_REFUSED, EINVAL);
	ck_assert_uint_eq(harness_failure(ret).op, IOMMUFD_OP_DEVICE_ATTACH);
	check_result(&r, ret, IOMMUFD_REPLACE_BROKEN, old);
	ck_assert_uint_eq(r.windows_lost, 1);
	ck_assert_int_eq(iommufd_is(r.restore_ret, IOMMUFD_CAUSE_FEATURE), 1);
	ck_assert_uint_eq(next_id(f.ctx), next);
	check_attached(old, dirty);
}
END_TEST

/* Halfway back the device sits on the scratch page table, which is then told. */
START_TEST(way_back_cannot_end)
{
	struct iommufd_replacement r;
	int ret;

	make_dirty();
	r = replacement(f.device, UNUSED_ID, dirty);
	ret = iommufd_replace(&r);
	FAILS(ret, ATTACH_REFUSED, EINVAL);
	ck_assert_uint_eq(harness_failure(ret).other_id, dirty);
	ck_assert_uint_eq(r.state, IOMMUFD_REPLACE_BROKEN);
	ck_assert_int_eq(iommufd_is(r.restore_ret, IOMMUFD_CAUSE_PAGE_TABLE),
			 1);
	ck_assert_uint_ne(r.in_force, old);
	ck_assert_uint_ne(r.in_force, new);
	ck_assert_uint_eq(r.scratch_page_table, r.in_force);
	ck_assert_uint_eq(r.windows_lost, 1);
	check_attached(r.in_force, old);
	FAILS(iommufd_ctx_destroy_id(f.ctx, r.scratch_ioas), IN_USE, EBUSY);
	OK(iommufd_device_attach(f.device, new, NULL));
	OK(iommufd_ctx_destroy_id(f.ctx, r.scratch_page_table));
	OK(iommufd_ctx_destroy_id(f.ctx, r.scratch_ioas));
}
END_TEST

/* The kernel does not even ask the driver: there is nothing to restore. */
START_TEST(refused_early)
{
	struct iommufd_replacement r = replacement(f.device, old, UNUSED_ID);

	/* Would show if it were used. */
	r.old_flags = IOMMUFD_HWPT_DIRTY_TRACKING;
	FAILS(iommufd_replace(&r), PAGE_TABLE, ENOENT);
	check_result(&r, r.ret, IOMMUFD_REPLACE_RESTORED, old);
	ck_assert_int_eq(r.restore_ret, 0);
	ck_assert_uint_eq(r.windows_lost, 0);
	check_attached(old, new);
}
END_TEST

START_TEST(fault_queue_flag_is_left_out_on_the_way_back)
{
	struct iommufd_replacement r;

	make_dirty();
	r = replacement(f.device, old, dirty);
	r.old_flags = IOMMUFD_HWPT_FAULT_ID_VALID;
	FAILS(iommufd_replace(&r), ATTACH_REFUSED, EINVAL);
	check_result(&r, r.ret, IOMMUFD_REPLACE_RESTORED, old);
	ck_assert_int_eq(r.restore_ret, 0);
}
END_TEST

/* A nested one is in no address space; its way back is the same. */
START_TEST(nested_is_restored)
{
	struct iommufd_mock_hwpt_data data = { .iotlb = 1 };
	struct iommufd_hwpt_alloc_opts opts = {
		.size = sizeof(opts),
		.data_type = IOMMUFD_MOCK_HWPT_DATA,
		.data_len = sizeof(data.iotlb),
		.data = &data,
	};
	uint32_t parent = new_table(f.device, iommufd_ioas_id(f.ioas),
				    IOMMUFD_HWPT_NEST_PARENT);
	struct iommufd_hwpt *nested = NULL;
	struct iommufd_replacement r;

	make_dirty();
	OK(iommufd_hwpt_alloc(f.device, parent, &opts, &nested));
	r = replacement(f.device, old, iommufd_hwpt_id(nested));
	OK(iommufd_replace(&r));
	r = replacement(f.device, iommufd_hwpt_id(nested), dirty);
	FAILS(iommufd_replace(&r), ATTACH_REFUSED, EINVAL);
	check_result(&r, r.ret, IOMMUFD_REPLACE_RESTORED,
		     iommufd_hwpt_id(nested));
	check_attached(iommufd_hwpt_id(nested), old);
	iommufd_hwpt_release(nested);
}
END_TEST

START_TEST(bad_input)
{
	struct {
		struct iommufd_replacement r;
		uint64_t more;
	} longer = { .r = replacement(f.device, old, new) };
	struct iommufd_replacement r = longer.r, before;

	FAILS(iommufd_replace(NULL), NULL_POINTER, EINVAL);
	FAILS(iommufd_replace_many(NULL, 1), NULL_POINTER, EINVAL);
	r.device = NULL;
	before = r;
	FAILS(iommufd_replace(&r), NULL_POINTER, EINVAL);
	ck_assert_mem_eq(&r, &before, sizeof(r));
	r = longer.r;
	r.old_page_table = 0;
	FAILS(iommufd_replace(&r), BAD_ID, EINVAL);
	r.old_page_table = UINT32_C(0x80000000);
	FAILS(iommufd_replace(&r), BAD_ID, EINVAL);
	r = longer.r;
	r.page_table = 0;
	FAILS(iommufd_replace(&r), BAD_ID, EINVAL);
	r = longer.r;
	r.flags = 2;
	FAILS(iommufd_replace(&r), BAD_FLAGS, EINVAL);
	r = longer.r;
	r.reserved = 1;
	FAILS(iommufd_replace(&r), OPTS_RESERVED, EINVAL);
	r = longer.r;
	r.reserved = 0;
	r.reserved2 = 1;
	FAILS(iommufd_replace(&r), OPTS_RESERVED, EINVAL);
	r = longer.r;
	r.size = 64 + sizeof(void *) - 1;
	FAILS(iommufd_replace(&r), OPTS_SIZE, EINVAL);
	FAILS(iommufd_replace_many(&r, 1), OPTS_SIZE, EINVAL);
	/* An array of these would not be aligned. */
	r.size = sizeof(r) + 4;
	FAILS(iommufd_replace_many(&r, 1), OPTS_SIZE, EINVAL);
	r.size = 0;
	longer.r.size = sizeof(longer);
	longer.more = 1;
	FAILS(iommufd_replace(&longer.r), OPTS_TAIL, E2BIG);
	ck_assert_uint_eq(harness_failure(iommufd_replace(&r)).op,
			  IOMMUFD_OP_REPLACE);
	longer.more = 0;
	OK(iommufd_replace(&longer.r));
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
		r = replacement(f.device, old, new);
		fail_nth(n);
		(void)iommufd_replace(&r);
		fired = fail_nth_end();
		if (r.ret) {
			failures++;
			check_result(&r, r.ret, IOMMUFD_REPLACE_RESTORED, old);
			ck_assert_int_eq(r.restore_ret, 0);
			FAILS(iommufd_ctx_destroy_id(f.ctx, old), IN_USE,
			      EBUSY);
		} else {
			check_result(&r, 0, IOMMUFD_REPLACE_DONE, new);
			OK(iommufd_device_attach(f.device, old, NULL));
		}
		ck_assert_uint_eq(next_id(f.ctx), next);
	}
	ck_assert_uint_gt(failures, 0);
}
END_TEST

/* ---- many ---------------------------------------------------------------- */

static struct iommufd_device *able[2];

/* Two devices before the one that refuses. */
static void use_many(void)
{
	use_mock();
	for (size_t i = 0; i < 2; i++)
		OK(iommufd_mock_device_new(f.ctx, old, 0, NULL, &able[i]));
	dirty = new_table(able[0], iommufd_ioas_id(f.ioas),
			  IOMMUFD_HWPT_DIRTY_TRACKING);
}

START_TEST(many_replaced)
{
	struct iommufd_replacement r[3] = {
		replacement(able[0], old, dirty),
		replacement(able[1], old, dirty),
		replacement(f.device, old, new),
	};

	OK(iommufd_replace_many(r, 3));
	check_result(&r[0], 0, IOMMUFD_REPLACE_DONE, dirty);
	check_result(&r[1], 0, IOMMUFD_REPLACE_DONE, dirty);
	check_result(&r[2], 0, IOMMUFD_REPLACE_DONE, new);
	OK(iommufd_ctx_destroy_id(f.ctx, old));
}
END_TEST

START_TEST(many_taken_back)
{
	struct iommufd_replacement r[4] = {
		replacement(able[0], old, new),
		replacement(able[1], old, dirty),
		replacement(f.device, old, dirty),
		replacement(able[1], old, new),
	};
	uint32_t next = next_id(f.ctx);
	int ret = iommufd_replace_many(r, 4);

	FAILS(ret, ATTACH_REFUSED, EINVAL);
	ck_assert_uint_eq(harness_failure(ret).object_id,
			  iommufd_device_id(f.device));
	check_result(&r[0], 0, IOMMUFD_REPLACE_RESTORED, old);
	check_result(&r[1], 0, IOMMUFD_REPLACE_RESTORED, old);
	check_result(&r[2], ret, IOMMUFD_REPLACE_RESTORED, old);
	check_result(&r[3], 0, IOMMUFD_REPLACE_UNTRIED, old);
	ck_assert_uint_eq(next_id(f.ctx), next);
	check_attached(old, new);
	OK(iommufd_ctx_destroy_id(f.ctx, dirty));
}
END_TEST

START_TEST(many_cannot_be_taken_back)
{
	struct iommufd_replacement r[2] = {
		replacement(able[0], UNUSED_ID, new),
		replacement(f.device, old, dirty),
	};
	int ret = iommufd_replace_many(r, 2);

	FAILS(ret, ATTACH_REFUSED, EINVAL);
	ck_assert_uint_eq(harness_failure(ret).op, IOMMUFD_OP_DEVICE_ATTACH);
	ck_assert_uint_eq(harness_failure(ret).object_id,
			  iommufd_device_id(f.device));
	ck_assert_uint_eq(r[0].state, IOMMUFD_REPLACE_BROKEN);
	ck_assert_int_eq(iommufd_is(r[0].restore_ret, IOMMUFD_CAUSE_PAGE_TABLE),
			 1);
	FAILS(iommufd_ctx_destroy_id(f.ctx, r[0].in_force), IN_USE, EBUSY);
	ck_assert_uint_eq(r[0].scratch_page_table, r[0].in_force);
	ck_assert_uint_ne(r[0].scratch_ioas, 0);
	check_result(&r[1], ret, IOMMUFD_REPLACE_RESTORED, old);
}
END_TEST

START_TEST(many_refused_beforehand)
{
	struct iommufd_replacement r[2] = {
		replacement(able[0], old, new),
		replacement(able[1], 0, new),
	};

	FAILS(iommufd_replace_many(r, 2), BAD_ID, EINVAL);
	ck_assert_uint_eq(r[0].state, 77);
	OK(iommufd_ctx_destroy_id(f.ctx, new));
	OK(iommufd_replace_many(r, 0));
	OK(iommufd_replace_many(NULL, 0));
}
END_TEST

/* A program of a later release has longer structs, all of one size. */
START_TEST(many_longer_structs)
{
	struct {
		struct iommufd_replacement r;
		uint64_t more[3];
	} longer[2] = {
		{ .r = replacement(able[0], old, new) },
		{ .r = replacement(able[1], old, new) },
	};

	longer[0].r.size = sizeof(longer[0]);
	FAILS(iommufd_replace_many(&longer[0].r, 2), OPTS_SIZE, EINVAL);
	longer[1].r.size = sizeof(longer[0]);
	OK(iommufd_replace_many(&longer[0].r, 2));
	check_result(&longer[1].r, 0, IOMMUFD_REPLACE_DONE, new);
}
END_TEST

static const TTest **const mock_tests[] = {
	&replaced,
	&refused_and_restored,
	&way_back_cannot_begin,
	&way_back_cannot_end,
	&refused_early,
	&fault_queue_flag_is_left_out_on_the_way_back,
	&nested_is_restored,
	&bad_input,
	&any_single_failure_is_mended,
	NULL,
};

static const TTest **const many_tests[] = {
	&many_replaced,
	&many_taken_back,
	&many_cannot_be_taken_back,
	&many_refused_beforehand,
	&many_longer_structs,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "one", .setup = use_mock, .tests = mock_tests },
		{ .name = "many", .setup = use_many, .tests = many_tests },
	};

	return harness_run("replace", cases, 2);
}
