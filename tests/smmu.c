/* SPDX-License-Identifier: MIT */
#include <poll.h>
#include <string.h>

#include "devices.h"
#include "fixture.h"
#include "smmu.h"

struct smmu smmu;

static const char *const variables[SMMU_DEVICES] = { "IOMMUFD_VM_EDU",
						     "IOMMUFD_VM_EDU_OTHER" };

void smmu_prepare(void)
{
	smmu = (struct smmu){ .ctx = harness_ctx() };
	smmu.ioas = new_ioas(smmu.ctx);
	smmu.ram = (struct guest_ram){ .host = harness_memory(GUEST_LENGTH),
				       .base = GUEST_BASE,
				       .length = GUEST_LENGTH };
	map_at(smmu.ioas, smmu.ram.host, GUEST_LENGTH, GUEST_BASE);
}

void smmu_add(struct iommufd_device *device)
{
	if (!smmu.plain)
		smmu.plain = new_hwpt(device, smmu.ioas);
	OK(iommufd_device_attach(device, iommufd_hwpt_id(smmu.plain), NULL));
	smmu.device[smmu.devices++].device = device;
}

void smmu_add_edu(void)
{
	struct edu *edu = &smmu.device[smmu.devices].edu;

	edu_open(edu, harness_env(variables[smmu.devices]), smmu.ctx);
	smmu_add(edu->device);
}

void smmu_start(void)
{
	const struct iommufd_nesting_opts opts = {
		.size = sizeof(opts),
		.flags = IOMMUFD_NESTING_EVENTS,
		.event_depth = SMMU_DEPTH,
	};

	OK(iommufd_nesting_new(smmu.device[0].device, smmu.ioas, &opts,
			       &smmu.nesting));
	for (uint32_t i = 0; i < smmu.devices; i++) {
		const struct iommufd_nested_device_opts device = {
			.size = sizeof(device),
			.old_page_table = iommufd_hwpt_id(smmu.plain),
			.virt_id = SMMU_STREAM(i),
		};

		OK(iommufd_nested_device_new(smmu.nesting,
					     smmu.device[i].device, &device,
					     &smmu.device[i].nested));
		OK(iommufd_nested_device_abort(smmu.device[i].nested));
	}
	smmu.reader = (struct iommufd_event_reader){
		.size = sizeof(smmu.reader),
		.type = IOMMUFD_VEVENTQ_ARM_SMMUV3,
		.buffer_size = sizeof(smmu.records),
		.buffer = smmu.records,
	};
}

void smmu_begin(uint32_t devices)
{
	smmu_prepare();
	while (smmu.devices < devices)
		smmu_add_edu();
	smmu_start();
}

void smmu_end(void)
{
	for (uint32_t i = 0; i < smmu.devices; i++) {
		struct smmu_device *device = &smmu.device[i];

		if (device->nested)
			OK(iommufd_nested_device_unset(
				device->nested, iommufd_hwpt_id(smmu.plain),
				0));
		OK(iommufd_nested_device_destroy(device->nested));
	}
	OK(iommufd_nesting_destroy(smmu.nesting));
	for (uint32_t i = 0; i < smmu.devices; i++)
		if (smmu.device[i].edu.bar)
			edu_close(&smmu.device[i].edu);
		else
			iommufd_device_close(smmu.device[i].device);
	OK(iommufd_hwpt_destroy(smmu.plain));
	OK(iommufd_ioas_destroy(smmu.ioas));
	iommufd_ctx_close(smmu.ctx);
}

/* ---- the guest's memory and tables ------------------------------------------ */

uint64_t smmu_memory(uint64_t length)
{
	uint64_t address = guest_pages(&smmu.ram, length);

	ck_assert_uint_ne(address, 0);
	return address;
}

struct guest_space smmu_space(uint32_t levels, uint16_t asid)
{
	struct guest_space space;

	ck_assert_int_eq(guest_space_begin(&space, &smmu.ram, levels, asid), 0);
	return space;
}

