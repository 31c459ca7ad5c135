//! What all connections share.
use crate::buffer::Pool;
use crate::job::Job;
use crate::poll::{Poll, Token};
use crate::sys::process::Exit;
use crate::timers::Timers;
use std::collections::{BTreeMap, VecDeque};
use std::ffi::CString;
use std::os::unix::io::OwnedFd;
use std::time::Instant;

/// What stays as it was at the start.
pub struct Config {
    pub workdir: Vec<u8>,
    pub user: Option<Vec<u8>>,
    /// The guest really is process 1, so that everything in sight is its charge.
    pub init: bool,
    pub pid: i32,
    pub environment: Vec<CString>,
    pub started: Instant,
    /// The limit on descriptors that commands get back; the guest raised its own.
    pub nofile: (u64, u64),
    /// Commands must become dumpable for a moment to give themselves to the OOM killer.
    pub oom: crate::exec::Oom,
    pub dev_null: OwnedFd,
}

pub struct World {
    pub config: Config,
    pub poll: Poll,
    pub pool: Pool,
    pub timers: Timers,
    /// Streams (stream 0: connections) with something to do.
    pub ready: VecDeque<(u32, u32)>,
    /// Supervisors that live, and the streams they report to.
    pub supervisors: BTreeMap<i32, Token>,
    /// Commands whose supervisor was killed: they are the guest's own children now.
    pub stray_mains: BTreeMap<i32, Token>,
    /// What was reaped in this round.
    pub reaped: Vec<Exit>,
    pub deadline: OwnedFd,
    /// Jobs that lost their connection or outlived their stream.
    pub homeless: Vec<Box<dyn Job>>,
    /// Ends the program with this status after the present round.
    pub exit: Option<i32>,
}

impl World {
    pub fn wake(&mut self, conn: u32, stream: u32) {
        if !self.ready.contains(&(conn, stream)) {
            self.ready.push_back((conn, stream));
        }
    }
}
