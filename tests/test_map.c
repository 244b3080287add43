/* SPDX-License-Identifier: MIT */
/* Mapping and unmapping memory of the process. */
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"
#include "harness.h"

static struct fixture f;

static void setup_ioas(void)
{
	fixture_ioas(&f);
}

static void setup_device(void)
{
	fixture_device(&f);
}

START_TEST(fixed)
{
	char *memory = harness_memory(2 * PAGE);
	uint64_t iova = MOCK_FIRST + PAGE, before = pinned();

	OK(iommufd_ioas_map(f.ioas, memory, 2 * PAGE, FIXED, &iova));
	ck_assert_uint_eq(iova, MOCK_FIRST + PAGE);
	ck_assert_uint_eq(pinned(), before + 2 * PAGE);
	OK(iommufd_mock_check_map(f.ctx, f.hwpt_id, memory, 2 * PAGE, iova));
	unmap_at(f.ioas, 2 * PAGE, iova);
	ck_assert_uint_eq(pinned(), before);
	fixture_end(&f);
}
END_TEST

/* The kernel looks at the IOVA even where it chooses: the library does not let
 * it see what happens to be there. */
START_TEST(chosen_by_the_kernel)
{
	uint64_t a = UINT64_MAX, b = MOCK_FIRST;
	char *memory = harness_memory(2 * PAGE);

	OK(iommufd_ioas_map(f.ioas, memory, PAGE, RW, &a));
	OK(iommufd_ioas_map(f.ioas, memory + PAGE, PAGE, RW, &b));
	ck_assert_uint_ge(a, MOCK_FIRST);
	ck_assert_uint_ge(b, MOCK_FIRST);
	ck_assert_uint_ne(a, b);
	OK(iommufd_mock_check_map(f.ctx, f.hwpt_id, memory, PAGE, a));
	OK(iommufd_mock_check_map(f.ctx, f.hwpt_id, memory + PAGE, PAGE, b));
	fixture_end(&f);
}
END_TEST

START_TEST(chosen_is_never_zero_and_keeps_the_offset)
{
	char *memory = harness_memory(2 * PAGE);

	for (uint64_t offset = 0; offset < PAGE; offset += 509) {
		uint64_t iova = 0;

		OK(iommufd_ioas_map(f.ioas, memory + offset, 100, RW, &iova));
		ck_assert_uint_ne(iova, 0);
		ck_assert_uint_eq(iova % PAGE, offset);
	}
	fixture_end(&f);
}
END_TEST

/* Without a page table any length goes; with one, multiples of its page. */
START_TEST(every_length)
{
	char *memory = harness_memory(3 * PAGE);
	uint64_t iova = 7;

	for (uint64_t length = 1; length <= 2 * PAGE; length += 111) {
		OK(iommufd_ioas_map(f.ioas, memory, length, RW, &iova));
		unmap_at(f.ioas, length, iova);
	}
	OK(iommufd_mock_device_new(f.ctx, iommufd_ioas_id(f.ioas), 0,
				   &f.hwpt_id, &f.device));
	for (uint64_t length = 1; length <= 2 * PAGE; length++) {
		iova = 7;
		if (length % MOCK_PAGE) {
			if (length % 64 > 1)
				continue;
			FAILS(iommufd_ioas_map(f.ioas, memory, length, RW,
					       &iova),
			      MISALIGNED, EINVAL);
			ck_assert_uint_eq(iova, 7);
		} else {
			OK(iommufd_ioas_map(f.ioas, memory, length, RW, &iova));
			unmap_at(f.ioas, length, iova);
		}
	}
	fixture_end(&f);
}
END_TEST

/* The kernel finds something else first, with another errno. */
static void refuse_wrapping(void *memory, uint64_t length, uint32_t flags,
			    uint64_t iova)
{
	FAILS(iommufd_ioas_map(f.ioas, memory, length, flags, &iova), OVERFLOW,
	      EINVAL);
}

