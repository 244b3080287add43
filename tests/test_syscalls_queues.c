/* SPDX-License-Identifier: MIT */
/* What every function of fault queues and virtual event queues costs. */
#include <unistd.h>

#include "counter_alloc.h"
#include "harness.h"
#include "queues.h"

#define TABLE "syscalls-queues.tsv"

static struct queues q;
static struct iommufd_fault_queue *faults;
static struct iommufd_veventq *events;
static struct iommufd_hwpt_pgfault pgfault;
static struct iommufd_hwpt_page_response response;
static unsigned char buffer[64];
static uint32_t count, length;
static int fd;

static const struct iommufd_veventq_alloc_opts opts = {
	.size = sizeof(opts),
	.type = IOMMUFD_MOCK_VEVENTQ,
	.depth = 4,
};

/* Under a sanitizer a thread's first failure makes its record. */
static void first_failure(void)
{
	FAILS(iommufd_ctx_destroy_id(q.f.ctx, UNUSED_ID), OBJECT, ENOENT);
}

static void fault_setup(void)
{
	queues_faults(&q);
	first_failure();
}

static void event_setup(void)
{
	queues_events(&q, 0);
	first_failure();
}

static void fault_begin(void)
{
	OK(iommufd_fault_queue_alloc(q.f.ctx, 0, &faults));
}

static void fault_closed(void)
{
	fault_begin();
	iommufd_fault_queue_close_fd(faults);
}

static void fault_end(void)
{
	iommufd_fault_queue_close_fd(faults);
	OK(iommufd_fault_queue_destroy(faults));
}

static void fault_let_go(void)
{
	iommufd_fault_queue_release(faults);
}

static void fault_waits(void)
{
	fault_at(&q, 0, 1);
	count = 1;
}

static void fault_was_read(void)
{
	fault_waits();
	OK(iommufd_fault_queue_read(q.faults, &pgfault, &count));
	response.cookie = pgfault.cookie;
}

static void event_begin(void)
{
	OK(iommufd_veventq_alloc(q.viommu, &opts, &events));
}

static void event_waits(void)
{
	event_begin();
	event_times(&q, 1);
	length = sizeof(buffer);
}

static void event_closed(void)
{
	event_begin();
	iommufd_veventq_close_fd(events);
}

static void event_end(void)
{
	iommufd_veventq_close_fd(events);
	OK(iommufd_veventq_destroy(events));
}

static void event_let_go(void)
{
	iommufd_veventq_release(events);
}

static void fd_begin(void)
{
	fd = dup(0);
}

static void fd_end(void)
{
	close(fd);
}

static void fault_fd_end(void)
{
	fault_let_go();
	fd_end();
}

static void event_fd_end(void)
{
	event_let_go();
	fd_end();
}

#define CALL(name, expression)                                                 \
	static int name(void)                                                  \
	{                                                                      \
		return (expression);                                           \
	}

CALL(fault_alloc, iommufd_fault_queue_alloc(q.f.ctx, 0, &faults))
CALL(fault_adopt, iommufd_fault_queue_adopt(q.f.ctx, 1, fd, 0, &faults))
CALL(fault_adopt_take,
     iommufd_fault_queue_adopt(q.f.ctx, 1, fd, IOMMUFD_ADOPT_TAKE_FD, &faults))
CALL(fault_id, !iommufd_fault_queue_id(q.faults))
CALL(fault_ctx, !iommufd_fault_queue_ctx(q.faults))
CALL(fault_fd, iommufd_fault_queue_fd(q.faults) < 0)
CALL(read_fault, iommufd_fault_queue_read(q.faults, &pgfault, &count))
CALL(fault_respond, iommufd_fault_queue_respond(q.faults, &response, &count))
CALL(fault_close_fd, (iommufd_fault_queue_close_fd(faults), 0))
CALL(fault_destroy, iommufd_fault_queue_destroy(faults))
CALL(fault_release, (iommufd_fault_queue_release(faults), 0))

CALL(event_alloc, iommufd_veventq_alloc(q.viommu, &opts, &events))
CALL(event_adopt, iommufd_veventq_adopt(q.f.ctx, 1, fd, 0, &events))
CALL(event_adopt_take,
     iommufd_veventq_adopt(q.f.ctx, 1, fd, IOMMUFD_ADOPT_TAKE_FD, &events))
CALL(event_id, !iommufd_veventq_id(events))
CALL(event_ctx, !iommufd_veventq_ctx(events))
CALL(event_fd, iommufd_veventq_fd(events) < 0)
CALL(event_read, iommufd_veventq_read(events, buffer, &length))
CALL(event_close_fd, (iommufd_veventq_close_fd(events), 0))
CALL(event_destroy, iommufd_veventq_destroy(events))
CALL(event_release, (iommufd_veventq_release(events), 0))

