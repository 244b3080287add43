/* SPDX-License-Identifier: MIT */
/*
 * Replacement where a refusal leaves DMA as it was and only the reserved windows
 * are lost: an SMMUv3, with the kernel replaced. What is asked of it, and what is
 * said of the windows and of scratch objects that live on.
 */
#include "fakeiommufd_ioctl.h"
#include "harness.h"
#include "replacing.h"

static struct iommufd_device *device;

static void setup(void)
{
	fake_begin(&f.ctx, &f.ioas, &device);
	fake.hw_type = IOMMUFD_HW_INFO_ARM_SMMUV3;
	old = new_table(device, iommufd_ioas_id(f.ioas), 0);
	new = new_table(device, iommufd_ioas_id(f.ioas), 0);
	OK(iommufd_device_attach(device, old, NULL));
	fake_forget();
}

static void end(void)
{
	OK(iommufd_device_detach(device));
	OK(iommufd_ctx_destroy_id(f.ctx, new));
	OK(iommufd_ctx_destroy_id(f.ctx, old));
	fake_end(f.ctx, f.ioas, device);
}

static int refuse(struct iommufd_replacement *r, uint32_t flags, int err)
{
	*r = replacement(device, old, new);
	r->flags = flags;
	fake_forget();
	fake_fail(UAPI_VFIO_ATTACH, 1, err);
	return iommufd_replace(r);
}

/* One attach and no more, but for the question what the hardware is. */
START_TEST(windows_are_lost)
{
	struct iommufd_replacement r;

	FAILS(refuse(&r, 0, EINVAL), ATTACH_REFUSED, EINVAL);
	check_result(&r, r.ret, IOMMUFD_REPLACE_RESTORED, old);
	ck_assert_uint_eq(r.windows_lost, 1);
	ck_assert_uint_eq(fake_asked(UAPI_VFIO_ATTACH), 1);
	ck_assert_uint_eq(fake_asked(IOMMUFD_NR_IOAS_ALLOC), 0);
	r = replacement(device, old, new);
	OK(iommufd_replace(&r));
	ck_assert_uint_eq(r.windows_lost, 0);
	end();
}
END_TEST

/* ENOENT says it too, of something else than the page table. */
START_TEST(by_the_errno)
{
	static const struct {
		int err;
		uint32_t lost;
	} rows[] = {
		{ ENOENT, 1 }, { EBUSY, 1 },	  { ENODEV, 1 },
		{ ENOMEM, 1 }, { EADDRINUSE, 0 }, { ENOTTY, 0 },
	};
	struct iommufd_replacement r;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_int_lt(refuse(&r, 0, rows[i].err), 0);
		check_result(&r, r.ret, IOMMUFD_REPLACE_RESTORED, old);
		ck_assert_uint_eq(r.windows_lost, rows[i].lost);
		ck_assert_uint_eq(fake_asked(UAPI_VFIO_ATTACH), 1);
	}
	r = replacement(device, old, FAKE_OBJECTS);
	FAILS(iommufd_replace(&r), PAGE_TABLE, ENOENT);
	ck_assert_uint_eq(r.windows_lost, 0);
	end();
}
END_TEST

START_TEST(windows_are_restored)
{
	struct iommufd_replacement r;
	const uint32_t alive = fake_alive();

	FAILS(refuse(&r, IOMMUFD_REPLACE_WINDOWS, EINVAL), ATTACH_REFUSED,
	      EINVAL);
	check_result(&r, r.ret, IOMMUFD_REPLACE_RESTORED, old);
	ck_assert_uint_eq(r.windows_lost, 0);
	ck_assert_int_eq(r.restore_ret, 0);
	ck_assert_uint_eq(fake_asked(UAPI_VFIO_ATTACH), 3);
	ck_assert_uint_eq(fake_alive(), alive);
	ck_assert_uint_eq(fake_attached(device, 0), old);
	end();
}
END_TEST

/* Each step of that fails. DMA goes on unless it is halfway. */
START_TEST(windows_cannot_be_restored)
{
	static const struct {
		uint32_t nr, n, state, lost;
	} rows[] = {
		{ IOMMUFD_NR_IOAS_ALLOC, 1, IOMMUFD_REPLACE_RESTORED, 1 },
		{ IOMMUFD_NR_HWPT_ALLOC, 1, IOMMUFD_REPLACE_RESTORED, 1 },
		{ UAPI_VFIO_ATTACH, 2, IOMMUFD_REPLACE_RESTORED, 1 },
		{ UAPI_VFIO_ATTACH, 3, IOMMUFD_REPLACE_BROKEN, 1 },
		{ IOMMUFD_NR_DESTROY, 1, IOMMUFD_REPLACE_RESTORED, 0 },
		{ IOMMUFD_NR_DESTROY, 2, IOMMUFD_REPLACE_RESTORED, 0 },
	};
	const uint32_t alive = fake_alive();
	struct iommufd_replacement r;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fake_fail(rows[i].nr, rows[i].n, ENOMEM);
		FAILS(refuse(&r, IOMMUFD_REPLACE_WINDOWS, EINVAL),
		      ATTACH_REFUSED, EINVAL);
		ck_assert_uint_eq(r.state, rows[i].state);
		ck_assert_uint_eq(r.windows_lost, rows[i].lost);
		ck_assert_int_eq(iommufd_errno(r.restore_ret), ENOMEM);
		ck_assert_uint_eq(fake_attached(device, 0), r.in_force);
		OK(iommufd_device_attach(device, old, NULL));
		if (r.scratch_page_table)
			OK(iommufd_ctx_destroy_id(f.ctx, r.scratch_page_table));
		if (r.scratch_ioas)
			OK(iommufd_ctx_destroy_id(f.ctx, r.scratch_ioas));
		ck_assert_uint_eq(fake_alive(), alive);
	}
	end();
}
END_TEST

/* When not even its address space can be destroyed, its id is told. */
START_TEST(scratch_without_table_lives_on)
{
	struct iommufd_replacement r;

	fake_fail(IOMMUFD_NR_HWPT_ALLOC, 1, ENOMEM);
	fake_fail(IOMMUFD_NR_DESTROY, 1, EBUSY);
	FAILS(refuse(&r, IOMMUFD_REPLACE_WINDOWS, EINVAL), ATTACH_REFUSED,
	      EINVAL);
	ck_assert_uint_eq(r.scratch_page_table, 0);
	OK(iommufd_ctx_destroy_id(f.ctx, r.scratch_ioas));
	end();
}
END_TEST

static const TTest **const tests[] = {
	&windows_are_lost,
	&by_the_errno,
	&windows_are_restored,
	&windows_cannot_be_restored,
	&scratch_without_table_lives_on,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "windows", .setup = setup, .tests = tests },
	};

	return harness_run("replace_fake", cases, 1);
}
