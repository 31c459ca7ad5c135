//! Copies a tree to another file system, piece by piece: modes, modification times and symlinks are kept.
use crate::buffer::Pool;
use crate::sys::fs::{self, Stat};
use crate::sys::*;
use std::ffi::{CStr, CString};
use std::io;
use std::os::unix::io::{AsRawFd, OwnedFd, RawFd};

struct Level {
    from: OwnedFd,
    to: OwnedFd,
    names: Vec<CString>,
    /// What the copy gets when everything is in it.
    stat: Stat,
}

struct OpenFile {
    from: OwnedFd,
    to: OwnedFd,
    stat: Stat,
}

pub struct Copy {
    levels: Vec<Level>,
    file: Option<OpenFile>,
}

impl Copy {
    pub fn new(from: &CStr, to: &CStr) -> io::Result<Copy> {
        let mut copy = Copy { levels: Vec::new(), file: None };
        copy.begin(AT_FDCWD, from, AT_FDCWD, to)?;
        Ok(copy)
    }

    /// Does a piece; `true` when all is copied.
    pub fn advance(&mut self, pool: &mut Pool) -> io::Result<bool> {
        if let Some(file) = &self.file {
            if !file.advance(pool)? {
                return Ok(false);
            }
            self.file = None;
        }
        let level = match self.levels.last_mut() {
            Some(level) => level,
            None => return Ok(true),
        };
        match level.names.pop() {
            Some(name) => {
                let (from, to) = (level.from.as_raw_fd(), level.to.as_raw_fd());
                self.begin(from, &name, to, &name)?;
            }
            None => {
                seal(level.to.as_raw_fd(), &level.stat)?;
                self.levels.pop();
            }
        }
        Ok(self.levels.is_empty() && self.file.is_none())
    }

    fn begin(&mut self, from_dir: RawFd, from: &CStr, to_dir: RawFd, to: &CStr) -> io::Result<()> {
        let stat = fs::stat_at(from_dir, from, AT_SYMLINK_NOFOLLOW)?;
        match stat.kind() {
            S_IFDIR => {
                let source = fs::open_at(from_dir, from, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0)?;
                let names = fs::names(source.as_raw_fd())?;
                fs::make_dir(to_dir, to, 0o700)?;
                let target = fs::open_at(to_dir, to, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0)?;
                self.levels.push(Level { from: source, to: target, names, stat });
            }
            S_IFREG => {
                let source = fs::open_at(from_dir, from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0)?;
                let target = fs::open_at(to_dir, to, O_WRONLY | O_CREAT | O_EXCL, 0o600)?;
                self.file = Some(OpenFile { from: source, to: target, stat });
            }
            S_IFLNK => {
                let target = CString::new(fs::read_link(from_dir, from)?)?;
                fs::symlink(&target, to_dir, to)?;
                own(to_dir, to, &stat);
                fs::set_mtime(to_dir, Some(to), stat.mtime_sec, stat.mtime_nsec)?;
            }
            S_IFIFO => {
                fs::make_node(to_dir, to, S_IFIFO | stat.permissions())?;
                fs::chmod(to_dir, to, stat.permissions())?;
            }
            // A socket is of no use apart from its process; a device is not for the sandbox to make.
            _ => return Err(io::Error::from_raw_os_error(EOPNOTSUPP)),
        }
        Ok(())
    }
}

impl OpenFile {
    fn advance(&self, pool: &mut Pool) -> io::Result<bool> {
        const PIECE: usize = 256 << 10;
        let mut buffer = pool.get()?;
        let n = read(self.from.as_raw_fd(), &mut buffer[..PIECE])?;
        write_all(self.to.as_raw_fd(), &buffer[..n])?;
        pool.put(buffer);
        if n == 0 {
            seal(self.to.as_raw_fd(), &self.stat)?;
        }
        Ok(n == 0)
    }
}

/// Only root can give files away, and only root's are another's.
fn own(dir: RawFd, name: &CStr, stat: &Stat) {
    let _ = fs::chown(dir, name, stat.uid, stat.gid, AT_SYMLINK_NOFOLLOW);
}

fn seal(fd: RawFd, stat: &Stat) -> io::Result<()> {
    let empty = unsafe { CStr::from_bytes_with_nul_unchecked(b"\0") };
    let _ = fs::chown(fd, empty, stat.uid, stat.gid, AT_EMPTY_PATH);
    fs::chmod_fd(fd, stat.permissions())?;
    fs::set_mtime(fd, None, stat.mtime_sec, stat.mtime_nsec)
}
