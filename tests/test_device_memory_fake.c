/* SPDX-License-Identifier: MIT */
/* Memory of a device with the kernel replaced: BARs of all kinds, buffers. */
#include <string.h>

#include <iommufd/util/util.h>

#include "fakebar.h"

#define AT UINT64_C(0x4000000)

static void check_exported(uint32_t n, uint64_t start, uint64_t length)
{
	const struct uapi_vfio_feature_dma_buf *e = &fake.exported[n];

	ck_assert_uint_lt(n, fake.num_exported);
	ck_assert_uint_eq(e->region_index, BAR);
	ck_assert_uint_eq(e->open_flags, O_RDWR | O_CLOEXEC);
	ck_assert_uint_eq(e->nr_ranges, 1);
	ck_assert_uint_eq(e->range.offset, start);
	ck_assert_uint_eq(e->range.size, length);
}

/* ---- BARs ---------------------------------------------------------------- */

START_TEST(a_whole_bar)
{
	struct iommufd_device_memory_area area = { .size = sizeof(area) };

	ck_assert_uint_eq(add(NULL), 1);
	check_exported(0, 0, BAR_LENGTH);
	OK(iommufd_device_memory_get_area(memory, 0, &area));
	ck_assert_uint_eq(area.bar, BAR);
	ck_assert_uint_eq(area.length, BAR_LENGTH);
	/* Nobody needs the number. */
	FAILS(iommufd_device_memory_add_bar(memory, file, BAR, NULL, NULL),
	      BAD_VALUE, EINVAL);
	ck_assert_uint_eq(fake.num_exported, 1);
	end();
}
END_TEST

static void name_parts(void)
{
	const struct uapi_vfio_area parts[] = {
		{ 0, 3 * PAGE },
		{ 4 * PAGE, PAGE / 2 },	     /* less than a page */
		{ 5 * PAGE - 8, PAGE + 16 }, /* one whole page of it */
		{ 8 * PAGE, BAR_LENGTH - 8 * PAGE },
	};

	fake.named = 1;
	fake.num_parts = 4;
	memcpy(fake.parts, parts, sizeof(parts));
}

START_TEST(parts_that_the_kernel_names)
{
	name_parts();
	ck_assert_uint_eq(add(NULL), 3);
	ck_assert_uint_eq(fake.num_exported, 3);
	check_exported(0, 0, 3 * PAGE);
	check_exported(1, 5 * PAGE, PAGE);
	check_exported(2, 8 * PAGE, BAR_LENGTH - 8 * PAGE);
	OK(iommufd_device_memory_map(memory, BAR, FIXED, &(uint64_t){ AT }));
	ck_assert_uint_eq(fake.steps, 3);
	end();
}
END_TEST

START_TEST(parts_that_the_caller_wants)
{
	struct iommufd_extent part = extent(PAGE, 8 * PAGE);

	name_parts();
	ck_assert_uint_eq(add(&part), 3);
	check_exported(0, PAGE, 2 * PAGE);
	check_exported(1, 5 * PAGE, PAGE);
	check_exported(2, 8 * PAGE, PAGE);
	/* The rest of it, without what is there. */
	FAILS(iommufd_device_memory_add_bar(memory, file, BAR, NULL, NULL),
	      BAD_VALUE, EINVAL);
	part = extent(0, PAGE);
	ck_assert_uint_eq(add(&part), 1);
	check_exported(3, 0, PAGE);
	/* What is no page of any part. */
	part = extent(4 * PAGE, 100);
	ck_assert_uint_eq(add(&part), 0);
	part = extent(BAR_LENGTH, PAGE);
	ck_assert_uint_eq(add(&part), 0);
	part = extent(UINT64_MAX - 10, 5);
	ck_assert_uint_eq(add(&part), 0);
	part = extent(PAGE, UINT64_MAX);
	FAILS(iommufd_device_memory_add_bar(memory, file, BAR, &part, NULL),
	      OVERFLOW, EOVERFLOW);
	end();
}
END_TEST

