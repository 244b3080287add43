/* SPDX-License-Identifier: MIT */
/* Page tables of guests, vIOMMUs and vDevices that cannot be made or used. */
#include <stdio.h>
#include <string.h>

#include "diagnosis.h"
#include "harness.h"
#include "nesting.h"

/* What 6.12 has of a guest's page tables, and what came with vIOMMUs. */
static int has_viommus(void)
{
	return harness_has(nest.f.ctx, IOMMUFD_NR_VIOMMU_ALLOC);
}

static void diagnose(int ret, uint32_t flags)
{
	diagnose_in(nest.f.ctx, ret, flags);
}

static int alloc(uint32_t on, uint32_t type, uint32_t length)
{
	static const struct iommufd_mock_hwpt_data data;
	const struct iommufd_hwpt_alloc_opts opts = { .size = sizeof(opts),
						      .data_type = type,
						      .data_len = length,
						      .data = &data };
	struct iommufd_hwpt *hwpt = NULL;

	return iommufd_hwpt_alloc(nest.f.device, on, &opts, &hwpt);
}

/* EINVAL, and each time another thing is to blame. */
START_TEST(parents_and_data)
{
	const uint32_t type = IOMMUFD_MOCK_HWPT_DATA;
	struct iommufd_hwpt *nested = nested_new(iommufd_hwpt_id(nest.parent));

	diagnose(alloc(nest.f.hwpt_id, type, 4), 0);
	check_cause(IOMMUFD_CAUSE_NO_NEST_PARENT);
	check_says("was not made with IOMMUFD_HWPT_NEST_PARENT");
	diagnose(alloc(iommufd_hwpt_id(nest.parent), type, 64), 0);
	check_cause(IOMMUFD_CAUSE_PAGE_TABLE_DATA);
	check_says("of type 0xdead and 64 bytes");
	check_says(has_viommus() ? "takes 4 to 8 bytes" : "takes 4 bytes");
	check_other_reason();
	diagnose(alloc(iommufd_hwpt_id(nest.parent), type, 0), 0);
	check_cause(IOMMUFD_CAUSE_PAGE_TABLE_DATA);
	check_says("none or half of it");
	check_other_reason();
	diagnose(alloc(iommufd_hwpt_id(nested), type, 4), 0);
	check_cause(IOMMUFD_CAUSE_NOT_A_PAGE_TABLE);
	check_says(", not an address space, a nest parent or a vIOMMU");
	check_other_reason();
	/* Without the context to ask all of them remain. */
	diagnose_in(NULL, alloc(nest.f.hwpt_id, type, 4), 0);
	ck_assert_uint_eq(d.cause, IOMMUFD_CAUSE_PAGE_TABLE_REFUSED);
	ck_assert_uint_eq(d.num_candidates, 5);
	ck_assert_uint_eq(d.candidates[3], IOMMUFD_CAUSE_OTHER_IOMMU);
	OK(iommufd_hwpt_destroy(nested));
	nesting_end();
}
END_TEST

/* Data on an address space: there is no proof that it is to blame. */
START_TEST(data_on_an_address_space)
{
	struct iommufd_failure failure = {
		.size = sizeof(failure),
		.op = IOMMUFD_OP_HWPT_ALLOC,
		.ret = iommufd_make_error(IOMMUFD_CAUSE_PAGE_TABLE_REFUSED,
					  EINVAL),
		.fd = -1,
		.memory_fd = -1,
		.object_id = iommufd_device_id(nest.f.device),
		.other_id = iommufd_ioas_id(nest.f.ioas),
		.arg = IOMMUFD_HWPT_DATA_VTD_S1,
		.length = 24,
	};

	diagnose(iommufd_failure_set(&failure), 0);
	check_cause(IOMMUFD_CAUSE_PAGE_TABLE_REFUSED);
	check_says("the address space is right; the data may not be");
	nesting_end();
}
END_TEST

