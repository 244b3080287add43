/* SPDX-License-Identifier: MIT */
/*
 * The DMA map with the kernel replaced: arguments, refusals that no test bed
 * gives, memory that runs out, and what it costs.
 */
#include "counter_alloc.h"
#include "fakemap.h"

START_TEST(wrong_arguments_of_a_map)
{
	struct iommufd_dma_map_info i = { .size = 8 };
	struct iommufd_dma_map *other = NULL;

	FAILS(iommufd_dma_map_new(NULL, 0, &other), NULL_POINTER, EINVAL);
	FAILS(iommufd_dma_map_new(space.ioas, 0, NULL), NULL_POINTER, EINVAL);
	FAILS(iommufd_dma_map_new(space.ioas, 1, &other), BAD_FLAGS, EINVAL);
	ck_assert_ptr_null(other);
	OK(iommufd_dma_map_destroy(NULL));
	iommufd_dma_map_release(NULL);
	FAILS(iommufd_dma_map_clear(NULL), NULL_POINTER, EINVAL);
	FAILS(iommufd_dma_map_get_info(NULL, &i), NULL_POINTER, EINVAL);
	FAILS(iommufd_dma_map_get_info(map, NULL), NULL_POINTER, EINVAL);
	FAILS(iommufd_dma_map_get_info(map, &i), OPTS_SIZE, EINVAL);
	end();
}
END_TEST

START_TEST(wrong_arguments_of_registering)
{
	struct {
		struct iommufd_dma_register_opts opts;
		uint64_t tail;
	} longer = { .opts = { .size = sizeof(longer) }, .tail = 1 };
	struct iommufd_dma_register_opts opts = { .size = 4 };
	uint64_t iova = 7;

	FAILS(iommufd_dma_map_register(NULL, MEMORY(0), PAGE, RW, NULL, &iova),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_dma_map_register(map, MEMORY(0), PAGE, RW, NULL, NULL),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_dma_map_register(map, MEMORY(0), 0, RW, NULL, &iova),
	      ZERO_LENGTH, EINVAL);
	FAILS(iommufd_dma_map_register(map, MEMORY(0), PAGE, 0, NULL, &iova),
	      NO_ACCESS, EINVAL);
	FAILS(iommufd_dma_map_register(map, MEMORY(0), PAGE, RW, &opts, &iova),
	      OPTS_SIZE, EINVAL);
	FAILS(iommufd_dma_map_register(map, MEMORY(0), PAGE, RW, &longer.opts,
				       &iova),
	      OPTS_TAIL, E2BIG);
	FAILS(add(MEMORY(0), PAGE, 4), BAD_FLAGS, EINVAL);
	FAILS(iommufd_dma_map_register(map, MEMORY(0), PAGE, RW | 0x80, NULL,
				       &iova),
	      BAD_FLAGS, EINVAL);
	opts.size = sizeof(opts);
	opts.reserved = 1;
	FAILS(iommufd_dma_map_register(map, MEMORY(0), PAGE, RW, &opts, &iova),
	      OPTS_RESERVED, EINVAL);
	ck_assert_uint_eq(iova, 7);
	FAILS(iommufd_dma_map_unregister(NULL, MEMORY(0), PAGE, 0, NULL),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_dma_map_unregister(map, MEMORY(0), PAGE, IOMMUFD_DMA_FILE,
					 NULL),
	      BAD_FLAGS, EINVAL);
	FAILS(take(MEMORY(0), 0), ZERO_LENGTH, EINVAL);
	FAILS(take(MEMORY(0), UINT64_MAX), OVERFLOW, EOVERFLOW);
	ck_assert_uint_eq(fake_ioas.maps, 0);
	end();
}
END_TEST

START_TEST(wrong_arguments_of_translating)
{
	struct iommufd_dma_cursor none = { .map = NULL };
	struct iommufd_dma_memory memory;
	struct iommufd_extent there;

	FAILS(iommufd_dma_map_translate(NULL, MEMORY(0), &there), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_dma_map_translate(&none, MEMORY(0), &there), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_dma_map_translate(&cursor, MEMORY(0), NULL), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_dma_map_translate_back(NULL, 0, &memory), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_dma_map_translate_back(&none, 0, &memory), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_dma_map_translate_back(&cursor, 0, NULL), NULL_POINTER,
	      EINVAL);
	end();
}
END_TEST

