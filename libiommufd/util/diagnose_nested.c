/* SPDX-License-Identifier: MIT */
/* Why a page table or a vIOMMU cannot be made on what it was to be made on. */
#include "diagnose.h"
#include "nesting.h"

#include <errno.h>
#include <inttypes.h>

/* "it takes 8 bytes of it", when the driver tells. */
static void add_length(struct iommufd__diag *d, iommufd__ask *how)
{
	struct iommufd__span span;

	if (!iommufd__ask_length(d, how, &span))
		return;
	iommufd__text_add(&d->text, "; this driver takes %" PRIu32, span.first);
	if (span.last != span.first)
		iommufd__text_add(&d->text, " to %" PRIu32, span.last);
	iommufd__text_add(&d->text, " bytes of this type");
}

static void data_wrong(struct iommufd__diag *d, const char *why)
{
	iommufd__diag_found(d, IOMMUFD_CAUSE_PAGE_TABLE_DATA);
	iommufd__text_add(&d->text,
			  "the data, of type 0x%" PRIx64 " and %" PRIu64
			  " bytes, %s",
			  d->failure.arg, d->failure.length, why);
}

/* 1 when an empty address space takes such a page table, 0 if unknown. */
static int takes_empty(const struct iommufd__diag *d)
{
	struct iommufd__ranges ranges;

	if (iommufd__aperture_get(d, d->failure.object_id, d->failure.flags,
				  &ranges))
		return 0;
	iommufd__ranges_put(&ranges);
	return 1;
}

static void what_is_mapped(struct iommufd__diag *d, int nest_parent)
{
	int is_mapping = takes_empty(d);

	iommufd__diag_candidate(d, IOMMUFD_CAUSE_EARLIER_FILE);
	if (nest_parent || !is_mapping)
		iommufd__diag_candidate(d, d->cause);
	else
		iommufd__diag_found(d, IOMMUFD_CAUSE_EARLIER_FILE);
	if (is_mapping)
		iommufd__text_add(&d->text, "an empty address space would do, "
					    "so it is what is mapped: ");
	if (nest_parent || !is_mapping)
		iommufd__text_add(&d->text, "either ");
	iommufd__diag_add_file(d);
	if (nest_parent)
		iommufd__text_add(&d->text,
				  "; or there is a read-only mapping, which a "
				  "nest parent does not take on some hardware: "
				  "map everything writeable before it is made");
	if (!is_mapping)
		iommufd__text_add(&d->text,
				  "; or the device's IOMMU makes no such page "
				  "table");
}

/* Why an address space is refused: there is no proof of any reason. */
static void table_on_ioas(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;
	int nest_parent = (f->flags & IOMMUFD_HWPT_NEST_PARENT) != 0;

	if (f->length || f->arg)
		iommufd__diag_say(
			d, d->cause,
			"the address space is right; the data may not be what "
			"this IOMMU takes for one: page tables on an address "
			"space mostly have none");
	else
		what_is_mapped(d, nest_parent);
}

static void table_on_paging(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;

	/* The driver compares types after the kernel has taken the parent. */
	switch (iommufd__ask_nested(d, f->object_id, f->other_id,
				    IOMMUFD__NO_TYPE, 8)) {
	case EINVAL:
		iommufd__diag_found(d, IOMMUFD_CAUSE_NO_NEST_PARENT);
		iommufd__text_add(
			&d->text,
			"page table %" PRIu32 " was not made with "
			"IOMMUFD_HWPT_NEST_PARENT for an IOMMU of this kind",
			f->other_id);
		return;
	case EOPNOTSUPP:
		data_wrong(d, "is not what the driver takes; the nest parent "
			      "is right");
		add_length(d, iommufd__ask_nested);
		return;
	default:
		iommufd__diag_candidate(d, IOMMUFD_CAUSE_NO_NEST_PARENT);
		iommufd__diag_candidate(d, IOMMUFD_CAUSE_PAGE_TABLE_DATA);
		iommufd__text_add(
			&d->text,
			"object %" PRIu32 " is a page table: either it was not "
			"made with IOMMUFD_HWPT_NEST_PARENT, or for another "
			"IOMMU, or the data is wrong",
			f->other_id);
	}
}

/* Whether device and vIOMMU belong together, which is the first question. */
static int same_iommu(struct iommufd__diag *d, uint32_t viommu_id)
{
	int err = iommufd__ask_nested(d, d->failure.object_id, viommu_id,
				      IOMMUFD_HWPT_DATA_NONE, 0);

	if (err == EOPNOTSUPP)
		return 1;
	if (err != EINVAL)
		return -1;
	iommufd__diag_found(d, IOMMUFD_CAUSE_OTHER_IOMMU);
	iommufd__text_add(&d->text,
			  "device %" PRIu32 " is behind another physical IOMMU "
			  "than vIOMMU %" PRIu32
			  ": a guest needs a vIOMMU for each of them",
			  d->failure.object_id, viommu_id);
	return 0;
}

