//! Text from values: format specifications, `%` formatting, `round`.

use num_bigint::BigInt;

use super::object::{Fault, Object, Outcome, TYPE_ERROR, VALUE_ERROR};

#[derive(Default)]
struct Spec {
    fill: Option<char>,
    align: Option<char>,
    sign: Option<char>,
    alternate: bool,
    width: usize,
    group: Option<char>,
    precision: Option<usize>,
    kind: Option<char>,
}

fn parse(spec: &str) -> Option<Spec> {
    let chars: Vec<char> = spec.chars().collect();
    let mut out = Spec::default();
    let mut i = 0;
    let is_align = |c: Option<&char>| c.is_some_and(|c| "<>=^".contains(*c));
    if is_align(chars.get(1)) {
        out.fill = Some(chars[0]);
        out.align = Some(chars[1]);
        i = 2;
    } else if is_align(chars.first()) {
        out.align = Some(chars[0]);
        i = 1;
    }
    if let Some(&c @ ('+' | '-' | ' ')) = chars.get(i) {
        out.sign = Some(c);
        i += 1;
    }
    if chars.get(i) == Some(&'#') {
        out.alternate = true;
        i += 1;
    }
    if chars.get(i) == Some(&'0') && out.align.is_none() {
        out.fill = Some('0');
        out.align = Some('=');
        i += 1;
    }
    let number = |i: &mut usize| -> Option<usize> {
        let start = *i;
        while chars.get(*i).is_some_and(char::is_ascii_digit) {
            *i += 1;
        }
        chars[start..*i].iter().collect::<String>().parse().ok()
    };
    out.width = number(&mut i).unwrap_or(0);
    if let Some(&c @ (',' | '_')) = chars.get(i) {
        out.group = Some(c);
        i += 1;
    }
    if chars.get(i) == Some(&'.') {
        i += 1;
        out.precision = Some(number(&mut i)?);
    }
    if let Some(&c) = chars.get(i) {
        out.kind = Some(c);
        i += 1;
    }
    (i == chars.len() && out.width < 10_000 && out.precision.unwrap_or(0) < 1_000).then_some(out)
}

/// `format(v, spec)`.
pub(crate) fn format(v: &Object, spec: &str) -> Outcome<String> {
    if spec.is_empty() {
        return Ok(v.display().to_string());
    }
    let spec = parse(spec).ok_or(Fault::Unknown)?;
    let numeric = matches!(
        v,
        Object::Int(_) | Object::Big(_) | Object::Float(_) | Object::Bool(_)
    );
    let mut body = match (spec.kind, v) {
        (None | Some('s'), Object::Str(s)) => match spec.precision {
            Some(p) => s.chars().take(p).collect(),
            None => s.to_string(),
        },
        (None | Some('d'), Object::Int(_) | Object::Big(_)) if spec.precision.is_none() => v.repr(),
        (Some('d'), Object::Bool(b)) => i64::from(*b).to_string(),
        (Some(k @ ('b' | 'o' | 'x' | 'X')), _) => {
            let i = v.bigint().ok_or(VALUE_ERROR)?;
            radix(&i, k, spec.alternate)
        }
        (Some('f' | 'F'), _) if numeric => fixed(v.float()?, spec.precision.unwrap_or(6)),
        (Some('%'), _) if numeric => fixed(v.float()? * 100.0, spec.precision.unwrap_or(6)) + "%",
        (Some('e'), _) if numeric => exponent(v.float()?, spec.precision.unwrap_or(6)),
        (None, Object::Float(_)) if spec.precision.is_none() => v.repr(),
        (None, Object::None | Object::Bool(_)) => v.repr(),
        _ => return Err(Fault::Unknown),
    };
    let mut sign = String::new();
    if numeric {
        if let Some(rest) = body.strip_prefix('-') {
            body = rest.to_owned();
            sign.push('-');
        } else if let Some(c @ ('+' | ' ')) = spec.sign {
            sign.push(c);
        }
    }
    if let Some(g) = spec.group {
        body = grouped(&body, g);
    }
    let missing = spec
        .width
        .saturating_sub(sign.chars().count() + body.chars().count());
    let fill = spec.fill.unwrap_or(' ');
    let pad = |n: usize| fill.to_string().repeat(n);
    Ok(
        match spec.align.unwrap_or(if numeric { '>' } else { '<' }) {
            '<' => sign + &body + &pad(missing),
            '^' => pad(missing / 2) + &sign + &body + &pad(missing - missing / 2),
            '=' => sign + &pad(missing) + &body,
            _ => pad(missing) + &sign + &body,
        },
    )
}