/* ENOENT: with a fault queue, and with what a vIOMMU is made of. */
START_TEST(two_ids)
{
	struct iommufd_viommu *viommu = NULL;
	struct iommufd_vdevice *vdevice = NULL;
	struct iommufd_hwpt *gone = NULL;

	if (!nesting_viommu())
		return;
	OK(iommufd_hwpt_adopt(nest.f.ctx, UNUSED_ID, 0, &gone));
	diagnose(iommufd_viommu_alloc(nest.f.device, gone, IOMMUFD_MOCK_VIOMMU,
				      NULL, &viommu),
		 0);
	check_cause(IOMMUFD_CAUSE_OBJECT);
	check_says("the device is there, but there is no object 128699887");
	iommufd_hwpt_release(gone);
	OK(iommufd_hwpt_adopt(nest.f.ctx, iommufd_ioas_id(nest.f.ioas), 0,
			      &gone));
	diagnose(iommufd_viommu_alloc(nest.f.device, gone, IOMMUFD_MOCK_VIOMMU,
				      NULL, &viommu),
		 0);
	check_cause(IOMMUFD_CAUSE_OBJECT);
	check_says("is an address space, not a paging page table");
	check_other_reason();
	iommufd_hwpt_release(gone);
	OK(iommufd_viommu_adopt(nest.f.ctx, nest.f.hwpt_id, 0, &viommu));
	diagnose(iommufd_vdevice_alloc(viommu, nest.f.device, 1, &vdevice), 0);
	check_cause(IOMMUFD_CAUSE_OBJECT);
	check_says("is a paging page table, not a vIOMMU");
	iommufd_viommu_release(viommu);
	OK(iommufd_ctx_destroy_id(
		nest.f.ctx, iommufd_mock_device_object_id(nest.f.device)));
	diagnose(iommufd_vdevice_alloc(nest.viommu, nest.f.device, 1, &vdevice),
		 0);
	check_cause(IOMMUFD_CAUSE_NOT_PHYSICAL);
	check_says("there is no object");
	check_other_reason();
	diagnose(iommufd_viommu_alloc(nest.f.device, nest.parent,
				      IOMMUFD_MOCK_VIOMMU, NULL, &viommu),
		 0);
	check_cause(IOMMUFD_CAUSE_NOT_PHYSICAL);
	nesting_end();
}
END_TEST

/* EINVAL: the parent, or the data. */
START_TEST(viommus)
{
	struct iommufd_mock_viommu_data data = { .in_data = 1 };
	struct iommufd_viommu_alloc_opts opts = { .size = sizeof(opts),
						  .data_len = 4,
						  .data = &data };
	struct iommufd_viommu *viommu = NULL;
	struct iommufd_hwpt *plain = NULL;

	if (!nesting_viommu())
		return;
	OK(iommufd_hwpt_adopt(nest.f.ctx, nest.f.hwpt_id, 0, &plain));
	diagnose(iommufd_viommu_alloc(nest.f.device, plain, IOMMUFD_MOCK_VIOMMU,
				      NULL, &viommu),
		 0);
	check_cause(IOMMUFD_CAUSE_NO_NEST_PARENT);
	iommufd_hwpt_release(plain);
	diagnose(iommufd_viommu_alloc(nest.f.device, nest.parent,
				      IOMMUFD_MOCK_VIOMMU, &opts, &viommu),
		 0);
	check_cause(IOMMUFD_CAUSE_VIOMMU_DATA);
	check_says("the data of 4 bytes");
	check_says("takes 8 to 24 bytes");
	check_other_reason();
	/* Where there is nobody to ask. */
	diagnose_in(NULL,
		    made_up(IOMMUFD_OP_VIOMMU_ALLOC,
			    IOMMUFD_CAUSE_VIOMMU_REFUSED, EINVAL, -1),
		    0);
	ck_assert_uint_eq(d.num_candidates, 3);
	nesting_end();
}
END_TEST

/* EEXIST: the device has one, or the id is taken. */
START_TEST(vdevices)
{
	struct iommufd_device *second = NULL;
	struct iommufd_vdevice *vdevice, *other = NULL;

	if (!nesting_viommu())
		return;
	OK(iommufd_mock_device_new(nest.f.ctx, iommufd_ioas_id(nest.f.ioas), 0,
				   NULL, &second));
	vdevice = vdevice_new(nest.f.device, 0x15);
	diagnose(iommufd_vdevice_alloc(nest.viommu, second, 0x15, &other),
		 SCRATCH);
	check_cause(IOMMUFD_CAUSE_VIRT_ID_TAKEN);
	check_says("has the id 0x15");
	diagnose(iommufd_vdevice_alloc(nest.viommu, nest.f.device, 7, &other),
		 SCRATCH);
	check_cause(IOMMUFD_CAUSE_DEVICE_HAS_VDEVICE);
	check_says("has a vDevice already");
	check_other_reason();
	diagnose(iommufd_vdevice_alloc(nest.viommu, second, 0x15, &other), 0);
	check_candidates(IOMMUFD_CAUSE_VDEVICE_EXISTS,
			 IOMMUFD_CAUSE_DEVICE_HAS_VDEVICE,
			 IOMMUFD_CAUSE_VIRT_ID_TAKEN);
	OK(iommufd_vdevice_destroy(vdevice));
	iommufd_device_close(second);
	nesting_end();
}
END_TEST

