//! MOVE: a rename where the kernel can, else a copy beside the target that is then renamed, so that the target
//! appears whole or not at all.
use super::copy::Copy;
use super::remove::Removal;
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

enum Stage {
    Copying(Copy),
    Removing(Removal),
}

struct Move {
    from: CString,
    to: CString,
    temporary: CString,
    flags: i32,
    stage: Stage,
}

pub fn open(world: &World, r: &mut Reader) -> Result<Opened, Malformed> {
    let (from, to, replace) = (r.str()?, r.str()?, r.bool()?);
    Ok(match begin(world, from, to, replace) {
        Ok(None) => Opened::done(Ok(())),
        Ok(Some(job)) => Opened::source(Ok(job)),
        Err(failure) => Opened::done(Err(failure)),
    })
}

fn begin(world: &World, from: &[u8], to: &[u8], replace: bool) -> Result<Option<Move>, Failure> {
    let what = |e: io::Error| Failure::os(&e, format!("{} to {}", shown(from), shown(to)));
    let (from_path, to_path) = (path(world, from)?, path(world, to)?);
    let flags = if replace { 0 } else { RENAME_NOREPLACE };
    match rename(&from_path, &to_path, flags) {
        Ok(()) => return Ok(None),
        Err(e) if errno(&e) == EXDEV => {}
        Err(e) => return Err(what(e)),
    }
    if !replace && exists(&to_path) {
        return Err(what(io::Error::from_raw_os_error(EEXIST)));
    }
    let bytes = trimmed(to_path.to_bytes());
    if base_name(bytes).is_empty() {
        return Err(Failure::new(code::INVALID, "the root cannot be replaced"));
    }
    let name = format!(".dunes-{:016x}.mv", random_u64());
    let temporary = c_string(&[parent(bytes), b"/", name.as_bytes()].concat())?;
    let from_path = c_string(trimmed(from_path.to_bytes()))?;
    let mut job = Move {
        stage: Stage::Copying(Copy::new(&from_path, &temporary).map_err(what)?),
        from: from_path,
        to: c_string(bytes)?,
        temporary,
        flags,
    };
    job.check_kinds().map_err(what)?;
    Ok(Some(job))
}

/// A slash at the end would make the kernel follow a symlink.
fn trimmed(path: &[u8]) -> &[u8] {
    let end = path.iter().rposition(|b| *b != b'/').map_or(0, |at| at + 1);
    &path[..end]
}

fn exists(path: &CStr) -> bool {
    fs::stat_at(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW).is_ok()
}

/// Renames, also on file systems that do not know how to refuse replacing.
fn rename(from: &CStr, to: &CStr, flags: i32) -> io::Result<()> {
    match fs::rename(AT_FDCWD, from, AT_FDCWD, to, flags) {
        Err(e) if errno(&e) == EINVAL && flags != 0 => {
            if exists(to) {
                return Err(io::Error::from_raw_os_error(EEXIST));
            }
            fs::rename(AT_FDCWD, from, AT_FDCWD, to, 0)
        }
        other => other,
    }
}

impl Move {
    /// Refuses before the copy what the rename would refuse after it.
    fn check_kinds(&mut self) -> io::Result<()> {
        let from = fs::stat_at(AT_FDCWD, &self.from, AT_SYMLINK_NOFOLLOW)?;
        match fs::stat_at(AT_FDCWD, &self.to, AT_SYMLINK_NOFOLLOW) {
            Ok(to) if to.is_dir() && !from.is_dir() => Err(io::Error::from_raw_os_error(EISDIR)),
            Ok(to) if !to.is_dir() && from.is_dir() => Err(io::Error::from_raw_os_error(ENOTDIR)),
            _ => Ok(()),
        }
    }

    fn advance(&mut self, cx: &mut Cx) -> io::Result<bool> {
        const ENTRIES: usize = 64;
        match &mut self.stage {
            Stage::Copying(copy) => {
                if !copy.advance(&mut cx.world.pool)? {
                    return Ok(false);
                }
                rename(&self.temporary, &self.to, self.flags)?;
                let above = c_string(parent(self.from.to_bytes())).unwrap_or_default();
                let above = fs::open_at(AT_FDCWD, &above, O_PATH | O_DIRECTORY, 0)?;
                let name = c_string(base_name(self.from.to_bytes())).unwrap_or_default();
                self.stage = Stage::Removing(Removal::of(above, name)?);
                Ok(false)
            }
            Stage::Removing(removal) => removal.advance(ENTRIES),
        }
    }
}

impl Job for Move {
    fn step(&mut self, cx: &mut Cx) -> Turn {
        match self.advance(cx) {
            Ok(true) => Turn::Done(Vec::new()),
            Ok(false) => Turn::Again,
            Err(e) => {
                let what = format!("{} to {}", shown(self.from.to_bytes()), shown(self.to.to_bytes()));
                Turn::Fail(Failure::os(&e, what))
            }
        }
    }
}

impl Drop for Move {
    fn drop(&mut self) {
        if let Stage::Copying(_) = self.stage {
            super::remove::clear(&self.temporary);
        }
    }
}
