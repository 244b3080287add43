/* SPDX-License-Identifier: MIT */
/* The guest's driver for its SMMUv3: stream table and queues in its memory. */
#include <errno.h>
#include <string.h>

#include "smmu-guest.h"

int driver_begin(struct driver *driver, struct vmm *vmm)
{
	struct smmu *smmu = &vmm->smmu;

	*driver = (struct driver){ .vmm = vmm, .ram = &vmm->ram, .smmu = smmu };
	*smmu = (struct smmu){ 0 };
	/* An entry of zeros is not valid: no device gets through. */
	smmu->streams = guest_pages(driver->ram, GUEST_PAGE);
	smmu->commands = guest_pages(driver->ram, GUEST_PAGE);
	smmu->events = guest_pages(driver->ram, GUEST_PAGE);
	if (!smmu->streams || !smmu->commands || !smmu->events)
		return iommufd_make_error(IOMMUFD_CAUSE_NO_MEMORY, ENOMEM);
	return vmm_smmu_on(vmm);
}

static void put(struct driver *driver, guest_command command)
{
	struct smmu *smmu = driver->smmu;
	guest_command *queue = guest_at(driver->ram, smmu->commands);

	queue[smmu->command_prod % SMMU_QUEUE] = command;
	smmu->command_prod = (smmu->command_prod + 1) % (2 * SMMU_QUEUE);
}

/* The VMM has done all commands when the call returns: no need to wait. */
int driver_give(struct driver *driver, const guest_command *commands,
		uint32_t count)
{
	int ret = 0;

	while (!ret && count) {
		uint32_t n = count < SMMU_QUEUE - 1 ? count : SMMU_QUEUE - 1;

		for (uint32_t i = 0; i < n; i++)
			put(driver, commands[i]);
		put(driver, guest_sync());
		ret = vmm_commands(driver->vmm);
		commands += n;
		count -= n;
	}
	return ret;
}

int driver_stream(struct driver *driver, uint32_t stream, struct guest_ste ste)
{
	const guest_command look = guest_config(stream);
	uint8_t *table = guest_at(driver->ram, driver->smmu->streams);

	memcpy(table + stream * SMMU_STREAM_SIZE, &ste, sizeof(ste));
	return driver_give(driver, &look, 1);
}

int driver_event(struct driver *driver, uint64_t event[4])
{
	struct smmu *smmu = driver->smmu;
	const uint8_t *queue = guest_at(driver->ram, smmu->events);

	if (smmu->event_cons == smmu->event_prod)
		return 0;
	memcpy(event, queue + smmu->event_cons % SMMU_QUEUE * SMMU_EVENT_SIZE,
	       SMMU_EVENT_SIZE);
	smmu->event_cons = (smmu->event_cons + 1) % (2 * SMMU_QUEUE);
	return 1;
}
