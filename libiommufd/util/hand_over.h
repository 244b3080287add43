/* SPDX-License-Identifier: MIT */
/*
 * What the files of the hand-over share: the record, as it goes from process to
 * process.
 *
 * A record is a head and so many things, in the byte order of the machine; after
 * it, or beside it, come the descriptors of those things that have one, in the
 * same order. The first two things are the context and the pipe that tells
 * whether the old process is there. Of the head the first four members stay as
 * they are in all versions.
 */
#ifndef LIBIOMMUFD_UTIL_HAND_OVER_PRIVATE_H
#define LIBIOMMUFD_UTIL_HAND_OVER_PRIVATE_H

#include "internal.h"

#define IOMMUFD__HAND_OVER_OBJECT_MIN (24 + 9 * sizeof(void *)) /* of 0.1.0 */

#define IOMMUFD__HAND_OVER_MAGIC   "iommufdH"
#define IOMMUFD__HAND_OVER_VERSION 1

/* Things of our own, which come before the caller's. */
enum {
	IOMMUFD__HAND_OVER_CTX = 0x10000,
	IOMMUFD__HAND_OVER_OLD = 0x10001,
	IOMMUFD__HAND_OVER_OWN = 2, /* number of them */
	IOMMUFD__HAND_OVER_THINGS_MAX =
		IOMMUFD_HAND_OVER_OBJECTS_MAX + IOMMUFD__HAND_OVER_OWN,
};

struct iommufd__hand_over_head {
	char magic[8];
	uint32_t version;
	uint32_t length; /* of the record */
	uint64_t sum;	 /* of the record, with 0 here */
	uint32_t things;
	uint32_t fds;
};

/* Which file a descriptor is of: in both processes the same. */
struct iommufd__hand_over_file {
	uint64_t device;
	uint64_t inode;
	uint64_t number; /* of a device file */
	uint32_t type;
	uint32_t valid; /* 1; else all is 0 */
};

struct iommufd__hand_over_thing {
	uint32_t kind;
	uint32_t id;
	uint32_t page_table;
	uint32_t device_kind;
	uint64_t value;
	struct iommufd__hand_over_file file;
	char name[IOMMUFD_HAND_OVER_NAME_MAX]; /* filled up with 0 */
};

_Static_assert(sizeof(struct iommufd_hand_over_object) >=
		       IOMMUFD__HAND_OVER_OBJECT_MIN,
	       "grown only");
_Static_assert(sizeof(struct iommufd__hand_over_head) == 32, "format");
_Static_assert(sizeof(struct iommufd__hand_over_thing) == 88, "format");

struct iommufd_hand_over {
	struct iommufd_ctx *ctx; /* the caller's */
	int is_new;		 /* of the new process */
	uint32_t count, room;
	struct iommufd__hand_over_thing *things;
	int32_t *fds;	      /* of each thing, or -1 */
	unsigned char *taken; /* of each thing */
	int old;  /* in the old process: open as long as it is there */
	int file; /* the memory file that is to be inherited, or -1 */
};

/* hand_over.c */
int iommufd__hand_over_refused(uint32_t cause);
/* With the cause that a system call's errno stands for. */
int iommufd__hand_over_failed(int err);
/* The file of a descriptor: 0 or an errno. */
int iommufd__hand_over_identify(int fd, struct iommufd__hand_over_file *file);
/* A duplicate that is not inherited: 0 or a typed error. */
int iommufd__hand_over_dup(int fd, int32_t *copy);
/* Room for things, none of which has a descriptor: NULL when there is none. */
struct iommufd_hand_over *iommufd__hand_over_alloc(uint32_t room);

/* hand_over_record.c */
void iommufd__hand_over_head(const struct iommufd_hand_over *hand_over,
			     struct iommufd__hand_over_head *head);
/* Whether a head is one, as far as it tells alone: 0 or a cause. */
uint32_t iommufd__hand_over_check_head(
	const struct iommufd__hand_over_head *head);
/* Whether the kind has a descriptor. */
int iommufd__hand_over_has_fd(uint32_t kind);
/* The position of the thing of this kind and name, or the count. */
uint32_t iommufd__hand_over_find(const struct iommufd_hand_over *hand_over,
				 uint32_t kind, const char *name);

#endif /* LIBIOMMUFD_UTIL_HAND_OVER_PRIVATE_H */
