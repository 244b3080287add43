/* SPDX-License-Identifier: MIT */
/* vDevices: making, ending, the device that goes first, and what needs them. */
#include "harness.h"
#include "nesting.h"

/* A second device beside the fixture's. */
static struct iommufd_device *device_new(void)
{
	struct iommufd_device *device = NULL;

	OK(iommufd_mock_device_new(nest.f.ctx, iommufd_ioas_id(nest.f.ioas), 0,
				   NULL, &device));
	return device;
}

static struct iommufd_viommu *viommu_new(void)
{
	struct iommufd_viommu *viommu = NULL;

	OK(iommufd_viommu_alloc(nest.f.device, nest.parent, IOMMUFD_MOCK_VIOMMU,
				NULL, &viommu));
	return viommu;
}

static int alloc(struct iommufd_viommu *viommu, struct iommufd_device *device,
		 uint64_t virt_id)
{
	struct iommufd_vdevice *vdevice = (void *)1;
	int ret = iommufd_vdevice_alloc(viommu, device, virt_id, &vdevice);

	if (ret)
		ck_assert_ptr_eq(vdevice, (void *)1);
	else
		OK(iommufd_vdevice_destroy(vdevice));
	return ret;
}

START_TEST(made_and_ended)
{
	struct iommufd_vdevice *vdevice;
	uint32_t id;

	if (!nesting_viommu())
		return;
	id = next_id(nest.f.ctx);
	vdevice = vdevice_new(nest.f.device, 0x99);
	ck_assert_uint_eq(iommufd_vdevice_id(vdevice), id);
	ck_assert_ptr_eq(iommufd_vdevice_ctx(vdevice), nest.f.ctx);
	FAILS(iommufd_viommu_destroy(nest.viommu), IN_USE, EBUSY);
	FAILS(iommufd_hwpt_destroy(nest.parent), IN_USE, EBUSY);
	OK(iommufd_vdevice_destroy(vdevice));
	ck_assert_uint_eq(next_id(nest.f.ctx), id);
	/* Any number will do; both can be used again. */
	OK(alloc(nest.viommu, nest.f.device, 0));
	OK(alloc(nest.viommu, nest.f.device, UINT64_MAX));
	OK(alloc(nest.viommu, nest.f.device, 0x99));
	OK(iommufd_vdevice_destroy(NULL));
	iommufd_vdevice_release(NULL);
	ck_assert_uint_eq(iommufd_vdevice_id(NULL), 0);
	ck_assert_ptr_null(iommufd_vdevice_ctx(NULL));
	nesting_end();
}
END_TEST

/* One per device wherever, and one of an id per vIOMMU. */
START_TEST(only_one)
{
	struct iommufd_device *second = device_new();
	struct iommufd_vdevice *vdevice;
	struct iommufd_viommu *viommu;
	struct iommufd_failure failure;
	int ret;

	if (!harness_has(nest.f.ctx, IOMMUFD_NR_VIOMMU_ALLOC))
		iommufd_device_close(second);
	if (!nesting_viommu())
		return;
	viommu = viommu_new();
	vdevice = vdevice_new(nest.f.device, 5);
	ret = alloc(nest.viommu, nest.f.device, 6);
	FAILS(ret, VDEVICE_EXISTS, EEXIST);
	failure = harness_failure(ret);
	ck_assert_uint_eq(failure.op, IOMMUFD_OP_VDEVICE_ALLOC);
	ck_assert_uint_eq(failure.object_id, iommufd_device_id(nest.f.device));
	ck_assert_uint_eq(failure.other_id, iommufd_viommu_id(nest.viommu));
	ck_assert_uint_eq(failure.arg, 6);
	FAILS(alloc(nest.viommu, nest.f.device, 5), VDEVICE_EXISTS, EEXIST);
	FAILS(alloc(viommu, nest.f.device, 5), VDEVICE_EXISTS, EEXIST);
	FAILS(alloc(nest.viommu, second, 5), VDEVICE_EXISTS, EEXIST);
	OK(alloc(nest.viommu, second, 6));
	OK(alloc(viommu, second, 5));
	/* The first one is as it was. */
	OK(iommufd_vdevice_destroy(vdevice));
	OK(alloc(viommu, nest.f.device, 5));
	OK(iommufd_viommu_destroy(viommu));
	iommufd_device_close(second);
	nesting_end();
}
END_TEST

/* @id stands for a vIOMMU. */
static int alloc_in(uint32_t id)
{
	struct iommufd_viommu *viommu = NULL;
	int ret;

	OK(iommufd_viommu_adopt(nest.f.ctx, id, 0, &viommu));
	ret = alloc(viommu, nest.f.device, 1);
	iommufd_viommu_release(viommu);
	return ret;
}

