/* SPDX-License-Identifier: MIT */
/* Operations of the mock driver on objects that are not its own. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "mock_internal.h"

static int on_ctx(const struct iommufd_ctx *ctx, struct mock_uapi_test_cmd *cmd)
{
	if (!ctx)
		return iommufd_mock__null(cmd->op);
	return iommufd_mock__call(iommufd_ctx_fd(ctx), cmd);
}

int iommufd_mock_add_reserved(struct iommufd_ctx *ctx, uint32_t ioas_id,
			      uint64_t length, uint64_t start)
{
	struct mock_uapi_test_cmd cmd = {
		.op = MOCK_UAPI_ADD_RESERVED,
		.id = ioas_id,
		.add_reserved = { .start = start, .length = length },
	};

	return on_ctx(ctx, &cmd);
}

int iommufd_mock_check_map(struct iommufd_ctx *ctx, uint32_t hwpt_id,
			   const void *memory, uint64_t length, uint64_t iova)
{
	struct mock_uapi_test_cmd cmd = {
		.op = MOCK_UAPI_MD_CHECK_MAP,
		.id = hwpt_id,
		.check_map = { .iova = iova,
			       .length = length,
			       .uptr = iommufd_mock__u64(memory) },
	};

	return on_ctx(ctx, &cmd);
}

int iommufd_mock_check_refs(struct iommufd_ctx *ctx, const void *memory,
			    uint64_t length, uint32_t refs)
{
	struct mock_uapi_test_cmd cmd = {
		.op = MOCK_UAPI_MD_CHECK_REFS,
		.check_refs = { .length = length,
				.uptr = iommufd_mock__u64(memory),
				.refs = refs },
	};

	return on_ctx(ctx, &cmd);
}

int iommufd_mock_check_iotlb(struct iommufd_ctx *ctx, uint32_t hwpt_id,
			     uint32_t index, uint32_t value)
{
	struct mock_uapi_test_cmd cmd = {
		.op = MOCK_UAPI_MD_CHECK_IOTLB,
		.id = hwpt_id,
		.check_iotlb = { .id = index, .iotlb = value },
	};

	return on_ctx(ctx, &cmd);
}

int iommufd_mock_set_dirty(struct iommufd_ctx *ctx, uint32_t hwpt_id,
			   const struct iommufd_mock_dirty *pages,
			   uint64_t *marked)
{
	struct mock_uapi_test_cmd cmd = { .op = MOCK_UAPI_DIRTY,
					  .id = hwpt_id };
	int ret;

	if (!pages)
		return iommufd_mock__null(cmd.op);
	cmd.dirty.iova = pages->iova;
	cmd.dirty.length = pages->length;
	cmd.dirty.page_size = pages->page_size;
	cmd.dirty.uptr = iommufd_mock__u64(pages->bitmap);
	ret = on_ctx(ctx, &cmd);
	if (!ret && marked)
		*marked = cmd.dirty.out_nr_dirty;
	return ret;
}

int iommufd_mock_set_temp_memory_limit(struct iommufd_ctx *ctx, uint32_t bytes)
{
	struct mock_uapi_test_cmd cmd = {
		.op = MOCK_UAPI_SET_TEMP_MEMORY_LIMIT,
		.memory_limit = { .limit = bytes },
	};

	return on_ctx(ctx, &cmd);
}

/* The descriptor that the next open gets. */
static int lowest_free(int fd)
{
	int lowest = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (lowest < 0)
		return -errno;
	close(lowest);
	return lowest;
}

int iommufd_mock_dma_buf_get(struct iommufd_ctx *ctx, uint32_t length,
			     uint32_t open_flags, int *fd)
{
	struct mock_uapi_test_cmd cmd = {
		.op = MOCK_UAPI_DMABUF_GET,
		.dmabuf_get = { .length = length, .open_flags = open_flags },
	};
	int ctx_fd = iommufd_ctx_fd(ctx);
	int lowest, ret;

	if (!ctx || !fd)
		return iommufd_mock__null(cmd.op);
	lowest = lowest_free(ctx_fd);
	if (lowest < 0)
		return iommufd_mock__failed(ctx_fd, &cmd, -lowest);
	ret = iommufd_mock__raw(ctx_fd, &cmd);
	if (ret < 0)
		return iommufd_mock__failed(ctx_fd, &cmd, -ret);
	/* 0 from a kernel that keeps the number to itself; else the number. */
	if (!ret)
		ret = lowest;
	if (fcntl(ret, F_GETFD) < 0)
		return iommufd_mock__failed(ctx_fd, &cmd, errno);
	*fd = ret;
	return 0;
}

int iommufd_mock_dma_buf_revoke(struct iommufd_ctx *ctx, int fd,
				uint32_t revoked)
{
	struct mock_uapi_test_cmd cmd = {
		.op = MOCK_UAPI_DMABUF_REVOKE,
		.dmabuf_revoke = { .dmabuf_fd = fd, .revoked = revoked },
	};

	return on_ctx(ctx, &cmd);
}
