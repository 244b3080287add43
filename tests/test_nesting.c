/* SPDX-License-Identifier: MIT */
/* Nested translation on the mock driver: states, and refusals. */
#include "guest.h"
#include "harness.h"

static struct guest g;

/* Each test runs with a vIOMMU and without one. */
static uint32_t viommu_type;

static void with_viommu(void)
{
	viommu_type = IOMMUFD_MOCK_VIOMMU;
}

static void without_viommu(void)
{
	viommu_type = IOMMUFD_VIOMMU_DEFAULT;
}

static void begin(uint32_t flags)
{
	const struct iommufd_nesting_opts opts = guest_opts(viommu_type, flags);

	guest_begin(&g, &opts);
	guest_add_device(&g, 0);
}

START_TEST(objects)
{
	begin(IOMMUFD_NESTING_FAULTS);
	ck_assert_ptr_nonnull(iommufd_nesting_parent(g.nesting));
	ck_assert_int_eq(!iommufd_nesting_viommu(g.nesting), !viommu_type);
	ck_assert_ptr_null(iommufd_nesting_veventq(g.nesting));
	ck_assert_ptr_nonnull(iommufd_nesting_fault_queue(g.nesting));
	guest_end(&g);
}
END_TEST

START_TEST(every_state)
{
	uint32_t parent, next, first;

	begin(0);
	next = next_id(g.f.ctx);
	parent = iommufd_hwpt_id(iommufd_nesting_parent(g.nesting));
	ck_assert_uint_eq(iommufd_nested_device_state(g.nested),
			  IOMMUFD_NESTED_UNSET);
	guest_check_on(&g, iommufd_hwpt_id(g.home));
	OK(iommufd_nested_device_abort(g.nested));
	guest_check(&g, IOMMUFD_NESTED_ABORT, GUEST_ABORT);
	OK(iommufd_nested_device_bypass(g.nested));
	ck_assert_uint_eq(iommufd_nested_device_state(g.nested),
			  IOMMUFD_NESTED_BYPASS);
	guest_check_on(&g, parent);
	ck_assert_uint_eq(next_id(g.f.ctx), next);

	OK(guest_translate(&g, 5));
	guest_check(&g, IOMMUFD_NESTED_TRANSLATE, 5);
	first = iommufd_nested_device_page_table(g.nested);
	ck_assert_uint_eq(first, next);
	/* Always a new one; the old one is freed. */
	OK(guest_translate(&g, 5));
	guest_check(&g, IOMMUFD_NESTED_TRANSLATE, 5);
	ck_assert_uint_ne(iommufd_nested_device_page_table(g.nested), first);
	ck_assert_uint_eq(next_id(g.f.ctx), next);
	OK(guest_translate(&g, 6));
	guest_check(&g, IOMMUFD_NESTED_TRANSLATE, 6);

	OK(iommufd_nested_device_bypass(g.nested));
	guest_check_on(&g, parent);
	OK(guest_translate(&g, 7));
	OK(iommufd_nested_device_abort(g.nested));
	guest_check(&g, IOMMUFD_NESTED_ABORT, GUEST_ABORT);
	ck_assert_uint_eq(next_id(g.f.ctx), next);
	guest_end(&g);
}
END_TEST

/* What stands in both stages: the parent follows the guest's memory. */
START_TEST(parent_follows_memory)
{
	char *memory = harness_memory(2 * PAGE);
	uint32_t parent;

	begin(0);
	parent = iommufd_hwpt_id(iommufd_nesting_parent(g.nesting));
	OK(guest_translate(&g, 5));
	map_at(g.f.ioas, memory, 2 * PAGE, MOCK_FIRST);
	OK(iommufd_mock_check_map(g.f.ctx, parent, memory, 2 * PAGE,
				  MOCK_FIRST));
	unmap_at(g.f.ioas, 2 * PAGE, MOCK_FIRST);
	guest_end(&g);
}
END_TEST

