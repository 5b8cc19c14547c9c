//! Types of the vocabulary: read from entries, inferred from values, and matched.

use super::language::object::Object;

/// A type. Of values only the precise ones are inferred; `Num`, `Seq` and variables occur in
/// entries.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Type {
    /// Of the elements of an empty list: fits everything.
    Nothing,
    None,
    Int,
    Float,
    Num,
    Bool,
    Str,
    /// A text of one character.
    Char,
    List(Box<Type>),
    /// A tuple of any length with elements of one type.
    Tuple(Box<Type>),
    Pair(Box<Type>, Box<Type>),
    Set(Box<Type>),
    Dict(Box<Type>, Box<Type>),
    Seq(Box<Type>),
    Any,
    /// A type variable.
    Var(char),
}

/// What the type variables of an entry stand for.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Bindings(Vec<(char, Type)>);

impl Bindings {
    fn get(&self, v: char) -> Option<&Type> {
        self.0.iter().find(|(n, _)| *n == v).map(|(_, t)| t)
    }
    fn set(&mut self, v: char, t: Type) {
        match self.0.iter_mut().find(|(n, _)| *n == v) {
            Some(slot) => slot.1 = t,
            None => self.0.push((v, t)),
        }
    }

    /// The type with variables replaced; unbound ones become `Any`.
    pub(crate) fn apply(&self, t: &Type) -> Type {
        let go = |t: &Type| Box::new(self.apply(t));
        match t {
            Type::Var(v) => self.get(*v).cloned().unwrap_or(Type::Any),
            Type::List(t) => Type::List(go(t)),
            Type::Tuple(t) => Type::Tuple(go(t)),
            Type::Set(t) => Type::Set(go(t)),
            Type::Seq(t) => Type::Seq(go(t)),
            Type::Pair(a, b) => Type::Pair(go(a), go(b)),
            Type::Dict(a, b) => Type::Dict(go(a), go(b)),
            other => other.clone(),
        }
    }
}

impl Type {
    /// Reads a type as entries write it.
    pub(crate) fn parse(text: &str) -> Option<Type> {
        let text = text.trim();
        if let Some((head, rest)) = text.split_once('[') {
            let inner = rest.strip_suffix(']')?;
            let parts: Vec<Type> = split(inner, &[','])
                .into_iter()
                .map(Type::parse)
                .collect::<Option<_>>()?;
            let mut parts = parts.into_iter().map(Box::new);
            let made = match (head.trim(), parts.next(), parts.next()) {
                ("list", Some(t), None) => Type::List(t),
                ("tuple", Some(t), None) => Type::Tuple(t),
                ("set", Some(t), None) => Type::Set(t),
                ("seq", Some(t), None) => Type::Seq(t),
                ("pair" | "tuple", Some(a), Some(b)) => Type::Pair(a, b),
                ("dict", Some(a), Some(b)) => Type::Dict(a, b),
                _ => return None,
            };
            return Some(made);
        }
        Some(match text {
            "int" => Type::Int,
            "float" => Type::Float,
            "num" => Type::Num,
            "bool" => Type::Bool,
            "str" => Type::Str,
            "char" => Type::Char,
            "any" => Type::Any,
            "None" | "none" => Type::None,
            "list" => Type::List(Box::new(Type::Any)),
            "tuple" => Type::Tuple(Box::new(Type::Any)),
            "set" => Type::Set(Box::new(Type::Any)),
            "seq" => Type::Seq(Box::new(Type::Any)),
            "dict" => Type::Dict(Box::new(Type::Any), Box::new(Type::Any)),
            _ => match text.chars().next() {
                Some(c) if c.is_ascii_uppercase() && text.len() == 1 => Type::Var(c),
                _ => return None,
            },
        })
    }

    /// The type of a value.
    pub(crate) fn of(o: &Object) -> Type {
        let all = |v: &[Object]| {
            v.iter()
                .take(24)
                .fold(Type::Nothing, |t, o| t.join(&Type::of(o)))
        };
        match o {
            Object::None => Type::None,
            Object::Bool(_) => Type::Bool,
            Object::Int(_) | Object::Big(_) => Type::Int,
            Object::Float(_) => Type::Float,
            Object::Str(s) if s.chars().nth(1).is_none() && !s.is_empty() => Type::Char,
            Object::Str(_) => Type::Str,
            Object::List(v) => Type::List(Box::new(all(&v.borrow()))),
            Object::Tuple(v) if v.len() == 2 => {
                Type::Pair(Box::new(Type::of(&v[0])), Box::new(Type::of(&v[1])))
            }
            Object::Tuple(v) => Type::Tuple(Box::new(all(v))),
            Object::Set(t) => Type::Set(Box::new(
                t.borrow()
                    .keys()
                    .take(24)
                    .fold(Type::Nothing, |t, k| t.join(&Type::of(&k.0))),
            )),
            Object::Dict(d) => {
                let d = d.borrow();
                let join = |t: Type, o: &Object| t.join(&Type::of(o));
                Type::Dict(
                    Box::new(
                        d.table
                            .keys()
                            .take(24)
                            .map(|k| &k.0)
                            .fold(Type::Nothing, join),
                    ),
                    Box::new(d.table.values().take(24).fold(Type::Nothing, join)),
                )
            }
            _ => Type::Any,
        }
    }

