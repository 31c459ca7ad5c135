//! Tar archives, read and written as streams of bounded memory.
mod beneath;
mod header;
pub mod layer;
pub mod pack;
mod place;
mod reader;
pub mod unpack;
