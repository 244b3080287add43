/* SPDX-License-Identifier: MIT */
/*
 * hand-over: a program that reads a disk runs a new version of itself, which
 * reads on. The disk does not notice: it is neither reset nor told, its page
 * table stays, and the reads that are on their way end while there is neither of
 * the two programs.
 *
 * The disk is only read.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hand-over.h"

#define MIB	 (1 << 20)
#define MOST_MIB 64 /* that are read without an image */

struct options {
	const char *address;
	const char *disk;	 /* an image to compare with, or NULL */
	const char *new_version; /* the program to run */
	int taken;		 /* what the old program left, or -1 */
};

static struct program program = { .memory_fd = -1, .image = -1 };

void check(const char *what, int ret)
{
	char why[512];

	if (!ret)
		return;
	iommufd_explain(ret, program.ctx, why, sizeof(why));
	fprintf(stderr, "hand-over: %s: %s\n", what, why);
	exit(1);
}

void die(const char *why)
{
	fprintf(stderr, "hand-over: %s\n", why);
	exit(1);
}

static void open_image(const char *disk)
{
	if (!disk)
		return;
	program.image = open(disk, O_RDONLY | O_CLOEXEC);
	if (program.image < 0)
		die("the image of the disk cannot be opened");
}

/* How much is read in all: of a disk longer than its image the beginning. */
static void choose_span(void)
{
	struct memory *memory = program.memory;
	const struct nvme *nvme = &memory->nvme;
	struct stat st;

	memory->span = nvme->blocks * nvme->block_size;
	if (memory->span > MOST_MIB * MIB)
		memory->span = MOST_MIB * MIB;
	if (program.image >= 0 && !fstat(program.image, &st) &&
	    S_ISREG(st.st_mode) && memory->span > (uint64_t)st.st_size)
		memory->span = (uint64_t)st.st_size;
	memory->span -= memory->span % nvme->block_size;
	if (!memory->span)
		die("the image is empty");
}

/* ---- the old program --------------------------------------------------------- */

/*
 * Everything by a name that both programs know. What of the device is in force
 * the kernel does not tell, so it goes along; and so does where the memory is.
 */
static struct iommufd_hand_over *give(void)
{
	const struct iommufd_hand_over_object objects[] = {
		{ .size = sizeof(objects[0]),
		  .kind = IOMMUFD_HAND_OVER_IOAS,
		  .name = "address space",
		  .ioas = program.ioas,
		  .value = program.iova },
		{ .size = sizeof(objects[0]),
		  .kind = IOMMUFD_HAND_OVER_HWPT,
		  .name = "page table",
		  .hwpt = program.hwpt },
		{ .size = sizeof(objects[0]),
		  .kind = IOMMUFD_HAND_OVER_VFIO,
		  .name = "disk",
		  .vfio = iommufd_device_vfio(program.device),
		  .page_table = iommufd_hwpt_id(program.hwpt) },
		{ .size = sizeof(objects[0]),
		  .kind = IOMMUFD_HAND_OVER_FD,
		  .name = "memory",
		  .fd = program.memory_fd,
		  .value = sizeof(struct memory) },
	};
	struct iommufd_hand_over *hand_over = NULL;

	check("begin to hand over",
	      iommufd_hand_over_new(program.ctx, 0, &hand_over));
	for (int i = 0; i < 4; i++)
		check(objects[i].name,
		      iommufd_hand_over_add(hand_over, &objects[i]));
	return hand_over;
}

/* Does not return, unless the new version cannot be run. */
static void run_new_version(const struct options *options, int record)
{
	const char *argv[6] = { "hand-over" };
	char number[16];
	int n = 1;

	snprintf(number, sizeof(number), "%d", record);
	argv[n++] = "--take";
	argv[n++] = number;
	if (options->disk) {
		argv[n++] = "--disk";
		argv[n++] = options->disk;
	}
	execv(options->new_version, (char **)(uintptr_t)argv);
}

/* Reads half of it, and gives the rest to the new version. */
static void old_version(const struct options *options)
{
	struct memory *memory;
	struct iommufd_hand_over *hand_over;
	uint64_t half;
	int record, why;

	setup_begin(&program, options->address);
	memory = program.memory;
	choose_span();
	half = memory->span / 2;
	read_until(&program, half - half % memory->nvme.block_size);
	printf("old    process %d has read %" PRIu64 " MiB of %" PRIu64 "\n",
	       (int)getpid(), memory->read / MIB, memory->span / MIB);

	hand_over = give();
	check("let it be inherited",
	      iommufd_hand_over_inherit(hand_over, &record));
	printf("old    starts %u more reads, and runs the new version\n",
	       read_start(&program));
	run_new_version(options, record);

	/* Nothing has happened: what could be inherited is closed again. */
	why = errno;
	iommufd_hand_over_release(hand_over);
	printf("old    cannot run it: %s. It goes on itself\n", strerror(why));
}

