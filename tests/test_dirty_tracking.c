/* SPDX-License-Identifier: MIT */
/* Dirty tracking of several page tables at once, on the mock driver. */
#include <stdlib.h>
#include <string.h>

#include <iommufd/util/util.h>

#include "dirty.h"
#include "failnth.h"
#include "harness.h"

static struct iommufd_hwpt *other;
static struct iommufd_dirty *dirty;

/* Both page tables, in pages of 4096 bytes, with a bitmap of so many bytes. */
static void begin(uint64_t memory)
{
	const struct iommufd_dirty_opts opts = { .size = sizeof(opts),
						 .memory = memory };
	struct iommufd_hwpt *both[2] = { tracked.hwpt };

	dirty_setup();
	both[0] = tracked.hwpt;
	both[1] = other = dirty_paging(IOMMUFD_HWPT_DIRTY_TRACKING);
	OK(iommufd_dirty_new(tracked.ioas, both, 2, &opts, &dirty));
	OK(iommufd_dirty_start(dirty));
}

static void end(void)
{
	iommufd_dirty_release(dirty);
	OK(iommufd_hwpt_destroy(other));
	dirty_end();
}

static void mark_page(struct iommufd_hwpt *hwpt, uint64_t page)
{
	dirty_mark(hwpt, MOCK_FIRST + page * PAGE, PAGE);
}

static uint64_t read_all(uint32_t flags)
{
	const struct iommufd_extent all = { MOCK_FIRST, DIRTY_LENGTH };
	uint64_t bits = 0;

	OK(iommufd_dirty_read(dirty, &all, flags, &bits, 1));
	return bits;
}

/* What the walk tells, as bits again. */
static uint64_t walk_bits(const struct iommufd_extent *mapped, uint32_t count,
			  uint32_t flags)
{
	struct iommufd_extent range;
	uint64_t bits = 0;

	OK(iommufd_dirty_walk(dirty, mapped, count, flags));
	for (;;) {
		OK(iommufd_dirty_next(dirty, &range));
		if (!range.length)
			return bits;
		for (uint64_t at = 0; at < range.length; at += PAGE) {
			const uint64_t n =
				(range.start + at - MOCK_FIRST) / PAGE;

			ck_assert_uint_eq(bits >> n & 1, 0);
			bits |= UINT64_C(1) << n;
		}
	}
}

START_TEST(two_tables_are_one)
{
	begin(0);
	ck_assert_uint_eq(iommufd_dirty_page_size(dirty), PAGE);
	mark_page(tracked.hwpt, 1);
	mark_page(other, 3);
	mark_page(tracked.hwpt, 4);
	mark_page(other, 4);
	ck_assert_uint_eq(read_all(IOMMUFD_DIRTY_NO_CLEAR), 0x1a);
	ck_assert_uint_eq(read_all(0), 0x1a);
	ck_assert_uint_eq(read_all(0), 0);
	end();
}
END_TEST

/* The bitmap may hold what came before. */
START_TEST(adds_up)
{
	const struct iommufd_extent all = { MOCK_FIRST, DIRTY_LENGTH };
	uint64_t bits = 0x8000;

	begin(0);
	mark_page(other, 0);
	OK(iommufd_dirty_read(dirty, &all, 0, &bits, 1));
	ck_assert_uint_eq(bits, 0x8001);
	end();
}
END_TEST

START_TEST(started_anew)
{
	begin(0);
	mark_page(tracked.hwpt, 1);
	OK(iommufd_dirty_start(dirty));
	ck_assert_uint_eq(read_all(0), 0);
	OK(iommufd_dirty_stop(dirty));
	OK(iommufd_dirty_stop(dirty));
	OK(iommufd_dirty_start(dirty));
	ck_assert_uint_eq(read_all(0), 0);
	end();
}
END_TEST

START_TEST(walk_in_ranges)
{
	const struct iommufd_extent all = { MOCK_FIRST, DIRTY_LENGTH };
	struct iommufd_extent range;

	begin(0);
	mark_page(tracked.hwpt, 2);
	mark_page(other, 3);
	mark_page(other, 15);
	OK(iommufd_dirty_walk(dirty, &all, 1, IOMMUFD_DIRTY_NO_CLEAR));
	OK(iommufd_dirty_next(dirty, &range));
	ck_assert_uint_eq(range.start, MOCK_FIRST + 2 * PAGE);
	ck_assert_uint_eq(range.length, 2 * PAGE);
	OK(iommufd_dirty_next(dirty, &range));
	ck_assert_uint_eq(range.start, MOCK_FIRST + 15 * PAGE);
	ck_assert_uint_eq(range.length, PAGE);
	for (int i = 0; i < 2; i++) {
		OK(iommufd_dirty_next(dirty, &range));
		ck_assert_uint_eq(range.length, 0);
	}
	/* Given up in the middle, the next one has nothing of it. */
	OK(iommufd_dirty_walk(dirty, &all, 1, 0));
	OK(iommufd_dirty_next(dirty, &range));
	ck_assert_uint_eq(range.start, MOCK_FIRST + 2 * PAGE);
	ck_assert_uint_eq(walk_bits(&all, 1, 0), 0);
	end();
}
END_TEST

