//! The names that code binds and uses, without regard to scopes: enough to tell what it lacks.

use std::collections::HashSet;

use rustpython_ruff_python_ast::visitor::{
    Visitor, walk_alias, walk_except_handler, walk_expr, walk_parameter, walk_pattern, walk_stmt,
};
use rustpython_ruff_python_ast::{
    Alias, ExceptHandler, Expr, ExprContext, Parameter, Pattern, Stmt,
};

/// The names that are defined at the top level: functions, classes, and what is assigned or imported.
pub(super) fn defined(body: &[Stmt]) -> impl Iterator<Item = &str> {
    body.iter().flat_map(|s| -> Vec<&str> {
        match s {
            Stmt::FunctionDef(f) => vec![f.name.as_str()],
            Stmt::ClassDef(c) => vec![c.name.as_str()],
            Stmt::Assign(a) => a.targets.iter().filter_map(name).collect(),
            Stmt::AnnAssign(a) if a.value.is_some() => name(&a.target).into_iter().collect(),
            Stmt::Import(i) => i.names.iter().map(bound).collect(),
            Stmt::ImportFrom(i) => i.names.iter().map(bound).collect(),
            _ => vec![],
        }
    })
}

fn name(expr: &Expr) -> Option<&str> {
    expr.as_name_expr().map(|n| n.id.as_str())
}

/// The name that an import binds.
fn bound(alias: &Alias) -> &str {
    match &alias.asname {
        Some(name) => name.as_str(),
        None => alias.name.split('.').next().unwrap_or_default(),
    }
}

/// Whether a statement returns from the function it stands in.
pub(super) fn returns(statement: &Stmt) -> bool {
    struct Returns(bool);
    impl<'a> Visitor<'a> for Returns {
        fn visit_stmt(&mut self, stmt: &'a Stmt) {
            match stmt {
                Stmt::Return(_) => self.0 = true,
                Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
                _ => walk_stmt(self, stmt),
            }
        }
        // No statement stands in an expression.
        fn visit_expr(&mut self, _: &'a Expr) {}
    }
    let mut visitor = Returns(false);
    visitor.visit_stmt(statement);
    visitor.0
}

/// The names of a piece of code.
#[derive(Default)]
pub(super) struct Names<'a> {
    bound: HashSet<&'a str>,
    used: HashSet<&'a str>,
}

impl<'a> Names<'a> {
    pub(super) fn of(body: &'a [Stmt]) -> Self {
        let mut names = Names::default();
        for statement in body {
            names.visit_stmt(statement);
        }
        names
    }

    /// Whether the code uses the name and binds it nowhere.
    pub(super) fn lacks(&self, name: &str) -> bool {
        self.used.contains(name) && !self.bound.contains(name)
    }

    /// Whether the code binds the name somewhere.
    pub(super) fn binds(&self, name: &str) -> bool {
        self.bound.contains(name)
    }
}

impl<'a> Visitor<'a> for Names<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(f) => {
                self.bound.insert(f.name.as_str());
            }
            Stmt::ClassDef(c) => {
                self.bound.insert(c.name.as_str());
            }
            _ => {}
        }
        walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Name(n) = expr {
            match n.ctx {
                ExprContext::Store | ExprContext::Del => self.bound.insert(n.id.as_str()),
                _ => self.used.insert(n.id.as_str()),
            };
        }
        walk_expr(self, expr);
    }

    fn visit_parameter(&mut self, parameter: &'a Parameter) {
        self.bound.insert(parameter.name.as_str());
        walk_parameter(self, parameter);
    }

    fn visit_alias(&mut self, alias: &'a Alias) {
        self.bound.insert(bound(alias));
        walk_alias(self, alias);
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(h) = handler;
        if let Some(name) = &h.name {
            self.bound.insert(name.as_str());
        }
        walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        let name = match pattern {
            Pattern::MatchAs(p) => p.name.as_ref(),
            Pattern::MatchStar(p) => p.name.as_ref(),
            Pattern::MatchMapping(p) => p.rest.as_ref(),
            _ => None,
        };
        if let Some(name) = name {
            self.bound.insert(name.as_str());
        }
        walk_pattern(self, pattern);
    }
}
