//! What is said in a check-in by face and by visual check.

use crate::arguments::{KeyUseName, Language};
use kazasu::face::{Quality, Question};

impl Language {
    /// What the matcher is.
    pub(crate) const fn demonstration_matcher(self) -> &'static str {
        self.of(
            "The matcher is for demonstrations: it compares the greys of two pictures and recognises \
             nobody. Its liveness check is a stand-in.",
            "デモ用の照合です。2枚の画像の濃淡を比べるだけで、人物を認識しません。生体検知は代用です。",
        )
    }

    /// What of the card's keys stands behind it.
    pub(crate) const fn key_use(self, key_use: KeyUseName) -> &'static str {
        match key_use {
            KeyUseName::CardAuthenticity => self.of(
                "  key use: card-authenticity; the certificate is not proven",
                "  鍵の使用: card-authenticity（電子証明書は確認していません）",
            ),
            KeyUseName::StandIn => self.of(
                "  key use: stand-in; simulated, for virtual cards only, and proves nothing about a \
                 person",
                "  鍵の使用: stand-in（仮想カード専用の模擬。人物について何も証明しません）",
            ),
        }
    }

    /// A question to staff.
    pub(crate) const fn question(self, question: Question) -> &'static str {
        match question {
            Question::PhotoIsPerson => self.of(
                "Is this photo the person who stands before you? Type yes or no: ",
                "この写真は目の前の方ですか。「はい」または「いいえ」と入力: ",
            ),
            Question::PhotoIsPrintedFace => self.of(
                "Is this photo the face that is printed on the card? Type yes or no: ",
                "この写真はカードに印刷された顔と同じですか。「はい」または「いいえ」と入力: ",
            ),
        }
    }

    /// What is to be done about a picture.
    pub(crate) fn quality(self, quality: Quality) -> String {
        if self == Self::En {
            return quality.to_string();
        }
        match quality {
            Quality::Blurred => "画像がぶれています。動かないでください。",
            Quality::EyesClosed => "目が閉じています。目を開けてください。",
            Quality::Expression => "口を閉じ、自然な表情にしてください。",
            Quality::Glare => "光が反射しています。向きを変えるか、眼鏡を外してください。",
            Quality::NoFace => "顔が見つかりません。カメラを見てください。",
            Quality::Occluded => "顔が隠れています。マスクや帽子を外してください。",
            Quality::Pose => "正面を向いてください。",
            Quality::SeveralFaces => "複数の顔があります。お一人ずつお願いします。",
            Quality::TooBright => "明るすぎます。",
            Quality::TooDark => "暗すぎます。明るくしてください。",
            Quality::TooFar => "もう少し近づいてください。",
            Quality::TooNear => "もう少し離れてください。",
            Quality::UnevenLight => "光に偏りがあります。明るい方を向いてください。",
            _ => "画像が不鮮明です。",
        }
        .to_owned()
    }
}
