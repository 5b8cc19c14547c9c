//! A policy and an executor that do what a test says.

use std::sync::{Arc, Mutex};

use cogitree_engine::*;

/// What is thought and what comes of it, by name. A program's name is its last thought, or where that
/// is blank the numbers of the blank thoughts above it.
#[derive(Clone, Default)]
pub(crate) struct Script {
    /// What follows a thought, with priors; the root is "". Where nothing is given, the thought
    /// with 1, 2 and 3 behind it, with priors 0.6, 0.3 and 0.1.
    pub(crate) thoughts: &'static [(&'static str, &'static [(&'static str, f64)])],
    /// How many of ten visible tests a program passes; 3 where nothing is given.
    pub(crate) passed: &'static [(&'static str, usize)],
    /// How many of the advisory tests it passes; all where nothing is given.
    pub(crate) advised: &'static [(&'static str, usize)],
    /// What the policy thinks of it; nothing where nothing is given.
    pub(crate) opinions: &'static [(&'static str, f64, Decision)],
    /// A better thought.
    pub(crate) better: &'static [(&'static str, &'static str)],
    /// Programs that do the same on inputs that are no tests; each its own where nothing is given.
    pub(crate) behaviour: &'static [(&'static str, &'static str)],
    /// Of two programs the one that is preferred, if it is among them; else the first.
    pub(crate) preferred: &'static str,
}

