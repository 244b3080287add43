/* SPDX-License-Identifier: MIT */
/* How a diagnosis begins, and how it ends when nothing more is known. */
#include "diagnose.h"

#include <ctype.h>
#include <inttypes.h>

static void add(struct iommufd__diag *d, const char *words)
{
	iommufd__text_add(&d->text, "%s", words);
}

/* The last address of a range of the failure, which may be nonsense. */
uint64_t iommufd__diag_last(uint64_t start, uint64_t length)
{
	if (!length)
		return start;
	return length - 1 > UINT64_MAX - start ? UINT64_MAX
					       : start + (length - 1);
}

static void add_target(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;

	if (f->flags & IOMMUFD_MAP_FIXED_IOVA) {
		add(d, "at IOVA ");
		iommufd__text_range(&d->text, f->iova,
				    iommufd__diag_last(f->iova, f->length));
	} else {
		add(d, "at an IOVA of the kernel's choice");
	}
	iommufd__text_add(&d->text, " in address space %" PRIu32, f->object_id);
}

static void begin_map(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;

	add(d, "Cannot map ");
	if (f->op == IOMMUFD_OP_IOAS_COPY) {
		iommufd__text_add(&d->text,
				  "what address space %" PRIu32 " has at ",
				  f->other_id);
		iommufd__text_range(&d->text, f->memory,
				    iommufd__diag_last(f->memory, f->length));
	} else {
		iommufd__text_bytes(&d->text, f->length);
		iommufd__text_add(&d->text,
				  f->op == IOMMUFD_OP_IOAS_MAP_FILE
					  ? " of file descriptor %d from offset"
					  : " of memory from",
				  f->memory_fd);
		iommufd__text_add(&d->text, " 0x%" PRIx64, f->memory);
	}
	add(d, " ");
	add_target(d);
}

static void begin_unmap(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;

	add(d, "Cannot unmap ");
	if (!f->iova && f->length == UINT64_MAX)
		add(d, "everything");
	else
		iommufd__text_range(&d->text, f->iova,
				    iommufd__diag_last(f->iova, f->length));
	iommufd__text_add(&d->text, " of address space %" PRIu32, f->object_id);
}

static void begin_open(struct iommufd__diag *d, const char *what)
{
	iommufd__text_add(&d->text, "Cannot open %s", d->name ? d->name : what);
}

static void begin_find(struct iommufd__diag *d)
{
	char name[40];

	add(d, "Cannot find the VFIO device file of ");
	add(d,
	    iommufd__diag_wanted(d, name, sizeof(name)) ? name : "the device");
}

static void begin_bind(struct iommufd__diag *d)
{
	struct iommufd_node_info info;
	char address[32];

	add(d, "Cannot bind ");
	if (iommufd__unpack_pci(d->failure.arg, address, sizeof(address)))
		iommufd__text_add(&d->text, "device %s", address);
	else if (iommufd__diag_device(d, &info))
		iommufd__text_add(&d->text, "file descriptor %d",
				  d->failure.fd);
	else
		iommufd__text_add(&d->text, "device %s",
				  iommufd__basename(info.sysfs));
}

static void begin_viommu(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;

	iommufd__text_add(&d->text,
			  "Cannot make a vIOMMU of type 0x%" PRIx64
			  " for device %" PRIu32 " on page table %" PRIu32,
			  f->arg, f->object_id, f->other_id);
}

static void begin_vdevice(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;

	iommufd__text_add(&d->text,
			  "Cannot make a vDevice of device %" PRIu32
			  " with the id 0x%" PRIx64 " in vIOMMU %" PRIu32,
			  f->object_id, f->arg, f->other_id);
}

static void begin_hw_queue(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;

	iommufd__text_add(&d->text,
			  "Cannot make hardware queue %" PRIu64 " at IOVA ",
			  f->arg);
	iommufd__text_range(&d->text, f->iova,
			    iommufd__diag_last(f->iova, f->length));
	iommufd__text_add(&d->text, " in vIOMMU %" PRIu32, f->object_id);
}

static void begin_invalidate(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;

	iommufd__text_add(&d->text,
			  "Cannot invalidate what is cached of object %" PRIu32
			  ", by entries of type 0x%" PRIx32 " and %" PRIu64
			  " bytes",
			  f->object_id, f->other_id, f->length);
}

static void begin_dirty(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;

	add(d, "Cannot tell the dirty pages of ");
	iommufd__text_range(&d->text, f->iova,
			    iommufd__diag_last(f->iova, f->length));
	iommufd__text_add(&d->text, " in page table %" PRIu32, f->object_id);
}

static void begin_export(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;

	add(d, "Cannot export ");
	iommufd__text_range(&d->text, f->memory,
			    iommufd__diag_last(f->memory, f->length));
	iommufd__text_add(&d->text, " of region %" PRIu64 " of device %" PRIu32,
			  f->arg, f->object_id);
}

static void begin_other(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;

	iommufd__text_add(&d->text, "%s failed", iommufd_op_name(f->op));
	if (f->object_id)
		iommufd__text_add(&d->text, " on object %" PRIu32,
				  f->object_id);
	if (f->length) {
		add(d, " for ");
		iommufd__text_range(&d->text, f->iova,
				    iommufd__diag_last(f->iova, f->length));
	}
}

