/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static FILE *csv;
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

uint64_t bench_random(void)
{
	static uint64_t state = UINT64_C(88172645463325252);

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

/* ---- tables -------------------------------------------------------------- */

void bench_arguments(int argc, char **argv)
{
	if (argc == 1)
		return;
	if (argc != 3 || strcmp(argv[1], "--csv")) {
		fprintf(stderr, "usage: %s [--csv FILE]\n", argv[0]);
		exit(2);
	}
	csv = fopen(argv[2], "we");
	if (!csv) {
		perror(argv[2]);
		exit(1);
	}
}

void bench_table(const char *title, const char *columns)
{
	char *name;

	printf("\n%s\n\n", title);
	snprintf(columns_now, sizeof(columns_now), "%s", columns);
	for (name = strtok(columns_now, ","); name; name = strtok(NULL, ","))
		printf(name == columns_now ? "%-34s" : "%12s", name);
	printf("\n");
	if (csv)
		fprintf(csv, "# %s\n%s\n", title, columns);
}

void bench_row(const char *words, const double *numbers, size_t count)
{
	printf("%-34s", words);
	for (size_t i = 0; i < count; i++)
		if (isnan(numbers[i]))
			printf("%12s", "-");
		else
			printf("%12.2f", numbers[i]);
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
}

void bench_end(void)
{
	if (csv && fclose(csv))
		bench_die(__FILE__, __LINE__, "the csv file");
}

/* ---- instructions -------------------------------------------------------- */

static void stop_here(void)
{
	raise(SIGSTOP);
}

static uint64_t count_steps(pid_t child)
{
	uint64_t steps = 0;
	int status;

	do {
		MUST(!ptrace(PTRACE_SINGLESTEP, child, NULL, NULL));
		MUST(waitpid(child, &status, 0) == child);
		MUST(WIFSTOPPED(status));
		steps++;
	} while (WSTOPSIG(status) != SIGSTOP);
	return steps;
}

/* Without a body the same, to be taken off: raise() itself. */
static uint64_t instructions(void (*before)(void *), void (*body)(void *),
			     void *arg)
{
	pid_t child = fork();
	uint64_t steps;
	int status;

	MUST(child >= 0);
	if (!child) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		before(arg);
		stop_here();
		if (body)
			body(arg);
		stop_here();
		_exit(0);
	}
	MUST(waitpid(child, &status, 0) == child && WIFSTOPPED(status));
	steps = count_steps(child);
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	return steps;
}

uint64_t bench_instructions(void (*before)(void *), void (*body)(void *),
			    void *arg)
{
	return instructions(before, body, arg) -
	       instructions(before, NULL, arg);
}
