/* SPDX-License-Identifier: MIT */
/*
 * What a device's DMA sees of a replacement. The edu device writes its buffer to
 * an IOVA while its page table is replaced all the time; both tables map that
 * IOVA, to different memory. Each transfer must arrive as a whole in one of the
 * two places or, where the IOMMU blocks DMA for the instant, nowhere or in part:
 * a transfer is many bus transactions, each of which is let through or not. What
 * arrived must be right and in its place.
 */
#ifndef TESTS_INFLIGHT_H
#define TESTS_INFLIGHT_H

#include <stdint.h>

#include "edu.h"

#define INFLIGHT_PAGES 3 /* of a place: the transfer goes to the second one */

/* TORN: a part has arrived, the rest has faulted. */
enum inflight_outcome {
	INFLIGHT_RIGHT,
	INFLIGHT_FAULTED,
	INFLIGHT_TORN,
	INFLIGHT_WRONG,
	INFLIGHT_OUTCOMES
};

struct inflight {
	struct edu *edu;
	uint32_t tables[2]; /* attached in turn */
	uint64_t iova;	    /* of the places, in both tables */
	uint8_t *places[2];
	uint64_t pattern_iova; /* of what is written, in both tables */
	uint8_t *pattern;
	/* What came of it. */
	unsigned int counts[INFLIGHT_OUTCOMES];
	unsigned long replaced;
};

/*
 * So many transfers, none of which may be wrong, and some must be right. How
 * often each came is added to replace-dma.tsv, for doc/kernel-support.md.
 */
void inflight_run(struct inflight *flight, unsigned int transfers,
		  const char *name);

#endif /* TESTS_INFLIGHT_H */
