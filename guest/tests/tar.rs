//! PACK and UNPACK, alone and against the system's tar.
mod common;
use common::ops::*;
use common::*;
use std::fs;
use std::os::unix::fs::{symlink, MetadataExt};
use std::path::Path;
use std::process::Command;

fn tar(arguments: &[&str]) -> bool {
    Command::new("tar").args(arguments).status().unwrap().success()
}

/// Everything that must survive a round trip.
fn picture(dir: &Path) -> String {
    let script = "find . -mindepth 1 -printf '%P %y %m %n %T@ %l ' -exec sh -c 'test -f \"$1\" && test ! -L \"$1\" && cksum < \"$1\" || echo' sh {} ';' | sort";
    let output = Command::new("sh").args(["-c", script]).current_dir(dir).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn zoo(host: &mut Host) {
    let script = "mkdir -p src/d/e src/empty src/$(printf 'n%.0s' $(seq 120))/$(printf 'm%.0s' $(seq 120)); cd src
        echo hello > d/f; head -c 700000 /dev/urandom > d/big; : > d/none; chmod 751 d/f; ln d/f d/e/hard; ln -s ../d/f empty/../sym
        ln -s $(printf 't%.0s' $(seq 180)) longlink; echo x > n*/m*/file; printf caf > \"$(printf 'caf\\351')\"; mkfifo pipe
        touch -d @1234567890.123456789 d/f; touch -d @-5.25 d/none; chmod 2755 d/e; chmod 500 empty; touch -d @99 d";
    sh(host, script);
}

#[test]
fn a_tree_survives_the_round_trip() {
    let guest = Guest::start();
    let mut host = guest.connect();
    zoo(&mut host);
    let packed = pack(&mut host, "src");
    assert_eq!((packed.eofs.as_slice(), packed.out.len() % 512), (&[1][..], 0));
    let placed = unpack(&mut host, "to/here", &packed.out);
    assert_eq!(placed.count(), packed.count());
    fs::remove_file(guest.dir.join("src/pipe")).unwrap();
    let (from, to) = (picture(&guest.dir.join("src")), picture(&guest.dir.join("to/here")));
    // Setgid is not handed out, and the FIFO's removal changed no more than the root.
    assert_eq!(from.replace("d/e d 2755", "d/e d 755"), to);
    assert_eq!(packed.count() as usize, to.lines().count());
    // Again over what is there.
    assert_eq!(unpack(&mut host, "to/here", &packed.out).count(), packed.count());
    assert_eq!(picture(&guest.dir.join("to/here")), to);
    sh(&mut host, "chmod -R u+w .");
}

#[test]
fn the_systems_tar_understands_us_and_we_it() {
    let guest = Guest::start();
    let mut host = guest.connect();
    zoo(&mut host);
    sh(&mut host, "rm src/pipe; chmod g-s src/d/e; touch -d @99 src/d");
    let expected = picture(&guest.dir.join("src"));
    fs::write(guest.dir.join("ours.tar"), pack(&mut host, "src").out).unwrap();
    fs::create_dir(guest.dir.join("theirs")).unwrap();
    assert!(tar(&["-C", &guest.dir.str("theirs"), "-xpf", &guest.dir.str("ours.tar")]));
    assert_eq!(picture(&guest.dir.join("theirs")), expected);
    for format in ["pax", "gnu"] {
        let archive = guest.dir.str(&format!("{}.tar", format));
        assert!(tar(&["-C", &guest.dir.str("src"), "--format", format, "-cf", &archive, "."]));
        unpack(&mut host, format, &fs::read(&archive).unwrap()).count();
        let got = picture(&guest.dir.join(format));
        // GNU's own format keeps whole seconds only.
        let strip = |text: &str| -> Vec<String> {
            text.lines().map(|l| l.split(' ').enumerate().filter(|(i, _)| *i != 4).map(|(_, w)| w).collect()).collect()
        };
        if format == "pax" {
            assert_eq!(got, expected);
        } else {
            assert_eq!(strip(&got), strip(&expected));
        }
    }
    sh(&mut host, "chmod -R u+w .");
}

/// One header, with its checksum right.
fn header(name: &[u8], kind: u8, target: &str, size: u64) -> Vec<u8> {
    let mut b = vec![0u8; 512];
    b[..name.len()].copy_from_slice(name);
    b[100..107].copy_from_slice(b"0006755");
    b[124..135].copy_from_slice(format!("{:011o}", size).as_bytes());
    b[136..147].copy_from_slice(b"00000000001");
    b[156] = kind;
    b[157..157 + target.len()].copy_from_slice(target.as_bytes());
    b[257..265].copy_from_slice(b"ustar\x0000");
    b[148..156].fill(b' ');
    let sum: u32 = b.iter().map(|b| u32::from(*b)).sum();
    b[148..155].copy_from_slice(format!("{:06o}\0", sum).as_bytes());
    b
}

fn file(name: &str, text: &[u8]) -> Vec<u8> {
    let mut out = header(name.as_bytes(), b'0', "", text.len() as u64);
    out.extend_from_slice(text);
    out.resize((out.len() + 511) / 512 * 512, 0);
    out
}

#[test]
fn nothing_leaves_the_directory() {
    let guest = Guest::start();
    let mut host = guest.connect();
    fs::write(guest.dir.join("precious"), b"p").unwrap();
    let outside = guest.dir.path().to_str().unwrap().to_string();
    let link = |name: &str, target: &str| header(name.as_bytes(), b'2', target, 0);
    let hard = |name: &str, target: &str| header(name.as_bytes(), b'1', target, 0);
    let attacks: Vec<Vec<u8>> = vec![
        file("/tmp/dunes-evil", b"x"),
        file("../evil", b"x"),
        file("a/../../evil", b"x"),
        [link("l", ".."), file("l/precious", b"x")].concat(),
        [link("l", &outside), file("l/evil", b"x")].concat(),
        [link("l", "."), link("l/m", ".."), file("m/evil", b"x")].concat(),
        [link("l", ".."), header(b"l/evil/", b'5', "", 0)].concat(),
        [link("l", ".."), link("l/evil", "x")].concat(),
        [link("l", ".."), hard("h", "l/precious"), file("h", b"x")].concat(),
        hard("h", "../precious"),
        hard("h", &format!("{}/precious", outside)),
        hard("h", "h"),
        [link("l", ".."), file("f", b"1"), hard("l/evil", "f")].concat(),
        [header(b"d", b'5', "", 0), link("d/l", "../.."), file("d/l/evil", b"x")].concat(),
    ];
    for (i, attack) in attacks.iter().enumerate() {
        let dir = format!("in{}", i);
        assert_eq!(unpack(&mut host, &dir, attack).code(), 1, "attack {}", i);
        assert_eq!(fs::read(guest.dir.join("precious")).unwrap(), b"p", "attack {}", i);
        assert!(!guest.dir.join("evil").exists() && !Path::new("/tmp/dunes-evil").exists(), "attack {}", i);
    }
}

#[test]
fn a_symlink_in_the_way_is_replaced_and_not_followed() {
    let guest = Guest::start();
    let mut host = guest.connect();
    fs::write(guest.dir.join("precious"), b"p").unwrap();
    fs::create_dir(guest.dir.join("in")).unwrap();
    symlink("../precious", guest.dir.join("in/f")).unwrap();
    symlink("..", guest.dir.join("in/d")).unwrap();
    symlink("/etc", guest.dir.join("in/anywhere")).unwrap();
    let archive =
        [file("f", b"new"), header(b"d/", b'5', "", 0), file("d/g", b"g"), header(b"l", b'2', "/etc/passwd", 0)];
    assert_eq!(unpack(&mut host, "in", &archive.concat()).count(), 4);
    assert_eq!(fs::read(guest.dir.join("precious")).unwrap(), b"p");
    assert_eq!(fs::read(guest.dir.join("in/f")).unwrap(), b"new");
    assert!(!guest.dir.join("g").exists() && guest.dir.join("in/d/g").exists());
    assert_eq!(fs::read_link(guest.dir.join("in/l")).unwrap().to_str(), Some("/etc/passwd"));
    assert_eq!(fs::metadata(guest.dir.join("in/f")).unwrap().mode() & 0o7777, 0o755);
    assert_eq!(unpack(&mut host, "in", &file("d", b"x")).code(), 9);
}

#[test]
fn broken_archives_are_refused() {
    let guest = Guest::start();
    let mut host = guest.connect();
    let good = file("f", &[7; 1000]);
    assert_eq!(unpack(&mut host, "u", &good[..700]).code(), 1);
    assert_eq!(unpack(&mut host, "u", &[1; 2048]).code(), 1);
    assert_eq!(unpack(&mut host, "u", &header(b"s", b'S', "", 0)).code(), 19);
    assert_eq!(unpack(&mut host, "u", &header(b"x", b'x', "", 1 << 30)).code(), 18);
    let mut pax = header(b"x", b'x', "", 22);
    pax.extend_from_slice(b"22 GNU.sparse.major=1\n");
    pax.resize(1024, 0);
    assert_eq!(unpack(&mut host, "u", &[pax, good.clone()].concat()).code(), 19);
    // Empty, without the closing blocks, and with devices: fine.
    assert_eq!(unpack(&mut host, "u", b"").count(), 0);
    let devices = [header(b"c", b'3', "", 0), header(b"b", b'4', "", 0), header(b"p", b'6', "", 0), good];
    assert_eq!(unpack(&mut host, "u", &devices.concat()).count(), 1);
    assert_eq!(fs::read_dir(guest.dir.join("u")).unwrap().count(), 1);
    assert_eq!(unpack(&mut host, "u/f", b"").code(), 5);
    assert_eq!(pack(&mut host, "u/f").code(), 5);
    assert_eq!(pack(&mut host, "none").code(), 2);
}

#[test]
fn sizes_beyond_eight_gigabytes_keep_their_digits() {
    let guest = Guest::start();
    let mut host = guest.connect();
    let big = fs::File::create(guest.dir.join("big")).unwrap();
    if big.set_len(9 << 30).is_err() {
        return println!("no file of 9 GiB can be made here: skipped");
    }
    fs::create_dir(guest.dir.join("d")).unwrap();
    fs::rename(guest.dir.join("big"), guest.dir.join("d/big")).unwrap();
    let id = host.open(11, &str("d"));
    let first = host.next(id);
    let text = String::from_utf8_lossy(&first.payload[1..2048]).into_owned();
    assert!(text.contains(" size=9663676416\n"));
    host.send(kind::CANCEL, id, &[]);
    assert_eq!(host.follow(id, false).code(), 16);
}