void iommufd__diag_begin(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;

	switch (f->op) {
	case IOMMUFD_OP_CTX_OPEN:
		begin_open(d, f->arg ? "the device file that was named"
				     : "/dev/iommu");
		break;
	case IOMMUFD_OP_VFIO_OPEN:
		begin_open(d, "the VFIO device file");
		break;
	case IOMMUFD_OP_FIND:
		begin_find(d);
		break;
	case IOMMUFD_OP_VFIO_BIND:
		begin_bind(d);
		break;
	case IOMMUFD_OP_IOAS_MAP:
	case IOMMUFD_OP_IOAS_MAP_FILE:
	case IOMMUFD_OP_IOAS_COPY:
		begin_map(d);
		break;
	case IOMMUFD_OP_BULK:
		if (f->length)
			begin_map(d);
		else
			iommufd__diag_begin_helper(d);
		break;
	case IOMMUFD_OP_IOAS_UNMAP:
		begin_unmap(d);
		break;
	case IOMMUFD_OP_HWPT_ALLOC:
		iommufd__text_add(&d->text,
				  "Cannot make a page table for device %" PRIu32
				  " on object %" PRIu32,
				  f->object_id, f->other_id);
		break;
	case IOMMUFD_OP_DEVICE_ATTACH:
	case IOMMUFD_OP_ACCESS_ATTACH:
		iommufd__text_add(&d->text,
				  "Cannot attach device %" PRIu32
				  " to object %" PRIu32,
				  f->object_id, f->other_id);
		break;
	case IOMMUFD_OP_DEVICE_ATTACH_PASID:
		iommufd__text_add(&d->text,
				  "Cannot attach PASID %" PRIu64
				  " of device %" PRIu32 " to object %" PRIu32,
				  f->arg, f->object_id, f->other_id);
		break;
	case IOMMUFD_OP_VIOMMU_ALLOC:
		begin_viommu(d);
		break;
	case IOMMUFD_OP_VDEVICE_ALLOC:
		begin_vdevice(d);
		break;
	case IOMMUFD_OP_HW_QUEUE_ALLOC:
		begin_hw_queue(d);
		break;
	case IOMMUFD_OP_HWPT_INVALIDATE:
	case IOMMUFD_OP_VIOMMU_INVALIDATE:
		begin_invalidate(d);
		break;
	case IOMMUFD_OP_HWPT_GET_DIRTY_BITMAP:
		begin_dirty(d);
		break;
	case IOMMUFD_OP_FAULT_QUEUE_RESPOND:
		iommufd__text_add(&d->text,
				  "Cannot answer a fault of queue %" PRIu32,
				  f->object_id);
		break;
	case IOMMUFD_OP_DESTROY:
		iommufd__text_add(&d->text, "Cannot destroy object %" PRIu32,
				  f->object_id);
		break;
	case IOMMUFD_OP_VFIO_EXPORT_DMA_BUF:
		begin_export(d);
		break;
	default:
		if (f->op >= IOMMUFD_OP_HELPER)
			iommufd__diag_begin_helper(d);
		else
			begin_other(d);
	}
	add(d, ": ");
}

#define C(name)	  IOMMUFD_CAUSE_##name
#define MEMBERS	  IOMMUFD_DIAGNOSIS_CANDIDATES
#define IOVA_SET  C(IOVA_MISALIGNED), C(RESERVED), C(OUTSIDE_APERTURE)
#define ALIGN_SET C(LENGTH_MISALIGNED), C(MEMORY_MISALIGNED)

