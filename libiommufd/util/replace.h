/* SPDX-License-Identifier: MIT */
/* What the two forms of replacement have in common. */
#ifndef LIBIOMMUFD_UTIL_REPLACE_PRIVATE_H
#define LIBIOMMUFD_UTIL_REPLACE_PRIVATE_H

#include "internal.h"

uint32_t iommufd__replace_check(const struct iommufd_replacement *r);
void iommufd__replace_begin(struct iommufd_replacement *r);
int iommufd__replace_one(struct iommufd_replacement *r);
void iommufd__replace_undo(struct iommufd_replacement *r);

#endif /* LIBIOMMUFD_UTIL_REPLACE_PRIVATE_H */
