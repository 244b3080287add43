/* SPDX-License-Identifier: MIT */
/* Failures on machines and kernels that the test bed has not. */
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>

#include "diagnosis.h"
#include "fixture.h"
#include "harness.h"
#include "uapi.h"

/* The objects of the kernel below, whose IOMMU is a VT-d. */
enum {
	IOAS = 1, /* has a nest parent */
	NESTED = 5,
	OTHER = 6, /* nothing tells what */
	DEVICE = 7,
	NEW = 9,
};

static struct {
	int has_queues; /* Linux 6.17 */
	int attach_err;
} kernel;

static int iova_ranges(struct uapi_ioas_iova_ranges *cmd)
{
	struct uapi_iova_range *range = (void *)(uintptr_t)cmd->allowed_iovas;
	const uint32_t room = cmd->num_iovas;

	if (cmd->ioas_id != IOAS)
		return ENOENT;
	cmd->num_iovas = 1;
	cmd->out_iova_alignment = PAGE;
	if (!room)
		return EMSGSIZE;
	range->start = 0;
	range->last = (UINT64_C(1) << 48) - 1;
	return 0;
}

static int get_hw_info(struct uapi_get_hw_info *cmd)
{
	cmd->data_type = IOMMUFD_HW_INFO_INTEL_VTD;
	return cmd->dev_id == DEVICE ? 0 : ENOENT;
}

static int invalidate(struct uapi_hwpt_invalidate *cmd)
{
	const uint32_t count = cmd->entry_num;

	cmd->entry_num = 0;
	if (cmd->hwpt_id != NESTED && cmd->hwpt_id != OTHER)
		return ENOENT;
	return cmd->hwpt_id == NESTED && !count &&
			       cmd->data_type == IOMMUFD_INVALIDATE_VTD_S1
		       ? 0
		       : EINVAL;
}

static int answer(uint32_t nr, void *cmd)
{
	switch (nr) {
	case IOMMUFD_NR_IOAS_ALLOC:
		((struct uapi_ioas_alloc *)cmd)->out_ioas_id = NEW;
		return 0;
	case IOMMUFD_NR_DESTROY:
		return 0;
	case IOMMUFD_NR_IOAS_IOVA_RANGES:
		return iova_ranges(cmd);
	case IOMMUFD_NR_IOAS_MAP_FILE:
		return ((struct uapi_ioas_map_file *)cmd)->flags &
				       IOMMUFD_MAP_WRITEABLE
			       ? 0
			       : EINVAL;
	case IOMMUFD_NR_GET_HW_INFO:
		return get_hw_info(cmd);
	case IOMMUFD_NR_HWPT_GET_DIRTY_BITMAP:
		return ENOENT;
	case IOMMUFD_NR_HWPT_INVALIDATE:
		return invalidate(cmd);
	case IOMMUFD_NR_VIOMMU_ALLOC:
		return EINVAL;
	case IOMMUFD_NR_HW_QUEUE_ALLOC:
		return kernel.has_queues ? ENOENT : ENOTTY;
	case UAPI_VFIO_ATTACH:
		return kernel.attach_err;
	default:
		return ENOTTY;
	}
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *cmd;

	(void)fd;
	va_start(args, request);
	cmd = va_arg(args, void *);
	va_end(args);
	errno = answer(request & 0xff, cmd);
	return errno ? -1 : 0;
}

static struct fixture f;

static void setup(void)
{
	struct iommufd_vfio *file = NULL;
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	OK(iommufd_ctx_open("/dev/null", &f.ctx));
	OK(iommufd_ioas_adopt(f.ctx, IOAS, 0, &f.ioas));
	OK(iommufd_vfio_adopt_bound(f.ctx, DEVICE, fd, IOMMUFD_ADOPT_TAKE_FD,
				    &file));
	OK(iommufd_device_from_vfio(file, &f.device));
	iommufd_vfio_close(file);
	kernel.has_queues = 1;
}

static void teardown(void)
{
	iommufd_device_close(f.device);
	iommufd_ioas_release(f.ioas);
	iommufd_ctx_close(f.ctx);
}

static void check_says_nothing_of(const char *words)
{
	ck_assert_msg(!strstr(d.text, words), "\"%s\" in: %s", words, d.text);
}

static int is_candidate(uint32_t cause)
{
	for (uint32_t i = 0; i < d.num_candidates; i++)
		if (d.candidates[i] == cause)
			return 1;
	return 0;
}

/* ---- mapping ------------------------------------------------------------- */

static int map_file(int fd, uint32_t flags)
{
	const struct iommufd_extent part = extent(0, PAGE);
	uint64_t iova = MIB;

	return iommufd_ioas_map_file(f.ioas, fd, &part, flags, &iova);
}

static void check_nest_parent(void)
{
	ck_assert_uint_eq(d.cause, IOMMUFD_CAUSE_FILE_UNUSABLE);
	ck_assert_uint_eq(d.num_candidates, 8);
	ck_assert(is_candidate(IOMMUFD_CAUSE_NEST_PARENT_READ_ONLY));
	check_says("nest parent");
}

