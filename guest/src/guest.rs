//! `dunes-guest guest`: options, and what is set up before the loop.
use crate::confine;
use crate::engine::{Engine, AWAIT_OWNER, DEADLINE, SIGNALS};
use crate::exec::Oom;
use crate::failure::reason;
use crate::net::listener::{Listener, Serves};
use crate::poll::{Poll, Token, GUEST};
use crate::process::tree;
use crate::sys::process::*;
use crate::sys::{self, fs, net, *};
use crate::world::{Config, World};
use std::ffi::{CStr, CString, OsString};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::io::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::time::{Duration, Instant};

#[derive(Default)]
struct Options {
    listen_fd: Option<RawFd>,
    listen: Option<Vec<u8>>,
    /// Anybody can reach `listen`; only the host and the guest's own user are let in.
    outside: bool,
    stdio: bool,
    init: bool,
    workdir: Option<Vec<u8>>,
    user: Option<Vec<u8>>,
    deadline_ms: u64,
    await_owner_ms: Option<u64>,
    relays: Vec<(u16, Vec<u8>)>,
    /// The number commands know their user by, where the runtime could not give it.
    nest: Option<u32>,
    seccomp_fd: Option<RawFd>,
    /// The most processes and threads of this user, in this user namespace.
    processes: Option<u64>,
}

pub const USAGE_STATUS: i32 = 2;

pub fn main(arguments: impl Iterator<Item = OsString>) -> i32 {
    let options = match parse(arguments) {
        Ok(options) => options,
        Err(what) => {
            eprintln!("dunes-guest guest: {}", what);
            return USAGE_STATUS;
        }
    };
    match run(&options) {
        Ok(status) => status,
        Err((what, e)) => {
            eprintln!("dunes-guest guest: {}: {}", what, reason(&e));
            1
        }
    }
}

fn parse(mut arguments: impl Iterator<Item = OsString>) -> Result<Options, String> {
    let mut options = Options::default();
    while let Some(option) = arguments.next() {
        let option = option.to_string_lossy().into_owned();
        let mut value = || arguments.next().map(OsString::into_vec).ok_or(format!("{} needs a value", option));
        match option.as_str() {
            "--stdio" => options.stdio = true,
            "--init" => options.init = true,
            "--outside" => options.outside = true,
            "--listen-fd" => options.listen_fd = Some(number(&option, &value()?)?),
            "--listen" => options.listen = Some(value()?),
            "--workdir" => options.workdir = Some(value()?),
            "--user" => options.user = Some(value()?),
            "--deadline-ms" => options.deadline_ms = number(&option, &value()?)?,
            "--await-owner-ms" => options.await_owner_ms = Some(number(&option, &value()?)?),
            "--nest" => options.nest = Some(number(&option, &value()?)?),
            "--seccomp-fd" => options.seccomp_fd = Some(number(&option, &value()?)?),
            "--processes" => options.processes = Some(number(&option, &value()?)?),
            "--relay" => {
                let value = value()?;
                let at = value.iter().position(|b| *b == b'=').ok_or("--relay wants PORT=PATH")?;
                options.relays.push((number(&option, &value[..at])?, value[at + 1..].to_vec()));
            }
            _ => return Err(format!("unknown option {}", option)),
        }
    }
    if options.listen_fd.is_none() && options.listen.is_none() && !options.stdio {
        return Err("one of --listen-fd, --listen and --stdio is needed".to_string());
    }
    Ok(options)
}

fn number<T: std::str::FromStr>(option: &str, text: &[u8]) -> Result<T, String> {
    std::str::from_utf8(text)
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| format!("{} wants a number, not '{}'", option, String::from_utf8_lossy(text)))
}

