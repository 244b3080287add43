/* SPDX-License-Identifier: MIT */
/*
 * mkiort IN OUT: corrects the ACPI table IORT of QEMU's arm64 machine.
 *
 * Linux offers vIOMMUs of an SMMUv3 only where the platform promises that DMA
 * of PCI devices is coherent with the caches whatever their page tables say:
 * the flag CANWBS of a root complex. Of an emulated machine that is true, but
 * QEMU does not say so. Linux takes a table of ours instead of the firmware's
 * if its OEM revision is higher.
 *
 * Ends with 1 if IN is no such table, with 3 if nothing is to be corrected.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define TABLE_MAX     65536
#define NOTHING_TO_DO 3

/* The header that all ACPI tables have, and what follows it here. */
#define TABLE_LENGTH	   4
#define TABLE_CHECKSUM	   9
#define TABLE_OEM_REVISION 24
#define TABLE_NODES	   36
#define TABLE_FIRST_NODE   40
#define TABLE_HEADER	   48

#define NODE_TYPE   0
#define NODE_LENGTH 1
#define NODE_HEADER 16

#define ROOT_COMPLEX	   2
#define ROOT_COMPLEX_FLAGS 23 /* of the memory that it reaches */
#define ROOT_COMPLEX_SIZE  32
#define FLAG_CANWBS	   4

static unsigned char table[TABLE_MAX];
static size_t size;

static size_t get16(size_t at)
{
	return (size_t)table[at] | (size_t)table[at + 1] << 8;
}

static uint32_t get32(size_t at)
{
	return (uint32_t)(get16(at) | get16(at + 2) << 16);
}

static void put32(size_t at, uint32_t value)
{
	for (int byte = 0; byte < 4; byte++)
		table[at + (size_t)byte] = (unsigned char)(value >> 8 * byte);
}

static unsigned char sum(void)
{
	unsigned char all = 0;

	for (size_t i = 0; i < size; i++)
		all = (unsigned char)(all + table[i]);
	return all;
}

static int wrong(const char *why)
{
	fprintf(stderr, "mkiort: %s\n", why);
	return 1;
}

static int read_table(const char *path)
{
	FILE *file = fopen(path, "rb");

	if (!file)
		return wrong(strerror(errno));
	size = fread(table, 1, sizeof(table), file);
	fclose(file);
	return 0;
}

static int check_table(void)
{
	if (size < TABLE_HEADER)
		return wrong("the table is truncated: it has no header");
	if (memcmp(table, "IORT", 4))
		return wrong("this is no IORT");
	if (get32(TABLE_LENGTH) > size)
		return wrong("the table is truncated");
	size = get32(TABLE_LENGTH);
	if (size < TABLE_HEADER)
		return wrong("the table is shorter than its header");
	if (sum())
		return wrong("the checksum of the table is wrong");
	return 0;
}

/* Sets the flag in each root complex: how many there are, how many had it not. */
static int correct(unsigned int *seen, unsigned int *changed)
{
	size_t node = get32(TABLE_FIRST_NODE), length;

	for (uint32_t left = get32(TABLE_NODES); left; left--) {
		if (node > size || size - node < NODE_HEADER)
			return wrong("a node lies outside of the table");
		length = get16(node + NODE_LENGTH);
		if (length < NODE_HEADER || length > size - node)
			return wrong("a node has an impossible length");
		if (table[node + NODE_TYPE] == ROOT_COMPLEX) {
			if (length < ROOT_COMPLEX_SIZE)
				return wrong("a root complex is truncated");
			(*seen)++;
			*changed += !(table[node + ROOT_COMPLEX_FLAGS] &
				      FLAG_CANWBS);
			table[node + ROOT_COMPLEX_FLAGS] |= FLAG_CANWBS;
		}
		node += length;
	}
	return 0;
}

static int write_table(const char *path)
{
	FILE *file = fopen(path, "wb");
	size_t done;

	if (!file)
		return wrong(strerror(errno));
	done = fwrite(table, 1, size, file);
	if (fclose(file) || done != size)
		return wrong("the table cannot be written");
	return 0;
}

int main(int argc, char **argv)
{
	unsigned int seen = 0, changed = 0;

	if (argc != 3) {
		fprintf(stderr, "usage: mkiort IN OUT\n");
		return 2;
	}
	if (read_table(argv[1]) || check_table() || correct(&seen, &changed))
		return 1;
	if (!seen)
		return wrong("there is no root complex");
	if (!changed) {
		fprintf(stderr, "mkiort: every root complex has the flag\n");
		return NOTHING_TO_DO;
	}
	put32(TABLE_OEM_REVISION, get32(TABLE_OEM_REVISION) + 1);
	table[TABLE_CHECKSUM] = (unsigned char)(table[TABLE_CHECKSUM] - sum());
	return write_table(argv[2]);
}
