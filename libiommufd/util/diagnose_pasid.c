/* SPDX-License-Identifier: MIT */
/* Why a device has no PASIDs, or cannot report page faults. */
#include "diagnose.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The answer of the device's file to iommufd_vfio_probe_pasid(). */
static int probe_file(const struct iommufd__diag *d)
{
	struct iommufd_vfio *file;
	int ret;

	if (!d->ctx || d->failure.fd < 0 ||
	    iommufd_vfio_adopt_bound(d->ctx, d->failure.object_id,
				     d->failure.fd, 0, &file))
		return 0;
	ret = iommufd_vfio_probe_pasid(file);
	iommufd_vfio_close(file);
	return ret;
}

/* Linux 6.15 has the event queues as well. */
static int is_old_kernel(const struct iommufd__diag *d)
{
	int ret = probe_file(d);

	return (iommufd_is(ret, IOMMUFD_CAUSE_FEATURE) &&
		iommufd_errno(ret) == EINVAL) ||
	       !iommufd__has_command(d, IOMMUFD_NR_VEVENTQ_ALLOC);
}

static void too_old(struct iommufd__diag *d, uint32_t cause)
{
	iommufd__diag_say(d, cause,
			  "this kernel cannot attach PASIDs, which came with "
			  "Linux 6.15");
}

/* 1 when it has more bits than the device can do. */
static int is_too_large(const struct iommufd__diag *d,
			const struct iommufd__hw_info *info)
{
	return info->max_pasid_log2 && info->max_pasid_log2 < 64 &&
	       d->failure.arg >> info->max_pasid_log2;
}

static void table_of_pasid(struct iommufd__diag *d, int asked,
			   const struct iommufd__hw_info *info)
{
	const struct iommufd_failure *f = &d->failure;

	iommufd__diag_candidate(d, IOMMUFD_CAUSE_PASID_FLAG_MISSING);
	iommufd__diag_candidate(d, IOMMUFD_CAUSE_PAGE_TABLE_MISMATCH);
	iommufd__text_add(
		&d->text,
		"either page table %" PRIu32 ", or the one that the device "
		"itself is attached to, was not made with IOMMUFD_HWPT_PASID, "
		"or it does not go with this device",
		f->other_id);
	if (asked && info->max_pasid_log2)
		iommufd__text_add(&d->text,
				  "; it is not the PASID, of which the device "
				  "can do %" PRIu32 " bits",
				  info->max_pasid_log2);
	else if (asked)
		iommufd__text_add(&d->text,
				  "; and as far as the kernel says the device "
				  "has no PASIDs, so nothing would come of it");
}

void iommufd__diag_pasid(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;
	struct iommufd__hw_info info = { .type = 0 };
	int kind, asked;

	if (is_old_kernel(d)) {
		too_old(d, IOMMUFD_CAUSE_PASID_KERNEL);
		return;
	}
	kind = iommufd__object_kind(d, f->other_id);
	asked = !iommufd__ask_hw_info(d, f->object_id, &info);
	if (kind == IOMMUFD__OBJECT_UNKNOWN) {
		return;
	} else if (kind == IOMMUFD__OBJECT_IOAS) {
		iommufd__diag_found(d, IOMMUFD_CAUSE_PASID_ON_IOAS);
		iommufd__object_add(d, f->other_id, kind);
		iommufd__text_add(&d->text,
				  ", but a PASID takes a page table: make one "
				  "with IOMMUFD_HWPT_PASID");
	} else if (iommufd__diag_no_table(kind)) {
		iommufd__diag_wrong_kind(d, kind, "a page table");
	} else if (asked && is_too_large(d, &info)) {
		iommufd__diag_found(d, IOMMUFD_CAUSE_PASID_TOO_LARGE);
		iommufd__text_add(&d->text,
				  "the device can do PASIDs of %" PRIu32
				  " bits, below 0x%" PRIx64,
				  info.max_pasid_log2,
				  UINT64_C(1) << info.max_pasid_log2);
	} else {
		table_of_pasid(d, asked, &info);
	}
}

/* A feature that is missing: of calls about PASIDs there is more to say. */
void iommufd__diag_no_pasid(struct iommufd__diag *d)
{
	struct iommufd_node_info info;

	switch (d->failure.op) {
	case IOMMUFD_OP_DEVICE_ATTACH_PASID:
	case IOMMUFD_OP_DEVICE_DETACH_PASID:
	case IOMMUFD_OP_VFIO_PROBE_PASID:
		break;
	default:
		return;
	}
	if (iommufd_errno(d->failure.ret) == EINVAL) {
		too_old(d, d->cause);
		return;
	}
	iommufd__diag_found(d, d->cause);
	if (iommufd__diag_device(d, &info) ||
	    !(info.valid & IOMMUFD_NODE_VALID_DRIVER))
		strcpy(info.driver, "of VFIO");
	iommufd__text_add(&d->text,
			  d->failure.op == IOMMUFD_OP_DEVICE_ATTACH_PASID
				  ? "either the driver %s cannot attach PASIDs "
				    "of this device (of VFIO's own drivers "
				    "vfio-pci can), or the driver of its IOMMU "
				    "cannot"
				  : "the driver %s cannot attach PASIDs of "
				    "this device; of VFIO's own drivers "
				    "vfio-pci can",
			  info.driver);
}

