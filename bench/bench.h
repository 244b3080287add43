/* SPDX-License-Identifier: MIT */
/* What the benchmarks share: time, random numbers, tables. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stddef.h>
#include <stdint.h>

/* Ends the program when something that must work does not. */
#define MUST(condition)                                                        \
	((condition) ? (void)0 : bench_die(__FILE__, __LINE__, #condition))
void bench_die(const char *file, int line, const char *what)
	__attribute__((noreturn));

/* Nanoseconds of a clock that only goes forward. */
double bench_now(void);

/* Random numbers, the same in every run, and again the first ones. */
uint64_t bench_random(void);
void bench_random_again(void);
uint64_t bench_below(uint64_t limit);

/* Run on this processor of those that there are; 0 if there is no such one. */
int bench_pin(unsigned int processor);

/*
 * Of a benchmark: --csv FILE, and --quick, which only shows that it works. Also
 * says what machine this is. --count is for bench_instructions() alone.
 */
void bench_arguments(int argc, char **argv);
/* How often something is done: the usual number, or a small one. */
uint32_t bench_times(uint32_t usual);
int bench_is_quick(void);
int bench_is_counting(void);

/*
 * A machine that is shared is slow for seconds. So what takes nanoseconds is measured
 * in some passes, `while (bench_pass())`, each with the same numbers in the same order,
 * and of each number the least so far counts. Only the last pass prints its tables.
 */
int bench_pass(void);
double bench_least(double took);

/*
 * A table on standard output and, with --csv FILE, in a file. Columns are given
 * by one text, "name,name"; a row has that many numbers after its first words,
 * in which there are no commas either.
 */
void bench_table(const char *title, const char *columns);
void bench_row(const char *words, const double *numbers, size_t count);
void bench_end(void);

/*
 * Machine instructions of @body, after @before. They are counted in another run
 * of the program, which must come here in the same order; only there they are
 * called, and what they leave is to be tidied up by the caller.
 */
uint64_t bench_instructions(void (*before)(void *), void (*body)(void *),
			    void *arg);

#endif /* BENCH_BENCH_H */
