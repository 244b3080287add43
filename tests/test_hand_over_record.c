/* SPDX-License-Identifier: MIT */
/*
 * Records that are cut off, damaged, made up, or of another release; descriptors
 * that are not the ones.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "handed.h"

static int unpack(const void *record, uint32_t length, const int32_t *with,
		  uint32_t count)
{
	struct iommufd_hand_over *new = NULL;
	struct iommufd_ctx *ctx = NULL;
	int ret = iommufd_hand_over_unpack(record, length, with, count, &ctx,
					   &new);

	ck_assert_int_eq(!ret, new != NULL);
	ck_assert_int_eq(!ret, ctx != NULL);
	iommufd_hand_over_release(new);
	iommufd_ctx_close(ctx);
	return ret;
}

/* One member is another one, on purpose. */
static void malformed_with(uint32_t at, uint32_t value)
{
	ck_assert_uint_ne(handed_get(handed.good, at), value);
	memcpy(handed.bad, handed.good, LENGTH);
	handed_put(at, value);
	handed_make_sum();
	FAILS(unpack(handed.bad, LENGTH, handed.fds, FDS), HAND_OVER_MALFORMED,
	      EINVAL);
}

START_TEST(good_ones)
{
	if (!handed.h)
		return;
	OK(unpack(handed.good, LENGTH, handed.fds, FDS));
	handed_make_sum();
	ck_assert(!memcmp(handed.good, handed.bad, LENGTH));
	FAILS(unpack(NULL, LENGTH, handed.fds, FDS), NULL_POINTER, EINVAL);
	FAILS(unpack(handed.good, LENGTH, NULL, FDS), NULL_POINTER, EINVAL);
}
END_TEST

START_TEST(cut_off_anywhere)
{
	unsigned char longer[LENGTH + 1] = { 0 };

	if (!handed.h)
		return;
	for (uint32_t length = 0; length < LENGTH; length++) {
		/* So that a sanitizer sees what is read behind it. */
		unsigned char *copy = malloc(length + 1);

		memcpy(copy, handed.good, length);
		copy = realloc(copy, length ? length : 1);
		FAILS(unpack(copy, length, handed.fds, FDS),
		      HAND_OVER_MALFORMED, EINVAL);
		free(copy);
	}
	memcpy(longer, handed.good, LENGTH);
	FAILS(unpack(longer, sizeof(longer), handed.fds, FDS),
	      HAND_OVER_MALFORMED, EINVAL);
}
END_TEST

START_TEST(damaged_anywhere)
{
	const unsigned char flips[] = { 0x01, 0x80, 0xff };

	for (uint32_t at = 0; handed.h && at < LENGTH; at++) {
		for (int i = 0; i < 3; i++) {
			handed.bad[at] ^= flips[i];
			if (at >= AT_VERSION && at < AT_VERSION + 4 &&
			    handed_get(handed.bad, AT_VERSION))
				FAILS(unpack(handed.bad, LENGTH, handed.fds,
					     FDS),
				      HAND_OVER_NEWER, EINVAL);
			else
				FAILS(unpack(handed.bad, LENGTH, handed.fds,
					     FDS),
				      HAND_OVER_MALFORMED, EINVAL);
			handed.bad[at] = handed.good[at];
		}
	}
}
END_TEST

/* Whatever else is in it: it is refused, or what it names is taken or not. */
static void try_made_up(void)
{
	struct iommufd_hand_over_object any = { .size = sizeof(any) };
	struct iommufd_hand_over *new = NULL;
	struct iommufd_ctx *ctx = NULL;
	int ret;

	handed_make_sum();
	ret = iommufd_hand_over_unpack(handed.bad, LENGTH, handed.fds, FDS,
				       &ctx, &new);
	if (ret) {
		ck_assert(
			iommufd_is(ret, IOMMUFD_CAUSE_HAND_OVER_MALFORMED) ||
			iommufd_is(ret, IOMMUFD_CAUSE_HAND_OVER_DESCRIPTORS) ||
			iommufd_is(ret, IOMMUFD_CAUSE_HAND_OVER_NEWER));
		return;
	}
	while (!iommufd_hand_over_take(new, &any)) {
		if (any.fd >= 0)
			close(any.fd);
		iommufd_ioas_release(any.ioas);
		iommufd_hwpt_release(any.hwpt);
		iommufd_viommu_release(any.viommu);
		iommufd_vdevice_release(any.vdevice);
		iommufd_hw_queue_release(any.hw_queue);
		any = (struct iommufd_hand_over_object){ .size = sizeof(any) };
	}
	iommufd_hand_over_release(new);
	iommufd_ctx_close(ctx);
}

START_TEST(made_up)
{
	uint32_t seed = 1;

	if (!handed.h)
		return;
	for (uint32_t at = 0; at < LENGTH; at++) {
		for (int bit = 0; bit < 8; bit++) {
			memcpy(handed.bad, handed.good, LENGTH);
			handed.bad[at] ^= (unsigned char)(1 << bit);
			try_made_up();
		}
	}
	for (int i = 0; i < 20000; i++) {
		memcpy(handed.bad, handed.good, LENGTH);
		for (int n = 0; n <= i % 5; n++) {
			seed = seed * 1664525 + 1013904223;
			handed.bad[(seed >> 12) % LENGTH] =
				(unsigned char)(seed >> 4);
		}
		try_made_up();
	}
}
END_TEST

