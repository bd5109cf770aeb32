//! How long a PKCS#12 is kept: the clerk is told beforehand, loses nothing that is needed, and the file is gone from the
//! database.

use inkan_tests::database::Engine;
use inkan_tests::service::Service;

const DAY: i64 = 86_400_000;

#[test]
fn a_file_goes_some_days_after_the_first_login_and_when_its_certificate_ends() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let mut service = Service::set_up_with(engine, "pkcs12.days_after_first_login = 30");
        let _site = service.start_site();
        let mut offices = service.offices(2);
        let [used, over] = &mut offices[..] else {
            panic!("two offices")
        };
        used.apply_first();
        over.apply_first();
        service.operator("suzuki").approve_all();
        service.work_once().ok();
        let mine = "/service/certificates";
        let page = used.visitor.open(mine).shows(&["ダウンロード"]);
        assert!(!page.text().contains("に削除します"), "{}", page.text());
        let mut sql = service.database.connect();
        let now = chrono::Utc::now().timestamp_millis();
        let mut set = |column: &str, days: i64, user_id: &str| {
            let at = now + days * DAY;
            sql.run(&format!(
                "UPDATE certificate SET {column} = {at} WHERE subject LIKE 'CN={user_id},%'"
            ));
        };

        set("first_portal_login_at", -29, &used.letter.user_id);
        service.work_once().ok();
        let page = used.visitor.open(mine);
        let page = page.shows(&["に削除します。インポート済み"]);
        let late = page.form("ダウンロード");
        set("first_portal_login_at", -31, &used.letter.user_id);
        set("not_after", -1, &over.letter.user_id);
        service.work_once().ok();

        let page = used.visitor.open(mine);
        let page = page.shows(&["有効", "もう保管していません"]);
        assert!(!page.has_button("ダウンロード"), "{}", page.text());
        late.send(&used.visitor).shows(&["もう保管していません"]);
        assert!(!over.visitor.open(mine).has_button("ダウンロード"));
        assert_eq!(sql.count("certificate WHERE pkcs12 IS NOT NULL"), 0);
        let told = sql.count("audit WHERE act = 'certificate.delete-pkcs12'");
        assert_eq!(told, 2, "{engine:?}");
        service.assert_nothing_breaks("after the files are gone");
        service.work_once().ok();
        let again = sql.count("audit WHERE act = 'certificate.delete-pkcs12'");
        assert_eq!(again, 2, "{engine:?}: once each");
    }
}
