/* SPDX-License-Identifier: MIT */
/* Sockets and memory files that bring something else than a hand-over. */
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "handed.h"

#define PASS_PIDFD 76 /* SO_PASSPIDFD, of Linux 6.5 */

/* ---- sockets ----------------------------------------------------------------------- */

/* What comes of this in a socket; the sender is gone then, or says no more. */
static int receive(const void *bytes, size_t length, size_t part, int gone)
{
	struct iommufd_hand_over *new = NULL;
	const struct timeval moment = { .tv_usec = 20000 };
	struct iommufd_ctx *ctx = NULL;
	const char *at = bytes;
	int ends[2], ret;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	ck_assert_int_eq(setsockopt(ends[1], SOL_SOCKET, SO_RCVTIMEO, &moment,
				    sizeof(moment)),
			 0);
	for (size_t n; length; length -= n, at += n) {
		n = length < part ? length : part;
		ck_assert_int_eq(send(ends[0], at, n, 0), (ssize_t)n);
	}
	if (gone)
		close(ends[0]);
	ret = iommufd_hand_over_receive(ends[1], &ctx, &new);
	ck_assert(ret && !ctx && !new);
	if (!gone)
		close(ends[0]);
	close(ends[1]);
	return ret;
}

START_TEST(sockets)
{
	struct iommufd_hand_over *new = NULL;
	struct iommufd_ctx *ctx = NULL;
	int ends[2];

	if (!handed.h)
		return;
	FAILS(receive(handed.good, 0, 1, 1), HAND_OVER_PEER, ECONNRESET);
	FAILS(receive(handed.good, 31, 31, 1), HAND_OVER_PEER, ECONNRESET);
	FAILS(receive(handed.good, LENGTH - 1, LENGTH, 1), HAND_OVER_PEER,
	      ECONNRESET);
	FAILS(receive(handed.good, LENGTH - 1, LENGTH, 0), HAND_OVER_PEER,
	      EAGAIN);
	/* All of it, bit by bit, but no descriptors. */
	FAILS(receive(handed.good, LENGTH, 13, 1), HAND_OVER_DESCRIPTORS,
	      EINVAL);
	handed_put(AT_THINGS, UINT32_MAX);
	FAILS(receive(handed.bad, LENGTH, LENGTH, 1), HAND_OVER_MALFORMED,
	      EINVAL);
	handed_put(AT_VERSION, 2);
	FAILS(receive(handed.bad, LENGTH, LENGTH, 1), HAND_OVER_NEWER, EINVAL);
	FAILS(receive("hello, this is another protocol", 32, 32, 1),
	      HAND_OVER_MALFORMED, EINVAL);

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	ck_assert_int_eq(send(ends[0], handed.good, LENGTH, 0), LENGTH);
	FAILS(iommufd_hand_over_receive(ends[1], &ctx, &new),
	      HAND_OVER_MALFORMED, EINVAL);
	close(ends[1]);
	FAILS(iommufd_hand_over_send(handed.h, ends[0]), HAND_OVER_PEER, EPIPE);
	close(ends[0]);
}
END_TEST

/* Messages with descriptors that nobody asked for: none of them stays. */
static void send_with(int socket, const void *bytes, size_t length, int fd,
		      unsigned int count)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(8 * sizeof(int))];
	} control = { 0 };
	struct iovec part = { (void *)(uintptr_t)bytes, length };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen =
					  CMSG_SPACE(count * sizeof(int)) };
	int copies[8] = { fd, fd, fd, fd, fd, fd, fd, fd };

	control.align.cmsg_level = SOL_SOCKET;
	control.align.cmsg_type = SCM_RIGHTS;
	control.align.cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(&control.align), copies, count * sizeof(int));
	ck_assert_int_eq(sendmsg(socket, &message, 0), (ssize_t)length);
}

