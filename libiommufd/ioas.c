/* SPDX-License-Identifier: MIT */
/* I/O address spaces. */
#include <errno.h>

#include "internal.h"

/* The handle is the object itself; the tag only keeps kinds apart. */
static struct iommufd__object *object_of(struct iommufd_ioas *ioas)
{
	return (struct iommufd__object *)ioas;
}

IOMMUFD_API struct iommufd_ctx *iommufd_ioas_ctx(
	const struct iommufd_ioas *ioas)
{
	return ioas ? ((const struct iommufd__object *)ioas)->ctx : NULL;
}

static int fd_of(const struct iommufd_ioas *ioas)
{
	return iommufd_ctx_fd(iommufd_ioas_ctx(ioas));
}

/* What a failure of an operation on this address space has to say. */
static struct iommufd_failure call_of(uint32_t op,
				      const struct iommufd_ioas *ioas)
{
	return (struct iommufd_failure){ .op = op,
					 .fd = fd_of(ioas),
					 .object_id = iommufd_ioas_id(ioas),
					 .memory_fd = -1 };
}

static int range_failed(uint32_t op, const struct iommufd_ioas *ioas,
			uint64_t iova, uint64_t length, int err)
{
	struct iommufd_failure call = call_of(op, ioas);

	call.iova = iova;
	call.length = length;
	if (err == EINVAL && !length)
		return iommufd__failed_as(&call, err,
					  IOMMUFD_CAUSE_ZERO_LENGTH);
	return iommufd__failed(&call, err);
}

IOMMUFD_API int iommufd_ioas_alloc(struct iommufd_ctx *ctx, uint32_t flags,
				   struct iommufd_ioas **ioas)
{
	struct uapi_ioas_alloc cmd = { .size = sizeof(cmd), .flags = flags };
	struct iommufd__object *new;
	int ret;

	if (!ctx || !ioas)
		return iommufd__refused(IOMMUFD_OP_IOAS_ALLOC,
					IOMMUFD_CAUSE_NULL_POINTER);
	new = iommufd__object_new(ctx);
	if (!new)
		return iommufd__refused(IOMMUFD_OP_IOAS_ALLOC,
					IOMMUFD_CAUSE_NO_MEMORY);
	ret = iommufd__ioctl(iommufd_ctx_fd(ctx), IOMMUFD_NR_IOAS_ALLOC, &cmd);
	if (ret < 0) {
		const struct iommufd_failure call = {
			.op = IOMMUFD_OP_IOAS_ALLOC,
			.fd = iommufd_ctx_fd(ctx),
			.memory_fd = -1,
			.flags = flags,
		};

		iommufd__object_release(new);
		return iommufd__failed(&call, -ret);
	}
	new->id = cmd.out_ioas_id;
	*ioas = (struct iommufd_ioas *)new;
	return 0;
}

/* Asking for no ranges finds the object, and changes nothing. */
static int verify(const struct iommufd_ioas *ioas)
{
	struct uapi_ioas_iova_ranges cmd = { .size = sizeof(cmd),
					     .ioas_id = iommufd_ioas_id(ioas) };
	int ret =
		iommufd__ioctl(fd_of(ioas), IOMMUFD_NR_IOAS_IOVA_RANGES, &cmd);

	if (ret < 0 && ret != -EMSGSIZE) {
		const struct iommufd_failure call =
			call_of(IOMMUFD_OP_IOAS_ADOPT, ioas);

		return iommufd__failed(&call, -ret);
	}
	return 0;
}

IOMMUFD_API int iommufd_ioas_adopt(struct iommufd_ctx *ctx, uint32_t id,
				   uint32_t flags, struct iommufd_ioas **ioas)
{
	struct iommufd__object *new;
	int ret = iommufd__object_adopt(
		ctx, id, flags, IOMMUFD_ADOPT_OWNED | IOMMUFD_ADOPT_VERIFY,
		IOMMUFD_OP_IOAS_ADOPT, ioas ? &new : NULL);

	if (ret)
		return ret;
	if (flags & IOMMUFD_ADOPT_VERIFY)
		ret = verify((struct iommufd_ioas *)new);
	if (ret)
		iommufd__object_release(new);
	else
		*ioas = (struct iommufd_ioas *)new;
	return ret;
}

