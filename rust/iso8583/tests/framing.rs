//! Every framing: what is wrapped is cut out again, wherever the stream was split.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "a test that goes wrong must stop loudly"
)]

use std::fmt::Write;

use cbs_iso8583::{Frame, FrameKind, Framer, Framing, HeaderMode, HeaderPart, PollPolicy};
use proptest::prelude::*;

const FRAMINGS: [&str; 21] = [
    "len1",
    "len2",
    "len2-le",
    "len2-inclusive",
    "len2-le-inclusive",
    "len3",
    "len4",
    "len4-le",
    "len4-inclusive",
    "vmlh",
    "vmlh-inclusive",
    "zero2len2",
    "zero2len2-inclusive",
    "ascii4",
    "ascii4-inclusive",
    "ascii6",
    "ebcdic4",
    "bcd2",
    "bcd2-inclusive",
    "hex4",
    "tpdu",
];
const TRAILERS: [&str; 5] = [
    "",
    "+03",
    "+trailer:2",
    "+0d0a-counted",
    "+trailer:1-counted",
];
const HEADERS: [(&str, &[u8]); 5] = [
    ("none", &[]),
    ("tpdu", &[0x60, 0, 1, 0, 2]),
    ("fixed:3", b"ISO"),
    ("self", &[4, 1, 2, 3]),
    ("self-exclusive", &[2, 1, 2]),
];
const LENGTH_MAX: usize = 250;

#[derive(Clone, Debug)]
struct Wire {
    framing: String,
    header: &'static str,
    octets: &'static [u8],
}

impl Wire {
    fn framer(&self) -> Framer {
        Framer::from_texts(&self.framing, Some(self.header), LENGTH_MAX).unwrap()
    }

    fn header(&self) -> Option<&[u8]> {
        (!self.octets.is_empty()).then_some(self.octets)
    }
}

fn wires() -> impl Strategy<Value = Wire> {
    let framing = proptest::sample::select(&FRAMINGS[..]);
    let trailer = proptest::sample::select(&TRAILERS[..]);
    let header = proptest::sample::select(&HEADERS[..]);
    (framing, trailer, header).prop_map(|(framing, trailer, (header, octets))| Wire {
        framing: format!("{framing}{trailer}"),
        header: if framing == "tpdu" { "none" } else { header },
        octets: if framing == "tpdu" {
            HEADERS[1].1
        } else {
            octets
        },
    })
}

type Seen = (FrameKind, Vec<u8>, Option<Vec<u8>>, Vec<u8>, Vec<u8>);

fn seen(frames: &[Frame]) -> Vec<Seen> {
    let parts = |frame: &Frame| {
        let header = frame.header().map(<[u8]>::to_vec);
        let (prefix, body) = (frame.prefix().to_vec(), frame.body().to_vec());
        (frame.kind(), prefix, header, body, frame.trailer().to_vec())
    };
    frames.iter().map(parts).collect()
}

/// What comes of a stream that arrives in pieces: the frames, and the fault that ended it.
fn fed(framer: &mut Framer, stream: &[u8], cuts: &[usize]) -> (Vec<Seen>, Option<(String, u64)>) {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (stream.len() + 1)).collect();
    cuts.extend([0, stream.len()]);
    cuts.sort_unstable();
    let mut found = Vec::new();
    for pair in cuts.windows(2) {
        match framer.feed(&stream[pair[0]..pair[1]]) {
            Ok(cut) => found.extend(seen(&cut)),
            Err(error) => {
                found.extend(seen(&error.frames));
                return (found, Some((error.problem, error.offset)));
            }
        }
        assert!(framer.pending_bytes() <= LENGTH_MAX + 16);
    }
    (found, None)
}

