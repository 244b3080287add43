/* SPDX-License-Identifier: MIT */
/* A device behind a guest's IOMMU. */
#include "nesting.h"

#include <endian.h>
#include <stdlib.h>

/* sizeof(struct iommufd_nested_device_opts) in 0.1.0. */
#define OPTS_MIN (24 + 2 * sizeof(void *))

#define FLAGS ((uint32_t)(IOMMUFD_NESTED_NO_FAULTS | IOMMUFD_NESTED_NO_VIRT_ID))

static int refused(uint32_t cause)
{
	return iommufd__nesting_refused(cause);
}

uint32_t iommufd__nested_fault_id(const struct iommufd_nested_device *nested)
{
	if (!(nested->table_flags & IOMMUFD_HWPT_FAULT_ID_VALID))
		return 0;
	return iommufd_fault_queue_id(nested->nesting->faults);
}

/* On the vIOMMU, or on the nest parent where there is none. */
int iommufd__nested_make_table(const struct iommufd_nested_device *nested,
			       const struct iommufd_nested_table *data,
			       struct iommufd_hwpt **hwpt)
{
	const struct iommufd_nesting *nesting = nested->nesting;
	const struct iommufd_hwpt_alloc_opts opts = {
		.size = sizeof(opts),
		.flags = nested->table_flags,
		.fault_id = iommufd__nested_fault_id(nested),
		.data_type = data->type,
		.data_len = data->length,
		.data = data->data,
	};
	const uint32_t parent = nesting->viommu
					? iommufd_viommu_id(nesting->viommu)
					: iommufd_hwpt_id(nesting->parent);

	return iommufd_hwpt_alloc(nested->device, parent, &opts, hwpt);
}

/* ---- making -------------------------------------------------------------- */

static uint32_t table_flags(const struct iommufd_nesting *nesting,
			    uint32_t device_flags)
{
	uint32_t flags = 0;

	if (nesting->faults && !(device_flags & IOMMUFD_NESTED_NO_FAULTS))
		flags = IOMMUFD_HWPT_FAULT_ID_VALID;
	/* An SMMUv3 finds a guest's PASIDs by itself, and takes no flag. */
	if (nesting->kind != NESTING_SMMUV3)
		flags |= nesting->parent_flags & IOMMUFD_HWPT_PASID;
	return flags;
}

/* Of the caller's data, or of the hardware's, @word; or there is none. */
static int make_fixed(struct iommufd_nested_device *nested,
		      const struct iommufd_nested_table *data, uint64_t word,
		      struct iommufd_hwpt **hwpt)
{
	const uint64_t ste[2] = { htole64(word), 0 };
	const struct iommufd_nested_table own = {
		.type = IOMMUFD_HWPT_DATA_ARM_SMMUV3,
		.length = sizeof(ste),
		.data = ste,
	};

	if (data)
		return iommufd__nested_make_table(nested, data, hwpt);
	if (nested->nesting->kind != NESTING_SMMUV3)
		return 0;
	return iommufd__nested_make_table(nested, &own, hwpt);
}

/*
 * The width is the device's own; with none, the kernel would accept a PASID and
 * do nothing. A kernel that does not tell it cannot attach PASIDs either.
 */
static int find_width(struct iommufd_nested_device *nested)
{
	struct iommufd_hw_info info = { .size = sizeof(info) };
	int ret;

	nested->pasid_opts.size = sizeof(nested->pasid_opts);
	if (!(nested->table_flags & IOMMUFD_HWPT_PASID))
		return 0;
	ret = iommufd_device_get_hw_info(
		nested->device, IOMMUFD_HW_INFO_DEFAULT, NULL, 0, &info);
	if (ret)
		return ret;
	nested->pasid_opts.flags = IOMMUFD_PASID_WIDTH_VALID;
	nested->pasid_opts.max_pasid_log2 = info.max_pasid_log2;
	return 0;
}

static int make(struct iommufd_nested_device *nested,
		const struct iommufd_nested_device_opts *o)
{
	struct iommufd_nesting *nesting = nested->nesting;
	int ret = find_width(nested);

	if (!ret && nesting->viommu && !(o->flags & IOMMUFD_NESTED_NO_VIRT_ID))
		ret = iommufd__nested_name(nested, o->virt_id);
	if (!ret)
		ret = make_fixed(nested, o->abort, SMMUV3_STE_ABORT,
				 &nested->abort);
	if (!ret)
		ret = make_fixed(nested, o->bypass, SMMUV3_STE_BYPASS,
				 &nested->bypass);
	return ret;
}

