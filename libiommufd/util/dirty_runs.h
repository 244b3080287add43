/* SPDX-License-Identifier: MIT */
/* What the files that find runs in a bitmap share. */
#ifndef LIBIOMMUFD_UTIL_DIRTY_RUNS_H
#define LIBIOMMUFD_UTIL_DIRTY_RUNS_H

#include <stddef.h>
#include <stdint.h>

#define WORD 64
#define LINE 8 /* words: a cache line */

#define AHEAD 8192 /* bytes: so far on, memory is asked for before it is read */

/* Beyond the end, too: it is only a hint. */
static inline void ask_for(const uint64_t *word)
{
	__builtin_prefetch((const void *)((uintptr_t)word + AHEAD));
}

static inline uint32_t ctz(uint64_t word)
{
	return (uint32_t)__builtin_ctzll(word);
}

/*
 * dirty_list.c: which of these words are not empty. What is in the list behind
 * them, and in as many entries more, may be written over.
 */
#define IOMMUFD__LIST_SPARE 8

size_t iommufd__dirty_list(const uint64_t *word, size_t words, uint32_t *list);

#endif
