/* SPDX-License-Identifier: MIT */
/*
 * The kernel's allocations fail one after the other while VFIO device files are
 * opened, attached, replaced and detached: each failure is a typed one, leaves
 * what was as it was, and leaks nothing. Bind and close are left out: failures
 * there crash the kernel's own ACPI code; see test_vfio_fake.
 */
#include <string.h>

#include "devices.h"
#include "failnth.h"
#include "fixture.h"
#include "harness.h"

#define IOVA UINT64_C(0x4000000)

static struct iommufd_ctx *ctx;
static struct iommufd_device *device;
static struct iommufd_ioas *one, *two;
static struct iommufd_hwpt *first, *second;
static uint32_t free_id;
static unsigned int descriptors;
static char node[128];
static struct iommufd_vfio *opened;

static void setup(void)
{
	fail_nth_prepare();
	ctx = harness_ctx();
	device = device_new("IOMMUFD_VM_EDU", ctx);
	one = new_ioas(ctx);
	two = new_ioas(ctx);
	map_at(one, harness_memory(4 * PAGE), 4 * PAGE, IOVA);
	map_at(two, harness_memory(4 * PAGE), 4 * PAGE, IOVA);
	first = new_hwpt(device, one);
	second = new_hwpt(device, two);
	memcpy(node, device_node("IOMMUFD_VM_NVME").node, sizeof(node));
	free_id = next_id(ctx);
	descriptors = open_descriptors();
}

static int open_file(void)
{
	return iommufd_vfio_open(node, &opened);
}

static void close_file(void)
{
	iommufd_vfio_close(opened);
	opened = NULL;
}

static void nothing_opened(void)
{
	ck_assert_ptr_null(opened);
	ck_assert_uint_eq(open_descriptors(), descriptors);
}

START_TEST(opening)
{
	fail_nth_sweep(open_file, close_file, nothing_opened);
}
END_TEST

static int attach_one(void)
{
	return iommufd_device_attach(device, iommufd_ioas_id(one), NULL);
}

static int attach_first(void)
{
	return iommufd_device_attach(device, iommufd_hwpt_id(first), NULL);
}

static int attach_second(void)
{
	return iommufd_device_attach(device, iommufd_hwpt_id(second), NULL);
}

static void detach(void)
{
	OK(iommufd_device_detach(device));
	ck_assert_uint_eq(next_id(ctx), free_id);
}

/* Not attached, and no page table of the kernel's left over. */
static void not_attached(void)
{
	ck_assert_uint_eq(next_id(ctx), free_id);
	OK(iommufd_hwpt_destroy(first));
	first = new_hwpt(device, one);
}

START_TEST(attaching_to_an_address_space)
{
	fail_nth_sweep(attach_one, detach, not_attached);
}
END_TEST

START_TEST(attaching_to_a_page_table)
{
	fail_nth_sweep(attach_first, detach, not_attached);
}
END_TEST

static void back_to_first(void)
{
	OK(attach_first());
}

/* The first one is in force: attached to it, nothing happens. */
static void first_in_force(void)
{
	FAILS(iommufd_hwpt_destroy(first), IN_USE, EBUSY);
	OK(iommufd_hwpt_destroy(second));
	second = new_hwpt(device, two);
	/* On VT-d its DMA may be blocked; go round by another one. */
	OK(attach_second());
	OK(attach_first());
}

START_TEST(replacing)
{
	OK(attach_first());
	fail_nth_sweep(attach_second, back_to_first, first_in_force);
	OK(iommufd_device_detach(device));
}
END_TEST

/* A detach cannot fail for want of memory; if ever, it can be repeated. */
START_TEST(detaching)
{
	int more = 1, ret;

	for (unsigned int n = 1; more; n++) {
		OK(attach_first());
		fail_nth(n);
		ret = iommufd_device_detach(device);
		more = fail_nth_end();
		if (ret)
			OK(iommufd_device_detach(device));
		not_attached();
	}
}
END_TEST

static const TTest **const tests[] = {
	&opening,
	&attaching_to_an_address_space,
	&attaching_to_a_page_table,
	&replacing,
	&detaching,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "faults",
		  .setup = setup,
		  .tests = tests,
		  .timeout = 120 },
	};

	return harness_run("vfio_faults", cases, 1);
}
