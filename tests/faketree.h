/* SPDX-License-Identifier: MIT */
/*
 * A folder of made-up files that looks like /sys and /dev to discovery. Paths
 * are relative to it; folders on the way are made. It ends with the machine.
 */
#ifndef TESTS_FAKETREE_H
#define TESTS_FAKETREE_H

#include <sys/types.h>

void fake_new(void);
/* A path in the tree, valid for the next eight calls. */
const char *fake_path(const char *path);
void fake_dir(const char *path);
void fake_file(const char *path, const char *text);
void fake_link(const char *path, const char *target);
void fake_node(const char *path, dev_t number);
void fake_remove(const char *path);

#endif /* TESTS_FAKETREE_H */
