/* SPDX-License-Identifier: MIT */
/* Opening and binding, on machines made up. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "diagnosis.h"
#include "faketree.h"
#include "harness.h"

static void diagnose(int ret, uint32_t flags)
{
	diagnose_in(NULL, ret, flags);
}

static void use_fake(void)
{
	static char sysfs[256];

	fake_new();
	fake_dir("sys/bus");
	snprintf(sysfs, sizeof(sysfs), "%s", fake_path("sys"));
	diagnose_opts =
		(struct iommufd_diagnose_opts){ .size = sizeof(diagnose_opts),
						.sysfs = sysfs };
}

START_TEST(no_iommufd)
{
	struct iommufd_ctx *ctx = NULL;
	char path[256], dev[256];

	snprintf(path, sizeof(path), "%s", fake_path("none"));
	snprintf(dev, sizeof(dev), "%s", fake_path("dev"));
	diagnose_opts.name = path;
	diagnose_opts.dev = dev;
	diagnose(iommufd_ctx_open(diagnose_opts.name, &ctx), 0);
	check_cause(IOMMUFD_CAUSE_NO_IOMMUFD);
	check_says("modprobe");
	check_says(diagnose_opts.name);
	/* Nobody says which path it was. */
	diagnose_opts.name = NULL;
	diagnose(iommufd_ctx_open(path, &ctx), 0);
	check_cause(IOMMUFD_CAUSE_NO_IOMMUFD);
	check_says("Cannot open the device file that was named: unless the "
		   "path is wrong, ");
	fake_dir("dev");
	fake_file("dev/iommu", "");
	diagnose(iommufd_ctx_open(path, &ctx), 0);
	check_cause(IOMMUFD_CAUSE_NO_IOMMUFD);
	check_says("the path is wrong, or");
	ck_assert_int_eq(unlink(fake_path("dev/iommu")), 0);
	diagnose_opts.name = path;
	fake_dir("sys/module/iommufd");
	diagnose(iommufd_ctx_open(diagnose_opts.name, &ctx), 0);
	check_cause(IOMMUFD_CAUSE_NO_IOMMUFD);
	check_says("offers no device");
	fake_dir("sys/class/misc/iommu");
	diagnose(iommufd_ctx_open(diagnose_opts.name, &ctx), 0);
	check_cause(IOMMUFD_CAUSE_NODE_MISSING);
	fake_file("dev/iommu", "");
	diagnose(iommufd_ctx_open(diagnose_opts.name, &ctx), 0);
	check_cause(IOMMUFD_CAUSE_NO_IOMMUFD);
	check_says("the path is wrong");
}
END_TEST

START_TEST(no_device_file)
{
	struct iommufd_vfio *file = NULL;

	char path[256];

	snprintf(path, sizeof(path), "%s", fake_path("vfio/devices/vfio0"));
	diagnose_opts.name = fake_path("vfio/12");
	diagnose(iommufd_vfio_open(diagnose_opts.name, &file), 0);
	check_cause(IOMMUFD_CAUSE_NO_DEVICE_FILE);
	check_says("VFIO group");
	diagnose_opts.name = path;
	diagnose(iommufd_vfio_open(diagnose_opts.name, &file), 0);
	check_cause(IOMMUFD_CAUSE_NO_VFIO_DRIVER);
	fake_dir("sys/class/vfio-dev/vfio1");
	diagnose(iommufd_vfio_open(diagnose_opts.name, &file), 0);
	check_cause(IOMMUFD_CAUSE_NO_DEVICE_FILE);
	check_says("no VFIO device of this name");
	fake_dir("sys/class/vfio-dev/vfio0");
	diagnose(iommufd_vfio_open(diagnose_opts.name, &file), 0);
	check_cause(IOMMUFD_CAUSE_NODE_MISSING);
	fake_node("vfio/devices/vfio0", makedev(511, 99));
	diagnose(iommufd_vfio_open(diagnose_opts.name, &file), 0);
	check_cause(IOMMUFD_CAUSE_NO_DEVICE_FILE);
	check_says("left over from another one, or the device is just going");
}
END_TEST

