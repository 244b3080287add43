/* SPDX-License-Identifier: MIT */
/**
 * @file hand_over.h
 * @brief A new process takes over what an old one has, while devices work on.
 */
#ifndef LIBIOMMUFD_UTIL_HAND_OVER_H
#define LIBIOMMUFD_UTIL_HAND_OVER_H

#include <stdint.h>

#include <iommufd/iommufd.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @defgroup hand_over Hand-over
 * @brief A new process takes over what an old one has, while devices work on.
 *
 * For a virtual machine monitor that is replaced by a newer version of itself
 * while its guest runs. Devices stay bound and attached, mappings stay, DMA
 * never stops: the kernel's objects live as long as a descriptor of them is open
 * anywhere. What has to change hands is who knows of them, and on whose account
 * the memory is locked.
 *
 * The old process puts what it has into a hand-over, each thing by a name:
 * iommufd_hand_over_new(), iommufd_hand_over_add(). It goes
 *
 * - through exec(2), by the same process or a child:
 *   iommufd_hand_over_inherit(), and iommufd_hand_over_inherited() in the new
 *   program,
 * - or over a socket to a process that runs already: iommufd_hand_over_send() and
 *   iommufd_hand_over_receive(),
 * - or as bytes and descriptors in whichever other way:
 *   iommufd_hand_over_pack() and iommufd_hand_over_unpack().
 *
 * The new process takes each thing by its name as a handle of its own,
 * iommufd_hand_over_take(), and then makes itself the owner:
 * iommufd_hand_over_finish(). Until that succeeds nothing has changed, and the
 * old process can go on. What else to heed, and who owns what after which
 * failure, is in the guide, @ref handoverguide. Part of libiommufd-util.
 * @{
 */

/**
 * @struct iommufd_hand_over
 * @brief What is handed over: of the old process, or of the new one.
 * @since 0.1.0
 */
struct iommufd_hand_over;

/**
 * @name Operations of a hand-over
 * In the thread's record of its last failure, when it is the helper that
 * refuses, or the system where the thin library has no call.
 * @{
 */
enum {
	/** Any call of this group. @since 0.1.0 */
	IOMMUFD_OP_HAND_OVER = IOMMUFD_OP_HELPER + 11
};
/** @} */

/**
 * @name Kinds of what is handed over
 * @{
 */
enum {
	/** An address space: `ioas`. @since 0.1.0 */
	IOMMUFD_HAND_OVER_IOAS = 1,
	/** A page table of an address space, also one that the kernel has made:
	 *  `hwpt`. @since 0.1.0 */
	IOMMUFD_HAND_OVER_HWPT = 2,
	/** A nested page table: `hwpt`. @since 0.1.0 */
	IOMMUFD_HAND_OVER_HWPT_NESTED = 3,
	/** A bound device file: `vfio`, `page_table`. @since 0.1.0 */
	IOMMUFD_HAND_OVER_VFIO = 4,
	/** A vIOMMU: `viommu`. @since 0.1.0 */
	IOMMUFD_HAND_OVER_VIOMMU = 5,
	/** A vDevice: `vdevice`. @since 0.1.0 */
	IOMMUFD_HAND_OVER_VDEVICE = 6,
	/** A hardware queue: `hw_queue`. @since 0.1.0 */
	IOMMUFD_HAND_OVER_HW_QUEUE = 7,
	/** A fault queue with its descriptor: `fault_queue`. @since 0.1.0 */
	IOMMUFD_HAND_OVER_FAULT_QUEUE = 8,
	/** An event queue with its descriptor: `veventq`. @since 0.1.0 */
	IOMMUFD_HAND_OVER_VEVENTQ = 9,
	/** A descriptor of any other file, as of the guest's memory, or of an
	 *  interrupt: `fd`. @since 0.1.0 */
	IOMMUFD_HAND_OVER_FD = 10
};
/** @} */

/**
 * @name Limits of a hand-over
 * @{
 */
enum {
	/** Bytes of a name, with the 0 at its end. @since 0.1.0 */
	IOMMUFD_HAND_OVER_NAME_MAX = 32,
	/** Things in one hand-over. @since 0.1.0 */
	IOMMUFD_HAND_OVER_OBJECTS_MAX = 4096
};
/** @} */

/**
 * @brief One thing that is handed over.
 *
 * Of handles and descriptor only what the kind names counts: the others are not
 * looked at by iommufd_hand_over_add(), and NULL or -1 after
 * iommufd_hand_over_take().
 * @since 0.1.0
 */
struct iommufd_hand_over_object {
	/** Set by the caller: sizeof(struct iommufd_hand_over_object). */
	uint32_t size;
	/** An `IOMMUFD_HAND_OVER_` kind. */
	uint32_t kind;
	/** What both processes call it: 1 to 31 bytes and a 0. Two things of
	 *  different kind may have the same name. */
	const char *name;
	/** Any number of the caller's, such as a sequence number or an
	 *  address. */
	uint64_t value;
	/** Of a device file the id of the page table that is in force, which the
	 *  kernel does not tell; 0 for none, and for other kinds. */
	uint32_t page_table;
	/** Of the kind of that name. */
	int32_t fd;
	/** Of the kind of that name. */
	struct iommufd_ioas *ioas;
	/** Of the two kinds of page tables. */
	struct iommufd_hwpt *hwpt;
	/** Of the kind of that name. */
	struct iommufd_vfio *vfio;
	/** Of the kind of that name. */
	struct iommufd_viommu *viommu;
	/** Of the kind of that name. */
	struct iommufd_vdevice *vdevice;
	/** Of the kind of that name. */
	struct iommufd_hw_queue *hw_queue;
	/** Of the kind of that name. */
	struct iommufd_fault_queue *fault_queue;
	/** Of the kind of that name. */
	struct iommufd_veventq *veventq;
};

/**
 * @brief Begin a hand-over, in the old process.
 *
 * Asks the kernel whether all mappings can change hands: by a change of process
 * to the caller itself, which moves nothing that is the caller's already. From
 * then on, until the hand-over ends, map, unmap, attach and destroy nothing, in
 * either process.
 *
 * @param ctx the context, which must live as long as the hand-over
 * @param flags 0
 * @param[out] hand_over the new handle, which iommufd_hand_over_release() ends;
 *             untouched on failure
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_BAD_FLAGS
 * - ::IOMMUFD_CAUSE_NOT_FILE_BACKED when a mapping was made by iommufd_ioas_map()
 *   or is one of a dma-buf. The kernel does not tell which.
 * - ::IOMMUFD_CAUSE_MAPPING_IN_TRANSIT when another thread maps or unmaps
 * - ::IOMMUFD_CAUSE_MEMORY_OR_LIMIT when the mappings are another process's, and
 *   the caller's limit of locked memory is too low
 * - ::IOMMUFD_CAUSE_COMMAND before 6.13
 * - ::IOMMUFD_CAUSE_DESCRIPTORS, ::IOMMUFD_CAUSE_NO_MEMORY
 * @threads{any}
 * @syscalls{1 ioctl, 2 fcntl, 1 pipe2, 2 fstat, 1 close}
 * @kernel{6.13}
 * @since 0.1.0
 */
int iommufd_hand_over_new(struct iommufd_ctx *ctx, uint32_t flags,
			  struct iommufd_hand_over **hand_over);

/**
 * @brief Add something, in the old process.
 *
 * The hand-over has a duplicate of a descriptor: **a device stays bound at least
 * until the hand-over ends**. Handle and descriptor stay the caller's. The kernel
 * is asked of an address space and of a page table that is no nested one whether
 * it is there, as long as there is a way back.
 *
 * @param hand_over the hand-over, made by iommufd_hand_over_new()
 * @param object what to add; needed only in the call
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, also for a handle that is NULL or a queue whose
 *   descriptor has been closed; ::IOMMUFD_CAUSE_OPTS_SIZE,
 *   ::IOMMUFD_CAUSE_OPTS_TAIL
 * - ::IOMMUFD_CAUSE_BAD_VALUE for an unknown kind, a name that is empty or too
 *   long, a page table of what is no device file
 * - ::IOMMUFD_CAUSE_HAND_OVER_RECEIVED in the new process
 * - ::IOMMUFD_CAUSE_HAND_OVER_FULL with ::IOMMUFD_HAND_OVER_OBJECTS_MAX things in it
 * - ::IOMMUFD_CAUSE_HAND_OVER_NAME_TAKEN
 * - ::IOMMUFD_CAUSE_NOT_BOUND for a device file
 * - ::IOMMUFD_CAUSE_OTHER_CONTEXT for a handle of another context than the
 *   hand-over's
 * - ::IOMMUFD_CAUSE_OBJECT when there is no such address space or page table, as
 *   for a nested page table that is not said to be one
 * - ::IOMMUFD_CAUSE_BAD_FD, ::IOMMUFD_CAUSE_DESCRIPTORS,
 *   ::IOMMUFD_CAUSE_NO_MEMORY
 * @threads{any, one call at a time for a hand-over}
 * @syscalls{1 fcntl and 1 fstat for what has a descriptor; 1 ioctl for an address
 *           space or page table; else none}
 * @kernel{6.13}
 * @since 0.1.0
 */
int iommufd_hand_over_add(struct iommufd_hand_over *hand_over,
			  const struct iommufd_hand_over_object *object);

/**
 * @brief Tell a hand-over as bytes and descriptors, for a transport of one's own.
 *
 * The bytes are for the same machine. They may be looked at by anyone and
 * changed by no one: the other side notices, but for one who means it.
 *
 * @param hand_over the hand-over
 * @param[out] record receives the bytes; may be NULL when @p *length is 0
 * @param[in,out] length room in bytes; receives the number that there are
 * @param[out] fds receives the descriptors, which stay the hand-over's; may be
 *             NULL when @p *count is 0
 * @param[in,out] count room in descriptors; receives the number that there are
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - ::IOMMUFD_CAUSE_ARRAY_SHORT when either room is too small: both numbers are
 *   stored, and nothing else
 * @threads{any, one call at a time for a hand-over}
 * @syscalls{none}
 * @since 0.1.0
 */
int iommufd_hand_over_pack(const struct iommufd_hand_over *hand_over,
			   void *record, uint32_t *length, int32_t *fds,
			   uint32_t *count);

/**
 * @brief Take a hand-over in, from a transport of one's own.
 *
 * The bytes are not trusted, and each descriptor must be of the file that it was,
 * as far as fstat(2) tells: two iommufds look the same, as do any two event
 * descriptors. Nothing in the kernel changes.
 *
 * @param record what iommufd_hand_over_pack() gave
 * @param length its bytes
 * @param fds the descriptors, in the same order. They are duplicated and stay the
 *            caller's.
 * @param count number of descriptors
 * @param[out] ctx the context, to be closed with iommufd_ctx_close(); untouched
 *             on failure
 * @param[out] hand_over the new handle, which iommufd_hand_over_finish() or
 *             iommufd_hand_over_release() ends, before the context is closed;
 *             untouched on failure
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - ::IOMMUFD_CAUSE_HAND_OVER_MALFORMED when the record is cut off, damaged, or
 *   none at all
 * - ::IOMMUFD_CAUSE_HAND_OVER_NEWER when a newer release has made it in a way
 *   that this one does not know
 * - ::IOMMUFD_CAUSE_HAND_OVER_DESCRIPTORS when their number or order is another
 *   one, or one is another file
 * - as iommufd_ctx_adopt()
 * - ::IOMMUFD_CAUSE_BAD_FD, ::IOMMUFD_CAUSE_DESCRIPTORS,
 *   ::IOMMUFD_CAUSE_NO_MEMORY
 * @threads{any}
 * @syscalls{1 fcntl and 1 fstat for each descriptor, 1 fcntl and 1 ioctl more for
 *           the context}
 * @kernel{6.2}
 * @since 0.1.0
 */
int iommufd_hand_over_unpack(const void *record, uint32_t length,
			     const int32_t *fds, uint32_t count,
			     struct iommufd_ctx **ctx,
			     struct iommufd_hand_over **hand_over);

/**
 * @brief Send a hand-over over a socket.
 *
 * In several messages: a header, and then up to 128 things each, with their
 * descriptors.
 *
 * @param hand_over the hand-over
 * @param socket a connected unix(7) socket that blocks. SO_SNDTIMEO limits the
 *               wait.
 * @return 0 when all is on its way, or a typed error, after which the socket is of
 *         no more use: a part may be on its way
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_BAD_FD
 * - ::IOMMUFD_CAUSE_HAND_OVER_PEER when the other side is gone, or does not read
 *   in time
 * - ::IOMMUFD_CAUSE_DESCRIPTORS when too many are on their way
 *   (RLIMIT_NOFILE)
 * - ::IOMMUFD_CAUSE_NO_MEMORY
 * - ::IOMMUFD_CAUSE_UNSPECIFIC for what is no such socket
 * @threads{any, one call at a time for a hand-over}
 * @syscalls{1 getsockopt; 1 sendmsg for each message}
 * @kernel{6.2}
 * @since 0.1.0
 */
int iommufd_hand_over_send(const struct iommufd_hand_over *hand_over,
			   int socket);

/**
 * @brief Receive a hand-over from a socket.
 *
 * Reads what iommufd_hand_over_send() has sent and nothing after it.
 *
 * @param socket a connected unix(7) socket that blocks. SO_RCVTIMEO limits the
 *               wait.
 * @param[out] ctx as of iommufd_hand_over_unpack()
 * @param[out] hand_over as of iommufd_hand_over_unpack()
 * @return 0 or a typed error, after which the socket is of no more use; all
 *         descriptors that came are closed
 * @failures
 * - as iommufd_hand_over_unpack()
 * - ::IOMMUFD_CAUSE_HAND_OVER_PEER when the other side is gone before the end, or
 *   sends nothing in time
 * - ::IOMMUFD_CAUSE_UNSPECIFIC for what is no such socket
 * @threads{any}
 * @syscalls{1 getsockopt; 1 recvmsg for each message, or more where it comes in
 *           parts; 1 fcntl, 1 fstat and 1 close for each descriptor, 1 fcntl and
 *           1 ioctl more for the context}
 * @kernel{6.2}
 * @since 0.1.0
 */
int iommufd_hand_over_receive(int socket, struct iommufd_ctx **ctx,
			      struct iommufd_hand_over **hand_over);

/**
 * @brief Make a hand-over ready for exec(2), by this process or a child of it.
 *
 * Puts the record into a memory file, and lets that and all descriptors of the
 * hand-over be inherited. The descriptors of the caller's handles are not: they
 * are closed by exec(2) as ever, and the new program has each file once. If
 * exec(2) fails iommufd_hand_over_release() closes what could be inherited.
 *
 * It allocates nothing, so that a child may call it after fork(2): then no other
 * program that the old process starts meanwhile can inherit the devices.
 *
 * @param hand_over the hand-over
 * @param[out] fd receives the number of the memory file, for the new program's
 *             arguments. It stays the hand-over's. Untouched on failure.
 * @return 0 or a typed error, after which nothing will be inherited
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - ::IOMMUFD_CAUSE_DESCRIPTORS, ::IOMMUFD_CAUSE_NO_MEMORY
 * @threads{any, one call at a time for a hand-over}
 * @syscalls{1 memfd_create, 1 fcntl, 1 close, 3 write, of many things more, 1
 *           fcntl for each descriptor; after an earlier call 1 fcntl for each and
 *           1 close}
 * @kernel{6.2}
 * @since 0.1.0
 */
int iommufd_hand_over_inherit(struct iommufd_hand_over *hand_over, int *fd);

/**
 * @brief Take in a hand-over that was inherited through exec(2).
 *
 * @param fd the memory file of iommufd_hand_over_inherit()
 * @param[out] ctx as of iommufd_hand_over_unpack()
 * @param[out] hand_over as of iommufd_hand_over_unpack()
 * @return 0, and the descriptors that were inherited are closed, what is left of
 *         them being the hand-over's and not inherited any more; or a typed
 *         error, after which everything is as it was, for another program to
 *         inherit
 * @failures
 * - as iommufd_hand_over_unpack(); ::IOMMUFD_CAUSE_HAND_OVER_MALFORMED also for
 *   what is no regular file, ::IOMMUFD_CAUSE_HAND_OVER_DESCRIPTORS also when a
 *   number comes twice
 * @threads{any}
 * @syscalls{1 fstat, 1 pread, 1 close; 1 fcntl, 1 fstat and 1 close for each
 *           descriptor, 1 fcntl and 1 ioctl more for the context}
 * @kernel{6.2}
 * @since 0.1.0
 */
int iommufd_hand_over_inherited(int fd, struct iommufd_ctx **ctx,
				struct iommufd_hand_over **hand_over);

/**
 * @brief Take something, in the new process: make a handle of it.
 *
 * Where the kernel answers such a question it is asked whether the thing is there
 * and what it is said to be: of address spaces, page tables but for nested ones,
 * and device files. Handles own their objects, but **until
 * iommufd_hand_over_finish() has succeeded destroy nothing**: should the new
 * process give up, the old one goes on with them.
 *
 * @param hand_over the hand-over, of the new process
 * @param[in,out] object `size`, `kind` and `name` must be set; with a `name` that
 *                is NULL and `kind` 0 it is the first that nobody has taken. The
 *                rest is filled: a handle or a descriptor that is the caller's, a
 *                name as long as the hand-over lives. Untouched on failure.
 * @return 0 or a typed error, after which it can be taken again
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_OPTS_SIZE
 * - ::IOMMUFD_CAUSE_HAND_OVER_NAME when there is none of this kind and name, it
 *   has been taken already, or nothing is left; and in the old process
 * - as iommufd_ioas_adopt(), iommufd_hwpt_adopt(), iommufd_vfio_adopt_bound() and
 *   the like
 * - ::IOMMUFD_CAUSE_OBJECT also for a device file whose device is not of the kind
 *   that it was; ::IOMMUFD_CAUSE_NOT_BOUND
 * @threads{any, one call at a time for a hand-over}
 * @syscalls{1 ioctl for an address space or page table; 2 ioctl and 1 fcntl for a
 *           device file; 1 fcntl for a queue or another descriptor; else none}
 * @kernel{6.13}
 * @since 0.1.0
 */
int iommufd_hand_over_take(struct iommufd_hand_over *hand_over,
			   struct iommufd_hand_over_object *object);

/**
 * @brief Become the owner, in the new process: when all has been taken.
 *
 * Moves the accounting of all mappings to the caller by
 * iommufd_ctx_change_process(). Then the old process must be told, and let go of
 * everything without destroying anything.
 *
 * @param hand_over the hand-over, of the new process. Gone after success; valid
 *                  and unchanged after a failure.
 * @return 0 or a typed error, after which the old process is the owner
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - ::IOMMUFD_CAUSE_HAND_OVER_LEFT when something has not been taken: it would go
 *   with the hand-over, and a device file would be unbound. Take it, and close
 *   it.
 * - ::IOMMUFD_CAUSE_MAPPER_GONE when the old process has ended or run another
 *   program, or its hand-over has ended, and locked memory is accounted by
 *   process (::IOMMUFD_RLIMIT_MODE_PROCESS): the kernel would warn, and half do
 *   it. Also where nothing is accounted, which cannot be seen: who knows that
 *   all was mapped with CAP_IPC_LOCK calls iommufd_ctx_change_process() and
 *   ends the hand-over instead.
 * - ::IOMMUFD_CAUSE_MEMORY_OR_LIMIT when the caller's limit of locked memory is
 *   too low. **By the default mode all of it counts twice for the instant** when
 *   both processes are of the same user.
 * - as iommufd_ctx_change_process()
 * @threads{any, as the last use of the handle}
 * @syscalls{2 ioctl, 1 close for each descriptor; 1 poll where the accounting is
 *           by process}
 * @kernel{6.13}
 * @since 0.1.0
 */
int iommufd_hand_over_finish(struct iommufd_hand_over *hand_over);

/**
 * @brief End a hand-over, in either process, in whichever state.
 *
 * Closes its descriptors and nothing else: handles that were taken are the
 * caller's.
 *
 * @param hand_over the hand-over, or NULL
 * @failures none
 * @threads{any, as the last use of the handle}
 * @syscalls{1 close for each descriptor}
 * @kernel{6.2}
 * @since 0.1.0
 */
void iommufd_hand_over_release(struct iommufd_hand_over *hand_over);

/** @} */

#ifdef __cplusplus
}
#endif

#endif /* LIBIOMMUFD_UTIL_HAND_OVER_H */
