/* SPDX-License-Identifier: MIT */
/* What the calls of an access cost, on an emulated device that is there. */
#include "counter_alloc.h"
#include "devices.h"
#include "fixture.h"
#include "harness.h"

static struct iommufd_ctx *ctx;
static struct iommufd_vfio *file;
static struct iommufd_access *access_;
static struct iommufd_ioas *ioas;

static void setup(void)
{
	struct iommufd_node_info info = { .size = sizeof(info) };

	ctx = harness_ctx();
	OK(iommufd_find_mdev(harness_env("IOMMUFD_VM_MDEV"), NULL, &info));
	OK(iommufd_find_open(&info, &file));
	OK(iommufd_vfio_bind(file, ctx, NULL));
	ioas = new_ioas(ctx);
}

static void access_begin(void)
{
	OK(iommufd_access_from_vfio(file, &access_));
}

static void access_end(void)
{
	iommufd_access_close(access_);
}

/* From here on the access alone holds the file. */
static void last_begin(void)
{
	access_begin();
	iommufd_vfio_close(file);
}

#define CALL(name, expression)                                                 \
	static int name(void)                                                  \
	{                                                                      \
		return (expression);                                           \
	}

CALL(from_vfio, iommufd_access_from_vfio(file, &access_))
CALL(attach, iommufd_access_attach(access_, ioas))
CALL(detach, iommufd_access_detach(access_))

static int close_access(void)
{
	iommufd_access_close(access_);
	return 0;
}

static const struct counter_call calls[] = {
	{ "iommufd_access_from_vfio", "none", 1, from_vfio, 0, NULL,
	  access_end },
	{ "iommufd_access_attach", "1 ioctl", 0, attach, 0, access_begin,
	  access_end },
	{ "iommufd_access_detach", "1 ioctl", 0, detach, 0, access_begin,
	  access_end },
	{ "iommufd_access_close", "none", 0, close_access, 0, access_begin,
	  NULL },
	{ "iommufd_access_close (the file's last)", "1 close", 0, close_access,
	  0, last_begin, NULL },
};

START_TEST(costs)
{
	counter_begin("syscalls_mdev.tsv");
	counter_run("syscalls_mdev.tsv", setup, calls,
		    sizeof(calls) / sizeof(calls[0]));
}
END_TEST

static const TTest **const tests[] = { &costs, NULL };

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "mdev_syscalls", .tests = tests },
	};

	return harness_run("mdev_syscalls", cases, 1);
}
