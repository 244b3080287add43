/* SPDX-License-Identifier: MIT */
/*
 * Words of a bitmap that are not empty. Where bits are set at random, a decision
 * at each word is one that the processor often guesses wrong, and that takes longer
 * than all the rest. So places are written down first, and stay if they are right.
 */
#include "dirty_runs.h"

/* It stays only if it is not empty. */
static inline size_t put(uint32_t *list, size_t count, size_t i, uint64_t bits)
{
	list[count] = (uint32_t)i;
	return count + (bits != 0);
}

#ifdef __SSE2__ /* which each x86 of 64 bits has */
#include <emmintrin.h>

#define GROUP 64 /* words: a bit each */
#define LAST  (UINT64_C(1) << (GROUP - 1))

/* Of a line, 16 bits for each word: all set if it is empty. Packing saturates: what is
 * not 0 does not become 0. */
static inline __m128i of_line(const uint64_t *word)
{
	const __m128i *two = (const void *)word;
	const __m128i a =
		_mm_packs_epi32(_mm_loadu_si128(two), _mm_loadu_si128(two + 1));
	const __m128i b = _mm_packs_epi32(_mm_loadu_si128(two + 2),
					  _mm_loadu_si128(two + 3));

	ask_for(word);
	return _mm_cmpeq_epi16(_mm_packs_epi16(a, b), _mm_setzero_si128());
}

/* Of two lines, 8 bits for each word. */
static inline __m128i of_lines(const uint64_t *word)
{
	return _mm_packs_epi16(of_line(word), of_line(word + LINE));
}

static inline uint64_t mask(__m128i empty)
{
	return (uint32_t)_mm_movemask_epi8(empty);
}

static inline size_t add_up(__m128i empty)
{
	const __m128i none = _mm_setzero_si128();
	const __m128i sums = _mm_sad_epu8(_mm_sub_epi8(none, empty), none);
	const __m128i high = _mm_unpackhi_epi64(sums, sums);

	return (uint32_t)_mm_cvtsi128_si32(_mm_add_epi32(sums, high));
}

/* The word of the lowest bit, and what is left of them. LAST stays, so that there
 * always is one: whether it counts is for the count to say. */
static inline uint64_t place(uint32_t *list, uint32_t first, uint64_t left)
{
	*list = first + ctz(left);
	return (left & (left - 1)) | LAST;
}

/* Eight places in any case: where few words are not empty there are seldom more. */
static inline size_t list_group(const uint64_t *word, uint32_t first,
				uint32_t *list)
{
	const __m128i a = of_lines(word), b = of_lines(word + 2 * LINE),
		      c = of_lines(word + 4 * LINE),
		      d = of_lines(word + 6 * LINE);
	const __m128i all =
		_mm_add_epi8(_mm_add_epi8(a, b), _mm_add_epi8(c, d));
	const size_t count = GROUP - add_up(all);
	uint64_t left =
		~(mask(a) | mask(b) << 16 | mask(c) << 32 | mask(d) << 48) |
		LAST;

	left = place(list, first, left);
	left = place(list + 1, first, left);
	left = place(list + 2, first, left);
	left = place(list + 3, first, left);
	left = place(list + 4, first, left);
	left = place(list + 5, first, left);
	left = place(list + 6, first, left);
	left = place(list + 7, first, left);
	for (size_t i = 8; i < count; i++)
		left = place(list + i, first, left);
	return count;
}

#else

#define HALF  (LINE / 2) /* words */
#define GROUP (16 * LINE)

/* Halves of lines first, as most of them are empty. */
static size_t list_halves(const uint64_t *word, uint32_t *halves)
{
	size_t n = 0;

	for (size_t i = 0; i < GROUP; i += LINE) {
		const uint64_t *w = word + i;

		ask_for(w);
		n = put(halves, n, i, w[0] | w[1] | w[2] | w[3]);
		n = put(halves, n, i + HALF, w[4] | w[5] | w[6] | w[7]);
	}
	return n;
}

static size_t list_group(const uint64_t *word, uint32_t first, uint32_t *list)
{
	uint32_t halves[GROUP / HALF];
	const size_t count = list_halves(word, halves);
	size_t n = 0;

	for (size_t half = 0; half < count; half++) {
		const uint64_t *w = word + halves[half];
		const uint32_t i = first + halves[half];

		n = put(list, n, i, w[0]);
		n = put(list, n, i + 1, w[1]);
		n = put(list, n, i + 2, w[2]);
		n = put(list, n, i + 3, w[3]);
	}
	return n;
}

#endif

size_t iommufd__dirty_list(const uint64_t *word, size_t words, uint32_t *list)
{
	size_t n = 0, i = 0;

	for (; words - i >= GROUP; i += GROUP)
		n += list_group(word + i, (uint32_t)i, list + n);
	for (; i < words; i++)
		n = put(list, n, i, word[i]);
	return n;
}
