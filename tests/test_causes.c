/* SPDX-License-Identifier: MIT */
/*
 * The cause of every errno of every command, also of those that no kernel in
 * the test bed can be made to give. The kernel is replaced: needs no iommufd.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fixture.h"
#include "harness.h"

static int answer; /* errno of each request and each open, 0 for success */

int ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	uint32_t *arg;

	(void)fd;
	va_start(args, request);
	arg = va_arg(args, uint32_t *);
	va_end(args);
	if (!answer) {
		/* Good for the ids of all that tests make with it. */
		if ((request & 0xff) == IOMMUFD_NR_IOAS_ALLOC)
			arg[2] = 1;
		return 0;
	}
	errno = answer;
	return -1;
}

int open(const char *path, int flags, ...)
{
	if (!answer)
		return (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0600);
	errno = answer;
	return -1;
}

static struct iommufd_ctx *ctx;
static struct iommufd_ioas *ioas;
static struct iommufd_hwpt *hwpt;
static struct iommufd_device *device;
static struct iommufd_access *access_;
static const struct iommufd_extent part = { PAGE, PAGE };
static const struct iommufd_iova_range range = { PAGE, 2 * PAGE };
static uint64_t iova, length;
static uint32_t value;

/* Whatever file there is: nothing is asked of it but through the above. */
static void setup(void)
{
	struct iommufd_vfio *file = NULL;

	OK(iommufd_ctx_open("/dev/null", &ctx));
	OK(iommufd_ioas_alloc(ctx, 0, &ioas));
	OK(iommufd_hwpt_adopt(ctx, 4, 0, &hwpt));
	OK(iommufd_vfio_adopt_bound(ctx, 2, 0, 0, &file));
	OK(iommufd_device_from_vfio(file, &device));
	iommufd_vfio_close(file);
	answer = ENOENT;
	OK(iommufd_vfio_adopt_bound(ctx, 3, 0, 0, &file));
	answer = 0;
	OK(iommufd_access_from_vfio(file, &access_));
	iommufd_vfio_close(file);
}

static int ctx_open(void)
{
	struct iommufd_ctx *unused = NULL;

	return iommufd_ctx_open(NULL, &unused);
}

static int ctx_adopt(void)
{
	struct iommufd_ctx *unused = NULL;

	return iommufd_ctx_adopt(0, IOMMUFD_ADOPT_VERIFY, &unused);
}

static int destroy(void)
{
	return iommufd_ioas_destroy(ioas);
}

static int mode_set(void)
{
	return iommufd_ctx_rlimit_mode_set(ctx, 1);
}

static int change_process(void)
{
	return iommufd_ctx_change_process(ctx);
}

static int vfio_ioas(void)
{
	return iommufd_ctx_vfio_ioas_get(ctx, &value);
}

static int ioas_alloc(void)
{
	struct iommufd_ioas *unused = NULL;

	return iommufd_ioas_alloc(ctx, 0, &unused);
}

static int map(void)
{
	return iommufd_ioas_map(ioas, ctx, PAGE, RW, &iova);
}

static int map_fixed(void)
{
	iova = PAGE;
	return iommufd_ioas_map(ioas, ctx, PAGE, FIXED, &iova);
}

static int map_file(void)
{
	return iommufd_ioas_map_file(ioas, 0, &part, RW, &iova);
}

static int copy(void)
{
	return iommufd_ioas_copy(ioas, ioas, &part, RW, &iova);
}

static int unmap(void)
{
	length = PAGE;
	return iommufd_ioas_unmap(ioas, &length, PAGE);
}

static int unmap_all(void)
{
	return iommufd_ioas_unmap_all(ioas, NULL);
}

static int ranges(void)
{
	value = 0;
	return iommufd_ioas_iova_ranges(ioas, NULL, &value, NULL);
}

static int allow(void)
{
	return iommufd_ioas_allow_iovas(ioas, &range, 1);
}

static int huge_off(void)
{
	return iommufd_ioas_huge_pages_set(ioas, 0);
}

static int huge_two(void)
{
	return iommufd_ioas_huge_pages_set(ioas, 2);
}

static int get_pa(void)
{
	length = PAGE;
	return iommufd_ioas_noiommu_get_pa(ioas, &length, PAGE, &iova);
}

static int hwpt_alloc(void)
{
	struct iommufd_hwpt *unused = NULL;

	return iommufd_hwpt_alloc(device, 1, NULL, &unused);
}

