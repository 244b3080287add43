/* SPDX-License-Identifier: MIT */
/* Virtual functions and their token, which the device file takes since 6.17. */
#include <string.h>
#include <unistd.h>

#include "devices.h"
#include "fixture.h"
#include "harness.h"

#define PF "IOMMUFD_VM_PF"
#define VF "IOMMUFD_VM_VF_A"

static const uint8_t right[16] = { 0x5c, 0x11, 7, 8, 9 };
static const uint8_t wrong[16] = { 0x5c, 0x11, 7, 8, 8 };
static const struct iommufd_vfio_bind_opts with_right = {
	.size = sizeof(with_right), .token = right
};
static const struct iommufd_vfio_bind_opts with_wrong = {
	.size = sizeof(with_wrong), .token = wrong
};

static struct iommufd_ctx *ctx;
static struct iommufd_vfio *pf, *vf;

static void setup(void)
{
	ctx = harness_ctx();
	pf = device_open(PF);
	vf = device_open(VF);
}

/* With a token at its bind the physical function sets it. */
START_TEST(token_of_the_bind)
{
	OK(iommufd_vfio_bind(pf, ctx, &with_right));
	FAILS(iommufd_vfio_bind(vf, ctx, NULL), VF_TOKEN, EACCES);
	FAILS(iommufd_vfio_bind(vf, ctx, &with_wrong), VF_TOKEN, EACCES);
	ck_assert_uint_eq(iommufd_vfio_kind(vf), IOMMUFD_VFIO_UNBOUND);
	OK(iommufd_vfio_bind(vf, ctx, &with_right));
	ck_assert_uint_eq(iommufd_vfio_kind(vf), IOMMUFD_VFIO_PHYSICAL);
	iommufd_vfio_close(vf);
	iommufd_vfio_close(pf);
}
END_TEST

/* Or later, as a feature. */
START_TEST(token_of_the_feature)
{
	uint64_t buffer[3] = { 0 };

	OK(iommufd_vfio_bind(pf, ctx, NULL));
	memcpy(buffer + 1, right, sizeof(right));
	OK(iommufd_vfio_feature(pf,
				IOMMUFD_FEATURE_PCI_VF_TOKEN |
					IOMMUFD_FEATURE_SET |
					IOMMUFD_FEATURE_PROBE,
				NULL, 0, NULL));
	OK(iommufd_vfio_feature(
		pf, IOMMUFD_FEATURE_PCI_VF_TOKEN | IOMMUFD_FEATURE_SET, buffer,
		sizeof(buffer), NULL));
	FAILS(iommufd_vfio_feature(
		      pf, IOMMUFD_FEATURE_PCI_VF_TOKEN | IOMMUFD_FEATURE_SET,
		      buffer, 16, NULL),
	      FEATURE_REQUEST, EINVAL);
	FAILS(iommufd_vfio_feature(
		      pf, IOMMUFD_FEATURE_PCI_VF_TOKEN | IOMMUFD_FEATURE_GET,
		      buffer, sizeof(buffer), NULL),
	      FEATURE_REQUEST, EINVAL);
	FAILS(iommufd_vfio_bind(vf, ctx, &with_wrong), VF_TOKEN, EACCES);
	OK(iommufd_vfio_bind(vf, ctx, &with_right));
	iommufd_vfio_close(vf);
	iommufd_vfio_close(pf);
}
END_TEST

/* While somebody has a virtual function, the token cannot be changed. */
START_TEST(virtual_function_in_use)
{
	OK(iommufd_vfio_bind(pf, ctx, &with_right));
	OK(iommufd_vfio_bind(vf, ctx, &with_right));
	iommufd_vfio_close(pf);
	pf = device_open(PF);
	FAILS(iommufd_vfio_bind(pf, ctx, NULL), VF_TOKEN, EACCES);
	FAILS(iommufd_vfio_bind(pf, ctx, &with_wrong), VF_TOKEN, EACCES);
	OK(iommufd_vfio_bind(pf, ctx, &with_right));
	iommufd_vfio_close(vf);
	iommufd_vfio_close(pf);
}
END_TEST

