/* SPDX-License-Identifier: MIT */
/* Runs of bits in a bitmap, against looking at each bit. */
#include <stdlib.h>
#include <string.h>

#include <iommufd/util/util.h>

#include "harness.h"

#define BITS 2000

static uint64_t bitmap[BITS / 64 + 1];
static uint32_t seed = 1;

static uint32_t any(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

static int bit(uint64_t n)
{
	return bitmap[n / 64] >> n % 64 & 1;
}

static void set(uint64_t n)
{
	bitmap[n / 64] |= UINT64_C(1) << n % 64;
}

/* From each position, the run is the one that is found bit by bit. */
static void check_all(uint64_t bits)
{
	for (uint64_t from = 0; from <= bits; from++) {
		uint64_t first = from, end, position = from;
		uint64_t run = iommufd_dirty_run(bitmap, bits, &position);

		while (first < bits && !bit(first))
			first++;
		end = first;
		while (end < bits && bit(end))
			end++;
		if (run != end - first || position != first)
			ck_abort_msg("from %u of %u: %u at %u", (unsigned)from,
				     (unsigned)bits, (unsigned)run,
				     (unsigned)position);
	}
}

START_TEST(empty_and_full)
{
	for (uint64_t bits = 0; bits < 700; bits += 7) {
		memset(bitmap, 0, sizeof(bitmap));
		check_all(bits);
		memset(bitmap, 0xff, sizeof(bitmap));
		check_all(bits);
	}
}
END_TEST

START_TEST(single_bits)
{
	for (uint64_t at = 0; at < 1400; at += 13) {
		memset(bitmap, 0, sizeof(bitmap));
		set(at);
		check_all(1400);
	}
}
END_TEST

/* What lies behind the last bit is none of it. */
START_TEST(behind_the_end)
{
	for (uint64_t bits = 1; bits < 200; bits++) {
		memset(bitmap, 0, sizeof(bitmap));
		for (uint64_t i = bits; i < BITS; i++)
			set(i);
		check_all(bits);
		set(bits - 1);
		check_all(bits);
	}
}
END_TEST

START_TEST(at_random)
{
	for (int round = 0; round < 400; round++) {
		const uint32_t bits = 1 + any(BITS);

		memset(bitmap, 0, sizeof(bitmap));
		for (uint32_t runs = any(12); runs; runs--) {
			uint32_t at = any(bits), length = 1 + any(300);

			for (; length && at < bits; length--)
				set(at++);
		}
		check_all(bits);
	}
}
END_TEST

static const TTest **const tests[] = {
	&empty_and_full, &single_bits, &behind_the_end, &at_random, NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "run", .tests = tests },
	};

	return harness_run("dirty_run", cases, 1);
}