/* A hole in what is mapped: the caller names what is. */
START_TEST(several_ranges)
{
	const uint64_t far = MOCK_FIRST + 32 * PAGE;
	const struct iommufd_extent mapped[] = {
		{ far, 2 * PAGE },
		{ MOCK_FIRST, DIRTY_LENGTH },
	};

	begin(0);
	map_at(tracked.ioas, tracked.memory, 2 * PAGE, far);
	mark_page(tracked.hwpt, 5);
	mark_page(other, 33);
	ck_assert_uint_eq(walk_bits(mapped, 2, 0), UINT64_C(0x200000020));
	ck_assert_uint_eq(walk_bits(mapped, 2, 0), 0);
	ck_assert_uint_eq(walk_bits(NULL, 0, 0), 0);
	unmap_at(tracked.ioas, 2 * PAGE, far);
	end();
}
END_TEST

/* An empty range is passed over. */
START_TEST(empty_ranges)
{
	const struct iommufd_extent mapped[] = {
		{ MOCK_FIRST, 0 },
		{ MOCK_FIRST, DIRTY_LENGTH },
		{ MOCK_FIRST, 0 },
	};

	begin(0);
	mark_page(other, 3);
	ck_assert_uint_eq(walk_bits(mapped, 3, 0), 8);
	ck_assert_uint_eq(walk_bits(mapped, 1, 0), 0);
	end();
}
END_TEST

/* Over 8 MiB, with a bitmap of so many bytes: all are found, once, in order. */
static void walk_single_pages(uint64_t memory, uint64_t stride)
{
	const uint64_t length = 8 * MIB, at = MOCK_FIRST + 32 * MIB;
	const struct iommufd_extent mapped = { at, length };
	struct iommufd_extent range;
	uint64_t next = 0;

	begin(memory);
	map_at(tracked.ioas, harness_memory(length), length, at);
	for (uint64_t page = 0; page < length / PAGE; page += stride)
		dirty_mark(page & 1 ? other : tracked.hwpt, at + page * PAGE,
			   PAGE);
	OK(iommufd_dirty_walk(dirty, &mapped, 1, 0));
	for (;; next += stride) {
		OK(iommufd_dirty_next(dirty, &range));
		if (!range.length)
			break;
		ck_assert_uint_eq(range.start, at + next * PAGE);
		ck_assert_uint_eq(range.length, PAGE);
	}
	ck_assert_uint_ge(next, length / PAGE);
	unmap_at(tracked.ioas, length, at);
	end();
}

/* 64 pages at a time. */
START_TEST(in_pieces)
{
	walk_single_pages(8, 61);
}
END_TEST

/* More ranges in a piece than are looked for at a time. */
START_TEST(many_in_a_piece)
{
	walk_single_pages(0, 3);
	walk_single_pages(64, 2);
}
END_TEST

START_TEST(read_before_unmap)
{
	const uint64_t at = MOCK_FIRST + 32 * PAGE;
	const struct iommufd_extent two = { at, 2 * PAGE }, half = { at, PAGE };
	uint64_t bits = 0;

	begin(0);
	map_at(tracked.ioas, tracked.memory, 2 * PAGE, at);
	mark_page(other, 33);
	FAILS(iommufd_dirty_unmap(dirty, &half, &bits, 1), NOT_WHOLE_MAPPINGS,
	      ENOENT);
	bits = 0;
	OK(iommufd_dirty_unmap(dirty, &two, &bits, 1));
	ck_assert_uint_eq(bits, 2);
	FAILS(iommufd_dirty_unmap(dirty, &two, &bits, 1), NOT_WHOLE_MAPPINGS,
	      ENOENT);
	end();
}
END_TEST