    /// The narrowest type that both fit.
    pub(crate) fn join(&self, other: &Type) -> Type {
        use Type::{
            Any, Bool, Char, Dict, Float, Int, List, Nothing, Num, Pair, Seq, Set, Str, Tuple,
        };
        let b = |x: &Type, y: &Type| Box::new(x.join(y));
        match (self, other) {
            (a, c) if a == c => a.clone(),
            (Nothing, t) | (t, Nothing) => t.clone(),
            (Int | Float | Num, Int | Float | Num) => Num,
            (Str | Char, Str | Char) => Str,
            (List(x), List(y)) => List(b(x, y)),
            (Tuple(x), Tuple(y)) => Tuple(b(x, y)),
            (Set(x), Set(y)) => Set(b(x, y)),
            (Pair(p, q), Pair(r, s)) => Pair(b(p, r), b(q, s)),
            (Pair(p, q), Tuple(t)) | (Tuple(t), Pair(p, q)) => Tuple(Box::new(p.join(q).join(t))),
            (Dict(p, q), Dict(r, s)) => Dict(b(p, r), b(q, s)),
            (x, y) => match (x.element(), y.element()) {
                (Some(p), Some(q)) if !matches!(x, Set(_)) && !matches!(y, Set(_)) => {
                    Seq(Box::new(p.join(&q)))
                }
                _ => {
                    let _ = Bool;
                    Any
                }
            },
        }
    }

    /// The type of the elements of a list, tuple or set.
    pub(crate) fn element(&self) -> Option<Type> {
        match self {
            Type::List(t) | Type::Tuple(t) | Type::Set(t) | Type::Seq(t) => Some((**t).clone()),
            Type::Pair(a, b) => Some(a.join(b)),
            _ => None,
        }
    }

    /// Whether a value of this (inferred) type may stand where an entry wants `wanted`;
    /// binds the entry's type variables.
    pub(crate) fn fits(&self, wanted: &Type, bound: &mut Bindings) -> bool {
        use Type::{
            Any, Char, Dict, Float, Int, List, Nothing, Num, Pair, Seq, Set, Str, Tuple, Var,
        };
        match (self, wanted) {
            (_, Any) | (Nothing, _) => true,
            (t, Var(v)) => match bound.get(*v).cloned() {
                None => {
                    bound.set(*v, t.clone());
                    true
                }
                Some(old) => {
                    let joined = old.join(t);
                    let ok = joined != Any || old == Any;
                    bound.set(*v, joined);
                    ok
                }
            },
            (Int | Float | Num, Num) | (Int | Num, Float) | (Char, Str) => true,
            (List(t), List(w))
            | (Tuple(t), Tuple(w))
            | (Set(t), Set(w))
            | (List(t) | Tuple(t) | Seq(t), Seq(w)) => t.fits(w, bound),
            (Pair(a, b), Tuple(w) | Seq(w)) => a.join(b).fits(w, bound),
            (Pair(a, b), Pair(c, d)) => a.fits(c, bound) && b.fits(d, bound),
            (Dict(a, b), Dict(c, d)) => a.fits(c, bound) && b.fits(d, bound),
            (a, b) => a == b,
        }
    }

    /// [`fits`](Type::fits) without regard to variables: cheap, and never false where that
    /// is true.
    pub(crate) fn could_fit(&self, wanted: &Type) -> bool {
        use Type::{
            Any, Char, Dict, Float, Int, List, Nothing, Num, Pair, Seq, Set, Str, Tuple, Var,
        };
        match (self, wanted) {
            (_, Any | Var(_))
            | (Nothing, _)
            | (Int | Float | Num, Num)
            | (Int | Num, Float)
            | (Char, Str)
            | (Pair(..), Tuple(_) | Seq(_)) => true,
            (List(t), List(w))
            | (Tuple(t), Tuple(w))
            | (Set(t), Set(w))
            | (List(t) | Tuple(t) | Seq(t), Seq(w)) => t.could_fit(w),
            (Pair(a, b), Pair(c, d)) | (Dict(a, b), Dict(c, d)) => a.could_fit(c) && b.could_fit(d),
            (a, b) => a == b,
        }
    }

    /// Whether a result declared as this may be what is wanted; lenient where unknown.
    pub(crate) fn may_be(&self, wanted: &Type) -> bool {
        use Type::{Any, Char, Float, Int, Nothing, Num, Str, Var};
        match (self, wanted) {
            (Any | Var(_) | Nothing, _) | (_, Any | Var(_) | Nothing) => true,
            (Int | Float | Num, Int | Float | Num) | (Str | Char, Str | Char) => true,
            (Type::Dict(a, b), Type::Dict(c, d)) => a.may_be(c) && b.may_be(d),
            (a, b) => match (a.element(), b.element()) {
                (Some(x), Some(y)) => {
                    let set = |t: &Type| matches!(t, Type::Set(_));
                    set(a) == set(b) && x.may_be(&y)
                }
                _ => a == b,
            },
        }
    }
}

/// Splits at separators outside brackets.
pub(crate) fn split<'a>(text: &'a str, separators: &[char]) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let (mut depth, mut braces, mut from) = (0, 0, 0);
    for (i, c) in text.char_indices() {
        match c {
            '{' => braces += 1,
            '}' => braces -= 1,
            // Choices in braces may hold anything.
            _ if braces > 0 => {}
            '[' | '(' => depth += 1,
            ']' | ')' => depth -= 1,
            c if depth == 0 && separators.contains(&c) => {
                parts.push(text[from..i].trim());
                from = i + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(text[from..].trim());
    parts.retain(|p| !p.is_empty());
    parts
}
