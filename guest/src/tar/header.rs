//! The 512 bytes before every member, and the pax records for what does not fit into them.
use crate::sys::fs::Stat;

pub const BLOCK: usize = 512;
pub const FILE: u8 = b'0';
pub const HARD_LINK: u8 = b'1';
pub const SYMLINK: u8 = b'2';
pub const DIRECTORY: u8 = b'5';
pub const PAX: u8 = b'x';

/// The largest number in an octal field of 11 digits.
const MOST_OCTAL: u64 = 0o777_7777_7777;
const NAME: usize = 100;
const PREFIX: usize = 155;

/// Bytes from a member's end to the next block.
pub fn padding(size: u64) -> usize {
    (BLOCK - (size % BLOCK as u64) as usize) % BLOCK
}

pub struct Member<'a> {
    pub kind: u8,
    pub path: &'a [u8],
    pub target: &'a [u8],
    pub size: u64,
    pub stat: &'a Stat,
}

impl Member<'_> {
    /// Appends the member's header, with a pax header before it where that is needed.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let split = split(self.path);
        let mut records = Vec::new();
        if split.is_none() {
            record(&mut records, b"path", self.path);
        }
        if self.target.len() > NAME {
            record(&mut records, b"linkpath", self.target);
        }
        let text = [self.path, self.target].iter().all(|t| std::str::from_utf8(t).is_ok());
        if !records.is_empty() && !text {
            let mut binary = Vec::new();
            record(&mut binary, b"hdrcharset", b"BINARY");
            binary.append(&mut records);
            records = binary;
        }
        if self.size > MOST_OCTAL {
            record(&mut records, b"size", self.size.to_string().as_bytes());
        }
        let plain_time = 0..=MOST_OCTAL as i64;
        if self.stat.mtime_nsec != 0 || !plain_time.contains(&self.stat.mtime_sec) {
            record(&mut records, b"mtime", pax_time(self.stat.mtime_sec, self.stat.mtime_nsec).as_bytes());
        }
        if !records.is_empty() {
            let padding = padding(records.len() as u64);
            block(out, PAX, (b"", b"@PaxHeader"), b"", records.len() as u64, 0o644, self.stat);
            out.extend_from_slice(&records);
            out.resize(out.len() + padding, 0);
        }
        let cut = &self.path[..self.path.len().min(NAME)];
        let size = if self.size > MOST_OCTAL { 0 } else { self.size };
        block(out, self.kind, split.unwrap_or((b"", cut)), self.target, size, self.stat.permissions(), self.stat);
    }
}

/// A path as prefix and name, when it fits.
fn split(path: &[u8]) -> Option<(&[u8], &[u8])> {
    if path.len() <= NAME {
        return Some((b"", path));
    }
    // The slash at a directory's end does not separate.
    let body = &path[..path.len() - 1];
    let first = path.len().saturating_sub(NAME + 1);
    let at = body.iter().enumerate().skip(first).find(|(_, b)| **b == b'/')?.0;
    if at > PREFIX || at == 0 {
        return None;
    }
    Some((&path[..at], &path[at + 1..]))
}

fn record(out: &mut Vec<u8>, key: &[u8], value: &[u8]) {
    // The length counts its own digits.
    let rest = key.len() + value.len() + 3;
    let mut len = rest + 1;
    while len != rest + len.to_string().len() {
        len = rest + len.to_string().len();
    }
    out.extend_from_slice(&[len.to_string().as_bytes(), b" ", key, b"=", value, b"\n"].concat());
}

fn pax_time(sec: i64, nsec: u32) -> String {
    match (sec, nsec) {
        (sec, 0) => sec.to_string(),
        (sec, nsec) if sec >= 0 => format!("{}.{:09}", sec, nsec),
        // -1.25 s is 2 s before the epoch and 0.75 s on.
        (sec, nsec) => format!("-{}.{:09}", -(sec + 1), 1_000_000_000 - nsec),
    }
}

fn block(out: &mut Vec<u8>, kind: u8, path: (&[u8], &[u8]), target: &[u8], size: u64, mode: u32, stat: &Stat) {
    let mut b = [0u8; BLOCK];
    b[..path.1.len()].copy_from_slice(path.1);
    octal(&mut b[100..108], u64::from(mode));
    octal(&mut b[108..116], u64::from(stat.uid).min(0o777_7777));
    octal(&mut b[116..124], u64::from(stat.gid).min(0o777_7777));
    octal(&mut b[124..136], size);
    octal(&mut b[136..148], stat.mtime_sec.max(0).min(MOST_OCTAL as i64) as u64);
    b[156] = kind;
    let target = &target[..target.len().min(NAME)];
    b[157..157 + target.len()].copy_from_slice(target);
    b[257..265].copy_from_slice(b"ustar\x0000");
    b[345..345 + path.0.len()].copy_from_slice(path.0);
    let sum = checksum(&b).0;
    octal(&mut b[148..155], sum);
    b[155] = b' ';
    out.extend_from_slice(&b);
}

