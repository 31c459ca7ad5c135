//! PACK: an archive that is made while it is sent.
use super::header::{padding, Member, BLOCK, DIRECTORY, FILE, HARD_LINK, SYMLINK};
use crate::failure::{shown, Failure};
use crate::job::{Cx, Job, Turn};
use crate::open::{path, Opened};
use crate::sys::fs::{self, Stat};
use crate::sys::*;
use crate::wire::{Malformed, Reader, Writer, DATA_HEAD};
use crate::world::World;
use std::collections::BTreeMap;
use std::ffi::CString;
use std::io;
use std::os::unix::io::{AsRawFd, OwnedFd};
use std::vec::IntoIter;

struct Level {
    dir: OwnedFd,
    names: IntoIter<CString>,
    /// With a slash at its end; empty at the root.
    prefix: Vec<u8>,
}

struct Body {
    file: OwnedFd,
    left: u64,
    padding: usize,
}

struct Pack {
    root: Vec<u8>,
    levels: Vec<Level>,
    /// Headers and padding that are still to be sent.
    head: Vec<u8>,
    head_at: usize,
    body: Option<Body>,
    /// Where a file with several names was first met.
    links: BTreeMap<(u64, u64), Vec<u8>>,
    count: u64,
    finished: bool,
}

/// More files with several names than this are packed as if each name were a file.
const MOST_LINKS: usize = 1 << 16;

pub fn open(world: &World, r: &mut Reader) -> Result<Opened, Malformed> {
    let name = r.str()?;
    Ok(Opened::source(Pack::start(world, name)))
}

impl Pack {
    fn start(world: &World, name: &[u8]) -> Result<Pack, Failure> {
        let path = path(world, name)?;
        let what = |e| Failure::os(&e, shown(name));
        let dir = fs::open_at(AT_FDCWD, &path, O_RDONLY | O_DIRECTORY | O_NONBLOCK, 0).map_err(what)?;
        let mut pack = Pack {
            root: name.to_vec(),
            levels: Vec::new(),
            head: Vec::new(),
            head_at: 0,
            body: None,
            links: BTreeMap::new(),
            count: 0,
            finished: false,
        };
        pack.enter(dir, Vec::new()).map_err(what)?;
        Ok(pack)
    }

    fn enter(&mut self, dir: OwnedFd, prefix: Vec<u8>) -> io::Result<()> {
        let mut names = fs::names(dir.as_raw_fd())?;
        names.sort_unstable();
        self.levels.push(Level { dir, names: names.into_iter(), prefix });
        Ok(())
    }

    /// Fills as much as there is; less than asked only at the end.
    fn fill(&mut self, out: &mut [u8]) -> Result<usize, Failure> {
        let mut filled = 0;
        while filled < out.len() {
            let room = &mut out[filled..];
            if self.head_at < self.head.len() {
                let n = room.len().min(self.head.len() - self.head_at);
                room[..n].copy_from_slice(&self.head[self.head_at..self.head_at + n]);
                self.head_at += n;
                filled += n;
                continue;
            }
            self.head.clear();
            self.head_at = 0;
            if let Some(body) = &mut self.body {
                filled += body.fill(room).map_err(|e| Failure::os(&e, shown(&self.root)))?;
                if body.left == 0 {
                    self.head.resize(body.padding, 0);
                    self.body = None;
                }
            } else if self.finished {
                break;
            } else {
                self.next()?;
            }
        }
        Ok(filled)
    }

    /// Puts the next member's header into `head`.
    fn next(&mut self) -> Result<(), Failure> {
        let level = match self.levels.last_mut() {
            Some(level) => level,
            None => {
                self.finished = true;
                self.head.resize(2 * BLOCK, 0);
                return Ok(());
            }
        };
        let name = match level.names.next() {
            Some(name) => name,
            None => {
                self.levels.pop();
                return Ok(());
            }
        };
        let path = [&level.prefix, name.to_bytes()].concat();
        let dir = level.dir.as_raw_fd();
        match self.member(dir, &name, &path) {
            // What vanishes or is replaced meanwhile was not there.
            Err(e) if matches!(errno(&e), ENOENT | ENOTDIR | ELOOP | ENXIO) => Ok(()),
            other => other.map_err(|e| Failure::os(&e, shown(&path))),
        }
    }

    fn member(&mut self, dir: i32, name: &CString, path: &[u8]) -> io::Result<()> {
        let stat = fs::stat_at(dir, name, AT_SYMLINK_NOFOLLOW)?;
        match stat.kind() {
            S_IFDIR => {
                let opened = fs::open_at(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK, 0)?;
                let prefix = [path, b"/"].concat();
                self.header(DIRECTORY, &prefix, b"", 0, &stat);
                self.enter(opened, prefix)?;
            }
            S_IFLNK => {
                let target = fs::read_link(dir, name)?;
                self.header(SYMLINK, path, &target, 0, &stat);
            }
            S_IFREG => self.file(dir, name, path, &stat)?,
            _ => {}
        }
        Ok(())
    }

    fn file(&mut self, dir: i32, name: &CString, path: &[u8], stat: &Stat) -> io::Result<()> {
        if stat.links > 1 {
            if let Some(first) = self.links.get(&stat.id).cloned() {
                self.header(HARD_LINK, path, &first, 0, stat);
                return Ok(());
            }
        }
        let file = fs::open_at(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0)?;
        let stat = fs::stat_fd(file.as_raw_fd())?;
        if !stat.is_file() {
            return Ok(());
        }
        if stat.links > 1 && self.links.len() < MOST_LINKS {
            self.links.insert(stat.id, path.to_vec());
        }
        self.header(FILE, path, b"", stat.size, &stat);
        if stat.size > 0 {
            self.body = Some(Body { file, left: stat.size, padding: padding(stat.size) });
        }
        Ok(())
    }

    fn header(&mut self, kind: u8, path: &[u8], target: &[u8], size: u64, stat: &Stat) {
        Member { kind, path, target, size, stat }.encode(&mut self.head);
        self.count += 1;
    }
}

impl Body {
    fn fill(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let want = self.left.min(room.len() as u64) as usize;
        let mut n = read(self.file.as_raw_fd(), &mut room[..want])?;
        if n == 0 {
            // The file was longer when its header was written: the promise is kept with zeros.
            room[..want].iter_mut().for_each(|b| *b = 0);
            n = want;
        }
        self.left -= n as u64;
        Ok(n)
    }
}

impl Job for Pack {
    fn step(&mut self, cx: &mut Cx) -> Turn {
        let room = cx.sendable(1);
        if room == 0 {
            return Turn::Wait;
        }
        let mut buffer = match cx.buffer() {
            Ok(buffer) => buffer,
            Err(e) => return Turn::Fail(Failure::os(&e, "memory")),
        };
        match self.fill(&mut buffer[DATA_HEAD..DATA_HEAD + room]) {
            Ok(n) => {
                cx.send(1, buffer, n);
                if n == room {
                    return Turn::Again;
                }
                cx.send_eof(1);
                let mut out = Vec::new();
                out.u64(self.count);
                Turn::Done(out)
            }
            Err(failure) => Turn::Fail(failure),
        }
    }
}
