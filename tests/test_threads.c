/* SPDX-License-Identifier: MIT */
/*
 * Two threads at once. What they find is judged by the thread that started
 * them; they only count.
 */
#include <pthread.h>
#include <string.h>

#include "fixture.h"
#include "harness.h"

#define ROUNDS 100

static struct fixture f;
static char *memory;
static pthread_barrier_t barrier;

static void setup(void)
{
	fixture_device(&f);
	memory = harness_memory(2 * PAGE);
}

/* What a thread's calls gave. */
struct tally {
	unsigned int index;
	unsigned int good;
	unsigned int expected; /* failures that may happen */
	unsigned int wrong;
};

static void count(struct tally *tally, int ret, uint32_t allowed)
{
	if (!ret)
		tally->good++;
	else if (allowed && iommufd_is(ret, allowed))
		tally->expected++;
	else
		tally->wrong++;
}

static void run_two(void *(*a)(void *), void *(*b)(void *),
		    struct tally tallies[2])
{
	void *(*const bodies[2])(void *) = { a, b };
	pthread_t threads[2];

	memset(tallies, 0, 2 * sizeof(*tallies));
	ck_assert_int_eq(pthread_barrier_init(&barrier, NULL, 2), 0);
	for (unsigned int i = 0; i < 2; i++) {
		tallies[i].index = i;
		ck_assert_int_eq(pthread_create(&threads[i], NULL, bodies[i],
						&tallies[i]),
				 0);
	}
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	pthread_barrier_destroy(&barrier);
	ck_assert_uint_eq(tallies[0].wrong, 0);
	ck_assert_uint_eq(tallies[1].wrong, 0);
}

static void *map_apart(void *arg)
{
	struct tally *tally = arg;
	uint64_t start = MOCK_FIRST + tally->index * MIB;

	pthread_barrier_wait(&barrier);
	for (uint64_t i = 0; i < ROUNDS; i++) {
		uint64_t iova = start + i % 4 * PAGE, length = PAGE;

		count(tally,
		      iommufd_ioas_map(f.ioas, memory, PAGE, FIXED, &iova), 0);
		count(tally, iommufd_ioas_unmap(f.ioas, &length, iova), 0);
	}
	return NULL;
}

START_TEST(maps_apart_do_not_meet)
{
	struct tally tallies[2];

	run_two(map_apart, map_apart, tallies);
	ck_assert_uint_eq(tallies[0].good, 2 * ROUNDS);
	ck_assert_uint_eq(tallies[1].good, 2 * ROUNDS);
	OK(iommufd_mock_check_refs(f.ctx, memory, PAGE, 0));
	fixture_end(&f);
}
END_TEST

/* Each round is at another IOVA; all are left for the judge. */
static void *map_same(void *arg)
{
	struct tally *tally = arg;

	for (uint64_t i = 0; i < ROUNDS; i++) {
		uint64_t iova = MOCK_FIRST + i * PAGE;

		pthread_barrier_wait(&barrier);
		count(tally,
		      iommufd_ioas_map(f.ioas, memory, PAGE, FIXED, &iova),
		      IOMMUFD_CAUSE_ALREADY_MAPPED);
	}
	return NULL;
}

static void *unmap_same(void *arg)
{
	struct tally *tally = arg;

	for (uint64_t i = 0; i < ROUNDS; i++) {
		uint64_t iova = MOCK_FIRST + i * PAGE, length = PAGE;
		int ret;

		pthread_barrier_wait(&barrier);
		ret = iommufd_ioas_unmap(f.ioas, &length, iova);
		count(tally, ret,
		      iommufd_is(ret, IOMMUFD_CAUSE_MAPPING_IN_TRANSIT)
			      ? IOMMUFD_CAUSE_MAPPING_IN_TRANSIT
			      : IOMMUFD_CAUSE_NOT_WHOLE_MAPPINGS);
	}
	return NULL;
}

START_TEST(exactly_one_wins)
{
	struct tally tallies[2];
	uint64_t left = 7;

	run_two(map_same, map_same, tallies);
	ck_assert_uint_eq(tallies[0].good + tallies[1].good, ROUNDS);
	ck_assert_uint_eq(tallies[0].expected + tallies[1].expected, ROUNDS);
	run_two(unmap_same, unmap_same, tallies);
	ck_assert_uint_eq(tallies[0].good + tallies[1].good, ROUNDS);
	OK(iommufd_ioas_unmap_all(f.ioas, &left));
	ck_assert_uint_eq(left, 0);
	OK(iommufd_mock_check_refs(f.ctx, memory, PAGE, 0));
	fixture_end(&f);
}
END_TEST

static uint32_t tables[2];

static void *move_device(void *arg)
{
	struct tally *tally = arg;

	pthread_barrier_wait(&barrier);
	for (unsigned int i = 0; i < ROUNDS; i++)
		count(tally,
		      iommufd_device_attach(f.device, tables[i % 2], NULL), 0);
	return NULL;
}

START_TEST(a_device_moves_while_memory_is_mapped)
{
	struct iommufd_hwpt *hwpts[2] = { NULL, NULL };
	struct tally tallies[2];

	for (int i = 0; i < 2; i++) {
		OK(iommufd_hwpt_alloc(f.device, iommufd_ioas_id(f.ioas), NULL,
				      &hwpts[i]));
		tables[i] = iommufd_hwpt_id(hwpts[i]);
	}
	run_two(move_device, map_apart, tallies);
	ck_assert_uint_eq(tallies[0].good, ROUNDS);
	ck_assert_uint_eq(tallies[1].good, 2 * ROUNDS);
	map_at(f.ioas, memory, PAGE, MOCK_FIRST);
	for (int i = 0; i < 2; i++)
		OK(iommufd_mock_check_map(f.ctx, tables[i], memory, PAGE,
					  MOCK_FIRST));
	OK(iommufd_device_attach(f.device, iommufd_ioas_id(f.ioas), NULL));
	for (int i = 0; i < 2; i++)
		OK(iommufd_hwpt_destroy(hwpts[i]));
	fixture_end(&f);
}
END_TEST

