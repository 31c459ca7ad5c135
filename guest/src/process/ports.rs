//! Which TCP ports can be dialled.
use crate::wire::Writer;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader};

pub fn ports() -> Vec<u8> {
    let mut found = BTreeSet::new();
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        if let Ok(file) = File::open(table) {
            // Line by line: a table with many connections is large.
            found.extend(
                BufReader::with_capacity(4096, file).lines().map_while(Result::ok).filter_map(|l| listening(&l)),
            );
        }
    }
    let mut out = Vec::new();
    out.u32(found.len() as u32);
    found.iter().for_each(|port| out.u16(*port));
    out
}

/// The port of a line about a socket that listens on a loopback address or on all addresses.
fn listening(line: &str) -> Option<u16> {
    const LISTEN: &str = "0A";
    let mut fields = line.split_whitespace().skip(1);
    let (address, port) = fields.next()?.split_once(':')?;
    if fields.nth(1)? != LISTEN {
        return None;
    }
    // Words in the machine's byte order: the last two digits of an IPv4 word are its first byte.
    let v4 = |word: &str| word == "00000000" || word.ends_with("7F");
    let reachable = match address.len() {
        8 => v4(address),
        32 => {
            let (high, low) = address.split_at(24);
            match high {
                "000000000000000000000000" => low == "00000000" || low == "01000000",
                "0000000000000000FFFF0000" => v4(low),
                _ => false,
            }
        }
        _ => false,
    };
    if reachable {
        u16::from_str_radix(port, 16).ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::listening;

    #[test]
    fn only_what_loopback_reaches_counts() {
        let line =
            |address: &str, state: &str| format!("  0: {} 00000000:0000 {} 00000000:00000000 00:0", address, state);
        assert_eq!(listening(&line("0100007F:1F90", "0A")), Some(8080));
        assert_eq!(listening(&line("00000000:0016", "0A")), Some(22));
        assert_eq!(listening(&line("0100007F:1F90", "01")), None);
        assert_eq!(listening(&line("0101A8C0:1F90", "0A")), None);
        assert_eq!(listening(&line("00000000000000000000000001000000:0050", "0A")), Some(80));
        assert_eq!(listening(&line("0000000000000000FFFF00000100007F:0050", "0A")), Some(80));
        assert_eq!(listening(&line("000080FE00000000000000000100007F:0050", "0A")), None);
        assert_eq!(listening("  sl  local_address rem_address   st"), None);
    }
}
