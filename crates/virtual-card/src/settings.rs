//! How a card behaves where cards differ, or where public sources are silent or disagree.

use serde::{Deserialize, Serialize};

/// Where real cards differ, or are not known well enough. `Default` is what most sources say, and
/// extended length is on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Does the card take extended length? If not, such a command is answered with 6700. Chips differ
    /// (`docs/card-facts.md` §1.1).
    pub extended_length: bool,
    /// The status word of a READ BINARY that asks for more than the file has from that offset on.
    pub end_of_file: EndOfFile,
    /// What an empty VERIFY is answered when that code is verified already.
    pub query_when_verified: QueryWhenVerified,
    /// What a VERIFY of a blocked code is answered. Sources disagree (§1.5).
    pub blocked: Blocked,
    /// Does a warm reset clear the security status? Keeping it is SINGLE (§1.3), and the dangerous
    /// of the two.
    pub warm_reset: SecurityStatus,
    /// Does selecting the application clear its security status that is selected already? Sources
    /// speak of *another* application only.
    pub select_again: SecurityStatus,
    /// Does the card select an application by the first bytes of its identifier? UNKNOWN (§1.3).
    pub partial_names: bool,
    /// Is SELECT with P2 = 00 answered with a template? That it is, is SINGLE; its content is
    /// UNKNOWN, and here no more than ISO/IEC 7816-4, 7.4.3 asks for: `6F { 84 name }`. If false,
    /// such a command is answered with 6A86.
    pub file_control_information: bool,
    /// Does a change of a code refuse what is not in its alphabet (6A80)? UNKNOWN (§10).
    pub change_checks_syntax: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            extended_length: true,
            end_of_file: EndOfFile::Ok,
            query_when_verified: QueryWhenVerified::TriesLeft,
            blocked: Blocked::ReferenceDataLocked,
            warm_reset: SecurityStatus::Keeps,
            select_again: SecurityStatus::Keeps,
            partial_names: false,
            file_control_information: true,
            change_checks_syntax: false,
        }
    }
}

/// The answer to a READ BINARY across the end of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndOfFile {
    /// 9000.
    Ok,
    /// 6282 (SINGLE).
    Warning,
}

/// The answer to an empty VERIFY of a verified code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueryWhenVerified {
    /// 63Cx.
    TriesLeft,
    /// 9000 (SINGLE, some cards).
    Success,
}

/// The answer to a VERIFY with data of a blocked code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Blocked {
    /// 6984, as observed.
    ReferenceDataLocked,
    /// 6983, as ISO/IEC 7816-4 has it and several programs expect.
    AuthenticationMethodBlocked,
    /// 63C0.
    NoTriesLeft,
}

/// What becomes of the security status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecurityStatus {
    /// It stays.
    Keeps,
    /// It is lost.
    Clears,
}
