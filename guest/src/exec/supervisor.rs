//! The process between the guest and a command. It is the reaper of everything below it, so that "the whole
//! tree" of a command stays known however often its processes fork and leave their session. It lives as long
//! as anything below it does, and tells the guest through a pipe what became of the command itself.
use super::plan::{Plan, Stage, Vectors};
use crate::sys::process::*;
use crate::sys::*;
use std::io;
use std::os::raw::{c_int, c_void};
use std::os::unix::io::RawFd;

pub enum Report {
    Started(i32),
    Failed(Stage, i32),
    Ended { outcome: (u8, u32), user_us: u64, system_us: u64, max_rss: u64 },
}

const WORDS: usize = 6;
pub const REPORT_BYTES: usize = WORDS * 8;

impl Report {
    fn words(&self) -> [u64; WORDS] {
        match *self {
            Report::Started(pid) => [0, pid as u64, 0, 0, 0, 0],
            Report::Failed(stage, errno) => [1, stage as u64, errno as u64, 0, 0, 0],
            Report::Ended { outcome: (how, value), user_us, system_us, max_rss } => {
                [2, u64::from(how), u64::from(value), user_us, system_us, max_rss]
            }
        }
    }

    pub fn parse(bytes: &[u8; REPORT_BYTES]) -> Report {
        let mut w = [0u64; WORDS];
        for (word, bytes) in w.iter_mut().zip(bytes.chunks_exact(8)) {
            *word = bytes.iter().rev().fold(0, |n, b| n << 8 | u64::from(*b));
        }
        match w[0] {
            0 => Report::Started(w[1] as i32),
            1 => Report::Failed(Stage::from_number(w[1]), w[2] as i32),
            _ => Report::Ended { outcome: (w[1] as u8, w[2] as u32), user_us: w[3], system_us: w[4], max_rss: w[5] },
        }
    }

    fn send(&self, fd: RawFd) {
        let mut bytes = [0u8; REPORT_BYTES];
        for (bytes, word) in bytes.chunks_exact_mut(8).zip(self.words()) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        // One write below PIPE_BUF is never split; without a reader there is nobody to tell.
        let _ = write(fd, &bytes);
    }
}

impl Report {
    pub fn of(exit: &Exit) -> Report {
        let usage = &exit.usage;
        Report::Ended {
            outcome: exit.outcome(),
            user_us: usage.user_us(),
            system_us: usage.system_us(),
            max_rss: usage.max_rss(),
        }
    }
}

struct Birth<'a> {
    plan: &'a Plan,
    vectors: &'a Vectors,
    stdio: [RawFd; 3],
    pty: bool,
    trouble: Option<(Stage, i32)>,
}

/// Forks the supervisor of a command; gives its pid.
pub fn spawn(plan: &Plan, stdio: [RawFd; 3], pty: bool, report: RawFd) -> io::Result<i32> {
    let vectors = Vectors::of(plan);
    match unsafe { fork_process() }? {
        Forked::Parent(pid) => Ok(pid),
        Forked::Child => supervise(Birth { plan, vectors: &vectors, stdio, pty, trouble: None }, report),
    }
}

fn supervise(mut birth: Birth, report: RawFd) -> ! {
    // Only what cannot be blocked reaches it.
    signal_mask(SIG_SETMASK, !0);
    let _ = prctl(PR_SET_CHILD_SUBREAPER, 1);
    let command = match bear(&mut birth) {
        Ok(pid) => pid,
        Err(e) => {
            Report::Failed(Stage::Fork, errno(&e)).send(report);
            exit_now(0);
        }
    };
    if let Some((stage, errno)) = birth.trouble {
        Report::Failed(stage, errno).send(report);
        exit_now(0);
    }
    Report::Started(command).send(report);
    // Descriptors of the guest held here would keep pipes and connections open.
    let _ = dup_onto(report, 0);
    close_from(1, false);
    loop {
        match wait_any(0) {
            Ok(Some(exit)) if exit.pid == command => Report::of(&exit).send(0),
            Ok(_) => {}
            Err(_) => exit_now(0),
        }
    }
}

/// The command's process shares the supervisor's memory until it is another program: no page is copied.
fn bear(birth: &mut Birth) -> io::Result<i32> {
    const STACK: usize = 64 << 10;
    let flags = MAP_PRIVATE | MAP_ANONYMOUS;
    let stack = unsafe { call!(nr::MMAP, 0, STACK, PROT_READ | PROT_WRITE, flags, -1, 0) }?;
    let top = (stack as usize + STACK) as *mut c_void;
    let argument = birth as *mut Birth as *mut c_void;
    let pid = unsafe { clone(command_process, top, CLONE_VM | CLONE_VFORK | SIGCHLD, argument) };
    // Taken before another call changes errno.
    let result = check(pid.into());
    let _ = unsafe { call!(nr::MUNMAP, stack, STACK) };
    result.map(|pid| pid as i32)
}

extern "C" fn command_process(argument: *mut c_void) -> c_int {
    let birth = unsafe { &mut *(argument as *mut Birth) };
    let trouble = unsafe { birth.plan.become_command(birth.vectors, birth.stdio, birth.pty) };
    birth.trouble = Some(trouble);
    exit_now(127)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_survive_the_pipe() {
        let (read_end, write_end) = pipe().unwrap();
        use std::os::unix::io::AsRawFd;
        let mut bytes = [0u8; REPORT_BYTES];
        Report::Failed(Stage::Directory, ENOENT).send(write_end.as_raw_fd());
        assert_eq!(read(read_end.as_raw_fd(), &mut bytes).unwrap(), REPORT_BYTES);
        assert!(matches!(Report::parse(&bytes), Report::Failed(Stage::Directory, ENOENT)));
        Report::Ended { outcome: (1, 9), user_us: 1 << 40, system_us: 2, max_rss: 3 }.send(write_end.as_raw_fd());
        read(read_end.as_raw_fd(), &mut bytes).unwrap();
        assert!(matches!(
            Report::parse(&bytes),
            Report::Ended { outcome: (1, 9), user_us: 0x100_0000_0000, system_us: 2, max_rss: 3 }
        ));
    }
}
