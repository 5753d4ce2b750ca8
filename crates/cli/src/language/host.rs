//! What this machine says: its files, the virtual cards in them, vpcd, and its readers; in Japanese.

use super::text::{Told, UNKNOWN};
use kazasu::virtual_card::{self, vpcd};
use std::io;

impl Told for io::Error {
    fn japanese(&self) -> String {
        let text = kind(self.kind());
        match self.raw_os_error() {
            Some(code) => format!("{text}（OSエラー {code}）"),
            None => text.to_owned(),
        }
    }
}

/// What people can do something about.
const fn kind(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::NotFound => "ファイルまたはフォルダーがありません",
        io::ErrorKind::PermissionDenied => "アクセス権がありません",
        io::ErrorKind::AlreadyExists => "すでに存在します",
        io::ErrorKind::IsADirectory => "フォルダーです",
        io::ErrorKind::NotADirectory => "フォルダーではありません",
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "空き容量がありません",
        io::ErrorKind::ReadOnlyFilesystem => "読み取り専用です",
        io::ErrorKind::FileTooLarge => "ファイルが大きすぎます",
        io::ErrorKind::InvalidFilename => "ファイル名が正しくありません",
        io::ErrorKind::ConnectionRefused => "接続が拒否されました",
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => "接続が切れました",
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => "到達できません",
        io::ErrorKind::TimedOut => "時間内に応答がありません",
        _ => "入出力エラーです",
    }
}

impl Told for serde_json::Error {
    fn japanese(&self) -> String {
        format!("JSON として読み取れません（{}行{}列）", self.line(), self.column())
    }
}

impl Told for virtual_card::Error {
    fn japanese(&self) -> String {
        match self {
            Self::Randomness => "OSから乱数を取得できません".to_owned(),
            Self::Key(_) => "仮想カードの秘密鍵を使用できません".to_owned(),
            Self::InvalidIssue(_) => {
                "指定された内容の仮想カードは発行できません（card issue --help を確認してください）"
                    .to_owned()
            }
            Self::Encoding(_) => {
                "カードのファイルが大きくなりすぎました。短い文字列にしてください".to_owned()
            }
            Self::Io { path, source, .. } => {
                format!("{}: 読み書きできません: {}", path.display(), source.japanese())
            }
            Self::AlreadyExists { path } => {
                format!("{}: すでに存在します。別の名前にしてください", path.display())
            }
            Self::InUse { path } => format!(
                "{}: 他のプログラムがこのカードを使用中です。先に終了してください",
                path.display()
            ),
            Self::LockLost { path } => format!(
                "{}: 使用中にロックファイルが削除されました。何も書き込んでいません。カードを開き直してください",
                path.display()
            ),
            Self::HardLinked { path, names } => format!(
                "{}: この仮想カードには{names}個の名前（ハードリンク）があり、残り回数が別々に数えられてしまいます。ほかを削除するか、シンボリックリンクにしてください",
                path.display()
            ),
            Self::NotACardFile { path } => {
                format!("{}: 仮想カードではありません。発行してください", path.display())
            }
            Self::UnsupportedVersion { path, version } => format!(
                "{}: 仮想カードの形式のバージョン {version} には対応していません。発行し直してください",
                path.display()
            ),
            Self::Damaged { path, .. } => {
                format!("{}: 仮想カードが壊れています。発行し直してください", path.display())
            }
            _ => UNKNOWN.to_owned(),
        }
    }
}

impl Told for vpcd::Error {
    fn japanese(&self) -> String {
        match self {
            Self::AnswerTooLong { length } => {
                format!("{length}バイトの応答は vpcd を通せません（最大65535バイト）")
            }
            Self::BadAddress => "vpcd のアドレスが HOST:PORT の形ではないか、存在しません".to_owned(),
            Self::Closed => {
                "vpcd が接続を閉じました。pcscd が動作しているか、65535バイトを超えるコマンドがなかったかを確認し、カードを入れ直してください".to_owned()
            }
            Self::Connection { kind: of } => format!(
                "vpcd との接続が切れました（{}）。カードを入れ直してください",
                kind(*of)
            ),
            Self::EmptyMessage | Self::UnknownControl(_) => {
                "vpcd の通信ではありません。そのポートで vpcd が待ち受けているか確認してください".to_owned()
            }
            Self::Refused { address } => format!(
                "{address} で待ち受けているものがありません。vpcd ドライバー付きの pcscd をそのポートで起動してください"
            ),
            Self::Truncated => {
                "vpcd が通信の途中で接続を閉じました。pcscd が動作しているか確認し、カードを入れ直してください".to_owned()
            }
            Self::Unreachable { address, kind: of } => {
                format!("{address} に接続できません（{}）", kind(*of))
            }
            _ => UNKNOWN.to_owned(),
        }
    }
}

