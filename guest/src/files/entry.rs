//! How a file is described to the host.
use crate::sys::fs::{self, Stat};
use crate::sys::{S_IFDIR, S_IFLNK, S_IFREG};
use crate::wire::Writer;
use std::ffi::CStr;
use std::os::unix::io::RawFd;

pub fn write_entry(out: &mut impl Writer, name: &[u8], stat: &Stat, target: &[u8]) {
    out.str(name);
    out.u8(match stat.kind() {
        S_IFREG => 0,
        S_IFDIR => 1,
        S_IFLNK => 2,
        _ => 3,
    });
    out.u32(stat.permissions());
    out.u64(stat.size);
    let ns = stat.mtime_sec.saturating_mul(1_000_000_000).saturating_add(i64::from(stat.mtime_nsec));
    out.u64(ns as u64);
    out.u32(stat.uid);
    out.u32(stat.gid);
    out.str(target);
}

/// The target of a symlink; empty for everything else, and for one that has just vanished.
pub fn target(dir: RawFd, name: &CStr, stat: &Stat) -> Vec<u8> {
    if stat.is_symlink() {
        fs::read_link(dir, name).unwrap_or_default()
    } else {
        Vec::new()
    }
}
