//! From an OPEN frame to what does the work.
use crate::failure::{code, Failure};
use crate::job::Job;
use crate::poll::Token;
use crate::process::{freeze, metrics, ports};
use crate::wire::{Malformed, Reader};
use crate::world::World;
use crate::{exec, files, net, sys, tar, watch};
use std::ffi::CString;

pub enum Opened {
    Now(Result<Vec<u8>, Failure>),
    Job { job: Box<dyn Job>, takes_input: bool },
}

impl Opened {
    /// A job that takes nothing on channel 0, or the reason why there is none.
    pub fn source<J: Job + 'static>(made: Result<J, Failure>) -> Opened {
        Opened::made(made, false)
    }

    /// A job that is fed through channel 0.
    pub fn sink<J: Job + 'static>(made: Result<J, Failure>) -> Opened {
        Opened::made(made, true)
    }

    fn made<J: Job + 'static>(made: Result<J, Failure>, takes_input: bool) -> Opened {
        match made {
            Ok(job) => Opened::Job { job: Box::new(job), takes_input },
            Err(failure) => Opened::Now(Err(failure)),
        }
    }

    pub fn done(result: Result<(), Failure>) -> Opened {
        Opened::Now(result.map(|()| Vec::new()))
    }
}

pub fn open(world: &mut World, token: Token, r: &mut Reader) -> Result<Opened, Malformed> {
    let opened = match r.u16()? {
        1 => exec::open(world, token, r)?,
        2 => files::read::open(world, r)?,
        3 => files::write::open(world, r)?,
        4 => files::stat::open(world, r)?,
        5 => files::list::open(world, r)?,
        6 => files::make::directory(world, r)?,
        7 => files::remove::open(world, r)?,
        8 => files::mv::open(world, r)?,
        9 => files::make::chmod(world, r)?,
        10 => files::make::symlink(world, r)?,
        11 => tar::pack::open(world, r)?,
        12 => tar::unpack::open(world, r)?,
        13 => watch::open(world, token, r)?,
        14 => net::dial::open(world, token, r)?,
        15 => Opened::Now(metrics::metrics(world)),
        16 => {
            let ms = r.u64()?;
            Opened::done(sys::arm(&world.deadline, ms).map_err(|e| Failure::os(&e, "deadline")))
        }
        17 => Opened::source(Ok(freeze::Freeze::new())),
        18 => {
            freeze::thaw(world);
            Opened::done(Ok(()))
        }
        19 => {
            world.exit = Some(0);
            Opened::done(Ok(()))
        }
        20 => Opened::Now(Ok(ports::ports())),
        21 => Opened::Now(Ok(metrics::processes(world))),
        22 => files::attributes::get(world, r)?,
        23 => files::attributes::set(world, r)?,
        // Its arguments cannot be checked.
        other => return Ok(Opened::Now(Err(Failure::new(code::UNSUPPORTED, format!("no operation {}", other))))),
    };
    r.end()?;
    Ok(opened)
}

pub fn c_string(bytes: &[u8]) -> Result<CString, Failure> {
    CString::new(bytes).map_err(|_| Failure::new(code::INVALID, "a NUL byte"))
}

/// A path from a frame; relative ones start at the working directory.
pub fn path(world: &World, bytes: &[u8]) -> Result<CString, Failure> {
    if bytes.is_empty() {
        return Err(Failure::new(code::INVALID, "an empty path"));
    }
    if bytes[0] == b'/' {
        c_string(bytes)
    } else {
        c_string(&[&world.config.workdir, &b"/"[..], bytes].concat())
    }
}
