/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "harness.h"

/* Skips are noted by the tests' processes and read by ours. */
struct skip {
	char test[64];
	char reason[192];
};

#define SKIPS_MAX 512

static struct skips {
	size_t count;
	struct skip list[SKIPS_MAX];
} * skips;

void harness_skip(const char *test, const char *format, ...)
{
	struct skip *skip = &skips->list[skips->count % SKIPS_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(skip->reason, sizeof(skip->reason), format, args);
	va_end(args);
	/* Check names the function NAME_fn and the test NAME. */
	snprintf(skip->test, sizeof(skip->test), "%.*s", (int)strlen(test) - 3,
		 test);
	skips->count++;
	exit(0);
}

static const char *skip_reason(const char *test)
{
	for (size_t i = 0; i < skips->count && i < SKIPS_MAX; i++)
		if (!strcmp(skips->list[i].test, test))
			return skips->list[i].reason;
	return NULL;
}

/*
 * Check writes "ok N - file:case:test: message" and knows no skips: put the
 * suite's name for the file's, a comment sign before the message, and skips in.
 */
static void convert(FILE *out, const char *suite, char *line)
{
	char *name = strstr(line, " - "), *tcase, *test, *message;

	line[strcspn(line, "\n")] = '\0';
	tcase = name ? strchr(name, ':') : NULL;
	test = tcase ? strchr(tcase + 1, ':') : NULL;
	message = test ? strchr(test + 1, ':') : NULL;
	if (!message) {
		fprintf(out, "%s\n", line);
		return;
	}
	*name = *tcase = *test = *message = '\0';
	fprintf(out, "%s - %s:%s:%s", line, suite, tcase + 1, test + 1);
	if (!strncmp(line, "not ", 4))
		fprintf(out, " # %s: %s", name + 3, message + 2);
	else if (skip_reason(test + 1))
		fprintf(out, " # SKIP %s", skip_reason(test + 1));
	fputc('\n', out);
}

static int print_results(const char *suite, FILE *in)
{
	const char *path = getenv("IOMMUFD_TAP");
	FILE *out = path ? fopen(path, "we") : stdout;
	char *line = NULL;
	size_t size = 0;

	if (!out) {
		perror(path);
		return 1;
	}
	while (getline(&line, &size, in) > 0)
		convert(out, suite, line);
	free(line);
	return path ? fclose(out) != 0 : fflush(out) != 0;
}

unsigned int harness_times(unsigned int usual)
{
	const char *scale = getenv("CK_TIMEOUT_MULTIPLIER");
	long by = scale ? strtol(scale, NULL, 10) : 1;

	return by > 1 && by < (long)usual ? usual / (unsigned int)by : usual;
}

int harness_run(const char *name, const struct harness_case *cases,
		size_t count)
{
	Suite *suite = suite_create(name);
	char tap[] = "/tmp/tap-XXXXXX";
	int fd = mkstemp(tap), bad;
	FILE *in = fd < 0 ? NULL : fdopen(fd, "r");
	SRunner *runner;

	skips = mmap(NULL, sizeof(*skips), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (skips == MAP_FAILED || !in) {
		perror(name);
		return 1;
	}
	for (size_t i = 0; i < count; i++) {
		TCase *tcase = tcase_create(cases[i].name);

		tcase_set_timeout(tcase,
				  cases[i].timeout > 0 ? cases[i].timeout : 60);
		if (cases[i].setup || cases[i].teardown)
			tcase_add_checked_fixture(tcase, cases[i].setup,
						  cases[i].teardown);
		if (cases[i].tags)
			tcase_set_tags(tcase, cases[i].tags);
		for (const TTest **const *test = cases[i].tests; *test; test++)
			tcase_add_test(tcase, **test);
		suite_add_tcase(suite, tcase);
	}
	runner = srunner_create(suite);
	srunner_set_tap(runner, tap);
	srunner_run_all(runner, CK_ENV);
	bad = srunner_ntests_failed(runner) || !srunner_ntests_run(runner);
	bad |= print_results(name, in);
	srunner_free(runner);
	fclose(in);
	unlink(tap);
	return bad;
}

/* Check reads the message before the test's process ends, so a buffer serves. */
static void describe(char *text, size_t size, const char *what, int ret)
{
	snprintf(text, size, "%s gave %d: %s/%s, errno %d", what, ret,
		 iommufd_class_name(iommufd_class(ret)),
		 iommufd_cause_name(iommufd_cause(ret)), iommufd_errno(ret));
}

#define REQUIRE(condition, file, line, ...)                                    \
	do {                                                                   \
		if (condition)                                                 \
			_mark_point(file, line);                               \
		else                                                           \
			_ck_assert_failed(file, line, "failed", __VA_ARGS__);  \
	} while (0)

/* The last failure before the call that is looked at. */
static _Thread_local struct iommufd_failure before;

static struct iommufd_failure last_failure(void)
{
	struct iommufd_failure failure = { .size = sizeof(failure) };

	ck_assert_int_eq(iommufd_failure_keep(&failure), 0);
	return failure;
}

void harness_before(void)
{
	before = last_failure();
}

void harness_ok(int ret, const char *what, const char *file, int line)
{
	struct iommufd_failure after = last_failure();
	char text[512];

	describe(text, sizeof(text), what, ret);
	REQUIRE(ret == 0, file, line, "%s", text);
	REQUIRE(memcmp(&before, &after, sizeof(after)) == 0, file, line,
		"%s: the last failure is now one of %s", what,
		iommufd_op_name(after.op));
}

void harness_fails(int ret, uint32_t cause, int err, const char *what,
		   const char *file, int line)
{
	struct iommufd_failure failure = { .size = sizeof(failure) };
	char text[512];

	describe(text, sizeof(text), what, ret);
	REQUIRE(ret < 0 && iommufd_cause(ret) == cause &&
			iommufd_errno(ret) == err,
		file, line, "%s, expected %s, errno %d", text,
		iommufd_cause_name(cause), err);
	REQUIRE(iommufd_failure_get(ret, &failure) == 0 && failure.ret == ret,
		file, line, "%s: no record of it", text);
	before = failure;
}

struct iommufd_failure harness_failure(int ret)
{
	struct iommufd_failure failure = { .size = sizeof(failure) };

	OK(iommufd_failure_get(ret, &failure));
	return failure;
}

const char *harness_kernel(void)
{
	const char *kernel = getenv("IOMMUFD_VM_KERNEL");

	return kernel ? kernel : "";
}

int harness_has(struct iommufd_ctx *ctx, uint32_t nr)
{
	int ret = iommufd_ctx_probe(ctx, nr);

	if (ret)
		FAILS(ret, COMMAND, ENOTTY);
	return !ret;
}

struct iommufd_ctx *harness_ctx(void)
{
	struct iommufd_ctx *ctx = NULL;

	OK(iommufd_ctx_open(NULL, &ctx));
	return ctx;
}

static void *memory_of(size_t length, int flags)
{
	void *memory =
		mmap(NULL, length, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE | flags, -1, 0);

	ck_assert_ptr_ne(memory, MAP_FAILED);
	return memory;
}

void *harness_memory(size_t length)
{
	return memory_of(length, 0);
}

void *harness_huge_memory(size_t length)
{
	return memory_of(length, MAP_HUGETLB);
}

int harness_memfd(size_t length)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, (off_t)length), 0);
	return fd;
}

/*
 * The IOMMU reports a fault by an interrupt, which comes a little later, to any
 * processor; this process runs on one only after its interrupts.
 */
static void wait_for_faults(void)
{
	const struct timespec moment = { .tv_nsec = 50000000 };
	cpu_set_t all, one;

	nanosleep(&moment, NULL);
	ck_assert_int_eq(sched_getaffinity(0, sizeof(all), &all), 0);
	for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		ck_assert_int_eq(sched_setaffinity(0, sizeof(one), &one), 0);
	}
	ck_assert_int_eq(sched_setaffinity(0, sizeof(all), &all), 0);
}

void harness_expect_dma_fault(int begin)
{
	const char *text = begin ? "libiommufd-test: expect dma-fault\n"
				 : "libiommufd-test: end expect\n";
	int fd;

	if (!begin)
		wait_for_faults();
	fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

const char *harness_env(const char *name)
{
	const char *value = getenv(name);

	ck_assert_msg(value && *value, "the scenario has set no %s", name);
	return value;
}
