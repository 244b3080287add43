/* SPDX-License-Identifier: MIT */
/* What the tests of the hand-over share. */
#ifndef TESTS_HANDING_H
#define TESTS_HANDING_H

#include <iommufd/util/util.h>

#include "fixture.h"
#include "harness.h"

/* A thing to be added, or taken: kind, name, members. */
#define OBJECT(kind_, ...)                                                     \
	((struct iommufd_hand_over_object){                                    \
		.size = sizeof(struct iommufd_hand_over_object),               \
		.kind = IOMMUFD_HAND_OVER_##kind_,                             \
		.name = __VA_ARGS__ })

#define HANDED (4 * PAGE) /* memory, mapped at MOCK_FIRST */

/* What an old process has: a mock device on a page table with a memory file. */
struct handing {
	struct fixture f;
	struct iommufd_hwpt *hwpt; /* that of the device */
	int memfd;
	char *memory;
};

/* Whether the kernel can; if not, that is what it says, and @f is ended. */
int handing_possible(struct fixture *f);
/* The same without leaving anything. */
int handing_is_possible(void);

/*
 * A context of this accounting mode whose memory is accounted, so without the
 * right to do without. Everything named as in handing_take().
 */
void handing_begin(struct handing *old, uint32_t mode);
struct iommufd_hand_over *handing_add(struct handing *old);
/* In the old process: let go without destroying anything. */
void handing_release(struct handing *old);

/* In the new process: everything, as handles of its own; and its end. */
void handing_take(struct handing *new, struct iommufd_ctx *ctx,
		  struct iommufd_hand_over *h);
void handing_end(struct handing *new);

/* The device finds the memory, and so does somebody who looks by its IOVA. */
void handing_works(struct handing *any);

/* A hand-over as it comes out on the other side; the other one is ended. */
struct iommufd_hand_over *handing_across(struct iommufd_hand_over *h,
					 struct iommufd_ctx **ctx);
/* One thing, which must be there. */
struct iommufd_hand_over_object handing_take_one(
	struct iommufd_hand_over *h, struct iommufd_hand_over_object object);

/*
 * Run this program anew, with arguments that tell it what to do. In the new one
 * handing_main() calls that function with the number, as a test of its own.
 */
void handing_exec(const char *what, int number);
struct handing_program {
	const char *name;
	void (*run)(int number);
};
/* 0 when these arguments are for no such function; else it does not return. */
int handing_main(int argc, char **argv, const struct handing_program *programs);

/*
 * A child with one end of a socket of this type, and its end. What it does must
 * succeed. Word from one to the other is a byte.
 */
struct handing_child {
	int socket;
	int pid;
};
struct handing_child handing_start(void (*body)(int socket), int type);
void handing_wait(struct handing_child *child);
void handing_say(int socket);
void handing_hear(int socket);

#endif /* TESTS_HANDING_H */
