/* SPDX-License-Identifier: MIT */
/*
 * VFIO calls with the kernel replaced: what is asked of it to the byte, and the
 * cause of every errno, also of those that no test bed gives. Needs no device.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness.h"
#include "uapi.h"

#define DEVICE_ID 7

/* What the fake kernel answers, and what it was asked last. */
static struct {
	uint32_t nr; /* this request fails */
	int err;
	int kind_err; /* of GET_HW_INFO: ENOENT for an emulated device */
	int close_err;
	uint32_t asked;
	unsigned char arg[64];
	int count;
	int closed;
} fake;

int ioctl(int fd, unsigned long request, ...)
{
	uint32_t nr = request & 0xff, *arg;
	va_list args;

	(void)fd;
	va_start(args, request);
	arg = va_arg(args, uint32_t *);
	va_end(args);
	if ((request >> 8 & 0xff) != ';')
		return -1;
	if (nr == IOMMUFD_NR_GET_HW_INFO && fake.nr != nr) {
		errno = fake.kind_err;
		return fake.kind_err ? -1 : 0;
	}
	fake.count++;
	fake.asked = nr;
	if (arg)
		memcpy(fake.arg, arg, *arg < 64 ? *arg : 64);
	if (nr == fake.nr && fake.err) {
		errno = fake.err;
		return -1;
	}
	if (nr == UAPI_VFIO_BIND)
		arg[3] = DEVICE_ID;
	return 0;
}

int close(int fd)
{
	int ret = (int)syscall(SYS_close, fd);

	fake.closed++;
	if (!fake.close_err)
		return ret;
	errno = fake.close_err;
	return -1;
}

static struct iommufd_ctx *ctx;
static struct iommufd_vfio *file;

static void setup(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	OK(iommufd_ctx_adopt(fd, IOMMUFD_ADOPT_TAKE_FD, &ctx));
	OK(iommufd_vfio_open("/dev/null", &file));
}

static void fail_with(uint32_t nr, int err)
{
	fake.nr = nr;
	fake.err = err;
}

/* A row of a table of errnos and causes. */
struct row {
	int err;
	uint32_t cause;
};

#define ROW(err, cause)                                                        \
	{                                                                      \
		err, IOMMUFD_CAUSE_##cause                                     \
	}

#define CHECK_ROWS(nr, rows, call)                                             \
	do {                                                                   \
		for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]);     \
		     row++) {                                                  \
			fail_with(nr, rows[row].err);                          \
			harness_fails(call, rows[row].cause, rows[row].err,    \
				      #call, __FILE__, __LINE__);              \
		}                                                              \
		fail_with(0, 0);                                               \
	} while (0)

/* What every request can meet. */
#define COMMON                                                                 \
	ROW(EFAULT, BAD_BUFFER), ROW(ENOMEM, NO_MEMORY),                       \
		ROW(EINTR, INTERRUPTED), ROW(EIO, UNSPECIFIC),                 \
		ROW(EBADF, BAD_FD), ROW(E2BIG, NEWER_STRUCT),                  \
		ROW(EMFILE, DESCRIPTORS)

START_TEST(every_errno_of_bind)
{
	const struct row rows[] = {
		ROW(EINVAL, BIND_REFUSED),    ROW(EBUSY, GROUP_BUSY),
		ROW(EPERM, GROUP_NOT_VIABLE), ROW(EACCES, VF_TOKEN),
		ROW(ENODEV, NO_IOMMU),	      ROW(EBADFD, NOT_IOMMUFD),
		ROW(ENOTTY, NOT_VFIO_DEVICE), COMMON,
	};

	CHECK_ROWS(UAPI_VFIO_BIND, rows, iommufd_vfio_bind(file, ctx, NULL));
	ck_assert_uint_eq(iommufd_vfio_id(file), 0);
	ck_assert_uint_eq(iommufd_vfio_kind(file), IOMMUFD_VFIO_UNBOUND);
	FAILS(iommufd_vfio_reset(file), NOT_BOUND, EINVAL);
	/* After all of them it can still be bound. */
	OK(iommufd_vfio_bind(file, ctx, NULL));
	ck_assert_uint_eq(iommufd_vfio_id(file), DEVICE_ID);
}
END_TEST

