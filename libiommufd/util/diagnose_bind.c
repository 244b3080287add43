/* SPDX-License-Identifier: MIT */
/* Why a device cannot be bound. */
#include "diagnose.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* The record's flag of a bind with a VF token. */
#define BIND_TOKEN 1u

struct bind {
	struct iommufd__diag *d;
	struct iommufd_node_info info;
	dev_t number;
};

/* Unbound files refuse to be read, bound ones read nothing. */
static int is_bound(int fd)
{
	char nothing;

	return pread(fd, &nothing, 0, 0) == 0;
}

/* Another descriptor of ours that is the same device, and bound. */
static int same_and_bound(void *arg, int fd, const struct stat *st)
{
	const struct bind *bind = arg;

	if (!S_ISCHR(st->st_mode) || st->st_rdev != bind->number ||
	    !is_bound(fd))
		return 0;
	iommufd__diag_found(bind->d, IOMMUFD_CAUSE_ALREADY_BOUND);
	iommufd__text_add(&bind->d->text,
			  "this process has bound it already, through file "
			  "descriptor %d; end that first",
			  fd);
	return 1;
}

static int is_group_file(int fd)
{
	struct iommufd__text text;
	char path[64], target[64];

	iommufd__text_init(&text, path, sizeof(path));
	iommufd__text_add(&text, "/proc/self/fd/%d", fd);
	return !iommufd__sysfs_link(AT_FDCWD, path, target, sizeof(target)) &&
	       !strcmp(target, "anon_inode:[vfio-device]");
}

static void refused(struct bind *bind)
{
	struct iommufd__diag *d = bind->d;
	int pid;

	if (iommufd__each_own_fd(same_and_bound, bind))
		return;
	iommufd__diag_candidate(d, IOMMUFD_CAUSE_ALREADY_BOUND);
	iommufd__diag_candidate(d, IOMMUFD_CAUSE_NOT_COHERENT);
	if (d->failure.flags & BIND_TOKEN)
		iommufd__diag_candidate(d, IOMMUFD_CAUSE_VF_TOKEN_NOT_TAKEN);
	if (iommufd__who_has_open(bind->number, &pid) && pid != getpid())
		iommufd__text_add(&d->text,
				  "process %d has the device open too and may "
				  "have bound it; if not, ",
				  pid);
	else
		iommufd__text_add(&d->text,
				  "no other process is seen that has it open; "
				  "unless one is hidden that has bound it, ");
	iommufd__text_add(&d->text,
			  "the IOMMU cannot make its DMA cache coherent");
	/* One that is missing is refused with another errno. */
	if (d->failure.flags & BIND_TOKEN)
		iommufd__text_add(&d->text,
				  ", or this device, its driver or this kernel "
				  "takes no VF token");
}

/* Drivers that leave the DMA of a device alone, as the group needs. */
static int leaves_dma_alone(int device, const char *driver)
{
	int vfio = iommufd__sysfs_dir(device, "vfio-dev");

	if (vfio >= 0) {
		close(vfio);
		return 1;
	}
	return !strcmp(driver, "pci-stub") || !strcmp(driver, "pcieport");
}

/* 1 when the device @name of the group has a driver of the host. */
static int check_sibling(struct bind *bind, int devices, const char *name)
{
	int device = iommufd__sysfs_dir(devices, name);
	char driver[64];
	int found;

	if (device < 0)
		return 0;
	found = !iommufd__sysfs_link(device, "driver", driver,
				     sizeof(driver)) &&
		!leaves_dma_alone(device, driver);
	close(device);
	if (!found)
		return 0;
	iommufd__diag_found(bind->d, IOMMUFD_CAUSE_SIBLING_HAS_DRIVER);
	iommufd__text_add(&bind->d->text,
			  "device %s is in its IOMMU group %" PRIu32
			  " and has the driver %s of the host: unbind that, or "
			  "bind it to vfio-pci too",
			  name, bind->info.group, driver);
	return 1;
}

/* The other devices of the group, and how many devices it has. */
static int check_siblings(struct bind *bind, unsigned int *count)
{
	struct iommufd__text text;
	const struct dirent *entry;
	char path[512];
	int found = 0;
	DIR *dir;

	iommufd__text_init(&text, path, sizeof(path));
	iommufd__text_add(&text, "%s/iommu_group/devices", bind->info.sysfs);
	dir = opendir(path);
	*count = 0;
	while (dir && !found && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		++*count;
		found = check_sibling(bind, dirfd(dir), entry->d_name);
	}
	if (dir)
		closedir(dir);
	return found;
}

