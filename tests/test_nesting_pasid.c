/* SPDX-License-Identifier: MIT */
/* Nested translation on the mock driver: PASIDs. */
#include "guest.h"
#include "harness.h"

static struct guest g;

#define PASID 9

static struct iommufd_device *able;

/* A nest parent with the flag: all its tables have it. */
static void begin_pasids(uint32_t flags)
{
	struct iommufd_nesting_opts opts =
		guest_opts(IOMMUFD_VIOMMU_DEFAULT, flags);
	struct iommufd_nested_device_opts device;

	opts.parent_flags = IOMMUFD_HWPT_PASID;
	guest_begin(&g, &opts);
	OK(iommufd_mock_device_new(g.f.ctx, iommufd_hwpt_id(g.home),
				   IOMMUFD_MOCK_DEVICE_PASID, NULL, &able));
	device = guest_device_opts(&g);
	OK(iommufd_nested_device_new(g.nesting, able, &device, &g.nested));
}

static void end_pasids(void)
{
	guest_go_home(&g);
	OK(iommufd_mock_device_pasid_check(able, PASID, 0));
	OK(iommufd_nested_device_destroy(g.nested));
	g.nested = NULL;
	iommufd_device_close(able);
	guest_end(&g);
}

static void check_pasid(uint32_t pasid, uint32_t state)
{
	const uint32_t table =
		iommufd_nested_device_pasid_page_table(g.nested, pasid);

	ck_assert_uint_eq(iommufd_nested_device_pasid_state(g.nested, pasid),
			  state);
	OK(iommufd_mock_device_pasid_check(able, pasid, table));
}

static int translate_pasid(uint32_t pasid, uint32_t iotlb)
{
	return iommufd_nested_device_translate_pasid(g.nested, pasid,
						     guest_table(iotlb));
}

START_TEST(states_of_pasids)
{
	uint32_t next, table;

	begin_pasids(0);
	next = next_id(g.f.ctx);
	OK(guest_translate(&g, 5));
	OK(translate_pasid(PASID, 6));
	check_pasid(PASID, IOMMUFD_NESTED_TRANSLATE);
	table = iommufd_nested_device_pasid_page_table(g.nested, PASID);
	OK(iommufd_mock_check_iotlb(g.f.ctx, table, 0, 6));
	OK(translate_pasid(PASID, 7));
	check_pasid(PASID, IOMMUFD_NESTED_TRANSLATE);
	OK(translate_pasid(PASID + 1, 8));
	OK(iommufd_nested_device_bypass_pasid(g.nested, PASID));
	check_pasid(PASID, IOMMUFD_NESTED_BYPASS);
	ck_assert_uint_eq(
		iommufd_nested_device_pasid_page_table(g.nested, PASID),
		iommufd_hwpt_id(iommufd_nesting_parent(g.nesting)));
	check_pasid(PASID + 1, IOMMUFD_NESTED_TRANSLATE);
	guest_check(&g, IOMMUFD_NESTED_TRANSLATE, 5);
	OK(iommufd_nested_device_abort_pasid(g.nested, PASID));
	check_pasid(PASID, IOMMUFD_NESTED_ABORT);
	/* The device goes through all its states beside them. */
	OK(iommufd_nested_device_abort(g.nested));
	OK(iommufd_nested_device_bypass(g.nested));
	OK(translate_pasid(0, 9));
	guest_check(&g, IOMMUFD_NESTED_TRANSLATE, 9);
	check_pasid(PASID + 1, IOMMUFD_NESTED_TRANSLATE);
	/* Home is not for PASIDs: it can be reached all the same. */
	OK(translate_pasid(PASID, 6));
	guest_go_home(&g);
	check_pasid(PASID, IOMMUFD_NESTED_ABORT);
	check_pasid(PASID + 1, IOMMUFD_NESTED_ABORT);
	ck_assert_uint_eq(next_id(g.f.ctx), next);
	end_pasids();
}
END_TEST

