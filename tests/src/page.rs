//! A page as a person meets it: headings, labels, buttons, forms.

use crate::site::Visitor;
use scraper::{ElementRef, Html, Selector};
use ureq::http::{HeaderMap, Response};
use ureq::{Body, ResponseExt};

/// One answer of the site.
#[derive(Clone, Debug)]
pub struct Page {
    /// Where it came from, after redirects.
    pub address: String,
    /// The HTTP status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its bytes.
    pub body: Vec<u8>,
}

impl Page {
    /// Reads an answer to its end.
    pub(crate) fn of(asked: &str, mut response: Response<Body>) -> Self {
        let address = response.get_uri().to_string();
        Self {
            address: if address.contains("://") {
                address
            } else {
                asked.to_owned()
            },
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response
                .body_mut()
                .with_config()
                .limit(64 << 20)
                .read_to_vec()
                .expect("a whole body"),
        }
    }

    /// A header's value; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The body as text.
    pub fn html(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// What a person can read: text without markup, white space folded.
    pub fn text(&self) -> String {
        let document = Html::parse_document(&self.html());
        let body = document
            .select(&selector("body"))
            .next()
            .unwrap_or(document.root_element());
        readable(body)
    }

    /// Itself, if it is a good page that shows every one of `words`.
    ///
    /// # Panics
    /// Otherwise, with what it says.
    pub fn shows(self, words: &[&str]) -> Self {
        let text = self.text();
        assert_eq!(self.status, 200, "{}: {text}", self.address);
        for word in words {
            assert!(
                text.contains(word),
                "{} should show 「{word}」:\n{text}",
                self.address
            );
        }
        self
    }

    /// Itself, if it is a refusal of what was sent (400 to 499) that shows every one of `words`.
    ///
    /// # Panics
    /// Otherwise, with what it says.
    pub fn refuses(self, words: &[&str]) -> Self {
        let text = self.text();
        assert!(
            (400..500).contains(&self.status),
            "{} should refuse, not {}:\n{text}",
            self.address,
            self.status
        );
        for word in words {
            assert!(
                text.contains(word),
                "{} should show 「{word}」:\n{text}",
                self.address
            );
        }
        self
    }

    /// Texts of every element that a CSS selector finds.
    pub fn all(&self, css: &str) -> Vec<String> {
        Html::parse_document(&self.html())
            .select(&selector(css))
            .map(readable)
            .collect()
    }

    /// An attribute of every element that a CSS selector finds.
    pub fn attributes(&self, css: &str, name: &str) -> Vec<String> {
        let document = Html::parse_document(&self.html());
        document
            .select(&selector(css))
            .filter_map(|found| found.attr(name))
            .map(str::to_owned)
            .collect()
    }

    /// The address behind the link that reads `label`, or contains it.
    ///
    /// # Panics
    /// When there is none.
    pub fn link(&self, label: &str) -> String {
        let document = Html::parse_document(&self.html());
        let all = selector("a[href]");
        let mut links: Vec<ElementRef<'_>> = document
            .select(&all)
            .filter(|link| readable(*link).contains(label))
            .collect();
        links.sort_by_key(|link| readable(*link).len());
        let found = links
            .first()
            .unwrap_or_else(|| panic!("no link 「{label}」:\n{}", self.text()));
        self.resolve(found.attr("href").expect("a link has an address"))
    }

    /// The form whose button reads `label`, with what the page has filled in.
    ///
    /// # Panics
    /// When there is none.
    pub fn form(&self, label: &str) -> Form {
        let document = Html::parse_document(&self.html());
        let (forms, buttons) = (selector("form"), selector("button, input[type=submit]"));
        for form in document.select(&forms) {
            let mut own = form.select(&buttons).filter(|button| {
                readable(*button).contains(label)
                    || button
                        .attr("value")
                        .is_some_and(|text| text.contains(label))
            });
            if let Some(button) = own.next() {
                return self.filled(form, button);
            }
        }
        panic!(
            "{}: no form with a button 「{label}」:\n{}",
            self.address,
            self.html()
        );
    }

    /// Whether some form has a button that reads `label`.
    pub fn has_button(&self, label: &str) -> bool {
        self.all("button").iter().any(|text| text.contains(label))
            || self
                .attributes("input[type=submit]", "value")
                .iter()
                .any(|text| text.contains(label))
    }

    fn filled(&self, form: ElementRef<'_>, button: ElementRef<'_>) -> Form {
        let mut fields = Vec::new();
        for field in form.select(&selector("input[name], textarea[name], select[name]")) {
            let kind = field.attr("type").unwrap_or("text");
            let unchecked = matches!(kind, "checkbox" | "radio") && field.attr("checked").is_none();
            if unchecked || kind == "submit" {
                continue;
            }
            let name = field.attr("name").expect("selected by its name").to_owned();
            let first = selector("option");
            let chosen = field
                .select(&selector("option[selected]"))
                .next()
                .or(field.select(&first).next());
            let value = match field.value().name() {
                "select" => chosen
                    .and_then(|option| option.attr("value"))
                    .unwrap_or_default()
                    .to_owned(),
                "textarea" => field.text().collect(),
                _ => field.attr("value").unwrap_or_default().to_owned(),
            };
            fields.push((name, value));
        }
        if let Some(name) = button.attr("name") {
            fields.push((
                name.to_owned(),
                button.attr("value").unwrap_or_default().to_owned(),
            ));
        }
        let action = button
            .attr("formaction")
            .or(form.attr("action"))
            .unwrap_or("");
        let labels = labels(form);
        Form {
            action: self.resolve(action),
            fields,
            labels,
        }
    }

    fn resolve(&self, reference: &str) -> String {
        let origin: String = self
            .address
            .splitn(4, '/')
            .take(3)
            .collect::<Vec<_>>()
            .join("/");
        let path = self.address.split(['?', '#']).next().expect("an address");
        match reference {
            "" => self.address.clone(),
            whole if whole.contains("://") => whole.to_owned(),
            rooted if rooted.starts_with('/') => format!("{origin}{rooted}"),
            query if query.starts_with('?') => format!("{path}{query}"),
            relative => format!("{}/{relative}", path.rsplit_once('/').expect("a path").0),
        }
    }
}

/// A form being filled in.
#[derive(Clone, Debug)]
pub struct Form {
    /// Where it is sent.
    pub action: String,
    /// Its fields as they would be sent.
    pub fields: Vec<(String, String)>,
    labels: Vec<(String, String)>,
}

impl Form {
    /// Types into the field whose label contains `label`.
    ///
    /// # Panics
    /// When no field has such a label: a person could not find it either.
    pub fn fill(self, label: &str, value: &str) -> Self {
        let known = self.labels.iter().find(|(text, _)| text.contains(label));
        let name = known
            .unwrap_or_else(|| panic!("no field 「{label}」 in {:?}", self.labels))
            .1
            .clone();
        self.set(&name, value)
    }

