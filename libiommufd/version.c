/* SPDX-License-Identifier: MIT */
#include "internal.h"

IOMMUFD_API uint32_t iommufd_version(void)
{
	return IOMMUFD_VERSION;
}
