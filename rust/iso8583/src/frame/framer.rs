//! The framer: a state machine that is fed whatever arrives.

use crate::wipe::Wiped;

use super::count::Count;
use super::header::{self, Extent, Wrong};
use super::{Frame, Framing, HeaderKind, HeaderMode, Kind, PollPolicy};
use crate::error::{FrameError, LENGTH_SHOWN_MAX};

/// Message format of session control, in the upper nibble of the fourth octet.
const FORMAT_SESSION_CONTROL: u8 = 2;

/// Cuts a byte stream into frames and wraps bodies into frames.
pub struct Framer {
    framing: Framing,
    pub(super) header: HeaderMode,
    polls: PollPolicy,
    frame_length_max: usize,
    /// The start of a frame that is not complete yet.
    pending: Wiped,
    /// Octets of the stream before `pending`.
    consumed: u64,
    /// What made the stream unreadable; said again at every later feed.
    fault: Option<(String, u64)>,
}

impl Framer {
    /// `frame_length_max` counts what follows the prefix, header and trailer included.
    pub fn new(framing: Framing, header: HeaderMode, frame_length_max: usize) -> Self {
        let own_header = framing.tpdu && matches!(header, HeaderMode::None | HeaderMode::Auto);
        Self {
            framing,
            header: if own_header { HeaderMode::Tpdu } else { header },
            polls: PollPolicy::default(),
            frame_length_max,
            pending: Wiped::new(Vec::new()),
            consumed: 0,
            fault: None,
        }
    }

    /// From the text forms of framing and header; the error says what is wrong with them.
    pub fn from_texts(
        framing: &str,
        header: Option<&str>,
        frame_length_max: usize,
    ) -> Result<Self, String> {
        let framing =
            Framing::parse(framing).map_err(|known| format!("framing must be {known}"))?;
        let header = header.map_or(Ok(HeaderMode::None), HeaderMode::parse);
        let header = header.map_err(|known| format!("header must be {known}"))?;
        let fits = matches!(
            header,
            HeaderMode::None | HeaderMode::Auto | HeaderMode::Tpdu
        );
        if framing.tpdu && !fits {
            return Err("framing tpdu has a header of its own, so header must be none".to_owned());
        }
        Ok(Self::new(framing, header, frame_length_max))
    }

    /// The same framer with another way to take frames of length zero.
    #[must_use]
    pub fn with_polls(mut self, polls: PollPolicy) -> Self {
        self.polls = polls;
        self
    }

    /// Octets held of a frame that is not complete yet.
    pub fn pending_bytes(&self) -> usize {
        self.pending.len()
    }

    /// Frames completed by `data`.
    pub fn feed(&mut self, data: &[u8]) -> Result<Vec<Frame>, FrameError> {
        let mut frames = Vec::new();
        if let Some((problem, offset)) = &self.fault {
            return Err(FrameError {
                problem: problem.clone(),
                offset: *offset,
                frames,
            });
        }
        let outcome = match self.framing.count {
            Some(count) => self.feed_stream(&count, data, &mut frames),
            None => self.feed_whole(data, &mut frames),
        };
        let Err((problem, place)) = outcome else {
            return Ok(frames);
        };
        let offset = self
            .consumed
            .saturating_add(u64::try_from(place).unwrap_or(u64::MAX));
        self.fault = Some((problem.clone(), offset));
        Err(FrameError {
            problem,
            offset,
            frames,
        })
    }

    fn feed_whole(&mut self, data: &[u8], frames: &mut Vec<Frame>) -> Result<(), Wrong> {
        if data.is_empty() {
            return Ok(());
        }
        self.check_length(data.len())?;
        frames.push(self.frame(data, 0, Kind::Message)?);
        self.consume(data.len());
        Ok(())
    }

    fn feed_stream(
        &mut self,
        count: &Count,
        data: &[u8],
        frames: &mut Vec<Frame>,
    ) -> Result<(), Wrong> {
        let mut rest = data;
        while !rest.is_empty() {
            if self.pending.is_empty()
                && let Some(total) = self.total_length(count, rest)?
                && let Some((octets, after)) = rest.split_at_checked(total)
            {
                // the usual case: a whole frame has arrived, nothing needs to be held
                frames.push(self.framed(count, octets)?);
                self.consume(total);
                rest = after;
                continue;
            }
            let prefix_bytes = count.prefix_bytes();
            let wanted = self.total_length(count, &self.pending)?;
            let wanted = wanted.unwrap_or(prefix_bytes);
            let missing = wanted.saturating_sub(self.pending.len()).min(rest.len());
            let (more, after) = rest.split_at_checked(missing).unwrap_or((rest, &[]));
            // room for the whole frame at once: a buffer that moves leaves its octets behind
            let room = wanted.saturating_sub(self.pending.len());
            self.pending.reserve_exact(room);
            self.pending.extend_from_slice(more);
            rest = after;
            if self.total_length(count, &self.pending)? == Some(self.pending.len()) {
                let octets = std::mem::take(&mut self.pending);
                frames.push(self.framed(count, &octets)?);
                self.consume(octets.len());
            }
        }
        Ok(())
    }