START_TEST(what_bind_asks)
{
	const uint8_t token[16] = { 1, 2, 3 };
	struct iommufd_vfio_bind_opts opts = { .size = sizeof(opts) };
	struct uapi_vfio_bind asked;

	fail_with(UAPI_VFIO_BIND, EPERM);
	FAILS(iommufd_vfio_bind(file, ctx, &opts), GROUP_NOT_VIABLE, EPERM);
	memcpy(&asked, fake.arg, sizeof(asked));
	ck_assert_uint_eq(asked.argsz, 16);
	ck_assert_uint_eq(asked.flags, 0);
	ck_assert_int_eq(asked.iommufd, iommufd_ctx_fd(ctx));
	opts.token = token;
	FAILS(iommufd_vfio_bind(file, ctx, &opts), GROUP_NOT_VIABLE, EPERM);
	memcpy(&asked, fake.arg, sizeof(asked));
	ck_assert_uint_eq(asked.argsz, 24);
	ck_assert_uint_eq(asked.flags, UAPI_VFIO_BIND_FLAG_TOKEN);
	ck_assert_uint_eq(asked.token_uuid_ptr, (uintptr_t)token);
	ck_assert_int_eq(fake.count, 2);
}
END_TEST

START_TEST(what_bind_refuses_itself)
{
	struct iommufd_vfio_bind_opts opts = { .size = 4 };
	struct {
		struct iommufd_vfio_bind_opts known;
		uint64_t more;
	} newer = { .known.size = sizeof(newer), .more = 1 };

	FAILS(iommufd_vfio_bind(NULL, ctx, NULL), NULL_POINTER, EINVAL);
	FAILS(iommufd_vfio_bind(file, NULL, NULL), NULL_POINTER, EINVAL);
	FAILS(iommufd_vfio_bind(file, ctx, &opts), OPTS_SIZE, EINVAL);
	opts.size = 4097;
	FAILS(iommufd_vfio_bind(file, ctx, &opts), OPTS_SIZE, EINVAL);
	opts.size = sizeof(opts);
	opts.reserved = 1;
	FAILS(iommufd_vfio_bind(file, ctx, &opts), OPTS_RESERVED, EINVAL);
	FAILS(iommufd_vfio_bind(file, ctx, &newer.known), OPTS_TAIL, E2BIG);
	ck_assert_int_eq(fake.count, 0);
	newer.more = 0;
	OK(iommufd_vfio_bind(file, ctx, &newer.known));
	FAILS(iommufd_vfio_bind(file, ctx, NULL), ALREADY_BOUND, EINVAL);
	ck_assert_int_eq(fake.count, 1);
}
END_TEST

START_TEST(kinds)
{
	struct iommufd_device *device = NULL;
	struct iommufd_access *access = NULL;

	fake.kind_err = ENOENT;
	OK(iommufd_vfio_bind(file, ctx, NULL));
	ck_assert_uint_eq(iommufd_vfio_kind(file), IOMMUFD_VFIO_EMULATED);
	FAILS(iommufd_device_from_vfio(file, &device), WRONG_KIND, EINVAL);
	ck_assert_ptr_null(device);
	OK(iommufd_access_from_vfio(file, &access));
	ck_assert_ptr_eq(iommufd_access_vfio(access), file);
	iommufd_access_close(access);
	iommufd_vfio_close(file);

	/* A no-IOMMU device: there, but without information. */
	fake.kind_err = EOPNOTSUPP;
	OK(iommufd_vfio_open("/dev/null", &file));
	OK(iommufd_vfio_bind(file, ctx, NULL));
	ck_assert_uint_eq(iommufd_vfio_kind(file), IOMMUFD_VFIO_PHYSICAL);
	FAILS(iommufd_access_from_vfio(file, &access), WRONG_KIND, EINVAL);
	OK(iommufd_device_from_vfio(file, &device));
	iommufd_device_close(device);
	iommufd_vfio_close(file);

	/* No answer, as with a filter of system calls: either may be right. */
	fake.kind_err = EPERM;
	OK(iommufd_vfio_open("/dev/null", &file));
	OK(iommufd_vfio_bind(file, ctx, NULL));
	ck_assert_uint_eq(iommufd_vfio_kind(file), IOMMUFD_VFIO_UNKNOWN);
	OK(iommufd_access_from_vfio(file, &access));
	iommufd_access_close(access);
	OK(iommufd_device_from_vfio(file, &device));
	iommufd_device_close(device);
	iommufd_vfio_close(file);
}
END_TEST

START_TEST(every_errno_of_attach_and_detach)
{
	const struct row attach[] = {
		ROW(EINVAL, ATTACH_REFUSED),
		ROW(ENOENT, PAGE_TABLE),
		ROW(EADDRINUSE, ATTACH_CONFLICT),
		ROW(EFAULT, EARLIER_MAPPING),
		ROW(ENOMEM, MEMORY_OR_LIMIT),
		ROW(ENODEV, ATTACH_UNSUPPORTED),
		ROW(EBUSY, DEVICE_BUSY),
		ROW(EOPNOTSUPP, FEATURE),
		ROW(EIO, UNSPECIFIC),
	};
	const struct row detach[] = { ROW(EBUSY, DEVICE_BUSY),
				      ROW(EAGAIN, CONTENDED), COMMON };
	struct iommufd_device *device = NULL;
	uint32_t in_force = 77;

	OK(iommufd_vfio_bind(file, ctx, NULL));
	OK(iommufd_device_from_vfio(file, &device));
	CHECK_ROWS(UAPI_VFIO_ATTACH, attach,
		   iommufd_device_attach(device, 5, &in_force));
	ck_assert_uint_eq(in_force, 77);
	CHECK_ROWS(UAPI_VFIO_DETACH, detach, iommufd_device_detach(device));
	OK(iommufd_device_attach(device, 5, &in_force));
	ck_assert_uint_eq(in_force, 5);
	iommufd_device_close(device);
}
END_TEST

