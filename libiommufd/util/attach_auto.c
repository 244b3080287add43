/* SPDX-License-Identifier: MIT */
/* Attaching to a page table that fits, or to a new one. */
#include "internal.h"

/* Sizes of the structs in 0.1.0; they never change. */
#define OPTS_MIN (32 + sizeof(void *))
#define INFO_MIN 24

/* What can be wanted, in order of importance. */
static const uint32_t wishes[] = {
	IOMMUFD_HWPT_NEST_PARENT,
	IOMMUFD_HWPT_DIRTY_TRACKING,
	IOMMUFD_HWPT_PASID,
};

#define WISHES ((uint32_t)(sizeof(wishes) / sizeof(wishes[0])))

static int refused(uint32_t cause)
{
	return iommufd__util_refused(IOMMUFD_OP_ATTACH_AUTO, cause);
}

/* What a refusal has left, and whether anything more can be tried. */
struct refusal {
	uint32_t in_force; /* or 0: nothing was to be replaced */
	uint32_t left_page_table, left_ioas;
	int stop;
};

/* The record of the refusal stays the last one. */
static void end_left(struct iommufd_device *device, struct refusal *r)
{
	struct iommufd_ctx *ctx = iommufd_device_ctx(device);
	struct iommufd_failure failure = { .size = sizeof(failure) };

	iommufd_failure_keep(&failure);
	if (r->left_page_table &&
	    !iommufd_ctx_destroy_id(ctx, r->left_page_table))
		r->left_page_table = 0;
	if (r->left_ioas && !r->left_page_table &&
	    !iommufd_ctx_destroy_id(ctx, r->left_ioas))
		r->left_ioas = 0;
	iommufd_failure_set(&failure);
}

/*
 * One attempt. Nothing more can be tried when the way back from a refusal has
 * failed, as what is in force is not what the caller said, nor when something is
 * left of it: the next attempt might leave more.
 */
static int attach(struct iommufd_device *device,
		  const struct iommufd_attach_auto_opts *o, uint32_t page_table,
		  uint32_t *in_force, struct refusal *refusal)
{
	struct iommufd_replacement r = {
		.size = sizeof(r),
		.device = device,
		.page_table = page_table,
		.old_page_table = o->old_page_table,
		.old_flags = o->old_flags,
	};
	int ret;

	if (!o->old_page_table)
		return iommufd_device_attach(device, page_table, in_force);
	ret = iommufd_replace(&r);
	if (!ret) {
		*in_force = r.in_force;
		return 0;
	}
	refusal->in_force = r.in_force;
	refusal->left_page_table = r.scratch_page_table;
	refusal->left_ioas = r.scratch_ioas;
	end_left(device, refusal);
	refusal->stop = r.state == IOMMUFD_REPLACE_BROKEN || refusal->left_ioas;
	return ret;
}

/* Nothing is wrong but that this page table is not for this device. */
static int does_not_fit(int ret)
{
	return iommufd_class(ret) == IOMMUFD_CLASS_INCOMPATIBLE ||
	       iommufd_is(ret, IOMMUFD_CAUSE_ATTACH_UNSUPPORTED);
}

/* @found stays 0 when none fits. */
static int try_offered(struct iommufd_device *device,
		       const struct iommufd_attach_auto_opts *o,
		       uint32_t *found, struct refusal *refusal)
{
	int ret;

	for (uint32_t i = 0; i < o->num_tables; i++) {
		ret = attach(device, o, o->tables[i], found, refusal);
		if (!ret)
			return 0;
		if (refusal->stop || !does_not_fit(ret))
			return ret;
	}
	return 0;
}

/* Less what the hardware certainly cannot do; what is not known is tried. */
static int possible(struct iommufd_device *device, uint32_t *wanted)
{
	struct iommufd_hw_info info = { .size = sizeof(info) };
	int ret;

	if (!*wanted)
		return 0;
	ret = iommufd_device_get_hw_info(device, IOMMUFD_HW_INFO_DEFAULT, NULL,
					 0, &info);
	if (ret)
		return iommufd_is(ret, IOMMUFD_CAUSE_FEATURE) ? 0 : ret;
	if (info.valid & IOMMUFD_HW_VALID_CAPABILITIES &&
	    !(info.capabilities & IOMMUFD_HW_CAP_DIRTY_TRACKING))
		*wanted &= ~(uint32_t)IOMMUFD_HWPT_DIRTY_TRACKING;
	if (info.valid & IOMMUFD_HW_VALID_MAX_PASID && !info.max_pasid_log2)
		*wanted &= ~(uint32_t)IOMMUFD_HWPT_PASID;
	return 0;
}

/* The n-th best set of wishes: the first one is the last to be given up. */
static uint32_t set_of(uint32_t n)
{
	uint32_t flags = 0;

	for (uint32_t i = 0; i < WISHES; i++)
		if (!(n >> (WISHES - 1 - i) & 1))
			flags |= wishes[i];
	return flags;
}

