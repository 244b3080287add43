/* SPDX-License-Identifier: MIT */
/*
 * A device's memory as a dma-buf: exporting it, mapping it for other devices,
 * losing it. Linux 6.19; before that the causes that say so.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "devices.h"
#include "edu.h"
#include "fixture.h"
#include "harness.h"

#define SHMEM_BAR 2
#define IOVA	  UINT64_C(0x4000000)
#define TRANSFER  256

static struct iommufd_ctx *ctx;

static void setup(void)
{
	ctx = harness_ctx();
}

START_TEST(probing)
{
	struct iommufd_vfio *file = device_bind("IOMMUFD_VM_EDU", ctx);
	const uint32_t flags = IOMMUFD_FEATURE_DMA_BUF | IOMMUFD_FEATURE_GET |
			       IOMMUFD_FEATURE_PROBE;
	const struct iommufd_extent part = { .length = PAGE };
	int32_t result = -7;
	int fd = -7;

	if (device_old_kernel()) {
		FAILS(iommufd_vfio_feature(file, flags, NULL, 0, &result),
		      DEVICE_FEATURE, ENOTTY);
		FAILS(iommufd_vfio_export_dma_buf(file, 0, &part, O_RDWR, &fd),
		      DEVICE_FEATURE, ENOTTY);
		ck_assert_int_eq(fd, -7);
	} else {
		OK(iommufd_vfio_feature(file, flags, NULL, 0, &result));
		ck_assert_int_eq(result, 0);
	}
	iommufd_vfio_close(file);
}
END_TEST

START_TEST(bad_requests)
{
	struct iommufd_vfio *file = device_bind("IOMMUFD_VM_EDU", ctx);
	struct iommufd_extent part = { .length = PAGE };
	int fd = -7;

	device_enable(file);
	FAILS(iommufd_vfio_export_dma_buf(file, 0, NULL, 0, &fd), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_vfio_export_dma_buf(file, 0, &part, 0, NULL),
	      NULL_POINTER, EINVAL);
	part.length = 0;
	FAILS(iommufd_vfio_export_dma_buf(file, 0, &part, O_RDWR, &fd),
	      FEATURE_REQUEST, EINVAL);
	part.length = 100;
	FAILS(iommufd_vfio_export_dma_buf(file, 0, &part, O_RDWR, &fd),
	      FEATURE_REQUEST, EINVAL);
	part.length = PAGE;
	part.start = 12;
	FAILS(iommufd_vfio_export_dma_buf(file, 0, &part, O_RDWR, &fd),
	      FEATURE_REQUEST, EINVAL);
	part.start = MIB;
	FAILS(iommufd_vfio_export_dma_buf(file, 0, &part, O_RDWR, &fd),
	      FEATURE_REQUEST, EINVAL);
	part.start = UINT64_MAX - PAGE + 1;
	part.length = 2 * PAGE;
	FAILS(iommufd_vfio_export_dma_buf(file, 0, &part, O_RDWR, &fd),
	      OVERFLOW, EOVERFLOW);
	part.start = 0;
	part.length = PAGE;
	/* The configuration space, and a region that nobody has. */
	FAILS(iommufd_vfio_export_dma_buf(file, 7, &part, O_RDWR, &fd),
	      BAD_INDEX, ENODEV);
	FAILS(iommufd_vfio_export_dma_buf(file, 4711, &part, O_RDWR, &fd),
	      BAD_INDEX, ENODEV);
	ck_assert_int_eq(fd, -7);
	iommufd_vfio_close(file);
}
END_TEST

static int export_bar(struct iommufd_vfio *file, uint32_t bar, uint64_t length)
{
	const struct iommufd_extent part = { .length = length };
	int fd = -1;

	OK(iommufd_vfio_export_dma_buf(file, bar, &part, O_RDWR | O_CLOEXEC,
				       &fd));
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	return fd;
}

/* One device writes into the memory of another, which we look at ourselves. */
START_TEST(peer_to_peer)
{
	struct iommufd_vfio *shmem = device_bind("IOMMUFD_VM_IVSHMEM", ctx);
	struct iommufd_region_info bar = { .size = sizeof(bar) };
	struct iommufd_ioas *ioas = new_ioas(ctx);
	const struct iommufd_extent part = { .length = MIB };
	uint8_t *seen, *memory = harness_memory(PAGE);
	uint64_t iova = IOVA, length = MIB, memory_iova = IOVA + 2 * MIB;
	struct edu edu;
	int fd;

	device_enable(shmem);
	OK(iommufd_vfio_get_region_info(shmem, SHMEM_BAR, &bar, NULL, NULL));
	seen = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_SHARED,
		    iommufd_vfio_fd(shmem), (off_t)bar.offset);
	ck_assert_ptr_ne(seen, MAP_FAILED);
	edu_open(&edu, harness_env("IOMMUFD_VM_EDU"), ctx);
	OK(iommufd_device_attach(edu.device, iommufd_ioas_id(ioas), NULL));
	fd = export_bar(shmem, SHMEM_BAR, MIB);
	OK(iommufd_ioas_map_file(ioas, fd, &part, FIXED, &iova));
	OK(iommufd_ioas_map(ioas, memory, PAGE, FIXED, &memory_iova));
	for (int i = 0; i < TRANSFER; i++)
		memory[i] = (uint8_t)(i * 7 + 1);
	memset(seen + 3 * PAGE, 0, TRANSFER);
	edu_read(&edu, memory_iova, TRANSFER);
	edu_write(&edu, IOVA + 3 * PAGE, TRANSFER);
	ck_assert_mem_eq(seen + 3 * PAGE, memory, TRANSFER);
	/* Memory off and on takes the mapping away for good, as a reset does. */
	device_disable(shmem);
	device_enable(shmem);
	memset(seen + 3 * PAGE, 0, TRANSFER);
	harness_expect_dma_fault(1);
	edu_write(&edu, IOVA + 3 * PAGE, TRANSFER);
	harness_expect_dma_fault(0);
	ck_assert_uint_eq(seen[3 * PAGE], 0);
	/* The buffer is as good as before, once it is mapped again. */
	OK(iommufd_ioas_unmap(ioas, &length, IOVA));
	ck_assert_uint_eq(length, MIB);
	OK(iommufd_ioas_map_file(ioas, fd, &part, FIXED, &iova));
	close(fd);
	edu_write(&edu, IOVA + 3 * PAGE, TRANSFER);
	ck_assert_mem_eq(seen + 3 * PAGE, memory, TRANSFER);
	edu_close(&edu);
	munmap(seen, MIB);
	iommufd_vfio_close(shmem);
	OK(iommufd_ioas_destroy(ioas));
}
END_TEST

