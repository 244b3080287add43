/* SPDX-License-Identifier: MIT */
/*
 * Nested translation with the kernel replaced: each request fails once, and each
 * allocation. What was in force stays or is restored, nothing is lost, and the
 * failure that is reported is the first one.
 */
#include <endian.h>
#include <string.h>

#include "counter_alloc.h"
#include "fakeiommufd_ioctl.h"
#include "harness.h"
#include "vtd.h"

static struct vtd v; /* also holds an SMMUv3 */
static uint32_t hardware;
static struct vtd_entry entry; /* made beforehand: Check allocates */

static void use_smmuv3(void)
{
	hardware = IOMMUFD_HW_INFO_ARM_SMMUV3;
}

static void use_vtd(void)
{
	hardware = IOMMUFD_HW_INFO_INTEL_VTD;
}

static void prepare(void)
{
	vtd_prepare(&v);
	fake.hw_type = hardware;
	fake.hw_length = 40;
	fake.hw_data[0] = 0;
	entry = vtd_entry(3, 0x1000);
}

static int is_smmuv3(void)
{
	return hardware == IOMMUFD_HW_INFO_ARM_SMMUV3;
}

static int make_nesting(void)
{
	const struct iommufd_nesting_opts opts = {
		.size = sizeof(opts),
		.flags = IOMMUFD_NESTING_FAULTS |
			 (is_smmuv3() ? IOMMUFD_NESTING_EVENTS : 0),
		.parent_flags = IOMMUFD_HWPT_PASID,
	};

	return iommufd_nesting_new(v.device, v.ioas, &opts, &v.nesting);
}

static int make_device(void)
{
	return iommufd_nested_device_new(v.nesting, v.device, NULL, &v.nested);
}

/* As the guest's entry says it. */
static int translate(void)
{
	const uint64_t ste[2] = { htole64(0xb), 0 };

	if (is_smmuv3())
		return iommufd_nested_device_set_ste(v.nested, ste);
	return iommufd_nested_device_set_pasid_entry(v.nested, 0, entry.words);
}

static int translate_pasid(void)
{
	return iommufd_nested_device_set_pasid_entry(v.nested, 9, entry.words);
}

static int bypass(void)
{
	return iommufd_nested_device_bypass(v.nested);
}

static int abort_(void)
{
	return iommufd_nested_device_abort(v.nested);
}

static int end_device(void)
{
	return iommufd_nested_device_destroy(v.nested);
}

static int end_nesting(void)
{
	return iommufd_nesting_destroy(v.nesting);
}

/* ---- making ---------------------------------------------------------------- */

static const uint32_t requests[] = {
	IOMMUFD_NR_GET_HW_INFO,	    IOMMUFD_NR_HWPT_ALLOC,
	IOMMUFD_NR_VIOMMU_ALLOC,    IOMMUFD_NR_VEVENTQ_ALLOC,
	IOMMUFD_NR_VDEVICE_ALLOC,   IOMMUFD_NR_FAULT_QUEUE_ALLOC,
	IOMMUFD_NR_IOAS_ALLOC,	    IOMMUFD_NR_DESTROY,
	IOMMUFD_NR_HWPT_INVALIDATE, UAPI_VFIO_ATTACH,
	UAPI_VFIO_DETACH,
};

#define REQUESTS (sizeof(requests) / sizeof(requests[0]))

/* How often a call makes such a request, when it is not disturbed. */
static uint32_t times(uint32_t nr, int (*call)(void))
{
	fake_forget();
	OK(call());
	return fake_asked(nr);
}

/* Failing to make it leaves nothing. */
static void check_making(int (*make)(void), int (*end)(void))
{
	const uint32_t before = fake_alive();
	unsigned int objects = 0;

	for (size_t i = 0; i < REQUESTS; i++) {
		const uint32_t count = times(requests[i], make);

		OK(end());
		for (uint32_t n = 1; n <= count; n++) {
			int ret;

			fake_fail(requests[i], n, ENOMEM);
			ret = make();
			ck_assert_int_lt(ret, 0);
			ck_assert_int_eq(iommufd_errno(ret), ENOMEM);
			(void)harness_failure(ret);
			ck_assert_uint_eq(fake_alive(), before);
		}
	}
	for (unsigned int n = 1;; n++) {
		int ret;

		counter_alloc_fail(n);
		ret = make();
		counter_alloc_fail(0);
		ck_assert_uint_lt(n, 20);
		if (!ret)
			break;
		FAILS(ret, NO_MEMORY, ENOMEM);
		ck_assert_uint_eq(fake_alive(), before);
		objects++;
	}
	ck_assert_uint_gt(objects, 0);
	OK(end());
}