START_TEST(wrong_arguments)
{
	char *memory = harness_memory(PAGE);
	struct iommufd_failure failure;
	uint64_t iova = MOCK_FIRST;
	int ret;

	FAILS(iommufd_ioas_map(NULL, memory, PAGE, FIXED, &iova), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_ioas_map(f.ioas, memory, PAGE, FIXED, NULL), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_ioas_map(f.ioas, memory, 0, FIXED, &iova), ZERO_LENGTH,
	      EINVAL);
	FAILS(iommufd_ioas_map(f.ioas, memory, 0, RW, &iova), ZERO_LENGTH,
	      EINVAL);
	FAILS(iommufd_ioas_map(f.ioas, memory, PAGE, 0, &iova), NO_ACCESS,
	      EINVAL);
	FAILS(iommufd_ioas_map(f.ioas, memory, PAGE, IOMMUFD_MAP_FIXED_IOVA,
			       &iova),
	      NO_ACCESS, EINVAL);
	FAILS(iommufd_ioas_map(f.ioas, memory, PAGE, RW | 8, &iova), FEATURE,
	      EOPNOTSUPP);
	FAILS(iommufd_ioas_map(f.ioas, memory, UINT64_MAX, RW, &iova), OVERFLOW,
	      EOVERFLOW);
	FAILS(iommufd_ioas_map(f.ioas, (void *)UINTPTR_MAX, PAGE, RW, &iova),
	      OVERFLOW, EOVERFLOW);
	refuse_wrapping(NULL, UINT64_MAX - 1, RW, 0);
	refuse_wrapping(NULL, UINT64_MAX - PAGE + 1, FIXED, MOCK_FIRST);
	refuse_wrapping(memory, UINT64_MAX / 2 + 1, FIXED, UINT64_MAX / 2 + 2);
	ret = iommufd_ioas_map(f.ioas, memory, PAGE, FIXED | 16, &iova);
	failure = harness_failure(ret);
	ck_assert_uint_eq(failure.op, IOMMUFD_OP_IOAS_MAP);
	ck_assert_int_eq(failure.fd, iommufd_ctx_fd(f.ctx));
	ck_assert_uint_eq(failure.object_id, iommufd_ioas_id(f.ioas));
	ck_assert_uint_eq(failure.flags, FIXED | 16);
	ck_assert_uint_eq(failure.memory, (uintptr_t)memory);
	ck_assert_uint_eq(failure.length, PAGE);
	ck_assert_uint_eq(failure.iova, MOCK_FIRST);
	ck_assert_int_eq(failure.memory_fd, -1);
	ck_assert_uint_eq(iova, MOCK_FIRST);
	fixture_end(&f);
}
END_TEST

static void refuse_fixed(void *memory, uint64_t length, uint64_t at)
{
	uint64_t iova = at;

	FAILS(iommufd_ioas_map(f.ioas, memory, length, FIXED, &iova),
	      IOVA_UNUSABLE, EINVAL);
	ck_assert_uint_eq(iova, at);
}

START_TEST(unusable_iovas)
{
	char *memory = harness_memory(4 * PAGE);
	uint64_t iova = UINT64_MAX;

	OK(iommufd_mock_add_reserved(f.ctx, iommufd_ioas_id(f.ioas), PAGE,
				     MOCK_FIRST + 2 * PAGE));
	refuse_fixed(memory, PAGE, 0);
	refuse_fixed(memory, PAGE, MOCK_FIRST - PAGE);
	refuse_fixed(memory, PAGE, MOCK_LAST + 1);
	refuse_fixed(memory, 2 * PAGE, MOCK_LAST + 1 - PAGE);
	refuse_fixed(memory, PAGE, MOCK_FIRST + 2 * PAGE);
	refuse_fixed(memory, 4 * PAGE, MOCK_FIRST);
	refuse_fixed(memory, PAGE, MOCK_FIRST + MOCK_PAGE / 2);
	refuse_fixed(memory, MOCK_PAGE / 2, MOCK_FIRST);
	refuse_fixed(memory + 1, PAGE, MOCK_FIRST);
	FAILS(iommufd_ioas_map(f.ioas, memory, PAGE, FIXED, &iova), OVERFLOW,
	      EOVERFLOW);
	iova = UINT64_MAX - MOCK_PAGE + 1;
	FAILS(iommufd_ioas_map(f.ioas, memory, PAGE, FIXED, &iova), OVERFLOW,
	      EOVERFLOW);
	map_at(f.ioas, memory, 2 * PAGE, MOCK_FIRST);
	fixture_end(&f);
}
END_TEST

START_TEST(already_mapped)
{
	char *memory = harness_memory(4 * PAGE);
	uint64_t iova;

	map_at(f.ioas, memory, 2 * PAGE, MOCK_FIRST + PAGE);
	for (uint64_t i = 0; i < 3; i++) {
		iova = MOCK_FIRST + i * PAGE;
		FAILS(iommufd_ioas_map(f.ioas, memory, 2 * PAGE, FIXED, &iova),
		      ALREADY_MAPPED, EEXIST);
	}
	iova = MOCK_FIRST;
	FAILS(iommufd_ioas_map(f.ioas, memory, 4 * PAGE, FIXED, &iova),
	      ALREADY_MAPPED, EEXIST);
	map_at(f.ioas, memory, PAGE, MOCK_FIRST);
	map_at(f.ioas, memory, PAGE, MOCK_FIRST + 3 * PAGE);
	OK(iommufd_mock_check_map(f.ctx, f.hwpt_id, memory, 2 * PAGE,
				  MOCK_FIRST + PAGE));
	fixture_end(&f);
}
END_TEST

/* Nearly everything is reserved, so that an addition could wrap around. */
START_TEST(no_space_at_the_edges)
{
	const uint64_t hole = 4 * MIB;
	char *memory = harness_memory(PAGE);
	uint64_t iova = 1;

	OK(iommufd_mock_add_reserved(f.ctx, iommufd_ioas_id(f.ioas), hole, 0));
	OK(iommufd_mock_add_reserved(f.ctx, iommufd_ioas_id(f.ioas),
				     UINT64_MAX - hole - PAGE + 1,
				     hole + PAGE));
	FAILS(iommufd_ioas_map(f.ioas, memory, 2 * PAGE, RW, &iova),
	      NO_IOVA_SPACE, ENOSPC);
	FAILS(iommufd_ioas_map(f.ioas, (void *)PAGE, UINT64_MAX / 2 - 2 * PAGE,
			       RW, &iova),
	      NO_IOVA_SPACE, ENOSPC);
	OK(iommufd_ioas_map(f.ioas, memory, PAGE, RW, &iova));
	ck_assert_uint_eq(iova, hole);
	fixture_end(&f);
}
END_TEST

