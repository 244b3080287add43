/* SPDX-License-Identifier: MIT */
/* What a vIOMMU's driver takes and gives, and its registers in our memory. */
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "nesting.h"

#define IN_DATA UINT32_C(0xbadbeef)

static struct iommufd_extent region;
static int madvise_errno; /* 0: the system's own answer */

int madvise(void *address, size_t length, int advice)
{
	if (!madvise_errno)
		return (int)syscall(SYS_madvise, address, length, advice);
	errno = madvise_errno;
	return -1;
}

/* A vIOMMU with data of the driver, as far as @length. */
static int alloc_with(struct iommufd_mock_viommu_data *data, uint32_t length,
		      struct iommufd_viommu **viommu)
{
	const struct iommufd_viommu_alloc_opts opts = { .size = sizeof(opts),
							.data_len = length,
							.data = data };

	return iommufd_viommu_alloc(nest.f.device, nest.parent,
				    IOMMUFD_MOCK_VIOMMU, &opts, viommu);
}

/* Whether the driver's data can be given; before 6.17 the struct has no room. */
static int has_data(void)
{
	struct iommufd_mock_viommu_data data = { .in_data = 1 };
	struct iommufd_viommu *viommu = NULL;
	const int known = harness_has(nest.f.ctx, IOMMUFD_NR_HW_QUEUE_ALLOC);

	if (known)
		return 1;
	if (harness_has(nest.f.ctx, IOMMUFD_NR_VIOMMU_ALLOC))
		FAILS(alloc_with(&data, sizeof(data), &viommu), NEWER_STRUCT,
		      E2BIG);
	else
		FAILS(alloc_with(&data, sizeof(data), &viommu), COMMAND,
		      ENOTTY);
	ck_assert_ptr_null(viommu);
	nesting_end();
	return 0;
}

/* What the driver has no room for stays as it was. */
static void check_data(uint32_t length)
{
	struct iommufd_mock_viommu_data data;
	const uint32_t in_data = 0xbadbeef;
	struct iommufd_viommu *viommu = NULL;
	unsigned char bytes[sizeof(data)];

	memset(bytes, 0xa5, sizeof(bytes));
	memcpy(bytes, &in_data, sizeof(in_data));
	memcpy(&data, bytes, sizeof(data));
	OK(alloc_with(&data, length, &viommu));
	ck_assert_uint_eq(data.out_data, in_data);
	if (length >= sizeof(data))
		ck_assert_uint_eq(data.out_mmap_length, 2 * PAGE);
	ck_assert_mem_eq((char *)&data + length, bytes + length,
			 sizeof(bytes) - length);
	OK(iommufd_viommu_destroy(viommu));
}

/* Shorter and longer than this kernel's: from 8 bytes to its own 24. */
START_TEST(data_of_every_length)
{
	struct {
		struct iommufd_mock_viommu_data known;
		char more[4072];
	} data = { .known.in_data = 1 };
	struct iommufd_viommu *viommu = (void *)1;

	if (!has_data())
		return;
	for (uint32_t length = 8; length <= sizeof(data.known); length++)
		check_data(length);
	for (uint32_t length = 1; length < 8; length++)
		FAILS(alloc_with(&data.known, length, &viommu), VIOMMU_REFUSED,
		      EINVAL);
	for (uint32_t length = 25; length < 64; length++)
		FAILS(alloc_with(&data.known, length, &viommu), VIOMMU_REFUSED,
		      EINVAL);
	FAILS(alloc_with(&data.known, 4096, &viommu), VIOMMU_REFUSED, EINVAL);
	FAILS(alloc_with((void *)8, 24, &viommu), BAD_BUFFER, EFAULT);
	ck_assert_ptr_eq(viommu, (void *)1);
	ck_assert_uint_eq(data.known.out_data, 0);
	nesting_end();
}
END_TEST

/* Without a length, or without a pointer, as the driver takes it. */
START_TEST(half_of_the_data)
{
	struct iommufd_mock_viommu_data data = { .in_data = 1 };
	struct iommufd_viommu *viommu = NULL;

	if (!has_data())
		return;
	OK(alloc_with(&data, 0, &viommu));
	ck_assert_uint_eq(data.out_data, 0);
	OK(iommufd_viommu_destroy(viommu));
	viommu = NULL;
	OK(alloc_with(NULL, 0, &viommu));
	OK(iommufd_viommu_destroy(viommu));
	viommu = NULL;
	FAILS(alloc_with(NULL, 24, &viommu), BAD_BUFFER, EFAULT);
	ck_assert_ptr_null(viommu);
	nesting_end();
}
END_TEST

/* The answer of the driver cannot be written: nothing has been made. */
START_TEST(read_only_data)
{
	struct iommufd_mock_viommu_data *data = harness_memory(PAGE);
	struct iommufd_viommu *viommu = NULL;

	if (!has_data())
		return;
	ck_assert_int_eq(mprotect(data, PAGE, PROT_READ), 0);
	FAILS(alloc_with(data, sizeof(*data), &viommu), BAD_BUFFER, EFAULT);
	ck_assert_ptr_null(viommu);
	nesting_end();
}
END_TEST

