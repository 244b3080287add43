/* SPDX-License-Identifier: MIT */
/* What a device's IOMMU is. */
#include <string.h>

#include "fixture.h"
#include "harness.h"

static struct fixture f;

static void setup(void)
{
	fixture_device(&f);
}

static struct iommufd_hw_info info_new(void)
{
	return (struct iommufd_hw_info){ .size = sizeof(struct iommufd_hw_info),
					 .type = 7 };
}

START_TEST(hw_info)
{
	struct {
		struct iommufd_mock_hw_info mock;
		uint32_t tail[2];
	} data;
	struct iommufd_hw_info info = info_new();

	memset(&data, 0xa5, sizeof(data));
	OK(iommufd_device_get_hw_info(f.device, IOMMUFD_HW_INFO_DEFAULT, &data,
				      sizeof(data), &info));
	ck_assert_uint_eq(info.size, sizeof(info));
	ck_assert_uint_eq(info.type, IOMMUFD_MOCK_HW_INFO);
	ck_assert_uint_eq(info.data_length, sizeof(data.mock));
	ck_assert_uint_eq(info.capabilities & IOMMUFD_HW_CAP_DIRTY_TRACKING, 1);
	ck_assert_uint_eq(info.max_pasid_log2, 0);
	ck_assert_uint_eq(info.reserved, 0);
	ck_assert_uint_eq(data.mock.flags, 0);
	ck_assert_uint_eq(data.mock.test_reg, IOMMUFD_MOCK_HW_INFO_REG);
	ck_assert_uint_eq(data.tail[0] | data.tail[1], 0);
	ck_assert_uint_eq(
		info.valid &
			(IOMMUFD_HW_VALID_TYPE | IOMMUFD_HW_VALID_CAPABILITIES),
		IOMMUFD_HW_VALID_TYPE | IOMMUFD_HW_VALID_CAPABILITIES);
	fixture_end(&f);
}
END_TEST

/* A short buffer is cut, none is fine, and the needed length is told. */
START_TEST(hw_info_in_short_buffers)
{
	for (uint32_t room = 0; room < 8; room++) {
		struct iommufd_hw_info info = info_new();
		unsigned char data[9];

		memset(data, 0xa5, sizeof(data));
		OK(iommufd_device_get_hw_info(f.device, IOMMUFD_HW_INFO_DEFAULT,
					      room ? data : NULL, room, &info));
		ck_assert_uint_eq(info.data_length, 8);
		for (uint32_t i = 0; i < room && i < 4; i++)
			ck_assert_uint_eq(data[i], 0);
		for (uint32_t i = room; i < sizeof(data); i++)
			ck_assert_uint_eq(data[i], 0xa5);
	}
	fixture_end(&f);
}
END_TEST

START_TEST(hw_info_of_other_devices)
{
	struct iommufd_hw_info info = info_new();
	struct iommufd_device *device = NULL;

	OK(iommufd_mock_device_new(f.ctx, iommufd_ioas_id(f.ioas),
				   IOMMUFD_MOCK_DEVICE_NO_DIRTY, NULL,
				   &device));
	OK(iommufd_device_get_hw_info(device, IOMMUFD_HW_INFO_DEFAULT, NULL, 0,
				      &info));
	ck_assert_uint_eq(info.capabilities & IOMMUFD_HW_CAP_DIRTY_TRACKING, 0);
	iommufd_device_close(device);
	if (harness_has(f.ctx, IOMMUFD_NR_VEVENTQ_ALLOC)) {
		OK(iommufd_mock_device_new(f.ctx, iommufd_ioas_id(f.ioas),
					   IOMMUFD_MOCK_DEVICE_PASID, NULL,
					   &device));
		OK(iommufd_device_get_hw_info(device, IOMMUFD_HW_INFO_DEFAULT,
					      NULL, 0, &info));
		ck_assert_uint_eq(info.max_pasid_log2, IOMMUFD_MOCK_PASID_BITS);
		ck_assert_uint_ne(info.valid & IOMMUFD_HW_VALID_MAX_PASID, 0);
		iommufd_device_close(device);
	}
	fixture_end(&f);
}
END_TEST

