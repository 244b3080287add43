/* SPDX-License-Identifier: MIT */
/* Calls of a DMA map that meet while the kernel, which is replaced, works. */
#include <pthread.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fakemap.h"

static pthread_t other;

/* While the first two pages are just mapped or unmapped. */
static void look_around(void)
{
	struct iommufd_extent there;

	fake_ioas.meanwhile = NULL;
	FAILS(iommufd_dma_translate(&cursor, MEMORY(0), &there), NOT_REGISTERED,
	      ENOENT);
	FAILS(add(MEMORY(0), 2 * PAGE, 0), ANOTHER_THREAD, EBUSY);
	FAILS(add(MEMORY(1), PAGE, 0), ANOTHER_THREAD, EBUSY);
	FAILS(add(MEMORY(1), 2 * PAGE, 0), ANOTHER_THREAD, EBUSY);
	FAILS(add((char *)MEMORY(0) - PAGE, 2 * PAGE, 0), ANOTHER_THREAD,
	      EBUSY);
	FAILS(take(MEMORY(0), 2 * PAGE), ANOTHER_THREAD, EBUSY);
	FAILS(iommufd_dma_map_clear(map), ANOTHER_THREAD, EBUSY);
	FAILS(iommufd_dma_map_destroy(map), IN_USE, EBUSY);
	OK(add(MEMORY(2), PAGE, 0));
	OK(iommufd_dma_translate(&cursor, MEMORY(2), &there));
	OK(take(MEMORY(2), PAGE));
}

START_TEST(no_lock_while_the_kernel_works)
{
	fake_ioas.meanwhile = look_around;
	OK(add(MEMORY(0), 2 * PAGE, 0));
	fake_ioas.meanwhile = look_around;
	OK(take(MEMORY(0), 2 * PAGE));
	ck_assert_uint_eq(fake_ioas.maps, 3);
	end();
}
END_TEST

static void *add_patiently(void *ret)
{
	*(int *)ret = add(MEMORY(0), PAGE, IOMMUFD_DMA_WAIT);
	return NULL;
}

static void *take_patiently(void *ret)
{
	*(int *)ret = iommufd_dma_map_unregister(map, MEMORY(0), PAGE,
						 IOMMUFD_DMA_WAIT, NULL);
	return NULL;
}

static int other_ret;
static void *(*other_body)(void *);

/* Time enough for the other one to begin to wait; it is right without, too. */
static void let_other_begin(void)
{
	const struct timespec moment = { .tv_nsec = 20000000 };

	fake_ioas.meanwhile = NULL;
	other_ret = 1;
	ck_assert_int_eq(pthread_create(&other, NULL, other_body, &other_ret),
			 0);
	nanosleep(&moment, NULL);
	ck_assert_int_eq(other_ret, 1);
}

static void check_other(int ret)
{
	ck_assert_int_eq(pthread_join(other, NULL), 0);
	ck_assert_int_eq(iommufd_cause(other_ret), iommufd_cause(ret));
}

START_TEST(waits_if_asked)
{
	/* For a mapping, which it then shares. */
	other_body = add_patiently;
	fake_ioas.meanwhile = let_other_begin;
	OK(add(MEMORY(0), 2 * PAGE, 0));
	check_other(0);
	ck_assert_uint_eq(fake_ioas.maps, 1);
	ck_assert_uint_eq(info().registrations, 2);
	OK(take(MEMORY(0), PAGE));
	/* For an unmapping, after which there is nothing to take. */
	other_body = take_patiently;
	fake_ioas.meanwhile = let_other_begin;
	OK(take(MEMORY(0), 2 * PAGE));
	check_other(iommufd_make_error(IOMMUFD_CAUSE_NOT_REGISTERED, ENOENT));
	/* For a mapping that fails, so that it makes its own. */
	other_body = add_patiently;
	fake_ioas.meanwhile = let_other_begin;
	fake_ioas.map_err = EFAULT;
	FAILS(add(MEMORY(0), 2 * PAGE, 0), UNPINNABLE, EFAULT);
	check_other(iommufd_make_error(IOMMUFD_CAUSE_UNPINNABLE, EFAULT));
	fake_ioas.map_err = 0;
	ck_assert_uint_eq(info().regions, 0);
	end();
}
END_TEST

/*
 * While somebody waits who is not there in the child of a fork: that can forget
 * the map. It would wait for ever, and is killed then.
 */
static void fork_while_other_waits(void)
{
	int status = -1;
	pid_t child;

	let_other_begin();
	child = fork();
	ck_assert_int_ge(child, 0);
	if (!child) {
		alarm(10);
		iommufd_dma_map_release(map);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}

/* Who waits cannot be cancelled, or nobody would give the mutex back. */
static void cancel_other(void)
{
	let_other_begin();
	ck_assert_int_eq(pthread_cancel(other), 0);
}

START_TEST(forked_and_cancelled_while_one_waits)
{
	other_body = add_patiently;
	fake_ioas.meanwhile = fork_while_other_waits;
	OK(add(MEMORY(0), 2 * PAGE, 0));
	check_other(0);
	OK(iommufd_dma_map_clear(map));
	fake_ioas.meanwhile = cancel_other;
	OK(add(MEMORY(0), 2 * PAGE, 0));
	check_other(0);
	ck_assert_uint_eq(info().registrations, 2);
	OK(iommufd_dma_map_clear(map));
	end();
}
END_TEST

static const TTest **const tests[] = { &no_lock_while_the_kernel_works,
				       &waits_if_asked,
				       &forked_and_cancelled_while_one_waits,
				       NULL };

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "meet", .setup = setup, .tests = tests },
	};

	return harness_run("dma_map_meet", cases, 1);
}
