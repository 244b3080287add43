/* SPDX-License-Identifier: MIT */
/* The record of a hand-over: written, and read without trust. */
#include "hand_over.h"

#include <string.h>

#define HEAD  ((uint32_t)sizeof(struct iommufd__hand_over_head))
#define THING ((uint32_t)sizeof(struct iommufd__hand_over_thing))

int iommufd__hand_over_has_fd(uint32_t kind)
{
	switch (kind) {
	case IOMMUFD_HAND_OVER_VFIO:
	case IOMMUFD_HAND_OVER_FAULT_QUEUE:
	case IOMMUFD_HAND_OVER_VEVENTQ:
	case IOMMUFD_HAND_OVER_FD:
	case IOMMUFD__HAND_OVER_CTX:
	case IOMMUFD__HAND_OVER_OLD:
		return 1;
	default:
		return 0;
	}
}

uint32_t iommufd__hand_over_find(const struct iommufd_hand_over *hand_over,
				 uint32_t kind, const char *name)
{
	uint32_t i = 0;

	while (i < hand_over->count &&
	       (hand_over->things[i].kind != kind ||
		strcmp(hand_over->things[i].name, name) != 0))
		i++;
	return i;
}

/* FNV-1a. Against accidents, not against enemies. */
static uint64_t add_to_sum(uint64_t sum, const void *bytes, size_t length)
{
	const unsigned char *byte = bytes;

	while (length--)
		sum = (sum ^ *byte++) * UINT64_C(0x100000001b3);
	return sum;
}

static uint64_t sum_of(struct iommufd__hand_over_head head, const void *things)
{
	head.sum = 0;
	return add_to_sum(add_to_sum(UINT64_C(0xcbf29ce484222325), &head, HEAD),
			  things, head.length - HEAD);
}

/* ---- writing ------------------------------------------------------------------- */

void iommufd__hand_over_head(const struct iommufd_hand_over *hand_over,
			     struct iommufd__hand_over_head *head)
{
	memset(head, 0, sizeof(*head));
	memcpy(head->magic, IOMMUFD__HAND_OVER_MAGIC, sizeof(head->magic));
	head->version = IOMMUFD__HAND_OVER_VERSION;
	head->length = HEAD + hand_over->count * THING;
	head->things = hand_over->count;
	for (uint32_t i = 0; i < hand_over->count; i++)
		head->fds += hand_over->fds[i] >= 0;
	head->sum = sum_of(*head, hand_over->things);
}

UTIL_API int iommufd_hand_over_pack(const struct iommufd_hand_over *hand_over,
				    void *record, uint32_t *length,
				    int32_t *fds, uint32_t *count)
{
	struct iommufd__hand_over_head head;
	int fits;

	if (!hand_over || !length || !count || (!record && *length) ||
	    (!fds && *count))
		return iommufd__hand_over_refused(IOMMUFD_CAUSE_NULL_POINTER);
	iommufd__hand_over_head(hand_over, &head);
	fits = *length >= head.length && *count >= head.fds;
	*length = head.length;
	*count = head.fds;
	if (!fits)
		return iommufd__hand_over_refused(IOMMUFD_CAUSE_ARRAY_SHORT);
	memcpy(record, &head, HEAD);
	memcpy((char *)record + HEAD, hand_over->things, head.length - HEAD);
	for (uint32_t i = 0; i < hand_over->count; i++)
		if (hand_over->fds[i] >= 0)
			*fds++ = hand_over->fds[i];
	return 0;
}

/* ---- reading ------------------------------------------------------------------- */

uint32_t iommufd__hand_over_check_head(
	const struct iommufd__hand_over_head *head)
{
	if (memcmp(head->magic, IOMMUFD__HAND_OVER_MAGIC,
		   sizeof(head->magic)) != 0)
		return IOMMUFD_CAUSE_HAND_OVER_MALFORMED;
	if (head->version > IOMMUFD__HAND_OVER_VERSION)
		return IOMMUFD_CAUSE_HAND_OVER_NEWER;
	if (!head->version || head->things < IOMMUFD__HAND_OVER_OWN ||
	    head->things > IOMMUFD__HAND_OVER_THINGS_MAX ||
	    head->length != HEAD + head->things * THING ||
	    head->fds > head->things)
		return IOMMUFD_CAUSE_HAND_OVER_MALFORMED;
	return 0;
}

static int is_zero(const void *bytes, size_t length)
{
	const unsigned char *byte = bytes;

	while (length && !*byte) {
		byte++;
		length--;
	}
	return !length;
}

/* Text, and nothing but 0 after it. */
static int is_name(const struct iommufd__hand_over_thing *t)
{
	size_t length = strnlen(t->name, sizeof(t->name));

	return length && length < sizeof(t->name) &&
	       is_zero(t->name + length, sizeof(t->name) - length);
}

static int is_device_kind(uint32_t kind)
{
	return kind == IOMMUFD_VFIO_PHYSICAL || kind == IOMMUFD_VFIO_EMULATED ||
	       kind == IOMMUFD_VFIO_UNKNOWN;
}