START_TEST(every_errno_of_an_access)
{
	const struct row attach[] = { ROW(ENOENT, PAGE_TABLE),
				      ROW(EADDRINUSE, MAPPING_MISALIGNED),
				      ROW(EBUSY, DEVICE_BUSY), COMMON };
	struct iommufd_access *access = NULL;
	struct iommufd_ioas *ioas = NULL;
	struct uapi_vfio_attach asked = { 0 };

	fake.kind_err = ENOENT;
	OK(iommufd_vfio_bind(file, ctx, NULL));
	OK(iommufd_access_from_vfio(file, &access));
	OK(iommufd_ioas_adopt(ctx, 3, 0, &ioas));
	CHECK_ROWS(UAPI_VFIO_ATTACH, attach,
		   iommufd_access_attach(access, ioas));
	OK(iommufd_access_attach(access, ioas));
	memcpy(&asked, fake.arg, sizeof(asked.argsz) * 3);
	ck_assert_uint_eq(asked.pt_id, 3);
	iommufd_ioas_release(ioas);
	iommufd_access_close(access);
}
END_TEST

START_TEST(every_errno_of_the_rest)
{
	const struct row info[] = { ROW(EINVAL, NOT_BOUND),
				    ROW(ENODEV, DEVICE_GONE), COMMON };
	const struct row region[] = { ROW(EINVAL, BAD_INDEX),
				      ROW(ENODEV, DEVICE_GONE), COMMON };
	const struct row reset[] = { ROW(EINVAL, NO_RESET),
				     ROW(ENOTTY, NO_RESET),
				     ROW(EAGAIN, CONTENDED),
				     ROW(EBUSY, DEVICE_BUSY), COMMON };
	const struct row hot_info[] = { ROW(ENODEV, NO_RESET),
					ROW(ENOTTY, NO_RESET),
					ROW(ENOSPC, ARRAY_SHORT),
					ROW(EAGAIN, CHANGED), COMMON };
	const struct row hot[] = { ROW(EINVAL, HOT_RESET_NOT_OWNED),
				   ROW(ENODEV, NO_RESET), ROW(ENOTTY, NO_RESET),
				   ROW(EBUSY, DEVICE_BUSY), COMMON };
	const struct row feature[] = { ROW(ENOTTY, DEVICE_FEATURE),
				       ROW(EINVAL, FEATURE_REQUEST),
				       ROW(ENODEV, DEVICE_GONE), COMMON };
	const struct row export[] = {
		ROW(ENOTTY, DEVICE_FEATURE),  ROW(EOPNOTSUPP, DEVICE_FEATURE),
		ROW(EINVAL, FEATURE_REQUEST), ROW(ENODEV, BAD_INDEX),
		ROW(EOVERFLOW, OVERFLOW),     COMMON
	};
	const struct row pasid[] = { ROW(EINVAL, FEATURE),
				     ROW(EOPNOTSUPP, FEATURE), COMMON };
	const struct iommufd_extent part = { .length = 4096 };
	struct iommufd_vfio_info i = { .size = sizeof(i) };
	struct iommufd_region_info r = { .size = sizeof(r) };
	uint32_t count = 0;
	int fd = -7;

	OK(iommufd_vfio_bind(file, ctx, NULL));
	CHECK_ROWS(UAPI_VFIO_GET_INFO, info, iommufd_vfio_get_info(file, &i));
	CHECK_ROWS(UAPI_VFIO_GET_REGION_INFO, region,
		   iommufd_vfio_get_region_info(file, 0, &r, NULL, NULL));
	CHECK_ROWS(UAPI_VFIO_RESET, reset, iommufd_vfio_reset(file));
	CHECK_ROWS(UAPI_VFIO_GET_PCI_HOT_RESET_INFO, hot_info,
		   iommufd_vfio_get_hot_reset_info(file, NULL, &count, NULL));
	CHECK_ROWS(UAPI_VFIO_PCI_HOT_RESET, hot, iommufd_vfio_hot_reset(file));
	CHECK_ROWS(UAPI_VFIO_FEATURE, feature,
		   iommufd_vfio_feature(file,
					IOMMUFD_FEATURE_MIGRATION |
						IOMMUFD_FEATURE_PROBE,
					NULL, 0, NULL));
	CHECK_ROWS(UAPI_VFIO_FEATURE, export,
		   iommufd_vfio_export_dma_buf(file, 0, &part, 0, &fd));
	CHECK_ROWS(UAPI_VFIO_DETACH, pasid, iommufd_vfio_probe_pasid(file));
	ck_assert_int_eq(fd, -7);
}
END_TEST

