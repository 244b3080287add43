/* SPDX-License-Identifier: MIT */
/* What the parts of the fake kernel share. */
#ifndef TESTS_FAKEATTACH_H
#define TESTS_FAKEATTACH_H

#include "fakeiommufd.h"

/* Unlike Check's own it allocates nothing when it holds. */
#define MUST(condition)                                                        \
	do {                                                                   \
		if (!(condition))                                              \
			ck_abort_msg("the fake kernel: " #condition);          \
	} while (0)

/* NULL when there is none with this id. */
struct fake_object *fake_object(uint32_t id);

int fake_attach(int fd, const struct uapi_vfio_attach *cmd);
int fake_detach(int fd, const struct uapi_vfio_detach *cmd);

#endif /* TESTS_FAKEATTACH_H */
