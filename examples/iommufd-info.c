/* SPDX-License-Identifier: MIT */
/*
 * iommufd-info: what a program finds on this machine: /dev/iommu, its commands,
 * the limit of locked memory, and the devices that are ready for it.
 *
 * Give it PCI addresses or UUIDs of mdevs, or nothing to see every device that
 * has a VFIO driver. It changes nothing.
 */
#include <dirent.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <iommufd/util/util.h>

#define UUID_LENGTH 36
#define MAX_WINDOWS 32

#define CLASS_DIR "/sys/class/vfio-dev"

static const struct {
	uint32_t nr;
	const char *name;
} commands[] = {
	{ IOMMUFD_NR_DESTROY, "destroy" },
	{ IOMMUFD_NR_IOAS_ALLOC, "ioas_alloc" },
	{ IOMMUFD_NR_IOAS_ALLOW_IOVAS, "ioas_allow_iovas" },
	{ IOMMUFD_NR_IOAS_COPY, "ioas_copy" },
	{ IOMMUFD_NR_IOAS_IOVA_RANGES, "ioas_iova_ranges" },
	{ IOMMUFD_NR_IOAS_MAP, "ioas_map" },
	{ IOMMUFD_NR_IOAS_UNMAP, "ioas_unmap" },
	{ IOMMUFD_NR_OPTION, "option" },
	{ IOMMUFD_NR_VFIO_IOAS, "vfio_ioas" },
	{ IOMMUFD_NR_HWPT_ALLOC, "hwpt_alloc" },
	{ IOMMUFD_NR_GET_HW_INFO, "get_hw_info" },
	{ IOMMUFD_NR_HWPT_SET_DIRTY_TRACKING, "hwpt_set_dirty_tracking" },
	{ IOMMUFD_NR_HWPT_GET_DIRTY_BITMAP, "hwpt_get_dirty_bitmap" },
	{ IOMMUFD_NR_HWPT_INVALIDATE, "hwpt_invalidate" },
	{ IOMMUFD_NR_FAULT_QUEUE_ALLOC, "fault_queue_alloc" },
	{ IOMMUFD_NR_IOAS_MAP_FILE, "ioas_map_file" },
	{ IOMMUFD_NR_VIOMMU_ALLOC, "viommu_alloc" },
	{ IOMMUFD_NR_VDEVICE_ALLOC, "vdevice_alloc" },
	{ IOMMUFD_NR_IOAS_CHANGE_PROCESS, "ioas_change_process" },
	{ IOMMUFD_NR_VEVENTQ_ALLOC, "veventq_alloc" },
	{ IOMMUFD_NR_HW_QUEUE_ALLOC, "hw_queue_alloc" },
	{ IOMMUFD_NR_IOAS_NOIOMMU_GET_PA, "ioas_noiommu_get_pa" },
};

#define NUM_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int complain(const char *what, struct iommufd_ctx *ctx, int ret)
{
	char text[512];

	iommufd_explain(ret, ctx, text, sizeof(text));
	printf("%-14s%s (%s)\n", what, text,
	       iommufd_cause_name(iommufd_cause(ret)));
	return 1;
}

/* Features are found by trying them, never by the kernel's version. */
static void show_commands(struct iommufd_ctx *ctx)
{
	size_t there = 0;

	for (size_t i = 0; i < NUM_COMMANDS; i++)
		if (!iommufd_ctx_probe(ctx, commands[i].nr))
			there++;
	printf("commands      %zu of the %zu that this library knows\n", there,
	       NUM_COMMANDS);
	for (size_t i = 0; i < NUM_COMMANDS; i++)
		if (iommufd_ctx_probe(ctx, commands[i].nr))
			printf("  missing     %s\n", commands[i].name);
	for (uint32_t nr = commands[NUM_COMMANDS - 1].nr + 1; nr < 0xa0; nr++)
		if (!iommufd_ctx_probe(ctx, nr))
			printf("  newer       0x%" PRIx32 "\n", nr);
}

static void show_limit(struct iommufd_ctx *ctx)
{
	struct rlimit limit;
	uint32_t mode;

	if (iommufd_ctx_rlimit_mode_get(ctx, &mode) ||
	    getrlimit(RLIMIT_MEMLOCK, &limit))
		return;
	printf("locked memory ");
	if (limit.rlim_cur == RLIM_INFINITY)
		printf("no limit");
	else
		printf("%ju KiB (RLIMIT_MEMLOCK; none with CAP_IPC_LOCK)",
		       (uintmax_t)limit.rlim_cur >> 10);
	printf(", counted for the %s\n",
	       mode == IOMMUFD_RLIMIT_MODE_PROCESS ? "process" : "user");
}

