//! Prints the small Python as readable source.

use std::fmt::Write as _;

use cogitree_engine::Value;

use super::syntax::{Binary, Clause, Compare, Expr, Kind, Literal, Piece, Stmt, Unary};

/// How tightly an expression binds; higher is tighter.
type Level = u8;
const TUPLE: Level = 0;
const LAMBDA: Level = 1;
const TERNARY: Level = 2;
const OR: Level = 3;
const AND: Level = 4;
const NOT: Level = 5;
const COMPARE: Level = 6;
const BIT_OR: Level = 7;
const BIT_XOR: Level = 8;
const BIT_AND: Level = 9;
const SHIFT: Level = 10;
const SUM: Level = 11;
const TERM: Level = 12;
const FACTOR: Level = 13;
const POWER: Level = 14;
const ATOM: Level = 16;

/// The source of an expression.
pub(crate) fn expression(e: &Expr) -> String {
    let mut out = String::new();
    write(&mut out, e, TUPLE);
    out
}

/// The source of a block, indented by `depth` times four blanks.
pub(crate) fn block(stmts: &[Stmt], depth: usize) -> String {
    let mut out = String::new();
    for s in stmts {
        statement(&mut out, s, depth);
    }
    out
}

fn binary_level(op: Binary) -> Level {
    match op {
        Binary::Add | Binary::Sub => SUM,
        Binary::Mul | Binary::Div | Binary::FloorDiv | Binary::Mod => TERM,
        Binary::Pow => POWER,
        Binary::BitAnd => BIT_AND,
        Binary::BitOr => BIT_OR,
        Binary::BitXor => BIT_XOR,
        Binary::Shl | Binary::Shr => SHIFT,
    }
}

fn binary_text(op: Binary) -> &'static str {
    match op {
        Binary::Add => "+",
        Binary::Sub => "-",
        Binary::Mul => "*",
        Binary::Div => "/",
        Binary::FloorDiv => "//",
        Binary::Mod => "%",
        Binary::Pow => "**",
        Binary::BitAnd => "&",
        Binary::BitOr => "|",
        Binary::BitXor => "^",
        Binary::Shl => "<<",
        Binary::Shr => ">>",
    }
}

fn compare_text(op: Compare) -> &'static str {
    match op {
        Compare::Eq => "==",
        Compare::Ne => "!=",
        Compare::Lt => "<",
        Compare::Le => "<=",
        Compare::Gt => ">",
        Compare::Ge => ">=",
        Compare::In => "in",
        Compare::NotIn => "not in",
        Compare::Is => "is",
        Compare::IsNot => "is not",
    }
}

fn level(e: &Expr) -> Level {
    match e {
        Expr::Tuple(_) => ATOM,
        Expr::Lambda(_) | Expr::Named(..) => LAMBDA,
        Expr::If(..) => TERNARY,
        Expr::Or(_) => OR,
        Expr::And(_) => AND,
        Expr::Unary(Unary::Not, _) => NOT,
        Expr::Compare(..) => COMPARE,
        Expr::Binary(_, op, _) => binary_level(*op),
        Expr::Unary(..) => FACTOR,
        Expr::Literal(Literal::Int(i)) if *i < 0 => FACTOR,
        Expr::Literal(Literal::Float(f)) if *f < 0.0 => FACTOR,
        Expr::Starred(_) => ATOM,
        _ => ATOM,
    }
}

fn write(out: &mut String, e: &Expr, least: Level) {
    let open = level(e) < least;
    if open {
        out.push('(');
    }
    bare(out, e);
    if open {
        out.push(')');
    }
}

fn list(out: &mut String, v: &[Expr]) {
    for (i, e) in v.iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        write(out, e, LAMBDA);
    }
}

/// The source of a constant.
pub(crate) fn literal(l: &Literal) -> String {
    match l {
        Literal::None => "None".into(),
        Literal::Bool(true) => "True".into(),
        Literal::Bool(false) => "False".into(),
        Literal::Int(i) => i.to_string(),
        Literal::Big(b) => b.to_string(),
        Literal::Float(f) if f.is_infinite() => if *f > 0.0 {
            "float('inf')"
        } else {
            "-float('inf')"
        }
        .into(),
        Literal::Float(f) => Value::Float(*f).to_string(),
        Literal::Str(s) => Value::Str(s.to_string()).to_string(),
    }
}

