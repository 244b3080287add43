/* SPDX-License-Identifier: MIT */
/* Accesses: pins, copies, and changing the address space under them. */
#include <string.h>

#include "fixture.h"
#include "harness.h"

static struct fixture f;
static struct iommufd_access *access_;
static char *memory;

static struct iommufd_access *access_new(struct iommufd_ioas *ioas,
					 uint32_t flags)
{
	struct iommufd_access *access = NULL;

	OK(iommufd_mock_access_new(f.ctx, iommufd_ioas_id(ioas), flags,
				   &access));
	return access;
}

/* An address space without a page table, an access that pins, two pages. */
static void setup(void)
{
	fixture_ioas(&f);
	access_ = access_new(f.ioas, IOMMUFD_MOCK_ACCESS_NEEDS_PIN);
	memory = harness_memory(4 * PAGE);
	map_at(f.ioas, memory, 2 * PAGE, PAGE);
}

static void end(void)
{
	iommufd_access_close(access_);
	fixture_end(&f);
}

static uint32_t pin(uint64_t length, uint64_t iova)
{
	uint32_t id = 0;

	OK(iommufd_mock_access_pin(access_, memory + iova - PAGE, length,
				   IOMMUFD_MOCK_ACCESS_WRITE, iova, &id));
	return id;
}

static void check_refs(uint32_t first, uint32_t second)
{
	OK(iommufd_mock_check_refs(f.ctx, memory, PAGE, first));
	OK(iommufd_mock_check_refs(f.ctx, memory + PAGE, PAGE, second));
}

START_TEST(getters)
{
	ck_assert_uint_eq(iommufd_access_id(NULL), 0);
	ck_assert_ptr_eq(iommufd_access_ctx(access_), f.ctx);
	ck_assert_ptr_null(iommufd_access_ctx(NULL));
	ck_assert_ptr_null(iommufd_access_vfio(NULL));
	ck_assert_ptr_null(iommufd_access_vfio(access_));
	iommufd_access_close(NULL);
	end();
}
END_TEST

START_TEST(from_nothing)
{
	struct iommufd_access *access = (void *)1;
	struct iommufd_vfio *file = NULL;

	FAILS(iommufd_access_from_vfio(NULL, &access), NULL_POINTER, EINVAL);
	OK(iommufd_vfio_adopt(0, 0, &file));
	FAILS(iommufd_access_from_vfio(file, NULL), NULL_POINTER, EINVAL);
	FAILS(iommufd_access_from_vfio(file, &access), NOT_BOUND, EINVAL);
	ck_assert_ptr_eq(access, (void *)1);
	iommufd_vfio_close(file);
	end();
}
END_TEST

/* Its id is no device's: that is how the kinds are told apart. */
START_TEST(an_access_is_no_device)
{
	uint32_t id = next_id(f.ctx);
	struct iommufd_access *access = access_new(f.ioas, 0);
	uint32_t info[10] = { sizeof(info), 0, id };

	ck_assert_uint_eq(next_id(f.ctx), id + 1);
	FAILS(iommufd_ctx_ioctl(f.ctx, IOMMUFD_NR_GET_HW_INFO, info, NULL),
	      OBJECT, ENOENT);
	FAILS(iommufd_ctx_destroy_id(f.ctx, id), IN_USE, EBUSY);
	iommufd_access_close(access);
	FAILS(iommufd_ctx_destroy_id(f.ctx, id), OBJECT, ENOENT);
	end();
}
END_TEST

START_TEST(an_access_keeps_its_address_space)
{
	FAILS(iommufd_ioas_destroy(f.ioas), IN_USE, EBUSY);
	check_range(f.ioas, 0, UINT64_MAX, PAGE);
	end();
}
END_TEST

