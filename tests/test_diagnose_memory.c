/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "diagnosis.h"
#include "dmabuf.h"
#include "faketree.h"
#include "fixture.h"
#include "harness.h"

#define AT	     UINT64_C(0x2000000)
#define CAP_IPC_LOCK 14

static struct fixture f;

static void diagnose(int ret, uint32_t flags)
{
	diagnose_in(f.ctx, ret, flags);
}

static void use_device(void)
{
	fixture_device(&f);
}

static int map(void *memory, uint64_t length, uint64_t iova)
{
	return iommufd_ioas_map(f.ioas, memory, length, FIXED, &iova);
}

/* Where nothing else is put, so that what is unmapped stays so. */
#define LOW UINT64_C(0x10000000)

START_TEST(memory_missing)
{
	unsigned char *memory =
		mmap((void *)(uintptr_t)LOW, 8 * PAGE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	uint64_t at = LOW;

	ck_assert_ptr_eq(memory, (void *)(uintptr_t)LOW);
	ck_assert_int_eq(munmap(memory + 2 * PAGE, 3 * PAGE), 0);
	diagnose(map(memory, 8 * PAGE, AT), 0);
	check_cause(IOMMUFD_CAUSE_NOT_PRESENT);
	check_range_is(at + 2 * PAGE, at + 5 * PAGE - 1);
}
END_TEST

START_TEST(memory_not_writable)
{
	unsigned char *memory = harness_memory(8 * PAGE);
	uint64_t at = (uintptr_t)memory;

	ck_assert_int_eq(mprotect(memory + PAGE, PAGE, PROT_READ), 0);
	diagnose(map(memory, 8 * PAGE, AT), 0);
	check_cause(IOMMUFD_CAUSE_NOT_WRITABLE);
	check_range_is(at + PAGE, at + 2 * PAGE - 1);
}
END_TEST

START_TEST(memory_not_accessible)
{
	unsigned char *memory = harness_memory(8 * PAGE);
	uint64_t at = (uintptr_t)memory, iova = AT;

	ck_assert_int_eq(mprotect(memory + PAGE, PAGE, PROT_NONE), 0);
	diagnose(iommufd_ioas_map(f.ioas, memory, 2 * PAGE,
				  IOMMUFD_MAP_READABLE | IOMMUFD_MAP_FIXED_IOVA,
				  &iova),
		 0);
	check_cause(IOMMUFD_CAUSE_NOT_PRESENT);
	check_range_is(at + PAGE, at + 2 * PAGE - 1);
	check_says("PROT_NONE");
}
END_TEST

START_TEST(memory_beyond_a_file)
{
	int fd = harness_memfd(PAGE);
	void *memory =
		mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	ck_assert_ptr_ne(memory, MAP_FAILED);
	diagnose(map(memory, 2 * PAGE, AT), 0);
	check_cause(IOMMUFD_CAUSE_UNPINNABLE);
	check_says("beyond the end");
}
END_TEST

/* The name of a folder makes a file no device. */
START_TEST(memory_of_a_file_in_a_folder)
{
	void *memory;
	int fd;

	fake_new();
	fake_file("vfio/memory", "one page");
	fd = open(fake_path("vfio/memory"), O_RDWR | O_CLOEXEC);
	memory =
		mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ck_assert_ptr_ne(memory, MAP_FAILED);
	diagnose(map(memory, 2 * PAGE, AT), 0);
	check_cause(IOMMUFD_CAUSE_UNPINNABLE);
	check_says("beyond the end");
	close(fd);
}
END_TEST

static int map_file(int fd, uint64_t start, uint64_t length)
{
	struct iommufd_extent part = extent(start, length);
	uint64_t iova = AT;

	return iommufd_ioas_map_file(f.ioas, fd, &part, FIXED, &iova);
}

START_TEST(files)
{
	int memfd = harness_memfd(4 * PAGE);
	int other = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	if (!harness_has(f.ctx, IOMMUFD_NR_IOAS_MAP_FILE)) {
		diagnose(map_file(memfd, 0, PAGE), 0);
		check_cause(IOMMUFD_CAUSE_COMMAND);
		check_says("Linux 6.13");
		return;
	}
	diagnose(map_file(memfd, 2 * PAGE, 3 * PAGE), 0);
	check_cause(IOMMUFD_CAUSE_BEYOND_FILE);
	check_range_is(4 * PAGE, 5 * PAGE - 1);
	diagnose(map_file(memfd, 20 * PAGE, PAGE), 0);
	check_cause(IOMMUFD_CAUSE_BEYOND_FILE);
	check_range_is(20 * PAGE, 21 * PAGE - 1);
	diagnose(map_file(other, 0, PAGE), 0);
	check_cause(IOMMUFD_CAUSE_NOT_MEMORY_FILE);
	diagnose(map_file(memfd, 1024, PAGE), 0);
	check_cause(IOMMUFD_CAUSE_MEMORY_MISALIGNED);
	check_says("offset in the file 0x400");
}
END_TEST

/* Registers of a vIOMMU are mapped, and so locked by who locks everything. */
START_TEST(locked_by_the_process)
{
	const struct iommufd_extent region = extent(0, PAGE);
	struct iommufd_viommu *viommu = NULL;
	void *address = (void *)1;
	int ret;

	OK(iommufd_viommu_adopt(f.ctx, 1, 0, &viommu));
	drop_capability(CAP_IPC_LOCK);
	limit_locked_memory(1);
	/* By its number: a sanitizer's mlockall() does nothing. */
	ck_assert_int_eq(syscall(SYS_mlockall, MCL_FUTURE | MCL_ONFAULT), 0);
	ret = iommufd_viommu_mmap(viommu, &region, &address);
	ck_assert_int_eq(syscall(SYS_munlockall), 0);
	FAILS(ret, MEMORY_OR_LIMIT, EAGAIN);
	ck_assert_ptr_eq(address, (void *)1);
	diagnose(ret, 0);
	check_cause(IOMMUFD_CAUSE_LOCKED_MEMORY_LIMIT);
	check_says("mlockall");
	iommufd_viommu_release(viommu);
}
END_TEST

START_TEST(user_limit)
{
	void *memory = harness_memory(64 * PAGE);

	drop_capability(CAP_IPC_LOCK);
	limit_locked_memory(16 * PAGE);
	map_at(f.ioas, memory, 8 * PAGE, AT);
	diagnose(map(memory, 64 * PAGE, AT + MIB), 0);
	check_cause(IOMMUFD_CAUSE_LOCKED_MEMORY_LIMIT);
	ck_assert_uint_eq(d.valid, IOMMUFD_DIAGNOSIS_LIMIT |
					   IOMMUFD_DIAGNOSIS_USED_AT_LEAST);
	ck_assert_uint_eq(d.limit, 16 * PAGE);
	ck_assert_uint_eq(d.used, 8 * PAGE);
	ck_assert_uint_eq(d.needed, 64 * PAGE);
	ck_assert_uint_eq(d.limit_mode, IOMMUFD_RLIMIT_MODE_USER);
	check_says("64 KiB");
	check_says("256 KiB");
}
END_TEST

START_TEST(process_limit)
{
	unsigned char *memory = harness_memory(64 * PAGE);

	/* The mode is for a context in which nothing is yet. */
	fixture_end(&f);
	f.ctx = harness_ctx();
	OK(iommufd_ctx_rlimit_mode_set(f.ctx, IOMMUFD_RLIMIT_MODE_PROCESS));
	OK(iommufd_ioas_alloc(f.ctx, 0, &f.ioas));
	OK(iommufd_mock_device_new(f.ctx, iommufd_ioas_id(f.ioas), 0, NULL,
				   &f.device));
	drop_capability(CAP_IPC_LOCK);
	limit_locked_memory(16 * PAGE);
	map_at(f.ioas, memory, 9 * PAGE, AT);
	/* Half pages count as whole ones. */
	diagnose(map(memory + MOCK_PAGE, 8 * PAGE, AT + MIB), 0);
	check_cause(IOMMUFD_CAUSE_LOCKED_MEMORY_LIMIT);
	ck_assert_uint_eq(d.valid, IOMMUFD_DIAGNOSIS_LIMIT);
	ck_assert_uint_eq(d.limit_mode, IOMMUFD_RLIMIT_MODE_PROCESS);
	ck_assert_uint_eq(d.used, 9 * PAGE);
	ck_assert_uint_eq(d.needed, 9 * PAGE);
	/* Well below the limit: something else. */
	diagnose(made_up(IOMMUFD_OP_IOAS_MAP, IOMMUFD_CAUSE_MEMORY_OR_LIMIT,
			 ENOMEM, -1),
		 0);
	check_cause(IOMMUFD_CAUSE_NO_MEMORY);
}
END_TEST

/* A buffer has no pages of the process: it is mapped beyond the limit. */
START_TEST(buffers_have_no_limit)
{
	struct iommufd_failure failure;
	const struct iommufd_extent part = extent(0, 2 * PAGE);
	uint64_t iova = AT + MIB;
	int ret, buffer;

	if (dmabuf_missing(f.ctx))
		return;
	buffer = dmabuf_new(f.ctx, 2 * PAGE);
	drop_capability(CAP_IPC_LOCK);
	limit_locked_memory(PAGE);
	OK(iommufd_ioas_map_file(f.ioas, buffer, &part, FIXED, &iova));
	unmap_at(f.ioas, 2 * PAGE, iova);
	ret = map_file(harness_memfd(2 * PAGE), 0, 2 * PAGE);
	FAILS(ret, MEMORY_OR_LIMIT, ENOMEM);
	diagnose(ret, 0);
	check_cause(IOMMUFD_CAUSE_LOCKED_MEMORY_LIMIT);
	/* Memory of the kernel ran out just as well. */
	failure = harness_failure(ret);
	failure.memory_fd = buffer;
	diagnose(iommufd_failure_set(&failure), 0);
	check_cause(IOMMUFD_CAUSE_NO_MEMORY);
	ck_assert_uint_eq(d.valid, 0);
	check_says("a dma-buf does not count");
	close(buffer);
}
END_TEST

START_TEST(limit_unclear)
{
	diagnose(made_up(IOMMUFD_OP_IOAS_MAP, IOMMUFD_CAUSE_MEMORY_OR_LIMIT,
			 ENOMEM, -1),
		 0);
	check_cause(IOMMUFD_CAUSE_NO_MEMORY);
	check_says("CAP_IPC_LOCK");
	drop_capability(CAP_IPC_LOCK);
	limit_locked_memory(UINT64_MAX);
	diagnose(made_up(IOMMUFD_OP_IOAS_MAP, IOMMUFD_CAUSE_MEMORY_OR_LIMIT,
			 ENOMEM, -1),
		 0);
	check_cause(IOMMUFD_CAUSE_NO_MEMORY);
	check_says("unlimited");
	limit_locked_memory(16 * PAGE);
	diagnose(made_up(IOMMUFD_OP_DEVICE_ATTACH,
			 IOMMUFD_CAUSE_MEMORY_OR_LIMIT, ENOMEM, -1),
		 0);
	check_candidates(IOMMUFD_CAUSE_MEMORY_OR_LIMIT,
			 IOMMUFD_CAUSE_LOCKED_MEMORY_LIMIT,
			 IOMMUFD_CAUSE_NO_MEMORY);
	check_says("process that made each mapping");
	diagnose(made_up(IOMMUFD_OP_IOAS_COPY, IOMMUFD_CAUSE_MEMORY_OR_LIMIT,
			 ENOMEM, -1),
		 0);
	check_candidates(IOMMUFD_CAUSE_MEMORY_OR_LIMIT,
			 IOMMUFD_CAUSE_LOCKED_MEMORY_LIMIT,
			 IOMMUFD_CAUSE_NO_MEMORY);
}
END_TEST

static const TTest **const memory_tests[] = {
	&memory_missing,
	&memory_not_writable,
	&memory_not_accessible,
	&memory_beyond_a_file,
	&memory_of_a_file_in_a_folder,
	&files,
	&locked_by_the_process,
	&user_limit,
	&process_limit,
	&buffers_have_no_limit,
	&limit_unclear,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "memory",
		  .setup = use_device,
		  .tests = memory_tests },
	};

	return harness_run("diagnose_memory", cases, 1);
}
