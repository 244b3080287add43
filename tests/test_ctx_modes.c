/* SPDX-License-Identifier: MIT */
/*
 * What a context as a whole can be told: the accounting mode, the process, the
 * address space of the type 1 commands.
 */
#include <linux/capability.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fixture.h"
#include "harness.h"

START_TEST(accounting_mode)
{
	struct iommufd_ctx *ctx = harness_ctx();
	uint32_t mode = 7;

	OK(iommufd_ctx_rlimit_mode_get(ctx, &mode));
	ck_assert_uint_eq(mode, IOMMUFD_RLIMIT_MODE_USER);
	OK(iommufd_ctx_rlimit_mode_set(ctx, IOMMUFD_RLIMIT_MODE_PROCESS));
	OK(iommufd_ctx_rlimit_mode_get(ctx, &mode));
	ck_assert_uint_eq(mode, IOMMUFD_RLIMIT_MODE_PROCESS);
	OK(iommufd_ctx_rlimit_mode_set(ctx, IOMMUFD_RLIMIT_MODE_USER));
	iommufd_ctx_close(ctx);
}
END_TEST

START_TEST(accounting_mode_fails)
{
	struct iommufd_ctx *ctx = harness_ctx();
	struct iommufd_ioas *ioas = NULL;
	uint32_t mode = 7;
	int ret;

	FAILS(iommufd_ctx_rlimit_mode_get(NULL, &mode), NULL_POINTER, EINVAL);
	FAILS(iommufd_ctx_rlimit_mode_get(ctx, NULL), NULL_POINTER, EINVAL);
	FAILS(iommufd_ctx_rlimit_mode_set(NULL, 0), NULL_POINTER, EINVAL);
	ret = iommufd_ctx_rlimit_mode_set(ctx, 2);
	FAILS(ret, BAD_VALUE, EINVAL);
	ck_assert_uint_eq(harness_failure(ret).arg, 2);
	ck_assert_uint_eq(harness_failure(ret).op, IOMMUFD_OP_RLIMIT_MODE);
	OK(iommufd_ioas_alloc(ctx, 0, &ioas));
	FAILS(iommufd_ctx_rlimit_mode_set(ctx, IOMMUFD_RLIMIT_MODE_PROCESS),
	      CONTEXT_NOT_EMPTY, EBUSY);
	OK(iommufd_ioas_destroy(ioas));
	OK(iommufd_ctx_rlimit_mode_set(ctx, IOMMUFD_RLIMIT_MODE_PROCESS));
	drop_capability(CAP_SYS_RESOURCE);
	FAILS(iommufd_ctx_rlimit_mode_set(ctx, IOMMUFD_RLIMIT_MODE_USER),
	      NEEDS_SYS_RESOURCE, EPERM);
	OK(iommufd_ctx_rlimit_mode_get(ctx, &mode));
	ck_assert_uint_eq(mode, IOMMUFD_RLIMIT_MODE_PROCESS);
	iommufd_ctx_close(ctx);
}
END_TEST

/* An address space with a device in a context of this mode. */
static void fixture_mode(struct fixture *f, uint32_t mode)
{
	*f = (struct fixture){ .ctx = harness_ctx() };
	OK(iommufd_ctx_rlimit_mode_set(f->ctx, mode));
	OK(iommufd_ioas_alloc(f->ctx, 0, &f->ioas));
	OK(iommufd_mock_device_new(f->ctx, iommufd_ioas_id(f->ioas), 0,
				   &f->hwpt_id, &f->device));
	drop_capability(CAP_IPC_LOCK);
}