START_TEST(virtual_function_works)
{
	struct iommufd_ioas *ioas = new_ioas(ctx);
	struct iommufd_device *device = NULL;

	OK(iommufd_vfio_bind(pf, ctx, &with_right));
	OK(iommufd_vfio_bind(vf, ctx, &with_right));
	OK(iommufd_device_from_vfio(vf, &device));
	OK(iommufd_device_attach(device, iommufd_ioas_id(ioas), NULL));
	iommufd_device_close(device);
	iommufd_vfio_close(vf);
	iommufd_vfio_close(pf);
	OK(iommufd_ioas_destroy(ioas));
}
END_TEST

/* The PF sits below a port of its own: its bus can be reset, with all on it. */
START_TEST(hot_reset_info)
{
	struct iommufd_hot_reset_info devices[8];
	uint32_t count = 8, flags = 0, needed = 0;
	int ret;

	OK(iommufd_vfio_bind(pf, ctx, &with_right));
	ret = iommufd_vfio_get_hot_reset_info(pf, devices, &count, &flags);
	OK(ret);
	ck_assert_uint_ge(count, 1);
	ck_assert(flags & IOMMUFD_HOT_RESET_DEV_ID);
	for (uint32_t i = 0; i < count; i++) {
		ck_assert_uint_eq(devices[i].bus, 1);
		if (devices[i].devfn == 0)
			ck_assert_int_eq(devices[i].id,
					 (int32_t)iommufd_vfio_id(pf));
	}
	FAILS(iommufd_vfio_get_hot_reset_info(pf, NULL, &needed, NULL),
	      ARRAY_SHORT, ENOSPC);
	ck_assert_uint_eq(needed, count);
	needed = count - 1;
	if (needed)
		FAILS(iommufd_vfio_get_hot_reset_info(pf, devices, &needed,
						      &flags),
		      ARRAY_SHORT, ENOSPC);
	iommufd_vfio_close(pf);
}
END_TEST

/* The virtual functions stand in the way. */
START_TEST(hot_reset)
{
	struct iommufd_hot_reset_info devices[8];
	uint32_t count = 8, flags = 0;

	OK(iommufd_vfio_bind(pf, ctx, &with_right));
	OK(iommufd_vfio_get_hot_reset_info(pf, devices, &count, &flags));
	ck_assert_uint_eq(count, 3);
	ck_assert(!(flags & IOMMUFD_HOT_RESET_DEV_ID_OWNED));
	for (uint32_t i = 0; i < count; i++)
		ck_assert(devices[i].devfn == 0 ||
			  devices[i].id == IOMMUFD_HOT_RESET_NOT_OWNED);
	FAILS(iommufd_vfio_hot_reset(pf), HOT_RESET_NOT_OWNED, EINVAL);
	iommufd_vfio_close(pf);
	iommufd_vfio_close(vf);
}
END_TEST

/* Before 6.17 there is no way to hand over a token. */
START_TEST(old_kernel)
{
	FAILS(iommufd_vfio_bind(pf, ctx, &with_right), BIND_REFUSED, EINVAL);
	OK(iommufd_vfio_bind(pf, ctx, NULL));
	FAILS(iommufd_vfio_bind(vf, ctx, &with_right), BIND_REFUSED, EINVAL);
	iommufd_vfio_close(vf);
	iommufd_vfio_close(pf);
}
END_TEST

static const TTest **const tests[] = {
	&token_of_the_bind,
	&token_of_the_feature,
	&virtual_function_in_use,
	&virtual_function_works,
	&hot_reset_info,
	&hot_reset,
	NULL,
};

static const TTest **const old_tests[] = { &old_kernel, NULL };

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "sriov",
		  .setup = setup,
		  .tests = device_old_kernel() ? old_tests : tests },
	};

	return harness_run("sriov", cases, 1);
}
