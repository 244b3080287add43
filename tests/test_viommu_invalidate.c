/* SPDX-License-Identifier: MIT */
/* What a vIOMMU has cached of its devices, and how it is invalidated. */
#include <string.h>
#include <sys/mman.h>

#include "harness.h"
#include "nesting.h"

#define VIRT_ID	 0x99u
#define CACHED	 UINT32_C(0xbaddad)
#define UNKNOWN	 0x77u
#define BAD_FLAG UINT32_C(0xffff)

typedef struct iommufd_mock_viommu_invalidate entry;

static struct iommufd_vdevice *vdevice;

/* A vIOMMU that knows the device. */
static int guest(void)
{
	if (!nesting_viommu())
		return 0;
	vdevice = vdevice_new(nest.f.device, VIRT_ID);
	check_cache(nest.f.device,
		    (uint32_t[]){ CACHED, CACHED, CACHED, CACHED });
	return 1;
}

static void end(void)
{
	OK(iommufd_vdevice_destroy(vdevice));
	nesting_end();
}

static int invalidate(const entry *entries, uint32_t *count)
{
	return iommufd_viommu_invalidate(nest.viommu, IOMMUFD_MOCK_INVALIDATE,
					 entries, sizeof(*entries), count);
}

START_TEST(one_several_all)
{
	const entry one = { 0, VIRT_ID, 2 };
	const entry several[] = { { 0, VIRT_ID, 3 }, { 0, VIRT_ID, 0 } };
	const entry all = { IOMMUFD_MOCK_INVALIDATE_ALL, VIRT_ID, 0 };
	struct iommufd_device *second = NULL;
	struct iommufd_vdevice *other;
	uint32_t count = 1;

	if (!guest())
		return;
	OK(iommufd_mock_device_new(nest.f.ctx, iommufd_ioas_id(nest.f.ioas), 0,
				   NULL, &second));
	other = vdevice_new(second, VIRT_ID + 1);
	OK(invalidate(&one, &count));
	ck_assert_uint_eq(count, 1);
	check_cache(nest.f.device, (uint32_t[]){ CACHED, CACHED, 0, CACHED });
	count = 2;
	OK(invalidate(several, &count));
	ck_assert_uint_eq(count, 2);
	check_cache(nest.f.device, (uint32_t[]){ 0, CACHED, 0, 0 });
	count = 1;
	OK(invalidate(&all, &count));
	ck_assert_uint_eq(count, 1);
	check_cache(nest.f.device, (uint32_t[]){ 0, 0, 0, 0 });
	check_cache(second, (uint32_t[]){ CACHED, CACHED, CACHED, CACHED });
	OK(iommufd_vdevice_destroy(other));
	iommufd_device_close(second);
	end();
}
END_TEST

START_TEST(a_bad_entry_anywhere)
{
	enum { ENTRIES = 50 };
	entry entries[ENTRIES];
	struct iommufd_failure failure;
	uint32_t count;
	int ret;

	if (!guest())
		return;
	for (uint32_t i = 0; i < ENTRIES; i++)
		entries[i] = (entry){ 0, VIRT_ID, 1 };
	for (uint32_t bad = 0; bad < ENTRIES; bad++) {
		entries[bad].flags = BAD_FLAG;
		count = ENTRIES;
		FAILS(invalidate(entries, &count), FEATURE, EOPNOTSUPP);
		ck_assert_uint_eq(count, bad);
		entries[bad] =
			(entry){ 0, VIRT_ID, IOMMUFD_MOCK_CACHE_ENTRIES };
		count = ENTRIES;
		FAILS(invalidate(entries, &count), INVALIDATION_REFUSED,
		      EINVAL);
		ck_assert_uint_eq(count, bad);
		entries[bad] = (entry){ 0, UNKNOWN, 1 };
		count = ENTRIES;
		ret = invalidate(entries, &count);
		FAILS(ret, INVALIDATION_REFUSED, EINVAL);
		ck_assert_uint_eq(count, bad);
		entries[bad].vdev_id = VIRT_ID;
	}
	failure = harness_failure(ret);
	ck_assert_uint_eq(failure.op, IOMMUFD_OP_VIOMMU_INVALIDATE);
	ck_assert_uint_eq(failure.object_id, iommufd_viommu_id(nest.viommu));
	ck_assert_uint_eq(failure.other_id, IOMMUFD_MOCK_INVALIDATE);
	ck_assert_uint_eq(failure.memory, (uintptr_t)entries);
	ck_assert_uint_eq(failure.length, sizeof(entry));
	ck_assert_uint_eq(failure.arg, ENTRIES - 1);
	check_cache(nest.f.device, (uint32_t[]){ CACHED, 0, CACHED, CACHED });
	end();
}
END_TEST

