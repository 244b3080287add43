/* SPDX-License-Identifier: MIT */
/*
 * Groups of page faults of more than one fault, which the mock driver does not
 * make, and answers of which the kernel takes some: with the kernel's end of
 * the queue replaced. Needs no iommufd.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <iommufd/util/util.h>

#include "harness.h"

#define PAGE UINT64_C(4096)

/* --- groups --------------------------------------------------------------- */

static struct iommufd_hwpt_pgfault faults[8];
static uint32_t position;

static void fault(int i, uint32_t cookie, uint64_t addr, uint32_t flags)
{
	faults[i] = (struct iommufd_hwpt_pgfault){
		.flags = flags,
		.dev_id = 5,
		.pasid = 0x77,
		.grpid = cookie + 100,
		.perm = 1u << i % 4,
		.addr = addr,
		.cookie = cookie,
	};
}

#define LAST  IOMMUFD_PGFAULT_LAST_PAGE
#define PASID IOMMUFD_PGFAULT_PASID_VALID

static struct iommufd_fault_group_info group_next(uint32_t count)
{
	struct iommufd_fault_group_info group = { .size = sizeof(group),
						  .count = 99 };

	OK(iommufd_fault_group_next(faults, count, &position, &group));
	return group;
}

/* What there is instead of a group; nothing moves on. */
static int no_group(uint32_t count)
{
	struct iommufd_fault_group_info group = { .size = sizeof(group),
						  .count = 99 };
	uint32_t before = position;
	int ret = iommufd_fault_group_next(faults, count, &position, &group);

	ck_assert_uint_eq(position, before);
	ck_assert_uint_eq(group.count, 99);
	return ret;
}

START_TEST(groups_of_several)
{
	struct iommufd_fault_group_info group;

	fault(0, 7, 5 * PAGE, PASID);
	fault(1, 7, 3 * PAGE, PASID);
	fault(2, 7, 9 * PAGE, PASID | LAST);
	fault(3, 8, PAGE, LAST);
	fault(4, 9, 0, 0);
	fault(5, 9, UINT64_MAX, LAST);

	group = group_next(6);
	ck_assert_uint_eq(group.count, 3);
	ck_assert_uint_eq(group.cookie, 7);
	ck_assert_uint_eq(group.dev_id, 5);
	ck_assert_uint_eq(group.flags, PASID | LAST);
	ck_assert_uint_eq(group.pasid, 0x77);
	ck_assert_uint_eq(group.grpid, 107);
	ck_assert_uint_eq(group.perm, IOMMUFD_PGFAULT_PERM_READ |
					      IOMMUFD_PGFAULT_PERM_WRITE |
					      IOMMUFD_PGFAULT_PERM_EXEC);
	ck_assert_uint_eq(group.start, 3 * PAGE);
	ck_assert_uint_eq(group.last, 9 * PAGE);
	ck_assert_ptr_eq(group.faults, faults);
	group = group_next(6);
	ck_assert_uint_eq(group.count, 1);
	ck_assert_uint_eq(group.cookie, 8);
	ck_assert_uint_eq(group.flags, LAST);
	ck_assert_uint_eq(group.start, PAGE);
	ck_assert_uint_eq(group.last, PAGE);
	ck_assert_ptr_eq(group.faults, faults + 3);
	group = group_next(6);
	ck_assert_uint_eq(group.count, 2);
	ck_assert_uint_eq(group.start, 0);
	ck_assert_uint_eq(group.last, UINT64_MAX);
	ck_assert_uint_eq(position, 6);
	for (int i = 0; i < 2; i++) {
		group = group_next(6);
		ck_assert_uint_eq(group.count, 0);
		ck_assert_ptr_null(group.faults);
		ck_assert_uint_eq(position, 6);
	}
}
END_TEST

/* Lengths are hints, and may lead too far. */
START_TEST(lengths)
{
	struct iommufd_fault_group_info group;

	fault(0, 1, 4 * PAGE, 0);
	faults[0].length = 8 * PAGE;
	fault(1, 1, 6 * PAGE, LAST);
	faults[1].length = 1;
	group = group_next(2);
	ck_assert_uint_eq(group.start, 4 * PAGE);
	ck_assert_uint_eq(group.last, 12 * PAGE - 1);
	fault(0, 1, UINT64_MAX - 2, LAST);
	position = 0;
	for (uint32_t length = 1; length < 6; length++) {
		faults[0].length = length;
		position = 0;
		group = group_next(1);
		ck_assert_uint_eq(group.start, UINT64_MAX - 2);
		ck_assert_uint_eq(group.last, length < 3
						      ? UINT64_MAX - 3 + length
						      : UINT64_MAX);
	}
	faults[0].length = UINT32_MAX;
	position = 0;
	ck_assert_uint_eq(group_next(1).last, UINT64_MAX);
}
END_TEST

