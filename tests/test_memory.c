/* SPDX-License-Identifier: MIT */
/* The process runs out of memory: in each call that makes a handle. */
#include <fcntl.h>
#include <unistd.h>

#include "counter_alloc.h"
#include "fixture.h"
#include "harness.h"

static struct fixture f;
static uint32_t base_id;
static unsigned int base_fds;

static void setup(void)
{
	fixture_device(&f);
	base_id = next_id(f.ctx);
	base_fds = open_descriptors();
}

static void check_same(void)
{
	ck_assert_uint_eq(next_id(f.ctx), base_id);
	ck_assert_uint_eq(open_descriptors(), base_fds);
}

/* The n-th allocation of the call fails. */
#define NO_MEMORY_IN(n, call)                                                  \
	do {                                                                   \
		int ret_;                                                      \
                                                                               \
		counter_alloc_fail(n);                                         \
		ret_ = (call);                                                 \
		counter_alloc_fail(0);                                         \
		FAILS(ret_, NO_MEMORY, ENOMEM);                                \
		check_same();                                                  \
	} while (0)

START_TEST(contexts)
{
	struct iommufd_ctx *ctx = NULL;
	int fd = iommufd_ctx_fd(f.ctx);

	NO_MEMORY_IN(1, iommufd_ctx_open(NULL, &ctx));
	NO_MEMORY_IN(1, iommufd_ctx_adopt(fd, 0, &ctx));
	NO_MEMORY_IN(1, iommufd_ctx_adopt(fd, IOMMUFD_ADOPT_TAKE_FD, &ctx));
	ck_assert_ptr_null(ctx);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	fixture_end(&f);
}
END_TEST

START_TEST(objects)
{
	uint32_t id = iommufd_ioas_id(f.ioas);
	struct iommufd_ioas *ioas = NULL;
	struct iommufd_hwpt *hwpt = NULL;

	NO_MEMORY_IN(1, iommufd_ioas_alloc(f.ctx, 0, &ioas));
	NO_MEMORY_IN(1, iommufd_ioas_adopt(f.ctx, id, 0, &ioas));
	NO_MEMORY_IN(1, iommufd_hwpt_alloc(f.device, id, NULL, &hwpt));
	NO_MEMORY_IN(1, iommufd_hwpt_adopt(f.ctx, f.hwpt_id, 0, &hwpt));
	ck_assert_ptr_null(ioas);
	ck_assert_ptr_null(hwpt);
	fixture_end(&f);
}
END_TEST

/* The second allocation comes after the kernel has made the object. */
START_TEST(mock_objects)
{
	uint32_t id = iommufd_ioas_id(f.ioas);
	struct iommufd_access *access = NULL;
	struct iommufd_device *device = NULL;

	for (unsigned int n = 1; n <= 2; n++) {
		NO_MEMORY_IN(n, iommufd_mock_device_new(f.ctx, id, 0, NULL,
							&device));
		NO_MEMORY_IN(n, iommufd_mock_access_new(f.ctx, id, 0, &access));
	}
	ck_assert_ptr_null(device);
	ck_assert_ptr_null(access);
	fixture_end(&f);
}
END_TEST

/* Any file serves: nothing is asked of it. */
START_TEST(device_files)
{
	uint32_t id = iommufd_device_id(f.device);
	struct iommufd_vfio *file = NULL;
	struct iommufd_device *device = NULL;
	int fd = iommufd_ctx_fd(f.ctx);

	NO_MEMORY_IN(1, iommufd_vfio_open("/dev/null", &file));
	NO_MEMORY_IN(1, iommufd_vfio_adopt(fd, 0, &file));
	NO_MEMORY_IN(1, iommufd_vfio_adopt_bound(f.ctx, id, fd, 0, &file));
	ck_assert_ptr_null(file);
	OK(iommufd_vfio_adopt_bound(f.ctx, id, fd, 0, &file));
	base_fds++;
	NO_MEMORY_IN(1, iommufd_device_from_vfio(file, &device));
	ck_assert_ptr_null(device);
	OK(iommufd_device_from_vfio(file, &device));
	iommufd_vfio_close(file);
	check_same();
	iommufd_device_close(device);
	base_fds--;
	check_same();
	fixture_end(&f);
}
END_TEST

START_TEST(accesses)
{
	struct iommufd_access *access = NULL;
	struct iommufd_vfio *file = NULL;

	/* What is no device counts as an emulated one. */
	OK(iommufd_vfio_adopt_bound(f.ctx, UNUSED_ID, 0, 0, &file));
	base_fds++;
	NO_MEMORY_IN(1, iommufd_access_from_vfio(file, &access));
	ck_assert_ptr_null(access);
	iommufd_vfio_close(file);
	fixture_end(&f);
}
END_TEST

/* Refused before the kernel is asked, so no kernel is too old. */
START_TEST(queues)
{
	const struct iommufd_veventq_alloc_opts opts = { .size = sizeof(opts) };
	struct iommufd_fault_queue *faults = NULL;
	struct iommufd_veventq *events = NULL;
	struct iommufd_viommu *viommu = NULL;
	int fd = iommufd_ctx_fd(f.ctx);

	OK(iommufd_viommu_adopt(f.ctx, UNUSED_ID, 0, &viommu));
	NO_MEMORY_IN(1, iommufd_fault_queue_alloc(f.ctx, 0, &faults));
	NO_MEMORY_IN(1, iommufd_fault_queue_adopt(f.ctx, 1, fd, 0, &faults));
	NO_MEMORY_IN(1, iommufd_veventq_alloc(viommu, &opts, &events));
	NO_MEMORY_IN(1, iommufd_veventq_adopt(f.ctx, 1, fd, 0, &events));
	ck_assert_ptr_null(faults);
	ck_assert_ptr_null(events);
	iommufd_viommu_release(viommu);
	fixture_end(&f);
}
END_TEST

static const TTest **const tests[] = {
	&contexts, &objects, &mock_objects, &device_files,
	&accesses, &queues,  NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "handles", .setup = setup, .tests = tests },
	};

	return harness_run("memory", cases, 1);
}
