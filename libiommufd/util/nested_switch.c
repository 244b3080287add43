/* SPDX-License-Identifier: MIT */
/* Nested translation: changes of what is in force for a device or a PASID. */
#include "nesting.h"

#include <stdlib.h>

/* What an attachment is to become. */
struct target {
	uint32_t state;
	uint32_t page_table; /* id, 0 for detached */
	uint32_t flags;
	struct guest_table *table; /* which it then owns, or NULL */
};

/* A scratch table of the way back needs what PASIDs demand, and no more. */
static uint32_t way_back_flags(const struct iommufd_nested_device *nested)
{
	return nested->nesting->parent_flags & IOMMUFD_HWPT_PASID;
}

/* The first failure is the result, and the last one of the thread. */
struct first {
	struct iommufd_failure failure;
	int ret;
};

static void note(struct first *first, int ret)
{
	if (first->ret || !ret)
		return;
	first->ret = ret;
	iommufd_failure_keep(&first->failure);
}

static void bury_tables(struct iommufd_nested_device *nested,
			struct first *first)
{
	struct guest_table **at = &nested->old;

	while (*at) {
		struct guest_table *table = *at;
		int ret = iommufd__nesting_end_hwpt(&table->hwpt);

		note(first, ret);
		if (ret) {
			at = &table->next;
		} else {
			*at = table->next;
			free(table);
		}
	}
}

static void bury_scratch(struct iommufd_nested_device *nested,
			 struct first *first)
{
	struct iommufd_ctx *ctx = iommufd_device_ctx(nested->device);
	uint32_t left = 0;

	for (uint32_t i = 0; i < SCRATCH_MAX && nested->scratch[i]; i++) {
		const uint32_t id = nested->scratch[i];
		int ret = iommufd_ctx_destroy_id(ctx, id);

		nested->scratch[i] = 0;
		if (iommufd__nesting_gone(ret))
			ret = 0;
		note(first, ret);
		if (ret)
			nested->scratch[left++] = id;
	}
}

/* What cannot be destroyed now is tried again at the next change. */
int iommufd__nested_bury(struct iommufd_nested_device *nested)
{
	struct first first = { .failure.size = sizeof(first.failure) };

	bury_tables(nested, &first);
	bury_scratch(nested, &first);
	if (first.ret)
		iommufd_failure_set(&first.failure);
	return first.ret;
}

static void keep_scratch(struct iommufd_nested_device *nested,
			 const struct iommufd_replacement *r)
{
	const uint32_t ids[] = { r->scratch_page_table, r->scratch_ioas };
	uint32_t at = 0;

	for (int i = 0; i < 2; i++) {
		while (at < SCRATCH_MAX && nested->scratch[at])
			at++;
		if (ids[i] && at < SCRATCH_MAX)
			nested->scratch[at] = ids[i];
	}
}

/* Nobody is told what cannot be destroyed yet: the record is what it was. */
static void bury_quietly(struct iommufd_nested_device *nested)
{
	struct iommufd_failure failure = { .size = sizeof(failure) };

	iommufd_failure_keep(&failure);
	(void)iommufd__nested_bury(nested);
	iommufd_failure_set(&failure);
}

static void lay_down(struct iommufd_nested_device *nested,
		     struct guest_table *table)
{
	if (!table)
		return;
	table->next = nested->old;
	nested->old = table;
}

/*
 * After a refusal that was not undone the kernel takes the page table in its
 * books for the one in force, and does nothing to attach it. Detached, the device
 * is where it is in the books.
 */
static void mend(struct iommufd_nested_device *nested, struct attachment *a)
{
	struct iommufd_failure failure = { .size = sizeof(failure) };

	if (!a->broken)
		return;
	iommufd_failure_keep(&failure);
	if (!iommufd_device_detach(nested->device))
		a->page_table = 0;
	iommufd_failure_set(&failure);
}

static int move_device(struct iommufd_nested_device *nested,
		       struct attachment *a, uint32_t page_table)
{
	struct iommufd_replacement r = {
		.size = sizeof(r),
		.device = nested->device,
		.page_table = page_table,
		.old_flags = a->flags,
	};
	int ret;

