/* SPDX-License-Identifier: MIT */
/* The IOVA allocator over an address space of the kernel. */
#include <iommufd/util/util.h>

#include "fixture.h"
#include "harness.h"

#define WINDOW_FIRST (MOCK_FIRST + 16 * MIB)
#define WINDOW_LAST  (MOCK_FIRST + 32 * MIB - 1)

static struct fixture f;
static struct iommufd_iova_space *space;

static const struct iommufd_iova_range window = { WINDOW_FIRST, WINDOW_LAST };

static struct iommufd_iova_limits limits(uint32_t flags)
{
	return (struct iommufd_iova_limits){
		.size = sizeof(struct iommufd_iova_limits),
		.flags = flags,
		.windows = &window,
		.num_windows = 1,
	};
}

static void setup(void)
{
	fixture_ioas(&f);
}

static void device(void)
{
	OK(iommufd_mock_device_new(f.ctx, iommufd_ioas_id(f.ioas), 0,
				   &f.hwpt_id, &f.device));
}

static void end(void)
{
	iommufd_iova_release(space);
	fixture_end(&f);
}

static struct iommufd_iova_info info(void)
{
	struct iommufd_iova_info i = { .size = sizeof(i) };

	OK(iommufd_iova_get_info(space, &i));
	return i;
}

static void refresh(const struct iommufd_iova_limits *l, uint32_t expected)
{
	uint32_t stranded = 7;

	OK(iommufd_iova_refresh(space, l, &stranded));
	ck_assert_uint_eq(stranded, expected);
}

/* The ranges shrink when a device comes, and grow when it goes. */
START_TEST(devices_come_and_go)
{
	void *memory = harness_memory(2 * PAGE);
	struct iommufd_extent at;
	uint64_t iova;

	OK(iommufd_iova_new(f.ioas, NULL, &space));
	ck_assert_uint_eq(info().usable, UINT64_MAX - PAGE + 1);
	ck_assert_uint_eq(info().granule, PAGE);
	OK(iommufd_iova_alloc(space, PAGE, NULL, &iova));
	ck_assert_uint_eq(iova, PAGE);
	device();
	/* Nothing was published, so what was given out is in the way now. */
	refresh(NULL, 1);
	ck_assert_uint_eq(info().usable, MOCK_LAST - MOCK_FIRST + 1);
	OK(iommufd_iova_alloc(space, 2 * PAGE, NULL, &iova));
	ck_assert_uint_eq(iova, MOCK_FIRST);
	map_at(f.ioas, memory, 2 * PAGE, iova);
	OK(iommufd_mock_check_map(f.ctx, f.hwpt_id, memory, 2 * PAGE, iova));
	unmap_at(f.ioas, 2 * PAGE, iova);
	iommufd_device_close(f.device);
	f.device = NULL;
	refresh(NULL, 0);
	at = extent(PAGE, PAGE);
	OK(iommufd_iova_free(space, &at));
	ck_assert_uint_eq(info().free, UINT64_MAX - PAGE + 1 - 2 * PAGE);
	end();
}
END_TEST

/* What is published keeps out what would not fit. */
START_TEST(published)
{
	const struct iommufd_iova_range low = { 0, 64 * MIB - 1 };
	struct iommufd_iova_limits l = limits(IOMMUFD_IOVA_PUBLISH);
	struct iommufd_ioas *other = NULL;
	struct iommufd_hwpt *hwpt = NULL;

	OK(iommufd_ioas_alloc(f.ctx, 0, &other));
	OK(iommufd_mock_device_new(f.ctx, iommufd_ioas_id(other), 0, NULL,
				   &f.device));
	l.windows = &low;
	OK(iommufd_iova_new(f.ioas, &l, &space));
	FAILS(iommufd_hwpt_alloc(f.device, iommufd_ioas_id(f.ioas), NULL,
				 &hwpt),
	      OUTSIDE_PAGE_TABLE, EADDRINUSE);
	/* In a window that fits it is welcome. */
	l.windows = &window;
	refresh(&l, 0);
	OK(iommufd_hwpt_alloc(f.device, iommufd_ioas_id(f.ioas), NULL, &hwpt));
	refresh(&l, 0);
	ck_assert_uint_eq(info().usable, WINDOW_LAST - WINDOW_FIRST + 1);
	OK(iommufd_hwpt_destroy(hwpt));
	iommufd_device_close(f.device);
	f.device = NULL;
	OK(iommufd_ioas_destroy(other));
	end();
}
END_TEST