/* ---- the new program --------------------------------------------------------- */

static struct iommufd_hand_over_object take(struct iommufd_hand_over *hand_over,
					    uint32_t kind, const char *name)
{
	struct iommufd_hand_over_object object = { .size = sizeof(object),
						   .kind = kind,
						   .name = name };

	check(name, iommufd_hand_over_take(hand_over, &object));
	return object;
}

static void take_all(struct iommufd_hand_over *hand_over)
{
	struct iommufd_hand_over_object space, disk, memory;

	space = take(hand_over, IOMMUFD_HAND_OVER_IOAS, "address space");
	program.ioas = space.ioas;
	program.iova = space.value;
	program.hwpt =
		take(hand_over, IOMMUFD_HAND_OVER_HWPT, "page table").hwpt;
	disk = take(hand_over, IOMMUFD_HAND_OVER_VFIO, "disk");
	check("disk", iommufd_device_from_vfio(disk.vfio, &program.device));
	/* From now on the device holds the file. */
	iommufd_vfio_close(disk.vfio);
	memory = take(hand_over, IOMMUFD_HAND_OVER_FD, "memory");
	program.memory_fd = memory.fd;
	/* A version that keeps other notes in it cannot read these. */
	if (memory.value != sizeof(struct memory))
		die("the memory is laid out otherwise");
	printf("new    takes the disk, on page table %" PRIu32
	       ", and %zu KiB of memory\n",
	       disk.page_table, sizeof(struct memory) >> 10);
}

/* Which reads have ended, while nobody was there to see it? */
static void take_reads(void)
{
	struct nvme *nvme = &program.memory->nvme;
	unsigned int n = 0;

	while (nvme_is_ready(nvme)) {
		read_take(&program);
		n++;
	}
	printf("new    finds %u reads done that the old version had started\n",
	       n);
}

static void new_version(const struct options *options)
{
	struct iommufd_hand_over *hand_over = NULL;
	struct memory *memory;

	printf("new    process %d begins\n", (int)getpid());
	check("take over", iommufd_hand_over_inherited(
				   options->taken, &program.ctx, &hand_over));
	take_all(hand_over);
	setup_memory(&program);
	memory = program.memory;
	if (nvme_resume(&memory->nvme, iommufd_device_vfio(program.device),
			memory->queues, memory->buffers))
		die(memory->nvme.trouble);
	/* So far nothing has changed. Now the locked memory is ours. */
	check("become the owner", iommufd_hand_over_finish(hand_over));
	printf("new    is the owner\n");
	take_reads();
}

/* ------------------------------------------------------------------------------ */

/* The rest, whichever version it is. */
static int go_on(void)
{
	struct memory *memory = program.memory;
	uint64_t wrong;

	read_until(&program, memory->span);
	wrong = memory->wrong;
	printf("in all %" PRIu64 " MiB read, %" PRIu64 " bytes wrong%s\n",
	       memory->read / MIB, wrong,
	       program.image < 0 ? " (nothing to compare with)" : "");
	setup_end(&program);
	return wrong ? 1 : 0;
}

static void usage(FILE *to)
{
	fprintf(to,
		"usage: hand-over [--disk FILE] [--new-version PROGRAM] "
		"PCI-ADDRESS\n"
		"  --disk FILE            image that the disk must be equal "
		"to\n"
		"  --new-version PROGRAM  what to hand over to (default: this "
		"program again)\n"
		"The NVMe controller must be bound to vfio-pci. Its disk is "
		"only read.\n");
}

static int parse(struct options *options, int argc, char **argv)
{
	static const struct option known[] = {
		{ "disk", required_argument, NULL, 'd' },
		{ "new-version", required_argument, NULL, 'n' },
		{ "take", required_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (c) {
		case 'd':
			options->disk = optarg;
			break;
		case 'n':
			options->new_version = optarg;
			break;
		case 't':
			options->taken = atoi(optarg);
			break;
		case 'h':
			usage(stdout);
			exit(0);
		default:
			return -1;
		}
	}
	options->address = argv[optind];
	/* Who takes over has the address with all the rest. */
	return argc - optind == (options->taken < 0 ? 1 : 0) ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct options options = { .new_version = "/proc/self/exe",
				   .taken = -1 };

	if (parse(&options, argc, argv)) {
		usage(stderr);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	open_image(options.disk);
	if (options.taken < 0)
		old_version(&options);
	else
		new_version(&options);
	return go_on();
}
