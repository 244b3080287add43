/* SPDX-License-Identifier: MIT */
/* Names of devices: what a user writes, and how the kernel writes it. */
#include "internal.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *iommufd__basename(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int is_hex(const char *text, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!isxdigit((unsigned char)text[i]))
			return 0;
	return 1;
}

/* "0000:00:02.0" as the kernel writes it; 0 if @address is nothing like it. */
int iommufd__name_pci(const char *address, char *name, size_t size)
{
	const char *rest = address;
	unsigned long segment = 0, bus, slot, function;
	size_t digits = strcspn(address, ":");

	if (address[digits] == ':' && strchr(address + digits + 1, ':')) {
		if (digits < 4 || digits > 8 || !is_hex(address, digits))
			return 0;
		segment = strtoul(address, NULL, 16);
		rest = address + digits + 1;
	}
	if (strlen(rest) != 7 || !is_hex(rest, 2) || rest[2] != ':' ||
	    !is_hex(rest + 3, 2) || rest[5] != '.' || !is_hex(rest + 6, 1))
		return 0;
	bus = strtoul(rest, NULL, 16);
	slot = strtoul(rest + 3, NULL, 16);
	function = strtoul(rest + 6, NULL, 16);
	if (slot > 31 || function > 7)
		return 0;
	return snprintf(name, size, "%04lx:%02lx:%02lx.%lx", segment, bus, slot,
			function) < (int)size;
}

static int is_uuid(const char *text)
{
	static const unsigned char groups[] = { 8, 4, 4, 4, 12 };

	if (strlen(text) != 36)
		return 0;
	for (size_t i = 0; i < sizeof(groups); i++) {
		if (!is_hex(text, groups[i]))
			return 0;
		text += groups[i];
		if (*text && *text++ != '-')
			return 0;
	}
	return 1;
}

/* In lower case, as the kernel writes it; 0 if @uuid is nothing like it. */
int iommufd__name_mdev(const char *uuid, char *name, size_t size)
{
	if (!is_uuid(uuid) || strlen(uuid) >= size)
		return 0;
	for (size_t i = 0; i <= strlen(uuid); i++)
		name[i] = (char)tolower((unsigned char)uuid[i]);
	return 1;
}

#define PACKED_PCI (1ull << 63)

uint64_t iommufd__pack_pci(const char *name)
{
	unsigned int segment, bus, slot, function;

	if (sscanf(name, "%x:%x:%x.%x", &segment, &bus, &slot, &function) != 4)
		return 0;
	return PACKED_PCI | (uint64_t)segment << 16 | bus << 8 | slot << 3 |
	       function;
}

int iommufd__unpack_pci(uint64_t packed, char *name, size_t size)
{
	unsigned int segment = (unsigned int)(packed >> 16);

	if (!(packed & PACKED_PCI))
		return 0;
	return snprintf(name, size, "%04x:%02x:%02x.%x", segment,
			(unsigned int)(packed >> 8 & 0xff),
			(unsigned int)(packed >> 3 & 0x1f),
			(unsigned int)(packed & 7)) < (int)size;
}
