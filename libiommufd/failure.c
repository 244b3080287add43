/* SPDX-License-Identifier: MIT */
/* The thread's record of its last failure. */
#include <errno.h>

#include "internal.h"

/* sizeof(struct iommufd_failure) in 0.1.0. */
#define FAILURE_MIN 64

static _Thread_local struct iommufd_failure last = { .size = sizeof(last),
						     .fd = -1,
						     .memory_fd = -1 };

_Static_assert(sizeof(last) <= 128, "a record stays small");

int iommufd__failed_as(const struct iommufd_failure *call, int err,
		       uint32_t cause)
{
	last = *call;
	last.size = sizeof(last);
	last.ret = iommufd_make_error(cause, err);
	return last.ret;
}

int iommufd__failed(const struct iommufd_failure *call, int err)
{
	return iommufd__failed_as(call, err, iommufd__cause_of(call->op, err));
}

IOMMUFD_API int iommufd_private_failed(const struct iommufd_failure *failure,
				       int err)
{
	return iommufd__failed(failure, err);
}

/* The errno that the kernel would have used. */
static int errno_of(uint32_t cause)
{
	switch (cause) {
	case IOMMUFD_CAUSE_OPTS_TAIL:
		return E2BIG;
	case IOMMUFD_CAUSE_OTHER_CONTEXT:
		return EXDEV;
	case IOMMUFD_CAUSE_NO_MEMORY:
		return ENOMEM;
	case IOMMUFD_CAUSE_BORROWED:
		return EPERM;
	case IOMMUFD_CAUSE_ARRAY_SHORT:
		return ENOSPC;
	default:
		return EINVAL;
	}
}

int iommufd__refused_as(const struct iommufd_failure *call, uint32_t cause)
{
	return iommufd__failed_as(call, errno_of(cause), cause);
}

int iommufd__refused(uint32_t op, uint32_t cause)
{
	const struct iommufd_failure call = { .op = op,
					      .fd = -1,
					      .memory_fd = -1 };

	return iommufd__refused_as(&call, cause);
}

/* A refusal here leaves the record alone: it is what the caller came for. */
IOMMUFD_API int iommufd_failure_get(int ret, struct iommufd_failure *failure)
{
	uint32_t cause = iommufd__out_check(failure, FAILURE_MIN);

	if (!cause && (ret >= 0 || last.ret != ret))
		cause = IOMMUFD_CAUSE_NOT_LAST_FAILURE;
	if (cause)
		return iommufd_make_error(cause, EINVAL);
	iommufd__out_store(failure, &last, sizeof(last));
	return 0;
}

IOMMUFD_API int iommufd_failure_keep(struct iommufd_failure *failure)
{
	uint32_t cause = iommufd__out_check(failure, FAILURE_MIN);

	if (cause)
		return iommufd_make_error(cause, EINVAL);
	iommufd__out_store(failure, &last, sizeof(last));
	return 0;
}

IOMMUFD_API int iommufd_failure_set(const struct iommufd_failure *failure)
{
	struct iommufd_failure copy;
	uint32_t cause;

	if (!failure)
		return iommufd_make_error(IOMMUFD_CAUSE_NULL_POINTER, EINVAL);
	cause = iommufd__opts_load(&copy, sizeof(copy), failure, FAILURE_MIN);
	if (!cause && (copy.ret > 0 || (!copy.ret && copy.op)))
		cause = IOMMUFD_CAUSE_BAD_VALUE;
	if (cause)
		return iommufd_make_error(cause, errno_of(cause));
	copy.size = sizeof(copy);
	last = copy;
	return last.ret;
}
