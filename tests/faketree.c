/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "faketree.h"
#include "harness.h"

static char root[] = "/tmp/fake-XXXXXX";

void fake_new(void)
{
	strcpy(root, "/tmp/fake-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
}

const char *fake_path(const char *path)
{
	static char paths[8][PATH_MAX];
	static unsigned int next;
	char *text = paths[next++ % 8];

	ck_assert_int_lt(snprintf(text, PATH_MAX, "%s/%s", root, path),
			 PATH_MAX);
	return text;
}

static void make_parents(const char *path)
{
	char part[PATH_MAX];

	for (const char *slash = path; (slash = strchr(slash, '/')); slash++) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
		ck_assert(!mkdir(fake_path(part), 0755) || errno == EEXIST);
	}
}

void fake_dir(const char *path)
{
	make_parents(path);
	ck_assert(!mkdir(fake_path(path), 0755) || errno == EEXIST);
}

void fake_file(const char *path, const char *text)
{
	int fd;

	make_parents(path);
	fd = open(fake_path(path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
		  0644);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

void fake_link(const char *path, const char *target)
{
	make_parents(path);
	ck_assert_int_eq(symlink(target, fake_path(path)), 0);
}

void fake_node(const char *path, dev_t number)
{
	make_parents(path);
	ck_assert_msg(!mknod(fake_path(path), S_IFCHR | 0600, number),
		      "mknod needs root: %s", strerror(errno));
}

void fake_remove(const char *path)
{
	ck_assert_int_eq(remove(fake_path(path)), 0);
}
