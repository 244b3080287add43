/* SPDX-License-Identifier: MIT */
/* Typed errors: layout, names, sentences. */
#include <limits.h>
#include <string.h>

#include "harness.h"

struct text {
	uint32_t value;
	const char *name;
	const char *sentence;
};

static const struct text causes[] = {
#include "causes.inc"
};

static const struct text classes[] = {
#include "classes.inc"
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* The layout that error.h promises, in numbers. */
START_TEST(layout)
{
	const int ret = iommufd_make_error(IOMMUFD_CAUSE_OPTS_TAIL, E2BIG);

	ck_assert_int_eq(ret, -(2 << 23 | 4 << 12 | 7));
	ck_assert_int_eq(iommufd_errno(ret), E2BIG);
	ck_assert_int_eq(iommufd_neg_errno(ret), -E2BIG);
	ck_assert_uint_eq(iommufd_class(ret), IOMMUFD_CLASS_ARGUMENT);
	ck_assert_uint_eq(iommufd_cause(ret), 2 << 11 | 4);
	ck_assert_uint_eq(IOMMUFD_CAUSE(255, 2047), 0x7ffff);
	ck_assert_int_eq(iommufd_is(ret, IOMMUFD_CAUSE_OPTS_TAIL), 1);
	ck_assert_int_eq(iommufd_is(ret, IOMMUFD_CAUSE_OPTS_SIZE), 0);
	ck_assert_int_eq(iommufd_make_error(0x7ffff, 4095), -INT_MAX);
	ck_assert_int_eq(iommufd_errno(-INT_MAX), 4095);
	ck_assert_uint_eq(iommufd_class(-INT_MAX), 255);
}
END_TEST

/* The errnos there are, and the bounds of the field. */
static const int errnos[] = { 1, 2, 22, 28, 90, 133, 134, 2047, 2048, 4095 };

START_TEST(every_cause_and_errno_survives)
{
	for (size_t i = 0; i < COUNT(causes); i++) {
		for (size_t k = 0; k < COUNT(errnos); k++) {
			int err = errnos[k];
			int ret = iommufd_make_error(causes[i].value, err);

			ck_assert_int_lt(ret, 0);
			ck_assert_int_eq(iommufd_errno(ret), err);
			ck_assert_uint_eq(iommufd_cause(ret), causes[i].value);
			ck_assert_int_eq(iommufd_is(ret, causes[i].value), 1);
		}
	}
}
END_TEST

START_TEST(success_has_no_error)
{
	const int values[] = { 0, 1, 4096, INT_MAX };

	for (size_t i = 0; i < COUNT(values); i++) {
		ck_assert_int_eq(iommufd_errno(values[i]), 0);
		ck_assert_int_eq(iommufd_neg_errno(values[i]), 0);
		ck_assert_uint_eq(iommufd_class(values[i]), IOMMUFD_CLASS_NONE);
		ck_assert_uint_eq(iommufd_cause(values[i]), 0);
		ck_assert_int_eq(iommufd_is(values[i], 0), 0);
		ck_assert_str_eq(iommufd_strerror(values[i]), "No failure");
	}
}
END_TEST

START_TEST(plain_errnos)
{
	for (size_t i = 0; i < COUNT(errnos); i++) {
		int err = errnos[i];

		ck_assert_int_eq(iommufd_errno(-err), err);
		ck_assert_int_eq(iommufd_neg_errno(-err), -err);
		ck_assert_uint_eq(iommufd_class(-err),
				  IOMMUFD_CLASS_UNSPECIFIC);
		ck_assert_uint_eq(iommufd_cause(-err),
				  IOMMUFD_CAUSE_UNSPECIFIC);
	}
}
END_TEST

/* Whatever is negative is a failure with an errno. */
START_TEST(values_that_no_call_returns)
{
	const int values[] = { INT_MIN, INT_MIN + 1, -4096,
			       -8192,	-(1 << 23),  -(300 << 12) };

	for (size_t i = 0; i < COUNT(values); i++) {
		ck_assert_int_ge(iommufd_errno(values[i]), 1);
		ck_assert_int_le(iommufd_neg_errno(values[i]), -1);
		ck_assert_uint_ne(iommufd_class(values[i]), IOMMUFD_CLASS_NONE);
		ck_assert_ptr_nonnull(iommufd_strerror(values[i]));
	}
	ck_assert_uint_eq(iommufd_cause(INT_MIN), IOMMUFD_CAUSE_UNSPECIFIC);
}
END_TEST

START_TEST(making_errors_is_bounded)
{
	const int wrong = iommufd_make_error(IOMMUFD_CAUSE_UNSPECIFIC, EINVAL);

	ck_assert_int_eq(iommufd_make_error(IOMMUFD_CAUSE_OBJECT, 0), wrong);
	ck_assert_int_eq(iommufd_make_error(IOMMUFD_CAUSE_OBJECT, -1), wrong);
	ck_assert_int_eq(iommufd_make_error(IOMMUFD_CAUSE_OBJECT, 4096), wrong);
	ck_assert_int_eq(iommufd_make_error(IOMMUFD_CAUSE_OBJECT, INT_MIN),
			 wrong);
	ck_assert_int_eq(iommufd_make_error(0, EIO), wrong);
	ck_assert_int_eq(iommufd_make_error(2047, EIO), wrong);
	ck_assert_int_eq(iommufd_make_error(0x80000, EIO), wrong);
	ck_assert_int_eq(iommufd_make_error(UINT32_MAX, EIO), wrong);
}
END_TEST

static int is_known_class(uint32_t value)
{
	for (size_t i = 0; i < COUNT(classes); i++)
		if (classes[i].value == value)
			return value != IOMMUFD_CLASS_NONE;
	return 0;
}

START_TEST(every_cause_has_words)
{
	ck_assert_uint_gt(COUNT(causes), 80);
	for (size_t i = 0; i < COUNT(causes); i++) {
		int ret = iommufd_make_error(causes[i].value, EIO);

		ck_assert_msg(is_known_class(iommufd_class(ret)), "%s",
			      causes[i].name);
		ck_assert_str_eq(iommufd_cause_name(causes[i].value),
				 causes[i].name);
		ck_assert_str_eq(iommufd_strerror(ret), causes[i].sentence);
		ck_assert_msg(strlen(causes[i].sentence) > 10, "%s",
			      causes[i].name);
		ck_assert_msg(!strpbrk(causes[i].sentence, "\n\t@"), "%s",
			      causes[i].name);
	}
}
END_TEST

START_TEST(no_two_causes_are_alike)
{
	for (size_t i = 0; i < COUNT(causes); i++) {
		for (size_t k = 0; k < i; k++) {
			ck_assert_uint_ne(causes[i].value, causes[k].value);
			ck_assert_str_ne(causes[i].name, causes[k].name);
			ck_assert_str_ne(causes[i].sentence,
					 causes[k].sentence);
		}
	}
}
END_TEST

START_TEST(every_class_has_a_name)
{
	ck_assert_uint_eq(COUNT(classes), 16);
	for (size_t i = 0; i < COUNT(classes); i++) {
		ck_assert_uint_eq(classes[i].value, i);
		ck_assert_str_eq(iommufd_class_name(classes[i].value),
				 classes[i].name);
	}
	ck_assert_str_eq(iommufd_class_name(IOMMUFD_CLASS_AGAIN), "AGAIN");
}
END_TEST

START_TEST(the_unknown_has_words_too)
{
	const int newer = iommufd_make_error(IOMMUFD_CAUSE(200, 5), EIO);

	ck_assert_str_eq(iommufd_cause_name(0), "UNKNOWN");
	ck_assert_str_eq(iommufd_cause_name(UINT32_MAX), "UNKNOWN");
	ck_assert_str_eq(iommufd_class_name(200), "UNKNOWN");
	ck_assert_ptr_nonnull(iommufd_strerror(newer));
	ck_assert_str_ne(iommufd_strerror(newer), iommufd_strerror(0));
}
END_TEST

START_TEST(version)
{
	ck_assert_uint_eq(iommufd_version(), IOMMUFD_VERSION);
	ck_assert_uint_eq(IOMMUFD_VERSION_NUMBER(1, 2, 3),
			  1 << 20 | 2 << 10 | 3);
}
END_TEST

static const TTest **const numbers[] = {
	&layout,
	&every_cause_and_errno_survives,
	&success_has_no_error,
	&plain_errnos,
	&values_that_no_call_returns,
	&making_errors_is_bounded,
	&version,
	NULL,
};

static const TTest **const words[] = {
	&every_cause_has_words,
	&no_two_causes_are_alike,
	&every_class_has_a_name,
	&the_unknown_has_words_too,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "numbers", .tests = numbers },
		{ .name = "words", .tests = words },
	};

	return harness_run("error", cases, 2);
}
