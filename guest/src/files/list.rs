//! LIST: a walk that holds the names of the directories it is in, and nothing more.
use super::entry::{target, write_entry};
use crate::failure::{shown, Failure};
use crate::job::{Cx, Job, Turn};
use crate::open::{path, Opened};
use crate::sys::fs;
use crate::sys::*;
use crate::wire::{Malformed, Reader, Writer, DATA_HEAD};
use crate::world::World;
use std::ffi::CString;
use std::os::unix::io::{AsRawFd, OwnedFd};
use std::vec::IntoIter;

struct Level {
    dir: OwnedFd,
    names: IntoIter<CString>,
    /// Path from the root of the walk, with a slash at its end; empty at the root.
    prefix: Vec<u8>,
}

pub struct List {
    levels: Vec<Level>,
    depth: usize,
    /// An entry that did not fit into the last frame.
    pending: Vec<u8>,
    count: u64,
}

pub fn open(world: &World, r: &mut Reader) -> Result<Opened, Malformed> {
    let (name, depth) = (r.str()?, r.u32()?);
    Ok(Opened::source(List::start(world, name, depth)))
}

impl List {
    fn start(world: &World, name: &[u8], depth: u32) -> Result<List, Failure> {
        let path = path(world, name)?;
        let what = |e| Failure::os(&e, shown(name));
        let dir = fs::open_at(AT_FDCWD, &path, O_RDONLY | O_DIRECTORY | O_NONBLOCK, 0).map_err(what)?;
        let mut list = List { levels: Vec::new(), depth: depth as usize, pending: Vec::new(), count: 0 };
        if depth > 0 {
            list.enter(dir, Vec::new()).map_err(what)?;
        }
        Ok(list)
    }

    fn enter(&mut self, dir: OwnedFd, prefix: Vec<u8>) -> std::io::Result<()> {
        let mut names = fs::names(dir.as_raw_fd())?;
        names.sort_unstable();
        self.levels.push(Level { dir, names: names.into_iter(), prefix });
        Ok(())
    }

    /// Encodes the next entry into `pending`; `false` at the end.
    fn advance(&mut self) -> Result<bool, Failure> {
        loop {
            let level = match self.levels.last_mut() {
                Some(level) => level,
                None => return Ok(false),
            };
            let name = match level.names.next() {
                Some(name) => name,
                None => {
                    self.levels.pop();
                    continue;
                }
            };
            let dir = level.dir.as_raw_fd();
            // What vanishes while it is listed was not there.
            let stat = match fs::stat_at(dir, &name, AT_SYMLINK_NOFOLLOW) {
                Ok(stat) => stat,
                Err(e) if errno(&e) == ENOENT => continue,
                Err(e) => return Err(Failure::os(&e, shown(&[&level.prefix, name.to_bytes()].concat()))),
            };
            let path = [&level.prefix, name.to_bytes()].concat();
            write_entry(&mut self.pending, &path, &stat, &target(dir, &name, &stat));
            self.count += 1;
            if stat.is_dir() && self.levels.len() < self.depth {
                self.descend(dir, &name, path)?;
            }
            return Ok(true);
        }
    }

    fn descend(&mut self, dir: i32, name: &CString, mut path: Vec<u8>) -> Result<(), Failure> {
        let what = shown(&path);
        path.push(b'/');
        let opened = fs::open_at(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK, 0);
        match opened.and_then(|dir| self.enter(dir, path)) {
            // A directory that may not be read is listed, and what is in it is not.
            Err(e) if !matches!(errno(&e), ENOENT | ENOTDIR | ELOOP | EACCES) => Err(Failure::os(&e, what)),
            _ => Ok(()),
        }
    }

    fn finish(&self, cx: &mut Cx) -> Turn {
        cx.send_eof(1);
        let mut out = Vec::new();
        out.u64(self.count);
        Turn::Done(out)
    }
}

impl Job for List {
    fn step(&mut self, cx: &mut Cx) -> Turn {
        // Small frames keep a turn short: every entry costs a call or two.
        const FRAME: usize = 32 << 10;
        let room = cx.sendable(1);
        if room == 0 || self.pending.len() > room {
            return Turn::Wait;
        }
        let mut buffer = match cx.buffer() {
            Ok(buffer) => buffer,
            Err(e) => return Turn::Fail(Failure::os(&e, "memory")),
        };
        let mut filled = 0;
        let mut ended = Ok(false);
        while filled < FRAME {
            if self.pending.is_empty() {
                match self.advance() {
                    Ok(true) => {}
                    Ok(false) => ended = Ok(true),
                    Err(failure) => ended = Err(failure),
                }
                if !matches!(ended, Ok(false)) {
                    break;
                }
            }
            if filled + self.pending.len() > room {
                break;
            }
            let at = DATA_HEAD + filled;
            buffer[at..at + self.pending.len()].copy_from_slice(&self.pending);
            filled += self.pending.len();
            self.pending.clear();
        }
        cx.send(1, buffer, filled);
        match ended {
            Ok(true) => self.finish(cx),
            Ok(false) => Turn::Again,
            Err(failure) => Turn::Fail(failure),
        }
    }
}
