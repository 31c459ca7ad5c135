use super::base_name;
use super::entry::{target, write_entry};
use crate::failure::{shown, Failure};
use crate::open::{path, Opened};
use crate::sys::fs::stat_at;
use crate::sys::{AT_FDCWD, AT_SYMLINK_NOFOLLOW};
use crate::wire::{Malformed, Reader};
use crate::world::World;

pub fn open(world: &World, r: &mut Reader) -> Result<Opened, Malformed> {
    let (name, follow) = (r.str()?, r.bool()?);
    Ok(Opened::Now(stat(world, name, follow)))
}

fn stat(world: &World, name: &[u8], follow: bool) -> Result<Vec<u8>, Failure> {
    let path = path(world, name)?;
    let flags = if follow { 0 } else { AT_SYMLINK_NOFOLLOW };
    let stat = stat_at(AT_FDCWD, &path, flags).map_err(|e| Failure::os(&e, shown(name)))?;
    let mut out = Vec::new();
    write_entry(&mut out, base_name(name), &stat, &target(AT_FDCWD, &path, &stat));
    Ok(out)
}