#[cfg(any(feature = "pcsc", windows))]
pub(crate) use pcsc::quirk;

#[cfg(any(feature = "pcsc", windows))]
mod pcsc {
    //! Readers over PC/SC. Calls and codes stay as they are searched for.

    use super::super::text::{Text, Told, UNKNOWN};
    use kazasu_pcsc::quirks::Quirk;
    use kazasu_pcsc::{Code, Error};

    impl Told for Error {
        fn japanese(&self) -> String {
            match self {
                Self::AnswerCut { length } => format!(
                    "カードの前回の応答（{length}バイト）が途中で切れていました。カードが一瞬離れた可能性があります。置き直してください"
                ),
                Self::Cancelled { operation } => format!("{}: 取り消しました", operation.name()),
                Self::Code { operation, code } => {
                    // The call and the code, as the English text has them.
                    let english = self.to_string();
                    let name = english.split(": ").nth(1).unwrap_or_default();
                    let text = advice(*code).unwrap_or_else(|| self.kind().japanese());
                    format!("{}: {name}: {text}", operation.name())
                }
                Self::Off => self.kind().japanese(),
                Self::Panicked { operation } => format!(
                    "{}: 処理が異常終了しました。リーダーを開き直してください",
                    operation.name()
                ),
                Self::StillBlocked => {
                    "前の呼び出しがスマートカードサービスで止まったままです。カードを取り除いてください".to_owned()
                }
                Self::Thread => {
                    "スレッドを作成できません。他のプログラムを終了してください".to_owned()
                }
                Self::TimedOut { operation } => {
                    format!("{}: {}", operation.name(), self.kind().japanese())
                }
                _ => UNKNOWN.to_owned(),
            }
        }
    }

    /// What to do, where the kind alone does not say it.
    fn advice(code: Code) -> Option<String> {
        Some(
            match code {
                Code::NoAccess => {
                    "このユーザーはスマートカードサービスを使用できません。管理者に確認してください（Linux では polkit）"
                }
                Code::SecurityViolation => {
                    "スマートカードサービスが終了したか、このユーザーは使用できません。やり直し、続く場合は管理者に確認してください（Linux では polkit）"
                }
                Code::NoService | Code::ServiceStopped if cfg!(windows) => {
                    "スマートカードサービスが起動していません。リーダーが接続されていない間は停止します。リーダーを接続してください"
                }
                Code::ProtoMismatch | Code::UnsupportedCard => {
                    "リーダーとカードの通信方式が合いません。マイナンバーカードではないか、向きが違います"
                }
                Code::UnresponsiveCard => {
                    "カードがリセットに応答しません。向きを変えるか、接点を拭いて置き直してください"
                }
                Code::UnpoweredCard => "カードの電源が切れました。やり直してください",
                _ => return None,
            }
            .to_owned(),
        )
    }

    /// What is known of a model.
    pub(crate) fn quirk(quirk: &Quirk) -> Text {
        let japanese = match quirk.model {
            "RC-S300" => {
                "メーカーは Linux に対応していません。設定すれば動作したとの報告があります（2022年、2025年）"
            }
            "RC-S380" => {
                "販売終了。TPM または PTT のあるPCで、メーカーの FeliCa ライブラリーがマイナンバーカードで失敗した報告があります（2020年）"
            }
            "ACR1251" => {
                "ACR1251DI-NTTCom: Windows 11 で接触・非接触ともマイナンバーカードが動作したとの報告があります。Linux では CCID"
            }
            "SCR3310" => {
                "Windows 11 で SCR3310v2 に「デバイスに追加のインストールが必要」と表示されることがあります"
            }
            _ => UNKNOWN,
        };
        Text::new(quirk.note, japanese)
    }
}
