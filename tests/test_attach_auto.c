/* SPDX-License-Identifier: MIT */
/* Automatic page tables on the mock driver. */
#include <string.h>

#include <iommufd/util/util.h>

#include "failnth.h"
#include "harness.h"
#include "replacing.h"

#define NEST  IOMMUFD_HWPT_NEST_PARENT
#define DIRTY IOMMUFD_HWPT_DIRTY_TRACKING
#define PASID IOMMUFD_HWPT_PASID

/*
 * The fixture's device cannot track dirty pages, so that the page table `dirty`
 * does not fit. It is on `old`; `new` fits.
 */
static uint32_t dirty;
static struct iommufd_hwpt *hwpt;
static struct iommufd_attach_auto_info info;
static struct iommufd_attach_auto_opts opts;
static uint32_t offered[3];

static void setup(void)
{
	struct iommufd_device *able = NULL;
	uint32_t ioas_id;

	fixture_device(&f);
	able = f.device;
	ioas_id = iommufd_ioas_id(f.ioas);
	OK(iommufd_mock_device_new(f.ctx, ioas_id, IOMMUFD_MOCK_DEVICE_NO_DIRTY,
				   NULL, &f.device));
	old = new_table(f.device, ioas_id, 0);
	new = new_table(f.device, ioas_id, 0);
	dirty = new_table(able, ioas_id, DIRTY);
	iommufd_device_close(able);
	OK(iommufd_device_attach(f.device, old, NULL));
	info = (struct iommufd_attach_auto_info){ .size = sizeof(info),
						  .reserved = 1 };
	opts = (struct iommufd_attach_auto_opts){ .size = sizeof(opts),
						  .tables = offered,
						  .old_page_table = old };
	hwpt = (void *)1;
}

static int attach(void)
{
	return iommufd_attach_auto(f.device, f.ioas, &opts, &hwpt, &info);
}

static void end(void)
{
	uint32_t tables[] = { old, new, dirty };

	iommufd_device_close(f.device);
	f.device = NULL;
	for (int i = 0; i < 3; i++)
		OK(iommufd_ctx_destroy_id(f.ctx, tables[i]));
	fixture_end(&f);
}

/*
 * Nothing has changed, neither here nor in the kernel. Where a page table was to be
 * replaced that is told.
 */
static void check_as_before(uint32_t next)
{
	ck_assert_ptr_eq(hwpt, (void *)1);
	ck_assert_uint_eq(info.page_table, info.reserved ? 0 : old);
	ck_assert_uint_eq(info.left_page_table, 0);
	ck_assert_uint_eq(info.left_ioas, 0);
	ck_assert_uint_eq(next_id(f.ctx), next);
	FAILS(iommufd_ctx_destroy_id(f.ctx, old), IN_USE, EBUSY);
}

static void check_fits(uint32_t page_table)
{
	ck_assert_ptr_null(hwpt);
	ck_assert_uint_eq(info.size, sizeof(info));
	ck_assert_uint_eq(info.page_table, page_table);
	ck_assert_uint_eq(info.flags, 0);
	ck_assert_uint_eq(info.reserved, 0);
	FAILS(iommufd_ctx_destroy_id(f.ctx, page_table), IN_USE, EBUSY);
}

START_TEST(what_is_offered_fits)
{
	uint32_t next = next_id(f.ctx);

	offered[0] = new;
	opts.num_tables = 1;
	OK(attach());
	check_fits(new);
	ck_assert_uint_eq(next_id(f.ctx), next);
	end();
}
END_TEST

/* The mock's devices are born attached; without an old one it is an attach. */
START_TEST(without_an_old_one)
{
	offered[0] = dirty;
	offered[1] = new;
	opts.num_tables = 2;
	opts.old_page_table = 0;
	OK(attach());
	check_fits(new);
	end();
}
END_TEST

START_TEST(the_second_one_fits)
{
	offered[0] = dirty;
	offered[1] = new;
	offered[2] = UNUSED_ID; /* not looked at any more */
	opts.num_tables = 3;
	OK(attach());
	check_fits(new);
	end();
}
END_TEST

START_TEST(it_has_it_already)
{
	offered[0] = old;
	opts.num_tables = 1;
	OK(attach());
	check_fits(old);
	end();
}
END_TEST

static void check_new(uint32_t flags)
{
	ck_assert_ptr_nonnull(hwpt);
	ck_assert_uint_eq(info.page_table, iommufd_hwpt_id(hwpt));
	ck_assert_uint_eq(info.flags, flags);
	FAILS(iommufd_hwpt_destroy(hwpt), IN_USE, EBUSY);
	OK(iommufd_device_attach(f.device, old, NULL));
	OK(iommufd_hwpt_destroy(hwpt));
}

