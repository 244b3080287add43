/* SPDX-License-Identifier: MIT */
/* Having the memory there in advance, and being refused that. */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bulk.h"

/* Nothing is pinned without a page table: what is there has been populated. */
static void setup(void)
{
	bulk_setup();
	iommufd_device_close(bulk_f.device);
	bulk_f.device = NULL;
	ck_assert_int_eq(madvise(bulk_memory, LENGTH, MADV_DONTNEED), 0);
}

static uint64_t resident(void)
{
	unsigned char pages[LENGTH / PAGE];
	uint64_t bytes = 0;

	ck_assert_int_eq(mincore(bulk_memory, LENGTH, pages), 0);
	for (size_t i = 0; i < LENGTH / PAGE; i++)
		bytes += pages[i] & 1 ? PAGE : 0;
	return bytes;
}

START_TEST(populated)
{
	struct iommufd_bulk_region region = bulk_region();

	ck_assert_uint_eq(resident(), 0);
	bulk_prepare(&region, IOMMUFD_BULK_POPULATE);
	OK(iommufd_bulk_run(bulk, 3));
	ck_assert_uint_eq(resident(), 3 * PIECE);
	ck_assert_uint_eq(bulk_info().populated, 3 * PIECE);
	OK(iommufd_bulk_run(bulk, 0));
	ck_assert_uint_eq(resident(), LENGTH);
	bulk_undo();
	bulk_end();
}
END_TEST

START_TEST(not_populated)
{
	struct iommufd_bulk_region region = bulk_region();

	bulk_prepare(&region, 0);
	OK(iommufd_bulk_run(bulk, 0));
	ck_assert_uint_eq(resident(), 0);
	bulk_undo();
	bulk_end();
}
END_TEST

/* Populating fails at a piece; diagnosis says why. */
static void refused_at(uint64_t start, uint32_t cause)
{
	struct iommufd_bulk_region region = bulk_region();
	struct iommufd_diagnosis why = { .size = sizeof(why) };
	struct iommufd_failure failure;
	int ret;

	bulk_prepare(&region, IOMMUFD_BULK_POPULATE);
	ret = iommufd_bulk_run(bulk, 0);
	FAILS(ret, UNPINNABLE, EFAULT);
	ck_assert_uint_eq(bulk_info().start, start);
	ck_assert_uint_eq(bulk_info().mapped, start);
	failure = harness_failure(ret);
	ck_assert_uint_eq(failure.op, IOMMUFD_OP_BULK);
	ck_assert_uint_eq(failure.object_id, iommufd_ioas_id(bulk_f.ioas));
	ck_assert_uint_eq(failure.memory, (uintptr_t)bulk_memory + start);
	ck_assert_uint_eq(failure.iova, AT + start);
	ck_assert_uint_eq(failure.length, PIECE);
	ck_assert_uint_eq(failure.flags, FIXED);
	OK(iommufd_diagnose(&failure, bulk_f.ctx, 0, NULL, &why));
	ck_assert_uint_eq(why.cause, cause);
	ck_assert_msg(
		!strncmp(why.text, "Cannot map 64 KiB of memory from ", 33),
		"%s", why.text);
	bulk_undo();
}

START_TEST(read_only_memory)
{
	struct iommufd_bulk_region region = bulk_region();

	ck_assert_int_eq(
		mprotect(bulk_memory + 3 * PIECE + PAGE, PAGE, PROT_READ), 0);
	refused_at(3 * PIECE, IOMMUFD_CAUSE_NOT_WRITABLE);
	/* What the device only reads need not be writable. */
	region.flags = IOMMUFD_MAP_READABLE;
	bulk_prepare(&region, IOMMUFD_BULK_POPULATE);
	OK(iommufd_bulk_run(bulk, 0));
	ck_assert_uint_eq(bulk_info().populated, LENGTH);
	bulk_undo();
	ck_assert_int_eq(mprotect(bulk_memory + PIECE, PAGE, PROT_NONE), 0);
	refused_at(PIECE, IOMMUFD_CAUSE_NOT_WRITABLE);
	bulk_end();
}
END_TEST

START_TEST(missing_memory)
{
	ck_assert_int_eq(munmap(bulk_memory + 6 * PIECE, PAGE), 0);
	refused_at(6 * PIECE, IOMMUFD_CAUSE_NOT_PRESENT);
	bulk_end();
}
END_TEST

/* To touch these pages would be a signal. */
START_TEST(beyond_the_file)
{
	int fd = harness_memfd(PIECE);

	ck_assert_ptr_eq(mmap(bulk_memory + 2 * PIECE, 2 * PIECE,
			      PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
			      fd, 0),
			 bulk_memory + 2 * PIECE);
	refused_at(3 * PIECE, IOMMUFD_CAUSE_UNPINNABLE);
	close(fd);
	bulk_end();
}
END_TEST

/*
 * Bytes of the memory that are the process's own by now; the page of zeroes that
 * reading gives is not.
 */
static uint64_t own(void)
{
	uint64_t pages[LENGTH / PAGE], bytes = 0;
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	ck_assert_int_eq(pread(fd, pages, sizeof(pages),
			       (off_t)((uintptr_t)bulk_memory / PAGE * 8)),
			 sizeof(pages));
	close(fd);
	/* Present, and mapped nowhere else. */
	for (size_t i = 0; i < LENGTH / PAGE; i++)
		bytes += pages[i] >> 63 && pages[i] >> 56 & 1 ? PAGE : 0;
	return bytes;
}

