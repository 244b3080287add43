/* SPDX-License-Identifier: MIT */
/* Typed errors: packing, unpacking, names. */
#include <errno.h>

#include "internal.h"

#define ERRNO_BITS  12
#define ERRNO_MASK  0xfff
#define CAUSE_MAX   0x7ffff
#define DETAIL_BITS 11

struct text {
	uint32_t value;
	const char *name;
	const char *sentence;
};

/* Made of causes.h, error.h and failure.h by texts.awk. */
static const struct text cause_texts[] = {
#include "causes.inc"
};

static const struct text class_texts[] = {
#include "classes.inc"
};

static const struct text op_texts[] = {
#include "ops.inc"
};

static const char *text_name(const struct text *texts, size_t count,
			     uint32_t value)
{
	for (size_t i = 0; i < count; i++)
		if (texts[i].value == value)
			return texts[i].name;
	return "UNKNOWN";
}

#define NAME_OF(texts, value)                                                  \
	text_name(texts, sizeof(texts) / sizeof(texts[0]), value)

/* INT_MIN has no positive counterpart; as unsigned it does. */
static uint32_t bits_of(int ret)
{
	return ret < 0 ? 0u - (uint32_t)ret : 0;
}

/* No call returns a failure without an errno; one is a failure nevertheless. */
IOMMUFD_API int iommufd_errno(int ret)
{
	int err = (int)(bits_of(ret) & ERRNO_MASK);

	return ret < 0 && !err ? EINVAL : err;
}

IOMMUFD_API int iommufd_neg_errno(int ret)
{
	return -iommufd_errno(ret);
}

IOMMUFD_API uint32_t iommufd_cause(int ret)
{
	uint32_t cause = bits_of(ret) >> ERRNO_BITS & CAUSE_MAX;

	if (ret < 0 && cause >> DETAIL_BITS == IOMMUFD_CLASS_NONE)
		return IOMMUFD_CAUSE_UNSPECIFIC;
	return cause;
}

IOMMUFD_API uint32_t iommufd_class(int ret)
{
	return iommufd_cause(ret) >> DETAIL_BITS;
}

IOMMUFD_API int iommufd_is(int ret, uint32_t cause)
{
	return ret < 0 && iommufd_cause(ret) == cause;
}

IOMMUFD_API int iommufd_make_error(uint32_t cause, int err)
{
	if (err < 1 || err > ERRNO_MASK || cause > CAUSE_MAX ||
	    cause >> DETAIL_BITS == IOMMUFD_CLASS_NONE)
		return iommufd_make_error(IOMMUFD_CAUSE_UNSPECIFIC, EINVAL);
	return -(int)(cause << ERRNO_BITS | (uint32_t)err);
}

IOMMUFD_API const char *iommufd_strerror(int ret)
{
	uint32_t cause = iommufd_cause(ret);

	if (ret >= 0)
		return "No failure";
	for (size_t i = 0; i < sizeof(cause_texts) / sizeof(cause_texts[0]);
	     i++)
		if (cause_texts[i].value == cause)
			return cause_texts[i].sentence;
	return "A failure of a kind that this version does not know";
}

IOMMUFD_API const char *iommufd_cause_name(uint32_t cause)
{
	return NAME_OF(cause_texts, cause);
}

IOMMUFD_API const char *iommufd_class_name(uint32_t class_)
{
	return NAME_OF(class_texts, class_);
}

IOMMUFD_API const char *iommufd_op_name(uint32_t op)
{
	return NAME_OF(op_texts, op);
}