proptest! {
    #[test]
    fn what_is_wrapped_is_cut_out_again_wherever_the_stream_is_split(
        wire in wires(),
        bodies in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..60), 0..6),
        cuts in proptest::collection::vec(0_usize..1000, 0..10),
    ) {
        let writer = wire.framer();
        let mut stream = Vec::new();
        for body in &bodies {
            stream.extend(writer.wrap(body, wire.header(), None).unwrap());
        }
        let mut reader = wire.framer();
        let (found, fault) = fed(&mut reader, &stream, &cuts);
        prop_assert_eq!(fault, None);
        prop_assert_eq!(reader.pending_bytes(), 0);
        let cut_out: Vec<&[u8]> = found.iter().map(|frame| frame.3.as_slice()).collect();
        prop_assert_eq!(cut_out, bodies.iter().map(Vec::as_slice).collect::<Vec<_>>());
        for frame in &found {
            prop_assert_eq!(frame.2.as_deref(), wire.header());
        }
    }

    #[test]
    fn any_split_of_any_stream_gives_what_the_whole_gives(
        wire in wires(),
        stream in proptest::collection::vec(
            prop_oneof![any::<u8>(), Just(0), 0_u8..9, b'0'..=b'3'], 0..300),
        cuts in proptest::collection::vec(0_usize..1000, 0..10),
    ) {
        let whole = fed(&mut wire.framer(), &stream, &[]);
        prop_assert_eq!(fed(&mut wire.framer(), &stream, &cuts), whole);
    }

    #[test]
    fn a_frame_is_rewritten_as_it_was_in_a_reply_of_the_same_body(
        wire in wires(),
        body in proptest::collection::vec(any::<u8>(), 1..60),
        trailer in any::<[u8; 8]>(),
    ) {
        let mut framer = wire.framer();
        let mut octets = framer.wrap(&body, wire.header(), None).unwrap();
        if let Some((_, tail)) = wire.framing.split_once("+trailer:") {
            let kept = usize::from(tail.as_bytes()[0] - b'0');
            let from = octets.len() - kept;
            octets[from..].copy_from_slice(&trailer[..kept]);
        }
        let cut = framer.feed(&octets).unwrap();
        let mut reply = framer.wrap(&body, None, Some(&cut[0])).unwrap();
        if cut[0].header().is_some_and(|header| header == HEADERS[1].1) {
            let at = cut[0].prefix().len() + 1;
            reply[at..at + 4].rotate_left(2);
        }
        prop_assert_eq!(reply, octets);
    }
}

#[test]
fn each_framing_writes_the_octets_of_its_name() {
    for (framing, prefix) in [
        ("len1", "03"),
        ("len2", "0003"),
        ("len2-le", "0300"),
        ("len2-inclusive", "0005"),
        ("len2-le-inclusive", "0500"),
        ("len4", "00000003"),
        ("len4-le", "03000000"),
        ("len4-inclusive", "00000007"),
        ("vmlh", "00030000"),
        ("vmlh-inclusive", "00070000"),
        ("zero2len2", "00000003"),
        ("zero2len2-inclusive", "00000007"),
        ("ascii4", "30303033"),
        ("ascii4-inclusive", "30303037"),
        ("ebcdic4", "f0f0f0f3"),
        ("bcd2", "0003"),
        ("hex4", "30303033"),
        ("tpdu", "00086000000000"),
        ("none", ""),
    ] {
        let framer = Framer::new(Framing::parse(framing).unwrap(), HeaderMode::None, 2048);
        let octets = framer.wrap(b"abc", None, None).unwrap();
        let hex = octets.iter().fold(String::new(), |mut hex, octet| {
            write!(hex, "{octet:02x}").unwrap();
            hex
        });
        assert_eq!(hex, format!("{prefix}616263"), "{framing}");
    }
    let framer = Framer::from_texts("bcd2", None, 2048).unwrap();
    assert_eq!(
        framer.wrap(&[0; 1234], None, None).unwrap()[..2],
        [0x12, 0x34]
    );
    let framer = Framer::from_texts("hex4", None, 2048).unwrap();
    assert_eq!(framer.wrap(&[0; 0x2ab], None, None).unwrap()[..4], *b"02AB");
}

