/* SPDX-License-Identifier: MIT */
/* Bulk registration with every failure that the kernel can have inside. */
#include "harness.h"
#include "sweep.h"

#include <iommufd/util/util.h>

#define AT (MOCK_FIRST + 64 * MIB)

static struct iommufd_bulk *bulk;

static void before(void)
{
	const struct iommufd_bulk_region region = {
		.size = sizeof(region),
		.flags = RW,
		.fd = -1,
		.memory = base.memory,
		.length = SWEEP_LENGTH,
		.iova = AT,
	};
	const struct iommufd_bulk_opts opts = {
		.size = sizeof(opts),
		.flags = IOMMUFD_BULK_POPULATE,
		.piece = 2 * PAGE,
		.alignment = PAGE,
	};

	OK(iommufd_bulk_prepare(base.f.ioas, &region, 1, &opts, &bulk));
}

static int call(void)
{
	return iommufd_bulk_run(bulk, 0);
}

/* Either all of it or nothing, and what fails is a piece that has a name. */
static void after(int ret)
{
	struct iommufd_bulk_info info = { .size = sizeof(info) };
	uint64_t unmapped;

	OK(iommufd_bulk_get_info(bulk, &info));
	ck_assert_int_eq(info.ret, ret);
	if (ret) {
		ck_assert_uint_eq(info.state, IOMMUFD_BULK_FAILED);
		ck_assert_uint_eq(info.start, info.mapped);
		OK(iommufd_bulk_undo(bulk, 0));
		unmapped = 0;
	} else {
		OK(iommufd_bulk_finish(bulk));
		OK(iommufd_ioas_unmap_all(base.f.ioas, &unmapped));
		ck_assert_uint_eq(unmapped, SWEEP_LENGTH);
	}
	sweep_check_same();
}

START_TEST(every_failure)
{
	sweep_setup();
	ck_assert_uint_gt(SWEEP("bulk", before, call, after), 10);
	sweep_end();
}
END_TEST

static const TTest **const tests[] = { &every_failure, NULL };

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "bulk", .tests = tests, .timeout = 120 },
	};

	return harness_run("bulk_faults", cases, 1);
}
