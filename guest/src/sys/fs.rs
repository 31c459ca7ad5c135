//! Files and directories, always relative to a directory descriptor.
use super::*;
use std::ffi::{CStr, CString};

#[repr(C)]
#[derive(Clone, Copy)]
struct StatxTime {
    sec: i64,
    nsec: u32,
    pad: i32,
}

#[repr(C)]
struct Statx {
    mask: u32,
    blksize: u32,
    attributes: u64,
    nlink: u32,
    uid: u32,
    gid: u32,
    mode: u16,
    pad: u16,
    ino: u64,
    size: u64,
    blocks: u64,
    attributes_mask: u64,
    times: [StatxTime; 4], // access, birth, change, modification
    rdev: [u32; 2],
    dev: [u32; 2],
    spare: [u64; 14],
}

#[derive(Clone, Copy)]
pub struct Stat {
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    pub links: u32,
    pub size: u64,
    pub mtime_sec: i64,
    pub mtime_nsec: u32,
    /// Device and inode.
    pub id: (u64, u64),
}

impl Stat {
    pub fn kind(&self) -> u32 {
        self.mode & S_IFMT
    }

    pub fn permissions(&self) -> u32 {
        self.mode & 0o7777
    }

    pub fn is_file(&self) -> bool {
        self.kind() == S_IFREG
    }

    pub fn is_dir(&self) -> bool {
        self.kind() == S_IFDIR
    }

    pub fn is_symlink(&self) -> bool {
        self.kind() == S_IFLNK
    }
}

pub fn stat_at(dir: RawFd, path: &CStr, flags: c_int) -> io::Result<Stat> {
    let mut s: Statx = unsafe { std::mem::zeroed() };
    unsafe { call!(nr::STATX, dir, path.as_ptr(), flags, STATX_BASIC_STATS, &mut s as *mut Statx) }?;
    Ok(Stat {
        mode: u32::from(s.mode),
        uid: s.uid,
        gid: s.gid,
        links: s.nlink,
        size: s.size,
        mtime_sec: s.times[3].sec,
        mtime_nsec: s.times[3].nsec,
        id: (u64::from(s.dev[0]) << 32 | u64::from(s.dev[1]), s.ino),
    })
}

pub fn stat_fd(fd: RawFd) -> io::Result<Stat> {
    let empty = [0u8];
    stat_at(fd, unsafe { CStr::from_bytes_with_nul_unchecked(&empty) }, AT_EMPTY_PATH)
}

pub fn open_at(dir: RawFd, path: &CStr, flags: c_int, mode: u32) -> io::Result<OwnedFd> {
    unsafe { Ok(own(retry(|| call!(nr::OPENAT, dir, path.as_ptr(), flags | O_CLOEXEC, mode))?)) }
}

/// Opens with the kernel's own restrictions on how the path may resolve.
pub fn open_resolved(dir: RawFd, path: &CStr, flags: c_int, mode: u32, resolve: u64) -> io::Result<OwnedFd> {
    let how = [(flags | O_CLOEXEC) as u64, u64::from(mode), resolve];
    unsafe { Ok(own(retry(|| call!(nr::OPENAT2, dir, path.as_ptr(), how.as_ptr(), 24))?)) }
}

pub fn make_dir(dir: RawFd, path: &CStr, mode: u32) -> io::Result<()> {
    unsafe { call!(nr::MKDIRAT, dir, path.as_ptr(), mode) }.map(drop)
}

pub fn make_node(dir: RawFd, path: &CStr, mode: u32) -> io::Result<()> {
    unsafe { call!(nr::MKNODAT, dir, path.as_ptr(), mode, 0) }.map(drop)
}

pub fn symlink(target: &CStr, dir: RawFd, path: &CStr) -> io::Result<()> {
    unsafe { call!(nr::SYMLINKAT, target.as_ptr(), dir, path.as_ptr()) }.map(drop)
}

