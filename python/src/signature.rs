//! Function headers, and how a call's arguments meet them.

use std::ops::Range;

use cogitree_engine::{Parameter, Signature, Value};
use rustpython_ruff_python_ast::{Expr, Stmt, StmtFunctionDef};
use rustpython_ruff_text_size::Ranged;

use super::{Call, SyntaxError, module, value};

/// Reads `def f(xs: list[int], k=1) -> int`, with or without its colon.
///
/// # Errors
/// Where it is not one plain header.
pub fn from_header(header: &str) -> Result<Signature, SyntaxError> {
    let header = header.trim().trim_end_matches(':').trim_end();
    let source = format!("{header}:\n    pass\n");
    let wrong = |why: &str| SyntaxError {
        line: 1,
        why: why.to_owned(),
    };
    if !header.starts_with("def ") {
        return Err(wrong("it does not begin with `def`"));
    }
    match module(&source)?.as_slice() {
        [Stmt::FunctionDef(f)] => of_definition(&source, f).map_err(|why| wrong(&why)),
        _ => Err(wrong("it is more than one function header")),
    }
}

/// What a prompt says: everything up to the body of the function to write.
#[derive(Clone, Debug, PartialEq)]
pub struct Prompt {
    /// The header, and what stands before it.
    pub signature: Signature,
    /// The function's docstring without its indentation; where it has none, the comment
    /// lines before it.
    pub docstring: String,
    /// The names of all functions of the prompt.
    pub functions: Vec<String>,
}

/// Reads a prompt whose last part is the header and docstring of `entry_point`. `Ok(Err(_))`
/// says that it does not define that function, and which ones it does.
///
/// # Errors
/// Where it is not Python.
pub fn from_prompt(
    prompt: &str,
    entry_point: &str,
) -> Result<Result<Prompt, Vec<String>>, SyntaxError> {
    // A header without a docstring is not yet a function.
    let completed = format!("{}\n    pass\n", prompt.trim_end());
    let (source, statements) = match module(prompt) {
        Ok(statements) => (prompt, statements),
        Err(e) => (completed.as_str(), module(&completed).map_err(|_| e)?),
    };
    let functions: Vec<&StmtFunctionDef> = statements
        .iter()
        .filter_map(Stmt::as_function_def_stmt)
        .collect();
    let names = functions.iter().map(|f| f.name.to_string()).collect();
    let Some(definition) = functions.iter().rev().find(|f| &*f.name == entry_point) else {
        return Ok(Err(names));
    };
    let mut signature = of_definition(source, definition).map_err(|why| SyntaxError {
        line: 1 + source[..range(definition).start].matches('\n').count(),
        why,
    })?;
    let before = source[..range(definition).start].trim();
    signature.preamble = match before {
        "" => String::new(),
        code => format!("{code}\n"),
    };
    Ok(Ok(Prompt {
        docstring: docstring(definition).unwrap_or_else(|| comments(before)),
        signature,
        functions: names,
    }))
}

fn range(node: &impl Ranged) -> Range<usize> {
    node.range().to_std_range()
}

fn of_definition(source: &str, f: &StmtFunctionDef) -> Result<Signature, String> {
    let text = |e: &Expr| source[range(e)].to_owned();
    if f.is_async {
        return Err("it is an `async` function".to_owned());
    }
    if let Some(star) = f.parameters.vararg.as_ref().or(f.parameters.kwarg.as_ref()) {
        return Err(format!("`{}` takes any number of arguments", star.name));
    }
    if let Some(p) = f.parameters.kwonlyargs.first() {
        return Err(format!(
            "`{}` can only be given by keyword",
            p.parameter.name
        ));
    }
    let parameters = f
        .parameters
        .posonlyargs
        .iter()
        .chain(&f.parameters.args)
        .map(|p| Parameter {
            name: p.parameter.name.to_string(),
            annotation: p.parameter.annotation.as_deref().map(text),
            default: p.default.as_deref().map(text),
        });
    let parameters: Vec<Parameter> = parameters.collect();
    for (i, p) in parameters.iter().enumerate() {
        if parameters[..i].iter().any(|earlier| earlier.name == p.name) {
            return Err(format!("it has two parameters `{}`", p.name));
        }
    }
    let mut signature = Signature::new(f.name.as_str(), parameters);
    signature.returns = f.returns.as_deref().map(text);
    Ok(signature)
}

fn docstring(f: &StmtFunctionDef) -> Option<String> {
    let first = f.body.first()?.as_expr_stmt()?;
    let text = first.value.as_string_literal_expr()?;
    Some(clean(text.value.to_str()))
}

/// A docstring without its indentation (the rule of `inspect.cleandoc`, PEP 257).
fn clean(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\t', "        ");
    let indent = text
        .lines()
        .skip(1)
        .filter(|l| !l.trim().is_empty())
        .map(|l| l.len() - l.trim_start_matches(' ').len())
        .min()
        .unwrap_or(0);
    let lines: Vec<&str> = text
        .lines()
        .enumerate()
        .map(|(i, l)| match i {
            0 => l.trim(),
            _ => l.get(indent..).unwrap_or("").trim_end(),
        })
        .collect();
    lines.join("\n").trim().to_owned()
}

