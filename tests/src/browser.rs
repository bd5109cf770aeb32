//! A real browser: Chromium by chromedriver, with a home, a certificate store and a profile of its own.

use crate::folder::Folder;
use crate::process::PATIENCE;
use crate::process::Process;
use crate::program::tool;
use fantoccini::wd::TimeoutConfiguration;
use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// The width of a small phone, in CSS pixels.
pub const PHONE: u32 = 360;
/// The width of an office screen, in CSS pixels.
pub const DESK: u32 = 1280;

/// Lets Chromium answer a wish for a client certificate without asking; put there by tests/run.
const POLICY: &str = "/etc/chromium/policies/managed/inkan-tests.json";

/// A person's computer: what its browser trusts and holds.
pub struct Computer {
    home: Folder,
}

impl Default for Computer {
    fn default() -> Self {
        Self::new()
    }
}

impl Computer {
    /// A fresh one that trusts nobody of ours.
    pub fn new() -> Self {
        let home = Folder::new("home");
        let store = home.join(".pki/nssdb");
        std::fs::create_dir_all(&store).expect("a certificate store");
        let computer = Self { home };
        tool(
            "certutil",
            ["-N", "-d", &computer.store(), "--empty-password"],
        )
        .ok();
        computer
    }

    /// Imports a root (a file in PEM or DER) as trusted for web sites.
    pub fn trust(&self, root: &Path) {
        let file = root.display().to_string();
        tool(
            "certutil",
            [
                "-A",
                "-d",
                &self.store(),
                "-n",
                "root",
                "-t",
                "C,,",
                "-i",
                &file,
            ],
        )
        .ok();
    }

    /// Imports a PKCS#12 as the wizard would.
    pub fn import(&self, file: &Path, password: &str) {
        let word = self
            .home
            .write("import-password", format!("{password}\n"))
            .display()
            .to_string();
        tool(
            "pk12util",
            [
                "-i",
                &file.display().to_string(),
                "-d",
                &self.store(),
                "-w",
                &word,
            ],
        )
        .ok();
    }

    /// Where downloads go.
    pub fn downloads(&self) -> PathBuf {
        self.home.join("downloads")
    }

    fn store(&self) -> String {
        format!("sql:{}", self.home.join(".pki/nssdb").display())
    }
}

/// An open browser window on a computer that outlives it.
pub struct Browser<'a> {
    /// The session, for whatever is not offered here.
    pub client: Client,
    /// Where it runs.
    pub computer: &'a Computer,
    driver: String,
    _process: Process,
}

impl<'a> Browser<'a> {
    /// Opens one on `computer`, in that language (`"ja"`, `"en"`).
    pub async fn open(computer: &'a Computer, language: &str) -> Self {
        let home = computer.home.path();
        let mut command = Command::new("chromedriver");
        command
            .arg("--port=0")
            .env("HOME", home)
            .env("XDG_CONFIG_HOME", home.join("config"));
        command
            .env("XDG_CACHE_HOME", home.join("cache"))
            .env("LANGUAGE", language);
        let log = computer.home.join("chromedriver.log");
        let mut driver = Process::start(&mut command, log.clone());
        let port: u16 = driver.until("the browser driver", || {
            let said = std::fs::read_to_string(&log).ok()?;
            let (_, rest) = said.split_once("started successfully on port ")?;
            rest.split_once('.')?.0.trim().parse().ok()
        });
        let address = format!("http://127.0.0.1:{port}");
        let mut builder = ClientBuilder::native();
        builder.capabilities(capabilities(computer, language));
        let client = match builder.connect(&address).await {
            Ok(client) => client,
            Err(error) => panic!("a browser session: {error}\n{}", driver.said()),
        };
        let limits = TimeoutConfiguration::new(
            Some(Duration::from_secs(20)),
            Some(Duration::from_secs(60)),
            Some(Duration::from_secs(0)),
        );
        client.update_timeouts(limits).await.expect("time limits");
        Self {
            client,
            computer,
            driver: address,
            _process: driver,
        }
    }

    /// Opens one that answers a site's wish for a certificate with the one that the computer holds.
    ///
    /// # Panics
    /// When the policy that lets it answer by itself is not there: without it a headless browser waits
    /// for ever at a chooser that nobody sees.
    pub async fn open_with_certificate(computer: &'a Computer, language: &str) -> Self {
        assert!(
            Path::new(POLICY).is_file(),
            "{POLICY} is missing; `bash tests/run` puts it there"
        );
        Self::open(computer, language).await
    }

    /// Goes to an address.
    pub async fn visit(&self, address: &str) {
        self.client
            .goto(address)
            .await
            .unwrap_or_else(|error| panic!("{address}: {error}"));
    }

    /// What can be read on the page.
    pub async fn text(&self) -> String {
        let body = self
            .client
            .find(Locator::Css("body"))
            .await
            .expect("a page has a body");
        body.text().await.expect("its text")
    }

