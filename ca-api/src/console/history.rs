//! What happened to a request, from the audit entries about it.

use ca_core::domain::audit_act::AuditAct;
use ca_core::store::audit::AuditEntry;

use crate::page::Page;

/// One event.
#[derive(Debug)]
pub(super) struct Event {
    /// When.
    pub at: String,
    /// What, as a word.
    pub what: String,
    /// Who.
    pub who: String,
    /// Why, where somebody said why.
    pub note: Option<String>,
}

/// The events, oldest first.
pub(super) fn events(page: &Page, entries: &[AuditEntry]) -> Vec<Event> {
    let event = |entry: &AuditEntry| Event {
        at: page.moment(entry.at),
        what: what(page, &entry.act),
        who: who(page, &entry.actor),
        note: note(page, &entry.detail),
    };
    entries.iter().map(event).collect()
}

fn what(page: &Page, act: &str) -> String {
    match AuditAct::try_from(act.to_owned()) {
        Ok(act) => page.t(&key(act)),
        // A verb of a newer program: its own name says more than nothing.
        Err(_) => act.to_owned(),
    }
}

/// The key of the verb's words in `audit.ftl`.
fn key(act: AuditAct) -> String {
    format!("audit-{}", act.as_str().replace('.', "-"))
}

/// Who acted, as people say it.
pub(super) fn who(page: &Page, actor: &str) -> String {
    match actor.split_once(':') {
        Some(("operator", name)) => name.to_owned(),
        Some(("applicant", _)) => page.t("console-actor-applicant"),
        Some(("worker", name)) => page.with("console-actor-worker", [("name", name)]),
        Some(("staff", name)) => page.with("console-actor-staff", [("name", name)]),
        _ => actor.to_owned(),
    }
}

fn note(page: &Page, detail: &str) -> Option<String> {
    let detail: serde_json::Value = serde_json::from_str(detail).ok()?;
    let reason = detail.get("reason").and_then(|reason| reason.as_str());
    let digest = detail.get("digest").and_then(|digest| digest.as_str());
    match (reason, digest) {
        (Some(reason), _) => Some(reason.to_owned()),
        (None, Some(digest)) => {
            let digest = short_digest(digest);
            Some(format!("{} {digest}", page.t("console-digest")))
        }
        _ => None,
    }
}

/// The beginning of a digest, in groups that can be read out.
pub(super) fn short_digest(digest: &str) -> String {
    let part = |range: std::ops::Range<usize>| digest.get(range).unwrap_or_default();
    format!("{} {} {}", part(0..4), part(4..8), part(8..12))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Language;
    use crate::stage::page;

    #[test]
    fn a_reason_is_told_and_a_digest_is_shortened() {
        let page = page(Language::English);
        let reason = r#"{"reason":"wrong office"}"#;
        assert_eq!(note(&page, reason).as_deref(), Some("wrong office"));
        let digest = r#"{"digest":"a1b2c3d4e5f60718"}"#;
        assert!(note(&page, digest).unwrap().ends_with("a1b2 c3d4 e5f6"));
        assert_eq!(note(&page, "{}"), None);
        assert_eq!(note(&page, "no JSON"), None);
    }

    #[test]
    fn every_verb_has_words_in_both_languages() {
        for language in [Language::Japanese, Language::English] {
            let page = page(language);
            for act in AuditAct::ALL {
                let words = what(&page, act.as_str());
                assert_ne!(words, key(*act), "{language:?}: no words");
                assert_ne!(words, act.as_str(), "{language:?}: a raw verb");
                let is_japanese = !words.is_ascii();
                assert_eq!(is_japanese, language == Language::Japanese, "{words}");
            }
        }
    }

    #[test]
    fn an_unknown_verb_shows_itself() {
        let page = page(Language::Japanese);
        assert_eq!(what(&page, "request.levitate"), "request.levitate");
        assert_eq!(who(&page, "operator:yamada"), "yamada");
    }
}
