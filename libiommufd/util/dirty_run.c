/* SPDX-License-Identifier: MIT */
/* Runs of bits in a bitmap that is mostly empty. */
#include "internal.h"

#define WORD  64
#define STEP  8	   /* words: a cache line */
#define AHEAD 1024 /* bytes: so far on, memory is asked for before it is read */

static uint64_t words_of(uint64_t bits)
{
	return bits / WORD + (bits % WORD != 0);
}

static uint64_t any_of(const uint64_t *four)
{
	return four[0] | four[1] | four[2] | four[3];
}

/* Which of four words is the first that is not 0. No guessing: there is one. */
static uint64_t first_of(const uint64_t *four)
{
	return four[0] | four[1] ? !four[0] : 2 + !four[2];
}

/* The first word that is not 0, from this one on; or @words. */
static uint64_t find_word(const uint64_t *bitmap, uint64_t words, uint64_t i)
{
	for (; words - i >= STEP; i += STEP) {
		const uint64_t *line = bitmap + i;

		/* Beyond the end, too: it is only a hint. */
		__builtin_prefetch((const void *)((uintptr_t)line + AHEAD));
		if (any_of(line))
			return i + first_of(line);
		if (any_of(line + STEP / 2))
			return i + STEP / 2 + first_of(line + STEP / 2);
	}
	while (i < words && !bitmap[i])
		i++;
	return i;
}

/* The first bit that is set, from @bit on, and its word from there. */
static uint64_t find_set(const uint64_t *bitmap, uint64_t bits, uint64_t bit,
			 uint64_t *rest)
{
	uint64_t i = bit / WORD, skip;

	*rest = bitmap[i] >> bit % WORD;
	if (!*rest) {
		i = find_word(bitmap, words_of(bits), i + 1);
		if (i == words_of(bits))
			return bits;
		*rest = bitmap[i];
		bit = i * WORD;
	}
	skip = (uint64_t)__builtin_ctzll(*rest);
	*rest >>= skip;
	return bit + skip;
}

/* A run that goes on to the end of its word: where it ends. */
static uint64_t find_clear(const uint64_t *bitmap, uint64_t bits, uint64_t i)
{
	const uint64_t words = words_of(bits);

	while (i < words && bitmap[i] == UINT64_MAX)
		i++;
	if (i == words)
		return bits;
	return i * WORD + (uint64_t)__builtin_ctzll(~bitmap[i]);
}

UTIL_API uint64_t iommufd_dirty_run(const uint64_t *bitmap, uint64_t bits,
				    uint64_t *position)
{
	uint64_t first = *position, rest = 0, end;

	if (first < bits)
		first = find_set(bitmap, bits, first, &rest);
	if (first >= bits) {
		*position = bits;
		return 0;
	}
	*position = first;
	end = ~rest ? first + (uint64_t)__builtin_ctzll(~rest) : first + WORD;
	if (end % WORD == 0)
		end = find_clear(bitmap, bits, end / WORD);
	return (end < bits ? end : bits) - first;
}
