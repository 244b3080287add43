/* SPDX-License-Identifier: MIT */
/* Why a page table cannot be made, attached or destroyed. */
#include "diagnose.h"

#include <dirent.h>
#include <inttypes.h>
#include <string.h>

#define WINDOWS 32

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
		if (f->length || f->arg)
			say(d, IOMMUFD_CAUSE_PAGE_TABLE_DATA,
			    "the data of the page table is not what this IOMMU "
			    "takes for an address space: type or length");
		else if (f->flags & IOMMUFD_HWPT_NEST_PARENT)
			say(d, d->cause,
			    "a nest parent on this hardware holds no read-only "
			    "mapping: map everything in the address space "
			    "writeable before it is made");
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

/* A mapping in one of the gaps between what the page table can map. */
static int find_outside(struct iommufd__probe *probe,
			const struct iommufd__ranges *aperture,
			struct iommufd_iova_range *mapped)
{
	struct iommufd_iova_range hole;
	uint64_t start = 0;
	int found = 0;

	while (!found &&
	       iommufd__ranges_hole(aperture, start, UINT64_MAX - 1, &hole)) {
		if (hole.last == UINT64_MAX)
			hole.last--;
		found = iommufd__probe_some(probe, hole.start, hole.last,
					    mapped);
		if (hole.last >= UINT64_MAX - 1)
			break;
		start = hole.last + 1;
	}
	return found;
}

static void outside_table(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;
	struct iommufd_iova_range mapped;
	struct iommufd__ranges aperture;
	struct iommufd__probe probe;
	int found = 0;

	if (iommufd__aperture_get(d, f->object_id, f->flags, &aperture))
		return;
	if (!iommufd__probe_init(&probe, d, f->other_id)) {
		found = find_outside(&probe, &aperture, &mapped);
		iommufd__probe_end(&probe);
	}
	iommufd__diag_found(d, d->cause);
	d->out.valid |= IOMMUFD_DIAGNOSIS_ALIGNMENT;
	d->out.alignment = aperture.alignment;
	iommufd__text_add(&d->text, "such a page table maps ");
	for (uint32_t i = 0; i < aperture.count && i < 3; i++) {
		if (i)
			iommufd__text_add(&d->text, ", ");
		iommufd__text_range(&d->text, aperture.ranges[i].start,
				    aperture.ranges[i].last);
	}
	iommufd__text_add(&d->text, " in steps of 0x%" PRIx64,
			  aperture.alignment);
	iommufd__ranges_put(&aperture);
	if (found > 0) {
		iommufd__diag_range(d, mapped.start, mapped.last);
		iommufd__text_add(&d->text, ", but there is a mapping at ");
		iommufd__text_range(&d->text, mapped.start, mapped.last);
	} else {
		iommufd__text_add(&d->text, ", and some mapping or allowed "
					    "range does not fit that");
	}
}

void iommufd__diag_page_table(struct iommufd__diag *d)
{
	switch (d->cause) {
	case IOMMUFD_CAUSE_PAGE_TABLE_REFUSED:
		table_refused(d);
		break;
	case IOMMUFD_CAUSE_DEVICE_OR_QUEUE:
		device_or_queue(d);
		break;
	default:
		outside_table(d);
	}
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

static int find_device(const struct iommufd__diag *d,
		       struct iommufd_node_info *info)
{
	const struct iommufd_find_opts opts = { .size = sizeof(opts),
						.sysfs = d->sysfs,
						.dev = d->dev };

	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	return iommufd_find_fd(d->failure.fd, &opts, info);
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
	if (!find_device(d, &info) && info.valid & IOMMUFD_NODE_VALID_GROUP) {
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

/* The windows of the device, and what is mapped in one of them. */
static void reserved_in_use(struct iommufd__diag *d)
{
	struct iommufd_reserved_info windows[WINDOWS];
	struct iommufd_node_info info;
	struct iommufd_iova_range mapped;
	struct iommufd__probe probe;
	uint32_t count = WINDOWS;
	int found = 0;

	if (d->failure.op != IOMMUFD_OP_DEVICE_ATTACH ||
	    find_device(d, &info) ||
	    iommufd_find_reserved(&info, windows, &count))
		return;
	iommufd__diag_found(d, d->cause);
	iommufd__text_add(&d->text, "it brings reserved windows");
	iommufd__diag_windows(d, &info, 0, UINT64_MAX);
	if (!iommufd__probe_init(&probe, d, d->failure.other_id)) {
		for (uint32_t i = 0; i < count && found <= 0; i++)
			if (windows[i].type !=
			    IOMMUFD_RESERVED_DIRECT_RELAXABLE)
				found = iommufd__probe_some(
					&probe, windows[i].start,
					windows[i].last, &mapped);
		iommufd__probe_end(&probe);
	}
	if (found > 0) {
		iommufd__diag_range(d, mapped.start, mapped.last);
		iommufd__text_add(&d->text, ", but ");
		iommufd__text_range(&d->text, mapped.start, mapped.last);
		iommufd__text_add(&d->text, " is mapped there");
	} else {
		iommufd__text_add(&d->text, ", and something there is mapped "
					    "or allowed");
	}
	iommufd__text_add(&d->text,
			  "; keep out of them before the device is attached, "
			  "as iommufd_find_reserved() tells");
}

void iommufd__diag_attach(struct iommufd__diag *d)
{
	int kind;

	switch (d->cause) {
	case IOMMUFD_CAUSE_ATTACH_REFUSED:
		attach_refused(d);
		break;
	case IOMMUFD_CAUSE_RESERVED_IN_USE:
		reserved_in_use(d);
		break;
	default:
		kind = iommufd__object_kind(d, d->failure.other_id);
		wrong_kind(d, d->cause, kind);
	}
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
