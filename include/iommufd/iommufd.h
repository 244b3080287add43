/* SPDX-License-Identifier: MIT */
/**
 * @file iommufd.h
 * @brief Everything of libiommufd.
 */
#ifndef LIBIOMMUFD_IOMMUFD_H
#define LIBIOMMUFD_IOMMUFD_H

#include <iommufd/version.h>
#include <iommufd/error.h>
#include <iommufd/failure.h>
#include <iommufd/ctx.h>
#include <iommufd/ioas.h>
#include <iommufd/hwpt.h>
#include <iommufd/vfio.h>
#include <iommufd/device.h>
#include <iommufd/access.h>
#include <iommufd/viommu.h>
#include <iommufd/vdevice.h>
#include <iommufd/hw_queue.h>
#include <iommufd/fault_queue.h>
#include <iommufd/veventq.h>

#endif /* LIBIOMMUFD_IOMMUFD_H */
