/* SPDX-License-Identifier: MIT */
/* Bound devices: attach and replace. */
#include <unistd.h>

#include "fixture.h"
#include "harness.h"

static struct fixture f;
static char *memory;

static void setup(void)
{
	fixture_device(&f);
	memory = harness_memory(2 * PAGE);
}

static struct iommufd_ioas *ioas_new(void)
{
	struct iommufd_ioas *ioas = NULL;

	OK(iommufd_ioas_alloc(f.ctx, 0, &ioas));
	return ioas;
}

static struct iommufd_hwpt *hwpt_new(struct iommufd_ioas *ioas, uint32_t flags)
{
	struct iommufd_hwpt *hwpt = NULL;

	OK(iommufd_hwpt_alloc(f.device, iommufd_ioas_id(ioas),
			      HWPT_FLAGS(flags), &hwpt));
	return hwpt;
}

START_TEST(getters)
{
	ck_assert_uint_ne(iommufd_device_id(f.device), 0);
	ck_assert_uint_eq(iommufd_device_id(NULL), 0);
	ck_assert_ptr_null(iommufd_device_vfio(f.device));
	ck_assert_ptr_eq(iommufd_device_ctx(f.device), f.ctx);
	ck_assert_ptr_null(iommufd_device_ctx(NULL));
	ck_assert_ptr_null(iommufd_device_vfio(NULL));
	iommufd_device_close(NULL);
	fixture_end(&f);
}
END_TEST

START_TEST(from_nothing)
{
	struct iommufd_device *device = (void *)1;
	struct iommufd_vfio *file = NULL;

	FAILS(iommufd_device_from_vfio(NULL, &device), NULL_POINTER, EINVAL);
	OK(iommufd_vfio_adopt(0, 0, &file));
	FAILS(iommufd_device_from_vfio(file, NULL), NULL_POINTER, EINVAL);
	FAILS(iommufd_device_from_vfio(file, &device), NOT_BOUND, EINVAL);
	ck_assert_ptr_eq(device, (void *)1);
	iommufd_vfio_close(file);
	fixture_end(&f);
}
END_TEST

START_TEST(replace_the_address_space)
{
	struct iommufd_ioas *other = ioas_new();
	uint32_t old = f.hwpt_id, id = 0;

	map_at(f.ioas, memory, PAGE, MOCK_FIRST);
	map_at(other, memory + PAGE, PAGE, MOCK_FIRST);
	OK(iommufd_device_attach(f.device, iommufd_ioas_id(other), &id));
	ck_assert_uint_ne(id, old);
	OK(iommufd_mock_check_map(f.ctx, id, memory + PAGE, PAGE, MOCK_FIRST));
	/* The kernel's own page table went with its last device. */
	FAILS(iommufd_device_attach(f.device, old, NULL), PAGE_TABLE, ENOENT);
	check_range(f.ioas, 0, UINT64_MAX, 1);
	FAILS(iommufd_ioas_destroy(other), IN_USE, EBUSY);
	OK(iommufd_ioas_destroy(f.ioas));
	f.ioas = other;
	fixture_end(&f);
}
END_TEST

START_TEST(replace_page_tables)
{
	struct iommufd_hwpt *a = hwpt_new(f.ioas, 0);
	struct iommufd_hwpt *b = hwpt_new(f.ioas, IOMMUFD_HWPT_NEST_PARENT);
	uint32_t id = 0;

	OK(iommufd_device_attach(f.device, iommufd_hwpt_id(a), &id));
	ck_assert_uint_eq(id, iommufd_hwpt_id(a));
	/* The same again is a success that changes nothing. */
	OK(iommufd_device_attach(f.device, iommufd_hwpt_id(a), &id));
	ck_assert_uint_eq(id, iommufd_hwpt_id(a));
	OK(iommufd_device_attach(f.device, iommufd_hwpt_id(b), NULL));
	/* An explicit one stays when nobody uses it any more. */
	OK(iommufd_device_attach(f.device, iommufd_hwpt_id(a), NULL));
	OK(iommufd_hwpt_destroy(b));
	FAILS(iommufd_hwpt_destroy(a), IN_USE, EBUSY);
	iommufd_device_close(f.device);
	f.device = NULL;
	OK(iommufd_hwpt_destroy(a));
	fixture_end(&f);
}
END_TEST

/* The kernel's own page table is chosen before one is made. */
START_TEST(the_kernels_own_is_found_again)
{
	struct iommufd_hwpt *own = hwpt_new(f.ioas, 0);
	uint32_t id = 0;

	OK(iommufd_device_attach(f.device, iommufd_ioas_id(f.ioas), &id));
	ck_assert_uint_eq(id, f.hwpt_id);
	OK(iommufd_device_attach(f.device, f.hwpt_id, &id));
	ck_assert_uint_eq(id, f.hwpt_id);
	OK(iommufd_device_attach(f.device, iommufd_hwpt_id(own), &id));
	OK(iommufd_device_attach(f.device, iommufd_ioas_id(f.ioas), &id));
	ck_assert_uint_ne(id, iommufd_hwpt_id(own));
	OK(iommufd_hwpt_destroy(own));
	fixture_end(&f);
}
END_TEST

