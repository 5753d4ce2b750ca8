//! Errors of the card and of the way to it, in Japanese. Numbers and names of commands stay as the
//! standard writes them.

use super::text::{Told, UNKNOWN};
use super::trust::phase;
use kazasu::apdu::transport::ErrorKind;
use kazasu::apdu::{AnswerError, EncodeError, Fault, PinPadEnd, ResponseError, Status};
use kazasu::mynacard::{
    AccessCodeError, Application, Cause, ChangeError, Error, FileError, InputError,
    InstitutionError, Operation, PasswordError, PinError, VerifyError, WRONG_CODES_MAX,
};
use kazasu::{Declined, Failure, NonceError};

impl Told for Failure {
    fn japanese(&self) -> String {
        match self {
            Self::Authenticity(error) => {
                format!("券面の情報が発行されたカードではありません（{}）", error.japanese())
            }
            Self::Card(error) => error.japanese(),
            Self::Certificate(error) => {
                format!("電子証明書を信頼できません: {}", error.japanese())
            }
            Self::Change(error) => error.japanese(),
            Self::Code(VerifyError::Blocked) => {
                "照合番号または生年月日の残り回数がありません。市区町村窓口にご相談ください。それまでは暗証番号をご利用ください".to_owned()
            }
            Self::Code(VerifyError::WrongAndBlocked) => {
                "照合番号または生年月日が違い、最後の1回でした。残り回数がありません。市区町村窓口にご相談ください。それまでは暗証番号をご利用ください".to_owned()
            }
            Self::Code(error) | Self::Verify(error) => error.japanese(),
            Self::Cvc(error) => format!("券面情報の署名者の証明書: {}", error.japanese()),
            Self::Declined(declined) => declined.japanese(),
            Self::DemonstrationMatcher => {
                "デモ用の照合は仮想カードでのみ使用できます。本人は確認されていません。暗証番号をご利用ください".to_owned()
            }
            Self::Face(end) => end.japanese(),
            Self::FacePolicy(error) => error.japanese(),
            Self::Input(error) => error.japanese(),
            Self::Institution(error) => error.japanese(),
            Self::OtherHierarchy => {
                "電子証明書と券面の情報の認証局の系統が異なります。受け付けないでください".to_owned()
            }
            Self::Phase(of) => phase(*of),
            Self::PhoneGrace => {
                "電子証明書の有効期限が切れています。スマートフォンなど、マイナンバーカードと確認できないものには猶予期間がありません。カードを使うか、登録し直してください".to_owned()
            }
            Self::Record(error) => format!("券面の情報: {}", error.japanese()),
            Self::Signature(error) => error.japanese(),
            Self::StandIn => {
                "特定機関認証の代用（stand-in）は仮想カードでのみ使用できます。何も証明されていません。暗証番号をご利用ください".to_owned()
            }
            Self::Visual(end) => end.japanese(),
            _ => UNKNOWN.to_owned(),
        }
    }
}

impl Told for Declined {
    fn japanese(&self) -> String {
        match self {
            Self::Cancelled => "入力前に取り消されました。回数は減っていません",
            Self::TimedOut => "時間内に入力されませんでした。回数は減っていません",
        }
        .to_owned()
    }
}

/// A command's name, as the standard has it.
const fn operation(operation: Operation) -> &'static str {
    match operation {
        Operation::InstitutionAuthentication => "特定機関認証（80 A2）",
        Operation::ReadTries => "VERIFY（残り回数）",
        operation => operation.name(),
    }
}

/// A status word with what it says.
fn status(status: Status) -> String {
    let meaning = match status {
        Status::SECURITY_STATUS_NOT_SATISFIED => "（アクセス権がありません）",
        Status::AUTHENTICATION_METHOD_BLOCKED | Status::REFERENCE_DATA_LOCKED => {
            "（ロックされています）"
        }
        Status::CONDITIONS_NOT_SATISFIED => "（使用条件を満たしていません）",
        Status::NOT_FOUND => "（ファイルまたはアプリケーションがありません）",
        Status::RECORD_NOT_FOUND => "（レコードがありません）",
        Status::REFERENCE_NOT_FOUND => "（参照先がありません）",
        Status::FUNCTION_NOT_SUPPORTED | Status::INS_NOT_SUPPORTED | Status::CLA_NOT_SUPPORTED => {
            "（対応していません）"
        }
        Status::INTERNAL => "（カード内部の異常）",
        _ => "",
    };
    format!("{status}{meaning}")
}

