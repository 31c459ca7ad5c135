//! `dunes-guest launch`: becomes the sandbox's runtime, on the host, in a fixed order of steps.
mod bind;
mod image;
mod loop_device;
mod mounts;
mod options;
mod server;

use crate::failure::reason;
use crate::sys::net::{self, Address};
use crate::sys::process::*;
use crate::sys::*;
use mounts::Mount;
use options::Options;
use std::ffi::{CStr, CString, OsString};
use std::io;
use std::os::raw::c_char;
use std::os::unix::io::{AsRawFd, OwnedFd, RawFd};

const FAILED: i32 = 125;
const STDERR: RawFd = 2;
const LISTENER: RawFd = 3;
const SECCOMP: RawFd = 4;
const INFO: RawFd = 5;
/// Where descriptors are kept that must not be in the way of those.
const ASIDE: RawFd = 10;

/// What could not be done, and why.
pub struct Trouble {
    what: String,
    why: String,
}

impl Trouble {
    fn new(what: impl Into<String>, why: impl Into<String>) -> Trouble {
        Trouble { what: what.into(), why: why.into() }
    }
}

/// Names the step that a kernel's refusal belongs to.
trait Step<T> {
    fn step(self, what: impl FnOnce() -> String) -> Result<T, Trouble>;
}

impl<T> Step<T> for io::Result<T> {
    fn step(self, what: impl FnOnce() -> String) -> Result<T, Trouble> {
        self.map_err(|e| Trouble::new(what(), reason(&e)))
    }
}

/// Said on standard output once the guest's socket can be connected to.
const LISTENS: &[u8] = b"L";

pub fn main(arguments: impl Iterator<Item = OsString>) -> i32 {
    let mut arguments = arguments.peekable();
    match arguments.peek().map_or(false, |first| first == "--server") {
        true => server::main(),
        false => launch(arguments, LISTENS),
    }
}

/// Returns only when it failed.
fn launch(arguments: impl Iterator<Item = OsString>, listens: &[u8]) -> i32 {
    let Trouble { what, why } = match options::parse(arguments).and_then(|options| run(&options, listens)) {
        Ok(never) => match never {},
        Err(trouble) => trouble,
    };
    eprintln!("dunes-guest launch: {}: {}", what, why);
    FAILED
}

enum Never {}

fn run(options: &Options, listens: &[u8]) -> Result<Never, Trouble> {
    detach()?;
    if let Some(path) = &options.log {
        let fd = fs::open_at(AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0o600);
        fd.and_then(|fd| place(fd, STDERR)).step(|| format!("--log {}", path.to_string_lossy()))?;
    }
    for dir in &options.cgroups {
        join_cgroup(dir)?;
    }
    mounts::make(&options.mounts)?;
    if let Some(path) = &options.listen {
        let fd = listen(path).step(|| format!("--listen {}", path.to_string_lossy()))?;
        place(fd, LISTENER).step(|| "--listen".to_string())?;
    }
    if let Some(path) = &options.seccomp {
        let fd = fs::open_at(AT_FDCWD, path, O_RDONLY, 0);
        fd.and_then(|fd| place(fd, SECCOMP)).step(|| format!("--seccomp {}", path.to_string_lossy()))?;
    }
    if let Some(path) = &options.info {
        let fd = fs::open_at(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600);
        fd.and_then(|fd| place(fd, INFO)).step(|| format!("--info {}", path.to_string_lossy()))?;
    }
    for (name, resource, soft, hard) in &options.limits {
        set_limit(*resource, *soft, *hard).step(|| format!("--rlimit {}", name))?;
    }
    if let Some(nice) = options.nice {
        set_nice(nice).step(|| "--nice".to_string())?;
    }
    if let Some((uid, gid)) = options.user {
        drop_bounding_set().step(|| "capabilities".to_string())?;
        become_user(uid, gid, &[]).step(|| "--uid".to_string())?;
        drop_capabilities().step(|| "capabilities".to_string())?;
    }
    prctl(PR_SET_NO_NEW_PRIVS, 1).step(|| "no_new_privs".to_string())?;
    // From here on the caller takes errors from the program that follows.
    write_all(1, listens).step(|| "stdout".to_string())?;
    dup_onto(2, 1).step(|| "stdout".to_string())?;
    execute_program(&options.program)
}

fn detach() -> Result<(), Trouble> {
    // The leader of a process group cannot leave its session, and is alone in it or was started by a shell.
    let _ = set_session();
    let null = fs::open_at(AT_FDCWD, cstr(b"/dev/null\0"), O_RDONLY, 0).step(|| "/dev/null".to_string())?;
    dup_onto(null.as_raw_fd(), 0).step(|| "stdin".to_string())?;
    drop(null);
    close_from(3, false);
    set_umask(0o022);
    for number in 1..=64 {
        default_signal(number);
    }
    signal_mask(SIG_SETMASK, 0);
    Ok(())
}

fn join_cgroup(dir: &CStr) -> Result<(), Trouble> {
    let path = CString::new([dir.to_bytes(), b"/cgroup.procs"].concat()).unwrap_or_default();
    let fd = fs::open_at(AT_FDCWD, &path, O_WRONLY, 0);
    // 0 is the writer itself: nothing can run outside the group in between.
    fd.and_then(|fd| write_all(fd.as_raw_fd(), b"0")).step(|| format!("--cgroup {}", dir.to_string_lossy()))
}

/// Binds below a descriptor of the directory, whose own path may be longer than a socket address.
fn listen(path: &CStr) -> io::Result<OwnedFd> {
    let bytes = path.to_bytes();
    let dir = match crate::files::parent(bytes) {
        b"" => b".".to_vec(),
        dir => dir.to_vec(),
    };
    let dir = fs::open_at(AT_FDCWD, &CString::new(dir)?, O_PATH | O_DIRECTORY, 0)?;
    let mut name = format!("/proc/self/fd/{}/", dir.as_raw_fd()).into_bytes();
    name.extend_from_slice(crate::files::base_name(bytes));
    let address = Address::unix(&name)?;
    set_umask(0o177);
    let bound = net::bound(&address, 0);
    set_umask(0o022);
    let fd = bound?;
    net::listen(&fd, 128)?;
    Ok(fd)
}

/// Gives a descriptor the number under which the program expects it.
fn place(fd: OwnedFd, number: RawFd) -> io::Result<()> {
    let aside = duplicate_from(fd.as_raw_fd(), ASIDE)?;
    drop(fd);
    dup_onto(aside.as_raw_fd(), number)
}

fn execute_program(program: &[CString]) -> Result<Never, Trouble> {
    let argv: Vec<*const c_char> =
        program.iter().map(|a| a.as_ptr()).chain(std::iter::once(std::ptr::null())).collect();
    let env = [std::ptr::null()];
    let error = unsafe { execute(argv[0], argv.as_ptr(), env.as_ptr()) };
    Err(error).step(|| program[0].to_string_lossy().into_owned())
}

fn cstr(bytes: &'static [u8]) -> &'static CStr {
    CStr::from_bytes_with_nul(bytes).unwrap_or_default()
}
