#ifndef WARBLER_CSNDFILE_SHIM_H
#define WARBLER_CSNDFILE_SHIM_H

#include <fcntl.h>
#include <sndfile.h>
#include <sys/syscall.h>
#include <unistd.h>

/// Gives the calling thread a descriptor table of its own, whose descriptor 2 is /dev/null.
///
/// The other threads keep their stderr. The new table holds descriptors 0, 1 and 2 only where the kernel has
/// close_range(2) (Linux 5.9), so nothing that other threads close is kept open here; an older kernel copies
/// the whole table. A thread cannot go back: call this only on a thread that ends soon.
///
/// - Returns: 0, or -1 when the system does not permit it, in which case nothing has changed.
static inline int warbler_detach_stderr(void) {
  int detached = -1;
#ifdef SYS_close_range
  const unsigned int close_range_unshare = 1u << 1;
  detached = (int)syscall(SYS_close_range, 3u, ~0u, close_range_unshare);
#endif
#ifdef SYS_unshare
  const unsigned long clone_files = 0x400;
  if (detached != 0) detached = (int)syscall(SYS_unshare, clone_files);
#endif
  if (detached != 0) return -1;
  const int null_device = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (null_device < 0) return close(2);
  if (null_device != 2) {
    dup2(null_device, 2);
    close(null_device);
  }
  return 0;
}

#endif
