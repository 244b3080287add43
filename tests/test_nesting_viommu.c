/* SPDX-License-Identifier: MIT */
/* Nested translation on the mock driver: what only a vIOMMU has. */
#include <poll.h>

#include "guest.h"
#include "harness.h"

static struct guest g;

static struct iommufd_nesting_opts opts_with(uint32_t flags)
{
	return guest_opts(IOMMUFD_MOCK_VIOMMU, flags);
}

START_TEST(events)
{
	const struct iommufd_nesting_opts opts =
		opts_with(IOMMUFD_NESTING_EVENTS | IOMMUFD_NESTING_FAULTS);
	struct {
		struct iommufd_veventq_header header;
		struct iommufd_mock_vevent event;
	} record;
	uint32_t length = sizeof(record);
	struct iommufd_veventq *queue;
	struct pollfd poll_fd = { .events = POLLIN };

	guest_begin(&g, &opts);
	guest_add_device(&g, 0);
	queue = iommufd_nesting_veventq(g.nesting);
	poll_fd.fd = iommufd_veventq_fd(queue);
	FAILS(iommufd_mock_device_trigger_vevent(g.f.device), OBJECT, ENOENT);
	OK(guest_translate(&g, 5));
	ck_assert_int_eq(poll(&poll_fd, 1, 0), 0);
	OK(iommufd_mock_device_trigger_vevent(g.f.device));
	ck_assert_int_eq(poll(&poll_fd, 1, 0), 1);
	OK(iommufd_veventq_read(queue, &record, &length));
	ck_assert_uint_eq(length, sizeof(record));
	ck_assert_uint_eq(record.header.sequence, 0);
	ck_assert_uint_eq(record.event.virt_id, GUEST_VIRT_ID);
	guest_end(&g);
}
END_TEST

START_TEST(event_depth)
{
	struct iommufd_nesting_opts opts = opts_with(IOMMUFD_NESTING_EVENTS);
	struct iommufd_veventq_header header;
	uint32_t length = sizeof(header);

	opts.event_depth = 1;
	guest_begin(&g, &opts);
	guest_add_device(&g, 0);
	OK(guest_translate(&g, 5));
	for (int i = 0; i < 3; i++)
		OK(iommufd_mock_device_trigger_vevent(g.f.device));
	FAILS(iommufd_veventq_read(iommufd_nesting_veventq(g.nesting), &header,
				   &length),
	      RECORD_SHORT, EINVAL);
	guest_end(&g);
	opts.event_depth = UINT32_MAX;
	guest_prepare(&g);
	FAILS(iommufd_nesting_new(g.f.device, g.f.ioas, &opts, &g.nesting),
	      BAD_VALUE, EINVAL);
	guest_end(&g);
}
END_TEST

START_TEST(data_of_the_driver)
{
	struct iommufd_mock_viommu_data data = { .in_data = 0x5a5a };
	const struct iommufd_viommu_alloc_opts viommu = {
		.size = sizeof(viommu), .data_len = sizeof(data), .data = &data
	};
	struct iommufd_nesting_opts opts = opts_with(0);

	opts.viommu_data = &viommu;
	guest_begin(&g, &opts);
	ck_assert_uint_eq(data.out_data, 0x5a5a);
	guest_end(&g);
}
END_TEST

/* The vDevice is taken away, so that the new table can be made, not attached. */
START_TEST(table_cannot_be_attached)
{
	const struct iommufd_nesting_opts opts = opts_with(0);
	uint32_t vdevice, next;
	int ret;

	guest_begin(&g, &opts);
	vdevice = next_id(g.f.ctx);
	guest_add_device(&g, 0);
	OK(guest_translate(&g, 5));
	OK(iommufd_ctx_destroy_id(g.f.ctx, vdevice));
	next = next_id(g.f.ctx);
	ret = guest_translate(&g, 6);
	FAILS(ret, PAGE_TABLE, ENOENT);
	ck_assert_uint_eq(harness_failure(ret).op, IOMMUFD_OP_DEVICE_ATTACH);
	guest_check(&g, IOMMUFD_NESTED_TRANSLATE, 5);
	ck_assert_uint_eq(next_id(g.f.ctx), next);
	/* At the end it counts as ended. */
	guest_end(&g);
}
END_TEST

