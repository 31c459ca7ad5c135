//! A command's stdout, stderr or terminal as the guest reads it.
use crate::job::Cx;
use crate::sys;
use crate::wire::DATA_HEAD;
use std::os::unix::io::{AsRawFd, OwnedFd};

pub struct Outlet {
    fd: Option<OwnedFd>,
    channel: u8,
    terminal: bool,
    pub readable: bool,
    /// EOF was sent.
    pub done: bool,
    /// After the command's end: what is still to be read at most. Children that write on and on must not
    /// keep the result back.
    last: Option<u64>,
}

/// A pipe is read in pieces of its own size.
const PIECE: usize = 64 << 10;

impl Outlet {
    pub fn new(fd: OwnedFd, channel: u8, terminal: bool) -> Outlet {
        Outlet { fd: Some(fd), channel, terminal, readable: false, done: false, last: None }
    }

    pub fn fd(&self) -> Option<i32> {
        self.fd.as_ref().map(|fd| fd.as_raw_fd())
    }

    /// The command has ended: what the pipe holds now is the last of its output.
    pub fn last_call(&mut self) {
        const TERMINAL_HOLDS: u64 = 1 << 20;
        if let Some(fd) = self.fd() {
            self.readable = true;
            // One more, to see the end itself where there is one.
            let held = if self.terminal { Ok(TERMINAL_HOLDS) } else { sys::readable_bytes(fd) };
            self.last = Some(held.unwrap_or(0) + 1);
        }
    }

    /// Sends what there is; `true` when there may be more right away.
    pub fn pump(&mut self, cx: &mut Cx) -> bool {
        const PIECES: usize = 4;
        for _ in 0..PIECES {
            if self.done {
                return false;
            }
            if !self.readable || self.last == Some(0) {
                if self.last.is_some() {
                    self.finish(cx);
                }
                return false;
            }
            if !self.piece(cx) {
                return false;
            }
        }
        true
    }

    /// `false` when credit, room or memory is missing.
    fn piece(&mut self, cx: &mut Cx) -> bool {
        let most = self.last.map_or(PIECE, |last| last.min(PIECE as u64) as usize);
        let want = cx.sendable(self.channel).min(most);
        let fd = match (&self.fd, want) {
            (Some(fd), 1..) => fd.as_raw_fd(),
            (None, _) => {
                self.finish(cx);
                return true;
            }
            _ => return false,
        };
        let mut buffer = match cx.buffer() {
            Ok(buffer) => buffer,
            Err(_) => return false,
        };
        let read = sys::read(fd, &mut buffer[DATA_HEAD..DATA_HEAD + want]);
        let n = read.as_ref().map_or(0, |n| *n);
        if let Some(last) = &mut self.last {
            *last -= n as u64;
        }
        cx.send(self.channel, buffer, n);
        match read {
            Ok(n) if n > 0 => {}
            Err(e) if sys::would_block(&e) => self.readable = false,
            // A terminal whose last user is gone says EIO where a pipe says 0.
            _ => {
                self.fd = None;
                self.finish(cx);
            }
        }
        true
    }

    pub fn finish(&mut self, cx: &mut Cx) {
        if !self.done {
            self.done = true;
            cx.send_eof(self.channel);
        }
    }

    /// What children of the command may still write to.
    pub fn into_rest(self) -> Option<OwnedFd> {
        self.fd
    }
}
