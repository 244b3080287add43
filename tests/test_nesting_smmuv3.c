/* SPDX-License-Identifier: MIT */
/*
 * Nested translation on Arm SMMUv3, with the kernel replaced: what is asked of
 * it, byte for byte. Needs no device.
 */
#include <endian.h>
#include <string.h>

#include <iommufd/util/util.h>

#include "fakeiommufd_ioctl.h"
#include "fixture.h"
#include "harness.h"

#define VIRT_ID 0x4711

static struct iommufd_ctx *ctx;
static struct iommufd_ioas *ioas;
static struct iommufd_device *device;
static struct iommufd_nesting *nesting;
static struct iommufd_nested_device *nested;

static void setup(void)
{
	fake_begin(&ctx, &ioas, &device);
	fake.hw_type = IOMMUFD_HW_INFO_ARM_SMMUV3;
	fake.hw_length = 40;
	nesting = NULL;
	nested = NULL;
}

static void begin(uint32_t flags)
{
	const struct iommufd_nesting_opts opts = { .size = sizeof(opts),
						   .flags = flags };
	const struct iommufd_nested_device_opts device_opts = {
		.size = sizeof(device_opts), .virt_id = VIRT_ID
	};

	OK(iommufd_nesting_new(device, ioas, &opts, &nesting));
	OK(iommufd_nested_device_new(nesting, device, &device_opts, &nested));
}

static void end(void)
{
	OK(iommufd_nested_device_destroy(nested));
	OK(iommufd_nesting_destroy(nesting));
	fake_end(ctx, ioas, device);
}

static uint32_t viommu_id(void)
{
	return iommufd_viommu_id(iommufd_nesting_viommu(nesting));
}

/* ---- objects ------------------------------------------------------------- */

START_TEST(what_it_is_made_of)
{
	struct uapi_hwpt_alloc parent;
	struct uapi_viommu_alloc viommu;
	struct uapi_veventq_alloc events;
	struct uapi_vdevice_alloc vdevice;

	begin(IOMMUFD_NESTING_EVENTS | IOMMUFD_NESTING_FAULTS);
	parent = FAKE_ARG(uapi_hwpt_alloc, IOMMUFD_NR_HWPT_ALLOC, 1);
	ck_assert_uint_eq(parent.flags, IOMMUFD_HWPT_NEST_PARENT);
	ck_assert_uint_eq(parent.pt_id, iommufd_ioas_id(ioas));
	ck_assert_uint_eq(parent.dev_id, FAKE_DEVICE);
	viommu = FAKE_ARG(uapi_viommu_alloc, IOMMUFD_NR_VIOMMU_ALLOC, 1);
	ck_assert_uint_eq(viommu.size, 24);
	ck_assert_uint_eq(viommu.type, 1);
	ck_assert_uint_eq(viommu.dev_id, FAKE_DEVICE);
	ck_assert_uint_eq(viommu.hwpt_id,
			  iommufd_hwpt_id(iommufd_nesting_parent(nesting)));
	events = FAKE_ARG(uapi_veventq_alloc, IOMMUFD_NR_VEVENTQ_ALLOC, 1);
	ck_assert_uint_eq(events.viommu_id, viommu_id());
	ck_assert_uint_eq(events.type, 1);
	ck_assert_uint_eq(events.veventq_depth, 256);
	vdevice = FAKE_ARG(uapi_vdevice_alloc, IOMMUFD_NR_VDEVICE_ALLOC, 1);
	ck_assert_uint_eq(vdevice.viommu_id, viommu_id());
	ck_assert_uint_eq(vdevice.dev_id, FAKE_DEVICE);
	ck_assert_uint_eq(vdevice.virt_id, VIRT_ID);
	end();
}
END_TEST

static void check_table(uint32_t n, const uint64_t ste[2], uint32_t flags)
{
	const struct fake_call *call = fake_call(IOMMUFD_NR_HWPT_ALLOC, n);
	const struct uapi_hwpt_alloc cmd =
		FAKE_ARG(uapi_hwpt_alloc, IOMMUFD_NR_HWPT_ALLOC, n);
	const uint64_t sent[2] = { htole64(ste[0]), htole64(ste[1]) };

	ck_assert_uint_eq(cmd.dev_id, FAKE_DEVICE);
	ck_assert_uint_eq(cmd.pt_id, viommu_id());
	ck_assert_uint_eq(cmd.data_type, 2);
	ck_assert_uint_eq(cmd.data_len, 16);
	ck_assert_mem_eq(call->data, sent, 16);
	ck_assert_uint_eq(cmd.flags, flags);
	if (flags & IOMMUFD_HWPT_FAULT_ID_VALID)
		ck_assert_uint_eq(
			cmd.fault_id,
			iommufd_fault_queue_id(
				iommufd_nesting_fault_queue(nesting)));
}