/* This device has neither dirty tracking nor PASIDs. */
START_TEST(none_fits)
{
	offered[0] = dirty;
	opts.num_tables = 1;
	opts.wanted_flags = NEST | DIRTY | PASID;
	OK(attach());
	check_new(NEST);
	end();
}
END_TEST

/* The kernel before 6.15 has no PASIDs, whatever the device has. */
START_TEST(device_that_can_do_all)
{
	const int new_kernel = harness_has(f.ctx, IOMMUFD_NR_VEVENTQ_ALLOC);
	const uint32_t pasid = new_kernel ? PASID : 0;
	struct iommufd_device *able = NULL;

	OK(iommufd_mock_device_new(f.ctx, old,
				   new_kernel ? IOMMUFD_MOCK_DEVICE_PASID : 0,
				   NULL, &able));
	opts.wanted_flags = NEST | DIRTY | PASID;
	OK(iommufd_attach_auto(able, f.ioas, &opts, &hwpt, &info));
	ck_assert_uint_eq(info.flags, NEST | DIRTY | pasid);
	iommufd_device_close(able);
	OK(iommufd_hwpt_destroy(hwpt));
	end();
}
END_TEST

/* A flag that the kernel takes is there: what can be done with it works. */
START_TEST(flags_are_real)
{
	struct iommufd_device *able = NULL;
	const struct iommufd_mock_hwpt_data data = { .iotlb = 1 };
	const struct iommufd_hwpt_alloc_opts nested = {
		.size = sizeof(nested),
		.data_type = IOMMUFD_MOCK_HWPT_DATA,
		.data_len = sizeof(data.iotlb),
		.data = &data,
	};
	struct iommufd_hwpt *child = NULL;

	OK(iommufd_mock_device_new(f.ctx, old, 0, NULL, &able));
	opts.required_flags = DIRTY;
	opts.wanted_flags = NEST | DIRTY;
	OK(iommufd_attach_auto(able, f.ioas, &opts, &hwpt, &info));
	ck_assert_uint_eq(info.flags, NEST | DIRTY);
	OK(iommufd_hwpt_set_dirty_tracking(hwpt,
					   IOMMUFD_DIRTY_TRACKING_ENABLE));
	OK(iommufd_hwpt_alloc(able, iommufd_hwpt_id(hwpt), &nested, &child));
	OK(iommufd_hwpt_destroy(child));
	iommufd_device_close(able);
	OK(iommufd_hwpt_destroy(hwpt));
	end();
}
END_TEST

/* A fault of the device comes out of the queue that was given. */
static void check_fault(struct iommufd_fault_queue *queue)
{
	const struct iommufd_mock_fault fault = {
		.permission = IOMMUFD_PGFAULT_PERM_READ, .address = PAGE
	};
	const struct iommufd_hwpt_page_response response = { .cookie = 1 };
	struct iommufd_hwpt_pgfault seen;
	uint32_t count = 1;

	OK(iommufd_mock_device_trigger_fault(f.device, &fault));
	OK(iommufd_fault_queue_read(queue, &seen, &count));
	ck_assert_uint_eq(count, 1);
	ck_assert_uint_eq(seen.addr, PAGE);
	ck_assert_uint_eq(seen.dev_id, iommufd_device_id(f.device));
	OK(iommufd_fault_queue_respond(queue, &response, &count));
}

START_TEST(fault_queue)
{
	const uint32_t fault = IOMMUFD_HWPT_FAULT_ID_VALID;
	struct iommufd_fault_queue *queue = NULL;

	OK(iommufd_fault_queue_alloc(f.ctx, 0, &queue));
	opts.required_flags = fault;
	opts.wanted_flags = NEST; /* which does not go with one */
	opts.fault_id = iommufd_fault_queue_id(queue);
	if (harness_has(f.ctx, IOMMUFD_NR_VIOMMU_ALLOC)) {
		OK(attach());
		ck_assert_uint_eq(info.flags, fault);
		check_fault(queue);
		check_new(fault);
		opts.fault_id = UNUSED_ID;
		FAILS(attach(), DEVICE_OR_QUEUE, ENOENT);
		/* Without the flag it is not looked at. */
		opts.required_flags = 0;
		OK(attach());
		check_new(NEST);
	} else {
		FAILS(attach(), FEATURE, EOPNOTSUPP);
	}
	iommufd_fault_queue_close_fd(queue);
	OK(iommufd_fault_queue_destroy(queue));
	end();
}
END_TEST

START_TEST(defaults)
{
	OK(iommufd_attach_auto(f.device, f.ioas, NULL, &hwpt, NULL));
	info.page_table = iommufd_hwpt_id(hwpt);
	check_new(0);
	end();
}
END_TEST

