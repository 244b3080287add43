/* SPDX-License-Identifier: MIT */
/* Virtual event queues: making and ending, reading, and what overflow leaves. */
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness.h"
#include "queues.h"

#define DEPTH 2
#define ALL   sizeof(struct mock_record)
#define LOST  sizeof(struct iommufd_veventq_header)

static struct queues q;
static unsigned char buffer[4096];

static const struct iommufd_veventq_alloc_opts usual = {
	.size = sizeof(usual),
	.type = IOMMUFD_MOCK_VEVENTQ,
	.depth = DEPTH,
};

/* No event queues before 6.15; asking for one says so, and that is all. */
static int has_queues(void)
{
	struct fixture f;
	struct iommufd_viommu *viommu = NULL;
	struct iommufd_veventq *queue = NULL;
	int has;

	fixture_ioas(&f);
	has = harness_has(f.ctx, IOMMUFD_NR_VEVENTQ_ALLOC);
	if (!has) {
		OK(iommufd_viommu_adopt(f.ctx, UNUSED_ID, 0, &viommu));
		FAILS(iommufd_veventq_alloc(viommu, &usual, &queue), COMMAND,
		      ENOTTY);
		ck_assert_ptr_null(queue);
		iommufd_viommu_release(viommu);
	}
	fixture_end(&f);
	return has;
}

/* With a depth of 0 there is no queue. */
static int begin(uint32_t depth)
{
	if (!has_queues())
		return 0;
	queues_events(&q, depth);
	return 1;
}

static int alloc_with(const struct iommufd_veventq_alloc_opts *opts)
{
	struct iommufd_veventq *queue = NULL;
	int ret = iommufd_veventq_alloc(q.viommu, opts, &queue);

	ck_assert_int_eq(!ret, queue != NULL);
	iommufd_veventq_close_fd(queue);
	OK(iommufd_veventq_destroy(queue));
	return ret;
}

static int alloc_usual(void)
{
	return alloc_with(&usual);
}

static struct iommufd_veventq *another(uint32_t type)
{
	struct iommufd_veventq_alloc_opts opts = usual;
	struct iommufd_veventq *queue = NULL;

	opts.type = type;
	OK(iommufd_veventq_alloc(q.viommu, &opts, &queue));
	return queue;
}

START_TEST(making_and_ending)
{
	struct iommufd_veventq *queue;

	if (!begin(0))
		return;
	check_ends(&event_queues, q.f.ctx, another(IOMMUFD_MOCK_VEVENTQ));
	check_release(&event_queues, q.f.ctx, another(IOMMUFD_MOCK_VEVENTQ));
	queue = another(IOMMUFD_MOCK_VEVENTQ);
	check_poll(iommufd_veventq_fd(queue), 0);
	FAILS(iommufd_viommu_destroy(q.viommu), IN_USE, EBUSY);
	iommufd_veventq_close_fd(queue);
	OK(iommufd_veventq_destroy(queue));
	queues_end(&q);
}
END_TEST

START_TEST(what_is_asked_for)
{
	struct iommufd_veventq_alloc_opts opts = usual;
	struct iommufd_veventq *queue;
	int ret;

	if (!begin(0))
		return;
	opts.depth = 0;
	ret = alloc_with(&opts);
	FAILS(ret, BAD_VALUE, EINVAL);
	ck_assert_uint_eq(harness_failure(ret).op, IOMMUFD_OP_VEVENTQ_ALLOC);
	ck_assert_uint_eq(harness_failure(ret).object_id,
			  iommufd_viommu_id(q.viommu));
	ck_assert_uint_eq(harness_failure(ret).other_id, IOMMUFD_MOCK_VEVENTQ);
	ck_assert_uint_eq(harness_failure(ret).arg, 0);
	opts.depth = (1 << 19) + 1;
	FAILS(alloc_with(&opts), BAD_VALUE, EINVAL);
	opts.depth = 1 << 19;
	OK(alloc_with(&opts));
	opts.type = IOMMUFD_VEVENTQ_DEFAULT;
	FAILS(alloc_with(&opts), FEATURE, EOPNOTSUPP);
	/* One of each type, and any type. */
	queue = another(IOMMUFD_MOCK_VEVENTQ);
	FAILS(alloc_with(&usual), QUEUE_EXISTS, EEXIST);
	opts.type = IOMMUFD_VEVENTQ_TEGRA241_CMDQV;
	OK(alloc_with(&opts));
	opts.type = 0x7654321;
	OK(alloc_with(&opts));
	iommufd_veventq_close_fd(queue);
	OK(iommufd_veventq_destroy(queue));
	queues_end(&q);
}
END_TEST

