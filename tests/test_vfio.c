/* SPDX-License-Identifier: MIT */
/* VFIO device files on real devices: opening, adopting, lifetime, bind. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "devices.h"
#include "fixture.h"
#include "harness.h"

#define NOBODY 65534

static struct iommufd_ctx *ctx;

static void setup(void)
{
	ctx = harness_ctx();
}

START_TEST(missing_nodes)
{
	struct iommufd_vfio *file = NULL;

	FAILS(iommufd_vfio_open("/dev/vfio/devices/vfio4711", &file),
	      NO_DEVICE_FILE, ENOENT);
	FAILS(iommufd_vfio_open("/dev/null/vfio0", &file), NO_DEVICE_FILE,
	      ENOTDIR);
	FAILS(iommufd_vfio_open(NULL, &file), NULL_POINTER, EINVAL);
	FAILS(iommufd_vfio_open("/dev/null", NULL), NULL_POINTER, EINVAL);
	ck_assert_ptr_null(file);
}
END_TEST

/* A node of a device that the kernel does not have. */
START_TEST(node_without_driver)
{
	struct iommufd_vfio *file = NULL;

	ck_assert_int_eq(mknod("/dev/orphan", S_IFCHR | 0600, 0xfe0f), 0);
	FAILS(iommufd_vfio_open("/dev/orphan", &file), NO_DEVICE_FILE, ENXIO);
	ck_assert_int_eq(unlink("/dev/orphan"), 0);
}
END_TEST

static void open_as_nobody(void *arg)
{
	const struct iommufd_node_info *info = arg;
	struct iommufd_vfio *file = NULL;

	ck_assert_int_eq(setgid(NOBODY), 0);
	ck_assert_int_eq(setuid(NOBODY), 0);
	FAILS(iommufd_vfio_open(info->node, &file), OPEN_DENIED, EACCES);
	ck_assert_ptr_null(file);
}

START_TEST(no_permission)
{
	struct iommufd_node_info info = device_node("IOMMUFD_VM_EDU");

	in_child(open_as_nobody, &info);
}
END_TEST

/* As a user who was given the node and /dev/iommu, without any capability. */
static void work_as_nobody(void *arg)
{
	const struct iommufd_node_info *info = arg;
	struct iommufd_vfio *file = NULL;
	struct iommufd_device *device = NULL;
	struct iommufd_ctx *mine = NULL;
	struct iommufd_ioas *ioas;

	ck_assert_int_eq(setgid(NOBODY), 0);
	ck_assert_int_eq(setuid(NOBODY), 0);
	OK(iommufd_ctx_open(NULL, &mine));
	OK(iommufd_vfio_open(info->node, &file));
	OK(iommufd_vfio_bind(file, mine, NULL));
	OK(iommufd_device_from_vfio(file, &device));
	ioas = new_ioas(mine);
	OK(iommufd_device_attach(device, iommufd_ioas_id(ioas), NULL));
	iommufd_device_close(device);
	iommufd_vfio_close(file);
	OK(iommufd_ioas_destroy(ioas));
	iommufd_ctx_close(mine);
}

START_TEST(no_privilege_is_needed)
{
	struct iommufd_node_info info = device_node("IOMMUFD_VM_EDU");

	ck_assert_int_eq(chown(info.node, NOBODY, NOBODY), 0);
	ck_assert_int_eq(chmod("/dev/iommu", 0666), 0);
	in_child(work_as_nobody, &info);
	ck_assert_int_eq(chown(info.node, 0, 0), 0);
	ck_assert_int_eq(chmod("/dev/iommu", 0660), 0);
}
END_TEST

START_TEST(other_files)
{
	struct iommufd_vfio *file = NULL;

	OK(iommufd_vfio_open("/dev/null", &file));
	FAILS(iommufd_vfio_bind(file, ctx, NULL), NOT_VFIO_DEVICE, ENOTTY);
	iommufd_vfio_close(file);
	/* The context itself: its numbers mean something else there. */
	OK(iommufd_vfio_adopt(iommufd_ctx_fd(ctx), 0, &file));
	FAILS(iommufd_vfio_bind(file, ctx, NULL), NOT_VFIO_DEVICE, ENOTTY);
	iommufd_vfio_close(file);
}
END_TEST