START_TEST(what_is_gone)
{
	const int known = harness_has(nest.f.ctx, IOMMUFD_NR_VDEVICE_ALLOC);
	int ret = alloc_in(UNUSED_ID);

	if (known)
		FAILS(ret, VIOMMU_OR_DEVICE, ENOENT);
	else
		FAILS(ret, COMMAND, ENOTTY);
	if (!nesting_viommu())
		return;
	FAILS(alloc_in(iommufd_hwpt_id(nest.parent)), VIOMMU_OR_DEVICE, ENOENT);
	OK(iommufd_ctx_destroy_id(
		nest.f.ctx, iommufd_mock_device_object_id(nest.f.device)));
	FAILS(alloc(nest.viommu, nest.f.device, 1), VIOMMU_OR_DEVICE, ENOENT);
	nesting_end();
}
END_TEST

START_TEST(refused_by_the_library)
{
	struct iommufd_viommu *viommu = NULL;
	struct fixture other;

	OK(iommufd_viommu_adopt(nest.f.ctx, UNUSED_ID, 0, &viommu));
	FAILS(alloc(NULL, nest.f.device, 1), NULL_POINTER, EINVAL);
	FAILS(alloc(viommu, NULL, 1), NULL_POINTER, EINVAL);
	FAILS(iommufd_vdevice_alloc(viommu, nest.f.device, 1, NULL),
	      NULL_POINTER, EINVAL);
	fixture_device(&other);
	FAILS(alloc(viommu, other.device, 1), OTHER_CONTEXT, EXDEV);
	fixture_end(&other);
	iommufd_viommu_release(viommu);
	nesting_end();
}
END_TEST

START_TEST(adopted)
{
	struct iommufd_vdevice *vdevice = (void *)1, *owned;
	uint32_t id;

	FAILS(iommufd_vdevice_adopt(NULL, 1, 0, &vdevice), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_vdevice_adopt(nest.f.ctx, 1, 0, NULL), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_vdevice_adopt(nest.f.ctx, 1, IOMMUFD_ADOPT_VERIFY,
				    &vdevice),
	      BAD_FLAGS, EINVAL);
	FAILS(iommufd_vdevice_adopt(nest.f.ctx, 0, 0, &vdevice), BAD_ID,
	      EINVAL);
	ck_assert_ptr_eq(vdevice, (void *)1);
	if (!nesting_viommu())
		return;
	owned = vdevice_new(nest.f.device, 1);
	id = iommufd_vdevice_id(owned);
	OK(iommufd_vdevice_adopt(nest.f.ctx, id, 0, &vdevice));
	FAILS(iommufd_vdevice_destroy(vdevice), BORROWED, EPERM);
	iommufd_vdevice_release(vdevice);
	iommufd_vdevice_release(owned);
	FAILS(iommufd_viommu_destroy(nest.viommu), IN_USE, EBUSY);
	OK(iommufd_vdevice_adopt(nest.f.ctx, id, IOMMUFD_ADOPT_OWNED, &owned));
	OK(iommufd_vdevice_destroy(owned));
	nesting_end();
}
END_TEST

/* Its number is lost for ever: nothing else gets it while others come and go. */
static void check_lost(uint32_t id)
{
	enum { MANY = 32 };
	struct iommufd_ioas *ioas[MANY];

	for (int i = 0; i < MANY; i++) {
		OK(iommufd_ioas_alloc(nest.f.ctx, 0, &ioas[i]));
		ck_assert_uint_ne(iommufd_ioas_id(ioas[i]), id);
	}
	ck_assert_uint_gt(iommufd_ioas_id(ioas[MANY - 1]), id);
	for (int i = 0; i < MANY; i++)
		OK(iommufd_ioas_destroy(ioas[i]));
}

START_TEST(the_device_goes_first)
{
	struct iommufd_vdevice *vdevice, *again;
	struct iommufd_device *device;
	uint32_t id;

	if (!nesting_viommu())
		return;
	device = device_new();
	vdevice = vdevice_new(device, 5);
	id = iommufd_vdevice_id(vdevice);
	iommufd_device_close(device);
	FAILS(iommufd_vdevice_destroy(vdevice), OBJECT, ENOENT);
	FAILS(iommufd_ctx_destroy_id(nest.f.ctx, id), OBJECT, ENOENT);
	ck_assert_uint_eq(iommufd_vdevice_id(vdevice), id);
	check_lost(id);
	/* What it was called in the guest is free again. */
	again = vdevice_new(nest.f.device, 5);
	ck_assert_uint_ne(iommufd_vdevice_id(again), id);
	OK(iommufd_vdevice_destroy(again));
	iommufd_vdevice_release(vdevice);
	/* It does not keep the vIOMMU. */
	OK(iommufd_viommu_destroy(nest.viommu));
	nest.viommu = NULL;
	check_lost(id);
	nesting_end();
}
END_TEST

