//! File operations.
mod common;
use common::ops::*;
use common::*;
use std::fs;
use std::os::unix::fs::{symlink, MetadataExt, PermissionsExt};

fn mode(path: &std::path::Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

fn code(path: &str, host: &mut Host) -> u16 {
    read(host, path, 0, u64::MAX).code()
}

#[test]
fn what_is_written_is_read() {
    let guest = Guest::start();
    let mut host = guest.connect();
    let text: Vec<u8> = (0..5_000_000u32).map(|i| (i * 7 % 253) as u8).collect();
    let path = guest.dir.str("f");
    let outcome = write(&mut host, &path, 0, KEEP, &text);
    assert_eq!(outcome.count(), text.len() as u64);
    assert_eq!(outcome.events[0][0], 2);
    assert_eq!(entry(&outcome.events[0][1..]).path, "f");
    assert!(fs::read(&path).unwrap() == text);
    assert_eq!(mode(path.as_ref()), 0o644);
    let outcome = read(&mut host, &path, 0, u64::MAX);
    assert!(outcome.out == text);
    assert_eq!((outcome.count(), outcome.eofs.as_slice()), (text.len() as u64, &[1][..]));
    assert_eq!(entry(&outcome.events[0][1..]).size, text.len() as u64);
    let part = read(&mut host, &path, 4_999_990, 5);
    assert_eq!((part.out.as_slice(), part.count()), (&text[4_999_990..4_999_995], 5));
    assert_eq!(read(&mut host, &path, 9_000_000, 5).count(), 0);
    assert_eq!(read(&mut host, &path, 0, 0).count(), 0);
    // Relative paths start at the working directory.
    assert_eq!(read(&mut host, "f", 0, 3).out, &text[..3]);
    assert!(!read(&mut host, "/proc/self/status", 0, u64::MAX).out.is_empty());
}

#[test]
fn ways_of_writing() {
    let guest = Guest::start();
    let mut host = guest.connect();
    let path = guest.dir.str("a/b/f");
    assert_eq!(write(&mut host, &path, 0, KEEP, b"x").code(), 2);
    assert_eq!(write(&mut host, &path, CREATE_PARENTS, 0o751, b"one").count(), 3);
    assert_eq!((mode(path.as_ref()), mode(&guest.dir.join("a/b"))), (0o751, 0o755));
    write(&mut host, &path, APPEND, KEEP, b"two").count();
    assert_eq!((fs::read(&path).unwrap(), mode(path.as_ref())), (b"onetwo".to_vec(), 0o751));
    assert_eq!(write(&mut host, &path, EXCLUSIVE, KEEP, b"x").code(), 3);
    assert_eq!(write(&mut host, &path, EXCLUSIVE | ATOMIC, KEEP, b"x").code(), 3);
    write(&mut host, &path, 0, 0o600, b"3").count();
    assert_eq!((fs::read(&path).unwrap(), mode(path.as_ref())), (b"3".to_vec(), 0o600));
    let new = guest.dir.str("new");
    write(&mut host, &new, EXCLUSIVE | ATOMIC, 0o640, b"n").count();
    assert_eq!((fs::read(&new).unwrap(), mode(new.as_ref())), (b"n".to_vec(), 0o640));
    // A file without the right to write, made with that mode, is still written.
    write(&mut host, &guest.dir.str("ro"), 0, 0o444, b"r").count();
    assert_eq!(mode(&guest.dir.join("ro")), 0o444);
    for (flags, mode) in [(1 << 9, KEEP), (0, 0o10000), (ATOMIC | APPEND, KEEP)] {
        assert_eq!(write(&mut host, &new, flags, mode, b"").code(), 1);
    }
}

#[test]
fn atomic_writes_leave_all_or_nothing() {
    let guest = Guest::start();
    let mut host = guest.connect();
    let path = guest.dir.str("f");
    write(&mut host, &path, 0, 0o640, b"old").count();
    symlink("f", guest.dir.join("link")).unwrap();
    symlink("later", guest.dir.join("dangling")).unwrap();
    let names = || fs::read_dir(guest.dir.path()).unwrap().count();
    let before = names();
    let id = open_write(&mut host, &guest.dir.str("link"), ATOMIC, KEEP);
    host.feed_open(id, b"new");
    host.ping();
    assert_eq!((fs::read(&path).unwrap(), names()), (b"old".to_vec(), before + 1));
    host.send(kind::EOF, id, &[0]);
    assert_eq!(host.finish(id).count(), 3);
    assert_eq!((fs::read(&path).unwrap(), mode(path.as_ref()), names()), (b"new".to_vec(), 0o640, before));
    assert!(fs::symlink_metadata(guest.dir.join("link")).unwrap().file_type().is_symlink());
    // Cancelled, or lost with the connection: nothing remains.
    let id = open_write(&mut host, &path, ATOMIC, KEEP);
    host.feed_open(id, b"never");
    host.send(kind::CANCEL, id, &[]);
    assert_eq!(host.finish(id).code(), 16);
    assert_eq!(names(), before);
    let id = open_write(&mut host, &path, ATOMIC, KEEP);
    host.feed_open(id, b"never");
    host.ping();
    drop(host);
    wait_for("the clean-up", || if names() == before { Some(()) } else { None });
    assert_eq!(fs::read(&path).unwrap(), b"new");
    let mut host = guest.connect();
    write(&mut host, &guest.dir.str("dangling"), ATOMIC, KEEP, b"l").count();
    assert_eq!(fs::read(guest.dir.join("later")).unwrap(), b"l");
    write(&mut host, &guest.dir.str("link"), 0, KEEP, b"through").count();
    assert_eq!(fs::read(&path).unwrap(), b"through");
}

#[test]
fn only_regular_files_are_read_and_written() {
    let guest = Guest::start();
    let mut host = guest.connect();
    sh(&mut host, "mkfifo fifo; mkdir dir; ln -s fifo tofifo; ln -s loop loop");
    for path in ["fifo", "tofifo", "/dev/null", "s"] {
        assert_eq!(code(path, &mut host), 8, "{}", path);
        for flags in [0, ATOMIC, APPEND] {
            assert_eq!(write(&mut host, path, flags, KEEP, b"x").code(), 8, "{} {}", path, flags);
        }
    }
    assert_eq!(code("dir", &mut host), 4);
    assert_eq!(write(&mut host, "dir", 0, KEEP, b"x").code(), 4);
    assert_eq!(write(&mut host, "dir", ATOMIC, KEEP, b"x").code(), 4);
    assert_eq!(write(&mut host, "dir/", 0, KEEP, b"x").code(), 4);
    assert_eq!(code("loop", &mut host), 22);
    assert_eq!(code("nothing", &mut host), 2);
    assert_eq!(code("/etc/passwd/x", &mut host), 5);
    assert_eq!(code("", &mut host), 1);
    assert_eq!(code("a\0b", &mut host), 1);
    assert_eq!(code(&"n".repeat(300), &mut host), 18);
    if !is_root() {
        assert_eq!(code("/etc/shadow", &mut host), 6);
    }
}

#[test]
fn a_file_that_may_not_grow_says_so() {
    // A full disk takes root; a limit on the size of files is refused in the same place.
    let guest = Guest::prepared(&[], |command, _| {
        let own = command.get_program().to_owned();
        let arguments: Vec<_> = command.get_args().map(|a| a.to_owned()).collect();
        *command = std::process::Command::new("sh");
        // Without the shell's help a write beyond the limit would be a signal.
        command.args(["-c", "trap '' XFSZ; ulimit -f 200; exec \"$0\" \"$@\""]).arg(own).args(arguments);
        command.stdin(std::process::Stdio::null());
    });
    let mut host = guest.connect();
    for flags in [0, ATOMIC] {
        let id = open_write(&mut host, "big", flags, KEEP);
        host.feed(id, &vec![1; 1_000_000]);
        assert_eq!(host.finish(id).code(), 18);
    }
    assert_eq!(sh(&mut host, "ls -A"), "big\ns\n");
}

#[test]
fn stat_tells_what_is_there() {
    let guest = Guest::start();
    let mut host = guest.connect();
    write(&mut host, "f", 0, 0o640, b"12345").count();
    symlink("f", guest.dir.join("l")).unwrap();
    let meta = fs::metadata(guest.dir.join("f")).unwrap();
    let found = entry(stat(&mut host, "f", true).result());
    assert_eq!((found.path.as_str(), found.kind, found.mode, found.size), ("f", 0, 0o640, 5));
    assert_eq!(found.mtime, meta.mtime() * 1_000_000_000 + meta.mtime_nsec());
    assert_eq!((found.uid, found.gid, found.target.as_str()), (meta.uid(), meta.gid(), ""));
    let link = entry(stat(&mut host, "l", false).result());
    assert_eq!((link.kind, link.target.as_str()), (2, "f"));
    assert_eq!(entry(stat(&mut host, "l", true).result()).kind, 0);
    assert_eq!(entry(stat(&mut host, "/", true).result()).kind, 1);
    assert_eq!(entry(stat(&mut host, "/dev/null", true).result()).kind, 3);
    assert_eq!(stat(&mut host, "x", false).code(), 2);
}

#[test]
fn listings_are_ordered_and_as_deep_as_asked() {
    let guest = Guest::start();
    let mut host = guest.connect();
    sh(&mut host, "mkdir -p d/b/deep d/a; touch d/a/1 d/a-z d/b/deep/f d/Z; ln -s / d/root");
    let names = |outcome: &Outcome| entries(&outcome.out).into_iter().map(|e| e.path).collect::<Vec<_>>();
    let all = list(&mut host, "d", 9);
    assert_eq!(names(&all), ["Z", "a", "a/1", "a-z", "b", "b/deep", "b/deep/f", "root"]);
    assert_eq!(all.count(), 8);
    assert_eq!(names(&list(&mut host, "d", 1)), ["Z", "a", "a-z", "b", "root"]);
    assert_eq!(entries(&all.out)[7].target, "/");
    assert_eq!(list(&mut host, "d/Z", 1).code(), 5);
    assert_eq!(list(&mut host, "none", 1).code(), 2);
}

#[test]
fn huge_listings_stream() {
    let guest = Guest::start();
    let mut host = guest.connect();
    fs::create_dir(guest.dir.join("huge")).unwrap();
    for i in 0..12_000 {
        fs::write(guest.dir.join(&format!("huge/{:06}-{}", i, "x".repeat(60))), b"").unwrap();
    }
    let id = host.open(5, &[str("huge"), 1u32.to_be_bytes().to_vec()].concat());
    let (mut total, mut last) = (0, String::new());
    // Whole entries in every frame.
    loop {
        let frame = host.next(id);
        match frame.kind {
            kind::DATA => {
                host.grant(id, 1, frame.payload.len() as u32 - 1);
                for entry in entries(&frame.payload[1..]) {
                    assert!(entry.path > last);
                    last = entry.path;
                    total += 1;
                }
            }
            kind::EOF => {}
            kind::RESULT => break,
            _ => panic!("{:?}", frame),
        }
    }
    assert_eq!(total, 12_000);
    assert_eq!(remove(&mut host, "huge", false).code(), 9);
    remove(&mut host, "huge", true).result();
    assert!(!guest.dir.join("huge").exists());
}

#[test]
fn directories_links_and_modes() {
    let guest = Guest::start();
    let mut host = guest.connect();
    assert_eq!(mkdir(&mut host, "a", 0o1777, false).result(), [1]);
    assert_eq!(mode(&guest.dir.join("a")), 0o1777);
    assert_eq!(mkdir(&mut host, "a", 0o700, false).code(), 3);
    assert_eq!(mkdir(&mut host, "a", 0o700, true).result(), [0]);
    assert_eq!(mkdir(&mut host, "p/q/r", 0o700, false).code(), 2);
    assert_eq!(mkdir(&mut host, "p/q/r", 0o700, true).result(), [1]);
    assert_eq!((mode(&guest.dir.join("p/q")), mode(&guest.dir.join("p/q/r"))), (0o755, 0o700));
    fs::write(guest.dir.join("f"), b"").unwrap();
    assert_eq!(mkdir(&mut host, "f", 0o700, true).code(), 3);
    assert_eq!(mkdir(&mut host, "f/x", 0o700, true).code(), 5);
    let chmod =
        |host: &mut Host, path: &str, mode: u32| host.run(9, &[str(path), mode.to_be_bytes().to_vec()].concat());
    chmod(&mut host, "f", 0o4711).result();
    assert_eq!(mode(&guest.dir.join("f")), 0o4711);
    assert_eq!(chmod(&mut host, "f", 0o10000).code(), 1);
    assert_eq!(chmod(&mut host, "none", 0o700).code(), 2);
    let link = |host: &mut Host, target: &str, path: &str| host.run(10, &[str(target), str(path)].concat());
    link(&mut host, "../any where", "l").result();
    assert_eq!(fs::read_link(guest.dir.join("l")).unwrap().to_str(), Some("../any where"));
    assert_eq!(link(&mut host, "x", "l").code(), 3);
}

#[test]
fn removing_never_follows() {
    let guest = Guest::start();
    let mut host = guest.connect();
    sh(
        &mut host,
        "mkdir -p keep/d t/u; touch keep/f; ln -s ../keep t/link; ln -s ../../keep/f t/u/f; ln -s keep top; mkfifo t/p",
    );
    remove(&mut host, "top", true).result();
    remove(&mut host, "t", true).result();
    assert_eq!(sh(&mut host, "ls -A . keep"), ".:\nkeep\ns\n\nkeep:\nd\nf\n");
    remove(&mut host, "keep/d", false).result();
    remove(&mut host, "keep/f", false).result();
    assert_eq!(remove(&mut host, "none", true).code(), 2);
    for path in ["/", ".", "..", "keep/..", "/."] {
        assert_eq!(remove(&mut host, path, true).code(), 1, "{}", path);
    }
}

#[test]
fn very_deep_trees_go() {
    let guest = Guest::start();
    let mut host = guest.connect();
    // Deeper than a path can name: chains that are hung one below the other.
    let chain = "dddd/".repeat(700);
    for name in ["deep", "second", "third"] {
        sh(&mut host, &format!("mkdir -p {0}/{1}; : > {0}/{1}f", name, chain));
    }
    mv(&mut host, "second", &format!("third/{}second", chain), false).result();
    mv(&mut host, "third", &format!("deep/{}third", chain), false).result();
    remove(&mut host, "deep", true).result();
    assert!(!guest.dir.join("deep").exists());
}

#[test]
fn moving_within_and_across_file_systems() {
    let guest = Guest::start();
    let mut host = guest.connect();
    sh(&mut host, "mkdir -p d/sub; echo 1 > d/sub/f; chmod 640 d/sub/f; ln -s f d/sub/l; touch -d @1000000000.5 d/sub/f d/sub; chmod 550 d/sub; echo o > other");
    mv(&mut host, "d", "e", false).result();
    assert_eq!(mv(&mut host, "other", "e", true).code(), 4);
    assert_eq!(mv(&mut host, "none", "x", true).code(), 2);
    fs::write(guest.dir.join("target"), b"t").unwrap();
    assert_eq!(mv(&mut host, "other", "target", false).code(), 3);
    mv(&mut host, "other", "target", true).result();
    assert_eq!(fs::read(guest.dir.join("target")).unwrap(), b"o\n");
    let far = match other_file_system(guest.dir.path()) {
        Some(far) => far,
        None => return println!("no second file system to move to: skipped"),
    };
    let to = far.str("moved");
    mv(&mut host, "e", &to, false).result();
    assert!(!guest.dir.join("e").exists());
    let file = fs::metadata(far.join("moved/sub/f")).unwrap();
    assert_eq!((file.mode() & 0o7777, file.mtime(), file.mtime_nsec()), (0o640, 1_000_000_000, 500_000_000));
    let sub = fs::metadata(far.join("moved/sub")).unwrap();
    assert_eq!((sub.mode() & 0o7777, sub.mtime()), (0o550, 1_000_000_000));
    assert_eq!(fs::read_link(far.join("moved/sub/l")).unwrap().to_str(), Some("f"));
    assert_eq!(mv(&mut host, "target", &to, true).code(), 4);
    fs::write(far.join("old"), b"").unwrap();
    assert_eq!(mv(&mut host, "target", &far.str("old"), false).code(), 3);
    mv(&mut host, "target", &far.str("old"), true).result();
    assert_eq!(fs::read(far.join("old")).unwrap(), b"o\n");
    // Nothing temporary is left on either side.
    sh(&mut host, &format!("chmod -R u+w {}", to));
    assert_eq!(
        sh(&mut host, &format!("ls -A . {}", far.path().display())).lines().filter(|l| l.contains("dunes")).count(),
        0
    );
}

/// A directory on another file system than this one.
fn other_file_system(here: &std::path::Path) -> Option<TempDir> {
    let device = fs::metadata(here).unwrap().dev();
    ["/dev/shm", "/run", "/var/tmp"].iter().find_map(|there| {
        let there = std::path::Path::new(there);
        if fs::metadata(there).ok()?.dev() == device {
            return None;
        }
        TempDir::within(there)
    })
}

#[test]
fn a_lost_connection_ends_file_work() {
    let guest = Guest::start();
    let mut host = guest.connect();
    fs::write(guest.dir.join("f"), vec![0; 1_000_000]).unwrap();
    // No credit: these streams wait.
    let all_ones = u64::MAX.to_be_bytes().to_vec();
    let ids: Vec<u32> = (0..20).map(|_| host.open(2, &[str("f"), vec![0; 8], all_ones.clone()].concat())).collect();
    for id in &ids {
        assert_eq!(host.event(*id)[0], 2);
    }
    host.send(kind::CANCEL, ids[0], &[]);
    assert_eq!(host.follow(ids[0], false).code(), 16);
    let open = || fs::read_dir(format!("/proc/{}/fd", guest.pid())).map(|d| d.count());
    drop(host);
    // Whose descriptors may be counted only by root, since the guest is not dumpable.
    if open().is_ok() {
        let mut host = guest.connect();
        wait_for("closed files", || {
            host.ping();
            if open().unwrap() < 15 {
                Some(())
            } else {
                None
            }
        });
    }
}

/// For each path its attributes.
fn told(bytes: &[u8]) -> Vec<Vec<(String, String)>> {
    fn number(bytes: &mut &[u8]) -> usize {
        let (head, rest) = bytes.split_at(4);
        *bytes = rest;
        u32::from_be_bytes(head.try_into().unwrap()) as usize
    }
    fn text(bytes: &mut &[u8]) -> String {
        let n = number(bytes);
        let (head, rest) = bytes.split_at(n);
        *bytes = rest;
        String::from_utf8_lossy(head).into_owned()
    }
    let b = &mut &bytes[..];
    let files = number(b);
    let all = (0..files).map(|_| (0..number(b)).map(|_| (text(b), text(b))).collect()).collect();
    assert!(b.is_empty());
    all
}

#[test]
fn attributes_are_set_replaced_and_told() {
    let guest = Guest::start();
    let mut host = guest.connect();
    let (file, bare, gone) = (guest.dir.str("f"), guest.dir.str("bare"), guest.dir.str("gone"));
    write(&mut host, &file, 0, KEEP, b"x").count();
    write(&mut host, &bare, 0, KEEP, b"x").count();
    let set = set_attributes(&mut host, &file, "user.a.", &[("user.a.one", "1"), ("user.a.two", "2")]);
    if matches!(set.end, End::Error(19, _, _)) {
        return; // this file system has none, and says so
    }
    assert!(set.result().is_empty());
    set_attributes(&mut host, &file, "user.b.", &[("user.b.x", "")]).result();
    let pair = |name: &str, value: &str| (name.to_string(), value.to_string());
    let answer = attributes(&mut host, "user.a.", &[&file, &bare, &gone]);
    assert_eq!(told(answer.result()), [vec![pair("user.a.one", "1"), pair("user.a.two", "2")], vec![], vec![]]);
    set_attributes(&mut host, &file, "user.a.", &[("user.a.two", "3")]).result();
    let answer = attributes(&mut host, "user.", &[&file]);
    assert_eq!(told(answer.result()), [vec![pair("user.a.two", "3"), pair("user.b.x", "")]]);
    assert_eq!(set_attributes(&mut host, &file, "user.a.", &[("user.b.y", "")]).code(), 1);
    assert_eq!(set_attributes(&mut host, &gone, "user.a.", &[]).code(), 2);
    let many: Vec<&str> = (0..201).map(|_| file.as_str()).collect();
    assert_eq!(attributes(&mut host, "user.", &many).code(), 1);
}