START_TEST(vdevice_is_taken)
{
	const struct iommufd_nesting_opts opts = opts_with(0);
	struct iommufd_nested_device_opts device;
	struct iommufd_nested_device *second = (void *)1;
	uint32_t next;

	guest_begin(&g, &opts);
	guest_add_device(&g, 0);
	device = guest_device_opts(&g);
	next = next_id(g.f.ctx);
	FAILS(iommufd_nested_device_new(g.nesting, g.f.device, &device,
					&second),
	      VDEVICE_EXISTS, EEXIST);
	ck_assert_ptr_eq(second, (void *)1);
	ck_assert_uint_eq(next_id(g.f.ctx), next);
	guest_end(&g);
}
END_TEST

/* ---- ids ---------------------------------------------------------------- */

static void check_event_of(uint32_t virt_id)
{
	struct {
		struct iommufd_veventq_header header;
		struct iommufd_mock_vevent event;
	} record;
	uint32_t length = sizeof(record);

	OK(iommufd_mock_device_trigger_vevent(g.f.device));
	OK(iommufd_veventq_read(iommufd_nesting_veventq(g.nesting), &record,
				&length));
	ck_assert_uint_eq(length, sizeof(record));
	ck_assert_uint_eq(record.event.virt_id, virt_id);
}

static int set_id(uint64_t virt_id)
{
	return iommufd_nested_device_set_virt_id(g.nested, virt_id);
}

static struct iommufd_nested_device *by_id(uint64_t virt_id)
{
	return iommufd_nesting_find_virt_id(g.nesting, virt_id);
}

START_TEST(found_by_ids)
{
	const struct iommufd_nesting_opts opts = opts_with(0);

	guest_begin(&g, &opts);
	ck_assert_ptr_null(by_id(GUEST_VIRT_ID));
	guest_add_device(&g, 0);
	ck_assert_uint_eq(iommufd_nested_device_virt_id(g.nested),
			  GUEST_VIRT_ID);
	ck_assert_uint_ne(
		iommufd_vdevice_id(iommufd_nested_device_vdevice(g.nested)), 0);
	ck_assert_uint_eq(iommufd_nested_device_virt_id(NULL), 0);
	ck_assert_ptr_null(iommufd_nested_device_vdevice(NULL));
	ck_assert_ptr_eq(by_id(GUEST_VIRT_ID), g.nested);
	ck_assert_ptr_null(by_id(GUEST_VIRT_ID + 1));
	ck_assert_ptr_eq(iommufd_nesting_find_device(
				 g.nesting, iommufd_device_id(g.f.device)),
			 g.nested);
	ck_assert_ptr_null(iommufd_nesting_find_device(g.nesting, UNUSED_ID));
	ck_assert_ptr_eq(iommufd_nested_device_device(g.nested), g.f.device);
	ck_assert_ptr_null(iommufd_nesting_find_device(NULL, 1));
	ck_assert_ptr_null(iommufd_nesting_find_virt_id(NULL, 1));
	ck_assert_ptr_null(iommufd_nested_device_device(NULL));
	guest_end(&g);
}
END_TEST

START_TEST(another_id)
{
	const struct iommufd_nesting_opts opts =
		opts_with(IOMMUFD_NESTING_EVENTS);
	uint32_t next;

	guest_begin(&g, &opts);
	guest_add_device(&g, 0);
	next = next_id(g.f.ctx);
	OK(set_id(0x51));
	OK(guest_translate(&g, 5));
	check_event_of(0x51);
	FAILS(set_id(0x52), NESTED_STATE, EINVAL);
	ck_assert_ptr_eq(by_id(0x51), g.nested);
	OK(iommufd_nested_device_abort(g.nested));
	OK(set_id(0x52));
	OK(set_id(0x52));
	ck_assert_uint_eq(iommufd_nested_device_virt_id(g.nested), 0x52);
	ck_assert_ptr_eq(by_id(0x52), g.nested);
	ck_assert_ptr_null(by_id(0x51));
	/* The mock driver looks only when the vIOMMU is another one. */
	guest_go_home(&g);
	OK(guest_translate(&g, 6));
	check_event_of(0x52);
	OK(iommufd_nested_device_bypass(g.nested));
	FAILS(set_id(0x53), NESTED_STATE, EINVAL);
	ck_assert_uint_eq(next_id(g.f.ctx), next);
	FAILS(iommufd_nested_device_set_virt_id(NULL, 1), NULL_POINTER, EINVAL);
	guest_end(&g);
}
END_TEST

