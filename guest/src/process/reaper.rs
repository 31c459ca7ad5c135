//! Collects what has ended below the guest.
use crate::poll::Token;
use crate::sys::process::wait_any;
use crate::sys::WNOHANG;
use crate::world::World;

#[derive(Default)]
pub struct Found {
    /// Streams that must hear of it.
    pub interested: Vec<Token>,
    /// A supervisor was killed.
    pub murdered: bool,
}

pub const PART_SUPERVISOR: u8 = 7;
pub const PART_MAIN: u8 = 8;

/// Reaps all there is into `world.reaped`.
pub fn reap(world: &mut World) -> Found {
    let mut found = Found::default();
    while let Ok(Some(exit)) = wait_any(WNOHANG) {
        world.reaped.push(exit);
    }
    for exit in world.reaped.clone() {
        if let Some(token) = world.supervisors.remove(&exit.pid) {
            // A supervisor ends by itself, with status 0, when nothing is left below it.
            if exit.status != 0 {
                found.murdered = true;
                found.interested.push(Token { part: PART_SUPERVISOR, ..token });
            }
        } else if let Some(token) = world.stray_mains.remove(&exit.pid) {
            found.interested.push(Token { part: PART_MAIN, ..token });
        }
    }
    found
}
