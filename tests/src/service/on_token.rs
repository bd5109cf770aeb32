//! A service whose root has its key on a token.

use super::Service;
use crate::database::Engine;
use crate::token::Token;

impl Service {
    /// Root and keys on a token, the root made by `ca init --signer`; otherwise as [`Self::set_up_with`].
    pub fn set_up_on(engine: Engine, token: &Token, more: &str) -> Self {
        let mut service = Self::configured(engine, more);
        service.plug_in(token);
        if engine == Engine::Postgres {
            service.make_roles(more);
        }
        let init = ["ca", "init", "--signer", &token.uri()];
        service.cli(&init).ok();
        service.configure(&format!("{}\n{more}", signer(token)));
        service.cli(&["certificate", "issue-server"]).ok();
        service
    }

    /// Lets its programs find the token from now on.
    pub fn plug_in(&mut self, token: &Token) {
        self.environment = token.environment();
    }

    /// What its programs have in their environment besides the configuration.
    pub fn environment(&self) -> Vec<(String, String)> {
        self.environment.clone()
    }
}

/// The line of the configuration that names a token.
pub fn signer(token: &Token) -> String {
    format!("authority.signer = \"{}\"", token.uri())
}
