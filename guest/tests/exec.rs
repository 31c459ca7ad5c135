//! Commands: output, input, ends, environments, errors.
mod common;
use common::ops::*;
use common::*;

#[test]
fn a_command_tells_its_start_output_and_end() {
    let guest = Guest::start();
    let mut host = guest.connect();
    assert_eq!(host.guest_pid, guest.pid());
    let outcome = Exec::sh("echo out; echo err >&2; exit 7").run(&mut host);
    assert_eq!((outcome.out.as_slice(), outcome.err.as_slice()), (&b"out\n"[..], &b"err\n"[..]));
    assert!(outcome.eofs == [1, 2] || outcome.eofs == [2, 1]);
    assert_eq!((outcome.events.len(), outcome.events[0][0]), (1, 1));
    let exit = outcome.exit();
    assert_eq!((exit.how, exit.code, exit.timed_out), (0, 7, false));
    assert!(exit.wall_us > 0 && exit.max_rss > 100_000);
}

#[test]
fn a_signal_is_told_from_an_exit() {
    let guest = Guest::start();
    let mut host = guest.connect();
    let exit = Exec::sh("kill -TERM $$").run(&mut host).exit();
    assert_eq!((exit.how, exit.code, exit.timed_out), (1, 15, false));
}

#[test]
fn usage_is_that_of_the_main_process() {
    let guest = Guest::start();
    let exit = Exec::sh("i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done").run(&mut guest.connect()).exit();
    assert!(exit.user_us + exit.system_us > 10_000, "{:?}", exit);
    assert!(exit.wall_us + 1000 >= exit.user_us, "{:?}", exit);
}

#[test]
fn children_get_nothing_but_their_standard_streams() {
    let guest = Guest::start();
    let mut host = guest.connect();
    let mut other = guest.connect();
    let _held = Exec::new(&["sleep", "100"]).start(&mut other);
    for flags in [0, STDIN, PTY | STDIN] {
        let outcome =
            Exec::sh("ls /proc/self/fd | tr -d '\\r' | grep -v '^3$' | tr '\\n' ' '; test ! -e /proc/$$/fd/3; echo $?")
                .flags(flags)
                .run(&mut host);
        assert_eq!(outcome.text().replace('\r', ""), "0 1 2 0\n");
    }
}

#[test]
fn children_start_with_a_clean_slate() {
    let guest = Guest::start();
    let mut host = guest.connect();
    assert_eq!(sh(&mut host, "umask"), "0022\n");
    let status = Exec::new(&["cat", "/proc/self/status"]).run(&mut host).text();
    for line in ["SigBlk:\t0000000000000000\n", "SigIgn:\t0000000000000000\n"] {
        assert!(status.contains(line), "{}", status);
    }
    let score: i32 = sh(&mut host, "cat /proc/self/oom_score_adj").trim().parse().unwrap();
    assert!(score >= 500);
    let limits = sh(&mut host, "ulimit -Sn; ulimit -Hn");
    let own = std::process::Command::new("sh").args(["-c", "ulimit -Sn; ulimit -Hn"]).output().unwrap();
    assert_eq!(limits, String::from_utf8(own.stdout).unwrap());
}

#[test]
fn the_session_is_the_commands_own() {
    let guest = Guest::start();
    let (id, pid) = Exec::new(&["cat"]).flags(STDIN).start(&mut guest.connect());
    let _ = id;
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid)).unwrap();
    let fields: Vec<&str> = stat[stat.rfind(')').unwrap() + 2..].split(' ').collect();
    assert_eq!((fields[2], fields[3]), (pid.to_string().as_str(), pid.to_string().as_str()));
}

#[test]
fn environments_are_layered() {
    let guest = Guest::prepared(&[], |command, _| {
        command.env_clear().env("BASE", "b").env("BOTH", "x").env("PATH", "/usr/bin:/bin");
    });
    let mut host = guest.connect();
    let with = |flags| Exec::new(&["env"]).flags(flags).env("BOTH", "y").env("PATH", "/bin:/usr/bin");
    assert_eq!(with(0).run(&mut host).text(), "BASE=b\nBOTH=y\nPATH=/bin:/usr/bin\n");
    assert_eq!(with(BARE_ENV).run(&mut host).text(), "BOTH=y\nPATH=/bin:/usr/bin\n");
    assert_eq!(Exec::new(&["env"]).env("A=B", "").run(&mut host).code(), 1);
}

