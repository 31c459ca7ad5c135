//! Large buffers, mapped straight from the kernel so that an idle guest really gives them back.
use crate::sys::*;
use std::io;
use std::ops::{Deref, DerefMut};

/// Holds the longest frame. Only pages that were touched cost memory.
pub const CAPACITY: usize = crate::wire::MAX_LENGTH + 4096;

pub struct Buffer(*mut u8);

impl Buffer {
    fn map() -> io::Result<Buffer> {
        let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
        let at = unsafe { call!(nr::MMAP, 0, CAPACITY, PROT_READ | PROT_WRITE, flags, -1, 0) }?;
        // A huge page would make one touched byte cost two megabytes.
        let _ = unsafe { call!(nr::MADVISE, at, CAPACITY, MADV_NOHUGEPAGE) };
        Ok(Buffer(at as *mut u8))
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        unsafe { std::slice::from_raw_parts(self.0, CAPACITY) }
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        unsafe { std::slice::from_raw_parts_mut(self.0, CAPACITY) }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let _ = unsafe { call!(nr::MUNMAP, self.0, CAPACITY) };
    }
}

/// Keeps a few buffers warm while there is work.
#[derive(Default)]
pub struct Pool(Vec<Buffer>);

impl Pool {
    const KEPT: usize = 4;

    pub fn get(&mut self) -> io::Result<Buffer> {
        match self.0.pop() {
            Some(buffer) => Ok(buffer),
            None => Buffer::map(),
        }
    }

    pub fn put(&mut self, buffer: Buffer) {
        if self.0.len() < Pool::KEPT {
            self.0.push(buffer);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn clear(&mut self) {
        self.0 = Vec::new();
    }
}
