/* SPDX-License-Identifier: MIT */
/*
 * The DMA map against other ways to find the IOVA of an address, in one run: a
 * two-level table of pages of 2 MiB, binary search in a sorted array, a skip
 * list and a plain list, these two behind a read-write lock. Each is called as a
 * function of a library would be, but the table against a cursor, where both are
 * inline.
 *
 * "dependent": an address is known only when the one before it was translated,
 * as a driver that goes on with the result needs it. "stream": the processor
 * may work on many translations at the same time.
 */
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <iommufd/util/util.h>

#include "bench.h"
#include "fake_ioas.h"
#include "others.h"
#include "regions.h"

#define ROUNDS ((int)bench_times(4))

static const uint64_t sizes[] = { 1, 16, 256, 4096, 65536 };

static struct iommufd_ioas *ioas;

#define SIZES (bench_times(sizeof(sizes) / sizeof(sizes[0])))

/* ---- how long it takes ---------------------------------------------------- */

struct figures {
	double stream, dependent;
};

/*
 * One way to translate, as loops around it. The first one is not timed: it
 * brings back what the way before has driven out of the caches.
 */
#define LOOPS(name, length, prepare, found)                                    \
	static struct figures name(void)                                       \
	{                                                                      \
		struct iommufd_extent to = { 0 };                              \
		uint64_t sum = 0, address, n = length;                         \
		double start = 0, middle;                                      \
		prepare;                                                       \
		for (int timed = 0; timed < 2; timed++) {                      \
			start = bench_now();                                   \
			for (uint64_t i = 0; i < n; i++) {                     \
				address = bench_regions.addresses[i];          \
				MUST(found);                                   \
				sum += to.start;                               \
			}                                                      \
			__asm__ volatile("" : : "r"(sum));                     \
		}                                                              \
		middle = bench_now();                                          \
		for (uint64_t i = 0; i < n; i++) {                             \
			address =                                              \
				bench_regions.addresses[i] + (to.start >> 63); \
			MUST(found);                                           \
			__asm__ volatile("" : "+m"(to));                       \
		}                                                              \
		return (struct figures){                                       \
			.stream = (middle - start) / (double)n,                \
			.dependent = (bench_now() - middle) / (double)n,       \
		};                                                             \
	}

#define CURSOR                                                                 \
	struct iommufd_dma_cursor cursor;                                      \
	iommufd_dma_cursor_init(&cursor, bench_regions.map)

LOOPS(with_map, ADDRESSES, CURSOR,
      !iommufd_dma_translate(&cursor, bench_pointer(address), &to))
LOOPS(with_table, ADDRESSES, (void)0, bench_table_find(address, &to))
LOOPS(with_table_call, ADDRESSES, (void)0, bench_table_call(address, &to))
LOOPS(with_sorted, ADDRESSES, (void)0, bench_sorted_find(address, &to))
LOOPS(with_skip, ADDRESSES, (void)0, bench_skip_find(address, &to))
/* Fewer where it is longer, or it would take minutes. */
LOOPS(with_list, ADDRESSES / (1 + bench_regions.count / 64), (void)0,
      bench_list_find(address, &to))

static struct figures least(struct figures a, struct figures b)
{
	return (struct figures){ .stream = fmin(a.stream, b.stream),
				 .dependent = fmin(a.dependent, b.dependent) };
}

/* The least of some rounds of a pass, in which each has its turn. */
#define MAX_WAYS 4

static void measure(struct figures (*const *ways)(void), size_t n,
		    struct figures *best)
{
	for (size_t i = 0; i < n; i++)
		best[i] = (struct figures){ INFINITY, INFINITY };
	for (int round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < n; i++)
			best[i] = least(best[i], ways[i]());
}

/* What the first way takes, and for each other what it takes, and the ratio. */
static void row(const char *words, const double *took, size_t n)
{
	double figures[2 * MAX_WAYS];
	size_t used = 0;

	for (size_t i = 0; i < n; i++) {
		figures[used++] = took[i];
		if (i)
			figures[used++] = took[0] / took[i];
	}
	bench_row(words, figures, used);
}

static void rows(const char *what, struct figures (*const *ways)(void),
		 size_t n)
{
	struct figures best[MAX_WAYS];
	double took[2][MAX_WAYS];
	char words[64];

	measure(ways, n, best);
	for (size_t i = 0; i < n; i++) {
		took[0][i] = bench_least(best[i].dependent);
		took[1][i] = bench_least(best[i].stream);
	}
	for (int i = 0; i < 2; i++) {
		snprintf(words, sizeof(words), "%6llu %s %s",
			 (unsigned long long)bench_regions.count, what,
			 i ? "stream" : "dependent");
		row(words, took[i], n);
	}
}

