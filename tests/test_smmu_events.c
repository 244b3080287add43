/* SPDX-License-Identifier: MIT */
/*
 * Events of a real SMMUv3: what arrives for each kind of fault, and that nothing
 * is lost without being counted.
 */
#include <endian.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "fixture.h"
#include "smmu.h"

#define FROM   SMMU_IOVA
#define TO     (SMMU_IOVA + GUEST_PAGE)
#define NONE   (SMMU_IOVA + 16 * GUEST_PAGE)
#define LENGTH 256
#define WORD   4    /* one access, and so one fault */
#define WAIT   5000 /* milliseconds until an event must be there */

enum {
	C_BAD_CD = 0x0a,
	F_TRANSLATION = 0x10,
	F_ADDR_SIZE = 0x11,
	F_ACCESS = 0x12,
	F_PERMISSION = 0x13,
};

static uint64_t source, target;
static struct guest_space space;

static void begin_with(uint32_t devices)
{
	smmu_begin(devices);
	source = smmu_memory(GUEST_PAGE);
	target = smmu_memory(GUEST_PAGE);
	space = smmu_space(3, 1);
	smmu_map(&space, FROM, source, GUEST_PAGE, GUEST_READ_ONLY);
	smmu_map(&space, TO, target, GUEST_PAGE, 0);
	for (uint32_t i = 0; i < devices; i++)
		smmu_translate(i, &space);
}

static void setup(void)
{
	begin_with(1);
}

static void setup_two(void)
{
	begin_with(2);
}

static void expect(uint32_t id, uint32_t device, uint64_t address,
		   uint32_t access)
{
	struct iommufd_event_arm_smmuv3_info event;

	ck_assert_uint_eq(smmu_event(&event, WAIT), 0);
	ck_assert_uint_eq(event.id, id);
	ck_assert_uint_eq(event.stream_id, SMMU_STREAM(device));
	ck_assert_uint_eq(event.address, address);
	ck_assert_uint_eq(event.access, access);
}

START_TEST(nothing_there)
{
	edu_read(&smmu.device[0].edu, NONE, WORD);
	expect(F_TRANSLATION, 0, NONE, IOMMUFD_PGFAULT_PERM_READ);
	edu_write(&smmu.device[0].edu, NONE + GUEST_PAGE, WORD);
	expect(F_TRANSLATION, 0, NONE + GUEST_PAGE, IOMMUFD_PGFAULT_PERM_WRITE);
	ck_assert(smmu_finds(0, FROM, TO, source, target));
	smmu_end();
}
END_TEST

/* In the middle of a transfer: the address is that of the first byte. */
START_TEST(address_within_a_page)
{
	edu_read(&smmu.device[0].edu, NONE + 0x128, WORD);
	expect(F_TRANSLATION, 0, NONE + 0x128, IOMMUFD_PGFAULT_PERM_READ);
	smmu_end();
}
END_TEST

START_TEST(not_permitted)
{
	smmu_fill(source, LENGTH);
	edu_write(&smmu.device[0].edu, FROM, WORD);
	expect(F_PERMISSION, 0, FROM, IOMMUFD_PGFAULT_PERM_WRITE);
	edu_read(&smmu.device[0].edu, FROM, LENGTH);
	edu_write(&smmu.device[0].edu, TO, LENGTH);
	ck_assert(smmu_same(source, target, LENGTH));
	smmu_end();
}
END_TEST

/* A context descriptor that is not valid: the event has no address to tell. */
START_TEST(bad_context)
{
	struct iommufd_event_arm_smmuv3_info event;
	uint64_t context = guest_context(&space);
	uint64_t *words = guest_at(&smmu.ram, context);

	words[0] &= htole64(~(UINT64_C(1) << 31));
	OK(smmu_set(0, guest_ste_translate(context)));
	edu_read(&smmu.device[0].edu, FROM, WORD);
	ck_assert_uint_eq(smmu_event(&event, WAIT), 0);
	ck_assert_uint_eq(event.id, C_BAD_CD);
	ck_assert_uint_eq(event.stream_id, SMMU_STREAM(0));
	smmu_end();
}
END_TEST

START_TEST(two_devices)
{
	for (uint32_t i = 0; i < 4; i++) {
		edu_read(&smmu.device[i & 1].edu, NONE + i * GUEST_PAGE, WORD);
		expect(F_TRANSLATION, i & 1, NONE + i * GUEST_PAGE,
		       IOMMUFD_PGFAULT_PERM_READ);
	}
	smmu_end();
}
END_TEST

/* Nothing of a device that is refused everything. */
START_TEST(none_in_abort)
{
	struct iommufd_event_arm_smmuv3_info event;

	OK(smmu_set(0, guest_ste_abort()));
	edu_read(&smmu.device[0].edu, FROM, LENGTH);
	smmu_event(&event, 300);
	ck_assert_uint_eq(event.id, 0);
	smmu_end();
}
END_TEST

/* Of many faults in a row the queue keeps as many as it has room for. */
START_TEST(burst)
{
	struct iommufd_event_arm_smmuv3_info event;
	uint64_t got = 0, lost = 0, later;

	for (uint32_t i = 0; i < SMMU_DEPTH + 8; i++)
		edu_read(&smmu.device[0].edu, NONE, WORD);
	for (;;) {
		lost += smmu_event(&event, 300);
		if (!event.id)
			break;
		ck_assert_uint_eq(event.id, F_TRANSLATION);
		got++;
	}
	ck_assert_uint_ge(got, SMMU_DEPTH);
	/* What was lost is exact when a later one has come. */
	edu_read(&smmu.device[0].edu, NONE, WORD);
	later = smmu_event(&event, WAIT);
	ck_assert_uint_eq(event.id, F_TRANSLATION);
	ck_assert_uint_eq(got + lost + later, SMMU_DEPTH + 8);
	smmu_end();
}
END_TEST

/* ---- a loop with poll(2), while DMA goes on ---------------------------------- */

static atomic_int stopping;
static atomic_uint heard;

static void *listen(void *unused)
{
	struct iommufd_event_arm_smmuv3_info event;
	uint64_t lost = 0;

	(void)unused;
	while (!atomic_load(&stopping)) {
		lost += smmu_event(&event, 50);
		if (event.id)
			atomic_fetch_add(&heard, 1);
	}
	return (void *)(uintptr_t)lost;
}

START_TEST(loop_during_dma)
{
	pthread_t thread;
	void *lost;

	ck_assert_int_eq(pthread_create(&thread, NULL, listen, NULL), 0);
	for (uint32_t i = 0; i < 10; i++) {
		ck_assert(smmu_finds(0, FROM, TO, source, target));
		edu_read(&smmu.device[0].edu, NONE, WORD);
	}
	for (int i = 0; i < 100 && atomic_load(&heard) < 10; i++)
		usleep(50000);
	atomic_store(&stopping, 1);
	ck_assert_int_eq(pthread_join(thread, &lost), 0);
	ck_assert_ptr_null(lost);
	ck_assert_uint_eq(atomic_load(&heard), 10);
	smmu_end();
}
END_TEST

static const TTest **const one[] = {
	&nothing_there,	  &address_within_a_page,
	&not_permitted,	  &bad_context,
	&none_in_abort,	  &burst,
	&loop_during_dma, NULL,
};

static const TTest **const two[] = { &two_devices, NULL };

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "events", .setup = setup, .tests = one },
		{ .name = "devices", .setup = setup_two, .tests = two },
	};

	return harness_run("smmu_events", cases, 2);
}