/// The last block of comment lines of a text.
fn comments(text: &str) -> String {
    let mut lines: Vec<&str> = text
        .lines()
        .rev()
        .map(str::trim)
        .take_while(|l| l.starts_with('#'))
        .map(|l| l.trim_start_matches('#').trim_start())
        .collect();
    lines.reverse();
    lines.join("\n")
}

/// How a call meets a signature.
#[derive(Clone, Debug, PartialEq)]
pub enum Bound {
    /// One value for each parameter given, in order.
    Args(Vec<Value>),
    /// It fits, but not as positional arguments of plain data: it skips a parameter whose
    /// default is not plain data.
    AsCode,
}

/// Puts a call's arguments in the order of the parameters, or says why they do not fit.
///
/// # Errors
/// Why the call cannot be one of this function.
pub fn bind(signature: &Signature, call: Call) -> Result<Bound, String> {
    let parameters = &signature.parameters;
    let plural = |n: usize| match n {
        1 => "1 argument".to_owned(),
        n => format!("{n} arguments"),
    };
    if call.args.len() > parameters.len() {
        return Err(format!("gives {}", plural(call.args.len())));
    }
    let mut slots: Vec<Option<Value>> = call.args.into_iter().map(Some).collect();
    slots.resize(parameters.len(), None);
    for (name, v) in call.keywords {
        match parameters.iter().position(|p| p.name == name) {
            None => return Err(format!("names the parameter `{name}`")),
            Some(i) if slots[i].is_some() => return Err(format!("gives `{name}` twice")),
            Some(i) => slots[i] = Some(v),
        }
    }
    let last = slots.iter().rposition(Option::is_some).map_or(0, |i| i + 1);
    let mut args = Vec::with_capacity(last);
    let mut as_code = false;
    for (i, (slot, parameter)) in slots.into_iter().zip(parameters).enumerate() {
        match (slot, &parameter.default) {
            (Some(v), _) => args.push(v),
            (None, None) => return Err(format!("gives nothing for `{}`", parameter.name)),
            (None, Some(_)) if i >= last => break,
            (None, Some(default)) => match value(default) {
                Some(v) => args.push(v),
                None => as_code = true,
            },
        }
    }
    Ok(if as_code {
        Bound::AsCode
    } else {
        Bound::Args(args)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Assertion, read_assert};

    #[test]
    fn headers_are_read_and_written_back() {
        for header in [
            "def f():",
            "def f(a, b=[1, 2]):",
            "def f(xs: List[Tuple[int, str]], k: int = -1) -> Optional[dict[str, int]]:",
        ] {
            assert_eq!(from_header(header).unwrap().header(), header);
            assert_eq!(
                from_header(&header[..header.len() - 1]).unwrap().header(),
                header
            );
        }
        for wrong in [
            "f(x)",
            "def f(x",
            "def f(*xs)",
            "def f(a, *, b)",
            "def f(x): return 1",
            "def class(x)",
            "def f(a, a)",
            "def f(x):\n  pass\ndef g(x)",
            "",
        ] {
            assert!(from_header(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_prompt_gives_preamble_header_and_words() {
        let prompt = "import math\n\ndef h(x):\n    return x\n\n\
                      def f(x: int = 3) -> int:\n    '''Double it.\n\n    >>> f(1)\n    2\n    '''\n";
        let p = from_prompt(prompt, "f").unwrap().unwrap();
        assert_eq!(p.signature.header(), "def f(x: int = 3) -> int:");
        assert_eq!(
            p.signature.preamble,
            "import math\n\ndef h(x):\n    return x\n"
        );
        assert_eq!(p.docstring, "Double it.\n\n>>> f(1)\n2");
        assert_eq!(
            from_prompt(prompt, "g").unwrap(),
            Err(vec!["h".into(), "f".into()])
        );
        let bare = from_prompt("# Adds one.\ndef f(x):\n", "f")
            .unwrap()
            .unwrap();
        assert_eq!(bare.docstring, "Adds one.");
    }

    #[test]
    fn calls_meet_signatures_as_in_python() {
        let signature = from_header("def f(a, b=2, c=None, d=g())").unwrap();
        let bound = |source: &str| match read_assert(&format!("assert {source} == 0")).unwrap() {
            Assertion::Equal(call, _) => bind(&signature, call),
            _ => panic!("{source}"),
        };
        let args = |source: &str| match bound(source) {
            Ok(Bound::Args(a)) => Value::Tuple(a).to_string(),
            other => format!("{other:?}"),
        };
        assert_eq!(args("f(1)"), "(1,)");
        assert_eq!(args("f(b=5, a=1)"), "(1, 5)");
        assert_eq!(args("f(1, c=3)"), "(1, 2, 3)");
        assert_eq!(bound("f(1, 2, 3, 4)"), bound("f(1, 2, 3, d=4)"));
        assert_eq!(bound("f()").unwrap_err(), "gives nothing for `a`");
        assert_eq!(bound("f(1, a=1)").unwrap_err(), "gives `a` twice");
        assert_eq!(bound("f(1, z=1)").unwrap_err(), "names the parameter `z`");
        assert_eq!(bound("f(1, 2, 3, 4, 5)").unwrap_err(), "gives 5 arguments");
        let needs_code = from_header("def f(a=g(), b=1)").unwrap();
        let call = Call {
            function: "f".into(),
            args: vec![],
            keywords: vec![("b".into(), Value::Int(1))],
        };
        assert_eq!(bind(&needs_code, call), Ok(Bound::AsCode));
    }
}
