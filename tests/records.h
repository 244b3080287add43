/* SPDX-License-Identifier: MIT */
/*
 * Event records made by hand, for readers: what a kernel gives only after two
 * billion events, on other hardware, or never.
 */
#ifndef TESTS_RECORDS_H
#define TESTS_RECORDS_H

#include <stddef.h>
#include <stdint.h>

#include <iommufd/util/util.h>

#define SEQUENCE_MAX UINT32_C(0x7fffffff)

/* Records that follow each other in memory of exactly their length. */
struct records {
	unsigned char *bytes;
	uint32_t length;
};

/* One more record; @event NULL and @length 0 for a header of lost events. */
void records_add(struct records *records, uint32_t sequence, const void *event,
		 uint32_t length);
void records_free(struct records *records);

/* A reader of all of them, as if it had read them. */
struct iommufd_event_reader records_reader(const struct records *records,
					   uint32_t type,
					   uint32_t event_length);

/* A queue of a file, in which they wait: needs no iommufd. */
struct iommufd_veventq *records_queue(struct iommufd_ctx *ctx,
				      const struct records *records);

/* The next record, which must be one. */
struct iommufd_event_info record_next(struct iommufd_event_reader *reader);

/* Numbers that are the same in each run. */
uint32_t record_random(void);

#endif /* TESTS_RECORDS_H */
