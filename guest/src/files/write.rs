//! WRITE, in place or beside and renamed over.
use super::entry::write_entry;
use super::{base_name, make, must_be_regular, open_regular, parent};
use crate::failure::{code, shown, Failure};
use crate::job::{Cx, Job, Turn};
use crate::open::{c_string, path, Opened};
use crate::sys::fs::{self, Stat};
use crate::sys::*;
use crate::wire::{event, Malformed, Reader, Writer};
use crate::world::World;
use std::ffi::{CStr, CString};
use std::io;
use std::os::unix::io::{AsRawFd, OwnedFd};

mod flag {
    pub const APPEND: u32 = 1;
    pub const CREATE_PARENTS: u32 = 2;
    pub const EXCLUSIVE: u32 = 4;
    pub const ATOMIC: u32 = 8;
}
const KEEP: u32 = u32::MAX;
const DEFAULT_MODE: u32 = 0o644;

struct Write {
    name: Vec<u8>,
    fd: OwnedFd,
    opened: bool,
    aside: Option<Aside>,
    written: u64,
    ended: bool,
    failure: Option<Failure>,
}

/// A file beside the one that it will replace. It goes when it is dropped before that.
struct Aside {
    temporary: CString,
    target: CString,
    exclusive: bool,
}

impl Drop for Aside {
    fn drop(&mut self) {
        let _ = fs::unlink(AT_FDCWD, &self.temporary);
    }
}

pub fn open(world: &World, r: &mut Reader) -> Result<Opened, Malformed> {
    let (name, flags, mode) = (r.str()?, r.u32()?, r.u32()?);
    Ok(Opened::sink(Write::start(world, name, flags, mode)))
}

impl Write {
    fn start(world: &World, name: &[u8], flags: u32, mode: u32) -> Result<Write, Failure> {
        const KNOWN: u32 = flag::APPEND | flag::CREATE_PARENTS | flag::EXCLUSIVE | flag::ATOMIC;
        let path = path(world, name)?;
        if flags & !KNOWN != 0 {
            return Err(Failure::new(code::INVALID, "unknown flags"));
        }
        if mode != KEEP && mode & !0o7777 != 0 {
            return Err(Failure::new(code::INVALID, "mode bits beyond 07777"));
        }
        if name.last() == Some(&b'/') {
            return Err(Failure::new(code::IS_DIRECTORY, format!("{} names a directory", shown(name))));
        }
        if flags & flag::CREATE_PARENTS != 0 {
            make::parents(parent(path.to_bytes()))?;
        }
        let (fd, aside) = if flags & flag::ATOMIC != 0 {
            if flags & flag::APPEND != 0 {
                return Err(Failure::new(code::INVALID, "ATOMIC and APPEND exclude each other"));
            }
            let (fd, aside) = atomic(&path, flags, mode)?;
            (fd, Some(aside))
        } else {
            (in_place(&path, flags, mode)?, None)
        };
        Ok(Write { name: name.to_vec(), fd, opened: false, aside, written: 0, ended: false, failure: None })
    }

    fn put(&mut self, bytes: &[u8]) {
        if self.failure.is_none() {
            match write_all(self.fd.as_raw_fd(), bytes) {
                Ok(()) => self.written += bytes.len() as u64,
                Err(e) => self.failure = Some(Failure::os(&e, shown(&self.name))),
            }
        }
    }

    fn commit(&mut self) -> Result<(), Failure> {
        let aside = match self.aside.take() {
            Some(aside) => aside,
            None => return Ok(()),
        };
        let what = |e: io::Error| Failure::os(&e, shown(&self.name));
        if !aside.exclusive {
            return fs::rename(AT_FDCWD, &aside.temporary, AT_FDCWD, &aside.target, 0).map_err(what);
        }
        match fs::rename(AT_FDCWD, &aside.temporary, AT_FDCWD, &aside.target, RENAME_NOREPLACE) {
            // Not every file system knows the flag; a hard link refuses to replace as well.
            Err(e) if errno(&e) == EINVAL => {
                fs::link(AT_FDCWD, &aside.temporary, AT_FDCWD, &aside.target).map_err(what)
            }
            other => other.map_err(what),
        }
    }
}

fn in_place(path: &CStr, flags: u32, mode: u32) -> Result<OwnedFd, Failure> {
    let mut how = O_WRONLY;
    if flags & flag::APPEND != 0 {
        how |= O_APPEND;
    }
    let created = if mode == KEEP { DEFAULT_MODE } else { mode };
    // First as a new file: only then is it the guest that decides on the mode.
    match fs::open_at(AT_FDCWD, path, how | O_CREAT | O_EXCL | O_NONBLOCK, created & 0o777 | 0o200) {
        Ok(fd) => {
            set_mode(&fd, created, path)?;
            return Ok(fd);
        }
        Err(e) if errno(&e) == EEXIST && flags & flag::EXCLUSIVE == 0 => {}
        Err(e) => return Err(Failure::os(&e, shown(path.to_bytes()))),
    }
    // A symlink to nothing yet is "existing" to O_EXCL; O_CREAT follows it.
    let (fd, stat) = open_regular(path, how | O_CREAT, created & 0o777)?;
    if flags & flag::APPEND == 0 && stat.size > 0 {
        fs::truncate(fd.as_raw_fd(), 0).map_err(|e| Failure::os(&e, shown(path.to_bytes())))?;
    }
    if mode != KEEP {
        set_mode(&fd, mode, path)?;
    }
    Ok(fd)
}

