/* SPDX-License-Identifier: MIT */
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "handing.h"

int handing_possible(struct fixture *f)
{
	struct iommufd_hand_over *h = NULL;

	if (harness_has(f->ctx, IOMMUFD_NR_IOAS_CHANGE_PROCESS))
		return 1;
	FAILS(iommufd_hand_over_new(f->ctx, 0, &h), COMMAND, ENOTTY);
	ck_assert_ptr_null(h);
	fixture_end(f);
	return 0;
}

int handing_is_possible(void)
{
	struct fixture f;
	int can;

	fixture_ioas(&f);
	can = handing_possible(&f);
	if (can)
		fixture_end(&f);
	return can;
}

static char *look_into(int memfd)
{
	char *memory = mmap(NULL, HANDED, PROT_READ | PROT_WRITE, MAP_SHARED,
			    memfd, 0);

	ck_assert_ptr_ne(memory, MAP_FAILED);
	return memory;
}

void handing_begin(struct handing *old, uint32_t mode)
{
	const struct iommufd_extent all = extent(0, HANDED);
	uint64_t iova = MOCK_FIRST;

	memset(old, 0, sizeof(*old));
	old->f.ctx = harness_ctx();
	OK(iommufd_ctx_rlimit_mode_set(old->f.ctx, mode));
	drop_capability(CAP_IPC_LOCK);
	OK(iommufd_ioas_alloc(old->f.ctx, 0, &old->f.ioas));
	OK(iommufd_mock_device_new(old->f.ctx, iommufd_ioas_id(old->f.ioas), 0,
				   &old->f.hwpt_id, &old->f.device));
	OK(iommufd_hwpt_adopt(old->f.ctx, old->f.hwpt_id, 0, &old->hwpt));
	old->memfd = harness_memfd(HANDED);
	old->memory = look_into(old->memfd);
	for (size_t i = 0; i < HANDED; i++)
		old->memory[i] = (char)(i * 7 + i / PAGE);
	OK(iommufd_ioas_map_file(old->f.ioas, old->memfd, &all, FIXED, &iova));
}

struct iommufd_hand_over *handing_add(struct handing *old)
{
	const struct iommufd_hand_over_object objects[] = {
		OBJECT(IOAS, "ram", .ioas = old->f.ioas, .value = MOCK_FIRST),
		OBJECT(HWPT, "device", .hwpt = old->hwpt,
		       .value = iommufd_mock_device_object_id(old->f.device)),
		OBJECT(FD, "ram", .fd = old->memfd),
	};
	/* Where a child has it, too, until it ends. */
	static struct iommufd_hand_over *h;

	OK(iommufd_hand_over_new(old->f.ctx, 0, &h));
	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++)
		OK(iommufd_hand_over_add(h, &objects[i]));
	return h;
}

/* The mock's device is closed by what its close is to the kernel: a destroy.
 * Its handle is left to the end of the process. */
void handing_release(struct handing *old)
{
	iommufd_hwpt_release(old->hwpt);
	iommufd_ioas_release(old->f.ioas);
	iommufd_ctx_close(old->f.ctx);
	munmap(old->memory, HANDED);
	close(old->memfd);
}

void handing_take(struct handing *new, struct iommufd_ctx *ctx,
		  struct iommufd_hand_over *h)
{
	struct iommufd_hand_over_object ioas = OBJECT(IOAS, "ram");
	struct iommufd_hand_over_object hwpt = OBJECT(HWPT, "device");
	struct iommufd_hand_over_object fd = OBJECT(FD, "ram");

	memset(new, 0, sizeof(*new));
	drop_capability(CAP_IPC_LOCK);
	OK(iommufd_hand_over_take(h, &ioas));
	ck_assert_uint_eq(ioas.value, MOCK_FIRST);
	ck_assert_ptr_nonnull(ioas.ioas);
	ck_assert_ptr_null(ioas.hwpt);
	ck_assert_int_eq(ioas.fd, -1);
	OK(iommufd_hand_over_take(h, &hwpt));
	OK(iommufd_hand_over_take(h, &fd));
	new->f.ctx = ctx;
	new->f.ioas = ioas.ioas;
	new->hwpt = hwpt.hwpt;
	new->f.hwpt_id = (uint32_t)hwpt.value; /* the mock device */
	new->memfd = fd.fd;
	new->memory = look_into(fd.fd);
}

