/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <iommufd/util/util.h>

#include "fakemachine.h"
#include "harness.h"

static void check_found(void)
{
	ck_assert_uint_eq(fake_info.size, sizeof(fake_info));
	ck_assert_uint_eq(fake_info.valid,
			  IOMMUFD_NODE_VALID_GROUP | IOMMUFD_NODE_VALID_DRIVER);
	ck_assert_uint_eq(fake_info.flags, 0);
	ck_assert_uint_eq(fake_info.group, 5);
	ck_assert_uint_eq(fake_info.major, 1);
	ck_assert_uint_eq(fake_info.minor, 3);
	ck_assert_str_eq(fake_info.driver, "vfio-pci");
	ck_assert_str_eq(fake_info.node, fake_path("dev/vfio/devices/vfio7"));
	ck_assert_str_eq(fake_info.sysfs, fake_path(DEVICE));
}

START_TEST(pci_is_found)
{
	OK(iommufd_find_pci(ADDRESS, &fake_opts, &fake_info));
	check_found();
}
END_TEST

START_TEST(pci_address_may_be_short)
{
	OK(iommufd_find_pci("00:02.0", &fake_opts, &fake_info));
	check_found();
}
END_TEST

START_TEST(pci_address_may_be_upper_case)
{
	fake_link("sys/bus/pci/devices/10ab:cd:1f.7",
		  "../../../devices/pci0000:00/" ADDRESS);
	OK(iommufd_find_pci("10AB:CD:1F.7", &fake_opts, &fake_info));
	check_found();
}
END_TEST

START_TEST(mdev_is_found)
{
	OK(iommufd_find_mdev(UUID, &fake_opts, &fake_info));
	check_found();
	memset(&fake_info, 0, sizeof(fake_info));
	fake_info.size = sizeof(fake_info);
	OK(iommufd_find_mdev("83B8F4F2-509F-382F-3C1E-E6BFE0FA1001", &fake_opts,
			     &fake_info));
	check_found();
}
END_TEST

START_TEST(fd_is_found)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	OK(iommufd_find_fd(fd, &fake_opts, &fake_info));
	check_found();
	close(fd);
}
END_TEST

/* A name is never a path. */
START_TEST(bad_names)
{
	static const char *const pci[] = {
		"",
		"../../../../etc",
		"0000:00:02.0/../0000:00:02.0",
		"0000:00:02",
		"0000:00:02.8",
		"0000:00:20.0",
		"0000:00:02.0 ",
		"000:00:02.0",
		"000000000:00:02.0",
		"0000:0:02.0",
		"0000:00:02.00",
		"0000:00:0g.0",
		"0x00:00:02.0",
		"-000:00:02.0",
		":::::::",
	};
	static const char *const mdev[] = {
		"",
		"../../../../../../../../../../../tmp",
		"83b8f4f2-509f-382f-3c1e-e6bfe0fa100",
		"83b8f4f2-509f-382f-3c1e-e6bfe0fa10011",
		"83b8f4f2x509f-382f-3c1e-e6bfe0fa1001",
		"83b8f4g2-509f-382f-3c1e-e6bfe0fa1001",
	};

	for (size_t i = 0; i < sizeof(pci) / sizeof(pci[0]); i++)
		FAILS(iommufd_find_pci(pci[i], &fake_opts, &fake_info),
		      BAD_NAME, EINVAL);
	for (size_t i = 0; i < sizeof(mdev) / sizeof(mdev[0]); i++)
		FAILS(iommufd_find_mdev(mdev[i], &fake_opts, &fake_info),
		      BAD_NAME, EINVAL);
}
END_TEST

START_TEST(paths_have_a_limit)
{
	char dev[200];

	memset(dev, 'd', sizeof(dev));
	dev[0] = '/';
	dev[sizeof(dev) - 1] = '\0';
	fake_opts.dev = dev;
	FAILS(iommufd_find_pci(ADDRESS, &fake_opts, &fake_info), BAD_NAME,
	      ENAMETOOLONG);
}
END_TEST

