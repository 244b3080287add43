/* SPDX-License-Identifier: MIT */
/*
 * A writer of a DMA map that is stopped in the middle of a change, too: after so
 * many of its stores a reader begins, is stopped after so many accesses, and the
 * writer does some more before the reader ends. All such turns are tried.
 */
static void reader_step(void);
static void writer_step(void);
#define IOMMUFD__DMA_PAUSE()  reader_step()
#define IOMMUFD__DMA_STORED() writer_step()

#include <semaphore.h>

#include "dmainside.h"

#define MOVED UINT64_C(0x7f0000000000)
#define STAYS UINT64_C(0x7f1000000000)

/* ---- turns ----------------------------------------------------------------- */

enum { WRITER, READER, THREADS };

/* How many steps a thread has until it is the other's turn; 0 for no end. */
static struct {
	sem_t turn;
	unsigned int left;
} threads[THREADS];
static unsigned int writers_next; /* what it has left in its second turn */
static int taking_turns, ended;
static _Thread_local int is_writer;

static void yield(unsigned int me)
{
	sem_post(&threads[!me].turn);
	while (sem_wait(&threads[me].turn))
		;
}

static void step(unsigned int me)
{
	if (!taking_turns || !threads[me].left || --threads[me].left)
		return;
	if (me == WRITER) {
		threads[me].left = writers_next;
		writers_next = 0;
	}
	if (!ended)
		yield(me);
}

static void reader_step(void)
{
	if (!is_writer)
		step(READER);
}

static void writer_step(void)
{
	if (is_writer)
		step(WRITER);
}

/* What the writer does, and the reader; what is between its turns, and after. */
struct scene {
	void (*prepare)(void);
	void (*write)(void);
	void (*between)(void);
	void (*read)(int what);
	void (*check)(void);
};

static const struct scene *scene;

/* ---- a region goes, and comes back elsewhere ------------------------------- */

static uint64_t moved_length, moved_iova, was_at, stays_iova;

static void register_at(uint64_t address, uint64_t iova, uint64_t length)
{
	OK(iommufd_dma_map_register(dma, (void *)(uintptr_t)address, length,
				    RW | IOMMUFD_MAP_FIXED_IOVA, NULL, &iova));
}

static void move_away(void)
{
	OK(iommufd_dma_map_unregister(dma, (void *)(uintptr_t)MOVED,
				      moved_length, 0, NULL));
	register_at(MOVED, moved_iova, moved_length);
}

static void fail_to_unmap(void)
{
	moved_iova = was_at;
	fake_ioas.unmap_err = EBUSY;
	ck_assert_int_lt(iommufd_dma_map_unregister(dma,
						    (void *)(uintptr_t)MOVED,
						    moved_length, 0, NULL),
			 0);
	fake_ioas.unmap_err = 0;
}

static void prepare_move(void)
{
	was_at = moved_iova;
	moved_iova += 16 * PAGE;
}

/* As a leaf, or another reader, may have it: a hint is just a hint. */
static void hint_wrongly(void)
{
	iommufd__dma_hint_set(slot_of(&dma->side[DMA_IOVA], stays_iova),
			      (uintptr_t)&dma->chunks->record[0]);
}

/* What moves is here or there or nowhere, and what stays is always the same. */
static void read_moved_or_other(int what)
{
	const int of_moved = what & 1, back = what >> 1;
	struct iommufd_dma_memory memory;
	struct iommufd_extent there;
	int ret;

	iommufd_dma_cursor_init(&cursor, dma);
	if (back) {
		ret = iommufd_dma_translate_back(
			&cursor, of_moved ? was_at : stays_iova, &memory);
		ck_assert(!ret || of_moved);
		ck_assert_msg(ret || (uintptr_t)memory.start ==
					      (of_moved ? MOVED : STAYS),
			      "%p", memory.start);
		return;
	}
	ret = iommufd_dma_translate(
		&cursor, (void *)(uintptr_t)(of_moved ? MOVED : STAYS), &there);
	ck_assert(!ret || of_moved);
	if (ret)
		return;
	ck_assert_msg(of_moved ? there.start == was_at ||
					 there.start == moved_iova
			       : there.start == stays_iova,
		      "0x%lx", (unsigned long)there.start);
	ck_assert_uint_eq(there.length, of_moved ? moved_length : PAGE);
}

/* A cursor of a removal in the middle is past. */
static void check_moved(void)
{
	struct iommufd_extent there;

	OK(iommufd_dma_translate(&cursor, (void *)(uintptr_t)MOVED, &there));
	ck_assert_uint_eq(there.start, moved_iova);
}

