//! The protocol itself: greeting, hostile frames, many connections, slow readers.
mod common;
use common::ops::*;
use common::*;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};

#[test]
fn versions_are_negotiated() {
    let guest = Guest::start();
    drop(Host::hello(guest.socket(), 0));
    let mut host = Host::silent(guest.socket());
    host.send(kind::HELLO, 0, &hello(0, 9, 0));
    let welcome = host.any();
    assert_eq!((welcome.kind, &welcome.payload[..2]), (kind::WELCOME, &[0, 1][..]));
    let mut host = Host::silent(guest.socket());
    host.send(kind::HELLO, 0, &hello(2, 9, 0));
    assert_eq!(host.farewell(), 19);
}

#[test]
fn violations_end_the_connection_and_nothing_else() {
    let guest = Guest::start();
    let mut witness = guest.connect();
    let open_cat =
        || frame(kind::OPEN, 1, &[&1u16.to_be_bytes(), Exec::new(&["cat"]).flags(STDIN).encode().as_slice()].concat());
    let open_true =
        || frame(kind::OPEN, 1, &[&1u16.to_be_bytes(), Exec::new(&["sleep", "9"]).encode().as_slice()].concat());
    let data = |n: usize, channel: u8| frame(kind::DATA, 1, &[vec![channel], vec![0; n]].concat());
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("length 0", vec![0; 4]),
        ("length 4", vec![0, 0, 0, 4, 1, 1, 1, 1]),
        ("a huge length", vec![255; 9]),
        ("a length over the limit", (1u32 + (1 << 20)).to_be_bytes().to_vec()),
        ("an unknown type", frame(0x77, 0, b"")),
        ("an unknown type on a stream", frame(0x19, 1, b"")),
        ("HELLO twice", frame(kind::HELLO, 0, &hello(1, 1, 0))),
        ("WELCOME", frame(kind::WELCOME, 0, &[0, 1, 0, 0, 0, 0, 0, 0, 0, 1])),
        ("RESULT", frame(kind::RESULT, 1, b"")),
        ("PING on a stream", frame(kind::PING, 1, &[0; 8])),
        ("a short PING", frame(kind::PING, 0, &[0; 7])),
        ("a long PING", frame(kind::PING, 0, &[0; 9])),
        ("OPEN on stream 0", frame(kind::OPEN, 0, &[0, 15])),
        ("an id used twice", [frame(kind::OPEN, 1, &[0, 15]), frame(kind::OPEN, 1, &[0, 15])].concat()),
        ("a falling id", [frame(kind::OPEN, 5, &[0, 15]), frame(kind::OPEN, 4, &[0, 15])].concat()),
        ("CANCEL for nothing", frame(kind::CANCEL, 3, b"")),
        ("CREDIT for nothing", frame(kind::CREDIT, 1, &[1, 0, 0, 0, 1])),
        ("DATA for nothing", data(1, 0)),
        ("trailing bytes", frame(kind::OPEN, 1, &[0, 15, 0])),
        ("missing bytes", frame(kind::OPEN, 1, &[0, 16, 0, 0])),
        ("a lying string", frame(kind::OPEN, 1, &[0, 4, 0, 0, 1, 0, b'x', 0])),
        ("a lying list", frame(kind::OPEN, 1, &[0, 1, 0, 0, 0, 0, 255, 255, 255, 255])),
        ("a bool of 2", frame(kind::OPEN, 1, &[0, 4, 0, 0, 0, 1, b'/', 2])),
        ("overdrawn credit", [open_cat(), data(262_144, 0), data(262_144, 0), data(262_144, 0)].concat()),
        ("DATA over its limit", [open_cat(), data(262_145, 0)].concat()),
        ("DATA without bytes", [open_cat(), data(0, 0)].concat()),
        ("DATA on another channel", [open_cat(), data(1, 1)].concat()),
        ("DATA without stdin", [open_true(), data(1, 0)].concat()),
        ("DATA after EOF", [open_cat(), frame(kind::EOF, 1, &[0]), data(1, 0)].concat()),
        ("EOF on another channel", [open_cat(), frame(kind::EOF, 1, &[1])].concat()),
        ("CREDIT for stdin", [open_true(), frame(kind::CREDIT, 1, &[0, 0, 0, 0, 1])].concat()),
        ("an unknown CONTROL", [open_true(), frame(kind::CONTROL, 1, &[9])].concat()),
        ("signal 0", [open_true(), frame(kind::CONTROL, 1, &[1, 0, 0, 0, 0, 0])].concat()),
        ("a long CONTROL", [open_true(), frame(kind::CONTROL, 1, &[2, 0, 1, 0, 1, 0])].concat()),
    ];
    for (what, bytes) in cases {
        let mut host = guest.connect();
        // The guest may have hung up before all of it is sent.
        let _ = host.raw_stream().write_all(&bytes);
        let code = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| host.farewell()));
        assert_eq!(code.ok(), Some(20), "{}", what);
        witness.ping();
    }
}

