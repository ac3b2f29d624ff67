//! Does one operation so many times, for callgrind to count: `instructions OPERATION TIMES`.

use std::hint::black_box;

use cbs_measure::Purchase;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, operation, times] = arguments.as_slice() else {
        let known = Purchase::OPERATIONS.join(", ");
        return Err(format!("usage: instructions OPERATION TIMES; operations: {known}").into());
    };
    let times: usize = times.parse()?;
    let purchase = Purchase::load()?;
    for _ in 0..times {
        let done = black_box(&purchase).run(operation);
        black_box(done).ok_or_else(|| format!("no such operation, or it failed: {operation}"))?;
    }
    Ok(())
}
