/* SPDX-License-Identifier: MIT */
/*
 * What an IOVA costs, and what is left of the space after a million operations
 * in random order; beside a bump pointer, which costs nearly nothing and never
 * gives anything back.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <iommufd/util/util.h>

#define OPERATIONS 1000000u
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
	{ "10000 of 2 MiB, aligned", 10000, 0, 512 * PAGE },
};

static uint64_t state;

static uint64_t number(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

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
	return (1 + number() % load->max_pages) * PAGE;
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
		struct iommufd_extent *one = &held[number() % load->live];

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

/* The same again where nothing is looked for, and how far that goes. */
static double bump(const struct load *load, struct iommufd_extent *held,
		   uint64_t *span)
{
	volatile uint64_t next = 0;
	double begin = now();

	for (uint32_t i = 0; i < OPERATIONS; i += 2) {
		struct iommufd_extent *one = &held[number() % load->live];

		one->length = length_of(load);
		one->start = next;
		next += one->length;
	}
	*span += next;
	return (now() - begin) / OPERATIONS * 1e9;
}

static void run(const struct load *load)
{
	const struct iommufd_iova_range all = { PAGE, (UINT64_C(1) << 48) - 1 };
	const struct iommufd_iova_limits limits = {
		.size = sizeof(limits),
		.granule = PAGE,
		.ranges = &all,
		.num_ranges = 1,
	};
	struct iommufd_extent *held = calloc(load->live, sizeof(*held));
	struct iommufd_iova_info info = { .size = sizeof(info) };
	struct iommufd_iova_space *space = NULL;
	double begin, cost, plain;
	uint64_t used, span, bump_span;

	if (!held)
		exit(1);
	state = 88172645463325252;
	check(iommufd_iova_new(NULL, &limits, &space));
	for (uint32_t i = 0; i < load->live; i++) {
		held[i].length = length_of(load);
		check(iommufd_iova_alloc(space, held[i].length, NULL,
					 &held[i].start));
	}
	begin = now();
	churn(space, load, held, OPERATIONS);
	cost = (now() - begin) / OPERATIONS * 1e9;
	check(iommufd_iova_get_info(space, &info));
	used = info.usable - info.free;
	span = highest(load, held) - PAGE;
	bump_span = span;
	plain = bump(load, held, &bump_span);
	printf("%-25s %5.0f ns %8.0f/s, bump %3.1f ns: ratio %4.0f; "
	       "free pieces %5" PRIu32 "; span/used %.3f, bump %.1f\n",
	       load->name, cost, 1e9 / cost, plain, cost / plain,
	       info.free_pieces, (double)span / (double)used,
	       (double)bump_span / (double)used);
	iommufd_iova_end(space);
	free(held);
}

int main(void)
{
	printf("%u operations, half of them allocations\n", OPERATIONS);
	for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++)
		run(&loads[i]);
	return 0;
}
