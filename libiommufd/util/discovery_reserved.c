/* SPDX-License-Identifier: MIT */
/* The IOVAs that a device keeps for itself; what discovery has in common. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The cause of errno @err where a missing file means @missing. */
static uint32_t cause_of(int err, uint32_t missing)
{
	switch (err) {
	case ENOENT:
	case ENOTDIR:
	case ENODEV:
	case ENXIO:
		return missing;
	case EACCES:
	case EPERM:
		return IOMMUFD_CAUSE_NOT_PERMITTED;
	case EMFILE:
	case ENFILE:
		return IOMMUFD_CAUSE_DESCRIPTORS;
	case ENOMEM:
		return IOMMUFD_CAUSE_NO_MEMORY;
	default:
		return IOMMUFD_CAUSE_UNSPECIFIC;
	}
}

int iommufd__find_failed(int neg_errno, uint32_t missing)
{
	return iommufd__util_failed(IOMMUFD_OP_FIND,
				    cause_of(-neg_errno, missing), -neg_errno);
}

int iommufd__find_refused(uint32_t cause)
{
	return iommufd__util_refused(IOMMUFD_OP_FIND, cause);
}

/* The caller's struct may be older or newer, and its text anything. */
uint32_t iommufd__find_load(struct iommufd_node_info *known,
			    const struct iommufd_node_info *info)
{
	uint32_t cause = iommufd__util_in_check(info, IOMMUFD__NODE_INFO_MIN);

	if (cause)
		return cause;
	memset(known, 0, sizeof(*known));
	memcpy(known, info,
	       info->size < sizeof(*known) ? info->size : sizeof(*known));
	if (!memchr(known->node, 0, sizeof(known->node)) ||
	    !memchr(known->sysfs, 0, sizeof(known->sysfs)))
		return IOMMUFD_CAUSE_BAD_NAME;
	return 0;
}

/* The kernel's words, by our types. */
static const char *const window_names[] = {
	[IOMMUFD_RESERVED_UNKNOWN] = "unknown",
	[IOMMUFD_RESERVED_DIRECT] = "direct",
	[IOMMUFD_RESERVED_DIRECT_RELAXABLE] = "direct-relaxable",
	[IOMMUFD_RESERVED_RESERVED] = "reserved",
	[IOMMUFD_RESERVED_MSI] = "msi",
};

#define WINDOW_NAMES (sizeof(window_names) / sizeof(window_names[0]))

static uint32_t window_type(const char *name)
{
	for (uint32_t i = 0; i < WINDOW_NAMES; i++)
		if (!strcmp(name, window_names[i]))
			return i;
	return IOMMUFD_RESERVED_UNKNOWN;
}

UTIL_API const char *iommufd_reserved_name(uint32_t type)
{
	return window_names[type < WINDOW_NAMES ? type
						: IOMMUFD_RESERVED_UNKNOWN];
}

/* "0x00000000fee00000 0x00000000feefffff msi" */
static int parse_window(const char *line, struct iommufd_reserved_info *window)
{
	unsigned long long start, last;
	char type[32] = "";

	if (sscanf(line, "0x%llx 0x%llx %31s", &start, &last, type) < 2)
		return 0;
	*window = (struct iommufd_reserved_info){
		.start = start,
		.last = last,
		.type = window_type(type),
	};
	return 1;
}

static uint32_t read_windows(struct iommufd__lines *lines,
			     struct iommufd_reserved_info *windows,
			     uint32_t room)
{
	struct iommufd_reserved_info window;
	uint32_t found = 0;
	const char *line;

	while ((line = iommufd__lines_next(lines))) {
		if (!parse_window(line, &window))
			continue;
		if (found < room)
			windows[found] = window;
		found++;
	}
	return found;
}

UTIL_API int iommufd_find_reserved(const struct iommufd_node_info *info,
				   struct iommufd_reserved_info *windows,
				   uint32_t *count)
{
	struct iommufd_node_info known;
	struct iommufd__lines lines;
	uint32_t room, cause = IOMMUFD_CAUSE_NULL_POINTER;
	int device, ret;

	if (count && (windows || !*count))
		cause = iommufd__find_load(&known, info);
	if (cause)
		return iommufd__find_refused(cause);
	device = iommufd__sysfs_dir(AT_FDCWD, known.sysfs);
	if (device < 0)
		return iommufd__find_failed(device,
					    IOMMUFD_CAUSE_NO_SUCH_DEVICE);
	ret = iommufd__lines_open(&lines, device,
				  "iommu_group/reserved_regions");
	close(device);
	if (ret == -ENOENT) {
		*count = 0;
		return 0;
	}
	if (ret)
		return iommufd__find_failed(ret, IOMMUFD_CAUSE_NO_SUCH_DEVICE);
	room = *count;
	*count = read_windows(&lines, windows, room);
	iommufd__lines_close(&lines);
	if (*count > room)
		return iommufd__find_refused(IOMMUFD_CAUSE_ARRAY_SHORT);
	return 0;
}
