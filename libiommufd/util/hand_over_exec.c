/* SPDX-License-Identifier: MIT */
/* A hand-over through exec(2): in a memory file, with inherited descriptors. */
#include "hand_over.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD  sizeof(struct iommufd__hand_over_head)
#define THING sizeof(struct iommufd__hand_over_thing)
#define FD    sizeof(int32_t)

/* The file has the record, and then of each descriptor its number. */
#define FILE_MAX (HEAD + IOMMUFD__HAND_OVER_THINGS_MAX * (THING + FD))

/* Of all descriptors, which are open: this cannot fail. */
static void set_inherited(const struct iommufd_hand_over *h, int inherited)
{
	const int flags = inherited ? 0 : FD_CLOEXEC;

	for (uint32_t i = 0; i < h->count; i++)
		if (h->fds[i] >= 0)
			fcntl(h->fds[i], F_SETFD, flags);
	fcntl(h->file, F_SETFD, flags);
}

/* All of it or an errno. */
static int write_all(int fd, const void *bytes, size_t length)
{
	const char *at = bytes;

	while (length) {
		ssize_t n = write(fd, at, length);

		if (n < 0 && errno != EINTR)
			return errno;
		if (n > 0) {
			at += n;
			length -= (size_t)n;
		}
	}
	return 0;
}

/* Without an allocation: 0 or an errno. */
static int write_file(const struct iommufd_hand_over *h, int fd)
{
	struct iommufd__hand_over_head head;
	int32_t fds[64];
	uint32_t n = 0;
	int err;

	iommufd__hand_over_head(h, &head);
	err = write_all(fd, &head, HEAD);
	if (!err)
		err = write_all(fd, h->things, h->count * THING);
	for (uint32_t i = 0; !err && i < h->count; i++) {
		if (h->fds[i] >= 0)
			fds[n++] = h->fds[i];
		if (n < 64 && i + 1 < h->count)
			continue;
		err = write_all(fd, fds, n * FD);
		n = 0;
	}
	return err;
}

UTIL_API int iommufd_hand_over_inherit(struct iommufd_hand_over *hand_over,
				       int *fd)
{
	int32_t file = -1;
	int new, err, ret;

	if (!hand_over || !fd)
		return iommufd__hand_over_refused(IOMMUFD_CAUSE_NULL_POINTER);
	if (hand_over->file >= 0) {
		set_inherited(hand_over, 0);
		close(hand_over->file);
		hand_over->file = -1;
	}
	new = memfd_create("hand-over", MFD_CLOEXEC);
	if (new < 0)
		return iommufd__hand_over_failed(errno);
	/* Not one of the first numbers, which the new program takes for others. */
	ret = iommufd__hand_over_dup(new, &file);
	close(new);
	if (ret)
		return ret;
	err = write_file(hand_over, file);
	if (err) {
		close(file);
		return iommufd__hand_over_failed(err);
	}
	hand_over->file = file;
	set_inherited(hand_over, 1);
	*fd = file;
	return 0;
}

/* ---- in the new program ------------------------------------------------------ */

/* All of it, to be freed; or a typed error. */
static int read_file(int fd, char **bytes, size_t *length)
{
	struct stat st;
	size_t done = 0;
	ssize_t n = 1;

	if (fstat(fd, &st))
		return iommufd__hand_over_failed(errno);
	if (!S_ISREG(st.st_mode) || st.st_size < (off_t)HEAD ||
	    st.st_size > (off_t)FILE_MAX)
		return iommufd__hand_over_refused(
			IOMMUFD_CAUSE_HAND_OVER_MALFORMED);
	*length = (size_t)st.st_size;
	*bytes = malloc(*length);
	if (!*bytes)
		return iommufd__hand_over_refused(IOMMUFD_CAUSE_NO_MEMORY);
	while (done < *length && n > 0) {
		n = pread(fd, *bytes + done, *length - done, (off_t)done);
		if (n > 0)
			done += (size_t)n;
		else if (n < 0 && errno == EINTR)
			n = 1;
	}
	if (done == *length)
		return 0;
	free(*bytes);
	return iommufd__hand_over_refused(IOMMUFD_CAUSE_HAND_OVER_MALFORMED);
}

/* Where the numbers are: they fill what follows the record. */
static int find_fds(const char *bytes, size_t length,
		    struct iommufd__hand_over_head *head, int32_t **fds)
{
	uint32_t cause;

	memcpy(head, bytes, HEAD);
	cause = iommufd__hand_over_check_head(head);
	if (!cause && length != head->length + head->fds * FD)
		cause = IOMMUFD_CAUSE_HAND_OVER_MALFORMED;
	if (cause)
		return iommufd__hand_over_refused(cause);
	*fds = malloc(head->fds * FD + 1);
	if (!*fds)
		return iommufd__hand_over_refused(IOMMUFD_CAUSE_NO_MEMORY);
	memcpy(*fds, bytes + head->length, head->fds * FD);
	return 0;
}

/* So that none is closed twice, nor one that is not the hand-over's. */
static int are_different(const int32_t *fds, uint32_t count, int file)
{
	for (uint32_t i = 0; i < count; i++) {
		if (fds[i] == file)
			return 0;
		for (uint32_t before = 0; before < i; before++)
			if (fds[i] == fds[before])
				return 0;
	}
	return 1;
}

static int take_in(int fd, const char *bytes, size_t length,
		   struct iommufd_ctx **ctx,
		   struct iommufd_hand_over **hand_over)
{
	struct iommufd__hand_over_head head;
	int32_t *fds = NULL;
	int ret = find_fds(bytes, length, &head, &fds);

	if (ret)
		return ret;
	if (are_different(fds, head.fds, fd))
		ret = iommufd_hand_over_unpack(bytes, head.length, fds,
					       head.fds, ctx, hand_over);
	else
		ret = iommufd__hand_over_refused(
			IOMMUFD_CAUSE_HAND_OVER_DESCRIPTORS);
	if (!ret) {
		for (uint32_t i = 0; i < head.fds; i++)
			close(fds[i]);
		close(fd);
	}
	free(fds);
	return ret;
}

UTIL_API int iommufd_hand_over_inherited(int fd, struct iommufd_ctx **ctx,
					 struct iommufd_hand_over **hand_over)
{
	char *bytes = NULL;
	size_t length = 0;
	int ret;

	if (!ctx || !hand_over)
		return iommufd__hand_over_refused(IOMMUFD_CAUSE_NULL_POINTER);
	ret = read_file(fd, &bytes, &length);
	if (ret)
		return ret;
	ret = take_in(fd, bytes, length, ctx, hand_over);
	free(bytes);
	return ret;
}
