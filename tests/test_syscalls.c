/* SPDX-License-Identifier: MIT */
/*
 * What every function of the thin library costs. Those of VFIO device files are
 * measured where there are some.
 */
#include <unistd.h>

#include "counter_alloc.h"
#include "fixture.h"
#include "harness.h"

#define TABLE "syscalls.tsv"

static struct fixture f;
static struct iommufd_ctx *ctx;
static struct iommufd_ioas *ioas;
static struct iommufd_hwpt *hwpt;
static struct iommufd_access *access_;
static struct iommufd_extent part;
static char *memory;
static int memfd, iommu_fd;
static uint64_t iova, length;
static uint32_t value;

static void setup(void)
{
	fixture_device(&f);
	memory = harness_memory(2 * PAGE);
	memfd = harness_memfd(2 * PAGE);
	part = extent(MOCK_FIRST, PAGE);
	OK(iommufd_mock_access_new(f.ctx, iommufd_ioas_id(f.ioas), 0,
				   &access_));
	/* Under a sanitizer a thread's first failure makes its record. */
	FAILS(iommufd_ctx_destroy_id(f.ctx, UNUSED_ID), OBJECT, ENOENT);
}

/* What calls need before them, and what is to be put back afterwards. */
static void fd_open(void)
{
	ctx = harness_ctx();
	iommu_fd = dup(iommufd_ctx_fd(ctx));
	iommufd_ctx_close(ctx);
	ctx = NULL;
}

static void ctx_end(void)
{
	iommufd_ctx_close(ctx);
	ctx = NULL;
}

static void ctx_and_fd_end(void)
{
	ctx_end();
	close(iommu_fd);
}

static void ctx_begin(void)
{
	ctx = harness_ctx();
}

static void ctx_with_object(void)
{
	ctx_begin();
	OK(iommufd_ioas_adopt(ctx, 1, 0, &ioas));
}

static void ioas_begin(void)
{
	OK(iommufd_ioas_alloc(f.ctx, 0, &ioas));
}

static void ioas_end(void)
{
	if (ioas)
		OK(iommufd_ioas_destroy(ioas));
	ioas = NULL;
}

static void ioas_let_go(void)
{
	iommufd_ioas_release(ioas);
	ioas = NULL;
}

static void mapping_begin(void)
{
	map_at(f.ioas, memory, PAGE, MOCK_FIRST);
}

static void mappings_end(void)
{
	OK(iommufd_ioas_unmap_all(f.ioas, NULL));
}

static void hwpt_begin(void)
{
	OK(iommufd_hwpt_alloc(f.device, iommufd_ioas_id(f.ioas), NULL, &hwpt));
}

static void hwpt_begin_tracking(void)
{
	OK(iommufd_hwpt_alloc(f.device, iommufd_ioas_id(f.ioas),
			      HWPT_FLAGS(IOMMUFD_HWPT_DIRTY_TRACKING), &hwpt));
}

static void hwpt_end(void)
{
	OK(iommufd_hwpt_destroy(hwpt));
}

static void hwpt_let_go(void)
{
	iommufd_hwpt_release(hwpt);
}

#define CALL(name, expression)                                                 \
	static int name(void)                                                  \
	{                                                                      \
		return (expression);                                           \
	}

