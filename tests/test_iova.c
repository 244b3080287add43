/* SPDX-License-Identifier: MIT */
/* The IOVA allocator over ranges that the test gives: no kernel is asked. */
#include "iova.h"

START_TEST(places)
{
	uint64_t iova;

	OK(iommufd_iova_alloc(iova_space, 1, NULL, &iova));
	ck_assert_uint_eq(iova, MIB);
	ck_assert_uint_eq(iova_take(PAGE + 1, 0, 0, 0, 0), MIB + PAGE);
	ck_assert_uint_eq(iova_take(PAGE, 0, 0, 0, IOMMUFD_IOVA_TOP_DOWN),
			  9 * GIB - PAGE);
	ck_assert_uint_eq(iova_take(PAGE, 2 * MIB, 0, IOMMUFD_IOVA_LAST(32),
				    IOMMUFD_IOVA_TOP_DOWN),
			  GIB - 2 * MIB);
	ck_assert_uint_eq(iova_take(PAGE, 0, 0, IOMMUFD_IOVA_LAST(32),
				    IOMMUFD_IOVA_TOP_DOWN),
			  GIB - PAGE);
	ck_assert_uint_eq(iova_take(2 * MIB, 2 * MIB, 0, 0, 0), 2 * MIB);
	ck_assert_uint_eq(iova_take(PAGE, 0, GIB + 1, 0, 0), 8 * GIB);
	ck_assert_uint_eq(iova_take(256 * MIB, 256 * MIB, 0, 0, 0), 256 * MIB);
	ck_assert_uint_eq(iova_info().allocations, 8);
}
END_TEST

/* The windows of devices with few address bits. */
START_TEST(windows_by_bits)
{
	ck_assert_uint_eq(IOMMUFD_IOVA_LAST(12), PAGE - 1);
	ck_assert_uint_eq(IOMMUFD_IOVA_LAST(32), 4 * GIB - 1);
	ck_assert_uint_eq(IOMMUFD_IOVA_LAST(64), UINT64_MAX);
	for (unsigned int bits = 21; bits < 64; bits++)
		ck_assert_uint_le(iova_take(PAGE, 0, 0, IOMMUFD_IOVA_LAST(bits),
					    IOMMUFD_IOVA_TOP_DOWN),
				  IOMMUFD_IOVA_LAST(bits) - PAGE + 1);
}
END_TEST

static int take_aligned(uint64_t length, uint64_t alignment, uint64_t last)
{
	const struct iommufd_iova_alloc_opts opts = {
		.size = sizeof(opts),
		.alignment = alignment,
		.last = last,
	};
	uint64_t iova = 7;
	int ret = iommufd_iova_alloc(iova_space, length, &opts, &iova);

	ck_assert(!ret || iova == 7);
	return ret;
}

START_TEST(no_room)
{
	struct iommufd_diagnosis why = { .size = sizeof(why) };
	struct iommufd_failure failure;
	int ret;

	FAILS(take_aligned(GIB, 0, IOMMUFD_IOVA_LAST(32)), NO_IOVA_SPACE,
	      ENOSPC);
	OK(iova_reserve(512 * MIB, PAGE));
	ret = take_aligned(512 * MIB, 0, IOMMUFD_IOVA_LAST(32));
	FAILS(ret, NO_IOVA_SPACE, ENOSPC);
	failure = harness_failure(ret);
	ck_assert_uint_eq(failure.op, IOMMUFD_OP_IOVA);
	ck_assert_uint_eq(failure.length, 512 * MIB);
	ck_assert_uint_eq(failure.iova, 0);
	ck_assert_uint_eq(failure.memory, 4 * GIB - 1);
	ck_assert_uint_eq(failure.arg, 512 * MIB - PAGE);
	OK(iommufd_diagnose(&failure, NULL, 0, NULL, &why));
	ck_assert_uint_eq(why.cause, IOMMUFD_CAUSE_NO_IOVA_SPACE);
	ck_assert_str_eq(why.text,
			 "Cannot allocate 512 MiB of IOVAs in the window "
			 "0x0-0xffffffff: the largest free piece there has "
			 "524284 KiB.");
	/* Large enough, but nowhere aligned. */
	OK(iova_reserve(GIB - 512 * MIB + PAGE, 512 * MIB - PAGE));
	ret = take_aligned(MIB, GIB, GIB);
	FAILS(ret, NO_IOVA_SPACE, ENOSPC);
	failure = harness_failure(ret);
	OK(iommufd_diagnose(&failure, NULL, 0, NULL, &why));
	ck_assert_str_eq(why.text,
			 "Cannot allocate 1 MiB of IOVAs in the window "
			 "0x0-0x40000000: the largest free piece there has "
			 "511 MiB, but no piece has room at the alignment that "
			 "was asked for.");
}
END_TEST

