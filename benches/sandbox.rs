//! Running one program: the sandbox beside a `python3` subprocess, which is what published
//! searches use and which protects from nothing; and whole searches that do little else, by the
//! number of threads.

use std::io::Write;
use std::process::{Command, Stdio};

use std::sync::Arc;

use cogitree::{
    Checker, Executor, Implement, Interface, Job, Limits, Parameter, Policy, PolicyError, Problem,
    Program, Proposal, Propose, Sandbox, Search, SearchConfig, Signature, Test, Thought, Value,
};
use criterion::{Criterion, criterion_group, criterion_main};

const PROGRAM: &str = "
def running_maximum(numbers):
    best, out = None, []
    for n in numbers:
        best = n if best is None else max(best, n)
        out.append(best)
    return out
";

fn one_program(c: &mut Criterion) {
    let sandbox = Sandbox::open(|_| {}).expect("the sandbox opens (see `cogitree doctor`)");
    let interface = Interface::Function(Signature::new(
        "running_maximum",
        [Parameter::new("numbers")],
    ));
    let list = |v: &[i64]| Value::List(v.iter().map(|&i| Value::Int(i)).collect());
    let tests: Vec<Test> = (0..10)
        .map(|i| Test::Call {
            args: vec![list(&[1, i, 3, 2, 9 - i])],
            expected: Some(list(&[
                1,
                1.max(i),
                3.max(i),
                3.max(i),
                3.max(i).max(9 - i),
            ])),
        })
        .collect();
    let program = Program::new(PROGRAM);
    let job = Job {
        interface: &interface,
        program: &program,
        tests: &tests,
        checker: &Checker::Exact,
        limits: Limits::default(),
    };
    let mut script = PROGRAM.to_owned();
    for test in &tests {
        let Test::Call {
            args,
            expected: Some(expected),
        } = test
        else {
            continue;
        };
        script.push_str(&format!(
            "assert running_maximum({}) == {expected}\n",
            args[0]
        ));
    }

    let mut group = c.benchmark_group("a program with ten tests");
    group.sample_size(20);
    group.bench_function("sandbox", |b| {
        b.iter(|| assert!(sandbox.run(&job).expect("the sandbox runs").all_passed()));
    });
    group.bench_function("python3 subprocess", |b| {
        b.iter(|| {
            let mut child = Command::new("python3")
                .arg("-")
                .stdin(Stdio::piped())
                .spawn()
                .expect("python3 starts");
            let mut stdin = child.stdin.take().expect("stdin is piped");
            stdin.write_all(script.as_bytes()).expect("python3 reads");
            drop(stdin);
            assert!(child.wait().expect("python3 ends").success());
        });
    });
    group.finish();
}

/// Programs that differ in a number and are all wrong: thinking costs nothing.
struct Guesses;

impl Policy for Guesses {
    fn propose(&self, ask: &Propose<'_>) -> Result<Vec<Proposal>, PolicyError> {
        let guess = |i: usize| Proposal {
            thought: Thought::new(format!("{} {i}", ask.chain.thoughts.len())),
            prior: 1.0,
        };
        Ok((0..ask.width).map(guess).collect())
    }
    fn implement(&self, ask: &Implement<'_>) -> Result<Program, PolicyError> {
        let thoughts: Vec<&str> = ask.chain.thoughts.iter().map(|t| &*t.text).collect();
        Ok(Program::new(format!(
            "GUESS = '{}'\n{PROGRAM}",
            thoughts.join(", ")
        )))
    }
}

fn search_bound_by_the_sandbox(c: &mut Criterion) {
    let sandbox = Arc::new(Sandbox::open(|_| {}).expect("the sandbox opens"));
    let list = |v: &[i64]| Value::List(v.iter().map(|&i| Value::Int(i)).collect());
    let problem = Problem {
        id: "bound".into(),
        statement: String::new(),
        interface: Interface::Function(Signature::new(
            "running_maximum",
            [Parameter::new("numbers")],
        )),
        tests: (0..5)
            .map(|i| Test::Call {
                args: vec![list(&[i, 3, 1])],
                expected: Some(list(&[])),
            })
            .collect(),
        checker: Checker::Exact,
        limits: Limits::default(),
    };
    let mut group = c.benchmark_group("a search of 200 programs");
    group.sample_size(10);
    for threads in [1, 2, 4] {
        group.bench_function(format!("{threads} threads"), |b| {
            b.iter(|| {
                let mut config = SearchConfig {
                    threads,
                    rethinks: 0,
                    ..SearchConfig::default()
                };
                config.budget.simulations = 200;
                let outcome = Search::new(problem.clone(), Arc::new(Guesses), sandbox.clone())
                    .config(config)
                    .run()
                    .expect("the configuration is valid");
                assert_eq!(outcome.cost.executions, 200);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, one_program, search_bound_by_the_sandbox);
criterion_main!(benches);
