/* SPDX-License-Identifier: MIT */
/*
 * Lists of commands that the guest of an SMMUv3 gives, with the kernel replaced:
 * which go to it, in what batches, and how many are done.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include <iommufd/util/util.h>

#include "fakeiommufd_ioctl.h"
#include "fixture.h"
#include "harness.h"

/* Opcodes, bits 0 to 7 of a command. */
#define PREFETCH    0x01
#define CFGI_STE    0x03
#define CFGI_CD	    0x05
#define CFGI_CD_ALL 0x06
#define TLBI_NH_VA  0x12
#define NSNH_ALL    0x30
#define ATC_INV	    0x40
#define SYNC	    0x46
#define NO_OPCODE   0x7f
#define MAX_BATCH   UINT32_C(256)
#define STREAM	    0x80000003 /* of the only device */
#define REPEAT_FLAG 1

static struct iommufd_ctx *ctx;
static struct iommufd_ioas *ioas;
static struct iommufd_device *device;
static struct iommufd_nesting *nesting;
static struct iommufd_nested_device *nested;

static void begin(uint8_t hw_flags)
{
	const struct iommufd_nested_device_opts opts = { .size = sizeof(opts),
							 .virt_id = STREAM };

	fake_begin(&ctx, &ioas, &device);
	fake.hw_type = IOMMUFD_HW_INFO_ARM_SMMUV3;
	fake.hw_length = 40;
	fake.hw_data[0] = hw_flags;
	OK(iommufd_nesting_new(device, ioas, NULL, &nesting));
	OK(iommufd_nested_device_new(nesting, device, &opts, &nested));
	fake_forget();
}

static void end(void)
{
	OK(iommufd_nested_device_destroy(nested));
	OK(iommufd_nesting_destroy(nesting));
	fake_end(ctx, ioas, device);
}

/* Each can be told from each other by its number. */
static struct iommufd_arm_smmuv3_command command(uint32_t opcode, uint32_t n)
{
	return (struct iommufd_arm_smmuv3_command){
		{ htole64(opcode | (uint64_t)n << 32), htole64(n + 1) }
	};
}

#define MANY 24
static struct iommufd_arm_smmuv3_command list[MANY];

/* A list of these opcodes. */
#define LIST(...)                                                              \
	make_list((const uint32_t[]){ __VA_ARGS__ },                           \
		  sizeof((const uint32_t[]){ __VA_ARGS__ }) / 4)
static uint32_t make_list(const uint32_t *opcodes, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		list[i] =
			command(opcodes[i], opcodes[i] == ATC_INV ? STREAM : i);
	return count;
}

/* The n-th that the kernel handled is this one of the list. */
static void check_handled(uint32_t n, uint32_t of_list)
{
	ck_assert_uint_lt(n, fake.entry_count);
	ck_assert_uint_eq(fake.entry_length, 16);
	ck_assert_mem_eq(fake.entries + (size_t)n * 16, &list[of_list], 16);
}

static uint32_t batch(uint32_t n)
{
	const struct uapi_hwpt_invalidate cmd =
		FAKE_ARG(uapi_hwpt_invalidate, IOMMUFD_NR_HWPT_INVALIDATE, n);

	ck_assert_uint_eq(cmd.hwpt_id,
			  iommufd_viommu_id(iommufd_nesting_viommu(nesting)));
	ck_assert_uint_eq(cmd.data_type, 1);
	ck_assert_uint_eq(cmd.entry_len, 16);
	return cmd.entry_num;
}

static uint32_t batches(void)
{
	return fake_asked(IOMMUFD_NR_HWPT_INVALIDATE);
}

/* ---- which commands ------------------------------------------------------- */

static int is_one_of(uint32_t opcode, const uint32_t *opcodes)
{
	while (*opcodes && *opcodes != opcode)
		opcodes++;
	return *opcodes != 0;
}