static const uint64_t abort_ste[2] = { 0x1, 0 }, bypass_ste[2] = { 0x9, 0 };

START_TEST(fixed_tables)
{
	begin(0);
	check_table(2, abort_ste, 0);
	check_table(3, bypass_ste, 0);
	end();
}
END_TEST

/* PASIDs are the guest's own affair: its tables take no flag for them. */
START_TEST(flags_of_tables)
{
	const struct iommufd_nesting_opts opts = {
		.size = sizeof(opts),
		.flags = IOMMUFD_NESTING_FAULTS,
		.parent_flags = IOMMUFD_HWPT_PASID,
	};
	struct iommufd_nested_device_opts without = {
		.size = sizeof(without), .flags = IOMMUFD_NESTED_NO_FAULTS
	};
	const uint64_t ste[2] = { 0xb, 0 };

	OK(iommufd_nesting_new(device, ioas, &opts, &nesting));
	OK(iommufd_nested_device_new(nesting, device, NULL, &nested));
	OK(iommufd_nested_device_set_ste(nested, ste));
	check_table(2, abort_ste, IOMMUFD_HWPT_FAULT_ID_VALID);
	check_table(3, bypass_ste, IOMMUFD_HWPT_FAULT_ID_VALID);
	check_table(4, ste, IOMMUFD_HWPT_FAULT_ID_VALID);
	OK(iommufd_nested_device_destroy(nested));
	OK(iommufd_nested_device_new(nesting, device, &without, &nested));
	check_table(5, abort_ste, 0);
	end();
}
END_TEST

/* Tables of the caller's instead of the hardware's. */
START_TEST(tables_of_the_caller)
{
	const uint64_t first[2] = { 2, 3 }, second[2] = { 4, 5 };
	const struct iommufd_nested_table a = { 2, 16, first };
	const struct iommufd_nested_table b = { 2, 16, second };
	const struct iommufd_nested_device_opts opts = { .size = sizeof(opts),
							 .abort = &a,
							 .bypass = &b };

	OK(iommufd_nesting_new(device, ioas, NULL, &nesting));
	OK(iommufd_nested_device_new(nesting, device, &opts, &nested));
	check_table(2, first, 0);
	check_table(3, second, 0);
	end();
}
END_TEST

/* The queues of a Tegra241 come with another vIOMMU, all else is the same. */
START_TEST(other_type_of_viommu)
{
	const uint64_t ste[2] = { 0xb, 7 };
	const struct iommufd_nesting_opts opts = {
		.size = sizeof(opts),
		.flags = IOMMUFD_NESTING_TYPE_VALID | IOMMUFD_NESTING_EVENTS,
		.viommu_type = IOMMUFD_VIOMMU_TEGRA241_CMDQV,
		.event_type = IOMMUFD_VEVENTQ_TEGRA241_CMDQV,
		.event_depth = 9,
	};
	struct uapi_veventq_alloc events;

	OK(iommufd_nesting_new(device, ioas, &opts, &nesting));
	ck_assert_uint_eq(
		FAKE_ARG(uapi_viommu_alloc, IOMMUFD_NR_VIOMMU_ALLOC, 1).type,
		2);
	events = FAKE_ARG(uapi_veventq_alloc, IOMMUFD_NR_VEVENTQ_ALLOC, 1);
	ck_assert_uint_eq(events.type, 2);
	ck_assert_uint_eq(events.veventq_depth, 9);
	OK(iommufd_nested_device_new(nesting, device, NULL, &nested));
	OK(iommufd_nested_device_set_ste(nested, ste));
	check_table(4, ste, 0);
	end();
}
END_TEST

/* ---- stream table entries ------------------------------------------------ */

/* V is bit 0 and Cfg bits 1 to 3 of the first word. */
static uint32_t state_of(unsigned int v, unsigned int cfg)
{
	if (!v || cfg <= 3)
		return IOMMUFD_NESTED_ABORT;
	return cfg == 4 ? IOMMUFD_NESTED_BYPASS : IOMMUFD_NESTED_TRANSLATE;
}

/*
 * What the kernel takes of an entry that translates: V, Cfg, S1Fmt, S1ContextPtr
 * and S1CDMax; S1DSS, S1CIR, S1COR, S1CSH, S1STALLD and EATS.
 */
