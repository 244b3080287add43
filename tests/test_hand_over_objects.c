/* SPDX-License-Identifier: MIT */
/*
 * What can be handed over, thing by thing, and what cannot. The new process is
 * the same as the old one here: what goes between them is the same.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "handing.h"
#include "queues.h"

static struct queues q;

static void map_file(struct queues *any)
{
	const struct iommufd_extent all = extent(0, HANDED);
	uint64_t iova = MOCK_FIRST;
	int fd = harness_memfd(HANDED);

	OK(iommufd_ioas_map_file(any->f.ioas, fd, &all, FIXED, &iova));
	close(fd);
}

static struct iommufd_hw_queue *hw_queue_new(void)
{
	const struct iommufd_hw_queue_alloc_opts opts = {
		.size = sizeof(opts),
		.type = IOMMUFD_MOCK_HW_QUEUE,
		.length = PAGE,
		.iova = MOCK_FIRST,
	};
	struct iommufd_hw_queue *queue = NULL;

	OK(iommufd_hw_queue_alloc(q.viommu, &opts, &queue));
	return queue;
}

/* Events keep their order and their numbers, whoever reads them. */
static void three_events(struct iommufd_veventq *events)
{
	struct mock_record records[4];
	uint32_t length = sizeof(records);

	OK(iommufd_veventq_read(events, records, &length));
	ck_assert_uint_eq(length, 3 * sizeof(records[0]));
	for (uint32_t i = 0; i < 3; i++) {
		ck_assert_uint_eq(records[i].header.sequence, i);
		ck_assert_uint_eq(records[i].event.virt_id, VIRT_ID);
	}
}

static struct iommufd_hand_over *guest_add(struct iommufd_hw_queue *queue)
{
	const struct iommufd_hand_over_object objects[] = {
		OBJECT(IOAS, "guest", .ioas = q.f.ioas),
		OBJECT(HWPT, "guest", .hwpt = q.parent),
		OBJECT(HWPT_NESTED, "guest", .hwpt = q.nested),
		OBJECT(VIOMMU, "guest", .viommu = q.viommu),
		OBJECT(VDEVICE, "guest", .vdevice = q.vdevice),
		OBJECT(HW_QUEUE, "guest", .hw_queue = queue),
		OBJECT(VEVENTQ, "guest", .veventq = q.events),
	};
	struct iommufd_hand_over *h = NULL;

	OK(iommufd_hand_over_new(q.f.ctx, 0, &h));
	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++)
		OK(iommufd_hand_over_add(h, &objects[i]));
	return h;
}

/* The old process lets go, and the new one has the same things. */
static void guest_take(struct iommufd_hand_over *h, struct iommufd_ctx *ctx,
		       struct iommufd_hw_queue **queue)
{
	iommufd_hw_queue_release(*queue);
	iommufd_veventq_release(q.events);
	iommufd_vdevice_release(q.vdevice);
	iommufd_viommu_release(q.viommu);
	iommufd_hwpt_release(q.nested);
	iommufd_hwpt_release(q.parent);
	iommufd_ioas_release(q.f.ioas);
	iommufd_ctx_close(q.f.ctx);
	q.f.ctx = ctx;
	q.f.ioas = handing_take_one(h, OBJECT(IOAS, "guest")).ioas;
	q.parent = handing_take_one(h, OBJECT(HWPT, "guest")).hwpt;
	q.nested = handing_take_one(h, OBJECT(HWPT_NESTED, "guest")).hwpt;
	q.viommu = handing_take_one(h, OBJECT(VIOMMU, "guest")).viommu;
	q.vdevice = handing_take_one(h, OBJECT(VDEVICE, "guest")).vdevice;
	*queue = handing_take_one(h, OBJECT(HW_QUEUE, "guest")).hw_queue;
	q.events = handing_take_one(h, OBJECT(VEVENTQ, "guest")).veventq;
}

START_TEST(all_of_a_guest)
{
	struct iommufd_hw_queue *queue;
	struct iommufd_ctx *ctx = NULL;
	struct iommufd_hand_over *h;

	fixture_device(&q.f);
	if (!handing_possible(&q.f))
		return;
	queues_add_events(&q, 8);
	map_file(&q);
	queue = hw_queue_new();
	event_times(&q, 2);
	h = handing_across(guest_add(queue), &ctx);
	event_times(&q, 1);
	guest_take(h, ctx, &queue);
	OK(iommufd_hand_over_finish(h));
	three_events(q.events);
	OK(iommufd_hw_queue_destroy(queue));
	queues_end(&q);
}
END_TEST

/* A fault that waits is read by the new one, and the answer to one that has been
 * read goes by its cookie, whoever gives it. */
