/* SPDX-License-Identifier: MIT */
/*
 * The cause of every errno of what a guest's IOMMU is made of, and what a
 * failure leaves untouched. The kernel is replaced: needs no iommufd.
 */
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fakekernel.h"

static const struct iommufd_extent region = { 4096, 8192 };
static const struct iommufd_vtd_s1_invalidation entries[5];
static const struct iommufd_arm_smmuv3_command commands[5];
static int map_errno; /* of mmap(2) and munmap(2); 0: the system's answer */
static void *const untouched = (void *)0x5eed;
static uint32_t count;

void *mmap(void *address, size_t length, int prot, int flags, int fd,
	   off_t offset)
{
	if (!map_errno)
		return (void *)syscall(SYS_mmap, address, length, prot, flags,
				       fd, offset);
	errno = map_errno;
	return MAP_FAILED;
}

int munmap(void *address, size_t length)
{
	if (!map_errno)
		return (int)syscall(SYS_munmap, address, length);
	errno = map_errno;
	return -1;
}

/* Each gives its typed error, and looks at what it must not touch. */
#define NOTHING_MADE(ret, object)                                              \
	do {                                                                   \
		ck_assert_ptr_eq(object, untouched);                           \
		return ret;                                                    \
	} while (0)

static int vtd_s1_with(uint32_t flags)
{
	const struct iommufd_hwpt_alloc_vtd_s1_opts vtd = { .size = sizeof(vtd),
							    .flags = flags,
							    .fault_id = flags };
	struct iommufd_hwpt *hwpt = untouched;
	int ret = iommufd_hwpt_alloc_vtd_s1(objects.device, objects.hwpt, &vtd,
					    &hwpt);

	NOTHING_MADE(ret, hwpt);
}

static int vtd_s1(void)
{
	return vtd_s1_with(0);
}

static int vtd_s1_fault(void)
{
	return vtd_s1_with(IOMMUFD_HWPT_FAULT_ID_VALID);
}

static int arm_smmuv3(void)
{
	const struct iommufd_hwpt_alloc_arm_smmuv3_opts smmu = {
		.size = sizeof(smmu)
	};
	struct iommufd_hwpt *hwpt = untouched;
	int ret = iommufd_hwpt_alloc_arm_smmuv3(objects.device, objects.viommu,
						&smmu, &hwpt);

	NOTHING_MADE(ret, hwpt);
}

static int amd_guest(void)
{
	const struct iommufd_hwpt_alloc_amd_guest_opts amd = { .size = sizeof(
								       amd) };
	struct iommufd_hwpt *hwpt = untouched;
	int ret = iommufd_hwpt_alloc_amd_guest(objects.device, objects.viommu,
					       &amd, &hwpt);

	NOTHING_MADE(ret, hwpt);
}

static int viommu_alloc(void)
{
	struct iommufd_viommu *viommu = untouched;
	int ret = iommufd_viommu_alloc(objects.device, objects.hwpt, 1, NULL,
				       &viommu);

	NOTHING_MADE(ret, viommu);
}

static int tegra241_cmdqv(void)
{
	struct iommufd_viommu_tegra241_cmdqv_info info = { sizeof(info), 1, 2,
							   3 };
	struct iommufd_viommu *viommu = untouched;
	int ret = iommufd_viommu_alloc_tegra241_cmdqv(
		objects.device, objects.hwpt, &info, &viommu);

	ck_assert_uint_eq(info.reserved, 1);
	ck_assert_uint_eq(info.mmap_offset, 2);
	ck_assert_uint_eq(info.mmap_length, 3);
	NOTHING_MADE(ret, viommu);
}

static int vdevice_alloc(void)
{
	struct iommufd_vdevice *vdevice = untouched;
	int ret = iommufd_vdevice_alloc(objects.viommu, objects.device, 1,
					&vdevice);

	NOTHING_MADE(ret, vdevice);
}

static int queue_alloc_of(uint64_t length)
{
	const struct iommufd_hw_queue_alloc_opts opts = { .size = sizeof(opts),
							  .length = length };
	struct iommufd_hw_queue *queue = untouched;
	int ret = iommufd_hw_queue_alloc(objects.viommu, &opts, &queue);

	NOTHING_MADE(ret, queue);
}

static int queue_alloc(void)
{
	return queue_alloc_of(4096);
}

