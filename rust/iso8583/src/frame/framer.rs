//! The framer: a state machine that is fed whatever arrives.

use zeroize::Zeroizing;

use super::header::{self, HEADER_BYTES, Wrong};
use super::{Frame, Framing, HeaderMode, Kind, PREFIX_BYTES};
use crate::error::FrameError;

/// Message format of session control, in the upper nibble of the fourth octet.
const FORMAT_SESSION_CONTROL: u8 = 2;

/// Cuts a byte stream into frames and wraps bodies into frames.
pub struct Framer {
    framing: Framing,
    header: HeaderMode,
    frame_length_max: usize,
    /// The start of a frame that is not complete yet.
    pending: Zeroizing<Vec<u8>>,
    /// Octets of the stream before `pending`.
    consumed: u64,
    /// What made the stream unreadable; said again at every later feed.
    fault: Option<(String, u64)>,
}

impl Framer {
    /// `frame_length_max` counts what follows the prefix, header included.
    pub fn new(framing: Framing, header: HeaderMode, frame_length_max: usize) -> Self {
        let pending = Zeroizing::new(Vec::new());
        Self {
            framing,
            header,
            frame_length_max,
            pending,
            consumed: 0,
            fault: None,
        }
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
        let outcome = match self.framing {
            Framing::Vmlh => self.feed_stream(data, &mut frames),
            Framing::Whole => self.feed_whole(data, &mut frames),
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

    fn feed_stream(&mut self, data: &[u8], frames: &mut Vec<Frame>) -> Result<(), Wrong> {
        let mut rest = data;
        while !rest.is_empty() {
            if self.pending.is_empty()
                && let Some(total) = self.total_length(rest)?
                && let Some((octets, after)) = rest.split_at_checked(total)
            {
                // the usual case: a whole frame has arrived, nothing needs to be held
                frames.push(self.framed(octets)?);
                self.consume(total);
                rest = after;
                continue;
            }
            let wanted = self.total_length(&self.pending)?.unwrap_or(PREFIX_BYTES);
            let missing = wanted.saturating_sub(self.pending.len()).min(rest.len());
            let (more, after) = rest.split_at_checked(missing).unwrap_or((rest, &[]));
            // room for the whole frame at once: a buffer that moves leaves its octets behind
            let room = wanted.saturating_sub(self.pending.len());
            self.pending.reserve_exact(room);
            self.pending.extend_from_slice(more);
            rest = after;
            if self.total_length(&self.pending)? == Some(self.pending.len()) {
                let octets = std::mem::take(&mut self.pending);
                frames.push(self.framed(&octets)?);
                self.consume(octets.len());
            }
        }
        Ok(())
    }

    /// Octets of the frame that starts here, once its prefix is there.
    fn total_length(&self, octets: &[u8]) -> Result<Option<usize>, Wrong> {
        let Some([high, low, _, _]) = octets.first_chunk::<PREFIX_BYTES>() else {
            return Ok(None);
        };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        self.check_length(length)?;
        Ok(Some(length.saturating_add(PREFIX_BYTES)))
    }

    fn check_length(&self, length: usize) -> Result<(), Wrong> {
        let most = self.frame_length_max;
        if length > most {
            return Err((format!("frame of {length} bytes, more than {most}"), 0));
        }
        Ok(())
    }

    fn framed(&self, octets: &[u8]) -> Result<Frame, Wrong> {
        let indicators = octets.get(3).copied().unwrap_or(0);
        let kind = if indicators >> 4 == FORMAT_SESSION_CONTROL {
            Kind::Control
        } else if octets.len() == PREFIX_BYTES {
            Kind::Poll
        } else {
            Kind::Message
        };
        self.frame(octets, PREFIX_BYTES, kind)
    }

    fn frame(&self, octets: &[u8], prefix_bytes: usize, kind: Kind) -> Result<Frame, Wrong> {
        let content = octets.get(prefix_bytes..).unwrap_or(&[]);
        let (header_bytes, kind) = if kind == Kind::Message {
            let extent = header::find(self.header, content)
                .map_err(|(problem, place)| (problem, place.saturating_add(prefix_bytes)))?;
            (
                extent.bytes,
                if extent.is_reject { Kind::Reject } else { kind },
            )
        } else {
            (0, kind)
        };
        Ok(Frame {
            octets: Zeroizing::new(octets.to_vec()),
            prefix_bytes,
            header_bytes,
            kind,
        })
    }

    fn consume(&mut self, bytes: usize) {
        self.consumed = self
            .consumed
            .saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
    }

    /// Frame `body`, under `header`, or under the header of `reply_to` with addresses swapped.
    /// Its total length is rewritten. Without either, a framer that demands headers writes a
    /// blank one.
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
        let mut chosen = match (header, reply_to) {
            (Some(header), _) => {
                let header: Option<[u8; HEADER_BYTES]> = header.try_into().ok();
                let wrong = || refused(format!("a header has {HEADER_BYTES} bytes"));
                Some(header.ok_or_else(wrong)?)
            }
            (None, Some(frame)) => frame.header().and_then(header::swapped),
            (None, None) if self.header == HeaderMode::Visa22 => Some(header::blank()),
            (None, None) => None,
        };
        let header_bytes = chosen.map_or(0, |_| HEADER_BYTES);
        let length = header_bytes.saturating_add(body.len());
        self.check_length(length)
            .map_err(|(problem, _)| refused(problem))?;
        let octets = u16::try_from(length).map_err(|error| refused(error.to_string()))?;
        let mut out = Vec::with_capacity(length.saturating_add(PREFIX_BYTES));
        if self.framing == Framing::Vmlh {
            out.extend_from_slice(&octets.to_be_bytes());
            out.extend_from_slice(&[0, 0]);
        }
        if let Some(header) = &mut chosen {
            header::set_total_length(header, body.len());
            out.extend_from_slice(header);
        }
        out.extend_from_slice(body);
        Ok(out)
    }

    /// What a poll is answered with: the same empty frame. Nothing for other frames.
    pub fn answer(&self, frame: &Frame) -> Option<Vec<u8>> {
        (frame.kind() == Kind::Poll).then(|| frame.prefix().to_vec())
    }
}
