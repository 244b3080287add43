/* SPDX-License-Identifier: MIT */
/*
 * What a device's DMA sees of a replacement. The edu device writes its buffer to
 * an IOVA while its page table is replaced all the time; both tables map that
 * IOVA, to different memory. Each transfer must arrive as a whole in one of the
 * two places or, where the IOMMU blocks DMA for the instant, nowhere or in part:
 * a transfer is many bus transactions, each of which is let through or not. What
 * arrived must be right and in its place. How often each came is written to
 * replace-dma.tsv, for doc/kernel-support.md.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "devices.h"
#include "edu.h"
#include "fixture.h"
#include "harness.h"

#define IOVA	  UINT64_C(0x4000000)
#define TRANSFERS 200
#define LENGTH	  1024
#define UNTOUCHED 0xee

enum {
	EDU_SOURCE = 0x80,
	EDU_TARGET = 0x88,
	EDU_COUNT = 0x90,
	EDU_COMMAND = 0x98,
	EDU_OWN_BUFFER = 0x40000,
	EDU_RUN_TO_MEMORY = 3,
};

static struct edu edu;
static struct iommufd_hwpt *tables[2];
static uint8_t *places[2];

static void set(unsigned int offset, uint64_t value)
{
	*(volatile uint64_t *)(edu.bar + offset) = value;
}

static int running(void)
{
	return *(volatile uint32_t *)(edu.bar + EDU_COMMAND) & 1;
}

/* A place has guards around where the transfer goes. */
static int is_untouched(const uint8_t *place, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (place[i] != UNTOUCHED)
			return 0;
	return 1;
}

/* TORN: a part has arrived, the rest has faulted. */
enum outcome { RIGHT, FAULTED, TORN, WRONG, OUTCOMES };

/* Bytes that arrived, or -1 when one of them is wrong. */
static int arrived(const uint8_t *place, const uint8_t *pattern)
{
	int count = 0;

	if (!is_untouched(place, 0, PAGE) ||
	    !is_untouched(place, PAGE + LENGTH, 3 * PAGE))
		return -1;
	for (size_t i = 0; i < LENGTH; i++) {
		if (place[PAGE + i] == pattern[i])
			count++;
		else if (place[PAGE + i] != UNTOUCHED)
			return -1;
	}
	return count;
}

static enum outcome judge(const uint8_t *pattern)
{
	int first = arrived(places[0], pattern);
	int second = arrived(places[1], pattern);

	if (first < 0 || second < 0 || first + second > LENGTH)
		return WRONG;
	if (first == LENGTH || second == LENGTH)
		return RIGHT;
	return first || second ? TORN : FAULTED;
}

static enum outcome one_transfer(const uint8_t *pattern,
				 unsigned long *replaced)
{
	unsigned int next = 0;

	memset(places[0], UNTOUCHED, 3 * PAGE);
	memset(places[1], UNTOUCHED, 3 * PAGE);
	set(EDU_SOURCE, EDU_OWN_BUFFER);
	set(EDU_TARGET, IOVA + PAGE);
	set(EDU_COUNT, LENGTH);
	set(EDU_COMMAND, EDU_RUN_TO_MEMORY);
	while (running()) {
		next = !next;
		OK(iommufd_device_attach(edu.device,
					 iommufd_hwpt_id(tables[next]), NULL));
		++*replaced;
	}
	return judge(pattern);
}

/* New contents for the device's buffer, by a transfer that nothing disturbs. */
static void load_pattern(uint8_t *memory, uint64_t iova, unsigned int seed)
{
	for (size_t i = 0; i < LENGTH; i++) {
		seed = seed * 1664525 + 1013904223;
		memory[i] = (uint8_t)(seed >> 24);
		if (memory[i] == UNTOUCHED)
			memory[i]++;
	}
	edu_read(&edu, iova, LENGTH);
}

static void report(const unsigned int *counts, unsigned long replaced)
{
	const char *folder = harness_env("IOMMUFD_VM_OUT");
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/replace-dma.tsv", folder);
	file = fopen(path, "we");
	ck_assert_ptr_nonnull(file);
	fprintf(file, "%s\t%s\t%d\t%lu\t%u\t%u\t%u\t%u\n", harness_kernel(),
		harness_env("IOMMUFD_VM_SCENARIO"), TRANSFERS, replaced,
		counts[RIGHT], counts[FAULTED], counts[TORN], counts[WRONG]);
	ck_assert_int_eq(fclose(file), 0);
}

/* On the old kernel virtio-iommu has no page tables to go to: see test_attach. */
START_TEST(no_page_table)
{
	struct iommufd_ctx *ctx = harness_ctx();
	struct iommufd_device *device = device_new("IOMMUFD_VM_EDU", ctx);
	struct iommufd_ioas *ioas = new_ioas(ctx);
	struct iommufd_hwpt *hwpt = NULL;

	map_at(ioas, harness_memory(PAGE), PAGE, IOVA);
	FAILS(iommufd_hwpt_alloc(device, iommufd_ioas_id(ioas), NULL, &hwpt),
	      OUTSIDE_PAGE_TABLE, EADDRINUSE);
	iommufd_device_close(device);
	OK(iommufd_ioas_destroy(ioas));
	iommufd_ctx_close(ctx);
}
END_TEST

START_TEST(dma_during_replacements)
{
	struct iommufd_ctx *ctx = harness_ctx();
	unsigned int counts[OUTCOMES] = { 0 };
	struct iommufd_ioas *ioas[2];
	uint8_t *pattern = harness_memory(PAGE);
	unsigned long replaced = 0;

	edu_open(&edu, harness_env("IOMMUFD_VM_EDU"), ctx);
	for (int i = 0; i < 2; i++) {
		ioas[i] = new_ioas(ctx);
		places[i] = harness_memory(3 * PAGE);
		map_at(ioas[i], places[i], 3 * PAGE, IOVA);
		map_at(ioas[i], pattern, PAGE, IOVA + MIB);
		tables[i] = new_hwpt(edu.device, ioas[i]);
	}
	OK(iommufd_device_attach(edu.device, iommufd_hwpt_id(tables[0]), NULL));
	harness_expect_dma_fault(1);
	for (unsigned int i = 0; i < TRANSFERS; i++) {
		if (i % 20 == 0)
			load_pattern(pattern, IOVA + MIB, i + 1);
		counts[one_transfer(pattern, &replaced)]++;
	}
	harness_expect_dma_fault(0);
	report(counts, replaced);
	ck_assert_uint_eq(counts[WRONG], 0);
	ck_assert_uint_gt(counts[RIGHT], 0);
	ck_assert_uint_gt(replaced, TRANSFERS);
	edu_close(&edu);
	for (int i = 0; i < 2; i++) {
		OK(iommufd_hwpt_destroy(tables[i]));
		OK(iommufd_ioas_destroy(ioas[i]));
	}
	iommufd_ctx_close(ctx);
}
END_TEST

static const TTest **const tests[] = { &dma_during_replacements, NULL };
static const TTest **const old_virtio[] = { &no_page_table, NULL };

int main(void)
{
	const char *scenario = getenv("IOMMUFD_VM_SCENARIO");
	const struct harness_case cases[] = {
		{ .name = "replace_dma",
		  .tests = device_old_kernel() && scenario &&
					   !strcmp(scenario, "virtio")
				   ? old_virtio
				   : tests,
		  .timeout = 240 },
	};

	return harness_run("replace_dma", cases, 1);
}
