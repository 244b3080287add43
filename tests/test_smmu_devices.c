/* SPDX-License-Identifier: MIT */
/* Two devices of a guest behind one vIOMMU, each with its own stream id. */
#include "devices.h"
#include "fixture.h"
#include "smmu.h"

#define FROM SMMU_IOVA
#define TO   (SMMU_IOVA + GUEST_PAGE)

static uint64_t source[2], target[2];
static struct guest_space space[2];

static void setup(void)
{
	smmu_begin(2);
	for (uint32_t i = 0; i < 2; i++) {
		source[i] = smmu_memory(GUEST_PAGE);
		target[i] = smmu_memory(GUEST_PAGE);
		space[i] = smmu_space(3, (uint16_t)(i + 1));
		smmu_map(&space[i], FROM, source[i], GUEST_PAGE, 0);
		smmu_map(&space[i], TO, target[i], GUEST_PAGE, 0);
	}
}

static int finds_in(uint32_t device, uint32_t which)
{
	return smmu_finds(device, FROM, TO, source[which], target[which]);
}

static int finds_not_in(uint32_t device, uint32_t which)
{
	return smmu_refused(device, FROM, TO, source[which], target[which]);
}

START_TEST(spaces_of_their_own)
{
	smmu_translate(0, &space[0]);
	smmu_translate(1, &space[1]);
	for (uint32_t i = 0; i < 4; i++) {
		ck_assert(finds_in(i & 1, i & 1));
		ck_assert(finds_not_in(i & 1, !(i & 1)));
	}
	smmu_end();
}
END_TEST

START_TEST(one_space_for_both)
{
	smmu_translate(0, &space[0]);
	smmu_translate(1, &space[0]);
	ck_assert(finds_in(0, 0));
	ck_assert(finds_in(1, 0));
	smmu_end();
}
END_TEST

/* What is done to one is nothing to the other. */
START_TEST(states_of_their_own)
{
	smmu_translate(0, &space[0]);
	OK(smmu_set(1, guest_ste_bypass()));
	ck_assert(finds_in(0, 0));
	ck_assert(smmu_finds(1, source[1], target[1], source[1], target[1]));
	OK(smmu_set(1, guest_ste_abort()));
	ck_assert(finds_in(0, 0));
	ck_assert(smmu_refused(1, source[1], target[1], source[1], target[1]));
	smmu_end();
}
END_TEST

/* Both work at the same time, each in its space. */
START_TEST(at_the_same_time)
{
	smmu_translate(0, &space[0]);
	smmu_translate(1, &space[1]);
	for (int i = 0; i < 5; i++) {
		for (uint32_t d = 0; d < 2; d++) {
			smmu_fill(source[d], 512);
			edu_read_begin(&smmu.device[d].edu, FROM, 512);
		}
		for (uint32_t d = 0; d < 2; d++)
			edu_wait(&smmu.device[d].edu);
		for (uint32_t d = 0; d < 2; d++)
			edu_write_begin(&smmu.device[d].edu, TO, 512);
		for (uint32_t d = 0; d < 2; d++)
			edu_wait(&smmu.device[d].edu);
		for (uint32_t d = 0; d < 2; d++)
			ck_assert(smmu_same(source[d], target[d], 512));
	}
	smmu_end();
}
END_TEST

/* A stream id twice, or twice for a device, is refused. */
START_TEST(stream_twice)
{
	const struct iommufd_nested_device_opts opts = {
		.size = sizeof(opts), .virt_id = SMMU_STREAM(0)
	};
	struct iommufd_nested_device *nested = NULL;

	OK(iommufd_nested_device_unset(smmu.device[1].nested,
				       iommufd_hwpt_id(smmu.plain), 0));
	OK(iommufd_nested_device_destroy(smmu.device[1].nested));
	smmu.device[1].nested = NULL;
	FAILS(iommufd_nested_device_new(smmu.nesting, smmu.device[1].device,
					&opts, &nested),
	      VDEVICE_EXISTS, EEXIST);
	FAILS(iommufd_nested_device_new(smmu.nesting, smmu.device[0].device,
					&opts, &nested),
	      VDEVICE_EXISTS, EEXIST);
	ck_assert_ptr_null(nested);
	smmu_translate(0, &space[0]);
	ck_assert(finds_in(0, 0));
	smmu_end();
}
END_TEST

