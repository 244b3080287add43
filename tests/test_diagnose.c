/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "diagnosis.h"
#include "fakemachine.h"
#include "fixture.h"
#include "harness.h"

#define AT UINT64_C(0x2000000)

static struct fixture f;

static void diagnose(int ret, uint32_t flags)
{
	diagnose_in(f.ctx, ret, flags);
}

static void use_device(void)
{
	fixture_device(&f);
}

static int map(void *memory, uint64_t length, uint64_t iova)
{
	return iommufd_ioas_map(f.ioas, memory, length, FIXED, &iova);
}

/* At its ends the windows of devices, which are not known, may be to blame. */
static void check_end(void)
{
	check_candidates(IOMMUFD_CAUSE_IOVA_UNUSABLE,
			 IOMMUFD_CAUSE_OUTSIDE_APERTURE,
			 IOMMUFD_CAUSE_RESERVED);
	check_says("outside of what the page tables can map, or in a reserved "
		   "window");
}

START_TEST(outside_aperture)
{
	void *memory = harness_memory(32 * PAGE);

	diagnose(map(memory, PAGE, 0x1000), 0);
	check_end();
	check_range_is(0, MOCK_FIRST - 1);
	check_says("from 0x1000 on");
	diagnose(map(memory, 32 * PAGE, MOCK_LAST + 1 - 16 * PAGE), 0);
	check_end();
	check_range_is(MOCK_LAST + 1, UINT64_MAX);
	check_says("from 0x80000000 on");
}
END_TEST

/* Windows that touch what no page table can map, by what sysfs says. */
START_TEST(windows_at_the_ends)
{
	void *memory = harness_memory(PAGE);
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	fake_machine();
	fake_file(GROUP "/reserved_regions",
		  "0x0000000000000000 0x0000000000000fff reserved\n"
		  "0x0000000000800000 0x0000000000ffffff msi\n"
		  "0x0000000080000000 0x000000008fffffff reserved\n"
		  "0x00000000a0000000 0x00000000afffffff direct-relaxable\n");
	diagnose_opts =
		(struct iommufd_diagnose_opts){ .size = sizeof(diagnose_opts),
						.sysfs = fake_opts.sysfs,
						.dev = fake_opts.dev };
	diagnose(map(memory, PAGE, 0), 0);
	check_cause(IOMMUFD_CAUSE_RESERVED);
	check_range_is(0, 0xfff);
	diagnose(map(memory, PAGE, 0x900000), 0);
	check_cause(IOMMUFD_CAUSE_RESERVED);
	check_range_is(0x800000, 0xffffff);
	check_says("the MSI window 0x800000-0xffffff of device " ADDRESS);
	diagnose(map(memory, PAGE, 0x80000000), 0);
	check_cause(IOMMUFD_CAUSE_RESERVED);
	check_range_is(0x80000000, 0x8fffffff);
	/* Outside of the windows it is the page tables. */
	diagnose(map(memory, PAGE, 0x2000), 0);
	check_cause(IOMMUFD_CAUSE_OUTSIDE_APERTURE);
	check_range_is(0, MOCK_FIRST - 1);
	diagnose(map(memory, PAGE, 0xa0000000), 0);
	check_cause(IOMMUFD_CAUSE_OUTSIDE_APERTURE);
	close(fd);
	fixture_end(&f);
}
END_TEST

START_TEST(reserved_range)
{
	void *memory = harness_memory(4 * PAGE);

	OK(iommufd_mock_add_reserved(f.ctx, iommufd_ioas_id(f.ioas), MIB, AT));
	diagnose(map(memory, 4 * PAGE, AT - 2 * PAGE), 0);
	check_cause(IOMMUFD_CAUSE_RESERVED);
	check_range_is(AT, AT + MIB - 1);
	check_says("0x2000000-0x20fffff");
	check_says("from 0x2000000 on");
	diagnose(map(memory, 4 * PAGE, AT + 8 * PAGE), 0);
	check_cause(IOMMUFD_CAUSE_RESERVED);
	check_says("from 0x2008000 on");
}
END_TEST