#[test]
fn a_length_that_its_digits_cannot_say_is_refused_both_ways() {
    for (framing, stream, offset) in [
        ("ascii4", &b"00a3"[..], 2),
        ("ebcdic4", b"\xf0\xf0\xf0\x33", 3),
        ("bcd2", b"\x0a\x00", 0),
        ("hex4", b"00g0", 2),
        ("zero2len2", b"\x00\x01\x00\x01", 1),
        ("len2-inclusive", b"\x00\x01", 0),
        ("len4", b"\x00\x00\x08\x01", 0),
    ] {
        let mut framer = Framer::from_texts(framing, None, 2048).unwrap();
        assert_eq!(framer.feed(stream).unwrap_err().offset, offset, "{framing}");
    }
    for (framing, length) in [
        ("len1", 256),
        ("ascii2", 100),
        ("bcd1", 100),
        ("len2", 65_536),
    ] {
        let framer = Framer::from_texts(framing, None, 100_000).unwrap();
        let error = framer.wrap(&vec![0; length], None, None).unwrap_err();
        assert!(
            error.problem.contains("more than its length"),
            "{framing}: {error}"
        );
        assert!(
            framer.wrap(&vec![0; length - 1], None, None).is_ok(),
            "{framing}"
        );
    }
}

#[test]
fn polls_are_answered_held_back_or_refused() {
    for (framing, poll) in [
        ("len2", &[0, 0][..]),
        ("ascii4+03", b"0000"),
        ("len2-inclusive", &[0, 2]),
    ] {
        let framer = |polls| {
            Framer::from_texts(framing, None, 64)
                .unwrap()
                .with_polls(polls)
        };
        let mut answering = framer(PollPolicy::Answer);
        let cut = answering.feed(poll).unwrap();
        assert_eq!(cut[0].kind(), FrameKind::Poll);
        assert_eq!(answering.answer(&cut[0]).as_deref(), Some(poll));
        let mut silent = framer(PollPolicy::Silent);
        let cut = silent.feed(poll).unwrap();
        assert_eq!(silent.answer(&cut[0]), None);
        let error = framer(PollPolicy::Refuse).feed(poll).unwrap_err();
        assert_eq!(error.problem, "frame of length zero");
    }
}

#[test]
fn a_terminal_header_is_swapped_and_has_names() {
    let mut framer = Framer::from_texts("tpdu", None, 64).unwrap();
    let cut = framer
        .feed(b"\x00\x07\x60\x00\x01\x80\x02\x08\x00")
        .unwrap();
    assert_eq!(cut[0].body(), b"\x08\x00");
    let text = |text: &str| HeaderPart::Text(text.to_owned());
    let names = [
        ("identifier", text("60")),
        ("destination", text("0001")),
        ("source", text("8002")),
    ];
    assert_eq!(cut[0].header_fields(), names);
    let reply = framer.wrap(b"\x08\x10", None, Some(&cut[0])).unwrap();
    assert_eq!(reply, b"\x00\x07\x60\x80\x02\x00\x01\x08\x10");
    assert!(Framer::from_texts("tpdu", Some("visa22"), 64).is_err());
}

#[test]
fn what_is_no_framing_is_told_what_there_is() {
    for text in [
        "",
        "len",
        "len0",
        "len5",
        "len9",
        "len22",
        "LEN2",
        "ascii7",
        "hex1",
        "len1-le",
        "len2-le-le",
        "none-le",
        "none-inclusive",
        "len2+",
        "len2+0",
        "len2+zz",
        "len2+trailer:0",
        "len2+trailer:9",
        "none+03-counted",
        "len2-",
        "+03",
        "len\u{662}",
    ] {
        let error = Framing::parse(text).unwrap_err();
        assert!(
            error.contains("zero2len2") && error.contains("trailer:N"),
            "{text}: {error}"
        );
    }
    for text in ["", "visa", "fixed:", "fixed:0", "fixed:256", "fixed:x"] {
        let error = HeaderMode::parse(text).unwrap_err();
        assert!(
            error.contains("fixed:N") && error.contains("visa22"),
            "{text}: {error}"
        );
    }
    assert!(PollPolicy::parse("never").unwrap_err().contains("silent"));
}

#[test]
fn a_trailer_that_is_another_one_is_a_fault_at_its_place() {
    let mut framer = Framer::from_texts("len2+03", None, 64).unwrap();
    let error = framer.feed(b"\x00\x02ab\x04").unwrap_err();
    assert_eq!(
        (error.offset, error.problem.as_str()),
        (4, "the trailer is another one")
    );
    let mut whole = Framer::from_texts("none+0d0a", None, 64).unwrap();
    assert_eq!(whole.feed(b"ab\r\n").unwrap()[0].body(), b"ab");
    assert!(
        whole
            .feed(b"a")
            .unwrap_err()
            .problem
            .contains("trailer of 2 bytes")
    );
}