/* ---- ending -------------------------------------------------------------- */

/* What it was not put on by these calls, it stays on. */
static int end_attachments(struct iommufd_nested_device *nested)
{
	int ret = iommufd__nested_end_pasids(nested);

	if (!ret && (nested->self.state || nested->self.broken))
		ret = iommufd__nested_detach(nested, &nested->self);
	return ret;
}

static int end_objects(struct iommufd_nested_device *nested)
{
	int ret = iommufd__nested_bury(nested);

	if (!ret)
		ret = iommufd__nesting_end_hwpt(&nested->bypass);
	if (!ret)
		ret = iommufd__nesting_end_hwpt(&nested->abort);
	if (!ret)
		ret = iommufd__nested_unname(nested);
	return ret;
}

static void forget_tables(struct guest_table *table)
{
	while (table) {
		struct guest_table *next = table->next;

		iommufd_hwpt_release(table->hwpt);
		free(table);
		table = next;
	}
}

void iommufd__nested_forget(struct iommufd_nested_device *nested)
{
	struct attachment *a = nested->self.next;

	while (a) {
		struct attachment *next = a->next;

		forget_tables(a->table);
		free(a);
		a = next;
	}
	forget_tables(nested->self.table);
	forget_tables(nested->old);
	iommufd_hwpt_release(nested->bypass);
	iommufd_hwpt_release(nested->abort);
	iommufd_vdevice_release(nested->vdevice);
	free(nested);
}

/* After a failure, which stays the last one. What resists lives on. */
static void unmake(struct iommufd_nested_device *nested)
{
	struct iommufd_failure failure = { .size = sizeof(failure) };

	iommufd_failure_keep(&failure);
	(void)end_objects(nested);
	iommufd__nested_forget(nested);
	iommufd_failure_set(&failure);
}

static void take_out(struct iommufd_nested_device *nested)
{
	struct iommufd_nested_device **at = &nested->nesting->devices;

	while (*at != nested)
		at = &(*at)->next;
	*at = nested->next;
}

/* ---- for callers --------------------------------------------------------- */

UTIL_API int iommufd_nested_device_new(
	struct iommufd_nesting *nesting, struct iommufd_device *device,
	const struct iommufd_nested_device_opts *opts,
	struct iommufd_nested_device **nested)
{
	struct iommufd_nested_device_opts o;
	struct iommufd_nested_device *new;
	uint32_t cause;
	int ret;

	if (!nesting || !device || !nested)
		return refused(IOMMUFD_CAUSE_NULL_POINTER);
	cause = iommufd__util_opts_load(&o, sizeof(o), opts, OPTS_MIN);
	if (!cause && o.flags & ~FLAGS)
		cause = IOMMUFD_CAUSE_BAD_FLAGS;
	if (!cause &&
	    iommufd_hwpt_ctx(nesting->parent) != iommufd_device_ctx(device))
		cause = IOMMUFD_CAUSE_OTHER_CONTEXT;
	if (!cause && iommufd__nesting_shares_group(device))
		cause = IOMMUFD_CAUSE_GROUP_SHARED;
	if (cause)
		return refused(cause);
	new = calloc(1, sizeof(*new));
	if (!new)
		return refused(IOMMUFD_CAUSE_NO_MEMORY);
	new->nesting = nesting;
	new->device = device;
	new->self.page_table = o.old_page_table;
	new->self.flags = o.old_flags;
	new->table_flags = table_flags(nesting, o.flags);
	ret = make(new, &o);
	if (ret) {
		unmake(new);
		return ret;
	}
	new->next = nesting->devices;
	nesting->devices = new;
	*nested = new;
	return 0;
}

UTIL_API int iommufd_nested_device_destroy(struct iommufd_nested_device *nested)
{
	struct iommufd_failure failure = { .size = sizeof(failure) };
	int ret;

	if (!nested)
		return 0;
	iommufd_failure_keep(&failure);
	ret = end_attachments(nested);
	if (!ret)
		ret = end_objects(nested);
	if (ret)
		return ret;
	/* That something was gone already is no failure. */
	iommufd_failure_set(&failure);
	take_out(nested);
	free(nested);
	return 0;
}