START_TEST(alignment)
{
	unsigned char *memory = harness_memory(2 * PAGE);
	uint64_t iova = 0;

	diagnose(map(memory, PAGE, AT + 1024), 0);
	check_cause(IOMMUFD_CAUSE_IOVA_MISALIGNED);
	ck_assert(d.valid & IOMMUFD_DIAGNOSIS_ALIGNMENT);
	ck_assert_uint_eq(d.alignment, MOCK_PAGE);
	check_says("0x2000400");
	diagnose(map(memory, 1024, AT), 0);
	check_cause(IOMMUFD_CAUSE_LENGTH_MISALIGNED);
	check_says("0x400 is not a multiple of 0x800");
	diagnose(map(memory + 1024, PAGE, AT), 0);
	check_cause(IOMMUFD_CAUSE_MEMORY_MISALIGNED);
	diagnose(iommufd_ioas_map(f.ioas, memory, 100, RW, &iova), 0);
	check_cause(IOMMUFD_CAUSE_LENGTH_MISALIGNED);
	diagnose(iommufd_ioas_map(f.ioas, memory + 1024, PAGE, RW, &iova), 0);
	check_cause(IOMMUFD_CAUSE_MEMORY_MISALIGNED);
}
END_TEST

/* One errno, and each reason in words of its own. */
START_TEST(reasons_differ)
{
	unsigned char *memory = harness_memory(2 * PAGE);
	char texts[4][sizeof(d.text)];
	int rets[4];

	rets[0] = map(memory, PAGE, 0x1000);
	diagnose(rets[0], 0);
	strcpy(texts[0], d.text);
	rets[1] = map(memory, PAGE, AT + 1);
	diagnose(rets[1], 0);
	strcpy(texts[1], d.text);
	rets[2] = map(memory + 1, PAGE, AT);
	diagnose(rets[2], 0);
	strcpy(texts[2], d.text);
	rets[3] = map(memory, PAGE, MOCK_LAST + 1);
	diagnose(rets[3], 0);
	strcpy(texts[3], d.text);
	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(rets[i], rets[0]);
		for (int k = 0; k < i; k++)
			ck_assert_str_ne(strchr(texts[i], ':'),
					 strchr(texts[k], ':'));
	}
}
END_TEST

/* Without the context the set remains, and is said to be one. */
START_TEST(nobody_to_ask)
{
	struct iommufd_failure failure;
	void *memory = harness_memory(PAGE);
	int ret = map(memory, PAGE, 0x1000);

	failure = harness_failure(ret);
	d.size = sizeof(d);
	OK(iommufd_diagnose(&failure, NULL, 0, NULL, &d));
	check_sane(IOMMUFD_CLASS_MAPPING);
	ck_assert_uint_eq(d.cause, IOMMUFD_CAUSE_IOVA_UNUSABLE);
	ck_assert_uint_eq(d.num_candidates, 6);
	check_says("cannot be told");
	ck_assert_uint_eq(d.valid, 0);
}
END_TEST

START_TEST(already_mapped)
{
	unsigned char *memory = harness_memory(64 * PAGE);

	map_at(f.ioas, memory, 4 * PAGE, AT);
	map_at(f.ioas, memory, MOCK_PAGE, AT + 40 * PAGE);
	/* The end, the beginning, all, more than all of the first. */
	diagnose(map(memory, 8 * PAGE, AT - 6 * PAGE), SCRATCH);
	check_cause(IOMMUFD_CAUSE_ALREADY_MAPPED);
	check_range_is(AT, AT + 2 * PAGE - 1);
	diagnose(map(memory, 8 * PAGE, AT + 3 * PAGE), SCRATCH);
	check_range_is(AT + 3 * PAGE, AT + 4 * PAGE - 1);
	diagnose(map(memory, PAGE, AT + PAGE), SCRATCH);
	check_range_is(AT + PAGE, AT + 2 * PAGE - 1);
	diagnose(map(memory, 20 * PAGE, AT - 10 * PAGE), SCRATCH);
	check_range_is(AT, AT + 4 * PAGE - 1);
	/* A small one somewhere in the middle. */
	diagnose(map(memory, 50 * PAGE, AT + 5 * PAGE), SCRATCH);
	check_range_is(AT + 40 * PAGE, AT + 40 * PAGE + MOCK_PAGE - 1);
}
END_TEST

/* It is not looked for where that is not allowed, or would take too long. */
START_TEST(already_mapped_somewhere)
{
	unsigned char *memory = harness_memory(PAGE);

	map_at(f.ioas, memory, PAGE, AT + 1234 * PAGE);
	diagnose(map(memory, PAGE, AT + 1234 * PAGE), 0);
	check_cause(IOMMUFD_CAUSE_ALREADY_MAPPED);
	ck_assert_uint_eq(d.valid, 0);
	check_says("IOMMUFD_DIAGNOSE_SCRATCH");
	diagnose(map(memory, 16384 * PAGE, AT), SCRATCH);
	check_cause(IOMMUFD_CAUSE_ALREADY_MAPPED);
	ck_assert_uint_eq(d.valid, 0);
	check_says("too small");
}
END_TEST