pub fn link(from_dir: RawFd, from: &CStr, to_dir: RawFd, to: &CStr) -> io::Result<()> {
    unsafe { call!(nr::LINKAT, from_dir, from.as_ptr(), to_dir, to.as_ptr(), 0) }.map(drop)
}

pub fn unlink(dir: RawFd, path: &CStr) -> io::Result<()> {
    unsafe { call!(nr::UNLINKAT, dir, path.as_ptr(), 0) }.map(drop)
}

pub fn remove_dir(dir: RawFd, path: &CStr) -> io::Result<()> {
    unsafe { call!(nr::UNLINKAT, dir, path.as_ptr(), AT_REMOVEDIR) }.map(drop)
}

pub fn rename(from_dir: RawFd, from: &CStr, to_dir: RawFd, to: &CStr, flags: c_int) -> io::Result<()> {
    unsafe { call!(nr::RENAMEAT2, from_dir, from.as_ptr(), to_dir, to.as_ptr(), flags) }.map(drop)
}

pub fn read_link(dir: RawFd, path: &CStr) -> io::Result<Vec<u8>> {
    let mut buf = vec![0u8; 4096];
    let n = unsafe { call!(nr::READLINKAT, dir, path.as_ptr(), buf.as_mut_ptr(), buf.len()) }?;
    buf.truncate(n as usize);
    buf.shrink_to_fit();
    Ok(buf)
}

pub fn chmod_fd(fd: RawFd, mode: u32) -> io::Result<()> {
    unsafe { call!(nr::FCHMOD, fd, mode) }.map(drop)
}

pub fn chmod(dir: RawFd, path: &CStr, mode: u32) -> io::Result<()> {
    unsafe { call!(nr::FCHMODAT, dir, path.as_ptr(), mode) }.map(drop)
}

pub fn chown(dir: RawFd, path: &CStr, uid: u32, gid: u32, flags: c_int) -> io::Result<()> {
    unsafe { call!(nr::FCHOWNAT, dir, path.as_ptr(), uid, gid, flags) }.map(drop)
}

/// Sets the modification time and leaves the access time alone; never follows a symlink.
pub fn set_mtime(dir: RawFd, path: Option<&CStr>, sec: i64, nsec: u32) -> io::Result<()> {
    const UTIME_OMIT: i64 = 0x3fff_fffe;
    let times = [TimeSpec { sec: 0, nsec: UTIME_OMIT }, TimeSpec { sec, nsec: i64::from(nsec) }];
    let (name, flags) = match path {
        Some(path) => (path.as_ptr(), AT_SYMLINK_NOFOLLOW),
        None => (std::ptr::null(), 0),
    };
    unsafe { call!(nr::UTIMENSAT, dir, name, times.as_ptr(), flags) }.map(drop)
}

pub fn seek(fd: RawFd, offset: u64) -> io::Result<()> {
    unsafe { call!(nr::LSEEK, fd, offset, 0) }.map(drop)
}

/// Where data begins that is not before an offset; none in a hole that ends the file.
pub fn next_data(file: &impl AsRawFd, offset: u64) -> io::Result<Option<u64>> {
    match unsafe { call!(nr::LSEEK, file.as_raw_fd(), offset, SEEK_DATA) } {
        Ok(at) => Ok(Some(at as u64)),
        Err(e) if errno(&e) == ENXIO => Ok(None),
        Err(e) => Err(e),
    }
}

/// Where the hole begins that is next after an offset within data; the end of a file is one.
pub fn next_hole(file: &impl AsRawFd, offset: u64) -> io::Result<u64> {
    unsafe { call!(nr::LSEEK, file.as_raw_fd(), offset, SEEK_HOLE) }.map(|at| at as u64)
}

pub fn truncate(fd: RawFd, size: u64) -> io::Result<()> {
    unsafe { call!(nr::FTRUNCATE, fd, size) }.map(drop)
}

/// Waits until nobody else holds the file's lock, and holds it until the description is closed.
pub fn lock(file: &OwnedFd) -> io::Result<()> {
    retry(|| unsafe { call!(nr::FLOCK, file.as_raw_fd(), LOCK_EX) }).map(drop)
}

