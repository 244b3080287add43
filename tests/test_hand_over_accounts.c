/* SPDX-License-Identifier: MIT */
/* Whose locked memory it is before, while and after it is handed over. */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "handing.h"

static struct handing old;
static int signals; /* that come while somebody polls */

/* In place of the C library's, for the helper: nobody else polls here. */
int poll(struct pollfd *files, nfds_t count, int timeout)
{
	const struct timespec moment = { 0 };

	ck_assert_int_eq(timeout, 0);
	if (signals-- <= 0)
		return ppoll(files, count, &moment, NULL);
	errno = EINTR;
	return -1;
}

/* Takes all, and gives what finishing gives; then the hand-over is still there. */
static int finish(int socket, uint64_t limit, struct handing *new,
		  struct iommufd_hand_over **h)
{
	struct iommufd_ctx *ctx = NULL;

	OK(iommufd_hand_over_receive(socket, &ctx, h));
	handing_take(new, ctx, *h);
	limit_locked_memory(limit);
	return iommufd_hand_over_finish(*h);
}

static void new_with_little(int socket)
{
	struct iommufd_hand_over *h = NULL;
	struct handing new;

	/* For the instant it counts twice: as ours, and as the old one's. */
	FAILS(finish(socket, 2 * HANDED - PAGE, &new, &h), MEMORY_OR_LIMIT,
	      ENOMEM);
	ck_assert_uint_eq(pinned(), 0);
	handing_say(socket);
	handing_hear(socket);
	handing_works(&new);
	iommufd_hand_over_release(h);
	handing_release(&new);
}

static void new_with_enough(int socket)
{
	struct iommufd_hand_over *h = NULL;
	struct handing new;

	OK(finish(socket, 2 * HANDED, &new, &h));
	ck_assert_uint_eq(pinned(), HANDED);
	handing_release(&new);
}

START_TEST(the_limit_counts_it_twice)
{
	struct handing_child child;
	struct iommufd_hand_over *h;
	uint64_t before = pinned();

	if (!handing_is_possible())
		return;
	handing_begin(&old, IOMMUFD_RLIMIT_MODE_USER);
	h = handing_add(&old);
	child = handing_start(new_with_little, SOCK_STREAM);
	OK(iommufd_hand_over_send(h, child.socket));
	handing_hear(child.socket);
	ck_assert_uint_eq(pinned(), before + HANDED);
	handing_works(&old);
	handing_say(child.socket);
	handing_wait(&child);
	child = handing_start(new_with_enough, SOCK_STREAM);
	OK(iommufd_hand_over_send(h, child.socket));
	handing_wait(&child);
	ck_assert_uint_eq(pinned(), before);
	iommufd_hand_over_release(h);
	iommufd_hwpt_release(old.hwpt);
	close(old.memfd);
	fixture_end(&old.f);
}
END_TEST

static void new_by_process(int socket)
{
	struct iommufd_hand_over *h = NULL;
	struct handing new;

	signals = 2;
	OK(finish(socket, HANDED, &new, &h));
	ck_assert_int_eq(signals, -1);
	ck_assert_uint_eq(pinned(), HANDED);
	ck_assert_uint_eq(locked(), HANDED);
	handing_release(&new);
	handing_say(socket);
	handing_hear(socket);
}

/* Accounted by process it counts once; the old process must be there. */
START_TEST(by_process)
{
	struct handing_child child;
	struct iommufd_hand_over *h;
	uint64_t before = locked();

	if (!handing_is_possible())
		return;
	handing_begin(&old, IOMMUFD_RLIMIT_MODE_PROCESS);
	ck_assert_uint_eq(locked(), before + HANDED);
	h = handing_add(&old);
	child = handing_start(new_by_process, SOCK_STREAM);
	OK(iommufd_hand_over_send(h, child.socket));
	handing_hear(child.socket);
	ck_assert_uint_eq(locked(), before);
	OK(iommufd_ctx_change_process(old.f.ctx));
	ck_assert_uint_eq(locked(), before + HANDED);
	handing_say(child.socket);
	handing_wait(&child);
	iommufd_hand_over_release(h);
	iommufd_hwpt_release(old.hwpt);
	close(old.memfd);
	fixture_end(&old.f);
}
END_TEST

