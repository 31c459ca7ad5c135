//! The kernel, called by hand: the program has no crates, and libc's structures differ between its
//! implementations while the kernel's do not. Every call goes through libc's `syscall`.
pub mod attributes;
mod consts;
pub mod fs;
pub mod net;
pub mod nr;
pub mod process;

pub use consts::*;
use std::io;
use std::os::raw::{c_int, c_long};
use std::os::unix::io::{AsRawFd, FromRawFd, OwnedFd, RawFd};

extern "C" {
    pub fn syscall(number: c_long, ...) -> c_long;
}

/// Turns the libc convention (-1 and errno) into a `Result`.
pub fn check(result: c_long) -> io::Result<c_long> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

/// A system call with every argument widened to a register.
macro_rules! call {
    ($nr:expr $(, $arg:expr)* $(,)?) => {
        $crate::sys::check($crate::sys::syscall($nr $(, $arg as std::os::raw::c_long)*))
    };
}
pub(crate) use call;

pub fn errno(error: &io::Error) -> i32 {
    error.raw_os_error().unwrap_or(0)
}

pub fn would_block(error: &io::Error) -> bool {
    errno(error) == EAGAIN
}

/// Repeats a call that a stop and continue of this process interrupted.
fn retry(mut call: impl FnMut() -> io::Result<c_long>) -> io::Result<c_long> {
    loop {
        match call() {
            Err(e) if errno(&e) == EINTR => {}
            other => return other,
        }
    }
}

/// # Safety
/// `raw` must be a descriptor that nothing else owns.
unsafe fn own(raw: c_long) -> OwnedFd {
    OwnedFd::from_raw_fd(raw as RawFd)
}

pub fn read(fd: RawFd, buf: &mut [u8]) -> io::Result<usize> {
    retry(|| unsafe { call!(nr::READ, fd, buf.as_mut_ptr(), buf.len()) }).map(|n| n as usize)
}

pub fn write(fd: RawFd, buf: &[u8]) -> io::Result<usize> {
    retry(|| unsafe { call!(nr::WRITE, fd, buf.as_ptr(), buf.len()) }).map(|n| n as usize)
}

/// Writes everything to a blocking descriptor or a regular file.
pub fn write_all(fd: RawFd, mut buf: &[u8]) -> io::Result<()> {
    while !buf.is_empty() {
        match write(fd, buf)? {
            0 => return Err(io::Error::from_raw_os_error(EIO)),
            n => buf = &buf[n..],
        }
    }
    Ok(())
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct IoVec {
    pub base: *const u8,
    pub len: usize,
}

impl IoVec {
    pub const EMPTY: IoVec = IoVec { base: std::ptr::null(), len: 0 };
}

/// # Safety
/// Every element must describe readable memory.
pub unsafe fn writev(fd: RawFd, parts: &[IoVec]) -> io::Result<usize> {
    retry(|| call!(nr::WRITEV, fd, parts.as_ptr(), parts.len())).map(|n| n as usize)
}

/// Both ends close on exec and block.
pub fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let mut ends = [0 as c_int; 2];
    unsafe {
        call!(nr::PIPE2, ends.as_mut_ptr(), O_CLOEXEC)?;
        Ok((OwnedFd::from_raw_fd(ends[0]), OwnedFd::from_raw_fd(ends[1])))
    }
}

pub fn set_nonblocking(fd: RawFd) -> io::Result<()> {
    unsafe {
        let flags = call!(nr::FCNTL, fd, F_GETFL, 0)?;
        call!(nr::FCNTL, fd, F_SETFL, flags | O_NONBLOCK as c_long)?;
    }
    Ok(())
}

pub fn set_cloexec(fd: RawFd, on: bool) -> io::Result<()> {
    unsafe { call!(nr::FCNTL, fd, F_SETFD, if on { FD_CLOEXEC } else { 0 }) }.map(drop)
}

pub fn is_open(fd: RawFd) -> bool {
    unsafe { call!(nr::FCNTL, fd, F_GETFD, 0) }.is_ok()
}

/// A duplicate above the standard descriptors, closed on exec.
pub fn duplicate(fd: RawFd) -> io::Result<OwnedFd> {
    duplicate_from(fd, 3)
}

