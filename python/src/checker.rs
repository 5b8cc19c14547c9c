//! The source of a checker: is it Python, and does it define what will be called?

use rustpython_ruff_python_ast::{Expr, Parameters, Stmt};

use super::{SyntaxError, module};

/// The function that a checker defines, and what it is called with.
const ENTRY: &str = "check";
const ARGUMENTS: usize = 3;

/// What is wrong with the source of a checker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckerFault {
    /// It is not Python.
    Syntax(SyntaxError),
    /// No function of the name.
    Undefined,
    /// The function on this line of the source cannot be called with three arguments.
    Parameters(usize),
}

/// Looks at the source of a checker without running it. A `check` that is not a plain `def` at the
/// top level (an assignment, an import) is taken on trust.
///
/// # Errors
/// What is wrong with it.
pub fn check(source: &str) -> Result<(), CheckerFault> {
    let statements = module(source).map_err(CheckerFault::Syntax)?;
    let defined = statements.iter().rev().find_map(|s| match s {
        Stmt::FunctionDef(f) if f.name.as_str() == ENTRY => Some(f),
        _ => None,
    });
    let Some(function) = defined else {
        return if statements.iter().any(may_define) {
            Ok(())
        } else {
            Err(CheckerFault::Undefined)
        };
    };
    if takes(&function.parameters, ARGUMENTS) && !function.is_async {
        return Ok(());
    }
    let at = usize::from(function.name.range.start()).min(source.len());
    let before = &source.as_bytes()[..at];
    let line = 1 + before.iter().filter(|&&b| b == b'\n').count();
    Err(CheckerFault::Parameters(line))
}

fn may_define(statement: &Stmt) -> bool {
    match statement {
        Stmt::Assign(a) => a.targets.iter().any(is_entry),
        Stmt::AnnAssign(a) => is_entry(&a.target),
        Stmt::ClassDef(c) => c.name.as_str() == ENTRY,
        Stmt::ImportFrom(_) | Stmt::Import(_) | Stmt::If(_) | Stmt::Try(_) | Stmt::With(_) => true,
        _ => false,
    }
}

fn is_entry(target: &Expr) -> bool {
    matches!(target, Expr::Name(n) if n.id.as_str() == ENTRY)
}

/// Whether a call with so many positional arguments fits.
fn takes(parameters: &Parameters, count: usize) -> bool {
    let positional = || parameters.posonlyargs.iter().chain(&parameters.args);
    let needed = positional().filter(|p| p.default.is_none()).count();
    let at_most = match parameters.vararg {
        Some(_) => usize::MAX,
        None => positional().count(),
    };
    let keywords_have_defaults = parameters.kwonlyargs.iter().all(|p| p.default.is_some());
    (needed..=at_most).contains(&count) && keywords_have_defaults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checker_defines_a_function_of_three_arguments() {
        for good in [
            "def check(args, expected, actual):\n    return True",
            "import math\n\ndef check(a, b, c, *, d=1): return True",
            "def check(*all): return True",
            "def check(a, b, c, d=1, **k): return True",
            "check = lambda a, b, c: a == c",
            "from operator import ne as check",
            "if True:\n    def check(a, b, c): return True",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        use CheckerFault::{Parameters, Undefined};
        for (bad, fault) in [
            ("", Undefined),
            ("def chek(a, b, c): return True", Undefined),
            ("other = 1", Undefined),
            ("def check(a, b): return True", Parameters(1)),
            ("x = 1\n\ndef check(a, b, c, d): return True", Parameters(3)),
            ("def check(a, b, c, *, d): return True", Parameters(1)),
            ("async def check(a, b, c): return True", Parameters(1)),
        ] {
            assert_eq!(check(bad), Err(fault), "{bad}");
        }
        let broken = check("def check(a, b, c):\n    return (");
        assert!(
            matches!(&broken, Err(CheckerFault::Syntax(e)) if e.line == 2),
            "{broken:?}"
        );
    }
}
