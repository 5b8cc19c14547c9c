//! Finds the loops in the lines that a call has run.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::calls::Line;

/// A stretch of the lines of a call.
#[derive(Debug, PartialEq)]
pub(super) enum Piece {
    /// Lines run once, by their indices.
    Straight(Range<usize>),
    /// A loop that spans these source lines, with the indices of each round.
    Loop {
        first: u32,
        last: u32,
        rounds: Vec<Range<usize>>,
    },
}

/// The outermost loops within `range` of the lines, and what lies between them.
pub(super) fn pieces(lines: &[Line<'_>], range: Range<usize>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut at = range.start;
    while let Some((piece, start, end)) = first_loop(lines, at..range.end) {
        if start > at {
            pieces.push(Piece::Straight(at..start));
        }
        pieces.push(piece);
        at = end;
    }
    if at < range.end {
        pieces.push(Piece::Straight(at..range.end));
    }
    pieces
}

/// The first loop with its beginning and its end.
fn first_loop(lines: &[Line<'_>], range: Range<usize>) -> Option<(Piece, usize, usize)> {
    // A line is a loop's head when a backward jump leads to it that was run before.
    let mut seen: HashMap<u32, usize> = HashMap::new();
    let mut head: Option<usize> = None;
    for i in range.clone() {
        if let Some(&earlier) = seen.get(&lines[i].line)
            && is_backward(&lines[i - 1], &lines[i])
        {
            head = Some(head.map_or(earlier, |h: usize| h.min(earlier)));
        }
        seen.entry(lines[i].line).or_insert(i);
    }
    let start = head?;
    let line = lines[start].line;
    let mut starts = vec![start];
    starts.extend(
        (start + 1..range.end)
            .filter(|&i| lines[i].line == line && is_backward(&lines[i - 1], &lines[i])),
    );
    let last_start = *starts.last()?;
    let body: HashSet<u32> = lines[start..=last_start].iter().map(|l| l.line).collect();
    let (first, last) = (*body.iter().min()?, *body.iter().max()?);
    let after = (last_start + 1..range.end).find(|&i| !(first..=last).contains(&lines[i].line));
    let mut end = after.unwrap_or(range.end);
    let mut rounds: Vec<Range<usize>> = starts
        .iter()
        .zip(starts.iter().skip(1).chain([&end]))
        .map(|(&a, &b)| a..b)
        .collect();
    // The last look at the head, which ends the loop, is no round: it is told after it, if it says
    // anything.
    let look = &lines[last_start];
    if end == last_start + 1 && look.changes.is_empty() && look.calls.is_empty() {
        rounds.pop();
        let is_said = look.came.is_some() || end == lines.len();
        end = if is_said { last_start } else { end };
    }
    Some((
        Piece::Loop {
            first,
            last,
            rounds,
        },
        start,
        end,
    ))
}

fn is_backward(from: &Line<'_>, to: &Line<'_>) -> bool {
    to.block < from.block || (to.block == from.block && to.line <= from.line)
}

/// The rounds worth telling, in order: the first, and of each way to go through the loop one, for up
/// to `most` ways. Rounds that change other values went another way. At the end of a trace these are
/// the last of each way, with the last two rounds; elsewhere the first of each.
pub(super) fn telling(
    lines: &[Line<'_>],
    rounds: &[Range<usize>],
    most: usize,
    at_the_end: bool,
) -> Vec<usize> {
    let count = rounds.len();
    let mut order: Vec<usize> = (0..count).collect();
    let mut chosen = vec![0];
    if at_the_end {
        order.reverse();
        chosen.extend([count.saturating_sub(2), count.saturating_sub(1)]);
    }
    let mut ways: HashSet<Vec<(u32, Vec<&str>)>> = HashSet::new();
    for i in order {
        let way = lines[rounds[i].clone()].iter().map(|l| {
            let changed = l.changes.iter().map(|c| c.name.as_str());
            (l.line, changed.collect())
        });
        if ways.len() < most && ways.insert(way.collect()) {
            chosen.push(i);
        }
    }
    chosen.sort_unstable();
    chosen.dedup();
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines by their number, each of which is its own block.
    fn lines(numbers: &[u32]) -> Vec<Line<'static>> {
        let line = |&n| Line {
            line: n,
            block: n,
            changes: &[],
            calls: Vec::new(),
            came: None,
        };
        numbers.iter().map(line).collect()
    }

    #[test]
    fn nested_loops_are_found_from_the_outside_in() {
        let lines = lines(&[1, 2, 3, 4, 3, 4, 3, 2, 3, 4, 3, 2, 5]);
        let outer = pieces(&lines, 0..lines.len());
        assert_eq!(
            outer,
            [
                Piece::Straight(0..1),
                Piece::Loop {
                    first: 2,
                    last: 4,
                    rounds: vec![1..7, 7..11],
                },
                Piece::Straight(12..13),
            ]
        );
        let inner = pieces(&lines, 2..7);
        let Piece::Loop { rounds, .. } = &inner[0] else {
            panic!("{inner:?}");
        };
        assert_eq!(*rounds, [2..4, 4..6]);
    }

    #[test]
    fn an_exception_handler_behind_the_code_is_no_loop() {
        let mut lines = lines(&[1, 2, 3, 4, 5]);
        lines[2].block = 9;
        lines[3].block = 10;
        assert_eq!(pieces(&lines, 0..5), [Piece::Straight(0..5)]);
        // Nor is the code of a `finally`, which is there twice.
        lines[4].line = 2;
        lines[4].block = 11;
        assert_eq!(pieces(&lines, 0..5), [Piece::Straight(0..5)]);
    }

    #[test]
    fn the_first_the_last_and_the_unusual_rounds_are_told() {
        let mut numbers = Vec::new();
        for i in 0..50 {
            numbers.extend(if i == 20 {
                [1, 2, 3].as_slice()
            } else {
                &[1, 2]
            });
        }
        let lines = lines(&numbers);
        let pieces = pieces(&lines, 0..lines.len());
        let [Piece::Loop { rounds, .. }] = pieces.as_slice() else {
            panic!("{pieces:?}");
        };
        assert_eq!(telling(&lines, rounds, 3, true), [0, 20, 48, 49]);
        assert_eq!(telling(&lines, rounds, 3, false), [0, 20]);
        assert_eq!(telling(&lines, rounds, 1, false), [0]);
    }
}