START_TEST(each_member)
{
	if (!handed.h)
		return;
	malformed_with(AT_VERSION, 0);
	malformed_with(AT_LENGTH, LENGTH - THING);
	malformed_with(AT_LENGTH, UINT32_MAX);
	malformed_with(AT_THINGS, 1);
	malformed_with(AT_THINGS, 4);
	malformed_with(AT_THINGS, UINT32_MAX);
	malformed_with(AT_THINGS, 0x2e8ba2e9); /* LENGTH, modulo 2^32 */
	malformed_with(AT_FDS, 2);
	malformed_with(AT_FDS, UINT32_MAX);
	malformed_with(handed_in(0, KIND), IOMMUFD_HAND_OVER_FD);
	malformed_with(handed_in(1, ID), 1);
	malformed_with(handed_in(0, FILE_VALID), 0);
	malformed_with(handed_in(2, KIND), 0);
	malformed_with(handed_in(2, KIND), 0x10000);
	malformed_with(handed_in(2, KIND), 11);
	malformed_with(handed_in(2, ID), 0);
	malformed_with(handed_in(2, ID), 0x80000000);
	malformed_with(handed_in(2, PAGE_TABLE), 1);
	malformed_with(handed_in(2, DEVICE), 1);
	malformed_with(handed_in(2, FILE_VALID), 1);
	malformed_with(handed_in(2, NAME), 0);
	malformed_with(handed_in(2, NAME + 28), 1);
	malformed_with(handed_in(3, ID), 1);
	malformed_with(handed_in(3, FILE_VALID), 2);
	/* A device file of no kind, and one with an impossible page table. */
	malformed_with(handed_in(3, KIND), IOMMUFD_HAND_OVER_VFIO);
}
END_TEST

START_TEST(other_malformed_ones)
{
	if (!handed.h)
		return;
	/* A name without an end, and one that comes twice. */
	memset(handed.bad + handed_in(2, NAME), 'x', 32);
	handed_make_sum();
	FAILS(unpack(handed.bad, LENGTH, handed.fds, FDS), HAND_OVER_MALFORMED,
	      EINVAL);
	memcpy(handed.bad, handed.good, LENGTH);
	handed_put(handed_in(4, KIND), IOMMUFD_HAND_OVER_IOAS);
	memcpy(handed.bad + handed_in(4, NAME), handed.bad + handed_in(2, NAME),
	       32);
	handed_make_sum();
	FAILS(unpack(handed.bad, LENGTH, handed.fds, FDS), HAND_OVER_MALFORMED,
	      EINVAL);
	/* A newer one. */
	memcpy(handed.bad, handed.good, LENGTH);
	handed_put(AT_VERSION, 2);
	handed_make_sum();
	FAILS(unpack(handed.bad, LENGTH, handed.fds, FDS), HAND_OVER_NEWER,
	      EINVAL);
}
END_TEST

/* An id that is a stranger's, or nobody's, is found out when it is taken. */
START_TEST(ids_of_others)
{
	struct iommufd_hand_over *new = NULL;
	struct iommufd_ctx *ctx = NULL;

	if (!handed.h)
		return;
	handed_put(handed_in(2, ID), handed.f.hwpt_id);
	handed_put(handed_in(4, ID), UNUSED_ID);
	handed_make_sum();
	OK(iommufd_hand_over_unpack(handed.bad, LENGTH, handed.fds, FDS, &ctx,
				    &new));
	FAILS(iommufd_hand_over_take(new, &OBJECT(IOAS, "ram")), OBJECT,
	      ENOENT);
	FAILS(iommufd_hand_over_take(new, &OBJECT(HWPT, "table")), OBJECT,
	      ENOENT);
	iommufd_hand_over_release(new);
	iommufd_ctx_close(ctx);
}
END_TEST

START_TEST(other_descriptors)
{
	int other = harness_memfd(PAGE);
	int32_t with[FDS + 1] = { handed.fds[0], handed.fds[1], handed.fds[2],
				  0 };
	struct rlimit limit, none;

	if (!handed.h) {
		close(other);
		return;
	}
	FAILS(unpack(handed.good, LENGTH, with, FDS - 1), HAND_OVER_DESCRIPTORS,
	      EINVAL);
	FAILS(unpack(handed.good, LENGTH, with, FDS + 1), HAND_OVER_DESCRIPTORS,
	      EINVAL);
	with[2] = other;
	FAILS(unpack(handed.good, LENGTH, with, FDS), HAND_OVER_DESCRIPTORS,
	      EINVAL);
	with[2] = -1;
	FAILS(unpack(handed.good, LENGTH, with, FDS), BAD_FD, EBADF);
	with[2] = handed.fds[1];
	with[1] = handed.fds[2];
	FAILS(unpack(handed.good, LENGTH, with, FDS), HAND_OVER_DESCRIPTORS,
	      EINVAL);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = (struct rlimit){ .rlim_max = limit.rlim_max };
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	FAILS(unpack(handed.good, LENGTH, handed.fds, FDS), DESCRIPTORS,
	      EMFILE);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	close(other);
}
END_TEST

static const TTest **const records[] = {
	&good_ones,	&cut_off_anywhere,  &damaged_anywhere,
	&made_up,	&each_member,	    &other_malformed_ones,
	&ids_of_others, &other_descriptors, NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "records",
		  .setup = handed_setup,
		  .teardown = handed_teardown,
		  .tests = records },
	};

	return harness_run("hand_over_record", cases, 1);
}
