/* SPDX-License-Identifier: MIT */
/* Reading virtual events, and counting those that were lost. */
#include "events.h"

#include <string.h>

/* sizeof(struct iommufd_event_reader) in 0.1.0. */
#define READER_MIN (48 + sizeof(void *))

_Static_assert(sizeof(struct iommufd_event_reader) >= READER_MIN, "grown");
_Static_assert(sizeof(struct iommufd_event_info) >= EVENT_MIN, "grown");

#define HEADER	     ((uint32_t)sizeof(struct iommufd_veventq_header))
#define SEQUENCE_MAX UINT32_C(0x7fffffff) /* after it comes 0 */

static uint32_t event_length(const struct iommufd_event_reader *r)
{
	if (r->event_length)
		return r->event_length;
	switch (r->type) {
	case IOMMUFD_VEVENTQ_ARM_SMMUV3:
		return sizeof(struct iommufd_vevent_arm_smmuv3);
	case IOMMUFD_VEVENTQ_TEGRA241_CMDQV:
		return sizeof(struct iommufd_vevent_tegra241_cmdqv);
	default:
		return 0;
	}
}

/* 0 or the cause why this reader cannot be worked with. */
static uint32_t check(const struct iommufd_event_reader *r)
{
	struct iommufd_event_reader known;
	uint32_t cause = r ? iommufd__util_opts_load(&known, sizeof(known), r,
						     READER_MIN)
			   : IOMMUFD_CAUSE_NULL_POINTER;

	if (cause)
		return cause;
	if (!r->buffer)
		return IOMMUFD_CAUSE_NULL_POINTER;
	if (!event_length(r) || r->length > r->buffer_size ||
	    r->position > r->length)
		return IOMMUFD_CAUSE_BAD_VALUE;
	return 0;
}

static const unsigned char *next_bytes(const struct iommufd_event_reader *r)
{
	return (const unsigned char *)r->buffer + r->position;
}

/*
 * The header of the next record, and the bytes of its event: 0 when the buffer
 * ends before the record does.
 */
static int look(const struct iommufd_event_reader *r,
		struct iommufd_veventq_header *header, uint32_t *length)
{
	uint32_t left = r->length - r->position;

	if (left < HEADER)
		return 0;
	memcpy(header, next_bytes(r), HEADER);
	*length = header->flags & IOMMUFD_VEVENT_LOST_EVENTS ? 0
							     : event_length(r);
	return left - HEADER >= *length;
}

UTIL_API int iommufd_event_fill(struct iommufd_event_reader *reader,
				struct iommufd_veventq *queue)
{
	struct iommufd_veventq_header header;
	uint32_t cause = check(reader), length, room;
	int ret;

	if (!cause && !queue)
		cause = IOMMUFD_CAUSE_NULL_POINTER;
	if (cause)
		return iommufd__util_refused(IOMMUFD_OP_EVENTS, cause);
	if (look(reader, &header, &length))
		return 0;
	reader->length -= reader->position;
	memmove(reader->buffer, next_bytes(reader), reader->length);
	reader->position = 0;
	room = reader->buffer_size - reader->length;
	ret = iommufd_veventq_read(
		queue, (unsigned char *)reader->buffer + reader->length, &room);
	if (!ret)
		reader->length += room;
	return ret;
}

/*
 * How far this record's number is from the last one's. The first one of all is
 * 0, so before it there was as good as -1.
 */
static uint64_t steps(const struct iommufd_event_reader *r, uint32_t sequence)
{
	if (!r->started)
		return (uint64_t)sequence + 1;
	return (sequence - r->sequence) & SEQUENCE_MAX;
}

/* Another buffer may take the place of one that is empty. */
static void empty(struct iommufd_event_reader *r)
{
	r->position = 0;
	r->length = 0;
}

static void take(struct iommufd_event_reader *r, struct iommufd_event_info *e)
{
	const uint64_t events = steps(r, e->sequence);

	e->type = r->type;
	e->kind = e->length ? IOMMUFD_EVENT_RECORD : IOMMUFD_EVENT_LOST;
	e->data = e->length ? next_bytes(r) + HEADER : NULL;
	/* A header of lost events has the number of the last one of them. */
	e->lost = e->length ? events - 1 : events;
	r->lost += e->lost;
	r->delivered += e->length ? 1 : 0;
	r->sequence = e->sequence;
	r->started = 1;
	r->position += HEADER + e->length;
	if (r->position == r->length)
		empty(r);
}

/* 0 or a cause: @event has only what is to be told then. */
static uint32_t next(struct iommufd_event_reader *r,
		     struct iommufd_event_info *event)
{
	struct iommufd_veventq_header header;

	if (r->position == r->length)
		return 0;
	if (!look(r, &header, &event->length))
		return IOMMUFD_CAUSE_RECORD_SHORT;
	if (header.sequence > SEQUENCE_MAX || !steps(r, header.sequence)) {
		empty(r);
		return IOMMUFD_CAUSE_RECORD_MALFORMED;
	}
	event->flags = header.flags;
	event->sequence = header.sequence;
	take(r, event);
	return 0;
}

UTIL_API int iommufd_event_next(struct iommufd_event_reader *reader,
				struct iommufd_event_info *event)
{
	struct iommufd_event_info known = { .size = sizeof(known) };
	uint32_t cause = check(reader);

	if (!cause)
		cause = iommufd__util_in_check(event, EVENT_MIN);
	if (!cause)
		cause = next(reader, &known);
	if (cause)
		return iommufd__util_refused(IOMMUFD_OP_EVENTS, cause);
	iommufd__util_out_store(event, &known, sizeof(known));
	return 0;
}
