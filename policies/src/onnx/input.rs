//! Which inputs a model takes. Checked before every run: a wrong one must not reach the backend, where it
//! can end the process.

use super::description::{Description, Kind};
use super::encode::Encoding;

/// The inputs that a model takes.
#[derive(Clone, Debug)]
pub(super) struct Input {
    /// Ids of tokens are in `lowest..end`.
    pub(super) lowest: i64,
    pub(super) end: i64,
    /// The most tokens.
    pub(super) longest: usize,
    /// How many features.
    pub(super) features: usize,
    /// The token that fills up shorter inputs.
    pub(super) pad: i64,
}

impl Input {
    /// As a description says; `vocabulary` is the number of its tokenizer's tokens.
    pub(super) fn new(description: &Description, vocabulary: i64) -> Input {
        let (lowest, end) = match &description.encoding {
            Kind::Hashed { buckets, .. } => (1, i64::from(*buckets)),
            Kind::Tokenizer { .. } => (0, vocabulary),
        };
        Input {
            lowest,
            end,
            longest: description.longest(),
            features: description.feature_count(),
            pad: description.pad(),
        }
    }

    /// Whether a model takes this input, and if not why.
    pub(super) fn check(&self, row: &Encoding) -> Result<(), String> {
        let count = row.tokens.len();
        if count == 0 || count > self.longest {
            return Err(format!("{count} tokens, not 1 to {}", self.longest));
        }
        if let Some(token) = row
            .tokens
            .iter()
            .find(|&&token| token < self.lowest || token >= self.end)
        {
            return Err(format!(
                "token {token} is not in {}..{}",
                self.lowest, self.end
            ));
        }
        if row.features.len() != self.features {
            return Err(format!(
                "{} features, not {}",
                row.features.len(),
                self.features
            ));
        }
        match row.features.iter().position(|x| !x.is_finite()) {
            Some(i) => Err(format!("feature {i} is {}", row.features[i])),
            None => Ok(()),
        }
    }

    /// The largest input of all: what a model that cannot take it would fail on.
    pub(super) fn extreme(&self) -> Encoding {
        Encoding {
            tokens: vec![self.end - 1; self.longest],
            features: vec![1.0; self.features],
        }
    }
}

/// Rows as the rectangles that a call takes.
#[derive(Debug)]
pub(super) struct Rectangle {
    pub(super) rows: usize,
    pub(super) length: usize,
    pub(super) tokens: Vec<i64>,
    pub(super) mask: Vec<i64>,
    pub(super) features: Vec<f32>,
}

impl Rectangle {
    /// The rows, filled up to the longest of them.
    pub(super) fn new<'a>(rows: impl IntoIterator<Item = &'a Encoding> + Clone, pad: i64) -> Self {
        let count = rows.clone().into_iter().count();
        let lengths = rows.clone().into_iter().map(|row| row.tokens.len());
        let length = lengths.max().unwrap_or(0);
        let mut rectangle = Rectangle {
            rows: count,
            length,
            tokens: Vec::with_capacity(count * length),
            mask: Vec::with_capacity(count * length),
            features: Vec::new(),
        };
        for row in rows {
            let missing = length - row.tokens.len();
            rectangle.tokens.extend_from_slice(&row.tokens);
            rectangle.tokens.extend(std::iter::repeat_n(pad, missing));
            rectangle
                .mask
                .extend(std::iter::repeat_n(1, row.tokens.len()));
            rectangle.mask.extend(std::iter::repeat_n(0, missing));
            rectangle.features.extend_from_slice(&row.features);
        }
        rectangle
    }
}
