/* SPDX-License-Identifier: MIT */
/*
 * What a guest's driver writes into its memory for an SMMUv3: structures and
 * commands of the Arm SMMU architecture, version 3 (IHI 0070).
 */
#ifndef EXAMPLES_SMMU_GUEST_TABLES_H
#define EXAMPLES_SMMU_GUEST_TABLES_H

#include <stdint.h>

#include <iommufd/iommufd.h>

/*
 * The guest's memory, at guest physical addresses. The device of this example
 * has 28 address bits, and below 0x8100000 is where Linux puts interrupts.
 */
#define GUEST_BASE   UINT64_C(0x1000000)
#define GUEST_LENGTH UINT64_C(0x1000000)

#define GUEST_PAGE  UINT64_C(0x1000)
#define GUEST_BLOCK UINT64_C(0x200000)

struct guest_ram {
	uint8_t *host; /* where the VMM has it */
	uint64_t base;
	uint64_t length;
	uint64_t used; /* bytes that have been given out */
};

/* Where the VMM, and here the guest too, finds what lies at this address. */
static inline void *guest_at(const struct guest_ram *ram, uint64_t address)
{
	return ram->host + (address - ram->base);
}

/* Zeroed pages, aligned to their length: their address, or 0. */
uint64_t guest_pages(struct guest_ram *ram, uint64_t length);

/* An address space of the guest: stage 1, pages of 4 KiB. */
struct guest_space {
	struct guest_ram *ram;
	uint64_t root;
	uint32_t levels; /* 3: 39 bits, 4: 48 bits */
	uint16_t asid;
};

enum { GUEST_READ_ONLY = 1 << 0 };

/* 0, or -1 when the guest's memory is full. */
int guest_space_begin(struct guest_space *space, struct guest_ram *ram,
		      uint32_t levels, uint16_t asid);

/*
 * A page or a block: @size is GUEST_PAGE or GUEST_BLOCK. What was there is
 * overwritten. 0, or -1 when the guest's memory is full.
 */
int guest_map(struct guest_space *space, uint64_t iova, uint64_t address,
	      uint64_t size, uint32_t flags);
void guest_unmap(struct guest_space *space, uint64_t iova);

/* A context descriptor of it, in a page of its own: the address, or 0. */
uint64_t guest_context(const struct guest_space *space);

/* A stream table entry, the two words that a guest may set. */
struct guest_ste {
	uint64_t word[2];
};

struct guest_ste guest_ste_abort(void);
struct guest_ste guest_ste_bypass(void);
struct guest_ste guest_ste_translate(uint64_t context);

/* A command of the command queue, the kernel's own layout. */
typedef struct iommufd_arm_smmuv3_command guest_command;

enum {
	SMMU_CFGI_STE = 0x03,
	SMMU_CFGI_STE_RANGE = 0x04, /* also: all of them */
	SMMU_CFGI_CD = 0x05,
	SMMU_TLBI_NH_ALL = 0x10,
	SMMU_TLBI_NH_ASID = 0x11,
	SMMU_TLBI_NH_VA = 0x12,
	SMMU_SYNC = 0x46,
};

guest_command guest_config(uint32_t stream);
guest_command guest_config_context(uint32_t stream);
guest_command guest_drop(uint16_t asid, uint64_t iova);
guest_command guest_drop_space(uint16_t asid);
guest_command guest_drop_all(void);
guest_command guest_sync(void);

#endif /* EXAMPLES_SMMU_GUEST_TABLES_H */