#[test]
fn programs_are_found_along_the_path() {
    let guest = Guest::start();
    let mut host = guest.connect();
    for (dir, mode) in [("one", 0o644), ("two", 0o755)] {
        std::fs::create_dir(guest.dir.join(dir)).unwrap();
        write(&mut host, &guest.dir.str(&format!("{}/prog", dir)), 0, mode, b"#!/bin/sh\necho found\n");
    }
    let path = format!("{}:{}", guest.dir.str("one"), guest.dir.str("two"));
    assert_eq!(Exec::new(&["prog"]).env("PATH", &path).run(&mut host).text(), "found\n");
    let only = Exec::new(&["prog"]).env("PATH", &guest.dir.str("one")).run(&mut host);
    assert_eq!(only.code(), 12);
    assert_eq!(Exec::new(&["./two/prog"]).run(&mut host).text(), "found\n");
}

#[test]
fn what_cannot_start_says_why() {
    let guest = Guest::start();
    let mut host = guest.connect();
    assert_eq!(Exec::new(&["no-such-command"]).run(&mut host).code(), 11);
    assert_eq!(Exec::new(&["/no/such/file"]).run(&mut host).code(), 11);
    assert_eq!(Exec::new(&["/etc/passwd"]).run(&mut host).code(), 12);
    assert_eq!(Exec::new(&["/tmp"]).run(&mut host).code(), 12);
    assert_eq!(Exec::new(&["true"]).cwd("/no/such").run(&mut host).code(), 13);
    assert_eq!(Exec::new(&["true"]).cwd("/etc/passwd").run(&mut host).code(), 13);
    assert_eq!(Exec::new(&[]).run(&mut host).code(), 1);
    assert_eq!(Exec::new(&[""]).run(&mut host).code(), 1);
    assert_eq!(Exec::new(&["true", "a\0b"]).run(&mut host).code(), 1);
    assert_eq!(Exec::new(&["true"]).flags(1 << 20).run(&mut host).code(), 1);
    let long = "x".repeat(200_000);
    assert_eq!(Exec::new(&["true", &long]).run(&mut host).code(), 18);
    // And the guest is none the worse.
    assert_eq!(sh(&mut host, "echo fine"), "fine\n");
}

#[test]
fn the_working_directory_is_the_guests_unless_given() {
    let guest = Guest::start();
    let mut host = guest.connect();
    assert_eq!(Exec::new(&["pwd"]).run(&mut host).text().trim(), guest.dir.path().to_str().unwrap());
    assert_eq!(Exec::new(&["pwd"]).cwd("/usr").run(&mut host).text(), "/usr\n");
}

#[test]
fn users() {
    let guest = Guest::with(&["--user", "agent"]);
    let mut host = guest.connect();
    let id = |user: &str| Exec::new(&["id", "-u"]).user(user);
    let own = id("").run(&mut host).text();
    assert_eq!(id("agent").run(&mut host).text(), own);
    assert_eq!(id(own.trim()).run(&mut host).text(), own);
    let unknown = id("bob-the-unknown").run(&mut host);
    assert_eq!(unknown.end, End::Error(10, 0, "unknown user 'bob-the-unknown'".to_string()));
    let daemon = Exec::sh("id -u; id -g; echo $HOME $USER $LOGNAME").user("daemon").run(&mut host);
    if own.trim() == "0" {
        assert_eq!(daemon.text(), "1\n1\n/usr/sbin daemon daemon\n");
        assert_eq!(id("1").run(&mut host).text(), "1\n");
        assert_eq!(id("root").run(&mut host).text(), "0\n");
    } else {
        assert_eq!(daemon.code(), 6);
    }
}

#[test]
fn input_reaches_the_command_and_ends() {
    let guest = Guest::start();
    let mut host = guest.connect();
    let text: Vec<u8> = (0..3_000_000u32).map(|i| (i % 251) as u8).collect();
    // A digest answers only at the end: all of the input must have passed under credit.
    let id = Exec::new(&["cksum"]).flags(STDIN).open(&mut host);
    host.feed(id, &text);
    let guests = host.finish(id).text();
    std::fs::write(guest.dir.join("text"), &text).unwrap();
    assert_eq!(guests, sh(&mut host, "cksum < text"));
    let id = Exec::new(&["cat"]).flags(STDIN).open(&mut host);
    host.feed(id, b"");
    assert_eq!(host.finish(id).exit().code, 0);
}

#[test]
fn input_nobody_reads_is_no_error() {
    let guest = Guest::start();
    let mut host = guest.connect();
    let text = vec![b'x'; 2_000_000];
    let id = Exec::sh("exec <&-; sleep 0.1; echo done").flags(STDIN).open(&mut host);
    host.feed(id, &text);
    assert_eq!(host.finish(id).text(), "done\n");
    let id = Exec::new(&["true"]).flags(STDIN).open(&mut host);
    host.feed(id, &text);
    assert_eq!(host.finish(id).exit().code, 0);
    host.ping();
}

