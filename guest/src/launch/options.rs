//! The options of `launch`.
use super::bind::Bind;
use super::{Mount, Trouble};
use crate::sys::{RLIMIT_CORE, RLIMIT_FSIZE, RLIMIT_NOFILE, RLIMIT_NPROC};
use std::ffi::{CString, OsString};
use std::os::unix::ffi::OsStringExt;
use std::str::FromStr;

#[derive(Default)]
pub struct Options {
    pub cgroups: Vec<CString>,
    pub mounts: Vec<Mount>,
    pub listen: Option<CString>,
    pub seccomp: Option<CString>,
    pub info: Option<CString>,
    pub log: Option<CString>,
    pub limits: Vec<(String, i32, u64, u64)>,
    pub nice: Option<i32>,
    pub user: Option<(u32, u32)>,
    pub program: Vec<CString>,
}

pub fn parse(mut arguments: impl Iterator<Item = OsString>) -> Result<Options, Trouble> {
    let mut options = Options::default();
    let (mut uid, mut gid) = (None, None);
    loop {
        let option = match arguments.next() {
            Some(option) => option.to_string_lossy().into_owned(),
            None => return Err(Trouble::new("arguments", "no program after --")),
        };
        if option == "--" {
            break;
        }
        let value = match arguments.next() {
            Some(value) => value.into_vec(),
            None => return Err(Trouble::new(option, "needs a value")),
        };
        let wrong = |why: &str| Trouble::new(format!("{} {}", option, String::from_utf8_lossy(&value)), why);
        let path = || CString::new(value.clone()).map_err(|_| wrong("a NUL byte"));
        match option.as_str() {
            "--cgroup" => options.cgroups.push(path()?),
            "--listen" => options.listen = Some(path()?),
            "--seccomp" => options.seccomp = Some(path()?),
            "--info" => options.info = Some(path()?),
            "--log" => options.log = Some(path()?),
            "--without" => options.mounts.push(Mount::Without(path()?)),
            "--mkdir" => options.mounts.push(Mount::Directory(path()?)),
            "--tmpfs" => options.mounts.push(tmpfs(&value).ok_or_else(|| wrong("not TARGET:BYTES:INODES"))?),
            "--overlay" => {
                let overlay = Mount::overlay(&value).ok_or_else(|| wrong("not LOWER|UPPER|WORK|TARGET"))?;
                options.mounts.push(overlay);
            }
            "--bind" => {
                let bind = Bind::parse(&value).ok_or_else(|| wrong("not SOURCE|TARGET or SOURCE|TARGET|UID|GID"))?;
                options.mounts.push(Mount::Bind(bind));
            }
            "--volume" => options.mounts.push(volume(&value).ok_or_else(|| wrong("not IMAGE|TARGET|UID"))?),
            "--image" => {
                let (master, image) = two_paths(&value).ok_or_else(|| wrong("not MASTER|IMAGE"))?;
                options.mounts.push(Mount::Image { master, image });
            }
            "--loop" => {
                let (image, target) = two_paths(&value).ok_or_else(|| wrong("not IMAGE|TARGET"))?;
                options.mounts.push(Mount::Loop { image, target });
            }
            "--own" => options.mounts.push(owner(&value).ok_or_else(|| wrong("not PATH|UID|GID"))?),
            "--rlimit" => options.limits.push(limit(&value).ok_or_else(|| wrong("not NAME=SOFT:HARD"))?),
            "--nice" => options.nice = Some(number(&value).ok_or_else(|| wrong("not a number"))?),
            "--uid" => uid = Some(number(&value).ok_or_else(|| wrong("not a number"))?),
            "--gid" => gid = Some(number(&value).ok_or_else(|| wrong("not a number"))?),
            _ => return Err(Trouble::new(option, "unknown option")),
        }
    }
    options.user = match (uid, gid) {
        (Some(uid), Some(gid)) => Some((uid, gid)),
        (None, None) => None,
        _ => return Err(Trouble::new("--uid, --gid", "need each other")),
    };
    for argument in arguments {
        let argument = CString::new(argument.into_vec()).map_err(|_| Trouble::new("arguments", "a NUL byte"))?;
        options.program.push(argument);
    }
    if options.program.is_empty() {
        return Err(Trouble::new("arguments", "no program after --"));
    }
    Ok(options)
}

fn number<T: FromStr>(text: &[u8]) -> Option<T> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// From the right, so that the target may hold anything.
fn last_two(value: &[u8], separator: u8) -> Option<(CString, &[u8], &[u8])> {
    let mut parts = value.rsplitn(3, |b| *b == separator);
    let (last, middle, first) = (parts.next()?, parts.next()?, parts.next()?);
    Some((CString::new(first).ok()?, middle, last))
}

fn tmpfs(value: &[u8]) -> Option<Mount> {
    let (target, bytes, inodes) = last_two(value, b':')?;
    Some(Mount::Tmpfs { target, bytes: number(bytes)?, inodes: number(inodes)? })
}

fn owner(value: &[u8]) -> Option<Mount> {
    let (path, uid, gid) = last_two(value, b'|')?;
    Some(Mount::Owner { path, uid: number(uid)?, gid: number(gid)? })
}

fn two_paths(value: &[u8]) -> Option<(CString, CString)> {
    let at = value.iter().rposition(|b| *b == b'|')?;
    Some((CString::new(&value[..at]).ok()?, CString::new(&value[at + 1..]).ok()?))
}

fn volume(value: &[u8]) -> Option<Mount> {
    let (image, target, uid) = last_two(value, b'|')?;
    Some(Mount::Volume { image, target: CString::new(target).ok()?, uid: number(uid)? })
}

fn limit(value: &[u8]) -> Option<(String, i32, u64, u64)> {
    let text = std::str::from_utf8(value).ok()?;
    let (name, values) = text.split_once('=')?;
    let (soft, hard) = values.split_once(':')?;
    let amount = |text: &str| if text == "unlimited" { Some(u64::MAX) } else { text.parse().ok() };
    let resource = match name {
        "nofile" => RLIMIT_NOFILE,
        "core" => RLIMIT_CORE,
        "nproc" => RLIMIT_NPROC,
        "fsize" => RLIMIT_FSIZE,
        _ => return None,
    };
    Some((name.to_string(), resource, amount(soft)?, amount(hard)?))
}