/* A cursor must not believe in a region that went, whatever came after it. */
START_TEST(a_cursor_outlives_its_region)
{
	struct iommufd_extent first, second;

	OK(add(MEMORY(0), 4 * PAGE, 0));
	OK(iommufd_dma_translate(&cursor, MEMORY(1), &first));
	OK(take(MEMORY(0), 4 * PAGE));
	FAILS(iommufd_dma_translate(&cursor, MEMORY(1), &second),
	      NOT_REGISTERED, ENOENT);
	OK(add(MEMORY(1), PAGE, 0));
	OK(iommufd_dma_translate(&cursor, MEMORY(1), &second));
	ck_assert_uint_eq(second.start, first.start + 3 * PAGE);
	ck_assert_uint_eq(second.length, PAGE);
	FAILS(iommufd_dma_translate(&cursor, MEMORY(2), &second),
	      NOT_REGISTERED, ENOENT);
	/* A cursor is not disturbed by what is added. */
	OK(iommufd_dma_translate(&cursor, MEMORY(1), &first));
	OK(add(MEMORY(2), PAGE, 0));
	ck_assert_uint_eq(cursor.address, (uintptr_t)MEMORY(1));
	OK(iommufd_dma_translate(&cursor, MEMORY(2), &second));
	ck_assert_uint_eq(second.start, first.start + PAGE);
	OK(iommufd_dma_map_clear(map));
	end();
}
END_TEST

/* ---- memory ---------------------------------------------------------------- */

/* Whichever allocation fails: nothing has happened, and nothing is left. */
START_TEST(without_memory)
{
	unsigned int n = 0, regions = 0;
	int ret;

	OK(iommufd_dma_map_destroy(map));
	do {
		struct iommufd_dma_map *again = NULL;

		counter_alloc_fail(++n);
		ret = iommufd_dma_map_new(space.ioas, 0, &again);
		counter_alloc_fail(0);
		if (ret)
			FAILS(ret, NO_MEMORY, ENOMEM);
		map = again;
	} while (ret);
	ck_assert_uint_gt(n, 3);
	iommufd_dma_cursor_init(&cursor, map);
	for (n = 0; regions < 5000; regions++) {
		counter_alloc_fail(1);
		ret = add(MEMORY(2 * regions), PAGE, 0);
		counter_alloc_fail(0);
		if (!ret)
			continue;
		FAILS(ret, NO_MEMORY, ENOMEM);
		n++;
		OK(add(MEMORY(2 * regions), PAGE, 0));
	}
	ck_assert_uint_gt(n, 5);
	ck_assert_uint_eq(info().regions, regions);
	/* Unregistering needs none. */
	for (unsigned int i = 0; i < regions; i++) {
		counter_alloc_fail(1);
		ret = take(MEMORY(2 * (i * 7 % regions)), PAGE);
		counter_alloc_fail(0);
		OK(ret);
	}
	end();
}
END_TEST

#define MANY 65536

/* 128 bytes a region, whatever came and went, beyond what an empty map has. */
START_TEST(bounded_memory)
{
	const uint64_t bound = 256 * 1024 + UINT64_C(128) * MANY;

	for (uint64_t i = 0; i < MANY; i++)
		OK(add(MEMORY(2 * (i * 40503 % MANY)), PAGE, 0));
	ck_assert_uint_le(info().memory, bound);
	/* Thin it out, and fill it at other places. */
	for (unsigned int round = 1; round < 6; round++) {
		for (uint64_t i = 0; i < MANY; i++)
			if (i % 8)
				OK(take(MEMORY(2 * i + (round - 1) * 3 * MANY),
					PAGE));
		for (uint64_t i = 0; i < MANY; i++)
			if (i % 8)
				OK(add(MEMORY(2 * (i * 40503 % MANY / 8 * 8 +
						   i % 8) +
					      round * 3 * MANY),
				       PAGE, 0));
		for (uint64_t i = 0; i < MANY; i += 8) {
			OK(take(MEMORY(2 * i + (round - 1) * 3 * MANY), PAGE));
			OK(add(MEMORY(2 * i + round * 3 * MANY), PAGE, 0));
		}
		ck_assert_uint_eq(info().regions, MANY);
		ck_assert_uint_le(info().memory, bound);
	}
	ck_assert_uint_eq(info().most_regions, MANY);
	OK(iommufd_dma_map_clear(map));
	ck_assert_uint_le(info().memory, bound);
	end();
}
END_TEST