CALL(ctx_open, iommufd_ctx_open(NULL, &ctx))
CALL(ctx_adopt, iommufd_ctx_adopt(iommu_fd, 0, &ctx))
CALL(ctx_adopt_take, iommufd_ctx_adopt(iommu_fd, IOMMUFD_ADOPT_TAKE_FD, &ctx))
CALL(ctx_adopt_verify, iommufd_ctx_adopt(iommu_fd, IOMMUFD_ADOPT_VERIFY, &ctx))
CALL(ctx_close, (iommufd_ctx_close(ctx), 0))
CALL(ctx_fd, iommufd_ctx_fd(f.ctx) < 0)
CALL(ctx_ref, (iommufd_ctx_close(iommufd_ctx_ref(f.ctx)), 0))
CALL(ctx_probe, iommufd_ctx_probe(f.ctx, IOMMUFD_NR_IOAS_MAP))
CALL(ctx_ioctl, iommufd_ctx_ioctl(f.ctx, IOMMUFD_NR_IOAS_ALLOC, &value, NULL))
CALL(ctx_destroy_id, iommufd_ctx_destroy_id(f.ctx, iommufd_ioas_id(ioas)))
CALL(ctx_rlimit_set, iommufd_ctx_rlimit_mode_set(ctx, 0))
CALL(ctx_rlimit_get, iommufd_ctx_rlimit_mode_get(f.ctx, &value))
CALL(ctx_change_process, iommufd_ctx_change_process(f.ctx))
CALL(ctx_vfio_ioas_set, iommufd_ctx_vfio_ioas_set(f.ctx, f.ioas))
CALL(ctx_vfio_ioas_get, iommufd_ctx_vfio_ioas_get(f.ctx, &value))
CALL(ctx_vfio_ioas_clear, iommufd_ctx_vfio_ioas_clear(f.ctx))

CALL(ioas_alloc, iommufd_ioas_alloc(f.ctx, 0, &ioas))
CALL(ioas_adopt, iommufd_ioas_adopt(f.ctx, 1, 0, &ioas))
CALL(ioas_adopt_verify,
     iommufd_ioas_adopt(f.ctx, 1, IOMMUFD_ADOPT_VERIFY, &ioas))
CALL(ioas_id, !iommufd_ioas_id(f.ioas))
CALL(ioas_ctx, iommufd_ioas_ctx(f.ioas) != f.ctx)
CALL(ioas_destroy, iommufd_ioas_destroy(ioas))
CALL(ioas_release, (iommufd_ioas_release(ioas), 0))
CALL(ioas_map, iommufd_ioas_map(f.ioas, memory, PAGE, RW, &iova))
CALL(ioas_map_file, iommufd_ioas_map_file(f.ioas, memfd, &part, RW, &iova))
CALL(ioas_copy, iommufd_ioas_copy(f.ioas, f.ioas, &part, RW, &iova))
CALL(ioas_unmap,
     (length = PAGE, iommufd_ioas_unmap(f.ioas, &length, MOCK_FIRST)))
CALL(ioas_unmap_all, iommufd_ioas_unmap_all(f.ioas, NULL))
CALL(ioas_ranges,
     (value = 0, iommufd_ioas_iova_ranges(f.ioas, NULL, &value, NULL)))
CALL(ioas_allow, iommufd_ioas_allow_iovas(f.ioas, NULL, 0))
CALL(ioas_huge_set, iommufd_ioas_huge_pages_set(f.ioas, 1))
CALL(ioas_huge_get, iommufd_ioas_huge_pages_get(f.ioas, &value))
CALL(ioas_get_pa,
     iommufd_ioas_noiommu_get_pa(f.ioas, &length, MOCK_FIRST, &iova))

CALL(hwpt_alloc,
     iommufd_hwpt_alloc(f.device, iommufd_ioas_id(f.ioas), NULL, &hwpt))
CALL(hwpt_adopt, iommufd_hwpt_adopt(f.ctx, f.hwpt_id, 0, &hwpt))
CALL(hwpt_adopt_verify,
     iommufd_hwpt_adopt(f.ctx, f.hwpt_id, IOMMUFD_ADOPT_VERIFY, &hwpt))
CALL(hwpt_track, iommufd_hwpt_set_dirty_tracking(hwpt, 1))
CALL(hwpt_bitmap,
     iommufd_hwpt_get_dirty_bitmap(
	     hwpt,
	     &(struct iommufd_hwpt_get_dirty_bitmap_opts){
		     .size = sizeof(struct iommufd_hwpt_get_dirty_bitmap_opts),
		     .iova = MOCK_FIRST,
		     .length = PAGE,
		     .page_size = PAGE,
		     .bitmap_length = sizeof(length) },
	     &length))