/// A duplicate with at least the given number.
pub fn duplicate_from(fd: RawFd, lowest: RawFd) -> io::Result<OwnedFd> {
    unsafe { Ok(own(call!(nr::FCNTL, fd, F_DUPFD_CLOEXEC, lowest)?)) }
}

pub fn dup_onto(fd: RawFd, target: RawFd) -> io::Result<()> {
    unsafe { call!(nr::DUP3, fd, target, 0) }.map(drop)
}

pub fn ioctl(fd: RawFd, request: u64, argument: usize) -> io::Result<c_long> {
    unsafe { call!(nr::IOCTL, fd, request, argument) }
}

/// Bytes that can be read now.
pub fn readable_bytes(fd: RawFd) -> io::Result<u64> {
    let mut n: c_int = 0;
    ioctl(fd, FIONREAD, &mut n as *mut c_int as usize)?;
    Ok(n.max(0) as u64)
}

/// Closes every descriptor from `first` on, or only marks them close-on-exec.
pub fn close_from(first: RawFd, only_mark: bool) {
    let flags = if only_mark { CLOSE_RANGE_CLOEXEC } else { 0 };
    if unsafe { call!(nr::CLOSE_RANGE, first, u32::MAX, flags) }.is_ok() {
        return;
    }
    // Kernels before 5.9, and before 5.11 for the mark.
    for fd in first..open_limit() {
        if only_mark {
            let _ = set_cloexec(fd, true);
        } else if is_open(fd) {
            drop(unsafe { OwnedFd::from_raw_fd(fd) });
        }
    }
}

fn open_limit() -> RawFd {
    let limit = process::limit(RLIMIT_NOFILE).map(|(soft, _)| soft).unwrap_or(1024);
    limit.min(1 << 20) as RawFd
}

pub fn inotify() -> io::Result<OwnedFd> {
    unsafe { Ok(own(call!(nr::INOTIFY_INIT1, O_CLOEXEC | O_NONBLOCK)?)) }
}

pub fn inotify_add(fd: RawFd, path: &std::ffi::CStr, mask: u32) -> io::Result<i32> {
    unsafe { call!(nr::INOTIFY_ADD_WATCH, fd, path.as_ptr(), mask) }.map(|wd| wd as i32)
}

pub fn inotify_remove(fd: RawFd, wd: i32) {
    let _ = unsafe { call!(nr::INOTIFY_RM_WATCH, fd, wd) };
}

#[repr(C)]
struct TimeSpec {
    sec: i64,
    nsec: i64,
}

/// Milliseconds since boot, suspended time included.
pub fn boot_ms() -> u64 {
    let mut now = TimeSpec { sec: 0, nsec: 0 };
    match unsafe { call!(nr::CLOCK_GETTIME, CLOCK_BOOTTIME, &mut now as *mut TimeSpec) } {
        Ok(_) => now.sec as u64 * 1000 + now.nsec as u64 / 1_000_000,
        Err(_) => 0,
    }
}

pub fn boot_timer() -> io::Result<OwnedFd> {
    unsafe { Ok(own(call!(nr::TIMERFD_CREATE, CLOCK_BOOTTIME, O_CLOEXEC | O_NONBLOCK)?)) }
}

/// Arms a timer once, `ms` from now; 0 disarms it.
pub fn arm(timer: &OwnedFd, ms: u64) -> io::Result<()> {
    let ms = ms.min(i64::MAX as u64 / 2);
    let spec =
        [TimeSpec { sec: 0, nsec: 0 }, TimeSpec { sec: (ms / 1000) as i64, nsec: (ms % 1000 * 1_000_000) as i64 }];
    unsafe { call!(nr::TIMERFD_SETTIME, timer.as_raw_fd(), 0, spec.as_ptr(), 0) }.map(drop)
}

pub fn random_u64() -> u64 {
    let mut bytes = [0u8; 8];
    match unsafe { call!(nr::GETRANDOM, bytes.as_mut_ptr(), bytes.len(), 0) } {
        Ok(8) => u64::from_ne_bytes(bytes),
        // Only uniqueness is wanted, and O_EXCL guards it.
        _ => boot_ms().wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ u64::from(std::process::id()),
    }
}
