//! Reading Python: literals, asserts and function headers, without running any.

use rustpython_ruff_python_ast::{Expr, Stmt};
use rustpython_ruff_python_parser as parser;

mod assertion;
mod checker;
mod literal;
mod nesting;
mod signature;

pub(super) use assertion::{
    Assertion, Call, Called, Close, called_function, definitions, read as read_assert,
};
pub(super) use checker::{CheckerFault, check as check_checker};
pub(super) use literal::literal;
pub(super) use nesting::end_of_call;
pub(super) use signature::{Bound, bind, from_header, from_prompt};

/// Why a text is not Python.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SyntaxError {
    /// The line within the text, from 1.
    pub(super) line: usize,
    pub(super) why: String,
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
fn module(source: &str) -> Result<Vec<Stmt>, SyntaxError> {
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
pub(super) fn value(source: &str) -> Option<cogitree_engine::Value> {
    literal(&expression(source.trim()).ok()?)
}

/// The text, where it is one expression.
pub(super) fn expression_only(source: &str) -> Option<&str> {
    expression(source.trim()).ok().map(|_| source)
}

/// True where code uses the name.
pub(super) fn mentions(code: &str, name: &str) -> bool {
    nesting::words(code).any(|w| w == name)
}
