/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "diagnosis.h"
#include "faketree.h"
#include "fixture.h"
#include "harness.h"

static struct fixture f;

static void use_device(void)
{
	fixture_device(&f);
}

static void diagnose(int ret, uint32_t flags)
{
	diagnose_in(f.ctx, ret, flags);
}

static int alloc(uint32_t parent, uint32_t flags,
		 const struct iommufd_hwpt_alloc_opts *with)
{
	struct iommufd_hwpt *hwpt = NULL;

	return iommufd_hwpt_alloc(f.device, parent, flags, with, &hwpt);
}

START_TEST(parent_is_wrong)
{
	struct iommufd_mock_hwpt_data data = { 0 };
	struct iommufd_hwpt_alloc_opts with = {
		.size = sizeof(with),
		.data_type = IOMMUFD_MOCK_HWPT_DATA,
		.data_len = sizeof(data.iotlb),
		.data = &data,
	};

	diagnose(alloc(UNUSED_ID, 0, NULL), 0);
	check_cause(IOMMUFD_CAUSE_NOT_A_PAGE_TABLE);
	check_says("there is no object");
	diagnose(alloc(iommufd_device_id(f.device), 0, NULL), 0);
	check_cause(IOMMUFD_CAUSE_NOT_A_PAGE_TABLE);
	check_says("is a device");
	diagnose(alloc(f.hwpt_id, 0, &with), 0);
	check_candidates(IOMMUFD_CAUSE_PAGE_TABLE_REFUSED,
			 IOMMUFD_CAUSE_NO_NEST_PARENT,
			 IOMMUFD_CAUSE_PAGE_TABLE_DATA);
}
END_TEST

START_TEST(fault_queue_is_missing)
{
	struct iommufd_hwpt_alloc_opts with = { .size = sizeof(with),
						.fault_id = UNUSED_ID };

	diagnose(alloc(iommufd_ioas_id(f.ioas), IOMMUFD_HWPT_FAULT_ID_VALID,
		       &with),
		 0);
	/* The mock driver of 6.12 has no page faults. */
	if (!strcmp(harness_kernel(), "lts")) {
		check_cause(IOMMUFD_CAUSE_FEATURE);
		return;
	}
	check_cause(IOMMUFD_CAUSE_OBJECT);
	check_says("the fault queue that is not");
}
END_TEST

START_TEST(mapping_outside_of_the_page_table)
{
	struct iommufd_ioas *ioas = NULL;
	uint64_t far = UINT64_C(0x100000000);

	OK(iommufd_ioas_alloc(f.ctx, 0, &ioas));
	map_at(ioas, harness_memory(2 * PAGE), 2 * PAGE, 0);
	diagnose(alloc(iommufd_ioas_id(ioas), 0, NULL), SCRATCH);
	check_cause(IOMMUFD_CAUSE_OUTSIDE_PAGE_TABLE);
	check_range_is(0, 2 * PAGE - 1);
	ck_assert_uint_eq(d.alignment, MOCK_PAGE);
	check_says("0x1000000-0x7fffffff");
	unmap_at(ioas, 2 * PAGE, 0);
	map_at(ioas, harness_memory(PAGE), PAGE, far);
	diagnose(alloc(iommufd_ioas_id(ioas), 0, NULL), SCRATCH);
	check_cause(IOMMUFD_CAUSE_OUTSIDE_PAGE_TABLE);
	check_range_is(far, far + PAGE - 1);
	unmap_at(ioas, PAGE, far);
	map_at(ioas, harness_memory(PAGE), PAGE, far + 1234 * PAGE);
	diagnose(alloc(iommufd_ioas_id(ioas), 0, NULL), SCRATCH);
	check_cause(IOMMUFD_CAUSE_OUTSIDE_PAGE_TABLE);
	check_says("some mapping");
	diagnose(alloc(iommufd_ioas_id(ioas), 0, NULL), 0);
	check_cause(IOMMUFD_CAUSE_OUTSIDE_PAGE_TABLE);
}
END_TEST

