/* SPDX-License-Identifier: MIT */
/* Records of a hand-over, to be damaged. */
#ifndef TESTS_HANDED_H
#define TESTS_HANDED_H

#include "handing.h"

/* The form of a record, as it is documented nowhere else but in the library. */
#define HEAD	   32
#define THING	   88
#define AT_VERSION 8
#define AT_LENGTH  12
#define AT_SUM	   16
#define AT_THINGS  24
#define AT_FDS	   28
#define KIND	   0
#define ID	   4
#define PAGE_TABLE 8
#define DEVICE	   12
#define FILE_VALID 52
#define NAME	   56

#define LENGTH (HEAD + 5 * THING)
#define FDS    3

/* Context, pipe, an address space, a file, a page table. */
extern struct handed {
	struct fixture f;
	struct iommufd_hand_over *h; /* NULL where the kernel cannot */
	unsigned char good[LENGTH], bad[LENGTH];
	int32_t fds[FDS];
	unsigned int before; /* descriptors */
} handed;

void handed_setup(void);
/* Nothing is left of all that was tried. */
void handed_teardown(void);

uint32_t handed_get(const unsigned char *record, uint32_t at);
/* In the bad one. */
void handed_put(uint32_t at, uint32_t value);
/* Where a member of a thing is. */
uint32_t handed_in(uint32_t thing, uint32_t member);
/* The sum that somebody would write who changes the record on purpose. */
void handed_make_sum(void);

#endif /* TESTS_HANDED_H */
