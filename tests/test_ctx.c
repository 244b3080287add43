/* SPDX-License-Identifier: MIT */
/* Opening, adopting and closing contexts; probes and raw commands. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "fixture.h"
#include "harness.h"

START_TEST(open_and_close)
{
	unsigned int before = open_descriptors();
	struct iommufd_ctx *ctx = NULL, *other = NULL;

	OK(iommufd_ctx_open(NULL, &ctx));
	OK(iommufd_ctx_open("/dev/iommu", &other));
	ck_assert_int_ne(iommufd_ctx_fd(ctx), iommufd_ctx_fd(other));
	ck_assert_int_eq(fcntl(iommufd_ctx_fd(ctx), F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(fcntl(iommufd_ctx_fd(ctx), F_GETFL) & O_ACCMODE,
			 O_RDWR);
	ck_assert_uint_eq(open_descriptors(), before + 2);
	iommufd_ctx_close(ctx);
	iommufd_ctx_close(other);
	iommufd_ctx_close(NULL);
	ck_assert_int_eq(iommufd_ctx_fd(NULL), -1);
	ck_assert_uint_eq(open_descriptors(), before);
}
END_TEST

START_TEST(contexts_are_apart)
{
	struct iommufd_ctx *a = harness_ctx(), *b = harness_ctx();
	struct iommufd_ioas *ioas = NULL;

	OK(iommufd_ioas_alloc(a, 0, &ioas));
	FAILS(iommufd_ctx_destroy_id(b, iommufd_ioas_id(ioas)), OBJECT, ENOENT);
	OK(iommufd_ioas_destroy(ioas));
	iommufd_ctx_close(a);
	iommufd_ctx_close(b);
}
END_TEST

static void as_nobody(void *unused)
{
	struct iommufd_ctx *ctx = (void *)1;

	(void)unused;
	ck_assert_int_eq(setresuid(65534, 65534, 65534), 0);
	FAILS(iommufd_ctx_open("/tmp/iommu-600", &ctx), OPEN_DENIED, EACCES);
	ck_assert_ptr_eq(ctx, (void *)1);
}

START_TEST(open_denied)
{
	struct stat info;

	ck_assert_int_eq(stat("/dev/iommu", &info), 0);
	unlink("/tmp/iommu-600");
	ck_assert_int_eq(mknod("/tmp/iommu-600", S_IFCHR | 0600, info.st_rdev),
			 0);
	in_child(as_nobody, NULL);
	unlink("/tmp/iommu-600");
}
END_TEST

START_TEST(open_fails)
{
	struct iommufd_ctx *ctx = (void *)1;
	struct iommufd_failure failure;
	int ret;

	FAILS(iommufd_ctx_open(NULL, NULL), NULL_POINTER, EINVAL);
	ret = iommufd_ctx_open("/dev/no-such-file", &ctx);
	FAILS(ret, NO_IOMMUFD, ENOENT);
	failure = harness_failure(ret);
	ck_assert_uint_eq(failure.op, IOMMUFD_OP_CTX_OPEN);
	FAILS(iommufd_ctx_open("/dev/null/iommu", &ctx), NO_IOMMUFD, ENOTDIR);
	/* A node without a driver behind it. */
	unlink("/tmp/no-driver");
	ck_assert_int_eq(
		mknod("/tmp/no-driver", S_IFCHR | 0666, makedev(4000, 1)), 0);
	FAILS(iommufd_ctx_open("/tmp/no-driver", &ctx), NO_IOMMUFD, ENXIO);
	unlink("/tmp/no-driver");
	FAILS(iommufd_ctx_open((const char *)8, &ctx), BAD_BUFFER, EFAULT);
	FAILS(iommufd_ctx_open("/tmp", &ctx), UNSPECIFIC, EISDIR);
	ck_assert_ptr_eq(ctx, (void *)1);
}
END_TEST

