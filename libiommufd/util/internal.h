/* SPDX-License-Identifier: MIT */
/* What the files of libiommufd-util share. */
#ifndef LIBIOMMUFD_UTIL_INTERNAL_H
#define LIBIOMMUFD_UTIL_INTERNAL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <iommufd/util/util.h>

#define UTIL_API __attribute__((visibility("default")))

/*
 * structs.c: the caller's structs that begin with their size, and failures of
 * our own. @min is the size in the first release and never changes, @known is
 * today's. A check gives 0 or a cause.
 */
uint32_t iommufd__util_opts_load(void *opts, uint32_t known, const void *from,
				 uint32_t min);
uint32_t iommufd__util_in_check(const void *in, uint32_t min);
void iommufd__util_out_store(void *out, const void *from, uint32_t known);
int iommufd__util_refused(uint32_t op, uint32_t cause);
int iommufd__util_failed(uint32_t op, uint32_t cause, int err);

/*
 * sysfs.c: bounded reading below an open directory. Functions give a
 * descriptor, a length or 0, or a negative errno.
 */
#define IOMMUFD__LINE_MAX 1024

struct iommufd__lines {
	int fd;
	size_t start, end;
	char buf[4096];
};

int iommufd__sysfs_dir(int dir, const char *path);
int iommufd__sysfs_text(int dir, const char *path, char *text, size_t size);
int iommufd__sysfs_link(int dir, const char *path, char *name, size_t size);
int iommufd__sysfs_number(int dir, const char *path, uint32_t *number);
int iommufd__sysfs_devno(int dir, const char *path, dev_t *number);
int iommufd__sysfs_realpath(const char *path, char *real, size_t size);
int iommufd__lines_open(struct iommufd__lines *lines, int dir,
			const char *path);
char *iommufd__lines_next(struct iommufd__lines *lines);
void iommufd__lines_close(struct iommufd__lines *lines);

/* text.c: text that is cut off where its room ends. */
struct iommufd__text {
	char *buf;
	size_t size, length;
};

void iommufd__text_init(struct iommufd__text *text, char *buf, size_t size);
void iommufd__text_add(struct iommufd__text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void iommufd__text_bytes(struct iommufd__text *text, uint64_t bytes);
void iommufd__text_range(struct iommufd__text *text, uint64_t start,
			 uint64_t last);
int iommufd__text_complete(const struct iommufd__text *text);

/* names.c: the second form is the kernel's; 0 for what is no such name. */
const char *iommufd__basename(const char *path);
int iommufd__name_pci(const char *address, char *name, size_t size);
int iommufd__name_mdev(const char *uuid, char *name, size_t size);

/* A PCI address as a number for the record of a failure, and back. */
uint64_t iommufd__pack_pci(const char *name);
int iommufd__unpack_pci(uint64_t packed, char *name, size_t size);

/* discovery_reserved.c: where ENOENT means the cause @missing. */
#define IOMMUFD__NODE_INFO_MIN 472 /* sizeof in 0.1.0 */

int iommufd__find_failed(int neg_errno, uint32_t missing);
int iommufd__find_refused(uint32_t cause);
uint32_t iommufd__find_load(struct iommufd_node_info *known,
			    const struct iommufd_node_info *info);

#endif /* LIBIOMMUFD_UTIL_INTERNAL_H */
