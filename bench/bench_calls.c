/* SPDX-License-Identifier: MIT */
/*
 * What a call of the thin library costs above the same request made by hand: a
 * struct that is filled in, ioctl(2), and a negative errno. The request is
 * answered inside of the process, for both at the same cost, and instructions
 * are counted by callgrind.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <iommufd/iommufd.h>

#include "bench.h"
#include "by_hand.h"
#include "counter_alloc.h"
#include "fake_ioas.h"

#define PAGE   4096u
#define ACCESS (IOMMUFD_MAP_READABLE | IOMMUFD_MAP_WRITEABLE)
#define ID     1u /* of each object */
#define U64(p) ((uint64_t)(uintptr_t)(p))

/* What the project promises of map, unmap and attach. */
#define MOST_ABOVE 100

static struct iommufd_ctx *ctx;
static struct iommufd_ioas *ioas;
static struct iommufd_vfio *file;
static struct iommufd_device *device;
static struct iommufd_hwpt *hwpt;
static struct iommufd_viommu *viommu;
static struct iommufd_fault_queue *faults;
static int ctx_fd, file_fd, queue_fd;

/* What a call makes. */
static struct {
	struct iommufd_ioas *ioas;
	struct iommufd_hwpt *hwpt;
	struct iommufd_viommu *viommu;
	struct iommufd_vdevice *vdevice;
	struct iommufd_fault_queue *faults;
} made;

static char memory[PAGE];
static struct iommufd_extent part = { .length = PAGE };
static struct iommufd_iova_range range;
static struct iommufd_hw_info info = { .size = sizeof(info) };
static struct iommufd_vfio_info vfio_info = { .size = sizeof(vfio_info) };
static struct iommufd_hwpt_pgfault fault;
static struct iommufd_hwpt_page_response response;
static struct iommufd_arm_smmuv3_command command;
static uint64_t iova, length, bitmap;
static uint32_t value, count;

/* Where results go, so that no call is without one. */
static volatile int result;

/*
 * A call of the library, and the same by hand: the struct, its members, and what
 * is taken out of it.
 */
#define PAIR(name, call, fd, nr, taken, type, ...)                             \
	static void library_##name(void *arg)                                  \
	{                                                                      \
		(void)arg;                                                     \
		result = (call);                                               \
	}                                                                      \
	static void by_hand_##name(void *arg)                                  \
	{                                                                      \
		struct type cmd = { __VA_ARGS__ };                             \
		(void)arg;                                                     \
		result = by_hand(fd, nr, &cmd);                                \
		taken;                                                         \
	}

#define NOTHING	   (void)0
#define SIZE(type) sizeof(struct type)

PAIR(map, iommufd_ioas_map(ioas, memory, PAGE, ACCESS, &iova), ctx_fd,
     IOMMUFD_NR_IOAS_MAP, iova = cmd.iova, uapi_ioas_map,
     .size = SIZE(uapi_ioas_map), .flags = ACCESS, .ioas_id = ID,
     .user_va = U64(memory), .length = PAGE)
PAIR(map_file, iommufd_ioas_map_file(ioas, 0, &part, ACCESS, &iova), ctx_fd,
     IOMMUFD_NR_IOAS_MAP_FILE, iova = cmd.iova, uapi_ioas_map_file,
     .size = SIZE(uapi_ioas_map_file), .flags = ACCESS, .ioas_id = ID, .fd = 0,
     .start = part.start, .length = part.length)
PAIR(copy, iommufd_ioas_copy(ioas, ioas, &part, ACCESS, &iova), ctx_fd,
     IOMMUFD_NR_IOAS_COPY, iova = cmd.dst_iova, uapi_ioas_copy,
     .size = SIZE(uapi_ioas_copy), .flags = ACCESS, .dst_ioas_id = ID,
     .src_ioas_id = ID, .length = part.length, .src_iova = part.start)
PAIR(unmap, iommufd_ioas_unmap(ioas, &length, iova), ctx_fd,
     IOMMUFD_NR_IOAS_UNMAP, length = cmd.length, uapi_ioas_unmap,
     .size = SIZE(uapi_ioas_unmap), .ioas_id = ID, .iova = iova,
     .length = length)
PAIR(unmap_all, iommufd_ioas_unmap_all(ioas, &length), ctx_fd,
     IOMMUFD_NR_IOAS_UNMAP, length = cmd.length, uapi_ioas_unmap,
     .size = SIZE(uapi_ioas_unmap), .ioas_id = ID, .length = UINT64_MAX)
