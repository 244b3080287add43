/* SPDX-License-Identifier: MIT */
/* What the DMA map and the kernel refuse: what is left, and what is said of it. */
#include <string.h>

#include "fakemap.h"

START_TEST(a_refused_unmapping_leaves_it_registered)
{
	struct iommufd_extent before, after, gone = { .start = 1 };
	struct iommufd_dma_memory back;

	OK(add(MEMORY(0), PAGE, 0));
	OK(add(MEMORY(1), PAGE, 0));
	OK(iommufd_dma_translate(&cursor, MEMORY(0), &before));
	fake_ioas.unmap_err = EDEADLK;
	FAILS(iommufd_dma_map_unregister(map, MEMORY(0), PAGE, 0, &gone),
	      PINS_HELD, EDEADLK);
	ck_assert_uint_eq(gone.start, 1);
	FAILS(iommufd_dma_map_clear(map), PINS_HELD, EDEADLK);
	OK(iommufd_dma_translate(&cursor, MEMORY(0), &after));
	ck_assert_uint_eq(after.start, before.start);
	OK(iommufd_dma_translate_back(&cursor, after.start, &back));
	ck_assert_ptr_eq(back.start, MEMORY(0));
	ck_assert_uint_eq(info().regions, 2);
	fake_ioas.unmap_err = 0;
	OK(iommufd_dma_map_clear(map));
	ck_assert_uint_eq(fake_ioas.unmaps, 2);
	end();
}
END_TEST

/* Behind it there is no address: who goes through them all ends there. */
START_TEST(the_last_region_of_all)
{
	void *const last = (void *)(UINTPTR_MAX - 1);
	struct iommufd_extent there;

	for (unsigned int i = 0; i < 40; i++) {
		OK(add(last, 1, 0));
		OK(iommufd_dma_translate(&cursor, last, &there));
		FAILS(iommufd_dma_translate(&cursor, (void *)UINTPTR_MAX,
					    &there),
		      NOT_REGISTERED, ENOENT);
		fake_ioas.unmap_err = EDEADLK;
		FAILS(iommufd_dma_map_clear(map), PINS_HELD, EDEADLK);
		fake_ioas.unmap_err = 0;
		OK(take(last, 1));
		/* In a tree of a leaf, and of more. */
		OK(add(MEMORY(2 * i), PAGE, 0));
	}
	OK(iommufd_dma_map_clear(map));
	end();
}
END_TEST

/* Somebody else has unmapped it, and another thread registers there. */
static void take_its_place(void)
{
	struct iommufd_extent there;

	fake_ioas.meanwhile = NULL;
	OK(add(MEMORY(1), PAGE, 0));
	OK(iommufd_dma_translate(&cursor, MEMORY(1), &there));
	ck_assert_uint_eq(there.start, fake_ioas.iova - PAGE);
	fake_ioas.unmap_err = ENOENT;
}

START_TEST(a_region_whose_place_was_taken_goes)
{
	struct iommufd_dma_memory back;
	struct iommufd_extent there;
	uint64_t iova = fake_ioas.iova;

	OK(add(MEMORY(0), PAGE, 0));
	OK(add(MEMORY(0), PAGE, 0));
	OK(take(MEMORY(0), PAGE));
	fake_ioas.iova = iova;
	fake_ioas.meanwhile = take_its_place;
	FAILS(take(MEMORY(0), PAGE), NOT_WHOLE_MAPPINGS, ENOENT);
	FAILS(iommufd_dma_translate(&cursor, MEMORY(0), &there), NOT_REGISTERED,
	      ENOENT);
	OK(iommufd_dma_translate_back(&cursor, iova, &back));
	ck_assert_ptr_eq(back.start, MEMORY(1));
	ck_assert_uint_eq(info().regions, 1);
	ck_assert_uint_eq(info().registrations, 1);
	fake_ioas.unmap_err = 0;
	OK(take(MEMORY(1), PAGE));
	FAILS(iommufd_dma_translate_back(&cursor, iova, &back), NOT_REGISTERED,
	      ENOENT);
	end();
}
END_TEST

static void check_told(int ret, const char *words)
{
	struct iommufd_failure failure = harness_failure(ret);
	struct iommufd_diagnosis why = { .size = sizeof(why) };

	OK(iommufd_diagnose(&failure, NULL, 0, NULL, &why));
	ck_assert_msg(strstr(why.text, words) != NULL, "%s", why.text);
}

/* What is not there is told by the numbers of the call. */
START_TEST(failures_have_their_numbers)
{
	uint64_t iova = 0x5000;
	struct iommufd_dma_memory back;
	struct iommufd_extent there;
	int ret;

	ret = iommufd_dma_translate(&cursor, MEMORY(1), &there);
	check_told(ret, "of the DMA map cannot do this for memory "
			"0x7f0000001000: ");
	ret = iommufd_dma_translate_back(&cursor, 0x3000, &back);
	check_told(ret, " for IOVA 0x3000: ");
	ret = take(MEMORY(2), 2 * PAGE);
	check_told(ret, " for memory 0x7f0000002000-0x7f0000003fff: ");
	OK(add(MEMORY(0), PAGE, 0));
	ret = iommufd_dma_map_register(
		map, MEMORY(0), PAGE, RW | IOMMUFD_MAP_FIXED_IOVA, NULL, &iova);
	FAILS(ret, REGISTERED_ELSEWHERE, EEXIST);
	check_told(ret, " for memory 0x7f0000000000-0x7f0000000fff at IOVA "
			"0x5000: ");
	ret = iommufd_dma_map_register(map, (void *)UINTPTR_MAX, PAGE, RW, NULL,
				       &iova);
	FAILS(ret, OVERFLOW, EOVERFLOW);
	check_told(ret, " for memory 0xffffffffffffffff-0xffffffffffffffff: ");
	OK(take(MEMORY(0), PAGE));
	end();
}
END_TEST

static const TTest **const tests[] = {
	&a_refused_unmapping_leaves_it_registered,
	&a_region_whose_place_was_taken_goes,
	&the_last_region_of_all,
	&failures_have_their_numbers,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "refused", .setup = setup, .tests = tests },
	};

	return harness_run("dma_map_refused", cases, 1);
}
