//! WATCH.
mod common;
use common::ops::*;
use common::*;
use std::fs;

fn watch(host: &mut Host, path: &str, recursive: bool) -> u32 {
    let id = host.open(13, &[str(path), vec![u8::from(recursive)]].concat());
    assert_eq!(host.event(id), [3]);
    id
}

/// Type, directory or not, and path of the next change.
fn change(host: &mut Host, id: u32) -> (u8, bool, String) {
    let event = host.event(id);
    assert_eq!(event[0], 4);
    (event[1], event[2] == 1, String::from_utf8(event[7..].to_vec()).unwrap())
}

/// Changes up to and with this one.
fn until(host: &mut Host, id: u32, last: (u8, bool, &str)) -> Vec<(u8, bool, String)> {
    let mut seen = Vec::new();
    loop {
        let next = change(host, id);
        let found = (next.0, next.1, next.2.as_str()) == last;
        seen.push(next);
        if found {
            return seen;
        }
    }
}

fn has(seen: &[(u8, bool, String)], kind: u8, dir: bool, path: &str) -> bool {
    seen.iter().any(|c| (c.0, c.1, c.2.as_str()) == (kind, dir, path))
}

#[test]
fn changes_are_told() {
    let guest = Guest::start();
    let mut host = guest.connect();
    let dir = guest.dir.join("w");
    fs::create_dir_all(dir.join("sub")).unwrap();
    let id = watch(&mut host, "w", false);
    fs::write(dir.join("f"), b"1").unwrap();
    let seen = until(&mut host, id, (2, false, "f"));
    assert_eq!(seen[0], (1, false, "f".to_string()));
    fs::write(dir.join("sub/unseen"), b"1").unwrap();
    fs::rename(dir.join("f"), dir.join("g")).unwrap();
    fs::remove_file(dir.join("g")).unwrap();
    let seen = until(&mut host, id, (3, false, "g"));
    assert!(has(&seen, 4, false, "f") && has(&seen, 5, false, "g"));
    assert!(!seen.iter().any(|c| c.2.contains("unseen")));
    fs::set_permissions(dir.join("sub"), std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    until(&mut host, id, (6, true, "sub"));
    host.send(kind::CANCEL, id, &[]);
    assert_eq!(host.finish(id).result(), b"");
}

#[test]
fn new_directories_are_watched_with_what_is_in_them() {
    let guest = Guest::start();
    let mut host = guest.connect();
    let dir = guest.dir.join("w");
    fs::create_dir_all(dir.join("old/deep")).unwrap();
    std::os::unix::fs::symlink("/", dir.join("root")).unwrap();
    let id = watch(&mut host, "w", true);
    fs::write(dir.join("old/deep/f"), b"").unwrap();
    assert_eq!(change(&mut host, id), (1, false, "old/deep/f".to_string()));
    // Made at once, before anyone can have looked.
    for i in 0..20 {
        let nested = dir.join(format!("n{}/a/b", i));
        fs::create_dir_all(&nested).unwrap();
        fs::write(nested.join("f"), b"").unwrap();
        let name = format!("n{}/a/b/f", i);
        let seen = until(&mut host, id, (1, false, &name));
        assert!(has(&seen, 1, true, &format!("n{}", i)) && has(&seen, 1, true, &format!("n{}/a", i)));
    }
    // A directory that moves is told of under its new name.
    fs::rename(dir.join("old"), dir.join("new")).unwrap();
    until(&mut host, id, (5, true, "new"));
    host.ping();
    fs::write(dir.join("new/deep/g"), b"").unwrap();
    until(&mut host, id, (1, false, "new/deep/g"));
    fs::remove_dir_all(&dir).unwrap();
    until(&mut host, id, (3, true, ""));
}

#[test]
fn a_host_that_does_not_read_learns_of_the_overflow() {
    let guest = Guest::start();
    let mut host = guest.connect();
    fs::create_dir(guest.dir.join("w")).unwrap();
    let id = watch(&mut host, "w", false);
    let name = "x".repeat(200);
    let limit: usize = fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").unwrap().trim().parse().unwrap();
    // Enough for the output, the socket and the kernel's queue together.
    for i in 0..(limit + 12_000) / 2 {
        let path = guest.dir.join(&format!("w/{}{}", name, i % 50));
        fs::write(&path, b"").unwrap();
        fs::remove_file(&path).unwrap();
    }
    until(&mut host, id, (255, false, ""));
}

#[test]
fn what_cannot_be_watched_says_why() {
    let guest = Guest::start();
    let mut host = guest.connect();
    assert_eq!(host.run(13, &[str("none"), vec![0]].concat()).code(), 2);
    fs::write(guest.dir.join("f"), b"").unwrap();
    let id = watch(&mut host, "f", true);
    fs::write(guest.dir.join("f"), b"1").unwrap();
    assert_eq!(change(&mut host, id), (2, false, String::new()));
}
