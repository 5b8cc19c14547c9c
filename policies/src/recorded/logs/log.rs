//! What a log says: first answers, repairs, and apart from them the verdicts.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use cogitree_engine::{Program, Usage};

use super::NormalForm;

/// Recorded answers of models, by task. Without any verdict: those are [`Labels`].
#[derive(Clone, Debug, Default)]
pub struct Log {
    pub(super) tasks: BTreeMap<String, Task>,
}

/// What was recorded for a task.
#[derive(Clone, Debug, Default)]
pub struct Task {
    /// First answers, in the order of the log.
    pub draws: Vec<Draw>,
    /// Repairs by the program that was repaired, in the order of the log.
    pub repairs: HashMap<NormalForm, Vec<Repair>>,
    /// Whole chains of attempts, each from its first program to its last.
    pub chains: Vec<Vec<Program>>,
}

/// A first answer.
#[derive(Clone, Debug)]
pub struct Draw {
    /// The program in it.
    pub program: Arc<Program>,
    /// The model.
    pub model: Arc<str>,
    /// What the call cost. Tokens that were not recorded are counted as
    /// [`unmetered`](Usage::unmetered).
    pub cost: Usage,
    /// How long it took; zero where that was not recorded.
    pub latency: Duration,
}

/// A recorded repair: what was said of a program that failed, and the program after it.
#[derive(Clone, Debug)]
pub struct Repair {
    /// The program that was repaired.
    pub parent: Arc<Program>,
    /// What the model said was wrong.
    pub explanation: Arc<str>,
    /// The program that it wrote then.
    pub program: Arc<Program>,
    /// The model.
    pub model: Arc<str>,
    /// What it had been shown.
    pub feedback: Shown,
    /// What the explanation cost.
    pub thinking: Usage,
    /// What the program cost.
    pub writing: Usage,
}

/// What a model was shown of the program that it was to repair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Shown {
    /// A failing test and a trace of the blocks run (LDB).
    Trace,
    /// The tests that failed, which it had written itself, and its own reflection (Reflexion).
    Reflection,
}

impl Log {
    /// What was recorded for a task.
    pub fn task(&self, id: &str) -> Option<&Task> {
        self.tasks.get(id)
    }

    /// All tasks, by id.
    pub fn tasks(&self) -> impl Iterator<Item = (&str, &Task)> {
        self.tasks.iter().map(|(id, task)| (id.as_str(), task))
    }

    /// The log of one pool of programs instead of a task's own: each is a first answer that cost
    /// one call.
    pub fn of_programs(task: &str, programs: &[Program]) -> Log {
        let draw = |program: &Program| Draw {
            program: Arc::new(program.clone()),
            model: "".into(),
            cost: call(None, None),
            latency: Duration::ZERO,
        };
        let task_log = Task {
            draws: programs.iter().map(draw).collect(),
            ..Task::default()
        };
        Log {
            tasks: BTreeMap::from([(task.to_owned(), task_log)]),
        }
    }

    pub(super) fn entry(&mut self, task: &str) -> &mut Task {
        self.tasks.entry(task.to_owned()).or_default()
    }
}

/// One call with the tokens that were recorded of it.
pub(super) fn call(prompt: Option<u64>, completion: Option<u64>) -> Usage {
    let known = prompt.is_some() && completion.is_some();
    Usage {
        calls: 1,
        prompt_tokens: prompt.unwrap_or(0),
        completion_tokens: completion.unwrap_or(0),
        unmetered: u64::from(!known),
        ..Usage::default()
    }
}

/// Verdicts of hidden tests, for who scores an answer. Neither a [`Log`] nor a
/// [`LogPolicy`](super::LogPolicy) holds any, so no search can see one.
#[derive(Clone, Debug, Default)]
pub struct Labels {
    right: HashMap<(String, u64), Right>,
}

/// Whether a program passes a benchmark's own tests, and the added ones of EvalPlus where those were run.
#[derive(Clone, Copy, Debug)]
struct Right {
    base: bool,
    plus: Option<bool>,
}

impl Labels {
    /// Whether a recorded program is right; `None` for one that has no verdict.
    pub fn is_right(&self, task: &str, program: &Program) -> Option<bool> {
        self.right
            .get(&(task.to_owned(), program.fingerprint()))
            .map(|right| right.base)
    }

    /// Whether a recorded program passes the added tests of EvalPlus; `None` for one that has no
    /// verdict of them.
    pub fn passes_plus(&self, task: &str, program: &Program) -> Option<bool> {
        self.right
            .get(&(task.to_owned(), program.fingerprint()))?
            .plus
    }

    /// How many programs have a verdict.
    pub fn len(&self) -> usize {
        self.right.len()
    }

    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.right.is_empty()
    }

    /// Of two verdicts on one program the first counts.
    pub(super) fn add(
        &mut self,
        task: &str,
        program: &Program,
        base: Option<&str>,
        plus: Option<&str>,
    ) {
        if let Some(base) = base {
            let key = (task.to_owned(), program.fingerprint());
            self.right.entry(key).or_insert(Right {
                base: base == "pass",
                plus: plus.map(|plus| plus == "pass"),
            });
        }
    }
}