static void table_on_viommu(struct iommufd__diag *d)
{
	int same = same_iommu(d, d->failure.other_id);

	if (same > 0) {
		data_wrong(d, "is not what the driver takes; device and vIOMMU "
			      "are right");
		add_length(d, iommufd__ask_nested);
	} else if (same < 0) {
		iommufd__diag_candidate(d, IOMMUFD_CAUSE_OTHER_IOMMU);
		iommufd__diag_candidate(d, IOMMUFD_CAUSE_PAGE_TABLE_DATA);
		iommufd__text_add(&d->text, "either the device is behind "
					    "another physical IOMMU than the "
					    "vIOMMU, or the data is wrong");
	}
}

static void table_refused(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;
	int kind;

	if ((f->arg == IOMMUFD_HWPT_DATA_NONE) != !f->length) {
		data_wrong(d, "is none or half of it: a type goes with a "
			      "length");
		return;
	}
	kind = iommufd__object_kind(d, f->other_id);
	switch (kind) {
	case IOMMUFD__OBJECT_UNKNOWN:
		break;
	case IOMMUFD__OBJECT_IOAS:
		table_on_ioas(d);
		break;
	case IOMMUFD__OBJECT_PAGING:
		table_on_paging(d);
		break;
	case IOMMUFD__OBJECT_VIOMMU:
		table_on_viommu(d);
		break;
	default:
		iommufd__diag_wrong_kind(d, kind,
					 "an address space, a nest parent or a "
					 "vIOMMU");
	}
}

/* What our own helper does not take of a guest's PASID table. */
static void pasid_entry(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;

	iommufd__diag_found(d, d->cause);
	if (f->other_id == VTD_PGTT_FIRST_STAGE)
		iommufd__text_add(&d->text,
				  "the paging mode (FSPM) %" PRIu32
				  " is none; 0 is four levels, 1 is five",
				  f->flags);
	else
		iommufd__text_add(&d->text,
				  "the type of translation (PGTT) is %" PRIu32
				  ", and a guest can have the first stage (%d) "
				  "and pass-through (%d)",
				  f->other_id, VTD_PGTT_FIRST_STAGE,
				  VTD_PGTT_PASS_THROUGH);
}

/* EIO of a driver, or of our own helper. */
static void table_entry(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;

	if (f->op == IOMMUFD_OP_NESTING)
		pasid_entry(d);
	else if (iommufd_errno(f->ret) == EIO &&
		 f->arg == IOMMUFD_HWPT_DATA_ARM_SMMUV3)
		data_wrong(d, "has a field that a guest may not set so: "
			      "iommufd_explain_ste() tells which");
	else if (f->op == IOMMUFD_OP_HWPT_ALLOC)
		data_wrong(d, "has something that the driver does not take "
			      "of a guest");
}

void iommufd__diag_page_table(struct iommufd__diag *d)
{
	if (d->cause == IOMMUFD_CAUSE_PAGE_TABLE_DATA)
		table_entry(d);
	else
		table_refused(d);
}

/* A vIOMMU of an SMMUv3 has no data that could be wrong. */
static void viommu_candidates(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;
	int data = f->arg != IOMMUFD_VIOMMU_ARM_SMMUV3;

	iommufd__diag_members(d, data ? 0 : IOMMUFD_CAUSE_VIOMMU_DATA);
	iommufd__text_add(&d->text,
			  "either page table %" PRIu32 " was not made with "
			  "IOMMUFD_HWPT_NEST_PARENT, or it belongs to another "
			  "IOMMU",
			  f->other_id);
	if (data)
		iommufd__text_add(&d->text,
				  ", or the data of %" PRIu64 " bytes is wrong",
				  f->length);
}

void iommufd__diag_viommu(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;
	struct iommufd__span span;

	if (iommufd__ask_nested(d, f->object_id, f->other_id, IOMMUFD__NO_TYPE,
				8) == EINVAL) {
		iommufd__diag_found(d, IOMMUFD_CAUSE_NO_NEST_PARENT);
		iommufd__text_add(
			&d->text,
			"page table %" PRIu32 " was not made with "
			"IOMMUFD_HWPT_NEST_PARENT for an IOMMU of this kind",
			f->other_id);
	} else if (iommufd__ask_length(d, iommufd__ask_viommu, &span)) {
		/* Data is read after the parent has been taken. */
		iommufd__diag_found(d, IOMMUFD_CAUSE_VIOMMU_DATA);
		iommufd__text_add(&d->text,
				  "the nest parent is right, but the data of "
				  "%" PRIu64 " bytes is not what the driver "
				  "takes",
				  f->length);
		add_length(d, iommufd__ask_viommu);
	} else {
		viommu_candidates(d);
	}
}

