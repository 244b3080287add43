/* SPDX-License-Identifier: MIT */
/* Diagnosis for those who want just the sentence. */
#include "diagnose.h"

UTIL_API int iommufd_explain(int ret, struct iommufd_ctx *ctx, char *text,
			     uint32_t length)
{
	struct iommufd_failure failure = { .size = sizeof(failure) };
	struct iommufd_diagnosis diagnosis = { .size = sizeof(diagnosis) };
	const char *sentence = iommufd_strerror(ret);
	struct iommufd__text out;

	if (!text)
		return iommufd__util_refused(IOMMUFD_OP_DIAGNOSE,
					     IOMMUFD_CAUSE_NULL_POINTER);
	if (!length)
		return iommufd__util_refused(IOMMUFD_OP_DIAGNOSE,
					     IOMMUFD_CAUSE_ZERO_LENGTH);
	if (!iommufd_failure_get(ret, &failure) &&
	    !iommufd_diagnose(&failure, ctx, 0, NULL, &diagnosis))
		sentence = diagnosis.text;
	iommufd__text_init(&out, text, length);
	iommufd__text_add(&out, "%s", sentence);
	return 0;
}
