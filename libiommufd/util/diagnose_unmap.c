/* SPDX-License-Identifier: MIT */
/* Which mapping an unmap cuts; which part of a copy's source is missing. */
#include "diagnose.h"

#include <inttypes.h>

/* 1 when the address space is gone, which is then what there is to say. */
static int is_gone(struct iommufd__diag *d, uint32_t id)
{
	int kind = iommufd__object_kind(d, id);

	if (kind == IOMMUFD__OBJECT_UNKNOWN || kind == IOMMUFD__OBJECT_IOAS)
		return 0;
	iommufd__diag_found(d, IOMMUFD_CAUSE_OBJECT);
	iommufd__text_add(&d->text,
			  kind == IOMMUFD__OBJECT_NONE
				  ? "there is no object %" PRIu32 " any more"
			  : kind == IOMMUFD__OBJECT_NOT_SEEN
				  ? "there is no object %" PRIu32
				    " any more, or it is one of another kind"
				  : "object %" PRIu32 " is no address space",
			  id);
	return 1;
}

static void blame_cut(struct iommufd__diag *d, const char *end,
		      uint64_t address,
		      const struct iommufd_iova_range *mapping)
{
	iommufd__diag_found(d, IOMMUFD_CAUSE_PARTIAL_MAPPING);
	iommufd__diag_range(d, mapping->start, mapping->last);
	iommufd__text_add(&d->text, "its %s 0x%" PRIx64 " cuts the mapping ",
			  end, address);
	iommufd__text_range(&d->text, mapping->start, mapping->last);
	iommufd__text_add(&d->text,
			  ", and mappings cannot be split: unmap all of it; "
			  "mappings below it in the range may be gone now");
}

static void blame_nothing(struct iommufd__diag *d)
{
	iommufd__diag_found(d, IOMMUFD_CAUSE_NOTHING_MAPPED);
	iommufd__diag_range(
		d, d->failure.iova,
		iommufd__diag_last(d->failure.iova, d->failure.length));
	iommufd__text_add(&d->text,
			  "nothing is mapped there: neither end cuts a "
			  "mapping");
}

static int find_cut(struct iommufd__diag *d, struct iommufd__probe *probe)
{
	uint64_t start = d->failure.iova;
	uint64_t last = iommufd__diag_last(start, d->failure.length);
	struct iommufd_iova_range mapping;
	int cut = iommufd__probe_cut(probe, start, &mapping);

	if (cut > 0)
		blame_cut(d, "start", start, &mapping);
	if (cut || last == UINT64_MAX)
		return cut;
	cut = iommufd__probe_cut(probe, last + 1, &mapping);
	if (cut > 0)
		blame_cut(d, "end", last, &mapping);
	return cut;
}

void iommufd__diag_unmap(struct iommufd__diag *d)
{
	struct iommufd__probe probe;
	int cut = -1;

	if (is_gone(d, d->failure.object_id))
		return;
	if (!iommufd__probe_init(&probe, d, d->failure.object_id)) {
		cut = find_cut(d, &probe);
		iommufd__probe_end(&probe);
	}
	if (cut > 0)
		return;
	if (cut == 0) {
		blame_nothing(d);
		return;
	}
	iommufd__diag_candidate(d, IOMMUFD_CAUSE_NOTHING_MAPPED);
	iommufd__diag_candidate(d, IOMMUFD_CAUSE_PARTIAL_MAPPING);
	iommufd__text_add(
		&d->text,
		"either nothing is mapped there or an end of the range cuts a "
		"mapping; with IOMMUFD_DIAGNOSE_SCRATCH and the context it can "
		"be found which");
}

void iommufd__diag_copy_source(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;
	struct iommufd_iova_range hole;
	struct iommufd__probe probe;
	int found = -1;

	if (is_gone(d, f->other_id) || is_gone(d, f->object_id))
		return;
	if (!iommufd__probe_init(&probe, d, f->other_id)) {
		found = iommufd__probe_first_hole(
			&probe, f->memory,
			iommufd__diag_last(f->memory, f->length), &hole);
		iommufd__probe_end(&probe);
	}
	if (found > 0) {
		iommufd__diag_found(d, IOMMUFD_CAUSE_SOURCE_HOLE);
		iommufd__diag_range(d, hole.start, hole.last);
		iommufd__text_range(&d->text, hole.start, hole.last);
		iommufd__text_add(&d->text,
				  " of the source is not, or not all, mapped");
	} else if (d->ctx) {
		/* Both address spaces are there, so only one reason is left. */
		iommufd__diag_found(d, IOMMUFD_CAUSE_SOURCE_HOLE);
		iommufd__text_add(
			&d->text, "some part of the source is not mapped%s",
			found ? "; with IOMMUFD_DIAGNOSE_SCRATCH it can be "
				"found which"
			      : ", or was not when it was tried");
	}
}
