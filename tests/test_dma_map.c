/* SPDX-License-Identifier: MIT */
/* The DMA map on the kernel's mock driver: what it maps, shares and refuses. */
#include <sys/mman.h>
#include <unistd.h>

#include <iommufd/util/util.h>

#include "fixture.h"
#include "harness.h"

#define READ IOMMUFD_MAP_READABLE

static struct fixture f;
static struct iommufd_dma_map *map;
static struct iommufd_dma_cursor cursor;

static void begin(void)
{
	OK(iommufd_dma_map_new(f.ioas, 0, &map));
	iommufd_dma_cursor_init(&cursor, map);
}

static void setup_ioas(void)
{
	fixture_ioas(&f);
	begin();
}

static void setup_device(void)
{
	fixture_device(&f);
	begin();
}

static void end(void)
{
	OK(iommufd_dma_map_destroy(map));
	fixture_end(&f);
}

static uint64_t add(void *memory, uint64_t length, uint32_t access)
{
	uint64_t iova = 0;

	OK(iommufd_dma_map_register(map, memory, length, access, NULL, &iova));
	return iova;
}

static void take(const void *memory, uint64_t length)
{
	OK(iommufd_dma_map_unregister(map, memory, length, 0, NULL));
}

/* Memory has this IOVA, both ways, and so many bytes follow. */
static void check_at(const void *memory, uint64_t iova, uint64_t length)
{
	struct iommufd_extent there = { 0 };
	struct iommufd_dma_memory back = { 0 };

	OK(iommufd_dma_translate(&cursor, memory, &there));
	ck_assert_uint_eq(there.start, iova);
	ck_assert_uint_eq(there.length, length);
	OK(iommufd_dma_translate_back(&cursor, iova, &back));
	ck_assert_ptr_eq(back.start, memory);
	ck_assert_uint_eq(back.length, length);
}

static void check_nowhere(const void *memory)
{
	struct iommufd_extent there = { .start = 1, .length = 2 };

	FAILS(iommufd_dma_translate(&cursor, memory, &there), NOT_REGISTERED,
	      ENOENT);
	ck_assert_uint_eq(there.start, 1);
	ck_assert_uint_eq(there.length, 2);
}

static void check_info(uint64_t regions, uint64_t bytes, uint64_t registrations)
{
	struct iommufd_dma_map_info info = { .size = sizeof(info) };

	OK(iommufd_dma_map_get_info(map, &info));
	ck_assert_uint_eq(info.regions, regions);
	ck_assert_uint_eq(info.bytes, bytes);
	ck_assert_uint_eq(info.registrations, registrations);
	ck_assert_uint_ge(info.most_regions, regions);
	ck_assert_uint_lt(info.memory, 256 * 1024);
}

START_TEST(maps_and_unmaps)
{
	struct iommufd_extent gone = { 0 };
	char *memory = harness_memory(4 * PAGE);
	uint64_t before = pinned(), iova = add(memory, 4 * PAGE, RW);

	OK(iommufd_mock_check_map(f.ctx, f.hwpt_id, memory, 4 * PAGE, iova));
	check_at(memory, iova, 4 * PAGE);
	check_at(memory + 4 * PAGE - 1, iova + 4 * PAGE - 1, 1);
	check_nowhere(memory + 4 * PAGE);
	check_nowhere(memory - 1);
	check_info(1, 4 * PAGE, 1);
	FAILS(iommufd_dma_map_destroy(map), IN_USE, EBUSY);
	OK(iommufd_dma_map_unregister(map, memory, 4 * PAGE, 0, &gone));
	ck_assert_uint_eq(gone.start, iova);
	ck_assert_uint_eq(gone.length, 4 * PAGE);
	check_nowhere(memory);
	check_info(0, 0, 0);
	ck_assert_uint_eq(pinned(), before);
	end();
}
END_TEST

START_TEST(at_a_fixed_iova)
{
	char *memory = harness_memory(2 * PAGE);
	uint64_t iova = MOCK_FIRST + PAGE;

	OK(iommufd_dma_map_register(map, memory, PAGE, FIXED, NULL, &iova));
	ck_assert_uint_eq(iova, MOCK_FIRST + PAGE);
	check_at(memory, iova, PAGE);
	/* Taken by the map, and taken by somebody else. */
	FAILS(iommufd_dma_map_register(map, memory + PAGE, PAGE, FIXED, NULL,
				       &iova),
	      ALREADY_MAPPED, EEXIST);
	map_at(f.ioas, memory, PAGE, MOCK_FIRST);
	iova = MOCK_FIRST;
	FAILS(iommufd_dma_map_register(map, memory + PAGE, PAGE, FIXED, NULL,
				       &iova),
	      ALREADY_MAPPED, EEXIST);
	check_nowhere(memory + PAGE);
	check_info(1, PAGE, 1);
	unmap_at(f.ioas, PAGE, MOCK_FIRST);
	OK(iommufd_dma_map_register(map, memory + PAGE, PAGE, FIXED, NULL,
				    &iova));
	check_at(memory + PAGE, MOCK_FIRST, PAGE);
	OK(iommufd_dma_map_clear(map));
	end();
}
END_TEST

