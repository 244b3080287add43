/* SPDX-License-Identifier: MIT */
/* What the files of bulk registration share. */
#ifndef LIBIOMMUFD_UTIL_BULK_PRIVATE_H
#define LIBIOMMUFD_UTIL_BULK_PRIVATE_H

#include "internal.h"

#include <pthread.h>
#include <stdatomic.h>

/* A region. Its first piece is longer by what is before an aligned place. */
struct iommufd__bulk_region {
	struct iommufd_bulk_region r;
	uint64_t piece;
	uint64_t head;
	uint64_t first; /* number of its first piece */
	int by_file;	/* kernel and file may allow it */
};

struct iommufd__bulk_piece {
	const struct iommufd__bulk_region *region;
	uint32_t number; /* of the region */
	uint64_t start;	 /* in the region */
	uint64_t length;
};

/* Of each piece. Only the thread that has taken it changes it. */
enum {
	IOMMUFD__PIECE_UNMAPPED,
	IOMMUFD__PIECE_MAPPING, /* the kernel is being asked */
	IOMMUFD__PIECE_MAPPED,
	IOMMUFD__PIECE_FILE, /* mapped by its file */
};

struct iommufd_bulk {
	struct iommufd_ioas *ioas;
	uint32_t flags;
	uint32_t num_regions;
	struct iommufd__bulk_region *regions;
	uint64_t bytes, pieces;
	_Atomic unsigned char *states;

	/* Aligned as no 32-bit machine would. */
	_Alignas(8) _Atomic uint64_t next; /* the piece that nobody has taken */
	_Alignas(8) _Atomic uint64_t mapped;
	_Alignas(8) _Atomic uint64_t mapped_files;
	_Alignas(8) _Atomic uint64_t populated;
	_Atomic uint32_t running;
	atomic_int stop;     /* cancelled, or failed */
	atomic_int left_out; /* a piece, as it was */
	atomic_int no_files; /* the kernel has said that it maps none */
	int can_populate;    /* madvise(2) can */

	pthread_mutex_t lock; /* for what follows */
	struct iommufd_failure failure;
	struct iommufd__bulk_piece failed;
};

/* bulk.c: 0, or why it has stopped; this becomes the thread's record. */
int iommufd__bulk_outcome(struct iommufd_bulk *bulk);
/* A failure of a piece without a call of the thin library. */
int iommufd__bulk_failed(const struct iommufd_bulk *bulk,
			 const struct iommufd__bulk_piece *piece,
			 uint32_t cause, int err);

/* bulk_prepare.c: number @n of all pieces. */
struct iommufd__bulk_piece iommufd__bulk_piece(const struct iommufd_bulk *bulk,
					       uint64_t n);

/* bulk_populate.c */
int iommufd__bulk_can_populate(void);
/* Before an access to each page: 0 or a typed error. */
int iommufd__bulk_check_access(const struct iommufd_bulk *bulk);
/* 0 or a typed error. */
int iommufd__bulk_populate(struct iommufd_bulk *bulk,
			   const struct iommufd__bulk_piece *piece);

#endif /* LIBIOMMUFD_UTIL_BULK_PRIVATE_H */