/* A file is no better than memory beside a nest parent of VT-d. */
START_TEST(read_only_file)
{
	struct iommufd_failure failure;
	int fd = harness_memfd(PAGE);
	int ret = map_file(fd, IOMMUFD_MAP_READABLE);

	FAILS(ret, FILE_UNUSABLE, EINVAL);
	diagnose_in(f.ctx, ret, 0);
	check_nest_parent();
	check_says("map it writeable too");
	ret = map_file(fd, IOMMUFD_MAP_READABLE | IOMMUFD_MAP_FIXED_IOVA);
	FAILS(ret, FILE_UNUSABLE, EINVAL);
	diagnose_in(f.ctx, ret, 0);
	check_nest_parent();
	check_says("map it writeable too");
	diagnose_in(NULL, ret, 0);
	check_nest_parent();
	/* What was writeable has been refused for another reason. */
	OK(map_file(fd, FIXED));
	failure = harness_failure(ret);
	failure.flags = FIXED;
	diagnose_in(f.ctx, iommufd_failure_set(&failure), 0);
	ck_assert_uint_eq(d.num_candidates, 7);
	ck_assert(!is_candidate(IOMMUFD_CAUSE_NEST_PARENT_READ_ONLY));
	check_says_nothing_of("nest parent");
	check_says("the file has changed since");
}
END_TEST

static const TTest **const map_tests[] = { &read_only_file, NULL };

/* ---- attaching ----------------------------------------------------------- */

static int attach(uint32_t id, int err)
{
	kernel.attach_err = err;
	return iommufd_device_attach(f.device, id, NULL);
}

/* Of VT-d a nested page table is told also where nothing tells a vIOMMU. */
START_TEST(nested_without_queues)
{
	for (kernel.has_queues = 0; kernel.has_queues < 2;
	     kernel.has_queues++) {
		diagnose_in(f.ctx, attach(NESTED, EINVAL), 0);
		check_candidates(IOMMUFD_CAUSE_ATTACH_REFUSED,
				 IOMMUFD_CAUSE_GROUP_ATTACHED_ELSEWHERE,
				 IOMMUFD_CAUSE_PAGE_TABLE_MISMATCH);
		check_says("object 5 is a nested page table");
		check_says("iommufd_explain_vtd_s1()");
	}
}
END_TEST

/* What has been asked and is no address space has no files. */
START_TEST(no_address_space)
{
	int ret = attach(OTHER, EINVAL);

	kernel.has_queues = 0;
	diagnose_in(f.ctx, ret, 0);
	ck_assert_uint_eq(d.num_candidates, 3);
	ck_assert(is_candidate(IOMMUFD_CAUSE_NOT_A_PAGE_TABLE));
	ck_assert(!is_candidate(IOMMUFD_CAUSE_EARLIER_FILE));
	check_says("either it has no page table, or it does not go with");
	check_says_nothing_of("address space");
	diagnose_in(NULL, ret, 0);
	ck_assert_uint_eq(d.num_candidates, 4);
	ck_assert(is_candidate(IOMMUFD_CAUSE_EARLIER_FILE));
	check_says("it is an address space and");
}
END_TEST

/* The kernel makes no page table where there is one: only windows are left. */
START_TEST(conflict_of_nested)
{
	diagnose_in(f.ctx, attach(NESTED, EADDRINUSE), 0);
	check_cause(IOMMUFD_CAUSE_RESERVED_IN_USE);
	check_says("in the address space of its nest parent");
	check_says_nothing_of("IOMMUFD_DIAGNOSE_SCRATCH");
}
END_TEST

static void check_conflict(int advice)
{
	check_candidates(IOMMUFD_CAUSE_ATTACH_CONFLICT,
			 IOMMUFD_CAUSE_RESERVED_IN_USE,
			 IOMMUFD_CAUSE_OUTSIDE_PAGE_TABLE);
	if (advice)
		check_says("IOMMUFD_DIAGNOSE_SCRATCH");
	else
		check_says_nothing_of("IOMMUFD_DIAGNOSE_SCRATCH");
}

/* Only an address space is searched, so nothing else is worth the flag. */
START_TEST(conflict_and_advice)
{
	diagnose_in(f.ctx, attach(IOAS, EADDRINUSE), 0);
	check_conflict(1);
	diagnose_in(f.ctx, attach(IOAS, EADDRINUSE), SCRATCH);
	check_conflict(0);
	diagnose_in(f.ctx, attach(OTHER, EADDRINUSE), 0);
	check_conflict(0);
	diagnose_in(NULL, attach(OTHER, EADDRINUSE), 0);
	check_conflict(1);
	kernel.has_queues = 0;
	diagnose_in(f.ctx, attach(OTHER, EADDRINUSE), 0);
	check_conflict(0);
}
END_TEST

static const TTest **const attach_tests[] = {
	&nested_without_queues,
	&no_address_space,
	&conflict_of_nested,
	&conflict_and_advice,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "map",
		  .setup = setup,
		  .teardown = teardown,
		  .tests = map_tests },
		{ .name = "attach",
		  .setup = setup,
		  .teardown = teardown,
		  .tests = attach_tests },
	};

	return harness_run("diagnose_fake", cases,
			   sizeof(cases) / sizeof(cases[0]));
}