START_TEST(making)
{
	prepare();
	check_making(make_nesting, end_nesting);
	OK(make_nesting());
	check_making(make_device, end_device);
	OK(make_device());
	vtd_end(&v);
}
END_TEST

/* What cannot be undone either lives on; its handles are gone all the same. */
START_TEST(undoing_fails)
{
	int ret;

	prepare();
	fake_fail(IOMMUFD_NR_FAULT_QUEUE_ALLOC, 1, EMFILE);
	fake_fail(IOMMUFD_NR_DESTROY, 1, EBUSY);
	ret = make_nesting();
	FAILS(ret, DESCRIPTORS, EMFILE);
	ck_assert_uint_eq(harness_failure(ret).op,
			  IOMMUFD_OP_FAULT_QUEUE_ALLOC);
	ck_assert_uint_gt(fake_alive(), 1);
	for (uint32_t id = 4; id > 1; id--)
		if (fake.objects[id].nr)
			OK(iommufd_ctx_destroy_id(v.ctx, id));
	if (!is_smmuv3()) {
		fake_end(v.ctx, v.ioas, v.device);
		return;
	}
	OK(make_nesting());
	fake_fail(IOMMUFD_NR_HWPT_ALLOC, 2, EIO);
	fake_fail(IOMMUFD_NR_DESTROY, 1, EBUSY);
	ret = make_device();
	FAILS(ret, PAGE_TABLE_DATA, EIO);
	/* The table for abort, and the vDevice. */
	OK(iommufd_ctx_destroy_id(v.ctx, 8));
	OK(iommufd_ctx_destroy_id(v.ctx, 6));
	v.nested = NULL;
	vtd_end(&v);
}
END_TEST

/* ---- switching ------------------------------------------------------------- */

static uint32_t alive, state, table, attached;

static void remember(void)
{
	alive = fake_alive();
	state = iommufd_nested_device_state(v.nested);
	table = iommufd_nested_device_page_table(v.nested);
	attached = fake_attached(v.device, 0);
}

static void check_as_before(void)
{
	ck_assert_uint_eq(fake_alive(), alive);
	ck_assert_uint_eq(iommufd_nested_device_state(v.nested), state);
	ck_assert_uint_eq(iommufd_nested_device_page_table(v.nested), table);
	ck_assert_uint_eq(fake_attached(v.device, 0), attached);
}

static void check_books(void)
{
	ck_assert_uint_eq(fake_attached(v.device, 0),
			  iommufd_nested_device_page_table(v.nested));
}

/* From a state into another, with one request failing. */
static void check_switch(int (*from)(void), int (*to)(void))
{
	OK(from());
	for (size_t i = 0; i < REQUESTS; i++) {
		uint32_t count;

		/* What cannot be destroyed is another matter. */
		if (requests[i] == IOMMUFD_NR_DESTROY)
			continue;
		count = times(requests[i], to);
		OK(from());
		for (uint32_t n = 1; n <= count; n++) {
			remember();
			fake_fail(requests[i], n, EINVAL);
			ck_assert_int_lt(to(), 0);
			check_as_before();
			/* It can be tried again. */
			OK(to());
			check_books();
			OK(from());
		}
	}
	check_books();
}

START_TEST(switching)
{
	int (*const states[])(void) = { abort_, bypass, translate };

	prepare();
	OK(make_nesting());
	OK(make_device());
	for (int from = 0; from < 3; from++)
		for (int to = 0; to < 3; to++)
			check_switch(states[from], states[to]);
	vtd_end(&v);
}
END_TEST

