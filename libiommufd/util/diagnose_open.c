/* SPDX-License-Identifier: MIT */
/* Why a device file cannot be opened, or a command is missing. */
#include "diagnose.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/* Whether there is @name below sysfs. */
static int has(const struct iommufd__diag *d, const char *format,
	       const char *name)
{
	struct iommufd__text text;
	char path[512];

	iommufd__text_init(&text, path, sizeof(path));
	iommufd__text_add(&text, "%s/", d->sysfs);
	iommufd__text_add(&text, "%s%s", format, name);
	return iommufd__text_complete(&text) && !access(path, F_OK);
}

/* A path was given, and nobody says which. */
static int is_unnamed(const struct iommufd__diag *d)
{
	return d->failure.op == IOMMUFD_OP_CTX_OPEN && d->failure.arg &&
	       !d->name;
}

/* The usual node is there, so that another one was tried. */
static int path_is_wrong(struct iommufd__diag *d)
{
	struct iommufd__text text;
	char path[256];

	iommufd__text_init(&text, path, sizeof(path));
	iommufd__text_add(&text, "%s/iommu", d->dev);
	if (!iommufd__text_complete(&text) || access(path, F_OK) ||
	    (d->name ? !strcmp(d->name, path)
		     : !is_unnamed(d) &&
			       iommufd_errno(d->failure.ret) != ENOENT))
		return 0;
	iommufd__diag_found(d, d->cause);
	iommufd__text_add(&d->text,
			  "there is %s now: the path is wrong, or it was not "
			  "there yet",
			  path);
	return 1;
}

static void no_iommufd(struct iommufd__diag *d)
{
	if (path_is_wrong(d))
		return;
	if (is_unnamed(d))
		iommufd__text_add(&d->text, "unless the path is wrong, ");
	if (has(d, "class/misc/iommu", ""))
		iommufd__diag_say(
			d, IOMMUFD_CAUSE_NODE_MISSING,
			"the kernel has iommufd, but the node is missing here: "
			"pass /dev/iommu into the container, or look at udev");
	else if (has(d, "module/", "iommufd"))
		iommufd__diag_say(
			d, IOMMUFD_CAUSE_NO_IOMMUFD,
			"the module iommufd is there, but it offers no device");
	else
		iommufd__diag_say(
			d, IOMMUFD_CAUSE_NO_IOMMUFD,
			"the kernel has no iommufd: load the module (modprobe "
			"iommufd); if there is none, the kernel was built "
			"without "
			"CONFIG_IOMMUFD");
}

static int is_group_node(const struct iommufd__diag *d)
{
	const char *name = iommufd__basename(d->name);

	return name[strspn(name, "0123456789")] == '\0' && *name;
}

static void no_device_file(struct iommufd__diag *d)
{
	const char *name = d->name ? iommufd__basename(d->name) : NULL;

	if (!name)
		return;
	if (is_group_node(d))
		iommufd__diag_say(d, IOMMUFD_CAUSE_NO_DEVICE_FILE,
				  "that is the name of a VFIO group; the "
				  "device's own file "
				  "is needed, as iommufd_find_pci() tells");
	else if (!has(d, "class/vfio-dev", ""))
		iommufd__diag_say(d, IOMMUFD_CAUSE_NO_VFIO_DRIVER,
				  "the kernel has no VFIO devices at all: load "
				  "vfio-pci and "
				  "bind the device to it");
	else if (!has(d, "class/vfio-dev/", name))
		iommufd__diag_say(d, IOMMUFD_CAUSE_NO_DEVICE_FILE,
				  "the kernel has no VFIO device of this name: "
				  "is it bound "
				  "to vfio-pci? Names change; "
				  "iommufd_find_pci() finds them");
	else if (access(d->name, F_OK))
		iommufd__diag_say(
			d, IOMMUFD_CAUSE_NODE_MISSING,
			"the kernel has this device, but its node is missing "
			"here: pass it into the container, look at udev, or "
			"the "
			"kernel lacks CONFIG_VFIO_DEVICE_CDEV");
	else
		iommufd__diag_say(d, IOMMUFD_CAUSE_NO_DEVICE_FILE,
				  "the node is there but no device is behind "
				  "it: it is left "
				  "over from another one, or the device is "
				  "just going away");
}

static void open_denied(struct iommufd__diag *d)
{
	const char *path = d->name;
	struct stat st;

	if (!path && !is_unnamed(d) && d->failure.op == IOMMUFD_OP_CTX_OPEN)
		path = "/dev/iommu";
	if (!path || stat(path, &st))
		return;
	if (iommufd_errno(d->failure.ret) == EPERM &&
	    !strncmp(iommufd__basename(path), "noiommu-", 8)) {
		iommufd__diag_say(
			d, IOMMUFD_CAUSE_NEEDS_SYS_RAWIO,
			"the device is behind no IOMMU, and to open it takes "
			"CAP_SYS_RAWIO");
		return;
	}
	iommufd__diag_found(d, IOMMUFD_CAUSE_OPEN_DENIED);
	iommufd__text_add(&d->text,
			  "the node belongs to user %u, group %u with mode "
			  "%04o, and the process runs as user %u, group %u; ",
			  st.st_uid, st.st_gid, st.st_mode & 07777, geteuid(),
			  getegid());
	if ((st.st_mode & 0666) == 0666 || !geteuid())
		iommufd__text_add(&d->text,
				  "as far as the mode goes that would do, so a "
				  "device cgroup, a security module, a mount "
				  "option or a namespace forbids it");
	else
		iommufd__text_add(&d->text, "it must be opened for reading "
					    "and writing");
}