START_TEST(wrong_arguments)
{
	struct iommufd_veventq_alloc_opts opts = usual;
	struct iommufd_veventq *queue = (void *)1;
	struct iommufd_viommu *none = NULL;

	if (!begin(0))
		return;
	FAILS(iommufd_veventq_alloc(NULL, &opts, &queue), NULL_POINTER, EINVAL);
	FAILS(iommufd_veventq_alloc(q.viommu, NULL, &queue), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_veventq_alloc(q.viommu, &opts, NULL), NULL_POINTER,
	      EINVAL);
	opts.flags = 1;
	FAILS(iommufd_veventq_alloc(q.viommu, &opts, &queue), FEATURE,
	      EOPNOTSUPP);
	OK(iommufd_viommu_adopt(q.f.ctx, UNUSED_ID, 0, &none));
	FAILS(iommufd_veventq_alloc(none, &usual, &queue), OBJECT, ENOENT);
	iommufd_viommu_release(none);
	ck_assert_ptr_eq(queue, (void *)1);
	queues_end(&q);
}
END_TEST

START_TEST(adopting)
{
	if (!begin(0))
		return;
	check_adopt(&event_queues, q.f.ctx, another(IOMMUFD_MOCK_VEVENTQ));
	check_adopt_fails(&event_queues, q.f.ctx);
	queues_end(&q);
}
END_TEST

START_TEST(no_descriptors_left)
{
	uint32_t id;

	if (!begin(0))
		return;
	id = next_id(q.f.ctx);
	check_no_descriptors(alloc_usual);
	ck_assert_uint_eq(next_id(q.f.ctx), id);
	queues_end(&q);
}
END_TEST

/* One read: as many bytes, into memory that held something else. */
static void read_bytes(uint32_t room, uint32_t expected)
{
	uint32_t length = room;

	memset(buffer, 0xa5, sizeof(buffer));
	OK(iommufd_veventq_read(q.events, buffer, &length));
	ck_assert_uint_eq(length, expected);
	for (size_t i = length; i < sizeof(buffer); i++)
		ck_assert_uint_eq(buffer[i], 0xa5);
}

/* The record at @offset of what was read. */
static void check_event(size_t offset, uint32_t sequence)
{
	struct mock_record record;

	memcpy(&record, buffer + offset, sizeof(record));
	ck_assert_uint_eq(record.header.flags, 0);
	ck_assert_uint_eq(record.header.sequence, sequence);
	ck_assert_uint_eq(record.event.virt_id, VIRT_ID);
}

static void check_lost(size_t offset, uint32_t sequence)
{
	struct iommufd_veventq_header header;

	memcpy(&header, buffer + offset, sizeof(header));
	ck_assert_uint_eq(header.flags, IOMMUFD_VEVENT_LOST_EVENTS);
	ck_assert_uint_eq(header.sequence, sequence);
}

static int short_read(uint32_t room)
{
	uint32_t length = room;
	int ret = iommufd_veventq_read(q.events, buffer, &length);

	ck_assert_uint_eq(length, room);
	return ret;
}

/* Empty is no end, and never waits. */
START_TEST(empty)
{
	if (!begin(DEPTH))
		return;
	for (int i = 0; i < 3; i++) {
		check_poll(iommufd_veventq_fd(q.events), 0);
		read_bytes(sizeof(buffer), 0);
	}
	event_times(&q, 1);
	check_poll(iommufd_veventq_fd(q.events), POLLIN);
	read_bytes(sizeof(buffer), ALL);
	check_event(0, 0);
	check_poll(iommufd_veventq_fd(q.events), 0);
	read_bytes(sizeof(buffer), 0);
	queues_end(&q);
}
END_TEST

START_TEST(whole_records)
{
	if (!begin(8))
		return;
	event_times(&q, 3);
	for (uint32_t room = 0; room < ALL; room++)
		FAILS(short_read(room), RECORD_SHORT, EINVAL);
	read_bytes(2 * ALL - 1, ALL);
	check_event(0, 0);
	read_bytes(2 * ALL, 2 * ALL);
	check_event(0, 1);
	check_event(ALL, 2);
	/* There must be room for a header even when nothing waits. */
	FAILS(short_read(LOST - 1), RECORD_SHORT, EINVAL);
	read_bytes(LOST, 0);
	queues_end(&q);
}
END_TEST

