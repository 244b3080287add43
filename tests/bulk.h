/* SPDX-License-Identifier: MIT */
/* What the tests of bulk registration share: memory for some small pieces. */
#ifndef TESTS_BULK_H
#define TESTS_BULK_H

#include <iommufd/util/util.h>

#include "fixture.h"
#include "harness.h"

#define PIECE  (16 * PAGE)
#define PIECES 8
#define LENGTH (PIECES * PIECE)
#define AT     (MOCK_FIRST + 64 * MIB)

/* A device on bulk_f.ioas, memory that is aligned to a piece, a registration. */
extern struct fixture bulk_f;
extern char *bulk_memory;
extern struct iommufd_bulk *bulk;

void bulk_setup(void);
/* Nothing is mapped, and nothing pinned. */
void bulk_check_empty(void);
/* All of the memory is mapped; it is unmapped again. */
void bulk_check_mapped(void);
void bulk_end(void);

/* All of the memory at AT. */
struct iommufd_bulk_region bulk_region(void);
struct iommufd_bulk_opts bulk_opts(uint32_t flags);
/* Prepares one region in pieces of PIECE. */
void bulk_prepare(const struct iommufd_bulk_region *region, uint32_t flags);
struct iommufd_bulk_info bulk_info(void);
/* Ends a registration that has failed, and looks that nothing is left. */
void bulk_undo(void);

/* From now on madvise(2) does not know how to populate. */
void bulk_forget_populating(void);

#endif /* TESTS_BULK_H */
