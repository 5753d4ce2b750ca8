//! How a check by face or by staff ended, in Japanese.

use super::text::{Told, UNKNOWN};
use kazasu::face::decode::DecodeError;
use kazasu::face::{DeviceFault, End, PhotoProblem, PolicyError, TextError, VisualEnd};

impl Told for End {
    fn japanese(&self) -> String {
        match self {
            Self::Cancelled => "取り消されました".to_owned(),
            Self::CardGone => "顔認証中にカードが離れました。置き直してください".to_owned(),
            Self::CouldNotCapture(_) => {
                "鮮明な顔の画像が得られませんでした。暗証番号または目視確認をご利用ください"
                    .to_owned()
            }
            Self::DeviceFault(fault) => fault.japanese(),
            Self::Match => "顔が写真と一致しました".to_owned(),
            Self::NoMatch => {
                "顔認証ができませんでした。暗証番号または目視確認をご利用ください".to_owned()
            }
            Self::Photo(problem) => problem.japanese(),
            Self::SuspectedAttack(_) => {
                "顔認証を中止しました。職員が本人を確認してください".to_owned()
            }
            _ => UNKNOWN.to_owned(),
        }
    }
}

impl Told for DeviceFault {
    fn japanese(&self) -> String {
        match self {
            Self::Camera => "カメラが応答しません。職員が確認してください。暗証番号は利用できます",
            Self::Internal => "照合処理に失敗しました。機器を再起動してください",
            Self::Licence => "照合のライセンスで許可されていません。提供元に確認してください",
            Self::Capture => "この画像の形式は照合できません。設定を確認してください",
            Self::NotPrepared => "照合する写真がありません。はじめからやり直してください",
            Self::Worn => "カメラが汚れているか劣化しています。清掃してください",
            Self::Clock => "照合中に時計が戻りました。はじめからやり直してください",
            Self::LivenessNotChecked => "生体検知をせずに照合されました。一致とは認められません",
            Self::ScoreOutOfScale => "照合のスコアが範囲外です。提供元に確認してください",
            Self::Stuck => "照合が終わりません。機器を再起動してください",
            _ => UNKNOWN,
        }
        .to_owned()
    }
}

impl Told for PhotoProblem {
    fn japanese(&self) -> String {
        match self {
            Self::Empty => "顔写真がありません。カードを読み直してください",
            Self::Malformed => "顔写真のデータが壊れています。カードを読み直してください",
            Self::NoFace => "顔写真に顔が見つかりません。暗証番号または目視確認をご利用ください",
            Self::TooLarge => "顔写真が大きすぎます。暗証番号または目視確認をご利用ください",
            Self::UnknownKind => "顔写真の形式が不明です。暗証番号または目視確認をご利用ください",
            Self::UnsupportedKind => {
                "この形式の顔写真には対応していません。暗証番号または目視確認をご利用ください"
            }
            _ => UNKNOWN,
        }
        .to_owned()
    }
}

impl Told for PolicyError {
    fn japanese(&self) -> String {
        match self {
            Self::Attempts => "照合の回数は1回から10回です",
            Self::Limit => "照合の時間は1ミリ秒から10分です",
            Self::Prompts => "案内の回数は1回以上です",
            Self::Scale => "しきい値が照合のスコアの範囲と合いません。設定し直してください",
            _ => UNKNOWN,
        }
        .to_owned()
    }
}

impl Told for VisualEnd {
    fn japanese(&self) -> String {
        match self {
            Self::Cancelled => "目視確認が取り消されました",
            Self::CardGone => "目視確認中にカードが離れました。はじめからやり直してください",
            Self::Clock => "目視確認中に時計が戻りました。はじめからやり直してください",
            Self::Confirmed => "職員が本人と確認しました",
            Self::NoPhoto => "確認する顔写真がありません。カードを読み直してください",
            Self::Refused(_) => "職員が本人と確認しませんでした",
            Self::TimedOut => {
                "時間内に回答がありませんでした。目視確認をはじめからやり直してください"
            }
            _ => UNKNOWN,
        }
        .to_owned()
    }
}

impl Told for TextError {
    fn japanese(&self) -> String {
        match self {
            Self::ControlCharacter => "制御文字が含まれています。取り除いてください".to_owned(),
            Self::Empty => "空です。入力してください".to_owned(),
            Self::TooLong { most } => format!("長すぎます（最大{most}バイト）"),
            _ => UNKNOWN.to_owned(),
        }
    }
}

impl Told for DecodeError {
    fn japanese(&self) -> String {
        match self {
            Self::Malformed => "画像が壊れています。カードを読み直してください",
            Self::TooLarge => "画像が大きすぎて変換できません。元のデータを使用してください",
            Self::Unsupported => "この形式の画像は変換できません。元のデータを使用してください",
            _ => UNKNOWN,
        }
        .to_owned()
    }
}
