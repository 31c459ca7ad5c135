//! UNPACK: what arrives on channel 0 is an archive, and is put into place as it comes.
use super::place::Place;
use super::reader::TarReader;
use crate::failure::{shown, Failure};
use crate::files::make;
use crate::job::{Cx, Job, Turn};
use crate::open::{path, Opened};
use crate::sys::fs;
use crate::sys::{AT_FDCWD, O_DIRECTORY, O_PATH};
use crate::wire::{Malformed, Reader, Writer};
use crate::world::World;

struct Unpack {
    reader: TarReader,
    place: Place,
    ended: bool,
    failure: Option<Failure>,
}

pub fn open(world: &World, r: &mut Reader) -> Result<Opened, Malformed> {
    let name = r.str()?;
    Ok(Opened::sink(Unpack::start(world, name)))
}

impl Unpack {
    fn start(world: &World, name: &[u8]) -> Result<Unpack, Failure> {
        let path = path(world, name)?;
        make::parents(path.to_bytes())?;
        let root = fs::open_at(AT_FDCWD, &path, O_PATH | O_DIRECTORY, 0).map_err(|e| Failure::os(&e, shown(name)))?;
        Ok(Unpack { reader: TarReader::new(), place: Place::new(root), ended: false, failure: None })
    }
}

impl Job for Unpack {
    fn step(&mut self, _cx: &mut Cx) -> Turn {
        if let Some(failure) = self.failure.take() {
            return Turn::Fail(failure);
        }
        if !self.ended {
            return Turn::Wait;
        }
        match self.reader.finish().and_then(|()| self.place.finish()) {
            Ok(()) => {
                let mut out = Vec::new();
                out.u64(self.place.count);
                Turn::Done(out)
            }
            Err(failure) => Turn::Fail(failure),
        }
    }

    fn data(&mut self, cx: &mut Cx, bytes: &[u8]) {
        if self.failure.is_none() {
            self.failure = self.reader.feed(bytes, &mut self.place).err();
        }
        cx.consumed(bytes.len());
    }

    fn eof(&mut self, _cx: &mut Cx) {
        self.ended = true;
    }
}