static void *make_and_end(void *arg)
{
	struct tally *tally = arg;

	pthread_barrier_wait(&barrier);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		struct iommufd_ioas *ioas = NULL;
		struct iommufd_hwpt *hwpt = NULL;

		count(tally, iommufd_ioas_alloc(f.ctx, 0, &ioas), 0);
		count(tally,
		      iommufd_hwpt_alloc(f.device, iommufd_ioas_id(f.ioas),
					 NULL, &hwpt),
		      0);
		count(tally, iommufd_hwpt_destroy(hwpt), 0);
		count(tally, iommufd_ioas_destroy(ioas), 0);
	}
	return NULL;
}

START_TEST(objects_come_and_go)
{
	uint32_t id = next_id(f.ctx);
	struct tally tallies[2];

	run_two(make_and_end, make_and_end, tallies);
	ck_assert_uint_eq(tallies[0].good + tallies[1].good, 8 * ROUNDS);
	ck_assert_uint_eq(next_id(f.ctx), id);
	fixture_end(&f);
}
END_TEST

/* One thread looks at an object by its id, which the other one destroys. */
static uint32_t shared_id;

static void *look(void *arg)
{
	struct tally *tally = arg;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		struct iommufd_ioas *ioas = NULL;
		int ret;

		pthread_barrier_wait(&barrier);
		ret = iommufd_ioas_adopt(f.ctx, shared_id, IOMMUFD_ADOPT_VERIFY,
					 &ioas);
		count(tally, ret, IOMMUFD_CAUSE_OBJECT);
		iommufd_ioas_release(ioas);
		pthread_barrier_wait(&barrier);
	}
	return NULL;
}

/* A destroy may find the object in use for that moment, and is made again. */
static void *destroy(void *arg)
{
	struct tally *tally = arg;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		struct iommufd_ioas *ioas = NULL;
		int ret;

		count(tally, iommufd_ioas_alloc(f.ctx, 0, &ioas), 0);
		shared_id = iommufd_ioas_id(ioas);
		pthread_barrier_wait(&barrier);
		ret = iommufd_ioas_destroy(ioas);
		count(tally, ret, IOMMUFD_CAUSE_IN_USE);
		pthread_barrier_wait(&barrier);
		if (ret)
			count(tally, iommufd_ioas_destroy(ioas), 0);
	}
	return NULL;
}

START_TEST(a_destroy_may_be_told_to_wait)
{
	struct tally tallies[2];

	run_two(look, destroy, tallies);
	ck_assert_uint_eq(tallies[0].good + tallies[0].expected, ROUNDS);
	ck_assert_uint_eq(tallies[1].good, 2 * ROUNDS);
	fixture_end(&f);
}
END_TEST

/* Each thread fails in its own way, and reads its own record. */
static void *fail_alone(void *arg)
{
	struct tally *tally = arg;

	pthread_barrier_wait(&barrier);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		struct iommufd_failure failure = { .size = sizeof(failure) };
		uint32_t id = UNUSED_ID + tally->index * ROUNDS + i;
		int ret = iommufd_ctx_destroy_id(f.ctx, id);

		count(tally, ret, IOMMUFD_CAUSE_OBJECT);
		count(tally, iommufd_failure_get(ret, &failure), 0);
		if (failure.object_id != id)
			tally->wrong++;
	}
	return NULL;
}

START_TEST(records_are_the_threads_own)
{
	struct tally tallies[2];

	run_two(fail_alone, fail_alone, tallies);
	ck_assert_uint_eq(tallies[0].expected + tallies[1].expected,
			  2 * ROUNDS);
	fixture_end(&f);
}
END_TEST

/* The last handle of a context is somebody's. */
static struct iommufd_ctx *common;
static struct iommufd_ioas *halves[2];

static void *let_go(void *arg)
{
	struct tally *tally = arg;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		pthread_barrier_wait(&barrier);
		if (!tally->index) {
			common = NULL;
			count(tally, iommufd_ctx_open(NULL, &common), 0);
			for (int k = 0; k < 2; k++)
				count(tally,
				      iommufd_ioas_alloc(common, 0, &halves[k]),
				      0);
			iommufd_ctx_close(common);
		}
		pthread_barrier_wait(&barrier);
		iommufd_ioas_release(halves[tally->index]);
	}
	return NULL;
}

START_TEST(handles_end_at_the_same_time)
{
	unsigned int before = open_descriptors();
	struct tally tallies[2];

	run_two(let_go, let_go, tallies);
	ck_assert_uint_eq(tallies[0].good, 3 * ROUNDS);
	ck_assert_uint_eq(open_descriptors(), before);
	fixture_end(&f);
}
END_TEST

static const TTest **const tests[] = {
	&maps_apart_do_not_meet,
	&exactly_one_wins,
	&a_device_moves_while_memory_is_mapped,
	&objects_come_and_go,
	&a_destroy_may_be_told_to_wait,
	&records_are_the_threads_own,
	&handles_end_at_the_same_time,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "threads", .setup = setup, .tests = tests },
	};

	return harness_run("threads", cases, 1);
}