START_TEST(nothing_is_pinned_until_asked)
{
	uint64_t before = pinned();
	uint32_t id;

	check_refs(0, 0);
	id = pin(2 * PAGE, PAGE);
	check_refs(1, 1);
	ck_assert_uint_eq(pinned(), before + 2 * PAGE);
	OK(iommufd_mock_access_unpin(access_, id));
	check_refs(0, 0);
	ck_assert_uint_eq(pinned(), before);
	end();
}
END_TEST

START_TEST(pins_overlap)
{
	uint32_t a = pin(PAGE, PAGE), b = pin(2 * PAGE, PAGE);

	check_refs(1, 1);
	OK(iommufd_mock_access_unpin(access_, b));
	check_refs(1, 0);
	OK(iommufd_mock_access_unpin(access_, a));
	check_refs(0, 0);
	end();
}
END_TEST

/* A page table comes and goes over pinned memory. */
START_TEST(pins_and_page_tables)
{
	struct iommufd_device *device = NULL;
	uint32_t id, hwpt_id = 0;

	unmap_at(f.ioas, 2 * PAGE, PAGE);
	map_at(f.ioas, memory, 2 * PAGE, MOCK_FIRST);
	OK(iommufd_mock_access_pin(access_, memory, PAGE, 0, MOCK_FIRST, &id));
	OK(iommufd_mock_device_new(f.ctx, iommufd_ioas_id(f.ioas), 0, &hwpt_id,
				   &device));
	check_refs(1, 1);
	OK(iommufd_mock_check_map(f.ctx, hwpt_id, memory, 2 * PAGE,
				  MOCK_FIRST));
	iommufd_device_close(device);
	check_refs(1, 0);
	OK(iommufd_mock_access_unpin(access_, id));
	check_refs(0, 0);
	end();
}
END_TEST

/* The same with a part of a huge page, which the page table held as one. */
START_TEST(pins_in_a_huge_page)
{
	char *huge = harness_memory(6 * MIB);
	struct iommufd_device *device = NULL;
	uint32_t id = 0, hwpt_id = 0;

	huge += 2 * MIB - (uintptr_t)huge % (2 * MIB);
	map_at(f.ioas, huge, 4 * MIB, MOCK_FIRST);
	unmap_at(f.ioas, 2 * PAGE, PAGE);
	OK(iommufd_mock_device_new(f.ctx, iommufd_ioas_id(f.ioas), 0, &hwpt_id,
				   &device));
	OK(iommufd_mock_check_map(f.ctx, hwpt_id, huge, 4 * MIB, MOCK_FIRST));
	OK(iommufd_mock_access_pin(access_, huge + MIB, 8 * PAGE, 0,
				   MOCK_FIRST + MIB, &id));
	iommufd_device_close(device);
	OK(iommufd_mock_access_unpin(access_, id));
	OK(iommufd_mock_access_pin(access_, huge + MIB, 8 * PAGE, 0,
				   MOCK_FIRST + MIB, &id));
	unmap_at(f.ioas, 4 * MIB, MOCK_FIRST);
	end();
}
END_TEST

/* The driver is told, and gives its pins up before the call returns. */
START_TEST(unmapping_takes_the_pins)
{
	uint32_t id = pin(PAGE, PAGE);

	unmap_at(f.ioas, 2 * PAGE, PAGE);
	check_refs(0, 0);
	FAILS(iommufd_mock_access_unpin(access_, id), OBJECT, ENOENT);
	end();
}
END_TEST

START_TEST(closing_takes_the_pins)
{
	(void)pin(PAGE, PAGE);
	iommufd_access_close(access_);
	access_ = NULL;
	check_refs(0, 0);
	fixture_end(&f);
}
END_TEST