/* In the other order nothing is lost. */
START_TEST(the_vdevice_goes_first)
{
	struct iommufd_vdevice *vdevice;
	struct iommufd_device *device;
	uint32_t id;

	if (!nesting_viommu())
		return;
	id = next_id(nest.f.ctx);
	device = device_new();
	vdevice = vdevice_new(device, 5);
	OK(iommufd_vdevice_destroy(vdevice));
	iommufd_device_close(device);
	ck_assert_uint_eq(next_id(nest.f.ctx), id);
	for (uint32_t i = 0; i < 4; i++) {
		device = device_new();
		OK(alloc(nest.viommu, device, 5));
		iommufd_device_close(device);
	}
	ck_assert_uint_eq(next_id(nest.f.ctx), id);
	nesting_end();
}
END_TEST

/* A device is attached to a guest's table only where it has a vDevice. */
START_TEST(attaching)
{
	struct iommufd_viommu *viommu;
	struct iommufd_vdevice *vdevice;
	struct iommufd_hwpt *hwpt;
	uint32_t id, in_force = 0;

	if (!nesting_viommu())
		return;
	viommu = viommu_new();
	hwpt = nested_new(iommufd_viommu_id(nest.viommu));
	id = iommufd_hwpt_id(hwpt);
	OK(iommufd_vdevice_alloc(viommu, nest.f.device, 1, &vdevice));
	FAILS(iommufd_device_attach(nest.f.device, id, NULL), PAGE_TABLE,
	      ENOENT);
	OK(iommufd_vdevice_destroy(vdevice));
	OK(iommufd_viommu_destroy(viommu));
	vdevice = vdevice_new(nest.f.device, 1);
	OK(iommufd_device_attach(nest.f.device, id, &in_force));
	ck_assert_uint_eq(in_force, id);
	FAILS(iommufd_hwpt_destroy(hwpt), IN_USE, EBUSY);
	FAILS(iommufd_viommu_destroy(nest.viommu), IN_USE, EBUSY);
	/* Nothing keeps the vDevice. */
	OK(iommufd_vdevice_destroy(vdevice));
	FAILS(iommufd_hwpt_destroy(hwpt), IN_USE, EBUSY);
	device_home();
	OK(iommufd_hwpt_destroy(hwpt));
	nesting_end();
}
END_TEST

START_TEST(page_faults)
{
	struct iommufd_vdevice *vdevice;

	if (!nesting_viommu())
		return;
	vdevice = vdevice_new(nest.f.device, 1);
	check_fault_through(iommufd_viommu_id(nest.viommu));
	OK(iommufd_vdevice_destroy(vdevice));
	nesting_end();
}
END_TEST

/* All that stands on a vIOMMU, ended from its top. */
START_TEST(from_the_top)
{
	const struct iommufd_veventq_alloc_opts opts = {
		.size = sizeof(opts), .type = IOMMUFD_MOCK_VEVENTQ, .depth = 2
	};
	struct iommufd_veventq *queue = NULL;
	struct iommufd_vdevice *vdevice;
	struct iommufd_hwpt *hwpt;

	if (!nesting_viommu())
		return;
	OK(iommufd_veventq_alloc(nest.viommu, &opts, &queue));
	hwpt = nested_new(iommufd_viommu_id(nest.viommu));
	vdevice = vdevice_new(nest.f.device, 1);
	OK(iommufd_device_attach(nest.f.device, iommufd_hwpt_id(hwpt), NULL));
	FAILS(iommufd_veventq_destroy(queue), IN_USE, EBUSY);
	FAILS(iommufd_hwpt_destroy(hwpt), IN_USE, EBUSY);
	device_home();
	FAILS(iommufd_viommu_destroy(nest.viommu), IN_USE, EBUSY);
	OK(iommufd_hwpt_destroy(hwpt));
	FAILS(iommufd_viommu_destroy(nest.viommu), IN_USE, EBUSY);
	iommufd_veventq_close_fd(queue);
	OK(iommufd_veventq_destroy(queue));
	FAILS(iommufd_viommu_destroy(nest.viommu), IN_USE, EBUSY);
	OK(iommufd_vdevice_destroy(vdevice));
	FAILS(iommufd_hwpt_destroy(nest.parent), IN_USE, EBUSY);
	nesting_end();
}
END_TEST

static const TTest **const objects[] = {
	&made_and_ended,	 &only_one, &what_is_gone,
	&refused_by_the_library, &adopted,  NULL,
};

static const TTest **const ends[] = {
	&the_device_goes_first, &the_vdevice_goes_first, &attaching,
	&page_faults,		&from_the_top,		 NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "objects", .setup = nesting_setup, .tests = objects },
		{ .name = "ends", .setup = nesting_setup, .tests = ends },
	};

	return harness_run("vdevice", cases, 2);
}
