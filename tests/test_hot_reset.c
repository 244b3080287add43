/* SPDX-License-Identifier: MIT */
/* Hot resets: two devices of one group on one bus that can be reset. */
#include <string.h>
#include <unistd.h>

#include "devices.h"
#include "edu.h"
#include "fixture.h"
#include "harness.h"

#define IOVA UINT64_C(0x4000000)
#define A    "IOMMUFD_VM_EDU_A"
#define B    "IOMMUFD_VM_EDU_B"

static struct iommufd_ctx *ctx;
static struct iommufd_vfio *a;

static void setup(void)
{
	ctx = harness_ctx();
	a = device_bind(A, ctx);
}

/* The entry of a device, by its place on the bus. */
static int32_t id_of(const struct iommufd_hot_reset_info *devices,
		     uint32_t count, unsigned int slot)
{
	for (uint32_t i = 0; i < count; i++)
		if (devices[i].devfn == slot << 3 && devices[i].bus == 1 &&
		    !devices[i].segment)
			return devices[i].id;
	ck_abort_msg("no entry for slot %u", slot);
	return -2;
}

START_TEST(short_arrays)
{
	struct iommufd_hot_reset_info devices[100];
	uint32_t count = 0, flags = 77;

	memset(devices, 0x5a, sizeof(devices));
	FAILS(iommufd_vfio_get_hot_reset_info(a, NULL, &count, &flags),
	      ARRAY_SHORT, ENOSPC);
	ck_assert_uint_eq(count, 2);
	ck_assert_uint_eq(flags, 77);
	count = 1;
	FAILS(iommufd_vfio_get_hot_reset_info(a, devices, &count, NULL),
	      ARRAY_SHORT, ENOSPC);
	ck_assert_uint_eq(count, 2);
	ck_assert_int_eq(devices[0].id, 0x5a5a5a5a);
	OK(iommufd_vfio_get_hot_reset_info(a, devices, &count, NULL));
	ck_assert_uint_eq(count, 2);
	ck_assert_int_eq(devices[2].id, 0x5a5a5a5a);
	/* More room than the library keeps on its stack. */
	count = 100;
	OK(iommufd_vfio_get_hot_reset_info(a, devices, &count, &flags));
	ck_assert_uint_eq(count, 2);
	ck_assert_int_eq(devices[2].id, 0x5a5a5a5a);
	iommufd_vfio_close(a);
}
END_TEST

/* One bound, the other one not: its group is ours, and so is it. */
START_TEST(owned_by_the_group)
{
	struct iommufd_hot_reset_info devices[4];
	uint32_t count = 4, flags = 0;

	OK(iommufd_vfio_get_hot_reset_info(a, devices, &count, &flags));
	ck_assert_uint_eq(flags, IOMMUFD_HOT_RESET_DEV_ID |
					 IOMMUFD_HOT_RESET_DEV_ID_OWNED);
	ck_assert_int_eq(id_of(devices, count, 1), (int32_t)iommufd_vfio_id(a));
	ck_assert_int_eq(id_of(devices, count, 2), IOMMUFD_HOT_RESET_OWNED);
	OK(iommufd_vfio_hot_reset(a));
	iommufd_vfio_close(a);
}
END_TEST

START_TEST(both_bound)
{
	struct iommufd_vfio *b = device_bind(B, ctx);
	struct iommufd_hot_reset_info devices[4];
	uint32_t count = 4, flags = 0;

	OK(iommufd_vfio_get_hot_reset_info(b, devices, &count, &flags));
	ck_assert(flags & IOMMUFD_HOT_RESET_DEV_ID_OWNED);
	ck_assert_int_eq(id_of(devices, count, 1), (int32_t)iommufd_vfio_id(a));
	ck_assert_int_eq(id_of(devices, count, 2), (int32_t)iommufd_vfio_id(b));
	OK(iommufd_vfio_hot_reset(b));
	OK(iommufd_vfio_hot_reset(a));
	iommufd_vfio_close(b);
	iommufd_vfio_close(a);
}
END_TEST

/* A device without any VFIO driver is nobody's and cannot be reset with it. */
START_TEST(not_owned)
{
	struct iommufd_hot_reset_info devices[4];
	uint32_t count = 4, flags = 0;

	device_driver(B, 0);
	OK(iommufd_vfio_get_hot_reset_info(a, devices, &count, &flags));
	ck_assert_uint_eq(flags, IOMMUFD_HOT_RESET_DEV_ID);
	ck_assert_int_eq(id_of(devices, count, 2), IOMMUFD_HOT_RESET_NOT_OWNED);
	FAILS(iommufd_vfio_hot_reset(a), HOT_RESET_NOT_OWNED, EINVAL);
	device_driver(B, 1);
	iommufd_vfio_close(a);
}
END_TEST

/* Attachments stay, the state of the devices is gone. */
START_TEST(attachments_stay)
{
	struct iommufd_ioas *ioas = new_ioas(ctx);
	uint8_t *memory = harness_memory(2 * PAGE);
	struct edu b;

	edu_open(&b, harness_env(B), ctx);
	map_at(ioas, memory, 2 * PAGE, IOVA);
	OK(iommufd_device_attach(b.device, iommufd_ioas_id(ioas), NULL));
	ck_assert(edu_works(&b, IOVA, memory));
	OK(iommufd_vfio_hot_reset(a));
	device_enable(b.file);
	ck_assert(edu_works(&b, IOVA, memory));
	FAILS(iommufd_ioas_destroy(ioas), IN_USE, EBUSY);
	edu_close(&b);
	iommufd_vfio_close(a);
	OK(iommufd_ioas_destroy(ioas));
}
END_TEST

static const TTest **const tests[] = {
	&short_arrays, &owned_by_the_group, &both_bound,
	&not_owned,    &attachments_stay,   NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "hot_reset", .setup = setup, .tests = tests },
	};

	return harness_run("hot_reset", cases, 1);
}
