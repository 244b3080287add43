/* SPDX-License-Identifier: MIT */
/*
 * The reader of virtual events, on records made by hand: the wrap-around of
 * sequence numbers, which takes two billion events, and what no kernel gives,
 * are seen here only. Needs no iommufd.
 */
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "records.h"

#define TYPE   UINT32_C(0x1234567)
#define LENGTH 5 /* of an event: nothing is aligned */

static struct iommufd_ctx *ctx;
static struct records records;
static struct iommufd_event_reader reader;

static void setup(void)
{
	OK(iommufd_ctx_open("/dev/null", &ctx));
}

static void teardown(void)
{
	records_free(&records);
	iommufd_ctx_close(ctx);
}

static void event(uint32_t sequence)
{
	records_add(&records, sequence, "event", LENGTH);
}

static void lost(uint32_t sequence)
{
	records_add(&records, sequence, NULL, 0);
}

static void read_them(void)
{
	reader = records_reader(&records, TYPE, LENGTH);
}

static void check_event(uint32_t sequence, uint64_t lost_before)
{
	struct iommufd_event_info info = record_next(&reader);

	ck_assert_uint_eq(info.kind, IOMMUFD_EVENT_RECORD);
	ck_assert_uint_eq(info.type, TYPE);
	ck_assert_uint_eq(info.flags, 0);
	ck_assert_uint_eq(info.sequence, sequence);
	ck_assert_uint_eq(info.lost, lost_before);
	ck_assert_uint_eq(info.length, LENGTH);
	ck_assert_mem_eq(info.data, "event", LENGTH);
}

static void check_lost(uint32_t sequence, uint64_t lost_here)
{
	struct iommufd_event_info info = record_next(&reader);

	ck_assert_uint_eq(info.kind, IOMMUFD_EVENT_LOST);
	ck_assert_uint_eq(info.flags, IOMMUFD_VEVENT_LOST_EVENTS);
	ck_assert_uint_eq(info.sequence, sequence);
	ck_assert_uint_eq(info.lost, lost_here);
	ck_assert_uint_eq(info.length, 0);
	ck_assert_ptr_null(info.data);
}

static void check_end(uint64_t delivered, uint64_t lost_in_all)
{
	struct iommufd_event_info info = { .size = sizeof(info), .kind = 9 };

	for (int i = 0; i < 2; i++) {
		OK(iommufd_event_next(&reader, &info));
		ck_assert_uint_eq(info.kind, IOMMUFD_EVENT_NONE);
		ck_assert_ptr_null(info.data);
	}
	ck_assert_uint_eq(reader.delivered, delivered);
	ck_assert_uint_eq(reader.lost, lost_in_all);
}

/* What the next record gives instead of one; the output stays as it is. */
static int next_fails(void)
{
	struct iommufd_event_info info = { .size = sizeof(info),
					   .sequence = 77 };
	const struct iommufd_event_info before = info;
	int ret = iommufd_event_next(&reader, &info);

	ck_assert_mem_eq(&info, &before, sizeof(info));
	ck_assert_uint_eq(harness_failure(ret).op, IOMMUFD_OP_EVENTS);
	return ret;
}

START_TEST(nothing_lost)
{
	event(0);
	event(1);
	event(2);
	read_them();
	check_event(0, 0);
	check_event(1, 0);
	check_event(2, 0);
	check_end(3, 0);
}
END_TEST

START_TEST(lost_events)
{
	event(0);
	event(4); /* a gap: 1 to 3 */
	lost(6);  /* word of 5 and 6 */
	lost(9);  /* more: 7 to 9 */
	event(10);
	event(12);
	read_them();
	check_event(0, 0);
	check_event(4, 3);
	check_lost(6, 2);
	check_lost(9, 3);
	check_event(10, 0);
	check_event(12, 1);
	check_end(4, 9);
	ck_assert_uint_eq(reader.delivered + reader.lost, 13);
}
END_TEST

START_TEST(lost_at_the_beginning)
{
	event(7);
	read_them();
	check_event(7, 7);
	check_end(1, 7);
	records_free(&records);
	lost(7);
	event(8);
	read_them();
	check_lost(7, 8);
	check_event(8, 0);
	check_end(1, 8);
	records_free(&records);
	/* The largest gap there can be. */
	event(SEQUENCE_MAX);
	event(0);
	read_them();
	check_event(SEQUENCE_MAX, SEQUENCE_MAX);
	check_event(0, 0);
	check_end(2, SEQUENCE_MAX);
	records_free(&records);
	lost(SEQUENCE_MAX);
	read_them();
	check_lost(SEQUENCE_MAX, (uint64_t)SEQUENCE_MAX + 1);
}
END_TEST

/* The last record was @before events before the end. */
static void read_from(uint32_t before)
{
	read_them();
	reader.started = 1;
	reader.sequence = SEQUENCE_MAX - before;
}