/* ---- pages get another size -------------------------------------------------- */

/* Two pages with one number, each of which is one with its own size only. */
#define NUMBER UINT64_C(0x50000)

static void change_size(void)
{
	set_shift(dma, iommufd__dma_shift(dma->side) == 12 ? 13 : 12);
	add_all(dma);
}

static void read_pages(int what)
{
	const uint64_t shift = 12 + (what & 1);
	const uint64_t address = NUMBER << shift, iova = shift << shift;
	struct iommufd_dma_memory memory;
	struct iommufd_extent there;

	iommufd_dma_cursor_init(&cursor, dma);
	if (what >> 1) {
		OK(iommufd_dma_translate_back(&cursor, iova, &memory));
		ck_assert_uint_eq((uintptr_t)memory.start, address);
		return;
	}
	OK(iommufd_dma_translate(&cursor, (void *)(uintptr_t)address, &there));
	ck_assert_uint_eq(there.start, iova);
	ck_assert_uint_eq(there.length, UINT64_C(1) << shift);
}

/* ---- both ---------------------------------------------------------------------- */

static void *write_in_turns(void *arg)
{
	(void)arg;
	is_writer = 1;
	while (sem_wait(&threads[WRITER].turn))
		;
	scene->write();
	ended = 1;
	sem_post(&threads[READER].turn);
	return NULL;
}

static void call(void (*what)(void))
{
	if (what)
		what();
}

/* Whether writer and reader were stopped as often as they should. */
static int take_turns(unsigned int first, unsigned int reads,
		      unsigned int second, int what)
{
	pthread_t writer;
	int all;

	call(scene->prepare);
	threads[WRITER].left = first;
	threads[READER].left = reads;
	writers_next = second;
	ended = 0;
	taking_turns = 1;
	ck_assert_int_eq(pthread_create(&writer, NULL, write_in_turns, NULL),
			 0);
	yield(READER);
	if (!ended)
		call(scene->between);
	scene->read(what);
	taking_turns = 0;
	all = !threads[READER].left && !ended;
	if (!ended)
		yield(READER);
	ck_assert_int_eq(pthread_join(writer, NULL), 0);
	call(scene->check);
	return all;
}

static void try_all(const struct scene *which)
{
	scene = which;
	for (int what = 0; what < 4; what++)
		for (unsigned int first = 1; first < 64; first++)
			for (unsigned int reads = 1; reads < 15; reads++)
				for (unsigned int second = 1; second < 12;
				     second++)
					if (!take_turns(first, reads, second,
							what))
						break;
}

static void begin_turns(void)
{
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(sem_init(&threads[i].turn, 0, 0), 0);
	space = fake_space();
	OK(iommufd_dma_map_new(space.ioas, 0, &dma));
}

static void run(uint64_t length, void (*write)(void))
{
	const struct scene of_moves = {
		.prepare = prepare_move,
		.write = write,
		.between = hint_wrongly,
		.read = read_moved_or_other,
		.check = check_moved,
	};

	begin_turns();
	moved_length = length;
	moved_iova = UINT64_C(1) << 32;
	/* What stays is where a length would lie, were it an IOVA. */
	stays_iova = length;
	register_at(MOVED, moved_iova, length);
	register_at(STAYS, stays_iova, PAGE);
	set_shift(dma, 12);
	add_all(dma);
	try_all(&of_moves);
	empty();
}

START_TEST(a_page_moves)
{
	run(PAGE, move_away);
}
END_TEST

START_TEST(a_larger_region_moves)
{
	run(3 * PAGE, move_away);
}
END_TEST

START_TEST(a_region_stays_after_all)
{
	run(PAGE, fail_to_unmap);
	run(3 * PAGE, fail_to_unmap);
}
END_TEST

START_TEST(pages_get_another_size)
{
	const struct scene of_sizes = { .write = change_size,
					.read = read_pages };

	begin_turns();
	for (uint64_t shift = 12; shift < 14; shift++)
		register_at(NUMBER << shift, shift << shift,
			    UINT64_C(1) << shift);
	try_all(&of_sizes);
	empty();
}
END_TEST

static const TTest **const tests[] = { &a_page_moves, &a_larger_region_moves,
				       &a_region_stays_after_all,
				       &pages_get_another_size, NULL };

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "turns", .tests = tests },
	};

	return harness_run("dma_map_turns", cases, 1);
}
