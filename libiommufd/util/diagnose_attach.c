/* SPDX-License-Identifier: MIT */
/* Why a page table cannot be attached. */
#include "diagnose.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

/* Where something with a page table is wanted. */
void iommufd__diag_wrong_kind(struct iommufd__diag *d, int kind,
			      const char *wanted)
{
	iommufd__diag_found(d, IOMMUFD_CAUSE_NOT_A_PAGE_TABLE);
	iommufd__object_add(d, d->failure.other_id, kind);
	if (kind != IOMMUFD__OBJECT_NONE && kind != IOMMUFD__OBJECT_NOT_SEEN)
		iommufd__text_add(&d->text, ", not %s", wanted);
}

/* Number of devices in the group; 0 when it cannot be told. */
static unsigned int group_size(const struct iommufd_node_info *info)
{
	struct iommufd__text text;
	const struct dirent *entry;
	unsigned int count = 0;
	char path[512];
	DIR *dir;

	iommufd__text_init(&text, path, sizeof(path));
	iommufd__text_add(&text, "%s/iommu_group/devices", info->sysfs);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		count += entry->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return count;
}

/* The number of devices in the group, which is told if it is known; else 0. */
static unsigned int find_group(struct iommufd__diag *d)
{
	struct iommufd_node_info info;

	if (iommufd__diag_device(d, &info) ||
	    !(info.valid & IOMMUFD_NODE_VALID_GROUP))
		return 0;
	d->out.valid |= IOMMUFD_DIAGNOSIS_GROUP;
	d->out.group = info.group;
	return group_size(&info);
}

void iommufd__diag_add_file(struct iommufd__diag *d)
{
	iommufd__text_add(
		&d->text,
		"a file that was mapped while nothing was pinned is too short "
		"or no memory file, which shows when a page table is there");
}

int iommufd__diag_no_table(int kind)
{
	return kind == IOMMUFD__OBJECT_NONE ||
	       kind == IOMMUFD__OBJECT_NOT_SEEN ||
	       kind == IOMMUFD__OBJECT_VIOMMU || kind == IOMMUFD__OBJECT_DEVICE;
}

static int has_no_pasids(const struct iommufd__diag *d)
{
	struct iommufd__hw_info info;

	return !iommufd__ask_hw_info(d, d->failure.object_id, &info) &&
	       !info.max_pasid_log2;
}

/* What a context was asked about is no address space unless it said so. */
static int may_be_ioas(const struct iommufd__diag *d, int kind)
{
	return kind == IOMMUFD__OBJECT_IOAS ||
	       (kind == IOMMUFD__OBJECT_UNKNOWN && !d->ctx);
}

static void table_candidates(struct iommufd__diag *d, int kind,
			     unsigned int devices, int pasids)
{
	if (kind == IOMMUFD__OBJECT_UNKNOWN || kind == IOMMUFD__OBJECT_OTHER)
		iommufd__diag_candidate(d, IOMMUFD_CAUSE_NOT_A_PAGE_TABLE);
	if (devices != 1)
		iommufd__diag_candidate(d,
					IOMMUFD_CAUSE_GROUP_ATTACHED_ELSEWHERE);
	if (pasids)
		iommufd__diag_candidate(d, IOMMUFD_CAUSE_PASID_FLAG_MISSING);
	iommufd__diag_candidate(d, IOMMUFD_CAUSE_PAGE_TABLE_MISMATCH);
	if (may_be_ioas(d, kind))
		iommufd__diag_candidate(d, IOMMUFD_CAUSE_EARLIER_FILE);
	if (d->out.num_candidates == 1)
		iommufd__diag_found(d, IOMMUFD_CAUSE_PAGE_TABLE_MISMATCH);
}

/*
 * The kernel makes a new page table when none that is there does, so it is
 * hardly made for another device; but it has no flag for PASIDs.
 */
static void say_ioas(struct iommufd__diag *d, int pasids)
{
	iommufd__text_add(&d->text, "either ");
	if (pasids)
		iommufd__text_add(&d->text,
				  "a PASID is attached, with which the page "
				  "table that the kernel makes does not go "
				  "(iommufd_hwpt_alloc() makes one with "
				  "IOMMUFD_HWPT_PASID); or ");
	iommufd__diag_add_file(d);
	iommufd__text_add(&d->text,
			  "; or the driver does not take the page table that "
			  "the kernel makes for it, which has no flags");
}

static void say_table(struct iommufd__diag *d, int kind)
{
	if (d->out.num_candidates > 1)
		iommufd__text_add(&d->text, "either ");
	if (d->out.candidates[0] == IOMMUFD_CAUSE_NOT_A_PAGE_TABLE)
		iommufd__text_add(&d->text, "it has no page table, or ");
	if (may_be_ioas(d, kind)) {
		iommufd__text_add(&d->text, "it is an address space and ");
		iommufd__diag_add_file(d);
		iommufd__text_add(&d->text, ", or ");
	}
	iommufd__text_add(&d->text,
			  "it does not go with this device, as it was made "
			  "for another kind of IOMMU, or with flags that the "
			  "device or its PASIDs do not go with");
	if (kind == IOMMUFD__OBJECT_NESTED)
		iommufd__text_add(
			&d->text,
			" (of one of VT-d, width and flags are looked "
			"at now: iommufd_explain_vtd_s1() tells)");
}

