/* SPDX-License-Identifier: MIT */
/*
 * An address space of a kernel that maps at once. In a program that asks for it
 * no other kernel can be reached: ioctl() is replaced.
 */
#ifndef BENCH_FAKE_IOAS_H
#define BENCH_FAKE_IOAS_H

#include <iommufd/iommufd.h>

/* Ends with iommufd_ioas_release(). */
struct iommufd_ioas *bench_ioas(void);

/* The next IOVA is the first one again, when all is unmapped. */
void bench_ioas_again(void);

/* Requests so far, and what they all fail with: an errno, or 0. */
extern unsigned int bench_ioctls;
extern int bench_ioctl_error;

#endif /* BENCH_FAKE_IOAS_H */
