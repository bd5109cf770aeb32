//! A real nginx with the files of config/nginx.

use crate::process::Process;
use crate::repository::{root, text};
use crate::service::Service;
use std::process::Command;

/// The files of the example.
const FILES: [&str; 4] = [
    "client-cert.conf",
    "protected.conf",
    "to-inkan.conf",
    "portal.conf",
];

/// Starts it at the port `https`, under a clock that is `ahead` (as faketime writes it); `changes` are made in every file
/// after what stands between `< >` for folder, name and certificates.
///
/// # Panics
/// When it does not start.
pub fn start(service: &Service, ahead: &str, https: u16, changes: &[(&str, String)]) -> Process {
    let folder = service.folder();
    let place = folder.join(&format!("nginx-{https}")).display().to_string();
    std::fs::create_dir_all(&place).expect("nginx's folder");
    let file = |name: &str| folder.join(name).display().to_string();
    let own = [
        ("<folder>", place.clone()),
        ("<443>", format!("127.0.0.1:{https}")),
        ("<portal.example.jp>", "localhost".to_owned()),
        ("<server.crt>", file("data/tls/server.crt")),
        ("<server.key>", file("data/tls/server.key")),
        ("<root.pem>", service.root_file().display().to_string()),
    ];
    for name in FILES {
        let mut config = text(&root().join("config/nginx").join(name));
        for (from, to) in own.iter().chain(changes) {
            config = config.replace(from, to);
        }
        std::fs::write(format!("{place}/{name}"), config).expect("nginx's configuration");
    }
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {place}/{kind};"))
        .join(" ");
    let whole = format!(
        "daemon off; master_process off; pid {place}/pid; error_log {place}/error.log info;\n\
         events {{}}\nhttp {{ access_log off; {temporary}\ninclude {place}/portal.conf;\n}}\n"
    );
    std::fs::write(format!("{place}/nginx.conf"), whole).expect("nginx's configuration");
    let mut command = Command::new("faketime");
    command.args(["-f", ahead, "/usr/sbin/nginx"]);
    command.args(["-p", &place, "-e", &format!("{place}/error.log")]);
    command.args(["-c", &format!("{place}/nginx.conf")]);
    let mut nginx = Process::start(&mut command, folder.join(&format!("nginx-{https}.log")));
    nginx.until_it_listens(https);
    nginx
}