START_TEST(windows_too_small)
{
	const uint64_t ends[] = { 1,	   PAGE - 2,  PAGE - 1,
				  MIB - 1, MIB + 100, MIB + PAGE - 2 };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		const struct iommufd_iova_alloc_opts opts = {
			.size = sizeof(opts),
			.last = ends[i],
		};
		uint64_t iova;
		int ret = iommufd_iova_alloc(iova_space, 1, &opts, &iova);

		FAILS(ret, NO_IOVA_SPACE, ENOSPC);
		ck_assert_uint_eq(harness_failure(ret).arg, 0);
	}
	ck_assert_uint_eq(iova_take(1, 0, 0, MIB + PAGE - 1, 0), MIB);
}
END_TEST

START_TEST(reservations)
{
	int ret;

	OK(iova_reserve(16 * MIB, MIB));
	ret = iova_reserve(15 * MIB, 3 * MIB);
	FAILS(ret, IOVA_TAKEN, EEXIST);
	ck_assert_uint_eq(harness_failure(ret).arg, 16 * MIB);
	ck_assert_uint_eq(harness_failure(ret).iova, 15 * MIB);
	ck_assert_uint_eq(harness_failure(ret).length, 3 * MIB);
	ret = iova_reserve(16 * MIB + 5 * PAGE, 1);
	FAILS(ret, IOVA_TAKEN, EEXIST);
	ck_assert_uint_eq(harness_failure(ret).arg, 16 * MIB + 5 * PAGE);
	ret = iova_reserve(GIB - MIB, 2 * MIB);
	FAILS(ret, IOVA_OUTSIDE, EINVAL);
	ck_assert_uint_eq(harness_failure(ret).arg, GIB);
	ret = iova_reserve(0, 2 * MIB);
	FAILS(ret, IOVA_OUTSIDE, EINVAL);
	ck_assert_uint_eq(harness_failure(ret).arg, 0);
	FAILS(iova_reserve(UINT64_MAX - 2 * PAGE + 1, PAGE), IOVA_OUTSIDE,
	      EINVAL);
	FAILS(iova_reserve(UINT64_MAX - PAGE + 1, 1), OVERFLOW, EOVERFLOW);
	FAILS(iova_reserve(UINT64_MAX, 2), OVERFLOW, EOVERFLOW);
	FAILS(iova_reserve(MIB, 0), ZERO_LENGTH, EINVAL);
	OK(iova_put(16 * MIB, MIB));
	OK(iova_reserve(15 * MIB, 3 * MIB));
}
END_TEST

