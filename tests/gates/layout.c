/* SPDX-License-Identifier: MIT */
/*
 * Compiles when every row of the table holds for the kernel's headers on the
 * include path. TEST_KERNEL is that kernel, as 612 or 703; with TEST_MOCK it is
 * the table of the mock driver.
 */
#include <stddef.h>
#include <stdint.h>
#include <linux/ioctl.h>
#include <linux/iommufd.h>
#include <linux/vfio.h>

#include <iommufd/iommufd.h>
#include "uapi.h"
#ifdef TEST_MOCK
#include <iommufd_test.h>
#include "iommufd-mock.h"
#include "mock_uapi.h"
#endif

#if TEST_KERNEL >= 602
#define SINCE_6_2(...) __VA_ARGS__
#endif
#if TEST_KERNEL >= 606
#define SINCE_6_6(...) __VA_ARGS__
#endif
#if TEST_KERNEL >= 607
#define SINCE_6_7(...) __VA_ARGS__
#endif
#if TEST_KERNEL >= 608
#define SINCE_6_8(...) __VA_ARGS__
#endif
#if TEST_KERNEL >= 611
#define SINCE_6_11(...) __VA_ARGS__
#endif
#if TEST_KERNEL >= 613
#define SINCE_6_13(...) __VA_ARGS__
#else
#define SINCE_6_13(...)
#endif
#if TEST_KERNEL >= 615
#define SINCE_6_15(...) __VA_ARGS__
#else
#define SINCE_6_15(...)
#endif
#if TEST_KERNEL >= 617
#define SINCE_6_17(...) __VA_ARGS__
#else
#define SINCE_6_17(...)
#endif
#if TEST_KERNEL >= 619
#define SINCE_6_19(...) __VA_ARGS__
#else
#define SINCE_6_19(...)
#endif
#if TEST_KERNEL >= 700
#define SINCE_7_0(...) __VA_ARGS__
#else
#define SINCE_7_0(...)
#endif
#if TEST_KERNEL >= 701
#define SINCE_7_1(...) __VA_ARGS__
#else
#define SINCE_7_1(...)
#endif
#if TEST_KERNEL >= 703
#define SINCE_7_3(...) __VA_ARGS__
#else
#define SINCE_7_3(...)
#endif

#define SINCE(since, ...) SINCE_##since(__VA_ARGS__)

/* __extension__: some of the kernel's numbers are shifted into the sign. */
#define CONST(since, ours, theirs)                                             \
	SINCE(since, __extension__ _Static_assert(                             \
			     (long long)(ours) == (long long)(theirs),         \
			     "row: " #ours " = " #theirs);)
#define STRUCT(since, ours, theirs)                                            \
	SINCE(since, _Static_assert(sizeof(ours) == sizeof(theirs),            \
				    "row: size of " #ours " = " #theirs);)
#define FIELD(ours, field, theirs, their_field)                                \
	_Static_assert(                                                        \
		offsetof(struct ours, field) ==                                \
				offsetof(struct theirs, their_field) &&        \
			sizeof(((struct ours *)0)->field) ==                   \
				sizeof(((struct theirs *)0)->their_field),     \
		"row: " #ours "." #field " = " #theirs "." #their_field);
#define FLEX(ours, field, theirs, their_field)                                 \
	_Static_assert(                                                        \
		offsetof(struct ours, field) ==                                \
				offsetof(struct theirs, their_field) &&        \
			sizeof(((struct ours *)0)->field[0]) ==                \
				sizeof(((struct theirs *)0)->their_field[0]),  \
		"row: " #ours "." #field "[] = " #theirs "." #their_field      \
		"[]");

#ifdef TEST_MOCK
#include "uapi_mock_table.h"
#else
#include "uapi_table.h"
#endif
