//! Moments at which someone wants to be woken.
use crate::poll::Token;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

#[derive(Default)]
pub struct Timers(BTreeSet<(Instant, Token)>);

impl Timers {
    pub fn set(&mut self, after: Duration, token: Token) {
        // A moment too far to be represented never comes.
        if let Some(at) = Instant::now().checked_add(after) {
            self.0.insert((at, token));
        }
    }

    /// Forgets every moment of a token.
    pub fn cancel(&mut self, token: Token) {
        self.0.retain(|(_, t)| *t != token);
    }

    /// Forgets every moment of a stream.
    pub fn forget(&mut self, conn: u32, stream: u32) {
        if !self.0.is_empty() {
            self.0.retain(|(_, t)| t.conn != conn || t.stream != stream);
        }
    }

    pub fn due(&mut self, now: Instant) -> Option<Token> {
        let first = *self.0.iter().next()?;
        if first.0 > now {
            return None;
        }
        self.0.remove(&first);
        Some(first.1)
    }

    /// Milliseconds to the next moment, rounded up so that waking finds it due; -1 without one.
    pub fn wait_ms(&self, now: Instant) -> i32 {
        match self.0.iter().next() {
            None => -1,
            Some((at, _)) => {
                let left = at.saturating_duration_since(now);
                let ms = (left.as_nanos() + 999_999) / 1_000_000;
                ms.min(i32::MAX as u128) as i32
            }
        }
    }
}
