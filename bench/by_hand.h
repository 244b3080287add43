/* SPDX-License-Identifier: MIT */
/* A request as a program without the library makes it. */
#ifndef BENCH_BY_HAND_H
#define BENCH_BY_HAND_H

#include <errno.h>
#include <stdint.h>
#include <sys/ioctl.h>

#include "uapi.h"

static inline int by_hand(int fd, uint32_t nr, void *cmd)
{
	int ret = ioctl(fd, _IO(';', nr), cmd);

	return ret < 0 ? -errno : ret;
}

#endif /* BENCH_BY_HAND_H */
