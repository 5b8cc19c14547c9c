//! Descriptors that a worker was started with and must not have.

/// Closes what whoever started the sandbox left open for its children, beyond the three streams.
#[cfg(target_os = "linux")]
pub(super) fn close_inherited() {
    use std::os::fd::{BorrowedFd, FromRawFd, OwnedFd, RawFd};

    use rustix::io::{FdFlags, fcntl_getfd};

    let Ok(folder) = std::fs::read_dir("/proc/self/fd") else {
        return;
    };
    let open: Vec<RawFd> = folder
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|&fd: &RawFd| fd > 2)
        .collect();
    for fd in open {
        // SAFETY: it is only asked whether it is open and how.
        let borrowed = unsafe { BorrowedFd::borrow_raw(fd) };
        // What `exec` let through is not marked to be closed by it. Everything that this process has
        // opened since is: the standard library marks all that it opens.
        if fcntl_getfd(borrowed).is_ok_and(|flags| !flags.contains(FdFlags::CLOEXEC)) {
            // SAFETY: the descriptor came through `exec`, so nothing in this process owns it.
            drop(unsafe { OwnedFd::from_raw_fd(fd) });
        }
    }
}

/// Elsewhere there is no list of them.
#[cfg(not(target_os = "linux"))]
pub(super) fn close_inherited() {}
