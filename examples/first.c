/* SPDX-License-Identifier: MIT */
/* first: lets a device work on some of our memory, and ends that again. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <iommufd/util/util.h>

static struct iommufd_ctx *ctx;
static _Alignas(65536) char memory[65536];

static void check(const char *what, int ret)
{
	char why[512];

	if (!ret)
		return;
	iommufd_explain(ret, ctx, why, sizeof(why));
	fprintf(stderr, "%s: %s\n", what, why);
	exit(1);
}

int main(int argc, char **argv)
{
	const char *address = argc > 1 ? argv[1] : "0000:00:08.0";
	const uint32_t access = IOMMUFD_MAP_READABLE | IOMMUFD_MAP_WRITEABLE;
	struct iommufd_ioas *ioas;
	struct iommufd_device *device;
	uint64_t iova, length = sizeof(memory);

	check("open", iommufd_ctx_open(NULL, &ctx));
	check("ioas", iommufd_ioas_alloc(ctx, 0, &ioas));
	check("bind", iommufd_open_pci(ctx, address, NULL, &device));
	check("attach",
	      iommufd_device_attach(device, iommufd_ioas_id(ioas), NULL));
	check("map", iommufd_ioas_map(ioas, memory, length, access, &iova));

	printf("%s finds our memory at 0x%" PRIx64 "\n", address, iova);

	check("unmap", iommufd_ioas_unmap(ioas, &length, iova));
	iommufd_device_close(device);
	check("destroy", iommufd_ioas_destroy(ioas));
	iommufd_ctx_close(ctx);
	return 0;
}