CALL(hwpt_id, iommufd_hwpt_id(NULL) != 0)
CALL(hwpt_ctx, iommufd_hwpt_ctx(hwpt) != f.ctx)
CALL(hwpt_destroy, iommufd_hwpt_destroy(hwpt))
CALL(hwpt_release, (iommufd_hwpt_release(hwpt), 0))

static struct iommufd_hw_info info = { .size = sizeof(info) };
static struct iommufd_hw_vtd_info vtd = { .size = sizeof(vtd) };
static struct iommufd_hw_arm_smmuv3_info arm = { .size = sizeof(arm) };
static struct iommufd_hw_amd_info amd = { .size = sizeof(amd) };
static struct iommufd_hw_tegra241_cmdqv_info cmdqv = { .size = sizeof(cmdqv) };

CALL(device_id, !iommufd_device_id(f.device))
CALL(device_ctx, iommufd_device_ctx(f.device) != f.ctx)
CALL(device_vfio, iommufd_device_vfio(f.device) != NULL)
CALL(device_attach, iommufd_device_attach(f.device, f.hwpt_id, &value))
CALL(device_hw_info, iommufd_device_get_hw_info(f.device, 0, NULL, 0, &info))
CALL(device_vtd, iommufd_device_get_hw_info_vtd(f.device, &vtd))
CALL(device_arm, iommufd_device_get_hw_info_arm_smmuv3(f.device, &arm))
CALL(device_amd, iommufd_device_get_hw_info_amd(f.device, &amd))
CALL(device_cmdqv, iommufd_device_get_hw_info_tegra241_cmdqv(f.device, &cmdqv))
CALL(access_id, iommufd_access_id(access_) != 0)
CALL(access_ctx, iommufd_access_ctx(access_) != f.ctx)
CALL(access_vfio, iommufd_access_vfio(access_) != NULL)
CALL(access_attach, iommufd_access_attach(access_, f.ioas))

static struct iommufd_failure failure = { .size = sizeof(failure), .ret = -5 };

CALL(error_errno, iommufd_errno(-5) != 5)
CALL(error_neg_errno, iommufd_neg_errno(-5) != -5)
CALL(error_class, !iommufd_class(-5))
CALL(error_cause, !iommufd_cause(-5))
CALL(error_is, iommufd_is(-5, 0))
CALL(error_make, iommufd_make_error(IOMMUFD_CAUSE_OBJECT, 2) > 0)
CALL(error_text, !iommufd_strerror(-5))
CALL(error_cause_name, !iommufd_cause_name(0))
CALL(error_class_name, !iommufd_class_name(0))
static void before_failure(void)
{
	iommufd_failure_set(&failure);
}

CALL(failure_set, iommufd_failure_set(&failure) != -5)
CALL(failure_get, iommufd_failure_get(-5, &failure))
CALL(failure_keep, iommufd_failure_keep(&failure))
CALL(failure_op_name, !iommufd_op_name(0))
CALL(version, !iommufd_version())

#define ONE  "1 ioctl"
#define NONE "none"
#define PLAIN(name, expected, call)                                            \
	{                                                                      \
		name, expected, 0, call, 0, NULL, NULL                         \
	}
/* What this kernel or device cannot do costs the same. */
#define TRIED(name, expected, call)                                            \
	{                                                                      \
		name, expected, 0, call, 1, NULL, NULL                         \
	}