static int show_machine(void)
{
	struct iommufd_ctx *ctx;
	int ret = iommufd_ctx_open(NULL, &ctx);

	if (ret)
		return complain("/dev/iommu", NULL, ret);
	/* A 32-bit process can open it, but not use it. */
	ret = iommufd_ctx_probe(ctx, IOMMUFD_NR_IOAS_ALLOC);
	if (ret) {
		complain("/dev/iommu", ctx, ret);
	} else {
		printf("/dev/iommu    is usable\n");
		show_commands(ctx);
		show_limit(ctx);
	}
	iommufd_ctx_close(ctx);
	return ret != 0;
}

/* Where nothing may be mapped, known before the device is even opened. */
static void show_windows(const struct iommufd_node_info *info)
{
	struct iommufd_reserved_info windows[MAX_WINDOWS];
	uint32_t count = MAX_WINDOWS;
	int ret = iommufd_find_reserved(info, windows, &count);

	if (ret && !iommufd_is(ret, IOMMUFD_CAUSE_ARRAY_SHORT))
		return;
	for (uint32_t i = 0; i < count && i < MAX_WINDOWS; i++)
		printf("  reserved    0x%012" PRIx64 " to 0x%012" PRIx64
		       ", %s\n",
		       windows[i].start, windows[i].last,
		       iommufd_reserved_name(windows[i].type));
	if (count > MAX_WINDOWS)
		printf("  reserved    %" PRIu32 " more\n", count - MAX_WINDOWS);
}

static int show_device(const char *name)
{
	struct iommufd_node_info info = { .size = sizeof(info) };
	int ret;

	if (strlen(name) == UUID_LENGTH)
		ret = iommufd_find_mdev(name, NULL, &info);
	else
		ret = iommufd_find_pci(name, NULL, &info);

	printf("\n%s\n", name);
	/* What is known of a device is told also when it has no VFIO driver. */
	if (info.valid & IOMMUFD_NODE_VALID_DRIVER)
		printf("  driver      %s\n", info.driver);
	if (info.flags & IOMMUFD_NODE_NOIOMMU)
		printf("  group       none: the device is behind no IOMMU\n");
	else if (info.valid & IOMMUFD_NODE_VALID_GROUP)
		printf("  group       %" PRIu32 "\n", info.group);
	if (ret)
		complain("  not usable", NULL, ret);
	else
		printf("  node        %s\n", info.node);
	if (info.valid & IOMMUFD_NODE_VALID_GROUP)
		show_windows(&info);
	return ret != 0;
}

/* The devices that have a VFIO driver, as their directories in sysfs. */
static int show_all(void)
{
	struct dirent **entries;
	int count = scandir(CLASS_DIR, &entries, NULL, alphasort);
	int trouble = 0;

	if (count < 0) {
		printf("\nno device has a VFIO driver\n");
		return 0;
	}
	for (int i = 0; i < count; i++) {
		char link[sizeof(CLASS_DIR) + sizeof(entries[i]->d_name) + 8];
		char *device = NULL;

		snprintf(link, sizeof(link), CLASS_DIR "/%s/device",
			 entries[i]->d_name);
		if (entries[i]->d_name[0] != '.')
			device = realpath(link, NULL);
		if (device)
			trouble += show_device(strrchr(device, '/') + 1);
		free(device);
		free(entries[i]);
	}
	free(entries);
	return trouble;
}

int main(int argc, char **argv)
{
	int trouble;

	if (argc > 1 && argv[1][0] == '-') {
		bool asked = !strcmp(argv[1], "--help");

		fprintf(asked ? stdout : stderr,
			"usage: iommufd-info [PCI-ADDRESS|UUID]...\n"
			"Without one: every device that has a VFIO driver.\n");
		return asked ? 0 : 2;
	}
	trouble = show_machine();
	if (argc < 2)
		trouble += show_all();
	for (int i = 1; i < argc; i++)
		trouble += show_device(argv[i]);
	return trouble ? 1 : 0;
}
