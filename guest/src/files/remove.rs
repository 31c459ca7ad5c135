//! REMOVE: by descriptors, so that no symlink put in the way leads elsewhere.
use super::{base_name, parent};
use crate::failure::{code, shown, Failure};
use crate::job::{Cx, Job, Turn};
use crate::open::{c_string, path, Opened};
use crate::sys::fs;
use crate::sys::*;
use crate::wire::{Malformed, Reader};
use crate::world::World;
use std::ffi::{CStr, CString};
use std::io;
use std::os::unix::io::{AsRawFd, OwnedFd, RawFd};

struct Level {
    dir: OwnedFd,
    /// Its own name in the level above.
    name: CString,
    names: Vec<CString>,
}

/// Removes a tree piece by piece.
pub struct Removal {
    /// Where the tree's root is.
    above: OwnedFd,
    root: CString,
    levels: Vec<Level>,
    /// Directories that forbid it are made to allow it: the tree is a copy, or was copied.
    forced: bool,
}

/// Deeper than this, a directory is first moved up: so no depth can use up the descriptors.
const DEEPEST: usize = 32;

pub fn open(world: &World, r: &mut Reader) -> Result<Opened, Malformed> {
    let (name, recursive) = (r.str()?, r.bool()?);
    Ok(match begin(world, name, recursive) {
        Ok(None) => Opened::done(Ok(())),
        Ok(Some(removal)) => Opened::source(Ok(Remove { removal, name: name.to_vec() })),
        Err(failure) => Opened::done(Err(failure)),
    })
}

fn begin(world: &World, name: &[u8], recursive: bool) -> Result<Option<Removal>, Failure> {
    let path = path(world, name)?;
    let what = |e| Failure::os(&e, shown(name));
    let last = base_name(path.to_bytes());
    if matches!(last, b"" | b"." | b"..") {
        return Err(Failure::new(code::INVALID, format!("{} cannot be removed", shown(name))));
    }
    let above = fs::open_at(AT_FDCWD, c_string(parent(path.to_bytes()))?.as_c_str(), O_PATH | O_DIRECTORY, 0);
    let above = above.map_err(what)?;
    let last = c_string(last)?;
    match remove_one(above.as_raw_fd(), &last) {
        Ok(()) => Ok(None),
        Err(e) if recursive && matches!(errno(&e), ENOTEMPTY | EEXIST) => {
            Removal::new(above, last, false).map(Some).map_err(what)
        }
        Err(e) => Err(what(e)),
    }
}

/// A file, a symlink, or an empty directory.
fn remove_one(dir: RawFd, name: &CStr) -> io::Result<()> {
    match fs::unlink(dir, name) {
        Err(e) if matches!(errno(&e), EISDIR | EPERM) => match fs::remove_dir(dir, name) {
            // It was no directory: the first answer stands.
            Err(second) if errno(&second) == ENOTDIR => Err(e),
            other => other,
        },
        other => other,
    }
}

/// Removes whatever is at a path, at once and as far as possible.
pub fn clear(path: &CStr) {
    let begin = || -> io::Result<()> {
        let above = CString::new(parent(path.to_bytes()))?;
        let above = fs::open_at(AT_FDCWD, &above, O_PATH | O_DIRECTORY, 0)?;
        let mut removal = Removal::of(above, CString::new(base_name(path.to_bytes()))?)?;
        while !removal.advance(64)? {}
        Ok(())
    };
    let _ = begin();
}

impl Removal {
    /// Of anything; what is no full directory is gone at once.
    pub fn of(above: OwnedFd, root: CString) -> io::Result<Removal> {
        match remove_one(above.as_raw_fd(), &root) {
            Ok(()) => Ok(Removal { above, root, levels: Vec::new(), forced: true }),
            Err(e) if matches!(errno(&e), ENOTEMPTY | EEXIST) => Removal::new(above, root, true),
            Err(e) => Err(e),
        }
    }

    fn new(above: OwnedFd, root: CString, forced: bool) -> io::Result<Removal> {
        let mut removal = Removal { above, root, levels: Vec::new(), forced };
        removal.enter(removal.above.as_raw_fd(), removal.root.clone())?;
        Ok(removal)
    }

    fn enter(&mut self, dir: RawFd, name: CString) -> io::Result<()> {
        let dir = fs::open_at(dir, &name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK, 0)?;
        let names = fs::names(dir.as_raw_fd())?;
        if self.forced {
            let _ = fs::chmod_fd(dir.as_raw_fd(), 0o700);
        }
        self.levels.push(Level { dir, name, names });
        Ok(())
    }

    /// Removes some entries; `true` when the whole tree is gone.
    pub fn advance(&mut self, entries: usize) -> io::Result<bool> {
        for _ in 0..entries {
            let level = match self.levels.last_mut() {
                Some(level) => level,
                None => return Ok(true),
            };
            match level.names.pop() {
                Some(name) => {
                    let dir = level.dir.as_raw_fd();
                    match remove_one(dir, &name) {
                        Err(e) if matches!(errno(&e), ENOTEMPTY | EEXIST) => self.descend(dir, name)?,
                        Err(e) if errno(&e) != ENOENT => return Err(e),
                        _ => {}
                    }
                }
                None => self.leave()?,
            }
        }
        Ok(self.levels.is_empty())
    }

    fn descend(&mut self, dir: RawFd, name: CString) -> io::Result<()> {
        if self.levels.len() < DEEPEST {
            return match self.enter(dir, name) {
                Err(e) if matches!(errno(&e), ENOENT | ENOTDIR | ELOOP) => Ok(()),
                other => other,
            };
        }
        let moved = CString::new(format!(".dunes-{:016x}.rm", random_u64()))?;
        let top = &mut self.levels[0];
        fs::rename(dir, &name, top.dir.as_raw_fd(), &moved, 0)?;
        top.names.push(moved);
        Ok(())
    }

    fn leave(&mut self) -> io::Result<()> {
        let level = match self.levels.pop() {
            Some(level) => level,
            None => return Ok(()),
        };
        let above = self.levels.last().map_or(&self.above, |above| &above.dir).as_raw_fd();
        match fs::remove_dir(above, &level.name) {
            // Someone put something in meanwhile, or a directory was moved up into it.
            Err(e) if matches!(errno(&e), ENOTEMPTY | EEXIST) => self.enter(above, level.name),
            Err(e) if errno(&e) == ENOENT => Ok(()),
            other => other,
        }
    }
}

struct Remove {
    removal: Removal,
    name: Vec<u8>,
}

impl Job for Remove {
    fn step(&mut self, _cx: &mut Cx) -> Turn {
        const ENTRIES: usize = 64;
        match self.removal.advance(ENTRIES) {
            Ok(true) => Turn::Done(Vec::new()),
            Ok(false) => Turn::Again,
            Err(e) => Turn::Fail(Failure::os(&e, shown(&self.name))),
        }
    }
}
