//! Pipes that children of an ended command keep open: read, so that nobody blocks, and thrown away.
use crate::job::{Cx, Job, Turn};
use crate::sys;
use std::os::unix::io::{AsRawFd, OwnedFd};

pub struct Leftover {
    pub pipes: Vec<OwnedFd>,
}

impl Job for Leftover {
    fn step(&mut self, cx: &mut Cx) -> Turn {
        let mut more = false;
        if let Ok(mut buffer) = cx.buffer() {
            self.pipes.retain(|pipe| match sys::read(pipe.as_raw_fd(), &mut buffer[..64 << 10]) {
                Ok(0) => false,
                Ok(_) => {
                    more = true;
                    true
                }
                Err(e) => sys::would_block(&e),
            });
            cx.world.pool.put(buffer);
        }
        match (self.pipes.is_empty(), more) {
            (true, _) => Turn::Done(Vec::new()),
            (_, true) => Turn::Again,
            _ => Turn::Wait,
        }
    }

    fn adopted(&mut self, cx: &mut Cx) {
        for pipe in &self.pipes {
            cx.world.poll.hand_over(pipe.as_raw_fd(), cx.token(0));
        }
    }
}
