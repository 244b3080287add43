/* SPDX-License-Identifier: MIT */
/*
 * How long it takes to register a guest's memory: one map of all of it, against
 * bulk registration with one and two threads.
 */
#include <math.h>
#include <pthread.h>
#include <stdio.h>

#include "bench.h"
#include "machine.h"

#define ROUNDS	     3
#define QUICK	     (80 * MIB)
#define ENOUGH	     20e9 /* ns */
#define MOST_THREADS 2

static const uint64_t sizes[] = { 1 * GIB, 2 * GIB, 8 * GIB };

/* The memory, and whether it is there before it is registered. */
static const struct kind {
	const char *words;
	enum machine_kind kind;
	int by_file;
	int there;
} kinds[] = {
	{ "anonymous 4 KiB", SMALL_PAGES, 0, 0 },
	{ "anonymous 4 KiB there", SMALL_PAGES, 0, 1 },
	{ "anonymous 2 MiB", LARGE_PAGES, 0, 0 },
	{ "memfd", MEMORY_FILE, 0, 0 },
	{ "memfd by file", MEMORY_FILE, 1, 0 },
	{ "hugetlb", HUGETLB_FILE, 0, 0 },
};

/* The ways: no threads is one map. */
static const struct way {
	unsigned int threads;
	uint32_t flags;
} ways[] = {
	{ 0, 0 },
	{ 1, 0 },
	{ 2, 0 },
	{ 2, IOMMUFD_BULK_POPULATE },
};

#define WAYS (sizeof(ways) / sizeof(ways[0]))

static int map_plainly(const struct kind *kind, const struct machine_memory *m)
{
	const struct iommufd_extent all = { .length = m->length };
	uint64_t iova = FIRST_IOVA;

	if (kind->by_file)
		return iommufd_ioas_map_file(machine_ioas, m->fd, &all,
					     RW | IOMMUFD_MAP_FIXED_IOVA,
					     &iova);
	return iommufd_ioas_map(machine_ioas, m->memory, m->length,
				RW | IOMMUFD_MAP_FIXED_IOVA, &iova);
}

static void *run(void *bulk)
{
	iommufd_bulk_run(bulk, 0);
	return NULL;
}

static void map_in_pieces(const struct kind *kind, const struct way *way,
			  const struct machine_memory *m)
{
	const struct iommufd_bulk_region region = {
		.size = sizeof(region),
		.flags = RW,
		.options = kind->by_file ? IOMMUFD_BULK_FILE : 0,
		.fd = m->fd,
		.memory = m->memory,
		.length = m->length,
		.iova = FIRST_IOVA,
	};
	const struct iommufd_bulk_opts opts = { .size = sizeof(opts),
						.flags = way->flags };
	pthread_t threads[MOST_THREADS];
	struct iommufd_bulk *bulk = NULL;

	machine_check("prepare", iommufd_bulk_prepare(machine_ioas, &region, 1,
						      &opts, &bulk));
	for (unsigned int i = 1; i < way->threads; i++)
		MUST(!pthread_create(&threads[i], NULL, run, bulk));
	run(bulk);
	for (unsigned int i = 1; i < way->threads; i++)
		MUST(!pthread_join(threads[i], NULL));
	machine_check("bulk", iommufd_bulk_finish(bulk));
}

/* In seconds; NAN where the machine cannot do it. */
static double took(const struct kind *kind, const struct way *way,
		   uint64_t length)
{
	struct machine_memory m = machine_memory_new(kind->kind, length);
	uint64_t unmapped = 0;
	double start, end;
	int ret = 0;

	if (!m.memory) {
		machine_memory_free(&m);
		return NAN;
	}
	if (kind->there)
		machine_touch(&m);
	start = bench_now();
	if (way->threads)
		map_in_pieces(kind, way, &m);
	else
		ret = map_plainly(kind, &m);
	end = bench_now();
	/* Files can be mapped since Linux 6.13. */
	if (kind->by_file && iommufd_is(ret, IOMMUFD_CAUSE_COMMAND))
		end = NAN;
	else
		machine_check("map", ret);
	machine_check("unmap", iommufd_ioas_unmap_all(machine_ioas, &unmapped));
	MUST(isnan(end) || unmapped == length);
	machine_memory_free(&m);
	return (end - start) / 1e9;
}

/* The least of some rounds, or of one where that takes long: 0 if it worked. */
static int rounds(const struct kind *kind, uint64_t length, double *least)
{
	const double start = bench_now();

	for (uint32_t n = 0; n < ROUNDS; n++) {
		for (size_t i = 0; i < WAYS; i++) {
			double now = took(kind, &ways[i], length);

			/* Where one way is not to be had none is. */
			if (isnan(now))
				return -1;
			least[i] = fmin(least[i], now);
		}
		if (bench_is_quick() || bench_now() - start > ENOUGH)
			break;
	}
	return 0;
}

/* What each way takes, and what the plain map takes in relation to it. */
static void measure(const struct kind *kind, uint64_t length)
{
	double numbers[2 * WAYS - 1];
	char words[64];

	for (size_t i = 0; i < WAYS; i++)
		numbers[i] = INFINITY;
	if (rounds(kind, length, numbers))
		return;
	for (size_t i = 1; i < WAYS; i++)
		numbers[WAYS + i - 1] = numbers[0] / numbers[i];
	snprintf(words, sizeof(words), "%s %u %s", kind->words,
		 (unsigned int)(length / (length < GIB ? MIB : GIB)),
		 length < GIB ? "MiB" : "GiB");
	bench_row(words, numbers, 2 * WAYS - 1);
}

int main(int argc, char **argv)
{
	const size_t count = sizeof(sizes) / sizeof(sizes[0]);

	bench_arguments(argc, argv);
	machine_begin();
	bench_table("registering memory (seconds); how much faster than one "
		    "map",
		    "memory,map,bulk 1,bulk 2,populate 2,map/bulk 1,"
		    "map/bulk 2,map/populate");
	for (size_t i = 0; i < (bench_is_quick() ? 1 : count); i++) {
		uint64_t length = bench_is_quick() ? QUICK : sizes[i];

		for (size_t j = 0; j < sizeof(kinds) / sizeof(kinds[0]); j++)
			if (machine_has_room(
				    kinds[j].kind == HUGETLB_FILE ? 0 : length))
				measure(&kinds[j], length);
	}
	machine_end();
	bench_end();
	return 0;
}