/* A vIOMMU with registers; without them that is what the kernel must say. */
static int registers(void)
{
	struct iommufd_mock_viommu_data data = { .in_data = IN_DATA };
	void *address = (void *)1;

	if (harness_has(nest.f.ctx, IOMMUFD_NR_HW_QUEUE_ALLOC)) {
		OK(alloc_with(&data, sizeof(data), &nest.viommu));
		region = extent(data.out_mmap_offset, data.out_mmap_length);
		ck_assert_uint_eq(region.length, 2 * PAGE);
		return 1;
	}
	region = extent(0, PAGE);
	OK(iommufd_viommu_adopt(nest.f.ctx, 1, 0, &nest.viommu));
	FAILS(iommufd_viommu_mmap(nest.viommu, &region, &address), FEATURE,
	      ENODEV);
	ck_assert_ptr_eq(address, (void *)1);
	iommufd_viommu_release(nest.viommu);
	nest.viommu = NULL;
	nesting_end();
	return 0;
}

static volatile uint32_t *map(void)
{
	void *address = NULL;

	OK(iommufd_viommu_mmap(nest.viommu, &region, &address));
	ck_assert_ptr_nonnull(address);
	return address;
}

static void unmap(volatile uint32_t *address)
{
	OK(iommufd_viommu_munmap((void *)address, &region));
}

START_TEST(content)
{
	volatile uint32_t *first, *second;

	if (!registers())
		return;
	first = map();
	ck_assert_uint_eq(*first, IN_DATA);
	/* The same page, not a copy. */
	second = map();
	ck_assert_ptr_ne((void *)first, (void *)second);
	first[5] = 0x5eed;
	ck_assert_uint_eq(second[5], 0x5eed);
	unmap(first);
	unmap(second);
	nesting_end();
}
END_TEST

START_TEST(keeps_the_viommu)
{
	volatile uint32_t *first, *second;

	if (!registers())
		return;
	first = map();
	second = map();
	FAILS(iommufd_viommu_destroy(nest.viommu), IN_USE, EBUSY);
	unmap(first);
	FAILS(iommufd_viommu_destroy(nest.viommu), IN_USE, EBUSY);
	ck_assert_uint_eq(*second, IN_DATA);
	unmap(second);
	/* With nothing left it can be mapped again. */
	unmap(map());
	nesting_end();
}
END_TEST

/* A part that stays, and a copy elsewhere, count as much as the whole. */
START_TEST(parts_keep_it_too)
{
	struct iommufd_extent page;
	volatile uint32_t *first;
	char *second;

	if (!registers())
		return;
	page = extent(region.start, PAGE);
	first = map();
	second = (char *)first + PAGE;
	OK(iommufd_viommu_munmap((void *)first, &page));
	FAILS(iommufd_viommu_destroy(nest.viommu), IN_USE, EBUSY);
	OK(iommufd_viommu_munmap(second, &page));
	nesting_end();
}
END_TEST

/* The map keeps the context, also when all handles are gone. */
START_TEST(keeps_the_context)
{
	const uint64_t before = pinned();
	volatile uint32_t *address;

	if (!registers())
		return;
	map_at(nest.f.ioas, harness_memory(PAGE), PAGE, MOCK_FIRST);
	address = map();
	iommufd_viommu_release(nest.viommu);
	iommufd_hwpt_release(nest.parent);
	iommufd_device_close(nest.f.device);
	iommufd_ioas_release(nest.f.ioas);
	iommufd_ctx_close(nest.f.ctx);
	ck_assert_uint_eq(*address, IN_DATA);
	ck_assert_uint_eq(pinned(), before + PAGE);
	unmap(address);
	ck_assert_uint_eq(pinned(), before);
}
END_TEST

START_TEST(wrong_regions)
{
	void *address = (void *)1;
	struct iommufd_failure failure;
	struct iommufd_extent wrong;
	int ret;

	if (!registers())
		return;
	wrong = extent(region.start, PAGE);
	ret = iommufd_viommu_mmap(nest.viommu, &wrong, &address);
	FAILS(ret, NOT_MAPPABLE, ENXIO);
	failure = harness_failure(ret);
	ck_assert_uint_eq(failure.op, IOMMUFD_OP_VIOMMU_MMAP);
	ck_assert_uint_eq(failure.object_id, iommufd_viommu_id(nest.viommu));
	ck_assert_uint_eq(failure.arg, region.start);
	ck_assert_uint_eq(failure.length, PAGE);
	wrong = extent(region.start, 3 * PAGE);
	FAILS(iommufd_viommu_mmap(nest.viommu, &wrong, &address), NOT_MAPPABLE,
	      ENXIO);
	wrong = extent(region.start + PAGE, PAGE);
	FAILS(iommufd_viommu_mmap(nest.viommu, &wrong, &address), NOT_MAPPABLE,
	      ENXIO);
	wrong = extent(region.start + 64 * MIB, region.length);
	FAILS(iommufd_viommu_mmap(nest.viommu, &wrong, &address), NOT_MAPPABLE,
	      ENXIO);
	wrong = extent(region.start + 1, region.length);
	FAILS(iommufd_viommu_mmap(nest.viommu, &wrong, &address), NOT_MAPPABLE,
	      EINVAL);
	wrong = extent(region.start, 0);
	FAILS(iommufd_viommu_mmap(nest.viommu, &wrong, &address), NOT_MAPPABLE,
	      EINVAL);
	wrong = extent(UINT64_MAX & ~(PAGE - 1), region.length);
	FAILS(iommufd_viommu_mmap(nest.viommu, &wrong, &address), NOT_MAPPABLE,
	      EOVERFLOW);
	ck_assert_ptr_eq(address, (void *)1);
	nesting_end();
}
END_TEST

