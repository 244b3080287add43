/* SPDX-License-Identifier: MIT */
/* Which field of a guest's page table data is named. */
#include <endian.h>
#include <stdio.h>
#include <string.h>

#include <iommufd/util/util.h>

#include "harness.h"

static struct iommufd_field_info field;

/*
 * Bits of a stream table entry that a guest may set, written down by number in
 * the whole entry as the architecture counts them, from 0 to 127.
 */
static const struct {
	int first, last;
	const char *name;
} allowed[] = {
	{ 0, 0, "V" },	       { 1, 3, "Config" },
	{ 4, 5, "S1Fmt" },     { 6, 51, "S1ContextPtr" },
	{ 59, 63, "S1CDMax" }, { 64, 65, "S1DSS" },
	{ 66, 67, "S1CIR" },   { 68, 69, "S1COR" },
	{ 70, 71, "S1CSH" },   { 91, 91, "S1STALLD" },
	{ 92, 93, "EATS" },
};

/* All others, by name. */
static const struct {
	int first, last;
	const char *name;
} others[] = {
	{ 52, 55, "S1ContextPtr[55:52]" },
	{ 56, 58, "RES0" },
	{ 72, 72, "S2HWU59" },
	{ 73, 73, "S2HWU60" },
	{ 74, 74, "S2HWU61" },
	{ 75, 75, "S2HWU62" },
	{ 76, 76, "DRE" },
	{ 77, 80, "CONT" },
	{ 81, 81, "DCP" },
	{ 82, 82, "PPAR" },
	{ 83, 83, "MEV" },
	{ 84, 87, "SW_RESERVED" },
	{ 88, 88, "S1PIE" },
	{ 89, 89, "S2FWB" },
	{ 90, 90, "S1MPAM" },
	{ 94, 95, "STRW" },
	{ 96, 99, "MemAttr" },
	{ 100, 100, "MTCFG" },
	{ 101, 104, "ALLOCCFG" },
	{ 105, 107, "RES0" },
	{ 108, 109, "SHCFG" },
	{ 110, 111, "NSCFG" },
	{ 112, 113, "PRIVCFG" },
	{ 114, 115, "INSTCFG" },
	{ 116, 127, "IMPLEMENTATION DEFINED" },
};

static void explain(uint64_t word0, uint64_t word1)
{
	const uint64_t ste[2] = { htole64(word0), htole64(word1) };

	memset(&field, 0xaa, sizeof(field));
	field.size = sizeof(field);
	OK(iommufd_explain_ste(ste, &field));
	ck_assert_uint_eq(field.size, sizeof(field));
	ck_assert_uint_gt(strlen(field.text), 0);
	ck_assert_msg(field.text[strlen(field.text) - 1] == '.', "%s",
		      field.text);
}

/* The one bit @nr, and that the entry is valid. */
static void explain_bit(int nr)
{
	explain(1 | (nr < 64 ? UINT64_C(1) << nr : 0),
		nr < 64 ? 0 : UINT64_C(1) << (nr - 64));
}

static void check_field(const char *name, uint32_t word, uint32_t first,
			uint32_t last, uint64_t value)
{
	ck_assert_uint_eq(field.found, 1);
	ck_assert_str_eq(field.name, name);
	ck_assert_uint_eq(field.word, word);
	ck_assert_uint_eq(field.first_bit, first);
	ck_assert_uint_eq(field.last_bit, last);
	ck_assert_uint_eq(field.value, value);
	ck_assert_uint_eq(field.reserved, 0);
	ck_assert_msg(strncmp(field.text, name, strlen(name)) == 0, "%s",
		      field.text);
}

static void check_none(void)
{
	ck_assert_uint_eq(field.found, 0);
	ck_assert_str_eq(field.name, "");
	ck_assert_uint_eq(field.value, 0);
}

/* Each bit alone; the two tables have all of them. */
START_TEST(every_bit)
{
	int seen = 0;

	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
		int chosen = !strcmp(allowed[i].name, "Config") ||
			     !strcmp(allowed[i].name, "EATS");

		for (int nr = allowed[i].first; nr <= allowed[i].last; nr++) {
			seen++;
			explain_bit(nr);
			if (!chosen)
				check_none();
		}
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		uint32_t first = (uint32_t)others[i].first;
		uint32_t last = (uint32_t)others[i].last;

		for (uint32_t nr = first; nr <= last; nr++) {
			seen++;
			explain_bit((int)nr);
			check_field(others[i].name, nr / 64, first % 64,
				    last % 64, UINT64_C(1) << (nr - first));
		}
	}
	ck_assert_int_eq(seen, 128);
}
END_TEST

/* Fields of which some values are allowed. */
START_TEST(values)
{
	for (uint64_t config = 0; config < 8; config++) {
		explain(1 | config << 1, 0);
		if (config == 0 || config == 4 || config == 5)
			check_none();
		else
			check_field("Config", 0, 1, 3, config);
	}
	ck_assert_ptr_nonnull(strstr(field.text, "4 (bypass)"));
	for (uint64_t eats = 0; eats < 4; eats++) {
		explain(1 | 5 << 1, eats << 28);
		if (eats < 2)
			check_none();
		else
			check_field("EATS", 1, 28, 29, eats);
	}
	ck_assert_ptr_nonnull(strstr(field.text, "bits 29:28 of word 1"));
	/* A real one: stage 1, pointer, write-back, inner shareable. */
	explain(UINT64_C(0x80000000) | 0xb, 0xd4);
	check_none();
}
END_TEST