START_TEST(shares_what_lies_inside)
{
	struct iommufd_extent gone = { .start = 1, .length = 1 };
	char *memory = harness_memory(4 * PAGE);
	uint64_t iova = add(memory, 4 * PAGE, RW), inside;

	inside = add(memory + PAGE, PAGE, RW);
	ck_assert_uint_eq(inside, iova + PAGE);
	ck_assert_uint_eq(add(memory + 1, 10, READ), iova + 1);
	OK(iommufd_dma_map_register(map, memory + PAGE, 3 * PAGE, FIXED, NULL,
				    &inside));
	check_info(1, 4 * PAGE, 4);
	/* The whole is taken back first, and stays as long as a part does. */
	OK(iommufd_dma_map_unregister(map, memory, 4 * PAGE, 0, &gone));
	ck_assert_uint_eq(gone.start, 0);
	ck_assert_uint_eq(gone.length, 0);
	take(memory + PAGE, PAGE);
	take(memory + 1, 10);
	check_at(memory, iova, 4 * PAGE);
	OK(iommufd_mock_check_map(f.ctx, f.hwpt_id, memory, 4 * PAGE, iova));
	OK(iommufd_dma_map_unregister(map, memory + PAGE, 3 * PAGE, 0, &gone));
	ck_assert_uint_eq(gone.start, iova);
	ck_assert_uint_eq(gone.length, 4 * PAGE);
	check_nowhere(memory);
	end();
}
END_TEST

START_TEST(refuses_what_overlaps_in_part)
{
	char *memory = harness_memory(8 * PAGE);
	uint64_t iova = 7;

	add(memory + 2 * PAGE, 2 * PAGE, RW);
	add(memory + 5 * PAGE, PAGE, RW);
	for (uint64_t first = 0; first < 8; first++)
		for (uint64_t end = first + 1; end <= 8; end++) {
			char *at = memory + first * PAGE;
			uint64_t length = (end - first) * PAGE;
			int in_a = first >= 2 && end <= 4;
			int in_b = first == 5 && end == 6;

			if (in_a || in_b) {
				add(at, length, RW);
				take(at, length);
			} else if (end <= 2 || first >= 6 ||
				   (first == 4 && end == 5)) {
				add(at, length, RW);
				take(at, length);
				check_nowhere(at);
			} else {
				FAILS(iommufd_dma_map_register(map, at, length,
							       RW, NULL, &iova),
				      REGISTERED_IN_PART, EEXIST);
				FAILS(iommufd_dma_map_unregister(
					      map, at, length, 0, NULL),
				      NOT_REGISTERED, ENOENT);
			}
		}
	ck_assert_uint_eq(iova, 7);
	check_info(2, 3 * PAGE, 2);
	OK(iommufd_dma_map_clear(map));
	end();
}
END_TEST

START_TEST(shares_only_what_is_as_asked)
{
	char *memory = harness_memory(2 * PAGE);
	struct iommufd_failure failure;
	uint64_t iova, elsewhere = MOCK_FIRST + 64 * PAGE;
	int ret;

	iova = add(memory, 2 * PAGE, READ);
	ret = iommufd_dma_map_register(map, memory + PAGE, PAGE, RW, NULL,
				       &elsewhere);
	FAILS(ret, REGISTERED_ACCESS, EPERM);
	failure = harness_failure(ret);
	ck_assert_uint_eq(failure.op, IOMMUFD_OP_DMA_MAP);
	ck_assert_uint_eq(failure.object_id, iommufd_ioas_id(f.ioas));
	ck_assert_uint_eq(failure.memory, (uintptr_t)memory + PAGE);
	ck_assert_uint_eq(failure.length, PAGE);
	ck_assert_uint_eq(failure.flags, RW);
	FAILS(iommufd_dma_map_register(map, memory, PAGE,
				       READ | IOMMUFD_MAP_FIXED_IOVA, NULL,
				       &elsewhere),
	      REGISTERED_ELSEWHERE, EEXIST);
	ck_assert_uint_eq(elsewhere, MOCK_FIRST + 64 * PAGE);
	OK(iommufd_dma_map_register(
		map, memory, PAGE, READ | IOMMUFD_MAP_FIXED_IOVA, NULL, &iova));
	take(memory, PAGE);
	take(memory, 2 * PAGE);
	end();
}
END_TEST