PAIR(ranges, (count = 1, iommufd_ioas_iova_ranges(ioas, &range, &count, NULL)),
     ctx_fd, IOMMUFD_NR_IOAS_IOVA_RANGES, count = cmd.num_iovas,
     uapi_ioas_iova_ranges, .size = SIZE(uapi_ioas_iova_ranges), .ioas_id = ID,
     .num_iovas = 1, .allowed_iovas = U64(&range))
PAIR(allow, iommufd_ioas_allow_iovas(ioas, &range, 1), ctx_fd,
     IOMMUFD_NR_IOAS_ALLOW_IOVAS, NOTHING, uapi_ioas_allow_iovas,
     .size = SIZE(uapi_ioas_allow_iovas), .ioas_id = ID, .num_iovas = 1,
     .allowed_iovas = U64(&range))
PAIR(huge_pages, iommufd_ioas_huge_pages_set(ioas, 1), ctx_fd,
     IOMMUFD_NR_OPTION, NOTHING, uapi_option, .size = SIZE(uapi_option),
     .option_id = UAPI_OPTION_HUGE_PAGES, .op = UAPI_OPTION_OP_SET,
     .object_id = ID, .val64 = 1)
PAIR(change_process, iommufd_ctx_change_process(ctx), ctx_fd,
     IOMMUFD_NR_IOAS_CHANGE_PROCESS, NOTHING, uapi_ioas_change_process,
     .size = SIZE(uapi_ioas_change_process))
PAIR(track, iommufd_hwpt_set_dirty_tracking(hwpt, 1), ctx_fd,
     IOMMUFD_NR_HWPT_SET_DIRTY_TRACKING, NOTHING, uapi_hwpt_set_dirty_tracking,
     .size = SIZE(uapi_hwpt_set_dirty_tracking), .flags = 1, .hwpt_id = ID)
PAIR(get_dirty,
     iommufd_hwpt_get_dirty_bitmap(
	     hwpt,
	     &(struct iommufd_hwpt_get_dirty_bitmap_opts){
		     .size = SIZE(iommufd_hwpt_get_dirty_bitmap_opts),
		     .length = PAGE,
		     .page_size = PAGE,
		     .bitmap_length = sizeof(bitmap) },
	     &bitmap),
     ctx_fd, IOMMUFD_NR_HWPT_GET_DIRTY_BITMAP, NOTHING,
     uapi_hwpt_get_dirty_bitmap, .size = SIZE(uapi_hwpt_get_dirty_bitmap),
     .hwpt_id = ID, .length = PAGE, .page_size = PAGE, .data = U64(&bitmap))
PAIR(attach, iommufd_device_attach(device, ID, &value), file_fd,
     UAPI_VFIO_ATTACH, value = cmd.pt_id, uapi_vfio_attach,
     .argsz = UAPI_VFIO_ATTACH_6_6, .pt_id = ID)
PAIR(detach, iommufd_device_detach(device), file_fd, UAPI_VFIO_DETACH, NOTHING,
     uapi_vfio_detach, .argsz = UAPI_VFIO_DETACH_6_6)
PAIR(attach_pasid,
     iommufd_device_attach_pasid(
	     device,
	     &(struct iommufd_device_pasid_opts){
		     .size = SIZE(iommufd_device_pasid_opts), .pasid = 1 },
	     ID, &value),
     file_fd, UAPI_VFIO_ATTACH, value = cmd.pt_id, uapi_vfio_attach,
     .argsz = UAPI_VFIO_ATTACH_6_15, .flags = UAPI_VFIO_ATTACH_PASID,
     .pt_id = ID, .pasid = 1)
PAIR(detach_pasid, iommufd_device_detach_pasid(device, 1), file_fd,
     UAPI_VFIO_DETACH, NOTHING, uapi_vfio_detach,
     .argsz = UAPI_VFIO_DETACH_6_15, .flags = UAPI_VFIO_DETACH_PASID,
     .pasid = 1)
PAIR(hw_info, iommufd_device_get_hw_info(device, 0, NULL, 0, &info), ctx_fd,
     IOMMUFD_NR_GET_HW_INFO, (info.type = cmd.data_type), uapi_get_hw_info,
     .size = SIZE(uapi_get_hw_info), .dev_id = ID)
PAIR(reset, iommufd_vfio_reset(file), file_fd, UAPI_VFIO_RESET, NOTHING,
     uapi_vfio_feature, .argsz = 0)