    /// Octets of the frame that starts here, once its prefix is there.
    fn total_length(&self, count: &Count, octets: &[u8]) -> Result<Option<usize>, Wrong> {
        let Some(counted) = count.read(octets)? else {
            return Ok(None);
        };
        let uncounted = if counted == 0 {
            if self.polls == PollPolicy::Refuse {
                return Err(("frame of length zero".to_owned(), 0));
            }
            // a poll is its prefix alone
            0
        } else {
            self.framing.trailer.uncounted_bytes()
        };
        let following = counted.saturating_add(uncounted);
        self.check_length(following)?;
        Ok(Some(following.saturating_add(count.prefix_bytes())))
    }

    fn check_length(&self, length: usize) -> Result<(), Wrong> {
        let most = self.frame_length_max;
        if length > most {
            let shown = if length > LENGTH_SHOWN_MAX {
                format!("over {LENGTH_SHOWN_MAX}")
            } else {
                length.to_string()
            };
            return Err((format!("frame of {shown} bytes, more than {most}"), 0));
        }
        Ok(())
    }

    fn framed(&self, count: &Count, octets: &[u8]) -> Result<Frame, Wrong> {
        let prefix_bytes = count.prefix_bytes();
        let last = octets.get(prefix_bytes.saturating_sub(1)).copied();
        let kind = if count.has_control() && last.unwrap_or(0) >> 4 == FORMAT_SESSION_CONTROL {
            Kind::Control
        } else if octets.len() == prefix_bytes {
            Kind::Poll
        } else {
            Kind::Message
        };
        self.frame(octets, prefix_bytes, kind)
    }

    fn frame(&self, octets: &[u8], prefix_bytes: usize, kind: Kind) -> Result<Frame, Wrong> {
        let following = octets.get(prefix_bytes..).unwrap_or(&[]);
        let trailer_bytes = if following.is_empty() {
            0
        } else {
            self.framing.trailer.bytes
        };
        let Some(content_bytes) = following.len().checked_sub(trailer_bytes) else {
            let problem = format!("trailer of {trailer_bytes} bytes in {}", following.len());
            return Err((problem, prefix_bytes));
        };
        let (content, trailer) = following
            .split_at_checked(content_bytes)
            .unwrap_or((following, &[]));
        if trailer_bytes > 0 && !self.framing.trailer.allows(trailer) {
            let place = prefix_bytes.saturating_add(content_bytes);
            return Err(("the trailer is another one".to_owned(), place));
        }
        let extent = if kind == Kind::Message {
            header::find(self.header, content)
                .map_err(|(problem, place)| (problem, place.saturating_add(prefix_bytes)))?
        } else {
            Extent::NOTHING
        };
        Ok(Frame {
            octets: Wiped::new(octets.to_vec()),
            prefix_bytes,
            header_bytes: extent.bytes,
            trailer_bytes,
            header_kind: extent.kind,
            kind: if extent.kind == HeaderKind::Reject {
                Kind::Reject
            } else {
                kind
            },
        })
    }

    fn consume(&mut self, bytes: usize) {
        self.consumed = self
            .consumed
            .saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
    }

    /// Frame `body`, under `header`, or under the header of `reply_to` with addresses swapped.
    /// A total length inside the header is rewritten, and the trailer of `reply_to` is kept.
    /// Without either, a framer that demands a header of a known form writes a blank one.
    pub fn wrap(
        &self,
        body: &[u8],
        header: Option<&[u8]>,
        reply_to: Option<&Frame>,
    ) -> Result<Vec<u8>, FrameError> {
        let refused = |problem: String| FrameError {
            problem,
            offset: 0,
            frames: Vec::new(),
        };
        let chosen = self.header_of(body.len(), header, reply_to);
        let chosen = chosen.map_err(refused)?;
        let trailer = &self.framing.trailer;
        let kept = reply_to.map(Frame::trailer);
        let kept = kept.filter(|kept| kept.len() == trailer.bytes && trailer.allows(kept));
        let content_bytes = chosen.len().saturating_add(body.len());
        let counted_trailer = trailer.bytes.saturating_sub(trailer.uncounted_bytes());
        let counted = content_bytes.saturating_add(counted_trailer);
        let following = if counted == 0 && self.framing.count.is_some() {
            0
        } else {
            content_bytes.saturating_add(trailer.bytes)
        };
        self.check_length(following)
            .map_err(|(problem, _)| refused(problem))?;
        let mut out = Vec::with_capacity(following.saturating_add(16));
        if let Some(count) = &self.framing.count {
            let written = count.write(counted, &mut out);
            let problem = || format!("frame of {counted} bytes, more than its length can say");
            written.ok_or_else(|| refused(problem()))?;
        }
        out.extend_from_slice(&chosen);
        out.extend_from_slice(body);
        if following > content_bytes {
            out.extend_from_slice(kept.unwrap_or_else(|| trailer.octets()));
        }
        Ok(out)
    }

    /// What a poll is answered with: the same empty frame. Nothing for other frames.
    pub fn answer(&self, frame: &Frame) -> Option<Vec<u8>> {
        (frame.kind() == Kind::Poll && self.polls == PollPolicy::Answer)
            .then(|| frame.prefix().to_vec())
    }
}
