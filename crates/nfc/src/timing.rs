//! Waiting, guard and delay times (ISO/IEC 14443-3 and 14443-4), in cycles of the carrier.
//!
//! [`span`] makes microseconds of them.

use kazasu_apdu::time::Duration;

/// So many cycles of the carrier, rounded up to whole microseconds. Exact for every count: 13.56 MHz
/// are 339 cycles in 25 µs.
#[must_use]
pub const fn span(cycles: u32) -> Duration {
    // By shifts: the smallest cores have no division, and nothing else here needs one.
    let (mut cycles, mut micros, mut shift) = (cycles, 0_u32, 24);
    while shift > 0 {
        shift -= 1;
        if cycles >= 339 << shift {
            cycles -= 339 << shift;
            micros += 25 << shift;
        }
    }
    // Less than 339 are left.
    cycles *= 25;
    while cycles > 0 {
        cycles = cycles.saturating_sub(339);
        micros += 1;
    }
    Duration::from_micros(micros as u64)
}

/// The carrier, fc, in Hz (ISO/IEC 14443-2 clause 6.1).
pub const CARRIER: u32 = 13_560_000;

/// Cycles of the carrier in one period of the subcarrier, 1/fs.
pub const SUBCARRIER: u32 = 16;

/// Least time without modulation before a first command, and between commands of different types:
/// 5 ms (ISO/IEC 14443-3 clause 5).
pub const GUARD: Duration = Duration::from_millis(5);

/// Least time without a field after which a card has forgotten everything: 5.1 ms (ISO/IEC 14443-3
/// clause 5.4).
pub const RESET: Duration = Duration::from_micros(5_100);

/// Longest time to the start of an ATQB: 7680/fc (ISO/IEC 14443-3 clause 7.7).
pub const ATQB: u32 = 7_680;

/// Longest time to the start of an ATQA and of the answers of an anticollision loop of Type A:
/// (9 · 128 + 84)/fc (ISO/IEC 14443-3 clause 6.2.1.1).
pub const ATQA: u32 = 1_236;

/// Activation frame waiting time, 65536/fc: for an ATS and a PPS response (ISO/IEC 14443-4
/// clause 7.2). The same for S(DESELECT).
pub const ACTIVATION: u32 = 65_536;

/// Longest frame waiting time, that of FWI 14, also when it is extended.
pub const FWT_MAX: u32 = 4_096 << 14;

/// Least time from the end of a card's frame to the reader's next, Type A: 1172/fc (ISO/IEC 14443-3
/// clause 6.2.1.2).
pub const FRAME_DELAY_A: u32 = 1_172;

/// Frame waiting time of FWI 0 to 14: (256 · 16/fc) · 2^FWI. FWI 15 is reserved and taken as 4
/// (ISO/IEC 14443-3 clause 7.9.4.5, 14443-4 clause 5.2.5).
#[must_use]
pub const fn fwt(fwi: u8) -> u32 {
    4_096 << if fwi < 15 { fwi } else { 4 }
}

/// Frame waiting time under an extension: FWT · WTXM, at most [`FWT_MAX`]. WTXM is 1 to 59; what is
/// above is reserved and taken as 59 (ISO/IEC 14443-4 clause 7.3).
#[must_use]
pub const fn fwt_extended(fwi: u8, wtxm: u8) -> u32 {
    // 2^26 · 59 fits 32 bits.
    let extended = fwt(fwi) * if wtxm < 59 { wtxm } else { 59 } as u32;
    if extended < FWT_MAX { extended } else { FWT_MAX }
}

/// Start-up frame guard time: how long a card wants to be left alone after its activation. SFGI 0
/// needs none; 15 is reserved and taken as 0 (ISO/IEC 14443-4 clause 5.2.5).
#[must_use]
pub const fn sfgt(sfgi: u8) -> u32 {
    match sfgi {
        0 | 15.. => 0,
        1..15 => 4_096 << sfgi,
    }
}

/// TR2: least time from the end of a card's frame to the reader's next, Type B, by the two bits
/// that an ATQB has for it (ISO/IEC 14443-3 clause 7.9.4.4).
#[must_use]
pub const fn tr2(code: u8) -> u32 {
    match code & 0x03 {
        0 => 1_792,
        1 => 3_328,
        2 => 5_376,
        _ => 9_472,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frame_waiting_times() {
        assert_eq!(fwt(0), 4_096);
        assert_eq!(span(fwt(0)).micros(), 303); // 302.06
        // docs/card-facts.md §1.2: FWI 10 about 309 ms, FWI 13 about 2.47 s.
        assert_eq!(span(fwt(10)).micros(), 309_315); // 309,314.5
        assert_eq!(span(fwt(13)).micros(), 2_474_516); // 2,474,515.6
        assert_eq!(span(fwt(14)).micros(), 4_949_032); // 4,949,031.3
        assert_eq!(fwt(15), fwt(4));
    }

    #[test]
    fn extension_has_a_limit() {
        assert_eq!(fwt_extended(0, 1), 4_096);
        assert_eq!(fwt_extended(0, 59), 241_664);
        assert_eq!(fwt_extended(0, 63), 241_664);
        assert_eq!(fwt_extended(10, 16), FWT_MAX);
        assert_eq!(fwt_extended(14, 59), FWT_MAX);
    }

    #[test]
    fn start_up_guard_time() {
        assert_eq!(sfgt(0), 0);
        assert_eq!(span(sfgt(1)).micros(), 605); // 604.1
        assert_eq!(sfgt(14), FWT_MAX);
        assert_eq!(sfgt(15), 0);
    }

    #[test]
    fn cycles_are_rounded_up() {
        assert_eq!(span(0).micros(), 0);
        assert_eq!(span(1).micros(), 1);
        assert_eq!(span(339).micros(), 25);
        assert_eq!(span(340).micros(), 26);
        assert_eq!(span(CARRIER).micros(), 1_000_000);
        assert_eq!(span(u32::MAX).micros(), 316_738_002); // 316,738,001.1
        assert_eq!(span(ATQB).micros(), 567);
    }
}
