/* SPDX-License-Identifier: MIT */
/*
 * A device goes from process to process, and does DMA before, between and after:
 * between means that the old program is gone, and the new one has not begun.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "devices.h"
#include "edu.h"
#include "handing.h"

#define IOVA	 UINT64_C(0x100000)
#define TRANSFER 1024

/* Where a transfer goes that nobody waits for; the pages before are for others. */
#define BETWEEN (3 * PAGE)

static struct machine {
	struct iommufd_ctx *ctx;
	struct iommufd_ioas *ioas;
	struct iommufd_hwpt *hwpt;
	struct edu edu;
	int memfd;
	char *memory;
} m;

static void look_into_memory(void)
{
	m.memory = mmap(NULL, HANDED, PROT_READ | PROT_WRITE, MAP_SHARED,
			m.memfd, 0);
	ck_assert_ptr_ne(m.memory, MAP_FAILED);
}

static void begin(void)
{
	const struct iommufd_extent all = extent(0, HANDED);
	uint64_t iova = IOVA;

	m.ctx = harness_ctx();
	edu_open(&m.edu, harness_env("IOMMUFD_VM_EDU"), m.ctx);
	m.ioas = new_ioas(m.ctx);
	m.hwpt = new_hwpt(m.edu.device, m.ioas);
	OK(iommufd_device_attach(m.edu.device, iommufd_hwpt_id(m.hwpt), NULL));
	m.memfd = harness_memfd(HANDED);
	look_into_memory();
	OK(iommufd_ioas_map_file(m.ioas, m.memfd, &all, FIXED, &iova));
}

static struct iommufd_hand_over *add_all(void)
{
	const struct iommufd_hand_over_object objects[] = {
		OBJECT(IOAS, "ram", .ioas = m.ioas),
		OBJECT(HWPT, "ram", .hwpt = m.hwpt),
		OBJECT(FD, "ram", .fd = m.memfd),
		OBJECT(VFIO, "edu", .vfio = m.edu.file,
		       .page_table = iommufd_hwpt_id(m.hwpt)),
	};
	struct iommufd_hand_over *h = NULL;

	OK(iommufd_hand_over_new(m.ctx, 0, &h));
	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++)
		OK(iommufd_hand_over_add(h, &objects[i]));
	return h;
}

static void take_all(struct iommufd_hand_over *h, struct iommufd_ctx *ctx)
{
	struct iommufd_hand_over_object ioas = OBJECT(IOAS, "ram");
	struct iommufd_hand_over_object hwpt = OBJECT(HWPT, "ram");
	struct iommufd_hand_over_object fd = OBJECT(FD, "ram");
	struct iommufd_hand_over_object edu = OBJECT(VFIO, "edu");

	OK(iommufd_hand_over_take(h, &ioas));
	OK(iommufd_hand_over_take(h, &hwpt));
	OK(iommufd_hand_over_take(h, &fd));
	OK(iommufd_hand_over_take(h, &edu));
	ck_assert_uint_eq(edu.page_table, iommufd_hwpt_id(hwpt.hwpt));
	ck_assert_uint_eq(iommufd_vfio_kind(edu.vfio), IOMMUFD_VFIO_PHYSICAL);
	m = (struct machine){
		.ctx = ctx, .ioas = ioas.ioas, .hwpt = hwpt.hwpt, .memfd = fd.fd
	};
	look_into_memory();
	edu_resume(&m.edu, edu.vfio);
}

/* The process's own handles; what they are of is another's. */
static void release_all(void)
{
	edu_close(&m.edu);
	iommufd_hwpt_release(m.hwpt);
	iommufd_ioas_release(m.ioas);
	iommufd_ctx_close(m.ctx);
	munmap(m.memory, HANDED);
	close(m.memfd);
}

static void end_all(void)
{
	edu_close(&m.edu);
	OK(iommufd_hwpt_destroy(m.hwpt));
	OK(iommufd_ioas_destroy(m.ioas));
	ck_assert_uint_eq(next_id(m.ctx), 1);
	iommufd_ctx_close(m.ctx);
	munmap(m.memory, HANDED);
	close(m.memfd);
}

/* A transfer begins, and whoever began it does not see its end. */
static void begin_between(void)
{
	for (size_t i = 0; i < TRANSFER; i++)
		m.memory[2 * PAGE + i] = (char)(i * 31 + 7);
	memset(m.memory + BETWEEN, 0, TRANSFER);
	edu_read(&m.edu, IOVA + 2 * PAGE, TRANSFER);
	edu_write_begin(&m.edu, IOVA + BETWEEN, TRANSFER);
}