/* Tables of the caller's for all states, as hardware with tables has them. */
START_TEST(bypass_with_a_table)
{
	const struct iommufd_nesting_opts opts = guest_opts(viommu_type, 0);
	struct iommufd_nested_device_opts device;
	uint32_t next;

	guest_begin(&g, &opts);
	next = next_id(g.f.ctx);
	device = guest_device_opts(&g);
	device.bypass = guest_table(0xb1);
	OK(iommufd_nested_device_new(g.nesting, g.f.device, &device,
				     &g.nested));
	OK(iommufd_nested_device_bypass(g.nested));
	guest_check(&g, IOMMUFD_NESTED_BYPASS, 0xb1);
	OK(iommufd_nested_device_abort(g.nested));
	guest_check(&g, IOMMUFD_NESTED_ABORT, GUEST_ABORT);
	guest_go_home(&g);
	OK(iommufd_nested_device_destroy(g.nested));
	g.nested = NULL;
	ck_assert_uint_eq(next_id(g.f.ctx), next);
	guest_end(&g);
}
END_TEST

START_TEST(what_is_set_already)
{
	uint32_t table;

	begin(0);
	OK(iommufd_nested_device_abort(g.nested));
	table = iommufd_nested_device_page_table(g.nested);
	OK(iommufd_nested_device_abort(g.nested));
	guest_check_on(&g, table);
	OK(iommufd_nested_device_bypass(g.nested));
	OK(iommufd_nested_device_bypass(g.nested));
	/* Back with the caller, and from there into the same state again. */
	guest_go_home(&g);
	ck_assert_uint_eq(iommufd_nested_device_state(g.nested),
			  IOMMUFD_NESTED_UNSET);
	guest_check_on(&g, iommufd_hwpt_id(g.home));
	OK(iommufd_nested_device_abort(g.nested));
	guest_check(&g, IOMMUFD_NESTED_ABORT, GUEST_ABORT);
	guest_end(&g);
}
END_TEST

/* A table that cannot be made. */
START_TEST(bad_data)
{
	const uint64_t much[8] = { 5 };
	struct iommufd_nested_table table = { .type = IOMMUFD_MOCK_HWPT_DATA,
					      .length = sizeof(much),
					      .data = much };
	uint32_t next;
	int ret;

	begin(0);
	OK(guest_translate(&g, 5));
	next = next_id(g.f.ctx);
	ret = iommufd_nested_device_translate(g.nested, &table);
	FAILS(ret, PAGE_TABLE_REFUSED, EINVAL);
	ck_assert_uint_eq(harness_failure(ret).op, IOMMUFD_OP_HWPT_ALLOC);
	guest_check(&g, IOMMUFD_NESTED_TRANSLATE, 5);
	table.length = 0;
	FAILS(iommufd_nested_device_translate(g.nested, &table),
	      PAGE_TABLE_REFUSED, EINVAL);
	table.length = 4;
	table.type = IOMMUFD_HWPT_DATA_VTD_S1;
	FAILS(iommufd_nested_device_translate(g.nested, &table), FEATURE,
	      EOPNOTSUPP);
	guest_check(&g, IOMMUFD_NESTED_TRANSLATE, 5);
	ck_assert_uint_eq(next_id(g.f.ctx), next);
	guest_end(&g);
}
END_TEST

/* A caller's page table that is none. */
START_TEST(unset_is_refused)
{
	begin(0);
	OK(guest_translate(&g, 5));
	FAILS(iommufd_nested_device_unset(g.nested, UNUSED_ID, 0), PAGE_TABLE,
	      ENOENT);
	guest_check(&g, IOMMUFD_NESTED_TRANSLATE, 5);
	FAILS(iommufd_nested_device_unset(g.nested, 0, 0), BAD_ID, EINVAL);
	FAILS(iommufd_nested_device_unset(g.nested, 1u << 31, 0), BAD_ID,
	      EINVAL);
	FAILS(iommufd_nested_device_unset(NULL, 1, 0), NULL_POINTER, EINVAL);
	guest_check(&g, IOMMUFD_NESTED_TRANSLATE, 5);
	guest_end(&g);
}
END_TEST

/* Without a table for it abort is being detached, which this device cannot. */
START_TEST(abort_is_being_detached)
{
	const struct iommufd_nesting_opts opts = guest_opts(viommu_type, 0);
	struct iommufd_nested_device_opts device;
	int ret;

	guest_begin(&g, &opts);
	device = guest_device_opts(&g);
	device.abort = NULL;
	OK(iommufd_nested_device_new(g.nesting, g.f.device, &device,
				     &g.nested));
	OK(guest_translate(&g, 5));
	ret = iommufd_nested_device_abort(g.nested);
	FAILS(ret, FEATURE, EOPNOTSUPP);
	ck_assert_uint_eq(harness_failure(ret).op, IOMMUFD_OP_DEVICE_DETACH);
	guest_check(&g, IOMMUFD_NESTED_TRANSLATE, 5);
	guest_end(&g);
}
END_TEST

