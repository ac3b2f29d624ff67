//! Prints what each operation allocates for one message, as JSON.

use std::io::{self, Write};

use cbs_measure::{CountingAllocator, Purchase, measure};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let purchase = Purchase::load()?;
    let mut rows = Vec::new();
    for operation in Purchase::OPERATIONS {
        // the first time pays for what is made once
        purchase.run(operation);
        let (done, usage) = measure(|| purchase.run(operation));
        done.ok_or(operation)?;
        rows.push(format!(
            "  \"{operation}\": {{\"allocations\": {}, \"bytes\": {}, \"peak_bytes\": {}}}",
            usage.allocations, usage.bytes, usage.peak_bytes
        ));
    }
    writeln!(io::stdout(), "{{\n{}\n}}", rows.join(",\n"))?;
    Ok(())
}
