/* SPDX-License-Identifier: MIT */
/*
 * Virtual events taken apart, against a table of the fields of the Arm SMMUv3
 * event record that is written down here once more. Needs no iommufd.
 */
#include <string.h>

#include "harness.h"
#include "records.h"

/* The bits of the 256-bit record, as the architecture numbers them. */
struct field {
	unsigned int first, count;
};

static const struct field id = { 0, 8 };
static const struct field substream_valid = { 11, 1 };
static const struct field substream = { 12, 20 };
static const struct field stream = { 32, 32 };
static const struct field stag = { 64, 16 };
static const struct field reason = { 64, 16 };
static const struct field stall = { 95, 1 };
static const struct field privileged = { 97, 1 };
static const struct field instruction = { 98, 1 };
static const struct field read_not_write = { 99, 1 };
static const struct field stage2 = { 103, 1 };
static const struct field class_of = { 104, 2 };
static const struct field address = { 128, 64 };
static const struct field ipa = { 204, 44 };

#define DELIVERED 1 /* Linux gives it to guests */
#define ACCESS	  2 /* tells of an access */
#define REASON	  4
#define SUBSTREAM 8 /* always has one */

static const struct {
	const char *name;
	uint8_t id;
	unsigned int what;
} smmu_events[] = {
	{ "F_UUT", 0x01, REASON },
	{ "C_BAD_STREAMID", 0x02, 0 },
	{ "F_STE_FETCH", 0x03, REASON },
	{ "C_BAD_STE", 0x04, DELIVERED },
	{ "F_BAD_ATS_TREQ", 0x05, 0 },
	{ "F_STREAM_DISABLED", 0x06, DELIVERED },
	{ "F_TRANSL_FORBIDDEN", 0x07, 0 },
	{ "C_BAD_SUBSTREAMID", 0x08, DELIVERED | SUBSTREAM },
	{ "F_CD_FETCH", 0x09, REASON },
	{ "C_BAD_CD", 0x0a, DELIVERED },
	{ "F_WALK_EABT", 0x0b, REASON },
	{ "F_TRANSLATION", 0x10, DELIVERED | ACCESS },
	{ "F_ADDR_SIZE", 0x11, DELIVERED | ACCESS },
	{ "F_ACCESS", 0x12, DELIVERED | ACCESS },
	{ "F_PERMISSION", 0x13, DELIVERED | ACCESS },
	{ "F_TLB_CONFLICT", 0x20, REASON },
	{ "F_CFG_CONFLICT", 0x21, REASON },
	{ "E_PAGE_REQUEST", 0x24, 0 },
	{ "F_VMS_FETCH", 0x25, REASON },
};

#define EVENTS (sizeof(smmu_events) / sizeof(smmu_events[0]))

static const char *name_of(uint32_t number, unsigned int *what)
{
	for (size_t i = 0; i < EVENTS; i++) {
		if (smmu_events[i].id != number)
			continue;
		*what = smmu_events[i].what;
		return smmu_events[i].name;
	}
	*what = 0;
	return "UNKNOWN";
}

/* Bit by bit, from the bytes as they are in memory. */
static uint64_t get(const unsigned char *bytes, struct field field)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < field.count; i++) {
		unsigned int bit = field.first + i;

		value |= (uint64_t)(bytes[bit / 8] >> bit % 8 & 1) << i;
	}
	return value;
}

static void set(unsigned char *bytes, struct field field, uint64_t value)
{
	for (unsigned int i = 0; i < field.count; i++) {
		unsigned int bit = field.first + i;

		bytes[bit / 8] &= (unsigned char)~(1u << bit % 8);
		bytes[bit / 8] |= (unsigned char)((value >> i & 1) << bit % 8);
	}
}

static struct iommufd_event_info event_of(const void *data, uint32_t type,
					  uint32_t length)
{
	return (struct iommufd_event_info){
		.size = sizeof(struct iommufd_event_info),
		.kind = IOMMUFD_EVENT_RECORD,
		.type = type,
		.length = length,
		.data = data,
	};
}