/* Nothing behind a hole is read, and only the unmapping tells of it. */
START_TEST(hole_before_unmap)
{
	const uint64_t at = MOCK_FIRST + 32 * PAGE, behind = at + 68 * PAGE;
	const struct iommufd_extent all = { at, 70 * PAGE };
	uint64_t bits[3] = { 0 };

	begin(0);
	map_at(tracked.ioas, tracked.memory, 2 * PAGE, at);
	map_at(tracked.ioas, tracked.memory, 2 * PAGE, behind);
	dirty_mark(other, behind + PAGE, PAGE);
	OK(iommufd_dirty_unmap(dirty, &all, bits, 3));
	ck_assert_uint_eq(bits[0], UINT64_MAX);
	ck_assert_uint_eq(bits[1], 0x3f);
	ck_assert_uint_eq(bits[2], 0);
	end();
}
END_TEST

/*
 * It leaves such a hole, and the device may have gone on; and it does not say
 * whether there has been one.
 */
START_TEST(again_after_a_failed_unmap)
{
	const uint64_t at = MOCK_FIRST + 32 * PAGE;
	const struct iommufd_extent all = { at, 4 * PAGE },
				    half = { at, 3 * PAGE };
	uint64_t bits = 0;

	begin(0);
	map_at(tracked.ioas, tracked.memory, 2 * PAGE, at);
	map_at(tracked.ioas, tracked.memory, 2 * PAGE, at + 2 * PAGE);
	mark_page(other, 33);
	FAILS(iommufd_dirty_unmap(dirty, &half, &bits, 1), NOT_WHOLE_MAPPINGS,
	      ENOENT);
	ck_assert_uint_eq(bits, 7);
	bits = 0;
	mark_page(other, 35);
	OK(iommufd_dirty_unmap(dirty, &all, &bits, 1));
	ck_assert_uint_eq(bits, 0xf);
	end();
}
END_TEST

/* ---- failures ------------------------------------------------------------------ */

/* One that cannot be tracked: the one before it is stopped again. */
START_TEST(start_is_undone)
{
	struct iommufd_hwpt *plain, *list[2];
	struct iommufd_dirty *two = NULL;
	uint64_t bits = 0;
	const struct iommufd_extent all = { MOCK_FIRST, DIRTY_LENGTH };

	begin(0);
	plain = dirty_paging(0);
	list[0] = other;
	list[1] = plain;
	OK(iommufd_dirty_new(tracked.ioas, list, 2, NULL, &two));
	FAILS(iommufd_dirty_start(two), FEATURE, EOPNOTSUPP);
	/* On the mock only a page table that is tracked can be marked. */
	ck_assert_int_lt(
		iommufd_mock_set_dirty(tracked.f.ctx, iommufd_hwpt_id(other),
				       &(const struct iommufd_mock_dirty){
					       .iova = MOCK_FIRST,
					       .length = PAGE,
					       .page_size = MOCK_PAGE,
					       .bitmap = &bits },
				       &bits),
		0);
	FAILS(iommufd_dirty_stop(two), FEATURE, EOPNOTSUPP);
	FAILS(iommufd_dirty_read(two, &all, 0, &bits, 1), FEATURE, EOPNOTSUPP);
	iommufd_dirty_release(two);
	OK(iommufd_hwpt_destroy(plain));
	end();
}
END_TEST

START_TEST(walk_goes_on_after_a_failure)
{
	const struct iommufd_extent good[] = { { MOCK_FIRST, DIRTY_LENGTH } };
	struct iommufd_extent bad[] = { { MOCK_FIRST, 4 * PAGE },
					{ MOCK_FIRST + 1, PAGE } };
	struct iommufd_extent range = { 1, 2 };
	int ret;

	begin(0);
	mark_page(other, 1);
	mark_page(other, 3);
	OK(iommufd_dirty_walk(dirty, bad, 2, IOMMUFD_DIRTY_NO_CLEAR));
	/* It has a copy. */
	memset(bad, 0xff, sizeof(bad));
	for (uint64_t page = 1; page < 4; page += 2) {
		OK(iommufd_dirty_next(dirty, &range));
		ck_assert_uint_eq(range.start, MOCK_FIRST + page * PAGE);
	}
	FAILS(iommufd_dirty_next(dirty, &range), DIRTY_RANGE, EINVAL);
	FAILS(iommufd_dirty_next(dirty, &range), DIRTY_RANGE, EINVAL);
	ck_assert_uint_eq(range.start, MOCK_FIRST + 3 * PAGE);
	OK(iommufd_dirty_walk(dirty, good, 1, 0));
	fail_nth_prepare();
	fail_nth(1);
	ret = iommufd_dirty_next(dirty, &range);
	ck_assert_int_eq(fail_nth_end(), 1);
	ck_assert_int_lt(ret, 0);
	for (uint64_t page = 1; page < 4; page += 2) {
		OK(iommufd_dirty_next(dirty, &range));
		ck_assert_uint_eq(range.start, MOCK_FIRST + page * PAGE);
	}
	ck_assert_uint_eq(walk_bits(good, 1, 0), 0);
	end();
}
END_TEST