static const uint64_t taken[2] = {
	0x1 | 7 << 1 | 3 << 4 | UINT64_C(0xfffffffffffc0) | UINT64_C(31) << 59,
	0x3 | 3 << 2 | 3 << 4 | 3 << 6 | 1 << 27 | 3 << 28,
};

/* Stage 2 is the kernel's to refuse: it gets the entry. */
static void check_stage_2(const uint64_t ste[2], const uint64_t meant[2])
{
	FAILS(iommufd_nested_device_set_ste(nested, ste), PAGE_TABLE_DATA, EIO);
	check_table(1, meant, 0);
	ck_assert_uint_eq(iommufd_nested_device_state(nested),
			  IOMMUFD_NESTED_UNSET);
	ck_assert_uint_eq(fake_asked(UAPI_VFIO_ATTACH), 0);
}

static void check_entry(unsigned int v, unsigned int cfg, uint64_t noise)
{
	/* EATS: none, or the whole of it, is all that the kernel takes. */
	const uint64_t second = noise & ~(UINT64_C(1) << 29);
	const uint64_t word = (noise & ~UINT64_C(0xf)) | v | cfg << 1;
	const uint64_t ste[2] = { htole64(word), htole64(second) };
	const uint64_t meant[2] = { word & taken[0], second & taken[1] };
	const uint32_t state = state_of(v, cfg);
	const uint32_t before = fake_alive();

	fake_forget();
	if (v && cfg > 5) {
		check_stage_2(ste, meant);
		return;
	}
	OK(iommufd_nested_device_set_ste(nested, ste));
	ck_assert_uint_eq(iommufd_nested_device_state(nested), state);
	ck_assert_uint_eq(fake_attached(device, 0),
			  iommufd_nested_device_page_table(nested));
	if (state == IOMMUFD_NESTED_TRANSLATE)
		check_table(1, meant, 0);
	else
		ck_assert_uint_eq(fake_asked(IOMMUFD_NR_HWPT_ALLOC), 0);
	ck_assert_uint_eq(fake_asked(UAPI_VFIO_ATTACH), 1);
	/* Back to where it was: from there every state is a change. */
	OK(iommufd_nested_device_unset(nested, 2, 0));
	ck_assert_uint_eq(fake_alive(), before);
}

START_TEST(every_form_of_an_entry)
{
	const uint64_t noise[] = { 0, UINT64_MAX, UINT64_C(0x5a5a123456789ab0),
				   UINT64_C(0xa5a5cba987654320) };

	begin(0);
	OK(iommufd_nested_device_unset(nested, 2, 0));
	for (unsigned int i = 0; i < 4; i++)
		for (unsigned int cfg = 0; cfg < 8; cfg++)
			for (unsigned int v = 0; v < 2; v++)
				check_entry(v, cfg, noise[i]);
	OK(iommufd_nested_device_abort(nested));
	end();
}
END_TEST

/* Raw data goes to the kernel as it is, whatever it says of it. */
START_TEST(raw_data)
{
	const uint64_t soft[2] = { htole64(0xb | UINT64_C(1) << 58), 0 };
	const struct iommufd_nested_table raw = { 2, 16, soft };

	begin(0);
	fake_forget();
	FAILS(iommufd_nested_device_translate(nested, &raw), PAGE_TABLE_DATA,
	      EIO);
	check_table(1, (const uint64_t[]){ le64toh(soft[0]), 0 }, 0);
	end();
}
END_TEST

/* What a guest may not have the kernel refuses; the old one stays in force. */
START_TEST(entry_is_refused)
{
	const uint64_t good[2] = { htole64(0xb), 0 };
	const uint64_t stage_2[2] = { htole64(0xd), 0 };
	uint32_t table;
	int ret;

	begin(0);
	OK(iommufd_nested_device_set_ste(nested, good));
	table = fake_attached(device, 0);
	fake_forget();
	ret = iommufd_nested_device_set_ste(nested, stage_2);
	FAILS(ret, PAGE_TABLE_DATA, EIO);
	ck_assert_uint_eq(iommufd_nested_device_state(nested),
			  IOMMUFD_NESTED_TRANSLATE);
	ck_assert_uint_eq(iommufd_nested_device_page_table(nested), table);
	ck_assert_uint_eq(fake_attached(device, 0), table);
	ck_assert_uint_eq(fake_asked(UAPI_VFIO_ATTACH), 0);
	end();
}
END_TEST

