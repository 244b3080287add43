/* SPDX-License-Identifier: MIT */
/* What the IOVA allocator says to arguments that make no sense. */
#include "iova.h"

START_TEST(wrong_arguments)
{
	struct iommufd_iova_space *other = (void *)&iova_space;
	struct iommufd_iova_limits l = iova_limits(iova_two, 2);
	const struct iommufd_iova_range backwards = { 2, 1 };
	const struct iommufd_extent beyond = { PAGE, UINT64_MAX },
				    nothing = { PAGE, 0 };
	struct iommufd_iova_info i = { .size = 47 };
	uint32_t count = 1;
	uint64_t iova;
	int ret;

#define NEW(cause, err) FAILS(iommufd_iova_new(NULL, &l, &other), cause, err)
	FAILS(iommufd_iova_new(NULL, NULL, &other), NULL_POINTER, EINVAL);
	FAILS(iommufd_iova_new(NULL, &l, NULL), NULL_POINTER, EINVAL);
	l.flags = IOMMUFD_IOVA_PUBLISH;
	NEW(BAD_VALUE, EINVAL);
	l.flags = 2;
	NEW(BAD_FLAGS, EINVAL);
	l.flags = 0;
	l.reserved = 1;
	NEW(OPTS_RESERVED, EINVAL);
	l.reserved = 0;
	l.granule = 3 * PAGE;
	NEW(BAD_VALUE, EINVAL);
	l.granule = PAGE;
	l.num_windows = 1;
	NEW(NULL_POINTER, EINVAL);
	l.windows = &backwards;
	NEW(BAD_RANGES, EINVAL);
	l.num_windows = 0;
	l.num_excluded = 1;
	l.excluded = &backwards;
	NEW(BAD_RANGES, EINVAL);
	l.num_excluded = 0;
	l.size = 8;
	NEW(OPTS_SIZE, EINVAL);
	ck_assert_ptr_eq(other, (void *)&iova_space);
	l = iova_limits(iova_two, 2);
	l.granule = 2 * PAGE;
	FAILS(iommufd_iova_refresh(iova_space, &l, NULL), BAD_VALUE, EINVAL);
	FAILS(iommufd_iova_refresh(iova_space, NULL, NULL), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_iova_refresh(NULL, &l, NULL), NULL_POINTER, EINVAL);
	FAILS(iommufd_iova_get_info(iova_space, &i), OPTS_SIZE, EINVAL);
	FAILS(iommufd_iova_get_info(NULL, &i), NULL_POINTER, EINVAL);
	FAILS(iommufd_iova_stranded(iova_space, NULL, &count), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_iova_alloc(iova_space, 0, NULL, &iova), ZERO_LENGTH,
	      EINVAL);
	ret = iommufd_iova_alloc(iova_space, UINT64_MAX, NULL, &iova);
	FAILS(ret, OVERFLOW, EOVERFLOW);
	ck_assert_uint_eq(harness_failure(ret).length, UINT64_MAX);
	ret = iommufd_iova_reserve(iova_space, &beyond);
	FAILS(ret, OVERFLOW, EOVERFLOW);
	ck_assert_uint_eq(harness_failure(ret).iova, beyond.start);
	ck_assert_uint_eq(harness_failure(ret).length, beyond.length);
	ret = iommufd_iova_free(iova_space, &nothing);
	FAILS(ret, ZERO_LENGTH, EINVAL);
	ck_assert_uint_eq(harness_failure(ret).iova, nothing.start);
	FAILS(iommufd_iova_alloc(iova_space, 1, NULL, NULL), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_iova_alloc(NULL, 1, NULL, &iova), NULL_POINTER, EINVAL);
	iommufd_iova_release(NULL);
}
END_TEST

START_TEST(wrong_options)
{
	struct iommufd_iova_alloc_opts o = { .size = sizeof(o) };
	uint64_t iova = 7;

#define ALLOC(cause)                                                           \
	FAILS(iommufd_iova_alloc(iova_space, 1, &o, &iova), cause, EINVAL)
	o.alignment = 3;
	ALLOC(BAD_VALUE);
	o.alignment = 0;
	o.first = 2;
	o.last = 1;
	ALLOC(BAD_VALUE);
	o.first = o.last = 0;
	o.flags = 2;
	ALLOC(BAD_FLAGS);
	o.flags = 0;
	o.size = 4;
	ALLOC(OPTS_SIZE);
	ck_assert_uint_eq(iova, 7);
	o.size = sizeof(o);
	o.alignment = UINT64_C(1) << 63;
	FAILS(iommufd_iova_alloc(iova_space, 1, &o, &iova), NO_IOVA_SPACE,
	      ENOSPC);
	o.alignment = 1;
	OK(iommufd_iova_alloc(iova_space, 1, &o, &iova));
}
END_TEST

static const TTest **const tests[] = {
	&wrong_arguments,
	&wrong_options,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "misuse",
		  .setup = iova_setup,
		  .teardown = iova_teardown,
		  .tests = tests },
	};

	return harness_run("iova_misuse", cases, 1);
}
