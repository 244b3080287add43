/* SPDX-License-Identifier: MIT */
/*
 * Memory of a device with the kernel replaced: failures at every step, also where
 * something is being undone.
 */
#include <string.h>

#include <iommufd/util/util.h>

#include "fakebar.h"

#define AT UINT64_C(0x4000000)
#define TO UINT64_C(0x8000000)

/* ---- failures while something is undone ---------------------------------- */

/* Two areas, mapped at AT; then the kernel answers with these errnos. */
static void two_areas(const int *steps, uint32_t count)
{
	fake.named = 1;
	fake.num_parts = 2;
	fake.parts[0] = (struct uapi_vfio_area){ 0, PAGE };
	fake.parts[1] = (struct uapi_vfio_area){ 4 * PAGE, PAGE };
	ck_assert_uint_eq(add(NULL), 2);
	OK(iommufd_device_memory_map(memory, BAR, FIXED, &(uint64_t){ AT }));
	fake.steps = 0;
	memcpy(fake.step, steps, count * sizeof(*steps));
}

#define AFTER(...)                                                             \
	two_areas((const int[]){ __VA_ARGS__ },                                \
		  sizeof((const int[]){ __VA_ARGS__ }) / sizeof(int))

static void check_state(uint32_t number, uint32_t state, uint64_t iova)
{
	struct iommufd_device_memory_area area = { .size = sizeof(area) };

	OK(iommufd_device_memory_get_area(memory, number, &area));
	ck_assert_uint_eq(area.state, state);
	ck_assert_uint_eq(area.iova, iova);
}

