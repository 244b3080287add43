/* SPDX-License-Identifier: MIT */
/*
 * The caller's structs that begin with their size: what every size of every one
 * of them gives, through the calls that take them.
 */
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "harness.h"

static struct fixture f;
static struct iommufd_hwpt *parent;
static struct iommufd_viommu *nowhere; /* one that the kernel does not know */

static void setup(void)
{
	fixture_device(&f);
	OK(iommufd_hwpt_alloc(f.device, iommufd_ioas_id(f.ioas),
			      HWPT_FLAGS(IOMMUFD_HWPT_NEST_PARENT), &parent));
	OK(iommufd_viommu_adopt(f.ctx, UNUSED_ID, 0, &nowhere));
}

static void end(void)
{
	iommufd_viommu_release(nowhere);
	OK(iommufd_hwpt_destroy(parent));
	fixture_end(&f);
}

static int hwpt_alloc(void *opts)
{
	struct iommufd_hwpt *hwpt = NULL;
	int ret = iommufd_hwpt_alloc(f.device, iommufd_ioas_id(f.ioas), opts,
				     &hwpt);

	ck_assert_int_eq(!ret, hwpt != NULL);
	if (!ret)
		OK(iommufd_hwpt_destroy(hwpt));
	return ret;
}

/* Type 0 is refused before the vIOMMU is looked for. */
static int veventq_alloc(void *opts)
{
	struct iommufd_viommu *viommu = NULL;
	struct iommufd_veventq *queue = NULL;
	int ret;

	OK(iommufd_viommu_adopt(f.ctx, UNUSED_ID, 0, &viommu));
	ret = iommufd_veventq_alloc(viommu, opts, &queue);
	ck_assert_ptr_null(queue);
	iommufd_viommu_release(viommu);
	return ret;
}

/* The PASID is 0 in them, the size of a page too: the library refuses. */
static int attach_pasid(void *opts)
{
	return iommufd_device_attach_pasid(f.device, opts, f.hwpt_id, NULL);
}

static int get_dirty_bitmap(void *opts)
{
	struct iommufd_hwpt *hwpt = NULL;
	uint64_t bits = 0;
	int ret;

	OK(iommufd_hwpt_adopt(f.ctx, f.hwpt_id, 0, &hwpt));
	ret = iommufd_hwpt_get_dirty_bitmap(hwpt, opts, &bits);
	iommufd_hwpt_release(hwpt);
	return ret;
}

static int alloc_vtd_s1(void *vtd)
{
	struct iommufd_hwpt *hwpt = NULL;

	return iommufd_hwpt_alloc_vtd_s1(f.device, parent, vtd, &hwpt);
}

static int alloc_arm_smmuv3(void *smmu)
{
	struct iommufd_hwpt *hwpt = NULL;

	return iommufd_hwpt_alloc_arm_smmuv3(f.device, nowhere, smmu, &hwpt);
}

static int alloc_amd_guest(void *amd)
{
	struct iommufd_hwpt *hwpt = NULL;

	return iommufd_hwpt_alloc_amd_guest(f.device, nowhere, amd, &hwpt);
}

static int viommu_alloc(void *opts)
{
	struct iommufd_viommu *viommu = NULL;
	int ret = iommufd_viommu_alloc(f.device, parent, IOMMUFD_MOCK_VIOMMU,
				       opts, &viommu);

	ck_assert_int_eq(!ret, viommu != NULL);
	if (!ret)
		OK(iommufd_viommu_destroy(viommu));
	return ret;
}

static int hw_queue_alloc(void *opts)
{
	struct iommufd_hw_queue *queue = NULL;

	return iommufd_hw_queue_alloc(nowhere, opts, &queue);
}

static int get_viommu_cmdqv(void *info)
{
	struct iommufd_viommu *viommu = NULL;

	return iommufd_viommu_alloc_tegra241_cmdqv(f.device, parent, info,
						   &viommu);
}

static int get_hw_info(void *info)
{
	return iommufd_device_get_hw_info(f.device, IOMMUFD_HW_INFO_DEFAULT,
					  NULL, 0, info);
}

static int get_vtd(void *info)
{
	return iommufd_device_get_hw_info_vtd(f.device, info);
}

static int get_arm_smmuv3(void *info)
{
	return iommufd_device_get_hw_info_arm_smmuv3(f.device, info);
}

static int get_amd(void *info)
{
	return iommufd_device_get_hw_info_amd(f.device, info);
}

static int get_tegra241_cmdqv(void *info)
{
	return iommufd_device_get_hw_info_tegra241_cmdqv(f.device, info);
}

/* @released is the size in the first release, @known today's. */
struct sized {
	const char *name;
	int (*call)(void *bytes);
	uint32_t released;
	uint32_t known;
	uint32_t cause; /* that a right size still fails with on the mock */
	uint32_t nr;	/* the command, where it is newer than all kernels */
	uint32_t null;	/* the cause of no struct at all, of an input */
};

