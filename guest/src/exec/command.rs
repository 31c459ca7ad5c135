//! A running command: its pipes, its limits, its end.
use super::inlet::Inlet;
use super::leftover::Leftover;
use super::outlet::Outlet;
use super::plan::{Plan, Stage};
use super::supervisor::{self, Report, REPORT_BYTES};
use super::{flag, pty, Request};
use crate::failure::{code, shown, Failure};
use crate::job::{Cx, Job, Turn};
use crate::poll::{readable, writable, Token};
use crate::process::reaper::{PART_MAIN, PART_SUPERVISOR};
use crate::process::table;
use crate::process::tree::{Hunt, Prey};
use crate::sys::{self, process::kill};
use crate::wire::{event, Malformed, Reader, Writer};
use crate::world::World;
use std::io;
use std::os::unix::io::{AsRawFd, OwnedFd};
use std::time::{Duration, Instant};

const PART_REPORT: u8 = 0;
const PART_IN: u8 = 1;
const PART_OUT: u8 = 2;
const PART_TIMEOUT: u8 = 4;
const PART_HUNT: u8 = 5;
const PART_PATIENCE: u8 = 6;
const PART_WAKE: u8 = 9;

/// How long a supervisor may take to say that the command has started before it is looked after.
const WAKE_AFTER: Duration = Duration::from_millis(50);

const SIGNAL: u8 = 1;
const RESIZE: u8 = 2;

struct End {
    outcome: (u8, u32),
    wall: Duration,
    user_us: u64,
    system_us: u64,
    max_rss: u64,
}

pub struct Command {
    name: Vec<u8>,
    supervisor: i32,
    report: Option<OwnedFd>,
    report_ready: bool,
    main: Option<i32>,
    inlet: Option<Inlet>,
    outlets: Vec<Outlet>,
    master: Option<OwnedFd>,
    started: Instant,
    until: Option<Instant>,
    detached: bool,
    end: Option<End>,
    trouble: Option<Failure>,
    timed_out: bool,
    /// Its tree is to die, or has died.
    doomed: bool,
    hunt: Option<Hunt>,
    /// Output without credit has waited long enough.
    impatient: bool,
}

/// The ends of a command's channels: what it gets, and what the guest keeps.
struct Channels {
    stdio: [OwnedFd; 3],
    inlet: Option<Inlet>,
    outlets: Vec<Outlet>,
    master: Option<OwnedFd>,
}

impl Channels {
    fn open(world: &World, request: &Request) -> io::Result<Channels> {
        let takes_input = request.has(flag::STDIN);
        if request.has(flag::PTY) {
            let (master, slave) = pty::open(request.columns, request.rows)?;
            let inlet = if takes_input { Some(Inlet::new(sys::duplicate(master.as_raw_fd())?, true)) } else { None };
            let stdio = [sys::duplicate(slave.as_raw_fd())?, sys::duplicate(slave.as_raw_fd())?, slave];
            let outlets = vec![Outlet::new(sys::duplicate(master.as_raw_fd())?, 1, true)];
            return Ok(Channels { stdio, inlet, outlets, master: Some(master) });
        }
        let (stdin, inlet) = if takes_input {
            let (read_end, write_end) = sys::pipe()?;
            sys::set_nonblocking(write_end.as_raw_fd())?;
            (read_end, Some(Inlet::new(write_end, false)))
        } else {
            (sys::duplicate(world.config.dev_null.as_raw_fd())?, None)
        };
        let outlet = |channel| -> io::Result<(OwnedFd, Outlet)> {
            let (read_end, write_end) = sys::pipe()?;
            sys::set_nonblocking(read_end.as_raw_fd())?;
            Ok((write_end, Outlet::new(read_end, channel, false)))
        };
        let ((stdout, out), (stderr, err)) = (outlet(1)?, outlet(2)?);
        Ok(Channels { stdio: [stdin, stdout, stderr], inlet, outlets: vec![out, err], master: None })
    }
}