START_TEST(open_denied)
{
	struct iommufd_ctx *ctx = NULL;
	char ids[64];

	ck_assert_int_eq(chmod(fake_path("."), 0755), 0);
	fake_file("iommu", "");
	ck_assert_int_eq(chmod(fake_path("iommu"), 0640), 0);
	diagnose_opts.name = fake_path("iommu");
	ck_assert_int_eq(seteuid(65534), 0);
	diagnose(iommufd_ctx_open(diagnose_opts.name, &ctx), 0);
	check_cause(IOMMUFD_CAUSE_OPEN_DENIED);
	snprintf(ids, sizeof(ids), "user %u, group %u with mode 0640", getuid(),
		 getgid());
	check_says(ids);
	check_says("as user 65534");
	/* A leak checker can look at the process only as root. */
	ck_assert_int_eq(seteuid(0), 0);
}
END_TEST

/* Two devices of one group; the first one is that of /dev/null. */
static int make_group(const char *driver_of_second)
{
	char link[128];

	fake_file("sys/devices/a/vfio-dev/vfio0/dev", "1:3\n");
	fake_link("sys/devices/a/vfio-dev/vfio0/device", "../../../a");
	fake_link("sys/devices/a/vfio-dev/vfio0/subsystem",
		  "../../../../class/vfio-dev");
	fake_link("sys/devices/a/driver", "../../bus/pci/drivers/vfio-pci");
	fake_link("sys/devices/a/iommu_group", "../../kernel/iommu_groups/7");
	fake_dir("sys/class/vfio-dev");
	fake_dir("sys/devices/b");
	if (driver_of_second) {
		snprintf(link, sizeof(link), "../../bus/pci/drivers/%s",
			 driver_of_second);
		fake_link("sys/devices/b/driver", link);
	}
	fake_link("sys/dev/char/1:3", "../../devices/a/vfio-dev/vfio0");
	fake_link("sys/kernel/iommu_groups/7/devices/a",
		  "../../../../devices/a");
	fake_link("sys/kernel/iommu_groups/7/devices/b",
		  "../../../../devices/b");
	fake_file("sys/module/iommufd/parameters/allow_unsafe_interrupts",
		  "Y\n");
	return open("/dev/null", O_RDWR | O_CLOEXEC);
}

START_TEST(sibling_has_driver)
{
	int fd = make_group("nvme");

	diagnose(made_up(IOMMUFD_OP_VFIO_BIND, IOMMUFD_CAUSE_GROUP_NOT_VIABLE,
			 EPERM, fd),
		 0);
	check_cause(IOMMUFD_CAUSE_SIBLING_HAS_DRIVER);
	ck_assert(d.valid & IOMMUFD_DIAGNOSIS_GROUP);
	ck_assert_uint_eq(d.group, 7);
	check_says("device b");
	check_says("nvme");
}
END_TEST

/* ENODEV of bind: the machine has no IOMMU, or no device any more. */
START_TEST(no_iommu)
{
	int fd = make_group("pci-stub");

	diagnose(made_up(IOMMUFD_OP_VFIO_BIND, IOMMUFD_CAUSE_NO_IOMMU, ENODEV,
			 fd),
		 0);
	check_cause(IOMMUFD_CAUSE_NO_IOMMU);
	check_says("group 7 is there");
	fake_remove("sys/devices/a/iommu_group");
	diagnose(made_up(IOMMUFD_OP_VFIO_BIND, IOMMUFD_CAUSE_NO_IOMMU, ENODEV,
			 fd),
		 0);
	check_cause(IOMMUFD_CAUSE_NO_IOMMU);
	check_says("no IOMMU group");
	diagnose(made_up(IOMMUFD_OP_VFIO_BIND, IOMMUFD_CAUSE_NO_IOMMU, ENODEV,
			 -1),
		 0);
	check_says("or it is going away");
}
END_TEST

