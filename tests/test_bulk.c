/* SPDX-License-Identifier: MIT */
/* Bulk registration by one thread: what it maps, and how it is undone. */
#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bulk.h"

START_TEST(all_of_it)
{
	struct iommufd_bulk_region region = bulk_region();

	bulk_prepare(&region, 0);
	bulk_check_empty();
	ck_assert_uint_eq(bulk_info().pieces, PIECES);
	ck_assert_uint_eq(bulk_info().bytes, LENGTH);
	FAILS(iommufd_bulk_finish(bulk), PIECES_LEFT, EINVAL);
	OK(iommufd_bulk_run(bulk, 3));
	ck_assert_uint_eq(bulk_info().mapped, 3 * PIECE);
	ck_assert_uint_eq(bulk_info().state, IOMMUFD_BULK_GOES_ON);
	FAILS(iommufd_bulk_finish(bulk), PIECES_LEFT, EINVAL);
	OK(iommufd_bulk_run(bulk, 0));
	OK(iommufd_bulk_run(bulk, 0));
	ck_assert_uint_eq(bulk_info().mapped, LENGTH);
	ck_assert_uint_eq(bulk_info().state, IOMMUFD_BULK_MAPPED);
	ck_assert_uint_eq(bulk_info().populated, 0);
	/* Too late to be cancelled. */
	iommufd_bulk_cancel(bulk);
	ck_assert_uint_eq(bulk_info().state, IOMMUFD_BULK_MAPPED);
	OK(iommufd_bulk_finish(bulk));
	bulk_check_mapped();
	bulk_end();
}
END_TEST

START_TEST(undone_when_complete)
{
	struct iommufd_bulk_region region = bulk_region();

	bulk_prepare(&region, 0);
	OK(iommufd_bulk_run(bulk, 0));
	bulk_undo();
	OK(iommufd_bulk_undo(NULL, 0));
	bulk_end();
}
END_TEST

