//! `dunes-guest unpack`: one layer of an image from stdin, applied over those below it. On the host, where names
//! of any bytes must be possible, and by descriptors, so that nothing in a layer leads out of the directory.
use super::header::{DIRECTORY, FILE, HARD_LINK, SYMLINK};
use super::reader::{Entry, Sink, TarReader};
use crate::failure::{code, shown, Failure};
use crate::files::remove::Removal;
use crate::sys::process::set_umask;
use crate::sys::*;
use std::collections::hash_map::RandomState;
use std::collections::HashSet;
use std::ffi::{CStr, CString, OsString};
use std::hash::{BuildHasher, Hash, Hasher};
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::io::{AsRawFd, OwnedFd, RawFd};

const FAILED: i32 = 1;
const USAGE: i32 = 2;
const HIDES: &[u8] = b".wh.";
/// What overlays of old kept beside their files; one of them says that a directory starts empty.
const SPECIAL: &[u8] = b".wh..wh.";
const OPAQUE: &[u8] = b".wh..wh..opq";
const DOT: &[u8] = b".\0";

/// Prints how many entries there were, and how many of them were devices or FIFOs and left out.
pub fn main(arguments: impl Iterator<Item = OsString>) -> i32 {
    let (root, most) = match options(arguments) {
        Some(options) => options,
        None => {
            eprintln!("usage: dunes-guest unpack --root DIR [--most-entries N]");
            return USAGE;
        }
    };
    match unpack(&root, most) {
        Ok(layer) => {
            println!("{} {}", layer.count, layer.left_out);
            0
        }
        Err(failure) => {
            eprintln!("{}", failure.message);
            FAILED
        }
    }
}

fn options(mut arguments: impl Iterator<Item = OsString>) -> Option<(CString, u64)> {
    let (mut root, mut most) = (None, u64::MAX);
    while let Some(option) = arguments.next() {
        let value = arguments.next()?.into_vec();
        match option.to_str()? {
            "--root" => root = Some(CString::new(value).ok()?),
            "--most-entries" => most = std::str::from_utf8(&value).ok()?.parse().ok()?,
            _ => return None,
        }
    }
    Some((root?, most))
}

fn unpack(root: &CStr, most: u64) -> Result<Layer, Failure> {
    const CHUNK: usize = 1 << 16;
    set_umask(0o022);
    let fd = fs::open_at(AT_FDCWD, root, O_PATH | O_DIRECTORY, 0);
    let mut layer = Layer::new(fd.map_err(|e| Failure::os(&e, shown(root.to_bytes())))?, most);
    let mut reader = TarReader::new();
    let mut chunk = vec![0u8; CHUNK];
    loop {
        match read(0, &mut chunk).map_err(|e| Failure::os(&e, "stdin"))? {
            0 => break,
            n => reader.feed(&chunk[..n], &mut layer)?,
        }
    }
    reader.finish()?;
    Ok(layer)
}

struct OpenFile {
    fd: OwnedFd,
    path: Vec<u8>,
    mode: u32,
    mtime: (i64, u32),
}

struct Layer {
    root: OwnedFd,
    file: Option<OpenFile>,
    /// The directory of the last entry: mostly also that of the next.
    parent: Option<(Vec<u8>, OwnedFd)>,
    /// What this layer itself has put there, which its own whiteouts do not mean: hashes, so that memory is bounded.
    own: HashSet<u64>,
    hasher: RandomState,
    count: u64,
    left_out: u64,
    most: u64,
}

impl Layer {
    fn new(root: OwnedFd, most: u64) -> Layer {
        let (own, hasher) = (HashSet::new(), RandomState::new());
        Layer { root, file: None, parent: None, own, hasher, count: 0, left_out: 0, most }
    }

    /// Follows symlinks, as if the directory were the root of everything.
    fn find(&self, path: &[u8]) -> io::Result<OwnedFd> {
        let path = CString::new(if path.is_empty() { b"." } else { path })?;
        let resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
        match fs::open_resolved(self.root.as_raw_fd(), &path, O_PATH | O_DIRECTORY, 0, resolve) {
            // Kernels before 5.6: there only what no symlink is on the way to.
            Err(e) if errno(&e) == ENOSYS => super::beneath::open(self.root.as_raw_fd(), path.to_bytes()),
            other => other,
        }
    }