    /// Waits until the page shows every one of `words`.
    ///
    /// # Panics
    /// When patience ends, with what it shows instead.
    pub async fn shows(&self, words: &[&str]) {
        let start = Instant::now();
        loop {
            let text = self.try_text().await;
            let missing = words.iter().find(|word| !text.contains(**word));
            let Some(word) = missing else { return };
            if start.elapsed() > Duration::from_secs(20) {
                let address = self.client.current_url().await.expect("an address");
                panic!("{address} should show 「{word}」:\n{text}");
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// What can be read, or nothing while one page goes and the next comes.
    async fn try_text(&self) -> String {
        match self.client.find(Locator::Css("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    /// Types into the field whose label contains `label`.
    pub async fn fill(&self, label: &str, value: &str) {
        let label = self.labelled("label", label).await;
        let id = label
            .attr("for")
            .await
            .expect("a label")
            .expect("a label points to its field");
        let field = self
            .client
            .find(Locator::Id(&id))
            .await
            .expect("the field of the label");
        field.clear().await.expect("an empty field");
        field
            .send_keys(value)
            .await
            .expect("a field takes what is typed");
    }

    /// Presses the button or follows the link that reads `label`.
    pub async fn press(&self, label: &str) {
        let found = self
            .labelled("*[self::button or self::a or self::summary]", label)
            .await;
        found
            .click()
            .await
            .unwrap_or_else(|error| panic!("「{label}」: {error}"));
    }

    /// Presses the button that reads `label`, where a link or a heading reads so too.
    pub async fn press_button(&self, label: &str) {
        let found = self.labelled("button", label).await;
        found
            .click()
            .await
            .unwrap_or_else(|error| panic!("「{label}」: {error}"));
    }

    /// Saves a picture of the whole page on a screen of that width, and says how wide the page is.
    pub async fn picture(&self, width: u32, file: &Path) -> u64 {
        self.cdp(
            "Emulation.setDeviceMetricsOverride",
            json!({
                "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false
            }),
        )
        .await;
        let size = self.script("return [document.documentElement.scrollWidth, document.documentElement.scrollHeight]").await;
        let (wide, high) = (
            size[0].as_u64().unwrap_or(0),
            size[1].as_u64().unwrap_or(900),
        );
        let clip = json!({"x": 0, "y": 0, "width": width, "height": high, "scale": 1});
        let options = json!({"format": "png", "captureBeyondViewport": true, "clip": clip});
        let shot = self.cdp("Page.captureScreenshot", options).await;
        let bytes = openssl::base64::decode_block(shot["data"].as_str().expect("a picture"))
            .expect("base64");
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder for pictures");
        std::fs::write(file, bytes).expect("a picture file");
        wide
    }

    /// Runs a script in the page and returns its value.
    pub async fn script(&self, script: &str) -> Value {
        self.client
            .execute(script, Vec::new())
            .await
            .unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// Closes the window.
    pub async fn close(self) {
        self.client.close().await.expect("the browser closes");
    }

    async fn labelled(&self, element: &str, label: &str) -> fantoccini::elements::Element {
        let path = format!("//{element}[contains(normalize-space(.), '{label}')]");
        // A page that is still on its way may come a moment after the click that asked for it.
        let wait = self.client.wait().at_most(PATIENCE);
        match wait.for_element(Locator::XPath(&path)).await {
            Ok(found) => found,
            Err(error) => panic!("nothing reads 「{label}」: {error}\n{}", self.text().await),
        }
    }

    async fn cdp(&self, command: &str, parameters: Value) -> Value {
        let session = self
            .client
            .session_id()
            .await
            .expect("a session")
            .expect("a session");
        let address = format!("{}/session/{session}/goog/cdp/execute", self.driver);
        let body = json!({"cmd": command, "params": parameters}).to_string();
        let answer = ureq::post(&address)
            .header("Content-Type", "application/json")
            .send(body);
        let answer = answer
            .unwrap_or_else(|error| panic!("{command}: {error}"))
            .body_mut()
            .with_config()
            .limit(64 << 20)
            .read_to_string();
        let answer: Value = serde_json::from_str(&answer.expect("an answer")).expect("JSON");
        answer["value"].clone()
    }
}

fn capabilities(computer: &Computer, language: &str) -> fantoccini::wd::Capabilities {
    let profile = computer.home.join("profile");
    let arguments = [
        "--headless=new".to_owned(),
        "--no-sandbox".to_owned(),
        "--disable-gpu".to_owned(),
        "--disable-dev-shm-usage".to_owned(),
        "--disable-quic".to_owned(),
        "--no-first-run".to_owned(),
        "--disable-background-networking".to_owned(),
        "--disable-component-update".to_owned(),
        "--disable-sync".to_owned(),
        "--hide-scrollbars".to_owned(),
        format!("--lang={language}"),
        format!("--user-data-dir={}", profile.display()),
    ];
    let preferences = json!({
        "intl.accept_languages": language,
        "download.default_directory": computer.downloads(),
        "download.prompt_for_download": false,
    });
    let options = json!({"args": arguments, "prefs": preferences, "binary": "/usr/bin/chromium"});
    [("goog:chromeOptions".to_owned(), options)]
        .into_iter()
        .collect()
}
