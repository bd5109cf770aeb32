//! Certificates that end without a successor, as operators see them.

use super::browser::Browser;
use super::desk::Desk;
use super::gallery::{self, check};

#[actix_web::test]
async fn the_list_the_file_and_the_tile_agree() {
    let desk = Desk::new();
    let suzuki = desk.operator("suzuki");
    let office = desk.account("KJ2700000001", "さくら介護センター", "sato");
    let silent = desk.account("KJ2700000002", "メールなし商店", "sato");
    desk.issued(&office, None, 1_080, false);
    desk.issued(&silent, None, 1_075, false);
    let mut browser = Browser::at_work(&desk, &suzuki).await;
    let list = browser.get("/console/expiring").await.body;
    for said in [
        "さくら介護センター",
        "メールなし：電話か郵便で知らせる",
        "2 件",
        "/console/expiring.csv?days=30",
    ] {
        assert!(list.contains(said), "{said}: {list}");
    }
    let csv = browser.get("/console/expiring.csv?days=30").await;
    assert_eq!(csv.status, 200);
    assert!(
        csv.body
            .contains("\"KJ2700000002\",\"メールなし商店\",\"\""),
        "{}",
        csv.body
    );
    let overview = browser.get("/console").await.body;
    assert!(overview.contains("まだ更新されていません"), "{overview}");
    // The first one renews.
    desk.issued(&office, None, 0, false);
    let list = browser.get("/console/expiring?days=30&page=x").await.body;
    assert!(
        !list.contains("さくら介護センター") && list.contains("1 件"),
        "{list}"
    );
    let broken = browser.get("/console/expiring?days=-1").await;
    assert_eq!(broken.status, 200);
    assert_eq!(
        Browser::of(&desk, Some(suzuki.peer()))
            .get("/console/expiring.csv")
            .await
            .status,
        303
    );
}

#[actix_web::test]
async fn gallery_of_ends() {
    for tag in ["ja", "en"] {
        let desk = Desk::new();
        let suzuki = desk.operator("suzuki");
        let mut browser = gallery::browser(&desk, &suzuki, tag).await;
        check(
            "expiring-none",
            tag,
            &browser.get("/console/expiring").await,
        );
        for number in 1..=9_i64 {
            let name =
                ["さくら介護センター", "メールなし商店"][usize::try_from(number % 2).unwrap()];
            let id = desk.account(&format!("KJ270000000{number}"), name, "sato");
            desk.issued(&id, None, 1_094 - number * number * 4, false);
        }
        check(
            "expiring-many",
            tag,
            &browser.get("/console/expiring?days=365").await,
        );
    }
}
