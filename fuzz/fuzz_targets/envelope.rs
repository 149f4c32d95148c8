#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| orgtrail_fuzz::envelope::check(data));
