//! The formats of the public logs.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use cogitree_engine::Program;
use serde::Deserialize;

use super::log::{Draw, Repair, Shown, call};
use super::reading::{LogError, rows};
use super::{Labels, Log, NormalForm, extract};

/// Reads public logs into one [`Log`], and their verdicts apart from it.
///
/// | | what a row holds |
/// |---|---|
/// | [`completions`](LogReader::completions) | a prompt and bodies that complete it, each with the numbers of the samples that gave it (CodeT's CodeGen samples) |
/// | [`chat`](LogReader::chat) | a first answer of a chat model (agent-evals) |
/// | [`debugging`](LogReader::debugging) | a failing program, what was said of it, and the next one (LDB) |
/// | [`reflexion`](LogReader::reflexion) | a chain of programs with reflections between them |
///
/// Fields that are not named here are not read.
#[derive(Debug, Default)]
pub struct LogReader {
    log: Log,
    labels: Labels,
}

/// Where a first answer comes from.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct Origin {
    /// The task.
    pub task_id: String,
    /// How the log's program asked: `simple` once, others until the visible tests passed, so that
    /// theirs are no unbiased draws.
    pub strategy: String,
    /// The model.
    pub model: String,
}

#[derive(Deserialize)]
struct Completions {
    task_id: String,
    prompt: String,
    completions: Vec<Completion>,
}

#[derive(Deserialize)]
struct Completion {
    idx: Vec<u32>,
    body: String,
    base: Option<String>,
    plus: Option<String>,
}

#[derive(Deserialize)]
struct Chat {
    #[serde(flatten)]
    origin: Origin,
    output: String,
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
    latency_s: Option<f64>,
    base: Option<String>,
    plus: Option<String>,
}

#[derive(Deserialize)]
struct Debugging {
    task_id: String,
    model: String,
    parent_code: Option<String>,
    explanation: Option<String>,
    output: String,
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
    child_base: Option<String>,
    child_plus: Option<String>,
}

#[derive(Deserialize)]
struct Reflexion {
    task_id: String,
    model: String,
    implementations: Vec<String>,
    reflections: Vec<String>,
    labels: Vec<Label>,
}

#[derive(Deserialize)]
struct Label {
    base: Option<String>,
    plus: Option<String>,
}

impl LogReader {
    /// A reader that has read nothing.
    pub fn new() -> Self {
        LogReader::default()
    }

    /// Reads bodies that complete a prompt. Their tokens were not recorded.
    ///
    /// # Errors
    /// The file and the line that cannot be read.
    pub fn completions(mut self, path: &Path) -> Result<Self, LogError> {
        rows(path, "completions", |row: Completions| {
            let mut samples = Vec::new();
            for completion in &row.completions {
                let program = Arc::new(Program::new(format!("{}{}", row.prompt, completion.body)));
                let (base, plus) = (completion.base.as_deref(), completion.plus.as_deref());
                self.labels.add(&row.task_id, &program, base, plus);
                samples.extend(completion.idx.iter().map(|i| (*i, program.clone())));
            }
            samples.sort_by_key(|(i, _)| *i);
            let draws = samples.into_iter().map(|(_, program)| Draw {
                program,
                model: "codegen-16b".into(),
                cost: call(None, None),
                latency: Duration::ZERO,
            });
            self.log.entry(&row.task_id).draws.extend(draws);
            Ok(())
        })?;
        Ok(self)
    }

    /// Reads first answers of chat models: those wanted.
    ///
    /// # Errors
    /// The file and the line that cannot be read.
    pub fn chat(mut self, path: &Path, wanted: impl Fn(&Origin) -> bool) -> Result<Self, LogError> {
        rows(path, "chat answers", |row: Chat| {
            if !wanted(&row.origin) {
                return Ok(());
            }
            let latency = Duration::try_from_secs_f64(row.latency_s.unwrap_or(0.0))
                .map_err(|e| format!("`latency_s` is no time: {e}"))?;
            let task = &row.origin.task_id;
            let program = Arc::new(Program::new(extract::program(&row.output)));
            let (base, plus) = (row.base.as_deref(), row.plus.as_deref());
            self.labels.add(task, &program, base, plus);
            self.log.entry(task).draws.push(Draw {
                program,
                model: row.origin.model.as_str().into(),
                cost: call(row.prompt_tokens, row.completion_tokens),
                latency,
            });
            Ok(())
        })?;
        Ok(self)
    }

    /// Reads debugging steps. Each is two calls: one that explains, whose tokens were not recorded,
    /// and one that writes.
    ///
    /// # Errors
    /// The file and the line that cannot be read.
    pub fn debugging(mut self, path: &Path) -> Result<Self, LogError> {
        rows(path, "debugging steps", |row: Debugging| {
            let program = Arc::new(Program::new(extract::program(&row.output)));
            let (base, plus) = (row.child_base.as_deref(), row.child_plus.as_deref());
            self.labels.add(&row.task_id, &program, base, plus);
            // Of some the program that was repaired was not recorded: nobody can ask for them.
            let Some(parent) = row.parent_code else {
                return Ok(());
            };
            self.log.repair(&row.task_id, &parent).push(Repair {
                parent: Arc::new(Program::new(parent)),
                explanation: row.explanation.unwrap_or_default().into(),
                program,
                model: row.model.into(),
                feedback: Shown::Trace,
                thinking: call(None, None),
                writing: call(row.prompt_tokens, row.completion_tokens),
            });
            Ok(())
        })?;
        Ok(self)
    }

    /// Reads chains of attempts, and each step of them as a repair of two calls, whose tokens were
    /// not recorded.
    ///
    /// # Errors
    /// The file and the line that cannot be read.
    pub fn reflexion(mut self, path: &Path) -> Result<Self, LogError> {
        rows(path, "Reflexion chains", |row: Reflexion| {
            let programs: Vec<Program> = (row.implementations.iter())
                .map(|code| Program::new(extract::program(code)))
                .collect();
            if row.labels.len() != programs.len() {
                return Err(format!(
                    "`labels` has {} entries, `implementations` {}; there must be one for each",
                    row.labels.len(),
                    programs.len()
                ));
            }
            for (program, label) in programs.iter().zip(&row.labels) {
                let (base, plus) = (label.base.as_deref(), label.plus.as_deref());
                self.labels.add(&row.task_id, program, base, plus);
            }
            let model: Arc<str> = row.model.into();
            for (i, reflection) in row.reflections.iter().enumerate() {
                let (Some(parent), Some(child)) = (programs.get(i), programs.get(i + 1)) else {
                    break;
                };
                self.log.repair(&row.task_id, &parent.source).push(Repair {
                    parent: Arc::new(parent.clone()),
                    explanation: reflection.as_str().into(),
                    program: Arc::new(child.clone()),
                    model: model.clone(),
                    feedback: Shown::Reflection,
                    thinking: call(None, None),
                    writing: call(None, None),
                });
            }
            self.log.entry(&row.task_id).chains.push(programs);
            Ok(())
        })?;
        Ok(self)
    }

    /// What was read: the log for a policy, the verdicts for a scorer.
    pub fn finish(self) -> (Log, Labels) {
        (self.log, self.labels)
    }
}

impl Log {
    fn repair(&mut self, task: &str, parent: &str) -> &mut Vec<Repair> {
        let form = NormalForm::of(parent);
        self.entry(task).repairs.entry(form).or_default()
    }
}
