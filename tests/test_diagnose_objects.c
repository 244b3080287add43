/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "diagnosis.h"
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

static int alloc(uint32_t parent, const struct iommufd_hwpt_alloc_opts *with)
{
	struct iommufd_hwpt *hwpt = NULL;

	return iommufd_hwpt_alloc(f.device, parent, with, &hwpt);
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

	diagnose(alloc(UNUSED_ID, NULL), 0);
	check_cause(IOMMUFD_CAUSE_NOT_A_PAGE_TABLE);
	check_says("there is no object");
	diagnose(alloc(iommufd_device_id(f.device), NULL), 0);
	check_cause(IOMMUFD_CAUSE_NOT_A_PAGE_TABLE);
	check_says("is a device");
	diagnose(alloc(f.hwpt_id, &with), 0);
	check_cause(IOMMUFD_CAUSE_NO_NEST_PARENT);
}
END_TEST

START_TEST(fault_queue_is_missing)
{
	struct iommufd_hwpt_alloc_opts with = {
		.size = sizeof(with),
		.flags = IOMMUFD_HWPT_FAULT_ID_VALID,
		.fault_id = UNUSED_ID
	};

	diagnose(alloc(iommufd_ioas_id(f.ioas), &with), 0);
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
	diagnose(alloc(iommufd_ioas_id(ioas), NULL), SCRATCH);
	check_cause(IOMMUFD_CAUSE_OUTSIDE_PAGE_TABLE);
	check_range_is(0, 2 * PAGE - 1);
	ck_assert_uint_eq(d.alignment, MOCK_PAGE);
	check_says("0x1000000-0x7fffffff");
	unmap_at(ioas, 2 * PAGE, 0);
	map_at(ioas, harness_memory(PAGE), PAGE, far);
	diagnose(alloc(iommufd_ioas_id(ioas), NULL), SCRATCH);
	check_cause(IOMMUFD_CAUSE_OUTSIDE_PAGE_TABLE);
	check_range_is(far, far + PAGE - 1);
	unmap_at(ioas, PAGE, far);
	map_at(ioas, harness_memory(PAGE), PAGE, far + 1234 * PAGE);
	diagnose(alloc(iommufd_ioas_id(ioas), NULL), SCRATCH);
	check_cause(IOMMUFD_CAUSE_OUTSIDE_PAGE_TABLE);
	check_says("some mapping");
	diagnose(alloc(iommufd_ioas_id(ioas), NULL), 0);
	check_cause(IOMMUFD_CAUSE_OUTSIDE_PAGE_TABLE);
	OK(iommufd_ioas_destroy(ioas));
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
			      HWPT_FLAGS(IOMMUFD_HWPT_DIRTY_TRACKING), &dirty));
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
	check_cause(IOMMUFD_CAUSE_OBJECT);
	check_says("no object");
	iommufd_device_close(device);
	OK(iommufd_hwpt_destroy(dirty));
}
END_TEST

/* An address space without a page table takes a file unseen. */
static struct iommufd_ioas *with_bad_file(uint64_t iova)
{
	const struct iommufd_extent part = extent(0, PAGE);
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct iommufd_ioas *ioas = NULL;

	OK(iommufd_ioas_alloc(f.ctx, 0, &ioas));
	if (harness_has(f.ctx, IOMMUFD_NR_IOAS_MAP_FILE)) {
		OK(iommufd_ioas_map_file(ioas, fd, &part, FIXED, &iova));
		close(fd);
		return ioas;
	}
	FAILS(iommufd_ioas_map_file(ioas, fd, &part, FIXED, &iova), COMMAND,
	      ENOTTY);
	close(fd);
	OK(iommufd_ioas_destroy(ioas));
	return NULL;
}

static void check_is_candidate(uint32_t cause)
{
	int found = 0;

	for (uint32_t i = 0; i < d.num_candidates; i++)
		found |= d.candidates[i] == cause;
	ck_assert_msg(found, "%s", d.text);
}

START_TEST(file_shows_in_a_page_table)
{
	struct iommufd_ioas *ioas = with_bad_file(MOCK_FIRST);

	if (!ioas)
		return;
	diagnose(alloc(iommufd_ioas_id(ioas), NULL), SCRATCH);
	check_cause(IOMMUFD_CAUSE_EARLIER_FILE);
	diagnose(alloc(iommufd_ioas_id(ioas), NULL), 0);
	check_candidates(IOMMUFD_CAUSE_PAGE_TABLE_REFUSED,
			 IOMMUFD_CAUSE_EARLIER_FILE,
			 IOMMUFD_CAUSE_PAGE_TABLE_REFUSED);
	check_says("no memory file");
	diagnose(alloc(iommufd_ioas_id(ioas),
		       HWPT_FLAGS(IOMMUFD_HWPT_NEST_PARENT)),
		 SCRATCH);
	check_is_candidate(IOMMUFD_CAUSE_EARLIER_FILE);
	check_says("no memory file");
	check_says("read-only mapping");
	OK(iommufd_ioas_destroy(ioas));
}
END_TEST

START_TEST(file_shows_in_an_attach)
{
	struct iommufd_ioas *ioas = with_bad_file(MOCK_FIRST);

	if (!ioas)
		return;
	diagnose(iommufd_device_attach(f.device, iommufd_ioas_id(ioas), NULL),
		 0);
	check_is_candidate(IOMMUFD_CAUSE_EARLIER_FILE);
	check_says("no memory file");
	ck_assert_ptr_null(strstr(d.text, "another kind of IOMMU"));
	OK(iommufd_ioas_destroy(ioas));
}
END_TEST

