/* SPDX-License-Identifier: MIT */
/* Runs of bits in a bitmap, against looking at each bit. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <iommufd/util/util.h>

#include "harness.h"

#define WORD  64
#define BITS  200000 /* more than are listed at a time */
#define WORDS (BITS / WORD)
#define ROOM  70
#define MANY  256
#define LIST  8192 /* bits listed at a time, at least */
#define FAR   (UINT64_C(1) << 32)
#define NONE  UINT64_C(0x5a5a5a5a5a5a5a5a)

/* Of the bitmap under test: its last word is the last before a page that cannot
 * be read, so that where it begins changes with its size. */
static uint64_t *end_of_memory, *bitmap;
static uint64_t bits;
static uint32_t seed = 1;

static uint32_t any(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

static void setup(void)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const size_t size = (WORDS * sizeof(*bitmap) + page - 1) / page * page;
	char *memory = mmap(NULL, size + page, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(memory, MAP_FAILED);
	ck_assert_int_eq(mprotect(memory + size, page, PROT_NONE), 0);
	end_of_memory = (uint64_t *)(void *)(memory + size);
}

/* All words alike. */
static void make(uint64_t count, int byte)
{
	const uint64_t words = (count + WORD - 1) / WORD;

	bits = count;
	bitmap = end_of_memory - words;
	memset(bitmap, byte, words * sizeof(*bitmap));
}

static int bit(uint64_t n)
{
	return bitmap[n / WORD] >> n % WORD & 1;
}

static void set(uint64_t first, uint64_t count)
{
	for (; count && first < bits; count--, first++)
		bitmap[first / WORD] |= UINT64_C(1) << first % WORD;
}

/* What is right, bit by bit: the next run from a bit on, or none. */
static struct iommufd_extent next_run(uint64_t from)
{
	struct iommufd_extent run = { from, 0 };

	while (run.start < bits && !bit(run.start))
		run.start++;
	while (run.start + run.length < bits && bit(run.start + run.length))
		run.length++;
	return run;
}

/* From one position to the end, with so much room in each call. */
static void check(uint64_t position, uint32_t room)
{
	struct iommufd_extent runs[MANY + 1], run;
	uint64_t at = position;
	uint32_t n;

	do {
		memset(runs, 0x5a, sizeof(runs));
		n = iommufd_dirty_runs(bitmap, bits, &position, runs, room);
		ck_assert_uint_le(n, room);
		for (uint32_t i = 0; i < n; i++) {
			run = next_run(at);
			if (runs[i].start != run.start ||
			    runs[i].length != run.length)
				ck_abort_msg("%u at %u, and not %u at %u",
					     (unsigned)runs[i].length,
					     (unsigned)runs[i].start,
					     (unsigned)run.length,
					     (unsigned)run.start);
			at = run.start + run.length;
		}
		if (n == room)
			ck_assert_uint_eq(position, at);
		ck_assert_uint_eq(runs[room].start, NONE);
		ck_assert_uint_eq(runs[room].length, NONE);
	} while (n == room);
	ck_assert_uint_eq(next_run(at).length, 0);
	ck_assert_uint_eq(position, bits);
}

static void check_rooms(void)
{
	for (uint32_t room = 1; room <= ROOM; room++)
		check(0, room);
}

START_TEST(empty_and_full)
{
	for (uint64_t count = 0; count < 1500; count += 7) {
		make(count, 0);
		check_rooms();
		make(count, 0xff);
		check_rooms();
	}
	make(BITS, 0);
	check_rooms();
	make(BITS, 0xff);
	check_rooms();
}
END_TEST

START_TEST(single_bits)
{
	for (uint64_t at = 0; at < 1400; at += 3) {
		make(1400, 0);
		set(at, 1);
		check(0, 1);
		check(0, ROOM);
	}
}
END_TEST

/* Every other bit; the most runs there can be. */
START_TEST(many_runs)
{
	for (uint64_t count = 1; count < 3000; count += 123) {
		make(count, 0x55);
		check_rooms();
		make(count, 0xaa);
		check_rooms();
	}
}
END_TEST

/* Lists grow where nothing is dirty, and are full where all words are. */
START_TEST(many_after_none)
{
	for (uint64_t none = 0; none < BITS; none += LIST) {
		make(BITS, 0x55);
		memset(bitmap, 0, none / 8);
		check(0, MANY);
	}
}
END_TEST

/* Each length at each place of a word, over words and lines. */
START_TEST(single_runs)
{
	for (uint64_t first = 440; first < 600; first++)
		for (uint64_t length = 1; length < 1200;
		     length += 1 + any(60)) {
			make(2000, 0);
			set(first, length);
			check(0, 1);
			check(0, 2);
		}
}
END_TEST

/* Runs of whole words, and of what is listed at a time, one less, one more. */
START_TEST(whole_words)
{
	static const uint64_t lengths[] = { 64,	   128,	  512,	 8192,
					    16384, 24576, 32768, 65536 };

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		for (uint64_t more = 0; more < 3; more++) {
			make(BITS, 0);
			for (uint64_t at = 0; at < BITS; at += 2 * lengths[i])
				set(at, lengths[i] + more - 1);
			check(0, 1);
			check(0, 16);
			check(0, ROOM);
		}
}
END_TEST

/* What lies behind the last bit is none of it. */
START_TEST(behind_the_end)
{
	for (uint64_t count = 1; count < 700; count++) {
		static const int bytes[] = { 0, 0x55, 0xaa, 0xff };

		for (int i = 0; i < 4; i++) {
			make(count, bytes[i]);
			if (bits % WORD)
				bitmap[bits / WORD] |= UINT64_MAX
						       << bits % WORD;
			check(0, 1);
			check(0, 3);
			check(0, ROOM);
		}
	}
}
END_TEST

/* From each position, also in the middle of a run, and beyond the end. */
START_TEST(from_anywhere)
{
	for (int round = 0; round < 20; round++) {
		make(1 + any(1500), 0);
		for (uint32_t n = any(40); n; n--)
			set(any((uint32_t)bits), 1 + any(150));
		for (uint64_t from = 0; from <= bits; from++)
			check(from, 1 + any(ROOM));
		for (uint64_t from = bits; from; from <<= 1)
			check(from, 1);
		check(UINT64_MAX, ROOM);
	}
}
END_TEST

START_TEST(at_random)
{
	static const uint32_t longest[] = { 1, 3, 20, 100, 3000 };

	for (uint32_t round = 0; round < 300; round++) {
		const uint32_t most = longest[round % 5];
		uint32_t density = 1 + any(16);

		make(BITS - any(4000), 0);
		for (uint32_t n = BITS >> density; n; n--)
			set(any((uint32_t)bits), 1 + any(most));
		check(0, 1 + round % ROOM);
		check(any((uint32_t)bits), 1 + any(ROOM));
	}
}
END_TEST

/* More bits than 32 bits count, hardly any of them in memory. */
START_TEST(large)
{
	static const struct iommufd_extent set_bits[] = {
		{ 77, 1 },	    { FAR - 1, 1 },
		{ FAR + 64, 1 },    { FAR + 100, 200000 },
		{ 2 * FAR - 3, 7 }, { 2 * FAR + 76, 1 },
	};
	const uint32_t count = sizeof(set_bits) / sizeof(set_bits[0]);
	const uint64_t size = 2 * FAR / 8 + sizeof(*bitmap) * 2;
	struct iommufd_extent runs[8];

	ck_assert_msg(size == (size_t)size, "there is no such bitmap");
	bits = 2 * FAR + 77;
	bitmap = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ck_assert_ptr_ne(bitmap, MAP_FAILED);
	for (uint32_t i = 0; i < count; i++)
		set(set_bits[i].start, set_bits[i].length);
	for (uint32_t room = 1; room <= 8; room += 3) {
		uint64_t position = 0;
		uint32_t found = 0, n;

		do {
			n = iommufd_dirty_runs(bitmap, bits, &position, runs,
					       room);
			ck_assert_uint_le(found + n, count);
			ck_assert_mem_eq(runs, set_bits + found,
					 n * sizeof(*runs));
			found += n;
		} while (n == room);
		ck_assert_uint_eq(found, count);
		ck_assert_uint_eq(position, bits);
	}
	munmap(bitmap, (size_t)size);
}
END_TEST

/* More room than there can be is as good as enough. */
START_TEST(all_room_there_is)
{
	struct iommufd_extent runs[2];
	uint64_t position = 0;

	make(100, 0);
	set(3, 4);
	set(99, 1);
	ck_assert_uint_eq(
		iommufd_dirty_runs(bitmap, bits, &position, runs, UINT32_MAX),
		2);
	ck_assert_uint_eq(runs[0].start, 3);
	ck_assert_uint_eq(runs[0].length, 4);
	ck_assert_uint_eq(runs[1].start, 99);
	ck_assert_uint_eq(runs[1].length, 1);
	ck_assert_uint_eq(position, bits);
}
END_TEST

START_TEST(bad_arguments)
{
	struct iommufd_extent run = { NONE, NONE };
	uint64_t position = 1;

	make(100, 0xff);
	ck_assert_uint_eq(iommufd_dirty_runs(NULL, bits, &position, &run, 1),
			  0);
	ck_assert_uint_eq(iommufd_dirty_runs(bitmap, bits, NULL, &run, 1), 0);
	ck_assert_uint_eq(iommufd_dirty_runs(bitmap, bits, &position, NULL, 1),
			  0);
	ck_assert_uint_eq(iommufd_dirty_runs(bitmap, bits, &position, NULL, 0),
			  0);
	ck_assert_uint_eq(position, 1);
	ck_assert_uint_eq(iommufd_dirty_runs(NULL, 0, &position, &run, 1), 0);
	ck_assert_uint_eq(position, 0);
	ck_assert_uint_eq(run.start, NONE);
	ck_assert_uint_eq(run.length, NONE);
}
END_TEST

static const TTest **const tests[] = {
	&empty_and_full,
	&single_bits,
	&many_runs,
	&many_after_none,
	&single_runs,
	&whole_words,
	&behind_the_end,
	&from_anywhere,
	&at_random,
	&large,
	&all_room_there_is,
	&bad_arguments,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "runs", .setup = setup, .tests = tests },
	};

	return harness_run("dirty_runs", cases, 1);
}