static const struct counter_call contexts[] = {
	{ "iommufd_ctx_open", "1 openat", 1, ctx_open, 0, NULL, ctx_end },
	{ "iommufd_ctx_adopt", "1 fcntl", 1, ctx_adopt, 0, fd_open,
	  ctx_and_fd_end },
	{ "iommufd_ctx_adopt TAKE_FD", NONE, 1, ctx_adopt_take, 0, fd_open,
	  ctx_end },
	{ "iommufd_ctx_adopt VERIFY", "1 ioctl, 1 fcntl", 1, ctx_adopt_verify,
	  0, fd_open, ctx_and_fd_end },
	{ "iommufd_ctx_close last", "1 close", 0, ctx_close, 0, ctx_begin,
	  NULL },
	{ "iommufd_ctx_close", NONE, 0, ctx_close, 0, ctx_with_object,
	  ioas_let_go },
	PLAIN("iommufd_ctx_fd", NONE, ctx_fd),
	PLAIN("iommufd_ctx_ref", NONE, ctx_ref),
	PLAIN("iommufd_ctx_probe", ONE, ctx_probe),
	TRIED("iommufd_ctx_ioctl", ONE, ctx_ioctl),
	{ "iommufd_ctx_destroy_id", ONE, 0, ctx_destroy_id, 0, ioas_begin,
	  ioas_let_go },
	{ "iommufd_ctx_rlimit_mode_set", ONE, 0, ctx_rlimit_set, 0, ctx_begin,
	  ctx_end },
	PLAIN("iommufd_ctx_rlimit_mode_get", ONE, ctx_rlimit_get),
	TRIED("iommufd_ctx_change_process", ONE, ctx_change_process),
	PLAIN("iommufd_ctx_vfio_ioas_set", ONE, ctx_vfio_ioas_set),
	PLAIN("iommufd_ctx_vfio_ioas_get", ONE, ctx_vfio_ioas_get),
	PLAIN("iommufd_ctx_vfio_ioas_clear", ONE, ctx_vfio_ioas_clear),
};

static const struct counter_call spaces[] = {
	{ "iommufd_ioas_alloc", ONE, 1, ioas_alloc, 0, NULL, ioas_end },
	{ "iommufd_ioas_adopt", NONE, 1, ioas_adopt, 0, NULL, ioas_let_go },
	{ "iommufd_ioas_adopt VERIFY", ONE, 1, ioas_adopt_verify, 0, NULL,
	  ioas_let_go },
	PLAIN("iommufd_ioas_id", NONE, ioas_id),
	PLAIN("iommufd_ioas_ctx", NONE, ioas_ctx),
	{ "iommufd_ioas_destroy", ONE, 0, ioas_destroy, 0, ioas_begin, NULL },
	{ "iommufd_ioas_release", NONE, 0, ioas_release, 0, ioas_begin, NULL },
	{ "iommufd_ioas_map", ONE, 0, ioas_map, 0, NULL, mappings_end },
	{ "iommufd_ioas_map_file", ONE, 0, ioas_map_file, 1, NULL,
	  mappings_end },
	{ "iommufd_ioas_copy", ONE, 0, ioas_copy, 0, mapping_begin,
	  mappings_end },
	{ "iommufd_ioas_unmap", ONE, 0, ioas_unmap, 0, mapping_begin, NULL },
	PLAIN("iommufd_ioas_unmap_all", ONE, ioas_unmap_all),
	TRIED("iommufd_ioas_iova_ranges", ONE, ioas_ranges),
	PLAIN("iommufd_ioas_allow_iovas", ONE, ioas_allow),
	PLAIN("iommufd_ioas_huge_pages_set", ONE, ioas_huge_set),
	PLAIN("iommufd_ioas_huge_pages_get", ONE, ioas_huge_get),
	TRIED("iommufd_ioas_noiommu_get_pa", ONE, ioas_get_pa),
	{ "iommufd_hwpt_alloc", ONE, 1, hwpt_alloc, 0, NULL, hwpt_end },
	{ "iommufd_hwpt_adopt", NONE, 1, hwpt_adopt, 0, NULL, hwpt_let_go },
	{ "iommufd_hwpt_adopt VERIFY", ONE, 1, hwpt_adopt_verify, 0, NULL,
	  hwpt_let_go },
	{ "iommufd_hwpt_set_dirty_tracking", ONE, 0, hwpt_track, 0,
	  hwpt_begin_tracking, hwpt_end },
	{ "iommufd_hwpt_get_dirty_bitmap", ONE, 0, hwpt_bitmap, 0,
	  hwpt_begin_tracking, hwpt_end },
	PLAIN("iommufd_hwpt_id", NONE, hwpt_id),
	{ "iommufd_hwpt_ctx", NONE, 0, hwpt_ctx, 0, hwpt_begin, hwpt_end },
	{ "iommufd_hwpt_destroy", ONE, 0, hwpt_destroy, 0, hwpt_begin, NULL },
	{ "iommufd_hwpt_release", NONE, 0, hwpt_release, 0, hwpt_begin, NULL },
};

