//! DIAL, relays and ports.
mod common;
use common::*;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixListener;
use std::thread;

fn dial(host: &mut Host, port: u16) -> u32 {
    host.open(14, &port.to_be_bytes())
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn dialling_carries_both_ways_and_ends_by_halves() {
    let guest = Guest::start();
    let mut host = guest.connect();
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let listener = match TcpListener::bind(address) {
            Ok(listener) => listener,
            Err(_) => {
                println!("no {} here: skipped", address);
                continue;
            }
        };
        let id = dial(&mut host, listener.local_addr().unwrap().port());
        let echo = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut all = Vec::new();
            stream.read_to_end(&mut all).unwrap();
            // Only now, after the other half has ended.
            stream.write_all(&all).unwrap();
        });
        assert_eq!(host.event(id), [5]);
        let text: Vec<u8> = (0..2_000_000u32).map(|i| (i % 249) as u8).collect();
        host.feed(id, &text);
        let outcome = host.finish(id);
        assert!(outcome.out == text);
        assert_eq!((outcome.result(), outcome.eofs.as_slice()), (&b""[..], &[1][..]));
        echo.join().unwrap();
    }
}

#[test]
fn a_closed_port_refuses() {
    let guest = Guest::start();
    let mut host = guest.connect();
    let id = dial(&mut host, free_port());
    assert_eq!(host.finish(id).code(), 14);
}

#[test]
fn a_port_that_sends_waits_for_credit() {
    let guest = Guest::start();
    let mut host = guest.connect();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let id = dial(&mut host, listener.local_addr().unwrap().port());
    let sender = thread::spawn(move || listener.accept().unwrap().0.write_all(&vec![3; 4_000_000]));
    assert_eq!(host.event(id), [5]);
    let mut got = 0;
    while got < 262_144 {
        got += host.next(id).payload.len() - 1;
    }
    assert_eq!(got, 262_144);
    host.ping();
    host.grant(id, 1, 262_144);
    host.send(kind::EOF, id, &[0]);
    assert_eq!(host.finish(id).out.len(), 4_000_000 - 262_144);
    sender.join().unwrap().unwrap();
}

#[test]
fn relays_carry_to_their_socket() {
    let port = free_port();
    let guest = Guest::prepared(&[], |command, dir| {
        command.arg("--relay").arg(format!("{}={}", port, dir.str("gw")));
    });
    let _host = guest.connect();
    // Nobody answers: reset at once.
    let mut refused = TcpStream::connect(("127.0.0.1", port)).unwrap();
    assert_eq!(refused.read(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    let listener = UnixListener::bind(guest.dir.join("gw")).unwrap();
    let server = thread::spawn(move || {
        let handlers: Vec<_> = (0..20)
            .map(|_| {
                let (mut stream, _) = listener.accept().unwrap();
                thread::spawn(move || {
                    let mut all = Vec::new();
                    stream.read_to_end(&mut all).unwrap();
                    all.reverse();
                    stream.write_all(&all).unwrap();
                })
            })
            .collect();
        handlers.into_iter().for_each(|h| h.join().unwrap());
    });
    let clients: Vec<_> = (0..20u8)
        .map(|i| {
            thread::spawn(move || {
                let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                let text: Vec<u8> = (0..700_000u32).map(|n| (n % 241) as u8 ^ i).collect();
                stream.write_all(&text).unwrap();
                stream.shutdown(std::net::Shutdown::Write).unwrap();
                let mut back = Vec::new();
                stream.read_to_end(&mut back).unwrap();
                back.reverse();
                assert!(back == text);
            })
        })
        .collect();
    clients.into_iter().for_each(|c| c.join().unwrap());
    server.join().unwrap();
}

#[test]
fn a_relay_does_not_swallow_what_nobody_takes() {
    let port = free_port();
    let guest = Guest::prepared(&[], |command, dir| {
        command.arg("--relay").arg(format!("{}={}", port, dir.str("gw")));
    });
    let mut host = guest.connect();
    let listener = UnixListener::bind(guest.dir.join("gw")).unwrap();
    let mut client = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let (server, _) = listener.accept().unwrap();
    client.set_nonblocking(true).unwrap();
    let mut sent = 0;
    let mut quiet = 0;
    while quiet < 50 {
        match client.write(&[0; 65536]) {
            Ok(n) => sent += n,
            Err(_) => {
                quiet += 1;
                host.ping();
            }
        }
        assert!(sent < 64 << 20, "the relay takes everything");
    }
    drop(server);
}

#[test]
fn listening_ports_are_listed() {
    let guest = Guest::start();
    let mut host = guest.connect();
    let ours = [TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("0.0.0.0:0").unwrap()];
    let outcome = host.run(20, &[]);
    let r = outcome.result();
    let ports: Vec<u16> = r[4..].chunks(2).map(|c| u16::from_be_bytes([c[0], c[1]])).collect();
    assert_eq!(u32::from_be_bytes(r[..4].try_into().unwrap()) as usize, ports.len());
    assert!(ports.windows(2).all(|w| w[0] < w[1]));
    assert!(ours.iter().all(|l| ports.contains(&l.local_addr().unwrap().port())));
}
