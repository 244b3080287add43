/* SPDX-License-Identifier: MIT */
#include <endian.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "fakeattach.h"
#include "harness.h"
#include "uapi.h"

#define ENTRIES_MAX (UINT32_C(1) << 19) /* of one invalidation */

struct fake fake;

/* ---- objects ------------------------------------------------------------- */

struct fake_object *fake_object(uint32_t id)
{
	if (id >= FAKE_OBJECTS || !fake.objects[id].nr)
		return NULL;
	return &fake.objects[id];
}

/* Like the kernel's, an id is the lowest one that is free. */
static uint32_t object_new(uint32_t nr, uint32_t on)
{
	uint32_t id = 1;

	while (fake_object(id) || id == FAKE_DEVICE)
		id++;
	MUST(id < FAKE_OBJECTS);
	fake.objects[id] =
		(struct fake_object){ .nr = nr, .on = { on }, .fd = -1 };
	return id;
}

static int queue_fd(uint32_t id)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	MUST(fd >= 0);
	fake.objects[id].fd = fd;
	return fd;
}

static int is_busy(uint32_t id)
{
	const struct fake_object *o = &fake.objects[id];

	for (uint32_t i = 1; i < FAKE_OBJECTS; i++)
		if (fake.objects[i].nr && (fake.objects[i].on[0] == id ||
					   fake.objects[i].on[1] == id))
			return 1;
	for (int i = 0; i < FAKE_ATTACHED; i++)
		if (fake.attached[i].page_table == id)
			return 1;
	return o->fd >= 0 && fcntl(o->fd, F_GETFD) >= 0;
}

static int destroy(const struct uapi_destroy *cmd)
{
	if (!fake_object(cmd->id))
		return ENOENT;
	if (is_busy(cmd->id))
		return EBUSY;
	fake.objects[cmd->id].nr = 0;
	return 0;
}

/* Of a stream table entry: what a guest may set, and what these fields mean. */
#define STE_0_ALLOWED UINT64_C(0xf80fffffffffffff)
#define STE_1_ALLOWED UINT64_C(0x380000ff)
#define STE_V(ste)    (le64toh((ste)[0]) & 1)
#define STE_CFG(ste)  (le64toh((ste)[0]) >> 1 & 7)
#define STE_EATS(ste) (le64toh((ste)[1]) >> 28 & 3)

static int check_ste(const struct uapi_hwpt_alloc *cmd, int *translates)
{
	uint64_t ste[2];

	if (cmd->data_type != IOMMUFD_HWPT_DATA_ARM_SMMUV3)
		return EINVAL;
	if (cmd->data_len != sizeof(ste))
		return EINVAL;
	memcpy(ste, (const void *)(uintptr_t)cmd->data_uptr, sizeof(ste));
	if (!STE_V(ste))
		return 0;
	if (le64toh(ste[0]) & ~STE_0_ALLOWED ||
	    le64toh(ste[1]) & ~STE_1_ALLOWED)
		return EIO;
	if ((STE_CFG(ste) && STE_CFG(ste) != 4 && STE_CFG(ste) != 5) ||
	    STE_EATS(ste) > 1)
		return EIO;
	*translates = STE_CFG(ste) == 5;
	return 0;
}

static int hwpt_alloc(struct uapi_hwpt_alloc *cmd)
{
	const struct fake_object *parent = fake_object(cmd->pt_id);
	int translates = 0, err;

	if (!parent)
		return EINVAL;
	if (parent->nr == IOMMUFD_NR_VIOMMU_ALLOC) {
		err = check_ste(cmd, &translates);
		if (err)
			return err;
	}
	if (parent->nr == IOMMUFD_NR_HWPT_ALLOC &&
	    !(parent->flags & IOMMUFD_HWPT_NEST_PARENT))
		return EINVAL;
	if (fake.flags_ok && !fake.flags_ok(cmd->flags))
		return EOPNOTSUPP;
	cmd->out_hwpt_id = object_new(IOMMUFD_NR_HWPT_ALLOC, cmd->pt_id);
	fake.objects[cmd->out_hwpt_id].flags = cmd->flags;
	fake.objects[cmd->out_hwpt_id].translates = translates;
	if (cmd->flags & IOMMUFD_HWPT_FAULT_ID_VALID) {
		MUST(fake_object(cmd->fault_id));
		fake.objects[cmd->out_hwpt_id].on[1] = cmd->fault_id;
	}
	return 0;
}

static int viommu_alloc(struct uapi_viommu_alloc *cmd)
{
	if (!fake_object(cmd->hwpt_id))
		return ENOENT;
	cmd->out_viommu_id = object_new(IOMMUFD_NR_VIOMMU_ALLOC, cmd->hwpt_id);
	return 0;
}

