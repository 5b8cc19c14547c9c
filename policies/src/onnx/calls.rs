//! Inputs of different lengths as few calls with little padding.
//!
//! A call computes on a rectangle: its rows are filled up to the longest one. Rows are sorted by length,
//! and one joins a call as long as filling up stays cheap; a lone long input so does not stretch all others.

/// What a call costs beside its tokens, in tokens: a new call must save at least that much padding.
/// A call of the default model's size costs about as much as 200 tokens more in a row of it.
const CALL: usize = 256;

/// The most tokens of a call, padding included. What a larger one computes with does not stay in the
/// processor's cache: 128 rows of 256 tokens took 24 ms in one call of the built-in backend, and 8 ms in four.
const LARGEST: usize = 8192;

/// The rows of each call: indices into `lengths`, longest first.
///
/// O(n log n) for n rows. No call has more than `most` rows, nor more than one if that has too many tokens.
pub(super) fn calls(lengths: &[usize], most: usize) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    // Stable, so that rows of one length stay in the order in which they came.
    order.sort_by_key(|&row| std::cmp::Reverse(lengths[row]));
    let mut calls: Vec<Vec<usize>> = Vec::new();
    // Of the last call.
    let (mut padding, mut used) = (0, 0);
    for row in order {
        if let Some(call) = calls.last_mut()
            && call.len() < most.max(1)
            && (call.len() + 1) * lengths[call[0]] <= LARGEST
        {
            let wasted = padding + lengths[call[0]] - lengths[row];
            if wasted <= CALL + used / 4 {
                call.push(row);
                padding = wasted;
                used += lengths[row];
                continue;
            }
        }
        calls.push(vec![row]);
        (padding, used) = (0, lengths[row]);
    }
    calls
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn padding(lengths: &[usize], calls: &[Vec<usize>]) -> usize {
        calls
            .iter()
            .flat_map(|call| call.iter().map(|&row| lengths[call[0]] - lengths[row]))
            .sum()
    }

    #[test]
    fn a_long_row_does_not_stretch_short_ones() {
        let mut lengths = vec![10; 64];
        lengths[7] = 512;
        let calls = calls(&lengths, 128);
        assert_eq!(calls.len(), 2);
        assert_eq!(calls[0], [7]);
        assert_eq!(padding(&lengths, &calls), 0);
    }

    #[test]
    fn rows_of_like_length_go_together() {
        let lengths = [100, 90, 110, 95];
        assert_eq!(calls(&lengths, 128), [vec![2, 0, 3, 1]]);
        assert_eq!(calls(&lengths, 3), [vec![2, 0, 3], vec![1]]);
        assert!(calls(&[], 3).is_empty());
    }

    proptest! {
        #[test]
        fn every_row_is_in_one_call_and_padding_is_bounded(
            lengths in prop::collection::vec(1usize..600, 0..200),
            most in 1usize..140,
        ) {
            let calls = calls(&lengths, most);
            let mut seen: Vec<usize> = calls.iter().flatten().copied().collect();
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..lengths.len()).collect::<Vec<_>>());
            for call in &calls {
                prop_assert!(call.len() <= most);
                prop_assert!(call.len() == 1 || call.len() * lengths[call[0]] <= LARGEST);
                let used: usize = call.iter().map(|&row| lengths[row]).sum();
                prop_assert!(padding(&lengths, std::slice::from_ref(call)) <= CALL + used / 4);
            }
        }
    }
}
