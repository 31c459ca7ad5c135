//! Whole trees end: by time, by wish, with their connection, with the guest.
mod common;
use common::ops::*;
use common::*;
use std::time::{Duration, Instant};

/// Leaves its session, is orphaned, ignores what can be ignored, and tells its number.
const DAEMON: &str = "setsid sh -c 'trap \"\" TERM HUP INT; (echo $$ > daemon; while :; do sleep 1; done) & ' & ";

fn gone(pid: u32) {
    wait_for("a process's end", || if is_alive(pid) { None } else { Some(()) });
}

fn script(rest: &str) -> String {
    format!("{} while [ ! -s daemon ]; do sleep 0.01; done; echo up; {}", DAEMON, rest)
}

/// A command with a daemon below it: stream, main process, daemon's parent shell.
fn with_daemon(guest: &Guest, host: &mut Host, flags: u32, timeout: u64) -> (u32, u32, u32) {
    let (id, main) = Exec::sh(&script("exec sleep 1000")).flags(flags).timeout(timeout).start(host);
    let _ = guest;
    assert_eq!(host.next(id).payload, b"\x01up\n");
    let daemon = wait_for("the daemon", || daemon_below(guest.pid()));
    (id, main, daemon)
}

/// The subshell of the daemon script, by its command line.
fn daemon_below(guest: u32) -> Option<u32> {
    let mut found = None;
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let pid: u32 = match entry.file_name().to_str().and_then(|n| n.parse().ok()) {
            Some(pid) => pid,
            None => continue,
        };
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        if line.windows(9).any(|w| w == b"> daemon;") && !line.windows(7).any(|w| w == b"echo up") && below(pid, guest)
        {
            found = Some(pid);
        }
    }
    found
}

fn below(mut pid: u32, ancestor: u32) -> bool {
    while pid > 1 {
        if pid == ancestor {
            return true;
        }
        pid = match std::fs::read_to_string(format!("/proc/{}/stat", pid)) {
            Ok(stat) => stat[stat.rfind(')').unwrap() + 4..].split(' ').next().unwrap().parse().unwrap(),
            Err(_) => return false,
        };
    }
    false
}

#[test]
fn a_timeout_kills_the_tree_and_keeps_the_output() {
    let guest = Guest::start();
    let mut host = guest.connect();
    let (id, main, daemon) = with_daemon(&guest, &mut host, 0, 700);
    let exit = host.finish(id).exit();
    assert_eq!((exit.how, exit.code, exit.timed_out), (1, 9, true));
    assert!(exit.wall_us >= 690_000);
    assert!(!is_alive(main) && !is_alive(daemon));
}

#[test]
fn a_timeout_holds_without_credit() {
    let guest = Guest::start();
    let mut host = guest.connect();
    let begun = Instant::now();
    let id = Exec::new(&["yes"]).timeout(300).open(&mut host);
    let outcome = host.follow(id, false);
    assert!(outcome.exit().timed_out);
    assert_eq!(outcome.out.len(), 262_144);
    let took = begun.elapsed();
    assert!(took > Duration::from_secs(5) && took < Duration::from_secs(15), "{:?}", took);
}

#[test]
fn cancel_kills_the_tree_and_answers() {
    let guest = Guest::start();
    let mut host = guest.connect();
    let (id, main, daemon) = with_daemon(&guest, &mut host, 0, 0);
    host.send(kind::CANCEL, id, &[]);
    let exit = host.finish(id).exit();
    assert_eq!((exit.how, exit.code, exit.timed_out), (1, 9, false));
    assert!(!is_alive(main) && !is_alive(daemon));
    // Late frames for it are ignored.
    host.send(kind::CANCEL, id, &[]);
    host.grant(id, 1, 5);
    host.ping();
}

#[test]
fn the_end_of_the_connection_kills_the_tree() {
    let guest = Guest::start();
    let mut host = guest.connect();
    let (_, main, daemon) = with_daemon(&guest, &mut host, STDIN, 0);
    drop(host);
    gone(main);
    gone(daemon);
}

