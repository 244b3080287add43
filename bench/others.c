/* SPDX-License-Identifier: MIT */
#include "others.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "bench.h"

/* ---- two levels ---------------------------------------------------------- */

#define ROOT_BYTES ((UINT64_C(1) << 27) * sizeof(uint64_t *)) /* 57 bits */

uint64_t **bench_table_root;

/* Untouched pages of it take no memory. */
void bench_table_begin(void)
{
	bench_table_root =
		mmap(NULL, ROOT_BYTES, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	MUST(bench_table_root != MAP_FAILED);
}

void bench_table_add(const struct bench_region *region)
{
	for (uint64_t at = 0; at < region->length; at += TABLE_PAGE) {
		uint64_t address = region->address + at;
		uint64_t **leaf = &bench_table_root[address >> 30];

		if (!*leaf)
			*leaf = calloc(512, sizeof(**leaf));
		MUST(*leaf);
		(*leaf)[address >> 21 & 511] = (region->iova + at) | 1;
	}
}

/* Leaves go with the process. */
void bench_table_end(void)
{
	munmap(bench_table_root, ROOT_BYTES);
}

int bench_table_call(uint64_t address, struct iommufd_extent *to)
{
	return bench_table_find(address, to);
}

/* ---- a sorted array ------------------------------------------------------ */

static const struct bench_region *sorted;
static uint64_t sorted_count;

void bench_sorted_set(const struct bench_region *regions, uint64_t count)
{
	sorted = regions;
	sorted_count = count;
}

static int answer(const struct bench_region *region, uint64_t address,
		  struct iommufd_extent *to)
{
	uint64_t offset = address - region->address;

	if (offset >= region->length)
		return 0;
	to->start = region->iova + offset;
	to->length = region->length - offset;
	return 1;
}

int bench_sorted_find(uint64_t address, struct iommufd_extent *to)
{
	uint64_t low = 0, high = sorted_count;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (sorted[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low && answer(&sorted[low - 1], address, to);
}

/* ---- a skip list --------------------------------------------------------- */

#define LEVELS 20

struct node {
	struct bench_region region;
	struct node *next[];
};

static struct node *head;
static int height; /* levels in use */
static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;

void bench_skip_begin(void)
{
	height = 0;
	head = calloc(1, sizeof(*head) + LEVELS * sizeof(head->next[0]));
	MUST(head);
}

/* The last node of a level that begins below the address, from this one on. */
static struct node *below(struct node *node, int level, uint64_t address)
{
	while (node->next[level] && node->next[level]->region.address < address)
		node = node->next[level];
	return node;
}

static void before(uint64_t address, struct node **at)
{
	struct node *node = head;

	for (int level = LEVELS; level-- > 0; at[level] = node)
		node = below(node, level, address);
}

void bench_skip_add(struct bench_region *region)
{
	struct node *at[LEVELS], *node;
	int levels = 1;

	while (levels < LEVELS && bench_below(2))
		levels++;
	node = malloc(sizeof(*node) + (size_t)levels * sizeof(node->next[0]));
	MUST(node);
	node->region = *region;
	pthread_rwlock_wrlock(&lock);
	if (height < levels)
		height = levels;
	before(region->address, at);
	for (int level = 0; level < levels; level++) {
		node->next[level] = at[level]->next[level];
		at[level]->next[level] = node;
	}
	pthread_rwlock_unlock(&lock);
}

void bench_skip_remove(const struct bench_region *region)
{
	struct node *at[LEVELS], *node;

	pthread_rwlock_wrlock(&lock);
	before(region->address, at);
	node = at[0]->next[0];
	MUST(node && node->region.address == region->address);
	for (int level = 0; level < LEVELS; level++)
		if (at[level]->next[level] == node)
			at[level]->next[level] = node->next[level];
	pthread_rwlock_unlock(&lock);
	free(node);
}

int bench_skip_find(uint64_t address, struct iommufd_extent *to)
{
	struct node *node;
	int found;

	pthread_rwlock_rdlock(&lock);
	node = head;
	for (int level = height; level-- > 0;)
		node = below(node, level, address + 1);
	found = node != head && answer(&node->region, address, to);
	pthread_rwlock_unlock(&lock);
	return found;
}

void bench_skip_end(void)
{
	while (head) {
		struct node *next = head->next[0];

		free(head);
		head = next;
	}
}

/* ---- a list -------------------------------------------------------------- */

struct item {
	struct item *next;
	struct bench_region region;
};

static struct item *first;

void bench_list_add(struct bench_region *region)
{
	struct item *item = malloc(sizeof(*item));

	MUST(item);
	item->region = *region;
	pthread_rwlock_wrlock(&lock);
	item->next = first;
	first = item;
	pthread_rwlock_unlock(&lock);
}

int bench_list_find(uint64_t address, struct iommufd_extent *to)
{
	const struct item *item;

	pthread_rwlock_rdlock(&lock);
	item = first;
	while (item && !answer(&item->region, address, to))
		item = item->next;
	pthread_rwlock_unlock(&lock);
	return item != NULL;
}

void bench_list_end(void)
{
	while (first) {
		struct item *next = first->next;

		free(first);
		first = next;
	}
}
