/* SPDX-License-Identifier: MIT */
/*
 * A VMM's side of a guest's SMMUv3, for real hardware; to be copied. What is
 * left out is what the guest does with registers: each write of it would be one
 * of these calls.
 */
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "smmu-guest.h"

/* --- without the guest's SMMU ----------------------------------------------- */

static int map_memory(struct vmm *vmm)
{
	const uint32_t access = IOMMUFD_MAP_READABLE | IOMMUFD_MAP_WRITEABLE |
				IOMMUFD_MAP_FIXED_IOVA;
	uint64_t address = GUEST_BASE;
	void *host = mmap(NULL, GUEST_LENGTH, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (host == MAP_FAILED)
		return iommufd_make_error(IOMMUFD_CAUSE_NO_MEMORY, errno);
	vmm->ram = (struct guest_ram){ .host = host,
				       .base = GUEST_BASE,
				       .length = GUEST_LENGTH };
	return iommufd_ioas_map(vmm->ioas, host, GUEST_LENGTH, access,
				&address);
}

static int open_device(struct vmm *vmm, const char *address)
{
	struct iommufd_node_info node = { .size = sizeof(node) };
	int ret = iommufd_find_pci(address, NULL, &node);

	if (!ret)
		ret = iommufd_find_open(&node, &vmm->file);
	if (!ret)
		ret = iommufd_vfio_bind(vmm->file, vmm->ctx, NULL);
	if (!ret)
		ret = iommufd_device_from_vfio(vmm->file, &vmm->device);
	return ret;
}

/*
 * The page table is made, not left to the kernel: the way back from a refused
 * switch needs one that it can name.
 */
int vmm_begin(struct vmm *vmm, const char *address)
{
	int ret = iommufd_ctx_open(NULL, &vmm->ctx);

	if (!ret)
		ret = iommufd_ioas_alloc(vmm->ctx, 0, &vmm->ioas);
	if (!ret)
		ret = map_memory(vmm);
	if (!ret)
		ret = open_device(vmm, address);
	if (!ret)
		ret = iommufd_hwpt_alloc(vmm->device,
					 iommufd_ioas_id(vmm->ioas), NULL,
					 &vmm->plain);
	if (!ret)
		ret = iommufd_device_attach(vmm->device,
					    iommufd_hwpt_id(vmm->plain), NULL);
	return ret;
}

/* The reverse order, and the guest's SMMU before the device. */
int vmm_end(struct vmm *vmm)
{
	int ret = vmm_smmu_off(vmm);

	if (ret)
		return ret;
	iommufd_device_close(vmm->device);
	iommufd_vfio_close(vmm->file);
	ret = iommufd_hwpt_destroy(vmm->plain);
	if (!ret)
		ret = iommufd_ioas_destroy(vmm->ioas);
	if (ret)
		return ret;
	iommufd_ctx_close(vmm->ctx);
	munmap(vmm->ram.host, GUEST_LENGTH);
	*vmm = (struct vmm){ 0 };
	return 0;
}

/* --- on and off --------------------------------------------------------------- */

/* Until the guest has written an entry, its SMMU lets nothing through. */
int vmm_smmu_on(struct vmm *vmm)
{
	const struct iommufd_nesting_opts opts = {
		.size = sizeof(opts), .flags = IOMMUFD_NESTING_EVENTS
	};
	const struct iommufd_nested_device_opts device = {
		.size = sizeof(device),
		.old_page_table = iommufd_hwpt_id(vmm->plain),
		.virt_id = vmm->stream,
	};
	int ret = iommufd_nesting_new(vmm->device, vmm->ioas, &opts,
				      &vmm->nesting);

	vmm->reader = (struct iommufd_event_reader){
		.size = sizeof(vmm->reader),
		.type = IOMMUFD_VEVENTQ_ARM_SMMUV3,
		.buffer_size = sizeof(vmm->records),
		.buffer = vmm->records,
	};
	if (!ret)
		ret = iommufd_nested_device_new(vmm->nesting, vmm->device,
						&device, &vmm->nested);
	if (!ret)
		ret = iommufd_nested_device_abort(vmm->nested);
	return ret;
}

/* The device is taken back first: its DMA goes on through the plain table. */
int vmm_smmu_off(struct vmm *vmm)
{
	int ret = 0;

	if (vmm->nested)
		ret = iommufd_nested_device_unset(
			vmm->nested, iommufd_hwpt_id(vmm->plain), 0);
	if (!ret)
		ret = iommufd_nested_device_destroy(vmm->nested);
	if (ret)
		return ret;
	vmm->nested = NULL;
	ret = iommufd_nesting_destroy(vmm->nesting);
	if (!ret)
		vmm->nesting = NULL;
	return ret;
}

/* --- commands ------------------------------------------------------------------- */

static uint32_t opcode(const guest_command *command)
{
	return (uint32_t)(le64toh(command->cmd[0]) & 0xff);
}

static int look_at_stream(struct vmm *vmm)
{
	const uint8_t *table = guest_at(&vmm->ram, vmm->smmu.streams);
	uint64_t ste[2];

	memcpy(ste, table + vmm->stream * SMMU_STREAM_SIZE, sizeof(ste));
	return iommufd_nested_device_set_ste(vmm->nested, ste);
}

/*
 * What the library leaves to us; a sync is done when its turn has come. The
 * guest may write to its queue meanwhile: the command is read once.
 */
static int own_command(struct vmm *vmm, const guest_command *queued)
{
	const guest_command command = *queued;
	const uint64_t stream = le64toh(command.cmd[0]) >> 32;

	switch (opcode(&command)) {
	case SMMU_CFGI_STE:
		return stream == vmm->stream ? look_at_stream(vmm) : 0;
	case SMMU_CFGI_STE_RANGE:
		return look_at_stream(vmm);
	default:
		return 0;
	}
}

/* Commands that lie one after the other in the ring. */
static uint32_t run_of(const struct smmu *smmu)
{
	const uint32_t waiting =
		(smmu->command_prod - smmu->command_cons) % (2 * SMMU_QUEUE);
	const uint32_t to_end = SMMU_QUEUE - smmu->command_cons % SMMU_QUEUE;

	return waiting < to_end ? waiting : to_end;
}

static void consume(struct smmu *smmu, uint32_t count)
{
	smmu->command_cons = (smmu->command_cons + count) % (2 * SMMU_QUEUE);
}

int vmm_commands(struct vmm *vmm)
{
	const guest_command *queue = guest_at(&vmm->ram, vmm->smmu.commands);
	struct smmu *smmu = &vmm->smmu;
	uint32_t run;

	while ((run = run_of(smmu))) {
		uint32_t count = run;
		int ret = iommufd_nesting_commands_arm_smmuv3(
			vmm->nesting, queue + smmu->command_cons % SMMU_QUEUE,
			&count);

		consume(smmu, count);
		if (ret) {
			smmu->command_error = SMMU_ERROR_ILLEGAL;
			return ret;
		}
		if (count == run)
			continue;
		ret = own_command(vmm, queue + smmu->command_cons % SMMU_QUEUE);
		consume(smmu, 1);
		if (ret)
			return ret;
	}
	return 0;
}

/* --- events ----------------------------------------------------------------------- */

/* A record of four words into the guest's queue, if that has room. */
static int event_for_guest(struct vmm *vmm, const void *record)
{
	uint8_t *queue = guest_at(&vmm->ram, vmm->smmu.events);
	struct smmu *smmu = &vmm->smmu;
	const uint32_t waiting =
		(smmu->event_prod - smmu->event_cons) % (2 * SMMU_QUEUE);

	if (waiting == SMMU_QUEUE)
		return 0;
	memcpy(queue + smmu->event_prod % SMMU_QUEUE * SMMU_EVENT_SIZE, record,
	       SMMU_EVENT_SIZE);
	smmu->event_prod = (smmu->event_prod + 1) % (2 * SMMU_QUEUE);
	return 1;
}

int vmm_bad_stream(struct vmm *vmm)
{
	const uint64_t record[SMMU_EVENT_SIZE / 8] = { htole64(
		SMMU_C_BAD_STE | (uint64_t)vmm->stream << 32) };
	int ret = iommufd_nested_device_abort(vmm->nested);

	if (!ret)
		(void)event_for_guest(vmm, record);
	return ret;
}

/* The record is the guest's already, with the stream id that it knows. */
int vmm_events(struct vmm *vmm, uint64_t *lost)
{
	struct iommufd_veventq *queue = iommufd_nesting_veventq(vmm->nesting);
	struct iommufd_event_info event = { .size = sizeof(event) };
	int ret = iommufd_event_fill(&vmm->reader, queue);

	*lost = 0;
	while (!ret && !(ret = iommufd_event_next(&vmm->reader, &event)) &&
	       event.kind != IOMMUFD_EVENT_NONE) {
		*lost += event.lost;
		if (event.kind == IOMMUFD_EVENT_RECORD)
			*lost += !event_for_guest(vmm, event.data);
	}
	return ret;
}
