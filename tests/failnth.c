/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "failnth.h"
#include "fixture.h"
#include "harness.h"

#define MOST_SITES 2000

static int fail_nth_fd;

static void write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	ck_assert_msg(fd >= 0, "%s: %s", path, strerror(errno));
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

void fail_nth_prepare(void)
{
	write_to("/sys/kernel/debug/failslab/ignore-gfp-wait", "N");
	write_to("/sys/kernel/debug/failslab/verbose", "0");
	write_to("/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N");
	write_to("/sys/kernel/debug/fail_page_alloc/verbose", "0");
	write_to("/sys/kernel/debug/fail_page_alloc/min-order", "0");
	write_to("/sys/kernel/debug/fail_iommufd/verbose", "0");
	/* Beforehand: opening is something that can fail, too. */
	fail_nth_fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	ck_assert_int_ge(fail_nth_fd, 0);
}

/* Armed by the write itself, so a success is passed over in silence. */
void fail_nth(unsigned int n)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%u", n);

	if (pwrite(fail_nth_fd, text, (size_t)length, 0) != length)
		ck_abort_msg("cannot write fail-nth: %s", strerror(errno));
}

/* What can be read is how many steps are left until it happens. */
int fail_nth_end(void)
{
	char text[16] = "";
	ssize_t got = pread(fail_nth_fd, text, sizeof(text) - 1, 0);

	fail_nth(0);
	ck_assert_int_gt(got, 0);
	return atoi(text) == 0;
}

void fail_nth_sweep(int (*call)(void), void (*undo)(void), void (*left)(void))
{
	unsigned int n = 0, failures = 0, descriptors = open_descriptors();
	int more = 1, ret;

	while (more) {
		ck_assert_uint_lt(++n, MOST_SITES);
		fail_nth(n);
		ret = call();
		more = fail_nth_end();
		if (ret) {
			failures++;
			ck_assert_msg(more, "failed without a reason: %s",
				      iommufd_cause_name(iommufd_cause(ret)));
			ck_assert_int_gt(iommufd_errno(ret), 0);
			ck_assert_uint_ne(iommufd_class(ret),
					  IOMMUFD_CLASS_NONE);
			left();
		} else {
			undo();
		}
	}
	ck_assert_uint_gt(failures, 0);
	ck_assert_uint_eq(open_descriptors(), descriptors);
}