/* Pieces begin where the memory is aligned, whatever the ends are. */
START_TEST(awkward_sizes)
{
	const struct {
		uint64_t start, length, piece, alignment, pieces;
	} cases[] = {
		{ 0, PAGE, 1, PAGE, 1 },
		{ PAGE, PIECE, PIECE, PAGE, 1 },
		{ PAGE, PIECE - PAGE, PIECE, PAGE, 1 },
		{ PIECE - PAGE, 2 * PAGE, PAGE, PIECE, 1 },
		{ PIECE - PAGE, PIECE + PAGE, 1, PIECE, 1 },
		{ PIECE - PAGE, PIECE + 2 * PAGE, 1, PIECE, 2 },
		{ 0, LENGTH, 5 * PAGE, 16 * PAGE, PIECES },
		{ MOCK_PAGE, 3 * PAGE, 1, PAGE, 3 },
		{ 0, LENGTH, UINT64_MAX / 8, PAGE, 1 },
		{ 3 * PAGE, 7 * PAGE + MOCK_PAGE, 1, 2 * PAGE, 4 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct iommufd_bulk_region region = bulk_region();
		struct iommufd_bulk_opts opts = bulk_opts(0);

		region.memory = bulk_memory + cases[i].start;
		region.length = cases[i].length;
		opts.piece = cases[i].piece;
		opts.alignment = cases[i].alignment;
		OK(iommufd_bulk_prepare(bulk_f.ioas, &region, 1, &opts, &bulk));
		ck_assert_uint_eq(bulk_info().pieces, cases[i].pieces);
		OK(iommufd_bulk_run(bulk, 0));
		OK(iommufd_mock_check_map(bulk_f.ctx, bulk_f.hwpt_id,
					  region.memory, region.length, AT));
		bulk_undo();
	}
	bulk_end();
}
END_TEST

/* Two regions, of which one has neither the default size nor alignment. */
START_TEST(several_regions)
{
	struct iommufd_bulk_region regions[2] = { bulk_region(),
						  bulk_region() };
	uint64_t unmapped;

	regions[0].length = 3 * PAGE;
	regions[1].iova = AT + 4 * MIB;
	regions[1].flags = IOMMUFD_MAP_READABLE;
	OK(iommufd_bulk_prepare(bulk_f.ioas, regions, 2, NULL, &bulk));
	OK(iommufd_bulk_run(bulk, 0));
	OK(iommufd_bulk_finish(bulk));
	OK(iommufd_mock_check_map(bulk_f.ctx, bulk_f.hwpt_id, bulk_memory,
				  LENGTH, AT + 4 * MIB));
	OK(iommufd_ioas_unmap_all(bulk_f.ioas, &unmapped));
	ck_assert_uint_eq(unmapped, LENGTH + 3 * PAGE);
	bulk_end();
}
END_TEST

/* A mapping of somebody else's stays where it was. */
START_TEST(overlap_in_the_middle)
{
	struct iommufd_bulk_region region = bulk_region();
	struct iommufd_diagnosis why = { .size = sizeof(why) };
	struct iommufd_failure failure;
	int ret;

	map_at(bulk_f.ioas, bulk_memory, PAGE, AT + 5 * PIECE + PAGE);
	bulk_prepare(&region, 0);
	ret = iommufd_bulk_run(bulk, 0);
	FAILS(ret, ALREADY_MAPPED, EEXIST);
	ck_assert_uint_eq(bulk_info().state, IOMMUFD_BULK_FAILED);
	ck_assert_int_eq(bulk_info().ret, ret);
	ck_assert_uint_eq(bulk_info().region, 0);
	ck_assert_uint_eq(bulk_info().start, 5 * PIECE);
	ck_assert_uint_eq(bulk_info().length, PIECE);
	ck_assert_uint_eq(bulk_info().mapped, 5 * PIECE);
	/* A failure cannot be cancelled, nor gone on from. */
	iommufd_bulk_cancel(bulk);
	FAILS(iommufd_bulk_run(bulk, 0), ALREADY_MAPPED, EEXIST);
	FAILS(iommufd_bulk_finish(bulk), ALREADY_MAPPED, EEXIST);
	OK(iommufd_bulk_undo(bulk, 0));
	/* The record has survived that, and tells all. */
	failure = harness_failure(ret);
	ck_assert_uint_eq(failure.op, IOMMUFD_OP_IOAS_MAP);
	ck_assert_uint_eq(failure.iova, AT + 5 * PIECE);
	OK(iommufd_diagnose(&failure, bulk_f.ctx, IOMMUFD_DIAGNOSE_SCRATCH,
			    NULL, &why));
	ck_assert_uint_eq(why.start, AT + 5 * PIECE + PAGE);
	ck_assert_uint_eq(why.last, AT + 5 * PIECE + 2 * PAGE - 1);
	OK(iommufd_mock_check_map(bulk_f.ctx, bulk_f.hwpt_id, bulk_memory, PAGE,
				  AT + 5 * PIECE + PAGE));
	unmap_at(bulk_f.ioas, PAGE, AT + 5 * PIECE + PAGE);
	bulk_end();
}
END_TEST

START_TEST(limit_in_the_middle)
{
	struct iommufd_bulk_region region = bulk_region();
	struct iommufd_diagnosis why = { .size = sizeof(why) };
	struct iommufd_failure failure;
	int ret;

	drop_capability(CAP_IPC_LOCK);
	limit_locked_memory(LENGTH / 2 + PAGE);
	bulk_prepare(&region, 0);
	FAILS(iommufd_bulk_run(bulk, 0), MEMORY_OR_LIMIT, ENOMEM);
	ck_assert_uint_eq(bulk_info().start, LENGTH / 2);
	ret = iommufd_bulk_finish(bulk);
	FAILS(ret, MEMORY_OR_LIMIT, ENOMEM);
	failure = harness_failure(ret);
	OK(iommufd_diagnose(&failure, bulk_f.ctx, 0, NULL, &why));
	ck_assert_uint_eq(why.cause, IOMMUFD_CAUSE_LOCKED_MEMORY_LIMIT);
	ck_assert_uint_eq(why.needed, PIECE);
	bulk_undo();
	bulk_end();
}
END_TEST

/* Memory of several kinds, one beside the other, in one piece. */
START_TEST(several_vmas)
{
	struct iommufd_bulk_region region = bulk_region();
	int fd = harness_memfd(PIECE);

	ck_assert_ptr_eq(mmap(bulk_memory + PIECE / 2, PIECE,
			      PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
			      fd, 0),
			 bulk_memory + PIECE / 2);
	ck_assert_int_eq(mprotect(bulk_memory + 3 * PIECE, PAGE,
				  PROT_READ | PROT_WRITE | PROT_EXEC),
			 0);
	bulk_prepare(&region, IOMMUFD_BULK_POPULATE);
	OK(iommufd_bulk_run(bulk, 0));
	ck_assert_uint_eq(bulk_info().populated, LENGTH);
	OK(iommufd_bulk_finish(bulk));
	bulk_check_mapped();
	bulk_end();
}
END_TEST

START_TEST(huge_pages)
{
	const uint64_t length = 8 * MIB;
	struct iommufd_bulk_region region = bulk_region();
	uint64_t unmapped;
	void *huge = mmap(NULL, length, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);

	ck_assert_ptr_ne(huge, MAP_FAILED);
	region.memory = huge;
	region.length = length;
	bulk_prepare(&region, IOMMUFD_BULK_POPULATE);
	OK(iommufd_bulk_run(bulk, 0));
	ck_assert_uint_eq(bulk_info().pieces, length / PIECE);
	OK(iommufd_bulk_finish(bulk));
	OK(iommufd_mock_check_map(bulk_f.ctx, bulk_f.hwpt_id, huge, length,
				  AT));
	OK(iommufd_ioas_unmap_all(bulk_f.ioas, &unmapped));
	/* Of a file of huge pages no piece cuts one. */
	region.options = IOMMUFD_BULK_FILE;
	region.fd = memfd_create("huge", MFD_HUGETLB);
	ck_assert_int_ge(region.fd, 0);
	ck_assert_int_eq(ftruncate(region.fd, (off_t)length), 0);
	bulk_prepare(&region, 0);
	ck_assert_uint_eq(bulk_info().pieces, 4);
	OK(iommufd_bulk_run(bulk, 0));
	bulk_undo();
	close(region.fd);
	munmap(huge, length);
	bulk_end();
}
END_TEST

START_TEST(files)
{
	struct iommufd_bulk_region region = bulk_region();
	int has_files = harness_has(bulk_f.ctx, IOMMUFD_NR_IOAS_MAP_FILE);
	int fd = harness_memfd(LENGTH + PAGE);

	ck_assert_ptr_eq(mmap(bulk_memory, LENGTH, PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_FIXED, fd, (off_t)PAGE),
			 bulk_memory);
	region.options = IOMMUFD_BULK_FILE;
	region.fd = fd;
	region.offset = PAGE;
	bulk_prepare(&region, IOMMUFD_BULK_POPULATE);
	OK(iommufd_bulk_run(bulk, 0));
	ck_assert_uint_eq(bulk_info().mapped_files, has_files ? LENGTH : 0);
	OK(iommufd_bulk_finish(bulk));
	bulk_check_mapped();
	/* Without the memory. */
	region.memory = NULL;
	bulk_prepare(&region, IOMMUFD_BULK_POPULATE);
	if (has_files) {
		OK(iommufd_bulk_run(bulk, 0));
		ck_assert_uint_eq(bulk_info().populated, 0);
		OK(iommufd_bulk_finish(bulk));
		bulk_check_mapped();
	} else {
		FAILS(iommufd_bulk_run(bulk, 0), COMMAND, ENOTTY);
		bulk_undo();
	}
	close(fd);
	bulk_end();
}
END_TEST

/* No memory file: then by the memory, where there is a page table or not. */
START_TEST(other_files)
{
	struct iommufd_bulk_region region = bulk_region();

	region.options = IOMMUFD_BULK_FILE;
	region.fd = iommufd_ctx_fd(bulk_f.ctx);
	bulk_prepare(&region, 0);
	OK(iommufd_bulk_run(bulk, 0));
	ck_assert_uint_eq(bulk_info().mapped_files, 0);
	OK(iommufd_bulk_finish(bulk));
	bulk_check_mapped();
	region.memory = NULL;
	bulk_prepare(&region, 0);
	if (harness_has(bulk_f.ctx, IOMMUFD_NR_IOAS_MAP_FILE))
		FAILS(iommufd_bulk_run(bulk, 0), FILE_UNUSABLE, EINVAL);
	else
		FAILS(iommufd_bulk_run(bulk, 0), COMMAND, ENOTTY);
	bulk_undo();
	bulk_end();
}
END_TEST

/* A file that is shorter than was said. */
START_TEST(short_file)
{
	struct iommufd_bulk_region region = bulk_region();
	int fd = harness_memfd(LENGTH - PIECE);

	region.options = IOMMUFD_BULK_FILE;
	region.fd = fd;
	region.memory = NULL;
	bulk_prepare(&region, 0);
	if (harness_has(bulk_f.ctx, IOMMUFD_NR_IOAS_MAP_FILE)) {
		FAILS(iommufd_bulk_run(bulk, 0), FILE_UNUSABLE, EINVAL);
		ck_assert_uint_eq(bulk_info().start, LENGTH - PIECE);
	} else {
		FAILS(iommufd_bulk_run(bulk, 0), COMMAND, ENOTTY);
	}
	bulk_undo();
	close(fd);
	bulk_end();
}
END_TEST

START_TEST(cancelled)
{
	struct iommufd_bulk_region region = bulk_region();

	bulk_prepare(&region, 0);
	OK(iommufd_bulk_run(bulk, 2));
	iommufd_bulk_cancel(bulk);
	iommufd_bulk_cancel(NULL);
	FAILS(iommufd_bulk_run(bulk, 0), CANCELLED, ECANCELED);
	FAILS(iommufd_bulk_finish(bulk), CANCELLED, ECANCELED);
	ck_assert_uint_eq(bulk_info().state, IOMMUFD_BULK_CANCELLED);
	ck_assert_uint_eq(bulk_info().mapped, 2 * PIECE);
	bulk_undo();
	bulk_end();
}
END_TEST

/* Somebody has unmapped a piece: nothing of it is left to undo. */
START_TEST(unmapped_meanwhile)
{
	struct iommufd_bulk_region region = bulk_region();

	bulk_prepare(&region, 0);
	OK(iommufd_bulk_run(bulk, 0));
	unmap_at(bulk_f.ioas, PIECE, AT + 2 * PIECE);
	bulk_undo();
	bulk_end();
}
END_TEST

/* In a child first: the parent goes on. */
START_TEST(forgotten)
{
	struct iommufd_bulk_region region = bulk_region();
	int status;
	pid_t child;

	bulk_prepare(&region, 0);
	OK(iommufd_bulk_run(bulk, 2));
	child = fork();
	if (!child) {
		iommufd_bulk_release(bulk);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	OK(iommufd_bulk_run(bulk, 1));
	ck_assert_uint_eq(bulk_info().mapped, 3 * PIECE);
	iommufd_bulk_release(bulk);
	iommufd_bulk_release(NULL);
	for (uint64_t i = 0; i < 3; i++)
		unmap_at(bulk_f.ioas, PIECE, AT + i * PIECE);
	bulk_check_empty();
	bulk_end();
}
END_TEST

/* A flag of another place is none here. */
START_TEST(flags_do_not_mix)
{
	struct iommufd_bulk_region region = bulk_region();
	struct iommufd_bulk_opts opts = { .size = sizeof(opts) };
	struct iommufd_bulk *none = NULL;

	opts.flags = IOMMUFD_BULK_FILE;
	FAILS(iommufd_bulk_prepare(bulk_f.ioas, &region, 1, &opts, &none),
	      BAD_FLAGS, EINVAL);
	opts.flags = 0;
	region.options = IOMMUFD_BULK_POPULATE;
	FAILS(iommufd_bulk_prepare(bulk_f.ioas, &region, 1, &opts, &none),
	      BAD_FLAGS, EINVAL);
	ck_assert_ptr_null(none);
	region.options = 0;
	bulk_prepare(&region, 0);
	FAILS(iommufd_bulk_undo(bulk, IOMMUFD_BULK_POPULATE), BAD_FLAGS,
	      EINVAL);
	bulk_undo();
	bulk_end();
}
END_TEST

static const TTest **const tests[] = {
	&all_of_it,
	&undone_when_complete,
	&awkward_sizes,
	&several_regions,
	&overlap_in_the_middle,
	&limit_in_the_middle,
	&several_vmas,
	&huge_pages,
	&files,
	&other_files,
	&short_file,
	&cancelled,
	&unmapped_meanwhile,
	&forgotten,
	&flags_do_not_mix,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "bulk", .setup = bulk_setup, .tests = tests },
	};

	return harness_run("bulk", cases, 1);
}
