/* SPDX-License-Identifier: MIT */
/* A guest's IOMMU: making and ending it. */
#include "nesting.h"

#include <errno.h>
#include <stdlib.h>

/* sizeof(struct iommufd_nesting_opts) in 0.1.0: six words and a pointer. */
#define OPTS_MIN (24 + sizeof(void *))

#define DEPTH_DEFAULT 256

/* In the first word of what an SMMUv3 says of itself. */
#define SMMUV3_REPEAT 1u

#define FLAGS                                                                  \
	((uint32_t)(IOMMUFD_NESTING_EVENTS | IOMMUFD_NESTING_FAULTS |          \
		    IOMMUFD_NESTING_TYPE_VALID))

int iommufd__nesting_refused(uint32_t cause)
{
	return iommufd__util_refused(IOMMUFD_OP_NESTING, cause);
}

int iommufd__nesting_unsuited(void)
{
	return iommufd__util_failed(IOMMUFD_OP_NESTING, IOMMUFD_CAUSE_FEATURE,
				    EOPNOTSUPP);
}

int iommufd__nesting_gone(int ret)
{
	return iommufd_is(ret, IOMMUFD_CAUSE_OBJECT);
}

void iommufd__nesting_fetch(uint64_t *own, const uint64_t *words,
			    uint32_t count)
{
	const volatile uint64_t *guest = words;

	for (uint32_t i = 0; i < count; i++)
		own[i] = guest[i];
}

/* What the hardware is, and what follows from that unless the caller says it. */
static int find_hardware(struct iommufd_device *device,
			 struct iommufd_nesting *nesting,
			 struct iommufd_nesting_opts *o)
{
	struct iommufd_hw_info info = { .size = sizeof(info) };
	uint32_t flags = 0;
	int ret;

	ret = iommufd_device_get_hw_info(device, IOMMUFD_HW_INFO_DEFAULT,
					 &flags, sizeof(flags), &info);
	if (ret)
		return ret;
	if (info.type == IOMMUFD_HW_INFO_ARM_SMMUV3)
		nesting->kind = NESTING_SMMUV3;
	else if (info.type == IOMMUFD_HW_INFO_INTEL_VTD)
		nesting->kind = NESTING_VTD;
	nesting->repeat =
		nesting->kind == NESTING_SMMUV3 && flags & SMMUV3_REPEAT;
	if (o->flags & IOMMUFD_NESTING_TYPE_VALID)
		return 0;
	if (nesting->kind == NESTING_OTHER)
		return iommufd__nesting_unsuited();
	o->viommu_type = IOMMUFD_VIOMMU_DEFAULT;
	if (nesting->kind == NESTING_SMMUV3) {
		o->viommu_type = IOMMUFD_VIOMMU_ARM_SMMUV3;
		o->event_type = IOMMUFD_VEVENTQ_ARM_SMMUV3;
	}
	return 0;
}

static int make_parent(struct iommufd_device *device, struct iommufd_ioas *ioas,
		       struct iommufd_nesting *nesting,
		       const struct iommufd_nesting_opts *o)
{
	const struct iommufd_hwpt_alloc_opts opts = {
		.size = sizeof(opts),
		.flags = o->parent_flags | IOMMUFD_HWPT_NEST_PARENT,
	};

	nesting->parent_flags = opts.flags;
	return iommufd_hwpt_alloc(device, iommufd_ioas_id(ioas), &opts,
				  &nesting->parent);
}

static int make_events(struct iommufd_nesting *nesting,
		       const struct iommufd_nesting_opts *o)
{
	const struct iommufd_veventq_alloc_opts opts = {
		.size = sizeof(opts),
		.type = o->event_type,
		.depth = o->event_depth ? o->event_depth : DEPTH_DEFAULT,
	};

	return iommufd_veventq_alloc(nesting->viommu, &opts, &nesting->events);
}

static int make(struct iommufd_device *device, struct iommufd_ioas *ioas,
		struct iommufd_nesting *nesting, struct iommufd_nesting_opts *o)
{
	int ret = find_hardware(device, nesting, o);

	if (!ret && o->flags & IOMMUFD_NESTING_EVENTS &&
	    o->viommu_type == IOMMUFD_VIOMMU_DEFAULT)
		ret = iommufd__nesting_unsuited();
	if (!ret)
		ret = make_parent(device, ioas, nesting, o);
	if (!ret && o->viommu_type != IOMMUFD_VIOMMU_DEFAULT)
		ret = iommufd_viommu_alloc(device, nesting->parent,
					   o->viommu_type, o->viommu_data,
					   &nesting->viommu);
	if (!ret && o->flags & IOMMUFD_NESTING_EVENTS)
		ret = make_events(nesting, o);
	if (!ret && o->flags & IOMMUFD_NESTING_FAULTS)
		ret = iommufd_fault_queue_alloc(iommufd_device_ctx(device), 0,
						&nesting->faults);
	return ret;
}

/* Each object that is destroyed leaves its place empty, so it can be repeated. */
static int end_events(struct iommufd_nesting *nesting)
{
	int ret;

	iommufd_veventq_close_fd(nesting->events);
	ret = iommufd_veventq_destroy(nesting->events);
	if (iommufd__nesting_gone(ret)) {
		iommufd_veventq_release(nesting->events);
		ret = 0;
	}
	if (!ret)
		nesting->events = NULL;
	return ret;
}

