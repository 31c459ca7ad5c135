//! What a command's process does between fork and exec. Everything it needs is prepared before: the code here
//! runs in memory shared with the supervisor and must neither allocate nor leave anything changed.
use super::user::Switch;
use crate::sys::process::*;
use crate::sys::*;
use std::ffi::{CStr, CString};
use std::io;
use std::os::raw::c_char;
use std::time::Duration;

/// How a command takes the place of the guest as the OOM killer's victim.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Oom {
    /// It already is, or cannot be.
    Leave,
    Write,
    /// `/proc/self` belongs to root while a process is not dumpable.
    WriteDumpable,
}

pub struct Plan {
    pub argv: Vec<CString>,
    pub env: Vec<CString>,
    pub cwd: CString,
    pub candidates: Vec<CString>,
    pub switch: Option<Switch>,
    pub oom: Oom,
    pub nofile: (u64, u64),
}

/// Pointers into a plan, as exec wants them.
pub struct Vectors {
    argv: Vec<*const c_char>,
    env: Vec<*const c_char>,
}

impl Vectors {
    pub fn of(plan: &Plan) -> Vectors {
        let pointers =
            |strings: &[CString]| strings.iter().map(|s| s.as_ptr()).chain(std::iter::once(std::ptr::null())).collect();
        Vectors { argv: pointers(&plan.argv), env: pointers(&plan.env) }
    }
}

/// How far a command's process came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u64)]
pub enum Stage {
    Fork = 1,
    Setup = 2,
    User = 3,
    Directory = 4,
    Exec = 5,
}

impl Stage {
    pub fn from_number(n: u64) -> Stage {
        match n {
            1 => Stage::Fork,
            3 => Stage::User,
            4 => Stage::Directory,
            5 => Stage::Exec,
            _ => Stage::Setup,
        }
    }
}

impl Plan {
    /// Returns only on failure.
    ///
    /// # Safety
    /// For a process that has no other thread and owns its descriptors.
    pub unsafe fn become_command(&self, vectors: &Vectors, stdio: [i32; 3], pty: bool) -> (Stage, i32) {
        if let Err(e) = self.set_up(stdio, pty) {
            return (Stage::Setup, errno(&e));
        }
        if let Some(user) = &self.switch {
            if let Err(e) = become_user(user.uid, user.gid, &user.groups) {
                return (Stage::User, errno(&e));
            }
        }
        if let Err(e) = change_directory(&self.cwd) {
            return (Stage::Directory, errno(&e));
        }
        // As a shell does it: a program that may not be run is remembered while the search goes on.
        let mut worst = ENOENT;
        for path in &self.candidates {
            match self.execute_patiently(path, vectors) {
                ENOENT | ENOTDIR => {}
                // A directory that may not be searched holds nothing for this user.
                EACCES if fs::stat_at(AT_FDCWD, path, 0).is_ok() => worst = EACCES,
                EACCES => {}
                other => return (Stage::Exec, other),
            }
        }
        (Stage::Exec, worst)
    }

    /// A program that was written a moment ago may still be open in a supervisor that has just been forked and
    /// is about to close it.
    unsafe fn execute_patiently(&self, path: &CStr, vectors: &Vectors) -> i32 {
        const PAUSE: Duration = Duration::from_millis(2);
        const TRIES: u32 = 250;
        let mut last = 0;
        for _ in 0..TRIES {
            last = errno(&execute(path.as_ptr(), vectors.argv.as_ptr(), vectors.env.as_ptr()));
            if last != ETXTBSY {
                break;
            }
            std::thread::sleep(PAUSE);
        }
        last
    }

    fn set_up(&self, stdio: [i32; 3], pty: bool) -> io::Result<()> {
        let _ = set_session();
        if pty {
            ioctl(stdio[0], TIOCSCTTY, 0)?;
        }
        for (target, fd) in stdio.iter().enumerate() {
            dup_onto(*fd, target as i32)?;
        }
        // Nothing of the guest may be in reach while the process is dumpable.
        close_from(3, false);
        if self.nofile.0 != 0 {
            let _ = set_limit(RLIMIT_NOFILE, self.nofile.0, self.nofile.1);
        }
        set_umask(0o022);
        default_signal(SIGPIPE);
        default_signal(SIGXFSZ);
        signal_mask(SIG_SETMASK, 0);
        if self.oom != Oom::Leave {
            self.offer_to_oom_killer();
        }
        Ok(())
    }

    fn offer_to_oom_killer(&self) {
        let path = unsafe { CStr::from_bytes_with_nul_unchecked(b"/proc/self/oom_score_adj\0") };
        if self.oom == Oom::WriteDumpable {
            let _ = prctl(PR_SET_DUMPABLE, 1);
        }
        if let Ok(fd) = fs::open_at(AT_FDCWD, path, O_WRONLY, 0) {
            use std::os::unix::io::AsRawFd;
            let _ = write(fd.as_raw_fd(), b"500");
        }
        if self.oom == Oom::WriteDumpable {
            let _ = prctl(PR_SET_DUMPABLE, 0);
        }
    }
}
