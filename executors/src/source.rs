//! Program texts that come as bytes, read as Python reads files (PEP 263).

use cogitree_engine::{Program, ProgramError};

/// The byte order mark of UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// The program in a file of these bytes: UTF-8, or what a coding line in its first two lines says. A
/// byte order mark is left out.
///
/// ```
/// use cogitree_executors::decode_source;
/// let program = decode_source(b"# -*- coding: latin-1 -*-\nname = 'caf\xe9'").unwrap();
/// assert!(program.source.ends_with("name = 'café'"));
/// assert_eq!(decode_source(b"x = 1\ny = '\xff'").unwrap_err().line, Some(2));
/// ```
///
/// # Errors
/// A `SyntaxError` with its line, as Python would raise it, when the bytes are not of that encoding,
/// or the encoding is not one of UTF-8, ASCII and Latin-1.
pub fn decode_source(bytes: &[u8]) -> Result<Program, ProgramError> {
    let unmarked = bytes.strip_prefix(MARK).unwrap_or(bytes);
    let encoding = coding_line(unmarked).unwrap_or_else(|| "utf-8".into());
    match encoding.as_str() {
        "utf-8" | "utf8" | "utf-8-sig" => utf8(unmarked),
        "ascii" | "us-ascii" if unmarked.is_ascii() => utf8(unmarked),
        // Each byte is the character of its number.
        "latin-1" | "latin1" | "iso-8859-1" | "iso8859-1" | "l1"
            if unmarked.len() == bytes.len() =>
        {
            let source: String = bytes.iter().map(|&b| char::from(b)).collect();
            Ok(Program { source })
        }
        other => Err(unreadable(
            format!("the encoding {other:?} is not one of this sandbox's, or not that of the file"),
            1,
        )),
    }
}

fn utf8(bytes: &[u8]) -> Result<Program, ProgramError> {
    match std::str::from_utf8(bytes) {
        Ok(source) => Ok(Program::new(source)),
        Err(e) => {
            let good = &bytes[..e.valid_up_to()];
            let line = good.iter().filter(|&&b| b == b'\n').count() + 1;
            let byte = bytes.get(e.valid_up_to()).copied().unwrap_or_default();
            Err(unreadable(
                format!("not UTF-8: byte 0x{byte:02x}, and no coding line that says what it is"),
                line,
            ))
        }
    }
}

fn unreadable(message: String, line: usize) -> ProgramError {
    ProgramError {
        kind: "SyntaxError".into(),
        message,
        line: u32::try_from(line).ok(),
        source_line: None,
    }
}

/// The encoding that a comment in one of the first two lines declares, normalised.
fn coding_line(bytes: &[u8]) -> Option<String> {
    let lines = bytes.split(|&b| b == b'\n' || b == b'\r').take(2);
    for line in lines {
        let line = String::from_utf8_lossy(line);
        let text = line.trim_start_matches([' ', '\t', '\x0c']);
        let Some(comment) = text.strip_prefix('#') else {
            // A coding line counts in the second line only below an empty one or a comment.
            if text.is_empty() {
                continue;
            } else {
                return None;
            };
        };
        let mut rest = comment;
        while let Some(at) = rest.find("coding") {
            rest = &rest[at + "coding".len()..];
            if let Some(name) = rest.strip_prefix([':', '=']) {
                let name = name.trim_start_matches([' ', '\t']);
                let part = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
                let end = name.find(|c| !part(c)).unwrap_or(name.len());
                if end > 0 {
                    return Some(name[..end].to_ascii_lowercase().replace('_', "-"));
                }
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coding_line_is_obeyed_where_python_obeys_it() {
        for (bytes, expected) in [
            (&b"x = 1"[..], Ok("x = 1")),
            (b"\xef\xbb\xbfx = 1", Ok("x = 1")),
            ("# é".as_bytes(), Ok("# é")),
            (
                b"#!/usr/bin/python\n# vim: set fileencoding=Latin_1 :\n'\xe9'",
                Ok("é"),
            ),
            (b"\n#coding: iso-8859-1\n'\xe9'", Ok("é")),
            // In the third line, and below code, it is a mere comment.
            (b"#\n#\n# coding: latin-1\n'\xe9'", Err(Some(4))),
            (b"x = 1\n# coding: latin-1\n'\xe9'", Err(Some(3))),
            (b"# decoding=\n'\xe9'", Err(Some(2))),
            (b"# coding: koi8-r\n'\xe9'", Err(Some(1))),
            (b"# coding: ascii\n'\xe9'", Err(Some(1))),
            (b"\xef\xbb\xbf# coding: latin-1\n", Err(Some(1))),
            (b"\xff\xfex\x00", Err(Some(1))),
        ] {
            let read = decode_source(bytes);
            match expected {
                Ok(part) => assert!(read.unwrap().source.contains(part), "{bytes:?}"),
                Err(line) => assert_eq!(read.unwrap_err().line, line, "{bytes:?}"),
            }
        }
    }
}
