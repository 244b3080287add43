/* SPDX-License-Identifier: MIT */
/* The caller's structs that begin with their size; failures of our own. */
#include "internal.h"

#include <errno.h>
#include <string.h>

/* A larger size is a mistake, or an attempt to make us read all memory. */
#define SIZE_LIMIT 4096

static uint32_t size_of(const void *caller)
{
	uint32_t size;

	memcpy(&size, caller, sizeof(size));
	return size;
}

uint32_t iommufd__util_in_check(const void *in, uint32_t min)
{
	if (!in)
		return IOMMUFD_CAUSE_NULL_POINTER;
	if (size_of(in) < min || size_of(in) > SIZE_LIMIT)
		return IOMMUFD_CAUSE_OPTS_SIZE;
	return 0;
}

/* NULL means defaults, which are all zero. */
uint32_t iommufd__util_opts_load(void *opts, uint32_t known, const void *from,
				 uint32_t min)
{
	const unsigned char *bytes = from;
	uint32_t size, cause;

	memset(opts, 0, known);
	if (!from)
		return 0;
	cause = iommufd__util_in_check(from, min);
	if (cause)
		return cause;
	size = size_of(from);
	for (uint32_t i = known; i < size; i++)
		if (bytes[i])
			return IOMMUFD_CAUSE_OPTS_TAIL;
	memcpy(opts, from, size < known ? size : known);
	return 0;
}

void iommufd__util_out_store(void *out, const void *from, uint32_t known)
{
	uint32_t size = size_of(out);

	memset(out, 0, size);
	memcpy(out, from, size < known ? size : known);
	memcpy(out, &size, sizeof(size));
}

int iommufd__util_failed(uint32_t op, uint32_t cause, int err)
{
	struct iommufd_failure failure = {
		.size = sizeof(failure),
		.op = op,
		.ret = iommufd_make_error(cause, err),
		.fd = -1,
		.memory_fd = -1,
	};

	return iommufd_failure_set(&failure);
}

/* The errno is the one that the kernel would have used. */
int iommufd__util_refused(uint32_t op, uint32_t cause)
{
	int err = EINVAL;

	switch (cause >> 11) {
	case IOMMUFD_CLASS_NOT_FOUND:
		err = ENOENT;
		break;
	case IOMMUFD_CLASS_RESOURCE:
		err = ENOMEM;
		break;
	case IOMMUFD_CLASS_SHORT:
		err = EMSGSIZE;
		break;
	default:
		break;
	}
	if (cause == IOMMUFD_CAUSE_OPTS_TAIL)
		err = E2BIG;
	else if (cause == IOMMUFD_CAUSE_OVERFLOW)
		err = EOVERFLOW;
	else if (cause == IOMMUFD_CAUSE_NO_IOVA_SPACE)
		err = ENOSPC;
	else if (cause == IOMMUFD_CAUSE_OTHER_CONTEXT)
		err = EXDEV;
	else if (cause == IOMMUFD_CAUSE_BAD_FD)
		err = EBADF;
	return iommufd__util_failed(op, cause, err);
}