/* A region belongs to one vIOMMU and ends with it. */
START_TEST(regions_end)
{
	struct iommufd_viommu *viommu = NULL;
	void *address = (void *)1;

	if (!registers())
		return;
	OK(iommufd_viommu_destroy(nest.viommu));
	nest.viommu = NULL;
	OK(iommufd_viommu_adopt(nest.f.ctx, 1, 0, &viommu));
	FAILS(iommufd_viommu_mmap(viommu, &region, &address), NOT_MAPPABLE,
	      ENXIO);
	ck_assert_ptr_eq(address, (void *)1);
	iommufd_viommu_release(viommu);
	nesting_end();
}
END_TEST

START_TEST(wrong_arguments)
{
	volatile uint32_t *address;
	void *unused = (void *)1;
	struct iommufd_extent none = extent(0, 0);

	if (!registers())
		return;
	FAILS(iommufd_viommu_mmap(NULL, &region, &unused), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_viommu_mmap(nest.viommu, NULL, &unused), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_viommu_mmap(nest.viommu, &region, NULL), NULL_POINTER,
	      EINVAL);
	ck_assert_ptr_eq(unused, (void *)1);
	address = map();
	FAILS(iommufd_viommu_munmap(NULL, &region), NULL_POINTER, EINVAL);
	FAILS(iommufd_viommu_munmap((void *)address, NULL), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_viommu_munmap((char *)address + 4, &region), BAD_VALUE,
	      EINVAL);
	FAILS(iommufd_viommu_munmap((void *)address, &none), BAD_VALUE, EINVAL);
	ck_assert_uint_eq(*address, IN_DATA);
	unmap(address);
	nesting_end();
}
END_TEST

/* What cannot be kept from children is not given out. */
START_TEST(not_kept_from_children)
{
	void *address = (void *)1;

	if (!registers())
		return;
	madvise_errno = ENOMEM;
	FAILS(iommufd_viommu_mmap(nest.viommu, &region, &address), NO_MEMORY,
	      ENOMEM);
	madvise_errno = 0;
	ck_assert_ptr_eq(address, (void *)1);
	/* Ends the vIOMMU, so nothing has stayed. */
	nesting_end();
}
END_TEST

/* A child for as long as @hold is open for writing. */
static pid_t child(int hold[2])
{
	pid_t pid;
	char byte;

	ck_assert_int_eq(pipe(hold), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid) {
		close(hold[0]);
		return pid;
	}
	close(hold[1]);
	_exit(read(hold[0], &byte, 1) != 0);
}

/* The parent need not care who else is alive. */
START_TEST(a_child_keeps_nothing)
{
	volatile uint32_t *address;
	int hold[2], status = -1;
	pid_t pid;

	if (!registers())
		return;
	address = map();
	pid = child(hold);
	FAILS(iommufd_viommu_destroy(nest.viommu), IN_USE, EBUSY);
	unmap(address);
	OK(iommufd_viommu_destroy(nest.viommu));
	nest.viommu = NULL;
	ck_assert_int_eq(waitpid(pid, &status, WNOHANG), 0);
	close(hold[1]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	nesting_end();
}
END_TEST

START_TEST(a_child_has_no_registers)
{
	volatile uint32_t *address;
	int status = -1;
	pid_t pid;

	if (!registers())
		return;
	address = map();
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (!pid) {
		signal(SIGSEGV, SIG_DFL);
		_exit((int)*address & 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(WIFSIGNALED(status), 1);
	ck_assert_int_eq(WTERMSIG(status), SIGSEGV);
	ck_assert_uint_eq(*address, IN_DATA);
	unmap(address);
	nesting_end();
}
END_TEST

static const TTest **const data_tests[] = {
	&data_of_every_length,
	&half_of_the_data,
	&read_only_data,
	NULL,
};

static const TTest **const maps[] = {
	&content,
	&keeps_the_viommu,
	&parts_keep_it_too,
	&keeps_the_context,
	&wrong_regions,
	&regions_end,
	&wrong_arguments,
	&not_kept_from_children,
	&a_child_keeps_nothing,
	&a_child_has_no_registers,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "data", .setup = nesting_setup, .tests = data_tests },
		{ .name = "maps", .setup = nesting_setup, .tests = maps },
	};

	return harness_run("viommu_data", cases, 2);
}
