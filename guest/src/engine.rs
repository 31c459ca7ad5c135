//! The loop: waits, hands events to whom they are for, writes what that produced.
use crate::connection::{Connection, PART_READ, PART_WRITE};
use crate::net::listener::{Listener, Serves};
use crate::poll::{Token, GUEST, NOWHERE};
use crate::process::{reaper, tree};
use crate::sys;
use crate::world::World;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::unix::io::{AsRawFd, OwnedFd};
use std::time::{Duration, Instant};

pub const SIGNALS: u32 = 1_000_000;
pub const DEADLINE: u32 = 1_000_001;
pub const AWAIT_OWNER: u32 = 1_000_002;
pub const STRAYS: u32 = 1_000_003;
const EXIT_DEADLINE: i32 = 124;
const EXIT_NO_OWNER: i32 = 125;
const MOST_CONNECTIONS: usize = 1024;

pub struct Engine {
    pub world: World,
    pub signals: OwnedFd,
    pub listeners: Vec<Listener>,
    connections: BTreeMap<u32, Connection>,
    next: u32,
    touched: BTreeSet<u32>,
    stray_hunt: Option<tree::Hunt>,
}

impl Engine {
    pub fn new(world: World, signals: OwnedFd, listeners: Vec<Listener>) -> Engine {
        let mut nowhere = Connection::nowhere(NOWHERE);
        nowhere.out.kill();
        let connections = std::iter::once((NOWHERE, nowhere)).collect();
        Engine { world, signals, listeners, connections, next: 0, touched: BTreeSet::new(), stray_hunt: None }
    }

    pub fn connect(&mut self, read: OwnedFd, write: Option<OwnedFd>, owner: bool) -> io::Result<()> {
        let id = self.free_id();
        let poll = &self.world.poll;
        ignore_unpollable(poll.add(read.as_raw_fd(), Token::new(id, 0, PART_READ)))?;
        if let Some(write) = &write {
            ignore_unpollable(poll.add(write.as_raw_fd(), Token::new(id, 0, PART_WRITE)))?;
        }
        self.connections.insert(id, Connection::new(id, read, write, owner));
        self.world.wake(id, 0);
        Ok(())
    }

    fn free_id(&mut self) -> u32 {
        loop {
            self.next = self.next % (GUEST - 1) + 1;
            if !self.connections.contains_key(&self.next) {
                return self.next;
            }
        }
    }

    /// Runs until the guest is to end; says with which status.
    pub fn run(&mut self) -> io::Result<i32> {
        let mut events = Vec::new();
        loop {
            let timeout = self.timeout();
            self.world.poll.wait(timeout, &mut events)?;
            if events.is_empty() && timeout > 0 {
                self.world.pool.clear();
            }
            for (token, bits) in events.drain(..) {
                self.dispatch(token, bits);
            }
            let now = Instant::now();
            while let Some(token) = self.world.timers.due(now) {
                self.dispatch(token, 0);
            }
            for _ in 0..self.world.ready.len() {
                if let Some((conn, stream)) = self.world.ready.pop_front() {
                    self.wake(conn, stream);
                }
            }
            self.settle();
            if let Some(status) = self.world.exit {
                self.last_words();
                return Ok(status);
            }
        }
    }

    fn timeout(&self) -> i32 {
        // Without work for this long, warm buffers are given back.
        const COOLING: i32 = 200;
        if !self.world.ready.is_empty() {
            return 0;
        }
        match self.world.timers.wait_ms(Instant::now()) {
            ms if self.world.pool.is_empty() => ms,
            -1 => COOLING,
            ms => ms.min(COOLING),
        }
    }

    fn dispatch(&mut self, token: Token, events: u32) {
        if token.conn == GUEST {
            return self.own_event(token);
        }
        if let Some(connection) = self.connections.get_mut(&token.conn) {
            self.touched.insert(token.conn);
            if token.stream == 0 {
                connection.event(token.part, events);
                connection.serve(&mut self.world);
            } else {
                connection.stream_event(&mut self.world, token, events);
            }
        }
    }

    fn wake(&mut self, conn: u32, stream: u32) {
        if let Some(connection) = self.connections.get_mut(&conn) {
            self.touched.insert(conn);
            if stream == 0 {
                connection.serve(&mut self.world);
            } else {
                connection.step(&mut self.world, stream);
            }
        }
    }

