/* SPDX-License-Identifier: MIT */
/* The mock support itself: what the other tests rely on. */
#include "fixture.h"
#include "harness.h"
#include "private.h"

static struct fixture f;

static void setup(void)
{
	fixture_device(&f);
}

/* A page table of one's own for the fixture's device. */
static struct iommufd_hwpt *hwpt_new(uint32_t parent, uint32_t flags)
{
	struct iommufd_hwpt *hwpt = NULL;

	OK(iommufd_hwpt_alloc(f.device, parent, HWPT_FLAGS(flags), &hwpt));
	return hwpt;
}

/* Operations of Linux 6.15 and later. */
static int has_pasid(void)
{
	return harness_has(f.ctx, IOMMUFD_NR_VEVENTQ_ALLOC);
}

START_TEST(the_command_is_there)
{
	OK(iommufd_ctx_probe(f.ctx, IOMMUFD_MOCK_NR));
	fixture_end(&f);
}
END_TEST

START_TEST(devices_are_born_attached)
{
	struct iommufd_device *other = NULL;
	uint32_t shared = 0;

	ck_assert_uint_ne(f.hwpt_id, 0);
	ck_assert_uint_ne(iommufd_device_id(f.device), 0);
	ck_assert_uint_ne(iommufd_mock_device_object_id(f.device), 0);
	ck_assert_uint_eq(iommufd_mock_device_object_id(NULL), 0);
	ck_assert_ptr_null(iommufd_device_vfio(f.device));
	check_range(f.ioas, MOCK_FIRST, MOCK_LAST, MOCK_PAGE);
	FAILS(iommufd_ioas_destroy(f.ioas), IN_USE, EBUSY);
	FAILS(iommufd_ctx_destroy_id(f.ctx, iommufd_device_id(f.device)),
	      IN_USE, EBUSY);
	OK(iommufd_mock_device_new(f.ctx, iommufd_ioas_id(f.ioas),
				   IOMMUFD_MOCK_DEVICE_NO_DIRTY, &shared,
				   &other));
	ck_assert_uint_eq(shared, f.hwpt_id);
	iommufd_device_close(other);
	fixture_end(&f);
}
END_TEST

/* A table of another release is refused before it is used. */
START_TEST(another_release)
{
	const struct iommufd_private_ops ops = { .size = sizeof(ops) - 8 };
	struct iommufd_device *device = (void *)&f;
	struct iommufd_access *access = (void *)&f;

	FAILS(iommufd_private_device_new(f.ctx, 1, &ops, NULL, &device),
	      OPTS_SIZE, EINVAL);
	FAILS(iommufd_private_access_new(f.ctx, 1, &ops, NULL, &access),
	      OPTS_SIZE, EINVAL);
	ck_assert_ptr_eq(device, &f);
	ck_assert_ptr_eq(access, &f);
	fixture_end(&f);
}
END_TEST

START_TEST(bad_devices)
{
	struct iommufd_device *device = (void *)&f;
	uint32_t id = 77, ioas_id = iommufd_ioas_id(f.ioas);
	struct iommufd_failure failure;
	int ret;

	FAILS(iommufd_mock_device_new(NULL, ioas_id, 0, &id, &device),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_mock_device_new(f.ctx, ioas_id, 0, &id, NULL),
	      NULL_POINTER, EINVAL);
	ret = iommufd_mock_device_new(f.ctx, UNUSED_ID, 0, &id, &device);
	FAILS(ret, OBJECT, ENOENT);
	failure = harness_failure(ret);
	ck_assert_uint_eq(failure.op, IOMMUFD_MOCK_OP + 2);
	ck_assert_uint_eq(failure.object_id, UNUSED_ID);
	FAILS(iommufd_mock_device_new(f.ctx, ioas_id, 1u << 31, &id, &device),
	      UNSPECIFIC, EINVAL);
	ck_assert_ptr_eq(device, &f);
	ck_assert_uint_eq(id, 77);
	fixture_end(&f);
}
END_TEST

START_TEST(devices_move)
{
	struct iommufd_hwpt *hwpt = hwpt_new(iommufd_ioas_id(f.ioas), 0);
	uint32_t id = 0;

	OK(iommufd_device_attach(f.device, iommufd_hwpt_id(hwpt), &id));
	ck_assert_uint_eq(id, iommufd_hwpt_id(hwpt));
	FAILS(iommufd_hwpt_destroy(hwpt), IN_USE, EBUSY);
	FAILS(iommufd_device_detach(f.device), FEATURE, EOPNOTSUPP);
	OK(iommufd_device_attach(f.device, iommufd_ioas_id(f.ioas), &id));
	OK(iommufd_hwpt_destroy(hwpt));
	fixture_end(&f);
}
END_TEST

