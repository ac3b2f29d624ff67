//! Drives a target with inputs by chance, on any toolchain: `runner TARGET COUNT [SEED]`.
//!
//! Target "all" runs each. `runner TARGET COUNT SEED INDEX` runs one input again, loudly.
//! Prints one line of JSON for each target; fails on a panic, and on an input that allocates or
//! takes more than the target's limit.

use std::panic;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use cbs_fuzz_targets::{Mutator, Seeds, TARGETS, Target};
use cbs_measure::{CountingAllocator, measure};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// An input that takes longer is a hang, and ends the run.
const INPUT_DURATION_MAX: Duration = Duration::from_secs(5);

/// The number of the input that runs now, for the watch.
static CURRENT: AtomicU64 = AtomicU64::new(u64::MAX);

/// How often an input that seems slow is tried before it counts: other programs run as well.
const TRIES: usize = 5;

/// What a run saw.
#[derive(Default)]
struct Tally {
    accepted: u64,
    input_bytes: u64,
    panics: Vec<u64>,
    over_limit: Vec<u64>,
    /// Inputs that took longer than the target's limit each time they were tried.
    slow: Vec<u64>,
    /// Bytes held beyond the fixed base, per byte of input; and the input.
    worst_bytes_per_byte: (f64, u64),
    peak_bytes: usize,
    /// The shortest of several tries; and the input.
    slowest: (Duration, u64),
    /// Time beyond the fixed base, per byte of input; and the input.
    worst_ns_per_byte: (f64, u64),
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |place: usize| {
        arguments
            .get(place)
            .and_then(|text| text.parse::<u64>().ok())
    };
    let (Some(name), Some(count)) = (arguments.first(), number(1)) else {
        eprintln!("usage: runner TARGET|all COUNT [SEED [INDEX]]");
        return ExitCode::FAILURE;
    };
    let chosen: Vec<&Target> = TARGETS
        .iter()
        .filter(|target| name == "all" || target.name == name)
        .collect();
    let seed = number(2).unwrap_or(1);
    if let Some(index) = number(3) {
        return again(&chosen, seed, index);
    }
    panic::set_hook(Box::new(|_| {}));
    thread::spawn(watch);
    let clean = chosen
        .iter()
        .filter(|target| run(target, count, seed))
        .count();
    if clean == chosen.len() && clean > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// One input once more, with its bytes and its panic shown.
fn again(chosen: &[&Target], seed: u64, index: u64) -> ExitCode {
    for target in chosen {
        let input = Mutator::of(seed, index).input(&Seeds::of(target.name));
        let hex: String = input.iter().map(|byte| format!("{byte:02x}")).collect();
        println!("{hex}");
        println!("accepted: {}", (target.run)(&input));
    }
    ExitCode::SUCCESS
}

fn run(target: &Target, count: u64, seed: u64) -> bool {
    let seeds = Seeds::of(target.name);
    // what is made once is not the first input's
    for input in seeds.all() {
        (target.run)(input);
    }
    let started = Instant::now();
    let mut tally = Tally::default();
    for index in 0..count {
        let input = Mutator::of(seed, index).input(&seeds);
        CURRENT.store(index, Relaxed);
        one(target, &input, index, &mut tally);
    }
    CURRENT.store(u64::MAX, Relaxed);
    report(target, count, seed, &tally, started.elapsed());
    tally.panics.is_empty() && tally.over_limit.is_empty() && tally.slow.is_empty()
}

fn one(target: &Target, input: &[u8], index: u64, tally: &mut Tally) {
    let started = Instant::now();
    let (outcome, usage) = measure(|| panic::catch_unwind(|| (target.run)(input)));
    let taken = started.elapsed();
    tally.input_bytes += input.len() as u64;
    match outcome {
        Ok(accepted) => tally.accepted += u64::from(accepted),
        Err(_) => tally.panics.push(index),
    }
    time(target, input, (taken, index), tally);
    tally.peak_bytes = tally.peak_bytes.max(usage.peak_bytes);
    let beyond = usage.peak_bytes.saturating_sub(target.base_bytes);
    let per_byte = beyond as f64 / input.len().max(1) as f64;
    if per_byte > tally.worst_bytes_per_byte.0 {
        tally.worst_bytes_per_byte = (per_byte, index);
    }
    if per_byte > target.bytes_per_byte as f64 {
        tally.over_limit.push(index);
    }
}

/// Count what the input took. Only one that would be a record, or is over the limit, is tried
/// again.
fn time(target: &Target, input: &[u8], (first, index): (Duration, u64), tally: &mut Tally) {
    let bytes = input.len().max(1) as f64;
    let per_byte = |taken: Duration| {
        let beyond = taken.saturating_sub(Duration::from_micros(target.base_us));
        beyond.as_nanos() as f64 / bytes
    };
    if first <= tally.slowest.0 && per_byte(first) <= tally.worst_ns_per_byte.0 {
        return;
    }
    let tries = (1..TRIES).map(|_| {
        let started = Instant::now();
        // a panic was counted already
        let _ = panic::catch_unwind(|| (target.run)(input));
        started.elapsed()
    });
    let taken = tries.min().unwrap_or(first).min(first);
    if taken > tally.slowest.0 {
        tally.slowest = (taken, index);
    }
    if per_byte(taken) > tally.worst_ns_per_byte.0 {
        tally.worst_ns_per_byte = (per_byte(taken), index);
    }
    if per_byte(taken) > target.ns_per_byte as f64 {
        tally.slow.push(index);
    }
}

fn report(target: &Target, count: u64, seed: u64, tally: &Tally, taken: Duration) {
    let first = |indices: &[u64]| indices.iter().take(10).copied().collect::<Vec<_>>();
    let line = serde_json::json!({
        "target": target.name,
        "seed": seed,
        "inputs": count,
        "input_bytes": tally.input_bytes,
        "accepted": tally.accepted,
        "panics": tally.panics.len(),
        "first_panics": first(&tally.panics),
        "over_allocation_limit": tally.over_limit.len(),
        "first_over_limit": first(&tally.over_limit),
        "limit": format!("{} + {} per byte", target.base_bytes, target.bytes_per_byte),
        "peak_bytes": tally.peak_bytes,
        "worst_bytes_per_byte": tally.worst_bytes_per_byte,
        "slow": tally.slow.len(),
        "first_slow": first(&tally.slow),
        "time_limit": format!("{} us + {} ns per byte", target.base_us, target.ns_per_byte),
        "worst_ns_per_byte": tally.worst_ns_per_byte,
        "slowest_us": tally.slowest.0.as_micros() as u64,
        "slowest_index": tally.slowest.1,
        "inputs_per_second": (count as f64 / taken.as_secs_f64()) as u64,
        "seconds": taken.as_secs_f64().round(),
    });
    println!("{line}");
}

/// Ends the program if one input takes too long.
fn watch() {
    loop {
        let before = CURRENT.load(Relaxed);
        thread::sleep(INPUT_DURATION_MAX);
        if before != u64::MAX && CURRENT.load(Relaxed) == before {
            eprintln!("input {before} takes more than {INPUT_DURATION_MAX:?}");
            std::process::exit(2);
        }
    }
}