static int is_file(const struct iommufd__hand_over_thing *t)
{
	if (!iommufd__hand_over_has_fd(t->kind))
		return is_zero(&t->file, sizeof(t->file));
	return t->file.valid == 1;
}

/* A thing as iommufd_hand_over_add() makes it. */
static int is_thing(const struct iommufd__hand_over_thing *t)
{
	if (!t->kind || t->kind > IOMMUFD_HAND_OVER_FD || !is_name(t) ||
	    !is_file(t))
		return 0;
	if (t->kind == IOMMUFD_HAND_OVER_VFIO
		    ? !is_device_kind(t->device_kind) ||
			      t->page_table > INT32_MAX
		    : t->device_kind || t->page_table)
		return 0;
	if (t->kind == IOMMUFD_HAND_OVER_FD)
		return !t->id;
	return t->id && t->id <= INT32_MAX;
}

static int is_own(const struct iommufd__hand_over_thing *t, uint32_t kind)
{
	struct iommufd__hand_over_thing own = { .kind = kind, .file = t->file };

	return is_file(t) && t->kind == kind && !memcmp(t, &own, sizeof(own));
}

/* Things in their order, each of its kind and name once. */
static int are_things(struct iommufd_hand_over *h, uint32_t fds)
{
	if (!is_own(&h->things[0], IOMMUFD__HAND_OVER_CTX) ||
	    !is_own(&h->things[1], IOMMUFD__HAND_OVER_OLD))
		return 0;
	for (uint32_t i = 0; i < h->count; i++) {
		const struct iommufd__hand_over_thing *t = &h->things[i];

		if (i >= IOMMUFD__HAND_OVER_OWN &&
		    (!is_thing(t) ||
		     iommufd__hand_over_find(h, t->kind, t->name) != i))
			return 0;
		fds -= (uint32_t)iommufd__hand_over_has_fd(t->kind);
	}
	return !fds;
}

/* The record into a hand-over without descriptors. */
static int read_record(const void *record, uint32_t length,
		       struct iommufd_hand_over **hand_over, uint32_t *fds)
{
	struct iommufd__hand_over_head head;
	struct iommufd_hand_over *new;
	uint32_t cause = IOMMUFD_CAUSE_HAND_OVER_MALFORMED;

	if (length < HEAD)
		return iommufd__hand_over_refused(cause);
	memcpy(&head, record, HEAD);
	cause = iommufd__hand_over_check_head(&head);
	if (!cause && (head.length != length ||
		       head.sum != sum_of(head, (const char *)record + HEAD)))
		cause = IOMMUFD_CAUSE_HAND_OVER_MALFORMED;
	if (cause)
		return iommufd__hand_over_refused(cause);
	new = iommufd__hand_over_alloc(head.things);
	if (!new)
		return iommufd__hand_over_refused(IOMMUFD_CAUSE_NO_MEMORY);
	new->is_new = 1;
	new->count = head.things;
	memcpy(new->things, (const char *)record + HEAD, length - HEAD);
	if (!are_things(new, head.fds)) {
		iommufd_hand_over_release(new);
		return iommufd__hand_over_refused(
			IOMMUFD_CAUSE_HAND_OVER_MALFORMED);
	}
	*fds = head.fds;
	*hand_over = new;
	return 0;
}

/* A duplicate of each descriptor, which must be of the file in the record. */
static int take_fds(struct iommufd_hand_over *h, const int32_t *fds)
{
	struct iommufd__hand_over_file file;
	int err, ret;

	for (uint32_t i = 0; i < h->count; i++) {
		if (!iommufd__hand_over_has_fd(h->things[i].kind))
			continue;
		ret = iommufd__hand_over_dup(*fds++, &h->fds[i]);
		if (ret)
			return ret;
		err = iommufd__hand_over_identify(h->fds[i], &file);
		if (err)
			return iommufd__hand_over_failed(err);
		if (memcmp(&file, &h->things[i].file, sizeof(file)) != 0)
			return iommufd__hand_over_refused(
				IOMMUFD_CAUSE_HAND_OVER_DESCRIPTORS);
	}
	return 0;
}

UTIL_API int iommufd_hand_over_unpack(const void *record, uint32_t length,
				      const int32_t *fds, uint32_t count,
				      struct iommufd_ctx **ctx,
				      struct iommufd_hand_over **hand_over)
{
	struct iommufd_hand_over *new = NULL;
	uint32_t needed = 0;
	int ret;

	if (!record || !fds || !ctx || !hand_over)
		return iommufd__hand_over_refused(IOMMUFD_CAUSE_NULL_POINTER);
	ret = read_record(record, length, &new, &needed);
	if (ret)
		return ret;
	if (count != needed)
		ret = iommufd__hand_over_refused(
			IOMMUFD_CAUSE_HAND_OVER_DESCRIPTORS);
	if (!ret)
		ret = take_fds(new, fds);
	if (!ret)
		ret = iommufd_ctx_adopt(new->fds[0], IOMMUFD_ADOPT_VERIFY,
					&new->ctx);
	if (ret) {
		iommufd_hand_over_release(new);
		return ret;
	}
	*ctx = new->ctx;
	*hand_over = new;
	return 0;
}
