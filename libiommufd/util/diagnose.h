/* SPDX-License-Identifier: MIT */
/* What the parts of diagnosis share: one part for each kind of failure. */
#ifndef LIBIOMMUFD_UTIL_DIAGNOSE_PRIVATE_H
#define LIBIOMMUFD_UTIL_DIAGNOSE_PRIVATE_H

#include "internal.h"

#include <sys/stat.h>

struct iommufd__diag {
	struct iommufd_failure failure;
	uint32_t cause; /* of the failure */
	struct iommufd_ctx *ctx;
	int other_ctx; /* the caller's is not that of the failure */
	uint32_t flags;
	const char *name, *sysfs, *dev;
	struct iommufd_diagnosis out;
	struct iommufd__text text;
};

/*
 * Each part has a look at the failure and either names the cause, or adds the
 * candidates that remain; and says why in words that go on after
 * "Cannot do this: ". When it does neither, the end is the general one.
 */
typedef void iommufd__diag_part(struct iommufd__diag *d);

iommufd__diag_part iommufd__diag_open;
iommufd__diag_part iommufd__diag_find;
iommufd__diag_part iommufd__diag_bind;
iommufd__diag_part iommufd__diag_export;
iommufd__diag_part iommufd__diag_map;
iommufd__diag_part iommufd__diag_unmap;
iommufd__diag_part iommufd__diag_copy_source;
iommufd__diag_part iommufd__diag_user_memory;
iommufd__diag_part iommufd__diag_locked_memory;
iommufd__diag_part iommufd__diag_revoked;
iommufd__diag_part iommufd__diag_page_table;
iommufd__diag_part iommufd__diag_viommu;
iommufd__diag_part iommufd__diag_two_ids;
iommufd__diag_part iommufd__diag_vdevice;
iommufd__diag_part iommufd__diag_hw_queue;
iommufd__diag_part iommufd__diag_in_transit;
iommufd__diag_part iommufd__diag_invalidation;
iommufd__diag_part iommufd__diag_dirty_range;
iommufd__diag_part iommufd__diag_fault;
iommufd__diag_part iommufd__diag_pasid;
iommufd__diag_part iommufd__diag_no_pasid;
iommufd__diag_part iommufd__diag_attach_unsupported;
iommufd__diag_part iommufd__diag_attach;
iommufd__diag_part iommufd__diag_outside;
iommufd__diag_part iommufd__diag_conflict;
iommufd__diag_part iommufd__diag_destroy;
iommufd__diag_part iommufd__diag_command;

/* diagnose.c */
void iommufd__diag_found(struct iommufd__diag *d, uint32_t cause);
/* The cause, with words that need no numbers. */
void iommufd__diag_say(struct iommufd__diag *d, uint32_t cause,
		       const char *words);
void iommufd__diag_candidate(struct iommufd__diag *d, uint32_t cause);
void iommufd__diag_range(struct iommufd__diag *d, uint64_t start,
			 uint64_t last);

/* diagnose_find.c: what a search was for; 0 when that is not known. */
int iommufd__diag_wanted(const struct iommufd__diag *d, char *name,
			 size_t size);
/* 0 or a typed error. */
int iommufd__diag_device(const struct iommufd__diag *d,
			 struct iommufd_node_info *info);

/* diagnose_attach.c: "object 5 is a device, not @wanted". */
void iommufd__diag_wrong_kind(struct iommufd__diag *d, int kind,
			      const char *wanted);
/* That a file in the address space cannot be pinned. */
void iommufd__diag_add_file(struct iommufd__diag *d);
/* Nothing that anything could be attached to. */
int iommufd__diag_no_table(int kind);

/* diagnose_map.c */
int iommufd__diag_is_dma_buf(int fd);

/* diagnose_memory.c: whether all of it is there for a mapping with @flags. */
int iommufd__diag_memory_usable(uint64_t start, uint64_t length,
				uint32_t flags);

/* diagnose_helpers.c: the beginning, where libiommufd-util refuses itself. */
void iommufd__diag_begin_helper(struct iommufd__diag *d);

/* diagnose_words.c: the beginning of the sentence, and its general end. */
void iommufd__diag_begin(struct iommufd__diag *d);
void iommufd__diag_end(struct iommufd__diag *d);
/* All reasons that the failure's cause is the set of, but this one. */
void iommufd__diag_members(struct iommufd__diag *d, uint32_t except);
uint64_t iommufd__diag_last(uint64_t start, uint64_t length);
void iommufd__diag_windows(struct iommufd__diag *d,
			   const struct iommufd_node_info *info, uint64_t start,
			   uint64_t last);

/*
 * diagnose_objects.c: what an id is, as far as harmless questions tell. Page
 * tables of a guest are told only where their driver gives itself away; of
 * vDevices, queues and emulated devices nothing tells which of them it is.
 */
enum {
	IOMMUFD__OBJECT_UNKNOWN, /* no context to ask, or a failing question */
	IOMMUFD__OBJECT_NONE,
	IOMMUFD__OBJECT_NOT_SEEN, /* none, or another kind, before 6.13 */
	IOMMUFD__OBJECT_IOAS,
	IOMMUFD__OBJECT_PAGING,
	IOMMUFD__OBJECT_NESTED,
	IOMMUFD__OBJECT_VIOMMU,
	IOMMUFD__OBJECT_DEVICE,
	IOMMUFD__OBJECT_OTHER,
	IOMMUFD__OBJECT_KINDS,
};