START_TEST(by_touching)
{
	struct iommufd_bulk_region region = bulk_region();

	bulk_memory[PIECE] = 'x';
	ck_assert_uint_eq(own(), PAGE);
	bulk_forget_populating();
	bulk_prepare(&region, IOMMUFD_BULK_POPULATE);
	OK(iommufd_bulk_run(bulk, 0));
	ck_assert_uint_eq(bulk_info().populated, LENGTH);
	ck_assert_uint_eq(resident(), LENGTH);
	ck_assert_uint_eq(own(), LENGTH);
	ck_assert_int_eq(bulk_memory[PIECE], 'x');
	bulk_undo();
	region.flags = IOMMUFD_MAP_READABLE;
	ck_assert_int_eq(mprotect(bulk_memory, LENGTH, PROT_READ), 0);
	bulk_prepare(&region, IOMMUFD_BULK_POPULATE);
	OK(iommufd_bulk_run(bulk, 0));
	bulk_undo();
	bulk_end();
}
END_TEST

START_TEST(by_touching_what_is_not_there)
{
	const struct iommufd_bulk_opts opts = bulk_opts(IOMMUFD_BULK_POPULATE);
	struct iommufd_bulk_region region = bulk_region();
	struct iommufd_diagnosis why = { .size = sizeof(why) };
	struct iommufd_failure failure;
	int ret;

	bulk_forget_populating();
	ck_assert_int_eq(mprotect(bulk_memory + 3 * PIECE, PAGE, PROT_READ), 0);
	ret = iommufd_bulk_prepare(bulk_f.ioas, &region, 1, &opts, &bulk);
	FAILS(ret, UNPINNABLE, EFAULT);
	failure = harness_failure(ret);
	ck_assert_uint_eq(failure.length, LENGTH);
	OK(iommufd_diagnose(&failure, bulk_f.ctx, 0, NULL, &why));
	ck_assert_uint_eq(why.cause, IOMMUFD_CAUSE_NOT_WRITABLE);
	ck_assert_uint_eq(why.start, (uintptr_t)bulk_memory + 3 * PIECE);
	ck_assert_int_eq(munmap(bulk_memory + 3 * PIECE, PAGE), 0);
	FAILS(iommufd_bulk_prepare(bulk_f.ioas, &region, 1, &opts, &bulk),
	      UNPINNABLE, EFAULT);
	bulk_end();
}
END_TEST

START_TEST(wrong_arguments)
{
	struct iommufd_bulk_region regions[2] = { bulk_region(),
						  bulk_region() };
	struct iommufd_bulk_region *r = &regions[0];
	struct iommufd_bulk_opts opts = bulk_opts(0);
	struct iommufd_bulk_info info = { .size = 79 };

#define PREPARE(count, cause, err)                                             \
	FAILS(iommufd_bulk_prepare(bulk_f.ioas, regions, count, &opts, &bulk), \
	      cause, err)
	FAILS(iommufd_bulk_prepare(NULL, r, 1, NULL, &bulk), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_bulk_prepare(bulk_f.ioas, NULL, 1, NULL, &bulk),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_bulk_prepare(bulk_f.ioas, r, 1, NULL, NULL), NULL_POINTER,
	      EINVAL);
	PREPARE(0, BAD_VALUE, EINVAL);
	opts.flags = 1u << 31;
	PREPARE(1, BAD_FLAGS, EINVAL);
	opts.flags = 0;
	opts.alignment = 3 * PAGE;
	PREPARE(1, BAD_VALUE, EINVAL);
	opts.alignment = PAGE / 2;
	PREPARE(1, BAD_VALUE, EINVAL);
	opts.alignment = PAGE;
	opts.piece = UINT64_MAX;
	PREPARE(1, BAD_VALUE, EINVAL);
	opts.piece = 1;
	r->length = UINT64_C(1) << 45;
	PREPARE(1, BAD_VALUE, EINVAL);
	r->length = INT64_MAX;
	PREPARE(1, OVERFLOW, EOVERFLOW);
	r->length = LENGTH;
	r->iova = UINT64_MAX - PAGE;
	PREPARE(1, OVERFLOW, EOVERFLOW);
	r->iova = AT;
	r->flags = 0;
	PREPARE(1, NO_ACCESS, EINVAL);
	r->flags = RW;
	r->memory = NULL;
	PREPARE(1, NULL_POINTER, EINVAL);
	r->options = IOMMUFD_BULK_FILE;
	PREPARE(1, BAD_FD, EBADF);
	r->options = 1u << 31;
	PREPARE(1, BAD_FLAGS, EINVAL);
	*r = bulk_region();
	regions[1].length = 0;
	PREPARE(2, ZERO_LENGTH, EINVAL);
	regions[1].size = 8;
	PREPARE(2, OPTS_SIZE, EINVAL);
	r->size = 8;
	PREPARE(1, OPTS_SIZE, EINVAL);
	ck_assert_ptr_null(bulk);
	FAILS(iommufd_bulk_run(NULL, 0), NULL_POINTER, EINVAL);
	FAILS(iommufd_bulk_finish(NULL), NULL_POINTER, EINVAL);
	FAILS(iommufd_bulk_get_info(NULL, &info), NULL_POINTER, EINVAL);
	*r = bulk_region();
	bulk_prepare(r, 0);
	FAILS(iommufd_bulk_get_info(bulk, &info), OPTS_SIZE, EINVAL);
	FAILS(iommufd_bulk_undo(bulk, 2), BAD_FLAGS, EINVAL);
	bulk_undo();
	bulk_end();
}
END_TEST

static const TTest **const tests[] = {
	&populated,
	&not_populated,
	&read_only_memory,
	&missing_memory,
	&beyond_the_file,
	&by_touching,
	&by_touching_what_is_not_there,
	&wrong_arguments,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "populate", .setup = setup, .tests = tests },
	};

	return harness_run("bulk_populate", cases, 1);
}