START_TEST(hw_info_of_a_type)
{
	struct iommufd_hw_info info = info_new();
	int ret;

	ret = iommufd_device_get_hw_info(f.device, IOMMUFD_HW_INFO_INTEL_VTD,
					 NULL, 0, &info);
	FAILS(ret, FEATURE, EOPNOTSUPP);
	ck_assert_uint_eq(harness_failure(ret).arg, IOMMUFD_HW_INFO_INTEL_VTD);
	ck_assert_uint_eq(info.type, 7);
	if (harness_has(f.ctx, IOMMUFD_NR_HW_QUEUE_ALLOC))
		OK(iommufd_device_get_hw_info(f.device, IOMMUFD_MOCK_HW_INFO,
					      NULL, 0, &info));
	else
		FAILS(iommufd_device_get_hw_info(f.device, IOMMUFD_MOCK_HW_INFO,
						 NULL, 0, &info),
		      FEATURE, EOPNOTSUPP);
	fixture_end(&f);
}
END_TEST

START_TEST(hw_info_fails)
{
	struct iommufd_hw_info info = info_new();
	uint32_t id = iommufd_mock_device_object_id(f.device);
	uint64_t data = 0;

	FAILS(iommufd_device_get_hw_info(NULL, 0, &data, 8, &info),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_device_get_hw_info(f.device, 0, NULL, 8, &info),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_device_get_hw_info(f.device, 0, &data, 8, NULL),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_device_get_hw_info(f.device, 0, (void *)8, 8, &info),
	      BAD_BUFFER, EFAULT);
	OK(iommufd_ctx_destroy_id(f.ctx, id));
	FAILS(iommufd_device_get_hw_info(f.device, 0, &data, 8, &info),
	      NOT_PHYSICAL, ENOENT);
	ck_assert_uint_eq(info.type, 7);
	fixture_end(&f);
}
END_TEST

START_TEST(hw_info_of_other_makers)
{
	struct iommufd_hw_vtd_info vtd = { .size = sizeof(vtd), .flags = 7 };
	struct iommufd_hw_arm_smmuv3_info arm = { .size = sizeof(arm) };
	struct iommufd_hw_amd_info amd = { .size = sizeof(amd) };
	struct iommufd_hw_tegra241_cmdqv_info tegra = { .size = sizeof(tegra) };

	FAILS(iommufd_device_get_hw_info_vtd(f.device, &vtd), FEATURE,
	      EOPNOTSUPP);
	FAILS(iommufd_device_get_hw_info_arm_smmuv3(f.device, &arm), FEATURE,
	      EOPNOTSUPP);
	FAILS(iommufd_device_get_hw_info_amd(f.device, &amd), FEATURE,
	      EOPNOTSUPP);
	FAILS(iommufd_device_get_hw_info_tegra241_cmdqv(f.device, &tegra),
	      FEATURE, EOPNOTSUPP);
	ck_assert_uint_eq(vtd.flags, 7);
	FAILS(iommufd_device_get_hw_info_vtd(NULL, &vtd), NULL_POINTER, EINVAL);
	FAILS(iommufd_device_get_hw_info_vtd(f.device, NULL), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_device_get_hw_info_arm_smmuv3(NULL, &arm), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_device_get_hw_info_amd(NULL, &amd), NULL_POINTER, EINVAL);
	FAILS(iommufd_device_get_hw_info_tegra241_cmdqv(NULL, &tegra),
	      NULL_POINTER, EINVAL);
	fixture_end(&f);
}
END_TEST

static const TTest **const information[] = {
	&hw_info,
	&hw_info_in_short_buffers,
	&hw_info_of_other_devices,
	&hw_info_of_a_type,
	&hw_info_fails,
	&hw_info_of_other_makers,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "hw_info", .setup = setup, .tests = information },
	};

	return harness_run("hw_info", cases, 1);
}