fn bare(out: &mut String, e: &Expr) {
    match e {
        Expr::Literal(l) => out.push_str(&literal(l)),
        Expr::Name(n) => out.push_str(n),
        Expr::Input(i) => {
            let _ = write!(out, "_input{i}");
        }
        Expr::Apply(h, args) => {
            let _ = write!(out, "_hole{h}(");
            list(out, args);
            out.push(')');
        }
        Expr::List(v) => {
            out.push('[');
            list(out, v);
            out.push(']');
        }
        Expr::Tuple(v) => {
            out.push('(');
            list(out, v);
            if v.len() == 1 {
                out.push(',');
            }
            out.push(')');
        }
        Expr::Set(v) => {
            out.push('{');
            list(out, v);
            out.push('}');
        }
        Expr::Dict(items) => {
            out.push('{');
            for (i, (k, v)) in items.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                match k {
                    Some(k) => {
                        write(out, k, LAMBDA);
                        out.push_str(": ");
                    }
                    None => out.push_str("**"),
                }
                write(out, v, LAMBDA);
            }
            out.push('}');
        }
        Expr::Starred(e) => {
            out.push('*');
            write(out, e, BIT_OR);
        }
        Expr::Unary(op, e) => {
            let (text, level) = match op {
                Unary::Minus => ("-", FACTOR),
                Unary::Plus => ("+", FACTOR),
                Unary::Invert => ("~", FACTOR),
                Unary::Not => ("not ", NOT),
            };
            out.push_str(text);
            write(out, e, level);
        }
        Expr::Binary(a, Binary::Pow, b) => {
            write(out, a, POWER + 1);
            out.push_str(" ** ");
            write(out, b, FACTOR);
        }
        Expr::Binary(a, op, b) => {
            let l = binary_level(*op);
            write(out, a, l);
            let _ = write!(out, " {} ", binary_text(*op));
            write(out, b, l + 1);
        }
        Expr::And(v) | Expr::Or(v) => {
            let (text, l) = match e {
                Expr::And(_) => (" and ", AND),
                _ => (" or ", OR),
            };
            for (i, e) in v.iter().enumerate() {
                if i > 0 {
                    out.push_str(text);
                }
                write(out, e, l + 1);
            }
        }
        Expr::Compare(first, rest) => {
            write(out, first, BIT_OR);
            for (op, e) in rest {
                let _ = write!(out, " {} ", compare_text(*op));
                write(out, e, BIT_OR);
            }
        }
        Expr::If(test, a, b) => {
            write(out, a, OR);
            out.push_str(" if ");
            write(out, test, OR);
            out.push_str(" else ");
            write(out, b, TERNARY);
        }
        Expr::Call(f, args, keywords) => {
            write(out, f, ATOM);
            out.push('(');
            if let ([Expr::Comprehension(Kind::Generator, ..)], true) =
                (&args[..], keywords.is_empty())
            {
                comprehension_body(out, &args[0]);
            } else {
                list(out, args);
                for (i, (n, e)) in keywords.iter().enumerate() {
                    if i > 0 || !args.is_empty() {
                        out.push_str(", ");
                    }
                    let _ = write!(out, "{n}=");
                    write(out, e, LAMBDA);
                }
            }
            out.push(')');
        }
        Expr::Attribute(o, name) => {
            // `1 .real` needs care; parentheses are always right.
            let level = if matches!(**o, Expr::Literal(Literal::Int(_) | Literal::Float(_))) {
                ATOM + 1
            } else {
                ATOM
            };
            write(out, o, level);
            if level > ATOM && !out.ends_with(')') {
                let at = out
                    .rfind(|c: char| !c.is_ascii_alphanumeric() && c != '.')
                    .map_or(0, |i| i + 1);
                out.insert(at, '(');
                out.push(')');
            }
            let _ = write!(out, ".{name}");
        }
        Expr::Subscript(o, key) => {
            write(out, o, ATOM);
            out.push('[');
            match &**key {
                Expr::Tuple(v) if v.len() > 1 => list(out, v),
                key => write(out, key, TUPLE),
            }
            out.push(']');
        }
        Expr::Slice(a, b, c) => {
            if let Some(a) = a {
                write(out, a, TERNARY);
            }
            out.push(':');
            if let Some(b) = b {
                write(out, b, TERNARY);
            }
            if let Some(c) = c {
                out.push(':');
                write(out, c, TERNARY);
            }
        }
        Expr::Lambda(f) => {
            out.push_str("lambda");
            for (i, (n, d)) in f.parameters.iter().enumerate() {
                out.push_str(if i > 0 { ", " } else { " " });
                out.push_str(n);
                if let Some(d) = d {
                    out.push('=');
                    write(out, d, TERNARY);
                }
            }
            out.push_str(": ");
            if let [Stmt::Return(Some(e))] = &f.body[..] {
                write(out, e, LAMBDA);
            }
        }
        Expr::Comprehension(kind, ..) => {
            let (open, close) = match kind {
                Kind::List => ('[', ']'),
                Kind::Generator => ('(', ')'),
                Kind::Set | Kind::Dict => ('{', '}'),
            };
            out.push(open);
            comprehension_body(out, e);
            out.push(close);
        }
        Expr::Format(pieces) => format_string(out, pieces),
        Expr::Named(n, e) => {
            let _ = write!(out, "{n} := ");
            write(out, e, TERNARY);
        }
    }
}

