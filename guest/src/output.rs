//! What waits to be written to one connection.
use crate::buffer::{Buffer, Pool};
use crate::sys::{self, IoVec};
use crate::wire;
use std::collections::VecDeque;
use std::io;
use std::os::unix::io::RawFd;

/// Work that produces output pauses above this.
const ENOUGH: usize = 1 << 20;
const COALESCE: usize = 16 << 10;

enum Chunk {
    Small(Vec<u8>),
    Large(Buffer, usize),
}

impl Chunk {
    fn bytes(&self) -> &[u8] {
        match self {
            Chunk::Small(v) => v,
            Chunk::Large(b, n) => &b[..*n],
        }
    }
}

#[derive(Default)]
pub struct Output {
    chunks: VecDeque<Chunk>,
    /// Bytes of the first chunk that are already written.
    head: usize,
    waiting: usize,
    /// Nobody will read: everything is dropped.
    dead: bool,
}

impl Output {
    pub fn nowhere() -> Output {
        Output { dead: true, ..Output::default() }
    }

    pub fn kill(&mut self) {
        *self = Output::nowhere();
    }

    pub fn is_dead(&self) -> bool {
        self.dead
    }

    pub fn is_empty(&self) -> bool {
        self.waiting == 0
    }

    pub fn has_room(&self) -> bool {
        self.waiting < ENOUGH
    }

    /// Appends one small frame.
    pub fn frame(&mut self, kind: u8, stream: u32, payload: impl FnOnce(&mut Vec<u8>)) {
        if self.dead {
            return;
        }
        if !matches!(self.chunks.back(), Some(Chunk::Small(v)) if v.len() < COALESCE) {
            self.chunks.push_back(Chunk::Small(Vec::new()));
        }
        if let Some(Chunk::Small(v)) = self.chunks.back_mut() {
            let before = v.len();
            wire::frame(v, kind, stream, payload);
            self.waiting += v.len() - before;
        }
    }

    /// Appends a buffer whose first `len` bytes are one complete frame.
    pub fn buffer(&mut self, buffer: Buffer, len: usize) {
        if !self.dead {
            self.waiting += len;
            self.chunks.push_back(Chunk::Large(buffer, len));
        }
    }

    /// Writes until nothing is left (`true`) or the descriptor would block (`false`).
    pub fn flush(&mut self, fd: RawFd, pool: &mut Pool) -> io::Result<bool> {
        const PARTS: usize = 16;
        while self.waiting > 0 {
            let mut parts = [IoVec::EMPTY; PARTS];
            let mut n = 0;
            for chunk in self.chunks.iter().take(PARTS) {
                let bytes = &chunk.bytes()[if n == 0 { self.head } else { 0 }..];
                parts[n] = IoVec { base: bytes.as_ptr(), len: bytes.len() };
                n += 1;
            }
            match unsafe { sys::writev(fd, &parts[..n]) } {
                Ok(written) => self.advance(written, pool),
                Err(e) if sys::would_block(&e) => return Ok(false),
                Err(e) => return Err(e),
            }
        }
        self.chunks = VecDeque::new();
        Ok(true)
    }

    fn advance(&mut self, written: usize, pool: &mut Pool) {
        self.waiting -= written;
        self.head += written;
        while let Some(first) = self.chunks.front() {
            let len = first.bytes().len();
            if self.head < len {
                break;
            }
            self.head -= len;
            if let Some(Chunk::Large(buffer, _)) = self.chunks.pop_front() {
                pool.put(buffer);
            }
        }
    }
}
