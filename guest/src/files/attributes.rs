//! GET_ATTRIBUTES and SET_ATTRIBUTES: extended attributes whose names begin alike.
use crate::failure::{code, shown, Failure};
use crate::open::{c_string, path, Opened};
use crate::sys::attributes;
use crate::sys::*;
use crate::wire::{Malformed, Reader, Writer};
use crate::world::World;
use std::ffi::CStr;

/// What is told of one file, names and values together; attributes beyond it are left out.
const MOST_OF_ONE: usize = 4096 + 512;
/// Of how many files one answer can tell: it must fit into a frame.
const MOST_FILES: usize = 200;

pub fn get(world: &World, r: &mut Reader) -> Result<Opened, Malformed> {
    let prefix = r.str()?;
    let names = r.list(|r| r.str())?;
    Ok(Opened::Now(tell(world, prefix, &names)))
}

fn tell(world: &World, prefix: &[u8], names: &[&[u8]]) -> Result<Vec<u8>, Failure> {
    if names.len() > MOST_FILES {
        return Err(Failure::new(code::INVALID, format!("attributes of more than {} files", MOST_FILES)));
    }
    let mut out = Vec::new();
    out.u32(names.len() as u32);
    for name in names {
        let path = path(world, name)?;
        let found = of_file(&path, prefix);
        out.u32(found.len() as u32);
        for (name, value) in found {
            out.str(&name);
            out.str(&value);
        }
    }
    Ok(out)
}

/// None where there are none to be had: the file is gone, or its file system has no attributes.
fn of_file(path: &CStr, prefix: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut found = Vec::new();
    let mut left = MOST_OF_ONE;
    for name in attributes::names(path).unwrap_or_default() {
        if !name.to_bytes().starts_with(prefix) {
            continue;
        }
        if let Ok(value) = attributes::get(path, &name) {
            let cost = name.to_bytes().len() + value.len() + 8;
            if cost <= left {
                left -= cost;
                found.push((name.into_bytes(), value));
            }
        }
    }
    found.sort_unstable();
    found
}

pub fn set(world: &World, r: &mut Reader) -> Result<Opened, Malformed> {
    let (name, prefix) = (r.str()?, r.str()?);
    let values = r.list(|r| Ok((r.str()?, r.str()?)))?;
    Ok(Opened::done(replace(world, name, prefix, &values)))
}

fn replace(world: &World, name: &[u8], prefix: &[u8], values: &[(&[u8], &[u8])]) -> Result<(), Failure> {
    let path = path(world, name)?;
    let what = |e| Failure::os(&e, shown(name));
    if values.iter().any(|(name, _)| !name.starts_with(prefix)) {
        return Err(Failure::new(code::INVALID, "an attribute whose name begins differently"));
    }
    let before = match attributes::names(&path) {
        Err(e) if errno(&e) == EOPNOTSUPP && values.is_empty() => return Ok(()),
        other => other.map_err(what)?,
    };
    for (name, value) in values {
        attributes::set(&path, &c_string(name)?, value).map_err(what)?;
    }
    for old in before {
        let old_name = old.to_bytes();
        if old_name.starts_with(prefix) && !values.iter().any(|(name, _)| *name == old_name) {
            attributes::remove(&path, &old).map_err(what)?;
        }
    }
    Ok(())
}
