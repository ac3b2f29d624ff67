#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    cbs_fuzz_targets::track2(data);
});
