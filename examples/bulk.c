/* SPDX-License-Identifier: MIT */
/*
 * bulk: gives a device all of a guest's memory. Two threads map it piece by piece
 * while the program draws how far they are; and when a piece cannot be mapped
 * everything is taken back.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "bulk.h"

#define MIB	UINT64_C(0x100000)
#define WORKERS 2
#define WIDTH	40

/* The guest's memory: below and above the hole that a PC has for devices. The
 * mock driver's page table begins at 16 MiB and ends at 2 GiB. */
#define LOW_IOVA  (16 * MIB)
#define HIGH_IOVA (1024 * MIB)

static struct iommufd_ctx *ctx;
static struct iommufd_ioas *ioas;
static struct iommufd_device *device;
static char *memory;
static uint64_t low = 128 * MIB, high = 128 * MIB;

static void check(const char *what, int ret)
{
	char why[512];

	if (!ret)
		return;
	iommufd_explain(ret, ctx, why, sizeof(why));
	fprintf(stderr, "bulk: %s: %s\n", what, why);
	exit(1);
}

/* A memory file where the kernel can map it, so that it could change hands. */
static int new_memory(void)
{
	int fd = memfd_create("guest", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, (off_t)(low + high))) {
		perror("bulk: memory file");
		exit(1);
	}
	memory = mmap(NULL, low + high, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		      0);
	if (memory == MAP_FAILED) {
		perror("bulk: memory");
		exit(1);
	}
	return fd;
}

static struct iommufd_bulk *prepare(int fd)
{
	const uint32_t access = IOMMUFD_MAP_READABLE | IOMMUFD_MAP_WRITEABLE;
	const struct iommufd_bulk_region regions[] = {
		{ .size = sizeof(regions[0]),
		  .flags = access,
		  .options = IOMMUFD_BULK_FILE,
		  .fd = fd,
		  .memory = memory,
		  .length = low,
		  .iova = LOW_IOVA },
		{ .size = sizeof(regions[0]),
		  .flags = access,
		  .options = IOMMUFD_BULK_FILE,
		  .fd = fd,
		  .memory = memory + low,
		  .length = high,
		  .iova = HIGH_IOVA,
		  .offset = low },
	};
	const struct iommufd_bulk_opts opts = {
		.size = sizeof(opts),
		.flags = IOMMUFD_BULK_POPULATE,
		.piece = 16 * MIB,
	};
	struct iommufd_bulk *bulk = NULL;

	check("prepare", iommufd_bulk_prepare(ioas, regions, 2, &opts, &bulk));
	return bulk;
}

/* What it returns comes back from iommufd_bulk_finish(), too. */
static void *work(void *bulk)
{
	iommufd_bulk_run(bulk, 0);
	return NULL;
}

static void draw(const struct iommufd_bulk_info *info)
{
	int full = (int)(info->mapped * WIDTH / info->bytes);
	char bar[WIDTH + 1];

	memset(bar, '.', WIDTH);
	memset(bar, '#', (size_t)full);
	bar[WIDTH] = 0;
	printf("\r[%s] %4" PRIu64 " of %" PRIu64 " MiB", bar,
	       info->mapped / MIB, info->bytes / MIB);
	fflush(stdout);
}

static void watch(struct iommufd_bulk *bulk)
{
	const struct timespec a_moment = { .tv_nsec = 20000000 };
	struct iommufd_bulk_info info = { .size = sizeof(info) };
	uint64_t drawn = UINT64_MAX;

	do {
		nanosleep(&a_moment, NULL);
		check("progress", iommufd_bulk_get_info(bulk, &info));
		if (info.mapped != drawn)
			draw(&info);
		drawn = info.mapped;
	} while (info.state == IOMMUFD_BULK_GOES_ON);
	printf("\n");
}

static void run(struct iommufd_bulk *bulk)
{
	pthread_t threads[WORKERS];
	int started = 0;

	while (started < WORKERS &&
	       !pthread_create(&threads[started], NULL, work, bulk))
		started++;
	/* Without any thread this one can do it alone. */
	if (!started)
		work(bulk);
	watch(bulk);
	while (started > 0)
		pthread_join(threads[--started], NULL);
}

static int found(void)
{
	return mock_finds(memory, low, LOW_IOVA) &&
	       mock_finds(memory + low, high, HIGH_IOVA);
}

static int good(int fd)
{
	struct iommufd_bulk_info info = { .size = sizeof(info) };
	struct iommufd_bulk *bulk = prepare(fd);
	uint64_t unmapped;

	printf("%d threads map a guest's memory\n", WORKERS);
	run(bulk);
	check("progress", iommufd_bulk_get_info(bulk, &info));
	check("finish", iommufd_bulk_finish(bulk));
	printf("%" PRIu64 " pieces, %" PRIu64 " MiB by their file; the device "
	       "%s\n",
	       info.pieces, info.mapped_files / MIB,
	       found() ? "finds all of it" : "DOES NOT FIND IT");
	if (!found())
		return 1;
	check("unmap", iommufd_ioas_unmap_all(ioas, &unmapped));
	return 0;
}

/* Something else is where the guest's memory is to go. */
static int bad(int fd)
{
	const uint32_t access = IOMMUFD_MAP_READABLE | IOMMUFD_MAP_FIXED_IOVA;
	struct iommufd_bulk_info info = { .size = sizeof(info) };
	struct iommufd_failure failure = { .size = sizeof(failure) };
	struct iommufd_diagnosis why = { .size = sizeof(why) };
	uint64_t iova = HIGH_IOVA + high / 2, unmapped = 0;
	struct iommufd_bulk *bulk;
	int ret;

	check("map", iommufd_ioas_map(ioas, memory, MIB, access, &iova));
	bulk = prepare(fd);
	printf("\nOnce more, with something in the way\n");
	run(bulk);
	check("progress", iommufd_bulk_get_info(bulk, &info));
	ret = iommufd_bulk_finish(bulk);
	check("failure", iommufd_failure_get(ret, &failure));
	check("diagnose",
	      iommufd_diagnose(&failure, ctx, IOMMUFD_DIAGNOSE_SCRATCH, NULL,
			       &why));
	printf("piece at %" PRIu64 " MiB of region %" PRIu32 ": %s\n",
	       info.start / MIB, info.region, why.text);
	check("undo", iommufd_bulk_undo(bulk, 0));
	check("unmap", iommufd_ioas_unmap_all(ioas, &unmapped));
	printf("taken back; %" PRIu64 " MiB was mapped, what was in the way\n",
	       unmapped / MIB);
	return !ret || unmapped != MIB;
}

int main(int argc, char **argv)
{
	int fd, status;

	if (argc == 2)
		low = high = strtoull(argv[1], NULL, 10) * MIB / 2;
	if (argc > 2 || !low || low > 512 * MIB) {
		fprintf(stderr, "usage: bulk [MIB, at most 1024]\n");
		return 2;
	}
	check("open", iommufd_ctx_open(NULL, &ctx));
	check("address space", iommufd_ioas_alloc(ctx, 0, &ioas));
	check("mock device", mock_open(ctx, ioas, &device));
	fd = new_memory();
	status = good(fd);
	status |= bad(fd);
	iommufd_device_close(device);
	check("destroy", iommufd_ioas_destroy(ioas));
	iommufd_ctx_close(ctx);
	munmap(memory, low + high);
	close(fd);
	return status;
}
