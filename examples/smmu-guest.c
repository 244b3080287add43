/* SPDX-License-Identifier: MIT */
/*
 * smmu-guest: a small guest with an SMMUv3 of its own, and a real device that does
 * DMA through the page tables that the guest writes. What the guest does is told
 * here, step by step; its driver is in smmu-guest-driver.c and -tables.c, its VMM
 * in smmu-guest-vmm.c.
 */
#include <endian.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "smmu-guest.h"

#define STREAM 0x20 /* of the device, as the guest knows it */
#define LENGTH 256u /* of a transfer */
#define WORD   4u   /* of one that is but one access, and one fault */

/* Where the guest's driver lets its device read and write. */
#define IOVA_SOURCE UINT64_C(0x4000000)
#define IOVA_TARGET UINT64_C(0x4001000)
#define IOVA_BLOCK  UINT64_C(0x4200000)
#define IOVA_NONE   UINT64_C(0x5000000)

static struct vmm vmm;
static struct driver driver;
static struct engine engine;
static struct guest_space first, second;
static uint64_t first_context, second_context;
static uint64_t source, target, other, block;
static uint32_t unexpected;

static const char *why(int ret)
{
	static char text[512];

	iommufd_explain(ret, vmm.ctx, text, sizeof(text));
	return text;
}

static void check(const char *what, int ret)
{
	if (!ret)
		return;
	fprintf(stderr, "smmu-guest: %s: %s\n", what, why(ret));
	exit(1);
}

static void need_memory(int there_is)
{
	if (there_is)
		return;
	fprintf(stderr, "smmu-guest: the guest's memory is full\n");
	exit(1);
}

static void tell(const char *what)
{
	printf("\nThe %s.\n", what);
}

static void expect(int is, const char *what)
{
	printf("  device   %s%s\n", is ? "" : "DOES NOT: ", what);
	unexpected += !is;
}

/* --- DMA, both ways ---------------------------------------------------------- */

/* Bytes that have never been there before. */
static void fill(uint64_t address)
{
	static uint32_t seed = 1;
	uint8_t *bytes = guest_at(&vmm.ram, address);

	for (uint32_t i = 0; i < LENGTH; i++) {
		seed = seed * 1664525 + 1013904223;
		bytes[i] = (uint8_t)(seed >> 24);
	}
}

/* What the device reads at @from it writes at @to. */
static void copy(uint64_t from, uint64_t to)
{
	engine_read(&engine, from, LENGTH);
	engine_write(&engine, to, LENGTH);
}

static int same(uint64_t address, uint64_t as)
{
	return !memcmp(guest_at(&vmm.ram, address), guest_at(&vmm.ram, as),
		       LENGTH);
}

/* DMA by these addresses arrives in the guest's source and target. */
static int finds(uint64_t by_source, uint64_t by_target)
{
	fill(source);
	fill(target);
	copy(by_source, by_target);
	return same(source, target);
}

static int is_refused(uint64_t by_source, uint64_t by_target)
{
	return !finds(by_source, by_target);
}

/* --- faults -------------------------------------------------------------------- */

/* Take what is in the event queue of the guest. */
static uint32_t tell_events(uint32_t type, uint64_t address)
{
	struct iommufd_event_arm_smmuv3_info info = { .size = sizeof(info) };
	uint64_t record[4];
	struct iommufd_event_info event = {
		.size = sizeof(event),
		.kind = IOMMUFD_EVENT_RECORD,
		.type = IOMMUFD_VEVENTQ_ARM_SMMUV3,
		.length = sizeof(record),
		.data = record,
	};
	uint32_t count = 0;

	while (driver_event(&driver, record)) {
		check("event", iommufd_event_arm_smmuv3(&event, &info));
		printf("  guest    has an event: %s, stream 0x%" PRIx32,
		       iommufd_event_arm_smmuv3_name(info.id), info.stream_id);
		if (info.access)
			printf(", %s of 0x%" PRIx64,
			       info.access & IOMMUFD_PGFAULT_PERM_WRITE
				       ? "write"
				       : "read",
			       info.address);
		printf("\n");
		count += info.id == type && info.stream_id == STREAM &&
			 info.address == address;
		unexpected += info.id != type;
	}
	return count;
}

static void hear(uint32_t type, uint64_t address)
{
	struct pollfd input = { .fd = iommufd_veventq_fd(
					iommufd_nesting_veventq(vmm.nesting)),
				.events = POLLIN };
	uint64_t lost = 0;

	if (poll(&input, 1, 5000) == 1)
		check("events", vmm_events(&vmm, &lost));
	expect(tell_events(type, address) == 1 && !lost,
	       "is reported once, by the guest's own number");
}

/* --- the story ------------------------------------------------------------------ */

static void boot(const char *address)
{
	vmm.stream = STREAM;
	check("begin", vmm_begin(&vmm, address));
	check("device", engine_begin(&engine, vmm.file));
	source = guest_pages(&vmm.ram, GUEST_PAGE);
	target = guest_pages(&vmm.ram, GUEST_PAGE);
	other = guest_pages(&vmm.ram, GUEST_PAGE);
	block = guest_pages(&vmm.ram, GUEST_BLOCK);
	need_memory(source && target && other && block);
	tell("guest boots; firmware uses no IOMMU");
	expect(finds(source, target), "goes to guest physical addresses");
}

