/* SPDX-License-Identifier: MIT */
#include "machine.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"

/* MFD_HUGE_2MB, which only the kernel's headers have. */
#define HUGE_2MB (21u << 26)

struct iommufd_ctx *machine_ctx;
struct iommufd_ioas *machine_ioas;
struct iommufd_device *machine_device;

void machine_check(const char *what, int ret)
{
	char why[512];

	if (!ret)
		return;
	iommufd_explain(ret, machine_ctx, why, sizeof(why));
	fprintf(stderr, "%s: %s\n", what, why);
	exit(1);
}

static const char *address(void)
{
	const char *named = getenv("BENCH_DEVICE");

	if (!named)
		named = getenv("IOMMUFD_VM_EDU");
	if (!named) {
		fprintf(stderr, "BENCH_DEVICE names no device\n");
		exit(2);
	}
	return named;
}

void machine_begin(void)
{
	machine_check("open", iommufd_ctx_open(NULL, &machine_ctx));
	machine_check("address space",
		      iommufd_ioas_alloc(machine_ctx, 0, &machine_ioas));
	machine_check("device", iommufd_open_pci(machine_ctx, address(), NULL,
						 &machine_device));
	machine_check("attach", iommufd_device_attach(
					machine_device,
					iommufd_ioas_id(machine_ioas), NULL));
}

void machine_end(void)
{
	iommufd_device_close(machine_device);
	machine_check("destroy", iommufd_ioas_destroy(machine_ioas));
	iommufd_ctx_close(machine_ctx);
}

/* ---- memory ---------------------------------------------------------------- */

static int new_file(unsigned int flags, uint64_t length)
{
	int fd = memfd_create("bench", MFD_CLOEXEC | flags);

	if (fd >= 0 && ftruncate(fd, (off_t)length)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* 2 MiB more than wanted, and the ends off. */
static char *new_anonymous(uint64_t length, int advice)
{
	char *all = mmap(NULL, length + 2 * MIB, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	char *memory;

	if (all == MAP_FAILED)
		return NULL;
	memory = all + (-(uintptr_t)all & (2 * MIB - 1));
	if (memory != all)
		munmap(all, (size_t)(memory - all));
	munmap(memory + length, (size_t)(all + 2 * MIB - memory));
	/* A kernel without such pages says so; then they are small ones. */
	(void)madvise(memory, length, advice);
	return memory;
}

static char *map_file(int fd, uint64_t length)
{
	char *memory;

	if (fd < 0)
		return NULL;
	memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return memory == MAP_FAILED ? NULL : memory;
}

struct machine_memory machine_memory_new(enum machine_kind kind,
					 uint64_t length)
{
	struct machine_memory m = { .length = length, .fd = -1 };

	switch (kind) {
	case SMALL_PAGES:
		m.memory = new_anonymous(length, MADV_NOHUGEPAGE);
		break;
	case LARGE_PAGES:
		m.memory = new_anonymous(length, MADV_HUGEPAGE);
		break;
	case MEMORY_FILE:
		m.fd = new_file(0, length);
		m.memory = map_file(m.fd, length);
		break;
	case HUGETLB_FILE:
		m.fd = new_file(MFD_HUGETLB | HUGE_2MB, length);
		m.memory = map_file(m.fd, length);
		break;
	}
	return m;
}

void machine_memory_free(struct machine_memory *m)
{
	if (m->memory)
		munmap(m->memory, m->length);
	if (m->fd >= 0)
		close(m->fd);
	m->memory = NULL;
	m->fd = -1;
}

void machine_touch(const struct machine_memory *m)
{
	for (uint64_t i = 0; i < m->length; i += 4 * KIB)
		m->memory[i] = 1;
}

int machine_has_room(uint64_t bytes)
{
	FILE *file = fopen("/proc/meminfo", "re");
	uint64_t free_kib = 0;
	char line[128];

	MUST(file);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "MemAvailable: %" SCNu64, &free_kib) == 1)
			break;
	fclose(file);
	return free_kib * KIB > bytes + bytes / 3;
}
