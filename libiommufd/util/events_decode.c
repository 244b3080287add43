/* SPDX-License-Identifier: MIT */
/* Virtual events by their types. */
#include "events.h"

/* sizeof in 0.1.0. */
#define ARM_SMMUV3_MIN	   88
#define TEGRA241_CMDQV_MIN 24

_Static_assert(sizeof(struct iommufd_event_arm_smmuv3_info) >= ARM_SMMUV3_MIN,
	       "grown");
_Static_assert(sizeof(struct iommufd_event_tegra241_cmdqv_info) >=
		       TEGRA241_CMDQV_MIN,
	       "grown");

/* The hardware's words are little-endian, whatever this machine is. */
static uint64_t word(const void *data, uint32_t index)
{
	const unsigned char *bytes = (const unsigned char *)data + 8 * index;
	uint64_t value = 0;

	for (int i = 7; i >= 0; i--)
		value = value << 8 | bytes[i];
	return value;
}

static uint32_t bits(uint64_t value, unsigned int low, unsigned int count)
{
	return (uint32_t)(value >> low & ((UINT64_C(1) << count) - 1));
}

/* 0 or the cause why it is no event of @type with @length bytes. */
static uint32_t check(const struct iommufd_event_info *event, uint32_t type,
		      uint32_t length)
{
	struct iommufd_event_info known;
	uint32_t cause;

	if (!event)
		return IOMMUFD_CAUSE_NULL_POINTER;
	cause = iommufd__util_opts_load(&known, sizeof(known), event,
					EVENT_MIN);
	if (cause)
		return cause;
	if (known.kind != IOMMUFD_EVENT_RECORD || known.type != type)
		return IOMMUFD_CAUSE_BAD_VALUE;
	if (!known.data)
		return IOMMUFD_CAUSE_NULL_POINTER;
	return known.length < length ? IOMMUFD_CAUSE_RECORD_SHORT : 0;
}

static const struct {
	uint32_t id;
	uint32_t valid; /* of what not every event has */
	const char *name;
} smmuv3_events[] = {
	{ 0x01, IOMMUFD_EVENT_ARM_SMMUV3_REASON, "F_UUT" },
	{ 0x02, 0, "C_BAD_STREAMID" },
	{ 0x03, IOMMUFD_EVENT_ARM_SMMUV3_REASON, "F_STE_FETCH" },
	{ 0x04, 0, "C_BAD_STE" },
	{ 0x05, 0, "F_BAD_ATS_TREQ" },
	{ 0x06, 0, "F_STREAM_DISABLED" },
	{ 0x07, 0, "F_TRANSL_FORBIDDEN" },
	{ 0x08, IOMMUFD_EVENT_ARM_SMMUV3_SUBSTREAM, "C_BAD_SUBSTREAMID" },
	{ 0x09, IOMMUFD_EVENT_ARM_SMMUV3_REASON, "F_CD_FETCH" },
	{ 0x0a, 0, "C_BAD_CD" },
	{ 0x0b, IOMMUFD_EVENT_ARM_SMMUV3_REASON, "F_WALK_EABT" },
	{ 0x10, IOMMUFD_EVENT_ARM_SMMUV3_ACCESS, "F_TRANSLATION" },
	{ 0x11, IOMMUFD_EVENT_ARM_SMMUV3_ACCESS, "F_ADDR_SIZE" },
	{ 0x12, IOMMUFD_EVENT_ARM_SMMUV3_ACCESS, "F_ACCESS" },
	{ 0x13, IOMMUFD_EVENT_ARM_SMMUV3_ACCESS, "F_PERMISSION" },
	{ 0x20, IOMMUFD_EVENT_ARM_SMMUV3_REASON, "F_TLB_CONFLICT" },
	{ 0x21, IOMMUFD_EVENT_ARM_SMMUV3_REASON, "F_CFG_CONFLICT" },
	{ 0x24, 0, "E_PAGE_REQUEST" },
	{ 0x25, IOMMUFD_EVENT_ARM_SMMUV3_REASON, "F_VMS_FETCH" },
};

#define SMMUV3_EVENTS (sizeof(smmuv3_events) / sizeof(smmuv3_events[0]))

/* Where in the table an event is; behind its end for an unknown one. */
static size_t smmuv3_index(uint32_t id)
{
	size_t i = 0;

	while (i < SMMUV3_EVENTS && smmuv3_events[i].id != id)
		i++;
	return i;
}