static const struct counter_call devices[] = {
	PLAIN("iommufd_device_id", NONE, device_id),
	PLAIN("iommufd_device_ctx", NONE, device_ctx),
	PLAIN("iommufd_device_vfio", NONE, device_vfio),
	PLAIN("iommufd_device_attach", ONE, device_attach),
	PLAIN("iommufd_device_get_hw_info", ONE, device_hw_info),
	TRIED("iommufd_device_get_hw_info_vtd", ONE, device_vtd),
	TRIED("iommufd_device_get_hw_info_arm_smmuv3", ONE, device_arm),
	TRIED("iommufd_device_get_hw_info_amd", ONE, device_amd),
	TRIED("iommufd_device_get_hw_info_tegra241_cmdqv", ONE, device_cmdqv),
	PLAIN("iommufd_access_id", NONE, access_id),
	PLAIN("iommufd_access_ctx", NONE, access_ctx),
	PLAIN("iommufd_access_vfio", NONE, access_vfio),
	PLAIN("iommufd_access_attach", ONE, access_attach),
};

static const struct counter_call words[] = {
	PLAIN("iommufd_errno", NONE, error_errno),
	PLAIN("iommufd_neg_errno", NONE, error_neg_errno),
	PLAIN("iommufd_class", NONE, error_class),
	PLAIN("iommufd_cause", NONE, error_cause),
	PLAIN("iommufd_is", NONE, error_is),
	PLAIN("iommufd_make_error", NONE, error_make),
	PLAIN("iommufd_strerror", NONE, error_text),
	PLAIN("iommufd_cause_name", NONE, error_cause_name),
	PLAIN("iommufd_class_name", NONE, error_class_name),
	{ .function = "iommufd_failure_set",
	  .expected = NONE,
	  .before = before_failure,
	  .call = failure_set },
	PLAIN("iommufd_failure_get", NONE, failure_get),
	PLAIN("iommufd_failure_keep", NONE, failure_keep),
	PLAIN("iommufd_op_name", NONE, failure_op_name),
	PLAIN("iommufd_version", NONE, version),
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* The counter itself: what it must not miss. */
static int several(void)
{
	int fd = dup(memfd);
	void *volatile block = calloc(1, 8);

	block = realloc(block, 16);
	free(block);
	block = malloc(8);
	free(block);
	close(fd);
	return getppid() < 0;
}

static const struct counter_call itself = {
	"several", "1 close, 2 other", 3, several, 0, NULL, NULL
};

START_TEST(of_several_calls)
{
	counter_run(NULL, setup, &itself, 1);
}
END_TEST

START_TEST(of_contexts)
{
	counter_run(TABLE, setup, contexts, COUNT(contexts));
}
END_TEST

START_TEST(of_address_spaces)
{
	counter_run(TABLE, setup, spaces, COUNT(spaces));
}
END_TEST

START_TEST(of_devices)
{
	counter_run(TABLE, setup, devices, COUNT(devices));
}
END_TEST

START_TEST(of_words)
{
	counter_run(TABLE, setup, words, COUNT(words));
}
END_TEST

static const TTest **const costs[] = {
	&of_several_calls, &of_contexts, &of_address_spaces,
	&of_devices,	   &of_words,	 NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "costs", .tests = costs },
	};

	counter_begin(TABLE);
	return harness_run("syscalls", cases, 1);
}
