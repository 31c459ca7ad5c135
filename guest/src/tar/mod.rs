//! Tar archives, read and written as streams.
pub mod pack;
pub mod unpack;
