//! A look at all processes through `/proc`. The list of children that the kernel keeps per thread would be
//! faster in a crowd, but not every kernel has it, and a sandbox is no crowd.
use crate::world::World;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::os::raw::c_ulong;

extern "C" {
    fn getauxval(kind: c_ulong) -> c_ulong;
}

#[derive(Clone, Copy)]
pub struct Process {
    pub pid: i32,
    pub parent: i32,
    pub state: u8,
    /// Clock ticks of its own, and of the children it has reaped.
    own_ticks: u64,
    reaped_ticks: u64,
    pages: u64,
}

impl Process {
    pub fn is_dead(&self) -> bool {
        matches!(self.state, b'Z' | b'X' | b'x')
    }

    pub fn is_stopped(&self) -> bool {
        matches!(self.state, b'T' | b't')
    }

    pub fn cpu_us(&self) -> u64 {
        // User space always sees 100 ticks a second.
        self.own_ticks * 10_000
    }

    pub fn cpu_with_reaped_us(&self) -> u64 {
        (self.own_ticks + self.reaped_ticks) * 10_000
    }

    pub fn resident(&self) -> u64 {
        const AT_PAGESZ: c_ulong = 6;
        self.pages * unsafe { getauxval(AT_PAGESZ) }
    }
}

/// Every process in sight.
pub fn all() -> Vec<Process> {
    let entries = match std::fs::read_dir("/proc") {
        Ok(entries) => entries,
        Err(_) => return Vec::new(),
    };
    entries.flatten().filter_map(|e| e.file_name().to_str()?.parse().ok()).filter_map(one).collect()
}

pub fn one(pid: i32) -> Option<Process> {
    let mut text = [0u8; 1024];
    let n = File::open(format!("/proc/{}/stat", pid)).ok()?.read(&mut text).ok()?;
    parse(pid, &text[..n])
}

fn parse(pid: i32, text: &[u8]) -> Option<Process> {
    // The name in parentheses may contain anything, parentheses and spaces too.
    let name_end = text.iter().rposition(|b| *b == b')')?;
    let rest = std::str::from_utf8(text.get(name_end + 2..)?).ok()?;
    let fields: Vec<&str> = rest.split(' ').collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    Some(Process {
        pid,
        state: *fields.first()?.as_bytes().first()?,
        parent: fields.get(1)?.parse().ok()?,
        own_ticks: number(11)? + number(12)?,
        reaped_ticks: number(13)? + number(14)?,
        pages: number(21)?,
    })
}

/// The descendants of `root` among `all`, without it.
pub fn below(all: &[Process], root: i32) -> Vec<Process> {
    let mut children: BTreeMap<i32, Vec<&Process>> = BTreeMap::new();
    for process in all {
        children.entry(process.parent).or_default().push(process);
    }
    let mut found: Vec<Process> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut parents = vec![root];
    while let Some(parent) = parents.pop() {
        for child in children.get(&parent).into_iter().flatten() {
            // The snapshot is not atomic: reused numbers could make it circular.
            if seen.insert(child.pid) {
                found.push(**child);
                parents.push(child.pid);
            }
        }
    }
    found
}

/// Everything the guest answers for, without the guest and its supervisors.
pub fn charges(world: &World) -> Vec<Process> {
    let mut processes = everything(world);
    processes.retain(|p| !world.supervisors.contains_key(&p.pid));
    processes
}

/// Everything the guest answers for, supervisors included.
pub fn everything(world: &World) -> Vec<Process> {
    let mut processes = all();
    if !world.config.init {
        return below(&processes, world.config.pid);
    }
    processes.retain(|p| p.pid != world.config.pid);
    processes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_forge_fields() {
        let line = b"42 (a) Z 1 (x)) S 7 1 1 0 -1 4 0 0 0 0 3 4 5 6 20 0 1 0 9 4096 12 0";
        let p = parse(42, line).unwrap();
        assert_eq!((p.parent, p.state, p.cpu_us(), p.cpu_with_reaped_us(), p.pages), (7, b'S', 70_000, 180_000, 12));
        assert!(parse(1, b"1 (x").is_none());
    }

    #[test]
    fn descendants_are_found_and_circles_end() {
        let p = |pid, parent| Process { pid, parent, state: b'S', own_ticks: 0, reaped_ticks: 0, pages: 0 };
        let all = [p(2, 1), p(3, 2), p(4, 3), p(5, 1), p(6, 7), p(7, 6)];
        let mut pids: Vec<i32> = below(&all, 2).iter().map(|p| p.pid).collect();
        pids.sort_unstable();
        assert_eq!(pids, [3, 4]);
        assert_eq!(below(&all, 6).len(), 2);
    }
}
