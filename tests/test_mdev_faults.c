/* SPDX-License-Identifier: MIT */
/*
 * The kernel's allocations fail one after the other while an emulated device is
 * bound, attached, replaced and detached.
 */
#include "devices.h"
#include "failnth.h"
#include "fixture.h"
#include "harness.h"

static struct iommufd_ctx *ctx;
static struct iommufd_vfio *file;
static struct iommufd_access *access_;
static struct iommufd_ioas *one, *two;
static struct iommufd_node_info info = { .size = sizeof(info) };

static void open_file(void)
{
	OK(iommufd_find_open(&info, &file));
}

static void setup(void)
{
	fail_nth_prepare();
	ctx = harness_ctx();
	OK(iommufd_find_mdev(harness_env("IOMMUFD_VM_MDEV"), NULL, &info));
	open_file();
	one = new_ioas(ctx);
	two = new_ioas(ctx);
}

static void bind_it(void)
{
	OK(iommufd_vfio_bind(file, ctx, NULL));
	OK(iommufd_access_from_vfio(file, &access_));
}

/* Both address spaces are free, and no object is left over. */
static void finish(void)
{
	iommufd_access_close(access_);
	iommufd_vfio_close(file);
	OK(iommufd_ioas_destroy(one));
	OK(iommufd_ioas_destroy(two));
	ck_assert_uint_eq(next_id(ctx), 1);
	iommufd_ctx_close(ctx);
}

static int try_bind(void)
{
	return iommufd_vfio_bind(file, ctx, NULL);
}

static void end_bind(void)
{
	iommufd_vfio_close(file);
	ck_assert_uint_eq(next_id(ctx), 3);
	open_file();
}

/* Not bound, and no object left over; the same file can be bound. */
static void not_bound(void)
{
	ck_assert_uint_eq(iommufd_vfio_kind(file), IOMMUFD_VFIO_UNBOUND);
	ck_assert_uint_eq(next_id(ctx), 3);
	OK(try_bind());
	end_bind();
}

START_TEST(binding)
{
	fail_nth_sweep(try_bind, end_bind, not_bound);
	finish();
}
END_TEST

static int attach_one(void)
{
	return iommufd_access_attach(access_, one);
}

static int attach_two(void)
{
	return iommufd_access_attach(access_, two);
}

static void detach(void)
{
	OK(iommufd_access_detach(access_));
}

/* Nothing holds the address space. */
static void not_attached(void)
{
	OK(iommufd_ioas_destroy(one));
	one = new_ioas(ctx);
}

START_TEST(attaching)
{
	bind_it();
	fail_nth_sweep(attach_one, detach, not_attached);
	finish();
}
END_TEST

static void back_to_one(void)
{
	OK(attach_one());
}

static void one_in_force(void)
{
	FAILS(iommufd_ioas_destroy(one), IN_USE, EBUSY);
	OK(iommufd_ioas_destroy(two));
	two = new_ioas(ctx);
}

START_TEST(replacing)
{
	bind_it();
	OK(attach_one());
	fail_nth_sweep(attach_two, back_to_one, one_in_force);
	finish();
}
END_TEST

/* A detach has nothing that could fail; if ever, it can be repeated. */
START_TEST(detaching)
{
	int more = 1, ret;

	bind_it();
	for (unsigned int n = 1; more; n++) {
		OK(attach_one());
		fail_nth(n);
		ret = iommufd_access_detach(access_);
		more = fail_nth_end();
		if (ret)
			detach();
		not_attached();
	}
	finish();
}
END_TEST

static const TTest **const tests[] = {
	&binding, &attaching, &replacing, &detaching, NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "faults",
		  .setup = setup,
		  .tests = tests,
		  .timeout = 120 },
	};

	return harness_run("mdev_faults", cases, 1);
}