/* Simulated: no test waits for two billion events. */
START_TEST(wrap_around)
{
	event(SEQUENCE_MAX - 1);
	event(SEQUENCE_MAX);
	event(0);
	event(1);
	read_from(2);
	check_event(SEQUENCE_MAX - 1, 0);
	check_event(SEQUENCE_MAX, 0);
	check_event(0, 0);
	check_event(1, 0);
	check_end(4, 0);
}
END_TEST

/* Each gap across the end, once as a gap and once as word of it. */
START_TEST(lost_around_the_wrap)
{
	for (uint32_t i = 0; i < 16; i++) {
		uint32_t before = i / 4, after = i % 4, gap = before + after;

		event(after);
		lost(after + 1);
		read_from(before);
		check_event(after, gap);
		check_lost(after + 1, 1);
		check_end(1, gap + 1);
		records_free(&records);
		lost(after);
		event(after + 1);
		read_from(before);
		check_lost(after, gap + 1);
		check_event(after + 1, 0);
		check_end(1, gap + 1);
		records_free(&records);
	}
}
END_TEST

/* Many random histories that go over the end, against plain counting. */
START_TEST(random_histories)
{
	for (int round = 0; round < 200; round++) {
		uint64_t number = SEQUENCE_MAX - record_random() % 50, end;
		uint64_t delivered = 0, start = number;
		int steps = 100;

		while (steps--) {
			number += record_random() % 4;
			if (record_random() % 3) {
				event((uint32_t)number & SEQUENCE_MAX);
				delivered++;
			} else {
				lost((uint32_t)number & SEQUENCE_MAX);
			}
			number++;
		}
		end = number;
		read_from((uint32_t)(SEQUENCE_MAX + 1 - start));
		while (reader.position < reader.length)
			record_next(&reader);
		check_end(delivered, end - start - delivered);
		records_free(&records);
	}
}
END_TEST

/* Flags that are not known yet are passed on. */
START_TEST(newer_flags)
{
	event(0);
	records.bytes[0] = 0x86;
	lost(1);
	records.bytes[records.length - 8] |= 0x40;
	read_them();
	ck_assert_uint_eq(record_next(&reader).flags, 0x86);
	ck_assert_uint_eq(record_next(&reader).flags,
			  0x40 | IOMMUFD_VEVENT_LOST_EVENTS);
	check_end(1, 1);
}
END_TEST

/* The buffer ends at every place within the second record. */
START_TEST(cut_off)
{
	uint32_t whole;

	event(0);
	whole = records.length;
	event(1);
	for (uint32_t end = whole + 1; end < records.length; end++) {
		read_them();
		reader.length = end;
		check_event(0, 0);
		FAILS(next_fails(), RECORD_SHORT, EMSGSIZE);
		ck_assert_uint_eq(reader.position, whole);
		ck_assert_uint_eq(reader.delivered, 1);
		/* The rest has come. */
		reader.length = records.length;
		check_event(1, 0);
		check_end(2, 0);
	}
	/* The flag alone tells that no event follows. */
	records_free(&records);
	lost(0);
	read_them();
	reader.length--;
	FAILS(next_fails(), RECORD_SHORT, EMSGSIZE);
}
END_TEST

START_TEST(malformed)
{
	const uint32_t bad[] = { SEQUENCE_MAX + 1, UINT32_MAX, 0x80000004, 3 };

	for (int i = 0; i < 4; i++) {
		event(3);
		if (i % 2)
			lost(bad[i]);
		else
			event(bad[i]);
		event(4);
		read_them();
		check_event(3, 3);
		FAILS(next_fails(), RECORD_MALFORMED, EINVAL);
		/* The rest is dropped, and what comes next tells of it. */
		check_end(1, 3);
		ck_assert_uint_eq(reader.length, 0);
		records_free(&records);
		event(6);
		reader.buffer = records.bytes;
		reader.buffer_size = reader.length = records.length;
		check_event(6, 2);
		check_end(2, 5);
		records_free(&records);
	}
}
END_TEST

/* Garbage never leads out of the buffer, which a sanitizer watches. */
START_TEST(garbage)
{
	struct iommufd_event_info info = { .size = sizeof(info) };

	for (int round = 0; round < 5000; round++) {
		uint32_t room = record_random() % 64, kinds = 0;

		records.bytes = malloc(room ? room : 1);
		records.length = room;
		for (uint32_t i = 0; i < room; i++)
			records.bytes[i] = record_random() % 3
						   ? 0
						   : (uint8_t)record_random();
		read_them();
		reader.event_length = 1 + record_random() % 40;
		while (!iommufd_event_next(&reader, &info) && info.kind) {
			const unsigned char *data = info.data;

			kinds++;
			if (data)
				ck_assert_uint_le(
					(size_t)(data - records.bytes) +
						info.length,
					room);
		}
		ck_assert_uint_le(kinds, room / 8);
		ck_assert_uint_le(reader.position, room);
		records_free(&records);
	}
}
END_TEST

