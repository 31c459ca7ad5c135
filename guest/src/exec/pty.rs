//! Pseudo-terminals.
use crate::sys::*;
use std::ffi::{CStr, CString};
use std::io;
use std::os::unix::io::{AsRawFd, FromRawFd, OwnedFd, RawFd};

/// A new terminal: the guest's side and the command's side.
pub fn open(columns: u16, rows: u16) -> io::Result<(OwnedFd, OwnedFd)> {
    let name = unsafe { CStr::from_bytes_with_nul_unchecked(b"/dev/ptmx\0") };
    let master = fs::open_at(AT_FDCWD, name, O_RDWR | O_NOCTTY | O_NONBLOCK, 0)?;
    let fd = master.as_raw_fd();
    let unlocked: i32 = 0;
    ioctl(fd, TIOCSPTLCK, &unlocked as *const i32 as usize)?;
    resize(fd, columns, rows)?;
    let slave = match ioctl(fd, TIOCGPTPEER, (O_RDWR | O_NOCTTY | O_CLOEXEC) as usize) {
        Ok(slave) => unsafe { OwnedFd::from_raw_fd(slave as RawFd) },
        // Kernels before 4.13, and some that only imitate one.
        Err(_) => {
            let mut number: u32 = 0;
            ioctl(fd, TIOCGPTN, &mut number as *mut u32 as usize)?;
            let path = CString::new(format!("/dev/pts/{}", number))?;
            fs::open_at(AT_FDCWD, &path, O_RDWR | O_NOCTTY, 0)?
        }
    };
    Ok((master, slave))
}

/// A size of nothing means the usual one.
pub fn resize(master: RawFd, columns: u16, rows: u16) -> io::Result<()> {
    let or = |n: u16, usual| if n == 0 { usual } else { n };
    let size: [u16; 4] = [or(rows, 24), or(columns, 80), 0, 0];
    ioctl(master, TIOCSWINSZ, size.as_ptr() as usize).map(drop)
}