START_TEST(bars_with_nothing_to_map)
{
	uint32_t areas = 77;

	fake.length = 256;
	ck_assert_uint_eq(add(NULL), 0);
	fake.length = BAR_LENGTH;
	fake.named = 1;
	ck_assert_uint_eq(add(NULL), 0);
	fake.named = 0;
	fake.flags &= ~(uint32_t)IOMMUFD_REGION_MMAP;
	ck_assert_uint_eq(add(NULL), 0);
	OK(iommufd_device_memory_add_bar(memory, file, BAR + 1, NULL, &areas));
	ck_assert_uint_eq(areas, 0);
	areas = 77;
	FAILS(iommufd_device_memory_add_bar(memory, file, 9, NULL, &areas),
	      BAD_INDEX, EINVAL);
	ck_assert_uint_eq(areas, 77);
	ck_assert_uint_eq(fake.num_exported, 0);
	FAILS(iommufd_device_memory_map(memory, BAR, FIXED, &(uint64_t){ AT }),
	      BAD_INDEX, EINVAL);
	end();
}
END_TEST

/* The first area is taken back, its descriptor is closed. */
START_TEST(exports_that_fail)
{
	static const struct {
		uint32_t cause;
		int err;
	} rows[] = {
		{ IOMMUFD_CAUSE_DEVICE_FEATURE, ENOTTY },
		{ IOMMUFD_CAUSE_DEVICE_FEATURE, EOPNOTSUPP },
		{ IOMMUFD_CAUSE_FEATURE_REQUEST, EINVAL },
		{ IOMMUFD_CAUSE_BAD_INDEX, ENODEV },
		{ IOMMUFD_CAUSE_DESCRIPTORS, EMFILE },
		{ IOMMUFD_CAUSE_NO_MEMORY, ENOMEM },
	};
	struct iommufd_device_memory_info info = { .size = sizeof(info) };
	uint32_t areas = 77;

	name_parts();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fake.num_exported = 0;
		fake.export_fails = 1 + i % 2;
		fake.export_err = rows[i].err;
		harness_fails(iommufd_device_memory_add_bar(memory, file, BAR,
							    NULL, &areas),
			      rows[i].cause, rows[i].err, "add", __FILE__,
			      __LINE__);
		OK(iommufd_device_memory_get_info(memory, &info));
		ck_assert_uint_eq(info.areas, 0);
		ck_assert_uint_eq(open_descriptors(), descriptors);
	}
	ck_assert_uint_eq(areas, 77);
	end();
}
END_TEST

START_TEST(wrong_buffers)
{
	struct iommufd_device_memory_buffer b = { .size = sizeof(b),
						  .length = PAGE };
	struct {
		struct iommufd_device_memory_buffer known;
		uint64_t more;
	} newer = { .known = { .size = sizeof(newer), .length = PAGE },
		    .more = 1 };

	FAILS(iommufd_device_memory_add_buffer(NULL, &b), NULL_POINTER, EINVAL);
	FAILS(iommufd_device_memory_add_buffer(memory, NULL), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_device_memory_add_buffer(memory, &newer.known), OPTS_TAIL,
	      E2BIG);
	newer.more = 0;
	OK(iommufd_device_memory_add_buffer(memory, &newer.known));
	FAILS(iommufd_device_memory_add_buffer(memory, &b), BAD_VALUE, EINVAL);
	b.bar = IOMMUFD_DEVICE_MEMORY_ALL;
	FAILS(iommufd_device_memory_add_buffer(memory, &b), BAD_VALUE, EINVAL);
	b.bar = 1;
	b.reserved = 1;
	FAILS(iommufd_device_memory_add_buffer(memory, &b), OPTS_RESERVED,
	      EINVAL);
	b.reserved = 0;
	b.fd = -1;
	FAILS(iommufd_device_memory_add_buffer(memory, &b), BAD_FD, EBADF);
	b.start = UINT64_MAX;
	FAILS(iommufd_device_memory_add_buffer(memory, &b), OVERFLOW,
	      EOVERFLOW);
	b.length = 0;
	FAILS(iommufd_device_memory_add_buffer(memory, &b), ZERO_LENGTH,
	      EINVAL);
	b.size = 39;
	FAILS(iommufd_device_memory_add_buffer(memory, &b), OPTS_SIZE, EINVAL);
	end();
}
END_TEST

