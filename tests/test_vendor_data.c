/* SPDX-License-Identifier: MIT */
/*
 * What the calls for hardware that no test bed has send to the kernel, to the
 * byte. Needs no iommufd.
 */
#include "fakekernel.h"

#define GUEST_TABLE UINT64_C(0x123456789000)

/* A struct as the kernel shall get it, made member by member. */
struct bytes {
	uint32_t length;
	unsigned char at[64];
};

static void put32(struct bytes *bytes, uint32_t value)
{
	memcpy(bytes->at + bytes->length, &value, sizeof(value));
	bytes->length += (uint32_t)sizeof(value);
}

static void put64(struct bytes *bytes, uint64_t value)
{
	memcpy(bytes->at + bytes->length, &value, sizeof(value));
	bytes->length += (uint32_t)sizeof(value);
}

/* Begins with its size, which is filled in when it is compared. */
static struct bytes command(void)
{
	struct bytes bytes = { .length = 4 };

	return bytes;
}

static void check_command(uint32_t nr, struct bytes *expected)
{
	memcpy(expected->at, &expected->length, sizeof(expected->length));
	ck_assert_uint_eq(fake.count, 1);
	ck_assert_int_eq(fake.fd, iommufd_ctx_fd(objects.ctx));
	ck_assert_uint_eq(fake.nr, nr);
	ck_assert_mem_eq(fake.cmd, expected->at, expected->length);
	fake.count = 0;
}

static void check_data(const struct bytes *expected)
{
	ck_assert_uint_eq(fake.data_length, expected->length);
	ck_assert_mem_eq(fake.data, expected->at, expected->length);
}

/* IOMMU_HWPT_ALLOC with data: the shortest struct that takes all of it. */
static void check_hwpt_alloc(uint32_t flags, uint32_t fault_id, uint32_t on,
			     uint32_t type, const struct bytes *data)
{
	struct bytes expected = command();

	put32(&expected, flags);
	put32(&expected, FAKE_DEVICE);
	put32(&expected, on);
	put32(&expected, 0); /* the id comes out */
	put32(&expected, 0);
	put32(&expected, type);
	put32(&expected, data->length);
	/* Where the library has put it nobody knows: what it is counts. */
	put64(&expected, (uintptr_t)fake_pointer(fake.cmd, 32));
	if (fault_id) {
		put32(&expected, fault_id);
		put32(&expected, 0);
	}
	check_command(IOMMUFD_NR_HWPT_ALLOC, &expected);
	check_data(data);
}

static void end_hwpt(struct iommufd_hwpt *hwpt)
{
	struct bytes expected = command();

	ck_assert_uint_eq(iommufd_hwpt_id(hwpt), FAKE_ID);
	put32(&expected, FAKE_ID);
	OK(iommufd_hwpt_destroy(hwpt));
	check_command(IOMMUFD_NR_DESTROY, &expected);
}

START_TEST(vtd_s1)
{
	struct iommufd_hwpt_alloc_vtd_s1_opts vtd = {
		.size = sizeof(vtd),
		.addr_width = 57,
		.vtd_flags = IOMMUFD_VTD_S1_SRE | IOMMUFD_VTD_S1_WPE |
			     UINT64_C(1) << 63,
		.pgtbl_addr = GUEST_TABLE
	};
	struct iommufd_hwpt *hwpt = NULL;
	struct bytes data = { 0 };

	put64(&data, UINT64_C(0x8000000000000005));
	put64(&data, GUEST_TABLE);
	put32(&data, 57);
	put32(&data, 0);
	OK(iommufd_hwpt_alloc_vtd_s1(objects.device, objects.hwpt, &vtd,
				     &hwpt));
	check_hwpt_alloc(0, 0, 11, 1, &data);
	end_hwpt(hwpt);
	vtd.flags = IOMMUFD_HWPT_PASID | IOMMUFD_HWPT_FAULT_ID_VALID;
	vtd.fault_id = 99;
	OK(iommufd_hwpt_alloc_vtd_s1(objects.device, objects.hwpt, &vtd,
				     &hwpt));
	check_hwpt_alloc(12, 99, 11, 1, &data);
	end_hwpt(hwpt);
	fake_end();
}
END_TEST