fn grouped(body: &str, group: char) -> String {
    let end = body
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(body.len());
    let (whole, rest) = body.split_at(end);
    let mut out = String::new();
    for (i, c) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 {
            out.push(group);
        }
        out.push(c);
    }
    out + rest
}

/// Digits of an integer as `bin`, `oct` and `hex` write them.
pub(crate) fn radix(i: &BigInt, kind: char, prefix: bool) -> String {
    let base = match kind {
        'b' => 2,
        'o' => 8,
        _ => 16,
    };
    let mut digits = i.magnitude().to_str_radix(base);
    if kind == 'X' {
        digits = digits.to_uppercase();
    }
    let sign = if i.sign() == num_bigint::Sign::Minus {
        "-"
    } else {
        ""
    };
    let mark = if prefix {
        format!("0{kind}")
    } else {
        String::new()
    };
    format!("{sign}{mark}{digits}")
}

fn fixed(f: f64, precision: usize) -> String {
    if f.is_nan() {
        "nan".into()
    } else if f.is_infinite() {
        if f > 0.0 { "inf" } else { "-inf" }.into()
    } else {
        format!("{f:.precision$}")
    }
}

fn exponent(f: f64, precision: usize) -> String {
    let text = format!("{f:.precision$e}");
    let (digits, e) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, e) = match e.strip_prefix('-') {
        Some(e) => ('-', e),
        None => ('+', e),
    };
    format!("{digits}e{sign}{e:0>2}")
}

/// `text % args`.
pub(crate) fn percent(text: &str, args: &[Object]) -> Outcome<Object> {
    let mut out = String::new();
    let mut args = args.iter();
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let end = rest
            .find(|c: char| c.is_ascii_alphabetic() || c == '%')
            .ok_or(VALUE_ERROR)?;
        let (flags, tail) = rest.split_at(end);
        let kind = tail.chars().next().ok_or(VALUE_ERROR)?;
        rest = &tail[1..];
        if kind == '%' {
            out.push('%');
            continue;
        }
        let v = args.next().ok_or(TYPE_ERROR)?;
        match kind {
            's' if flags.is_empty() => out.push_str(&v.display()),
            'r' if flags.is_empty() => out.push_str(&v.repr()),
            'd' | 'i' => {
                let whole = match v {
                    Object::Float(f) => Object::Int(f.trunc() as i64),
                    v => v.clone(),
                };
                out.push_str(&format(&whole, &format!("{}d", right(flags)))?);
            }
            'f' | 'x' | 'X' | 'o' | 'e' => {
                out.push_str(&format(v, &format!("{}{kind}", right(flags)))?)
            }
            _ => return Err(Fault::Unknown),
        }
    }
    out.push_str(rest);
    match args.next() {
        Some(_) => Err(TYPE_ERROR),
        None => Ok(Object::str(out)),
    }
}

fn right(flags: &str) -> String {
    match flags.strip_prefix('-') {
        Some(f) => format!("<{f}"),
        None => flags.to_owned(),
    }
}

/// `round(f, digits)`: correctly rounded, ties to even, through the decimal digits as
/// CPython does.
pub(crate) fn round(f: f64, digits: i64) -> f64 {
    if !f.is_finite() || digits > 300 {
        return f;
    }
    if digits >= 0 {
        // Rust's formatting rounds the exact binary value half to even.
        return format!("{:.*}", digits as usize, f).parse().unwrap_or(f);
    }
    let scale = 10f64.powi(i32::try_from(digits.unsigned_abs()).unwrap_or(300).min(300));
    (f / scale).round_ties_even() * scale
}
