/* SPDX-License-Identifier: MIT */
/* States of a device behind a guest's IOMMU, and of its PASIDs. */
#include "nesting.h"

#include <stdlib.h>

static int refused(uint32_t cause)
{
	return iommufd__nesting_refused(cause);
}

/* NULL for a PASID that is not attached. */
static struct attachment *find(struct iommufd_nested_device *nested,
			       uint32_t pasid)
{
	struct attachment *a = &nested->self;

	while (a && a->pasid != pasid)
		a = a->next;
	return a;
}

/* Only what is attached is kept: what is aborted needs no memory. */
static struct attachment *find_or_add(struct iommufd_nested_device *nested,
				      uint32_t pasid)
{
	struct attachment *a = find(nested, pasid);

	if (a)
		return a;
	a = calloc(1, sizeof(*a));
	if (!a)
		return NULL;
	a->pasid = pasid;
	a->next = nested->self.next;
	nested->self.next = a;
	return a;
}

static void drop_unused(struct iommufd_nested_device *nested)
{
	struct attachment **at = &nested->self.next;

	while (*at) {
		struct attachment *a = *at;

		if (a->page_table) {
			at = &a->next;
		} else {
			*at = a->next;
			free(a);
		}
	}
}

int iommufd__nested_end_pasids(struct iommufd_nested_device *nested)
{
	int ret = 0;

	while (nested->self.next && !ret) {
		ret = iommufd__nested_detach(nested, nested->self.next);
		drop_unused(nested);
	}
	return ret;
}

/* An SMMUv3 finds the PASIDs in the guest's tables. 0 or the refusal. */
static int check(const struct iommufd_nested_device *nested, uint32_t pasid)
{
	if (!nested)
		return refused(IOMMUFD_CAUSE_NULL_POINTER);
	if (pasid && nested->nesting->kind == NESTING_SMMUV3)
		return iommufd__nesting_unsuited();
	return 0;
}

int iommufd__nested_take(struct iommufd_nested_device *nested, uint32_t pasid,
			 struct guest_table *table, const uint32_t *domain)
{
	struct attachment *a = find_or_add(nested, pasid);
	int ret;

	if (!a) {
		iommufd__nested_discard(nested, table);
		return refused(IOMMUFD_CAUSE_NO_MEMORY);
	}
	ret = iommufd__nested_translate(nested, a, table);
	if (!ret && domain) {
		a->domain = *domain;
		a->has_domain = 1;
	}
	drop_unused(nested);
	return ret;
}

UTIL_API int iommufd_nested_device_translate_pasid(
	struct iommufd_nested_device *nested, uint32_t pasid,
	const struct iommufd_nested_table *table)
{
	struct guest_table *new;
	int ret = check(nested, pasid);

	if (ret)
		return ret;
	if (!table)
		return refused(IOMMUFD_CAUSE_NULL_POINTER);
	new = calloc(1, sizeof(*new));
	if (!new)
		return refused(IOMMUFD_CAUSE_NO_MEMORY);
	ret = iommufd__nested_make_table(nested, table, &new->hwpt);
	if (ret) {
		free(new);
		return ret;
	}
	return iommufd__nested_take(nested, pasid, new, NULL);
}

UTIL_API int iommufd_nested_device_bypass_pasid(
	struct iommufd_nested_device *nested, uint32_t pasid)
{
	struct attachment *a;
	int ret = check(nested, pasid);

	if (ret)
		return ret;
	a = find_or_add(nested, pasid);
	if (!a)
		return refused(IOMMUFD_CAUSE_NO_MEMORY);
	ret = iommufd__nested_bypass(nested, a);
	drop_unused(nested);
	return ret;
}

UTIL_API int iommufd_nested_device_abort_pasid(
	struct iommufd_nested_device *nested, uint32_t pasid)
{
	struct attachment *a;
	int ret = check(nested, pasid);

	if (ret)
		return ret;
	a = find(nested, pasid);
	if (!a)
		return 0;
	ret = iommufd__nested_abort(nested, a);
	drop_unused(nested);
	return ret;
}

UTIL_API int iommufd_nested_device_abort(struct iommufd_nested_device *nested)
{
	return iommufd_nested_device_abort_pasid(nested, 0);
}

UTIL_API int iommufd_nested_device_bypass(struct iommufd_nested_device *nested)
{
	return iommufd_nested_device_bypass_pasid(nested, 0);
}

UTIL_API int iommufd_nested_device_translate(
	struct iommufd_nested_device *nested,
	const struct iommufd_nested_table *table)
{
	return iommufd_nested_device_translate_pasid(nested, 0, table);
}

/* ---- what is in force ---------------------------------------------------- */

static const struct attachment *look(const struct iommufd_nested_device *nested,
				     uint32_t pasid)
{
	const struct attachment *a = nested ? &nested->self : NULL;

	while (a && a->pasid != pasid)
		a = a->next;
	return a;
}

UTIL_API uint32_t iommufd_nested_device_pasid_state(
	const struct iommufd_nested_device *nested, uint32_t pasid)
{
	const struct attachment *a = look(nested, pasid);

	if (!a)
		return nested ? IOMMUFD_NESTED_ABORT : IOMMUFD_NESTED_UNSET;
	return a->state;
}

UTIL_API uint32_t iommufd_nested_device_pasid_page_table(
	const struct iommufd_nested_device *nested, uint32_t pasid)
{
	const struct attachment *a = look(nested, pasid);

	return a ? a->page_table : 0;
}

UTIL_API uint32_t
iommufd_nested_device_state(const struct iommufd_nested_device *nested)
{
	return iommufd_nested_device_pasid_state(nested, 0);
}

UTIL_API uint32_t
iommufd_nested_device_page_table(const struct iommufd_nested_device *nested)
{
	return iommufd_nested_device_pasid_page_table(nested, 0);
}
