/* SPDX-License-Identifier: MIT */
/* Nested translation on the mock driver: arguments, and ends. */
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"
#include "harness.h"

static struct guest g;

static void begin(uint32_t viommu_type, uint32_t flags)
{
	const struct iommufd_nesting_opts opts = guest_opts(viommu_type, flags);

	guest_begin(&g, &opts);
	guest_add_device(&g, 0);
}

START_TEST(null_pointers)
{
	const uint64_t entry[8] = { 0 };
	uint32_t count = 0;
	int ret;

	begin(IOMMUFD_VIOMMU_DEFAULT, 0);
	ret = iommufd_nesting_new(NULL, g.f.ioas, NULL, &g.nesting);
	FAILS(ret, NULL_POINTER, EINVAL);
	ck_assert_uint_eq(harness_failure(ret).op, IOMMUFD_OP_NESTING);
	FAILS(iommufd_nesting_new(g.f.device, NULL, NULL, &g.nesting),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_nesting_new(g.f.device, g.f.ioas, NULL, NULL),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_nested_device_new(NULL, g.f.device, NULL, &g.nested),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_nested_device_new(g.nesting, NULL, NULL, &g.nested),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_nested_device_new(g.nesting, g.f.device, NULL, NULL),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_nested_device_abort(NULL), NULL_POINTER, EINVAL);
	FAILS(iommufd_nested_device_bypass(NULL), NULL_POINTER, EINVAL);
	FAILS(iommufd_nested_device_translate(NULL, guest_table(1)),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_nested_device_translate(g.nested, NULL), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_nested_device_abort_pasid(NULL, 1), NULL_POINTER, EINVAL);
	FAILS(iommufd_nested_device_bypass_pasid(NULL, 1), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_nested_device_translate_pasid(g.nested, 1, NULL),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_nested_device_set_ste(NULL, entry), NULL_POINTER, EINVAL);
	FAILS(iommufd_nested_device_set_ste(g.nested, NULL), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_nested_device_set_pasid_entry(NULL, 0, entry),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_nested_device_set_pasid_entry(g.nested, 0, NULL),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_nesting_commands_arm_smmuv3(NULL, NULL, &count),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_nesting_commands_arm_smmuv3(g.nesting, NULL, NULL),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_nesting_commands_vtd(NULL, NULL, &count), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_nesting_commands_vtd(g.nesting, NULL, NULL), NULL_POINTER,
	      EINVAL);
	count = 1;
	FAILS(iommufd_nesting_commands_arm_smmuv3(g.nesting, NULL, &count),
	      NULL_POINTER, EINVAL);
	ck_assert_uint_eq(count, 0);
	count = 1;
	FAILS(iommufd_nesting_commands_vtd(g.nesting, NULL, &count),
	      NULL_POINTER, EINVAL);
	ck_assert_uint_eq(count, 0);
	ck_assert_ptr_null(iommufd_nesting_parent(NULL));
	ck_assert_ptr_null(iommufd_nesting_viommu(NULL));
	ck_assert_ptr_null(iommufd_nesting_veventq(NULL));
	ck_assert_ptr_null(iommufd_nesting_fault_queue(NULL));
	ck_assert_uint_eq(iommufd_nested_device_state(NULL), 0);
	ck_assert_uint_eq(iommufd_nested_device_page_table(NULL), 0);
	OK(iommufd_nesting_destroy(NULL));
	iommufd_nesting_release(NULL);
	OK(iommufd_nested_device_destroy(NULL));
	guest_end(&g);
}
END_TEST

