/* SPDX-License-Identifier: MIT */
/*
 * Finding what is set in the bitmap of a guest of 1 TiB in pages of 4 KiB,
 * 32 MiB, against loops over its bytes and over its words that find each page,
 * and against reading the memory, as fast as it goes, and nothing more.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <iommufd/util/util.h>

#include "bench.h"

#define PAGE   4096
#define ROUNDS 3
#define FULL   (UINT64_C(1) << 28) /* pages of 1 TiB */
#define QUICK  (UINT64_C(1) << 20)
#define WORD   64
#define LINE   8    /* words */
#define AHEAD  1024 /* words: where reading is fastest */
#define ROOM   1024 /* runs asked for in a call */
#define OTHER  (UINT64_C(256) << 20)

/* Written by itself, or with its neighbours: 64 KiB, 2 MiB. */
static const uint64_t runs[] = { 1, 16, 512 };

static uint64_t pages;
static uint64_t *bitmap;
static unsigned char *other;
static uint64_t other_size;

static uint64_t words(void)
{
	return pages / WORD;
}

static void set_pages(uint64_t first, uint64_t count)
{
	for (uint64_t i = first; i < first + count; i++)
		bitmap[i / WORD] |= UINT64_C(1) << i % WORD;
}

/* That share of all pages, somewhere, in runs of this many. */
static void fill(double share, uint64_t run)
{
	const uint64_t places = pages / run;
	uint64_t wanted = (uint64_t)(share * (double)places);

	memset(bitmap, share < 1 ? 0 : 0xff, words() * sizeof(*bitmap));
	for (; share < 1 && wanted; wanted--) {
		uint64_t first;

		do {
			first = bench_below(places) * run;
		} while (bitmap[first / WORD] >> first % WORD & 1);
		set_pages(first, run);
	}
}

/* ---- ways to find them ----------------------------------------------------- */

/* What is found is looked at and counted, and no more. */
static inline void add(uint64_t *found, uint64_t first, uint64_t count)
{
	__asm__ volatile("" : : "r"(first));
	*found += count;
}

static uint64_t by_runs(void)
{
	uint64_t found = 0;
	struct iommufd_extent some[ROOM];
	uint64_t position = 0;
	uint32_t n;

	while ((n = iommufd_dirty_runs(bitmap, pages, &position, some, ROOM)))
		for (uint32_t i = 0; i < n; i++)
			add(&found, some[i].start, some[i].length);
	return found;
}

static uint64_t by_words(void)
{
	uint64_t found = 0;

	for (uint64_t i = 0; i < words(); i++) {
		uint64_t word = bitmap[i];

		for (; word; word &= word - 1)
			add(&found, i * WORD + (uint64_t)__builtin_ctzll(word),
			    1);
	}
	return found;
}

static uint64_t by_bytes(void)
{
	const unsigned char *bytes = (const unsigned char *)bitmap;
	uint64_t found = 0;

	for (uint64_t i = 0; i < pages / 8; i++)
		for (unsigned int bit = 0; bytes[i] >> bit; bit++)
			if (bytes[i] >> bit & 1)
				add(&found, i * 8 + bit, 1);
	return found;
}

/* Nothing is found: it is only read, in sums that do not wait for each other. */
static uint64_t by_reading(void)
{
	uint64_t a = 0, b = 0;

	for (uint64_t i = 0; i < words(); i += LINE) {
		const uint64_t *line = bitmap + i;

		__builtin_prefetch(line + AHEAD);
		a |= line[0] | line[1] | line[2] | line[3];
		b |= line[4] | line[5] | line[6] | line[7];
	}
	return a | b;
}

/* ---- and how fast they are --------------------------------------------------- */

typedef uint64_t way(void);

static way *const ways[] = { by_runs, by_words, by_bytes, by_reading };

#define WAYS (sizeof(ways) / sizeof(ways[0]))

/* All of them find as many, and the runs are those of the bitmap. */
static void check(void)
{
	uint64_t *again = calloc(words(), sizeof(*again)), *tested = bitmap;
	struct iommufd_extent some[ROOM];
	uint64_t position = 0;
	uint32_t n;

	MUST(again && by_runs() == by_words() && by_words() == by_bytes());
	bitmap = again;
	while ((n = iommufd_dirty_runs(tested, pages, &position, some, ROOM)))
		for (uint32_t i = 0; i < n; i++)
			set_pages(some[i].start, some[i].length);
	bitmap = tested;
	MUST(!memcmp(again, bitmap, words() * sizeof(*again)));
	free(again);
}

/* Read something else, that the bitmap is in no cache, for none of the ways. */
static void cool(void)
{
	uint64_t sum = 0;

	for (uint64_t i = 0; i < other_size; i += LINE * sizeof(*bitmap))
		sum += other[i];
	__asm__ volatile("" : : "m"(sum));
}

static double took(way *go)
{
	uint64_t found;
	double start;

	cool();
	start = bench_now();
	found = go();
	__asm__ volatile("" : : "m"(found));
	return bench_now() - start;
}

/* In GB/s; the best of some rounds, in which each has its turn. */
static void measure(const char *text)
{
	double best[WAYS], numbers[WAYS + 1];

	check();
	for (size_t i = 0; i < WAYS; i++)
		best[i] = INFINITY;
	for (uint32_t round = 0; round < bench_times(ROUNDS); round++)
		for (size_t i = 0; i < WAYS; i++)
			best[i] = fmin(best[i], took(ways[i]));
	for (size_t i = 0; i < WAYS; i++) {
		best[i] = bench_least(best[i]);
		numbers[i] = (double)pages / 8 / best[i];
	}
	numbers[WAYS] = best[WAYS - 1] / best[0] * 100;
	bench_row(text, numbers, WAYS + 1);
}

static void sparse(double share)
{
	char text[64];

	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		fill(share, runs[i]);
		snprintf(text, sizeof(text), "%g %% in runs of %u KiB",
			 share * 100, (unsigned int)runs[i] * PAGE / 1024);
		measure(text);
	}
}

static void measure_all(void)
{
	bench_table("finding the dirty pages of 1 TiB in a bitmap of 32 MiB "
		    "(GB/s of bitmap)",
		    "dirty,ranges,words,bytes,reading,ranges/reading %");
	fill(0, 1);
	measure("0 %");
	sparse(0.001);
	sparse(0.1);
	fill(1, 1);
	measure("100 %");
}

int main(int argc, char **argv)
{
	bench_arguments(argc, argv);
	bench_pin(0);
	pages = bench_is_quick() ? QUICK : FULL;
	bitmap = aligned_alloc(PAGE, words() * sizeof(*bitmap));
	other_size = bench_is_quick() ? PAGE : OTHER;
	other = malloc(other_size);
	MUST(bitmap && other);
	memset(other, 1, other_size);
	while (bench_pass())
		measure_all();
	free(other);
	free(bitmap);
	bench_end();
	return 0;
}
