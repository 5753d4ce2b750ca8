//! What the program itself says where it could not do what it was asked for: one table, each text in
//! both languages.
#![cfg_attr(not(any(feature = "pcsc", windows)), allow(dead_code, reason = "some are of readers"))]

use super::text::Text;
use crate::arguments::Language;
use std::fmt::Display;

/// What fills a text in.
trait Part {
    fn of(&self, language: Language) -> impl Display;
}

/// The same in both languages.
impl Part for &str {
    fn of(&self, _: Language) -> impl Display {
        self
    }
}

impl Part for usize {
    fn of(&self, _: Language) -> impl Display {
        self
    }
}

impl Part for &Text {
    fn of(&self, language: Language) -> impl Display {
        Text::of(self, language)
    }
}

macro_rules! texts {
    ($( $name:ident($($argument:ident: $of:ty),*): $en:literal, $ja:literal; )*) => {
        $(
            #[allow(clippy::useless_format, unused_variables, reason = "some have nothing to fill in")]
            pub(crate) fn $name($($argument: $of),*) -> Text {
                let en = {
                    $(let $argument = Part::of(&$argument, Language::En);)*
                    format!($en)
                };
                $(let $argument = Part::of(&$argument, Language::Ja);)*
                Text::new(en, format!($ja))
            }
        )*

        /// All of them: name, English, Japanese.
        #[cfg(test)]
        pub(super) const ALL: &[(&str, &str, &str)] = &[$((stringify!($name), $en, $ja)),*];
    };
}

