//! Reading logs: JSON lines, plain or compressed, and what is wrong with them.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use serde::de::DeserializeOwned;
use thiserror::Error;

/// The longest line, in bytes.
const LONGEST: u64 = 16 << 20;

/// The most bytes of one file, decompressed.
const MOST: u64 = 2 << 30;

/// A log that cannot be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LogError {
    /// The file cannot be read.
    #[error("{}: cannot be read: {why}", .file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why not.
        why: std::io::Error,
    },
    /// A line is not what a log of this kind holds.
    #[error("{}:{line}: {why}", .file.display())]
    Line {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it, and what to do.
        why: String,
    },
}

/// Reads every row of a log.
pub(super) fn rows<T: DeserializeOwned>(
    path: &Path,
    kind: &str,
    mut each: impl FnMut(T) -> Result<(), String>,
) -> Result<(), LogError> {
    let unreadable = |why| LogError::Unreadable {
        file: path.to_path_buf(),
        why,
    };
    let mut file = BufReader::new(File::open(path).map_err(unreadable)?);
    // By content rather than by name: downloads are renamed.
    let zipped = (file.fill_buf().map_err(unreadable)?).starts_with(&[0x1f, 0x8b]);
    let mut lines: Box<dyn BufRead> = if zipped {
        Box::new(BufReader::new(MultiGzDecoder::new(file).take(MOST)))
    } else {
        Box::new(file.take(MOST))
    };
    for line in 1.. {
        let wrong = |why| LogError::Line {
            file: path.to_path_buf(),
            line,
            why,
        };
        let mut bytes = Vec::new();
        let read = (&mut lines).take(LONGEST + 1).read_until(b'\n', &mut bytes);
        if read.map_err(unreadable)? == 0 {
            break;
        }
        if bytes.len() as u64 > LONGEST {
            let why = format!("the line is longer than {} MiB", LONGEST >> 20);
            return Err(wrong(why));
        }
        if bytes.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let row = serde_json::from_slice(&bytes)
            .map_err(|e| wrong(format!("is no row of {kind}: {e}")))?;
        each(row).map_err(wrong)?;
    }
    Ok(())
}
