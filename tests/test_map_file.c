/* SPDX-License-Identifier: MIT */
/* Mapping memory files and dma-bufs. */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dmabuf.h"
#include "fixture.h"
#include "harness.h"

static struct fixture f;
static int memfd;
static struct iommufd_extent all; /* four pages */

static void setup(void)
{
	fixture_device(&f);
	memfd = harness_memfd(4 * PAGE);
	all = extent(0, 4 * PAGE);
}

/* Whether this kernel can; if not, that is what it must say. */
static int has_map_file(void)
{
	uint64_t iova = 3;

	if (harness_has(f.ctx, IOMMUFD_NR_IOAS_MAP_FILE))
		return 1;
	FAILS(iommufd_ioas_map_file(f.ioas, memfd, &all, RW, &iova), COMMAND,
	      ENOTTY);
	ck_assert_uint_eq(iova, 3);
	fixture_end(&f);
	return 0;
}

static int has_dma_buf(void)
{
	if (!dmabuf_missing(f.ctx))
		return 1;
	fixture_end(&f);
	return 0;
}

START_TEST(a_whole_file_and_a_part)
{
	const struct iommufd_extent part = extent(PAGE, 2 * PAGE);
	uint64_t iova = MOCK_FIRST, chosen = UINT64_MAX;
	char *memory;

	if (!has_map_file())
		return;
	memory = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, memfd,
		      0);
	OK(iommufd_ioas_map_file(f.ioas, memfd, &all, FIXED, &iova));
	OK(iommufd_mock_check_map(f.ctx, f.hwpt_id, memory, 4 * PAGE, iova));
	OK(iommufd_ioas_map_file(f.ioas, memfd, &part, RW, &chosen));
	OK(iommufd_mock_check_map(f.ctx, f.hwpt_id, memory + PAGE, 2 * PAGE,
				  chosen));
	/* The descriptor is not needed any more. */
	close(memfd);
	unmap_at(f.ioas, 4 * PAGE, iova);
	unmap_at(f.ioas, 2 * PAGE, chosen);
	fixture_end(&f);
}
END_TEST

START_TEST(wrong_arguments)
{
	struct iommufd_extent part = all;
	struct iommufd_failure failure;
	uint64_t iova = MOCK_FIRST;
	int ret;

	FAILS(iommufd_ioas_map_file(NULL, memfd, &all, FIXED, &iova),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_ioas_map_file(f.ioas, memfd, NULL, FIXED, &iova),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_ioas_map_file(f.ioas, memfd, &all, FIXED, NULL),
	      NULL_POINTER, EINVAL);
	if (!has_map_file())
		return;
	FAILS(iommufd_ioas_map_file(f.ioas, memfd, &all, 0, &iova), NO_ACCESS,
	      EINVAL);
	FAILS(iommufd_ioas_map_file(f.ioas, memfd, &all, RW | 8, &iova),
	      FEATURE, EOPNOTSUPP);
	FAILS(iommufd_ioas_map_file(f.ioas, -1, &all, FIXED, &iova), BAD_FD,
	      EBADF);
	part.length = 0;
	FAILS(iommufd_ioas_map_file(f.ioas, memfd, &part, FIXED, &iova),
	      ZERO_LENGTH, EINVAL);
	part = extent(UINT64_MAX - PAGE + 1, 2 * PAGE);
	ret = iommufd_ioas_map_file(f.ioas, memfd, &part, FIXED, &iova);
	FAILS(ret, OVERFLOW, EOVERFLOW);
	failure = harness_failure(ret);
	ck_assert_uint_eq(failure.op, IOMMUFD_OP_IOAS_MAP_FILE);
	ck_assert_int_eq(failure.memory_fd, memfd);
	ck_assert_uint_eq(failure.memory, part.start);
	ck_assert_uint_eq(failure.length, part.length);
	ck_assert_uint_eq(failure.iova, MOCK_FIRST);
	fixture_end(&f);
}
END_TEST

