/* SPDX-License-Identifier: MIT */
/*
 * Runs of bits in a bitmap that is mostly empty. Where bits are set at random,
 * what costs time is not to find them but that the processor guesses wrong at
 * each. So words that are not empty are listed first, without a decision, many
 * lines at a time; then each of them is known to hold a run, mostly one.
 */
#include "internal.h"

#define WORD  64
#define LINE  8	   /* words: a cache line */
#define LINES 32   /* listed at a time */
#define FEWER 16   /* but no fewer than these, with room for as many runs */
#define AHEAD 4096 /* bytes: so far on, memory is asked for before it is read */

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

/* It stays where it was written only if it is one: no decision. */
static inline uint32_t put(uint32_t *list, uint32_t count, const uint64_t *word,
			   uint32_t i)
{
	list[count] = i;
	return count + (word[i] != 0);
}

static uint32_t list_lines(const uint64_t *word, uint32_t lines, uint32_t *list)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < lines * LINE; i += LINE) {
		ask_for(word + i);
		n = put(list, n, word, i);
		n = put(list, n, word, i + 1);
		n = put(list, n, word, i + 2);
		n = put(list, n, word, i + 3);
		n = put(list, n, word, i + 4);
		n = put(list, n, word, i + 5);
		n = put(list, n, word, i + 6);
		n = put(list, n, word, i + 7);
	}
	return n;
}

static uint32_t list_rest(const uint64_t *word, uint32_t words, uint32_t *list)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < words; i++)
		n = put(list, n, word, i);
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

/* The last run ends where a word begins: it may go on there. */
static void go_on(const struct bitmap *map, struct told *told)
{
	struct iommufd_extent *last = &told->runs[told->count - 1];
	uint64_t i = told->at / WORD;

	for (; map->words - i >= LINE && is_full(map->word + i); i += LINE)
		ask_for(map->word + i);
	while (i < map->words && map->word[i] == UINT64_MAX)
		i++;
	told->at = i * WORD;
	if (i < map->words)
		told->at += ctz(~map->word[i]);
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
			go_on(map, told);
		if (told->at - first >= WORD)
			return;
		word = word >> (told->at - first) << (told->at - first);
		if (!word)
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

static void tell(const struct bitmap *map, struct told *told)
{
	uint64_t next = told->at / WORD / LINE * LINE;
	uint32_t list[LINES * LINE];

	while (told->count < told->room && next < map->words) {
		const uint64_t base = next, left = map->words - base;
		const uint32_t lines = choose_lines(told, left);
		uint32_t n;

		if (lines) {
			n = list_lines(map->word + base, lines, list);
			next += lines * LINE;
		} else {
			n = list_rest(map->word + base, (uint32_t)left, list);
			next = map->words;
		}
		for (uint32_t i = 0; i < n && told->count < told->room; i++)
			tell_word(map, told, base + list[i]);
		/* A long run may have gone on behind the list. */
		if (told->at > next * WORD)
			next = told->at / WORD / LINE * LINE;
	}
	if (told->count == told->room && told->at % WORD == 0)
		go_on(map, told);
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
		tell(&map, &told);
	cut(&map, &told);
	*position = told.at;
	return told.count;
}
