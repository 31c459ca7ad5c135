//! Edge-triggered readiness: a descriptor is registered once for everything, and whoever owns it remembers
//! what it was told until a call would block. No further calls are needed to pause and resume.
use crate::sys::*;
use std::io;
use std::os::unix::io::{AsRawFd, OwnedFd, RawFd};

/// Whom an event is for: connection, stream (0 = the connection itself), and which of its descriptors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Token {
    pub conn: u32,
    pub stream: u32,
    pub part: u8,
}

/// Streams that belong to no connection (any more) live under this number.
pub const NOWHERE: u32 = 0;
/// The guest's own descriptors.
pub const GUEST: u32 = 0xff_ffff;

impl Token {
    pub fn new(conn: u32, stream: u32, part: u8) -> Token {
        Token { conn, stream, part }
    }

    fn pack(self) -> u64 {
        u64::from(self.conn) << 40 | u64::from(self.stream) << 8 | u64::from(self.part)
    }

    fn unpack(v: u64) -> Token {
        Token { conn: (v >> 40) as u32, stream: (v >> 8) as u32, part: v as u8 }
    }
}

#[cfg_attr(target_arch = "x86_64", repr(C, packed))]
#[cfg_attr(not(target_arch = "x86_64"), repr(C))]
#[derive(Clone, Copy)]
struct Raw {
    events: u32,
    data: u64,
}

pub struct Poll(OwnedFd);

const EVERYTHING: u32 = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;

impl Poll {
    pub fn new() -> io::Result<Poll> {
        use std::os::unix::io::FromRawFd;
        unsafe { Ok(Poll(OwnedFd::from_raw_fd(call!(nr::EPOLL_CREATE1, O_CLOEXEC)? as RawFd))) }
    }

    pub fn add(&self, fd: RawFd, token: Token) -> io::Result<()> {
        self.control(EPOLL_CTL_ADD, fd, token)
    }

    /// Gives a descriptor to another owner. What is ready now is reported again.
    pub fn hand_over(&self, fd: RawFd, token: Token) {
        let _ = self.control(EPOLL_CTL_MOD, fd, token);
    }

    fn control(&self, operation: i32, fd: RawFd, token: Token) -> io::Result<()> {
        let mut event = Raw { events: EVERYTHING, data: token.pack() };
        unsafe { call!(nr::EPOLL_CTL, self.0.as_raw_fd(), operation, fd, &mut event as *mut Raw) }.map(drop)
    }

    /// Waits at most `timeout` milliseconds (-1: for ever).
    pub fn wait(&self, timeout: i32, found: &mut Vec<(Token, u32)>) -> io::Result<()> {
        const AT_ONCE: usize = 64;
        let mut raw = [Raw { events: 0, data: 0 }; AT_ONCE];
        found.clear();
        match unsafe { call!(nr::EPOLL_PWAIT, self.0.as_raw_fd(), raw.as_mut_ptr(), AT_ONCE, timeout, 0, 8) } {
            Ok(n) => found.extend(raw[..n as usize].iter().map(|e| (Token::unpack(e.data), e.events))),
            Err(e) if errno(&e) == EINTR => {}
            Err(e) => return Err(e),
        }
        Ok(())
    }
}

/// Whether an event says that reading (or writing) will not block, be it with an error.
pub fn readable(events: u32) -> bool {
    events & (EPOLLIN | EPOLLHUP | EPOLLERR | EPOLLRDHUP) != 0
}

pub fn writable(events: u32) -> bool {
    events & (EPOLLOUT | EPOLLHUP | EPOLLERR) != 0
}
