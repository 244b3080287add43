/* SPDX-License-Identifier: MIT */
/*
 * Runs of bits in a bitmap that is mostly empty. Words that are not are listed
 * first, many lines at a time; then each of them is known to hold a run, and mostly
 * one of a single bit.
 */
#include "dirty_runs.h"
#include "internal.h"

/* Lines listed at a time: few at first, as all room may be needed for them. */
#define FEW  16
#define MANY 128

struct bitmap {
	const uint64_t *word;
	uint64_t words, bits;
};

/* The runs so far; and the bit behind the last one, or where to begin. */
struct told {
	struct iommufd_extent *first, *next, *end;
	uint64_t at;
};

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

static inline struct told lengthen(const struct bitmap *map, struct told told)
{
	struct iommufd_extent *last = told.next - 1;

	told.at = go_on(map, told.at);
	last->length = told.at - last->start;
	return told;
}

/* A word that is not empty; what lies before told.at has been seen. */
static inline struct told tell_word(const struct bitmap *map, struct told told,
				    uint64_t i)
{
	const uint64_t first = i * WORD;
	uint64_t word = map->word[i], starts, lasts;

	if (first <= told.at) {
		if (first == told.at && told.next > told.first && word & 1)
			told = lengthen(map, told);
		if (told.at - first >= WORD)
			return told;
		word = word >> (told.at - first) << (told.at - first);
		if (!word)
			return told;
	}
	starts = word & ~(word << 1);
	lasts = word & ~(word >> 1);
	do {
		const uint32_t start = ctz(starts);

		told.next->start = first + start;
		told.next->length = ctz(lasts) + 1 - start;
		told.at = first + ctz(lasts) + 1;
		told.next++;
		starts &= starts - 1;
		lasts &= lasts - 1;
	} while (starts && told.next < told.end);
	return told;
}

/* A word with a single bit is told without a look at the room: only so many are. */
static inline const uint32_t *stop_at(const struct told *told,
				      const uint32_t *list, const uint32_t *end)
{
	const size_t room = (size_t)(told->end - told->next);

	return (size_t)(end - list) < room ? end : list + room;
}

static inline struct told tell_list(const struct bitmap *map, struct told told,
				    uint64_t base, const uint32_t *list,
				    size_t count)
{
	const uint32_t *end = list + count, *stop = stop_at(&told, list, end);

	while (list < stop) {
		const uint64_t i = base + *list++, word = map->word[i],
			       at = i * WORD + ctz(word);

		/* A single page, as most are where few are dirty. */
		if (!(word & (word - 1)) && at > told.at) {
			told.next->start = at;
			told.next->length = 1;
			told.next++;
			told.at = at + 1;
		} else {
			told = tell_word(map, told, i);
			stop = stop_at(&told, list, end);
		}
	}
	return told;
}

/* If every other line has a run these fill the room; the next call would list others
 * again. */
static size_t choose_words(const struct told *told, size_t lines, uint64_t left)
{
	const size_t room = (size_t)(told->end - told->next);

	if (lines / 2 > room)
		lines = (2 * room + FEW - 1) / FEW * FEW;
	return left < lines * LINE ? (size_t)left : lines * LINE;
}

/* The first word of a line, so that whole ones are read. */
static uint64_t line_of(uint64_t bit)
{
	return bit / WORD / LINE * LINE;
}

/* By value: it is in registers then, whatever the runs are written over. */
static struct told tell(const struct bitmap *map, struct told told)
{
	uint64_t next = line_of(told.at);
	uint32_t list[MANY * LINE];
	size_t lines = FEW;

	while (told.next < told.end && next < map->words) {
		const size_t words =
			choose_words(&told, lines, map->words - next);
		const size_t count =
			iommufd__dirty_list(map->word + next, words, list);

		told = tell_list(map, told, next, list, count);
		next += words;
		/* A long run may have gone on behind the list. */
		if (told.at > next * WORD)
			next = line_of(told.at);
		if (lines < MANY)
			lines *= 2;
	}
	if (told.next == told.end && told.at % WORD == 0)
		told = lengthen(map, told);
	return told;
}

/* Of the last word, what lies behind the last bit is none of the bitmap. */
static struct told cut(const struct bitmap *map, struct told told)
{
	struct iommufd_extent *last = told.next;

	while (told.next > told.first && (--last)->start >= map->bits)
		told.next--;
	if (told.next > told.first && last->start + last->length > map->bits)
		last->length = map->bits - last->start;
	if (told.next < told.end || told.at > map->bits)
		told.at = map->bits;
	return told;
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
	struct told told = { .first = runs, .next = runs };
	uintptr_t most;

	if (!position || !room || !runs || (bits && !bitmap))
		return 0;
	/* Some say more than there can be. */
	most = (UINTPTR_MAX - (uintptr_t)runs) / sizeof(*runs);
	told.end = runs + (room < most ? room : most);
	told.at = *position;
	if (told.at < bits)
		told = tell(&map, told);
	told = cut(&map, told);
	*position = told.at;
	return (uint32_t)(told.next - runs);
}
