/* SPDX-License-Identifier: MIT */
/* The mock support's accesses and dma-bufs. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "harness.h"

static struct fixture f;

static void setup(void)
{
	fixture_device(&f);
}

START_TEST(accesses_pin_and_copy)
{
	char *memory = harness_memory(2 * PAGE), buffer[16] = { 0 };
	struct iommufd_access *access = NULL;
	uint32_t id = iommufd_ioas_id(f.ioas), pages = 0;

	map_at(f.ioas, memory, 2 * PAGE, MOCK_FIRST);
	OK(iommufd_mock_access_new(f.ctx, id, IOMMUFD_MOCK_ACCESS_NEEDS_PIN,
				   &access));
	ck_assert_uint_eq(iommufd_access_id(access), 0);
	ck_assert_ptr_null(iommufd_access_vfio(access));
	OK(iommufd_mock_access_pin(access, memory, PAGE,
				   IOMMUFD_MOCK_ACCESS_WRITE, MOCK_FIRST,
				   &pages));
	/* The page table has pinned it already: that serves both. */
	OK(iommufd_mock_check_refs(f.ctx, memory, PAGE, 1));
	FAILS(iommufd_mock_access_pin(access, memory, PAGE, 0,
				      MOCK_FIRST + PAGE, &pages),
	      UNSPECIFIC, EBADE);
	FAILS(iommufd_mock_access_pin(access, NULL, PAGE, 0,
				      MOCK_FIRST + 2 * PAGE, &pages),
	      OBJECT, ENOENT);
	OK(iommufd_mock_access_unpin(access, pages));
	FAILS(iommufd_mock_access_unpin(access, pages), OBJECT, ENOENT);
	OK(iommufd_mock_check_refs(f.ctx, memory, PAGE, 1));
	memcpy(memory + PAGE - 8, "across the page", 16);
	OK(iommufd_mock_access_rw(access, buffer, 16, 0,
				  MOCK_FIRST + PAGE - 8));
	ck_assert_str_eq(buffer, "across the page");
	OK(iommufd_mock_access_rw(access, buffer, 16,
				  IOMMUFD_MOCK_ACCESS_WRITE |
					  IOMMUFD_MOCK_ACCESS_SLOW,
				  MOCK_FIRST));
	ck_assert_str_eq(memory, "across the page");
	FAILS(iommufd_mock_access_rw(access, buffer, 16, 0, 0), OBJECT, ENOENT);
	FAILS(iommufd_access_detach(access), FEATURE, EOPNOTSUPP);
	iommufd_access_close(access);
	fixture_end(&f);
}
END_TEST

START_TEST(bad_accesses)
{
	struct iommufd_access *access = (void *)&f, *reader = NULL;
	uint32_t id = iommufd_ioas_id(f.ioas), pages = 0;
	char *memory = harness_memory(PAGE);
	char buffer[4];

	FAILS(iommufd_mock_access_new(NULL, id, 0, &access), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_mock_access_new(f.ctx, id, 0, NULL), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_mock_access_new(f.ctx, UNUSED_ID, 0, &access), OBJECT,
	      ENOENT);
	ck_assert_ptr_eq(access, &f);
	map_at(f.ioas, memory, PAGE, MOCK_FIRST);
	OK(iommufd_mock_access_new(f.ctx, id, 0, &reader));
	FAILS(iommufd_mock_access_pin(reader, NULL, PAGE, 0, MOCK_FIRST,
				      &pages),
	      FEATURE, EOPNOTSUPP);
	FAILS(iommufd_mock_access_pin(reader, NULL, PAGE, 0, MOCK_FIRST, NULL),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_mock_access_pin(NULL, NULL, PAGE, 0, 0, &pages),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_mock_access_unpin(NULL, 1), NULL_POINTER, EINVAL);
	FAILS(iommufd_mock_access_rw(NULL, buffer, 4, 0, 0), NULL_POINTER,
	      EINVAL);
	iommufd_access_close(reader);
	fixture_end(&f);
}
END_TEST

START_TEST(dma_bufs)
{
	unsigned int before = open_descriptors();
	int fd = -7;

	FAILS(iommufd_mock_dma_buf_get(NULL, PAGE, 0, &fd), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_mock_dma_buf_get(f.ctx, PAGE, 0, NULL), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_mock_dma_buf_revoke(NULL, 0, 0), NULL_POINTER, EINVAL);
	if (!harness_has(f.ctx, IOMMUFD_NR_IOAS_NOIOMMU_GET_PA)) {
		FAILS(iommufd_mock_dma_buf_get(f.ctx, PAGE, 0, &fd), FEATURE,
		      EOPNOTSUPP);
		ck_assert_int_eq(fd, -7);
		fixture_end(&f);
		return;
	}
	OK(iommufd_mock_dma_buf_get(f.ctx, PAGE, O_CLOEXEC, &fd));
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	ck_assert_uint_eq(open_descriptors(), before + 1);
	OK(iommufd_mock_dma_buf_revoke(f.ctx, fd, 1));
	OK(iommufd_mock_dma_buf_revoke(f.ctx, fd, 0));
	close(fd);
	FAILS(iommufd_mock_dma_buf_revoke(f.ctx, fd, 1), BAD_FD, EBADF);
	fixture_end(&f);
}
END_TEST

static const TTest **const tests[] = {
	&accesses_pin_and_copy,
	&bad_accesses,
	&dma_bufs,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "access", .setup = setup, .tests = tests },
	};

	return harness_run("mock_access", cases, 1);
}
