/* SPDX-License-Identifier: MIT */
/*
 * Calls of fault queues and event queues with the kernel replaced: what is asked
 * of it, and the cause of every errno, also of those that no test bed gives.
 * Needs no iommufd.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness.h"
#include "uapi.h"

#define QUEUE_ID 7

/* What the fake kernel answers on the queue's descriptor, and was asked. */
static struct {
	int fd; /* no descriptor: nothing goes to the real kernel */
	int err;
	ssize_t taken; /* bytes that a read or write does */
	size_t length;
	uint32_t nr;
	unsigned char arg[64];
	int count;
} fake = { .fd = -1 };

static ssize_t transfer(size_t length)
{
	fake.count++;
	fake.length = length;
	errno = fake.err;
	return fake.err ? -1 : fake.taken;
}

ssize_t read(int fd, void *buffer, size_t length)
{
	return fd == fake.fd ? transfer(length)
			     : syscall(SYS_read, fd, buffer, length);
}

ssize_t write(int fd, const void *buffer, size_t length)
{
	return fd == fake.fd ? transfer(length)
			     : syscall(SYS_write, fd, buffer, length);
}

int ioctl(int fd, unsigned long request, ...)
{
	uint32_t *arg;
	va_list args;

	(void)fd;
	va_start(args, request);
	arg = va_arg(args, uint32_t *);
	va_end(args);
	fake.count++;
	fake.nr = request & 0xff;
	memcpy(fake.arg, arg, *arg < 64 ? *arg : 64);
	errno = fake.err;
	if (fake.err)
		return -1;
	if (fake.nr == IOMMUFD_NR_FAULT_QUEUE_ALLOC) {
		arg[2] = QUEUE_ID;
		arg[3] = (uint32_t)fake.fd;
	} else if (fake.nr == IOMMUFD_NR_VEVENTQ_ALLOC) {
		arg[5] = QUEUE_ID;
		arg[6] = (uint32_t)fake.fd;
	}
	return 0;
}

static struct iommufd_ctx *ctx;
static struct iommufd_viommu *viommu;
static struct iommufd_fault_queue *faults;
static struct iommufd_veventq *events;
static struct iommufd_hwpt_pgfault pgfaults[4];
static const struct iommufd_hwpt_page_response responses[4] = { { 5, 0 },
								{ 6, 9 } };
static const struct iommufd_veventq_alloc_opts opts = { .size = sizeof(opts),
							.type = 77,
							.depth = 33 };
static uint32_t count, length;

static void setup(void)
{
	OK(iommufd_ctx_open("/dev/null", &ctx));
	OK(iommufd_viommu_adopt(ctx, 3, 0, &viommu));
	fake.fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	OK(iommufd_fault_queue_adopt(ctx, 8, fake.fd, 0, &faults));
	OK(iommufd_veventq_adopt(ctx, 9, fake.fd, 0, &events));
	close(fake.fd);
	fake.fd = -1;
}

/* What is read and written goes to the fake from here on. */
static void reach(int fd)
{
	fake.fd = fd;
	fake.count = 0;
}

static void end(void)
{
	ck_assert_int_eq(fake.err, 0);
	fake.fd = -1;
	iommufd_fault_queue_release(faults);
	iommufd_veventq_release(events);
	iommufd_viommu_release(viommu);
	iommufd_ctx_close(ctx);
}

static int fault_alloc(void)
{
	struct iommufd_fault_queue *queue = NULL;
	int ret = iommufd_fault_queue_alloc(ctx, 0, &queue);

	ck_assert_int_eq(!ret, queue != NULL);
	iommufd_fault_queue_release(queue);
	return ret;
}

static int fault_read(void)
{
	int ret;

	count = 4;
	ret = iommufd_fault_queue_read(faults, pgfaults, &count);
	ck_assert_int_eq(ret && count != 4, 0);
	return ret;
}

static int respond(const struct iommufd_hwpt_page_response *first)
{
	int ret;

	count = 1;
	ret = iommufd_fault_queue_respond(faults, first, &count);
	ck_assert_int_eq(ret && count, 0);
	return ret;
}

static int respond_good(void)
{
	return respond(&responses[0]);
}

static int respond_wrong(void)
{
	return respond(&responses[1]);
}

static int event_alloc(void)
{
	struct iommufd_veventq *queue = NULL;
	int ret = iommufd_veventq_alloc(viommu, &opts, &queue);

	ck_assert_int_eq(!ret, queue != NULL);
	iommufd_veventq_release(queue);
	return ret;
}

static int event_read(void)
{
	int ret;

	length = 64;
	ret = iommufd_veventq_read(events, pgfaults, &length);
	ck_assert_int_eq(ret && length != 64, 0);
	return ret;
}

/* The call, with the system saying @err. */
static int with(int (*call)(void), int err)
{
	int ret;

	fake.err = err;
	ret = call();
	fake.err = 0;
	return ret;
}

