//! When a result is what is expected, perhaps in another container or notation.

use cogitree_engine::Checker;

use super::language::object::Object;

/// The last act: how a result is brought to the type that is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Coercion {
    None,
    ToList,
    ToTuple,
    ToSet,
    ToStr,
    Join,
    ToInt,
    ToBool,
    Sorted,
    DictToList,
    TupleOfTuples,
    ListOfLists,
    ListOfTuples,
}

impl Coercion {
    /// All, cheapest first.
    const ALL: [Coercion; 13] = [
        Coercion::None,
        Coercion::ToList,
        Coercion::ToTuple,
        Coercion::ToSet,
        Coercion::ListOfTuples,
        Coercion::ListOfLists,
        Coercion::TupleOfTuples,
        Coercion::ToStr,
        Coercion::Join,
        Coercion::ToInt,
        Coercion::ToBool,
        Coercion::DictToList,
        Coercion::Sorted,
    ];

    /// What it costs, in nats.
    pub(crate) fn cost(self) -> f64 {
        match self {
            Coercion::None => 0.0,
            Coercion::ToList | Coercion::ToTuple | Coercion::ToSet => 0.4,
            Coercion::ListOfTuples | Coercion::ListOfLists | Coercion::TupleOfTuples => 0.6,
            Coercion::DictToList => 1.0,
            Coercion::Join => 0.6,
            Coercion::ToStr => 0.9,
            Coercion::ToInt => 1.2,
            Coercion::ToBool => 2.0,
            Coercion::Sorted => 2.5,
        }
    }

    /// Python source of the coerced expression.
    pub(crate) fn source(self, value: &str) -> String {
        match self {
            Coercion::None => value.to_owned(),
            Coercion::ToList => format!("list({value})"),
            Coercion::ToTuple => format!("tuple({value})"),
            Coercion::ToSet => format!("set({value})"),
            Coercion::ToStr => format!("str({value})"),
            Coercion::Join => format!("''.join({value})"),
            Coercion::ToInt => format!("int({value})"),
            Coercion::ToBool => format!("bool({value})"),
            Coercion::Sorted => format!("sorted({value})"),
            Coercion::DictToList => format!("list({value}.items())"),
            Coercion::TupleOfTuples => format!("tuple(tuple(part) for part in {value})"),
            Coercion::ListOfLists => format!("[list(part) for part in {value}]"),
            Coercion::ListOfTuples => format!("[tuple(part) for part in {value}]"),
        }
    }

    /// The coerced value, where the coercion changes the type and makes sense.
    pub(crate) fn apply(self, v: &Object) -> Option<Object> {
        let items = |v: &Object| -> Option<Vec<Object>> {
            Some(match v {
                Object::List(l) => l.borrow().clone(),
                Object::Tuple(t) => t.to_vec(),
                _ => return None,
            })
        };
        let parts = |v: &Object, f: fn(Vec<Object>) -> Object| -> Option<Vec<Object>> {
            items(v)?.iter().map(|p| items(p).map(f)).collect()
        };
        Some(match (self, v) {
            (Coercion::None, v) => v.clone(),
            (Coercion::ToList, Object::Tuple(t)) => Object::list(t.to_vec()),
            (Coercion::ToTuple, Object::List(l)) => Object::tuple(l.borrow().clone()),
            (Coercion::ToList | Coercion::ToTuple | Coercion::Sorted, Object::Set(_)) => {
                return None;
            }
            (Coercion::ToSet, Object::List(_) | Object::Tuple(_)) => {
                Object::set(super::language::evaluator::table_of(items(v)?).ok()?)
            }
            (
                Coercion::ToStr,
                Object::Int(_)
                | Object::Big(_)
                | Object::Float(_)
                | Object::List(_)
                | Object::Tuple(_)
                | Object::Dict(_),
            ) => Object::Str(v.display()),
            (Coercion::Join, Object::List(_) | Object::Tuple(_)) => {
                let mut out = String::new();
                for x in items(v)? {
                    out.push_str(x.text().ok()?);
                }
                Object::str(out)
            }
            (Coercion::ToInt, Object::Str(s)) if !s.is_empty() && s.len() < 18 => {
                Object::Int(s.parse().ok()?)
            }
            (
                Coercion::ToBool,
                Object::Int(_) | Object::List(_) | Object::Str(_) | Object::Set(_),
            ) => Object::Bool(v.truth()),
            (Coercion::DictToList, Object::Dict(d)) => Object::list(
                d.borrow()
                    .table
                    .iter()
                    .map(|(k, v)| Object::tuple(vec![k.0.clone(), v.clone()]))
                    .collect(),
            ),
            (Coercion::TupleOfTuples, _) => Object::tuple(parts(v, Object::tuple)?),
            (Coercion::ListOfLists, _) => Object::list(parts(v, Object::list)?),
            (Coercion::ListOfTuples, _) => Object::list(parts(v, Object::tuple)?),
            _ => return None,
        })
    }

    /// The cheapest coercion that turns the result into what is expected.
    pub(crate) fn between(
        result: &Object,
        expected: &Object,
        checker: &Checker,
    ) -> Option<Coercion> {
        if equal(result, expected, checker) {
            // `1` for `True` would be printed differently; say what is meant.
            let same_kind =
                matches!(result, Object::Bool(_)) == matches!(expected, Object::Bool(_));
            return Some(if same_kind {
                Coercion::None
            } else {
                Coercion::ToBool
            })
            .filter(|c| *c == Coercion::None || matches!(expected, Object::Bool(_)));
        }
        if std::mem::discriminant(result) == std::mem::discriminant(expected)
            && !matches!(result, Object::List(_) | Object::Tuple(_))
        {
            return None;
        }
        Coercion::ALL[1..].iter().copied().find(|c| {
            c.apply(result)
                .is_some_and(|v| equal(&v, expected, checker))
        })
    }
}

/// Whether the checker accepts the result.
pub(crate) fn equal(a: &Object, b: &Object, checker: &Checker) -> bool {
    match checker {
        Checker::Tolerance { absolute, relative } => close(a, b, *absolute, *relative),
        Checker::Unordered => match (a, b) {
            (Object::List(x), Object::List(y)) => {
                let (x, y) = (x.borrow(), y.borrow());
                x.len() == y.len()
                    && x.iter().all(|e| {
                        x.iter().filter(|f| f.same(e)).count()
                            == y.iter().filter(|f| f.same(e)).count()
                    })
            }
            _ => a.same(b),
        },
        _ => a.same(b),
    }
}

fn close(a: &Object, b: &Object, absolute: f64, relative: f64) -> bool {
    if a.same(b) {
        return true;
    }
    let all = |x: &[Object], y: &[Object]| {
        x.len() == y.len()
            && x.iter()
                .zip(y)
                .all(|(p, q)| close(p, q, absolute, relative))
    };
    match (a, b) {
        (Object::List(x), Object::List(y)) => all(&x.borrow(), &y.borrow()),
        (Object::Tuple(x), Object::Tuple(y)) => all(x, y),
        (Object::Float(_), _) | (_, Object::Float(_)) => match (a.float(), b.float()) {
            (Ok(x), Ok(y)) => (x - y).abs() <= absolute.max(relative * y.abs()),
            _ => false,
        },
        _ => false,
    }
}