static void check_between(void)
{
	edu_wait(&m.edu);
	ck_assert(!memcmp(m.memory + 2 * PAGE, m.memory + BETWEEN, TRANSFER));
}

/* Before the new process is the owner, and after; and on another page table. */
static void check_after(struct iommufd_hand_over *h)
{
	uint32_t id = 0;

	ck_assert(edu_works(&m.edu, IOVA, m.memory));
	OK(iommufd_hand_over_finish(h));
	ck_assert(edu_works(&m.edu, IOVA, m.memory));
	OK(iommufd_device_attach(m.edu.device, iommufd_ioas_id(m.ioas), &id));
	ck_assert_uint_ne(id, iommufd_hwpt_id(m.hwpt));
	ck_assert(edu_works(&m.edu, IOVA, m.memory));
}

/* ---- through exec -------------------------------------------------------------- */

static void exec_new(void *arg)
{
	struct iommufd_hand_over *h;
	int fd = -1;

	(void)arg;
	begin();
	ck_assert(edu_works(&m.edu, IOVA, m.memory));
	h = add_all();
	OK(iommufd_hand_over_inherit(h, &fd));
	begin_between();
	handing_exec("exec", fd);
}

static void run_exec(int fd)
{
	struct iommufd_hand_over *h = NULL;
	struct iommufd_ctx *ctx = NULL;

	OK(iommufd_hand_over_inherited(fd, &ctx, &h));
	take_all(h, ctx);
	check_between();
	check_after(h);
	end_all();
}

START_TEST(through_exec)
{
	if (handing_is_possible())
		in_child(exec_new, NULL);
}
END_TEST

/* ---- over a socket ------------------------------------------------------------- */

static void old_over_socket(int socket)
{
	/* Static: still in reach when the process ends with it. */
	static struct iommufd_hand_over *h;

	begin();
	ck_assert(edu_works(&m.edu, IOVA, m.memory));
	h = add_all();
	OK(iommufd_hand_over_send(h, socket));
	begin_between();
}

START_TEST(over_a_socket)
{
	struct iommufd_hand_over *h = NULL;
	struct iommufd_ctx *ctx = NULL;
	struct handing_child child;
	int socket;

	if (!handing_is_possible())
		return;
	child = handing_start(old_over_socket, SOCK_STREAM);
	socket = dup(child.socket);
	/* The old one is gone for good, and the device at work. */
	handing_wait(&child);
	OK(iommufd_hand_over_receive(socket, &ctx, &h));
	close(socket);
	take_all(h, ctx);
	check_between();
	check_after(h);
	end_all();
}
END_TEST

static void new_that_gives_up(int socket)
{
	struct iommufd_hand_over *h = NULL;
	struct iommufd_ctx *ctx = NULL;

	OK(iommufd_hand_over_receive(socket, &ctx, &h));
	take_all(h, ctx);
	ck_assert(edu_works(&m.edu, IOVA, m.memory));
	iommufd_hand_over_release(h);
	release_all();
}

START_TEST(given_up)
{
	struct iommufd_hand_over *h;
	struct handing_child child;

	if (!handing_is_possible())
		return;
	child = handing_start(new_that_gives_up, SOCK_STREAM);
	begin();
	h = add_all();
	OK(iommufd_hand_over_send(h, child.socket));
	handing_wait(&child);
	iommufd_hand_over_release(h);
	ck_assert(edu_works(&m.edu, IOVA, m.memory));
	end_all();
}
END_TEST

/* ---- what is not what it was --------------------------------------------------- */

/* The only thing in a hand-over: a device file, and descriptors instead of its. */
static int take_with(int fd)
{
	struct iommufd_hand_over *h = NULL, *new = NULL;
	struct iommufd_hand_over_object file = OBJECT(VFIO, "edu");
	uint32_t length = 512, count = 4;
	struct iommufd_ctx *ctx = NULL;
	char record[512];
	int32_t fds[4];
	int ret;

	OK(iommufd_hand_over_new(m.ctx, 0, &h));
	OK(iommufd_hand_over_add(h, &OBJECT(VFIO, "edu", .vfio = m.edu.file)));
	OK(iommufd_hand_over_pack(h, record, &length, fds, &count));
	ck_assert_uint_eq(count, 3);
	fds[2] = fd;
	ret = iommufd_hand_over_unpack(record, length, fds, count, &ctx, &new);
	if (!ret) {
		ret = iommufd_hand_over_take(new, &file);
		iommufd_hand_over_release(new);
		iommufd_ctx_close(ctx);
	}
	iommufd_hand_over_release(h);
	return ret;
}

