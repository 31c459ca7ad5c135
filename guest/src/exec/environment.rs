//! The environment of a command, and where its program may be.
use super::user::Switch;
use super::{flag, Request};
use crate::failure::{code, Failure};
use crate::open::c_string;
use crate::world::Config;
use std::collections::BTreeMap;
use std::ffi::{CStr, CString};

const DEFAULT_PATH: &[u8] = b"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

pub fn build(config: &Config, request: &Request, switch: Option<&Switch>) -> Result<Vec<CString>, Failure> {
    let mut variables: BTreeMap<&[u8], &[u8]> = BTreeMap::new();
    if !request.has(flag::BARE_ENV) {
        for entry in &config.environment {
            let entry = entry.to_bytes();
            if let Some(at) = entry.iter().position(|b| *b == b'=') {
                variables.insert(&entry[..at], &entry[at + 1..]);
            }
        }
        if let Some(user) = switch {
            variables.insert(b"HOME", &user.home);
            variables.insert(b"USER", &user.name);
            variables.insert(b"LOGNAME", &user.name);
        }
    }
    for (name, value) in &request.env {
        if name.is_empty() || name.contains(&b'=') {
            return Err(Failure::new(code::INVALID, "a variable without a proper name"));
        }
        variables.insert(name, value);
    }
    variables.iter().map(|(name, value)| c_string(&[name, &b"="[..], value].concat())).collect()
}

/// Every path to try, in order.
pub fn candidates(name: &CStr, env: &[CString]) -> Result<Vec<CString>, Failure> {
    let name = name.to_bytes();
    if name.contains(&b'/') {
        return Ok(vec![c_string(name)?]);
    }
    let path = env.iter().find_map(|entry| entry.to_bytes().strip_prefix(b"PATH=")).unwrap_or(DEFAULT_PATH);
    path.split(|b| *b == b':')
        .map(|dir| c_string(&[if dir.is_empty() { b"." } else { dir }, &b"/"[..], name].concat()))
        .collect()
}
