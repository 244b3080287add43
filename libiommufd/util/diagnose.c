/* SPDX-License-Identifier: MIT */
/* Why a call failed: which part of diagnosis looks at which failure. */
#include "diagnose.h"

#include <string.h>

/* Sizes in 0.1.0. */
#define FAILURE_MIN   64
#define OPTS_MIN      (8 + 3 * sizeof(void *))
#define DIAGNOSIS_MIN 616

_Static_assert(sizeof(struct iommufd_failure) >= FAILURE_MIN, "grown only");
_Static_assert(sizeof(struct iommufd_diagnose_opts) >= OPTS_MIN, "grown only");
_Static_assert(sizeof(struct iommufd_diagnosis) >= DIAGNOSIS_MIN, "grown only");

void iommufd__diag_found(struct iommufd__diag *d, uint32_t cause)
{
	d->out.cause = cause;
	d->out.num_candidates = 1;
	d->out.candidates[0] = cause;
}

void iommufd__diag_say(struct iommufd__diag *d, uint32_t cause,
		       const char *words)
{
	iommufd__diag_found(d, cause);
	iommufd__text_add(&d->text, "%s", words);
}

void iommufd__diag_candidate(struct iommufd__diag *d, uint32_t cause)
{
	if (d->out.num_candidates < IOMMUFD_DIAGNOSIS_CANDIDATES)
		d->out.candidates[d->out.num_candidates++] = cause;
}

void iommufd__diag_range(struct iommufd__diag *d, uint64_t start, uint64_t last)
{
	d->out.valid |= IOMMUFD_DIAGNOSIS_RANGE;
	d->out.start = start;
	d->out.last = last;
}

