/* SPDX-License-Identifier: MIT */
/* Which field of a guest's page table data is against the rules. */
#include "internal.h"

#include <endian.h>
#include <inttypes.h>
#include <string.h>

/* Sizes in 0.1.0. */
#define FIELD_MIN 312
#define VTD_MIN	  32
#define HW_MIN	  32

_Static_assert(sizeof(struct iommufd_field_info) >= FIELD_MIN, "grown only");
_Static_assert(sizeof(struct iommufd_hwpt_alloc_vtd_s1_opts) >= VTD_MIN,
	       "grown only");
_Static_assert(sizeof(struct iommufd_hw_vtd_info) >= HW_MIN, "grown only");

struct field {
	const char *name;
	uint8_t word, first, last;
	uint8_t values; /* those that are allowed, by bits; 0 for none but 0 */
};

#define ANY	 0xff
#define VALUE(v) (1u << (v))

/*
 * Of a stream table entry (Arm IHI 0070, 5.2), as far as the kernel is given
 * it. S1ContextPtr has four bits more in newer hardware, which it does not take.
 */
static const struct field ste_fields[] = {
	{ "V", 0, 0, 0, ANY },
	{ "Config", 0, 1, 3, VALUE(0) | VALUE(4) | VALUE(5) },
	{ "S1Fmt", 0, 4, 5, ANY },
	{ "S1ContextPtr", 0, 6, 51, ANY },
	{ "S1ContextPtr[55:52]", 0, 52, 55, 0 },
	{ "RES0", 0, 56, 58, 0 },
	{ "S1CDMax", 0, 59, 63, ANY },
	{ "S1DSS", 1, 0, 1, ANY },
	{ "S1CIR", 1, 2, 3, ANY },
	{ "S1COR", 1, 4, 5, ANY },
	{ "S1CSH", 1, 6, 7, ANY },
	{ "S2HWU59", 1, 8, 8, 0 },
	{ "S2HWU60", 1, 9, 9, 0 },
	{ "S2HWU61", 1, 10, 10, 0 },
	{ "S2HWU62", 1, 11, 11, 0 },
	{ "DRE", 1, 12, 12, 0 },
	{ "CONT", 1, 13, 16, 0 },
	{ "DCP", 1, 17, 17, 0 },
	{ "PPAR", 1, 18, 18, 0 },
	{ "MEV", 1, 19, 19, 0 },
	{ "SW_RESERVED", 1, 20, 23, 0 },
	{ "S1PIE", 1, 24, 24, 0 },
	{ "S2FWB", 1, 25, 25, 0 },
	{ "S1MPAM", 1, 26, 26, 0 },
	{ "S1STALLD", 1, 27, 27, ANY },
	{ "EATS", 1, 28, 29, VALUE(0) | VALUE(1) },
	{ "STRW", 1, 30, 31, 0 },
	{ "MemAttr", 1, 32, 35, 0 },
	{ "MTCFG", 1, 36, 36, 0 },
	{ "ALLOCCFG", 1, 37, 40, 0 },
	{ "RES0", 1, 41, 43, 0 },
	{ "SHCFG", 1, 44, 45, 0 },
	{ "NSCFG", 1, 46, 47, 0 },
	{ "PRIVCFG", 1, 48, 49, 0 },
	{ "INSTCFG", 1, 50, 51, 0 },
	{ "IMPLEMENTATION DEFINED", 1, 52, 63, 0 },
};

static uint64_t value_of(const struct field *field, uint64_t word)
{
	unsigned int bits = field->last - field->first + 1u;

	return word >> field->first &
	       (bits < 64 ? (UINT64_C(1) << bits) - 1 : UINT64_MAX);
}

static int is_allowed(const struct field *field, uint64_t value)
{
	if (field->values == ANY)
		return 1;
	return !value || (value < 8 && field->values & VALUE(value));
}

static void blame(struct iommufd_field_info *info, const struct field *field,
		  uint64_t value, const char *allowed)
{
	struct iommufd__text text;

	info->found = 1;
	info->word = field->word;
	info->first_bit = field->first;
	info->last_bit = field->last;
	info->value = value;
	iommufd__text_init(&text, info->name, sizeof(info->name));
	iommufd__text_add(&text, "%s", field->name);
	iommufd__text_init(&text, info->text, sizeof(info->text));
	iommufd__text_add(&text, "%s, bit%s %u", field->name,
			  field->first == field->last ? "" : "s", field->last);
	if (field->first != field->last)
		iommufd__text_add(&text, ":%u", field->first);
	iommufd__text_add(&text, " of word %u, is 0x%" PRIx64 ": %s.",
			  field->word, value, allowed);
}

static void all_allowed(struct iommufd_field_info *info, const char *words)
{
	struct iommufd__text text;

	iommufd__text_init(&text, info->text, sizeof(info->text));
	iommufd__text_add(&text, "%s", words);
}

static const char *allowed_of(const struct field *field)
{
	if (!strcmp(field->name, "Config"))
		return "a guest may have 0 (abort), 4 (bypass) and 5 (stage 1 "
		       "translates)";
	if (!strcmp(field->name, "EATS"))
		return "a guest may have 0 (no ATS) and 1 (full ATS)";
	return "a guest may have nothing but 0";
}