#define IOMMUFD__CENSUS_IDS 256 /* the ids that are looked at */
#define IOMMUFD__CENSUS_MAX 8	/* of a kind, as many are remembered */

/* As a bit of a set of kinds. */
#define IOMMUFD__KIND(kind) (1u << IOMMUFD__OBJECT_##kind)

struct iommufd__census {
	uint32_t count[IOMMUFD__OBJECT_KINDS];
	uint32_t ids[IOMMUFD__OBJECT_KINDS][IOMMUFD__CENSUS_MAX];
	uint32_t highest; /* the last one that is there */
};

struct iommufd__ranges {
	struct iommufd_iova_range *ranges;
	uint32_t count;
	uint64_t alignment;
};

int iommufd__object_kind(const struct iommufd__diag *d, uint32_t id);
/* "an address space", and so on. */
const char *iommufd__object_words(int kind);
/* "there is no object 5", or "object 5 is a device". */
void iommufd__object_add(struct iommufd__diag *d, uint32_t id, int kind);
/*
 * What else than the object @id is in the context; -1 without one. A question
 * holds the object for an instant: as far as that can be avoided, none of another
 * kind than @kinds is held. Only these are counted then.
 */
int iommufd__census(const struct iommufd__diag *d, unsigned int kinds,
		    uint32_t id, struct iommufd__census *census);
/* Ids are given out from below, so there is most likely no more than was seen. */
int iommufd__census_complete(const struct iommufd__census *census);
/* Whether the kernel has a command; -1 when it cannot be asked. */
int iommufd__has_command(const struct iommufd__diag *d, uint32_t nr);
int iommufd__ranges_get(const struct iommufd__diag *d, uint32_t ioas_id,
			struct iommufd__ranges *ranges);
int iommufd__aperture_get(const struct iommufd__diag *d, uint32_t dev_id,
			  uint32_t flags, struct iommufd__ranges *ranges);
void iommufd__ranges_put(struct iommufd__ranges *ranges);
int iommufd__ranges_hole(const struct iommufd__ranges *ranges, uint64_t start,
			 uint64_t last, struct iommufd_iova_range *hole);

/*
 * diagnose_probe.c: which part of an address space is mapped, found by copying
 * it to a scratch one, which pins nothing. Answers are 1, 0, or -1 when it
 * cannot be told.
 */
struct iommufd__probe {
	struct iommufd_ioas *ioas, *scratch;
	uint64_t step; /* alignment of the address space */
	unsigned int left;
};

int iommufd__probe_init(struct iommufd__probe *probe,
			const struct iommufd__diag *d, uint32_t ioas_id);
void iommufd__probe_end(struct iommufd__probe *probe);
int iommufd__probe_mapped(struct iommufd__probe *probe, uint64_t start,
			  uint64_t last);
int iommufd__probe_first_hole(struct iommufd__probe *probe, uint64_t start,
			      uint64_t last, struct iommufd_iova_range *hole);
int iommufd__probe_some(struct iommufd__probe *probe, uint64_t start,
			uint64_t last, struct iommufd_iova_range *mapped);
int iommufd__probe_cut(struct iommufd__probe *probe, uint64_t address,
		       struct iommufd_iova_range *mapping);

/*
 * diagnose_ask.c: questions to the driver, made so that it must refuse. What
 * comes back is the errno, 0 for none, or -1 without a context.
 */

/* A nested page table or a vIOMMU, with data that cannot be read. */
typedef int iommufd__ask(const struct iommufd__diag *d, uint32_t dev_id,
			 uint32_t pt_id, uint32_t type, uint32_t length);

iommufd__ask iommufd__ask_nested;
iommufd__ask iommufd__ask_viommu;

/* What the driver takes of the data of the failure's type; 0 for nothing. */
struct iommufd__span {
	uint32_t first, last; /* bytes */
};

int iommufd__ask_length(const struct iommufd__diag *d, iommufd__ask *how,
			struct iommufd__span *span);

/* So many invalidations that cannot be read. */
int iommufd__ask_invalidation(const struct iommufd__diag *d, uint32_t id,
			      uint32_t type, uint32_t length, uint32_t count);

struct iommufd__hw_info {
	uint32_t type, max_pasid_log2;
	uint64_t capabilities;
};

int iommufd__ask_hw_info(const struct iommufd__diag *d, uint32_t dev_id,
			 struct iommufd__hw_info *info);

/* A paging page table, which stays: the caller destroys it. */
int iommufd__make_paging(const struct iommufd__diag *d, uint32_t dev_id,
			 uint32_t ioas_id, uint32_t flags, uint32_t *id);

/* Questions that make an object when they succeed, which is then destroyed. */
int iommufd__try_vdevice(const struct iommufd__diag *d, uint32_t dev_id,
			 uint32_t viommu_id, uint64_t virt_id);
int iommufd__try_hw_queue(const struct iommufd__diag *d, uint32_t index);

#define IOMMUFD__NO_TYPE UINT32_MAX /* that no driver has */

/* diagnose_process.c: device files that processes have open, by number. */
typedef int iommufd__fd_visitor(void *arg, int fd, const struct stat *st);

int iommufd__each_own_fd(iommufd__fd_visitor *visit, void *arg);
int iommufd__who_has_open(dev_t number, int *pid);

#endif /* LIBIOMMUFD_UTIL_DIAGNOSE_PRIVATE_H */
