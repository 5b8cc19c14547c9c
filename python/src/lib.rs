//! Reading Python without running it: literals, asserts, function headers.
//!
//! What is read comes from files, servers and models. A text is measured before it is parsed, so
//! that none can overflow the stack.

use rustpython_ruff_python_ast::{Expr, Stmt};
use rustpython_ruff_python_parser as parser;

mod assertion;
mod checker;
mod literal;
mod nesting;
mod signature;

pub use assertion::{
    Assertion, Call, Called, Close, called_function, definitions, read as read_assert,
};
pub use checker::{CheckerFault, check as check_checker};
pub use literal::literal;
pub use nesting::end_of_call;
pub use signature::{Bound, Prompt, bind, from_header, from_prompt};

/// How many digits a number may have: CPython's own default (`sys.int_info`), beyond which
/// it refuses to read one.
pub const MAX_DIGITS: usize = 4300;

/// Why a text is not Python.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// The line within the text, from 1.
    pub line: usize,
    /// What the parser says.
    pub why: String,
}

impl SyntaxError {
    fn of(source: &str, error: &parser::ParseError) -> Self {
        let at = usize::from(error.location.start()).min(source.len());
        SyntaxError {
            line: 1 + source.as_bytes()[..at]
                .iter()
                .filter(|&&b| b == b'\n')
                .count(),
            why: error.error.to_string(),
        }
    }
}

/// The statements of a text.
///
/// # Errors
/// Where the text is not Python, or is nested too deep to be read.
pub fn module(source: &str) -> Result<Vec<Stmt>, SyntaxError> {
    nesting::check(source)?;
    match parser::parse_module(source) {
        Ok(parsed) => Ok(parsed.into_suite().into_iter().collect()),
        Err(e) => Err(SyntaxError::of(source, &e)),
    }
}

/// The one expression of a text.
fn expression(source: &str) -> Result<Expr, SyntaxError> {
    nesting::check(source)?;
    match parser::parse_expression(source) {
        Ok(parsed) => Ok(parsed.into_expr()),
        Err(e) => Err(SyntaxError::of(source, &e)),
    }
}

/// The value of a text that is one literal.
pub fn value(source: &str) -> Option<cogitree_engine::Value> {
    literal(&expression(source.trim()).ok()?)
}

/// The text, where it is one expression.
pub fn expression_only(source: &str) -> Option<&str> {
    expression(source.trim()).ok().map(|_| source)
}

/// True where code uses the name.
pub fn mentions(code: &str, name: &str) -> bool {
    nesting::words(code).any(|w| w == name)
}