#[test]
fn detached_commands_live_on() {
    let guest = Guest::start();
    let mut host = guest.connect();
    let (_, main) = Exec::sh("while :; do echo x; echo y > alive; done").flags(DETACHED).start(&mut host);
    drop(host);
    // It writes for as long as it wants: its output is taken.
    wait_for("a sign of life", || std::fs::read(guest.dir.join("alive")).ok());
    std::fs::remove_file(guest.dir.join("alive")).unwrap();
    wait_for("another sign of life", || std::fs::read(guest.dir.join("alive")).ok());
    assert!(is_alive(main));
    let mut host = guest.connect();
    host.run(19, &[]);
    gone(main);
}

#[test]
fn a_detached_command_still_has_its_timeout() {
    let guest = Guest::start();
    let mut host = guest.connect();
    let (_, main, daemon) = with_daemon(&guest, &mut host, DETACHED, 1000);
    drop(host);
    assert!(is_alive(main));
    gone(main);
    gone(daemon);
}

#[test]
fn a_detached_command_needs_no_host_to_start() {
    let guest = Guest::start();
    let mut host = guest.connect();
    Exec::sh("sleep 0.05; echo $$ > here").flags(DETACHED).open(&mut host);
    drop(host);
    pid_in(&guest.dir.join("here"));
}

#[test]
fn a_fork_bomb_dies() {
    let guest = Guest::start();
    let mut host = guest.connect();
    // Bounded by itself, so that the test needs no limit of the machine: at most 60 at a time, always new ones.
    let bomb = "f() { while :; do (sleep 0.003; echo x) & (sleep 0.002) & wait; done; }; \
                for i in 1 2 3 4 5 6 7 8 9 10; do (setsid sh -c \"$0\" & f) & done; f";
    let script = "while :; do (sleep 0.004; :) & (:) & wait; done";
    let id = Exec::new(&["sh", "-c", bomb, script]).timeout(400).open(&mut host);
    let outcome = host.finish(id);
    assert!(outcome.exit().timed_out);
    assert_eq!(metrics(&mut host).0, 0);
}

fn metrics(host: &mut Host) -> (u32, u64) {
    let outcome = host.run(15, &[]);
    let r = outcome.result();
    assert_eq!(r.len(), 44);
    (u32::from_be_bytes(r[..4].try_into().unwrap()), u64::from_be_bytes(r[4..12].try_into().unwrap()))
}

#[test]
fn a_command_that_kills_or_stops_its_supervisor_gains_nothing() {
    let guest = Guest::start();
    let mut host = guest.connect();
    let (id, main) = Exec::sh(&script("kill -STOP $PPID; exec sleep 1000")).start(&mut host);
    assert_eq!(host.next(id).payload, b"\x01up\n");
    let daemon = daemon_below(guest.pid()).unwrap();
    host.send(kind::CANCEL, id, &[]);
    assert_eq!(host.finish(id).exit().code, 9);
    assert!(!is_alive(main) && !is_alive(daemon));
    std::fs::remove_file(guest.dir.join("daemon")).unwrap();

    let (id, main) = Exec::sh(&script("kill -KILL $PPID; sleep 1000")).start(&mut host);
    assert_eq!(host.next(id).payload, b"\x01up\n");
    let exit = host.finish(id).exit();
    assert_eq!((exit.how, exit.code), (1, 9));
    gone(main);
    wait_for("the daemon's end", || if daemon_below(guest.pid()).is_none() { Some(()) } else { None });
    assert_eq!(sh(&mut host, "echo fine"), "fine\n");
}

