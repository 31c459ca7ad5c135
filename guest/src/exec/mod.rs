//! Running commands.
mod command;
mod environment;
mod inlet;
mod leftover;
mod outlet;
mod plan;
mod pty;
mod supervisor;
mod user;

pub use plan::Oom;

use crate::failure::{code, Failure};
use crate::open::{c_string, Opened};
use crate::poll::Token;
use crate::wire::{Malformed, Reader};
use crate::world::World;

mod flag {
    pub const PTY: u32 = 1;
    pub const STDIN: u32 = 2;
    pub const DETACHED: u32 = 4;
    pub const BARE_ENV: u32 = 8;
}

pub struct Request<'a> {
    flags: u32,
    argv: Vec<&'a [u8]>,
    env: Vec<(&'a [u8], &'a [u8])>,
    cwd: &'a [u8],
    user: &'a [u8],
    timeout_ms: u64,
    columns: u16,
    rows: u16,
}

impl Request<'_> {
    fn has(&self, flag: u32) -> bool {
        self.flags & flag != 0
    }
}

pub fn open(world: &mut World, token: Token, r: &mut Reader) -> Result<Opened, Malformed> {
    let request = Request {
        flags: r.u32()?,
        argv: r.list(|r| r.str())?,
        env: r.list(|r| Ok((r.str()?, r.str()?)))?,
        cwd: r.str()?,
        user: r.str()?,
        timeout_ms: r.u64()?,
        columns: r.u16()?,
        rows: r.u16()?,
    };
    r.end()?;
    let takes_input = request.has(flag::STDIN);
    Ok(match start(world, token, &request) {
        Ok(command) => Opened::Job { job: Box::new(command), takes_input },
        Err(failure) => Opened::Now(Err(failure)),
    })
}

fn start(world: &mut World, token: Token, request: &Request) -> Result<command::Command, Failure> {
    const KNOWN: u32 = flag::PTY | flag::STDIN | flag::DETACHED | flag::BARE_ENV;
    if request.flags & !KNOWN != 0 {
        return Err(Failure::new(code::INVALID, "unknown flags"));
    }
    if request.argv.first().map_or(true, |name| name.is_empty()) {
        return Err(Failure::new(code::INVALID, "no command"));
    }
    let switch = user::resolve(&world.config, request.user)?;
    let env = environment::build(&world.config, request, switch.as_ref())?;
    let argv = request.argv.iter().map(|a| c_string(a)).collect::<Result<Vec<_>, _>>()?;
    let cwd = c_string(if request.cwd.is_empty() { &world.config.workdir } else { request.cwd })?;
    let candidates = environment::candidates(&argv[0], &env)?;
    let plan = plan::Plan { argv, env, cwd, candidates, switch, oom: world.config.oom, nofile: world.config.nofile };
    command::Command::start(world, token, request, plan)
}