START_TEST(wrong_frees)
{
	uint64_t a = iova_take(MIB, 0, 0, 0, 0), b = iova_take(MIB, 0, 0, 0, 0);
	int ret;

	ck_assert_uint_eq(b, a + MIB);
	FAILS(iova_put(a, MIB - PAGE), IOVA_NOT_WHOLE, ENOENT);
	FAILS(iova_put(a + PAGE, MIB - PAGE), IOVA_NOT_WHOLE, ENOENT);
	FAILS(iova_put(a + PAGE, PAGE), IOVA_NOT_WHOLE, ENOENT);
	ret = iova_put(a, 2 * MIB);
	FAILS(ret, IOVA_NOT_WHOLE, ENOENT);
	ck_assert_uint_eq(harness_failure(ret).arg, a);
	OK(iova_put(b, MIB));
	FAILS(iova_put(b, MIB), IOVA_NOT_ALLOCATED, ENOENT);
	FAILS(iova_put(7 * GIB, MIB), IOVA_NOT_ALLOCATED, ENOENT);
	FAILS(iova_put(100 * GIB, MIB), IOVA_NOT_ALLOCATED, ENOENT);
	FAILS(iova_put(b, 0), ZERO_LENGTH, EINVAL);
	FAILS(iommufd_iova_free(iova_space, NULL), NULL_POINTER, EINVAL);
	OK(iova_put(a, MIB));
	ck_assert_uint_eq(iova_info().free, iova_info().usable);
	ck_assert_uint_eq(iova_info().free_pieces, 2);
}
END_TEST

/* Everything in single granules and back again, from both ends inwards. */
START_TEST(full)
{
	const struct iommufd_iova_range small = { 0, 64 * PAGE - 1 };
	const struct iommufd_iova_limits l = iova_limits(&small, 1);
	uint64_t iova;

	iommufd_iova_release(iova_space);
	OK(iommufd_iova_new(NULL, &l, &iova_space));
	/* The address 0 is not given out, but can be reserved. */
	for (uint64_t i = 1; i < 64; i++)
		ck_assert_uint_eq(iova_take(PAGE, 0, 0, 0, 0), i * PAGE);
	FAILS(iommufd_iova_alloc(iova_space, 1, NULL, &iova), NO_IOVA_SPACE,
	      ENOSPC);
	OK(iova_reserve(0, PAGE));
	ck_assert_uint_eq(iova_info().free_pieces, 0);
	ck_assert_uint_eq(iova_info().largest, 0);
	for (uint64_t i = 0; i < 32; i++) {
		OK(iova_put(i * PAGE, PAGE));
		OK(iova_put((63 - i) * PAGE, PAGE));
	}
	ck_assert_uint_eq(iova_info().largest, 64 * PAGE);
	ck_assert_uint_eq(iova_info().allocations, 0);
}
END_TEST

/* Blocks of one size that are aligned to it leave nothing that is too small. */
START_TEST(aligned_blocks_do_not_fragment)
{
	uint64_t at[256], count = 0;

	for (int round = 0; round < 100; round++) {
		while (count < 256)
			at[count++] = iova_take(2 * MIB, 2 * MIB, 0,
						2 * MIB + 512 * MIB - 1, 0);
		for (uint64_t i = 0; i < count; i += 3) {
			OK(iova_put(at[i], 2 * MIB));
			at[i] = at[--count];
		}
	}
}
END_TEST

START_TEST(limits_cut)
{
	const struct iommufd_iova_range windows[] = {
		{ 8 * GIB + 100, 8 * GIB + MIB + 100 },
		{ 0, 4 * MIB - 1 },
		{ 3 * MIB, 5 * MIB - 1 },
	};
	const struct iommufd_iova_range excluded[] = {
		{ 2 * MIB, 2 * MIB },
		{ 0, MIB + PAGE - 1 },
	};
	struct iommufd_iova_limits l = iova_limits(iova_two, 2);
	uint32_t stranded = 7;

	l.windows = windows;
	l.num_windows = 3;
	l.excluded = excluded;
	l.num_excluded = 2;
	OK(iommufd_iova_refresh(iova_space, &l, &stranded));
	ck_assert_uint_eq(stranded, 0);
	ck_assert_uint_eq(iova_info().ranges, 3);
	ck_assert_uint_eq(iova_info().usable, 5 * MIB - 3 * PAGE);
	FAILS(iova_reserve(MIB, PAGE), IOVA_OUTSIDE, EINVAL);
	FAILS(iova_reserve(2 * MIB, PAGE), IOVA_OUTSIDE, EINVAL);
	FAILS(iova_reserve(8 * GIB, PAGE), IOVA_OUTSIDE, EINVAL);
	FAILS(iova_reserve(8 * GIB + MIB, PAGE), IOVA_OUTSIDE, EINVAL);
	OK(iova_reserve(MIB + PAGE, MIB - PAGE));
	OK(iova_reserve(2 * MIB + PAGE, 3 * MIB - PAGE));
	OK(iova_reserve(8 * GIB + PAGE, MIB - PAGE));
	ck_assert_uint_eq(iova_info().free, 0);
}
END_TEST