static void compare_cursor(void)
{
	struct figures (*const ways[])(void) = { with_map, with_table };

	bench_table("cursor: the same region again, both inline (ns)",
		    "regions,map,table,map/table");
	for (size_t i = 0; i < SIZES; i++) {
		bench_regions_begin(ioas, sizes[i], ALIGNED);
		bench_regions_choose(SAME);
		rows("same", ways, 2);
		bench_regions_end();
	}
}

static void compare_aligned(void)
{
	struct figures (*const ways[])(void) = { with_map, with_table_call,
						 with_sorted, with_skip };

	bench_table("regions of 2 MiB, aligned (ns)",
		    "regions,map,table,map/table,sorted,map/sorted,skip list,"
		    "map/skip");
	for (size_t i = 0; i < SIZES; i++) {
		bench_regions_begin(ioas, sizes[i], ALIGNED);
		bench_regions_choose(SEQUENTIAL);
		rows("sequential", ways, 4);
		bench_regions_choose(RANDOM);
		rows("random", ways, 4);
		bench_regions_end();
	}
}

/* What the table of pages cannot have. */
static void compare_others(int layout, const char *title)
{
	struct figures (*const ways[])(void) = { with_map, with_sorted,
						 with_skip };

	bench_table(title, "regions,map,sorted,map/sorted,skip list,map/skip");
	for (size_t i = 0; i < SIZES; i++) {
		bench_regions_begin(ioas, sizes[i], layout);
		bench_regions_choose(SEQUENTIAL);
		rows("sequential", ways, 3);
		bench_regions_choose(RANDOM);
		rows("random", ways, 3);
		bench_regions_end();
	}
}

static void compare_list(int layout, const char *what)
{
	struct figures (*const ways[])(void) = { with_map, with_list };

	for (size_t i = 0; i < SIZES; i++) {
		bench_regions_begin(ioas, sizes[i], layout);
		/* In no order: an odd factor, and counts that are powers of two. */
		for (uint64_t n = 0; n < bench_regions.count; n++)
			bench_list_add(
				&bench_regions.list[(n * 40503) %
						    bench_regions.count]);
		bench_regions_choose(RANDOM);
		rows(what, ways, 2);
		bench_list_end();
		bench_regions_end();
	}
}

static void compare_lists(void)
{
	bench_table("a list, random (ns)", "regions,map,list,map/list");
	compare_list(ALIGNED, "2 MiB");
	compare_list(MIXED, "mixed");
}

/* ---- readers and a writer -------------------------------------------------- */

#define WRITES_PER_SECOND 10000

static _Atomic int stopping;

struct writing {
	void (*add)(struct bench_region *region);
	void (*remove)(const struct bench_region *region);
};

static struct writing to_map = { bench_region_add, bench_region_remove };
static struct writing to_skip = { bench_skip_add, bench_skip_remove };

