/* SPDX-License-Identifier: MIT */
/*
 * The device of fault-handler: a real one, or one of the kernel's mock driver,
 * which makes its next faults whenever a timer says so.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <iommufd/iommufd-mock.h>

#include "fault-handler.h"

#define READ  IOMMUFD_PGFAULT_PERM_READ
#define WRITE IOMMUFD_PGFAULT_PERM_WRITE

/* What the mock device tries to do. The kernel is told where and how. */
static const struct {
	uint64_t address;
	uint32_t permission;
} accesses[] = {
	{ WINDOW, READ },
	{ WINDOW + PAGE, READ },
	{ WINDOW + PAGE + 8, READ | WRITE }, /* the same page again */
	{ WINDOW + 17 * PAGE + 100, WRITE },
	{ WINDOW_END - 1, WRITE },
	{ WINDOW - 1, READ }, /* outside, on both sides */
	{ WINDOW_END, WRITE },
	{ UINT64_C(0xffff000000000000), WRITE },
};

#define ACCESSES ((unsigned int)(sizeof(accesses) / sizeof(accesses[0])))

static int is_mock;
static unsigned int next_access;

/* --- a real device -------------------------------------------------------- */

/* Interrupting the program becomes something to poll for. */
static int real_device(struct handler *h, const char *address)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	h->end_fd = signalfd(-1, &signals, SFD_CLOEXEC);
	if (h->end_fd < 0)
		return check(h, "signals", -errno);
	return check(h, address,
		     iommufd_open_pci(h->ctx, address, NULL, &h->device));
}

/* --- the mock device ------------------------------------------------------ */

static int mock_device(struct handler *h)
{
	const struct itimerspec often = { .it_value.tv_nsec = 10000000,
					  .it_interval.tv_nsec = 10000000 };

	h->end_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	if (h->end_fd < 0 || timerfd_settime(h->end_fd, 0, &often, NULL))
		return check(h, "timer", -errno);
	/* Mock devices are born attached. */
	return check(h, "mock device",
		     iommufd_mock_device_new(h->ctx, iommufd_ioas_id(h->ioas),
					     0, NULL, &h->device));
}

/* Two accesses at once, in groups of their own. */
static int make_faults(struct handler *h)
{
	int ret = 0;

	for (int i = 0; i < 2 && next_access < ACCESSES && !ret; i++) {
		const struct iommufd_mock_fault fault = {
			.group = next_access,
			.permission = accesses[next_access].permission,
			.address = accesses[next_access].address,
		};

		next_access++;
		ret = check(
			h, "trigger",
			iommufd_mock_device_trigger_fault(h->device, &fault));
	}
	return ret;
}

/* --- either of them ------------------------------------------------------- */

int device_new(struct handler *h, const char *address)
{
	is_mock = !address;
	return address ? real_device(h, address) : mock_device(h);
}

int device_event(struct handler *h)
{
	uint64_t ticks;

	if (!is_mock || next_access == ACCESSES)
		return 1;
	if (read(h->end_fd, &ticks, sizeof(ticks)) != sizeof(ticks))
		return 0;
	return make_faults(h);
}

/* What the mock device could access, its page table has. */
int device_verify(struct handler *h)
{
	for (unsigned int i = 0; is_mock && i < ACCESSES; i++) {
		uint64_t iova = accesses[i].address & ~(PAGE - 1);
		int ret;

		if (iova < WINDOW || iova >= WINDOW_END)
			continue;
		ret = iommufd_mock_check_map(h->ctx, iommufd_hwpt_id(h->hwpt),
					     h->memory + (iova - WINDOW), PAGE,
					     iova);
		if (ret)
			return check(h, "verify", ret);
	}
	return 0;
}
