/* SPDX-License-Identifier: MIT */
/* Fault queues: making and ending, and what is read. */
#include <poll.h>
#include <sys/mman.h>

#include "harness.h"
#include "queues.h"

static struct queues q;

static void setup(void)
{
	queues_faults(&q);
}

static int alloc(void)
{
	struct iommufd_fault_queue *queue = NULL;
	int ret = iommufd_fault_queue_alloc(q.f.ctx, 0, &queue);

	ck_assert_int_eq(!ret, queue != NULL);
	iommufd_fault_queue_release(queue);
	return ret;
}

static struct iommufd_fault_queue *another(void)
{
	struct iommufd_fault_queue *queue = NULL;

	OK(iommufd_fault_queue_alloc(q.f.ctx, 0, &queue));
	return queue;
}

START_TEST(making_and_ending)
{
	struct iommufd_fault_queue *queue = (void *)1;

	FAILS(iommufd_fault_queue_alloc(q.f.ctx, 1, &queue), FEATURE,
	      EOPNOTSUPP);
	FAILS(iommufd_fault_queue_alloc(NULL, 0, &queue), NULL_POINTER, EINVAL);
	FAILS(iommufd_fault_queue_alloc(q.f.ctx, 0, NULL), NULL_POINTER,
	      EINVAL);
	ck_assert_ptr_eq(queue, (void *)1);
	check_ends(&fault_queues, q.f.ctx, another());
	check_release(&fault_queues, q.f.ctx, another());
	queues_end(&q);
}
END_TEST

START_TEST(adopting)
{
	check_adopt(&fault_queues, q.f.ctx, another());
	check_adopt_fails(&fault_queues, q.f.ctx);
	queues_end(&q);
}
END_TEST

static int adopt_again(void)
{
	struct iommufd_fault_queue *queue = NULL;
	int ret = iommufd_fault_queue_adopt(
		q.f.ctx, 1, iommufd_fault_queue_fd(q.faults), 0, &queue);

	ck_assert_ptr_null(queue);
	return ret;
}

START_TEST(no_descriptors_left)
{
	uint32_t id = next_id(q.f.ctx);

	check_no_descriptors(alloc);
	check_no_descriptors(adopt_again);
	ck_assert_uint_eq(next_id(q.f.ctx), id);
	queues_end(&q);
}
END_TEST

/* Page tables use it, beside its descriptor. */
START_TEST(in_use)
{
	uint32_t id = iommufd_fault_queue_id(q.faults);
	struct iommufd_hwpt *second =
		nested_on(&q, iommufd_hwpt_id(q.parent), id);

	iommufd_fault_queue_close_fd(q.faults);
	FAILS(iommufd_fault_queue_destroy(q.faults), IN_USE, EBUSY);
	queues_away(&q);
	OK(iommufd_hwpt_destroy(second));
	FAILS(iommufd_fault_queue_destroy(q.faults), IN_USE, EBUSY);
	OK(iommufd_device_attach(q.f.device, iommufd_hwpt_id(q.nested), NULL));
	/* Nobody can read these any more, and they keep nobody. */
	fault_at(&q, FAULT_AT, 2);
	queues_end(&q);
}
END_TEST

/* Empty is no end, and never waits. */
START_TEST(empty)
{
	struct iommufd_hwpt_pgfault fault;

	for (int i = 0; i < 3; i++)
		no_faults(&q);
	fault_at(&q, FAULT_AT, 1);
	check_poll(iommufd_fault_queue_fd(q.faults), POLLIN | POLLOUT);
	ck_assert_uint_eq(fault_read(&q, &fault, 1), 1);
	no_faults(&q);
	/* A fault that is read but not answered is none that waits. */
	OK(fault_answer(&q, fault.cookie, IOMMUFD_PAGE_RESPONSE_SUCCESS));
	no_faults(&q);
	queues_end(&q);
}
END_TEST

