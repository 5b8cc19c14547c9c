//! `itertools` and `functools`.

use super::builtins::keyword;
use super::evaluator::Interpreter;
use super::object::{Fault, Object, Outcome, TYPE_ERROR, VALUE_ERROR};
use super::operators;
use super::syntax::{Binary, Name};

pub(crate) fn call(
    me: &mut Interpreter<'_>,
    name: &str,
    args: &[Object],
    mut kw: Vec<(Name, Object)>,
) -> Outcome<Object> {
    let tuples = |v: Vec<Vec<Object>>| Object::iter(v.into_iter().map(Object::tuple).collect());
    match (name, args) {
        ("reduce", [f, xs, start @ ..]) => {
            let mut items = me.items(xs)?.into_iter();
            let mut acc = start
                .first()
                .cloned()
                .or_else(|| items.next())
                .ok_or(TYPE_ERROR)?;
            for x in items {
                acc = me.call(f, vec![acc, x], vec![])?;
            }
            Ok(acc)
        }
        ("accumulate", [xs, f @ ..]) => {
            let f = f.first().cloned().or_else(|| keyword(&mut kw, "func"));
            let mut acc = keyword(&mut kw, "initial").filter(|i| !matches!(i, Object::None));
            let mut out: Vec<Object> = acc.iter().cloned().collect();
            for x in me.items(xs)? {
                let next = match (&acc, &f) {
                    (None, _) => x,
                    (Some(a), Some(f)) if !matches!(f, Object::None) => {
                        me.call(f, vec![a.clone(), x], vec![])?
                    }
                    (Some(a), _) => operators::binary(me, Binary::Add, a, &x)?,
                };
                out.push(next.clone());
                acc = Some(next);
            }
            Ok(Object::iter(out))
        }
        ("combinations" | "combinations_with_replacement" | "permutations", [xs, k @ ..]) => {
            let items = me.items(xs)?;
            let k = match k.first() {
                Some(k) => usize::try_from(k.index()?).map_err(|_| VALUE_ERROR)?,
                None => items.len(),
            };
            if k > items.len() && name != "combinations_with_replacement" {
                return Ok(Object::iter(vec![]));
            }
            if k > 60 {
                return Err(Fault::Fuel);
            }
            let mut out = Vec::new();
            choose(me, &items, k, name, &mut Vec::new(), &mut out)?;
            Ok(tuples(out))
        }
        ("product", lists) => {
            let mut columns = lists
                .iter()
                .map(|l| me.items(l))
                .collect::<Outcome<Vec<_>>>()?;
            if let Some(n) = keyword(&mut kw, "repeat") {
                let n = usize::try_from(n.index()?).unwrap_or(0).min(20);
                columns = std::iter::repeat_n(columns, n).flatten().collect();
            }
            let mut rows = vec![vec![]];
            for c in columns {
                me.burn(rows.len() * c.len())?;
                rows = rows
                    .iter()
                    .flat_map(|r: &Vec<Object>| {
                        c.iter()
                            .map(|x| r.iter().cloned().chain([x.clone()]).collect())
                    })
                    .collect();
            }
            Ok(tuples(rows))
        }
        ("groupby", [xs, f @ ..]) => {
            let f = f.first().cloned().or_else(|| keyword(&mut kw, "key"));
            let mut groups: Vec<(Object, Vec<Object>)> = Vec::new();
            for x in me.items(xs)? {
                let k = match &f {
                    Some(f) => me.call(f, vec![x.clone()], vec![])?,
                    None => x.clone(),
                };
                match groups.last_mut() {
                    Some((last, group)) if last.same(&k) => group.push(x),
                    _ => groups.push((k, vec![x])),
                }
            }
            Ok(Object::iter(
                groups
                    .into_iter()
                    .map(|(k, g)| Object::tuple(vec![k, Object::iter(g)]))
                    .collect(),
            ))
        }
        ("chain", lists) => {
            let mut out = Vec::new();
            for l in lists {
                out.extend(me.items(l)?);
            }
            Ok(Object::iter(out))
        }
        ("zip_longest", lists) => {
            let fill = keyword(&mut kw, "fillvalue").unwrap_or(Object::None);
            let columns = lists
                .iter()
                .map(|l| me.items(l))
                .collect::<Outcome<Vec<_>>>()?;
            let n = columns.iter().map(Vec::len).max().unwrap_or(0);
            Ok(tuples(
                (0..n)
                    .map(|i| {
                        columns
                            .iter()
                            .map(|c| c.get(i).unwrap_or(&fill).clone())
                            .collect()
                    })
                    .collect(),
            ))
        }
        ("pairwise", [xs]) => {
            let items = me.items(xs)?;
            Ok(tuples(items.windows(2).map(<[Object]>::to_vec).collect()))
        }
        ("repeat", [x, n]) => {
            let n = usize::try_from(n.index()?).unwrap_or(0);
            me.burn(n)?;
            Ok(Object::iter(vec![x.clone(); n]))
        }
        ("takewhile" | "dropwhile", [f, xs]) => {
            let items = me.items(xs)?;
            let mut n = 0;
            while n < items.len() && me.call(f, vec![items[n].clone()], vec![])?.truth() {
                n += 1
            }
            Ok(Object::iter(if name == "takewhile" {
                items[..n].to_vec()
            } else {
                items[n..].to_vec()
            }))
        }
        ("islice", [xs, n]) => {
            let mut items = me.items(xs)?;
            items.truncate(usize::try_from(n.index()?).unwrap_or(0));
            Ok(Object::iter(items))
        }
        _ => Err(Fault::Unknown),
    }
}

/// Combinations or permutations in Python's order.
fn choose(
    me: &mut Interpreter<'_>,
    items: &[Object],
    k: usize,
    kind: &str,
    chosen: &mut Vec<usize>,
    out: &mut Vec<Vec<Object>>,
) -> Outcome<()> {
    me.burn(1)?;
    if chosen.len() == k {
        me.burn(k)?;
        out.push(chosen.iter().map(|&i| items[i].clone()).collect());
        return Ok(());
    }
    let start = match (kind, chosen.last()) {
        ("permutations", _) | (_, None) => 0,
        ("combinations", Some(i)) => i + 1,
        (_, Some(i)) => *i,
    };
    for i in start..items.len() {
        if kind == "permutations" && chosen.contains(&i) {
            continue;
        }
        chosen.push(i);
        choose(me, items, k, kind, chosen, out)?;
        chosen.pop();
    }
    Ok(())
}
