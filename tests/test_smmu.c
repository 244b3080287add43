/* SPDX-License-Identifier: MIT */
/*
 * Nested translation on a real SMMUv3: DMA of a device through page tables that
 * a guest has written and those of the nest parent.
 */
#include <endian.h>

#include "fixture.h"
#include "smmu.h"

#define FROM SMMU_IOVA
#define TO   (SMMU_IOVA + GUEST_PAGE)

static uint64_t source, target;

static void setup(void)
{
	smmu_begin(1);
	source = smmu_memory(GUEST_PAGE);
	target = smmu_memory(GUEST_PAGE);
}

static int passes(void)
{
	return smmu_finds(0, source, target, source, target);
}

static int translates(void)
{
	return smmu_finds(0, FROM, TO, source, target);
}

static int passes_not(void)
{
	return smmu_refused(0, source, target, source, target);
}

static int translates_not(void)
{
	return smmu_refused(0, FROM, TO, source, target);
}

static void check_state(uint32_t state)
{
	ck_assert_uint_eq(iommufd_nested_device_state(smmu.device[0].nested),
			  state);
}

/* A space with the two pages. */
static struct guest_space two_pages(uint32_t levels, uint16_t asid)
{
	struct guest_space space = smmu_space(levels, asid);

	smmu_map(&space, FROM, source, GUEST_PAGE, 0);
	smmu_map(&space, TO, target, GUEST_PAGE, 0);
	return space;
}

START_TEST(states)
{
	struct guest_space space = two_pages(3, 1);

	check_state(IOMMUFD_NESTED_ABORT);
	ck_assert(passes_not());
	ck_assert(translates_not());
	for (int i = 0; i < 2; i++) {
		OK(smmu_set(0, guest_ste_bypass()));
		check_state(IOMMUFD_NESTED_BYPASS);
		ck_assert(passes());
		ck_assert(translates_not());
		smmu_translate(0, &space);
		check_state(IOMMUFD_NESTED_TRANSLATE);
		ck_assert(translates());
		ck_assert(passes_not());
		OK(smmu_set(0, guest_ste_abort()));
		check_state(IOMMUFD_NESTED_ABORT);
		ck_assert(translates_not());
		ck_assert(passes_not());
	}
	smmu_end();
}
END_TEST

/* An entry that is not valid is like abort, whatever else is in it. */
START_TEST(entry_not_valid)
{
	struct guest_space space = two_pages(3, 1);
	struct guest_ste ste = guest_ste_translate(guest_context(&space));

	OK(smmu_set(0, ste));
	ck_assert(translates());
	ste.word[0] &= htole64(~UINT64_C(1));
	OK(smmu_set(0, ste));
	check_state(IOMMUFD_NESTED_ABORT);
	ck_assert(translates_not());
	smmu_end();
}
END_TEST

/* Whole pages, both ways, through tables of three and four levels. */
START_TEST(three_and_four_levels)
{
	const uint32_t length = 4095; /* the most that the device can */

	for (uint32_t levels = 3; levels <= 4; levels++) {
		struct guest_space space = two_pages(levels, 1);

		smmu_translate(0, &space);
		smmu_fill(source, GUEST_PAGE);
		smmu_fill(target, GUEST_PAGE);
		smmu_copy(0, FROM, TO, length);
		ck_assert(smmu_same(source, target, length));
		ck_assert(!smmu_same(source, target, GUEST_PAGE));
	}
	smmu_end();
}
END_TEST

/* Pages that follow each other lie anywhere in the guest's memory. */
START_TEST(across_pages)
{
	struct guest_space space = two_pages(3, 1);

	smmu_translate(0, &space);
	smmu_fill(source, GUEST_PAGE);
	smmu_fill(target, GUEST_PAGE);
	smmu_map(&space, TO + GUEST_PAGE, smmu_memory(GUEST_PAGE), GUEST_PAGE,
		 0);
	smmu_copy(0, FROM + 0x800, TO + 0xc00, 0x800);
	ck_assert(smmu_same(source + 0x800, target + 0xc00, 0x400));
	ck_assert(smmu_same(source + 0xc00,
			    smmu.ram.base + smmu.ram.used - GUEST_PAGE, 0x400));
	smmu_end();
}
END_TEST

START_TEST(blocks)
{
	struct guest_space space = smmu_space(3, 1);
	const uint64_t block = smmu_memory(GUEST_BLOCK);

	smmu_map(&space, SMMU_IOVA, block, GUEST_BLOCK, 0);
	smmu_map(&space, SMMU_IOVA + GUEST_BLOCK, target, GUEST_PAGE, 0);
	smmu_translate(0, &space);
	for (uint64_t at = 0; at < GUEST_BLOCK; at += GUEST_BLOCK / 4 + 0x1000)
		ck_assert(smmu_finds(0, SMMU_IOVA + at, SMMU_IOVA + GUEST_BLOCK,
				     block + at, target));
	smmu_end();
}
END_TEST

/* What the guest's table does not have is not there, also beside what it has. */
START_TEST(nothing_else)
{
	struct guest_space space = two_pages(3, 1);

	smmu_translate(0, &space);
	ck_assert(smmu_refused(0, FROM, TO + GUEST_PAGE, source, target));
	ck_assert(smmu_refused(0, FROM - GUEST_PAGE, TO, source, target));
	ck_assert(translates());
	smmu_end();
}
END_TEST

