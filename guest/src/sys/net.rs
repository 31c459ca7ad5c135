//! Stream sockets.
use super::*;

/// A socket address as the kernel wants it.
pub struct Address {
    bytes: [u8; 112],
    len: usize,
}

impl Address {
    /// At most 107 bytes of path.
    pub fn unix(path: &[u8]) -> io::Result<Address> {
        if path.len() > 107 || path.is_empty() || path.contains(&0) {
            return Err(io::Error::from_raw_os_error(ENAMETOOLONG));
        }
        let mut a = Address::family(AF_UNIX);
        a.bytes[2..2 + path.len()].copy_from_slice(path);
        a.len = 2 + path.len() + 1;
        Ok(a)
    }

    pub fn loopback4(port: u16) -> Address {
        let mut a = Address::family(AF_INET);
        a.bytes[2..4].copy_from_slice(&port.to_be_bytes());
        a.bytes[4..8].copy_from_slice(&[127, 0, 0, 1]);
        a.len = 16;
        a
    }

    pub fn loopback6(port: u16) -> Address {
        let mut a = Address::family(AF_INET6);
        a.bytes[2..4].copy_from_slice(&port.to_be_bytes());
        a.bytes[23] = 1;
        a.len = 28;
        a
    }

    fn family(family: u16) -> Address {
        let mut bytes = [0; 112];
        bytes[..2].copy_from_slice(&family.to_ne_bytes());
        Address { bytes, len: 2 }
    }

    pub fn is_unix(&self) -> bool {
        self.bytes[..2] == AF_UNIX.to_ne_bytes()
    }

    fn socket(&self, flags: c_int) -> io::Result<OwnedFd> {
        let family = u16::from_ne_bytes([self.bytes[0], self.bytes[1]]);
        unsafe { Ok(own(call!(nr::SOCKET, family, SOCK_STREAM | O_CLOEXEC | flags, 0)?)) }
    }
}

pub fn bound(address: &Address, flags: c_int) -> io::Result<OwnedFd> {
    let fd = address.socket(flags)?;
    if !address.is_unix() {
        set_option(&fd, SOL_SOCKET, SO_REUSEADDR, &1u32.to_ne_bytes())?;
    }
    unsafe { call!(nr::BIND, fd.as_raw_fd(), address.bytes.as_ptr(), address.len) }?;
    Ok(fd)
}

pub fn listen(fd: &OwnedFd, backlog: c_int) -> io::Result<()> {
    unsafe { call!(nr::LISTEN, fd.as_raw_fd(), backlog) }.map(drop)
}

pub fn accept(fd: RawFd) -> io::Result<OwnedFd> {
    unsafe { Ok(own(call!(nr::ACCEPT4, fd, 0, 0, O_CLOEXEC | O_NONBLOCK)?)) }
}

/// Starts a non-blocking connection; the flag says that it is still under way.
pub fn connect(address: &Address) -> io::Result<(OwnedFd, bool)> {
    let fd = address.socket(O_NONBLOCK)?;
    match unsafe { call!(nr::CONNECT, fd.as_raw_fd(), address.bytes.as_ptr(), address.len) } {
        Ok(_) => Ok((fd, false)),
        Err(e) if errno(&e) == EINPROGRESS => Ok((fd, true)),
        Err(e) => Err(e),
    }
}

/// What became of a connection that was under way.
pub fn pending_error(fd: RawFd) -> io::Result<()> {
    let (mut value, mut len) = (0 as c_int, 4 as c_int);
    let (value_at, len_at) = (&mut value as *mut c_int, &mut len as *mut c_int);
    unsafe { call!(nr::GETSOCKOPT, fd, SOL_SOCKET, SO_ERROR, value_at, len_at) }?;
    if value == 0 {
        Ok(())
    } else {
        Err(io::Error::from_raw_os_error(value))
    }
}

/// Whether whoever connected this Unix socket gains nothing by it: it is a process of a namespace around this one,
/// to which the kernel gives the number 0, or has the same user. What cannot be told is not trusted.
pub fn trusts_peer(fd: &OwnedFd) -> bool {
    let (mut credentials, mut len) = ([-1 as c_int; 3], 12 as c_int);
    let (at, len_at) = (credentials.as_mut_ptr(), &mut len as *mut c_int);
    let told = unsafe { call!(nr::GETSOCKOPT, fd.as_raw_fd(), SOL_SOCKET, SO_PEERCRED, at, len_at) };
    let [pid, uid, _] = credentials;
    told.is_ok() && (pid == 0 || uid as u32 == super::process::effective_uid())
}

fn set_option(fd: &OwnedFd, level: c_int, name: c_int, value: &[u8]) -> io::Result<()> {
    unsafe { call!(nr::SETSOCKOPT, fd.as_raw_fd(), level, name, value.as_ptr(), value.len()) }.map(drop)
}

pub fn no_delay(fd: &OwnedFd) {
    let _ = set_option(fd, IPPROTO_TCP, TCP_NODELAY, &1u32.to_ne_bytes());
}

/// Closing sends a reset instead of an orderly end.
pub fn reset_on_close(fd: &OwnedFd) {
    let mut linger = [0u8; 8];
    linger[..4].copy_from_slice(&1u32.to_ne_bytes());
    let _ = set_option(fd, SOL_SOCKET, SO_LINGER, &linger);
}

pub fn end_writing(fd: RawFd) {
    let _ = unsafe { call!(nr::SHUTDOWN, fd, SHUT_WR) };
}
