//! Ways into and out of the sandbox's loopback.
pub mod dial;
pub mod listener;
pub mod relay;