static const struct {
	uint32_t cause;
	iommufd__diag_part *part;
} parts[] = {
	{ IOMMUFD_CAUSE_NO_IOMMUFD, iommufd__diag_open },
	{ IOMMUFD_CAUSE_NO_DEVICE_FILE, iommufd__diag_open },
	{ IOMMUFD_CAUSE_OPEN_DENIED, iommufd__diag_open },
	{ IOMMUFD_CAUSE_NO_SYSFS, iommufd__diag_find },
	{ IOMMUFD_CAUSE_NO_SUCH_DEVICE, iommufd__diag_find },
	{ IOMMUFD_CAUSE_NO_VFIO_DRIVER, iommufd__diag_find },
	{ IOMMUFD_CAUSE_NO_DEVICE_NODES, iommufd__diag_find },
	{ IOMMUFD_CAUSE_NODE_MISSING, iommufd__diag_find },
	{ IOMMUFD_CAUSE_NODE_IS_ANOTHER, iommufd__diag_find },
	{ IOMMUFD_CAUSE_BIND_REFUSED, iommufd__diag_bind },
	{ IOMMUFD_CAUSE_GROUP_NOT_VIABLE, iommufd__diag_bind },
	{ IOMMUFD_CAUSE_GROUP_BUSY, iommufd__diag_bind },
	{ IOMMUFD_CAUSE_NO_IOMMU, iommufd__diag_bind },
	{ IOMMUFD_CAUSE_BAD_INDEX, iommufd__diag_export },
	{ IOMMUFD_CAUSE_DEVICE_FEATURE, iommufd__diag_export },
	{ IOMMUFD_CAUSE_IOVA_UNUSABLE, iommufd__diag_map },
	{ IOMMUFD_CAUSE_MISALIGNED, iommufd__diag_map },
	{ IOMMUFD_CAUSE_FILE_UNUSABLE, iommufd__diag_map },
	{ IOMMUFD_CAUSE_ALREADY_MAPPED, iommufd__diag_map },
	{ IOMMUFD_CAUSE_NO_IOVA_SPACE, iommufd__diag_map },
	{ IOMMUFD_CAUSE_NOT_WHOLE_MAPPINGS, iommufd__diag_unmap },
	{ IOMMUFD_CAUSE_COPY_SOURCE, iommufd__diag_copy_source },
	{ IOMMUFD_CAUSE_UNPINNABLE, iommufd__diag_user_memory },
	{ IOMMUFD_CAUSE_MEMORY_OR_LIMIT, iommufd__diag_locked_memory },
	{ IOMMUFD_CAUSE_REVOKED, iommufd__diag_revoked },
	{ IOMMUFD_CAUSE_PAGE_TABLE_REFUSED, iommufd__diag_page_table },
	{ IOMMUFD_CAUSE_PAGE_TABLE_DATA, iommufd__diag_page_table },
	{ IOMMUFD_CAUSE_DEVICE_OR_QUEUE, iommufd__diag_two_ids },
	{ IOMMUFD_CAUSE_DEVICE_OR_PARENT, iommufd__diag_two_ids },
	{ IOMMUFD_CAUSE_VIOMMU_OR_DEVICE, iommufd__diag_two_ids },
	{ IOMMUFD_CAUSE_VIOMMU_REFUSED, iommufd__diag_viommu },
	{ IOMMUFD_CAUSE_VDEVICE_EXISTS, iommufd__diag_vdevice },
	{ IOMMUFD_CAUSE_VDEVICE_REFUSED, iommufd__diag_vdevice },
	{ IOMMUFD_CAUSE_QUEUE_MEMORY, iommufd__diag_hw_queue },
	{ IOMMUFD_CAUSE_QUEUE_REFUSED, iommufd__diag_hw_queue },
	{ IOMMUFD_CAUSE_MAPPING_IN_TRANSIT, iommufd__diag_in_transit },
	{ IOMMUFD_CAUSE_INVALIDATION_REFUSED, iommufd__diag_invalidation },
	{ IOMMUFD_CAUSE_INVALIDATION_ENTRY, iommufd__diag_invalidation },
	{ IOMMUFD_CAUSE_DIRTY_RANGE, iommufd__diag_dirty_range },
	{ IOMMUFD_CAUSE_FAULT_GONE, iommufd__diag_fault },
	{ IOMMUFD_CAUSE_PASID_REFUSED, iommufd__diag_pasid },
	{ IOMMUFD_CAUSE_FEATURE, iommufd__diag_no_pasid },
	{ IOMMUFD_CAUSE_ATTACH_UNSUPPORTED, iommufd__diag_attach_unsupported },
	{ IOMMUFD_CAUSE_OUTSIDE_PAGE_TABLE, iommufd__diag_outside },
	{ IOMMUFD_CAUSE_ATTACH_REFUSED, iommufd__diag_attach },
	{ IOMMUFD_CAUSE_DEVICE_BUSY, iommufd__diag_attach },
	{ IOMMUFD_CAUSE_ATTACH_CONFLICT, iommufd__diag_conflict },
	{ IOMMUFD_CAUSE_PAGE_TABLE, iommufd__diag_attach },
	{ IOMMUFD_CAUSE_IN_USE, iommufd__diag_destroy },
	{ IOMMUFD_CAUSE_COMMAND, iommufd__diag_command },
};

static uint32_t load(struct iommufd__diag *d,
		     const struct iommufd_failure *failure,
		     const struct iommufd_diagnose_opts *opts)
{
	struct iommufd_diagnose_opts known;
	uint32_t cause;

	if (!failure)
		return IOMMUFD_CAUSE_NULL_POINTER;
	cause = iommufd__util_opts_load(&d->failure, sizeof(d->failure),
					failure, FAILURE_MIN);
	if (!cause)
		cause = iommufd__util_opts_load(&known, sizeof(known), opts,
						OPTS_MIN);
	if (cause)
		return cause;
	if (known.reserved)
		return IOMMUFD_CAUSE_OPTS_RESERVED;
	if (d->flags & ~(uint32_t)IOMMUFD_DIAGNOSE_SCRATCH)
		return IOMMUFD_CAUSE_BAD_FLAGS;
	if (d->failure.ret >= 0)
		return IOMMUFD_CAUSE_BAD_VALUE;
	d->name = known.name;
	d->sysfs = known.sysfs ? known.sysfs : "/sys";
	d->dev = known.dev ? known.dev : "/dev";
	return 0;
}

