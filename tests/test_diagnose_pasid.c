/* SPDX-License-Identifier: MIT */
/* PASIDs and page requests that a device, a page table or a kernel has not. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "diagnosis.h"
#include "fakemachine.h"
#include "fixture.h"
#include "harness.h"

static struct fixture f;
static struct iommufd_hwpt *with; /* the flag */
static struct iommufd_device *device;

static void diagnose(int ret, uint32_t flags)
{
	diagnose_in(f.ctx, ret, flags);
}

static int attach(uint32_t pasid, uint32_t page_table)
{
	const struct iommufd_device_pasid_opts opts = { .size = sizeof(opts),
							.pasid = pasid };

	return iommufd_device_attach_pasid(device, &opts, page_table, NULL);
}

/* A mock device with PASIDs on a page table for them; 1 if there are such. */
static int has_pasids(void)
{
	fixture_device(&f);
	if (!harness_has(f.ctx, IOMMUFD_NR_VEVENTQ_ALLOC)) {
		device = f.device;
		diagnose(attach(5, f.hwpt_id), 0);
		check_cause(IOMMUFD_CAUSE_FEATURE);
		check_says("either the driver of VFIO cannot attach PASIDs");
		check_says("or the driver of its IOMMU cannot");
		fixture_end(&f);
		return 0;
	}
	OK(iommufd_hwpt_alloc(f.device, iommufd_ioas_id(f.ioas),
			      HWPT_FLAGS(IOMMUFD_HWPT_PASID), &with));
	OK(iommufd_mock_device_new(f.ctx, iommufd_hwpt_id(with),
				   IOMMUFD_MOCK_DEVICE_PASID, NULL, &device));
	return 1;
}

static void end(void)
{
	iommufd_device_close(device);
	OK(iommufd_hwpt_destroy(with));
	fixture_end(&f);
}

/* EINVAL: the page table, the address space, the PASID. */
START_TEST(refused)
{
	if (!has_pasids())
		return;
	diagnose(attach(5, f.hwpt_id), 0);
	check_candidates(IOMMUFD_CAUSE_PASID_REFUSED,
			 IOMMUFD_CAUSE_PASID_FLAG_MISSING,
			 IOMMUFD_CAUSE_PAGE_TABLE_MISMATCH);
	check_says("was not made with IOMMUFD_HWPT_PASID");
	check_says("can do 20 bits");
	diagnose(attach(5, iommufd_ioas_id(f.ioas)), 0);
	check_cause(IOMMUFD_CAUSE_PASID_ON_IOAS);
	check_says("is an address space, but a PASID takes a page table");
	check_other_reason();
	diagnose(attach(0x123456, iommufd_hwpt_id(with)), 0);
	check_cause(IOMMUFD_CAUSE_PASID_TOO_LARGE);
	check_says("PASIDs of 20 bits, below 0x100000");
	check_other_reason();
	diagnose(attach(5, iommufd_device_id(device)), 0);
	check_cause(IOMMUFD_CAUSE_NOT_A_PAGE_TABLE);
	check_says("is a device, not a page table");
	check_other_reason();
	diagnose_in(NULL, attach(5, f.hwpt_id), 0);
	ck_assert_uint_eq(d.num_candidates, 6);
	end();
}
END_TEST

/* ENOENT; and a device that has none, where nothing comes of it. */
START_TEST(missing)
{
	struct iommufd_device *second = device;
	struct iommufd_hwpt *plain = NULL;

	if (!has_pasids())
		return;
	diagnose(attach(5, UNUSED_ID), 0);
	check_cause(IOMMUFD_CAUSE_OBJECT);
	OK(iommufd_hwpt_alloc(f.device, iommufd_ioas_id(f.ioas), NULL, &plain));
	second = device;
	device = f.device;
	diagnose(attach(5, iommufd_hwpt_id(plain)), 0);
	check_candidates(IOMMUFD_CAUSE_PASID_REFUSED,
			 IOMMUFD_CAUSE_PASID_FLAG_MISSING,
			 IOMMUFD_CAUSE_PAGE_TABLE_MISMATCH);
	check_says("the device has no PASIDs");
	device = second;
	OK(iommufd_hwpt_destroy(plain));
	end();
}
END_TEST

/* EINVAL of the device itself: what the kernel makes has no flag for PASIDs. */
START_TEST(address_space_beside_a_pasid)
{
	int ret;

	if (!has_pasids())
		return;
	OK(attach(5, iommufd_hwpt_id(with)));
	ret = iommufd_device_attach(device, iommufd_ioas_id(f.ioas), NULL);
	FAILS(ret, ATTACH_REFUSED, EINVAL);
	diagnose(ret, 0);
	ck_assert_uint_eq(d.cause, IOMMUFD_CAUSE_ATTACH_REFUSED);
	ck_assert_uint_eq(d.num_candidates, 4);
	ck_assert_uint_eq(d.candidates[1], IOMMUFD_CAUSE_PASID_FLAG_MISSING);
	check_says("is an address space; either a PASID is attached");
	OK(iommufd_device_detach_pasid(device, 5));
	OK(iommufd_device_attach(device, iommufd_ioas_id(f.ioas), NULL));
	OK(iommufd_device_attach(device, iommufd_hwpt_id(with), NULL));
	end();
}
END_TEST

