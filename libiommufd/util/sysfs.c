/* SPDX-License-Identifier: MIT */
/* Bounded reading of sysfs and procfs, below an open directory. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

int iommufd__sysfs_dir(int dir, const char *path)
{
	int fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* The first line of an attribute: more than fits is none that we know. */
int iommufd__sysfs_text(int dir, const char *path, char *text, size_t size)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return -errno;
	got = read(fd, text, size);
	if (got < 0)
		got = -errno;
	else if ((size_t)got == size)
		got = -EOVERFLOW;
	close(fd);
	if (got < 0)
		return (int)got;
	text[got] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return (int)strlen(text);
}

/* The last part of what a symbolic link points to. */
int iommufd__sysfs_link(int dir, const char *path, char *name, size_t size)
{
	char target[PATH_MAX];
	const char *base;
	ssize_t got = readlinkat(dir, path, target, sizeof(target));

	if (got < 0)
		return -errno;
	if ((size_t)got == sizeof(target))
		return -EOVERFLOW;
	target[got] = '\0';
	base = iommufd__basename(target);
	if (strlen(base) >= size)
		return -EOVERFLOW;
	memcpy(name, base, strlen(base) + 1);
	return 0;
}

static int parse_number(const char **text, uint32_t *number)
{
	unsigned long value;
	char *end;

	if (**text < '0' || **text > '9')
		return -EINVAL;
	errno = 0;
	value = strtoul(*text, &end, 10);
	if (errno || value > UINT32_MAX)
		return -EOVERFLOW;
	*text = end;
	*number = (uint32_t)value;
	return 0;
}

/* A symbolic link to something that has a number for its name. */
int iommufd__sysfs_number(int dir, const char *path, uint32_t *number)
{
	char name[16];
	const char *text = name;
	int ret = iommufd__sysfs_link(dir, path, name, sizeof(name));

	if (ret)
		return ret;
	ret = parse_number(&text, number);
	if (ret)
		return ret;
	return *text ? -EINVAL : 0;
}

/* An attribute "major:minor". */
int iommufd__sysfs_devno(int dir, const char *path, dev_t *number)
{
	char line[32];
	const char *text = line;
	uint32_t major_nr, minor_nr;
	int ret = iommufd__sysfs_text(dir, path, line, sizeof(line));

	if (ret < 0)
		return ret;
	if (parse_number(&text, &major_nr) || *text++ != ':' ||
	    parse_number(&text, &minor_nr) || *text)
		return -EINVAL;
	*number = makedev(major_nr, minor_nr);
	return 0;
}

int iommufd__sysfs_realpath(const char *path, char *real, size_t size)
{
	char buf[PATH_MAX];

	if (!realpath(path, buf))
		return -errno;
	if (strlen(buf) >= size)
		return -ENAMETOOLONG;
	memcpy(real, buf, strlen(buf) + 1);
	return 0;
}

int iommufd__lines_open(struct iommufd__lines *lines, int dir, const char *path)
{
	lines->start = 0;
	lines->end = 0;
	lines->fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	return lines->fd < 0 ? -errno : 0;
}

/* Where the first line ends that begins at lines->start; NULL if unknown. */
static char *line_end(struct iommufd__lines *lines)
{
	return memchr(lines->buf + lines->start, '\n',
		      lines->end - lines->start);
}

/* Read until there is a whole line, or no more room or text. */
static char *refill(struct iommufd__lines *lines)
{
	char *end = NULL;
	ssize_t got;

	memmove(lines->buf, lines->buf + lines->start,
		lines->end - lines->start);
	lines->end -= lines->start;
	lines->start = 0;
	do {
		got = read(lines->fd, lines->buf + lines->end,
			   sizeof(lines->buf) - 1 - lines->end);
		if (got <= 0)
			break;
		lines->end += (size_t)got;
		end = line_end(lines);
	} while (!end);
	return end;
}

/*
 * The next line without its end, valid until the next call; NULL at the end of
 * the file. One that is too long comes in pieces.
 */
char *iommufd__lines_next(struct iommufd__lines *lines)
{
	char *line, *end = line_end(lines);

	if (!end)
		end = refill(lines);
	line = lines->buf + lines->start;
	if (!end && lines->start == lines->end)
		return NULL;
	if (!end)
		end = lines->buf + lines->end;
	lines->start = (size_t)(end - lines->buf) + 1;
	if (lines->start > lines->end)
		lines->start = lines->end;
	*end = '\0';
	return line;
}

void iommufd__lines_close(struct iommufd__lines *lines)
{
	close(lines->fd);
}