START_TEST(file_shows_in_a_copy)
{
	const struct iommufd_extent part = extent(MOCK_FIRST, PAGE);
	struct iommufd_ioas *ioas = with_bad_file(MOCK_FIRST);
	uint64_t iova = MOCK_FIRST;

	if (!ioas)
		return;
	diagnose(iommufd_ioas_copy(f.ioas, ioas, &part, FIXED, &iova), 0);
	ck_assert_uint_eq(d.cause, IOMMUFD_CAUSE_IOVA_UNUSABLE);
	check_is_candidate(IOMMUFD_CAUSE_BEYOND_FILE);
	check_is_candidate(IOMMUFD_CAUSE_NOT_MEMORY_FILE);
	check_says("no memory file");
	diagnose(iommufd_ioas_copy(f.ioas, ioas, &part, RW, &iova), 0);
	ck_assert_uint_eq(d.cause, IOMMUFD_CAUSE_MISALIGNED);
	check_is_candidate(IOMMUFD_CAUSE_NOT_MEMORY_FILE);
	OK(iommufd_ioas_destroy(ioas));
}
END_TEST

/* The kernel looks at the memory that is copied, not at where it is. */
START_TEST(copy_of_misaligned_memory)
{
	const struct iommufd_extent part = extent(MOCK_FIRST, PAGE);
	unsigned char *memory = harness_memory(2 * PAGE);
	struct iommufd_ioas *ioas = NULL;
	uint64_t iova = MOCK_FIRST;

	OK(iommufd_ioas_alloc(f.ctx, 0, &ioas));
	map_at(ioas, memory + 1024, PAGE, MOCK_FIRST);
	diagnose(iommufd_ioas_copy(f.ioas, ioas, &part, FIXED, &iova), 0);
	ck_assert_uint_eq(d.cause, IOMMUFD_CAUSE_IOVA_UNUSABLE);
	check_is_candidate(IOMMUFD_CAUSE_MEMORY_MISALIGNED);
	check_says("the memory behind the source");
	diagnose(iommufd_ioas_copy(f.ioas, ioas, &part, RW, &iova), 0);
	ck_assert_uint_eq(d.cause, IOMMUFD_CAUSE_MISALIGNED);
	check_is_candidate(IOMMUFD_CAUSE_MEMORY_MISALIGNED);
	unmap_at(ioas, PAGE, MOCK_FIRST);
	OK(iommufd_ioas_destroy(ioas));
}
END_TEST

/* Here it is the file, wherever the source is. */
START_TEST(copy_from_any_iova)
{
	const struct iommufd_extent part = extent(MOCK_FIRST + 1024, PAGE);
	struct iommufd_ioas *ioas = with_bad_file(part.start);
	uint64_t iova = MOCK_FIRST;

	if (!ioas)
		return;
	diagnose(iommufd_ioas_copy(f.ioas, ioas, &part, FIXED, &iova), 0);
	ck_assert_uint_eq(d.cause, IOMMUFD_CAUSE_IOVA_UNUSABLE);
	check_is_candidate(IOMMUFD_CAUSE_NOT_MEMORY_FILE);
	check_says("no memory file");
	OK(iommufd_ioas_destroy(ioas));
}
END_TEST

/* An attach that found nothing, where there is something by now. */
START_TEST(attach_finds_something_now)
{
	struct iommufd_failure failure = {
		.size = sizeof(failure),
		.op = IOMMUFD_OP_DEVICE_ATTACH,
		.ret = iommufd_make_error(IOMMUFD_CAUSE_PAGE_TABLE, ENOENT),
		.fd = -1,
		.memory_fd = -1,
		.other_id = iommufd_ioas_id(f.ioas),
	};

	diagnose(iommufd_failure_set(&failure), 0);
	check_cause(IOMMUFD_CAUSE_OBJECT);
	check_says("is there now, as an address space");
	failure.op = IOMMUFD_OP_ACCESS_ATTACH;
	failure.other_id = f.hwpt_id;
	diagnose(iommufd_failure_set(&failure), 0);
	check_cause(IOMMUFD_CAUSE_OBJECT);
	check_says("is a paging page table, but an emulated device");
	diagnose_in(NULL, iommufd_failure_set(&failure), 0);
	check_cause(IOMMUFD_CAUSE_OBJECT);
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

/* What a kernel does not have is said with the first that has it. */
START_TEST(commands)
{
	static const struct {
		uint32_t op;
		const char *since;
	} rows[] = {
		{ IOMMUFD_OP_VIOMMU_ALLOC, "6.13" },
		{ IOMMUFD_OP_VDEVICE_ALLOC, "6.13" },
		{ IOMMUFD_OP_VEVENTQ_ALLOC, "6.15" },
		{ IOMMUFD_OP_HW_QUEUE_ALLOC, "6.17" },
		{ IOMMUFD_OP_FAULT_QUEUE_ALLOC, "6.11" },
		{ IOMMUFD_OP_HWPT_INVALIDATE, "6.8" },
		{ IOMMUFD_OP_HWPT_GET_DIRTY_BITMAP, "6.7" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		diagnose(made_up(rows[i].op, IOMMUFD_CAUSE_COMMAND, ENOTTY, -1),
			 0);
		check_cause(IOMMUFD_CAUSE_COMMAND);
		check_says(rows[i].since);
	}
}
END_TEST

static const TTest **const object_tests[] = {
	&parent_is_wrong,
	&fault_queue_is_missing,
	&mapping_outside_of_the_page_table,
	&attach_refused,
	&file_shows_in_a_page_table,
	&file_shows_in_an_attach,
	&file_shows_in_a_copy,
	&copy_of_misaligned_memory,
	&copy_from_any_iova,
	&attach_finds_something_now,
	&busy_objects,
	&command_is_missing,
	&commands,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "objects",
		  .setup = use_device,
		  .tests = object_tests },
	};

	return harness_run("diagnose_objects", cases, 1);
}
