/* SPDX-License-Identifier: MIT */
/*
 * An NVMe controller behind a guest's SMMUv3: reads of its disk through the
 * guest's page tables, which the guest changes all the time.
 */
#include <endian.h>
#include <string.h>

#include "../examples/nvme-dma-driver.h"
#include "devices.h"
#include "fixture.h"
#include "smmu.h"
#include "vm/pattern.h"

#define QUEUES	SMMU_IOVA
#define BUFFERS (SMMU_IOVA + GUEST_BLOCK)
#define REMAPS	10000u
#define PLACES	64u

static struct guest_space space;
static struct iommufd_vfio *file;
static struct nvme nvme;
static uint32_t blocks; /* of a page */

static uint64_t buffer_of(uint32_t slot)
{
	return BUFFERS + (uint64_t)slot * NVME_TRANSFER;
}

static void setup(void)
{
	struct dma_memory queues = { .length = NVME_QUEUE_MEMORY,
				     .iova = QUEUES };
	struct dma_memory buffers = { .length = NVME_BUFFER_MEMORY,
				      .iova = BUFFERS };
	struct iommufd_device *device;
	uint64_t address;

	smmu_prepare();
	file = device_bind("IOMMUFD_VM_NVME", smmu.ctx);
	OK(iommufd_device_from_vfio(file, &device));
	smmu_add(device);
	smmu_start();
	address = smmu_memory(GUEST_BLOCK);
	queues.memory = guest_at(&smmu.ram, address);
	buffers.memory = queues.memory;
	space = smmu_space(3, 1);
	smmu_map(&space, QUEUES, address, GUEST_BLOCK, 0);
	smmu_translate(0, &space);
	ck_assert_msg(!nvme_start(&nvme, file, &queues, &buffers), "%s",
		      nvme.trouble);
	blocks = (uint32_t)GUEST_PAGE / nvme.block_size;
}

static void end(void)
{
	nvme_stop(&nvme);
	iommufd_vfio_close(file);
	smmu_end();
}

/* One assertion for all: each of them costs more than a comparison. */
static void check_page(uint64_t place, uint64_t page)
{
	const uint64_t *words = guest_at(&smmu.ram, place);
	const uint64_t first = page * GUEST_PAGE / 8;
	uint32_t wrong = 0;

	for (uint64_t i = 0; i < GUEST_PAGE / 8; i++)
		wrong += le64toh(words[i]) != vm_disk_word(first + i);
	ck_assert_uint_eq(wrong, 0);
}

/* A read in flight: which page of the disk goes to which of the guest's. */
struct flight {
	uint64_t page, place;
};

/* The guest moves the slot's page, has the old translation dropped, and reads. */
static void begin_read(uint16_t slot, const struct flight *flight)
{
	memset(guest_at(&smmu.ram, flight->place), 0xee, GUEST_PAGE);
	smmu_map(&space, buffer_of(slot), flight->place, GUEST_PAGE, 0);
	smmu_give(guest_drop(1, buffer_of(slot)));
	nvme_read(&nvme, slot, flight->page * blocks, blocks);
}

/*
 * Ten thousand times, with other reads in flight. A stale translation would put
 * a read where another one was before.
 */
START_TEST(remaps_under_dma)
{
	struct flight flight[NVME_DEPTH];
	uint64_t places[PLACES];
	uint32_t begun = 0;

	for (uint32_t i = 0; i < PLACES; i++)
		places[i] = smmu_memory(GUEST_PAGE);
	for (uint32_t done = 0; done < REMAPS; done++) {
		uint16_t slot = 0;

		while (begun < NVME_DEPTH) {
			flight[begun] = (struct flight){ begun, places[begun] };
			begin_read((uint16_t)begun, &flight[begun]);
			begun++;
		}
		ck_assert_msg(!nvme_wait(&nvme, &slot), "%s", nvme.trouble);
		check_page(flight[slot].place, flight[slot].page);
		if (begun >= REMAPS)
			continue;
		flight[slot] =
			(struct flight){ begun % 1000, places[begun % PLACES] };
		begin_read(slot, &flight[slot]);
		begun++;
	}
	end();
}
END_TEST

/* The guest puts its device on another address space between reads. */
START_TEST(spaces_between_reads)
{
	const uint64_t places[2] = { smmu_memory(GUEST_PAGE),
				     smmu_memory(GUEST_PAGE) };
	struct guest_space other = smmu_space(4, 2);
	const uint64_t queues =
		smmu.ram.base +
		(uint64_t)((uint8_t *)nvme.queues.memory - smmu.ram.host);
	uint16_t slot = 0;

	smmu_map(&other, QUEUES, queues, GUEST_BLOCK, 0);
	smmu_map(&space, buffer_of(0), places[0], GUEST_PAGE, 0);
	smmu_map(&other, buffer_of(0), places[1], GUEST_PAGE, 0);
	for (uint32_t i = 0; i < 200; i++) {
		smmu_translate(0, i & 1 ? &other : &space);
		memset(guest_at(&smmu.ram, places[i & 1]), 0xee, GUEST_PAGE);
		nvme_read(&nvme, 0, (uint64_t)i * blocks, blocks);
		ck_assert_msg(!nvme_wait(&nvme, &slot), "%s", nvme.trouble);
		check_page(places[i & 1], i);
	}
	end();
}
END_TEST

/* A controller that is reset is where it was, and reads on when it is started. */
START_TEST(reset)
{
	const struct dma_memory queues = nvme.queues, buffers = nvme.buffers;
	const struct flight flight = { 7, smmu_memory(GUEST_PAGE) };
	uint16_t slot = 1;

	nvme_stop(&nvme);
	OK(iommufd_vfio_reset(file));
	ck_assert_uint_eq(iommufd_nested_device_state(smmu.device[0].nested),
			  IOMMUFD_NESTED_TRANSLATE);
	ck_assert_msg(!nvme_start(&nvme, file, &queues, &buffers), "%s",
		      nvme.trouble);
	begin_read(0, &flight);
	ck_assert_msg(!nvme_wait(&nvme, &slot), "%s", nvme.trouble);
	check_page(flight.place, flight.page);
	end();
}
END_TEST

static const TTest **const tests[] = {
	&remaps_under_dma,
	&spaces_between_reads,
	&reset,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "nvme",
		  .setup = setup,
		  .tests = tests,
		  .timeout = 200 },
	};

	return harness_run("smmu_nvme", cases, 1);
}
