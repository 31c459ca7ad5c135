//! `dunes-guest connect`: joins its standard streams to a guest's socket, for hosts that can start a program in
//! the sandbox but cannot reach the socket.
use crate::guest::USAGE_STATUS;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::io::FromRawFd;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

pub fn main(mut arguments: impl Iterator<Item = OsString>) -> i32 {
    let path = match (arguments.next(), arguments.next()) {
        (Some(path), None) => path,
        _ => {
            eprintln!("dunes-guest connect: wants the path of a socket");
            return USAGE_STATUS;
        }
    };
    match reach(&path).and_then(join) {
        Ok(()) => 0,
        Err(e) => {
            eprintln!("dunes-guest connect: {}: {}", path.to_string_lossy(), e);
            1
        }
    }
}

/// The guest may be about to listen.
fn reach(path: &OsString) -> io::Result<UnixStream> {
    let patience = Instant::now() + Duration::from_secs(10);
    loop {
        match UnixStream::connect(path) {
            Err(_) if Instant::now() < patience => std::thread::sleep(Duration::from_millis(1)),
            other => return other,
        }
    }
}

/// Returns when either side has ended: without both a connection is worth nothing.
fn join(socket: UnixStream) -> io::Result<()> {
    // Files, because the standard library holds back what goes to standard output until a line ends. And no
    // io::copy: it splices, and a splice that waits for a socket keeps the pipe from whoever reads it.
    let (mut input, mut output) = unsafe { (File::from_raw_fd(0), File::from_raw_fd(1)) };
    let mut inward = socket.try_clone()?;
    let mut outward = socket;
    std::thread::Builder::new().stack_size(64 << 10).spawn(move || {
        let status = if carry(&mut input, &mut inward).is_ok() { 0 } else { 1 };
        std::process::exit(status);
    })?;
    carry(&mut outward, &mut output)
}

fn carry(from: &mut impl Read, to: &mut impl Write) -> io::Result<()> {
    let mut piece = vec![0; 64 << 10];
    loop {
        match from.read(&mut piece)? {
            0 => return Ok(()),
            n => to.write_all(&piece[..n])?,
        }
    }
}