START_TEST(what_a_fault_says)
{
	struct iommufd_mock_fault fault = {
		.group = 77,
		.permission =
			IOMMUFD_PGFAULT_PERM_WRITE | IOMMUFD_PGFAULT_PERM_PRIV,
		.address = FAULT_AT + 5,
	};
	struct iommufd_hwpt_pgfault seen[2];

	OK(iommufd_mock_device_trigger_fault(q.f.device, &fault));
	fault.pasid = 0x123;
	fault.permission = IOMMUFD_PGFAULT_PERM_EXEC;
	OK(iommufd_mock_device_trigger_fault(q.f.device, &fault));
	ck_assert_uint_eq(fault_read(&q, seen, 2), 2);
	ck_assert_uint_eq(seen[0].flags, IOMMUFD_PGFAULT_LAST_PAGE);
	ck_assert_uint_eq(seen[0].dev_id, iommufd_device_id(q.f.device));
	ck_assert_uint_eq(seen[0].grpid, 77);
	ck_assert_uint_eq(seen[0].perm, IOMMUFD_PGFAULT_PERM_WRITE |
						IOMMUFD_PGFAULT_PERM_PRIV);
	ck_assert_uint_eq(seen[0].reserved, 0);
	ck_assert_uint_eq(seen[0].addr, FAULT_AT + 5);
	ck_assert_uint_eq(seen[0].length, 0);
	ck_assert_uint_eq(seen[0].cookie, 1);
	/* Nobody has the PASID, so the device's own nested table gets it. */
	ck_assert_uint_eq(seen[1].flags, IOMMUFD_PGFAULT_LAST_PAGE |
						 IOMMUFD_PGFAULT_PASID_VALID);
	ck_assert_uint_eq(seen[1].pasid, 0x123);
	ck_assert_uint_eq(seen[1].perm, IOMMUFD_PGFAULT_PERM_EXEC);
	ck_assert_uint_eq(seen[1].cookie, 2);
	queues_end(&q);
}
END_TEST

START_TEST(as_many_as_fit)
{
	struct iommufd_hwpt_pgfault seen[4];
	uint32_t count;

	fault_at(&q, FAULT_AT, 3);
	count = 0;
	FAILS(iommufd_fault_queue_read(q.faults, NULL, &count), RECORD_SHORT,
	      EINVAL);
	ck_assert_uint_eq(count, 0);
	ck_assert_uint_eq(fault_read(&q, seen, 1), 1);
	ck_assert_uint_eq(seen[0].addr, FAULT_AT);
	check_poll(iommufd_fault_queue_fd(q.faults), POLLIN | POLLOUT);
	ck_assert_uint_eq(fault_read(&q, seen, 4), 2);
	ck_assert_uint_eq(seen[0].addr, FAULT_AT + PAGE);
	ck_assert_uint_eq(seen[1].addr, FAULT_AT + 2 * PAGE);
	ck_assert_uint_lt(seen[0].cookie, seen[1].cookie);
	OK(iommufd_fault_queue_read(q.faults, NULL, &count));
	ck_assert_uint_eq(count, 0);
	queues_end(&q);
}
END_TEST

