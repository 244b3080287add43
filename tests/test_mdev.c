/* SPDX-License-Identifier: MIT */
/* An emulated device (mtty, an mdev) through an access. */
#include <string.h>

#include "devices.h"
#include "fixture.h"
#include "harness.h"

static struct iommufd_ctx *ctx;
static struct iommufd_vfio *file;
static struct iommufd_access *access_;

static struct iommufd_vfio *open_mdev(void)
{
	struct iommufd_node_info info = { .size = sizeof(info) };
	struct iommufd_vfio *mdev = NULL;

	OK(iommufd_find_mdev(harness_env("IOMMUFD_VM_MDEV"), NULL, &info));
	OK(iommufd_find_open(&info, &mdev));
	return mdev;
}

static void setup(void)
{
	ctx = harness_ctx();
	file = open_mdev();
	OK(iommufd_vfio_bind(file, ctx, NULL));
	OK(iommufd_access_from_vfio(file, &access_));
}

static void finish(void)
{
	iommufd_access_close(access_);
	iommufd_vfio_close(file);
	ck_assert_uint_eq(next_id(ctx), 1);
	iommufd_ctx_close(ctx);
}

START_TEST(kind)
{
	struct iommufd_device *device = NULL;
	struct iommufd_vfio_info info = { .size = sizeof(info) };

	ck_assert_uint_eq(iommufd_vfio_kind(file), IOMMUFD_VFIO_EMULATED);
	ck_assert_uint_eq(iommufd_access_id(access_), iommufd_vfio_id(file));
	ck_assert_ptr_eq(iommufd_access_vfio(access_), file);
	FAILS(iommufd_device_from_vfio(file, &device), WRONG_KIND, EINVAL);
	ck_assert_ptr_null(device);
	OK(iommufd_vfio_get_info(file, &info));
	ck_assert(info.flags & IOMMUFD_VFIO_INFO_PCI);
	FAILS(iommufd_ctx_destroy_id(ctx, iommufd_access_id(access_)), IN_USE,
	      EBUSY);
	finish();
}
END_TEST

START_TEST(attach_replace_detach)
{
	struct iommufd_ioas *one = new_ioas(ctx), *two = new_ioas(ctx);

	OK(iommufd_access_detach(access_));
	OK(iommufd_access_attach(access_, one));
	OK(iommufd_access_attach(access_, one));
	FAILS(iommufd_ioas_destroy(one), IN_USE, EBUSY);
	OK(iommufd_access_attach(access_, two));
	OK(iommufd_ioas_destroy(one));
	FAILS(iommufd_ioas_destroy(two), IN_USE, EBUSY);
	OK(iommufd_access_detach(access_));
	OK(iommufd_access_detach(access_));
	OK(iommufd_ioas_destroy(two));
	finish();
}
END_TEST

START_TEST(wrong_address_spaces)
{
	struct iommufd_ctx *other = harness_ctx();
	struct iommufd_ioas *foreign = new_ioas(other), *gone = new_ioas(ctx);
	struct iommufd_ioas *copy = NULL;

	FAILS(iommufd_access_attach(access_, foreign), OTHER_CONTEXT, EXDEV);
	FAILS(iommufd_access_attach(access_, NULL), NULL_POINTER, EINVAL);
	OK(iommufd_ioas_adopt(ctx, iommufd_ioas_id(gone), 0, &copy));
	OK(iommufd_ioas_destroy(gone));
	FAILS(iommufd_access_attach(access_, copy), PAGE_TABLE, ENOENT);
	iommufd_ioas_release(copy);
	OK(iommufd_ioas_destroy(foreign));
	iommufd_ctx_close(other);
	finish();
}
END_TEST

/* An access raises the alignment to pages; what is mapped must fit. */
START_TEST(alignment)
{
	struct iommufd_ioas *ioas = new_ioas(ctx);
	uint8_t *memory = harness_memory(PAGE);
	uint64_t of = 0, iova = PAGE, length = 512;
	uint32_t count = 0;

	OK(iommufd_ioas_map(ioas, memory, 512, FIXED, &iova));
	FAILS(iommufd_access_attach(access_, ioas), MAPPING_MISALIGNED,
	      EADDRINUSE);
	OK(iommufd_ioas_unmap(ioas, &length, PAGE));
	OK(iommufd_access_attach(access_, ioas));
	FAILS(iommufd_ioas_iova_ranges(ioas, NULL, &count, &of), ARRAY_SHORT,
	      EMSGSIZE);
	ck_assert_uint_eq(of, PAGE);
	FAILS(iommufd_ioas_map(ioas, memory, 512, FIXED, &iova), IOVA_UNUSABLE,
	      EINVAL);
	OK(iommufd_access_detach(access_));
	count = 0;
	FAILS(iommufd_ioas_iova_ranges(ioas, NULL, &count, &of), ARRAY_SHORT,
	      EMSGSIZE);
	ck_assert_uint_eq(of, 1);
	OK(iommufd_ioas_destroy(ioas));
	finish();
}
END_TEST