static int queue_alloc_empty(void)
{
	return queue_alloc_of(0);
}

static int invalidate_hwpt(void)
{
	count = 5;
	return iommufd_hwpt_invalidate_vtd_s1(objects.hwpt, entries, &count);
}

static int invalidate_viommu(void)
{
	count = 5;
	return iommufd_viommu_invalidate_arm_smmuv3(objects.viommu, commands,
						    &count);
}

static int map(void)
{
	void *address = untouched;
	int ret = iommufd_viommu_mmap(objects.viommu, &region, &address);

	NOTHING_MADE(ret, address);
}

static int unmap(void)
{
	return iommufd_viommu_munmap(untouched, &region);
}

static int viommu_destroy(void)
{
	struct iommufd_viommu *viommu = NULL;
	int ret;

	OK(iommufd_viommu_adopt(objects.ctx, 5, IOMMUFD_ADOPT_OWNED, &viommu));
	ret = iommufd_viommu_destroy(viommu);
	iommufd_viommu_release(viommu);
	return ret;
}

static int vdevice_destroy(void)
{
	struct iommufd_vdevice *vdevice = NULL;
	int ret;

	OK(iommufd_vdevice_adopt(objects.ctx, 5, IOMMUFD_ADOPT_OWNED,
				 &vdevice));
	ret = iommufd_vdevice_destroy(vdevice);
	iommufd_vdevice_release(vdevice);
	return ret;
}

static int queue_destroy(void)
{
	struct iommufd_hw_queue *queue = NULL;
	int ret;

	OK(iommufd_hw_queue_adopt(objects.ctx, 5, IOMMUFD_ADOPT_OWNED, &queue));
	ret = iommufd_hw_queue_destroy(queue);
	iommufd_hw_queue_release(queue);
	return ret;
}

struct row {
	int err;
	uint32_t cause;
};

#define ROW(err, cause)                                                        \
	{                                                                      \
		err, IOMMUFD_CAUSE_##cause                                     \
	}

/* What every command can meet. */
#define COMMON                                                                 \
	ROW(ENOTTY, COMMAND), ROW(EOPNOTSUPP, FEATURE),                        \
		ROW(E2BIG, NEWER_STRUCT), ROW(EBADF, BAD_FD),                  \
		ROW(EPERM, NOT_PERMITTED), ROW(ENODEV, DEVICE_GONE),           \
		ROW(ETIMEDOUT, UNSPECIFIC)

/* @err is fake.err or map_errno. */
#define CHECK_ROWS(err_of, rows, call)                                         \
	do {                                                                   \
		for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]);     \
		     row++) {                                                  \
			int ret;                                               \
                                                                               \
			err_of = rows[row].err;                                \
			ret = call();                                          \
			err_of = 0;                                            \
			harness_fails(ret, rows[row].cause, rows[row].err,     \
				      #call, __FILE__, __LINE__);              \
		}                                                              \
	} while (0)

START_TEST(of_nested_page_tables)
{
	int (*const calls[])(void) = { vtd_s1, arm_smmuv3, amd_guest };
	const struct row rows[] = {
		ROW(EINVAL, PAGE_TABLE_REFUSED), ROW(EIO, PAGE_TABLE_DATA),
		ROW(ENOENT, NOT_PHYSICAL),	 ROW(EFAULT, BAD_BUFFER),
		ROW(ENOMEM, NO_MEMORY),		 COMMON
	};
	const struct row faults[] = { ROW(ENOENT, DEVICE_OR_QUEUE) };

	for (int i = 0; i < 3; i++)
		CHECK_ROWS(fake.err, rows, calls[i]);
	CHECK_ROWS(fake.err, faults, vtd_s1_fault);
	fake_end();
}
END_TEST

START_TEST(of_viommus)
{
	const struct row rows[] = { ROW(EINVAL, VIOMMU_REFUSED),
				    ROW(ENOENT, DEVICE_OR_PARENT),
				    ROW(EFAULT, BAD_BUFFER),
				    ROW(ENOMEM, NO_MEMORY), COMMON };

	CHECK_ROWS(fake.err, rows, viommu_alloc);
	CHECK_ROWS(fake.err, rows, tegra241_cmdqv);
	fake_end();
}
END_TEST