static struct iommufd_event_arm_smmuv3_info decode(const void *bytes)
{
	const struct iommufd_event_info event =
		event_of(bytes, IOMMUFD_VEVENTQ_ARM_SMMUV3, 32);
	struct iommufd_event_arm_smmuv3_info info;

	memset(&info, 0xa5, sizeof(info));
	info.size = sizeof(info);
	OK(iommufd_event_arm_smmuv3(&event, &info));
	return info;
}

static uint32_t access_of(const unsigned char *bytes)
{
	uint32_t bits = 0;

	if (get(bytes, read_not_write))
		bits |= IOMMUFD_PGFAULT_PERM_READ;
	else
		bits |= IOMMUFD_PGFAULT_PERM_WRITE;
	if (get(bytes, instruction))
		bits |= IOMMUFD_PGFAULT_PERM_EXEC;
	if (get(bytes, privileged))
		bits |= IOMMUFD_PGFAULT_PERM_PRIV;
	return bits;
}

static void check_access(const unsigned char *bytes,
			 const struct iommufd_event_arm_smmuv3_info *info,
			 int has)
{
	int second = has && get(bytes, stage2);
	uint32_t flags = 0;

	if (has && get(bytes, stall))
		flags |= IOMMUFD_EVENT_ARM_SMMUV3_STALL;
	if (second)
		flags |= IOMMUFD_EVENT_ARM_SMMUV3_STAGE2;
	ck_assert_int_eq(!!(info->valid & IOMMUFD_EVENT_ARM_SMMUV3_ACCESS),
			 has);
	ck_assert_int_eq(!!(info->valid & IOMMUFD_EVENT_ARM_SMMUV3_IPA),
			 second);
	ck_assert_uint_eq(info->flags, flags);
	ck_assert_uint_eq(info->access, has ? access_of(bytes) : 0);
	ck_assert_uint_eq(info->class_, has ? get(bytes, class_of) : 0);
	ck_assert_uint_eq(info->stag, has ? get(bytes, stag) : 0);
	ck_assert_uint_eq(info->address, has ? get(bytes, address) : 0);
	ck_assert_uint_eq(info->ipa, second ? get(bytes, ipa) << 12 : 0);
}

static void check(const unsigned char *bytes)
{
	const struct iommufd_event_arm_smmuv3_info info = decode(bytes);
	unsigned int what;
	const char *name = name_of(info.id, &what);
	int has = get(bytes, substream_valid) || what & SUBSTREAM;
	const struct field words[] = {
		{ 0, 64 }, { 64, 64 }, { 128, 64 }, { 192, 64 }
	};

	ck_assert_uint_eq(info.size, sizeof(info));
	ck_assert_uint_eq(info.id, get(bytes, id));
	ck_assert_str_eq(iommufd_event_arm_smmuv3_name(info.id), name);
	ck_assert_uint_eq(info.stream_id, get(bytes, stream));
	ck_assert_int_eq(!!(info.valid & IOMMUFD_EVENT_ARM_SMMUV3_SUBSTREAM),
			 has);
	ck_assert_uint_eq(info.substream_id, has ? get(bytes, substream) : 0);
	has = what & REASON;
	ck_assert_int_eq(info.valid & IOMMUFD_EVENT_ARM_SMMUV3_REASON,
			 has ? IOMMUFD_EVENT_ARM_SMMUV3_REASON : 0);
	ck_assert_uint_eq(info.reason, has ? get(bytes, reason) : 0);
	check_access(bytes, &info, !!(what & ACCESS));
	for (int i = 0; i < 4; i++)
		ck_assert_uint_eq(info.record[i], get(bytes, words[i]));
}

/* One bit at a time, in every event that has a name, and some without. */
START_TEST(smmu_every_bit)
{
	for (unsigned int number = 0; number < 0x28; number++) {
		for (unsigned int bit = 8; bit < 256; bit++) {
			unsigned char bytes[33] = { 0 };

			set(bytes + 1, id, number);
			bytes[1 + bit / 8] |= (unsigned char)(1u << bit % 8);
			check(bytes + 1); /* not aligned */
		}
	}
}
END_TEST

