/* SPDX-License-Identifier: MIT */
/*
 * Readers of a DMA map that race with writers. Each slot of memory has one owner
 * among the writers, who says at which IOVA it is registered, and when it is
 * not: a reader that finds the same word before and after its translation knows
 * what that had to give.
 */
#include <pthread.h>
#include <stdatomic.h>

#include <iommufd/util/util.h>

#include "fakeioas.h"
#include "fixture.h"

#define BASE	   UINT64_C(0x7f0000000000)
#define FIRST_IOVA (UINT64_C(1) << 40) /* of the kernel that is made up */
#define SLOTS	   1024
#define STABLE	   64 /* registered all the time, spread evenly */
#define WRITERS	   2
#define READERS	   2
#define CHANGES	   30000 /* of each writer */

/* Bytes of memory for a slot. */
static uint64_t room;

static struct fake_space space;
static struct iommufd_dma_map *map;
static pthread_barrier_t barrier;
static _Atomic unsigned int writing;

/* 0, or the IOVA: no two registrations ever have the same. */
static _Atomic uint64_t published[SLOTS];

static uint32_t any(uint32_t *state, uint32_t limit)
{
	*state = *state * 1664525 + 1013904223;
	return (*state >> 8) % limit;
}

static void *address_of(unsigned int slot, uint64_t offset)
{
	return (void *)(uintptr_t)(BASE + slot * room + offset);
}

static int is_stable(unsigned int slot)
{
	return slot % (SLOTS / STABLE) == 0;
}

/* The first page of a slot, or three quarters of it. */
static uint64_t length_of(unsigned int slot)
{
	return slot & 1 || room == PAGE ? PAGE : room / 4 * 3;
}

static void publish(unsigned int slot)
{
	uint64_t iova = 0;

	OK(iommufd_dma_map_register(map, address_of(slot, 0), length_of(slot),
				    RW, NULL, &iova));
	atomic_store_explicit(&published[slot], iova, memory_order_release);
}

static void withdraw(unsigned int slot)
{
	/* Release is not needed, but nothing may be translated after. */
	atomic_store(&published[slot], 0);
	OK(iommufd_dma_map_unregister(map, address_of(slot, 0), length_of(slot),
				      0, NULL));
}

/* Slots of its own; now and then a share of one that stays. */
static void *write_slots(void *arg)
{
	const unsigned int own = *(const unsigned int *)arg;
	uint32_t state = own + 1;

	pthread_barrier_wait(&barrier);
	for (unsigned int i = 0; i < CHANGES; i++) {
		unsigned int slot =
			any(&state, SLOTS / WRITERS) * WRITERS + own;

		if (is_stable(slot)) {
			uint64_t iova;

			OK(iommufd_dma_map_register(map, address_of(slot, 0),
						    PAGE, RW, NULL, &iova));
			OK(iommufd_dma_map_unregister(map, address_of(slot, 0),
						      PAGE, 0, NULL));
		} else if (published[slot]) {
			withdraw(slot);
		} else {
			publish(slot);
		}
	}
	writing--;
	return NULL;
}

static void check_forth(struct iommufd_dma_cursor *cursor, unsigned int slot,
			uint64_t offset)
{
	uint64_t before =
		atomic_load_explicit(&published[slot], memory_order_acquire);
	struct iommufd_extent there = { 0 };
	int ret =
		iommufd_dma_translate(cursor, address_of(slot, offset), &there);
	uint64_t after =
		atomic_load_explicit(&published[slot], memory_order_acquire);

	if (offset >= length_of(slot))
		ck_assert(iommufd_is(ret, IOMMUFD_CAUSE_NOT_REGISTERED));
	else if (before && before == after)
		ck_assert_msg(!ret && there.start == before + offset &&
				      there.length == length_of(slot) - offset,
			      "slot %u: %d, 0x%lx for 0x%lx", slot, ret,
			      (unsigned long)there.start,
			      (unsigned long)before);
	else if (!ret)
		ck_assert(there.length == length_of(slot) - offset &&
			  there.start >= FIRST_IOVA &&
			  (there.start - offset) % PAGE == 0);
	else
		ck_assert(iommufd_is(ret, IOMMUFD_CAUSE_NOT_REGISTERED));
}

static void check_back(struct iommufd_dma_cursor *cursor, unsigned int slot,
		       uint64_t offset)
{
	uint64_t before =
		atomic_load_explicit(&published[slot], memory_order_acquire);
	struct iommufd_dma_memory memory = { 0 };
	uint64_t after;
	int ret;

	if (!before || offset >= length_of(slot))
		return;
	ret = iommufd_dma_translate_back(cursor, before + offset, &memory);
	after = atomic_load_explicit(&published[slot], memory_order_acquire);
	if (before == after)
		ck_assert(!ret);
	if (!ret)
		ck_assert_ptr_eq(memory.start, address_of(slot, offset));
}