/* The driver prepares before it touches the device: no way back is gone. */
START_TEST(switch_is_refused)
{
	const uint64_t ste[2] = { htole64(0xb), 0 };
	uint32_t alive, table;

	begin(0);
	OK(iommufd_nested_device_set_ste(nested, ste));
	alive = fake_alive();
	table = fake_attached(device, 0);
	fake_forget();
	fake_fail(UAPI_VFIO_ATTACH, 1, EINVAL);
	FAILS(iommufd_nested_device_set_ste(nested, ste), ATTACH_REFUSED,
	      EINVAL);
	ck_assert_uint_eq(fake_asked(UAPI_VFIO_ATTACH), 1);
	ck_assert_uint_eq(fake_asked(IOMMUFD_NR_IOAS_ALLOC), 0);
	ck_assert_uint_eq(fake_alive(), alive);
	ck_assert_uint_eq(iommufd_nested_device_page_table(nested), table);
	ck_assert_uint_eq(iommufd_nested_device_state(nested),
			  IOMMUFD_NESTED_TRANSLATE);
	end();
}
END_TEST

START_TEST(calls_for_other_hardware)
{
	const struct iommufd_vtd_descriptor descriptor = { { 0 } };
	const struct iommufd_nested_table table = { 0 };
	const uint64_t entry[8] = { 0 };
	uint32_t count = 1;

	begin(0);
	FAILS(iommufd_nested_device_set_pasid_entry(nested, 0, entry), FEATURE,
	      EOPNOTSUPP);
	FAILS(iommufd_nesting_commands_vtd(nesting, &descriptor, &count),
	      FEATURE, EOPNOTSUPP);
	/* Its PASIDs are in the guest's tables. */
	FAILS(iommufd_nested_device_abort_pasid(nested, 1), FEATURE,
	      EOPNOTSUPP);
	FAILS(iommufd_nested_device_bypass_pasid(nested, 1), FEATURE,
	      EOPNOTSUPP);
	FAILS(iommufd_nested_device_translate_pasid(nested, 1, &table), FEATURE,
	      EOPNOTSUPP);
	ck_assert_uint_eq(count, 0);
	end();
}
END_TEST

/* ---- ids ----------------------------------------------------------------- */

static int set_id(uint64_t virt_id)
{
	return iommufd_nested_device_set_virt_id(nested, virt_id);
}

/* The new one is refused: the old one again, or at worst none. */
START_TEST(id_is_refused)
{
	const uint64_t ste[2] = { htole64(0xb), 0 };

	begin(0);
	fake_fail(IOMMUFD_NR_DESTROY, 1, EBUSY);
	FAILS(set_id(1), IN_USE, EBUSY);
	fake_fail(IOMMUFD_NR_VDEVICE_ALLOC, 1, ENOMEM);
	FAILS(set_id(1), NO_MEMORY, ENOMEM);
	ck_assert_ptr_eq(iommufd_nesting_find_virt_id(nesting, VIRT_ID),
			 nested);
	OK(iommufd_nested_device_set_ste(nested, ste));
	OK(iommufd_nested_device_abort(nested));
	fake_fail(IOMMUFD_NR_VDEVICE_ALLOC, 1, EINVAL);
	fake_fail(IOMMUFD_NR_VDEVICE_ALLOC, 2, ENOMEM);
	FAILS(set_id(1), VDEVICE_REFUSED, EINVAL);
	ck_assert_ptr_null(iommufd_nesting_find_virt_id(nesting, VIRT_ID));
	FAILS(iommufd_nested_device_set_ste(nested, ste), PAGE_TABLE, ENOENT);
	OK(iommufd_nested_device_bypass(nested));
	OK(iommufd_nested_device_abort(nested));
	OK(set_id(1));
	OK(iommufd_nested_device_set_ste(nested, ste));
	end();
}
END_TEST

static const TTest **const object_tests[] = {
	&what_it_is_made_of,
	&fixed_tables,
	&flags_of_tables,
	&tables_of_the_caller,
	&other_type_of_viommu,
	&id_is_refused,
	NULL,
};

static const TTest **const entry_tests[] = {
	&every_form_of_an_entry,   &raw_data,
	&entry_is_refused,	   &switch_is_refused,
	&calls_for_other_hardware, NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "objects", .setup = setup, .tests = object_tests },
		{ .name = "entries", .setup = setup, .tests = entry_tests },
	};

	return harness_run("nesting_smmuv3", cases, 2);
}