/* Other files may lie beside the one that counts. */
START_TEST(other_names_are_passed_over)
{
	fake_dir(DEVICE "/vfio-dev/power");
	fake_dir(DEVICE "/vfio-dev/vfio");
	fake_dir(DEVICE "/vfio-dev/vfiox");
	OK(iommufd_find_pci(ADDRESS, &fake_opts, &fake_info));
	check_found();
}
END_TEST

START_TEST(without_iommu)
{
	fake_remove(DEVICE "/vfio-dev/vfio7/dev");
	fake_remove(DEVICE "/vfio-dev/vfio7/device");
	fake_remove(DEVICE "/vfio-dev/vfio7/subsystem");
	fake_remove(DEVICE "/vfio-dev/vfio7");
	fake_remove(DEVICE "/iommu_group");
	fake_file(DEVICE "/vfio-dev/noiommu-vfio7/dev", "1:3\n");
	fake_node("dev/vfio/devices/noiommu-vfio7", NUMBER);
	OK(iommufd_find_pci(ADDRESS, &fake_opts, &fake_info));
	ck_assert_uint_eq(fake_info.flags, IOMMUFD_NODE_NOIOMMU);
	ck_assert_uint_eq(fake_info.valid, IOMMUFD_NODE_VALID_DRIVER);
	ck_assert_str_eq(fake_info.node,
			 fake_path("dev/vfio/devices/noiommu-vfio7"));
}
END_TEST

START_TEST(found_is_opened)
{
	struct iommufd_vfio *file = NULL;

	OK(iommufd_find_pci(ADDRESS, &fake_opts, &fake_info));
	OK(iommufd_find_open(&fake_info, &file));
	ck_assert_int_ge(iommufd_vfio_fd(file), 0);
	iommufd_vfio_close(file);
}
END_TEST

/* The name has gone to another device between finding and opening. */
START_TEST(found_is_another_now)
{
	struct iommufd_vfio *file = NULL;
	int next;

	OK(iommufd_find_pci(ADDRESS, &fake_opts, &fake_info));
	next = dup(0);
	fake_remove("dev/vfio/devices/vfio7");
	fake_node("dev/vfio/devices/vfio7", makedev(1, 5));
	FAILS(iommufd_find_open(&fake_info, &file), NODE_IS_ANOTHER, ENOENT);
	ck_assert_ptr_null(file);
	fake_remove("dev/vfio/devices/vfio7");
	FAILS(iommufd_find_open(&fake_info, &file), NO_DEVICE_FILE, ENOENT);
	close(next);
	ck_assert_int_eq(dup(0), next);
}
END_TEST

/* Name and number are of one index, so that hot plug changes neither. */
START_TEST(found_has_new_owner)
{
	struct iommufd_vfio *file = NULL;
	int next;

	OK(iommufd_find_pci(ADDRESS, &fake_opts, &fake_info));
	next = dup(0);
	close(next);
	/* It has another number, no file at all, or is gone. */
	fake_file(DEVICE "/vfio-dev/vfio7/dev", "1:5\n");
	FAILS(iommufd_find_open(&fake_info, &file), NODE_IS_ANOTHER, ENOENT);
	fake_remove(DEVICE "/vfio-dev/vfio7/dev");
	FAILS(iommufd_find_open(&fake_info, &file), NODE_IS_ANOTHER, ENOENT);
	fake_remove(DEVICE "/vfio-dev/vfio7/device");
	fake_remove(DEVICE "/vfio-dev/vfio7/subsystem");
	fake_remove(DEVICE "/vfio-dev/vfio7");
	FAILS(iommufd_find_open(&fake_info, &file), NODE_IS_ANOTHER, ENOENT);
	strcpy(fake_info.sysfs, "nowhere");
	FAILS(iommufd_find_open(&fake_info, &file), NODE_IS_ANOTHER, ENOENT);
	ck_assert_ptr_null(file);
	ck_assert_int_eq(dup(0), next);
}
END_TEST

