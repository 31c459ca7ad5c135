//! A command's stdin as the guest feeds it.
use crate::job::Cx;
use crate::sys;
use std::os::unix::io::{AsRawFd, OwnedFd};

/// Control-D: a terminal has no other end of input.
const END_OF_INPUT: u8 = 4;

pub struct Inlet {
    fd: Option<OwnedFd>,
    /// What the pipe did not take yet; bounded by the stream's credit.
    pending: Vec<u8>,
    written: usize,
    pub writable: bool,
    ended: bool,
    terminal: bool,
}

impl Inlet {
    pub fn new(fd: OwnedFd, terminal: bool) -> Inlet {
        Inlet { fd: Some(fd), pending: Vec::new(), written: 0, writable: true, ended: false, terminal }
    }

    pub fn fd(&self) -> Option<i32> {
        self.fd.as_ref().map(|fd| fd.as_raw_fd())
    }

    pub fn push(&mut self, cx: &mut Cx, mut bytes: &[u8]) {
        if self.pending.is_empty() && self.writable {
            let taken = self.write(bytes);
            cx.consumed(taken);
            bytes = &bytes[taken..];
        }
        self.pending.extend_from_slice(bytes);
    }

    pub fn end(&mut self) {
        self.ended = true;
        if self.terminal {
            self.pending.push(END_OF_INPUT);
        }
    }

    pub fn pump(&mut self, cx: &mut Cx) {
        while self.writable && self.written < self.pending.len() {
            let pending = std::mem::take(&mut self.pending);
            let taken = self.write(&pending[self.written..]);
            self.pending = pending;
            self.written += taken;
            cx.consumed(taken);
        }
        if self.written == self.pending.len() {
            self.pending = Vec::new();
            self.written = 0;
            if self.ended {
                self.fd = None;
            }
        }
    }

    pub fn close(&mut self) {
        self.fd = None;
        self.writable = true;
    }

    /// How much was disposed of. A command that reads no more is no error: the rest goes nowhere.
    fn write(&mut self, bytes: &[u8]) -> usize {
        let fd = match &self.fd {
            Some(fd) => fd.as_raw_fd(),
            None => return bytes.len(),
        };
        match sys::write(fd, bytes) {
            Ok(n) => n,
            Err(e) if sys::would_block(&e) => {
                self.writable = false;
                0
            }
            Err(_) => {
                self.close();
                bytes.len()
            }
        }
    }
}
