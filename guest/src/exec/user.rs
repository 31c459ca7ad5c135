//! Whom a command runs as.
use crate::failure::{code, shown, Failure};
use crate::sys::process::effective_uid;
use crate::world::Config;
use std::fs::File;
use std::io::Read;

/// Another user than the guest's.
pub struct Switch {
    pub uid: u32,
    pub gid: u32,
    pub groups: Vec<u32>,
    pub name: Vec<u8>,
    pub home: Vec<u8>,
}

/// `None` = the guest's own user.
pub fn resolve(config: &Config, asked: &[u8]) -> Result<Option<Switch>, Failure> {
    let own = effective_uid();
    if asked.is_empty() || config.user.as_deref() == Some(asked) || asked == own.to_string().as_bytes() {
        return Ok(None);
    }
    let passwd = database("/etc/passwd");
    let entry = passwd
        .split(|b| *b == b'\n')
        .map(|line| line.split(|b| *b == b':').collect::<Vec<_>>())
        .find(|f| f.len() >= 6 && (f[0] == asked || f[2] == asked));
    let known = entry.and_then(|f| Some((f[0], number(f[2])?, number(f[3])?, f[5])));
    let (name, uid, gid, home) = match known {
        Some(known) => known,
        None => return Err(Failure::new(code::UNKNOWN_USER, format!("unknown user '{}'", shown(asked)))),
    };
    if uid == own {
        return Ok(None);
    }
    if own != 0 || has_one_user() {
        let message = format!("cannot become '{}': this sandbox has one user", shown(asked));
        return Err(Failure::new(code::PERMISSION, message));
    }
    let groups = groups(name, gid);
    Ok(Some(Switch { uid, gid, groups, name: name.to_vec(), home: home.to_vec() }))
}

fn groups(name: &[u8], own: u32) -> Vec<u32> {
    let mut found = vec![own];
    for line in database("/etc/group").split(|b| *b == b'\n') {
        let fields: Vec<&[u8]> = line.split(|b| *b == b':').collect();
        if fields.len() >= 4 && fields[3].split(|b| *b == b',').any(|member| member == name) {
            found.extend(number(fields[2]).filter(|gid| *gid != own));
        }
    }
    found
}

/// A user namespace with a single mapped id has nobody to switch to.
fn has_one_user() -> bool {
    let map = String::from_utf8(database("/proc/self/uid_map")).unwrap_or_default();
    let ids: u64 = map.lines().filter_map(|l| l.split_whitespace().nth(2)?.parse::<u64>().ok()).sum();
    ids == 1
}

fn number(text: &[u8]) -> Option<u32> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

fn database(path: &str) -> Vec<u8> {
    const MOST: u64 = 1 << 20;
    let mut text = Vec::new();
    if let Ok(file) = File::open(path) {
        let _ = file.take(MOST).read_to_end(&mut text);
    }
    text
}
