/* SPDX-License-Identifier: MIT */
/* What can be missing on a machine. */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "fakemachine.h"
#include "harness.h"

START_TEST(no_sysfs)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	fake_opts.sysfs = fake_path("nothing");
	FAILS(iommufd_find_pci(ADDRESS, &fake_opts, &fake_info), NO_SYSFS,
	      ENOENT);
	fake_dir("empty");
	fake_opts.sysfs = fake_path("empty");
	FAILS(iommufd_find_pci(ADDRESS, &fake_opts, &fake_info), NO_SYSFS,
	      ENOENT);
	FAILS(iommufd_find_mdev(UUID, &fake_opts, &fake_info), NO_SYSFS,
	      ENOENT);
	FAILS(iommufd_find_fd(fd, &fake_opts, &fake_info), NO_SYSFS, ENOENT);
}
END_TEST

START_TEST(no_such_device)
{
	FAILS(iommufd_find_pci("0000:00:03.0", &fake_opts, &fake_info),
	      NO_SUCH_DEVICE, ENOENT);
	FAILS(iommufd_find_mdev("00000000-509f-382f-3c1e-e6bfe0fa1001",
				&fake_opts, &fake_info),
	      NO_SUCH_DEVICE, ENOENT);
}
END_TEST

/* What is known of a device that is not handed over yet. */
START_TEST(driver_in_the_way)
{
	uint32_t count = 5;
	struct iommufd_reserved_info list[5];

	fake_remove(DEVICE "/vfio-dev/vfio7/dev");
	fake_remove(DEVICE "/vfio-dev/vfio7/device");
	fake_remove(DEVICE "/vfio-dev/vfio7/subsystem");
	fake_remove(DEVICE "/vfio-dev/vfio7");
	fake_remove(DEVICE "/vfio-dev");
	FAILS(iommufd_find_pci(ADDRESS, &fake_opts, &fake_info), NO_VFIO_DRIVER,
	      ENOENT);
	ck_assert_uint_eq(fake_info.valid,
			  IOMMUFD_NODE_VALID_GROUP | IOMMUFD_NODE_VALID_DRIVER);
	ck_assert_str_eq(fake_info.driver, "vfio-pci");
	ck_assert_str_eq(fake_info.node, "");
	OK(iommufd_find_reserved(&fake_info, list, &count));
	ck_assert_uint_eq(count, 5);
}
END_TEST

START_TEST(no_vfio_driver)
{
	fake_dir("sys/devices/pci0000:00/0000:00:04.0");
	fake_link("sys/bus/pci/devices/0000:00:04.0",
		  "../../../devices/pci0000:00/0000:00:04.0");
	FAILS(iommufd_find_pci("00:04.0", &fake_opts, &fake_info),
	      NO_VFIO_DRIVER, ENOENT);
	/* The device is going away just now. */
	fake_dir("sys/devices/pci0000:00/0000:00:04.0/vfio-dev");
	FAILS(iommufd_find_pci("00:04.0", &fake_opts, &fake_info),
	      NO_VFIO_DRIVER, ENOENT);
}
END_TEST

/* The folder is there also when the kernel makes no device files. */
START_TEST(no_device_nodes)
{
	fake_remove(DEVICE "/vfio-dev/vfio7/dev");
	FAILS(iommufd_find_pci(ADDRESS, &fake_opts, &fake_info),
	      NO_DEVICE_NODES, ENOENT);
}
END_TEST

START_TEST(node_missing)
{
	fake_remove("dev/vfio/devices/vfio7");
	FAILS(iommufd_find_pci(ADDRESS, &fake_opts, &fake_info), NODE_MISSING,
	      ENOENT);
	fake_remove("dev/vfio/devices");
	fake_remove("dev/vfio");
	FAILS(iommufd_find_pci(ADDRESS, &fake_opts, &fake_info), NODE_MISSING,
	      ENOENT);
}
END_TEST

START_TEST(node_is_another)
{
	fake_remove("dev/vfio/devices/vfio7");
	fake_node("dev/vfio/devices/vfio7", makedev(1, 5));
	FAILS(iommufd_find_pci(ADDRESS, &fake_opts, &fake_info),
	      NODE_IS_ANOTHER, ENOENT);
	fake_remove("dev/vfio/devices/vfio7");
	fake_file("dev/vfio/devices/vfio7", "");
	FAILS(iommufd_find_pci(ADDRESS, &fake_opts, &fake_info),
	      NODE_IS_ANOTHER, ENOENT);
}
END_TEST

START_TEST(node_not_permitted)
{
	ck_assert_int_eq(chmod(fake_path("."), 0755), 0);
	ck_assert_int_eq(chmod(fake_path("dev/vfio"), 0), 0);
	ck_assert_int_eq(seteuid(65534), 0);
	FAILS(iommufd_find_pci(ADDRESS, &fake_opts, &fake_info), NOT_PERMITTED,
	      EACCES);
	/* A leak checker can look at the process only as root. */
	ck_assert_int_eq(seteuid(0), 0);
}
END_TEST

START_TEST(attribute_is_garbage)
{
	static const char *const texts[] = {
		"",
		"1",
		"1:",
		":3",
		"1:3:4",
		"1:-3",
		" 1:3",
		"1:3 4",
		"99999999999:3",
		"0000000000000000000000000000000001:3",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		int ret;

		fake_file(DEVICE "/vfio-dev/vfio7/dev", texts[i]);
		ret = iommufd_find_pci(ADDRESS, &fake_opts, &fake_info);
		ck_assert_msg(ret < 0, "\"%s\" is taken", texts[i]);
	}
}
END_TEST

START_TEST(descriptors_of_other_kinds)
{
	int file = open(fake_path(DEVICE "/vfio-dev/vfio7/dev"),
			O_RDONLY | O_CLOEXEC);
	int zero = open("/dev/zero", O_RDWR | O_CLOEXEC);

	FAILS(iommufd_find_fd(-1, &fake_opts, &fake_info), BAD_FD, EBADF);
	FAILS(iommufd_find_fd(file, &fake_opts, &fake_info), NOT_VFIO_DEVICE,
	      EINVAL);
	FAILS(iommufd_find_fd(zero, &fake_opts, &fake_info), NOT_VFIO_DEVICE,
	      ENOENT);
	fake_file("sys/devices/mem/zero/dev", "1:5\n");
	fake_dir("sys/class/mem");
	fake_link("sys/devices/mem/zero/subsystem", "../../../class/mem");
	fake_link("sys/dev/char/1:5", "../../devices/mem/zero");
	FAILS(iommufd_find_fd(zero, &fake_opts, &fake_info), NOT_VFIO_DEVICE,
	      EINVAL);
}
END_TEST

static const TTest **const lost_tests[] = {
	&no_sysfs,
	&no_such_device,
	&driver_in_the_way,
	&no_vfio_driver,
	&no_device_nodes,
	&node_missing,
	&node_is_another,
	&node_not_permitted,
	&attribute_is_garbage,
	&descriptors_of_other_kinds,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "lost", .setup = fake_machine, .tests = lost_tests },
	};

	return harness_run("discovery_lost", cases, 1);
}
