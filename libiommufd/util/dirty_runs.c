/* SPDX-License-Identifier: MIT */
/*
 * Runs of bits in a bitmap that is mostly empty. Where bits are set at random,
 * what costs time is not to find them but that the processor guesses wrong at
 * each. So half lines that are not empty are listed first, without a decision,
 * many at a time, and then their words; then each of those is known to hold a run,
 * mostly one.
 */
#include "internal.h"

#define WORD  64
#define LINE  8 /* words: a cache line */
#define HALF  (LINE / 2)
#define LINES 64   /* listed at a time */
#define FEWER 16   /* but no fewer than these, with room for as many runs */
#define AHEAD 8192 /* bytes: so far on, memory is asked for before it is read */

struct bitmap {
	const uint64_t *word;
	uint64_t words, bits;
};

/* The runs so far; and the bit behind the last one, or where to begin. */
struct told {
	struct iommufd_extent *runs;
	uint32_t count, room;
	uint64_t at;
};

/* Beyond the end, too: it is only a hint. */
static inline void ask_for(const uint64_t *word)
{
	__builtin_prefetch((const void *)((uintptr_t)word + AHEAD));
}

static uint32_t ctz(uint64_t word)
{
	return (uint32_t)__builtin_ctzll(word);
}

/* ---- listing words that are not empty ----------------------------------------- */

/* What is listed stays only if it is not empty: no decision. */
static inline size_t put(uint32_t *list, size_t count, size_t i, uint64_t bits)
{
	list[count] = (uint32_t)i;
	return count + (bits != 0);
}

/* Halves of lines first, as most of them are empty. */
static size_t list_halves(const uint64_t *word, size_t lines, uint32_t *list)
{
	size_t n = 0;

	for (size_t i = 0; i < lines * LINE; i += LINE) {
		const uint64_t *w = word + i;

		ask_for(w);
		n = put(list, n, i, w[0] | w[1] | w[2] | w[3]);
		n = put(list, n, i + HALF, w[4] | w[5] | w[6] | w[7]);
	}
	return n;
}

static size_t list_words(const uint64_t *word, size_t lines, uint32_t *list)
{
	uint32_t halves[LINES * LINE / HALF];
	size_t count = list_halves(word, lines, halves), n = 0;

	for (size_t half = 0; half < count; half++) {
		const size_t i = halves[half];

		n = put(list, n, i, word[i]);
		n = put(list, n, i + 1, word[i + 1]);
		n = put(list, n, i + 2, word[i + 2]);
		n = put(list, n, i + 3, word[i + 3]);
	}
	return n;
}

static size_t list_rest(const uint64_t *word, size_t words, uint32_t *list)
{
	size_t n = 0;

	for (size_t i = 0; i < words; i++)
		n = put(list, n, i, word[i]);
	return n;
}

/* What the next call would look at again is not looked at in vain. */
static uint32_t choose_lines(const struct told *told, uint64_t words)
{
	const uint32_t least = told->room < FEWER ? told->room : FEWER;
	uint32_t lines = told->room - told->count;

	if (lines < least)
		lines = least;
	if (lines > LINES)
		lines = LINES;
	return words / LINE < lines ? (uint32_t)(words / LINE) : lines;
}

/* ---- telling their runs --------------------------------------------------------- */

static int is_full(const uint64_t *line)
{
	return (line[0] & line[1] & line[2] & line[3] & line[4] & line[5] &
		line[6] & line[7]) == UINT64_MAX;
}

/*
 * The last run ends where a word begins, and may go on there: where it does end. What
 * has been told is not for this to know, so that it can be in registers.
 */
static uint64_t go_on(const struct bitmap *map, uint64_t at)
{
	uint64_t i = at / WORD;

	for (; map->words - i >= LINE && is_full(map->word + i); i += LINE)
		ask_for(map->word + i);
	while (i < map->words && map->word[i] == UINT64_MAX)
		i++;
	return i * WORD + (i < map->words ? ctz(~map->word[i]) : 0);
}

static inline void lengthen(const struct bitmap *map, struct told *told)
{
	struct iommufd_extent *last = &told->runs[told->count - 1];

	told->at = go_on(map, told->at);
	last->length = told->at - last->start;
}

/* A word that is not empty; what lies before told->at has been seen. */
static inline void tell_word(const struct bitmap *map, struct told *told,
			     uint64_t i)
{
	const uint64_t first = i * WORD;
	uint64_t word = map->word[i], starts, lasts;
	struct iommufd_extent *last;

	if (first <= told->at) {
		if (first == told->at && told->count && word & 1)
			lengthen(map, told);
		if (told->at - first >= WORD)
			return;
		word = word >> (told->at - first) << (told->at - first);
		if (!word)
			return;
	}
	/* A single page, as most are where few are dirty. */
	if (!(word & (word - 1))) {
		last = &told->runs[told->count++];
		last->start = first + ctz(word);
		last->length = 1;
		told->at = last->start + 1;
		return;
	}
	starts = word & ~(word << 1);
	lasts = word & ~(word >> 1);
	do {
		const uint32_t start = ctz(starts);

		last = &told->runs[told->count++];
		last->start = first + start;
		last->length = ctz(lasts) + 1 - start;
		starts &= starts - 1;
		lasts &= lasts - 1;
	} while (starts && told->count < told->room);
	told->at = last->start + last->length;
}

/* By value: it is in registers then, whatever the runs are written over. */
static struct told tell(const struct bitmap *map, struct told told)
{
	uint64_t next = told.at / WORD / LINE * LINE;
	uint32_t list[LINES * LINE];

	while (told.count < told.room && next < map->words) {
		const uint64_t base = next, left = map->words - base;
		const uint32_t lines = choose_lines(&told, left);
		size_t n;

		if (lines) {
			n = list_words(map->word + base, lines, list);
			next += lines * LINE;
		} else {
			n = list_rest(map->word + base, (size_t)left, list);
			next = map->words;
		}
		for (size_t i = 0; i < n && told.count < told.room; i++)
			tell_word(map, &told, base + list[i]);
		/* A long run may have gone on behind the list. */
		if (told.at > next * WORD)
			next = told.at / WORD / LINE * LINE;
	}
	if (told.count == told.room && told.at % WORD == 0)
		lengthen(map, &told);
	return told;
}

/* Of the last word, what lies behind the last bit is none of the bitmap. */
static void cut(const struct bitmap *map, struct told *told)
{
	struct iommufd_extent *last = told->runs + told->count;

	while (told->count && (--last)->start >= map->bits)
		told->count--;
	if (told->count && last->start + last->length > map->bits)
		last->length = map->bits - last->start;
	if (told->count < told->room || told->at > map->bits)
		told->at = map->bits;
}

UTIL_API uint32_t iommufd_dirty_runs(const uint64_t *bitmap, uint64_t bits,
				     uint64_t *position,
				     struct iommufd_extent *runs, uint32_t room)
{
	const struct bitmap map = {
		.word = bitmap,
		.words = bits / WORD + (bits % WORD != 0),
		.bits = bits,
	};
	struct told told = { .runs = runs, .room = room };

	if (!position || !room || !runs || (bits && !bitmap))
		return 0;
	told.at = *position;
	if (told.at < bits)
		told = tell(&map, told);
	cut(&map, &told);
	*position = told.at;
	return told.count;
}
