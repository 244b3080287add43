/* SPDX-License-Identifier: MIT */
/* The thread's record of its last failure. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <iommufd/util/util.h>

#include "harness.h"

struct text {
	uint32_t value;
	const char *name;
	const char *sentence;
};

static const struct text ops[] = {
#include "ops.inc"
};

/* Two failures that need no kernel. */
static int fail_adopt(void)
{
	return iommufd_ctx_adopt(-1, 0, NULL);
}

static int fail_flags(void)
{
	struct iommufd_ctx *ctx;

	return iommufd_ctx_adopt(0, 1u << 31, &ctx);
}

START_TEST(there_is_none_at_first)
{
	struct iommufd_failure failure = { .size = sizeof(failure), .op = 9 };

	/* FAILS() would look for a record of it, which there never is. */
	for (int i = 0; i < 3; i++) {
		const int rets[] = { 0, 1, -EINVAL };
		int ret = iommufd_failure_get(rets[i], &failure);

		ck_assert_int_eq(
			iommufd_is(ret, IOMMUFD_CAUSE_NOT_LAST_FAILURE), 1);
		ck_assert_int_eq(iommufd_errno(ret), EINVAL);
		ck_assert_uint_eq(failure.op, 9);
	}
	ck_assert_int_eq(iommufd_failure_keep(&failure), 0);
	ck_assert_int_eq(failure.ret, 0);
	ck_assert_uint_eq(failure.op, IOMMUFD_OP_NONE);
	ck_assert_int_eq(failure.fd, -1);
	ck_assert_int_eq(failure.memory_fd, -1);
}
END_TEST

START_TEST(the_record_of_a_refusal)
{
	struct iommufd_failure failure = harness_failure(fail_adopt());

	ck_assert_uint_eq(failure.size, sizeof(failure));
	ck_assert_uint_eq(failure.op, IOMMUFD_OP_CTX_ADOPT);
	ck_assert_uint_eq(iommufd_cause(failure.ret),
			  IOMMUFD_CAUSE_NULL_POINTER);
	ck_assert_int_eq(failure.fd, -1);
	ck_assert_int_eq(failure.memory_fd, -1);
	ck_assert_uint_eq(failure.object_id | failure.other_id | failure.flags,
			  0);
	ck_assert_uint_eq(failure.memory | failure.length | failure.iova |
				  failure.arg,
			  0);
}
END_TEST

static void check_names(int ret, int fd, uint32_t object, uint32_t other)
{
	const struct iommufd_failure failure = harness_failure(ret);

	ck_assert_int_eq(failure.fd, fd);
	ck_assert_uint_eq(failure.object_id, object);
	ck_assert_uint_eq(failure.other_id, other);
}

/* The library's own refusals say which descriptor and which object, too. */
START_TEST(refusals_name_their_objects)
{
	const struct iommufd_extent part = { 0, 4096 };
	struct iommufd_ctx *ctx[2] = { NULL, NULL };
	struct iommufd_ioas *ioas[2] = { NULL, NULL };
	struct iommufd_vfio *file = NULL;
	uint64_t iova = 0;
	int ret;

	for (uint32_t i = 0; i < 2; i++) {
		OK(iommufd_ctx_open("/dev/null", &ctx[i]));
		OK(iommufd_ioas_adopt(ctx[i], 7 + i, 0, &ioas[i]));
	}
	ret = iommufd_ioas_destroy(ioas[0]);
	FAILS(ret, BORROWED, EPERM);
	check_names(ret, iommufd_ctx_fd(ctx[0]), 7, 0);
	ret = iommufd_ioas_adopt(ctx[1], UINT32_MAX, 0, &ioas[1]);
	FAILS(ret, BAD_ID, EINVAL);
	check_names(ret, iommufd_ctx_fd(ctx[1]), UINT32_MAX, 0);
	ret = iommufd_ioas_copy(ioas[0], ioas[1], &part, 0, &iova);
	FAILS(ret, OTHER_CONTEXT, EXDEV);
	check_names(ret, iommufd_ctx_fd(ctx[0]), 7, 8);
	OK(iommufd_vfio_open("/dev/null", &file));
	ret = iommufd_vfio_reset(file);
	FAILS(ret, NOT_BOUND, EINVAL);
	check_names(ret, iommufd_vfio_fd(file), 0, 0);
	iommufd_vfio_close(file);
	for (uint32_t i = 0; i < 2; i++) {
		iommufd_ioas_release(ioas[i]);
		iommufd_ctx_close(ctx[i]);
	}
}
END_TEST

START_TEST(a_later_failure_takes_its_place)
{
	struct iommufd_failure failure = { .size = sizeof(failure) };
	int first = fail_adopt(), second = fail_flags();

	ck_assert_int_ne(first, second);
	ck_assert_int_eq(iommufd_is(iommufd_failure_get(first, &failure),
				    IOMMUFD_CAUSE_NOT_LAST_FAILURE),
			 1);
	ck_assert_int_eq(failure.op, 0);
	OK(iommufd_failure_get(second, &failure));
	ck_assert_int_eq(failure.ret, second);
}
END_TEST

