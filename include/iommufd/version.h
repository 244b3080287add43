/* SPDX-License-Identifier: MIT */
/**
 * @file version.h
 * @brief The version of libiommufd, at build time and at run time.
 */
#ifndef LIBIOMMUFD_VERSION_H
#define LIBIOMMUFD_VERSION_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @defgroup version Version
 * @brief Which libiommufd a program was built with and which one it runs with.
 * @{
 */

/** Major version of the headers. @since 0.1.0 */
#define IOMMUFD_VERSION_MAJOR 0
/** Minor version of the headers. @since 0.1.0 */
#define IOMMUFD_VERSION_MINOR 1
/** Patch level of the headers. @since 0.1.0 */
#define IOMMUFD_VERSION_PATCH 0

/**
 * @brief Pack a version into one number that compares in the right order.
 *
 * @param major 0 to 4095
 * @param minor 0 to 1023
 * @param patch 0 to 1023
 * @since 0.1.0
 */
#define IOMMUFD_VERSION_NUMBER(major, minor, patch)                            \
	((uint32_t)(major) << 20 | (uint32_t)(minor) << 10 | (uint32_t)(patch))

/** Version of the headers as one number. @since 0.1.0 */
#define IOMMUFD_VERSION                                                        \
	IOMMUFD_VERSION_NUMBER(IOMMUFD_VERSION_MAJOR, IOMMUFD_VERSION_MINOR,   \
			       IOMMUFD_VERSION_PATCH)

/**
 * @brief The version of the library that the program runs with.
 *
 * It may be newer than ::IOMMUFD_VERSION, the version of the headers that the
 * program was compiled with; within one soname that is always compatible.
 *
 * @return a number made by IOMMUFD_VERSION_NUMBER()
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
uint32_t iommufd_version(void);

/** @} */

#ifdef __cplusplus
}
#endif

#endif /* LIBIOMMUFD_VERSION_H */