/* What the mock driver never refuses: its devices are behind one IOMMU. */
START_TEST(vdevice_refused)
{
	struct iommufd_failure failure = {
		.size = sizeof(failure),
		.op = IOMMUFD_OP_VDEVICE_ALLOC,
		.ret = iommufd_make_error(IOMMUFD_CAUSE_VDEVICE_REFUSED,
					  EINVAL),
		.fd = -1,
		.memory_fd = -1,
		.object_id = iommufd_device_id(nest.f.device),
		.arg = UINT64_C(0x123456789ab),
	};

	if (!nesting_viommu())
		return;
	failure.other_id = iommufd_viommu_id(nest.viommu);
	diagnose(iommufd_failure_set(&failure), 0);
	check_cause(IOMMUFD_CAUSE_VIRT_ID_REFUSED);
	check_says("0x123456789ab");
	diagnose_in(NULL, iommufd_failure_set(&failure), 0);
	check_candidates(IOMMUFD_CAUSE_VDEVICE_REFUSED,
			 IOMMUFD_CAUSE_OTHER_IOMMU,
			 IOMMUFD_CAUSE_VIRT_ID_REFUSED);
	nesting_end();
}
END_TEST

/* ENOENT of attach: no such page table, or no vDevice for it. */
START_TEST(attach_without_vdevice)
{
	struct iommufd_hwpt *nested;

	if (!nesting_viommu())
		return;
	nested = nested_new(iommufd_viommu_id(nest.viommu));
	diagnose(iommufd_device_attach(nest.f.device, iommufd_hwpt_id(nested),
				       NULL),
		 0);
	check_cause(IOMMUFD_CAUSE_NO_VDEVICE);
	check_says("in which the device has no vDevice");
	diagnose(iommufd_device_attach(nest.f.device, UNUSED_ID, NULL), 0);
	check_cause(IOMMUFD_CAUSE_OBJECT);
	check_says("there is no object 128699887");
	check_other_reason();
	diagnose_in(NULL, iommufd_device_attach(nest.f.device, UNUSED_ID, NULL),
		    0);
	check_candidates(IOMMUFD_CAUSE_PAGE_TABLE, IOMMUFD_CAUSE_OBJECT,
			 IOMMUFD_CAUSE_NO_VDEVICE);
	OK(iommufd_hwpt_destroy(nested));
	nesting_end();
}
END_TEST

/* ENODEV of attach: of another IOMMU than a VT-d one reason is known. */
START_TEST(attach_unsupported)
{
	struct iommufd_hwpt *nested = nested_new(iommufd_hwpt_id(nest.parent));
	struct iommufd_failure failure = {
		.size = sizeof(failure),
		.op = IOMMUFD_OP_DEVICE_ATTACH,
		.ret = iommufd_make_error(IOMMUFD_CAUSE_ATTACH_UNSUPPORTED,
					  ENODEV),
		.fd = -1,
		.memory_fd = -1,
		.object_id = iommufd_device_id(nest.f.device),
		.other_id = iommufd_hwpt_id(nested),
	};

	diagnose(iommufd_failure_set(&failure), 0);
	check_cause(IOMMUFD_CAUSE_NO_PAGE_REQUESTS);
	check_says("has a fault queue, and the device, its IOMMU or the "
		   "kernel");
	/* What the kernel makes for an address space has no fault queue. */
	failure.other_id = iommufd_ioas_id(nest.f.ioas);
	diagnose(iommufd_failure_set(&failure), 0);
	check_cause(IOMMUFD_CAUSE_ATTACH_UNSUPPORTED);
	check_says("so the driver has another reason");
	OK(iommufd_hwpt_destroy(nested));
	nesting_end();
}
END_TEST

/* EINVAL of attach: a vIOMMU is no page table. */
START_TEST(attach_to_a_viommu)
{
	if (!nesting_viommu())
		return;
	diagnose(iommufd_device_attach(nest.f.device,
				       iommufd_viommu_id(nest.viommu), NULL),
		 0);
	check_cause(IOMMUFD_CAUSE_NOT_A_PAGE_TABLE);
	check_says("is a vIOMMU, not something with a page table");
	nesting_end();
}
END_TEST

