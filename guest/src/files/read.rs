use super::entry::write_entry;
use super::{base_name, open_regular};
use crate::failure::{shown, Failure};
use crate::job::{Cx, Job, Turn};
use crate::open::{path, Opened};
use crate::sys::fs::{self, Stat};
use crate::sys::{self, O_RDONLY};
use crate::wire::{event, Malformed, Reader, Writer, DATA_HEAD};
use crate::world::World;
use std::os::unix::io::{AsRawFd, OwnedFd};

struct Read {
    name: Vec<u8>,
    fd: OwnedFd,
    /// Until OPENED was sent.
    stat: Option<Stat>,
    left: u64,
    sent: u64,
}

pub fn open(world: &World, r: &mut Reader) -> Result<Opened, Malformed> {
    let (name, offset, length) = (r.str()?, r.u64()?, r.u64()?);
    Ok(Opened::source(Read::start(world, name, offset, length)))
}

impl Read {
    fn start(world: &World, name: &[u8], offset: u64, length: u64) -> Result<Read, Failure> {
        let path = path(world, name)?;
        let (fd, stat) = open_regular(&path, O_RDONLY, 0)?;
        if offset > 0 {
            fs::seek(fd.as_raw_fd(), offset).map_err(|e| Failure::os(&e, shown(name)))?;
        }
        Ok(Read { name: name.to_vec(), fd, stat: Some(stat), left: length, sent: 0 })
    }

    fn finish(&self, cx: &mut Cx) -> Turn {
        cx.send_eof(1);
        let mut out = Vec::new();
        out.u64(self.sent);
        Turn::Done(out)
    }
}

impl Job for Read {
    fn step(&mut self, cx: &mut Cx) -> Turn {
        if let Some(stat) = self.stat.take() {
            cx.send_event(event::OPENED, |w| write_entry(w, base_name(&self.name), &stat, b""));
        }
        if self.left == 0 {
            return self.finish(cx);
        }
        let want = (cx.sendable(1) as u64).min(self.left) as usize;
        if want == 0 {
            return Turn::Wait;
        }
        let mut buffer = match cx.buffer() {
            Ok(buffer) => buffer,
            Err(e) => return Turn::Fail(Failure::os(&e, "memory")),
        };
        match sys::read(self.fd.as_raw_fd(), &mut buffer[DATA_HEAD..DATA_HEAD + want]) {
            Ok(n) => {
                cx.send(1, buffer, n);
                self.sent += n as u64;
                if self.left != u64::MAX {
                    self.left -= n as u64;
                }
                if n == 0 {
                    self.finish(cx)
                } else {
                    Turn::Again
                }
            }
            Err(e) => Turn::Fail(Failure::os(&e, shown(&self.name))),
        }
    }
}