/* A queue that was let go of stays until the context ends. */
#define ROW(name, expected, allocations, call, before, after)                  \
	{                                                                      \
		name, expected, allocations, call, 0, before, after            \
	}

static const struct counter_call of_faults[] = {
	ROW("iommufd_fault_queue_alloc", "1 ioctl", 1, fault_alloc, NULL,
	    fault_end),
	ROW("iommufd_fault_queue_adopt", "1 fcntl", 1, fault_adopt, fd_begin,
	    fault_fd_end),
	ROW("iommufd_fault_queue_adopt TAKE_FD", "none", 1, fault_adopt_take,
	    fd_begin, fault_let_go),
	ROW("iommufd_fault_queue_id", "none", 0, fault_id, NULL, NULL),
	ROW("iommufd_fault_queue_ctx", "none", 0, fault_ctx, NULL, NULL),
	ROW("iommufd_fault_queue_fd", "none", 0, fault_fd, NULL, NULL),
	ROW("iommufd_fault_queue_read", "1 read", 0, read_fault, fault_waits,
	    NULL),
	ROW("iommufd_fault_queue_respond", "1 write", 0, fault_respond,
	    fault_was_read, NULL),
	ROW("iommufd_fault_queue_close_fd", "1 close", 0, fault_close_fd,
	    fault_begin, fault_end),
	ROW("iommufd_fault_queue_close_fd again", "none", 0, fault_close_fd,
	    fault_closed, fault_end),
	ROW("iommufd_fault_queue_destroy", "1 ioctl", 0, fault_destroy,
	    fault_closed, NULL),
	ROW("iommufd_fault_queue_release", "1 close", 0, fault_release,
	    fault_begin, NULL),
	ROW("iommufd_fault_queue_release closed", "none", 0, fault_release,
	    fault_closed, NULL),
};

static const struct counter_call of_events[] = {
	ROW("iommufd_veventq_alloc", "1 ioctl", 1, event_alloc, NULL,
	    event_end),
	ROW("iommufd_veventq_adopt", "1 fcntl", 1, event_adopt, fd_begin,
	    event_fd_end),
	ROW("iommufd_veventq_adopt TAKE_FD", "none", 1, event_adopt_take,
	    fd_begin, event_let_go),
	ROW("iommufd_veventq_id", "none", 0, event_id, event_begin, event_end),
	ROW("iommufd_veventq_ctx", "none", 0, event_ctx, event_begin,
	    event_end),
	ROW("iommufd_veventq_fd", "none", 0, event_fd, event_begin, event_end),
	ROW("iommufd_veventq_read", "1 read", 0, event_read, event_waits,
	    event_end),
	ROW("iommufd_veventq_close_fd", "1 close", 0, event_close_fd,
	    event_begin, event_end),
	ROW("iommufd_veventq_close_fd again", "none", 0, event_close_fd,
	    event_closed, event_end),
	ROW("iommufd_veventq_destroy", "1 ioctl", 0, event_destroy,
	    event_closed, NULL),
	ROW("iommufd_veventq_release", "1 close", 0, event_release, event_begin,
	    NULL),
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

START_TEST(of_fault_queues)
{
	counter_run(TABLE, fault_setup, of_faults, COUNT(of_faults));
}
END_TEST

/* Refusals cost the same: one ioctl where the kernel has no such command. */
static struct iommufd_viommu *unsupported;

CALL(refused, iommufd_veventq_alloc(unsupported, &opts, &events))

static void refused_setup(void)
{
	queues_faults(&q);
	OK(iommufd_viommu_adopt(q.f.ctx, UNUSED_ID, 0, &unsupported));
	FAILS(refused(), COMMAND, ENOTTY);
}

static const struct counter_call of_refusals[] = {
	{ "iommufd_veventq_alloc", "1 ioctl", 1, refused, 1, NULL, NULL },
};

START_TEST(of_event_queues)
{
	struct iommufd_ctx *ctx = harness_ctx();
	int has = harness_has(ctx, IOMMUFD_NR_VEVENTQ_ALLOC);

	iommufd_ctx_close(ctx);
	if (has)
		counter_run(TABLE, event_setup, of_events, COUNT(of_events));
	else
		counter_run(NULL, refused_setup, of_refusals, 1);
}
END_TEST

static const TTest **const costs[] = { &of_fault_queues, &of_event_queues,
				       NULL };

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "costs", .tests = costs },
	};

	counter_begin(TABLE);
	return harness_run("syscalls_queues", cases, 1);
}
