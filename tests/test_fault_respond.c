/* SPDX-License-Identifier: MIT */
/* Answers to page faults, and faults that the kernel answers itself. */
#include "harness.h"
#include "queues.h"

static struct queues q;

static void setup(void)
{
	queues_faults(&q);
}

START_TEST(bad_answers_lose_nothing)
{
	struct iommufd_hwpt_page_response *responses = memory_end();
	uint32_t count = 1, cookie = fault_cookie(&q);

	FAILS(iommufd_fault_queue_respond(q.faults, responses, &count),
	      BAD_BUFFER, EFAULT);
	ck_assert_uint_eq(count, 0);
	responses[-1].cookie = cookie;
	count = 2;
	OK(iommufd_fault_queue_respond(q.faults, responses - 1, &count));
	ck_assert_uint_eq(count, 1);
	FAILS(fault_answer(&q, cookie, IOMMUFD_PAGE_RESPONSE_SUCCESS),
	      FAULT_GONE, EINVAL);
	queues_end(&q);
}
END_TEST

START_TEST(one_answer_each)
{
	uint32_t cookie = fault_cookie(&q), code = 2;
	struct iommufd_failure failure;
	int ret;

	ret = fault_answer(&q, cookie, code);
	FAILS(ret, BAD_VALUE, EINVAL);
	failure = harness_failure(ret);
	ck_assert_uint_eq(failure.op, IOMMUFD_OP_FAULT_QUEUE_RESPOND);
	ck_assert_uint_eq(failure.object_id, iommufd_fault_queue_id(q.faults));
	ck_assert_uint_eq(failure.arg, code);
	FAILS(fault_answer(&q, cookie, UINT32_MAX), BAD_VALUE, EINVAL);
	OK(fault_answer(&q, cookie, IOMMUFD_PAGE_RESPONSE_SUCCESS));
	ret = fault_answer(&q, cookie, IOMMUFD_PAGE_RESPONSE_SUCCESS);
	FAILS(ret, FAULT_GONE, EINVAL);
	ck_assert_uint_eq(harness_failure(ret).other_id, cookie);
	FAILS(fault_answer(&q, 0, IOMMUFD_PAGE_RESPONSE_SUCCESS), FAULT_GONE,
	      EINVAL);
	FAILS(fault_answer(&q, cookie + 1000, IOMMUFD_PAGE_RESPONSE_INVALID),
	      FAULT_GONE, EINVAL);
	OK(fault_answer(&q, fault_cookie(&q), IOMMUFD_PAGE_RESPONSE_INVALID));
	queues_end(&q);
}
END_TEST

/* Four faults, and an answer to each. */
static void answers(struct iommufd_hwpt_page_response *responses)
{
	struct iommufd_hwpt_pgfault seen[4];

	fault_at(&q, FAULT_AT, 4);
	ck_assert_uint_eq(fault_read(&q, seen, 4), 4);
	for (int i = 0; i < 4; i++)
		responses[i] = (struct iommufd_hwpt_page_response){
			seen[i].cookie, IOMMUFD_PAGE_RESPONSE_SUCCESS
		};
}

START_TEST(many_answers)
{
	struct iommufd_hwpt_page_response responses[4];
	uint32_t count = 4, cookie;

	answers(responses);
	OK(iommufd_fault_queue_respond(q.faults, responses, &count));
	ck_assert_uint_eq(count, 4);
	count = 0;
	OK(iommufd_fault_queue_respond(q.faults, NULL, &count));
	ck_assert_uint_eq(count, 0);

	/* Up to the one that nobody waits for; the rest still waits. */
	answers(responses);
	cookie = responses[2].cookie;
	responses[2].cookie = 12345;
	count = 4;
	OK(iommufd_fault_queue_respond(q.faults, responses, &count));
	ck_assert_uint_eq(count, 2);
	count = 2;
	FAILS(iommufd_fault_queue_respond(q.faults, responses + 2, &count),
	      FAULT_GONE, EINVAL);
	ck_assert_uint_eq(count, 0);
	OK(fault_answer(&q, cookie, IOMMUFD_PAGE_RESPONSE_SUCCESS));
	OK(fault_answer(&q, responses[3].cookie,
			IOMMUFD_PAGE_RESPONSE_SUCCESS));
	queues_end(&q);
}
END_TEST