START_TEST(success_leaves_it_alone)
{
	int ret = fail_flags();

	(void)iommufd_ctx_fd(NULL);
	(void)iommufd_ioas_id(NULL);
	iommufd_ctx_close(NULL);
	OK(iommufd_ioas_destroy(NULL));
	ck_assert_int_eq(harness_failure(ret).ret, ret);
	ck_assert_int_eq(harness_failure(ret).ret, ret);
}
END_TEST

START_TEST(refused_calls_about_it_leave_it_alone)
{
	struct iommufd_failure failure = { .size = 8, .ret = 1 };
	int ret = fail_flags();

	ck_assert_int_lt(iommufd_failure_get(ret, NULL), 0);
	ck_assert_int_lt(iommufd_failure_get(0, &failure), 0);
	ck_assert_int_lt(iommufd_failure_get(ret, &failure), 0);
	ck_assert_int_lt(iommufd_failure_set(NULL), 0);
	ck_assert_int_lt(iommufd_failure_set(&failure), 0);
	failure.size = sizeof(failure);
	ck_assert_int_lt(iommufd_failure_set(&failure), 0);
	failure.ret = 0;
	failure.op = IOMMUFD_OP_HELPER;
	ck_assert_int_lt(iommufd_failure_set(&failure), 0);
	failure.size = 8;
	ck_assert_int_lt(iommufd_failure_keep(NULL), 0);
	ck_assert_int_lt(iommufd_failure_keep(&failure), 0);
	ck_assert_int_eq(harness_failure(ret).ret, ret);
}
END_TEST

/* As a helper does it that goes on after failures of its own. */
START_TEST(kept_and_put_back)
{
	struct iommufd_failure kept = { .size = sizeof(kept) };
	struct iommufd_failure none = { .size = sizeof(none) };
	struct iommufd_failure now;
	int ret;

	ck_assert_int_eq(iommufd_failure_keep(&none), 0);
	ret = fail_flags();
	ck_assert_int_eq(iommufd_failure_keep(&kept), 0);
	now = harness_failure(ret);
	ck_assert_mem_eq(&kept, &now, sizeof(now));

	fail_adopt();
	ck_assert_int_eq(iommufd_failure_set(&kept), ret);
	now = harness_failure(ret);
	ck_assert_mem_eq(&kept, &now, sizeof(now));

	ck_assert_int_eq(iommufd_failure_set(&none), 0);
	ck_assert_int_eq(iommufd_failure_keep(&now), 0);
	ck_assert_mem_eq(&none, &now, sizeof(now));
	ck_assert_int_eq(iommufd_is(iommufd_failure_get(ret, &now),
				    IOMMUFD_CAUSE_NOT_LAST_FAILURE),
			 1);
}
END_TEST

static void get_with_size(uint32_t size, uint32_t cause)
{
	size_t room = size > 4096 ? 4096 : size < 4 ? 4 : size;
	int ret = fail_adopt(), got;
	unsigned char *bytes = malloc(room);

	ck_assert_ptr_nonnull(bytes);
	memset(bytes, 0xa5, room);
	memcpy(bytes, &size, sizeof(size));
	got = iommufd_failure_get(ret, (void *)bytes);
	ck_assert_uint_eq(iommufd_cause(got), cause);
	if (cause) {
		for (size_t i = 4; i < room; i++)
			ck_assert_uint_eq(bytes[i], 0xa5);
	} else {
		ck_assert_mem_eq(bytes, &size, sizeof(size));
		for (size_t i = sizeof(struct iommufd_failure); i < room; i++)
			ck_assert_uint_eq(bytes[i], 0);
	}
	free(bytes);
}

START_TEST(getting_with_every_size)
{
	const uint32_t known = sizeof(struct iommufd_failure);

	ck_assert_uint_eq(known, 64);
	for (uint32_t size = 0; size < known; size++)
		get_with_size(size, IOMMUFD_CAUSE_OPTS_SIZE);
	get_with_size(known, 0);
	get_with_size(known + 1, 0);
	get_with_size(known + 64, 0);
	get_with_size(4096, 0);
	get_with_size(4097, IOMMUFD_CAUSE_OPTS_SIZE);
	get_with_size(UINT32_MAX, IOMMUFD_CAUSE_OPTS_SIZE);
}
END_TEST

static int set_with_size(uint32_t size, size_t at, unsigned char value)
{
	const struct iommufd_failure wanted = {
		.size = size, .op = IOMMUFD_OP_HELPER, .ret = -EIO, .arg = 42
	};
	unsigned char *bytes = calloc(1, 4096);
	int ret;

	ck_assert_ptr_nonnull(bytes);
	memcpy(bytes, &wanted, sizeof(wanted));
	if (at)
		bytes[at] = value;
	ret = iommufd_failure_set((void *)bytes);
	free(bytes);
	return ret;
}

