/* SPDX-License-Identifier: MIT */
/*
 * fault-handler: gives a device its memory page by page, when it asks.
 *
 * A device that can report page faults (PCI page requests, SMMUv3 stalls) need
 * not have all of its memory mapped and pinned beforehand. Its page table has a
 * fault queue: an access that finds nothing waits there until it is answered.
 * We map the page and let it go on, or let it fail.
 *
 * With a PCI address it serves that device until it is interrupted. Without,
 * the kernel's mock driver makes the faults, and it ends by itself.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fault-handler.h"

#define FAULTS	   64u
#define FAULTS_MAX 65536u

int check(struct handler *h, const char *what, int ret)
{
	char why[512];

	if (ret < 0) {
		iommufd_explain(ret, h->ctx, why, sizeof(why));
		fprintf(stderr, "fault-handler: %s: %s\n", what, why);
	}
	return ret;
}

/* --- what an access gets -------------------------------------------------- */

/*
 * One page, at the same place in our memory as in the window. Another access
 * may have asked for it already.
 */
static int map_page(struct handler *h, uint64_t address)
{
	uint64_t iova = address & ~(PAGE - 1);
	int ret;

	if (iova < WINDOW || iova >= WINDOW_END)
		return -1;
	ret = iommufd_ioas_map(h->ioas, h->memory + (iova - WINDOW), PAGE,
			       IOMMUFD_MAP_READABLE | IOMMUFD_MAP_WRITEABLE |
				       IOMMUFD_MAP_FIXED_IOVA,
			       &iova);
	if (iommufd_is(ret, IOMMUFD_CAUSE_ALREADY_MAPPED))
		return 0;
	if (!ret)
		h->mapped++;
	return check(h, "map", ret);
}

/* All pages of the group, or none of it goes on. */
static uint32_t serve(struct handler *h,
		      const struct iommufd_fault_group_info *group)
{
	for (uint32_t i = 0; i < group->count; i++)
		if (map_page(h, group->faults[i].addr))
			return IOMMUFD_PAGE_RESPONSE_INVALID;
	return IOMMUFD_PAGE_RESPONSE_SUCCESS;
}

static void report(const struct iommufd_fault_group_info *group, uint32_t code,
		   uint32_t gone)
{
	printf("fault     0x%" PRIx64, group->start);
	if (group->count > 1)
		printf(" to 0x%" PRIx64, group->last);
	if (group->flags & IOMMUFD_PGFAULT_PASID_VALID)
		printf(", PASID %" PRIu32, group->pasid);
	printf(",%s%s%s: %s\n",
	       group->perm & IOMMUFD_PGFAULT_PERM_READ ? " read" : "",
	       group->perm & IOMMUFD_PGFAULT_PERM_WRITE ? " write" : "",
	       group->perm & IOMMUFD_PGFAULT_PERM_EXEC ? " execute" : "",
	       gone				       ? "too late"
	       : code == IOMMUFD_PAGE_RESPONSE_SUCCESS ? "mapped"
						       : "refused");
}

/* --- the queue ------------------------------------------------------------ */

static int answer(struct handler *h,
		  const struct iommufd_fault_group_info *group)
{
	uint32_t code = serve(h, group), gone;
	int ret = iommufd_fault_answer_group(h->queue, group, code, &gone);

	if (ret)
		return ret;
	/* The kernel has answered when the device got another page table. */
	if (gone)
		h->late++;
	else if (code == IOMMUFD_PAGE_RESPONSE_SUCCESS)
		h->served++;
	else
		h->refused++;
	report(group, code, gone);
	return 0;
}

/* A group can be as large as the device's hardware lets it be. */
static int grow(struct handler *h)
{
	const uint32_t room = h->room ? 2 * h->room : FAULTS;
	struct iommufd_hwpt_pgfault *faults = NULL;

	if (room <= FAULTS_MAX)
		faults = realloc(h->faults, room * sizeof(*faults));
	if (!faults)
		return iommufd_make_error(IOMMUFD_CAUSE_NO_MEMORY, ENOMEM);
	h->faults = faults;
	h->room = room;
	return 0;
}

/* Behind what is kept; with more room when a group does not fit. */
static int read_faults(struct handler *h, uint32_t *count)
{
	int ret = h->kept == h->room ? grow(h) : 0;

	while (!ret) {
		*count = h->room - h->kept;
		ret = iommufd_fault_queue_read(h->queue, h->faults + h->kept,
					       count);
		if (!iommufd_is(ret, IOMMUFD_CAUSE_RECORD_SHORT))
			break;
		ret = grow(h);
	}
	return ret;
}

/*
 * One read, and an answer for each group. Nothing to read is no end and no
 * failure, so this may be called at any time.
 */