START_TEST(every_opcode)
{
	const uint32_t own[] = { 0x03, 0x04, 0x41, 0x44, 0x45, 0x46, 0 };
	const uint32_t passed_over[] = { 0x01, 0x02, 0 };

	begin(0);
	for (uint32_t opcode = 0; opcode < 0x100; opcode++) {
		uint32_t count = 1;

		list[0] = command(opcode, STREAM);
		list[0].cmd[0] |= htole64(0xffffff00);
		fake_forget();
		OK(iommufd_nesting_commands_arm_smmuv3(nesting, list, &count));
		ck_assert_uint_eq(count, !is_one_of(opcode, own));
		if (is_one_of(opcode, own) || is_one_of(opcode, passed_over)) {
			ck_assert_uint_eq(batches(), 0);
		} else {
			ck_assert_uint_eq(fake.entry_count, 1);
			check_handled(0, 0);
		}
	}
	end();
}
END_TEST

/*
 * What is for a stream that no device has is passed over: a Linux guest gives
 * such commands for bridges and for what has been unplugged.
 */
START_TEST(streams_of_no_device)
{
	const uint32_t opcodes[] = { CFGI_CD, CFGI_CD_ALL, ATC_INV };
	uint32_t count = 3;

	begin(0);
	for (uint32_t i = 0; i < 3; i++)
		list[i] = command(opcodes[i], STREAM + 1 + i);
	OK(iommufd_nesting_commands_arm_smmuv3(nesting, list, &count));
	ck_assert_uint_eq(count, 3);
	ck_assert_uint_eq(batches(), 0);
	for (uint32_t i = 0; i < 3; i++)
		list[i] = command(opcodes[i], STREAM);
	OK(iommufd_nesting_commands_arm_smmuv3(nesting, list, &count));
	ck_assert_uint_eq(count, 3);
	ck_assert_uint_eq(batch(1), 3);
	/* Among others: these go on. */
	list[0] = command(TLBI_NH_VA, 0);
	list[1] = command(CFGI_CD, 0);
	list[2] = command(NSNH_ALL, 2);
	fake_forget();
	OK(iommufd_nesting_commands_arm_smmuv3(nesting, list, &count));
	ck_assert_uint_eq(count, 3);
	ck_assert_uint_eq(fake.entry_count, 2);
	check_handled(0, 0);
	check_handled(1, 2);
	/* The id is the one that it has now. */
	OK(iommufd_nested_device_set_virt_id(nested, 5));
	list[0] = command(CFGI_CD, STREAM);
	list[1] = command(CFGI_CD_ALL, 5);
	count = 2;
	fake_forget();
	OK(iommufd_nesting_commands_arm_smmuv3(nesting, list, &count));
	ck_assert_uint_eq(count, 2);
	ck_assert_uint_eq(fake.entry_count, 1);
	check_handled(0, 1);
	/* Without one it has none. */
	OK(iommufd_nested_device_destroy(nested));
	nested = NULL;
	fake_forget();
	OK(iommufd_nesting_commands_arm_smmuv3(nesting, list, &count));
	ck_assert_uint_eq(batches(), 0);
	end();
}
END_TEST

START_TEST(up_to_the_callers_own)
{
	uint32_t count = LIST(TLBI_NH_VA, ATC_INV, PREFETCH, PREFETCH, NSNH_ALL,
			      SYNC, TLBI_NH_VA);

	begin(0);
	OK(iommufd_nesting_commands_arm_smmuv3(nesting, list, &count));
	ck_assert_uint_eq(count, 5);
	ck_assert_uint_eq(batches(), 2);
	ck_assert_uint_eq(batch(1), 2);
	ck_assert_uint_eq(batch(2), 1);
	check_handled(0, 0);
	check_handled(1, 1);
	check_handled(2, 4);
	/* The rest, after the caller has done his part. */
	count = 1;
	OK(iommufd_nesting_commands_arm_smmuv3(nesting, list + 6, &count));
	ck_assert_uint_eq(count, 1);
	check_handled(3, 6);
	end();
}
END_TEST

START_TEST(nothing_for_the_kernel)
{
	uint32_t count = LIST(CFGI_STE, TLBI_NH_VA);

	begin(0);
	OK(iommufd_nesting_commands_arm_smmuv3(nesting, list, &count));
	ck_assert_uint_eq(count, 0);
	count = LIST(PREFETCH, SYNC);
	OK(iommufd_nesting_commands_arm_smmuv3(nesting, list, &count));
	ck_assert_uint_eq(count, 1);
	count = 0;
	OK(iommufd_nesting_commands_arm_smmuv3(nesting, NULL, &count));
	ck_assert_uint_eq(count, 0);
	ck_assert_uint_eq(batches(), 0);
	end();
}
END_TEST

