//! One sample on disk.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::key::RequestKey;
use super::place;
use crate::llm::{Choice, TokenUsage};

/// An entry longer than this is not one of ours.
const MOST_BYTES: u64 = 64 << 20;

/// A choice and its share of what was paid.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) choice: Choice,
    pub(super) usage: TokenUsage,
}

/// The file. It repeats where it lies, so that one that was moved or restored to the wrong
/// place is noticed.
#[derive(Serialize, Deserialize)]
struct Stored {
    request: String,
    sample: u64,
    choice: Choice,
    usage: TokenUsage,
}

pub(super) enum Found {
    Whole(Entry),
    Broken,
    Nothing,
}

pub(super) fn read(folder: &Path, key: &RequestKey, sample: u64) -> Found {
    let path = place(folder, key).join(format!("{sample}.json"));
    let mut text = String::new();
    match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Found::Nothing,
        Err(_) => return Found::Broken,
        Ok(file) => {
            if file.take(MOST_BYTES).read_to_string(&mut text).is_err() {
                return Found::Broken;
            }
        }
    }
    match serde_json::from_str::<Stored>(&text) {
        Ok(stored) if stored.request == key.hex() && stored.sample == sample => {
            Found::Whole(Entry {
                choice: stored.choice,
                usage: stored.usage,
            })
        }
        _ => Found::Broken,
    }
}

pub(super) fn write(folder: &Path, key: &RequestKey, sample: u64, entry: &Entry) -> io::Result<()> {
    let place = place(folder, key);
    fs::create_dir_all(&place)?;
    let asked = place.join("request.json");
    if !asked.exists() {
        put(&place, &asked, key.text().as_bytes())?;
    }
    let text = serde_json::to_vec_pretty(&Stored {
        request: key.hex().to_owned(),
        sample,
        choice: entry.choice.clone(),
        usage: entry.usage,
    })?;
    put(&place, &place.join(format!("{sample}.json")), &text)
}

/// Puts a file there whole or not at all. It is not forced to the disk: after a loss of power
/// it may be broken, which costs one request.
fn put(place: &Path, path: &Path, text: &[u8]) -> io::Result<()> {
    let mut file = tempfile::Builder::new()
        .prefix(".new-")
        .tempfile_in(place)?;
    file.write_all(text)?;
    file.persist(path)?;
    Ok(())
}

/// What each of `count` choices of one reply is said to have cost. The shares add up to the
/// whole: the first one bears the prompt, and the completion is divided evenly.
pub(super) fn share(usage: &TokenUsage, count: usize) -> impl Iterator<Item = TokenUsage> {
    let usage = *usage;
    let count = count.max(1) as u64;
    (0..count).map(move |i| {
        let completion = usage.completion / count + u64::from(i < usage.completion % count);
        if i == 0 {
            TokenUsage {
                completion,
                ..usage
            }
        } else {
            TokenUsage {
                completion,
                ..TokenUsage::default()
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_to_the_whole() {
        let usage = TokenUsage {
            replies: 2,
            prompt: 9,
            completion: 11,
            cached: 3,
            unmetered: 1,
        };
        for count in 1..20 {
            assert_eq!(share(&usage, count).sum::<TokenUsage>(), usage);
            assert_eq!(share(&usage, count).count(), count);
        }
    }
}