/// Names in a directory, without `.` and `..`, in the kernel's order.
pub fn names(dir: RawFd) -> io::Result<Vec<CString>> {
    let mut found = Vec::new();
    // u64 elements give the records the alignment the kernel assumes.
    let mut buf = vec![0u64; 2048];
    loop {
        let n = unsafe { call!(nr::GETDENTS64, dir, buf.as_mut_ptr(), buf.len() * 8) }? as usize;
        if n == 0 {
            return Ok(found);
        }
        let bytes = unsafe { std::slice::from_raw_parts(buf.as_ptr() as *const u8, n) };
        let mut at = 0;
        while at + 19 <= n {
            let record = usize::from(u16::from_ne_bytes([bytes[at + 16], bytes[at + 17]]));
            let name = &bytes[at + 19..(at + record).min(n)];
            let name = &name[..name.iter().position(|b| *b == 0).unwrap_or(name.len())];
            if name != b"." && name != b".." {
                found.push(CString::new(name)?);
            }
            at += record.max(19);
        }
    }
}

#[repr(C)]
struct StatFs {
    kind: i64,
    block: i64,
    blocks: u64,
    free: u64,
    available: u64,
    files: u64,
    files_free: u64,
    id: [i32; 2],
    name_len: i64,
    fragment: i64,
    flags: i64,
    spare: [i64; 4],
}

/// Used and total bytes of a path's file system.
pub fn disk(path: &CStr) -> io::Result<(u64, u64)> {
    let mut s: StatFs = unsafe { std::mem::zeroed() };
    unsafe { call!(nr::STATFS, path.as_ptr(), &mut s as *mut StatFs) }?;
    let unit = (if s.fragment > 0 { s.fragment } else { s.block }) as u64;
    Ok((s.blocks.saturating_sub(s.free).saturating_mul(unit), s.blocks.saturating_mul(unit)))
}

/// # Safety
/// Every pointer must be null or a C string.
pub unsafe fn mount(
    source: &CStr,
    target: &CStr,
    kind: Option<&CStr>,
    flags: u64,
    data: Option<&CStr>,
) -> io::Result<()> {
    let pointer = |s: Option<&CStr>| s.map_or(std::ptr::null(), CStr::as_ptr);
    call!(nr::MOUNT, source.as_ptr(), target.as_ptr(), pointer(kind), flags, pointer(data)).map(drop)
}

/// Takes what is mounted there out of this namespace, in use or not.
pub fn detach_mount(target: &CStr) -> io::Result<()> {
    const MNT_DETACH: i32 = 2;
    unsafe { call!(nr::UMOUNT2, target.as_ptr(), MNT_DETACH) }.map(drop)
}

/// The kernel's `struct mount_attr`.
#[repr(C)]
#[derive(Default)]
pub struct MountAttributes {
    pub set: u64,
    pub clear: u64,
    pub propagation: u64,
    pub user_namespace: u64,
}

/// A mount of the same thing that is not attached anywhere yet.
pub fn clone_mount(source: &CStr) -> io::Result<OwnedFd> {
    unsafe { Ok(own(call!(nr::OPEN_TREE, AT_FDCWD, source.as_ptr(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC)?)) }
}

pub fn set_mount_attributes(mount: &OwnedFd, attributes: &MountAttributes) -> io::Result<()> {
    let size = std::mem::size_of::<MountAttributes>();
    let empty = [0u8];
    unsafe { call!(nr::MOUNT_SETATTR, mount.as_raw_fd(), empty.as_ptr(), AT_EMPTY_PATH, attributes as *const _, size) }
        .map(drop)
}

pub fn attach_mount(mount: &OwnedFd, target: &CStr) -> io::Result<()> {
    let empty = [0u8];
    unsafe {
        call!(nr::MOVE_MOUNT, mount.as_raw_fd(), empty.as_ptr(), AT_FDCWD, target.as_ptr(), MOVE_MOUNT_F_EMPTY_PATH)
    }
    .map(drop)
}