    fn make(&self, path: &[u8]) -> io::Result<OwnedFd> {
        match self.find(path) {
            Err(e) if errno(&e) == ENOENT && !path.is_empty() => {}
            other => return other,
        }
        let (above, name) = split(path);
        let above = self.make(above)?;
        match fs::make_dir(above.as_raw_fd(), &CString::new(name)?, 0o755) {
            // A symlink to nowhere: the second look says so.
            Err(e) if errno(&e) != EEXIST => return Err(e),
            _ => {}
        }
        self.find(path)
    }

    fn locate(&mut self, dir: &[u8]) -> io::Result<RawFd> {
        if let Some((cached, fd)) = &self.parent {
            if cached == dir {
                return Ok(fd.as_raw_fd());
            }
        }
        let fd = self.make(dir)?;
        let raw = fd.as_raw_fd();
        self.parent = Some((dir.to_vec(), fd));
        Ok(raw)
    }

    fn hash(&self, path: &[u8]) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        path.hash(&mut hasher);
        hasher.finish()
    }

    /// With the directories on the way.
    fn remember(&mut self, mut path: &[u8]) {
        while !path.is_empty() && self.own.insert(self.hash(path)) {
            path = split(path).0;
        }
    }

    fn whiteout(&mut self, dir: &[u8], name: &[u8]) -> Result<(), Failure> {
        let hidden = match name.strip_prefix(HIDES) {
            _ if name == OPAQUE => None,
            _ if name.starts_with(SPECIAL) => return Ok(()),
            Some(hidden) if !matches!(hidden, b"" | b"." | b"..") => Some(hidden),
            _ => return Err(Failure::new(code::INVALID, format!("{} hides nothing", shown(name)))),
        };
        let found = match self.find(dir) {
            Err(e) if matches!(errno(&e), ENOENT | ENOTDIR) => return Ok(()),
            found => found,
        };
        let result = found.and_then(|fd| match hidden {
            Some(hidden) => self.hide(&fd, &c_string(hidden)?, join(dir, hidden)),
            None => self.hide_all(&fd, dir),
        });
        result.map_err(|e| Failure::os(&e, shown(&join(dir, name))))
    }

    fn hide(&self, dir: &OwnedFd, name: &CStr, path: Vec<u8>) -> io::Result<()> {
        if !self.own.contains(&self.hash(&path)) {
            return remove(dir.as_raw_fd(), name);
        }
        match fs::open_at(dir.as_raw_fd(), name, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0) {
            Ok(inner) => self.hide_all(&inner, &path),
            Err(e) if matches!(errno(&e), ENOTDIR | ELOOP) => Ok(()),
            Err(e) => Err(e),
        }
    }

    fn hide_all(&self, dir: &OwnedFd, path: &[u8]) -> io::Result<()> {
        let names = fs::names(fs::open_at(dir.as_raw_fd(), dot(), O_RDONLY | O_DIRECTORY, 0)?.as_raw_fd())?;
        names.iter().try_for_each(|name| self.hide(dir, name, join(path, name.to_bytes())))
    }

    fn place(&mut self, entry: &Entry, path: Vec<u8>) -> Result<(), Failure> {
        let (above, last) = split(&path);
        let fail = |e: io::Error| Failure::os(&e, shown(&path));
        let dir = self.locate(above).map_err(fail)?;
        let name = c_string(last).map_err(fail)?;
        match entry.kind {
            FILE => {
                let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
                let fd = replacing(dir, &name, || fs::open_at(dir, &name, flags, 0o600)).map_err(fail)?;
                // Setuid and setgid are nothing an image may hand out.
                self.file = Some(OpenFile { fd, path: path.clone(), mode: entry.mode & 0o777, mtime: entry.mtime });
            }
            DIRECTORY => {
                let is_dir = fs::stat_at(dir, &name, AT_SYMLINK_NOFOLLOW).map_or(false, |stat| stat.is_dir());
                if !is_dir {
                    replacing(dir, &name, || fs::make_dir(dir, &name, 0o700)).map_err(fail)?;
                }
                // What still comes into it must be able to.
                fs::chmod(dir, &name, entry.mode & 0o1777 | 0o700).map_err(fail)?;
                if !is_dir {
                    self.parent = None;
                }
            }
            SYMLINK => {
                let target = c_string(&entry.target).map_err(fail)?;
                replacing(dir, &name, || fs::symlink(&target, dir, &name)).map_err(fail)?;
                self.parent = None;
            }
            HARD_LINK => self.hard_link(entry, &path, dir, &name)?,
            _ => {
                self.left_out += 1;
                return Ok(());
            }
        }
        self.remember(&path);
        Ok(())
    }

    fn hard_link(&mut self, entry: &Entry, path: &[u8], dir: RawFd, name: &CStr) -> Result<(), Failure> {
        let first = relative(&entry.target)?;
        let (above, last) = split(&first);
        let link = || -> io::Result<()> {
            let from = self.find(above)?;
            let from_name = c_string(last)?;
            let stat = fs::stat_at(from.as_raw_fd(), &from_name, AT_SYMLINK_NOFOLLOW)?;
            if fs::stat_at(dir, name, AT_SYMLINK_NOFOLLOW).map_or(false, |there| there.id == stat.id) {
                return Ok(());
            }
            replacing(dir, name, || fs::link(from.as_raw_fd(), &from_name, dir, name))
        };
        link().map_err(|e| Failure::os(&e, format!("{}, a link to {}", shown(path), shown(&first))))
    }
}

