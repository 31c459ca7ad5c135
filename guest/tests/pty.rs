//! Terminals.
mod common;
use common::ops::*;
use common::*;

/// Reads until the output ends with this.
fn expect(host: &mut Host, id: u32, end: &str) -> String {
    let mut text = String::new();
    while !text.ends_with(end) {
        let frame = host.next(id);
        assert_eq!(frame.kind, kind::DATA, "{:?} after {:?}", frame, text);
        assert_eq!(frame.payload[0], 1);
        text.push_str(std::str::from_utf8(&frame.payload[1..]).unwrap());
    }
    text
}

fn type_in(host: &mut Host, id: u32, text: &str) {
    host.send(kind::DATA, id, &[&[0], text.as_bytes()].concat());
}

#[test]
fn it_is_a_controlling_terminal_of_the_given_size() {
    let guest = Guest::start();
    let mut host = guest.connect();
    let script = "test -t 0 && test -t 1 && test -t 2 && echo yes > /dev/tty; stty size; echo err >&2";
    let outcome = Exec::sh(script).flags(PTY | STDIN).size(101, 37).run(&mut host);
    assert_eq!(outcome.text(), "yes\r\n37 101\r\nerr\r\n");
    assert_eq!((outcome.err.len(), outcome.eofs.as_slice()), (0, &[1][..]));
    let outcome = Exec::sh("stty size").flags(PTY).run(&mut host);
    assert_eq!(outcome.text(), "24 80\r\n");
}

#[test]
fn control_c_interrupts_and_control_d_ends() {
    let guest = Guest::start();
    let mut host = guest.connect();
    let (id, _) = Exec::sh("echo ready; exec sleep 1000").flags(PTY | STDIN).start(&mut host);
    expect(&mut host, id, "ready\r\n");
    type_in(&mut host, id, "\x03");
    let exit = host.finish(id).exit();
    assert_eq!((exit.how, exit.code), (1, 2));
    let (id, _) = Exec::sh("stty -echo; echo ready; cat; echo bye").flags(PTY | STDIN).start(&mut host);
    expect(&mut host, id, "ready\r\n");
    type_in(&mut host, id, "line\n");
    expect(&mut host, id, "line\r\n");
    host.send(kind::EOF, id, &[0]);
    assert_eq!(host.finish(id).text(), "bye\r\n");
}

#[test]
fn a_resize_is_noticed() {
    let guest = Guest::start();
    let mut host = guest.connect();
    let script = "trap 'stty size; exit 4' WINCH; echo ready; while :; do sleep 0.01; done";
    let (id, _) = Exec::sh(script).flags(PTY | STDIN).size(80, 24).start(&mut host);
    expect(&mut host, id, "ready\r\n");
    host.send(kind::CONTROL, id, &[2, 0, 132, 0, 50]);
    let outcome = host.finish(id);
    assert_eq!((outcome.text().as_str(), outcome.exit().code), ("50 132\r\n", 4));
}

#[test]
fn all_output_arrives() {
    let guest = Guest::start();
    let mut host = guest.connect();
    for _ in 0..20 {
        let outcome = Exec::sh("seq 1 20000").flags(PTY).run(&mut host);
        assert!(outcome.text().ends_with("\r\n20000\r\n"));
        assert_eq!(outcome.out.len(), 108_894 + 20_000);
    }
}

#[test]
fn long_typing_is_bounded_by_credit() {
    let guest = Guest::start();
    let mut host = guest.connect();
    let (id, _) =
        Exec::sh("stty raw -echo; echo ready; exec head -c 1500000 | cksum").flags(PTY | STDIN).start(&mut host);
    expect(&mut host, id, "ready\n");
    let text = vec![b'k'; 1_500_000];
    host.feed_open(id, &text);
    std::fs::write(guest.dir.join("k"), &text).unwrap();
    let outcome = host.finish(id);
    assert_eq!(outcome.text(), sh(&mut host, "cksum < k"));
}

#[test]
fn losing_the_connection_hangs_up() {
    let guest = Guest::start();
    let mut host = guest.connect();
    let (id, main) = Exec::sh("trap '' HUP; echo ready; sleep 1000").flags(PTY | STDIN).start(&mut host);
    expect(&mut host, id, "ready\r\n");
    drop(host);
    wait_for("its end", || if is_alive(main) { None } else { Some(()) });
}

#[test]
fn children_keep_the_terminal_but_not_the_result() {
    let guest = Guest::start();
    let mut host = guest.connect();
    let script = "trap '' HUP; (echo $$ > x; exec sh -c 'echo $$ > bg; while :; do echo y; done') & while [ ! -s bg ]; do :; done; exit 6";
    let outcome = Exec::sh(script).flags(PTY).run(&mut host);
    assert_eq!(outcome.exit().code, 6);
    let background = pid_in(&guest.dir.join("bg"));
    host.ping();
    assert!(is_alive(background));
}