/* The mock driver's hardware is none that the helper knows. */
START_TEST(unknown_hardware)
{
	const struct iommufd_nesting_opts plain =
		guest_opts(IOMMUFD_VIOMMU_DEFAULT, 0);
	const struct iommufd_nesting_opts with_events =
		guest_opts(IOMMUFD_VIOMMU_DEFAULT, IOMMUFD_NESTING_EVENTS);
	const struct iommufd_arm_smmuv3_command command = { { 0 } };
	const struct iommufd_vtd_descriptor descriptor = { { 0 } };
	const uint64_t entry[8] = { 0 };
	uint32_t count = 1, next;
	int ret;

	guest_prepare(&g);
	next = next_id(g.f.ctx);
	ret = iommufd_nesting_new(g.f.device, g.f.ioas, NULL, &g.nesting);
	FAILS(ret, FEATURE, EOPNOTSUPP);
	ck_assert_uint_eq(harness_failure(ret).op, IOMMUFD_OP_NESTING);
	/* Events come from a vIOMMU. */
	FAILS(iommufd_nesting_new(g.f.device, g.f.ioas, &with_events,
				  &g.nesting),
	      FEATURE, EOPNOTSUPP);
	ck_assert_uint_eq(next_id(g.f.ctx), next);
	OK(iommufd_nesting_new(g.f.device, g.f.ioas, &plain, &g.nesting));
	guest_add_device(&g, 0);
	FAILS(iommufd_nested_device_set_ste(g.nested, entry), FEATURE,
	      EOPNOTSUPP);
	FAILS(iommufd_nested_device_set_pasid_entry(g.nested, 0, entry),
	      FEATURE, EOPNOTSUPP);
	FAILS(iommufd_nesting_commands_arm_smmuv3(g.nesting, &command, &count),
	      FEATURE, EOPNOTSUPP);
	ck_assert_uint_eq(count, 0);
	count = 1;
	FAILS(iommufd_nesting_commands_vtd(g.nesting, &descriptor, &count),
	      FEATURE, EOPNOTSUPP);
	ck_assert_uint_eq(count, 0);
	FAILS(iommufd_nested_device_set_virt_id(g.nested, 1), FEATURE,
	      EOPNOTSUPP);
	ck_assert_ptr_null(
		iommufd_nesting_find_virt_id(g.nesting, GUEST_VIRT_ID));
	guest_end(&g);
}
END_TEST

START_TEST(options)
{
	struct {
		struct iommufd_nesting_opts known;
		uint64_t more;
	} opts = { .known = guest_opts(IOMMUFD_VIOMMU_DEFAULT, 0), .more = 1 };
	struct {
		struct iommufd_nested_device_opts known;
		uint64_t more;
	} device = { .more = 1 };
	struct iommufd_nesting **nesting = &g.nesting;

	guest_prepare(&g);
	opts.known.size = 31;
	FAILS(iommufd_nesting_new(g.f.device, g.f.ioas, &opts.known, nesting),
	      OPTS_SIZE, EINVAL);
	opts.known.size = sizeof(opts);
	FAILS(iommufd_nesting_new(g.f.device, g.f.ioas, &opts.known, nesting),
	      OPTS_TAIL, E2BIG);
	opts.more = 0;
	opts.known.flags |= 1u << 31;
	FAILS(iommufd_nesting_new(g.f.device, g.f.ioas, &opts.known, nesting),
	      BAD_FLAGS, EINVAL);
	opts.known.flags &= ~(1u << 31);
	/* A flag that no kernel has. */
	opts.known.parent_flags = 1u << 30;
	FAILS(iommufd_nesting_new(g.f.device, g.f.ioas, &opts.known, nesting),
	      FEATURE, EOPNOTSUPP);
	ck_assert_ptr_null(g.nesting);
	opts.known.parent_flags = 0;
	OK(iommufd_nesting_new(g.f.device, g.f.ioas, &opts.known, nesting));

	device.known = guest_device_opts(&g);
	device.known.size = 39;
	FAILS(iommufd_nested_device_new(g.nesting, g.f.device, &device.known,
					&g.nested),
	      OPTS_SIZE, EINVAL);
	device.known.size = sizeof(device);
	FAILS(iommufd_nested_device_new(g.nesting, g.f.device, &device.known,
					&g.nested),
	      OPTS_TAIL, E2BIG);
	device.more = 0;
	device.known.flags = 4;
	FAILS(iommufd_nested_device_new(g.nesting, g.f.device, &device.known,
					&g.nested),
	      BAD_FLAGS, EINVAL);
	ck_assert_ptr_null(g.nested);
	device.known.flags = 0;
	OK(iommufd_nested_device_new(g.nesting, g.f.device, &device.known,
				     &g.nested));
	guest_end(&g);
}
END_TEST

/* Not while a device is in it, and then nothing has been done. */
START_TEST(device_in_it)
{
	const uint32_t events = guest_best_type() ? IOMMUFD_NESTING_EVENTS : 0;
	struct iommufd_fault_queue *faults;
	int ret;

	begin(guest_best_type(), events | IOMMUFD_NESTING_FAULTS);
	faults = iommufd_nesting_fault_queue(g.nesting);
	ret = iommufd_nesting_destroy(g.nesting);
	FAILS(ret, IN_USE, EBUSY);
	ck_assert_uint_eq(harness_failure(ret).op, IOMMUFD_OP_NESTING);
	ck_assert_int_ge(iommufd_fault_queue_fd(faults), 0);
	OK(guest_translate(&g, 5));
	guest_check(&g, IOMMUFD_NESTED_TRANSLATE, 5);
	FAILS(iommufd_nesting_destroy(g.nesting), IN_USE, EBUSY);
	guest_end(&g);
}
END_TEST

