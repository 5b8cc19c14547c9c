//! What `solve` prints for people.

use std::io::{self, Write};

use cogitree::{Report, Test, Thought, Tried};

use super::Solved;
use super::cost::cost;
use crate::cli::output::{count, heading, input, paragraph, printable, program, verdicts};
use crate::cli::style;

pub(super) fn write(out: &mut dyn Write, solved: &Solved) -> io::Result<()> {
    headline(out, solved)?;
    let Some(answer) = &solved.outcome.answer else {
        return cost(out, solved);
    };
    writeln!(out)?;
    program(out, &answer.program.source)?;
    found(out, solved)?;
    evidence(out, solved)?;
    cost(out, solved)
}

/// An answer that its own policy trusts less than this is said to be doubtful.
const DOUBT: f64 = 0.25;

/// One line that says it all.
fn headline(out: &mut dyn Write, solved: &Solved) -> io::Result<()> {
    let outcome = &solved.outcome;
    let id = style::bold(printable(&solved.loaded.problem.id));
    let Some(answer) = &outcome.answer else {
        return writeln!(
            out,
            "{} {id} not solved: no program was written; {}",
            style::bad("✗"),
            outcome.stop
        );
    };
    let visible = fraction(&answer.report, "visible tests");
    let hidden = solved.hidden.as_ref().map_or(String::new(), |h| {
        format!(", {}", fraction(h, "hidden tests"))
    });
    if outcome.solved {
        let doubted = answer.evidence.opinion.is_some_and(|o| o < DOUBT);
        let mark = match &solved.hidden {
            Some(hidden) if !hidden.all_passed() => style::changed("≈"),
            None if doubted => style::changed("≈"),
            _ => style::good("✓"),
        };
        writeln!(out, "{mark} {id} solved: {visible}{hidden}")?;
        if doubted {
            writeln!(
                out,
                "  but the policy trusts it little (see Evidence): more visible tests would help"
            )?;
        }
        Ok(())
    } else {
        writeln!(out, "{} {id} not solved: {}", style::bad("✗"), outcome.stop)?;
        writeln!(out, "  the best program so far passes {visible}{hidden}")
    }
}

fn fraction(report: &Report, what: &str) -> String {
    format!("{} of {} {what}", report.passed(), report.tests.len())
}

/// The winning chain of thoughts, with what failed and what the rethink changed.
fn found(out: &mut dyn Write, solved: &Solved) -> io::Result<()> {
    let chain = solved.outcome.chain();
    heading(out, "How it was found")?;
    let last = chain.len();
    // The line of thought that was built upon so far.
    let mut line: Vec<Thought> = Vec::new();
    for (step, (_, used, tried)) in chain.iter().enumerate() {
        let number = format!("  {}. ", step + 1);
        for (version, this) in tried.iter().enumerate() {
            let whole = this.chain.as_deref().unwrap_or_default();
            for (at, (now, before)) in whole.iter().zip(&line).enumerate() {
                if now != before {
                    let first = format!("   ↻ {}. ", at + 1);
                    paragraph(out, &first, "     ", &now.text)?;
                }
            }
            let first = if version == 0 {
                number.clone()
            } else {
                "   ↻ ".to_owned()
            };
            if version == 0 || this.thought != tried[0].thought {
                paragraph(out, &first, "     ", &this.thought.text)?;
            }
            // An unfinished chain fails as a matter of course; say more where it ends.
            let told = step + 1 == last || tried.len() > 1;
            outcome_of(out, this, told)?;
            if version == *used {
                match &this.chain {
                    Some(whole) => line = whole.to_vec(),
                    None => line.push(this.thought.clone()),
                }
                break;
            }
        }
    }
    Ok(())
}

fn outcome_of(out: &mut dyn Write, tried: &Tried, told: bool) -> io::Result<()> {
    let score = fraction(&tried.report, "visible tests");
    if tried.report.all_passed() {
        return writeln!(out, "     {} {score}", style::good("✓"));
    }
    writeln!(out, "     {} {}", style::bad("✗"), style::dim(score))?;
    if told {
        paragraph(out, "       ", "       ", &tried.feedback.text)?;
    }
    Ok(())
}

fn evidence(out: &mut dyn Write, solved: &Solved) -> io::Result<()> {
    let Some(answer) = &solved.outcome.answer else {
        return Ok(());
    };
    let problem = &solved.loaded.problem;
    let e = &answer.evidence;
    heading(out, "Evidence")?;
    verdicts(out, problem, &problem.tests, &answer.report.tests)?;
    if e.compared > 1 {
        writeln!(
            out,
            "  {} of {} programs that pass behave like it on {} ({:.0} % by weight)",
            e.agreeing,
            e.compared,
            count(e.probes as u64, "generated input"),
            100.0 * e.agreement,
        )?;
    } else if solved.outcome.solved {
        writeln!(
            out,
            "  no other program that passes was found to compare it with"
        )?;
    }
    if let Some(opinion) = e.opinion {
        let text = format!(
            "the policy trusts it to {:.0} %: {}",
            100.0 * opinion,
            e.reason
        );
        paragraph(out, "  ", "  ", &text)?;
    }
    rulings(out, solved)?;
    if let Some(hidden) = &solved.hidden {
        let mark = if hidden.all_passed() {
            style::good("✓")
        } else {
            style::bad("✗")
        };
        writeln!(
            out,
            "  {mark} {}, which the search never saw",
            fraction(hidden, "hidden tests passed")
        )?;
    }
    Ok(())
}

/// What the user said, and whether the answer does it.
fn rulings(out: &mut dyn Write, solved: &Solved) -> io::Result<()> {
    let problem = &solved.loaded.problem;
    for ruled in &solved.outcome.rulings {
        let mark = if ruled.contradicted {
            style::bad("✗")
        } else {
            style::good("✓")
        };
        let said = match &ruled.test {
            Test::Call {
                expected: Some(value),
                ..
            } => format!("gives {value}"),
            Test::Stdio {
                expected: Some(text),
                ..
            } => format!("prints {text:?}"),
            _ => "none of what was shown is right".to_owned(),
        };
        let text = format!(
            "as you said: {} {said} ({} refuted)",
            input(problem, &ruled.test),
            count(ruled.refuted as u64, "program")
        );
        paragraph(out, &format!("  {mark} "), "    ", &text)?;
    }
    if !solved.learnt.is_empty() {
        writeln!(
            out,
            "  what you said makes good visible tests: add it to the problem's file"
        )?;
    }
    Ok(())
}
