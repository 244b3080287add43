/* SPDX-License-Identifier: MIT */
/*
 * What an IOVA costs, and what is left of the space after a million operations
 * in random order; beside a bump pointer, which costs nearly nothing and never
 * gives anything back.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <iommufd/util/util.h>

#include "bench.h"

#define OPERATIONS 1000000u
#define ROUNDS	   5
#define QUICK	   1000u
#define PAGE	   UINT64_C(4096)

/* A load: how many are alive, and how large they are. */
struct load {
	const char *name;
	uint32_t live;
	uint32_t max_pages; /* of random lengths */
	uint64_t alignment; /* and length, when not 0 */
};

static const struct load loads[] = {
	{ "1000 of 4 KiB to 1 MiB", 1000, 256, 0 },
	{ "100000 of 4 KiB to 1 MiB", 100000, 256, 0 },
	{ "100000 of 4 KiB", 100000, 1, 0 },
	{ "10000 of 2 MiB aligned", 10000, 0, 512 * PAGE },
};

static void check(int ret)
{
	if (!ret)
		return;
	fprintf(stderr, "bench_iova: %s\n", iommufd_strerror(ret));
	exit(1);
}

static uint64_t length_of(const struct load *load)
{
	if (load->alignment)
		return load->alignment;
	return (1 + bench_below(load->max_pages)) * PAGE;
}

/* One operation of each pair frees a random one, the other takes another. */
static void churn(struct iommufd_iova_space *space, const struct load *load,
		  struct iommufd_extent *held, uint32_t operations)
{
	const struct iommufd_iova_alloc_opts opts = {
		.size = sizeof(opts),
		.alignment = load->alignment,
	};

	for (uint32_t i = 0; i < operations; i += 2) {
		struct iommufd_extent *one = &held[bench_below(load->live)];

		check(iommufd_iova_free(space, one));
		one->length = length_of(load);
		check(iommufd_iova_alloc(space, one->length, &opts,
					 &one->start));
	}
}

static uint64_t highest(const struct load *load,
			const struct iommufd_extent *held)
{
	uint64_t end = 0;

	for (uint32_t i = 0; i < load->live; i++)
		if (held[i].start + held[i].length > end)
			end = held[i].start + held[i].length;
	return end;
}

/* The same where nothing is looked for; how far that goes. */
static uint64_t bump(const struct load *load, struct iommufd_extent *held,
		     uint32_t operations)
{
	volatile uint64_t next = 0;

	for (uint32_t i = 0; i < operations; i += 2) {
		struct iommufd_extent *one = &held[bench_below(load->live)];

		one->length = length_of(load);
		one->start = next;
		next += one->length;
	}
	return next;
}

/* Free pieces, and how much more space than what is in use each has touched. */
static void look(const struct load *load, struct iommufd_iova_space *space,
		 const struct iommufd_extent *held, uint64_t bumped,
		 double *numbers)
{
	struct iommufd_iova_info info = { .size = sizeof(info) };
	uint64_t used, span = highest(load, held) - PAGE;

	check(iommufd_iova_get_info(space, &info));
	used = info.usable - info.free;
	MUST(span >= used);
	numbers[0] = info.free_pieces;
	numbers[1] = (double)span / (double)used;
	numbers[2] = (double)(span + bumped) / (double)used;
}

/* The time is the least of some rounds, the space that after the first. */
static void churn_and_bump(const struct load *load,
			   struct iommufd_iova_space *space,
			   struct iommufd_extent *held, uint32_t operations,
			   double *numbers)
{
	struct iommufd_extent *other = calloc(load->live, sizeof(*other));

	MUST(other);
	for (uint32_t round = 0; round < bench_times(ROUNDS); round++) {
		double begin = bench_now(), middle;
		uint64_t bumped;

		churn(space, load, held, operations);
		middle = bench_now();
		bumped = bump(load, other, operations);
		numbers[0] = fmin(numbers[0], (middle - begin) / operations);
		numbers[1] =
			fmin(numbers[1], (bench_now() - middle) / operations);
		if (!round)
			look(load, space, held, bumped, &numbers[3]);
	}
	numbers[2] = numbers[0] / numbers[1];
	free(other);
}

static void run(const struct load *load, uint32_t operations)
{
	const struct iommufd_iova_range all = { PAGE, (UINT64_C(1) << 48) - 1 };
	const struct iommufd_iova_limits limits = {
		.size = sizeof(limits),
		.granule = PAGE,
		.ranges = &all,
		.num_ranges = 1,
	};
	struct iommufd_extent *held = calloc(load->live, sizeof(*held));
	double numbers[6] = { INFINITY, INFINITY };
	struct iommufd_iova_space *space = NULL;

	MUST(held);
	check(iommufd_iova_new(NULL, &limits, &space));
	for (uint32_t i = 0; i < load->live; i++) {
		held[i].length = length_of(load);
		check(iommufd_iova_alloc(space, held[i].length, NULL,
					 &held[i].start));
	}
	churn_and_bump(load, space, held, operations, numbers);
	bench_row(load->name, numbers, 6);
	iommufd_iova_release(space);
	free(held);
}

int main(int argc, char **argv)
{
	const uint32_t operations[] = { OPERATIONS, QUICK };

	bench_arguments(argc, argv);
	bench_table("an allocation or a free, half of each, in random order "
		    "(ns); free pieces, and space up to the highest one over "
		    "what is in use",
		    "alive,allocator,bump,allocator/bump,free pieces,"
		    "span/used,bump span/used");
	for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++)
		run(&loads[i], operations[bench_is_quick()]);
	bench_end();
	return 0;
}
