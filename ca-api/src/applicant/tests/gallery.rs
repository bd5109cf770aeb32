//! Every screen in every state, drawn in both languages: none may lack a text or break its frame. With
//! `INKAN_GALLERY=FOLDER` the pages are also written there, to be looked at.

use std::path::Path;

use askama::Template;

mod door;
mod portal;
mod reissue;
mod scenes;

use crate::asset;
use crate::locale::Language;
use crate::page::Page;

/// A screen's name and what it drew.
type Drawn = (&'static str, String);

fn draw(name: &'static str, template: &impl Template) -> Drawn {
    (name, template.render().unwrap())
}

fn every_page(language: Language) -> Vec<Drawn> {
    let page = scenes::page(language);
    [
        scenes::public(&page),
        scenes::problems(&page),
        scenes::entrance(&page),
        scenes::passwords(&page),
        scenes::gates(&page),
        scenes::certificates(&page),
        scenes::requests(&page),
        scenes::application(&page),
        reissue::pages(&page),
        door::pages(&page),
        portal::pages(&page),
    ]
    .concat()
}

#[test]
fn every_screen_is_whole_in_both_languages() {
    for language in [Language::Japanese, Language::English] {
        for (name, html) in every_page(language) {
            let tag = language.tag();
            write_out(&format!("{name}.{tag}.html"), html.as_bytes());
            assert!(
                html.contains(&format!("<html lang=\"{tag}\">")),
                "{name} {tag}"
            );
            assert_eq!(
                html.matches("<h1").count(),
                1,
                "{name} {tag}: one heading names the page"
            );
            assert!(
                !html.contains("style="),
                "{name} {tag}: the policy forbids inline style"
            );
            assert!(
                !html.contains("{ $") && !html.contains("{$"),
                "{name} {tag}: a variable was left open"
            );
            assert!(html.len() < 50 * 1024, "{name} {tag}: {} bytes", html.len());
            assert_eq!(
                html.matches("<form").count(),
                html.matches("name=\"token\"").count(),
                "{name} {tag}: a form without token"
            );
        }
    }
    for asset in asset::all() {
        write_out(&format!("assets/{}", asset.name), asset.bytes);
    }
}

/// The page, its style sheet, its script and its pictures together: what a clerk on a slow line waits for.
#[test]
fn the_first_page_is_light() {
    let page = scenes::page(Language::Japanese);
    let html: usize = scenes::public(&page)
        .iter()
        .filter(|(name, _)| *name == "top")
        .map(|(_, html)| html.len())
        .sum();
    let linked: usize = ["inkan.css", "mark.svg"]
        .iter()
        .map(|name| asset::find(name).unwrap().bytes.len())
        .sum();
    assert!(
        html > 0 && html + linked < 50 * 1024,
        "{} bytes",
        html + linked
    );
}

/// Whoever reads the page with a keyboard or a screen reader finds each field's name, hint and fault.
#[test]
fn every_field_has_a_label_and_points_at_texts_that_exist() {
    for (name, html) in every_page(Language::Japanese) {
        for input in html
            .split("<input ")
            .skip(1)
            .map(|rest| rest.split('>').next().unwrap())
        {
            if input.contains("type=\"hidden\"") || input.contains("aria-hidden") {
                continue;
            }
            let id = input
                .split("id=\"")
                .nth(1)
                .unwrap()
                .split('"')
                .next()
                .unwrap();
            assert!(
                html.contains(&format!("<label for=\"{id}\">")),
                "{name}: {id} has no label"
            );
            if input.contains("aria-invalid") {
                assert!(
                    html.contains(&format!("id=\"{id}-wrong\"")),
                    "{name}: {id} does not say what is wrong"
                );
            }
        }
    }
}

fn write_out(name: &str, bytes: &[u8]) {
    let Ok(folder) = std::env::var("INKAN_GALLERY") else {
        return;
    };
    let path = Path::new(&folder).join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

fn page_of(texts: crate::locale::Texts) -> Page {
    Page {
        texts,
        area: crate::site::Area::Applicant,
        path: "/service/login".to_owned(),
        form_token: "0".repeat(64),
        service: "電子請求受付センター".to_owned(),
        contact: "ヘルプデスク 0570-000-000（平日 9:00～17:00）".to_owned(),
        public_url: "https://localhost:8443/".to_owned(),
        portal_url: "https://localhost:8444/".to_owned(),
        mark: "K3F9-72QX".to_owned(),
        signed_in: None,
        unreadable: crate::page::Unreadable::default(),
    }
}
