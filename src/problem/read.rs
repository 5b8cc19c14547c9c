//! Reading files of bounded size, with errors that say what to do.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::error::nearest;
use super::{Fault, Place, ProblemError};

/// The largest problem file, and the largest line of a data set, in bytes: 16 MiB. The
/// largest row of the public sets (CodeContests) is below 10 MiB.
pub(super) const LIMIT: u64 = 16 << 20;

/// Opens a file.
pub(super) fn open(path: &Path) -> Result<File, ProblemError> {
    let file = File::open(path).map_err(|e| unreadable(path, &e))?;
    // Opening a folder works on Unix; reading it does not, and says so less clearly.
    match file.metadata() {
        Ok(m) if m.is_dir() => Err(unreadable(path, &io::ErrorKind::IsADirectory.into())),
        Ok(_) => Ok(file),
        Err(e) => Err(unreadable(path, &e)),
    }
}

/// The whole text of a file of at most [`LIMIT`] bytes, without a byte order mark.
pub(super) fn whole(path: &Path) -> Result<String, ProblemError> {
    let mut bytes = Vec::new();
    open(path)?
        .take(LIMIT + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| unreadable(path, &e))?;
    if bytes.len() as u64 > LIMIT {
        return Err(Fault::TooLarge {
            place: Place::file(path),
            what: "the file",
            limit: LIMIT,
            remedy: "A problem file holds one problem; a data set of many ends in .jsonl or \
                     .jsonl.gz and is read with --from FILE --task ID"
                .to_owned(),
        }
        .into());
    }
    let text = String::from_utf8(bytes).map_err(|e| {
        let good = e.utf8_error().valid_up_to();
        let line = 1 + e.as_bytes()[..good].iter().filter(|&&b| b == b'\n').count();
        not_utf8(Place::line(path, line))
    })?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}

/// The error for text that is not UTF-8.
pub(super) fn not_utf8(place: Place) -> ProblemError {
    Fault::Malformed {
        place,
        format: "UTF-8",
        why: "there are bytes that are not text".to_owned(),
        remedy: "Save the file as UTF-8".to_owned(),
    }
    .into()
}

/// The error for a file that cannot be read.
pub(super) fn unreadable(path: &Path, error: &io::Error) -> ProblemError {
    let (why, remedy) = match error.kind() {
        io::ErrorKind::NotFound => ("there is no such file".to_owned(), not_found(path)),
        io::ErrorKind::IsADirectory => (
            "this is a folder, not a file".to_owned(),
            "Name one problem file in it".to_owned(),
        ),
        io::ErrorKind::PermissionDenied => (
            "reading it is not permitted".to_owned(),
            "Check the file's permissions".to_owned(),
        ),
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => {
            (
                format!("not readable as gzip: {error}"),
                "Fetch the file again, or decompress it and give the .jsonl file".to_owned(),
            )
        }
        _ => (
            format!("cannot be read: {error}"),
            "Check the path".to_owned(),
        ),
    };
    Fault::Unreadable {
        file: path.to_path_buf(),
        why,
        remedy,
    }
    .into()
}

/// Advice for a path that does not exist: the nearest name in its folder.
fn not_found(path: &Path) -> String {
    let folder = match path.parent() {
        Some(p) if p.as_os_str().is_empty() => Path::new("."),
        Some(p) => p,
        None => return "Check the path".to_owned(),
    };
    let Ok(entries) = std::fs::read_dir(folder) else {
        return format!("There is no folder `{}` either", folder.display());
    };
    let names: Vec<String> = entries
        .flatten()
        // A bound on the work in a folder of millions.
        .take(4096)
        .filter_map(|e| e.file_name().into_string().ok())
        .collect();
    let wanted = path.file_name().and_then(|n| n.to_str()).unwrap_or("");
    match nearest(wanted, names.iter().map(String::as_str), 1).first() {
        Some(name) => format!("Did you mean `{}`?", path.with_file_name(name).display()),
        None => "Check the path".to_owned(),
    }
}
