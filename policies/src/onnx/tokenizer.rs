//! A tokenizer file (`tokenizer.json`, as Hugging Face's `tokenizers` writes it) that lies beside a model.

use std::panic::{AssertUnwindSafe, catch_unwind};

use cogitree_engine::State;
use tokenizers::{Tokenizer, TruncationParams};

use super::description::Part;
use super::encode::Encoding;
use super::rehearsal::panicked;
use super::text::text;

/// Turns states into the tokens of a text model.
#[derive(Debug)]
pub(super) struct Reader {
    tokenizer: Tokenizer,
    parts: Vec<Part>,
    longest: usize,
}

impl Reader {
    /// From the bytes of a tokenizer file.
    pub(super) fn new(file: &[u8], longest: usize, parts: &[Part]) -> Result<Reader, String> {
        let tokenizer = caught(|| {
            let mut tokenizer = Tokenizer::from_bytes(file)?;
            tokenizer.with_padding(None);
            tokenizer.with_truncation(Some(TruncationParams {
                max_length: longest,
                ..TruncationParams::default()
            }))?;
            Ok(tokenizer)
        })?;
        let reader = Reader {
            tokenizer,
            parts: parts.to_vec(),
            longest,
        };
        if reader.vocabulary() == 0 {
            return Err("it has no tokens".to_owned());
        }
        Ok(reader)
    }

    /// One more than the largest id.
    pub(super) fn vocabulary(&self) -> i64 {
        let vocabulary = self.tokenizer.get_vocab(true);
        vocabulary.values().max().map_or(0, |&id| i64::from(id) + 1)
    }

    pub(super) fn encode(&self, state: &State<'_>) -> Result<Encoding, String> {
        // No token is shorter than a byte, and few are longer than 16: what is cut off here would not fit.
        let text = text(state, &self.parts, self.longest.saturating_mul(16));
        let encoded = caught(|| self.tokenizer.encode_fast(text, true))?;
        let tokens = encoded.get_ids().iter().map(|&id| i64::from(id)).collect();
        Ok(Encoding {
            tokens,
            features: Vec::new(),
        })
    }
}

fn caught<T>(work: impl FnOnce() -> tokenizers::Result<T>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => done.map_err(|e| e.to_string()),
        Err(panic) => Err(panicked(&*panic)),
    }
}