START_TEST(unusable_files)
{
	struct iommufd_extent part = extent(0, 5 * PAGE);
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	uint64_t iova = MOCK_FIRST, before = pinned();

	if (!has_map_file())
		return;
	FAILS(iommufd_ioas_map_file(f.ioas, memfd, &part, FIXED, &iova),
	      FILE_UNUSABLE, EINVAL);
	part = extent(4 * PAGE, PAGE);
	FAILS(iommufd_ioas_map_file(f.ioas, memfd, &part, RW, &iova),
	      FILE_UNUSABLE, EINVAL);
	part = extent(0, PAGE);
	FAILS(iommufd_ioas_map_file(f.ioas, fd, &part, RW, &iova),
	      FILE_UNUSABLE, EINVAL);
	/* An IOVA that does not fit cannot be told from that. */
	iova = 0;
	FAILS(iommufd_ioas_map_file(f.ioas, memfd, &all, FIXED, &iova),
	      FILE_UNUSABLE, EINVAL);
	ck_assert_uint_eq(pinned(), before);
	iova = MOCK_FIRST;
	OK(iommufd_ioas_map_file(f.ioas, memfd, &all, FIXED, &iova));
	FAILS(iommufd_ioas_map_file(f.ioas, memfd, &all, FIXED, &iova),
	      ALREADY_MAPPED, EEXIST);
	close(fd);
	fixture_end(&f);
}
END_TEST

/* A device that is attached later finds out: nothing was looked at before. */
START_TEST(wrong_files_show_late)
{
	const struct iommufd_extent part = extent(0, PAGE);
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct iommufd_ioas *ioas = NULL;
	uint64_t iova = MOCK_FIRST;

	if (!has_map_file())
		return;
	OK(iommufd_ioas_alloc(f.ctx, 0, &ioas));
	OK(iommufd_ioas_map_file(f.ioas, memfd, &part, FIXED, &iova));
	OK(iommufd_ioas_map_file(ioas, fd, &part, FIXED, &iova));
	FAILS(iommufd_device_attach(f.device, iommufd_ioas_id(ioas), NULL),
	      ATTACH_REFUSED, EINVAL);
	OK(iommufd_ioas_destroy(ioas));
	close(fd);
	fixture_end(&f);
}
END_TEST

static void map_in_child(void *arg)
{
	uint64_t *iova = arg;

	OK(iommufd_ioas_map_file(f.ioas, memfd, &all, FIXED, iova));
}

/* A file's mapping needs no process, unlike that of memory. */
START_TEST(the_mapping_outlives_the_process)
{
	struct iommufd_ioas *ioas = NULL, *plain = f.ioas;
	uint64_t iova = MOCK_FIRST;
	uint32_t id = 0;

	if (!has_map_file())
		return;
	OK(iommufd_ioas_alloc(f.ctx, 0, &ioas));
	f.ioas = ioas;
	in_child(map_in_child, &iova);
	f.ioas = plain;
	OK(iommufd_device_attach(f.device, iommufd_ioas_id(ioas), &id));
	OK(iommufd_mock_check_map(f.ctx, id,
				  mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE,
				       MAP_SHARED, memfd, 0),
				  4 * PAGE, iova));
	OK(iommufd_device_attach(f.device, iommufd_ioas_id(plain), &id));
	OK(iommufd_ioas_destroy(ioas));
	fixture_end(&f);
}
END_TEST

START_TEST(dma_buf)
{
	const struct iommufd_extent whole = extent(0, 2 * PAGE);
	const struct iommufd_extent beyond = extent(PAGE, 2 * PAGE);
	uint64_t iova = MOCK_FIRST, before = pinned();
	int fd;

	if (!has_dma_buf())
		return;
	fd = dmabuf_new(f.ctx, 2 * PAGE);
	OK(iommufd_ioas_map_file(f.ioas, fd, &whole, FIXED, &iova));
	/* Device memory is nobody's locked memory. */
	ck_assert_uint_eq(pinned(), before);
	FAILS(iommufd_ioas_map_file(f.ioas, fd, &beyond, RW, &iova),
	      FILE_UNUSABLE, EINVAL);
	unmap_at(f.ioas, 2 * PAGE, MOCK_FIRST);
	OK(iommufd_ioas_map_file(f.ioas, fd, &whole, FIXED, &iova));
	close(fd);
	FAILS(iommufd_ctx_change_process(f.ctx), NOT_FILE_BACKED, EINVAL);
	fixture_end(&f);
}
END_TEST

