//! How a page is drawn: what every template may ask for, and the reply that carries it.

use std::fmt::Display;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use ca_core::domain::time;
use chrono::{DateTime, Utc};

use crate::asset;
use crate::locale::{Language, Texts};
use crate::problem::Problem;
use crate::site::Area;

/// Content type of every page.
pub const HTML: &str = "text/html; charset=utf-8";

/// Rows that cannot be read: how many a page names, and so many characters of each.
const MOST_NAMES: usize = 20;
const LONGEST_NAME: usize = 80;

/// `KJ 2700 000 001`.
const USER_ID_GROUPS: [usize; 4] = [2, 4, 3, 3];

/// What the layout needs; the first field of every template, named `page`.
#[derive(Debug, Clone)]
pub struct Page {
    /// Texts in the visitor's language.
    pub texts: Texts,
    /// The listener that the page is served by.
    pub area: Area,
    /// Path of this page, with what a search says, for the language switch.
    pub path: String,
    /// What every form carries in its hidden field `token`.
    pub form_token: String,
    /// The service's name in the visitor's language.
    pub service: String,
    /// Whom to call.
    pub contact: String,
    /// Scheme, host and port of the applicants' pages.
    pub public_url: String,
    /// Scheme, host and port of the portal.
    pub portal_url: String,
    /// The mark of this request, shown on problem pages and written to the log.
    pub mark: String,
    /// Shown in the head with 「ログアウト」 when somebody is logged in.
    pub signed_in: Option<String>,
    /// Rows that a list leaves out because they cannot be read.
    pub unreadable: Unreadable,
}

/// A path with its query, as the value of a parameter of another address.
fn as_value(path: &str) -> String {
    let escaped = |c| match c {
        '%' => "%25".to_owned(),
        '&' => "%26".to_owned(),
        '+' => "%2B".to_owned(),
        '#' => "%23".to_owned(),
        other => String::from(other),
    };
    path.chars().map(escaped).collect()
}

/// Rows that cannot be read, as a list names them above itself.
#[derive(Debug, Clone, Default)]
pub struct Unreadable {
    /// The first of them.
    pub names: Vec<String>,
    /// How many more there are.
    pub more: usize,
}

impl Unreadable {
    /// As many names as fit on a page, of each as much as a person can use: whoever wrote the rows may have written
    /// anything.
    fn of(all: &[String]) -> Self {
        let plain = |c: &char| c.is_ascii_graphic();
        let names = all.iter().take(MOST_NAMES);
        let short = |name: &String| name.chars().filter(plain).take(LONGEST_NAME).collect();
        Self {
            names: names.map(short).collect(),
            more: all.len().saturating_sub(MOST_NAMES),
        }
    }
}

impl Page {
    /// The text of `key`.
    pub fn t(&self, key: &str) -> String {
        self.texts.text(key)
    }

    /// The text of `key` with variables.
    pub fn with<'a, V: Display>(&self, key: &str, values: impl AsRef<[(&'a str, V)]>) -> String {
        self.texts.with(key, values)
    }

    /// The tag for `<html lang>`.
    pub fn lang(&self) -> &'static str {
        self.texts.language.tag()
    }

    /// Whether Japanese is being read.
    pub fn is_japanese(&self) -> bool {
        self.texts.language == Language::Japanese
    }

    /// The link that shows this page in the other language.
    pub fn other_language_url(&self) -> String {
        format!(
            "/language/{}?back={}",
            self.texts.language.other().tag(),
            as_value(&self.path)
        )
    }

    /// The tag of the other language.
    pub fn other_lang(&self) -> &'static str {
        self.texts.language.other().tag()
    }

    /// Address of a built-in file, with a mark of its content so that browsers may keep it for ever.
    pub fn asset(&self, name: &str) -> String {
        asset::url(name)
    }

    /// The addresses that belong to us: a text may link there and nowhere else.
    pub fn own_sites(&self) -> [&str; 2] {
        [&self.public_url, &self.portal_url]
    }

    /// A day as the reader writes it: 「2026年11月25日（水）」 or `2026-11-25`.
    pub fn day(&self, at: DateTime<Utc>) -> String {
        match self.texts.language {
            Language::Japanese => time::japanese_date(at),
            Language::English => time::iso_date(at),
        }
    }

    /// A day and a time of the day in Japan: 「2026年11月25日（水）17:15」 or `2026-11-25 17:15 JST`.
    pub fn moment(&self, at: DateTime<Utc>) -> String {
        match self.texts.language {
            Language::Japanese => time::japanese_datetime(at),
            Language::English => time::iso_datetime(at),
        }
    }

    /// A user ID in groups that the eye can compare, as HTML; copied, it has no gaps.
    pub fn user_id(&self, user_id: &str) -> String {
        let mut rest: String = user_id
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect();
        let mut groups = String::new();
        for length in USER_ID_GROUPS {
            let tail = rest.split_off(length.min(rest.len()));
            groups.push_str(&format!("<span>{rest}</span>"));
            rest = tail;
        }
        format!("<span class=\"id\">{groups}{rest}</span>")
    }

    /// Whom to call, as HTML: a telephone number is not broken at the end of a line.
    pub fn contact_line(&self) -> String {
        let is_part = |c: char| c.is_ascii_digit() || c == '-';
        let mut line = String::new();
        let mut rest = self.contact.as_str();
        while let Some(start) = rest.find(is_part) {
            let (text, number) = rest.split_at(start);
            let (number, after) =
                number.split_at(number.find(|c| !is_part(c)).unwrap_or(number.len()));
            line.push_str(&format!(
                "{}<span class=\"nobr\">{number}</span>",
                escaped(text)
            ));
            rest = after;
        }
        line + &escaped(rest)
    }

    /// The same page saying of which rows it shows nothing because they cannot be read.
    #[must_use]
    pub fn without(self, unreadable: &[String]) -> Self {
        Self {
            unreadable: Unreadable::of(unreadable),
            ..self
        }
    }

    /// The same page with somebody logged in.
    #[must_use]
    pub fn signed_in_as(self, who: impl Into<String>) -> Self {
        Self {
            signed_in: Some(who.into()),
            ..self
        }
    }
}

/// Text in which every character means itself in HTML.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// A template as a reply.
pub fn reply(status: StatusCode, template: &impl Template) -> Result<HttpResponse, Problem> {
    let body = template.render().map_err(Problem::internal)?;
    Ok(HttpResponse::build(status).content_type(HTML).body(body))
}

/// A template as the usual reply, 200.
pub fn show(template: &impl Template) -> Result<HttpResponse, Problem> {
    reply(StatusCode::OK, template)
}

/// After a form did its work: the browser is sent on, so that reloading sends nothing twice.
pub fn see_other(path: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header(("Location", path))
        .finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Language;
    use crate::stage;

    #[test]
    fn a_user_id_is_grouped_for_the_eye_and_copied_without_gaps() {
        let html = stage::page(Language::Japanese).user_id("KJ2700000001");
        let groups = "<span>KJ</span><span>2700</span><span>000</span><span>001</span>";
        assert_eq!(html, format!("<span class=\"id\">{groups}</span>"));
    }

    #[test]
    fn the_contact_keeps_its_numbers_whole_and_its_signs_harmless() {
        let contact = "係 <03-0000-0000（平日 9時）".to_owned();
        let page = Page {
            contact,
            ..stage::page(Language::Japanese)
        };
        let nobr = |number: &str| format!("<span class=\"nobr\">{number}</span>");
        let line = format!("係 &lt;{}（平日 {}時）", nobr("03-0000-0000"), nobr("9"));
        assert_eq!(page.contact_line(), line);
    }
}
