/* SPDX-License-Identifier: MIT */
/* Mock accesses. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "mock_internal.h"

struct mock_access {
	int fd; /* the context's, which the handle keeps open */
	int access_fd;
};

static int attach(void *base, uint32_t flags, uint32_t pasid, uint32_t *pt_id)
{
	struct mock_access *mock = base;
	struct mock_uapi_test_cmd cmd = {
		.op = MOCK_UAPI_ACCESS_REPLACE_IOAS,
		.id = (uint32_t)mock->access_fd,
		.access_replace_ioas = { .ioas_id = *pt_id },
	};
	int ret;

	(void)pasid;
	if (flags & 1)
		return -EOPNOTSUPP;
	ret = iommufd_mock__raw(mock->fd, &cmd);
	return ret < 0 ? ret : 0;
}

static int detach(void *base, uint32_t flags, uint32_t pasid)
{
	(void)base;
	(void)flags;
	(void)pasid;
	return -EOPNOTSUPP;
}

static void close_access(void *base)
{
	struct mock_access *mock = base;

	close(mock->access_fd);
	free(mock);
}

static const struct iommufd_private_ops access_ops = {
	.size = sizeof(access_ops),
	.attach = attach,
	.detach = detach,
	.close = close_access,
};

static struct mock_access *mock_of(const struct iommufd_access *access)
{
	return iommufd_private_access_base(access, &access_ops);
}

static int create(struct iommufd_ctx *ctx, struct mock_uapi_test_cmd *cmd,
		  struct mock_access *mock, struct iommufd_access **access)
{
	int ret;

	mock->fd = iommufd_ctx_fd(ctx);
	ret = iommufd_mock__call(mock->fd, cmd);
	if (ret)
		return ret;
	mock->access_fd = (int)cmd->create_access.out_access_fd;
	ret = iommufd_private_access_new(ctx, 0, &access_ops, mock, access);
	if (ret)
		close(mock->access_fd);
	return ret;
}

int iommufd_mock_access_new(struct iommufd_ctx *ctx, uint32_t ioas_id,
			    uint32_t flags, struct iommufd_access **access)
{
	struct mock_uapi_test_cmd cmd = {
		.op = MOCK_UAPI_CREATE_ACCESS,
		.id = ioas_id,
		.create_access = { .flags = flags },
	};
	struct mock_access *mock;
	int ret;

	if (!ctx || !access)
		return iommufd_mock__null(cmd.op);
	mock = calloc(1, sizeof(*mock));
	if (!mock)
		return iommufd_mock__refused(cmd.op, IOMMUFD_CAUSE_NO_MEMORY,
					     ENOMEM);
	ret = create(ctx, &cmd, mock, access);
	if (ret)
		free(mock);
	return ret;
}

/* Operations on an access name it by its descriptor. */
static int on_access(const struct iommufd_access *access,
		     struct mock_uapi_test_cmd *cmd)
{
	const struct mock_access *mock = mock_of(access);

	if (!mock)
		return iommufd_mock__null(cmd->op);
	cmd->id = (uint32_t)mock->access_fd;
	return iommufd_mock__call(mock->fd, cmd);
}

int iommufd_mock_access_pin(struct iommufd_access *access, const void *memory,
			    uint64_t length, uint32_t flags, uint64_t iova,
			    uint32_t *pages_id)
{
	struct mock_uapi_test_cmd cmd = {
		.op = MOCK_UAPI_ACCESS_PAGES,
		.access_pages = { .flags = flags,
				  .iova = iova,
				  .length = length,
				  .uptr = iommufd_mock__u64(memory) },
	};
	int ret;

	if (!pages_id)
		return iommufd_mock__null(cmd.op);
	ret = on_access(access, &cmd);
	if (!ret)
		*pages_id = cmd.access_pages.out_access_pages_id;
	return ret;
}

int iommufd_mock_access_unpin(struct iommufd_access *access, uint32_t pages_id)
{
	struct mock_uapi_test_cmd cmd = {
		.op = MOCK_UAPI_DESTROY_ACCESS_PAGES,
		.destroy_access_pages = { .access_pages_id = pages_id },
	};

	return on_access(access, &cmd);
}

int iommufd_mock_access_rw(struct iommufd_access *access, void *memory,
			   uint64_t length, uint32_t flags, uint64_t iova)
{
	struct mock_uapi_test_cmd cmd = {
		.op = MOCK_UAPI_ACCESS_RW,
		.access_rw = { .iova = iova,
			       .length = length,
			       .uptr = iommufd_mock__u64(memory),
			       .flags = flags },
	};

	return on_access(access, &cmd);
}
