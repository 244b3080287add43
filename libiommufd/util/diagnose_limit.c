/* SPDX-License-Identifier: MIT */
/* Whether the limit of locked memory stood in the way. */
#include "diagnose.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define CAP_IPC_LOCK_BIT 14

struct status {
	uint64_t pinned, locked; /* bytes */
	int unlimited;		 /* CAP_IPC_LOCK */
};

/* In a user namespace of its own a capability is none for the kernel. */
static int in_first_namespace(void)
{
	unsigned long inside, outside, count;
	char line[128], *rest;

	if (iommufd__sysfs_text(AT_FDCWD, "/proc/self/uid_map", line,
				sizeof(line)) < 0)
		return 1;
	inside = strtoul(line, &rest, 10);
	outside = strtoul(rest, &rest, 10);
	count = strtoul(rest, &rest, 10);
	return !inside && !outside && count == UINT32_MAX;
}

static void read_line(struct status *status, const char *line)
{
	if (!strncmp(line, "VmPin:", 6))
		status->pinned = strtoull(line + 6, NULL, 10) * 1024;
	else if (!strncmp(line, "VmLck:", 6))
		status->locked = strtoull(line + 6, NULL, 10) * 1024;
	else if (!strncmp(line, "CapEff:", 7))
		status->unlimited =
			strtoull(line + 7, NULL, 16) >> CAP_IPC_LOCK_BIT & 1 &&
			in_first_namespace();
}

static int read_status(struct status *status)
{
	struct iommufd__lines lines;
	const char *line;

	memset(status, 0, sizeof(*status));
	if (iommufd__lines_open(&lines, AT_FDCWD, "/proc/self/status"))
		return -1;
	while ((line = iommufd__lines_next(&lines)))
		read_line(status, line);
	iommufd__lines_close(&lines);
	return 0;
}

/* Whole pages are counted. */
static uint64_t bytes_needed(const struct iommufd_failure *f)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t first = f->memory - f->memory % page;
	uint64_t last = iommufd__diag_last(f->memory, f->length);

	return last - last % page + page - first;
}

static void add_bytes(struct iommufd__diag *d, const char *words,
		      uint64_t bytes)
{
	iommufd__text_add(&d->text, "%s", words);
	iommufd__text_bytes(&d->text, bytes);
}

static void add_numbers(struct iommufd__diag *d, const char *words)
{
	int at_least = (d->out.valid & IOMMUFD_DIAGNOSIS_USED_AT_LEAST) != 0;

	add_bytes(d, words, d->out.limit);
	add_bytes(d,
		  at_least ? " for all of the user's processes, of which this "
			     "one has pinned "
			   : " for this process, which uses ",
		  d->out.used);
	add_bytes(d, ", and this call needs ", d->out.needed);
}

static void no_limit(struct iommufd__diag *d, const char *why)
{
	iommufd__diag_found(d, IOMMUFD_CAUSE_NO_MEMORY);
	iommufd__text_add(&d->text,
			  "%s, so it was memory of the kernel that ran out, or "
			  "the limit of the memory cgroup",
			  why);
}

/* The mode counts for this process only as far as the context can be asked. */
static void set_numbers(struct iommufd__diag *d, const struct status *status,
			uint64_t limit)
{
	uint32_t mode = IOMMUFD_RLIMIT_MODE_USER;

	if (d->ctx)
		(void)iommufd_ctx_rlimit_mode_get(d->ctx, &mode);
	d->out.valid |= IOMMUFD_DIAGNOSIS_LIMIT;
	d->out.limit_mode = mode;
	d->out.limit = limit;
	d->out.used = status->locked;
	d->out.needed = bytes_needed(&d->failure);
	if (mode == IOMMUFD_RLIMIT_MODE_PROCESS)
		return;
	d->out.used = status->pinned;
	d->out.valid |= IOMMUFD_DIAGNOSIS_USED_AT_LEAST;
}

static void compare(struct iommufd__diag *d)
{
	uint64_t used = d->out.used, needed = d->out.needed;
	int over = used > d->out.limit || needed > d->out.limit - used;

	int alone = needed > d->out.limit;
	int certain = !(d->out.valid & IOMMUFD_DIAGNOSIS_USED_AT_LEAST);

	if (over) {
		iommufd__diag_found(d, IOMMUFD_CAUSE_LOCKED_MEMORY_LIMIT);
		add_numbers(d, "the limit of locked memory (RLIMIT_MEMLOCK) "
			       "is ");
		if (!alone && !certain)
			iommufd__text_add(
				&d->text,
				", which is too much as far as what "
				"is pinned counts, as that of iommufd "
				"does");
		iommufd__text_add(&d->text,
				  "; raise it (ulimit -l, LimitMEMLOCK=)");
	} else if (certain) {
		add_numbers(d, "it is not the limit of locked memory, which "
			       "is ");
		no_limit(d, "");
	} else {
		iommufd__diag_candidate(d, IOMMUFD_CAUSE_LOCKED_MEMORY_LIMIT);
		iommufd__diag_candidate(d, IOMMUFD_CAUSE_NO_MEMORY);
		add_numbers(d, "the limit of locked memory (RLIMIT_MEMLOCK) "
			       "is ");
		iommufd__text_add(&d->text,
				  "; either that limit is reached, with what "
				  "cannot be seen from here, or the kernel's "
				  "memory ran out");
	}
}

/* Only a map charges its own process, and in the mode that is set now. */
static int is_map(const struct iommufd_failure *f)
{
	return f->op == IOMMUFD_OP_IOAS_MAP ||
	       f->op == IOMMUFD_OP_IOAS_MAP_FILE;
}

static void others_charged(struct iommufd__diag *d)
{
	iommufd__diag_members(d, 0);
	iommufd__text_add(
		&d->text,
		"either a limit of locked memory (RLIMIT_MEMLOCK) is reached, "
		"which is that of the process that made each mapping, in the "
		"accounting mode it was made in, or the kernel's memory or "
		"that of the memory cgroup ran out");
}

/* The limit and the account of this process are to be compared. */
static void we_are_charged(struct iommufd__diag *d)
{
	struct status status;
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) || read_status(&status))
		return;
	if (status.unlimited)
		no_limit(d, "the process has CAP_IPC_LOCK and no limit of "
			    "locked memory");
	else if (limit.rlim_cur == RLIM_INFINITY)
		no_limit(d, "the limit of locked memory (RLIMIT_MEMLOCK) is "
			    "unlimited");
	else {
		set_numbers(d, &status, limit.rlim_cur);
		compare(d);
	}
}

void iommufd__diag_locked_memory(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;

	if (f->op == IOMMUFD_OP_VIOMMU_MMAP)
		iommufd__diag_say(
			d, IOMMUFD_CAUSE_LOCKED_MEMORY_LIMIT,
			"the process locks all that it maps (mlockall(2)), and "
			"with this it would lock more than its limit "
			"(RLIMIT_MEMLOCK) allows; raise it (ulimit -l, "
			"LimitMEMLOCK=)");
	else if (!is_map(f))
		others_charged(d);
	else if (f->op == IOMMUFD_OP_IOAS_MAP_FILE &&
		 iommufd__diag_is_dma_buf(f->memory_fd))
		no_limit(d, "a dma-buf does not count against the limit of "
			    "locked memory");
	else
		we_are_charged(d);
}