START_TEST(long_list)
{
	const uint32_t all = 2 * MAX_BATCH + 5;
	struct iommufd_arm_smmuv3_command *commands =
		calloc(all, sizeof(*commands));
	uint32_t count = all;

	ck_assert_ptr_nonnull(commands);
	for (uint32_t i = 0; i < all; i++)
		commands[i] = command(TLBI_NH_VA, i);
	begin(0);
	OK(iommufd_nesting_commands_arm_smmuv3(nesting, commands, &count));
	ck_assert_uint_eq(count, all);
	ck_assert_uint_eq(batches(), 3);
	ck_assert_uint_eq(batch(1), MAX_BATCH);
	ck_assert_uint_eq(batch(2), MAX_BATCH);
	ck_assert_uint_eq(batch(3), 5);
	ck_assert_uint_eq(fake.entry_count, all);
	ck_assert_int_eq(memcmp(fake.entries, commands, (size_t)all * 16), 0);
	free(commands);
	end();
}
END_TEST

/* Another type of vIOMMU, or none, takes none of them. */
START_TEST(without_viommu)
{
	const struct iommufd_nesting_opts opts = {
		.size = sizeof(opts), .flags = IOMMUFD_NESTING_TYPE_VALID
	};
	struct iommufd_nesting *plain = NULL;
	uint32_t count = LIST(TLBI_NH_VA);

	begin(0);
	OK(iommufd_nesting_new(device, ioas, &opts, &plain));
	FAILS(iommufd_nesting_commands_arm_smmuv3(plain, list, &count), FEATURE,
	      EOPNOTSUPP);
	ck_assert_uint_eq(count, 0);
	OK(iommufd_nesting_destroy(plain));
	end();
}
END_TEST

/* ---- refusals ------------------------------------------------------------- */

static int is_opcode(const void *entry)
{
	const struct iommufd_arm_smmuv3_command *c = entry;

	return (le64toh(c->cmd[0]) & 0xff) != NO_OPCODE;
}

/* A list of @count good commands, but the one at @bad. */
static uint32_t list_with(uint32_t count, uint32_t bad)
{
	for (uint32_t i = 0; i < count; i++)
		list[i] = command(i == bad ? NO_OPCODE : TLBI_NH_VA, i);
	return count;
}

static uint32_t times_handled(uint32_t of_list)
{
	uint32_t times = 0;

	for (uint32_t i = 0; i < fake.entry_count; i++)
		times += !memcmp(fake.entries + (size_t)i * 16, &list[of_list],
				 16);
	return times;
}

/*
 * Wherever it is, and however many the kernel collects before the hardware gets
 * them.
 */
START_TEST(exact_count)
{
	for (uint32_t bad = 0; bad < MANY; bad++) {
		for (uint32_t collects = 0; collects < 10; collects += 3) {
			uint32_t count = list_with(MANY, bad);
			int ret;

			begin(0);
			fake.entry_ok = is_opcode;
			fake.batch = collects;
			ret = iommufd_nesting_commands_arm_smmuv3(nesting, list,
								  &count);
			FAILS(ret, INVALIDATION_ENTRY, EIO);
			ck_assert_uint_eq(harness_failure(ret).op,
					  IOMMUFD_OP_VIOMMU_INVALIDATE);
			ck_assert_uint_eq(count, bad);
			/* Each of those before it, in the end in order. */
			for (uint32_t i = 0; i < bad; i++)
				check_handled(fake.entry_count - bad + i, i);
			for (uint32_t i = bad; i < MANY; i++)
				ck_assert_uint_eq(times_handled(i), 0);
			end();
		}
	}
}
END_TEST

/* A failure that is none of a command: one by one they pass. */
START_TEST(passing_failure)
{
	uint32_t count = list_with(6, MANY);

	begin(0);
	fake_fail(IOMMUFD_NR_HWPT_INVALIDATE, 1, ENOMEM);
	OK(iommufd_nesting_commands_arm_smmuv3(nesting, list, &count));
	ck_assert_uint_eq(count, 6);
	ck_assert_uint_eq(batches(), 7);
	ck_assert_uint_eq(fake.entry_count, 6);
	end();
}
END_TEST

