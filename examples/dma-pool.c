/* SPDX-License-Identifier: MIT */
/*
 * dma-pool: what an environment for storage in user space does. Memory is taken
 * in huge pages and mapped once; of it come thousands of buffers of all sizes;
 * and each read of the disk looks up where its buffers are for the device, with
 * several reads on their way.
 *
 * Nothing is mapped, locked or allocated on the way of a read: a buffer's IOVA
 * comes from the DMA map, by a cursor that belongs to the queue.
 *
 * The disk is only read.
 */
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "dma-pool.h"
#include "nvme-dma-driver.h"

#define PAGE	4096 /* of the controller */
#define PARTS	8    /* buffers of one read, at the most */
#define PIECES	(NVME_TRANSFER / PAGE + 1)
#define PASSES	3
#define BUFFERS 4096
#define MOST	16384 /* buffers, as many as the pool has room for */

/* One buffer of the pool, as somebody would have it who asks for a read. */
struct buffer {
	uint8_t *memory;
	uint32_t size;
};

/* A read on its way. */
struct request {
	const struct buffer *buffers;
	uint32_t count;
	uint64_t start; /* on the disk */
	uint32_t length;
};

static struct iommufd_ctx *ctx;
static struct iommufd_ioas *ioas;
static struct iommufd_hwpt *hwpt;
static struct iommufd_device *device;
static struct pool pool;
static struct nvme nvme;
/* One for each queue: it remembers where the last buffer was. */
static struct iommufd_dma_cursor cursor;

static struct buffer *buffers;
static uint32_t num_buffers = BUFFERS;
static uint8_t *expected; /* what is on the disk */
static uint64_t span;	  /* bytes of it that are read in one pass */
static int known;	  /* whether `expected` is */

static struct {
	uint64_t reads, translations, pieces, bytes, wrong;
	uint64_t on_the_way; /* reads, added up at each end of one */
	double seconds;	     /* of translating */
} done;

void check(const char *what, int ret)
{
	char why[512];

	if (!ret)
		return;
	iommufd_explain(ret, ctx, why, sizeof(why));
	fprintf(stderr, "dma-pool: %s: %s\n", what, why);
	exit(1);
}

void die(const char *why)
{
	fprintf(stderr, "dma-pool: %s\n", why);
	exit(1);
}

/* ---- beginning and end --------------------------------------------------------- */

static void begin(const char *address)
{
	const struct dma_memory none = { 0 };
	struct dma_memory queues = { .length = NVME_QUEUE_MEMORY };
	struct iommufd_extent where;

	check("open", iommufd_ctx_open(NULL, &ctx));
	check(address, iommufd_open_pci(ctx, address, NULL, &device));
	check("address space", iommufd_ioas_alloc(ctx, 0, &ioas));
	check("page table",
	      iommufd_hwpt_alloc(device, iommufd_ioas_id(ioas), NULL, &hwpt));
	/* Then the device's reserved windows are known to the allocator. */
	check("attach",
	      iommufd_device_attach(device, iommufd_hwpt_id(hwpt), NULL));
	pool_begin(&pool, ioas);
	iommufd_dma_cursor_init(&cursor, pool.map);

	/* The controller's queues are from the pool as well. */
	queues.memory = pool_take(&pool, NVME_QUEUE_MEMORY);
	check("translate",
	      iommufd_dma_translate(&cursor, queues.memory, &where));
	queues.iova = where.start;
	if (nvme_start(&nvme, iommufd_device_vfio(device), &queues, &none))
		die(nvme.trouble);
}

static void end(void)
{
	nvme_stop(&nvme);
	pool_end(&pool);
	iommufd_device_close(device);
	check("end the page table", iommufd_hwpt_destroy(hwpt));
	check("end the address space", iommufd_ioas_destroy(ioas));
	iommufd_ctx_close(ctx);
	free(buffers);
	free(expected);
}

/* ---- buffers ------------------------------------------------------------------- */

static uint32_t random_below(uint32_t limit)
{
	static uint64_t state = 1;

	state = state * UINT64_C(6364136223846793005) + 1;
	return (uint32_t)(state >> 33) % limit;
}

/* Another order: the next buffer is anywhere. */
static void shuffle(void)
{
	for (uint32_t i = num_buffers - 1; i > 0; i--) {
		const uint32_t other = random_below(i + 1);
		const struct buffer buffer = buffers[i];

		buffers[i] = buffers[other];
		buffers[other] = buffer;
	}
}

/* Half of them small, some large: in no order that a reader could use. */
static void take_buffers(void)
{
	static const uint32_t sizes[] = { 512,	1024, 2048,  4096,
					  4096, 8192, 16384, 65536 };
	uint32_t largest = 0;

	buffers = calloc(num_buffers, sizeof(*buffers));
	if (!buffers)
		die("no memory");
	for (uint32_t i = 0; i < num_buffers; i++) {
		uint32_t size = sizes[i % 8];

		if (size < nvme.block_size)
			size = nvme.block_size;
		if (size > nvme.transfer)
			size = nvme.transfer;
		if (size > largest)
			largest = size;
		buffers[i].memory = pool_take(&pool, size);
		buffers[i].size = size;
		span += size;
	}
	if (span > nvme.blocks * nvme.block_size)
		die("the disk is too small for so many buffers");
	printf("pool      %u buffers of %" PRIu32 " to %" PRIu32
	       " bytes, %" PRIu64 " KiB in %" PRIu32 " chunks\n",
	       num_buffers, nvme.block_size, largest, span >> 10, pool.count);
	if (pool.small)
		printf("notice    %" PRIu32 " of %" PRIu32
		       " chunks have ordinary pages: no huge pages are left "
		       "(/proc/sys/vm/nr_hugepages)\n",
		       pool.small, pool.count);
}