static void switch_on(void)
{
	tell("guest switches its SMMU on, with an empty stream table");
	check("SMMU on", driver_begin(&driver, &vmm));
	expect(is_refused(source, target), "is refused");

	tell("guest writes an entry for bypass");
	check("bypass", driver_stream(&driver, STREAM, guest_ste_bypass()));
	expect(finds(source, target), "goes to guest physical addresses");
}

static void make_space(struct guest_space *space, uint32_t levels,
		       uint16_t asid, uint64_t *context)
{
	need_memory(!guest_space_begin(space, &vmm.ram, levels, asid) &&
		    (*context = guest_context(space)));
}

static void translate(void)
{
	make_space(&first, 3, 1, &first_context);
	need_memory(!guest_map(&first, IOVA_SOURCE, source, GUEST_PAGE,
			       GUEST_READ_ONLY) &&
		    !guest_map(&first, IOVA_TARGET, target, GUEST_PAGE, 0) &&
		    !guest_map(&first, IOVA_BLOCK, block, GUEST_BLOCK, 0));
	tell("guest gives the device an address space with two pages and a "
	     "block");
	check("translate", driver_stream(&driver, STREAM,
					 guest_ste_translate(first_context)));
	expect(finds(IOVA_SOURCE, IOVA_TARGET),
	       "goes through the guest's table and the host's");
	fill(block + 0x12000);
	copy(IOVA_BLOCK + 0x12000, IOVA_TARGET);
	expect(same(block + 0x12000, target), "finds the block");
}

static void remap(void)
{
	const guest_command drop = guest_drop(first.asid, IOVA_TARGET);

	tell("guest moves a page, and has the old translation dropped");
	need_memory(!guest_map(&first, IOVA_TARGET, other, GUEST_PAGE, 0));
	check("invalidate", driver_give(&driver, &drop, 1));
	fill(source);
	fill(target);
	copy(IOVA_SOURCE, IOVA_TARGET);
	expect(same(source, other) && !same(source, target),
	       "goes to the new page, and not to the old one");
}

static void do_wrong(void)
{
	tell("device reads where nothing is");
	engine_read(&engine, IOVA_NONE, WORD);
	hear(SMMU_F_TRANSLATION, IOVA_NONE);

	tell("device writes to what it may only read");
	engine_write(&engine, IOVA_SOURCE, WORD);
	hear(SMMU_F_PERMISSION, IOVA_SOURCE);
}

/*
 * A stage 2 is not the guest's. The library leaves in force what was, which is
 * more than a real SMMU would let through: that is the VMM's to take away.
 */
static void make_a_mistake(void)
{
	const uint64_t stage2 = UINT64_C(2) << 1;
	struct guest_ste ste = guest_ste_translate(first_context);
	int ret;

	tell("guest writes an entry with a stage 2");
	ste.word[0] |= htole64(stage2);
	ret = driver_stream(&driver, STREAM, ste);
	if (ret)
		printf("  vmm      %s\n", why(ret));
	else
		expect(0, "is refused");
	fill(source);
	copy(IOVA_SOURCE, IOVA_TARGET);
	expect(same(source, other), "goes on as before");

	tell("VMM refuses the stream, as an SMMU does that cannot use an "
	     "entry");
	check("abort", vmm_bad_stream(&vmm));
	fill(source);
	copy(IOVA_SOURCE, IOVA_TARGET);
	expect(!same(source, other), "is refused");
	expect(tell_events(SMMU_C_BAD_STE, 0) == 1,
	       "is reported, with the entry to blame");
}

static void another_space(void)
{
	make_space(&second, 4, 2, &second_context);
	need_memory(!guest_map(&second, IOVA_SOURCE, block, GUEST_PAGE, 0) &&
		    !guest_map(&second, IOVA_TARGET, target, GUEST_PAGE, 0));
	tell("guest gives the device another address space");
	check("translate", driver_stream(&driver, STREAM,
					 guest_ste_translate(second_context)));
	fill(block);
	copy(IOVA_SOURCE, IOVA_TARGET);
	expect(same(block, target), "finds other memory at the same addresses");
}

static void reset(void)
{
	tell("guest takes the entry away");
	check("abort", driver_stream(&driver, STREAM, guest_ste_abort()));
	expect(is_refused(IOVA_SOURCE, IOVA_TARGET) &&
		       is_refused(source, target),
	       "is refused");

	tell("guest is reset");
	check("SMMU off", vmm_smmu_off(&vmm));
	expect(finds(source, target), "goes to guest physical addresses");
	engine_end(&engine);
	check("end", vmm_end(&vmm));
	printf("\n%" PRIu32 " unexpected\n", unexpected);
}

int main(int argc, char **argv)
{
	const char *address = argc > 1 ? argv[1] : getenv("IOMMUFD_VM_EDU");

	if (argc > 2 || !address) {
		fprintf(stderr, "usage: smmu-guest PCI-ADDRESS-OF-AN-EDU\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	boot(address);
	switch_on();
	translate();
	remap();
	do_wrong();
	make_a_mistake();
	another_space();
	reset();
	return unexpected ? 1 : 0;
}
