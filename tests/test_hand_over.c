/* SPDX-License-Identifier: MIT */
/* Handing over to a new process: through exec, over sockets; and back. */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "handing.h"

static struct handing old;

static void begin(void)
{
	handing_begin(&old, IOMMUFD_RLIMIT_MODE_USER);
}

/* ---- through exec -------------------------------------------------------------- */

static void exec_new(void *arg)
{
	struct iommufd_hand_over *h;
	int fd = -1;

	(void)arg;
	begin();
	handing_works(&old);
	h = handing_add(&old);
	OK(iommufd_hand_over_inherit(h, &fd));
	handing_exec("in_place", fd);
}

/* The program in the place of the old one, of which nothing is left. */
static void run_in_place(int fd)
{
	struct iommufd_hand_over *h = NULL;
	struct iommufd_ctx *ctx = NULL;
	unsigned int before;
	struct handing new;

	OK(iommufd_hand_over_inherited(fd, &ctx, &h));
	before = open_descriptors();
	handing_take(&new, ctx, h);
	handing_works(&new);
	ck_assert_uint_eq(pinned(), 0);
	OK(iommufd_hand_over_finish(h));
	ck_assert_uint_eq(pinned(), HANDED);
	/* Context, pipe and file of the hand-over; the file is ours now. */
	ck_assert_uint_eq(open_descriptors(), before - 3 + 1);
	handing_works(&new);
	handing_end(&new);
	ck_assert_uint_eq(pinned(), 0);
}

/* A program that cannot use it, and lets yet another one have it. */
static void run_on(int fd)
{
	struct iommufd_hand_over *h = NULL;
	struct iommufd_ctx *ctx = NULL;

	OK(iommufd_hand_over_inherited(fd, &ctx, &h));
	fd = -1;
	OK(iommufd_hand_over_inherit(h, &fd));
	handing_exec("in_place", fd);
}

static void exec_on(void *arg)
{
	struct iommufd_hand_over *h;
	int fd = -1;

	(void)arg;
	begin();
	h = handing_add(&old);
	OK(iommufd_hand_over_inherit(h, &fd));
	handing_exec("on", fd);
}

START_TEST(exec_in_place)
{
	if (!handing_is_possible())
		return;
	in_child(exec_new, NULL);
	in_child(exec_on, NULL);
}
END_TEST

/* The record is made before the fork, the descriptors are let go after it. */
static void exec_in_child(void *arg)
{
	struct iommufd_hand_over *h = arg;
	int fd = -1;

	OK(iommufd_hand_over_inherit(h, &fd));
	handing_exec("child", fd);
}

static void run_child(int fd)
{
	struct iommufd_hand_over *h = NULL;
	struct iommufd_ctx *ctx = NULL;
	struct handing new;

	OK(iommufd_hand_over_inherited(fd, &ctx, &h));
	handing_take(&new, ctx, h);
	OK(iommufd_hand_over_finish(h));
	ck_assert_uint_eq(pinned(), HANDED);
	/* And it ends before it can say so. */
	handing_release(&new);
}

/* The new process was the owner, and is gone: the old one takes it back. */
START_TEST(exec_in_a_child_and_back)
{
	struct iommufd_hand_over *h;

	if (!handing_is_possible())
		return;
	begin();
	h = handing_add(&old);
	in_child(exec_in_child, h);
	ck_assert_uint_eq(pinned(), 0);
	OK(iommufd_ctx_change_process(old.f.ctx));
	ck_assert_uint_eq(pinned(), HANDED);
	iommufd_hand_over_release(h);
	handing_works(&old);
	iommufd_hwpt_release(old.hwpt);
	close(old.memfd);
	fixture_end(&old.f);
}
END_TEST

static int is_inherited(int fd)
{
	int flags = fcntl(fd, F_GETFD);

	ck_assert_int_ge(flags, 0);
	return !(flags & FD_CLOEXEC);
}

START_TEST(what_is_inherited)
{
	uint32_t length = 512, count = 8;
	struct iommufd_hand_over *h;
	unsigned int before;
	char record[512];
	int32_t fds[8];
	int fd = -1, again = -1, input;

	if (!handing_is_possible())
		return;
	begin();
	before = open_descriptors();
	/* The new program's standard files are none of these. */
	input = fcntl(0, F_DUPFD_CLOEXEC, 3);
	ck_assert_int_gt(input, 0);
	close(0);
	h = handing_add(&old);
	OK(iommufd_hand_over_pack(h, record, &length, fds, &count));
	ck_assert_uint_eq(count, 3);
	for (uint32_t i = 0; i < count; i++) {
		ck_assert_int_gt(fds[i], 2);
		ck_assert(!is_inherited(fds[i]));
	}
	OK(iommufd_hand_over_inherit(h, &fd));
	for (uint32_t i = 0; i < count; i++)
		ck_assert(is_inherited(fds[i]));
	ck_assert_int_gt(fd, 2);
	ck_assert(is_inherited(fd));
	/* Ours are not. */
	ck_assert(!is_inherited(iommufd_ctx_fd(old.f.ctx)));
	ck_assert(!is_inherited(old.memfd));
	OK(iommufd_hand_over_inherit(h, &again));
	ck_assert_uint_eq(open_descriptors(), before + count + 2);
	iommufd_hand_over_release(h);
	ck_assert_int_eq(dup2(input, 0), 0);
	close(input);
	ck_assert_uint_eq(open_descriptors(), before);
	iommufd_hwpt_release(old.hwpt);
	close(old.memfd);
	fixture_end(&old.f);
}
END_TEST

