//! What fuzz targets share with checks that need no fuzzer.
#![forbid(unsafe_code)]

pub mod differential;
