//! Extended attributes of files; symlinks are followed.
use super::*;
use std::ffi::{CStr, CString};

/// The kernel's own bounds (XATTR_LIST_MAX, XATTR_SIZE_MAX).
const LONGEST: usize = 64 << 10;

pub fn names(path: &CStr) -> io::Result<Vec<CString>> {
    // Most files have none: then no room for them is needed.
    if unsafe { call!(nr::LISTXATTR, path.as_ptr(), 0, 0) }? == 0 {
        return Ok(Vec::new());
    }
    let mut list = vec![0u8; LONGEST];
    let n = unsafe { call!(nr::LISTXATTR, path.as_ptr(), list.as_mut_ptr(), list.len()) }? as usize;
    Ok(list[..n]
        .split(|b| *b == 0)
        .filter(|name| !name.is_empty())
        .filter_map(|name| CString::new(name).ok())
        .collect())
}

pub fn get(path: &CStr, name: &CStr) -> io::Result<Vec<u8>> {
    let mut value = vec![0u8; LONGEST];
    let n = unsafe { call!(nr::GETXATTR, path.as_ptr(), name.as_ptr(), value.as_mut_ptr(), value.len()) }? as usize;
    value.truncate(n);
    Ok(value)
}

pub fn set(path: &CStr, name: &CStr, value: &[u8]) -> io::Result<()> {
    unsafe { call!(nr::SETXATTR, path.as_ptr(), name.as_ptr(), value.as_ptr(), value.len(), 0) }.map(drop)
}

pub fn remove(path: &CStr, name: &CStr) -> io::Result<()> {
    unsafe { call!(nr::REMOVEXATTR, path.as_ptr(), name.as_ptr()) }.map(drop)
}