START_TEST(unplugging)
{
	uint32_t id = iommufd_mock_device_object_id(f.device);

	OK(iommufd_ctx_destroy_id(f.ctx, id));
	FAILS(iommufd_device_attach(f.device, iommufd_ioas_id(f.ioas), NULL),
	      PAGE_TABLE, ENOENT);
	/* The handle's own destroy comes too late, and harms nobody. */
	fixture_end(&f);
}
END_TEST

/* PASIDs 100 and the one that fails, between two page tables. */
static void check_pasids(struct iommufd_device *device, uint32_t a, uint32_t b)
{
	const uint32_t failing = IOMMUFD_MOCK_PASID_FAILING;

	OK(iommufd_mock_device_pasid_check(device, 100, 0));
	FAILS(iommufd_mock_device_pasid_replace(device, 100, a), UNSPECIFIC,
	      EINVAL);
	OK(iommufd_mock_device_pasid_attach(device, 100, a));
	OK(iommufd_mock_device_pasid_check(device, 100, a));
	FAILS(iommufd_mock_device_pasid_check(device, 100, b), UNSPECIFIC,
	      EINVAL);
	FAILS(iommufd_mock_device_pasid_attach(device, 100, b), DEVICE_BUSY,
	      EBUSY);
	OK(iommufd_mock_device_pasid_replace(device, 100, b));
	OK(iommufd_mock_device_pasid_check(device, 100, b));
	OK(iommufd_mock_device_pasid_detach(device, 100));
	OK(iommufd_mock_device_pasid_detach(device, 100));
	OK(iommufd_mock_device_pasid_attach(device, failing, a));
	FAILS(iommufd_mock_device_pasid_replace(device, failing, b), NO_MEMORY,
	      ENOMEM);
	OK(iommufd_mock_device_pasid_check(device, failing, a));
	OK(iommufd_mock_device_pasid_detach(device, failing));
	FAILS(iommufd_mock_device_pasid_attach(device, 1 << 20, a), UNSPECIFIC,
	      EINVAL);
}

START_TEST(pasids)
{
	uint32_t ioas_id = iommufd_ioas_id(f.ioas), rid = 0;
	struct iommufd_hwpt *a, *b;
	struct iommufd_device *device;

	FAILS(iommufd_mock_device_pasid_attach(NULL, 1, 1), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_mock_device_pasid_replace(NULL, 1, 1), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_mock_device_pasid_detach(NULL, 1), NULL_POINTER, EINVAL);
	FAILS(iommufd_mock_device_pasid_check(NULL, 1, 1), NULL_POINTER,
	      EINVAL);
	if (!has_pasid()) {
		FAILS(iommufd_mock_device_pasid_attach(f.device, 1, ioas_id),
		      FEATURE, EOPNOTSUPP);
		FAILS(iommufd_mock_device_pasid_check(f.device, 1, 0), FEATURE,
		      EOPNOTSUPP);
		fixture_end(&f);
		return;
	}
	a = hwpt_new(ioas_id, IOMMUFD_HWPT_PASID);
	b = hwpt_new(ioas_id, IOMMUFD_HWPT_PASID);
	OK(iommufd_mock_device_new(f.ctx, iommufd_hwpt_id(a),
				   IOMMUFD_MOCK_DEVICE_PASID, &rid, &device));
	ck_assert_uint_eq(rid, iommufd_hwpt_id(a));
	FAILS(iommufd_mock_device_pasid_attach(device, 100, ioas_id),
	      UNSPECIFIC, EINVAL);
	FAILS(iommufd_mock_device_pasid_attach(device, 100, UNUSED_ID), OBJECT,
	      ENOENT);
	check_pasids(device, iommufd_hwpt_id(a), iommufd_hwpt_id(b));
	iommufd_device_close(device);
	OK(iommufd_hwpt_destroy(a));
	OK(iommufd_hwpt_destroy(b));
	fixture_end(&f);
}
END_TEST

