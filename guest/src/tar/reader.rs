//! Takes an archive apart as it arrives, in pieces of any size.
use super::header::{checksum, number, padding, BLOCK, DIRECTORY, FILE, PAX};
use crate::failure::{code, Failure};

const PAX_GLOBAL: u8 = b'g';
const GNU_NAME: u8 = b'L';
const GNU_TARGET: u8 = b'K';
const GNU_SPARSE: u8 = b'S';
/// More than any path needs.
const MOST_META: u64 = 1 << 20;

/// What a header says, records before it included.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry {
    pub kind: u8,
    pub path: Vec<u8>,
    pub target: Vec<u8>,
    pub mode: u32,
    pub mtime: (i64, u32),
    pub size: u64,
}

/// Receives what is in an archive.
pub trait Sink {
    fn entry(&mut self, entry: &Entry) -> Result<(), Failure>;
    fn body(&mut self, bytes: &[u8]) -> Result<(), Failure>;
    /// The entry's body is complete.
    fn done(&mut self) -> Result<(), Failure>;
}

#[derive(Default)]
struct Overrides {
    path: Option<Vec<u8>>,
    target: Option<Vec<u8>>,
    size: Option<u64>,
    mtime: Option<(i64, u32)>,
}

enum State {
    Header,
    /// Records or a long name, collected.
    Meta {
        kind: u8,
        text: Vec<u8>,
    },
    Body,
    Padding,
    /// After the closing blocks anything may follow.
    End,
}

pub struct TarReader {
    state: State,
    block: [u8; BLOCK],
    have: usize,
    left: u64,
    padding: usize,
    overrides: Overrides,
}

fn invalid(what: &str) -> Failure {
    Failure::new(code::INVALID, format!("not a proper tar archive: {}", what))
}

impl TarReader {
    pub fn new() -> TarReader {
        TarReader {
            state: State::Header,
            block: [0; BLOCK],
            have: 0,
            left: 0,
            padding: 0,
            overrides: Overrides::default(),
        }
    }

    pub fn feed(&mut self, mut bytes: &[u8], sink: &mut impl Sink) -> Result<(), Failure> {
        while !bytes.is_empty() {
            let taken = match &mut self.state {
                State::End => return Ok(()),
                State::Header => {
                    let n = bytes.len().min(BLOCK - self.have);
                    self.block[self.have..self.have + n].copy_from_slice(&bytes[..n]);
                    self.have += n;
                    if self.have == BLOCK {
                        self.have = 0;
                        self.header(sink)?;
                    }
                    n
                }
                State::Meta { text, .. } => {
                    let n = self.left.min(bytes.len() as u64) as usize;
                    text.extend_from_slice(&bytes[..n]);
                    self.left -= n as u64;
                    n
                }
                State::Body => {
                    let n = self.left.min(bytes.len() as u64) as usize;
                    sink.body(&bytes[..n])?;
                    self.left -= n as u64;
                    n
                }
                State::Padding => {
                    let n = self.padding.min(bytes.len());
                    self.padding -= n;
                    n
                }
            };
            bytes = &bytes[taken..];
            self.advance(sink)?;
        }
        Ok(())
    }

    /// The archive has ended; it must not have done so within a member.
    pub fn finish(&self) -> Result<(), Failure> {
        match self.state {
            State::End => Ok(()),
            State::Header if self.have == 0 => Ok(()),
            _ => Err(invalid("it ends too early")),
        }
    }

    /// Leaves states that have got all they wait for.
    fn advance(&mut self, sink: &mut impl Sink) -> Result<(), Failure> {
        loop {
            match &mut self.state {
                State::Meta { kind, text } if self.left == 0 => {
                    let (kind, text) = (*kind, std::mem::take(text));
                    self.meta(kind, text)?;
                    self.state = State::Padding;
                }
                State::Body if self.left == 0 => {
                    sink.done()?;
                    self.state = State::Padding;
                }
                State::Padding if self.padding == 0 => self.state = State::Header,
                _ => return Ok(()),
            }
        }
    }

