//! A block device over an image file.
use super::cstr;
use crate::sys::*;
use std::ffi::{CStr, CString};
use std::io;
use std::os::unix::io::{AsRawFd, OwnedFd};

/// The kernel's `struct loop_config`, of which only the file and the flags are not zero.
#[repr(C)]
struct LoopConfig {
    fd: u32,
    block_size: u32,
    info: LoopInfo,
    reserved: [u64; 8],
}

#[repr(C)]
struct LoopInfo {
    before: [u64; 5],
    numbers: [u32; 3],
    flags: u32,
    after: [u64; 22],
}

/// The device, open, and its path.
pub fn attach(image: &CStr) -> io::Result<(OwnedFd, CString)> {
    const ATTEMPTS: usize = 64;
    let image = fs::open_at(AT_FDCWD, image, O_RDWR, 0)?;
    let control = fs::open_at(AT_FDCWD, cstr(b"/dev/loop-control\0"), O_RDWR, 0)?;
    // Between asking for a free number and taking it, others are told the same number. Launches take turns, until this
    // descriptor is closed; 64 attempts are for programs that do not.
    fs::lock(&control)?;
    for _ in 0..ATTEMPTS {
        let number = ioctl(control.as_raw_fd(), LOOP_CTL_GET_FREE, 0)?;
        let path = CString::new(format!("/dev/loop{}", number))?;
        let device = fs::open_at(AT_FDCWD, &path, O_RDWR, 0)?;
        match configure(&device, &image) {
            Ok(()) => return Ok((device, path)),
            // Another program was given the same number and was faster.
            Err(e) if errno(&e) == EBUSY => {}
            Err(e) => return Err(e),
        }
    }
    Err(io::Error::from_raw_os_error(EBUSY))
}

fn configure(device: &OwnedFd, image: &OwnedFd) -> io::Result<()> {
    let info = LoopInfo { before: [0; 5], numbers: [0; 3], flags: LO_FLAGS_AUTOCLEAR, after: [0; 22] };
    let config = LoopConfig { fd: image.as_raw_fd() as u32, block_size: 0, info, reserved: [0; 8] };
    let device = device.as_raw_fd();
    match ioctl(device, LOOP_CONFIGURE, &config as *const LoopConfig as usize) {
        Ok(_) => Ok(()),
        Err(e) if errno(&e) == EBUSY => Err(e),
        // Kernels before 5.8 take it in two steps.
        Err(_) => {
            ioctl(device, LOOP_SET_FD, image.as_raw_fd() as usize)?;
            ioctl(device, LOOP_SET_STATUS64, &config.info as *const LoopInfo as usize).map(drop).map_err(|e| {
                let _ = ioctl(device, LOOP_CLR_FD, 0);
                e
            })
        }
    }
}
