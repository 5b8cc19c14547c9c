//! A stand-in with the interface of the encoding that is being written; to be replaced by it.

use cogitree_engine::State;

/// The version of the encoding.
pub const VERSION: u32 = 1;
/// The features' names, in order.
pub const FEATURES: [&str; 2] = ["passed_share", "size"];

/// What a model is shown of a state.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoding {
    /// Ids of tokens.
    pub tokens: Vec<i64>,
    /// Features.
    pub features: Vec<f32>,
}

/// Turns states into numbers.
#[derive(Clone, Debug)]
pub struct Encoder {
    buckets: u32,
    longest: usize,
}

impl Encoder {
    /// An encoder.
    pub fn hashed(buckets: u32, longest: usize) -> Encoder {
        Encoder { buckets, longest }
    }

    /// Encodes a state.
    pub fn encode(&self, state: &State<'_>) -> Encoding {
        let source = &state.outcome.program.source;
        let mut tokens: Vec<i64> = source
            .split_whitespace()
            .take(self.longest)
            .map(|word| {
                let hash = blake3::hash(word.as_bytes());
                let bytes = hash.as_bytes();
                let number = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
                i64::from(1 + number % (self.buckets - 1))
            })
            .collect();
        if tokens.is_empty() {
            tokens.push(1);
        }
        let share = state.outcome.report.pass_fraction() as f32;
        let size = (source.len() as f32 / 4096.0).min(1.0);
        Encoding {
            tokens,
            features: vec![share, size],
        }
    }
}
