//! What a stream does: one job per stream, driven by the loop.
use crate::buffer::Buffer;
use crate::failure::Failure;
use crate::output::Output;
use crate::poll::Token;
use crate::wire::{data_head, kind, Malformed, Reader, Writer, DATA_HEAD, INITIAL_CREDIT, MAX_DATA};
use crate::world::World;
use std::io;

/// What a job says after a step.
pub enum Turn {
    /// Nothing to do until something happens.
    Wait,
    /// There is more to do right away; others get their turn first.
    Again,
    Done(Vec<u8>),
    Fail(Failure),
    /// Done, but something remains to be looked after without the stream.
    Leave(Vec<u8>, Box<dyn Job>),
}

pub trait Job {
    /// Called after everything that happened to the stream, and when there is room for output again.
    fn step(&mut self, cx: &mut Cx) -> Turn;

    /// Bytes on channel 0, within their credit; what they lead to is told by the next step.
    fn data(&mut self, _cx: &mut Cx, _bytes: &[u8]) {}

    /// Channel 0 has ended.
    fn eof(&mut self, _cx: &mut Cx) {}

    /// A descriptor became ready (`events`) or a timer fired (`events` = 0).
    fn event(&mut self, _cx: &mut Cx, _part: u8, _events: u32) {}

    fn cancel(&mut self, _cx: &mut Cx) -> Turn {
        Turn::Fail(Failure::cancelled())
    }

    fn control(&mut self, _cx: &mut Cx, _control: &mut Reader) -> Result<(), Malformed> {
        Err(Malformed)
    }

    /// The connection has ended; what is returned goes on without one.
    fn lost(self: Box<Self>) -> Option<Box<dyn Job>> {
        None
    }

    /// The job got a new token: descriptors and timers must be registered anew.
    fn adopted(&mut self, _cx: &mut Cx) {}
}

/// Credit in both directions.
pub struct Flow {
    /// What may be sent on channels 1 and 2.
    sendable: [u64; 2],
    /// What may still arrive on channel 0.
    window: u64,
    /// What was handed on and not yet given back.
    owed: u64,
}

impl Flow {
    pub fn new(takes_input: bool) -> Flow {
        let window = if takes_input { INITIAL_CREDIT } else { 0 };
        Flow { sendable: [INITIAL_CREDIT; 2], window, owed: 0 }
    }

    pub fn unlimited() -> Flow {
        Flow { sendable: [u64::MAX; 2], window: 0, owed: 0 }
    }

    pub fn grant(&mut self, channel: u8, bytes: u32) -> Result<(), Malformed> {
        let slot = match channel {
            1 | 2 => &mut self.sendable[usize::from(channel) - 1],
            _ => return Err(Malformed),
        };
        *slot = slot.saturating_add(u64::from(bytes));
        Ok(())
    }

    /// Bytes arrived on channel 0.
    pub fn receive(&mut self, bytes: usize) -> Result<(), Malformed> {
        self.window = self.window.checked_sub(bytes as u64).ok_or(Malformed)?;
        Ok(())
    }

    /// Nothing more may arrive.
    pub fn close_input(&mut self) {
        self.window = 0;
        self.owed = 0;
    }
}

/// What a job may touch while it runs.
pub struct Cx<'a> {
    pub conn: u32,
    pub stream: u32,
    pub out: &'a mut Output,
    pub flow: &'a mut Flow,
    pub world: &'a mut World,
    pub input_open: bool,
}

impl Cx<'_> {
    pub fn token(&self, part: u8) -> Token {
        Token::new(self.conn, self.stream, part)
    }

    /// How much may be sent on a channel in one frame now; 0 = wait.
    pub fn sendable(&self, channel: u8) -> usize {
        if !self.out.has_room() {
            return 0;
        }
        self.flow.sendable[usize::from(channel) - 1].min(MAX_DATA as u64) as usize
    }

    fn spend(&mut self, channel: u8, n: usize) {
        let slot = &mut self.flow.sendable[usize::from(channel) - 1];
        if *slot != u64::MAX {
            *slot = slot.saturating_sub(n as u64);
        }
    }

    /// A buffer to be filled from `DATA_HEAD` on and sent by `send`.
    pub fn buffer(&mut self) -> io::Result<Buffer> {
        self.world.pool.get()
    }

    /// Sends `n` bytes that stand in a buffer behind the place of the frame's head.
    pub fn send(&mut self, channel: u8, mut buffer: Buffer, n: usize) {
        const WORTH_KEEPING: usize = 16 << 10;
        if n == 0 || self.out.is_dead() {
            self.world.pool.put(buffer);
        } else {
            self.spend(channel, n);
            if n >= WORTH_KEEPING {
                buffer[..DATA_HEAD].copy_from_slice(&data_head(self.stream, channel, n));
                self.out.buffer(buffer, DATA_HEAD + n);
            } else {
                self.out.frame(kind::DATA, self.stream, |w| {
                    w.u8(channel);
                    w.bytes(&buffer[DATA_HEAD..DATA_HEAD + n]);
                });
                self.world.pool.put(buffer);
            }
        }
    }

    pub fn send_eof(&mut self, channel: u8) {
        self.out.frame(kind::EOF, self.stream, |w| w.u8(channel));
    }

    pub fn send_event(&mut self, event: u8, payload: impl FnOnce(&mut Vec<u8>)) {
        self.out.frame(kind::EVENT, self.stream, |w| {
            w.u8(event);
            payload(w);
        });
    }

    /// Bytes of channel 0 were handed on: gives their credit back, not in crumbs.
    pub fn consumed(&mut self, bytes: usize) {
        const CRUMBS: u64 = INITIAL_CREDIT / 4;
        self.flow.owed += bytes as u64;
        if self.flow.owed >= CRUMBS && self.input_open {
            let owed = std::mem::take(&mut self.flow.owed);
            self.flow.window += owed;
            self.out.frame(kind::CREDIT, self.stream, |w| {
                w.u8(0);
                w.u32(owed as u32);
            });
        }
    }
}
