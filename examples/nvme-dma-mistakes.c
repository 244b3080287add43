/* SPDX-License-Identifier: MIT */
/*
 * The usual mistakes, each really made, while the disk is in use. The kernel
 * answers with an errno that says little; the library says what was wrong.
 * None of them does harm, which a last read of the disk shows afterwards.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "nvme-dma.h"

#define WIDTH 76

/* The address space that the device works with. */
static const struct space *active(const struct setup *setup)
{
	return &setup->space[setup->active];
}

/* Prints a sentence in lines that can be read. */
static void print_text(const char *text)
{
	while (*text) {
		size_t n = strlen(text);

		if (n > WIDTH) {
			n = WIDTH;
			while (n > 1 && text[n] != ' ')
				n--;
		}
		printf("  %.*s\n", (int)n, text);
		text += n;
		text += strspn(text, " ");
	}
}

/*
 * Prints what the library says of a call that had to be refused, and checks it.
 * The cause that the call returned may be a set of causes, all that follows
 * from the errno; diagnosis finds the one.
 */
static int refused(struct setup *setup, const char *what, int ret,
		   uint32_t cause)
{
	struct iommufd_failure failure = { .size = sizeof(failure) };
	struct iommufd_diagnosis diagnosis = { .size = sizeof(diagnosis) };
	int diagnosed;

	printf("\n%s\n", what);
	if (!ret) {
		printf("  NOT REFUSED\n");
		return 1;
	}
	diagnosed = iommufd_failure_get(ret, &failure);
	if (!diagnosed)
		diagnosed = iommufd_diagnose(&failure, setup->ctx,
					     IOMMUFD_DIAGNOSE_SCRATCH, NULL,
					     &diagnosis);
	if (diagnosed) {
		printf("  NOT DIAGNOSED: %s\n", iommufd_strerror(diagnosed));
		return 1;
	}
	printf("  errno %d (%s), class %s, cause %s", iommufd_errno(ret),
	       strerror(iommufd_errno(ret)),
	       iommufd_class_name(iommufd_class(ret)),
	       iommufd_cause_name(iommufd_cause(ret)));
	if (diagnosis.cause != iommufd_cause(ret))
		printf(": %s", iommufd_cause_name(diagnosis.cause));
	printf("\n");
	print_text(diagnosis.text);
	if (diagnosis.cause == cause)
		return 0;
	printf("  NOT AS EXPECTED: %s\n", iommufd_cause_name(cause));
	return 1;
}

/* Something is mapped there. */
static int map_over_mapping(struct setup *setup)
{
	uint64_t iova = setup->buffers.iova + NVME_TRANSFER;
	int ret = iommufd_ioas_map(
		active(setup)->ioas, setup->queues.memory, setup->queues.length,
		IOMMUFD_MAP_FIXED_IOVA | IOMMUFD_MAP_READABLE, &iova);

	return refused(setup, "map at an IOVA that is in use", ret,
		       IOMMUFD_CAUSE_ALREADY_MAPPED);
}

/* The first window that no mapping may touch: for interrupts, as a rule. */
static int first_window(struct setup *setup, uint64_t *start)
{
	struct iommufd_reserved_info windows[16];
	uint32_t count = 16;

	if (iommufd_find_reserved(&setup->node, windows, &count))
		return -1;
	for (uint32_t i = 0; i < count; i++) {
		if (windows[i].type != IOMMUFD_RESERVED_DIRECT_RELAXABLE) {
			*start = windows[i].start;
			return 0;
		}
	}
	printf("\nthis device has no reserved window to map into\n");
	return -1;
}

static int map_reserved(struct setup *setup)
{
	uint64_t iova;
	int ret;

	if (first_window(setup, &iova))
		return 0;
	ret = iommufd_ioas_map(
		active(setup)->ioas, setup->queues.memory, setup->queues.length,
		IOMMUFD_MAP_FIXED_IOVA | IOMMUFD_MAP_READABLE, &iova);
	return refused(setup, "map into a reserved window", ret,
		       IOMMUFD_CAUSE_RESERVED);
}