START_TEST(permissions)
{
	uint64_t iova = 16 * PAGE;
	char buffer[4] = "abc";
	uint32_t id = 0;

	OK(iommufd_ioas_map(f.ioas, memory + 2 * PAGE, PAGE,
			    IOMMUFD_MAP_READABLE | IOMMUFD_MAP_FIXED_IOVA,
			    &iova));
	FAILS(iommufd_mock_access_pin(access_, NULL, PAGE,
				      IOMMUFD_MOCK_ACCESS_WRITE, iova, &id),
	      NOT_PERMITTED, EPERM);
	FAILS(iommufd_mock_access_rw(access_, buffer, 4,
				     IOMMUFD_MOCK_ACCESS_WRITE, iova),
	      NOT_PERMITTED, EPERM);
	OK(iommufd_mock_access_pin(access_, NULL, PAGE, 0, iova, &id));
	OK(iommufd_mock_access_rw(access_, buffer, 4, 0, iova));
	OK(iommufd_mock_access_unpin(access_, id));
	end();
}
END_TEST

/* Two mappings far apart in memory, side by side for the access. */
START_TEST(copies_across_mappings)
{
	char pattern[64], buffer[64] = { 0 };

	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = (char)(i * 7 + 1);
	map_at(f.ioas, memory + 3 * PAGE, PAGE, 3 * PAGE);
	for (uint32_t slow = 0; slow <= IOMMUFD_MOCK_ACCESS_SLOW;
	     slow += IOMMUFD_MOCK_ACCESS_SLOW) {
		for (uint64_t iova = 3 * PAGE - 64; iova <= 3 * PAGE;
		     iova += 13) {
			memset(memory, 0, 4 * PAGE);
			OK(iommufd_mock_access_rw(
				access_, pattern, sizeof(pattern),
				slow | IOMMUFD_MOCK_ACCESS_WRITE, iova));
			OK(iommufd_mock_access_rw(access_, buffer,
						  sizeof(buffer), slow, iova));
			ck_assert_mem_eq(buffer, pattern, sizeof(buffer));
			ck_assert_int_eq(
				memory[iova - PAGE == 2 * PAGE ? 3 * PAGE
							       : iova - PAGE],
				pattern[0]);
		}
	}
	end();
}
END_TEST

START_TEST(replace)
{
	struct iommufd_ioas *other = NULL;
	uint32_t id = pin(PAGE, PAGE);

	OK(iommufd_ioas_alloc(f.ctx, 0, &other));
	map_at(other, memory + 2 * PAGE, PAGE, PAGE);
	OK(iommufd_access_attach(access_, other));
	/* Its pins are gone, the old space is free, the new one is aligned. */
	check_refs(0, 0);
	FAILS(iommufd_mock_access_unpin(access_, id), OBJECT, ENOENT);
	check_range(f.ioas, 0, UINT64_MAX, 1);
	check_range(other, 0, UINT64_MAX, PAGE);
	FAILS(iommufd_ioas_destroy(other), IN_USE, EBUSY);
	OK(iommufd_mock_access_pin(access_, memory + 2 * PAGE, PAGE, 0, PAGE,
				   &id));
	OK(iommufd_mock_access_unpin(access_, id));
	OK(iommufd_ioas_destroy(f.ioas));
	f.ioas = other;
	end();
}
END_TEST

START_TEST(the_same_again_keeps_the_pins)
{
	uint32_t id = pin(PAGE, PAGE);

	OK(iommufd_access_attach(access_, f.ioas));
	check_refs(1, 0);
	OK(iommufd_mock_access_unpin(access_, id));
	end();
}
END_TEST

