//! What an instance may allocate.

use cogitree_engine::Limits;
use wasmtime::ResourceLimiter;

use super::stop::Stop;

/// Refused requests for memory after which a program that goes on asking is ended.
const REFUSALS: u32 = 64;

/// Entries of all tables together; CPython has about 11,000.
const TABLE_ENTRIES: usize = 200_000;

/// The memory limit of an instance, and how it was met.
pub(super) struct Memory {
    largest: usize,
    refused: u32,
    /// What was asked for when it was refused last.
    wanted: usize,
}

impl Memory {
    pub(super) fn new(limits: &Limits) -> Self {
        Memory {
            largest: (limits.memory_mib as usize) << 20,
            refused: 0,
            wanted: 0,
        }
    }

    /// The same with so many bytes more.
    pub(super) fn and(self, more: usize) -> Self {
        Memory {
            largest: self.largest.saturating_add(more),
            ..self
        }
    }

    /// Whether the program was refused memory.
    pub(super) fn refused(&self) -> bool {
        self.refused > 0
    }

    /// The size, in MiB, that was asked for when it was refused last.
    pub(super) fn wanted_mib(&self) -> usize {
        self.wanted.div_ceil(1 << 20)
    }
}

impl ResourceLimiter for Memory {
    fn memory_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if desired <= self.largest {
            return Ok(true);
        }
        // A refusal is a MemoryError in Python, with its line, and -1 to `memory.grow`. A program
        // that catches it and goes on asking is ended here.
        self.refused += 1;
        self.wanted = desired;
        if self.refused > REFUSALS {
            return Err(Stop::Memory.into());
        }
        Ok(false)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE_ENTRIES)
    }
}