/* Registers and unregisters, a few at a time, on the other processor. */
static void *write_steadily(void *arg)
{
	const struct writing *writing = arg;
	const uint64_t own = UINT64_C(1) << 50;
	struct timespec next;

	bench_pin(1);
	clock_gettime(CLOCK_MONOTONIC, &next);
	for (uint64_t i = 0; !stopping || i % 2; i++) {
		struct bench_region r = {
			.address = own + i / 2 * TABLE_PAGE % (1 << 30),
			.length = TABLE_PAGE,
		};

		if (i % 2)
			writing->remove(&r);
		else
			writing->add(&r);
		if (i % 10 < 9)
			continue;
		next.tv_nsec += 10 * 1000000000L / WRITES_PER_SECOND;
		next.tv_sec += next.tv_nsec / 1000000000L;
		next.tv_nsec %= 1000000000L;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
	return NULL;
}

struct reader {
	pthread_t thread;
	struct figures (*way)(void);
	unsigned int processor;
	double took;
};

/* The mean, over so many nanoseconds that a writer has worked often meanwhile. */
#define LONG (bench_is_quick() ? 1e6 : 40e6)

static void *read_some(void *arg)
{
	struct reader *reader = arg;
	double sum = 0;
	int rounds = 0;

	bench_pin(reader->processor);
	do {
		sum += reader->way().stream;
		rounds++;
	} while (sum * ADDRESSES < LONG);
	reader->took = sum / rounds;
	return NULL;
}

static double read_by(struct figures (*way)(void), unsigned int readers,
		      struct writing *writer)
{
	struct reader list[2];
	pthread_t writing;
	double sum = 0;

	stopping = 0;
	if (writer)
		MUST(!pthread_create(&writing, NULL, write_steadily, writer));
	for (unsigned int i = 0; i < readers; i++) {
		list[i].processor = i;
		list[i].way = way;
		MUST(!pthread_create(&list[i].thread, NULL, read_some,
				     &list[i]));
	}
	for (unsigned int i = 0; i < readers; i++) {
		MUST(!pthread_join(list[i].thread, NULL));
		sum += list[i].took;
	}
	stopping = 1;
	if (writer)
		MUST(!pthread_join(writing, NULL));
	return sum / readers;
}

static void compare_writer(uint64_t n, int layout, int pattern,
			   const char *what)
{
	char words[64];

	bench_regions_begin(ioas, n, layout);
	bench_regions_choose(pattern);
	for (unsigned int readers = 1; readers <= 2; readers++) {
		double alone = bench_least(read_by(with_map, readers, NULL));
		double with = bench_least(read_by(with_map, readers, &to_map));
		double skip_alone =
			bench_least(read_by(with_skip, readers, NULL));
		double skip_with =
			bench_least(read_by(with_skip, readers, &to_skip));

		snprintf(words, sizeof(words), "%u %s of %llu", readers, what,
			 (unsigned long long)n);
		bench_row(words,
			  (double[]){ alone, with, (with / alone - 1) * 100,
				      skip_alone, alone / skip_alone, skip_with,
				      with / skip_with },
			  7);
	}
	bench_regions_end();
}

static void compare_writers(void)
{
	bench_table("readers, and a writer with 10,000 operations a second "
		    "(ns)",
		    "readers,alone,with writer,slower by %,skip list,"
		    "map/skip,skip+writer,both+writer");
	compare_writer(4096, ALIGNED, SAME, "cursor");
	compare_writer(4096, ALIGNED, RANDOM, "2 MiB random");
	for (size_t i = 2; i < SIZES; i++)
		compare_writer(sizes[i], MIXED, RANDOM, "mixed random");
}

/* ---- bookkeeping ------------------------------------------------------------ */

#define FIXED (256.0 * 1024)

/* Some regions among the others are taken out, and registered again. */
static uint64_t counted(void)
{
	return bench_regions.count < 64 ? bench_regions.count / 2 : 32;
}

static struct bench_region *counted_region(uint64_t i)
{
	return &bench_regions.list[i * bench_regions.count / counted()];
}

static void take_out_counted(void *arg)
{
	(void)arg;
	for (uint64_t i = 0; i < counted(); i++)
		bench_region_remove(counted_region(i));
}

static void add_counted(void *arg)
{
	(void)arg;
	for (uint64_t i = 0; i < counted(); i++)
		bench_region_add(counted_region(i));
}

static void bookkeeping(uint64_t n, int layout, const char *what)
{
	struct iommufd_dma_map_info info = { .size = sizeof(info) };
	double numbers[3];
	char words[64];

	bench_regions_begin(ioas, n, layout);
	numbers[0] = bench_regions.took / (double)n;
	MUST(!iommufd_dma_map_get_info(bench_regions.map, &info));
	numbers[1] = fmax(0, ((double)info.memory - FIXED) / (double)n);
	numbers[2] = (double)bench_instructions(take_out_counted, add_counted,
						NULL) /
		     (double)counted();
	snprintf(words, sizeof(words), "%6llu %s", (unsigned long long)n, what);
	bench_row(words, numbers, 3);
	bench_regions_end();
}

static void compare_bookkeeping(void)
{
	bench_table("bookkeeping: time to register, bytes a region beyond "
		    "256 KiB, and instructions to register one more",
		    "regions,ns,bytes,instructions");
	for (size_t i = 1; i < SIZES; i++) {
		bookkeeping(sizes[i], ALIGNED, "2 MiB");
		bookkeeping(sizes[i], MIXED, "mixed");
	}
}

int main(int argc, char **argv)
{
	bench_arguments(argc, argv);
	bench_pin(0);
	ioas = bench_ioas();
	while (bench_pass()) {
		compare_cursor();
		compare_aligned();
		compare_others(MISALIGNED,
			       "regions of 2 MiB, not aligned (ns)");
		compare_others(MIXED, "regions of 4 KiB to 1 GiB (ns)");
		compare_writers();
		compare_lists();
	}
	compare_bookkeeping();
	iommufd_ioas_release(ioas);
	bench_end();
	return 0;
}
