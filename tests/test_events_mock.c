/* SPDX-License-Identifier: MIT */
/*
 * The readers of events and faults on queues of the kernel: every event that
 * was sent is counted, and answers come too late without harm.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "harness.h"
#include "queues.h"
#include "records.h"

#define DEPTH 7
#define MANY  120000

static struct queues q;
static unsigned char buffer[40 * sizeof(struct mock_record)];

static struct iommufd_event_reader new_reader(uint32_t room)
{
	return (struct iommufd_event_reader){
		.size = sizeof(struct iommufd_event_reader),
		.type = IOMMUFD_MOCK_VEVENTQ,
		.event_length = sizeof(struct iommufd_mock_vevent),
		.buffer_size = room,
		.buffer = buffer,
	};
}

/* No event queues before 6.15: what a test does then. */
static int begin(uint32_t depth)
{
	struct iommufd_ctx *ctx = harness_ctx();
	struct iommufd_viommu *viommu = NULL;
	struct iommufd_veventq *queue = NULL;
	const struct iommufd_veventq_alloc_opts opts = { .size = sizeof(opts) };
	int has = harness_has(ctx, IOMMUFD_NR_VEVENTQ_ALLOC);

	if (!has) {
		OK(iommufd_viommu_adopt(ctx, UNUSED_ID, 0, &viommu));
		FAILS(iommufd_veventq_alloc(viommu, &opts, &queue), COMMAND,
		      ENOTTY);
		iommufd_viommu_release(viommu);
	}
	iommufd_ctx_close(ctx);
	if (has)
		queues_events(&q, depth);
	return has;
}

/* The numbers that have been seen, each of them once and upwards. */
struct seen {
	uint64_t last; /* plus 1; 0 at the beginning */
	uint64_t lost;
	uint64_t words; /* records that only say that events were lost */
};

static void look(struct seen *seen, const struct iommufd_event_info *event)
{
	struct iommufd_mock_vevent mock;

	ck_assert_uint_ge(event->sequence, seen->last);
	seen->lost += event->lost;
	seen->words += event->kind == IOMMUFD_EVENT_LOST;
	if (event->kind == IOMMUFD_EVENT_RECORD) {
		ck_assert_uint_eq(event->sequence, seen->last + event->lost);
		ck_assert_uint_eq(event->length, sizeof(mock));
		memcpy(&mock, event->data, sizeof(mock));
		ck_assert_uint_eq(mock.virt_id, VIRT_ID);
	}
	seen->last = (uint64_t)event->sequence + 1;
}

/* One read, and what it brought. */
static uint32_t drain_once(struct iommufd_event_reader *reader,
			   struct seen *seen)
{
	struct iommufd_event_info event = { .size = sizeof(event) };
	uint32_t count = 0;

	OK(iommufd_event_fill(reader, q.events));
	for (;;) {
		OK(iommufd_event_next(reader, &event));
		if (event.kind == IOMMUFD_EVENT_NONE)
			return count;
		look(seen, &event);
		count++;
	}
}

/* Exact after the last drain, whatever was lost on the way. */
START_TEST(every_event_is_counted)
{
	struct iommufd_event_reader reader = new_reader(0);
	uint64_t sent = 0;
	struct seen seen = { 0 };

	if (!begin(DEPTH))
		return;
	while (sent < MANY) {
		uint32_t more = 1 + record_random() % (3 * DEPTH);
		uint32_t drains = record_random() % 3;

		event_times(&q, more);
		sent += more;
		/* From room for one record to room for the whole queue. */
		reader.buffer_size = (1 + record_random() % (DEPTH + 2)) *
				     (uint32_t)sizeof(struct mock_record);
		while (drains--)
			drain_once(&reader, &seen);
		ck_assert_uint_eq(reader.delivered + reader.lost, seen.last);
		ck_assert_uint_le(reader.delivered + reader.lost, sent);
	}
	while (drain_once(&reader, &seen))
		;
	ck_assert_uint_eq(reader.delivered + reader.lost, sent);
	ck_assert_uint_eq(seen.last, sent);
	ck_assert_uint_eq(seen.lost, reader.lost);
	/* Otherwise it has not been seen what this is about. */
	ck_assert_uint_gt(reader.delivered, MANY / 10);
	ck_assert_uint_gt(reader.lost, MANY / 10);
	ck_assert_uint_gt(seen.words, MANY / 1000);
	printf("%llu sent, %llu delivered, %llu lost, %llu times by a header\n",
	       (unsigned long long)sent, (unsigned long long)reader.delivered,
	       (unsigned long long)reader.lost, (unsigned long long)seen.words);
	queues_end(&q);
}
END_TEST

/* Only what poll(2) announced is read, and then nothing is left unread. */
START_TEST(an_empty_queue_never_blocks)
{
	struct iommufd_event_reader reader = new_reader(sizeof(buffer));
	struct seen seen = { 0 };

	if (!begin(DEPTH))
		return;
	for (int i = 0; i < 3; i++)
		ck_assert_uint_eq(drain_once(&reader, &seen), 0);
	event_times(&q, 2);
	check_poll(iommufd_veventq_fd(q.events), POLLIN);
	ck_assert_uint_eq(drain_once(&reader, &seen), 2);
	check_poll(iommufd_veventq_fd(q.events), 0);
	ck_assert_uint_eq(drain_once(&reader, &seen), 0);
	ck_assert_uint_eq(reader.delivered, 2);
	ck_assert_uint_eq(reader.lost, 0);
	queues_end(&q);
}
END_TEST