START_TEST(refused_replacements_change_nothing)
{
	struct iommufd_device *device = NULL;
	struct iommufd_hwpt *dirty =
		hwpt_new(f.ioas, IOMMUFD_HWPT_DIRTY_TRACKING);
	struct iommufd_hwpt *plain = hwpt_new(f.ioas, 0);
	struct iommufd_failure failure;
	uint32_t id = 7, own = iommufd_hwpt_id(plain);
	int ret;

	OK(iommufd_mock_device_new(f.ctx, own, IOMMUFD_MOCK_DEVICE_NO_DIRTY,
				   NULL, &device));
	ret = iommufd_device_attach(device, iommufd_hwpt_id(dirty), &id);
	FAILS(ret, ATTACH_REFUSED, EINVAL);
	failure = harness_failure(ret);
	ck_assert_uint_eq(failure.op, IOMMUFD_OP_DEVICE_ATTACH);
	ck_assert_uint_eq(failure.object_id, iommufd_device_id(device));
	ck_assert_uint_eq(failure.other_id, iommufd_hwpt_id(dirty));
	FAILS(iommufd_device_attach(device, UNUSED_ID, &id), PAGE_TABLE,
	      ENOENT);
	FAILS(iommufd_device_attach(device, 0, &id), PAGE_TABLE, ENOENT);
	FAILS(iommufd_device_attach(device, iommufd_device_id(device), &id),
	      ATTACH_REFUSED, EINVAL);
	FAILS(iommufd_device_attach(NULL, own, &id), NULL_POINTER, EINVAL);
	FAILS(iommufd_device_detach(NULL), NULL_POINTER, EINVAL);
	ck_assert_uint_eq(id, 7);
	FAILS(iommufd_hwpt_destroy(plain), IN_USE, EBUSY);
	iommufd_device_close(device);
	OK(iommufd_hwpt_destroy(plain));
	OK(iommufd_hwpt_destroy(dirty));
	fixture_end(&f);
}
END_TEST

/* The target's mappings are entered before the device moves. */
START_TEST(a_target_with_bad_memory)
{
	struct iommufd_ioas *bad = ioas_new();

	map_at(bad, memory, PAGE, MOCK_FIRST);
	map_at(bad, NULL, PAGE, MOCK_FIRST + PAGE);
	FAILS(iommufd_device_attach(f.device, iommufd_ioas_id(bad), NULL),
	      EARLIER_MAPPING, EFAULT);
	OK(iommufd_mock_check_refs(f.ctx, memory, PAGE, 0));
	map_at(f.ioas, memory, PAGE, MOCK_FIRST);
	OK(iommufd_mock_check_map(f.ctx, f.hwpt_id, memory, PAGE, MOCK_FIRST));
	OK(iommufd_ioas_destroy(bad));
	fixture_end(&f);
}
END_TEST

START_TEST(a_target_that_is_not_free)
{
	struct iommufd_ioas *bad = ioas_new();

	map_at(bad, memory, PAGE, 0);
	FAILS(iommufd_device_attach(f.device, iommufd_ioas_id(bad), NULL),
	      ATTACH_CONFLICT, EADDRINUSE);
	check_range(bad, 0, UINT64_MAX, 1);
	OK(iommufd_ioas_destroy(bad));
	fixture_end(&f);
}
END_TEST

/* A page table with a fault queue, which a raw command makes. */
START_TEST(page_faults)
{
	uint32_t queue[4] = { sizeof(queue), 0, 0, 0 };
	struct iommufd_hwpt_alloc_opts opts = {
		.size = sizeof(opts), .flags = IOMMUFD_HWPT_FAULT_ID_VALID
	};
	uint32_t ioas_id = iommufd_ioas_id(f.ioas);
	struct iommufd_hwpt *hwpt = NULL;

	OK(iommufd_ctx_ioctl(f.ctx, IOMMUFD_NR_FAULT_QUEUE_ALLOC, queue, NULL));
	opts.fault_id = queue[2];
	if (harness_has(f.ctx, IOMMUFD_NR_VIOMMU_ALLOC)) {
		OK(iommufd_hwpt_alloc(f.device, ioas_id, &opts, &hwpt));
		OK(iommufd_device_attach(f.device, iommufd_hwpt_id(hwpt),
					 NULL));
		OK(iommufd_device_attach(f.device, ioas_id, NULL));
		close((int)queue[3]);
		FAILS(iommufd_ctx_destroy_id(f.ctx, queue[2]), IN_USE, EBUSY);
		OK(iommufd_hwpt_destroy(hwpt));
	} else {
		FAILS(iommufd_hwpt_alloc(f.device, ioas_id, &opts, &hwpt),
		      FEATURE, EOPNOTSUPP);
		close((int)queue[3]);
	}
	OK(iommufd_ctx_destroy_id(f.ctx, queue[2]));
	fixture_end(&f);
}
END_TEST

/* Devices can be born on a page table of one's own. */
START_TEST(born_on_a_page_table)
{
	struct iommufd_hwpt *hwpt = hwpt_new(f.ioas, 0);
	struct iommufd_device *device = NULL;
	uint32_t id = 0;

	OK(iommufd_mock_device_new(f.ctx, iommufd_hwpt_id(hwpt), 0, &id,
				   &device));
	ck_assert_uint_eq(id, iommufd_hwpt_id(hwpt));
	FAILS(iommufd_hwpt_destroy(hwpt), IN_USE, EBUSY);
	iommufd_device_close(device);
	OK(iommufd_hwpt_destroy(hwpt));
	FAILS(iommufd_mock_device_new(f.ctx, UNUSED_ID, 0, &id, &device),
	      OBJECT, ENOENT);
	fixture_end(&f);
}
END_TEST

static const TTest **const attaching[] = {
	&getters,
	&from_nothing,
	&replace_the_address_space,
	&replace_page_tables,
	&the_kernels_own_is_found_again,
	&refused_replacements_change_nothing,
	&a_target_with_bad_memory,
	&a_target_that_is_not_free,
	&page_faults,
	&born_on_a_page_table,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "attach", .setup = setup, .tests = attaching },
	};

	return harness_run("device", cases, 1);
}