/* What every request can meet. */
static void common(int (*call)(void))
{
	FAILS(with(call, EBADF), BAD_FD, EBADF);
	FAILS(with(call, EFAULT), BAD_BUFFER, EFAULT);
	FAILS(with(call, ENOMEM), NO_MEMORY, ENOMEM);
	FAILS(with(call, EINTR), INTERRUPTED, EINTR);
	FAILS(with(call, EAGAIN), CONTENDED, EAGAIN);
	FAILS(with(call, EIO), UNSPECIFIC, EIO);
	FAILS(with(call, EPERM), NOT_PERMITTED, EPERM);
}

START_TEST(of_making)
{
	int (*const calls[])(void) = { fault_alloc, event_alloc };

	for (int i = 0; i < 2; i++) {
		common(calls[i]);
		FAILS(with(calls[i], ENOTTY), COMMAND, ENOTTY);
		FAILS(with(calls[i], E2BIG), NEWER_STRUCT, E2BIG);
		FAILS(with(calls[i], EOPNOTSUPP), FEATURE, EOPNOTSUPP);
		FAILS(with(calls[i], EMFILE), DESCRIPTORS, EMFILE);
		FAILS(with(calls[i], ENFILE), DESCRIPTORS, ENFILE);
		FAILS(with(calls[i], ENOENT), OBJECT, ENOENT);
	}
	FAILS(with(event_alloc, EINVAL), BAD_VALUE, EINVAL);
	FAILS(with(event_alloc, EEXIST), QUEUE_EXISTS, EEXIST);
	end();
}
END_TEST

START_TEST(of_reading)
{
	reach(iommufd_fault_queue_fd(faults));
	common(fault_read);
	FAILS(with(fault_read, EINVAL), RECORD_SHORT, EINVAL);
	FAILS(with(fault_read, ESPIPE), UNSPECIFIC, ESPIPE);
	reach(iommufd_veventq_fd(events));
	common(event_read);
	FAILS(with(event_read, EINVAL), RECORD_SHORT, EINVAL);
	FAILS(with(event_read, ESPIPE), UNSPECIFIC, ESPIPE);
	end();
}
END_TEST

START_TEST(of_answering)
{
	reach(iommufd_fault_queue_fd(faults));
	common(respond_good);
	common(respond_wrong);
	FAILS(with(respond_good, EINVAL), FAULT_GONE, EINVAL);
	FAILS(with(respond_wrong, EINVAL), BAD_VALUE, EINVAL);
	ck_assert_uint_eq(harness_failure(with(respond_wrong, EINVAL)).arg, 9);
	/* Nothing given, nothing to look at. */
	count = 0;
	fake.err = EINVAL;
	FAILS(iommufd_fault_queue_respond(faults, NULL, &count), FAULT_GONE,
	      EINVAL);
	fake.err = 0;
	end();
}
END_TEST

START_TEST(what_is_asked)
{
	const uint32_t fault_cmd[4] = { 16 };
	const uint32_t event_cmd[8] = { 32, 0, 3, 77, 33 };

	/* Each handle takes its descriptor along. */
	fake.fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	OK(fault_alloc());
	ck_assert_uint_eq(fake.nr, IOMMUFD_NR_FAULT_QUEUE_ALLOC);
	ck_assert_mem_eq(fake.arg, fault_cmd, sizeof(fault_cmd));
	fake.fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	OK(event_alloc());
	ck_assert_uint_eq(fake.nr, IOMMUFD_NR_VEVENTQ_ALLOC);
	ck_assert_mem_eq(fake.arg, event_cmd, sizeof(event_cmd));
	ck_assert_int_eq(fake.count, 2);
	end();
}
END_TEST

/* One system call each, whatever it does of what was asked. */
START_TEST(what_is_done)
{
	reach(iommufd_fault_queue_fd(faults));
	fake.taken = 2 * sizeof(pgfaults[0]);
	OK(fault_read());
	ck_assert_uint_eq(count, 2);
	ck_assert_uint_eq(fake.length, 4 * sizeof(pgfaults[0]));
	fake.taken = 3 * sizeof(responses[0]);
	count = 4;
	OK(iommufd_fault_queue_respond(faults, responses, &count));
	ck_assert_uint_eq(count, 3);
	ck_assert_uint_eq(fake.length, sizeof(responses));
	count = UINT32_MAX;
	OK(iommufd_fault_queue_respond(faults, responses, &count));
	ck_assert_uint_eq(fake.length, sizeof(responses[0]) << 20);
	count = UINT32_MAX;
	fake.taken = 0;
	OK(iommufd_fault_queue_read(faults, pgfaults, &count));
	ck_assert_uint_eq(fake.length, sizeof(pgfaults[0]) << 20);
	ck_assert_uint_eq(count, 0);
	ck_assert_int_eq(fake.count, 4);

	reach(iommufd_veventq_fd(events));
	fake.taken = 12;
	OK(event_read());
	ck_assert_uint_eq(length, 12);
	ck_assert_uint_eq(fake.length, 64);
	length = UINT32_MAX;
	OK(iommufd_veventq_read(events, pgfaults, &length));
	ck_assert_uint_eq(fake.length, 1 << 30);
	ck_assert_int_eq(fake.count, 2);
	end();
}
END_TEST

static const TTest **const tests[] = {
	&of_making,	&of_reading,   &of_answering,
	&what_is_asked, &what_is_done, NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "queues", .setup = setup, .tests = tests },
	};

	return harness_run("causes_queues", cases, 1);
}