START_TEST(refused_replacements_keep_the_pins)
{
	struct iommufd_ioas *odd = NULL, *stale = NULL;
	struct iommufd_failure failure;
	uint32_t id = pin(PAGE, PAGE);
	int ret;

	OK(iommufd_ioas_alloc(f.ctx, 0, &odd));
	map_at(odd, memory, MOCK_PAGE, MOCK_PAGE);
	ret = iommufd_access_attach(access_, odd);
	FAILS(ret, MAPPING_MISALIGNED, EADDRINUSE);
	failure = harness_failure(ret);
	ck_assert_uint_eq(failure.op, IOMMUFD_OP_ACCESS_ATTACH);
	ck_assert_uint_eq(failure.other_id, iommufd_ioas_id(odd));
	OK(iommufd_ioas_adopt(f.ctx, UNUSED_ID, 0, &stale));
	FAILS(iommufd_access_attach(access_, stale), PAGE_TABLE, ENOENT);
	iommufd_ioas_release(stale);
	check_refs(1, 0);
	check_range(odd, 0, UINT64_MAX, 1);
	OK(iommufd_mock_access_unpin(access_, id));
	OK(iommufd_ioas_destroy(odd));
	end();
}
END_TEST

START_TEST(wrong_arguments)
{
	struct iommufd_ctx *other = harness_ctx();
	struct iommufd_ioas *stranger = NULL;

	OK(iommufd_ioas_alloc(other, 0, &stranger));
	FAILS(iommufd_access_attach(NULL, f.ioas), NULL_POINTER, EINVAL);
	FAILS(iommufd_access_attach(access_, NULL), NULL_POINTER, EINVAL);
	FAILS(iommufd_access_attach(access_, stranger), OTHER_CONTEXT, EXDEV);
	FAILS(iommufd_access_detach(NULL), NULL_POINTER, EINVAL);
	OK(iommufd_ioas_destroy(stranger));
	iommufd_ctx_close(other);
	end();
}
END_TEST

/* Mappings that are not page aligned do not let a pinning access in. */
START_TEST(alignment_of_what_is_there)
{
	struct iommufd_access *access = NULL;
	struct iommufd_ioas *odd = NULL;

	OK(iommufd_ioas_alloc(f.ctx, 0, &odd));
	map_at(odd, memory, MOCK_PAGE, 0);
	FAILS(iommufd_mock_access_new(f.ctx, iommufd_ioas_id(odd),
				      IOMMUFD_MOCK_ACCESS_NEEDS_PIN, &access),
	      UNSPECIFIC, EADDRINUSE);
	/* One that only copies does not mind. */
	access = access_new(odd, 0);
	check_range(odd, 0, UINT64_MAX, 1);
	iommufd_access_close(access);
	OK(iommufd_ioas_destroy(odd));
	end();
}
END_TEST

/* As long as it is open nothing of the context goes. */
START_TEST(closed_after_everything_else)
{
	unsigned int before = open_descriptors();
	uint64_t pins = pinned();

	(void)pin(PAGE, PAGE);

	iommufd_ioas_release(f.ioas);
	iommufd_ctx_close(f.ctx);
	ck_assert_uint_eq(open_descriptors(), before);
	ck_assert_uint_eq(pinned(), pins + PAGE);
	iommufd_access_close(access_);
	ck_assert_uint_eq(open_descriptors(), before - 2);
	ck_assert_uint_eq(pinned(), pins);
}
END_TEST

static const TTest **const access_tests[] = {
	&getters,
	&from_nothing,
	&an_access_is_no_device,
	&permissions,
	&wrong_arguments,
	&an_access_keeps_its_address_space,
	&copies_across_mappings,
	&closed_after_everything_else,
	NULL,
};

static const TTest **const pin_tests[] = {
	&nothing_is_pinned_until_asked,
	&pins_overlap,
	&pins_and_page_tables,
	&pins_in_a_huge_page,
	&unmapping_takes_the_pins,
	&closing_takes_the_pins,
	NULL,
};

static const TTest **const replace_tests[] = {
	&replace,
	&the_same_again_keeps_the_pins,
	&refused_replacements_keep_the_pins,
	&alignment_of_what_is_there,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "access", .setup = setup, .tests = access_tests },
		{ .name = "pins", .setup = setup, .tests = pin_tests },
		{ .name = "replace", .setup = setup, .tests = replace_tests },
	};

	return harness_run("access", cases, 3);
}
