/* SPDX-License-Identifier: MIT */
/*
 * Which part of an address space is mapped. No command lists mappings, but a
 * copy succeeds only when its source is completely mapped, and one into an
 * address space without page tables pins nothing. Each question costs a probe,
 * and there is a limit of them.
 */
#include "diagnose.h"

#include <string.h>

#define PROBES	512
#define SAMPLES 256
#define PAGE	4096

int iommufd__probe_init(struct iommufd__probe *probe,
			const struct iommufd__diag *d, uint32_t ioas_id)
{
	uint32_t count = 0;
	int ret;

	memset(probe, 0, sizeof(*probe));
	if (!d->ctx || !(d->flags & IOMMUFD_DIAGNOSE_SCRATCH))
		return -1;
	probe->left = PROBES;
	ret = iommufd_ioas_adopt(d->ctx, ioas_id, 0, &probe->ioas);
	if (ret)
		return -1;
	ret = iommufd_ioas_iova_ranges(probe->ioas, NULL, &count, &probe->step);
	if (!ret || iommufd_class(ret) == IOMMUFD_CLASS_SHORT)
		ret = iommufd_ioas_alloc(d->ctx, 0, &probe->scratch);
	if (ret)
		iommufd__probe_end(probe);
	return ret ? -1 : 0;
}

void iommufd__probe_end(struct iommufd__probe *probe)
{
	iommufd_ioas_release(probe->ioas);
	if (iommufd_ioas_destroy(probe->scratch))
		iommufd_ioas_release(probe->scratch);
	memset(probe, 0, sizeof(*probe));
}

static int copy_to_scratch(struct iommufd__probe *probe, uint64_t start,
			   uint64_t last)
{
	const struct iommufd_extent part = { start, last - start + 1 };
	uint64_t iova = start;
	int ret;

	if (!probe->left || last < start || !part.length)
		return -1;
	probe->left--;
	ret = iommufd_ioas_copy(probe->scratch, probe->ioas, &part,
				IOMMUFD_MAP_READABLE | IOMMUFD_MAP_FIXED_IOVA,
				&iova);
	if (!ret)
		return 1;
	return iommufd_class(ret) == IOMMUFD_CLASS_NOT_FOUND ? 0 : -1;
}

static void clear_scratch(struct iommufd__probe *probe)
{
	(void)iommufd_ioas_unmap_all(probe->scratch, NULL);
}

/* Is all of it mapped? */
int iommufd__probe_mapped(struct iommufd__probe *probe, uint64_t start,
			  uint64_t last)
{
	int mapped = copy_to_scratch(probe, start, last);

	if (mapped > 0)
		clear_scratch(probe);
	return mapped;
}

/* The step that @address lies in. */
static uint64_t step_start(const struct iommufd__probe *probe, uint64_t address)
{
	return address - address % probe->step;
}

static uint64_t step_last(const struct iommufd__probe *probe, uint64_t address)
{
	return step_start(probe, address) + (probe->step - 1);
}

static int step_mapped(struct iommufd__probe *probe, uint64_t address)
{
	return iommufd__probe_mapped(probe, step_start(probe, address),
				     step_last(probe, address));
}

/* A question about a range that stays true while the range shrinks. */
typedef int question(struct iommufd__probe *probe, uint64_t start,
		     uint64_t last);

/*
 * The last address up to @limit for which @ask(start, address) holds; it must
 * hold for the step of @start. -1 when it cannot be told.
 */
static int furthest_up(struct iommufd__probe *probe, question *ask,
		       uint64_t start, uint64_t limit, uint64_t *furthest)
{
	uint64_t good = 0;
	uint64_t bad = (limit - step_start(probe, start)) / probe->step + 1;

	while (bad - good > 1) {
		uint64_t middle = good + (bad - good) / 2;
		int answer =
			ask(probe, start,
			    step_last(probe, start) + middle * probe->step);

		if (answer < 0)
			return -1;
		if (answer)
			good = middle;
		else
			bad = middle;
	}
	*furthest = step_last(probe, start) + good * probe->step;
	if (*furthest > limit)
		*furthest = limit;
	return 0;
}

/* The same downwards: the first address for which @ask(address, last) holds. */
static int furthest_down(struct iommufd__probe *probe, question *ask,
			 uint64_t last, uint64_t limit, uint64_t *furthest)
{
	uint64_t top = step_start(probe, last);
	uint64_t good = 0;
	uint64_t bad = (top - step_start(probe, limit)) / probe->step + 1;

	while (bad - good > 1) {
		uint64_t middle = good + (bad - good) / 2;
		int answer = ask(probe, top - middle * probe->step, last);

		if (answer < 0)
			return -1;
		if (answer)
			good = middle;
		else
			bad = middle;
	}
	*furthest = top - good * probe->step;
	if (*furthest < limit)
		*furthest = limit;
	return 0;
}