static int hwpt_alloc_fault(void)
{
	const struct iommufd_hwpt_alloc_opts opts = {
		.size = sizeof(opts),
		.flags = IOMMUFD_HWPT_FAULT_ID_VALID,
		.fault_id = 4
	};
	struct iommufd_hwpt *unused = NULL;

	return iommufd_hwpt_alloc(device, 1, &opts, &unused);
}

static int hwpt_alloc_data(void)
{
	const struct iommufd_hwpt_alloc_opts opts = { .size = sizeof(opts),
						      .data_type = 1,
						      .data_len = 4,
						      .data = &value };
	struct iommufd_hwpt *unused = NULL;

	return iommufd_hwpt_alloc(device, 1, &opts, &unused);
}

static int attach(void)
{
	return iommufd_device_attach(device, 1, NULL);
}

static const struct iommufd_device_pasid_opts pasid = { .size = sizeof(pasid),
							.pasid = 9 };

static int attach_pasid(void)
{
	return iommufd_device_attach_pasid(device, &pasid, 1, NULL);
}

static int detach_pasid(void)
{
	return iommufd_device_detach_pasid(device, 9);
}

static int set_dirty_tracking(void)
{
	return iommufd_hwpt_set_dirty_tracking(hwpt, 0);
}

static int get_dirty_bitmap(void)
{
	const struct iommufd_hwpt_get_dirty_bitmap_opts opts = {
		.size = sizeof(opts),
		.length = PAGE,
		.page_size = PAGE,
		.bitmap_length = sizeof(iova)
	};

	return iommufd_hwpt_get_dirty_bitmap(hwpt, &opts, &iova);
}

static int hw_info(void)
{
	struct iommufd_hw_info info = { .size = sizeof(info) };

	return iommufd_device_get_hw_info(device, 0, NULL, 0, &info);
}

static int access_attach(void)
{
	return iommufd_access_attach(access_, ioas);
}

/* The call, with the system saying @err. */
static int with(int (*call)(void), int err)
{
	int ret;

	answer = err;
	ret = call();
	answer = 0;
	return ret;
}

START_TEST(of_contexts)
{
	FAILS(with(ctx_open, ENOENT), NO_IOMMUFD, ENOENT);
	FAILS(with(ctx_open, ENOTDIR), NO_IOMMUFD, ENOTDIR);
	FAILS(with(ctx_open, ENODEV), NO_IOMMUFD, ENODEV);
	FAILS(with(ctx_open, ENXIO), NO_IOMMUFD, ENXIO);
	FAILS(with(ctx_open, EACCES), OPEN_DENIED, EACCES);
	FAILS(with(ctx_open, EPERM), OPEN_DENIED, EPERM);
	FAILS(with(ctx_open, EINTR), INTERRUPTED, EINTR);
	FAILS(with(ctx_open, ENFILE), DESCRIPTORS, ENFILE);
	FAILS(with(ctx_open, EMFILE), DESCRIPTORS, EMFILE);
	FAILS(with(ctx_open, ENOMEM), NO_MEMORY, ENOMEM);
	FAILS(with(ctx_adopt, ENOTTY), NOT_IOMMUFD, ENOTTY);
	FAILS(with(ctx_adopt, EINVAL), NOT_IOMMUFD, EINVAL);
	FAILS(with(ctx_adopt, EBADF), BAD_FD, EBADF);
	FAILS(with(destroy, EBUSY), IN_USE, EBUSY);
	FAILS(with(destroy, ENOENT), OBJECT, ENOENT);
	FAILS(with(mode_set, EPERM), NEEDS_SYS_RESOURCE, EPERM);
	FAILS(with(mode_set, EBUSY), CONTEXT_NOT_EMPTY, EBUSY);
	FAILS(with(mode_set, EINVAL), BAD_VALUE, EINVAL);
	FAILS(with(vfio_ioas, ENODEV), COMPAT_IOAS, ENODEV);
	FAILS(with(change_process, EINVAL), NOT_FILE_BACKED, EINVAL);
	FAILS(with(change_process, EBUSY), MAPPING_IN_TRANSIT, EBUSY);
	FAILS(with(change_process, ENOMEM), MEMORY_OR_LIMIT, ENOMEM);
}
END_TEST

/* What maps has these in common. */
static void check_map(int (*call)(void), uint32_t memory)
{
	FAILS(with(call, EEXIST), ALREADY_MAPPED, EEXIST);
	FAILS(with(call, ENOSPC), NO_IOVA_SPACE, ENOSPC);
	FAILS(with(call, ENOMEM), MEMORY_OR_LIMIT, ENOMEM);
	FAILS(with(call, EOVERFLOW), OVERFLOW, EOVERFLOW);
	FAILS(with(call, EOPNOTSUPP), FEATURE, EOPNOTSUPP);
	/* IOMMU drivers' own. */
	FAILS(with(call, EADDRINUSE), IOVA_UNUSABLE, EADDRINUSE);
	FAILS(with(call, ERANGE), IOVA_UNUSABLE, ERANGE);
	harness_fails(with(call, EFAULT), memory, EFAULT, "EFAULT", __FILE__,
		      __LINE__);
}

