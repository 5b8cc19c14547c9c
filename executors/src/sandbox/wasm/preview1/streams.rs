//! Standard input, output and error: the only descriptors that there are.

use super::super::host::Stream;
use super::memory::{Answer, Call, Errno, Failure};

/// Rights of descriptors, as bits.
const MAY_READ: u64 = 1 << 1;
const MAY_WRITE: u64 = 1 << 6;

impl Call<'_> {
    /// Checks that a descriptor is one of the streams, and open.
    pub(super) fn stream(&self, fd: u32) -> Result<(), Errno> {
        let open = self.host.open.get(fd as usize).copied().unwrap_or(false);
        open.then_some(()).ok_or(Errno::BadDescriptor)
    }

    pub(super) fn fd_read(&mut self, fd: u32, list: u32, count: u32, read: u32) -> Answer {
        self.stream(fd)?;
        if fd != 0 {
            return Err(Errno::BadDescriptor.into());
        }
        let mut total = 0;
        for (at, len) in self.buffers(list, count)? {
            let (memory, host, moved) = self.with_host(at, len)?;
            let taken = host.input.take(memory);
            *moved += u64::from(taken);
            total += taken;
            if taken < len {
                break;
            }
        }
        Ok(self.write(read, &total.to_le_bytes())?)
    }

    pub(super) fn fd_write(&mut self, fd: u32, list: u32, count: u32, written: u32) -> Answer {
        self.stream(fd)?;
        let mut total: u32 = 0;
        for (at, len) in self.buffers(list, count)? {
            let (memory, host, moved) = self.with_host(at, len)?;
            let stream: &mut Stream = match fd {
                1 => &mut host.stdout,
                2 => &mut host.stderr,
                _ => return Err(Errno::BadDescriptor.into()),
            };
            *moved += stream
                .put(memory)
                .map_err(|stop| Failure::Ended(stop.into()))?;
            // What is kept of a stream fits, so the sum does.
            total = total.saturating_add(len);
        }
        Ok(self.write(written, &total.to_le_bytes())?)
    }

    pub(super) fn fd_close(&mut self, fd: u32) -> Answer {
        self.stream(fd)?;
        self.host.open[fd as usize] = false;
        Ok(())
    }

    /// Of no kind that is known: not a terminal, so that libraries buffer.
    pub(super) fn fd_fdstat_get(&mut self, fd: u32, out: u32) -> Answer {
        self.stream(fd)?;
        let rights = if fd == 0 { MAY_READ } else { MAY_WRITE };
        let mut stat = [0; 24];
        stat[8..16].copy_from_slice(&rights.to_le_bytes());
        Ok(self.write(out, &stat)?)
    }

    pub(super) fn fd_filestat_get(&mut self, fd: u32, out: u32) -> Answer {
        self.stream(fd)?;
        Ok(self.write(out, &[0; 64])?)
    }
}