START_TEST(pasid_is_refused)
{
	const uint32_t failing = IOMMUFD_MOCK_PASID_FAILING;
	uint32_t next;

	begin_pasids(0);
	/* Not beside a table that is not for PASIDs. */
	FAILS(translate_pasid(PASID, 5), PASID_REFUSED, EINVAL);
	check_pasid(PASID, IOMMUFD_NESTED_ABORT);
	OK(guest_translate(&g, 5));
	OK(translate_pasid(failing, 6));
	next = next_id(g.f.ctx);
	FAILS(translate_pasid(failing, 7), NO_MEMORY, ENOMEM);
	check_pasid(failing, IOMMUFD_NESTED_TRANSLATE);
	ck_assert_uint_eq(next_id(g.f.ctx), next);
	/* The width is the device's. */
	FAILS(translate_pasid(1u << 20, 7), BAD_PASID, EINVAL);
	ck_assert_uint_eq(next_id(g.f.ctx), next);
	OK(iommufd_nested_device_abort_pasid(g.nested, failing));
	end_pasids();
}
END_TEST

/* A device that has none, which the kernel would not have said. */
START_TEST(device_without_pasids)
{
	struct iommufd_nesting_opts opts =
		guest_opts(IOMMUFD_VIOMMU_DEFAULT, 0);

	opts.parent_flags = IOMMUFD_HWPT_PASID;
	guest_begin(&g, &opts);
	guest_add_device(&g, 0);
	OK(guest_translate(&g, 5));
	FAILS(translate_pasid(PASID, 5), NO_PASID, EINVAL);
	FAILS(iommufd_nested_device_bypass_pasid(g.nested, PASID), NO_PASID,
	      EINVAL);
	OK(iommufd_nested_device_abort_pasid(g.nested, PASID));
	guest_end(&g);
}
END_TEST

/* Faults of a PASID come out of the queue, with its number and the device's. */
START_TEST(faults_of_pasids)
{
	const struct iommufd_mock_fault wanted = { .address = 0x7000,
						   .pasid = PASID };
	struct iommufd_hwpt_page_response response = { 0 };
	struct iommufd_fault_queue *queue;
	struct iommufd_hwpt_pgfault fault;
	uint32_t one = 1;

	begin_pasids(IOMMUFD_NESTING_FAULTS);
	queue = iommufd_nesting_fault_queue(g.nesting);
	OK(guest_translate(&g, 5));
	OK(translate_pasid(PASID, 6));
	OK(iommufd_mock_device_trigger_fault(able, &wanted));
	OK(iommufd_fault_queue_read(queue, &fault, &one));
	ck_assert_uint_eq(one, 1);
	ck_assert_uint_eq(fault.pasid, PASID);
	ck_assert_ptr_eq(iommufd_nesting_find_device(g.nesting, fault.dev_id),
			 g.nested);
	response.cookie = fault.cookie;
	OK(iommufd_fault_queue_respond(queue, &response, &one));
	end_pasids();
}
END_TEST

/*
 * A PASID of the device needs the flag of the table that the device itself is
 * on. Here the tables do not have it: the driver refuses, and the way back is
 * gone.
 */
START_TEST(pasid_in_the_way)
{
	const struct iommufd_nesting_opts opts =
		guest_opts(IOMMUFD_MOCK_VIOMMU, 0);
	struct iommufd_nested_device_opts device;
	struct iommufd_hwpt *home = NULL;
	uint32_t next;

	guest_begin(&g, &opts);
	OK(iommufd_mock_device_new(g.f.ctx, iommufd_ioas_id(g.f.ioas),
				   IOMMUFD_MOCK_DEVICE_PASID, NULL, &able));
	OK(iommufd_hwpt_alloc(able, iommufd_ioas_id(g.f.ioas),
			      HWPT_FLAGS(IOMMUFD_HWPT_PASID), &home));
	OK(iommufd_device_attach(able, iommufd_hwpt_id(home), NULL));
	OK(iommufd_mock_device_pasid_attach(able, 9, iommufd_hwpt_id(home)));
	device = guest_device_opts(&g);
	device.old_page_table = iommufd_hwpt_id(home);
	device.old_flags = IOMMUFD_HWPT_PASID;
	OK(iommufd_nested_device_new(g.nesting, able, &device, &g.nested));
	next = next_id(g.f.ctx);
	FAILS(guest_translate(&g, 5), ATTACH_REFUSED, EINVAL);
	ck_assert_uint_eq(iommufd_nested_device_state(g.nested),
			  IOMMUFD_NESTED_UNSET);
	guest_check_on(&g, iommufd_hwpt_id(home));
	ck_assert_uint_eq(next_id(g.f.ctx), next);
	OK(iommufd_mock_device_pasid_check(able, 9, iommufd_hwpt_id(home)));
	OK(iommufd_mock_device_pasid_detach(able, 9));
	OK(guest_translate(&g, 5));
	guest_check(&g, IOMMUFD_NESTED_TRANSLATE, 5);
	OK(iommufd_nested_device_unset(g.nested, iommufd_hwpt_id(home), 0));
	OK(iommufd_nested_device_destroy(g.nested));
	g.nested = NULL;
	iommufd_device_close(able);
	OK(iommufd_hwpt_destroy(home));
	guest_end(&g);
}
END_TEST

