//! Where the CA key lies: in encrypted files, or in a token that a PKCS#11 URI names (RFC 7512).
//!
//! Of the URI's attributes those are taken that name one key without doubt: `token` and `object`, `serial` where two
//! tokens bear one label, `module-path` and `pin-source`. Everything else is refused: an attribute that is not looked
//! at would promise something.
use std::fmt;
use std::path::PathBuf;

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};

/// What the configuration says when keys lie in files.
const FILE: &str = "file";

/// Where the CA key lies.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum SignerPlace {
    /// In an encrypted file for each generation.
    #[default]
    File,
    /// In a token.
    Token(TokenUri),
}

/// Names a token, the keys in it, the module that leads to it and the file with its PIN.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenUri {
    text: String,
    /// Label of the token.
    pub token: String,
    /// Its serial number, where the label is not enough.
    pub serial: Option<String>,
    /// Label of the keys, before the number of the generation.
    pub object: String,
    /// The PKCS#11 library.
    pub module: PathBuf,
    /// The file whose first line is the user's PIN.
    pub pin_file: PathBuf,
}

/// Why a text names no key in a token; each says what is taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenUriError {
    /// Neither `file` nor a URI of this kind.
    #[error(
        "`{0}` is neither `file` nor a PKCS#11 URI; write pkcs11:token=LABEL;object=LABEL?module-path=/PATH&pin-source=file:/PATH"
    )]
    Scheme(String),
    /// An attribute that is not taken.
    #[error(
        "the PKCS#11 URI has `{0}`, which is not taken here; before the `?` stand token, serial and object, after it module-path and pin-source"
    )]
    Unknown(String),
    /// A PIN in the open.
    #[error(
        "the PKCS#11 URI has a PIN in it (pin-value): write the PIN into a file of mode 0600 and name that by pin-source=file:/PATH; the PIN that stood here is no secret any more"
    )]
    PinValue,
    /// The same attribute again (RFC 7512 §2.3: not more than once).
    #[error("the PKCS#11 URI has `{0}` twice")]
    Twice(&'static str),
    /// An attribute that must be there.
    #[error("the PKCS#11 URI lacks `{0}`")]
    Missing(&'static str),
    /// Not percent-encoded as RFC 3986 §2.1 says, or no text.
    #[error(
        "the value of `{0}` in the PKCS#11 URI is not rightly encoded; a space is %20, a percent sign %25"
    )]
    Encoding(&'static str),
    /// No path, or one that depends on the folder that a program was started in.
    #[error("the PKCS#11 URI's `{0}` must be an absolute path{1}")]
    Path(&'static str, &'static str),
}

impl TokenUri {
    /// Reads a URI.
    pub fn parse(text: &str) -> Result<Self, TokenUriError> {
        // A PIN must not find its way into the error either.
        if text.contains("pin-value") {
            return Err(TokenUriError::PinValue);
        }
        let all = text
            .strip_prefix("pkcs11:")
            .ok_or_else(|| TokenUriError::Scheme(text.to_owned()))?;
        let (path, query) = all.split_once('?').unwrap_or((all, ""));
        let [token, serial, object] = attributes(path, ';', ["token", "serial", "object"])?;
        let [module, pin] = attributes(query, '&', ["module-path", "pin-source"])?;
        let needed = |value: Option<String>, name| value.ok_or(TokenUriError::Missing(name));
        let pin = needed(pin, "pin-source")?;
        let pin_file = pin
            .strip_prefix("file:")
            .map(|path| path.strip_prefix("//").unwrap_or(path))
            .unwrap_or_default();
        Ok(Self {
            text: text.to_owned(),
            token: needed(token, "token")?,
            serial,
            object: needed(object, "object")?,
            module: absolute(&needed(module, "module-path")?, "module-path", "")?,
            pin_file: absolute(pin_file, "pin-source", " after `file:`")?,
        })
    }

    /// The label of a generation's key pair: `inkan-root-1` is the first one's.
    pub fn label(&self, generation: i64) -> String {
        format!("{}-{generation}", self.object)
    }
}

