//! The arguments of operations, and what some of them answer.
use super::{Host, Outcome};

pub const PTY: u32 = 1;
pub const STDIN: u32 = 2;
pub const DETACHED: u32 = 4;
pub const BARE_ENV: u32 = 8;

pub const APPEND: u32 = 1;
pub const CREATE_PARENTS: u32 = 2;
pub const EXCLUSIVE: u32 = 4;
pub const ATOMIC: u32 = 8;
pub const KEEP: u32 = u32::MAX;

pub fn str(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let bytes = bytes.as_ref();
    [&(bytes.len() as u32).to_be_bytes(), bytes].concat()
}

#[derive(Default, Clone)]
pub struct Exec {
    pub flags: u32,
    pub argv: Vec<String>,
    pub env: Vec<(String, String)>,
    pub cwd: String,
    pub user: String,
    pub timeout_ms: u64,
    pub size: (u16, u16),
}

impl Exec {
    pub fn new(argv: &[&str]) -> Exec {
        Exec { argv: argv.iter().map(|a| a.to_string()).collect(), ..Exec::default() }
    }

    pub fn sh(script: &str) -> Exec {
        Exec::new(&["sh", "-c", script])
    }

    pub fn flags(mut self, flags: u32) -> Exec {
        self.flags = flags;
        self
    }

    pub fn env(mut self, name: &str, value: &str) -> Exec {
        self.env.push((name.to_string(), value.to_string()));
        self
    }

    pub fn cwd(mut self, cwd: &str) -> Exec {
        self.cwd = cwd.to_string();
        self
    }

    pub fn user(mut self, user: &str) -> Exec {
        self.user = user.to_string();
        self
    }

    pub fn timeout(mut self, ms: u64) -> Exec {
        self.timeout_ms = ms;
        self
    }

    pub fn size(mut self, columns: u16, rows: u16) -> Exec {
        self.size = (columns, rows);
        self
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut p = self.flags.to_be_bytes().to_vec();
        p.extend((self.argv.len() as u32).to_be_bytes());
        self.argv.iter().for_each(|a| p.extend(str(a)));
        p.extend((self.env.len() as u32).to_be_bytes());
        for (name, value) in &self.env {
            p.extend(str(name));
            p.extend(str(value));
        }
        p.extend(str(&self.cwd));
        p.extend(str(&self.user));
        p.extend(self.timeout_ms.to_be_bytes());
        p.extend(self.size.0.to_be_bytes());
        p.extend(self.size.1.to_be_bytes());
        p
    }

    pub fn open(&self, host: &mut Host) -> u32 {
        host.open(1, &self.encode())
    }

    /// Opens and waits for STARTED; gives stream and pid.
    pub fn start(&self, host: &mut Host) -> (u32, u32) {
        let id = self.open(host);
        let event = host.event(id);
        assert_eq!((event[0], event.len()), (1, 5));
        (id, u32::from_be_bytes(event[1..].try_into().unwrap()))
    }

    pub fn run(&self, host: &mut Host) -> Outcome {
        let id = self.open(host);
        host.finish(id)
    }
}

/// What a script prints, which must succeed.
pub fn sh(host: &mut Host, script: &str) -> String {
    let outcome = Exec::sh(script).run(host);
    let exit = outcome.exit();
    assert_eq!((exit.how, exit.code), (0, 0), "{}", String::from_utf8_lossy(&outcome.err));
    outcome.text()
}

pub fn read(host: &mut Host, path: &str, offset: u64, length: u64) -> Outcome {
    let arguments = [str(path), offset.to_be_bytes().to_vec(), length.to_be_bytes().to_vec()].concat();
    host.run(2, &arguments)
}

pub fn open_write(host: &mut Host, path: &str, flags: u32, mode: u32) -> u32 {
    let arguments = [str(path), flags.to_be_bytes().to_vec(), mode.to_be_bytes().to_vec()].concat();
    host.open(3, &arguments)
}

pub fn write(host: &mut Host, path: &str, flags: u32, mode: u32, bytes: &[u8]) -> Outcome {
    let id = open_write(host, path, flags, mode);
    host.feed(id, bytes);
    host.finish(id)
}

pub fn stat(host: &mut Host, path: &str, follow: bool) -> Outcome {
    host.run(4, &[str(path), vec![u8::from(follow)]].concat())
}

pub fn list(host: &mut Host, path: &str, depth: u32) -> Outcome {
    host.run(5, &[str(path), depth.to_be_bytes().to_vec()].concat())
}

pub fn mkdir(host: &mut Host, path: &str, mode: u32, parents: bool) -> Outcome {
    host.run(6, &[str(path), mode.to_be_bytes().to_vec(), vec![u8::from(parents)]].concat())
}

pub fn remove(host: &mut Host, path: &str, recursive: bool) -> Outcome {
    host.run(7, &[str(path), vec![u8::from(recursive)]].concat())
}

pub fn mv(host: &mut Host, from: &str, to: &str, replace: bool) -> Outcome {
    host.run(8, &[str(from), str(to), vec![u8::from(replace)]].concat())
}

pub fn attributes(host: &mut Host, prefix: &str, paths: &[&str]) -> Outcome {
    let mut arguments = [str(prefix), (paths.len() as u32).to_be_bytes().to_vec()].concat();
    paths.iter().for_each(|path| arguments.extend(str(path)));
    host.run(22, &arguments)
}

pub fn set_attributes(host: &mut Host, path: &str, prefix: &str, values: &[(&str, &str)]) -> Outcome {
    let mut arguments = [str(path), str(prefix), (values.len() as u32).to_be_bytes().to_vec()].concat();
    values.iter().for_each(|(name, value)| arguments.extend([str(name), str(value)].concat()));
    host.run(23, &arguments)
}

pub fn pack(host: &mut Host, path: &str) -> Outcome {
    host.run(11, &str(path))
}

pub fn unpack(host: &mut Host, path: &str, archive: &[u8]) -> Outcome {
    let id = host.open(12, &str(path));
    host.feed(id, archive);
    host.finish(id)
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub path: String,
    pub kind: u8,
    pub mode: u32,
    pub size: u64,
    pub mtime: i64,
    pub uid: u32,
    pub gid: u32,
    pub target: String,
}

/// All the entries in these bytes.
pub fn entries(mut bytes: &[u8]) -> Vec<Entry> {
    fn take<'a>(bytes: &mut &'a [u8], n: usize) -> &'a [u8] {
        let (taken, rest) = bytes.split_at(n);
        *bytes = rest;
        taken
    }
    fn text(bytes: &mut &[u8]) -> String {
        let n = u32::from_be_bytes(take(bytes, 4).try_into().unwrap());
        String::from_utf8_lossy(take(bytes, n as usize)).into_owned()
    }
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let b = &mut bytes;
        found.push(Entry {
            path: text(b),
            kind: take(b, 1)[0],
            mode: u32::from_be_bytes(take(b, 4).try_into().unwrap()),
            size: u64::from_be_bytes(take(b, 8).try_into().unwrap()),
            mtime: i64::from_be_bytes(take(b, 8).try_into().unwrap()),
            uid: u32::from_be_bytes(take(b, 4).try_into().unwrap()),
            gid: u32::from_be_bytes(take(b, 4).try_into().unwrap()),
            target: text(b),
        });
    }
    found
}

pub fn entry(bytes: &[u8]) -> Entry {
    let mut all = entries(bytes);
    assert_eq!(all.len(), 1);
    all.remove(0)
}
