//! Running one program: the sandbox beside a `python3` subprocess, which is what published
//! searches use and which protects from nothing.

use std::io::Write;
use std::process::{Command, Stdio};

use cogitree::{
    Checker, Executor, Interface, Job, Limits, Parameter, Program, Sandbox, Signature, Test, Value,
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
        checker: Checker::Exact,
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

criterion_group!(benches, one_program);
criterion_main!(benches);