START_TEST(virtual_function)
{
	int fd = make_group("pci-stub");

	diagnose(made_up(IOMMUFD_OP_DEVICE_ATTACH, IOMMUFD_CAUSE_ATTACH_REFUSED,
			 EINVAL, fd),
		 0);
	ck_assert_ptr_null(strstr(d.text, "virtual function"));
	fake_link("sys/devices/a/physfn", "../b");
	diagnose(made_up(IOMMUFD_OP_DEVICE_ATTACH, IOMMUFD_CAUSE_ATTACH_REFUSED,
			 EINVAL, fd),
		 0);
	check_says("virtual function with page requests");
}
END_TEST

/* Attached PASIDs are one of the reasons on Arm only. */
START_TEST(attach_busy)
{
	diagnose(made_up(IOMMUFD_OP_DEVICE_ATTACH, IOMMUFD_CAUSE_DEVICE_BUSY,
			 EBUSY, -1),
		 0);
	check_cause(IOMMUFD_CAUSE_DEVICE_BUSY);
	check_says("PASIDs of it are attached");
	diagnose(made_up(IOMMUFD_OP_VFIO_RESET, IOMMUFD_CAUSE_DEVICE_BUSY,
			 EBUSY, -1),
		 0);
	check_cause(IOMMUFD_CAUSE_DEVICE_BUSY);
}
END_TEST

START_TEST(sibling_is_elsewhere)
{
	int fd = make_group("pci-stub");

	diagnose(made_up(IOMMUFD_OP_VFIO_BIND, IOMMUFD_CAUSE_GROUP_NOT_VIABLE,
			 EPERM, fd),
		 0);
	check_cause(IOMMUFD_CAUSE_GROUP_OWNED_ELSEWHERE);
	check_says("its interrupts are allowed to be unsafe");
	check_says("2 devices");
	/* Of one device alone, or of a group unknown, nothing is known. */
	fake_remove("sys/kernel/iommu_groups/7/devices/b");
	diagnose(made_up(IOMMUFD_OP_VFIO_BIND, IOMMUFD_CAUSE_GROUP_NOT_VIABLE,
			 EPERM, fd),
		 0);
	check_candidates(IOMMUFD_CAUSE_GROUP_NOT_VIABLE,
			 IOMMUFD_CAUSE_INTERRUPTS_NOT_ISOLATED,
			 IOMMUFD_CAUSE_GROUP_OWNED_ELSEWHERE);
	fake_remove("sys/devices/a/iommu_group");
	diagnose(made_up(IOMMUFD_OP_VFIO_BIND, IOMMUFD_CAUSE_GROUP_NOT_VIABLE,
			 EPERM, fd),
		 0);
	check_says("of its IOMMU group is bound");
}
END_TEST

START_TEST(token_refused)
{
	struct iommufd_failure failure;
	int fd;

	/* Unlike /dev/null it is not open elsewhere, nor can it be read. */
	make_group(NULL);
	fake_link("sys/dev/char/1:7", "../../devices/a/vfio-dev/vfio0");
	fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	failure = harness_failure(made_up(
		IOMMUFD_OP_VFIO_BIND, IOMMUFD_CAUSE_BIND_REFUSED, EINVAL, fd));
	diagnose(iommufd_failure_set(&failure), 0);
	check_candidates(IOMMUFD_CAUSE_BIND_REFUSED,
			 IOMMUFD_CAUSE_ALREADY_BOUND,
			 IOMMUFD_CAUSE_NOT_COHERENT);
	failure.flags = 1;
	diagnose(iommufd_failure_set(&failure), 0);
	ck_assert_uint_eq(d.num_candidates, 3);
	ck_assert_uint_eq(d.candidates[2], IOMMUFD_CAUSE_VF_TOKEN_NOT_TAKEN);
	check_says("takes no VF token");
	/* And where the device is not found. */
	failure.fd = -1;
	diagnose(iommufd_failure_set(&failure), 0);
	ck_assert_uint_eq(d.num_candidates, 4);
	failure.flags = 0;
	diagnose(iommufd_failure_set(&failure), 0);
	ck_assert_uint_eq(d.num_candidates, 3);
	ck_assert_uint_eq(d.candidates[2], IOMMUFD_CAUSE_NOT_COHERENT);
}
END_TEST