START_TEST(adopting)
{
	struct iommufd_vfio *first = device_open("IOMMUFD_VM_EDU"), *second;
	int fd = iommufd_vfio_fd(first), copy = dup(fd);

	second = NULL;
	FAILS(iommufd_vfio_adopt(fd, 0, NULL), NULL_POINTER, EINVAL);
	FAILS(iommufd_vfio_adopt(fd, IOMMUFD_ADOPT_VERIFY, &second), BAD_FLAGS,
	      EINVAL);
	FAILS(iommufd_vfio_adopt(fd, 1u << 31, &second), BAD_FLAGS, EINVAL);
	FAILS(iommufd_vfio_adopt(-1, 0, &second), BAD_FD, EBADF);
	FAILS(iommufd_vfio_adopt(1000, 0, &second), BAD_FD, EBADF);
	ck_assert_ptr_null(second);
	OK(iommufd_vfio_adopt(fd, 0, &second));
	ck_assert_int_ne(iommufd_vfio_fd(second), fd);
	ck_assert_int_eq(fcntl(iommufd_vfio_fd(second), F_GETFD), FD_CLOEXEC);
	iommufd_vfio_close(second);
	ck_assert_int_ge(fcntl(fd, F_GETFD), 0);
	OK(iommufd_vfio_adopt(copy, IOMMUFD_ADOPT_TAKE_FD, &second));
	ck_assert_int_eq(iommufd_vfio_fd(second), copy);
	/* Duplicates are one file: bound through one, bound through both. */
	OK(iommufd_vfio_bind(second, ctx, NULL));
	FAILS(iommufd_vfio_bind(first, ctx, NULL), BIND_REFUSED, EINVAL);
	iommufd_vfio_close(second);
	ck_assert_int_eq(fcntl(copy, F_GETFD), -1);
	iommufd_vfio_close(first);
}
END_TEST

/* A duplicate that nobody thinks of keeps the device bound and attached. */
START_TEST(the_last_duplicate_unbinds)
{
	struct iommufd_vfio *file = device_bind("IOMMUFD_VM_EDU", ctx);
	struct iommufd_vfio *second = device_open("IOMMUFD_VM_EDU");
	struct iommufd_ioas *ioas = new_ioas(ctx);
	struct iommufd_device *device = NULL;
	int fd = dup(iommufd_vfio_fd(file));
	uint32_t id = iommufd_vfio_id(file);

	OK(iommufd_device_from_vfio(file, &device));
	OK(iommufd_device_attach(device, iommufd_ioas_id(ioas), NULL));
	iommufd_device_close(device);
	iommufd_vfio_close(file);
	/* Both are still there: the page table holds the address space. */
	FAILS(iommufd_ioas_destroy(ioas), IN_USE, EBUSY);
	FAILS(iommufd_ctx_destroy_id(ctx, id), IN_USE, EBUSY);
	FAILS(iommufd_vfio_bind(second, ctx, NULL), BIND_REFUSED, EINVAL);
	close(fd);
	OK(iommufd_ioas_destroy(ioas));
	OK(iommufd_vfio_bind(second, ctx, NULL));
	iommufd_vfio_close(second);
}
END_TEST

START_TEST(adopting_a_bound_file)
{
	struct iommufd_vfio *file = device_bind("IOMMUFD_VM_EDU", ctx), *other;
	uint32_t id = iommufd_vfio_id(file);
	int fd = iommufd_vfio_fd(file);
	struct iommufd_device *device = NULL;
	struct iommufd_ioas *ioas = new_ioas(ctx);

	other = NULL;
	FAILS(iommufd_vfio_adopt_bound(NULL, id, fd, 0, &other), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_vfio_adopt_bound(ctx, id, fd, 0, NULL), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_vfio_adopt_bound(ctx, 0, fd, 0, &other), BAD_ID, EINVAL);
	FAILS(iommufd_vfio_adopt_bound(ctx, UINT32_C(1) << 31, fd, 0, &other),
	      BAD_ID, EINVAL);
	FAILS(iommufd_vfio_adopt_bound(ctx, id, -1, 0, &other), BAD_FD, EBADF);
	FAILS(iommufd_vfio_adopt_bound(ctx, id, fd, 8, &other), BAD_FLAGS,
	      EINVAL);
	ck_assert_ptr_null(other);
	OK(iommufd_vfio_adopt_bound(ctx, id, fd, 0, &other));
	ck_assert_uint_eq(iommufd_vfio_kind(other), IOMMUFD_VFIO_PHYSICAL);
	ck_assert_uint_eq(iommufd_vfio_id(other), id);
	ck_assert_ptr_eq(iommufd_vfio_ctx(other), ctx);
	FAILS(iommufd_vfio_bind(other, ctx, NULL), ALREADY_BOUND, EINVAL);
	/* The copy keeps the device bound. */
	iommufd_vfio_close(file);
	OK(iommufd_device_from_vfio(other, &device));
	OK(iommufd_device_attach(device, iommufd_ioas_id(ioas), NULL));
	iommufd_device_close(device);
	iommufd_vfio_close(other);
	OK(iommufd_ioas_destroy(ioas));
}
END_TEST