PAIR(vfio_info, iommufd_vfio_get_info(file, &vfio_info), file_fd,
     UAPI_VFIO_GET_INFO, (vfio_info.num_regions = cmd.num_regions),
     uapi_vfio_info, .argsz = SIZE(uapi_vfio_info))
PAIR(invalidate,
     (count = 1,
      iommufd_viommu_invalidate(viommu, ID, &command, sizeof(command), &count)),
     ctx_fd, IOMMUFD_NR_HWPT_INVALIDATE, count = cmd.entry_num,
     uapi_hwpt_invalidate, .size = SIZE(uapi_hwpt_invalidate), .hwpt_id = ID,
     .data_uptr = U64(&command), .data_type = ID, .entry_len = sizeof(command),
     .entry_num = 1)

/* Those that make a handle, which takes an allocation. */
PAIR(ioas_alloc, iommufd_ioas_alloc(ctx, 0, &made.ioas), ctx_fd,
     IOMMUFD_NR_IOAS_ALLOC, value = cmd.out_ioas_id, uapi_ioas_alloc,
     .size = SIZE(uapi_ioas_alloc))
PAIR(destroy, iommufd_ioas_destroy(made.ioas), ctx_fd, IOMMUFD_NR_DESTROY,
     NOTHING, uapi_destroy, .size = SIZE(uapi_destroy), .id = ID)
PAIR(hwpt_alloc, iommufd_hwpt_alloc(device, ID, NULL, &made.hwpt), ctx_fd,
     IOMMUFD_NR_HWPT_ALLOC, value = cmd.out_hwpt_id, uapi_hwpt_alloc,
     .size = UAPI_HWPT_ALLOC_6_6, .dev_id = ID, .pt_id = ID)
PAIR(viommu_alloc, iommufd_viommu_alloc(device, hwpt, ID, NULL, &made.viommu),
     ctx_fd, IOMMUFD_NR_VIOMMU_ALLOC, value = cmd.out_viommu_id,
     uapi_viommu_alloc, .size = UAPI_VIOMMU_ALLOC_6_13, .type = ID,
     .dev_id = ID, .hwpt_id = ID)
PAIR(vdevice_alloc, iommufd_vdevice_alloc(viommu, device, 1, &made.vdevice),
     ctx_fd, IOMMUFD_NR_VDEVICE_ALLOC, value = cmd.out_vdevice_id,
     uapi_vdevice_alloc, .size = SIZE(uapi_vdevice_alloc), .viommu_id = ID,
     .dev_id = ID, .virt_id = 1)

static void library_read(void *arg)
{
	(void)arg;
	count = 1;
	result = iommufd_fault_queue_read(faults, &fault, &count);
}

static void by_hand_read(void *arg)
{
	ssize_t got = read(queue_fd, &fault, sizeof(fault));

	(void)arg;
	result = got < 0 ? -errno : 0;
	count = (uint32_t)(got / (ssize_t)sizeof(fault));
}

static void library_respond(void *arg)
{
	(void)arg;
	count = 1;
	result = iommufd_fault_queue_respond(faults, &response, &count);
}

static void by_hand_respond(void *arg)
{
	ssize_t got = write(queue_fd, &response, sizeof(response));

	(void)arg;
	result = got < 0 ? -errno : 0;
	count = (uint32_t)(got / (ssize_t)sizeof(response));
}

/* ---- one after the other -------------------------------------------------- */

enum kind { NORMAL, PROMISED, DESTROYS, REFUSED };

struct call {
	const char *words;
	void (*library)(void *);
	void (*by_hand)(void *);
	enum kind kind;
};

static void prepare(void *arg)
{
	const struct call *call = arg;

	if (call->kind == DESTROYS)
		MUST(!iommufd_ioas_alloc(ctx, 0, &made.ioas));
	if (call->kind == REFUSED)
		bench_ioctl_error = ENOENT;
}

static void let_go(void)
{
	bench_ioctl_error = 0;
	iommufd_ioas_release(made.ioas);
	iommufd_hwpt_release(made.hwpt);
	iommufd_viommu_release(made.viommu);
	iommufd_vdevice_release(made.vdevice);
	made.ioas = NULL;
	made.hwpt = NULL;
	made.viommu = NULL;
	made.vdevice = NULL;
}

static void after_library(const struct call *call)
{
	if (call->kind == DESTROYS)
		made.ioas = NULL;
	let_go();
}

#define CALL(words, name, kind)                                                \
	{                                                                      \
		words, library_##name, by_hand_##name, kind                    \
	}