/* The kernel's own choice is within them too. */
START_TEST(kernel_chooses_within)
{
	const struct iommufd_iova_limits l = limits(IOMMUFD_IOVA_PUBLISH);
	void *memory = harness_memory(PAGE);
	uint64_t iova = 0;

	device();
	OK(iommufd_iova_new(f.ioas, &l, &space));
	OK(iommufd_ioas_map(f.ioas, memory, PAGE, RW, &iova));
	ck_assert_uint_ge(iova, WINDOW_FIRST);
	ck_assert_uint_le(iova, WINDOW_LAST);
	end();
}
END_TEST

START_TEST(nothing_to_publish)
{
	const struct iommufd_iova_range outside = { 0, MIB };
	struct iommufd_iova_limits l = limits(IOMMUFD_IOVA_PUBLISH);
	void *memory = harness_memory(PAGE);
	uint64_t iova = 0;

	device();
	OK(iommufd_iova_new(f.ioas, &l, &space));
	l.windows = &outside;
	FAILS(iommufd_iova_refresh(space, &l, NULL), NO_IOVA_SPACE, ENOSPC);
	/* Books and list are as they were. */
	ck_assert_uint_eq(info().usable, WINDOW_LAST - WINDOW_FIRST + 1);
	OK(iommufd_ioas_map(f.ioas, memory, PAGE, RW, &iova));
	ck_assert_uint_ge(iova, WINDOW_FIRST);
	end();
}
END_TEST

/* A reserved window appears where something is given out. */
START_TEST(reserved_windows)
{
	const struct iommufd_iova_limits l = limits(IOMMUFD_IOVA_PUBLISH);
	const struct iommufd_extent here = extent(WINDOW_FIRST + MIB, MIB);
	struct iommufd_extent found[2];
	uint32_t count = 2;

	device();
	OK(iommufd_iova_new(f.ioas, NULL, &space));
	OK(iommufd_iova_reserve(space, &here));
	OK(iommufd_mock_add_reserved(f.ctx, iommufd_ioas_id(f.ioas), PAGE,
				     WINDOW_FIRST + MIB + 5 * PAGE));
	refresh(&l, 1);
	ck_assert_uint_eq(info().ranges, 2);
	OK(iommufd_iova_stranded(space, found, &count));
	ck_assert_uint_eq(count, 1);
	ck_assert_uint_eq(found[0].start, here.start);
	ck_assert_uint_eq(found[0].length, here.length);
	OK(iommufd_iova_free(space, &here));
	ck_assert_uint_eq(info().free, 16 * MIB - PAGE);
	end();
}
END_TEST

START_TEST(many_ranges)
{
	device();
	OK(iommufd_iova_new(f.ioas, NULL, &space));
	for (uint64_t i = 1; i <= 40; i++)
		OK(iommufd_mock_add_reserved(f.ctx, iommufd_ioas_id(f.ioas),
					     PAGE, MOCK_FIRST + i * MIB));
	refresh(NULL, 0);
	ck_assert_uint_eq(info().ranges, 41);
	ck_assert_uint_eq(info().free, MOCK_LAST - MOCK_FIRST + 1 - 40 * PAGE);
	end();
}
END_TEST

START_TEST(wrong_arguments)
{
	struct iommufd_iova_limits l = limits(0);
	struct iommufd_ioas *again = NULL;

	l.granule = PAGE / 2;
	FAILS(iommufd_iova_new(f.ioas, &l, &space), BAD_VALUE, EINVAL);
	l.granule = 2 * PAGE;
	l.ranges = &window;
	l.num_ranges = 1;
	FAILS(iommufd_iova_new(f.ioas, &l, &space), BAD_VALUE, EINVAL);
	l.num_ranges = 0;
	OK(iommufd_iova_new(f.ioas, &l, &space));
	ck_assert_uint_eq(info().granule, 2 * PAGE);
	/* Somebody else takes the address space away. */
	OK(iommufd_ioas_adopt(f.ctx, iommufd_ioas_id(f.ioas),
			      IOMMUFD_ADOPT_OWNED, &again));
	OK(iommufd_ioas_destroy(again));
	FAILS(iommufd_iova_refresh(space, NULL, NULL), OBJECT, ENOENT);
	ck_assert_uint_eq(info().usable, WINDOW_LAST - WINDOW_FIRST + 1);
	iommufd_ioas_release(f.ioas);
	f.ioas = NULL;
	end();
}
END_TEST

static const TTest **const tests[] = {
	&devices_come_and_go,	&published,
	&kernel_chooses_within, &nothing_to_publish,
	&reserved_windows,	&many_ranges,
	&wrong_arguments,	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "ioas", .setup = setup, .tests = tests },
	};

	return harness_run("iova_ioas", cases, 1);
}