START_TEST(of_maps)
{
	check_map(map, IOMMUFD_CAUSE_UNPINNABLE);
	check_map(map_fixed, IOMMUFD_CAUSE_UNPINNABLE);
	check_map(map_file, IOMMUFD_CAUSE_UNPINNABLE);
	check_map(copy, IOMMUFD_CAUSE_EARLIER_MAPPING);
	FAILS(with(map, ENOTTY), NOT_IOMMUFD, ENOTTY);
	FAILS(with(copy, ENOTTY), NOT_IOMMUFD, ENOTTY);
	FAILS(with(map_file, ENOTTY), COMMAND, ENOTTY);
	FAILS(with(map, EINVAL), MISALIGNED, EINVAL);
	FAILS(with(map_fixed, EINVAL), IOVA_UNUSABLE, EINVAL);
	FAILS(with(map, ENOENT), OBJECT, ENOENT);
	FAILS(with(map_file, EINVAL), FILE_UNUSABLE, EINVAL);
	FAILS(with(map_file, EBADF), BAD_FD, EBADF);
	FAILS(with(map_file, ENODEV), REVOKED, ENODEV);
	FAILS(with(copy, EINVAL), MISALIGNED, EINVAL);
	FAILS(with(copy, ENOENT), COPY_SOURCE, ENOENT);
	FAILS(with(copy, EPERM), READ_ONLY_SOURCE, EPERM);
}
END_TEST

START_TEST(of_unmaps)
{
	int (*const calls[])(void) = { unmap, unmap_all };

	for (int i = 0; i < 2; i++) {
		FAILS(with(calls[i], EBUSY), MAPPING_IN_TRANSIT, EBUSY);
		FAILS(with(calls[i], EDEADLK), PINS_HELD, EDEADLK);
	}
	FAILS(with(unmap, ENOENT), NOT_WHOLE_MAPPINGS, ENOENT);
	FAILS(with(unmap, EOVERFLOW), OVERFLOW, EOVERFLOW);
	FAILS(with(unmap_all, ENOENT), OBJECT, ENOENT);
	ck_assert_uint_eq(length, PAGE);
}
END_TEST

START_TEST(of_address_spaces)
{
	FAILS(with(ioas_alloc, ENOMEM), NO_MEMORY, ENOMEM);
	FAILS(with(ioas_alloc, ENOTTY), NOT_IOMMUFD, ENOTTY);
	FAILS(with(ioas_alloc, EOPNOTSUPP), FEATURE, EOPNOTSUPP);
	FAILS(with(ioas_alloc, E2BIG), NEWER_STRUCT, E2BIG);
	FAILS(with(ioas_alloc, EIO), UNSPECIFIC, EIO);
	FAILS(with(ioas_alloc, ENODEV), DEVICE_GONE, ENODEV);
	FAILS(with(ioas_alloc, EAGAIN), CONTENDED, EAGAIN);
	FAILS(with(ioas_alloc, EPERM), NOT_PERMITTED, EPERM);
	FAILS(with(ranges, EMSGSIZE), ARRAY_SHORT, EMSGSIZE);
	FAILS(with(ranges, ENOENT), OBJECT, ENOENT);
	FAILS(with(ranges, EFAULT), BAD_BUFFER, EFAULT);
	FAILS(with(allow, EINVAL), BAD_RANGES, EINVAL);
	FAILS(with(allow, EADDRINUSE), RESERVED_IN_USE, EADDRINUSE);
	FAILS(with(huge_off, EINVAL), IOAS_MAPPED, EINVAL);
	FAILS(with(huge_two, EINVAL), BAD_VALUE, EINVAL);
	FAILS(with(huge_off, EADDRINUSE), MAPPING_MISALIGNED, EADDRINUSE);
	FAILS(with(get_pa, EPERM), NEEDS_SYS_RAWIO, EPERM);
	FAILS(with(get_pa, ENOENT), NOTHING_MAPPED, ENOENT);
	FAILS(with(get_pa, EINVAL), REVOKED, EINVAL);
	FAILS(with(get_pa, EOPNOTSUPP), FEATURE, EOPNOTSUPP);
}
END_TEST

