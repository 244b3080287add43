/* SPDX-License-Identifier: MIT */
/* Text that is cut off where its room ends. */
#include "internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

void iommufd__text_init(struct iommufd__text *text, char *buf, size_t size)
{
	text->buf = buf;
	text->size = size;
	text->length = 0;
	buf[0] = '\0';
}

void iommufd__text_add(struct iommufd__text *text, const char *format, ...)
{
	va_list args;
	int length;

	if (text->length >= text->size)
		return;
	va_start(args, format);
	length = vsnprintf(text->buf + text->length, text->size - text->length,
			   format, args);
	va_end(args);
	if (length > 0)
		text->length += (size_t)length;
}

void iommufd__text_bytes(struct iommufd__text *text, uint64_t bytes)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB",
					     "TiB" };
	unsigned int unit = 0;

	while (bytes && bytes % 1024 == 0 && unit < 4) {
		bytes /= 1024;
		unit++;
	}
	iommufd__text_add(text, "%" PRIu64 " %s", bytes, units[unit]);
}

void iommufd__text_range(struct iommufd__text *text, uint64_t start,
			 uint64_t last)
{
	iommufd__text_add(text, "0x%" PRIx64 "-0x%" PRIx64, start, last);
}

/* Whether nothing was cut off. */
int iommufd__text_complete(const struct iommufd__text *text)
{
	return text->length < text->size;
}