/* No descriptor above those that are open now. */
static void forbid_descriptors(void)
{
	struct rlimit limit = { 0 };
	int next = dup(0);

	close(next);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = (rlim_t)next;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

START_TEST(descriptors_run_out)
{
	struct iommufd_ctx *ctx = NULL, *first = harness_ctx();

	forbid_descriptors();
	FAILS(iommufd_ctx_open(NULL, &ctx), DESCRIPTORS, EMFILE);
	FAILS(iommufd_ctx_adopt(iommufd_ctx_fd(first), 0, &ctx), DESCRIPTORS,
	      EMFILE);
	ck_assert_ptr_null(ctx);
	OK(iommufd_ctx_probe(first, IOMMUFD_NR_IOAS_ALLOC));
	iommufd_ctx_close(first);
}
END_TEST

START_TEST(adopt_a_duplicate)
{
	int fd = open("/dev/iommu", O_RDWR);
	struct iommufd_ctx *ctx = NULL;
	struct iommufd_ioas *ioas = NULL;

	OK(iommufd_ctx_adopt(fd, 0, &ctx));
	ck_assert_int_ne(iommufd_ctx_fd(ctx), fd);
	ck_assert_int_eq(fcntl(iommufd_ctx_fd(ctx), F_GETFD), FD_CLOEXEC);
	OK(iommufd_ioas_alloc(ctx, 0, &ioas));
	iommufd_ioas_release(ioas);
	iommufd_ctx_close(ctx);
	/* The object lives on, and so does the caller's descriptor. */
	OK(iommufd_ctx_adopt(fd, IOMMUFD_ADOPT_VERIFY, &ctx));
	OK(iommufd_ioas_adopt(ctx, 1, IOMMUFD_ADOPT_VERIFY, &ioas));
	iommufd_ioas_release(ioas);
	iommufd_ctx_close(ctx);
	ck_assert_int_eq(fcntl(fd, F_GETFD), 0);
	close(fd);
}
END_TEST

START_TEST(adopt_and_take)
{
	const uint32_t flags = IOMMUFD_ADOPT_TAKE_FD | IOMMUFD_ADOPT_VERIFY;
	int fd = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	struct iommufd_ctx *ctx = NULL;

	OK(iommufd_ctx_adopt(fd, flags, &ctx));
	ck_assert_int_eq(iommufd_ctx_fd(ctx), fd);
	iommufd_ctx_close(ctx);
	ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
	fd = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	OK(iommufd_ctx_adopt(fd, IOMMUFD_ADOPT_TAKE_FD, &ctx));
	iommufd_ctx_close(ctx);
	ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
}
END_TEST

/* After each failure the descriptor is the caller's. */
START_TEST(adopt_fails)
{
	const uint32_t take = IOMMUFD_ADOPT_TAKE_FD;
	const uint32_t verify = IOMMUFD_ADOPT_VERIFY;
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC), closed = dup(fd);
	struct iommufd_ctx *ctx = (void *)1;
	int ret;

	close(closed);
	FAILS(iommufd_ctx_adopt(fd, 0, NULL), NULL_POINTER, EINVAL);
	FAILS(iommufd_ctx_adopt(fd, 1u << 3, &ctx), BAD_FLAGS, EINVAL);
	FAILS(iommufd_ctx_adopt(fd, IOMMUFD_ADOPT_OWNED, &ctx), BAD_FLAGS,
	      EINVAL);
	FAILS(iommufd_ctx_adopt(fd, verify, &ctx), NOT_IOMMUFD, ENOTTY);
	FAILS(iommufd_ctx_adopt(fd, take | verify, &ctx), NOT_IOMMUFD, ENOTTY);
	FAILS(iommufd_ctx_adopt(closed, 0, &ctx), BAD_FD, EBADF);
	FAILS(iommufd_ctx_adopt(closed, take | verify, &ctx), BAD_FD, EBADF);
	ret = iommufd_ctx_adopt(-1, take, &ctx);
	FAILS(ret, BAD_FD, EBADF);
	ck_assert_int_eq(harness_failure(ret).fd, -1);
	FAILS(iommufd_ctx_adopt(-100, 0, &ctx), BAD_FD, EBADF);
	ck_assert_ptr_eq(ctx, (void *)1);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close(fd);
}
END_TEST

