//! `launch --server`: launches again and again, for one process that holds the other end of its standard input
//! and ends with it. What is launched does not: it was only forked from here instead of being executed anew.
use super::{launch, FAILED};
use crate::poll::{readable, Poll, Token, GUEST};
use crate::sys::process::*;
use crate::sys::*;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::io::{AsRawFd, OwnedFd};

/// A request: its length, what is wanted, a number the caller chose, and for a launch its arguments, each ended
/// by a NUL byte.
const LAUNCH: u8 = b'L';
const KILL: u8 = b'K';
const LENGTH: usize = 4;
const HEAD: usize = 9;
const LONGEST: usize = 1 << 20;

/// A reply: what has become of a launch, its number, and a value. The kernel never splits one.
const STARTED: u64 = 1;
const LISTENS: u64 = 2;
const ENDED: u64 = 3;

const REQUESTS: u32 = 1;
const CHILDREN: u32 = 2;

pub fn reply(kind: u64, number: u64, value: u64) -> [u8; 24] {
    let mut bytes = [0u8; 24];
    for (bytes, word) in bytes.chunks_exact_mut(8).zip([kind, number, value]) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    bytes
}

pub fn main() -> i32 {
    match Server::new().and_then(|mut server| server.serve()) {
        Ok(()) => 0,
        Err(_) => FAILED,
    }
}

struct Server {
    poll: Poll,
    signals: OwnedFd,
    input: Vec<u8>,
    children: BTreeMap<i32, u64>,
}

impl Server {
    fn new() -> io::Result<Server> {
        let _ = set_session();
        signal_mask(SIG_SETMASK, mask_of(&[SIGCHLD]));
        default_signal(SIGCHLD);
        let signals = signal_fd(mask_of(&[SIGCHLD]))?;
        let poll = Poll::new()?;
        set_nonblocking(0)?;
        poll.add(0, Token::new(GUEST, REQUESTS, 0))?;
        poll.add(signals.as_raw_fd(), Token::new(GUEST, CHILDREN, 0))?;
        Ok(Server { poll, signals, input: Vec::new(), children: BTreeMap::new() })
    }

    fn serve(&mut self) -> io::Result<()> {
        let mut found = Vec::new();
        loop {
            self.poll.wait(-1, &mut found)?;
            for (token, events) in &found {
                match token.stream {
                    CHILDREN => self.reap()?,
                    _ if readable(*events) && !self.hear()? => return Ok(()),
                    _ => {}
                }
            }
        }
    }

    /// Reads what there is; false when nobody is there any more.
    fn hear(&mut self) -> io::Result<bool> {
        let mut bytes = [0u8; 8192];
        loop {
            match read(0, &mut bytes) {
                Ok(0) => return Ok(false),
                Ok(n) => self.input.extend_from_slice(&bytes[..n]),
                Err(e) if would_block(&e) => return Ok(true),
                Err(e) => return Err(e),
            }
            while let Some(request) = self.next()? {
                self.answer(&request)?;
            }
        }
    }

    fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        if self.input.len() < LENGTH {
            return Ok(None);
        }
        let length = self.input[..LENGTH].iter().rev().fold(0, |n, b| n << 8 | usize::from(*b));
        if !(HEAD..=LONGEST).contains(&length) {
            return Err(io::Error::from_raw_os_error(EINVAL));
        }
        if self.input.len() < LENGTH + length {
            return Ok(None);
        }
        let request = self.input[LENGTH..LENGTH + length].to_vec();
        self.input.drain(..LENGTH + length);
        Ok(Some(request))
    }

    fn answer(&mut self, request: &[u8]) -> io::Result<()> {
        let number = request[1..HEAD].iter().rev().fold(0, |n, b| n << 8 | u64::from(*b));
        match request[0] {
            LAUNCH => self.start(number, &request[HEAD..]),
            KILL => {
                // One that has not been reaped yet: its pid is nobody else's.
                if let Some((pid, _)) = self.children.iter().find(|(_, n)| **n == number) {
                    let _ = kill(*pid, SIGKILL);
                }
                Ok(())
            }
            _ => Err(io::Error::from_raw_os_error(EINVAL)),
        }
    }

    fn start(&mut self, number: u64, arguments: &[u8]) -> io::Result<()> {
        match unsafe { fork_process() } {
            Ok(Forked::Parent(pid)) => {
                self.children.insert(pid, number);
                Ok(())
            }
            Ok(Forked::Child) => {
                let _ = write_all(1, &reply(STARTED, number, u64::from(std::process::id())));
                let arguments = arguments.strip_suffix(b"\0").unwrap_or(arguments);
                let arguments = arguments.split(|b| *b == 0).map(|bytes| OsString::from_vec(bytes.to_vec()));
                exit_now(launch(arguments, &reply(LISTENS, number, 0)))
            }
            Err(e) => write_all(1, &reply(ENDED, number, errno(&e) as u64)),
        }
    }

    fn reap(&mut self) -> io::Result<()> {
        let mut info = [0u8; 1024];
        while read(self.signals.as_raw_fd(), &mut info).is_ok() {}
        while let Ok(Some(exit)) = wait_any(WNOHANG) {
            if let Some(number) = self.children.remove(&exit.pid) {
                write_all(1, &reply(ENDED, number, exit.status as u64))?;
            }
        }
        Ok(())
    }
}
