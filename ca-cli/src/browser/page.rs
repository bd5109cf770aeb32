//! A page as a reader has it: headings, links by their words, forms by their fields and buttons.

use anyhow::{anyhow, bail};
use scraper::{ElementRef, Html, Selector};

/// What came back.
#[derive(Debug)]
pub(crate) struct Page {
    /// Where it came from, after redirects.
    pub address: String,
    /// HTTP status.
    pub status: u16,
    /// Content-Type.
    pub media_type: String,
    /// Content-Disposition.
    pub disposition: String,
    /// The bytes.
    pub body: Vec<u8>,
}

/// A form with what stands in its fields.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    /// Where it is sent.
    pub action: String,
    /// `get` or `post`.
    pub method: String,
    fields: Vec<Field>,
    buttons: Vec<Button>,
    pressed: Option<(String, String)>,
}

#[derive(Debug, Clone)]
struct Field {
    name: String,
    value: String,
    sent: bool,
}

#[derive(Debug, Clone)]
struct Button {
    text: String,
    sends: Option<(String, String)>,
}

impl Page {
    /// The page, if its status is that of success.
    pub(crate) fn well(self) -> anyhow::Result<Self> {
        if self.status == 200 {
            return Ok(self);
        }
        bail!("{} answered {}: {}", self.address, self.status, self.gist())
    }

    /// The text without tags, white space folded.
    pub(crate) fn text(&self) -> String {
        let document = self.document();
        let main = first(document.root_element(), "main").unwrap_or(document.root_element());
        words(main)
    }

    /// What the page is about, for a message: its heading and what it complains of.
    pub(crate) fn gist(&self) -> String {
        let document = self.document();
        let parts = ["h1", ".errors", ".wrong-text"];
        let found = parts
            .iter()
            .filter_map(|part| first(document.root_element(), part));
        found.map(words).collect::<Vec<_>>().join(" / ")
    }

    /// Where the link that says `text` leads.
    pub(crate) fn link(&self, text: &str) -> anyhow::Result<String> {
        let document = self.document();
        let all = every(document.root_element(), "a[href]");
        let link = all.into_iter().find(|link| words(*link).contains(text));
        let target = link.and_then(|link| link.attr("href")).map(str::to_owned);
        target.ok_or_else(|| self.lacks(&format!("a link 「{text}」")))
    }

    /// The form with a field of this name.
    pub(crate) fn form_with_field(&self, name: &str) -> anyhow::Result<Form> {
        let has = |form: &Form| form.fields.iter().any(|field| field.name == name);
        let found = self.forms().into_iter().find(has);
        found.ok_or_else(|| self.lacks(&format!("a form with the field {name}")))
    }

    /// The form with a button that says `text`, that button pressed.
    pub(crate) fn form_with_button(&self, text: &str) -> anyhow::Result<Form> {
        for mut form in self.forms() {
            if form.method == "post" && form.press(text) {
                return Ok(form);
            }
        }
        Err(self.lacks(&format!("a button 「{text}」")))
    }

    fn lacks(&self, what: &str) -> anyhow::Error {
        anyhow!(
            "{} ({}) lacks {what}: {}",
            self.address,
            self.status,
            self.gist()
        )
    }

    fn forms(&self) -> Vec<Form> {
        every(self.document().root_element(), "form")
            .into_iter()
            .map(form)
            .collect()
    }

    fn document(&self) -> Html {
        Html::parse_document(&String::from_utf8_lossy(&self.body))
    }
}

impl Form {
    /// Writes into a field.
    pub(crate) fn fill(mut self, name: &str, value: &str) -> anyhow::Result<Self> {
        let action = &self.action;
        let missing = || anyhow!("the form to {action} lacks the field {name}");
        let field = self
            .fields
            .iter_mut()
            .find(|field| field.name == name)
            .ok_or_else(missing)?;
        field.value = value.to_owned();
        Ok(self)
    }

    /// Ticks the boxes of this name; says how many there are.
    pub(crate) fn tick_all(&mut self, name: &str) -> usize {
        let boxes = self.fields.iter_mut().filter(|field| field.name == name);
        boxes.map(|field| field.sent = true).count()
    }