START_TEST(smmu_random_records)
{
	for (int round = 0; round < 4000; round++) {
		unsigned char bytes[32];

		for (int i = 0; i < 32; i++)
			bytes[i] = (unsigned char)record_random();
		set(bytes, id, smmu_events[record_random() % EVENTS].id);
		check(bytes);
	}
}
END_TEST

/* One record in full. */
START_TEST(smmu_by_hand)
{
	const uint64_t words[4] = {
		UINT64_C(0x0000001000123810), /* SSID 0x123 of stream 0x10 */
		UINT64_C(0x0000028a8000beef), /* stall, PnU, RnW, S2, input */
		UINT64_C(0xffff00001234abcd),
		UINT64_C(0x0000000087654000),
	};
	struct iommufd_event_arm_smmuv3_info info;
	unsigned char bytes[32];

	for (unsigned int i = 0; i < 32; i++)
		bytes[i] = (unsigned char)(words[i / 8] >> i % 8 * 8);
	info = decode(bytes);
	ck_assert_str_eq(iommufd_event_arm_smmuv3_name(info.id),
			 "F_TRANSLATION");
	ck_assert_uint_eq(info.valid, IOMMUFD_EVENT_ARM_SMMUV3_SUBSTREAM |
					      IOMMUFD_EVENT_ARM_SMMUV3_ACCESS |
					      IOMMUFD_EVENT_ARM_SMMUV3_IPA);
	ck_assert_uint_eq(info.stream_id, 0x10);
	ck_assert_uint_eq(info.substream_id, 0x123);
	ck_assert_uint_eq(info.flags, IOMMUFD_EVENT_ARM_SMMUV3_STALL |
					      IOMMUFD_EVENT_ARM_SMMUV3_STAGE2);
	ck_assert_uint_eq(info.access, IOMMUFD_PGFAULT_PERM_READ |
					       IOMMUFD_PGFAULT_PERM_PRIV);
	ck_assert_uint_eq(info.class_, IOMMUFD_EVENT_ARM_SMMUV3_CLASS_INPUT);
	ck_assert_uint_eq(info.stag, 0xbeef);
	ck_assert_uint_eq(info.address, UINT64_C(0xffff00001234abcd));
	ck_assert_uint_eq(info.ipa, 0x87654000);
	ck_assert_mem_eq(info.record, words, sizeof(words));
}
END_TEST

START_TEST(smmu_names)
{
	unsigned int what, delivered = 0, known = 0;

	for (uint32_t number = 0; number < 300; number++) {
		const char *name = name_of(number, &what);

		ck_assert_str_eq(iommufd_event_arm_smmuv3_name(number), name);
		known += strcmp(name, "UNKNOWN") != 0;
		delivered += what & DELIVERED;
	}
	ck_assert_uint_eq(known, EVENTS);
	ck_assert_uint_eq(delivered, 8);
	ck_assert_str_eq(iommufd_event_arm_smmuv3_name(0x110), "UNKNOWN");
	ck_assert_str_eq(iommufd_event_arm_smmuv3_name(UINT32_MAX), "UNKNOWN");
}
END_TEST

START_TEST(tegra)
{
	unsigned char bytes[17] = { 0 };
	const struct iommufd_event_info event = event_of(
		bytes + 1, IOMMUFD_VEVENTQ_TEGRA241_CMDQV, sizeof(bytes) - 1);
	struct iommufd_event_tegra241_cmdqv_info info = { .size = sizeof(
								  info) };

	OK(iommufd_event_tegra241_cmdqv(&event, &info));
	ck_assert_uint_eq(info.count, 0);
	for (unsigned int queue = 0; queue < 128; queue++) {
		bytes[1 + queue / 8] |= (unsigned char)(1u << queue % 8);
		OK(iommufd_event_tegra241_cmdqv(&event, &info));
		ck_assert_uint_eq(info.count, queue + 1);
		ck_assert_uint_eq(info.queues[queue / 64] >> queue % 64, 1);
		ck_assert_uint_eq(info.queues[1],
				  queue < 64 ? 0 : info.queues[1]);
	}
	ck_assert_uint_eq(info.queues[0], UINT64_MAX);
}
END_TEST

