/* SPDX-License-Identifier: MIT */
/* IOVAs for real devices, which have reserved windows and few address bits. */
#include <iommufd/util/util.h>

#include "devices.h"
#include "edu.h"
#include "fixture.h"
#include "harness.h"

#define EDU_BITS 28 /* of an address of its DMA engine */
#define WINDOWS	 16

static struct fixture f;
static struct edu edu;
static struct iommufd_iova_space *space;

static struct iommufd_iova_limits limits(void)
{
	return (struct iommufd_iova_limits){
		.size = sizeof(struct iommufd_iova_limits),
		.flags = IOMMUFD_IOVA_PUBLISH,
	};
}

static void setup(void)
{
	fixture_ioas(&f);
	edu_open(&edu, harness_env("IOMMUFD_VM_EDU"), f.ctx);
}

static void end(void)
{
	iommufd_iova_release(space);
	edu_close(&edu);
	fixture_end(&f);
}

static int attach(void)
{
	return iommufd_device_attach(edu.device, iommufd_ioas_id(f.ioas), NULL);
}

/* All is published, also where the device has its window for interrupts. */
START_TEST(refused_at_attach)
{
	const struct iommufd_iova_limits l = limits();

	OK(iommufd_iova_new(f.ioas, &l, &space));
	FAILS(attach(), ATTACH_CONFLICT, EADDRINUSE);
	end();
}
END_TEST

static uint32_t read_windows(struct iommufd_iova_range *excluded)
{
	struct iommufd_node_info node = device_node("IOMMUFD_VM_EDU");
	struct iommufd_reserved_info windows[WINDOWS];
	uint32_t count = WINDOWS;

	OK(iommufd_find_reserved(&node, windows, &count));
	ck_assert_uint_gt(count, 0);
	for (uint32_t i = 0; i < count; i++)
		excluded[i] = (struct iommufd_iova_range){ windows[i].start,
							   windows[i].last };
	return count;
}

static void check_dma(void)
{
	const struct iommufd_iova_alloc_opts opts = {
		.size = sizeof(opts),
		.flags = IOMMUFD_IOVA_TOP_DOWN,
		.last = IOMMUFD_IOVA_LAST(EDU_BITS),
	};
	void *memory = harness_memory(2 * PAGE);
	uint64_t iova;

	OK(iommufd_iova_alloc(space, 2 * PAGE, &opts, &iova));
	ck_assert_uint_eq(iova, (UINT64_C(1) << EDU_BITS) - 2 * PAGE);
	map_at(f.ioas, memory, 2 * PAGE, iova);
	ck_assert(edu_works(&edu, iova, memory));
	unmap_at(f.ioas, 2 * PAGE, iova);
}

/* With the windows of devices to come left out they are welcome. */
START_TEST(reserved_windows_left_out)
{
	struct iommufd_iova_range excluded[WINDOWS];
	struct iommufd_iova_limits l = limits();
	const struct iommufd_iova_range low = { MIB, (UINT64_C(1) << 33) - 1 };
	struct iommufd_iova_info before = { .size = sizeof(before) };
	struct iommufd_iova_info after = { .size = sizeof(after) };
	uint32_t stranded = 7;

	l.num_excluded = read_windows(excluded);
	l.excluded = excluded;
	l.windows = &low;
	l.num_windows = 1;
	OK(iommufd_iova_new(f.ioas, &l, &space));
	OK(iommufd_iova_get_info(space, &before));
	OK(attach());
	OK(iommufd_iova_refresh(space, &l, &stranded));
	ck_assert_uint_eq(stranded, 0);
	OK(iommufd_iova_get_info(space, &after));
	ck_assert_uint_eq(after.usable, before.usable);
	check_dma();
	end();
}
END_TEST

static const TTest **const tests[] = {
	&refused_at_attach,
	&reserved_windows_left_out,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "devices", .setup = setup, .tests = tests },
	};

	return harness_run("iova_devices", cases, 1);
}
