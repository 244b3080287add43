/* SPDX-License-Identifier: MIT */
/* What the tests of diagnosis share. */
#ifndef TESTS_DIAGNOSIS_H
#define TESTS_DIAGNOSIS_H

#include <stdint.h>

#include <iommufd/util/util.h>

#define SCRATCH IOMMUFD_DIAGNOSE_SCRATCH

/* The last diagnosis. The options are used when their size is set. */
extern struct iommufd_diagnosis d;
extern struct iommufd_diagnose_opts diagnose_opts;

/*
 * Diagnose the failure that returned @ret. It leaves nothing behind, and what it
 * says makes sense.
 */
void diagnose_in(struct iommufd_ctx *ctx, int ret, uint32_t flags);

/* The last diagnosis is one of this class, as it has to be. */
void check_sane(uint32_t class_);

/* It has found this one cause, or two candidates that remain of a set. */
void check_cause(uint32_t cause);
void check_candidates(uint32_t set, uint32_t a, uint32_t b);
void check_range_is(uint64_t start, uint64_t last);
void check_says(const char *words);

/*
 * This diagnosis and the one before are of failures that look alike, with one
 * errno and one cause, and it gives another reason.
 */
void check_other_reason(void);

/* A failure as another machine might have it; the result is its `ret`. */
int made_up(uint32_t op, uint32_t cause, int err, int fd);

#endif /* TESTS_DIAGNOSIS_H */