/* More than one read of the kernel's takes at a time. */
START_TEST(into_a_large_buffer)
{
	const size_t room = UINT32_MAX;
	char *large = mmap(NULL, room, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	uint32_t length = UINT32_MAX;

	ck_assert_ptr_ne(large, MAP_FAILED);
	if (begin(8)) {
		event_times(&q, 1);
		OK(iommufd_veventq_read(q.events, large, &length));
		ck_assert_uint_eq(length, ALL);
		queues_end(&q);
	}
	munmap(large, room);
}
END_TEST

START_TEST(wrong_reads)
{
	uint32_t length = sizeof(buffer);
	int ret;

	if (!begin(DEPTH))
		return;
	FAILS(iommufd_veventq_read(NULL, buffer, &length), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_veventq_read(q.events, NULL, &length), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_veventq_read(q.events, buffer, NULL), NULL_POINTER,
	      EINVAL);
	/* The kernel has nothing to be told. */
	ck_assert_int_eq(write(iommufd_veventq_fd(q.events), buffer, 8), -1);
	ck_assert_int_eq(errno, EINVAL);
	iommufd_veventq_close_fd(q.events);
	ret = short_read(sizeof(buffer));
	FAILS(ret, BAD_FD, EBADF);
	ck_assert_uint_eq(harness_failure(ret).op, IOMMUFD_OP_VEVENTQ_READ);
	ck_assert_uint_eq(harness_failure(ret).object_id,
			  iommufd_veventq_id(q.events));
	queues_end(&q);
}
END_TEST

START_TEST(bad_buffers_lose_nothing)
{
	unsigned char *memory = memory_end();
	uint32_t length = 64;

	if (!begin(DEPTH))
		return;
	event_times(&q, 2);
	FAILS(iommufd_veventq_read(q.events, memory, &length), BAD_BUFFER,
	      EFAULT);
	/* The header could be written, and its event not. */
	FAILS(iommufd_veventq_read(q.events, memory - LOST, &length),
	      BAD_BUFFER, EFAULT);
	ck_assert_uint_eq(length, 64);
	check_poll(iommufd_veventq_fd(q.events), POLLIN);
	OK(iommufd_veventq_read(q.events, memory - ALL, &length));
	ck_assert_uint_eq(length, ALL);
	memcpy(buffer, memory - ALL, ALL);
	check_event(0, 0);
	read_bytes(sizeof(buffer), ALL);
	check_event(0, 1);
	queues_end(&q);
}
END_TEST

/* What is too much is counted, and a header says so. */
START_TEST(overflow)
{
	if (!begin(DEPTH))
		return;
	event_times(&q, DEPTH + 1);
	read_bytes(sizeof(buffer), DEPTH * ALL + LOST);
	check_event(0, 0);
	check_event(ALL, 1);
	check_lost(2 * ALL, 2);
	event_times(&q, 1);
	read_bytes(sizeof(buffer), ALL);
	check_event(0, 3);
	/* The header moves on with what is lost; it does not count itself. */
	event_times(&q, DEPTH + 5);
	read_bytes(ALL, ALL);
	check_event(0, 4);
	read_bytes(ALL, ALL);
	check_event(0, 5);
	read_bytes(LOST, LOST);
	check_lost(0, 10);
	read_bytes(sizeof(buffer), 0);
	queues_end(&q);
}
END_TEST

/* A header that nobody has read yet goes when there is room again. */
START_TEST(overflow_that_shows_as_a_gap)
{
	if (!begin(DEPTH))
		return;
	event_times(&q, DEPTH + 3);
	read_bytes(ALL, ALL);
	check_event(0, 0);
	event_times(&q, 1);
	read_bytes(sizeof(buffer), 2 * ALL);
	check_event(0, 1);
	check_event(ALL, 5);
	queues_end(&q);
}
END_TEST

/* A full queue is no error of the sender's; no queue is. */
START_TEST(who_is_told)
{
	struct iommufd_veventq *other;

	if (!begin(0))
		return;
	FAILS(iommufd_mock_device_trigger_vevent(q.f.device), FEATURE,
	      EOPNOTSUPP);
	other = another(0x7654321);
	FAILS(iommufd_mock_device_trigger_vevent(q.f.device), FEATURE,
	      EOPNOTSUPP);
	q.events = another(IOMMUFD_MOCK_VEVENTQ);
	event_times(&q, 3);
	check_poll(iommufd_veventq_fd(other), 0);
	check_poll(iommufd_veventq_fd(q.events), POLLIN);
	queues_away(&q);
	FAILS(iommufd_mock_device_trigger_vevent(q.f.device), OBJECT, ENOENT);
	/* Events do not go with the device's page table, as faults do. */
	read_bytes(sizeof(buffer), DEPTH * ALL + LOST);
	iommufd_veventq_close_fd(other);
	OK(iommufd_veventq_destroy(other));
	queues_end(&q);
}
END_TEST

/* A new queue counts from the beginning. */
START_TEST(another_queue)
{
	if (!begin(DEPTH))
		return;
	event_times(&q, 2);
	iommufd_veventq_close_fd(q.events);
	OK(iommufd_veventq_destroy(q.events));
	q.events = another(IOMMUFD_MOCK_VEVENTQ);
	read_bytes(sizeof(buffer), 0);
	event_times(&q, 1);
	read_bytes(sizeof(buffer), ALL);
	check_event(0, 0);
	queues_end(&q);
}
END_TEST

static const TTest **const objects[] = {
	&making_and_ending, &what_is_asked_for, &wrong_arguments,
	&adopting,	    &another_queue,	NULL,
};

static const TTest **const reading[] = {
	&empty,
	&whole_records,
	&into_a_large_buffer,
	&wrong_reads,
	&bad_buffers_lose_nothing,
	&overflow,
	&overflow_that_shows_as_a_gap,
	&who_is_told,
	NULL,
};

static const TTest **const limits[] = { &no_descriptors_left, NULL };

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "objects", .tests = objects },
		{ .name = "reading", .tests = reading },
		{ .name = "limits", .tests = limits, .tags = LIMITS },
	};

	return harness_run("veventq", cases, 3);
}
