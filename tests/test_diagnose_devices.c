/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "devices.h"
#include "diagnosis.h"
#include "fixture.h"
#include "harness.h"

/* Of the old way: _IO(';', 104) and _IO(';', 106). */
#define GROUP_SET_CONTAINER 0x3b68
#define GROUP_GET_DEVICE    0x3b6a

#define MSI_FIRST UINT64_C(0xfee00000)
#define MSI_LAST  UINT64_C(0xfeefffff)

static struct fixture f;

static void use_context(void)
{
	fixture_ioas(&f);
}

static void diagnose(int ret, uint32_t flags)
{
	diagnose_in(f.ctx, ret, flags);
}

START_TEST(bound_by_us)
{
	struct iommufd_vfio *second = device_open("IOMMUFD_VM_EDU");
	char words[64];

	f.device = device_new("IOMMUFD_VM_EDU", f.ctx);
	diagnose(iommufd_vfio_bind(second, f.ctx, NULL), 0);
	check_cause(IOMMUFD_CAUSE_ALREADY_BOUND);
	snprintf(words, sizeof(words), "file descriptor %d",
		 iommufd_vfio_fd(iommufd_device_vfio(f.device)));
	check_says(words);
	check_says("Cannot bind device 0000:00:09.0");
	iommufd_vfio_close(second);
}
END_TEST

/* The descriptor that was to be bound is closed again by then. */
START_TEST(opened_in_one_step)
{
	struct iommufd_device *second = NULL;
	char text[512];
	int ret;

	f.device = device_new("IOMMUFD_VM_EDU", f.ctx);
	ret = iommufd_open_pci(f.ctx, "00:09.0", NULL, &second);
	diagnose(ret, 0);
	check_cause(IOMMUFD_CAUSE_ALREADY_BOUND);
	OK(iommufd_explain(ret, f.ctx, text, sizeof(text)));
	ck_assert_str_eq(text, d.text);
	check_says("Cannot bind device 0000:00:09.0: this process has bound "
		   "it already");
}
END_TEST