    fn header(&mut self, sink: &mut impl Sink) -> Result<(), Failure> {
        let b = self.block;
        if b.iter().all(|byte| *byte == 0) {
            self.state = State::End;
            return Ok(());
        }
        let sum = number(&b[148..156]).ok_or_else(|| invalid("a checksum that is no number"))?;
        let (unsigned, signed) = checksum(&b);
        if sum != unsigned as i64 && sum != signed {
            return Err(invalid("a wrong checksum"));
        }
        let size = number(&b[124..136]).and_then(|n| u64::try_from(n).ok()).ok_or_else(|| invalid("a bad size"))?;
        let kind = b[156];
        match kind {
            PAX | PAX_GLOBAL | GNU_NAME | GNU_TARGET => {
                if size > MOST_META {
                    return Err(Failure::new(code::TOO_LARGE, "a header of the archive is too long"));
                }
                self.state = State::Meta { kind, text: Vec::new() };
                self.left = size;
                self.padding = padding(size);
                Ok(())
            }
            GNU_SPARSE => Err(sparse()),
            _ => self.member(kind, size, sink),
        }
    }

    fn member(&mut self, kind: u8, size: u64, sink: &mut impl Sink) -> Result<(), Failure> {
        let b = self.block;
        let overrides = std::mem::take(&mut self.overrides);
        let mut path = overrides.path.unwrap_or_else(|| {
            let (name, prefix) = (text(&b[..100]), text(&b[345..500]));
            // GNU's own format keeps other things where ustar has the prefix.
            match b[257..263] == *b"ustar\0" && !prefix.is_empty() {
                true => [prefix, b"/", name].concat(),
                false => name.to_vec(),
            }
        });
        let mode = number(&b[100..108]).ok_or_else(|| invalid("a bad mode"))?;
        let mtime = number(&b[136..148]).ok_or_else(|| invalid("a bad time"))?;
        let mut kind = match kind {
            0 | b'7' => FILE,
            other => other,
        };
        if kind == FILE && path.ends_with(b"/") {
            kind = DIRECTORY;
        }
        while path.ends_with(b"/") && path.len() > 1 {
            path.pop();
        }
        // Only files have a body, whatever else a size is given for; unknown kinds are skipped with theirs.
        let has_body = !matches!(kind, b'1'..=b'6');
        let size = if has_body { overrides.size.unwrap_or(size) } else { 0 };
        let entry = Entry {
            kind,
            path,
            target: overrides.target.unwrap_or_else(|| text(&b[157..257]).to_vec()),
            mode: mode as u32 & 0o7777,
            mtime: overrides.mtime.unwrap_or((mtime, 0)),
            size,
        };
        sink.entry(&entry)?;
        self.left = size;
        self.padding = padding(size);
        self.state = State::Body;
        Ok(())
    }

    fn meta(&mut self, kind: u8, mut content: Vec<u8>) -> Result<(), Failure> {
        match kind {
            GNU_NAME | GNU_TARGET => {
                content.truncate(text(&content).len());
                let slot = if kind == GNU_NAME { &mut self.overrides.path } else { &mut self.overrides.target };
                *slot = Some(content);
                Ok(())
            }
            PAX => self.records(&content),
            // What holds for all members is of no interest here.
            _ => Ok(()),
        }
    }

    fn records(&mut self, mut rest: &[u8]) -> Result<(), Failure> {
        let bad = || invalid("a bad pax record");
        while !rest.is_empty() {
            let space = rest.iter().position(|b| *b == b' ').ok_or_else(bad)?;
            let len: usize = std::str::from_utf8(&rest[..space]).ok().and_then(|n| n.parse().ok()).ok_or_else(bad)?;
            if len <= space + 1 || len > rest.len() || rest[len - 1] != b'\n' {
                return Err(bad());
            }
            let record = &rest[space + 1..len - 1];
            let equals = record.iter().position(|b| *b == b'=').ok_or_else(bad)?;
            let (key, value) = (&record[..equals], &record[equals + 1..]);
            match key {
                b"path" => self.overrides.path = Some(value.to_vec()),
                b"linkpath" => self.overrides.target = Some(value.to_vec()),
                b"size" => {
                    let size = std::str::from_utf8(value).ok().and_then(|n| n.parse().ok()).ok_or_else(bad)?;
                    if size > i64::MAX as u64 {
                        return Err(bad());
                    }
                    self.overrides.size = Some(size);
                }
                b"mtime" => self.overrides.mtime = Some(time(value).ok_or_else(bad)?),
                key if key.starts_with(b"GNU.sparse.") => return Err(sparse()),
                _ => {}
            }
            rest = &rest[len..];
        }
        Ok(())
    }
}

