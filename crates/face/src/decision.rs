//! What a matcher says of a capture. It reports; whether that is a match is for the policy of a
//! [`FaceCheck`](crate::FaceCheck).

use core::fmt;

/// The answer to one capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Decision {
    /// The comparison ended. One attempt of the holder's, whatever the score.
    Compared {
        /// The comparison score, on the scale that the matcher declares.
        score: i32,
        /// What its presentation attack detection found, apart from the score.
        liveness: Liveness,
    },
    /// The device failed. Never the holder's fault.
    DeviceFault(DeviceFault),
    /// Not decided yet: more captures, or the same native one again.
    More,
    /// This capture is not good enough (ISO/IEC 19794-5). Not an attempt.
    Quality(Quality),
    /// A presentation attack is suspected (ISO/IEC 30107-3).
    SuspectedAttack {
        /// What it looks like.
        kind: AttackKind,
        /// The PAD score, on a scale that the vendor describes; for the evidence only.
        pad_score: Option<i32>,
    },
}

/// What presentation attack detection found (ISO/IEC 30107-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Liveness {
    /// Classified as an attack presentation.
    Failed,
    /// Not looked for. A match without it is none.
    NotChecked,
    /// Classified as a bona fide presentation.
    Passed,
}

impl Liveness {
    /// The word for machines: `failed`, `not-checked`, `passed`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::NotChecked => "not-checked",
            Self::Passed => "passed",
        }
    }
}

macro_rules! kinds {
    ($(#[$doc:meta])* $name:ident { $( $(#[$of:meta])* $variant:ident = $word:literal, $text:literal; )* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        #[non_exhaustive]
        pub enum $name {
            $( $(#[$of])* $variant, )*
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )* ];

            /// The word for machines.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $word, )* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $( Self::$variant => $text, )* })
            }
        }
    };
}

kinds! {
    /// Why a capture cannot be compared (ISO/IEC 19794-5: scene, photographic and digital
    /// requirements), so that the holder can be told what to do.
    Quality {
        /// Out of focus, or moved.
        Blurred = "blurred", "the picture is blurred; hold still";
        /// One eye or both are closed.
        EyesClosed = "eyes-closed", "the eyes are closed; open them";
        /// Not a neutral expression.
        Expression = "expression", "look neutral, with the mouth closed";
        /// Light is reflected, as by glasses.
        Glare = "glare", "light is reflected; turn a little, or take off the glasses";
        /// Nobody is there.
        NoFace = "no-face", "there is no face; look at the camera";
        /// A mask, a hand, hair or a hat covers it.
        Occluded = "occluded", "the face is covered; take off the mask or the hat";
        /// Turned or tilted.
        Pose = "pose", "look straight at the camera";
        /// More than one face.
        SeveralFaces = "several-faces", "there are several faces; come one by one";
        /// Too bright.
        TooBright = "too-bright", "it is too bright; shade the camera";
        /// Too dark.
        TooDark = "too-dark", "it is too dark; make more light";
        /// Too far away.
        TooFar = "too-far", "come nearer";
        /// Too near.
        TooNear = "too-near", "step back";
        /// Unevenly lit.
        UnevenLight = "uneven-light", "one side is darker; turn towards the light";
    }
}

kinds! {
    /// What a suspected attack looks like: the presentation attack instrument (ISO/IEC 30107-1).
    AttackKind {
        /// Pictures that do not come from the camera.
        Injection = "injection", "pictures that do not come from the camera";
        /// A mask, partial or whole.
        Mask = "mask", "a mask";
        /// A photograph, on paper or on the card itself.
        Print = "print", "a photograph";
        /// A picture or a film on a screen.
        Screen = "screen", "a screen";
        /// An attack of a kind that the matcher does not tell.
        Unspecified = "unspecified", "an attack presentation";
    }
}

kinds! {
    /// What failed on the side of the device. Those after [`DeviceFault::Worn`] are found by
    /// [`FaceCheck`](crate::FaceCheck) itself.
    DeviceFault {
        /// The camera does not answer or brings no new frame.
        Camera = "camera", "the camera does not answer; staff check it, the PIN stays possible";
        /// Out of memory or another fault inside.
        Internal = "internal", "the matcher failed; staff restart the device";
        /// The licence of the matcher does not allow it.
        Licence = "licence", "the matcher's licence does not allow it; staff ask its vendor";
        /// Captures of this sort are not taken.
        Capture = "capture", "the matcher does not take such captures; check the set-up";
        /// There is no photo to compare with.
        NotPrepared = "not-prepared", "the matcher has no photo; begin again";
        /// The camera must be cleaned or exchanged.
        Worn = "worn", "the camera is dirty or worn; staff clean it";
        /// The caller's clock went back.
        Clock = "clock", "the clock went back during the check; begin again";
        /// It compared well and did not check for an attack.
        LivenessNotChecked = "liveness-not-checked",
            "the matcher compared without looking for an attack; that is no match";
        /// The score is not on the scale that the matcher declares.
        ScoreOutOfScale = "score-out-of-scale",
            "the matcher gave a score outside of its own scale; staff ask its vendor";
        /// It never comes to an end.
        Stuck = "stuck", "the matcher comes to no end; staff restart the device";
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn words_are_unique() {
        let words: [BTreeSet<&str>; 3] = [
            Quality::ALL.iter().map(|kind| kind.as_str()).collect(),
            AttackKind::ALL.iter().map(|kind| kind.as_str()).collect(),
            DeviceFault::ALL.iter().map(|kind| kind.as_str()).collect(),
        ];
        let lengths = [Quality::ALL.len(), AttackKind::ALL.len(), DeviceFault::ALL.len()];
        assert_eq!(words.map(|words| words.len()), lengths);
    }
}