/* Before the bad one they are done, after it they are not. */
START_TEST(what_is_done_of_them)
{
	const entry entries[] = { { 0, VIRT_ID, 0 },
				  { 0, VIRT_ID, 3 },
				  { 0, UNKNOWN, 1 },
				  { 0, VIRT_ID, 2 } };
	uint32_t count = 4, rest;

	if (!guest())
		return;
	FAILS(invalidate(entries, &count), INVALIDATION_REFUSED, EINVAL);
	ck_assert_uint_eq(count, 2);
	check_cache(nest.f.device, (uint32_t[]){ 0, CACHED, CACHED, 0 });
	rest = 4 - (count + 1);
	OK(invalidate(entries + count + 1, &rest));
	ck_assert_uint_eq(rest, 1);
	check_cache(nest.f.device, (uint32_t[]){ 0, CACHED, 0, 0 });
	end();
}
END_TEST

/* Entries of an older and a newer size: filled with zeros, zeros accepted. */
START_TEST(entries_of_other_lengths)
{
	const uint32_t older[] = { 0, VIRT_ID, 0, VIRT_ID };
	struct {
		entry known;
		uint32_t more;
	} newer[2] = { { { 0, VIRT_ID, 1 }, 0 }, { { 0, VIRT_ID, 2 }, 0 } };
	const uint32_t type = IOMMUFD_MOCK_INVALIDATE;
	uint32_t count = 2;

	if (!guest())
		return;
	OK(iommufd_viommu_invalidate(nest.viommu, type, older, 8, &count));
	ck_assert_uint_eq(count, 2);
	check_cache(nest.f.device, (uint32_t[]){ 0, CACHED, CACHED, CACHED });
	newer[1].more = 1;
	FAILS(iommufd_viommu_invalidate(nest.viommu, type, newer,
					sizeof(newer[0]), &count),
	      NEWER_STRUCT, E2BIG);
	ck_assert_uint_lt(count, 2);
	newer[1].more = 0;
	count = 2;
	OK(iommufd_viommu_invalidate(nest.viommu, type, newer, sizeof(newer[0]),
				     &count));
	ck_assert_uint_eq(count, 2);
	check_cache(nest.f.device, (uint32_t[]){ 0, 0, 0, CACHED });
	end();
}
END_TEST

static void refuse(uint32_t type, const void *entries, uint32_t length,
		   uint32_t given)
{
	uint32_t count = given;

	FAILS(iommufd_viommu_invalidate(nest.viommu, type, entries, length,
					&count),
	      INVALIDATION_REFUSED, EINVAL);
	ck_assert_uint_eq(count, 0);
}

START_TEST(refused_as_a_whole)
{
	const struct iommufd_arm_smmuv3_command command = { { 0, 0 } };
	const uint32_t type = IOMMUFD_MOCK_INVALIDATE;
	const char *entries = harness_memory(2 * PAGE);
	uint32_t count = 1;

	if (!guest())
		return;
	refuse(type, entries, 0, 1);
	refuse(type, entries, 4097, 1);
	refuse(type, entries, UINT32_MAX, 1);
	refuse(type, entries, sizeof(entry), (1 << 19) + 1);
	refuse(type, entries, sizeof(entry), UINT32_MAX);
	refuse(IOMMUFD_MOCK_INVALIDATE_INVALID, entries, sizeof(entry), 1);
	refuse(IOMMUFD_MOCK_INVALIDATE_INVALID, NULL, sizeof(entry), 0);
	refuse(IOMMUFD_INVALIDATE_VTD_S1, entries, 24, 1);
	FAILS(iommufd_viommu_invalidate_arm_smmuv3(nest.viommu, &command,
						   &count),
	      INVALIDATION_REFUSED, EINVAL);
	ck_assert_uint_eq(count, 0);
	/* This driver takes none for a question, the one of SMMUv3 does not. */
	count = 0;
	OK(invalidate(NULL, &count));
	ck_assert_uint_eq(count, 0);
	check_cache(nest.f.device,
		    (uint32_t[]){ CACHED, CACHED, CACHED, CACHED });
	end();
}
END_TEST

START_TEST(unreadable_entries)
{
	char *memory = harness_memory(2 * PAGE);
	uint32_t count = 3;

	if (!guest())
		return;
	munmap(memory + PAGE, PAGE);
	FAILS(invalidate((void *)(memory + PAGE - 2 * sizeof(entry)), &count),
	      BAD_BUFFER, EFAULT);
	ck_assert_uint_eq(count, 0);
	count = 3;
	FAILS(invalidate((void *)8, &count), BAD_BUFFER, EFAULT);
	ck_assert_uint_eq(count, 0);
	end();
}
END_TEST