START_TEST(no_iova_space)
{
	struct iommufd_iova_range allowed = { AT, AT + PAGE - 1 };
	void *memory = harness_memory(2 * PAGE);
	uint64_t iova = 0;

	OK(iommufd_ioas_allow_iovas(f.ioas, &allowed, 1));
	diagnose(iommufd_ioas_map(f.ioas, memory, 2 * PAGE, RW, &iova), 0);
	check_cause(IOMMUFD_CAUSE_NO_IOVA_SPACE);
	check_range_is(MOCK_FIRST, MOCK_LAST);
}
END_TEST

static const TTest **const map_tests[] = {
	&outside_aperture,	   &reserved_range,
	&windows_at_the_ends,	   &alignment,
	&reasons_differ,	   &nobody_to_ask,
	&already_mapped,	   &no_iova_space,
	&already_mapped_somewhere, NULL,
};

/* ---- the call itself ------------------------------------------------------ */

/* One of these operations and causes. */
static unsigned int every_cause(struct iommufd_failure *failure)
{
	unsigned int sentences = 0;

	for (uint32_t class_ = 1; class_ <= IOMMUFD_CLASS_AGAIN + 1; class_++) {
		for (uint32_t detail = 0; detail < 32; detail++) {
			failure->ret = iommufd_make_error(
				IOMMUFD_CAUSE(class_, detail), EINVAL);
			d.size = sizeof(d);
			OK(iommufd_diagnose(failure, f.ctx, SCRATCH, NULL, &d));
			check_sane(class_);
			sentences++;
		}
	}
	return sentences;
}

/* Every failure gets a sentence, also those that make no sense. */
START_TEST(every_failure)
{
	struct iommufd_failure failure = { .size = sizeof(failure),
					   .fd = -1,
					   .memory_fd = -1,
					   .length = UINT64_MAX,
					   .iova = 1 };
	unsigned int sentences = 0;

	for (uint32_t op = 0; op < IOMMUFD_OP_HELPER + 13; op++) {
		failure.op = op;
		if (op < 8 || op >= IOMMUFD_OP_HELPER ||
		    strcmp(iommufd_op_name(op), "UNKNOWN") != 0)
			sentences += every_cause(&failure);
	}
	ck_assert_uint_gt(sentences, 30000);
}
END_TEST

START_TEST(bad_input)
{
	struct {
		struct iommufd_diagnosis known;
		unsigned char more[32];
	} longer;
	struct iommufd_diagnose_opts with = { .size = sizeof(with) };
	struct iommufd_failure failure;
	struct iommufd_diagnosis before;
	int ret = map(NULL, PAGE, 0x1000);

	failure = harness_failure(ret);
	memset(&d, 0xaa, sizeof(d));
	d.size = sizeof(d);
	before = d;
	FAILS(iommufd_diagnose(NULL, f.ctx, 0, NULL, &d), NULL_POINTER, EINVAL);
	FAILS(iommufd_diagnose(&failure, f.ctx, 0, NULL, NULL), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_diagnose(&failure, f.ctx, 2, NULL, &d), BAD_FLAGS,
	      EINVAL);
	with.reserved = 1;
	FAILS(iommufd_diagnose(&failure, f.ctx, 0, &with, &d), OPTS_RESERVED,
	      EINVAL);
	with.reserved = 0;
	with.size = 31;
	FAILS(iommufd_diagnose(&failure, f.ctx, 0, &with, &d), OPTS_SIZE,
	      EINVAL);
	failure.ret = 0;
	FAILS(iommufd_diagnose(&failure, f.ctx, 0, NULL, &d), BAD_VALUE,
	      EINVAL);
	failure.ret = ret;
	failure.size = 63;
	FAILS(iommufd_diagnose(&failure, f.ctx, 0, NULL, &d), OPTS_SIZE,
	      EINVAL);
	failure.size = sizeof(failure);
	ck_assert_uint_eq(
		harness_failure(iommufd_diagnose(&failure, f.ctx, 2, NULL, &d))
			.op,
		IOMMUFD_OP_DIAGNOSE);
	ck_assert_mem_eq(&d, &before, sizeof(d));
	d.size = 615;
	FAILS(iommufd_diagnose(&failure, f.ctx, 0, NULL, &d), OPTS_SIZE,
	      EINVAL);
	memset(&longer, 0xff, sizeof(longer));
	longer.known.size = sizeof(longer);
	OK(iommufd_diagnose(&failure, f.ctx, 0, NULL, &longer.known));
	ck_assert_uint_eq(longer.known.size, sizeof(longer));
	for (size_t i = 0; i < sizeof(longer.more); i++)
		ck_assert_uint_eq(longer.more[i], 0);
}
END_TEST