START_TEST(a_refused_mapping_leaves_nothing)
{
	char *memory = harness_memory(3 * PAGE);
	uint64_t iova = 7;

	ck_assert_int_eq(munmap(memory + PAGE, PAGE), 0);
	FAILS(iommufd_dma_map_register(map, memory, 3 * PAGE, RW, NULL, &iova),
	      UNPINNABLE, EFAULT);
	ck_assert_uint_eq(iova, 7);
	check_nowhere(memory);
	check_info(0, 0, 0);
	FAILS(iommufd_dma_map_unregister(map, memory, 3 * PAGE, 0, NULL),
	      NOT_REGISTERED, ENOENT);
	FAILS(iommufd_dma_map_register(map, memory, 100, RW, NULL, &iova),
	      MISALIGNED, EINVAL);
	iova = MOCK_LAST + 1;
	FAILS(iommufd_dma_map_register(map, memory, PAGE, FIXED, NULL, &iova),
	      IOVA_UNUSABLE, EINVAL);
	/* The good half can still be had. */
	add(memory, PAGE, RW);
	take(memory, PAGE);
	end();
}
END_TEST

/* An emulated device gives up its pins when the kernel asks it to. */
START_TEST(an_emulated_device_gives_it_up)
{
	struct iommufd_access *access = NULL;
	char *memory = harness_memory(2 * PAGE);
	uint64_t before = pinned(), iova = add(memory, 2 * PAGE, RW);
	uint32_t pin;

	OK(iommufd_mock_access_new(f.ctx, iommufd_ioas_id(f.ioas),
				   IOMMUFD_MOCK_ACCESS_NEEDS_PIN, &access));
	OK(iommufd_mock_access_pin(access, memory, PAGE, 0, iova, &pin));
	take(memory, 2 * PAGE);
	FAILS(iommufd_mock_access_unpin(access, pin), OBJECT, ENOENT);
	check_nowhere(memory);
	ck_assert_uint_eq(pinned(), before);
	iommufd_access_close(access);
	end();
}
END_TEST

/* Who unmaps behind the map's back is told, and harms nobody else. */
START_TEST(unmapped_by_others)
{
	char *memory = harness_memory(2 * PAGE);
	uint64_t iova = MOCK_FIRST;

	OK(iommufd_dma_map_register(map, memory, PAGE, FIXED, NULL, &iova));
	unmap_at(f.ioas, PAGE, iova);
	FAILS(iommufd_dma_map_unregister(map, memory, PAGE, 0, NULL),
	      NOT_WHOLE_MAPPINGS, ENOENT);
	check_at(memory, iova, PAGE);
	check_info(1, PAGE, 1);
	FAILS(iommufd_dma_map_clear(map), NOT_WHOLE_MAPPINGS, ENOENT);
	check_at(memory, iova, PAGE);
	FAILS(iommufd_dma_map_register(map, memory + PAGE, PAGE, FIXED, NULL,
				       &iova),
	      ALREADY_MAPPED, EEXIST);
	/* That one was given back to the kernel, so it can be mended. */
	map_at(f.ioas, memory, PAGE, iova);
	check_at(memory, iova, PAGE);
	take(memory, PAGE);
	end();
}
END_TEST

START_TEST(files)
{
	int fd = harness_memfd(4 * PAGE);
	char *memory = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
			    fd, PAGE);
	const struct iommufd_dma_register_opts opts = {
		.size = sizeof(opts),
		.flags = IOMMUFD_DMA_FILE,
		.fd = fd,
		.offset = PAGE,
	};
	uint64_t iova = 0;

	ck_assert_ptr_ne(memory, MAP_FAILED);
	if (!harness_has(f.ctx, IOMMUFD_NR_IOAS_MAP_FILE)) {
		FAILS(iommufd_dma_map_register(map, memory, 2 * PAGE, RW, &opts,
					       &iova),
		      COMMAND, ENOTTY);
	} else {
		OK(iommufd_dma_map_register(map, memory, 2 * PAGE, RW, &opts,
					    &iova));
		memory[PAGE] = 1;
		OK(iommufd_mock_check_map(f.ctx, f.hwpt_id, memory, 2 * PAGE,
					  iova));
		check_at(memory, iova, 2 * PAGE);
		FAILS(iommufd_dma_map_register(map, memory + 2 * PAGE, 4 * PAGE,
					       RW, &opts, &iova),
		      FILE_UNUSABLE, EINVAL);
		take(memory, 2 * PAGE);
	}
	close(fd);
	end();
}
END_TEST

