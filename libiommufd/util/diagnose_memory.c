/* SPDX-License-Identifier: MIT */
/* Why memory of the process cannot be pinned. */
#include "diagnose.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* One mapping of the process, as /proc/self/smaps has it. */
struct vma {
	uint64_t start, end;
	char perms[5];
	char path[256];
	int is_device;
};

/* "7f0000000000-7f0000001000 rw-p 00000000 00:00 0    /path" */
static int parse_vma(const char *line, struct vma *vma)
{
	memset(vma, 0, sizeof(*vma));
	return sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %*s %*s %*s %255[^\n]",
		      &vma->start, &vma->end, vma->perms, vma->path) >= 3;
}

/* "VmFlags: rd wr sh mr mw me ms pf io": bare pages, or device memory. */
static int has_device_flags(const char *line)
{
	return !strncmp(line, "VmFlags:", 8) &&
	       (strstr(line, " pf") || strstr(line, " io"));
}

/* Where the kernel does not tell the flags: by what is mapped. */
static int has_device_path(const struct vma *vma)
{
	return !strncmp(vma->path, "/dev/vfio/", 10) ||
	       !strcmp(vma->path, "anon_inode:[vfio-device]") ||
	       !strncmp(vma->path, "/sys/", 5);
}

/* Each mapping of the process, with its flags, in turn. */
struct vmas {
	struct iommufd__lines lines;
	struct vma next;
	int has_next;
	int has_flags;
};

static int vmas_open(struct vmas *vmas)
{
	memset(&vmas->next, 0, sizeof(vmas->next));
	vmas->has_next = 0;
	vmas->has_flags = !iommufd__lines_open(&vmas->lines, AT_FDCWD,
					       "/proc/self/smaps");
	if (vmas->has_flags)
		return 0;
	return iommufd__lines_open(&vmas->lines, AT_FDCWD, "/proc/self/maps");
}

/* Lines with the flags of a mapping come after its own. */
static int vmas_next(struct vmas *vmas, struct vma *vma)
{
	struct vma read_ahead;
	const char *line;

	*vma = vmas->next;
	while ((line = iommufd__lines_next(&vmas->lines))) {
		if (!parse_vma(line, &read_ahead)) {
			vma->is_device |= has_device_flags(line);
			continue;
		}
		vmas->next = read_ahead;
		if (vmas->has_next)
			return 1;
		vmas->has_next = 1;
		*vma = vmas->next;
	}
	if (!vmas->has_next)
		return 0;
	vmas->has_next = 0;
	return 1;
}

static void blame(struct iommufd__diag *d, uint32_t cause, uint64_t start,
		  uint64_t last, const char *words)
{
	iommufd__diag_found(d, cause);
	iommufd__diag_range(d, start, last);
	iommufd__text_add(&d->text, "memory ");
	iommufd__text_range(&d->text, start, last);
	iommufd__text_add(&d->text, " %s", words);
}

/* What is wrong with the part start..last, which is in one mapping. */
static int check_vma(struct iommufd__diag *d, const struct vma *vma,
		     uint64_t start, uint64_t last)
{
	int write = (d->failure.flags & IOMMUFD_MAP_WRITEABLE) != 0;

	if (vma->is_device) {
		blame(d, IOMMUFD_CAUSE_DEVICE_MEMORY, start, last,
		      "belongs to a device and cannot be pinned; map a dma-buf "
		      "of it instead (iommufd_vfio_export_dma_buf(), "
		      "iommufd_ioas_map_file())");
		return 1;
	}
	if (write && vma->perms[1] != 'w') {
		blame(d, IOMMUFD_CAUSE_NOT_WRITABLE, start, last,
		      "is not writable for the process; map it without "
		      "IOMMUFD_MAP_WRITEABLE, or mprotect() it first");
		return 1;
	}
	if (!write && vma->perms[0] != 'r') {
		blame(d, IOMMUFD_CAUSE_NOT_PRESENT, start, last,
		      "is mapped without any access (PROT_NONE)");
		return 1;
	}
	return 0;
}

static void blame_gap(struct iommufd__diag *d, uint64_t start, uint64_t last)
{
	blame(d, IOMMUFD_CAUSE_NOT_PRESENT, start, last,
	      "is not mapped into the process");
}

/* The mappings come in ascending order: the first fault is the one to tell. */
static int check_range(struct iommufd__diag *d, struct vmas *vmas,
		       uint64_t start, uint64_t last)
{
	struct vma vma;

	while (start <= last && vmas_next(vmas, &vma)) {
		uint64_t part_last = vma.end - 1 < last ? vma.end - 1 : last;

		if (vma.end <= start)
			continue;
		if (vma.start > last)
			break;
		if (vma.start > start) {
			blame_gap(d, start, vma.start - 1);
			return 1;
		}
		if (!vmas->has_flags)
			vma.is_device = has_device_path(&vma);
		if (check_vma(d, &vma, start, part_last))
			return 1;
		start = part_last + 1;
	}
	if (start > last)
		return 0;
	blame_gap(d, start, last);
	return 1;
}

/* Where the kernel does not tell it counts as usable. */
int iommufd__diag_memory_usable(uint64_t start, uint64_t length, uint32_t flags)
{
	struct iommufd__diag d = { .failure.flags = flags };
	struct vmas vmas;
	int found;

	iommufd__text_init(&d.text, d.out.text, sizeof(d.out.text));
	if (vmas_open(&vmas))
		return 1;
	found = check_range(&d, &vmas, start,
			    iommufd__diag_last(start, length));
	iommufd__lines_close(&vmas.lines);
	return !found;
}

/* Only memory of the process: the offsets of a file are something else. */
void iommufd__diag_user_memory(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;
	struct vmas vmas;
	int found;

	if ((f->op != IOMMUFD_OP_IOAS_MAP && f->op != IOMMUFD_OP_BULK) ||
	    !f->length || vmas_open(&vmas))
		return;
	found = check_range(d, &vmas, f->memory,
			    iommufd__diag_last(f->memory, f->length));
	iommufd__lines_close(&vmas.lines);
	if (found)
		return;
	iommufd__diag_found(d, d->cause);
	iommufd__text_add(
		&d->text,
		"all of the memory is mapped with the access that is needed, "
		"but a page of it cannot be pinned: it may lie beyond the end "
		"of a file, or in a shared mapping of a file system that takes "
		"no pinned pages");
}

/* What took it away is over when the caller tries again. */
void iommufd__diag_revoked(struct iommufd__diag *d)
{
	if (d->failure.op == IOMMUFD_OP_IOAS_MAP_FILE)
		iommufd__diag_say(
			d, d->cause,
			"the memory of the device is revoked at the moment: "
			"its memory decoding is off, it is being reset or in "
			"a low-power state, or its file has been closed; map "
			"it again when that is over");
	else
		iommufd__diag_say(
			d, d->cause,
			"the memory of a device is mapped there, and was taken "
			"away by a reset or the like; unmap it and map it "
			"again");
}
