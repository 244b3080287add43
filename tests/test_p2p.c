/* SPDX-License-Identifier: MIT */
/*
 * An NVMe controller reads its disk into the memory of other devices and into
 * its own, through resets. What has come is looked at from the host's side: by
 * the processor, and in the host's file that the memory is.
 */
#include <endian.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../examples/nvme-dma-driver.h"
#include "devices.h"
#include "edu.h"
#include "fixture.h"
#include "harness.h"
#include "vm/pattern.h"

#define SHMEM_BAR 2
#define CMB_BAR	  2
#define BAR_IOVA  UINT64_C(0x4000000) /* edu reaches 28 bits */
#define CMB_IOVA  UINT64_C(0x5000000)
#define RAM	  UINT64_C(0x8000000)
#define LENGTH	  NVME_BUFFER_MEMORY
#define NOTHING	  0xee

/* Where the controller says what its memory buffer is, and what it is told. */
#define CMBMSC		0x50
#define CMBMSC_ENABLE	(1u << 0)
#define CMBMSC_TO_SPACE (1u << 1)

static struct iommufd_ctx *ctx;
static struct iommufd_ioas *ioas;
static struct iommufd_vfio *disk, *shmem;
static struct iommufd_device *device; /* of the disk */
static struct nvme nvme;
static struct dma_memory queues, ram, bar, cmb;
static struct iommufd_device_memory *of_shmem, *of_disk;
static uint64_t next_block;

static struct dma_memory new_ram(uint64_t length, uint64_t iova)
{
	struct dma_memory new = { .memory = harness_memory(length),
				  .length = length,
				  .iova = iova };

	map_at(ioas, new.memory, length, iova);
	return new;
}

/* A BAR at an IOVA, and where the processor has it. */
static struct dma_memory new_bar(struct iommufd_device_memory *memory,
				 struct iommufd_vfio *file, uint32_t number,
				 uint64_t iova)
{
	struct iommufd_region_info info = { .size = sizeof(info) };
	struct dma_memory new = { .length = LENGTH, .iova = iova };

	OK(iommufd_device_memory_add_bar(memory, file, number, NULL, NULL));
	OK(iommufd_device_memory_map(memory, number, FIXED, &iova));
	OK(iommufd_vfio_get_region_info(file, number, &info, NULL, NULL));
	new.memory = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED,
			  iommufd_vfio_fd(file), (off_t)info.offset);
	ck_assert_ptr_ne(new.memory, MAP_FAILED);
	return new;
}

static void start(void)
{
	ck_assert_msg(!nvme_start(&nvme, disk, &queues, &ram), "%s",
		      nvme.trouble);
}

static void setup(void)
{
	ctx = harness_ctx();
	ioas = new_ioas(ctx);
	disk = device_bind("IOMMUFD_VM_NVME", ctx);
	OK(iommufd_device_from_vfio(disk, &device));
	OK(iommufd_device_attach(device, iommufd_ioas_id(ioas), NULL));
	shmem = device_bind("IOMMUFD_VM_IVSHMEM", ctx);
	device_enable(shmem);
	device_enable(disk);
	queues = new_ram(NVME_QUEUE_MEMORY, RAM);
	ram = new_ram(LENGTH, RAM + MIB);
	start();
	OK(iommufd_device_memory_new(ioas, 0, &of_shmem));
	bar = new_bar(of_shmem, shmem, SHMEM_BAR, BAR_IOVA);
	OK(iommufd_device_memory_new(ioas, 0, &of_disk));
	cmb = new_bar(of_disk, disk, CMB_BAR, CMB_IOVA);
}

static void end(void)
{
	nvme_stop(&nvme);
	munmap(bar.memory, LENGTH);
	munmap(cmb.memory, LENGTH);
	OK(iommufd_device_memory_destroy(of_shmem));
	OK(iommufd_device_memory_destroy(of_disk));
	iommufd_device_close(device);
	iommufd_vfio_close(disk);
	iommufd_vfio_close(shmem);
	OK(iommufd_ioas_destroy(ioas));
	iommufd_ctx_close(ctx);
}

