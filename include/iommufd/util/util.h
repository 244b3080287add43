/* SPDX-License-Identifier: MIT */
/**
 * @file util.h
 * @brief Everything of libiommufd-util.
 */
#ifndef LIBIOMMUFD_UTIL_UTIL_H
#define LIBIOMMUFD_UTIL_UTIL_H

#include <iommufd/iommufd.h>
#include <iommufd/util/attach_auto.h>
#include <iommufd/util/bulk.h>
#include <iommufd/util/device_memory.h>
#include <iommufd/util/dirty.h>
#include <iommufd/util/discovery.h>
#include <iommufd/util/diagnose.h>
#include <iommufd/util/dma_map.h>
#include <iommufd/util/explain.h>
#include <iommufd/util/events.h>
#include <iommufd/util/hand_over.h>
#include <iommufd/util/iova.h>
#include <iommufd/util/nesting.h>
#include <iommufd/util/replace.h>

#endif /* LIBIOMMUFD_UTIL_UTIL_H */
