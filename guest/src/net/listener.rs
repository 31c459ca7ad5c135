//! What the guest listens on.
use crate::sys::net;
use std::io;
use std::os::unix::io::{AsRawFd, OwnedFd, RawFd};

pub enum Serves {
    Protocol,
    /// The protocol, for the host and for the guest's own user.
    Outside,
    /// Each connection is relayed to this Unix socket.
    Relay(Vec<u8>),
}

pub struct Listener {
    fd: OwnedFd,
    pub serves: Serves,
}

impl Listener {
    pub fn new(fd: OwnedFd, serves: Serves) -> Listener {
        Listener { fd, serves }
    }

    pub fn fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }

    pub fn accept(&self) -> io::Result<OwnedFd> {
        net::accept(self.fd.as_raw_fd())
    }
}
