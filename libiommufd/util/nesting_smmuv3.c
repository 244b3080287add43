/* SPDX-License-Identifier: MIT */
/* Nested translation on Arm SMMUv3: stream table entries and commands. */
#include "nesting.h"

#include <endian.h>

/* Of word 0 of a stream table entry these tell: V, and the three bits of Cfg. */
#define STE_MEANING 0xfu
/* Unless both are set, V and the highest bit of Cfg, nothing passes. */
#define STE_PASSES SMMUV3_STE_BYPASS

/*
 * What the kernel takes from a guest that translates. Word 0: V, Cfg, S1Fmt,
 * S1ContextPtr, S1CDMax. Word 1: S1DSS, S1CIR, S1COR, S1CSH, S1STALLD, EATS.
 */
#define STE_0_TAKEN UINT64_C(0xf80fffffffffffff)
#define STE_1_TAKEN UINT64_C(0x380000ff)

/*
 * Commands are taken over before they are looked at, so many at a time: they may
 * be the guest's memory, and are to be what they were judged to be.
 */
#define BATCH_MAX 256

/* Opcodes, bits 0 to 7 of a command, that not just go to the kernel. */
enum {
	CMD_PREFETCH_CONFIG = 0x01,
	CMD_PREFETCH_ADDR = 0x02,
	CMD_CFGI_STE = 0x03,
	CMD_CFGI_STE_RANGE = 0x04, /* and CFGI_ALL */
	CMD_CFGI_CD = 0x05,
	CMD_CFGI_CD_ALL = 0x06,
	CMD_ATC_INV = 0x40,
	CMD_PRI_RESP = 0x41,
	CMD_RESUME = 0x44,
	CMD_STALL_TERM = 0x45,
	CMD_SYNC = 0x46,
};

enum action { GIVE, PASS_OVER, LEAVE };

/*
 * Commands are for all streams that a guest can have, and its bridges and what
 * has been unplugged have no device here: nothing is cached of them.
 */
static int has_stream(const struct iommufd_nesting *nesting, uint64_t word)
{
	return iommufd__nested_by_virt_id(nesting, word >> 32) != NULL;
}

static enum action action_for(const struct iommufd_nesting *nesting,
			      const struct iommufd_arm_smmuv3_command *command)
{
	const uint64_t word = le64toh(command->cmd[0]);

	switch (word & 0xff) {
	case CMD_PREFETCH_CONFIG:
	case CMD_PREFETCH_ADDR:
		return PASS_OVER;
	case CMD_CFGI_CD:
	case CMD_CFGI_CD_ALL:
	case CMD_ATC_INV:
		return has_stream(nesting, word) ? GIVE : PASS_OVER;
	case CMD_CFGI_STE:
	case CMD_CFGI_STE_RANGE:
	case CMD_PRI_RESP:
	case CMD_RESUME:
	case CMD_STALL_TERM:
	case CMD_SYNC:
		return LEAVE;
	default:
		return GIVE;
	}
}

/* As often as the hardware must be told. */
static int give(struct iommufd_nesting *nesting,
		const struct iommufd_arm_smmuv3_command *commands,
		uint32_t count)
{
	uint32_t given = count;
	int ret = iommufd_viommu_invalidate_arm_smmuv3(nesting->viommu,
						       commands, &given);

	given = count;
	if (!ret && nesting->repeat)
		ret = iommufd_viommu_invalidate_arm_smmuv3(nesting->viommu,
							   commands, &given);
	return ret;
}

/*
 * Of what the kernel has accepted when it refuses one, some may not have reached
 * the hardware, and its count includes them. So all are given again, one by one:
 * to drop something twice does no harm.
 */
