//! Lists in prose, which some models write whatever is asked for.

/// The items of a numbered list, or, where there is none, of a bulleted one, each in one line; code
/// between fences is passed over.
pub(super) fn items(text: &str) -> Vec<String> {
    let numbered = of_kind(text, numbered);
    match numbered.is_empty() {
        true => of_kind(text, bulleted),
        false => numbered,
    }
}

fn of_kind(text: &str, item: fn(&str) -> Option<&str>) -> Vec<String> {
    let mut items: Vec<String> = Vec::new();
    // Within a fence; within an item; after an empty line.
    let (mut fenced, mut open, mut apart) = (false, false, true);
    for line in text.lines() {
        let trimmed = line.trim();
        let mark = trimmed.starts_with("```") || trimmed.starts_with("~~~");
        fenced ^= mark;
        if mark || fenced {
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        if let Some(first) = item(trimmed).filter(|_| indent <= 3) {
            items.push(first.to_owned());
            open = true;
        } else if !trimmed.is_empty() {
            // A paragraph of its own ends an item.
            open &= indent > 0 || !apart;
            if let (true, Some(last)) = (open, items.last_mut()) {
                last.push(' ');
                last.push_str(trimmed);
            }
        }
        apart = trimmed.is_empty();
    }
    items
}

/// What follows `3.`, `3)`, `(3)` or `Step 3:`, with or without emphasis.
fn numbered(line: &str) -> Option<&str> {
    let plain = line.trim_start_matches(['#', '*', '_', ' ', '(']);
    let word = plain.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let label = &plain[..plain.len() - word.len()];
    const LABELS: [&str; 7] = [
        "step", "thought", "idea", "strategy", "approach", "option", "plan",
    ];
    if !label.is_empty() && !LABELS.contains(&label.to_ascii_lowercase().as_str()) {
        return None;
    }
    let word = word.trim_start();
    let rest = word.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = word.len() - rest.len();
    if !(1..=3).contains(&digits) {
        return None;
    }
    let ends: &[char] = if label.is_empty() {
        &['.', ')']
    } else {
        &['.', ')', ':', '-', '*']
    };
    let rest = rest.strip_prefix(ends)?;
    // `1.5` is a number.
    if rest.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let rest = rest.trim_start();
    Some(rest.strip_prefix("** ").unwrap_or(rest).trim_start())
}

fn bulleted(line: &str) -> Option<&str> {
    let rest = line.strip_prefix(['-', '*', '•', '+'])?;
    rest.starts_with(' ').then(|| rest.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_all_kinds_are_read() {
        for (text, expected) in [
            (
                "1. Sort.\n2) Scan\n   once.\n",
                &["Sort.", "Scan once."][..],
            ),
            (
                "Here:\n\n- Sort.\n* Scan.\n\nThat is all.",
                &["Sort.", "Scan."],
            ),
            (
                "**Step 1:** Sort.\n\n### Step 2: Scan.",
                &["Sort.", "Scan."],
            ),
            (
                "Thought 1: Sort.\nThen keep.\nThought 2: Scan.",
                &["Sort. Then keep.", "Scan."],
            ),
            (
                "1. Sort.\n   - by size\n2. Scan.",
                &["Sort. - by size", "Scan."],
            ),
            ("1. Sort.\n```\n1. no\n```\n2. Scan.", &["Sort.", "Scan."]),
            ("The year 1999. It is.\n1.5 is half of 3.\n-1 is less.", &[]),
            ("Just prose.", &[]),
        ] {
            assert_eq!(items(text), expected, "{text}");
        }
    }
}
