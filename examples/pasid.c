/* SPDX-License-Identifier: MIT */
/*
 * pasid: several address spaces on one device. What the device does for one
 * process it marks with that one's PASID, and the IOMMU looks it up in that
 * one's address space.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "pasid.h"

/* PASIDs are numbers of ours and begin with 1; 0 stands for the device itself. */
#define SPACES 4
static struct space spaces[SPACES] = {
	{ .owner = "the host" },
	{ .owner = "alice" },
	{ .owner = "bob" },
	{ .owner = "carol" },
};

static struct iommufd_ctx *ctx;
static struct iommufd_device *device;
static uint32_t width; /* bits of a PASID */
static int real;

static void check(const char *what, int ret)
{
	char why[512];

	if (!ret)
		return;
	iommufd_explain(ret, ctx, why, sizeof(why));
	fprintf(stderr, "pasid: %s: %s\n", what, why);
	exit(1);
}

static void new_ioas(struct space *space)
{
	const uint32_t access = IOMMUFD_MAP_READABLE | IOMMUFD_MAP_WRITEABLE |
				IOMMUFD_MAP_FIXED_IOVA;
	uint64_t iova = IOVA;

	space->memory = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (space->memory == MAP_FAILED) {
		perror("pasid: memory");
		exit(1);
	}
	check("address space", iommufd_ioas_alloc(ctx, 0, &space->ioas));
	check("map", iommufd_ioas_map(space->ioas, space->memory, LENGTH,
				      access, &iova));
}

/*
 * Page tables for PASIDs are made, not found: an address space alone will not
 * do, and the flag cannot be added later. The device's own page table needs it
 * too, or no PASID can be attached.
 */
static void new_table(struct space *space, uint32_t flags)
{
	const struct iommufd_hwpt_alloc_opts opts = { .size = sizeof(opts),
						      .flags = flags };

	check("page table",
	      iommufd_hwpt_alloc(device, iommufd_ioas_id(space->ioas), &opts,
				 &space->table));
}

/* The kernel accepts PASIDs of a device that has none. So ask, and tell it. */
static void find_width(void)
{
	struct iommufd_hw_info info = { .size = sizeof(info) };

	check("hardware information",
	      iommufd_device_get_hw_info(device, IOMMUFD_HW_INFO_DEFAULT, NULL,
					 0, &info));
	width = info.max_pasid_log2;
	printf("the device has PASIDs of %" PRIu32 " bits\n", width);
}

static void attach(uint32_t pasid)
{
	const struct iommufd_device_pasid_opts opts = {
		.size = sizeof(opts),
		.flags = IOMMUFD_PASID_WIDTH_VALID,
		.pasid = pasid,
		.max_pasid_log2 = width,
	};
	uint32_t table = iommufd_hwpt_id(spaces[pasid].table);

	if (pasid)
		check("attach a PASID",
		      iommufd_device_attach_pasid(device, &opts, table, NULL));
	else
		check("attach", iommufd_device_attach(device, table, NULL));
}

/*
 * Move a PASID to the page table of another space, while the device works. When
 * that is refused the old one is in force, as the result tells.
 */
static int move(uint32_t pasid, const struct space *from,
		const struct space *to)
{
	struct iommufd_replacement replacement = {
		.size = sizeof(replacement),
		.flags = IOMMUFD_PASID_WIDTH_VALID,
		.device = device,
		.pasid = pasid,
		.max_pasid_log2 = width,
		.page_table = iommufd_hwpt_id(to->table),
		.old_page_table = iommufd_hwpt_id(from->table),
		.old_flags = IOMMUFD_HWPT_PASID,
	};
	int ret = iommufd_replace(&replacement);
	char why[512];

	if (!ret)
		return 1;
	iommufd_explain(ret, ctx, why, sizeof(why));
	printf("refused: %s\n", why);
	if (replacement.state == IOMMUFD_REPLACE_RESTORED)
		printf("PASID %" PRIu32 " is where it was\n", pasid);
	return 0;
}

/* Of a real device only its own driver can make accesses with a PASID. */
static void show(uint32_t pasid)
{
	for (int i = 0; i < SPACES && !real; i++)
		if (mock_finds(device, pasid, &spaces[i]))
			printf("PASID %" PRIu32 "  0x%" PRIx64
			       " is memory of %s\n",
			       pasid, IOVA, spaces[i].owner);
}

static void show_all(const char *title)
{
	printf("\n%s\n", title);
	for (uint32_t pasid = 0; pasid < SPACES; pasid++)
		show(pasid);
}

static void begin(const char *address)
{
	real = address != NULL;
	check("open", iommufd_ctx_open(NULL, &ctx));
	for (int i = 0; i < SPACES; i++)
		new_ioas(&spaces[i]);
	if (real)
		check(address, iommufd_open_pci(ctx, address, NULL, &device));
	else
		check("mock device",
		      mock_open(ctx, iommufd_ioas_id(spaces[0].ioas), &device));
	find_width();
	for (uint32_t i = 0; i < SPACES; i++) {
		new_table(&spaces[i], IOMMUFD_HWPT_PASID);
		attach(i);
	}
}

/* Closing the device would detach its PASIDs too. */
static void end(void)
{
	for (uint32_t pasid = 1; pasid < SPACES; pasid++)
		check("detach a PASID",
		      iommufd_device_detach_pasid(device, pasid));
	iommufd_device_close(device);
	for (int i = 0; i < SPACES; i++) {
		check("page table", iommufd_hwpt_destroy(spaces[i].table));
		check("address space", iommufd_ioas_destroy(spaces[i].ioas));
		munmap(spaces[i].memory, LENGTH);
	}
	iommufd_ctx_close(ctx);
}

int main(int argc, char **argv)
{
	const struct space *alice = &spaces[1], *carol = &spaces[3];
	struct space plain;

	if (argc > 2) {
		fprintf(stderr, "usage: pasid [PCI-ADDRESS]\n");
		return 2;
	}
	begin(argc > 1 ? argv[1] : NULL);
	show_all("one IOVA, four address spaces");

	if (!move(3, carol, alice))
		return 1;
	show_all("carol's PASID moved to alice's memory");

	plain = *carol;
	new_table(&plain, 0);
	printf("\nback, to a page table that is not for PASIDs\n");
	if (move(3, alice, &plain))
		return 1;
	check("page table", iommufd_hwpt_destroy(plain.table));
	if (!move(3, alice, carol))
		return 1;
	show_all("back, to the one that is");

	end();
	return 0;
}