START_TEST(of_devices)
{
	FAILS(with(hwpt_alloc, EINVAL), PAGE_TABLE_REFUSED, EINVAL);
	FAILS(with(hwpt_alloc, EADDRINUSE), OUTSIDE_PAGE_TABLE, EADDRINUSE);
	FAILS(with(hwpt_alloc, EFAULT), EARLIER_MAPPING, EFAULT);
	FAILS(with(hwpt_alloc_data, EFAULT), BAD_BUFFER, EFAULT);
	FAILS(with(hwpt_alloc_data, ENOMEM), NO_MEMORY, ENOMEM);
	FAILS(with(hwpt_alloc, ENOMEM), MEMORY_OR_LIMIT, ENOMEM);
	FAILS(with(hwpt_alloc, ENOENT), NOT_PHYSICAL, ENOENT);
	FAILS(with(hwpt_alloc_fault, ENOENT), DEVICE_OR_QUEUE, ENOENT);
	FAILS(with(hwpt_alloc, EOPNOTSUPP), FEATURE, EOPNOTSUPP);
	FAILS(with(attach, EINVAL), ATTACH_REFUSED, EINVAL);
	FAILS(with(attach, ENOENT), PAGE_TABLE, ENOENT);
	FAILS(with(attach, EADDRINUSE), ATTACH_CONFLICT, EADDRINUSE);
	FAILS(with(attach, EFAULT), EARLIER_MAPPING, EFAULT);
	FAILS(with(attach, ENOMEM), MEMORY_OR_LIMIT, ENOMEM);
	FAILS(with(attach, ENODEV), ATTACH_UNSUPPORTED, ENODEV);
	FAILS(with(attach, EBUSY), DEVICE_BUSY, EBUSY);
	FAILS(with(attach, EOPNOTSUPP), FEATURE, EOPNOTSUPP);
	FAILS(with(hw_info, ENOENT), NOT_PHYSICAL, ENOENT);
	FAILS(with(hw_info, EOPNOTSUPP), FEATURE, EOPNOTSUPP);
	FAILS(with(access_attach, ENOENT), PAGE_TABLE, ENOENT);
	FAILS(with(access_attach, EADDRINUSE), MAPPING_MISALIGNED, EADDRINUSE);
	FAILS(with(access_attach, EBUSY), DEVICE_BUSY, EBUSY);
}
END_TEST

START_TEST(of_pasids)
{
	FAILS(with(attach_pasid, EINVAL), PASID_REFUSED, EINVAL);
	FAILS(with(attach_pasid, ENOENT), PAGE_TABLE, ENOENT);
	FAILS(with(attach_pasid, ENODEV), ATTACH_UNSUPPORTED, ENODEV);
	FAILS(with(attach_pasid, EBUSY), DEVICE_BUSY, EBUSY);
	FAILS(with(attach_pasid, ENOMEM), NO_MEMORY, ENOMEM);
	FAILS(with(attach_pasid, EOPNOTSUPP), FEATURE, EOPNOTSUPP);
	FAILS(with(detach_pasid, EINVAL), FEATURE, EINVAL);
	FAILS(with(detach_pasid, EOPNOTSUPP), FEATURE, EOPNOTSUPP);
	FAILS(with(detach_pasid, EBUSY), DEVICE_BUSY, EBUSY);
}
END_TEST

START_TEST(of_dirty_tracking)
{
	FAILS(with(set_dirty_tracking, ENOTTY), COMMAND, ENOTTY);
	FAILS(with(set_dirty_tracking, ENOENT), OBJECT, ENOENT);
	FAILS(with(set_dirty_tracking, EOPNOTSUPP), FEATURE, EOPNOTSUPP);
	FAILS(with(set_dirty_tracking, ENOMEM), NO_MEMORY, ENOMEM);
	FAILS(with(get_dirty_bitmap, ENOTTY), COMMAND, ENOTTY);
	FAILS(with(get_dirty_bitmap, EINVAL), DIRTY_RANGE, EINVAL);
	FAILS(with(get_dirty_bitmap, EOVERFLOW), OVERFLOW, EOVERFLOW);
	FAILS(with(get_dirty_bitmap, ENOMEM), NO_MEMORY, ENOMEM);
	FAILS(with(get_dirty_bitmap, ENOENT), OBJECT, ENOENT);
	FAILS(with(get_dirty_bitmap, EOPNOTSUPP), FEATURE, EOPNOTSUPP);
}
END_TEST

static const TTest **const causes[] = {
	&of_contexts, &of_maps,	  &of_unmaps,	      &of_address_spaces,
	&of_devices,  &of_pasids, &of_dirty_tracking, NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "errnos", .setup = setup, .tests = causes },
	};

	return harness_run("causes", cases, 1);
}