fn comprehension_body(out: &mut String, e: &Expr) {
    let Expr::Comprehension(_, element, value, clauses) = e else {
        return;
    };
    write(out, element, LAMBDA);
    if let Some(v) = value {
        out.push_str(": ");
        write(out, v, LAMBDA);
    }
    for Clause {
        target,
        iter,
        conditions,
    } in clauses
    {
        out.push_str(" for ");
        targets(out, target);
        out.push_str(" in ");
        write(out, iter, OR);
        for c in conditions {
            out.push_str(" if ");
            write(out, c, OR);
        }
    }
}

/// A target; a tuple at the top goes without parentheses.
fn targets(out: &mut String, target: &Expr) {
    match target {
        Expr::Tuple(v) if v.len() > 1 => list(out, v),
        other => write(out, other, TUPLE),
    }
}

fn format_string(out: &mut String, pieces: &[Piece]) {
    let mut body = String::new();
    let mut simple = true;
    for p in pieces {
        match p {
            Piece::Text(t) => {
                let quoted = Value::Str(format!("\"{t}")).to_string();
                // With a double quote inside, repr quotes with single ones.
                let inner = &quoted[2..quoted.len() - 1];
                body.push_str(&inner.replace('{', "{{").replace('}', "}}"));
            }
            Piece::Value(e, repr, spec) => {
                let source = expression(e);
                simple &= !source.contains(['\'', '\\']);
                let bang = if *repr { "!r" } else { "" };
                let colon = if spec.is_empty() { "" } else { ":" };
                let _ = write!(body, "{{{source}{bang}{colon}{spec}}}");
            }
        }
    }
    let quote = if simple { "'" } else { "'''" };
    let _ = write!(out, "f{quote}{body}{quote}");
}

fn statement(out: &mut String, s: &Stmt, depth: usize) {
    let indent = "    ".repeat(depth);
    let mut line = |text: &str| {
        let _ = writeln!(out, "{indent}{text}");
    };
    match s {
        Stmt::Expr(e) => line(&expression(e)),
        Stmt::Assign(to, value) => {
            let mut text = String::new();
            for t in to {
                targets(&mut text, t);
                text.push_str(" = ");
            }
            targets(&mut text, value);
            line(&text);
        }
        Stmt::Augmented(t, op, v) => {
            line(&format!(
                "{} {}= {}",
                expression(t),
                binary_text(*op),
                expression(v)
            ));
        }
        Stmt::For(t, i, body, orelse) => {
            let mut text = String::new();
            targets(&mut text, t);
            line(&format!("for {text} in {}:", expression(i)));
            out.push_str(&block(body, depth + 1));
            if !orelse.is_empty() {
                let _ = writeln!(out, "{indent}else:");
                out.push_str(&block(orelse, depth + 1));
            }
        }
        Stmt::While(t, body) => {
            line(&format!("while {}:", expression(t)));
            out.push_str(&block(body, depth + 1));
        }
        Stmt::If(t, body, orelse) => {
            line(&format!("if {}:", expression(t)));
            out.push_str(&block(body, depth + 1));
            let mut rest = orelse;
            while let [Stmt::If(t, body, orelse)] = &rest[..] {
                let _ = writeln!(out, "{indent}elif {}:", expression(t));
                out.push_str(&block(body, depth + 1));
                rest = orelse;
            }
            if !rest.is_empty() {
                let _ = writeln!(out, "{indent}else:");
                out.push_str(&block(rest, depth + 1));
            }
        }
        Stmt::Try(body, names, handler) => {
            line("try:");
            out.push_str(&block(body, depth + 1));
            let caught = match &names[..] {
                [one] => one.to_string(),
                many => format!("({})", many.join(", ")),
            };
            let _ = writeln!(out, "{indent}except {caught}:");
            out.push_str(&block(handler, depth + 1));
        }
        Stmt::Break => line("break"),
        Stmt::Continue => line("continue"),
        Stmt::Pass => line("pass"),
        Stmt::Return(None) => line("return"),
        Stmt::Return(Some(e)) => line(&format!("return {}", expression(e))),
        Stmt::Def(f) => {
            let parameters: Vec<String> = f
                .parameters
                .iter()
                .map(|(n, d)| match d {
                    Some(d) => format!("{n}={}", expression(d)),
                    None => n.to_string(),
                })
                .collect();
            line(&format!("def {}({}):", f.name, parameters.join(", ")));
            out.push_str(&block(&f.body, depth + 1));
        }
        Stmt::Import(text) => line(text),
        Stmt::Comment(text) => line(&format!("# {text}")),
    }
}
