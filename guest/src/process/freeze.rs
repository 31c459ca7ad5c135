//! Stops everything, and lets it go on.
use super::table;
use crate::failure::{code, Failure};
use crate::job::{Cx, Job, Turn};
use crate::sys::process::kill;
use crate::sys::{SIGCONT, SIGSTOP};
use crate::world::World;
use std::time::{Duration, Instant};

pub struct Freeze {
    until: Instant,
}

impl Freeze {
    pub fn new() -> Freeze {
        Freeze { until: Instant::now() + Duration::from_secs(5) }
    }
}

impl Job for Freeze {
    fn step(&mut self, cx: &mut Cx) -> Turn {
        let mut running = table::charges(cx.world);
        running.retain(|p| !p.is_dead() && !p.is_stopped());
        if running.is_empty() {
            return Turn::Done(Vec::new());
        }
        if Instant::now() >= self.until {
            return Turn::Fail(Failure::new(code::IO, format!("process {} does not stop", running[0].pid)));
        }
        for process in running {
            let _ = kill(process.pid, SIGSTOP);
        }
        cx.world.timers.set(Duration::from_millis(1), cx.token(0));
        Turn::Wait
    }
}

pub fn thaw(world: &World) {
    for process in table::charges(world) {
        let _ = kill(process.pid, SIGCONT);
    }
}
