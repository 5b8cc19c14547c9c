//! What the sandbox promises, as a table.

mod common;

use cogitree_engine::{Test, Value, Verdict};
use common::{call, run, script};

#[test]
fn smoke() {
    let t = std::time::Instant::now();
    let tests = [
        call([Value::Int(3)], Value::Int(6)),
        call([Value::Int(4)], Value::Int(9)),
    ];
    let report = run("def solve(x):\n    return x + x", &tests);
    eprintln!("{:?} {report:#?}", t.elapsed());
    let t = std::time::Instant::now();
    let report = run("def solve(x):\n    return x + x", &tests);
    eprintln!("{:?} {report:#?}", t.elapsed());
    assert_eq!(report.passed(), 1);
    let r = script("print(input())", "a\n", "a\n");
    eprintln!("{r:#?}");
    let r = run(
        "def solve(x): return 1",
        &[Test::Assert {
            code: "assert solve(1) == 2".into(),
        }],
    );
    eprintln!("{r:#?}");
    let r = run(
        "import time\ndef solve(x):\n  while x: pass\n  return time.time()",
        &[call([Value::Int(1)], None), call([Value::Int(0)], None)],
    );
    eprintln!("{r:#?}");
    let _ = Verdict::Passed;
}