/* A device alone in its group and without PASIDs, refused by its driver. */
START_TEST(address_space_without_pasids)
{
	struct iommufd_failure failure = {
		.size = sizeof(failure),
		.op = IOMMUFD_OP_DEVICE_ATTACH,
		.ret = iommufd_make_error(IOMMUFD_CAUSE_ATTACH_REFUSED, EINVAL),
		.memory_fd = -1,
	};

	fixture_device(&f);
	failure.object_id = iommufd_device_id(f.device);
	failure.other_id = iommufd_ioas_id(f.ioas);
	failure.fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	fake_machine();
	diagnose_opts =
		(struct iommufd_diagnose_opts){ .size = sizeof(diagnose_opts),
						.sysfs = fake_opts.sysfs,
						.dev = fake_opts.dev };
	fake_dir(GROUP "/devices/" ADDRESS);
	diagnose(iommufd_failure_set(&failure), 0);
	check_candidates(IOMMUFD_CAUSE_ATTACH_REFUSED,
			 IOMMUFD_CAUSE_PAGE_TABLE_MISMATCH,
			 IOMMUFD_CAUSE_EARLIER_FILE);
	check_says("is an address space; either a file that was mapped");
	check_says("the driver does not take");
	/* Of a page table it is the page table. */
	failure.other_id = f.hwpt_id;
	diagnose(iommufd_failure_set(&failure), 0);
	check_cause(IOMMUFD_CAUSE_PAGE_TABLE_MISMATCH);
	check_says("is a paging page table; it does not go with this device");
	check_other_reason();
	close(failure.fd);
	fixture_end(&f);
}
END_TEST

/* What the driver or the kernel has against all of them. */
START_TEST(none_at_all)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	fake_machine();
	diagnose_opts =
		(struct iommufd_diagnose_opts){ .size = sizeof(diagnose_opts),
						.sysfs = fake_opts.sysfs,
						.dev = fake_opts.dev };
	diagnose_in(NULL,
		    made_up(IOMMUFD_OP_VFIO_PROBE_PASID, IOMMUFD_CAUSE_FEATURE,
			    EOPNOTSUPP, fd),
		    0);
	check_cause(IOMMUFD_CAUSE_FEATURE);
	check_says("the driver vfio-pci cannot attach PASIDs");
	diagnose_in(NULL,
		    made_up(IOMMUFD_OP_DEVICE_DETACH_PASID,
			    IOMMUFD_CAUSE_FEATURE, EINVAL, fd),
		    0);
	check_cause(IOMMUFD_CAUSE_FEATURE);
	check_says("came with Linux 6.15");
	/* Features of other calls have the general words. */
	diagnose_in(NULL,
		    made_up(IOMMUFD_OP_HWPT_ALLOC, IOMMUFD_CAUSE_FEATURE,
			    EOPNOTSUPP, fd),
		    0);
	check_says("does not support this flag");
	close(fd);
}
END_TEST

static const TTest **const pasids[] = { &refused,
					&missing,
					&address_space_beside_a_pasid,
					&address_space_without_pasids,
					&none_at_all,
					NULL };

/* ---- page requests ---------------------------------------------------------- */

/* A configuration space with these extended capabilities, by turns. */
static void make_config(const uint16_t *ids, unsigned int count)
{
	unsigned char config[4096] = { 0 };
	int fd = open(fake_path(DEVICE "/config"),
		      O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	unsigned int at = 0x100;

	for (unsigned int i = 0; i < count; i++) {
		unsigned int next = i + 1 < count ? at + 0x40 : 0;

		config[at] = (unsigned char)ids[i];
		config[at + 1] = (unsigned char)(ids[i] >> 8);
		config[at + 2] = (unsigned char)(next << 4 | 1);
		config[at + 3] = (unsigned char)(next >> 4);
		at = next;
	}
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, config, sizeof(config)), sizeof(config));
	close(fd);
}

static void no_requests(int fd)
{
	diagnose_in(NULL,
		    made_up(IOMMUFD_OP_DEVICE_ATTACH,
			    IOMMUFD_CAUSE_ATTACH_UNSUPPORTED, ENODEV, fd),
		    0);
	check_candidates(IOMMUFD_CAUSE_ATTACH_UNSUPPORTED,
			 IOMMUFD_CAUSE_NO_PAGE_REQUESTS,
			 IOMMUFD_CAUSE_NEST_PARENT_WIDTH);
	check_says("either page table");
	check_says("or it is a guest's on a VT-d");
}

/* ENODEV: the device, or what is behind it. */
START_TEST(by_configuration)
{
	const uint16_t without[] = { 0x0001, 0x000f, 0x001b };
	const uint16_t pri[] = { 0x0001, 0x000f, 0x0013, 0x001b };
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	fake_machine();
	diagnose_opts =
		(struct iommufd_diagnose_opts){ .size = sizeof(diagnose_opts),
						.sysfs = fake_opts.sysfs,
						.dev = fake_opts.dev };
	no_requests(fd);
	check_says("the device, its IOMMU or the kernel");
	make_config(without, 3);
	no_requests(fd);
	check_says("the device has no page requests (PRI)");
	check_other_reason();
	make_config(pri, 4);
	no_requests(fd);
	check_says("PRI, at 0x180 of its configuration space");
	check_other_reason();
	/* A device without extended capabilities, and one file that is short. */
	make_config(NULL, 0);
	no_requests(fd);
	check_says("the device has no page requests (PRI)");
	fake_file(DEVICE "/config", "as much as those see that may not");
	no_requests(fd);
	check_says("the device, its IOMMU or the kernel");
	close(fd);
}
END_TEST

static const TTest **const requests[] = { &by_configuration, NULL };

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "pasids", .tests = pasids },
		{ .name = "requests", .tests = requests },
	};

	return harness_run("diagnose_pasid", cases, 2);
}
