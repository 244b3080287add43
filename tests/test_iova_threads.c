/* SPDX-License-Identifier: MIT */
/* Two threads at one IOVA allocator. */
#include <pthread.h>

#include "iova.h"

/* Two threads: what each of them gets is its own. */
#define ROUNDS 20000
#define HELD   64

static void *churn(void *arg)
{
	uint64_t at[HELD] = { 0 }, *wrong = arg;

	for (uint64_t i = 0; i < ROUNDS; i++) {
		struct iommufd_extent range = extent(at[i % HELD], MIB);

		if (at[i % HELD] && iommufd_iova_free(iova_space, &range))
			++*wrong;
		if (iommufd_iova_alloc(iova_space, MIB, NULL, &at[i % HELD]))
			++*wrong;
	}
	for (uint64_t i = 0; i < HELD; i++) {
		struct iommufd_extent range = extent(at[i], MIB);

		if (iommufd_iova_free(iova_space, &range))
			++*wrong;
	}
	return NULL;
}

START_TEST(threads)
{
	uint64_t wrong[2] = { 0, 0 };
	pthread_t thread[2];

	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(
			pthread_create(&thread[i], NULL, churn, &wrong[i]), 0);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(pthread_join(thread[i], NULL), 0);
	ck_assert_uint_eq(wrong[0] + wrong[1], 0);
	ck_assert_uint_eq(iova_info().allocations, 0);
	ck_assert_uint_eq(iova_info().free_pieces, 2);
}
END_TEST

static const TTest **const tests[] = {
	&threads,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "threads",
		  .setup = iova_setup,
		  .teardown = iova_teardown,
		  .tests = tests },
	};

	return harness_run("iova_threads", cases, 1);
}