void smmu_map(struct guest_space *space, uint64_t iova, uint64_t address,
	      uint64_t size, uint32_t flags)
{
	ck_assert_int_eq(guest_map(space, iova, address, size, flags), 0);
}

int smmu_set(uint32_t device, struct guest_ste ste)
{
	return iommufd_nested_device_set_ste(smmu.device[device].nested,
					     ste.word);
}

void smmu_translate(uint32_t device, const struct guest_space *space)
{
	uint64_t context = guest_context(space);

	ck_assert_uint_ne(context, 0);
	OK(smmu_set(device, guest_ste_translate(context)));
}

void smmu_give(guest_command command)
{
	uint32_t one = 1;

	OK(iommufd_nesting_commands_arm_smmuv3(smmu.nesting, &command, &one));
	ck_assert_uint_eq(one, 1);
}

/* ---- DMA ----------------------------------------------------------------------- */

void smmu_fill(uint64_t address, uint32_t length)
{
	static uint32_t seed = 1;
	uint8_t *bytes = guest_at(&smmu.ram, address);

	for (uint32_t i = 0; i < length; i++) {
		seed = seed * 1664525 + 1013904223;
		bytes[i] = (uint8_t)(seed >> 24);
	}
}

int smmu_same(uint64_t address, uint64_t as, uint32_t length)
{
	return !memcmp(guest_at(&smmu.ram, address), guest_at(&smmu.ram, as),
		       length);
}

int smmu_empty(uint64_t address, uint32_t length)
{
	const uint8_t *bytes = guest_at(&smmu.ram, address);

	for (uint32_t i = 0; i < length; i++)
		if (bytes[i])
			return 0;
	return 1;
}

void smmu_copy(uint32_t device, uint64_t from, uint64_t to, uint32_t length)
{
	struct edu *edu = &smmu.device[device].edu;

	edu_read(edu, from, length);
	edu_write(edu, to, length);
}

int smmu_finds(uint32_t device, uint64_t from, uint64_t to, uint64_t source,
	       uint64_t target)
{
	const uint32_t length = 512;

	smmu_fill(source, length);
	smmu_fill(target, length);
	smmu_copy(device, from, to, length);
	return smmu_same(source, target, length);
}

int smmu_refused(uint32_t device, uint64_t from, uint64_t to, uint64_t source,
		 uint64_t target)
{
	int found;

	harness_expect_dma_fault(1);
	found = smmu_finds(device, from, to, source, target);
	harness_expect_dma_fault(0);
	return !found;
}

/* ---- events ---------------------------------------------------------------------- */

static int wait_input(int milliseconds)
{
	struct pollfd input = {
		.fd = iommufd_veventq_fd(iommufd_nesting_veventq(smmu.nesting)),
		.events = POLLIN,
	};

	return poll(&input, 1, milliseconds) == 1;
}

uint64_t smmu_event(struct iommufd_event_arm_smmuv3_info *event,
		    int milliseconds)
{
	struct iommufd_veventq *queue = iommufd_nesting_veventq(smmu.nesting);
	struct iommufd_event_info info = { .size = sizeof(info) };
	uint64_t lost = 0;

	*event = (struct iommufd_event_arm_smmuv3_info){ .size = sizeof(
								 *event) };
	do {
		OK(iommufd_event_fill(&smmu.reader, queue));
		OK(iommufd_event_next(&smmu.reader, &info));
		lost += info.lost;
	} while (info.kind == IOMMUFD_EVENT_LOST ||
		 (info.kind == IOMMUFD_EVENT_NONE && wait_input(milliseconds)));
	if (info.kind == IOMMUFD_EVENT_RECORD)
		OK(iommufd_event_arm_smmuv3(&info, event));
	return lost;
}

void smmu_drop_events(uint32_t id)
{
	struct iommufd_event_arm_smmuv3_info event;

	for (;;) {
		smmu_event(&event, 0);
		if (!event.id)
			return;
		ck_assert_uint_eq(event.id, id);
	}
}
