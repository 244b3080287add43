/* SPDX-License-Identifier: MIT */
/*
 * The tree of one side of a DMA map, as a writer changes it: a B+-tree with 16
 * keys in a node. dma_map.h says what readers may see of it. Regions do not
 * overlap, so the one that holds an address is the last one that begins not
 * above it, and it is in the leaf that the keys lead to: the key of a child is
 * always exactly that of its first region, also after that one was removed.
 */
#include "dma_map.h"

typedef struct iommufd__dma_node node_t;
typedef struct iommufd__dma_record record_t;
typedef struct iommufd__dma_side side_t;

/* A node's content on its way into other nodes, and one entry too many. */
struct image {
	unsigned int count;
	uint64_t key[DMA_WIDTH + 1];
	void *at[DMA_WIDTH + 1]; /* a child, or a record */
};

/* From the leaf, at 0, to the root; where in each node it goes on. */
struct way {
	unsigned int height;
	node_t *node[DMA_HEIGHT + 1];
	unsigned int slot[DMA_HEIGHT + 1];
	unsigned int rank; /* of the key in the leaf */
};

static uint64_t key_of(const node_t *node, unsigned int slot)
{
	return iommufd__dma_get(&node->key[slot]);
}

/* A child, or a record. */
static void *entry_of(const node_t *node, unsigned int slot)
{
	return atomic_load_explicit(&node->at[slot], memory_order_relaxed);
}

static unsigned int count_of(const node_t *node)
{
	return iommufd__dma_rank(node, UINT64_MAX - 1);
}

static struct way way_to(const side_t *side, uint64_t key)
{
	uintptr_t root =
		atomic_load_explicit(&side->root, memory_order_relaxed);
	struct way way = { .height = iommufd__dma_height(root) };
	node_t *node = iommufd__dma_root(root);

	/* No region begins at the last byte of all: that stands for no key. */
	key -= key == UINT64_MAX;
	for (unsigned int level = way.height; level-- > 0;) {
		way.rank = iommufd__dma_rank(node, key);
		way.node[level] = node;
		way.slot[level] = way.rank ? way.rank - 1 : 0;
		if (level)
			node = entry_of(node, way.slot[level]);
	}
	return way;
}

record_t *iommufd__dma_tree_floor(const side_t *side, uint64_t key)
{
	struct way way = way_to(side, key);

	return way.rank ? entry_of(way.node[0], way.rank - 1) : NULL;
}

record_t *iommufd__dma_tree_ceiling(const side_t *side, uint64_t key)
{
	struct way way = way_to(side, key);
	unsigned int level = 1;

	if (!way.height || key == UINT64_MAX)
		return NULL;
	if (way.rank && key_of(way.node[0], way.rank - 1) == key)
		return entry_of(way.node[0], way.rank - 1);
	if (way.rank < count_of(way.node[0]))
		return entry_of(way.node[0], way.rank);
	while (level < way.height &&
	       way.slot[level] + 1 >= count_of(way.node[level]))
		level++;
	if (level >= way.height)
		return NULL;
	return iommufd__dma_tree_floor(
		side, key_of(way.node[level], way.slot[level] + 1));
}

/* ---- images -------------------------------------------------------------- */

static uint32_t kind_of(unsigned int level)
{
	return level ? DMA_INNER : DMA_LEAF;
}

static void image_load(struct image *image, const node_t *node)
{
	unsigned int count = count_of(node);

	for (unsigned int i = 0; i < count; i++) {
		image->key[i] = key_of(node, i);
		image->at[i] = entry_of(node, i);
	}
	image->count = count;
}

static void image_insert(struct image *image, unsigned int slot, uint64_t key,
			 void *at)
{
	for (unsigned int i = image->count++; i > slot; i--) {
		image->key[i] = image->key[i - 1];
		image->at[i] = image->at[i - 1];
	}
	image->key[slot] = key;
	image->at[slot] = at;
}

static void image_delete(struct image *image, unsigned int slot)
{
	image->count--;
	for (unsigned int i = slot; i < image->count; i++) {
		image->key[i] = image->key[i + 1];
		image->at[i] = image->at[i + 1];
	}
}

/*
 * A new node of a part of an image. A hint may lead readers there already, who then
 * find records.
 */
static node_t *image_store(side_t *side, const struct image *image,
			   unsigned int first, unsigned int end,
			   unsigned int level)
{
	node_t *node = iommufd__dma_node_new(side, kind_of(level));
	unsigned int slot = 0;

	for (unsigned int i = first; i < end; i++, slot++) {
		iommufd__dma_set(&node->key[slot], image->key[i]);
		atomic_store_explicit(&node->at[slot], image->at[i],
				      memory_order_release);
	}
	for (; slot < DMA_WIDTH; slot++)
		iommufd__dma_set(&node->key[slot], UINT64_MAX);
	return node;
}

/* ---- changes ------------------------------------------------------------- */

static void root_set(side_t *side, node_t *root, unsigned int height)
{
	atomic_store_explicit(&side->root, (uintptr_t)root | height,
			      memory_order_release);
}

/* In place: the first key of the subtree at @level is another one now. */
static void keys_above(const struct way *way, unsigned int level, uint64_t key)
{
	while (++level < way->height) {
		iommufd__dma_set(&way->node[level]->key[way->slot[level]], key);
		if (way->slot[level])
			break;
	}
}

/*
 * Where a full node is divided: in the middle, but where it grows at an end
 * there, so that regions that come in order fill their nodes.
 */