/* A mock device cannot be detached: so it stays, as it was. */
START_TEST(end_is_refused)
{
	begin(guest_best_type(), 0);
	OK(guest_translate(&g, 5));
	FAILS(iommufd_nested_device_destroy(g.nested), FEATURE, EOPNOTSUPP);
	guest_check(&g, IOMMUFD_NESTED_TRANSLATE, 5);
	OK(guest_translate(&g, 6));
	guest_check(&g, IOMMUFD_NESTED_TRANSLATE, 6);
	guest_end(&g);
}
END_TEST

/* Something else stands on what is to be ended; without it the end goes on. */
START_TEST(something_stands_on_it)
{
	const struct iommufd_hwpt_alloc_opts opts = {
		.size = sizeof(opts),
		.data_type = IOMMUFD_MOCK_HWPT_DATA,
		.data_len = 4,
		.data = guest_table(1)->data,
	};
	struct iommufd_hwpt *child = NULL;

	begin(IOMMUFD_VIOMMU_DEFAULT, IOMMUFD_NESTING_FAULTS);
	OK(iommufd_hwpt_alloc(
		g.f.device, iommufd_hwpt_id(iommufd_nesting_parent(g.nesting)),
		&opts, &child));
	guest_go_home(&g);
	OK(iommufd_nested_device_destroy(g.nested));
	g.nested = NULL;
	FAILS(iommufd_nesting_destroy(g.nesting), IN_USE, EBUSY);
	ck_assert_ptr_nonnull(iommufd_nesting_parent(g.nesting));
	/* The queue is still open. */
	ck_assert_int_ge(
		iommufd_fault_queue_fd(iommufd_nesting_fault_queue(g.nesting)),
		0);
	OK(iommufd_hwpt_destroy(child));
	guest_end(&g);
}
END_TEST

/* Of a vIOMMU the events must go before it can be known; nothing else does. */
START_TEST(something_stands_on_the_viommu)
{
	const uint32_t flags = IOMMUFD_NESTING_FAULTS | IOMMUFD_NESTING_EVENTS;
	struct iommufd_vdevice *vdevice = NULL;

	begin(IOMMUFD_MOCK_VIOMMU, flags);
	guest_go_home(&g);
	OK(iommufd_nested_device_destroy(g.nested));
	g.nested = NULL;
	OK(iommufd_vdevice_alloc(iommufd_nesting_viommu(g.nesting), g.f.device,
				 1, &vdevice));
	FAILS(iommufd_nesting_destroy(g.nesting), IN_USE, EBUSY);
	ck_assert_ptr_null(iommufd_nesting_veventq(g.nesting));
	ck_assert_ptr_nonnull(iommufd_nesting_viommu(g.nesting));
	ck_assert_ptr_nonnull(iommufd_nesting_parent(g.nesting));
	ck_assert_int_ge(
		iommufd_fault_queue_fd(iommufd_nesting_fault_queue(g.nesting)),
		0);
	OK(iommufd_vdevice_destroy(vdevice));
	guest_end(&g);
}
END_TEST

/* A page table of the caller's that sends its faults there. */
START_TEST(something_uses_the_faults)
{
	struct iommufd_hwpt_alloc_opts opts = {
		.size = sizeof(opts),
		.flags = IOMMUFD_HWPT_FAULT_ID_VALID,
	};
	struct iommufd_hwpt *other = NULL;

	begin(IOMMUFD_VIOMMU_DEFAULT, IOMMUFD_NESTING_FAULTS);
	opts.fault_id =
		iommufd_fault_queue_id(iommufd_nesting_fault_queue(g.nesting));
	OK(iommufd_hwpt_alloc(g.f.device, iommufd_ioas_id(g.f.ioas), &opts,
			      &other));
	guest_go_home(&g);
	OK(iommufd_nested_device_destroy(g.nested));
	g.nested = NULL;
	FAILS(iommufd_nesting_destroy(g.nesting), IN_USE, EBUSY);
	ck_assert_ptr_null(iommufd_nesting_parent(g.nesting));
	OK(iommufd_hwpt_destroy(other));
	guest_end(&g);
}
END_TEST

/* Somebody else is on the old table: it is freed when he has gone. */
static struct iommufd_device *stranger_on_table(void)
{
	struct iommufd_device *stranger = NULL;

	OK(iommufd_mock_device_new(g.f.ctx,
				   iommufd_nested_device_page_table(g.nested),
				   0, NULL, &stranger));
	return stranger;
}