#[test]
fn greetings_come_first_and_once() {
    let guest = Guest::start();
    for first in [
        frame(kind::PING, 0, &[0; 8]),
        frame(kind::OPEN, 1, &[0, 15]),
        frame(kind::HELLO, 0, &[0; 12]),
        frame(kind::DATA, 1, &[0, 0]),
    ] {
        let mut host = Host::silent(guest.socket());
        host.raw(&first);
        assert_eq!(host.farewell(), 20);
    }
}

#[test]
fn frames_may_arrive_in_any_pieces() {
    let guest = Guest::start();
    let mut host = Host::silent(guest.socket());
    let exec = Exec::new(&["cat"]).flags(STDIN).encode();
    let bytes = [
        frame(kind::HELLO, 0, &hello(1, 1, 0)),
        frame(kind::OPEN, 1, &[&1u16.to_be_bytes(), exec.as_slice()].concat()),
        frame(kind::DATA, 1, b"\0hello"),
        frame(kind::EOF, 1, &[0]),
    ];
    for byte in bytes.concat() {
        host.raw(&[byte]);
    }
    assert_eq!(host.next(0).kind, kind::WELCOME);
    assert_eq!(host.finish(1).text(), "hello");
}

#[test]
fn a_connection_cut_within_a_frame_is_just_gone() {
    let guest = Guest::start();
    let mut witness = guest.connect();
    let whole = frame(kind::OPEN, 1, &[&1u16.to_be_bytes(), Exec::new(&["true"]).encode().as_slice()].concat());
    for cut in 1..whole.len() {
        let mut host = guest.connect();
        host.raw(&whole[..cut]);
    }
    witness.ping();
}

#[test]
fn unknown_operations_are_unsupported() {
    let guest = Guest::start();
    let mut host = guest.connect();
    assert_eq!(host.run(999, b"whatever").code(), 19);
    host.ping();
}

#[test]
fn long_frames_are_taken() {
    let guest = Guest::start();
    let mut host = guest.connect();
    // Close to the limit on frames, and below the kernel's on a single argument.
    let words: Vec<String> = (0..9).map(|i| i.to_string().repeat(110_000)).collect();
    let mut argv = vec!["printf", "%s"];
    argv.extend(words.iter().map(String::as_str));
    let outcome = Exec::new(&argv).run(&mut host);
    assert_eq!(outcome.text(), words.concat());
}

#[test]
fn streams_are_limited() {
    let guest = Guest::start();
    let mut host = guest.connect();
    std::fs::write(guest.dir.join("f"), b"").unwrap();
    // Writes that get nothing and so stay open, as far as there are descriptors for them.
    let mut codes = Vec::new();
    for _ in 0..4100 {
        let id = open_write(&mut host, "f", APPEND, KEEP);
        let frame = host.next(id);
        if frame.kind == kind::ERROR {
            codes.push(u16::from_be_bytes(frame.payload[..2].try_into().unwrap()));
        }
    }
    assert!(codes.len() >= 4 && codes.iter().all(|c| *c == 15), "{:?}", codes);
}

#[test]
fn a_host_that_does_not_read_stalls_only_itself() {
    let guest = Guest::start();
    let mut deaf = guest.connect();
    let id = Exec::new(&["yes"]).open(&mut deaf);
    deaf.grant(id, 1, u32::MAX);
    // Neither output nor answers may pile up in the guest.
    let ping = frame(kind::PING, 0, &[0; 8]);
    let pings = ping.repeat(1000);
    deaf.raw_stream().set_nonblocking(true).unwrap();
    let mut sent = 0usize;
    let mut quiet = 0;
    let mut other = guest.connect();
    while quiet < 20 {
        match (&mut deaf.raw_stream()).write(&pings) {
            // Whole frames only: what was cut is sent by nobody.
            Ok(n) => sent += n,
            Err(_) => quiet += 1,
        }
        assert_eq!(sh(&mut other, "echo here"), "here\n");
        assert!(sent < 32 << 20, "the guest swallows everything");
    }
    let rss = resident_kib(guest.pid());
    assert!(rss < 16 << 10, "{} KiB", rss);
}

