//! Layers of images: what they add, what they hide, and what they must not reach.
mod common;
use common::*;
use std::io::Write;
use std::os::unix::fs::{symlink, MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// A member's header and contents.
fn member(name: &str, kind: u8, target: &str, mode: u32, body: &[u8]) -> Vec<u8> {
    let mut b = vec![0u8; 512];
    b[..name.len()].copy_from_slice(name.as_bytes());
    b[100..108].copy_from_slice(format!("{:07o}\0", mode).as_bytes());
    b[124..136].copy_from_slice(format!("{:011o}\0", body.len()).as_bytes());
    b[136..148].copy_from_slice(format!("{:011o}\0", 99).as_bytes());
    b[156] = kind;
    b[157..157 + target.len()].copy_from_slice(target.as_bytes());
    b[257..265].copy_from_slice(b"ustar\x0000");
    b[148..156].fill(b' ');
    let sum: u32 = b.iter().map(|byte| u32::from(*byte)).sum();
    b[148..156].copy_from_slice(format!("{:06o}\0 ", sum).as_bytes());
    b.extend_from_slice(body);
    b.resize((b.len() + 511) / 512 * 512, 0);
    b
}

fn file(name: &str, body: &str) -> Vec<u8> {
    member(name, b'0', "", 0o644, body.as_bytes())
}

fn dir(name: &str) -> Vec<u8> {
    member(name, b'5', "", 0o755, b"")
}

fn link(name: &str, target: &str) -> Vec<u8> {
    member(name, b'2', target, 0o777, b"")
}

fn hard(name: &str, target: &str) -> Vec<u8> {
    member(name, b'1', target, 0o644, b"")
}

fn unpack(root: &Path, members: &[Vec<u8>], more: &[&str]) -> Output {
    let mut child = Command::new(binary())
        .args(["unpack", "--root", root.to_str().unwrap()])
        .args(more)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut bytes = members.concat();
    bytes.resize(bytes.len() + 1024, 0);
    let _ = child.stdin.take().unwrap().write_all(&bytes);
    child.wait_with_output().unwrap()
}

fn good(root: &Path, members: &[Vec<u8>]) -> String {
    let output = unpack(root, members, &[]);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().trim().to_string()
}

fn bad(root: &Path, members: &[Vec<u8>]) -> String {
    let output = unpack(root, members, &[]);
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8(output.stderr).unwrap().trim().to_string()
}

fn read(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn a_layer_is_put_over_those_below() {
    let root = TempDir::new();
    let first =
        [dir("./"), dir("./usr/"), dir("usr/lib"), link("lib", "usr/lib"), file("lib/a", "one"), file("etc/x", "x")];
    assert_eq!(good(root.path(), &first), "6 0");
    assert_eq!(read(root.join("usr/lib/a")), "one");
    assert!(root.join("lib").symlink_metadata().unwrap().file_type().is_symlink());
    assert_eq!(root.join("usr/lib/a").metadata().unwrap().mtime(), 99);
    // Through the symlink, a file over a file, a file over a directory with something in it, a directory over a file.
    let second = [file("lib/a", "two"), file("etc", "none"), file("usr/b", ""), dir("usr/b"), file("usr/b/c", "c")];
    good(root.path(), &second);
    assert_eq!(
        (read(root.join("usr/lib/a")), read(root.join("etc")), read(root.join("usr/b/c"))),
        ("two".into(), "none".into(), "c".into())
    );
}

#[test]
fn replacing_a_file_leaves_its_other_names_alone() {
    let root = TempDir::new();
    good(root.path(), &[file("a", "old"), hard("b", "./a"), hard("/c", "/a")]);
    assert_eq!(root.join("a").metadata().unwrap().nlink(), 3);
    good(root.path(), &[file("a", "new"), hard("b", "b")]);
    assert_eq!((read(root.join("a")), read(root.join("b"))), ("new".into(), "old".into()));
}

#[test]
fn whiteouts_hide_what_is_below_only() {
    let root = TempDir::new();
    let below =
        [file("d/a", "a"), file("d/e/f", "f"), file("d/k", "k"), file("o/x", "x"), file("o/s/y", "y"), file("r", "r")];
    good(root.path(), &below);
    let above = [
        file("o/s/new", "n"),
        file("o/.wh..wh..opq", ""),
        file("d/.wh.a", ""),
        file("d/.wh.e", ""),
        file("d/.wh.not-there", ""),
        file("no/such/.wh.x", ""),
        file("r", "again"),
        file(".wh.r", ""),
        file("d/.wh..wh.plnk", ""),
    ];
    good(root.path(), &above);
    let left = Command::new("find").args([".", "-type", "f"]).current_dir(root.path()).output().unwrap().stdout;
    let mut left: Vec<&str> = std::str::from_utf8(&left).unwrap().lines().collect();
    left.sort_unstable();
    assert_eq!(left, ["./d/k", "./o/s/new", "./r"]);
    assert!(!root.join("no").exists());
    assert_eq!(read(root.join("r")), "again");
    assert!(bad(root.path(), &[file("d/.wh...", "")]).contains("hides nothing"));
}

#[test]
fn nothing_leads_out() {
    let outside = TempDir::new();
    std::fs::write(outside.join("victim"), "safe").unwrap();
    let out = outside.path().to_str().unwrap();
    let root = TempDir::new();
    assert!(bad(root.path(), &[file("../evil", "x")]).contains("'..'"));
    assert!(bad(root.path(), &[file("a/../../evil", "x")]).contains("'..'"));
    // An absolute name and an absolute symlink mean the image's own root.
    good(root.path(), &[dir(&out[1..]), link("abs", out), file("abs/victim", "inside"), file("/top", "t")]);
    assert_eq!(read(root.path().join(&out[1..]).join("victim")), "inside");
    assert_eq!(read(root.join("top")), "t");
    good(root.path(), &[link("up", "../../../../../.."), file("up/here", "h")]);
    assert_eq!(read(root.join("here")), "h");
    // Last components are replaced, never followed.
    symlink(outside.join("victim"), root.join("file")).unwrap();
    good(root.path(), &[file("file", "mine"), member("abs", b'5', "", 0o700, b"")]);
    assert!(root.join("abs").symlink_metadata().unwrap().is_dir());
    assert_eq!(read(outside.join("victim")), "safe");
    // Hard links: the same rules for what they point to.
    symlink(out, root.join("door")).unwrap();
    std::fs::remove_dir_all(root.path().join(&out[1..])).unwrap();
    assert!(bad(root.path(), &[hard("stolen", "door/victim")]).contains("a link to door/victim"));
    assert!(bad(root.path(), &[hard("stolen", "../victim")]).contains("'..'"));
    // Whiteouts through a symlink that leads out hide nothing there.
    good(root.path(), &[file("door/.wh.victim", ""), file("door/.wh..wh..opq", "")]);
    assert_eq!(read(outside.join("victim")), "safe");
    assert!(bad(root.path(), &[link("loop", "loop"), file("loop/x", "")]).contains("loop"));
    assert!(bad(root.path(), &[link("nowhere", "gone"), file("nowhere/x", "")]).contains("nowhere"));
}

#[test]
fn rights_devices_and_numbers() {
    let root = TempDir::new();
    let members = [
        member("suid", b'0', "", 0o6755, b"x"),
        member("tmp", b'5', "", 0o1777, b""),
        member("shut", b'5', "", 0o000, b""),
        file("shut/in", "in"),
        member("null", b'3', "", 0o666, b""),
        member("disk", b'4', "", 0o666, b""),
        member("pipe", b'6', "", 0o666, b""),
    ];
    assert_eq!(good(root.path(), &members), "7 3");
    let mode = |name: &str| root.join(name).metadata().unwrap().permissions().mode() & 0o7777;
    assert_eq!((mode("suid"), mode("tmp"), mode("shut")), (0o755, 0o1777, 0o700));
    assert!(!root.join("null").exists() && !root.join("disk").exists() && !root.join("pipe").exists());
    let output = unpack(root.path(), &[file("a", ""), file("b", ""), file("c", "")], &["--most-entries", "2"]);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "too many entries\n");
    assert!(!root.join("c").exists());
    let output = Command::new(binary()).args(["unpack", "--root"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let mut half = file("half", "body");
    half.truncate(514);
    let mut child = Command::new(binary())
        .args(["unpack", "--root", root.path().to_str().unwrap()])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&half).unwrap();
    assert!(String::from_utf8_lossy(&child.wait_with_output().unwrap().stderr).contains("ends too early"));
}
