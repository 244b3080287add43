/* SPDX-License-Identifier: MIT */
/* Mock devices. */
#include <errno.h>
#include <stdlib.h>

#include "mock_internal.h"

struct mock_device {
	int fd; /* the context's, which the handle keeps open */
	uint32_t object_id;
	uint32_t id;
};

/* The kernel has one call for a new attachment and one for a change. */
static int attach_pasid(struct mock_device *mock, uint32_t pasid,
			uint32_t *pt_id)
{
	struct mock_uapi_test_cmd cmd = {
		.op = MOCK_UAPI_PASID_ATTACH,
		.id = mock->object_id,
		.pasid_attach = { .pasid = pasid, .pt_id = *pt_id },
	};
	int ret = iommufd_mock__raw(mock->fd, &cmd);

	if (ret == -EBUSY) {
		cmd.op = MOCK_UAPI_PASID_REPLACE;
		ret = iommufd_mock__raw(mock->fd, &cmd);
	}
	if (ret < 0)
		return ret;
	*pt_id = cmd.pasid_attach.pt_id;
	return 0;
}

static int attach(void *base, uint32_t flags, uint32_t pasid, uint32_t *pt_id)
{
	struct mock_device *mock = base;
	struct mock_uapi_test_cmd cmd = {
		.op = MOCK_UAPI_MOCK_DOMAIN_REPLACE,
		.id = mock->object_id,
		.mock_domain_replace = { .pt_id = *pt_id },
	};
	int ret;

	if (flags & 1)
		return attach_pasid(mock, pasid, pt_id);
	ret = iommufd_mock__raw(mock->fd, &cmd);
	if (ret < 0)
		return ret;
	*pt_id = cmd.mock_domain_replace.pt_id;
	return 0;
}

static int detach(void *base, uint32_t flags, uint32_t pasid)
{
	struct mock_device *mock = base;
	struct mock_uapi_test_cmd cmd = {
		.op = MOCK_UAPI_PASID_DETACH,
		.id = mock->object_id,
		.pasid_detach = { .pasid = pasid },
	};
	int ret;

	if (!(flags & 1))
		return -EOPNOTSUPP;
	ret = iommufd_mock__raw(mock->fd, &cmd);
	return ret < 0 ? ret : 0;
}

static void destroy(int fd, uint32_t id)
{
	struct {
		uint32_t size;
		uint32_t id;
	} cmd = { .size = sizeof(cmd), .id = id };

	(void)iommufd_private_ioctl(fd, IOMMUFD_NR_DESTROY, &cmd);
}

static void close_device(void *base)
{
	struct mock_device *mock = base;

	destroy(mock->fd, mock->object_id);
	free(mock);
}

static const struct iommufd_private_ops device_ops = {
	.size = sizeof(device_ops),
	.attach = attach,
	.detach = detach,
	.close = close_device,
};

static struct mock_device *mock_of(const struct iommufd_device *device)
{
	return iommufd_private_device_base(device, &device_ops);
}

static int create(struct iommufd_ctx *ctx, struct mock_uapi_test_cmd *cmd,
		  struct mock_device *mock, struct iommufd_device **device)
{
	int ret;

	mock->fd = iommufd_ctx_fd(ctx);
	ret = iommufd_mock__call(mock->fd, cmd);
	if (ret)
		return ret;
	mock->object_id = cmd->mock_domain.out_stdev_id;
	mock->id = cmd->mock_domain.out_idev_id;
	ret = iommufd_private_device_new(ctx, mock->id, &device_ops, mock,
					 device);
	if (ret)
		destroy(mock->fd, mock->object_id);
	return ret;
}

int iommufd_mock_device_new(struct iommufd_ctx *ctx, uint32_t page_table,
			    uint32_t flags, uint32_t *in_force,
			    struct iommufd_device **device)
{
	struct mock_uapi_test_cmd cmd = {
		.op = flags ? MOCK_UAPI_MOCK_DOMAIN_FLAGS
			    : MOCK_UAPI_MOCK_DOMAIN,
		.id = page_table,
		.mock_domain = { .dev_flags = flags },
	};
	struct mock_device *mock;
	int ret;

