/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"
#include "harness.h"

void fixture_ioas(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	f->ctx = harness_ctx();
	OK(iommufd_ioas_alloc(f->ctx, 0, &f->ioas));
}

void fixture_device(struct fixture *f)
{
	fixture_ioas(f);
	OK(iommufd_mock_device_new(f->ctx, iommufd_ioas_id(f->ioas), 0,
				   &f->hwpt_id, &f->device));
}

void fixture_end(struct fixture *f)
{
	iommufd_device_close(f->device);
	if (f->ioas)
		OK(iommufd_ioas_destroy(f->ioas));
	ck_assert_uint_eq(next_id(f->ctx), 1);
	iommufd_ctx_close(f->ctx);
	memset(f, 0, sizeof(*f));
}

void map_at(struct iommufd_ioas *ioas, void *memory, uint64_t length,
	    uint64_t iova)
{
	uint64_t at = iova;

	OK(iommufd_ioas_map(ioas, memory, length, FIXED, &at));
	ck_assert_uint_eq(at, iova);
}

void unmap_at(struct iommufd_ioas *ioas, uint64_t length, uint64_t iova)
{
	uint64_t done = length;

	OK(iommufd_ioas_unmap(ioas, &done, iova));
	ck_assert_uint_eq(done, length);
}

void check_range(struct iommufd_ioas *ioas, uint64_t start, uint64_t last,
		 uint64_t alignment)
{
	struct iommufd_iova_range range = { 0 };
	uint64_t found = 0;
	uint32_t count = 1;

	OK(iommufd_ioas_iova_ranges(ioas, &range, &count, &found));
	ck_assert_uint_eq(count, 1);
	ck_assert_uint_eq(range.start, start);
	ck_assert_uint_eq(range.last, last);
	ck_assert_uint_eq(found, alignment);
}

uint32_t next_id(struct iommufd_ctx *ctx)
{
	struct iommufd_ioas *ioas = NULL;
	uint32_t id;

	OK(iommufd_ioas_alloc(ctx, 0, &ioas));
	id = iommufd_ioas_id(ioas);
	OK(iommufd_ioas_destroy(ioas));
	return id;
}

static uint64_t status_of(const char *name)
{
	FILE *file = fopen("/proc/self/status", "re");
	unsigned long kib = 0;
	char line[256];
	int found = 0;

	ck_assert_ptr_nonnull(file);
	while (!found && fgets(line, sizeof(line), file))
		found = !strncmp(line, name, strlen(name)) &&
			sscanf(line + strlen(name), ": %lu", &kib) == 1;
	fclose(file);
	ck_assert_msg(found, "no %s in the status", name);
	return (uint64_t)kib * 1024;
}

uint64_t pinned(void)
{
	return status_of("VmPin");
}

uint64_t locked(void)
{
	return status_of("VmLck");
}

unsigned int open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int count = 0;

	ck_assert_ptr_nonnull(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

void limit_locked_memory(uint64_t bytes)
{
	const struct rlimit limit = { .rlim_cur = bytes, .rlim_max = bytes };

	ck_assert_int_eq(setrlimit(RLIMIT_MEMLOCK, &limit), 0);
}

void drop_capability(unsigned int capability)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	ck_assert_int_eq(syscall(SYS_capget, &header, data), 0);
	data[capability / 32].effective &= ~(1u << capability % 32);
	ck_assert_int_eq(syscall(SYS_capset, &header, data), 0);
}

void in_child(void (*body)(void *), void *arg)
{
	pid_t pid = fork();
	int status = -1;

	ck_assert_int_ge(pid, 0);
	if (!pid) {
		body(arg);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(!status, "the child ended with status %#x",
		      (unsigned int)status);
}

struct iommufd_extent extent(uint64_t start, uint64_t length)
{
	return (struct iommufd_extent){ .start = start, .length = length };
}