/* Adopted without a question, a wrong file shows at the first command. */
START_TEST(commands_on_another_file)
{
	struct iommufd_ioas *ioas = NULL;
	struct iommufd_ctx *ctx = NULL;
	uint32_t mode;

	OK(iommufd_ctx_open("/dev/null", &ctx));
	FAILS(iommufd_ctx_probe(ctx, IOMMUFD_NR_IOAS_ALLOC), NOT_IOMMUFD,
	      ENOTTY);
	FAILS(iommufd_ctx_probe(ctx, IOMMUFD_NR_HWPT_ALLOC), COMMAND, ENOTTY);
	FAILS(iommufd_ioas_alloc(ctx, 0, &ioas), NOT_IOMMUFD, ENOTTY);
	FAILS(iommufd_ctx_rlimit_mode_get(ctx, &mode), NOT_IOMMUFD, ENOTTY);
	iommufd_ctx_close(ctx);
}
END_TEST

/* Four handles of one context end in each of the 24 orders. */
#define HANDLES 4

struct handles {
	struct iommufd_ctx *ctx;
	struct iommufd_ioas *ioas;
	struct iommufd_hwpt *hwpt;
	struct iommufd_device *device;
};

static void end_handle(struct handles *h, int which)
{
	switch (which) {
	case 0:
		iommufd_ctx_close(h->ctx);
		break;
	case 1:
		iommufd_ioas_release(h->ioas);
		break;
	case 2:
		iommufd_hwpt_release(h->hwpt);
		break;
	default:
		iommufd_device_close(h->device);
	}
}

static void end_in_order(const int *order)
{
	unsigned int before = open_descriptors();
	struct fixture f;
	struct handles h;
	int fd;

	fixture_device(&f);
	h = (struct handles){ f.ctx, f.ioas, NULL, f.device };
	OK(iommufd_hwpt_alloc(h.device, iommufd_ioas_id(h.ioas), NULL,
			      &h.hwpt));
	fd = iommufd_ctx_fd(h.ctx);
	for (int i = 0; i < HANDLES; i++) {
		ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
		end_handle(&h, order[i]);
	}
	ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
	ck_assert_uint_eq(open_descriptors(), before);
}

START_TEST(handles_end_in_any_order)
{
	for (int n = 0; n < 24; n++) {
		int pool[HANDLES] = { 0, 1, 2, 3 }, order[HANDLES];
		int rest = n;

		for (int i = 0; i < HANDLES; i++) {
			int pick = rest % (HANDLES - i);

			rest /= HANDLES - i;
			order[i] = pool[pick];
			memmove(pool + pick, pool + pick + 1,
				(size_t)(HANDLES - 1 - pick) * sizeof(*pool));
		}
		end_in_order(order);
	}
}
END_TEST

START_TEST(objects_work_without_the_context_handle)
{
	unsigned int before = open_descriptors();
	struct fixture f;
	uint64_t iova = 0;

	fixture_device(&f);
	iommufd_ctx_close(f.ctx);
	OK(iommufd_ioas_map(f.ioas, harness_memory(PAGE), PAGE, RW, &iova));
	OK(iommufd_device_attach(f.device, iommufd_ioas_id(f.ioas), NULL));
	FAILS(iommufd_ioas_destroy(f.ioas), IN_USE, EBUSY);
	iommufd_device_close(f.device);
	OK(iommufd_ioas_unmap_all(f.ioas, NULL));
	OK(iommufd_ioas_destroy(f.ioas));
	ck_assert_uint_eq(open_descriptors(), before);
}
END_TEST