/* Some spread over the ids that a guest may have. */
#define TRIES 8

/* Is it the id that is taken? -1 when it cannot be told. */
static int is_id_taken(const struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;

	if (!(d->flags & IOMMUFD_DIAGNOSE_SCRATCH))
		return -1;
	for (unsigned int i = 0; i < TRIES; i++) {
		uint64_t other = f->arg ^ UINT64_C(1) << (8 + 2 * i);

		switch (iommufd__try_vdevice(d, f->object_id, f->other_id,
					     other)) {
		case 0:
			return 1;
		case EEXIST:
			break;
		default:
			return -1;
		}
	}
	return 0;
}

static void vdevice_exists(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;
	int taken = is_id_taken(d);

	if (taken > 0) {
		iommufd__diag_found(d, IOMMUFD_CAUSE_VIRT_ID_TAKEN);
		iommufd__text_add(&d->text,
				  "another device of vIOMMU %" PRIu32
				  " has the id 0x%" PRIx64
				  "; the device itself could have another one",
				  f->other_id, f->arg);
	} else if (!taken) {
		iommufd__diag_found(d, IOMMUFD_CAUSE_DEVICE_HAS_VDEVICE);
		iommufd__text_add(&d->text,
				  "device %" PRIu32 " has a vDevice already, "
				  "in this vIOMMU or another one, and can have "
				  "one only: destroy that first",
				  f->object_id);
	} else {
		iommufd__diag_members(d, 0);
		iommufd__text_add(
			&d->text,
			"either device %" PRIu32 " has a vDevice already, in "
			"any vIOMMU, or another device of vIOMMU %" PRIu32
			" has the id 0x%" PRIx64
			"; with IOMMUFD_DIAGNOSE_SCRATCH and the context it "
			"can be found which",
			f->object_id, f->other_id, f->arg);
	}
}

static void vdevice_refused(struct iommufd__diag *d)
{
	const struct iommufd_failure *f = &d->failure;

	if (same_iommu(d, f->other_id) <= 0)
		return;
	iommufd__diag_found(d, IOMMUFD_CAUSE_VIRT_ID_REFUSED);
	iommufd__text_add(&d->text,
			  "device and vIOMMU belong together, so it is the id "
			  "0x%" PRIx64 " that the driver does not take: it may "
			  "have too many bits",
			  f->arg);
}

void iommufd__diag_vdevice(struct iommufd__diag *d)
{
	if (d->cause == IOMMUFD_CAUSE_VDEVICE_EXISTS)
		vdevice_exists(d);
	else
		vdevice_refused(d);
}

/* The second id, after the device has been found to be there. */
static void second_id(struct iommufd__diag *d)
{
	int viommu = d->cause == IOMMUFD_CAUSE_VIOMMU_OR_DEVICE;
	int wanted = viommu ? IOMMUFD__OBJECT_VIOMMU : IOMMUFD__OBJECT_PAGING;
	int kind;

	if (d->cause == IOMMUFD_CAUSE_DEVICE_OR_QUEUE) {
		iommufd__diag_say(
			d, IOMMUFD_CAUSE_OBJECT,
			"the device is there, so it is the fault queue that is "
			"not: no such object, or one of another kind");
		return;
	}
	kind = iommufd__object_kind(d, d->failure.other_id);
	iommufd__diag_found(d, IOMMUFD_CAUSE_OBJECT);
	if (kind == wanted) {
		iommufd__text_add(&d->text,
				  "both objects are there now: one was not "
				  "yet, or another thread works with it");
		return;
	}
	iommufd__text_add(&d->text, "the device is there, but ");
	iommufd__object_add(d, d->failure.other_id, kind);
	if (kind != IOMMUFD__OBJECT_NONE)
		iommufd__text_add(&d->text, ", not %s",
				  iommufd__object_words(wanted));
}

/* A device and something else, of which one was not there. */
void iommufd__diag_two_ids(struct iommufd__diag *d)
{
	uint32_t id = d->failure.object_id;
	int kind = iommufd__object_kind(d, id);

	if (kind == IOMMUFD__OBJECT_UNKNOWN)
		return;
	if (kind == IOMMUFD__OBJECT_DEVICE) {
		second_id(d);
		return;
	}
	iommufd__diag_found(d, IOMMUFD_CAUSE_NOT_PHYSICAL);
	iommufd__object_add(d, id, kind);
	if (kind != IOMMUFD__OBJECT_NONE)
		iommufd__text_add(&d->text, ", not a bound physical device");
}
