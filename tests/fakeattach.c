/* SPDX-License-Identifier: MIT */
/* What is attached to what in the fake kernel, and what it refuses of that. */
#include "fakeattach.h"
#include "harness.h"

/* Its place, or a free one. */
static uint32_t *attachment_of(int fd, uint32_t pasid)
{
	int place = -1;

	for (int i = 0; i < FAKE_ATTACHED; i++) {
		if (!fake.attached[i].page_table)
			place = i;
		else if (fake.attached[i].fd == fd &&
			 fake.attached[i].pasid == pasid)
			return &fake.attached[i].page_table;
	}
	MUST(place >= 0);
	fake.attached[place].fd = fd;
	fake.attached[place].pasid = pasid;
	return &fake.attached[place].page_table;
}

/* An SMMUv3's entry to translate needs a vDevice in the same vIOMMU. */
static int has_vdevice(int fd, uint32_t viommu)
{
	uint32_t id = 0;

	for (int i = 0; i < FAKE_DEVICES; i++)
		if (fake.devices[i].fd == fd)
			id = fake.devices[i].id;
	for (uint32_t i = 1; i < FAKE_OBJECTS; i++)
		if (fake.objects[i].nr == IOMMUFD_NR_VDEVICE_ALLOC &&
		    fake.objects[i].on[0] == viommu &&
		    fake.objects[i].device == id)
			return 1;
	return 0;
}

/*
 * A PASID, and the device itself while one of its PASIDs is attached, need a page
 * table with the flag for them.
 */
static int fits_pasids(int fd, uint32_t pasid, const struct fake_object *table)
{
	if (pasid && !(table->flags & IOMMUFD_HWPT_PASID))
		return 0;
	for (int i = 0; i < FAKE_ATTACHED; i++) {
		const uint32_t id = fake.attached[i].page_table;

		if (!id || fake.attached[i].fd != fd)
			continue;
		if (pasid && !fake.attached[i].pasid &&
		    !(fake.objects[id].flags & IOMMUFD_HWPT_PASID))
			return 0;
		if (!pasid && fake.attached[i].pasid &&
		    !(table->flags & IOMMUFD_HWPT_PASID))
			return 0;
	}
	return 1;
}

int fake_attach(int fd, const struct uapi_vfio_attach *cmd)
{
	const uint32_t pasid =
		cmd->flags & UAPI_VFIO_ATTACH_PASID ? cmd->pasid : 0;
	const struct fake_object *table = fake_object(cmd->pt_id);

	if (!table)
		return ENOENT;
	if (table->nr != IOMMUFD_NR_HWPT_ALLOC &&
	    table->nr != IOMMUFD_NR_IOAS_ALLOC)
		return EINVAL;
	if (*attachment_of(fd, pasid) == cmd->pt_id)
		return 0;
	if (!fits_pasids(fd, pasid, table))
		return EINVAL;
	if (table->translates && !has_vdevice(fd, table->on[0]))
		return ENOENT;
	*attachment_of(fd, pasid) = cmd->pt_id;
	return 0;
}

int fake_detach(int fd, const struct uapi_vfio_detach *cmd)
{
	const int has_pasid = cmd->flags & UAPI_VFIO_DETACH_PASID;

	*attachment_of(fd, has_pasid ? cmd->pasid : 0) = 0;
	return 0;
}

uint32_t fake_attached(const struct iommufd_device *device, uint32_t pasid)
{
	return *attachment_of(iommufd_vfio_fd(iommufd_device_vfio(device)),
			      pasid);
}