texts! {
    // How the program was called.
    of_another_method(option: &str):
        "{option} is of another --method than the one that was asked for",
        "{option} は指定された --method では使用できません";
    evidence_is_of_pin():
        "--evidence is of a check-in by PIN",
        "--evidence は暗証番号による確認でのみ使用できます";
    verify_wants():
        "verify takes --evidence, or --in with --sig and --cert",
        "verify には --evidence、または --in と --sig と --cert を指定してください";
    reader_names():
        "a reader is `virtual`, `virtual:FILE`, `pcsc` or `pcsc:NAME`",
        "リーダーは virtual、virtual:FILE、pcsc、pcsc:NAME のいずれかで指定してください";
    bit_rates():
        "a bit rate is 106, 212, 424 or 848",
        "通信速度は 106、212、424、848 のいずれかを指定してください";
    no_card_time(part: &str):
        "`{part}` is not NAME=MS",
        "「{part}」は 名前=ミリ秒 の形式ではありません";
    unknown_card_time(name: &str):
        "`{name}` is none of select, verify, read, read-byte, signature, other",
        "「{name}」は `select`、`verify`、`read`、`read-byte`、`signature`、`other` のいずれでもありません";
    card_time_range(part: &str):
        "`{part}`: milliseconds between 0 and 60000",
        "「{part}」は 0 から 60000 までのミリ秒数ではありません";
    seconds_range():
        "seconds between 0 and 86400",
        "0 から 86400 までの秒数を指定してください";
    no_date():
        "not a date YYYY-MM-DD",
        "日付（YYYY-MM-DD）ではありません";
    no_time():
        "not a time of RFC 3339; for example 2026-11-21T09:00:00+09:00",
        "日時（RFC 3339）ではありません。例: 2026-11-21T09:00:00+09:00";
    no_hexadecimal():
        "not hexadecimal",
        "16進数ではありません";
    too_many_anchors(most: usize):
        "at most {most} anchors",
        "--anchor は最大{most}個です";
    too_many_authorities(most: usize):
        "at most {most} authorities",
        "--authority は最大{most}個です";
    no_fault(form: &str):
        "not a fault: {form}",
        "障害の指定が正しくありません。書式は card serve --help を確認してください";
    // PINs, codes, and staff.
    no_terminal_for_pin():
        "a PIN is needed and there is no terminal to ask at; use --pin-stdin and write one line per secret to standard input. No try was used.",
        "暗証番号が必要ですが、入力する端末がありません。--pin-stdin を指定し、1行に1つずつ標準入力に書いてください。回数は減っていません。";
    no_terminal_for_code():
        "a code is needed and there is no terminal to ask at; use --code-stdin and write one line per secret to standard input. No try was used.",
        "照合番号または生年月日が必要ですが、入力する端末がありません。--code-stdin を指定し、1行に1つずつ標準入力に書いてください。回数は減っていません。";
    no_terminal_for_staff():
        "staff are asked and there is no terminal to ask at; use --code-stdin and write the code and the two answers of staff to standard input, a line each. No try was used.",
        "職員に確認しますが、入力する端末がありません。--code-stdin を指定し、照合番号と職員の2つの回答を1行ずつ標準入力に書いてください。回数は減っていません。";
    input_unreadable(error: &Text):
        "standard input cannot be read: {error}",
        "標準入力を読み取れません: {error}";
    input_ended():
        "standard input ended before a secret; --pin-stdin and --code-stdin want one line for each. No try was used.",
        "標準入力が途中で終わりました。--pin-stdin と --code-stdin では1行に1つずつ書いてください。回数は減っていません。";
    input_is_no_text():
        "a secret is not plain text; no try was used",
        "入力が文字列ではありません。回数は減っていません";
    number_b_form():
        "number B has fourteen digits, or three parts: birth date, the card's year of expiry, security code; no try was used",
        "照合番号Bは14桁、または「生年月日 有効期限の西暦年 セキュリティコード」を空白で区切って入力してください。回数は減っていません";
    year_form():
        "the year of expiry has four digits; no try was used",
        "有効期限の年は西暦4桁です。回数は減っていません";
    birth_date_form():
        "a birth date is six digits (year of the era, month, day), YYYY-MM-DD, or as on the card: S60.6.15; no try was used",
        "生年月日は6桁（元号の年・月・日）、YYYY-MM-DD、または券面のとおり（S60.6.15）入力してください。回数は減っていません";
    they_differ():
        "They differ.",
        "一致しません。";
    // By face and by staff.
    no_camera():
        "there is no camera here: --probe names the picture to compare, PNG or JPEG 2000; only the demonstration card has one of its own",
        "カメラはありません。--probe で照合する画像（PNG または JPEG 2000）を指定してください。画像なしで使えるのはデモ用カードだけです";
    no_screen_for_staff():
        "staff cannot see the photo here: the output is no terminal with greys; --photo-out FILE puts it where another program can show it",
        "ここでは顔写真を表示できません（階調を表示できる端末ではありません）。--photo-out FILE で保存して別のプログラムで表示してください";
    photo_too_small():
        "the photo would be too small to tell a face by: make the window larger (22 lines or more), or use --photo-out FILE and another program to show it",
        "ウィンドウが小さいため、顔写真を確認できる大きさで表示できません。ウィンドウを22行以上に広げるか、--photo-out FILE で保存して別のプログラムで表示してください。";
    foreign_picture():
        "neither PNG nor JPEG 2000",
        "PNG でも JPEG 2000 でもありません";
    no_such_picture(reason: &Text):
        "is no such picture: {reason}",
        "照合できる画像ではありません: {reason}";
    photo_stays(error: &Text):
        "the photo: {error}; --original writes it as it is",
        "顔写真: {error}。--original で元のデータのまま保存できます";
    // Files.
    unreadable(error: &Text):
        "cannot be read: {error}",
        "読み取れません: {error}";
    unwritable(error: &Text):
        "cannot be written: {error}",
        "書き込めません: {error}";
    cannot_be_made(error: &Text):
        "cannot be made: {error}",
        "作成できません: {error}";
    too_large():
        "is larger than 1 MiB, so it is the wrong file",
        "1 MiB を超えています。別のファイルを指定していないか確認してください";
    is_pem():
        "is PEM; make DER of it: openssl x509 -in FILE -outform DER -out FILE.der",
        "PEM 形式です。DER に変換してください: openssl x509 -in FILE -outform DER -out FILE.der";
    read_by_this_run(path: &str):
        "{path} is read by this run, so it cannot be written to; choose another name",
        "{path} は読み取りに使うファイルのため、書き込めません。別の名前にしてください";
    dangling_link():
        "is a link to a file that is not there",
        "リンク先のファイルがありません";
    is_folder():
        "is a folder, not a file",
        "ファイルではなくフォルダーです";
    read_only():
        "cannot be written: it is read-only",
        "読み取り専用のため書き込めません";
    no_file_name():
        "is not the name of a file",
        "ファイル名ではありません";
    no_evidence(reason: &Text):
        "is no evidence file: {reason}",
        "証跡のファイルではありません: {reason}";
    no_authority(reason: &Text):
        "is no authority of card records: {reason}",
        "券面情報の認証局のファイルではありません: {reason}";
    other_format(format: &str):
        "its format is not {format}",
        "形式が {format} ではありません";
    member_no_hexadecimal(name: &str):
        "{name} is not hexadecimal",
        "{name} が16進数ではありません";
    unknown_member(name: &str):
        "its {name} is not known here",
        "{name} の値に対応していません";
    no_key_identifier():
        "its key identifier is not 16 bytes in hexadecimal",
        "key_identifier が16バイトの16進数ではありません";
    root_of_test_card():
        "carries the files of a JPKI test card, whose root is not a virtual one; use --test-hierarchy",
        "JPKIテストカードのファイルを持つカードで、ルート証明書は仮想のものではありません。--test-hierarchy を使用してください";
    // Readers.
    none_at_all():
        "there is no card reader; connect one",
        "カードリーダーがありません。接続してください";
    none_but_wanted(name: &str):
        "there is no card reader; connect \"{name}\"",
        "カードリーダーがありません。「{name}」を接続してください";
    none_called(name: &str, there: &str):
        "no card reader is called \"{name}\"; there are: {there}",
        "「{name}」という名前のカードリーダーはありません。接続中: {there}";
    several_called(list: &str):
        "several readers have that name; name one: {list}",
        "その名前のリーダーが複数あります。1つを指定してください: {list}";
    several_cards(list: &str):
        "several readers have a My Number card; name one: {list}",
        "マイナンバーカードのあるリーダーが複数あります。1つを指定してください: {list}";
    no_card():
        "there is no card on the reader; place one",
        "リーダーにカードがありません。置いてください";
    mute_card():
        "the card does not answer; turn it round or clean it",
        "カードが応答しません。向きや汚れを確認してください";
    no_my_number_card():
        "none of the cards is a My Number card; place one",
        "マイナンバーカードがありません。置いてください";
    card_left():
        "the card was removed; place it again",
        "カードが離れました。もう一度置いてください";
    reader_left():
        "the reader disappeared; connect it again",
        "リーダーが切断されました。接続し直してください";
    is_vpcd_there(error: &Text):
        "{error}; is pcscd running with the vpcd driver, is this its port, and is there no other card in this slot?",
        "{error}。vpcd ドライバー付きの pcscd が動作しているか、ポートが正しいか、このスロットに別のカードが入っていないか確認してください";
    slot_is_taken():
        "vpcd took the connection and gives the card no power: there is another card in this slot; take it out, or use the other port",
        "vpcd に接続しましたが、カードに電源が入りません。このスロットには別のカードが入っています。取り出すか、別のポートを使用してください";
    // The program itself.
    other_challenge():
        "the evidence is for another challenge than the one given; do not accept it",
        "指定されたチャレンジに対する証跡ではありません。受け付けないでください";
    output_lost():
        "standard output cannot be written, so the result is not complete",
        "標準出力に書き込めないため、結果は完全ではありません";
    fault_of_the_program():
        "the program has a fault; nothing was tried again",
        "プログラムに不具合があります。再試行は行っていません";
    clock_before_1970():
        "the clock of this machine is before 1970; set it",
        "この端末の時計が1970年より前です。合わせてください";
    root_refused(error: &Text):
        "a root: {error}",
        "ルート証明書: {error}";
    authority_refused(error: &Text):
        "an authority: {error}",
        "認証局: {error}";
    picture_refused(error: &Text):
        "the photo of virtual cards: {error}",
        "仮想カードの顔写真: {error}";
}
