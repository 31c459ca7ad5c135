//! Operations on files. Symlinks are followed: the guest sees what the sandbox sees and nothing else.
pub mod attributes;
pub mod copy;
pub mod entry;
pub mod list;
pub mod make;
pub mod mv;
pub mod read;
pub mod remove;
pub mod stat;
pub mod write;

use crate::failure::{code, shown, Failure};
use crate::sys::fs::{self, Stat};
use crate::sys::{AT_FDCWD, O_NONBLOCK};
use std::ffi::CStr;
use std::os::unix::io::{AsRawFd, OwnedFd};

/// Opens a regular file without ever waiting for the other end of something else.
fn open_regular(path: &CStr, flags: i32, mode: u32) -> Result<(OwnedFd, Stat), Failure> {
    let what = || shown(path.to_bytes());
    let fd = fs::open_at(AT_FDCWD, path, flags | O_NONBLOCK, mode).map_err(|e| Failure::os(&e, what()))?;
    let stat = fs::stat_fd(fd.as_raw_fd()).map_err(|e| Failure::os(&e, what()))?;
    must_be_regular(path, &stat)?;
    Ok((fd, stat))
}

fn must_be_regular(path: &CStr, stat: &Stat) -> Result<(), Failure> {
    if stat.is_file() {
        return Ok(());
    }
    let (code, what) =
        if stat.is_dir() { (code::IS_DIRECTORY, "is a directory") } else { (code::NOT_REGULAR, "is no regular file") };
    Err(Failure::new(code, format!("{} {}", shown(path.to_bytes()), what)))
}

/// The last component of a path.
pub fn base_name(path: &[u8]) -> &[u8] {
    let end = path.iter().rposition(|b| *b != b'/').map_or(0, |at| at + 1);
    let start = path[..end].iter().rposition(|b| *b == b'/').map_or(0, |at| at + 1);
    &path[start..end]
}

/// What is before the last component, without the slash; empty when there is nothing.
pub fn parent(path: &[u8]) -> &[u8] {
    let end = path.iter().rposition(|b| *b != b'/').map_or(0, |at| at + 1);
    match path[..end].iter().rposition(|b| *b == b'/') {
        Some(0) => b"/",
        Some(at) => &path[..at],
        None => b"",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_come_apart() {
        for (path, dir, name) in
            [("/a/b", "/a", "b"), ("/a/b//", "/a", "b"), ("/a", "/", "a"), ("a", "", "a"), ("/", "", ""), ("", "", "")]
        {
            assert_eq!(parent(path.as_bytes()), dir.as_bytes(), "{}", path);
            assert_eq!(base_name(path.as_bytes()), name.as_bytes(), "{}", path);
        }
    }
}
