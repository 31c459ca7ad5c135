//! What bubblewrap does and other runtimes leave to the program they start.
use crate::sys::process::*;
use crate::sys::*;
use std::ffi::CString;
use std::io;
use std::os::unix::io::{AsRawFd, FromRawFd, OwnedFd, RawFd};

/// A user namespace in which this user has another number; no rights over anything come with it.
pub fn nest(id: u32) -> io::Result<()> {
    let outside = effective_uid();
    own_user_namespace()?;
    for (file, text) in [
        ("setgroups", "deny".to_string()),
        ("uid_map", format!("{} {} 1", id, outside)),
        ("gid_map", format!("{} {} 1", id, outside)),
    ] {
        let path = CString::new(format!("/proc/self/{}", file))?;
        let fd = fs::open_at(AT_FDCWD, &path, O_WRONLY, 0)?;
        write_all(fd.as_raw_fd(), text.as_bytes())?;
    }
    // Those of the new namespace.
    drop_bounding_set()?;
    drop_capabilities()
}

/// The kernel's `struct sock_fprog`.
#[repr(C)]
struct Program {
    length: u16,
    instructions: *const u64,
}

/// Loads a compiled system call filter for this process and all it starts, and closes its descriptor.
pub fn filter(fd: RawFd) -> io::Result<()> {
    const MOST: usize = 4096;
    let fd = unsafe { OwnedFd::from_raw_fd(fd) };
    let mut instructions = vec![0u64; MOST];
    let room = unsafe { std::slice::from_raw_parts_mut(instructions.as_mut_ptr().cast::<u8>(), MOST * 8) };
    let mut length = 0;
    loop {
        match read(fd.as_raw_fd(), &mut room[length..])? {
            0 => break,
            n => length += n,
        }
    }
    if length == 0 || length % 8 != 0 || length == MOST * 8 {
        return Err(io::Error::from_raw_os_error(EINVAL));
    }
    let program = Program { length: (length / 8) as u16, instructions: instructions.as_ptr() };
    unsafe { call!(nr::PRCTL, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program as *const Program, 0, 0) }.map(drop)
}