START_TEST(lasting_failure)
{
	uint32_t count = list_with(6, MANY);
	int ret;

	begin(0);
	fake_fail(IOMMUFD_NR_HWPT_INVALIDATE, 1, ENOMEM);
	fake_fail(IOMMUFD_NR_HWPT_INVALIDATE, 4, ENOENT);
	ret = iommufd_nesting_commands_arm_smmuv3(nesting, list, &count);
	FAILS(ret, OBJECT, ENOENT);
	ck_assert_uint_eq(count, 2);
	ck_assert_uint_eq(fake.entry_count, 2);
	/* A single one is not tried again. */
	count = 1;
	fake_forget();
	fake_fail(IOMMUFD_NR_HWPT_INVALIDATE, 1, EINVAL);
	FAILS(iommufd_nesting_commands_arm_smmuv3(nesting, list, &count),
	      INVALIDATION_REFUSED, EINVAL);
	ck_assert_uint_eq(count, 0);
	ck_assert_uint_eq(batches(), 1);
	end();
}
END_TEST

/* ---- hardware that must be told twice ------------------------------------- */

START_TEST(each_batch_twice)
{
	uint32_t count = LIST(TLBI_NH_VA, ATC_INV, PREFETCH, NSNH_ALL, SYNC);

	begin(REPEAT_FLAG);
	OK(iommufd_nesting_commands_arm_smmuv3(nesting, list, &count));
	ck_assert_uint_eq(count, 4);
	ck_assert_uint_eq(batches(), 4);
	for (uint32_t i = 0; i < 4; i++) {
		check_handled(i, i & 1);
		ck_assert_uint_eq(batch(i + 1), i < 2 ? 2 : 1);
	}
	check_handled(4, 3);
	check_handled(5, 3);
	end();
}
END_TEST

/* What counts as done has been told twice, and what was refused never. */
START_TEST(exact_count_when_told_twice)
{
	for (uint32_t bad = 0; bad < MANY; bad++) {
		for (uint32_t collects = 0; collects < 10; collects += 3) {
			uint32_t count = list_with(MANY, bad);

			begin(REPEAT_FLAG);
			fake.entry_ok = is_opcode;
			fake.batch = collects;
			FAILS(iommufd_nesting_commands_arm_smmuv3(nesting, list,
								  &count),
			      INVALIDATION_ENTRY, EIO);
			ck_assert_uint_eq(count, bad);
			for (uint32_t i = 0; i < MANY; i++)
				if (i < bad)
					ck_assert_uint_ge(times_handled(i), 2);
				else
					ck_assert_uint_eq(times_handled(i), 0);
			end();
		}
	}
}
END_TEST

START_TEST(second_time_fails)
{
	uint32_t count = list_with(3, MANY);

	begin(REPEAT_FLAG);
	fake_fail(IOMMUFD_NR_HWPT_INVALIDATE, 2, ENOMEM);
	OK(iommufd_nesting_commands_arm_smmuv3(nesting, list, &count));
	ck_assert_uint_eq(count, 3);
	for (uint32_t i = 0; i < 3; i++)
		ck_assert_uint_ge(times_handled(i), 2);
	/* And again, one by one: then it counts as not done. */
	count = 3;
	fake_forget();
	fake_fail(IOMMUFD_NR_HWPT_INVALIDATE, 2, ENOMEM);
	fake_fail(IOMMUFD_NR_HWPT_INVALIDATE, 6, ENOMEM);
	FAILS(iommufd_nesting_commands_arm_smmuv3(nesting, list, &count),
	      NO_MEMORY, ENOMEM);
	ck_assert_uint_eq(count, 1);
	end();
}
END_TEST

static const TTest **const which_tests[] = {
	&every_opcode,
	&streams_of_no_device,
	&up_to_the_callers_own,
	&nothing_for_the_kernel,
	&long_list,
	&without_viommu,
	NULL,
};

static const TTest **const refusal_tests[] = {
	&exact_count,
	&passing_failure,
	&lasting_failure,
	NULL,
};

static const TTest **const twice_tests[] = {
	&each_batch_twice,
	&exact_count_when_told_twice,
	&second_time_fails,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "which", .tests = which_tests },
		{ .name = "refusals", .tests = refusal_tests },
		{ .name = "twice", .tests = twice_tests },
	};

	return harness_run("nesting_commands", cases, 3);
}