static int end_faults(struct iommufd_nesting *nesting)
{
	int ret;

	iommufd_fault_queue_close_fd(nesting->faults);
	ret = iommufd_fault_queue_destroy(nesting->faults);
	if (iommufd__nesting_gone(ret)) {
		iommufd_fault_queue_release(nesting->faults);
		ret = 0;
	}
	if (!ret)
		nesting->faults = NULL;
	return ret;
}

static int end_viommu(struct iommufd_nesting *nesting)
{
	int ret = iommufd_viommu_destroy(nesting->viommu);

	if (iommufd__nesting_gone(ret)) {
		iommufd_viommu_release(nesting->viommu);
		ret = 0;
	}
	if (!ret)
		nesting->viommu = NULL;
	return ret;
}

int iommufd__nesting_end_hwpt(struct iommufd_hwpt **hwpt)
{
	int ret = iommufd_hwpt_destroy(*hwpt);

	if (iommufd__nesting_gone(ret)) {
		iommufd_hwpt_release(*hwpt);
		ret = 0;
	}
	if (!ret)
		*hwpt = NULL;
	return ret;
}

/*
 * What something else can stand on goes first, as long as that is no reason to
 * close a queue that may still be wanted: only events must go before the vIOMMU.
 */
static int end_all(struct iommufd_nesting *nesting)
{
	int ret = end_events(nesting);

	if (!ret)
		ret = end_viommu(nesting);
	if (!ret)
		ret = iommufd__nesting_end_hwpt(&nesting->parent);
	if (!ret)
		ret = end_faults(nesting);
	if (!ret)
		free(nesting);
	return ret;
}

static void forget(struct iommufd_nesting *nesting)
{
	while (nesting->devices) {
		struct iommufd_nested_device *next = nesting->devices->next;

		iommufd__nested_forget(nesting->devices);
		nesting->devices = next;
	}
	iommufd_fault_queue_release(nesting->faults);
	iommufd_veventq_release(nesting->events);
	iommufd_viommu_release(nesting->viommu);
	iommufd_hwpt_release(nesting->parent);
	free(nesting);
}

/* After a failure, which stays the last one. What resists lives on. */
static void unmake(struct iommufd_nesting *nesting)
{
	struct iommufd_failure failure = { .size = sizeof(failure) };

	iommufd_failure_keep(&failure);
	if (end_all(nesting))
		forget(nesting);
	iommufd_failure_set(&failure);
}

UTIL_API int iommufd_nesting_new(struct iommufd_device *device,
				 struct iommufd_ioas *ioas,
				 const struct iommufd_nesting_opts *opts,
				 struct iommufd_nesting **nesting)
{
	struct iommufd_nesting_opts o;
	struct iommufd_nesting *new;
	uint32_t cause;
	int ret;

	if (!device || !ioas || !nesting)
		return iommufd__nesting_refused(IOMMUFD_CAUSE_NULL_POINTER);
	cause = iommufd__util_opts_load(&o, sizeof(o), opts, OPTS_MIN);
	if (!cause && o.flags & ~FLAGS)
		cause = IOMMUFD_CAUSE_BAD_FLAGS;
	/* The id of the address space would be that of another one. */
	if (!cause && iommufd_ioas_ctx(ioas) != iommufd_device_ctx(device))
		cause = IOMMUFD_CAUSE_OTHER_CONTEXT;
	if (cause)
		return iommufd__nesting_refused(cause);
	new = calloc(1, sizeof(*new));
	if (!new)
		return iommufd__nesting_refused(IOMMUFD_CAUSE_NO_MEMORY);
	ret = make(device, ioas, new, &o);
	if (ret)
		unmake(new);
	else
		*nesting = new;
	return ret;
}

UTIL_API int iommufd_nesting_destroy(struct iommufd_nesting *nesting)
{
	struct iommufd_failure failure = { .size = sizeof(failure) };
	int ret;

	if (!nesting)
		return 0;
	if (nesting->devices)
		return iommufd__util_failed(IOMMUFD_OP_NESTING,
					    IOMMUFD_CAUSE_IN_USE, EBUSY);
	iommufd_failure_keep(&failure);
	ret = end_all(nesting);
	/* That something was gone already is no failure. */
	if (!ret)
		iommufd_failure_set(&failure);
	return ret;
}

UTIL_API void iommufd_nesting_release(struct iommufd_nesting *nesting)
{
	if (nesting)
		forget(nesting);
}

UTIL_API struct iommufd_hwpt *iommufd_nesting_parent(
	const struct iommufd_nesting *nesting)
{
	return nesting ? nesting->parent : NULL;
}

UTIL_API struct iommufd_viommu *iommufd_nesting_viommu(
	const struct iommufd_nesting *nesting)
{
	return nesting ? nesting->viommu : NULL;
}

UTIL_API struct iommufd_veventq *iommufd_nesting_veventq(
	const struct iommufd_nesting *nesting)
{
	return nesting ? nesting->events : NULL;
}

UTIL_API struct iommufd_fault_queue *iommufd_nesting_fault_queue(
	const struct iommufd_nesting *nesting)
{
	return nesting ? nesting->faults : NULL;
}
