//! Puts the members of an archive into a directory, and nothing outside of it.
use super::beneath;
use super::header::{DIRECTORY, FILE, HARD_LINK, SYMLINK};
use super::reader::{Entry, Sink};
use crate::failure::{code, shown, Failure};
use crate::sys::fs;
use crate::sys::*;
use std::ffi::{CStr, CString};
use std::io;
use std::os::unix::io::{AsRawFd, OwnedFd, RawFd};

struct OpenFile {
    fd: OwnedFd,
    path: Vec<u8>,
    mode: u32,
    mtime: (i64, u32),
}

/// Its mode might forbid, and its time be changed by, what still comes into it.
struct Directory {
    path: Vec<u8>,
    mode: u32,
    mtime: (i64, u32),
}

pub struct Place {
    root: OwnedFd,
    file: Option<OpenFile>,
    directories: Vec<Directory>,
    directory_bytes: usize,
    /// The directory of the last member: mostly also that of the next.
    parent: Option<(Vec<u8>, OwnedFd)>,
    pub count: u64,
}

/// More than this about directories is not remembered; earlier ones are then finished early.
const MOST_BYTES: usize = 4 << 20;

impl Place {
    pub fn new(root: OwnedFd) -> Place {
        Place { root, file: None, directories: Vec::new(), directory_bytes: 0, parent: None, count: 0 }
    }

    /// Gives directories their modes and times, the deepest first.
    pub fn finish(&mut self) -> Result<(), Failure> {
        self.directory_bytes = 0;
        for dir in std::mem::take(&mut self.directories).into_iter().rev() {
            let finish = || -> io::Result<()> {
                let at = beneath::open(self.root.as_raw_fd(), &dir.path)?;
                let dot = unsafe { CStr::from_bytes_with_nul_unchecked(b".\0") };
                fs::set_mtime(at.as_raw_fd(), Some(dot), dir.mtime.0, dir.mtime.1)?;
                fs::chmod(at.as_raw_fd(), dot, dir.mode)
            };
            match finish() {
                // A later member has taken its place.
                Err(e) if !matches!(errno(&e), ENOENT | ENOTDIR | ELOOP) => return Err(failed(&dir.path, &e)),
                _ => {}
            }
        }
        Ok(())
    }

    /// The directory a member belongs into, and its name there.
    fn locate(&mut self, path: &[u8]) -> Result<(RawFd, CString), Failure> {
        let (dir, name) = match path.iter().rposition(|b| *b == b'/') {
            Some(at) => (&path[..at], &path[at + 1..]),
            None => (&b""[..], path),
        };
        let name = CString::new(name).map_err(|_| Failure::new(code::INVALID, "a NUL byte"))?;
        if let Some((cached, fd)) = &self.parent {
            if cached == dir {
                return Ok((fd.as_raw_fd(), name));
            }
        }
        let fd = beneath::make(self.root.as_raw_fd(), dir).map_err(|e| through(path, &e))?;
        let raw = fd.as_raw_fd();
        self.parent = Some((dir.to_vec(), fd));
        Ok((raw, name))
    }

    fn place(&mut self, entry: &Entry, path: Vec<u8>) -> Result<(), Failure> {
        // Setuid and setgid are nothing an archive may hand out.
        let mode = entry.mode & 0o1777;
        let fail = |e: io::Error| failed(&path, &e);
        let (dir, name) = self.locate(&path)?;
        match entry.kind {
            FILE => {
                let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
                let fd = replacing(dir, &name, || fs::open_at(dir, &name, flags, 0o600)).map_err(fail)?;
                self.file = Some(OpenFile { fd, path, mode, mtime: entry.mtime });
            }
            DIRECTORY => self.directory(dir, &name, path, mode, entry.mtime)?,
            SYMLINK => {
                let target = CString::new(entry.target.as_slice());
                let target = target.map_err(|_| Failure::new(code::INVALID, "a NUL byte"))?;
                replacing(dir, &name, || fs::symlink(&target, dir, &name)).map_err(fail)?;
                fs::set_mtime(dir, Some(&name), entry.mtime.0, entry.mtime.1).map_err(fail)?;
            }
            HARD_LINK => self.hard_link(entry, &path)?,
            // Devices and FIFOs, and what nobody knows.
            _ => return Ok(()),
        }
        self.count += 1;
        Ok(())
    }

