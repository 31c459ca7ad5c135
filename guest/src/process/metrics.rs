//! What the sandbox uses, and what runs in it.
use super::table;
use crate::failure::Failure;
use crate::sys::fs;
use crate::wire::Writer;
use crate::world::World;
use std::ffi::CString;
use std::fs::File;
use std::io::Read;

pub fn metrics(world: &World) -> Result<Vec<u8>, Failure> {
    let charges: Vec<_> = table::charges(world).into_iter().filter(|p| !p.is_dead()).collect();
    // Time of processes that have ended is with whoever reaped them, the supervisors and the guest at last.
    let mut cpu: u64 = table::everything(world).iter().map(|p| p.cpu_with_reaped_us()).sum();
    cpu += table::one(world.config.pid).map_or(0, |p| p.cpu_with_reaped_us());
    let workdir = CString::new(world.config.workdir.clone()).unwrap_or_default();
    let (used, total) = fs::disk(&workdir).unwrap_or((0, 0));
    let mut out = Vec::new();
    out.u32(charges.len() as u32);
    out.u64(charges.iter().map(|p| p.resident()).sum());
    out.u64(cpu);
    out.u64(used);
    out.u64(total);
    out.u64(world.config.started.elapsed().as_millis() as u64);
    Ok(out)
}

pub fn processes(world: &World) -> Vec<u8> {
    // All of it is one frame: a command that calls itself by a novel must not make it too long.
    const ARGUMENTS: u64 = 4096;
    const FRAME: usize = 1_000_000;
    let mut out = Vec::new();
    let mut count = 0;
    out.u32(0);
    for process in table::charges(world) {
        let room = (FRAME.saturating_sub(out.len()) / 8) as u64;
        if room < 128 {
            break;
        }
        let supervised = world.supervisors.contains_key(&process.parent);
        let parent = if supervised { world.config.pid } else { process.parent };
        out.u32(process.pid as u32);
        out.u32(parent as u32);
        out.u8(process.state);
        out.u64(process.resident());
        out.u64(process.cpu_us());
        let mut line = Vec::new();
        if let Ok(file) = File::open(format!("/proc/{}/cmdline", process.pid)) {
            let _ = file.take(ARGUMENTS.min(room)).read_to_end(&mut line);
        }
        if line.last() == Some(&0) {
            line.pop();
        }
        let arguments: Vec<&[u8]> = if line.is_empty() { Vec::new() } else { line.split(|b| *b == 0).collect() };
        out.u32(arguments.len() as u32);
        arguments.iter().for_each(|argument| out.str(argument));
        count += 1;
    }
    out[..4].copy_from_slice(&u32::to_be_bytes(count));
    out
}
