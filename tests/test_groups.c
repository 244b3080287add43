/* SPDX-License-Identifier: MIT */
/* Two devices in one IOMMU group: functions of one slot. */
#include <string.h>
#include <unistd.h>

#include "devices.h"
#include "edu.h"
#include "fixture.h"
#include "harness.h"

#define IOVA UINT64_C(0x4000000)
#define A    "IOMMUFD_VM_EDU_A"
#define B    "IOMMUFD_VM_EDU_B"

static struct iommufd_ctx *ctx;
static struct iommufd_device *a, *b;
static struct iommufd_ioas *one, *two;
static struct iommufd_hwpt *first, *second;

static void setup(void)
{
	ctx = harness_ctx();
	a = device_new(A, ctx);
	b = device_new(B, ctx);
	one = new_ioas(ctx);
	two = new_ioas(ctx);
	first = new_hwpt(a, one);
	second = new_hwpt(a, two);
}

static void finish(void)
{
	iommufd_device_close(a);
	iommufd_device_close(b);
	OK(iommufd_hwpt_destroy(first));
	OK(iommufd_hwpt_destroy(second));
	OK(iommufd_ioas_destroy(one));
	OK(iommufd_ioas_destroy(two));
	ck_assert_uint_eq(next_id(ctx), 1);
	iommufd_ctx_close(ctx);
}

START_TEST(they_are_one_group)
{
	const struct iommufd_node_info of_a = device_node(A);
	const struct iommufd_node_info of_b = device_node(B);

	ck_assert(of_a.valid & IOMMUFD_NODE_VALID_GROUP);
	ck_assert_uint_eq(of_a.group, of_b.group);
	ck_assert_uint_ne(iommufd_device_id(a), iommufd_device_id(b));
	finish();
}
END_TEST

/* All devices of a group go to one context. */
START_TEST(two_contexts)
{
	struct iommufd_ctx *other = harness_ctx();
	struct iommufd_vfio *file = NULL;

	iommufd_device_close(b);
	file = device_open(B);
	FAILS(iommufd_vfio_bind(file, other, NULL), GROUP_NOT_VIABLE, EPERM);
	OK(iommufd_vfio_bind(file, ctx, NULL));
	OK(iommufd_device_from_vfio(file, &b));
	iommufd_vfio_close(file);
	iommufd_ctx_close(other);
	finish();
}
END_TEST

/* The second one can have only what the first one has. */
START_TEST(foreign_attach)
{
	uint32_t in_force = 0;

	OK(iommufd_device_attach(a, iommufd_hwpt_id(first), NULL));
	FAILS(iommufd_device_attach(b, iommufd_hwpt_id(second), NULL),
	      ATTACH_REFUSED, EINVAL);
	FAILS(iommufd_device_attach(b, iommufd_ioas_id(one), NULL),
	      ATTACH_REFUSED, EINVAL);
	OK(iommufd_device_attach(b, iommufd_hwpt_id(first), &in_force));
	ck_assert_uint_eq(in_force, iommufd_hwpt_id(first));
	/* It stays in use until the last one has left. */
	OK(iommufd_device_detach(a));
	FAILS(iommufd_hwpt_destroy(first), IN_USE, EBUSY);
	OK(iommufd_device_detach(b));
	finish();
}
END_TEST

START_TEST(same_address_space)
{
	uint32_t of_a = 0, of_b = 0;

	OK(iommufd_device_attach(a, iommufd_ioas_id(one), &of_a));
	OK(iommufd_device_attach(b, iommufd_ioas_id(one), &of_b));
	ck_assert_uint_eq(of_a, of_b);
	finish();
}
END_TEST

/* A replacement moves both, whoever asks for it. */
/*
 * The old virtio-iommu driver knows the range of a page table only once a device
 * is attached: one made before leaves no IOVA of its address space usable.
 */
static int nothing_can_be_mapped(void)
{
	return device_old_kernel() &&
	       !strcmp(harness_env("IOMMUFD_VM_SCENARIO"), "virtio");
}

START_TEST(replace_moves_both)
{
	uint8_t *m = harness_memory(2 * PAGE), *n = harness_memory(2 * PAGE);
	struct edu edu_a, edu_b;
	uint64_t iova = IOVA;

	if (nothing_can_be_mapped()) {
		FAILS(iommufd_ioas_map(one, m, PAGE,
				       IOMMUFD_MAP_FIXED_IOVA |
					       IOMMUFD_MAP_READABLE,
				       &iova),
		      IOVA_UNUSABLE, EINVAL);
		finish();
		return;
	}
	iommufd_device_close(a);
	iommufd_device_close(b);
	edu_open(&edu_a, harness_env(A), ctx);
	edu_open(&edu_b, harness_env(B), ctx);
	map_at(one, m, 2 * PAGE, IOVA);
	map_at(two, n, 2 * PAGE, IOVA);
	OK(iommufd_device_attach(edu_a.device, iommufd_hwpt_id(first), NULL));
	OK(iommufd_device_attach(edu_b.device, iommufd_hwpt_id(first), NULL));
	ck_assert(edu_works(&edu_a, IOVA, m));
	ck_assert(edu_works(&edu_b, IOVA, m));
	OK(iommufd_device_attach(edu_b.device, iommufd_hwpt_id(second), NULL));
	ck_assert(edu_works(&edu_a, IOVA, n));
	ck_assert(edu_works(&edu_b, IOVA, n));
	OK(iommufd_hwpt_destroy(first));
	first = NULL;
	/* One detached, the group's table stays with the other. */
	OK(iommufd_device_detach(edu_a.device));
	FAILS(iommufd_hwpt_destroy(second), IN_USE, EBUSY);
	ck_assert(edu_works(&edu_b, IOVA, n));
	edu_close(&edu_a);
	edu_close(&edu_b);
	a = b = NULL;
	finish();
}
END_TEST

/* Behind the root complex nothing can be reset but function by function. */
START_TEST(hot_reset)
{
	uint32_t count = 0;

	FAILS(iommufd_vfio_get_hot_reset_info(iommufd_device_vfio(a), NULL,
					      &count, NULL),
	      NO_RESET, ENODEV);
	finish();
}
END_TEST

static const TTest **const tests[] = {
	&they_are_one_group,
	&two_contexts,
	&foreign_attach,
	&same_address_space,
	&replace_moves_both,
	&hot_reset,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "groups", .setup = setup, .tests = tests },
	};

	return harness_run("groups", cases, 1);
}