START_TEST(group_busy)
{
	int fd = make_group(NULL), zero;

	diagnose(made_up(IOMMUFD_OP_VFIO_BIND, IOMMUFD_CAUSE_GROUP_BUSY, EBUSY,
			 fd),
		 0);
	check_candidates(IOMMUFD_CAUSE_GROUP_BUSY,
			 IOMMUFD_CAUSE_OPENED_AS_GROUP, IOMMUFD_CAUSE_IN_USE);
	fake_file("sys/class/vfio/7/dev", "1:5\n");
	zero = open("/dev/zero", O_RDWR | O_CLOEXEC);
	diagnose(made_up(IOMMUFD_OP_VFIO_BIND, IOMMUFD_CAUSE_GROUP_BUSY, EBUSY,
			 fd),
		 0);
	check_cause(IOMMUFD_CAUSE_OPENED_AS_GROUP);
	check_says("this process itself");
	close(zero);
}
END_TEST

/* The address is in the record, so that the driver can be named. */
START_TEST(device_not_found)
{
	const struct iommufd_find_opts find = { .size = sizeof(find),
						.sysfs = diagnose_opts.sysfs,
						.dev = "/nowhere" };
	struct iommufd_node_info info = { .size = sizeof(info) };

	diagnose_opts.dev = find.dev;
	fake_link("sys/bus/pci/devices/0000:00:05.1", "../../../devices/e");
	diagnose(iommufd_find_pci("00:05.1", &find, &info), 0);
	check_cause(IOMMUFD_CAUSE_NO_SUCH_DEVICE);
	check_says("0000:00:05.1");
	check_says("lspci");
	diagnose_opts.name = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001";
	diagnose(iommufd_find_mdev(diagnose_opts.name, &find, &info), 0);
	check_cause(IOMMUFD_CAUSE_NO_SUCH_DEVICE);
	check_says("no emulated device of this UUID");
	diagnose_opts.name = NULL;
	fake_link("sys/devices/e/driver", "../../bus/pci/drivers/e1000e");
	diagnose(iommufd_find_pci("00:05.1", &find, &info), 0);
	check_cause(IOMMUFD_CAUSE_NO_VFIO_DRIVER);
	check_says("driver e1000e");
	fake_dir("sys/devices/e/vfio-dev/vfio3");
	diagnose(iommufd_find_pci("00:05.1", &find, &info), 0);
	check_cause(IOMMUFD_CAUSE_NO_DEVICE_NODES);
	check_says("CONFIG_VFIO_DEVICE_CDEV");
	fake_file("sys/devices/e/vfio-dev/vfio3/dev", "1:3\n");
	diagnose(iommufd_find_pci("00:05.1", &find, &info), 0);
	check_cause(IOMMUFD_CAUSE_NODE_MISSING);
	check_says("/nowhere/vfio/devices/vfio3");
}
END_TEST

static const TTest **const fake_tests[] = {
	&device_not_found, &no_iommufd,		&no_device_file,
	&open_denied,	   &sibling_has_driver, &sibling_is_elsewhere,
	&group_busy,	   &token_refused,	&no_iommu,
	&virtual_function, &attach_busy,	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "fake", .setup = use_fake, .tests = fake_tests },
	};

	return harness_run("diagnose_machine", cases, 1);
}
