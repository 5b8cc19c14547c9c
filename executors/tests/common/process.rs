//! What this process holds: threads, descriptors, children, memory.

// Each file that takes this in uses its part of it.
#![allow(dead_code)]

use std::fs;

/// What a process holds at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) threads: usize,
    pub(crate) descriptors: usize,
    /// Child processes, ended ones that nobody waited for included.
    pub(crate) children: usize,
    /// Resident memory that belongs to this process alone, in KiB: files that are only mapped do not
    /// count.
    pub(crate) resident_kib: usize,
}

impl Held {
    /// `None` where the system does not tell (it is Linux that does).
    pub(crate) fn now() -> Option<Held> {
        let tasks: Vec<_> = fs::read_dir("/proc/self/task").ok()?.flatten().collect();
        let children = |task: &fs::DirEntry| {
            let told = fs::read_to_string(task.path().join("children")).unwrap_or_default();
            told.split_whitespace().count()
        };
        let status = fs::read_to_string("/proc/self/status").ok()?;
        let resident = status.lines().find_map(|l| l.strip_prefix("RssAnon:"))?;
        Some(Held {
            threads: tasks.len(),
            descriptors: fs::read_dir("/proc/self/fd").ok()?.count(),
            children: tasks.iter().map(children).sum(),
            resident_kib: resident.split_whitespace().next()?.parse().ok()?,
        })
    }

    /// What is more than it was before, memory aside, in words.
    pub(crate) fn more_than(&self, before: &Held) -> Vec<String> {
        [
            ("threads", self.threads, before.threads),
            ("descriptors", self.descriptors, before.descriptors),
            ("processes", self.children, before.children),
        ]
        .into_iter()
        .filter(|(_, now, before)| now > before)
        .map(|(what, now, before)| format!("{now} {what}, {before} before"))
        .collect()
    }
}
