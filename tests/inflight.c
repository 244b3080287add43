/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "harness.h"
#include "inflight.h"

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

static void set(const struct inflight *f, unsigned int offset, uint64_t value)
{
	*(volatile uint64_t *)(f->edu->bar + offset) = value;
}

static int running(const struct inflight *f)
{
	return *(volatile uint32_t *)(f->edu->bar + EDU_COMMAND) & 1;
}

/* A place has guards around where the transfer goes. */
static int is_untouched(const uint8_t *place, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (place[i] != UNTOUCHED)
			return 0;
	return 1;
}

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

static enum inflight_outcome judge(const struct inflight *f)
{
	int first = arrived(f->places[0], f->pattern);
	int second = arrived(f->places[1], f->pattern);

	if (first < 0 || second < 0 || first + second > LENGTH)
		return INFLIGHT_WRONG;
	if (first == LENGTH || second == LENGTH)
		return INFLIGHT_RIGHT;
	return first || second ? INFLIGHT_TORN : INFLIGHT_FAULTED;
}

static enum inflight_outcome one_transfer(struct inflight *f)
{
	unsigned int next = 0;

	memset(f->places[0], UNTOUCHED, INFLIGHT_PAGES * PAGE);
	memset(f->places[1], UNTOUCHED, INFLIGHT_PAGES * PAGE);
	set(f, EDU_SOURCE, EDU_OWN_BUFFER);
	set(f, EDU_TARGET, f->iova + PAGE);
	set(f, EDU_COUNT, LENGTH);
	set(f, EDU_COMMAND, EDU_RUN_TO_MEMORY);
	while (running(f)) {
		next = !next;
		OK(iommufd_device_attach(f->edu->device, f->tables[next],
					 NULL));
		f->replaced++;
	}
	return judge(f);
}

/* New contents for the device's buffer, by a transfer that nothing disturbs. */
static void load_pattern(struct inflight *f, unsigned int seed)
{
	for (size_t i = 0; i < LENGTH; i++) {
		seed = seed * 1664525 + 1013904223;
		f->pattern[i] = (uint8_t)(seed >> 24);
		if (f->pattern[i] == UNTOUCHED)
			f->pattern[i]++;
	}
	edu_read(f->edu, f->pattern_iova, LENGTH);
}

static void report(const struct inflight *f, unsigned int transfers,
		   const char *name)
{
	const char *folder = harness_env("IOMMUFD_VM_OUT");
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/replace-dma.tsv", folder);
	file = fopen(path, "ae");
	ck_assert_ptr_nonnull(file);
	fprintf(file, "%s\t%s\t%u\t%lu\t%u\t%u\t%u\t%u\n", harness_kernel(),
		name, transfers, f->replaced, f->counts[INFLIGHT_RIGHT],
		f->counts[INFLIGHT_FAULTED], f->counts[INFLIGHT_TORN],
		f->counts[INFLIGHT_WRONG]);
	ck_assert_int_eq(fclose(file), 0);
}

void inflight_run(struct inflight *flight, unsigned int transfers,
		  const char *name)
{
	OK(iommufd_device_attach(flight->edu->device, flight->tables[0], NULL));
	harness_expect_dma_fault(1);
	for (unsigned int i = 0; i < transfers; i++) {
		if (i % 20 == 0)
			load_pattern(flight, i + 1);
		flight->counts[one_transfer(flight)]++;
	}
	harness_expect_dma_fault(0);
	report(flight, transfers, name);
	ck_assert_uint_eq(flight->counts[INFLIGHT_WRONG], 0);
	ck_assert_uint_gt(flight->counts[INFLIGHT_RIGHT], 0);
	ck_assert_uint_gt(flight->replaced, transfers);
}
