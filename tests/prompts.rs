//! `cogitree prompts`, as a user meets it.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn prompts(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cogitree"))
        .arg("prompts")
        .args(arguments)
        .env("NO_COLOR", "1")
        .output()
        .unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn path(folder: &Path) -> &str {
    folder.to_str().unwrap()
}

#[test]
fn prompts_are_listed_and_printed() {
    let list = prompts(&[]);
    assert!(list.status.success());
    insta::assert_snapshot!("prompts", out(&list));
    let one = prompts(&["rethink"]);
    assert!(
        out(&one).contains("The program fails. Find out why"),
        "{}",
        out(&one)
    );
    assert_eq!(out(&one), out(&prompts(&["rethink.j2"])));
    let none = prompts(&["think"]);
    assert_eq!(none.status.code(), Some(2));
    let message = err(&none);
    assert!(
        message.contains("there is no prompt \"think\"; there are propose, "),
        "{message}"
    );
}

#[test]
fn prompts_are_written_edited_and_checked() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("new/prompts");
    let written = prompts(&["--write", path(&folder)]);
    assert!(written.status.success(), "{}", err(&written));
    let unchanged = prompts(&["--prompts", path(&folder)]);
    assert_eq!(
        out(&unchanged),
        out(&prompts(&[])),
        "what was written is what was embedded"
    );

    let review = folder.join("review.j2");
    fs::write(&review, "Is it right?\n{{ programm }}\n").unwrap();
    let refused = prompts(&["--prompts", path(&folder)]);
    assert_eq!(refused.status.code(), Some(2));
    let place = format!(
        "{}, line 2: there is no variable `programm`. There are: ",
        review.display()
    );
    assert!(err(&refused).contains(&place), "{}", err(&refused));

    // What was edited is not lost.
    let again = prompts(&["--write", path(&folder)]);
    assert_eq!(again.status.code(), Some(2));
    assert!(
        err(&again).contains("is there already; --force writes over it"),
        "{}",
        err(&again)
    );
    assert!(fs::read_to_string(&review).unwrap().contains("programm"));
    let forced = prompts(&["--write", path(&folder), "--force"]);
    assert!(forced.status.success());
    assert_eq!(
        out(&prompts(&["review"])),
        fs::read_to_string(&review).unwrap()
    );
}
