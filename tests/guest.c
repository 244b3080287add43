/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "guest.h"
#include "harness.h"

#define TABLES 64

const struct iommufd_nested_table *guest_table(uint32_t iotlb)
{
	static struct iommufd_mock_hwpt_data data[TABLES];
	static struct iommufd_nested_table tables[TABLES];
	static unsigned int next;
	const unsigned int i = next++ % TABLES;

	data[i].iotlb = iotlb;
	tables[i].type = IOMMUFD_MOCK_HWPT_DATA;
	tables[i].length = sizeof(data[i].iotlb); /* all that 6.12 has */
	tables[i].data = &data[i];
	return &tables[i];
}

uint32_t guest_best_type(void)
{
	return strcmp(harness_kernel(), "lts") ? IOMMUFD_MOCK_VIOMMU
					       : IOMMUFD_VIOMMU_DEFAULT;
}

struct iommufd_nesting_opts guest_opts(uint32_t viommu_type, uint32_t flags)
{
	return (struct iommufd_nesting_opts){
		.size = sizeof(struct iommufd_nesting_opts),
		.flags = IOMMUFD_NESTING_TYPE_VALID | flags,
		.viommu_type = viommu_type,
		.event_type = IOMMUFD_MOCK_VEVENTQ,
	};
}

struct iommufd_nested_device_opts guest_device_opts(const struct guest *g)
{
	return (struct iommufd_nested_device_opts){
		.size = sizeof(struct iommufd_nested_device_opts),
		.old_page_table = iommufd_hwpt_id(g->home),
		.virt_id = GUEST_VIRT_ID,
		.abort = guest_table(GUEST_ABORT),
	};
}

void guest_prepare(struct guest *g)
{
	*g = (struct guest){ 0 };
	fixture_device(&g->f);
	OK(iommufd_hwpt_alloc(g->f.device, iommufd_ioas_id(g->f.ioas), NULL,
			      &g->home));
	OK(iommufd_device_attach(g->f.device, iommufd_hwpt_id(g->home), NULL));
}

void guest_begin(struct guest *g, const struct iommufd_nesting_opts *opts)
{
	guest_prepare(g);
	OK(iommufd_nesting_new(g->f.device, g->f.ioas, opts, &g->nesting));
}

void guest_add_device(struct guest *g, uint32_t flags)
{
	struct iommufd_nested_device_opts opts = guest_device_opts(g);

	opts.flags = flags;
	OK(iommufd_nested_device_new(g->nesting, g->f.device, &opts,
				     &g->nested));
}

int guest_translate(struct guest *g, uint32_t iotlb)
{
	return iommufd_nested_device_translate(g->nested, guest_table(iotlb));
}

void guest_go_home(struct guest *g)
{
	OK(iommufd_nested_device_unset(g->nested, iommufd_hwpt_id(g->home), 0));
}

void guest_end(struct guest *g)
{
	if (g->nested) {
		guest_go_home(g);
		OK(iommufd_nested_device_destroy(g->nested));
	}
	OK(iommufd_nesting_destroy(g->nesting));
	iommufd_device_close(g->f.device);
	g->f.device = NULL;
	OK(iommufd_hwpt_destroy(g->home));
	fixture_end(&g->f);
}

void guest_check_on(const struct guest *g, uint32_t page_table)
{
	ck_assert_uint_eq(iommufd_nested_device_page_table(g->nested),
			  page_table);
	FAILS(iommufd_ctx_destroy_id(g->f.ctx, page_table), IN_USE, EBUSY);
}

void guest_check(const struct guest *g, uint32_t state, uint32_t iotlb)
{
	const uint32_t id = iommufd_nested_device_page_table(g->nested);

	ck_assert_uint_eq(iommufd_nested_device_state(g->nested), state);
	guest_check_on(g, id);
	for (uint32_t i = 0; i < IOMMUFD_MOCK_IOTLB_ENTRIES; i++)
		OK(iommufd_mock_check_iotlb(g->f.ctx, id, i, iotlb));
}
