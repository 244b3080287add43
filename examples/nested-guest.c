/* SPDX-License-Identifier: MIT */
/*
 * nested-guest: a guest that has an IOMMU of its own, on the kernel's mock
 * driver. What the guest does to it is told here, step by step; what its VMM does
 * then is in nested-guest-vmm.c.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "nested-guest.h"

#define ENTRIES 4 /* that the hardware caches of a page table */

/* Two page tables of the guest's, at guest physical addresses. */
#define TABLE_A UINT32_C(0x1004000)
#define TABLE_B UINT32_C(0x1008000)

static struct vmm vmm;
static int unexpected;

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
	fprintf(stderr, "nested-guest: %s: %s\n", what, why(ret));
	exit(1);
}

static void expect(int is, const char *what)
{
	printf("  device    %s%s\n", is ? "" : "DOES NOT: ", what);
	unexpected += !is;
}

static void guest(const char *does)
{
	printf("\nThe guest %s.\n", does);
}

/* --- what is in force ------------------------------------------------------ */

static void show_state(void)
{
	static const char *const names[] = { "unset", "abort", "bypass",
					     "translate" };

	printf("  vmm       %s: the device is on page table %" PRIu32 "\n",
	       names[iommufd_nested_device_state(vmm.nested)],
	       iommufd_nested_device_page_table(vmm.nested));
}

/* All that is cached is of this table, but what has been dropped. */
static int has_cached(uint32_t where, uint32_t dropped)
{
	int is = 1;

	for (uint32_t i = 0; i < ENTRIES; i++)
		is &= device_has_cached(&vmm, i, dropped >> i & 1 ? 0 : where);
	return is;
}

static void show_table(uint32_t where)
{
	char text[80];

	snprintf(text, sizeof(text),
		 "goes through the guest's table at 0x%" PRIx32, where);
	expect(has_cached(where, 0), text);
}

static void show_refusal(void)
{
	expect(has_cached(0, 0), "is refused everywhere");
}

static void show_memory(void)
{
	expect(device_finds_memory(
		       &vmm, iommufd_nested_device_page_table(vmm.nested)),
	       "goes to guest physical addresses");
}

/* --- the story -------------------------------------------------------------- */

static void boot(void)
{
	check("begin", vmm_begin(&vmm));
	guest("boots; firmware uses no IOMMU");
	printf("  vmm       the device is on page table %" PRIu32 "\n",
	       iommufd_hwpt_id(vmm.plain));
	expect(device_finds_memory(&vmm, iommufd_hwpt_id(vmm.plain)),
	       "goes to guest physical addresses");
}

static int has_viommu(void)
{
	return iommufd_nesting_viommu(vmm.nesting) != NULL;
}

static void switch_on(void)
{
	guest("switches its IOMMU on");
	check("IOMMU on", vmm_iommu_on(&vmm));
	printf("  vmm       the guest's memory is in nest parent %" PRIu32 "\n",
	       iommufd_hwpt_id(iommufd_nesting_parent(vmm.nesting)));
	if (has_viommu())
		printf("  vmm       its IOMMU is vIOMMU %" PRIu32 "\n",
		       iommufd_viommu_id(iommufd_nesting_viommu(vmm.nesting)));
	else
		printf("  vmm       this kernel has no vIOMMUs, and no "
		       "events\n");
	show_state();
	show_refusal();
}

static void use_states(void)
{
	guest("lets the device pass");
	check("bypass", vmm_entry_written(&vmm, ENTRY_VALID));
	show_state();
	show_memory();

	guest("gives the device page table A");
	check("translate",
	      vmm_entry_written(&vmm, ENTRY_VALID | ENTRY_TRANSLATE | TABLE_A));
	show_state();
	show_table(TABLE_A);

	guest("changes a page of table A, and has entry 2 dropped");
	check("invalidate", vmm_invalidate(&vmm, 2));
	expect(has_cached(TABLE_A, 1 << 2),
	       "looks up entry 2 again, and nothing else");

	guest("gives the device page table B");
	check("translate",
	      vmm_entry_written(&vmm, ENTRY_VALID | ENTRY_TRANSLATE | TABLE_B));
	show_state();
	show_table(TABLE_B);
}

/* What the hardware does not have is refused, and what was in force stays. */
static void make_a_mistake(void)
{
	const uint32_t entry = ENTRY_VALID | ENTRY_TRANSLATE | ENTRY_FORMAT;
	int ret;

	guest("writes an entry of a format that the hardware does not have");
	ret = vmm_entry_written(&vmm, entry | TABLE_A);
	if (ret)
		printf("  refused   %s\n", why(ret));
	else
		expect(0, "is refused");
	show_state();
	show_table(TABLE_B);

	printf("\nThe VMM lets nothing pass, as hardware that cannot use an "
	       "entry.\n");
	check("abort", iommufd_nested_device_abort(vmm.nested));
	show_state();
	show_refusal();

	guest("writes a good entry again");
	check("translate",
	      vmm_entry_written(&vmm, ENTRY_VALID | ENTRY_TRANSLATE | TABLE_B));
	show_state();
	show_table(TABLE_B);
}

static void hear_of_the_device(void)
{
	uint32_t count;

	printf("\nThe device meets a page that is not there.\n");
	check("page fault", device_makes_fault(vmm.device, 0x5000));
	check("faults", vmm_answer_faults(&vmm, &count));
	expect(count == 1, "tries again");
	if (!has_viommu())
		return;
	printf("\nThe device does what its table forbids.\n");
	check("event", device_makes_event(vmm.device));
	check("events", vmm_read_events(&vmm, &count));
	expect(count == 1, "is heard of by the guest's own number");
}

static void reset(void)
{
	guest("takes the entry away");
	check("abort", vmm_entry_written(&vmm, 0));
	show_state();
	show_refusal();

	guest("is reset");
	check("IOMMU off", vmm_iommu_off(&vmm));
	printf("  vmm       the device is on page table %" PRIu32 "\n",
	       iommufd_hwpt_id(vmm.plain));
	expect(device_finds_memory(&vmm, iommufd_hwpt_id(vmm.plain)),
	       "goes to guest physical addresses");
	check("end", vmm_end(&vmm));
	printf("\n%d unexpected\n", unexpected);
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1) {
		fprintf(stderr, "usage: nested-guest\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	boot();
	switch_on();
	use_states();
	make_a_mistake();
	hear_of_the_device();
	reset();
	return unexpected ? 1 : 0;
}
