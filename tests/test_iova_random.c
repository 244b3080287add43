/* SPDX-License-Identifier: MIT */
/*
 * A million random operations on an IOVA allocator, each compared with a model
 * so simple that it can hardly be wrong: one entry for each granule.
 */
#include <string.h>

#include <iommufd/util/util.h>

#include "fixture.h"
#include "harness.h"

#define GRANULES   1024
#define OPERATIONS 400000 /* of each place in the 64-bit space */
#define RANGES_MAX 8

static struct {
	uint64_t base;
	int usable[GRANULES]; /* 1 or 0 */
	int taken[GRANULES];  /* number of an allocation, or 0 */
	struct {
		unsigned int first, count; /* 0: no allocation */
	} allocations[GRANULES + 1];
	struct iommufd_iova_range ranges[RANGES_MAX];
	uint32_t num_ranges;
} model;

static struct iommufd_iova_space *space;
static uint64_t state;

static uint64_t number(void)
{
	uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static unsigned int below(unsigned int limit)
{
	return (unsigned int)(number() % limit);
}

static uint64_t address(unsigned int granule)
{
	return model.base + granule * PAGE;
}

static int is_free(unsigned int granule)
{
	return model.usable[granule] && !model.taken[granule];
}

/* ---- the ranges ---------------------------------------------------------- */

/* Some ranges that do not touch, in no order. */
static void choose_ranges(void)
{
	unsigned int at = below(40);

	memset(model.usable, 0, sizeof(model.usable));
	model.num_ranges = 0;
	while (at < GRANULES && model.num_ranges < RANGES_MAX) {
		unsigned int end = at + 1 + below(400);
		uint32_t i = model.num_ranges++;

		if (end > GRANULES)
			end = GRANULES;
		model.ranges[i].start = address(at);
		model.ranges[i].last = address(end) - 1;
		for (; at < end; at++)
			/* The very last granule is never used. */
			model.usable[at] = address(at) + PAGE != 0;
		at += 1 + below(30);
	}
	if (model.num_ranges > 1) {
		struct iommufd_iova_range last =
			model.ranges[model.num_ranges - 1];

		model.ranges[model.num_ranges - 1] = model.ranges[0];
		model.ranges[0] = last;
	}
}

static struct iommufd_iova_limits limits(void)
{
	return (struct iommufd_iova_limits){
		.size = sizeof(struct iommufd_iova_limits),
		.granule = PAGE,
		.ranges = model.ranges,
		.num_ranges = model.num_ranges,
	};
}

static int is_stranded(unsigned int n)
{
	unsigned int first = model.allocations[n].first;

	for (unsigned int i = 0; i < model.allocations[n].count; i++)
		if (!model.usable[first + i])
			return 1;
	return 0;
}

static void refresh(void)
{
	struct iommufd_extent found[GRANULES];
	struct iommufd_iova_limits new;
	uint32_t stranded, expected = 0, count = GRANULES;

	choose_ranges();
	new = limits();
	OK(iommufd_iova_refresh(space, &new, &stranded));
	OK(iommufd_iova_stranded(space, found, &count));
	for (unsigned int i = 0; i < GRANULES; i++) {
		int n = model.taken[i];

		if (!n || model.allocations[n].first != i ||
		    !is_stranded((unsigned int)n))
			continue;
		ck_assert_uint_lt(expected, count);
		ck_assert_uint_eq(found[expected].start, address(i));
		ck_assert_uint_eq(found[expected].length,
				  model.allocations[n].count * PAGE);
		expected++;
	}
	ck_assert_uint_eq(stranded, expected);
	ck_assert_uint_eq(count, expected);
}

/* ---- allocations --------------------------------------------------------- */

static void take(unsigned int first, unsigned int count)
{
	int n = 1;

	while (model.allocations[n].count)
		n++;
	model.allocations[n].first = first;
	model.allocations[n].count = count;
	for (unsigned int i = 0; i < count; i++)
		model.taken[first + i] = n;
}

static int fits(int first, unsigned int count, uint64_t alignment)
{
	if (address((unsigned int)first) % alignment)
		return 0;
	for (unsigned int i = 0; i < count; i++)
		if (!is_free((unsigned int)first + i))
			return 0;
	return 1;
}

/* The place that is expected, -1 for none. */
static int find(unsigned int count, uint64_t alignment, int from, int to,
		int top_down)
{
	int end = to - (int)count + 1;

	/* The address 0 is never given out. */
	if (!model.base && !from)
		from = 1;
	for (int i = 0; i <= end - from; i++) {
		int first = top_down ? end - i : from + i;

		if (fits(first, count, alignment))
			return first;
	}
	return -1;
}

static uint64_t largest(int from, int to)
{
	uint64_t found = 0, run = 0;

	if (!model.base && !from)
		from = 1;
	for (int i = from; i <= to; i++) {
		run = is_free((unsigned int)i) ? run + PAGE : 0;
		if (run > found)
			found = run;
	}
	return found;
}

static void allocate(void)
{
	struct iommufd_iova_alloc_opts opts = { .size = sizeof(opts) };
	unsigned int count = 1 + below(below(4) ? 6 : 60);
	unsigned int from = 0, to = GRANULES - 1;
	uint64_t iova = 7;
	int expected, ret;

	opts.flags = below(2) ? IOMMUFD_IOVA_TOP_DOWN : 0;
	if (below(2))
		opts.alignment = PAGE << below(7);
	if (!below(3)) {
		from = below(GRANULES);
		to = from + below(GRANULES - from);
		/* Addresses within a granule do not add it to the window. */
		opts.first = address(from) - (from ? below(PAGE) : 0);
		opts.last = address(to) + PAGE - 1;
		if (to + 1 < GRANULES)
			opts.last += below(PAGE);
	}
	expected =
		find(count, opts.alignment ? opts.alignment : PAGE, (int)from,
		     (int)to, (opts.flags & IOMMUFD_IOVA_TOP_DOWN) != 0);
	ret = iommufd_iova_alloc(space, count * PAGE - below(PAGE), &opts,
				 &iova);
	if (expected >= 0) {
		OK(ret);
		ck_assert_uint_eq(iova, address((unsigned int)expected));
		take((unsigned int)expected, count);
		return;
	}
	FAILS(ret, NO_IOVA_SPACE, ENOSPC);
	ck_assert_uint_eq(iova, 7);
	ck_assert_uint_eq(harness_failure(ret).arg,
			  largest((int)from, (int)to));
}

static void reserve(void)
{
	unsigned int first = below(GRANULES - 20), count = 1 + below(20);
	const struct iommufd_extent range = extent(
		address(first) + below(PAGE / 2), count * PAGE - PAGE / 2);
	uint32_t expected = 0;
	int ret;

	for (unsigned int i = first; i < first + count; i++) {
		if (!model.usable[i])
			expected = IOMMUFD_CAUSE_IOVA_OUTSIDE;
		else if (model.taken[i] && !expected)
			expected = IOMMUFD_CAUSE_IOVA_TAKEN;
	}
	ret = iommufd_iova_reserve(space, &range);
	ck_assert_uint_eq(iommufd_cause(ret), expected);
	if (!ret)
		take(first, count);
}

/* ---- freeing ------------------------------------------------------------- */

static void drop(unsigned int n)
{
	for (unsigned int i = 0; i < model.allocations[n].count; i++)
		model.taken[model.allocations[n].first + i] = 0;
	model.allocations[n].count = 0;
}

static void free_one(void)
{
	unsigned int at = below(GRANULES);
	struct iommufd_extent range;
	unsigned int n;

	for (unsigned int i = 0; i < GRANULES && !model.taken[at]; i++)
		at = (at + 1) % GRANULES;
	n = (unsigned int)model.taken[at];
	if (!n)
		return;
	range = extent(address(model.allocations[n].first),
		       model.allocations[n].count * PAGE - below(PAGE));
	OK(iommufd_iova_free(space, &range));
	drop(n);
}

/* A range that most likely is no allocation. */
static void free_any(void)
{
	unsigned int first = below(GRANULES - 10), count = 1 + below(10);
	const struct iommufd_extent range =
		extent(address(first), count * PAGE);
	unsigned int n = (unsigned int)model.taken[first];
	uint32_t expected = IOMMUFD_CAUSE_IOVA_NOT_ALLOCATED;

	for (unsigned int i = first; i < first + count; i++)
		if (model.taken[i])
			expected = IOMMUFD_CAUSE_IOVA_NOT_WHOLE;
	if (n && model.allocations[n].first == first &&
	    model.allocations[n].count == count) {
		expected = 0;
		drop(n);
	}
	ck_assert_uint_eq(iommufd_cause(iommufd_iova_free(space, &range)),
			  expected);
}

/* ---- the whole ----------------------------------------------------------- */

static void compare(void)
{
	struct iommufd_iova_info info = { .size = sizeof(info) };
	uint64_t bytes = 0, usable = 0;
	uint32_t pieces = 0, count = 0, ranges = 0;

	OK(iommufd_iova_get_info(space, &info));
	for (unsigned int i = 0; i < GRANULES; i++) {
		int n = model.taken[i];

		usable += model.usable[i] ? PAGE : 0;
		ranges += model.usable[i] && (!i || !model.usable[i - 1]);
		count += n && model.allocations[n].first == i;
		if (!is_free(i))
			continue;
		bytes += PAGE;
		pieces += !i || !is_free(i - 1);
	}
	ck_assert_uint_eq(info.ranges, ranges);
	ck_assert_uint_eq(info.usable, usable);
	ck_assert_uint_eq(info.free, bytes);
	ck_assert_uint_eq(info.free_pieces, pieces);
	ck_assert_uint_eq(info.allocations, count);
	ck_assert_uint_le(info.free_pieces, info.allocations + info.ranges);
}

/* Times with more allocating and times with more freeing follow each other. */
static void operation(unsigned int i)
{
	unsigned int busy = i / 3000 % 2 ? 35 : 65, what = below(100);

	if (!below(4000))
		refresh();
	else if (what < busy)
		allocate();
	else if (what < 90)
		free_one();
	else if (what < 95)
		free_any();
	else
		reserve();
	if (!(i % 16))
		compare();
}

static void run(uint64_t base)
{
	struct iommufd_iova_limits first;

	memset(&model, 0, sizeof(model));
	model.base = base;
	state = base + 1;
	choose_ranges();
	first = limits();
	OK(iommufd_iova_new(NULL, &first, &space));
	for (unsigned int i = 0; i < OPERATIONS; i++)
		operation(i);
	while (model.taken[0] || memcmp(model.taken, model.taken + 1,
					sizeof(model.taken) - sizeof(int)))
		free_one();
	compare();
	iommufd_iova_release(space);
}

START_TEST(at_the_beginning)
{
	run(0);
}
END_TEST

START_TEST(around_4_gib)
{
	run((UINT64_C(1) << 32) - GRANULES / 2 * PAGE);
}
END_TEST

START_TEST(at_the_end)
{
	run(UINT64_MAX - GRANULES * PAGE + 1);
}
END_TEST

static const TTest **const tests[] = {
	&at_the_beginning,
	&around_4_gib,
	&at_the_end,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "random", .tests = tests, .timeout = 120 },
	};

	return harness_run("iova_random", cases, 1);
}
