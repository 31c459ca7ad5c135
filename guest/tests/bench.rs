//! Timings, not assertions: `cargo test --release --test bench -- --ignored --nocapture --test-threads 1`.
mod common;
use common::ops::*;
use common::*;
use std::time::Instant;

fn show(what: &str, mut samples: Vec<f64>, unit: &str) {
    samples.sort_by(|a, b| a.partial_cmp(b).unwrap());
    let at = |p: usize| samples[(samples.len() - 1) * p / 100];
    println!("{:24} p50 {:.3} p95 {:.3} p99 {:.3} {} (n={})", what, at(50), at(95), at(99), unit, samples.len());
}

fn time(n: usize, mut work: impl FnMut()) -> Vec<f64> {
    (0..n)
        .map(|_| {
            let begun = Instant::now();
            work();
            begun.elapsed().as_secs_f64() * 1e3
        })
        .collect()
}

#[test]
#[ignore]
fn round_trips() {
    let guest = Guest::start();
    let mut host = guest.connect();
    show("PING", time(3000, || host.ping()), "ms");
    show("STAT /", time(3000, || drop(stat(&mut host, "/", true))), "ms");
    let exec = Exec::new(&["/bin/true"]);
    show("EXEC /bin/true", time(2000, || drop(exec.run(&mut host))), "ms");
    let spawn = || assert!(std::process::Command::new("/bin/true").status().unwrap().success());
    show("(Command /bin/true)", time(1000, spawn), "ms");
    drop(exec.clone());
    let smaps = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", guest.pid())).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(400));
    let idle = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", guest.pid())).unwrap();
    for (when, text) in [("after work", smaps), ("idle", idle)] {
        let lines: Vec<&str> =
            text.lines().filter(|l| l.starts_with("Pss:") || l.starts_with("Private_Dirty:")).collect();
        println!("{:24} {}", when, lines.join("  "));
    }
}

#[test]
#[ignore]
fn throughput() {
    use std::io::{Read, Write};
    const SIZE: usize = 1 << 30;
    let guest = Guest::start();
    let dir = TempDir::within(std::path::Path::new("/dev/shm")).unwrap();
    let path = dir.str("f");
    let mut host = guest.connect();
    let head = |host: &mut Host, operation: u16, arguments: Vec<u8>| host.open(operation, &arguments);
    for round in 0..3 {
        // With credit beforehand and bytes thrown away: the guest's speed, not the test's.
        let id = open_write(&mut host, &path, 0, KEEP);
        let begun = Instant::now();
        let data = frame(kind::DATA, id, &vec![0; 131_073]);
        let mut reader = host.raw_stream().try_clone().unwrap();
        let mut writer = host.raw_stream().try_clone().unwrap();
        let (mut credit, mut sent) = (262_144i64, 0);
        let mut answers = Vec::new();
        while sent < SIZE {
            while credit < 131_072 {
                let mut piece = [0; 4096];
                let n = reader.read(&mut piece).unwrap();
                answers.extend_from_slice(&piece[..n]);
                while answers.len() >= 4 {
                    let len = u32::from_be_bytes(answers[..4].try_into().unwrap()) as usize + 4;
                    if answers.len() < len {
                        break;
                    }
                    if answers[4] == kind::CREDIT {
                        credit += i64::from(u32::from_be_bytes(answers[10..14].try_into().unwrap()));
                    }
                    answers.drain(..len);
                }
            }
            writer.write_all(&data).unwrap();
            sent += 131_072;
            credit -= 131_072;
        }
        host.send(kind::EOF, id, &[0]);
        assert_eq!(host.finish(id).count() as usize, SIZE);
        let write = SIZE as f64 / begun.elapsed().as_secs_f64() / 1e9;
        let id = head(&mut host, 2, [str(&path), vec![0; 8], vec![255; 8]].concat());
        let begun = Instant::now();
        let mut buffer = vec![0; 1 << 20];
        let (mut total, mut owed) = (0usize, 0usize);
        while total < SIZE {
            let n = reader.read(&mut buffer).unwrap();
            total += n;
            owed += n;
            if owed >= 100_000 {
                // Frame heads are counted as if they were data: a little more credit than is due.
                host.grant(id, 1, owed as u32);
                owed = 0;
            }
        }
        let read = SIZE as f64 / begun.elapsed().as_secs_f64() / 1e9;
        println!("round {}: WRITE {:.2} GB/s, READ {:.2} GB/s", round, write, read);
        drop(host);
        host = guest.connect();
    }
}