static uint64_t at_random(uint64_t i)
{
	return i * 40503 % MANY;
}

static uint64_t in_turns(uint64_t i)
{
	return i % 8 * (MANY / 8) + i / 8;
}

static uint64_t from_the_middle(uint64_t i)
{
	return i % 2 ? MANY / 2 + i / 2 : MANY / 2 - 1 - i / 2;
}

/* So that each node that is left behind has half of what it could have. */
static uint64_t below_the_last(uint64_t i)
{
	return i ? i - 1 : MANY;
}

/*
 * With any number of them: what has just grown takes most for each. At IOVAs in the
 * order of registering, or of the addresses.
 */
START_TEST(bounded_memory_while_growing)
{
	uint64_t (*const orders[])(uint64_t) = { at_random, in_turns,
						 from_the_middle,
						 below_the_last };

	for (int n = 0; n < 8; n++) {
		for (uint64_t i = 0; i < MANY; i++) {
			unsigned char *at = MEMORY(2 * orders[n / 2](i));
			uint64_t iova = (uintptr_t)at;

			OK(iommufd_dma_map_register(
				map, at, PAGE,
				RW | (n % 2 ? IOMMUFD_MAP_FIXED_IOVA : 0), NULL,
				&iova));
			if (i % 32 == 0)
				ck_assert_uint_le(info().memory,
						  256 * 1024 + 128 * (i + 1));
		}
		OK(iommufd_dma_map_clear(map));
		OK(iommufd_dma_map_destroy(map));
		OK(iommufd_dma_map_new(space.ioas, 0, &map));
	}
	end();
}
END_TEST

/* ---- cost ------------------------------------------------------------------ */

static int translate(void)
{
	struct iommufd_extent there;

	return iommufd_dma_map_translate(&cursor, MEMORY(1), &there);
}

static int translate_back(void)
{
	struct iommufd_dma_memory memory;

	return iommufd_dma_map_translate_back(&cursor, UINT64_C(1) << 40,
					      &memory);
}

static int translate_list(void)
{
	const struct iommufd_dma_memory memory = { MEMORY(0), 8 * PAGE };
	struct iommufd_extent pieces[8];
	uint32_t room = 8;

	return iommufd_dma_map_translate_list(&cursor, &memory, 1, PAGE, pieces,
					      &room);
}

static int share(void)
{
	return add(MEMORY(2), PAGE, 0);
}

static void setup_counted(void)
{
	setup();
	OK(add(MEMORY(0), 8 * PAGE, 0));
}

START_TEST(no_system_call_and_no_allocation)
{
	static const struct counter_call calls[] = {
		{ "iommufd_dma_map_translate", "none", 0, translate, 0, NULL,
		  NULL },
		{ "iommufd_dma_map_translate_back", "none", 0, translate_back,
		  0, NULL, NULL },
		{ "iommufd_dma_map_translate_list", "none", 0, translate_list,
		  0, NULL, NULL },
		{ "iommufd_dma_map_register shared", "none", 0, share, 0, NULL,
		  NULL },
	};

	counter_run(NULL, setup_counted, calls,
		    sizeof(calls) / sizeof(calls[0]));
}
END_TEST

static const TTest **const arguments[] = { &wrong_arguments_of_a_map,
					   &wrong_arguments_of_registering,
					   &wrong_arguments_of_translating,
					   NULL };
static const TTest **const behaviour[] = { &a_cursor_outlives_its_region,
					   &without_memory, &bounded_memory,
					   &bounded_memory_while_growing,
					   NULL };
static const TTest **const cost[] = { &no_system_call_and_no_allocation, NULL };

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "arguments", .setup = setup, .tests = arguments },
		{ .name = "behaviour", .setup = setup, .tests = behaviour },
		{ .name = "cost", .tests = cost },
	};

	return harness_run("dma_map_fake", cases, 3);
}
