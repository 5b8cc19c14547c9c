//! What a search has cost, for people.

use std::io::{self, Write};
use std::time::Duration;

use cogitree::{Cost, Money, StopReason, Usage};

use super::Solved;
use super::thinker::Asked;
use crate::cli::output::{count, heading, paragraph};
use crate::cli::style;

/// What the search has cost, and how to have it again.
pub(super) fn cost(out: &mut dyn Write, solved: &Solved) -> io::Result<()> {
    let outcome = &solved.outcome;
    let Cost {
        simulations,
        executions,
        repeats,
        proposals,
        rethinks,
        probes,
        ..
    } = outcome.cost;
    heading(out, "Cost")?;
    writeln!(
        out,
        "  {}, {} run ({repeats} repeated, {probes} to compare), {}, {}",
        count(simulations, "simulation"),
        count(executions, "program"),
        count(proposals, "proposal"),
        count(rethinks, "rethink"),
    )?;
    calls(out, solved)?;
    if let Some(told) = solved.valuer.told() {
        paragraph(out, "  ", "  ", &told)?;
    }
    writeln!(
        out,
        "  {:.2} s of search, {:.2} s to get ready; ended because {}",
        outcome.elapsed.as_secs_f64(),
        solved.ready.as_secs_f64(),
        outcome.stop
    )?;
    if !matches!(outcome.stop, StopReason::Time | StopReason::Cancelled) {
        writeln!(out, "  {} {}", style::dim("again:"), solved.again)?;
    }
    Ok(())
}

/// A table of the policy's calls, where they cost anything.
fn calls(out: &mut dyn Write, solved: &Solved) -> io::Result<()> {
    let outcome = &solved.outcome;
    let total = outcome.spending.total();
    if total.is_zero() {
        return Ok(());
    }
    if let Some(asked) = &solved.asked {
        asked_of_the_model(out, asked)?;
    }
    let head = format!(
        "  {:<12}{:>7}{:>12}{:>12}{:>12}{:>11}{:>10}",
        "", "calls", "tokens in", "cached", "out", "money", "seconds"
    );
    writeln!(out, "{}", style::dim(head))?;
    for (operator, usage) in &outcome.spending.0 {
        let time = outcome.time.get(operator).copied().unwrap_or_default();
        row(out, &operator.to_string(), *usage, time)?;
    }
    if outcome.spending.0.len() > 1 {
        row(out, "in all", total, outcome.time.values().sum())?;
    }
    if total.unmetered > 0 {
        let told = count(total.unmetered, "call");
        writeln!(
            out,
            "  the server did not tell the tokens of {told}: they are not in the table"
        )?;
    }
    if total.unpriced > 0 {
        let told = count(total.unpriced, "call");
        writeln!(out, "  the price of {told} is not known: see `--prices`")?;
    }
    Ok(())
}

/// How the calls were answered, and what went wrong with them.
fn asked_of_the_model(out: &mut dyn Write, asked: &Asked) -> io::Result<()> {
    let Asked {
        policy,
        client,
        cache,
    } = asked;
    writeln!(
        out,
        "  {} sent ({} again), {} from the cache",
        count(client.requests, "request"),
        client.retries,
        count(cache.hits, "answer"),
    )?;
    let faults = [
        (policy.failed, "not answered"),
        (policy.refused, "declined"),
        (policy.cut, "cut"),
        (policy.unreadable, "unreadable"),
        (policy.repaired, "of these repaired"),
    ];
    let faults: Vec<String> = (faults.iter().filter(|(n, _)| *n > 0))
        .map(|(n, what)| format!("{n} {what}"))
        .collect();
    if !faults.is_empty() {
        writeln!(out, "  answers: {}", faults.join(", "))?;
    }
    Ok(())
}

fn row(out: &mut dyn Write, name: &str, usage: Usage, time: Duration) -> io::Result<()> {
    // What nobody told is not nothing.
    let tokens = |n: u64| match n {
        0 if usage.unmetered > 0 => "?".to_owned(),
        n => grouped(n),
    };
    let money = match usage.money {
        Money(0) if usage.unpriced > 0 => "?".to_owned(),
        money => money.to_string(),
    };
    writeln!(
        out,
        "  {name:<12}{:>7}{:>12}{:>12}{:>12}{money:>11}{:>10.1}",
        usage.calls,
        tokens(usage.prompt_tokens),
        tokens(usage.cached_tokens),
        tokens(usage.completion_tokens),
        time.as_secs_f64(),
    )
}

/// `1234567` as `1,234,567`.
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        let cases = [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
        ];
        for (n, text) in cases {
            assert_eq!(grouped(n), text);
        }
    }
}