static int give_exactly(struct iommufd_nesting *nesting,
			const struct iommufd_arm_smmuv3_command *commands,
			uint32_t count, uint32_t *done)
{
	struct iommufd_failure failure = { .size = sizeof(failure) };
	int ret;

	iommufd_failure_keep(&failure);
	ret = give(nesting, commands, count);
	*done = ret ? 0 : count;
	if (!ret || count == 1)
		return ret;
	while (*done < count) {
		ret = give(nesting, commands + *done, 1);
		if (ret)
			return ret;
		(*done)++;
	}
	iommufd_failure_set(&failure);
	return 0;
}

/* How many from the first one on go to the kernel together. */
static uint32_t run_of(const struct iommufd_nesting *nesting,
		       const struct iommufd_arm_smmuv3_command *commands,
		       uint32_t count)
{
	uint32_t n = 1;

	while (n < count && action_for(nesting, &commands[n]) == GIVE)
		n++;
	return n;
}

/* How many are done: less than @count after a failure, or before one's own. */
static int do_batch(struct iommufd_nesting *nesting,
		    const struct iommufd_arm_smmuv3_command *commands,
		    uint32_t count, uint32_t *at)
{
	int ret = 0;

	*at = 0;
	while (!ret && *at < count) {
		const struct iommufd_arm_smmuv3_command *next = commands + *at;
		const enum action action = action_for(nesting, next);
		uint32_t done = 1;

		if (action == LEAVE)
			break;
		if (action == GIVE)
			ret = give_exactly(nesting, next,
					   run_of(nesting, next, count - *at),
					   &done);
		*at += done;
	}
	return ret;
}

UTIL_API int iommufd_nesting_commands_arm_smmuv3(
	struct iommufd_nesting *nesting,
	const struct iommufd_arm_smmuv3_command *commands, uint32_t *count)
{
	struct iommufd_arm_smmuv3_command own[BATCH_MAX];
	uint32_t given, taken, done;
	int ret = 0;

	if (!count)
		return iommufd__nesting_refused(IOMMUFD_CAUSE_NULL_POINTER);
	given = *count;
	*count = 0;
	if (!nesting || (given && !commands))
		return iommufd__nesting_refused(IOMMUFD_CAUSE_NULL_POINTER);
	if (nesting->kind != NESTING_SMMUV3 || !nesting->viommu)
		return iommufd__nesting_unsuited();
	while (!ret && *count < given) {
		taken = given - *count;
		if (taken > BATCH_MAX)
			taken = BATCH_MAX;
		iommufd__nesting_fetch(own[0].cmd, commands[*count].cmd,
				       2 * taken);
		ret = do_batch(nesting, own, taken, &done);
		*count += done;
		if (done < taken)
			break;
	}
	return ret;
}

/*
 * The rest of a legal entry is software's, or says what the host decides. With
 * stage 2 in Cfg it is not legal: the kernel sees that and refuses.
 */
static int translate(struct iommufd_nested_device *nested,
		     const uint64_t ste[2])
{
	const uint64_t taken[2] = { ste[0] & htole64(STE_0_TAKEN),
				    ste[1] & htole64(STE_1_TAKEN) };
	const struct iommufd_nested_table table = {
		.type = IOMMUFD_HWPT_DATA_ARM_SMMUV3,
		.length = sizeof(taken),
		.data = taken,
	};

	return iommufd_nested_device_translate(nested, &table);
}

UTIL_API int iommufd_nested_device_set_ste(struct iommufd_nested_device *nested,
					   const uint64_t ste[2])
{
	uint64_t own[2], word;

	if (!nested || !ste)
		return iommufd__nesting_refused(IOMMUFD_CAUSE_NULL_POINTER);
	if (nested->nesting->kind != NESTING_SMMUV3)
		return iommufd__nesting_unsuited();
	/* The guest may write again while we look. */
	iommufd__nesting_fetch(own, ste, 2);
	word = le64toh(own[0]);
	if ((word & STE_PASSES) != STE_PASSES)
		return iommufd_nested_device_abort(nested);
	if ((word & STE_MEANING) == SMMUV3_STE_BYPASS)
		return iommufd_nested_device_bypass(nested);
	return translate(nested, own);
}
