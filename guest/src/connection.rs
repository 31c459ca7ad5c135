//! One connection of a host: its frames in, its frames out, its streams.
mod frames;

use crate::failure::{code, Failure};
use crate::input::Input;
use crate::job::{Cx, Flow, Job, Turn};
use crate::output::Output;
use crate::poll::{readable, writable, Token};
use crate::sys;
use crate::wire::{kind, Malformed, Writer};
use crate::world::World;
use std::collections::BTreeMap;
use std::os::unix::io::{AsRawFd, OwnedFd};
use std::time::Duration;

struct Stream {
    flow: Flow,
    job: Box<dyn Job>,
    input_open: bool,
}

/// The descriptors: two of them for stdin and stdout, one for a socket.
struct Channel {
    read: OwnedFd,
    write: Option<OwnedFd>,
}

impl Channel {
    fn write_fd(&self) -> i32 {
        self.write.as_ref().unwrap_or(&self.read).as_raw_fd()
    }
}

pub struct Connection {
    id: u32,
    channel: Option<Channel>,
    input: Input,
    pub out: Output,
    streams: BTreeMap<u32, Stream>,
    /// Streams that wait for room in the output.
    parked: Vec<u32>,
    last_stream: u32,
    greeted: bool,
    /// The guest ends when this connection ends.
    pub owner: bool,
    readable: bool,
    writable: bool,
    /// A farewell is being sent; nothing is read any more.
    closing: bool,
    pub closed: bool,
}

/// Why a connection ends.
enum End {
    Gone,
    Violation(u16, String),
}

impl From<Malformed> for End {
    fn from(_: Malformed) -> End {
        violation("a malformed payload")
    }
}

fn violation(what: &str) -> End {
    End::Violation(code::PROTOCOL, what.to_string())
}

pub const PART_READ: u8 = 0;
pub const PART_WRITE: u8 = 1;
const PART_FAREWELL: u8 = 2;

impl Connection {
    pub fn new(id: u32, read: OwnedFd, write: Option<OwnedFd>, owner: bool) -> Connection {
        Connection { channel: Some(Channel { read, write }), owner, ..Connection::nowhere(id) }
    }

    /// Where streams live that have no connection: output is discarded.
    pub fn nowhere(id: u32) -> Connection {
        Connection {
            id,
            channel: None,
            input: Input::default(),
            out: Output::default(),
            streams: BTreeMap::new(),
            parked: Vec::new(),
            last_stream: 0,
            greeted: false,
            owner: false,
            readable: true,
            writable: true,
            closing: false,
            closed: false,
        }
    }

    pub fn greeted_owner(&self) -> bool {
        self.greeted && self.owner
    }

    /// Readiness of the connection itself (`events` = 0: a timer).
    pub fn event(&mut self, part: u8, events: u32) {
        match part {
            PART_FAREWELL => self.closed = true,
            PART_WRITE => self.writable |= writable(events),
            _ => {
                self.readable |= readable(events);
                if self.channel.as_ref().map_or(false, |c| c.write.is_none()) {
                    self.writable |= writable(events);
                }
            }
        }
    }

    /// Takes a stream in that has lost its own connection.
    pub fn adopt(&mut self, world: &mut World, job: Box<dyn Job>) {
        self.last_stream += 1;
        let id = self.last_stream;
        self.streams.insert(id, Stream { flow: Flow::unlimited(), job, input_open: false });
        self.with_stream(world, id, |job, cx| {
            job.adopted(cx);
            job.step(cx)
        });
    }

    /// Reads and serves frames while there are any; others get their turn after a bound.
    pub fn serve(&mut self, world: &mut World) {
        const ROUNDS: usize = 4;
        for _ in 0..ROUNDS {
            // Answers that nobody reads must not pile up: whoever does not read is not read.
            if !self.readable || self.closing || self.closed || !self.out.has_room() {
                return;
            }
            let fd = match &self.channel {
                Some(channel) => channel.read.as_raw_fd(),
                None => return,
            };
            match self.input.fill(fd, &mut world.pool) {
                Ok(0) => self.end(world, End::Gone),
                Ok(_) => {
                    if let Err(end) = self.take_apart(world) {
                        self.end(world, end);
                    }
                }
                Err(e) => {
                    if sys::would_block(&e) {
                        self.readable = false;
                    } else {
                        self.end(world, End::Gone);
                    }
                    if let Some(buffer) = self.input.lend() {
                        self.input.give_back(buffer, &mut world.pool);
                    }
                }
            }
        }
        world.wake(self.id, 0);
    }