fn resident_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", pid)).unwrap();
    status.lines().find_map(|l| l.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse().ok()).unwrap()
}

#[test]
fn a_hundred_connections() {
    let guest = Guest::start();
    let mut hosts: Vec<Host> = (0..100).map(|_| guest.connect()).collect();
    let ids: Vec<u32> = hosts.iter_mut().map(|host| Exec::new(&["echo", "x"]).open(host)).collect();
    for (host, id) in hosts.iter_mut().zip(ids) {
        assert_eq!(host.finish(id).text(), "x\n");
    }
}

#[test]
fn running_out_of_descriptors_is_survived() {
    let guest = Guest::prepared(&[], |command, _| {
        let own = command.get_program().to_owned();
        let arguments: Vec<_> = command.get_args().map(|a| a.to_owned()).collect();
        *command = Command::new("sh");
        command.args(["-c", "ulimit -n 24; exec \"$0\" \"$@\""]).arg(own).args(arguments).stdin(Stdio::null());
    });
    let mut first = guest.connect();
    let waiting: Vec<UnixStream> = (0..60).map(|_| guest.socket()).collect();
    // Sooner or later it has taken all it can.
    wait_for("a refusal", || match Exec::new(&["true"]).run(&mut first).end {
        End::Error(15, _, _) => Some(()),
        _ => None,
    });
    let cpu = || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", guest.pid())).unwrap();
        let fields: Vec<&str> = stat[stat.rfind(')').unwrap() + 2..].split(' ').collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    };
    let before = cpu();
    let until = std::time::Instant::now() + std::time::Duration::from_millis(300);
    while std::time::Instant::now() < until {
        first.ping();
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert!(cpu() - before < 15, "it spins");
    drop(waiting);
    // And it recovers by itself.
    wait_for("descriptors", || match Exec::new(&["true"]).run(&mut first).end {
        End::Result(_) => Some(()),
        End::Error(code, _, _) => {
            assert_eq!(code, 15);
            None
        }
    });
    assert_eq!(sh(&mut guest.connect(), "echo x"), "x\n");
}

#[test]
fn standard_streams_can_be_the_connection() {
    let mut child =
        Command::new(binary()).args(["guest", "--stdio"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut to, mut from) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let exec = Exec::sh("echo out; readlink /proc/self/fd/0").encode();
    let open = frame(kind::OPEN, 1, &[&1u16.to_be_bytes(), exec.as_slice()].concat());
    to.write_all(&[frame(kind::HELLO, 0, &hello(1, 1, 0)), open].concat()).unwrap();
    let mut seen = Vec::new();
    let mut byte = [0];
    while !seen.ends_with(b"/dev/null\n") {
        from.read_exact(&mut byte).unwrap();
        seen.push(byte[0]);
    }
    // It is an owner's connection.
    drop(to);
    let status = wait_for("the guest's end", || child.try_wait().unwrap());
    assert_eq!(status.code(), Some(0));
}

#[test]
fn an_inherited_socket_must_be_there() {
    let output = Command::new(binary()).args(["guest", "--listen-fd", "77"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--listen-fd"));
}

#[test]
fn the_command_line_is_checked() {
    let run = |arguments: &[&str]| Command::new(binary()).args(arguments).output().unwrap();
    let version = run(&["--version"]);
    assert_eq!(String::from_utf8_lossy(&version.stdout), "dunes-guest 0.1.0 protocol 1\n");
    for wrong in [
        &["guest"][..],
        &["guest", "--what"],
        &["guest", "--stdio", "--deadline-ms", "x"],
        &["guest", "--relay", "1"],
        &[],
    ] {
        let output = run(wrong);
        assert_eq!(output.status.code(), Some(2), "{:?}", wrong);
        assert!(!output.stderr.is_empty());
    }
}
