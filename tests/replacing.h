/* SPDX-License-Identifier: MIT */
/* What the tests of replacement share. */
#ifndef TESTS_REPLACING_H
#define TESTS_REPLACING_H

#include <iommufd/util/util.h>

#include "fixture.h"

/* The fixture, and two page tables: devices are attached to the old one. */
extern struct fixture f;
extern uint32_t old, new;

/* A page table of which only the id is kept. */
uint32_t new_table(struct iommufd_device *device, uint32_t parent,
		   uint32_t flags);

/* A replacement with its inputs set and its outputs full of nonsense. */
struct iommufd_replacement replacement(struct iommufd_device *device,
				       uint32_t from, uint32_t to);

/* And that it has left nothing behind. */
void check_result(const struct iommufd_replacement *r, int ret, uint32_t state,
		  uint32_t in_force);

/* Something is attached to the first one, so it cannot be destroyed; and nothing
 * to the other one, which is. */
void check_attached(uint32_t attached, uint32_t other);

#endif /* TESTS_REPLACING_H */
