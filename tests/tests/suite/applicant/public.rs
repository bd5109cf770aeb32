//! What everybody may see: the root, the help, the headers of every answer.

use inkan_tests::database::Engine;
use inkan_tests::service::Service;
use openssl::x509::X509;

#[test]
fn the_root_is_offered_as_windows_expects_it() {
    let service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let visitor = service.visitor();
    let top = visitor.open("/").shows(&["認証局証明書のダウンロード"]);
    let thumbprint = service.cli(&["thumbprint"]).ok().out;
    for address in [
        top.link("認証局証明書のダウンロード"),
        format!("{}/ca.crt", service.plain()),
    ] {
        let file = visitor.open(&address);
        assert_eq!(
            (file.status, file.header("content-type")),
            (200, "application/x-x509-ca-cert"),
            "{address}"
        );
        let root = X509::from_der(&file.body).expect("DER");
        let names =
            [root.subject_name(), root.issuer_name()].map(|name| name.to_der().expect("DER"));
        assert_eq!(names[0], names[1]);
        let sha1 = root
            .digest(openssl::hash::MessageDigest::sha1())
            .expect("a digest");
        let hex: String = sha1.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(thumbprint.trim(), hex);
        assert!(address.ends_with(".crt"), "{address}");
    }
    let pem = visitor.open("/ca.pem");
    assert_eq!(
        X509::from_pem(&pem.body)
            .expect("PEM")
            .to_der()
            .expect("DER"),
        visitor.open("/ca.crt").body
    );
}

#[test]
fn a_browser_that_does_not_trust_the_root_gets_no_page() {
    let service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let other = inkan_tests::authority::Authority::new("another root");
    let stranger = inkan_tests::site::arriving(&service.site(), &other.pem()).visitor();
    assert!(
        stranger.try_open("/").is_err(),
        "the site's certificate is of our root alone"
    );
}

#[test]
fn every_answer_guards_the_browser() {
    let service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let visitor = service.visitor();
    for path in [
        "/",
        "/service/login",
        "/help",
        "/nonexistent",
        "/service/certificates",
    ] {
        let page = visitor.open(path);
        let policy = page.header("content-security-policy");
        assert!(
            policy.contains("default-src 'none'") || policy.contains("default-src 'self'"),
            "{path}: {policy}"
        );
        assert!(!policy.contains("unsafe-"), "{path}: {policy}");
        assert!(
            policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert_eq!(page.header("x-content-type-options"), "nosniff", "{path}");
        let referrer = page.header("referrer-policy");
        assert!(
            ["no-referrer", "same-origin"].contains(&referrer),
            "{path}: {referrer}"
        );
        let html = page.html();
        let foreign = html.split(['"', '\'']).find(|word| {
            word.starts_with("http") && !word.contains("localhost") && !word.contains("w3.org")
        });
        assert_eq!(foreign, None, "{path} asks a third party");
        assert!(
            page.body.len() < 50_000,
            "{path} has {} bytes",
            page.body.len()
        );
    }
    for path in ["/service/login", "/service/certificates"] {
        assert!(
            visitor
                .open(path)
                .header("cache-control")
                .contains("no-store"),
            "{path}"
        );
    }
}

#[test]
fn plain_http_leads_to_https() {
    let service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let page = service
        .visitor()
        .open(&format!("{}/service/login", service.plain()));
    assert!(
        page.address.starts_with(&service.site()),
        "{}",
        page.address
    );
}

#[test]
fn both_languages_say_the_same_things() {
    let service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let visitor = service.visitor();
    let japanese = visitor.open("/");
    assert_eq!(japanese.attributes("html", "lang"), ["ja"]);
    let english = visitor.open(&japanese.link("English"));
    assert_eq!(english.attributes("html", "lang"), ["en"]);
    assert_eq!(japanese.all("h2").len(), english.all("h2").len());
    let back = visitor.open(&english.link("日本語"));
    assert_eq!(back.attributes("html", "lang"), ["ja"]);
}