START_TEST(the_mode_says_who_pays)
{
	const uint32_t modes[] = { IOMMUFD_RLIMIT_MODE_USER,
				   IOMMUFD_RLIMIT_MODE_PROCESS };

	for (uint32_t i = 0; i < 2; i++) {
		char *memory = harness_memory(8 * PAGE);
		uint64_t pins = pinned(), locks = locked();
		uint64_t iova = 0;
		struct fixture f;

		fixture_mode(&f, modes[i]);
		map_at(f.ioas, memory, 4 * PAGE, MOCK_FIRST);
		ck_assert_uint_eq(pinned(), pins + 4 * PAGE);
		ck_assert_uint_eq(locked(), locks + i * 4 * PAGE);
		limit_locked_memory(locks + 5 * PAGE);
		FAILS(iommufd_ioas_map(f.ioas, memory, 8 * PAGE, RW, &iova),
		      MEMORY_OR_LIMIT, ENOMEM);
		ck_assert_uint_eq(pinned(), pins + 4 * PAGE);
		OK(iommufd_ioas_map(f.ioas, memory + 4 * PAGE, PAGE, RW,
				    &iova));
		fixture_end(&f);
		ck_assert_uint_eq(pinned(), pins);
		ck_assert_uint_eq(locked(), locks);
	}
}
END_TEST

/* Map four pages of a memory file, and one process's pins with them. */
static void map_file(struct fixture *f, uint64_t *iova)
{
	const struct iommufd_extent part = extent(0, 4 * PAGE);
	int fd = harness_memfd(4 * PAGE);

	OK(iommufd_ioas_map_file(f->ioas, fd, &part, RW, iova));
	close(fd);
}

static void take_over(void *arg)
{
	struct fixture *f = arg;
	uint64_t before = pinned();

	OK(iommufd_ctx_change_process(f->ctx));
	ck_assert_uint_eq(pinned(), before + 4 * PAGE);
	/* Again changes nothing. */
	OK(iommufd_ctx_change_process(f->ctx));
	ck_assert_uint_eq(pinned(), before + 4 * PAGE);
}

START_TEST(change_process)
{
	uint64_t before = pinned(), iova = 0;
	struct fixture f;

	fixture_mode(&f, IOMMUFD_RLIMIT_MODE_USER);
	FAILS(iommufd_ctx_change_process(NULL), NULL_POINTER, EINVAL);
	if (!harness_has(f.ctx, IOMMUFD_NR_IOAS_CHANGE_PROCESS)) {
		FAILS(iommufd_ctx_change_process(f.ctx), COMMAND, ENOTTY);
		fixture_end(&f);
		return;
	}
	OK(iommufd_ctx_change_process(f.ctx));
	map_file(&f, &iova);
	ck_assert_uint_eq(pinned(), before + 4 * PAGE);
	in_child(take_over, &f);
	/* The child was charged, and is gone; the mapping still stands. */
	ck_assert_uint_eq(pinned(), before);
	OK(iommufd_ctx_change_process(f.ctx));
	ck_assert_uint_eq(pinned(), before + 4 * PAGE);
	unmap_at(f.ioas, 4 * PAGE, iova);
	ck_assert_uint_eq(pinned(), before);
	fixture_end(&f);
}
END_TEST

static void take_over_poor(void *arg)
{
	struct fixture *f = arg;
	uint64_t before = pinned();

	limit_locked_memory(PAGE);
	FAILS(iommufd_ctx_change_process(f->ctx), MEMORY_OR_LIMIT, ENOMEM);
	ck_assert_uint_eq(pinned(), before);
}

START_TEST(change_process_fails)
{
	uint64_t before = pinned(), iova = 0;
	struct fixture f;
	int ret;

	fixture_mode(&f, IOMMUFD_RLIMIT_MODE_PROCESS);
	if (!harness_has(f.ctx, IOMMUFD_NR_IOAS_CHANGE_PROCESS)) {
		FAILS(iommufd_ctx_change_process(f.ctx), COMMAND, ENOTTY);
		fixture_end(&f);
		return;
	}
	map_file(&f, &iova);
	in_child(take_over_poor, &f);
	ck_assert_uint_eq(pinned(), before + 4 * PAGE);
	map_at(f.ioas, harness_memory(PAGE), PAGE, MOCK_FIRST + MIB);
	ret = iommufd_ctx_change_process(f.ctx);
	FAILS(ret, NOT_FILE_BACKED, EINVAL);
	ck_assert_uint_eq(harness_failure(ret).op, IOMMUFD_OP_CHANGE_PROCESS);
	ck_assert_uint_eq(pinned(), before + 5 * PAGE);
	fixture_end(&f);
}
END_TEST

