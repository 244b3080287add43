/* SPDX-License-Identifier: MIT */
/* What DMA in flight sees of replacements, on each of the emulated IOMMUs. */
#include <stdlib.h>
#include <string.h>

#include "devices.h"
#include "fixture.h"
#include "harness.h"
#include "inflight.h"

#define IOVA	  UINT64_C(0x4000000)
#define TRANSFERS 200

/* On the old kernel virtio-iommu has no page tables to go to: see test_attach. */
START_TEST(no_page_table)
{
	struct iommufd_ctx *ctx = harness_ctx();
	struct iommufd_device *device = device_new("IOMMUFD_VM_EDU", ctx);
	struct iommufd_ioas *ioas = new_ioas(ctx);
	struct iommufd_hwpt *hwpt = NULL;

	map_at(ioas, harness_memory(PAGE), PAGE, IOVA);
	FAILS(iommufd_hwpt_alloc(device, iommufd_ioas_id(ioas), NULL, &hwpt),
	      OUTSIDE_PAGE_TABLE, EADDRINUSE);
	iommufd_device_close(device);
	OK(iommufd_ioas_destroy(ioas));
	iommufd_ctx_close(ctx);
}
END_TEST

START_TEST(dma_during_replacements)
{
	struct iommufd_ctx *ctx = harness_ctx();
	struct iommufd_ioas *ioas[2];
	struct iommufd_hwpt *tables[2];
	struct edu edu;
	struct inflight flight = { .edu = &edu,
				   .iova = IOVA,
				   .pattern_iova = IOVA + MIB,
				   .pattern = harness_memory(PAGE) };

	edu_open(&edu, harness_env("IOMMUFD_VM_EDU"), ctx);
	for (int i = 0; i < 2; i++) {
		const size_t length = INFLIGHT_PAGES * PAGE;

		ioas[i] = new_ioas(ctx);
		flight.places[i] = harness_memory(length);
		map_at(ioas[i], flight.places[i], length, IOVA);
		map_at(ioas[i], flight.pattern, PAGE, IOVA + MIB);
		tables[i] = new_hwpt(edu.device, ioas[i]);
		flight.tables[i] = iommufd_hwpt_id(tables[i]);
	}
	inflight_run(&flight, TRANSFERS, harness_env("IOMMUFD_VM_SCENARIO"));
	edu_close(&edu);
	for (int i = 0; i < 2; i++) {
		OK(iommufd_hwpt_destroy(tables[i]));
		OK(iommufd_ioas_destroy(ioas[i]));
	}
	iommufd_ctx_close(ctx);
}
END_TEST

static const TTest **const tests[] = { &dma_during_replacements, NULL };
static const TTest **const old_virtio[] = { &no_page_table, NULL };

int main(void)
{
	const char *scenario = getenv("IOMMUFD_VM_SCENARIO");
	const struct harness_case cases[] = {
		{ .name = "replace_dma",
		  .tests = device_old_kernel() && scenario &&
					   !strcmp(scenario, "virtio")
				   ? old_virtio
				   : tests,
		  .timeout = 240 },
	};

	return harness_run("replace_dma", cases, 1);
}
