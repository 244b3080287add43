/* SPDX-License-Identifier: MIT */
/* Why a mapping does not fit into an address space. */
#include "diagnose.h"

#include <inttypes.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Of statfs(2): what can be mapped of files. */
#define MAGIC_TMPFS   0x01021994
#define MAGIC_HUGETLB 0x958458f6
#define MAGIC_DMA_BUF 0x444d4142

/* Most windows of one device that are looked at. */
#define WINDOWS 32

static int is_fixed(const struct iommufd__diag *d)
{
	return (d->failure.flags & IOMMUFD_MAP_FIXED_IOVA) != 0;
}

/* Name those of a device's windows that touch the range. */
void iommufd__diag_windows(struct iommufd__diag *d,
			   const struct iommufd_node_info *info, uint64_t start,
			   uint64_t last)
{
	static const char *const types[] = { "", "direct ", "relaxable ", "",
					     "MSI " };
	struct iommufd_reserved_info windows[WINDOWS];
	uint32_t count = WINDOWS;

	if (iommufd_find_reserved(info, windows, &count))
		return;
	for (uint32_t i = 0; i < count; i++) {
		if (windows[i].start > last || windows[i].last < start)
			continue;
		iommufd__text_add(&d->text, " (the %swindow ",
				  types[windows[i].type]);
		iommufd__text_range(&d->text, windows[i].start,
				    windows[i].last);
		iommufd__text_add(&d->text, " of device %s)",
				  iommufd__basename(info->sysfs));
	}
}

/* The devices whose files we have open are those that can be told. */
static int name_device(void *arg, int fd, const struct stat *st)
{
	struct iommufd__diag *d = arg;
	const struct iommufd_find_opts opts = { .size = sizeof(opts),
						.sysfs = d->sysfs,
						.dev = d->dev };
	struct iommufd_node_info info = { .size = sizeof(info) };
	size_t before = d->text.length;

	if (!S_ISCHR(st->st_mode) || iommufd_find_fd(fd, &opts, &info))
		return 0;
	iommufd__diag_windows(d, &info, d->out.start, d->out.last);
	return d->text.length != before;
}

/* Whether the windows of our devices have an address, and which does. */
struct reserved {
	const struct iommufd__diag *d;
	uint64_t address;
	unsigned int devices; /* that could be asked */
	int found;
	struct iommufd_reserved_info window;
};

static int has_address(void *arg, int fd, const struct stat *st)
{
	struct reserved *r = arg;
	const struct iommufd_find_opts opts = { .size = sizeof(opts),
						.sysfs = r->d->sysfs,
						.dev = r->d->dev };
	struct iommufd_node_info info = { .size = sizeof(info) };
	struct iommufd_reserved_info windows[WINDOWS];
	uint32_t count = WINDOWS;

	if (!S_ISCHR(st->st_mode) || iommufd_find_fd(fd, &opts, &info) ||
	    iommufd_find_reserved(&info, windows, &count))
		return 0;
	r->devices++;
	for (uint32_t i = 0; i < count && !r->found; i++) {
		if (windows[i].type == IOMMUFD_RESERVED_DIRECT_RELAXABLE ||
		    windows[i].start > r->address ||
		    windows[i].last < r->address)
			continue;
		r->found = 1;
		r->window = windows[i];
	}
	return r->found;
}

/*
 * Only windows lie between what can be mapped. At either end a window may touch
 * what no page table can map, and the kernel does not tell where it begins. The
 * part is cut down to the window then.
 */
static void judge_hole(struct iommufd__diag *d, uint64_t first,
		       struct iommufd_iova_range *hole)
{
	struct reserved r = { .d = d, .address = first };

	if (hole->start && hole->last != UINT64_MAX) {
		iommufd__diag_found(d, IOMMUFD_CAUSE_RESERVED);
		return;
	}
	iommufd__each_own_fd(has_address, &r);
	if (r.found) {
		iommufd__diag_found(d, IOMMUFD_CAUSE_RESERVED);
		hole->start = r.window.start;
		hole->last = r.window.last;
	} else if (r.devices) {
		iommufd__diag_found(d, IOMMUFD_CAUSE_OUTSIDE_APERTURE);
	} else {
		iommufd__diag_candidate(d, IOMMUFD_CAUSE_OUTSIDE_APERTURE);
		iommufd__diag_candidate(d, IOMMUFD_CAUSE_RESERVED);
	}
}