/*
 * 1 isolated, 0 not, -1 unknown. On x86 the names of the interrupt controllers
 * begin with IR- where interrupts are remapped.
 */
static int interrupts_isolated(void)
{
#if defined(__x86_64__) || defined(__i386__)
	struct iommufd__lines lines;
	const char *line;
	int isolated = 0;

	if (iommufd__lines_open(&lines, AT_FDCWD, "/proc/interrupts"))
		return -1;
	while ((line = iommufd__lines_next(&lines)))
		isolated |= strstr(line, " IR-") != NULL;
	iommufd__lines_close(&lines);
	return isolated;
#else
	return -1;
#endif
}

static int unsafe_allowed(const struct iommufd__diag *d)
{
	struct iommufd__text text;
	char path[512], value[8];

	iommufd__text_init(&text, path, sizeof(path));
	iommufd__text_add(&text,
			  "%s/module/iommufd/parameters/"
			  "allow_unsafe_interrupts",
			  d->sysfs);
	return iommufd__sysfs_text(AT_FDCWD, path, value, sizeof(value)) > 0 &&
	       value[0] == 'Y';
}

static void add_group(struct bind *bind)
{
	iommufd__text_add(&bind->d->text, "its IOMMU group");
	if (bind->info.valid & IOMMUFD_NODE_VALID_GROUP)
		iommufd__text_add(&bind->d->text, " %" PRIu32,
				  bind->info.group);
}

/* @devices is 0 when the group cannot be read. */
static void owned_elsewhere(struct bind *bind, int isolated,
			    unsigned int devices)
{
	struct iommufd__diag *d = bind->d;

	if (isolated > 0 && devices > 1) {
		iommufd__diag_found(d, IOMMUFD_CAUSE_GROUP_OWNED_ELSEWHERE);
		iommufd__text_add(&d->text,
				  "its interrupts are %s and no device of ",
				  unsafe_allowed(d) ? "allowed to be unsafe"
						    : "isolated");
		add_group(bind);
		iommufd__text_add(
			&d->text,
			" has a driver of the host, so one of the %u devices "
			"there is bound to another context: all of a group "
			"must go to the same one",
			devices);
		return;
	}
	iommufd__diag_candidate(d, IOMMUFD_CAUSE_INTERRUPTS_NOT_ISOLATED);
	iommufd__diag_candidate(d, IOMMUFD_CAUSE_GROUP_OWNED_ELSEWHERE);
	iommufd__text_add(&d->text, "either a device of ");
	add_group(bind);
	iommufd__text_add(&d->text,
			  " is bound to another context, or the machine does "
			  "not isolate the device's interrupts");
}

/* The kernel looks at the interrupts first. */
static void not_viable(struct bind *bind)
{
	struct iommufd__diag *d = bind->d;
	int isolated = unsafe_allowed(d) ? 1 : interrupts_isolated();
	unsigned int devices;

	if (bind->info.valid & IOMMUFD_NODE_VALID_GROUP) {
		d->out.valid |= IOMMUFD_DIAGNOSIS_GROUP;
		d->out.group = bind->info.group;
	}
	if (isolated == 0) {
		iommufd__diag_found(d, IOMMUFD_CAUSE_INTERRUPTS_NOT_ISOLATED);
		iommufd__text_add(
			&d->text,
			"the machine does not isolate its interrupts: "
			"interrupt remapping is off. Switch it on in the "
			"firmware or the virtual machine, or, if every guest "
			"is trusted, boot with "
			"iommufd.allow_unsafe_interrupts=1");
		return;
	}
	if (!check_siblings(bind, &devices))
		owned_elsewhere(bind, isolated, devices);
}

static void group_busy(struct bind *bind)
{
	struct iommufd__diag *d = bind->d;
	struct iommufd__text text;
	char path[256];
	dev_t number;
	int pid;

	iommufd__text_init(&text, path, sizeof(path));
	iommufd__text_add(&text, "%s/class/vfio/%s%" PRIu32 "/dev", d->sysfs,
			  bind->info.flags & IOMMUFD_NODE_NOIOMMU ? "noiommu-"
								  : "",
			  bind->info.group);
	if (bind->info.valid & IOMMUFD_NODE_VALID_GROUP &&
	    !iommufd__sysfs_devno(AT_FDCWD, path, &number) &&
	    iommufd__who_has_open(number, &pid)) {
		iommufd__diag_found(d, IOMMUFD_CAUSE_OPENED_AS_GROUP);
		iommufd__text_add(&d->text,
				  "%s has its VFIO group %" PRIu32
				  " open (process %d): a device is used either "
				  "by its group or by its own file",
				  pid == getpid() ? "this process itself"
						  : "another process",
				  bind->info.group, pid);
		return;
	}
	iommufd__diag_candidate(d, IOMMUFD_CAUSE_OPENED_AS_GROUP);
	iommufd__diag_candidate(d, IOMMUFD_CAUSE_IN_USE);
	add_group(bind);
	iommufd__text_add(&d->text,
			  " is in use: either a process that cannot be seen "
			  "from here has opened the VFIO group, or the kernel "
			  "uses it");
}

