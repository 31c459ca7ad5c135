//! The mounts of one sandbox, in a mount namespace of its own: they vanish with its last process, and the
//! host's namespace stays short.
use super::bind::{Bind, Mappings};
use super::{cstr, image, loop_device, Step, Trouble};
use crate::sys::process::own_mount_namespace;
use crate::sys::*;
use std::ffi::{CStr, CString};

pub enum Mount {
    Tmpfs {
        target: CString,
        bytes: u64,
        inodes: u64,
    },
    Overlay {
        lower: Vec<Vec<u8>>,
        upper: Vec<u8>,
        work: Vec<u8>,
        target: CString,
    },
    /// The image for a loop that follows.
    Image {
        master: CString,
        image: CString,
    },
    Loop {
        image: CString,
        target: CString,
    },
    /// A file system in an image that other sandboxes mount, too, at the same time; its root belongs to `uid`.
    Volume {
        image: CString,
        target: CString,
        uid: u32,
    },
    /// Before the overlay of which it is the upper directory: an overlay remembers who owned it.
    Owner {
        path: CString,
        uid: u32,
        gid: u32,
    },
    Bind(Bind),
    Directory(CString),
    /// What is mounted there is not there for the runtime.
    Without(CString),
}

const SAFE: u64 = MS_NOSUID | MS_NODEV;

pub fn make(mounts: &[Mount]) -> Result<(), Trouble> {
    if mounts.iter().any(|mount| !matches!(mount, Mount::Directory(_) | Mount::Image { .. })) {
        own_mount_namespace().step(|| "mount namespace".to_string())?;
        let private = unsafe { fs::mount(cstr(b"none\0"), cstr(b"/\0"), None, MS_REC | MS_PRIVATE, None) };
        private.step(|| "private mounts".to_string())?;
    }
    let mut mappings = Mappings::default();
    mounts.iter().try_for_each(|mount| mount.make(&mut mappings))
}

/// Of a file system that goes with its sandbox: nobody waits for the host's disk on its account. With
/// barriers, the end of each sandbox would be a flush of that disk, which is most of what an end takes;
/// and what is never written needs no inode table that a thread of the kernel fills with zeros.
const PASSING: &[u8] = b"nobarrier,noinit_itable";

impl Mount {
    /// `LOWER[:LOWER…]|UPPER|WORK|TARGET`; a backslash takes the meaning of what follows it.
    pub fn overlay(value: &[u8]) -> Option<Mount> {
        let parts = split(value, b'|');
        if parts.len() != 4 {
            return None;
        }
        let lower: Vec<Vec<u8>> = split(&parts[0], b':').iter().map(|path| unescape(path)).collect();
        let target = CString::new(unescape(&parts[3])).ok()?;
        if lower.iter().any(Vec::is_empty) || target.as_bytes().is_empty() {
            return None;
        }
        Some(Mount::Overlay { lower, upper: unescape(&parts[1]), work: unescape(&parts[2]), target })
    }

    fn make(&self, mappings: &mut Mappings) -> Result<(), Trouble> {
        match self {
            Mount::Directory(path) => match fs::make_dir(AT_FDCWD, path, 0o755) {
                Err(e) if errno(&e) == EEXIST => Ok(()),
                other => other.step(|| format!("--mkdir {}", path.to_string_lossy())),
            },
            Mount::Owner { path, uid, gid } => {
                fs::chown(AT_FDCWD, path, *uid, *gid, 0).step(|| format!("--own {}", path.to_string_lossy()))
            }
            Mount::Without(path) => fs::detach_mount(path).step(|| format!("--without {}", path.to_string_lossy())),
            Mount::Bind(bind) => bind.make(mappings),
            Mount::Tmpfs { target, bytes, inodes } => {
                let data = format!("size={},nr_inodes={},mode=0755", bytes, inodes);
                mount(cstr(b"tmpfs\0"), target, cstr(b"tmpfs\0"), data.as_bytes(), "--tmpfs")
            }
            Mount::Overlay { lower, upper, work, target } => {
                let data = overlay_data(lower, upper, work);
                mount(cstr(b"overlay\0"), target, cstr(b"overlay\0"), &data, "--overlay")
            }
            Mount::Volume { image, target, uid } => volume(image, target, *uid),
            Mount::Image { master, image } => {
                image::copy(master, image).step(|| format!("--image {}", image.to_string_lossy()))
            }
            Mount::Loop { image, target } => {
                let (device, path) =
                    loop_device::attach(image).step(|| format!("--loop {}", image.to_string_lossy()))?;
                let result = mount(&path, target, cstr(b"ext4\0"), PASSING, "--loop");
                // Only now: the device clears itself when neither a descriptor nor a mount holds it.
                drop(device);
                result
            }
        }
    }
}

