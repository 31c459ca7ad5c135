//! WATCH: inotify, made recursive by hand.
use crate::failure::{code, shown, Failure};
use crate::job::{Cx, Job, Turn};
use crate::open::{c_string, path, Opened};
use crate::poll::{readable, Token};
use crate::sys::fs;
use crate::sys::*;
use crate::wire::{event, Malformed, Reader, Writer};
use crate::world::World;
use std::collections::BTreeMap;
use std::ffi::CStr;
use std::io;
use std::os::unix::io::{AsRawFd, OwnedFd};

const CREATED: u8 = 1;
const WRITTEN: u8 = 2;
const REMOVED: u8 = 3;
const MOVED_AWAY: u8 = 4;
const MOVED_HERE: u8 = 5;
const ATTRIBUTES: u8 = 6;
const OVERFLOW: u8 = 255;

const CHANGES: u32 = IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_CREATE | IN_DELETE;
const MASK: u32 = CHANGES | IN_DELETE_SELF | IN_MOVE_SELF | IN_EXCL_UNLINK;

/// A directory that is still to be watched, relative to the root.
struct Pending {
    path: Vec<u8>,
    /// It is new: what is found in it has appeared since.
    announce: bool,
}

struct Watch {
    inotify: OwnedFd,
    root: Vec<u8>,
    is_dir: bool,
    recursive: bool,
    /// Directories by watch, relative to the root.
    watched: BTreeMap<i32, Vec<u8>>,
    pending: Vec<Pending>,
    ready: bool,
    readable: bool,
    last: (u8, Vec<u8>),
}

pub fn open(world: &World, token: Token, r: &mut Reader) -> Result<Opened, Malformed> {
    let (name, recursive) = (r.str()?, r.bool()?);
    Ok(Opened::source(Watch::start(world, token, name, recursive)))
}

impl Watch {
    fn start(world: &World, token: Token, name: &[u8], recursive: bool) -> Result<Watch, Failure> {
        let root = path(world, name)?;
        let inotify = inotify().map_err(|e| Failure::os(&e, "inotify instances (fs.inotify.max_user_instances)"))?;
        let wd = inotify_add(inotify.as_raw_fd(), &root, MASK).map_err(|e| refused(name, &e))?;
        let is_dir = fs::stat_at(AT_FDCWD, &root, 0).map_or(false, |stat| stat.is_dir());
        world.poll.add(inotify.as_raw_fd(), token).map_err(|e| Failure::os(&e, "poll"))?;
        let mut watch = Watch {
            inotify,
            root: root.into_bytes(),
            is_dir,
            recursive: recursive && is_dir,
            watched: std::iter::once((wd, Vec::new())).collect(),
            pending: Vec::new(),
            ready: false,
            readable: true,
            last: (0, Vec::new()),
        };
        if watch.recursive {
            watch.pending.push(Pending { path: Vec::new(), announce: false });
        }
        Ok(watch)
    }

    /// Watches one pending directory and looks at what is in it.
    fn extend(&mut self, cx: &mut Cx) -> Result<(), Failure> {
        let Pending { path, announce } = match self.pending.pop() {
            Some(pending) => pending,
            None => return Ok(()),
        };
        let full = c_string(&join(&self.root, &path))?;
        if !path.is_empty() {
            // Watched before it is read: what comes after the look is reported by the kernel.
            match inotify_add(self.inotify.as_raw_fd(), &full, MASK | IN_ONLYDIR | IN_DONT_FOLLOW) {
                Ok(wd) => drop(self.watched.insert(wd, path.clone())),
                Err(e) if matches!(errno(&e), ENOENT | ENOTDIR | EACCES | ELOOP) => return Ok(()),
                Err(e) => return Err(refused(&path, &e)),
            }
        }
        let dir = match fs::open_at(AT_FDCWD, &full, O_RDONLY | O_DIRECTORY | O_NONBLOCK, 0) {
            Ok(dir) => dir,
            Err(_) => return Ok(()),
        };
        for name in fs::names(dir.as_raw_fd()).unwrap_or_default() {
            self.found(cx, dir.as_raw_fd(), &path, &name, announce);
        }
        Ok(())
    }

    fn found(&mut self, cx: &mut Cx, dir: i32, path: &[u8], name: &CStr, announce: bool) {
        if let Ok(stat) = fs::stat_at(dir, name, AT_SYMLINK_NOFOLLOW) {
            let path = join(path, name.to_bytes());
            if announce {
                self.report(cx, CREATED, stat.is_dir(), &path);
            }
            if stat.is_dir() {
                self.pending.push(Pending { path, announce });
            }
        }
    }

    fn report(&mut self, cx: &mut Cx, kind: u8, is_dir: bool, path: &[u8]) {
        // Writing to a file and closing it is one change.
        if kind == WRITTEN && self.last.0 == WRITTEN && self.last.1 == path {
            return;
        }
        self.last = (kind, path.to_vec());
        cx.send_event(event::CHANGE, |w| {
            w.u8(kind);
            w.bool(is_dir);
            w.str(path);
        });
    }