type Step<T> = Result<T, (&'static str, io::Error)>;

fn run(options: &Options) -> Step<i32> {
    // Only a dumpable process may write its own map.
    if let Some(id) = options.nest {
        confine::nest(id).map_err(|e| ("--nest", e))?;
    }
    // Before anything else: a process of the same uid could otherwise trace the guest.
    let _ = prctl(PR_SET_DUMPABLE, 0);
    if let Some(fd) = options.seccomp_fd {
        confine::filter(fd).map_err(|e| ("--seccomp-fd", e))?;
    }
    let connection = if options.stdio { Some(take_stdio().map_err(|e| ("stdio", e))?) } else { None };
    if let Some(most) = options.processes {
        set_limit(RLIMIT_NPROC, most, most).map_err(|e| ("--processes", e))?;
    }
    close_from(3, true);
    let listeners = listeners(options)?;
    let world = world(options)?;
    // `--stdio` and a listening descriptor are taken; what is left of the environment is the commands'.
    let signals = [SIGCHLD, SIGTERM, SIGINT, SIGHUP];
    for number in 1..=64 {
        default_signal(number);
    }
    // Writing where nobody reads, or beyond a limit, is an error like others.
    ignore_signal(SIGPIPE);
    ignore_signal(SIGXFSZ);
    signal_mask(SIG_BLOCK, mask_of(&signals));
    let signals = signal_fd(mask_of(&signals)).map_err(|e| ("signals", e))?;
    let mut engine = Engine::new(world, signals, listeners);
    register(&mut engine, options).map_err(|e| ("poll", e))?;
    if let Some((read, write)) = connection {
        engine.connect(read, Some(write), true).map_err(|e| ("stdio", e))?;
    }
    let status = engine.run();
    tree::end_everything(&engine.world);
    if let Some(path) = options.listen.as_ref().and_then(|path| CString::new(path.as_slice()).ok()) {
        let _ = fs::unlink(AT_FDCWD, &path);
    }
    status.map_err(|e| ("poll", e))
}

/// Moves the connection away from where commands and messages look for standard streams.
fn take_stdio() -> io::Result<(OwnedFd, OwnedFd)> {
    let pair = (duplicate(0)?, duplicate(1)?);
    let null = dev_null()?;
    dup_onto(null.as_raw_fd(), 0)?;
    dup_onto(null.as_raw_fd(), 1)?;
    set_nonblocking(pair.0.as_raw_fd())?;
    set_nonblocking(pair.1.as_raw_fd())?;
    Ok(pair)
}

fn dev_null() -> io::Result<OwnedFd> {
    let path = unsafe { CStr::from_bytes_with_nul_unchecked(b"/dev/null\0") };
    let fd = fs::open_at(AT_FDCWD, path, O_RDWR, 0)?;
    duplicate(fd.as_raw_fd())
}

fn listeners(options: &Options) -> Step<Vec<Listener>> {
    let mut listeners = Vec::new();
    if let Some(fd) = options.listen_fd {
        if !is_open(fd) {
            return Err(("--listen-fd", io::Error::from_raw_os_error(EINVAL)));
        }
        set_nonblocking(fd).map_err(|e| ("--listen-fd", e))?;
        listeners.push(Listener::new(unsafe { OwnedFd::from_raw_fd(fd) }, Serves::Protocol));
    }
    if let Some(path) = &options.listen {
        let bind = || {
            // The host's user may be any; who may pass is asked at each connection.
            set_umask(if options.outside { 0o111 } else { 0o177 });
            let fd = net::Address::unix(path).and_then(|address| net::bound(&address, O_NONBLOCK))?;
            net::listen(&fd, 128)?;
            Ok(fd)
        };
        let serves = if options.outside { Serves::Outside } else { Serves::Protocol };
        listeners.push(Listener::new(bind().map_err(|e| ("--listen", e))?, serves));
    }
    for (port, path) in &options.relays {
        let bind = || {
            let fd = net::bound(&net::Address::loopback4(*port), O_NONBLOCK)?;
            net::listen(&fd, 128)?;
            Ok(fd)
        };
        listeners.push(Listener::new(bind().map_err(|e| ("--relay", e))?, Serves::Relay(path.clone())));
    }
    set_umask(0o022);
    Ok(listeners)
}

fn world(options: &Options) -> Step<World> {
    let pid = std::process::id() as i32;
    // With another pid, "everything" would be other people's processes.
    let init = options.init && pid == 1;
    if !init {
        prctl(PR_SET_CHILD_SUBREAPER, 1).map_err(|e| ("subreaper", e))?;
    }
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| CString::new([name.as_bytes(), b"=", value.as_bytes()].concat()).ok());
    let config = Config {
        workdir: options.workdir.clone().unwrap_or_else(|| b"/".to_vec()),
        user: options.user.clone(),
        init,
        pid,
        environment: environment.collect(),
        started: Instant::now(),
        nofile: raise_nofile(),
        oom: oom(),
        dev_null: dev_null().map_err(|e| ("/dev/null", e))?,
    };
    Ok(World {
        config,
        poll: Poll::new().map_err(|e| ("poll", e))?,
        pool: Default::default(),
        timers: Default::default(),
        ready: Default::default(),
        supervisors: Default::default(),
        stray_mains: Default::default(),
        reaped: Vec::new(),
        deadline: boot_timer().map_err(|e| ("timer", e))?,
        homeless: Vec::new(),
        exit: None,
    })
}

fn register(engine: &mut Engine, options: &Options) -> io::Result<()> {
    let own = |stream| Token::new(GUEST, stream, 0);
    let world = &mut engine.world;
    world.poll.add(engine.signals.as_raw_fd(), own(SIGNALS))?;
    world.poll.add(world.deadline.as_raw_fd(), own(DEADLINE))?;
    for (index, listener) in engine.listeners.iter().enumerate() {
        world.poll.add(listener.fd(), own(index as u32))?;
    }
    if options.deadline_ms != 0 {
        sys::arm(&world.deadline, options.deadline_ms)?;
    }
    if let Some(ms) = options.await_owner_ms {
        world.timers.set(Duration::from_millis(ms), own(AWAIT_OWNER));
    }
    Ok(())
}

/// Raises the guest's own limit; gives the one that commands get back, or zeros when it needs no change.
fn raise_nofile() -> (u64, u64) {
    const ENOUGH: u64 = 65_536;
    match limit(RLIMIT_NOFILE) {
        Ok((soft, hard)) if soft < hard.min(ENOUGH) && set_limit(RLIMIT_NOFILE, hard.min(ENOUGH), hard).is_ok() => {
            (soft, hard)
        }
        _ => (0, 0),
    }
}

fn oom() -> Oom {
    const PATH: &str = "/proc/self/oom_score_adj";
    match std::fs::read_to_string(PATH).ok().and_then(|text| text.trim().parse::<i32>().ok()) {
        Some(score) if score < 500 => match std::fs::OpenOptions::new().write(true).open(PATH) {
            Ok(_) => Oom::Write,
            Err(_) => Oom::WriteDumpable,
        },
        _ => Oom::Leave,
    }
}