static void check_ste(const uint64_t *ste, struct iommufd_field_info *info)
{
	const uint64_t words[] = { le64toh(ste[0]), le64toh(ste[1]) };

	if (!(words[0] & 1)) {
		all_allowed(info, "V, bit 0 of word 0, is 0: an entry that is "
				  "not valid is taken for one that aborts, "
				  "whatever else it has.");
		return;
	}
	for (size_t i = 0; i < sizeof(ste_fields) / sizeof(ste_fields[0]);
	     i++) {
		const struct field *field = &ste_fields[i];
		uint64_t value = value_of(field, words[field->word]);

		if (!is_allowed(field, value)) {
			blame(info, field, value, allowed_of(field));
			return;
		}
	}
	all_allowed(info, "Every field is one that Linux 7.3 lets a guest have "
			  "so.");
}

static int refused(uint32_t cause)
{
	return iommufd__util_refused(IOMMUFD_OP_DIAGNOSE, cause);
}

UTIL_API int iommufd_explain_ste(const uint64_t ste[2],
				 struct iommufd_field_info *field)
{
	struct iommufd_field_info info = { .size = 0 };
	uint32_t cause = iommufd__util_in_check(field, FIELD_MIN);

	if (!cause && !ste)
		cause = IOMMUFD_CAUSE_NULL_POINTER;
	if (cause)
		return refused(cause);
	check_ste(ste, &info);
	iommufd__util_out_store(field, &info, sizeof(info));
	return 0;
}

/* Of the capability registers of VT-d. */
#define CAP_FIVE_LEVELS	    (UINT64_C(1) << 60)
#define ECAP_SUPERVISOR	    (UINT64_C(1) << 31)
#define ECAP_EXTENDED_FLAGS (UINT64_C(1) << 34)

#define KNOWN_FLAGS                                                            \
	((uint64_t)(IOMMUFD_VTD_S1_SRE | IOMMUFD_VTD_S1_EAFE |                 \
		    IOMMUFD_VTD_S1_WPE))

static const struct field vtd_sre = { "SRE", 0, 0, 0, 0 };
static const struct field vtd_eafe = { "EAFE", 0, 1, 1, 0 };
static const struct field vtd_unknown = { "vtd_flags", 0, 3, 63, 0 };
static const struct field vtd_width = { "addr_width", 2, 0, 31, 0 };

static void check_vtd(const struct iommufd_hwpt_alloc_vtd_s1_opts *o,
		      const struct iommufd_hw_vtd_info *hw, int has_hw,
		      struct iommufd_field_info *info)
{
	int five = !has_hw || hw->cap_reg & CAP_FIVE_LEVELS;
	int sre = !has_hw || hw->ecap_reg & ECAP_SUPERVISOR;
	int eafe = !has_hw || hw->ecap_reg & ECAP_EXTENDED_FLAGS;

	if (o->vtd_flags & ~KNOWN_FLAGS)
		blame(info, &vtd_unknown, o->vtd_flags >> 3,
		      "SRE, EAFE and WPE in bits 0 to 2 are all that there is");
	else if (o->vtd_flags & IOMMUFD_VTD_S1_SRE && !sre)
		blame(info, &vtd_sre, 1,
		      "the hardware has no supervisor requests (SRS, bit 31 of "
		      "its extended capabilities)");
	else if (o->vtd_flags & IOMMUFD_VTD_S1_EAFE && !eafe)
		blame(info, &vtd_eafe, 1,
		      "the hardware has no extended accessed flag (EAFS, bit "
		      "34 of its extended capabilities)");
	else if (o->addr_width == 57 && !five)
		blame(info, &vtd_width, o->addr_width,
		      "this hardware takes 48 alone, as it has no tables of 5 "
		      "levels (bit 60 of its capabilities)");
	else if (o->addr_width != 48 && o->addr_width != 57)
		blame(info, &vtd_width, o->addr_width,
		      five ? "there are 48 and, with tables of 5 levels, 57"
			   : "this hardware takes 48 alone");
	else
		all_allowed(
			info,
			has_hw ? "Width and flags are such as this "
				 "hardware takes."
			       : "Width and flags are such as some hardware "
				 "takes; which it is was not given.");
}

UTIL_API int iommufd_explain_vtd_s1(
	const struct iommufd_hwpt_alloc_vtd_s1_opts *vtd,
	const struct iommufd_hw_vtd_info *hardware,
	struct iommufd_field_info *field)
{
	struct iommufd_hwpt_alloc_vtd_s1_opts o;
	struct iommufd_field_info info = { .size = 0 };
	struct iommufd_hw_vtd_info hw;
	uint32_t cause = iommufd__util_in_check(field, FIELD_MIN);

	if (!cause && !vtd)
		cause = IOMMUFD_CAUSE_NULL_POINTER;
	if (!cause)
		cause = iommufd__util_opts_load(&o, sizeof(o), vtd, VTD_MIN);
	if (!cause)
		cause = iommufd__util_opts_load(&hw, sizeof(hw), hardware,
						HW_MIN);
	if (cause)
		return refused(cause);
	check_vtd(&o, &hw, hardware != NULL, &info);
	iommufd__util_out_store(field, &info, sizeof(info));
	return 0;
}