START_TEST(memory_that_cannot_be_pinned)
{
	uint64_t before = pinned(), iova = MOCK_FIRST;
	char *memory = harness_memory(3 * PAGE);

	ck_assert_int_eq(munmap(memory + PAGE, PAGE), 0);
	FAILS(iommufd_ioas_map(f.ioas, memory, 3 * PAGE, FIXED, &iova),
	      UNPINNABLE, EFAULT);
	FAILS(iommufd_ioas_map(f.ioas, NULL, PAGE, FIXED, &iova), UNPINNABLE,
	      EFAULT);
	ck_assert_int_eq(mprotect(memory, PAGE, PROT_READ), 0);
	FAILS(iommufd_ioas_map(f.ioas, memory, PAGE, FIXED, &iova), UNPINNABLE,
	      EFAULT);
	OK(iommufd_ioas_map(f.ioas, memory, PAGE,
			    IOMMUFD_MAP_FIXED_IOVA | IOMMUFD_MAP_READABLE,
			    &iova));
	unmap_at(f.ioas, PAGE, MOCK_FIRST);
	OK(iommufd_mock_check_refs(f.ctx, memory, PAGE, 0));
	OK(iommufd_mock_check_refs(f.ctx, memory + 2 * PAGE, PAGE, 0));
	ck_assert_uint_eq(pinned(), before);
	map_at(f.ioas, memory + 2 * PAGE, PAGE, MOCK_FIRST);
	fixture_end(&f);
}
END_TEST

/* Without a page table nothing is pinned and every address is taken. */
START_TEST(without_a_page_table)
{
	uint64_t before = pinned();
	char *memory = harness_memory(PAGE);

	map_at(f.ioas, NULL, PAGE, 0);
	map_at(f.ioas, memory, PAGE, PAGE);
	map_at(f.ioas, memory, 3, 2 * PAGE);
	ck_assert_uint_eq(pinned(), before);
	OK(iommufd_mock_check_refs(f.ctx, memory, PAGE, 0));
	fixture_end(&f);
}
END_TEST

static void *shared_page(int fd)
{
	void *page =
		mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	ck_assert_ptr_ne(page, MAP_FAILED);
	return page;
}

/* The same page, seen through another address. */
START_TEST(the_mapping_outlives_the_memory)
{
	int fd = harness_memfd(PAGE);
	char *memory = shared_page(fd);

	map_at(f.ioas, memory, PAGE, MOCK_FIRST);
	ck_assert_int_eq(munmap(memory, PAGE), 0);
	OK(iommufd_mock_check_map(f.ctx, f.hwpt_id, shared_page(fd), PAGE,
				  MOCK_FIRST));
	unmap_at(f.ioas, PAGE, MOCK_FIRST);
	fixture_end(&f);
}
END_TEST

/* Memory that a child shares is made the process's own even when the device
 * only reads: what the process writes later reaches the device. */
START_TEST(read_only_mappings_follow_the_process)
{
	char *memory = harness_memory(PAGE);
	uint64_t iova = MOCK_FIRST;
	pid_t pid = fork();

	if (!pid) {
		pause();
		_exit(0);
	}
	OK(iommufd_ioas_map(f.ioas, memory, PAGE,
			    IOMMUFD_MAP_READABLE | IOMMUFD_MAP_FIXED_IOVA,
			    &iova));
	memory[0] = 'y';
	OK(iommufd_mock_check_map(f.ctx, f.hwpt_id, memory, PAGE, iova));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	fixture_end(&f);
}
END_TEST

/* What the device only reads need not be writable. */
START_TEST(constant_memory)
{
	static _Alignas(4096) const char constant[4096] = "constant";
	uint64_t iova = 0;

	OK(iommufd_ioas_map(f.ioas, (void *)(uintptr_t)constant,
			    sizeof(constant), IOMMUFD_MAP_READABLE, &iova));
	unmap_at(f.ioas, sizeof(constant), iova);
	fixture_end(&f);
}
END_TEST

static const TTest **const plain[] = {
	&constant_memory,      &chosen_is_never_zero_and_keeps_the_offset,
	&every_length,	       &no_space_at_the_edges,
	&without_a_page_table, NULL,
};

static const TTest **const with_device[] = {
	&fixed,
	&chosen_by_the_kernel,
	&wrong_arguments,
	&unusable_iovas,
	&already_mapped,
	&memory_that_cannot_be_pinned,
	&the_mapping_outlives_the_memory,
	&read_only_mappings_follow_the_process,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "plain", .setup = setup_ioas, .tests = plain },
		{ .name = "device",
		  .setup = setup_device,
		  .tests = with_device },
	};

	return harness_run("map", cases, 2);
}