START_TEST(type1_address_space)
{
	struct iommufd_ctx *ctx = harness_ctx();
	struct iommufd_ioas *a = NULL, *b = NULL;
	uint32_t id = 77;

	OK(iommufd_ctx_vfio_ioas_clear(ctx));
	FAILS(iommufd_ctx_vfio_ioas_get(ctx, &id), COMPAT_IOAS, ENODEV);
	ck_assert_uint_eq(id, 77);
	OK(iommufd_ioas_alloc(ctx, 0, &a));
	OK(iommufd_ioas_alloc(ctx, 0, &b));
	OK(iommufd_ctx_vfio_ioas_set(ctx, a));
	OK(iommufd_ctx_vfio_ioas_set(ctx, b));
	OK(iommufd_ctx_vfio_ioas_get(ctx, &id));
	ck_assert_uint_eq(id, iommufd_ioas_id(b));
	OK(iommufd_ctx_vfio_ioas_clear(ctx));
	FAILS(iommufd_ctx_vfio_ioas_get(ctx, &id), COMPAT_IOAS, ENODEV);
	/* The choice is no reference, and ends with the address space. */
	OK(iommufd_ctx_vfio_ioas_set(ctx, a));
	OK(iommufd_ioas_destroy(a));
	FAILS(iommufd_ctx_vfio_ioas_get(ctx, &id), COMPAT_IOAS, ENODEV);
	OK(iommufd_ioas_destroy(b));
	iommufd_ctx_close(ctx);
}
END_TEST

START_TEST(type1_address_space_fails)
{
	struct iommufd_ctx *ctx = harness_ctx(), *other = harness_ctx();
	struct iommufd_ioas *ioas = NULL, *stale = NULL;
	uint32_t id = 77;
	int ret;

	OK(iommufd_ioas_alloc(ctx, 0, &ioas));
	FAILS(iommufd_ctx_vfio_ioas_set(NULL, ioas), NULL_POINTER, EINVAL);
	FAILS(iommufd_ctx_vfio_ioas_set(ctx, NULL), NULL_POINTER, EINVAL);
	FAILS(iommufd_ctx_vfio_ioas_get(NULL, &id), NULL_POINTER, EINVAL);
	FAILS(iommufd_ctx_vfio_ioas_get(ctx, NULL), NULL_POINTER, EINVAL);
	FAILS(iommufd_ctx_vfio_ioas_clear(NULL), NULL_POINTER, EINVAL);
	FAILS(iommufd_ctx_vfio_ioas_set(other, ioas), OTHER_CONTEXT, EXDEV);
	FAILS(iommufd_ctx_vfio_ioas_get(other, &id), COMPAT_IOAS, ENODEV);
	OK(iommufd_ioas_adopt(ctx, UNUSED_ID, 0, &stale));
	ret = iommufd_ctx_vfio_ioas_set(ctx, stale);
	FAILS(ret, OBJECT, ENOENT);
	ck_assert_uint_eq(harness_failure(ret).object_id, UNUSED_ID);
	ck_assert_uint_eq(id, 77);
	iommufd_ioas_release(stale);
	OK(iommufd_ioas_destroy(ioas));
	iommufd_ctx_close(ctx);
	iommufd_ctx_close(other);
}
END_TEST

static const TTest **const modes[] = {
	&accounting_mode,
	&accounting_mode_fails,
	&the_mode_says_who_pays,
	NULL,
};

static const TTest **const processes[] = { &change_process,
					   &change_process_fails, NULL };

static const TTest **const type1[] = { &type1_address_space,
				       &type1_address_space_fails, NULL };

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "accounting", .tests = modes },
		{ .name = "process", .tests = processes },
		{ .name = "type1", .tests = type1 },
	};

	return harness_run("ctx_modes", cases, 3);
}