impl Sink for Layer {
    fn entry(&mut self, entry: &Entry) -> Result<(), Failure> {
        self.count += 1;
        if self.count > self.most {
            return Err(Failure::new(code::LIMIT, "too many entries"));
        }
        let path = relative(&entry.path)?;
        let (dir, name) = split(&path);
        if name.is_empty() {
            return Ok(());
        }
        if name.starts_with(HIDES) {
            self.parent = None;
            return self.whiteout(dir, name);
        }
        self.place(entry, path)
    }

    fn body(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        match &self.file {
            Some(file) => write_all(file.fd.as_raw_fd(), bytes).map_err(|e| Failure::os(&e, shown(&file.path))),
            None => Ok(()),
        }
    }

    fn done(&mut self) -> Result<(), Failure> {
        if let Some(file) = self.file.take() {
            let fd = file.fd.as_raw_fd();
            fs::chmod_fd(fd, file.mode)
                .and_then(|()| fs::set_mtime(fd, None, file.mtime.0, file.mtime.1))
                .map_err(|e| Failure::os(&e, shown(&file.path)))?;
        }
        Ok(())
    }
}

/// Relative to the root, whether or not it was written so.
fn relative(path: &[u8]) -> Result<Vec<u8>, Failure> {
    let start = path.iter().position(|b| *b != b'/').unwrap_or(path.len());
    super::place::normal(&path[start..])
}

fn split(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|b| *b == b'/') {
        Some(at) => (&path[..at], &path[at + 1..]),
        None => (b"", path),
    }
}

fn join(dir: &[u8], name: &[u8]) -> Vec<u8> {
    if dir.is_empty() {
        name.to_vec()
    } else {
        [dir, b"/", name].concat()
    }
}

fn c_string(bytes: &[u8]) -> io::Result<CString> {
    Ok(CString::new(bytes)?)
}

fn dot() -> &'static CStr {
    CStr::from_bytes_with_nul(DOT).unwrap_or_default()
}

/// Whatever is there, as a whole.
fn remove(dir: RawFd, name: &CStr) -> io::Result<()> {
    const ENTRIES: usize = 1024;
    let above = fs::open_at(dir, dot(), O_PATH | O_DIRECTORY, 0)?;
    let mut removal = match Removal::of(above, name.to_owned()) {
        Err(e) if errno(&e) == ENOENT => return Ok(()),
        other => other?,
    };
    while !removal.advance(ENTRIES)? {}
    Ok(())
}

/// Makes something where something else may be, which goes: also so that other names of a file keep their contents.
fn replacing<T>(dir: RawFd, name: &CStr, make: impl Fn() -> io::Result<T>) -> io::Result<T> {
    match make() {
        Err(e) if errno(&e) == EEXIST => {}
        other => return other,
    }
    remove(dir, name)?;
    make()
}
