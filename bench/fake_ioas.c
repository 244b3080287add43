/* SPDX-License-Identifier: MIT */
/* A kernel that maps at once, so that what is measured is the library. */
#include "fake_ioas.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "bench.h"

#define NR_MAP	  0x85
#define AT_FLAGS  4
#define AT_LENGTH 24
#define AT_IOVA	  32

unsigned int bench_ioctls;
int bench_ioctl_error;
#define FIRST_IOVA UINT64_C(1) << 40
static uint64_t next_iova = FIRST_IOVA;

int ioctl(int fd, unsigned long request, ...)
{
	unsigned char *cmd;
	uint64_t length;
	uint32_t flags;
	va_list args;

	(void)fd;
	va_start(args, request);
	cmd = va_arg(args, unsigned char *);
	va_end(args);
	bench_ioctls++;
	if (bench_ioctl_error) {
		errno = bench_ioctl_error;
		return -1;
	}
	if ((request & 0xff) != NR_MAP)
		return 0;
	memcpy(&flags, cmd + AT_FLAGS, sizeof(flags));
	memcpy(&length, cmd + AT_LENGTH, sizeof(length));
	if (flags & IOMMUFD_MAP_FIXED_IOVA)
		return 0;
	memcpy(cmd + AT_IOVA, &next_iova, sizeof(next_iova));
	next_iova += length;
	return 0;
}

struct iommufd_ioas *bench_ioas(void)
{
	struct iommufd_ioas *ioas = NULL;
	struct iommufd_ctx *ctx = NULL;

	MUST(!iommufd_ctx_open("/dev/null", &ctx));
	MUST(!iommufd_ioas_adopt(ctx, 1, 0, &ioas));
	iommufd_ctx_close(ctx);
	return ioas;
}

void bench_ioas_again(void)
{
	next_iova = FIRST_IOVA;
}
