/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

static FILE *csv;
static int quick, counting;
static char columns_now[256];

void bench_die(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, what);
	exit(1);
}

double bench_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

#define SEED UINT64_C(88172645463325252)
static uint64_t state = SEED;

void bench_random_again(void)
{
	state = SEED;
}

uint64_t bench_random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

uint64_t bench_below(uint64_t limit)
{
	return (bench_random() >> 16) % limit;
}

int bench_pin(unsigned int processor)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(processor, &set);
	return !sched_setaffinity(0, sizeof(set), &set);
}

/* ---- arguments ----------------------------------------------------------- */

uint32_t bench_times(uint32_t usual)
{
	return quick && usual > 2 ? 2 : usual;
}

int bench_is_quick(void)
{
	return quick;
}

int bench_is_counting(void)
{
	return counting;
}

/* ---- passes -------------------------------------------------------------- */

#define PASSES	bench_times(6)
#define NUMBERS 512

static double leasts[NUMBERS];
static size_t number; /* the next one of this pass */
static uint32_t pass; /* from 1; 0 outside of passes */

int bench_pass(void)
{
	number = 0;
	pass = counting || pass == PASSES ? 0 : pass + 1;
	return pass != 0;
}

double bench_least(double took)
{
	MUST(number < NUMBERS);
	leasts[number] = pass > 1 ? fmin(leasts[number], took) : took;
	return leasts[number++];
}

static int is_silent(void)
{
	return counting || (pass && pass < PASSES);
}

/* ---- the machine --------------------------------------------------------- */

/* What follows the colon in the first line of that name, "" if there is none. */
static void cpuinfo(const char *name, char *text, size_t size)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	char line[8192];

	text[0] = 0;
	while (file && fgets(line, sizeof(line), file)) {
		const char *colon = strchr(line, ':');

		if (strncmp(line, name, strlen(name)) != 0 || !colon)
			continue;
		snprintf(text, size, "%.*s", (int)strcspn(colon, "\n") - 2,
			 colon + 2);
		break;
	}
	if (file)
		fclose(file);
}

static const char *how_real(const char *processor)
{
	char flags[8192];

	cpuinfo("flags", flags, sizeof(flags));
	if (strstr(processor, "TCG"))
		return "emulated in software";
	return strstr(flags, "hypervisor") ? "a virtual machine"
					   : "not emulated";
}

static void say_machine(void)
{
	const double gib = (double)sysconf(_SC_PHYS_PAGES) *
			   (double)sysconf(_SC_PAGESIZE) / (1 << 30);
	struct utsname system;
	char processor[128], text[512];

	MUST(!uname(&system));
	cpuinfo("model name", processor, sizeof(processor));
	/* Only the numbers of the release: the rest may be anybody's. */
	snprintf(text, sizeof(text),
		 "%ld processors%s%s; %s, %s; %.1f GiB of memory; Linux %.*s",
		 sysconf(_SC_NPROCESSORS_ONLN), processor[0] ? ", " : "",
		 processor, system.machine, how_real(processor), gib,
		 (int)strspn(system.release, "0123456789."), system.release);
	printf("%s\n", text);
	if (csv)
		fprintf(csv, "# machine: %s\n", text);
}

static void usage(const char *program)
{
	fprintf(stderr, "usage: %s [--csv FILE] [--quick]\n", program);
	exit(2);
}

void bench_arguments(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--quick")) {
			quick = 1;
		} else if (!strcmp(argv[i], "--count")) {
			counting = 1;
		} else if (!strcmp(argv[i], "--csv") && i + 1 < argc) {
			csv = fopen(argv[++i], "we");
			if (!csv) {
				perror(argv[i]);
				exit(1);
			}
		} else {
			usage(argv[0]);
		}
	}
	if (!counting)
		say_machine();
}

/* ---- tables -------------------------------------------------------------- */

/* Two empty lines part one table from the next for gnuplot. */
void bench_table(const char *title, const char *columns)
{
	char *name;

	if (is_silent())
		return;
	printf("\n%s\n\n", title);
	snprintf(columns_now, sizeof(columns_now), "%s", columns);
	for (name = strtok(columns_now, ","); name; name = strtok(NULL, ","))
		printf(name == columns_now ? "%-34s" : "%15s", name);
	printf("\n");
	if (csv)
		fprintf(csv, "\n\n# %s\n%s\n", title, columns);
}

void bench_row(const char *words, const double *numbers, size_t count)
{
	if (is_silent())
		return;
	printf("%-34s", words);
	for (size_t i = 0; i < count; i++)
		if (isnan(numbers[i]))
			printf("%15s", "-");
		else
			printf("%15.2f", numbers[i]);
	printf("\n");
	fflush(stdout);
	if (!csv)
		return;
	fputs(words, csv);
	for (size_t i = 0; i < count; i++)
		if (isnan(numbers[i]))
			fputc(',', csv);
		else
			fprintf(csv, ",%.3f", numbers[i]);
	fputc('\n', csv);
	fflush(csv);
}

void bench_end(void)
{
	if (csv && fclose(csv))
		bench_die(__FILE__, __LINE__, "the csv file");
}
