/* SPDX-License-Identifier: MIT */
/*
 * A hand-over over a unix socket: a message with the head, and one for each part
 * of the things, with their descriptors. The socket may keep messages apart or
 * not: the reader asks for each in its length.
 */
#include "hand_over.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEAD  sizeof(struct iommufd__hand_over_head)
#define THING sizeof(struct iommufd__hand_over_thing)

/* Things in a message; the kernel takes 253 descriptors with one. */
#define PART	  128
#define FDS_MAX	  253
#define LABEL_MAX 256 /* bytes of a security label */

/* Of Linux 6.5, which the headers may not be of. */
#ifndef SCM_PIDFD
#define SCM_PIDFD 4
#endif

/* Room for descriptors, and for what the reader's socket may be told to add. */
union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(FDS_MAX * sizeof(int)) +
		   CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(sizeof(int)) +
		   CMSG_SPACE(LABEL_MAX)];
};

static uint32_t part_length(uint32_t count, uint32_t first)
{
	return count - first < PART ? count - first : PART;
}

/* Other sockets take descriptors, too, and lose them without a word. */
static int check_socket(int socket)
{
	socklen_t length = sizeof(int);
	int domain;

	if (getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &length))
		return iommufd__hand_over_failed(errno);
	return domain == AF_UNIX ? 0 : iommufd__hand_over_failed(EAFNOSUPPORT);
}

/* ---- sending ----------------------------------------------------------------- */

static void put_fds(struct msghdr *message, union control *control,
		    const int *fds, uint32_t count)
{
	if (!count)
		return;
	message->msg_control = control;
	message->msg_controllen = CMSG_SPACE(count * sizeof(int));
	control->align.cmsg_level = SOL_SOCKET;
	control->align.cmsg_type = SCM_RIGHTS;
	control->align.cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(&control->align), fds, count * sizeof(int));
}

/* Descriptors go with the first byte. */
static int send_all(int socket, const void *bytes, size_t length,
		    const int *fds, uint32_t count)
{
	struct iovec part = { .iov_base = (void *)(uintptr_t)bytes,
			      .iov_len = length };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	union control control = { 0 };

	put_fds(&message, &control, fds, count);
	while (part.iov_len) {
		ssize_t n = sendmsg(socket, &message, MSG_NOSIGNAL);

		if (n < 0 && errno != EINTR)
			return iommufd__hand_over_failed(errno);
		if (n <= 0)
			continue;
		part.iov_base = (char *)part.iov_base + n;
		part.iov_len -= (size_t)n;
		message.msg_control = NULL;
		message.msg_controllen = 0;
	}
	return 0;
}

static int send_part(const struct iommufd_hand_over *h, int socket,
		     uint32_t first)
{
	const uint32_t n = part_length(h->count, first);
	int fds[PART];
	uint32_t count = 0;

	for (uint32_t i = first; i < first + n; i++)
		if (h->fds[i] >= 0)
			fds[count++] = h->fds[i];
	return send_all(socket, &h->things[first], n * THING, fds, count);
}

UTIL_API int iommufd_hand_over_send(const struct iommufd_hand_over *hand_over,
				    int socket)
{
	struct iommufd__hand_over_head head;
	int ret;

	if (!hand_over)
		return iommufd__hand_over_refused(IOMMUFD_CAUSE_NULL_POINTER);
	iommufd__hand_over_head(hand_over, &head);
	ret = check_socket(socket);
	if (!ret)
		ret = send_all(socket, &head, HEAD, NULL, 0);
	for (uint32_t i = 0; !ret && i < hand_over->count; i += PART)
		ret = send_part(hand_over, socket, i);
	return ret;
}

/* ---- receiving --------------------------------------------------------------- */

/* What has come so far; to be freed, and its descriptors closed. */
struct incoming {
	int socket;
	char *record;
	int32_t *fds;
	uint32_t room, count; /* of descriptors */
};