fn volume(image: &CStr, target: &CStr, uid: u32) -> Result<(), Trouble> {
    let shared = loop_device::share(image).step(|| format!("--volume {}", image.to_string_lossy()))?;
    // What is removed inside gives its space back to the host.
    mount(&shared.path, target, cstr(b"ext4\0"), b"discard", "--volume")?;
    drop(shared);
    let what = || format!("--volume {}", target.to_string_lossy());
    let lost =
        CString::new([target.to_bytes(), b"/lost+found"].concat()).map_err(|_| Trouble::new(what(), "a NUL byte"))?;
    match fs::remove_dir(AT_FDCWD, &lost) {
        Err(e) if !matches!(errno(&e), ENOENT | ENOTEMPTY | ENOTDIR) => return Err(e).step(what),
        _ => {}
    }
    fs::chown(AT_FDCWD, target, uid, uid, 0).step(what)
}

fn mount(source: &CStr, target: &CStr, kind: &CStr, data: &[u8], option: &str) -> Result<(), Trouble> {
    const PAGE: usize = 4096;
    let what = || format!("{} {}", option, target.to_string_lossy());
    if data.len() >= PAGE {
        return Err(Trouble::new(what(), "the mount options are longer than a page"));
    }
    let data = CString::new(data).map_err(|_| Trouble::new(what(), "a NUL byte"))?;
    unsafe { fs::mount(source, target, Some(kind), SAFE, Some(&data)) }.step(what)
}

fn overlay_data(lower: &[Vec<u8>], upper: &[u8], work: &[u8]) -> Vec<u8> {
    let lower: Vec<Vec<u8>> = lower.iter().map(|path| escape(path)).collect();
    let mut data = [b"lowerdir=", lower.join(&b':').as_slice()].concat();
    if !upper.is_empty() {
        data.extend_from_slice(&[b",upperdir=", escape(upper).as_slice(), b",workdir=", &escape(work)].concat());
    }
    data
}

/// Splits at separators that no backslash precedes; backslashes stay.
fn split(text: &[u8], separator: u8) -> Vec<Vec<u8>> {
    let mut parts = vec![Vec::new()];
    let mut escaped = false;
    for byte in text {
        if *byte == separator && !escaped {
            parts.push(Vec::new());
            continue;
        }
        escaped = *byte == b'\\' && !escaped;
        if let Some(part) = parts.last_mut() {
            part.push(*byte);
        }
    }
    parts
}

fn unescape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        out.push(if *byte == b'\\' { *bytes.next().unwrap_or(byte) } else { *byte });
    }
    out
}

/// As overlayfs reads its options.
fn escape(path: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for byte in path {
        if matches!(byte, b'\\' | b':' | b',') {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlay_paths_may_hold_separators() {
        let overlay = Mount::overlay(br"/a\:b:/c\\d|/u,p|/w\|k|/t").unwrap();
        match overlay {
            Mount::Overlay { lower, upper, work, target } => {
                assert_eq!(lower, [b"/a:b".to_vec(), br"/c\d".to_vec()]);
                assert_eq!((upper.as_slice(), work.as_slice()), (&b"/u,p"[..], &b"/w|k"[..]));
                assert_eq!(target.as_bytes(), b"/t");
                let data = overlay_data(&lower, &upper, &work);
                assert_eq!(data, br"lowerdir=/a\:b:/c\\d,upperdir=/u\,p,workdir=/w|k".to_vec());
            }
            _ => panic!("no overlay"),
        }
        assert!(Mount::overlay(b"/a|/b|/c").is_none());
        assert!(Mount::overlay(b"/a::/b|/u|/w|/t").is_none());
    }
}
