//! Answers that were given before: any policy's, recorded and played again, and public logs.

pub mod logs;