START_TEST(of_vdevices)
{
	const struct row rows[] = {
		ROW(EINVAL, VDEVICE_REFUSED), ROW(ENOENT, VIOMMU_OR_DEVICE),
		ROW(EEXIST, VDEVICE_EXISTS),  ROW(ENOSPC, NO_SLOT),
		ROW(ENOMEM, NO_MEMORY),	      COMMON
	};

	CHECK_ROWS(fake.err, rows, vdevice_alloc);
	fake_end();
}
END_TEST

START_TEST(of_queues)
{
	const struct row rows[] = {
		ROW(EINVAL, QUEUE_REFUSED),
		ROW(EOVERFLOW, OVERFLOW),
		ROW(ERANGE, OVERFLOW),
		ROW(ENOENT, QUEUE_MEMORY),
		ROW(EPERM, QUEUE_NOT_READABLE),
		ROW(EADDRINUSE, MAPPING_MISALIGNED),
		ROW(EFAULT, QUEUE_NOT_CONTIGUOUS),
		ROW(EEXIST, QUEUE_EXISTS),
		ROW(EIO, QUEUE_ORDER),
		ROW(ENOMEM, MEMORY_OR_LIMIT),
		ROW(ENOTTY, COMMAND),
		ROW(EOPNOTSUPP, FEATURE),
	};
	const struct row empty[] = { ROW(EINVAL, ZERO_LENGTH),
				     ROW(EOPNOTSUPP, FEATURE),
				     ROW(ENOTTY, COMMAND) };

	CHECK_ROWS(fake.err, rows, queue_alloc);
	CHECK_ROWS(fake.err, empty, queue_alloc_empty);
	fake_end();
}
END_TEST

START_TEST(of_invalidations)
{
	int (*const calls[])(void) = { invalidate_hwpt, invalidate_viommu };
	const struct row rows[] = { ROW(EINVAL, INVALIDATION_REFUSED),
				    ROW(EIO, INVALIDATION_ENTRY),
				    ROW(ENOENT, OBJECT),
				    ROW(EFAULT, BAD_BUFFER),
				    ROW(ENOMEM, NO_MEMORY),
				    COMMON };

	for (int i = 0; i < 2; i++) {
		for (fake.handled = 0; fake.handled < 5; fake.handled++) {
			CHECK_ROWS(fake.err, rows, calls[i]);
			ck_assert_uint_eq(count, fake.handled);
		}
		/* The command was not reached: it has counted nothing. */
		fake.silent = 1;
		CHECK_ROWS(fake.err, rows, calls[i]);
		ck_assert_uint_eq(count, 0);
		fake.silent = 0;
		fake.handled = 5;
		OK(calls[i]());
		ck_assert_uint_eq(count, 5);
	}
	fake_end();
}
END_TEST

START_TEST(of_maps)
{
	const struct row maps[] = {
		ROW(EINVAL, NOT_MAPPABLE),    ROW(ENXIO, NOT_MAPPABLE),
		ROW(EOVERFLOW, NOT_MAPPABLE), ROW(ENODEV, FEATURE),
		ROW(ENOMEM, NO_MEMORY),	      ROW(EPERM, NOT_PERMITTED),
		ROW(EACCES, NOT_PERMITTED),   ROW(EBADF, BAD_FD),
	};
	const struct row unmaps[] = { ROW(EINVAL, BAD_VALUE),
				      ROW(ENOMEM, NO_MEMORY) };

	CHECK_ROWS(map_errno, maps, map);
	CHECK_ROWS(map_errno, unmaps, unmap);
	ck_assert_uint_eq(fake.count, 0);
	fake_end();
}
END_TEST

START_TEST(of_ends)
{
	int (*const calls[])(void) = { viommu_destroy, vdevice_destroy,
				       queue_destroy };
	const struct row rows[] = { ROW(EBUSY, IN_USE), ROW(ENOENT, OBJECT) };

	for (int i = 0; i < 3; i++)
		CHECK_ROWS(fake.err, rows, calls[i]);
	fake_end();
}
END_TEST

static const TTest **const causes[] = {
	&of_nested_page_tables, &of_viommus, &of_vdevices, &of_queues,
	&of_invalidations,	&of_maps,    &of_ends,	   NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "errnos", .setup = fake_setup, .tests = causes },
	};

	return harness_run("causes_nested", cases, 1);
}