static int set_id(uint32_t device, uint64_t virt_id)
{
	return iommufd_nested_device_set_virt_id(smmu.device[device].nested,
						 virt_id);
}

static void expect_event_of(uint32_t device, uint64_t stream)
{
	struct iommufd_event_arm_smmuv3_info event;

	edu_read(&smmu.device[device].edu, FROM + 16 * GUEST_PAGE, 4);
	ck_assert_uint_eq(smmu_event(&event, 5000), 0);
	ck_assert_uint_eq(event.stream_id, stream);
	smmu_drop_events(event.id);
}

/* The guest numbers its buses anew, and the streams are exchanged. */
START_TEST(streams_are_exchanged)
{
	const uint64_t first = SMMU_STREAM(0), second = SMMU_STREAM(1);

	smmu_translate(0, &space[0]);
	smmu_translate(1, &space[1]);
	expect_event_of(0, first);
	FAILS(set_id(0, second), NESTED_STATE, EINVAL);
	OK(smmu_set(0, guest_ste_abort()));
	FAILS(set_id(0, second), VDEVICE_EXISTS, EEXIST);
	OK(set_id(0, 0x7777));
	OK(smmu_set(1, guest_ste_abort()));
	OK(set_id(1, first));
	OK(set_id(0, second));
	smmu_translate(0, &space[0]);
	smmu_translate(1, &space[1]);
	ck_assert(finds_in(0, 0));
	ck_assert(finds_in(1, 1));
	expect_event_of(0, second);
	expect_event_of(1, first);
	smmu_give(guest_config_context((uint32_t)first));
	ck_assert(finds_in(0, 0));
	smmu_end();
}
END_TEST

/* Before it has a number a device can be in all states but one. */
START_TEST(no_stream_at_first)
{
	const struct iommufd_nested_device_opts opts = {
		.size = sizeof(opts),
		.flags = IOMMUFD_NESTED_NO_VIRT_ID,
		.old_page_table = iommufd_hwpt_id(smmu.plain),
	};
	const uint64_t context = guest_context(&space[1]);

	OK(iommufd_nested_device_unset(smmu.device[1].nested,
				       iommufd_hwpt_id(smmu.plain), 0));
	OK(iommufd_nested_device_destroy(smmu.device[1].nested));
	OK(iommufd_nested_device_new(smmu.nesting, smmu.device[1].device, &opts,
				     &smmu.device[1].nested));
	OK(smmu_set(1, guest_ste_bypass()));
	ck_assert(smmu_finds(1, source[1], target[1], source[1], target[1]));
	FAILS(smmu_set(1, guest_ste_translate(context)), PAGE_TABLE, ENOENT);
	ck_assert(smmu_finds(1, source[1], target[1], source[1], target[1]));
	OK(smmu_set(1, guest_ste_abort()));
	OK(set_id(1, 0x99));
	smmu_translate(1, &space[1]);
	ck_assert(finds_in(1, 1));
	expect_event_of(1, 0x99);
	smmu_end();
}
END_TEST

/* Two functions of one slot have one page table: neither can be a guest's. */
START_TEST(group_of_two)
{
	static const char *const variables[] = { "IOMMUFD_VM_EDU_A",
						 "IOMMUFD_VM_EDU_B" };
	const struct iommufd_nested_device_opts opts = { .size = sizeof(opts),
							 .virt_id = 0x500 };
	struct iommufd_nested_device *nested = NULL;
	const uint32_t next = next_id(smmu.ctx);

	for (int i = 0; i < 2; i++) {
		struct iommufd_device *device =
			device_new(variables[i], smmu.ctx);

		FAILS(iommufd_nested_device_new(smmu.nesting, device, &opts,
						&nested),
		      GROUP_SHARED, EINVAL);
		ck_assert_ptr_null(nested);
		iommufd_device_close(device);
		ck_assert_uint_eq(next_id(smmu.ctx), next);
	}
	smmu_end();
}
END_TEST

static const TTest **const tests[] = {
	&spaces_of_their_own, &one_space_for_both, &states_of_their_own,
	&at_the_same_time,    &stream_twice,	   &streams_are_exchanged,
	&no_stream_at_first,  &group_of_two,	   NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "devices", .setup = setup, .tests = tests },
	};

	return harness_run("smmu_devices", cases, 1);
}