static void say_group(struct iommufd__diag *d, unsigned int devices)
{
	iommufd__text_add(&d->text, "; or ");
	if (devices > 2)
		iommufd__text_add(&d->text, "one of the other %u devices",
				  devices - 1);
	else
		iommufd__text_add(&d->text, "%s device",
				  devices ? "the other" : "another");
	iommufd__text_add(&d->text, " of its IOMMU group");
	if (devices)
		iommufd__text_add(&d->text, " %" PRIu32, d->out.group);
	iommufd__text_add(&d->text, " is attached to another one");
}

static int is_virtual_function(const struct iommufd__diag *d)
{
	struct iommufd_node_info info;
	struct iommufd__text text;
	char path[512], name[64];

	if (iommufd__diag_device(d, &info))
		return 0;
	iommufd__text_init(&text, path, sizeof(path));
	iommufd__text_add(&text, "%s/physfn", info.sysfs);
	return !iommufd__sysfs_link(AT_FDCWD, path, name, sizeof(name));
}

static void attach_refused(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;
	int kind = iommufd__object_kind(d, f->other_id);
	unsigned int devices;
	int pasids;

	if (iommufd__diag_no_table(kind)) {
		iommufd__diag_wrong_kind(d, kind,
					 "something with a page table");
		return;
	}
	devices = find_group(d);
	/* PASIDs of any device of the group count. */
	pasids = kind == IOMMUFD__OBJECT_IOAS &&
		 (devices != 1 || !has_no_pasids(d));
	table_candidates(d, kind, devices, pasids);
	if (kind != IOMMUFD__OBJECT_UNKNOWN) {
		iommufd__object_add(d, f->other_id, kind);
		iommufd__text_add(&d->text, "; ");
	}
	if (kind == IOMMUFD__OBJECT_IOAS)
		say_ioas(d, pasids);
	else
		say_table(d, kind);
	if (kind != IOMMUFD__OBJECT_IOAS && is_virtual_function(d))
		iommufd__text_add(&d->text,
				  " (a virtual function with page requests "
				  "takes none with a fault queue)");
	if (devices != 1)
		say_group(d, devices);
}

/* Nested page tables of an SMMUv3 only, as far as it is known. */
static void attach_busy(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;
	int kind = iommufd__object_kind(d, f->other_id);
	struct iommufd__hw_info info;

	if (f->op != IOMMUFD_OP_DEVICE_ATTACH ||
	    kind == IOMMUFD__OBJECT_PAGING || kind == IOMMUFD__OBJECT_IOAS ||
	    (!iommufd__ask_hw_info(d, f->object_id, &info) &&
	     info.type != IOMMUFD_HW_INFO_ARM_SMMUV3))
		return;
	iommufd__diag_say(
		d, d->cause,
		"either another call holds the device just now, as a reset "
		"does; or it is behind an Arm SMMUv3 and PASIDs of it are "
		"attached, with which that takes no nested page table: detach "
		"them first");
}

static void no_vdevice(struct iommufd__diag *d, int kind)
{
	iommufd__diag_found(d, IOMMUFD_CAUSE_NO_VDEVICE);
	iommufd__object_add(d, d->failure.other_id, kind);
	iommufd__text_add(
		&d->text,
		" and the device %" PRIu32 " is there, so this is a nested "
		"page table of a vIOMMU in which the device has no vDevice: "
		"make one first, and if it has one elsewhere, end that",
		d->failure.object_id);
}

/* Other kinds than page tables are refused with another errno. */
static int is_nested(const struct iommufd__diag *d, int kind)
{
	return d->failure.op != IOMMUFD_OP_ACCESS_ATTACH &&
	       (kind == IOMMUFD__OBJECT_NESTED ||
		kind == IOMMUFD__OBJECT_OTHER) &&
	       iommufd__object_kind(d, d->failure.object_id) ==
		       IOMMUFD__OBJECT_DEVICE;
}

/* It was not there when it was to be attached; what is it now? */
static void attach_missing(struct iommufd__diag *d)
{
	int access = d->failure.op == IOMMUFD_OP_ACCESS_ATTACH;
	int kind = iommufd__object_kind(d, d->failure.other_id);

	if (kind == IOMMUFD__OBJECT_UNKNOWN && !access)
		return;
	if (is_nested(d, kind)) {
		no_vdevice(d, kind);
		return;
	}
	iommufd__diag_found(d, IOMMUFD_CAUSE_OBJECT);
	if (kind == IOMMUFD__OBJECT_NONE || kind == IOMMUFD__OBJECT_NOT_SEEN)
		iommufd__object_add(d, d->failure.other_id, kind);
	else if (access && kind != IOMMUFD__OBJECT_IOAS)
		iommufd__text_add(&d->text,
				  "object %" PRIu32 " is %s, but an emulated "
				  "device is attached to an address space",
				  d->failure.other_id,
				  iommufd__object_words(kind));
	else
		iommufd__text_add(
			&d->text,
			"object %" PRIu32 " is there now, as %s: it "
			"was not yet, or another thread works with it, or the "
			"device is gone",
			d->failure.other_id, iommufd__object_words(kind));
}

void iommufd__diag_attach(struct iommufd__diag *d)
{
	if (d->cause == IOMMUFD_CAUSE_ATTACH_REFUSED)
		attach_refused(d);
	else if (d->cause == IOMMUFD_CAUSE_DEVICE_BUSY)
		attach_busy(d);
	else
		attach_missing(d);
}
