//! Why a certificate, a signature or a record was not accepted, in Japanese.

use super::text::{Told, UNKNOWN};
use kazasu::pki::cvc::CvcError;
use kazasu::pki::records::RecordError;
use kazasu::pki::{Error, Phase, SignatureError};
use kazasu::tlv;

impl Told for tlv::Error {
    fn japanese(&self) -> String {
        format!("データの構造が正しくありません（位置 {}）", self.offset)
    }
}

/// What a phase means for whoever checks in.
pub(super) fn phase(phase: Phase) -> String {
    match phase {
        Phase::NotYet => "電子証明書の有効期間が始まっていません。この端末の時計を確認してください",
        Phase::Valid | Phase::Expiring => "電子証明書は有効期間内です",
        Phase::Grace => {
            "電子証明書の有効期限が切れています。猶予期間中は、カードでの本人確認（資格情報のみ）に限り使用できます。市区町村窓口で更新してください"
        }
        Phase::Over => "電子証明書の有効期限が切れています。市区町村窓口で更新してください",
    }
    .to_owned()
}

impl Told for Error {
    fn japanese(&self) -> String {
        match self {
            Self::Malformed(error) => {
                format!("証明書ではありません。{}。読み直してください", error.japanese())
            }
            Self::Version => "バージョン3の証明書ではありません。読み直してください".to_owned(),
            Self::ValidityDate { offset } => {
                format!("有効期間の日付を読み取れません（位置 {offset}）。読み直してください")
            }
            Self::TooLarge => "証明書の名前または拡張が多すぎます。読み直してください".to_owned(),
            Self::DuplicateExtension => {
                "同じ拡張が重複しています。この証明書は使用しないでください".to_owned()
            }
            Self::Attributes { offset } => format!(
                "名義人の情報を読み取れません（位置 {offset}）。使用しないでください"
            ),
            Self::AlgorithmMismatch => {
                "証明書の内側と外側で署名方式が異なります。受け付けないでください".to_owned()
            }
            Self::UnsupportedAlgorithm => {
                "対応していない署名方式です。このバージョンでは検証できません".to_owned()
            }
            Self::UnsupportedKey => {
                "使用できない種類の鍵です。この証明書を受け付けないでください".to_owned()
            }
            Self::P384Disabled => {
                "P-384 の鍵または署名です。機能 `p384` を付けてビルドすると検証できます".to_owned()
            }
            Self::UnsupportedCurve | Self::ExplicitCurve | Self::Point => {
                "鍵の楕円曲線が正しくありません。この証明書を受け付けないでください".to_owned()
            }
            Self::KeyAlgorithm => {
                "署名方式が鍵またはハッシュ関数と合いません。受け付けないでください".to_owned()
            }
            Self::SignatureEncoding => {
                "署名の形式が ECDSA のものではありません。受け付けないでください".to_owned()
            }
            Self::WeakKey { bits } => format!(
                "RSA 鍵が{bits}ビットです（2048ビット必要）。受け付けないでください"
            ),
            Self::KeyTooLong { bits } => {
                format!("RSA 鍵が{bits}ビットあり、この計算方式では扱えません")
            }
            Self::UnknownIssuer => {
                "受け入れているルート証明書から発行されていません。テストカードには --test-hierarchy、仮想カードにはそのルート証明書（--anchor）が必要です".to_owned()
            }
            Self::BadSignature => {
                "証明書の署名が正しくありません。カードを受け付けないでください".to_owned()
            }
            Self::WrongKind => {
                "別の種類の証明書を発行する認証局のものです。読み取った証明書を確認してください".to_owned()
            }
            Self::IssuerName | Self::AuthorityKeyIdentifier => {
                "発行者の記載が認証局の証明書と一致しません。受け付けないでください".to_owned()
            }
            Self::AuthorityValidity => {
                "認証局の証明書が有効期間外です。現在のものを指定してください".to_owned()
            }
            Self::PathLength => {
                "認証局の階層が許可された深さを超えています。受け付けないでください".to_owned()
            }
            Self::TooManyIntermediates | Self::TooManyPaths => {
                "認証局の証明書が多すぎます。一つの経路のものだけを指定してください".to_owned()
            }
            Self::IssuedOutsideAnchorValidity => {
                "ルート証明書の有効期間外に発行されています。受け付けないでください".to_owned()
            }
            Self::UnknownCriticalExtension { offset } => format!(
                "処理できない必須の拡張があります（位置 {offset}）。受け付けないでください"
            ),
            Self::BasicConstraints => {
                "名義人と認証局の証明書が入れ替わっています。受け付けないでください".to_owned()
            }
            Self::KeyUsage | Self::ExtendedKeyUsage | Self::Policy => {
                "この用途の証明書ではありません。読み取った証明書を確認してください".to_owned()
            }
            Self::NoKeyIdentifier => {
                "ルート証明書に鍵識別子がありません。あるものを指定してください".to_owned()
            }
            Self::TooManyAnchors => "ルート証明書が多すぎます。減らしてください".to_owned(),
            _ => UNKNOWN.to_owned(),
        }
    }
}