START_TEST(switching_without_memory)
{
	int (*const calls[])(void) = { translate, translate_pasid };

	prepare();
	OK(make_nesting());
	OK(make_device());
	OK(bypass());
	for (int i = 0; i < (is_smmuv3() ? 1 : 2); i++) {
		unsigned int n = 0;
		int ret = -1;

		while (ret) {
			remember();
			counter_alloc_fail(++n);
			ret = calls[i]();
			counter_alloc_fail(0);
			if (!ret)
				break;
			FAILS(ret, NO_MEMORY, ENOMEM);
			check_as_before();
		}
		/* The table, its handle, and for a PASID one thing more. */
		ck_assert_uint_eq(n, i ? 4 : 3);
	}
	vtd_end(&v);
}
END_TEST

/* ---- old tables that cannot be destroyed ----------------------------------- */

START_TEST(old_table_is_not_lost)
{
	uint32_t before;

	prepare();
	OK(make_nesting());
	OK(make_device());
	before = fake_alive();
	OK(translate());
	/* Twice it resists; then both go. */
	fake_fail(IOMMUFD_NR_DESTROY, 1, EBUSY);
	OK(translate());
	ck_assert_uint_eq(fake_alive(), before + 2);
	fake_fail(IOMMUFD_NR_DESTROY, 1, EBUSY);
	fake_fail(IOMMUFD_NR_DESTROY, 2, EBUSY);
	OK(translate());
	ck_assert_uint_eq(fake_alive(), before + 3);
	OK(bypass());
	ck_assert_uint_eq(fake_alive(), before);
	vtd_end(&v);
}
END_TEST

/* A new table that is refused, and cannot be destroyed just then. */
START_TEST(refused_table_is_not_lost)
{
	uint32_t before;
	int ret;

	prepare();
	OK(make_nesting());
	OK(make_device());
	OK(translate());
	before = fake_alive();
	/* ENOENT: refused before the driver was asked. */
	fake_fail(UAPI_VFIO_ATTACH, 1, ENOENT);
	fake_fail(IOMMUFD_NR_DESTROY, 1, EBUSY);
	ret = translate();
	FAILS(ret, PAGE_TABLE, ENOENT);
	ck_assert_uint_eq(harness_failure(ret).op, IOMMUFD_OP_DEVICE_ATTACH);
	ck_assert_uint_eq(fake_alive(), before + 1);
	OK(translate());
	ck_assert_uint_eq(fake_alive(), before);
	vtd_end(&v);
}
END_TEST

/* One end that is refused: it can be repeated. The result is whether it was. */
static int end_at_last(int (*end)(void))
{
	if (!end())
		return 0;
	OK(end());
	return 1;
}

START_TEST(end_is_repeated)
{
	uint32_t before;
	int refused = 0;

	prepare();
	before = fake_alive();
	for (uint32_t n = 1; n < 12; n++) {
		OK(make_nesting());
		OK(make_device());
		OK(translate());
		fake_fail(IOMMUFD_NR_DESTROY, 1, EBUSY);
		OK(translate());
		fake_fail(IOMMUFD_NR_DESTROY, n, EBUSY);
		refused += end_at_last(end_device) + end_at_last(end_nesting);
		memset(fake.failures, 0, sizeof(fake.failures));
		ck_assert_uint_eq(fake_alive(), before);
	}
	/* Of its own tables the first attempt is repeated at once. */
	ck_assert_int_eq(refused, is_smmuv3() ? 7 : 2);
	fake_end(v.ctx, v.ioas, v.device);
}
END_TEST

/* What others have destroyed counts as ended. */
START_TEST(destroyed_by_others)
{
	prepare();
	OK(make_nesting());
	OK(make_device());
	OK(bypass());
	OK(iommufd_device_detach(v.device));
	for (uint32_t id = FAKE_OBJECTS - 1; id > 1; id--)
		fake.objects[id].nr = 0;
	OK(end_device());
	OK(end_nesting());
	fake_end(v.ctx, v.ioas, v.device);
}
END_TEST

static const TTest **const both_tests[] = {
	&making,
	&undoing_fails,
	&switching,
	&switching_without_memory,
	&old_table_is_not_lost,
	&refused_table_is_not_lost,
	&end_is_repeated,
	&destroyed_by_others,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "smmuv3", .setup = use_smmuv3, .tests = both_tests },
		{ .name = "vtd", .setup = use_vtd, .tests = both_tests },
	};

	return harness_run("nesting_undo", cases, 2);
}