impl Told for Error {
    fn japanese(&self) -> String {
        match self {
            Self::AlreadyVerified => {
                "前の利用で照合された暗証番号が有効なままです。カードをいったん取り除き、置き直してください".to_owned()
            }
            Self::EvidenceExpired => {
                "途中でカードが離れたか、リセットされました。はじめからやり直してください".to_owned()
            }
            Self::Exchange { operation: of, fault } => {
                format!("{}: {}", operation(*of), fault.japanese())
            }
            Self::File(error) => error.japanese(),
            Self::ImpossibleTries { reference, left } => format!(
                "カードの残り回数が{left}回と返されましたが、最大は{}回です。回数は減っていません。このカードまたはリーダーは使用しないでください",
                reference.tries()
            ),
            Self::NeedsExtendedLength { operation: of } => format!(
                "{}: 応答に拡張長が必要ですが、カード、リーダーまたはバッファーが対応していません",
                operation(*of)
            ),
            Self::NoApplication { application: Application::Jpki } => {
                "マイナンバーカードではありません（公的個人認証APがありません）。別のカードを置いてください".to_owned()
            }
            Self::NoApplication { application } => format!(
                "カードに{}がありません。スマートフォンには公的個人認証APしかありません。カード本体をご利用ください",
                name(*application)
            ),
            Self::Status { operation: Operation::SelectFile, status: Status::NOT_FOUND } => {
                "SELECT: 6A82。カードにこのファイルがありません。テストカードやスマートフォンにはないファイルがあります。別のカードをご利用ください".to_owned()
            }
            Self::Status { operation: of, status: word } => {
                format!("{}: カードの応答 {}", operation(*of), status(*word))
            }
            Self::WrongSignatureLength { length } => format!(
                "カードの署名が{length}バイトです（RSA-2048 の鍵では256バイト）。カードを置き直してください"
            ),
            _ => UNKNOWN.to_owned(),
        }
    }
}

/// An application's official name.
fn name(application: Application) -> &'static str {
    application.name().split(' ').next().unwrap_or_default()
}

impl Told for FileError {
    fn japanese(&self) -> String {
        match self {
            Self::Content => {
                "カードのファイルの内容が正しくありません。繰り返す場合、このカードにその証明書または情報はありません".to_owned()
            }
            Self::Ended { at, expected } => format!(
                "カードのファイルが{expected}バイト中{at}バイトで終わっています。カードを置き直してください"
            ),
            Self::TooLong { length } => format!(
                "カードのファイルの長さが{length}バイトと返されました（上限を超えています）。カードを置き直してください"
            ),
            Self::SinkFull { needed } => {
                format!("カードのファイルは{needed}バイトあり、バッファーに入りません")
            }
            _ => UNKNOWN.to_owned(),
        }
    }
}

impl Told for Cause {
    fn japanese(&self) -> String {
        match self {
            Self::Answered(word) => format!("カードの応答 {}", status(*word)),
            Self::Failed(fault) => fault.japanese(),
        }
    }
}

impl Told for VerifyError {
    fn japanese(&self) -> String {
        match self {
            Self::Blocked => {
                "残り回数がありません。市区町村窓口、または公式アプリとコンビニ端末で再設定してください".to_owned()
            }
            Self::EvidenceExpired => {
                "残り回数を読み取った後にカードが離れたか、リセットされました。回数は減っていません。やり直してください".to_owned()
            }
            Self::LastTryRefused { left } => format!(
                "残り{left}回で、使用の確認がされませんでした。回数は減っていません"
            ),
            Self::NotEntered { end, left } => format!(
                "入力されませんでした。回数は減っていません（残り{left}回）: {}",
                end.japanese()
            ),
            Self::NotSent(fault) => {
                format!("送信されませんでした。回数は減っていません: {}", fault.japanese())
            }
            Self::OutcomeUnknown { left: Some(left), cause } => {
                format!("結果不明、残り{left}回: {}", cause.japanese())
            }
            Self::OutcomeUnknown { left: None, cause } => {
                format!("結果不明、残り回数も不明: {}", cause.japanese())
            }
            Self::SessionStopped { left } => format!(
                "照合番号または生年月日が{WRONG_CODES_MAX}回違いました。今回はこれ以上照合しません。回数は減っていません（残り{left}回）。券面を確認して、はじめからやり直してください"
            ),
            Self::Wrong { left } => format!("違います。残り{left}回"),
            Self::WrongAndBlocked => {
                "違います。最後の1回でした。残り回数がありません。市区町村窓口、または公式アプリとコンビニ端末で再設定してください".to_owned()
            }
            Self::WrongKind => "種類の違う暗証番号です。回数は減っていません".to_owned(),
            _ => UNKNOWN.to_owned(),
        }
    }
}