/* Before the guest has numbered its buses. */
START_TEST(no_id_at_first)
{
	const struct iommufd_nesting_opts opts = opts_with(0);

	guest_begin(&g, &opts);
	guest_add_device(&g, IOMMUFD_NESTED_NO_VIRT_ID);
	ck_assert_ptr_null(by_id(GUEST_VIRT_ID));
	FAILS(guest_translate(&g, 5), PAGE_TABLE, ENOENT);
	guest_check_on(&g, iommufd_hwpt_id(g.home));
	OK(set_id(7));
	ck_assert_ptr_eq(by_id(7), g.nested);
	OK(guest_translate(&g, 5));
	guest_check(&g, IOMMUFD_NESTED_TRANSLATE, 5);
	guest_end(&g);
}
END_TEST

/* The id of another device; and one that only the kernel knows to be taken. */
START_TEST(id_is_taken)
{
	const struct iommufd_nesting_opts opts = opts_with(0);
	struct iommufd_nested_device_opts second = { .size = sizeof(second),
						     .virt_id = 1 };
	struct iommufd_device *devices[2] = { NULL, NULL };
	struct iommufd_nested_device *nested = NULL;
	struct iommufd_vdevice *vdevice = NULL;

	guest_begin(&g, &opts);
	guest_add_device(&g, 0);
	for (int i = 0; i < 2; i++)
		OK(iommufd_mock_device_new(g.f.ctx, iommufd_hwpt_id(g.home), 0,
					   NULL, &devices[i]));
	OK(iommufd_nested_device_new(g.nesting, devices[0], &second, &nested));
	OK(iommufd_vdevice_alloc(iommufd_nesting_viommu(g.nesting), devices[1],
				 2, &vdevice));
	FAILS(set_id(1), VDEVICE_EXISTS, EEXIST);
	FAILS(set_id(2), VDEVICE_EXISTS, EEXIST);
	/* It has its own all the same. */
	ck_assert_ptr_eq(by_id(GUEST_VIRT_ID), g.nested);
	OK(guest_translate(&g, 5));
	OK(iommufd_vdevice_destroy(vdevice));
	OK(iommufd_nested_device_destroy(nested));
	guest_go_home(&g);
	OK(set_id(1));
	for (int i = 0; i < 2; i++)
		iommufd_device_close(devices[i]);
	guest_end(&g);
}
END_TEST

static const TTest **const id_tests[] = {
	&found_by_ids, &another_id, &no_id_at_first, &id_is_taken, NULL,
};

static const TTest **const viommu_tests[] = {
	&events,
	&event_depth,
	&data_of_the_driver,
	&table_cannot_be_attached,
	&vdevice_is_taken,
	NULL,
};

/* A kernel without vIOMMUs says so, and what was made before is gone. */
START_TEST(kernel_has_none)
{
	const struct iommufd_nesting_opts opts =
		opts_with(IOMMUFD_NESTING_FAULTS);
	uint32_t next;

	guest_prepare(&g);
	next = next_id(g.f.ctx);
	FAILS(iommufd_nesting_new(g.f.device, g.f.ioas, &opts, &g.nesting),
	      COMMAND, ENOTTY);
	ck_assert_ptr_null(g.nesting);
	ck_assert_uint_eq(next_id(g.f.ctx), next);
	guest_end(&g);
}
END_TEST

static const TTest **const old_tests[] = {
	&kernel_has_none,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "viommu", .tests = viommu_tests },
		{ .name = "ids", .tests = id_tests },
	};
	const struct harness_case old[] = {
		{ .name = "old", .tests = old_tests },
	};

	if (!guest_best_type())
		return harness_run("nesting_viommu", old, 1);
	return harness_run("nesting_viommu", cases, 2);
}
