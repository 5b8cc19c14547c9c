//! What is to be solved: a statement, an interface and the visible tests.
//!
//! A [`Problem`] is everything that a search may know. Hidden tests are of another type, in
//! another crate that neither the engine nor any policy depends on, so no search can name
//! them, let alone read them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::Value;

/// A programming problem as the search sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    /// Identifies the problem in reports: a file's stem or a benchmark's task id.
    pub id: String,
    /// What the program must do, in words.
    pub statement: String,
    /// How the program is called.
    pub interface: Interface,
    /// The tests that the search may run and read. Never empty in a valid problem.
    pub tests: Vec<Test>,
    /// How an answer is compared with the expected one.
    #[serde(default)]
    pub checker: Checker,
    /// Limits of one program.
    #[serde(default)]
    pub limits: Limits,
}

/// How a program is given its input and gives its output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Interface {
    /// A function is called with arguments and returns a value.
    Function(Signature),
    /// The program reads standard input and writes standard output.
    Stdin,
}

impl Interface {
    /// The signature, where the interface is a function.
    pub fn signature(&self) -> Option<&Signature> {
        match self {
            Interface::Function(s) => Some(s),
            Interface::Stdin => None,
        }
    }
}

/// The header of the function asked for.
///
/// ```
/// use cogitree_engine::{Parameter, Signature};
/// let s = Signature::new("add", [Parameter::new("a"), Parameter::new("b")]);
/// assert_eq!(s.header(), "def add(a, b):");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Signature {
    /// The function's name (the entry point).
    pub name: String,
    /// Its parameters in order.
    pub parameters: Vec<Parameter>,
    /// The annotation of the result, as written.
    pub returns: Option<String>,
    /// Code that stands before the function and that it may use: imports, helper functions.
    #[serde(default)]
    pub preamble: String,
}

impl Signature {
    /// A signature without annotations.
    pub fn new(name: impl Into<String>, parameters: impl IntoIterator<Item = Parameter>) -> Self {
        Signature {
            name: name.into(),
            parameters: parameters.into_iter().collect(),
            returns: None,
            preamble: String::new(),
        }
    }

    /// The `def` line.
    pub fn header(&self) -> String {
        let parameters: Vec<String> = self
            .parameters
            .iter()
            .map(|p| match (&p.annotation, &p.default) {
                (None, None) => p.name.clone(),
                (Some(a), None) => format!("{}: {a}", p.name),
                (None, Some(d)) => format!("{}={d}", p.name),
                (Some(a), Some(d)) => format!("{}: {a} = {d}", p.name),
            })
            .collect();
        let returns = self
            .returns
            .as_ref()
            .map_or(String::new(), |r| format!(" -> {r}"));
        format!("def {}({}){returns}:", self.name, parameters.join(", "))
    }

    /// How many arguments a call must give at the least (parameters without a default).
    pub fn required(&self) -> usize {
        self.parameters
            .iter()
            .filter(|p| p.default.is_none())
            .count()
    }
}

/// One parameter of a [`Signature`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parameter {
    /// The parameter's name.
    pub name: String,
    /// Its annotation, as written.
    pub annotation: Option<String>,
    /// The source text of its default, as written.
    pub default: Option<String>,
}

impl Parameter {
    /// A parameter without annotation or default.
    pub fn new(name: impl Into<String>) -> Self {
        Parameter {
            name: name.into(),
            annotation: None,
            default: None,
        }
    }
}

/// One test: an input and what is expected of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Test {
    /// The function is called with `args`; its result is compared with `expected`, outside
    /// the sandbox.
    Call {
        /// Positional arguments.
        args: Vec<Value>,
        /// The expected result. Without one the test is a probe, which passes when the call
        /// returns and whose value is then in the report, unless a [`Checker::Program`]
        /// decides.
        expected: Option<Value>,
    },
    /// The program is run with `input` on standard input; its output is compared.
    Stdio {
        /// Standard input.
        input: String,
        /// The expected standard output; without one as for a call.
        expected: Option<String>,
    },
    /// Code of the test's own, run in the sandbox after the program; it passes when it ends
    /// without an exception. For tests that are not a plain comparison (HumanEval's `check`).
    Assert {
        /// The code, which may use the entry point's name.
        code: String,
    },
}

impl Test {
    /// The test without what is expected: an input to observe a program's behaviour on.
    /// `None` for code, which cannot be separated from its expectation.
    pub fn probe(&self) -> Option<Test> {
        match self {
            Test::Call { args, .. } => Some(Test::Call {
                args: args.clone(),
                expected: None,
            }),
            Test::Stdio { input, .. } => Some(Test::Stdio {
                input: input.clone(),
                expected: None,
            }),
            Test::Assert { .. } => None,
        }
    }

    /// The size of the input, see [`Value::weight`].
    pub fn weight(&self) -> usize {
        match self {
            Test::Call { args, .. } => args.iter().map(Value::weight).sum(),
            Test::Stdio { input, .. } => input.len(),
            Test::Assert { code } => code.len(),
        }
    }
}

/// How an actual answer is compared with the expected one. `docs/problem-format.md` has a table
/// of what each accepts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Checker {
    /// [`Value::same`] for values; for text, equal up to white space at line ends and blank
    /// lines at the end.
    #[default]
    Exact,
    /// As `Exact`, but floats within either tolerance are equal, at any depth. NaN is within
    /// none. In text every word that is a number counts as a float.
    Tolerance {
        /// Largest absolute difference.
        absolute: f64,
        /// Largest difference relative to the expected value.
        relative: f64,
    },
    /// For text: equal as sequences of tokens between white space. Other values as `Exact`.
    Tokens,
    /// For text: equal line by line, without the white space at both ends of each line and
    /// the blank lines at both ends of the text. Other values as `Exact`.
    Lines,
    /// As `Exact`, but sequences, and the lines of a text, are compared without order at the
    /// top level.
    Unordered,
    /// A program of the problem's author decides, where more than one answer is right.
    ///
    /// It defines `check(args, expected, actual)`, or `check(input, expected, output)` where
    /// programs read standard input, and returns `True` or `False`; a failed `assert` in it says
    /// no, too. `expected` is `None` where a test has none. It runs in a sandbox of its own,
    /// after the program under test, on plain data.
    Program {
        /// Its source in Python.
        source: Arc<str>,
    },
}

/// Limits of one program under test. Each has its own verdict.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Wall time for each test, in seconds. Default 5.
    pub seconds: f64,
    /// Memory in MiB, the interpreter included. Default 256.
    pub memory_mib: u32,
    /// Captured output of each stream in KiB. Default 1024.
    pub output_kib: u32,
    /// The largest program text accepted, in KiB. Default 256.
    pub source_kib: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            seconds: 5.0,
            memory_mib: 256,
            output_kib: 1024,
            source_kib: 256,
        }
    }
}
