//! What a sandbox and its worker processes say to each other.
//!
//! ```text
//! sandbox ──► worker   Setup             once: the version, and the options to open with
//! worker  ──► sandbox  Answer            ready, or why not
//! sandbox ──► worker   Work              what one instance is to do
//! worker  ──► sandbox  Taken             it has it and begins: from here on it is not run again
//! worker  ──► sandbox  Reply             what it told and how it ended
//! ```
//!
//! Every message is a frame: four bytes that no accident writes, its length in four bytes (least
//! significant first), and so many bytes of JSON. A worker is told inputs only, as an instance is: it
//! never holds an expected value. What it says is read as untrusted: it may have been taken over.

use std::io::{self, ErrorKind, Read, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::sandbox::SandboxBuilder;
use crate::sandbox::instance::Work;
use crate::sandbox::recorder;
use crate::sandbox::transcript::Told;

/// Changes whenever a message does.
pub(super) const PROTOCOL: u32 = 2;

const MARK: [u8; 4] = *b"cgtw";

/// The longest [`Answer`], in bytes.
pub(super) const LONGEST_ANSWER: u64 = 1 << 20;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Setup {
    pub(super) protocol: u32,
    /// Version of this crate: two of them need not run programs alike.
    pub(super) version: String,
    pub(super) options: SandboxBuilder,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Answer {
    Ready,
    Refused(String),
}

/// Said before any of a program runs, so that silence before it means that none did.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Taken {
    Taken,
}

/// What came of it: `Err` where the machinery failed, and the worker is still sound.
pub(super) type Reply = Result<Told, String>;

/// The longest reply in bytes: every test with both streams and its result full, and the trace, in
/// the least favourable JSON, which needs six bytes for one.
pub(super) fn longest_reply(work: &Work) -> u64 {
    let one = (1 << 20) + 20 * (u64::from(work.limits.output_kib) << 10);
    let trace = if work.traced.is_some() {
        6 * recorder::LARGEST
    } else {
        0
    };
    one.saturating_mul(work.tests as u64 + 2)
        .saturating_add(trace)
}

/// The frame of a message.
pub(super) fn frame(message: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; 8];
    bytes[..4].copy_from_slice(&MARK);
    serde_json::to_writer(&mut bytes, message)?;
    let length = u32::try_from(bytes.len() - 8)
        .map_err(|_| io::Error::new(ErrorKind::InvalidInput, "a message of more than 4 GiB"))?;
    bytes[4..8].copy_from_slice(&length.to_le_bytes());
    Ok(bytes)
}

pub(super) fn write(to: &mut impl Write, frame: &[u8]) -> io::Result<()> {
    to.write_all(frame)?;
    to.flush()
}

/// Reads a frame, and returns its JSON; `None` where the other side has closed the pipe instead.
pub(super) fn read(from: &mut impl Read, longest: u64) -> io::Result<Option<Vec<u8>>> {
    let invalid = |why: String| Err(io::Error::new(ErrorKind::InvalidData, why));
    let mut head = Vec::with_capacity(8);
    from.take(8).read_to_end(&mut head)?;
    if head.is_empty() {
        return Ok(None);
    }
    let Some((mark, length)) = head.split_first_chunk::<4>() else {
        return invalid("it broke off".into());
    };
    if *mark != MARK {
        return invalid("something that is no message".into());
    }
    let Ok(length) = <[u8; 4]>::try_from(length) else {
        return invalid("it broke off".into());
    };
    let length = u64::from(u32::from_le_bytes(length));
    if length > longest {
        return invalid(format!(
            "a message of {length} bytes, where no more than {longest} can be right"
        ));
    }
    // Grows with what comes: a length alone costs nothing.
    let mut body = Vec::new();
    from.take(length).read_to_end(&mut body)?;
    if body.len() as u64 != length {
        return invalid("it broke off".into());
    }
    Ok(Some(body))
}

/// The message in a frame.
pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> io::Result<T> {
    serde_json::from_slice(body).map_err(|e| {
        io::Error::new(
            ErrorKind::InvalidData,
            format!("a message that cannot be read: {e}"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn frames_come_back_and_nothing_else_is_taken_for_one() {
        let sent = frame(&Answer::Refused("no".into())).unwrap();
        let body = read(&mut &sent[..], LONGEST_ANSWER).unwrap().unwrap();
        assert!(matches!(parse(&body).unwrap(), Answer::Refused(why) if why == "no"));
        assert!(read(&mut &b""[..], 9).unwrap().is_none());

        let refused = |bytes: &[u8], longest| read(&mut &bytes[..], longest).unwrap_err();
        assert!(
            refused(b"hello, world", 9)
                .to_string()
                .contains("no message")
        );
        assert!(refused(&sent, 3).to_string().contains("no more than 3"));
        for cut in 1..sent.len() {
            let why = refused(&sent[..cut], LONGEST_ANSWER).to_string();
            assert!(why.contains("broke off"), "{cut}: {why}");
        }
        assert!(parse::<Answer>(b"{\"Told\": 5}").is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
            let _ = read(&mut &bytes[..], 1 << 10);
            let _ = parse::<Reply>(&bytes);
        }
    }
}