static int map_misaligned(struct setup *setup)
{
	uint64_t iova;
	int ret = iommufd_ioas_map(active(setup)->ioas, setup->queues.memory,
				   1000, IOMMUFD_MAP_READABLE, &iova);

	return refused(setup, "map 1000 bytes", ret,
		       IOMMUFD_CAUSE_LENGTH_MISALIGNED);
}

/* Mappings cannot be split, not even the one that the controller works in. */
static int unmap_half(struct setup *setup)
{
	uint64_t length = setup->buffers.length / 2;
	int ret = iommufd_ioas_unmap(active(setup)->ioas, &length,
				     setup->buffers.iova);

	return refused(setup, "unmap half of a mapping", ret,
		       IOMMUFD_CAUSE_PARTIAL_MAPPING);
}

/* A device file can be opened often, but bound once. */
static int bind_again(struct setup *setup)
{
	struct iommufd_vfio *file;
	int ret = iommufd_find_open(&setup->node, &file);
	int wrong;

	if (ret)
		return complain(setup, "open the device again", ret) != 0;
	ret = iommufd_vfio_bind(file, setup->ctx, NULL);
	wrong = refused(setup, "bind the device a second time", ret,
			IOMMUFD_CAUSE_ALREADY_BOUND);
	iommufd_vfio_close(file);
	return wrong;
}

/*
 * Tries to move the device to a page table that it should not get. Returns -1 if
 * it got it, and has gone back then.
 */
static int replace_refused(struct setup *setup, struct iommufd_hwpt *hwpt,
			   const char *what, uint32_t cause)
{
	struct iommufd_replacement replacement = {
		.size = sizeof(replacement),
		.device = setup->device,
		.page_table = iommufd_hwpt_id(hwpt),
		.old_page_table = iommufd_hwpt_id(active(setup)->hwpt),
	};
	int ret = iommufd_replace(&replacement);
	int wrong;

	if (!ret) {
		printf("\n%s\n  is possible here\n", what);
		ret = iommufd_device_attach(setup->device,
					    replacement.old_page_table, NULL);
		if (!ret)
			return -1;
		complain(setup, "go back", ret);
		return 1;
	}
	wrong = refused(setup, what, ret, cause);
	if (replacement.state == IOMMUFD_REPLACE_RESTORED) {
		printf("  The old page table is in force again.\n");
		return wrong;
	}
	printf("  THE OLD PAGE TABLE IS NOT BACK\n");
	return 1;
}

/* An address space where somebody has mapped into the interrupt window. */
static int attach_over_window(struct setup *setup)
{
	struct space space = { 0 };
	uint64_t iova;
	int wrong = 1;
	int ret;

	if (first_window(setup, &iova))
		return 0;
	ret = iommufd_ioas_alloc(setup->ctx, 0, &space.ioas);
	/* Allowed: the address space does not know of any device yet. */
	if (!ret)
		ret = iommufd_ioas_map(
			space.ioas, setup->queues.memory, setup->queues.length,
			IOMMUFD_MAP_FIXED_IOVA | IOMMUFD_MAP_READABLE, &iova);
	if (!ret)
		ret = iommufd_hwpt_alloc(setup->device,
					 iommufd_ioas_id(space.ioas), NULL,
					 &space.hwpt);
	if (ret)
		complain(setup, "map before the device is attached", ret);
	else
		wrong = replace_refused(
				setup, space.hwpt,
				"attach where a reserved window is mapped",
				IOMMUFD_CAUSE_RESERVED_IN_USE) != 0;
	iommufd_hwpt_destroy(space.hwpt);
	iommufd_ioas_destroy(space.ioas);
	return wrong;
}

/*
 * A page table that reports page faults, for a device that cannot cause them.
 * On Intel VT-d the refusal comes after DMA was blocked; iommufd_replace() gets
 * it going again, iommufd_device_attach() would not.
 */
