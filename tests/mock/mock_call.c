/* SPDX-License-Identifier: MIT */
/* The one command of the mock driver. */
#include <errno.h>

#include "mock_internal.h"

int iommufd_mock__raw(int fd, struct mock_uapi_test_cmd *cmd)
{
	cmd->size = sizeof(*cmd);
	return iommufd_private_ioctl(fd, IOMMUFD_MOCK_NR, cmd);
}

int iommufd_mock__failed(int fd, const struct mock_uapi_test_cmd *cmd, int err)
{
	const struct iommufd_failure call = { .op = IOMMUFD_MOCK_OP + cmd->op,
					      .fd = fd,
					      .object_id = cmd->id,
					      .memory_fd = -1 };

	return iommufd_private_failed(&call, err);
}

int iommufd_mock__call(int fd, struct mock_uapi_test_cmd *cmd)
{
	int ret = iommufd_mock__raw(fd, cmd);

	return ret < 0 ? iommufd_mock__failed(fd, cmd, -ret) : 0;
}

int iommufd_mock__refused(uint32_t op, uint32_t cause, int err)
{
	const struct iommufd_failure call = {
		.size = sizeof(call),
		.op = IOMMUFD_MOCK_OP + op,
		.ret = iommufd_make_error(cause, err),
		.fd = -1,
		.memory_fd = -1,
	};

	return iommufd_failure_set(&call);
}

int iommufd_mock__null(uint32_t op)
{
	return iommufd_mock__refused(op, IOMMUFD_CAUSE_NULL_POINTER, EINVAL);
}
