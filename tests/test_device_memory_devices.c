/* SPDX-License-Identifier: MIT */
/*
 * Memory of real devices: which BARs there are, and the DMA of another device
 * into them, before and after the memory was switched off.
 */
#include <string.h>
#include <sys/mman.h>

#include "devices.h"
#include "edu.h"
#include "fixture.h"
#include "harness.h"

#define SHMEM_BAR 2
#define IOVA	  UINT64_C(0x4000000)
#define TO	  UINT64_C(0x6000000)
#define RAM	  UINT64_C(0x2000000)
#define PLACE	  (3 * PAGE) /* in the BAR */
#define TRANSFER  256

static struct iommufd_ctx *ctx;
static struct iommufd_ioas *ioas;
static struct iommufd_device_memory *memory;

static void setup(void)
{
	ctx = harness_ctx();
	ioas = new_ioas(ctx);
	OK(iommufd_device_memory_new(ioas, 0, &memory));
}

static void end(void)
{
	OK(iommufd_device_memory_destroy(memory));
	OK(iommufd_ioas_destroy(ioas));
	iommufd_ctx_close(ctx);
}

/* What there is of each BAR, in bytes; the kernel exports all of it. */
static void check_bars(const char *variable, const uint64_t *lengths)
{
	struct iommufd_device_memory_area area = { .size = sizeof(area) };
	struct iommufd_vfio *file = device_bind(variable, ctx);
	uint32_t number = 0, areas;

	for (uint32_t bar = 0; bar < 6; bar++) {
		OK(iommufd_device_memory_add_bar(memory, file, bar, NULL,
						 &areas));
		ck_assert_uint_eq(areas, lengths[bar] != 0);
		if (!areas)
			continue;
		OK(iommufd_device_memory_get_area(memory, number++, &area));
		ck_assert_uint_eq(area.bar, bar);
		ck_assert_uint_eq(area.offset, 0);
		ck_assert_uint_eq(area.length, lengths[bar]);
	}
	areas = 77;
	OK(iommufd_device_memory_add_bar(memory, file, IOMMUFD_REGION_PCI_ROM,
					 NULL, &areas));
	ck_assert_uint_eq(areas, 0);
	FAILS(iommufd_device_memory_add_bar(memory, file, 4711, NULL, NULL),
	      BAD_INDEX, EINVAL);
	OK(iommufd_device_memory_destroy(memory));
	OK(iommufd_device_memory_new(ioas, 0, &memory));
	iommufd_vfio_close(file);
}

START_TEST(bars)
{
	/* The first one of this device has 256 bytes. */
	check_bars("IOMMUFD_VM_IVSHMEM", (const uint64_t[6]){ 0, 0, 4 * MIB });
	check_bars("IOMMUFD_VM_EDU", (const uint64_t[6]){ MIB });
	check_bars("IOMMUFD_VM_NVME",
		   (const uint64_t[6]){ 4 * PAGE, 0, 4 * MIB });
	end();
}
END_TEST

/* A device that does DMA, one that has memory, and how the processor sees it. */
struct peers {
	struct edu edu;
	struct iommufd_vfio *file;
	uint8_t *seen, *ram;
};

static void peers_begin(struct peers *p)
{
	struct iommufd_region_info bar = { .size = sizeof(bar) };
	uint32_t areas = 0;

	p->file = device_bind("IOMMUFD_VM_IVSHMEM", ctx);
	device_enable(p->file);
	OK(iommufd_vfio_get_region_info(p->file, SHMEM_BAR, &bar, NULL, NULL));
	p->seen = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_SHARED,
		       iommufd_vfio_fd(p->file), (off_t)bar.offset);
	ck_assert_ptr_ne(p->seen, MAP_FAILED);
	edu_open(&p->edu, harness_env("IOMMUFD_VM_EDU"), ctx);
	OK(iommufd_device_attach(p->edu.device, iommufd_ioas_id(ioas), NULL));
	p->ram = harness_memory(PAGE);
	map_at(ioas, p->ram, PAGE, RAM);
	OK(iommufd_device_memory_add_bar(memory, p->file, SHMEM_BAR, NULL,
					 &areas));
	ck_assert_uint_eq(areas, 1);
}

static void peers_end(struct peers *p)
{
	OK(iommufd_device_memory_unmap(memory, IOMMUFD_DEVICE_MEMORY_ALL));
	edu_close(&p->edu);
	munmap(p->seen, MIB);
	iommufd_vfio_close(p->file);
	unmap_at(ioas, PAGE, RAM);
	end();
}

static void map(uint64_t at)
{
	uint64_t iova = at;

	OK(iommufd_device_memory_map(memory, SHMEM_BAR, FIXED, &iova));
}

static void refresh(uint32_t mapped, uint32_t waiting)
{
	struct iommufd_device_memory_info info = { .size = sizeof(info) };

	OK(iommufd_device_memory_refresh(memory, 0, &info));
	ck_assert_uint_eq(info.mapped, mapped);
	ck_assert_uint_eq(info.waiting, waiting);
}