static int vdevice_alloc(struct uapi_vdevice_alloc *cmd)
{
	struct fake_object *o;

	if (!fake_object(cmd->viommu_id))
		return ENOENT;
	for (uint32_t i = 1; i < FAKE_OBJECTS; i++) {
		o = &fake.objects[i];
		if (o->nr == IOMMUFD_NR_VDEVICE_ALLOC &&
		    (o->device == cmd->dev_id || (o->on[0] == cmd->viommu_id &&
						  o->virt_id == cmd->virt_id)))
			return EEXIST;
	}
	cmd->out_vdevice_id =
		object_new(IOMMUFD_NR_VDEVICE_ALLOC, cmd->viommu_id);
	o = &fake.objects[cmd->out_vdevice_id];
	o->device = cmd->dev_id;
	o->virt_id = cmd->virt_id;
	return 0;
}

static int veventq_alloc(struct uapi_veventq_alloc *cmd)
{
	if (!fake_object(cmd->viommu_id))
		return ENOENT;
	cmd->out_veventq_id =
		object_new(IOMMUFD_NR_VEVENTQ_ALLOC, cmd->viommu_id);
	cmd->out_veventq_fd = (uint32_t)queue_fd(cmd->out_veventq_id);
	return 0;
}

static int fault_queue_alloc(struct uapi_fault_queue_alloc *cmd)
{
	cmd->out_fault_id = object_new(IOMMUFD_NR_FAULT_QUEUE_ALLOC, 0);
	cmd->out_fault_fd = (uint32_t)queue_fd(cmd->out_fault_id);
	return 0;
}

/* ---- hardware ------------------------------------------------------------ */

static int get_hw_info(struct uapi_get_hw_info *cmd)
{
	const uint32_t room = cmd->data_len;
	const uint32_t length = room < fake.hw_length ? room : fake.hw_length;
	void *data = (void *)(uintptr_t)cmd->data_uptr;

	if (room)
		memset(data, 0, room);
	memcpy(data ? data : fake.hw_data, fake.hw_data, length);
	cmd->data_len = fake.hw_length;
	cmd->data_type = fake.hw_type;
	cmd->out_max_pasid_log2 = fake.pasid_bits;
	cmd->out_capabilities = fake.capabilities;
	return 0;
}

/*
 * What comes before the first bad entry is accepted and counted; where there are
 * batches, those that were begun are never done.
 */
static int invalidate(struct uapi_hwpt_invalidate *cmd)
{
	const unsigned char *from = (const void *)(uintptr_t)cmd->data_uptr;
	const uint32_t length = cmd->entry_len, given = cmd->entry_num;
	uint32_t done = 0, accepted;

	cmd->entry_num = 0;
	if (!fake_object(cmd->hwpt_id))
		return ENOENT;
	if (!given || given > ENTRIES_MAX)
		return EINVAL;
	while (done < given &&
	       (!fake.entry_ok || fake.entry_ok(from + done * length)))
		done++;
	accepted = done;
	cmd->entry_num = accepted;
	if (accepted < given && fake.batch)
		done = accepted / fake.batch * fake.batch;
	fake.entry_length = length;
	fake.entries = realloc(fake.entries,
			       (size_t)length * (fake.entry_count + done));
	if (done)
		memcpy(fake.entries + (size_t)length * fake.entry_count, from,
		       (size_t)length * done);
	fake.entry_count += done;
	return accepted < given ? EIO : 0;
}

/* ---- requests ------------------------------------------------------------ */

static int answer(int fd, uint32_t nr, void *arg)
{
	switch (nr) {
	case IOMMUFD_NR_DESTROY:
		return destroy(arg);
	case IOMMUFD_NR_IOAS_ALLOC:
		((struct uapi_ioas_alloc *)arg)->out_ioas_id =
			object_new(nr, 0);
		return 0;
	case IOMMUFD_NR_HWPT_ALLOC:
		return hwpt_alloc(arg);
	case IOMMUFD_NR_GET_HW_INFO:
		return get_hw_info(arg);
	case IOMMUFD_NR_HWPT_INVALIDATE:
		return invalidate(arg);
	case IOMMUFD_NR_FAULT_QUEUE_ALLOC:
		return fault_queue_alloc(arg);
	case IOMMUFD_NR_VIOMMU_ALLOC:
		return viommu_alloc(arg);
	case IOMMUFD_NR_VDEVICE_ALLOC:
		return vdevice_alloc(arg);
	case IOMMUFD_NR_VEVENTQ_ALLOC:
		return veventq_alloc(arg);
	case UAPI_VFIO_ATTACH:
		return fake_attach(fd, arg);
	case UAPI_VFIO_DETACH:
		return fake_detach(fd, arg);
	default:
		return ENOTTY;
	}
}