    /// Reads and reports a batch; `true` when there may be more.
    fn read_events(&mut self, cx: &mut Cx) -> Result<bool, Failure> {
        const BATCH: usize = 8 << 10;
        let mut buffer = cx.buffer().map_err(|e| Failure::os(&e, "memory"))?;
        let result = match read(self.inotify.as_raw_fd(), &mut buffer[..BATCH]) {
            Ok(n) => {
                self.take_apart(cx, &buffer[..n]);
                Ok(true)
            }
            Err(e) if would_block(&e) => {
                self.readable = false;
                // Later writes are later changes.
                self.last.0 = 0;
                Ok(false)
            }
            Err(e) => Err(Failure::os(&e, "inotify")),
        };
        cx.world.pool.put(buffer);
        result
    }

    fn take_apart(&mut self, cx: &mut Cx, mut bytes: &[u8]) {
        const HEAD: usize = 16;
        let word = |b: &[u8], at: usize| u32::from_ne_bytes([b[at], b[at + 1], b[at + 2], b[at + 3]]);
        while bytes.len() >= HEAD {
            let (wd, mask, len) = (word(bytes, 0) as i32, word(bytes, 4), word(bytes, 12) as usize);
            let name = &bytes[HEAD..(HEAD + len).min(bytes.len())];
            let name = &name[..name.iter().position(|b| *b == 0).unwrap_or(name.len())];
            self.take(cx, wd, mask, name);
            bytes = &bytes[(HEAD + len).min(bytes.len())..];
        }
    }

    fn take(&mut self, cx: &mut Cx, wd: i32, mask: u32, name: &[u8]) {
        if mask & IN_Q_OVERFLOW != 0 {
            return self.report(cx, OVERFLOW, false, b"");
        }
        if mask & IN_IGNORED != 0 {
            self.watched.remove(&wd);
            return;
        }
        let dir = match self.watched.get(&wd) {
            Some(dir) => dir.clone(),
            None => return,
        };
        let path = if name.is_empty() { dir.clone() } else { join(&dir, name) };
        let is_dir = mask & IN_ISDIR != 0;
        if mask & (IN_DELETE_SELF | IN_MOVE_SELF) != 0 {
            // Of the others, the directory above tells.
            if dir.is_empty() {
                let kind = if mask & IN_DELETE_SELF != 0 { REMOVED } else { MOVED_AWAY };
                self.report(cx, kind, self.is_dir, b"");
            }
            return;
        }
        let kind = match mask & CHANGES {
            IN_CREATE => CREATED,
            IN_MODIFY | IN_CLOSE_WRITE => WRITTEN,
            IN_DELETE => REMOVED,
            IN_MOVED_FROM => MOVED_AWAY,
            IN_MOVED_TO => MOVED_HERE,
            IN_ATTRIB => ATTRIBUTES,
            _ => return,
        };
        // A watched directory tells of its own attributes what the one above has told already.
        if kind == ATTRIBUTES && name.is_empty() && !dir.is_empty() {
            return;
        }
        self.report(cx, kind, is_dir, &path);
        if is_dir && self.recursive {
            match kind {
                CREATED => self.pending.push(Pending { path, announce: true }),
                MOVED_HERE => self.pending.push(Pending { path, announce: false }),
                MOVED_AWAY => self.unwatch_below(&path),
                _ => {}
            }
        }
    }

    fn unwatch_below(&mut self, path: &[u8]) {
        let inotify = self.inotify.as_raw_fd();
        self.watched.retain(|wd, watched| {
            let gone = watched.strip_prefix(path).map_or(false, |rest| rest.is_empty() || rest[0] == b'/');
            if gone {
                inotify_remove(inotify, *wd);
            }
            !gone
        });
    }

    fn advance(&mut self, cx: &mut Cx) -> Result<Turn, Failure> {
        const DIRECTORIES: usize = 16;
        if !cx.out.has_room() {
            // The kernel keeps a bounded queue meanwhile, and says when it ran over.
            return Ok(Turn::Wait);
        }
        for _ in 0..DIRECTORIES {
            self.extend(cx)?;
        }
        if !self.pending.is_empty() {
            return Ok(Turn::Again);
        }
        if !self.ready {
            self.ready = true;
            cx.send_event(event::READY, |_| {});
        }
        if self.readable && self.read_events(cx)? || !self.pending.is_empty() {
            return Ok(Turn::Again);
        }
        Ok(Turn::Wait)
    }
}

fn join(dir: &[u8], name: &[u8]) -> Vec<u8> {
    match (dir, name) {
        (b"", name) => name.to_vec(),
        (dir, b"") => dir.to_vec(),
        (b"/", name) => [b"/", name].concat(),
        (dir, name) => [dir, b"/", name].concat(),
    }
}

fn refused(path: &[u8], error: &io::Error) -> Failure {
    match errno(error) {
        ENOSPC => Failure::os(error, "too many watches (fs.inotify.max_user_watches)").with_code(code::LIMIT),
        _ => Failure::os(error, shown(path)),
    }
}

impl Job for Watch {
    fn step(&mut self, cx: &mut Cx) -> Turn {
        self.advance(cx).unwrap_or_else(Turn::Fail)
    }

    fn event(&mut self, _cx: &mut Cx, _part: u8, events: u32) {
        self.readable |= readable(events);
    }

    /// To be cancelled is how a watch ends well.
    fn cancel(&mut self, _cx: &mut Cx) -> Turn {
        Turn::Done(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::join;

    #[test]
    fn names_are_joined() {
        assert_eq!(join(b"", b"a"), b"a");
        assert_eq!(join(b"/", b"a"), b"/a");
        assert_eq!(join(b"/a", b""), b"/a");
        assert_eq!(join(b"a", b"b"), b"a/b");
    }
}
