/* SPDX-License-Identifier: MIT */
/*
 * What tests of fault queues and of virtual event queues start from: a mock
 * device that sends what it has to one of them.
 */
#ifndef TESTS_QUEUES_H
#define TESTS_QUEUES_H

#include "fixture.h"

/* The guest's id of the device that makes events. */
#define VIRT_ID UINT32_C(0x99)

/*
 * A device on a nested page table: with a fault queue, which every kernel of
 * the test bed has, or of a vIOMMU with an event queue.
 */
struct queues {
	struct fixture f;
	struct iommufd_hwpt *parent, *nested;
	struct iommufd_fault_queue *faults;
	struct iommufd_viommu *viommu;
	struct iommufd_vdevice *vdevice;
	struct iommufd_veventq *events;
};

void queues_faults(struct queues *q);
/* With a depth of 0 there is no queue yet. */
void queues_events(struct queues *q, uint32_t depth);
/* Everything must be gone then but what @q names. */
void queues_end(struct queues *q);

/* The same with a fixture that is there before and after. */
void queues_add_faults(struct queues *q);
void queues_add_events(struct queues *q, uint32_t depth);
void queues_remove(struct queues *q);

/* Back to the page table without a queue. */
void queues_away(struct queues *q);

/* A nested page table on a nest parent or a vIOMMU; @fault_id 0 for none. */
struct iommufd_hwpt *nested_on(struct queues *q, uint32_t parent,
			       uint32_t fault_id);

/* Faults in groups of one, the address going up by a page; events. */
void fault_at(struct queues *q, uint64_t address, uint32_t count);
void event_times(struct queues *q, uint32_t count);

/* Where a test's first fault is. */
#define FAULT_AT UINT64_C(0xdeadbe000)

/* What waits, in an array that is large enough; and that nothing does. */
uint32_t fault_read(struct queues *q, struct iommufd_hwpt_pgfault *faults,
		    uint32_t room);
void no_faults(struct queues *q);
/* One fault, read: the cookie of its group. */
uint32_t fault_cookie(struct queues *q);
/* What one answer gives. */
int fault_answer(struct queues *q, uint32_t cookie, uint32_t code);

/* Behind this neither we nor the kernel can read or write; before it, both. */
void *memory_end(void);

/* An event of the mock driver as it is read. */
struct mock_record {
	struct iommufd_veventq_header header;
	struct iommufd_mock_vevent event;
};

/* Whether poll(2) reports exactly these events at once. */
void check_poll(int fd, short events);

/* What the two kinds of queues have in common. */
struct queue_kind {
	int (*adopt)(struct iommufd_ctx *ctx, uint32_t id, int fd,
		     uint32_t flags, void **queue);
	uint32_t (*id)(const void *queue);
	struct iommufd_ctx *(*ctx)(const void *queue);
	int (*fd)(const void *queue);
	void (*close_fd)(void *queue);
	int (*destroy)(void *queue);
	void (*release)(void *queue);
	uint32_t adopt_op;
};

extern const struct queue_kind fault_queues, event_queues;

/*
 * Adopting and ending, with a queue of the kind that nothing else uses.
 * check_ends() destroys it, check_release() lets it go.
 */
void check_adopt(const struct queue_kind *kind, struct iommufd_ctx *ctx,
		 void *queue);
void check_adopt_fails(const struct queue_kind *kind, struct iommufd_ctx *ctx);
void check_ends(const struct queue_kind *kind, struct iommufd_ctx *ctx,
		void *queue);
void check_release(const struct queue_kind *kind, struct iommufd_ctx *ctx,
		   void *queue);

/* With no descriptor left, @call cannot make one; nothing is left behind. */
void check_no_descriptors(int (*call)(void));

#endif /* TESTS_QUEUES_H */
