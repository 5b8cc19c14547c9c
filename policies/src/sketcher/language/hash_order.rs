//! The order in which CPython walks a set.
//!
//! Programs do return `list(set(xs))`, and for integers CPython's order is fixed by its hash
//! table (`Objects/setobject.c`: linear probing of 9 slots, then a perturbed jump; the table
//! grows fourfold when three fifths full). Hashes of texts are random in CPython, so for
//! anything but numbers we keep the order of insertion.

use super::object::{Object, Table};

const LINEAR_PROBES: usize = 9;

/// The elements in CPython's order.
pub(crate) fn iterate(table: &Table) -> Vec<Object> {
    let hashes: Option<Vec<u64>> = table.keys().map(|k| hash(&k.0)).collect();
    let Some(hashes) = hashes else {
        return table.keys().map(|k| k.0.clone()).collect();
    };
    let mut slots: Vec<Option<usize>> = vec![None; 8];
    for (used, &h) in hashes.iter().enumerate() {
        place(&mut slots, h, used);
        let used = used + 1;
        if used * 5 >= (slots.len() - 1) * 3 {
            let least = if used > 50_000 { used * 2 } else { used * 4 };
            let mut size = 8;
            while size <= least {
                size *= 2;
            }
            let old = std::mem::replace(&mut slots, vec![None; size]);
            for i in old.into_iter().flatten() {
                place(&mut slots, hashes[i], i);
            }
        }
    }
    let keys: Vec<&Object> = table.keys().map(|k| &k.0).collect();
    slots
        .into_iter()
        .flatten()
        .map(|i| keys[i].clone())
        .collect()
}

fn place(slots: &mut [Option<usize>], hash: u64, item: usize) {
    let mask = slots.len() - 1;
    let mut perturb = hash;
    let mut i = hash as usize & mask;
    loop {
        let last = if i + LINEAR_PROBES <= mask {
            i + LINEAR_PROBES
        } else {
            i
        };
        if let Some(free) = (i..=last).find(|&j| slots[j].is_none()) {
            slots[free] = Some(item);
            return;
        }
        perturb >>= 5;
        i = i
            .wrapping_mul(5)
            .wrapping_add(1)
            .wrapping_add(perturb as usize)
            & mask;
    }
}

/// CPython's hash of a small number.
fn hash(o: &Object) -> Option<u64> {
    let i = match o {
        Object::Int(i) => *i,
        Object::Bool(b) => i64::from(*b),
        Object::Float(f) if f.fract() == 0.0 && f.abs() < 1e15 => *f as i64,
        _ => return None,
    };
    if i.unsigned_abs() >= (1 << 61) - 1 {
        return None;
    }
    Some(if i == -1 { -2_i64 } else { i } as u64)
}
