//! Reports of programs that were run before, kept in a file: a pool is run once, whatever is then
//! searched in it.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use cogitree::{Executor, ExecutorError, Feedback, FeedbackLevel, Job, Problem, Program, Report};
use serde::{Deserialize, Serialize};

/// An executor that runs nothing twice.
pub(crate) struct Cached<E> {
    inner: E,
    reports: Mutex<HashMap<String, Report>>,
    file: Option<Mutex<File>>,
}

#[derive(Serialize, Deserialize)]
struct Line {
    job: String,
    report: Report,
}

impl<E: Executor> Cached<E> {
    /// With the reports of a file, which is added to; a cut last line is left out.
    pub(crate) fn open(inner: E, path: Option<&Path>) -> std::io::Result<Self> {
        let mut reports = HashMap::new();
        let mut file = None;
        if let Some(path) = path {
            let opened = File::options()
                .read(true)
                .append(true)
                .create(true)
                .open(path)?;
            for line in BufReader::new(&opened).lines() {
                if let Ok(Line { job, report }) = serde_json::from_str(&line?) {
                    reports.insert(job, report);
                }
            }
            writeln!(&opened)?;
            file = Some(Mutex::new(opened));
        }
        Ok(Cached {
            inner,
            reports: Mutex::new(reports),
            file,
        })
    }

    fn key(job: &Job<'_>) -> Option<String> {
        let said = serde_json::to_vec(&(
            job.interface,
            &job.program.source,
            job.tests,
            job.checker,
            job.limits,
        ));
        Some(blake3::hash(&said.ok()?).to_hex().to_string())
    }

    fn write(&self, job: String, report: &Report) -> Result<(), String> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        let line = Line {
            job,
            report: report.clone(),
        };
        let text = serde_json::to_string(&line).map_err(|e| e.to_string())? + "\n";
        file.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .write_all(text.as_bytes())
            .map_err(|e| e.to_string())
    }
}

impl<E: Executor> Executor for Cached<E> {
    fn run(&self, job: &Job<'_>) -> Result<Report, ExecutorError> {
        let Some(key) = Self::key(job) else {
            return self.inner.run(job);
        };
        let known = || self.reports.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(report) = known().get(&key) {
            return Ok(report.clone());
        }
        let report = self.inner.run(job)?;
        self.write(key.clone(), &report)
            .map_err(|why| ExecutorError(format!("the cache cannot be written: {why}")))?;
        known().insert(key, report.clone());
        Ok(report)
    }

    fn explain(
        &self,
        problem: &Problem,
        program: &Program,
        report: &Report,
        level: FeedbackLevel,
    ) -> Feedback {
        self.inner.explain(problem, program, report, level)
    }
}
