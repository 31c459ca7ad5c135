//! MKDIR, SYMLINK and CHMOD.
use super::parent;
use crate::failure::{code, shown, Failure};
use crate::open::{c_string, path, Opened};
use crate::sys::fs;
use crate::sys::*;
use crate::wire::{Malformed, Reader, Writer};
use crate::world::World;
use std::ffi::CStr;
use std::io;

pub fn directory(world: &World, r: &mut Reader) -> Result<Opened, Malformed> {
    let (name, mode, with_parents) = (r.str()?, r.u32()?, r.bool()?);
    Ok(Opened::Now(make(world, name, mode, with_parents)))
}

fn make(world: &World, name: &[u8], mode: u32, with_parents: bool) -> Result<Vec<u8>, Failure> {
    let path = path(world, name)?;
    check_mode(mode)?;
    if with_parents {
        parents(parent(path.to_bytes()))?;
    }
    let created = match create(&path, mode) {
        Ok(()) => true,
        Err(e) if errno(&e) == EEXIST && with_parents && is_dir(&path) => false,
        Err(e) => return Err(Failure::os(&e, shown(name))),
    };
    let mut out = Vec::new();
    out.bool(created);
    Ok(out)
}

/// The mode is meant as it stands, whatever the guest's umask.
fn create(path: &CStr, mode: u32) -> io::Result<()> {
    fs::make_dir(AT_FDCWD, path, mode)?;
    fs::chmod(AT_FDCWD, path, mode)
}

fn is_dir(path: &CStr) -> bool {
    fs::stat_at(AT_FDCWD, path, 0).map_or(false, |stat| stat.is_dir())
}

/// Makes a directory and what is above it, with mode 0755 where it is missing.
pub fn parents(dir: &[u8]) -> Result<(), Failure> {
    if dir.is_empty() {
        return Ok(());
    }
    // From the deepest that exists downwards: what is above it may not even be readable.
    let mut missing = Vec::new();
    let mut at = dir;
    while !at.is_empty() && !is_dir(c_string(at)?.as_c_str()) {
        missing.push(at);
        at = parent(at);
    }
    for dir in missing.iter().rev() {
        let path = c_string(dir)?;
        match create(&path, 0o755) {
            Ok(()) => {}
            Err(e) if errno(&e) == EEXIST => {
                if !is_dir(&path) {
                    return Err(Failure::os(&io::Error::from_raw_os_error(ENOTDIR), shown(dir)));
                }
            }
            Err(e) => return Err(Failure::os(&e, shown(dir))),
        }
    }
    Ok(())
}

pub fn chmod(world: &World, r: &mut Reader) -> Result<Opened, Malformed> {
    let (name, mode) = (r.str()?, r.u32()?);
    let change = || {
        check_mode(mode)?;
        fs::chmod(AT_FDCWD, path(world, name)?.as_c_str(), mode).map_err(|e| Failure::os(&e, shown(name)))
    };
    Ok(Opened::done(change()))
}

pub fn symlink(world: &World, r: &mut Reader) -> Result<Opened, Malformed> {
    let (target, name) = (r.str()?, r.str()?);
    let link = || {
        let target = c_string(target)?;
        fs::symlink(&target, AT_FDCWD, path(world, name)?.as_c_str()).map_err(|e| Failure::os(&e, shown(name)))
    };
    Ok(Opened::done(link()))
}

fn check_mode(mode: u32) -> Result<(), Failure> {
    if mode & !0o7777 != 0 {
        return Err(Failure::new(code::INVALID, "mode bits beyond 07777"));
    }
    Ok(())
}
