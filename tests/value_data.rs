//! The split of the value model's data.

#[allow(dead_code)]
#[path = "../examples/value_data/split.rs"]
mod split;

use std::collections::{BTreeMap, BTreeSet};

use split::{PARTS, Parts, Statement, split};

fn statement(id: &str, text: &str, function: &str) -> Statement {
    Statement {
        id: id.to_owned(),
        text: text.to_owned(),
        function: Some(function.to_owned()),
        held_out: id.starts_with("examples/"),
    }
}

/// Statements that share next to no three words in a row.
fn unlike(set: &str, count: usize) -> Vec<Statement> {
    let of = |i: usize| {
        let text = format!("a{i} b{i} c{i} d{i} e{i} f{i}");
        statement(&format!("{set}/{i}"), &text, "solve")
    };
    (0..count).map(of).collect()
}

#[test]
fn near_duplicates_are_of_one_group() {
    let mut problems = unlike("A", 40);
    let long = "Write a function that returns the sum of all even numbers in the given list";
    problems.extend([
        statement("A/100", long, "sum_even"),
        statement("B/1", &format!("{long} of integers."), "evens"),
        // The same name of two words, and other words.
        statement(
            "C/1",
            "Quite another text that has nothing in common",
            "sumEven",
        ),
        statement(
            "C/2",
            "Something else altogether is asked for in this one",
            "SUM_EVEN",
        ),
        statement(
            "C/3",
            "Yet other words that stand in no other statement here",
            "evens",
        ),
    ]);
    let parts = Parts::of(&problems);
    let group = |id: &str| parts.get(id).unwrap();
    assert_eq!(group("A/100"), group("B/1"));
    assert_eq!(group("A/100"), group("C/2"));
    // One word says little: `solve`, `evens`.
    assert_ne!(group("C/3").0, group("B/1").0);
    assert_ne!(
        group("C/1").0,
        group("A/100").0,
        "sumEven is another spelling"
    );
    assert_eq!(parts.largest(), 3);
    assert_eq!(parts.groups(), 43);
}

#[test]
fn groups_are_joined_by_what_is_between_them() {
    let words: Vec<String> = (0..30).map(|i| format!("w{i}")).collect();
    let text = |from: usize| words[from..from + 16].join(" ");
    let problems = [
        statement("A/1", &text(0), "f"),
        statement("A/2", &text(4), "f"),
        statement("A/3", &text(8), "f"),
    ];
    let parts = Parts::of(&problems);
    assert_eq!(parts.groups(), 1);
    let ends = [problems[0].clone(), problems[2].clone()];
    assert_eq!(Parts::of(&ends).groups(), 2);
}

#[test]
fn no_problem_and_no_group_is_in_two_splits() {
    let mut problems = unlike("A", 300);
    for i in 0..100 {
        let twin = problems[i * 3].text.clone();
        problems.push(statement(&format!("B/{i}"), &twin, "solve"));
    }
    let parts = Parts::of(&problems);
    let mut splits: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
    for problem in &problems {
        let (group, part) = parts.get(&problem.id).unwrap();
        assert!(part < PARTS);
        splits.entry(group).or_default().insert(split(part));
    }
    assert_eq!(splits.len(), 300);
    assert!(splits.values().all(|s| s.len() == 1));
    for i in 0..100 {
        let twins = [format!("A/{}", i * 3), format!("B/{i}")];
        assert_eq!(parts.get(&twins[0]), parts.get(&twins[1]));
    }
}

#[test]
fn every_set_is_dealt_evenly_and_examples_are_held_out() {
    let mut problems = unlike("A", 200);
    problems.extend(unlike("examples", 12).into_iter().map(|s| Statement {
        text: s.text.replace(' ', "x "),
        ..s
    }));
    // Held out with the example that it is a twin of.
    problems.push(statement("A/900", &problems[203].text.clone(), "solve"));
    let parts = Parts::of(&problems);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for problem in &problems[..200] {
        let (_, part) = parts.get(&problem.id).unwrap();
        *counts.entry(split(part)).or_default() += 1;
    }
    assert_eq!(
        counts,
        BTreeMap::from([("test", 50), ("train", 120), ("validation", 30)])
    );
    for problem in &problems[200..] {
        let (_, part) = parts.get(&problem.id).unwrap();
        assert_eq!(split(part), "test", "{}", problem.id);
    }
}

#[test]
fn the_split_depends_on_the_problems_alone() {
    let problems = unlike("A", 50);
    let reversed: Vec<Statement> = problems.iter().rev().cloned().collect();
    let (a, b) = (Parts::of(&problems), Parts::of(&reversed));
    for problem in &problems {
        assert_eq!(a.get(&problem.id), b.get(&problem.id));
    }
}
