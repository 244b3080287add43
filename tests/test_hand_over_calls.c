/* SPDX-License-Identifier: MIT */
/* The calls of a hand-over: names, numbers, wrong arguments, little memory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "counter_alloc.h"
#include "handing.h"

static struct fixture f;

/* ---- names ----------------------------------------------------------------------- */

START_TEST(names_and_what_is_left)
{
	struct iommufd_hand_over_object any = { .size = sizeof(any) };
	struct iommufd_hand_over_object nameless[] = {
		{ .size = sizeof(any), .kind = 0x10000, .name = "" },
		{ .size = sizeof(any), .kind = 0x10001, .name = "" },
	};
	struct iommufd_hand_over *h = NULL;
	struct iommufd_ioas *ioas = NULL;
	struct iommufd_ctx *ctx = NULL;

	fixture_ioas(&f);
	if (!handing_possible(&f))
		return;
	OK(iommufd_hand_over_new(f.ctx, 0, &h));
	FAILS(iommufd_hand_over_take(h, &any), HAND_OVER_NAME, ENOENT);
	OK(iommufd_hand_over_add(h, &OBJECT(IOAS, "a", .ioas = f.ioas)));
	FAILS(iommufd_hand_over_add(h, &OBJECT(IOAS, "a", .ioas = f.ioas)),
	      HAND_OVER_NAME_TAKEN, EINVAL);
	OK(iommufd_hand_over_add(h, &OBJECT(FD, "a", .fd = 0, .value = 5)));
	FAILS(iommufd_hand_over_take(h, &OBJECT(IOAS, "a")), HAND_OVER_NAME,
	      ENOENT);
	h = handing_across(h, &ctx);
	FAILS(iommufd_hand_over_add(h, &OBJECT(FD, "b", .fd = 0)),
	      HAND_OVER_RECEIVED, EINVAL);
	FAILS(iommufd_hand_over_finish(h), HAND_OVER_LEFT, EINVAL);
	FAILS(iommufd_hand_over_take(h, &OBJECT(IOAS, "b")), HAND_OVER_NAME,
	      ENOENT);
	FAILS(iommufd_hand_over_take(h, &OBJECT(HWPT, "a")), HAND_OVER_NAME,
	      ENOENT);
	/* What goes over without a name. */
	FAILS(iommufd_hand_over_take(h, &nameless[0]), HAND_OVER_NAME, ENOENT);
	FAILS(iommufd_hand_over_take(h, &nameless[1]), HAND_OVER_NAME, ENOENT);
	ioas = handing_take_one(h, OBJECT(IOAS, "a")).ioas;
	FAILS(iommufd_hand_over_take(h, &OBJECT(IOAS, "a")), HAND_OVER_NAME,
	      ENOENT);
	/* Whatever is left. */
	FAILS(iommufd_hand_over_finish(h), HAND_OVER_LEFT, EINVAL);
	any = handing_take_one(h, any);
	ck_assert_uint_eq(any.kind, IOMMUFD_HAND_OVER_FD);
	ck_assert_str_eq(any.name, "a");
	ck_assert_uint_eq(any.value, 5);
	close(any.fd);
	any = (struct iommufd_hand_over_object){ .size = sizeof(any) };
	FAILS(iommufd_hand_over_take(h, &any), HAND_OVER_NAME, ENOENT);
	OK(iommufd_hand_over_finish(h));
	iommufd_ioas_release(f.ioas);
	f.ioas = ioas;
	iommufd_ctx_close(ctx);
	fixture_end(&f);
}
END_TEST