START_TEST(old_table_is_freed_at_the_next_switch)
{
	struct iommufd_device *stranger;
	uint32_t first, next;

	begin(IOMMUFD_VIOMMU_DEFAULT, 0);
	next = next_id(g.f.ctx);
	OK(guest_translate(&g, 5));
	first = iommufd_nested_device_page_table(g.nested);
	stranger = stranger_on_table();
	OK(guest_translate(&g, 6));
	guest_check(&g, IOMMUFD_NESTED_TRANSLATE, 6);
	FAILS(iommufd_ctx_destroy_id(g.f.ctx, first), IN_USE, EBUSY);
	OK(guest_translate(&g, 7));
	iommufd_device_close(stranger);
	OK(iommufd_mock_check_iotlb(g.f.ctx, first, 0, 5));
	OK(iommufd_nested_device_abort(g.nested));
	ck_assert_uint_eq(next_id(g.f.ctx), next);
	guest_end(&g);
}
END_TEST

START_TEST(old_table_is_freed_at_the_end)
{
	struct iommufd_device *stranger;

	begin(IOMMUFD_VIOMMU_DEFAULT, 0);
	OK(guest_translate(&g, 5));
	stranger = stranger_on_table();
	OK(iommufd_nested_device_abort(g.nested));
	guest_go_home(&g);
	FAILS(iommufd_nested_device_destroy(g.nested), IN_USE, EBUSY);
	FAILS(iommufd_nesting_destroy(g.nesting), IN_USE, EBUSY);
	iommufd_device_close(stranger);
	guest_end(&g);
}
END_TEST

/* The handle of the context may go first. */
START_TEST(context_ends_first)
{
	begin(guest_best_type(), IOMMUFD_NESTING_FAULTS);
	OK(guest_translate(&g, 5));
	FAILS(iommufd_ioas_destroy(g.f.ioas), IN_USE, EBUSY);
	iommufd_ctx_close(g.f.ctx);
	guest_go_home(&g);
	OK(iommufd_nested_device_destroy(g.nested));
	OK(iommufd_nesting_destroy(g.nesting));
	iommufd_device_close(g.f.device);
	OK(iommufd_hwpt_destroy(g.home));
	OK(iommufd_ioas_destroy(g.f.ioas));
}
END_TEST

/* What was destroyed by its id counts as ended. */
START_TEST(destroyed_by_somebody_else)
{
	begin(guest_best_type(), 0);
	OK(iommufd_nested_device_abort(g.nested));
	FAILS(iommufd_ctx_destroy_id(
		      g.f.ctx, iommufd_nested_device_page_table(g.nested)),
	      IN_USE, EBUSY);
	guest_go_home(&g);
	/* The last one that was made: the table for abort. */
	OK(iommufd_ctx_destroy_id(g.f.ctx, next_id(g.f.ctx) - 1));
	OK(iommufd_nested_device_destroy(g.nested));
	g.nested = NULL;
	if (iommufd_nesting_viommu(g.nesting))
		OK(iommufd_ctx_destroy_id(
			g.f.ctx,
			iommufd_viommu_id(iommufd_nesting_viommu(g.nesting))));
	OK(iommufd_ctx_destroy_id(
		g.f.ctx, iommufd_hwpt_id(iommufd_nesting_parent(g.nesting))));
	guest_end(&g);
}
END_TEST

/* A child of a fork forgets; the parent goes on with all of it. */
START_TEST(forgotten_by_a_child)
{
	const uint32_t events = guest_best_type() ? IOMMUFD_NESTING_EVENTS : 0;
	int status;
	pid_t child;

	begin(guest_best_type(), events | IOMMUFD_NESTING_FAULTS);
	OK(guest_translate(&g, 5));
	child = fork();
	if (!child) {
		unsigned int before = open_descriptors();

		iommufd_nesting_release(g.nesting);
		_exit(open_descriptors() == before - (events ? 2 : 1) ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	guest_check(&g, IOMMUFD_NESTED_TRANSLATE, 5);
	OK(guest_translate(&g, 6));
	guest_check(&g, IOMMUFD_NESTED_TRANSLATE, 6);
	guest_end(&g);
}
END_TEST

/* Of a kernel that has vIOMMUs, and fault queues of all page tables. */
static const TTest **const later[] = {
	&something_stands_on_the_viommu,
	&something_uses_the_faults,
	NULL,
};

static const TTest **const ends[] = {
	&null_pointers,
	&unknown_hardware,
	&options,
	&device_in_it,
	&end_is_refused,
	&something_stands_on_it,
	&old_table_is_freed_at_the_next_switch,
	&old_table_is_freed_at_the_end,
	&context_ends_first,
	&destroyed_by_somebody_else,
	&forgotten_by_a_child,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "ends", .tests = ends },
		{ .name = "later", .tests = later },
	};

	return harness_run("nesting_ends", cases, guest_best_type() ? 2 : 1);
}