START_TEST(arm_smmuv3)
{
	struct iommufd_hwpt_alloc_arm_smmuv3_opts smmu = {
		.size = sizeof(smmu),
		.ste = { UINT64_C(0x1122334455667788), UINT64_MAX }
	};
	struct iommufd_hwpt *hwpt = NULL;
	struct bytes data = { 0 };

	put64(&data, UINT64_C(0x1122334455667788));
	put64(&data, UINT64_MAX);
	OK(iommufd_hwpt_alloc_arm_smmuv3(objects.device, objects.viommu, &smmu,
					 &hwpt));
	check_hwpt_alloc(0, 0, 12, 2, &data);
	end_hwpt(hwpt);
	smmu.flags = IOMMUFD_HWPT_FAULT_ID_VALID;
	smmu.fault_id = 1;
	OK(iommufd_hwpt_alloc_arm_smmuv3(objects.device, objects.viommu, &smmu,
					 &hwpt));
	check_hwpt_alloc(4, 1, 12, 2, &data);
	end_hwpt(hwpt);
	fake_end();
}
END_TEST

START_TEST(amd_guest)
{
	struct iommufd_hwpt_alloc_amd_guest_opts amd = {
		.size = sizeof(amd),
		.flags = IOMMUFD_HWPT_PASID,
		.dte = { 1, UINT64_C(2) << 32, 3, UINT64_MAX }
	};
	struct iommufd_hwpt *hwpt = NULL;
	struct bytes data = { 0 };

	put64(&data, 1);
	put64(&data, UINT64_C(2) << 32);
	put64(&data, 3);
	put64(&data, UINT64_MAX);
	OK(iommufd_hwpt_alloc_amd_guest(objects.device, objects.viommu, &amd,
					&hwpt));
	check_hwpt_alloc(8, 0, 12, 3, &data);
	end_hwpt(hwpt);
	fake_end();
}
END_TEST

/* Nothing that is reserved reaches the kernel. */
START_TEST(reserved)
{
	const struct iommufd_hwpt_alloc_arm_smmuv3_opts smmu = {
		.size = sizeof(smmu), .reserved = 1
	};
	const struct iommufd_hwpt_alloc_amd_guest_opts amd = {
		.size = sizeof(amd), .reserved = 1u << 31
	};
	struct iommufd_hwpt *hwpt = NULL;

	FAILS(iommufd_hwpt_alloc_arm_smmuv3(objects.device, objects.viommu,
					    &smmu, &hwpt),
	      OPTS_RESERVED, EINVAL);
	FAILS(iommufd_hwpt_alloc_amd_guest(objects.device, objects.viommu, &amd,
					   &hwpt),
	      OPTS_RESERVED, EINVAL);
	ck_assert_ptr_null(hwpt);
	ck_assert_uint_eq(fake.count, 0);
	fake_end();
}
END_TEST

/* The caller's data as it is, in the place where it is. */
START_TEST(data_of_a_newer_type)
{
	unsigned char data[3] = { 1, 2, 3 };
	const struct iommufd_hwpt_alloc_opts opts = { .size = sizeof(opts),
						      .data_type = 0x55,
						      .data_len = 3,
						      .data = data };
	struct iommufd_hwpt *hwpt = NULL;
	struct bytes expected = { .length = 3, .at = { 1, 2, 3 } };

	OK(iommufd_hwpt_alloc(objects.device, 4, &opts, &hwpt));
	ck_assert_ptr_eq(fake_pointer(fake.cmd, 32), data);
	check_hwpt_alloc(0, 0, 4, 0x55, &expected);
	end_hwpt(hwpt);
	fake_end();
}
END_TEST

/* IOMMU_VIOMMU_ALLOC up to where the data begins. */
static struct bytes viommu_command(uint32_t type)
{
	struct bytes expected = command();

