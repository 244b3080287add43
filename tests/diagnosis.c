/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "diagnosis.h"
#include "fixture.h"
#include "harness.h"

struct iommufd_diagnosis d;
struct iommufd_diagnose_opts diagnose_opts;

static struct {
	int ret;
	char text[sizeof(d.text)];
} now, before;

void check_sane(uint32_t class_)
{
	size_t length = strlen(d.text);

	ck_assert_uint_eq(d.cause >> 11, class_);
	ck_assert_uint_ge(d.num_candidates, 1);
	ck_assert_uint_le(d.num_candidates, IOMMUFD_DIAGNOSIS_CANDIDATES);
	for (uint32_t i = 0; i < d.num_candidates; i++)
		ck_assert_uint_eq(d.candidates[i] >> 11, class_);
	if (d.num_candidates == 1)
		ck_assert_uint_eq(d.candidates[0], d.cause);
	ck_assert_uint_gt(length, 0);
	ck_assert_uint_lt(length, sizeof(d.text) - 1);
	ck_assert_msg(d.text[length - 1] == '.', "%s", d.text);
	ck_assert_msg(!strstr(d.text, "  ") && !strstr(d.text, ".."), "%s",
		      d.text);
}

/* Diagnose the failure that @ret is; it leaves nothing behind. */
void diagnose_in(struct iommufd_ctx *ctx, int ret, uint32_t flags)
{
	struct iommufd_failure failure = harness_failure(ret), after;
	uint32_t next = ctx ? next_id(ctx) : 0;
	unsigned int descriptors = open_descriptors();
	uint64_t pins = pinned();

	before = now;
	memset(&d, 0, sizeof(d));
	d.size = sizeof(d);
	OK(iommufd_diagnose(&failure, ctx, flags,
			    diagnose_opts.size ? &diagnose_opts : NULL, &d));
	after = harness_failure(ret);
	ck_assert_mem_eq(&failure, &after, sizeof(after));
	if (ctx)
		ck_assert_uint_eq(next_id(ctx), next);
	ck_assert_uint_eq(open_descriptors(), descriptors);
	ck_assert_uint_eq(pinned(), pins);
	check_sane(iommufd_class(ret));
	now.ret = ret;
	strcpy(now.text, d.text);
	printf("# %s\n", d.text);
	fflush(stdout);
}

void check_cause(uint32_t cause)
{
	ck_assert_msg(d.cause == cause && d.num_candidates == 1,
		      "%s of %u, expected %s: %s", iommufd_cause_name(d.cause),
		      d.num_candidates, iommufd_cause_name(cause), d.text);
}

void check_range_is(uint64_t start, uint64_t last)
{
	ck_assert_msg(d.valid & IOMMUFD_DIAGNOSIS_RANGE, "%s", d.text);
	ck_assert_uint_eq(d.start, start);
	ck_assert_uint_eq(d.last, last);
}

void check_candidates(uint32_t own, uint32_t a, uint32_t b)
{
	ck_assert_uint_eq(d.cause, own);
	ck_assert_uint_eq(d.num_candidates, 2);
	ck_assert_uint_eq(d.candidates[0], a);
	ck_assert_uint_eq(d.candidates[1], b);
}

void check_says(const char *words)
{
	ck_assert_msg(strstr(d.text, words) != NULL, "no \"%s\" in: %s", words,
		      d.text);
}

void check_other_reason(void)
{
	const char *a = strchr(before.text, ':'), *b = strchr(now.text, ':');

	ck_assert_int_eq(now.ret, before.ret);
	ck_assert_ptr_nonnull(a);
	ck_assert_ptr_nonnull(b);
	ck_assert_str_ne(a, b);
}

/* A failure as another machine might have it. */
int made_up(uint32_t op, uint32_t cause, int err, int fd)
{
	struct iommufd_failure failure = {
		.size = sizeof(failure),
		.op = op,
		.ret = iommufd_make_error(cause, err),
		.fd = fd,
		.memory_fd = -1,
	};

	return iommufd_failure_set(&failure);
}
