//! Processes, signals, limits, privileges.
use super::*;
use std::ffi::CStr;
use std::os::raw::{c_char, c_void};

extern "C" {
    fn fork() -> c_int;
    pub fn clone(
        run: extern "C" fn(*mut c_void) -> c_int,
        stack: *mut c_void,
        flags: c_int,
        arg: *mut c_void,
        ...
    ) -> c_int;
}

pub enum Forked {
    Child,
    Parent(i32),
}

/// # Safety
/// The child may only do what is safe in a copy of this single-threaded process.
pub unsafe fn fork_process() -> io::Result<Forked> {
    match check(c_long::from(fork()))? {
        0 => Ok(Forked::Child),
        pid => Ok(Forked::Parent(pid as i32)),
    }
}

pub fn exit_now(code: i32) -> ! {
    loop {
        unsafe { syscall(nr::EXIT_GROUP, c_long::from(code)) };
    }
}

pub fn kill(pid: i32, signal: c_int) -> io::Result<()> {
    unsafe { call!(nr::KILL, pid, signal) }.map(drop)
}

pub fn default_signal(number: c_int) {
    set_handler(number, 0);
}

pub fn ignore_signal(number: c_int) {
    set_handler(number, 1);
}

/// By the kernel's own call: libc refuses to touch the signals it keeps for itself, but they are inherited
/// as ignored like all others.
fn set_handler(number: c_int, handler: u64) {
    let action = [handler, 0, 0, 0];
    let _ = unsafe { call!(nr::RT_SIGACTION, number, action.as_ptr(), 0, 8) };
}

pub fn mask_of(signals: &[c_int]) -> u64 {
    signals.iter().fold(0, |mask, s| mask | 1 << (s - 1))
}

pub fn signal_mask(how: c_int, mask: u64) {
    let _ = unsafe { call!(nr::RT_SIGPROCMASK, how, &mask as *const u64, 0, 8) };
}

pub fn signal_fd(mask: u64) -> io::Result<OwnedFd> {
    unsafe { Ok(own(call!(nr::SIGNALFD4, -1, &mask as *const u64, 8, O_CLOEXEC | O_NONBLOCK)?)) }
}

/// The head of the kernel's `struct rusage`; the rest is room it writes to.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Usage {
    user_sec: i64,
    user_usec: i64,
    system_sec: i64,
    system_usec: i64,
    max_rss_kib: i64,
    rest: [i64; 13],
}

impl Usage {
    pub const ZERO: Usage =
        Usage { user_sec: 0, user_usec: 0, system_sec: 0, system_usec: 0, max_rss_kib: 0, rest: [0; 13] };

    pub fn user_us(&self) -> u64 {
        (self.user_sec * 1_000_000 + self.user_usec) as u64
    }

    pub fn system_us(&self) -> u64 {
        (self.system_sec * 1_000_000 + self.system_usec) as u64
    }

    pub fn max_rss(&self) -> u64 {
        self.max_rss_kib as u64 * 1024
    }
}

#[derive(Clone, Copy)]
pub struct Exit {
    pub pid: i32,
    pub status: i32,
    pub usage: Usage,
}

impl Exit {
    /// The signal that killed it, or its exit code.
    pub fn outcome(&self) -> (u8, u32) {
        match self.status & 0x7f {
            0 => (0, (self.status >> 8 & 0xff) as u32),
            signal => (1, signal as u32),
        }
    }
}

/// Reaps one child; `None` when there is none to reap now (with `WNOHANG`).
pub fn wait_any(flags: c_int) -> io::Result<Option<Exit>> {
    let mut exit = Exit { pid: 0, status: 0, usage: Usage::ZERO };
    let (status, usage) = (&mut exit.status as *mut i32, &mut exit.usage as *mut Usage);
    let pid = retry(|| unsafe { call!(nr::WAIT4, -1, status, flags, usage) })?;
    exit.pid = pid as i32;
    Ok(if pid == 0 { None } else { Some(exit) })
}

pub fn prctl(option: c_int, value: u64) -> io::Result<()> {
    unsafe { call!(nr::PRCTL, option, value, 0, 0, 0) }.map(drop)
}

pub fn set_umask(mask: u32) {
    let _ = unsafe { call!(nr::UMASK, mask) };
}

pub fn set_session() -> io::Result<()> {
    unsafe { call!(nr::SETSID) }.map(drop)
}

pub fn change_directory(path: &CStr) -> io::Result<()> {
    unsafe { call!(nr::CHDIR, path.as_ptr()) }.map(drop)
}

pub fn effective_uid() -> u32 {
    unsafe { call!(nr::GETEUID) }.unwrap_or(0) as u32
}

/// Raw calls: libc's wrappers would try to tell other threads, and the caller may share memory with its parent.
pub fn become_user(uid: u32, gid: u32, groups: &[u32]) -> io::Result<()> {
    unsafe {
        call!(nr::SETGROUPS, groups.len(), groups.as_ptr())?;
        call!(nr::SETRESGID, gid, gid, gid)?;
        call!(nr::SETRESUID, uid, uid, uid)?;
    }
    Ok(())
}

/// Returns only on failure.
///
/// # Safety
/// Both vectors must end with a null pointer.
pub unsafe fn execute(path: *const c_char, argv: *const *const c_char, env: *const *const c_char) -> io::Error {
    match call!(nr::EXECVE, path, argv, env) {
        Err(e) => e,
        Ok(_) => io::Error::from_raw_os_error(EIO),
    }
}

/// Soft and hard limit.
pub fn limit(resource: c_int) -> io::Result<(u64, u64)> {
    let mut pair = [0u64; 2];
    unsafe { call!(nr::PRLIMIT64, 0, resource, 0, pair.as_mut_ptr()) }?;
    Ok((pair[0], pair[1]))
}

pub fn set_limit(resource: c_int, soft: u64, hard: u64) -> io::Result<()> {
    let pair = [soft, hard];
    unsafe { call!(nr::PRLIMIT64, 0, resource, pair.as_ptr(), 0) }.map(drop)
}

/// Empties the bounding and the ambient set, so that no program gives capabilities back.
pub fn drop_bounding_set() -> io::Result<()> {
    const PR_CAP_AMBIENT: c_int = 47;
    const CLEAR_ALL: u64 = 4;
    for capability in 0..64 {
        match prctl(PR_CAPBSET_DROP, capability) {
            Ok(()) => {}
            // The kernel knows no more of them.
            Err(e) if errno(&e) == EINVAL => break,
            Err(e) => return Err(e),
        }
    }
    prctl(PR_CAP_AMBIENT, CLEAR_ALL)
}

/// Gives up every capability of this process.
pub fn drop_capabilities() -> io::Result<()> {
    let header = [0x2008_0522u32, 0];
    let none = [0u32; 6];
    unsafe { call!(nr::CAPSET, header.as_ptr(), none.as_ptr()) }.map(drop)
}

pub fn set_nice(nice: i32) -> io::Result<()> {
    unsafe { call!(nr::SETPRIORITY, 0, 0, nice) }.map(drop)
}

pub fn own_mount_namespace() -> io::Result<()> {
    unsafe { call!(nr::UNSHARE, CLONE_NEWNS) }.map(drop)
}

pub fn own_user_namespace() -> io::Result<()> {
    unsafe { call!(nr::UNSHARE, CLONE_NEWUSER) }.map(drop)
}
