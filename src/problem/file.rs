//! The problem file: TOML or JSON with the keys of `docs/problem-format.md`.

use std::path::Path;

use cogitree_engine::{Checker, Interface, Problem, Signature, Test};

use super::document::{Format, Kind, Node, Source};
use super::error::shown;
use super::python::{self, Assertion, Bound};
use super::validate::{self, Placed};
use super::{Fault, LoadedProblem, Place, ProblemError};

mod checker;
mod settings;
mod table;

use table::Table;

/// Reads the text of a problem file. `path` is for messages, and its stem is the problem's
/// id where the text gives none.
///
/// ```
/// use cogitree::problem::{Format, parse};
/// let loaded = parse(
///     r#"
///     statement = "Double the number."
///     signature = "def double(x: int) -> int"
///     tests = [{ args = [2], expected = 4 }, { assert = "double(0) == 0" }]
///     "#,
///     Format::Toml,
///     "double.toml".as_ref(),
/// )?;
/// assert_eq!(loaded.problem.id, "double");
/// assert_eq!(loaded.problem.tests.len(), 2);
/// # Ok::<(), cogitree::problem::ProblemError>(())
/// ```
pub fn parse(text: &str, format: Format, path: &Path) -> Result<LoadedProblem, ProblemError> {
    let source = Source {
        path,
        text,
        first_line: 1,
    };
    let root = source.tree(format)?;
    let mut top = Table::new(&source, root, "the problem", KEYS)?;

    let id = match top.text("id")? {
        Some((id, at)) => {
            validate::id(&id, &source.place(at), "`id`")?;
            id
        }
        None => stem(path)?,
    };
    let statement = statement(&mut top)?;
    let interface = interface(&mut top)?;
    let checker = checker::read(&mut top)?;
    let limits = settings::limits(&mut top)?;
    let difficulty = settings::difficulty(&mut top)?;
    let note = top.text("note")?.map(|(n, _)| n);

    let visible_at = top.at("tests");
    let visible = tests(&mut top, "tests", "test", &interface, &checker)?;
    if visible.is_empty() {
        return Err(Fault::NoTests {
            place: visible_at.map_or_else(|| Place::file(path), |at| source.place(at)),
            remedy: format!("Add at least one: {}", example(&interface)),
        }
        .into());
    }
    let has_hidden = top.at("hidden").is_some();
    let hidden = tests(&mut top, "hidden", "hidden test", &interface, &checker)?;

    let mut warnings = Vec::new();
    let (visible, hidden) = validate::tests(visible, hidden, &checker, &mut warnings)?;
    Ok(LoadedProblem {
        problem: Problem {
            id,
            statement,
            interface,
            tests: visible,
            checker,
            limits,
        },
        hidden: (has_hidden && !hidden.is_empty()).then(|| hidden.into()),
        warnings,
        difficulty,
        note,
    })
}

/// The keys of a problem.
const KEYS: &[&str] = &[
    "id",
    "statement",
    "signature",
    "preamble",
    "kind",
    "tests",
    "hidden",
    "checker",
    "limits",
    "difficulty",
    "note",
];

fn stem(path: &Path) -> Result<String, ProblemError> {
    let place = Place::file(path);
    match path.file_stem().and_then(|s| s.to_str()) {
        Some(stem) => {
            validate::id(stem, &place, "the file's name, its id as it gives none,")?;
            Ok(stem.to_owned())
        }
        None => Err(Fault::Missing {
            place,
            key: "id",
            table: "the problem".to_owned(),
            remedy: "The file's name is no text, so give the id in the file".to_owned(),
        }
        .into()),
    }
}

fn statement(top: &mut Table<'_>) -> Result<String, ProblemError> {
    match top.text("statement")? {
        Some((text, _)) if !text.trim().is_empty() => Ok(text.trim().to_owned()),
        Some((_, at)) => Err(top.invalid(at, "`statement`", "is empty", STATEMENT)),
        None => Err(top.missing("statement", STATEMENT)),
    }
}

const STATEMENT: &str = "Say in words what the program must do: statement = \"…\"";

