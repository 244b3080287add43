/* SPDX-License-Identifier: MIT */
/*
 * Memory of a device in an address space: buffers of the mock driver, revoked at
 * will, and a page table that tells what it has of them.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <iommufd/util/util.h>

#include "dmabuf.h"
#include "harness.h"

#define BAR	2
#define LENGTH	(2 * PAGE) /* of a buffer */
#define SECOND	(4 * PAGE) /* where in the BAR the second one begins */
#define AT	(MOCK_FIRST + MIB)
#define BEYOND	UINT64_C(0x90000000) /* what no page table has */
#define BUFFERS 2

static struct fixture f;
static struct iommufd_hwpt *hwpt;
static struct iommufd_device_memory *memory;
static int fds[BUFFERS];

static struct iommufd_device_memory_buffer buffer(uint32_t bar, int fd,
						  uint64_t offset)
{
	return (struct iommufd_device_memory_buffer){
		.size = sizeof(struct iommufd_device_memory_buffer),
		.bar = bar,
		.fd = fd,
		.offset = offset,
		.length = LENGTH,
	};
}

static void add(uint32_t bar, int fd, uint64_t offset)
{
	const struct iommufd_device_memory_buffer b = buffer(bar, fd, offset);

	OK(iommufd_device_memory_add_buffer(memory, &b));
}

/* A BAR of two areas with a hole in between. */
static void setup(void)
{
	fixture_device(&f);
	hwpt = dmabuf_tracking(f.device, f.ioas);
	OK(iommufd_device_memory_new(f.ioas, 0, &memory));
	for (int i = 0; i < BUFFERS; i++) {
		fds[i] = dmabuf_new(f.ctx, LENGTH);
		add(BAR, fds[i], (uint64_t)i * SECOND);
	}
}

static void end(void)
{
	uint64_t left = 1;

	OK(iommufd_device_memory_destroy(memory));
	OK(iommufd_ioas_unmap_all(f.ioas, &left));
	ck_assert_uint_eq(left, 0);
	for (int i = 0; i < BUFFERS; i++)
		close(fds[i]);
	OK(iommufd_hwpt_destroy(hwpt));
	fixture_end(&f);
}

static void map(uint64_t at)
{
	uint64_t iova = at;

	OK(iommufd_device_memory_map(memory, BAR, FIXED, &iova));
	ck_assert_uint_eq(iova, at);
}

static struct iommufd_device_memory_area area_of(uint32_t number)
{
	struct iommufd_device_memory_area area = { .size = sizeof(area) };

	OK(iommufd_device_memory_get_area(memory, number, &area));
	return area;
}

static void check_state(uint32_t number, uint32_t state, uint32_t cause)
{
	const struct iommufd_device_memory_area area = area_of(number);

	ck_assert_uint_eq(area.state, state);
	ck_assert_uint_eq(area.ret ? iommufd_cause(area.ret) : 0, cause);
}