START_TEST(maps_and_references_are_checked)
{
	char *memory = harness_memory(4 * PAGE);

	map_at(f.ioas, memory, 2 * PAGE, MOCK_FIRST);
	OK(iommufd_mock_check_map(f.ctx, f.hwpt_id, memory, 2 * PAGE,
				  MOCK_FIRST));
	OK(iommufd_mock_check_map(f.ctx, f.hwpt_id, memory + PAGE, PAGE,
				  MOCK_FIRST + PAGE));
	FAILS(iommufd_mock_check_map(f.ctx, f.hwpt_id, memory + PAGE, PAGE,
				     MOCK_FIRST),
	      UNSPECIFIC, EINVAL);
	FAILS(iommufd_mock_check_map(f.ctx, f.hwpt_id, memory, PAGE,
				     MOCK_FIRST + 2 * PAGE),
	      UNSPECIFIC, EINVAL);
	FAILS(iommufd_mock_check_map(f.ctx, UNUSED_ID, memory, PAGE, 0), OBJECT,
	      ENOENT);
	FAILS(iommufd_mock_check_map(NULL, 1, memory, PAGE, 0), NULL_POINTER,
	      EINVAL);
	OK(iommufd_mock_check_refs(f.ctx, memory, 2 * PAGE, 1));
	OK(iommufd_mock_check_refs(f.ctx, memory + 2 * PAGE, 2 * PAGE, 0));
	FAILS(iommufd_mock_check_refs(f.ctx, memory, PAGE, 0), UNSPECIFIC, EIO);
	FAILS(iommufd_mock_check_refs(NULL, memory, PAGE, 0), NULL_POINTER,
	      EINVAL);
	fixture_end(&f);
}
END_TEST

START_TEST(reserved_ranges)
{
	uint32_t id = iommufd_ioas_id(f.ioas), count = 2;
	struct iommufd_iova_range ranges[2] = { 0 };

	OK(iommufd_mock_add_reserved(f.ctx, id, PAGE, MOCK_FIRST + MIB));
	OK(iommufd_ioas_iova_ranges(f.ioas, ranges, &count, NULL));
	ck_assert_uint_eq(count, 2);
	ck_assert_uint_eq(ranges[0].last, MOCK_FIRST + MIB - 1);
	ck_assert_uint_eq(ranges[1].start, MOCK_FIRST + MIB + PAGE);
	map_at(f.ioas, harness_memory(PAGE), PAGE, MOCK_FIRST);
	FAILS(iommufd_mock_add_reserved(f.ctx, id, PAGE, MOCK_FIRST),
	      UNSPECIFIC, EADDRINUSE);
	FAILS(iommufd_mock_add_reserved(f.ctx, id, 0, 0), UNSPECIFIC, EINVAL);
	FAILS(iommufd_mock_add_reserved(f.ctx, id, 2, UINT64_MAX), OVERFLOW,
	      EOVERFLOW);
	FAILS(iommufd_mock_add_reserved(NULL, id, 1, 1), NULL_POINTER, EINVAL);
	fixture_end(&f);
}
END_TEST

START_TEST(nested_iotlb)
{
	const struct iommufd_mock_hwpt_data data = { .iotlb = 0x1234 };
	const struct iommufd_hwpt_alloc_opts opts = {
		.size = sizeof(opts),
		.data_type = IOMMUFD_MOCK_HWPT_DATA,
		.data_len = sizeof(data.iotlb), /* all that 6.12 has */
		.data = &data,
	};
	struct iommufd_hwpt *parent =
		hwpt_new(iommufd_ioas_id(f.ioas), IOMMUFD_HWPT_NEST_PARENT);
	struct iommufd_hwpt *nested = NULL;

	OK(iommufd_hwpt_alloc(f.device, iommufd_hwpt_id(parent), &opts,
			      &nested));
	for (uint32_t i = 0; i < IOMMUFD_MOCK_IOTLB_ENTRIES; i++)
		OK(iommufd_mock_check_iotlb(f.ctx, iommufd_hwpt_id(nested), i,
					    0x1234));
	FAILS(iommufd_mock_check_iotlb(f.ctx, iommufd_hwpt_id(nested), 0, 1),
	      UNSPECIFIC, EINVAL);
	FAILS(iommufd_mock_check_iotlb(f.ctx, iommufd_hwpt_id(parent), 0, 1),
	      OBJECT, ENOENT);
	FAILS(iommufd_mock_check_iotlb(NULL, 1, 0, 1), NULL_POINTER, EINVAL);
	OK(iommufd_hwpt_destroy(nested));
	OK(iommufd_hwpt_destroy(parent));
	fixture_end(&f);
}
END_TEST

