/* SPDX-License-Identifier: MIT */
/*
 * A guest on a real SMMUv3: its memory, its page tables (those of the example
 * smmu-guest), and edu devices that do DMA through them.
 */
#ifndef TESTS_SMMU_H
#define TESTS_SMMU_H

#include <iommufd/util/util.h>

#include "../examples/smmu-guest-tables.h"
#include "edu.h"
#include "harness.h"

#define SMMU_DEVICES 2
#define SMMU_DEPTH   16 /* events that the kernel keeps */

/* The devices, as the guest knows them. */
#define SMMU_STREAM(i) (0x20u + (i)*0x11u)

/* Where the guest's tables lead from. Room for several blocks after it. */
#define SMMU_IOVA UINT64_C(0x4000000)

struct smmu_device {
	struct edu edu; /* if it is one */
	struct iommufd_device *device;
	struct iommufd_nested_device *nested;
};

struct smmu {
	struct iommufd_ctx *ctx;
	struct iommufd_ioas *ioas; /* the guest's memory */
	struct guest_ram ram;
	struct iommufd_hwpt *plain; /* where the devices begin and end */
	struct iommufd_nesting *nesting;
	struct smmu_device device[SMMU_DEVICES];
	uint32_t devices;
	struct iommufd_event_reader reader;
	uint64_t records[1024];
};

extern struct smmu smmu;

/* The guest and @devices of its devices, in abort; and away with all of it. */
void smmu_begin(uint32_t devices);
void smmu_end(void);

/* In steps: memory; a device, which goes on the plain table; the nesting. */
void smmu_prepare(void);
void smmu_add(struct iommufd_device *device);
void smmu_add_edu(void);
void smmu_start(void);

/* Zeroed memory of the guest, a page or GUEST_BLOCK. */
uint64_t smmu_memory(uint64_t length);

/* An address space of the guest's, and a page or block in it. */
struct guest_space smmu_space(uint32_t levels, uint16_t asid);
void smmu_map(struct guest_space *space, uint64_t iova, uint64_t address,
	      uint64_t size, uint32_t flags);

/* The guest writes an entry; and one that leads to this space. */
int smmu_set(uint32_t device, struct guest_ste ste);
void smmu_translate(uint32_t device, const struct guest_space *space);

/* The guest gives one command. */
void smmu_give(guest_command command);

/* Bytes that were never there before, at a guest physical address. */
void smmu_fill(uint64_t address, uint32_t length);
int smmu_same(uint64_t address, uint64_t as, uint32_t length);
int smmu_empty(uint64_t address, uint32_t length);

/* What the device reads at @from it writes at @to: both are for the device. */
void smmu_copy(uint32_t device, uint64_t from, uint64_t to, uint32_t length);

/*
 * Whether DMA by these addresses, both ways, arrives in these two pages of the
 * guest's memory.
 */
int smmu_finds(uint32_t device, uint64_t from, uint64_t to, uint64_t source,
	       uint64_t target);

/* That it does not; what the host hears of it may be in the kernel's log. */
int smmu_refused(uint32_t device, uint64_t from, uint64_t to, uint64_t source,
		 uint64_t target);

/*
 * The next event, which has @milliseconds to come. Returns what was lost before
 * it. `id` is 0 when there was none.
 */
uint64_t smmu_event(struct iommufd_event_arm_smmuv3_info *event,
		    int milliseconds);

/* Events that nobody waits for, none of which may be of another kind. */
void smmu_drop_events(uint32_t id);

#endif /* TESTS_SMMU_H */