impl Told for SignatureError {
    fn japanese(&self) -> String {
        match self {
            Self::Mismatch => "署名が正しくありません。カードを受け付けないでください".to_owned(),
            Self::Phase(of) => phase(*of),
            Self::Key(error) => error.japanese(),
            Self::Scheme => {
                "署名方式が証明書の鍵またはハッシュ値と合いません。正しい方式を指定してください"
                    .to_owned()
            }
            Self::Encoding => {
                "署名の形式が署名方式のものではありません。カードを受け付けないでください"
                    .to_owned()
            }
            _ => UNKNOWN.to_owned(),
        }
    }
}

impl Told for CvcError {
    fn japanese(&self) -> String {
        match self {
            Self::Malformed(error) => {
                format!("CV証明書ではありません。{}。読み直してください", error.japanese())
            }
            Self::Key(error) => format!("CV証明書の鍵: {}", error.japanese()),
            Self::UnknownIssuer => {
                "受け入れている認証局から発行されていません。テストカードには --test-hierarchy、仮想カードにはその認証局（--authority）が必要です".to_owned()
            }
            Self::WrongRole { .. } => {
                "カードの別の部分の認証局のものです。読み取ったファイルを確認してください".to_owned()
            }
            Self::BadSignature => {
                "CV証明書の署名が正しくありません。カードを受け付けないでください".to_owned()
            }
            Self::TooManyAnchors => "認証局が多すぎます。減らしてください".to_owned(),
            _ => UNKNOWN.to_owned(),
        }
    }
}

impl Told for RecordError {
    fn japanese(&self) -> String {
        match self {
            Self::Malformed(error) => {
                format!("その情報ではありません。{}。読み直してください", error.japanese())
            }
            Self::Duplicate { tag } => {
                format!("項目 {tag} が重複しています。この情報は使用しないでください")
            }
            Self::Field { tag } => format!("項目 {tag} の形式が違います。読み直してください"),
            Self::Order { tag } => format!(
                "項目 {tag} が署名された位置にありません。この情報は使用しないでください"
            ),
            Self::Offsets => {
                "項目の位置の表が正しくありません。この情報は使用しないでください".to_owned()
            }
            Self::Key(error) => format!("鍵: {}", error.japanese()),
            Self::WrongRole { .. } => {
                "カードの別の部分の鍵です。正しい証明書を検証してください".to_owned()
            }
            Self::BadSignature => {
                "情報の署名が正しくありません。カードを受け付けないでください".to_owned()
            }
            Self::WrongDigest => {
                "カードが保証するファイルではありません。読み直し、変わらなければカードを受け付けないでください".to_owned()
            }
            Self::AlreadyRefused => {
                "この情報はすでに拒否されました。はじめからやり直してください".to_owned()
            }
            _ => UNKNOWN.to_owned(),
        }
    }
}
