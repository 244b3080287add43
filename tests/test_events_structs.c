/* SPDX-License-Identifier: MIT */
/*
 * The structs of events and faults that begin with their size: what every size
 * of every one of them gives. Needs no iommufd.
 */
#include <stdlib.h>
#include <string.h>

#include <iommufd/util/util.h>

#include "harness.h"

static unsigned char record[40] = { 0x10 };

/* @bytes holds the caller's struct; the others are as they should be. */
static int next(void *bytes)
{
	struct iommufd_event_info event = { .size = sizeof(event) };

	return iommufd_event_next(bytes, &event);
}

static int event_out(void *bytes)
{
	struct iommufd_event_reader reader = { .size = sizeof(reader),
					       .type = 1,
					       .buffer_size = sizeof(record),
					       .length = sizeof(record),
					       .buffer = record };

	return iommufd_event_next(&reader, bytes);
}

static int event_in(void *bytes)
{
	struct iommufd_event_arm_smmuv3_info info = { .size = sizeof(info) };

	return iommufd_event_arm_smmuv3(bytes, &info);
}

static const struct iommufd_event_info smmu = { .size = sizeof(smmu),
						.kind = IOMMUFD_EVENT_RECORD,
						.type = 1,
						.length = 32,
						.data = record };

static int smmu_out(void *bytes)
{
	return iommufd_event_arm_smmuv3(&smmu, bytes);
}

static const struct iommufd_event_info tegra = { .size = sizeof(tegra),
						 .kind = IOMMUFD_EVENT_RECORD,
						 .type = 2,
						 .length = 16,
						 .data = record };

static int tegra_out(void *bytes)
{
	return iommufd_event_tegra241_cmdqv(&tegra, bytes);
}

static int group_out(void *bytes)
{
	const struct iommufd_hwpt_pgfault fault = {
		.flags = IOMMUFD_PGFAULT_LAST_PAGE,
	};
	uint32_t position = 0;

	return iommufd_fault_group_next(&fault, 1, &position, bytes);
}

/* No group: so it comes to nothing, after its size has been looked at. */
static int group_in(void *bytes)
{
	return iommufd_fault_answer_group((void *)record, bytes, 0, NULL);
}

struct sized {
	int (*call)(void *bytes);
	uint32_t released; /* size in the first release */
	uint32_t known;	   /* today's */
	uint32_t cause;	   /* of zeroes behind a right size */
};

static const struct sized inputs[] = {
	{ next, 48 + sizeof(void *), sizeof(struct iommufd_event_reader),
	  IOMMUFD_CAUSE_NULL_POINTER },
	{ event_in, 32 + sizeof(void *), sizeof(struct iommufd_event_info),
	  IOMMUFD_CAUSE_BAD_VALUE },
	{ group_in, 48 + sizeof(void *),
	  sizeof(struct iommufd_fault_group_info), IOMMUFD_CAUSE_BAD_VALUE },
};

static const struct sized outputs[] = {
	{ event_out, 32 + sizeof(void *), sizeof(struct iommufd_event_info),
	  0 },
	{ smmu_out, 88, sizeof(struct iommufd_event_arm_smmuv3_info), 0 },
	{ tegra_out, 24, sizeof(struct iommufd_event_tegra241_cmdqv_info), 0 },
	{ group_out, 48 + sizeof(void *),
	  sizeof(struct iommufd_fault_group_info), 0 },
};

/* Exactly as much memory as the size says, for sanitizers to watch. */
static unsigned char *exact(uint32_t size, int fill)
{
	uint32_t room = size < 4 ? 4 : size > 8192 ? 8192 : size;
	unsigned char *bytes = malloc(room);

	ck_assert_ptr_nonnull(bytes);
	memset(bytes, fill, room);
	memcpy(bytes, &size, sizeof(size));
	return bytes;
}

static void check(const struct sized *sized, uint32_t size, uint32_t nonzero,
		  uint32_t cause)
{
	unsigned char *bytes = exact(size, 0);

	if (nonzero)
		bytes[nonzero] = 1;
	ck_assert_uint_eq(iommufd_cause(sized->call(bytes)), cause);
	free(bytes);
}

static void check_sizes(const struct sized *sized)
{
	for (uint32_t size = 0; size < sized->released; size++)
		check(sized, size, 0, IOMMUFD_CAUSE_OPTS_SIZE);
	check(sized, 4097, 0, IOMMUFD_CAUSE_OPTS_SIZE);
	check(sized, UINT32_MAX, 0, IOMMUFD_CAUSE_OPTS_SIZE);
	for (uint32_t size = sized->released; size < sized->known + 24; size++)
		check(sized, size, 0, sized->cause);
	check(sized, 4096, 0, sized->cause);
}

START_TEST(what_goes_in)
{
	for (int i = 0; i < 3; i++) {
		uint32_t known = inputs[i].known;

		check_sizes(&inputs[i]);
		check(&inputs[i], known + 1, known, IOMMUFD_CAUSE_OPTS_TAIL);
		check(&inputs[i], known + 24, known + 23,
		      IOMMUFD_CAUSE_OPTS_TAIL);
		check(&inputs[i], 4096, 4095, IOMMUFD_CAUSE_OPTS_TAIL);
	}
}
END_TEST

static void check_output(const struct sized *sized, uint32_t size)
{
	unsigned char *bytes = exact(size, 0xa5);

	OK(sized->call(bytes));
	ck_assert_mem_eq(bytes, &size, sizeof(size));
	for (uint32_t i = sized->known; i < size; i++)
		ck_assert_uint_eq(bytes[i], 0);
	free(bytes);
}

START_TEST(what_comes_out)
{
	for (int i = 0; i < 4; i++) {
		check_sizes(&outputs[i]);
		for (uint32_t size = outputs[i].released;
		     size < outputs[i].known + 24; size++)
			check_output(&outputs[i], size);
		check_output(&outputs[i], 4096);
	}
}
END_TEST

static const TTest **const sizes[] = { &what_goes_in, &what_comes_out, NULL };

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "sizes", .tests = sizes },
	};

	return harness_run("events_structs", cases, 1);
}
