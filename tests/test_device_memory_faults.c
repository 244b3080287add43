/* SPDX-License-Identifier: MIT */
/* Memory of a device with every failure that the kernel can have inside. */
#include <unistd.h>

#include <iommufd/util/util.h>

#include "dmabuf.h"
#include "harness.h"
#include "sweep.h"

#define LENGTH (2 * PAGE)
#define AT     (MOCK_FIRST + 64 * MIB)
#define TO     (MOCK_FIRST + 96 * MIB)

static struct iommufd_device_memory *memory;
static int fds[2];

static int map_at_iova(uint64_t iova)
{
	return iommufd_device_memory_map(memory, 0, FIXED, &iova);
}

static void unmapped_before(void)
{
	OK(iommufd_device_memory_new(base.f.ioas, 0, &memory));
	for (int i = 0; i < 2; i++) {
		const struct iommufd_device_memory_buffer buffer = {
			.size = sizeof(buffer),
			.fd = fds[i],
			.offset = (uint64_t)i * MIB,
			.length = LENGTH,
		};

		OK(iommufd_device_memory_add_buffer(memory, &buffer));
	}
}

static void mapped_before(void)
{
	unmapped_before();
	OK(map_at_iova(AT));
}

CALL(map, map_at_iova(AT))
CALL(move, map_at_iova(TO))
CALL(refresh, iommufd_device_memory_refresh(memory, 0, NULL))

/*
 * All of it is mapped there, when what was taken away is mapped again. A lookup
 * that is made to fail says what the kernel says of a mapping that is gone: then
 * one is left, perhaps in the way of the new one.
 */
static void check_mapped(uint64_t iova, int ret)
{
	struct iommufd_device_memory_area area = { .size = sizeof(area) };
	struct iommufd_device_memory_info info = { .size = sizeof(info) };
	uint64_t unmapped = 0;

	if (iommufd_is(ret, IOMMUFD_CAUSE_ALREADY_MAPPED))
		OK(iommufd_ioas_unmap_all(base.f.ioas, NULL));
	OK(iommufd_device_memory_refresh(memory, 0, &info));
	ck_assert_uint_eq(info.mapped, 2);
	OK(iommufd_device_memory_get_area(memory, 0, &area));
	ck_assert_uint_eq(area.iova, iova);
	OK(iommufd_ioas_unmap_all(base.f.ioas, &unmapped));
	ck_assert(unmapped == 2 * LENGTH || unmapped == 3 * LENGTH);
}

static void end(void)
{
	uint64_t left = 1;

	OK(iommufd_device_memory_destroy(memory));
	OK(iommufd_ioas_unmap_all(base.f.ioas, &left));
	ck_assert_uint_eq(left, 0);
	sweep_check_same();
}

static void map_after(int ret)
{
	struct iommufd_device_memory_info info = { .size = sizeof(info) };

	OK(iommufd_device_memory_get_info(memory, &info));
	ck_assert_uint_eq(info.mapped, ret ? 0 : 2);
	ck_assert_uint_eq(info.waiting, 0);
	end();
}

static void move_after(int ret)
{
	check_mapped(ret ? AT : TO, ret);
	end();
}

static void refresh_after(int ret)
{
	struct iommufd_device_memory_info info = { .size = sizeof(info) };

	OK(iommufd_device_memory_get_info(memory, &info));
	ck_assert_uint_eq(info.mapped, ret ? 1 : 2);
	check_mapped(AT, ret);
	end();
}

START_TEST(every_failure)
{
	sweep_setup();
	if (!dmabuf_missing(base.f.ctx)) {
		fds[0] = dmabuf_new(base.f.ctx, LENGTH);
		fds[1] = dmabuf_new(base.f.ctx, LENGTH);
		ck_assert_uint_gt(SWEEP("map", unmapped_before, map, map_after),
				  10);
		ck_assert_uint_gt(
			SWEEP("move", mapped_before, move, move_after), 10);
		ck_assert_uint_gt(
			SWEEP("refresh", mapped_before, refresh, refresh_after),
			10);
		close(fds[0]);
		close(fds[1]);
	}
	sweep_end();
}
END_TEST

static const TTest **const tests[] = { &every_failure, NULL };

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "device_memory", .tests = tests, .timeout = 120 },
	};

	return harness_run("device_memory_faults", cases, 1);
}
