//! Streams of frames; the first three bytes choose framing, header and where the stream is cut.

use cbs_iso8583::{Frame, Framer};

/// Longest frame that the framers under test take.
const FRAME_LENGTH_MAX: usize = 4_096;

/// Every kind; `none` is left out, because there each piece that arrives is a frame.
const FRAMINGS: [&str; 16] = [
    "vmlh",
    "len2",
    "len2-inclusive",
    "len2-le",
    "len4",
    "len4-le",
    "ascii4",
    "ascii4-inclusive",
    "bcd2",
    "zero2len2",
    "tpdu",
    "ebcdic4",
    "len2+03",
    "ascii4+03",
    "len4-inclusive",
    "bcd2-inclusive",
];
const HEADERS: [Option<&str>; 6] = [
    None,
    Some("visa22"),
    Some("auto"),
    Some("tpdu"),
    Some("fixed:7"),
    Some("self"),
];

fn framer(framing: u8, header: u8) -> Option<Framer> {
    let framing = FRAMINGS[usize::from(framing) % FRAMINGS.len()];
    let header = HEADERS[usize::from(header) % HEADERS.len()];
    Framer::from_texts(framing, header, FRAME_LENGTH_MAX).ok()
}

fn feed(framer: &mut Framer, octets: &[u8]) -> (Vec<Frame>, bool) {
    match framer.feed(octets) {
        Ok(frames) => (frames, false),
        Err(error) => {
            assert!(!error.problem.is_empty(), "an error without words");
            (error.frames, true)
        }
    }
}

/// A stream comes apart into the same frames however it arrives, and frames wrap again.
pub fn frame(data: &[u8]) -> bool {
    let [framing, header, cut, stream @ ..] = data else {
        return false;
    };
    let (Some(mut whole), Some(mut pieces)) =
        (framer(*framing, *header), framer(*framing, *header))
    else {
        return false;
    };
    let (frames, fault) = feed(&mut whole, stream);
    let mut cut_frames = Vec::new();
    let mut cut_fault = false;
    for piece in stream.chunks(usize::from(*cut).max(1)) {
        let (more, stopped) = feed(&mut pieces, piece);
        cut_frames.extend(more);
        if stopped {
            cut_fault = true;
            break;
        }
    }
    assert_eq!(fault, cut_fault, "a fault that depends on the cut");
    assert_eq!(
        frames.len(),
        cut_frames.len(),
        "frames that depend on the cut"
    );
    let framed: usize = frames.iter().map(frame_bytes).sum();
    assert!(framed <= stream.len(), "more frames than stream");
    for (frame, other) in frames.iter().zip(&cut_frames) {
        assert_eq!(frame.body(), other.body(), "a body that depends on the cut");
        rewrap(&whole, frame);
    }
    !frames.is_empty()
}

fn frame_bytes(frame: &Frame) -> usize {
    let header = frame.header().map_or(0, <[u8]>::len);
    frame.prefix().len() + header + frame.body().len() + frame.trailer().len()
}

fn rewrap(framer: &Framer, frame: &Frame) {
    frame.header_fields();
    framer.answer(frame);
    if let Ok(reply) = framer.wrap(frame.body(), None, Some(frame)) {
        assert!(reply.len() >= frame.body().len(), "a reply that lost bytes");
    }
}