/* As many as there may be, in so many messages. */
START_TEST(very_many)
{
	struct iommufd_hand_over_object any = { .size = sizeof(any) };
	const struct rlimit limit = { 20000, 20000 };
	struct iommufd_hand_over *h = NULL, *new = NULL;
	struct iommufd_ctx *ctx = NULL;
	unsigned int before;
	int ends[2];
	char name[16];

	fixture_ioas(&f);
	if (!handing_possible(&f))
		return;
	before = open_descriptors();
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	OK(iommufd_hand_over_new(f.ctx, 0, &h));
	for (int i = 0; i < IOMMUFD_HAND_OVER_OBJECTS_MAX; i++) {
		snprintf(name, sizeof(name), "%d", i);
		OK(iommufd_hand_over_add(
			h, i % 3 ? &OBJECT(FD, name, .fd = 0)
				 : &OBJECT(IOAS, name, .ioas = f.ioas)));
	}
	FAILS(iommufd_hand_over_add(h, &OBJECT(FD, "more", .fd = 0)),
	      HAND_OVER_FULL, ENOMEM);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	ck_assert_int_eq(setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF,
				    &(int){ 2 << 20 }, sizeof(int)),
			 0);
	OK(iommufd_hand_over_send(h, ends[0]));
	iommufd_hand_over_release(h);
	OK(iommufd_hand_over_receive(ends[1], &ctx, &new));
	for (int i = 0; i < IOMMUFD_HAND_OVER_OBJECTS_MAX; i++) {
		any.name = NULL;
		any.kind = 0;
		any = handing_take_one(new, any);
		ck_assert_int_eq(atoi(any.name), i);
		if (any.fd >= 0)
			close(any.fd);
		iommufd_ioas_release(any.ioas);
	}
	iommufd_hand_over_release(new);
	iommufd_ctx_close(ctx);
	close(ends[0]);
	close(ends[1]);
	ck_assert_uint_eq(open_descriptors(), before);
	fixture_end(&f);
}
END_TEST

/* ---- wrong arguments -------------------------------------------------------------- */