/* The descriptor is there before the bind: KVM needs it then. */
START_TEST(before_the_bind)
{
	struct iommufd_vfio *file = device_open("IOMMUFD_VM_EDU");
	struct iommufd_vfio_info info = { .size = sizeof(info) };
	struct iommufd_region_info region = { .size = sizeof(region) };
	struct iommufd_extent part = { .length = PAGE };
	struct iommufd_device *device = NULL;
	struct iommufd_access *access = NULL;
	uint64_t raw[16];
	uint32_t count = 0, length = sizeof(raw);
	int fd = -1;

	ck_assert_int_ge(iommufd_vfio_fd(file), 0);
	ck_assert_int_eq(fcntl(iommufd_vfio_fd(file), F_GETFD), FD_CLOEXEC);
	ck_assert_uint_eq(iommufd_vfio_kind(file), IOMMUFD_VFIO_UNBOUND);
	ck_assert_ptr_null(iommufd_vfio_ctx(file));
	ck_assert_uint_eq(iommufd_vfio_id(file), 0);
	FAILS(iommufd_vfio_get_info(file, &info), NOT_BOUND, EINVAL);
	FAILS(iommufd_vfio_get_info_raw(file, raw, &length), NOT_BOUND, EINVAL);
	FAILS(iommufd_vfio_get_region_info(file, 0, &region, NULL, NULL),
	      NOT_BOUND, EINVAL);
	FAILS(iommufd_vfio_get_region_info_raw(file, 0, raw, &length),
	      NOT_BOUND, EINVAL);
	FAILS(iommufd_vfio_reset(file), NOT_BOUND, EINVAL);
	FAILS(iommufd_vfio_get_hot_reset_info(file, NULL, &count, NULL),
	      NOT_BOUND, EINVAL);
	FAILS(iommufd_vfio_hot_reset(file), NOT_BOUND, EINVAL);
	FAILS(iommufd_vfio_feature(file, IOMMUFD_FEATURE_PROBE, NULL, 0, NULL),
	      NOT_BOUND, EINVAL);
	FAILS(iommufd_vfio_export_dma_buf(file, 0, &part, 0, &fd), NOT_BOUND,
	      EINVAL);
	FAILS(iommufd_vfio_probe_pasid(file), NOT_BOUND, EINVAL);
	FAILS(iommufd_device_from_vfio(file, &device), NOT_BOUND, EINVAL);
	FAILS(iommufd_access_from_vfio(file, &access), NOT_BOUND, EINVAL);
	/* None of that has hurt it. */
	OK(iommufd_vfio_bind(file, ctx, NULL));
	OK(iommufd_vfio_get_info(file, &info));
	iommufd_vfio_close(file);
}
END_TEST

START_TEST(binding_twice)
{
	struct iommufd_vfio *first = device_bind("IOMMUFD_VM_EDU", ctx);
	struct iommufd_vfio *second = device_open("IOMMUFD_VM_EDU");

	FAILS(iommufd_vfio_bind(first, ctx, NULL), ALREADY_BOUND, EINVAL);
	FAILS(iommufd_vfio_bind(second, ctx, NULL), BIND_REFUSED, EINVAL);
	ck_assert_uint_eq(iommufd_vfio_kind(second), IOMMUFD_VFIO_UNBOUND);
	/* When the first one has gone the second can have it. */
	iommufd_vfio_close(first);
	OK(iommufd_vfio_bind(second, ctx, NULL));
	iommufd_vfio_close(second);
}
END_TEST

START_TEST(binding_to_something_else)
{
	struct iommufd_vfio *file = device_open("IOMMUFD_VM_EDU");
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct iommufd_ctx *wrong = NULL;

	OK(iommufd_ctx_adopt(fd, IOMMUFD_ADOPT_TAKE_FD, &wrong));
	FAILS(iommufd_vfio_bind(file, wrong, NULL), NOT_IOMMUFD, EBADFD);
	ck_assert_int_eq(close(fd), 0);
	FAILS(iommufd_vfio_bind(file, wrong, NULL), BAD_FD, EBADF);
	iommufd_ctx_close(wrong);
	OK(iommufd_vfio_bind(file, ctx, NULL));
	iommufd_vfio_close(file);
}
END_TEST

/* A device without virtual functions takes no token, an old kernel neither. */
START_TEST(token_where_none_is)
{
	static const uint8_t token[16] = { 1 };
	const struct iommufd_vfio_bind_opts opts = { .size = sizeof(opts),
						     .token = token };
	const struct iommufd_vfio_bind_opts bad = {
		.size = sizeof(bad), .token = (const uint8_t *)PAGE
	};
	struct iommufd_vfio *file = device_open("IOMMUFD_VM_EDU");

	FAILS(iommufd_vfio_bind(file, ctx, &opts), BIND_REFUSED, EINVAL);
	if (device_old_kernel())
		FAILS(iommufd_vfio_bind(file, ctx, &bad), BIND_REFUSED, EINVAL);
	else
		FAILS(iommufd_vfio_bind(file, ctx, &bad), BAD_BUFFER, EFAULT);
	OK(iommufd_vfio_bind(file, ctx, NULL));
	iommufd_vfio_close(file);
}
END_TEST

