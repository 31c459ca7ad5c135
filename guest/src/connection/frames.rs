//! What each frame of a host means.
use super::{violation, Connection, End, Stream};
use crate::failure::{code, Failure};
use crate::input::Piece;
use crate::job::Flow;
use crate::open::{self, Opened};
use crate::poll::Token;
use crate::wire::{kind, Reader, Writer, MAGIC, MAX_STREAMS, VERSION};
use crate::world::World;

impl Connection {
    pub(super) fn piece(&mut self, world: &mut World, piece: Piece, bytes: &[u8]) -> Result<(), End> {
        match piece {
            Piece::Frame { kind, stream, from, to } => self.frame(world, kind, stream, &bytes[from..to]),
            Piece::DataHead { stream, channel, len } => {
                if !self.greeted {
                    return Err(violation("no HELLO"));
                }
                if channel != 0 {
                    return Err(violation("DATA on a channel of the guest"));
                }
                if let Some(stream) = self.known(stream)? {
                    stream.flow.receive(len).map_err(|_| violation("DATA without credit"))?;
                }
                Ok(())
            }
            Piece::Data { stream, from, to } => {
                let input_open = self.streams.get(&stream).map_or(false, |s| s.input_open);
                if input_open {
                    self.with_stream(world, stream, |job, cx| {
                        job.data(cx, &bytes[from..to]);
                        job.step(cx)
                    });
                }
                Ok(())
            }
        }
    }

    /// The stream a frame is for; none when it has ended already.
    fn known(&mut self, stream: u32) -> Result<Option<&mut Stream>, End> {
        if stream == 0 || stream > self.last_stream {
            return Err(violation("a frame for a stream that was never opened"));
        }
        Ok(self.streams.get_mut(&stream))
    }

    fn frame(&mut self, world: &mut World, kind: u8, stream: u32, payload: &[u8]) -> Result<(), End> {
        let mut r = Reader::new(payload);
        if !self.greeted && kind != kind::HELLO {
            return Err(violation("no HELLO"));
        }
        match kind {
            kind::HELLO | kind::PING | kind::PONG | kind::GOAWAY if stream != 0 => {
                return Err(violation("a frame of the connection on a stream"))
            }
            kind::HELLO => self.hello(world, &mut r)?,
            kind::PING => {
                let cookie = r.u64()?;
                r.end()?;
                self.out.frame(kind::PONG, 0, |w| w.u64(cookie));
            }
            kind::PONG => {
                r.u64()?;
                r.end()?;
            }
            kind::GOAWAY => return Err(End::Gone),
            kind::OPEN => self.open(world, stream, &mut r)?,
            kind::EOF => {
                let channel = r.u8()?;
                r.end()?;
                if channel != 0 {
                    return Err(violation("EOF on a channel of the guest"));
                }
                self.input_ended(world, stream)?;
            }
            kind::CREDIT => {
                let (channel, bytes) = (r.u8()?, r.u32()?);
                r.end()?;
                if let Some(known) = self.known(stream)? {
                    known.flow.grant(channel, bytes)?;
                    self.step(world, stream);
                }
            }
            kind::CANCEL => {
                r.end()?;
                if self.known(stream)?.is_some() {
                    self.with_stream(world, stream, |job, cx| job.cancel(cx));
                    self.step(world, stream);
                }
            }
            kind::CONTROL => {
                if self.known(stream)?.is_some() {
                    let mut result = Ok(());
                    self.with_stream(world, stream, |job, cx| {
                        result = job.control(cx, &mut r);
                        job.step(cx)
                    });
                    result?;
                    r.end()?;
                }
            }
            kind::WELCOME | kind::RESULT | kind::ERROR | kind::EVENT => {
                return Err(violation("a frame in the wrong direction"))
            }
            _ => return Err(violation("an unknown type of frame")),
        }
        Ok(())
    }

    fn hello(&mut self, world: &mut World, r: &mut Reader) -> Result<(), End> {
        if self.greeted {
            return Err(violation("HELLO twice"));
        }
        if r.u32()? != MAGIC {
            return Err(violation("not a dunes host"));
        }
        let (lowest, highest, flags) = (r.u16()?, r.u16()?, r.u32()?);
        r.end()?;
        if !(lowest..=highest).contains(&VERSION) {
            return Err(End::Violation(code::UNSUPPORTED, "this guest speaks version 1 only".to_string()));
        }
        self.greeted = true;
        self.owner |= flags & 1 != 0;
        let pid = world.config.pid as u32;
        self.out.frame(kind::WELCOME, 0, |w| {
            w.u16(VERSION);
            w.str(env!("CARGO_PKG_VERSION").as_bytes());
            w.u32(pid);
        });
        Ok(())
    }

    fn open(&mut self, world: &mut World, stream: u32, r: &mut Reader) -> Result<(), End> {
        if stream <= self.last_stream {
            return Err(violation("a stream opened out of order"));
        }
        self.last_stream = stream;
        if self.streams.len() >= MAX_STREAMS {
            self.fail(stream, &Failure::new(code::LIMIT, "too many open streams"));
            return Ok(());
        }
        match open::open(world, Token::new(self.id, stream, 0), r)? {
            Opened::Now(Ok(result)) => self.out.frame(kind::RESULT, stream, |w| w.bytes(&result)),
            Opened::Now(Err(failure)) => self.fail(stream, &failure),
            Opened::Job { job, takes_input } => {
                self.streams.insert(stream, Stream { flow: Flow::new(takes_input), job, input_open: takes_input });
                self.step(world, stream);
            }
        }
        Ok(())
    }

    fn input_ended(&mut self, world: &mut World, stream: u32) -> Result<(), End> {
        if let Some(known) = self.known(stream)? {
            if known.input_open {
                known.input_open = false;
                known.flow.close_input();
                self.with_stream(world, stream, |job, cx| {
                    job.eof(cx);
                    job.step(cx)
                });
            }
        }
        Ok(())
    }
}
