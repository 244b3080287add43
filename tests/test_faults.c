/* SPDX-License-Identifier: MIT */
/*
 * Commands on contexts and address spaces with every failure that the kernel
 * can have inside them: nothing leaks, and the handles work afterwards.
 */
#include <unistd.h>

#include "harness.h"
#include "sweep.h"

static struct iommufd_ioas *ioas;
static struct iommufd_hwpt *hwpt;
static int memfd;
static uint64_t iova, length;
static uint32_t value;

static void setup(void)
{
	sweep_setup();
	memfd = harness_memfd(SWEEP_LENGTH);
}

static void after_same(int ret)
{
	(void)ret;
	sweep_check_same();
}

CALL(ioas_alloc, iommufd_ioas_alloc(base.f.ctx, 0, &ioas))
CALL(ioas_destroy, iommufd_ioas_destroy(ioas))
CALL(ioas_adopt, iommufd_ioas_adopt(base.f.ctx, 1, IOMMUFD_ADOPT_VERIFY, &ioas))

static void ioas_begin(void)
{
	OK(iommufd_ioas_alloc(base.f.ctx, 0, &ioas));
	map_at(ioas, base.memory, PAGE, MOCK_FIRST);
}

static void after_ioas_alloc(int ret)
{
	if (!ret)
		OK(iommufd_ioas_destroy(ioas));
	sweep_check_same();
}

/* After a refused destroy the handle is as it was. */
static void after_ioas_destroy(int ret)
{
	if (ret) {
		unmap_at(ioas, PAGE, MOCK_FIRST);
		OK(iommufd_ioas_destroy(ioas));
	}
	sweep_check_same();
}

static void after_ioas_adopt(int ret)
{
	if (!ret)
		iommufd_ioas_release(ioas);
	sweep_check_same();
}

START_TEST(address_spaces)
{
	SWEEP("ioas_alloc", NULL, ioas_alloc, after_ioas_alloc);
	SWEEP("ioas_destroy", ioas_begin, ioas_destroy, after_ioas_destroy);
	SWEEP("ioas_adopt", NULL, ioas_adopt, after_ioas_adopt);
	sweep_end();
}
END_TEST

CALL(map, (iova = MOCK_FIRST, iommufd_ioas_map(base.f.ioas, base.memory,
					       SWEEP_LENGTH, FIXED, &iova)))
CALL(map_anywhere,
     iommufd_ioas_map(base.f.ioas, base.memory, SWEEP_LENGTH, RW, &iova))

static void after_map(int ret)
{
	if (!ret) {
		OK(iommufd_mock_check_map(base.f.ctx, base.f.hwpt_id,
					  base.memory, SWEEP_LENGTH, iova));
		unmap_at(base.f.ioas, SWEEP_LENGTH, iova);
	}
	sweep_check_same();
	map_at(base.f.ioas, base.memory, SWEEP_LENGTH, MOCK_FIRST);
	unmap_at(base.f.ioas, SWEEP_LENGTH, MOCK_FIRST);
}

START_TEST(maps)
{
	ck_assert_uint_gt(SWEEP("map", NULL, map, after_map), 5);
	SWEEP("map, kernel's choice", NULL, map_anywhere, after_map);
	OK(iommufd_hwpt_alloc(base.f.device, iommufd_ioas_id(base.f.ioas), NULL,
			      &hwpt));
	SWEEP("map, two page tables", NULL, map, after_map);
	OK(iommufd_hwpt_destroy(hwpt));
	sweep_end();
}
END_TEST

static int map_file(void)
{
	const struct iommufd_extent all = extent(0, SWEEP_LENGTH);

	iova = MOCK_FIRST;
	return iommufd_ioas_map_file(base.f.ioas, memfd, &all, FIXED, &iova);
}

static void after_map_file(int ret)
{
	if (!ret)
		unmap_at(base.f.ioas, SWEEP_LENGTH, MOCK_FIRST);
	sweep_check_same();
}

static int copy(void)
{
	const struct iommufd_extent part = extent(MOCK_FIRST, PAGE);

	iova = MOCK_FIRST;
	return iommufd_ioas_copy(base.f.ioas, base.other, &part, FIXED, &iova);
}

static void after_copy(int ret)
{
	if (!ret)
		unmap_at(base.f.ioas, PAGE, MOCK_FIRST);
	sweep_check_same();
}