START_TEST(device_cache)
{
	FAILS(iommufd_mock_device_check_cache(NULL, 0, 0), NULL_POINTER,
	      EINVAL);
	if (harness_has(f.ctx, IOMMUFD_NR_VIOMMU_ALLOC)) {
		OK(iommufd_mock_device_check_cache(f.device, 0,
						   IOMMUFD_MOCK_CACHE_DEFAULT));
		FAILS(iommufd_mock_device_check_cache(f.device, 0, 0),
		      UNSPECIFIC, EINVAL);
	} else {
		FAILS(iommufd_mock_device_check_cache(f.device, 0, 0), FEATURE,
		      EOPNOTSUPP);
	}
	fixture_end(&f);
}
END_TEST

START_TEST(events_without_a_listener)
{
	const struct iommufd_mock_fault fault = { .group = 1, .address = 2 };

	OK(iommufd_mock_device_trigger_fault(f.device, &fault));
	FAILS(iommufd_mock_device_trigger_fault(f.device, NULL), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_mock_device_trigger_fault(NULL, &fault), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_mock_device_trigger_vevent(NULL), NULL_POINTER, EINVAL);
	if (has_pasid())
		FAILS(iommufd_mock_device_trigger_vevent(f.device), OBJECT,
		      ENOENT);
	else
		FAILS(iommufd_mock_device_trigger_vevent(f.device), FEATURE,
		      EOPNOTSUPP);
	fixture_end(&f);
}
END_TEST

/* IOMMU_HWPT_SET_DIRTY_TRACKING, by way of the raw call. */
static void track(uint32_t hwpt_id, uint32_t on)
{
	uint32_t cmd[4] = { sizeof(cmd), on, hwpt_id, 0 };

	OK(iommufd_ctx_ioctl(f.ctx, IOMMUFD_NR_HWPT_SET_DIRTY_TRACKING, cmd,
			     NULL));
}

START_TEST(dirty_marks)
{
	struct iommufd_hwpt *hwpt =
		hwpt_new(iommufd_ioas_id(f.ioas), IOMMUFD_HWPT_DIRTY_TRACKING);
	uint64_t bits = 5, marked = 0;
	const struct iommufd_mock_dirty pages = { .iova = MOCK_FIRST,
						  .length = 4 * PAGE,
						  .page_size = MOCK_PAGE,
						  .bitmap = &bits };
	uint32_t id = iommufd_hwpt_id(hwpt);

	OK(iommufd_ioas_huge_pages_set(f.ioas, 0));
	map_at(f.ioas, harness_memory(4 * PAGE), 4 * PAGE, MOCK_FIRST);
	FAILS(iommufd_mock_set_dirty(f.ctx, id, &pages, &marked), UNSPECIFIC,
	      EINVAL);
	ck_assert_uint_eq(marked, 0);
	track(id, 1);
	OK(iommufd_mock_set_dirty(f.ctx, id, &pages, &marked));
	ck_assert_uint_eq(marked, 2);
	OK(iommufd_mock_set_dirty(f.ctx, id, &pages, NULL));
	FAILS(iommufd_mock_set_dirty(f.ctx, id, NULL, &marked), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_mock_set_dirty(NULL, id, &pages, &marked), NULL_POINTER,
	      EINVAL);
	OK(iommufd_hwpt_destroy(hwpt));
	fixture_end(&f);
}
END_TEST

START_TEST(temporary_memory)
{
	char *memory = harness_memory(64 * PAGE);

	FAILS(iommufd_mock_set_temp_memory_limit(f.ctx, 11), UNSPECIFIC,
	      EINVAL);
	FAILS(iommufd_mock_set_temp_memory_limit(NULL, 16), NULL_POINTER,
	      EINVAL);
	OK(iommufd_mock_set_temp_memory_limit(f.ctx, 16));
	map_at(f.ioas, memory, 64 * PAGE, MOCK_FIRST);
	OK(iommufd_mock_check_map(f.ctx, f.hwpt_id, memory, 64 * PAGE,
				  MOCK_FIRST));
	OK(iommufd_mock_set_temp_memory_limit(f.ctx, 65536));
	fixture_end(&f);
}
END_TEST

static const TTest **const devices[] = {
	&the_command_is_there,
	&devices_are_born_attached,
	&another_release,
	&bad_devices,
	&devices_move,
	&unplugging,
	&pasids,
	&device_cache,
	&events_without_a_listener,
	NULL,
};

static const TTest **const others[] = {
	&maps_and_references_are_checked,
	&reserved_ranges,
	&nested_iotlb,
	&dirty_marks,
	&temporary_memory,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "devices", .setup = setup, .tests = devices },
		{ .name = "others", .setup = setup, .tests = others },
	};

	return harness_run("mock", cases, 2);
}