static void *read_slots(void *arg)
{
	uint32_t state = *(const unsigned int *)arg + 77;
	struct iommufd_dma_cursor cursor;

	iommufd_dma_cursor_init(&cursor, map);
	pthread_barrier_wait(&barrier);
	do {
		unsigned int slot = any(&state, SLOTS);

		/* More than once, so that the cursor comes in. */
		for (unsigned int i = 0; i < 3; i++)
			check_forth(&cursor, slot, any(&state, (uint32_t)room));
		check_back(&cursor, slot, any(&state, PAGE));
		check_forth(&cursor, slot / 16 * 16, any(&state, PAGE));
	} while (writing);
	return NULL;
}

static void run(uint64_t bytes)
{
	static const unsigned int numbers[] = { 0, 1 };
	pthread_t threads[WRITERS + READERS];

	room = bytes;
	space = fake_space();
	OK(iommufd_dma_map_new(space.ioas, 0, &map));
	for (unsigned int i = 0; i < SLOTS; i++)
		if (is_stable(i))
			publish(i);
	writing = WRITERS;
	ck_assert_int_eq(
		pthread_barrier_init(&barrier, NULL, WRITERS + READERS), 0);
	for (unsigned int i = 0; i < WRITERS + READERS; i++)
		ck_assert_int_eq(
			pthread_create(&threads[i], NULL,
				       i < WRITERS ? write_slots : read_slots,
				       (void *)(uintptr_t)&numbers[i % 2]),
			0);
	for (unsigned int i = 0; i < WRITERS + READERS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	pthread_barrier_destroy(&barrier);
	OK(iommufd_dma_map_clear(map));
	OK(iommufd_dma_map_destroy(map));
	fake_space_end(&space);
}

/* All have one page, and are hints themselves. */
START_TEST(lengths_of_a_page)
{
	run(PAGE);
}
END_TEST

/* Lengths of one power of two and a half more or less: hints are records. */
START_TEST(lengths_alike)
{
	run(8 * PAGE);
}
END_TEST

/* Of many: hints are leaves. */
START_TEST(lengths_that_differ)
{
	run(1024 * PAGE);
}
END_TEST

/* Everybody wants the same memory, in all ways. */
static void *quarrel(void *arg)
{
	const struct iommufd_dma_register_opts opts = {
		.size = sizeof(opts),
		.flags = *(const unsigned int *)arg ? IOMMUFD_DMA_WAIT : 0,
	};
	uint32_t state = *(const unsigned int *)arg + 5;
	uint64_t iova;
	int ret;

	pthread_barrier_wait(&barrier);
	for (unsigned int i = 0; i < CHANGES; i++) {
		char *memory = address_of(0, any(&state, 4) * PAGE);
		uint64_t length = (1 + any(&state, 3)) * PAGE;

		ret = iommufd_dma_map_register(map, memory, length, RW, &opts,
					       &iova);
		if (ret) {
			ck_assert(
				iommufd_is(ret,
					   IOMMUFD_CAUSE_REGISTERED_IN_PART) ||
				(!opts.flags &&
				 iommufd_is(ret,
					    IOMMUFD_CAUSE_ANOTHER_THREAD)));
			continue;
		}
		OK(iommufd_dma_map_unregister(map, memory, length,
					      IOMMUFD_DMA_WAIT, NULL));
	}
	return NULL;
}

START_TEST(writers_of_the_same_memory)
{
	static const unsigned int numbers[] = { 0, 1, 2 };
	pthread_t threads[3];

	room = 16 * PAGE;
	space = fake_space();
	OK(iommufd_dma_map_new(space.ioas, 0, &map));
	ck_assert_int_eq(pthread_barrier_init(&barrier, NULL, 3), 0);
	for (unsigned int i = 0; i < 3; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, quarrel,
						(void *)(uintptr_t)&numbers[i]),
				 0);
	for (unsigned int i = 0; i < 3; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	pthread_barrier_destroy(&barrier);
	ck_assert_uint_eq(fake_ioas.maps, fake_ioas.unmaps);
	OK(iommufd_dma_map_destroy(map));
	fake_space_end(&space);
}
END_TEST

static const TTest **const tests[] = { &lengths_of_a_page, &lengths_alike,
				       &lengths_that_differ,
				       &writers_of_the_same_memory, NULL };

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "threads", .tests = tests, .timeout = 100 },
	};

	return harness_run("dma_map_threads", cases, 1);
}
