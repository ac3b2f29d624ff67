//! What the codec costs apart from time: allocations, and instructions under callgrind.
//!
//! Nothing of this is part of the library or of the extension.

mod allocator;
mod purchase;

pub use allocator::{CountingAllocator, Usage, measure};
pub use purchase::{Purchase, Unusable};
