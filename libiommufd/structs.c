/* SPDX-License-Identifier: MIT */
/* The caller's structs that begin with their size. */
#include <string.h>

#include "internal.h"

/* A larger size is a mistake, or an attempt to make us read all memory. */
#define SIZE_MAX_SANE 4096

static uint32_t size_of(const void *caller)
{
	uint32_t size;

	memcpy(&size, caller, sizeof(size));
	return size;
}

static uint32_t size_check(uint32_t size, uint32_t min)
{
	return size < min || size > SIZE_MAX_SANE ? IOMMUFD_CAUSE_OPTS_SIZE : 0;
}

/*
 * Load an options struct: 0 or a cause. What an older caller does not have
 * reads as zero, what a newer one has beyond our knowledge must be zero.
 */
uint32_t iommufd__opts_load(void *opts, uint32_t known, const void *from,
			    uint32_t min)
{
	const unsigned char *bytes = from;
	uint32_t size, cause;

	memset(opts, 0, known);
	if (!from)
		return 0;
	size = size_of(from);
	cause = size_check(size, min);
	if (cause)
		return cause;
	for (uint32_t i = known; i < size; i++)
		if (bytes[i])
			return IOMMUFD_CAUSE_OPTS_TAIL;
	memcpy(opts, from, size < known ? size : known);
	return 0;
}

uint32_t iommufd__out_check(const void *out, uint32_t min)
{
	return out ? size_check(size_of(out), min) : IOMMUFD_CAUSE_NULL_POINTER;
}

/* Fill the caller's struct as far as both go, zero what it has beyond. */
void iommufd__out_store(void *out, const void *from, uint32_t known)
{
	uint32_t size = size_of(out);
	uint32_t fill = size < known ? size : known;

	memset(out, 0, size);
	memcpy(out, from, fill);
	memcpy(out, &size, sizeof(size));
}