static const struct sized inputs[] = {
	{ "iommufd_hwpt_alloc_opts", hwpt_alloc, 24 + sizeof(void *),
	  sizeof(struct iommufd_hwpt_alloc_opts), 0, 0, 0 },
	{ "iommufd_veventq_alloc_opts", veventq_alloc, 16,
	  sizeof(struct iommufd_veventq_alloc_opts), IOMMUFD_CAUSE_FEATURE,
	  IOMMUFD_NR_VEVENTQ_ALLOC, IOMMUFD_CAUSE_NULL_POINTER },
	{ "iommufd_device_pasid_opts", attach_pasid, 16,
	  sizeof(struct iommufd_device_pasid_opts), IOMMUFD_CAUSE_BAD_PASID, 0,
	  IOMMUFD_CAUSE_NULL_POINTER },
	{ "iommufd_hwpt_get_dirty_bitmap_opts", get_dirty_bitmap, 40,
	  sizeof(struct iommufd_hwpt_get_dirty_bitmap_opts),
	  IOMMUFD_CAUSE_BAD_VALUE, 0, IOMMUFD_CAUSE_NULL_POINTER },
	{ "iommufd_hwpt_alloc_vtd_s1_opts", alloc_vtd_s1, 32,
	  sizeof(struct iommufd_hwpt_alloc_vtd_s1_opts), IOMMUFD_CAUSE_FEATURE,
	  0, IOMMUFD_CAUSE_NULL_POINTER },
	{ "iommufd_hwpt_alloc_arm_smmuv3_opts", alloc_arm_smmuv3, 32,
	  sizeof(struct iommufd_hwpt_alloc_arm_smmuv3_opts),
	  IOMMUFD_CAUSE_PAGE_TABLE_REFUSED, 0, IOMMUFD_CAUSE_NULL_POINTER },
	{ "iommufd_hwpt_alloc_amd_guest_opts", alloc_amd_guest, 48,
	  sizeof(struct iommufd_hwpt_alloc_amd_guest_opts),
	  IOMMUFD_CAUSE_PAGE_TABLE_REFUSED, 0, IOMMUFD_CAUSE_NULL_POINTER },
	{ "iommufd_viommu_alloc_opts", viommu_alloc, 16 + sizeof(void *),
	  sizeof(struct iommufd_viommu_alloc_opts), 0, IOMMUFD_NR_VIOMMU_ALLOC,
	  0 },
	{ "iommufd_hw_queue_alloc_opts", hw_queue_alloc, 32,
	  sizeof(struct iommufd_hw_queue_alloc_opts), IOMMUFD_CAUSE_FEATURE,
	  IOMMUFD_NR_HW_QUEUE_ALLOC, IOMMUFD_CAUSE_NULL_POINTER },
};

static const struct sized outputs[] = {
	{ "iommufd_hw_info", get_hw_info, 32, sizeof(struct iommufd_hw_info), 0,
	  0, 0 },
	{ "iommufd_hw_vtd_info", get_vtd, 32,
	  sizeof(struct iommufd_hw_vtd_info), IOMMUFD_CAUSE_FEATURE, 0, 0 },
	{ "iommufd_hw_arm_smmuv3_info", get_arm_smmuv3, 44,
	  sizeof(struct iommufd_hw_arm_smmuv3_info), IOMMUFD_CAUSE_FEATURE, 0,
	  0 },
	{ "iommufd_hw_amd_info", get_amd, 24,
	  sizeof(struct iommufd_hw_amd_info), IOMMUFD_CAUSE_FEATURE, 0, 0 },
	{ "iommufd_hw_tegra241_cmdqv_info", get_tegra241_cmdqv, 24,
	  sizeof(struct iommufd_hw_tegra241_cmdqv_info), IOMMUFD_CAUSE_FEATURE,
	  0, 0 },
	{ "iommufd_viommu_tegra241_cmdqv_info", get_viommu_cmdqv, 24,
	  sizeof(struct iommufd_viommu_tegra241_cmdqv_info),
	  IOMMUFD_CAUSE_FEATURE, IOMMUFD_NR_VIOMMU_ALLOC, 0 },
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/*
 * Exactly as much memory as the size says, so that a sanitizer sees every byte
 * too many: filled with @fill, the size in front.
 */
static unsigned char *exact(uint32_t size, int fill)
{
	size_t room = size < sizeof(size) ? sizeof(size) : size;
	unsigned char *bytes = malloc(room);

	ck_assert_ptr_nonnull(bytes);
	memset(bytes, fill, room);
	memcpy(bytes, &size, sizeof(size));
	return bytes;
}

static void check_cause(const struct sized *sized, uint32_t size, int ret,
			uint32_t cause)
{
	ck_assert_msg(iommufd_cause(ret) == cause, "%s of size %u gave %s",
		      sized->name, size,
		      iommufd_cause_name(iommufd_cause(ret)));
	if (cause)
		ck_assert_int_eq(harness_failure(ret).ret, ret);
}

/* What a right size gives. */
static uint32_t cause_of(const struct sized *sized)
{
	if (sized->nr && !harness_has(f.ctx, sized->nr))
		return IOMMUFD_CAUSE_COMMAND;
	return sized->cause;
}

static void refuse_size(const struct sized *sized, uint32_t size)
{
	unsigned char *bytes = exact(size > 8192 ? 8192 : size, 0);
	int ret;

	memcpy(bytes, &size, sizeof(size));
	ret = sized->call(bytes);
	check_cause(sized, size, ret, IOMMUFD_CAUSE_OPTS_SIZE);
	ck_assert_int_eq(iommufd_errno(ret), EINVAL);
	free(bytes);
}

static void refuse_sizes(const struct sized *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		for (uint32_t size = 0; size < list[i].released; size++)
			refuse_size(&list[i], size);
		refuse_size(&list[i], 4097);
		refuse_size(&list[i], UINT32_MAX);
		ck_assert_uint_le(list[i].released, list[i].known);
	}
}