void iommufd__diag_open(struct iommufd__diag *d)
{
	switch (d->cause) {
	case IOMMUFD_CAUSE_NO_IOMMUFD:
		no_iommufd(d);
		break;
	case IOMMUFD_CAUSE_NO_DEVICE_FILE:
		no_device_file(d);
		break;
	default:
		open_denied(d);
	}
}

static const struct {
	uint32_t op, nr;
	const char *since;
} commands[] = {
	{ IOMMUFD_OP_IOAS_MAP_FILE, IOMMUFD_NR_IOAS_MAP_FILE, "6.13" },
	{ IOMMUFD_OP_HWPT_ALLOC, IOMMUFD_NR_HWPT_ALLOC, "6.6" },
	{ IOMMUFD_OP_DEVICE_GET_HW_INFO, IOMMUFD_NR_GET_HW_INFO, "6.6" },
	{ IOMMUFD_OP_CHANGE_PROCESS, IOMMUFD_NR_IOAS_CHANGE_PROCESS, "6.13" },
	{ IOMMUFD_OP_IOAS_NOIOMMU_GET_PA, IOMMUFD_NR_IOAS_NOIOMMU_GET_PA,
	  "7.3" },
	{ IOMMUFD_OP_HWPT_ADOPT, IOMMUFD_NR_HWPT_GET_DIRTY_BITMAP, "6.7" },
	{ IOMMUFD_OP_HWPT_SET_DIRTY_TRACKING,
	  IOMMUFD_NR_HWPT_SET_DIRTY_TRACKING, "6.7" },
	{ IOMMUFD_OP_HWPT_GET_DIRTY_BITMAP, IOMMUFD_NR_HWPT_GET_DIRTY_BITMAP,
	  "6.7" },
	{ IOMMUFD_OP_HWPT_INVALIDATE, IOMMUFD_NR_HWPT_INVALIDATE, "6.8" },
	{ IOMMUFD_OP_FAULT_QUEUE_ALLOC, IOMMUFD_NR_FAULT_QUEUE_ALLOC, "6.11" },
	{ IOMMUFD_OP_VIOMMU_ALLOC, IOMMUFD_NR_VIOMMU_ALLOC, "6.13" },
	{ IOMMUFD_OP_VIOMMU_PROBE, IOMMUFD_NR_VIOMMU_ALLOC, "6.13" },
	{ IOMMUFD_OP_VDEVICE_ALLOC, IOMMUFD_NR_VDEVICE_ALLOC, "6.13" },
	{ IOMMUFD_OP_VEVENTQ_ALLOC, IOMMUFD_NR_VEVENTQ_ALLOC, "6.15" },
	{ IOMMUFD_OP_HW_QUEUE_ALLOC, IOMMUFD_NR_HW_QUEUE_ALLOC, "6.17" },
	{ IOMMUFD_OP_HW_QUEUE_PROBE, IOMMUFD_NR_HW_QUEUE_ALLOC, "6.17" },
};

static void add_since(struct iommufd__diag *d)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (commands[i].op == d->failure.op)
			iommufd__text_add(&d->text,
					  "; the command 0x%02" PRIx32
					  " came with Linux %s",
					  commands[i].nr, commands[i].since);
}

/* The names of 64-bit machines, as uname(2) has them, all have a 64 in them. */
static int is_32bit(const struct utsname *name)
{
	return sizeof(void *) == 4 &&
	       (strstr(name->machine, "64") || strstr(name->machine, "s390x"));
}

void iommufd__diag_command(struct iommufd__diag *d)
{
	struct utsname name;

	if (uname(&name))
		return;
	if (is_32bit(&name)) {
		iommufd__diag_say(d, IOMMUFD_CAUSE_PROCESS_32BIT,
				  "a 32-bit process cannot use iommufd on a "
				  "64-bit kernel: "
				  "build the program for ");
		iommufd__text_add(&d->text, "%s", name.machine);
		return;
	}
	if (d->ctx && iommufd_errno(iommufd_ctx_probe(
			      d->ctx, IOMMUFD_NR_IOAS_ALLOC)) == ENOTTY) {
		iommufd__diag_say(d, IOMMUFD_CAUSE_COMMAND,
				  "the descriptor of the context does not know "
				  "any command "
				  "of iommufd: it is a file of another kind");
		return;
	}
	iommufd__diag_found(d, IOMMUFD_CAUSE_COMMAND);
	iommufd__text_add(&d->text,
			  "this kernel (%s) does not have the command",
			  name.release);
	if (d->failure.op == IOMMUFD_OP_CTX_PROBE ||
	    d->failure.op == IOMMUFD_OP_CTX_IOCTL)
		iommufd__text_add(&d->text, " 0x%02" PRIx64, d->failure.arg);
	add_since(d);
}