static unsigned int split_at(unsigned int added)
{
	if (added == DMA_WIDTH)
		return DMA_WIDTH;
	return added ? (DMA_WIDTH + 1) / 2 : 1;
}

/*
 * The left one of two neighbours that go into one node, of which one has shrunk.
 * So two neighbours together have three quarters of a node at least.
 */
static int neighbour(const struct way *way, unsigned int level,
		     unsigned int count, unsigned int *left)
{
	const node_t *parent = way->node[level + 1];
	unsigned int slot = way->slot[level + 1];
	unsigned int room = DMA_WIDTH * 3 / 4 - count;

	if (count > DMA_WIDTH / 2)
		return 0;
	*left = slot - 1;
	if (slot && count_of(entry_of(parent, *left)) <= room)
		return 1;
	*left = slot;
	return slot + 1 < count_of(parent) &&
	       count_of(entry_of(parent, slot + 1)) <= room;
}

/* Both into one node; @image becomes the parent's. */
static void merge(side_t *side, const struct way *way, unsigned int level,
		  unsigned int left, struct image *image)
{
	unsigned int slot = way->slot[level + 1];
	unsigned int other = left == slot ? slot + 1 : left;
	node_t *neighbour = entry_of(way->node[level + 1], other);
	struct image first, second;
	node_t *both;

	image_load(&first, neighbour);
	second = *image;
	if (left == slot) {
		second = first;
		first = *image;
	}
	for (unsigned int i = 0; i < second.count; i++)
		image_insert(&first, first.count, second.key[i], second.at[i]);
	both = image_store(side, &first, 0, first.count, level);
	iommufd__dma_node_retire(side, kind_of(level), neighbour);
	image_load(image, way->node[level + 1]);
	image->key[left] = first.key[0];
	image->at[left] = both;
	image_delete(image, left + 1);
}

/* The root is to be what @image says. */
static void rebuild_root(side_t *side, const struct way *way,
			 struct image *image, unsigned int added)
{
	const unsigned int level = way->height - 1;
	struct image above = { .count = 2 };
	unsigned int split = split_at(added);

	if (!image->count) {
		root_set(side, NULL, 0);
	} else if (level && image->count == 1) {
		root_set(side, image->at[0], way->height - 1);
	} else if (image->count <= DMA_WIDTH) {
		root_set(side, image_store(side, image, 0, image->count, level),
			 way->height);
	} else {
		above.key[0] = image->key[0];
		above.at[0] = image_store(side, image, 0, split, level);
		above.key[1] = image->key[split];
		above.at[1] =
			image_store(side, image, split, image->count, level);
		root_set(side, image_store(side, &above, 0, 2, way->height),
			 way->height + 1);
	}
}

/* The parent's image, with the node's two halves in it. */
static unsigned int split(side_t *side, const struct way *way,
			  unsigned int level, struct image *image,
			  unsigned int added)
{
	unsigned int slot = way->slot[level + 1], at = split_at(added);
	uint64_t first = image->key[0], second = image->key[at];
	node_t *a = image_store(side, image, 0, at, level);
	node_t *b = image_store(side, image, at, image->count, level);

	image_load(image, way->node[level + 1]);
	image->key[slot] = first;
	image->at[slot] = a;
	image_insert(image, slot + 1, second, b);
	return slot + 1;
}

/*
 * The leaf is to be what @image says; so far up as a node does not simply take
 * its predecessor's place, the nodes above are made anew. @added is the slot of
 * the entry that came in, if there is one too many.
 */
static void rebuild(side_t *side, const struct way *way, struct image *image,
		    unsigned int added, int shrinking)
{
	for (unsigned int level = 0;; level++) {
		unsigned int slot, left;

		iommufd__dma_node_retire(side, kind_of(level),
					 way->node[level]);
		if (level + 1 == way->height) {
			rebuild_root(side, way, image, added);
			return;
		}
		slot = way->slot[level + 1];
		if (image->count > DMA_WIDTH) {
			added = split(side, way, level, image, added);
		} else if (!image->count) {
			image_load(image, way->node[level + 1]);
			image_delete(image, slot);
		} else if (shrinking &&
			   neighbour(way, level, image->count, &left)) {
			merge(side, way, level, left, image);
		} else {
			keys_above(way, level, image->key[0]);
			atomic_store_explicit(&way->node[level + 1]->at[slot],
					      image_store(side, image, 0,
							  image->count, level),
					      memory_order_release);
			return;
		}
	}
}

/* The key must not be there yet, and nodes must have been reserved. */
void iommufd__dma_tree_insert(side_t *side, uint64_t key, record_t *record)
{
	struct way way = way_to(side, key);
	struct image image = { .count = 0 };

	iommufd__dma_nodes_begin(side);
	if (!way.height) {
		image_insert(&image, 0, key, record);
		root_set(side, image_store(side, &image, 0, 1, 0), 1);
		return;
	}
	image_load(&image, way.node[0]);
	image_insert(&image, way.rank, key, record);
	rebuild(side, &way, &image, way.rank, 0);
}

/* The key must be there. */
void iommufd__dma_tree_remove(side_t *side, uint64_t key)
{
	struct way way = way_to(side, key);
	struct image image;

	iommufd__dma_nodes_begin(side);
	image_load(&image, way.node[0]);
	image_delete(&image, way.rank - 1);
	rebuild(side, &way, &image, 0, 1);
}
