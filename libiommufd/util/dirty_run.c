/* SPDX-License-Identifier: MIT */
/* Runs of bits in a bitmap that is mostly empty. */
#include "internal.h"

#define WORD 64
#define STEP 8 /* words: a cache line */

static uint64_t words_of(uint64_t bits)
{
	return bits / WORD + (bits % WORD != 0);
}

/* Bits before @bit of its word left out. */
static uint64_t from(uint64_t word, uint64_t bit)
{
	return word & (UINT64_MAX << bit % WORD);
}

static int is_empty(const uint64_t *line)
{
	uint64_t all = 0;

	for (int i = 0; i < STEP; i++)
		all |= line[i];
	return !all;
}

/* The first bit that is set, from @bit on; @bits or more when there is none. */
static uint64_t find_set(const uint64_t *bitmap, uint64_t bits, uint64_t bit)
{
	const uint64_t words = words_of(bits);
	uint64_t i = bit / WORD;
	uint64_t word = from(bitmap[i], bit);

	while (!word) {
		i++;
		while (words - i >= STEP && is_empty(bitmap + i))
			i += STEP;
		if (i == words)
			return bits;
		word = bitmap[i];
	}
	return i * WORD + (uint64_t)__builtin_ctzll(word);
}

/* The first one that is not. */
static uint64_t find_clear(const uint64_t *bitmap, uint64_t bits, uint64_t bit)
{
	const uint64_t words = words_of(bits);
	uint64_t i = bit / WORD;
	uint64_t word = from(~bitmap[i], bit);

	while (!word) {
		if (++i == words)
			return bits;
		word = ~bitmap[i];
	}
	return i * WORD + (uint64_t)__builtin_ctzll(word);
}

UTIL_API uint64_t iommufd_dirty_run(const uint64_t *bitmap, uint64_t bits,
				    uint64_t *position)
{
	uint64_t first = *position, end;

	if (first < bits)
		first = find_set(bitmap, bits, first);
	if (first >= bits) {
		*position = bits;
		return 0;
	}
	*position = first;
	end = find_clear(bitmap, bits, first);
	return (end < bits ? end : bits) - first;
}