IOMMUFD_API uint32_t iommufd_ioas_id(const struct iommufd_ioas *ioas)
{
	return ioas ? ((const struct iommufd__object *)ioas)->id : 0;
}

IOMMUFD_API int iommufd_ioas_destroy(struct iommufd_ioas *ioas)
{
	return iommufd__object_destroy(object_of(ioas));
}

IOMMUFD_API void iommufd_ioas_release(struct iommufd_ioas *ioas)
{
	iommufd__object_release(object_of(ioas));
}

IOMMUFD_API int iommufd_ioas_unmap(struct iommufd_ioas *ioas, uint64_t *length,
				   uint64_t iova)
{
	struct uapi_ioas_unmap cmd = { .size = sizeof(cmd), .iova = iova };
	int ret;

	if (!ioas || !length)
		return iommufd__refused(IOMMUFD_OP_IOAS_UNMAP,
					IOMMUFD_CAUSE_NULL_POINTER);
	cmd.ioas_id = iommufd_ioas_id(ioas);
	cmd.length = *length;
	ret = iommufd__ioctl(fd_of(ioas), IOMMUFD_NR_IOAS_UNMAP, &cmd);
	if (ret >= 0) {
		*length = cmd.length;
		return 0;
	}
	return range_failed(IOMMUFD_OP_IOAS_UNMAP, ioas, iova, *length, -ret);
}

IOMMUFD_API int iommufd_ioas_unmap_all(struct iommufd_ioas *ioas,
				       uint64_t *unmapped)
{
	struct uapi_ioas_unmap cmd = { .size = sizeof(cmd),
				       .length = UINT64_MAX };
	struct iommufd_failure call;
	int ret;

	if (!ioas)
		return iommufd__refused(IOMMUFD_OP_IOAS_UNMAP,
					IOMMUFD_CAUSE_NULL_POINTER);
	cmd.ioas_id = iommufd_ioas_id(ioas);
	ret = iommufd__ioctl(fd_of(ioas), IOMMUFD_NR_IOAS_UNMAP, &cmd);
	if (ret >= 0) {
		if (unmapped)
			*unmapped = cmd.length;
		return 0;
	}
	call = call_of(IOMMUFD_OP_IOAS_UNMAP, ioas);
	call.length = UINT64_MAX;
	/* An empty space is no failure here, so only the object can be missing.
	 */
	if (ret == -ENOENT)
		return iommufd__failed_as(&call, -ret, IOMMUFD_CAUSE_OBJECT);
	return iommufd__failed(&call, -ret);
}

_Static_assert(sizeof(struct iommufd_iova_range) ==
		       sizeof(struct uapi_iova_range),
	       "ranges go to the kernel as they are");

IOMMUFD_API int iommufd_ioas_iova_ranges(struct iommufd_ioas *ioas,
					 struct iommufd_iova_range *ranges,
					 uint32_t *count, uint64_t *alignment)
{
	struct uapi_ioas_iova_ranges cmd = { .size = sizeof(cmd) };
	struct iommufd_failure call;
	int ret;

	if (!ioas || !count || (*count && !ranges))
		return iommufd__refused(IOMMUFD_OP_IOAS_IOVA_RANGES,
					IOMMUFD_CAUSE_NULL_POINTER);
	cmd.ioas_id = iommufd_ioas_id(ioas);
	cmd.num_iovas = *count;
	cmd.allowed_iovas = iommufd__u64(ranges);
	ret = iommufd__ioctl(fd_of(ioas), IOMMUFD_NR_IOAS_IOVA_RANGES, &cmd);
	if (ret >= 0 || ret == -EMSGSIZE) {
		*count = cmd.num_iovas;
		if (alignment)
			*alignment = cmd.out_iova_alignment;
	}
	if (ret >= 0)
		return 0;
	call = call_of(IOMMUFD_OP_IOAS_IOVA_RANGES, ioas);
	call.arg = cmd.num_iovas;
	return iommufd__failed(&call, -ret);
}

