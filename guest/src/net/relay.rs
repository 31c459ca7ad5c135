//! A TCP connection joined to a Unix socket.
use crate::job::{Cx, Job, Turn};
use crate::poll::{readable, writable};
use crate::sys::{self, net};
use std::io;
use std::os::unix::io::{AsRawFd, OwnedFd};
use std::time::{Duration, Instant};

const PART_CLIENT: u8 = 0;
const PART_SERVER: u8 = 1;
const PART_RETRY: u8 = 2;

/// One end and what is known about it.
struct Side {
    fd: OwnedFd,
    readable: bool,
    writable: bool,
    /// Nothing more comes from it.
    ended: bool,
    /// What it has not taken yet; bounded by one read.
    pending: Vec<u8>,
    /// It was told that nothing more comes.
    told: bool,
}

impl Side {
    fn new(fd: OwnedFd) -> Side {
        Side { fd, readable: true, writable: true, ended: false, pending: Vec::new(), told: false }
    }

    fn note(&mut self, events: u32) {
        self.readable |= readable(events);
        self.writable |= writable(events);
    }

    fn flush(&mut self) -> io::Result<()> {
        while self.writable && !self.pending.is_empty() {
            let taken = self.put_some()?;
            self.pending.drain(..taken);
        }
        if self.pending.is_empty() {
            self.pending = Vec::new();
        }
        Ok(())
    }

    fn put_some(&mut self) -> io::Result<usize> {
        match sys::write(self.fd.as_raw_fd(), &self.pending) {
            Err(e) if sys::would_block(&e) => {
                self.writable = false;
                Ok(0)
            }
            other => other,
        }
    }
}

pub struct Relay {
    client: Side,
    server: Option<Side>,
    path: Vec<u8>,
    since: Instant,
}

impl Relay {
    pub fn new(client: OwnedFd, path: Vec<u8>) -> Relay {
        net::no_delay(&client);
        Relay { client: Side::new(client), server: None, path, since: Instant::now() }
    }

    /// `true` when there is a server to talk to.
    fn reach(&mut self, cx: &mut Cx) -> io::Result<bool> {
        const PATIENCE: Duration = Duration::from_secs(2);
        if self.server.is_some() {
            return Ok(true);
        }
        match net::Address::unix(&self.path).and_then(|address| net::connect(&address)) {
            Ok((fd, _)) => {
                cx.world.poll.add(fd.as_raw_fd(), cx.token(PART_SERVER))?;
                self.server = Some(Side::new(fd));
                Ok(true)
            }
            // Its queue is full for the moment: it does answer.
            Err(e) if sys::would_block(&e) && self.since.elapsed() < PATIENCE => {
                cx.world.timers.cancel(cx.token(PART_RETRY));
                cx.world.timers.set(Duration::from_millis(5), cx.token(PART_RETRY));
                Ok(false)
            }
            Err(e) => Err(e),
        }
    }

    fn carry(&mut self, cx: &mut Cx) -> io::Result<Turn> {
        if !self.reach(cx)? {
            return Ok(Turn::Wait);
        }
        let server = match &mut self.server {
            Some(server) => server,
            None => return Ok(Turn::Wait),
        };
        let up = pass(cx, &mut self.client, server)?;
        let down = pass(cx, server, &mut self.client)?;
        Ok(if self.client.told && server.told {
            Turn::Done(Vec::new())
        } else if up || down {
            Turn::Again
        } else {
            Turn::Wait
        })
    }
}

/// Carries what is there from one side to the other; `true` when there may be more.
fn pass(cx: &mut Cx, from: &mut Side, to: &mut Side) -> io::Result<bool> {
    const PIECE: usize = 64 << 10;
    to.flush()?;
    if !to.pending.is_empty() || to.told {
        return Ok(false);
    }
    if from.ended {
        net::end_writing(to.fd.as_raw_fd());
        to.told = true;
        return Ok(false);
    }
    if !from.readable {
        return Ok(false);
    }
    let mut buffer = cx.buffer()?;
    let read = sys::read(from.fd.as_raw_fd(), &mut buffer[..PIECE]);
    let mut result = Ok(true);
    match read {
        Ok(0) => from.ended = true,
        Ok(n) => {
            let mut rest = &buffer[..n];
            match sys::write(to.fd.as_raw_fd(), rest) {
                Ok(taken) => rest = &rest[taken..],
                Err(e) if sys::would_block(&e) => to.writable = false,
                Err(e) => result = Err(e),
            }
            to.pending.extend_from_slice(rest);
        }
        Err(e) if sys::would_block(&e) => {
            from.readable = false;
            result = Ok(false);
        }
        Err(e) => result = Err(e),
    }
    cx.world.pool.put(buffer);
    result
}

impl Job for Relay {
    fn step(&mut self, cx: &mut Cx) -> Turn {
        match self.carry(cx) {
            Ok(turn) => turn,
            Err(_) => {
                net::reset_on_close(&self.client.fd);
                Turn::Done(Vec::new())
            }
        }
    }

    fn event(&mut self, _cx: &mut Cx, part: u8, events: u32) {
        match (part, &mut self.server) {
            (PART_CLIENT, _) => self.client.note(events),
            (PART_SERVER, Some(server)) => server.note(events),
            _ => {}
        }
    }

    fn adopted(&mut self, cx: &mut Cx) {
        // A descriptor that cannot be waited for ends with the next step's error.
        let _ = cx.world.poll.add(self.client.fd.as_raw_fd(), cx.token(PART_CLIENT));
    }
}