/* The first one is named, and of an entry that is not valid none. */
START_TEST(first_of_several)
{
	explain(1 | UINT64_C(3) << 56 | 7 << 1, UINT64_MAX);
	check_field("Config", 0, 1, 3, 7);
	explain(1 | UINT64_C(3) << 56, UINT64_MAX);
	check_field("RES0", 0, 56, 58, 3);
	explain(1, UINT64_MAX);
	check_field("S2HWU59", 1, 8, 8, 1);
	explain(UINT64_MAX - 1, UINT64_MAX);
	check_none();
	ck_assert_ptr_nonnull(strstr(field.text, "not valid"));
}
END_TEST

static const TTest **const ste[] = { &every_bit, &values, &first_of_several,
				     NULL };

static struct iommufd_hwpt_alloc_vtd_s1_opts vtd;
static struct iommufd_hw_vtd_info hw;

static void use_vtd(void)
{
	memset(&vtd, 0, sizeof(vtd));
	vtd.size = sizeof(vtd);
	vtd.addr_width = 48;
	vtd.pgtbl_addr = 0x1000;
	memset(&hw, 0, sizeof(hw));
	hw.size = sizeof(hw);
}

static void explain_vtd(const struct iommufd_hw_vtd_info *hardware)
{
	memset(&field, 0xaa, sizeof(field));
	field.size = sizeof(field);
	OK(iommufd_explain_vtd_s1(&vtd, hardware, &field));
}

START_TEST(widths)
{
	explain_vtd(NULL);
	check_none();
	explain_vtd(&hw);
	check_none();
	vtd.addr_width = 57;
	explain_vtd(NULL);
	check_none();
	explain_vtd(&hw);
	check_field("addr_width", 2, 0, 31, 57);
	ck_assert_ptr_nonnull(strstr(field.text, "5 levels"));
	hw.cap_reg = UINT64_C(1) << 60;
	explain_vtd(&hw);
	check_none();
	for (uint32_t width = 0; width < 80; width++) {
		vtd.addr_width = width;
		explain_vtd(&hw);
		if (width == 48 || width == 57)
			check_none();
		else
			check_field("addr_width", 2, 0, 31, width);
	}
}
END_TEST

START_TEST(flags)
{
	vtd.vtd_flags =
		IOMMUFD_VTD_S1_SRE | IOMMUFD_VTD_S1_EAFE | IOMMUFD_VTD_S1_WPE;
	explain_vtd(NULL);
	check_none();
	explain_vtd(&hw);
	check_field("SRE", 0, 0, 0, 1);
	hw.ecap_reg = UINT64_C(1) << 31;
	explain_vtd(&hw);
	check_field("EAFE", 0, 1, 1, 1);
	hw.ecap_reg |= UINT64_C(1) << 34;
	explain_vtd(&hw);
	check_none();
	for (unsigned int bit = 3; bit < 64; bit++) {
		vtd.vtd_flags = UINT64_C(1) << bit;
		explain_vtd(&hw);
		check_field("vtd_flags", 0, 3, 63, UINT64_C(1) << (bit - 3));
	}
}
END_TEST

static const TTest **const stage1[] = { &widths, &flags, NULL };

START_TEST(bad_input)
{
	const uint64_t words[2] = { 1, UINT64_MAX };
	struct iommufd_field_info before;

	use_vtd();
	memset(&field, 0xaa, sizeof(field));
	field.size = sizeof(field);
	before = field;
	FAILS(iommufd_explain_ste(NULL, &field), NULL_POINTER, EINVAL);
	FAILS(iommufd_explain_ste(words, NULL), NULL_POINTER, EINVAL);
	FAILS(iommufd_explain_vtd_s1(NULL, NULL, &field), NULL_POINTER, EINVAL);
	FAILS(iommufd_explain_vtd_s1(&vtd, NULL, NULL), NULL_POINTER, EINVAL);
	vtd.size = 31;
	FAILS(iommufd_explain_vtd_s1(&vtd, NULL, &field), OPTS_SIZE, EINVAL);
	vtd.size = sizeof(vtd);
	hw.size = 31;
	FAILS(iommufd_explain_vtd_s1(&vtd, &hw, &field), OPTS_SIZE, EINVAL);
	ck_assert_mem_eq(&field, &before, sizeof(field));
	field.size = sizeof(field) - 1;
	FAILS(iommufd_explain_ste(words, &field), OPTS_SIZE, EINVAL);
	ck_assert_uint_eq(harness_failure(iommufd_explain_ste(words, NULL)).op,
			  IOMMUFD_OP_DIAGNOSE);
}
END_TEST

static const TTest **const input[] = { &bad_input, NULL };

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "ste", .tests = ste },
		{ .name = "vtd_s1", .setup = use_vtd, .tests = stage1 },
		{ .name = "input", .tests = input },
	};

	return harness_run("explain", cases, 3);
}