START_TEST(stranded)
{
	const struct iommufd_iova_range less[] = { { 4 * MIB, 6 * MIB - 1 },
						   { 8 * MIB, 10 * MIB - 1 } };
	struct iommufd_iova_limits l = iova_limits(less, 2);
	struct iommufd_extent found[4];
	uint32_t count = 1, number;

	OK(iova_reserve(3 * MIB, 8 * MIB)); /* over both and the gap */
	OK(iova_reserve(2 * MIB, MIB));
	OK(iommufd_iova_refresh(iova_space, &l, &number));
	ck_assert_uint_eq(number, 2);
	ck_assert_uint_eq(iova_info().free, 0);
	FAILS(iommufd_iova_stranded(iova_space, found, &count), ARRAY_SHORT,
	      EMSGSIZE);
	ck_assert_uint_eq(count, 2);
	ck_assert_uint_eq(found[0].start, 2 * MIB);
	OK(iommufd_iova_stranded(iova_space, found, &count));
	ck_assert_uint_eq(found[1].start, 3 * MIB);
	ck_assert_uint_eq(found[1].length, 8 * MIB);
	FAILS(iova_reserve(2 * MIB, MIB), IOVA_OUTSIDE, EINVAL);
	/* What comes back is what is usable. */
	OK(iova_put(3 * MIB, 8 * MIB));
	OK(iova_put(2 * MIB, MIB));
	ck_assert_uint_eq(iova_info().free, 4 * MIB);
	ck_assert_uint_eq(iova_info().free_pieces, 2);
	/* And when all of it is usable again, nothing was lost. */
	OK(iova_reserve(4 * MIB, 2 * MIB));
	l = iova_limits(iova_two, 2);
	OK(iommufd_iova_refresh(iova_space, &l, NULL));
	ck_assert_uint_eq(iova_info().free, iova_info().usable - 2 * MIB);
	OK(iova_put(4 * MIB, 2 * MIB));
	count = 0;
	OK(iommufd_iova_stranded(iova_space, NULL, &count));
	ck_assert_uint_eq(count, 0);
}
END_TEST

/* No ranges at all are no mistake: devices may come and go. */
START_TEST(empty)
{
	struct iommufd_iova_limits l = iova_limits(NULL, 0);
	uint64_t iova;

	OK(iommufd_iova_refresh(iova_space, &l, NULL));
	FAILS(iommufd_iova_alloc(iova_space, 1, NULL, &iova), NO_IOVA_SPACE,
	      ENOSPC);
	FAILS(iova_reserve(MIB, PAGE), IOVA_OUTSIDE, EINVAL);
	FAILS(iova_put(MIB, PAGE), IOVA_NOT_ALLOCATED, ENOENT);
	ck_assert_uint_eq(iova_info().usable, 0);
}
END_TEST

static const TTest **const tests[] = {
	&places,       &windows_by_bits,
	&no_room,      &windows_too_small,
	&reservations, &wrong_frees,
	&full,	       &aligned_blocks_do_not_fragment,
	&limits_cut,   &stranded,
	&empty,	       NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "ranges",
		  .setup = iova_setup,
		  .teardown = iova_teardown,
		  .tests = tests },
	};

	return harness_run("iova", cases, 1);
}