#define STATE(number, state, cause)                                            \
	check_state(number, IOMMUFD_DEVICE_MEMORY_##state, cause)

static void check_counts(const struct iommufd_device_memory_info *info,
			 uint32_t mapped, uint32_t waiting)
{
	ck_assert_uint_eq(info->areas, BUFFERS);
	ck_assert_uint_eq(info->mapped, mapped);
	ck_assert_uint_eq(info->waiting, waiting);
	ck_assert_uint_eq(info->stale, 0);
	ck_assert_uint_eq(info->mapped_bytes, mapped * LENGTH);
}

static void check_info(uint32_t mapped, uint32_t waiting)
{
	struct iommufd_device_memory_info info = { .size = sizeof(info) };

	OK(iommufd_device_memory_get_info(memory, &info));
	check_counts(&info, mapped, waiting);
}

static void refresh(uint32_t flags, uint32_t mapped, uint32_t waiting)
{
	struct iommufd_device_memory_info info = { .size = sizeof(info) };

	OK(iommufd_device_memory_refresh(memory, flags, &info));
	check_counts(&info, mapped, waiting);
}

static void set_revoked(int i, uint32_t revoked)
{
	OK(iommufd_mock_dma_buf_revoke(f.ctx, fds[i], revoked));
}

static int there(uint64_t iova)
{
	return dmabuf_mapped(f.ctx, hwpt, iova, LENGTH);
}

START_TEST(maps_areas_at_their_offsets)
{
	struct iommufd_device_memory_area area;

	STATE(0, UNMAPPED, 0);
	map(AT);
	check_info(2, 0);
	ck_assert(there(AT) && there(AT + SECOND));
	ck_assert(!there(AT + LENGTH));
	area = area_of(1);
	ck_assert_uint_eq(area.bar, BAR);
	ck_assert_uint_eq(area.state, IOMMUFD_DEVICE_MEMORY_MAPPED);
	ck_assert_uint_eq(area.offset, SECOND);
	ck_assert_uint_eq(area.length, LENGTH);
	ck_assert_uint_eq(area.iova, AT + SECOND);
	ck_assert_uint_eq(area.flags, FIXED);
	ck_assert_int_eq(fcntl(area.fd, F_GETFD), FD_CLOEXEC);
	OK(iommufd_device_memory_unmap(memory, BAR));
	ck_assert(!there(AT) && !there(AT + SECOND));
	check_info(0, 0);
	/* Again is no failure, and it can be mapped again. */
	OK(iommufd_device_memory_unmap(memory, BAR));
	map(AT);
	check_info(2, 0);
	end();
}
END_TEST

/* The IOVAs of the kernel's choice are kept. */
START_TEST(chosen_iovas)
{
	uint64_t iova = 7, second;

	OK(iommufd_device_memory_map(memory, BAR, RW, &iova));
	ck_assert_uint_ge(iova, MOCK_FIRST);
	ck_assert_uint_eq(area_of(0).iova, iova);
	second = area_of(1).iova;
	ck_assert(there(iova) && there(second));
	set_revoked(0, 1);
	set_revoked(0, 0);
	refresh(0, 2, 0);
	ck_assert_uint_eq(area_of(0).iova, iova);
	ck_assert_uint_eq(area_of(1).iova, second);
	ck_assert(there(iova) && there(second));
	end();
}
END_TEST

START_TEST(revoked_and_back)
{
	map(AT);
	set_revoked(0, 1);
	/* The kernel tells nobody. */
	ck_assert(!there(AT) && there(AT + SECOND));
	check_info(2, 0);
	refresh(0, 1, 1);
	STATE(0, WAITING, IOMMUFD_CAUSE_REVOKED);
	STATE(1, MAPPED, 0);
	ck_assert(!there(AT) && there(AT + SECOND));
	/* Trying again in vain. */
	refresh(IOMMUFD_DEVICE_MEMORY_WAITING_ONLY, 1, 1);
	set_revoked(0, 0);
	refresh(IOMMUFD_DEVICE_MEMORY_WAITING_ONLY, 2, 0);
	ck_assert(there(AT) && there(AT + SECOND));
	/* Over before anybody has asked: the mapping is lost all the same. */
	set_revoked(1, 1);
	set_revoked(1, 0);
	ck_assert(!there(AT + SECOND));
	refresh(IOMMUFD_DEVICE_MEMORY_WAITING_ONLY, 2, 0);
	ck_assert(!there(AT + SECOND));
	OK(iommufd_device_memory_refresh(memory, 0, NULL));
	ck_assert(there(AT) && there(AT + SECOND));
	end();
}
END_TEST

START_TEST(revoked_from_the_start)
{
	uint64_t iova = 7;

	set_revoked(0, 1);
	set_revoked(1, 1);
	OK(iommufd_device_memory_map(memory, BAR, RW, &iova));
	ck_assert_uint_eq(iova, 0);
	check_info(0, 2);
	STATE(0, WAITING, IOMMUFD_CAUSE_REVOKED);
	ck_assert_uint_eq(area_of(0).iova, 0);
	ck_assert_uint_eq(area_of(0).flags, RW);
	set_revoked(0, 0);
	refresh(0, 1, 1);
	iova = area_of(0).iova;
	ck_assert_uint_ge(iova, MOCK_FIRST);
	ck_assert_uint_eq(area_of(0).flags, FIXED);
	ck_assert(there(iova));
	/* What waits is not to be mapped any more. */
	OK(iommufd_device_memory_unmap(memory, BAR));
	check_info(0, 0);
	STATE(1, UNMAPPED, 0);
	set_revoked(1, 0);
	refresh(0, 0, 0);
	end();
}
END_TEST

START_TEST(moves)
{
	const struct iommufd_device_memory_buffer other =
		buffer(BAR + 1, fds[0], 0);
	uint64_t iova = AT + 16 * PAGE;

	map(AT);
	map(AT + MIB);
	ck_assert(!there(AT) && !there(AT + SECOND));
	ck_assert(there(AT + MIB) && there(AT + MIB + SECOND));
	/* By less than an area has. */
	map(AT + MIB + PAGE);
	ck_assert(there(AT + MIB + PAGE) && there(AT + MIB + PAGE + SECOND));
	check_info(2, 0);
	/* Other BARs stay where they are. */
	OK(iommufd_device_memory_add_buffer(memory, &other));
	OK(iommufd_device_memory_map(memory, BAR + 1, FIXED, &iova));
	map(AT);
	ck_assert(there(AT) && there(AT + SECOND) && there(iova));
	OK(iommufd_device_memory_unmap(memory, BAR));
	ck_assert(!there(AT) && there(iova));
	OK(iommufd_device_memory_unmap(memory, IOMMUFD_DEVICE_MEMORY_ALL));
	ck_assert(!there(iova));
	end();
}
END_TEST

/* A move while the memory is off: it is mapped at the new place later. */
START_TEST(moves_while_revoked)
{
	map(AT);
	set_revoked(0, 1);
	set_revoked(1, 1);
	map(AT + MIB);
	check_info(0, 2);
	set_revoked(0, 0);
	set_revoked(1, 0);
	refresh(0, 2, 0);
	ck_assert(!there(AT) && !there(AT + SECOND));
	ck_assert(there(AT + MIB) && there(AT + MIB + SECOND));
	end();
}
END_TEST

/* A move that fails leaves the BAR where it was, and says what was in the way. */
static void check_back(uint64_t at, uint32_t cause, int err)
{
	uint64_t iova = at;
	int ret = iommufd_device_memory_map(memory, BAR, FIXED, &iova);

	harness_fails(ret, cause, err, "map", __FILE__, __LINE__);
	ck_assert_uint_eq(iova, at);
	ck_assert_uint_eq(harness_failure(ret).op, IOMMUFD_OP_IOAS_MAP_FILE);
	check_info(2, 0);
	STATE(0, MAPPED, 0);
	STATE(1, MAPPED, 0);
	ck_assert(there(AT) && there(AT + SECOND));
	ck_assert_uint_eq(area_of(1).iova, AT + SECOND);
}

START_TEST(moves_that_fail)
{
	struct iommufd_diagnosis why = { .size = sizeof(why) };
	struct iommufd_failure failure = { .size = sizeof(failure) };
	char *page = harness_memory(PAGE);
	const uint64_t to = AT + MIB;
	uint64_t iova = to;

	/* In the way of the second area: the first one is taken back. */
	map_at(f.ioas, page, PAGE, to + SECOND + PAGE);
	map(AT);
	check_back(to, IOMMUFD_CAUSE_ALREADY_MAPPED, EEXIST);
	OK(iommufd_failure_keep(&failure));
	ck_assert_uint_eq(failure.iova, to + SECOND);
	OK(iommufd_diagnose(&failure, f.ctx, IOMMUFD_DIAGNOSE_SCRATCH, NULL,
			    &why));
	ck_assert_ptr_nonnull(strstr(why.text, "is mapped already"));
	ck_assert(!there(to));
	/* Only the page that was there before is in the way of nothing. */
	unmap_at(f.ioas, PAGE, to + SECOND + PAGE);
	check_back(BEYOND, IOMMUFD_CAUSE_FILE_UNUSABLE, EINVAL);
	check_back(to + 1, IOMMUFD_CAUSE_FILE_UNUSABLE, EINVAL);
	FAILS(iommufd_device_memory_map(memory, BAR, FIXED | 1 << 9, &iova),
	      FEATURE, EOPNOTSUPP);
	check_info(2, 0);
	ck_assert(there(AT) && there(AT + SECOND));
	/* One that has not been anywhere is nowhere afterwards. */
	OK(iommufd_device_memory_unmap(memory, BAR));
	iova = BEYOND;
	FAILS(iommufd_device_memory_map(memory, BAR, FIXED, &iova),
	      FILE_UNUSABLE, EINVAL);
	check_info(0, 0);
	end();
}
END_TEST

/* One area of several: the others are mapped, and the failure is told. */
START_TEST(refreshes_that_fail)
{
	struct iommufd_device_memory_info info = { .size = sizeof(info) };
	char *page = harness_memory(PAGE);

	map(AT);
	set_revoked(0, 1);
	refresh(0, 1, 1);
	map_at(f.ioas, page, PAGE, AT);
	set_revoked(0, 0);
	set_revoked(1, 1);
	set_revoked(1, 0);
	FAILS(iommufd_device_memory_refresh(memory, 0, &info), ALREADY_MAPPED,
	      EEXIST);
	check_counts(&info, 1, 1);
	STATE(0, WAITING, IOMMUFD_CAUSE_ALREADY_MAPPED);
	ck_assert(there(AT + SECOND));
	unmap_at(f.ioas, PAGE, AT);
	refresh(IOMMUFD_DEVICE_MEMORY_WAITING_ONLY, 2, 0);
	ck_assert(there(AT) && there(AT + SECOND));
	end();
}
END_TEST

/* Whoever unmaps everything has unmapped ours, too. */
START_TEST(unmapped_by_others)
{
	uint64_t unmapped = 0;

	map(AT);
	OK(iommufd_ioas_unmap_all(f.ioas, &unmapped));
	ck_assert_uint_eq(unmapped, 2 * LENGTH);
	refresh(0, 2, 0);
	ck_assert(there(AT) && there(AT + SECOND));
	OK(iommufd_ioas_unmap_all(f.ioas, &unmapped));
	OK(iommufd_device_memory_unmap(memory, BAR));
	check_info(0, 0);
	end();
}
END_TEST

/* The exporter keeps what it has exported, the caller need not. */
START_TEST(descriptors)
{
	unsigned int before = open_descriptors();
	struct iommufd_device_memory *other = NULL;
	struct iommufd_device_memory_buffer b = buffer(0, fds[0], 0);
	uint64_t iova = AT;

	OK(iommufd_device_memory_new(f.ioas, 0, &other));
	OK(iommufd_device_memory_add_buffer(other, &b));
	ck_assert_uint_eq(open_descriptors(), before + 1);
	/* Forgotten, its mapping lives on. */
	OK(iommufd_device_memory_map(other, 0, FIXED, &iova));
	iommufd_device_memory_release(other);
	ck_assert_uint_eq(open_descriptors(), before);
	ck_assert(there(AT));
	unmap_at(f.ioas, LENGTH, AT);
	iommufd_device_memory_release(NULL);
	OK(iommufd_device_memory_destroy(NULL));
	for (int i = 0; i < BUFFERS; i++) {
		set_revoked(i, 1);
		set_revoked(i, 0);
		close(fds[i]);
		fds[i] = -1;
	}
	map(AT);
	ck_assert(there(AT) && there(AT + SECOND));
	end();
}
END_TEST

START_TEST(a_part_of_a_buffer)
{
	struct iommufd_device_memory_buffer b = buffer(BAR, fds[0], 8 * PAGE);

	b.start = PAGE;
	b.length = PAGE;
	OK(iommufd_device_memory_add_buffer(memory, &b));
	map(AT);
	ck_assert(dmabuf_mapped(f.ctx, hwpt, AT + 8 * PAGE, PAGE));
	ck_assert(!dmabuf_mapped(f.ctx, hwpt, AT + 9 * PAGE, PAGE));
	/* More than it has shows when it is mapped. */
	b.offset = 10 * PAGE;
	b.length = LENGTH;
	OK(iommufd_device_memory_add_buffer(memory, &b));
	FAILS(iommufd_device_memory_map(memory, BAR, FIXED,
					&(uint64_t){ AT + MIB }),
	      FILE_UNUSABLE, EINVAL);
	ck_assert(there(AT) && there(AT + SECOND));
	end();
}
END_TEST

static const TTest **const tests[] = {
	&maps_areas_at_their_offsets,
	&chosen_iovas,
	&revoked_and_back,
	&revoked_from_the_start,
	&moves,
	&moves_while_revoked,
	&moves_that_fail,
	&refreshes_that_fail,
	&unmapped_by_others,
	&descriptors,
	&a_part_of_a_buffer,
	NULL,
};

/* Before 6.13 no file can be mapped, and before 6.19 there are no buffers. */
START_TEST(not_on_this_kernel)
{
	struct iommufd_device_memory_buffer b = buffer(0, -1, 0);
	uint64_t iova = AT;

	fixture_device(&f);
	ck_assert(dmabuf_missing(f.ctx));
	OK(iommufd_device_memory_new(f.ioas, 0, &memory));
	b.fd = harness_memfd(LENGTH);
	OK(iommufd_device_memory_add_buffer(memory, &b));
	close(b.fd);
	FAILS(iommufd_device_memory_map(memory, 0, FIXED, &iova), COMMAND,
	      ENOTTY);
	ck_assert_uint_eq(iova, AT);
	STATE(0, UNMAPPED, IOMMUFD_CAUSE_COMMAND);
	OK(iommufd_device_memory_destroy(memory));
	fixture_end(&f);
}
END_TEST

static const TTest **const old_tests[] = { &not_on_this_kernel, NULL };

int main(void)
{
	const int old = !strcmp(harness_kernel(), "lts");
	const struct harness_case cases[] = {
		{ .name = "mock",
		  .setup = old ? NULL : setup,
		  .tests = old ? old_tests : tests },
	};

	return harness_run("device_memory", cases, 1);
}