/* A part of a program that is given an object, and goes on without its owner. */
START_TEST(held_by_somebody_else)
{
	unsigned int before = open_descriptors();
	struct iommufd_ioas *ioas = NULL, *own = NULL;
	struct iommufd_ctx *ctx = harness_ctx(), *held;
	struct iommufd_extent part = { .length = PAGE };
	uint64_t iova = 0, copy = 0;

	OK(iommufd_ioas_alloc(ctx, 0, &ioas));
	held = iommufd_ctx_ref(iommufd_ioas_ctx(ioas));
	ck_assert_ptr_eq(held, ctx);
	iommufd_ctx_close(ctx);
	OK(iommufd_ioas_map(ioas, harness_memory(PAGE), PAGE, RW, &iova));
	OK(iommufd_ioas_alloc(held, 0, &own));
	part.start = iova;
	OK(iommufd_ioas_copy(own, ioas, &part, RW, &copy));
	OK(iommufd_ioas_destroy(ioas));
	OK(iommufd_ioas_destroy(own));
	ck_assert_uint_gt(open_descriptors(), before);
	iommufd_ctx_close(held);
	ck_assert_uint_eq(open_descriptors(), before);
	ck_assert_ptr_null(iommufd_ctx_ref(NULL));
}
END_TEST

/* The commands this kernel must have; others tests ask the kernel. */
START_TEST(the_kernels_commands)
{
	uint32_t last = strcmp(harness_kernel(), "lts")
				? IOMMUFD_NR_IOAS_NOIOMMU_GET_PA
				: IOMMUFD_NR_FAULT_QUEUE_ALLOC;
	struct iommufd_ctx *ctx = harness_ctx();

	for (uint32_t nr = IOMMUFD_NR_DESTROY; nr <= last; nr++)
		OK(iommufd_ctx_probe(ctx, nr));
	for (uint32_t nr = last + 1; nr < IOMMUFD_MOCK_NR; nr++)
		FAILS(iommufd_ctx_probe(ctx, nr), COMMAND, ENOTTY);
	OK(iommufd_ctx_probe(ctx, IOMMUFD_MOCK_NR));
	ck_assert_uint_eq(next_id(ctx), 1);
	iommufd_ctx_close(ctx);
}
END_TEST

START_TEST(probes_that_fail)
{
	struct iommufd_ctx *ctx = harness_ctx();
	struct iommufd_failure failure;
	int ret;

	FAILS(iommufd_ctx_probe(NULL, IOMMUFD_NR_DESTROY), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_ctx_probe(ctx, 256), BAD_VALUE, EINVAL);
	FAILS(iommufd_ctx_probe(ctx, UINT32_MAX), BAD_VALUE, EINVAL);
	FAILS(iommufd_ctx_probe(ctx, 0), COMMAND, ENOTTY);
	ret = iommufd_ctx_probe(ctx, 255);
	FAILS(ret, COMMAND, ENOTTY);
	failure = harness_failure(ret);
	ck_assert_uint_eq(failure.op, IOMMUFD_OP_CTX_PROBE);
	ck_assert_int_eq(failure.fd, iommufd_ctx_fd(ctx));
	ck_assert_uint_eq(failure.arg, 255);
	iommufd_ctx_close(ctx);
}
END_TEST