/* A failing close of the descriptor loses nothing: it is gone all the same. */
START_TEST(close_fails)
{
	struct iommufd_device *device = NULL;

	OK(iommufd_vfio_bind(file, ctx, NULL));
	OK(iommufd_device_from_vfio(file, &device));
	fake.close_err = EIO;
	iommufd_ctx_close(ctx);
	iommufd_vfio_close(file);
	ck_assert_int_eq(fake.closed, 0);
	ck_assert_int_ge(iommufd_vfio_fd(iommufd_device_vfio(device)), 0);
	iommufd_device_close(device);
	ck_assert_int_eq(fake.closed, 2);
}
END_TEST

/* The kernel's answer needs more than the library's buffer: asked again. */
START_TEST(null_pointers)
{
	struct iommufd_device *device = NULL;
	uint32_t count = 0;

	FAILS(iommufd_vfio_get_info(NULL, NULL), NULL_POINTER, EINVAL);
	FAILS(iommufd_vfio_reset(NULL), NULL_POINTER, EINVAL);
	FAILS(iommufd_vfio_hot_reset(NULL), NULL_POINTER, EINVAL);
	FAILS(iommufd_vfio_probe_pasid(NULL), NULL_POINTER, EINVAL);
	FAILS(iommufd_vfio_get_hot_reset_info(NULL, NULL, &count, NULL),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_vfio_feature(NULL, 0, NULL, 0, NULL), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_device_from_vfio(NULL, &device), NULL_POINTER, EINVAL);
	FAILS(iommufd_device_from_vfio(file, NULL), NULL_POINTER, EINVAL);
	FAILS(iommufd_device_attach(NULL, 1, NULL), NULL_POINTER, EINVAL);
	FAILS(iommufd_device_detach(NULL), NULL_POINTER, EINVAL);
	FAILS(iommufd_access_detach(NULL), NULL_POINTER, EINVAL);
	FAILS(iommufd_access_attach(NULL, NULL), NULL_POINTER, EINVAL);
	OK(iommufd_vfio_bind(file, ctx, NULL));
	fake.count = 0;
	FAILS(iommufd_vfio_get_info(file, NULL), NULL_POINTER, EINVAL);
	FAILS(iommufd_vfio_get_region_info(file, 0, NULL, NULL, NULL),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_vfio_get_info_raw(file, NULL, &count), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_vfio_get_hot_reset_info(file, NULL, NULL, NULL),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_vfio_feature(file, 0, NULL, 8, NULL), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_vfio_feature(file, 0, &count, 4, NULL), FEATURE_REQUEST,
	      EINVAL);
	FAILS(iommufd_vfio_export_dma_buf(file, 0, NULL, 0, NULL), NULL_POINTER,
	      EINVAL);
	ck_assert_int_eq(fake.count, 0);
	iommufd_device_close(NULL);
	iommufd_access_close(NULL);
	iommufd_vfio_close(NULL);
	ck_assert_int_eq(iommufd_vfio_fd(NULL), -1);
	ck_assert_uint_eq(iommufd_vfio_id(NULL), 0);
	ck_assert_ptr_null(iommufd_vfio_ctx(NULL));
	ck_assert_uint_eq(iommufd_vfio_kind(NULL), IOMMUFD_VFIO_UNBOUND);
	ck_assert_uint_eq(iommufd_device_id(NULL), 0);
	ck_assert_uint_eq(iommufd_access_id(NULL), 0);
	ck_assert_ptr_null(iommufd_device_vfio(NULL));
	ck_assert_ptr_null(iommufd_access_vfio(NULL));
}
END_TEST

static const TTest **const bind_tests[] = {
	&every_errno_of_bind,
	&what_bind_asks,
	&what_bind_refuses_itself,
	&kinds,
	NULL,
};

static const TTest **const other_tests[] = {
	&every_errno_of_attach_and_detach,
	&every_errno_of_an_access,
	&every_errno_of_the_rest,
	&close_fails,
	&null_pointers,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "bind", .setup = setup, .tests = bind_tests },
		{ .name = "others", .setup = setup, .tests = other_tests },
	};

	return harness_run("vfio_fake", cases, 2);
}