/* Reads other blocks of the disk each time; the first one's number. */
static uint64_t read_to(const struct dma_memory *buffers)
{
	const uint32_t blocks = nvme.transfer / nvme.block_size;
	const uint64_t first = next_block;
	uint16_t slot;

	memset(buffers->memory, NOTHING, LENGTH);
	nvme_use_buffers(&nvme, buffers);
	for (slot = 0; slot < NVME_DEPTH; slot++)
		nvme_read(&nvme, slot, first + (uint64_t)slot * blocks, blocks);
	/* What an IOMMU refuses may be an error for the controller, or not. */
	for (int i = 0; i < NVME_DEPTH; i++)
		nvme_wait(&nvme, &slot);
	next_block += (uint64_t)blocks * NVME_DEPTH;
	return first;
}

/* Whether these are blocks of the disk; if not, nothing may have come at all. */
static int has_blocks(const void *memory, uint64_t first)
{
	const uint64_t word = first * nvme.block_size / 8;
	const uint64_t *words = memory;
	const uint8_t *bytes = memory;
	uint64_t right = 0, untouched = 0;

	for (uint64_t i = 0; i < LENGTH / 8; i++)
		right += le64toh(words[i]) == vm_disk_word(word + i);
	for (uint64_t i = 0; i < LENGTH; i++)
		untouched += bytes[i] == NOTHING;
	ck_assert_msg(right == LENGTH / 8 || untouched == LENGTH,
		      "%u words are right, %u bytes untouched", (unsigned)right,
		      (unsigned)untouched);
	return right == LENGTH / 8;
}

static int arrives(const struct dma_memory *buffers)
{
	return has_blocks(buffers->memory, read_to(buffers));
}

static int refused(const struct dma_memory *buffers)
{
	int ret;

	harness_expect_dma_fault(1);
	ret = !arrives(buffers);
	harness_expect_dma_fault(0);
	return ret;
}

static void refresh(struct iommufd_device_memory *memory, uint32_t mapped,
		    uint32_t waiting)
{
	struct iommufd_device_memory_info info = { .size = sizeof(info) };

	OK(iommufd_device_memory_refresh(memory, 0, &info));
	ck_assert_uint_eq(info.mapped, mapped);
	ck_assert_uint_eq(info.waiting, waiting);
}

/* What the host has in the file that is the device's memory. */
static void check_host_file(uint64_t first)
{
	static uint8_t content[LENGTH];
	int fd = open(harness_env("IOMMUFD_VM_SHMEM"), O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pread(fd, content, LENGTH, 0), LENGTH);
	close(fd);
	ck_assert(has_blocks(content, first));
}

START_TEST(into_another_device)
{
	uint64_t first;

	for (int i = 0; i < 4; i++) {
		first = read_to(&bar);
		ck_assert(has_blocks(bar.memory, first));
		check_host_file(first);
	}
	/* With reads to main memory in between. */
	ck_assert(arrives(&ram));
	ck_assert(has_blocks(bar.memory, first));
	end();
}
END_TEST

START_TEST(resets)
{
	for (int i = 0; i < 5; i++) {
		ck_assert(arrives(&bar));
		OK(iommufd_vfio_reset(shmem));
		if (!i)
			ck_assert(refused(&bar));
		refresh(of_shmem, 1, 0);
		ck_assert(arrives(&bar));
		/* A reset while the memory is off. */
		device_disable(shmem);
		OK(iommufd_vfio_reset(shmem));
		refresh(of_shmem, 0, 1);
		device_enable(shmem);
		refresh(of_shmem, 1, 0);
		ck_assert(arrives(&bar));
	}
	end();
}
END_TEST

/* The reset reaches the whole bus, and what is on it. */
START_TEST(hot_resets)
{
	ck_assert(arrives(&bar));
	OK(iommufd_vfio_hot_reset(shmem));
	ck_assert(refused(&bar));
	refresh(of_shmem, 1, 0);
	ck_assert(arrives(&bar));
	end();
}
END_TEST

START_TEST(memory_off_and_on)
{
	for (int i = 0; i < 20; i++) {
		device_disable(shmem);
		if (i & 1)
			refresh(of_shmem, 0, 1);
		device_enable(shmem);
		if (!i)
			ck_assert(refused(&bar));
		refresh(of_shmem, 1, 0);
		ck_assert(arrives(&bar));
	}
	end();
}
END_TEST