START_TEST(ranges_of_the_buffer)
{
	struct iommufd_vfio *nvme = device_bind("IOMMUFD_VM_NVME", ctx);
	struct iommufd_device *edu = device_new("IOMMUFD_VM_EDU", ctx);
	struct iommufd_ioas *ioas = new_ioas(ctx);
	struct iommufd_extent part = { .start = PAGE, .length = PAGE };
	uint64_t iova = IOVA;
	int fd;

	device_enable(nvme);
	OK(iommufd_device_attach(edu, iommufd_ioas_id(ioas), NULL));
	fd = export_bar(nvme, 0, 2 * PAGE);
	OK(iommufd_ioas_map_file(ioas, fd, &part, FIXED, &iova));
	part.length = 2 * PAGE;
	iova = IOVA + MIB;
	FAILS(iommufd_ioas_map_file(ioas, fd, &part, FIXED, &iova),
	      FILE_UNUSABLE, EINVAL);
	close(fd);
	iommufd_device_close(edu);
	iommufd_vfio_close(nvme);
	OK(iommufd_ioas_destroy(ioas));
}
END_TEST

/* Made while memory decoding is off, a buffer is revoked from the start. */
START_TEST(revoked)
{
	struct iommufd_vfio *file = device_bind("IOMMUFD_VM_EDU", ctx);
	struct iommufd_device *nvme = device_new("IOMMUFD_VM_NVME", ctx);
	struct iommufd_ioas *ioas = new_ioas(ctx);
	const struct iommufd_extent part = { .length = PAGE };
	uint64_t iova = IOVA;
	int fd;

	OK(iommufd_device_attach(nvme, iommufd_ioas_id(ioas), NULL));
	device_disable(file);
	fd = export_bar(file, 0, PAGE);
	FAILS(iommufd_ioas_map_file(ioas, fd, &part, FIXED, &iova), REVOKED,
	      ENODEV);
	device_enable(file);
	OK(iommufd_ioas_map_file(ioas, fd, &part, FIXED, &iova));
	/* The exporter gone, the buffer is revoked for ever. */
	iommufd_vfio_close(file);
	iova = IOVA + MIB;
	FAILS(iommufd_ioas_map_file(ioas, fd, &part, FIXED, &iova), REVOKED,
	      ENODEV);
	close(fd);
	iommufd_device_close(nvme);
	OK(iommufd_ioas_destroy(ioas));
}
END_TEST

/* The memory of a device mapped into the process cannot be mapped again. */
START_TEST(mapped_bar_is_no_memory)
{
	struct iommufd_vfio *file = device_bind("IOMMUFD_VM_NVME", ctx);
	struct iommufd_device *edu = device_new("IOMMUFD_VM_EDU", ctx);
	struct iommufd_region_info bar = { .size = sizeof(bar) };
	struct iommufd_ioas *ioas = new_ioas(ctx);
	uint64_t iova = IOVA;
	void *memory;

	device_enable(file);
	OK(iommufd_vfio_get_region_info(file, 0, &bar, NULL, NULL));
	memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
		      iommufd_vfio_fd(file), (off_t)bar.offset);
	ck_assert_ptr_ne(memory, MAP_FAILED);
	OK(iommufd_device_attach(edu, iommufd_ioas_id(ioas), NULL));
	FAILS(iommufd_ioas_map(ioas, memory, PAGE, FIXED, &iova), UNPINNABLE,
	      EFAULT);
	iommufd_device_close(edu);
	/* Without a page table nobody notices, until one is needed. */
	OK(iommufd_ioas_map(ioas, memory, PAGE, FIXED, &iova));
	edu = device_new("IOMMUFD_VM_EDU", ctx);
	FAILS(iommufd_device_attach(edu, iommufd_ioas_id(ioas), NULL),
	      EARLIER_MAPPING, EFAULT);
	iommufd_device_close(edu);
	munmap(memory, PAGE);
	iommufd_vfio_close(file);
	OK(iommufd_ioas_destroy(ioas));
}
END_TEST

static const TTest **const everywhere[] = {
	&probing,
	&mapped_bar_is_no_memory,
	NULL,
};

static const TTest **const with_dma_buf[] = {
	&bad_requests, &peer_to_peer, &ranges_of_the_buffer, &revoked, NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "everywhere", .setup = setup, .tests = everywhere },
		{ .name = "dma_buf", .setup = setup, .tests = with_dma_buf },
	};

	return harness_run("export", cases, device_old_kernel() ? 1 : 2);
}
