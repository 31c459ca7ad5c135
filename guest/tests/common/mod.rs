//! A host, small and blocking, for black-box tests.
#![allow(dead_code)]

pub mod ops;

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

pub const PATIENCE: Duration = Duration::from_secs(20);

/// A directory that goes with the test.
pub struct TempDir(PathBuf);

impl TempDir {
    pub fn new() -> TempDir {
        TempDir::within(&std::env::temp_dir()).unwrap()
    }

    /// None where nothing may be made.
    pub fn within(parent: &Path) -> Option<TempDir> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("dg-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = parent.join(name);
        std::fs::create_dir(&path).ok()?;
        Some(TempDir(path.canonicalize().unwrap()))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub fn str(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_string()
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        if std::fs::remove_dir_all(&self.0).is_err() {
            // A test that failed may have left directories that forbid it.
            let _ = Command::new("chmod").arg("-R").arg("u+w").arg(&self.0).status();
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}

/// A running guest and its directory.
pub struct Guest {
    pub dir: TempDir,
    pub child: Child,
    socket: PathBuf,
}

impl Guest {
    pub fn start() -> Guest {
        Guest::with(&[])
    }

    pub fn with(options: &[&str]) -> Guest {
        Guest::prepared(options, |_, _| {})
    }

    pub fn prepared(options: &[&str], prepare: impl FnOnce(&mut Command, &TempDir)) -> Guest {
        let dir = TempDir::new();
        let socket = dir.join("s");
        let mut command = Command::new(binary());
        command.arg("guest").arg("--listen").arg(&socket).arg("--workdir").arg(dir.path()).args(options);
        command.stdin(Stdio::null());
        prepare(&mut command, &dir);
        let child = command.spawn().unwrap();
        Guest { dir, child, socket }
    }

    pub fn socket(&self) -> UnixStream {
        let until = Instant::now() + PATIENCE;
        loop {
            match UnixStream::connect(&self.socket) {
                Ok(stream) => {
                    stream.set_read_timeout(Some(PATIENCE)).unwrap();
                    return stream;
                }
                Err(e) if Instant::now() > until => panic!("no guest: {}", e),
                Err(_) => std::thread::yield_now(),
            }
        }
    }

    pub fn connect(&self) -> Host {
        Host::hello(self.socket(), 0)
    }

    pub fn connect_owner(&self) -> Host {
        Host::hello(self.socket(), 1)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The status with which the guest ends by itself.
    pub fn status(mut self) -> Option<i32> {
        wait_for("the guest's end", || self.child.try_wait().unwrap()).code()
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        // In order, so that it ends what it has started; a test that has failed cannot rely on that.
        if let Ok(None) = self.child.try_wait() {
            let _ = Command::new("kill").arg(self.child.id().to_string()).status();
            let until = Instant::now() + Duration::from_secs(5);
            while Instant::now() < until && matches!(self.child.try_wait(), Ok(None)) {
                std::thread::yield_now();
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn binary() -> &'static str {
    env!("CARGO_BIN_EXE_dunes-guest")
}

/// Looks again and again, with an end.
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < until, "waited in vain for {}", what);
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Whether a process runs (a zombie does not).
pub fn is_alive(pid: u32) -> bool {
    match std::fs::read_to_string(format!("/proc/{}/stat", pid)) {
        Ok(stat) => !stat[stat.rfind(')').unwrap()..].starts_with(") Z"),
        Err(_) => false,
    }
}

/// A process that writes its number into this file.
pub fn pid_in(path: &Path) -> u32 {
    wait_for("a process's number", || {
        let text = std::fs::read_to_string(path).ok()?;
        text.strip_suffix('\n')?.parse().ok()
    })
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    pub kind: u8,
    pub stream: u32,
    pub payload: Vec<u8>,
}

pub mod kind {
    pub const HELLO: u8 = 0x01;
    pub const WELCOME: u8 = 0x02;
    pub const PING: u8 = 0x03;
    pub const PONG: u8 = 0x04;
    pub const GOAWAY: u8 = 0x05;
    pub const OPEN: u8 = 0x10;
    pub const RESULT: u8 = 0x11;
    pub const ERROR: u8 = 0x12;
    pub const DATA: u8 = 0x13;
    pub const EOF: u8 = 0x14;
    pub const CREDIT: u8 = 0x15;
    pub const CANCEL: u8 = 0x16;
    pub const CONTROL: u8 = 0x17;
    pub const EVENT: u8 = 0x18;
}

/// What a stream has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    Result(Vec<u8>),
    Error(u16, u32, String),
}

#[derive(Debug, Clone)]
pub struct Outcome {
    pub end: End,
    pub out: Vec<u8>,
    pub err: Vec<u8>,
    pub events: Vec<Vec<u8>>,
    pub eofs: Vec<u8>,
}

impl Outcome {
    pub fn result(&self) -> &[u8] {
        match &self.end {
            End::Result(result) => result,
            error => panic!("{:?}", error),
        }
    }

    /// The number that most operations end with.
    pub fn count(&self) -> u64 {
        u64::from_be_bytes(self.result().try_into().unwrap())
    }

    pub fn code(&self) -> u16 {
        match &self.end {
            End::Error(code, _, message) => {
                assert!(!message.is_empty());
                *code
            }
            other => panic!("no error but {:?}", other),
        }
    }

    pub fn exit(&self) -> Exit {
        let r = self.result();
        assert_eq!(r.len(), 38);
        let word = |at: usize| u64::from_be_bytes(r[at..at + 8].try_into().unwrap());
        Exit {
            how: r[0],
            code: u32::from_be_bytes(r[1..5].try_into().unwrap()),
            timed_out: r[5] == 1,
            wall_us: word(6),
            user_us: word(14),
            system_us: word(22),
            max_rss: word(30),
        }
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.out.clone()).unwrap()
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Exit {
    pub how: u8,
    pub code: u32,
    pub timed_out: bool,
    pub wall_us: u64,
    pub user_us: u64,
    pub system_us: u64,
    pub max_rss: u64,
}

pub struct Host {
    stream: UnixStream,
    buffer: Vec<u8>,
    at: usize,
    next: u32,
    queued: BTreeMap<u32, VecDeque<Frame>>,
    /// What the guest allows on channel 0.
    pub credit: BTreeMap<u32, u64>,
    pub guest_pid: u32,
}

impl Host {
    pub fn hello(stream: UnixStream, flags: u32) -> Host {
        let mut host = Host::silent(stream);
        host.send(kind::HELLO, 0, &hello(1, 1, flags));
        let welcome = host.any();
        assert_eq!((welcome.kind, &welcome.payload[..2]), (kind::WELCOME, &[0, 1][..]), "{:?}", welcome);
        let at = welcome.payload.len() - 4;
        host.guest_pid = u32::from_be_bytes(welcome.payload[at..].try_into().unwrap());
        host
    }

    pub fn silent(stream: UnixStream) -> Host {
        let (buffer, queued, credit) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
        Host { stream, buffer, at: 0, next: 0, queued, credit, guest_pid: 0 }
    }

    pub fn raw(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    pub fn raw_stream(&self) -> &UnixStream {
        &self.stream
    }

    pub fn send(&mut self, kind: u8, stream: u32, payload: &[u8]) {
        let frame = frame(kind, stream, payload);
        self.raw(&frame);
    }

    /// The next frame, whatever it is for; none at the end of the connection.
    pub fn try_any(&mut self) -> Option<Frame> {
        while self.buffer.len() - self.at < 4 {
            if !self.fill() {
                return None;
            }
        }
        let word = |b: &[u8]| u32::from_be_bytes(b[..4].try_into().unwrap());
        let length = word(&self.buffer[self.at..]) as usize;
        assert!((5..=1 << 20).contains(&length), "a frame of {} bytes", length);
        while self.buffer.len() - self.at < 4 + length {
            if !self.fill() {
                return None;
            }
        }
        let body = &self.buffer[self.at + 4..self.at + 4 + length];
        let frame = Frame { kind: body[0], stream: word(&body[1..]), payload: body[5..].to_vec() };
        self.at += 4 + length;
        Some(frame)
    }

    fn fill(&mut self) -> bool {
        self.buffer.drain(..self.at);
        self.at = 0;
        let mut piece = [0; 65536];
        match self.stream.read(&mut piece) {
            Ok(n) => {
                self.buffer.extend_from_slice(&piece[..n]);
                n > 0
            }
            Err(e) if e.kind() == io::ErrorKind::ConnectionReset => false,
            // A read with a time limit is not taken up again by the kernel when a signal came.
            Err(e) if e.kind() == io::ErrorKind::Interrupted => self.fill(),
            Err(e) => panic!("the guest is silent: {}", e),
        }
    }

    pub fn any(&mut self) -> Frame {
        self.try_any().expect("the guest closed the connection")
    }

    /// The next frame of a stream; others are kept. Credit is noted.
    pub fn next(&mut self, stream: u32) -> Frame {
        loop {
            if let Some(frame) = self.queued.get_mut(&stream).and_then(VecDeque::pop_front) {
                return frame;
            }
            let frame = self.any();
            if frame.kind == kind::CREDIT {
                assert_eq!(frame.payload[0], 0);
                let n = u32::from_be_bytes(frame.payload[1..].try_into().unwrap());
                *self.credit.entry(frame.stream).or_insert(262_144) += u64::from(n);
            } else {
                self.queued.entry(frame.stream).or_default().push_back(frame);
            }
        }
    }

    pub fn open(&mut self, operation: u16, arguments: &[u8]) -> u32 {
        self.next += 1;
        let id = self.next;
        self.send(kind::OPEN, id, &[&operation.to_be_bytes(), arguments].concat());
        id
    }

    /// Follows a stream to its end, and gives credit for what comes.
    pub fn finish(&mut self, stream: u32) -> Outcome {
        self.follow(stream, true)
    }

    pub fn follow(&mut self, stream: u32, credit: bool) -> Outcome {
        let (mut out, mut err, mut events, mut eofs) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let end = loop {
            let frame = self.next(stream);
            let payload = frame.payload;
            match frame.kind {
                kind::DATA => {
                    assert!(payload.len() > 1 && payload.len() <= 262_145);
                    assert!(!eofs.contains(&payload[0]), "data after the end");
                    if payload[0] == 1 { &mut out } else { &mut err }.extend_from_slice(&payload[1..]);
                    if credit {
                        self.grant(stream, payload[0], payload.len() as u32 - 1);
                    }
                }
                kind::EOF => eofs.push(payload[0]),
                kind::EVENT => events.push(payload),
                kind::RESULT => break End::Result(payload),
                kind::ERROR => {
                    let code = u16::from_be_bytes(payload[..2].try_into().unwrap());
                    let errno = u32::from_be_bytes(payload[2..6].try_into().unwrap());
                    break End::Error(code, errno, String::from_utf8(payload[10..].to_vec()).unwrap());
                }
                other => panic!("frame {:#x} on a stream", other),
            }
        };
        Outcome { end, out, err, events, eofs }
    }

    pub fn run(&mut self, operation: u16, arguments: &[u8]) -> Outcome {
        let id = self.open(operation, arguments);
        self.finish(id)
    }

    /// The next event of a stream.
    pub fn event(&mut self, stream: u32) -> Vec<u8> {
        let frame = self.next(stream);
        assert_eq!(frame.kind, kind::EVENT, "{:?}", frame);
        frame.payload
    }

    pub fn grant(&mut self, stream: u32, channel: u8, bytes: u32) {
        self.send(kind::CREDIT, stream, &[&[channel], &bytes.to_be_bytes()[..]].concat());
    }

    /// Sends on channel 0 as credit allows, and EOF.
    pub fn feed(&mut self, stream: u32, bytes: &[u8]) {
        self.feed_open(stream, bytes);
        self.send(kind::EOF, stream, &[0]);
    }

    /// Stops when the stream ends early.
    pub fn feed_open(&mut self, stream: u32, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let credit = *self.credit.entry(stream).or_insert(262_144) as usize;
            if credit == 0 {
                let frame = self.next_or_credit(stream);
                if frame {
                    return;
                }
                continue;
            }
            let n = bytes.len().min(credit).min(100_000);
            self.send(kind::DATA, stream, &[&[0], &bytes[..n]].concat());
            *self.credit.get_mut(&stream).unwrap() -= n as u64;
            bytes = &bytes[n..];
        }
    }

    /// Reads one frame; `true` when it ended the stream.
    fn next_or_credit(&mut self, stream: u32) -> bool {
        let frame = self.any();
        if frame.kind == kind::CREDIT {
            let n = u32::from_be_bytes(frame.payload[1..].try_into().unwrap());
            *self.credit.entry(frame.stream).or_insert(262_144) += u64::from(n);
            return false;
        }
        let ended = frame.stream == stream && matches!(frame.kind, kind::RESULT | kind::ERROR);
        self.queued.entry(frame.stream).or_default().push_back(frame);
        ended
    }

    /// A round trip after which everything sent before has been served.
    pub fn ping(&mut self) {
        self.send(kind::PING, 0, &7u64.to_be_bytes());
        let pong = self.next(0);
        assert_eq!((pong.kind, pong.payload.as_slice()), (kind::PONG, &7u64.to_be_bytes()[..]));
    }

    /// The code with which the guest says farewell, before it closes.
    pub fn farewell(&mut self) -> u16 {
        let mut code = None;
        while let Some(frame) = self.try_any() {
            if frame.kind == kind::GOAWAY {
                code = Some(u16::from_be_bytes(frame.payload[..2].try_into().unwrap()));
            }
        }
        code.expect("no GOAWAY before the end")
    }
}

pub fn hello(lowest: u16, highest: u16, flags: u32) -> Vec<u8> {
    let mut p = 0x4455_4e45u32.to_be_bytes().to_vec();
    p.extend_from_slice(&lowest.to_be_bytes());
    p.extend_from_slice(&highest.to_be_bytes());
    p.extend_from_slice(&flags.to_be_bytes());
    p
}

pub fn frame(kind: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut f = (payload.len() as u32 + 5).to_be_bytes().to_vec();
    f.push(kind);
    f.extend_from_slice(&stream.to_be_bytes());
    f.extend_from_slice(payload);
    f
}