/* More than one read of the kernel's takes at a time. */
START_TEST(into_a_large_buffer)
{
	const uint32_t room = 2 << 20;
	const size_t length = room * sizeof(struct iommufd_hwpt_pgfault);
	struct iommufd_hwpt_pgfault *seen =
		mmap(NULL, length, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	uint32_t count = room;

	ck_assert_ptr_ne(seen, MAP_FAILED);
	fault_at(&q, FAULT_AT, 1);
	OK(iommufd_fault_queue_read(q.faults, seen, &count));
	ck_assert_uint_eq(count, 1);
	ck_assert_uint_eq(seen[0].addr, FAULT_AT);
	munmap(seen, length);
	queues_end(&q);
}
END_TEST

START_TEST(wrong_arguments)
{
	struct iommufd_hwpt_page_response response = { 1, 0 };
	struct iommufd_hwpt_pgfault fault;
	uint32_t count = 1;
	int ret;

	FAILS(iommufd_fault_queue_read(NULL, &fault, &count), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_fault_queue_read(q.faults, NULL, &count), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_fault_queue_read(q.faults, &fault, NULL), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_fault_queue_respond(NULL, &response, &count),
	      NULL_POINTER, EINVAL);
	ck_assert_uint_eq(count, 0);
	count = 1;
	FAILS(iommufd_fault_queue_respond(q.faults, NULL, &count), NULL_POINTER,
	      EINVAL);
	ck_assert_uint_eq(count, 0);
	count = 1;
	FAILS(iommufd_fault_queue_respond(q.faults, &response, NULL),
	      NULL_POINTER, EINVAL);
	iommufd_fault_queue_close_fd(q.faults);
	ret = iommufd_fault_queue_read(q.faults, &fault, &count);
	FAILS(ret, BAD_FD, EBADF);
	ck_assert_uint_eq(harness_failure(ret).op, IOMMUFD_OP_FAULT_QUEUE_READ);
	ck_assert_uint_eq(harness_failure(ret).object_id,
			  iommufd_fault_queue_id(q.faults));
	ck_assert_int_eq(harness_failure(ret).fd, -1);
	ck_assert_uint_eq(count, 1);
	ret = iommufd_fault_queue_respond(q.faults, &response, &count);
	FAILS(ret, BAD_FD, EBADF);
	ck_assert_uint_eq(harness_failure(ret).op,
			  IOMMUFD_OP_FAULT_QUEUE_RESPOND);
	queues_end(&q);
}
END_TEST

START_TEST(bad_buffers_lose_nothing)
{
	struct iommufd_hwpt_pgfault *faults = memory_end(), seen[2];
	uint32_t count = 2;

	fault_at(&q, FAULT_AT, 2);
	FAILS(iommufd_fault_queue_read(q.faults, faults, &count), BAD_BUFFER,
	      EFAULT);
	ck_assert_uint_eq(count, 2);
	check_poll(iommufd_fault_queue_fd(q.faults), POLLIN | POLLOUT);
	/* Room for the first one only: it comes, the second one stays. */
	OK(iommufd_fault_queue_read(q.faults, faults - 1, &count));
	ck_assert_uint_eq(count, 1);
	ck_assert_uint_eq(faults[-1].addr, FAULT_AT);
	ck_assert_uint_eq(fault_read(&q, seen, 2), 1);
	ck_assert_uint_eq(seen[0].addr, FAULT_AT + PAGE);
	OK(fault_answer(&q, faults[-1].cookie, IOMMUFD_PAGE_RESPONSE_SUCCESS));
	OK(fault_answer(&q, seen[0].cookie, IOMMUFD_PAGE_RESPONSE_SUCCESS));
	queues_end(&q);
}
END_TEST

/* A page table needs a queue that is there, and one that is a queue. */
START_TEST(no_such_queue)
{
	static const struct iommufd_mock_hwpt_data data = { .iotlb = 1 };
	struct iommufd_hwpt_alloc_opts opts = {
		.size = sizeof(opts),
		.flags = IOMMUFD_HWPT_FAULT_ID_VALID,
		.data_type = IOMMUFD_MOCK_HWPT_DATA,
		.data_len = sizeof(data.iotlb),
		.data = &data,
		.fault_id = UNUSED_ID,
	};
	uint32_t parent = iommufd_hwpt_id(q.parent), id = next_id(q.f.ctx);
	struct iommufd_hwpt *hwpt = NULL;

	FAILS(iommufd_hwpt_alloc(q.f.device, parent, &opts, &hwpt),
	      DEVICE_OR_QUEUE, ENOENT);
	opts.fault_id = parent;
	FAILS(iommufd_hwpt_alloc(q.f.device, parent, &opts, &hwpt),
	      DEVICE_OR_QUEUE, ENOENT);
	ck_assert_ptr_null(hwpt);
	ck_assert_uint_eq(next_id(q.f.ctx), id);
	queues_end(&q);
}
END_TEST

/* Page tables that are no nested ones have faults too, since 6.13. */
START_TEST(of_a_paging_page_table)
{
	const struct iommufd_hwpt_alloc_opts opts = {
		.size = sizeof(opts),
		.flags = IOMMUFD_HWPT_FAULT_ID_VALID,
		.fault_id = iommufd_fault_queue_id(q.faults),
	};
	uint32_t ioas_id = iommufd_ioas_id(q.f.ioas);
	struct iommufd_hwpt *hwpt = NULL;

	if (!harness_has(q.f.ctx, IOMMUFD_NR_VIOMMU_ALLOC)) {
		FAILS(iommufd_hwpt_alloc(q.f.device, ioas_id, &opts, &hwpt),
		      FEATURE, EOPNOTSUPP);
		queues_end(&q);
		return;
	}
	OK(iommufd_hwpt_alloc(q.f.device, ioas_id, &opts, &hwpt));
	OK(iommufd_device_attach(q.f.device, iommufd_hwpt_id(hwpt), NULL));
	OK(fault_answer(&q, fault_cookie(&q), IOMMUFD_PAGE_RESPONSE_SUCCESS));
	queues_away(&q);
	OK(iommufd_hwpt_destroy(hwpt));
	queues_end(&q);
}
END_TEST

static const TTest **const objects[] = {
	&making_and_ending,	 &adopting, &in_use, &no_such_queue,
	&of_a_paging_page_table, NULL,
};

static const TTest **const reading[] = {
	&empty,
	&what_a_fault_says,
	&as_many_as_fit,
	&into_a_large_buffer,
	&wrong_arguments,
	&bad_buffers_lose_nothing,
	NULL,
};

static const TTest **const limits[] = { &no_descriptors_left, NULL };

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "objects", .setup = setup, .tests = objects },
		{ .name = "reading", .setup = setup, .tests = reading },
		{ .name = "limits",
		  .setup = setup,
		  .tests = limits,
		  .tags = LIMITS },
	};

	return harness_run("fault_queue", cases, 3);
}