impl Told for ChangeError {
    fn japanese(&self) -> String {
        match self {
            Self::NotEntered(end) => format!("{}。以前のものが有効です", end.japanese()),
            Self::OutcomeUnknown { cause, .. } => format!(
                "結果不明: 以前のものか新しいもののどちらかが有効です。どちらも試していません（{}）",
                cause.japanese()
            ),
            Self::Refused { status: word } => format!(
                "カードが新しいものを受け付けませんでした（{}）。以前のものが有効です",
                status(*word)
            ),
            Self::Tries(error) => error.japanese(),
            Self::Verify(error) => error.japanese(),
            Self::WrongKind => "この方法では変更できません。何も試していません".to_owned(),
            _ => UNKNOWN.to_owned(),
        }
    }
}

impl Told for InstitutionError {
    fn japanese(&self) -> String {
        match self {
            Self::Card(error) => error.japanese(),
            Self::Forbidden { ins } => format!(
                "特定機関認証の提供元が許可されていない命令 {ins:02X} を要求しました。何も送信していません。提供元に連絡してください"
            ),
            Self::NotSent(error) => format!(
                "このカードリーダーでは特定機関認証に必要な長さの命令を送れません。暗証番号、または別のカードリーダーをご利用ください: {}",
                error.japanese()
            ),
            Self::Refused => "特定機関認証ができませんでした。暗証番号をご利用ください".to_owned(),
            Self::TooManyCommands => {
                "特定機関認証の提供元の処理が終わりませんでした。提供元に連絡してください"
                    .to_owned()
            }
            _ => UNKNOWN.to_owned(),
        }
    }
}

impl Told for InputError {
    fn japanese(&self) -> String {
        match self {
            Self::Length { length } => {
                format!(
                    "カードが署名できる長さではありません（{length}バイト）。先にハッシュ値を計算してください"
                )
            }
            Self::WrongReference => {
                "照合した暗証番号ではこの鍵を使用できません。その鍵の暗証番号を照合してください"
                    .to_owned()
            }
            _ => UNKNOWN.to_owned(),
        }
    }
}

impl Told for PinError {
    fn japanese(&self) -> String {
        match self {
            Self::NotDigits => {
                "暗証番号は数字4桁です（数字以外が含まれています）。回数は減っていません"
            }
            Self::WrongLength => "暗証番号は数字4桁です。回数は減っていません",
            _ => UNKNOWN,
        }
        .to_owned()
    }
}

impl Told for PasswordError {
    fn japanese(&self) -> String {
        match self {
            Self::LowerCase => "パスワードの英字は大文字です。回数は減っていません",
            Self::OneKindOnly => "パスワードには英字と数字の両方が必要です。回数は減っていません",
            Self::WrongCharacter => "パスワードは英大文字と数字です。回数は減っていません",
            Self::WrongLength => "パスワードは6文字から16文字です。回数は減っていません",
            _ => UNKNOWN,
        }
        .to_owned()
    }
}

impl Told for AccessCodeError {
    fn japanese(&self) -> String {
        match self {
            Self::NoSuchDay => "その日付または年はありません。回数は減っていません",
            Self::NotDigits => "数字以外が含まれています。回数は減っていません",
            Self::TwoEras => {
                "改元の日です。券面にある元号の年を2桁で入力してください。回数は減っていません"
            }
            Self::WrongLength => {
                "生年月日は6桁、照合番号Aは12桁、照合番号Bは14桁、セキュリティコードは4桁です。回数は減っていません"
            }
            _ => UNKNOWN,
        }
        .to_owned()
    }
}

