/* SPDX-License-Identifier: MIT */
/*
 * An address space of a kernel that maps everything at once, for tests of many
 * million calls. Included by one file of a program, because it defines ioctl().
 */
#ifndef TESTS_FAKEIOAS_H
#define TESTS_FAKEIOAS_H

#include <stdarg.h>
#include <stdatomic.h>

#include "harness.h"
#include "uapi.h"

#define FAKE_IOAS 1u /* its id */

static struct {
	/* Where the next mapping of the kernel's choice goes; it comes by the
	 * distance more than its length closer to the next one. */
	_Atomic uint64_t iova;
	uint64_t gap;
	/* What is refused, as long as it is not 0: an errno. */
	_Atomic int map_err, unmap_err;
	/* Called in the middle of mapping and unmapping. */
	void (*meanwhile)(void);
	_Atomic uint32_t maps, unmaps;
} fake_ioas = { .iova = UINT64_C(1) << 40 };

static int fake_map(struct uapi_ioas_map *cmd)
{
	if (fake_ioas.map_err)
		return fake_ioas.map_err;
	fake_ioas.maps++;
	if (!(cmd->flags & IOMMUFD_MAP_FIXED_IOVA))
		cmd->iova = atomic_fetch_add(&fake_ioas.iova,
					     cmd->length + fake_ioas.gap);
	return 0;
}

static int fake_unmap(void)
{
	if (fake_ioas.unmap_err)
		return fake_ioas.unmap_err;
	fake_ioas.unmaps++;
	return 0;
}

int ioctl(int fd, unsigned long request, ...)
{
	uint32_t nr = request & 0xff;
	va_list args;
	void *cmd;

	(void)fd;
	va_start(args, request);
	cmd = va_arg(args, void *);
	va_end(args);
	errno = ENOTTY;
	if (fake_ioas.meanwhile)
		fake_ioas.meanwhile();
	if (nr == IOMMUFD_NR_IOAS_MAP)
		errno = fake_map(cmd);
	else if (nr == IOMMUFD_NR_IOAS_UNMAP)
		errno = fake_unmap();
	return errno ? -1 : 0;
}

struct fake_space {
	struct iommufd_ctx *ctx;
	struct iommufd_ioas *ioas;
};

static struct fake_space fake_space(void)
{
	struct fake_space space;

	OK(iommufd_ctx_open("/dev/null", &space.ctx));
	OK(iommufd_ioas_adopt(space.ctx, FAKE_IOAS, 0, &space.ioas));
	return space;
}

static void fake_space_end(struct fake_space *space)
{
	iommufd_ioas_release(space->ioas);
	iommufd_ctx_close(space->ctx);
}

#endif /* TESTS_FAKEIOAS_H */