UTIL_API const char *iommufd_event_arm_smmuv3_name(uint32_t id)
{
	size_t i = smmuv3_index(id);

	return i < SMMUV3_EVENTS ? smmuv3_events[i].name : "UNKNOWN";
}

/* The second to fourth word of an access that was refused. */
static void smmuv3_access(struct iommufd_event_arm_smmuv3_info *info)
{
	const uint64_t why = info->record[1];

	info->stag = bits(why, 0, 16);
	info->flags |= bits(why, 31, 1) ? IOMMUFD_EVENT_ARM_SMMUV3_STALL : 0;
	info->access |= bits(why, 33, 1) ? IOMMUFD_PGFAULT_PERM_PRIV : 0;
	info->access |= bits(why, 34, 1) ? IOMMUFD_PGFAULT_PERM_EXEC : 0;
	info->access |= bits(why, 35, 1) ? IOMMUFD_PGFAULT_PERM_READ
					 : IOMMUFD_PGFAULT_PERM_WRITE;
	info->class_ = bits(why, 40, 2);
	info->address = info->record[2];
	if (bits(why, 39, 1)) {
		info->flags |= IOMMUFD_EVENT_ARM_SMMUV3_STAGE2;
		info->valid |= IOMMUFD_EVENT_ARM_SMMUV3_IPA;
		info->ipa = info->record[3] & UINT64_C(0xfffffffffff000);
	}
}

static void smmuv3_decode(struct iommufd_event_arm_smmuv3_info *info)
{
	const uint64_t what = info->record[0];
	size_t i;

	info->id = bits(what, 0, 8);
	info->stream_id = bits(what, 32, 32);
	i = smmuv3_index(info->id);
	info->valid = i < SMMUV3_EVENTS ? smmuv3_events[i].valid : 0;
	if (bits(what, 11, 1))
		info->valid |= IOMMUFD_EVENT_ARM_SMMUV3_SUBSTREAM;
	if (info->valid & IOMMUFD_EVENT_ARM_SMMUV3_SUBSTREAM)
		info->substream_id = bits(what, 12, 20);
	if (info->valid & IOMMUFD_EVENT_ARM_SMMUV3_REASON)
		info->reason = bits(info->record[1], 0, 16);
	if (info->valid & IOMMUFD_EVENT_ARM_SMMUV3_ACCESS)
		smmuv3_access(info);
}

UTIL_API int iommufd_event_arm_smmuv3(
	const struct iommufd_event_info *event,
	struct iommufd_event_arm_smmuv3_info *info)
{
	struct iommufd_event_arm_smmuv3_info known = { .size = sizeof(known) };
	uint32_t cause = check(event, IOMMUFD_VEVENTQ_ARM_SMMUV3,
			       sizeof(struct iommufd_vevent_arm_smmuv3));

	if (!cause)
		cause = iommufd__util_in_check(info, ARM_SMMUV3_MIN);
	if (cause)
		return iommufd__util_refused(IOMMUFD_OP_EVENTS, cause);
	for (uint32_t i = 0; i < 4; i++)
		known.record[i] = word(event->data, i);
	smmuv3_decode(&known);
	iommufd__util_out_store(info, &known, sizeof(known));
	return 0;
}

UTIL_API int iommufd_event_tegra241_cmdqv(
	const struct iommufd_event_info *event,
	struct iommufd_event_tegra241_cmdqv_info *info)
{
	struct iommufd_event_tegra241_cmdqv_info known = {
		.size = sizeof(known),
	};
	uint32_t cause = check(event, IOMMUFD_VEVENTQ_TEGRA241_CMDQV,
			       sizeof(struct iommufd_vevent_tegra241_cmdqv));

	if (!cause)
		cause = iommufd__util_in_check(info, TEGRA241_CMDQV_MIN);
	if (cause)
		return iommufd__util_refused(IOMMUFD_OP_EVENTS, cause);
	for (uint32_t i = 0; i < 2; i++)
		known.queues[i] = word(event->data, i);
	for (unsigned int i = 0; i < 128; i++)
		known.count += bits(known.queues[i / 64], i % 64, 1);
	iommufd__util_out_store(info, &known, sizeof(known));
	return 0;
}
