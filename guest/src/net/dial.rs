//! DIAL: a stream joined to a TCP port in the sandbox.
use crate::failure::{code, Failure};
use crate::job::{Cx, Job, Turn};
use crate::open::Opened;
use crate::poll::{readable, writable, Token};
use crate::sys::net::{self, Address};
use crate::sys::{self, EPIPE};
use crate::wire::{event, Malformed, Reader, DATA_HEAD};
use crate::world::World;
use std::io;
use std::os::unix::io::{AsRawFd, OwnedFd};

struct Dial {
    port: u16,
    socket: OwnedFd,
    connected: bool,
    /// The second address was tried.
    second: bool,
    readable: bool,
    writable: bool,
    /// What the socket has not taken yet; bounded by the stream's credit.
    pending: Vec<u8>,
    written: usize,
    host_ended: bool,
    told: bool,
    port_ended: bool,
}

pub fn open(world: &World, token: Token, r: &mut Reader) -> Result<Opened, Malformed> {
    let port = r.u16()?;
    Ok(Opened::sink(Dial::start(world, token, port)))
}

impl Dial {
    fn start(world: &World, token: Token, port: u16) -> Result<Dial, Failure> {
        let (socket, second) = match net::connect(&Address::loopback4(port)) {
            Ok((socket, _)) => (socket, false),
            Err(_) => (net::connect(&Address::loopback6(port)).map_err(|e| refused(port, &e))?.0, true),
        };
        world.poll.add(socket.as_raw_fd(), token).map_err(|e| Failure::os(&e, "poll"))?;
        Ok(Dial {
            port,
            socket,
            connected: false,
            second,
            readable: false,
            writable: false,
            pending: Vec::new(),
            written: 0,
            host_ended: false,
            told: false,
            port_ended: false,
        })
    }

    /// `true` when there is a connection.
    fn settle(&mut self, cx: &mut Cx) -> Result<bool, Failure> {
        if !self.connected && self.writable {
            match net::pending_error(self.socket.as_raw_fd()) {
                Ok(()) => {
                    self.connected = true;
                    net::no_delay(&self.socket);
                    cx.send_event(event::CONNECTED, |_| {});
                }
                Err(e) if self.second => return Err(refused(self.port, &e)),
                Err(_) => {
                    let again = net::connect(&Address::loopback6(self.port)).map_err(|e| refused(self.port, &e))?;
                    self.socket = again.0;
                    self.second = true;
                    self.writable = false;
                    self.readable = false;
                    let added = cx.world.poll.add(self.socket.as_raw_fd(), cx.token(0));
                    added.map_err(|e| Failure::os(&e, "poll"))?;
                }
            }
        }
        Ok(self.connected)
    }

    fn write_out(&mut self, cx: &mut Cx) -> io::Result<()> {
        while self.written < self.pending.len() && self.writable {
            match sys::write(self.socket.as_raw_fd(), &self.pending[self.written..]) {
                Ok(n) => {
                    self.written += n;
                    cx.consumed(n);
                }
                Err(e) if sys::would_block(&e) => self.writable = false,
                // It reads no more, but may still have something to say.
                Err(e) if sys::errno(&e) == EPIPE => self.told = true,
                Err(e) => return Err(e),
            }
            if self.told {
                cx.consumed(self.pending.len() - self.written);
                self.written = self.pending.len();
            }
        }
        if self.written == self.pending.len() {
            self.pending = Vec::new();
            self.written = 0;
            if self.host_ended && !self.told {
                net::end_writing(self.socket.as_raw_fd());
                self.told = true;
            }
        }
        Ok(())
    }

    /// `true` when there may be more.
    fn read_in(&mut self, cx: &mut Cx) -> io::Result<bool> {
        const PIECE: usize = 128 << 10;
        let want = cx.sendable(1).min(PIECE);
        if !self.readable || self.port_ended || want == 0 {
            return Ok(false);
        }
        let mut buffer = cx.buffer()?;
        match sys::read(self.socket.as_raw_fd(), &mut buffer[DATA_HEAD..DATA_HEAD + want]) {
            Ok(0) => {
                self.port_ended = true;
                cx.world.pool.put(buffer);
                cx.send_eof(1);
            }
            Ok(n) => cx.send(1, buffer, n),
            Err(e) if sys::would_block(&e) => {
                self.readable = false;
                cx.world.pool.put(buffer);
            }
            Err(e) => return Err(e),
        }
        Ok(self.readable && !self.port_ended)
    }
}

fn refused(port: u16, error: &io::Error) -> Failure {
    Failure::os(error, format!("port {}", port)).with_code(code::CONNECTION_REFUSED)
}

impl Job for Dial {
    fn step(&mut self, cx: &mut Cx) -> Turn {
        match self.settle(cx) {
            Ok(true) => {}
            Ok(false) => return Turn::Wait,
            Err(failure) => return Turn::Fail(failure),
        }
        let more = self.write_out(cx).and_then(|()| self.read_in(cx));
        match more {
            Err(e) => Turn::Fail(Failure::os(&e, format!("port {}", self.port))),
            Ok(true) => Turn::Again,
            Ok(false) if self.port_ended && self.told => Turn::Done(Vec::new()),
            Ok(false) => Turn::Wait,
        }
    }

    fn data(&mut self, cx: &mut Cx, bytes: &[u8]) {
        if self.told {
            cx.consumed(bytes.len());
        } else {
            self.pending.extend_from_slice(bytes);
        }
    }

    fn eof(&mut self, _cx: &mut Cx) {
        self.host_ended = true;
    }

    fn event(&mut self, _cx: &mut Cx, _part: u8, events: u32) {
        self.readable |= readable(events);
        self.writable |= writable(events);
    }
}