START_TEST(others)
{
	unsigned char bytes[32] = { 0 };
	const struct iommufd_event_info smmu =
		event_of(bytes, IOMMUFD_VEVENTQ_ARM_SMMUV3, 32);
	const struct iommufd_event_info queues =
		event_of(bytes, IOMMUFD_VEVENTQ_TEGRA241_CMDQV, 16);
	struct iommufd_event_tegra241_cmdqv_info tegra_info = {
		.size = sizeof(tegra_info)
	};
	struct iommufd_event_arm_smmuv3_info info = { .size = sizeof(info) };
	struct iommufd_event_info event;

	FAILS(iommufd_event_arm_smmuv3(NULL, &info), NULL_POINTER, EINVAL);
	FAILS(iommufd_event_arm_smmuv3(&smmu, NULL), NULL_POINTER, EINVAL);
	FAILS(iommufd_event_arm_smmuv3(&queues, &info), BAD_VALUE, EINVAL);
	FAILS(iommufd_event_tegra241_cmdqv(NULL, &tegra_info), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_event_tegra241_cmdqv(&queues, NULL), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_event_tegra241_cmdqv(&smmu, &tegra_info), BAD_VALUE,
	      EINVAL);
	event = smmu;
	event.length = 31;
	FAILS(iommufd_event_arm_smmuv3(&event, &info), RECORD_SHORT, EMSGSIZE);
	event = queues;
	event.length = 15;
	FAILS(iommufd_event_tegra241_cmdqv(&event, &tegra_info), RECORD_SHORT,
	      EMSGSIZE);
	event = smmu;
	event.kind = IOMMUFD_EVENT_LOST;
	FAILS(iommufd_event_arm_smmuv3(&event, &info), BAD_VALUE, EINVAL);
	event = smmu;
	event.data = NULL;
	FAILS(iommufd_event_arm_smmuv3(&event, &info), NULL_POINTER, EINVAL);
	/* A newer kernel's longer event is taken by what is known of it. */
	event = smmu;
	event.length = 40;
	OK(iommufd_event_arm_smmuv3(&event, &info));
}
END_TEST

/* The reader knows how long both are. */
START_TEST(through_the_reader)
{
	const struct iommufd_vevent_arm_smmuv3 smmu = { { 0x13 } };
	const struct iommufd_vevent_tegra241_cmdqv queues = { { 1, 1 } };
	struct iommufd_event_arm_smmuv3_info info = { .size = sizeof(info) };
	struct iommufd_event_tegra241_cmdqv_info tegra_info = {
		.size = sizeof(tegra_info)
	};
	struct records records = { NULL, 0 };
	struct iommufd_event_reader reader;
	struct iommufd_event_info event;

	records_add(&records, 0, &smmu, sizeof(smmu));
	records_add(&records, 1, &smmu, sizeof(smmu));
	reader = records_reader(&records, IOMMUFD_VEVENTQ_ARM_SMMUV3, 0);
	for (int i = 0; i < 2; i++) {
		event = record_next(&reader);
		ck_assert_uint_eq(event.length, 32);
		OK(iommufd_event_arm_smmuv3(&event, &info));
	}
	records_free(&records);
	records_add(&records, 0, &queues, sizeof(queues));
	records_add(&records, 3, NULL, 0);
	reader = records_reader(&records, IOMMUFD_VEVENTQ_TEGRA241_CMDQV, 0);
	event = record_next(&reader);
	ck_assert_uint_eq(event.length, 16);
	OK(iommufd_event_tegra241_cmdqv(&event, &tegra_info));
	ck_assert_uint_eq(tegra_info.count, 2);
	ck_assert_uint_eq(record_next(&reader).lost, 3);
	records_free(&records);
}
END_TEST

static const TTest **const tests[] = {
	&smmu_every_bit,
	&smmu_random_records,
	&smmu_by_hand,
	&smmu_names,
	&tegra,
	&others,
	&through_the_reader,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "types", .tests = tests },
	};

	return harness_run("events_decode", cases, 1);
}