/* The ids of another context say nothing of the objects of this one. */
START_TEST(another_context)
{
	struct iommufd_ctx *other = harness_ctx();
	int ret = map(harness_memory(PAGE), PAGE, 0x1000);

	diagnose_in(other, ret, SCRATCH);
	ck_assert_uint_eq(d.cause, IOMMUFD_CAUSE_IOVA_UNUSABLE);
	ck_assert_uint_gt(d.num_candidates, 1);
	ck_assert_uint_eq(d.valid, 0);
	check_says("not that of the failed call");
	iommufd_ctx_close(other);
}
END_TEST

/* What was wrong is not any more: nothing is found, and that is said. */
START_TEST(nothing_wrong_now)
{
	struct iommufd_failure failure;
	void *memory = harness_memory(PAGE);
	int ret = map(memory, PAGE, 0x1000);

	failure = harness_failure(ret);
	failure.iova = AT;
	diagnose_in(f.ctx, iommufd_failure_set(&failure), 0);
	ck_assert_uint_eq(d.cause, IOMMUFD_CAUSE_IOVA_UNUSABLE);
	ck_assert_uint_eq(d.num_candidates, 5);
	check_says("may have changed since");
	failure.flags = IOMMUFD_MAP_FIXED_IOVA | IOMMUFD_MAP_READABLE;
	diagnose_in(f.ctx, iommufd_failure_set(&failure), 0);
	ck_assert_uint_eq(d.cause, IOMMUFD_CAUSE_IOVA_UNUSABLE);
	ck_assert_uint_eq(d.num_candidates, 6);
	check_says("there may be a nest parent");
}
END_TEST

/* A plain negative errno of somebody else is a failure, too. */
START_TEST(plain_errno)
{
	struct iommufd_failure failure = {
		.size = sizeof(failure), .ret = -EDOM, .fd = -1, .memory_fd = -1
	};

	d.size = sizeof(d);
	OK(iommufd_diagnose(&failure, NULL, 0, NULL, &d));
	check_sane(IOMMUFD_CLASS_UNSPECIFIC);
	check_says("errno 33");
}
END_TEST

START_TEST(explained)
{
	int ret = map(harness_memory(PAGE), PAGE, AT + 1);
	char text[512], part[16];

	OK(iommufd_explain(ret, f.ctx, text, sizeof(text)));
	ck_assert_msg(strstr(text, "0x2000001 is not a multiple of 0x800") !=
			      NULL,
		      "%s", text);
	OK(iommufd_explain(ret, f.ctx, part, sizeof(part)));
	ck_assert_uint_eq(strlen(part), sizeof(part) - 1);
	ck_assert_int_eq(strncmp(text, part, sizeof(part) - 1), 0);
	ck_assert_uint_eq(harness_failure(ret).op, IOMMUFD_OP_IOAS_MAP);
	/* Of a failure that is not the last one the cause is what is left. */
	ret = iommufd_make_error(IOMMUFD_CAUSE_IN_USE, EBUSY);
	OK(iommufd_explain(ret, f.ctx, text, sizeof(text)));
	ck_assert_str_eq(text, iommufd_strerror(ret));
	FAILS(iommufd_explain(ret, f.ctx, NULL, 1), NULL_POINTER, EINVAL);
	FAILS(iommufd_explain(ret, f.ctx, text, 0), ZERO_LENGTH, EINVAL);
}
END_TEST

static const TTest **const call_tests[] = {
	&explained,	  &every_failure,     &bad_input, &plain_errno,
	&another_context, &nothing_wrong_now, NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "map", .setup = use_device, .tests = map_tests },
		{ .name = "call",
		  .setup = use_device,
		  .tests = call_tests,
		  .timeout = 240 },
	};

	return harness_run("diagnose", cases, sizeof(cases) / sizeof(cases[0]));
}
