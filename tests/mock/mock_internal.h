/* SPDX-License-Identifier: MIT */
/* What the files of the mock support share. */
#ifndef LIBIOMMUFD_MOCK_INTERNAL_H
#define LIBIOMMUFD_MOCK_INTERNAL_H

#include <stdint.h>

#include <iommufd/iommufd.h>
#include "iommufd-mock.h"
#include "mock_uapi.h"
#include "private.h"

/*
 * mock_call.c: make the mock's command. @fd is the context's; call() fills in
 * the size and gives 0 or a typed error, raw() what the kernel returned or a
 * negative errno, and failed() the typed error of such an errno.
 */
int iommufd_mock__call(int fd, struct mock_uapi_test_cmd *cmd);
int iommufd_mock__raw(int fd, struct mock_uapi_test_cmd *cmd);
int iommufd_mock__failed(int fd, const struct mock_uapi_test_cmd *cmd, int err);

/* The library's refusals, with the mock operation that was meant. */
int iommufd_mock__refused(uint32_t op, uint32_t cause, int err);
int iommufd_mock__null(uint32_t op);

static inline uint64_t iommufd_mock__u64(const void *pointer)
{
	return (uint64_t)(uintptr_t)pointer;
}

#endif /* LIBIOMMUFD_MOCK_INTERNAL_H */