static uint32_t faults_waiting(struct iommufd_hwpt_pgfault *fault)
{
	uint32_t count = 1;

	OK(iommufd_fault_queue_read(iommufd_nesting_fault_queue(g.nesting),
				    fault, &count));
	return count;
}

START_TEST(faults)
{
	const struct iommufd_mock_fault wanted = {
		.group = 3,
		.permission = IOMMUFD_PGFAULT_PERM_READ,
		.address = 0x7000,
	};
	struct iommufd_hwpt_page_response response = { 0 };
	struct iommufd_hwpt_pgfault fault;
	uint32_t one = 1;

	begin(IOMMUFD_NESTING_FAULTS);
	OK(iommufd_mock_device_trigger_fault(g.f.device, &wanted));
	ck_assert_uint_eq(faults_waiting(&fault), 0);
	OK(guest_translate(&g, 5));
	OK(iommufd_mock_device_trigger_fault(g.f.device, &wanted));
	ck_assert_uint_eq(faults_waiting(&fault), 1);
	ck_assert_uint_eq(fault.dev_id, iommufd_device_id(g.f.device));
	ck_assert_uint_eq(fault.addr, 0x7000);
	ck_assert_uint_eq(fault.grpid, 3);
	response.cookie = fault.cookie;
	OK(iommufd_fault_queue_respond(iommufd_nesting_fault_queue(g.nesting),
				       &response, &one));
	/* The nest parent has none. */
	OK(iommufd_nested_device_bypass(g.nested));
	OK(iommufd_mock_device_trigger_fault(g.f.device, &wanted));
	ck_assert_uint_eq(faults_waiting(&fault), 0);
	guest_end(&g);
}
END_TEST

START_TEST(device_without_faults)
{
	const struct iommufd_nesting_opts opts =
		guest_opts(viommu_type, IOMMUFD_NESTING_FAULTS);
	const struct iommufd_mock_fault wanted = { .address = 0x7000 };
	struct iommufd_hwpt_pgfault fault;

	guest_begin(&g, &opts);
	guest_add_device(&g, IOMMUFD_NESTED_NO_FAULTS);
	OK(guest_translate(&g, 5));
	OK(iommufd_mock_device_trigger_fault(g.f.device, &wanted));
	ck_assert_uint_eq(faults_waiting(&fault), 0);
	guest_end(&g);
}
END_TEST

/* The same id is that of something else there. */
START_TEST(another_context)
{
	const struct iommufd_nesting_opts opts = guest_opts(viommu_type, 0);
	struct fixture other = { .ctx = NULL };

	fixture_device(&other);
	guest_prepare(&g);
	ck_assert_uint_eq(iommufd_ioas_id(other.ioas),
			  iommufd_ioas_id(g.f.ioas));
	FAILS(iommufd_nesting_new(other.device, g.f.ioas, &opts, &g.nesting),
	      OTHER_CONTEXT, EXDEV);
	ck_assert_ptr_null(g.nesting);
	OK(iommufd_nesting_new(g.f.device, g.f.ioas, &opts, &g.nesting));
	FAILS(iommufd_nested_device_new(g.nesting, other.device, NULL,
					&g.nested),
	      OTHER_CONTEXT, EXDEV);
	ck_assert_ptr_null(g.nested);
	fixture_end(&other);
	guest_end(&g);
}
END_TEST

static const TTest **const states[] = {
	&objects,
	&every_state,
	&parent_follows_memory,
	&bypass_with_a_table,
	&what_is_set_already,
	&bad_data,
	&unset_is_refused,
	&abort_is_being_detached,
	&faults,
	&device_without_faults,
	&another_context,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "plain", .setup = without_viommu, .tests = states },
		{ .name = "viommu", .setup = with_viommu, .tests = states },
	};

	return harness_run("nesting", cases, guest_best_type() ? 2 : 1);
}
