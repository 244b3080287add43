/* SPDX-License-Identifier: MIT */
/*
 * precopy: the memory of a guest goes to another machine while a device writes
 * to it. Each round sends what was written during the one before; when that is
 * little enough the device is stopped, and the rest is sent.
 *
 * The other machine is a second piece of memory here, and the device one of the
 * kernel's mock driver (precopy-mock.c). All else is as it would be.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "precopy.h"

/* What may be left when the device is stopped; and rounds at the most. */
#define LITTLE (32 * GUEST_PAGE)
#define ROUNDS 30u

static struct iommufd_ctx *ctx;
static struct iommufd_ioas *ioas;
static struct iommufd_device *device;
static struct iommufd_hwpt *page_table;
static struct iommufd_dirty *dirty;
static unsigned char *memory, *sent;

static void check(const char *what, int ret)
{
	char text[512];

	if (!ret)
		return;
	iommufd_explain(ret, ctx, text, sizeof(text));
	fprintf(stderr, "precopy: %s: %s\n", what, text);
	exit(1);
}

static unsigned char *new_memory(void)
{
	void *new = mmap(NULL, GUEST_LENGTH, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (new == MAP_FAILED) {
		perror("precopy: memory");
		exit(1);
	}
	return new;
}

/*
 * Without huge pages in the IOMMU, so that one written page is not told as two
 * megabytes; this must be said before anything is mapped.
 */
static void prepare(void)
{
	const uint32_t access = IOMMUFD_MAP_READABLE | IOMMUFD_MAP_WRITEABLE |
				IOMMUFD_MAP_FIXED_IOVA;
	const struct iommufd_hwpt_alloc_opts tracked = {
		.size = sizeof(tracked), .flags = IOMMUFD_HWPT_DIRTY_TRACKING
	};
	uint64_t iova = GUEST_IOVA;

	memory = new_memory();
	sent = new_memory();
	check("open", iommufd_ctx_open(NULL, &ctx));
	check("address space", iommufd_ioas_alloc(ctx, 0, &ioas));
	check("small pages", iommufd_ioas_huge_pages_set(ioas, 0));
	check("map",
	      iommufd_ioas_map(ioas, memory, GUEST_LENGTH, access, &iova));
	check("device", device_open(ctx, iommufd_ioas_id(ioas), &device));
	check("page table", iommufd_hwpt_alloc(device, iommufd_ioas_id(ioas),
					       &tracked, &page_table));
	check("attach",
	      iommufd_device_attach(device, iommufd_hwpt_id(page_table), NULL));
	check("tracking",
	      iommufd_dirty_new(ioas, &page_table, 1, NULL, &dirty));
}

/* What was written since the last round: to the other machine with it. */
static uint64_t send_written(void)
{
	const struct iommufd_extent all = { GUEST_IOVA, GUEST_LENGTH };
	struct iommufd_extent range;
	uint64_t bytes = 0;

	check("walk", iommufd_dirty_walk(dirty, &all, 1, 0));
	for (;;) {
		uint64_t at;

		check("next", iommufd_dirty_next(dirty, &range));
		if (!range.length)
			return bytes;
		at = range.start - GUEST_IOVA;
		memcpy(sent + at, memory + at, range.length);
		bytes += range.length;
	}
}

static void device_works(uint32_t pages)
{
	check("the device",
	      device_writes(ctx, iommufd_hwpt_id(page_table), memory, pages));
}

/*
 * The more is to be sent the longer it takes, and the more the device writes
 * meanwhile: here one page for four that are sent.
 */
static void migrate(void)
{
	uint64_t bytes = GUEST_LENGTH;
	uint32_t round = 0;

	check("start", iommufd_dirty_start(dirty));
	memcpy(sent, memory, GUEST_LENGTH);
	printf("round  0: all of it, %" PRIu64 " KiB\n", bytes >> 10);
	while (bytes > LITTLE && round < ROUNDS) {
		device_works((uint32_t)(bytes / GUEST_PAGE / 4));
		bytes = send_written();
		printf("round %2" PRIu32 ": %" PRIu64 " KiB\n", ++round,
		       bytes >> 10);
	}
	device_works((uint32_t)(bytes / GUEST_PAGE / 4));
	printf("the device is stopped\n");
	printf("the rest: %" PRIu64 " KiB\n", send_written() >> 10);
	check("stop", iommufd_dirty_stop(dirty));
}

static void end(void)
{
	iommufd_dirty_release(dirty);
	iommufd_device_close(device);
	check("page table", iommufd_hwpt_destroy(page_table));
	check("address space", iommufd_ioas_destroy(ioas));
	iommufd_ctx_close(ctx);
}

int main(int argc, char **argv)
{
	int same;

	(void)argv;
	if (argc > 1) {
		fprintf(stderr, "usage: precopy\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	prepare();
	/* A device that has been at work before. */
	check("start", iommufd_dirty_start(dirty));
	device_works(4096);
	migrate();
	same = !memcmp(memory, sent, GUEST_LENGTH);
	printf("the copy %s\n", same ? "is exact" : "DIFFERS");
	end();
	return !same;
}
