/* SPDX-License-Identifier: MIT */
/*
 * Threads that wait for events and faults, and are stopped, while others make
 * and end objects that are none of theirs.
 */
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "harness.h"
#include "queues.h"
#include <iommufd/util/util.h>

#define EVENTS 2000
#define FAULTS 500
#define ROUNDS 50

static struct queues q;
static int stop; /* an eventfd */

/* What a reader has seen; looked at when it has ended. */
struct tally {
	uint64_t delivered;
	uint64_t lost;
	unsigned int wrong;
};

static void stop_begin(void)
{
	stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ck_assert_int_ge(stop, 0);
}

static void stop_now(void)
{
	const uint64_t one = 1;

	ck_assert_int_eq(write(stop, &one, sizeof(one)), sizeof(one));
}

/* Waits for the queue or the end: 1 when it is to be read. What has come before
 * the end is read first. */
static int wait_for(int fd)
{
	struct pollfd fds[2] = { { .fd = fd, .events = POLLIN },
				 { .fd = stop, .events = POLLIN } };

	return poll(fds, 2, -1) > 0 && fds[0].revents & POLLIN;
}

static void *read_events(void *arg)
{
	struct iommufd_event_info event = { .size = sizeof(event) };
	struct mock_record buffer[16];
	struct iommufd_event_reader reader = {
		.size = sizeof(reader),
		.type = IOMMUFD_MOCK_VEVENTQ,
		.event_length = sizeof(struct iommufd_mock_vevent),
		.buffer_size = sizeof(buffer),
		.buffer = buffer,
	};
	struct tally *tally = arg;

	while (wait_for(iommufd_veventq_fd(q.events))) {
		if (iommufd_event_fill(&reader, q.events))
			tally->wrong++;
		do {
			if (iommufd_event_next(&reader, &event))
				tally->wrong++;
		} while (event.kind != IOMMUFD_EVENT_NONE && !tally->wrong);
	}
	tally->delivered = reader.delivered;
	tally->lost = reader.lost;
	return NULL;
}

static void answer_all(struct tally *tally,
		       const struct iommufd_hwpt_pgfault *faults,
		       uint32_t count)
{
	struct iommufd_fault_group_info group = { .size = sizeof(group) };
	uint32_t position = 0, gone = 0;

	for (;;) {
		if (iommufd_fault_group_next(faults, count, &position, &group))
			tally->wrong++;
		if (!group.count)
			return;
		if (iommufd_fault_answer_group(q.faults, &group,
					       IOMMUFD_PAGE_RESPONSE_SUCCESS,
					       &gone))
			tally->wrong++;
		tally->delivered += !gone;
		tally->lost += gone;
	}
}

static void *read_faults(void *arg)
{
	struct iommufd_hwpt_pgfault faults[16];
	struct tally *tally = arg;

	while (wait_for(iommufd_fault_queue_fd(q.faults))) {
		uint32_t count = 16;

		if (iommufd_fault_queue_read(q.faults, faults, &count))
			tally->wrong++;
		else
			answer_all(tally, faults, count);
	}
	return NULL;
}

/* In the same context, until the end. */
static void *make_and_end(void *arg)
{
	struct tally *tally = arg;

	for (int i = 0; i < ROUNDS; i++) {
		struct iommufd_fault_queue *queue = NULL;
		struct iommufd_ioas *ioas = NULL;

		tally->wrong += iommufd_ioas_alloc(q.f.ctx, 0, &ioas) != 0;
		tally->wrong +=
			iommufd_fault_queue_alloc(q.f.ctx, 0, &queue) != 0;
		iommufd_fault_queue_close_fd(queue);
		tally->wrong += iommufd_fault_queue_destroy(queue) != 0;
		tally->wrong += iommufd_ioas_destroy(ioas) != 0;
		tally->delivered++;
	}
	return NULL;
}

#define THREADS 4

/* The body, in a thread more than the two that make objects, while @send. */
static void run(void *(*reader)(void *), unsigned int readers,
		void (*send)(void), struct tally *tallies)
{
	pthread_t threads[THREADS];

	stop_begin();
	for (unsigned int i = 0; i < THREADS; i++)
		ck_assert_int_eq(
			pthread_create(&threads[i], NULL,
				       i < readers ? reader : make_and_end,
				       &tallies[i]),
			0);
	send();
	stop_now();
	for (unsigned int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	for (unsigned int i = 0; i < THREADS; i++)
		ck_assert_uint_eq(tallies[i].wrong, 0);
	for (unsigned int i = readers; i < THREADS; i++)
		ck_assert_uint_eq(tallies[i].delivered, ROUNDS);
	close(stop);
}

static void send_events(void)
{
	event_times(&q, EVENTS);
}

START_TEST(an_event_reader_that_is_stopped)
{
	struct tally tallies[THREADS] = { 0 };
	struct iommufd_ctx *ctx = harness_ctx();
	int has = harness_has(ctx, IOMMUFD_NR_VEVENTQ_ALLOC);

	iommufd_ctx_close(ctx);
	if (!has) /* which is the failure that there has to be */
		return;
	queues_events(&q, 8);
	run(read_events, 1, send_events, tallies);
	ck_assert_uint_eq(tallies[0].delivered + tallies[0].lost, EVENTS);
	/* Nobody reads any more, so it can go. */
	queues_end(&q);
}
END_TEST

static void send_faults(void)
{
	fault_at(&q, FAULT_AT, FAULTS);
}

/* Two of them share the queue: each fault is one's. */
START_TEST(fault_readers_that_are_stopped)
{
	struct tally tallies[THREADS] = { 0 };

	queues_faults(&q);
	run(read_faults, 2, send_faults, tallies);
	ck_assert_uint_eq(tallies[0].lost + tallies[1].lost, 0);
	ck_assert_uint_eq(tallies[0].delivered + tallies[1].delivered, FAULTS);
	queues_end(&q);
}
END_TEST

/* A device that moves to and fro meanwhile: some answers come too late. */
static void send_and_move(void)
{
	for (int i = 0; i < 50; i++) {
		fault_at(&q, FAULT_AT, FAULTS / 50);
		queues_away(&q);
		OK(iommufd_device_attach(q.f.device, iommufd_hwpt_id(q.nested),
					 NULL));
	}
}

START_TEST(answers_to_a_device_that_moves)
{
	struct tally tallies[THREADS] = { 0 };

	queues_faults(&q);
	run(read_faults, 2, send_and_move, tallies);
	ck_assert_uint_le(tallies[0].delivered + tallies[0].lost +
				  tallies[1].delivered + tallies[1].lost,
			  FAULTS);
	queues_end(&q);
}
END_TEST

/* Nothing comes at all: the end alone wakes them. */
static void send_nothing(void)
{
	usleep(20000);
}

START_TEST(readers_of_nothing)
{
	struct tally tallies[THREADS] = { 0 };

	queues_faults(&q);
	run(read_faults, 2, send_nothing, tallies);
	ck_assert_uint_eq(tallies[0].delivered + tallies[1].delivered, 0);
	queues_end(&q);
}
END_TEST

static const TTest **const threads[] = {
	&an_event_reader_that_is_stopped,
	&fault_readers_that_are_stopped,
	&answers_to_a_device_that_moves,
	&readers_of_nothing,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "threads", .tests = threads },
	};

	return harness_run("events_threads", cases, 1);
}