impl Command {
    pub fn start(world: &mut World, token: Token, request: &Request, plan: Plan) -> Result<Command, Failure> {
        let limit = |e: io::Error| Failure::os(&e, "cannot start a command");
        let channels = Channels::open(world, request).map_err(limit)?;
        let (report, report_end) = sys::pipe().map_err(limit)?;
        sys::set_nonblocking(report.as_raw_fd()).map_err(limit)?;
        let mut command = Command {
            name: request.argv[0].to_vec(),
            supervisor: 0,
            report: Some(report),
            report_ready: true,
            main: None,
            inlet: channels.inlet,
            outlets: channels.outlets,
            master: channels.master,
            started: Instant::now(),
            until: None,
            detached: request.has(flag::DETACHED),
            end: None,
            trouble: None,
            timed_out: false,
            doomed: false,
            hunt: None,
            impatient: false,
        };
        for (fd, part) in command.descriptors() {
            world.poll.add(fd, Token { part, ..token }).map_err(limit)?;
        }
        let stdio = [0, 1, 2].map(|i| channels.stdio[i].as_raw_fd());
        let pid = supervisor::spawn(&plan, stdio, request.has(flag::PTY), report_end.as_raw_fd()).map_err(limit)?;
        command.supervisor = pid;
        world.supervisors.insert(pid, token);
        world.timers.set(WAKE_AFTER, Token { part: PART_WAKE, ..token });
        if request.timeout_ms != 0 {
            let timeout = Duration::from_millis(request.timeout_ms);
            command.until = command.started.checked_add(timeout);
            world.timers.set(timeout, Token { part: PART_TIMEOUT, ..token });
        }
        Ok(command)
    }

    fn descriptors(&self) -> Vec<(i32, u8)> {
        let mut all: Vec<(i32, u8)> = self.report.iter().map(|fd| (fd.as_raw_fd(), PART_REPORT)).collect();
        all.extend(self.inlet.as_ref().and_then(|inlet| Some((inlet.fd()?, PART_IN))));
        for (i, outlet) in self.outlets.iter().enumerate() {
            all.extend(outlet.fd().map(|fd| (fd, PART_OUT + i as u8)));
        }
        all
    }

    fn read_reports(&mut self, cx: &mut Cx) {
        while self.report_ready {
            let fd = match &self.report {
                Some(fd) => fd.as_raw_fd(),
                None => return,
            };
            let mut bytes = [0u8; REPORT_BYTES];
            match sys::read(fd, &mut bytes) {
                Ok(REPORT_BYTES) => self.hear(cx, Report::parse(&bytes)),
                Err(e) if sys::would_block(&e) => self.report_ready = false,
                _ => self.report = None,
            }
        }
    }

    fn hear(&mut self, cx: &mut Cx, report: Report) {
        match report {
            Report::Started(pid) => {
                self.main = Some(pid);
                cx.world.timers.cancel(cx.token(PART_WAKE));
                cx.send_event(event::STARTED, |w| w.u32(pid as u32));
            }
            Report::Failed(stage, errno) => self.trouble = Some(self.explain(stage, errno)),
            Report::Ended { outcome, user_us, system_us, max_rss } => {
                self.report = None;
                if self.end.is_some() {
                    return;
                }
                self.end = Some(End { outcome, wall: self.started.elapsed(), user_us, system_us, max_rss });
                self.outlets.iter_mut().for_each(Outlet::last_call);
                if self.doomed {
                    self.lose_patience_soon(cx);
                }
            }
        }
    }

    fn explain(&self, stage: Stage, errno: i32) -> Failure {
        let error = io::Error::from_raw_os_error(errno);
        let name = shown(&self.name);
        match (stage, errno) {
            (Stage::Exec, sys::ENOENT | sys::ENOTDIR) => {
                Failure::os(&error, format!("command '{}' not found", name)).with_code(code::COMMAND_NOT_FOUND)
            }
            (Stage::Exec, sys::E2BIG | sys::ENOMEM | sys::EAGAIN) => Failure::os(&error, name),
            (Stage::Exec, _) => {
                Failure::os(&error, format!("'{}' cannot be executed", name)).with_code(code::NOT_EXECUTABLE)
            }
            (Stage::Directory, _) => Failure::os(&error, "working directory").with_code(code::BAD_CWD),
            (Stage::User, _) => Failure::os(&error, "cannot switch users").with_code(code::PERMISSION),
            (Stage::Fork | Stage::Setup, _) => Failure::os(&error, format!("cannot start '{}'", name)),
        }
    }