START_TEST(bad_arguments)
{
	struct iommufd_dirty_opts opts = { .size = sizeof(opts) };
	struct iommufd_hwpt *list[2] = { NULL };
	struct iommufd_dirty *none = NULL;
	struct iommufd_extent range = { MOCK_FIRST, PAGE };
	uint64_t bits;

	begin(0);
	list[0] = tracked.hwpt;
	FAILS(iommufd_dirty_new(NULL, list, 1, NULL, &none), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_dirty_new(tracked.ioas, NULL, 1, NULL, &none),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_dirty_new(tracked.ioas, list, 1, NULL, NULL),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_dirty_new(tracked.ioas, list, 2, NULL, &none),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_dirty_new(tracked.ioas, list, 0, NULL, &none), BAD_VALUE,
	      EINVAL);
	opts.flags = 1;
	FAILS(iommufd_dirty_new(tracked.ioas, list, 1, &opts, &none), BAD_FLAGS,
	      EINVAL);
	opts.flags = 0;
	opts.page_size = 3 * PAGE;
	FAILS(iommufd_dirty_new(tracked.ioas, list, 1, &opts, &none), BAD_VALUE,
	      EINVAL);
	opts.page_size = 0;
	opts.memory = 12;
	FAILS(iommufd_dirty_new(tracked.ioas, list, 1, &opts, &none), BAD_VALUE,
	      EINVAL);
	opts.size = 8;
	FAILS(iommufd_dirty_new(tracked.ioas, list, 1, &opts, &none), OPTS_SIZE,
	      EINVAL);
	ck_assert_ptr_null(none);
	FAILS(iommufd_dirty_start(NULL), NULL_POINTER, EINVAL);
	FAILS(iommufd_dirty_stop(NULL), NULL_POINTER, EINVAL);
	FAILS(iommufd_dirty_read(NULL, &range, 0, &bits, 1), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_dirty_read(dirty, NULL, 0, &bits, 1), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_dirty_read(dirty, &range, 0, NULL, 1), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_dirty_read(dirty, &range, 0, &bits, 0), ARRAY_SHORT,
	      ENOSPC);
	FAILS(iommufd_dirty_unmap(NULL, &range, &bits, 1), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_dirty_walk(NULL, &range, 1, 0), NULL_POINTER, EINVAL);
	FAILS(iommufd_dirty_walk(dirty, NULL, 1, 0), NULL_POINTER, EINVAL);
	FAILS(iommufd_dirty_next(NULL, &range), NULL_POINTER, EINVAL);
	FAILS(iommufd_dirty_next(dirty, NULL), NULL_POINTER, EINVAL);
	ck_assert_uint_eq(iommufd_dirty_page_size(NULL), 0);
	iommufd_dirty_release(NULL);
	end();
}
END_TEST

/* Its page tables are of another context, where their ids say something else. */
START_TEST(another_context)
{
	struct iommufd_hwpt *list[2] = { NULL };
	struct iommufd_dirty *none = NULL;
	struct iommufd_ioas *ioas = NULL;
	struct iommufd_ctx *ctx = NULL;

	begin(0);
	list[0] = tracked.hwpt;
	OK(iommufd_ctx_open(NULL, &ctx));
	OK(iommufd_ioas_alloc(ctx, 0, &ioas));
	FAILS(iommufd_dirty_new(ioas, list, 1, NULL, &none), OTHER_CONTEXT,
	      EXDEV);
	ck_assert_ptr_null(none);
	OK(iommufd_ioas_destroy(ioas));
	iommufd_ctx_close(ctx);
	end();
}
END_TEST

static const TTest **const good[] = {
	&two_tables_are_one, &adds_up,
	&started_anew,	     &walk_in_ranges,
	&several_ranges,     &in_pieces,
	&many_in_a_piece,    &read_before_unmap,
	&hole_before_unmap,  &again_after_a_failed_unmap,
	&empty_ranges,	     NULL,
};

static const TTest **const failures[] = {
	&start_is_undone,
	&walk_goes_on_after_a_failure,
	&bad_arguments,
	&another_context,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "tracking", .tests = good },
		{ .name = "failures", .tests = failures },
	};

	return harness_run("dirty_tracking", cases, 2);
}