static void wrong_objects(struct iommufd_hand_over *h)
{
	struct iommufd_hand_over_object o = OBJECT(IOAS, "x");
	const char *const longest = "0123456789012345678901234567890";
	const char *const too_long = "01234567890123456789012345678901";
	const uint32_t kinds[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
	struct {
		struct iommufd_hand_over_object o;
		char tail;
	} larger = { .o = OBJECT(FD, "y", .fd = 0) };

	for (int i = 0; i < 9; i++) {
		o.kind = kinds[i];
		FAILS(iommufd_hand_over_add(h, &o), NULL_POINTER, EINVAL);
	}
	FAILS(iommufd_hand_over_add(h, &OBJECT(FD, "x", .fd = -1)), BAD_FD,
	      EBADF);
	o = OBJECT(FD, "x", .fd = 0);
	o.kind = 0;
	FAILS(iommufd_hand_over_add(h, &o), BAD_VALUE, EINVAL);
	o.kind = 11;
	FAILS(iommufd_hand_over_add(h, &o), BAD_VALUE, EINVAL);
	FAILS(iommufd_hand_over_add(h, &OBJECT(FD, "", .fd = 0)), BAD_VALUE,
	      EINVAL);
	FAILS(iommufd_hand_over_add(h, &OBJECT(FD, too_long, .fd = 0)),
	      BAD_VALUE, EINVAL);
	FAILS(iommufd_hand_over_add(h, &OBJECT(FD, NULL, .fd = 0)),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_hand_over_add(h,
				    &OBJECT(FD, "x", .fd = 0, .page_table = 1)),
	      BAD_VALUE, EINVAL);
	o = OBJECT(FD, "x", .fd = 0);
	o.size = 95;
	FAILS(iommufd_hand_over_add(h, &o), OPTS_SIZE, EINVAL);
	larger.o.size = sizeof(larger);
	larger.tail = 1;
	FAILS(iommufd_hand_over_add(h, &larger.o), OPTS_TAIL, E2BIG);
	OK(iommufd_hand_over_add(h, &OBJECT(FD, longest, .fd = 0)));
}

START_TEST(wrong_arguments)
{
	struct iommufd_hand_over *h = NULL, *new = NULL;
	struct iommufd_ctx *ctx = NULL;
	uint32_t length = 0, count = 0;
	int32_t fds[4];
	int ret, other, fd = 7;

	fixture_ioas(&f);
	FAILS(iommufd_hand_over_new(NULL, 0, &h), NULL_POINTER, EINVAL);
	FAILS(iommufd_hand_over_new(f.ctx, 0, NULL), NULL_POINTER, EINVAL);
	ret = iommufd_hand_over_new(f.ctx, 1, &h);
	FAILS(ret, BAD_FLAGS, EINVAL);
	ck_assert_uint_eq(harness_failure(ret).op, IOMMUFD_OP_HAND_OVER);
	iommufd_hand_over_release(NULL);
	if (!handing_possible(&f))
		return;
	OK(iommufd_hand_over_new(f.ctx, 0, &h));
	FAILS(iommufd_hand_over_add(NULL, &OBJECT(FD, "x", .fd = 0)),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_hand_over_add(h, NULL), NULL_POINTER, EINVAL);
	wrong_objects(h);
	FAILS(iommufd_hand_over_take(NULL, &OBJECT(FD, "x")), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_hand_over_take(h, NULL), NULL_POINTER, EINVAL);
	FAILS(iommufd_hand_over_take(h, &OBJECT(FD, NULL)), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_hand_over_finish(NULL), NULL_POINTER, EINVAL);
	FAILS(iommufd_hand_over_inherit(NULL, &fd), NULL_POINTER, EINVAL);
	FAILS(iommufd_hand_over_inherit(h, NULL), NULL_POINTER, EINVAL);
	FAILS(iommufd_hand_over_inherited(0, NULL, &new), NULL_POINTER, EINVAL);
	FAILS(iommufd_hand_over_inherited(0, &ctx, NULL), NULL_POINTER, EINVAL);
	FAILS(iommufd_hand_over_inherited(-1, &ctx, &new), BAD_FD, EBADF);
	FAILS(iommufd_hand_over_send(NULL, 0), NULL_POINTER, EINVAL);
	FAILS(iommufd_hand_over_send(h, -1), BAD_FD, EBADF);
	FAILS(iommufd_hand_over_send(h, iommufd_ctx_fd(f.ctx)), UNSPECIFIC,
	      ENOTSOCK);
	/* As one that takes descriptors, but brings them nowhere. */
	other = socket(AF_NETLINK, SOCK_RAW, 0);
	ck_assert_int_ge(other, 0);
	FAILS(iommufd_hand_over_send(h, other), UNSPECIFIC, EAFNOSUPPORT);
	FAILS(iommufd_hand_over_receive(other, &ctx, &new), UNSPECIFIC,
	      EAFNOSUPPORT);
	close(other);
	FAILS(iommufd_hand_over_receive(0, NULL, &new), NULL_POINTER, EINVAL);
	FAILS(iommufd_hand_over_receive(0, &ctx, NULL), NULL_POINTER, EINVAL);
	FAILS(iommufd_hand_over_receive(-1, &ctx, &new), BAD_FD, EBADF);
	FAILS(iommufd_hand_over_pack(NULL, NULL, &length, NULL, &count),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_hand_over_pack(h, NULL, NULL, NULL, &count), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_hand_over_pack(h, NULL, &length, NULL, NULL),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_hand_over_pack(h, NULL, &length, NULL, &count),
	      ARRAY_SHORT, EMSGSIZE);
	ck_assert_uint_eq(count, 3);
	FAILS(iommufd_hand_over_pack(h, NULL, &length, fds, &count),
	      NULL_POINTER, EINVAL);
	iommufd_hand_over_release(h);
	fixture_end(&f);
}
END_TEST

/* One handle of each kind, all with the same id: nobody asks the kernel. */
struct others {
	struct iommufd_ioas *ioas;
	struct iommufd_hwpt *hwpt;
	struct iommufd_viommu *viommu;
	struct iommufd_vdevice *vdevice;
	struct iommufd_hw_queue *hw_queue;
	struct iommufd_fault_queue *faults;
	struct iommufd_veventq *events;
};

static void others_begin(struct others *o, struct iommufd_ctx *ctx, uint32_t id)
{
	int fd = iommufd_ctx_fd(ctx);

	OK(iommufd_ioas_adopt(ctx, id, 0, &o->ioas));
	OK(iommufd_hwpt_adopt(ctx, id, 0, &o->hwpt));
	OK(iommufd_viommu_adopt(ctx, id, 0, &o->viommu));
	OK(iommufd_vdevice_adopt(ctx, id, 0, &o->vdevice));
	OK(iommufd_hw_queue_adopt(ctx, id, 0, &o->hw_queue));
	OK(iommufd_fault_queue_adopt(ctx, id, fd, 0, &o->faults));
	OK(iommufd_veventq_adopt(ctx, id, fd, 0, &o->events));
}

static void others_end(struct others *o)
{
	iommufd_ioas_release(o->ioas);
	iommufd_hwpt_release(o->hwpt);
	iommufd_viommu_release(o->viommu);
	iommufd_vdevice_release(o->vdevice);
	iommufd_hw_queue_release(o->hw_queue);
	iommufd_fault_queue_release(o->faults);
	iommufd_veventq_release(o->events);
}

/* What has an id in another context is something else in this one. */
START_TEST(of_another_context)
{
	struct iommufd_ctx *ctx = harness_ctx();
	struct iommufd_hand_over *h = NULL;
	struct others others = { 0 };

	fixture_ioas(&f);
	others_begin(&others, ctx, iommufd_ioas_id(f.ioas));
	if (harness_has(f.ctx, IOMMUFD_NR_IOAS_CHANGE_PROCESS)) {
		const struct iommufd_hand_over_object list[] = {
			OBJECT(IOAS, "x", .ioas = others.ioas),
			OBJECT(HWPT, "x", .hwpt = others.hwpt),
			OBJECT(HWPT_NESTED, "x", .hwpt = others.hwpt),
			OBJECT(VIOMMU, "x", .viommu = others.viommu),
			OBJECT(VDEVICE, "x", .vdevice = others.vdevice),
			OBJECT(HW_QUEUE, "x", .hw_queue = others.hw_queue),
			OBJECT(FAULT_QUEUE, "x", .fault_queue = others.faults),
			OBJECT(VEVENTQ, "x", .veventq = others.events),
		};

		OK(iommufd_hand_over_new(f.ctx, 0, &h));
		for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
			FAILS(iommufd_hand_over_add(h, &list[i]), OTHER_CONTEXT,
			      EXDEV);
		OK(iommufd_hand_over_add(h,
					 &OBJECT(IOAS, "x", .ioas = f.ioas)));
		iommufd_hand_over_release(h);
	}
	others_end(&others);
	iommufd_ctx_close(ctx);
	fixture_end(&f);
}
END_TEST

/* ---- little memory ------------------------------------------------------------------ */

/* As the new program, which has descriptors of its own. */
static void inherit_with_little(void *arg)
{
	struct iommufd_hand_over_object ioas = OBJECT(IOAS, "ioas");
	struct iommufd_hand_over *new = NULL;
	struct iommufd_ctx *ctx = NULL;
	const int *fd = arg;

	UNTIL_ENOUGH(2, iommufd_hand_over_inherited(*fd, &ctx, &new));
	UNTIL_ENOUGH(2, iommufd_hand_over_take(new, &ioas));
	iommufd_ioas_release(ioas.ioas);
	iommufd_hand_over_release(new);
	iommufd_ctx_close(ctx);
}

START_TEST(little_memory)
{
	struct iommufd_hand_over *h = NULL;
	unsigned int before;
	int fd = -1, ret;
	char name[16];

	fixture_ioas(&f);
	if (!handing_possible(&f))
		return;
	before = open_descriptors();
	UNTIL_ENOUGH(2, iommufd_hand_over_new(f.ctx, 0, &h));
	OK(iommufd_hand_over_add(h, &OBJECT(IOAS, "ioas", .ioas = f.ioas)));
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "%d", i);
		UNTIL_ENOUGH(1,
			     iommufd_hand_over_add(
				     h, &OBJECT(IOAS, name, .ioas = f.ioas)));
	}
	/* Between fork and exec: it needs none. */
	counter_alloc_fail(1);
	ret = iommufd_hand_over_inherit(h, &fd);
	counter_alloc_fail(0);
	OK(ret);
	in_child(inherit_with_little, &fd);
	iommufd_hand_over_release(h);
	ck_assert_uint_eq(open_descriptors(), before);
	fixture_end(&f);
}
END_TEST

static const TTest **const calls[] = {
	&names_and_what_is_left, &very_many,	 &wrong_arguments,
	&of_another_context,	 &little_memory, NULL
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "calls", .tests = calls },
	};

	return harness_run("hand_over_calls", cases, 1);
}