/* A device that the guest does not have any more. */
START_TEST(the_vdevice_is_gone)
{
	const entry one = { 0, VIRT_ID, 0 };
	uint32_t count = 1;

	if (!guest())
		return;
	OK(iommufd_vdevice_destroy(vdevice));
	FAILS(invalidate(&one, &count), INVALIDATION_REFUSED, EINVAL);
	ck_assert_uint_eq(count, 0);
	vdevice = vdevice_new(nest.f.device, VIRT_ID);
	count = 1;
	OK(invalidate(&one, &count));
	ck_assert_uint_eq(count, 1);
	end();
}
END_TEST

/* A page table on a vIOMMU can be invalidated by itself. */
START_TEST(page_tables_of_it)
{
	const struct iommufd_mock_hwpt_invalidate entries[] = { { 0, 1 },
								{ 0, 4 } };
	struct iommufd_hwpt *hwpt;
	uint32_t count = 2;

	if (!guest())
		return;
	hwpt = nested_new(iommufd_viommu_id(nest.viommu));
	FAILS(iommufd_hwpt_invalidate(hwpt, IOMMUFD_MOCK_INVALIDATE, entries,
				      sizeof(entries[0]), &count),
	      INVALIDATION_REFUSED, EINVAL);
	ck_assert_uint_eq(count, 1);
	check_iotlb(hwpt,
		    (uint32_t[]){ NEST_IOTLB, 0, NEST_IOTLB, NEST_IOTLB });
	check_cache(nest.f.device,
		    (uint32_t[]){ CACHED, CACHED, CACHED, CACHED });
	OK(iommufd_hwpt_destroy(hwpt));
	end();
}
END_TEST

/* Kernels without vIOMMUs know the command, but no such object. */
START_TEST(the_viommu_is_gone)
{
	const struct iommufd_arm_smmuv3_command command = { { 0, 0 } };
	const entry one = { 0, VIRT_ID, 0 };
	struct iommufd_viommu *viommu = NULL;
	uint32_t count = 1;

	OK(iommufd_viommu_adopt(nest.f.ctx, UNUSED_ID, 0, &viommu));
	FAILS(iommufd_viommu_invalidate(viommu, IOMMUFD_MOCK_INVALIDATE, &one,
					sizeof(one), &count),
	      OBJECT, ENOENT);
	ck_assert_uint_eq(count, 0);
	count = 1;
	FAILS(iommufd_viommu_invalidate_arm_smmuv3(viommu, &command, &count),
	      OBJECT, ENOENT);
	ck_assert_uint_eq(count, 0);
	iommufd_viommu_release(viommu);
	nesting_end();
}
END_TEST

START_TEST(null_pointers)
{
	const uint32_t type = IOMMUFD_MOCK_INVALIDATE;
	const entry one = { 0, VIRT_ID, 0 };
	struct iommufd_viommu *viommu = NULL;
	uint32_t count = 1;

	OK(iommufd_viommu_adopt(nest.f.ctx, UNUSED_ID, 0, &viommu));
	FAILS(iommufd_viommu_invalidate(NULL, type, &one, 12, &count),
	      NULL_POINTER, EINVAL);
	ck_assert_uint_eq(count, 0);
	count = 1;
	FAILS(iommufd_viommu_invalidate(viommu, type, NULL, 12, &count),
	      NULL_POINTER, EINVAL);
	ck_assert_uint_eq(count, 0);
	FAILS(iommufd_viommu_invalidate(viommu, type, &one, 12, NULL),
	      NULL_POINTER, EINVAL);
	count = 1;
	FAILS(iommufd_viommu_invalidate_arm_smmuv3(viommu, NULL, &count),
	      NULL_POINTER, EINVAL);
	ck_assert_uint_eq(count, 0);
	FAILS(iommufd_viommu_invalidate_arm_smmuv3(NULL, NULL, &count),
	      NULL_POINTER, EINVAL);
	iommufd_viommu_release(viommu);
	nesting_end();
}
END_TEST

static const TTest **const tests[] = {
	&one_several_all,
	&a_bad_entry_anywhere,
	&what_is_done_of_them,
	&entries_of_other_lengths,
	&refused_as_a_whole,
	&unreadable_entries,
	&the_vdevice_is_gone,
	&page_tables_of_it,
	&the_viommu_is_gone,
	&null_pointers,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "caches", .setup = nesting_setup, .tests = tests },
	};

	return harness_run("viommu_invalidate", cases, 1);
}