/* Without a page table nothing is pinned, and every address is taken. */
START_TEST(all_sizes_and_addresses)
{
	static const struct {
		uint64_t address, length;
	} regions[] = {
		{ 0, 1 },
		{ PAGE, 3 },
		{ PAGE + 3, PAGE },
		{ UINT64_C(1) << 40, UINT64_C(5) << 40 },
		{ (UINT64_C(1) << 57) - PAGE, PAGE },
		{ UINT64_MAX - PAGE, PAGE - 1 },
	};
	struct iommufd_dma_memory back;
	uint64_t iova = PAGE;

	for (size_t i = 0; i < sizeof(regions) / sizeof(regions[0]); i++) {
		uint64_t at = regions[i].address, length = regions[i].length;

		iova += PAGE - iova % PAGE;
		OK(iommufd_dma_map_register(map, (void *)(uintptr_t)at, length,
					    FIXED, NULL, &iova));
		check_at((void *)(uintptr_t)at, iova, length);
		check_at((void *)(uintptr_t)(at + length - 1),
			 iova + length - 1, 1);
		iova += length;
	}
	check_nowhere((void *)1);
	check_nowhere((void *)(uintptr_t)(PAGE - 1));
	check_nowhere((void *)UINTPTR_MAX);
	FAILS(iommufd_dma_translate_back(&cursor, UINT64_MAX, &back),
	      NOT_REGISTERED, ENOENT);
	FAILS(iommufd_dma_translate_back(&cursor, iova, &back), NOT_REGISTERED,
	      ENOENT);
	FAILS(iommufd_dma_map_register(map, (void *)(uintptr_t)-PAGE, PAGE, RW,
				       NULL, &iova),
	      OVERFLOW, EOVERFLOW);
	FAILS(iommufd_dma_map_register(map, (void *)PAGE, UINT64_MAX, RW, NULL,
				       &iova),
	      OVERFLOW, EOVERFLOW);
	/* The last byte can be an IOVA, though not an address. */
	iova = UINT64_MAX - PAGE + 1;
	OK(iommufd_dma_map_register(map, (void *)(2 * PAGE + 64), PAGE, FIXED,
				    NULL, &iova));
	check_at((void *)(3 * PAGE + 63), UINT64_MAX, 1);
	iova++;
	FAILS(iommufd_dma_map_register(map, (void *)(4 * PAGE), PAGE, FIXED,
				       NULL, &iova),
	      OVERFLOW, EOVERFLOW);
	OK(iommufd_dma_map_clear(map));
	end();
}
END_TEST

static void forget_in_child(void *arg)
{
	struct iommufd_extent there;

	check_at(arg, MOCK_FIRST, PAGE);
	iommufd_dma_map_release(map);
	map = NULL;
	OK(iommufd_dma_map_new(f.ioas, 0, &map));
	iommufd_dma_cursor_init(&cursor, map);
	FAILS(iommufd_dma_translate(&cursor, arg, &there), NOT_REGISTERED,
	      ENOENT);
	iommufd_dma_map_release(map);
}

START_TEST(a_child_forgets)
{
	char *memory = harness_memory(PAGE);
	uint64_t iova = MOCK_FIRST;

	OK(iommufd_dma_map_register(map, memory, PAGE, FIXED, NULL, &iova));
	in_child(forget_in_child, memory);
	OK(iommufd_mock_check_map(f.ctx, f.hwpt_id, memory, PAGE, iova));
	check_at(memory, iova, PAGE);
	/* Forgotten here too: the mapping is the address space's. */
	iommufd_dma_map_release(map);
	OK(iommufd_mock_check_map(f.ctx, f.hwpt_id, memory, PAGE, iova));
	unmap_at(f.ioas, PAGE, iova);
	fixture_end(&f);
}
END_TEST

static const TTest **const with_device[] = { &maps_and_unmaps,
					     &at_a_fixed_iova,
					     &shares_what_lies_inside,
					     &refuses_what_overlaps_in_part,
					     &shares_only_what_is_as_asked,
					     &a_refused_mapping_leaves_nothing,
					     &an_emulated_device_gives_it_up,
					     &unmapped_by_others,
					     &files,
					     &a_child_forgets,
					     NULL };

static const TTest **const without_device[] = { &all_sizes_and_addresses,
						NULL };

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "device",
		  .setup = setup_device,
		  .tests = with_device },
		{ .name = "ioas",
		  .setup = setup_ioas,
		  .tests = without_device },
	};

	return harness_run("dma_map", cases, 2);
}
