/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "harness.h"
#include "queues.h"

struct iommufd_hwpt *nested_on(struct queues *q, uint32_t parent,
			       uint32_t fault_id)
{
	static const struct iommufd_mock_hwpt_data data = { .iotlb = 1 };
	const struct iommufd_hwpt_alloc_opts opts = {
		.size = sizeof(opts),
		.flags = fault_id ? IOMMUFD_HWPT_FAULT_ID_VALID : 0,
		.data_type = IOMMUFD_MOCK_HWPT_DATA,
		.data_len = sizeof(data.iotlb), /* all that 6.12 has */
		.data = &data,
		.fault_id = fault_id,
	};
	struct iommufd_hwpt *hwpt = NULL;

	OK(iommufd_hwpt_alloc(q->f.device, parent, &opts, &hwpt));
	return hwpt;
}

static void parent_new(struct queues *q)
{
	OK(iommufd_hwpt_alloc(q->f.device, iommufd_ioas_id(q->f.ioas),
			      HWPT_FLAGS(IOMMUFD_HWPT_NEST_PARENT),
			      &q->parent));
}

static void attach(struct queues *q)
{
	OK(iommufd_device_attach(q->f.device, iommufd_hwpt_id(q->nested),
				 NULL));
}

void queues_add_faults(struct queues *q)
{
	parent_new(q);
	OK(iommufd_fault_queue_alloc(q->f.ctx, 0, &q->faults));
	q->nested = nested_on(q, iommufd_hwpt_id(q->parent),
			      iommufd_fault_queue_id(q->faults));
	attach(q);
}

void queues_add_events(struct queues *q, uint32_t depth)
{
	const struct iommufd_veventq_alloc_opts opts = {
		.size = sizeof(opts),
		.type = IOMMUFD_MOCK_VEVENTQ,
		.depth = depth,
	};

	parent_new(q);
	OK(iommufd_viommu_alloc(q->f.device, q->parent, IOMMUFD_MOCK_VIOMMU,
				NULL, &q->viommu));
	OK(iommufd_vdevice_alloc(q->viommu, q->f.device, VIRT_ID, &q->vdevice));
	if (depth)
		OK(iommufd_veventq_alloc(q->viommu, &opts, &q->events));
	q->nested = nested_on(q, iommufd_viommu_id(q->viommu), 0);
	attach(q);
}

void queues_away(struct queues *q)
{
	OK(iommufd_device_attach(q->f.device, iommufd_ioas_id(q->f.ioas),
				 NULL));
}

void queues_remove(struct queues *q)
{
	queues_away(q);
	OK(iommufd_hwpt_destroy(q->nested));
	iommufd_fault_queue_close_fd(q->faults);
	OK(iommufd_fault_queue_destroy(q->faults));
	iommufd_veventq_close_fd(q->events);
	OK(iommufd_veventq_destroy(q->events));
	OK(iommufd_vdevice_destroy(q->vdevice));
	OK(iommufd_viommu_destroy(q->viommu));
	OK(iommufd_hwpt_destroy(q->parent));
}

static void begin(struct queues *q)
{
	memset(q, 0, sizeof(*q));
	fixture_device(&q->f);
}

void queues_faults(struct queues *q)
{
	begin(q);
	queues_add_faults(q);
}

void queues_events(struct queues *q, uint32_t depth)
{
	begin(q);
	queues_add_events(q, depth);
}

void queues_end(struct queues *q)
{
	queues_remove(q);
	fixture_end(&q->f);
	memset(q, 0, sizeof(*q));
}

void fault_at(struct queues *q, uint64_t address, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct iommufd_mock_fault fault = {
			.group = i + 1,
			.permission = IOMMUFD_PGFAULT_PERM_READ,
			.address = address + i * PAGE,
		};

		OK(iommufd_mock_device_trigger_fault(q->f.device, &fault));
	}
}

void event_times(struct queues *q, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		OK(iommufd_mock_device_trigger_vevent(q->f.device));
}

uint32_t fault_read(struct queues *q, struct iommufd_hwpt_pgfault *faults,
		    uint32_t room)
{
	uint32_t count = room;

	memset(faults, 0, room * sizeof(*faults));
	OK(iommufd_fault_queue_read(q->faults, faults, &count));
	return count;
}

