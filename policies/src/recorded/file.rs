//! The file of a record: JSON lines, appended one at a time.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::entry::{Entry, Header, VERSION};

/// The longest line, in bytes.
const LONGEST: u64 = 64 << 20;

/// A record that cannot be read or written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The file cannot be opened, read or written.
    #[error(
        "{}: the record cannot be opened, read or written: {why}. Name a file that you may use, in a folder that is there",
        .file.display()
    )]
    File {
        /// The file.
        file: PathBuf,
        /// Why not.
        why: std::io::Error,
    },
    /// The file is no record, or of another version.
    #[error(
        "{}:1: is no record of version {VERSION}: {why}. Records are written by a `Recorder`", .file.display()
    )]
    Header {
        /// The file.
        file: PathBuf,
        /// Why not.
        why: String,
    },
    /// A line is damaged. Only the last one may be cut, where a program was killed while it wrote.
    #[error("{}:{line}: is no entry of a record: {why}. Remove the line to go on without it", .file.display())]
    Line {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
}

/// What a file says.
pub(super) struct Contents {
    pub(super) entries: Vec<Entry>,
    /// The number of a last line that was cut.
    pub(super) cut: Option<usize>,
    /// The length of the lines that are whole, in bytes.
    whole: u64,
}

/// Reads a record.
pub(super) fn read(path: &Path, file: &File) -> Result<Contents, RecordError> {
    let broken = |why| RecordError::File {
        file: path.to_path_buf(),
        why,
    };
    let header = |why: String| RecordError::Header {
        file: path.to_path_buf(),
        why,
    };
    let mut lines = BufReader::new(file);
    let mut contents = Contents {
        entries: Vec::new(),
        cut: None,
        whole: 0,
    };
    for line in 1.. {
        let mut bytes = Vec::new();
        let length = (&mut lines)
            .take(LONGEST + 1)
            .read_until(b'\n', &mut bytes)
            .map_err(broken)? as u64;
        if length == 0 {
            break;
        }
        let wrong = |why| RecordError::Line {
            file: path.to_path_buf(),
            line,
            why,
        };
        if length > LONGEST {
            return Err(wrong(format!("it is longer than {} MiB", LONGEST >> 20)));
        }
        // A line is written with its end, in one go: without one it was cut.
        if bytes.last() != Some(&b'\n') {
            contents.cut = Some(line);
            break;
        }
        if line == 1 {
            let Header { cogitree_record } =
                serde_json::from_slice(&bytes).map_err(|e| header(e.to_string()))?;
            if cogitree_record != VERSION {
                return Err(header(format!("it is of version {cogitree_record}")));
            }
        } else {
            let entry = serde_json::from_slice(&bytes).map_err(|e| wrong(e.to_string()))?;
            contents.entries.push(entry);
        }
        contents.whole += length;
    }
    Ok(contents)
}

/// A record that is added to.
#[derive(Debug)]
pub(super) struct Appender {
    file: File,
    path: PathBuf,
}

impl Appender {
    /// Opens a record, or begins one. What is left of a cut last line is removed.
    pub(super) fn open(path: &Path) -> Result<(Appender, Contents), RecordError> {
        let broken = |why| RecordError::File {
            file: path.to_path_buf(),
            why,
        };
        let mut file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(broken)?;
        let contents = read(path, &file)?;
        file.set_len(contents.whole).map_err(broken)?;
        file.seek(SeekFrom::End(0)).map_err(broken)?;
        let mut this = Appender {
            file,
            path: path.to_path_buf(),
        };
        if contents.whole == 0 {
            this.write(&Header {
                cogitree_record: VERSION,
            })?;
        }
        Ok((this, contents))
    }

    /// Adds a line, in one write.
    pub(super) fn write(&mut self, line: &impl serde::Serialize) -> Result<(), RecordError> {
        let write = || -> std::io::Result<()> {
            let mut text = serde_json::to_vec(line)?;
            text.push(b'\n');
            self.file.write_all(&text)
        };
        let mut write = write;
        write().map_err(|why| RecordError::File {
            file: self.path.clone(),
            why,
        })
    }
}