fn atomic(path: &CStr, flags: u32, mode: u32) -> Result<(OwnedFd, Aside), Failure> {
    let what = |e: io::Error| Failure::os(&e, shown(path.to_bytes()));
    let exclusive = flags & flag::EXCLUSIVE != 0;
    let existing = existing(path).map_err(what)?;
    if exclusive && (existing.is_some() || fs::stat_at(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW).is_ok()) {
        return Err(Failure::os(&io::Error::from_raw_os_error(EEXIST), shown(path.to_bytes())));
    }
    if let Some(stat) = &existing {
        must_be_regular(path, stat)?;
        // Renaming asks only for a right on the directory; replacing a file must not be easier than writing it.
        drop(open_regular(path, O_WRONLY, 0)?);
    }
    let target = real_target(path).map_err(what)?;
    let bytes = target.to_bytes();
    for _ in 0..8 {
        let name = format!(".dunes-{:016x}.tmp", random_u64());
        let temporary = c_string(&match parent(bytes) {
            b"" => name.into_bytes(),
            b"/" => [b"/", name.as_bytes()].concat(),
            dir => [dir, b"/", name.as_bytes()].concat(),
        })?;
        match fs::open_at(AT_FDCWD, &temporary, O_WRONLY | O_CREAT | O_EXCL, 0o600) {
            Ok(fd) => {
                let aside = Aside { temporary, target, exclusive };
                if let Some(stat) = &existing {
                    // Only root can, and only root needs to.
                    let _ = fs::chown(AT_FDCWD, &aside.temporary, stat.uid, stat.gid, AT_SYMLINK_NOFOLLOW);
                }
                let kept = existing.as_ref().map_or(DEFAULT_MODE, Stat::permissions);
                set_mode(&fd, if mode == KEEP { kept } else { mode }, path)?;
                return Ok((fd, aside));
            }
            Err(e) if errno(&e) == EEXIST => {}
            Err(e) => return Err(what(e)),
        }
    }
    Err(Failure::new(code::IO, "no free temporary name"))
}

fn existing(path: &CStr) -> io::Result<Option<Stat>> {
    match fs::stat_at(AT_FDCWD, path, 0) {
        Ok(stat) => Ok(Some(stat)),
        Err(e) if errno(&e) == ENOENT => Ok(None),
        Err(e) => Err(e),
    }
}

/// Follows symlinks in the last place, so that what they point at is replaced and not they.
fn real_target(path: &CStr) -> io::Result<CString> {
    const MOST: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..MOST {
        match fs::read_link(AT_FDCWD, &path) {
            Ok(target) if target.starts_with(b"/") => path = CString::new(target)?,
            Ok(target) => path = CString::new([parent(path.to_bytes()), b"/", &target].concat())?,
            Err(e) if matches!(errno(&e), EINVAL | ENOENT) => return Ok(path),
            Err(e) => return Err(e),
        }
    }
    Err(io::Error::from_raw_os_error(ELOOP))
}

fn set_mode(fd: &OwnedFd, mode: u32, path: &CStr) -> Result<(), Failure> {
    fs::chmod_fd(fd.as_raw_fd(), mode).map_err(|e| Failure::os(&e, shown(path.to_bytes())))
}

impl Job for Write {
    fn step(&mut self, cx: &mut Cx) -> Turn {
        if !self.opened {
            self.opened = true;
            match fs::stat_fd(self.fd.as_raw_fd()) {
                Ok(stat) => cx.send_event(event::OPENED, |w| write_entry(w, base_name(&self.name), &stat, b"")),
                Err(e) => return Turn::Fail(Failure::os(&e, shown(&self.name))),
            }
        }
        if let Some(failure) = self.failure.take() {
            return Turn::Fail(failure);
        }
        if !self.ended {
            return Turn::Wait;
        }
        match self.commit() {
            Ok(()) => {
                let mut out = Vec::new();
                out.u64(self.written);
                Turn::Done(out)
            }
            Err(failure) => Turn::Fail(failure),
        }
    }

    fn data(&mut self, cx: &mut Cx, bytes: &[u8]) {
        self.put(bytes);
        cx.consumed(bytes.len());
    }

    fn eof(&mut self, _cx: &mut Cx) {
        self.ended = true;
    }
}
