//! A copy of a file that is mostly holes, with its holes.
use crate::sys::*;
use std::ffi::CStr;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// `copy` must not be there yet.
pub fn copy(master: &CStr, copy: &CStr) -> io::Result<()> {
    let mut source = File::from(fs::open_at(AT_FDCWD, master, O_RDONLY, 0)?);
    let mut target = File::from(fs::open_at(AT_FDCWD, copy, O_WRONLY | O_CREAT | O_EXCL, 0o600)?);
    target.set_len(source.metadata()?.len())?;
    let mut at = 0;
    while let Some(data) = fs::next_data(&source, at)? {
        let hole = fs::next_hole(&source, data)?;
        source.seek(SeekFrom::Start(data))?;
        target.seek(SeekFrom::Start(data))?;
        // The kernel copies, where it can.
        if io::copy(&mut Read::by_ref(&mut source).take(hole - data), &mut target)? < hole - data {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        at = hole;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CString;
    use std::io::Write;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn contents_and_holes_are_the_same() {
        let directory = std::env::temp_dir().join(format!("dunes-image-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let path = |name: &str| CString::new(directory.join(name).as_os_str().as_bytes()).unwrap();
        let mut master = File::create(directory.join("master")).unwrap();
        master.set_len(64 << 20).unwrap();
        for (at, text) in [(0, "first"), (1 << 20, "middle"), ((64 << 20) - 4, "last")] {
            master.seek(SeekFrom::Start(at)).unwrap();
            master.write_all(text.as_bytes()).unwrap();
        }

        copy(&path("master"), &path("copy")).unwrap();
        let again = copy(&path("master"), &path("copy")).unwrap_err();
        File::create(directory.join("empty")).unwrap().set_len(1 << 20).unwrap();
        copy(&path("empty"), &path("empty copy")).unwrap();

        let same = std::fs::read(directory.join("master")).unwrap() == std::fs::read(directory.join("copy")).unwrap();
        let blocks = std::fs::metadata(directory.join("copy")).unwrap().blocks();
        let empty = std::fs::metadata(directory.join("empty copy")).unwrap().len();
        std::fs::remove_dir_all(&directory).unwrap();
        assert!(same);
        assert!(blocks < 1024, "{} blocks", blocks);
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(empty, 1 << 20);
    }
}