	put32(&expected, 0);
	put32(&expected, type);
	put32(&expected, FAKE_DEVICE);
	put32(&expected, 11);
	put32(&expected, 0);
	return expected;
}

START_TEST(viommus)
{
	unsigned char data[5] = { 5, 4, 3, 2, 1 };
	struct iommufd_viommu_alloc_opts opts = { .size = sizeof(opts) };
	struct iommufd_viommu *viommu = NULL;
	struct bytes expected = viommu_command(1);

	/* Linux 6.13 knew no data: without any it gets the struct it knows. */
	OK(iommufd_viommu_alloc(objects.device, objects.hwpt,
				IOMMUFD_VIOMMU_ARM_SMMUV3, NULL, &viommu));
	ck_assert_uint_eq(iommufd_viommu_id(viommu), FAKE_ID);
	check_command(IOMMUFD_NR_VIOMMU_ALLOC, &expected);
	iommufd_viommu_release(viommu);
	expected = viommu_command(1);
	OK(iommufd_viommu_alloc(objects.device, objects.hwpt,
				IOMMUFD_VIOMMU_ARM_SMMUV3, &opts, &viommu));
	check_command(IOMMUFD_NR_VIOMMU_ALLOC, &expected);
	iommufd_viommu_release(viommu);

	opts.data = data;
	opts.data_len = 5;
	expected = viommu_command(0x55);
	put32(&expected, 5);
	put32(&expected, 0);
	put64(&expected, (uintptr_t)data);
	OK(iommufd_viommu_alloc(objects.device, objects.hwpt, 0x55, &opts,
				&viommu));
	check_command(IOMMUFD_NR_VIOMMU_ALLOC, &expected);
	ck_assert_mem_eq(fake.data, data, 5);
	iommufd_viommu_release(viommu);
	fake_end();
}
END_TEST

START_TEST(tegra241_cmdqv)
{
	struct iommufd_viommu_tegra241_cmdqv_info info = { .size = sizeof(info),
							   .reserved = 1,
							   .mmap_offset = 2 };
	struct bytes expected = viommu_command(2);
	const struct bytes none = { .length = 16 };
	struct iommufd_viommu *viommu = NULL;

	fake.data_out[0] = UINT64_C(0x100000000);
	fake.data_out[1] = 0x10000;
	OK(iommufd_viommu_alloc_tegra241_cmdqv(objects.device, objects.hwpt,
					       &info, &viommu));
	put32(&expected, 16);
	put32(&expected, 0);
	put64(&expected, (uintptr_t)fake_pointer(fake.cmd, 32));
	check_command(IOMMUFD_NR_VIOMMU_ALLOC, &expected);
	check_data(&none);
	ck_assert_uint_eq(iommufd_viommu_id(viommu), FAKE_ID);
	ck_assert_uint_eq(info.size, sizeof(info));
	ck_assert_uint_eq(info.reserved, 0);
	ck_assert_uint_eq(info.mmap_offset, UINT64_C(0x100000000));
	ck_assert_uint_eq(info.mmap_length, 0x10000);
	iommufd_viommu_release(viommu);
	fake_end();
}
END_TEST