#define STATE(number, state, iova)                                             \
	check_state(number, IOMMUFD_DEVICE_MEMORY_##state, iova)

static int move(void)
{
	return iommufd_device_memory_map(memory, BAR, FIXED, &(uint64_t){ TO });
}

static void all_is_well_then(uint64_t at)
{
	struct iommufd_device_memory_info info = { .size = sizeof(info) };

	memset(fake.step, 0, sizeof(fake.step));
	fake.steps = 0;
	OK(iommufd_device_memory_refresh(memory, 0, &info));
	ck_assert_uint_eq(info.mapped, 2);
	ck_assert_uint_eq(info.mapped_bytes, 2 * PAGE);
	STATE(0, MAPPED, at);
	STATE(1, MAPPED, at + 4 * PAGE);
	end();
}

/* The second area cannot leave: the first one is put back. */
START_TEST(move_cannot_begin)
{
	AFTER(0, EBUSY, 0);
	FAILS(move(), MAPPING_IN_TRANSIT, EBUSY);
	ck_assert_uint_eq(fake.steps, 3);
	STATE(0, MAPPED, AT);
	STATE(1, MAPPED, AT + 4 * PAGE);
	all_is_well_then(AT);
}
END_TEST

/* And the first one cannot be put back, because it is revoked by then. */
START_TEST(move_cannot_begin_and_is_revoked)
{
	AFTER(0, EBUSY, ENODEV);
	FAILS(move(), MAPPING_IN_TRANSIT, EBUSY);
	STATE(0, WAITING, AT);
	STATE(1, MAPPED, AT + 4 * PAGE);
	all_is_well_then(AT);
}
END_TEST

/* Somebody else has got the old place of the second one. */
START_TEST(move_cannot_go_back)
{
	AFTER(0, 0, 0, ENOMEM, 0, 0, EEXIST);
	FAILS(move(), MEMORY_OR_LIMIT, ENOMEM);
	ck_assert_uint_eq(fake.steps, 7);
	STATE(0, MAPPED, AT);
	STATE(1, WAITING, AT + 4 * PAGE);
	all_is_well_then(AT);
}
END_TEST

/* The first one cannot leave its new place: that is not forgotten. */
START_TEST(move_leaves_something)
{
	AFTER(0, 0, 0, EEXIST, EBUSY, 0);
	FAILS(move(), ALREADY_MAPPED, EEXIST);
	ck_assert_uint_eq(fake.steps, 6);
	STATE(0, STALE, AT);
	STATE(1, MAPPED, AT + 4 * PAGE);
	all_is_well_then(AT);
}
END_TEST

/* Other access at the same IOVA: what is there is not what is wanted. */
START_TEST(other_access_leaves_something)
{
	const uint32_t flags = IOMMUFD_MAP_READABLE | IOMMUFD_MAP_FIXED_IOVA;
	struct iommufd_device_memory_area area = { .size = sizeof(area) };

	AFTER(0, 0, 0, ENOMEM, EBUSY, 0);
	FAILS(iommufd_device_memory_map(memory, BAR, flags, &(uint64_t){ AT }),
	      MEMORY_OR_LIMIT, ENOMEM);
	ck_assert_uint_eq(fake.steps, 6);
	STATE(0, STALE, AT);
	STATE(1, MAPPED, AT + 4 * PAGE);
	OK(iommufd_device_memory_get_area(memory, 0, &area));
	ck_assert_uint_eq(area.flags, FIXED);
	all_is_well_then(AT);
}
END_TEST

START_TEST(refresh_cannot_unmap)
{
	struct iommufd_device_memory_info info = { .size = sizeof(info) };

	AFTER(EBUSY, 0, 0);
	FAILS(iommufd_device_memory_refresh(memory, 0, &info),
	      MAPPING_IN_TRANSIT, EBUSY);
	ck_assert_uint_eq(info.stale, 1);
	ck_assert_uint_eq(info.mapped, 1);
	STATE(0, STALE, AT);
	/* It is not sound, and so tried again when only those are. */
	fake.steps = 0;
	memset(fake.step, 0, sizeof(fake.step));
	OK(iommufd_device_memory_refresh(
		memory, IOMMUFD_DEVICE_MEMORY_WAITING_ONLY, &info));
	ck_assert_uint_eq(fake.steps, 2);
	ck_assert_uint_eq(info.mapped, 2);
	all_is_well_then(AT);
}
END_TEST

/* The first of two failures is told, and both are tried again. */
START_TEST(refresh_fails_twice)
{
	AFTER(0, EEXIST, 0, ENOMEM);
	FAILS(iommufd_device_memory_refresh(memory, 0, NULL), ALREADY_MAPPED,
	      EEXIST);
	STATE(0, WAITING, AT);
	STATE(1, WAITING, AT + 4 * PAGE);
	all_is_well_then(AT);
}
END_TEST

START_TEST(unmap_fails)
{
	AFTER(EBUSY, 0);
	FAILS(iommufd_device_memory_unmap(memory, BAR), MAPPING_IN_TRANSIT,
	      EBUSY);
	STATE(0, STALE, AT);
	STATE(1, UNMAPPED, AT + 4 * PAGE);
	/* The end is not one, but all can go on. */
	fake.steps = 0;
	FAILS(iommufd_device_memory_destroy(memory), MAPPING_IN_TRANSIT, EBUSY);
	ck_assert_uint_eq(fake.steps, 1);
	/* A refresh takes away what is not wanted any more. */
	fake.step[0] = 0;
	fake.steps = 0;
	OK(iommufd_device_memory_refresh(memory, 0, NULL));
	ck_assert_uint_eq(fake.steps, 1);
	STATE(0, UNMAPPED, AT);
	end();
}
END_TEST

/* ---- arguments ----------------------------------------------------------- */

START_TEST(wrong_arguments)
{
	struct iommufd_device_memory_info info = { .size = sizeof(info) };
	struct iommufd_device_memory_area area = { .size = sizeof(area) };
	struct iommufd_device_memory *none = NULL;
	uint64_t iova = UINT64_MAX - PAGE;
	uint32_t areas = 0;

	FAILS(iommufd_device_memory_new(NULL, 0, &none), NULL_POINTER, EINVAL);
	FAILS(iommufd_device_memory_new(ioas, 0, NULL), NULL_POINTER, EINVAL);
	FAILS(iommufd_device_memory_new(ioas, 1, &none), BAD_FLAGS, EINVAL);
	FAILS(iommufd_device_memory_add_bar(NULL, file, BAR, NULL, &areas),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_device_memory_add_bar(memory, NULL, BAR, NULL, &areas),
	      NULL_POINTER, EINVAL);
	AFTER(0);
	FAILS(iommufd_device_memory_map(NULL, BAR, FIXED, &iova), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_device_memory_map(memory, BAR, FIXED, NULL), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_device_memory_map(memory, BAR, 0, &iova), NO_ACCESS,
	      EINVAL);
	FAILS(iommufd_device_memory_map(memory, BAR, FIXED, &iova), OVERFLOW,
	      EOVERFLOW);
	FAILS(iommufd_device_memory_map(memory, IOMMUFD_DEVICE_MEMORY_ALL,
					FIXED, &iova),
	      BAD_INDEX, EINVAL);
	FAILS(iommufd_device_memory_unmap(NULL, BAR), NULL_POINTER, EINVAL);
	FAILS(iommufd_device_memory_unmap(memory, BAR + 1), BAD_INDEX, EINVAL);
	FAILS(iommufd_device_memory_refresh(NULL, 0, &info), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_device_memory_refresh(memory, 2, &info), BAD_FLAGS,
	      EINVAL);
	info.size = 31;
	FAILS(iommufd_device_memory_refresh(memory, 0, &info), OPTS_SIZE,
	      EINVAL);
	FAILS(iommufd_device_memory_get_info(memory, &info), OPTS_SIZE, EINVAL);
	FAILS(iommufd_device_memory_get_info(memory, NULL), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_device_memory_get_info(NULL, &info), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_device_memory_get_area(NULL, 0, &area), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_device_memory_get_area(memory, 2, &area), BAD_INDEX,
	      EINVAL);
	area.size = 47;
	FAILS(iommufd_device_memory_get_area(memory, 0, &area), OPTS_SIZE,
	      EINVAL);
	/* Of none of them the kernel has heard. */
	ck_assert_uint_eq(fake.steps, 0);
	all_is_well_then(AT);
}
END_TEST

static const TTest **const tests[] = {
	&move_cannot_begin,
	&move_cannot_begin_and_is_revoked,
	&move_cannot_go_back,
	&move_leaves_something,
	&other_access_leaves_something,
	&refresh_cannot_unmap,
	&refresh_fails_twice,
	&unmap_fails,
	&wrong_arguments,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "undo", .setup = setup, .tests = tests },
	};

	return harness_run("device_memory_undo", cases, 1);
}