START_TEST(attach_refused)
{
	struct iommufd_device *device = NULL;
	struct iommufd_hwpt *dirty = NULL;

	OK(iommufd_mock_device_new(f.ctx, iommufd_ioas_id(f.ioas),
				   IOMMUFD_MOCK_DEVICE_NO_DIRTY, NULL,
				   &device));
	OK(iommufd_hwpt_alloc(f.device, iommufd_ioas_id(f.ioas),
			      IOMMUFD_HWPT_DIRTY_TRACKING, NULL, &dirty));
	diagnose(iommufd_device_attach(device, iommufd_hwpt_id(dirty), NULL),
		 0);
	check_candidates(IOMMUFD_CAUSE_ATTACH_REFUSED,
			 IOMMUFD_CAUSE_GROUP_ATTACHED_ELSEWHERE,
			 IOMMUFD_CAUSE_PAGE_TABLE_MISMATCH);
	diagnose(iommufd_device_attach(device, iommufd_device_id(f.device),
				       NULL),
		 0);
	check_cause(IOMMUFD_CAUSE_NOT_A_PAGE_TABLE);
	diagnose(iommufd_device_attach(device, UNUSED_ID, NULL), 0);
	check_cause(IOMMUFD_CAUSE_PAGE_TABLE);
	check_says("no object");
}
END_TEST

START_TEST(busy_objects)
{
	int ret;

	ret = iommufd_ctx_destroy_id(f.ctx, iommufd_ioas_id(f.ioas));
	diagnose(ret, 0);
	check_cause(IOMMUFD_CAUSE_IN_USE);
	check_says("an address space");
	diagnose(iommufd_ctx_destroy_id(f.ctx, f.hwpt_id), 0);
	check_says("a page table");
	diagnose(iommufd_ctx_destroy_id(f.ctx, iommufd_device_id(f.device)), 0);
	check_says("a bound device");
}
END_TEST

START_TEST(command_is_missing)
{
	diagnose(iommufd_ctx_probe(f.ctx, 0x9f), 0);
	check_cause(IOMMUFD_CAUSE_COMMAND);
	check_says("0x9f");
	diagnose(made_up(IOMMUFD_OP_IOAS_MAP_FILE, IOMMUFD_CAUSE_COMMAND,
			 ENOTTY, -1),
		 0);
	check_says("Linux 6.13");
	iommufd_ctx_close(f.ctx);
	OK(iommufd_ctx_open("/dev/null", &f.ctx));
	made_up(IOMMUFD_OP_CTX_PROBE, IOMMUFD_CAUSE_COMMAND, ENOTTY, -1);
	d.size = sizeof(d);
	{
		struct iommufd_failure failure = harness_failure(
			iommufd_make_error(IOMMUFD_CAUSE_COMMAND, ENOTTY));

		OK(iommufd_diagnose(&failure, f.ctx, 0, NULL, &d));
	}
	check_says("a file of another kind");
}
END_TEST

static const TTest **const object_tests[] = {
	&parent_is_wrong,
	&fault_queue_is_missing,
	&mapping_outside_of_the_page_table,
	&attach_refused,
	&busy_objects,
	&command_is_missing,
	NULL,
};

/* ---- opening and binding, on machines made up ------------------------------ */

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
	char path[256];

	snprintf(path, sizeof(path), "%s", fake_path("none"));
	diagnose_opts.name = path;
	diagnose(iommufd_ctx_open(diagnose_opts.name, &ctx), 0);
	check_cause(IOMMUFD_CAUSE_NO_IOMMUFD);
	check_says("modprobe");
	check_says(diagnose_opts.name);
	fake_dir("sys/module/iommufd");
	diagnose(iommufd_ctx_open(diagnose_opts.name, &ctx), 0);
	check_cause(IOMMUFD_CAUSE_NO_IOMMUFD);
	check_says("offers no device");
	fake_dir("sys/class/misc/iommu");
	diagnose(iommufd_ctx_open(diagnose_opts.name, &ctx), 0);
	check_cause(IOMMUFD_CAUSE_NODE_MISSING);
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
	check_says("left over");
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

START_TEST(sibling_is_elsewhere)
{
	int fd = make_group("pci-stub");

	diagnose(made_up(IOMMUFD_OP_VFIO_BIND, IOMMUFD_CAUSE_GROUP_NOT_VIABLE,
			 EPERM, fd),
		 0);
	check_cause(IOMMUFD_CAUSE_GROUP_OWNED_ELSEWHERE);
	check_says("2 devices");
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
	&device_not_found,   &no_iommufd,
	&no_device_file,     &open_denied,
	&sibling_has_driver, &sibling_is_elsewhere,
	&group_busy,	     NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "objects",
		  .setup = use_device,
		  .tests = object_tests },
		{ .name = "fake", .setup = use_fake, .tests = fake_tests },
	};

	return harness_run("diagnose_objects", cases, 2);
}
