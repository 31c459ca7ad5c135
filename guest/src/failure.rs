//! The errors an operation can end with.
use crate::sys::*;
use std::fmt::Display;
use std::io;

pub mod code {
    pub const INVALID: u16 = 1;
    pub const NOT_FOUND: u16 = 2;
    pub const EXISTS: u16 = 3;
    pub const IS_DIRECTORY: u16 = 4;
    pub const NOT_DIRECTORY: u16 = 5;
    pub const PERMISSION: u16 = 6;
    pub const NO_SPACE: u16 = 7;
    pub const NOT_REGULAR: u16 = 8;
    pub const NOT_EMPTY: u16 = 9;
    pub const UNKNOWN_USER: u16 = 10;
    pub const COMMAND_NOT_FOUND: u16 = 11;
    pub const NOT_EXECUTABLE: u16 = 12;
    pub const BAD_CWD: u16 = 13;
    pub const CONNECTION_REFUSED: u16 = 14;
    pub const LIMIT: u16 = 15;
    pub const CANCELLED: u16 = 16;
    pub const READ_ONLY: u16 = 17;
    pub const TOO_LARGE: u16 = 18;
    pub const UNSUPPORTED: u16 = 19;
    pub const PROTOCOL: u16 = 20;
    pub const IO: u16 = 21;
    pub const LOOP: u16 = 22;
}

#[derive(Debug)]
pub struct Failure {
    pub code: u16,
    pub errno: i32,
    pub message: String,
}

impl Failure {
    pub fn new(code: u16, message: impl Into<String>) -> Failure {
        Failure { code, errno: 0, message: message.into() }
    }

    /// What the kernel refused, and for which thing.
    pub fn os(error: &io::Error, what: impl Display) -> Failure {
        let errno = errno(error);
        Failure { code: code_of(errno), errno, message: format!("{}: {}", what, reason(error)) }
    }

    pub fn with_code(mut self, code: u16) -> Failure {
        self.code = code;
        self
    }

    pub fn cancelled() -> Failure {
        Failure::new(code::CANCELLED, "cancelled")
    }
}

/// The kernel's text without the number that std appends.
pub fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(at) => text[..at].to_string(),
        None => text,
    }
}

/// A path for a message: lossy, and short enough for any frame.
pub fn shown(path: &[u8]) -> String {
    const MOST: usize = 1024;
    String::from_utf8_lossy(&path[..path.len().min(MOST)]).into_owned()
}

fn code_of(errno: i32) -> u16 {
    match errno {
        EINVAL => code::INVALID,
        ENOENT | ESRCH => code::NOT_FOUND,
        EEXIST => code::EXISTS,
        EISDIR => code::IS_DIRECTORY,
        ENOTDIR => code::NOT_DIRECTORY,
        EACCES | EPERM => code::PERMISSION,
        ENOSPC | EDQUOT => code::NO_SPACE,
        ENXIO | ENODEV => code::NOT_REGULAR,
        ENOTEMPTY => code::NOT_EMPTY,
        ECONNREFUSED => code::CONNECTION_REFUSED,
        EMFILE | ENFILE | ENOMEM | EAGAIN | EMLINK => code::LIMIT,
        EROFS => code::READ_ONLY,
        E2BIG | EFBIG | EOVERFLOW | ENAMETOOLONG => code::TOO_LARGE,
        ENOSYS | EOPNOTSUPP | EXDEV => code::UNSUPPORTED,
        ELOOP => code::LOOP,
        _ => code::IO,
    }
}