START_TEST(too_many_descriptors)
{
	struct iommufd_hand_over *new = NULL;
	struct iommufd_ctx *ctx = NULL;
	struct rlimit limit, few;
	int ends[2];

	if (!handed.h)
		return;
	for (int early = 0; early < 2; early++) {
		ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
		send_with(ends[0], handed.good, HEAD, 0, early ? 8 : 1);
		send_with(ends[0], handed.good + HEAD, LENGTH - HEAD, 0, 8);
		FAILS(iommufd_hand_over_receive(ends[1], &ctx, &new),
		      HAND_OVER_DESCRIPTORS, EINVAL);
		close(ends[0]);
		close(ends[1]);
	}
	/* Three come, and there is room for one. */
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	OK(iommufd_hand_over_send(handed.h, ends[0]));
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	few = limit;
	few.rlim_cur = (rlim_t)ends[1] + 2;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	FAILS(iommufd_hand_over_receive(ends[1], &ctx, &new), DESCRIPTORS,
	      EMFILE);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

/* A socket that says who sends has a descriptor of the sender with each message:
 * it does not stay either. */
START_TEST(socket_that_says_who_sends)
{
	struct iommufd_hand_over *new = NULL;
	struct iommufd_ctx *ctx = NULL;
	const int on = 1;
	int ends[2];

	if (!handed.h)
		return;
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	ck_assert_int_eq(
		setsockopt(ends[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)),
		0);
	ck_assert_int_eq(
		setsockopt(ends[1], SOL_SOCKET, PASS_PIDFD, &on, sizeof(on)),
		0);
	OK(iommufd_hand_over_send(handed.h, ends[0]));
	OK(iommufd_hand_over_receive(ends[1], &ctx, &new));
	iommufd_hand_over_release(new);
	iommufd_ctx_close(ctx);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

/* ---- memory files -------------------------------------------------------------------- */

/* What comes of a memory file with this record and the right numbers. */
static int inherited(const void *record, size_t length, size_t numbers)
{
	int fd = memfd_create("test", MFD_CLOEXEC);
	struct iommufd_hand_over *new = NULL;
	struct iommufd_ctx *ctx = NULL;
	int ret;

	ck_assert_int_eq(write(fd, record, length), (ssize_t)length);
	ck_assert_int_eq(write(fd, handed.fds, numbers), (ssize_t)numbers);
	ret = iommufd_hand_over_inherited(fd, &ctx, &new);
	ck_assert(ret && !ctx && !new);
	/* It is there for another program. */
	ck_assert_int_eq(close(fd), 0);
	return ret;
}

START_TEST(memory_files)
{
	struct iommufd_hand_over *new = NULL;
	struct iommufd_ctx *ctx = NULL;
	int ends[2];

	if (!handed.h)
		return;
	FAILS(inherited(handed.good, 0, 0), HAND_OVER_MALFORMED, EINVAL);
	FAILS(inherited(handed.good, LENGTH, 0), HAND_OVER_MALFORMED, EINVAL);
	FAILS(inherited(handed.good, LENGTH, 11), HAND_OVER_MALFORMED, EINVAL);
	FAILS(inherited(handed.good, HEAD, 0), HAND_OVER_MALFORMED, EINVAL);
	handed.bad[LENGTH - 1] = 1;
	FAILS(inherited(handed.bad, LENGTH, 12), HAND_OVER_MALFORMED, EINVAL);
	handed_put(AT_VERSION, 2);
	FAILS(inherited(handed.bad, LENGTH, 12), HAND_OVER_NEWER, EINVAL);
	ck_assert_int_eq(pipe(ends), 0);
	FAILS(iommufd_hand_over_inherited(ends[0], &ctx, &new),
	      HAND_OVER_MALFORMED, EINVAL);
	close(ends[0]);
	close(ends[1]);
	/* Numbers of other files. */
	handed.fds[2] = handed.fds[0];
	FAILS(inherited(handed.good, LENGTH, 12), HAND_OVER_DESCRIPTORS,
	      EINVAL);
	handed.fds[2] = 1000000;
	FAILS(inherited(handed.good, LENGTH, 12), BAD_FD, EBADF);
}
END_TEST

/* Each number is closed once, and the file's own by nobody else. */
static void numbers(int file, const unsigned char *record, uint32_t length,
		    const int32_t *with, uint32_t count)
{
	const ssize_t size = (ssize_t)(count * sizeof(*with));
	struct iommufd_hand_over *new = NULL;
	struct iommufd_ctx *ctx = NULL;

	ck_assert_int_eq(pwrite(file, record, length, 0), (ssize_t)length);
	ck_assert_int_eq(pwrite(file, with, (size_t)size, (off_t)length), size);
	FAILS(iommufd_hand_over_inherited(file, &ctx, &new),
	      HAND_OVER_DESCRIPTORS, EINVAL);
	ck_assert_ptr_null(new);
}

START_TEST(numbers_that_come_twice)
{
	int file = memfd_create("test", MFD_CLOEXEC);
	unsigned char record[HEAD + 4 * THING];
	uint32_t length = sizeof(record), count = 4;
	struct iommufd_hand_over *h = NULL;
	int32_t with[4];

	if (handed.h) {
		OK(iommufd_hand_over_new(handed.f.ctx, 0, &h));
		OK(iommufd_hand_over_add(h, &OBJECT(FD, "a", .fd = file)));
		OK(iommufd_hand_over_add(h, &OBJECT(FD, "b", .fd = file)));
		OK(iommufd_hand_over_pack(h, record, &length, with, &count));
		ck_assert_uint_eq(length, sizeof(record));
		with[3] = with[2];
		numbers(file, record, length, with, count);
		with[3] = file;
		numbers(file, record, length, with, count);
		iommufd_hand_over_release(h);
	}
	close(file);
}
END_TEST

static const TTest **const transports[] = {
	&sockets,      &too_many_descriptors,	 &socket_that_says_who_sends,
	&memory_files, &numbers_that_come_twice, NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "transports",
		  .setup = handed_setup,
		  .teardown = handed_teardown,
		  .tests = transports },
	};

	return harness_run("hand_over_transports", cases, 1);
}