/* A part of a group is none: it waits for the rest. */
START_TEST(parts_of_groups)
{
	fault(0, 1, 0, LAST);
	fault(1, 2, PAGE, 0);
	fault(2, 2, 2 * PAGE, 0);
	fault(3, 2, 3 * PAGE, LAST);
	for (uint32_t count = 2; count < 4; count++) {
		position = 0;
		ck_assert_uint_eq(group_next(count).count, 1);
		FAILS(no_group(count), RECORD_SHORT, EMSGSIZE);
		ck_assert_uint_eq(position, 1);
	}
	/* As its caller would: to the front, and the rest behind it. */
	memmove(faults, faults + 1, 3 * sizeof(faults[0]));
	position = 0;
	ck_assert_uint_eq(group_next(3).count, 3);
	ck_assert_uint_eq(position, 3);
}
END_TEST

START_TEST(groups_within_groups)
{
	int ret;

	fault(0, 1, 0, 0);
	fault(1, 2, PAGE, LAST);
	ret = no_group(2);
	FAILS(ret, RECORD_MALFORMED, EINVAL);
	ck_assert_uint_eq(harness_failure(ret).op, IOMMUFD_OP_EVENTS);
}
END_TEST

START_TEST(wrong_arguments)
{
	struct iommufd_fault_group_info group = { .size = sizeof(group) };

	fault(0, 1, 0, LAST);
	FAILS(iommufd_fault_group_next(NULL, 1, &position, &group),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_fault_group_next(faults, 1, NULL, &group), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_fault_group_next(faults, 1, &position, NULL),
	      NULL_POINTER, EINVAL);
	group.size = 47 + sizeof(void *);
	FAILS(iommufd_fault_group_next(faults, 1, &position, &group), OPTS_SIZE,
	      EINVAL);
	position = 2;
	FAILS(no_group(1), BAD_VALUE, EINVAL);
	position = 0;
	group.size = sizeof(group);
	OK(iommufd_fault_group_next(NULL, 0, &position, &group));
	ck_assert_uint_eq(group.count, 0);
}
END_TEST

/* --- answers -------------------------------------------------------------- */

/*
 * What the kernel's end does: takes answers up to one whose cookie is `dead` or
 * whose code is none, and at most `at_most` at a time.
 */
static struct {
	int fd;
	uint32_t at_most;
	uint32_t dead[4];
	int err; /* of everything */
	unsigned int writes;
	uint32_t taken[16];
	uint32_t count;
} fake = { .fd = -1 };

static int refused(const struct iommufd_hwpt_page_response *response)
{
	int is = response->code > IOMMUFD_PAGE_RESPONSE_INVALID;

	for (int i = 0; i < 4; i++)
		is |= fake.dead[i] && fake.dead[i] == response->cookie;
	return is;
}

ssize_t write(int fd, const void *buffer, size_t length)
{
	const struct iommufd_hwpt_page_response *responses = buffer;
	size_t count = length / sizeof(*responses), done = 0;

	if (fd != fake.fd)
		return syscall(SYS_write, fd, buffer, length);
	fake.writes++;
	errno = fake.err ? fake.err : EINVAL;
	if (fake.err)
		return -1;
	while (done < count && done < fake.at_most &&
	       !refused(responses + done))
		fake.taken[fake.count++] = responses[done++].cookie;
	if (!done && count && fake.at_most)
		return -1;
	return (ssize_t)(done * sizeof(*responses));
}

static struct iommufd_ctx *ctx;
static struct iommufd_fault_queue *queue;
static struct iommufd_hwpt_page_response answers[8];

static void setup(void)
{
	OK(iommufd_ctx_open("/dev/null", &ctx));
	OK(iommufd_fault_queue_adopt(ctx, 3, harness_memfd(0),
				     IOMMUFD_ADOPT_TAKE_FD, &queue));
	memset(&fake, 0, sizeof(fake));
	fake.fd = iommufd_fault_queue_fd(queue);
	fake.at_most = 100;
	for (uint32_t i = 0; i < 8; i++)
		answers[i] = (struct iommufd_hwpt_page_response){ i + 1, 0 };
}

static void teardown(void)
{
	fake.fd = -1;
	iommufd_fault_queue_release(queue);
	iommufd_ctx_close(ctx);
}

static void check_answers(uint32_t count, uint32_t gone, unsigned int writes)
{
	uint32_t done = count, dead = 99;

	fake.writes = fake.count = 0;
	OK(iommufd_fault_answer(queue, answers, &done, &dead));
	ck_assert_uint_eq(done, count);
	ck_assert_uint_eq(dead, gone);
	ck_assert_uint_eq(fake.writes, writes);
	ck_assert_uint_eq(fake.count, count - gone);
}

