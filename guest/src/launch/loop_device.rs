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
    attach_file(&fs::open_at(AT_FDCWD, image, O_RDWR, 0)?)
}

/// The one device of an image that several sandboxes mount: two devices would be two file systems that write over
/// each other. The lock keeps others from looking and attaching in between; hold all until it is mounted.
pub struct Shared {
    pub path: CString,
    _device: OwnedFd,
    _lock: OwnedFd,
}

pub fn share(image: &CStr) -> io::Result<Shared> {
    // Not the description that the device keeps: that would hold the lock as long as the device.
    let lock = fs::open_at(AT_FDCWD, image, O_RDONLY, 0)?;
    fs::lock(&lock)?;
    let image = fs::open_at(AT_FDCWD, image, O_RDWR, 0)?;
    let (device, path) = match attached(&fs::stat_fd(image.as_raw_fd())?)? {
        Some(found) => found,
        None => attach_file(&image)?,
    };
    Ok(Shared { path, _device: device, _lock: lock })
}

/// Once open, a device does not let go of its file: what it says after that stays true.
fn attached(image: &fs::Stat) -> io::Result<Option<(OwnedFd, CString)>> {
    let blocks = fs::open_at(AT_FDCWD, cstr(b"/sys/block\0"), O_RDONLY | O_DIRECTORY, 0)?;
    for name in fs::names(blocks.as_raw_fd())? {
        let inside = [b"/sys/block/", name.as_bytes(), b"/loop"].concat();
        if !name.as_bytes().starts_with(b"loop") || fs::stat_at(AT_FDCWD, &CString::new(inside)?, 0).is_err() {
            continue;
        }
        let path = CString::new([b"/dev/", name.as_bytes()].concat())?;
        let device = match fs::open_at(AT_FDCWD, &path, O_RDWR, 0) {
            Ok(device) => device,
            Err(_) => continue, // taken away in between
        };
        let mut info = LoopInfo { before: [0; 5], numbers: [0; 3], flags: 0, after: [0; 22] };
        let told = ioctl(device.as_raw_fd(), LOOP_GET_STATUS64, &mut info as *mut LoopInfo as usize);
        if told.is_ok() && (info.before[0], info.before[1]) == (device_number(image.id.0), image.id.1) {
            return Ok(Some((device, path)));
        }
    }
    Ok(None)
}

/// A device's two numbers in one, as the kernel writes them for programs.
fn device_number(id: u64) -> u64 {
    let (major, minor) = (id >> 32, id & 0xffff_ffff);
    minor & 0xff | major << 8 | (minor & !0xff) << 12
}

fn attach_file(image: &OwnedFd) -> io::Result<(OwnedFd, CString)> {
    const ATTEMPTS: usize = 64;
    let control = fs::open_at(AT_FDCWD, cstr(b"/dev/loop-control\0"), O_RDWR, 0)?;
    // Between asking for a free number and taking it, others are told the same number. Launches take turns, until this
    // descriptor is closed; 64 attempts are for programs that do not.
    fs::lock(&control)?;
    for _ in 0..ATTEMPTS {
        let number = ioctl(control.as_raw_fd(), LOOP_CTL_GET_FREE, 0)?;
        let path = CString::new(format!("/dev/loop{}", number))?;
        let device = fs::open_at(AT_FDCWD, &path, O_RDWR, 0)?;
        match configure(&device, image) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn device_numbers_are_written_as_the_kernel_does() {
        assert_eq!(device_number(8 << 32 | 1), 0x801);
        assert_eq!(device_number(253 << 32 | 0x345), 0x0030_fd45);
    }
}
