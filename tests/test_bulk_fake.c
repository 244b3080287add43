/* SPDX-License-Identifier: MIT */
/*
 * Bulk registrations over a kernel that is replaced: what happens while it maps a
 * piece, and what each call then says.
 */
#include <iommufd/util/util.h>

#include "util/bulk.c"
#include "util/bulk_populate.c"
#include "util/structs.c"

/* What happens right after iommufd_bulk_finish() has asked for this. */
static int outcome(struct iommufd_bulk *of);
#define iommufd__bulk_outcome(of) outcome(of)
#include "util/bulk_prepare.c"
#undef iommufd__bulk_outcome

#include <semaphore.h>

#include "fakeioas.h"
#include "fixture.h"

#define PIECES 2

/* For populating, which is not done here. */
int iommufd__diag_memory_usable(uint64_t start, uint64_t length, uint32_t flags)
{
	(void)start;
	(void)length;
	(void)flags;
	return 0;
}

static struct fake_space space;
static struct iommufd_bulk *bulk;
static char memory[(PIECES + 1) * 4096];
static unsigned int mapped; /* pieces that the kernel has been asked for */
static void (*after_outcome)(void);

static int outcome(struct iommufd_bulk *of)
{
	void (*then)(void) = after_outcome;
	int ret = iommufd__bulk_outcome(of);

	after_outcome = NULL;
	if (then)
		then();
	return ret;
}

static void setup(void)
{
	const struct iommufd_bulk_region region = {
		.size = sizeof(region),
		.flags = RW,
		.memory = memory + (-(uintptr_t)memory & (PAGE - 1)),
		.length = PIECES * PAGE,
		.iova = PAGE,
	};
	const struct iommufd_bulk_opts opts = { .size = sizeof(opts),
						.piece = PAGE,
						.alignment = PAGE };

	space = fake_space();
	mapped = 0;
	OK(iommufd_bulk_prepare(space.ioas, &region, 1, &opts, &bulk));
}

static void end(void)
{
	fake_ioas.map_err = 0;
	fake_ioas.meanwhile = NULL;
	OK(iommufd_bulk_undo(bulk, 0));
	fake_space_end(&space);
}

static struct iommufd_bulk_info info(void)
{
	struct iommufd_bulk_info i = { .size = sizeof(i) };

	OK(iommufd_bulk_get_info(bulk, &i));
	return i;
}

/* ---- cancelling ----------------------------------------------------------- */

/* Another thread comes and goes while the last piece is being mapped. */
static void cancel_at_last(void)
{
	if (++mapped < PIECES)
		return;
	fake_ioas.meanwhile = NULL;
	iommufd_bulk_cancel(bulk);
	OK(iommufd_bulk_run(bulk, 0));
	ck_assert_uint_eq(info().state, IOMMUFD_BULK_GOES_ON);
}

START_TEST(too_late)
{
	fake_ioas.meanwhile = cancel_at_last;
	OK(iommufd_bulk_run(bulk, 0));
	ck_assert_uint_eq(info().state, IOMMUFD_BULK_MAPPED);
	OK(iommufd_bulk_finish(bulk));
	fake_space_end(&space);
}
END_TEST

static void cancel_at_last_and_fail(void)
{
	cancel_at_last();
	if (mapped == PIECES)
		fake_ioas.map_err = EFAULT;
}

START_TEST(too_late_for_a_failure)
{
	fake_ioas.meanwhile = cancel_at_last_and_fail;
	FAILS(iommufd_bulk_run(bulk, 0), UNPINNABLE, EFAULT);
	ck_assert_uint_eq(info().state, IOMMUFD_BULK_FAILED);
	FAILS(iommufd_bulk_finish(bulk), UNPINNABLE, EFAULT);
	end();
}
END_TEST

static void cancel_at_once(void)
{
	fake_ioas.meanwhile = NULL;
	iommufd_bulk_cancel(bulk);
	FAILS(iommufd_bulk_run(bulk, 0), CANCELLED, ECANCELED);
	ck_assert_uint_eq(info().state, IOMMUFD_BULK_CANCELLED);
}

START_TEST(in_time)
{
	fake_ioas.meanwhile = cancel_at_once;
	FAILS(iommufd_bulk_run(bulk, 0), CANCELLED, ECANCELED);
	ck_assert_uint_eq(info().state, IOMMUFD_BULK_CANCELLED);
	ck_assert_uint_eq(info().mapped, PAGE);
	FAILS(iommufd_bulk_finish(bulk), CANCELLED, ECANCELED);
	end();
}
END_TEST

static void cancel_at_once_and_fail(void)
{
	cancel_at_once();
	fake_ioas.map_err = EFAULT;
}

/* What one thread has been told remains so. */
START_TEST(in_time_for_a_failure)
{
	fake_ioas.meanwhile = cancel_at_once_and_fail;
	FAILS(iommufd_bulk_run(bulk, 0), CANCELLED, ECANCELED);
	ck_assert_uint_eq(info().state, IOMMUFD_BULK_CANCELLED);
	ck_assert_int_eq(iommufd_cause(info().ret), IOMMUFD_CAUSE_UNPINNABLE);
	FAILS(iommufd_bulk_finish(bulk), CANCELLED, ECANCELED);
	end();
}
END_TEST

/* ---- finishing ------------------------------------------------------------ */

static sem_t arrived, go;
static pthread_t other;
static int other_ret;

static void wait_in_kernel(void)
{
	fake_ioas.meanwhile = NULL;
	sem_post(&arrived);
	while (sem_wait(&go))
		;
	fake_ioas.map_err = EFAULT;
}

static void *run_other(void *arg)
{
	(void)arg;
	other_ret = iommufd_bulk_run(bulk, 0);
	return NULL;
}

static void let_other_fail(void)
{
	sem_post(&go);
	ck_assert_int_eq(pthread_join(other, NULL), 0);
}

/* The last thread fails and goes while another one wants to finish. */
START_TEST(fails_while_one_finishes)
{
	ck_assert_int_eq(sem_init(&arrived, 0, 0), 0);
	ck_assert_int_eq(sem_init(&go, 0, 0), 0);
	fake_ioas.meanwhile = wait_in_kernel;
	ck_assert_int_eq(pthread_create(&other, NULL, run_other, NULL), 0);
	while (sem_wait(&arrived))
		;
	after_outcome = let_other_fail;
	FAILS(iommufd_bulk_finish(bulk), IN_USE, EBUSY);
	ck_assert_int_eq(iommufd_cause(other_ret), IOMMUFD_CAUSE_UNPINNABLE);
	FAILS(iommufd_bulk_finish(bulk), UNPINNABLE, EFAULT);
	end();
}
END_TEST

static const TTest **const tests[] = { &too_late,
				       &too_late_for_a_failure,
				       &in_time,
				       &in_time_for_a_failure,
				       &fails_while_one_finishes,
				       NULL };

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "bulk_fake", .setup = setup, .tests = tests },
	};

	return harness_run("bulk_fake", cases, 1);
}