START_TEST(vdevices_and_queues)
{
	const struct iommufd_hw_queue_alloc_opts opts = {
		.size = sizeof(opts),
		.type = IOMMUFD_HW_QUEUE_TEGRA241_CMDQV,
		.index = 3,
		.length = UINT64_C(0x200000000),
		.iova = UINT64_C(0x300000000)
	};
	struct bytes expected = command();
	struct iommufd_vdevice *vdevice = NULL;
	struct iommufd_hw_queue *queue = NULL;

	put32(&expected, 12);
	put32(&expected, FAKE_DEVICE);
	put32(&expected, 0);
	put64(&expected, UINT64_C(0x8877665544332211));
	OK(iommufd_vdevice_alloc(objects.viommu, objects.device,
				 UINT64_C(0x8877665544332211), &vdevice));
	check_command(IOMMUFD_NR_VDEVICE_ALLOC, &expected);
	ck_assert_uint_eq(iommufd_vdevice_id(vdevice), FAKE_ID);
	iommufd_vdevice_release(vdevice);

	expected = command();
	put32(&expected, 0);
	put32(&expected, 12);
	put32(&expected, 1);
	put32(&expected, 3);
	put32(&expected, 0);
	put64(&expected, opts.iova);
	put64(&expected, opts.length);
	OK(iommufd_hw_queue_alloc(objects.viommu, &opts, &queue));
	check_command(IOMMUFD_NR_HW_QUEUE_ALLOC, &expected);
	ck_assert_uint_eq(iommufd_hw_queue_id(queue), FAKE_ID);
	iommufd_hw_queue_release(queue);
	fake_end();
}
END_TEST

/* IOMMU_HWPT_INVALIDATE: the array goes as it is. */
static void check_invalidate(uint32_t on, const void *entries, uint32_t type,
			     uint32_t length, const struct bytes *data)
{
	struct bytes expected = command();

	put32(&expected, on);
	put64(&expected, (uintptr_t)entries);
	put32(&expected, type);
	put32(&expected, length);
	put32(&expected, 2);
	put32(&expected, 0);
	check_command(IOMMUFD_NR_HWPT_INVALIDATE, &expected);
	check_data(data);
}

START_TEST(invalidate_vtd_s1)
{
	const struct iommufd_vtd_s1_invalidation entries[2] = {
		{ .addr = GUEST_TABLE,
		  .npages = 512,
		  .flags = IOMMUFD_VTD_INVALIDATE_LEAF },
		{ .npages = UINT64_MAX },
	};
	struct bytes data = { 0 };
	uint32_t count = 2;

	put64(&data, GUEST_TABLE);
	put64(&data, 512);
	put32(&data, 1);
	put32(&data, 0);
	put64(&data, 0);
	put64(&data, UINT64_MAX);
	put32(&data, 0);
	put32(&data, 0);
	fake.handled = 2;
	OK(iommufd_hwpt_invalidate_vtd_s1(objects.hwpt, entries, &count));
	ck_assert_uint_eq(count, 2);
	check_invalidate(11, entries, 0, 24, &data);
	fake_end();
}
END_TEST

START_TEST(invalidate_arm_smmuv3)
{
	const struct iommufd_arm_smmuv3_command commands[2] = {
		{ { 0x12, UINT64_C(1) << 63 } },
		{ { UINT64_MAX, 0x30 } },
	};
	struct bytes data = { 0 };
	uint32_t count = 2;

	put64(&data, 0x12);
	put64(&data, UINT64_C(1) << 63);
	put64(&data, UINT64_MAX);
	put64(&data, 0x30);
	fake.handled = 2;
	OK(iommufd_viommu_invalidate_arm_smmuv3(objects.viommu, commands,
						&count));
	ck_assert_uint_eq(count, 2);
	check_invalidate(12, commands, 1, 16, &data);
	/* A batch that was not issued counts none of its commands. */
	fake.err = EIO;
	fake.handled = 0;
	FAILS(iommufd_viommu_invalidate_arm_smmuv3(objects.viommu, commands,
						   &count),
	      INVALIDATION_ENTRY, EIO);
	ck_assert_uint_eq(count, 0);
	fake_end();
}
END_TEST

static const TTest **const tables[] = {
	&vtd_s1,   &arm_smmuv3,		  &amd_guest,
	&reserved, &data_of_a_newer_type, NULL,
};

static const TTest **const others[] = {
	&viommus,	    &tegra241_cmdqv,	    &vdevices_and_queues,
	&invalidate_vtd_s1, &invalidate_arm_smmuv3, NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "tables", .setup = fake_setup, .tests = tables },
		{ .name = "others", .setup = fake_setup, .tests = others },
	};

	return harness_run("vendor_data", cases, 2);
}