    fn take_apart(&mut self, world: &mut World) -> Result<(), End> {
        let buffer = match self.input.lend() {
            Some(buffer) => buffer,
            None => return Ok(()),
        };
        let mut result = Ok(());
        while result.is_ok() {
            result = match self.input.next(&buffer) {
                Ok(None) => break,
                Ok(Some(piece)) => self.piece(world, piece, &buffer),
                Err(what) => Err(End::Violation(code::PROTOCOL, what)),
            };
        }
        self.input.give_back(buffer, &mut world.pool);
        result
    }

    /// Something happened to one of a stream's descriptors, or its timer fired.
    pub fn stream_event(&mut self, world: &mut World, token: Token, events: u32) {
        self.with_stream(world, token.stream, |job, cx| {
            job.event(cx, token.part, events);
            job.step(cx)
        });
    }

    pub fn step(&mut self, world: &mut World, stream: u32) {
        self.with_stream(world, stream, |job, cx| job.step(cx));
    }

    fn with_stream(&mut self, world: &mut World, id: u32, run: impl FnOnce(&mut dyn Job, &mut Cx) -> Turn) {
        let stream = match self.streams.get_mut(&id) {
            Some(stream) => stream,
            None => return,
        };
        let mut cx = Cx {
            conn: self.id,
            stream: id,
            out: &mut self.out,
            flow: &mut stream.flow,
            world,
            input_open: stream.input_open,
        };
        let turn = run(stream.job.as_mut(), &mut cx);
        match turn {
            Turn::Wait if !self.out.has_room() => {
                if !self.parked.contains(&id) {
                    self.parked.push(id);
                }
            }
            Turn::Wait => {}
            Turn::Again => world.wake(self.id, id),
            Turn::Done(result) => {
                self.forget(world, id);
                self.out.frame(kind::RESULT, id, |w| w.bytes(&result));
            }
            Turn::Fail(failure) => {
                self.forget(world, id);
                self.fail(id, &failure);
            }
            Turn::Leave(result, rest) => {
                self.forget(world, id);
                self.out.frame(kind::RESULT, id, |w| w.bytes(&result));
                world.homeless.push(rest);
            }
        }
    }

    fn forget(&mut self, world: &mut World, stream: u32) {
        world.timers.forget(self.id, stream);
        self.streams.remove(&stream);
    }

    fn fail(&mut self, stream: u32, failure: &Failure) {
        self.out.frame(kind::ERROR, stream, |w| {
            w.u16(failure.code);
            w.u32(failure.errno as u32);
            w.str(failure.message.as_bytes());
        });
    }

    /// Writes what is waiting, and wakes whoever waited for room.
    pub fn flush(&mut self, world: &mut World) {
        let channel = match &self.channel {
            Some(channel) if !self.closed => channel,
            _ => return,
        };
        if self.writable && !self.out.is_empty() {
            match self.out.flush(channel.write_fd(), &mut world.pool) {
                Ok(all) => self.writable = all,
                Err(_) => {
                    // Nobody reads any more. What was sent before that is still served: a command may be
                    // started detached by a host that does not wait for the answer.
                    self.out.kill();
                    self.serve(world);
                    self.end(world, End::Gone);
                }
            }
        }
        if self.closing && self.out.is_empty() {
            self.closed = true;
        }
        if self.out.has_room() {
            for stream in std::mem::take(&mut self.parked) {
                world.wake(self.id, stream);
            }
            if self.readable && !self.closing {
                world.wake(self.id, 0);
            }
        }
    }

    /// Ends everything that belongs to the connection.
    fn end(&mut self, world: &mut World, end: End) {
        if self.closing || self.closed {
            self.closed |= matches!(end, End::Gone);
            return;
        }
        for (id, stream) in std::mem::take(&mut self.streams) {
            world.timers.forget(self.id, id);
            world.homeless.extend(stream.job.lost());
        }
        self.parked.clear();
        self.readable = false;
        match end {
            End::Gone => self.closed = true,
            End::Violation(code, reason) => {
                const PATIENCE: Duration = Duration::from_secs(2);
                self.closing = true;
                self.out.frame(kind::GOAWAY, 0, |w| {
                    w.u16(code);
                    w.str(reason.as_bytes());
                });
                world.timers.set(PATIENCE, Token::new(self.id, 0, PART_FAREWELL));
            }
        }
    }
}
