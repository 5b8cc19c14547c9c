//! Which templates there are, what each is for, and which variables it may use.

/// One of the templates that prompts are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Template {
    /// Its name: that of an operator, of `system` or `repair`, or of a part that others include,
    /// which begins with `_`. Its file adds `.j2`.
    pub name: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// The text that comes with the program.
    pub source: &'static str,
    /// The variables that it is given. A template that includes others gives them its own.
    pub variables: &'static [Variable],
}

impl Template {
    /// The name of its file in a folder of prompts.
    pub fn file(&self) -> String {
        format!("{}.j2", self.name)
    }
}

/// A variable of a template. Where there is nothing to say, it is false.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub about: &'static str,
}

const fn variable(name: &'static str, about: &'static str) -> Variable {
    Variable { name, about }
}

const STATEMENT: Variable = variable("statement", "what the program must do, fenced");
const ENTRY_POINT: Variable = variable("entry_point", "the name of the function asked for");
const HEADER: Variable = variable("header", "its header and what stands before it, fenced");
const SECONDS: Variable = variable("seconds", "the time that one test may take");
const MEMORY: Variable = variable("memory_mib", "the memory that a program may take");
const COMPARISON: Variable = variable("comparison", "how answers are compared, where it matters");
const TESTS: Variable = variable("tests", "the visible tests, fenced");
const THOUGHTS: Variable = variable("thoughts", "the line of thought, numbered, fenced");
const PROGRAM: Variable = variable("program", "a program that was run, fenced");
const VERDICT: Variable = variable("verdict", "how many visible tests it passes");
const FEEDBACK: Variable = variable("feedback", "what went wrong, in words, fenced");

macro_rules! problem {
    ($($more:expr),* $(,)?) => {
        &[STATEMENT, ENTRY_POINT, HEADER, SECONDS, MEMORY, COMPARISON, TESTS, $($more),*]
    };
}

macro_rules! template {
    ($name:literal, $about:literal, $variables:expr) => {
        Template {
            name: $name,
            about: $about,
            source: include_str!(concat!($name, ".j2")),
            variables: $variables,
        }
    };
}

/// All templates: the operators' in the order of a simulation, then what they share.
pub(super) const TEMPLATES: &[Template] = &[
    template!(
        "propose",
        "offers thoughts that could come next, each with a prior",
        problem![
            THOUGHTS,
            PROGRAM,
            VERDICT,
            FEEDBACK,
            variable(
                "siblings",
                "thoughts already offered here, numbered, fenced"
            ),
            variable("width", "how many thoughts are wanted at the most"),
        ]
    ),
    template!(
        "rehearse",
        "walks a line of thought through an example before it is written down",
        problem![
            THOUGHTS,
            variable("example", "the smallest visible test, fenced")
        ]
    ),
    template!(
        "implement",
        "writes a line of thought down as a program",
        problem![
            THOUGHTS,
            variable(
                "above_program",
                "the program before the last thought, fenced"
            ),
            variable("above_verdict", "how many visible tests that one passes"),
            variable("above_feedback", "what went wrong with it, fenced"),
            variable(
                "failed_program",
                "the program before the last thought was rethought, fenced"
            ),
            variable("failed_verdict", "how many visible tests that one passes"),
            variable("failed_feedback", "what went wrong with it, fenced"),
            variable("tried", "programs that were run already, fenced"),
        ]
    ),
    template!(
        "rethink",
        "refines the last thought when its program failed",
        problem![
            THOUGHTS,
            PROGRAM,
            VERDICT,
            FEEDBACK,
            variable(
                "tried",
                "other versions of the last thought, numbered, fenced"
            ),
        ]
    ),
    template!(
        "refine",
        "refines the thought that is to blame, whichever it is, when a program failed",
        problem![
            THOUGHTS,
            PROGRAM,
            VERDICT,
            FEEDBACK,
            variable(
                "tried",
                "versions of a thought that were tried in its place, numbered, fenced"
            ),
        ]
    ),
    template!(
        "review",
        "judges a program",
        problem![THOUGHTS, PROGRAM, VERDICT, FEEDBACK]
    ),
    template!(
        "design_tests",
        "writes tests of its own",
        problem![variable("wanted", "how many tests are wanted at the most")]
    ),
    template!(
        "compare",
        "chooses between two programs",
        problem![
            variable("first_program", "program A, fenced"),
            variable("first_verdict", "how many visible tests it passes"),
            variable("first_feedback", "what went wrong with it, fenced"),
            variable("second_program", "program B, fenced"),
            variable("second_verdict", "how many visible tests it passes"),
            variable("second_feedback", "what went wrong with it, fenced"),
        ]
    ),
    template!("system", "what the model is and does throughout", &[]),
    template!(
        "repair",
        "asks again, once, for what could not be read",
        &[
            variable("fault", "what was wrong with the answer"),
            variable("form", "the form that an answer has"),
        ]
    ),
    template!("_problem", "the problem and its visible tests", problem![]),
    template!("_thoughts", "the line of thought", &[THOUGHTS]),
    template!(
        "_attempt",
        "a program that was run, and what came of it",
        &[PROGRAM, VERDICT, FEEDBACK]
    ),
];