    fn own_event(&mut self, token: Token) {
        match token.stream {
            SIGNALS => self.signal(),
            DEADLINE => {
                // Unless it was replaced in the very moment it came.
                if sys::read(self.world.deadline.as_raw_fd(), &mut [0; 8]).is_ok() {
                    self.world.exit = Some(EXIT_DEADLINE);
                }
            }
            AWAIT_OWNER => {
                if !self.connections.values().any(Connection::greeted_owner) {
                    self.world.exit = Some(EXIT_NO_OWNER);
                }
            }
            STRAYS => self.hunt_strays(),
            index => self.accept(index),
        }
    }

    fn signal(&mut self) {
        let mut info = [0u8; 128];
        while let Ok(n) = sys::read(self.signals.as_raw_fd(), &mut info) {
            let number = i32::from_ne_bytes([info[0], info[1], info[2], info[3]]);
            if n > 0 && number != sys::SIGCHLD {
                self.world.exit = Some(128 + number);
            }
        }
        let found = reaper::reap(&mut self.world);
        for token in found.interested {
            self.dispatch(token, 0);
        }
        self.world.reaped = Vec::new();
        if found.murdered {
            self.stray_hunt = Some(tree::Hunt::new(tree::Prey::Strays));
            self.hunt_strays();
        }
    }

    /// A command has killed its supervisor: whatever it left is the guest's child now, and dies.
    fn hunt_strays(&mut self) {
        if let Some(hunt) = &mut self.stray_hunt {
            if hunt.round(&self.world) {
                self.stray_hunt = None;
            } else {
                self.world.timers.set(Duration::from_millis(5), Token::new(GUEST, STRAYS, 0));
            }
        }
    }

    fn accept(&mut self, index: u32) {
        let again = Token::new(GUEST, index, 0);
        loop {
            let listener = match self.listeners.get(index as usize) {
                Some(listener) => listener,
                None => return,
            };
            if self.connections.len() > MOST_CONNECTIONS {
                return self.world.timers.set(Duration::from_millis(100), again);
            }
            match listener.accept() {
                Ok(fd) => match &listener.serves {
                    Serves::Protocol => drop(self.connect(fd, None, false)),
                    Serves::Outside if !sys::net::trusts_peer(&fd) => {}
                    Serves::Outside => drop(self.connect(fd, None, false)),
                    Serves::Relay(path) => {
                        let job = crate::net::relay::Relay::new(fd, path.clone());
                        self.world.homeless.push(Box::new(job));
                    }
                },
                Err(e) if sys::would_block(&e) => return,
                Err(e) if sys::errno(&e) == sys::ECONNABORTED => {}
                // No descriptors or no memory: later, and without spinning until then.
                Err(_) => return self.world.timers.set(Duration::from_millis(50), again),
            }
        }
    }

    /// Finds homes for jobs, writes what is waiting, forgets what has ended.
    fn settle(&mut self) {
        loop {
            self.adopt();
            for id in std::mem::take(&mut self.touched) {
                let connection = match self.connections.get_mut(&id) {
                    Some(connection) => connection,
                    None => continue,
                };
                connection.flush(&mut self.world);
                if connection.closed {
                    if connection.owner {
                        self.world.exit = Some(self.world.exit.unwrap_or(0));
                    }
                    self.world.timers.forget(id, 0);
                    self.connections.remove(&id);
                }
            }
            if self.world.homeless.is_empty() {
                return;
            }
        }
    }

    fn adopt(&mut self) {
        let homeless = std::mem::take(&mut self.world.homeless);
        if let Some(nowhere) = self.connections.get_mut(&NOWHERE) {
            for job in homeless {
                nowhere.adopt(&mut self.world, job);
            }
        }
    }

    /// Gives the hosts a moment to take what was still to be said.
    fn last_words(&mut self) {
        let until = Instant::now() + Duration::from_millis(500);
        let mut events = Vec::new();
        while self.connections.values().any(|c| !c.out.is_empty() && !c.closed) && Instant::now() < until {
            for connection in self.connections.values_mut() {
                connection.flush(&mut self.world);
            }
            if self.world.poll.wait(10, &mut events).is_err() {
                return;
            }
            for (token, bits) in events.drain(..) {
                if let (0, Some(connection)) = (token.stream, self.connections.get_mut(&token.conn)) {
                    connection.event(token.part, bits);
                }
            }
        }
    }
}

/// A regular file as stdin or stdout cannot be waited for, and need not be.
fn ignore_unpollable(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(e) if sys::errno(&e) == sys::EPERM => Ok(()),
        other => other,
    }
}