void no_faults(struct queues *q)
{
	struct iommufd_hwpt_pgfault fault;

	check_poll(iommufd_fault_queue_fd(q->faults), POLLOUT);
	ck_assert_uint_eq(fault_read(q, &fault, 1), 0);
}

uint32_t fault_cookie(struct queues *q)
{
	struct iommufd_hwpt_pgfault fault;

	fault_at(q, FAULT_AT, 1);
	ck_assert_uint_eq(fault_read(q, &fault, 1), 1);
	ck_assert_uint_ne(fault.cookie, 0);
	return fault.cookie;
}

int fault_answer(struct queues *q, uint32_t cookie, uint32_t code)
{
	const struct iommufd_hwpt_page_response response = { cookie, code };
	uint32_t count = 1;
	int ret = iommufd_fault_queue_respond(q->faults, &response, &count);

	ck_assert_uint_eq(count, !ret);
	return ret;
}

void *memory_end(void)
{
	char *memory = harness_memory(2 * PAGE);

	/* Not unmapped: something else might take the place. */
	ck_assert_int_eq(mprotect(memory + PAGE, PAGE, PROT_NONE), 0);
	return memory + PAGE;
}

void check_poll(int fd, short events)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN | POLLOUT };
	int ready = poll(&poll_fd, 1, 0);

	ck_assert_int_eq(poll_fd.revents, events);
	ck_assert_int_eq(ready, events != 0);
}

/* One table for both, so that their tests are one. */
#define KIND(name, tag, op)                                                    \
	static int tag##_adopt(struct iommufd_ctx *ctx, uint32_t id, int fd,   \
			       uint32_t flags, void **queue)                   \
	{                                                                      \
		struct iommufd_##tag *new = queue ? *queue : NULL;             \
		int ret = iommufd_##tag##_adopt(ctx, id, fd, flags,            \
						queue ? &new : NULL);          \
                                                                               \
		if (queue)                                                     \
			*queue = new;                                          \
		return ret;                                                    \
	}                                                                      \
	static uint32_t tag##_id(const void *queue)                            \
	{                                                                      \
		return iommufd_##tag##_id(queue);                              \
	}                                                                      \
	static struct iommufd_ctx *tag##_ctx(const void *queue)                \
	{                                                                      \
		return iommufd_##tag##_ctx(queue);                             \
	}                                                                      \
	static int tag##_fd(const void *queue)                                 \
	{                                                                      \
		return iommufd_##tag##_fd(queue);                              \
	}                                                                      \
	static void tag##_close_fd(void *queue)                                \
	{                                                                      \
		iommufd_##tag##_close_fd(queue);                               \
	}                                                                      \
	static int tag##_destroy(void *queue)                                  \
	{                                                                      \
		return iommufd_##tag##_destroy(queue);                         \
	}                                                                      \
	static void tag##_release(void *queue)                                 \
	{                                                                      \
		iommufd_##tag##_release(queue);                                \
	}                                                                      \
	const struct queue_kind name = { tag##_adopt,	 tag##_id,             \
					 tag##_ctx,	 tag##_fd,             \
					 tag##_close_fd, tag##_destroy,        \
					 tag##_release,	 IOMMUFD_OP_##op }

KIND(fault_queues, fault_queue, FAULT_QUEUE_ADOPT);
KIND(event_queues, veventq, VEVENTQ_ADOPT);

static int is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

void check_adopt(const struct queue_kind *kind, struct iommufd_ctx *ctx,
		 void *queue)
{
	const uint32_t take = IOMMUFD_ADOPT_TAKE_FD;
	unsigned int before = open_descriptors();
	uint32_t id = kind->id(queue);
	void *copy = NULL;
	int fd;

	OK(kind->adopt(ctx, id, kind->fd(queue), 0, &copy));
	fd = kind->fd(copy);
	ck_assert_uint_eq(kind->id(copy), id);
	ck_assert_ptr_eq(kind->ctx(copy), ctx);
	ck_assert_int_ne(fd, kind->fd(queue));
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	FAILS(kind->destroy(copy), BORROWED, EPERM);
	/* The copy keeps the queue busy like the original. */
	kind->close_fd(queue);
	FAILS(kind->destroy(queue), IN_USE, EBUSY);
	kind->release(copy);
	ck_assert_int_eq(is_open(fd), 0);
	ck_assert_uint_eq(open_descriptors(), before - 1);

	/* Taken over it stays what it is, until the handle ends. */
	fd = open("/dev/null", O_RDONLY);
	OK(kind->adopt(ctx, id, fd, take, &copy));
	ck_assert_int_eq(kind->fd(copy), fd);
	ck_assert_int_eq(fcntl(fd, F_GETFD), 0);
	kind->release(copy);
	ck_assert_int_eq(is_open(fd), 0);
	kind->release(queue);

	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	OK(kind->adopt(ctx, id, fd, take | IOMMUFD_ADOPT_OWNED, &copy));
	kind->close_fd(copy);
	ck_assert_int_eq(is_open(fd), 0);
	OK(kind->destroy(copy));
}

void check_adopt_fails(const struct queue_kind *kind, struct iommufd_ctx *ctx)
{
	void *queue = ctx;
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC), ret;

	FAILS(kind->adopt(NULL, 1, fd, 0, &queue), NULL_POINTER, EINVAL);
	FAILS(kind->adopt(ctx, 1, fd, 0, NULL), NULL_POINTER, EINVAL);
	FAILS(kind->adopt(ctx, 1, fd, IOMMUFD_ADOPT_VERIFY, &queue), BAD_FLAGS,
	      EINVAL);
	FAILS(kind->adopt(ctx, 1, fd, 1u << 31, &queue), BAD_FLAGS, EINVAL);
	FAILS(kind->adopt(ctx, 0, fd, 0, &queue), BAD_ID, EINVAL);
	ret = kind->adopt(ctx, 1u << 31, fd, IOMMUFD_ADOPT_TAKE_FD, &queue);
	FAILS(ret, BAD_ID, EINVAL);
	ck_assert_uint_eq(harness_failure(ret).op, kind->adopt_op);
	ck_assert_uint_eq(harness_failure(ret).object_id, 1u << 31);
	FAILS(kind->adopt(ctx, 7, -1, 0, &queue), BAD_FD, EBADF);
	FAILS(kind->adopt(ctx, 7, -1, IOMMUFD_ADOPT_TAKE_FD, &queue), BAD_FD,
	      EBADF);
	/* What failed has taken nothing. */
	ck_assert_int_eq(is_open(fd), 1);
	ck_assert_int_eq(close(fd), 0);
	ret = kind->adopt(ctx, 7, fd, 0, &queue);
	FAILS(ret, BAD_FD, EBADF);
	ck_assert_uint_eq(harness_failure(ret).object_id, 7);
	ck_assert_int_eq(harness_failure(ret).fd, fd);
	ck_assert_ptr_eq(queue, ctx);

	ck_assert_uint_eq(kind->id(NULL), 0);
	ck_assert_ptr_null(kind->ctx(NULL));
	ck_assert_int_eq(kind->fd(NULL), -1);
	kind->close_fd(NULL);
	kind->release(NULL);
	OK(kind->destroy(NULL));
}

