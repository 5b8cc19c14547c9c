//! How much room each part of a prompt gets, and what is cut where it does not suffice.

/// Shares `room` among parts that need so much and weigh so much: nobody gets more than it needs,
/// and what one leaves goes to the others by their weights.
pub(super) fn shares(room: usize, parts: &[(usize, u32)]) -> Vec<usize> {
    let mut given = vec![0usize; parts.len()];
    let mut left = room;
    let mut open: Vec<usize> = (0..parts.len()).collect();
    while !open.is_empty() {
        let weight: usize = open.iter().map(|&i| parts[i].1 as usize).sum();
        let share = |i: usize| left * parts[i].1 as usize / weight.max(1);
        let (content, hungry): (Vec<usize>, Vec<usize>) =
            open.iter().partition(|&&i| parts[i].0 <= share(i));
        if content.is_empty() {
            for &i in &hungry {
                given[i] = share(i);
            }
            break;
        }
        for &i in &content {
            given[i] = parts[i].0;
        }
        left -= content.iter().map(|&i| parts[i].0).sum::<usize>();
        open = hungry;
    }
    given
}

/// Which part of a text is kept when it is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    /// Its beginning and its end.
    Ends,
    /// Its end: what is oldest goes.
    End,
}

/// What stands where something was cut takes so much at the most, with the line ends.
const NOTE: usize = 40;

/// At most `room` bytes of a text, with a line that says how much was left out.
pub(super) fn cut(text: &str, room: usize, keep: Keep) -> String {
    if text.len() <= room {
        return text.to_owned();
    }
    let kept = room.saturating_sub(NOTE);
    let head = match keep {
        Keep::Ends => text.floor_char_boundary(kept / 2),
        Keep::End => 0,
    };
    let tail = text.ceil_char_boundary(text.len() - (kept - head).min(text.len()));
    let out = tail - head;
    let note = format!("[... {out} bytes left out ...]");
    let before = if head == 0 { "" } else { "\n" };
    format!("{}{before}{note}\n{}", &text[..head], &text[tail..])
}

/// Items that fit into `room` bytes, taken in `order` and shown in their own. The first to be taken
/// is cut where it is too long; from the first that does not fit on they are left out and counted.
pub(super) fn fitting(items: &[String], order: impl Iterator<Item = usize>, room: usize) -> String {
    let mut kept: Vec<(usize, String)> = Vec::new();
    let mut left = room;
    let all: usize = items.iter().map(|i| i.len() + 1).sum();
    if all > room {
        left = left.saturating_sub(NOTE);
    }
    for i in order {
        let Some(item) = items.get(i) else { continue };
        if item.len() < left {
            left -= item.len() + 1;
            kept.push((i, item.clone()));
        } else if kept.is_empty() {
            kept.push((i, cut(item, left, Keep::Ends)));
            break;
        } else {
            break;
        }
    }
    kept.sort_by_key(|(i, _)| *i);
    let missing = items.len() - kept.len();
    let mut lines: Vec<String> = kept.into_iter().map(|(_, item)| item).collect();
    if missing > 0 {
        lines.push(format!("[... {missing} more left out ...]"));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_one_part_leaves_goes_to_the_others() {
        assert_eq!(shares(100, &[(10, 1), (20, 1)]), [10, 20]);
        assert_eq!(shares(100, &[(10, 1), (500, 1)]), [10, 90]);
        assert_eq!(shares(100, &[(500, 3), (500, 1)]), [75, 25]);
        // 30 is less than its third; what it leaves goes half and half.
        assert_eq!(shares(120, &[(30, 1), (60, 1), (60, 1)]), [30, 45, 45]);
        assert_eq!(shares(100, &[]), [] as [usize; 0]);
    }

    #[test]
    fn a_cut_is_said_and_made_where_it_hurts_least() {
        let text = format!("{}{}{}", "a".repeat(50), "é".repeat(50), "z".repeat(50));
        assert_eq!(cut(&text, 200, Keep::Ends), text);
        let ends = cut(&text, 100, Keep::Ends);
        assert_eq!(
            ends,
            format!(
                "{}\n[... 140 bytes left out ...]\n{}",
                "a".repeat(30),
                "z".repeat(30)
            )
        );
        let end = cut(&text, 100, Keep::End);
        assert!(end.starts_with("[... 140 bytes left out ...]\n"), "{end}");
        assert!(end.ends_with(&"z".repeat(50)), "{end}");
    }

    #[test]
    fn items_are_left_out_from_the_end_of_the_order() {
        let items: Vec<String> = ["one", "two", "three", "four"].map(String::from).into();
        let newest = (0..4).rev();
        assert_eq!(
            fitting(&items, newest.clone(), 100),
            "one\ntwo\nthree\nfour"
        );
        let items: Vec<String> = items.iter().map(|i| i.repeat(10)).collect();
        let shown = fitting(&items, newest, 140);
        assert_eq!(
            shown,
            format!("{}\n{}\n[... 2 more left out ...]", items[2], items[3])
        );
        // The most relevant is shown in part, rather than not at all.
        let long: Vec<String> = items.iter().map(|i| i.repeat(4)).collect();
        let shown = fitting(&long, [2, 0, 1, 3].into_iter(), 150);
        assert!(shown.starts_with("three") && shown.len() <= 150, "{shown}");
        assert!(
            shown.contains("bytes left out") && shown.contains("3 more left out"),
            "{shown}"
        );
    }

    proptest! {
        #[test]
        fn nothing_is_larger_than_its_room(
            text in "\\PC{0,300}",
            room in 41usize..400,
            needs in proptest::collection::vec((0usize..500, 1u32..5), 0..6),
        ) {
            for keep in [Keep::Ends, Keep::End] {
                prop_assert!(cut(&text, room, keep).len() <= room);
            }
            let given = shares(room, &needs);
            prop_assert!(given.iter().sum::<usize>() <= room);
            prop_assert!(given.iter().zip(&needs).all(|(g, (need, _))| g <= need));
        }
    }
}
