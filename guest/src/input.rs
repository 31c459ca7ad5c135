//! Cuts the bytes of a connection into frames. DATA is passed on piece by piece as it arrives, so that
//! no frame of it is ever assembled in memory.
use crate::buffer::{Buffer, Pool, CAPACITY};
use crate::sys;
use crate::wire::{kind, DATA_HEAD, MAX_DATA, MAX_LENGTH};
use std::io;
use std::os::unix::io::RawFd;

pub enum Piece {
    Frame { kind: u8, stream: u32, from: usize, to: usize },
    DataHead { stream: u32, channel: u8, len: usize },
    Data { stream: u32, from: usize, to: usize },
}

#[derive(Clone, Copy)]
struct Body {
    stream: u32,
    left: usize,
}

#[derive(Default)]
pub struct Input {
    buffer: Option<Buffer>,
    start: usize,
    end: usize,
    body: Option<Body>,
}

impl Input {
    /// Reads what is there, up to a bound; 0 = the end.
    pub fn fill(&mut self, fd: RawFd, pool: &mut Pool) -> io::Result<usize> {
        const AT_ONCE: usize = 256 << 10;
        let mut buffer = match self.buffer.take() {
            Some(buffer) => buffer,
            None => pool.get()?,
        };
        let room = (CAPACITY - self.end).min(AT_ONCE);
        let read = sys::read(fd, &mut buffer[self.end..self.end + room]);
        if let Ok(n) = read {
            self.end += n;
        }
        self.buffer = Some(buffer);
        read
    }

    /// The buffer is lent while pieces are looked at.
    pub fn lend(&mut self) -> Option<Buffer> {
        self.buffer.take()
    }

    /// Takes the buffer back, or gives it to the pool when nothing in it is still needed.
    pub fn give_back(&mut self, mut buffer: Buffer, pool: &mut Pool) {
        buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.end == 0 {
            pool.put(buffer);
        } else {
            self.buffer = Some(buffer);
        }
    }

    /// The next piece; `Ok(None)` when more must be read first, `Err` when the bytes are no frames.
    pub fn next(&mut self, bytes: &[u8]) -> Result<Option<Piece>, String> {
        let there = &bytes[self.start..self.end];
        if let Some(Body { stream, left }) = self.body {
            if there.is_empty() {
                return Ok(None);
            }
            let n = left.min(there.len());
            self.body = if n < left { Some(Body { stream, left: left - n }) } else { None };
            let from = self.start;
            self.start += n;
            return Ok(Some(Piece::Data { stream, from, to: from + n }));
        }
        let word = |at: usize| u32::from_be_bytes([there[at], there[at + 1], there[at + 2], there[at + 3]]);
        if there.len() < 4 {
            return Ok(None);
        }
        let length = word(0) as usize;
        if !(5..=MAX_LENGTH).contains(&length) {
            return Err(format!("a frame of {} bytes", length));
        }
        if there.len() < 9 {
            return Ok(None);
        }
        let (kind, stream) = (there[4], word(5));
        if kind == kind::DATA {
            if !(7..=MAX_DATA + 6).contains(&length) {
                return Err(format!("a DATA frame of {} bytes", length));
            }
            if there.len() < DATA_HEAD {
                return Ok(None);
            }
            let (channel, len) = (there[9], length - 6);
            self.start += DATA_HEAD;
            self.body = Some(Body { stream, left: len });
            return Ok(Some(Piece::DataHead { stream, channel, len }));
        }
        if there.len() < 4 + length {
            return Ok(None);
        }
        let from = self.start + 9;
        self.start += 4 + length;
        Ok(Some(Piece::Frame { kind, stream, from, to: self.start }))
    }
}
