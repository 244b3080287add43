/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "counter.h"
#include "harness.h"

/*
 * The child frames each call with a system call that nobody makes otherwise,
 * and leaves the allocations where the parent finds them.
 */
#define MARK_BEGIN 0x1000001
#define MARK_END   0x1000002

struct shared {
	size_t current;
	unsigned int allocations;
	int ret;
};

#define CALLS_MAX 16

struct seen {
	int counting;
	unsigned int count;
	uint64_t numbers[CALLS_MAX];
};

static const struct {
	uint64_t number;
	const char *name;
} names[] = {
	{ SYS_ioctl, "ioctl" },	    { SYS_openat, "openat" },
	{ SYS_close, "close" },	    { SYS_fcntl, "fcntl" },
	{ SYS_read, "read" },	    { SYS_write, "write" },
	{ SYS_mmap, "mmap" },	    { SYS_munmap, "munmap" },
	{ SYS_brk, "brk" },	    { SYS_futex, "futex" },
	{ SYS_pread64, "pread" },   { SYS_newfstatat, "fstat" },
	{ SYS_madvise, "madvise" },
};

#define NAMES (sizeof(names) / sizeof(names[0]))

/*
 * A sanitizer's allocator maps memory for each size of blocks when the first one
 * is wanted, which nobody is to be charged with.
 */
static void prepare_allocator(void)
{
	for (size_t size = 16; size <= 8192; size += 16) {
		void *volatile block = malloc(size);

		ck_assert_ptr_nonnull(block);
		free(block);
	}
}

static void child(void (*setup)(void), const struct counter_call *calls,
		  size_t count, struct shared *shared)
{
	setup();
	prepare_allocator();
	ck_assert_int_eq(ptrace(PTRACE_TRACEME, 0, NULL, NULL), 0);
	raise(SIGSTOP);
	for (size_t i = 0; i < count; i++) {
		if (calls[i].before)
			calls[i].before();
		shared->current = i;
		harness_before();
		counter_alloc_start();
		syscall(MARK_BEGIN);
		shared->ret = calls[i].call();
		syscall(MARK_END);
		shared->allocations = counter_alloc_stop();
		if (!calls[i].may_fail)
			harness_ok(shared->ret, calls[i].function, __FILE__,
				   __LINE__);
		if (calls[i].after)
			calls[i].after();
		/* A second end, for the parent to look at the allocations. */
		syscall(MARK_END);
	}
}

/* "1 fcntl, 2 ioctl": in the order of the table above. */
static void describe(const struct seen *seen, char *text, size_t size)
{
	size_t used = 0;

	snprintf(text, size, "none");
	for (size_t i = 0; i <= NAMES; i++) {
		unsigned int times = 0;

		for (unsigned int k = 0; k < seen->count; k++) {
			size_t n = 0;

			while (n < NAMES && names[n].number != seen->numbers[k])
				n++;
			times += n == i;
		}
		if (times && used < size)
			used += (size_t)snprintf(
				text + used, size - used, "%s%u %s",
				used ? ", " : "", times,
				i < NAMES ? names[i].name : "other");
	}
}

static void judge(const struct counter_call *call, const struct seen *seen,
		  unsigned int allocations, FILE *table)
{
	char text[128];

	describe(seen, text, sizeof(text));
	if (table)
		fprintf(table, "%s\t%s\t%u\n", call->function, text,
			allocations);
	ck_assert_msg(!strcmp(text, call->expected),
		      "%s made system calls: %s; expected: %s", call->function,
		      text, call->expected);
	ck_assert_msg(allocations == call->allocations,
		      "%s allocated %u times; expected: %u", call->function,
		      allocations, call->allocations);
}

/* One stop at a system call's entry. */
static void note(struct seen *seen, uint64_t number)
{
	if (number == MARK_BEGIN) {
		seen->counting = 1;
		seen->count = 0;
	} else if (number == MARK_END) {
		seen->counting = 0;
	} else if (seen->counting && seen->count < CALLS_MAX) {
		seen->numbers[seen->count++] = number;
	}
}

/* Go on to the next stop of the child: its number if it enters a call. */
static int next_entry(pid_t pid, uint64_t *number)
{
	struct __ptrace_syscall_info info;
	int status = 0;

	for (;;) {
		ck_assert_int_eq(ptrace(PTRACE_SYSCALL, pid, NULL, NULL), 0);
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		if (WIFEXITED(status) || WIFSIGNALED(status))
			break;
		if (WSTOPSIG(status) != (SIGTRAP | 0x80))
			continue;
		ck_assert_int_gt(ptrace(PTRACE_GET_SYSCALL_INFO, pid,
					sizeof(info), &info),
				 0);
		if (info.op != PTRACE_SYSCALL_INFO_ENTRY)
			continue;
		*number = info.entry.nr;
		return 1;
	}
	ck_assert_msg(!status, "the traced child ended with status %#x",
		      (unsigned int)status);
	return 0;
}

static void trace(pid_t pid, const struct counter_call *calls, size_t count,
		  const struct shared *shared, FILE *table)
{
	struct seen seen = { 0 };
	size_t done = 0;
	uint64_t number = 0;
	int ended = 0, status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(WIFSTOPPED(status), 1);
	ck_assert_int_eq(ptrace(PTRACE_SETOPTIONS, pid, NULL,
				PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL),
			 0);
	while (next_entry(pid, &number)) {
		note(&seen, number);
		ended = number == MARK_END ? ended + 1 : ended;
		if (ended == 2) {
			judge(&calls[shared->current], &seen,
			      shared->allocations, table);
			ended = 0;
			done++;
		}
	}
	ck_assert_uint_eq(done, count);
}

static int table_path(const char *name, char *path, size_t size)
{
	const char *folder = getenv("IOMMUFD_VM_OUT");

	return folder && name &&
	       snprintf(path, size, "%s/%s", folder, name) > 0;
}

void counter_begin(const char *name)
{
	char path[1024];

	if (table_path(name, path, sizeof(path)))
		unlink(path);
}

static FILE *open_table(const char *name)
{
	char path[1024];
	FILE *file;

	if (!table_path(name, path, sizeof(path)))
		return NULL;
	file = fopen(path, "ae");
	ck_assert_msg(file != NULL, "cannot write %s", path);
	return file;
}

void counter_run(const char *name, void (*setup)(void),
		 const struct counter_call *calls, size_t count)
{
	struct shared *shared =
		mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	FILE *table = open_table(name);
	pid_t pid;

	ck_assert_ptr_ne(shared, MAP_FAILED);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (!pid) {
		child(setup, calls, count, shared);
		_exit(0);
	}
	trace(pid, calls, count, shared, table);
	if (table)
		ck_assert_int_eq(fclose(table), 0);
	munmap(shared, sizeof(*shared));
}