/* A sysfs that is mounted below a folder of this name. */
START_TEST(found_below_devices)
{
	struct iommufd_vfio *file = NULL;

	fake_dir("devices");
	ck_assert_int_eq(rename(fake_path("sys"), fake_path("devices/sys")), 0);
	fake_opts.sysfs = fake_path("devices/sys");
	OK(iommufd_find_pci(ADDRESS, &fake_opts, &fake_info));
	OK(iommufd_find_open(&fake_info, &file));
	iommufd_vfio_close(file);
}
END_TEST

START_TEST(all_windows)
{
	struct iommufd_reserved_info windows[5];
	uint32_t count = 5;

	OK(iommufd_find_pci(ADDRESS, &fake_opts, &fake_info));
	OK(iommufd_find_reserved(&fake_info, windows, &count));
	ck_assert_uint_eq(count, 5);
	ck_assert_uint_eq(windows[0].type, IOMMUFD_RESERVED_DIRECT);
	ck_assert_uint_eq(windows[1].type, IOMMUFD_RESERVED_MSI);
	ck_assert_uint_eq(windows[2].type, IOMMUFD_RESERVED_RESERVED);
	ck_assert_uint_eq(windows[3].type, IOMMUFD_RESERVED_DIRECT_RELAXABLE);
	ck_assert_uint_eq(windows[4].type, IOMMUFD_RESERVED_UNKNOWN);
	ck_assert_uint_eq(windows[1].start, 0xfee00000);
	ck_assert_uint_eq(windows[1].last, 0xfeefffff);
	ck_assert_uint_eq(windows[2].last, 0xffffffffff);
	ck_assert_uint_eq(windows[2].reserved, 0);
}
END_TEST

START_TEST(windows_do_not_fit)
{
	struct iommufd_reserved_info windows[2] = { { 0 } };
	uint32_t count = 1;

	OK(iommufd_find_pci(ADDRESS, &fake_opts, &fake_info));
	FAILS(iommufd_find_reserved(&fake_info, windows, &count), ARRAY_SHORT,
	      EMSGSIZE);
	ck_assert_uint_eq(count, 5);
	ck_assert_uint_eq(windows[0].start, 0xa0000);
	ck_assert_uint_eq(windows[1].start, 0);
	count = 0;
	FAILS(iommufd_find_reserved(&fake_info, NULL, &count), ARRAY_SHORT,
	      EMSGSIZE);
	ck_assert_uint_eq(count, 5);
}
END_TEST

START_TEST(windows_of_nothing)
{
	uint32_t count = 0;

	OK(iommufd_find_pci(ADDRESS, &fake_opts, &fake_info));
	fake_remove(DEVICE "/iommu_group");
	OK(iommufd_find_reserved(&fake_info, NULL, &count));
	ck_assert_uint_eq(count, 0);
	count = 3;
	FAILS(iommufd_find_reserved(&fake_info, NULL, &count), NULL_POINTER,
	      EINVAL);
	ck_assert_uint_eq(count, 3);
	count = 0;
	strcpy(fake_info.sysfs, fake_path("sys/devices/gone"));
	FAILS(iommufd_find_reserved(&fake_info, NULL, &count), NO_SUCH_DEVICE,
	      ENOENT);
}
END_TEST

START_TEST(null_pointers)
{
	struct iommufd_vfio *file = NULL;

	FAILS(iommufd_find_pci(NULL, &fake_opts, &fake_info), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_find_pci(ADDRESS, &fake_opts, NULL), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_find_mdev(NULL, &fake_opts, &fake_info), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_find_mdev(UUID, &fake_opts, NULL), NULL_POINTER, EINVAL);
	FAILS(iommufd_find_fd(0, &fake_opts, NULL), NULL_POINTER, EINVAL);
	FAILS(iommufd_find_open(NULL, &file), NULL_POINTER, EINVAL);
	FAILS(iommufd_find_open(&fake_info, NULL), NULL_POINTER, EINVAL);
	FAILS(iommufd_find_reserved(&fake_info, NULL, NULL), NULL_POINTER,
	      EINVAL);
}
END_TEST

