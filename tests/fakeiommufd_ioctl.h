/* SPDX-License-Identifier: MIT */
/*
 * Puts the fake before the C library's ioctl(). Included by one file of a
 * program that has no other kernel, because it defines ioctl().
 */
#ifndef TESTS_FAKEIOMMUFD_IOCTL_H
#define TESTS_FAKEIOMMUFD_IOCTL_H

#include <stdarg.h>
#include <sys/ioctl.h>

#include "fakeiommufd.h"

int ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	return fake_ioctl(fd, request, arg);
}

#endif /* TESTS_FAKEIOMMUFD_IOCTL_H */
