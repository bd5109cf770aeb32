//! A reader of DER (X.690 §10) that knows tags and lengths and nothing else.

pub(super) const INTEGER: u8 = 0x02;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const SEQUENCE: u8 = 0x30;

/// The tag `[number] EXPLICIT`.
pub(super) const fn explicit(number: u8) -> u8 {
    0xa0 | number
}

/// Not DER, or not of the shape expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape;

/// What is left of some octets.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Everything that was not read yet.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// Nothing may be left over.
    pub(super) fn end(self) -> Result<(), Shape> {
        if self.is_empty() { Ok(()) } else { Err(Shape) }
    }

    /// The content of the next value, which has this tag.
    pub(super) fn content(&mut self, tag: u8) -> Result<&'a [u8], Shape> {
        let (found, length, rest) = head(self.0).ok_or(Shape)?;
        if found != tag {
            return Err(Shape);
        }
        let (content, rest) = rest.split_at_checked(length).ok_or(Shape)?;
        self.0 = rest;
        Ok(content)
    }

    /// A reader of the next value's content.
    pub(super) fn enter(&mut self, tag: u8) -> Result<Self, Shape> {
        self.content(tag).map(Self)
    }

    /// The same for an optional value.
    pub(super) fn enter_if(&mut self, tag: u8) -> Result<Option<Self>, Shape> {
        if self.0.first() == Some(&tag) {
            self.enter(tag).map(Some)
        } else {
            Ok(None)
        }
    }

    /// Reads past an optional value.
    pub(super) fn skip_if(&mut self, tag: u8) -> Result<(), Shape> {
        self.enter_if(tag).map(drop)
    }
}

/// Tag, length and what follows. Lengths are definite, minimal and below 65,536.
fn head(bytes: &[u8]) -> Option<(u8, usize, &[u8])> {
    match bytes {
        [tag, length @ 0..=0x7f, rest @ ..] => Some((*tag, usize::from(*length), rest)),
        [tag, 0x81, length @ 0x80..=0xff, rest @ ..] => Some((*tag, usize::from(*length), rest)),
        [tag, 0x82, high @ 1..=0xff, low, rest @ ..] => {
            let length = usize::from(*high) << 8 | usize::from(*low);
            Some((*tag, length, rest))
        }
        _ => None,
    }
}