static const struct call calls[] = {
	CALL("ioas_map", map, PROMISED),
	CALL("ioas_unmap", unmap, PROMISED),
	CALL("device_attach", attach, PROMISED),
	CALL("device_detach", detach, NORMAL),
	CALL("ioas_map_file", map_file, NORMAL),
	CALL("ioas_copy", copy, NORMAL),
	CALL("ioas_unmap_all", unmap_all, NORMAL),
	CALL("ioas_iova_ranges", ranges, NORMAL),
	CALL("ioas_allow_iovas", allow, NORMAL),
	CALL("ioas_huge_pages_set", huge_pages, NORMAL),
	CALL("ctx_change_process", change_process, NORMAL),
	CALL("hwpt_set_dirty_tracking", track, NORMAL),
	CALL("hwpt_get_dirty_bitmap", get_dirty, NORMAL),
	CALL("viommu_invalidate", invalidate, NORMAL),
	CALL("device_attach_pasid", attach_pasid, NORMAL),
	CALL("device_detach_pasid", detach_pasid, NORMAL),
	CALL("device_get_hw_info", hw_info, NORMAL),
	CALL("vfio_get_info", vfio_info, NORMAL),
	CALL("vfio_reset", reset, NORMAL),
	CALL("fault_queue_read", read, NORMAL),
	CALL("fault_queue_respond", respond, NORMAL),
	CALL("ioas_alloc", ioas_alloc, NORMAL),
	CALL("ioas_destroy", destroy, DESTROYS),
	CALL("hwpt_alloc", hwpt_alloc, NORMAL),
	CALL("viommu_alloc", viommu_alloc, NORMAL),
	CALL("vdevice_alloc", vdevice_alloc, NORMAL),
	CALL("ioas_map refused", map, REFUSED),
	CALL("ioas_unmap refused", unmap, REFUSED),
	CALL("device_attach refused", attach, REFUSED),
};

/* Once, which also finds the functions for the dynamic linker. */
static void count_requests(struct call *call, double *numbers)
{
	prepare(call);
	bench_ioctls = 0;
	counter_alloc_start();
	call->library(call);
	numbers[4] = counter_alloc_stop();
	numbers[3] = bench_ioctls;
	MUST(!result == (call->kind != REFUSED));
	after_library(call);
	prepare(call);
	call->by_hand(call);
	MUST(!result == (call->kind != REFUSED));
	let_go();
}

static void compare(struct call call)
{
	double numbers[5];

	count_requests(&call, numbers);
	numbers[0] = (double)bench_instructions(prepare, call.library, &call);
	after_library(&call);
	numbers[1] = (double)bench_instructions(prepare, call.by_hand, &call);
	let_go();
	numbers[2] = numbers[0] - numbers[1];
	bench_row(call.words, numbers, 5);
/* Neither of a build to look into nor of one that watches itself. */
#if defined(__OPTIMIZE__) && !defined(COUNTER_SANITIZED)
	if (bench_is_quick() && call.kind == PROMISED)
		MUST(numbers[2] <= MOST_ABOVE && numbers[3] == 1 &&
		     numbers[4] == 0);
#endif
}

static void begin(void)
{
	ioas = bench_ioas();
	ctx = iommufd_ioas_ctx(ioas);
	ctx_fd = iommufd_ctx_fd(ctx);
	queue_fd = open("/dev/zero", O_RDWR | O_CLOEXEC);
	MUST(queue_fd >= 0);
	MUST(!iommufd_vfio_adopt_bound(ctx, ID, queue_fd, 0, &file));
	MUST(!iommufd_device_from_vfio(file, &device));
	file_fd = iommufd_vfio_fd(file);
	MUST(!iommufd_hwpt_adopt(ctx, ID, 0, &hwpt));
	MUST(!iommufd_viommu_adopt(ctx, ID, 0, &viommu));
	MUST(!iommufd_fault_queue_adopt(ctx, ID, queue_fd, 0, &faults));
}

static void end(void)
{
	iommufd_fault_queue_release(faults);
	iommufd_viommu_release(viommu);
	iommufd_hwpt_release(hwpt);
	iommufd_device_close(device);
	iommufd_vfio_close(file);
	close(queue_fd);
	iommufd_ioas_release(ioas);
}

int main(int argc, char **argv)
{
	bench_arguments(argc, argv);
	begin();
	bench_table("instructions of a call and of the same request made by "
		    "hand; ioctls and allocations of the library",
		    "call,library,by hand,above,ioctls,allocations");
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		compare(calls[i]);
	end();
	bench_end();
	return 0;
}