/* The kernel keeps a queue whose descriptor is open. */
void check_ends(const struct queue_kind *kind, struct iommufd_ctx *ctx,
		void *queue)
{
	unsigned int before = open_descriptors();
	uint32_t id = kind->id(queue);
	int fd = kind->fd(queue);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	FAILS(kind->destroy(queue), IN_USE, EBUSY);
	ck_assert_int_eq(kind->fd(queue), fd);
	kind->close_fd(queue);
	kind->close_fd(queue);
	ck_assert_int_eq(is_open(fd), 0);
	ck_assert_int_eq(kind->fd(queue), -1);
	ck_assert_uint_eq(kind->id(queue), id);
	OK(kind->destroy(queue));
	FAILS(iommufd_ctx_destroy_id(ctx, id), OBJECT, ENOENT);
	ck_assert_uint_eq(open_descriptors(), before - 1);
}

void check_release(const struct queue_kind *kind, struct iommufd_ctx *ctx,
		   void *queue)
{
	unsigned int before = open_descriptors();
	uint32_t id = kind->id(queue);

	kind->release(queue);
	ck_assert_uint_eq(open_descriptors(), before - 1);
	OK(iommufd_ctx_destroy_id(ctx, id));
}

void check_no_descriptors(int (*call)(void))
{
	struct rlimit limit, none;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = 1; /* standard input has it */
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	FAILS(call(), DESCRIPTORS, EMFILE);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}
