/* SPDX-License-Identifier: MIT */
/*
 * Instructions are counted by callgrind, in a second run of the program with
 * --count, which goes the same way and says what it counts. Callgrind counts
 * while it is in bench_counted(), and writes a file each time it leaves it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

#define VARIABLE "BENCH_DUMPS" /* names the file, to which a number is added */
#define COMMAND                                                                \
	"valgrind -q --tool=callgrind --toggle-collect=bench_counted "         \
	"--dump-after=bench_counted --callgrind-out-file=\"$" VARIABLE "\""

void bench_counted(void (*body)(void *), void *arg);

__attribute__((noinline)) void bench_counted(void (*body)(void *), void *arg)
{
	body(arg);
}

static void nothing(void *arg)
{
	__asm__ volatile("" : : "r"(arg));
}

/* ---- in the run that counts ------------------------------------------------ */

static uint64_t count(void (*body)(void *), void *arg)
{
	static unsigned int dumps;
	char path[4096], line[256];
	unsigned long long total = 0;
	FILE *dump;

	bench_counted(body, arg);
	snprintf(path, sizeof(path), "%s.%u", getenv(VARIABLE), ++dumps);
	dump = fopen(path, "re");
	MUST(dump);
	while (fgets(line, sizeof(line), dump))
		if (sscanf(line, "totals: %llu", &total) == 1)
			break;
	fclose(dump);
	MUST(total && !unlink(path));
	return total;
}

/* ---- in the other ------------------------------------------------------------ */

static FILE *counter;
static char folder[4096], dumps_at[sizeof(folder) + 8];

/* The last file is written when it ends, of nothing. */
static void clean_up(void)
{
	pclose(counter);
	unlink(dumps_at);
	rmdir(folder);
}

static void start(void)
{
	const char *tmp = getenv("TMPDIR");
	char command[8192], self[4096] = "";

	MUST(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	snprintf(folder, sizeof(folder), "%s/bench-XXXXXX", tmp ? tmp : "/tmp");
	MUST(mkdtemp(folder));
	snprintf(dumps_at, sizeof(dumps_at), "%s/dump", folder);
	MUST(!setenv(VARIABLE, dumps_at, 1));
	MUST(!setenv("BENCH_SELF", self, 1));
	snprintf(command, sizeof(command),
		 "exec " COMMAND " \"$BENCH_SELF\" --count%s",
		 bench_is_quick() ? " --quick" : "");
	fflush(NULL);
	counter = popen(command, "re");
	MUST(counter);
	atexit(clean_up);
}

static uint64_t told(void)
{
	unsigned long long number;

	if (!counter)
		start();
	if (fscanf(counter, "%llu", &number) == 1)
		return number;
	bench_die(__FILE__, __LINE__,
		  "instructions are counted by valgrind: is it installed?");
}

uint64_t bench_instructions(void (*before)(void *), void (*body)(void *),
			    void *arg)
{
	static uint64_t around;
	uint64_t number;

	if (!bench_is_counting())
		return told();
	if (!around)
		around = count(nothing, NULL) - 1;
	before(arg);
	number = count(body, arg) - around;
	printf("%llu\n", (unsigned long long)number);
	fflush(stdout);
	return number;
}