/* Every order of ending handles: the descriptors go with the last one. */
START_TEST(any_order_of_ending)
{
	for (unsigned int order = 0; order < 6; order++) {
		static const unsigned char orders[6][3] = {
			{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
			{ 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 }
		};
		unsigned int before = open_descriptors();
		struct iommufd_ctx *c = harness_ctx();
		struct iommufd_vfio *file = device_bind("IOMMUFD_VM_EDU", c);
		struct iommufd_device *device = NULL;

		OK(iommufd_device_from_vfio(file, &device));
		for (int i = 0; i < 3; i++) {
			/* The device's own ends with the last of two. */
			ck_assert_uint_eq(open_descriptors(),
					  before + 1 +
						  (i < 2 || orders[order][2]));
			switch (orders[order][i]) {
			case 0:
				iommufd_ctx_close(c);
				break;
			case 1:
				iommufd_vfio_close(file);
				break;
			default:
				iommufd_device_close(device);
			}
			if (i == 0 && orders[order][2] == 2)
				OK(iommufd_device_detach(device));
		}
		ck_assert_uint_eq(open_descriptors(), before);
	}
}
END_TEST

START_TEST(wrong_kind_leaves_the_file)
{
	struct iommufd_vfio *file = device_bind("IOMMUFD_VM_EDU", ctx);
	struct iommufd_device *device = NULL, *second = NULL;
	struct iommufd_access *access = NULL;
	struct iommufd_ioas *ioas = new_ioas(ctx);
	uint32_t id = iommufd_vfio_id(file);

	ck_assert_uint_eq(iommufd_vfio_kind(file), IOMMUFD_VFIO_PHYSICAL);
	FAILS(iommufd_access_from_vfio(file, &access), WRONG_KIND, EINVAL);
	ck_assert_ptr_null(access);
	ck_assert_uint_eq(iommufd_vfio_id(file), id);
	OK(iommufd_device_from_vfio(file, &device));
	ck_assert_uint_eq(iommufd_device_id(device), id);
	ck_assert_ptr_eq(iommufd_device_vfio(device), file);
	OK(iommufd_device_from_vfio(file, &second));
	iommufd_device_close(device);
	iommufd_vfio_close(file);
	OK(iommufd_device_attach(second, iommufd_ioas_id(ioas), NULL));
	iommufd_device_close(second);
	OK(iommufd_ioas_destroy(ioas));
}
END_TEST

/* A bound device is the kernel's to destroy. */
START_TEST(destroying_a_bound_device)
{
	struct iommufd_vfio *file = device_bind("IOMMUFD_VM_EDU", ctx);
	uint32_t id = iommufd_vfio_id(file);

	FAILS(iommufd_ctx_destroy_id(ctx, id), IN_USE, EBUSY);
	iommufd_vfio_close(file);
	FAILS(iommufd_ctx_destroy_id(ctx, id), OBJECT, ENOENT);
}
END_TEST

START_TEST(too_many_descriptors)
{
	const struct iommufd_node_info info = device_node("IOMMUFD_VM_EDU");
	struct iommufd_vfio *file = NULL;
	int fd, last = 0;

	while ((fd = dup(0)) >= 0)
		last = fd;
	FAILS(iommufd_vfio_open(info.node, &file), DESCRIPTORS, EMFILE);
	FAILS(iommufd_vfio_adopt(0, 0, &file), DESCRIPTORS, EMFILE);
	ck_assert_ptr_null(file);
	/* One for a leak checker, which works when the process ends. */
	close(last);
}
END_TEST

static const TTest **const files[] = {
	&missing_nodes,
	&node_without_driver,
	&no_permission,
	&no_privilege_is_needed,
	&other_files,
	&adopting,
	&the_last_duplicate_unbinds,
	&adopting_a_bound_file,
	&too_many_descriptors,
	NULL,
};

static const TTest **const binding[] = {
	&before_the_bind,	    &binding_twice,
	&binding_to_something_else, &token_where_none_is,
	&any_order_of_ending,	    &wrong_kind_leaves_the_file,
	&destroying_a_bound_device, NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "files", .setup = setup, .tests = files },
		{ .name = "binding", .setup = setup, .tests = binding },
	};

	return harness_run("vfio", cases, 2);
}