    fn doom(&mut self, cx: &mut Cx) {
        self.doomed = true;
        self.hunt = Some(Hunt::new(Prey::Below(self.supervisor)));
        if self.end.is_some() {
            self.lose_patience_soon(cx);
        }
    }

    fn lose_patience_soon(&self, cx: &mut Cx) {
        const PATIENCE: Duration = Duration::from_secs(5);
        cx.world.timers.set(PATIENCE, cx.token(PART_PATIENCE));
    }

    /// The supervisor was killed: from now on the command is the guest's own child.
    fn supervisor_died(&mut self, cx: &mut Cx) {
        self.report_ready = true;
        self.read_reports(cx);
        if self.end.is_some() || self.trouble.is_some() {
            return;
        }
        let guest = cx.world.config.pid;
        if self.main.is_none() {
            if let Some(orphan) = Command::orphan(cx) {
                self.hear(cx, Report::Started(orphan));
            }
        }
        match self.main {
            // It started, killed its supervisor before that could say so, and is gone itself.
            None => {
                self.hear(cx, Report::Started(self.supervisor));
                self.hear(cx, Report::Ended { outcome: (1, sys::SIGKILL as u32), user_us: 0, system_us: 0, max_rss: 0 })
            }
            Some(main) if cx.world.reaped.iter().any(|exit| exit.pid == main) => self.main_reaped(cx),
            Some(main) if table::one(main).map_or(false, |p| p.parent == guest) => {
                cx.world.stray_mains.insert(main, cx.token(0));
            }
            Some(_) => {
                self.hear(cx, Report::Ended { outcome: (1, sys::SIGKILL as u32), user_us: 0, system_us: 0, max_rss: 0 })
            }
        }
    }

    /// A command may stop its supervisor before that has said a word.
    fn wake_supervisor(&self, cx: &mut Cx) {
        if self.main.is_none() && self.report.is_some() {
            let _ = kill(self.supervisor, sys::SIGCONT);
            cx.world.timers.set(WAKE_AFTER, cx.token(PART_WAKE));
        }
    }

    /// The oldest child of the guest that is nobody's supervisor: a command that killed its own before it had said a word.
    fn orphan(cx: &Cx) -> Option<i32> {
        let world = &cx.world;
        let unknown = |pid: &i32| !world.supervisors.contains_key(pid) && !world.stray_mains.contains_key(pid);
        let all = table::all();
        all.iter().filter(|p| p.parent == world.config.pid && !p.is_dead()).map(|p| p.pid).filter(unknown).min()
    }

    fn main_reaped(&mut self, cx: &mut Cx) {
        let exit = cx.world.reaped.iter().find(|exit| Some(exit.pid) == self.main).copied();
        if let Some(exit) = exit {
            self.hear(cx, Report::of(&exit));
        }
    }

    fn signal(&self, cx: &Cx, number: u32, tree: bool) {
        let number = number as i32;
        if self.end.is_some() && !tree {
            return;
        }
        if tree {
            for process in table::below(&table::all(), self.supervisor) {
                let _ = kill(process.pid, number);
            }
        } else if let Some(main) = self.main {
            // The number may belong to another process by now; its parent tells.
            let parent = table::one(main).map(|p| p.parent);
            if parent == Some(self.supervisor) || parent == Some(cx.world.config.pid) {
                let _ = kill(main, number);
            }
        }
    }

    fn result(&self, end: &End) -> Vec<u8> {
        let mut out = Vec::new();
        out.u8(end.outcome.0);
        out.u32(end.outcome.1);
        out.bool(self.timed_out);
        out.u64(end.wall.as_micros() as u64);
        out.u64(end.user_us);
        out.u64(end.system_us);
        out.u64(end.max_rss);
        out
    }

    fn finish(&mut self, result: Vec<u8>) -> Turn {
        let outlets = std::mem::take(&mut self.outlets);
        let mut pipes: Vec<OwnedFd> = outlets.into_iter().filter_map(Outlet::into_rest).collect();
        if pipes.is_empty() {
            return Turn::Done(result);
        }
        // Closing a terminal would hang up on the children that are left.
        pipes.extend(self.master.take());
        Turn::Leave(result, Box::new(Leftover { pipes }))
    }
}