/* A revoked mapping is gone for good: it must be unmapped and mapped again. */
START_TEST(dma_buf_revoked)
{
	const struct iommufd_extent whole = extent(0, 2 * PAGE);
	uint64_t iova = MOCK_FIRST, other = MOCK_FIRST + MIB;
	struct iommufd_hwpt *hwpt;
	int fd;

	if (!has_dma_buf())
		return;
	hwpt = dmabuf_tracking(f.device, f.ioas);
	fd = dmabuf_new(f.ctx, 2 * PAGE);
	OK(iommufd_ioas_map_file(f.ioas, fd, &whole, FIXED, &iova));
	ck_assert(dmabuf_mapped(f.ctx, hwpt, iova, 2 * PAGE));
	OK(iommufd_mock_dma_buf_revoke(f.ctx, fd, 1));
	ck_assert(!dmabuf_mapped(f.ctx, hwpt, iova, 2 * PAGE));
	FAILS(iommufd_ioas_map_file(f.ioas, fd, &whole, FIXED, &other), REVOKED,
	      ENODEV);
	OK(iommufd_mock_dma_buf_revoke(f.ctx, fd, 0));
	ck_assert(!dmabuf_mapped(f.ctx, hwpt, iova, 2 * PAGE));
	FAILS(iommufd_ioas_map_file(f.ioas, fd, &whole, FIXED, &iova),
	      ALREADY_MAPPED, EEXIST);
	OK(iommufd_ioas_map_file(f.ioas, fd, &whole, FIXED, &other));
	ck_assert(dmabuf_mapped(f.ctx, hwpt, other, 2 * PAGE));
	unmap_at(f.ioas, 2 * PAGE, iova);
	OK(iommufd_ioas_map_file(f.ioas, fd, &whole, FIXED, &iova));
	ck_assert(dmabuf_mapped(f.ctx, hwpt, iova, 2 * PAGE));
	close(fd);
	OK(iommufd_hwpt_destroy(hwpt));
	fixture_end(&f);
}
END_TEST

/* Revoked when the page table is made, it is not mapped; nor ever after. */
START_TEST(dma_buf_revoked_before)
{
	const struct iommufd_extent whole = extent(0, 2 * PAGE);
	struct iommufd_ioas *ioas = NULL;
	uint64_t iova = MOCK_FIRST;
	struct iommufd_hwpt *hwpt;
	int fd;

	if (!has_dma_buf())
		return;
	OK(iommufd_ioas_alloc(f.ctx, 0, &ioas));
	fd = dmabuf_new(f.ctx, 2 * PAGE);
	OK(iommufd_ioas_map_file(ioas, fd, &whole, FIXED, &iova));
	OK(iommufd_mock_dma_buf_revoke(f.ctx, fd, 1));
	hwpt = dmabuf_tracking(f.device, ioas);
	ck_assert(!dmabuf_mapped(f.ctx, hwpt, iova, 2 * PAGE));
	OK(iommufd_mock_dma_buf_revoke(f.ctx, fd, 0));
	ck_assert(!dmabuf_mapped(f.ctx, hwpt, iova, 2 * PAGE));
	unmap_at(ioas, 2 * PAGE, iova);
	OK(iommufd_ioas_map_file(ioas, fd, &whole, FIXED, &iova));
	ck_assert(dmabuf_mapped(f.ctx, hwpt, iova, 2 * PAGE));
	close(fd);
	OK(iommufd_hwpt_destroy(hwpt));
	OK(iommufd_ioas_destroy(ioas));
	fixture_end(&f);
}
END_TEST

START_TEST(dma_buf_and_accesses)
{
	const struct iommufd_extent whole = extent(0, 2 * PAGE);
	struct iommufd_access *access = NULL;
	uint64_t iova = MOCK_FIRST;
	uint32_t pages = 0;
	int fd;

	if (!has_dma_buf())
		return;
	fd = dmabuf_new(f.ctx, 2 * PAGE);
	OK(iommufd_ioas_map_file(f.ioas, fd, &whole, FIXED, &iova));
	OK(iommufd_mock_access_new(f.ctx, iommufd_ioas_id(f.ioas),
				   IOMMUFD_MOCK_ACCESS_NEEDS_PIN, &access));
	FAILS(iommufd_mock_access_pin(access, NULL, PAGE, 0, iova, &pages),
	      UNSPECIFIC, EINVAL);
	iommufd_access_close(access);
	close(fd);
	fixture_end(&f);
}
END_TEST

static const TTest **const files[] = {
	&a_whole_file_and_a_part,
	&wrong_arguments,
	&unusable_files,
	&wrong_files_show_late,
	&the_mapping_outlives_the_process,
	NULL,
};

static const TTest **const buffers[] = {
	&dma_buf,
	&dma_buf_revoked,
	&dma_buf_revoked_before,
	&dma_buf_and_accesses,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "files", .setup = setup, .tests = files },
		{ .name = "buffers", .setup = setup, .tests = buffers },
	};

	return harness_run("map_file", cases, 2);
}
