//! Pages that every program writes to, made writable before it does.
//!
//! An instance shares the snapshot's pages until it writes to them. The first write to a page that was
//! read before must be made known to every core that runs a thread of this process, which interrupts
//! it: some two hundred interrupts for each program, and two threads were slower than one. The same
//! pages, populated in a few calls before they are read, need none of them.
//!
//! They are populated when an instance has ended, for the next one in its place: before any read, since
//! a read maps a page's neighbours, too. Which pages those are is learnt from a trivial program and the
//! first real ones. Only Linux has what this needs; elsewhere, and wherever something is not as
//! expected, nothing is done and nothing depends on it.

#[cfg(target_os = "linux")]
pub(super) use linux::HotPages;
#[cfg(not(target_os = "linux"))]
pub(super) use other::HotPages;

#[cfg(not(target_os = "linux"))]
mod other {
    /// Does nothing.
    #[derive(Default)]
    pub(in crate::sandbox) struct HotPages;

    impl HotPages {
        pub(in crate::sandbox) fn populate(&self, _inside: Option<usize>) {}
        pub(in crate::sandbox) fn learn(&self, _inside: Option<usize>) {}
        pub(in crate::sandbox) fn wants_to_learn(&self) -> bool {
            false
        }
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::BTreeMap;
    use std::fs::File;
    use std::ops::Range;
    use std::os::unix::fs::FileExt;
    use std::sync::{Arc, Mutex, PoisonError};

    use rustix::mm::{Advice, madvise};

    /// Clean pages between dirty ones that are populated with them: a copy costs less than a call.
    const GAP: usize = 2;

    /// Linear memories lie at least so far apart, and are no larger.
    const APART: usize = 4 << 30;

    /// So many programs are learnt from at first, and then one in so many: what is run changes.
    const LESSONS: u32 = 32;

    /// Lessons after which older ones count half.
    const LONG_AGO: u32 = 48;

    /// A page is hot that one program in so many writes to. It then stays so: what was populated
    /// looks written to.
    const SELDOM: u32 = 6;

    /// Bytes written to beyond which a program says nothing about others: one that takes all the
    /// memory it can get would have all of it populated for those after it.
    const TELLING: usize = 16 << 20;

    /// The pages, as offsets into a linear memory.
    #[derive(Default)]
    pub(in crate::sandbox) struct HotPages {
        learnt: Mutex<Learnt>,
        /// Where the linear memories that were seen begin.
        memories: Mutex<Vec<usize>>,
    }

    #[derive(Default)]
    struct Learnt {
        runs: u32,
        lessons: u32,
        /// The pages of this process cannot be read.
        blind: bool,
        /// How many of the programs wrote to a page, by its offset.
        writers: BTreeMap<usize, u32>,
        ranges: Arc<[Range<usize>]>,
    }

    impl HotPages {
        /// Populates the pages of the linear memory that the address is in, after its instance
        /// has ended and before the next one reads it. `None` where it is not known.
        pub(in crate::sandbox) fn populate(&self, inside: Option<usize>) {
            let ranges = self.learnt().ranges.clone();
            let Some(base) = inside.and_then(|i| self.base(i)) else {
                return;
            };
            for range in ranges.iter() {
                let address = (base + range.start) as *mut std::ffi::c_void;
                // SAFETY: populating changes no content and no mapping, whoever uses the memory by
                // now; where the range is not writable memory the kernel says so, and nothing
                // has happened.
                let populated =
                    unsafe { madvise(address, range.len(), Advice::LinuxPopulateWrite) };
                if populated.is_err() {
                    return;
                }
            }
        }

        /// Whether the instance that begins is one to learn from.
        pub(in crate::sandbox) fn wants_to_learn(&self) -> bool {
            let mut learnt = self.learnt();
            learnt.runs = learnt.runs.wrapping_add(1);
            !learnt.blind && (learnt.runs <= LESSONS || learnt.runs.is_multiple_of(LESSONS))
        }

        /// Learns from the memory that the address is in, whose instance has run a program.
        pub(in crate::sandbox) fn learn(&self, inside: Option<usize>) {
            let written = inside.and_then(mapping).and_then(|m| dirty(&m));
            let mut learnt = self.learnt();
            let Some(written) = written else {
                learnt.blind = true;
                return;
            };
            if written.len() * rustix::param::page_size() > TELLING {
                return;
            }
            for offset in written {
                *learnt.writers.entry(offset).or_default() += 1;
            }
            learnt.lessons += 1;
            if learnt.lessons >= LONG_AGO {
                learnt.lessons /= 2;
                learnt.writers.values_mut().for_each(|n| *n /= 2);
            }
            let lessons = learnt.lessons;
            let hot = learnt.writers.iter();
            let hot = hot.filter(|(_, writers)| **writers * SELDOM >= lessons);
            learnt.ranges = ranges(hot.map(|(offset, _)| *offset)).into();
        }

        fn learnt(&self) -> std::sync::MutexGuard<'_, Learnt> {
            self.learnt.lock().unwrap_or_else(PoisonError::into_inner)
        }

        fn base(&self, inside: usize) -> Option<usize> {
            let mut seen = self.memories.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(base) = seen.iter().find(|&&b| (b..b + APART).contains(&inside)) {
                return Some(*base);
            }
            let base = mapping(inside)?.start;
            seen.push(base);
            Some(base)
        }
    }

    /// The writable memory around an address: neighbours in the list of mappings that touch.
    fn mapping(inside: usize) -> Option<Range<usize>> {
        let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
        let mut run = 0..0;
        for line in maps.lines() {
            let (range, rest) = line.split_once(' ')?;
            let (start, end) = range.split_once('-')?;
            let start = usize::from_str_radix(start, 16).ok()?;
            let end = usize::from_str_radix(end, 16).ok()?;
            if rest.starts_with("rw-p") && start == run.end {
                run.end = end;
            } else if run.contains(&inside) {
                return Some(run);
            } else if rest.starts_with("rw-p") {
                run = start..end;
            }
        }
        run.contains(&inside).then_some(run)
    }

    /// The pages of a mapping that are private copies, by their offsets.
    fn dirty(mapping: &Range<usize>) -> Option<Vec<usize>> {
        /// Bits of an entry, from the kernel's documentation of `/proc/PID/pagemap`.
        const PRESENT: u64 = 1 << 63;
        const OF_A_FILE: u64 = 1 << 61;
        let page = rustix::param::page_size();
        let mut entries = vec![0; mapping.len() / page * 8];
        let offset = (mapping.start / page * 8) as u64;
        let file = File::open("/proc/self/pagemap").ok()?;
        file.read_exact_at(&mut entries, offset).ok()?;
        let mut offsets = Vec::new();
        for (i, entry) in entries.chunks_exact(8).enumerate() {
            let entry = u64::from_ne_bytes(entry.try_into().ok()?);
            if entry & PRESENT != 0 && entry & OF_A_FILE == 0 {
                offsets.push(i * page);
            }
        }
        Some(offsets)
    }

    /// Pages as ranges, those with small gaps between them as one.
    fn ranges(offsets: impl Iterator<Item = usize>) -> Vec<Range<usize>> {
        let page = rustix::param::page_size();
        let mut ranges: Vec<Range<usize>> = Vec::new();
        for offset in offsets {
            match ranges.last_mut() {
                Some(last) if offset <= last.end + GAP * page => last.end = offset + page,
                _ => ranges.push(offset..offset + page),
            }
        }
        ranges
    }
}
