/* SPDX-License-Identifier: MIT */
/* The three ways to put a mapping into an address space. */
#include <errno.h>
#include <unistd.h>

#include "internal.h"

#define ACCESS (IOMMUFD_MAP_READABLE | IOMMUFD_MAP_WRITEABLE)

/* The kernel takes no range that whole pages could not hold. */
static int is_too_long(uint64_t start, uint64_t length)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	return length > SIZE_MAX - page || length - 1 > UINT64_MAX - start;
}

/*
 * The kernel refuses all of these with EINVAL; the arguments tell some apart.
 * What remains is a set: see the causes' own words.
 */
static uint32_t why_invalid(const struct iommufd_failure *call)
{
	if (!(call->flags & ACCESS))
		return IOMMUFD_CAUSE_NO_ACCESS;
	if (!call->length)
		return IOMMUFD_CAUSE_ZERO_LENGTH;
	/* The IOVA is 0 where the kernel chooses it. */
	if (is_too_long(call->memory, call->length) ||
	    is_too_long(call->iova, call->length))
		return IOMMUFD_CAUSE_OVERFLOW;
	if (call->op == IOMMUFD_OP_IOAS_MAP_FILE)
		return IOMMUFD_CAUSE_FILE_UNUSABLE;
	if (call->flags & IOMMUFD_MAP_FIXED_IOVA)
		return IOMMUFD_CAUSE_IOVA_UNUSABLE;
	return IOMMUFD_CAUSE_MISALIGNED;
}

static int map_failed(struct iommufd_failure *call,
		      const struct iommufd_ioas *ioas, int err)
{
	call->fd = iommufd_ctx_fd(iommufd_ioas_ctx(ioas));
	call->object_id = iommufd_ioas_id(ioas);
	if (err == EINVAL)
		return iommufd__failed_as(call, err, why_invalid(call));
	return iommufd__failed(call, err);
}

/* The kernel looks at the IOVA even where it chooses one itself. */
static uint64_t wanted(uint32_t flags, const uint64_t *iova)
{
	return flags & IOMMUFD_MAP_FIXED_IOVA ? *iova : 0;
}

IOMMUFD_API int iommufd_ioas_map(struct iommufd_ioas *ioas, void *memory,
				 uint64_t length, uint32_t flags,
				 uint64_t *iova)
{
	struct uapi_ioas_map cmd = { .size = sizeof(cmd),
				     .flags = flags,
				     .user_va = iommufd__u64(memory),
				     .length = length };
	int ret;

	if (!ioas || !iova)
		return iommufd__refused(IOMMUFD_OP_IOAS_MAP,
					IOMMUFD_CAUSE_NULL_POINTER);
	cmd.ioas_id = iommufd_ioas_id(ioas);
	cmd.iova = wanted(flags, iova);
	ret = iommufd__ioctl(iommufd_ctx_fd(iommufd_ioas_ctx(ioas)),
			     IOMMUFD_NR_IOAS_MAP, &cmd);
	if (ret < 0) {
		struct iommufd_failure call = { .op = IOMMUFD_OP_IOAS_MAP,
						.flags = flags,
						.memory_fd = -1,
						.memory = cmd.user_va,
						.length = length,
						.iova = wanted(flags, iova) };

		return map_failed(&call, ioas, -ret);
	}
	*iova = cmd.iova;
	return 0;
}

IOMMUFD_API int iommufd_ioas_map_file(struct iommufd_ioas *ioas, int fd,
				      const struct iommufd_extent *part,
				      uint32_t flags, uint64_t *iova)
{
	struct uapi_ioas_map_file cmd = { .size = sizeof(cmd),
					  .flags = flags,
					  .fd = fd };
	int ret;

	if (!ioas || !part || !iova)
		return iommufd__refused(IOMMUFD_OP_IOAS_MAP_FILE,
					IOMMUFD_CAUSE_NULL_POINTER);
	cmd.ioas_id = iommufd_ioas_id(ioas);
	cmd.start = part->start;
	cmd.length = part->length;
	cmd.iova = wanted(flags, iova);
	ret = iommufd__ioctl(iommufd_ctx_fd(iommufd_ioas_ctx(ioas)),
			     IOMMUFD_NR_IOAS_MAP_FILE, &cmd);
	if (ret < 0) {
		struct iommufd_failure call = { .op = IOMMUFD_OP_IOAS_MAP_FILE,
						.flags = flags,
						.memory_fd = fd,
						.memory = part->start,
						.length = part->length,
						.iova = wanted(flags, iova) };

		return map_failed(&call, ioas, -ret);
	}
	*iova = cmd.iova;
	return 0;
}

IOMMUFD_API int iommufd_ioas_copy(struct iommufd_ioas *ioas,
				  const struct iommufd_ioas *source,
				  const struct iommufd_extent *part,
				  uint32_t flags, uint64_t *iova)
{
	struct uapi_ioas_copy cmd = { .size = sizeof(cmd), .flags = flags };
	int ret;

	if (!ioas || !source || !part || !iova)
		return iommufd__refused(IOMMUFD_OP_IOAS_COPY,
					IOMMUFD_CAUSE_NULL_POINTER);
	if (iommufd_ioas_ctx(ioas) != iommufd_ioas_ctx(source)) {
		const struct iommufd_failure call = {
			.op = IOMMUFD_OP_IOAS_COPY,
			.fd = iommufd_ctx_fd(iommufd_ioas_ctx(ioas)),
			.object_id = iommufd_ioas_id(ioas),
			.other_id = iommufd_ioas_id(source),
			.memory_fd = -1,
		};

		return iommufd__refused_as(&call, IOMMUFD_CAUSE_OTHER_CONTEXT);
	}
	cmd.dst_ioas_id = iommufd_ioas_id(ioas);
	cmd.src_ioas_id = iommufd_ioas_id(source);
	cmd.src_iova = part->start;
	cmd.length = part->length;
	cmd.dst_iova = wanted(flags, iova);
	ret = iommufd__ioctl(iommufd_ctx_fd(iommufd_ioas_ctx(ioas)),
			     IOMMUFD_NR_IOAS_COPY, &cmd);
	if (ret < 0) {
		struct iommufd_failure call = { .op = IOMMUFD_OP_IOAS_COPY,
						.other_id = cmd.src_ioas_id,
						.flags = flags,
						.memory_fd = -1,
						.memory = part->start,
						.length = part->length,
						.iova = wanted(flags, iova) };

		return map_failed(&call, ioas, -ret);
	}
	*iova = cmd.dst_iova;
	return 0;
}