START_TEST(many_answers_and_a_wrong_code)
{
	struct iommufd_hwpt_page_response responses[4];
	uint32_t count = 4;

	answers(responses);
	responses[3].code = 9;
	OK(iommufd_fault_queue_respond(q.faults, responses, &count));
	ck_assert_uint_eq(count, 3);
	FAILS(fault_answer(&q, responses[3].cookie, 9), BAD_VALUE, EINVAL);
	OK(fault_answer(&q, responses[3].cookie,
			IOMMUFD_PAGE_RESPONSE_INVALID));
	queues_end(&q);
}
END_TEST

/* The kernel answers for a device that moves: read or not. */
START_TEST(a_device_that_moves)
{
	uint32_t cookie = fault_cookie(&q);

	fault_at(&q, FAULT_AT, 2);
	queues_away(&q);
	no_faults(&q);
	FAILS(fault_answer(&q, cookie, IOMMUFD_PAGE_RESPONSE_SUCCESS),
	      FAULT_GONE, EINVAL);
	/* Without a queue nobody hears of it. */
	fault_at(&q, FAULT_AT, 1);
	no_faults(&q);
	OK(iommufd_device_attach(q.f.device, iommufd_hwpt_id(q.nested), NULL));
	OK(fault_answer(&q, fault_cookie(&q), IOMMUFD_PAGE_RESPONSE_SUCCESS));
	queues_end(&q);
}
END_TEST

/* To another page table of the same queue. */
START_TEST(a_device_that_moves_within_the_queue)
{
	struct iommufd_hwpt *second =
		nested_on(&q, iommufd_hwpt_id(q.parent),
			  iommufd_fault_queue_id(q.faults));
	uint32_t cookie = fault_cookie(&q);

	fault_at(&q, FAULT_AT, 2);
	OK(iommufd_device_attach(q.f.device, iommufd_hwpt_id(second), NULL));
	no_faults(&q);
	FAILS(fault_answer(&q, cookie, IOMMUFD_PAGE_RESPONSE_SUCCESS),
	      FAULT_GONE, EINVAL);
	OK(fault_answer(&q, fault_cookie(&q), IOMMUFD_PAGE_RESPONSE_SUCCESS));
	queues_away(&q);
	OK(iommufd_hwpt_destroy(second));
	queues_end(&q);
}
END_TEST

START_TEST(a_device_that_goes)
{
	uint32_t cookie = fault_cookie(&q);

	fault_at(&q, FAULT_AT, 1);
	iommufd_device_close(q.f.device);
	no_faults(&q);
	FAILS(fault_answer(&q, cookie, IOMMUFD_PAGE_RESPONSE_SUCCESS),
	      FAULT_GONE, EINVAL);
	OK(iommufd_mock_device_new(q.f.ctx, iommufd_hwpt_id(q.nested), 0, NULL,
				   &q.f.device));
	OK(fault_answer(&q, fault_cookie(&q), IOMMUFD_PAGE_RESPONSE_SUCCESS));
	queues_end(&q);
}
END_TEST

static const TTest **const answering[] = {
	&bad_answers_lose_nothing,
	&one_answer_each,
	&many_answers,
	&many_answers_and_a_wrong_code,
	NULL,
};

static const TTest **const moving[] = {
	&a_device_that_moves,
	&a_device_that_moves_within_the_queue,
	&a_device_that_goes,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "answering", .setup = setup, .tests = answering },
		{ .name = "moving", .setup = setup, .tests = moving },
	};

	return harness_run("fault_respond", cases, 2);
}