/* What the helper refuses is about an address space and a BAR. */
START_TEST(record_and_words)
{
	struct iommufd_diagnosis why = { .size = sizeof(why) };
	struct iommufd_failure failure;
	int ret = iommufd_device_memory_unmap(memory, 4);

	failure = harness_failure(ret);
	ck_assert_uint_eq(failure.op, IOMMUFD_OP_DEVICE_MEMORY);
	ck_assert_uint_eq(failure.object_id, 5);
	ck_assert_uint_eq(failure.arg, 4);
	OK(iommufd_diagnose(&failure, NULL, 0, NULL, &why));
	ck_assert_ptr_nonnull(strstr(why.text, "BAR 4 in address space 5"));
	failure.op = IOMMUFD_OP_IOAS_MAP_FILE;
	failure.ret = iommufd_make_error(IOMMUFD_CAUSE_REVOKED, ENODEV);
	OK(iommufd_diagnose(&failure, NULL, 0, NULL, &why));
	ck_assert_uint_eq(why.cause, IOMMUFD_CAUSE_REVOKED);
	ck_assert_ptr_nonnull(strstr(why.text, "map it again when"));
	failure.op = IOMMUFD_OP_IOAS_NOIOMMU_GET_PA;
	OK(iommufd_diagnose(&failure, NULL, 0, NULL, &why));
	ck_assert_ptr_nonnull(strstr(why.text, "unmap it and map it again"));
	failure.op = IOMMUFD_OP_VFIO_EXPORT_DMA_BUF;
	failure.ret = iommufd_make_error(IOMMUFD_CAUSE_DEVICE_FEATURE, ENOTTY);
	failure.length = PAGE;
	OK(iommufd_diagnose(&failure, NULL, 0, NULL, &why));
	ck_assert_ptr_nonnull(
		strstr(why.text, "Cannot export 0x0-0xfff of region 4"));
	ck_assert_ptr_nonnull(strstr(why.text, "CONFIG_PCI_P2PDMA"));
	end();
}
END_TEST

/* The parts by the call of the thin library: as many as there are, or none. */
START_TEST(parts_are_told)
{
	struct iommufd_region_info info = { .size = sizeof(info) };
	struct iommufd_extent parts[3] = { { 0 } };
	uint32_t count = 0;

	fake.named = 1;
	fake.num_parts = 2;
	fake.parts[0] = (struct uapi_vfio_area){ .offset = 0, .size = 4096 };
	fake.parts[1] = (struct uapi_vfio_area){ .offset = 8192, .size = 4096 };
	FAILS(iommufd_vfio_get_region_info(file, BAR, &info, NULL, &count),
	      ARRAY_SHORT, ENOSPC);
	ck_assert_uint_eq(count, 2);
	ck_assert_uint_eq(info.num_areas, 2);
	FAILS(iommufd_vfio_get_region_info(file, BAR, &info, NULL, &count),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_vfio_get_region_info(file, BAR, &info, parts, NULL),
	      NULL_POINTER, EINVAL);
	count = 1;
	FAILS(iommufd_vfio_get_region_info(file, BAR, &info, parts, &count),
	      ARRAY_SHORT, ENOSPC);
	ck_assert_uint_eq(count, 2);
	ck_assert_uint_eq(parts[0].length, 4096);
	ck_assert_uint_eq(parts[1].length, 0);
	count = 3;
	OK(iommufd_vfio_get_region_info(file, BAR, &info, parts, &count));
	ck_assert_uint_eq(count, 2);
	ck_assert_uint_eq(parts[1].start, 8192);
	OK(iommufd_vfio_get_region_info(file, BAR, &info, NULL, NULL));
	end();
}
END_TEST

static const TTest **const bars[] = {
	&parts_are_told,
	&a_whole_bar,
	&parts_that_the_kernel_names,
	&parts_that_the_caller_wants,
	&bars_with_nothing_to_map,
	&exports_that_fail,
	NULL,
};

static const TTest **const others[] = {
	&wrong_buffers,
	&record_and_words,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "bars", .setup = setup, .tests = bars },
		{ .name = "others", .setup = setup, .tests = others },
	};

	return harness_run("device_memory_fake", cases, 2);
}