fn interface(top: &mut Table<'_>) -> Result<Interface, ProblemError> {
    let kind = top.text("kind")?;
    let signature = top.text("signature")?;
    let preamble = top.text("preamble")?;
    let stdin = match &kind {
        None => false,
        Some((k, _)) if k == "function" => false,
        Some((k, _)) if k == "stdin" => true,
        Some((k, at)) => {
            return Err(top.invalid(
                *at,
                "`kind`",
                &format!("is \"{}\"", shown(k)),
                "Write kind = \"stdin\" for a program that reads standard input, or give a signature",
            ));
        }
    };
    match (stdin, signature, preamble) {
        (true, None, None) => Ok(Interface::Stdin),
        (true, Some((_, at)), _) => Err(top.invalid(
            at,
            "`signature`",
            "is given, but `kind` is \"stdin\"",
            "Remove one: a program that reads standard input has no function to call",
        )),
        (_, None, Some((_, at))) => Err(top.invalid(
            at,
            "`preamble`",
            "is given without a `signature`",
            "It is code that stands before a function: remove it or give the signature",
        )),
        (false, None, None) => Err(top.missing(
            "signature",
            "Give the function's header, signature = \"def f(xs: list[int]) -> int\", \
             or kind = \"stdin\"",
        )),
        (false, Some((header, at)), preamble) => {
            let mut signature = python::from_header(&header).map_err(|e| {
                top.invalid(
                    at,
                    "`signature`",
                    &format!("is \"{}\", which cannot be read: {}", shown(&header), e.why),
                    "Write one header with plain parameters: \"def f(xs: list[int]) -> int\"",
                )
            })?;
            if let Some((code, at)) = preamble {
                signature.preamble = read_preamble(top, &code, at)?;
            }
            Ok(Interface::Function(signature))
        }
    }
}

fn read_preamble(top: &Table<'_>, code: &str, at: usize) -> Result<String, ProblemError> {
    match python::read_assert(code) {
        Ok(_) => Ok(format!("{}\n", code.trim())),
        Err(e) => Err(top.invalid(
            at,
            "`preamble`",
            &format!("is not valid Python: line {}: {}", e.line, e.why),
            "It is code that stands before the function: imports and helper functions",
        )),
    }
}

fn example(interface: &Interface) -> String {
    match interface {
        Interface::Stdin => "[[tests]] with input = \"…\" and output = \"…\"".to_owned(),
        _ => "[[tests]] with args = […] and expected = …".to_owned(),
    }
}

/// The tests of the list `key`. `name` is what one of them is called in messages.
fn tests(
    top: &mut Table<'_>,
    key: &'static str,
    name: &str,
    interface: &Interface,
    checker: &Checker,
) -> Result<Vec<Placed>, ProblemError> {
    let Some(node) = top.take(key) else {
        return Ok(Vec::new());
    };
    let source = top.source;
    let Kind::List(nodes) = node.kind else {
        return Err(top.invalid(
            node.at,
            &format!("`{key}`"),
            &format!("is {}, not a list of tests", node.kind.name()),
            &format!("Write each test as a table under [[{key}]]"),
        ));
    };
    nodes
        .into_iter()
        .enumerate()
        .map(|(i, node)| {
            let name = format!("{name} {}", i + 1);
            let place = source.place(node.at);
            let test = one_test(source, node, &name, interface, checker)?;
            Ok(Placed { test, name, place })
        })
        .collect()
}

fn one_test(
    source: &Source<'_>,
    node: Node,
    name: &str,
    interface: &Interface,
    checker: &Checker,
) -> Result<Test, ProblemError> {
    // A program that checks answers may do so without being told one.
    let may_lack = matches!(checker, Checker::Program { .. });
    match interface {
        Interface::Function(signature) => {
            let mut table = Table::new(source, node, name, &["args", "expected", "assert"])?;
            match table.text("assert")? {
                Some((code, at)) => {
                    for key in ["args", "expected"] {
                        if let Some(at) = table.at(key) {
                            return Err(table.invalid(
                                at,
                                &format!("`{key}` of {name}"),
                                "stands beside `assert`",
                                "A test is either `args` with `expected`, or `assert`",
                            ));
                        }
                    }
                    assertion(&table, &code, at, signature)
                }
                None => call(&mut table, signature, may_lack),
            }
        }
        _ => {
            let mut table = Table::new(source, node, name, &["input", "output"])?;
            let remedy = "A program that reads standard input is tested with both: \
                          input = \"…\", output = \"…\"";
            let Some((input, _)) = table.text("input")? else {
                return Err(table.missing("input", remedy));
            };
            let expected = table.text("output")?.map(|(output, _)| output);
            if expected.is_none() && !may_lack {
                return Err(table.missing("output", remedy));
            }
            Ok(Test::Stdio { input, expected })
        }
    }
}

