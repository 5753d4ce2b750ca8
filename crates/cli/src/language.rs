//! What the program says to people, in English and Japanese.

mod card;
mod face;
mod host;
mod person;
pub(crate) mod say;
mod text;
mod trust;
pub(crate) mod usage;

#[cfg(any(feature = "pcsc", windows))]
pub(crate) use host::quirk;
pub(crate) use text::{Text, Told};
#[cfg(test)]
mod tests;

use crate::arguments::Language;
use crate::on_card::Standing;
use kazasu::mynacard::Reference;
use kazasu::{Outcome, Stage};

impl Language {
    /// The one that was asked for, else the environment's.
    pub(crate) fn choose(asked: Option<Self>) -> Self {
        asked.unwrap_or_else(|| {
            let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
            let value = set("LC_ALL").or_else(|| set("LC_MESSAGES")).or_else(|| set("LANG"));
            match value {
                Some(value) if value.starts_with("ja") => Self::Ja,
                _ => Self::En,
            }
        })
    }

    /// One of two texts.
    pub(crate) const fn of<'t>(self, en: &'t str, ja: &'t str) -> &'t str {
        match self {
            Self::En => en,
            Self::Ja => ja,
        }
    }

    /// A step that ended well.
    pub(crate) const fn stage(self, stage: Stage) -> &'static str {
        match stage {
            Stage::Selected => self.of("My Number card found", "マイナンバーカードを確認しました"),
            Stage::CertificateRead => self.of("certificate read", "電子証明書を読み取りました"),
            Stage::CertificateJudged => {
                self.of("certificate trusted", "電子証明書の発行者と有効期間を確認しました")
            }
            Stage::TriesRead => self.of("tries left read", "残り回数を確認しました"),
            Stage::PinVerified => self.of("PIN accepted", "暗証番号が一致しました"),
            Stage::InstitutionAuthenticated => {
                self.of("key opened without a PIN", "暗証番号なしで鍵を使用しました")
            }
            Stage::RecordRead => self.of("record read", "券面の情報を読み取りました"),
            Stage::RecordVerified => self.of("record verified", "券面の情報の署名を検証しました"),
            Stage::Signed => self.of("challenge signed", "カードが署名しました"),
            Stage::SignatureVerified => self.of("signature verified", "署名を検証しました"),
            _ => self.of("done", "完了"),
        }
    }

    /// A step that ended well where an access code is presented.
    pub(crate) const fn stage_by_code(self, stage: Stage) -> &'static str {
        match stage {
            Stage::CertificateRead => {
                self.of("signer's certificate read", "署名者の証明書を読み取りました")
            }
            Stage::CertificateJudged => {
                self.of("authority of the records accepted", "券面情報の認証局を確認しました")
            }
            Stage::PinVerified => self.of("code accepted", "コードが一致しました"),
            Stage::SignatureVerified => {
                self.of("the card is no copy", "複製されたカードではありません")
            }
            stage => self.stage(stage),
        }
    }

    /// How sure a value off the card is.
    pub(crate) const fn standing(self, standing: Standing) -> &'static str {
        match standing {
            Standing::Verified => self.of("verified", "検証済み"),
            Standing::Unsigned => self.of("unsigned", "署名なし"),
            Standing::NotVerified => self.of("not verified", "未検証"),
        }
    }

    /// The name of a PIN or an access code.
    pub(crate) const fn reference(self, reference: Reference) -> &'static str {
        match reference {
            Reference::Auth => self.of("PIN for user authentication", "利用者証明用の暗証番号"),
            Reference::Sign => self.of("password for digital signature", "署名用パスワード"),
            Reference::Text => self.of("PIN for input support", "券面事項入力補助用の暗証番号"),
            Reference::BasicResident => {
                self.of("PIN of the resident register", "住民基本台帳用の暗証番号")
            }
            Reference::Common => self.of("PIN of the common application", "共通カードAPの暗証番号"),
            Reference::BirthDate => self.of(
                "birth date (six digits, YYYY-MM-DD, or as on the card)",
                "生年月日（6桁、西暦、または券面のとおり）",
            ),
            Reference::CardFaceNumberB | Reference::InputSupportNumberB => self.of(
                "number B (14 digits, or birth date, year of expiry, security code)",
                "照合番号B（14桁、または生年月日・有効期限の西暦年・セキュリティコード）",
            ),
            _ => self.of("PIN", "暗証番号"),
        }
    }

    /// An outcome, and what then. Which PIN was wrong is in the failure's own line.
    pub(crate) fn outcome(self, outcome: Outcome, tries_left: Option<u8>) -> String {
        let text = match outcome {
            Outcome::Verified => self.of("Verified.", "本人確認が完了しました。"),
            Outcome::VerifiedInGrace => self.of(
                "Verified, but the certificate has expired: eligibility only. The holder renews it \
                 at the municipality.",
                "本人確認が完了しました。電子証明書は有効期限切れのため、資格情報の提供のみとなります。市区町村窓口で更新してください。",
            ),
            Outcome::PinWrong => self.of("The PIN is wrong.", "暗証番号が違います。"),
            Outcome::PinBlocked => self.of(
                "The PIN is blocked. The holder resets it at the municipality, or with the official \
                 app and a convenience store kiosk; a face or visual check is possible meanwhile.",
                "暗証番号がロックされています。市区町村窓口、または公式アプリとコンビニ端末で再設定してください。それまでは顔認証または目視確認をご利用ください。",
            ),
            Outcome::LastTryRefused => self.of(
                "Only the last try is left, so the PIN was not tried. If the holder is sure: \
                 --confirm-last-try.",
                "残り1回のため、暗証番号の照合を行いませんでした。間違いのないことを確認したうえで --confirm-last-try を指定してください。",
            ),
            Outcome::NotAMyNumberCard => self.of(
                "This is not a My Number card. Place another card.",
                "マイナンバーカードではありません。カードを確認してください。",
            ),
            Outcome::CardRemoved => self.of(
                "The card was removed too early. Place it again and keep it still.",
                "カードが途中で離れました。もう一度置いて、動かさないでください。",
            ),
            Outcome::NoReader => {
                self.of("There is no card reader.", "カードリーダーが見つかりません。")
            }
            Outcome::NoCard => self.of("There is no card.", "カードが見つかりません。"),
            Outcome::NotTrusted => self.of(
                "The certificate is not trusted.",
                "電子証明書を信頼できません。",
            ),
            Outcome::NotYetValid => self.of(
                "The certificate is not valid yet. Check the clock of this machine.",
                "電子証明書の有効期間が始まっていません。この端末の時計を確認してください。",
            ),
            Outcome::Over => self.of(
                "The certificate has expired. The holder renews it at the municipality.",
                "電子証明書の有効期限が切れています。市区町村窓口で更新してください。",
            ),
            Outcome::Revoked => {
                self.of("The certificate was revoked.", "電子証明書は失効しています。")
            }
            Outcome::SignatureWrong => self.of(
                "The signature does not fit the certificate. Do not accept it.",
                "署名が電子証明書と一致しません。受け付けないでください。",
            ),
            Outcome::LinkBroken => self.of(
                "The exchange with the card broke. Place it again.",
                "カードとの通信が途切れました。もう一度置いてください。",
            ),
            Outcome::OutcomeUnknown => self.of(
                "It is not known whether the card took it; it was not tried again.",
                "カードが受け付けたかどうか不明です。再試行は行っていません。",
            ),
            Outcome::InUse => self.of(
                "Another program uses the card. Close it and try again.",
                "ほかのプログラムがカードを使用中です。終了してからやり直してください。",
            ),
            Outcome::ServiceDown => self.of(
                "The smart card service is not running. Start it.",
                "スマートカードサービスが起動していません。起動してください。",
            ),
            Outcome::ReaderLost => self.of(
                "The card reader disappeared. Check its cable.",
                "カードリーダーが切断されました。ケーブルを確認してください。",
            ),
            Outcome::TimedOut => self.of("No answer in time.", "時間内に応答がありませんでした。"),
            Outcome::Cancelled => self.of("Cancelled.", "取り消しました。"),
            Outcome::BadAnswer => self.of(
                "The card's answer is not what belongs there. Place it again.",
                "カードの応答が正しくありません。もう一度置いてください。",
            ),
            Outcome::NoApplication => self.of(
                "This card or phone does not have what was asked for. Use the card itself, or the PIN.",
                "このカードまたはスマートフォンには必要な機能がありません。カード本体または暗証番号をご利用ください。",
            ),
            Outcome::FaceNoMatch => self.of(
                "The face could not be confirmed. Use the PIN, or let staff look.",
                "顔認証ができませんでした。暗証番号または目視確認をご利用ください。",
            ),
            Outcome::FaceSuspectedAttack => self.of(
                "The face check was stopped. Staff, please look at the holder.",
                "顔認証を中止しました。職員が確認してください。",
            ),
            Outcome::FaceQuality => self.of(
                "No picture of the face was good enough. Take another, use the PIN, or let staff look.",
                "顔の画像が不鮮明です。撮り直すか、暗証番号または目視確認をご利用ください。",
            ),
            Outcome::FaceDeviceFault => self.of(
                "The face device failed; the holder is not at fault. Use the PIN, or let staff look.",
                "顔認証の機器に不具合があります。暗証番号または目視確認をご利用ください。",
            ),
            Outcome::VisualRefused => self.of(
                "Staff did not confirm the holder.",
                "目視で本人と確認されませんでした。",
            ),
            Outcome::RecordNotGenuine => self.of(
                "The card or what stands on it is not genuine. Do not accept it.",
                "カードまたは券面の情報が真正ではありません。受け付けないでください。",
            ),
            Outcome::CodeWrong => self.of("The code is wrong.", "照合番号または生年月日が違います。"),
            Outcome::CodeBlocked => self.of(
                "The code is blocked. Ask the municipality; the PIN works meanwhile.",
                "照合番号または生年月日の照合がロックされています。市区町村窓口にご相談ください。それまでは暗証番号をご利用ください。",
            ),
            Outcome::CodesStopped => self.of(
                "Two codes were wrong, so this run takes no more. Read the card again, then begin anew.",
                "2回続けて違っていたため、中止しました。券面を確認して、はじめからやり直してください。",
            ),
            Outcome::ReaderUnfit => self.of(
                "This reader cannot exchange what this needs; the card is not at fault. Use another \
                 reader, or the PIN.",
                "このカードリーダーでは処理できません。カードの問題ではありません。別のカードリーダー、または暗証番号をご利用ください。",
            ),
            _ => outcome.as_str(),
        };
        match (outcome, tries_left) {
            (Outcome::PinWrong, Some(1)) => format!(
                "{text} {}",
                self.of(
                    "One try is left; after another wrong one the PIN is blocked and must be reset.",
                    "残り1回です。次に間違えるとロックされ、再設定が必要になります。",
                )
            ),
            (Outcome::CodeWrong, Some(1)) => format!(
                "{text} {}",
                self.of(
                    "One try is left; after another wrong one the code is blocked.",
                    "残り1回です。次に間違えるとロックされます。",
                )
            ),
            (Outcome::CodeWrong, Some(left)) => match self {
                Self::En => format!("{text} {left} tries are left; with none the code is blocked."),
                Self::Ja => format!("{text} 残り{left}回です。0回になるとロックされます。"),
            },
            (Outcome::OutcomeUnknown, Some(1)) => format!(
                "{text} {}",
                self.of(
                    "One try is left; after a wrong one the PIN is blocked.",
                    "残り1回です。次に間違えるとロックされます。",
                )
            ),
            (Outcome::PinWrong | Outcome::OutcomeUnknown, Some(left)) => match self {
                Self::En => format!("{text} {left} tries are left; with none the PIN is blocked."),
                Self::Ja => format!("{text} 残り{left}回です。0回になるとロックされます。"),
            },
            (Outcome::OutcomeUnknown, None) => format!(
                "{text} {}",
                self.of("How many tries are left is not known.", "残り回数も不明です。")
            ),
            _ => text.to_owned(),
        }
    }

    /// The same where what was refused is an access code.
    pub(crate) fn outcome_of_code(self, outcome: Outcome, tries_left: Option<u8>) -> String {
        match (outcome, self) {
            (Outcome::LastTryRefused, Self::En) => format!(
                "Only the last tries of the code are left{}, so it was not tried. If the digits are \
                 certain: --confirm-last-try.",
                tries_left.map(|left| format!(" ({left})")).unwrap_or_default()
            ),
            (Outcome::LastTryRefused, Self::Ja) => format!(
                "残り{}のため、照合を行いませんでした。間違いのないことを確認したうえで --confirm-last-try を指定してください。",
                tries_left.map_or_else(|| "わずか".to_owned(), |left| format!("{left}回"))
            ),
            _ => self.outcome(outcome, tries_left),
        }
    }
}