/* Through the queue, with a buffer of every size. */
START_TEST(filling)
{
	struct iommufd_veventq *queue;
	unsigned char *buffer;

	for (uint32_t i = 0; i < 6; i++)
		event(i);
	lost(9);
	for (uint32_t room = 8 + LENGTH; room < records.length + 9; room++) {
		uint32_t sequence = 0;

		queue = records_queue(ctx, &records);
		buffer = malloc(room);
		reader = records_reader(&(struct records){ buffer, room }, TYPE,
					LENGTH);
		reader.length = 0;
		do {
			OK(iommufd_event_fill(&reader, queue));
			/* Not before all whole records have been taken. */
			if (reader.length - reader.position >= 8 + LENGTH) {
				uint32_t filled = reader.length;

				OK(iommufd_event_fill(&reader, queue));
				ck_assert_uint_eq(reader.length, filled);
			}
			while (sequence < 6 &&
			       reader.length - reader.position >= 8 + LENGTH)
				check_event(sequence++, 0);
		} while (sequence < 6);
		OK(iommufd_event_fill(&reader, queue));
		check_lost(9, 4);
		OK(iommufd_event_fill(&reader, queue));
		check_end(6, 4);
		free(buffer);
		iommufd_veventq_release(queue);
	}
}
END_TEST

START_TEST(filling_fails)
{
	struct iommufd_veventq *queue;
	unsigned char buffer[64];
	struct iommufd_event_reader fresh = { .size = sizeof(fresh),
					      .type = TYPE,
					      .event_length = LENGTH,
					      .buffer_size = sizeof(buffer),
					      .buffer = buffer };
	int ret;

	event(0);
	queue = records_queue(ctx, &records);
	reader = fresh;
	check_end(0, 0);
	FAILS(iommufd_event_fill(NULL, queue), NULL_POINTER, EINVAL);
	FAILS(iommufd_event_fill(&reader, NULL), NULL_POINTER, EINVAL);
	reader.buffer = NULL;
	FAILS(iommufd_event_fill(&reader, queue), NULL_POINTER, EINVAL);
	reader = fresh;
	reader.event_length = 0;
	FAILS(iommufd_event_fill(&reader, queue), BAD_VALUE, EINVAL);
	reader = fresh;
	reader.length = sizeof(buffer) + 1;
	FAILS(iommufd_event_fill(&reader, queue), BAD_VALUE, EINVAL);
	reader = fresh;
	reader.length = 3;
	reader.position = 4;
	FAILS(iommufd_event_fill(&reader, queue), BAD_VALUE, EINVAL);
	/* The kernel's refusals leave what there is. */
	reader = fresh;
	reader.length = 5;
	reader.position = 2;
	iommufd_veventq_close_fd(queue);
	ret = iommufd_event_fill(&reader, queue);
	FAILS(ret, BAD_FD, EBADF);
	ck_assert_uint_eq(harness_failure(ret).op, IOMMUFD_OP_VEVENTQ_READ);
	ck_assert_uint_eq(reader.length - reader.position, 3);
	iommufd_veventq_release(queue);
}
END_TEST

START_TEST(wrong_arguments)
{
	struct iommufd_event_info info = { .size = sizeof(info) };

	event(0);
	read_them();
	FAILS(iommufd_event_next(NULL, &info), NULL_POINTER, EINVAL);
	FAILS(iommufd_event_next(&reader, NULL), NULL_POINTER, EINVAL);
	reader.type = 0;
	reader.event_length = 0;
	FAILS(next_fails(), BAD_VALUE, EINVAL);
	reader.event_length = UINT32_MAX;
	FAILS(next_fails(), RECORD_SHORT, EMSGSIZE);
	reader.event_length = UINT32_MAX - 7;
	FAILS(next_fails(), RECORD_SHORT, EMSGSIZE);
	ck_assert_uint_eq(reader.position, 0);
}
END_TEST

static const TTest **const counting[] = {
	&nothing_lost, &lost_events,	      &lost_at_the_beginning,
	&wrap_around,  &lost_around_the_wrap, &random_histories,
	NULL,
};

static const TTest **const reading[] = {
	&newer_flags, &cut_off,	      &malformed,	&garbage,
	&filling,     &filling_fails, &wrong_arguments, NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "counting",
		  .setup = setup,
		  .teardown = teardown,
		  .tests = counting },
		{ .name = "reading",
		  .setup = setup,
		  .teardown = teardown,
		  .tests = reading },
	};

	return harness_run("events", cases, 2);
}
