/* SPDX-License-Identifier: MIT */
/* What the files that find runs in a bitmap share. */
#ifndef LIBIOMMUFD_UTIL_DIRTY_RUNS_H
#define LIBIOMMUFD_UTIL_DIRTY_RUNS_H

#include <stddef.h>
#include <stdint.h>

#define WORD 64
#define LINE 8 /* words: a cache line */

/* Memory is asked for before it is read; beyond the end, too: it is only a hint. */
static inline void ask_for(const uint64_t *word)
{
	const uintptr_t bytes_ahead = 8192;

	__builtin_prefetch((const void *)((uintptr_t)word + bytes_ahead));
}

static inline uint32_t ctz(uint64_t word)
{
	return (uint32_t)__builtin_ctzll(word);
}

/* dirty_list.c: which of these words are not empty. The list has room for all, and
 * may be written over behind them. */
size_t iommufd__dirty_list(const uint64_t *word, size_t words, uint32_t *list);

#endif