/* Whether a transfer from main memory to the BAR at @iova gets there. */
static int arrives(struct peers *p, uint64_t iova)
{
	static uint8_t number;

	memset(p->seen + PLACE, 0, TRANSFER);
	for (int i = 0; i < TRANSFER; i++)
		p->ram[i] = (uint8_t)(i * 7 + 1 + number);
	number++;
	edu_read(&p->edu, RAM, TRANSFER);
	edu_write(&p->edu, iova + PLACE, TRANSFER);
	return !memcmp(p->seen + PLACE, p->ram, TRANSFER);
}

static int refused(struct peers *p, uint64_t iova)
{
	int ret;

	harness_expect_dma_fault(1);
	ret = !arrives(p, iova);
	harness_expect_dma_fault(0);
	return ret && !p->seen[PLACE] && !p->seen[PLACE + TRANSFER - 1];
}

START_TEST(memory_off_and_on)
{
	struct peers p;

	peers_begin(&p);
	map(IOVA);
	ck_assert(arrives(&p, IOVA));
	device_disable(p.file);
	refresh(0, 1);
	refresh(0, 1);
	device_enable(p.file);
	ck_assert(refused(&p, IOVA));
	refresh(1, 0);
	ck_assert(arrives(&p, IOVA));
	/* Nobody has asked while it was off: it is lost all the same. */
	for (int i = 0; i < 3; i++) {
		device_disable(p.file);
		device_enable(p.file);
		if (!i)
			ck_assert(refused(&p, IOVA));
		refresh(1, 0);
		ck_assert(arrives(&p, IOVA));
	}
	peers_end(&p);
}
END_TEST

/* The guest gives the BAR another address, also while the memory is off. */
START_TEST(moves)
{
	struct peers p;

	peers_begin(&p);
	device_disable(p.file);
	map(IOVA);
	refresh(0, 1);
	map(TO);
	device_enable(p.file);
	refresh(1, 0);
	ck_assert(arrives(&p, TO));
	ck_assert(refused(&p, IOVA));
	map(IOVA);
	ck_assert(arrives(&p, IOVA));
	ck_assert(refused(&p, TO));
	OK(iommufd_device_memory_unmap(memory, SHMEM_BAR));
	ck_assert(refused(&p, IOVA));
	peers_end(&p);
}
END_TEST

/* Without access for writing nothing is written. */
START_TEST(access_flags)
{
	uint64_t iova = IOVA;
	struct peers p;

	peers_begin(&p);
	OK(iommufd_device_memory_map(
		memory, SHMEM_BAR,
		IOMMUFD_MAP_READABLE | IOMMUFD_MAP_FIXED_IOVA, &iova));
	ck_assert(refused(&p, IOVA));
	map(IOVA);
	ck_assert(arrives(&p, IOVA));
	peers_end(&p);
}
END_TEST

/* With the device's file the memory is gone for good. */
START_TEST(the_exporter_closes)
{
	struct iommufd_device_memory_area area = { .size = sizeof(area) };
	struct iommufd_vfio *file = device_bind("IOMMUFD_VM_IVSHMEM", ctx);
	struct iommufd_device *edu = device_new("IOMMUFD_VM_EDU", ctx);

	device_enable(file);
	OK(iommufd_device_attach(edu, iommufd_ioas_id(ioas), NULL));
	OK(iommufd_device_memory_add_bar(memory, file, SHMEM_BAR, NULL, NULL));
	map(IOVA);
	iommufd_vfio_close(file);
	refresh(0, 1);
	OK(iommufd_device_memory_get_area(memory, 0, &area));
	ck_assert(iommufd_is(area.ret, IOMMUFD_CAUSE_REVOKED));
	/* Opened again it is another memory, though the same. */
	file = device_bind("IOMMUFD_VM_IVSHMEM", ctx);
	device_enable(file);
	refresh(0, 1);
	iommufd_vfio_close(file);
	iommufd_device_close(edu);
	end();
}
END_TEST

static const TTest **const tests[] = {
	&bars,	       &memory_off_and_on,   &moves,
	&access_flags, &the_exporter_closes, NULL,
};

/* What cannot be mapped is none there, too; what could be is refused. */
START_TEST(not_on_this_kernel)
{
	struct iommufd_vfio *file = device_bind("IOMMUFD_VM_IVSHMEM", ctx);
	struct iommufd_device_memory_info info = { .size = sizeof(info) };
	uint64_t iova = IOVA;
	uint32_t areas = 77;

	device_enable(file);
	FAILS(iommufd_device_memory_add_bar(memory, file, SHMEM_BAR, NULL,
					    &areas),
	      DEVICE_FEATURE, ENOTTY);
	ck_assert_uint_eq(areas, 77);
	OK(iommufd_device_memory_add_bar(memory, file, 0, NULL, &areas));
	ck_assert_uint_eq(areas, 0);
	OK(iommufd_device_memory_get_info(memory, &info));
	ck_assert_uint_eq(info.areas, 0);
	FAILS(iommufd_device_memory_map(memory, SHMEM_BAR, FIXED, &iova),
	      BAD_INDEX, EINVAL);
	OK(iommufd_device_memory_refresh(memory, 0, &info));
	iommufd_vfio_close(file);
	end();
}
END_TEST

static const TTest **const old_tests[] = { &not_on_this_kernel, NULL };

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "devices",
		  .setup = setup,
		  .tests = device_old_kernel() ? old_tests : tests },
	};

	return harness_run("device_memory_devices", cases, 1);
}