/* Every struct begins with its size. */
static void write_down(uint32_t nr, const void *arg)
{
	struct fake_call *call = &fake.calls[fake.count];
	const struct uapi_hwpt_alloc *hwpt = (const void *)call->arg;
	uint32_t size;

	if (fake.count == FAKE_CALLS)
		return;
	fake.count++;
	memset(call, 0, sizeof(*call));
	call->nr = nr;
	memcpy(&size, arg, sizeof(size));
	memcpy(call->arg, arg,
	       size < sizeof(call->arg) ? size : sizeof(call->arg));
	if (nr != IOMMUFD_NR_HWPT_ALLOC || !hwpt->data_len)
		return;
	call->data_length = hwpt->data_len;
	memcpy(call->data, (const void *)(uintptr_t)hwpt->data_uptr,
	       hwpt->data_len < sizeof(call->data) ? hwpt->data_len
						   : sizeof(call->data));
}

/* The errno of a request that is to fail, or 0. */
static int failure_of(uint32_t nr)
{
	int err = 0;

	for (int i = 0; i < FAKE_FAILURES; i++)
		if (fake.failures[i].nr == nr && fake.failures[i].at &&
		    !--fake.failures[i].at)
			err = fake.failures[i].err;
	return err;
}

int fake_ioctl(int fd, unsigned long request, void *arg)
{
	const uint32_t nr = request & 0xff;
	int err;

	write_down(nr, arg);
	err = failure_of(nr);
	if (err && nr == IOMMUFD_NR_HWPT_INVALIDATE)
		((struct uapi_hwpt_invalidate *)arg)->entry_num = 0;
	if (!err)
		err = answer(fd, nr, arg);
	errno = err;
	return err ? -1 : 0;
}

/* ---- for the tests ------------------------------------------------------- */

struct iommufd_device *fake_device(struct iommufd_ctx *ctx, uint32_t id)
{
	struct iommufd_device *device = NULL;
	struct iommufd_vfio *file = NULL;
	int i = 0;

	OK(iommufd_vfio_adopt_bound(ctx, id, 0, 0, &file));
	OK(iommufd_device_from_vfio(file, &device));
	iommufd_vfio_close(file);
	while (fake.devices[i].id)
		i++;
	ck_assert_int_lt(i, FAKE_DEVICES);
	fake.devices[i].fd = iommufd_vfio_fd(iommufd_device_vfio(device));
	fake.devices[i].id = id;
	return device;
}

void fake_begin(struct iommufd_ctx **ctx, struct iommufd_ioas **ioas,
		struct iommufd_device **device)
{
	memset(&fake, 0, sizeof(fake));
	OK(iommufd_ctx_open("/dev/null", ctx));
	OK(iommufd_ioas_alloc(*ctx, 0, ioas));
	*device = fake_device(*ctx, FAKE_DEVICE);
	fake_forget();
}

void fake_end(struct iommufd_ctx *ctx, struct iommufd_ioas *ioas,
	      struct iommufd_device *device)
{
	iommufd_device_close(device);
	OK(iommufd_ioas_destroy(ioas));
	iommufd_ctx_close(ctx);
	ck_assert_uint_eq(fake_alive(), 0);
	free(fake.entries);
	fake.entries = NULL;
}

void fake_forget(void)
{
	fake.count = 0;
	fake.entry_count = 0;
}

void fake_fail(uint32_t nr, uint32_t n, int err)
{
	int i = 0;

	while (i < FAKE_FAILURES && fake.failures[i].at)
		i++;
	ck_assert_int_lt(i, FAKE_FAILURES);
	fake.failures[i].nr = nr;
	fake.failures[i].at = n;
	fake.failures[i].err = err;
}

uint32_t fake_asked(uint32_t nr)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < fake.count; i++)
		count += fake.calls[i].nr == nr;
	return count;
}

const struct fake_call *fake_call(uint32_t nr, uint32_t n)
{
	for (uint32_t i = 0; i < fake.count; i++)
		if (fake.calls[i].nr == nr && !--n)
			return &fake.calls[i];
	ck_abort_msg("there was no such request: %#x", nr);
}

uint32_t fake_alive(void)
{
	uint32_t count = 0;

	for (uint32_t i = 1; i < FAKE_OBJECTS; i++)
		count += fake.objects[i].nr != 0;
	return count;
}