static void exec_by_process(void *arg)
{
	struct iommufd_hand_over *h;
	int fd = -1;

	(void)arg;
	handing_begin(&old, IOMMUFD_RLIMIT_MODE_PROCESS);
	h = handing_add(&old);
	OK(iommufd_hand_over_inherit(h, &fd));
	handing_exec("by_process", fd);
}

static void run_by_process(int fd)
{
	struct iommufd_hand_over *h = NULL;
	struct iommufd_ctx *ctx = NULL;
	struct handing new;

	OK(iommufd_hand_over_inherited(fd, &ctx, &h));
	handing_take(&new, ctx, h);
	FAILS(iommufd_hand_over_finish(h), MAPPER_GONE, ESRCH);
	handing_works(&new);
	iommufd_hand_over_release(h);
	handing_end(&new);
}

/* Refused, where the kernel would warn in its log. */
START_TEST(by_process_through_exec)
{
	if (handing_is_possible())
		in_child(exec_by_process, NULL);
}
END_TEST

/* Mapped with CAP_IPC_LOCK: nothing is accounted, so nobody need be there. */
static void exec_not_accounted(void *arg)
{
	const struct iommufd_extent all = extent(0, HANDED);
	uint64_t iova = MOCK_FIRST;
	struct iommufd_hand_over *h = NULL;
	int fd = -1;

	(void)arg;
	old.f.ctx = harness_ctx();
	OK(iommufd_ctx_rlimit_mode_set(old.f.ctx, IOMMUFD_RLIMIT_MODE_PROCESS));
	OK(iommufd_ioas_alloc(old.f.ctx, 0, &old.f.ioas));
	OK(iommufd_mock_device_new(old.f.ctx, iommufd_ioas_id(old.f.ioas), 0,
				   &old.f.hwpt_id, &old.f.device));
	OK(iommufd_ioas_map_file(old.f.ioas, harness_memfd(HANDED), &all, FIXED,
				 &iova));
	OK(iommufd_hand_over_new(old.f.ctx, 0, &h));
	OK(iommufd_hand_over_add(h, &OBJECT(IOAS, "ram", .ioas = old.f.ioas)));
	OK(iommufd_hand_over_inherit(h, &fd));
	handing_exec("not_accounted", fd);
}

static void run_not_accounted(int fd)
{
	struct iommufd_hand_over *h = NULL;
	struct iommufd_ctx *ctx = NULL;
	struct iommufd_ioas *ioas;

	OK(iommufd_hand_over_inherited(fd, &ctx, &h));
	ioas = handing_take_one(h, OBJECT(IOAS, "ram")).ioas;
	FAILS(iommufd_hand_over_finish(h), MAPPER_GONE, ESRCH);
	OK(iommufd_ctx_change_process(ctx));
	iommufd_hand_over_release(h);
	unmap_at(ioas, HANDED, MOCK_FIRST);
	iommufd_ioas_release(ioas);
	iommufd_ctx_close(ctx);
}

START_TEST(by_process_but_not_accounted)
{
	if (handing_is_possible())
		in_child(exec_not_accounted, NULL);
}
END_TEST

static const TTest **const accounts[] = { &the_limit_counts_it_twice,
					  &by_process, &by_process_through_exec,
					  &by_process_but_not_accounted, NULL };

int main(int argc, char **argv)
{
	const struct handing_program programs[] = {
		{ "by_process", run_by_process },
		{ "not_accounted", run_not_accounted },
		{ NULL, NULL },
	};
	const struct harness_case cases[] = {
		{ .name = "accounts", .tests = accounts },
	};

	if (!handing_main(argc, argv, programs))
		return harness_run("hand_over_accounts", cases, 1);
	return 1;
}
