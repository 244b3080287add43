/* SPDX-License-Identifier: MIT */
/*
 * Binds that the kernel refuses because of the group: interrupts that are not
 * isolated, a group opened the old way, a group in other hands.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "devices.h"
#include "fixture.h"
#include "harness.h"

#define VFIO_GROUP_SET_CONTAINER _IO(';', 104)
#define VFIO_GROUP_GET_DEVICE_FD _IO(';', 106)

static struct iommufd_ctx *ctx;

static void setup(void)
{
	ctx = harness_ctx();
}

/* The scenarios whose name says it have no isolation of interrupts. */
static int isolated(void)
{
	const char *scenario = getenv("IOMMUFD_VM_SCENARIO");

	return !scenario ||
	       (strcmp(scenario, "noir") && !strstr(scenario, "-strict"));
}

START_TEST(interrupts_not_isolated)
{
	struct iommufd_vfio *file = device_open("IOMMUFD_VM_NVME");

	FAILS(iommufd_vfio_bind(file, ctx, NULL), GROUP_NOT_VIABLE, EPERM);
	ck_assert_uint_eq(iommufd_vfio_kind(file), IOMMUFD_VFIO_UNBOUND);
	FAILS(iommufd_vfio_reset(file), NOT_BOUND, EINVAL);
	iommufd_vfio_close(file);
	ck_assert_uint_eq(next_id(ctx), 1);
	iommufd_ctx_close(ctx);
}
END_TEST

/* The administrator can allow it, and then it works. */
START_TEST(allowed_by_the_administrator)
{
	const char *path =
		"/sys/module/iommufd/parameters/allow_unsafe_interrupts";
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	struct iommufd_vfio *file = device_open("IOMMUFD_VM_NVME");

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, "Y", 1), 1);
	OK(iommufd_vfio_bind(file, ctx, NULL));
	iommufd_vfio_close(file);
	ck_assert_int_eq(write(fd, "N", 1), 1);
	close(fd);
}
END_TEST

static int open_group(const char *variable)
{
	const struct iommufd_node_info info = device_node(variable);
	char path[64];
	int fd;

	ck_assert(info.valid & IOMMUFD_NODE_VALID_GROUP);
	snprintf(path, sizeof(path), "/dev/vfio/%u", info.group);
	fd = open(path, O_RDWR | O_CLOEXEC);
	ck_assert_msg(fd >= 0, "%s: %s", path, strerror(errno));
	return fd;
}

/* The old way: a group, on this iommufd as its container. */
START_TEST(group_opened)
{
	struct iommufd_vfio *file = device_open("IOMMUFD_VM_EDU");
	int group = open_group("IOMMUFD_VM_EDU"), fd;
	int container = iommufd_ctx_fd(ctx);
	struct iommufd_vfio *of_group = NULL;

	FAILS(iommufd_vfio_bind(file, ctx, NULL), GROUP_BUSY, EBUSY);
	ck_assert_int_eq(ioctl(group, VFIO_GROUP_SET_CONTAINER, &container), 0);
	FAILS(iommufd_vfio_bind(file, ctx, NULL), GROUP_BUSY, EBUSY);
	/* A file of the group's cannot be bound at all. */
	fd = ioctl(group, VFIO_GROUP_GET_DEVICE_FD,
		   harness_env("IOMMUFD_VM_EDU"));
	ck_assert_int_ge(fd, 0);
	OK(iommufd_vfio_adopt(fd, IOMMUFD_ADOPT_TAKE_FD, &of_group));
	FAILS(iommufd_vfio_bind(of_group, ctx, NULL), BIND_REFUSED, EINVAL);
	iommufd_vfio_close(of_group);
	close(group);
	OK(iommufd_vfio_bind(file, ctx, NULL));
	iommufd_vfio_close(file);
}
END_TEST

/* And the other way round: bound, the group cannot be opened. */
START_TEST(group_after_a_bind)
{
	const struct iommufd_node_info info = device_node("IOMMUFD_VM_EDU");
	struct iommufd_vfio *file = device_bind("IOMMUFD_VM_EDU", ctx);
	char path[64];

	snprintf(path, sizeof(path), "/dev/vfio/%u", info.group);
	ck_assert_int_eq(open(path, O_RDWR | O_CLOEXEC), -1);
	ck_assert_int_eq(errno, EBUSY);
	iommufd_vfio_close(file);
}
END_TEST

/* A sibling without any driver is nobody's, and does not stand in the way. */
START_TEST(sibling_without_driver)
{
	struct iommufd_vfio *file = device_open("IOMMUFD_VM_EDU_A");

	device_driver("IOMMUFD_VM_EDU_B", 0);
	OK(iommufd_vfio_bind(file, ctx, NULL));
	iommufd_vfio_close(file);
	device_driver("IOMMUFD_VM_EDU_B", 1);
}
END_TEST

/* Two contexts, one group. */
START_TEST(other_context)
{
	struct iommufd_ctx *other = harness_ctx();
	struct iommufd_vfio *a = device_bind("IOMMUFD_VM_EDU_A", ctx);
	struct iommufd_vfio *b = device_open("IOMMUFD_VM_EDU_B");

	FAILS(iommufd_vfio_bind(b, other, NULL), GROUP_NOT_VIABLE, EPERM);
	iommufd_vfio_close(a);
	OK(iommufd_vfio_bind(b, other, NULL));
	iommufd_vfio_close(b);
	iommufd_ctx_close(other);
}
END_TEST

static const TTest **const not_isolated[] = {
	&interrupts_not_isolated,
	&allowed_by_the_administrator,
	NULL,
};

static const TTest **const groups[] = {
	&group_opened,
	&group_after_a_bind,
	&sibling_without_driver,
	&other_context,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "strict",
		  .setup = setup,
		  .tests = isolated() ? groups : not_isolated },
	};

	return harness_run("strict", cases, 1);
}
