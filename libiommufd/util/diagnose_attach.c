/* SPDX-License-Identifier: MIT */
/* Why a page table cannot be made, attached or destroyed. */
#include "diagnose.h"

#include <dirent.h>
#include <inttypes.h>
#include <string.h>

static const char *const kinds[] = {
	[IOMMUFD__OBJECT_UNKNOWN] = "an object",
	[IOMMUFD__OBJECT_NONE] = "no object",
	[IOMMUFD__OBJECT_IOAS] = "an address space",
	[IOMMUFD__OBJECT_PAGING] = "a paging page table",
	[IOMMUFD__OBJECT_DEVICE] = "a device",
	[IOMMUFD__OBJECT_OTHER] = "an object of another kind",
};

static void say(struct iommufd__diag *d, uint32_t cause, const char *words)
{
	iommufd__diag_found(d, cause);
	iommufd__text_add(&d->text, "%s", words);
}

static void wrong_kind(struct iommufd__diag *d, uint32_t cause, int kind)
{
	iommufd__diag_found(d, cause);
	if (kind == IOMMUFD__OBJECT_NONE)
		iommufd__text_add(&d->text, "there is no object %" PRIu32,
				  d->failure.other_id);
	else
		iommufd__text_add(&d->text,
				  "object %" PRIu32 " is %s, not something "
				  "with a page table",
				  d->failure.other_id, kinds[kind]);
}

/* Why a parent is refused that is right: there is no proof of any reason. */
static void table_on_ioas(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;
	int nest_parent = (f->flags & IOMMUFD_HWPT_NEST_PARENT) != 0;

	if (f->length || f->arg) {
		if (!nest_parent)
			say(d, IOMMUFD_CAUSE_PAGE_TABLE_DATA,
			    "the data of the page table is not what this IOMMU "
			    "takes for an address space: type or length");
	} else if (nest_parent) {
		say(d, d->cause,
		    "the address space is right; it may hold a read-only "
		    "mapping, which a nest parent does not take on some "
		    "hardware: map everything writeable before it is made");
	}
}

static void table_refused(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;
	int kind = iommufd__object_kind(d, f->other_id);

	switch (kind) {
	case IOMMUFD__OBJECT_NONE:
	case IOMMUFD__OBJECT_DEVICE:
		wrong_kind(d, IOMMUFD_CAUSE_NOT_A_PAGE_TABLE, kind);
		break;
	case IOMMUFD__OBJECT_IOAS:
		table_on_ioas(d);
		break;
	case IOMMUFD__OBJECT_PAGING:
		iommufd__diag_candidate(d, IOMMUFD_CAUSE_NO_NEST_PARENT);
		iommufd__diag_candidate(d, IOMMUFD_CAUSE_PAGE_TABLE_DATA);
		iommufd__text_add(
			&d->text,
			"object %" PRIu32 " is a page table: either it was not "
			"made with IOMMUFD_HWPT_NEST_PARENT, or for another "
			"IOMMU, or the length of %" PRIu64 " bytes is wrong "
			"for data of type %" PRIu64,
			f->other_id, f->length, f->arg);
		break;
	default:
		break;
	}
}

static void device_or_queue(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;
	int kind = iommufd__object_kind(d, f->object_id);

	if (kind == IOMMUFD__OBJECT_UNKNOWN)
		return;
	if (kind == IOMMUFD__OBJECT_DEVICE)
		say(d, IOMMUFD_CAUSE_OBJECT,
		    "the device is there, so it is the fault queue that is "
		    "not: no such object, or one of another kind");
	else
		iommufd__diag_found(d, IOMMUFD_CAUSE_NOT_PHYSICAL);
	if (kind != IOMMUFD__OBJECT_DEVICE)
		iommufd__text_add(&d->text,
				  "object %" PRIu32 " is %s, not a bound "
				  "physical device",
				  f->object_id, kinds[kind]);
}

void iommufd__diag_page_table(struct iommufd__diag *d)
{
	if (d->cause == IOMMUFD_CAUSE_PAGE_TABLE_REFUSED)
		table_refused(d);
	else
		device_or_queue(d);
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

static void attach_refused(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;
	int kind = iommufd__object_kind(d, f->other_id);
	struct iommufd_node_info info;
	unsigned int devices = 0;

	if (kind == IOMMUFD__OBJECT_NONE || kind == IOMMUFD__OBJECT_DEVICE) {
		wrong_kind(d, IOMMUFD_CAUSE_NOT_A_PAGE_TABLE, kind);
		return;
	}
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
	iommufd__text_add(&d->text,
			  "object %" PRIu32 " is %s, and it does not go with "
			  "this device: it was made for another kind of IOMMU, "
			  "or with flags that the device or its PASIDs do not "
			  "go with",
			  f->other_id, kinds[kind]);
	if (devices > 1)
		iommufd__text_add(&d->text,
				  "; or one of the other %u devices of its "
				  "IOMMU group %" PRIu32
				  " is attached to another one",
				  devices - 1, info.group);
}

/* It was not there when it was to be attached; what is it now? */
static void attach_missing(struct iommufd__diag *d)
{
	int access = d->failure.op == IOMMUFD_OP_ACCESS_ATTACH;
	int kind = iommufd__object_kind(d, d->failure.other_id);

	if (kind == IOMMUFD__OBJECT_UNKNOWN)
		return;
	iommufd__diag_found(d, d->cause);
	if (kind == IOMMUFD__OBJECT_NONE)
		iommufd__text_add(&d->text, "there is no object %" PRIu32,
				  d->failure.other_id);
	else if (access && kind != IOMMUFD__OBJECT_IOAS)
		iommufd__text_add(&d->text,
				  "object %" PRIu32 " is %s, but an emulated "
				  "device is attached to an address space",
				  d->failure.other_id, kinds[kind]);
	else
		iommufd__text_add(
			&d->text,
			"object %" PRIu32 " is there now, as %s: it "
			"was not yet, or another thread works with it",
			d->failure.other_id, kinds[kind]);
}

void iommufd__diag_attach(struct iommufd__diag *d)
{
	if (d->cause == IOMMUFD_CAUSE_ATTACH_REFUSED)
		attach_refused(d);
	else
		attach_missing(d);
}

void iommufd__diag_destroy(struct iommufd__diag *d)
{
	static const char *const users[] = {
		[IOMMUFD__OBJECT_IOAS] =
			"an address space, and is kept by the page tables made "
			"of it and the emulated devices attached to it",
		[IOMMUFD__OBJECT_PAGING] =
			"a page table, and is kept by the devices and PASIDs "
			"attached to it, the nested page tables and the "
			"vIOMMUs made on it",
		[IOMMUFD__OBJECT_DEVICE] =
			"a bound device, which is never destroyed: close its "
			"file",
		[IOMMUFD__OBJECT_OTHER] =
			"some object, kept by its own descriptor if it has "
			"one, by the "
			"devices attached to it, or by the objects made of it; "
			"an emulated device is never destroyed: close its file",
	};
	int kind = iommufd__object_kind(d, d->failure.object_id);

	if (kind == IOMMUFD__OBJECT_UNKNOWN || kind == IOMMUFD__OBJECT_NONE)
		return;
	iommufd__diag_found(d, d->cause);
	iommufd__text_add(&d->text, "it is %s", users[kind]);
	if (kind != IOMMUFD__OBJECT_DEVICE)
		iommufd__text_add(&d->text, ". It is busy also while another "
					    "thread just works with it");
}