    fn directory(
        &mut self,
        dir: RawFd,
        name: &CStr,
        path: Vec<u8>,
        mode: u32,
        mtime: (i64, u32),
    ) -> Result<(), Failure> {
        let is_dir = |name| fs::stat_at(dir, name, AT_SYMLINK_NOFOLLOW).map_or(false, |stat| stat.is_dir());
        if !is_dir(name) {
            replacing(dir, name, || fs::make_dir(dir, name, mode & 0o777 | 0o700)).map_err(|e| failed(&path, &e))?;
            self.parent = None;
        }
        self.directory_bytes += path.len() + std::mem::size_of::<Directory>();
        self.directories.push(Directory { path, mode, mtime });
        if self.directory_bytes > MOST_BYTES {
            self.finish()?;
        }
        Ok(())
    }

    fn hard_link(&mut self, entry: &Entry, path: &[u8]) -> Result<(), Failure> {
        let first = normal(&entry.target)?;
        if first.is_empty() || first == path {
            return Err(Failure::new(code::INVALID, format!("{} links to itself", shown(path))));
        }
        let (dir, name) = match first.iter().rposition(|b| *b == b'/') {
            Some(at) => (&first[..at], &first[at + 1..]),
            None => (&b""[..], first.as_slice()),
        };
        let from = beneath::open(self.root.as_raw_fd(), dir).map_err(|e| through(&first, &e))?;
        let from_name = CString::new(name).map_err(|_| Failure::new(code::INVALID, "a NUL byte"))?;
        let (to, to_name) = self.locate(path)?;
        let (a, b) = (fs::stat_at(from.as_raw_fd(), &from_name, AT_SYMLINK_NOFOLLOW), stat_here(to, &to_name));
        let a = a.map_err(|e| failed(&first, &e))?;
        if b.map_or(false, |b| b.id == a.id) {
            // It is that link already; replacing it could remove the last name.
            return Ok(());
        }
        replacing(to, &to_name, || fs::link(from.as_raw_fd(), &from_name, to, &to_name)).map_err(|e| failed(path, &e))
    }
}

fn stat_here(dir: RawFd, name: &CStr) -> Option<fs::Stat> {
    fs::stat_at(dir, name, AT_SYMLINK_NOFOLLOW).ok()
}

/// Makes something where something else may be: a file or symlink there goes, and so does an empty directory.
fn replacing<T>(dir: RawFd, name: &CStr, make: impl Fn() -> io::Result<T>) -> io::Result<T> {
    match make() {
        Err(e) if errno(&e) == EEXIST => {}
        other => return other,
    }
    match fs::unlink(dir, name) {
        Err(e) if matches!(errno(&e), EISDIR | EPERM) => fs::remove_dir(dir, name)?,
        other => other?,
    }
    make()
}

/// The path relative to the root, or why it cannot be one.
pub fn normal(path: &[u8]) -> Result<Vec<u8>, Failure> {
    if path.starts_with(b"/") {
        return Err(Failure::new(code::INVALID, format!("absolute name {} in the archive", shown(path))));
    }
    let mut parts = Vec::new();
    for part in path.split(|b| *b == b'/') {
        match part {
            b"" | b"." => {}
            b".." => {
                return Err(Failure::new(code::INVALID, format!("'..' in the name {} in the archive", shown(path))))
            }
            part => parts.push(part),
        }
    }
    Ok(parts.join(&b'/'))
}

fn failed(path: &[u8], error: &io::Error) -> Failure {
    Failure::os(error, shown(path))
}

/// A directory on the way that is none is an attempt to leave through it.
fn through(path: &[u8], error: &io::Error) -> Failure {
    let failure = failed(path, error);
    match errno(error) {
        ELOOP | ENOTDIR | EXDEV => failure.with_code(code::INVALID),
        _ => failure,
    }
}

impl Sink for Place {
    fn entry(&mut self, entry: &Entry) -> Result<(), Failure> {
        let path = normal(&entry.path)?;
        if path.is_empty() {
            // The root itself stays as it is.
            return Ok(());
        }
        self.place(entry, path)
    }

    fn body(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        match &self.file {
            Some(file) => write_all(file.fd.as_raw_fd(), bytes).map_err(|e| failed(&file.path, &e)),
            None => Ok(()),
        }
    }

    fn done(&mut self) -> Result<(), Failure> {
        if let Some(file) = self.file.take() {
            let fd = file.fd.as_raw_fd();
            fs::chmod_fd(fd, file.mode)
                .and_then(|()| fs::set_mtime(fd, None, file.mtime.0, file.mtime.1))
                .map_err(|e| failed(&file.path, &e))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::normal;

    #[test]
    fn names_that_leave_are_refused() {
        assert_eq!(normal(b"./a//b/.").unwrap(), b"a/b");
        assert_eq!(normal(b"./").unwrap(), b"");
        for bad in [&b"/a"[..], b"..", b"a/../b", b"a/.."] {
            assert!(normal(bad).is_err());
        }
    }
}