/// A test with `args` and `expected`, which may be missing where a checker decides without it.
fn call(
    table: &mut Table<'_>,
    signature: &Signature,
    may_lack: bool,
) -> Result<Test, ProblemError> {
    let name = table.name.clone();
    let Some(args) = table.take("args") else {
        return Err(table.missing(
            "args",
            "Give the arguments as a list, one for each parameter: args = [[3, 1], 2]",
        ));
    };
    let at = args.at;
    let Kind::List(args) = args.kind else {
        return Err(table.invalid(
            at,
            &format!("`args` of {name}"),
            &format!("is {}, not a list", args.kind.name()),
            "Give one value for each parameter in a list: args = [5]",
        ));
    };
    let args: Vec<_> = args
        .into_iter()
        .map(|a| table.value(a, &format!("`args` of {name}")))
        .collect::<Result<_, _>>()?;
    let expected = match table.take("expected") {
        Some(node) => Some(table.value(node, &format!("`expected` of {name}"))?),
        None if may_lack => None,
        None => {
            return Err(table.missing(
                "expected",
                "Give the expected result; None and tuples are written assert = \"f(1) == None\"",
            ));
        }
    };
    if args.len() < signature.required() || args.len() > signature.parameters.len() {
        let given = match args.len() {
            1 => "gives 1 argument".to_owned(),
            n => format!("gives {n} arguments"),
        };
        return Err(unfit(
            table,
            at,
            &format!("`args` of {name}"),
            given,
            signature,
        ));
    }
    Ok(Test::Call { args, expected })
}

fn unfit(
    table: &Table<'_>,
    at: usize,
    field: &str,
    why: String,
    signature: &Signature,
) -> ProblemError {
    let hint = match signature.parameters.as_slice() {
        [_] => "; one argument that is a list is args = [[1, 2]]",
        _ => "",
    };
    Fault::Arguments {
        place: table.source.place(at),
        field: field.to_owned(),
        why,
        signature: signature.header(),
        remedy: format!("Give one value for each parameter{hint}"),
    }
    .into()
}

/// A test with `assert`: a call of plain data where it is one, else code.
fn assertion(
    table: &Table<'_>,
    text: &str,
    at: usize,
    signature: &Signature,
) -> Result<Test, ProblemError> {
    let field = format!("`assert` of {}", table.name);
    let text = text.trim();
    let written = match text.strip_prefix("assert") {
        Some(rest) if rest.starts_with([' ', '(', '\t']) => text.to_owned(),
        _ if text.contains('\n') && python::expression_only(text).is_none() => text.to_owned(),
        _ => format!("assert {text}"),
    };
    let invalid = |why: String| {
        table.invalid(
            at,
            &field,
            &why,
            &format!(
                "Write a comparison in Python: \"{}(…) == …\"",
                signature.name
            ),
        )
    };
    let assertion = python::read_assert(&written)
        .map_err(|e| invalid(format!("is not valid Python: {}", e.why)))?;
    let function = match &assertion {
        Assertion::Equal(call, _) | Assertion::Near(call, ..) => Some(call.function.clone()),
        Assertion::Code => None,
    };
    let defined = python::definitions(&format!("{}\n{written}", signature.preamble));
    let found = match function {
        Some(f) => Some(f),
        None if python::mentions(&written, &signature.name) => None,
        None => match python::called_function(&written, &defined) {
            Ok(Some(c)) => Some(c.function),
            _ => return Err(invalid(format!("never calls `{}`", signature.name))),
        },
    };
    if let Some(found) = found.filter(|f| *f != signature.name) {
        return Err(Fault::EntryPoint {
            place: table.source.place(at),
            field,
            found,
            signature: signature.header(),
            remedy: "Give both the same name".to_owned(),
        }
        .into());
    }
    let code = Test::Assert { code: written };
    match assertion {
        Assertion::Equal(call, expected) => match python::bind(signature, call) {
            Ok(Bound::Args(args)) => Ok(Test::Call {
                args,
                expected: Some(expected),
            }),
            Ok(Bound::AsCode) => Ok(code),
            Err(why) => Err(unfit(table, at, &field, why, signature)),
        },
        Assertion::Near(call, ..) => match python::bind(signature, call) {
            Ok(_) => Ok(code),
            Err(why) => Err(unfit(table, at, &field, why, signature)),
        },
        Assertion::Code => Ok(code),
    }
}
