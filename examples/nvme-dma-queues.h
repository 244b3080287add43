/* SPDX-License-Identifier: MIT */
/* What the two parts of the NVMe driver share. */
#ifndef EXAMPLES_NVME_DMA_QUEUES_H
#define EXAMPLES_NVME_DMA_QUEUES_H

#include "nvme-dma-driver.h"

#define PAGE	     4096 /* the controller's, not the machine's */
#define QUEUE_LENGTH 16	  /* entries; one always stays empty */

/* The registers at the start of BAR 0. */
struct nvme_registers {
	uint64_t capabilities; /* CAP */
	uint32_t version;
	uint32_t interrupt_mask[2];
	uint32_t configuration; /* CC */
	uint32_t reserved;
	uint32_t status; /* CSTS */
	uint32_t subsystem_reset;
	uint32_t admin_lengths;	    /* AQA */
	uint64_t admin_commands;    /* ASQ */
	uint64_t admin_completions; /* ACQ */
};

#define DOORBELLS 0x1000 /* their offset in BAR 0 */

#define CSTS_FATAL (1u << 1) /* in the status */

struct nvme_command {
	uint8_t opcode;
	uint8_t flags;
	uint16_t id;
	uint32_t namespace_id;
	uint64_t reserved;
	uint64_t metadata;
	uint64_t prp[2]; /* where the data goes: pages, or a list of them */
	uint32_t arg[6]; /* command dwords 10 to 15 */
};

struct nvme_completion {
	uint32_t result;
	uint32_t reserved;
	uint16_t command_head;
	uint16_t command_queue;
	uint16_t id;
	uint16_t status; /* bit 0 is the phase */
};

_Static_assert(sizeof(struct nvme_command) == 64, "size of a command");
_Static_assert(sizeof(struct nvme_completion) == 16, "size of a completion");

/* How the pages of the queue memory are used. */
enum {
	PAGE_ADMIN_COMMANDS,
	PAGE_ADMIN_COMPLETIONS,
	PAGE_IO_COMMANDS,
	PAGE_IO_COMPLETIONS,
	PAGE_IDENTIFY,
	PAGE_LISTS /* one for each slot */
};

_Static_assert((PAGE_LISTS + NVME_DEPTH) * PAGE <= NVME_QUEUE_MEMORY, "room");
_Static_assert(NVME_DEPTH < QUEUE_LENGTH, "queue length");

/* Notes what went wrong. -1. */
int nvme_fail(struct nvme *nvme, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Nanoseconds. */
uint64_t nvme_now(void);

/* A page of the queue memory, for us and for the controller. */
void *nvme_page(const struct nvme *nvme, unsigned int page);
uint64_t nvme_page_iova(const struct nvme *nvme, unsigned int page);

/* Where a queue's memory and doorbells are; and a queue that begins. */
void nvme_queue_place(struct nvme *nvme, struct nvme_queue *queue,
		      unsigned int id, unsigned int first_page);
void nvme_queue_init(struct nvme *nvme, struct nvme_queue *queue,
		     unsigned int id, unsigned int first_page);

/* Gives a command to the controller. */
void nvme_submit(struct nvme_queue *queue, const struct nvme_command *command);

/* Waits for the next completion and copies it. 0 or -1. */
int nvme_complete(struct nvme *nvme, struct nvme_queue *queue,
		  struct nvme_completion *completion);

#endif