fn look<T: Copy>(table: &[(&'static str, T)], name: &str) -> Option<T> {
    table.iter().find(|(key, _)| *key == name).map(|row| row.1)
}

/// What was asked, in order.
pub(crate) type Log = Arc<Mutex<Vec<String>>>;

struct Actor {
    script: Script,
    log: Log,
}

impl Actor {
    fn note(&self, line: String) {
        self.log.lock().unwrap().push(line);
    }
}

fn name(thoughts: &[Thought]) -> String {
    match thoughts.last() {
        Some(last) if last.is_blank() => {
            let numbers = thoughts.iter().rev().take_while(|t| t.is_blank());
            let mut numbers: Vec<&str> = numbers.filter_map(|t| t.encoding.as_deref()).collect();
            numbers.reverse();
            numbers.join(".")
        }
        Some(last) => last.text.to_string(),
        None => String::new(),
    }
}

fn chain(chain: &Chain<'_>) -> String {
    let words = chain.thoughts.iter().map(|t| {
        if t.is_blank() {
            "_".to_owned()
        } else {
            t.text.to_string()
        }
    });
    words.collect::<Vec<_>>().join("/")
}

impl Policy for Actor {
    fn propose(&self, ask: &Propose<'_>) -> Result<Vec<Proposal>, PolicyError> {
        self.note(format!("propose {}", chain(&ask.chain)));
        let last = name(ask.chain.thoughts);
        let proposal = |text: String, prior| Proposal {
            thought: Thought::new(text),
            prior,
        };
        Ok(match look(self.script.thoughts, &last) {
            Some(row) => row.iter().map(|(t, p)| proposal((*t).into(), *p)).collect(),
            None => [(1, 0.6), (2, 0.3), (3, 0.1)]
                .map(|(n, prior)| proposal(format!("{last}{n}"), prior))
                .into(),
        })
    }

    fn implement(&self, ask: &Implement<'_>) -> Result<Program, PolicyError> {
        if !ask.tried.is_empty() {
            return Err(PolicyError::Unusable("there is no other".into()));
        }
        let above = ask.chain.above.map_or("nothing", |a| &a.program.source);
        self.note(format!("implement {} above {above}", chain(&ask.chain)));
        Ok(Program::new(name(ask.chain.thoughts)))
    }

    fn rethink(&self, ask: &Rethink<'_>) -> Result<Option<Thought>, PolicyError> {
        self.note(format!("rethink {}", chain(&ask.chain)));
        let last = name(ask.chain.thoughts);
        Ok(look(self.script.better, &last).map(Thought::new))
    }

    fn review(&self, ask: &Review<'_>) -> Result<Option<Opinion>, PolicyError> {
        let program = &ask.outcome.program.source;
        self.note(format!("review {program}"));
        let opinion = self.script.opinions.iter().find(|row| row.0 == program);
        Ok(opinion.map(|(_, score, decision)| Opinion {
            score: *score,
            decision: *decision,
            reason: format!("reasons about {program}"),
        }))
    }

    fn design_tests(&self, ask: &DesignTests<'_>) -> Result<Vec<Test>, PolicyError> {
        self.note(format!("design {}", ask.wanted));
        Ok((0..ask.wanted).map(|n| test(&n.to_string())).collect())
    }

    fn compare(&self, ask: &Compare<'_>) -> Result<Option<Preference>, PolicyError> {
        let [first, second] = [ask.first, ask.second].map(|a| &a.program.source);
        self.note(format!("compare {first} {second}"));
        let which = if second == self.script.preferred {
            Which::Second
        } else {
            Which::First
        };
        Ok(Some(Preference {
            which,
            reason: String::new(),
        }))
    }
}

const VISIBLE: usize = 10;

fn test(input: &str) -> Test {
    Test::Stdio {
        input: input.into(),
        expected: Some(String::new()),
    }
}

impl Executor for Actor {
    fn run(&self, job: &Job<'_>) -> Result<Report, ExecutorError> {
        let name = job.program.source.as_str();
        let probes = job.tests.iter().all(|t| t.probe().as_ref() == Some(t));
        let passed = if probes {
            job.tests.len()
        } else if job.tests.len() == VISIBLE {
            look(self.script.passed, name).unwrap_or(3)
        } else {
            look(self.script.advised, name).unwrap_or(job.tests.len())
        };
        let tests = (0..job.tests.len()).map(|i| {
            let mut report = TestReport::new(if i < passed {
                Verdict::Passed
            } else {
                Verdict::WrongAnswer
            });
            report.stdout = look(self.script.behaviour, name).unwrap_or(name).to_owned();
            report
        });
        Ok(Report {
            tests: tests.collect(),
        })
    }
}

/// A search that was made by a preset.
pub(crate) struct Play {
    pub(crate) outcome: Outcome,
    pub(crate) log: Vec<String>,
}

/// Searches by a preset, changed as a file may change it.
pub(crate) fn play(preset: &str, script: Script, change: serde_json::Value) -> Play {
    let config = Preset::named(preset).unwrap().config();
    let config = config.overlaid(&change).unwrap();
    let log = Log::default();
    let actor = Arc::new(Actor {
        script,
        log: log.clone(),
    });
    let problem = Problem {
        id: "script".into(),
        statement: "Do as the script says.".into(),
        interface: Interface::Stdin,
        tests: vec![test("visible 1"); VISIBLE],
        checker: Checker::Exact,
        limits: Limits::default(),
    };
    let search = Search::new(problem, actor.clone(), actor).config(config);
    let outcome = search.run().unwrap();
    let log = std::mem::take(&mut *log.lock().unwrap());
    Play { outcome, log }
}

impl Play {
    /// The programs that were run, in order.
    pub(crate) fn programs(&self) -> Vec<&str> {
        let programs = self.outcome.journal.iter().filter_map(|event| match event {
            Event::Ran { program, .. } => Some(program.source.as_str()),
            _ => None,
        });
        programs.collect()
    }

    /// The reward that a program was given, and what was said of it.
    pub(crate) fn of(&self, name: &str) -> (f64, &str) {
        let found = self.outcome.journal.iter().find_map(|event| match event {
            Event::Ran {
                program,
                reward,
                feedback,
                ..
            } if program.source == name => Some((*reward, feedback.as_str())),
            _ => None,
        });
        found.unwrap()
    }

    pub(crate) fn answer(&self) -> &str {
        &self.outcome.answer.as_ref().unwrap().program.source
    }

    /// What was asked of one kind, without the kind.
    pub(crate) fn asked(&self, kind: &str) -> Vec<&str> {
        let lines = self.log.iter();
        lines
            .filter_map(|line| line.strip_prefix(kind)?.strip_prefix(' '))
            .collect()
    }
}

pub(crate) fn close(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-12
}