/* The reasons that a cause is the set of. */
static const struct {
	uint32_t cause;
	uint32_t members[MEMBERS];
} sets[] = {
	{ C(BIND_REFUSED),
	  { C(ALREADY_BOUND), C(GROUP_FILE), C(NOT_COHERENT),
	    C(VF_TOKEN_NOT_TAKEN) } },
	{ C(NOT_WHOLE_MAPPINGS),
	  { C(NOTHING_MAPPED), C(PARTIAL_MAPPING), C(OBJECT) } },
	{ C(COPY_SOURCE), { C(SOURCE_HOLE), C(OBJECT) } },
	{ C(DEVICE_OR_QUEUE), { C(NOT_PHYSICAL), C(OBJECT) } },
	{ C(GROUP_NOT_VIABLE),
	  { C(INTERRUPTS_NOT_ISOLATED), C(GROUP_OWNED_ELSEWHERE),
	    C(SIBLING_HAS_DRIVER) } },
	{ C(GROUP_BUSY), { C(OPENED_AS_GROUP), C(IN_USE) } },
	{ C(IOVA_UNUSABLE), { IOVA_SET, ALIGN_SET, C(NEST_PARENT_READ_ONLY) } },
	{ C(MISALIGNED), { ALIGN_SET, C(NEST_PARENT_READ_ONLY) } },
	{ C(FILE_UNUSABLE),
	  { C(BEYOND_FILE), C(NOT_MEMORY_FILE), IOVA_SET, ALIGN_SET,
	    C(NEST_PARENT_READ_ONLY) } },
	{ C(DEVICE_OR_PARENT), { C(NOT_PHYSICAL), C(OBJECT) } },
	{ C(VIOMMU_OR_DEVICE), { C(NOT_PHYSICAL), C(OBJECT) } },
	{ C(PAGE_TABLE), { C(OBJECT), C(NO_VDEVICE) } },
	{ C(QUEUE_MEMORY), { C(OBJECT), C(QUEUE_HOLE) } },
	{ C(PAGE_TABLE_REFUSED),
	  { C(NOT_A_PAGE_TABLE), C(PAGE_TABLE_DATA), C(NO_NEST_PARENT),
	    C(OTHER_IOMMU), C(EARLIER_FILE) } },
	{ C(VIOMMU_REFUSED),
	  { C(NO_NEST_PARENT), C(OTHER_IOMMU), C(VIOMMU_DATA) } },
	{ C(VDEVICE_REFUSED), { C(OTHER_IOMMU), C(VIRT_ID_REFUSED) } },
	{ C(VDEVICE_EXISTS), { C(DEVICE_HAS_VDEVICE), C(VIRT_ID_TAKEN) } },
	{ C(QUEUE_REFUSED),
	  { C(QUEUE_INDEX), C(QUEUE_LAYOUT), C(QUEUE_DEVICE_MEMORY) } },
	{ C(MAPPING_IN_TRANSIT),
	  { C(ANOTHER_THREAD), C(QUEUE_HOLDS_MAPPING) } },
	{ C(INVALIDATION_REFUSED),
	  { C(NOT_NESTED), C(INVALIDATION_TYPE), C(INVALIDATION_LENGTH),
	    C(INVALIDATION_VALUE) } },
	{ C(PASID_REFUSED),
	  { C(PASID_FLAG_MISSING), C(PAGE_TABLE_MISMATCH), C(PASID_ON_IOAS),
	    C(NOT_A_PAGE_TABLE), C(PASID_TOO_LARGE), C(PASID_KERNEL) } },
	{ C(ATTACH_REFUSED),
	  { C(NOT_A_PAGE_TABLE), C(GROUP_ATTACHED_ELSEWHERE),
	    C(PAGE_TABLE_MISMATCH), C(EARLIER_FILE) } },
	{ C(ATTACH_UNSUPPORTED),
	  { C(NO_PAGE_REQUESTS), C(NEST_PARENT_WIDTH) } },
	{ C(ATTACH_CONFLICT), { C(RESERVED_IN_USE), C(OUTSIDE_PAGE_TABLE) } },
	{ C(UNPINNABLE),
	  { C(NOT_PRESENT), C(NOT_WRITABLE), C(DEVICE_MEMORY) } },
	{ C(EARLIER_MAPPING),
	  { C(NOT_PRESENT), C(NOT_WRITABLE), C(DEVICE_MEMORY),
	    C(MAPPER_GONE) } },
	{ C(MEMORY_OR_LIMIT), { C(LOCKED_MEMORY_LIMIT), C(NO_MEMORY) } },
};

void iommufd__diag_members(struct iommufd__diag *d, uint32_t except)
{
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		if (sets[i].cause != d->cause)
			continue;
		for (size_t k = 0; k < MEMBERS && sets[i].members[k]; k++)
			if (sets[i].members[k] != except)
				iommufd__diag_candidate(d, sets[i].members[k]);
	}
	/* What is copied may be a file that nobody has looked at. */
	if (d->failure.op == IOMMUFD_OP_IOAS_COPY &&
	    iommufd_class(d->failure.ret) == IOMMUFD_CLASS_MAPPING) {
		iommufd__diag_candidate(d, IOMMUFD_CAUSE_BEYOND_FILE);
		iommufd__diag_candidate(d, IOMMUFD_CAUSE_NOT_MEMORY_FILE);
	}
}

/* The cause's own sentence, as the second half of ours. */
static void add_strerror(struct iommufd__diag *d)
{
	const char *words = iommufd_strerror(d->failure.ret);

	if (isupper((unsigned char)words[0]) &&
	    islower((unsigned char)words[1])) {
		iommufd__text_add(&d->text, "%c", tolower(words[0]));
		words++;
	}
	add(d, words);
}

void iommufd__diag_end(struct iommufd__diag *d)
{
	if (!d->out.num_candidates) {
		add_strerror(d);
		if (d->cause == IOMMUFD_CAUSE_UNSPECIFIC)
			iommufd__text_add(&d->text, " (errno %d)",
					  iommufd_errno(d->failure.ret));
		iommufd__diag_members(d, 0);
		if (d->out.num_candidates > 1)
			add(d, "; which of these it is cannot be told");
	}
	if (!d->out.num_candidates)
		iommufd__diag_found(d, d->cause);
	if (d->other_ctx)
		add(d, "; the context that was given to ask is not that of the "
		       "failed call");
	if (iommufd__text_complete(&d->text) && d->text.length &&
	    d->out.text[d->text.length - 1] != '.')
		add(d, ".");
}
