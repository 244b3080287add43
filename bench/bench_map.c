/* SPDX-License-Identifier: MIT */
/*
 * Calls of the thin library in the kernel, with the page table of a device,
 * against the same requests made by hand.
 */
#include <math.h>
#include <pthread.h>
#include <stdio.h>

#include "bench.h"
#include "by_hand.h"
#include "machine.h"

#define ROUNDS	     7
#define MOST_THREADS 2

static int ctx_fd, file_fd;
static uint32_t ioas_id;

/* ---- calls ------------------------------------------------------------------ */

#define CALLS 200u

static struct iommufd_hwpt *tables[2];
static unsigned int turn;

static uint32_t next_table(void)
{
	return iommufd_hwpt_id(tables[turn++ % 2]);
}

static int library_attach(void)
{
	return iommufd_device_attach(machine_device, next_table(), NULL);
}

static int hand_attach(void)
{
	struct uapi_vfio_attach cmd = { .argsz = UAPI_VFIO_ATTACH_6_6,
					.pt_id = next_table() };

	return by_hand(file_fd, UAPI_VFIO_ATTACH, &cmd);
}

static int library_ioas(void)
{
	struct iommufd_ioas *ioas;
	int ret = iommufd_ioas_alloc(machine_ctx, 0, &ioas);

	return ret ? ret : iommufd_ioas_destroy(ioas);
}

static int hand_destroy(uint32_t id)
{
	struct uapi_destroy cmd = { .size = sizeof(cmd), .id = id };

	return by_hand(ctx_fd, IOMMUFD_NR_DESTROY, &cmd);
}

static int hand_ioas(void)
{
	struct uapi_ioas_alloc cmd = { .size = sizeof(cmd) };
	int ret = by_hand(ctx_fd, IOMMUFD_NR_IOAS_ALLOC, &cmd);

	return ret ? ret : hand_destroy(cmd.out_ioas_id);
}

static int library_hwpt(void)
{
	struct iommufd_hwpt *hwpt;
	int ret = iommufd_hwpt_alloc(machine_device, ioas_id, NULL, &hwpt);

	return ret ? ret : iommufd_hwpt_destroy(hwpt);
}

static int hand_hwpt(void)
{
	struct uapi_hwpt_alloc cmd = {
		.size = UAPI_HWPT_ALLOC_6_6,
		.dev_id = iommufd_device_id(machine_device),
		.pt_id = ioas_id,
	};
	int ret = by_hand(ctx_fd, IOMMUFD_NR_HWPT_ALLOC, &cmd);

	return ret ? ret : hand_destroy(cmd.out_hwpt_id);
}

static struct iommufd_iova_range ranges[8];

static int library_ranges(void)
{
	uint32_t count = 8;

	return iommufd_ioas_iova_ranges(machine_ioas, ranges, &count, NULL);
}

static int hand_ranges(void)
{
	struct uapi_ioas_iova_ranges cmd = {
		.size = sizeof(cmd),
		.ioas_id = ioas_id,
		.num_iovas = 8,
		.allowed_iovas = (uintptr_t)ranges,
	};

	return by_hand(ctx_fd, IOMMUFD_NR_IOAS_IOVA_RANGES, &cmd);
}

static int library_info(void)
{
	struct iommufd_hw_info info = { .size = sizeof(info) };

	return iommufd_device_get_hw_info(machine_device, 0, NULL, 0, &info);
}

static int hand_info(void)
{
	struct uapi_get_hw_info cmd = {
		.size = sizeof(cmd),
		.dev_id = iommufd_device_id(machine_device),
	};

	return by_hand(ctx_fd, IOMMUFD_NR_GET_HW_INFO, &cmd);
}

typedef int call(void);

static const struct {
	const char *words;
	call *library, *hand;
} calls[] = {
	{ "device_attach (a replacement)", library_attach, hand_attach },
	{ "ioas_alloc and destroy", library_ioas, hand_ioas },
	{ "hwpt_alloc and destroy", library_hwpt, hand_hwpt },
	{ "ioas_iova_ranges", library_ranges, hand_ranges },
	{ "device_get_hw_info", library_info, hand_info },
};

/* Microseconds of one. */
static double call_took(call *go)
{
	const uint32_t times = bench_times(CALLS);
	double start = bench_now();

	for (uint32_t i = 0; i < times; i++)
		machine_check("a call", go());
	return (bench_now() - start) / times / 1e3;
}

static void compare_calls(void)
{
	for (int i = 0; i < 2; i++)
		machine_check("page table",
			      iommufd_hwpt_alloc(machine_device, ioas_id, NULL,
						 &tables[i]));
	bench_table("calls in the kernel (us)",
		    "call,library,by hand,library/by hand");
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		double took[3] = { INFINITY, INFINITY };

		for (uint32_t n = 0; n < bench_times(ROUNDS); n++) {
			took[0] = fmin(took[0], call_took(calls[i].library));
			took[1] = fmin(took[1], call_took(calls[i].hand));
		}
		took[2] = took[0] / took[1];
		bench_row(calls[i].words, took, 3);
	}
	machine_check("attach",
		      iommufd_device_attach(machine_device, ioas_id, NULL));
	for (int i = 0; i < 2; i++)
		machine_check("destroy", iommufd_hwpt_destroy(tables[i]));
}

/* ---- map and unmap ------------------------------------------------------------ */

static const struct size {
	const char *words;
	uint64_t length;
	uint32_t pairs; /* of a thread and round */
} sizes[] = {
	{ "4 KiB", 4 * KIB, 2000 },
	{ "2 MiB", 2 * MIB, 200 },
	{ "1 GiB", 1 * GIB, 2 },
};