/* Nobody has sent it: the caller has told the socket to say who sends. */
static void close_pidfd(const struct cmsghdr *c)
{
	int fd;

	if (c->cmsg_len < CMSG_LEN(sizeof(fd)))
		return;
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	if (fd >= 0)
		close(fd);
}

static void keep_rights(struct incoming *in, const struct cmsghdr *c,
			int *strange)
{
	size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	int fd;

	for (size_t i = 0; i < n; i++) {
		memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
		if (in->count < in->room) {
			in->fds[in->count++] = fd;
		} else {
			close(fd);
			*strange = 1;
		}
	}
}

static void keep_fds(struct incoming *in, struct msghdr *message, int *strange)
{
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_RIGHTS)
			keep_rights(in, c, strange);
		else if (c->cmsg_type == SCM_PIDFD)
			close_pidfd(c);
	}
}

/* Once, and what came with it: bytes, or a typed error. */
static int receive_some(struct incoming *in, void *bytes, size_t length,
			size_t *received)
{
	struct iovec part = { .iov_base = bytes, .iov_len = length };
	union control control = { 0 };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	ssize_t n =
		recvmsg(in->socket, &message, MSG_CMSG_CLOEXEC | MSG_WAITALL);
	int strange = 0;

	if (n < 0 && errno == EINTR)
		return 0;
	if (n < 0)
		return iommufd__hand_over_failed(errno);
	keep_fds(in, &message, &strange);
	if (message.msg_flags & MSG_CTRUNC)
		return iommufd__hand_over_failed(EMFILE);
	if (strange)
		return iommufd__hand_over_refused(
			IOMMUFD_CAUSE_HAND_OVER_DESCRIPTORS);
	if (message.msg_flags & MSG_TRUNC)
		return iommufd__hand_over_refused(
			IOMMUFD_CAUSE_HAND_OVER_MALFORMED);
	if (!n)
		return iommufd__hand_over_failed(ECONNRESET);
	*received = (size_t)n;
	return 0;
}

static int receive_all(struct incoming *in, void *bytes, size_t length)
{
	char *at = bytes;

	while (length) {
		size_t n = 0;
		int ret = receive_some(in, at, length, &n);

		if (ret)
			return ret;
		at += n;
		length -= n;
	}
	return 0;
}

static int receive_head(struct incoming *in,
			struct iommufd__hand_over_head *head)
{
	uint32_t cause;
	int ret = receive_all(in, head, HEAD);

	if (ret)
		return ret;
	cause = iommufd__hand_over_check_head(head);
	if (cause)
		return iommufd__hand_over_refused(cause);
	in->record = malloc(head->length);
	in->fds = malloc(head->fds * sizeof(*in->fds) + 1);
	if (!in->record || !in->fds)
		return iommufd__hand_over_refused(IOMMUFD_CAUSE_NO_MEMORY);
	memcpy(in->record, head, HEAD);
	in->room = head->fds;
	return 0;
}

static int receive(struct incoming *in, struct iommufd_ctx **ctx,
		   struct iommufd_hand_over **hand_over)
{
	struct iommufd__hand_over_head head;
	int ret = check_socket(in->socket);

	if (!ret)
		ret = receive_head(in, &head);
	for (uint32_t i = 0; !ret && i < head.things; i += PART)
		ret = receive_all(in, in->record + HEAD + i * THING,
				  part_length(head.things, i) * THING);
	if (ret)
		return ret;
	return iommufd_hand_over_unpack(in->record, head.length, in->fds,
					in->count, ctx, hand_over);
}

UTIL_API int iommufd_hand_over_receive(int socket, struct iommufd_ctx **ctx,
				       struct iommufd_hand_over **hand_over)
{
	struct incoming in = { .socket = socket };
	int ret;

	if (!ctx || !hand_over)
		return iommufd__hand_over_refused(IOMMUFD_CAUSE_NULL_POINTER);
	ret = receive(&in, ctx, hand_over);
	/* The hand-over has duplicates. */
	while (in.count)
		close(in.fds[--in.count]);
	free(in.record);
	free(in.fds);
	return ret;
}