START_TEST(sizes_out_of_range)
{
	refuse_sizes(inputs, COUNT(inputs));
	refuse_sizes(outputs, COUNT(outputs));
	end();
}
END_TEST

/* A tail that this library does not know must be zero. */
static void load(const struct sized *sized, uint32_t size, uint32_t nonzero)
{
	unsigned char *bytes = exact(size, 0);
	uint32_t cause = cause_of(sized);
	int ret;

	if (nonzero) {
		bytes[nonzero] = 1;
		cause = IOMMUFD_CAUSE_OPTS_TAIL;
	}
	ret = sized->call(bytes);
	check_cause(sized, size, ret, cause);
	if (nonzero)
		ck_assert_int_eq(iommufd_errno(ret), E2BIG);
	free(bytes);
}

static void check_null(const struct sized *sized)
{
	uint32_t cause = sized->null ? sized->null : cause_of(sized);

	check_cause(sized, 0, sized->call(NULL), cause);
}

START_TEST(inputs_of_every_size)
{
	for (size_t i = 0; i < COUNT(inputs); i++) {
		uint32_t known = inputs[i].known;

		for (uint32_t size = inputs[i].released; size < known + 24;
		     size++)
			load(&inputs[i], size, 0);
		load(&inputs[i], 4096, 0);
		load(&inputs[i], known + 1, known);
		load(&inputs[i], known + 24, known);
		load(&inputs[i], known + 24, known + 23);
		load(&inputs[i], 4096, 4095);
		check_null(&inputs[i]);
	}
	end();
}
END_TEST

static int all_are(const unsigned char *bytes, size_t count, int value)
{
	for (size_t i = 0; i < count; i++)
		if (bytes[i] != value)
			return 0;
	return 1;
}

/* Success fills what is known and zeroes the rest; failure touches nothing. */
static void store(const struct sized *sized, uint32_t size)
{
	unsigned char *bytes = exact(size, 0xa5);
	uint32_t cause = cause_of(sized);
	int ret = sized->call(bytes);

	check_cause(sized, size, ret, cause);
	ck_assert_mem_eq(bytes, &size, sizeof(size));
	if (ret)
		ck_assert_msg(all_are(bytes + 4, size - 4, 0xa5),
			      "%s was touched", sized->name);
	else if (size > sized->known)
		ck_assert_msg(
			all_are(bytes + sized->known, size - sized->known, 0),
			"the tail of %s is not zero", sized->name);
	free(bytes);
}

START_TEST(outputs_of_every_size)
{
	for (size_t i = 0; i < COUNT(outputs); i++) {
		for (uint32_t size = outputs[i].released;
		     size < outputs[i].known + 24; size++)
			store(&outputs[i], size);
		store(&outputs[i], 4096);
		check_cause(&outputs[i], 0, outputs[i].call(NULL),
			    IOMMUFD_CAUSE_NULL_POINTER);
	}
	end();
}
END_TEST

/* Refused before anything else, so that a wrong size never goes unseen. */
START_TEST(the_size_comes_first)
{
	struct iommufd_hw_info info = { .size = 1 };
	struct iommufd_hwpt_alloc_opts opts = { .size = 1 };
	struct iommufd_viommu_alloc_opts data = { .size = 1 };
	struct iommufd_viommu *viommu = NULL;
	struct iommufd_hwpt *hwpt = NULL;

	FAILS(iommufd_device_get_hw_info(f.device, 0x12345678, NULL, 0, &info),
	      OPTS_SIZE, EINVAL);
	FAILS(iommufd_hwpt_alloc(f.device, UNUSED_ID, &opts, &hwpt), OPTS_SIZE,
	      EINVAL);
	FAILS(iommufd_viommu_alloc(f.device, parent, UINT32_MAX, &data,
				   &viommu),
	      OPTS_SIZE, EINVAL);
	ck_assert_ptr_null(viommu);
	ck_assert_ptr_null(hwpt);
	end();
}
END_TEST

static const TTest **const tests[] = {
	&sizes_out_of_range,
	&inputs_of_every_size,
	&outputs_of_every_size,
	&the_size_comes_first,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "sizes", .setup = setup, .tests = tests },
	};

	return harness_run("structs", cases, 1);
}