/* Calls whose record has the descriptor of the context itself. */
static const uint32_t context_ops[] = {
	IOMMUFD_OP_CTX_PROBE,
	IOMMUFD_OP_CTX_IOCTL,
	IOMMUFD_OP_DESTROY,
	IOMMUFD_OP_RLIMIT_MODE,
	IOMMUFD_OP_HUGE_PAGES,
	IOMMUFD_OP_VFIO_IOAS,
	IOMMUFD_OP_CHANGE_PROCESS,
	IOMMUFD_OP_IOAS_ALLOC,
	IOMMUFD_OP_IOAS_ADOPT,
	IOMMUFD_OP_IOAS_MAP,
	IOMMUFD_OP_IOAS_MAP_FILE,
	IOMMUFD_OP_IOAS_COPY,
	IOMMUFD_OP_IOAS_UNMAP,
	IOMMUFD_OP_IOAS_IOVA_RANGES,
	IOMMUFD_OP_IOAS_ALLOW_IOVAS,
	IOMMUFD_OP_IOAS_NOIOMMU_GET_PA,
	IOMMUFD_OP_HWPT_ALLOC,
	IOMMUFD_OP_HWPT_ADOPT,
	IOMMUFD_OP_HWPT_INVALIDATE,
	IOMMUFD_OP_HWPT_SET_DIRTY_TRACKING,
	IOMMUFD_OP_HWPT_GET_DIRTY_BITMAP,
	IOMMUFD_OP_DEVICE_GET_HW_INFO,
	IOMMUFD_OP_VIOMMU_ALLOC,
	IOMMUFD_OP_VIOMMU_ADOPT,
	IOMMUFD_OP_VIOMMU_INVALIDATE,
	IOMMUFD_OP_VIOMMU_MMAP,
	IOMMUFD_OP_VIOMMU_PROBE,
	IOMMUFD_OP_VDEVICE_ALLOC,
	IOMMUFD_OP_VDEVICE_ADOPT,
	IOMMUFD_OP_HW_QUEUE_ALLOC,
	IOMMUFD_OP_HW_QUEUE_ADOPT,
	IOMMUFD_OP_HW_QUEUE_PROBE,
	IOMMUFD_OP_FAULT_QUEUE_ALLOC,
	IOMMUFD_OP_VEVENTQ_ALLOC,
};

/* The ids of another context are those of other objects: ask nothing there. */
static void check_context(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;

	if (!d->ctx || f->fd < 0 || f->fd == iommufd_ctx_fd(d->ctx))
		return;
	for (size_t i = 0; i < sizeof(context_ops) / sizeof(context_ops[0]);
	     i++)
		if (context_ops[i] == f->op)
			d->other_ctx = 1;
	if (d->other_ctx)
		d->ctx = NULL;
}

static void diagnose(struct iommufd__diag *d)
{
	iommufd__text_init(&d->text, d->out.text, sizeof(d->out.text));
	d->cause = iommufd_cause(d->failure.ret);
	d->out.cause = d->cause;
	check_context(d);
	iommufd__diag_begin(d);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (parts[i].cause == d->cause)
			parts[i].part(d);
	iommufd__diag_end(d);
}

UTIL_API int iommufd_diagnose(const struct iommufd_failure *failure,
			      struct iommufd_ctx *ctx, uint32_t flags,
			      const struct iommufd_diagnose_opts *opts,
			      struct iommufd_diagnosis *diagnosis)
{
	struct iommufd__diag d = { .ctx = ctx, .flags = flags };
	struct iommufd_failure record = { .size = sizeof(record) };
	uint32_t cause = iommufd__util_in_check(diagnosis, DIAGNOSIS_MIN);

	if (!cause)
		cause = load(&d, failure, opts);
	if (cause)
		return iommufd__util_refused(IOMMUFD_OP_DIAGNOSE, cause);
	/* Our own questions may be refused: that is not to be seen. */
	iommufd_failure_keep(&record);
	diagnose(&d);
	iommufd_failure_set(&record);
	iommufd__util_out_store(diagnosis, &d.out, sizeof(d.out));
	return 0;
}