    /// Presses the button that says `text`; false if there is none.
    pub(crate) fn press(&mut self, text: &str) -> bool {
        let found = self
            .buttons
            .iter()
            .find(|button| button.text.contains(text));
        let pressed = found.map(|button| button.sends.clone());
        self.pressed = pressed.clone().flatten();
        pressed.is_some()
    }

    /// What is sent.
    pub(crate) fn pairs(&self) -> Vec<(String, String)> {
        let fields = self.fields.iter().filter(|field| field.sent);
        let pairs = fields.map(|field| (field.name.clone(), field.value.clone()));
        pairs.chain(self.pressed.clone()).collect()
    }
}

fn form(element: ElementRef<'_>) -> Form {
    let attribute = |name| element.attr(name).unwrap_or_default().to_owned();
    let inputs = every(element, "input[name], textarea[name]");
    let buttons = every(element, "button, input[type=submit]");
    Form {
        action: attribute("action"),
        method: attribute("method").to_lowercase(),
        fields: inputs.into_iter().filter_map(field).collect(),
        buttons: buttons.into_iter().map(button).collect(),
        pressed: None,
    }
}

fn field(input: ElementRef<'_>) -> Option<Field> {
    let kind = input.attr("type").unwrap_or("text");
    if kind == "submit" {
        return None;
    }
    Some(Field {
        name: input.attr("name")?.to_owned(),
        value: input.attr("value").unwrap_or_default().to_owned(),
        sent: !matches!(kind, "checkbox" | "radio") || input.attr("checked").is_some(),
    })
}

fn button(element: ElementRef<'_>) -> Button {
    let value = element.attr("value").unwrap_or_default();
    let text = words(element);
    Button {
        text: if text.is_empty() {
            value.to_owned()
        } else {
            text
        },
        sends: element
            .attr("name")
            .map(|name| (name.to_owned(), value.to_owned())),
    }
}

fn first<'a>(within: ElementRef<'a>, selector: &str) -> Option<ElementRef<'a>> {
    every(within, selector).into_iter().next()
}

fn every<'a>(within: ElementRef<'a>, selector: &str) -> Vec<ElementRef<'a>> {
    // The selectors are written in this file; one that does not parse finds nothing, and its step fails.
    Selector::parse(selector).map_or_else(
        |_| Vec::new(),
        |selector| within.select(&selector).collect(),
    )
}

fn words(element: ElementRef<'_>) -> String {
    let text: String = element.text().collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(html: &str) -> Page {
        Page {
            address: "https://localhost/".into(),
            status: 200,
            media_type: "text/html".into(),
            disposition: String::new(),
            body: html.into(),
        }
    }

    const HTML: &str = r#"<main><h1>申 請</h1><a href="/x">ログアウト する</a>
        <form method="get" action="/search"><input name="q"><button>はい</button></form>
        <form method="POST" action="/do"><input type="hidden" name="token" value="t1">
        <input type="checkbox" name="pick" value="a"><input type="checkbox" name="pick" value="b" checked>
        <input type="password" name="secret"><button name="decision" value="no">いいえ</button>
        <button name="decision" value="yes"> はい </button></form></main>"#;

    #[test]
    fn a_form_sends_its_fields_its_ticks_and_the_button_that_was_pressed() {
        let form = page(HTML)
            .form_with_button("はい")
            .unwrap()
            .fill("secret", "s")
            .unwrap();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let wanted = [
            pair("token", "t1"),
            pair("pick", "b"),
            pair("secret", "s"),
            pair("decision", "yes"),
        ];
        assert_eq!(
            (form.action.as_str(), form.pairs()),
            ("/do", wanted.to_vec())
        );
        let mut form = page(HTML).form_with_field("token").unwrap();
        assert_eq!(form.tick_all("pick"), 2);
        assert_eq!(form.pairs().len(), 4);
    }

    #[test]
    fn what_is_missing_is_named_with_the_page() {
        let said = page(HTML)
            .form_with_button("ダウンロード")
            .unwrap_err()
            .to_string();
        assert!(
            said.contains("「ダウンロード」") && said.contains("申 請"),
            "{said}"
        );
        assert_eq!(page(HTML).link("ログアウト").unwrap(), "/x");
        assert!(page(HTML).link("nowhere").is_err());
        assert!(
            page(HTML)
                .form_with_field("q")
                .unwrap()
                .fill("r", "")
                .is_err()
        );
    }
}