/* The controller is told where its buffer is, and so knows its own address. */
static void use_own_buffer(int on)
{
	volatile uint64_t *control =
		(volatile uint64_t *)((char *)nvme.bar + CMBMSC);

	*control = CMBMSC_ENABLE | (on ? CMBMSC_TO_SPACE | CMB_IOVA : 0);
}

/*
 * Its own memory: once at the address that it is told, once by way of the IOMMU.
 * Another device finds at that IOVA what the controller has put there.
 */
START_TEST(into_its_own_buffer)
{
	uint8_t *page = harness_memory(PAGE);
	struct edu edu;

	use_own_buffer(1);
	ck_assert(arrives(&cmb));
	edu_open(&edu, harness_env("IOMMUFD_VM_EDU"), ctx);
	OK(iommufd_device_attach(edu.device, iommufd_ioas_id(ioas), NULL));
	map_at(ioas, page, PAGE, RAM + 4 * MIB);
	for (uint64_t at = 0; at < LENGTH; at += LENGTH / 4) {
		memset(page, NOTHING, PAGE);
		edu_read(&edu, CMB_IOVA + at, PAGE / 4);
		edu_write(&edu, RAM + 4 * MIB, PAGE / 4);
		ck_assert_mem_eq(page, (uint8_t *)cmb.memory + at, PAGE / 4);
	}
	use_own_buffer(0);
	ck_assert(arrives(&cmb));
	/* And from there on into the memory of the third one. */
	ck_assert(arrives(&bar));
	unmap_at(ioas, PAGE, RAM + 4 * MIB);
	edu_close(&edu);
	end();
}
END_TEST

/* The reset of the controller takes its own memory away, and no other. */
START_TEST(reset_of_the_controller)
{
	for (int i = 0; i < 3; i++) {
		use_own_buffer(0);
		ck_assert(arrives(&cmb));
		nvme_stop(&nvme);
		OK(iommufd_vfio_reset(disk));
		start();
		use_own_buffer(0);
		if (!i)
			ck_assert(refused(&cmb));
		refresh(of_disk, 1, 0);
		ck_assert(arrives(&cmb));
		ck_assert(arrives(&bar));
	}
	end();
}
END_TEST

/* Both BARs of two devices in one address space, moved while reads go on. */
START_TEST(moves_between_reads)
{
	for (uint32_t i = 0; i < 10; i++) {
		uint64_t iova = BAR_IOVA + (i & 1) * 32 * MIB;

		OK(iommufd_device_memory_map(of_shmem, SHMEM_BAR, FIXED,
					     &iova));
		bar.iova = iova;
		ck_assert(arrives(&bar));
		ck_assert(arrives(&cmb));
	}
	end();
}
END_TEST

static const TTest **const tests[] = {
	&into_another_device, &resets,
	&hot_resets,	      &memory_off_and_on,
	&into_its_own_buffer, &reset_of_the_controller,
	&moves_between_reads, NULL,
};

/* Nothing is exported; the disk and its reads are as ever. */
START_TEST(not_on_this_kernel)
{
	ctx = harness_ctx();
	ioas = new_ioas(ctx);
	disk = device_bind("IOMMUFD_VM_NVME", ctx);
	OK(iommufd_device_from_vfio(disk, &device));
	OK(iommufd_device_attach(device, iommufd_ioas_id(ioas), NULL));
	queues = new_ram(NVME_QUEUE_MEMORY, RAM);
	ram = new_ram(LENGTH, RAM + MIB);
	start();
	OK(iommufd_device_memory_new(ioas, 0, &of_disk));
	FAILS(iommufd_device_memory_add_bar(of_disk, disk, CMB_BAR, NULL, NULL),
	      DEVICE_FEATURE, ENOTTY);
	ck_assert(arrives(&ram));
	nvme_stop(&nvme);
	OK(iommufd_device_memory_destroy(of_disk));
	iommufd_device_close(device);
	iommufd_vfio_close(disk);
	OK(iommufd_ioas_destroy(ioas));
	iommufd_ctx_close(ctx);
}
END_TEST

static const TTest **const old_tests[] = { &not_on_this_kernel, NULL };

int main(void)
{
	const int old = device_old_kernel();
	const struct harness_case cases[] = {
		{ .name = "p2p",
		  .setup = old ? NULL : setup,
		  .tests = old ? old_tests : tests,
		  .timeout = 110 },
	};

	return harness_run("p2p", cases, 1);
}
