/* SPDX-License-Identifier: MIT */
/* mkdisk FILE MEGABYTES: writes the disk image of the test machine. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "pattern.h"

#define BLOCK_WORDS 131072 /* one megabyte */

static unsigned char block[BLOCK_WORDS * 8];

static void fill(uint64_t first)
{
	for (size_t i = 0; i < BLOCK_WORDS; i++) {
		uint64_t word = vm_disk_word(first + i);

		for (int byte = 0; byte < 8; byte++)
			block[i * 8 + (size_t)byte] =
				(unsigned char)(word >> (8 * byte));
	}
}

int main(int argc, char **argv)
{
	unsigned long megabytes;
	FILE *file;

	if (argc != 3) {
		fprintf(stderr, "usage: mkdisk FILE MEGABYTES\n");
		return 2;
	}
	megabytes = strtoul(argv[2], NULL, 10);
	file = fopen(argv[1], "wb");
	if (!file) {
		perror(argv[1]);
		return 1;
	}
	for (unsigned long i = 0; i < megabytes; i++) {
		fill((uint64_t)i * BLOCK_WORDS);
		if (fwrite(block, sizeof(block), 1, file) != 1) {
			perror(argv[1]);
			return 1;
		}
	}
	if (fclose(file)) {
		perror(argv[1]);
		return 1;
	}
	return 0;
}
