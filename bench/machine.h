/* SPDX-License-Identifier: MIT */
/*
 * What the benchmarks on a real kernel share: an address space with a page table
 * of a device. The device is the one that BENCH_DEVICE names by its PCI address,
 * bound to vfio-pci, or one of the test machine's (IOMMUFD_VM_EDU).
 */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include <stdint.h>

#include <iommufd/util/util.h>

#define KIB UINT64_C(0x400)
#define MIB UINT64_C(0x100000)
#define GIB UINT64_C(0x40000000)
#define RW  (IOMMUFD_MAP_READABLE | IOMMUFD_MAP_WRITEABLE)

/* Above all windows that devices reserve, within what small IOMMUs have. */
#define FIRST_IOVA (4 * GIB)

extern struct iommufd_ctx *machine_ctx;
extern struct iommufd_ioas *machine_ioas;
extern struct iommufd_device *machine_device;

/* Ends the program with an explanation unless @ret is 0. */
void machine_check(const char *what, int ret);

void machine_begin(void);
void machine_end(void);

/* Memory of some kind that nothing has touched yet, aligned to 2 MiB. */
enum machine_kind { SMALL_PAGES, LARGE_PAGES, MEMORY_FILE, HUGETLB_FILE };

struct machine_memory {
	char *memory; /* NULL when the machine has none such */
	uint64_t length;
	int fd; /* of the file, else -1 */
};

struct machine_memory machine_memory_new(enum machine_kind kind,
					 uint64_t length);
void machine_memory_free(struct machine_memory *m);

/* Have all of it there. */
void machine_touch(const struct machine_memory *m);

/* Is there memory for so much, and a third more? */
int machine_has_room(uint64_t bytes);

#endif /* BENCH_MACHINE_H */