START_TEST(faults_on_their_way)
{
	struct iommufd_hwpt_pgfault faults[2];
	struct iommufd_hand_over *h = NULL;
	struct iommufd_hand_over_object taken;
	struct iommufd_ctx *ctx = NULL;
	uint32_t cookie;

	fixture_device(&q.f);
	if (!handing_possible(&q.f))
		return;
	queues_add_faults(&q);
	cookie = fault_cookie(&q);
	fault_at(&q, FAULT_AT, 1);
	OK(iommufd_hand_over_new(q.f.ctx, 0, &h));
	OK(iommufd_hand_over_add(h, &OBJECT(FAULT_QUEUE, "faults",
					    .fault_queue = q.faults,
					    .value = cookie)));
	h = handing_across(h, &ctx);
	taken = handing_take_one(h, OBJECT(FAULT_QUEUE, "faults"));
	iommufd_fault_queue_release(q.faults);
	q.faults = taken.fault_queue;
	OK(iommufd_hand_over_finish(h));
	ck_assert_uint_eq(taken.value, cookie);
	OK(fault_answer(&q, cookie, IOMMUFD_PAGE_RESPONSE_SUCCESS));
	ck_assert_uint_eq(fault_read(&q, faults, 2), 1);
	ck_assert_uint_eq(faults[0].addr, FAULT_AT);
	OK(fault_answer(&q, faults[0].cookie, IOMMUFD_PAGE_RESPONSE_SUCCESS));
	iommufd_ctx_close(ctx);
	queues_end(&q);
}
END_TEST

START_TEST(what_cannot_move)
{
	struct iommufd_hand_over *h = NULL;
	int fd = -1;

	fixture_device(&q.f);
	if (!handing_possible(&q.f))
		return;
	map_file(&q);
	map_at(q.f.ioas, harness_memory(PAGE), PAGE, MOCK_FIRST + MIB);
	FAILS(iommufd_hand_over_new(q.f.ctx, 0, &h), NOT_FILE_BACKED, EINVAL);
	unmap_at(q.f.ioas, PAGE, MOCK_FIRST + MIB);
	OK(iommufd_mock_dma_buf_get(q.f.ctx, PAGE, 0, &fd));
	OK(iommufd_ioas_map_file(q.f.ioas, fd,
				 &(const struct iommufd_extent){ 0, PAGE },
				 FIXED, &(uint64_t){ MOCK_FIRST + MIB }));
	close(fd);
	FAILS(iommufd_hand_over_new(q.f.ctx, 0, &h), NOT_FILE_BACKED, EINVAL);
	ck_assert_ptr_null(h);
	fixture_end(&q.f);
}
END_TEST

/* The kernel is asked while there is a way back. */
START_TEST(what_is_something_else)
{
	struct iommufd_hand_over *h = NULL;
	struct iommufd_ioas *gone = NULL;
	struct iommufd_hwpt *none = NULL;

	fixture_device(&q.f);
	if (!handing_possible(&q.f))
		return;
	queues_add_events(&q, 8);
	OK(iommufd_hand_over_new(q.f.ctx, 0, &h));
	OK(iommufd_ioas_adopt(q.f.ctx, UNUSED_ID, 0, &gone));
	OK(iommufd_hwpt_adopt(q.f.ctx, iommufd_ioas_id(q.f.ioas), 0, &none));
	FAILS(iommufd_hand_over_add(h, &OBJECT(HWPT, "x", .hwpt = q.nested)),
	      OBJECT, ENOENT);
	FAILS(iommufd_hand_over_add(h, &OBJECT(HWPT, "x", .hwpt = none)),
	      OBJECT, ENOENT);
	FAILS(iommufd_hand_over_add(h, &OBJECT(IOAS, "x", .ioas = gone)),
	      OBJECT, ENOENT);
	OK(iommufd_hand_over_add(h, &OBJECT(HWPT, "x", .hwpt = q.parent)));
	iommufd_hand_over_release(h);
	iommufd_hwpt_release(none);
	iommufd_ioas_release(gone);
	queues_end(&q);
}
END_TEST

/* What was mapped after the beginning shows at the end, which changes nothing. */
START_TEST(what_cannot_move_any_more)
{
	struct iommufd_hand_over *h = NULL;
	struct iommufd_ctx *ctx = NULL;

	fixture_device(&q.f);
	if (!handing_possible(&q.f))
		return;
	OK(iommufd_hand_over_new(q.f.ctx, 0, &h));
	map_at(q.f.ioas, harness_memory(PAGE), PAGE, MOCK_FIRST);
	h = handing_across(h, &ctx);
	FAILS(iommufd_hand_over_finish(h), NOT_FILE_BACKED, EINVAL);
	unmap_at(q.f.ioas, PAGE, MOCK_FIRST);
	OK(iommufd_hand_over_finish(h));
	iommufd_ctx_close(ctx);
	fixture_end(&q.f);
}
END_TEST

static const TTest **const things[] = {
	&all_of_a_guest,	 &faults_on_their_way,	     &what_cannot_move,
	&what_is_something_else, &what_cannot_move_any_more, NULL
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "things", .tests = things },
	};

	return harness_run("hand_over_objects", cases, 1);
}
