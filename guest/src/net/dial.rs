use crate::failure::{code, Failure};
use crate::open::Opened;
use crate::wire::{Malformed, Reader};
use crate::world::World;

pub fn open(_world: &World, _t: crate::poll::Token, _r: &mut Reader) -> Result<Opened, Malformed> {
    Ok(Opened::done(Err(Failure::new(code::UNSUPPORTED, "not yet"))))
}
