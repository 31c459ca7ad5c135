//! Shows a file or directory of the host in another place, and if asked to as another user's.
use super::{Step, Trouble};
use crate::sys::process::{exit_now, fork_process, own_user_namespace, wait_any, Forked};
use crate::sys::*;
use std::ffi::CString;
use std::io;
use std::os::unix::io::{AsRawFd, OwnedFd};

pub struct Bind {
    source: CString,
    target: CString,
    /// Who is seen as the owner, in this mount only.
    owner: Option<(u32, u32)>,
}

impl Bind {
    /// `SOURCE|TARGET` or `SOURCE|TARGET|UID|GID`.
    pub fn parse(value: &[u8]) -> Option<Bind> {
        let parts: Vec<&[u8]> = value.split(|b| *b == b'|').collect();
        let number = |text: &[u8]| std::str::from_utf8(text).ok()?.parse().ok();
        let owner = match parts.len() {
            2 => None,
            4 => Some((number(parts[2])?, number(parts[3])?)),
            _ => return None,
        };
        Some(Bind { source: CString::new(parts[0]).ok()?, target: CString::new(parts[1]).ok()?, owner })
    }

    pub fn make(&self, mappings: &mut Mappings) -> Result<(), Trouble> {
        self.attempt(mappings).step(|| format!("--bind {}", self.source.to_string_lossy()))
    }

    fn attempt(&self, mappings: &mut Mappings) -> io::Result<()> {
        let stat = fs::stat_at(AT_FDCWD, &self.source, 0)?;
        let made = match stat.is_dir() {
            true => fs::make_dir(AT_FDCWD, &self.target, 0o755),
            false => fs::make_node(AT_FDCWD, &self.target, S_IFREG | 0o600),
        };
        match made {
            Err(e) if errno(&e) != EEXIST => return Err(e),
            _ => {}
        }
        let tree = fs::clone_mount(&self.source)?;
        let mut attributes = fs::MountAttributes { set: MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, ..Default::default() };
        if let Some((uid, gid)) = self.owner {
            attributes.set |= MOUNT_ATTR_IDMAP;
            attributes.user_namespace = mappings.namespace((stat.uid, uid), (stat.gid, gid))?.as_raw_fd() as u64;
        }
        fs::set_mount_attributes(&tree, &attributes)?;
        fs::attach_mount(&tree, &self.target)
    }
}

/// The mappings of one launch. Each takes a process for a moment, and most mounts want the same.
#[derive(Default)]
pub struct Mappings {
    made: Vec<(Pair, Pair, Mapping)>,
}

/// An id on the host, and what it is seen as.
type Pair = (u32, u32);

impl Mappings {
    fn namespace(&mut self, uid: Pair, gid: Pair) -> io::Result<&OwnedFd> {
        let known = self.made.iter().position(|each| (each.0, each.1) == (uid, gid));
        let at = match known {
            Some(at) => at,
            None => {
                self.made.push((uid, gid, Mapping::new(uid, gid)?));
                self.made.len() - 1
            }
        };
        Ok(&self.made[at].2.namespace)
    }
}

/// A user namespace in which one user and group stand for others. A child is in it until `hold` is closed, by
/// whatever end this process comes to.
struct Mapping {
    namespace: OwnedFd,
    hold: Option<OwnedFd>,
}

impl Mapping {
    fn new(uid: Pair, gid: Pair) -> io::Result<Mapping> {
        let ((ready, tell), (held, hold)) = (pipe()?, pipe()?);
        let child = match unsafe { fork_process() }? {
            Forked::Child => {
                drop(hold);
                let made = own_user_namespace().is_ok();
                let _ = write_all(tell.as_raw_fd(), &[u8::from(made)]);
                let _ = read(held.as_raw_fd(), &mut [0u8; 1]);
                exit_now(0)
            }
            Forked::Parent(pid) => pid,
        };
        drop(tell);
        let namespace = describe(child, &ready, uid, gid);
        let mapping = |namespace| Mapping { namespace, hold: Some(hold) };
        namespace.map(mapping)
    }
}

fn describe(child: i32, ready: &OwnedFd, uid: Pair, gid: Pair) -> io::Result<OwnedFd> {
    let mut made = [0u8; 1];
    if read(ready.as_raw_fd(), &mut made)? != 1 || made[0] == 0 {
        return Err(io::Error::from_raw_os_error(EPERM));
    }
    let file = |name: &str| CString::new(format!("/proc/{}/{}", child, name));
    for (name, (from, to)) in [("uid_map", uid), ("gid_map", gid)] {
        let map = fs::open_at(AT_FDCWD, &file(name)?, O_WRONLY, 0)?;
        write_all(map.as_raw_fd(), format!("{} {} 1", from, to).as_bytes())?;
    }
    fs::open_at(AT_FDCWD, &file("ns/user")?, O_RDONLY, 0)
}

impl Drop for Mappings {
    fn drop(&mut self) {
        // All at once: a later child holds the pipes of the earlier ones, too.
        self.made.iter_mut().for_each(|each| drop(each.2.hold.take()));
        // The program that follows would not expect children.
        self.made.iter().for_each(|_| drop(wait_any(0)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_are_given_as_a_pair_or_not_at_all() {
        assert!(Bind::parse(b"/a|/b").unwrap().owner.is_none());
        assert_eq!(Bind::parse(b"/a|/b|5|6").unwrap().owner, Some((5, 6)));
        for wrong in [&b"/a"[..], b"/a|/b|5", b"/a|/b|x|6", b"/a|/b|5|6|7"] {
            assert!(Bind::parse(wrong).is_none());
        }
    }
}
