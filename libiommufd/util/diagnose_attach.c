/* SPDX-License-Identifier: MIT */
/* Why a page table cannot be attached. */
#include "diagnose.h"

#include <dirent.h>
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

/* Candidates, with the number of devices that may be in the way. */
static unsigned int attach_candidates(struct iommufd__diag *d, int kind)
{
	struct iommufd_node_info info;
	unsigned int devices = 0;

	if (!iommufd__diag_device(d, &info) &&
	    info.valid & IOMMUFD_NODE_VALID_GROUP) {
		devices = group_size(&info);
		d->out.valid |= IOMMUFD_DIAGNOSIS_GROUP;
		d->out.group = info.group;
	}
	if (kind == IOMMUFD__OBJECT_UNKNOWN || kind == IOMMUFD__OBJECT_OTHER)
		iommufd__diag_candidate(d, IOMMUFD_CAUSE_NOT_A_PAGE_TABLE);
	if (devices != 1)
		iommufd__diag_candidate(d,
					IOMMUFD_CAUSE_GROUP_ATTACHED_ELSEWHERE);
	iommufd__diag_candidate(d, IOMMUFD_CAUSE_PAGE_TABLE_MISMATCH);
	if (d->out.num_candidates == 1)
		iommufd__diag_found(d, IOMMUFD_CAUSE_PAGE_TABLE_MISMATCH);
	return devices;
}

int iommufd__diag_no_table(int kind)
{
	return kind == IOMMUFD__OBJECT_NONE ||
	       kind == IOMMUFD__OBJECT_NOT_SEEN ||
	       kind == IOMMUFD__OBJECT_VIOMMU || kind == IOMMUFD__OBJECT_DEVICE;
}

static void attach_refused(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;
	int kind = iommufd__object_kind(d, f->other_id);
	unsigned int devices;

	if (iommufd__diag_no_table(kind)) {
		iommufd__diag_wrong_kind(d, kind,
					 "something with a page table");
		return;
	}
	devices = attach_candidates(d, kind);
	iommufd__object_add(d, f->other_id, kind);
	iommufd__text_add(&d->text,
			  ", and it does not go with this device: it was made "
			  "for another kind of IOMMU, or with flags that the "
			  "device or its PASIDs do not go with");
	if (kind == IOMMUFD__OBJECT_NESTED)
		iommufd__text_add(
			&d->text,
			"; of one of VT-d, width and flags are looked "
			"at now: iommufd_explain_vtd_s1() tells");
	if (devices > 1)
		iommufd__text_add(&d->text,
				  "; or one of the other %u devices of its "
				  "IOMMU group %" PRIu32
				  " is attached to another one",
				  devices - 1, d->out.group);
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
	else
		attach_missing(d);
}
