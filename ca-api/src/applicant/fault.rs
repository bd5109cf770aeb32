//! What is wrong with a form as it was sent: shown at the top of the page and beside each field.

/// One thing that is wrong.
#[derive(Debug, Clone)]
pub struct Fault {
    /// The field, by its name in the form; none when it is about the whole.
    pub field: Option<&'static str>,
    /// What is wrong, in one sentence.
    pub text: String,
    /// What to do, where the sentence does not say it; shown beside the field alone.
    pub advice: String,
}

/// All that is wrong; empty for a form that was not sent yet.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    /// Heading of the summary.
    pub title: String,
    /// In the order of the fields.
    pub list: Vec<Fault>,
}

impl Faults {
    /// Nothing wrong so far, under `title` when something will be.
    pub fn new(title: String) -> Self {
        Self {
            title,
            list: Vec::new(),
        }
    }

    /// Adds what is wrong with a field.
    pub fn add(&mut self, field: &'static str, text: String) {
        self.list.push(Fault {
            field: Some(field),
            text,
            advice: String::new(),
        });
    }

    /// The same with one more thing that is about the whole.
    #[must_use]
    pub fn with(mut self, text: String) -> Self {
        self.list.push(Fault {
            field: None,
            text,
            advice: String::new(),
        });
        self
    }

    /// The same with one more thing that is about a field.
    #[must_use]
    pub fn with_field(mut self, field: &'static str, text: String, advice: String) -> Self {
        self.list.push(Fault {
            field: Some(field),
            text,
            advice,
        });
        self
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// What is wrong with a field.
    pub fn of(&self, field: &str) -> Option<&Fault> {
        self.list.iter().find(|fault| fault.field == Some(field))
    }

    /// Whether something is wrong with a field.
    pub fn has(&self, field: &str) -> bool {
        self.of(field).is_some()
    }
}
