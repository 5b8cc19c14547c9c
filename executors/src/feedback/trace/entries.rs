//! Lines of text with their weight, cut to a length.

/// How much is lost when an entry is left out. Of equal ones the older goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// A round in the middle of a loop, or what an earlier call did.
    Little,
    /// The first round of a loop.
    Some,
    /// What happened outside of loops, or in the last rounds.
    Much,
    /// What the entries below it belong to.
    Heading,
}

struct Entry {
    indent: usize,
    weight: Weight,
    text: String,
}

/// Deepest indentation, in levels.
const DEEPEST: usize = 6;

/// The last so many entries are kept whatever their length.
const KEPT: usize = 3;

const GAP: &str = "...";

/// Lines of text, in order.
#[derive(Default)]
pub(super) struct Entries {
    all: Vec<Entry>,
}

impl Entries {
    pub(super) fn push(&mut self, indent: usize, weight: Weight, text: String) {
        self.all.push(Entry {
            indent: indent.min(DEEPEST),
            weight,
            text,
        });
    }

    /// Something is left out here.
    pub(super) fn gap(&mut self) {
        self.push(0, Weight::Heading, GAP.into());
    }

    /// The lines, of which as many are left out as are needed to need no more than `room`
    /// characters; each stretch that is left out is marked.
    pub(super) fn within(self, room: usize) -> String {
        let length = |e: &Entry| 2 * e.indent + e.text.chars().count() + 1;
        let mut total: usize = self.all.iter().map(length).sum();
        let mut kept = vec![true; self.all.len()];
        let mut order: Vec<usize> = (0..self.all.len().saturating_sub(KEPT)).collect();
        order.sort_by_key(|&i| (self.all[i].weight, i));
        for i in order {
            if total <= room {
                break;
            }
            if self.all[i].weight != Weight::Heading || self.is_bare(i, &kept) {
                kept[i] = false;
                total -= length(&self.all[i]);
            }
        }
        // What is left is a heading without an entry, or is needed.
        let mut text = String::new();
        let mut marked = false;
        for (i, entry) in self.all.iter().enumerate() {
            let bare = entry.weight == Weight::Heading && self.is_bare(i, &kept);
            if !kept[i] || bare || entry.text == GAP {
                if !marked {
                    text.push_str("  ...\n");
                }
                marked = true;
                continue;
            }
            marked = false;
            text.push_str(&"  ".repeat(entry.indent + 1));
            text.push_str(&entry.text);
            text.push('\n');
        }
        text
    }

    /// Whether nothing below a heading is kept.
    fn is_bare(&self, heading: usize, kept: &[bool]) -> bool {
        let indent = self.all[heading].indent;
        let below = self.all[heading + 1..].iter().zip(&kept[heading + 1..]);
        !below
            .take_while(|(e, _)| e.indent > indent)
            .any(|(e, kept)| *kept && e.weight != Weight::Heading)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_and_least_telling_goes_first_and_the_end_stays() {
        let mut entries = Entries::default();
        entries.push(0, Weight::Heading, "heading".into());
        entries.push(1, Weight::Much, "a".repeat(20));
        entries.push(1, Weight::Little, "b".repeat(20));
        entries.push(1, Weight::Some, "c".repeat(20));
        for c in ["x", "y", "z"] {
            entries.push(0, Weight::Little, c.repeat(20));
        }
        let text = entries.within(105);
        assert!(!text.contains('b') && !text.contains('c'), "{text}");
        assert!(text.contains("heading\n    aaa"), "{text}");
        assert!(text.contains("  ...\n  xxx"), "{text}");
        assert!(text.ends_with(&format!("{}\n", "z".repeat(20))), "{text}");
    }
}
