//! Answers by the content of what was asked: a bounded map of two generations.
//!
//! New answers go into the young generation. When it holds half of what may be kept it becomes the old
//! one, and the old one is forgotten. An answer that is asked for again moves to the young generation, so
//! what is in use stays. Both operations are O(1); no order has to be kept as in a list of recent use.

use std::collections::HashMap;
use std::mem;
use std::sync::{Mutex, PoisonError};

use super::encode::Encoding;

/// The content of an input: its hash (BLAKE3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key([u8; 32]);

impl Key {
    pub(super) fn of(row: &Encoding) -> Key {
        let mut bytes = Vec::with_capacity(8 * (row.tokens.len() + 1) + 4 * row.features.len());
        // The number of tokens first: no two inputs have the same bytes.
        bytes.extend((row.tokens.len() as u64).to_le_bytes());
        bytes.extend(row.tokens.iter().flat_map(|token| token.to_le_bytes()));
        bytes.extend(row.features.iter().flat_map(|x| x.to_bits().to_le_bytes()));
        Key(*blake3::hash(&bytes).as_bytes())
    }
}

#[derive(Debug, Default)]
struct Generations {
    young: HashMap<Key, f32>,
    old: HashMap<Key, f32>,
}

/// A bounded map from inputs to answers.
#[derive(Debug)]
pub(super) struct Cache {
    /// The most answers of one generation; 0 keeps none.
    half: usize,
    generations: Mutex<Generations>,
}

impl Cache {
    /// A cache of up to `most` answers.
    pub(super) fn new(most: usize) -> Cache {
        Cache {
            half: most / 2,
            generations: Mutex::default(),
        }
    }

    pub(super) fn get(&self, key: &Key) -> Option<f32> {
        let mut generations = self
            .generations
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(&answer) = generations.young.get(key) {
            return Some(answer);
        }
        let answer = generations.old.remove(key)?;
        generations.insert(*key, answer, self.half);
        Some(answer)
    }

    pub(super) fn put(&self, key: Key, answer: f32) {
        let mut generations = self
            .generations
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        generations.insert(key, answer, self.half);
    }

    /// How many answers are kept.
    #[cfg(test)]
    fn len(&self) -> usize {
        let generations = self.generations.lock().unwrap();
        generations.young.len() + generations.old.len()
    }
}

impl Generations {
    fn insert(&mut self, key: Key, answer: f32, half: usize) {
        if half == 0 {
            return;
        }
        if self.young.len() >= half && !self.young.contains_key(&key) {
            self.old = mem::take(&mut self.young);
        }
        self.young.insert(key, answer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: i64) -> Key {
        Key::of(&Encoding {
            tokens: vec![n],
            features: vec![],
        })
    }

    #[test]
    fn it_is_bounded_and_keeps_what_is_used() {
        let cache = Cache::new(10);
        cache.put(key(0), 0.25);
        for n in 1..1000 {
            cache.put(key(n), 0.5);
            assert!(cache.len() <= 10);
            assert_eq!(cache.get(&key(0)), Some(0.25), "after {n}");
        }
        assert_eq!(cache.get(&key(1)), None);
        assert_eq!(cache.get(&key(999)), Some(0.5));
    }

    #[test]
    fn a_cache_of_nothing_keeps_nothing() {
        let cache = Cache::new(0);
        cache.put(key(1), 0.5);
        assert_eq!((cache.get(&key(1)), cache.len()), (None, 0));
    }

    #[test]
    fn keys_differ_where_contents_do() {
        let row = |tokens: &[i64], features: &[f32]| {
            Key::of(&Encoding {
                tokens: tokens.to_vec(),
                features: features.to_vec(),
            })
        };
        assert_eq!(row(&[1, 2], &[0.5]), row(&[1, 2], &[0.5]));
        for other in [
            row(&[2, 1], &[0.5]),
            row(&[1], &[0.5]),
            row(&[1, 2, 3], &[0.5]),
            row(&[1, 2], &[0.25]),
            row(&[1, 2], &[]),
        ] {
            assert_ne!(row(&[1, 2], &[0.5]), other);
        }
        // The bytes of a token as two features.
        assert_ne!(row(&[1, 2], &[]), row(&[1], &[f32::from_bits(2), 0.0]));
    }
}