#[test]
fn shutdown_ends_everything() {
    let guest = Guest::start();
    let mut host = guest.connect();
    let (_, main, daemon) = with_daemon(&guest, &mut host, DETACHED, 0);
    assert_eq!(host.run(19, &[]).result(), b"");
    let socket = guest.dir.join("s");
    let mut guest = guest;
    let status = wait_for("the guest's end", || guest.child.try_wait().unwrap());
    assert_eq!(status.code(), Some(0));
    assert!(!is_alive(main) && !is_alive(daemon) && !socket.exists());
}

#[test]
fn the_deadline_ends_everything() {
    let guest = Guest::with(&["--deadline-ms", "600000"]);
    let mut host = guest.connect();
    let (_, main, daemon) = with_daemon(&guest, &mut host, DETACHED, 0);
    host.run(16, &1u64.to_be_bytes());
    assert_eq!(guest.status(), Some(124));
    assert!(!is_alive(main) && !is_alive(daemon));
}

#[test]
fn a_deadline_can_be_taken_back() {
    let guest = Guest::with(&["--deadline-ms", "400"]);
    let mut host = guest.connect();
    host.run(16, &0u64.to_be_bytes());
    assert_eq!(sh(&mut host, "sleep 0.6; echo still"), "still\n");
    drop(host);
    assert_eq!(Guest::with(&["--deadline-ms", "50"]).status(), Some(124));
}

#[test]
fn the_guest_ends_with_its_owner() {
    let guest = Guest::with(&["--await-owner-ms", "15000"]);
    let visitor = guest.connect();
    let mut owner = guest.connect_owner();
    drop(visitor);
    let (_, main, daemon) = with_daemon(&guest, &mut owner, DETACHED, 0);
    drop(owner);
    assert_eq!(guest.status(), Some(0));
    assert!(!is_alive(main) && !is_alive(daemon));
}

#[test]
fn without_an_owner_the_guest_does_not_stay() {
    let guest = Guest::with(&["--await-owner-ms", "100"]);
    let _visitor = guest.connect();
    assert_eq!(guest.status(), Some(125));
}

#[test]
fn freeze_and_thaw() {
    let guest = Guest::start();
    let mut host = guest.connect();
    let (id, main, daemon) = with_daemon(&guest, &mut host, 0, 0);
    host.run(17, &[]).result();
    let state = |pid: u32| {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid)).unwrap();
        stat[stat.rfind(')').unwrap() + 2..].chars().next().unwrap()
    };
    // A process stops when it next runs, which may be after the answer.
    wait_for("the stop", || if state(main) == 'T' && state(daemon) == 'T' { Some(()) } else { None });
    // The guest itself serves on, and what is frozen can be killed.
    host.run(18, &[]).result();
    wait_for("the thaw", || if state(main) == 'S' && state(daemon) == 'S' { Some(()) } else { None });
    host.run(17, &[]).result();
    host.send(kind::CANCEL, id, &[]);
    host.finish(id).exit();
    assert!(!is_alive(main) && !is_alive(daemon));
}

#[test]
fn processes_and_metrics_show_commands_only() {
    let guest = Guest::start();
    let mut host = guest.connect();
    assert_eq!(metrics(&mut host).0, 0);
    let (_, main) = Exec::sh("exec sleep 1000").start(&mut host);
    // A program that has only just begun has hardly any memory yet.
    let processes = wait_for("memory in use", || match metrics(&mut host) {
        (processes, resident) if resident > 100_000 => Some(processes),
        _ => None,
    });
    assert_eq!(processes, 1);
    wait_for("the program in place of the shell", || {
        let line = std::fs::read(format!("/proc/{}/cmdline", main)).unwrap();
        line.starts_with(b"sleep").then_some(())
    });
    let outcome = host.run(21, &[]);
    let r = outcome.result();
    assert_eq!(&r[..8], [1u32.to_be_bytes(), main.to_be_bytes()].concat());
    assert_eq!(r[8..12], guest.pid().to_be_bytes());
    assert_eq!(&r[29..], [2u32.to_be_bytes().to_vec(), str("sleep"), str("1000")].concat());
}
