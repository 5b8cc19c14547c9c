//! Walking, indexing and slicing.

use std::ops::ControlFlow;

use super::evaluator::{Interpreter, character};
use super::object::{
    INDEX_ERROR, KEY_ERROR, Missing, Object, Outcome, TYPE_ERROR, VALUE_ERROR, range_len,
};
use super::syntax::Name;

impl Interpreter<'_> {
    /// Visits the elements of an iterable; a list may grow meanwhile, as in Python.
    pub(crate) fn each(
        &mut self,
        iterable: &Object,
        visit: &mut dyn FnMut(&mut Self, Object) -> Outcome<ControlFlow<()>>,
    ) -> Outcome<()> {
        match iterable {
            Object::Range(start, stop, step) => {
                let n = range_len(*start, *stop, *step);
                for i in 0..n {
                    self.burn(1)?;
                    if visit(self, Object::Int(start + i * step))?.is_break() {
                        break;
                    }
                }
            }
            Object::List(l) => {
                let mut i = 0;
                loop {
                    self.burn(1)?;
                    let Some(item) = l.borrow().get(i).cloned() else {
                        break;
                    };
                    if visit(self, item)?.is_break() {
                        break;
                    }
                    i += 1;
                }
            }
            Object::Iter(q) => loop {
                self.burn(1)?;
                let Some(item) = q.borrow_mut().pop_front() else {
                    break;
                };
                if visit(self, item)?.is_break() {
                    break;
                }
            },
            other => {
                for item in self.items(other)? {
                    if visit(self, item)?.is_break() {
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    /// All elements of an iterable.
    pub(crate) fn items(&mut self, o: &Object) -> Outcome<Vec<Object>> {
        let items = match o {
            Object::List(l) => l.borrow().clone(),
            Object::Tuple(t) => t.to_vec(),
            Object::Str(s) => s.chars().map(character).collect(),
            Object::Set(t) => super::hash_order::iterate(&t.borrow()),
            Object::Dict(d) => d.borrow().table.keys().map(|k| k.0.clone()).collect(),
            Object::Range(a, b, s) => {
                let n = range_len(*a, *b, *s);
                self.burn(n as usize)?;
                (0..n).map(|i| Object::Int(a + i * s)).collect()
            }
            Object::Iter(q) => q.borrow_mut().drain(..).collect(),
            _ => return Err(TYPE_ERROR),
        };
        self.burn(items.len())?;
        Ok(items)
    }

    pub(super) fn subscript(&mut self, o: &Object, key: &Object) -> Outcome<Object> {
        match o {
            Object::List(l) => {
                let l = l.borrow();
                Ok(l[position(key, l.len())?].clone())
            }
            Object::Tuple(t) => Ok(t[position(key, t.len())?].clone()),
            Object::Str(s) => {
                if s.is_ascii() {
                    let i = position(key, s.len())?;
                    return Ok(character(char::from(s.as_bytes()[i])));
                }
                let n = s.chars().count();
                let i = position(key, n)?;
                s.chars().nth(i).map(character).ok_or(INDEX_ERROR)
            }
            Object::Dict(d) => {
                let k = key.clone().key()?;
                let make = {
                    let d = d.borrow();
                    if let Some(v) = d.table.get(&k) {
                        return Ok(v.clone());
                    }
                    match &d.missing {
                        Missing::Raise => return Err(KEY_ERROR),
                        Missing::Zero => return Ok(Object::Int(0)),
                        Missing::Make(f) => f.clone(),
                    }
                };
                let v = self.call(&make, vec![], vec![])?;
                d.borrow_mut().table.insert(k, v.clone());
                Ok(v)
            }
            Object::Range(a, b, s) => {
                let n = range_len(*a, *b, *s);
                let i = position(key, n as usize)? as i64;
                Ok(Object::Int(a + i * s))
            }
            Object::Match(_) => {
                super::methods::call(self, o, &Name::from("group"), vec![key.clone()], vec![])
            }
            _ => Err(TYPE_ERROR),
        }
    }

    pub(super) fn slice(
        &mut self,
        o: &Object,
        a: Option<i64>,
        b: Option<i64>,
        step: Option<i64>,
    ) -> Outcome<Object> {
        let step = step.unwrap_or(1);
        if step == 0 {
            return Err(VALUE_ERROR);
        }
        let pick = |n: usize| -> Vec<usize> {
            let n = n as i64;
            let clamp = |i: i64| -> i64 {
                let i = if i < 0 { i + n } else { i };
                if step > 0 {
                    i.clamp(0, n)
                } else {
                    i.clamp(-1, n - 1)
                }
            };
            let start = a.map_or(if step > 0 { 0 } else { n - 1 }, clamp);
            let stop = b.map_or(if step > 0 { n } else { -1 }, clamp);
            let count = range_len(start, stop, step);
            (0..count).map(|i| (start + i * step) as usize).collect()
        };
        match o {
            Object::List(l) => {
                let l = l.borrow();
                let picked = pick(l.len());
                self.burn(picked.len())?;
                Ok(Object::list(
                    picked.into_iter().map(|i| l[i].clone()).collect(),
                ))
            }
            Object::Tuple(t) => Ok(Object::tuple(
                pick(t.len()).into_iter().map(|i| t[i].clone()).collect(),
            )),
            Object::Str(s) => {
                self.burn(s.len() / 8)?;
                if s.is_ascii() {
                    let bytes = s.as_bytes();
                    let text: String = pick(bytes.len())
                        .into_iter()
                        .map(|i| char::from(bytes[i]))
                        .collect();
                    return Ok(Object::str(text));
                }
                let chars: Vec<char> = s.chars().collect();
                let text: String = pick(chars.len()).into_iter().map(|i| chars[i]).collect();
                Ok(Object::str(text))
            }
            Object::Range(..) => {
                let items = self.items(o)?;
                let picked = pick(items.len());
                Ok(Object::list(
                    picked.into_iter().map(|i| items[i].clone()).collect(),
                ))
            }
            _ => Err(TYPE_ERROR),
        }
    }
}

/// The position an index means, counted from the end when negative.
pub(super) fn position(key: &Object, len: usize) -> Outcome<usize> {
    let i = key.index()?;
    let n = len as i64;
    let i = if i < 0 { i + n } else { i };
    if (0..n).contains(&i) {
        Ok(i as usize)
    } else {
        Err(INDEX_ERROR)
    }
}