/* A bind without a token has one reason less. */
static void device_unknown(struct iommufd__diag *d)
{
	if (d->cause != IOMMUFD_CAUSE_BIND_REFUSED ||
	    d->failure.flags & BIND_TOKEN)
		return;
	iommufd__diag_members(d, IOMMUFD_CAUSE_VF_TOKEN_NOT_TAKEN);
	iommufd__text_add(&d->text,
			  "the device is bound already, was opened the old way "
			  "or cannot do cache-coherent DMA; which of these it "
			  "is cannot be told");
}

static void no_iommu(struct bind *bind)
{
	struct iommufd__diag *d = bind->d;

	iommufd__diag_found(d, d->cause);
	if (!(bind->info.valid & IOMMUFD_NODE_VALID_GROUP)) {
		iommufd__text_add(&d->text,
				  "it has no IOMMU group: there is no IOMMU "
				  "before it, or the kernel does not use it");
		return;
	}
	add_group(bind);
	iommufd__text_add(&d->text,
			  " is there, so it is not for want of an IOMMU: the "
			  "device is going away, or its driver cannot start "
			  "it");
}

/* Regions that can be mapped can be exported, as long as the device stays. */
static void bad_region(struct iommufd__diag *d)
{
	struct iommufd_region_info info = { .size = sizeof(info) };
	const struct iommufd_failure *f = &d->failure;
	struct iommufd_vfio *file;
	int ret;

	if (!d->ctx || f->fd < 0 ||
	    iommufd_vfio_adopt_bound(d->ctx, f->object_id, f->fd, 0, &file))
		return;
	ret = iommufd_vfio_get_region_info(file, (uint32_t)f->arg, &info, NULL,
					   NULL);
	iommufd_vfio_close(file);
	iommufd__diag_found(d, d->cause);
	if (!ret && info.flags & IOMMUFD_REGION_MMAP)
		iommufd__text_add(&d->text,
				  "region %" PRIu64 " can be mapped, so it is "
				  "not that: the device or its driver is going "
				  "away",
				  f->arg);
	else
		iommufd__text_add(&d->text,
				  "region %" PRIu64 " of the device is no "
				  "memory that can be mapped",
				  f->arg);
}

void iommufd__diag_export(struct iommufd__diag *d)
{
	if (d->failure.op != IOMMUFD_OP_VFIO_EXPORT_DMA_BUF)
		return;
	if (d->cause == IOMMUFD_CAUSE_BAD_INDEX)
		bad_region(d);
	else
		iommufd__diag_say(d, d->cause,
				  "the kernel or the device's driver does not "
				  "export memory: it takes Linux 6.19 with "
				  "CONFIG_PCI_P2PDMA, and vfio-pci; without, "
				  "other devices cannot reach it");
}

void iommufd__diag_bind(struct iommufd__diag *d)
{
	struct bind bind = { .d = d };

	if (d->cause == IOMMUFD_CAUSE_BIND_REFUSED && d->failure.fd >= 0 &&
	    is_group_file(d->failure.fd)) {
		iommufd__diag_found(d, IOMMUFD_CAUSE_GROUP_FILE);
		iommufd__text_add(&d->text,
				  "the descriptor came from a VFIO group; open "
				  "the device's own file instead, as "
				  "iommufd_find_pci() tells");
		return;
	}
	if (iommufd__diag_device(d, &bind.info)) {
		device_unknown(d);
		return;
	}
	bind.number = makedev(bind.info.major, bind.info.minor);
	if (d->cause == IOMMUFD_CAUSE_BIND_REFUSED)
		refused(&bind);
	else if (d->cause == IOMMUFD_CAUSE_GROUP_NOT_VIABLE)
		not_viable(&bind);
	else if (d->cause == IOMMUFD_CAUSE_NO_IOMMU)
		no_iommu(&bind);
	else
		group_busy(&bind);
}