static int attach_without_page_requests(struct setup *setup)
{
	struct iommufd_fault_queue *queue = NULL;
	struct iommufd_hwpt_alloc_opts opts = {
		.size = sizeof(opts), .flags = IOMMUFD_HWPT_FAULT_ID_VALID
	};
	const struct space *from = active(setup);
	struct iommufd_hwpt *hwpt = NULL;
	int wrong = 0;
	int ret;

	ret = iommufd_fault_queue_alloc(setup->ctx, 0, &queue);
	if (ret) {
		printf("\nthis kernel has no fault queues\n");
		return 0;
	}
	opts.fault_id = iommufd_fault_queue_id(queue);
	ret = iommufd_hwpt_alloc(setup->device, iommufd_ioas_id(from->ioas),
				 &opts, &hwpt);
	if (ret)
		/* Some kernels and IOMMUs refuse it here already. */
		wrong = refused(setup, "make a page table with a fault queue",
				ret, IOMMUFD_CAUSE_FEATURE);
	else
		/* Others take it, and then it is no mistake. */
		wrong = replace_refused(
				setup, hwpt,
				"attach to a page table with a fault queue",
				IOMMUFD_CAUSE_NO_PAGE_REQUESTS) > 0;
	iommufd_hwpt_destroy(hwpt);
	/* With its descriptor open the queue is in use. */
	iommufd_fault_queue_close_fd(queue);
	iommufd_fault_queue_destroy(queue);
	return wrong;
}

static int destroy_in_use(struct setup *setup)
{
	int ret = iommufd_hwpt_destroy(active(setup)->hwpt);

	return refused(setup, "destroy the page table that is in force", ret,
		       IOMMUFD_CAUSE_IN_USE);
}

/* The kernel's structs of capabilities, version 3: one for 32 of them each. */
#define CAPABILITY_VERSION 0x20080522
#define CAP_IPC_LOCK	   14

struct capability_header {
	uint32_t version;
	int pid; /* 0 for this thread */
};

struct capability_data {
	uint32_t effective, permitted, inheritable;
};

/* Who may lock memory without a limit gives that up for a moment. */
static void with_limit(struct setup *setup, void *memory, uint64_t length,
		       rlim_t limit, int *wrong)
{
	struct capability_header header = { CAPABILITY_VERSION, 0 };
	struct capability_data old[2], without[2];
	struct rlimit old_limit, low;
	uint64_t iova;
	int ret;

	syscall(SYS_capget, &header, old);
	memcpy(without, old, sizeof(without));
	without[0].effective &= ~(UINT32_C(1) << CAP_IPC_LOCK);
	getrlimit(RLIMIT_MEMLOCK, &old_limit);
	low = old_limit;
	low.rlim_cur = limit;

	syscall(SYS_capset, &header, without);
	setrlimit(RLIMIT_MEMLOCK, &low);
	ret = iommufd_ioas_map(active(setup)->ioas, memory, length,
			       IOMMUFD_MAP_READABLE, &iova);
	*wrong += refused(setup, "map more than the limit of locked memory",
			  ret, IOMMUFD_CAUSE_LOCKED_MEMORY_LIMIT);
	if (!ret)
		iommufd_ioas_unmap(active(setup)->ioas, &length, iova);
	setrlimit(RLIMIT_MEMLOCK, &old_limit);
	syscall(SYS_capset, &header, old);
}

static int map_over_limit(struct setup *setup)
{
	const uint64_t length = 16 << 20;
	void *memory = mmap(NULL, length, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int wrong = 0;

	if (memory == MAP_FAILED)
		return 1;
	with_limit(setup, memory, length, 8 << 20, &wrong);
	munmap(memory, length);
	return wrong;
}

int make_mistakes(struct setup *setup)
{
	return map_over_mapping(setup) + map_reserved(setup) +
	       map_misaligned(setup) + unmap_half(setup) + bind_again(setup) +
	       attach_over_window(setup) + attach_without_page_requests(setup) +
	       destroy_in_use(setup) + map_over_limit(setup);
}
