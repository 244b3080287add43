/* SPDX-License-Identifier: MIT */
/* What the files about events have in common. */
#ifndef LIBIOMMUFD_UTIL_EVENTS_PRIVATE_H
#define LIBIOMMUFD_UTIL_EVENTS_PRIVATE_H

#include "internal.h"

/* sizeof(struct iommufd_event_info) in 0.1.0. */
#define EVENT_MIN (32 + sizeof(void *))

#endif /* LIBIOMMUFD_UTIL_EVENTS_PRIVATE_H */
