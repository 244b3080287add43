/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"
#include "records.h"

void records_add(struct records *records, uint32_t sequence, const void *event,
		 uint32_t length)
{
	const struct iommufd_veventq_header header = {
		.flags = event ? 0 : IOMMUFD_VEVENT_LOST_EVENTS,
		.sequence = sequence,
	};
	uint32_t all = records->length + (uint32_t)sizeof(header) + length;

	records->bytes = realloc(records->bytes, all);
	ck_assert_ptr_nonnull(records->bytes);
	memcpy(records->bytes + records->length, &header, sizeof(header));
	if (length)
		memcpy(records->bytes + all - length, event, length);
	records->length = all;
}

void records_free(struct records *records)
{
	free(records->bytes);
	memset(records, 0, sizeof(*records));
}

struct iommufd_event_reader records_reader(const struct records *records,
					   uint32_t type, uint32_t event_length)
{
	return (struct iommufd_event_reader){
		.size = sizeof(struct iommufd_event_reader),
		.type = type,
		.event_length = event_length,
		.buffer_size = records->length,
		.length = records->length,
		.buffer = records->bytes,
	};
}

/* At its end a file reads like an event queue that is empty: 0 bytes. */
struct iommufd_veventq *records_queue(struct iommufd_ctx *ctx,
				      const struct records *records)
{
	struct iommufd_veventq *queue = NULL;
	int fd = harness_memfd(0);

	ck_assert_int_eq(write(fd, records->bytes, records->length),
			 records->length);
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	OK(iommufd_veventq_adopt(ctx, 1, fd, IOMMUFD_ADOPT_TAKE_FD, &queue));
	return queue;
}

struct iommufd_event_info record_next(struct iommufd_event_reader *reader)
{
	struct iommufd_event_info event = { .size = sizeof(event) };

	OK(iommufd_event_next(reader, &event));
	ck_assert_uint_ne(event.kind, IOMMUFD_EVENT_NONE);
	return event;
}

uint32_t record_random(void)
{
	static uint64_t state = 1;

	state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(state >> 33);
}
