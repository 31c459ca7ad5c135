//! `dunes-guest`: the one process Dunes owns inside a sandbox, and the small step on the host before it.
mod bridge;
mod buffer;
mod confine;
mod connection;
mod engine;
mod exec;
mod failure;
mod files;
mod guest;
mod input;
mod job;
mod launch;
mod net;
mod open;
mod output;
mod poll;
mod process;
mod sys;
mod tar;
mod timers;
mod watch;
mod wire;
mod world;

fn main() {
    let mut arguments = std::env::args_os().skip(1);
    let verb = arguments.next().unwrap_or_default();
    let status = match verb.to_str() {
        Some("guest") => guest::main(arguments),
        Some("connect") => bridge::main(arguments),
        Some("launch") => launch::main(arguments),
        Some("unpack") => tar::layer::main(arguments),
        Some("--version") => {
            println!("dunes-guest {} protocol {}", env!("CARGO_PKG_VERSION"), wire::VERSION);
            0
        }
        _ => {
            eprintln!(
                "usage: dunes-guest guest OPTIONS | connect SOCKET | launch OPTIONS -- PROGRAM ARGUMENTS | unpack OPTIONS | --version"
            );
            guest::USAGE_STATUS
        }
    };
    std::process::exit(status);
}
