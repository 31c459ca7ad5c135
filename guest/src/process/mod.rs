//! The processes in the sandbox.
pub mod freeze;
pub mod metrics;
pub mod ports;
pub mod reaper;
pub mod table;
pub mod tree;
