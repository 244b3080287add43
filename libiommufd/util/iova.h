/* SPDX-License-Identifier: MIT */
/* What the files of the IOVA allocator share. */
#ifndef LIBIOMMUFD_UTIL_IOVA_PRIVATE_H
#define LIBIOMMUFD_UTIL_IOVA_PRIVATE_H

#include "internal.h"

#include <pthread.h>

/*
 * iova_ranges.c: lists of ranges, ascending, none touching another. An empty
 * one has no memory. What makes one gives 0 or a cause, and leaves @list empty
 * on failure; all of these lists are the caller's to free.
 */
struct iommufd__iova_list {
	struct iommufd_iova_range *at;
	uint32_t count;
};

uint32_t iommufd__iova_list_usable(struct iommufd__iova_list *list,
				   const struct iommufd__iova_list *from,
				   const struct iommufd_iova_limits *limits,
				   uint64_t granule);
uint32_t iommufd__iova_list_copy(struct iommufd__iova_list *list,
				 const struct iommufd_iova_range *ranges,
				 uint32_t count);
void iommufd__iova_list_end(struct iommufd__iova_list *list);
/* The first range that ends at @address or above; the count for none. */
uint32_t iommufd__iova_list_find(const struct iommufd__iova_list *list,
				 uint64_t address);

/*
 * iova_pieces.c: the books. Every byte of the usable ranges is in a piece, free
 * or given out; pieces that are given out may also lie elsewhere. They are a
 * balanced tree in the order of their addresses, in one array; 0 is no piece.
 *
 * In which subtrees a place can be found is known from two numbers. The largest
 * free piece, of L bytes, has L >> k blocks of 2^k bytes that are aligned to
 * their size, or one less; and no other piece has more. So the largest number of
 * such blocks that a piece of the subtree has is L >> k when bit k of `fits` is
 * set, and one less otherwise, for each k.
 */
struct iommufd__piece {
	uint64_t start, length;
	uint64_t largest, fits; /* of the subtree */
	uint32_t child[2];	/* below, above */
	uint8_t height;
	uint8_t is_free;
};

struct iommufd__pieces {
	struct iommufd__piece *at;
	uint32_t root;
	uint32_t unused; /* the first of those that are in no tree */
	uint32_t room;
};

/* What is looked for; `length` and the window are in whole granules. */
struct iommufd__iova_need {
	uint64_t length;
	uint64_t first, last;
	unsigned int shift; /* of the alignment */
	int top_down;
};

/* Make room for so many pieces in all: 0 or -1. What follows needs no memory. */
int iommufd__pieces_room(struct iommufd__pieces *p, uint64_t count);
void iommufd__pieces_end(struct iommufd__pieces *p);
void iommufd__pieces_insert(struct iommufd__pieces *p, uint64_t start,
			    uint64_t length, int is_free);
void iommufd__pieces_remove(struct iommufd__pieces *p, uint64_t start);
/* Its length or state is another now. */
void iommufd__pieces_change(struct iommufd__pieces *p, uint32_t piece,
			    uint64_t length, int is_free);
/* The piece with the highest start that is not above @address. */
uint32_t iommufd__pieces_at(const struct iommufd__pieces *p, uint64_t address);
/* The piece with the lowest start that is not below @address. */
uint32_t iommufd__pieces_from(const struct iommufd__pieces *p,
			      uint64_t address);
/* The first one in the direction of the search, and the place in it. */
uint32_t iommufd__pieces_search(const struct iommufd__pieces *p,
				const struct iommufd__iova_need *need,
				uint64_t *iova);
/* Length of the largest free piece in the window of @need. */
uint64_t iommufd__pieces_largest(const struct iommufd__pieces *p,
				 const struct iommufd__iova_need *need);

/* iova_books.c: what is free and what is given out. */
struct iommufd_iova_space {
	pthread_mutex_t lock;
	struct iommufd_ioas *ioas;
	uint64_t granule;
	struct iommufd__iova_list usable;
	struct iommufd__pieces pieces; /* never without room */
	uint32_t allocations, free_pieces;
	uint64_t free; /* bytes */
};

/* Memory for @more allocations: 0 or -1. Nothing else here needs any. */
int iommufd__iova_room(struct iommufd_iova_space *s, uint32_t more);
/* Take @length bytes from @start out of the free piece that they lie in. */
void iommufd__iova_carve(struct iommufd_iova_space *s, uint32_t piece,
			 uint64_t start, uint64_t length);
/* Whether a part of a range is not usable, and the first address of that. */
int iommufd__iova_hole(const struct iommufd_iova_space *s,
		       const struct iommufd_extent *range, uint64_t *address);
/* An allocation ends: what of it is usable becomes free, the rest nothing. */
void iommufd__iova_give_back(struct iommufd_iova_space *s, uint32_t piece);
/* The books of @s for its usable ranges, with what @old has given out. */
uint32_t iommufd__iova_rebuild(struct iommufd_iova_space *s,
			       const struct iommufd_iova_space *old);
/* Those that are not completely usable: the number there are. */
uint32_t iommufd__iova_stranded(const struct iommufd_iova_space *s,
				struct iommufd_extent *extents, uint32_t room);

#endif /* LIBIOMMUFD_UTIL_IOVA_PRIVATE_H */