impl Job for Command {
    fn step(&mut self, cx: &mut Cx) -> Turn {
        self.read_reports(cx);
        if let Some(failure) = self.trouble.take() {
            return Turn::Fail(failure);
        }
        if let Some(hunt) = &mut self.hunt {
            if hunt.round(cx.world) {
                self.hunt = None;
            } else {
                cx.world.timers.cancel(cx.token(PART_HUNT));
                cx.world.timers.set(Duration::from_millis(3), cx.token(PART_HUNT));
            }
        }
        if self.main.is_none() {
            return Turn::Wait;
        }
        if let Some(inlet) = &mut self.inlet {
            inlet.pump(cx);
        }
        let mut more = false;
        for outlet in &mut self.outlets {
            if self.impatient {
                outlet.finish(cx);
            }
            more |= outlet.pump(cx);
        }
        if more {
            return Turn::Again;
        }
        match &self.end {
            Some(end) if self.hunt.is_none() && self.outlets.iter().all(|o| o.done) => {
                let result = self.result(end);
                self.finish(result)
            }
            _ => Turn::Wait,
        }
    }

    fn data(&mut self, cx: &mut Cx, bytes: &[u8]) {
        if let Some(inlet) = &mut self.inlet {
            inlet.push(cx, bytes);
        }
    }

    fn eof(&mut self, _cx: &mut Cx) {
        if let Some(inlet) = &mut self.inlet {
            inlet.end();
        }
    }

    fn event(&mut self, cx: &mut Cx, part: u8, events: u32) {
        match part {
            PART_REPORT => self.report_ready = true,
            PART_IN => {
                if let Some(inlet) = &mut self.inlet {
                    inlet.writable |= writable(events);
                }
            }
            PART_TIMEOUT if self.end.is_none() => {
                self.timed_out = true;
                self.doom(cx);
            }
            // The command was in time, but its output is not taken.
            PART_TIMEOUT => self.lose_patience_soon(cx),
            PART_PATIENCE => self.impatient = true,
            PART_WAKE => self.wake_supervisor(cx),
            PART_SUPERVISOR => self.supervisor_died(cx),
            PART_MAIN => self.main_reaped(cx),
            PART_HUNT => {}
            _ => {
                if let Some(outlet) = self.outlets.get_mut(usize::from(part - PART_OUT)) {
                    outlet.readable |= readable(events);
                }
            }
        }
    }

    fn cancel(&mut self, cx: &mut Cx) -> Turn {
        if !self.doomed {
            self.doom(cx);
        }
        Turn::Wait
    }

    fn control(&mut self, cx: &mut Cx, control: &mut Reader) -> Result<(), Malformed> {
        match control.u8()? {
            SIGNAL => {
                let (number, tree) = (control.u32()?, control.bool()?);
                if number == 0 || number > 64 {
                    return Err(Malformed);
                }
                self.signal(cx, number, tree);
            }
            RESIZE => {
                let (columns, rows) = (control.u16()?, control.u16()?);
                if let Some(master) = &self.master {
                    let _ = pty::resize(master.as_raw_fd(), columns, rows);
                }
            }
            _ => return Err(Malformed),
        }
        Ok(())
    }

    fn lost(mut self: Box<Self>) -> Option<Box<dyn Job>> {
        if self.detached {
            if self.master.is_none() {
                self.inlet = None;
            }
        } else {
            self.doomed = true;
            self.hunt = Some(Hunt::new(Prey::Below(self.supervisor)));
            // Hangs the terminal up once its duplicates are gone with the command.
            self.inlet = None;
        }
        Some(self)
    }

    fn adopted(&mut self, cx: &mut Cx) {
        for (fd, part) in self.descriptors() {
            cx.world.poll.hand_over(fd, cx.token(part));
        }
        if let Some(token) = cx.world.supervisors.get_mut(&self.supervisor) {
            *token = Token::new(cx.conn, cx.stream, 0);
        }
        if let (Some(until), None) = (self.until, &self.end) {
            cx.world.timers.set(until.saturating_duration_since(Instant::now()), cx.token(PART_TIMEOUT));
        }
        if self.end.is_some() {
            self.impatient = true;
        }
    }
}
