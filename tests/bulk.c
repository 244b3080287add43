/* SPDX-License-Identifier: MIT */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bulk.h"

struct fixture bulk_f;
char *bulk_memory;
struct iommufd_bulk *bulk;

void bulk_setup(void)
{
	char *memory;

	fixture_device(&bulk_f);
	memory = harness_memory(LENGTH + PIECE);
	memory += -(uintptr_t)memory % PIECE;
	bulk_memory = memory;
}

void bulk_check_empty(void)
{
	uint64_t unmapped = 7;

	OK(iommufd_ioas_unmap_all(bulk_f.ioas, &unmapped));
	ck_assert_uint_eq(unmapped, 0);
	ck_assert_uint_eq(pinned(), 0);
}

void bulk_check_mapped(void)
{
	uint64_t unmapped = 7;

	OK(iommufd_mock_check_map(bulk_f.ctx, bulk_f.hwpt_id, bulk_memory,
				  LENGTH, AT));
	ck_assert_uint_eq(pinned(), LENGTH);
	OK(iommufd_ioas_unmap_all(bulk_f.ioas, &unmapped));
	ck_assert_uint_eq(unmapped, LENGTH);
}

void bulk_end(void)
{
	bulk_check_empty();
	fixture_end(&bulk_f);
}

struct iommufd_bulk_region bulk_region(void)
{
	return (struct iommufd_bulk_region){
		.size = sizeof(struct iommufd_bulk_region),
		.flags = RW,
		.fd = -1,
		.memory = bulk_memory,
		.length = LENGTH,
		.iova = AT,
	};
}

struct iommufd_bulk_opts bulk_opts(uint32_t flags)
{
	return (struct iommufd_bulk_opts){
		.size = sizeof(struct iommufd_bulk_opts),
		.flags = flags,
		.piece = PIECE,
		.alignment = PAGE,
	};
}

void bulk_prepare(const struct iommufd_bulk_region *region, uint32_t flags)
{
	const struct iommufd_bulk_opts opts = bulk_opts(flags);

	OK(iommufd_bulk_prepare(bulk_f.ioas, region, 1, &opts, &bulk));
}

struct iommufd_bulk_info bulk_info(void)
{
	struct iommufd_bulk_info info = { .size = sizeof(info) };

	OK(iommufd_bulk_get_info(bulk, &info));
	return info;
}

void bulk_undo(void)
{
	OK(iommufd_bulk_undo(bulk, 0));
	bulk_check_empty();
}

void bulk_forget_populating(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_madvise, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 22, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 23, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {
		.len = sizeof(code) / sizeof(code[0]),
		.filter = code,
	};

	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program),
			 0);
	ck_assert_int_eq(madvise(NULL, 0, 23), -1);
}