    /// Whether some field has a label that contains `label`.
    pub fn has(&self, label: &str) -> bool {
        self.labels.iter().any(|(text, _)| text.contains(label))
    }

    /// Sets a field by its name, as a script or an attacker would.
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(other, _)| other != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds one more value of a field that may have several (a ticked box).
    pub fn add(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The value that a field has now.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(other, _)| other == name)
            .map(|(_, value)| value.as_str())
    }

    /// Presses the button.
    pub fn send(&self, visitor: &Visitor) -> Page {
        visitor.send(&self.action, &self.fields)
    }
}

/// Label texts and the names of the fields that they stand for.
fn labels(form: ElementRef<'_>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for label in form.select(&selector("label")) {
        let inside = label.select(&selector("input, select, textarea")).next();
        let target = label.attr("for").and_then(|id| {
            form.select(&selector("input, select, textarea"))
                .find(|field| field.attr("id") == Some(id))
        });
        if let Some(name) = target.or(inside).and_then(|field| field.attr("name")) {
            found.push((readable(label), name.to_owned()));
        }
    }
    found
}

/// Text without markup, styles and scripts, white space folded.
fn readable(element: ElementRef<'_>) -> String {
    let mut words = String::new();
    for node in element.descendants() {
        let Some(text) = node.value().as_text() else {
            continue;
        };
        let hidden = node
            .ancestors()
            .filter_map(ElementRef::wrap)
            .any(|parent| matches!(parent.value().name(), "style" | "script" | "title"));
        if !hidden {
            words.push_str(text);
            words.push(' ');
        }
    }
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn selector(css: &str) -> Selector {
    Selector::parse(css).unwrap_or_else(|error| panic!("{css}: {error}"))
}