START_TEST(other_files)
{
	struct iommufd_vfio *file;

	if (!handing_is_possible())
		return;
	begin();
	/* Another device, and the same one by another open, which is unbound. */
	file = device_open("IOMMUFD_VM_NVME");
	FAILS(take_with(iommufd_vfio_fd(file)), HAND_OVER_DESCRIPTORS, EINVAL);
	iommufd_vfio_close(file);
	file = device_open("IOMMUFD_VM_EDU");
	FAILS(take_with(iommufd_vfio_fd(file)), NOT_BOUND, EINVAL);
	iommufd_vfio_close(file);
	end_all();
}
END_TEST

START_TEST(files_that_cannot_be_added)
{
	struct iommufd_ctx *ctx = harness_ctx();
	struct iommufd_hand_over *h = NULL;
	struct iommufd_vfio *file;

	if (!handing_is_possible()) {
		iommufd_ctx_close(ctx);
		return;
	}
	file = device_open("IOMMUFD_VM_EDU");
	OK(iommufd_hand_over_new(ctx, 0, &h));
	FAILS(iommufd_hand_over_add(h, &OBJECT(VFIO, "edu", .vfio = file)),
	      NOT_BOUND, EINVAL);
	iommufd_vfio_close(file);
	begin();
	FAILS(iommufd_hand_over_add(h,
				    &OBJECT(VFIO, "edu", .vfio = m.edu.file)),
	      OTHER_CONTEXT, EXDEV);
	iommufd_hand_over_release(h);
	iommufd_ctx_close(ctx);
	end_all();
}
END_TEST

/* Of an emulated device: the kernel says no more of it than what it is not. */
START_TEST(emulated)
{
	struct iommufd_hand_over_object object = OBJECT(VFIO, "mdev");
	struct iommufd_hand_over *h = NULL, *new = NULL;
	struct iommufd_access *access = NULL;
	struct iommufd_ctx *ctx = harness_ctx(), *other = NULL;
	uint32_t length = 512, count = 4;
	struct iommufd_node_info info = { .size = sizeof(info) };
	struct iommufd_vfio *file = NULL;
	char record[512];
	int32_t fds[4];

	if (!handing_is_possible()) {
		iommufd_ctx_close(ctx);
		return;
	}
	OK(iommufd_find_mdev(harness_env("IOMMUFD_VM_MDEV"), NULL, &info));
	OK(iommufd_find_open(&info, &file));
	OK(iommufd_vfio_bind(file, ctx, NULL));
	OK(iommufd_hand_over_new(ctx, 0, &h));
	OK(iommufd_hand_over_add(h, &OBJECT(VFIO, "mdev", .vfio = file)));
	OK(iommufd_hand_over_pack(h, record, &length, fds, &count));
	OK(iommufd_hand_over_unpack(record, length, fds, count, &other, &new));
	OK(iommufd_hand_over_take(new, &object));
	ck_assert_uint_eq(iommufd_vfio_kind(object.vfio),
			  IOMMUFD_VFIO_EMULATED);
	OK(iommufd_access_from_vfio(object.vfio, &access));
	OK(iommufd_hand_over_finish(new));
	iommufd_access_close(access);
	iommufd_vfio_close(object.vfio);
	iommufd_ctx_close(other);
	iommufd_hand_over_release(h);
	iommufd_vfio_close(file);
	ck_assert_uint_eq(next_id(ctx), 1);
	iommufd_ctx_close(ctx);
}
END_TEST

static const TTest **const ways[] = { &through_exec, &over_a_socket, &given_up,
				      NULL };

static const TTest **const files[] = { &other_files,
				       &files_that_cannot_be_added, NULL };

static const TTest **const mdevs[] = { &emulated, NULL };

int main(int argc, char **argv)
{
	const struct handing_program programs[] = { { "exec", run_exec },
						    { NULL, NULL } };
	const struct harness_case devices[] = {
		{ .name = "ways", .tests = ways },
		{ .name = "files", .tests = files },
	};
	const char *scenario = getenv("IOMMUFD_VM_SCENARIO");
	const struct harness_case mdev = { .name = "mdev", .tests = mdevs };

	if (handing_main(argc, argv, programs))
		return 1;
	if (scenario && !strcmp(scenario, "mdev"))
		return harness_run("hand_over_devices", &mdev, 1);
	return harness_run("hand_over_devices", devices, 2);
}