fn octal(field: &mut [u8], value: u64) {
    let digits = field.len() - 1;
    let text = format!("{:0width$o}", value, width = digits);
    field[..digits].copy_from_slice(&text.as_bytes()[text.len() - digits..]);
}

/// The sum of all bytes, taken as unsigned and as signed (some old programs did); its own field counts as blanks.
pub fn checksum(b: &[u8; BLOCK]) -> (u64, i64) {
    let byte = |i: usize| if (148..156).contains(&i) { b' ' } else { b[i] };
    (0..BLOCK).fold((0, 0), |(u, s), i| (u + u64::from(byte(i)), s + i64::from(byte(i) as i8)))
}

/// A number in octal, or in base 256 when the first bit is set.
pub fn number(field: &[u8]) -> Option<i64> {
    if field[0] & 0x80 != 0 {
        let negative = field[0] & 0x40 != 0;
        let first = if negative { i128::from(field[0]) - 256 } else { i128::from(field[0] & 0x3f) };
        let mut n = first;
        for b in &field[1..] {
            n = (n << 8 | i128::from(*b)).clamp(i128::MIN >> 16, i128::MAX >> 16);
        }
        return i64::try_from(n).ok();
    }
    let text: Vec<u8> = field.iter().copied().skip_while(|b| *b == b' ').take_while(|b| !b" \0".contains(b)).collect();
    if text.is_empty() {
        return Some(0);
    }
    i64::from_str_radix(std::str::from_utf8(&text).ok()?, 8).ok().filter(|n| *n >= 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stat(sec: i64, nsec: u32) -> Stat {
        let mode = 0o100_640;
        Stat { mode, uid: 1, gid: 2, links: 1, size: 0, mtime_sec: sec, mtime_nsec: nsec, id: (0, 0) }
    }

    fn encoded(path: &[u8], stat: &Stat, size: u64) -> Vec<u8> {
        let mut out = Vec::new();
        Member { kind: FILE, path, target: b"", size, stat }.encode(&mut out);
        out
    }

    #[test]
    fn short_members_are_one_block() {
        let out = encoded(b"a/b", &stat(7, 0), 5);
        assert_eq!(out.len(), BLOCK);
        let b: &[u8; BLOCK] = out[..].try_into().unwrap();
        assert_eq!(number(&b[148..156]), Some(checksum(b).0 as i64));
        assert_eq!((number(&b[124..136]), number(&b[136..148]), number(&b[100..108])), (Some(5), Some(7), Some(0o640)));
    }

    #[test]
    fn long_paths_are_split_or_get_a_record() {
        let dir = "d".repeat(60);
        let fits = format!("{}/{}/{}", dir, dir, "f".repeat(90));
        assert_eq!(encoded(fits.as_bytes(), &stat(7, 0), 0).len(), BLOCK);
        assert_eq!(split(fits.as_bytes()).unwrap().1.len(), 90);
        let long = "n".repeat(200);
        let out = encoded(long.as_bytes(), &stat(7, 0), 0);
        assert_eq!(out.len(), 3 * BLOCK);
        assert!(out[BLOCK..].starts_with(format!("210 path={}\n", long).as_bytes()));
    }

    #[test]
    fn what_octal_cannot_hold_gets_a_record() {
        let out = encoded(b"f", &stat(7, 5), 1 << 40);
        let text = String::from_utf8_lossy(&out[BLOCK..2 * BLOCK]);
        assert!(text.contains("22 size=1099511627776\n"), "{}", text);
        assert!(text.contains("mtime=7.000000005\n"), "{}", text);
        assert_eq!(pax_time(-2, 750_000_000), "-1.250000000");
    }

    #[test]
    fn numbers_are_read_in_all_their_forms() {
        assert_eq!(number(b"0000644\0"), Some(0o644));
        assert_eq!(number(b"   644 \0"), Some(0o644));
        assert_eq!(number(b"\0\0\0\0"), Some(0));
        assert_eq!(number(&[0x80, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0]), Some(1 << 33));
        assert_eq!(number(&[0xff; 12]), Some(-1));
        assert_eq!(number(b"12z"), None);
        assert_eq!(number(&[0xbf; 12]), None);
    }

    #[test]
    fn record_lengths_count_themselves() {
        for n in 0..300 {
            let mut out = Vec::new();
            record(&mut out, b"k", &vec![b'v'; n]);
            assert!(out.starts_with(format!("{} k=", out.len()).as_bytes()));
        }
    }
}
