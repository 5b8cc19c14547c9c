//! Programs: the source that a chain of thoughts was turned into.

use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};

/// Source code to be run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// The whole source text.
    pub source: String,
}

impl Program {
    /// A program from its source.
    pub fn new(source: impl Into<String>) -> Self {
        Program {
            source: source.into(),
        }
    }

    /// The source without comment lines, blank lines and trailing white space, so that
    /// programs that differ in nothing else are recognised as one.
    ///
    /// ```
    /// use cogitree_engine::Program;
    /// let a = Program::new("# first try\nx = 1  \n\nprint(x)");
    /// assert_eq!(a.normalized(), "x = 1\nprint(x)");
    /// ```
    pub fn normalized(&self) -> String {
        // A text with triple quotes can hold lines that only look like comments.
        let verbatim = self.source.contains("\"\"\"") || self.source.contains("'''");
        let lines: Vec<&str> = self
            .source
            .lines()
            .map(str::trim_end)
            .filter(|l| verbatim || !(l.is_empty() || l.trim_start().starts_with('#')))
            .collect();
        lines.join("\n")
    }

    /// A 64-bit fingerprint of the normalised source: stable over runs and platforms
    /// (FNV-1a, Fowler, Noll, Vo 1991).
    pub fn fingerprint(&self) -> u64 {
        struct Fnv(u64);
        impl Hasher for Fnv {
            fn finish(&self) -> u64 {
                self.0
            }
            fn write(&mut self, bytes: &[u8]) {
                for &b in bytes {
                    self.0 = (self.0 ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3);
                }
            }
        }
        let mut hasher = Fnv(0xcbf2_9ce4_8422_2325);
        self.normalized().as_bytes().hash(&mut hasher);
        hasher.finish()
    }

    /// How many lines of code it has, comments and blank lines apart.
    pub fn code_lines(&self) -> usize {
        self.source
            .lines()
            .map(str::trim)
            .filter(|l| !l.is_empty() && !l.starts_with('#'))
            .count()
    }
}