static int handle(struct handler *h)
{
	struct iommufd_fault_group_info group = { .size = sizeof(group) };
	uint32_t count, position = 0;
	int ret = read_faults(h, &count);

	if (ret)
		return ret;
	count += h->kept;
	h->kept = 0;
	while (!(ret = iommufd_fault_group_next(h->faults, count, &position,
						&group)) &&
	       group.count) {
		ret = answer(h, &group);
		if (ret)
			return ret;
	}
	/* The rest of the last group comes with the next read. */
	if (iommufd_is(ret, IOMMUFD_CAUSE_RECORD_SHORT)) {
		h->kept = count - position;
		memmove(h->faults, h->faults + position,
			h->kept * sizeof(h->faults[0]));
		ret = 0;
	}
	return ret;
}

/* Else a descriptor that has broken would be ready for ever, with nothing. */
static int is_broken(const struct pollfd *fd)
{
	if (!(fd->revents & (POLLERR | POLLHUP | POLLNVAL)))
		return 0;
	fprintf(stderr, "fault-handler: poll: a descriptor has broken\n");
	return 1;
}

/*
 * Where a program of yours has its own loop, the two descriptors go in there.
 * Both have their turn each time: faults that never stop are no reason not to.
 */
static int loop(struct handler *h)
{
	struct pollfd fds[] = {
		{ .fd = iommufd_fault_queue_fd(h->queue), .events = POLLIN },
		{ .fd = h->end_fd, .events = POLLIN },
	};
	int ret = 0;

	while (!ret) {
		if (poll(fds, 2, -1) < 0) {
			if (errno == EINTR)
				continue;
			perror("fault-handler: poll");
			return -1;
		}
		if (is_broken(&fds[0]) || is_broken(&fds[1]))
			return -1;
		if (fds[0].revents & POLLIN)
			ret = check(h, "faults", handle(h));
		if (!ret && fds[1].revents & POLLIN)
			ret = device_event(h);
	}
	return ret < 0 ? ret : 0;
}

/* --- making and ending ---------------------------------------------------- */

static int begin(struct handler *h, const char *address)
{
	struct iommufd_hwpt_alloc_opts opts = {
		.size = sizeof(opts),
		.flags = IOMMUFD_HWPT_FAULT_ID_VALID,
	};
	int ret;

	/* The device gets memory by the page, and no smaller one is mapped. */
	if (sysconf(_SC_PAGESIZE) != (long)PAGE)
		return check(h, "pages of another size than 4096", -EINVAL);
	h->memory = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (h->memory == MAP_FAILED)
		return check(h, "memory", -errno);
	ret = check(h, "open", iommufd_ctx_open(NULL, &h->ctx));
	if (!ret)
		ret = check(h, "ioas", iommufd_ioas_alloc(h->ctx, 0, &h->ioas));
	if (!ret)
		ret = device_new(h, address);
	if (!ret)
		ret = check(h, "fault queue",
			    iommufd_fault_queue_alloc(h->ctx, 0, &h->queue));
	if (ret)
		return ret;
	opts.fault_id = iommufd_fault_queue_id(h->queue);
	ret = check(h, "page table",
		    iommufd_hwpt_alloc(h->device, iommufd_ioas_id(h->ioas),
				       &opts, &h->hwpt));
	if (!ret)
		ret = check(h, "attach",
			    iommufd_device_attach(
				    h->device, iommufd_hwpt_id(h->hwpt), NULL));
	return ret;
}

/*
 * The device first: what still waits is answered then. A queue goes when no page
 * table uses it and its descriptor is closed.
 */
static int end(struct handler *h)
{
	int ret;

	iommufd_device_close(h->device);
	ret = check(h, "page table", iommufd_hwpt_destroy(h->hwpt));
	iommufd_fault_queue_close_fd(h->queue);
	if (!ret)
		ret = check(h, "fault queue",
			    iommufd_fault_queue_destroy(h->queue));
	if (!ret)
		ret = check(h, "ioas", iommufd_ioas_destroy(h->ioas));
	iommufd_ctx_close(h->ctx);
	free(h->faults);
	if (h->end_fd >= 0)
		close(h->end_fd);
	return ret;
}

int main(int argc, char **argv)
{
	struct handler h = { .end_fd = -1 };
	int ret;

	if (argc > 2 || (argc == 2 && argv[1][0] == '-')) {
		fprintf(stderr, "usage: fault-handler [PCI-ADDRESS]\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	ret = begin(&h, argv[1]);
	if (!ret)
		ret = loop(&h);
	if (!ret)
		ret = device_verify(&h);
	if (!ret)
		printf("in all    %u pages mapped, %u accesses served, "
		       "%u refused, %u answers too late\n",
		       h.mapped, h.served, h.refused, h.late);
	return end(&h) || ret ? 1 : 0;
}
