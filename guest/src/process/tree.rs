//! Killing a whole tree, also one that forks faster than it can be looked at: everything found is stopped
//! first, and only when a look finds nothing that still runs is it killed.
use super::table::{self, Process};
use crate::sys::process::kill;
use crate::sys::{SIGCONT, SIGKILL, SIGSTOP};
use crate::world::World;
use std::collections::BTreeSet;

pub enum Prey {
    /// What is below this supervisor.
    Below(i32),
    /// The guest's children that are no supervisors, with all below them.
    Strays,
    Everything,
}

pub struct Hunt {
    prey: Prey,
    stopped: BTreeSet<i32>,
}

impl Hunt {
    pub fn new(prey: Prey) -> Hunt {
        Hunt { prey, stopped: BTreeSet::new() }
    }

    /// One round; `true` when nothing is left. Otherwise the dying need a moment until the next.
    pub fn round(&mut self, world: &World) -> bool {
        self.wake_supervisor();
        let nothing_left = self.stop_and_kill(world);
        if nothing_left {
            // Something below may have stopped it after it was woken, and just before it was killed itself.
            self.wake_supervisor();
        }
        nothing_left
    }

    /// A supervisor that the command has stopped could not reap.
    fn wake_supervisor(&self) {
        if let Prey::Below(supervisor) = self.prey {
            let _ = kill(supervisor, SIGCONT);
        }
    }

    fn stop_and_kill(&mut self, world: &World) -> bool {
        const LOOKS: usize = 32;
        for _ in 0..LOOKS {
            let alive = self.alive(world);
            if alive.is_empty() {
                return true;
            }
            let mut fresh = false;
            for pid in &alive {
                if self.stopped.insert(*pid) {
                    fresh = true;
                    let _ = kill(*pid, SIGSTOP);
                }
            }
            if !fresh {
                for pid in alive {
                    let _ = kill(pid, SIGKILL);
                }
                break;
            }
        }
        self.alive(world).is_empty()
    }

    fn alive(&self, world: &World) -> Vec<i32> {
        let found = match self.prey {
            Prey::Below(supervisor) => table::below(&table::all(), supervisor),
            Prey::Strays => strays(world),
            Prey::Everything => table::everything(world),
        };
        found.iter().filter(|p| !p.is_dead()).map(|p| p.pid).collect()
    }
}

fn strays(world: &World) -> Vec<Process> {
    let all = table::all();
    let mut found = Vec::new();
    for child in all.iter().filter(|p| p.parent == world.config.pid && !world.supervisors.contains_key(&p.pid)) {
        found.push(*child);
        found.extend(table::below(&all, child.pid));
    }
    found
}

/// Kills everything, as the last thing the guest does.
pub fn end_everything(world: &World) {
    if world.config.init {
        // The kernel kills whatever is left of a pid namespace when its first process ends.
        let _ = kill(-1, SIGKILL);
        return;
    }
    let until = std::time::Instant::now() + std::time::Duration::from_secs(5);
    let mut hunt = Hunt::new(Prey::Everything);
    while !hunt.round(world) && std::time::Instant::now() < until {
        while let Ok(Some(_)) = crate::sys::process::wait_any(crate::sys::WNOHANG) {}
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
}