START_TEST(setting_with_every_size)
{
	const uint32_t known = sizeof(struct iommufd_failure);

	for (uint32_t size = 0; size < known; size++)
		ck_assert_int_eq(iommufd_is(set_with_size(size, 0, 0),
					    IOMMUFD_CAUSE_OPTS_SIZE),
				 1);
	ck_assert_int_eq(set_with_size(known, 0, 0), -EIO);
	ck_assert_int_eq(set_with_size(known, known, 1), -EIO);
	ck_assert_int_eq(set_with_size(known + 8, 0, 0), -EIO);
	ck_assert_int_eq(set_with_size(4096, 0, 0), -EIO);
	ck_assert_int_eq(set_with_size(known + 8, known + 7, 1),
			 iommufd_make_error(IOMMUFD_CAUSE_OPTS_TAIL, E2BIG));
	ck_assert_int_eq(set_with_size(4096, 4095, 1),
			 iommufd_make_error(IOMMUFD_CAUSE_OPTS_TAIL, E2BIG));
	ck_assert_int_eq(
		iommufd_is(set_with_size(4097, 0, 0), IOMMUFD_CAUSE_OPTS_SIZE),
		1);
}
END_TEST

START_TEST(helpers_set_their_own)
{
	const struct iommufd_failure mine = {
		.size = sizeof(mine),
		.op = IOMMUFD_OP_HELPER + 1,
		.ret = iommufd_make_error(IOMMUFD_CAUSE_IN_USE, EBUSY),
		.fd = 3,
		.object_id = 4,
		.other_id = 5,
		.flags = 6,
		.memory_fd = 7,
		.memory = 8,
		.length = 9,
		.iova = 10,
		.arg = 11,
	};
	struct iommufd_failure wrong = mine, found;

	ck_assert_int_eq(iommufd_failure_set(&mine), mine.ret);
	found = harness_failure(mine.ret);
	ck_assert_mem_eq(&found, &mine, sizeof(mine));
	wrong.ret = 0;
	ck_assert_int_eq(iommufd_failure_set(&wrong),
			 iommufd_make_error(IOMMUFD_CAUSE_BAD_VALUE, EINVAL));
	ck_assert_int_eq(
		iommufd_failure_set(NULL),
		iommufd_make_error(IOMMUFD_CAUSE_NULL_POINTER, EINVAL));
	ck_assert_int_eq(
		iommufd_failure_get(mine.ret, NULL),
		iommufd_make_error(IOMMUFD_CAUSE_NULL_POINTER, EINVAL));
}
END_TEST

static void *another_thread(void *arg)
{
	struct iommufd_failure failure = { .size = sizeof(failure) };
	int *ret = arg, mine;

	if (!iommufd_failure_get(*ret, &failure))
		return "the other thread's record is here";
	mine = fail_flags();
	if (iommufd_failure_get(mine, &failure) || failure.ret != mine)
		return "no record of one's own";
	return NULL;
}

START_TEST(each_thread_has_its_own)
{
	pthread_t thread;
	void *problem;
	int ret = fail_adopt();

	ck_assert_int_eq(pthread_create(&thread, NULL, another_thread, &ret),
			 0);
	ck_assert_int_eq(pthread_join(thread, &problem), 0);
	ck_assert_msg(!problem, "%s", (const char *)problem);
	ck_assert_int_eq(harness_failure(ret).op, IOMMUFD_OP_CTX_ADOPT);
}
END_TEST

START_TEST(operations_have_names)
{
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		ck_assert_str_eq(iommufd_op_name(ops[i].value), ops[i].name);
		for (size_t k = 0; k < i; k++)
			ck_assert_uint_ne(ops[i].value, ops[k].value);
	}
	ck_assert_str_eq(iommufd_op_name(IOMMUFD_OP_IOAS_MAP), "IOAS_MAP");
	ck_assert_str_eq(iommufd_op_name(IOMMUFD_OP_FIND), "FIND");
	ck_assert_str_eq(iommufd_op_name(IOMMUFD_OP_HAND_OVER), "HAND_OVER");
	ck_assert_str_eq(iommufd_op_name(15), "UNKNOWN");
	ck_assert_str_eq(iommufd_op_name(UINT32_MAX), "UNKNOWN");
}
END_TEST

static const TTest **const tests[] = {
	&there_is_none_at_first,
	&the_record_of_a_refusal,
	&refusals_name_their_objects,
	&a_later_failure_takes_its_place,
	&success_leaves_it_alone,
	&refused_calls_about_it_leave_it_alone,
	&kept_and_put_back,
	&getting_with_every_size,
	&setting_with_every_size,
	&helpers_set_their_own,
	&each_thread_has_its_own,
	&operations_have_names,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "record", .tests = tests },
	};

	return harness_run("failure", cases, 1);
}