/* With as many of the wanted flags as can be had. */
static int make(struct iommufd_device *device, struct iommufd_ioas *ioas,
		const struct iommufd_attach_auto_opts *o, uint32_t *flags,
		struct iommufd_hwpt **hwpt)
{
	struct iommufd_hwpt_alloc_opts opts = { .size = sizeof(opts) };
	uint32_t wanted = o->wanted_flags;
	int ret = possible(device, &wanted);

	/* Older kernels know a struct without it. */
	if (o->required_flags & IOMMUFD_HWPT_FAULT_ID_VALID)
		opts.fault_id = o->fault_id;
	for (uint32_t n = 0; !ret && n < 1u << WISHES; n++) {
		if (set_of(n) & ~wanted)
			continue;
		opts.flags = o->required_flags | set_of(n);
		ret = iommufd_hwpt_alloc(device, iommufd_ioas_id(ioas), &opts,
					 hwpt);
		*flags = opts.flags;
		if (!ret || !set_of(n))
			return ret;
		if (iommufd_is(ret, IOMMUFD_CAUSE_FEATURE) ||
		    iommufd_is(ret, IOMMUFD_CAUSE_PAGE_TABLE_REFUSED))
			ret = 0;
	}
	return ret;
}

/* The record of the failure stays the last one. */
static void unmake(struct iommufd_hwpt *hwpt, struct refusal *refusal)
{
	struct iommufd_failure failure = { .size = sizeof(failure) };

	iommufd_failure_keep(&failure);
	if (iommufd_hwpt_destroy(hwpt)) {
		if (!refusal->left_page_table)
			refusal->left_page_table = iommufd_hwpt_id(hwpt);
		iommufd_hwpt_release(hwpt);
	}
	iommufd_failure_set(&failure);
}

static int attach_new(struct iommufd_device *device, struct iommufd_ioas *ioas,
		      const struct iommufd_attach_auto_opts *o,
		      struct iommufd_attach_auto_info *info,
		      struct iommufd_hwpt **hwpt, struct refusal *refusal)
{
	struct iommufd_hwpt *new = NULL;
	int ret = make(device, ioas, o, &info->flags, &new);

	if (ret)
		return ret;
	ret = attach(device, o, iommufd_hwpt_id(new), &info->page_table,
		     refusal);
	if (ret)
		unmake(new, refusal);
	else
		*hwpt = new;
	return ret;
}

static uint32_t check(const struct iommufd_attach_auto_opts *o)
{
	uint32_t known = 0;

	for (uint32_t i = 0; i < WISHES; i++)
		known |= wishes[i];
	if (o->reserved)
		return IOMMUFD_CAUSE_OPTS_RESERVED;
	if (o->num_tables && !o->tables)
		return IOMMUFD_CAUSE_NULL_POINTER;
	return o->wanted_flags & ~known ? IOMMUFD_CAUSE_BAD_FLAGS : 0;
}

/* Only where there is something to tell. */
static void tell(const struct refusal *refusal,
		 struct iommufd_attach_auto_info *info)
{
	const struct iommufd_attach_auto_info known = {
		.size = sizeof(known),
		.page_table = refusal->in_force,
		.left_page_table = refusal->left_page_table,
		.left_ioas = refusal->left_ioas,
	};

	if (info && (known.page_table || known.left_page_table))
		iommufd__util_out_store(info, &known, sizeof(known));
}

UTIL_API int iommufd_attach_auto(struct iommufd_device *device,
				 struct iommufd_ioas *ioas,
				 const struct iommufd_attach_auto_opts *opts,
				 struct iommufd_hwpt **hwpt,
				 struct iommufd_attach_auto_info *info)
{
	struct iommufd_attach_auto_info result = { .size = sizeof(result) };
	struct iommufd_failure failure = { .size = sizeof(failure) };
	struct refusal refusal = { .in_force = 0 };
	struct iommufd_attach_auto_opts o;
	struct iommufd_hwpt *new = NULL;
	uint32_t cause;
	int ret;

	if (!device || !ioas || !hwpt)
		return refused(IOMMUFD_CAUSE_NULL_POINTER);
	cause = iommufd__util_opts_load(&o, sizeof(o), opts, OPTS_MIN);
	if (!cause && info)
		cause = iommufd__util_in_check(info, INFO_MIN);
	if (!cause)
		cause = check(&o);
	/* The id of the address space would be that of another one. */
	if (!cause && iommufd_ioas_ctx(ioas) != iommufd_device_ctx(device))
		cause = IOMMUFD_CAUSE_OTHER_CONTEXT;
	if (cause)
		return refused(cause);
	iommufd_failure_keep(&failure);
	ret = try_offered(device, &o, &result.page_table, &refusal);
	if (!ret && !result.page_table)
		ret = attach_new(device, ioas, &o, &result, &new, &refusal);
	if (ret) {
		tell(&refusal, info);
		return ret;
	}
	/* Of what was tried in vain nothing is to be seen. */
	iommufd_failure_set(&failure);
	*hwpt = new;
	if (info)
		iommufd__util_out_store(info, &result, sizeof(result));
	return 0;
}
