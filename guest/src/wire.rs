//! The encoding of frames and of what is in them.

pub const MAGIC: u32 = 0x4455_4e45;
pub const VERSION: u16 = 1;
pub const MAX_LENGTH: usize = 1 << 20;
pub const MAX_DATA: usize = 262_144;
/// Length, type, stream, channel: what precedes the bytes of a DATA frame.
pub const DATA_HEAD: usize = 10;
pub const INITIAL_CREDIT: u64 = 262_144;
pub const MAX_STREAMS: usize = 4096;

pub mod kind {
    pub const HELLO: u8 = 0x01;
    pub const WELCOME: u8 = 0x02;
    pub const PING: u8 = 0x03;
    pub const PONG: u8 = 0x04;
    pub const GOAWAY: u8 = 0x05;
    pub const OPEN: u8 = 0x10;
    pub const RESULT: u8 = 0x11;
    pub const ERROR: u8 = 0x12;
    pub const DATA: u8 = 0x13;
    pub const EOF: u8 = 0x14;
    pub const CREDIT: u8 = 0x15;
    pub const CANCEL: u8 = 0x16;
    pub const CONTROL: u8 = 0x17;
    pub const EVENT: u8 = 0x18;
}

pub mod event {
    pub const STARTED: u8 = 1;
    pub const OPENED: u8 = 2;
    pub const READY: u8 = 3;
    pub const CHANGE: u8 = 4;
    pub const CONNECTED: u8 = 5;
}

/// A payload that does not say what its type promises.
#[derive(Debug, PartialEq, Eq)]
pub struct Malformed;

/// Takes a payload apart.
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub fn new(payload: &'a [u8]) -> Reader<'a> {
        Reader(payload)
    }

    fn take(&mut self, n: usize) -> Result<&'a [u8], Malformed> {
        if n > self.0.len() {
            return Err(Malformed);
        }
        let (taken, rest) = self.0.split_at(n);
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        self.take(N)?.try_into().map_err(|_| Malformed)
    }

    pub fn u8(&mut self) -> Result<u8, Malformed> {
        Ok(self.array::<1>()?[0])
    }

    pub fn bool(&mut self) -> Result<bool, Malformed> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Malformed),
        }
    }

    pub fn u16(&mut self) -> Result<u16, Malformed> {
        self.array().map(u16::from_be_bytes)
    }

    pub fn u32(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_be_bytes)
    }

    pub fn u64(&mut self) -> Result<u64, Malformed> {
        self.array().map(u64::from_be_bytes)
    }

    pub fn str(&mut self) -> Result<&'a [u8], Malformed> {
        let n = self.u32()?;
        self.take(n as usize)
    }

    pub fn list<T>(
        &mut self,
        mut item: impl FnMut(&mut Reader<'a>) -> Result<T, Malformed>,
    ) -> Result<Vec<T>, Malformed> {
        let n = self.u32()? as usize;
        // Every item has at least a length of four bytes: a count beyond that cannot be honest.
        if n > self.0.len() / 4 {
            return Err(Malformed);
        }
        (0..n).map(|_| item(self)).collect()
    }

    pub fn end(&self) -> Result<(), Malformed> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Malformed)
        }
    }
}

/// Puts a payload together.
pub trait Writer {
    fn bytes(&mut self, bytes: &[u8]);

    fn u8(&mut self, v: u8) {
        self.bytes(&[v]);
    }

    fn bool(&mut self, v: bool) {
        self.u8(u8::from(v));
    }

    fn u16(&mut self, v: u16) {
        self.bytes(&v.to_be_bytes());
    }

    fn u32(&mut self, v: u32) {
        self.bytes(&v.to_be_bytes());
    }

    fn u64(&mut self, v: u64) {
        self.bytes(&v.to_be_bytes());
    }

    fn str(&mut self, v: &[u8]) {
        self.u32(v.len() as u32);
        self.bytes(v);
    }
}

impl Writer for Vec<u8> {
    fn bytes(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// Appends one frame.
pub fn frame(out: &mut Vec<u8>, kind: u8, stream: u32, payload: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    out.u32(0);
    out.u8(kind);
    out.u32(stream);
    payload(out);
    let length = (out.len() - at - 4) as u32;
    out[at..at + 4].copy_from_slice(&length.to_be_bytes());
}

/// The head of a DATA frame with `n` bytes.
pub fn data_head(stream: u32, channel: u8, n: usize) -> [u8; DATA_HEAD] {
    let mut head = [0; DATA_HEAD];
    head[..4].copy_from_slice(&(n as u32 + 6).to_be_bytes());
    head[4] = kind::DATA;
    head[5..9].copy_from_slice(&stream.to_be_bytes());
    head[9] = channel;
    head
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_back() {
        let mut out = Vec::new();
        frame(&mut out, kind::OPEN, 7, |w| {
            w.u16(513);
            w.str(b"path");
            w.bool(true);
            w.u64(u64::MAX);
        });
        assert_eq!(u32::from_be_bytes(out[..4].try_into().unwrap()) as usize, out.len() - 4);
        assert_eq!(out[4], kind::OPEN);
        let mut r = Reader::new(&out[9..]);
        assert_eq!(r.u16(), Ok(513));
        assert_eq!(r.str(), Ok(&b"path"[..]));
        assert_eq!(r.bool(), Ok(true));
        assert_eq!(r.end(), Err(Malformed));
        assert_eq!(r.u64(), Ok(u64::MAX));
        assert_eq!(r.end(), Ok(()));
        assert_eq!(r.u8(), Err(Malformed));
    }

    #[test]
    fn lies_about_length_are_refused() {
        assert_eq!(Reader::new(&[0, 0, 0, 9, 1]).str(), Err(Malformed));
        assert_eq!(Reader::new(&[255, 255, 255, 255, 0, 0, 0, 0]).list(|r| r.str()), Err(Malformed));
        assert_eq!(Reader::new(&[0, 0, 0, 2, 0, 0, 0, 0]).list(|r| r.str()), Err(Malformed));
        assert_eq!(Reader::new(&[2]).bool(), Err(Malformed));
    }

    #[test]
    fn the_head_of_data_equals_a_frame() {
        let mut out = Vec::new();
        frame(&mut out, kind::DATA, 9, |w| {
            w.u8(2);
            w.bytes(b"abc");
        });
        assert_eq!(&out[..DATA_HEAD], &data_head(9, 2, 3));
    }
}