START_TEST(text_without_end)
{
	struct iommufd_vfio *file = NULL;

	OK(iommufd_find_pci(ADDRESS, &fake_opts, &fake_info));
	memset(fake_info.node, '/', sizeof(fake_info.node));
	FAILS(iommufd_find_open(&fake_info, &file), BAD_NAME, EINVAL);
}
END_TEST

/* Structs of an older and of a newer program. */
START_TEST(sizes)
{
	struct {
		struct iommufd_find_opts known;
		unsigned char more[64];
	} longer = { .known = fake_opts };
	struct {
		struct iommufd_node_info known;
		unsigned char more[64];
	} out;

	longer.known.size = sizeof(longer);
	OK(iommufd_find_pci(ADDRESS, &longer.known, &fake_info));
	longer.more[63] = 1;
	FAILS(iommufd_find_pci(ADDRESS, &longer.known, &fake_info), OPTS_TAIL,
	      E2BIG);
	fake_opts.reserved = 1;
	FAILS(iommufd_find_pci(ADDRESS, &fake_opts, &fake_info), OPTS_RESERVED,
	      EINVAL);
	fake_opts.reserved = 0;
	fake_opts.size = 23;
	FAILS(iommufd_find_pci(ADDRESS, &fake_opts, &fake_info), OPTS_SIZE,
	      EINVAL);
	fake_opts.size = 4097;
	FAILS(iommufd_find_pci(ADDRESS, &fake_opts, &fake_info), OPTS_SIZE,
	      EINVAL);
	fake_opts.size = sizeof(fake_opts);
	memset(&out, 0xff, sizeof(out));
	out.known.size = sizeof(out);
	OK(iommufd_find_pci(ADDRESS, &fake_opts, &out.known));
	ck_assert_uint_eq(out.known.size, sizeof(out));
	for (size_t i = 0; i < sizeof(out.more); i++)
		ck_assert_uint_eq(out.more[i], 0);
	fake_info.size = 471;
	FAILS(iommufd_find_pci(ADDRESS, &fake_opts, &fake_info), OPTS_SIZE,
	      EINVAL);
	fake_info.size = 0;
	FAILS(iommufd_find_pci(ADDRESS, &fake_opts, &fake_info), OPTS_SIZE,
	      EINVAL);
}
END_TEST

START_TEST(failures_leave_the_output_alone)
{
	struct iommufd_node_info before;

	memset(&fake_info, 0xee, sizeof(fake_info));
	fake_info.size = sizeof(fake_info);
	before = fake_info;
	FAILS(iommufd_find_pci("0000:00:03.0", &fake_opts, &fake_info),
	      NO_SUCH_DEVICE, ENOENT);
	ck_assert_mem_eq(&fake_info, &before, sizeof(fake_info));
	ck_assert_uint_eq(
		harness_failure(iommufd_find_pci("0000:00:03.0", &fake_opts,
						 &fake_info))
			.op,
		IOMMUFD_OP_FIND);
}
END_TEST

static const TTest **const found_tests[] = {
	&pci_is_found,
	&pci_address_may_be_short,
	&pci_address_may_be_upper_case,
	&mdev_is_found,
	&fd_is_found,
	&other_names_are_passed_over,
	&without_iommu,
	&found_is_opened,
	&found_is_another_now,
	&found_has_new_owner,
	&found_below_devices,
	&all_windows,
	&windows_do_not_fit,
	&windows_of_nothing,
	NULL,
};

static const TTest **const input_tests[] = {
	&bad_names,	&paths_have_a_limit,
	&null_pointers, &text_without_end,
	&sizes,		&failures_leave_the_output_alone,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "found",
		  .setup = fake_machine,
		  .tests = found_tests },
		{ .name = "input",
		  .setup = fake_machine,
		  .tests = input_tests },
	};

	return harness_run("discovery", cases, 2);
}
