//! Frames: cutting a byte stream into messages and wrapping messages. No I/O.
pub use self::stub::*;
mod stub {
    /// x
    #[derive(Clone, Debug)]
    pub struct Frame;
    /// x
    pub struct Framer;
    /// x
    pub enum Framing {}
    /// x
    pub enum HeaderMode {}
    /// x
    pub enum Kind {}
}
