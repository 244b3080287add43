/* SPDX-License-Identifier: MIT */
/*
 * What a guest's driver writes for its SMMUv3: page tables, context descriptors,
 * stream table entries, commands. The VMM has no part in this.
 */
#include <endian.h>
#include <string.h>

#include "smmu-guest-tables.h"

/* --- page tables (VMSAv8-64) ------------------------------------------------ */

enum {
	PTE_VALID = 1 << 0,
	PTE_TABLE = 1 << 1, /* on the last level: a page */
	PTE_UNPRIVILEGED = 1 << 6,
	PTE_READ_ONLY = 1 << 7,
	PTE_INNER_SHAREABLE = 3 << 8,
	PTE_ACCESSED = 1 << 10,
	PTE_NOT_GLOBAL = 1 << 11,

	INDEX_BITS = 9,
	ENTRIES = 1 << INDEX_BITS,
};
#define PTE_ADDRESS UINT64_C(0xfffffffff000)

uint64_t guest_pages(struct guest_ram *ram, uint64_t length)
{
	uint64_t at = (ram->base + ram->used + length - 1) & ~(length - 1);

	if (at + length > ram->base + ram->length)
		return 0;
	ram->used = at + length - ram->base;
	memset(guest_at(ram, at), 0, length);
	return at;
}

/* Whole, and after what it points to: the SMMU reads at any time. */
static void store(uint64_t *entry, uint64_t value)
{
	__atomic_store_n(entry, htole64(value), __ATOMIC_RELEASE);
}

/* The entry for @iova in a table @up levels above the last one. */
static uint64_t *entry_in(const struct guest_space *space, uint64_t table,
			  uint64_t iova, uint32_t up)
{
	uint64_t *entries = guest_at(space->ram, table);

	return &entries[iova >> (12 + up * INDEX_BITS) & (ENTRIES - 1)];
}

/* The entry of that level; the tables before it are made, or it ends there. */
static uint64_t *find(const struct guest_space *space, uint64_t iova,
		      uint32_t last, int make)
{
	uint64_t table = space->root;

	for (uint32_t up = space->levels - 1; up > last; up--) {
		uint64_t *entry = entry_in(space, table, iova, up);
		uint64_t value = le64toh(*entry);

		if (!make && !(value & PTE_TABLE))
			return entry;
		if (!(value & PTE_TABLE)) {
			value = guest_pages(space->ram, GUEST_PAGE);
			if (!value)
				return NULL;
			value |= PTE_VALID | PTE_TABLE;
			store(entry, value);
		}
		table = value & PTE_ADDRESS;
	}
	return entry_in(space, table, iova, last);
}

int guest_space_begin(struct guest_space *space, struct guest_ram *ram,
		      uint32_t levels, uint16_t asid)
{
	*space = (struct guest_space){ .ram = ram,
				       .levels = levels,
				       .asid = asid };
	space->root = guest_pages(ram, GUEST_PAGE);
	return space->root ? 0 : -1;
}

int guest_map(struct guest_space *space, uint64_t iova, uint64_t address,
	      uint64_t size, uint32_t flags)
{
	const uint32_t up = size == GUEST_BLOCK;
	uint64_t *entry = find(space, iova, up, 1);
	uint64_t value = address | PTE_VALID | PTE_UNPRIVILEGED |
			 PTE_INNER_SHAREABLE | PTE_ACCESSED | PTE_NOT_GLOBAL;

	if (!entry)
		return -1;
	if (!up)
		value |= PTE_TABLE;
	if (flags & GUEST_READ_ONLY)
		value |= PTE_READ_ONLY;
	store(entry, value);
	return 0;
}

void guest_unmap(struct guest_space *space, uint64_t iova)
{
	store(find(space, iova, 0, 0), 0);
}

/* --- context descriptor and stream table entry ------------------------------ */

enum { CACHED = 1, INNER = 3 }; /* write-back; inner shareable */

uint64_t guest_context(const struct guest_space *space)
{
	const uint64_t bits = 12 + space->levels * INDEX_BITS;
	const uint64_t normal = 0xff; /* attribute 0: normal memory, cached */
	uint64_t page = guest_pages(space->ram, GUEST_PAGE);
	uint64_t *context;

	if (!page)
		return 0;
	context = guest_at(space->ram, page);
	store(&context[1], space->root);
	store(&context[3], normal);
	store(&context[0], (64 - bits) |	       /* T0SZ */
				   CACHED << 8 |       /* IR0 */
				   CACHED << 10 |      /* OR0 */
				   INNER << 12 |       /* SH0 */
				   1 << 30 |	       /* EPD1 */
				   UINT64_C(1) << 31 | /* V */
				   UINT64_C(4) << 32 | /* IPS: 44 bits */
				   UINT64_C(1) << 41 | /* AA64 */
				   UINT64_C(7) << 45 | /* R, A, ASET */
				   (uint64_t)space->asid << 48);
	return page;
}

enum { STE_VALID = 1, STE_BYPASS = 4 << 1, STE_STAGE1 = 5 << 1 };

static struct guest_ste ste(uint64_t first, uint64_t second)
{
	return (struct guest_ste){ { htole64(first), htole64(second) } };
}

struct guest_ste guest_ste_abort(void)
{
	return ste(STE_VALID, 0);
}

struct guest_ste guest_ste_bypass(void)
{
	return ste(STE_VALID | STE_BYPASS, 0);
}

struct guest_ste guest_ste_translate(uint64_t context)
{
	return ste(STE_VALID | STE_STAGE1 | context,
		   CACHED << 2 | CACHED << 4 | INNER << 6);
}

/* --- commands ---------------------------------------------------------------- */

static guest_command command(uint64_t first, uint64_t second)
{
	return (guest_command){ { htole64(first), htole64(second) } };
}

guest_command guest_config(uint32_t stream)
{
	return command(SMMU_CFGI_STE | (uint64_t)stream << 32, 1);
}

guest_command guest_config_context(uint32_t stream)
{
	return command(SMMU_CFGI_CD | (uint64_t)stream << 32, 1);
}

guest_command guest_drop(uint16_t asid, uint64_t iova)
{
	return command(SMMU_TLBI_NH_VA | (uint64_t)asid << 48,
		       iova & ~(GUEST_PAGE - 1));
}

guest_command guest_drop_space(uint16_t asid)
{
	return command(SMMU_TLBI_NH_ASID | (uint64_t)asid << 48, 0);
}

guest_command guest_drop_all(void)
{
	return command(SMMU_TLBI_NH_ALL, 0);
}

guest_command guest_sync(void)
{
	return command(SMMU_SYNC, 0);
}
