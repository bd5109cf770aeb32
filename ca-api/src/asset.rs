//! Built-in files that pages link to: style sheets, pictures, small scripts.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpResponse, web};
use sha2::{Digest, Sha256};

use crate::problem::Problem;
use crate::{console, help};

/// One built-in file.
#[derive(Debug, Clone, Copy)]
pub struct Asset {
    /// Name below `/assets/`; may hold slashes.
    pub name: &'static str,
    /// Its MIME type.
    pub kind: &'static str,
    /// Its bytes.
    pub bytes: &'static [u8],
}

impl Asset {
    /// A style sheet.
    pub const fn css(name: &'static str, bytes: &'static [u8]) -> Self {
        Self {
            name,
            kind: "text/css; charset=utf-8",
            bytes,
        }
    }

    /// A picture.
    pub const fn svg(name: &'static str, bytes: &'static [u8]) -> Self {
        Self {
            name,
            kind: "image/svg+xml",
            bytes,
        }
    }

    /// A script that only adds; no page depends on it.
    pub const fn script(name: &'static str, bytes: &'static [u8]) -> Self {
        Self {
            name,
            kind: "text/javascript; charset=utf-8",
            bytes,
        }
    }

    fn mark(&self) -> String {
        let hash = Sha256::digest(self.bytes);
        hex::encode(hash.get(..6).unwrap_or_default())
    }
}

const SHARED: [Asset; 4] = [
    Asset::css("inkan.css", include_bytes!("../assets/inkan.css")),
    Asset::svg("mark.svg", include_bytes!("../assets/mark.svg")),
    Asset::svg("letter.svg", include_bytes!("../assets/letter.svg")),
    Asset::script("password.js", include_bytes!("../assets/password.js")),
];

pub(crate) fn all() -> impl Iterator<Item = &'static Asset> {
    SHARED.iter().chain(console::ASSETS).chain(help::ASSETS)
}

/// The file of this name.
pub(crate) fn find(name: &str) -> Option<&'static Asset> {
    all().find(|asset| asset.name == name)
}

/// The address of a file with a mark of its content. An unknown name gives an address that answers 404.
pub fn url(name: &str) -> String {
    match find(name) {
        Some(asset) => format!("/assets/{name}?v={}", asset.mark()),
        None => format!("/assets/{name}"),
    }
}

/// `GET /assets/…`, the same on every listener.
pub fn routes(config: &mut web::ServiceConfig) {
    config.route("/assets/{name:.*}", web::get().to(serve));
    config.route(
        "/favicon.ico",
        web::get().to(|| async { serve(web::Path::from("mark.svg".to_owned())).await }),
    );
}

async fn serve(name: web::Path<String>) -> Result<HttpResponse, Problem> {
    let asset = find(&name).ok_or(Problem::NotFound)?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, asset.kind))
        .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .body(asset.bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The colours of one scheme, by name.
    fn tokens(css: &str) -> Vec<(String, [f64; 3])> {
        let pairs = css
            .lines()
            .filter_map(|line| line.trim().strip_prefix("--")?.split_once(": #"));
        let colour = |hex: &str, at: usize| {
            f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0
        };
        pairs
            .map(|(name, hex)| (name.to_owned(), [0, 2, 4].map(|at| colour(hex, at))))
            .collect()
    }

    /// Relative luminance (WCAG 2.2).
    fn luminance(colour: [f64; 3]) -> f64 {
        let linear = |c: f64| {
            if c <= 0.040_45 {
                c / 12.92
            } else {
                ((c + 0.055) / 1.055).powf(2.4)
            }
        };
        let [red, green, blue] = colour.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    fn contrast(tokens: &[(String, [f64; 3])], one: &str, other: &str) -> f64 {
        let of = |name: &str| luminance(tokens.iter().find(|(own, _)| own == name).unwrap().1);
        let (one, other) = (of(one), of(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn text_stands_out_by_seven_to_one_and_edges_by_three_in_both_schemes() {
        let css = String::from_utf8(find("inkan.css").unwrap().bytes.to_vec()).unwrap();
        let mut schemes = css.split("}");
        let (light, dark) = (
            tokens(schemes.next().unwrap()),
            tokens(schemes.next().unwrap()),
        );
        for (scheme, name) in [(light, "light"), (dark, "dark")] {
            assert!(scheme.len() > 15, "{name}: the tokens were not found");
            for (text, grounds) in [
                (
                    "ink",
                    [
                        "paper",
                        "ground",
                        "blue-pale",
                        "green-pale",
                        "amber-pale",
                        "red-pale",
                    ]
                    .as_slice(),
                ),
                ("muted", &["paper", "ground"]),
                ("blue", &["paper", "ground", "blue-pale"]),
                ("blue-deep", &["paper", "blue-pale"]),
                ("on-blue", &["blue", "blue-deep"]),
                ("green", &["paper", "green-pale"]),
                ("amber", &["paper", "amber-pale"]),
                ("red", &["paper", "red-pale"]),
            ] {
                for ground in grounds {
                    let ratio = contrast(&scheme, text, ground);
                    assert!(ratio >= 7.0, "{name}: {text} on {ground} is {ratio:.2}");
                }
            }
            assert!(
                contrast(&scheme, "edge", "paper") >= 3.0,
                "{name}: edges of fields"
            );
        }
    }
}
