/* SPDX-License-Identifier: MIT */
/*
 * A VMM's side of a guest's IOMMU. To be copied: for real hardware the calls
 * that are named in vmm_entry_written() and vmm_invalidate() take the place of
 * what is there, and the types are left out.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "nested-guest.h"

/* --- without the guest's IOMMU -------------------------------------------- */

static int map_memory(struct vmm *vmm)
{
	const uint32_t access = IOMMUFD_MAP_READABLE | IOMMUFD_MAP_WRITEABLE |
				IOMMUFD_MAP_FIXED_IOVA;
	uint64_t address = GUEST_MEMORY;

	vmm->memory = mmap(NULL, GUEST_LENGTH, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (vmm->memory == MAP_FAILED)
		return iommufd_make_error(IOMMUFD_CAUSE_NO_MEMORY, errno);
	return iommufd_ioas_map(vmm->ioas, vmm->memory, GUEST_LENGTH, access,
				&address);
}

/*
 * The page table is made, not left to the kernel: the way back from a refused
 * switch needs one that it can name.
 */
int vmm_begin(struct vmm *vmm)
{
	int ret = iommufd_ctx_open(NULL, &vmm->ctx);

	if (!ret)
		ret = iommufd_ioas_alloc(vmm->ctx, 0, &vmm->ioas);
	if (!ret)
		ret = map_memory(vmm);
	if (!ret)
		ret = device_open(vmm->ctx, iommufd_ioas_id(vmm->ioas),
				  &vmm->device);
	if (!ret)
		ret = iommufd_hwpt_alloc(vmm->device,
					 iommufd_ioas_id(vmm->ioas), NULL,
					 &vmm->plain);
	if (!ret)
		ret = iommufd_device_attach(vmm->device,
					    iommufd_hwpt_id(vmm->plain), NULL);
	return ret;
}

/* The reverse order, and the guest's IOMMU before the device. */
int vmm_end(struct vmm *vmm)
{
	int ret = vmm_iommu_off(vmm);

	if (ret)
		return ret;
	iommufd_device_close(vmm->device);
	ret = iommufd_hwpt_destroy(vmm->plain);
	if (!ret)
		ret = iommufd_ioas_destroy(vmm->ioas);
	if (ret)
		return ret;
	iommufd_ctx_close(vmm->ctx);
	munmap(vmm->memory, GUEST_LENGTH);
	*vmm = (struct vmm){ 0 };
	return 0;
}

/* --- the guest's IOMMU ---------------------------------------------------- */

/*
 * An SMMUv3 and a VT-d need no types: the library finds them. A kernel before
 * 6.13 has no vIOMMUs; then it goes without, as on a VT-d, but has no events.
 */
static int make_nesting(struct vmm *vmm)
{
	struct iommufd_nesting_opts opts = {
		.size = sizeof(opts),
		.flags = IOMMUFD_NESTING_TYPE_VALID | IOMMUFD_NESTING_FAULTS |
			 IOMMUFD_NESTING_EVENTS,
		.viommu_type = device_viommu_type,
		.event_type = device_event_type,
	};
	int ret = iommufd_nesting_new(vmm->device, vmm->ioas, &opts,
				      &vmm->nesting);

	if (!iommufd_is(ret, IOMMUFD_CAUSE_COMMAND))
		return ret;
	opts.flags &= ~(uint32_t)IOMMUFD_NESTING_EVENTS;
	opts.viommu_type = IOMMUFD_VIOMMU_DEFAULT;
	return iommufd_nesting_new(vmm->device, vmm->ioas, &opts,
				   &vmm->nesting);
}

/* The reader counts what is lost, so it lives as long as its queue. */
static void begin_events(struct vmm *vmm)
{
	vmm->reader = (struct iommufd_event_reader){
		.size = sizeof(vmm->reader),
		.type = device_event_type,
		.event_length = device_event_length,
		.buffer_size = sizeof(vmm->records),
		.buffer = vmm->records,
	};
}

/* Until the guest has written an entry, its IOMMU lets nothing through. */
int vmm_iommu_on(struct vmm *vmm)
{
	const struct iommufd_nested_device_opts opts = {
		.size = sizeof(opts),
		.old_page_table = iommufd_hwpt_id(vmm->plain),
		.virt_id = GUEST_DEVICE,
		.abort = &device_abort_table,
	};
	int ret = make_nesting(vmm);

	begin_events(vmm);
	if (!ret)
		ret = iommufd_nested_device_new(vmm->nesting, vmm->device,
						&opts, &vmm->nested);
	if (!ret)
		ret = iommufd_nested_device_abort(vmm->nested);
	return ret;
}

/* The device is taken back first: its DMA goes on through the plain table. */
int vmm_iommu_off(struct vmm *vmm)
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

/*
 * SMMUv3: return iommufd_nested_device_set_ste(vmm->nested, ste);
 * VT-d:   return iommufd_nested_device_set_pasid_entry(vmm->nested, pasid,
 *                                                      entry);
 *
 * They do just this with their hardware's entries. What the hardware does not take
 * from a guest need not be known here: the kernel refuses it. What was in force is
 * in force then, which is more than hardware lets through that cannot use an
 * entry: a faithful VMM calls iommufd_nested_device_abort() then, and reports it
 * to the guest as its IOMMU would, as smmu-guest does.
 */
int vmm_entry_written(struct vmm *vmm, uint32_t entry)
{
	const uint32_t where = ENTRY_TABLE(entry);
	const struct iommufd_nested_table table = {
		.type = device_table_type + (entry & ENTRY_FORMAT),
		.length = sizeof(where),
		.data = &where,
	};

	if (!(entry & ENTRY_VALID))
		return iommufd_nested_device_abort(vmm->nested);
	if (!(entry & ENTRY_TRANSLATE))
		return iommufd_nested_device_bypass(vmm->nested);
	return iommufd_nested_device_translate(vmm->nested, &table);
}

/*
 * SMMUv3: return iommufd_nesting_commands_arm_smmuv3(vmm->nesting, commands,
 *                                                    &count);
 * VT-d:   return iommufd_nesting_commands_vtd(vmm->nesting, descriptors,
 *                                             &count);
 *
 * They take a piece of the guest's queue, do what is an invalidation, and say
 * with the count where the VMM has to go on.
 */
int vmm_invalidate(struct vmm *vmm, uint32_t iotlb_entry)
{
	const struct {
		uint32_t flags, entry;
	} invalidation = { .entry = iotlb_entry };
	const uint32_t id = iommufd_nested_device_page_table(vmm->nested);
	struct iommufd_hwpt *table;
	uint32_t one = 1;
	int ret = iommufd_hwpt_adopt(vmm->ctx, id, 0, &table);

	if (ret)
		return ret;
	ret = iommufd_hwpt_invalidate(table, device_invalidation_type,
				      &invalidation, sizeof(invalidation),
				      &one);
	iommufd_hwpt_release(table);
	return ret;
}

/* --- what comes from the hardware ----------------------------------------- */

/* Of an SMMUv3 the data is the event record, for the guest's event queue. */
static void tell_event(const struct iommufd_event_info *event)
{
	uint32_t guest_device;

	memcpy(&guest_device, event->data, sizeof(guest_device));
	printf("  vmm       tells the guest of an event of its device "
	       "0x%" PRIx32 "\n",
	       guest_device);
}

int vmm_read_events(struct vmm *vmm, uint32_t *count)
{
	struct iommufd_veventq *queue = iommufd_nesting_veventq(vmm->nesting);
	struct iommufd_event_info event = { .size = sizeof(event) };
	int ret = iommufd_event_fill(&vmm->reader, queue);

	*count = 0;
	while (!ret && !(ret = iommufd_event_next(&vmm->reader, &event)) &&
	       event.kind != IOMMUFD_EVENT_NONE) {
		if (event.lost)
			printf("  vmm       %" PRIu64 " events were lost\n",
			       event.lost);
		if (event.kind != IOMMUFD_EVENT_RECORD)
			continue;
		tell_event(&event);
		(*count)++;
	}
	return ret;
}

/*
 * A guest gets the fault in its queue of page requests, and its answer goes to
 * iommufd_fault_answer_group(). Here it would be too much: all succeed. A kernel
 * before 7.2 can give a group in parts, see the example fault-handler.
 */
int vmm_answer_faults(struct vmm *vmm, uint32_t *count)
{
	struct iommufd_fault_queue *queue =
		iommufd_nesting_fault_queue(vmm->nesting);
	struct iommufd_fault_group_info group = { .size = sizeof(group) };
	struct iommufd_hwpt_pgfault faults[16];
	uint32_t room = 16, position = 0;
	int ret = iommufd_fault_queue_read(queue, faults, &room);

	*count = 0;
	while (!ret &&
	       !(ret = iommufd_fault_group_next(faults, room, &position,
						&group)) &&
	       group.count) {
		printf("  vmm       tells the guest of a page fault at "
		       "0x%" PRIx64 ", and answers for it\n",
		       group.start);
		(*count)++;
		ret = iommufd_fault_answer_group(
			queue, &group, IOMMUFD_PAGE_RESPONSE_SUCCESS, NULL);
	}
	return ret;
}
