/* SPDX-License-Identifier: MIT */
/*
 * Calls of fault queues and event queues with every failure that the kernel can
 * have inside them: nothing leaks, and nothing that waits is lost.
 */
#include "harness.h"
#include "queues.h"
#include "sweep.h"

#define AT UINT64_C(0x5000)

static struct queues q;
static struct iommufd_fault_queue *faults;
static struct iommufd_veventq *events;
static struct iommufd_hwpt_pgfault pgfault;
static struct iommufd_hwpt_page_response response;
static struct mock_record record;
static uint32_t count, length;

static const struct iommufd_veventq_alloc_opts opts = {
	.size = sizeof(opts),
	.type = IOMMUFD_MOCK_VEVENTQ + 1,
	.depth = 4,
};

CALL(fault_alloc, iommufd_fault_queue_alloc(base.f.ctx, 0, &faults))
CALL(fault_destroy, iommufd_fault_queue_destroy(faults))
CALL(read_fault,
     (count = 1, iommufd_fault_queue_read(q.faults, &pgfault, &count)))
CALL(fault_respond,
     (count = 1, iommufd_fault_queue_respond(q.faults, &response, &count)))
CALL(event_alloc, iommufd_veventq_alloc(q.viommu, &opts, &events))
CALL(event_destroy, iommufd_veventq_destroy(events))
CALL(event_read, (length = sizeof(record),
		  iommufd_veventq_read(q.events, &record, &length)))

static void after_fault_alloc(int ret)
{
	if (!ret) {
		iommufd_fault_queue_close_fd(faults);
		OK(iommufd_fault_queue_destroy(faults));
	}
	sweep_check_same();
}

static void fault_closed(void)
{
	OK(fault_alloc());
	iommufd_fault_queue_close_fd(faults);
}

static void after_fault_destroy(int ret)
{
	if (ret)
		OK(iommufd_fault_queue_destroy(faults));
	sweep_check_same();
}

static void fault_waits(void)
{
	fault_at(&q, AT, 1);
}

static void after_fault_read(int ret)
{
	if (ret)
		OK(read_fault());
	ck_assert_uint_eq(count, 1);
	ck_assert_uint_eq(pgfault.addr, AT);
	response.cookie = pgfault.cookie;
	OK(fault_respond());
	sweep_check_same();
}

static void fault_was_read(void)
{
	fault_waits();
	OK(read_fault());
	response.cookie = pgfault.cookie;
}

static void after_fault_respond(int ret)
{
	if (ret)
		OK(fault_respond());
	FAILS(fault_respond(), FAULT_GONE, EINVAL);
	sweep_check_same();
}

START_TEST(of_fault_queues)
{
	q.f = base.f;
	queues_add_faults(&q);
	ck_assert_uint_gt(SWEEP("fault_queue_alloc", NULL, fault_alloc,
				after_fault_alloc),
			  1);
	SWEEP("fault_queue_destroy", fault_closed, fault_destroy,
	      after_fault_destroy);
	SWEEP("fault_queue_read", fault_waits, read_fault, after_fault_read);
	SWEEP("fault_queue_respond", fault_was_read, fault_respond,
	      after_fault_respond);
	queues_remove(&q);
	sweep_end();
}
END_TEST

static void after_event_alloc(int ret)
{
	if (!ret) {
		iommufd_veventq_close_fd(events);
		OK(iommufd_veventq_destroy(events));
	}
	sweep_check_same();
}

static void event_closed(void)
{
	OK(event_alloc());
	iommufd_veventq_close_fd(events);
}

static void after_event_destroy(int ret)
{
	if (ret)
		OK(iommufd_veventq_destroy(events));
	sweep_check_same();
}

static void event_waits(void)
{
	event_times(&q, 1);
}

static void after_event_read(int ret)
{
	static uint32_t sequence;

	if (ret)
		OK(event_read());
	ck_assert_uint_eq(length, sizeof(record));
	ck_assert_uint_eq(record.header.flags, 0);
	ck_assert_uint_eq(record.header.sequence, sequence++);
	sweep_check_same();
}

START_TEST(of_event_queues)
{
	struct iommufd_viommu *none = NULL;

	if (!harness_has(base.f.ctx, IOMMUFD_NR_VEVENTQ_ALLOC)) {
		OK(iommufd_viommu_adopt(base.f.ctx, UNUSED_ID, 0, &none));
		FAILS(iommufd_veventq_alloc(none, &opts, &events), COMMAND,
		      ENOTTY);
		iommufd_viommu_release(none);
		sweep_end();
		return;
	}
	q.f = base.f;
	queues_add_events(&q, 4);
	ck_assert_uint_gt(
		SWEEP("veventq_alloc", NULL, event_alloc, after_event_alloc),
		1);
	SWEEP("veventq_destroy", event_closed, event_destroy,
	      after_event_destroy);
	SWEEP("veventq_read", event_waits, event_read, after_event_read);
	queues_remove(&q);
	sweep_end();
}
END_TEST

static const TTest **const faulty[] = { &of_fault_queues, &of_event_queues,
					NULL };

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "queues",
		  .setup = sweep_setup,
		  .tests = faulty,
		  .timeout = 300 },
	};

	return harness_run("faults_queues", cases, 1);
}