/* Extended capabilities of PCI: where they begin, and that of page requests. */
#define EXTENDED_START 0x100
#define EXTENDED_END   0x1000
#define PAGE_REQUESTS  0x13

/* Where it is in the open configuration space; 0 for none, -1 if unknown. */
static int find_page_requests(int fd)
{
	off_t at = EXTENDED_START;
	unsigned char header[4];
	struct stat st;

	/* Conventional PCI has no more than the first 256 bytes. */
	if (!fstat(fd, &st) && st.st_size == EXTENDED_START)
		return 0;
	/* Each one is some bytes long: a bound for chains that go round. */
	for (int left = (EXTENDED_END - EXTENDED_START) / 8; left; left--) {
		unsigned int id;

		if (pread(fd, header, sizeof(header), at) != sizeof(header))
			return at == EXTENDED_START ? -1 : 0;
		id = header[0] | (unsigned int)header[1] << 8;
		if (id == PAGE_REQUESTS)
			return (int)at;
		at = (header[2] >> 4 | header[3] << 4) & 0xffc;
		if (at < EXTENDED_START)
			return 0;
	}
	return 0;
}

static int page_requests(const struct iommufd__diag *d)
{
	struct iommufd_node_info info;
	struct iommufd__text text;
	char path[512];
	int fd, at;

	if (iommufd__diag_device(d, &info))
		return -1;
	iommufd__text_init(&text, path, sizeof(path));
	iommufd__text_add(&text, "%s/config", info.sysfs);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	at = find_page_requests(fd);
	close(fd);
	return at;
}

/* Why the device might not do with a fault queue, by its configuration space. */
static void add_page_requests(struct iommufd__diag *d, int at)
{
	if (at > 0)
		iommufd__text_add(&d->text,
				  "the device has page requests (PRI, at 0x%x "
				  "of its configuration space), so it would be "
				  "its IOMMU or the driver of that that has "
				  "none, or the kernel, without "
				  "CONFIG_IOMMU_IOPF",
				  (unsigned int)at);
	else if (!at)
		iommufd__text_add(&d->text,
				  "the device has no page requests (PRI) in "
				  "its configuration space");
	else
		iommufd__text_add(
			&d->text,
			"the device, its IOMMU or the kernel (without "
			"CONFIG_IOMMU_IOPF) has no page requests");
}

/*
 * Whether the page table may be a guest's on a VT-d, the only one that refuses
 * the width of a nest parent so.
 */
static int may_be_nested_vtd(int kind, const struct iommufd__hw_info *info,
			     int asked)
{
	return kind != IOMMUFD__OBJECT_PAGING &&
	       (!asked || info->type == IOMMUFD_HW_INFO_INTEL_VTD);
}

/* Nothing tells whether a page table has a fault queue: the caller knows. */
void iommufd__diag_attach_unsupported(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;
	struct iommufd__hw_info info = { .type = 0 };
	int kind = iommufd__object_kind(d, f->other_id);
	int asked = !iommufd__ask_hw_info(d, f->object_id, &info);
	int width = may_be_nested_vtd(kind, &info, asked);

	if (kind == IOMMUFD__OBJECT_IOAS) {
		iommufd__diag_say(d, d->cause,
				  "the page tables of an address space have "
				  "neither a fault queue nor a nest parent, so "
				  "the driver has another reason, which is not "
				  "known");
		return;
	}
	if (width)
		iommufd__diag_members(d, 0);
	else
		iommufd__diag_found(d, IOMMUFD_CAUSE_NO_PAGE_REQUESTS);
	iommufd__text_add(&d->text,
			  width ? "either page table %" PRIu32
				  " has a fault queue, and "
				: "most likely page table %" PRIu32
				  " has a fault queue, and ",
			  f->other_id);
	add_page_requests(d, page_requests(d));
	if (asked && info.capabilities & IOMMUFD_HW_CAP_PCI_ATS_NOT_SUPPORTED)
		iommufd__text_add(&d->text,
				  "; nor ATS, as the kernel says, which they "
				  "go with");
	if (width)
		iommufd__text_add(&d->text,
				  "; or it is a guest's on a VT-d, and its "
				  "nest parent has wider addresses than the "
				  "IOMMU of this device");
	else
		iommufd__text_add(&d->text, ": use one without");
}
