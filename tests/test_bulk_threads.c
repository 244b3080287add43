/* SPDX-License-Identifier: MIT */
/*
 * Several threads at one bulk registration. What they find is judged by the one
 * that started them.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bulk.h"

#define THREADS 4

static pthread_t threads[THREADS];
static int rets[THREADS];

static void *run(void *arg)
{
	int *ret = arg;

	*ret = iommufd_bulk_run(bulk, 0);
	return NULL;
}

static void start(void *(*body)(void *))
{
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(
			pthread_create(&threads[i], NULL, body, &rets[i]), 0);
}

static void join(void)
{
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
}

/* In pieces of one page, so that there is something to share. */
static void prepare(uint32_t flags)
{
	const struct iommufd_bulk_region region = bulk_region();
	struct iommufd_bulk_opts opts = bulk_opts(flags);

	opts.piece = PAGE;
	OK(iommufd_bulk_prepare(bulk_f.ioas, &region, 1, &opts, &bulk));
}

START_TEST(all_of_it)
{
	for (int round = 0; round < 20; round++) {
		prepare(IOMMUFD_BULK_POPULATE);
		start(run);
		join();
		for (int i = 0; i < THREADS; i++)
			OK(rets[i]);
		ck_assert_uint_eq(bulk_info().populated, LENGTH);
		OK(iommufd_bulk_finish(bulk));
		bulk_check_mapped();
	}
	bulk_end();
}
END_TEST

/* Progress is read meanwhile: it only grows. */
START_TEST(progress)
{
	uint64_t mapped = 0;

	for (int round = 0; round < 20; round++) {
		prepare(0);
		start(run);
		mapped = 0;
		while (mapped < LENGTH) {
			struct iommufd_bulk_info now = bulk_info();

			ck_assert_uint_ge(now.mapped, mapped);
			ck_assert_uint_le(now.mapped, LENGTH);
			ck_assert_uint_le(now.running, THREADS);
			mapped = now.mapped;
		}
		join();
		ck_assert_uint_eq(bulk_info().state, IOMMUFD_BULK_MAPPED);
		bulk_undo();
	}
	bulk_end();
}
END_TEST

/* All threads that return later tell the same failure, and everything goes. */
START_TEST(one_fails)
{
	const uint64_t at = 77 * PAGE;

	map_at(bulk_f.ioas, bulk_memory, PAGE, AT + at);
	for (int round = 0; round < 20; round++) {
		uint64_t length = PAGE;
		int failed = 0;

		prepare(0);
		start(run);
		join();
		for (int i = 0; i < THREADS; i++) {
			failed += rets[i] != 0;
			ck_assert(!rets[i] || rets[i] == bulk_info().ret);
		}
		ck_assert_int_gt(failed, 0);
		ck_assert_uint_eq(bulk_info().start, at);
		FAILS(iommufd_bulk_finish(bulk), ALREADY_MAPPED, EEXIST);
		OK(iommufd_bulk_undo(bulk, 0));
		ck_assert_uint_eq(pinned(), PAGE);
		OK(iommufd_ioas_unmap(bulk_f.ioas, &length, AT + at));
		bulk_check_empty();
		map_at(bulk_f.ioas, bulk_memory, PAGE, AT + at);
	}
	unmap_at(bulk_f.ioas, PAGE, AT + at);
	bulk_end();
}
END_TEST

START_TEST(cancelled_from_another_thread)
{
	unsigned int cancelled = 0;

	/* It may come too late every time, where threads take long turns. */
	for (int round = 0; round < 50 || !cancelled; round++) {
		prepare(0);
		start(run);
		while (bulk_info().mapped < LENGTH / 8)
			sched_yield();
		iommufd_bulk_cancel(bulk);
		join();
		if (bulk_info().state == IOMMUFD_BULK_CANCELLED) {
			cancelled++;
			FAILS(iommufd_bulk_finish(bulk), CANCELLED, ECANCELED);
		}
		bulk_undo();
	}
	bulk_end();
}
END_TEST

/* One thread returns after a piece, the others do the rest. */
static void *run_one(void *arg)
{
	int *ret = arg;

	*ret = iommufd_bulk_run(bulk, ret == &rets[0] ? 1 : 0);
	return NULL;
}

START_TEST(one_returns_early)
{
	prepare(0);
	start(run_one);
	join();
	for (int i = 0; i < THREADS; i++)
		OK(rets[i]);
	OK(iommufd_bulk_finish(bulk));
	bulk_check_mapped();
	bulk_end();
}
END_TEST

static sigjmp_buf away;

static void on_signal(int number)
{
	(void)number;
	siglongjmp(away, 1);
}

static void *run_and_die(void *arg)
{
	int *died = arg;

	if (sigsetjmp(away, 1))
		*died = 1;
	else
		iommufd_bulk_run(bulk, 0);
	return NULL;
}

/*
 * A thread goes in the middle of a piece: a page lies beyond the end of its file,
 * and the handler of the signal does not come back.
 */
START_TEST(one_dies)
{
	const struct sigaction action = { .sa_handler = on_signal };
	int fd = harness_memfd(PAGE), died = 0;
	pthread_t thread;

	ck_assert_ptr_eq(mmap(bulk_memory + PIECE, 2 * PAGE,
			      PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
			      fd, 0),
			 bulk_memory + PIECE);
	ck_assert_int_eq(sigaction(SIGBUS, &action, NULL), 0);
	bulk_forget_populating();
	prepare(IOMMUFD_BULK_POPULATE);
	ck_assert_int_eq(pthread_create(&thread, NULL, run_and_die, &died), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_int_eq(died, 1);
	/* The others can do the rest, but that piece is lost. */
	OK(iommufd_bulk_run(bulk, 0));
	ck_assert_uint_eq(bulk_info().mapped, LENGTH - PAGE);
	ck_assert_uint_eq(bulk_info().running, 1);
	FAILS(iommufd_bulk_finish(bulk), IN_USE, EBUSY);
	FAILS(iommufd_bulk_undo(bulk, 0), IN_USE, EBUSY);
	OK(iommufd_bulk_undo(bulk, IOMMUFD_BULK_ALONE));
	close(fd);
	bulk_end();
}
END_TEST

static const TTest **const tests[] = {
	&all_of_it,
	&progress,
	&one_fails,
	&cancelled_from_another_thread,
	&one_returns_early,
	&one_dies,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "threads", .setup = bulk_setup, .tests = tests },
	};

	return harness_run("bulk_threads", cases, 1);
}
