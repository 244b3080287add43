/* SPDX-License-Identifier: MIT */
/* Having memory there before it is mapped. */
#include "bulk.h"
#include "diagnose.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

/* Since Linux 5.14; a C library may be older. */
#define POPULATE_READ  22
#define POPULATE_WRITE 23

/* Without a length this only tells whether the advice is known. */
int iommufd__bulk_can_populate(void)
{
	return !madvise(NULL, 0, POPULATE_READ) &&
	       !madvise(NULL, 0, POPULATE_WRITE);
}

/* Whole pages of the memory of a piece. */
static char *pages_of(const struct iommufd__bulk_piece *piece, size_t page,
		      size_t *length)
{
	uintptr_t start =
		(uintptr_t)piece->region->r.memory + (uintptr_t)piece->start;
	uintptr_t end = start + (uintptr_t)piece->length;

	start &= ~((uintptr_t)page - 1);
	end = (end + page - 1) & ~((uintptr_t)page - 1);
	*length = end - start;
	return (char *)start;
}

/* An access that would be refused is a signal, so ask before. */
int iommufd__bulk_check_access(const struct iommufd_bulk *bulk)
{
	for (uint32_t i = 0; i < bulk->num_regions; i++) {
		const struct iommufd_bulk_region *r = &bulk->regions[i].r;
		const struct iommufd__bulk_piece all = {
			.region = &bulk->regions[i],
			.number = i,
			.length = r->length,
		};

		if (r->memory &&
		    !iommufd__diag_memory_usable((uintptr_t)r->memory,
						 r->length, r->flags))
			return iommufd__bulk_failed(
				bulk, &all, IOMMUFD_CAUSE_UNPINNABLE, EFAULT);
	}
	return 0;
}

/*
 * Nothing that the memory holds changes, whoever else works on it. (An "or" of
 * nothing would be left out by clang.)
 */
static void touch(char *memory, size_t length, size_t page, int write)
{
	for (size_t i = 0; i < length; i += page) {
		char is = __atomic_load_n((volatile char *)&memory[i],
					  __ATOMIC_RELAXED);

		while (write && !__atomic_compare_exchange_n(
					&memory[i], &is, is, 0,
					__ATOMIC_RELAXED, __ATOMIC_RELAXED))
			;
	}
}

/* ENOMEM has two reasons: pages that are not mapped, and too few pages. */
static uint32_t cause_of(int err, char *memory, size_t length)
{
	switch (err) {
	case ENOMEM:
		return msync(memory, length, MS_ASYNC) && errno == ENOMEM
			       ? IOMMUFD_CAUSE_UNPINNABLE
			       : IOMMUFD_CAUSE_NO_MEMORY;
	case EINVAL:
	case EFAULT:
	case EHWPOISON:
		return IOMMUFD_CAUSE_UNPINNABLE;
	default:
		return IOMMUFD_CAUSE_UNSPECIFIC;
	}
}

int iommufd__bulk_populate(struct iommufd_bulk *bulk,
			   const struct iommufd__bulk_piece *piece)
{
	int write = (piece->region->r.flags & IOMMUFD_MAP_WRITEABLE) != 0;
	size_t page = (size_t)sysconf(_SC_PAGESIZE), length;
	char *memory = pages_of(piece, page, &length);
	int ret;

	if (!piece->region->r.memory)
		return 0;
	if (bulk->can_populate) {
		do {
			ret = madvise(memory, length,
				      write ? POPULATE_WRITE : POPULATE_READ);
		} while (ret && errno == EINTR);
		if (ret) {
			uint32_t cause;
			int err = errno;

			cause = cause_of(err, memory, length);
			/* As a map says it. */
			if (cause == IOMMUFD_CAUSE_UNPINNABLE)
				err = EFAULT;
			return iommufd__bulk_failed(bulk, piece, cause, err);
		}
	} else {
		touch(memory, length, page, write);
	}
	atomic_fetch_add(&bulk->populated, piece->length);
	return 0;
}
