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

#endif /* BENCH_FAKE_IOAS_H */