fn sparse() -> Failure {
    Failure::new(code::UNSUPPORTED, "sparse files in an archive are not supported")
}

/// Up to the first NUL.
fn text(field: &[u8]) -> &[u8] {
    &field[..field.iter().position(|b| *b == 0).unwrap_or(field.len())]
}

/// Decimal seconds with an optional fraction.
fn time(value: &[u8]) -> Option<(i64, u32)> {
    let value = std::str::from_utf8(value).ok()?;
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    let seconds: i64 = whole.parse().ok()?;
    if !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let nanos: u32 = format!("{:0<9.9}", fraction).parse().ok()?;
    if whole.starts_with('-') && nanos > 0 {
        return Some((seconds.checked_sub(1)?, 1_000_000_000 - nanos));
    }
    Some((seconds, nanos))
}

#[cfg(test)]
mod tests {
    use super::super::header::{Member, SYMLINK};
    use super::*;
    use crate::sys::fs::Stat;

    /// Path, target, time and contents.
    type Seen = (Vec<u8>, Vec<u8>, (i64, u32), Vec<u8>);

    #[derive(Default)]
    struct Collected(Vec<Seen>);

    impl Sink for Collected {
        fn entry(&mut self, e: &Entry) -> Result<(), Failure> {
            self.0.push((e.path.clone(), e.target.clone(), e.mtime, Vec::new()));
            Ok(())
        }
        fn body(&mut self, bytes: &[u8]) -> Result<(), Failure> {
            self.0.last_mut().unwrap().3.extend_from_slice(bytes);
            Ok(())
        }
        fn done(&mut self) -> Result<(), Failure> {
            Ok(())
        }
    }

    fn archive() -> (Vec<u8>, String, String) {
        let stat =
            Stat { mode: 0o644, uid: 0, gid: 0, links: 1, size: 3, mtime_sec: -2, mtime_nsec: 750_000_000, id: (0, 0) };
        let (name, target) = (format!("{}/f", "n".repeat(180)), "t".repeat(120));
        let mut out = Vec::new();
        Member { kind: FILE, path: name.as_bytes(), target: b"", size: 3, stat: &stat }.encode(&mut out);
        out.extend_from_slice(b"abc");
        out.resize(out.len() + padding(3), 0);
        Member { kind: SYMLINK, path: b"link", target: target.as_bytes(), size: 0, stat: &stat }.encode(&mut out);
        out.resize(out.len() + 2 * BLOCK, 0);
        (out, name, target)
    }

    #[test]
    fn what_was_written_is_read_whatever_the_pieces() {
        let (archive, name, target) = archive();
        for piece in [1, 7, 512, 100_000] {
            let (mut reader, mut found) = (TarReader::new(), Collected::default());
            for bytes in archive.chunks(piece) {
                reader.feed(bytes, &mut found).unwrap();
            }
            reader.finish().unwrap();
            let time = (-2, 750_000_000);
            assert_eq!(
                found.0,
                [
                    (name.clone().into_bytes(), Vec::new(), time, b"abc".to_vec()),
                    (b"link".to_vec(), target.clone().into_bytes(), time, Vec::new())
                ]
            );
        }
    }

    #[test]
    fn any_truncation_within_a_member_is_noticed() {
        let (archive, _, _) = archive();
        for len in [1, 511, 513, 1025, 1537, 1600] {
            let mut reader = TarReader::new();
            reader.feed(&archive[..len], &mut Collected::default()).unwrap();
            assert!(reader.finish().is_err(), "{}", len);
        }
    }

    #[test]
    fn any_changed_header_byte_is_noticed() {
        let (archive, _, _) = archive();
        // The blank after the checksum means nothing.
        for at in (0..BLOCK).filter(|at| *at != 155) {
            let mut broken = archive.clone();
            broken[at] ^= 0x04;
            let mut reader = TarReader::new();
            assert!(reader.feed(&broken, &mut Collected::default()).is_err(), "{}", at);
        }
    }

    #[test]
    fn times() {
        assert_eq!(time(b"12"), Some((12, 0)));
        assert_eq!(time(b"12.5"), Some((12, 500_000_000)));
        assert_eq!(time(b"12.1234567891"), Some((12, 123_456_789)));
        assert_eq!(time(b"-1.25"), Some((-2, 750_000_000)));
        assert_eq!(time(b"-0.25"), Some((-1, 750_000_000)));
        assert_eq!(time(b"1.x"), None);
    }
}
