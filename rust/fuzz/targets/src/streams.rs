//! Streams of frames; the first four bytes choose framing (two), header and polls, and where the
//! stream is cut.

use std::sync::LazyLock;

use cbs_iso8583::{Frame, FrameKind, Framer, Framing, PollPolicy};

use crate::messages::assert_tells_little;

/// Longest frame that the framers under test take.
const FRAME_LENGTH_MAX: usize = 4_096;
/// Streams up to this length are cut in two at every place.
const CUT_EVERYWHERE_MAX: usize = 48;

const NAMES: [&str; 7] = ["len", "ascii", "ebcdic", "bcd", "hex", "vmlh", "zero2len2"];
const TRAILERS: [&str; 4] = ["", "+03", "+trailer:2", "+03-counted"];
const HEADERS: [Option<&str>; 7] = [
    None,
    Some("visa22"),
    Some("auto"),
    Some("tpdu"),
    Some("fixed:7"),
    Some("self"),
    Some("self-exclusive"),
];
const POLLS: [PollPolicy; 3] = [PollPolicy::Answer, PollPolicy::Silent, PollPolicy::Refuse];

/// Every text form, with every trailer; `none` is left out, because there each piece that arrives
/// is a frame.
static FRAMINGS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut texts = vec!["tpdu".to_owned()];
    for name in NAMES {
        for number in ["", "1", "2", "3", "4", "5", "6", "7", "8"] {
            for form in ["", "-le", "-inclusive", "-le-inclusive"] {
                texts.extend(TRAILERS.map(|trailer| format!("{name}{number}{form}{trailer}")));
            }
        }
    }
    texts.retain(|text| Framing::parse(text).is_ok());
    texts
});

/// What the first bytes of an input choose.
#[derive(Clone, Copy)]
struct Choice<'a> {
    framing: &'a str,
    header: Option<&'a str>,
    polls: PollPolicy,
}

impl Choice<'_> {
    fn of(low: u8, high: u8, options: u8) -> Self {
        let place = usize::from(u16::from_le_bytes([low, high]));
        let options = usize::from(options);
        Self {
            framing: &FRAMINGS[place % FRAMINGS.len()],
            header: HEADERS[options % HEADERS.len()],
            polls: POLLS[options / HEADERS.len() % POLLS.len()],
        }
    }

    /// None for a header that this framing cannot have.
    fn framer(&self) -> Option<Framer> {
        let framer = Framer::from_texts(self.framing, self.header, FRAME_LENGTH_MAX);
        Some(framer.ok()?.with_polls(self.polls))
    }
}

/// Streams of two frames of each body, under one framing after the other.
pub(crate) fn seeds(bodies: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let every = 0..FRAMINGS.len().max(bodies.len());
    let stream = |place: usize| {
        let body = &bodies[place % bodies.len()];
        let [low, high, ..] = place.to_le_bytes();
        // no header, and a fixed one of seven bytes
        let options = [0, 4][place / FRAMINGS.len() % 2];
        let framer = Choice::of(low, high, options).framer()?;
        let frame = framer.wrap(
            body,
            Some(&[0; 7]).filter(|_| options > 0).map(|it| &it[..]),
            None,
        );
        let frame = frame.ok()?;
        Some([&[low, high, options, 7][..], &frame, &frame].concat())
    };
    every.filter_map(stream).collect()
}

/// What came out of a stream: its frames, and the fault that ended it.
fn fed<'a>(
    choice: &Choice<'_>,
    pieces: impl Iterator<Item = &'a [u8]>,
) -> (Vec<Frame>, Option<(String, u64)>) {
    let mut frames = Vec::new();
    let Some(mut framer) = choice.framer() else {
        return (frames, None);
    };
    for piece in pieces {
        match framer.feed(piece) {
            Ok(more) => frames.extend(more),
            Err(error) => {
                assert_tells_little(&error.problem);
                frames.extend(error.frames);
                let again = framer.feed(piece).err();
                let same = again.is_some_and(|again| again.offset == error.offset);
                assert!(same, "a fault that did not last");
                return (frames, Some((error.problem, error.offset)));
            }
        }
        let room = FRAME_LENGTH_MAX + 64 + piece.len();
        assert!(framer.pending_bytes() <= room, "more held than a frame");
    }
    (frames, None)
}

/// A stream comes apart into the same frames however it arrives, and frames wrap again.
pub fn frame(data: &[u8]) -> bool {
    let [low, high, options, cut, stream @ ..] = data else {
        return false;
    };
    let choice = Choice::of(*low, *high, *options);
    let whole = fed(&choice, std::iter::once(stream));
    let framed: usize = whole.0.iter().map(frame_bytes).sum();
    assert!(framed <= stream.len(), "more frames than stream");
    let size = usize::from(*cut).max(1);
    assert_same(&whole, &fed(&choice, stream.chunks(size)));
    let step = if stream.len() <= CUT_EVERYWHERE_MAX {
        1
    } else {
        stream.len() / 3 + size
    };
    for place in (0..stream.len()).step_by(step) {
        let (front, back) = stream.split_at(place);
        assert_same(&whole, &fed(&choice, [front, back].into_iter()));
    }
    for frame in &whole.0 {
        rewrap(&choice, frame);
    }
    !whole.0.is_empty()
}

type Fed = (Vec<Frame>, Option<(String, u64)>);

fn assert_same(whole: &Fed, cut: &Fed) {
    assert_eq!(whole.1, cut.1, "a fault that depends on the cut");
    assert_eq!(whole.0.len(), cut.0.len(), "frames that depend on the cut");
    for (frame, other) in whole.0.iter().zip(&cut.0) {
        let same = frame.kind() == other.kind()
            && frame.prefix() == other.prefix()
            && frame.header() == other.header()
            && frame.body() == other.body()
            && frame.trailer() == other.trailer();
        assert!(same, "a frame that depends on the cut");
    }
}

fn frame_bytes(frame: &Frame) -> usize {
    let header = frame.header().map_or(0, <[u8]>::len);
    frame.prefix().len() + header + frame.body().len() + frame.trailer().len()
}

/// A reply to a frame is a frame with the same body.
fn rewrap(choice: &Choice<'_>, frame: &Frame) {
    frame.header_fields();
    let Some(framer) = choice.framer() else {
        return;
    };
    framer.answer(frame);
    let Ok(reply) = framer.wrap(frame.body(), None, Some(frame)) else {
        return;
    };
    let (frames, fault) = fed(choice, std::iter::once(reply.as_slice()));
    // session control has no header and is answered by its own kind, which is the link's business
    if !frame.body().is_empty() && frame.kind() != FrameKind::Control {
        assert_eq!(fault, None, "a reply that cannot be read");
        let bodies: Vec<&[u8]> = frames.iter().map(Frame::body).collect();
        assert_eq!(bodies, [frame.body()], "a reply with another body");
    }
}
