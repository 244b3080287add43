/* SPDX-License-Identifier: MIT */
/*
 * nvme-dma: reads an NVMe disk from user space, and replaces the address space
 * of the controller while it runs.
 *
 * The controller never notices: both address spaces hold the same memory at the
 * same IOVAs, so its queues and buffers are where they were. Between the
 * batches of reads nothing is in flight, because on some IOMMUs (Intel VT-d)
 * DMA is blocked for an instant while the page table is replaced.
 *
 * The disk is only read.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "nvme-dma.h"

struct options {
	const char *address;
	const char *disk;
	uint64_t bytes;
	unsigned int switches;
	int mistakes;
};

int complain(struct setup *setup, const char *what, int ret)
{
	struct iommufd_failure failure = { .size = sizeof(failure) };
	struct iommufd_diagnosis diagnosis = { .size = sizeof(diagnosis) };
	struct iommufd_diagnose_opts opts = {
		.size = sizeof(opts),
		.name = what, /* looked at for devices and files only */
	};
	const char *why = iommufd_strerror(ret);

	if (!iommufd_failure_get(ret, &failure) &&
	    !iommufd_diagnose(&failure, setup->ctx, IOMMUFD_DIAGNOSE_SCRATCH,
			      &opts, &diagnosis))
		why = diagnosis.text;
	fprintf(stderr, "nvme-dma: %s: %s (%s, %s)\n", what, why,
		iommufd_cause_name(iommufd_cause(ret)),
		strerror(iommufd_errno(ret)));
	return -1;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Reads everything through the address space that is in force. */
static int read_all(struct setup *setup)
{
	uint64_t before = setup->bytes, wrong = setup->wrong;
	double start = seconds();

	if (read_range(setup, 0, setup->span))
		return -1;
	printf("read      %" PRIu64 " bytes through address space %u, "
	       "%" PRIu64 " wrong, %.1f s\n",
	       setup->bytes - before, setup->active + 1, setup->wrong - wrong,
	       seconds() - start);
	/* Without an image, this is what we compare with from now on. */
	setup->known = 1;
	return 0;
}

static void progress(unsigned int done, unsigned int all)
{
	if (isatty(STDOUT_FILENO) && done % 50 == 0) {
		printf("\rswitches  %u of %u", done, all);
		fflush(stdout);
	}
}

/* To and fro between the address spaces, with a batch of reads after each. */
static int switch_often(struct setup *setup, unsigned int switches)
{
	uint64_t before = setup->bytes, wrong = setup->wrong;
	uint64_t batch = (uint64_t)NVME_DEPTH * setup->nvme.transfer;
	uint64_t place = 0;
	double start = seconds(), switching = 0;

	for (unsigned int i = 0; i < switches; i++) {
		uint64_t left = setup->span - place;
		double since = seconds();

		if (setup_switch(setup))
			return -1;
		switching += seconds() - since;
		if (read_range(setup, place, left < batch ? left : batch))
			return -1;
		place = left > batch ? place + batch : 0;
		progress(i + 1, switches);
	}
	printf("%sswitched  %u times, %" PRIu64 " bytes read in between, "
	       "%" PRIu64 " wrong, %.1f s, %.0f us for a switch\n",
	       isatty(STDOUT_FILENO) ? "\r" : "", switches,
	       setup->bytes - before, setup->wrong - wrong, seconds() - start,
	       switches ? switching * 1e6 / switches : 0.0);
	return 0;
}

static int run(struct setup *setup, const struct options *options)
{
	int unexpected = 0;

	if (setup_device(setup, options->address) || setup_spaces(setup) ||
	    setup_controller(setup) ||
	    read_prepare(setup, options->disk, options->bytes))
		return -1;
	if (read_all(setup) || setup_switch(setup) || read_all(setup) ||
	    switch_often(setup, options->switches))
		return -1;
	if (options->mistakes) {
		unexpected = make_mistakes(setup);
		printf("\n");
		if (read_all(setup))
			return -1;
	}
	printf("in all    %" PRIu64 " bytes read, %" PRIu64 " wrong, %" PRIu64
	       " lost\n",
	       setup->bytes, setup->wrong, setup->lost);
	return unexpected || setup->wrong ? -1 : 0;
}

static void usage(FILE *to)
{
	fprintf(to,
		"usage: nvme-dma [options] PCI-ADDRESS\n"
		"  --disk FILE    image that the disk must be equal to; "
		"reads all of it\n"
		"  --bytes N      read N bytes (default 256 MiB, with an "
		"image the whole disk)\n"
		"  --switches N   replace the address space N times "
		"(default 1000)\n"
		"  --no-mistakes  leave out the usual mistakes\n"
		"The controller must be bound to vfio-pci. Its disk is only "
		"read.\n");
}

static int number(const char *text, uint64_t max, uint64_t *value)
{
	char *end;

	*value = strtoull(text, &end, 0);
	if (*text >= '0' && *text <= '9' && !*end && *value <= max)
		return 0;
	fprintf(stderr, "nvme-dma: '%s' is not a usable number\n", text);
	return -1;
}

static int parse(struct options *options, int argc, char **argv)
{
	static const struct option known[] = {
		{ "disk", required_argument, NULL, 'd' },
		{ "bytes", required_argument, NULL, 'b' },
		{ "switches", required_argument, NULL, 's' },
		{ "no-mistakes", no_argument, NULL, 'm' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	uint64_t value;
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (c) {
		case 'd':
			options->disk = optarg;
			break;
		case 'b':
			if (number(optarg, UINT64_MAX, &options->bytes))
				return -1;
			break;
		case 's':
			if (number(optarg, 1000000000, &value))
				return -1;
			options->switches = (unsigned int)value;
			break;
		case 'm':
			options->mistakes = 0;
			break;
		case 'h':
			usage(stdout);
			exit(0);
		default:
			return -1;
		}
	}
	if (optind != argc - 1)
		return -1;
	options->address = argv[optind];
	return 0;
}

int main(int argc, char **argv)
{
	struct options options = { .switches = 1000, .mistakes = 1 };
	struct setup setup = { 0 };
	int ret;

	if (parse(&options, argc, argv)) {
		usage(stderr);
		return 2;
	}
	if (!options.bytes)
		options.bytes = options.disk ? UINT64_MAX : 256 << 20;
	setvbuf(stdout, NULL, _IOLBF, 0);
	ret = run(&setup, &options);
	setup_end(&setup);
	return ret ? 1 : 0;
}