#[test]
fn without_stdin_the_input_is_empty() {
    let guest = Guest::start();
    let mut host = guest.connect();
    let outcome = Exec::new(&["cat"]).run(&mut host);
    assert_eq!((outcome.exit().code, outcome.out.len()), (0, 0));
}

#[test]
fn long_output_is_complete() {
    let guest = Guest::start();
    let mut host = guest.connect();
    let outcome = Exec::sh("yes 0123456789abcde | head -c 12000000; head -c 3000000 /dev/zero >&2").run(&mut host);
    assert_eq!((outcome.out.len(), outcome.err.len()), (12_000_000, 3_000_000));
    assert!(outcome.out.chunks(16).all(|c| c == b"0123456789abcde\n"));
}

#[test]
fn output_waits_for_credit() {
    let guest = Guest::start();
    let mut host = guest.connect();
    let id = Exec::sh("head -c 1000000 /dev/zero; echo end >&2").open(&mut host);
    let mut got = 0;
    while got < 262_144 {
        let frame = host.next(id);
        if frame.kind == kind::DATA {
            got += frame.payload.len() - 1;
        }
    }
    assert_eq!(got, 262_144);
    // Nothing more comes without credit, and the connection lives on.
    let other = Exec::new(&["echo", "other"]).run(&mut host);
    assert_eq!(other.text(), "other\n");
    host.ping();
    host.grant(id, 1, 1);
    let frame = host.next(id);
    assert_eq!((frame.kind, frame.payload.len()), (kind::DATA, 2));
    host.grant(id, 1, 2_000_000);
    assert_eq!(host.finish(id).out.len(), 1_000_000 - 262_145);
}

#[test]
fn children_that_keep_the_pipes_do_not_keep_the_result() {
    let guest = Guest::start();
    let mut host = guest.connect();
    let script = "echo first; sh -c 'echo $$ > bg; exec yes' & while [ ! -s bg ]; do :; done; exit 3";
    let outcome = Exec::sh(script).run(&mut host);
    assert_eq!(outcome.exit().code, 3);
    assert!(outcome.out.starts_with(b"first\n"));
    let background = pid_in(&guest.dir.join("bg"));
    // It is not killed, and its output is taken: it goes on writing.
    let written = || {
        let io = std::fs::read_to_string(format!("/proc/{}/io", background)).unwrap();
        io.lines().find_map(|l| l.strip_prefix("wchar: ")?.parse::<u64>().ok()).unwrap()
    };
    let before = written();
    wait_for("more output", || if written() > before + 1_000_000 { Some(()) } else { None });
    assert!(is_alive(background));
    drop(host);
    assert!(is_alive(background));
    let mut host = guest.connect();
    host.run(19, b"");
    wait_for("its end", || if is_alive(background) { None } else { Some(()) });
}

#[test]
fn signals_reach_the_main_process_or_the_tree() {
    let guest = Guest::start();
    let mut host = guest.connect();
    let (id, _) =
        Exec::sh("trap 'echo caught; exit 5' USR1; echo ready; while :; do sleep 0.01; done").start(&mut host);
    assert_eq!(host.next(id).payload, b"\x01ready\n");
    host.send(kind::CONTROL, id, &[1, 0, 0, 0, 10, 0]);
    let outcome = host.finish(id);
    assert_eq!((outcome.text().as_str(), outcome.exit().code), ("caught\n", 5));
    let script =
        "trap : USR1; (trap 'echo child >&2; exit' USR1; echo r; while :; do sleep 0.01; done) & wait; wait; echo all";
    let (id, _) = Exec::sh(script).start(&mut host);
    assert_eq!(host.next(id).payload, b"\x01r\n");
    host.send(kind::CONTROL, id, &[1, 0, 0, 0, 10, 1]);
    let outcome = host.finish(id);
    assert_eq!(outcome.text(), "all\n");
    assert!(outcome.err.ends_with(b"child\n"), "{:?}", outcome);
}

#[test]
fn many_commands_at_once() {
    let guest = Guest::start();
    let mut host = guest.connect();
    let ids: Vec<u32> = (0..60).map(|i| Exec::new(&["echo", &i.to_string()]).open(&mut host)).collect();
    for (i, id) in ids.into_iter().enumerate() {
        assert_eq!(host.finish(id).text(), format!("{}\n", i));
    }
    // Supervisors end with the last process below them, and nothing stays a zombie.
    let children = format!("/proc/{0}/task/{0}/children", guest.pid());
    wait_for("the last supervisor's end", || {
        let left = std::fs::read_to_string(&children).ok()?;
        if left.trim().is_empty() {
            Some(())
        } else {
            None
        }
    });
}