/* ---- over a socket --------------------------------------------------------------- */

static void old_over_socket(int socket)
{
	struct iommufd_hand_over *h;

	begin();
	h = handing_add(&old);
	OK(iommufd_hand_over_send(h, socket));
	handing_say(socket);
	handing_hear(socket);
	/* The new one pays, and this one lets go. */
	ck_assert_uint_eq(pinned(), 0);
	iommufd_hand_over_release(h);
	handing_release(&old);
	handing_say(socket);
}

static void over_socket(int type)
{
	struct handing_child child = handing_start(old_over_socket, type);
	struct iommufd_hand_over *h = NULL;
	struct iommufd_ctx *ctx = NULL;
	uint64_t before = pinned();
	struct handing new;

	OK(iommufd_hand_over_receive(child.socket, &ctx, &h));
	/* What comes after it in the socket is there. */
	handing_hear(child.socket);
	handing_take(&new, ctx, h);
	handing_works(&new);
	OK(iommufd_hand_over_finish(h));
	ck_assert_uint_eq(pinned(), before + HANDED);
	handing_say(child.socket);
	handing_hear(child.socket);
	handing_wait(&child);
	handing_works(&new);
	handing_end(&new);
	ck_assert_uint_eq(pinned(), before);
}

START_TEST(over_sockets)
{
	if (!handing_is_possible())
		return;
	over_socket(SOCK_STREAM);
	over_socket(SOCK_SEQPACKET);
}
END_TEST

static void old_that_goes_at_once(int socket)
{
	struct iommufd_hand_over *h;

	begin();
	h = handing_add(&old);
	OK(iommufd_hand_over_send(h, socket));
}

/* Mapped memory and device stay when nobody has taken over yet. */
START_TEST(the_old_one_is_gone)
{
	struct handing_child child;
	struct iommufd_hand_over *h = NULL;
	struct iommufd_ctx *ctx = NULL;
	uint64_t before = pinned();
	struct handing new;
	int wait_for;

	if (!handing_is_possible())
		return;
	child = handing_start(old_that_goes_at_once, SOCK_STREAM);
	wait_for = dup(child.socket);
	handing_wait(&child);
	OK(iommufd_hand_over_receive(wait_for, &ctx, &h));
	close(wait_for);
	handing_take(&new, ctx, h);
	handing_works(&new);
	OK(iommufd_hand_over_finish(h));
	ck_assert_uint_eq(pinned(), before + HANDED);
	handing_works(&new);
	handing_end(&new);
	ck_assert_uint_eq(pinned(), before);
}
END_TEST

/* ---- giving up --------------------------------------------------------------------- */

static void new_that_gives_up(int socket)
{
	struct iommufd_hand_over *h = NULL;
	struct iommufd_ctx *ctx = NULL;
	unsigned int before = open_descriptors();
	struct handing new;

	OK(iommufd_hand_over_receive(socket, &ctx, &h));
	handing_take(&new, ctx, h);
	handing_works(&new);
	iommufd_hand_over_release(h);
	handing_release(&new);
	ck_assert_uint_eq(open_descriptors(), before);
	handing_say(socket);
}

START_TEST(the_new_one_gives_up)
{
	struct handing_child child;
	struct iommufd_hand_over *h;
	uint64_t before = pinned();

	if (!handing_is_possible())
		return;
	child = handing_start(new_that_gives_up, SOCK_STREAM);
	begin();
	h = handing_add(&old);
	OK(iommufd_hand_over_send(h, child.socket));
	handing_hear(child.socket);
	handing_wait(&child);
	iommufd_hand_over_release(h);
	ck_assert_uint_eq(pinned(), before + HANDED);
	handing_works(&old);
	iommufd_hwpt_release(old.hwpt);
	close(old.memfd);
	fixture_end(&old.f);
}
END_TEST

static const TTest **const ways[] = {
	&exec_in_place, &exec_in_a_child_and_back, &what_is_inherited,
	&over_sockets,	&the_old_one_is_gone,	   &the_new_one_gives_up,
	NULL,
};

int main(int argc, char **argv)
{
	const struct handing_program programs[] = {
		{ "in_place", run_in_place },
		{ "on", run_on },
		{ "child", run_child },
		{ NULL, NULL },
	};
	const struct harness_case cases[] = {
		{ .name = "ways", .tests = ways },
	};

	if (!handing_main(argc, argv, programs))
		return harness_run("hand_over", cases, 1);
	return 1;
}
