/* SPDX-License-Identifier: MIT */
/* Files that this process and others have open. */
#include "diagnose.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Bounds for a machine with very many processes and files. */
#define MAX_PROCESSES 16384
#define MAX_FILES     65536

/*
 * To follow a descriptor to a file may take for ever, as of a file system over
 * a network: only those of device files are followed.
 */
static int stat_device(int dir, const char *name, struct stat *st)
{
	static const char device_files[] = "/dev/";
	char target[sizeof(device_files)];

	if (readlinkat(dir, name, target, sizeof(target)) != sizeof(target) ||
	    memcmp(target, device_files, sizeof(device_files) - 1) != 0)
		return -1;
	return fstatat(dir, name, st, 0);
}

/* Call @visit for each descriptor of a device file until it gives something other than 0. */
static int each_fd(const char *path, iommufd__fd_visitor *visit, void *arg)
{
	int fd = iommufd__sysfs_dir(AT_FDCWD, path);
	const struct dirent *entry;
	unsigned int left = MAX_FILES;
	struct stat st;
	int ret = 0;
	DIR *dir;

	if (fd < 0)
		return 0;
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return 0;
	}
	while (!ret && left-- && (entry = readdir(dir))) {
		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    stat_device(fd, entry->d_name, &st))
			continue;
		ret = visit(arg, atoi(entry->d_name), &st);
	}
	closedir(dir);
	return ret;
}

int iommufd__each_own_fd(iommufd__fd_visitor *visit, void *arg)
{
	return each_fd("/proc/self/fd", visit, arg);
}

static int has_number(void *arg, int fd, const struct stat *st)
{
	const dev_t *number = arg;

	(void)fd;
	return S_ISCHR(st->st_mode) && st->st_rdev == *number;
}

static int process_has_open(const char *pid, dev_t *number)
{
	struct iommufd__text text;
	char path[64];

	iommufd__text_init(&text, path, sizeof(path));
	iommufd__text_add(&text, "/proc/%s/fd", pid);
	return each_fd(path, has_number, number);
}

/*
 * Another process that has the device file of this number open, as far as this
 * one may look; its own number comes last. 1 when there is one.
 */
int iommufd__who_has_open(dev_t number, int *pid)
{
	unsigned int left = MAX_PROCESSES;
	const struct dirent *entry;
	DIR *dir = opendir("/proc");
	int found = 0;

	while (dir && !found && left-- && (entry = readdir(dir))) {
		int other = atoi(entry->d_name);

		if (other <= 0 || other == getpid())
			continue;
		found = process_has_open(entry->d_name, &number);
		*pid = other;
	}
	if (dir)
		closedir(dir);
	if (!found && process_has_open("self", &number)) {
		*pid = getpid();
		found = 1;
	}
	return found;
}