/* A child that has the device bound until it is killed. */
static pid_t bind_in_child(void)
{
	int ready[2];
	char byte;
	pid_t pid;

	ck_assert_int_eq(pipe(ready), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (!pid) {
		device_bind("IOMMUFD_VM_EDU", harness_ctx());
		ck_assert_int_eq(write(ready[1], "x", 1), 1);
		pause();
		_exit(0);
	}
	close(ready[1]);
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

START_TEST(bound_by_another)
{
	pid_t pid = bind_in_child();
	struct iommufd_vfio *file = device_open("IOMMUFD_VM_EDU");
	char words[64];

	diagnose(iommufd_vfio_bind(file, f.ctx, NULL), 0);
	check_candidates(IOMMUFD_CAUSE_BIND_REFUSED,
			 IOMMUFD_CAUSE_ALREADY_BOUND,
			 IOMMUFD_CAUSE_NOT_COHERENT);
	snprintf(words, sizeof(words), "process %d has the device open", pid);
	check_says(words);
	iommufd_vfio_close(file);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}
END_TEST

START_TEST(group_owned_elsewhere)
{
	struct iommufd_ctx *other = harness_ctx();
	struct iommufd_vfio *file = device_open("IOMMUFD_VM_EDU_B");
	struct iommufd_device *device = device_new("IOMMUFD_VM_EDU_A", other);

	diagnose(iommufd_vfio_bind(file, f.ctx, NULL), 0);
	check_cause(IOMMUFD_CAUSE_GROUP_OWNED_ELSEWHERE);
	ck_assert(d.valid & IOMMUFD_DIAGNOSIS_GROUP);
	ck_assert_uint_eq(d.group, device_node("IOMMUFD_VM_EDU_A").group);
	iommufd_device_close(device);
	iommufd_vfio_close(file);
	iommufd_ctx_close(other);
}
END_TEST

static int open_group(const char *variable)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/dev/vfio/%u",
		 device_node(variable).group);
	fd = open(path, O_RDWR | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	return fd;
}

START_TEST(group_is_open)
{
	struct iommufd_vfio *file = device_open("IOMMUFD_VM_EDU");
	int group = open_group("IOMMUFD_VM_EDU");

	diagnose(iommufd_vfio_bind(file, f.ctx, NULL), 0);
	check_cause(IOMMUFD_CAUSE_OPENED_AS_GROUP);
	check_says("this process itself");
	close(group);
	OK(iommufd_vfio_bind(file, f.ctx, NULL));
	iommufd_vfio_close(file);
}
END_TEST

START_TEST(descriptor_of_a_group)
{
	int group = open_group("IOMMUFD_VM_EDU");
	int ctx_fd = iommufd_ctx_fd(f.ctx), fd;
	struct iommufd_vfio *file = NULL;

	ck_assert_int_eq(ioctl(group, GROUP_SET_CONTAINER, &ctx_fd), 0);
	fd = ioctl(group, GROUP_GET_DEVICE, harness_env("IOMMUFD_VM_EDU"));
	ck_assert_int_ge(fd, 0);
	OK(iommufd_vfio_adopt(fd, IOMMUFD_ADOPT_TAKE_FD, &file));
	diagnose(iommufd_vfio_bind(file, f.ctx, NULL), 0);
	check_cause(IOMMUFD_CAUSE_GROUP_FILE);
	iommufd_vfio_close(file);
	close(group);
}
END_TEST

/* ENODEV of an export: a region that cannot, or a device that goes away. */
START_TEST(export_refused)
{
	const struct iommufd_extent part = extent(0, PAGE);
	struct iommufd_vfio *file = device_bind("IOMMUFD_VM_IVSHMEM", f.ctx);
	struct iommufd_failure failure = {
		.size = sizeof(failure),
		.op = IOMMUFD_OP_VFIO_EXPORT_DMA_BUF,
		.ret = iommufd_make_error(IOMMUFD_CAUSE_BAD_INDEX, ENODEV),
		.fd = iommufd_vfio_fd(file),
		.object_id = iommufd_vfio_id(file),
		.memory_fd = -1,
		.arg = IOMMUFD_REGION_PCI_BAR2,
	};
	int fd = -1,
	    ret = iommufd_vfio_export_dma_buf(file, IOMMUFD_REGION_PCI_CONFIG,
					      &part, O_RDWR, &fd);

	/* Before 6.19 nothing is exported at all. */
	if (strcmp(harness_kernel(), "lts")) {
		diagnose(ret, 0);
		check_cause(IOMMUFD_CAUSE_BAD_INDEX);
		check_says("no memory that can be mapped");
	} else {
		FAILS(ret, DEVICE_FEATURE, ENOTTY);
	}
	diagnose(iommufd_failure_set(&failure), 0);
	check_cause(IOMMUFD_CAUSE_BAD_INDEX);
	check_says("going away");
	iommufd_vfio_close(file);
}
END_TEST

START_TEST(reserved_window)
{
	uint64_t iova = MSI_FIRST - 2 * PAGE;

	f.device = device_new("IOMMUFD_VM_EDU", f.ctx);
	OK(iommufd_device_attach(f.device, iommufd_ioas_id(f.ioas), NULL));
	diagnose(iommufd_ioas_map(f.ioas, harness_memory(4 * PAGE), 4 * PAGE,
				  FIXED, &iova),
		 0);
	check_cause(IOMMUFD_CAUSE_RESERVED);
	check_range_is(MSI_FIRST, MSI_LAST);
	check_says("the MSI window 0xfee00000-0xfeefffff of device "
		   "0000:00:09.0");
	iova = UINT64_C(1) << 60;
	diagnose(iommufd_ioas_map(f.ioas, harness_memory(PAGE), PAGE, FIXED,
				  &iova),
		 0);
	check_cause(IOMMUFD_CAUSE_OUTSIDE_APERTURE);
}
END_TEST

static int attach(uint32_t id)
{
	return iommufd_device_attach(f.device, id, NULL);
}

START_TEST(window_is_mapped)
{
	struct iommufd_hwpt *hwpt;

	f.device = device_new("IOMMUFD_VM_EDU", f.ctx);
	map_at(f.ioas, harness_memory(PAGE), PAGE, MSI_FIRST + 17 * PAGE);
	diagnose(attach(iommufd_ioas_id(f.ioas)), SCRATCH);
	check_cause(IOMMUFD_CAUSE_RESERVED_IN_USE);
	check_range_is(MSI_FIRST + 17 * PAGE, MSI_FIRST + 18 * PAGE - 1);
	check_says("the MSI window 0xfee00000-0xfeefffff");
	diagnose(attach(iommufd_ioas_id(f.ioas)), 0);
	check_candidates(IOMMUFD_CAUSE_ATTACH_CONFLICT,
			 IOMMUFD_CAUSE_RESERVED_IN_USE,
			 IOMMUFD_CAUSE_OUTSIDE_PAGE_TABLE);
	check_says("either something is mapped or allowed");
	/* A page table that could be made is not what is in the way. */
	hwpt = new_hwpt(f.device, f.ioas);
	diagnose(attach(iommufd_hwpt_id(hwpt)), 0);
	check_cause(IOMMUFD_CAUSE_RESERVED_IN_USE);
	check_says("something is mapped or allowed");
	OK(iommufd_hwpt_destroy(hwpt));
}
END_TEST

START_TEST(mapping_is_beyond_the_page_table)
{
	uint64_t far = UINT64_C(1) << 60;

	f.device = device_new("IOMMUFD_VM_EDU", f.ctx);
	map_at(f.ioas, harness_memory(PAGE), PAGE, far);
	diagnose(attach(iommufd_ioas_id(f.ioas)), SCRATCH);
	check_cause(IOMMUFD_CAUSE_OUTSIDE_PAGE_TABLE);
	check_range_is(far, far + PAGE - 1);
	diagnose(attach(iommufd_ioas_id(f.ioas)), 0);
	check_candidates(IOMMUFD_CAUSE_ATTACH_CONFLICT,
			 IOMMUFD_CAUSE_RESERVED_IN_USE,
			 IOMMUFD_CAUSE_OUTSIDE_PAGE_TABLE);
}
END_TEST

START_TEST(group_is_attached_elsewhere)
{
	struct iommufd_device *a = device_new("IOMMUFD_VM_EDU_A", f.ctx);
	struct iommufd_device *b = device_new("IOMMUFD_VM_EDU_B", f.ctx);
	struct iommufd_hwpt *first = new_hwpt(a, f.ioas);
	struct iommufd_hwpt *second = new_hwpt(a, f.ioas);

	OK(iommufd_device_attach(a, iommufd_hwpt_id(first), NULL));
	diagnose(iommufd_device_attach(b, iommufd_hwpt_id(second), NULL), 0);
	check_candidates(IOMMUFD_CAUSE_ATTACH_REFUSED,
			 IOMMUFD_CAUSE_GROUP_ATTACHED_ELSEWHERE,
			 IOMMUFD_CAUSE_PAGE_TABLE_MISMATCH);
	ck_assert(d.valid & IOMMUFD_DIAGNOSIS_GROUP);
	check_says("the other device of its IOMMU group");
	iommufd_device_close(b);
	iommufd_device_close(a);
	OK(iommufd_hwpt_destroy(second));
	OK(iommufd_hwpt_destroy(first));
}
END_TEST

/* The registers of a device are no memory that can be pinned. */
START_TEST(device_memory)
{
	struct iommufd_region_info bar = { .size = sizeof(bar) };
	struct iommufd_vfio *file = device_bind("IOMMUFD_VM_EDU", f.ctx);
	unsigned char *memory;
	uint64_t iova = MIB;

	OK(iommufd_device_from_vfio(file, &f.device));
	OK(iommufd_device_attach(f.device, iommufd_ioas_id(f.ioas), NULL));
	OK(iommufd_vfio_get_region_info(file, 0, &bar, NULL, NULL));
	device_enable(file);
	memory = mmap(NULL, bar.length, PROT_READ | PROT_WRITE, MAP_SHARED,
		      iommufd_vfio_fd(file), (off_t)bar.offset);
	ck_assert_ptr_ne(memory, MAP_FAILED);
	diagnose(
		iommufd_ioas_map(f.ioas, memory + PAGE, 2 * PAGE, FIXED, &iova),
		0);
	check_cause(IOMMUFD_CAUSE_DEVICE_MEMORY);
	check_range_is((uintptr_t)memory + PAGE,
		       (uintptr_t)memory + 3 * PAGE - 1);
	check_says("dma-buf");
	iommufd_vfio_close(file);
}
END_TEST

static const TTest **const vtd_tests[] = {
	&bound_by_us,
	&bound_by_another,
	&group_owned_elsewhere,
	&group_is_open,
	&descriptor_of_a_group,
	&export_refused,
	&reserved_window,
	&window_is_mapped,
	&group_is_attached_elsewhere,
	&device_memory,
	&mapping_is_beyond_the_page_table,
	&opened_in_one_step,
	NULL,
};

START_TEST(interrupts_are_not_isolated)
{
	struct iommufd_vfio *file = device_open("IOMMUFD_VM_EDU");

	diagnose(iommufd_vfio_bind(file, f.ctx, NULL), 0);
	check_cause(IOMMUFD_CAUSE_INTERRUPTS_NOT_ISOLATED);
	check_says("interrupt remapping");
	iommufd_vfio_close(file);
}
END_TEST

START_TEST(one_step_without_isolation)
{
	struct iommufd_device *device = NULL;

	diagnose(iommufd_open_pci(f.ctx, harness_env("IOMMUFD_VM_EDU"), NULL,
				  &device),
		 0);
	check_cause(IOMMUFD_CAUSE_INTERRUPTS_NOT_ISOLATED);
	check_says(harness_env("IOMMUFD_VM_EDU"));
}
END_TEST

static const TTest **const strict_tests[] = { &interrupts_are_not_isolated,
					      &one_step_without_isolation,
					      NULL };

/* In scenarios without isolated interrupts nothing can be bound. */
int main(void)
{
	const char *scenario = getenv("IOMMUFD_VM_SCENARIO");
	struct harness_case cases[] = {
		{ .name = "bound", .setup = use_context, .tests = vtd_tests },
	};

	if (scenario && strcmp(scenario, "vtd"))
		cases[0].tests = strict_tests;
	return harness_run("diagnose_devices", cases, 1);
}