void handing_end(struct handing *new)
{
	OK(iommufd_ctx_destroy_id(new->f.ctx, new->f.hwpt_id));
	/* The page table was the kernel's, and went with the device. */
	iommufd_hwpt_release(new->hwpt);
	munmap(new->memory, HANDED);
	close(new->memfd);
	fixture_end(&new->f);
}

void handing_works(struct handing *any)
{
	struct iommufd_access *access = NULL;
	char found[HANDED] = { 0 };

	OK(iommufd_mock_check_map(any->f.ctx, iommufd_hwpt_id(any->hwpt),
				  any->memory, HANDED, MOCK_FIRST));
	OK(iommufd_mock_access_new(any->f.ctx, iommufd_ioas_id(any->f.ioas), 0,
				   &access));
	OK(iommufd_mock_access_rw(access, found, HANDED, 0, MOCK_FIRST));
	iommufd_access_close(access);
	for (size_t i = 0; i < HANDED; i++)
		ck_assert_int_eq(found[i], (char)(i * 7 + i / PAGE));
}

struct iommufd_hand_over *handing_across(struct iommufd_hand_over *h,
					 struct iommufd_ctx **ctx)
{
	struct iommufd_hand_over *new = NULL;
	uint32_t length = 8192, count = 64;
	char record[8192];
	int32_t fds[64];

	OK(iommufd_hand_over_pack(h, record, &length, fds, &count));
	OK(iommufd_hand_over_unpack(record, length, fds, count, ctx, &new));
	iommufd_hand_over_release(h);
	return new;
}

struct iommufd_hand_over_object handing_take_one(
	struct iommufd_hand_over *h, struct iommufd_hand_over_object object)
{
	OK(iommufd_hand_over_take(h, &object));
	return object;
}

/* ---- a child ----------------------------------------------------------------- */

struct handing_child handing_start(void (*body)(int socket), int type)
{
	struct handing_child child;
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends), 0);
	child.pid = fork();
	ck_assert_int_ge(child.pid, 0);
	if (!child.pid) {
		close(ends[0]);
		body(ends[1]);
		_exit(0);
	}
	close(ends[1]);
	child.socket = ends[0];
	return child;
}

void handing_wait(struct handing_child *child)
{
	int status = -1;

	close(child->socket);
	ck_assert_int_eq(waitpid(child->pid, &status, 0), child->pid);
	ck_assert_msg(!status, "the child ended with status %#x",
		      (unsigned int)status);
}

void handing_say(int socket)
{
	ck_assert_int_eq(send(socket, "!", 1, MSG_NOSIGNAL), 1);
}

void handing_hear(int socket)
{
	char byte;

	ck_assert_int_eq(recv(socket, &byte, 1, 0), 1);
}

/* ---- another program ----------------------------------------------------------- */

/* Check's own record of the old program's tests is no business of the new one. */
void handing_exec(const char *what, int number)
{
	char text[16], path[PATH_MAX] = "";

	snprintf(text, sizeof(text), "%d", number);
	/* valgrind answers for the program, and would itself be executed. */
	ck_assert_int_gt(readlink("/proc/self/exe", path, sizeof(path) - 1), 0);
	ck_assert_int_eq(setenv("CK_FORK", "no", 1), 0);
	ck_assert_int_eq(setenv("IOMMUFD_TAP", "/dev/null", 1), 0);
	execl(path, "new", what, text, (char *)NULL);
	ck_abort_msg("exec: %s", strerror(errno));
}

static void (*run)(int number);
static int number;

START_TEST(the_new_program)
{
	run(number);
}
END_TEST

static const TTest **const tests[] = { &the_new_program, NULL };

int handing_main(int argc, char **argv, const struct handing_program *programs)
{
	const struct harness_case only = { .name = "new", .tests = tests };

	for (; argc == 3 && programs->name; programs++)
		if (!strcmp(programs->name, argv[1]))
			run = programs->run;
	if (!run)
		return 0;
	number = atoi(argv[2]);
	exit(harness_run("new", &only, 1));
}