START_TEST(what_is_required_cannot_be_had)
{
	uint32_t next = next_id(f.ctx);
	int ret;

	offered[0] = dirty;
	opts.num_tables = 1;
	opts.required_flags = DIRTY;
	opts.wanted_flags = NEST;
	ret = attach();
	FAILS(ret, FEATURE, EOPNOTSUPP);
	ck_assert_uint_eq(harness_failure(ret).op, IOMMUFD_OP_HWPT_ALLOC);
	check_as_before(next);
	end();
}
END_TEST

/* A refusal for another reason than that it does not fit. */
START_TEST(no_such_page_table)
{
	uint32_t next = next_id(f.ctx);

	offered[0] = dirty;
	offered[1] = UNUSED_ID;
	offered[2] = new;
	opts.num_tables = 3;
	FAILS(attach(), PAGE_TABLE, ENOENT);
	check_as_before(next);
	offered[1] = 0;
	FAILS(attach(), BAD_ID, EINVAL);
	check_as_before(next);
	end();
}
END_TEST

START_TEST(bad_input)
{
	struct {
		struct iommufd_attach_auto_opts known;
		uint64_t more;
	} newer = { .known = opts, .more = 1 };
	uint32_t next = next_id(f.ctx);
	int ret;

	ret = iommufd_attach_auto(NULL, f.ioas, &opts, &hwpt, &info);
	FAILS(ret, NULL_POINTER, EINVAL);
	ck_assert_uint_eq(harness_failure(ret).op, IOMMUFD_OP_ATTACH_AUTO);
	FAILS(iommufd_attach_auto(f.device, NULL, &opts, &hwpt, &info),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_attach_auto(f.device, f.ioas, &opts, NULL, &info),
	      NULL_POINTER, EINVAL);
	opts.num_tables = 1;
	opts.tables = NULL;
	FAILS(attach(), NULL_POINTER, EINVAL);
	opts.num_tables = 0;
	opts.wanted_flags = IOMMUFD_HWPT_FAULT_ID_VALID;
	FAILS(attach(), BAD_FLAGS, EINVAL);
	opts.wanted_flags = 0;
	opts.reserved = 1;
	FAILS(attach(), OPTS_RESERVED, EINVAL);
	opts.reserved = 0;
	opts.size = 39;
	FAILS(attach(), OPTS_SIZE, EINVAL);
	opts.size = sizeof(opts);
	info.size = 23;
	FAILS(attach(), OPTS_SIZE, EINVAL);
	info.size = sizeof(info);
	newer.known.size = sizeof(newer);
	FAILS(iommufd_attach_auto(f.device, f.ioas, &newer.known, &hwpt, &info),
	      OPTS_TAIL, E2BIG);
	check_as_before(next);
	newer.more = 0;
	OK(iommufd_attach_auto(f.device, f.ioas, &newer.known, &hwpt, &info));
	check_new(0);
	end();
}
END_TEST

/* The same id is that of something else there. */
START_TEST(another_context)
{
	uint32_t next = next_id(f.ctx);
	struct fixture other;

	fixture_ioas(&other);
	ck_assert_uint_eq(iommufd_ioas_id(other.ioas), iommufd_ioas_id(f.ioas));
	FAILS(iommufd_attach_auto(f.device, other.ioas, &opts, &hwpt, &info),
	      OTHER_CONTEXT, EXDEV);
	check_as_before(next);
	fixture_end(&other);
	end();
}
END_TEST

/* Every failure that the kernel can have inside: nothing changes, or all. */
START_TEST(any_failure_is_undone)
{
	unsigned int failures = 0, n;
	uint32_t next = next_id(f.ctx);
	int fired = 1, ret;

	fail_nth_prepare();
	opts.wanted_flags = NEST;
	for (n = 1; fired; n++) {
		ck_assert_uint_lt(n, 500);
		hwpt = (void *)1;
		info = (struct iommufd_attach_auto_info){ .size = sizeof(info),
							  .reserved = 1 };
		fail_nth(n);
		ret = attach();
		fired = fail_nth_end();
		if (ret) {
			failures++;
			ck_assert(fired);
			check_as_before(next);
		} else {
			/* What cannot be made just now is done without. */
			check_new(info.flags & NEST);
		}
	}
	ck_assert_uint_gt(failures, 5);
	end();
}
END_TEST

static const TTest **const tests[] = {
	&what_is_offered_fits,
	&without_an_old_one,
	&the_second_one_fits,
	&it_has_it_already,
	&none_fits,
	&device_that_can_do_all,
	&flags_are_real,
	&fault_queue,
	&defaults,
	&what_is_required_cannot_be_had,
	&no_such_page_table,
	&bad_input,
	&another_context,
	&any_failure_is_undone,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "mock", .setup = setup, .tests = tests },
	};

	return harness_run("attach_auto", cases, 1);
}