START_TEST(dead_ones_among_them)
{
	check_answers(8, 0, 1);
	fake.dead[0] = 1;
	check_answers(8, 1, 2);
	ck_assert_uint_eq(fake.taken[0], 2);
	fake.dead[0] = 8;
	check_answers(8, 1, 2);
	fake.dead[0] = 4;
	check_answers(8, 1, 3);
	ck_assert_uint_eq(fake.taken[2], 3);
	ck_assert_uint_eq(fake.taken[3], 5);
	fake.dead[1] = 5;
	fake.dead[2] = 7;
	check_answers(8, 3, 6);
	fake.dead[0] = 1;
	fake.dead[1] = 2;
	fake.dead[2] = 3;
	check_answers(3, 3, 3);
	check_answers(0, 0, 0);
}
END_TEST

START_TEST(a_few_at_a_time)
{
	fake.at_most = 3;
	check_answers(8, 0, 3);
	ck_assert_uint_eq(fake.taken[7], 8);
}
END_TEST

static int answer_all(uint32_t expected, uint32_t gone)
{
	uint32_t done = 8, dead = 99;
	int ret = iommufd_fault_answer(queue, answers, &done, &dead);

	ck_assert_uint_eq(done, expected);
	ck_assert_uint_eq(dead, gone);
	return ret;
}

START_TEST(real_failures)
{
	int ret;

	fake.dead[0] = 2;
	answers[5].code = 9;
	ret = answer_all(5, 1);
	FAILS(ret, BAD_VALUE, EINVAL);
	ck_assert_uint_eq(harness_failure(ret).op,
			  IOMMUFD_OP_FAULT_QUEUE_RESPOND);
	ck_assert_uint_eq(harness_failure(ret).other_id, 6);
	answers[5].code = 0;
	fake.err = EFAULT;
	FAILS(answer_all(0, 0), BAD_BUFFER, EFAULT);
	fake.err = EINTR;
	FAILS(answer_all(0, 0), INTERRUPTED, EINTR);
	/* Neither taken nor refused: no loop without an end. */
	fake.err = 0;
	fake.at_most = 0;
	FAILS(answer_all(0, 0), UNSPECIFIC, EIO);
}
END_TEST

START_TEST(wrong_answers)
{
	struct iommufd_fault_group_info group = { .size = sizeof(group),
						  .count = 1,
						  .cookie = 4 };
	uint32_t count = 8, gone = 9;

	FAILS(iommufd_fault_answer(NULL, answers, &count, &gone), NULL_POINTER,
	      EINVAL);
	ck_assert_uint_eq(count, 0);
	count = 8;
	FAILS(iommufd_fault_answer(queue, NULL, &count, &gone), NULL_POINTER,
	      EINVAL);
	ck_assert_uint_eq(count, 0);
	FAILS(iommufd_fault_answer(queue, answers, NULL, &gone), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_fault_answer_group(NULL, &group, 0, &gone), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_fault_answer_group(queue, NULL, 0, &gone), NULL_POINTER,
	      EINVAL);
	group.count = 0;
	gone = 9;
	FAILS(iommufd_fault_answer_group(queue, &group, 0, &gone), BAD_VALUE,
	      EINVAL);
	ck_assert_uint_eq(gone, 0);
	group.size = 3;
	FAILS(iommufd_fault_answer_group(queue, &group, 0, NULL), OPTS_SIZE,
	      EINVAL);
	ck_assert_uint_eq(fake.writes, 0);
}
END_TEST

START_TEST(one_group)
{
	struct iommufd_fault_group_info group = { .size = sizeof(group),
						  .count = 1,
						  .cookie = 4 };
	uint32_t gone = 9;

	OK(iommufd_fault_answer_group(queue, &group, 0, &gone));
	ck_assert_uint_eq(gone, 0);
	ck_assert_uint_eq(fake.taken[0], 4);
	OK(iommufd_fault_answer_group(queue, &group, 1, NULL));
	fake.dead[0] = 4;
	OK(iommufd_fault_answer_group(queue, &group, 0, &gone));
	ck_assert_uint_eq(gone, 1);
	OK(iommufd_fault_answer_group(queue, &group, 0, NULL));
	FAILS(iommufd_fault_answer_group(queue, &group, 2, &gone), BAD_VALUE,
	      EINVAL);
	ck_assert_uint_eq(gone, 0);
	ck_assert_uint_eq(fake.writes, 5);
}
END_TEST

static const TTest **const grouping[] = {
	&groups_of_several,    &lengths,	 &parts_of_groups,
	&groups_within_groups, &wrong_arguments, NULL,
};

static const TTest **const answering[] = {
	&dead_ones_among_them, &a_few_at_a_time, &real_failures,
	&wrong_answers,	       &one_group,	 NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "groups", .tests = grouping },
		{ .name = "answers",
		  .setup = setup,
		  .teardown = teardown,
		  .tests = answering },
	};

	return harness_run("fault_groups", cases, 2);
}
