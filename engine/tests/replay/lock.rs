//! A lock that opens by a number, and a policy that looks for it with all its operators.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cogitree_engine::*;

/// Numbers, digit by digit. What it answers depends on the request alone; how long it takes
/// does not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Digits {
    pub(crate) rethinks: bool,
    /// Some chains make it panic.
    pub(crate) panics: bool,
    /// Some chains lead nowhere.
    pub(crate) dead_ends: bool,
    /// Simulations in flight get threads of their own.
    pub(crate) waits: bool,
    /// Calls cost something.
    pub(crate) pays: bool,
}

/// Takes some time, another on each call.
fn dawdle() {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let call = CALLS.fetch_add(1, Ordering::Relaxed);
    let draw = (call ^ std::process::id() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 60;
    match draw {
        0..6 => {}
        6..12 => std::thread::yield_now(),
        more => std::thread::sleep(Duration::from_micros(20 * (more - 11))),
    }
}

fn digit(thought: &Thought) -> usize {
    let number = match &thought.encoding {
        Some(number) if thought.is_blank() => number,
        _ => &thought.text,
    };
    number.parse::<usize>().unwrap() % 10
}

fn digits(chain: &Chain<'_>) -> String {
    chain
        .thoughts
        .iter()
        .map(|t| digit(t).to_string())
        .collect()
}

impl Digits {
    /// A call, if there is enough left for it.
    fn pay(&self, operator: Operator, meter: &Meter, seed: u64) -> Result<(), PolicyError> {
        let call = |calls, prompt_tokens| Usage {
            calls,
            prompt_tokens,
            ..Usage::default()
        };
        if self.pays {
            let granted = meter.begin(operator, call(1, 12))?;
            granted.settle(call(1, 3 + seed % 10));
        }
        Ok(())
    }
}

impl Policy for Digits {
    fn propose(&self, ask: &Propose<'_>) -> Result<Vec<Proposal>, PolicyError> {
        dawdle();
        self.pay(Operator::Propose, ask.chain.meter, ask.chain.seed)?;
        let deep = ask.chain.thoughts.len() > 1;
        let draw = ask.chain.seed % 29;
        if self.panics && deep && draw == 3 {
            std::panic::resume_unwind(Box::new("out of ideas"));
        }
        if self.dead_ends && deep && draw < 3 {
            return Err(PolicyError::Unusable("no idea".into()));
        }
        let offers = if self.dead_ends && deep && draw < 6 {
            ask.siblings.len().max(1)
        } else {
            10
        };
        // The same may be offered twice, and with a prior that is none.
        let known = |d: &usize| ask.siblings.iter().any(|s| *s.text == *d.to_string());
        Ok((0..offers)
            .filter(|d| !known(d))
            .take(ask.width)
            .map(|d| Proposal {
                thought: Thought::encoded(d.to_string(), format!("digit {d}")),
                prior: if draw == 7 && d == 0 {
                    f64::NAN
                } else {
                    (1.0 + (ask.chain.seed >> d) as u8 as f64).ln()
                },
            })
            .collect())
    }

    fn implement(&self, ask: &Implement<'_>) -> Result<Program, PolicyError> {
        dawdle();
        if self.dead_ends && ask.chain.seed.is_multiple_of(23) {
            return Err(PolicyError::Unusable("cannot be written down".into()));
        }
        self.pay(Operator::Implement, ask.chain.meter, ask.chain.seed)?;
        // Asked for another one it has another, none, or again the same.
        let source = match (ask.tried.len(), ask.chain.seed % 3) {
            (1.., 0) => return Err(PolicyError::Unusable("there is no other".into())),
            (n, 1) => format!("{}{n}", &digits(&ask.chain)[1..]),
            _ => digits(&ask.chain),
        };
        // Many chains lead to one program, up to a comment.
        let source = source.replace(['5', '6', '7'], "4");
        Ok(Program::new(format!("# {}\n{source}", digits(&ask.chain))))
    }

    fn rethink(&self, ask: &Rethink<'_>) -> Result<Option<Thought>, PolicyError> {
        dawdle();
        self.pay(Operator::Rethink, ask.chain.meter, ask.chain.seed)?;
        let last = ask.chain.thoughts.last().map_or(0, digit);
        // Sometimes what it said before.
        let step = if ask.chain.seed.is_multiple_of(5) {
            0
        } else {
            3
        };
        let next = (last + step + ask.tried.len()) % 10;
        Ok(self.rethinks.then(|| Thought::new(next.to_string())))
    }

    /// Any thought of the chain may be to blame.
    fn refine(&self, ask: &Rethink<'_>) -> Result<Option<Refined>, PolicyError> {
        let length = ask.chain.thoughts.len().max(1);
        let at = (ask.chain.seed >> 20) as usize % length;
        let better = self.rethink(ask)?;
        Ok(better.map(|thought| Refined { at, thought }))
    }

    fn rehearse(&self, chain: &Chain<'_>) -> Result<Option<Rehearsal>, PolicyError> {
        dawdle();
        let draw = chain.seed % 7;
        if self.dead_ends && draw == 0 {
            return Err(PolicyError::Unusable("cannot say".into()));
        }
        self.pay(Operator::Rehearse, chain.meter, chain.seed)?;
        let better = (digit(&chain.thoughts[chain.thoughts.len() - 1]) + 1) % 10;
        Ok((draw > 1).then(|| Rehearsal {
            sound: draw > 4,
            notes: format!("walked through {}", digits(chain)),
            better: (draw != 3).then(|| Thought::new(better.to_string())),
        }))
    }

    fn design_tests(&self, ask: &DesignTests<'_>) -> Result<Vec<Test>, PolicyError> {
        self.pay(Operator::DesignTests, ask.meter, ask.seed)?;
        let test = |n| Test::Stdio {
            input: format!("{n} {}", ask.seed % 10),
            expected: Some(String::new()),
        };
        Ok((0..ask.wanted + 1).map(test).collect())
    }

    fn compare(&self, ask: &Compare<'_>) -> Result<Option<Preference>, PolicyError> {
        self.pay(Operator::Compare, ask.meter, ask.seed)?;
        let [first, second] = [ask.first, ask.second].map(|a| a.program.fingerprint());
        Ok((first % 5 > 0).then(|| Preference {
            which: if first < second {
                Which::First
            } else {
                Which::Second
            },
            reason: format!("{first} or {second}"),
        }))
    }

    fn review(&self, ask: &Review<'_>) -> Result<Option<Opinion>, PolicyError> {
        self.pay(Operator::Review, ask.chain.meter, ask.chain.seed)?;
        let draw = ask.chain.seed % 101;
        Ok((draw > 20).then(|| Opinion {
            score: (draw as f64 / 100.0).sqrt(),
            decision: if draw > 97 {
                Decision::Accept
            } else if draw < 27 {
                Decision::Abandon
            } else {
                Decision::Refine
            },
            reason: format!("by {}", digits(&ask.chain)),
        }))
    }

    fn is_cpu_bound(&self) -> bool {
        !self.waits
    }
}

/// What the visible tests give.
pub(crate) const INPUT: &str = "3 14 15";

/// Passes as many of the tests as the program has leading digits right, where `?` stands for
/// any. Every so many runs of the visible tests the machinery fails.
pub(crate) struct Lock {
    pub(crate) number: &'static str,
    pub(crate) runs: AtomicU64,
    pub(crate) fails_every: Option<u64>,
}

impl Lock {
    pub(crate) fn new(number: &'static str, fails_every: Option<u64>) -> Self {
        Lock {
            number,
            runs: AtomicU64::new(0),
            fails_every,
        }
    }
}

impl Executor for Lock {
    fn run(&self, job: &Job<'_>) -> Result<Report, ExecutorError> {
        dawdle();
        let visible = job.tests.iter().all(|t| t.probe().as_ref() != Some(t));
        if visible && let Some(every) = self.fails_every {
            let run = self.runs.fetch_add(1, Ordering::Relaxed);
            if run % every == every - 1 {
                return Err(ExecutorError(format!("no sandbox for run {run}")));
            }
        }
        let code = job.program.normalized();
        let digits = code.bytes().zip(self.number.bytes());
        let right = digits.take_while(|&(a, b)| a == b || b == b'?').count();
        let report = |i: usize, test: &Test| {
            let Test::Stdio { input, .. } = test else {
                panic!("{test:?}")
            };
            let right = if input == INPUT {
                i < right
            } else {
                // An advisory test, which may be wrong.
                let last = code.bytes().last().map_or(0, usize::from);
                !(last + i).is_multiple_of(4)
            };
            let verdict = if !visible || right {
                Verdict::Passed
            } else {
                Verdict::WrongAnswer
            };
            let mut report = TestReport::new(verdict);
            // Behaviour on generated inputs differs between programs.
            let last = code.bytes().last().map_or(0, |digit| digit % 2);
            report.stdout = format!("{input} {last} {}", code.len() / 2);
            // The words name the source and not what was made of it.
            report.stderr = job.program.source.clone();
            report
        };
        let tests = job.tests.iter().enumerate();
        Ok(Report {
            tests: tests.map(|(i, t)| report(i, t)).collect(),
        })
    }

    fn explain(
        &self,
        _: &Problem,
        program: &Program,
        report: &Report,
        _: FeedbackLevel,
    ) -> Feedback {
        let mut feedback = Feedback::of_verdicts(report);
        feedback.text.push_str(&program.source);
        feedback
    }
}

/// Not the same for every state.
pub(crate) struct Length;
impl ValueModel for Length {
    fn estimate(&self, states: &[State<'_>]) -> Result<Vec<f64>, ValueError> {
        let value = |s: &State<'_>| 1.0 / (1.3 + s.chain.thoughts.len() as f64);
        Ok(states.iter().map(value).collect())
    }
}