/* The part @hole of the address space cannot be mapped. */
static void blame_hole(struct iommufd__diag *d, struct iommufd_iova_range *hole)
{
	const struct iommufd_failure *f = &d->failure;
	uint64_t first = f->iova > hole->start ? f->iova : hole->start;
	const char *why;

	judge_hole(d, first, hole);
	if (d->out.num_candidates > 1)
		why = "lies outside of what the page tables can map, or in a "
		      "reserved window at its end, in";
	else if (d->out.cause == IOMMUFD_CAUSE_RESERVED)
		why = "touches the reserved IOVAs";
	else
		why = "lies outside of what the page tables can map, in";
	iommufd__diag_range(d, hole->start, hole->last);
	iommufd__text_add(&d->text, "from 0x%" PRIx64 " on it %s ", first, why);
	iommufd__text_range(&d->text, hole->start, hole->last);
	iommufd__each_own_fd(name_device, d);
	iommufd__text_add(&d->text,
			  "; map around them, as iommufd_ioas_iova_ranges() "
			  "tells");
}

static void blame_alignment(struct iommufd__diag *d, uint32_t cause,
			    const char *what, uint64_t value, uint64_t align)
{
	iommufd__diag_found(d, cause);
	d->out.valid |= IOMMUFD_DIAGNOSIS_ALIGNMENT;
	d->out.alignment = align;
	iommufd__text_add(&d->text,
			  "%s 0x%" PRIx64 " is not a multiple of 0x%" PRIx64
			  ", which this address space needs",
			  what, value, align);
}

/*
 * In the kernel's own order. 1 when something was found. Of a copy it looks at
 * the memory, which nothing tells, and not at the source IOVA.
 */
static int check_space(struct iommufd__diag *d,
		       const struct iommufd__ranges *ranges)
{
	const struct iommufd_failure *f = &d->failure;
	uint64_t align = ranges->alignment;
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	struct iommufd_iova_range hole;

	if (!align)
		return 0;
	if (f->length % align)
		blame_alignment(d, IOMMUFD_CAUSE_LENGTH_MISALIGNED,
				"the length", f->length, align);
	else if (is_fixed(d) && f->iova % align)
		blame_alignment(d, IOMMUFD_CAUSE_IOVA_MISALIGNED, "the IOVA",
				f->iova, align);
	else if (is_fixed(d) &&
		 iommufd__ranges_hole(ranges, f->iova,
				      iommufd__diag_last(f->iova, f->length),
				      &hole))
		blame_hole(d, &hole);
	else if (f->op != IOMMUFD_OP_IOAS_COPY && f->memory % page % align)
		blame_alignment(d, IOMMUFD_CAUSE_MEMORY_MISALIGNED,
				f->op == IOMMUFD_OP_IOAS_MAP_FILE
					? "the offset in the file"
					: "the address of the memory",
				f->memory, align);
	else
		return 0;
	return 1;
}

int iommufd__diag_is_dma_buf(int fd)
{
	struct statfs fs;

	return !fstatfs(fd, &fs) &&
	       ((unsigned long)fs.f_type & 0xffffffff) == MAGIC_DMA_BUF;
}

/* 1 when the file's kind or length is to blame. */
static int check_file(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;
	uint64_t length, last = iommufd__diag_last(f->memory, f->length);
	int is_buffer = 0;
	struct statfs fs;
	struct stat st;

	if (fstat(f->memory_fd, &st) || fstatfs(f->memory_fd, &fs))
		return 0;
	length = (uint64_t)st.st_size;
	switch ((unsigned long)fs.f_type & 0xffffffff) {
	case MAGIC_DMA_BUF:
		length = (uint64_t)lseek(f->memory_fd, 0, SEEK_END);
		is_buffer = 1;
		break;
	case MAGIC_TMPFS:
	case MAGIC_HUGETLB:
		break;
	default:
		iommufd__diag_found(d, IOMMUFD_CAUSE_NOT_MEMORY_FILE);
		iommufd__text_add(
			&d->text,
			"the descriptor is neither a memory file (memfd, "
			"tmpfs, hugetlbfs) nor a dma-buf: its file system has "
			"the number 0x%lx",
			(unsigned long)fs.f_type & 0xffffffff);
		return 1;
	}
	if (last < length)
		return 0;
	iommufd__diag_found(d, IOMMUFD_CAUSE_BEYOND_FILE);
	iommufd__diag_range(d, f->memory > length ? f->memory : length, last);
	iommufd__text_add(&d->text,
			  "the file has only 0x%" PRIx64
			  " bytes and the part ends at 0x%" PRIx64 "%s",
			  length, last,
			  is_buffer ? "" : "; ftruncate() it first");
	return 1;
}