/* The handles go, with what waits to be destroyed; the device stays. */
START_TEST(forgotten)
{
	struct iommufd_device *stranger = NULL;
	uint32_t first, last, of_pasid;

	begin_pasids(IOMMUFD_NESTING_FAULTS);
	OK(guest_translate(&g, 5));
	first = iommufd_nested_device_page_table(g.nested);
	OK(iommufd_mock_device_new(g.f.ctx, first, 0, NULL, &stranger));
	OK(guest_translate(&g, 6));
	last = iommufd_nested_device_page_table(g.nested);
	OK(translate_pasid(PASID, 7));
	OK(translate_pasid(PASID + 1, 8));
	of_pasid = iommufd_nested_device_pasid_page_table(g.nested, PASID);

	iommufd_nesting_release(g.nesting);
	OK(iommufd_mock_check_iotlb(g.f.ctx, first, 0, 5));
	OK(iommufd_mock_check_iotlb(g.f.ctx, last, 0, 6));
	OK(iommufd_mock_device_pasid_check(able, PASID, of_pasid));
	FAILS(iommufd_ctx_destroy_id(g.f.ctx, last), IN_USE, EBUSY);
	FAILS(iommufd_ctx_destroy_id(g.f.ctx, of_pasid), IN_USE, EBUSY);
	iommufd_device_close(stranger);
	OK(iommufd_ctx_destroy_id(g.f.ctx, first));

	/* The mock driver does not do so when its device goes. */
	OK(iommufd_device_detach_pasid(able, PASID));
	OK(iommufd_device_detach_pasid(able, PASID + 1));
	iommufd_device_close(able);
	iommufd_device_close(g.f.device);
	iommufd_hwpt_release(g.home);
	iommufd_ioas_release(g.f.ioas);
	iommufd_ctx_close(g.f.ctx);
}
END_TEST

static const TTest **const pasid_tests[] = {
	&pasid_in_the_way,
	&states_of_pasids,
	&pasid_is_refused,
	&device_without_pasids,
	&faults_of_pasids,
	&forgotten,
	NULL,
};

/* A kernel without PASIDs makes no tables for them. */
START_TEST(kernel_has_none)
{
	struct iommufd_nesting_opts opts =
		guest_opts(IOMMUFD_VIOMMU_DEFAULT, 0);
	uint32_t next;

	opts.parent_flags = IOMMUFD_HWPT_PASID;
	guest_prepare(&g);
	next = next_id(g.f.ctx);
	FAILS(iommufd_nesting_new(g.f.device, g.f.ioas, &opts, &g.nesting),
	      FEATURE, EOPNOTSUPP);
	ck_assert_uint_eq(next_id(g.f.ctx), next);
	guest_end(&g);
}
END_TEST

static const TTest **const old_tests[] = { &kernel_has_none, NULL };

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "pasids", .tests = pasid_tests },
	};
	const struct harness_case old[] = {
		{ .name = "old", .tests = old_tests },
	};

	return harness_run("nesting_pasid", guest_best_type() ? cases : old, 1);
}