START_TEST(a_buffer_that_is_too_small)
{
	struct iommufd_event_reader reader = new_reader(0);
	struct seen seen = { 0 };

	if (!begin(DEPTH))
		return;
	event_times(&q, 1);
	for (uint32_t room = 0; room < sizeof(struct mock_record); room++) {
		reader.buffer_size = room;
		FAILS(iommufd_event_fill(&reader, q.events), RECORD_SHORT,
		      EINVAL);
	}
	reader.buffer_size = sizeof(struct mock_record);
	ck_assert_uint_eq(drain_once(&reader, &seen), 1);
	/* A header of lost events needs less room. */
	event_times(&q, DEPTH + 2);
	for (int i = 0; i < DEPTH; i++)
		ck_assert_uint_eq(drain_once(&reader, &seen), 1);
	reader.buffer_size = sizeof(struct iommufd_veventq_header);
	ck_assert_uint_eq(drain_once(&reader, &seen), 1);
	ck_assert_uint_eq(seen.words, 1);
	ck_assert_uint_eq(reader.lost, 2);
	queues_end(&q);
}
END_TEST

/* A header that was overtaken by an event: only the gap is left of it. */
START_TEST(a_gap_without_a_header)
{
	struct iommufd_event_reader reader =
		new_reader(sizeof(struct mock_record));
	struct seen seen = { 0 };

	if (!begin(DEPTH))
		return;
	event_times(&q, DEPTH + 4);
	ck_assert_uint_eq(drain_once(&reader, &seen), 1);
	event_times(&q, 1);
	while (drain_once(&reader, &seen))
		;
	ck_assert_uint_eq(seen.words, 0);
	ck_assert_uint_eq(reader.lost, 4);
	ck_assert_uint_eq(reader.delivered, DEPTH + 1);
	queues_end(&q);
}
END_TEST

#define FAULTS 6

/* All that waits, group by group; an answer for each. */
static uint32_t read_groups(struct iommufd_hwpt_page_response *responses)
{
	struct iommufd_fault_group_info group = { .size = sizeof(group) };
	struct iommufd_hwpt_pgfault faults[FAULTS];
	uint32_t count = fault_read(&q, faults, FAULTS), position = 0, i = 0;

	for (;;) {
		OK(iommufd_fault_group_next(faults, count, &position, &group));
		if (!group.count)
			break;
		ck_assert_uint_eq(group.count, 1);
		ck_assert_uint_eq(group.dev_id, iommufd_device_id(q.f.device));
		ck_assert_uint_eq(group.start, FAULT_AT + i * PAGE);
		ck_assert_uint_eq(group.last, group.start);
		ck_assert_uint_eq(group.perm, IOMMUFD_PGFAULT_PERM_READ);
		responses[i++] = (struct iommufd_hwpt_page_response){
			group.cookie, IOMMUFD_PAGE_RESPONSE_SUCCESS
		};
	}
	ck_assert_uint_eq(i, count);
	return count;
}

static void check_answers(const struct iommufd_hwpt_page_response *responses,
			  uint32_t count, uint32_t gone)
{
	uint32_t done = count, dead = 99;

	OK(iommufd_fault_answer(q.faults, responses, &done, &dead));
	ck_assert_uint_eq(done, count);
	ck_assert_uint_eq(dead, gone);
}

START_TEST(answers_in_time)
{
	struct iommufd_hwpt_page_response responses[FAULTS];

	queues_faults(&q);
	fault_at(&q, FAULT_AT, FAULTS);
	ck_assert_uint_eq(read_groups(responses), FAULTS);
	check_answers(responses, FAULTS, 0);
	check_answers(responses, FAULTS, FAULTS);
	queues_end(&q);
}
END_TEST

/* The device moved in between: its old answers are none, its new ones are. */
START_TEST(answers_too_late)
{
	struct iommufd_hwpt_page_response late[FAULTS], mixed[4];
	struct iommufd_fault_group_info group = { .size = sizeof(group) };
	struct iommufd_hwpt_pgfault fault;
	uint32_t position = 0, gone = 9;

	queues_faults(&q);
	fault_at(&q, FAULT_AT, FAULTS);
	ck_assert_uint_eq(read_groups(late), FAULTS);
	queues_away(&q);
	OK(iommufd_device_attach(q.f.device, iommufd_hwpt_id(q.nested), NULL));
	check_answers(late, FAULTS, FAULTS);
	fault_at(&q, FAULT_AT, 2);
	ck_assert_uint_eq(read_groups(mixed), 2);
	/* Cookies may come again: these are none of the new ones. */
	mixed[3] = mixed[1];
	mixed[1] = (struct iommufd_hwpt_page_response){ 1000, 0 };
	mixed[2] = (struct iommufd_hwpt_page_response){ 1001, 1 };
	check_answers(mixed, 4, 2);

	fault_at(&q, FAULT_AT, 1);
	ck_assert_uint_eq(fault_read(&q, &fault, 1), 1);
	OK(iommufd_fault_group_next(&fault, 1, &position, &group));
	OK(iommufd_fault_answer_group(q.faults, &group, 0, &gone));
	ck_assert_uint_eq(gone, 0);
	OK(iommufd_fault_answer_group(q.faults, &group, 0, &gone));
	ck_assert_uint_eq(gone, 1);
	FAILS(iommufd_fault_answer_group(q.faults, &group, 5, &gone), BAD_VALUE,
	      EINVAL);
	queues_end(&q);
}
END_TEST

static const TTest **const events[] = {
	&every_event_is_counted,
	&an_empty_queue_never_blocks,
	&a_buffer_that_is_too_small,
	&a_gap_without_a_header,
	NULL,
};

static const TTest **const faults[] = { &answers_in_time, &answers_too_late,
					NULL };

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "events", .tests = events, .timeout = 300 },
		{ .name = "faults", .tests = faults },
	};

	return harness_run("events_mock", cases, 2);
}