START_TEST(raw_commands)
{
	struct iommufd_ctx *ctx = harness_ctx();
	uint32_t alloc[3] = { sizeof(alloc), 0, 0 };
	uint32_t longer[5] = { sizeof(longer), 0, 0, 0, 0 };
	struct iommufd_failure failure;
	int32_t result = -1;
	int ret;

	OK(iommufd_ctx_ioctl(ctx, IOMMUFD_NR_IOAS_ALLOC, alloc, NULL));
	ck_assert_uint_eq(alloc[2], 1);
	OK(iommufd_ctx_ioctl(ctx, IOMMUFD_NR_IOAS_ALLOC, longer, NULL));
	OK(iommufd_ctx_destroy_id(ctx, longer[2]));
	/* VFIO_CHECK_EXTENSION, whose argument is no pointer, returns 1. */
	OK(iommufd_ctx_ioctl(ctx, 101, (void *)1, &result));
	ck_assert_int_eq(result, 1);
	longer[4] = 1;
	FAILS(iommufd_ctx_ioctl(ctx, IOMMUFD_NR_IOAS_ALLOC, longer, NULL),
	      NEWER_STRUCT, E2BIG);
	alloc[0] = 8;
	ret = iommufd_ctx_ioctl(ctx, IOMMUFD_NR_IOAS_ALLOC, alloc, NULL);
	FAILS(ret, UNSPECIFIC, EINVAL);
	failure = harness_failure(ret);
	ck_assert_uint_eq(failure.op, IOMMUFD_OP_CTX_IOCTL);
	ck_assert_uint_eq(failure.arg, IOMMUFD_NR_IOAS_ALLOC);
	FAILS(iommufd_ctx_ioctl(ctx, IOMMUFD_NR_IOAS_ALLOC, (void *)8, NULL),
	      BAD_BUFFER, EFAULT);
	FAILS(iommufd_ctx_ioctl(ctx, 255, alloc, NULL), COMMAND, ENOTTY);
	FAILS(iommufd_ctx_ioctl(ctx, 256, alloc, NULL), BAD_VALUE, EINVAL);
	FAILS(iommufd_ctx_ioctl(NULL, IOMMUFD_NR_IOAS_ALLOC, alloc, NULL),
	      NULL_POINTER, EINVAL);
	/* The kernel says EFAULT even for what it does not have. */
	FAILS(iommufd_ctx_ioctl(ctx, IOMMUFD_NR_IOAS_ALLOC, NULL, NULL),
	      NULL_POINTER, EINVAL);
	OK(iommufd_ctx_destroy_id(ctx, 1));
	iommufd_ctx_close(ctx);
}
END_TEST

START_TEST(destroy_by_id)
{
	struct fixture f;
	int ret;

	fixture_device(&f);
	FAILS(iommufd_ctx_destroy_id(NULL, 1), NULL_POINTER, EINVAL);
	FAILS(iommufd_ctx_destroy_id(f.ctx, 0), OBJECT, ENOENT);
	FAILS(iommufd_ctx_destroy_id(f.ctx, UINT32_MAX), OBJECT, ENOENT);
	ret = iommufd_ctx_destroy_id(f.ctx, iommufd_ioas_id(f.ioas));
	FAILS(ret, IN_USE, EBUSY);
	ck_assert_uint_eq(harness_failure(ret).object_id,
			  iommufd_ioas_id(f.ioas));
	iommufd_device_close(f.device);
	OK(iommufd_ctx_destroy_id(f.ctx, iommufd_ioas_id(f.ioas)));
	FAILS(iommufd_ioas_destroy(f.ioas), OBJECT, ENOENT);
	iommufd_ioas_release(f.ioas);
	iommufd_ctx_close(f.ctx);
}
END_TEST

static const TTest **const opening[] = {
	&open_and_close, &contexts_are_apart,  &open_denied,
	&open_fails,	 &descriptors_run_out, NULL,
};

static const TTest **const adopting[] = {
	&adopt_a_duplicate,
	&adopt_and_take,
	&adopt_fails,
	&commands_on_another_file,
	NULL,
};

static const TTest **const ending[] = {
	&handles_end_in_any_order,
	&objects_work_without_the_context_handle,
	&held_by_somebody_else,
	NULL,
};

static const TTest **const commands[] = {
	&the_kernels_commands,
	&probes_that_fail,
	&raw_commands,
	&destroy_by_id,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "open", .tests = opening },
		{ .name = "adopt", .tests = adopting },
		{ .name = "end", .tests = ending },
		{ .name = "commands", .tests = commands },
	};

	return harness_run("ctx", cases, 4);
}
