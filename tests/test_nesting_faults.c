/* SPDX-License-Identifier: MIT */
/*
 * Nested translation with every failure that the kernel can have inside: what
 * was in force stays, and nothing is left over.
 */
#include "guest.h"
#include "harness.h"
#include "sweep.h"

static struct guest g;

static struct iommufd_nesting_opts sweep_opts;
static struct iommufd_nested_device_opts sweep_device_opts;

/* The state that a switch is to lead to. */
static uint32_t wanted;

CALL(nesting_new,
     iommufd_nesting_new(base.f.device, base.f.ioas, &sweep_opts, &g.nesting))
CALL(nesting_destroy, iommufd_nesting_destroy(g.nesting))
CALL(device_new, iommufd_nested_device_new(g.nesting, base.f.device,
					   &sweep_device_opts, &g.nested))
CALL(device_end, iommufd_nested_device_destroy(g.nested))
CALL(switch_abort,
     (wanted = IOMMUFD_NESTED_ABORT, iommufd_nested_device_abort(g.nested)))
CALL(switch_bypass,
     (wanted = IOMMUFD_NESTED_BYPASS, iommufd_nested_device_bypass(g.nested)))
CALL(switch_translate,
     (wanted = IOMMUFD_NESTED_TRANSLATE, guest_translate(&g, 7)))

static void make_nesting(void)
{
	OK(nesting_new());
}

static void after_nesting_new(int ret)
{
	if (!ret)
		OK(nesting_destroy());
	sweep_check_same();
}

/* After a failure it can be repeated. */
static void after_nesting_destroy(int ret)
{
	if (ret)
		OK(nesting_destroy());
	sweep_check_same();
}

static void make_device(void)
{
	OK(device_new());
}

static void after_device_new(int ret)
{
	if (!ret)
		OK(device_end());
	sweep_check_same();
}

static void after_device_end(int ret)
{
	if (ret)
		OK(device_end());
	sweep_check_same();
}

static uint32_t table_before;

/* In force is a guest's table, which another state takes the place of. */
static void start_translating(void)
{
	OK(device_new());
	OK(guest_translate(&g, 5));
	table_before = iommufd_nested_device_page_table(g.nested);
}

static void check_wanted(void)
{
	switch (wanted) {
	case IOMMUFD_NESTED_ABORT:
		guest_check(&g, wanted, GUEST_ABORT);
		break;
	case IOMMUFD_NESTED_BYPASS:
		ck_assert_uint_eq(iommufd_nested_device_state(g.nested),
				  wanted);
		guest_check_on(
			&g, iommufd_hwpt_id(iommufd_nesting_parent(g.nesting)));
		break;
	default:
		guest_check(&g, wanted, 7);
	}
}

static void after_switch(int ret)
{
	g.f.ctx = base.f.ctx;
	if (ret) {
		guest_check(&g, IOMMUFD_NESTED_TRANSLATE, 5);
		guest_check_on(&g, table_before);
	} else {
		check_wanted();
		ck_assert_uint_ne(iommufd_nested_device_page_table(g.nested),
				  table_before);
	}
	OK(iommufd_nested_device_unset(g.nested,
				       sweep_device_opts.old_page_table, 0));
	OK(device_end());
	sweep_check_same();
}

static void sweep_with(uint32_t viommu_type, uint32_t flags)
{
	sweep_opts = guest_opts(viommu_type, flags);
	SWEEP("nesting_new", NULL, nesting_new, after_nesting_new);
	SWEEP("nesting_destroy", make_nesting, nesting_destroy,
	      after_nesting_destroy);
	OK(nesting_new());
	SWEEP("nested_device_new", NULL, device_new, after_device_new);
	SWEEP("nested_device_destroy", make_device, device_end,
	      after_device_end);
	SWEEP("abort", start_translating, switch_abort, after_switch);
	SWEEP("bypass", start_translating, switch_bypass, after_switch);
	SWEEP("translate", start_translating, switch_translate, after_switch);
	OK(nesting_destroy());
}

static void faulty(uint32_t viommu_type, uint32_t flags)
{
	struct iommufd_hwpt *home = NULL;

	sweep_setup();
	OK(iommufd_hwpt_alloc(base.f.device, iommufd_ioas_id(base.f.ioas), NULL,
			      &home));
	OK(iommufd_device_attach(base.f.device, iommufd_hwpt_id(home), NULL));
	g.home = home;
	sweep_device_opts = guest_device_opts(&g);
	sweep_with(viommu_type, flags);
	OK(iommufd_device_attach(base.f.device, iommufd_ioas_id(base.f.ioas),
				 NULL));
	OK(iommufd_hwpt_destroy(home));
	sweep_end();
}

START_TEST(plain)
{
	faulty(IOMMUFD_VIOMMU_DEFAULT, IOMMUFD_NESTING_FAULTS);
}
END_TEST

START_TEST(with_viommu)
{
	faulty(guest_best_type(),
	       guest_best_type() ? IOMMUFD_NESTING_EVENTS : 0);
}
END_TEST

static const TTest **const failures[] = {
	&plain,
	&with_viommu,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "failures", .tests = failures, .timeout = 200 },
	};

	return harness_run("nesting_faults", cases, 1);
}