/* Its driver pins nothing until it needs to. */
START_TEST(no_pins)
{
	struct iommufd_ioas *ioas = new_ioas(ctx);
	uint64_t before = pinned(), length = 16 * PAGE;

	OK(iommufd_access_attach(access_, ioas));
	map_at(ioas, harness_memory(length), length, MIB);
	ck_assert_uint_eq(pinned(), before);
	OK(iommufd_ioas_unmap(ioas, &length, MIB));
	ck_assert_uint_eq(length, 16 * PAGE);
	OK(iommufd_access_detach(access_));
	OK(iommufd_ioas_destroy(ioas));
	finish();
}
END_TEST

/* It has neither page table nor IOMMU: requests about them name no device. */
START_TEST(no_page_table)
{
	/* Requests by hand, as the library has no handle to make them with. */
	uint32_t info[10] = { sizeof(info), 0, iommufd_access_id(access_) };
	uint32_t alloc[12] = { sizeof(alloc), 0, iommufd_access_id(access_) };
	struct iommufd_ioas *ioas = new_ioas(ctx);

	FAILS(iommufd_ctx_ioctl(ctx, IOMMUFD_NR_GET_HW_INFO, info, NULL),
	      OBJECT, ENOENT);
	alloc[3] = iommufd_ioas_id(ioas);
	FAILS(iommufd_ctx_ioctl(ctx, IOMMUFD_NR_HWPT_ALLOC, alloc, NULL),
	      OBJECT, ENOENT);
	if (device_old_kernel())
		FAILS(iommufd_vfio_probe_pasid(file), FEATURE, EINVAL);
	else
		FAILS(iommufd_vfio_probe_pasid(file), FEATURE, EOPNOTSUPP);
	OK(iommufd_ioas_destroy(ioas));
	finish();
}
END_TEST

START_TEST(adopted)
{
	struct iommufd_vfio *copy = NULL;

	OK(iommufd_vfio_adopt_bound(ctx, iommufd_vfio_id(file),
				    iommufd_vfio_fd(file), 0, &copy));
	ck_assert_uint_eq(iommufd_vfio_kind(copy), IOMMUFD_VFIO_EMULATED);
	iommufd_vfio_close(copy);
	finish();
}
END_TEST

START_TEST(bound_twice)
{
	struct iommufd_vfio *second = open_mdev();

	FAILS(iommufd_vfio_bind(file, ctx, NULL), ALREADY_BOUND, EINVAL);
	FAILS(iommufd_vfio_bind(second, ctx, NULL), BIND_REFUSED, EINVAL);
	iommufd_vfio_close(second);
	finish();
}
END_TEST

/* Physical and emulated devices in one address space. */
START_TEST(beside_a_physical_device)
{
	struct iommufd_device *edu = device_new("IOMMUFD_VM_EDU", ctx);
	struct iommufd_ioas *ioas = new_ioas(ctx);

	OK(iommufd_access_attach(access_, ioas));
	OK(iommufd_device_attach(edu, iommufd_ioas_id(ioas), NULL));
	map_at(ioas, harness_memory(PAGE), PAGE, MIB);
	iommufd_device_close(edu);
	FAILS(iommufd_ioas_destroy(ioas), IN_USE, EBUSY);
	OK(iommufd_access_detach(access_));
	OK(iommufd_ioas_destroy(ioas));
	finish();
}
END_TEST

/* The access keeps the file bound, and ends with the descriptor. */
START_TEST(ending)
{
	struct iommufd_ioas *ioas = new_ioas(ctx);
	unsigned int before = open_descriptors();

	OK(iommufd_access_attach(access_, ioas));
	iommufd_vfio_close(file);
	ck_assert_uint_eq(open_descriptors(), before);
	FAILS(iommufd_ioas_destroy(ioas), IN_USE, EBUSY);
	iommufd_access_close(access_);
	ck_assert_uint_eq(open_descriptors(), before - 1);
	OK(iommufd_ioas_destroy(ioas));
	ck_assert_uint_eq(next_id(ctx), 1);
	iommufd_ctx_close(ctx);
}
END_TEST

static const TTest **const tests[] = {
	&kind,
	&attach_replace_detach,
	&wrong_address_spaces,
	&alignment,
	&no_pins,
	&no_page_table,
	&adopted,
	&bound_twice,
	&beside_a_physical_device,
	&ending,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "mdev", .setup = setup, .tests = tests },
	};

	return harness_run("mdev", cases, 1);
}