START_TEST(other_maps)
{
	if (harness_has(base.f.ctx, IOMMUFD_NR_IOAS_MAP_FILE))
		SWEEP("map_file", NULL, map_file, after_map_file);
	else
		FAILS(map_file(), COMMAND, ENOTTY);
	SWEEP("copy", NULL, copy, after_copy);
	sweep_end();
}
END_TEST

static void mapping_begin(void)
{
	map_at(base.f.ioas, base.memory, SWEEP_LENGTH, MOCK_FIRST);
}

CALL(unmap, (length = SWEEP_LENGTH,
	     iommufd_ioas_unmap(base.f.ioas, &length, MOCK_FIRST)))
CALL(unmap_all, iommufd_ioas_unmap_all(base.f.ioas, &length))

static void after_unmap(int ret)
{
	if (ret)
		unmap_at(base.f.ioas, SWEEP_LENGTH, MOCK_FIRST);
	sweep_check_same();
}

START_TEST(unmaps)
{
	SWEEP("unmap", mapping_begin, unmap, after_unmap);
	SWEEP("unmap_all", mapping_begin, unmap_all, after_unmap);
	sweep_end();
}
END_TEST

static struct iommufd_iova_range range = { MOCK_FIRST, MOCK_LAST };

CALL(ranges,
     (value = 1, iommufd_ioas_iova_ranges(base.f.ioas, &range, &value, NULL)))
CALL(allow, iommufd_ioas_allow_iovas(base.f.ioas, &range, 1))
CALL(huge_set, iommufd_ioas_huge_pages_set(base.f.ioas, 1))
CALL(huge_get, iommufd_ioas_huge_pages_get(base.f.ioas, &value))
CALL(vfio_set, iommufd_ctx_vfio_ioas_set(base.f.ctx, base.f.ioas))
CALL(vfio_get, iommufd_ctx_vfio_ioas_get(base.f.ctx, &value))
CALL(destroy_id, iommufd_ctx_destroy_id(base.f.ctx, iommufd_ioas_id(ioas)))

static void after_destroy_id(int ret)
{
	if (ret)
		OK(iommufd_ctx_destroy_id(base.f.ctx, iommufd_ioas_id(ioas)));
	iommufd_ioas_release(ioas);
	sweep_check_same();
}

START_TEST(settings)
{
	SWEEP("iova_ranges", NULL, ranges, after_same);
	ck_assert_uint_eq(range.start, MOCK_FIRST);
	SWEEP("allow_iovas", NULL, allow, after_same);
	OK(iommufd_ioas_allow_iovas(base.f.ioas, NULL, 0));
	SWEEP("huge_pages_set", NULL, huge_set, after_same);
	SWEEP("huge_pages_get", NULL, huge_get, after_same);
	SWEEP("vfio_ioas_set", NULL, vfio_set, after_same);
	OK(vfio_set());
	SWEEP("vfio_ioas_get", NULL, vfio_get, after_same);
	SWEEP("destroy_id", ioas_begin, destroy_id, after_destroy_id);
	sweep_end();
}
END_TEST

static struct iommufd_ctx *opened;

CALL(ctx_open, iommufd_ctx_open(NULL, &opened))

static void after_ctx_open(int ret)
{
	if (!ret)
		iommufd_ctx_close(opened);
	sweep_check_same();
}

static int change_process(void)
{
	return iommufd_ctx_change_process(base.f.ctx);
}

START_TEST(contexts)
{
	SWEEP("ctx_open", NULL, ctx_open, after_ctx_open);
	if (!harness_has(base.f.ctx, IOMMUFD_NR_IOAS_CHANGE_PROCESS)) {
		FAILS(change_process(), COMMAND, ENOTTY);
	} else {
		OK(iommufd_ioas_unmap_all(base.other, NULL));
		OK(map_file());
		SWEEP("change_process", NULL, change_process, after_same);
		unmap_at(base.f.ioas, SWEEP_LENGTH, MOCK_FIRST);
	}
	sweep_end();
}
END_TEST

static const TTest **const faults[] = {
	&address_spaces, &maps,	    &other_maps, &unmaps,
	&settings,	 &contexts, NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "spaces",
		  .setup = setup,
		  .tests = faults,
		  .timeout = 300 },
	};

	return harness_run("faults", cases, 1);
}
