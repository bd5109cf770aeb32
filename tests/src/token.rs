//! A token of SoftHSM2 for one test: a folder, a PIN, and a record of every call that our programs make to it.
//!
//! The programs reach it through OpenSC's `pkcs11-spy`, which writes down what is called and passes it on. A token that
//! can hang has a module of our own behind the spy, `hanging_module.c`.

use crate::folder::Folder;
use crate::program::Answer;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The PIN that opens it.
pub const PIN: &str = "135792";

/// Label of the token.
pub const LABEL: &str = "inkan test";

const SECURITY_OFFICER: &str = "97531000";

/// A token in a folder of its own.
pub struct Token {
    folder: Folder,
    /// The module behind the spy.
    module: PathBuf,
}

impl Token {
    /// A new, empty token that is there.
    ///
    /// # Panics
    /// When SoftHSM2 or OpenSC is not installed.
    pub fn new() -> Self {
        let folder = Folder::new("token");
        let module = module("softhsm/libsofthsm2.so");
        let token = Self { folder, module };
        let tokens = token.tokens();
        std::fs::create_dir(&tokens).expect("a folder for tokens");
        let configuration = format!(
            "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
            tokens.display()
        );
        token.folder.write("softhsm2.conf", configuration);
        token.write_pin(PIN);
        let arguments = [
            "--init-token",
            "--free",
            "--label",
            LABEL,
            "--pin",
            PIN,
            "--so-pin",
            SECURITY_OFFICER,
        ];
        token
            .run(Command::new("softhsm2-util").args(arguments))
            .ok();
        token
    }

    /// A new token whose module hangs when [`Self::hang`] says so.
    ///
    /// # Panics
    /// When there is no C compiler.
    pub fn that_can_hang() -> Self {
        let mut token = Self::new();
        let source = token
            .folder
            .write("hanging.c", include_str!("hanging_module.c"));
        token.module = token.folder.join("hanging.so");
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-o"]).arg(&token.module);
        crate::program::run(compiler.arg(source).arg("-ldl")).ok();
        token
    }

    /// Calls of this name (`C_Sign`, or `exit` for the end of a program) do not come back from now on.
    pub fn hang(&self, call: &str) {
        self.folder.write(call, "");
    }

    /// They come back.
    pub fn let_go(&self, call: &str) {
        std::fs::remove_file(self.folder.join(call)).expect("a call that hangs");
    }

    /// What a program's environment needs to find it.
    pub fn environment(&self) -> Vec<(String, String)> {
        let path = |name: &str| self.folder.join(name).display().to_string();
        [
            ("SOFTHSM2_CONF", path("softhsm2.conf")),
            ("PKCS11SPY", self.module.display().to_string()),
            ("PKCS11SPY_OUTPUT", path("calls")),
            ("HANGS_WHILE", self.folder.path().display().to_string()),
            (
                "HANGS_BEFORE",
                module("softhsm/libsofthsm2.so").display().to_string(),
            ),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
    }

    /// The URI of its keys, through the spy.
    pub fn uri(&self) -> String {
        format!(
            "pkcs11:token={};object=inkan-root?module-path={}&pin-source=file:{}",
            LABEL.replace(' ', "%20"),
            module("pkcs11-spy.so").display(),
            self.folder.join("pin").display()
        )
    }

    /// Writes the PIN file.
    pub fn write_pin(&self, pin: &str) {
        use std::os::unix::fs::PermissionsExt;
        let file = self.folder.write("pin", format!("{pin}\n"));
        let owner_alone = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(file, owner_alone).expect("the mode of the PIN file");
    }

    /// How often our programs called a function of the module, for instance `C_Login`.
    pub fn calls(&self, function: &str) -> usize {
        let record = std::fs::read(self.folder.join("calls")).unwrap_or_default();
        let record = String::from_utf8_lossy(&record).into_owned();
        let end = format!(": {function}");
        record.lines().filter(|line| line.ends_with(&end)).count()
    }

    /// Pulls it out.
    pub fn take_away(&self) {
        std::fs::rename(self.tokens(), self.folder.join("elsewhere")).expect("the token to go");
    }

    /// Puts it back.
    pub fn bring_back(&self) {
        std::fs::rename(self.folder.join("elsewhere"), self.tokens()).expect("the token to come");
    }

    /// Keeps a copy of it as it is now.
    pub fn keep(&self, name: &str) {
        let copy = self.folder.join(name);
        self.run(Command::new("cp").arg("-a").arg(self.tokens()).arg(copy))
            .ok();
    }

    /// Puts the copy of that name into its place.
    pub fn exchange(&self, name: &str) {
        std::fs::remove_dir_all(self.tokens()).expect("the token to go");
        std::fs::rename(self.folder.join(name), self.tokens()).expect("the copy to come");
    }

    /// What `pkcs11-tool` of OpenSC says, logged in with the right PIN.
    pub fn tool(&self, arguments: &[&str]) -> Answer {
        let mut command = Command::new("pkcs11-tool");
        command
            .arg("--module")
            .arg(module("softhsm/libsofthsm2.so"));
        command.args(["--token-label", LABEL, "--login", "--pin", PIN]);
        self.run(command.args(arguments))
    }

    /// The slots and tokens as anybody sees them.
    pub fn slots(&self) -> String {
        let mut command = Command::new("pkcs11-tool");
        command
            .arg("--module")
            .arg(module("softhsm/libsofthsm2.so"));
        self.run(command.arg("--list-token-slots")).ok().out
    }

    fn tokens(&self) -> PathBuf {
        self.folder.join("tokens")
    }

    fn run(&self, command: &mut Command) -> Answer {
        crate::program::run(command.env("SOFTHSM2_CONF", self.folder.join("softhsm2.conf")))
    }
}

impl Default for Token {
    fn default() -> Self {
        Self::new()
    }
}

/// A PKCS#11 library of Debian.
fn module(name: &str) -> PathBuf {
    let places = [
        "/usr/lib",
        "/usr/lib/x86_64-linux-gnu",
        "/usr/lib/aarch64-linux-gnu",
    ];
    let paths = places.map(|place| Path::new(place).join(name));
    let found = paths.into_iter().find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("{name} is missing; `bash tests/run` installs it"))
}