/*
 * What is missing: from the first address that is not mapped to the last one.
 * Between the two there may be mappings. 0 when nothing is missing.
 */
int iommufd__probe_first_hole(struct iommufd__probe *probe, uint64_t start,
			      uint64_t last, struct iommufd_iova_range *hole)
{
	uint64_t edge;
	int mapped = iommufd__probe_mapped(probe, start, last);

	if (mapped)
		return mapped < 0 ? -1 : 0;
	*hole = (struct iommufd_iova_range){ start, last };
	mapped = step_mapped(probe, start);
	if (mapped < 0)
		return -1;
	if (mapped) {
		if (furthest_up(probe, iommufd__probe_mapped, start, last,
				&edge))
			return -1;
		hole->start = edge + 1;
	}
	mapped = step_mapped(probe, last);
	if (mapped < 0)
		return -1;
	if (mapped) {
		if (furthest_down(probe, iommufd__probe_mapped, last, start,
				  &edge))
			return -1;
		hole->last = edge - 1;
	}
	return 1;
}

/* The numbers 0 to SAMPLES - 1, each as far from the earlier ones as can be. */
static uint64_t spread(unsigned int k)
{
	uint64_t spread = 0;

	for (unsigned int bit = 1; bit < SAMPLES; bit *= 2)
		spread = spread * 2 + (k & bit ? 1 : 0);
	return spread;
}

/* Round addresses, where memory of virtual machines likes to begin. */
static int sample_round(struct iommufd__probe *probe, uint64_t start,
			uint64_t last, uint64_t *address)
{
	int mapped = 0;

	for (uint64_t round = UINT64_C(1) << 63; round >= probe->step;
	     round /= 2) {
		if (round < start || round > last)
			continue;
		*address = round;
		mapped = step_mapped(probe, round);
		if (mapped)
			break;
	}
	return mapped;
}

/*
 * An address that is mapped: the ends, round ones, the middle, the quarters and
 * so on. A mapping that is small against the range may be missed.
 */
static int sample(struct iommufd__probe *probe, uint64_t start, uint64_t last,
		  uint64_t *address)
{
	uint64_t grain = probe->step, first, count, parts;
	int mapped;

	/* Mappings of less than a page are rare. */
	if ((last - start) / grain >= SAMPLES && grain < PAGE)
		grain = PAGE;
	first = start - start % grain;
	count = (last - first) / grain + 1;
	parts = count < SAMPLES ? count : SAMPLES;
	*address = last;
	mapped = step_mapped(probe, last);
	if (mapped == 0 && count > SAMPLES)
		mapped = sample_round(probe, start, last, address);
	for (unsigned int k = 0; k < parts && mapped == 0; k++) {
		uint64_t part = parts < SAMPLES ? k : spread(k);

		*address = first + grain * (count / parts * part +
					    count % parts * part / parts);
		if (*address < start)
			*address = start;
		mapped = step_mapped(probe, *address);
	}
	return mapped;
}

/* Some part of the range that is mapped, as long as it goes on both ways. */
int iommufd__probe_some(struct iommufd__probe *probe, uint64_t start,
			uint64_t last, struct iommufd_iova_range *mapped)
{
	uint64_t address;
	int answer = sample(probe, start, last, &address);

	if (answer <= 0)
		return answer;
	if (furthest_up(probe, iommufd__probe_mapped, address, last,
			&mapped->last) ||
	    furthest_down(probe, iommufd__probe_mapped, address, start,
			  &mapped->start))
		return -1;
	return 1;
}

/*
 * Is the range part of one mapping? Its copy is in as many parts as it has
 * mappings, and an unmap that cuts the last part removes the others.
 */
static int one_mapping(struct iommufd__probe *probe, uint64_t start,
		       uint64_t last)
{
	uint64_t length = last - start + 1 - probe->step;
	uint64_t all = 0;
	int answer = copy_to_scratch(probe, start, last);

	if (answer <= 0)
		return answer;
	answer = iommufd_ioas_unmap(probe->scratch, &length, start) ? 1 : 0;
	if (iommufd_ioas_unmap_all(probe->scratch, &all))
		return -1;
	return answer && all == last - start + 1;
}

/*
 * Does one mapping lie on both sides of @address? If so, where it begins and
 * ends.
 */
int iommufd__probe_cut(struct iommufd__probe *probe, uint64_t address,
		       struct iommufd_iova_range *mapping)
{
	uint64_t before = step_start(probe, address);
	uint64_t after = step_last(probe, address);
	int answer;

	if (!address)
		return 0;
	if (address % probe->step) {
		answer = iommufd__probe_mapped(probe, before, after);
	} else {
		before -= probe->step;
		answer = one_mapping(probe, before, after);
	}
	if (answer <= 0)
		return answer;
	if (furthest_up(probe, one_mapping, before, UINT64_MAX - probe->step,
			&mapping->last) ||
	    furthest_down(probe, one_mapping, after, 0, &mapping->start))
		return -1;
	return 1;
}