	mend(nested, a);
	/* Our books may not know of an attachment, and the kernel's do. */
	if (!page_table)
		return iommufd_device_detach(nested->device);
	if (!a->page_table)
		return iommufd_device_attach(nested->device, page_table, NULL);
	r.old_page_table = a->page_table;
	ret = iommufd_replace(&r);
	keep_scratch(nested, &r);
	if (ret && r.state == IOMMUFD_REPLACE_BROKEN) {
		a->page_table = r.in_force;
		a->state = IOMMUFD_NESTED_UNSET;
		a->broken = 1;
	}
	return ret;
}

/* Of PASIDs the kernel promises that a refusal changes nothing. */
static int move_pasid(struct iommufd_nested_device *nested,
		      const struct attachment *a, uint32_t page_table)
{
	struct iommufd_device_pasid_opts pasid = nested->pasid_opts;

	pasid.pasid = a->pasid;
	if (page_table)
		return iommufd_device_attach_pasid(nested->device, &pasid,
						   page_table, NULL);
	if (!a->page_table)
		return 0;
	return iommufd_device_detach_pasid(nested->device, a->pasid);
}

static int enter(struct iommufd_nested_device *nested, struct attachment *a,
		 const struct target *to)
{
	int ret = a->pasid ? move_pasid(nested, a, to->page_table)
			   : move_device(nested, a, to->page_table);

	if (ret)
		return ret;
	lay_down(nested, a->table);
	a->state = to->state;
	a->page_table = to->page_table;
	a->flags = to->flags;
	a->table = to->table;
	a->has_domain = 0;
	a->broken = 0;
	bury_quietly(nested);
	return 0;
}

void iommufd__nested_discard(struct iommufd_nested_device *nested,
			     struct guest_table *table)
{
	lay_down(nested, table);
	bury_quietly(nested);
}

int iommufd__nested_abort(struct iommufd_nested_device *nested,
			  struct attachment *a)
{
	const struct target to = {
		.state = IOMMUFD_NESTED_ABORT,
		.page_table = a->pasid ? 0 : iommufd_hwpt_id(nested->abort),
		.flags = way_back_flags(nested),
	};

	/* That nobody has attached it since, only the kernel knows. */
	if (a->state == to.state && to.page_table)
		return 0;
	return enter(nested, a, &to);
}

int iommufd__nested_bypass(struct iommufd_nested_device *nested,
			   struct attachment *a)
{
	const struct iommufd_hwpt *table =
		nested->bypass ? nested->bypass : nested->nesting->parent;
	const struct target to = {
		.state = IOMMUFD_NESTED_BYPASS,
		.page_table = iommufd_hwpt_id(table),
		.flags = way_back_flags(nested),
	};

	return a->state == to.state ? 0 : enter(nested, a, &to);
}

int iommufd__nested_translate(struct iommufd_nested_device *nested,
			      struct attachment *a, struct guest_table *table)
{
	const struct target to = {
		.state = IOMMUFD_NESTED_TRANSLATE,
		.page_table = iommufd_hwpt_id(table->hwpt),
		.flags = way_back_flags(nested),
		.table = table,
	};
	int ret = enter(nested, a, &to);

	if (ret)
		iommufd__nested_discard(nested, table);
	return ret;
}

/* Where nothing is the caller's any more. */
int iommufd__nested_detach(struct iommufd_nested_device *nested,
			   struct attachment *a)
{
	const struct target nowhere = { .state = IOMMUFD_NESTED_UNSET };

	return enter(nested, a, &nowhere);
}

UTIL_API int iommufd_nested_device_unset(struct iommufd_nested_device *nested,
					 uint32_t page_table,
					 uint32_t old_flags)
{
	const struct target to = { .state = IOMMUFD_NESTED_UNSET,
				   .page_table = page_table,
				   .flags = old_flags };

	int ret;

	if (!nested)
		return iommufd__nesting_refused(IOMMUFD_CAUSE_NULL_POINTER);
	if (!page_table || page_table > INT32_MAX)
		return iommufd__nesting_refused(IOMMUFD_CAUSE_BAD_ID);
	/* With them a table that is not made for PASIDs would be refused. */
	ret = iommufd__nested_end_pasids(nested);
	return ret ? ret : enter(nested, &nested->self, &to);
}
