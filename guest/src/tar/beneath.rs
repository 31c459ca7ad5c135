//! Directories below a root, reached without ever passing through a symlink.
use crate::sys::fs;
use crate::sys::*;
use std::ffi::{CStr, CString};
use std::io;
use std::os::unix::io::{AsRawFd, OwnedFd, RawFd};

const DIRECTORY: i32 = O_PATH | O_DIRECTORY | O_NOFOLLOW;

/// `path` is relative and normal: no empty, `.` or `..` component. It may be empty for the root itself.
pub fn open(root: RawFd, path: &[u8]) -> io::Result<OwnedFd> {
    let dot = unsafe { CStr::from_bytes_with_nul_unchecked(b".\0") };
    if path.is_empty() {
        return fs::open_at(root, dot, DIRECTORY, 0);
    }
    let resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    match fs::open_resolved(root, &CString::new(path)?, DIRECTORY, 0, resolve) {
        // Kernels before 5.6, and filters that do not know the call.
        Err(e) if matches!(errno(&e), ENOSYS | EPERM) => walk(root, path, false),
        other => other,
    }
}

/// Opens a directory and makes what is missing on the way.
pub fn make(root: RawFd, path: &[u8]) -> io::Result<OwnedFd> {
    match open(root, path) {
        Err(e) if errno(&e) == ENOENT => walk(root, path, true),
        other => other,
    }
}

/// Component by component: a symlink is refused by `O_NOFOLLOW` with `O_DIRECTORY`.
fn walk(root: RawFd, path: &[u8], create: bool) -> io::Result<OwnedFd> {
    let mut at = open(root, b"")?;
    for component in path.split(|b| *b == b'/') {
        let name = CString::new(component)?;
        if create {
            match fs::make_dir(at.as_raw_fd(), &name, 0o755) {
                Err(e) if errno(&e) != EEXIST => return Err(e),
                _ => {}
            }
        }
        at = fs::open_at(at.as_raw_fd(), &name, DIRECTORY, 0)?;
    }
    Ok(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn both_ways_refuse_symlinks() {
        let dir = std::env::temp_dir().join(format!("dunes-beneath-{:x}", random_u64()));
        std::fs::create_dir_all(dir.join("a/b")).unwrap();
        symlink("a", dir.join("link")).unwrap();
        symlink("/", dir.join("out")).unwrap();
        let root = std::fs::File::open(&dir).unwrap();
        let root = root.as_raw_fd();
        assert!(open(root, b"a/b").is_ok());
        assert!(walk(root, b"a/b", false).is_ok());
        for path in [&b"link/b"[..], b"out/tmp", b"out", b"link"] {
            assert!(open(root, path).is_err());
            assert!(walk(root, path, false).is_err());
            assert!(make(root, path).is_err());
        }
        assert!(make(root, b"a/c/d/e").is_ok());
        assert!(dir.join("a/c/d/e").is_dir());
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
