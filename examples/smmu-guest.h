/* SPDX-License-Identifier: MIT */
/* What the parts of smmu-guest share. */
#ifndef EXAMPLES_SMMU_GUEST_H
#define EXAMPLES_SMMU_GUEST_H

#include <stdint.h>

#include <iommufd/util/util.h>

#include "smmu-guest-tables.h"

/* --- the guest's SMMU: its registers, as far as they are used here --------- */

#define SMMU_STREAMS	 64 /* entries of the stream table */
#define SMMU_STREAM_SIZE 64 /* bytes of one */
#define SMMU_QUEUE	 64 /* entries of a queue; the indices have a wrap bit */
#define SMMU_EVENT_SIZE	 32

struct smmu {
	uint64_t streams; /* where the table and the queues are */
	uint64_t commands, events;
	uint32_t command_prod, command_cons;
	uint32_t event_prod, event_cons;
	uint32_t command_error; /* CERROR_ILL, or none */
};

enum { SMMU_ERROR_NONE = 0, SMMU_ERROR_ILLEGAL = 1 };

/* Events. */
enum {
	SMMU_C_BAD_STE = 0x04,
	SMMU_F_TRANSLATION = 0x10,
	SMMU_F_PERMISSION = 0x13
};

/* --- smmu-guest-vmm.c: the VMM; 0 or a typed error ------------------------- */

struct vmm {
	struct iommufd_ctx *ctx;
	struct iommufd_ioas *ioas; /* the guest's memory */
	struct guest_ram ram;
	struct iommufd_vfio *file;
	struct iommufd_device *device;
	struct iommufd_hwpt *plain; /* for a guest that uses no IOMMU */
	struct iommufd_nesting *nesting;
	struct iommufd_nested_device *nested;
	uint32_t stream; /* the device, as the guest knows it */
	struct smmu smmu;
	struct iommufd_event_reader reader;
	uint64_t records[512];
};

/* Open the device with this PCI address and give it the guest's memory. */
int vmm_begin(struct vmm *vmm, const char *address);
int vmm_end(struct vmm *vmm);

/* The guest switches its SMMU on, or is reset. */
int vmm_smmu_on(struct vmm *vmm);
int vmm_smmu_off(struct vmm *vmm);

/*
 * The guest has written the register that says how far its commands go. Of a
 * refused command `command_error` tells, and `command_cons` is at it. A refused
 * stream table entry is no error of its command: what was in force stays, until
 * vmm_bad_stream() is called.
 */
int vmm_commands(struct vmm *vmm);

/*
 * What an SMMU does with an entry that it cannot use: it refuses all DMA of the
 * stream, and reports that. A VMM that is faithful calls this at once when an
 * entry is refused; it is apart only to show what is in force before.
 */
int vmm_bad_stream(struct vmm *vmm);

/*
 * When poll(2) reports input of the event queue: into the guest's event queue.
 * @lost receives how many there were that the kernel had no room for.
 */
int vmm_events(struct vmm *vmm, uint64_t *lost);

/* --- smmu-guest-driver.c: the guest's driver for its SMMU ------------------ */

struct driver {
	struct vmm *vmm; /* whom the registers are written to */
	struct guest_ram *ram;
	struct smmu *smmu;
};

/* Its memory is full, or a failure of the VMM. */
int driver_begin(struct driver *driver, struct vmm *vmm);

/* Commands, a sync after them, and wait for it. */
int driver_give(struct driver *driver, const guest_command *commands,
		uint32_t count);

/* Write an entry of the stream table, and have the SMMU look at it. */
int driver_stream(struct driver *driver, uint32_t stream, struct guest_ste ste);

/* The next event of the queue, four words, or 0 when there is none. */
int driver_event(struct driver *driver, uint64_t event[4]);

/* --- smmu-guest-device.c: the device, QEMU's edu ---------------------------- */

struct engine {
	volatile uint8_t *registers;
	size_t length;
};

int engine_begin(struct engine *engine, struct iommufd_vfio *file);
void engine_end(struct engine *engine);

/* DMA between an address and its buffer. Less than its 4096 bytes; it waits. */
void engine_read(struct engine *engine, uint64_t address, uint32_t length);
void engine_write(struct engine *engine, uint64_t address, uint32_t length);

#endif /* EXAMPLES_SMMU_GUEST_H */