impl Told for NonceError {
    fn japanese(&self) -> String {
        match self {
            Self::NoRandomness => {
                "乱数を取得できないため、チャレンジを作成できません。乱数源を確認するか、--nonce を指定してください".to_owned()
            }
            Self::WrongLength { length } => {
                format!("チャレンジは16バイトから64バイトです（{length}バイトでした）")
            }
            _ => UNKNOWN.to_owned(),
        }
    }
}

impl Told for ErrorKind {
    fn japanese(&self) -> String {
        match self {
            Self::BufferTooSmall => "応答がバッファーに入りません",
            Self::Cancelled => "取り消しました",
            Self::CardRemoved => "カードが離れました。もう一度置いて、動かさないでください",
            Self::CardReset => {
                "リーダーまたは他のプログラムがカードをリセットしました。やり直してください"
            }
            Self::InUse => "他のプログラムがカードを使用中です。終了してからやり直してください",
            Self::LinkBroken => "カードとの通信が途切れました。もう一度置いてください",
            Self::NoCard => "リーダーにカードがありません。置いてください",
            Self::NoReader => "カードリーダーがありません。接続してください",
            Self::ReaderLost => "カードリーダーが切断されました。ケーブルを確認してください",
            Self::ServiceDown => "スマートカードサービスが起動していません。起動してください",
            Self::TimedOut => "カードが時間内に応答しませんでした。置き直してください",
            Self::Other => "リーダーの異常です",
            _ => UNKNOWN,
        }
        .to_owned()
    }
}

impl Told for PinPadEnd {
    fn japanese(&self) -> String {
        match self {
            Self::Cancelled => "PINパッドで取り消されました",
            Self::Mismatch => "PINパッドで入力した新しい暗証番号が一致しません",
            Self::TimedOut => "PINパッドで時間内に入力されませんでした",
            Self::Unsupported => "リーダーのPINパッドは使用できません。この端末で入力してください",
            Self::WrongLength => "PINパッドで入力した暗証番号の桁数が違います",
            _ => UNKNOWN,
        }
        .to_owned()
    }
}

impl Told for Fault {
    fn japanese(&self) -> String {
        match self {
            Self::Answer(error) => error.japanese(),
            Self::Link(kind) | Self::Ended(kind) => kind.japanese(),
            Self::NotSent(error) => error.japanese(),
            Self::PinPad(end) => end.japanese(),
            _ => UNKNOWN.to_owned(),
        }
    }
}

impl Told for AnswerError {
    fn japanese(&self) -> String {
        match self {
            Self::Malformed(error) => error.japanese(),
            Self::TooLong { length, asked } => format!(
                "応答が{length}バイトあり、要求した{asked}バイトを超えています。リーダーまたはカードの異常です。カードを置き直してください"
            ),
            Self::Stalled => {
                "カードが続きの応答を返しません。カードを置き直してください".to_owned()
            }
            Self::BufferOverrun => {
                "リーダーのドライバーが受信できる長さを超えて報告しました。ドライバーの異常です"
                    .to_owned()
            }
            _ => UNKNOWN.to_owned(),
        }
    }
}

impl Told for ResponseError {
    fn japanese(&self) -> String {
        match self {
            Self::TooShort { length } => format!(
                "カードの応答が{length}バイトで、ステータスワードがありません。カードを置き直してください"
            ),
            Self::InvalidStatus => {
                "カードの応答がステータスワードで終わっていません。途中で切れています。カードを置き直してください".to_owned()
            }
            _ => UNKNOWN.to_owned(),
        }
    }
}

impl Told for EncodeError {
    fn japanese(&self) -> String {
        match self {
            Self::AnswerRoom { needed, room } => {
                format!("{needed}バイトの応答がバッファー（{room}バイト）に入りません")
            }
            Self::BufferTooSmall => "コマンドのバッファーが小さすぎます".to_owned(),
            Self::DataTooLong { length, most } => format!(
                "{length}バイトのデータはコマンドに入りません（最大{most}バイト）。拡張長が必要です"
            ),
            Self::LeTooLarge { le, most } => {
                format!("{le}バイトの応答は要求できません（最大{most}バイト）。拡張長が必要です")
            }
            Self::NoPinPad => {
                "リーダーにPINパッドがありません。この端末で入力してください".to_owned()
            }
            _ => UNKNOWN.to_owned(),
        }
    }
}