/* Where the guest's table leads out of the guest's memory, there is nothing. */
START_TEST(out_of_the_guest)
{
	struct guest_space space = two_pages(3, 1);

	smmu_map(&space, TO + GUEST_PAGE, GUEST_BASE + GUEST_LENGTH, GUEST_PAGE,
		 0);
	smmu_translate(0, &space);
	ck_assert(smmu_refused(0, FROM, TO + GUEST_PAGE, source, target));
	ck_assert(smmu_refused(0, TO + GUEST_PAGE, TO, source, target));
	ck_assert(translates());
	smmu_end();
}
END_TEST

START_TEST(two_spaces)
{
	const uint64_t other = smmu_memory(GUEST_PAGE);
	struct guest_space first = two_pages(3, 1);
	struct guest_space second = smmu_space(4, 2);

	smmu_map(&second, FROM, other, GUEST_PAGE, 0);
	smmu_map(&second, TO, target, GUEST_PAGE, 0);
	for (int i = 0; i < 3; i++) {
		smmu_translate(0, &first);
		ck_assert(smmu_finds(0, FROM, TO, source, target));
		smmu_translate(0, &second);
		ck_assert(smmu_finds(0, FROM, TO, other, target));
	}
	smmu_end();
}
END_TEST

/* Mapped in the address space only afterwards, it is there for the guest. */
START_TEST(memory_that_comes_later)
{
	struct guest_space space = two_pages(3, 1);
	const uint64_t late = GUEST_BASE + GUEST_LENGTH;
	void *memory = harness_memory(GUEST_PAGE);

	smmu_map(&space, TO, late, GUEST_PAGE, 0);
	smmu_translate(0, &space);
	map_at(smmu.ioas, memory, GUEST_PAGE, late);
	smmu_fill(source, 512);
	smmu_copy(0, FROM, TO, 512);
	ck_assert_mem_eq(memory, guest_at(&smmu.ram, source), 512);
	unmap_at(smmu.ioas, GUEST_PAGE, late);
	smmu_end();
}
END_TEST

/* ---- refusals ------------------------------------------------------------------ */

/* An entry that is good but for these bits. */
static struct guest_ste with_bits(struct guest_ste ste, uint64_t first,
				  uint64_t second)
{
	ste.word[0] |= htole64(first);
	ste.word[1] |= htole64(second);
	return ste;
}

/* What a guest may not have is refused, and the old table works on. */
START_TEST(refused_entries)
{
	struct guest_space space = two_pages(3, 1);
	const struct guest_ste good =
		guest_ste_translate(guest_context(&space));
	static const uint64_t bad[][2] = {
		{ UINT64_C(2) << 1, 0 },  /* stage 2 beside stage 1 */
		{ 0, UINT64_C(2) << 28 }, /* EATS: split stages */
		{ 0, UINT64_C(3) << 28 },
	};
	struct guest_ste stage_2 = good;

	OK(smmu_set(0, good));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const uint32_t table =
			iommufd_nested_device_page_table(smmu.device[0].nested);

		FAILS(smmu_set(0, with_bits(good, bad[i][0], bad[i][1])),
		      PAGE_TABLE_DATA, EIO);
		check_state(IOMMUFD_NESTED_TRANSLATE);
		ck_assert_uint_eq(table, iommufd_nested_device_page_table(
						 smmu.device[0].nested));
		ck_assert(translates());
	}
	stage_2.word[0] ^= htole64(UINT64_C(3) << 1);
	FAILS(smmu_set(0, stage_2), PAGE_TABLE_DATA, EIO);
	ck_assert(translates());
	smmu_end();
}
END_TEST

/*
 * What is software's in an entry, or says what the host decides, is no reason to
 * refuse it; raw data is the kernel's to judge.
 */
START_TEST(ignored_bits)
{
	struct guest_space space = two_pages(3, 1);
	const struct guest_ste good =
		guest_ste_translate(guest_context(&space));
	static const uint64_t ignored[][2] = {
		{ UINT64_C(0x7f) << 52, 0 }, /* no fields */
		{ 0, UINT64_C(0xf) << 8 },   /* software's */
		{ 0, UINT64_C(0xf) << 13 },  /* CONT */
		{ 0, UINT64_C(1) << 26 },    /* MEV */
		{ 0, UINT64_C(3) << 30 },    /* STRW */
		{ 0, UINT64_C(0x1f) << 32 }, /* MemAttr, MTCFG */
		{ 0, UINT64_C(0xf) << 37 },  /* ALLOCCFG */
		{ 0, UINT64_C(1) << 44 },    /* SHCFG */
		{ 0, UINT64_C(0xffff) << 48 },
	};

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++) {
		const struct guest_ste ste =
			with_bits(good, ignored[i][0], ignored[i][1]);
		const struct iommufd_nested_table raw = {
			IOMMUFD_HWPT_DATA_ARM_SMMUV3, sizeof(ste.word), ste.word
		};

		OK(smmu_set(0, ste));
		check_state(IOMMUFD_NESTED_TRANSLATE);
		ck_assert(translates());
		ck_assert(passes_not());
		FAILS(iommufd_nested_device_translate(smmu.device[0].nested,
						      &raw),
		      PAGE_TABLE_DATA, EIO);
		OK(smmu_set(0, guest_ste_abort()));
	}
	smmu_end();
}
END_TEST

static const TTest **const translation[] = {
	&states,
	&entry_not_valid,
	&three_and_four_levels,
	&across_pages,
	&blocks,
	&nothing_else,
	&out_of_the_guest,
	&two_spaces,
	&memory_that_comes_later,
	NULL,
};

static const TTest **const refusals[] = { &refused_entries, &ignored_bits,
					  NULL };

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "translation", .setup = setup, .tests = translation },
		{ .name = "refusals", .setup = setup, .tests = refusals },
	};

	return harness_run("smmu", cases, 2);
}