/* What else it may be, by what was mapped. */
static void add_what(struct iommufd__diag *d)
{
	if (d->failure.op == IOMMUFD_OP_IOAS_COPY)
		iommufd__text_add(
			&d->text,
			"; or the memory behind the source is less aligned "
			"than the destination needs, or a file that nothing "
			"had pinned is too short or no memory file");
	else if (d->cause == IOMMUFD_CAUSE_FILE_UNUSABLE)
		iommufd__text_add(&d->text,
				  "; or the file has changed since, or is a "
				  "dma-buf that this kernel cannot map");
}

/* Range and alignment are right, or have become so since. */
static void nothing_wrong(struct iommufd__diag *d)
{
	int writeable = (d->failure.flags & IOMMUFD_MAP_WRITEABLE) != 0;

	iommufd__diag_members(d, writeable ? IOMMUFD_CAUSE_NEST_PARENT_READ_ONLY
					   : 0);
	iommufd__text_add(&d->text,
			  "%s are right now: what the address space takes may "
			  "have changed since",
			  d->failure.op == IOMMUFD_OP_IOAS_COPY
				  ? "IOVA and length"
				  : "range and alignment");
	if (!writeable)
		iommufd__text_add(
			&d->text,
			"; or there may be a nest parent in it, which "
			"on some hardware takes no read-only mapping: "
			"map it writeable too");
	add_what(d);
}

static void map_invalid(struct iommufd__diag *d)
{
	struct iommufd__ranges ranges;
	int asked = !iommufd__ranges_get(d, d->failure.object_id, &ranges);
	int found = asked && check_space(d, &ranges);

	iommufd__ranges_put(&ranges);
	if (!found && d->cause == IOMMUFD_CAUSE_FILE_UNUSABLE)
		found = check_file(d);
	if (!found && asked)
		nothing_wrong(d);
}

static void map_exists(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;
	struct iommufd_iova_range mapped;
	struct iommufd__probe probe;
	int found = -1;

	iommufd__diag_found(d, IOMMUFD_CAUSE_ALREADY_MAPPED);
	if (!iommufd__probe_init(&probe, d, f->object_id)) {
		found = iommufd__probe_some(
			&probe, f->iova, iommufd__diag_last(f->iova, f->length),
			&mapped);
		iommufd__probe_end(&probe);
	}
	if (found <= 0) {
		iommufd__text_add(
			&d->text, "a part of the range is mapped already%s",
			found ? "; with IOMMUFD_DIAGNOSE_SCRATCH and the "
				"context it can be found which"
			      : ", one too small to be found, or being mapped "
				"just now by another thread");
		return;
	}
	iommufd__diag_range(d, mapped.start, mapped.last);
	iommufd__text_range(&d->text, mapped.start, mapped.last);
	iommufd__text_add(&d->text,
			  " of it is mapped already; unmap that first, or "
			  "choose another IOVA");
}

static void map_no_space(struct iommufd__diag *d)
{
	struct iommufd_iova_range largest = { 0, 0 };
	struct iommufd__ranges ranges;

	iommufd__diag_found(d, IOMMUFD_CAUSE_NO_IOVA_SPACE);
	iommufd__text_add(&d->text, "no hole of this size is left in the "
				    "usable and allowed IOVAs");
	if (iommufd__ranges_get(d, d->failure.object_id, &ranges))
		return;
	for (uint32_t i = 0; i < ranges.count; i++)
		if (ranges.ranges[i].last - ranges.ranges[i].start >
		    largest.last - largest.start)
			largest = ranges.ranges[i];
	iommufd__ranges_put(&ranges);
	iommufd__text_add(&d->text, "; the largest usable range is ");
	iommufd__text_range(&d->text, largest.start, largest.last);
	iommufd__text_add(&d->text, ", mapped or not");
	iommufd__diag_range(d, largest.start, largest.last);
}

/* What the allocator has written down is all that there is to know. */
static void alloc_no_space(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;

	iommufd__diag_found(d, IOMMUFD_CAUSE_NO_IOVA_SPACE);
	if (!f->length) {
		iommufd__text_add(&d->text, "no usable IOVA is left");
		return;
	}
	iommufd__text_add(&d->text, "the largest free piece there has ");
	iommufd__text_bytes(&d->text, f->arg);
	if (f->arg >= f->length)
		iommufd__text_add(&d->text, ", but no piece has room at the "
					    "alignment that was asked for");
}

void iommufd__diag_map(struct iommufd__diag *d)
{
	switch (d->cause) {
	case IOMMUFD_CAUSE_ALREADY_MAPPED:
		map_exists(d);
		break;
	case IOMMUFD_CAUSE_NO_IOVA_SPACE:
		if (d->failure.op == IOMMUFD_OP_IOVA)
			alloc_no_space(d);
		else
			map_no_space(d);
		break;
	default:
		map_invalid(d);
	}
}