	if (!ctx || !device)
		return iommufd_mock__null(cmd.op);
	mock = calloc(1, sizeof(*mock));
	if (!mock)
		return iommufd_mock__refused(cmd.op, IOMMUFD_CAUSE_NO_MEMORY,
					     ENOMEM);
	ret = create(ctx, &cmd, mock, device);
	if (ret)
		free(mock);
	else if (in_force)
		*in_force = cmd.mock_domain.out_hwpt_id;
	return ret;
}

uint32_t iommufd_mock_device_object_id(const struct iommufd_device *device)
{
	const struct mock_device *mock = mock_of(device);

	return mock ? mock->object_id : 0;
}

/* An operation on a device is named by one of its two ids. */
static int on_object(struct iommufd_device *device,
		     struct mock_uapi_test_cmd *cmd)
{
	const struct mock_device *mock = mock_of(device);

	if (!mock)
		return iommufd_mock__null(cmd->op);
	cmd->id = mock->object_id;
	return iommufd_mock__call(mock->fd, cmd);
}

int iommufd_mock_device_pasid_attach(struct iommufd_device *device,
				     uint32_t pasid, uint32_t page_table)
{
	struct mock_uapi_test_cmd cmd = {
		.op = MOCK_UAPI_PASID_ATTACH,
		.pasid_attach = { .pasid = pasid, .pt_id = page_table },
	};

	return on_object(device, &cmd);
}

int iommufd_mock_device_pasid_replace(struct iommufd_device *device,
				      uint32_t pasid, uint32_t page_table)
{
	struct mock_uapi_test_cmd cmd = {
		.op = MOCK_UAPI_PASID_REPLACE,
		.pasid_attach = { .pasid = pasid, .pt_id = page_table },
	};

	return on_object(device, &cmd);
}

int iommufd_mock_device_pasid_detach(struct iommufd_device *device,
				     uint32_t pasid)
{
	struct mock_uapi_test_cmd cmd = {
		.op = MOCK_UAPI_PASID_DETACH,
		.pasid_detach = { .pasid = pasid },
	};

	return on_object(device, &cmd);
}

int iommufd_mock_device_pasid_check(struct iommufd_device *device,
				    uint32_t pasid, uint32_t page_table)
{
	struct mock_uapi_test_cmd cmd = {
		.op = MOCK_UAPI_PASID_CHECK_HWPT,
		.pasid_check = { .pasid = pasid, .hwpt_id = page_table },
	};

	return on_object(device, &cmd);
}

int iommufd_mock_device_check_cache(struct iommufd_device *device,
				    uint32_t index, uint32_t value)
{
	const struct mock_device *mock = mock_of(device);
	struct mock_uapi_test_cmd cmd = {
		.op = MOCK_UAPI_DEV_CHECK_CACHE,
		.check_dev_cache = { .id = index, .cache = value },
	};

	if (!mock)
		return iommufd_mock__null(cmd.op);
	cmd.id = mock->id;
	return iommufd_mock__call(mock->fd, &cmd);
}

int iommufd_mock_device_trigger_fault(struct iommufd_device *device,
				      const struct iommufd_mock_fault *fault)
{
	const struct mock_device *mock = mock_of(device);
	struct mock_uapi_test_cmd cmd = { .op = MOCK_UAPI_TRIGGER_IOPF };

	if (!mock || !fault)
		return iommufd_mock__null(cmd.op);
	cmd.trigger_iopf.dev_id = mock->id;
	cmd.trigger_iopf.pasid = fault->pasid;
	cmd.trigger_iopf.grpid = fault->group;
	cmd.trigger_iopf.perm = fault->permission;
	cmd.trigger_iopf.addr = fault->address;
	return iommufd_mock__call(mock->fd, &cmd);
}

int iommufd_mock_device_trigger_vevent(struct iommufd_device *device)
{
	const struct mock_device *mock = mock_of(device);
	struct mock_uapi_test_cmd cmd = { .op = MOCK_UAPI_TRIGGER_VEVENT };

	if (!mock)
		return iommufd_mock__null(cmd.op);
	cmd.trigger_vevent.dev_id = mock->id;
	return iommufd_mock__call(mock->fd, &cmd);
}