/// The values of the attributes that are `taken`, in that order; any other is refused.
fn attributes<const N: usize>(
    text: &str,
    between: char,
    taken: [&'static str; N],
) -> Result<[Option<String>; N], TokenUriError> {
    let mut found = [const { None }; N];
    for attribute in text.split(between).filter(|part| !part.is_empty()) {
        let (name, value) = attribute.split_once('=').unwrap_or((attribute, ""));
        let place = taken.iter().zip(&mut found);
        let (name, place) = place
            .into_iter()
            .find(|(own, _)| **own == name)
            .ok_or_else(|| TokenUriError::Unknown(name.to_owned()))?;
        if place.replace(decoded(value, name)?).is_some() {
            return Err(TokenUriError::Twice(name));
        }
    }
    Ok(found)
}

fn decoded(value: &str, name: &'static str) -> Result<String, TokenUriError> {
    let wrong = || TokenUriError::Encoding(name);
    let escapes = value.split('%').skip(1);
    let whole = |escape: &str| {
        let digits = escape.get(..2).unwrap_or_default();
        digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    if !escapes.into_iter().all(whole) {
        return Err(wrong());
    }
    let text = percent_decode_str(value)
        .decode_utf8()
        .map_err(|_| wrong())?;
    if text.chars().any(char::is_control) {
        return Err(wrong());
    }
    if text.is_empty() {
        return Err(TokenUriError::Missing(name));
    }
    Ok(text.into_owned())
}

fn absolute(path: &str, name: &'static str, hint: &'static str) -> Result<PathBuf, TokenUriError> {
    let path = PathBuf::from(path);
    match path.is_absolute() {
        true => Ok(path),
        false => Err(TokenUriError::Path(name, hint)),
    }
}

impl SignerPlace {
    /// Reads `file` or a URI.
    pub fn parse(text: &str) -> Result<Self, TokenUriError> {
        match text {
            FILE => Ok(Self::File),
            uri => TokenUri::parse(uri).map(Self::Token),
        }
    }
}

impl TryFrom<String> for SignerPlace {
    type Error = TokenUriError;

    fn try_from(text: String) -> Result<Self, TokenUriError> {
        Self::parse(&text)
    }
}

impl From<SignerPlace> for String {
    fn from(place: SignerPlace) -> Self {
        place.to_string()
    }
}

impl fmt::Display for SignerPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File => f.write_str(FILE),
            Self::Token(uri) => uri.fmt(f),
        }
    }
}

impl fmt::Display for TokenUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for TokenUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenUri({})", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "pkcs11:token=inkan;object=inkan-root?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/etc/inkan/pin";

    #[test]
    fn a_uri_names_token_keys_module_and_pin_file() {
        let uri = TokenUri::parse(GOOD).unwrap();
        assert_eq!((uri.token.as_str(), uri.serial.clone()), ("inkan", None));
        assert_eq!(uri.label(2), "inkan-root-2");
        assert_eq!(uri.module, PathBuf::from("/usr/lib/softhsm/libsofthsm2.so"));
        assert_eq!(uri.pin_file, PathBuf::from("/etc/inkan/pin"));
        assert_eq!(SignerPlace::parse(GOOD).unwrap().to_string(), GOOD);
        let slashes = GOOD.replace("file:/etc", "file:///etc");
        assert_eq!(TokenUri::parse(&slashes).unwrap().pin_file, uri.pin_file);
        assert_eq!(SignerPlace::parse("file"), Ok(SignerPlace::File));
    }

    #[test]
    fn values_are_decoded() {
        let uri = GOOD.replace(
            "token=inkan",
            "token=%E5%8D%B0%E9%91%91%20A%3b1;serial=00%25",
        );
        let uri = TokenUri::parse(&uri).unwrap();
        assert_eq!(uri.token, "印鑑 A;1");
        assert_eq!(uri.serial.as_deref(), Some("00%"));
        for (wrong, name) in [
            ("token=100%", "token"),
            ("token=%4", "token"),
            ("token=%zz", "token"),
            ("token=%FF", "token"),
            ("token=%0A", "token"),
        ] {
            let uri = GOOD.replace("token=inkan", wrong);
            assert_eq!(TokenUri::parse(&uri), Err(TokenUriError::Encoding(name)));
        }
    }

    #[test]
    fn what_is_not_looked_at_is_refused() {
        let refused = |from: &str, to: &str| TokenUri::parse(&GOOD.replace(from, to)).unwrap_err();
        let unknown = |name: &str| TokenUriError::Unknown(name.into());
        assert_eq!(refused("object", "id=%01;object"), unknown("id"));
        assert_eq!(refused("token=", "slot-id=0;token="), unknown("slot-id"));
        assert_eq!(
            refused("object=inkan-root", "object=inkan-root;module-path=/x"),
            unknown("module-path"),
            "on the wrong side of the question mark"
        );
        assert_eq!(
            refused("token=inkan", "token=inkan;token=other"),
            TokenUriError::Twice("token")
        );
        assert_eq!(refused("token=inkan;", ""), TokenUriError::Missing("token"));
        assert_eq!(
            refused("object=inkan-root", "object="),
            TokenUriError::Missing("object")
        );
        assert!(matches!(
            refused("module-path=/usr", "module-path=usr"),
            TokenUriError::Path("module-path", _)
        ));
        for pin in [
            "pin-source=/etc/pin",
            "pin-source=|cat",
            "pin-source=file:pin",
        ] {
            assert!(matches!(
                refused("pin-source=file:/etc/inkan/pin", pin),
                TokenUriError::Path("pin-source", _)
            ));
        }
        assert!(matches!(
            SignerPlace::parse("File"),
            Err(TokenUriError::Scheme(_))
        ));
    }

    #[test]
    fn a_pin_in_the_uri_is_refused_and_not_repeated() {
        let uri = format!("{GOOD}&pin-value=135792");
        let error = TokenUri::parse(&uri).unwrap_err();
        assert_eq!(error, TokenUriError::PinValue);
        assert!(!error.to_string().contains("135792"));
    }
}
