//! The guides: every page that a link of the help leads to.

use inkan_tests::browser::{Browser, Computer};
use inkan_tests::camera::{photograph, verdict};
use inkan_tests::database::Engine;
use inkan_tests::service::Service;
use std::collections::BTreeSet;

#[tokio::test]
async fn every_guide_can_be_read() {
    let service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let paths = guides(&service);
    assert!(paths.len() >= 5, "{paths:?}");
    let computer = Computer::new();
    computer.trust(&service.root_file());
    let browser = Browser::open(&computer, "ja").await;
    for path in paths {
        browser.visit(&format!("{}{path}", service.site())).await;
        photograph(&browser, path.trim_matches('/').replace('/', "-").as_str()).await;
    }
    browser
        .visit(&format!("{}/nonexistent", service.site()))
        .await;
    browser.shows(&["ページが見つかりません"]).await;
    photograph(&browser, "not-found").await;
    browser.close().await;
    verdict();
}

/// Every page below /help that can be reached from the top page by links.
fn guides(service: &Service) -> BTreeSet<String> {
    let visitor = service.visitor();
    let mut found = BTreeSet::new();
    let mut next = vec!["/".to_owned(), "/help".to_owned()];
    while let Some(path) = next.pop() {
        let page = visitor.open(&path);
        assert_eq!(page.status, 200, "{path}");
        let links = page.attributes("a[href]", "href");
        for link in links
            .iter()
            .filter_map(|link| link.split(['#', '?']).next())
        {
            if link.starts_with("/help") && !link.contains('.') && found.insert(link.to_owned()) {
                next.push(link.to_owned());
            }
        }
    }
    found
}