/* One thread's part: to map the same memory at its own IOVA, and to unmap it. */
struct work {
	const struct machine_memory *memory;
	uint64_t length, iova;
	uint32_t pairs;
	int (*pair)(const struct work *);
	pthread_t thread;
	double start, end;
};

static int library_unmap(const struct work *w)
{
	uint64_t length = w->length;

	return iommufd_ioas_unmap(machine_ioas, &length, w->iova);
}

static int library_pair(const struct work *w)
{
	uint64_t iova = w->iova;
	int ret = iommufd_ioas_map(machine_ioas, w->memory->memory, w->length,
				   RW | IOMMUFD_MAP_FIXED_IOVA, &iova);

	return ret ? ret : library_unmap(w);
}

static int file_pair(const struct work *w)
{
	const struct iommufd_extent part = { .length = w->length };
	uint64_t iova = w->iova;
	int ret = iommufd_ioas_map_file(machine_ioas, w->memory->fd, &part,
					RW | IOMMUFD_MAP_FIXED_IOVA, &iova);

	return ret ? ret : library_unmap(w);
}

static int hand_pair(const struct work *w)
{
	struct uapi_ioas_map map = {
		.size = sizeof(map),
		.flags = RW | IOMMUFD_MAP_FIXED_IOVA,
		.ioas_id = ioas_id,
		.user_va = (uintptr_t)w->memory->memory,
		.length = w->length,
		.iova = w->iova,
	};
	struct uapi_ioas_unmap unmap = {
		.size = sizeof(unmap),
		.ioas_id = ioas_id,
		.iova = w->iova,
		.length = w->length,
	};
	int ret = by_hand(ctx_fd, IOMMUFD_NR_IOAS_MAP, &map);

	return ret ? ret : by_hand(ctx_fd, IOMMUFD_NR_IOAS_UNMAP, &unmap);
}

static pthread_barrier_t start_line;

static void *work(void *arg)
{
	struct work *w = arg;

	pthread_barrier_wait(&start_line);
	w->start = bench_now();
	for (uint32_t i = 0; i < w->pairs; i++)
		machine_check("map and unmap", w->pair(w));
	w->end = bench_now();
	return NULL;
}

/* Microseconds of a pair, from the first thread's start to the last one's end. */
static double pair_took(const struct size *size, unsigned int threads,
			const struct machine_memory *memory,
			int (*pair)(const struct work *))
{
	struct work list[MOST_THREADS];
	double start = INFINITY, end = 0;

	MUST(!pthread_barrier_init(&start_line, NULL, threads));
	for (unsigned int i = 0; i < threads; i++) {
		list[i] = (struct work){ .memory = memory,
					 .length = size->length,
					 .iova = FIRST_IOVA + i * GIB,
					 .pairs = bench_times(size->pairs),
					 .pair = pair };
		MUST(!pthread_create(&list[i].thread, NULL, work, &list[i]));
	}
	for (unsigned int i = 0; i < threads; i++) {
		MUST(!pthread_join(list[i].thread, NULL));
		start = fmin(start, list[i].start);
		end = fmax(end, list[i].end);
	}
	MUST(!pthread_barrier_destroy(&start_line));
	return (end - start) / bench_times(size->pairs) / 1e3;
}

/* The least of some rounds, in which both have their turn. */
static void compare_pairs(const struct size *size, unsigned int threads,
			  const struct machine_memory *memory,
			  int (*one)(const struct work *),
			  int (*other)(const struct work *))
{
	double took[4] = { INFINITY, INFINITY };
	char words[64];

	for (uint32_t n = 0; n < bench_times(ROUNDS); n++) {
		took[0] = fmin(took[0], pair_took(size, threads, memory, one));
		took[1] =
			fmin(took[1], pair_took(size, threads, memory, other));
	}
	took[2] = took[0] / took[1];
	took[3] = 1e6 * threads / took[0];
	snprintf(words, sizeof(words), "%s %u thread%s", size->words, threads,
		 threads == 1 ? "" : "s");
	bench_row(words, took, 4);
}

static void compare_sizes(enum machine_kind kind,
			  int (*one)(const struct work *),
			  int (*other)(const struct work *))
{
	const size_t count =
		bench_is_quick() ? 2 : sizeof(sizes) / sizeof(sizes[0]);

	for (size_t i = 0; i < count; i++) {
		struct machine_memory memory;

		if (!machine_has_room(sizes[i].length))
			continue;
		memory = machine_memory_new(kind, sizes[i].length);
		MUST(memory.memory);
		machine_touch(&memory);
		for (unsigned int n = 1; n <= MOST_THREADS; n++)
			compare_pairs(&sizes[i], n, &memory, one, other);
		machine_memory_free(&memory);
	}
}

static int can_map_files(void)
{
	return !iommufd_ctx_probe(machine_ctx, IOMMUFD_NR_IOAS_MAP_FILE);
}

int main(int argc, char **argv)
{
	bench_arguments(argc, argv);
	machine_begin();
	ctx_fd = iommufd_ctx_fd(machine_ctx);
	file_fd = iommufd_vfio_fd(iommufd_device_vfio(machine_device));
	ioas_id = iommufd_ioas_id(machine_ioas);
	compare_calls();
	bench_table("map and unmap (us of both; pairs a second of all threads)",
		    "size,library,by hand,library/by hand,pairs/s");
	compare_sizes(LARGE_PAGES, library_pair, hand_pair);
	bench_table("map by file and unmap, and by memory, of a memfd (us of "
		    "both; pairs a second of all threads)",
		    "size,file,memory,file/memory,pairs/s");
	if (can_map_files())
		compare_sizes(MEMORY_FILE, file_pair, library_pair);
	machine_end();
	bench_end();
	return 0;
}