/* Without an image the first pass tells what later ones must find. */
static void expect(const char *disk)
{
	uint64_t at = 0;
	ssize_t n = 1;
	int fd;

	expected = malloc(span);
	if (!expected)
		die("no memory to compare with");
	if (!disk)
		return;
	fd = open(disk, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die("the image of the disk cannot be opened");
	while (at < span && n > 0) {
		n = read(fd, expected + at, span - at);
		if (n > 0)
			at += (uint64_t)n;
	}
	close(fd);
	if (at < span)
		die("the image is not all of the disk");
	known = 1;
}

/* ---- reading ------------------------------------------------------------------- */

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/*
 * How many buffers make the next read. An NVMe controller takes a list of pages:
 * all of them whole, but for the beginning of the first and the end of the last.
 * So a buffer that is no whole page can only be alone; or the last one, if it
 * begins a page.
 */
static uint32_t choose(const struct buffer *next, uint32_t left,
		       uint32_t *length)
{
	uint32_t count = 1;

	*length = next->size;
	while (count < left && count < PARTS && *length % PAGE == 0 &&
	       (uintptr_t)next[count].memory % PAGE == 0 &&
	       *length + next[count].size <= nvme.transfer)
		*length += next[count++].size;
	return count;
}

/* From the buffers to what the controller takes, and off. */
static void start(uint16_t slot, const struct request *r)
{
	struct iommufd_dma_memory memory[PARTS];
	struct iommufd_extent pieces[PIECES];
	uint32_t count = PIECES;
	double since = now();

	for (uint32_t i = 0; i < r->count; i++) {
		memory[i].start = r->buffers[i].memory;
		memory[i].length = r->buffers[i].size;
	}
	check("translate",
	      iommufd_dma_map_translate_list(&cursor, memory, r->count, PAGE,
					     pieces, &count));
	done.seconds += now() - since;
	done.translations += r->count;
	done.pieces += count;
	/* What a buffer holds before must not pass for what was read. */
	for (uint32_t i = 0; i < r->count; i++)
		memset(r->buffers[i].memory, (int)(r->start >> 9 ^ 0x5a),
		       r->buffers[i].size);
	nvme_read_pieces(&nvme, slot, r->start / nvme.block_size,
			 r->length / nvme.block_size, pieces, count);
}

static void finish(const struct request *r)
{
	uint8_t *should = expected + r->start;

	for (uint32_t i = 0; i < r->count; i++) {
		const struct buffer *b = &r->buffers[i];

		if (!known)
			memcpy(should, b->memory, b->size);
		for (uint32_t n = 0; n < b->size; n++)
			done.wrong += b->memory[n] != should[n];
		should += b->size;
	}
	done.reads++;
	done.bytes += r->length;
}

/* Into every buffer once, with as many reads on their way as there may be. */
static void pass(void)
{
	struct request requests[NVME_DEPTH];
	uint32_t next = 0, on_the_way = 0;
	uint16_t started = 0, slot = 0;
	uint64_t at = 0;

	/* Each slot starts once; after that, whenever its read is complete. */
	while (next < num_buffers || on_the_way) {
		struct request *r;

		if (started < NVME_DEPTH && next < num_buffers) {
			slot = started++;
		} else {
			done.on_the_way += on_the_way;
			if (nvme_wait(&nvme, &slot))
				die(nvme.trouble);
			finish(&requests[slot]);
			on_the_way--;
		}
		if (next == num_buffers)
			continue;
		r = &requests[slot];
		*r = (struct request){ .buffers = &buffers[next], .start = at };
		r->count = choose(r->buffers, num_buffers - next, &r->length);
		start(slot, r);
		next += r->count;
		at += r->length;
		on_the_way++;
	}
	known = 1;
}

static int run(void)
{
	for (int i = 0; i < PASSES; i++) {
		shuffle();
		pass();
	}
	printf("read      %" PRIu64 " KiB by %" PRIu64 " reads, %.1f on their "
	       "way at a time (at most %d)\n",
	       done.bytes >> 10, done.reads,
	       (double)done.on_the_way / (double)done.reads, NVME_DEPTH);
	printf("lookups   %" PRIu64 " buffers translated into %" PRIu64
	       " pieces, %.0f ns for a read\n",
	       done.translations, done.pieces,
	       done.seconds * 1e9 / (double)done.reads);
	printf("in all    %" PRIu64 " bytes, %" PRIu64 " wrong\n", done.bytes,
	       done.wrong);
	return done.wrong ? 1 : 0;
}

/* ------------------------------------------------------------------------------ */

static void usage(FILE *to)
{
	fprintf(to,
		"usage: dma-pool [--disk FILE] [--buffers N] PCI-ADDRESS\n"
		"  --disk FILE   image that the disk must be equal to\n"
		"  --buffers N   buffers of the pool (default 4096)\n"
		"The NVMe controller must be bound to vfio-pci. Its disk is "
		"only read.\n");
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "disk", required_argument, NULL, 'd' },
		{ "buffers", required_argument, NULL, 'b' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *disk = NULL;
	int c, status;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'd') {
			disk = optarg;
		} else if (c == 'b') {
			num_buffers = (uint32_t)strtoul(optarg, NULL, 0);
		} else {
			usage(c == 'h' ? stdout : stderr);
			return c == 'h' ? 0 : 2;
		}
	}
	if (optind != argc - 1 || !num_buffers || num_buffers > MOST) {
		usage(stderr);
		return 2;
	}
	begin(argv[optind]);
	printf("disk      %s, %" PRIu64 " MiB in blocks of %" PRIu32 "\n",
	       nvme.model, nvme.blocks * nvme.block_size >> 20,
	       nvme.block_size);
	take_buffers();
	expect(disk);
	status = run();
	end();
	return status;
}
