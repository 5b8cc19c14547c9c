//! Rows: programs run on the visible tests, and encoded with what came of that.

use std::collections::{HashMap, HashSet};

use cogitree::{
    Attempt, Chain, Executor as _, Feedback, FeedbackLevel, Job, Meter, Problem, Program, Report,
    State, Thought,
};
use cogitree_policies::logs::NormalForm;
use cogitree_policies::onnx::encode::{Encoder, Encoding};
use serde_json::{Value, json};

use super::Executor;
use super::sources::Case;
use super::split::{Parts, split};

/// For the programs of one problem that recorded attempts follow: whether one of those, or one that
/// follows one of those, is right.
pub(crate) fn reached(cases: &[Case]) -> HashMap<NormalForm, bool> {
    let mut next: HashMap<NormalForm, Vec<&Case>> = HashMap::new();
    for case in cases {
        if let Some(above) = &case.above {
            let above = NormalForm::of(&above.source);
            next.entry(above).or_default().push(case);
        }
    }
    let reaches = |from: &NormalForm| {
        let mut seen = HashSet::from([*from]);
        let mut waiting = vec![*from];
        while let Some(form) = waiting.pop() {
            for case in next.get(&form).into_iter().flatten() {
                if case.right() {
                    return true;
                }
                if seen.insert(case.form) {
                    waiting.push(case.form);
                }
            }
        }
        false
    };
    next.keys().map(|form| (*form, reaches(form))).collect()
}

/// The rows of one problem, each with its source.
pub(crate) fn of(
    problem: &Problem,
    cases: &[&Case],
    reached: &HashMap<NormalForm, bool>,
    parts: &Parts,
    encoder: &Encoder,
    executor: &Executor,
) -> Result<Vec<(String, Value)>, String> {
    let (group, part) =
        (parts.get(&problem.id)).ok_or_else(|| format!("{}: no part", problem.id))?;
    let run = |program: &Program| -> Result<(Report, Feedback), String> {
        let report = (executor.run(&Job::visible(problem, program)))
            .map_err(|e| format!("{}: {e}", problem.id))?;
        let level = FeedbackLevel::default();
        let feedback = executor.explain(problem, program, &report, level);
        Ok((report, feedback))
    };
    let mut rows = Vec::new();
    for case in cases {
        let (report, feedback) = run(&case.program)?;
        let thoughts: Vec<Thought> = match case.thoughts.as_slice() {
            [] => vec![Thought::blank(0)],
            said => said.iter().map(|t| Thought::new(t.as_str())).collect(),
        };
        // What repairs a program is a child of its node, or that node's thought rethought, whose chain
        // has nothing above: half of them are shown as either.
        let shown = case.program.fingerprint() % 2 == 0;
        let above = case.above.as_ref().filter(|_| shown);
        let above = above.map(|p| run(p).map(|ran| (p, ran))).transpose()?;
        let meter = Meter::default();
        let chain = Chain {
            above: above.as_ref().map(|(program, (report, feedback))| Attempt {
                program,
                report,
                feedback,
            }),
            ..Chain::new(problem, &thoughts, 0, &meter)
        };
        let followed = reached.get(&case.form).map(|below| *below || case.right());
        let row = |encoding: Encoding, written: bool| {
            json!({
                "problem": problem.id,
                "group": group,
                "part": part,
                "split": split(part),
                "source": case.source,
                "written": written,
                "right": case.right(),
                "plus": case.plus,
                "reached": followed,
                "passes_visible": report.all_passed(),
                "tokens": encoding.tokens,
                "features": encoding.features,
            })
        };
        let state = State {
            chain,
            outcome: Attempt {
                program: &case.program,
                report: &report,
                feedback: &feedback,
            },
        };
        rows.push((case.source.to_owned(), row(encoder.encode(&state), true)));
        if !case.thoughts.is_empty() {
            let offered = row(encoder.encode_chain(&chain), false);
            rows.push((format!("{}: thoughts alone", case.source), offered));
        }
    }
    Ok(rows)
}