/* What may hold a nest parent, as far as ids tell. */
START_TEST(busy_parent)
{
	uint32_t device = iommufd_device_id(nest.f.device);
	struct iommufd_hwpt *nested = nested_new(iommufd_hwpt_id(nest.parent));
	char words[64];

	diagnose(iommufd_ctx_destroy_id(nest.f.ctx,
					iommufd_hwpt_id(nest.parent)),
		 0);
	check_cause(IOMMUFD_CAUSE_IN_USE);
	snprintf(words, sizeof(words), "device %u", device);
	check_says(words);
	/* The mock driver of 6.12 gives its nested page tables away. */
	snprintf(words, sizeof(words),
		 has_viommus() ? "other objects" : "nested page table %u",
		 iommufd_hwpt_id(nested));
	check_says(words);
	diagnose(iommufd_ctx_destroy_id(nest.f.ctx,
					iommufd_ioas_id(nest.f.ioas)),
		 0);
	snprintf(words, sizeof(words), "page tables %u, %u", nest.f.hwpt_id,
		 iommufd_hwpt_id(nest.parent));
	check_says(words);
	check_other_reason();
	OK(iommufd_device_attach(nest.f.device, iommufd_hwpt_id(nested), NULL));
	diagnose(iommufd_ctx_destroy_id(nest.f.ctx, iommufd_hwpt_id(nested)),
		 0);
	check_says(has_viommus() ? "it is a nested page table, a queue or"
				 : "it is a nested page table, and is kept");
	device_home();
	OK(iommufd_hwpt_destroy(nested));
	nesting_end();
}
END_TEST

/* A vIOMMU is told, and the vDevice is one of the others. */
START_TEST(busy_viommu)
{
	struct iommufd_vdevice *vdevice;
	char words[64];

	if (!nesting_viommu())
		return;
	vdevice = vdevice_new(nest.f.device, 3);
	diagnose(iommufd_ctx_destroy_id(nest.f.ctx,
					iommufd_viommu_id(nest.viommu)),
		 0);
	check_cause(IOMMUFD_CAUSE_IN_USE);
	check_says("it is a vIOMMU, and is kept by");
	check_says("other objects ");
	diagnose(iommufd_ctx_destroy_id(nest.f.ctx,
					iommufd_hwpt_id(nest.parent)),
		 0);
	snprintf(words, sizeof(words), "vIOMMU %u",
		 iommufd_viommu_id(nest.viommu));
	check_says(words);
	check_other_reason();
	OK(iommufd_vdevice_destroy(vdevice));
	nesting_end();
}
END_TEST

/* Nothing in the context could hold it: it was another thread. */
START_TEST(busy_for_an_instant)
{
	struct fixture lonely;
	struct iommufd_failure failure = {
		.size = sizeof(failure),
		.op = IOMMUFD_OP_DESTROY,
		.ret = iommufd_make_error(IOMMUFD_CAUSE_IN_USE, EBUSY),
		.fd = -1,
		.memory_fd = -1,
	};

	fixture_ioas(&lonely);
	failure.object_id = iommufd_ioas_id(lonely.ioas);
	diagnose_in(lonely.ctx, iommufd_failure_set(&failure), 0);
	check_cause(IOMMUFD_CAUSE_IN_USE);
	check_says("can hold it: none. It is busy also while");
	fixture_end(&lonely);
	nesting_end();
}
END_TEST

/* EIO: the words for an SMMUv3 are for its type of data. */
START_TEST(entry_of_an_smmu)
{
	struct iommufd_failure failure = {
		.size = sizeof(failure),
		.op = IOMMUFD_OP_HWPT_ALLOC,
		.ret = iommufd_make_error(IOMMUFD_CAUSE_PAGE_TABLE_DATA, EIO),
		.fd = -1,
		.memory_fd = -1,
		.arg = IOMMUFD_HWPT_DATA_ARM_SMMUV3,
		.length = 16,
	};

	diagnose(iommufd_failure_set(&failure), 0);
	check_cause(IOMMUFD_CAUSE_PAGE_TABLE_DATA);
	check_says("iommufd_explain_ste()");
	failure.arg = IOMMUFD_MOCK_HWPT_DATA;
	diagnose(iommufd_failure_set(&failure), 0);
	check_cause(IOMMUFD_CAUSE_PAGE_TABLE_DATA);
	check_says("of type 0xdead and 16 bytes, has something that the driver "
		   "does not take");
	nesting_end();
}
END_TEST

static const TTest **const tables[] = {
	&parents_and_data,
	&data_on_an_address_space,
	&two_ids,
	&viommus,
	&vdevices,
	&vdevice_refused,
	&attach_without_vdevice,
	&attach_unsupported,
	&attach_to_a_viommu,
	&entry_of_an_smmu,
	NULL,
};

static const TTest **const destroying[] = {
	&busy_parent,
	&busy_viommu,
	&busy_for_an_instant,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "tables", .setup = nesting_setup, .tests = tables },
		{ .name = "destroying",
		  .setup = nesting_setup,
		  .tests = destroying },
	};

	return harness_run("diagnose_nested", cases, 2);
}