IOMMUFD_API int iommufd_ioas_allow_iovas(
	struct iommufd_ioas *ioas, const struct iommufd_iova_range *ranges,
	uint32_t count)
{
	struct uapi_ioas_allow_iovas cmd = { .size = sizeof(cmd),
					     .num_iovas = count };
	struct iommufd_failure call;
	int ret;

	if (!ioas || (count && !ranges))
		return iommufd__refused(IOMMUFD_OP_IOAS_ALLOW_IOVAS,
					IOMMUFD_CAUSE_NULL_POINTER);
	cmd.ioas_id = iommufd_ioas_id(ioas);
	cmd.allowed_iovas = iommufd__u64(ranges);
	ret = iommufd__ioctl(fd_of(ioas), IOMMUFD_NR_IOAS_ALLOW_IOVAS, &cmd);
	if (ret >= 0)
		return 0;
	call = call_of(IOMMUFD_OP_IOAS_ALLOW_IOVAS, ioas);
	call.arg = count;
	return iommufd__failed(&call, -ret);
}

static int huge_pages(const struct iommufd_ioas *ioas, uint16_t op,
		      uint64_t *value)
{
	struct uapi_option cmd = { .size = sizeof(cmd),
				   .option_id = UAPI_OPTION_HUGE_PAGES,
				   .op = op,
				   .object_id = iommufd_ioas_id(ioas),
				   .val64 = *value };
	int ret = iommufd__ioctl(fd_of(ioas), IOMMUFD_NR_OPTION, &cmd);
	struct iommufd_failure call;

	if (ret >= 0) {
		*value = cmd.val64;
		return 0;
	}
	call = call_of(IOMMUFD_OP_HUGE_PAGES, ioas);
	call.arg = *value;
	if (ret == -EINVAL)
		return iommufd__failed_as(&call, -ret,
					  *value ? IOMMUFD_CAUSE_BAD_VALUE
						 : IOMMUFD_CAUSE_IOAS_MAPPED);
	return iommufd__failed(&call, -ret);
}

IOMMUFD_API int iommufd_ioas_huge_pages_set(struct iommufd_ioas *ioas,
					    uint32_t on)
{
	uint64_t value = on;

	if (!ioas)
		return iommufd__refused(IOMMUFD_OP_HUGE_PAGES,
					IOMMUFD_CAUSE_NULL_POINTER);
	return huge_pages(ioas, UAPI_OPTION_OP_SET, &value);
}

IOMMUFD_API int iommufd_ioas_huge_pages_get(struct iommufd_ioas *ioas,
					    uint32_t *on)
{
	uint64_t value = 0;
	int ret;

	if (!ioas || !on)
		return iommufd__refused(IOMMUFD_OP_HUGE_PAGES,
					IOMMUFD_CAUSE_NULL_POINTER);
	ret = huge_pages(ioas, UAPI_OPTION_OP_GET, &value);
	if (!ret)
		*on = (uint32_t)value;
	return ret;
}

IOMMUFD_API int iommufd_ioas_noiommu_get_pa(struct iommufd_ioas *ioas,
					    uint64_t *length, uint64_t iova,
					    uint64_t *physical)
{
	struct uapi_ioas_noiommu_get_pa cmd = { .size = sizeof(cmd),
						.iova = iova };
	int ret;

	if (!ioas || !length || !physical)
		return iommufd__refused(IOMMUFD_OP_IOAS_NOIOMMU_GET_PA,
					IOMMUFD_CAUSE_NULL_POINTER);
	cmd.ioas_id = iommufd_ioas_id(ioas);
	cmd.length = *length;
	ret = iommufd__ioctl(fd_of(ioas), IOMMUFD_NR_IOAS_NOIOMMU_GET_PA, &cmd);
	if (ret >= 0) {
		*length = cmd.length;
		*physical = cmd.out_phys;
		return 0;
	}
	return range_failed(IOMMUFD_OP_IOAS_NOIOMMU_GET_PA, ioas, iova, *length,
			    -ret);
}
